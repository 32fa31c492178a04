r"""Averages over a dense region of y -> infinity students at mutual overlap q1, for compiled kernels.

*Problem.* As y -> infinity the inner integrals of one step of replica symmetry breaking become maxima. For a weight in the field a, and for a pattern in the
field omega, they are at

.. math::  h=a+\delta\hat q\tanh h,\qquad \lambda=\omega+\delta Q\,g(\lambda),\qquad g=A/\sqrt V .

Both are solved for a and omega instead: the averages become integrals over h and lambda, explicit, with the Jacobians
:math:`1-\delta\hat q\operatorname{sech}^2h` and :math:`1-\delta Q\,g'(\lambda)`. For :math:`\delta\hat q>1` the values :math:`|h|<h_*`, :math:`h_*=\delta\hat q\tanh h_*`,
belong to no maximum: the distribution of h has a gap. Chapter *overparameterization*.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from learnscape.constraints import mills_excess_kernel
from learnscape.numerics.gaussian import (
    INVERSE_SQRT_2PI,
    exp_kernel,
    h_kernel,
    inverse_mills_kernel,
    log1p_kernel,
    log_2cosh_kernel,
    log_h_and_inverse_mills_kernel,
    log_kernel,
    tanh_kernel,
)
from learnscape.numerics.jit import kernel
from learnscape.numerics.legendre import legendre
from learnscape.numerics.sinh_rule import RANGE, sinh_rule

NODES, WEIGHTS = legendre(16)
STEP = 0.05  # of the trapezoidal rule; half of it changes no digit that is returned


class Sites(NamedTuple):
    """Averages over weights."""

    v: float
    """1 - q1."""
    total: float
    """1 - q1 + delta_q."""
    best: float
    """The maximum, ln 2cosh h - delta_q_hat tanh^2 h/2."""
    log_det: float
    """ln(1 - delta_q_hat sech^2 h), for y -> infinity."""
    q0: float
    """Overlap of two regions; q1 for y -> infinity."""
    energy: float
    """ln 2cosh h, for finite y."""


class Fields(NamedTuple):
    """Averages over patterns, with the weight of the teacher's label."""

    best: float
    """The maximum, ln H - delta_Q g^2/2."""
    g2: float
    """g^2."""
    inner: float
    """-g'(lambda), the response inside the region."""
    outer: float
    """-dg/domega, that of the region as a whole."""
    e: float
    """Derivative of the average of the maximum with respect to R."""
    log_det: float
    """ln(1 - delta_Q g'), for y -> infinity."""
    energy: float
    """ln H, for finite y."""


@kernel
def gap(delta: float) -> float:
    """The positive solution of h = delta tanh h; 0 for delta <= 1."""
    if delta <= 1.0:
        return 0.0
    h = delta
    for _ in range(60):  # h - delta tanh h is convex: Newton comes down from above
        t = tanh_kernel(h)
        new = h - (h - delta * t) / (1.0 - delta * (1.0 - t * t))
        if not new < h:
            break
        h = new
    return h


@kernel
def _field(y: float, delta: float, t0: float, t: float) -> float:
    """a = h - delta tanh h at h = h_star + y, without cancellation; t0, t: tanh at h_star and h."""
    return y - delta * tanh_kernel(y) * (1.0 - t * t0)


