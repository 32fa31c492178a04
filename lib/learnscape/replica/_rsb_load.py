r"""The spherical perceptron with one step at a given load and block parameter, compiled and without memory of its own: for a curve while a slider moves.

*Problem.* The saddle of :math:`\phi=\tfrac12[\ln\lambda_1+\tfrac1m\ln\tfrac{\lambda_0}{\lambda_1}+\tfrac{q_0}{\lambda_0}]+\tfrac\alpha m\int Dz_0\ln\int Dz_1e^{mf(h)}`
with :math:`\lambda_1=1-q_1,\;\lambda_0=\lambda_1+m(q_1-q_0)`, :math:`f=\ln H((\kappa-h)/\sqrt{\lambda_1})`. All fields lie on one uniform grid, so that f is computed once a node
and the inner average is a sum with fixed weights. The unknowns are :math:`\ln q_0/\lambda_1` and :math:`\ln(q_1-q_0)/\lambda_1`, found by Newton's method.

Complexities are right to 2e-8, entropies to 1e-7 (kappa = -1, loads 10 to 11.5); :func:`learnscape.replica.rsb.complexity`, which takes any pair and has all digits, needs fifty times as long.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from learnscape.numerics.gaussian import (
    INVERSE_SQRT_2PI,
    exp_kernel,
    log_h_and_inverse_mills_kernel,
    log_kernel,
)
from learnscape.numerics.jit import kernel

Array = NDArray[np.float64]
NODES = 800  # of the grid at most; with more it becomes coarser
WORK = 5 * NODES
HALF_WIDTH = 7.2  # of a Gaussian: 6e-13 beyond
BEND = 1.0  # step of the grid in units of the width of H, whose zeros lie at 1.9 +- 2.8i widths: exp(-2 pi 2.8) = 2e-8
SMOOTH = 0.6  # and in units of the Gaussians, of which e^(mf) makes the inner one narrower
OUTER, OUTER_BEND = (
    0.4,
    0.75,
)  # step of the outer average, in units of its Gaussian and of the width over which the inner average bends
MOST = 12  # Newton steps
LONGEST = 0.5  # of them, in logarithms
APART = 1e-6
DONE = 1e-8  # the step after it would be its square


class OneStepRound(NamedTuple):
    """The equations once, and what they say of the free entropy."""

    by_outer: float
    """Logarithm of q_0 after the round over q_0 before."""
    by_inner: float
    """The same of q_1 - q_0."""
    free_entropy: float
    """phi."""
    complexity: float
    """Sigma = -m^2 dphi/dm."""


class OneStepSaddle(NamedTuple):
    """Where Newton's method ended."""

    outer: float
    """ln(q_0 / (1 - q_1))."""
    inner: float
    """ln((q_1 - q_0) / (1 - q_1))."""
    at: OneStepRound
    converged: bool


@kernel
def one_step_overlaps(outer: float, inner: float) -> tuple[float, float]:
    """q_0 and q_1."""
    a, b = exp_kernel(outer), exp_kernel(inner)
    total = 1.0 + a + b
    return a / total, (a + b) / total


