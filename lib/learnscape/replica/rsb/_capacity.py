r"""k-step replica symmetry breaking: the capacity where replica symmetry is unstable.

*Problem.* For kappa < 0 the set of solutions falls apart into clusters of clusters, and the replica-symmetric capacity is only an upper
bound. With k steps of breaking the overlaps form a :class:`~learnscape.ansatz.Tree`. At the capacity of continuous weights the innermost
overlap is 1; with :math:`m_i=(1-q_k)y_i` everything diverges like :math:`1/(1-q_k)`, and what remains is a variational problem without it,

.. math::
    \alpha_k=\min_{q,y}\;\frac{\tfrac12\Bigl[q_0/\lambda_0+\sum_{i=1}^k y_i^{-1}\ln(\lambda_{i-1}/\lambda_i)\Bigr]}{-\int Dz\,\phi_0(\sqrt{q_0}z)},
    \qquad \lambda_{i-1}=\lambda_i+y_i(q_i-q_{i-1}),\quad \lambda_k=q_k=1,

where :math:`\phi_0` is the average over the tree with block parameters y of the leaf :math:`-\tfrac12\mathrm{dist}^2(h)`, minus half the squared distance to the
allowed set. The numerator is the entropy of the sphere, the denominator what the patterns cost. :math:`\alpha_k` falls with k; its limit is full
replica symmetry breaking.

For discrete weights the solutions do not shrink to a point but freeze: the 1RSB saddle at capacity has :math:`q_1=1`, and the load is the one
at which the replica-symmetric entropy vanishes and m = 1 (Krauth and Mezard, 1989).

*Rigour.* The values are exact within replicas at each k. For kappa < 0 nothing better than bounds is proved.
Franz, Parisi, Sevelev, Urbani and Zamponi (2017); part *Replica calculations*.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, minimize

from learnscape.constraints import Constraint, Margin
from learnscape.errors import ConvergenceError, is_integer, require
from learnscape.replica import rs
from learnscape.replica._compiled import stands_for
from learnscape.replica.rsb._limit import objective, pack, unpack
from learnscape.replica.rsb._one_step import one_step_minimum, one_step_point
from learnscape.weights import Spherical, Weights

__all__ = ["Capacity", "capacity"]

Array = NDArray[np.float64]
LARGEST_STEPS = 8
GRADIENT = 1e-7  # what the minimiser asks for
ROUNDING = 1e-16  # of ln alpha; a gradient below the root of this over the unit changes the value by less
LARGEST_LOAD = 1e8  # kappa = -5.1: the cost of violations so rare is lost in the rounding of the average (at -6 1e-5 of it)
STEEP, STEEPER = 3.0, 3.0  # inverse curvature with k > 1 steps: STEEP STEEPER^k
SECOND = {
    0.5: [[1.0, 1.3, 4.1, 0.2], [1.3, 11.6, 17.7, 11.4], [4.1, 17.7, 36.9, 16.4], [0.2, 11.4, 16.4, 14.5]],
    1.0: [[2.9, 2.2, 6.1, 0.8], [2.2, 13.1, 19.4, 14.9], [6.1, 19.4, 38.4, 22.6], [0.8, 14.9, 22.6, 20.9]],
}
"""The same with two steps, for margins near -0.5 and near -1; in units of the gain it changes little with kappa."""
TOLERANCE = (
    1e-3  # of the gradient in logarithmic variables, in units of the gain; the load's error is of its square
)
SPLITS = ((6.0, 4.0), (20.0, 10.0), (100.0, 4.0))
"""How the last block is split where the first start for the next step leads back: 1 - q divided, y multiplied."""
NEW = 1e-9  # a step that lowers ln alpha by less has led back to the solution with one step fewer
SMALLEST_GAP = 1e-9  # below it the overlaps can't be told from 1: the minimiser has run away


@dataclass(frozen=True, eq=False)
class Capacity:
    """The capacity within k steps of replica symmetry breaking."""

    alpha: float
    """Load at which the solutions vanish."""
    q: Array
    """Overlaps q_0, ..., q_{k-1}, outermost first (the innermost one is 1); (k,). Two that coincide: the step changes nothing."""
    y: Array
    """m_i / (1 - q_k), i = 1, ..., k; for discrete weights m_1; (k,)."""
    broken: bool
    """False if replica symmetry is stable at the capacity: then alpha is its value, all overlaps are equal and y = 0."""
    residual: float
    """Largest derivative of ln alpha at the minimum, in logarithmic variables and in units of what breaking gains at the start."""
    evaluations: int
    """How often the functional was computed, all levels together."""


def capacity(weights: Weights, constraint: Constraint, *, steps: int = 1) -> Capacity:
    """The capacity with so many steps of replica symmetry breaking.

    Parameters
    ----------
    weights, constraint
        The problem. Continuous weights: ``Spherical()``. Discrete ones have steps = 1 only, the frozen solution.
    steps : int
        Number of steps k, 1 to 8. Four levels take a few seconds; the values fall towards full breaking.

    Returns
    -------
    Capacity
        Where replica symmetry is stable, its capacity, with ``broken = False``.

    Raises
    ------
    ValueError
        Bad input, or a constraint whose replica-symmetric capacity is above 1e8 (kappa < -5.1).
    ConvergenceError
        The minimiser ran away (overlaps to 1, y to infinity) or stopped early; its trace holds the gradients of each level.

    Notes
    -----
    *Digits.* ln alpha is right to about 1e-12 for kappa > -2, to 1e-10 at kappa = -3 and to 1e-8 at kappa = -5, where the replica-symmetric load
    is 5e7; larger loads are refused. The overlaps have about half as many digits. For kappa between -0.004 and 0 breaking gains less than 1e-8,
    too little to find its minimum.

    Examples
    --------
    >>> from learnscape import Binary, Margin, Spherical
    >>> answer = capacity(Spherical(), Margin(-0.5))
    >>> round(answer.alpha, 6), answer.q.round(4), answer.y.round(3), answer.broken
    (4.700139, array([0.8551]), array([18.374]), True)
    >>> round(capacity(Binary(), Margin(0.0)).alpha, 6)  # Krauth and Mezard
    0.833079
    """
    rs.check_problem(weights, constraint)
    good = is_integer(steps) and 1 <= steps <= LARGEST_STEPS
    require(good, "steps", steps, f"an integer from 1 to {LARGEST_STEPS}")
    if weights.discrete:
        require(
            steps == 1, "steps", steps, "1 for discrete weights, whose solutions freeze at the first step"
        )
        state = rs.solve_at_capacity(weights, constraint)
        return Capacity(state.alpha, np.array([state.q]), np.ones(1), True, 0.0, 0)
    same = stands_for(Spherical, weights)
    require(same, "weights", weights, "Spherical() with its own entropy, or discrete weights")
    load, replicon = rs.capacity_and_replicon(weights, constraint)
    allowed = f"one whose replica-symmetric capacity is below {LARGEST_LOAD:g}, here {load:.3g}: the cost of rarer violations is lost in rounding"
    require(load < LARGEST_LOAD, "constraint", constraint, allowed)
    if replicon > rs.CAPACITY_REPLICON:
        return Capacity(load, np.ones(steps), np.zeros(steps), False, 0.0, 0)
    return _minimise(constraint, int(steps), load)


def _minimise(constraint: Constraint, steps: int, load: float) -> Capacity:
    trace: list[float] = []
    replica_symmetric = lowest = math.log(load)
    v = _start(constraint)
    margin = isinstance(constraint, Margin) and stands_for(Margin, constraint)
    first = (
        one_step_minimum(constraint.kappa, *v.tolist()) if isinstance(constraint, Margin) and margin else None
    )
    if isinstance(constraint, Margin) and first is not None:
        before = one_step_point(constraint.kappa, *v.tolist()).value
    else:
        before = objective(constraint, v)[0]
    count = 1 if first is None else 1 + first.evaluations
    # Near kappa = 0 breaking lowers ln alpha by 1e-7 only: the minimiser sees the gain in units of itself.
    unit = max(replica_symmetric - before, NEW)

    def scaled(v: Array) -> tuple[float, Array]:
        value, gradient = objective(constraint, v)
        return (value - replica_symmetric) / unit, gradient / unit

    options: dict[str, Any] = {"gtol": max(GRADIENT, math.sqrt(ROUNDING / unit)), "maxiter": 500}
    for k in range(1, steps + 1):
        starts = [v] if k == 1 else [_grow(v), *(_split(v, *split) for split in SPLITS)]
        options["hess_inv0"] = (STEEP * STEEPER**k if k > 1 else 1.0) * np.eye(2 * k)
        if k == 2 and isinstance(constraint, Margin) and margin:
            options["hess_inv0"] = np.array(SECOND[0.5 if constraint.kappa > -0.75 else 1.0])
        found: Any = None
        if k == 1 and first is not None and first.converged:
            jac = np.array([first.at.by_gap, first.at.by_y]) / unit
            starts = []
            found = OptimizeResult(
                x=np.array([first.a, first.b]), fun=(first.at.value - replica_symmetric) / unit, jac=jac
            )
        for start in starts:
            tried = minimize(scaled, start, jac=True, method="BFGS", options=options)
            count += tried.nfev
            found = tried if found is None or tried.fun < found.fun else found
            new = replica_symmetric + unit * found.fun < lowest - NEW
            if new and np.abs(found.jac).max() < TOLERANCE:
                break
        v, value = found.x, replica_symmetric + unit * found.fun
        gain, lowest = lowest - value, value
        q, y = unpack(v)
        trace.append(float(np.abs(found.jac).max()) if math.isfinite(lowest) else math.inf)
        if not (trace[-1] < TOLERANCE and 1.0 - q[-1] > SMALLEST_GAP):
            raise ConvergenceError(
                f"no minimum with {k} steps for {constraint!r}: gradient {trace[-1]:.2g}, innermost 1 - q = {1.0 - q[-1]:.2g}, "
                f"y = {y[-1]:.3g}; fewer steps, or a kappa farther from zero, have one",
                trace,
            )
        if gain < NEW:  # then gradients below the tolerance do not fix q and y
            raise ConvergenceError(
                f"step {k} lowers ln alpha of {constraint!r} by {gain:.2g}, too little to tell its minimum; "
                "fewer steps, or a kappa farther from zero, have one",
                trace,
            )
    return Capacity(math.exp(lowest), q, y, True, trace[-1], count)


def _grow(v: Array) -> Array:
    """A start for one step more: seen from the innermost block the blocks look alike, so the new one comes in outside.

    As kappa goes to 0 the gaps 1 - q_i, up to a factor, and the products y_i (1 - q_i) tend to constants; the numbers are fits to them, and a
    product that differs is brought nearer.
    """
    q, y = unpack(v)
    k = y.size
    gaps, products = 1.0 - q, y * (1.0 - q)
    limit = 1.9 * 1.42 ** np.arange(k)[::-1]
    logs = np.concatenate([[0.0, 2.36 / k**0.62], np.log(gaps[:-1] / gaps[1:])])
    new = gaps[0] * (1.0 + 0.28 / k**2) * np.exp(-np.cumsum(logs))
    first = products[0] * (1.0 + 0.5 / math.sqrt(k))
    rates = np.concatenate([[first], limit + 0.4 * (products - limit)]) / new
    good = new[0] < 1.0 and bool(np.all(np.diff(rates) > 0.0))
    return pack(1.0 - new, rates) if good else _split(v, *SPLITS[0])


def _split(v: Array, gap: float, factor: float) -> Array:
    """A start for one step more: the last block in two."""
    q, y = unpack(v)
    return pack(np.append(q, 1.0 - (1.0 - q[-1]) / gap), np.append(y, factor * y[-1]))


def _start(constraint: Constraint) -> Array:
    """Where 1RSB starts: what kappa suggests for a margin, else the best point of a coarse grid."""
    if stands_for(Margin, constraint):
        assert isinstance(constraint, Margin)
        square = constraint.kappa**2
        return pack(
            np.array([1.0 / (1.0 + square)]), np.array([(2.0 + 2.0 * square) * (1.0 + square) / square])
        )
    candidates = [
        pack(np.array([1.0 - gap]), np.array([product / gap]))
        for gap in (0.01, 0.05, 0.2, 0.5)
        for product in (1.0, 3.0, 10.0)
    ]
    return min(candidates, key=lambda v: objective(constraint, v)[0])
