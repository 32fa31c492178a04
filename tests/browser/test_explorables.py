"""Explorables in a real Chromium, against Python at random parameters, by mouse, keyboard and ear; all of them with FULL=1."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

from learnscape.explore import REGISTRY, Explorable
from learnscape.explore.actions import ADVANCE, REDRAW, RESTART
from sampled import sampled

pytestmark = pytest.mark.browser
NAMES = sorted(REGISTRY)
READY = ".ls-root[data-ready]"
STEPS = 3
DRAWS = 6 if os.environ.get("FULL") == "1" else 2
CONTRAST = """() => {
  const light = c => { const m = c.match(/[\\d.]+/g).map(Number);
    return m.slice(0, 3).map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4 })
      .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0) };
  const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
    if (!/, 0\\)$/.test(c) && c !== 'transparent') return c } return 'rgb(255, 255, 255)' };
  // Words in a picture may stand on a filled disc or tile that was drawn before them.
  const under = e => { const t = e.getBoundingClientRect(), x = t.x + t.width / 2, y = t.y + t.height / 2;
    const shapes = [...e.ownerSVGElement.querySelectorAll('circle, rect')].filter(s => {
      const b = s.getBoundingClientRect(), c = getComputedStyle(s);
      return s.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING && !s.closest('clipPath') && b.width && c.fill.startsWith('rgb(')
        && c.fillOpacity === '1' && c.opacity === '1' && b.left < x && x < b.right && b.top < y && y < b.bottom });
    return shapes.length ? getComputedStyle(shapes.at(-1)).fill : ground(e) };
  const texts = [...document.querySelectorAll('.ls-root :is(label, dt, dd, p, button, text, .ls-title, .ls-value)')]
    .filter(e => e.textContent.trim() && e.checkVisibility() && !e.disabled);
  return texts.map(e => { const a = light(getComputedStyle(e)[e instanceof SVGElement ? 'fill' : 'color']), b = light(e instanceof SVGElement ? under(e) : ground(e));
    return [(Math.max(a, b) + .05) / (Math.min(a, b) + .05), e.textContent.trim().slice(0, 40)] }).sort((a, b) => a[0] - b[0]);
}"""
AXE = """axe.run('.ls-root', {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
  .then(r => r.violations.map(v => `${v.id}: ${v.help}: ${v.nodes.map(n => n.html.slice(0, 120)).join(' | ')}`))"""
SET = """async ([name, value]) => {
  const api = document.querySelector('.ls-root').learnscape, input = document.querySelector(`.ls-root input[data-name="${name}"]`);
  if (input) { input.value = value; input.dispatchEvent(new Event(input.type === 'number' ? 'change' : 'input', {bubbles: true})) }
  else api.set(name, value);
  await api.idle(); return api.milliseconds }"""
# On a phone: what a finger cannot hit (WCAG 2.5.8: 24 pixels), what lies on something else, and what leaves its card.
MISSED = """() => {
  const root = document.querySelector('.ls-root'), card = root.getBoundingClientRect(), faults = [];
  const named = e => `<${e.tagName.toLowerCase()}> ${e.textContent.trim().slice(0, 30)}`;
  const seen = [...root.querySelectorAll('*')].filter(e => e.checkVisibility() && !e.closest('.ls-heard, clipPath') && e.getBoundingClientRect().width);
  for (const e of seen) {
    const { left, right, width, height } = e.getBoundingClientRect();
    if ((!e.ownerSVGElement || e.matches('text')) && (left < card.left - .5 || right > card.right + .5)) faults.push(`outside: ${named(e)}`);
    if (e.matches('button, input, select, .ls-handle') && Math.min(width, height) < 24) faults.push(`small: ${named(e)}`);
    if (e.matches('button, p, dt, dd, label, .ls-value') && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 3)
      && getComputedStyle(e).display !== 'inline') faults.push(`cut: ${named(e)}`);
    if (e.matches('[type=range]') && parseFloat(getComputedStyle(e).getPropertyValue('--ls-knob')) < 24) faults.push('small: a knob');
  }
  for (const marks of root.querySelectorAll('.ls-marks')) {
    const boxes = [...marks.children].filter(e => e.checkVisibility()).map(e => e.getBoundingClientRect()).sort((a, b) => a.left - b.left);
    boxes.slice(1).forEach((box, k) => { if (box.left < boxes[k].right - 1) faults.push(`marks lie on each other: ${marks.textContent}`) });
  }
  return faults;
}"""
# The text spacing of WCAG 1.4.12, which a reader may set.
SPACED = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }"
STATE = "(() => { const a = document.querySelector('.ls-root').learnscape; return [a.values, [...a.outputs], a.steps, a.seed] })()"


def _random_values(explorable: Explorable, rng: np.random.Generator) -> dict[str, float]:
    values = {}
    for control in explorable.controls:
        if control.kind == "select":
            values[control.name] = float(rng.choice(list(control.options.values())))
        elif control.scale == "log":
            values[control.name] = 1000 * rng.random()  # a position of the slider
        else:
            count = round((control.max - control.min) / control.step)
            values[control.name] = float(
                np.clip(control.min + control.step * rng.integers(count + 1), control.min, control.max)
            )
    return values


def _same(explorable: Explorable, page: Any, state: np.ndarray | None = None) -> None:
    """The outputs in the page are those of the same kernel in Python (``state``, where the way there matters)."""
    values, outputs, steps, seed = page.evaluate(STATE)
    extra = {"steps": steps, "seed": seed} if explorable.simulation else {}
    expected = explorable.evaluate(**extra, **values) if state is None else explorable.named(state)
    found = explorable.named(np.array(outputs, dtype=float))
    for name, numbers in expected.items():
        scale = 1e-9 * (1 + np.abs(np.where(np.isfinite(numbers), numbers, 0)))
        assert np.array_equal(np.isnan(numbers), np.isnan(found[name])), (name, values)
        with np.errstate(invalid="ignore"):
            close = (np.abs(found[name] - numbers) <= scale) | (found[name] == numbers) | np.isnan(numbers)
        assert close.all(), (name, values, numbers[~close][:3], found[name][~close][:3])


@pytest.mark.parametrize("name", sampled(NAMES, every=3))
def test_page_computes_what_python_computes(open_page: Any, page_of: Any, html_of: Any, name: str) -> None:
    explorable = REGISTRY[name]()
    rng = np.random.default_rng(1)
    with open_page(page_of(html_of(name))) as page:
        page.wait_for_selector(READY)
        assert page.locator(".ls-fallback").count() == 0
        _same(explorable, page)
        state = None
        if explorable.simulation and not all(control.restarts for control in explorable.controls):
            state = np.concatenate(list(explorable.evaluate().values()))  # Python goes the same way
        times = []
        for _ in range(DRAWS):
            for control, value in _random_values(explorable, rng).items():
                before = page.evaluate(STATE)[0]
                times.append(page.evaluate(SET, [control, value]))
                after = page.evaluate(STATE)[0]
                if state is not None and after != before:
                    restarts = next(c.restarts for c in explorable.controls if c.name == control)
                    explorable.run(state, after, RESTART if restarts else REDRAW)
                    settling = explorable.simulation.settling
                    while settling and explorable.named(state)[settling][0]:
                        explorable.run(state, after, REDRAW)
            if explorable.simulation:
                page.evaluate(
                    f"async () => {{ const a = document.querySelector('.ls-root').learnscape; for (let k = 0; k < {STEPS}; k++) a.step(); await a.idle() }}"
                )
            for _ in range(STEPS if state is not None else 0):
                explorable.run(state, page.evaluate(STATE)[0], ADVANCE)
            _same(explorable, page, state)
        if times:
            assert np.median(times) < 100, "milliseconds from the hand to the picture"
        assert page.outside == []
        assert page.problems == []


@pytest.mark.parametrize(
    ("name", "theme"), sampled([(name, theme) for name in NAMES for theme in ("light", "dark")], every=7)
)
def test_everyone_can_read_it(
    open_page: Any, page_of: Any, html_of: Any, axe: str, name: str, theme: str
) -> None:
    with open_page(page_of(html_of(name), theme)) as page:
        page.wait_for_selector(READY)
        for button in page.locator(".ls-choice").all()[:1]:
            button.click()
        contrast = page.evaluate(CONTRAST)
        assert contrast[0][0] > 4.5, contrast[:3]
        page.evaluate(axe)
        assert page.evaluate(AXE) == []


@pytest.mark.parametrize("name", sampled(NAMES, every=4, start=1))
def test_phone_and_keyboard(open_page: Any, page_of: Any, html_of: Any, name: str) -> None:
    explorable = REGISTRY[name]()
    with open_page(page_of(html_of(name)), viewport={"width": 320, "height": 700}, has_touch=True) as page:
        page.wait_for_selector(READY)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (
            "the page scrolls sideways"
        )
        assert page.evaluate(MISSED) == []
        state = page.evaluate(STATE)[0]
        sliders = page.locator(".ls-root input[type=range]")
        for k in range(sliders.count()):
            slider = sliders.nth(k)
            control = next(c for c in explorable.controls if c.name == slider.get_attribute("data-name"))
            assert page.evaluate("e => e.labels[0].textContent.trim().length", slider.element_handle()) > 0
            slider.focus()
            page.keyboard.press("Home")
            page.evaluate("document.querySelector('.ls-root').learnscape.idle()")
            assert page.evaluate(STATE)[0][control.name] == pytest.approx(control.min)
            page.keyboard.press("ArrowRight")
            page.evaluate("document.querySelector('.ls-root').learnscape.idle()")
            moved = page.evaluate(STATE)[0][control.name]
            assert moved > control.min
            if control.scale == "linear":
                assert moved == pytest.approx(min(control.min + control.step, control.max))
            assert slider.get_attribute("aria-valuetext").startswith(
                f"{moved:.{control.digits}f}".replace("-", "\u2212")
            )
        if sliders.count():
            page.wait_for_function("document.querySelector('.ls-heard').textContent.length > 0")
            heard = page.locator(".ls-heard").text_content()
            assert "{" not in heard
            assert "NaN" not in heard
        page.locator(".ls-reset").click()
        page.evaluate("document.querySelector('.ls-root').learnscape.idle()")
        assert (
            page.evaluate(STATE)[0] == state == pytest.approx({c.name: c.value for c in explorable.controls})
        )
        page.add_style_tag(content=SPACED)
        page.set_viewport_size(
            {"width": 340, "height": 256}
        )  # drawn anew; so high is a laptop at 400 per cent
        page.wait_for_function(f"({MISSED})().length === 0", timeout=5000)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert page.problems == []


@pytest.mark.parametrize("name", sampled(NAMES, every=6))
def test_picture_without_javascript(open_page: Any, page_of: Any, html_of: Any, name: str) -> None:
    with open_page(page_of(html_of(name)), java_script_enabled=False) as page:
        image = page.locator("img.ls-fallback")
        assert image.get_attribute("alt") == REGISTRY[name]().alt
        assert image.bounding_box()["width"] > 200
        assert page.locator(".ls-root").count() == 0


def test_dragging_and_playing(open_page: Any, page_of: Any, html_of: Any) -> None:
    explorable = REGISTRY["learning_perceptron"]()
    with open_page(page_of(html_of("learning_perceptron"))) as page:
        page.wait_for_selector(READY)
        idle = "document.querySelector('.ls-root').learnscape.idle()"
        handle = page.locator(".ls-handle")
        handle.focus()
        page.keyboard.press("ArrowLeft")
        page.evaluate(idle)
        assert page.evaluate(STATE)[0]["teacher_x"] == pytest.approx(0.3)
        _same(explorable, page)
        for key, expected in {
            "Home": (-1, 0.9),
            "PageDown": (-1, 0.4),
            "End": (1, 0.4),
            "PageUp": (1, 0.9),
        }.items():
            page.keyboard.press(key)
            page.evaluate(idle)
            values = page.evaluate(STATE)[0]
            assert (values["teacher_x"], values["teacher_y"]) == pytest.approx(expected), key
        page.keyboard.press("PageUp")
        page.evaluate(idle)
        assert page.evaluate(STATE)[0]["teacher_y"] == 1, "no further than the edge"
        drawing, knob = page.locator(".ls-view").bounding_box(), handle.bounding_box()
        page.mouse.move(knob["x"] + knob["width"] / 2, knob["y"] + knob["height"] / 2)
        page.mouse.down()
        page.mouse.move(
            drawing["x"] + drawing["width"] / 2 + 150, drawing["y"] + drawing["height"] / 2, steps=4
        )
        page.mouse.up()
        page.evaluate(idle)
        values = page.evaluate(STATE)[0]
        assert (values["teacher_x"], values["teacher_y"]) == pytest.approx((1.0, 0.0), abs=0.02)
        _same(explorable, page)
        page.get_by_role("button", name="Step").click()
        page.evaluate(idle)
        assert page.evaluate(STATE)[2] == 1
        page.get_by_role("button", name="New patterns").click()
        page.evaluate(idle)
        assert page.evaluate(STATE)[2:] == [0, explorable.simulation.seed + 1]
        page.get_by_role("button", name="Play").click()
        page.wait_for_function("document.querySelector('.ls-root').learnscape.steps >= 2")
        page.get_by_role("button", name="Pause").click()
        page.evaluate(idle)
        _same(explorable, page)


def test_without_motion_the_simulation_runs_to_its_end_at_once(
    open_page: Any, page_of: Any, html_of: Any
) -> None:
    with open_page(page_of(html_of("learning_perceptron")), reduced_motion="reduce") as page:
        page.wait_for_selector(READY)
        page.get_by_role("button", name="Run to the end").click()
        page.wait_for_function(
            "document.querySelector('.ls-root').learnscape.lookup('finished')[0] === 1", timeout=3000
        )
        assert page.get_by_role("button", name="Step").is_disabled()


def test_prediction_is_answered(open_page: Any, page_of: Any, html_of: Any) -> None:
    question = REGISTRY["gardner_capacity"]().question
    with open_page(page_of(html_of("gardner_capacity"))) as page:
        page.wait_for_selector(READY)
        page.get_by_role("button", name=question.choices[0]).click()
        assert page.locator(".ls-reveal").text_content().startswith("Not quite. To about a quarter")
        page.get_by_role("button", name=question.choices[question.answer]).click()
        assert page.locator(".ls-reveal").text_content().startswith("Right.")


def test_page_says_in_words_that_there_is_no_number(open_page: Any, page_of: Any, html_of: Any) -> None:
    with open_page(page_of(html_of("gardner_capacity"))) as page:
        page.wait_for_selector(READY)
        page.evaluate("""async () => { const api = document.querySelector('.ls-root').learnscape;
          api.receive({kappa: 0.5}, api.outputs.map(() => NaN)) }""")
        assert "no finite answer" in page.locator(".ls-problem").text_content()
        assert "NaN" not in page.locator(".ls-root").text_content()
