"""Processor time of several functions that take turns."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any


def best(functions: list[Callable[[], Any]], repeats: int) -> list[float]:
    """Least processor time of each in milliseconds, taking turns after one call that compiles."""
    times = [math.inf] * len(functions)
    for turn in range(repeats + 1):
        for k, function in enumerate(functions):
            begin = time.process_time()
            function()
            if turn:
                times[k] = min(times[k], 1e3 * (time.process_time() - begin))
    return times
