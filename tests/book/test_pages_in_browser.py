"""Every page in a real Chromium: no outside request, no error in the console, no sideways scrolling on a phone, legible.

At every commit a fifth of the pages is opened on a dark phone, and some in the light as well; with FULL=1 all in both.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from lxml import html
from PIL import Image

import check_site
from learnscape_book import stills
from local_site import serve
from sampled import sampled

ROOT = Path(__file__).resolve().parents[2]
PAGES = check_site.pages(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8")))
FULL = os.environ.get("FULL") == "1"
LOADED = """async () => {
  await (window.MathJax?.startup?.promise ?? null);
  await document.fonts.ready;
  await new Promise(done => setTimeout(done, 300));
}"""
OPEN_FOLDS = """() => {
  document.querySelectorAll('.bd-article details').forEach(fold => { fold.open = true });
  document.querySelectorAll('.bd-article button.toggle-button-hidden').forEach(button => button.click());
}"""
OUTSIDE = """() => [...document.querySelectorAll('.ls-root')].flatMap(box => {
  const edge = (box.closest('.admonition, .cell_output') ?? box.parentElement).getBoundingClientRect().right;
  return [box, ...box.querySelectorAll('*')]
    .filter(e => e.checkVisibility() && !e.matches('svg *:not(text)') && e.getBoundingClientRect().right > edge + 0.5)
    .map(e => `${box.dataset.exercise ?? box.dataset.name}: <${e.tagName.toLowerCase()}> ${Math.round(e.getBoundingClientRect().right - edge)} px`);
})"""
CUT_FORMULAS = """() => [...document.querySelectorAll('.bd-article mjx-container:not([display])')].filter(e => e.checkVisibility()).map(e => {
  const block = (e.closest('p, li, td, dd, figcaption, .admonition') ?? e.parentElement).getBoundingClientRect();
  return [Math.round(e.querySelector('mjx-math').getBoundingClientRect().right - block.right), e.querySelector('math').textContent] }).filter(([over]) => over > 2)"""
CONTRAST = """() => {
  const light = c => { const m = c.match(/[\\d.]+/g).map(Number);
    return m.slice(0, 3).map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4 })
      .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0) };
  const ground = e => {  // what is really painted behind the text: translucent layers over the first opaque one
    const layers = [];
    for (; e; e = e.parentElement) {
      const m = getComputedStyle(e).backgroundColor.match(/[\\d.]+/g).map(Number);
      const alpha = m.length > 3 ? m[3] : 1;
      if (alpha > 0) layers.push([m, alpha]);
      if (alpha === 1) break;
    }
    const painted = layers.reverse().reduce((under, [m, alpha]) => under.map((v, i) => v + alpha * (m[i] - v)), [255, 255, 255]);
    return `rgb(${painted.join(', ')})`;
  };
  const worst = [];
  for (const e of document.querySelectorAll('.bd-article :is(p, li, td, th, dt, dd, h1, h2, h3, figcaption, pre, label, output)')) {
    if (!e.textContent.trim() || !e.checkVisibility()) continue;
    const a = light(getComputedStyle(e).color), b = light(ground(e));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) worst.push(`${ratio.toFixed(2)} <${e.tagName.toLowerCase()}> ${e.textContent.trim().slice(0, 60)}`);
  }
  return worst;
}"""

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("name", sampled(PAGES, every=5, start=1))
def test_page_on_a_phone(site: str, open_page: Callable[..., Any], name: str) -> None:
    with open_page(
        f"{site}/{name}.html", viewport={"width": 320, "height": 700}, color_scheme="dark"
    ) as page:
        page.evaluate(LOADED)
        page.evaluate(OPEN_FOLDS)
        assert page.outside == []
        assert page.problems == []
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (
            "the page scrolls sideways"
        )
        assert page.evaluate(OUTSIDE) == [], "answer boxes and explorables stick out of their cards"
        icons = page.locator(".bd-header-article :is(button, a):visible").all()
        assert len(icons) <= 4
        assert all(min(icon.bounding_box()["width"], icon.bounding_box()["height"]) >= 24 for icon in icons)
        assert page.evaluate("document.querySelectorAll('mjx-merror').length") == 0, (
            "a formula that TeX does not know"
        )
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert page.evaluate(CONTRAST) == []


@pytest.mark.parametrize("name", sampled(PAGES, every=20, start=8))
def test_no_formula_in_the_text_is_cut_on_a_phone(site: str, chromium: Any, name: str) -> None:
    """Formulas within a line end no line themselves: long ones are written as two, with a space between."""
    page = chromium.new_page(viewport={"width": 390, "height": 800})
    page.goto(f"{site}/{name}.html")
    page.wait_for_function("document.documentElement.dataset.laidOut === ''", timeout=60_000)
    assert page.evaluate(CUT_FORMULAS) == []
    page.close()


@pytest.mark.parametrize("name", sampled(PAGES, every=8))
def test_text_can_be_read_in_the_light(site: str, open_page: Callable[..., Any], name: str) -> None:
    with open_page(f"{site}/{name}.html", color_scheme="light") as page:
        page.evaluate(LOADED)
        assert page.evaluate("document.documentElement.dataset.theme") == "light"
        assert page.evaluate(CONTRAST) == []


def test_what_is_out_of_sight_is_laid_out_when_it_comes_near_or_when_there_is_time(
    chromium: Any, site: str
) -> None:
    """In the end a screen reader is told of every paragraph, and what is cut is a Tab stop."""
    context = chromium.new_context(viewport={"width": 420, "height": 800})
    page = context.new_page()
    page.add_init_script(
        "window.early = null; document.addEventListener('DOMContentLoaded', () => {"
        " const far = [...document.querySelectorAll('.bd-article section > p :is(a, em, span)')].at(-1);"
        " window.early = far.checkVisibility({ contentVisibilityAuto: true }); window.far = far })"
    )
    page.goto(f"{site}/chapters/jamming/deep-networks.html", wait_until="domcontentloaded")
    assert page.evaluate("early") is False
    page.wait_for_function("document.documentElement.dataset.laidOut === ''", timeout=60_000)
    assert page.evaluate("far.checkVisibility({ contentVisibilityAuto: true })")
    cut = page.evaluate(
        "[...document.querySelectorAll('.bd-article .highlight pre')].filter((code) => code.scrollWidth > code.clientWidth).map((code) => code.tabIndex)"
    )
    assert cut
    assert set(cut) == {0}
    said = {
        node["name"]["value"]
        for node in context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
        if node.get("role", {}).get("value") == "StaticText"
    }
    runs = page.evaluate(
        "[...document.querySelectorAll('.bd-article section > p')].filter((text) => text.checkVisibility()).map((text) => text.firstChild)"
        ".filter((node) => node?.nodeType === 3 && node.data.trim().length > 30).map((node) => node.data.trim())"
    )
    assert len(runs) > 50
    missing = [run for run in runs if not any(run[:25] in text for text in said)]
    assert not missing, f"{len(missing)} of {len(runs)}: {missing[:3]}"
    context.close()


@pytest.mark.parametrize(
    ("name", "place"),
    sampled(
        [
            ("jamming/deep-networks", "section[id]:last-of-type"),
            ("start/notation", "signs-the-four-usual-traps"),
            ("capacity/gardner-volume", "equation-eq-replicon-capacity"),
            ("replicas/full-rsb", "equation-eq-fr-forward"),
            ("dense/local-entropy", "dense-regions"),
            ("jamming/deep-networks", "balance-and-the-second-order-condition"),
        ],
        every=6,
        start=5,
    ),
)
def test_an_anchor_leads_to_its_place(chromium: Any, site: str, name: str, place: str) -> None:
    """Also at a first visit, when what stands above has its height by guess, and its formulas come later."""
    for viewport in ({"width": 1200, "height": 900}, {"width": 390, "height": 800}):
        context = chromium.new_context(viewport=viewport, reduced_motion="no-preference")
        page = context.new_page()
        if "[" in place:
            page.goto(f"{site}/chapters/{name}.html")
            place = page.evaluate("[...document.querySelectorAll('.bd-article section[id]')].at(-1).id")
            page.goto("about:blank")
        page.goto(f"{site}/chapters/{name}.html#{place}")
        page.wait_for_function("document.documentElement.dataset.laidOut === ''", timeout=60_000)
        place_of = f"document.getElementById('{place}').getBoundingClientRect().top"
        top = page.evaluate(place_of)
        context.close()
        # Under the header, or further down if the page ends there.
        assert -10 < top < viewport["height"] / 2, f"{place} at {top:.0f}"


def test_the_keyboard_sees_where_it_is(site: str, open_page: Callable[..., Any]) -> None:
    with open_page(f"{site}/{PAGES[0]}.html") as page:
        page.evaluate(LOADED)
        page.keyboard.press("Tab")
        first = page.evaluate("document.activeElement.getAttribute('href')")
        assert first == "#main-content", "the first stop is the link that skips the navigation"
        for _ in range(6):
            page.keyboard.press("Tab")
            style = page.evaluate(
                "(e => { const s = getComputedStyle(e); return [s.outlineStyle, parseFloat(s.outlineWidth)] })(document.activeElement)"
            )
            assert style[0] != "none", page.evaluate("document.activeElement.outerHTML.slice(0, 120)")
            assert style[1] >= 2


def test_formulas_are_no_stops_of_the_tab_key_and_can_be_heard(
    site: str, open_page: Callable[..., Any]
) -> None:
    with open_page(
        f"{site}/chapters/capacity/gardner-volume.html", viewport={"width": 1600, "height": 900}
    ) as page:
        page.evaluate(LOADED)
        formulas = page.locator("mjx-container")
        assert formulas.count() > 100
        assert page.locator("mjx-container[tabindex], mjx-container [tabindex]").count() == 0
        assert page.locator("mjx-container > mjx-assistive-mml > math").count() == formulas.count()


@pytest.mark.parametrize(
    "name",
    sampled(
        ["replicas/full-rsb", "start/notation", "classroom/teaching", "capacity/binary-weights"], every=2
    ),
)
def test_what_is_cut_on_a_phone_shows_it(site: str, chromium: Any, name: str) -> None:
    """Code, tables and formulas that go on beyond their edge have a shadow there; the links to the neighbours are whole."""
    context = chromium.new_context(viewport={"width": 390, "height": 900}, is_mobile=True, has_touch=True)
    page = context.new_page()
    page.goto(f"{site}/chapters/{name}.html")
    page.wait_for_function("document.documentElement.dataset.laidOut === ''", timeout=60_000)
    cut = page.evaluate(
        """() => [...document.querySelectorAll('.bd-article *:not(svg *, mjx-container *)')]
  .filter(e => e.clientWidth && e.checkVisibility() && e.scrollWidth > e.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(e).overflowX))
  .map(e => [e.tagName, getComputedStyle(e).backgroundAttachment.split(', ').filter(word => word === 'local').length])"""
    )
    assert cut
    assert {covers for _, covers in cut} == {2}, cut
    ends = page.evaluate(
        "[...document.querySelectorAll('.prev-next-area a, .prev-next-area a *')].filter(e => e.checkVisibility()).map(e => e.getBoundingClientRect()).map(b => [b.left, b.right])"
    )
    assert ends
    assert all(-1 < left < right < 391 for left, right in ends), ends
    context.close()


def test_words_in_formulas_have_the_room_they_need(site: str, open_page: Callable[..., Any]) -> None:
    """They are measured on a canvas, not in the page; below a brace they are smaller."""
    with open_page(f"{site}/chapters/dense/overparameterization.html") as page:
        page.evaluate(LOADED)
        page.wait_for_function("document.documentElement.dataset.laidOut === ''", timeout=60_000)
        room = page.evaluate(
            """() => [...document.querySelectorAll('mjx-utext')].map(words => {
  const range = document.createRange(); range.selectNodeContents(words);
  return [words.textContent, words.getBoundingClientRect().width - range.getBoundingClientRect().width] })"""
        )
        assert any("weights per pattern" in words for words, _ in room)
        assert any(words == "projections" for words, _ in room), "below a brace"
        assert [(words, left) for words, left in room if abs(left) > 1] == []


def test_tex_of_every_page_is_known(site: str, site_dir: Path, open_page: Callable[..., Any]) -> None:
    """MathJax is bundled with few packages; a command of another one would show as an error."""
    delimited = re.compile(r"\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
    formulas = set()
    for name in PAGES:
        tree = html.parse(site_dir / f"{name}.html")
        places = tree.xpath(
            "//*[contains(@class, 'math') or contains(@class, 'output_area')][not(self::body)]"
        )
        formulas |= {a or b for place in places for a, b in delimited.findall(place.text_content())}
    assert len(formulas) > 1000
    with open_page(f"{site}/chapters/reference/glossary.html") as page:
        page.evaluate(LOADED)
        unknown = "all => all.filter(tex => MathJax.toMathML(tex, true).includes('<merror'))"
        assert page.evaluate(unknown, [r"\nonsense x", "x"]) == [r"\nonsense x"]
        assert page.evaluate(unknown, sorted(formulas)[:: 1 if FULL else 3]) == []


@pytest.mark.parametrize("word", sampled(["perceptron", "capacity", "jamming", "entropy"], every=4))
def test_a_search_finds_chapters_first(site: str, open_page: Callable[..., Any], word: str) -> None:
    with open_page(f"{site}/search.html?q={word}") as page:
        page.locator("#search-results li").first.wait_for(timeout=20_000)
        page.wait_for_function(
            "document.querySelector('#search-results .search-summary')?.textContent.includes('found')"
        )
        found = [
            link.get_attribute("href")
            for link in page.locator("#search-results ul.search > li > a:first-child").all()
        ]
        functions = ["/reference/api" in target for target in found]
        assert not functions[0]
        assert any(functions)
        assert functions == sorted(functions), "chapters, then the reference"


def test_what_a_search_shows_holds_no_tex(site: str, open_page: Callable[..., Any]) -> None:
    with open_page(f"{site}/search.html?q=capacity") as page:
        page.locator("#search-results p.context").nth(5).wait_for(timeout=20_000)
        shown = " ".join(page.locator("#search-results p.context").all_text_contents())
        assert "\\" not in shown
        assert re.search(r"[αβκ∞≈≤]", shown)


@pytest.mark.parametrize(
    ("word", "chapter"),
    sampled([("perceptron", "capacity/perceptron"), ("teacher", "capacity/teacher-student"),
     ("generalization", "jamming/generalization"), ("binary", "capacity/binary-weights")], every=4),
)  # fmt: skip
def test_the_chapter_about_a_word_is_the_first_chapter_found(
    site: str, open_page: Callable[..., Any], word: str, chapter: str
) -> None:
    with open_page(f"{site}/search.html?q={word}") as page:
        page.wait_for_function(
            "document.querySelector('#search-results .search-summary')?.textContent.includes('found')"
        )
        links = page.locator("#search-results ul.search > li > a:first-child").all()
        found = [link.get_attribute("href") for link in links]
        chapters = [
            target for target in found if "/reference/" not in target
        ]  # the glossary may explain it first
        assert chapters[0].partition("#")[0].endswith(f"/{chapter}.html"), chapters[:3]


def test_a_whole_word_comes_before_parts_of_words(site: str, open_page: Callable[..., Any]) -> None:
    """The numerical toolbox has a heading on damping, and says nothing of AMP."""
    with open_page(f"{site}/search.html?q=AMP") as page:
        page.wait_for_function(
            "document.querySelector('#search-results .search-summary')?.textContent.includes('found')"
        )
        links = page.locator("#search-results ul.search > li > a:first-child").all()
        found = [link.get_attribute("href").partition("#")[0].rpartition("/")[2] for link in links]
        assert found[0] == "learning-algorithms.html"
        assert found.index("dense-algorithms.html") < found.index("numerics.html")


def test_code_that_is_cut_casts_a_shadow(site: str, open_page: Callable[..., Any]) -> None:
    with open_page(f"{site}/chapters/start/sweeps.html", viewport={"width": 390, "height": 844}) as page:
        wide = "[...document.querySelectorAll('.bd-article pre')].findIndex(e => e.checkVisibility() && e.scrollWidth > e.clientWidth + 100)"
        cut = page.locator(".bd-article pre").nth(page.evaluate(wide))

        def edges() -> list[bool]:
            """Whether there is a shadow on the left, and on the right (in the padding above the first line)."""
            picture = Image.open(io.BytesIO(cut.screenshot())).convert("L")
            middle, *sides = (picture.getpixel((x, 8)) for x in (picture.width // 2, 1, picture.width - 2))
            return [middle - side > 10 for side in sides]

        assert edges() == [False, True]
        cut.evaluate("e => { e.scrollLeft = 60 }")
        assert edges() == [True, True]
        cut.evaluate("e => { e.scrollLeft = e.scrollWidth }")
        assert edges() == [True, False]


def test_the_policy_of_the_site_is_enough(site_dir: Path, open_page: Callable[..., Any]) -> None:
    policy = (site_dir / "csp.txt").read_text(encoding="utf-8").strip()
    assert len(policy) < 2000, "a header of a few scripts that all pages share"
    with (
        serve(site_dir, policy) as base,
        open_page(f"{base}/chapters/start/notation.html") as page,
    ):
        page.evaluate(LOADED)
        page.wait_for_selector(".ls-root[data-ready] .ls-readout")
        assert page.locator("mjx-container").count() > 10
        assert page.locator(".theme-switch-button").count() > 0
        assert page.problems == []


def test_without_javascript_formulas_are_set_as_code(site: str, open_page: Callable[..., Any]) -> None:
    with open_page(f"{site}/chapters/start/notation.html", java_script_enabled=False) as page:
        assert "formulas stand here as TeX" in page.locator(".ls-in-tex").text_content()
        assert page.locator(".ls-in-tex").is_visible()
        fonts = page.locator(".bd-article .math").first.evaluate("e => getComputedStyle(e).fontFamily")
        assert "mono" in fonts.lower()
    with open_page(f"{site}/chapters/capacity/binary-weights.html", java_script_enabled=False) as page:
        assert page.locator(".only-light").count() > 2
        assert page.locator(".only-dark:visible").count() == 0, "each figure twice"


@pytest.mark.parametrize(
    ("name", "width", "share"),
    sampled(
        [
            ("capacity/perceptron", 1200, 0.3),
            ("replicas/sherrington-kirkpatrick", 390, 0.25),
            ("jamming/packings#the-question", 1200, 0.35),
            ("jamming/packings", 1200, 0.65),
            ("dense/geometry", 390, 0.2),
        ],
        every=5,
        start=2,
    ),
)
def test_a_reload_finds_what_was_being_read(
    site: str, chromium: Any, name: str, width: int, share: float
) -> None:
    """The browser restores pixels, and above them heights are guesses until all is laid out; after a link within the page, too."""
    name, _, section = name.partition("#")
    page = chromium.new_page(viewport={"width": width, "height": 900})
    done = "document.documentElement.dataset.laidOut === ''"
    # What begins in the upper half of the window is marked by its words, as a reload forgets all else.
    reading = "[...document.querySelectorAll('.bd-article section:not(.ls-root) > :is(p, h2, h3, ul)')]"
    page.goto(f"{site}/chapters/{name}.html")
    page.wait_for_function(done, timeout=60_000)
    if section:
        page.evaluate("section => { location.hash = section }", section)
    page.evaluate(f"scrollTo(0, {share} * document.documentElement.scrollHeight)")
    page.wait_for_timeout(300)
    number, before = page.evaluate(
        f"(() => {{ const all = {reading}, k = all.findIndex((e) => e.getBoundingClientRect().top > 20); return [k, all[k].getBoundingClientRect().top] }})()"
    )
    page.reload()
    page.wait_for_function(done, timeout=60_000)
    assert page.evaluate("scrollY") > 1000
    assert page.evaluate(f"{reading}[{number}].getBoundingClientRect().top") == pytest.approx(before, abs=12)
    page.close()


def test_one_address_twice_in_the_history_has_two_places(site: str, chromium: Any) -> None:
    page = chromium.new_page(viewport={"width": 1200, "height": 900})
    pages = [f"{site}/chapters/reference/{name}.html" for name in ("glossary", "status", "glossary")]
    for address, place in zip(pages, (3000, 0, 1000), strict=True):
        page.goto(address)
        page.wait_for_function("document.documentElement.dataset.laidOut === ''", timeout=60_000)
        page.evaluate(f"scrollTo(0, {place})")
        page.wait_for_timeout(300)
    page.go_back()
    page.go_back()
    page.wait_for_function("document.documentElement.dataset.laidOut === ''", timeout=60_000)
    assert page.evaluate("scrollY") == pytest.approx(3000, abs=60)
    page.close()


SHIFTS = """window.shifts = [];
new PerformanceObserver(list => list.getEntries().forEach(entry => entry.hadRecentInput || shifts.push(entry.value))).observe({type: 'layout-shift', buffered: true})"""


@pytest.mark.parametrize(
    ("name", "width", "most"),
    sampled(
        [
            ("chapters/capacity/perceptron", 1280, 0.1),
            ("chapters/index", 390, 0.1),
            ("chapters/capacity/perceptron", 390, 0.1),
            ("chapters/replicas/sherrington-kirkpatrick", 1280, 0.1),
            ("chapters/dense/geometry", 390, 0.1),
        ],
        every=3,
    ),
)
def test_what_is_being_read_stays_where_it_is(
    site: str, chromium: Any, name: str, width: int, most: float
) -> None:
    """The browser's measure of how much of the window moves without a hand; at most 0.1 is held to be good."""
    page = chromium.new_page(viewport={"width": width, "height": 900})
    page.add_init_script(SHIFTS)
    page.goto(f"{site}/{name}.html")
    page.wait_for_function("document.documentElement.dataset.laidOut === ''", timeout=60_000)
    assert sum(page.evaluate("shifts")) <= most
    page.close()


