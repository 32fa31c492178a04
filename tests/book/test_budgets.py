"""What a page may cost, in budgets.json: bytes of text (all but pictures, gzipped), work until its explorables are ready, longest task.

Work is time of the page's own thread, whatever else the machine does, in units of a loop that took 6 ms where the budgets were set:
`first` until the last explorable is ready, `task` without an answer to the reader. They are half as large again as what was found.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from machine import loop_times
from sampled import sampled

pytestmark = pytest.mark.browser
BUDGETS = json.loads((Path(__file__).parent / "budgets.json").read_text(encoding="utf-8"))
PICTURES = (".png", ".svg", ".jpg")
WATCH = """new MutationObserver((_, watch) => {
  const hosts = [...document.querySelectorAll("[data-learnscape='explorable']")];
  if (document.readyState === 'loading' || !hosts.every((host) => host.dataset.mounted)) return;
  performance.mark('explorables ready');
  watch.disconnect();
}).observe(document, { subtree: true, childList: true, attributes: true })"""
DONE = "async () => { await MathJax.startup.promise; await document.fonts.ready }"


def _work(trace: list[dict[str, Any]]) -> tuple[float, float]:
    """Milliseconds of the page's thread until the mark, and in its longest task."""
    mark = next(event for event in trace if event["name"] == "explorables ready" and "tid" in event)
    tasks = [
        event
        for event in trace
        if event["name"].endswith("RunTask")
        and (event["pid"], event["tid"]) == (mark["pid"], mark["tid"])
        and "tdur" in event
    ]
    before = sum(task["tdur"] for task in tasks if task["ts"] < mark["ts"])
    return before / 1000, max(task["tdur"] for task in tasks) / 1000


@pytest.mark.parametrize("name", sampled(list(BUDGETS), every=3, start=1))
def test_page_keeps_its_budget(chromium: Any, site: str, name: str) -> None:
    budget = BUDGETS[name]
    page = chromium.new_page(viewport={"width": 1200, "height": 900})
    unit = loop_times(page)[0]
    answers: dict[str, Any] = {}
    page.on("response", lambda answer: answers.setdefault(answer.url.partition("?")[0], answer))
    page.add_init_script(WATCH)
    chromium.start_tracing(page=page, categories=["toplevel", "devtools.timeline", "blink.user_timing"])
    page.goto(f"{site}/{name}.html")
    page.evaluate(DONE)
    trace = json.loads(chromium.stop_tracing())["traceEvents"]
    bodies = [
        answer.body()
        for url, answer in answers.items()
        if url.startswith(site) and not url.endswith(PICTURES)
    ]
    page.close()
    kilobytes = sum(min(len(body), len(gzip.compress(body))) for body in bodies) / 1000
    before, longest = _work(trace)
    found = {"kilobytes": kilobytes, "first": before / unit, "task": longest / unit}
    over = {what: round(found[what]) for what, most in budget.items() if found[what] > most}
    assert not over, f"{over} of {budget}; the unit is {unit:.1f} ms here"
