r"""Full RSB of the negative spherical perceptron at its capacity, where it jams.

*Problem.* The capacity with k steps is a minimum over overlaps and block parameters (:mod:`learnscape.replica.rsb`),
:math:`\alpha=\min A/(-B)` with the entropy A of the sphere and the cost B of the patterns. With the gaps :math:`D_i=1-q_i` on a fixed
ladder and y free, Newton's method with the exact Hessian (:mod:`learnscape.replica.parisi`) needs about ten steps for any k. That the
minimum is the only one is not proved: unlike Parisi's functional of the SK model, this one is not convex far from it.

*The ladder.* :math:`D_0` is free. :math:`\ln(D_{i-1}/D_i)=2.36\,j^{-0.62}` with j - 1 the number of steps from the inner end: what minimising over all overlaps too gives for few levels, so that many levels
reach far (:math:`1-q=6\times10^{-9}` for 40, :math:`7\times10^{-10}` for 50) and are dense outside. Since alpha is a minimum, each ladder's value is an upper bound (within replicas) on the full-RSB load, and
:func:`learnscape.replica.rsb.capacity` is below for as many levels.

*Accuracy* at kappa = -1: alpha is 2e-5 too high with 12 levels, 2e-6 with 24, and a few times 1e-7 with 40 or 50; contacts are 1.021, 1.0052, 1.0014, 1.0007: what is missing vanishes as :math:`y_k^{-c}`,
the weight of the scaling region, or as :math:`(1-q_k)^{0.2937}`. Extrapolated with this power to :math:`q_k=1`, 40 and 50 levels give contacts of 1 within 1e-6; with fewer than 50 levels no single solution has them within 1e-3. *Rigour.* Exact within replicas; not proved.
Franz, Parisi, Sevelev, Urbani and Zamponi (2017); chapters *full-rsb* and *jamming-exponents*.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from learnscape.ansatz.grid import NODES
from learnscape.errors import ConvergenceError, as_finite, is_integer, raises_on_failure, require
from learnscape.numerics.gaussian import log_H
from learnscape.numerics.legendre import legendre
from learnscape.replica import _sphere
from learnscape.replica._rsb_leaf import margin_leaf
from learnscape.replica.parisi import _chain
from learnscape.replica.parisi._newton import Minimum, minimise

__all__ = ["Jamming", "jamming"]

Array = NDArray[np.float64]
LOWEST, HIGHEST = -1.4, -0.01
MOST_LEVELS = 60
STAGES = (4, 12)  # fewer levels first: they give the start
TOLERANCE = 1e-6  # of the last Newton step in ln y; what is left is its square
ITERATIONS = 60
DIFFERENCE = 1e-5  # for the one column of the Hessian, that of ln D_0, that is not known exactly
NORM = 1e-6  # of the density's sum: y f is large for small margins, and its exponential loses the density before the load is lost
INWARD = 0.7063  # 1/kappa_exponent: ln y against -ln D where the ladder goes on
PRODUCT = 1.55  # y_k D_{k-1} of the innermost level, for any kappa


@dataclass(frozen=True, eq=False)
class Jamming:
    """Full RSB at jamming, on a ladder of k levels. Lengths: h and its density are measured from the edge of the allowed set."""

    kappa: float
    """The margin."""
    alpha: float
    """Load at which the solutions vanish: an upper bound within replicas, falling with the levels."""
    gap: Array
    """1 - q_i, i = 0, ..., k - 1, falling; the innermost overlap is 1. Smaller than the rounding of q itself. (k,)"""
    y: Array
    """Order parameter m / (1 - q_k) between q_{i-1} and q_i, i = 1, ..., k, in units in which lam[0] = 1; (k,). Times lam[0]/lam[-1] it is the y of rsb.capacity."""
    lam: Array
    """lambda_0, ..., lambda_k, the same units: eigenvalues of the overlap matrix; (k + 1,)."""
    h: Array
    """Fields minus kappa, the nodes; (m,)."""
    P: Array
    """Density of the field: gaps for h > 0; for h < 0 touching patterns, whose force is -h in some unit. It has no structure below the root of gap[-1]. (m,)"""
    weights: Array
    """Quadrature weights: sums with P * weights are averages. (m,)"""
    contacts: float
    """alpha times the share of patterns that touch, in units of N; 1 is isostatic."""
    residual: float
    """Largest component of the last Newton step in the logarithms."""
    iterations: int
    """Newton steps with all levels."""
    converged: bool
    """Whether the tolerance was reached, with a rising y and a density that sums to one within 1e-6."""

    @property
    def q(self) -> Array:
        """Overlaps q_0, ..., q_{k-1}."""
        return 1.0 - self.gap


def jamming(kappa: float, *, levels: int = 12, on_failure: str = "raise") -> Jamming:
    """Load, order parameter and field distribution of the spherical perceptron where it jams.

    Parameters
    ----------
    kappa : float
        Margin, from -1.4 to -0.01; above -0.05 few levels have enough digits (at -0.02 four, not twelve). For kappa >= 0 replica symmetry is exact: `learnscape.replica.rs.capacity`. Below about -1.42 the order parameter begins with
        a jump of q, which the ladder does not have (`learnscape.replica.rsb.capacity` has it).
    levels : int
        1 to 60. 12 levels take one or two seconds, 40 twenty, 50 half a minute.
    on_failure : {"raise", "return"}
        What to do if Newton's method stops early, or the density does not sum to one.

    Returns
    -------
    Jamming

    Raises
    ------
    ValueError
        Bad input.
    ConvergenceError
        Newton's method stopped early, ran away, or the density was lost to rounding, as for small margins; its trace holds the steps.

    Examples
    --------
    >>> found = jamming(-1.0, levels=4)
    >>> round(found.alpha, 5), round(found.contacts, 3), found.gap.round(3)
    (12.28224, 1.1, array([0.434, 0.16 , 0.048, 0.01 ]))
    """
    kappa = as_finite("kappa", kappa)
    if kappa >= 0.0:
        allowed = "negative: else replica symmetry is exact, see learnscape.replica.rs.capacity"
        require(False, "kappa", kappa, allowed)
    allowed = f"from {LOWEST} to {HIGHEST}: below, the order parameter begins with a jump (see learnscape.replica.rsb.capacity); above, breaking gains too little"
    require(LOWEST <= kappa <= HIGHEST, "kappa", kappa, allowed)
    good = is_integer(levels) and 1 <= levels <= MOST_LEVELS
    require(good, "levels", levels, f"an integer from 1 to {MOST_LEVELS}")
    raises = raises_on_failure(on_failure)
    x, before = _first(kappa), 1
    found = Minimum(x, [], False)
    for k in (*(stage for stage in STAGES if stage < levels), int(levels)):
        x = _refined(x, ladder(before), ladder(k))
        found = minimise(_Objective(kappa, ladder(k)), x, TOLERANCE, ITERATIONS)
        x, before = found.x, k
    answer = _solution(kappa, found)
    if raises and not answer.converged:
        raise ConvergenceError(
            f"no minimum at kappa = {kappa!r} with {levels} levels: last step {answer.residual:.2g}, density summing to {float(answer.P @ answer.weights):.9g}; fewer levels may have one",
            found.trace,
        )
    return answer


def ladder(k: int) -> Array:
    """ln(D_0/D_i), i = 0, ..., k - 1."""
    steps = 2.36 * np.arange(k, 1, -1.0) ** -0.62
    answer: Array = np.concatenate([[0.0], np.cumsum(steps)])
    return answer


class _Objective:
    """ln alpha of ln D_0 and ln y_1, ..., ln y_k, in units in which the innermost lambda is 1."""

    def __init__(self, kappa: float, depth: Array) -> None:
        self.kappa, self.depth = kappa, depth

    def __call__(self, x: Array) -> tuple[float, Array, Array]:
        n = x.size
        hessian = np.empty((n, n))
        if not (x[0] < -1e-3 and np.abs(x).max() < 60.0):
            return math.inf, np.empty(n), hessian
        value, gradient, hessian[1:, 1:] = self.derivatives(x)
        shifted = x.copy()
        shifted[0] += DIFFERENCE
        hessian[0] = (self.derivatives(shifted)[1] - gradient) / DIFFERENCE
        hessian[1:, 0] = hessian[0, 1:]
        return value, gradient, hessian

    def derivatives(self, x: Array) -> tuple[float, Array, Array]:
        """Value, gradient, and second derivatives in ln y."""
        gaps, y = np.exp(x[0] - self.depth), np.exp(x[1:])
        full = np.append(gaps, 0.0)
        sphere, by_y, by_gap = _sphere.entropy(full, y, 1.0)
        cost, cost_y, cost_gap, cost_yy = _chain.derivatives(sweep(self.kappa, gaps, y), y[:-1], y[-1])
        first = by_y / sphere - cost_y / cost
        second = _sphere.curvature(full, y, 1.0) / sphere - np.outer(by_y, by_y) / sphere**2
        second += np.outer(cost_y, cost_y) / cost**2 - cost_yy / cost
        along = float((by_gap[:-1] / sphere - cost_gap / cost) @ gaps)
        gradient = np.concatenate([[along], first * y])
        return math.log(sphere / -cost), gradient, second * np.outer(y, y) + np.diag(first * y)


def sweep(kappa: float, gaps: Array, y: Array) -> _chain.Chain:
    """Both sweeps for the leaf at jamming, where the innermost lambda is 1."""
    lam = _sphere.eigenvalues(np.append(gaps, 0.0), y, 1.0)
    breaks, h = _chain.nodes(gaps[-1], -kappa)
    return _chain.sweep(breaks, h, -kappa, gaps, y[:-1], lam[:-1], _leaf(h, y[-1], gaps[-1]))


def _leaf(h: Array, y: float, gap: float) -> _chain.Leaf:
    """The innermost level in closed form; the second derivative in y from a difference of the first."""
    out, up, down = np.empty((4, h.size)), np.empty((4, h.size)), np.empty((4, h.size))
    margin_leaf(h, 0.0, y, gap, out)
    margin_leaf(h, 0.0, y * (1.0 + 1e-4), gap, up)
    margin_leaf(h, 0.0, y * (1.0 - 1e-4), gap, down)
    return _chain.Leaf(out[0], out[1], out[2], out[3], (up[3] - down[3]) / (2e-4 * y))


def _first(kappa: float) -> Array:
    """A start for one level."""
    square = kappa * kappa
    return np.log([square / (1.0 + square), (2.0 + 2.0 * square) * (1.0 + square) / square])


def _refined(x: Array, old: Array, new: Array) -> Array:
    """The profile y(1 - q) on another ladder: interpolated, and as a power law where it goes on."""
    if old.size == new.size:
        return x
    places, wanted = (
        np.append(0.5 * (d[:-1] + d[1:]), d[-1] + 1.0) for d in (old, new)
    )  # of a block, on ln D
    y = np.interp(wanted, places, x[1:])
    y += INWARD * np.maximum(wanted - places[-1], 0.0) + 0.4 * np.minimum(wanted - places[0], 0.0)
    y += math.log(PRODUCT) - (y[-1] + x[0] - new[-1])
    return np.concatenate([x[:1], y])


def _solution(kappa: float, found: Minimum) -> Jamming:
    depth = ladder(found.x.size - 1)
    gaps, y = np.exp(found.x[0] - depth), np.exp(found.x[1:])
    value = _Objective(kappa, depth).derivatives(found.x)[0]
    chain = sweep(kappa, gaps, y)
    lam = _sphere.eigenvalues(np.append(gaps, 0.0), y, 1.0)
    breaks, h = _chain.nodes(gaps[-1], -kappa)
    weights = (0.5 * np.diff(breaks)[:, None] * legendre(NODES)[1]).ravel()
    leaf = -0.5 * np.minimum(h, 0.0) ** 2
    density = _chain.density(breaks, chain, -kappa, np.append(gaps, 0.0), y, lam, leaf)
    # the share of the touching in the last Gaussian step, of the two terms of margin_leaf
    v = 1.0 + y[-1] * gaps[-1]
    behind = log_H(chain.h / math.sqrt(gaps[-1] * v)) - 0.5 * math.log(v) - 0.5 * y[-1] * chain.h**2 / v
    touching = np.exp(behind - y[-1] * chain.f[-1])
    alpha = math.exp(value)
    whole = abs(float(density @ weights) - 1.0) < NORM
    return Jamming(
        kappa,
        alpha,
        gaps,
        y / lam[0],
        lam / lam[0],
        h,
        density,
        weights,
        alpha * float(chain.measure[-1] @ touching),
        found.trace[-1] if found.trace else math.inf,
        len(found.trace),
        found.converged and whole and bool(np.all(np.diff(y) > 0.0)),
    )
