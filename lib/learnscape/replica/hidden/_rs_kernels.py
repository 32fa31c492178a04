r"""Compiled replica-symmetric saddle of the hidden-teacher model: one overlap, and three order parameters of the projected weights.

*Problem.* With m the linear share of the features' variance, v = 1 - q and T = m alpha_T, write the projected overlaps as

.. math::  p_d-p=v\,e,\qquad p=r^2+c .

Then neither 1 - e nor the load needs a difference of large numbers, also as alpha_T -> 0, and at given q the saddle is

.. math::
    e=\frac1{1+vTK},\qquad r=\alpha_T\sqrt m\,v\,e\,E,\qquad c=e^2(q+v^2T\langle g^2\rangle),

.. math::
    \frac{\hat q}{\alpha}=(1-m)\langle g^2\rangle+m\,e^2\bigl[\langle g^2\rangle+TqK^2+\alpha_TE^2\bigr],

with :math:`g=A/\sqrt V`, :math:`K=-\langle g'\rangle` and E the derivative of the energetic term with respect to the overlap with the teacher. The
averages know the field's variances :math:`V=v(me+1-m)`, :math:`S=Q-R^2=mc+(1-m)q` and :math:`R=\sqrt m\,r`. The load is explicit, and
rises with q as long as the entropy is above -2.5, at margins above -2.8 for every q (below, the branch folds far beyond the interpolation point, and the
fold's first part is not left): a secant in a bracket inverts it.

The kernels take and return numbers; they neither allocate nor raise, so that a static page can run them. Chapter *overparameterization*.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from learnscape.constraints import mills_excess_kernel
from learnscape.numerics.gaussian import (
    INVERSE_SQRT_2PI,
    exp_kernel,
    h_kernel,
    log1p_kernel,
    log_h_and_inverse_mills_kernel,
    log_kernel,
)
from learnscape.numerics.jit import kernel
from learnscape.numerics.sinh_rule import RANGE, sinh_node, sinh_rule
from learnscape.weights import binary_moments

STEP = 0.1  # of the trapezoidal rule; 0.05 changes no digit that is returned
DIFFERENCE = 2.0**-24  # of the logarithms, for the Jacobian
ROUNDING = 3e-14  # an inner residual that is good enough
ACCEPTED = 1e-12  # and what it must reach
SMALL = 1e-13  # of the load, relative, or the entropy
NEAREST = 1e-6  # smallest 1 - p
LARGEST = 1.0  # step of a logarithm
NEAR = 0.3  # residual below which Newton may help
LN_2 = 0.6931471805599453


class Inner(NamedTuple):
    """The order parameters of the projected weights at one overlap, as logarithms."""

    log_e: float
    """ln e, with p_d - p = v e."""
    log_r: float
    """ln r, r the overlap with the teacher."""
    log_c: float
    """ln c, p = r^2 + c."""


class Energetic(NamedTuple):
    """Averages over the shared field, with the weight of the teacher's label."""

    log_h: float
    """ln H."""
    g2: float
    """g^2."""
    k: float
    """-g'."""
    e: float
    """Derivative of the average of ln H with respect to R."""


class Point(NamedTuple):
    """One point of the branch."""

    alpha: float
    """Load P/N that has this overlap."""
    entropy: float
    """Free entropy there."""
    inner: Inner
    """Order parameters of the projected weights."""
    residual: float
    """Largest change of their logarithms in one more update."""


class Typical(NamedTuple):
    """What the solvers return."""

    alpha: float
    """Load P/N."""
    q: float
    """Overlap."""
    v: float
    """1 - q."""
    q_hat: float
    """Its conjugate."""
    e: float
    """(p_d - p)/v."""
    r: float
    """Overlap with the teacher."""
    c: float
    """p - r^2."""
    entropy: float
    """Entropy per weight."""
    evaluations: int
    """Points of the branch."""
    residual: float
    """How well the last equation holds."""


@kernel
def energetic(v: float, s: float, r: float, kappa: float) -> Energetic:
    """Averages at variance v of a solution about the shared field, S = Q - R^2 and R."""
    q = s + r * r
    root, scale, slope = math.sqrt(q), math.sqrt(v), r / math.sqrt(s)
    width = 2.5 * scale / root  # of the bend of ln H; that of the label is 1/slope
    spread = min(3.0, width)
    if slope > 1.0:
        spread = min(spread, 3.0 / slope)
    centre = min(max(kappa / root, -8.0), 8.0)
    far = math.sqrt(spread * spread + centre * centre)
    step = min(STEP, 0.4 / far, 0.5 / (far * max(slope, 0.1)))
    rule = sinh_rule(centre, spread, -RANGE, RANGE, step)
    log_h, g2, k, e = 0.0, 0.0, 0.0, 0.0
    for i in range(rule.nodes):
        t, w = sinh_node(rule, i)
        x = (kappa - root * t) / scale
        f, a = log_h_and_inverse_mills_kernel(x)
        y = slope * t
        label = 2.0 * w * h_kernel(-y)
        log_h += label * f
        g2 += label * a * a
        k += label * a * mills_excess_kernel(a, x)
        e += w * a * exp_kernel(-0.5 * y * y)
    return Energetic(log_h, g2 / v, k / v, 2.0 * INVERSE_SQRT_2PI * math.sqrt(q / s) * e / scale)


