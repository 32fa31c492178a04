r"""Where dense regions end: the largest load at which the local entropy grows monotonically with the distance.

*Problem.* The slope :math:`dS_I/dd` vanishes at the distance of typical solutions, where the local entropy has its maximum, and below it is positive at small loads. At the
threshold its minimum over d touches zero, at a critical distance. The slope is an explicit average at the saddle, divided here by :math:`1-d/d_{\rm typ}`, which leaves the interior zeros alone.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from learnscape.constraints import Constraint
from learnscape.errors import ConvergenceError, ReplicaSymmetryWarning
from learnscape.replica import rs
from learnscape.replica.local_entropy._limit import has_limit
from learnscape.replica.local_entropy._solve import Solution, check_y, point, typical_distance
from learnscape.weights import Weights

__all__ = ["Threshold", "threshold"]

CLOSEST, WIDEST = 3e-3, 0.999  # where a minimum is looked for, in units of the typical distance
POINTS = 10
TYPICAL = 0.98  # a critical distance beyond it is the typical one
EARLIEST, LATEST = 0.5, 0.99  # loads, in units of the capacity
NEAR = 0.02  # loads so near share their minimum
WINDOW = 1.6  # the minimum moves by less than this factor from one load to the next
DISTANCE, LOAD = 1e-4, 1e-10  # relative tolerances; the first enters squared


@dataclass(frozen=True, eq=False)
class Threshold:
    """Where the local entropy stops to be monotone, from :func:`threshold`."""

    alpha: float
    """alpha_LE, the largest load with a monotone local entropy."""
    distance: float
    """Critical mutual distance, where the slope vanishes."""
    estimator: str
    """How y was chosen: "finite y", "y -> infinity" or "zero external entropy"."""
    y: float
    """y at the critical point."""
    entropy: float
    """Local entropy there."""
    external_entropy: float
    """External entropy there."""
    formal: bool
    """True if it is negative: the threshold belongs to a formal limit."""
    point: Solution
    """The critical point itself."""


def threshold(weights: Weights, constraint: Constraint, *, y: float | str) -> Threshold:
    """The largest load at which the local entropy is a monotone function of the distance, by the estimator that y names.

    Parameters
    ----------
    weights, constraint
        The problem, for instance ``Binary(), Margin(0.0)``.
    y : float or "zero_external_entropy"
        As in :func:`solve`. ``math.inf`` takes a fraction of a second, the others up to a minute.

    Returns
    -------
    Threshold

    Notes
    -----
    On the sphere with kappa < 0 the local entropy loses its monotonicity at the typical distance itself, where replica symmetry becomes unstable: the answer is then
    ``rs.at_line``, with a point just below that distance.

    Raises
    ------
    ValueError
        Bad input, or a local entropy that is monotone, or not monotone, at every load looked at.
    ConvergenceError
        A saddle was lost on the way.

    Examples
    --------
    >>> from learnscape import Binary, Margin
    >>> found = threshold(Binary(), Margin(0.0), y=math.inf)
    >>> round(found.alpha, 6), round(found.distance, 4), found.estimator
    (0.755302, 0.0402, 'y -> infinity')
    """
    kind = check_y(y)
    rs.check_problem(weights, constraint)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ReplicaSymmetryWarning)
        end = rs.capacity(weights, constraint)
    best: Solution | None = None

    def lowest(alpha: float) -> float:
        nonlocal best
        typical = typical_distance(weights, constraint, alpha)
        near = best if best is not None and abs(alpha / best.alpha - 1.0) < NEAR else None

        def slope(log_d: float) -> float:
            nonlocal near
            near = point(weights, constraint, alpha, math.exp(log_d), kind, near)
            return near.slope / (1.0 - near.distance / typical)

        low, high = math.log(CLOSEST * typical), math.log(WIDEST * typical)
        if near is not None:
            middle = math.log(near.distance)
            low, high = max(low, middle - math.log(WINDOW)), min(high, middle + math.log(WINDOW))
        else:
            grid = np.linspace(high, low, POINTS)
            i = int(np.argmin([slope(x) for x in grid]))
            low, high = grid[min(i + 1, POINTS - 1)], grid[max(i - 1, 0)]
        found = minimize_scalar(slope, bounds=(low, high), method="bounded", options={"xatol": DISTANCE})
        best = point(weights, constraint, alpha, math.exp(found.x), kind, near)
        return float(found.fun)

    late, early = LATEST * end, EARLIEST * end
    if isinstance(kind, str) and has_limit(
        weights
    ):  # at small loads the external entropy vanishes at huge y only
        early = threshold(weights, constraint, y=math.inf).alpha
    refusal = f"constraint = {constraint!r} is not allowed: with {weights!r} the local entropy is"
    ends = {load: lowest(load) for load in (late, early)}
    if ends[late] >= 0.0:
        raise ValueError(f"{refusal} monotone up to alpha = {late:.6g}")
    if ends[early] <= 0.0:
        raise ValueError(f"{refusal} not monotone from alpha = {early:.6g} on")
    alpha = float(brentq(lambda load: ends[load] if load in ends else lowest(load), early, late, rtol=LOAD))
    value = lowest(alpha)
    assert best is not None
    if best.distance > TYPICAL * typical_distance(weights, constraint, alpha):
        alpha = rs.at_line(weights, constraint)
    if not abs(value) < 1e-5:
        raise ConvergenceError(
            f"the slope of the local entropy jumps to {value:.3g} at alpha = {alpha:.9g}", [value]
        )
    return Threshold(
        alpha,
        best.distance,
        best.estimator,
        best.y,
        best.entropy,
        best.external_entropy,
        best.formal,
        best,
    )
