r"""The entropy of the sphere on a ladder of overlaps, with its derivatives.

.. math::  A=\tfrac12\Bigl[\frac{q_0}{\lambda_0}+\sum_{i=1}^k\frac1{y_i}\ln\frac{\lambda_{i-1}}{\lambda_i}\Bigr],\qquad \lambda_{i-1}=\lambda_i+y_i(q_i-q_{i-1}),

with gaps :math:`D_i=1-q_i` and a given innermost :math:`\lambda_k`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
TINY = 1e-30  # of a complex step: no difference is taken, no digit lost


def eigenvalues(gaps: Array, y: Array, innermost: float) -> Array:
    """lambda_0, ..., lambda_k for gaps D_0, ..., D_k and y_1, ..., y_k."""
    steps = y * (gaps[:-1] - gaps[1:])
    return np.concatenate([innermost + np.cumsum(steps[::-1])[::-1], [innermost]])


def entropy(gaps: Any, y: Any, innermost: float) -> tuple[Any, Any, Any]:
    """A, dA/dy_i and dA/dD_i at fixed innermost lambda, D_k included; numbers may be complex."""
    lam = eigenvalues(gaps, y, innermost)
    logs = np.log(lam[:-1] / lam[1:])
    value = 0.5 * ((1.0 - gaps[0]) / lam[0] + (logs / y).sum())
    direct = np.zeros_like(lam)  # dA/dlambda_j, j = 0, ..., k
    direct[0] = -(1.0 - gaps[0]) / lam[0] ** 2
    direct[:-1] += 1.0 / (y * lam[:-1])
    direct[1:] -= 1.0 / (y * lam[1:])
    total = 0.5 * np.cumsum(direct)[:-1]  # y_i (D_{i-1} - D_i) is felt by lambda_0, ..., lambda_{i-1}
    by_y = total * (gaps[:-1] - gaps[1:]) - 0.5 * logs / y**2
    by_gap = np.zeros_like(lam)
    by_gap[:-1] += total * y
    by_gap[1:] -= total * y
    by_gap[0] -= 0.5 / lam[0]
    return value, by_y, by_gap


def curvature(gaps: Array, y: Array, innermost: float) -> Array:
    """The second derivatives of A in y."""
    columns = []
    for i in range(y.size):
        shifted = y.astype(complex)
        shifted[i] += 1j * TINY
        columns.append(entropy(gaps, shifted, innermost)[1].imag / TINY)
    answer: Array = np.array(columns)
    return 0.5 * (answer + answer.T)
