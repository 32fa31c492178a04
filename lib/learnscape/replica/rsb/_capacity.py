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

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from learnscape.constraints import Constraint, Margin
from learnscape.errors import is_integer, require
from learnscape.replica import rs
from learnscape.replica._compiled import stands_for
from learnscape.replica._limit import Cost, distance_cost, objective, pack
from learnscape.replica._limit_minimum import LARGEST_LOAD, LARGEST_STEPS, Start, minimum
from learnscape.replica.rsb._one_step import one_step_minimum, one_step_point
from learnscape.weights import Spherical, Weights

__all__ = ["Capacity", "capacity"]

Array = NDArray[np.float64]
SECOND = {
    0.5: [[1.0, 1.3, 4.1, 0.2], [1.3, 11.6, 17.7, 11.4], [4.1, 17.7, 36.9, 16.4], [0.2, 11.4, 16.4, 14.5]],
    1.0: [[2.9, 2.2, 6.1, 0.8], [2.2, 13.1, 19.4, 14.9], [6.1, 19.4, 38.4, 22.6], [0.8, 14.9, 22.6, 20.9]],
}
"""Inverse curvature with two steps, for margins near -0.5 and near -1; in units of the gain it changes little with kappa."""


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
        Bad input, a constraint whose replica-symmetric capacity is above 1e8 (kappa < -5.1), or discrete weights whose clusters
        break before they freeze (an outer margin of 1, for instance).
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
        state = frozen(weights, constraint)
        return Capacity(state.alpha, np.array([state.q]), np.ones(1), True, 0.0, 0)
    same = stands_for(Spherical, weights)
    require(same, "weights", weights, "Spherical() with its own entropy, or discrete weights")
    load, replicon = rs.capacity_and_replicon(weights, constraint)
    allowed = f"one whose replica-symmetric capacity is below {LARGEST_LOAD:g}, here {load:.3g}: the cost of rarer violations is lost in rounding"
    require(load < LARGEST_LOAD, "constraint", constraint, allowed)
    if replicon > rs.CAPACITY_REPLICON:
        return Capacity(load, np.ones(steps), np.zeros(steps), False, 0.0, 0)
    cost = partial(distance_cost, constraint)
    found = minimum(cost, _start(constraint, cost), int(steps), load, repr(constraint))
    return Capacity(found.alpha, found.q, found.y, True, found.residual, found.evaluations)


def frozen(weights: Weights, constraint: Constraint) -> rs.Solution:
    """The symmetric saddle of discrete weights at their capacity; a refusal where it is unstable, and the frozen saddle with it."""
    load, replicon = rs.capacity_and_replicon(weights, constraint)
    allowed = f"one whose clusters are single solutions: with {weights!r} they break before they freeze (replicon {replicon:.3g}), and {load:.6g} is only an upper bound (rs.capacity)"
    require(replicon > rs.CAPACITY_REPLICON, "constraint", constraint, allowed)
    return rs.solve_at_capacity(weights, constraint)


def _start(constraint: Constraint, cost: Cost) -> Start:
    """Where 1RSB starts: what kappa suggests for a margin, and the compiled minimum from there; else the best point of a coarse grid."""
    if stands_for(Margin, constraint):
        assert isinstance(constraint, Margin)
        kappa, square = constraint.kappa, constraint.kappa**2
        v = pack(np.array([1.0 / (1.0 + square)]), np.array([(2.0 + 2.0 * square) * (1.0 + square) / square]))
        found = one_step_minimum(kappa, *v.tolist())
        known = None
        if found.converged:
            known = np.array([found.a, found.b]), found.at.value, np.array([found.at.by_gap, found.at.by_y])
        value = one_step_point(kappa, *v.tolist()).value
        return Start(v, value, known, np.array(SECOND[0.5 if kappa > -0.75 else 1.0]), 1 + found.evaluations)
    candidates = [
        pack(np.array([1.0 - gap]), np.array([product / gap]))
        for gap in (0.01, 0.05, 0.2, 0.5)
        for product in (1.0, 3.0, 10.0)
    ]
    v = min(candidates, key=lambda v: objective(cost, v)[0])
    return Start(v, objective(cost, v)[0])
