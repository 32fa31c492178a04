"""Solutions, hidden tests and rubrics are in nothing that is published, and a planted one is found.

What is compared are lines, by their letters and digits alone: so markup, quotes and highlighting don't hide them. Of a line that students
read anyway, of an import, and of a line of fewer than `SHORT` letters and digits nothing can be said: they are left out.
"""

from __future__ import annotations

import html
import json
import re
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import pytest

import my_notebooks
from learnscape.classroom.assignments import release
from learnscape.classroom.assignments.source import Assignment, read

ROOT = Path(__file__).resolve().parents[2]
SHORT = 24
SOURCES = release.sources(ROOT)
SEEN = {".html", ".md", ".txt", ".ipynb", ".py", ".js", ".json", ".toml", ".csv", ".svg"}
TAG = re.compile(r"<[^>]*>")
IMPORT = re.compile(r"\s*(from|import)\s")


def letters(line: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "", line)


def lines(texts: Iterable[str]) -> set[str]:
    """Lines long enough to be told apart."""
    found = {letters(line) for text in texts for line in text.split("\n") if not IMPORT.match(line)}
    return {line for line in found if len(line) >= SHORT}


def kept_back(assignment: Assignment, project: bool) -> set[str]:
    """Lines of a source that no student sees."""
    roles = {"hidden"} if project else {"hidden", "rubric"}
    given = lines(cell.starter for cell in assignment.cells if cell.role not in roles)
    return lines(cell.source for cell in assignment.cells) - given


@cache
def secrets() -> dict[str, str]:
    """Line -> the source that it comes from."""
    found = {}
    for path in SOURCES:
        found |= dict.fromkeys(kept_back(read(path), path.parent.name == "projects"), path.name)
    for path in (ROOT / "classroom").glob("*.md"):  # instructors' papers: all of it
        found |= dict.fromkeys(lines([path.read_text(encoding="utf-8")]), path.name)
    return found


# --- what is published, as lines -----------------------------------------------------------------------------------------


def words(name: str, data: bytes) -> Iterator[str]:
    """The text of a file, as a reader sees it."""
    text = data.decode("utf-8", errors="replace")
    if name.endswith(".ipynb"):
        yield from _strings(json.loads(text))
    elif name.endswith(".html"):
        yield html.unescape(TAG.sub("", text))
        yield html.unescape(text)  # also what stands in attributes and comments
    else:
        yield text
        if name.endswith((".js", ".json")):
            yield text.replace("\\n", "\n")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        if value and all(isinstance(entry, str) for entry in value):
            yield "".join(value)
        else:
            for entry in value:
                yield from _strings(entry)
    elif isinstance(value, dict):
        for entry in value.values():
            yield from _strings(entry)


def files(place: Path) -> Iterator[tuple[str, bytes]]:
    """Names and contents: of a folder, a wheel or a source distribution."""
    if place.suffix == ".whl":
        with zipfile.ZipFile(place) as archive:
            yield from ((name, archive.read(name)) for name in archive.namelist())
    elif place.suffix == ".gz":
        with tarfile.open(place) as archive:
            for member in archive:
                if content := archive.extractfile(member):
                    yield member.name, content.read()
    else:
        for path in sorted(place.rglob("*")):
            if path.is_file() and path.suffix in SEEN:
                yield str(path.relative_to(place)), path.read_bytes()


def leaks(place: Path, kept: dict[str, str] | None = None) -> list[str]:
    """File of `place`, source and line of each leak."""
    kept = secrets() if kept is None else kept
    found = []
    for name, data in files(place):
        if Path(name).suffix in SEEN:
            common = lines(words(name, data)) & kept.keys()
            found += [f"{name}: {kept[line]}: {line}" for line in sorted(common)]
    return found


# --- tests ---------------------------------------------------------------------------------------------------------------


def test_there_is_something_to_keep_back() -> None:
    for path in SOURCES:
        assert len(kept_back(read(path), path.parent.name == "projects")) >= 3, path.name


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_the_students_notebook(path: Path) -> None:
    edition = release.prepare(path, "s" * 32, ROOT)
    text = "\n".join(_strings(release.student(edition)))
    kept = kept_back(edition.assignment, edition.project)
    assert lines([text]) & kept == set()
    for cell in release.instructor(edition).cells:  # the values that the secret drew
        if cell.id.startswith("hidden-"):
            assert lines([text]) & lines([cell.source]) == set()


def test_the_chapters_and_the_library() -> None:
    assert leaks(ROOT / "chapters") == []
    assert leaks(ROOT / "lib") == []
    assert leaks(ROOT / "_ext") == []


