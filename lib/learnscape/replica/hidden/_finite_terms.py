r"""Averages over regions of y students, y a number: the integrals that become maxima as y -> infinity.

*Problem.* Inside a region the field of a weight is :math:`h=a+\sqrt{\delta\hat q}\,u`, that of a pattern :math:`\lambda=\omega+\sqrt{\delta Q}\,u`, with the densities

.. math::  e^{-yu^2/2}(2\cosh h)^y,\qquad e^{-yu^2/2}H\bigl((\kappa-\lambda)/\sqrt V\bigr)^y .

The trapezoidal rule starts at the maximum and goes outwards until nothing is left; moments are taken about the value there, so that nothing cancels at
large y. For y -> infinity the fields of the results are those of :mod:`learnscape.replica.hidden._dense_terms`. Chapter *overparameterization*.
"""

from __future__ import annotations

import math

from learnscape.constraints import mills_excess_kernel
from learnscape.numerics.gaussian import (
    INVERSE_SQRT_2PI,
    exp_kernel,
    h_kernel,
    log_2cosh_kernel,
    log_h_and_inverse_mills_kernel,
    log_kernel,
    tanh_kernel,
)
from learnscape.numerics.jit import kernel
from learnscape.numerics.sinh_rule import RANGE, even_node, even_rule, sinh_node, sinh_rule
from learnscape.replica.hidden._dense_terms import Fields, Sites

INNER = 0.35  # step of u in units of its width
BEND = 0.4  # and of the distance over which ln H bends
NOTHING = -40.0  # logarithm of a weight that is left out
FAR = 9.0  # in widths
STEP = 0.08  # of the field omega
LARGEST, STEEPEST = 1e5, 1e4  # of delta_q_hat y, and of the inner curvature, that are integrated


@kernel
def sites_of(q_hat: float, delta: float, y: float) -> Sites:
    """As `sites`; ``best`` is (1/y) ln of the integral, ``energy`` the mean of ln 2cosh h."""
    if not delta * y < LARGEST:  # a wild step of Newton's: no answer
        return Sites(math.nan, math.nan, math.nan, math.nan, math.nan, math.nan)
    root, spread = math.sqrt(q_hat), math.sqrt(delta)
    width = 1.0 / math.sqrt(y)
    step = INNER * width
    count = int((spread + FAR * width) / step)
    rule = even_rule(min(2.0, 4.0 / (root * (1.0 + y * spread))))
    v, variance, best, energy = 0.0, 0.0, 0.0, 0.0
    for i in range(rule.nodes):
        z, w = even_node(rule, i)
        a = root * z
        h = a + delta
        for _ in range(60):  # the maximum on the side of a
            t = tanh_kernel(h)
            new = h - (h - a - delta * t) / (1.0 - delta * (1.0 - t * t))
            if not new < h - 1e-12:
                break
            h = new
        t0 = tanh_kernel(h)
        top = -0.5 * delta * t0 * t0 + log_2cosh_kernel(h)
        total, first, second, square, log_z = 0.0, 0.0, 0.0, 0.0, 0.0
        for n in range(-count, count + 1):
            u = step * n
            field = a + spread * u
            log_cosh = log_2cosh_kernel(field)
            weight = exp_kernel(y * (-0.5 * u * u + log_cosh - top))
            t = tanh_kernel(field)
            e = exp_kernel(-2.0 * math.fabs(field))
            total += weight
            first += weight * (t - t0)
            second += weight * (t - t0) * (t - t0)
            square += weight * 4.0 * e / ((1.0 + e) * (1.0 + e))
            log_z += weight * log_cosh
        first /= total
        v += w * square / total
        variance += w * (second / total - first * first)
        energy += w * log_z / total
        best += w * (top + log_kernel(total * step * INVERSE_SQRT_2PI / width) / y)
    return Sites(v, v + y * variance, best, 0.0, 1.0 - v - variance, energy)


@kernel
def fields_of(v: float, s: float, r: float, delta: float, kappa: float, y: float) -> Fields:
    """As `fields`; ``best`` is (1/y) ln of the integral, ``energy`` the mean of ln H; s = Q0 - R^2."""
    q = s + r * r
    root, scale, slope, spread = math.sqrt(q), math.sqrt(v), r / math.sqrt(s), math.sqrt(delta)
    centre = min(max((kappa - 0.8 * delta / scale) / root, -6.0), 6.0)
    width = min(3.0, 2.5 * scale / root)
    if slope > 1.0:
        width = min(width, 3.0 / slope)
    far = math.sqrt(width * width + centre * centre)
    rule = sinh_rule(centre, width, -RANGE, RANGE, min(STEP, 0.3 / far, 0.4 / (far * max(slope, 0.1))))
    best, g2, inner, outer, derivative, energy = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(rule.nodes):
        z, w = sinh_node(rule, i)
        omega = root * z
        at = omega
        g0, top, bend = 0.0, 0.0, 1.0
        for _ in range(
            60
        ):  # lambda - delta g(lambda) = omega: it rises and is concave, so that Newton comes up from below
            x = (kappa - at) / scale
            f, a = log_h_and_inverse_mills_kernel(x)
            g0 = a / scale
            bend = 1.0 + delta * a * mills_excess_kernel(a, x) / v
            move = (omega + delta * g0 - at) / bend
            top = f - 0.5 * delta * g0 * g0
            if abs(move) < 1e-12 * (1.0 + abs(at)):
                break
            at += move
        if not bend < STEEPEST:
            return Fields(math.nan, math.nan, math.nan, math.nan, math.nan, math.nan, math.nan)
        u0 = (at - omega) / spread
        step = min(INNER / math.sqrt(y * bend), BEND * scale / spread)
        total, first, second, response, log_h = 0.0, 0.0, 0.0, 0.0, 0.0
        for side in range(2):
            n = 0 if side == 0 else -1
            while True:
                u = u0 + step * n
                x = (kappa - omega - spread * u) / scale
                f, a = log_h_and_inverse_mills_kernel(x)
                exponent = y * (-0.5 * u * u + f - top)
                if exponent < NOTHING:
                    break
                weight = exp_kernel(exponent)
                g = a / scale
                total += weight
                first += weight * (g - g0)
                second += weight * (g - g0) * (g - g0)
                response += weight * a * mills_excess_kernel(a, x)
                log_h += weight * f
                n += 1 if side == 0 else -1
        first /= total
        mean = g0 + first
        variance = second / total - first * first
        k = response / total / v
        label = 2.0 * w * h_kernel(-slope * z)
        best += label * (top + log_kernel(total * step * INVERSE_SQRT_2PI * math.sqrt(y)) / y)
        g2 += label * mean * mean
        inner += label * k
        outer += label * (k - y * variance)
        energy += label * log_h / total
        derivative += w * mean * exp_kernel(-0.5 * slope * slope * z * z)
    derivative *= 2.0 * INVERSE_SQRT_2PI * math.sqrt(q / s)
    return Fields(best, g2, inner, outer, derivative, 0.0, energy)
