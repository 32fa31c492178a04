r"""Compiled solvers of the teacher-student problem; see :mod:`learnscape.replica.teacher` for the problem and its symbols.

*Quadrature.* Two rewritings keep every integrand smooth at all overlaps. With :math:`t=\sqrt{1-q}\,\tau` the energetic equation loses its
narrow kink,

.. math::
    2\int Dt\,H(-\gamma t)A(-\gamma t)^2=\sqrt{\tfrac2\pi(1-q)}\int D\tau\,A(\sqrt q\,\tau),\qquad\gamma=\sqrt{q/(1-q)},

and with :math:`e^{-\hat q/2}\cosh(\sqrt{\hat q}z)` as the weight of an even function of the field, :math:`1-q=e^{-\hat q/2}\int Dz/\cosh(\sqrt{\hat q}z)`
keeps its relative accuracy as :math:`q\to1`.

The kernels take and return numbers; they neither allocate nor raise. Chapter *teacher-student*.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from learnscape.numerics.gaussian import (
    INVERSE_SQRT_2PI,
    exp_kernel,
    inverse_mills_kernel,
    log_h_kernel,
    log_kernel,
)
from learnscape.numerics.jit import kernel
from learnscape.numerics.sinh_rule import RANGE, STEP, even_node, even_rule, sinh_node, sinh_rule
from learnscape.replica._rs_grid import CONVERGED, NO_SADDLE, NOT_CONVERGED, SQRT_2_OVER_PI

COARSE = 0.45  # step for smooth integrands: poles no closer than 2.8 give exp(-2 pi 2.8 / 0.45) = 1e-17
EQUILIBRIUM, METASTABLE, PERFECT = 0, 1, 2
MAX_ITERATIONS = 200
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
    w = COARSE * INVERSE_SQRT_2PI
    return w * total, 0.5 * w * curved


@kernel
def planted_binary(q_hat: float) -> tuple[float, float, float]:
    """Overlap q, 1 - q and dq/dq_hat = mean of sech^4, for a sign seen through a field of mean and variance q_hat."""
    if q_hat < 1e-5:
        q = q_hat * (1.0 - q_hat * (1.0 - 5.0 / 3.0 * q_hat))
        return q, 1.0 - q, 1.0 - 2.0 * q_hat + 5.0 * q_hat * q_hat
    a = math.sqrt(q_hat)
    first = 0.0
    third = 0.0
    direct = 0.0
    rule = even_rule(min(3.0, 2.0 / a))
    for i in range(rule.nodes):
        z, w = even_node(rule, i)
        e = exp_kernel(-a * z)
        c = 2.0 * e / (1.0 + e * e)
        first += w * c
        third += w * c * c * c
        direct += w * c * (1.0 - e * e) * (1.0 - e * e) / (4.0 * e * e)
    w = exp_kernel(-0.5 * q_hat)
    v = w * first
    return (w * direct if q_hat < 1.0 else 1.0 - v), v, w * third


@kernel
def planted_entropy(q_hat: float) -> float:
    """Mean of ln(1 + e^(-2h)), h of mean and variance q_hat."""
    a = math.sqrt(q_hat)
    s = min(3.0, 2.0 / a) if a > 0.0 else 3.0
    total = 0.0
    rule = sinh_rule(-a, s, -RANGE, RANGE, min(STEP, 0.6 / math.sqrt(s * s + q_hat)))  # bends at h = 0
    for i in range(rule.nodes):
        z, w = sinh_node(rule, i)
        h = a * (a + z)
        total += w * (
            log_kernel(1.0 + exp_kernel(-2.0 * h))
            if h > 0.0
            else log_kernel(1.0 + exp_kernel(2.0 * h)) - 2.0 * h
        )
    return total


@kernel
def planted_energy(q: float, v: float) -> float:
    """2 int Dt H(gamma t) ln H(gamma t): minus the entropy of the next label, given the past."""
    gamma = math.sqrt(q / v)
    s = min(3.0, 2.5 / gamma) if gamma > 0.0 else 3.0
    total = 0.0
    rule = sinh_rule(0.0, s, -RANGE, RANGE, STEP)
    for i in range(rule.nodes):
        t, w = sinh_node(rule, i)
        lh = log_h_kernel(gamma * t)
        total += w * exp_kernel(lh) * lh if lh > -700.0 else 0.0
    return 2.0 * total


class Branch(NamedTuple):
    """One point of the branch."""

    q: float
    """Overlap."""
    v: float
    """1 - q."""
    q_hat: float
    """Conjugate of q."""
    alpha: float
    """The load that has this overlap."""
    slope: float
    """d ln alpha/dy."""


class Students(NamedTuple):
    """What the solver returns."""

    overlap: float
    """Overlap with the teacher."""
    q_hat: float
    """Its conjugate."""
    entropy: float
    """Entropy per weight."""
    gibbs: float
    """Error of a random student."""
    bayes: float
    """Error of the majority."""
    status: int
    """CONVERGED, NOT_CONVERGED, or NO_SADDLE where this branch has none at this load."""
    residual: float
    """|alpha(q)/alpha - 1|."""
    iterations: int
    """Newton steps."""
    branch: int
    """Which branch it is, 1 or 2."""


class Transition(NamedTuple):
    """Two loads of the binary branch."""

    alpha: float
    """Where its entropy vanishes."""
    overlap: float
    """Overlap there."""
    spinodal: float
    """Where it ends."""


@kernel
def teacher_branch(binary: bool, y: float) -> Branch:
    """The branch at y = q_hat (binary) or y = q / sqrt(1-q) (spherical)."""
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
    return Branch(q, v, q_hat, factor / (SQRT_2_OVER_PI * a), slope - dq * curved / a)


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
        if teacher_branch(True, middle).slope > 0.0:
            low = middle
        else:
            high = middle
    return low


@kernel
def teacher_kernel(binary: bool, alpha: float, branch: int) -> Students:
    """Students of a teacher at load alpha; branch 0 equilibrium, 1 the branch that starts at alpha = 0, 2 perfect (binary)."""
    perfect = Students(1.0, math.inf, 0.0, 0.0, 0.0, CONVERGED, 0.0, 0, PERFECT)
    high = math.inf
    if binary:
        high = spinodal_q_hat()
        if alpha > teacher_branch(True, high).alpha:
            if branch == METASTABLE:
                return Students(0.0, 0.0, 0.0, 0.0, 0.0, NO_SADDLE, 0.0, 0, METASTABLE)
            return perfect
    if branch == PERFECT:
        return perfect
    low = 0.0
    y = min(SQRT_2_OVER_PI * SQRT_2_OVER_PI * alpha, 0.999 * high)  # the tangent at alpha = 0
    last = False
    iteration = 0
    while True:
        at = teacher_branch(binary, y)
        iteration += 1
        residual = at.alpha / alpha - 1.0
        reached = residual == 0.0 or (last and abs(residual) <= 1e-12)
        if reached or iteration == MAX_ITERATIONS:
            break
        if residual > 0.0:
            high = y
        else:
            low = y
        new = y - residual / ((1.0 + residual) * at.slope)
        if not low < new < high:
            new = 0.5 * (low + high) if high < math.inf else 2.0 * y
        last = abs(residual) <= 1e-7 or new == y or abs(new - y) <= 1e-14 * y
        y = new
    entropy = teacher_entropy(binary, at.q, at.v, at.q_hat, alpha)
    if binary and branch == EQUILIBRIUM and entropy < 0.0:
        return Students(1.0, math.inf, 0.0, 0.0, 0.0, CONVERGED, 0.0, iteration, PERFECT)
    return Students(
        at.q,
        at.q_hat,
        entropy,
        2.0 * arcsin_kernel(math.sqrt(0.5 * at.v)) / math.pi,
        arcsin_kernel(math.sqrt(at.v)) / math.pi,
        CONVERGED if reached else NOT_CONVERGED,
        abs(residual),
        iteration,
        METASTABLE,
    )


@kernel
def teacher_transition_kernel() -> Transition:
    """Where the branch of poor students loses against the teacher, and where it ends (binary weights)."""
    high = spinodal_q_hat()
    at = teacher_branch(True, high)
    end = at.alpha
    low = 1e-3
    for _ in range(60):
        middle = 0.5 * (low + high)
        at = teacher_branch(True, middle)
        if teacher_entropy(True, at.q, at.v, at.q_hat, at.alpha) > 0.0:
            low = middle
        else:
            high = middle
    return Transition(at.alpha, at.q, end)
