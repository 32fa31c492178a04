"""The student's notebooks in ``my/``: made from the chapters, brought up to date, and never written over."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import nbformat
import pytest

import my_notebooks

HEADER = "---\nkernelspec:\n  name: python3\n  display_name: Python 3\n  language: python\n---\n"
FIRST = """
# One

See [two](two.md#here), [the library](../reference/api.md), [elsewhere](https://example.org/a.md) and ![a line](../images/line.png).

```{code-cell} ipython3
:tags: [hide-input]
x = 1
```

```{code-cell} ipython3
check("part/one", ...)
```
"""
OUTPUT = nbformat.v4.new_output("stream", text="1\n")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small book of two chapters, a picture, and a page that only a build can fill."""
    for name, text in {
        "part/one": HEADER + FIRST,
        "part/two": HEADER + "# Two\n\nShort.\n",
        "reference/api": "# The library\n",
    }.items():
        path = tmp_path / "chapters" / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (tmp_path / "chapters/images").mkdir()
    (tmp_path / "chapters/images/line.png").write_bytes(b"a picture")
    (tmp_path / "_config.yml").write_text(
        "repository:\n  url: https://github.com/who/book\n", encoding="utf-8"
    )
    my_notebooks.update(tmp_path)
    return tmp_path


def _edit_chapter(project: Path, old: str, new: str) -> None:
    path = project / "chapters/part/one.md"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def _open(project: Path, name: str = "part/one") -> Any:
    return nbformat.read(project / "my" / f"{name}.ipynb", as_version=4)


def _save(project: Path, notebook: Any, name: str = "part/one") -> None:
    nbformat.write(notebook, project / "my" / f"{name}.ipynb")


def _files(project: Path) -> set[str]:
    return {path.relative_to(project / "my").as_posix() for path in (project / "my").rglob("*.ipynb")}


def _answer(project: Path) -> bytes:
    """A student answers the exercise; the bytes of the file afterwards."""
    notebook = _open(project)
    notebook.cells[-1].source = 'check("part/one", 0.5)'
    notebook.cells[-1].outputs = [OUTPUT]
    _save(project, notebook)
    return (project / "my/part/one.ipynb").read_bytes()


def test_every_chapter_is_handed_out_and_its_links_lead_somewhere(project: Path) -> None:
    assert _files(project) == {"part/one.ipynb", "part/two.ipynb"}
    one = _open(project)
    nbformat.validate(one)
    text = one.cells[0].source
    assert "(two.ipynb#here)" in text
    assert "(https://who.github.io/book/chapters/reference/api.html)" in text
    assert "(https://example.org/a.md)" in text
    assert (project / "my/part" / "../images/line.png").read_bytes() == b"a picture"
    assert one.cells[1].metadata["jupyter"] == {"source_hidden": True}
    assert one.metadata["kernelspec"]["name"] == "python3"
    assert "jupytext" not in one.metadata, "Lab would write the text file too"


def test_what_lab_cannot_look_up_stands_there_in_words(project: Path) -> None:
    (project / "chapters/references.bib").write_text(
        "@article{key, author = {Krauth, Werner and M{\\'e}zard, Marc}, title = {A {B}}, year = {1989}}\n",
        "utf-8",
    )
    two = project / "chapters/part/two.md"
    two.write_text(two.read_text("utf-8") + "\n(sec-two)=\n## Part\n\n$$\na=b\n$$ (eq-two)\n", "utf-8")
    figure = """
Seen before {cite:p}`key`, in {numref}`fig-one`, by {eq}`eq-two` and {eq}`eq-one`.
Compare [here](sec-one) and [there](sec-two).

(sec-one)=

$$
c=d
$$ (eq-one)

```{code-cell} ipython3
---
mystnb:
  figure:
    name: fig-one
    caption: Circles are runs {cite:p}`key`.
---
x = 2
```
"""
    one = project / "chapters/part/one.md"
    one.write_text(one.read_text("utf-8") + figure, "utf-8")
    my_notebooks.update(project)
    cells = [cell.source for cell in _open(project).cells]
    known = "Seen before (Krauth and Mézard 1989), in Figure 1, by (an equation of [Two](two.ipynb)) and {eq}`eq-one`."
    links = "Compare [here](#sec-one) and [there](two.ipynb)."
    assert any(text.startswith(f"{known}\n{links}") for text in cells)
    assert cells[-2:] == ["x = 2", "*Figure 1.* Circles are runs (Krauth and Mézard 1989)."]


def test_every_citation_and_figure_of_the_book_can_be_read_in_lab(root: Path) -> None:
    from pybtex.database import parse_file

    from learnscape_book.notebooks import _author_year
    from notebook_words import citations

    bibliography = root / "chapters/references.bib"
    assert citations(bibliography.read_text("utf-8")) == {
        key: _author_year(entry)
        for key, entry in parse_file(bibliography, bib_format="bibtex").entries.items()
    }
    book = my_notebooks.read_book(root)
    for name in my_notebooks.chapters(root):
        made, _ = my_notebooks.notebook(root, name, book)
        for cell in made.cells:
            if cell.cell_type == "markdown":
                assert not re.search(r"\{(cite:\w+|numref|checked|py:\w+)\}`", cell.source), (
                    f"{name}: {cell.source[:80]}"
                )


def test_a_second_run_writes_nothing(project: Path) -> None:
    before = {name: (project / "my" / name).stat().st_mtime_ns for name in _files(project)}
    report = my_notebooks.update(project)
    assert str(report) == ""
    assert {name: (project / "my" / name).stat().st_mtime_ns for name in _files(project)} == before


def test_an_untouched_copy_is_replaced(project: Path) -> None:
    _edit_chapter(project, "# One", "# One, corrected")
    report = my_notebooks.update(project)
    assert report.replaced == ["part/one.ipynb"]
    assert "part/one.ipynb" in str(report)
    assert "corrected" in _open(project).cells[0].source
    assert _files(project) == {"part/one.ipynb", "part/two.ipynb"}


def test_a_changed_copy_stays_and_the_new_version_stands_beside_it(project: Path) -> None:
    work = _answer(project)
    assert str(my_notebooks.update(project)) == "", "no new version, so nothing to say"
    _edit_chapter(project, "# One", "# One, corrected")
    report = my_notebooks.update(project)
    assert report.beside == [("part/one.ipynb", "part/one.updated.ipynb")]
    assert "stays as it is" in str(report)
    assert (project / "my/part/one.ipynb").read_bytes() == work
    beside = _open(project, "part/one.updated")
    assert "has been updated" in beside.cells[0].source
    assert "one.ipynb" in beside.cells[0].source
    assert "corrected" in beside.cells[1].source
    assert str(my_notebooks.update(project)) == "", "said once"


def test_a_version_put_beside_is_itself_protected(project: Path) -> None:
    work = _answer(project)
    _edit_chapter(project, "# One", "# One, second version")
    my_notebooks.update(project)
    _edit_chapter(project, "second", "third")
    assert my_notebooks.update(project).beside == [("part/one.ipynb", "part/one.updated.ipynb")], (
        "untouched: replaced"
    )
    notebook = _open(project, "part/one.updated")
    notebook.cells[-1].source = "more work"
    _save(project, notebook, "part/one.updated")
    more = (project / "my/part/one.updated.ipynb").read_bytes()
    _edit_chapter(project, "third", "fourth")
    assert my_notebooks.update(project).beside == [("part/one.ipynb", "part/one.updated-2.ipynb")]
    assert (project / "my/part/one.ipynb").read_bytes() == work
    assert (project / "my/part/one.updated.ipynb").read_bytes() == more


def test_a_new_version_that_was_deleted_does_not_come_back(project: Path) -> None:
    _answer(project)
    _edit_chapter(project, "# One", "# One, corrected")
    my_notebooks.update(project)
    (project / "my/part/one.updated.ipynb").unlink()
    assert str(my_notebooks.update(project)) == ""
    assert not (project / "my/part/one.updated.ipynb").exists()


def test_giving_the_new_version_the_old_name_ends_it(project: Path) -> None:
    _answer(project)
    _edit_chapter(project, "# One", "# One, corrected")
    my_notebooks.update(project)
    shutil.move(project / "my/part/one.updated.ipynb", project / "my/part/one.ipynb")
    assert str(my_notebooks.update(project)) == ""
    _edit_chapter(project, "corrected", "corrected again")
    assert my_notebooks.update(project).replaced == ["part/one.ipynb"]


def test_outputs_of_cells_that_stay_are_kept(project: Path) -> None:
    notebook = _open(project)
    notebook.cells[1].outputs, notebook.cells[1].execution_count = [OUTPUT], 7
    notebook.cells.append(nbformat.v4.new_code_cell(""))  # JupyterLab does so after the last cell
    _save(project, notebook)
    _edit_chapter(project, "# One", "# One, corrected")
    assert my_notebooks.update(project).replaced == ["part/one.ipynb"]
    cell = _open(project).cells[1]
    assert cell.outputs == [OUTPUT]
    assert cell.execution_count == 7


def test_outputs_that_would_be_lost_protect_the_copy(project: Path) -> None:
    notebook = _open(project)
    notebook.cells[1].outputs = [OUTPUT]
    _save(project, notebook)
    before = (project / "my/part/one.ipynb").read_bytes()
    _edit_chapter(project, "x = 1", "x = 2")
    assert my_notebooks.update(project).beside == [("part/one.ipynb", "part/one.updated.ipynb")]
    assert (project / "my/part/one.ipynb").read_bytes() == before


def test_a_deleted_notebook_comes_back(project: Path) -> None:
    (project / "my/part/one.ipynb").unlink()
    assert my_notebooks.update(project).new == ["part/one.ipynb"]
    assert (project / "my/part/one.ipynb").exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"cells": 3}', "\udcff"])