@kernel
def averages(q: float, v: float, share: float, kappa: float, at: Inner) -> Energetic:
    """The energetic averages at given order parameters."""
    e, r, c = exp_kernel(at.log_e), exp_kernel(at.log_r), exp_kernel(at.log_c)
    variance = v * (share * e + 1.0 - share)
    return energetic(variance, share * c + (1.0 - share) * q, math.sqrt(share) * r, kappa)


@kernel
def updated(q: float, v: float, alpha_t: float, share: float, kappa: float, at: Inner) -> Inner:
    """One update of the order parameters at fixed overlap."""
    mean = averages(q, v, share, kappa, at)
    t = alpha_t * share
    log_e = -log1p_kernel(v * t * mean.k)
    log_r = log_kernel(alpha_t * math.sqrt(share) * v * mean.e) + log_e
    return Inner(log_e, log_r, 2.0 * log_e + log_kernel(q + v * v * t * mean.g2))


@kernel
def distance(a: Inner, b: Inner) -> float:
    """Largest difference."""
    return max(abs(a.log_e - b.log_e), abs(a.log_r - b.log_r), abs(a.log_c - b.log_c))


@kernel
def _newton_step(
    q: float, v: float, alpha_t: float, share: float, kappa: float, at: Inner, new: Inner
) -> Inner:
    """Newton for update(x) = x, with differences for the Jacobian; ``new`` is the update of ``at``."""
    h = DIFFERENCE
    a = updated(q, v, alpha_t, share, kappa, Inner(at.log_e + h, at.log_r, at.log_c))
    b = updated(q, v, alpha_t, share, kappa, Inner(at.log_e, at.log_r + h, at.log_c))
    c = updated(q, v, alpha_t, share, kappa, Inner(at.log_e, at.log_r, at.log_c + h))
    # (1 - J) dx = f: columns of 1 - J
    a0, a1, a2 = 1.0 - (a.log_e - new.log_e) / h, -(a.log_r - new.log_r) / h, -(a.log_c - new.log_c) / h
    b0, b1, b2 = -(b.log_e - new.log_e) / h, 1.0 - (b.log_r - new.log_r) / h, -(b.log_c - new.log_c) / h
    c0, c1, c2 = -(c.log_e - new.log_e) / h, -(c.log_r - new.log_r) / h, 1.0 - (c.log_c - new.log_c) / h
    f0, f1, f2 = new.log_e - at.log_e, new.log_r - at.log_r, new.log_c - at.log_c
    bc0, bc1, bc2 = b1 * c2 - b2 * c1, b2 * c0 - b0 * c2, b0 * c1 - b1 * c0
    det = a0 * bc0 + a1 * bc1 + a2 * bc2
    d0 = (f0 * bc0 + f1 * bc1 + f2 * bc2) / det
    d1 = (a0 * (f1 * c2 - f2 * c1) + a1 * (f2 * c0 - f0 * c2) + a2 * (f0 * c1 - f1 * c0)) / det
    d2 = (a0 * (b1 * f2 - b2 * f1) + a1 * (b2 * f0 - b0 * f2) + a2 * (b0 * f1 - b1 * f0)) / det
    longest = max(abs(d0), abs(d1), abs(d2))
    fraction = 1.0 if longest < LARGEST else LARGEST / longest
    return Inner(min(at.log_e + fraction * d0, 0.0), at.log_r + fraction * d1, at.log_c + fraction * d2)


@kernel
def settle(
    q: float, v: float, alpha_t: float, share: float, kappa: float, start: Inner
) -> tuple[Inner, float]:
    """The order parameters at fixed overlap, and their residual: Newton steps, plain updates where these do not help."""
    at = start
    new = updated(q, v, alpha_t, share, kappa, at)
    residual = distance(new, at)
    weight = 0.5
    for _ in range(200):
        if not residual > ROUNDING:
            break
        trial, trial_new, better = at, new, math.inf
        if residual < NEAR:
            trial = _newton_step(q, v, alpha_t, share, kappa, at, new)
            trial_new = updated(q, v, alpha_t, share, kappa, trial)
            better = distance(trial_new, trial)
        if better < 0.9 * residual:
            at, new, residual = trial, trial_new, better
        elif residual < ACCEPTED:
            break  # rounding
        else:
            for _ in range(5):
                at = Inner(
                    at.log_e + weight * (new.log_e - at.log_e),
                    at.log_r + weight * (new.log_r - at.log_r),
                    at.log_c + weight * (new.log_c - at.log_c),
                )
                new = updated(q, v, alpha_t, share, kappa, at)
            before, residual = residual, distance(new, at)
            if residual > before:  # it oscillates
                weight *= 0.6
    return at, residual


