"""Rules of the themes' style sheets that no page needs are gone, and no page looks different for it."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from learnscape_book.styles import shortened, used
from sampled import sampled

PACKAGES = {
    "bootstrap.css": "pydata_sphinx_theme/theme/pydata_sphinx_theme/static/styles",
    "pydata-sphinx-theme.css": "pydata_sphinx_theme/theme/pydata_sphinx_theme/static/styles",
    "sphinx-book-theme.css": "sphinx_book_theme/theme/sphinx_book_theme/static/styles",
    "sphinx-design.min.css": "sphinx_design/static",
    "mystnb.css": "myst_nb/static",
}
LOOKS = """async () => {
  await (window.MathJax?.startup?.promise ?? null);
  await document.fonts.ready;
  while (!('laidOut' in document.documentElement.dataset)) await new Promise(done => setTimeout(done, 50));
  document.querySelectorAll('details').forEach(fold => { fold.open = true });
  const WHAT = ['display', 'visibility', 'color', 'backgroundColor', 'fontSize', 'fontWeight', 'fontFamily', 'borderTopWidth', 'opacity', 'content', 'transform'];
  return [...document.querySelectorAll('body, body *:not(svg *, mjx-container *, script, .pst-async-banner-revealer)')].map(e => {
    const { x, y, width, height } = e.getBoundingClientRect();
    const looks = [null, '::before', '::after'].flatMap(part => { const style = getComputedStyle(e, part); return WHAT.map(name => style[name]) });
    return `${e.tagName}.${e.className} ${[x, y, width, height].map(Math.round)} ${looks}`;
  });
}"""


@pytest.mark.parametrize(
    ("sheet", "left"),
    [
        (".a{b:c}", ".a{b:c}"),
        (".z{b:c}", ""),
        (".z,.a{b:c}", ".a{b:c}"),
        (".a .z,.a:not(.z)>p{b:c}", ".a:not(.z)>p{b:c}"),
        ("p:is(.z,.a),.bs-popover-auto{b:c}", "p:is(.z,.a),.bs-popover-auto{b:c}"),
        ("@media print{.z{b:c}}", ""),
        ("@media print{.z{b:c}.a{d:e}}p{f:g}", "@media print{.a{d:e}}p{f:g}"),
        (
            '@font-face{font-family:"z"}@charset "utf-8";a[href=".z"]{b:url(x.z)}',
            '@font-face{font-family:"z"}@charset "utf-8";a[href=".z"]{b:url(x.z)}',
        ),
    ],
)
def test_a_rule_stays_if_its_classes_are_there(sheet: str, left: str) -> None:
    assert shortened(sheet, {"a"}) == left


def test_classes_of_pages_and_words_of_scripts_are_used() -> None:
    found = used(["<p class=\"one two-b\"><i class='three'>four"], ["e.classList.add('five-c')"])
    assert {"one", "two-b", "three", "five-c"} <= found
    assert "four" not in found


def _original(name: str) -> Path:
    package, _, rest = PACKAGES[re.sub(r"\.[0-9a-f]{64}", "", name)].partition("/")
    origin = find_spec(package)
    assert origin is not None
    assert origin.origin is not None
    return Path(origin.origin).parent / rest / re.sub(r"\.[0-9a-f]{64}", "", name)


def test_more_than_half_of_the_sheets_is_gone(site_dir: Path) -> None:
    sheets = [
        path
        for path in (site_dir / "_static").rglob("*.css")
        if re.sub(r"\.[0-9a-f]{64}", "", path.name) in PACKAGES
    ]
    assert len(sheets) == len(PACKAGES)
    before = sum(_original(path.name).stat().st_size for path in sheets)
    assert sum(path.stat().st_size for path in sheets) < 0.4 * before


@pytest.mark.browser
@pytest.mark.parametrize(
    ("name", "options"),
    sampled(
        [
            ("chapters/jamming/deep-networks", {"color_scheme": "light"}),
            (
                "chapters/capacity/perceptron",
                {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}},
            ),
            ("chapters/index", {"color_scheme": "dark"}),
            ("search", {"color_scheme": "light", "viewport": {"width": 390, "height": 844}}),
        ],
        every=2,
    ),
)
def test_pages_look_as_with_the_whole_sheets(
    site: str, chromium: Any, name: str, options: dict[str, Any]
) -> None:
    looks = []
    for whole in (False, True):
        context = chromium.new_context(reduced_motion="reduce", **options)
        page = context.new_page()
        if whole:
            page.route(
                lambda url: re.sub(r"\.[0-9a-f]{64}", "", url.split("?")[0].rsplit("/", 1)[1]) in PACKAGES,
                lambda route: route.fulfill(
                    path=_original(route.request.url.split("?")[0].rsplit("/", 1)[1])
                ),
            )
        page.goto(f"{site}/{name}.html")
        page.wait_for_function(
            "![...document.querySelectorAll('[data-learnscape]')].some(e => !e.dataset.mounted)"
        )
        page.wait_for_timeout(1500)  # the theme's scripts have had their turns
        looks.append(page.evaluate(LOOKS))
        context.close()
    different = [(with_all, shorter) for shorter, with_all in zip(*looks, strict=True) if shorter != with_all]
    assert different == []
    assert len(looks[0]) > 100


def test_script_and_style_sheet_name_alike_what_is_laid_out_later() -> None:
    static = Path(__file__).parents[2] / "_ext" / "learnscape_book" / "static"
    later = re.search(r'LATER = "([^"]+)"', (static / "in_sight.js").read_text(encoding="utf-8"))
    assert later is not None
    sheet = (static / "book.css").read_text(encoding="utf-8")
    for part in later[1].split(", section "):
        assert f".bd-article section {part.removeprefix('section ')}:not([data-laid-out]" in sheet
