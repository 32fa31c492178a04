"""The floors of the library: the contracts of pyproject.toml are kept, and they break where they should; what is private stays private."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def lint(folder: Path, path: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts of ``folder``/pyproject.toml for the package learnscape that lies in ``path``."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(path), os.environ.get("PYTHONPATH", "")])}
    return subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def parts(layer: str) -> list[str]:
    return [part.strip(" ()") for part in layer.split("|")]


@pytest.fixture
def contracts(root: Path) -> list[dict[str, object]]:
    tables = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    found: list[dict[str, object]] = tables["tool"]["importlinter"]["contracts"]
    return found


@pytest.fixture
def empty_library(root: Path, tmp_path: Path, contracts: list[dict[str, object]]) -> Path:
    """A package of the same name with the parts that the contracts list, which import nothing."""
    shutil.copy(root / "pyproject.toml", tmp_path)
    for contract in contracts:
        for container in contract["containers"]:
            package = tmp_path.joinpath(*container.split("."))
            package.mkdir(exist_ok=True)
            for layer in contract["layers"]:
                for part in parts(layer):
                    (package / part).mkdir(exist_ok=True)
                    (package / part / "__init__.py").touch()
            (package / "__init__.py").touch()
    return tmp_path


def test_the_library_keeps_its_contracts(root: Path) -> None:
    found = lint(root, root / "lib")
    assert found.returncode == 0, found.stdout + found.stderr


def test_an_empty_library_keeps_them_too(empty_library: Path) -> None:
    found = lint(empty_library, empty_library)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize(
    ("importer", "statement", "kept"),
    [
        ("explore", "import learnscape.replica", True),
        ("numerics", "import learnscape.weights", False),  # upwards
        ("sweeps", "def later():\n    import learnscape.explore", False),  # also when it is late
        ("classroom", "import learnscape.ledger", False),  # a neighbour
        ("learn", "from learnscape.jamming import packings", False),
        ("constraints", "import learnscape", False),  # through the package itself, which imports weights
        ("jamming.packings", "from learnscape.jamming import ellipses", False),
    ],
)
def test_which_imports_break_them(empty_library: Path, importer: str, statement: str, kept: bool) -> None:
    library = empty_library / "learnscape"
    (library / "__init__.py").write_text("import learnscape.weights\n", encoding="utf-8")
    library.joinpath(*importer.split("."), "__init__.py").write_text(statement + "\n", encoding="utf-8")
    found = lint(empty_library, empty_library)
    assert (found.returncode == 0) is kept, found.stdout + found.stderr


def test_a_part_without_a_floor_breaks_them(empty_library: Path) -> None:
    (empty_library / "learnscape" / "newcomer.py").touch()
    found = lint(empty_library, empty_library)
    assert found.returncode != 0
    assert "newcomer" in found.stdout


def test_make_lint_checks_them(root: Path) -> None:
    shown = subprocess.run(["make", "-n", "lint"], cwd=root, capture_output=True, text=True, check=True)
    assert "lint-imports" in shown.stdout


def imported(source: str) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of everything of the library that a text imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            assert node.level == 0, "imports are absolute"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)


def home(name: str, library: Path) -> str | None:
    """The package within which a dotted name may be imported (learnscape.replica for learnscape.replica._rs_grid); None if everywhere."""
    names = name.split(".")
    if names[0] != "learnscape" or name == "learnscape.__version__":
        return None
    for k, part in enumerate(names):
        if part.startswith("_"):
            owner = names[:k]
            while not library.joinpath(*owner).is_dir():
                owner.pop()
            return ".".join(owner)
    return None


def trespasses(source: str, module: str, library: Path) -> list[str]:
    """What ``module`` imports although it is private to a package that the module is not in."""
    found = []
    for line, name in imported(source):
        owner = home(name, library)
        if owner is not None and not f"{module}.".startswith(f"{owner}."):
            found.append(f"{module}, line {line}: {name} is private to {owner}")
    return found


def test_private_modules_and_names_are_imported_within_their_package_only(root: Path) -> None:
    library = root / "lib"
    found, files = [], 0
    for file in sorted(library.rglob("*.py")):
        module = ".".join(file.relative_to(library).with_suffix("").parts)
        found += trespasses(file.read_text(encoding="utf-8"), module, library)
        files += 1
    assert found == []
    assert files > 100


def test_chapters_import_nothing_private(root: Path) -> None:
    """Readers copy from there."""
    found = []
    for page in sorted((root / "chapters").rglob("*.md")):
        for cell in re.findall(r"```\{code-cell\}.*?\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            lines = [line for line in cell.splitlines() if re.match(r"\s*(from|import) +learnscape", line)]
            found += [f"{page.name}: {line}" for line in lines if re.search(r"[. ,(]_[a-z]", line)]
    assert found == []


@pytest.mark.parametrize(
    ("statement", "module", "allowed"),
    [
        ("from learnscape.replica._rs_grid import STEP", "learnscape.replica.rs", True),
        ("from learnscape.replica import _rs_grid", "learnscape.explore.discs", False),
        ("import learnscape.replica._rs_grid", "learnscape.replicated", False),
        ("from learnscape.jamming._input import as_real", "learnscape.jamming.packings.soft", True),
        (
            "from learnscape.jamming.packings._kernels import relax",
            "learnscape.jamming.ellipses.packing",
            False,
        ),
        ("from learnscape.jamming.packings.soft import _check", "learnscape.jamming.packings.hard", True),
        ("from learnscape.jamming.packings.soft import _check", "learnscape.learn.margin", False),
        ("from learnscape import __version__", "learnscape.learn.margin", True),
        ("from __future__ import annotations", "learnscape.learn.margin", True),
    ],
)
def test_the_rule_about_what_is_private(root: Path, statement: str, module: str, allowed: bool) -> None:
    assert (trespasses(statement, module, root / "lib") == []) is allowed
