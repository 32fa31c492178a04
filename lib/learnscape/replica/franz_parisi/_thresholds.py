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

__all__ = ["Margins", "Thresholds", "margins", "thresholds"]

LOOKS = (0.9, 0.95, 0.98, 0.995)  # of the capacity: loads at which the entropy is looked at for a minimum
STARTS = (
    1.0,
    0.9,
    0.75,
    0.6,
    0.45,
    0.3,
    0.2,
    0.12,
    0.07,
    0.04,
    0.02,
)  # shares of the largest margin, for the same
NEAR_DISTANCES = np.geomspace(2e-4, 0.2, 15)
DISTANCES = np.geomspace(2e-3, 0.2, 9)
ROUGH, FINE = 1e-4, 1e-8  # residuals of the saddle points, to look and to solve
SPREAD = 0.02  # in ln d, of the three slopes through which a parabola goes
LONGEST = 0.5  # step in ln d
LOADS, SHARES = 0.03, 0.3  # relative steps in the load and in the share of the largest margin
FAR = 0.3  # in ln d: a minimum so far away is not known well enough for another step
EXACT = 1e-7  # of the longest step; the error is then a thousand times smaller
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


@dataclass(frozen=True)
class Margins:
    """What kinds of solutions there are at one load, by the margin of the reference."""

    positive: float | None
    """From this margin on there are solutions at every distance; below, a shell without solutions surrounds the neighbours. None if no margin suffices."""
    monotone: float | None
    """From this margin on the entropy is a monotone function of the distance. None if no margin suffices."""
    positive_distance: float | None
    """Where the entropy vanishes at `positive`."""
    monotone_distance: float | None
    """Where the slope vanishes at `monotone`."""


class Path:
    """The entropy around a reference that depends on one parameter."""

    def __init__(
        self, weights: Weights, constraint: Constraint, place: Callable[[float], tuple[float, float]]
    ) -> None:
        self.weights, self.constraint = weights, constraint
        self.place = place  # load and reference margin
        self.parameter = math.nan
        self.x: np.ndarray | None = None

    def at(self, parameter: float, log_d: float, tol: float = FINE) -> Solution:
        """The saddle, starting from the one before."""
        if parameter != self.parameter:
            self.parameter, (alpha, self.margin) = parameter, self.place(parameter)
            self.problem, self.state = prepare(self.weights, self.constraint, alpha, self.margin, False)
        found, self.x = at_distance(
            self.weights, self.problem, self.state, math.exp(log_d), self.x, tol, MAX_ITERATIONS
        )
        if not found.converged:
            message = f"the saddle point around the margin {self.margin!r}, at distance {math.exp(log_d)!r}, was lost"
            raise ConvergenceError(message, [found.residual])
        return found

    def rise(self, parameter: float, log_d: float) -> float:
        """d phi/d ln d."""
        return self.at(parameter, log_d).slope * math.exp(log_d)


def _falls(path: Path, parameter: float, distances: np.ndarray = DISTANCES) -> float | None:
    """ln d where the entropy falls most before it rises again; None if it does not fall."""
    rises = np.array([path.at(parameter, math.log(d), ROUGH).slope * d for d in distances])
    later = np.maximum.accumulate(rises[::-1])[::-1]
    falls = np.flatnonzero((rises[:-1] < 0.0) & (later[1:] > 0.0))
    return math.log(distances[falls[np.argmin(rises[falls])]]) if falls.size else None


def _lowest_rise(path: Path, parameter: float, log_d: float) -> tuple[float, float]:
    """The smallest rise near a distance, and how far it is in ln d, by the parabola through three points."""
    left, middle, right = (path.rise(parameter, log_d + k * SPREAD) for k in (-1, 0, 1))
    slope, bend = 0.5 * (right - left) / SPREAD, (right + left - 2.0 * middle) / SPREAD**2
    if bend <= 0.0:
        return middle, -math.copysign(LONGEST, slope)
    return middle - 0.5 * slope * slope / bend, -slope / bend


def _lowest_entropy(path: Path, parameter: float, log_d: float) -> tuple[float, float]:
    """The smallest entropy near a distance, and how far it is in ln d, by Newton's step."""
    here = path.at(parameter, log_d)
    rise = here.slope * here.distance
    bend = (path.rise(parameter, log_d + SPREAD) - path.rise(parameter, log_d - SPREAD)) / (2.0 * SPREAD)
    if bend <= 0.0:
        return here.entropy, LONGEST
    return here.entropy - 0.5 * rise * rise / bend, -rise / bend


