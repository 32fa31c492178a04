"""Learning rates that change with the step: maps from step numbers to rates, for :func:`learnscape.jamming.networks.training.train`."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from learnscape.errors import is_integer, is_number, require

__all__ = ["Schedule", "annealed", "positive", "stepwise", "whole"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Schedule = Callable[[IntArray], FloatArray]


def stepwise(rate: float, *, every: int, factor: float = 0.1, floor: float = 0.0) -> Schedule:
    """Learning rate multiplied by ``factor`` after every ``every`` steps, never below ``floor``.

    Examples
    --------
    Paper B: 1e-4, divided by 10 every 250 000 steps, at least 1e-7.

    >>> stepwise(1e-4, every=250_000, floor=1e-7)(np.array([0, 300_000, 9_999_999])).tolist()
    [0.0001, 1e-05, 1e-07]
    """
    positive("rate", rate)
    whole("every", every)
    require(is_number(factor) and 0 < factor <= 1, "factor", factor, "a number in (0, 1]")
    require(is_number(floor) and 0 <= floor < math.inf, "floor", floor, "a finite number >= 0")

    def schedule(step: IntArray) -> FloatArray:
        return np.maximum(rate * float(factor) ** (step // every), floor)

    return schedule


def annealed(rate: float, *, steps: int, final: float, hold: float = 0.5) -> Schedule:
    """Learning rate constant during the fraction ``hold`` of ``steps``, then falling exponentially to ``final``.

    Examples
    --------
    >>> annealed(1e-2, steps=1000, final=1e-4)(np.array([0, 500, 750, 1000])).tolist()
    [0.01, 0.01, 0.001, 0.0001]
    """
    positive("rate", rate)
    positive("final", final)
    whole("steps", steps)
    require(is_number(hold) and 0 <= hold < 1, "hold", hold, "a number in [0, 1)")
    start = hold * steps

    def schedule(step: IntArray) -> FloatArray:
        return rate * (final / rate) ** np.clip((step - start) / (steps - start), 0.0, 1.0)

    return schedule


def positive(name: str, value: float) -> None:
    """Refuse anything but a finite number > 0."""
    require(is_number(value) and math.isfinite(value) and value > 0, name, value, "a finite number > 0")


def whole(name: str, value: int) -> None:
    """Refuse anything but an integer >= 1."""
    valid = is_integer(value) and value >= 1
    require(valid, name, value, "an integer >= 1")
