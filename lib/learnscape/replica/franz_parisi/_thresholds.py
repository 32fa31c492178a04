r"""Where the neighbourhood of the solutions of largest margin loses its monotone entropy, and where it breaks off.

*Problem.* At load alpha take the reference of the largest margin, :math:`\tilde\kappa=\kappa_{\max}(\alpha)`. At small alpha the entropy :math:`\phi(d)` rises all the way from the
reference to the most probable distance. At :math:`\alpha_{\mathrm{LE}}` its slope first touches zero in between,

.. math:: \phi'(d)=\phi''(d)=0,

and at :math:`\alpha_{\mathrm{OGP}}` the minimum that then opens reaches zero, :math:`\phi(d)=\phi'(d)=0`: distances appear that no two such solutions have. Both are estimators; other
choices of what an atypical solution is give other numbers. Baldassi et al. (2021); chapter ``dense/local-entropy``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from learnscape.constraints import Constraint
from learnscape.errors import ConvergenceError, require
from learnscape.replica.franz_parisi._landmarks import kappa_max
from learnscape.replica.franz_parisi._solve import (
    MAX_ITERATIONS,
    Solution,
    at_distance,
    capacity,
    check,
    prepare,
)
from learnscape.weights import Weights

__all__ = ["Thresholds", "thresholds"]

LOOKS = (0.9, 0.95, 0.98, 0.995)  # of the capacity: loads at which the entropy is looked at for a minimum
DISTANCES = np.geomspace(2e-3, 0.25, 11)
ROUGH, FINE = 1e-5, 1e-10  # residuals of the saddle points, to look and to solve
SPREAD = 0.02  # in ln d, of the three slopes through which a parabola goes
LONGEST = 0.5, 0.03  # steps in ln d and ln alpha
FAR = 0.3  # in ln d: a minimum so far away is not known well enough for a step in alpha
EXACT = 1e-10  # of a load
MOST = 40  # steps


@dataclass(frozen=True)
class Thresholds:
    """Loads around the solutions of largest margin; the estimator of both is the Franz-Parisi entropy with ``reference_margin=kappa_max``."""

    local_entropy: float
    """Largest load at which the entropy is a monotone function of the distance."""
    overlap_gap: float
    """Load from which the entropy is negative in an interval of distances that does not contain 0."""
    local_entropy_distance: float
    """Where the slope vanishes at `local_entropy`."""
    overlap_gap_distance: float
    """Where the entropy vanishes at `overlap_gap`."""
    local_entropy_kappa_max: float
    """The largest margin at `local_entropy`."""
    overlap_gap_kappa_max: float
    """The largest margin at `overlap_gap`."""


class Path:
    """The entropy around the solution of largest margin, at one load after the other."""

    def __init__(self, weights: Weights, constraint: Constraint) -> None:
        self.weights, self.constraint = weights, constraint
        self.load = math.nan
        self.x: np.ndarray | None = None

    def at(self, alpha: float, log_d: float, tol: float = FINE) -> Solution:
        """The saddle, starting from the one before."""
        if alpha != self.load:
            self.load, self.margin = alpha, kappa_max(self.weights, alpha, self.constraint)
            self.problem, self.state = prepare(self.weights, self.constraint, alpha, self.margin, False)
        found, self.x = at_distance(
            self.weights, self.problem, self.state, math.exp(log_d), self.x, tol, MAX_ITERATIONS
        )
        if not found.converged:
            message = f"the saddle point at alpha = {alpha!r}, distance {math.exp(log_d)!r} was lost"
            raise ConvergenceError(message, [found.residual])
        return found

    def rise(self, alpha: float, log_d: float) -> float:
        """d phi/d ln d."""
        return self.at(alpha, log_d).slope * math.exp(log_d)


def _look(path: Path, limit: float) -> tuple[float, float]:
    """A load at which the entropy falls and rises again, and the distance where it falls most."""
    for fraction in LOOKS:
        alpha = fraction * limit
        rises = np.array([path.at(alpha, math.log(d), ROUGH).slope * d for d in DISTANCES])
        later = np.maximum.accumulate(rises[::-1])[::-1]
        falls = np.flatnonzero((rises[:-1] < 0.0) & (later[1:] > 0.0))
        if falls.size:
            return alpha, math.log(DISTANCES[falls[np.argmin(rises[falls])]])
    allowed = f"one whose solutions of largest margin lose their neighbours before the capacity {limit:.9g}"
    require(False, "constraint", path.constraint, allowed)
    raise AssertionError


def _lowest_rise(path: Path, alpha: float, log_d: float) -> tuple[float, float]:
    """The smallest rise near a distance, and how far it is in ln d, by the parabola through three points."""
    left, middle, right = (path.rise(alpha, log_d + k * SPREAD) for k in (-1, 0, 1))
    slope, bend = 0.5 * (right - left) / SPREAD, (right + left - 2.0 * middle) / SPREAD**2
    if bend <= 0.0:
        return middle, -math.copysign(LONGEST[0], slope)
    return middle - 0.5 * slope * slope / bend, -slope / bend


def _lowest_entropy(path: Path, alpha: float, log_d: float) -> tuple[float, float]:
    """The smallest entropy near a distance, and how far it is in ln d, by Newton's step."""
    here = path.at(alpha, log_d)
    rise = here.slope * here.distance
    bend = (path.rise(alpha, log_d + SPREAD) - path.rise(alpha, log_d - SPREAD)) / (2.0 * SPREAD)
    if bend <= 0.0:
        return here.entropy, LONGEST[0]
    return here.entropy - 0.5 * rise * rise / bend, -rise / bend


