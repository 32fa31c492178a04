"""Tables in the place of kernels: the stated error holds, the description carries the table, and Python and page interpolate alike."""

from __future__ import annotations

import base64
import json
import math
import re
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import RegularGridInterpolator

from learnscape import Margin, Spherical
from learnscape.explore import Explorable, explorable
from learnscape.explore.hosts import Hosted
from learnscape.explore.spec import Axis, Control, Dot, Panel, Readout
from learnscape.explore.table import GridTable, TableAxis, interpolate, tabulate
from learnscape.page import __file__ as page_file
from learnscape.replica import rs

SCRIPT = Path(page_file).parent / "js" / "table.js"
LOAD, MARGIN = TableAxis("alpha", 0.1, 1.0, 37), TableAxis("kappa", -0.5, 0.4, 19)


def overlap(alpha: float, kappa: float) -> dict[str, float]:
    """The replica-symmetric overlap of the spherical perceptron."""
    return {"q": rs.solve(Spherical(), Margin(kappa), alpha).q}


def bump(x: float, width: float) -> dict[str, object]:
    """A number and a curve, over a logarithmic axis too."""
    grid = np.linspace(-1.0, 1.0, 5)
    return {"height": math.sin(3.0 * x) / width, "curve": np.exp(-((grid - x) ** 2) / width)}


@pytest.fixture(scope="module")
def table() -> GridTable:
    return tabulate(overlap, [LOAD, MARGIN])


@pytest.fixture(scope="module")
def curves() -> GridTable:
    return tabulate(bump, [TableAxis("x", -1.0, 1.0, 41), TableAxis("width", 0.2, 20.0, 33, scale="log")])


@pytest.fixture(scope="module")
def shown(table: GridTable) -> Hosted:
    @explorable
    def rs_overlap() -> Explorable:
        return Explorable(
            "rs_overlap",
            table.kernel,
            table=table,
            title="How similar are two solutions?",
            controls=[Control("alpha", "load", 0.1, 1.0, 0.5), Control("kappa", "margin", -0.5, 0.4, 0.0)],
            outputs=table.layout,
            picture=[
                Panel(
                    Axis("load", (0.0, 1.3)), Axis("overlap", (0.0, 1.0)), [Dot(x="alpha", y="q")], "A dot."
                )
            ],
            readouts=[Readout("q", "overlap")],
            announce="The overlap is {q:.3f}.",
            alt="A dot at load 0.5.",
        )

    return rs_overlap()


def test_the_stated_error_is_small_and_holds_at_random_places(table: GridTable, shown: Hosted) -> None:
    rng = np.random.default_rng(11)
    worst = 0.0
    for alpha, kappa in zip(rng.uniform(0.1, 1.0, 400), rng.uniform(-0.5, 0.4, 400), strict=True):
        error = abs(shown.evaluate(alpha=alpha, kappa=kappa)["q"][0] - overlap(alpha, kappa)["q"])
        worst = max(worst, error)
    assert table.error["q"] / 4 < worst <= table.error["q"] < 1e-3


def test_nodes_are_exact_to_float32(table: GridTable, shown: Hosted) -> None:
    for alpha in LOAD.nodes()[::5]:
        for kappa in MARGIN.nodes()[::5]:
            q = overlap(alpha, kappa)["q"]
            assert shown.evaluate(alpha=alpha, kappa=kappa)["q"][0] == pytest.approx(q, rel=6e-8, abs=1e-12)


def test_error_falls_as_the_square_of_the_spacing() -> None:
    coarse, fine = (
        tabulate(bump, [TableAxis("x", -1.0, 1.0, n), TableAxis("width", 0.2, 20.0, n, scale="log")]).error
        for n in (21, 41)
    )
    for name in ("height", "curve"):
        assert 3.5 < coarse[name] / fine[name] < 4.5


def test_interpolation_is_that_of_scipy(curves: GridTable) -> None:
    grid = [curves.axes[0].nodes(), np.log(curves.axes[1].nodes())]
    places = np.random.default_rng(2).uniform([-1.0, 0.2], [1.0, 20.0], (50, 2))
    state = np.empty(curves.layout.size)
    for name, part in curves.layout.slices.items():
        wanted = RegularGridInterpolator(grid, curves.outputs[name].astype(float))
        for x, width in places:
            curves.kernel(np.array([x, width]), state)
            np.testing.assert_allclose(state[part], wanted((x, math.log(width)))[()], rtol=1e-12, atol=1e-14)