@pytest.mark.parametrize("width", sampled([390, 1200], every=2))
def test_a_page_keeps_the_room_of_its_explorables(
    site_dir: Path, site: str, chromium: Any, width: int
) -> None:
    """`heights.json` holds what they open with, within a seventh."""
    page = chromium.new_page(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    off = {}
    for name in ("capacity/perceptron", "jamming/packings", "dense/local-entropy", "replicas/two-layer"):
        page.goto(f"{site}/chapters/{name}.html")
        page.wait_for_function(
            "[...document.querySelectorAll('.ls-host')].every(host => host.dataset.mounted)"
        )
        for host, height in page.evaluate(
            "[...document.querySelectorAll('.ls-host')].map(host => [host.dataset.name, host.getBoundingClientRect().height])"
        ):
            kept = stills.HEIGHTS[host][width > 576]
            if abs(height - kept) > kept / 7:
                off[host] = (kept, height)
    assert off == {}, "renew the table: python tools/measure_heights.py"
    page.close()


@pytest.mark.parametrize("source", ["file", "lost"])
def test_no_room_is_kept_for_explorables_that_will_not_come(
    site: str, site_dir: Path, chromium: Any, source: str
) -> None:
    """From a file browsers load no module: the still picture stands in the room that it needs."""
    page = chromium.new_page(viewport={"width": 390, "height": 900})
    page.route("**/learnscape.js*", lambda route: route.abort())
    page.goto(f"{site if source == 'lost' else site_dir.as_uri()}/chapters/capacity/perceptron.html")
    page.wait_for_function("!('explorables' in document.documentElement.dataset)")
    host = page.locator(".ls-host").first
    host.locator("img").first.wait_for()
    inside = host.evaluate("host => Math.max(...[...host.children].map(e => e.getBoundingClientRect().bottom)) - host.getBoundingClientRect().top")  # fmt: skip
    assert inside > 100
    assert host.evaluate("host => host.getBoundingClientRect().height") < inside + 30
    page.close()


def test_what_is_pressed_before_it_can_be_heard_is_done_later(site: str, chromium: Any) -> None:
    page = chromium.new_page(color_scheme="light")
    held: list[Any] = []
    page.route("**/bootstrap.js*", lambda route: held.append(route))
    page.goto(f"{site}/chapters/start/how-to-use.html", wait_until="commit")
    button = page.locator("button.theme-switch-button:visible").first
    button.wait_for()
    before = page.evaluate("[document.documentElement.dataset.mode, document.readyState]")
    button.click()
    button.click()
    held[0].continue_()
    page.wait_for_load_state("load")
    page.wait_for_timeout(1500)
    assert before == ["auto", "loading"]
    assert page.evaluate("document.documentElement.dataset.mode") == "light"  # auto, dark, light
    page.close()


def test_who_scrolls_without_a_hand_stays_there(site: str, chromium: Any) -> None:
    """A screen reader scrolls by script, while the page of an anchor is still being laid out."""
    page = chromium.new_page(viewport={"width": 1200, "height": 900})
    page.add_init_script(
        "window.requestIdleCallback = (piece) => setTimeout(piece, window.scrolled ? 0 : 60)"
    )  # slowly
    page.goto(f"{site}/chapters/capacity/perceptron.html#rosenblatt-s-rule")
    page.wait_for_function("document.querySelectorAll('[data-laid-out]').length > 5", timeout=60_000)
    page.evaluate("document.querySelectorAll('.bd-article h2')[6].scrollIntoView(); window.scrolled = true")
    laid_out = "document.documentElement.dataset.laidOut === ''"
    assert not page.evaluate(laid_out)
    page.wait_for_function(laid_out, timeout=60_000)
    assert (
        abs(page.evaluate("document.querySelectorAll('.bd-article h2')[6].getBoundingClientRect().top")) < 200
    )
    page.close()


def test_formulas_that_cannot_be_typeset_are_legible_and_explained(site: str, chromium: Any) -> None:
    page = chromium.new_page()
    page.route("**/mathjax.js*", lambda route: route.abort())
    page.goto(f"{site}/chapters/start/notation.html")
    note = page.locator(".bd-article > .ls-in-tex:not(noscript *)")
    note.wait_for(timeout=10_000)
    assert "stand in TeX" in note.text_content()
    assert page.evaluate("getComputedStyle(document.querySelector('.bd-article .math')).fontFamily").endswith(
        "monospace"
    )
    page.close()


@pytest.mark.parametrize("answer", ["throw new DOMException('denied', 'SecurityError')", "return null"])
def test_the_themes_buttons_work_where_nothing_may_be_stored(site: str, chromium: Any, answer: str) -> None:
    """Chromium refuses; Firefox, with its storage switched off, has none."""
    page = chromium.new_page(color_scheme="light")
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(error.message))
    page.add_init_script(
        "for (const store of ['localStorage', 'sessionStorage'])"
        f" Object.defineProperty(window, store, {{configurable: true, get() {{ {answer} }}}})"
    )
    page.goto(f"{site}/chapters/start/how-to-use.html")
    page.wait_for_load_state("networkidle")
    theme = "document.documentElement.dataset.theme"
    before = page.evaluate(theme)
    button = page.locator("button.theme-switch-button:visible").first
    seen = set()
    for _ in range(3):
        button.click()
        seen.add(page.evaluate(theme))
    assert before == "light"
    assert seen == {"light", "dark"}
    assert errors == []
    page.close()


