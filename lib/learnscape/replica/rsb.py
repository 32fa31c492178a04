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
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from learnscape.ansatz import Tree, average
from learnscape.constraints import Constraint, Margin
from learnscape.errors import ConvergenceError, is_integer, require
from learnscape.replica import rs
from learnscape.replica._compiled import compiled, stands_for
from learnscape.results import by_identity
from learnscape.weights import Spherical, Weights

__all__ = ["Capacity", "capacity"]

Array = NDArray[np.float64]
LARGEST_STEPS = 8
SPHERE = Spherical()
GRADIENT = 1e-7  # what the minimiser asks for
ROUNDING = 1e-16  # of ln alpha; a gradient below the root of this over the unit changes the value by less
LARGEST_LOAD = 1e8  # kappa = -5.1: the cost of violations so rare is lost in the rounding of the average (at -6 1e-5 of it)
STEEP, STEEPER = 3.0, 3.0  # inverse curvature with k > 1 steps: STEEP STEEPER^k
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


@by_identity
class Functional(NamedTuple):
    """Value and derivatives with respect to q and y."""

    value: float
    dq: Array
    dy: Array


Cost = Callable[[Array, Array], Functional]
"""What the patterns cost, from (q, y); negative."""


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
    return minimise(partial(_cost, constraint), _start(constraint), int(steps), load, repr(constraint))


def minimise(cost: Cost, start: Array, steps: int, load: float, name: str) -> Capacity:
    """The minimum over q and y of sphere over cost, one step after the other; ``load`` is the replica-symmetric value."""
    trace: list[float] = []
    count = 1
    replica_symmetric = lowest = math.log(load)
    v = start
    # Near kappa = 0 breaking lowers ln alpha by 1e-7 only: the minimiser sees the gain in units of itself.
    unit = max(replica_symmetric - _objective(cost, v)[0], NEW)

    def scaled(v: Array) -> tuple[float, Array]:
        value, gradient = _objective(cost, v)
        return (value - replica_symmetric) / unit, gradient / unit

    options: dict[str, Any] = {"gtol": max(GRADIENT, math.sqrt(ROUNDING / unit)), "maxiter": 500}
    for k in range(1, steps + 1):
        starts = [v] if k == 1 else [_grow(v), *(_split(v, *split) for split in SPLITS)]
        options["hess_inv0"] = (STEEP * STEEPER**k if k > 1 else 1.0) * np.eye(2 * k)
        found: Any = None
        for start in starts:
            tried = minimize(scaled, start, jac=True, method="BFGS", options=options)
            count += tried.nfev
            found = tried if found is None or tried.fun < found.fun else found
            new = replica_symmetric + unit * found.fun < lowest - NEW
            if new and np.abs(found.jac).max() < TOLERANCE:
                break
        v, value = found.x, replica_symmetric + unit * found.fun
        gain, lowest = lowest - value, value
        q, y = _unpack(v)
        trace.append(float(np.abs(found.jac).max()) if math.isfinite(lowest) else math.inf)
        if not (trace[-1] < TOLERANCE and 1.0 - q[-1] > SMALLEST_GAP):
            raise ConvergenceError(
                f"no minimum with {k} steps for {name}: gradient {trace[-1]:.2g}, innermost 1 - q = {1.0 - q[-1]:.2g}, "
                f"y = {y[-1]:.3g}; fewer steps, or a kappa farther from zero, have one",
                trace,
            )
        if gain < NEW:  # then gradients below the tolerance do not fix q and y
            raise ConvergenceError(
                f"step {k} lowers ln alpha of {name} by {gain:.2g}, too little to tell its minimum; "
                "fewer steps, or a kappa farther from zero, have one",
                trace,
            )
    return Capacity(math.exp(lowest), q, y, True, trace[-1], count)


def _grow(v: Array) -> Array:
    """A start for one step more: seen from the innermost block the blocks look alike, so the new one comes in outside.

    As kappa goes to 0 the gaps 1 - q_i, up to a factor, and the products y_i (1 - q_i) tend to constants; the numbers are fits to them, and a
    product that differs is brought nearer.
    """
    q, y = _unpack(v)
    k = y.size
    gaps, products = 1.0 - q, y * (1.0 - q)
    limit = 1.9 * 1.42 ** np.arange(k)[::-1]
    logs = np.concatenate([[0.0, 2.36 / k**0.62], np.log(gaps[:-1] / gaps[1:])])
    new = gaps[0] * (1.0 + 0.28 / k**2) * np.exp(-np.cumsum(logs))
    first = products[0] * (1.0 + 0.5 / math.sqrt(k))
    rates = np.concatenate([[first], limit + 0.4 * (products - limit)]) / new
    good = new[0] < 1.0 and bool(np.all(np.diff(rates) > 0.0))
    return _pack(1.0 - new, rates) if good else _split(v, *SPLITS[0])


def _split(v: Array, gap: float, factor: float) -> Array:
    """A start for one step more: the last block in two."""
    q, y = _unpack(v)
    return _pack(np.append(q, 1.0 - (1.0 - q[-1]) / gap), np.append(y, factor * y[-1]))