@given(st.floats(-2.0, 2.0), st.floats(0.01, 100.0))
def test_beyond_an_end_is_the_end(x: float, width: float) -> None:
    table = GridTable(
        (TableAxis("x", -1.0, 1.0, 2), TableAxis("width", 0.1, 10.0, 3, scale="log")),
        {"a": np.arange(6, dtype=np.float32).reshape(2, 3, 1)},
        {"a": 0.0},
    )
    one, two = np.empty(1), np.empty(1)
    table.kernel(np.array([x, width]), one)
    table.kernel(np.array([min(max(x, -1.0), 1.0), min(max(width, 0.1), 10.0)]), two)
    assert one[0] == pytest.approx(two[0], abs=1e-9)
    assert 0.0 <= one[0] <= 5.0


def test_a_hole_in_the_table_stays_where_it_is() -> None:
    axis = TableAxis("x", 0.0, 0.3, 4)
    table = tabulate(lambda x: {"a": math.nan if x < 0.12 else 1.0 + x}, [axis])
    out = np.empty(1)
    for x, finite in ((0.2, True), (0.1 + 0.2, True), (0.25, True), (0.19, False), (0.1, False)):
        table.kernel(np.array([x]), out)
        assert np.isfinite(out[0]) == finite, x
    with pytest.raises(ValueError, match=r"a has no value at {'x': 0.5}"):
        tabulate(lambda x: {"a": math.nan if x == 0.5 else x}, [TableAxis("x", 0.0, 1.0, 2)])


def test_the_description_carries_the_table_in_place_of_webassembly(
    table: GridTable, shown: Hosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEARNSCAPE_HOST", "static")
    html = shown._repr_mimebundle_()["text/html"]
    data = json.loads(re.search(r"<script[^>]*>(.*?)</script>", html, re.DOTALL)[1])
    assert "wasm" not in data
    assert data["table"]["axes"][0] == {
        "name": "alpha",
        "start": 0.1,
        "stop": 1.0,
        "n": 37,
        "scale": "linear",
    }
    assert data["table"]["error"] == table.error
    values = np.frombuffer(base64.b64decode(data["table"]["outputs"]["q"]), "<f4")
    assert values[1] == np.float32(
        overlap(LOAD.nodes()[0], MARGIN.nodes()[1])["q"]
    )  # the last axis runs fastest
    again = GridTable.from_spec(data["table"])
    assert again.axes == table.axes
    assert np.array_equal(again.outputs["q"], table.outputs["q"])
    assert again.error == table.error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (3.125e-5, "4·10^{\u22125}"),  # rounded down it would be no bound
        (4e-5, "4·10^{\u22125}"),
        (0.97, "1·10^{0}"),
        (12.0, "2·10^{1}"),
    ],
)
def test_the_error_is_told_and_never_rounded_down(error: float, told: str) -> None:
    table = GridTable((TableAxis("x", 0.0, 1.0, 2),), {"y": np.zeros((2, 1), np.float32)}, {"y": error})
    assert table.note([Readout("y", "*y*"), Readout("z", "*z*")]).text == (
        f"Read from a table computed beforehand; interpolation puts off *y* by at most {told}."
    )
    assert table.note([]).text == "Read from a table computed beforehand."


def test_the_error_has_the_unit_of_the_readout() -> None:
    table = GridTable((TableAxis("x", 0.0, 1.0, 2),), {"y": np.zeros((2, 1), np.float32)}, {"y": 0.02})
    assert table.note([Readout("y", "share", percent=True)]).text.endswith("by at most 2·10^{0} %.")
    assert table.note([Readout("y", "time", unit="s")]).text.endswith("by at most 2·10^{\u22122} s.")


def test_the_error_is_told_wherever_the_explorable_is_shown(table: GridTable, shown: Hosted) -> None:
    """In a page and in a notebook: both draw the notes of the description."""
    note = table.note(shown.readouts).text
    assert "overlap by at most" in note
    assert [found["text"] for found in shown.spec()["notes"]] == [note]
    assert [found["text"] for found in shown.widget.spec["notes"]] == [note]


