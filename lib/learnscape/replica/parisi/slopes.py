"""How near a jammed state with k levels is to its power laws: logarithmic derivatives, place by place.

*Problem.* 1 - q ~ y^-1.41574, P(gap) ~ gap^-0.41269 and P(force) ~ force^0.42311 hold between two ends: at large scales the problem itself, at small ones the innermost level. A fitted exponent depends on
the window; the local slope shows where there is a plateau, and how it grows with the levels.

*At kappa = -1* the slope of 1 - q is within 3 per cent of its limit from y = 400 to 17000 with 40 levels, to 80000 with 50; that of small gaps over half a decade with 40, from 7e-5 to 7e-4 with 50. Forces are cut off
at a scale that falls only as y^-0.29: the largest slope is 0.24, 0.36, 0.40, 0.41 with 12, 24, 40, 50 levels.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from learnscape.errors import is_integer, require
from learnscape.replica.parisi.perceptron_jamming import Jamming
from learnscape.results import by_identity

__all__ = ["LocalSlopes", "local_slopes"]

Array = NDArray[np.float64]


@by_identity
class LocalSlopes(NamedTuple):
    """Logarithmic derivatives and where they are taken."""

    y: Array
    """Order parameter, in the units of the solution."""
    overlap: Array
    """d ln(1 - q)/d ln y, one for each level but two; its limit is -1.41574."""
    gap: Array
    """Distance of a pattern from the edge."""
    gap_slope: Array
    """d ln P/d ln gap; its limit is -0.41269."""
    force: Array
    """Force of a touching pattern, -h / lam[-1]."""
    force_slope: Array
    """d ln P/d ln force; its limit is 0.42311."""


def local_slopes(solution: Jamming, *, per_decade: int = 8) -> LocalSlopes:
    """Local slopes of the three power laws of jamming.

    Parameters
    ----------
    solution : Jamming
        With at least 3 levels.
    per_decade : int
        Places a decade for gaps and forces, >= 1; they run from a fifth of the root of the smallest 1 - q to 0.3.

    Examples
    --------
    >>> from learnscape.replica.parisi import jamming
    >>> found = local_slopes(jamming(-1.0, levels=6))
    >>> found.overlap.round(2)
    array([-2.9 , -2.23, -1.9 , -1.96])
    """
    require(isinstance(solution, Jamming), "solution", solution, "a Jamming")
    levels = solution.y.size
    require(levels >= 3, "levels", levels, "at least 3: a slope needs three")
    good = is_integer(per_decade) and per_decade >= 1
    require(good, "per_decade", per_decade, "an integer >= 1")
    # block i lies between 1 - q_{i-1} and 1 - q_i; y is its value in the middle
    middle = 0.5 * np.log(solution.gap[:-1] * solution.gap[1:])
    log_y = np.log(solution.y[:-1])
    places = np.exp(0.5 * (log_y[1:] + log_y[:-1]))
    smallest = 0.2 * float(np.sqrt(solution.gap[-1]))
    gap, gap_slope = _slope(solution.h, solution.P, smallest, per_decade)
    # on the other side forces compress fields by lambda
    depth, force_slope = _slope(-solution.h[::-1], solution.P[::-1], smallest, per_decade)
    return LocalSlopes(
        places, np.diff(middle) / np.diff(log_y), gap, gap_slope, depth / solution.lam[-1], force_slope
    )


def _slope(x: Array, density: Array, smallest: float, per_decade: int) -> tuple[Array, Array]:
    """d ln density/d ln x on equal steps of ln x, where there is density."""
    good = (x > 0.0) & (density > 1e-250)
    log_x, log_p = np.log(x[good]), np.log(density[good])
    steps = int(per_decade * np.log10(0.3 / smallest))
    places = np.log(smallest) + np.log(10.0) / per_decade * np.arange(steps + 1)
    places = places[places < log_x[-1]]
    return np.exp(places), np.interp(places, log_x, np.gradient(log_p, log_x))
