"""From the hand to the picture on a machine of a fourth of the speed: at most 100 ms, and no task of the page longer than 50 ms.

The browser slows down the page's main thread only, so a preamble of the worker holds each answer back for three times as long as it took.
Where something else slows down the machine, the figures grow with what a loop takes beside it (`machine.py`).
`FULL=1 pytest -m timing -s` measures all explorables and prints a row for each slider.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

from learnscape.explore import REGISTRY
from learnscape.explore.spec import Control
from machine import blame_the_page, slowness

pytestmark = [pytest.mark.browser, pytest.mark.timing]
SLOWER = 4
GOAL, LONGEST = 100.0, 50.0  # milliseconds: of nineteen moves in twenty, and of every task
POSITIONS = 30 if os.environ.get("FULL") == "1" else 12
PASSES = 5  # the machine may be busy with something else: a move counts with its quickest pass, and no more are made than needed
WORST = ("double_descent", "ellipses", "two_transitions")  # before their kernels were made quicker
SLOW_WORKER = f"""(() => {{
  const slowly = `const send = self.postMessage.bind(self); let begun = 0;
    self.addEventListener('message', () => {{ begun = performance.now() }});
    self.postMessage = (...all) => setTimeout(() => send(...all), {SLOWER - 1} * (performance.now() - begun));`;
  window.Blob = class extends Blob {{ constructor(parts, options) {{ super([slowly, ...parts], options) }} }};
}})()"""
WATCH = """window.tasks = [];
new PerformanceObserver(list => list.getEntries().forEach(entry => tasks.push(entry.duration))).observe({type: 'longtask'});
window.pause = ms => new Promise(done => setTimeout(done, ms));
// A message sent from a frame arrives when that frame is painted.
window.painted = () => new Promise(done => requestAnimationFrame(() => { const { port1, port2 } = new MessageChannel(); port1.onmessage = done; port2.postMessage(0) }));
// The answer to the next request that is sent, in the picture; the page draws before it is told.
const wanted = [];
const send = Worker.prototype.postMessage;
Worker.prototype.postMessage = function (message, ...more) {
  const asked = wanted.splice(0);
  if (asked.length) {
    const hear = ({ data }) => { if (data.id === message.id) { this.removeEventListener('message', hear); asked.forEach(done => done()) } };
    this.addEventListener('message', hear);
  }
  return send.call(this, message, ...more);
};
window.answered = () => new Promise(done => wanted.push(done));
window.hand = name => { const root = document.querySelector('.ls-root'), input = root.querySelector(`input[type=range][data-name="${name}"]`);
  return value => { if (!input) return root.learnscape.set(name, value); input.value = value; input.dispatchEvent(new Event('input', {bubbles: true})) } };"""
# One move after the other, each seen before the next one; then all of them as quickly as a hand moves.
MOVES = """async ([name, values]) => {
  const api = document.querySelector('.ls-root').learnscape, move = hand(name), { idle } = api, times = [];
  move(values[0]); await idle(); await pause(300); tasks.length = 0;
  for (const value of values.slice(1)) {
    const before = api.values[name], answer = answered(), start = performance.now();
    move(value);
    if (api.values[name] !== before) { await answer; await painted() }
    times.push(performance.now() - start) }
  for (const value of values) { move(value); await pause(16) }
  await idle(); await pause(300);
  return [times, Math.max(0, ...tasks)] }"""
PLAY = """async () => {
  const press = () => document.querySelector('.ls-player .ls-main').click(), { idle } = document.querySelector('.ls-root').learnscape;
  await pause(300); tasks.length = 0; press(); await pause(1500); press(); await idle(); await pause(300);
  return Math.max(0, ...tasks) }"""


def _places(control: Control) -> list[float]:
    """Positions of the slider from end to end; of one that is logarithmic there are a thousand."""
    way = np.linspace(0.0, 1.0, POSITIONS + 1)
    if control.scale == "log":
        return np.round(1000 * way).tolist()
    steps = np.round(way * (control.max - control.min) / control.step)
    return np.unique(np.clip(control.min + control.step * steps, control.min, control.max)).tolist()


CASES = [name if name in WORST else pytest.param(name, marks=pytest.mark.weekly) for name in sorted(REGISTRY)]


@pytest.mark.parametrize("name", CASES)
def test_the_picture_follows_the_hand(chromium: Any, page_of: Any, html_of: Any, name: str) -> None:
    explorable = REGISTRY[name]()
    context = chromium.new_context(viewport={"width": 1200, "height": 900})
    page = context.new_page()
    for script in (SLOW_WORKER, WATCH):
        page.add_init_script(script)
    page.goto(page_of(html_of(name)))
    page.wait_for_selector(".ls-root[data-ready]")
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    problems, quietest = [], np.inf
    for control in explorable.controls:
        if control.kind not in ("range", "hidden"):
            continue
        times, task = np.inf, np.inf
        for _ in range(PASSES):
            slow = slowness(chromium)
            quietest = min(quietest, slow)
            found, longest = page.evaluate(MOVES, [control.name, _places(control)])
            times, task = np.minimum(times, np.array(found) / slow), min(task, longest / slow)
            late = float(np.percentile(times, 95))
            if late < GOAL and task <= LONGEST:
                break
        print(f"{name:22s} {control.name:14s} half of the moves {np.median(times):4.0f} ms  95 % {late:4.0f} ms  longest task {task:4.0f} ms  machine {slow:.1f}")  # fmt: skip
        if late >= GOAL or task > LONGEST:
            problems.append((control.name, late, task))
    if explorable.simulation:
        task = np.inf
        for _ in range(PASSES):
            task = min(task, page.evaluate(PLAY) / slowness(chromium))
            if task <= LONGEST:
                break
        print(f"{name:22s} {'plays':14s} longest task {task:4.0f} ms")
        if task > LONGEST:
            problems.append(("plays", 0.0, task))
    context.close()
    if problems:
        blame_the_page(quietest)
    assert problems == []