def test_a_broken_file_is_left_alone(project: Path, content: str) -> None:
    file = project / "my/part/one.ipynb"
    file.write_bytes(content.encode("utf-8", "surrogateescape"))
    before = file.read_bytes()
    _edit_chapter(project, "# One", "# One, corrected")
    assert my_notebooks.update(project).beside == [("part/one.ipynb", "part/one.updated.ipynb")]
    assert file.read_bytes() == before


@pytest.mark.parametrize("manifest", [None, "", "[1]", '{"part/one.ipynb": 3}'])
def test_without_the_memory_of_what_was_handed_out_everything_is_protected(
    project: Path, manifest: str | None
) -> None:
    path = project / "my" / my_notebooks.MANIFEST
    path.unlink()
    if manifest is not None:
        path.write_text(manifest, encoding="utf-8")
    work = _answer(project)
    _edit_chapter(project, "# One", "# One, corrected")
    assert my_notebooks.update(project).beside == [("part/one.ipynb", "part/one.updated.ipynb")]
    assert (project / "my/part/one.ipynb").read_bytes() == work
    assert "part/two.ipynb" in json.loads(path.read_text(encoding="utf-8")), "an equal copy is known again"


def test_a_chapter_that_left_the_book_stays_with_the_student(project: Path) -> None:
    (project / "chapters/part/two.md").unlink()
    report = my_notebooks.update(project)
    assert report.gone == ["part/two.ipynb"]
    assert "no longer a chapter" in str(report)
    assert (project / "my/part/two.ipynb").exists()
    assert str(my_notebooks.update(project)) == ""