def test_with_a_kernel_python_interpolates(shown: Hosted) -> None:
    shown.widget.request = [1, 2, 0, {"alpha": 0.777, "kappa": 0.111}]
    assert np.frombuffer(shown.widget.results)[0] == shown.evaluate(alpha=0.777, kappa=0.111)["q"][0]


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: TableAxis("x", 1.0, 1.0, 3), "start < stop"),
        (lambda: TableAxis("x", 0.0, 1.0, 3, scale="log"), "> 0 where scale is log"),
        (lambda: TableAxis("x", 0.0, 1.0, 1), "at least 2 nodes"),
        (lambda: GridTable((LOAD,), {"q": np.zeros((5, 1), np.float32)}, {"q": 0.0}), "shape of q"),
        (lambda: GridTable((LOAD,), {"q": np.zeros((37, 1), np.float32)}, {}), "a number for each"),
    ],
)
def test_what_is_no_table_is_named(make: Callable[[], object], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        make()


def test_axes_are_the_controls(table: GridTable) -> None:
    def with_controls(*controls: Control) -> Explorable:
        return Explorable(
            "x", table.kernel, table=table, controls=controls, outputs=table.layout, picture=[], alt="a", title="", announce=""
        )  # fmt: skip

    alpha = Control("alpha", "load", 0.1, 1.0, 0.5)
    with pytest.raises(ValueError, match="the controls in their order"):
        with_controls(alpha)
    with pytest.raises(ValueError, match=r"kappa: \(min, max\) = \(-0.6, 0.4\)"):
        with_controls(alpha, Control("kappa", "margin", -0.6, 0.4, 0.0))


def test_a_pool_computes_the_same_table() -> None:
    axes = [TableAxis("x", -1.0, 1.0, 3), TableAxis("width", 0.2, 20.0, 3, scale="log")]
    with ProcessPoolExecutor(1) as pool:
        side_by_side = tabulate(np_bump, axes, apply=pool.map)
    assert side_by_side.error == tabulate(np_bump, axes).error


def np_bump(x: float, width: float) -> dict[str, float]:
    return {"height": math.sin(3.0 * x) / width}


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_page_interpolates_as_python_does(curves: GridTable) -> None:
    controls = [Control("x", "x", -1.0, 1.0, 0.0), Control("width", "width", 0.2, 20.0, 1.0)]
    plain = Explorable(
        "bump", curves.kernel, table=curves, controls=controls, outputs=curves.layout, picture=[], alt="a", title="", announce=""
    )  # fmt: skip
    places = np.random.default_rng(2).uniform([-1.0, 0.2], [1.0, 20.0], (40, 2)).tolist()
    places += [[-1.0, 0.2], [1.0, 20.0], [float(curves.axes[0].nodes()[7]), float(curves.axes[1].nodes()[9])]]
    job = {"module": str(SCRIPT), "spec": plain.spec(), "table": curves.spec(), "points": places}
    reader = Path(__file__).parent / "read_table.mjs"
    done = subprocess.run(
        ["node", str(reader)], input=json.dumps(job), capture_output=True, text=True, check=True
    )
    for place, row in zip(places, json.loads(done.stdout)["outputs"], strict=True):
        state = np.empty(curves.layout.size)
        curves.kernel(np.array(place), state)
        np.testing.assert_allclose(row, state, rtol=1e-13, atol=1e-15)


@pytest.mark.kernels
def test_the_kernel_adds_corners_by_hand() -> None:
    axes = np.array([[0.0, 1.0, 2.0, 0.0], [1.0, 4.0, 3.0, 1.0]])
    entries = np.array([[0.0], [1.0], [2.0], [10.0], [11.0], [12.0]], dtype=np.float32)
    out = np.empty(1)
    interpolate(
        axes, entries, np.array([0.25, 2.0**1.5]), out
    )  # a quarter along, half-way from node 1 to node 2
    assert out[0] == pytest.approx(0.75 * 1.5 + 0.25 * 11.5, abs=1e-14)
