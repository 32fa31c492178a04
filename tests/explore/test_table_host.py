"""The table host of a static page: multilinear interpolation between nodes, held to SciPy's, and what it refuses."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.interpolate import RegularGridInterpolator

from learnscape.page import __file__ as page_file

HERE = Path(__file__).parent
MODULE = Path(page_file).parent / "js" / "table.js"
NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")

AXES = [
    {"name": "alpha", "start": 0.5, "stop": 4.0, "n": 8, "scale": "linear"},
    {"name": "size", "start": 1.0, "stop": 1000.0, "n": 7, "scale": "log"},
    {"name": "kappa", "start": -1.0, "stop": 1.0, "n": 5, "scale": "linear"},
]
# The order of the controls is not that of the axes, and one control has no axis.
CONTROLS = [
    {"name": "kappa", "min": -1.0, "max": 1.0},
    {"name": "turn", "min": 0.0, "max": 1.0},
    {"name": "alpha", "min": 0.5, "max": 4.0},
    {"name": "size", "min": 1.0, "max": 1000.0},
]
SPEC = {
    "controls": CONTROLS,
    "outputs": {"curve": [0, 3], "value": [3, 4]},
    "size": 4,
}


def _coordinates(axis: dict[str, Any]) -> np.ndarray:
    space = np.geomspace if axis["scale"] == "log" else np.linspace
    return space(axis["start"], axis["stop"], axis["n"])


def _entries() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(4)
    shape = tuple(axis["n"] for axis in AXES)
    return {"curve": rng.normal(size=(*shape, 3)), "value": rng.normal(size=shape)}


def _table(entries: dict[str, np.ndarray], axes: list[dict[str, Any]] = AXES) -> dict[str, Any]:
    outputs = {
        name: base64.b64encode(array.astype("<f4").tobytes()).decode() for name, array in entries.items()
    }
    return {"axes": axes, "outputs": outputs, "error": {"value": 2e-5, "curve": 1e-3}}


def _read(table: dict[str, Any], points: list[list[float]], spec: dict[str, Any] = SPEC) -> dict[str, Any]:
    job = {"module": str(MODULE), "spec": spec, "table": table, "points": points}
    done = subprocess.run(
        [NODE, str(HERE / "read_table.mjs")],
        input=json.dumps(job), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


def _expected(array: np.ndarray, points: np.ndarray) -> np.ndarray:
    """SciPy on the entries as float32, the logarithmic axis in its logarithm."""
    grid = [
        np.log(_coordinates(axis)) if axis["scale"] == "log" else _coordinates(axis) for axis in AXES
    ]  # fmt: skip
    where = np.stack([points[:, 2], np.log(points[:, 3]), points[:, 0]], axis=1)
    return RegularGridInterpolator(grid, array.astype("<f4").astype(float), bounds_error=False, fill_value=None)(where)  # fmt: skip


def test_it_interpolates_as_scipy_does() -> None:
    rng = np.random.default_rng(5)
    low, high = (np.array([control[end] for control in CONTROLS]) for end in ("min", "max"))
    points = low + (high - low) * rng.random((60, 4))
    points[0], points[1] = low, high
    entries = _entries()
    found = np.array(_read(_table(entries), points.tolist())["outputs"])
    np.testing.assert_allclose(found[:, :3], _expected(entries["curve"], points), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found[:, 3], _expected(entries["value"], points), rtol=1e-12, atol=1e-12)


def test_a_node_gives_its_entry_and_no_neighbour() -> None:
    """All other entries are NaN: one that came in with the smallest weight would be seen."""
    places = (3, 4, 1)
    entries = {name: np.full_like(array, np.nan) for name, array in _entries().items()}
    entries["curve"][places], entries["value"][places] = [1.0, 2.0, 3.0], 0.1
    alpha, size, kappa = (_coordinates(axis)[k] for axis, k in zip(AXES, places, strict=True))
    found = _read(_table(entries), [[kappa, 0.3, alpha, size], [kappa, 0.3, alpha + 1e-3, size]])["outputs"]
    assert found[0] == [1.0, 2.0, 3.0, float(np.float32(0.1))]
    assert found[1] == ["NaN"] * 4


def test_values_outside_are_those_of_the_edge() -> None:
    """Controls end where the table ends, up to rounding."""
    inside, outside = _read(_table(_entries()), [[1.0, 0.0, 4.0, 1000.0], [1.0 + 1e-7, 0.0, 4.1, 1001.0]])["outputs"]  # fmt: skip
    assert inside == outside


def _axes(k: int, **changes: Any) -> list[dict[str, Any]]:
    return [{**axis, **(changes if j == k else {})} for j, axis in enumerate(AXES)]


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (_table(_entries(), _axes(0, name="beta")), "an axis beta, which is no control"),
        (_table(_entries(), _axes(0, stop=3.9)), "covers alpha in [0.5, 3.9] only"),
        (_table(_entries(), _axes(1, start=0.0)), "the axis size is no grid"),
        (_table(_entries(), _axes(2, scale="cubic")), "the axis kappa is no grid"),
        (_table(_entries(), _axes(2, n=6)), "840 entries for curve, not 1008"),
        (_table({"curve": _entries()["curve"]}), "no output value"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(table: dict[str, Any], says: str) -> None:
    assert says in _read(table, [])["failure"]


def test_a_place_that_is_no_number_is_refused() -> None:
    assert "alpha = undefined is no place" in _read(_table(_entries()), [[0.0, 0.0]])["failure"]
