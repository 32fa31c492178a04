r"""Compiled solver of the last per cent before the saddle disappears, for Binary and Spherical weights with Margin(kappa).

*Problem.* As :math:`v=1-q\to0` the load tends to its limit :math:`\alpha_*=L/M_2`, with :math:`M_2=\int Dz\,(\kappa-z)_+^2` and L = 1 or
:math:`2/\pi`, and what decides is the gap :math:`\delta=1-\alpha/\alpha_*`, a difference of nearly equal numbers. It is obtained here without
subtracting them. With one more Gaussian y,

.. math::  S(x)=\int Dy\,(x+y)_+^2=(1+x^2)\Phi(x)+xG(x)\qquad\Rightarrow\qquad \int Dz\,S\Bigl(\frac{\kappa-\sqrt qz}{\sqrt v}\Bigr)=\frac{M_2}v

exactly, because :math:`\sqrt vy-\sqrt qz` is a standard Gaussian again. So what diverges is known in closed form, and only the averages of the smooth
functions :math:`A^2-S` and :math:`\ln H+\tfrac12S` are left to the quadrature; call them D and K. Then

.. math::  \delta=\frac{vD+\varepsilon M_2}{M_2+vD},\qquad\varepsilon=1-\frac{\hat qv^2}L=\begin{cases}v&\text{spherical}\\\eta(2-\eta)&\text{binary}\end{cases}

with :math:`\eta=\tfrac12\int dy\,(1-e^{-y^2/2\hat q})/\cosh^2y`, and the entropy is
:math:`\tfrac12[\ln v+\delta/v-1]+\alpha K` or :math:`\sqrt{\hat q/2\pi}\,(\delta-\eta^2)/(1-\eta)+\int Dx\ln(1+e^{-2\sqrt{\hat q}|x|})+\alpha K`.

:math:`\ln\delta` is almost a straight line in :math:`\ln u`, so that the secant method needs five or six steps.

*Digits.* The load itself is a double, known to 2e-16; that fixes 1 - q to the relative accuracy 1e-15/delta and no better, whatever the method.
Chapters *gardner-volume*, *binary-weights*.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from learnscape.constraints import mills_excess_kernel
from learnscape.numerics.gaussian import (
    INVERSE_SQRT_2PI,
    exp_kernel,
    expm1_kernel,
    h_kernel,
    inverse_mills_kernel,
    log1p_kernel,
    log_kernel,
)
from learnscape.numerics.jit import kernel
from learnscape.numerics.sinh_rule import sinh_node
from learnscape.replica._rs_grid import (
    CONVERGED,
    NOT_CONVERGED,
    SQRT_2_OVER_PI,
    Saddle,
    limit_q_hat,
    margin_grid,
    margin_moments,
)
from learnscape.weights import binary_moments

HALF_LOG_2PI = 0.9189385332046727
FLOOR = 1e-12  # what rounding leaves of the residual
SECH_STEP = (
    0.25  # trapezoidal rule for 1/cosh^2, whose poles at i pi/2 leave exp(-2 pi (pi/2) / 0.25) = 1e-17
)
SECH_NODES = 80
INV_PI = 0.3183098861837907


@kernel
def margin_excess(q: float, v: float, kappa: float) -> tuple[float, float]:
    """D and K: averages over Dz of A^2 - S and ln H + S/2."""
    r = math.sqrt(q)
    sv = math.sqrt(v)
    excess = 0.0
    volume = 0.0
    rule = margin_grid(q, v, kappa)
    for i in range(rule.nodes):
        z, w = sinh_node(rule, i)
        x = (kappa - r * z) / sv
        a = inverse_mills_kernel(x)
        tail = h_kernel(abs(x))
        if x > 0.0:  # S = 1 + x^2 - H (1 - x (A - x)), and x^2 cancels in A^2 - S and in ln H + S/2
            b = mills_excess_kernel(a, x)
            rest = tail * (1.0 - x * b)
            excess += w * (b * (2.0 * x + b) - 1.0 + rest)
            volume += w * (0.5 * (1.0 - rest) - log_kernel(a) - HALF_LOG_2PI)
        else:
            rest = (1.0 + x * x) * tail + x * a * (1.0 - tail)
            excess += w * (a * a - rest)
            volume += w * (log1p_kernel(-tail) + 0.5 * rest)
    return excess, volume


@kernel
def binary_deficit(q_hat: float) -> tuple[float, float]:
    """eta and the mean of ln(1 + exp(-2 a |x|)), a = sqrt(q_hat), for q_hat above 1000; 1 - q = sqrt(2/pi) (1 - eta)/a.

    The second is (2/a) int_0^inf dy J(y)/cosh^2 y after two integrations by parts, with J'' = G(y/a): without the kink of the logarithm at 0.
    """
    deficit = 0.0
    mean = 0.0
    for i in range(SECH_NODES):
        y = SECH_STEP * (i + 0.5)
        e = exp_kernel(-2.0 * y)
        w = e / ((1.0 + e) * (1.0 + e))
        t = -0.5 * y * y / q_hat
        deficit -= w * expm1_kernel(t)
        mean += w * y * y * (0.5 + t * (1.0 / 12.0 + t * (1.0 / 60.0 + t * (1.0 / 336.0 + t / 2160.0))))
    return 4.0 * SECH_STEP * deficit, 8.0 * SECH_STEP * INVERSE_SQRT_2PI / math.sqrt(q_hat) * mean


class Near(NamedTuple):
    """One point of the branch near its end."""

    gap: float
    """1 - alpha/limit, with all its digits."""
    v: float
    """1 - q."""
    q_hat: float
    """Conjugate of q."""
    eta: float
    """What 1 - q lacks of its leading term (binary), relative."""
    mean: float
    """Mean of ln(1 + exp(-2 sqrt(q_hat) |x|)) (binary)."""
    volume: float
    """K."""


@kernel
def limit_gap(binary: bool, kappa: float, shortfall: float, u: float) -> Near:
    """The branch at u: 1 - q for spherical weights, (1 + 2 q_hat)^(-1/2) for binary ones."""
    if binary:
        q_hat = 0.5 * (1.0 - u) * (1.0 + u) / (u * u)
        eta, mean = binary_deficit(q_hat)
        v = SQRT_2_OVER_PI * (1.0 - eta) / math.sqrt(q_hat)
        epsilon = eta * (2.0 - eta)
    else:
        v = u
        q_hat = (1.0 - v) / (v * v)
        eta = 0.0
        mean = 0.0
        epsilon = v
    excess, volume = margin_excess(1.0 - v, v, kappa)
    gap = (v * excess + epsilon * shortfall) / (shortfall + v * excess)
    return Near(gap, v, q_hat, eta, mean, volume)


@kernel
def margin_near_limit(
    binary: bool,
    alpha: float,
    kappa: float,
    shortfall: float,
    tolerance: float,
    max_iterations: int,
    ends: tuple[float, float],
) -> Saddle:
    """Secant method for the gap in ln u, kept inside ends = (u below the load, u above it).

    The residual is relative to the gap 1 - alpha/limit: relative to the load every point near the limit would do.
    """
    below, above = ends
    tolerance = max(tolerance, FLOOR)
    gap = 1.0 - alpha * shortfall / limit_q_hat(binary)
    u = gap if above < gap < below else math.sqrt(max(above, 1e-30) * below)
    before = 0.0
    step = 0.0
    last = False
    iteration = 0
    while True:
        at = limit_gap(binary, kappa, shortfall, u)
        iteration += 1
        residual = at.gap / gap - 1.0
        if iteration >= max_iterations or residual == 0.0 or (last and abs(residual) <= tolerance):
            break
        last = abs(residual) <= max(tolerance, 1e-7)
        if residual > 0.0:
            below = u
        else:
            above = u
        height = log_kernel(at.gap / gap)
        slope = (height - before) / step if step != 0.0 else 1.0
        if not 0.2 < slope < 5.0:
            slope = 1.0
        before = height
        step = -height / slope
        new = u * exp_kernel(step)
        if not above < new < below:
            new = math.sqrt(max(above, 0.01 * below) * below)
            step = log_kernel(new / u)
        u = new
    q = 1.0 - at.v
    fluctuation = 1.0  # of one weight, over v^2
    if binary:
        eta = at.eta
        entropic = math.sqrt(0.5 * INV_PI * at.q_hat) * (gap - eta * eta) / (1.0 - eta) + at.mean
        fluctuation = binary_moments(at.q_hat)[2] / (at.v * at.v)
    else:
        entropic = 0.5 * (log_kernel(at.v) + gap / at.v - 1.0)
    return Saddle(
        q,
        at.q_hat,
        entropic + alpha * at.volume,
        1.0 - alpha * margin_moments(q, at.v, kappa)[1] * fluctuation,
        iteration,
        CONVERGED if abs(residual) <= tolerance else NOT_CONVERGED,
        abs(residual),
        alpha,
        at.volume - 0.5 * shortfall / at.v,
        at.v,
    )
