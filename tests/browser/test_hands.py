"""Hands on explorables in a real Firefox and WebKit: sliders, points, fields and the sphere obey mouse and keys as in Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import pytest

from learnscape.explore import REGISTRY
from sampled import sampled

from . import firefox, hands, webkit
from .test_explorables import MISSED

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NAMES = sorted(REGISTRY)
KEYS = ("Home", "ArrowRight", "PageUp", "ArrowLeft", "End", "ArrowDown", "PageDown", "ArrowUp")
FIELD_KEYS = ("ArrowDown", "ArrowDown", "ArrowUp")
MAGNET = 0.06  # share of a slider at which one browser, and not the other, lets it jump to a mark
# What can be held: sliders, points, the sphere, and fields. Of each: where a mouse takes it, and where to.
THINGS = "[...document.querySelectorAll('.ls-root :is(input, select, .ls-handle)')].filter(e => e.getBoundingClientRect().width)"
PLACES = """() => {
  const thing = %s[%d]; thing.scrollIntoView({block: 'center'}); thing.focus({preventScroll: true});
  const box = thing.getBoundingClientRect(), middle = box.top + box.height / 2, drawing = thing.closest('.ls-view');
  if (thing.matches('[type=number], select')) return null;
  if (thing.matches('input')) {
    const knob = parseFloat(getComputedStyle(thing).getPropertyValue('--ls-knob')), way = box.width - knob;
    const held = (thing.value - thing.min) / (thing.max - thing.min), wanted = held < .5 ? .8 : .2;
    return [held, wanted].map(share => [box.left + knob / 2 + share * way, middle]);
  }
  const centre = box.left + box.width / 2;
  if (thing === drawing) return [[centre - 40, middle - 30], [centre + 40, middle + 30]];
  const all = drawing.getBoundingClientRect();  // a point: through the centre of its picture
  return [[centre, middle], [all.left + all.right - centre, all.top + all.bottom - middle]];
}"""
STATE = """async () => {
  const root = document.querySelector('.ls-root'), api = root.learnscape, held = document.activeElement;
  await api.idle();
  return {
    values: api.values, outputs: [...api.outputs].map(String), steps: api.steps, seed: api.seed,
    said: [held.getAttribute('aria-valuetext'), ...[...root.querySelectorAll('dd')].map(e => e.textContent)],
    picture: root.querySelector('.ls-picture').innerHTML,
    place: held.matches('input') ? (held.value - held.min) / (held.max - held.min) : null,
  };
}"""
READY = """async () => {
  for (let k = 0; k < 200 && !document.querySelector('.ls-root[data-ready]'); k++) await new Promise(done => setTimeout(done, 50));
  return true;
}"""
RESET = "async () => { const api = document.querySelector('.ls-root').learnscape; api.reset(); await api.idle(); return true }"
Seen = dict[tuple[int, int, str], dict[str, Any]]  # thing, number and name of the gesture -> state


class Chromium:
    """The hands of firefox.Page for a page of Playwright."""

    def __init__(self, page: Any) -> None:
        self._page, self.evaluate = page, page.evaluate

    def press(self, key: str) -> None:
        self._page.keyboard.press(key)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        first, *rest = hands.path(start, end)
        self._page.mouse.move(*first)
        self._page.mouse.down()
        for place in rest:
            self._page.mouse.move(*place)
        self._page.mouse.up()


@pytest.fixture(scope="module")
def fox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[firefox.Page]:
    program = firefox.path()
    if program is None:
        pytest.skip("no Firefox on this machine (Debian: apt-get install firefox-esr)")
    with firefox.launch(program, tmp_path_factory.mktemp("firefox")) as opened:
        yield opened


def _used(page: firefox.Page | webkit.Page | Chromium) -> Seen:
    """The state after every gesture on every thing; each thing begins from the values of the opened page."""
    seen = {}
    for thing in range(page.evaluate(f"() => {THINGS}.length")):
        places = page.evaluate(PLACES % (THINGS, thing))
        for k, key in enumerate(("", *(KEYS if places else FIELD_KEYS))):
            if key:
                page.press(key)
            seen[thing, k, key] = page.evaluate(STATE)
        page.evaluate(RESET)
        if places:
            page.drag(*page.evaluate(PLACES % (THINGS, thing)))
            seen[thing, len(KEYS) + 1, "drag"] = page.evaluate(STATE)
            page.evaluate(RESET)
    return seen


def _numbers(state: dict[str, Any]) -> np.ndarray:
    return np.array(state["outputs"], dtype=float)


def _in_chromium(open_page: Callable[..., AbstractContextManager[Any]], address: str) -> Seen:
    with open_page(address) as page:
        page.evaluate(READY)
        return _used(Chromium(page))


def _compare(name: str, found: Seen, expected: Seen) -> None:
    assert found.keys() == expected.keys()
    assert found
    for where, there in expected.items():
        here, first = found[where], (where[0], 0, "")
        moved, wanted = (
            now["picture"] != then["picture"]
            for now, then in ((here, found[first]), (there, expected[first]))
        )
        assert moved == wanted, (name, where)
        if where[2] == "drag":
            assert here["said"] != found[first]["said"], (name, where)
            if there["place"] is None:  # a point, or the sphere
                assert here["values"] == pytest.approx(there["values"], abs=0.05), (name, where)
            else:
                assert here["place"] == pytest.approx(there["place"], abs=MAGNET), (name, where)
            continue
        assert here["values"] == pytest.approx(there["values"], rel=1e-12), (name, where)
        assert np.allclose(_numbers(here), _numbers(there), rtol=1e-9, atol=1e-9, equal_nan=True), (
            name,
            where,
        )
        assert here["said"] == there["said"], (name, where)
    assert any(state != found[0, 0, ""] for state in found.values())


@pytest.mark.parametrize("name", sampled(NAMES, every=len(NAMES), start=NAMES.index("learning_perceptron")))
def test_firefox_obeys_the_hand(
    open_page: Any, page_of: Any, html_of: Any, fox: firefox.Page, name: str
) -> None:
    address = page_of(html_of(name))
    fox.size(1200, 900)
    fox.goto(address)
    fox.evaluate(READY)
    _compare(name, _used(fox), _in_chromium(open_page, address))
    fox.size(320, 700)
    fox.goto(address)
    fox.evaluate(READY)
    assert fox.evaluate(MISSED) == []
    assert fox.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    assert fox.problems == []


@pytest.mark.weekly
@pytest.mark.parametrize("name", ["cover_dichotomies", "gardner_volume", "learning_perceptron"])
def test_webkit_obeys_the_hand(open_page: Any, page_of: Any, html_of: Any, name: str) -> None:
    programs = webkit.programs()
    if programs is None:
        pytest.skip("no WebKitGTK on this machine (Debian: apt-get install webkit2gtk-driver xvfb xauth)")
    address = page_of(html_of(name))
    with webkit.launch(*programs) as page:
        page.goto(address)
        page.size(1200, 900)
        page.evaluate(READY)
        _compare(name, _used(page), _in_chromium(open_page, address))
