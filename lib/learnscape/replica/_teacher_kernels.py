r"""Compiled solvers of the teacher-student problem; see :mod:`learnscape.replica.teacher` for the problem and its symbols.

*Quadrature.* Two rewritings keep every integrand smooth at all overlaps. With :math:`t=\sqrt{1-q}\,\tau` the energetic equation loses its
narrow kink,

.. math::
    2\int Dt\,H(-\gamma t)A(-\gamma t)^2=\sqrt{\tfrac2\pi(1-q)}\int D\tau\,A(\sqrt q\,\tau),\qquad\gamma=\sqrt{q/(1-q)},

and with :math:`e^{-\hat q/2}\cosh(\sqrt{\hat q}z)` as the weight of an even function of the field, :math:`1-q=e^{-\hat q/2}\int Dz/\cosh(\sqrt{\hat q}z)`
keeps its relative accuracy as :math:`q\to1`.

The kernels take scalars and a float64 array; they neither allocate nor raise. Chapter *teacher-student*.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from learnscape.numerics.gaussian import exp_kernel, inverse_mills_kernel, log_h_kernel, log_kernel
from learnscape.numerics.jit import kernel
from learnscape.replica._rs_grid import INV_SQRT_2PI, RANGE, STEP, asinh_kernel

SQRT_2_OVER_PI = 0.7978845608028654
COARSE = 0.45  # step for smooth integrands: poles no closer than 2.8 give exp(-2 pi 2.8 / 0.45) = 1e-17
Q_HAT_MAX = 20.0  # the binary spinodal lies far below


@kernel
def arcsin_kernel(x: float) -> float:
    """Arc sine of 0 <= x <= 1: the angle is halved three times, then a Taylor series."""
    for _ in range(3):
        x = x / math.sqrt(2.0 * (1.0 + math.sqrt(max(0.0, 1.0 - x * x))))
    total = 0.0
    term = x
    for n in range(14):
        total += term / (2 * n + 1)
        term *= x * x * (2 * n + 1) / (2 * n + 2)
    return 8.0 * total


@kernel
def mean_mills(q: float) -> tuple[float, float]:
    """Mean of A(sqrt(q) tau) and of half its second derivative (its derivative with respect to q)."""
    r = math.sqrt(q)
    n = int(RANGE / COARSE)
    total = 0.0
    curved = 0.0
    for i in range(-n, n + 1):
        tau = COARSE * i
        w = exp_kernel(-0.5 * tau * tau)
        x = r * tau
        a = inverse_mills_kernel(x)
        b = a - x
        total += w * a
        curved += w * a * (b * b + a * b - 1.0)
    w = COARSE * INV_SQRT_2PI
    return w * total, 0.5 * w * curved


@kernel
def planted_binary(q_hat: float) -> tuple[float, float, float]:
    """Overlap q, 1 - q and dq/dq_hat = mean of sech^4, for a sign seen through a field of mean and variance q_hat."""
    if q_hat < 1e-5:
        q = q_hat * (1.0 - q_hat * (1.0 - 5.0 / 3.0 * q_hat))
        return q, 1.0 - q, 1.0 - 2.0 * q_hat + 5.0 * q_hat * q_hat
    a = math.sqrt(q_hat)
    s = min(3.0, 2.0 / a)
    n = int(asinh_kernel(RANGE / s) / STEP) + 1
    first = 0.0
    third = 0.0
    direct = 0.0
    for i in range(n + 1):
        e = exp_kernel(STEP * i)
        z = 0.5 * s * (e - 1.0 / e)
        w = (0.5 if i == 0 else 1.0) * (e + 1.0 / e) * exp_kernel(-0.5 * z * z)
        e = exp_kernel(-a * z)
        c = 2.0 * e / (1.0 + e * e)
        first += w * c
        third += w * c * c * c
        direct += w * c * (1.0 - e * e) * (1.0 - e * e) / (4.0 * e * e)
    w = STEP * s * INV_SQRT_2PI * exp_kernel(-0.5 * q_hat)
    v = w * first
    return (w * direct if q_hat < 1.0 else 1.0 - v), v, w * third


@kernel
def planted_entropy(q_hat: float) -> float:
    """Mean of ln(1 + e^(-2h)), h of mean and variance q_hat."""
    a = math.sqrt(q_hat)
    s = 3.0
    if 3.0 * a > 2.0:
        s = 2.0 / a
    step = min(STEP, 0.6 / math.sqrt(s * s + q_hat))
    u = asinh_kernel((a - RANGE) / s)
    n = int((asinh_kernel((a + RANGE) / s) - u) / step) + 2
    total = 0.0
    for i in range(n):
        e = exp_kernel(u + step * i)
        y = 0.5 * s * (e - 1.0 / e)  # h = a y
        w = (e + 1.0 / e) * exp_kernel(-0.5 * (y - a) * (y - a))
        h = a * y
        total += w * (
            log_kernel(1.0 + exp_kernel(-2.0 * h))
            if h > 0.0
            else log_kernel(1.0 + exp_kernel(2.0 * h)) - 2.0 * h
        )
    return 0.5 * step * s * INV_SQRT_2PI * total


@kernel
def planted_energy(q: float, v: float) -> float:
    """2 int Dt H(gamma t) ln H(gamma t): minus the entropy of the next label, given the past."""
    gamma = math.sqrt(q / v)
    s = 3.0
    if 3.0 * gamma > 2.5:
        s = 2.5 / gamma
    u = asinh_kernel(-RANGE / s)
    n = int(-2.0 * u / STEP) + 2
    total = 0.0
    for i in range(n):
        e = exp_kernel(u + STEP * i)
        t = 0.5 * s * (e - 1.0 / e)
        w = (e + 1.0 / e) * exp_kernel(-0.5 * t * t)
        lh = log_h_kernel(gamma * t)
        total += w * exp_kernel(lh) * lh if lh > -700.0 else 0.0
    return STEP * s * INV_SQRT_2PI * total


@kernel
def teacher_branch(binary: bool, y: float) -> tuple[float, float, float, float, float]:
    """The branch: q, 1 - q, q_hat, alpha and d ln alpha/dy at y = q_hat (binary) or y = q / sqrt(1-q) (spherical)."""
    if binary:
        q_hat = y
        q, v, dq = planted_binary(q_hat)
        factor = q_hat * math.sqrt(v)
        slope = 1.0 / q_hat - 0.5 * dq / v
    else:
        root = 2.0 / (y + math.sqrt(y * y + 4.0))
        v = root * root
        q = y * root
        q_hat = q / v
        factor = y
        slope = 1.0 / y
        dq = 2.0 * y * v / (2.0 * q + y * y)
    a, curved = mean_mills(q)
    return q, v, q_hat, factor / (SQRT_2_OVER_PI * a), slope - dq * curved / a


@kernel
def teacher_entropy(binary: bool, q: float, v: float, q_hat: float, alpha: float) -> float:
    """Entropy per weight of the students that agree with all labels."""
    entropic = 0.5 * q_hat * v + planted_entropy(q_hat) if binary else 0.5 * (q + log_kernel(v))
    return entropic + alpha * planted_energy(q, v)


@kernel
def spinodal_q_hat() -> float:
    """q_hat where the load of the binary branch is largest, by bisection of its slope."""
    low = 1e-3
    high = Q_HAT_MAX
    for _ in range(60):
        middle = 0.5 * (low + high)
        if teacher_branch(True, middle)[4] > 0.0:
            low = middle
        else:
            high = middle
    return low


@kernel
def teacher_kernel(binary: bool, alpha: float, branch: int, out: NDArray[np.float64]) -> None:
    """Students of a teacher at load alpha; branch 0 equilibrium, 1 the branch that starts at alpha = 0, 2 perfect (binary).

    out (9,): 0 overlap, 1 q_hat, 2 entropy, 3 Gibbs error, 4 Bayes error, 5 status (1 converged, 0 not, -1 no such branch), 6 residual,
    7 iterations, 8 branch taken.
    """
    for i in range(9):
        out[i] = 0.0
    high = math.inf
    status = 0.0
    if binary:
        high = spinodal_q_hat()
        if alpha > teacher_branch(True, high)[3]:
            if branch == 1:
                out[5] = -1.0
                return
            branch = 2
    if branch != 2:
        low = 0.0
        y = SQRT_2_OVER_PI * SQRT_2_OVER_PI * alpha  # the tangent at alpha = 0
        y = min(y, 0.999 * high)
        last = False
        for iteration in range(1, 201):
            q, v, q_hat, load, slope = teacher_branch(binary, y)
            residual = load / alpha - 1.0
            out[6] = abs(residual)
            out[7] = iteration
            if residual == 0.0 or (last and abs(residual) <= 1e-12):
                status = 1.0
                break
            if residual > 0.0:
                high = y
            else:
                low = y
            new = y - residual / ((1.0 + residual) * slope)
            if not low < new < high:
                new = 0.5 * (low + high) if high < math.inf else 2.0 * y
            last = abs(residual) <= 1e-7 or new == y or abs(new - y) <= 1e-14 * y
            y = new
        entropy = teacher_entropy(binary, q, v, q_hat, alpha)
        if binary and branch == 0 and entropy < 0.0:
            branch = 2
        else:
            out[0] = q
            out[1] = q_hat
            out[2] = entropy
            out[3] = 2.0 * arcsin_kernel(math.sqrt(0.5 * v)) / math.pi
            out[4] = arcsin_kernel(math.sqrt(v)) / math.pi
            out[5] = status
            out[8] = 1.0
            return
    out[0] = 1.0
    out[1] = math.inf
    out[5] = 1.0
    out[6] = 0.0
    out[8] = 2.0


@kernel
def teacher_transition_kernel(out: NDArray[np.float64]) -> None:
    """Binary weights: out = [alpha at zero entropy, q there, alpha at the spinodal, q there]."""
    high = spinodal_q_hat()
    q, v, q_hat, load, _ = teacher_branch(True, high)
    out[2] = load
    out[3] = q
    low = 1e-3
    for _ in range(60):
        middle = 0.5 * (low + high)
        q, v, q_hat, load, _ = teacher_branch(True, middle)
        if teacher_entropy(True, q, v, q_hat, load) > 0.0:
            low = middle
        else:
            high = middle
    out[0] = load
    out[1] = q
