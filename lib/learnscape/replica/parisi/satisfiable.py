r"""Full RSB of the spherical perceptron where it has solutions: entropy, order parameter and stabilities at finite load.

*Problem.* With x constant between the overlaps of a ladder,

.. math::  s=\min_{x,q}\ \tfrac12\Bigl[\ln(1-q_k)+\frac{q_0}{\lambda_0}+\sum_i\frac1{x_i}\ln\frac{\lambda_{i-1}}{\lambda_i}\Bigr]+\alpha\int P_0f_0,\qquad
    \lambda_{i-1}=\lambda_i+x_i(q_i-q_{i-1}),\quad\lambda_k=1-q_k,

with the leaf :math:`f_k=\ln H((\kappa-h)/\sqrt{1-q_k})`. ln(1 - q) is divided evenly between two free ends, and Newton's method does the rest. (The functional is
not convex in x everywhere, so that the minimum found is the only one is not proved.) This is k-step RSB on a ladder: an upper
bound (within replicas) that falls to full RSB, and equals replica symmetry up to the AT line.

*Accuracy.* The entropy's error falls as k^-4: at kappa = -1, alpha = 10 it is 2e-7, 1e-8, 3e-9 with 4, 8, 12 levels; at alpha = 12, near capacity, 6e-4, 4e-5, 8e-6. Exact within replicas.
Franz, Parisi, Sevelev, Urbani and Zamponi (2017); chapter *full-rsb*.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from learnscape.constraints import Margin
from learnscape.errors import ConvergenceError, as_finite, is_integer, raises_on_failure, require
from learnscape.numerics.gaussian import inverse_mills, log_H
from learnscape.replica import _sphere, rs, rsb
from learnscape.replica.parisi import _chain
from learnscape.replica.parisi._newton import minimise
from learnscape.replica.parisi.breaking import boundaries, breaking_point
from learnscape.weights import Spherical

__all__ = ["Satisfiable", "solve"]

Array = NDArray[np.float64]
HIGHEST = -0.05
MOST_LEVELS = 60
STAGES = (1, 2, 4, 8, 16)  # fewer levels first: they give the start
TOLERANCE = 1e-6
ITERATIONS = 60
DIFFERENCE = 1e-5  # for the columns of the Hessian that belong to the ends of the ladder
TINY = 1e-30
NEAREST = 1e-3  # to the AT line, relative: nearer the ladder has no length that could be found
SMALLEST = 1e-9  # 1 - q_k below it: the minimiser has run away


@dataclass(frozen=True, eq=False)
class Satisfiable:
    """The typical solutions at one load."""

    kappa: float
    """The margin."""
    alpha: float
    """The load."""
    entropy: float
    """ln(volume of solutions)/N, 0 without patterns."""
    q: Array
    """Overlaps q_0, ..., q_k; all equal where replica symmetry is stable. (k + 1,)"""
    x: Array
    """Order parameter between q_{i-1} and q_i, i = 1, ..., k; zeros where replica symmetry is stable. (k,)"""
    replicon: Array
    """1 - alpha lambda_i^2 int P_i f_i''^2 on each level; it vanishes on the continuous part of full RSB. (k + 1,)"""
    broken: bool
    """Whether replica symmetry is broken."""
    residual: float
    """Largest component of the last Newton step in the logarithms; 0 where replica symmetry is stable."""
    converged: bool
    """Whether the tolerance was reached with a rising x."""


def solve(kappa: float, alpha: float, *, levels: int = 12, on_failure: str = "raise") -> Satisfiable:
    """The typical solutions of the spherical perceptron at load alpha, with full RSB beyond the AT line.

    Parameters
    ----------
    kappa : float
        Margin; beyond the AT line from -1.4736 (there full RSB is no longer continuous) to -0.05.
    alpha : float
        Load, > 0, below the capacity (`learnscape.replica.parisi.jamming`).
    levels : int
        Steps k of the ladder, 1 to 60.
    on_failure : {"raise", "return"}
        What to do if Newton's method stops early.

    Raises
    ------
    ValueError
        Bad input, or a load beyond the capacity.
    ConvergenceError
        Newton's method stopped early or ran away; its trace holds the steps.

    Examples
    --------
    >>> found = solve(-1.0, 10.0, levels=6)
    >>> round(found.entropy, 5), found.broken, bool(found.x[0] < found.x[-1] < 1.0)
    (-2.35728, True, True)
    """
    kappa, alpha = as_finite("kappa", kappa), as_finite("alpha", alpha)
    require(alpha > 0.0, "alpha", alpha, "a load > 0")
    good = is_integer(levels) and 1 <= levels <= MOST_LEVELS
    require(good, "levels", levels, f"an integer from 1 to {MOST_LEVELS}")
    raises = raises_on_failure(on_failure)
    stable = kappa >= 0.0 or alpha <= rs.at_line(Spherical(), Margin(kappa))
    if stable:
        return _symmetric(kappa, alpha, int(levels))
    allowed = f"from {boundaries().full:.6g} to {HIGHEST} beyond the AT line: full RSB is continuous there (else: learnscape.replica.rsb)"
    require(boundaries().full <= kappa <= HIGHEST, "kappa", kappa, allowed)
    bound = rsb.capacity(Spherical(), Margin(kappa)).alpha
    require(
        alpha < bound,
        "alpha",
        alpha,
        f"below the capacity, which is below {bound:.6g} (learnscape.replica.parisi.jamming)",
    )
    line = breaking_point(kappa)
    require(
        alpha >= line.alpha * (1.0 + NEAREST),
        "alpha",
        alpha,
        f"not within {NEAREST:g} above the AT line {line.alpha:.6g}",
    )
    distance = math.log(alpha / line.alpha)
    x = np.array([math.log(1.0 - line.q), math.log(2.0 * distance), math.log(line.x)])
    for k in (*(stage for stage in STAGES if stage < levels), int(levels)):
        middles = [(np.arange(n) + 0.5) / n for n in (k, x.size - 2)]  # of the blocks
        x = np.concatenate([x[:2], np.interp(middles[0], middles[1], x[2:])])
        objective = _Objective(kappa, alpha, k)
        found = minimise(objective, x, TOLERANCE, ITERATIONS)
        x = found.x
    gaps, order = objective.ladder(found.x)
    chain, lam = objective.sweep(gaps, order)
    replicon = 1.0 - alpha * lam**2 * np.array(
        [p @ b**2 for p, b in zip(chain.measure, chain.bend, strict=True)]
    )
    rising = bool(np.all(np.diff(order) > 0.0) and order[-1] < 1.0)
    residual = found.trace[-1] if found.trace else math.inf
    answer = Satisfiable(
        kappa,
        alpha,
        objective.derivatives(found.x)[0],
        1.0 - gaps,
        order,
        replicon,
        True,
        residual,
        found.converged and rising,
    )
    if raises and not answer.converged:
        raise ConvergenceError(
            f"no minimum at kappa = {kappa!r}, alpha = {alpha!r} with {levels} levels: last step {residual:.2g}, innermost 1 - q = {gaps[-1]:.2g}; "
            "fewer levels may have one, or a load farther from the AT line and from the capacity",
            found.trace,
        )
    return answer


def _symmetric(kappa: float, alpha: float, levels: int) -> Satisfiable:
    found = rs.solve(Spherical(), Margin(kappa), alpha)
    return Satisfiable(
        kappa,
        alpha,
        found.entropy - Spherical().annealed_entropy,
        np.full(levels + 1, found.q),
        np.zeros(levels),
        np.full(levels + 1, found.replicon),
        False,
        0.0,
        True,
    )


class _Objective:
    """The entropy as a function of ln D_0, ln ln(D_0/D_k) and ln x_1, ..., ln x_k."""

    def __init__(self, kappa: float, alpha: float, levels: int) -> None:
        self.kappa, self.alpha, self.levels = kappa, alpha, levels

    def __call__(self, x: Array) -> tuple[float, Array, Array]:
        n = x.size
        hessian = np.empty((n, n))
        far = not (x[0] < -1e-4 and np.abs(x).max() < 30.0 and np.exp(x[1]) - x[0] < -math.log(SMALLEST))
        if far or x[2:].max() >= 0.0:
            return math.inf, np.empty(n), hessian
        value, gradient, hessian[2:, 2:] = self.derivatives(x)
        for i in range(2):
            shifted = x.copy()
            shifted[i] += DIFFERENCE
            hessian[i] = (self.derivatives(shifted)[1] - gradient) / DIFFERENCE
        hessian[2:, :2] = hessian[:2, 2:].T
        hessian[0, 1] = hessian[1, 0] = 0.5 * (hessian[0, 1] + hessian[1, 0])
        return value, gradient, hessian

    def ladder(self, x: Array) -> tuple[Array, Array]:
        """Gaps D_0, ..., D_k, evenly in the logarithm, and x_1, ..., x_k."""
        steps = np.arange(self.levels + 1) / self.levels
        return np.exp(x[0] - np.exp(x[1]) * steps), np.exp(x[2:])

    def sphere(self, x: Array) -> Array:
        """The entropy of the sphere; numbers may be complex."""
        gaps, order = self.ladder(x)
        answer: Array = _sphere.entropy(gaps, order, gaps[-1])[0] + 0.5 * np.log(gaps[-1])
        return answer

    def sweep(self, gaps: Array, order: Array) -> tuple[_chain.Chain, Array]:
        """Both sweeps and lambda."""
        lam = _sphere.eigenvalues(gaps, order, gaps[-1])
        breaks, h = _chain.nodes(gaps[-1], -self.kappa)
        root = math.sqrt(gaps[-1])
        mills = np.asarray(inverse_mills(-h / root))
        none = np.zeros(h.size)
        leaf = _chain.Leaf(
            np.asarray(log_H(-h / root)), mills / root, -mills * (h / root + mills) / gaps[-1], none, none
        )
        return _chain.sweep(breaks, h, -self.kappa, gaps, order, lam, leaf), lam

    def derivatives(self, x: Array) -> tuple[float, Array, Array]:
        """Value, gradient, and second derivatives in ln x."""
        gaps, order = self.ladder(x)
        chain, _ = self.sweep(gaps, order)
        cost, by_x, by_gap, second = _chain.derivatives(chain, order, 1.0)
        shifts = 1j * TINY * np.eye(x.size)
        slopes = np.array([self.ladder(x + shift)[0].imag / TINY for shift in shifts[:2]])
        gradient = np.array([self.sphere(x + shift).imag / TINY for shift in shifts])
        gradient[:2] += self.alpha * (slopes @ by_gap)
        gradient[2:] += self.alpha * by_x[:-1] * order
        _, sphere_x, _ = _sphere.entropy(gaps, order, gaps[-1])
        inner = _sphere.curvature(gaps, order, gaps[-1]) + self.alpha * second[:-1, :-1]
        hessian = inner * np.outer(order, order) + np.diag((sphere_x + self.alpha * by_x[:-1]) * order)
        return float(np.real(self.sphere(x))) + self.alpha * cost, gradient, hessian
