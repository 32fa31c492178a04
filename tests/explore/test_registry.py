"""One file an explorable, imported when it is asked for: a page depends on the files of those it shows, and on no others."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

import learnscape
from learnscape import explore
from learnscape.explore.core import Explorable
from learnscape.explore.hosts import Hosted
from learnscape.explore.registry import PARTS, REGISTRY
from learnscape_book import execution

LIBRARY = Path(learnscape.__file__).parent
FOLDER = LIBRARY / "explore"
SHELL = """
import sys
from IPython.core.interactiveshell import InteractiveShell
for cell in sys.argv[1:]:
    InteractiveShell.instance().run_cell(cell).raise_error()
"""


def _read_by(code: str, tmp_path: Path) -> set[str]:
    """Files of the library that a page with this cell would depend on."""
    read = tmp_path / "read.json"
    cells = [execution.WATCH.read_text(encoding="utf-8"), code]
    environment = {**os.environ, "LEARNSCAPE_READ": str(read), "LEARNSCAPE_HOST": "static"}
    subprocess.run([sys.executable, "-c", SHELL, *cells], env=environment, check=True, cwd=tmp_path)
    root = LIBRARY.parents[1]
    files = execution.watched(json.loads(read.read_text(encoding="utf-8")), root)
    return {path.relative_to("lib/learnscape").as_posix() for path in files if path.parts[0] == "lib"}


def _explorables(files: Iterable[str]) -> set[str]:
    return {Path(name).stem for name in files if Path(name).stem in REGISTRY}


def test_a_page_depends_on_the_explorables_that_it_shows(tmp_path: Path) -> None:
    show = (
        "import sys\nfrom learnscape.explore import gardner_volume\ngardner_volume()._repr_mimebundle_()\n"
        "assert not {'anywidget', 'ipywidgets', 'learnscape.explore.widget'} & set(sys.modules)"
    )
    files = _read_by(show, tmp_path)
    assert {"explore/capacity/gardner_volume.py", "explore/wasm/gardner_volume.wasm"} <= files
    assert "explore/sphere.py" in files
    assert _explorables(files) == {"gardner_volume"}
    assert not [name for name in files if name.endswith((".js", ".pyi"))]


def test_a_page_about_packings_depends_on_no_other_system_that_jams(tmp_path: Path) -> None:
    show = "from learnscape.explore import discs\ndiscs()\nfrom learnscape.jamming import packings"
    files = _read_by(show, tmp_path)
    assert {"jamming/packings/soft.py", "jamming/periodic.py"} <= files
    systems = ("double_descent", "ellipses", "networks", "perceptron", "spectra")
    assert not [name for name in files if name.startswith(tuple(f"jamming/{system}" for system in systems))]
    assert not [name for name in files if name.startswith("fully_connected")]


def test_a_page_depends_on_the_ledger_up_to_the_entries_that_it_shows(tmp_path: Path) -> None:
    files = _read_by("from learnscape.ledger import show\nshow('gardner-capacity')", tmp_path)
    assert "ledger/entries/capacity.py" in files
    assert "ledger/entries/jamming.py" not in files


def test_the_list_of_names_imports_none(tmp_path: Path) -> None:
    files = _read_by("from learnscape.explore import REGISTRY, names\nlen(REGISTRY), names()", tmp_path)
    assert _explorables(files) == set()
    assert explore.names() == sorted(REGISTRY)
    assert len(REGISTRY) >= 20


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_a_factory_stands_in_the_file_of_its_name(name: str) -> None:
    factory = getattr(explore, name)
    part, file = factory.__module__.split(".")[-2:]
    assert part in PARTS
    assert file == factory.__name__ == name
    assert isinstance(factory(), Hosted)


def test_type_checkers_see_every_name() -> None:
    stub = ast.parse((FOLDER / "__init__.pyi").read_text(encoding="utf-8"))
    found = {alias.asname for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert found == set(explore.__all__)
    assert set(explore.__all__) <= set(dir(explore))


def test_a_misspelt_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(AttributeError, match="did you mean 'gardner_capacity'"):
        explore.gardner_capcity  # noqa: B018
    with pytest.raises(KeyError):
        REGISTRY["gardner_capcity"]


def test_explorables_use_public_kernels_only() -> None:
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("learnscape"):
                names = [*str(node.module).split("."), *(alias.name for alias in node.names)]
                assert not [name for name in names if name.startswith("_")], f"{path.name}: {node.module}"


def test_a_plain_explorable_is_numbers_and_a_description() -> None:
    """Nothing of a widget, a page or a picture: what the hosts add, they add outside."""
    assert not {"png", "html", "widget", "_repr_mimebundle_", "__getattr__"} & set(vars(Explorable))
    plain = Explorable.__new__(Explorable)
    vars(plain).update(vars(REGISTRY["gardner_capacity"]()))
    assert plain.evaluate(kappa=0.0)["alpha_c"][0] == pytest.approx(2.0)
    again = Hosted.of(plain)
    assert again.spec() == plain.spec()
    again.kappa = 1.0
    assert again.values == {"kappa": 1.0}