def _start(constraint: Constraint) -> Array:
    """Where 1RSB starts: what kappa suggests for a margin, else the best point of a coarse grid."""
    if stands_for(Margin, constraint):
        assert isinstance(constraint, Margin)
        square = constraint.kappa**2
        return _pack(
            np.array([1.0 / (1.0 + square)]), np.array([(2.0 + 2.0 * square) * (1.0 + square) / square])
        )
    candidates = [
        _pack(np.array([1.0 - gap]), np.array([product / gap]))
        for gap in (0.01, 0.05, 0.2, 0.5)
        for product in (1.0, 3.0, 10.0)
    ]
    return min(candidates, key=lambda v: _objective(partial(_cost, constraint), v)[0])


def _pack(q: Array, y: Array) -> Array:
    """Free variables: logarithms of the ratios of successive gaps 1 - q_i, of y_1, and of the ratios of successive y."""
    ratios = np.diff(np.concatenate([[0.0], -np.log1p(-q)]))
    return np.concatenate([np.log(ratios), [math.log(y[0])], np.log(np.diff(np.log(y)))])


def _unpack(v: Array) -> tuple[Array, Array]:
    k = v.size // 2
    q = -np.expm1(-np.cumsum(np.exp(v[:k])))
    with np.errstate(over="ignore"):  # the objective refuses what runs away
        return q, np.exp(v[k] + np.concatenate([[0.0], np.cumsum(np.exp(v[k + 1 :]))]))


def _objective(cost: Cost, v: Array) -> tuple[float, Array]:
    """ln alpha and its gradient in the free variables; infinite where overlaps cannot be told from one."""
    k = v.size // 2
    if np.abs(v).max() > 60.0:
        return math.inf, np.zeros(v.size)
    q, y = _unpack(v)
    if q[-1] >= 1.0 or y[-1] > 1e15:
        return math.inf, np.zeros(v.size)
    sphere, patterns = _sphere(q, y), cost(q, y)
    by_q = sphere.dq / sphere.value - patterns.dq / patterns.value
    by_y = sphere.dy / sphere.value - patterns.dy / patterns.value
    gradient = np.empty(2 * k)
    gradient[:k] = np.cumsum((by_q * (1.0 - q))[::-1])[::-1] * np.exp(v[:k])
    along = np.cumsum((by_y * y)[::-1])[::-1]
    gradient[k] = along[0]
    gradient[k + 1 :] = along[1:] * np.exp(v[k + 1 :])
    return math.log(sphere.value / -patterns.value), gradient


def _sphere(q: Array, y: Array) -> Functional:
    """The numerator: entropy of the sphere, from the eigenvalues lambda_i of the overlap matrix."""
    k = y.size
    gaps = np.diff(np.append(q, 1.0))
    lam = np.append(1.0 + np.cumsum((y * gaps)[::-1])[::-1], 1.0)
    logs = np.log(lam[:-1] / lam[1:])
    partial_lam = np.zeros(k + 1)
    partial_lam[0] = 0.5 * (-q[0] / lam[0] ** 2 + 1.0 / (y[0] * lam[0]))
    partial_lam[1:k] = 0.5 * (1.0 / y[1:] - 1.0 / y[:-1]) / lam[1:k]
    total = np.cumsum(
        partial_lam
    )  # lambda_j grows with every gap at or inside level j: all outer ones feel it
    dy = total[:k] * gaps - 0.5 * logs / y**2
    dq = -y * total[:k]
    dq[1:] += y[:-1] * total[: k - 1]
    dq[0] += 0.5 / lam[0]
    return Functional(float(0.5 * (q[0] / lam[0] + (logs / y).sum())), dq, dy)


def _cost(constraint: Constraint, q: Array, y: Array) -> Functional:
    """The denominator without its sign, the average of the leaf over the tree."""
    k = y.size
    innermost = compiled(SPHERE, constraint).innermost
    if innermost is not None:
        gap = 1.0 - q[-1]
        parts: list[Array] = []  # of the leaf, on the grid of the last average

        def leaf(h: Array) -> tuple[Array, Array, Array]:
            parts[:] = innermost(constraint, h, y[-1], gap)
            return parts[0], parts[1], parts[2]

        found = average(leaf, Tree(q, y[:-1]), edges=constraint.edges, width=math.sqrt(gap), concave=True)
        last = float(found.levels[-1].measure @ parts[3])
    else:
        found = average(
            partial(_distance_leaf, constraint),
            Tree([*q, 1.0], y),
            edges=sorted((*constraint.edges, *constraint.cusps)),
            width=1.0 / math.sqrt(y[-1]),
            kink=True,
        )
        last = (found.mean[k] - found.mean[k - 1]) / y[-1]
    slope2, mean = np.array(found.slope2[:k]), np.array(found.mean[:k])
    dq = -0.5 * np.diff(np.concatenate([[0.0], y])) * slope2
    return Functional(found.value, dq, np.append(np.diff(mean) / y[:-1], last))


def _distance_leaf(constraint: Constraint, h: Array) -> tuple[Array, Array, Array]:
    """-dist^2/2 and its derivatives; the nearest point of the allowed set is an edge."""
    edges = np.asarray(constraint.edges)
    square = constraint.squared_distance(h)
    outside = square > 0.0
    nearest = edges[np.argmin(np.abs(h[:, None] - edges), axis=1)]
    good = np.allclose(square[outside], (nearest - h)[outside] ** 2, rtol=1e-9, atol=1e-15)
    require(good, "constraint", constraint, "one whose squared distance is the one to its nearest edge")
    return -0.5 * square, np.where(outside, nearest - h, 0.0), np.where(outside, -1.0, 0.0)
