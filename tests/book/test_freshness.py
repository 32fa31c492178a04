"""A changed line in lib/ shows in the page after the next build, and an unchanged library costs no second execution.

A real small book, made with the project's own configuration and extension, around a throwaway module.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from learnscape_book import freshness

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

PICTURE = (
    HEADER
    + """# A picture

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

plt.plot([1, 2])
plt.show()
```
"""
)


class SmallBook:
    """A book in a folder of its own, built as `make book` builds the real one."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(root / "_ext", folder / "_ext", ignore=shutil.ignore_patterns("__pycache__"))
        config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
        (folder / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
        self.write("chapters/references.bib", "@book{someone, author={A. One}, title={One}, year={2001}}\n")
        self.write("_toc.yml", "format: jb-book\nroot: chapters/index\n")
        self.write("chapters/index.md", PAGE)
        self.module(answer=41)

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

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


def test_a_changed_line_in_the_library_reaches_the_page(book: SmallBook) -> None:
    first = book.build()
    assert first.returncode == 0, first.stdout + first.stderr
    assert "the answer is 41" in book.page
    assert book.executions == 1

    assert book.build().returncode == 0
    assert book.executions == 1, "nothing changed, yet the page was executed again"

    book.module(answer=42)
    assert book.build().returncode == 0
    assert "the answer is 42" in book.page
    assert "the answer is 41" not in book.page
    assert book.executions == 2


def test_a_failing_cell_fails_the_build(book: SmallBook) -> None:
    book.write("chapters/index.md", PAGE.replace('print("the answer is", answer())', "1 / 0"))
    failed = book.build()
    assert failed.returncode != 0
    assert "ZeroDivisionError" in failed.stdout + failed.stderr


def test_a_figure_needs_alt_text_name_and_caption(book: SmallBook) -> None:
    book.write("chapters/index.md", PICTURE)
    good = book.build()
    assert good.returncode == 0, good.stdout + good.stderr
    assert 'alt="A line that rises from one to two."' in book.page

    without_alt = PICTURE.replace("  image:\n    alt: A line that rises from one to two.\n", "")
    without_name = PICTURE.replace("    name: fig-line\n", "")
    without_figure = PICTURE.replace("  figure:\n    name: fig-line\n    caption: A line.\n", "")
    for source, complaint in (
        (without_alt, "image without alt text"),
        (without_name, "figure without a name"),
        (without_figure, "figure without a caption"),
    ):
        assert source != PICTURE
        book.write("chapters/index.md", source)
        failed = book.build()
        assert failed.returncode != 0, complaint
        assert complaint in failed.stdout + failed.stderr


def test_the_hash_sees_library_data_and_lock_but_not_prose(tmp_path: Path) -> None:
    for name in (
        "lib/a.py",
        "lib/kernel.wasm",
        "chapters/part/data/points.csv",
        "chapters/part/page.md",
        "requirements.txt",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("one", encoding="utf-8")
    before = freshness.source_hash(tmp_path)
    seen = {}
    for path in [p for p in tmp_path.rglob("*") if p.is_file()]:
        path.write_text("two", encoding="utf-8")
        seen[path.relative_to(tmp_path).as_posix()] = freshness.source_hash(tmp_path) != before
        path.write_text("one", encoding="utf-8")
    assert seen.pop("chapters/part/page.md") is False  # jupyter-cache itself looks at the cells
    assert all(seen.values()), seen
    assert freshness.source_hash(tmp_path) == before