@kernel
def cold_start(alpha_t: float, share: float, q: float) -> Inner:
    """Where to begin at any load."""
    t = alpha_t * share
    return Inner(-log1p_kernel(t), log_kernel(0.5 * t / (1.0 + t)), log_kernel(q + 0.3 * t / (1.0 + t)))


@kernel
def branch(q_hat: float, alpha_t: float, share: float, kappa: float, start: Inner) -> Point:
    """Load and entropy at a value of q_hat."""
    q, v, _, _, log_z = binary_moments(q_hat)
    at, residual = settle(q, v, alpha_t, share, kappa, start)
    mean = averages(q, v, share, kappa, at)
    t, e2 = alpha_t * share, exp_kernel(2.0 * at.log_e)
    shared = t * q * mean.k * mean.k + alpha_t * mean.e * mean.e
    alpha = q_hat / ((1.0 - share) * mean.g2 + share * e2 * (mean.g2 + shared))
    # ln e + 1 - e, with e = 1/(1 + x)
    x = v * t * mean.k
    volume = x / (1.0 + x) - log1p_kernel(x) if x > 1e-3 else -x * x * (0.5 - x * (2.0 / 3.0 - 0.75 * x))
    projected = 0.5 * (volume / alpha_t - v * e2 * share * (shared - v * t * mean.k * mean.g2))
    entropy = log_z - 0.5 * q_hat * v + alpha * (projected + mean.log_h)
    return Point(alpha, entropy, at, residual)


@kernel
def _typical(q_hat: float, at: Point, evaluations: int, residual: float) -> Typical:
    q, v, _, _, _ = binary_moments(q_hat)
    return Typical(
        at.alpha,
        q,
        v,
        q_hat,
        exp_kernel(at.inner.log_e),
        exp_kernel(at.inner.log_r),
        exp_kernel(at.inner.log_c),
        at.entropy,
        evaluations,
        max(residual, at.residual),
    )


@kernel
def many_weights(alpha_t: float, share: float, kappa: float) -> Typical:
    """The limit alpha = P/N -> 0 at fixed P/D: q = 0, while the projected weights keep their order."""
    at, residual = settle(0.0, 1.0, alpha_t, share, kappa, cold_start(alpha_t, share, 0.0))
    point = Point(0.0, LN_2, at, residual)
    return _typical(0.0, point, 1, 0.0)


@kernel
def end_of_branch(alpha_t: float, share: float, kappa: float) -> float:
    """The load at which q -> 1 and the saddle disappears, from the point with 1 - q of 1e-6, relative accuracy about 1e-6."""
    q_hat = 3e11
    return branch(q_hat, alpha_t, share, kappa, cold_start(alpha_t, share, 1.0)).alpha


@kernel
def search(target: float, alpha_t: float, share: float, kappa: float) -> Typical:
    """The point at load ``target``, or the zero of the entropy for target = 0.

    The unknown is p in (0, 1), q_hat = p (2 - p) / 2 (1 - p)^2, in which alpha(p) is almost linear. False position, by secants kept in the bracket.
    """
    start = cold_start(alpha_t, share, 0.5)
    low, high, p = 0.0, 1.0, 0.5
    f_low, f_high = -1.0, 1.0
    side, evaluations = 0, 0
    while True:
        u = 1.0 - p
        q_hat = 0.5 * p * (1.0 + u) / (u * u)
        at = branch(q_hat, alpha_t, share, kappa, start)
        start = at.inner
        evaluations += 1
        f = at.alpha / target - 1.0 if target > 0.0 else -at.entropy / LN_2
        if evaluations == 1 and target > 0.0:  # twice the load there is about the end
            f_high = max(2.0 * at.alpha / target - 1.0, 0.02)
        if abs(f) <= SMALL or evaluations == 100 or u < NEAREST or f != f:
            return _typical(q_hat, at, evaluations, abs(f) if f == f else math.inf)
        if f < 0.0:
            low, f_low = p, f
            if side == -1:  # Illinois: the other end has stayed twice
                f_high *= 0.5
            side = -1
        else:
            high, f_high = p, f
            if side == 1:
                f_low *= 0.5
            side = 1
        new = (low * f_high - high * f_low) / (f_high - f_low)
        if target > 0.0 and p < 0.01 and abs(f) > 0.1:
            new = p / (1.0 + f)  # proportional over any number of decades
        if not low < new < high:
            new = 0.5 * (low + high)
        p = new