@kernel
def one_step_round(
    kappa: float, alpha: float, m: float, outer: float, inner: float, work: Array
) -> OneStepRound:
    """One round of the saddle-point equations; ``work`` has WORK entries."""
    q0, q1 = one_step_overlaps(outer, inner)
    gap, d = 1.0 - q1, q1 - q0
    width, root, s = math.sqrt(gap), math.sqrt(q0), math.sqrt(d)
    tilted = s / math.sqrt(1.0 + m * d / gap)
    step = min(BEND * width, SMOOTH * min(root, tilted))
    step = max(step, 2.0 * HALF_WIDTH * (root + s) / (NODES - 4.0))
    near = int(HALF_WIDTH * s / step)
    stride = max(int(min(OUTER * root, OUTER_BEND * math.sqrt(gap + d)) / step), 1)
    far = stride * int(HALF_WIDTH * root / (stride * step))
    weight, power = work[:NODES], work[NODES : 2 * NODES]
    slope, square, mean = work[2 * NODES : 3 * NODES], work[3 * NODES : 4 * NODES], work[4 * NODES :]
    last = 2 * (far + near)
    for j in range(last + 1):
        z = j * step / s
        weight[j] = exp_kernel(-0.5 * z * z) * step / s * INVERSE_SQRT_2PI
        h = (j - far - near) * step
        f, ratio = log_h_and_inverse_mills_kernel((kappa - h) / width)
        e, g = exp_kernel(m * f), ratio / width
        power[j], slope[j], square[j], mean[j] = e, e * g, e * g * g, e * f
    hat0, hat1, term, inside = 0.0, 0.0, 0.0, 0.0
    for i in range(0, 2 * far + 1, stride):
        # Below kappa the weight e^(mf) draws the inner fields up to it: they lie off h, but more closely together.
        away = max(kappa - (i - far) * step, 0.0)
        share = tilted / s if away > 0.0 else 1.0
        down = int((away * (1.0 - share * share) - HALF_WIDTH * s * share) / step)
        up = int(math.sqrt(away * away * (1.0 - share * share) + HALF_WIDTH * HALF_WIDTH * d) / step)
        n, g1, g2, f1 = 0.0, 0.0, 0.0, 0.0
        for j in range(down, min(up, last - near - i) + 1):
            w, k = weight[abs(j)], i + near + j
            n += w * power[k]
            g1 += w * slope[k]
            g2 += w * square[k]
            f1 += w * mean[k]
        z = (i - far) * step / root
        p = exp_kernel(-0.5 * z * z) * stride * step / root * INVERSE_SQRT_2PI
        hat0 += p * (g1 / n) * (g1 / n)
        hat1 += p * g2 / n
        term += p * log_kernel(n)
        inside += p * f1 / n
    hat0, hat1, term = alpha * hat0, alpha * hat1, term / m
    l0 = gap + m * d
    ratio = log_kernel(l0 / gap)
    free = 0.5 * (log_kernel(gap) + ratio / m + q0 / l0) + alpha * term
    by_m = 0.5 * (d / (m * l0) - ratio / (m * m) - q0 * d / (l0 * l0)) + alpha * (inside - term) / m
    return OneStepRound(
        log_kernel(hat0 * l0 * l0 / q0), log_kernel((hat1 - hat0) * l0 * gap / d), free, -m * m * by_m
    )


@kernel
def one_step_saddle(
    kappa: float, alpha: float, m: float, outer: float, inner: float, work: Array
) -> OneStepSaddle:
    """The saddle near a start, by Newton's method with differences."""
    at = one_step_round(kappa, alpha, m, outer, inner, work)
    for _ in range(MOST):
        one = one_step_round(kappa, alpha, m, outer + APART, inner, work)
        two = one_step_round(kappa, alpha, m, outer, inner + APART, work)
        oo, io = (one.by_outer - at.by_outer) / APART, (one.by_inner - at.by_inner) / APART
        oi, ii = (two.by_outer - at.by_outer) / APART, (two.by_inner - at.by_inner) / APART
        det = oo * ii - oi * io
        da = (oi * at.by_inner - ii * at.by_outer) / det
        db = (io * at.by_outer - oo * at.by_inner) / det
        size = max(abs(da), abs(db))
        if not size < 1e3:
            break
        shrink = min(1.0, LONGEST / max(size, 1e-300))
        outer, inner = outer + shrink * da, inner + shrink * db
        at = one_step_round(kappa, alpha, m, outer, inner, work)
        if size < 1e-4 and max(abs(at.by_outer), abs(at.by_inner)) < DONE:
            return OneStepSaddle(outer, inner, at, True)
    return OneStepSaddle(outer, inner, at, False)
