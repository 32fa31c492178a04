r"""Equilibrium on the sphere as a minimum: the free entropy of overlaps and block parameters alone, and its gradient.

*Problem.* On the sphere the conjugates are known functions of the overlaps, and the free entropy

.. math:: \phi(q,m)=\tfrac12\Bigl[\ln\lambda_k+\frac{q_0}{\lambda_0}+\sum_{i=1}^k\frac1{m_i}\ln\frac{\lambda_{i-1}}{\lambda_i}\Bigr]+\alpha G_E(q,m),
    \qquad\lambda_{i-1}=\lambda_i+m_i(q_i-q_{i-1}),\quad\lambda_k=1-q_k,

is smallest at equilibrium: each step can only lower it. A descent finds the minimum where roots of the equations, flat in the block parameters, are hard to reach.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from learnscape.constraints import Constraint
from learnscape.replica._patterns import patterns

Array = NDArray[np.float64]
GRADIENT = 1e-5  # in units of the expected gain
FARTHEST = 15.0  # logarithms of pieces and m; averages beyond are long and lead nowhere
CURVATURE = 0.3  # inverse, where the descent starts


def conjugates(pieces: Array, m: Array) -> tuple[Array, Array]:
    """q_hat (k + 1,) and lambda (k + 1,) of the sphere at these overlaps."""
    gaps = pieces[1:-1]
    lam = pieces[-1] + np.append(np.cumsum((m * gaps)[::-1])[::-1], 0.0)
    return np.cumsum(np.append(pieces[0] / lam[0] ** 2, gaps / (lam[1:] * lam[:-1]))), lam


def free_entropy(constraint: Constraint, alpha: float, pieces: Array, m: Array) -> tuple[float, Array, Array]:
    """phi, its derivatives with respect to the pieces at fixed self-overlap, and those with respect to m."""
    seen = patterns(constraint, pieces, m)
    q_hat, lam = conjugates(pieces, m)
    share = m * pieces[1:-1] / lam[:-1]
    logs = -np.log1p(-share)
    value = 0.5 * (np.log(lam[-1]) + pieces[0] / lam[0] + (logs / m).sum()) + alpha * seen.term
    by_q = 0.5 * np.diff(np.concatenate([[0.0], m, [1.0]])) * (q_hat - alpha * seen.slope2)
    by_m = 0.5 * ((share - logs) / m**2 - pieces[1:-1] * q_hat[:-1]) + alpha * seen.by_m
    return float(value), np.append(np.cumsum(by_q[::-1])[::-1], 0.0), by_m


def descend(
    constraint: Constraint, alpha: float, pieces: Array, m: Array, unit: float
) -> tuple[Array, Array, float]:
    """Pieces and m of the minimum near a start, and phi there; ``unit`` is about how much lower it is."""
    k = m.size
    first = 1 if pieces[0] == 0.0 else 0
    head = np.zeros(first)

    def unpack(v: Array) -> tuple[Array, Array]:
        x = np.append(v[: k + 1 - first], 0.0)
        parts = np.exp(x - x.max())
        logs = v[k + 1 - first] + np.append(0.0, -np.cumsum(np.exp(v[k + 2 - first :])))
        return np.concatenate([head, parts / parts.sum()]), np.exp(logs[::-1])

    def scaled(v: Array) -> tuple[float, Array]:
        if np.abs(v).max() > FARTHEST:
            return np.inf, np.zeros(v.size)
        now, blocks = unpack(v)
        if not (blocks[0] > 1e-7 and blocks[-1] < 2.0):
            return np.inf, np.zeros(v.size)
        value, by_piece, by_m = free_entropy(constraint, alpha, now, blocks)
        by_x = (now * (by_piece - now @ by_piece))[first:-1]
        inward = np.cumsum(by_m * blocks)  # ln m_i falls with every ratio at or inside it
        by_ratio = -inward[:-1][::-1] * np.exp(v[k + 2 - first :])
        return (value - zero) / unit, np.concatenate([by_x, [inward[-1]], by_ratio]) / unit

    logs = np.log(pieces[first:-1] / pieces[-1])
    ratios = np.log(np.diff(np.log(m)))[::-1]
    v = np.concatenate([logs, [np.log(m[-1])], ratios])
    zero = 0.0
    zero = unit * scaled(v)[0]
    options: dict[str, Any] = {"gtol": GRADIENT, "maxiter": 200, "hess_inv0": CURVATURE * np.eye(v.size)}
    found = minimize(scaled, v, jac=True, method="BFGS", options=options)
    now, blocks = unpack(found.x)
    return now, blocks, zero + unit * float(found.fun)