def test_the_question_and_its_picture_come_first(site: str, open_page: Callable[..., Any]) -> None:
    """On a laptop a chapter opens without a page of imports."""
    with open_page(f"{site}/chapters/capacity/binary-weights.html") as page:
        page.evaluate(LOADED)
        fold = page.locator("details", has_text="Show imports").first
        assert fold.bounding_box()["height"] < 60


@pytest.mark.parametrize("name", ["capacity/perceptron", "dense/isolated-solutions"])
def test_numbers_on_axes_are_of_like_size_in_all_figures(chromium: Any, site: str, name: str) -> None:
    """They are 10 points, as the style says, of figures of 200 dots an inch: 10 to 12.5 px on the page, whatever a figure's width."""
    page = chromium.new_page(viewport={"width": 1200, "height": 800})
    page.goto(f"{site}/chapters/{name}.html")
    scales = page.evaluate("""() => Promise.all([...document.querySelectorAll('.cell_output figure img')].filter(image => image.checkVisibility()).map(async image => {
      image.loading = 'eager';
      await image.decode();
      return image.getBoundingClientRect().width / image.naturalWidth; }))""")
    sizes = [10 / 72 * 200 * scale for scale in scales]
    assert len(sizes) > 3
    assert 10 <= min(sizes) <= max(sizes) <= 12.5, sizes
    page.close()


def test_no_figure_is_so_wide_that_its_letters_become_small() -> None:
    widths = {
        (path.name, float(width))
        for path in (ROOT / "chapters").rglob("*.md")
        for width in re.findall(r"figsize=\(([\d.]+)", path.read_text(encoding="utf-8"))
    }
    assert {(name, width) for name, width in widths if width > 8.2} == set()
