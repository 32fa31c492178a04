"""A changed line in lib/ shows in the page after the next build, and an unchanged library costs no second execution.

A real small book, made with the project's own configuration and extension, around a throwaway module.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from learnscape_book import execution, freshness

HEADER = """---
jupytext:
  text_representation: {extension: .md, format_name: myst, format_version: 0.13}
kernelspec: {display_name: Python 3, language: python, name: python3}
---

"""

PAGE = (
    HEADER
    + """# A small book

```{code-cell} ipython3
from throwaway import answer, note_execution

note_execution()
print("the answer is", answer())
```
"""
)

FIGURE = """
```{code-cell} ipython3
---
mystnb:
  image:
    alt: A line that rises from one to two.
  figure:
    name: fig-line
    caption: A line.
---
import matplotlib.pyplot as plt

from learnscape import style

style.use()
plt.plot([1, 2])
plt.show()
```
"""

PICTURE = f"{HEADER}# A picture\n{FIGURE}"


class SmallBook:
    """A book in a folder of its own, built as `make book` builds the real one."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(root / "_ext", folder / "_ext", ignore=shutil.ignore_patterns("__pycache__"))
        config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
        (folder / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
        self.write("chapters/references.bib", "@book{someone, author={A. One}, title={One}, year={2001}}\n")
        self.contents()
        self.write("chapters/index.md", PAGE)
        self.module(answer=41)

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def contents(self, *pages: str) -> None:
        """The front page, and these."""
        chapters = "".join(f"- file: {page}\n" for page in pages)
        self.write(
            "_toc.yml",
            "format: jb-book\nroot: chapters/index\n" + ("chapters:\n" + chapters if pages else ""),
        )

    def module(self, answer: int) -> None:
        log = self.folder / "executions.txt"
        self.write(
            "lib/throwaway.py",
            f"def answer():\n    return {answer}\n\n\n"
            f"def note_execution():\n    with open({str(log)!r}, 'a') as log:\n        log.write('x')\n",
        )

    def build(self) -> subprocess.CompletedProcess[str]:
        command = [
            str(Path(sys.executable).with_name("jupyter-book")),
            "build",
            ".",
            "-W",
            "-n",
            "--keep-going",
        ]
        environment = {**os.environ, "PYTHONPATH": str(self.folder / "lib"), "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run(
            command,
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    @property
    def page(self) -> str:
        return (self.folder / "_build/html/chapters/index.html").read_text(encoding="utf-8")

    @property
    def executions(self) -> int:
        return len((self.folder / "executions.txt").read_text(encoding="utf-8"))


@pytest.fixture
def book(root: Path, tmp_path: Path) -> SmallBook:
    return SmallBook(root, tmp_path)


@pytest.mark.weekly
def test_a_figure_needs_alt_text_name_and_caption(book: SmallBook) -> None:
    without = {
        "image without alt text": "  image:\n    alt: A line that rises from one to two.\n",
        "figure without a name": "    name: fig-line\n",
        "figure without a caption": "  figure:\n    name: fig-line\n    caption: A line.\n",
    }
    names = [f"chapters/bad-{number}" for number in range(len(without))]
    for name, line in zip(names, without.values(), strict=True):
        assert line in PICTURE
        book.write(f"{name}.md", PICTURE.replace(line, "").replace("fig-line", name.replace("chapters/", "")))
    book.write("chapters/index.md", PICTURE)
    book.contents(*names)
    failed = book.build()
    said = failed.stdout + failed.stderr
    assert failed.returncode != 0
    for name, complaint in zip(names, without, strict=True):
        assert re.search(rf"{name}.*{complaint}", said), complaint
    assert not re.search("index.*without", said)
    assert 'alt="A line that rises from one to two."' in book.page


OTHER = (
    HEADER
    + """# Another page

```{code-cell} ipython3
import atexit
import time
from pathlib import Path

import slow

print("stored:", Path("data/stored.txt").read_text())
atexit.register(time.sleep, 100)  # as libraries do that are slow to leave: the kernel is killed
```
"""
)


def test_a_page_is_executed_again_if_and_only_if_something_that_it_read_has_changed(book: SmallBook) -> None:
    log = book.folder / "other.txt"
    book.write("lib/slow.py", f"with open({str(log)!r}, 'a') as log:\n    log.write('x')\n")
    book.write("chapters/other.md", OTHER + FIGURE)
    book.write("chapters/data/stored.txt", "seven")
    book.contents("chapters/other")
    other = book.folder / "_build/html/chapters/other.html"
    first = book.build()
    assert first.returncode == 0, first.stdout + first.stderr
    assert "the answer is 41" in book.page
    assert "stored: seven" in other.read_text(encoding="utf-8")

    def figures() -> list[str]:
        images = re.findall(
            r'<img alt="A line[^>]* class="(only-\w+)"[^>]* src="([^"]+)" width="\d+" height="\d+"',
            other.read_text(encoding="utf-8"),
        )
        return [shown for shown, file in images if (other.parent / file).is_file()]

    assert figures() == ["only-light", "only-dark"]

    def counts() -> tuple[int, int]:
        return book.executions, len(log.read_text(encoding="utf-8"))

    assert counts() == (1, 1)
    book.module(answer=42)
    book.write("chapters/index.md", PAGE + "\nMore prose.\n")
    assert book.build().returncode == 0
    assert "the answer is 42" in book.page
    assert "More prose." in book.page
    assert "the answer is 41" not in book.page
    assert counts() == (2, 1), "a module that the other page does not import"
    assert figures() == ["only-light", "only-dark"], "of a page that is not read again"

    book.write("chapters/data/stored.txt", "eight")
    assert book.build().returncode == 0
    assert "stored: eight" in other.read_text(encoding="utf-8")
    assert counts() == (2, 2), "a data file that only the other page reads"


@pytest.mark.weekly
def test_prose_executes_nothing_and_what_is_gone_leaves_no_page(book: SmallBook) -> None:
    log = book.folder / "other.txt"
    book.write("lib/slow.py", f"with open({str(log)!r}, 'a') as log:\n    log.write('x')\n")
    book.write("chapters/other.md", OTHER)
    book.write("chapters/data/stored.txt", "seven")
    book.contents("chapters/other")
    other = book.folder / "_build/html/chapters/other.html"
    assert book.build().returncode == 0
    book.write("chapters/other.md", OTHER + "\nOnly prose.\n")
    assert book.build().returncode == 0
    assert (book.executions, log.read_text(encoding="utf-8")) == (1, "x"), "prose executes nothing"
    assert "Only prose." in other.read_text(encoding="utf-8")
    # Back to earlier cells: the execution of then may have used another library.
    book.write("chapters/index.md", PAGE.replace("the answer is", "the old answer was"))
    assert book.build().returncode == 0
    book.module(answer=43)
    book.write("chapters/index.md", PAGE)
    book.contents()
    (book.folder / "chapters/other.md").unlink()
    assert book.build().returncode == 0
    assert "the answer is 43" in book.page
    assert not other.exists(), "the page of a chapter that is gone"


@pytest.mark.weekly
def test_all_failing_pages_are_named(book: SmallBook) -> None:
    book.write("chapters/index.md", PAGE.replace('print("the answer is", answer())', "1 / 0"))
    book.write("chapters/other.md", OTHER.replace("import slow", "[][1]"))
    book.write("_toc.yml", "format: jb-book\nroot: chapters/index\nchapters: [{file: chapters/other}]\n")
    failed = book.build()
    assert failed.returncode != 0
    said = failed.stdout + failed.stderr
    assert "ZeroDivisionError" in said
    assert "IndexError" in said


def test_the_environment_is_the_interpreter_and_the_lock(tmp_path: Path) -> None:
    without = freshness.environment_hash(tmp_path)
    (tmp_path / "requirements.txt").write_text("numpy==2.4.6", encoding="utf-8")
    one = freshness.environment_hash(tmp_path)
    (tmp_path / "requirements.txt").write_text("numpy==2.4.7", encoding="utf-8")
    assert len({without, one, freshness.environment_hash(tmp_path)}) == 3


def test_machine_code_and_files_from_elsewhere_are_no_sources(tmp_path: Path) -> None:
    for name in ("lib/a.py", "lib/__pycache__/a.nbi", "chapters/data/x.json", "README.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("", encoding="utf-8")
    names = [str(path) for path in tmp_path.rglob("*")] + [__file__, str(tmp_path / "lib/gone.py"), ""]
    assert execution.watched(names, tmp_path) == {Path("lib/a.py"), Path("chapters/data/x.json")}
