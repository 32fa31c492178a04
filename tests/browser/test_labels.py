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
LEAPS = """async () => {
  const api = document.querySelector('.ls-root').learnscape;
  const read = () => [...document.querySelectorAll('.ls-panel')].flatMap((panel, k) =>
    [...panel.querySelectorAll('.ls-labels .ls-label')].map(e => [k + e.textContent, [+e.getAttribute('x'), +e.getAttribute('y')]]));
  let [steps, leaps] = [0, 0];
  for (const control of api.spec.controls) {
    if (control.kind !== 'range') continue;
    let last = new Map();
    const step = Math.max(control.step, (control.max - control.min) / 80);
    for (let value = control.min; value <= control.max; value += step) {
      api.set(control.name, value);
      await api.idle();
      const now = read();
      for (const [label, [x, y]] of now) {
        if (!last.has(label)) continue;
        steps += 1;
        if (Math.hypot(x - last.get(label)[0], y - last.get(label)[1]) > 25) leaps += 1;
      }
      last = new Map(now);
    }
    api.reset();
    await api.idle();
  }
  return [steps, leaps];
}"""
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


@pytest.mark.parametrize("name", ["gardner_capacity", "sk_phase_diagram", "typical_average"])
def test_labels_do_not_leap(open_page: Any, page_of: Any, html_of: Any, name: str) -> None:
    """One step of a slider in twenty at most moves a label by more than 25 px."""
    with open_page(page_of(html_of(name))) as page:
        page.wait_for_selector(".ls-root[data-ready]")
        steps, leaps = page.evaluate(LEAPS)
        assert steps > 100
        assert leaps <= 0.05 * steps
        assert page.problems == []


# Lines through a label, and labels of a curve that are nearer to a line of another colour. Positions are those of the drawing.
MISPLACED = """() => {
  const { spec } = document.querySelector('.ls-root').learnscape, charts = spec.picture.filter(part => part.kind !== 'view');
  return [...document.querySelectorAll('.ls-panel')].flatMap((panel, p) => {
    const curves = new Set(charts[p].marks.filter(m => m.type === 'line').map(m => m.label.replace(/[*_^{}]/g, '')));
    const frame = panel.querySelector('clipPath rect'), size = name => +frame.getAttribute(name);
    const inside = ([x, y]) => x >= size('x') && x <= size('x') + size('width') && y >= size('y') && y <= size('y') + size('height');
    const lines = [...panel.querySelectorAll('path.ls-line')].filter(path => path.getAttribute('d')).map(path => {
      const length = Math.min(path.getTotalLength(), 4000), points = [];
      for (let at = 0; at <= length; at += 2) { const { x, y } = path.getPointAtLength(at); points.push([x, y]) }
      return [path.getAttribute('stroke'), points.filter(inside)];
    });
    return [...panel.querySelectorAll('.ls-label')].filter(e => e.textContent).flatMap(e => {
      const { x, width } = e.getBBox(), y = +e.getAttribute('y'), [left, right, top, bottom] = [x + 1, x + width - 1, y - 9, y + 3];
      const away = lines.map(([color, points]) => [color, Math.min(...points.map(([u, v]) => Math.hypot(Math.max(0, left - u, u - right), Math.max(0, top - v, v - bottom))))]);
      const [own, others] = [true, false].map(mine => Math.min(...away.filter(([color]) => (color === e.getAttribute('fill')) === mine).map(([, d]) => d)));
      if (Math.min(own, others) === 0) return [`${e.textContent}: struck`];
      return curves.has(e.textContent) && others < own - 2 ? [`${e.textContent}: ${others.toFixed(0)} px from another line, ${own.toFixed(0)} from its own`] : [];
    });
  });
}"""
SEEN = ("gardner_capacity", "jamming_closure", "learning_perceptron", "sk_phase_diagram", "two_transitions")
CROWDED = {
    "double_descent": "mean network",  # on a phone it is longer than the room below its curve
    "local_entropy_curves": "typical",  # at the largest load both curves end in one
    "typical_average": "the money",  # at its end two bells of dots lie above each other
}
"""The labels that find no place of their own in some state."""


@pytest.mark.parametrize(
    "name",
    [name if name in SEEN else pytest.param(name, marks=pytest.mark.weekly) for name in NAMES],
)
def test_labels_are_beside_their_curve_and_on_no_line(
    open_page: Any, page_of: Any, html_of: Any, name: str
) -> None:
    with open_page(page_of(html_of(name))) as page:
        for width in (1000, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_selector(".ls-root[data-ready]")
            page.wait_for_timeout(100)
            for button in page.locator(".ls-choice").all()[:1]:
                button.click()
            for part in (None, 0.0, 0.5, 1.0):
                if part is not None:
                    page.evaluate(SWEEP, part)
                found = [
                    fault for fault in page.evaluate(MISPLACED) if fault.split(":")[0] != CROWDED.get(name)
                ]
                assert found == [], f"{width} px wide, sliders at {part}"
        assert page.problems == []
