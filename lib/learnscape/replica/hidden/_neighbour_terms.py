r"""Averages over a reference student and the students at a distance from it (the probes), for compiled kernels.

*Problem.* The reference has the field :math:`\tilde\omega+\sqrt{\tilde V}\tilde z` on a pattern, which must exceed its margin; the probes share the field

.. math::  \omega=\frac{S}{\tilde Q}\tilde\omega+c\,\tilde z+\sqrt\gamma\,y,\qquad c=\frac{T-S}{\sqrt{\tilde V}},\qquad \gamma=Q-\frac{S^2}{\tilde Q}-c^2,

and the teacher's field u has the covariance k = R - R~ S/Q~ with the last part. Integrated in this order, over omega~, then z~ beyond the
reference's margin, then y, nothing becomes a step as the distance vanishes. For one weight of the reference W~ and the noise x of the reference's state
and y of the probes', the probes' field is :math:`h=\hat sx/\sqrt{\hat{\tilde q}}+\sqrt{\hat q-\hat s^2/\hat{\tilde q}}\,y+(\hat t-\hat s)\tilde W`. Chapter *overparameterization*.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from learnscape.constraints import mills_excess_kernel
from learnscape.numerics.gaussian import (
    INVERSE_SQRT_2PI,
    exp_kernel,
    h_kernel,
    log_2cosh_kernel,
    log_h_and_inverse_mills_kernel,
    log_h_kernel,
    tanh_kernel,
)
from learnscape.numerics.jit import kernel
from learnscape.numerics.legendre import legendre
from learnscape.numerics.sinh_rule import RANGE, sinh_node, sinh_rule

NODES, WEIGHTS = legendre(12)
STEP = 0.14  # of the reference's field
NOISE_STEP, NOISE_RANGE = 0.5, 7.5  # of y


class Reference(NamedTuple):
    """Variances of the reference's field."""

    q: float
    """Shared by all references, Q~."""
    v: float
    """Rest, Q~_d - Q~."""
    r: float
    """Covariance with the teacher's, R~."""
    kappa: float
    """Margin that the reference keeps."""


class Fields(NamedTuple):
    """Averages over patterns, f = ln H of the probes, with the teacher's label and the reference's margin as weight."""

    f: float
    """f."""
    g2: float
    """f'^2."""
    curvature: float
    """f''."""
    by_t: float
    """Derivative of the average of f with respect to T."""
    by_s: float
    """With respect to S."""
    by_r: float
    """With respect to R."""


class Sites(NamedTuple):
    """Averages over weights."""

    log_z: float
    """ln 2cosh h."""
    v: float
    """1 - tanh^2 h."""
    s: float
    """tanh h times the reference state's mean."""
    t: float
    """tanh h times the reference."""


