"""Solutions, hidden tests and rubrics are in nothing that is published, and a planted one is found. The rule: support/kept_back.py."""

from __future__ import annotations

import html
import json
import re
import tarfile
import zipfile
from functools import cache
from pathlib import Path

import nbformat
import pytest

import my_notebooks
from kept_back import files, kept_back, leaks, lines, strings
from learnscape.classroom.assignments import release
from learnscape.classroom.assignments.source import read

ROOT = Path(__file__).resolve().parents[2]
SOURCES = release.sources(ROOT)


@cache
def secrets() -> dict[str, str]:
    """Line -> the source that it comes from."""
    found: dict[str, str] = {}
    for path in SOURCES:
        found |= dict.fromkeys(kept_back(read(path), path.parent.name == "projects"), path.name)
    for path in (ROOT / "classroom").glob("*.md"):  # instructors' papers: all of it
        found |= dict.fromkeys(lines([path.read_text(encoding="utf-8")]), path.name)
    return found


# --- tests ---------------------------------------------------------------------------------------------------------------


def test_there_is_something_to_keep_back() -> None:
    for path in SOURCES:
        assert len(kept_back(read(path), path.parent.name == "projects")) >= 3, path.name


def test_the_chapters_and_the_library() -> None:
    assert leaks(ROOT / "chapters", secrets()) == []
    assert leaks(ROOT / "lib", secrets()) == []
    assert leaks(ROOT / "_ext", secrets()) == []


def test_the_notebooks_of_make_lab(tmp_path: Path) -> None:
    my_notebooks.update(ROOT, tmp_path)
    assert leaks(tmp_path, secrets()) == []
    assert not any(name.startswith("../") for name in my_notebooks.chapters(ROOT))


def test_the_built_site(site_dir: Path) -> None:
    assert leaks(site_dir, secrets()) == []
    executed = site_dir.parent / "jupyter_execute"
    assert leaks(executed, secrets()) == []
    index = (site_dir / "searchindex.js").read_text(encoding="utf-8")
    documents = json.loads(index.partition("(")[2].rpartition(")")[0])["docnames"]
    assert documents
    assert not [name for name in documents if name.startswith("classroom/")]
    for folder in {path.parent.name for path in SOURCES}:  # names of chapters may be theirs too
        assert not list(site_dir.rglob(f"{folder}/*.md")), folder


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
        assert leaks(file, secrets()) == []


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
    y = "a 'quoted' solution, the first" + str(x)
    return "and its <second> line" * 3 < y & 7
    # END SOLUTION
```

```{code-cell} ipython3
:hidden: planted
expected = lambda: "what the hidden test knows & nobody else of them" * 3 + "because it is kept back from them"
```

+++ {"task": "why", "points": 1}

Why?

<!-- BEGIN SOLUTION -->
Because of $x<7$, *hidden* in a text that **only** instructors read, and of no other reason at all.
<!-- END SOLUTION -->

+++ {"rubric": "why"}

One point for the reason, as the instructors see it and write it down for themselves.
"""


@pytest.fixture
def planted(tmp_path: Path) -> tuple[dict[str, str], dict[str, str]]:
    """What is to be kept back of a source, and its text by role."""
    (tmp_path / "planted.md").write_text(SOURCE, encoding="utf-8")
    assignment = read(tmp_path / "planted.md")
    kept = dict.fromkeys(kept_back(assignment, project=False), "planted.md")
    assert len(kept) == 5
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
        assert len(leaks(folder, kept)) == (2 if key == "task-planted" else 1), name
    wheel, sdist = tmp_path / "x.whl", tmp_path / "x.tar.gz"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("learnscape/module.py", texts[key])
    with tarfile.open(sdist, "w:gz") as tar:
        tar.add(tmp_path / "module-py")
    assert leaks(wheel, kept)
    assert leaks(sdist, kept)


def test_a_release_that_forgets_to_clear_is_found(
    planted: tuple[dict[str, str], dict[str, str]], tmp_path: Path
) -> None:
    kept, _ = planted
    edition = release.prepare(tmp_path / "planted.md", "s" * 32, ROOT)
    assert lines(strings(release.student(edition))) & kept.keys() == set()
    assert lines(strings(release.instructor(edition))) & kept.keys() == kept.keys()
