"""Newton's method for a minimum, where the Hessian is known but indefinite far away: scaled, shifted, and shortened until the value falls."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
LONGEST = 1.0  # step of a variable; they are logarithms
SHORTEST = 1e-4  # of a fraction of the step that is tried
ROUNDING = 2e-14  # of the value


class Minimum(NamedTuple):
    """Where the minimiser stopped."""

    x: Array
    trace: list[float]
    """Longest component of each step."""
    converged: bool


def minimise(
    function: Callable[[Array], tuple[float, Array, Array]], x: Array, tolerance: float, iterations: int
) -> Minimum:
    """Minimum of a function that returns value, gradient and Hessian, and an infinite value where it has none."""
    value, gradient, hessian = function(x)
    trace: list[float] = []
    for _ in range(iterations):
        step = _step(gradient, hessian)
        fraction = 1.0
        while True:
            new = function(x + fraction * step)
            if new[0] <= value + ROUNDING:
                break
            fraction *= 0.3
            if fraction < SHORTEST:
                return Minimum(x, trace, False)
        x = x + fraction * step
        value, gradient, hessian = new
        trace.append(float(np.abs(fraction * step).max()))
        if trace[-1] < tolerance:
            return Minimum(x, trace, True)
    return Minimum(x, trace, False)


def _step(gradient: Array, hessian: Array) -> Array:
    """Newton's step, with negative curvatures taken positive, shifted until no component is longer than `LONGEST`."""
    scale = np.sqrt(np.abs(np.diag(hessian)) + 1e-300)
    curvatures, vectors = np.linalg.eigh(hessian / np.outer(scale, scale))
    curvatures = np.maximum(np.abs(curvatures), 1e-12)
    along = vectors.T @ (gradient / scale)
    shift = 0.0
    while True:
        step: Array = -(vectors @ (along / (curvatures + shift))) / scale
        if np.abs(step).max() <= LONGEST or not math.isfinite(shift):
            return step
        shift = max(2.0 * shift, 1e-6)
