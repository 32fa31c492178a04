"""Where dense regions end, by the entropy around students of the largest margin (Franz and Parisi), in the hidden-teacher model."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize_scalar

from learnscape.errors import ConvergenceError
from learnscape.replica.hidden._neighbours import _Problem
from learnscape.replica.hidden._rs_kernels import search
from learnscape.replica.hidden._typical import MARGINS, saddle

__all__ = ["Flat", "largest_margin", "lowest_flat"]

Array = NDArray[np.float64]
TOLERANCE = 1e-8  # of the saddle
MARGIN_TOLERANCE, LOAD_TOLERANCE = 1e-10, 1e-6
LOWEST, HIGHEST = 0.93, 1.02  # of the load where y -> infinity regions end: between them this estimator lies
FIRST, STRIDE = 0.006, 0.2  # distance where the search begins, and steps of its logarithm


class Flat(NamedTuple):
    """Where the entropy around students of the largest margin is flat at one distance."""

    alpha: float
    """Load."""
    distance: float
    """Distance from the reference."""
    margin: float
    """Largest margin at this load."""
    error: float
    """Generalization error of the students at this distance."""


@lru_cache(maxsize=1024)
def largest_margin(alpha: float, alpha_t: float, share: float) -> float:
    """The margin at which the entropy of typical students vanishes at this load."""

    def excess(margin: float) -> float:
        return math.log(search(0.0, alpha_t, share, margin).alpha / alpha)

    return float(brentq(excess, -MARGINS, MARGINS, xtol=MARGIN_TOLERANCE))


class _Slopes:
    """The slope of the entropy at loads and distances near by: each solution starts the next."""

    def __init__(self, alpha_t: float, share: float, margin: float) -> None:
        self.model = alpha_t, share, margin
        self.last: tuple[Array, Array] | None = None
        self.error = math.nan

    def slope(self, alpha: float, distance: float) -> float:
        alpha_t, share, margin = self.model
        kept = largest_margin(alpha, alpha_t, share)
        problem = _Problem(saddle(alpha, alpha_t, share, kept), alpha, alpha_t, share, margin, kept)
        t = 1.0 - 2.0 * distance
        start = problem.copies(t)
        if self.last is None:
            found = problem.find(distance)
        else:
            found = problem.settle(t, self.last[0] + start - self.last[1], TOLERANCE)
            if not found.converged:
                found = problem.find(distance)
        self.last = found.x, start
        state = problem.at(found.x)
        self.error = state.error
        return -2.0 * state.slope


def lowest_flat(alpha_t: float, share: float, margin: float, guess: float) -> Flat:
    """The smallest load at which the entropy is flat at some distance; ``guess``: the end of y -> infinity regions."""
    slopes = _Slopes(alpha_t, share, margin)

    def flat(log_distance: float) -> float:
        distance = math.exp(log_distance)
        low, high = LOWEST * guess, HIGHEST * guess
        try:
            return float(brentq(slopes.slope, low, high, args=(distance,), xtol=LOAD_TOLERANCE))
        except ValueError:
            raise ConvergenceError(
                f"entropy around the largest margin: at the distance {distance:.6g} it is not flat between alpha = {low:.6g} and {high:.6g}"
            ) from None

    points = [math.log(FIRST), math.log(FIRST) - STRIDE]
    values = [flat(point) for point in points]
    stride = STRIDE
    if values[1] > values[0]:
        points, values, stride = points[::-1], values[::-1], -STRIDE
    while values[-1] < values[-2]:
        points.append(points[-1] - stride)
        values.append(flat(points[-1]))
    best = minimize_scalar(flat, bracket=tuple(points[-3:]), method="brent", options={"xtol": 2e-3})
    alpha = flat(float(best.x))
    return Flat(alpha, math.exp(float(best.x)), largest_margin(alpha, alpha_t, share), slopes.error)