def test_the_real_chapters_become_valid_notebooks_without_dead_links(root: Path, tmp_path: Path) -> None:
    report = my_notebooks.update(root, tmp_path / "my")
    assert len(report.new) == len(list(my_notebooks.chapters(root)))
    assert not [name for name in report.new if "/api/" in name], "what a build generates is no chapter"
    for path in (tmp_path / "my").rglob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        for cell in notebook.cells:
            if cell.cell_type != "markdown":
                continue
            for _, _, target in my_notebooks.LINK.findall(cell.source):
                file = target.partition("#")[0]
                if file and ":" not in file:
                    assert (path.parent / file).resolve().is_file(), (path, target)


def test_git_ignores_the_folder_and_distclean_keeps_it(root: Path) -> None:
    for name in ("my/capacity/perceptron.ipynb", "build/lib/x.py"):
        ignored = subprocess.run(["git", "check-ignore", "-q", name], cwd=root, check=False)
        assert ignored.returncode == 0, name
    plan = subprocess.run(
        ["make", "-n", "distclean"], cwd=root, capture_output=True, text=True, check=True
    ).stdout
    removed = [word for line in plan.splitlines() if line.startswith("rm -rf") for word in line.split()[2:]]
    assert {".venv", "_build", "build"} <= set(removed)
    assert not any(word.strip("/") in ("my", ".", "*") for word in removed)
