r"""Clusters of one step: their number against their size, and the loads at which they appear and condense.

*Problem.* At each m the saddle of :func:`learnscape.replica.rsb.solve` is the family of clusters with internal entropy :math:`s=\partial(m\phi)/\partial m`, of
which there are :math:`e^{N\Sigma}`; m is minus the slope of :math:`\Sigma(s)`. Where replica symmetry breaks discontinuously, two loads come before the capacity: the *dynamic*
one, where clusters first appear at m = 1, and the *condensation*, where :math:`\Sigma(m=1)` vanishes and few clusters hold all solutions. Between the
two the total entropy is still the replica-symmetric one.

At m = 1 the outer overlap is the replica-symmetric one, and the load is found at which clusters with a given inner overlap exist; the dynamic load is its minimum.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq, minimize_scalar

from learnscape.constraints import Constraint
from learnscape.errors import ConvergenceError, real_array, require
from learnscape.replica import rs
from learnscape.replica.rsb._capacity import frozen
from learnscape.replica.rsb._saddle import Problem
from learnscape.replica.rsb._solve import LEAST_M, TOLERANCE, assemble, flow, near_start
from learnscape.weights import Weights

__all__ = ["Clusters", "complexity", "condensation", "dynamic"]

Array = NDArray[np.float64]
ONE = np.ones(1)
DEPTHS = (0.99, 0.975, 0.95, 0.9, 0.8, 0.65, 0.5, 0.35, 0.2, 0.12, 0.07, 0.04, 0.02, 0.01)
"""1 - q_1 in units of 1 - q_0, where an appearance of clusters is looked for."""
DEEPER = 1e-6  # a fall of the load by less between q_0 and q_1 is no discontinuity
LOAD = 1e-10  # relative tolerance of loads


@dataclass(frozen=True, eq=False)
class Clusters:
    """The complexity curve, from :func:`complexity`; arrays have one entry for each m."""

    m: Array
    """Block parameters as given; (n,)."""
    internal_entropy: Array
    """s(m); (n,)."""
    complexity: Array
    """Sigma(m), logarithm per weight of the number of clusters; negative where there are none. (n,)."""
    free_entropy: Array
    """phi(m) = s + Sigma/m; (n,)."""
    q: Array
    """q_0 and q_1; (n, 2)."""
    replicon: Array
    """Of both blocks; (n, 2)."""
    broken: NDArray[np.bool_]
    """False where the overlaps are equal and there is one cluster; (n,)."""


def complexity(weights: Weights, constraint: Constraint, alpha: float, m: ArrayLike) -> Clusters:
    """Complexity and internal entropy of the clusters at each m.

    Parameters
    ----------
    weights, constraint
        The problem.
    alpha : float
        Load.
    m : array_like of shape (n,)
        Block parameters >= 1e-6, in the order in which the branch is followed; from 1 downwards is safe.

    Returns
    -------
    Clusters

    Raises
    ------
    ValueError
        Bad input.
    ConvergenceError
        The saddle was lost; the message names m.

    Examples
    --------
    >>> from learnscape import Margin, Spherical
    >>> curve = complexity(Spherical(), Margin(-1.0), 11.0, [0.3, 0.1])
    >>> curve.complexity.round(5), curve.internal_entropy.round(4)
    (array([-0.01779,  0.00314]), array([-2.8528, -2.966 ]))
    """
    blocks = np.atleast_1d(real_array("m", m))
    good = blocks.ndim == 1 and blocks.size > 0 and bool((blocks >= LEAST_M).all())
    require(good, "m", m, f"a list of numbers >= {LEAST_M:g}")
    state = rs.solve(weights, constraint, alpha)
    problem = Problem(weights, constraint, float(alpha))
    pieces, found = None, []
    for value in blocks:
        block = np.array([value])
        start = near_start(problem, state, block) if pieces is None else pieces
        reached = flow(problem, block, start, TOLERANCE)
        answer = assemble(problem, state, reached, TOLERANCE)
        if not answer.converged:
            raise ConvergenceError(f"the clusters were lost at m = {float(value)!r}", [reached.residual])
        pieces = reached.pieces if reached.kind == "saddle" else None
        found.append(answer)
    return Clusters(
        blocks,
        np.array([one.internal_entropy for one in found]),
        np.array([one.complexity[0] for one in found]),
        np.array([one.free_entropy for one in found]),
        np.array([one.q for one in found]),
        np.array([one.replicon for one in found]),
        np.array([one.broken for one in found]),
    )


def _load(weights: Weights, constraint: Constraint, depth: float, low: float, high: float) -> float:
    """The load at which clusters with 1 - q_1 = depth (1 - q_0) exist at m = 1; infinite if there is none up to ``high``."""

    def excess(alpha: float) -> float:
        problem = Problem(weights, constraint, alpha)
        state = rs.solve(weights, constraint, alpha)
        left = depth * (state.self_overlap - state.q)
        pieces = np.array([state.q, state.self_overlap - state.q - left, left])
        return math.log(problem.round(pieces, ONE).pieces[-1] / left)

    if excess(high) > 0.0:
        return math.inf
    return float(brentq(excess, low, high, rtol=LOAD))


def _bracket(weights: Weights, constraint: Constraint) -> tuple[float, float]:
    """Loads between which clusters are looked for: far below the instability, and just before it."""
    rs.check_problem(weights, constraint)
    try:
        high = rs.at_line(weights, constraint)
    except ValueError:
        raise ValueError(
            f"constraint = {constraint!r} is not allowed: with {weights!r} replica symmetry is stable wherever its saddle exists, and there are no clusters"
        ) from None
    return 1e-2 * high, high * (1.0 - 1e-9)


def _frozen(weights: Weights, constraint: Constraint) -> bool:
    """True if the clusters of discrete weights are single solutions: the flow from narrow clusters goes on to q_1 = Q."""
    if not weights.discrete:
        return False
    problem = Problem(weights, constraint, 0.5 * rs.capacity_and_replicon(weights, constraint)[0])
    state = rs.solve(weights, constraint, problem.alpha)
    return flow(problem, ONE, near_start(problem, state, ONE), TOLERANCE).kind == "frozen"


def dynamic(weights: Weights, constraint: Constraint) -> float:
    """The load at which clusters first appear at m = 1, where replica symmetry breaks discontinuously.

    Raises
    ------
    ValueError
        There is no such load: breaking is continuous and begins at ``rs.at_line``; or the clusters are single solutions at every load (discrete weights); or nothing breaks.

    Notes
    -----
    Right to about 1e-8.

    Examples
    --------
    >>> from learnscape import Margin, Spherical
    >>> round(dynamic(Spherical(), Margin(-2.5)), 3)
    280.808
    """
    rs.check_problem(weights, constraint)
    if _frozen(weights, constraint):
        raise ValueError(
            f"weights = {weights!r} is not allowed: its clusters are single solutions, at every load"
        )
    low, high = _bracket(weights, constraint)
    loads = [_load(weights, constraint, depth, low, high) for depth in DEPTHS]
    i = int(np.argmin(loads))
    if not loads[i] < high * (1.0 - DEEPER):
        raise ValueError(
            f"constraint = {constraint!r} is not allowed: with {weights!r} replica symmetry breaks continuously, at rs.at_line = {high:.9g}"
        )
    left, right = math.log(DEPTHS[min(i + 1, len(DEPTHS) - 1)]), math.log(DEPTHS[i - 1] if i else 0.999)
    best = minimize_scalar(
        lambda t: _load(weights, constraint, math.exp(t), low, high),
        bounds=(left, right),
        method="bounded",
        options={"xatol": 1e-5},
    )
    return float(best.fun)


def condensation(weights: Weights, constraint: Constraint) -> float:
    """The load at which the complexity of the clusters with m = 1 vanishes: beyond it few clusters hold all solutions.

    For discrete weights whose clusters are single solutions this is the capacity.

    Raises
    ------
    ValueError
        There is no such load, see :func:`dynamic`.
    ConvergenceError
        The branch was lost.

    Examples
    --------
    >>> from learnscape import Binary, Margin
    >>> round(condensation(Binary(), Margin(0.0)), 6)
    0.833079
    """
    rs.check_problem(weights, constraint)
    if _frozen(weights, constraint):
        return frozen(weights, constraint).alpha
    start = dynamic(weights, constraint)
    end = _bracket(weights, constraint)[1]

    def height(alpha: float) -> float:
        problem, state = Problem(weights, constraint, alpha), rs.solve(weights, constraint, alpha)
        found = flow(problem, ONE, near_start(problem, state, ONE), TOLERANCE)
        answer = assemble(problem, state, found, TOLERANCE)
        if not (answer.converged and answer.broken):
            raise ConvergenceError(f"the clusters were lost at alpha = {alpha!r}", [found.residual])
        return float(answer.complexity[0])

    low = start + min(1e-4 * start, 0.05 * (end - start))
    if height(low) < 0.0:
        return start
    require(
        height(end) < 0.0,
        "constraint",
        constraint,
        f"one whose complexity vanishes before replica symmetry is unstable, at {end:.9g}",
    )
    return float(brentq(height, low, end, rtol=LOAD))
