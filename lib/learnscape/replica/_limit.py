r"""Trees in the limit q -> 1: the entropy of the sphere and the cost of the patterns, for capacity and ground state.

*Problem.* With :math:`m_i=(1-q_k)y_i` everything diverges like :math:`1/(1-q_k)`. What remains are the numerator and the denominator of

.. math:: \alpha_k=\min_{q,y}\frac{S(q,y)}{C(q,y)},\qquad S=\tfrac12\Bigl[\frac{q_0}{\lambda_0}+\sum_{i=1}^k\frac1{y_i}\ln\frac{\lambda_{i-1}}{\lambda_i}\Bigr],

with the average C of half the squared distance over the tree. Capacity, ground state and the committees of two layers minimise what they make of the two.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from learnscape.ansatz import Tree, average
from learnscape.constraints import Constraint
from learnscape.errors import require
from learnscape.replica import _sphere
from learnscape.replica._compiled import compiled
from learnscape.results import by_identity
from learnscape.weights import Spherical

Array = NDArray[np.float64]
SPHERE = Spherical()


@by_identity
class Functional(NamedTuple):
    """Value and derivatives with respect to q and y."""

    value: float
    dq: Array
    dy: Array


Cost = Callable[[Array, Array], Functional]
"""What the patterns cost, from (q, y); negative."""


def pack(q: Array, y: Array) -> Array:
    """Free variables: logarithms of the ratios of successive gaps 1 - q_i, of y_1, and of the ratios of successive y."""
    ratios = np.diff(np.concatenate([[0.0], -np.log1p(-q)]))
    return np.concatenate([np.log(ratios), [math.log(y[0])], np.log(np.diff(np.log(y)))])


def unpack(v: Array) -> tuple[Array, Array]:
    k = v.size // 2
    q = -np.expm1(-np.cumsum(np.exp(v[:k])))
    with np.errstate(over="ignore"):  # the objective refuses what runs away
        return q, np.exp(v[k] + np.concatenate([[0.0], np.cumsum(np.exp(v[k + 1 :]))]))


def along_free(v: Array, by_q: Array, by_y: Array) -> Array:
    """The gradient in the free variables v, from the one in q and y."""
    q, y = unpack(v)
    k = q.size
    along_q, along_y = (np.cumsum(g[::-1])[::-1] for g in (by_q * (1.0 - q), by_y * y))
    return np.concatenate([along_q * np.exp(v[:k]), along_y[:1], along_y[1:] * np.exp(v[k + 1 :])])


def objective(cost: Cost, v: Array) -> tuple[float, Array]:
    """ln alpha and its gradient in the free variables; infinite where overlaps cannot be told from one."""
    if np.abs(v).max() > 60.0:
        return math.inf, np.zeros(v.size)
    q, y = unpack(v)
    if q[-1] >= 1.0 or y[-1] > 1e15:
        return math.inf, np.zeros(v.size)
    entropy, price = sphere(q, y), cost(q, y)
    by_q = entropy.dq / entropy.value - price.dq / price.value
    by_y = entropy.dy / entropy.value - price.dy / price.value
    return math.log(entropy.value / -price.value), along_free(v, by_q, by_y)


def sphere(q: Array, y: Array) -> Functional:
    """The numerator: entropy of the sphere, from the eigenvalues of the overlap matrix."""
    value, by_y, by_gap = _sphere.entropy(np.append(1.0 - q, 0.0), y, 1.0)
    return Functional(float(value), -by_gap[:-1], by_y)


def distance_cost(constraint: Constraint, q: Array, y: Array) -> Functional:
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
