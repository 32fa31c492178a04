"""What a screen reader hears of a simulation and of a turned sphere, and what readers with colours of their own see."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest

from learnscape.explore import REGISTRY
from sampled import sampled

pytestmark = pytest.mark.browser
READY = ".ls-root[data-ready]"
BUTTONS = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const light = c => { canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4 })
      .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0) };
  return [...document.querySelectorAll('.ls-root button:enabled')].filter(e => e.textContent.trim() && e.getClientRects().length
    && !/^rgba.*, 0\\)$/.test(getComputedStyle(e).backgroundColor)).map(e => {
    const [ink, ground] = ['color', 'backgroundColor'].map(name => light(getComputedStyle(e)[name]));
    return [(Math.max(ink, ground) + .05) / (Math.min(ink, ground) + .05), e.textContent] }).sort((a, b) => a[0] - b[0]);
}"""
HEARD = """() => { window.heard = [];
  new MutationObserver(() => heard.push([performance.now(), document.querySelector('.ls-heard').textContent]))
    .observe(document.querySelector('.ls-heard'), {childList: true, characterData: true, subtree: true}) }"""
COLOURS = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const light = c => { canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4 })
      .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0) };
  const ground = light(getComputedStyle(document.querySelector('.ls-root')).backgroundColor);
  return [...document.querySelectorAll('.ls-root svg text')]
    .filter(e => e.textContent.trim() && !e.closest('.ls-handle'))  // a sign on a filled disc is another matter
   .map(e => {
    const ink = light(getComputedStyle(e).fill);
    return [(Math.max(ink, ground) + .05) / (Math.min(ink, ground) + .05), e.textContent] }).sort((a, b) => a[0] - b[0]);
}"""


def test_a_playing_simulation_speaks_at_most_every_five_seconds(open_page: Any, page_of: Any) -> None:
    with open_page(page_of(REGISTRY["learning_perceptron"]().html())) as page:
        page.wait_for_selector(READY)
        page.get_by_role("button", name="Start again").click()  # eleven steps to the end, one in 0.7 s
        page.wait_for_timeout(1000)
        page.evaluate(HEARD)
        page.get_by_role("button", name="Play").click()
        page.wait_for_timeout(6500)
        steps = page.evaluate("document.querySelector('.ls-root').learnscape.steps")
        heard = page.evaluate("heard")
        assert steps >= 4, "each step could have been a sentence"
        assert 1 <= len(heard) <= 2
        assert all(later[0] - sooner[0] > 4900 for sooner, later in itertools.pairwise(heard))
        if page.get_by_role("button", name="Pause").count():
            page.get_by_role("button", name="Pause").click()
        page.wait_for_timeout(1200)
        updates = page.evaluate("document.querySelector('.ls-root').learnscape.lookup('updates')[0]")
        assert f"Corrections: {updates}," in page.locator(".ls-heard").text_content(), (
            "the end is told at once"
        )


@pytest.mark.parametrize("name", ["gardner_volume", "allowed_region"])
def test_the_sphere_says_where_it_is_turned_and_what_is_seen(open_page: Any, page_of: Any, name: str) -> None:
    with open_page(page_of(REGISTRY[name]().html())) as page:
        page.wait_for_selector(READY)
        sphere = page.get_by_role("slider", name=re.compile("sphere of weights|sphere covered"))
        sphere = sphere if sphere.count() else page.locator("svg[role=slider]")
        assert sphere.get_attribute("aria-valuetext").startswith("as it opens: ")
        sphere.focus()
        shares = set()
        for _ in range(12):
            page.keyboard.press("ArrowLeft")
            said = re.fullmatch(
                r"turned (\d+)° to the left: (\d+) % of the side in view is allowed",
                sphere.get_attribute("aria-valuetext"),
            )
            shares.add(int(said[2]))
        assert int(said[1]) == 103  # twelve times 0.15 radians
        assert sphere.get_attribute("aria-valuenow") == "103"
        assert len(shares) > 2, "another side, another answer"
        page.keyboard.press("ArrowUp")
        assert ", tilted 9° down" in sphere.get_attribute("aria-valuetext")
        for key, turn in {
            "End": "turned 180° to the right: ",
            "PageUp": ", tilted ",
            "Home": "as it opens: ",
        }.items():
            page.keyboard.press(key)
            assert turn in sphere.get_attribute("aria-valuetext"), key


@pytest.mark.parametrize(
    ("name", "wanted", "theme"),
    sampled(
        [(name, wanted, theme) for name in ("gardner_capacity", "cover_dichotomies", "learning_perceptron")
         for wanted in ("light", "dark") for theme in ("light", "dark")], every=5),
)  # fmt: skip
def test_forced_colours(open_page: Any, page_of: Any, name: str, wanted: str, theme: str) -> None:
    """The reader's background may be black while the site is in its light theme."""
    with open_page(
        page_of(REGISTRY[name]().html(), theme), forced_colors="active", color_scheme=wanted
    ) as page:
        page.wait_for_selector(READY)
        contrast = page.evaluate(COLOURS)
        assert contrast[0][0] > 4.5, contrast[:4]
        buttons = page.evaluate(BUTTONS)
        assert buttons[0][0] > 4.5, buttons[:4]
