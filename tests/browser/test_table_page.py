"""An explorable whose numbers come from a table: the page reads what NumPy reads, also where the browser has no WebAssembly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from learnscape.explore import REGISTRY, Explorable
from learnscape.explore.hosts import Hosted
from learnscape.explore.table import GridTable, TableAxis

pytestmark = pytest.mark.browser
NODES = 36
API = "document.querySelector('.ls-root').learnscape"


@pytest.fixture(scope="module")
def made() -> tuple[str, np.ndarray, dict[str, np.ndarray]]:
    """The page of `gardner_capacity` with a table in place of its kernel; the nodes; the entries as float32."""
    source = REGISTRY["gardner_capacity"]()
    (control,) = source.controls
    axis = TableAxis(control.name, control.min, control.max, NODES)
    answers = [source.evaluate(kappa=kappa) for kappa in axis.nodes()]
    entries = {name: np.stack([a[name] for a in answers]).astype(np.float32) for name in answers[0]}
    table = GridTable((axis,), entries, {**dict.fromkeys(entries, 0.0), "alpha_c": 3e-3})
    plain = Explorable(
        source.name, table.kernel, table=table, outputs=table.layout, controls=source.controls, picture=source.picture,
        readouts=source.readouts, notes=source.notes, title=source.title, announce=source.announce, alt=source.alt,
    )  # fmt: skip
    return Hosted.of(plain).html(), axis.nodes(), entries


@pytest.mark.parametrize("missing", ["", "delete globalThis.WebAssembly", "delete window.Worker"])
def test_the_page_reads_the_table(
    chromium: Any, page_of: Any, made: tuple[str, np.ndarray, dict[str, np.ndarray]], missing: str
) -> None:
    text, nodes, entries = made
    explorable = REGISTRY["gardner_capacity"]()
    page = chromium.new_context().new_page()
    page.add_init_script(missing)
    page.goto(page_of(text))
    page.wait_for_selector(".ls-root[data-ready]")
    for kappa in [-1.5, -1.237, 0.0, 0.004, 0.81, 2.0]:
        page.evaluate(f"async () => {{ {API}.set('kappa', {kappa}); await {API}.idle() }}")
        found = explorable.named(np.array(page.evaluate(f"[...{API}.outputs]"), dtype=float))
        for name, array in entries.items():
            read = [np.interp(kappa, nodes, column) for column in array.astype(float).T]
            np.testing.assert_allclose(found[name], read, rtol=1e-9, atol=1e-9, err_msg=f"{name} at {kappa}")
    note = page.locator(".ls-note").last.text_content()
    assert note.startswith("Read from a table computed beforehand; interpolation puts off ")
    assert note.endswith("by at most 3·10\u22123.")
    page.context.close()


def test_a_table_that_does_not_fit_is_told(open_page: Any, page_of: Any, made: Any) -> None:
    with open_page(page_of(made[0].replace('"n":36', '"n":37'))) as page:
        still = page.locator(".ls-still").filter(has_text="entries for")
        still.wait_for()
        assert page.locator("img.ls-fallback").is_visible()
