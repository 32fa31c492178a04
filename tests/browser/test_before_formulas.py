"""Explorables open before MathJax begins; it then typesets what is near, the rest in idle time, and all at once for the printer."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from learnscape.explore import REGISTRY
from learnscape.page import assets
from local_site import serve
from sampled import sampled

pytestmark = pytest.mark.browser
EXTENSION = Path(__file__).resolve().parents[2] / "_ext" / "learnscape_book"
FORMULAS = 240
# As Sphinx writes a page: what loads MathJax, the module, MathJax' options, its place.
HEAD = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Test</title><link rel="icon" href="data:,">
<script src="typeset.js"></script>
<script type="module" async src="learnscape.js"></script>
<script>window.MathJax = {options: {processHtmlClass: "tex2jax_process|mathjax_process|math|output_area"}}</script>
<script defer type="text/mathjax" src="vendor/mathjax/mathjax.js"></script></head>
<body class="tex2jax_ignore mathjax_ignore"><p>Kept: \\(not a formula\\)</p>"""
# The order of what is seen, and the frames between the first formula and the last.
WATCH = """window.order = []; window.frames_between = 0; window.wanted = false;
const formulas = () => document.querySelectorAll('mjx-container').length;
new MutationObserver(() => {
  const note = (what) => order.includes(what) || order.push(what);
  if (document.querySelector('.ls-root[data-ready]')) note('explorable');
  if (window.MathJax?.version) note('MathJax');
  if (formulas()) note('formulas');
  if (window.printAt && formulas() >= printAt && !wanted) {
    wanted = true;
    dispatchEvent(new Event('beforeprint'));
    window.printed = formulas();
  }
}).observe(document, {subtree: true, childList: true, attributes: true});
const count = () => { if (formulas() && formulas() < window.all) frames_between += 1; requestAnimationFrame(count) };
requestAnimationFrame(count);"""
# What helps where the module is missing must not help here.
NO_PATIENCE = "const timer = setTimeout; window.setTimeout = (f, ms, ...more) => ms === 4000 ? 0 : timer(f, ms, ...more)"
DONE = "MathJax.startup.promise.then(() => document.querySelectorAll('mjx-container').length)"


@pytest.fixture(scope="module")
def page_with(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, str], str]]:
    """``page_with(name, body)`` -> address of a page of the book in small."""
    folder = tmp_path_factory.mktemp("formulas")
    for name, path in assets().items():
        (folder / name).write_bytes(path.read_bytes())
    shutil.copy2(EXTENSION / "static" / "typeset.js", folder)
    shutil.copytree(EXTENSION / "vendor" / "mathjax", folder / "vendor" / "mathjax")
    with serve(folder) as base:

        def page(name: str, body: str) -> str:
            (folder / name).write_text(HEAD + body + "</body></html>", encoding="utf-8")
            return f"{base}/{name}"

        yield page


def _formulas(n: int = FORMULAS) -> str:
    return "".join(
        f'<p><span class="math notranslate">\\(\\int_0^{{{k}}} e^{{-x^2/2}} dx\\)</span></p>'
        for k in range(n)
    )


def _displays(n: int) -> str:
    tower = r"\frac{\frac{1}{x}}{\frac{1}{y}}"
    return "".join(f'<div class="math notranslate">\\[{k} + {tower} + {tower}\\]</div>' for k in range(n))


@pytest.fixture(scope="module")
def explorable() -> str:
    return REGISTRY["gardner_capacity"]().html()


def _open(chromium: Any, address: str, *scripts: str) -> Any:
    page = chromium.new_context(viewport={"width": 1000, "height": 800}).new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    for script in (*scripts, NO_PATIENCE, f"window.all = {FORMULAS}; {WATCH}"):
        page.add_init_script(script)
    page.goto(address)
    return page


@pytest.mark.parametrize("where", ["first", "last"])
def test_explorables_come_before_formulas(chromium: Any, page_with: Any, explorable: str, where: str) -> None:
    """Also one below the fold does not wait for the last formula, and the formulas do not wait for it."""
    body = explorable + _formulas() if where == "first" else _formulas() + explorable
    page = _open(chromium, page_with(f"{where}.html", body))
    assert page.evaluate(DONE) == FORMULAS
    page.wait_for_selector(".ls-root[data-ready]")
    order = page.evaluate("order")
    assert set(order) == {"explorable", "MathJax", "formulas"}
    if where == "first":
        assert order == ["explorable", "MathJax", "formulas"]
    assert page.evaluate("frames_between") >= 3, "the page is drawn while formulas are typeset"
    assert page.locator("p", has_text="not a formula").text_content() == "Kept: \\(not a formula\\)"
    assert page.locator("mjx-merror").count() == 0
    assert page.problems == []
    page.context.close()


def test_what_is_in_sight_is_typeset_first(chromium: Any, page_with: Any) -> None:
    address = page_with("deep.html", _formulas() + "<p id='deep'>Here</p>" + _formulas(8))
    scroll = "document.addEventListener('DOMContentLoaded', () => document.querySelector('#deep').scrollIntoView())"
    first = """new MutationObserver(() => { const all = [...document.querySelectorAll('.math')];
      window.first ??= all.findIndex(formula => formula.querySelector('mjx-container')) ;
      if (window.first < 0) delete window.first }).observe(document, {subtree: true, childList: true})"""
    page = _open(chromium, address, scroll, first)
    page.evaluate(DONE)
    assert page.evaluate("first") > FORMULAS - 60
    page.context.close()


def test_printing_typesets_the_rest(chromium: Any, page_with: Any, explorable: str) -> None:
    page = _open(chromium, page_with("print.html", explorable + _formulas()), "window.printAt = 1")
    assert page.evaluate(DONE) == FORMULAS
    assert page.evaluate("printed") == FORMULAS
    assert page.problems == []
    page.context.close()


def test_what_is_being_read_stays_in_place(chromium: Any, page_with: Any) -> None:
    """Formulas above an anchor are taller than their TeX; what the address leads to stays where the browser put it."""
    address = page_with("anchor.html", _displays(120) + "<h2 id='deep'>Here</h2>" + _displays(60))
    top = "document.querySelector('#deep').getBoundingClientRect().top"
    page = _open(chromium, f"{address}#deep")
    assert abs(page.evaluate(top)) < 5
    height = page.evaluate("document.body.scrollHeight")
    page.evaluate(DONE)
    page.evaluate("() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    assert page.evaluate("document.body.scrollHeight") > height + 500
    assert abs(page.evaluate(top)) < 5
    page.context.close()


@pytest.mark.parametrize("obstacle", sampled(["no explorable", "no kernel", "no module"], every=3, start=1))
def test_formulas_come_whatever_becomes_of_the_explorables(
    chromium: Any, page_with: Any, explorable: str, obstacle: str
) -> None:
    body = _formulas(5) + ("" if obstacle == "no explorable" else explorable)
    page = chromium.new_page()
    if obstacle == "no kernel":
        page.add_init_script("delete globalThis.WebAssembly")
    if obstacle != "no module":
        page.add_init_script(NO_PATIENCE)
    else:
        page.route("**/learnscape.js", lambda route: route.abort())
    page.goto(page_with("obstacle.html", body))
    assert page.evaluate(DONE) == 5
    page.close()
