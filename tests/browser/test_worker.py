"""Explorables of a static page compute in a worker, so that the page stays free; where no worker may run, the page computes itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from learnscape.explore import REGISTRY, Explorable
from learnscape.explore.actions import ADVANCE, RESTART
from learnscape.page import assets
from local_site import serve
from machine import blame_the_page, slowness

from .conftest import PAGE

pytestmark = pytest.mark.browser
READY = ".ls-root[data-ready]"
STATE = "name => { const a = document.querySelector(`.ls-root[data-name=${name}]`).learnscape; return [a.values, [...a.outputs], a.steps, a.seed] }"
WITHOUT = "delete window.Worker"
SLOWLY = 4
HEAVY = "two_transitions"
LONG_TASKS = """window.tasks = [];
new PerformanceObserver(list => list.getEntries().forEach(entry => tasks.push(entry.duration))).observe({type: 'longtask'})"""
DRAG = """async ([name, values]) => {
  const api = document.querySelector('.ls-root').learnscape;
  await new Promise(done => setTimeout(done, 300));
  tasks.length = 0;
  for (const value of values) { api.set(name, value); await new Promise(requestAnimationFrame) }
  await api.idle();
  await new Promise(done => setTimeout(done, 300)); // long tasks are reported late
  return Math.max(0, ...tasks);
}"""
# Every message to and from the worker, as the page sees them.
WATCHED = """window.asked = []; window.most = 0; let open = 0;
const send = Worker.prototype.postMessage;
Worker.prototype.postMessage = function (message, ...more) {
  if (!this.watched) { this.watched = true; this.addEventListener('message', () => { open -= 1 }) }
  most = Math.max(most, ++open);
  asked.push(message.request.run);
  return send.call(this, message, ...more);
}"""


def _opened(chromium: Any, address: str, *scripts: str) -> Any:
    page = chromium.new_context(viewport={"width": 1200, "height": 900}).new_page()
    for script in scripts:
        page.add_init_script(script)
    page.goto(address)
    page.wait_for_selector(READY)
    return page


def _same(explorable: Explorable, page: Any, state: np.ndarray | None = None) -> None:
    values, outputs, steps, seed = page.evaluate(STATE, explorable.name)
    extra = {"steps": steps, "seed": seed} if explorable.simulation else {}
    expected = (
        np.concatenate(list(explorable.evaluate(**extra, **values).values())) if state is None else state
    )
    np.testing.assert_allclose(np.array(outputs, dtype=float), expected, rtol=1e-9, atol=1e-9)


def test_one_worker_serves_the_page_without_a_request(open_page: Any, page_of: Any, html_of: Any) -> None:
    names = ["gardner_capacity", "learning_perceptron", "curie_weiss"]
    requests: list[str] = []
    with open_page("about:blank") as page:
        page.on("request", lambda request: requests.append(request.url.rpartition("/")[2]))
        address = page_of("".join(map(html_of, names)))
        page.goto(address)
        page.locator(READY).nth(len(names) - 1).wait_for()
        assert len(page.workers) == 1
        assert page.workers[0].url.startswith("blob:")
        fetched = [name for name in requests if "-" not in name]  # a Blob's address is a random UUID
        assert sorted(fetched) == sorted([address.rpartition("/")[2], "learnscape.js", "learnscape.css"])
        assert page.locator("[data-learnscape][data-mounted]").count() == len(names), (
            "what the style sheet asks for"
        )
        for name in names:
            _same(REGISTRY[name](), page)
        assert page.problems == []


def _longest_while_dragging(page: Any, rate: float = SLOWLY) -> float:
    control = REGISTRY[HEAVY]().controls[0]
    way = np.linspace(control.min, control.max, 30)
    values = (control.step * np.round(way / control.step)).tolist()
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": rate})
    return min(page.evaluate(DRAG, [control.name, values]) / slowness(page.context.browser) for _ in range(3))


@pytest.mark.timing
def test_a_heavy_explorable_leaves_the_page_free(chromium: Any, page_of: Any, html_of: Any) -> None:
    """At a fourth of the speed no task of a drag takes longer than 50 ms; where the page computes, some do at an eighth. In the machine's pace."""
    address = page_of(html_of(HEAVY))
    page = _opened(chromium, address, LONG_TASKS)
    longest = _longest_while_dragging(page)
    if longest > 50:
        blame_the_page(slowness(chromium))
    assert longest <= 50
    page.context.close()
    page = _opened(chromium, address, LONG_TASKS, WITHOUT)
    assert _longest_while_dragging(page, 2 * SLOWLY) > 75
    page.context.close()


def test_at_most_one_request_is_under_way_and_the_last_move_counts(
    chromium: Any, page_of: Any, html_of: Any
) -> None:
    page = _opened(chromium, page_of(html_of("double_descent")), WATCHED)
    explorable = REGISTRY["double_descent"]()
    control = explorable.controls[0]
    values = np.clip(control.min + control.step * np.arange(40), control.min, control.max).tolist()
    page.evaluate(DRAG.replace("tasks.length = 0", "asked.length = 0").replace("...tasks", "0"), [control.name, values])  # fmt: skip
    asked = page.evaluate("asked")
    assert page.evaluate("most") == 1
    assert 1 <= len(asked) <= len(set(values))
    assert asked[-1][0][0] == values[-1]
    _same(explorable, page)
    page.context.close()