@kernel
def sites(q_hat: float, delta: float) -> Sites:
    """Averages over the field a, of variance q_hat, as integrals over y = h - h_star > 0."""
    root = math.sqrt(q_hat)
    h0 = gap(delta)
    t0 = tanh_kernel(h0)
    end = RANGE * root + delta
    for _ in range(60):  # a(y) is convex: Newton comes down from above
        t = tanh_kernel(h0 + end)
        new = end - (_field(end, delta, t0, t) - RANGE * root) / (1.0 - delta * (1.0 - t * t))
        if not new > 0.0:  # rounding, where a(y) is a straight line
            end = RANGE * root / max(1.0 - delta * (1.0 - t0 * t0), 1e-8)
            break
        if not new < end * (1.0 - 1e-3):
            break
        end = new
    v, total, best, log_det = 0.0, 0.0, 0.0, 0.0
    low = 0.0
    while low < end:
        t = tanh_kernel(h0 + low)
        steepness = max(1.0 - delta * (1.0 - t * t), 1e-3)
        length = min(0.7 + 0.3 * low, 1.5 * root / steepness, 0.15 * end, end - low)
        for i in range(NODES.size):
            y = low + 0.5 * length * (NODES[i] + 1.0)
            h = h0 + y
            t = tanh_kernel(h)
            e = exp_kernel(-2.0 * h)
            sech2 = 4.0 * e / ((1.0 + e) * (1.0 + e))
            z = _field(y, delta, t0, t) / root
            # both signs of h
            w = (
                length
                * WEIGHTS[i]
                * (1.0 - delta * sech2)
                * INVERSE_SQRT_2PI
                * exp_kernel(-0.5 * z * z)
                / root
            )
            v += w * sech2
            total += w * z * t
            best += w * (log_2cosh_kernel(h) - 0.5 * delta * t * t)
            log_det += w * log1p_kernel(-delta * sech2)
        low += length
        if end - low < 1e-9 * end:
            break
    return Sites(v, total / root, best, log_det, 1.0 - v, 0.0)


@kernel
def fields(v: float, s: float, r: float, delta: float, kappa: float) -> Fields:
    """Averages at variance v of a student about its region's field omega, S = Q1 - R^2, R and delta = delta_Q."""
    q = s + r * r
    root, scale, slope = math.sqrt(q), math.sqrt(v), r / math.sqrt(s)
    high = RANGE * root
    high += delta * inverse_mills_kernel((kappa - high) / scale) / scale
    low = (-RANGE * root + kappa * delta / v) / (1.0 + delta / v)  # g >= (kappa - lambda)/v
    if low > kappa:
        low = -RANGE * root
    # omega = 0 where ln lambda = ln delta + ln g(lambda)
    centre, steepness = scale * math.sqrt(2.0 * log1p_kernel(delta / v) + 1e-6), 1.0
    for _ in range(60):
        x = (kappa - centre) / scale
        log_h, a = log_h_and_inverse_mills_kernel(x)
        response = a * mills_excess_kernel(a, x) / v
        steepness = 1.0 + delta * response
        # ln A = ln G - ln H
        excess = log_kernel(delta * INVERSE_SQRT_2PI / (scale * centre)) - 0.5 * x * x - log_h
        move = excess / (response * scale / a + 1.0 / centre)
        centre = max(centre + move, 0.1 * centre)
        if abs(move) < 1e-3 * scale:
            break
    centre = min(max(centre, low), high)
    spread = min(2.0 * scale, 2.5 * root / steepness)
    if slope > 1.0:
        spread = min(spread, 2.5 * root / (slope * steepness))
    rule = sinh_rule(centre, spread, low, high, STEP)
    best, g2, inner, outer, e, log_det = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(rule.nodes):
        stretch = exp_kernel(rule.first + rule.step * i)
        at = rule.centre + 0.5 * rule.scale * (stretch - 1.0 / stretch)
        x = (kappa - at) / scale
        f, a = log_h_and_inverse_mills_kernel(x)
        g = a / scale
        response = a * mills_excess_kernel(a, x) / v
        jacobian = 1.0 + delta * response
        t = (at - delta * g) / root
        w = 0.5 * rule.step * rule.scale * (stretch + 1.0 / stretch) * jacobian / root
        w *= INVERSE_SQRT_2PI * exp_kernel(-0.5 * t * t)
        y = slope * t
        label = 2.0 * w * h_kernel(-y)
        best += label * (f - 0.5 * delta * g * g)
        g2 += label * g * g
        inner += label * response
        outer += label * response / jacobian
        log_det += label * log1p_kernel(delta * response)
        e += w * g * exp_kernel(-0.5 * y * y)
    return Fields(best, g2, inner, outer, 2.0 * INVERSE_SQRT_2PI * math.sqrt(q / s) * e, log_det, 0.0)
