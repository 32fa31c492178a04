r"""Overlap of solutions of two margins on the same patterns, and the error on the geodesic between them: plain numbers, memory lent by the caller.

.. math:: p=\alpha\,(1-q_1)(1-q_2)\,\langle g_1(\omega_1)\,g_2(\omega_2)\rangle_p,\qquad g_i(\omega)=\frac{A\bigl((\kappa_i-\omega)/\sqrt{1-q_i}\bigr)}{\sqrt{1-q_i}} .

The right-hand side grows with p; it is positive at 0 and below the diagonal at :math:`\sqrt{q_1q_2}`. Spherical weights. Chapter *geometry*.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from learnscape.numerics.gaussian import exp_kernel, inverse_mills_kernel, log_h_kernel
from learnscape.numerics.jit import kernel

FloatArray = NDArray[np.float64]
REACH, STEP = 7.5, 0.6  # of the trapezoidal rule, the latter in units of the sharpest bend
FARTHEST = 8.0  # of a field on the path: 1e-15 lies beyond
INNER = 16  # Gauss-Legendre nodes for the stability, whose density is smooth there
X, W = np.polynomial.legendre.leggauss(INNER)
ROUNDS = 60
TOLERANCE = 1e-12


@kernel
def _product(q1: float, kappa1: float, q2: float, kappa2: float, p: float) -> float:
    """The average of g1 g2 at overlap p."""
    v1, v2 = math.sqrt(1.0 - q1), math.sqrt(1.0 - q2)
    a, slope = math.sqrt(q1), p / math.sqrt(q1)
    rest = math.sqrt(max(q2 - slope * slope, 0.0))
    step = STEP * min(1.0, v1 / a, v2 / math.sqrt(q2))
    nodes = int(REACH / step)
    total = 0.0
    for i in range(-nodes, nodes + 1):
        x = step * i
        inner = 0.0
        for j in range(-nodes, nodes + 1):
            y = step * j
            inner += exp_kernel(-0.5 * y * y) * inverse_mills_kernel((kappa2 - slope * x - rest * y) / v2)
        total += exp_kernel(-0.5 * x * x) * inverse_mills_kernel((kappa1 - a * x) / v1) * inner
    return total * step * step / (2.0 * math.pi * v1 * v2)


@kernel
def cross_overlap_kernel(alpha: float, q1: float, kappa1: float, q2: float, kappa2: float) -> float:
    """The overlap p of solutions with margins kappa1, kappa2, whose own overlaps q1, q2 > 0 solve the RS saddle at load alpha; to 1e-9."""
    if kappa1 == kappa2:
        return q1
    scale = alpha * (1.0 - q1) * (1.0 - q2)
    low, high = 0.0, math.sqrt(q1 * q2)
    above = scale * _product(q1, kappa1, q2, kappa2, low)
    below = scale * _product(q1, kappa1, q2, kappa2, high) - high
    if below >= 0.0:
        return high
    kept = 0
    for _ in range(ROUNDS):  # false position; an end that is kept twice counts half (Illinois)
        p = (low * below - high * above) / (below - above)
        excess = scale * _product(q1, kappa1, q2, kappa2, p) - p
        if abs(excess) < TOLERANCE or high - low < TOLERANCE:
            return p
        if excess > 0.0:
            low, above = p, excess
            if kept == 1:
                below *= 0.5
            kept = 1
        else:
            high, below = p, excess
            if kept == -1:
                above *= 0.5
            kept = -1
    return p


@kernel
def geodesic_kernel(
    q1: float,
    q2: float,
    p: float,
    kappa1: float,
    kappa2: float,
    kappa: float,
    gamma: float,
    step: float,
    below: FloatArray,
) -> float:
    """The error at gamma; all margins are given, and kappa1, kappa2 >= kappa. ``below`` is memory for INNER numbers."""
    n = math.sqrt(gamma * gamma + (1.0 - gamma) * (1.0 - gamma) + 2.0 * gamma * (1.0 - gamma) * p)
    bound = kappa * n
    # second stability: from its margin to where the first one would have to be below its own
    high = (bound - gamma * kappa1) / (1.0 - gamma)
    if not high > kappa2:
        return 0.0
    v1, v2 = math.sqrt(1.0 - q1), math.sqrt(1.0 - q2)
    a, slope = math.sqrt(q1), p / math.sqrt(q1) if q1 > 0.0 else 0.0
    rest = math.sqrt(max(q2 - slope * slope, 0.0))
    half, middle = 0.5 * (high - kappa2), 0.5 * (high + kappa2)
    nodes = int(FARTHEST / step)
    total = 0.0
    for i in range(-nodes, nodes + 1):
        x = step * i
        omega1 = a * x
        log1 = log_h_kernel((kappa1 - omega1) / v1)
        for k in range(INNER):
            b = (bound - (1.0 - gamma) * (middle + half * X[k])) / gamma
            below[k] = 1.0 - exp_kernel(log_h_kernel((b - omega1) / v1) - log1)
        for j in range(-nodes, nodes + 1):
            y = step * j
            exponent = -0.5 * (x * x + y * y)
            if exponent < -0.5 * FARTHEST * FARTHEST:
                continue
            omega2 = slope * x + rest * y
            log2 = log_h_kernel((kappa2 - omega2) / v2)
            part = 0.0
            for k in range(INNER):
                t = (middle + half * X[k] - omega2) / v2
                part += W[k] * exp_kernel(-0.5 * t * t - log2) * below[k]
            total += exp_kernel(exponent) * part
    return total * step * step * half / (v2 * (2.0 * math.pi) ** 1.5)
