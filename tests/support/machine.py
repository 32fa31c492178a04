"""How fast this machine is just now: a loop in a page of its own, which took 6 ms where budgets and figures were set."""

from __future__ import annotations

from typing import Any

REFERENCE = 6.0  # milliseconds
LOOP = """() => Array.from({ length: 30 }, () => {
  const start = performance.now();
  let sum = 0;
  for (let k = 0; k < 1e6; k++) sum += Math.sqrt(k + sum);
  return sum ? performance.now() - start : 0;
}).sort((a, b) => a - b)"""


def loop_times(page: Any) -> list[float]:
    """Milliseconds of thirty runs of the loop, the quickest first: that one is the processor, half of them what others leave of it."""
    return [float(time) for time in page.evaluate(LOOP)]


def slowness(browser: Any) -> float:
    """By which factor half of the loops are slower than where the figures were set; at least 1."""
    page = browser.new_page()
    times = loop_times(page)
    page.close()
    return max(1.0, times[len(times) // 2] / REFERENCE)