@pytest.mark.parametrize("name", ["gardner_capacity", "learning_perceptron"])
def test_without_workers_the_page_computes(chromium: Any, page_of: Any, html_of: Any, name: str) -> None:
    page = _opened(chromium, page_of(html_of(name)), WITHOUT)
    assert page.workers == []
    _same(REGISTRY[name](), page)
    page.context.close()


@pytest.mark.parametrize(
    ("policy", "workers"),
    [
        ("script-src 'self' 'wasm-unsafe-eval'", 0),
        ("script-src 'self' 'wasm-unsafe-eval'; worker-src 'none'", 0),
        ("script-src 'self' 'wasm-unsafe-eval'; worker-src blob:", 1),
    ],
)
def test_a_policy_may_forbid_workers(
    open_page: Any, html_of: Any, tmp_path: Path, policy: str, workers: int
) -> None:
    names = ["learning_perceptron", "gardner_capacity"]
    for name, path in assets().items():
        (tmp_path / name).write_bytes(path.read_bytes())
    body = "".join(map(html_of, names))
    (tmp_path / "page.html").write_text(PAGE.format(theme="light", body=body), encoding="utf-8")
    with serve(tmp_path, policy) as base, open_page(f"{base}/page.html") as page:
        page.locator(READY).nth(len(names) - 1).wait_for()
        assert len(page.workers) == workers
        for name in names:
            _same(REGISTRY[name](), page)
        page.evaluate("document.querySelector('.ls-root').learnscape.step()")
        page.evaluate("document.querySelector('.ls-root').learnscape.idle()")
        _same(REGISTRY[names[0]](), page)


@pytest.mark.parametrize("scripts", [(), (WITHOUT,)], ids=["worker", "page"])
def test_a_simulation_keeps_its_state_through_haste(
    chromium: Any, page_of: Any, html_of: Any, scripts: tuple[str, ...]
) -> None:
    """Steps, resets and restarts pressed faster than they are computed: the state is that of the last way begun."""
    page = _opened(chromium, page_of(html_of("learning_perceptron")), *scripts)
    explorable = REGISTRY["learning_perceptron"]()
    for k in range(5):
        page.evaluate(f"""async () => {{
          const api = document.querySelector('.ls-root').learnscape, frames = {k};
          for (let j = 0; j < 7; j++) api.step();
          for (let j = 0; j < frames; j++) await new Promise(requestAnimationFrame);
          api.reset();
          for (let j = 0; j < 3; j++) api.step();
          await api.idle();
        }}""")
        opening = explorable.simulation.opening_steps
        assert page.evaluate(STATE, explorable.name)[2:] == [opening + 3, explorable.simulation.seed]
        _same(explorable, page)
    page.get_by_role("button", name="New patterns").click()
    page.get_by_role("button", name="Step").click()
    page.get_by_role("button", name="Start again").click()
    page.get_by_role("button", name="Step").click()
    page.evaluate("document.querySelector('.ls-root').learnscape.idle()")
    assert page.evaluate(STATE, explorable.name)[2:] == [1, explorable.simulation.seed + 1]
    _same(explorable, page)
    page.context.close()


def test_a_control_that_keeps_the_state_goes_on_from_it(chromium: Any, page_of: Any, html_of: Any) -> None:
    """The way of the discs depends on when the slider was moved; Python goes the same way."""
    explorable = REGISTRY["discs"]()
    kept = next(control for control in explorable.controls if not control.restarts)
    page = _opened(chromium, page_of(html_of("discs")), WATCHED)
    start = page.evaluate(STATE, "discs")[0]
    state = np.concatenate(list(explorable.evaluate().values()))
    moved = {**start, kept.name: kept.min if start[kept.name] > kept.min else kept.max}
    page.evaluate(
        """async ([name, value]) => { const api = document.querySelector('.ls-root').learnscape;
          api.step(); api.step(); await api.idle(); api.set(name, value); await api.idle(); api.step(); await api.idle() }""",
        [kept.name, moved[kept.name]],
    )
    seed = explorable.simulation.seed
    for values, action in [(start, ADVANCE), (start, ADVANCE), (moved, 0), (moved, ADVANCE)]:
        explorable.run(state, values, action, seed)
    _same(explorable, page, state)
    runs = page.evaluate("asked.map(run => run[1])")
    assert runs[0] == [RESTART, *[ADVANCE] * explorable.simulation.opening_steps], "one request, not many"
    assert runs[1:] == [[ADVANCE, ADVANCE], [0], [ADVANCE]]
    page.context.close()


def test_a_worker_that_breaks_off_is_told(chromium: Any, page_of: Any, html_of: Any) -> None:
    catch = "window.made = []; window.Worker = class extends Worker { constructor(...all) { super(...all); made.push(this) } }"
    page = _opened(chromium, page_of(html_of("gardner_capacity")), catch)
    page.evaluate("made[0].dispatchEvent(new Event('error'))")
    page.evaluate(
        """async () => { const api = document.querySelector('.ls-root').learnscape; api.set('kappa', 1); await api.idle() }"""
    )
    assert "Reload the page" in page.locator(".ls-problem").text_content()
    page.context.close()
