"""A chapter and an assignment run wherever the library is installed: from a wheel, with the packages that Binder gets and no others, in an
empty folder, with nothing of this repository at hand.

`make test` runs a short chapter and an assignment so; `FULL=1 make test` runs all.
"""

from __future__ import annotations

import json
import os
import subprocess
import tarfile
import venv
import zipfile
from importlib import metadata
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import pytest

import lock
import my_notebooks
from learnscape.classroom.assignments import install, release
from learnscape_book.notebooks import extras_of, extras_text

ROOT = Path(__file__).resolve().parents[2]
SOURCES = release.sources(ROOT)
SHORT = ["start/how-to-use"]
CODE = [
    name
    for name in my_notebooks.chapters(ROOT)
    if any(c.cell_type == "code" for c in my_notebooks.notebook(ROOT, name)[0].cells)
]
RUN = """
import sys, nbformat
from nbclient import NotebookClient
import learnscape
assert learnscape.__file__.startswith(sys.prefix), learnscape.__file__
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
first = next(cell for cell in notebook.cells if cell.cell_type == "code")
assert not first.outputs, first.outputs
"""
SUFFIXES = {".json", ".mplstyle", ".css", ".js", ".wasm", ".py"}


def _files_of_the_library() -> set[str]:
    folder = ROOT / "lib"
    return {
        path.relative_to(folder).as_posix()
        for path in (folder / "learnscape").rglob("*")
        if path.is_file() and path.suffix in SUFFIXES and "__pycache__" not in path.parts
    } | {"learnscape/py.typed"}


def test_the_wheel_and_the_source_distribution_carry_every_file(distributions: dict[str, Path]) -> None:
    with zipfile.ZipFile(distributions["wheel"]) as archive:
        wheel = set(archive.namelist())
    with tarfile.open(distributions["sdist"]) as archive:
        sdist = {name.partition("/lib/")[2] for name in archive.getnames() if "/lib/" in name}
    # The module's sources are bundled into page/static and need not travel.
    needed = {name for name in _files_of_the_library() if not name.startswith("learnscape/page/js/")}
    assert any(name.startswith("learnscape/data/") and name.endswith(".json") for name in needed)
    assert needed - wheel == set()
    assert needed - sdist == set()


@pytest.fixture(scope="session")
def clean(distributions: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Python of an environment with the packages of Binder's lock, and the library from the wheel."""
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder, with_pip=False, symlinks=True)
    site = next(folder.glob("lib/python*/site-packages"))
    for name in lock.pins(ROOT / "binder" / "requirements.txt"):
        try:
            package = metadata.distribution(name)
        except metadata.PackageNotFoundError:  # newer Pythons need fewer
            continue
        for top in {
            file.parts[0] for file in package.files or [] if file.parts[0] not in ("..", "__pycache__")
        }:
            if not (site / top).exists():
                (site / top).symlink_to(package.locate_file(top))
    with zipfile.ZipFile(distributions["wheel"]) as archive:
        archive.extractall(site)
    return folder / "bin" / "python"


def run(clean: Path, notebook: Any, folder: Path) -> None:
    """Run a notebook in the clean environment; its first cell of code says nothing there."""
    file, empty = folder / "notebook.ipynb", folder / "empty"
    nbformat.write(notebook, file)
    empty.mkdir()
    environment = {
        key: value
        for key, value in os.environ.items()
        if key not in ("PYTHONPATH", "LEARNSCAPE_HOST", "VIRTUAL_ENV") and not key.startswith("COV")
    }
    for key in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        environment[key] = str(folder / key.lower())
    environment["JUPYTER_PREFER_ENV_PATH"] = "1"
    done = subprocess.run(
        [str(clean), "-c", RUN, str(file)], cwd=empty, env=environment, capture_output=True, text=True, check=False, timeout=900
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.slow
@pytest.mark.parametrize("name", CODE if os.environ.get("FULL") else SHORT)
def test_a_chapter_runs_with_the_wheel_only(clean: Path, tmp_path: Path, name: str) -> None:
    notebook, _ = my_notebooks.notebook(ROOT, name)
    first = install.cell("https://example.org/x/y", "main")
    notebook.cells.insert(0, nbformat.v4.new_code_cell(first))
    run(clean, notebook, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", SOURCES if os.environ.get("FULL") else SOURCES[:1], ids=lambda path: path.stem
)
def test_an_assignment_runs_with_the_wheel_only(clean: Path, tmp_path: Path, path: Path) -> None:
    notebook = release.student(release.prepare(path, "s" * 32, ROOT))
    assert "importlib.util.find_spec" in notebook.cells[0].source
    run(clean, notebook, tmp_path)


def test_the_packages_are_those_of_binder_alone(clean: Path) -> None:
    present = "import importlib.util as i, json; print(json.dumps([bool(i.find_spec(n)) for n in ('numba', 'jupytext', 'pytest', 'sphinx')]))"
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    said = subprocess.run(
        [str(clean), "-c", present], env=environment, capture_output=True, text=True, check=True
    )
    assert json.loads(said.stdout) == [True, True, False, False]


def test_the_colab_cell_asks_for_what_the_chapter_imports() -> None:
    def extras(name: str) -> set[str]:
        return extras_of(jupytext.read(ROOT / "chapters" / f"{name}.md"))

    assert "data" in extras("jamming/generalization"), "handwritten digits come with scikit-learn"
    assert "sweeps" in extras("start/sweeps")
    assert extras("start/how-to-use") == set()
    page = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("%matplotlib inline\nfrom learnscape.sweeps import sweep")]
    )
    assert extras_text(page) == "[sweeps]"
    cell = install.cell("https://example.org/x/y", "main", extras_text(page))
    assert "learnscape[sweeps] @ git+https://example.org/x/y@main" in cell