def test_the_notebooks_of_make_lab(tmp_path: Path) -> None:
    my_notebooks.update(ROOT, tmp_path)
    assert leaks(tmp_path) == []
    assert not any(name.startswith("../") for name in my_notebooks.chapters(ROOT))


def test_the_built_site(site_dir: Path) -> None:
    assert leaks(site_dir) == []
    executed = site_dir.parent / "jupyter_execute"
    assert leaks(executed) == []
    index = (site_dir / "searchindex.js").read_text(encoding="utf-8")
    documents = json.loads(index.partition("(")[2].rpartition(")")[0])["docnames"]
    assert documents
    assert not [name for name in documents if name.startswith("classroom/")]
    for path in SOURCES:
        assert not list(site_dir.rglob(f"{path.stem}.md")), path.name


@pytest.mark.slow
def test_the_wheel_and_the_source_distribution(distributions: dict[str, Path]) -> None:
    for kind, file in distributions.items():
        names = [name for name, _ in files(file)]
        assert any(name.endswith("learnscape/classroom/assignments/release.py") for name in names)
        inside = [
            name
            for name in names
            if re.search(r"(^|/)classroom/(assignments|projects)/.*\.md$|secret\.txt$", name)
        ]
        assert inside == [], kind
        assert leaks(file) == []


SOURCE = """\
---
kernelspec: {name: python3, display_name: Python 3}
assignment: {title: Planted, minutes: 60, difficulty: 1, chapters: [start/how-to-use]}
---

# Planted

```{code-cell} ipython3
:task: planted
:points: 1
def planted(x):
    # BEGIN SOLUTION
    return "a 'quoted' solution, the first of two" + str(x) * 3 < 7
    # END SOLUTION
```

```{code-cell} ipython3
:hidden: planted
expected = lambda x: "what the hidden test knows & nobody else" + str(x)
```

+++ {"task": "why", "points": 1}

Why?

<!-- BEGIN SOLUTION -->
Because of $x<7$, *hidden* in a text that **only** instructors read.
<!-- END SOLUTION -->

+++ {"rubric": "why"}

One point for the reason, as the instructors see it.
"""


@pytest.fixture
def planted(tmp_path: Path) -> tuple[dict[str, str], dict[str, str]]:
    """What is to be kept back of a source, and its text by role."""
    (tmp_path / "planted.md").write_text(SOURCE, encoding="utf-8")
    assignment = read(tmp_path / "planted.md")
    kept = dict.fromkeys(kept_back(assignment, project=False), "planted.md")
    assert len(kept) == 4
    return kept, {cell.key: cell.solution for cell in assignment.cells}


@pytest.mark.parametrize("key", ["task-planted", "hidden-planted", "task-why", "rubric-why"])
def test_what_is_planted_is_found(
    tmp_path: Path, planted: tuple[dict[str, str], dict[str, str]], key: str
) -> None:
    from markdown_it import MarkdownIt
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    kept, texts = planted
    code = key.endswith("planted")
    page = highlight(texts[key], PythonLexer(), HtmlFormatter()) if code else MarkdownIt().render(texts[key])
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(f"x = 1\n{texts[key]}")])
    places = {
        "page.html": page,
        "attribute.html": f'<img alt="{html.escape(texts[key])}">',
        "chapter.md": f"# A chapter\n\n{texts[key]}\n",
        "chapter.ipynb": nbformat.writes(notebook),
        "index.js": f"Search.setIndex({json.dumps({'text': [texts[key]]})})",
        "module.py": texts[key],
    }
    for name, text in places.items():
        folder = tmp_path / name.replace(".", "-")
        folder.mkdir()
        (folder / name).write_text(text, encoding="utf-8")
        assert len(leaks(folder, kept)) == 1, name
    wheel, sdist = tmp_path / "x.whl", tmp_path / "x.tar.gz"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("learnscape/module.py", texts[key])
    with tarfile.open(sdist, "w:gz") as tar:
        tar.add(tmp_path / "module-py")
    assert len(leaks(wheel, kept)) == len(leaks(sdist, kept)) == 1


def test_a_release_that_forgets_to_clear_is_found(
    planted: tuple[dict[str, str], dict[str, str]], tmp_path: Path
) -> None:
    kept, _ = planted
    edition = release.prepare(tmp_path / "planted.md", "s" * 32, ROOT)
    assert lines(_strings(release.student(edition))) & kept.keys() == set()
    assert lines(_strings(release.instructor(edition))) & kept.keys() == kept.keys()
