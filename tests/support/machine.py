"""How fast this machine is just now: a loop in a page of its own, which took 6 ms where budgets and figures were set."""

from __future__ import annotations

from typing import Any

import pytest

REFERENCE = 6.0  # milliseconds
BUSY = 1.5  # times as slow: so much of the machine belongs to something else that a figure which is missed says nothing of the page
LOOP = """() => Array.from({ length: 30 }, () => {
  const start = performance.now();
  let sum = 0;
  for (let k = 0; k < 1e6; k++) sum += Math.sqrt(k + sum);
  return sum ? performance.now() - start : 0;
}).sort((a, b) => a - b)"""
# In the page and in a worker at the same time, as an explorable draws and computes; of each the median.
BOTH = f"""async () => {{
  const loop = {LOOP};
  const url = URL.createObjectURL(new Blob([`postMessage(0); onmessage = () => postMessage((${{loop}})())`]));
  const worker = new Worker(url), told = () => new Promise(done => worker.onmessage = ({{ data }}) => done(data));
  await told();
  const other = told();
  worker.postMessage(0);
  const times = [loop(), await other].map(all => all[all.length / 2]);
  worker.terminate();
  return times;
}}"""


def loop_times(page: Any) -> list[float]:
    """Milliseconds of thirty runs of the loop, the quickest first: that one is the processor, half of them what others leave of it."""
    return [float(time) for time in page.evaluate(LOOP)]


def slowness(browser: Any) -> float:
    """By which factor half of the loops are slower than where the figures were set, in the slower one of page and worker; at least 1."""
    page = browser.new_page()
    times = page.evaluate(BOTH)
    page.close()
    return max(1.0, max(times) / REFERENCE)


def blame_the_page(slow: float) -> None:
    """Go on to a failure only where nothing else can be its reason; skip, with a line that says so, on a busy machine."""
    if slow > BUSY:
        pytest.skip(
            f"a figure was missed, but the machine was busy: a loop took {slow:.1f} times as long as it should"
        )