@kernel
def fields(ref: Reference, v: float, q: float, s: float, t: float, r: float, kappa: float) -> Fields:
    """Averages at variance v of a probe about omega, and covariances Q, S, T, R."""
    root, inside, scale = math.sqrt(ref.q), math.sqrt(ref.v), math.sqrt(v)
    c = (t - s) / inside
    gamma = max(q - s * s / ref.q - c * c, 1e-14)
    noise = math.sqrt(gamma)
    k = (r - ref.r * s / ref.q) / noise  # of u with y
    rest = max(1.0 - ref.r * ref.r / ref.q - k * k, 1e-9)
    sigma = math.sqrt(rest)
    lean = ref.r / root
    bend = 2.0 * inside / root
    spread = min(3.0, bend, 3.0 / max(lean / math.sqrt(1.0 - lean * lean), 1.0))
    rule = sinh_rule(ref.kappa / root, spread, -RANGE + 0.5, RANGE - 0.5, STEP)
    step = NOISE_STEP * min(1.0, math.sqrt(scale / noise))
    half = int(NOISE_RANGE / step)
    average, g2, curvature, zg, og, by_r = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(rule.nodes):
        x, wx = sinh_node(rule, i)
        omega = root * x
        a = (ref.kappa - omega) / inside
        log_h = log_h_kernel(a)
        low = max(a, -8.0)
        end = max(a + 9.0 / (1.0 + max(a, 0.0)) + 1.0, 8.0)
        width = max(0.02, min(1.0 / (1.0 + max(a, 0.0)), 1.5 * math.sqrt(v + gamma) / (abs(c) + 1e-9)))
        while low < end:
            length = min(width, end - low)
            for j in range(NODES.size):
                z = low + 0.5 * length * (NODES[j] + 1.0)
                wz = 0.5 * length * WEIGHTS[j] * INVERSE_SQRT_2PI * exp_kernel(-0.5 * z * z - log_h)
                if wx * wz < 1e-19:
                    continue
                mean = s / ref.q * omega + c * z
                for n in range(-half, half + 1):
                    y = step * n
                    at = (kappa - mean - noise * y) / scale
                    f, mills = log_h_and_inverse_mills_kernel(at)
                    u = (lean * x + k * y) / sigma
                    w = 2.0 * wx * wz * step * INVERSE_SQRT_2PI * exp_kernel(-0.5 * y * y)
                    label = w * h_kernel(-u)
                    g = mills / scale
                    average += label * f
                    g2 += label * g * g
                    curvature -= label * mills * mills_excess_kernel(mills, at) / v
                    zg += label * z * g
                    og += label * omega * g
                    by_r += w * INVERSE_SQRT_2PI * exp_kernel(-0.5 * u * u) / sigma * g
            low += length
            width *= 1.8
    by_c = (zg - c * curvature) / inside
    by_s = (og - s * curvature - ref.r * by_r) / ref.q - by_c
    return Fields(average, g2, curvature, by_c, by_s, by_r)


@kernel
def sites(ref_q_hat: float, q_hat: float, s_hat: float, t_hat: float) -> Sites:
    """Averages over weights; the reference is +1, the other sign gives the same."""
    root = math.sqrt(ref_q_hat)
    slope, noise = s_hat / root, math.sqrt(max(q_hat - s_hat * s_hat / ref_q_hat, 0.0))
    step_x = min(0.2, 0.4 / max(1.0, abs(slope), root))
    step_y = min(0.3, 0.5 / max(1.0, noise))
    half_x, half_y = int(9.0 / step_x), int(9.0 / step_y)
    log_z, v, s, t = 0.0, 0.0, 0.0, 0.0
    for i in range(-half_x, half_x + 1):
        x = step_x * i
        m = tanh_kernel(root * x)
        wx = step_x * INVERSE_SQRT_2PI * exp_kernel(-0.5 * x * x) * (1.0 + m)
        for j in range(-half_y, half_y + 1):
            y = step_y * j
            w = wx * step_y * INVERSE_SQRT_2PI * exp_kernel(-0.5 * y * y)
            h = slope * x + noise * y + t_hat - s_hat
            th = tanh_kernel(h)
            log_z += w * log_2cosh_kernel(h)
            e = exp_kernel(-2.0 * math.fabs(h))
            v += w * 4.0 * e / ((1.0 + e) * (1.0 + e))
            s += w * th * m
            t += w * th
    return Sites(log_z, v, s, t)


@kernel
def conjugate(ref_q_hat: float, q_hat: float, s_hat: float, t: float, start: float) -> float:
    """t_hat at which the probes have the overlap t with the reference; t rises with it."""
    low, high = -100.0 + s_hat, 100.0 + s_hat
    t_hat = min(max(start, low), high)
    for _ in range(80):
        h = 1e-5
        at = sites(ref_q_hat, q_hat, s_hat, t_hat).t - t
        if abs(at) < 1e-14:
            break
        if at > 0.0:
            high = t_hat
        else:
            low = t_hat
        slope = (sites(ref_q_hat, q_hat, s_hat, t_hat + h).t - t - at) / h
        new = t_hat - at / slope if slope > 0.0 else 0.5 * (low + high)
        if not low < new < high:
            new = 0.5 * (low + high)
        if abs(new - t_hat) < 1e-13 * (1.0 + abs(new)):
            t_hat = new
            break
        t_hat = new
    return t_hat
