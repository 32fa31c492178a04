r"""The weights' side of a tree of overlaps: what the conjugate fields make of one weight.

*Problem.* With k steps of breaking the conjugates :math:`\hat q_0\le\dots\le\hat q_k` form a tree with the same block parameters as the overlaps. One weight
feels a field that branches along this tree, and with :math:`m_0=0`, :math:`m_{k+1}=1` its entropic term is

.. math:: G_S=\tfrac12(B-\hat q_k)Q+\tfrac12\sum_{i=0}^k(m_{i+1}-m_i)q_i\hat q_i+\bigl\langle\ln Z(h,B)\bigr\rangle_{\hat q,m},

with the average of :mod:`learnscape.ansatz` over the tree. Stationary in :math:`\hat q_i` it gives :math:`q_i=\int P_i\phi_i'^2`, and
:math:`Q-q_k=\int P_k\phi_k''`. For the sphere everything is a logarithm of the eigenvalues :math:`\lambda_i` of the overlap matrix.
Chapter ``replicas/perceptron-replicas``.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from learnscape.ansatz import Tree, average
from learnscape.errors import ConvergenceError
from learnscape.replica._compiled import stands_for
from learnscape.weights import Binary, Discrete, Spherical, Weights
from learnscape.weights.contract import fixed_overlap, local

Array = NDArray[np.float64]
SAME = 1e-12  # self-overlap, relative: then the precision drops out
SAFE = 0.5  # of the distance between bends of weights that nobody named


class Sites(NamedTuple):
    """Averages over the tree of conjugates; arrays have one entry a level, the outermost first."""

    pieces: Array
    """q_0, the differences q_i - q_{i-1}, and Q - q_k; (k + 2,)."""
    fluctuation: Array
    """int P_i phi_i''^2; (k + 1,)."""
    term: float
    """G_S, without what it is for no patterns where weights are continuous."""
    by_m: Array
    """Its derivatives with respect to m_i; (k,)."""
    precision: float
    """B."""


def spherical_sites(q_hat: Array, m: Array) -> Sites:
    """The sphere: 1/lambda_i = 1/lambda_0 + sum of m_j (q_hat_j - q_hat_{j-1}), and lambda_0 from |w|^2 = N."""
    steps = np.diff(q_hat)
    offsets = np.concatenate([[0.0], np.cumsum(m * steps)])
    first, reach = (steps[0], offsets[1]) if m.size else (0.0, 0.0)
    u = max(
        math.sqrt(q_hat[0]),
        1.0 - offsets[-1],
        2.0 * first / (reach + math.sqrt(reach**2 + 4.0 * first) + 1e-300),
    )  # left of the root of a convex, falling function
    for _ in range(200):
        lam = 1.0 / (u + offsets)
        excess = q_hat[0] * lam[0] ** 2 + steps @ (lam[1:] * lam[:-1]) + lam[-1] - 1.0
        slope = (
            2.0 * q_hat[0] * lam[0] ** 3 + steps @ (lam[1:] * lam[:-1] * (lam[1:] + lam[:-1])) + lam[-1] ** 2
        )
        u += excess / slope
        if abs(excess) < 4e-16 * slope * u:
            break
    lam = 1.0 / (u + offsets)
    gaps = steps * lam[1:] * lam[:-1]
    pieces = np.concatenate([[q_hat[0] * lam[0] ** 2], gaps, [lam[-1]]])
    share = m * gaps / lam[:-1]
    logs = -np.log1p(-share)
    term = 0.5 * (math.log(lam[-1]) + q_hat[0] * lam[0] + float((logs / m).sum()))
    by_m = 0.5 * ((share - logs) / m**2 - gaps * q_hat[:-1])
    return Sites(pieces, lam**2, term, by_m, float(u + offsets[-1]))


def sites(weights: Weights, q_hat: Array, m: Array, precision: float | None = None) -> Sites:
    """Any weights. With a free self-overlap the precision is given, else it is what fixes the self-overlap."""
    if stands_for(Spherical, weights):
        return spherical_sites(q_hat, m)
    if precision is not None:
        return _tree(weights, q_hat, m, precision)
    target = fixed_overlap(weights)
    scale = (1.0 + math.sqrt(q_hat[-1] * target)) / target

    def excess(u: float) -> float:
        found = _tree(weights, q_hat, m, scale * (math.sinh(u) if weights.discrete else math.exp(u)))
        return float(found.pieces.sum()) / target - 1.0

    if weights.discrete:
        found = _tree(weights, q_hat, m, 0.0)
        if abs(found.pieces.sum() / target - 1.0) < SAME:
            return found
    low = high = 0.0
    while excess(low) < 0.0 and low > -20.0:
        low -= 1.0
    while excess(high) > 0.0 and high < 20.0:
        high += 1.0
    if not (excess(low) >= 0.0 >= excess(high)):
        raise ConvergenceError(
            f"no precision gives the self-overlap {target:g} of {weights!r}", [excess(0.0)]
        )
    u = low if low == high else float(brentq(excess, low, high, xtol=1e-15, rtol=1e-14))
    return _tree(weights, q_hat, m, scale * (math.sinh(u) if weights.discrete else math.exp(u)))


def _tree(weights: Weights, q_hat: Array, m: Array, precision: float) -> Sites:
    def leaf(h: Array) -> tuple[Array, Array, Array]:
        return local(weights, h, np.full(h.shape, precision))

    edges, width = _bends(weights, math.sqrt(q_hat[-1]), precision)
    width /= max(1.0, float(m.max(initial=0.0)))  # two values compete in ln int Dz Z^m as in ln 2cosh(m h)
    # A conjugate that vanishes leaves the field at 0: the smallest scale that a grid can have
    top = max(float(q_hat[-1]), 1e-12)
    found = average(leaf, Tree(q_hat, m, top), edges=edges.tolist(), width=width, widens=False)
    q = np.array(found.slope2)
    pieces = np.concatenate([[q[0]], np.diff(q), [found.bend[-1]]])
    own = float(pieces.sum())
    weight = np.diff(np.concatenate([[0.0], m, [1.0]]))
    term = 0.5 * (precision - q_hat[-1]) * own + 0.5 * float(weight @ (q * q_hat)) + found.value
    by_m = -0.5 * np.diff(q * q_hat) + np.diff(found.mean) / m
    return Sites(pieces, np.array(found.bend2), term, by_m, precision)


def _bends(weights: Weights, scale: float, precision: float) -> tuple[Array, float]:
    """Fields where ln Z bends, and over what width: where two neighbouring levels change places."""
    if isinstance(weights, Binary | Discrete):
        levels = np.array(getattr(weights, "levels", (-1.0, 1.0)))
        low, high = levels[:-1], levels[1:]
        pairs = np.array([levels[0], levels[-1]]) if precision < 0.0 else None
        if pairs is not None:
            low, high = pairs[:1], pairs[1:]
        return 0.5 * precision * (low + high), 1.0 / float((high - low).max())
    unit = 1.0 / math.sqrt(weights.self_overlap or 1.0)
    reach = 9.0 * scale
    return np.linspace(-reach, reach, 2 * math.ceil(reach / (4.0 * unit)) + 1), SAFE * unit