def _touch(
    lowest: Callable[[Path, float, float], tuple[float, float]],
    path: Path,
    start: float,
    log_d: float,
    longest: float,
    highest: float = math.inf,
) -> tuple[float, float]:
    """Parameter and ln d where a minimum touches zero: the secant method in the parameter, while the distance follows the minimum.

    ``longest`` is the longest step, with the sign in which the minimum rises.
    """
    here = start
    trace = []
    before, value_before = math.nan, math.nan
    for _ in range(MOST):
        value, move = lowest(path, here, log_d)
        trace.append(abs(value))
        log_d += min(max(move, -LONGEST), LONGEST)
        step = 0.3 * longest * math.copysign(1.0, -value)
        if value != value_before and math.isfinite(before):
            step = -value * (here - before) / (value - value_before)
        if abs(step) <= EXACT * abs(longest) and abs(move) <= SPREAD:
            return here + step, log_d
        before, value_before = here, value
        if abs(move) > FAR:  # first the distance
            before = math.nan
            continue
        here += min(max(step, -abs(longest)), abs(longest))
        here = min(here, highest)
    raise ConvergenceError(f"no threshold was found near {here!r}", trace)


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
    path = Path(weights, constraint, lambda alpha: (alpha, kappa_max(weights, alpha, constraint)))
    alpha, where = limit, None
    for fraction in LOOKS:
        alpha = fraction * limit
        where = _falls(path, alpha)
        if where is not None:
            break
    allowed = f"one whose solutions of largest margin lose their neighbours before the capacity {limit:.9g}"
    require(where is not None, "constraint", constraint, allowed)
    assert where is not None
    local, local_at = _touch(_lowest_rise, path, alpha, where, -LOADS * limit)
    margin = path.margin
    gap, gap_at = _touch(_lowest_entropy, path, 1.02 * local, local_at + 1.0, -LOADS * limit)
    return Thresholds(local, gap, math.exp(local_at), math.exp(gap_at), margin, path.margin)


def margins(weights: Weights, constraint: Constraint, alpha: float) -> Margins:
    """Margins of the reference from which it has solutions at every distance, and from which their entropy is monotone.

    Around a reference of small margin there are solutions close by, then a shell without any; from `Margins.positive` on they are at every distance, but the entropy has a
    minimum; from `Margins.monotone` on there is none: the region is dense on every scale.

    Parameters
    ----------
    weights : Binary
    constraint : Constraint
        Of the solutions that are counted.
    alpha : float
        Load P/N, at most the capacity.

    Returns
    -------
    Margins
        In units of ``kappa``; for `SymmetricMargin` half-widths, which fall.

    Raises
    ------
    ValueError
        Bad input.
    ConvergenceError
        A saddle point was lost on the way, or the minimum lies at distances below 2e-4, as at small loads (kappa = 0: below about 0.35).

    Examples
    --------
    >>> from learnscape import Binary, Margin
    >>> found = margins(Binary(), Margin(0.0), 0.6)
    >>> round(found.positive, 4), round(found.monotone, 4)
    (0.0429, 0.0546)
    """
    binary, load = check(weights, constraint, alpha)
    require(binary, "weights", weights, "Binary(): the entropy of real weights is negative at all distances")
    kappa, largest = float(getattr(constraint, "kappa", math.nan)), kappa_max(weights, load, constraint)

    def place(share: float) -> tuple[float, float]:
        return load, kappa + share * (largest - kappa)

    path = Path(weights, constraint, place)
    start, where = 1.0, None
    for start in STARTS:
        where = _falls(path, start, NEAR_DISTANCES)
        if where is not None:
            break
    if where is None:
        raise ConvergenceError(
            f"no minimum of the entropy was found at alpha = {load!r}, down to d = 2e-4", []
        )
    monotone = positive = None
    bottom = where + 0.7
    if start < 1.0:
        monotone = _touch(_lowest_rise, path, start, where, SHARES * start, 1.0)
        start, bottom = 0.9 * monotone[0], monotone[1] + 0.5
    if start < 1.0 or _lowest_entropy(path, 1.0, _bottom(path, 1.0, bottom))[0] > 0.0:
        positive = _touch(_lowest_entropy, path, start, bottom, SHARES * start, 1.0)
    return Margins(
        *(None if one is None else place(one[0])[1] for one in (positive, monotone)),
        *(None if one is None else math.exp(one[1]) for one in (positive, monotone)),
    )


def _bottom(path: Path, parameter: float, log_d: float) -> float:
    """ln d of the minimum of the entropy near a distance."""
    for _ in range(MOST):
        move = _lowest_entropy(path, parameter, log_d)[1]
        log_d += min(max(move, -LONGEST), LONGEST)
        if abs(move) < SPREAD:
            break
    return log_d
