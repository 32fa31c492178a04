"""No label of a picture is printed over another one, in the page and in the picture without JavaScript."""

from __future__ import annotations

from typing import Any

import pytest

from learnscape.explore import REGISTRY
from sampled import sampled

pytestmark = pytest.mark.browser
NAMES = sorted(REGISTRY)
OVERPRINTED = """() => [...document.querySelectorAll('.ls-panel')].flatMap(panel => {
  const found = [], labels = [...panel.querySelectorAll('.ls-label')].map(e => [e.textContent, e.getBoundingClientRect()]);
  labels.forEach(([a, p], i) => labels.slice(i + 1).forEach(([b, q]) => {
    const wide = Math.min(p.right, q.right) - Math.max(p.left, q.left), high = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
    if (wide > 2 && high > 5) found.push(`${a} / ${b}`);
  }));
  return found;
})"""
SWEEP = """async part => {
  const api = document.querySelector('.ls-root').learnscape;
  for (const control of api.spec.controls) if (control.kind === 'range') api.set(control.name, control.min + part * (control.max - control.min));
  await api.idle();
}"""


@pytest.mark.parametrize("name", sampled(NAMES, every=5, start=1))
def test_labels_keep_their_distance(open_page: Any, page_of: Any, html_of: Any, name: str) -> None:
    with open_page(page_of(html_of(name))) as page:
        for width in (1000, 340):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_selector(".ls-root[data-ready]")
            page.wait_for_timeout(100)
            for button in page.locator(".ls-choice").all()[:1]:
                button.click()
            assert page.evaluate(OVERPRINTED) == [], f"as it opens, {width} px wide"
            for part in (0.0, 0.25, 0.5, 0.75, 1.0):
                page.evaluate(SWEEP, part)
                assert page.evaluate(OVERPRINTED) == [], f"{width} px wide, sliders at {part:.0%}"
        assert page.problems == []


CUT = """() => [...document.querySelectorAll('.ls-panel')].flatMap(panel => {
  const sheet = panel.getBoundingClientRect();
  return [...panel.querySelectorAll('.ls-label, .ls-axis-label')].filter(e => e.textContent).map(e => [e.textContent, e.getBoundingClientRect()])
    .filter(([, box]) => box.left < sheet.left - 1 || box.right > sheet.right + 1).map(([text]) => text);
})"""
SPACED = "* { letter-spacing: .12em !important; word-spacing: .16em !important }"  # WCAG 1.4.12


@pytest.mark.parametrize("name", sampled(NAMES, every=5, start=3))
def test_labels_make_room_for_spacing_that_comes_later(
    open_page: Any, page_of: Any, html_of: Any, name: str
) -> None:
    with open_page(page_of(html_of(name))) as page:
        for width in (1000, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_selector(".ls-root[data-ready]")
            style = page.add_style_tag(content=SPACED)
            page.wait_for_timeout(100)
            assert page.evaluate(CUT) == [], f"{width} px wide"
            style.evaluate("e => e.remove()")
        assert page.problems == []