def _touch(
    lowest: Callable[[Path, float, float], tuple[float, float]], path: Path, alpha: float, log_d: float
) -> tuple[float, float]:
    """Load and ln d where a minimum touches zero: the secant method in the load, while the distance follows the minimum."""
    trace = []
    before, value_before = math.nan, math.nan
    for _ in range(MOST):
        value, move = lowest(path, alpha, log_d)
        trace.append(abs(value))
        log_d += min(max(move, -LONGEST[0]), LONGEST[0])
        step = -LONGEST[1] * alpha * math.copysign(0.3, -value)
        if value != value_before and math.isfinite(before):
            step = -value * (alpha - before) / (value - value_before)
        if abs(step) <= EXACT * alpha and abs(move) <= SPREAD:
            return alpha + step, log_d
        before, value_before = alpha, value
        if abs(move) > FAR:  # first the distance
            before = math.nan
            continue
        alpha += min(max(step, -LONGEST[1] * alpha), LONGEST[1] * alpha)
    raise ConvergenceError(f"no threshold was found near alpha = {alpha!r}", trace)


def thresholds(weights: Weights, constraint: Constraint) -> Thresholds:
    """Loads where the entropy around the solutions of largest margin stops to be monotone, and where a gap opens in it.

    Parameters
    ----------
    weights : Binary
    constraint : Constraint
        Of the solutions that are counted; the reference's is of the same kind, with the largest margin (`SymmetricMargin`: the smallest half-width) that exists at each load.

    Returns
    -------
    Thresholds
        Loads right to about 1e-8.

    Raises
    ------
    ValueError
        Weights without such thresholds.
    ConvergenceError
        A saddle point was lost on the way.

    Examples
    --------
    >>> from learnscape import Binary, Margin
    >>> found = thresholds(Binary(), Margin(0.0))
    >>> round(found.local_entropy, 3), round(found.overlap_gap, 3)
    (0.729, 0.748)
    """
    binary, _ = check(weights, constraint, 1.0)
    require(binary, "weights", weights, "Binary(): the entropy of real weights is negative at all distances")
    limit = capacity(weights, constraint)
    path = Path(weights, constraint)
    local, local_at = _touch(_lowest_rise, path, *_look(path, limit))
    margin = path.margin
    gap, gap_at = _touch(_lowest_entropy, path, 1.02 * local, local_at + 1.0)
    return Thresholds(local, gap, math.exp(local_at), math.exp(gap_at), margin, path.margin)
