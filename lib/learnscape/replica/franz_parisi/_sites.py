r"""One weight seen by a reference and by a probe: the entropic term of the Franz-Parisi entropy and the overlaps it gives.

*Binary weights.* The reference's weight W feels the field a x, :math:`a^2=\tilde{\hat q}`, the probe's the field
:math:`h=(\hat s/a)x+\sqrt{\hat q-\hat s^2/a^2}\,y+\tau W`, :math:`\tau=\hat t-\hat s`. Both signs of W are alike, so that W = 1 and x has the weight 1 + tanh(a x):

.. math::
    1-q=\langle\cosh^{-2}h\rangle,\qquad\tilde q-s=\langle\tanh(ax)(1-\tanh h)\rangle,\qquad2d=\langle1-\tanh h\rangle,

.. math:: G_S=-\tfrac12\hat q(1-q)+2d\tau+\hat s(2d-\tilde q+s)+\langle\ln(1+e^{-2h})\rangle .

Given :math:`h-\tau=\sqrt{\hat q}\,p` the average over x is done once; :math:`\tau`, which the distance fixes, is then found by Newton's method on one sum.

*Spherical weights.* A projection on the reference and its state leaves

.. math:: G_S=\tfrac12\Bigl[\ln(1-q)+\frac1{1-q}\Bigl(q-t^2+\frac{(s-\tilde qt)^2}{(1-\tilde q)^2}\Bigr)\Bigr].

Stationary in q and s this gives :math:`s-\tilde qt=\hat s(1-\tilde q)^2(1-q)` and, with :math:`A=\hat q-\hat s^2(1-\tilde q)^2`, :math:`A(1-q)^2+(1-q)=1-t^2`. Chapter ``dense/isolated-solutions``.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from learnscape.numerics.gaussian import INVERSE_SQRT_2PI, exp_kernel, log1p_kernel, log_kernel
from learnscape.numerics.jit import kernel
from learnscape.numerics.sinh_rule import RANGE

Array = NDArray[np.float64]
POLES = 0.26  # step in units of 1/(slope of the field): the poles of tanh at i pi/2 leave exp(-37)
COARSE = 0.5  # step that resolves the Gaussian
LARGEST = 1e4  # q_hat: a saddle point beyond has run away, to 1 - q << d


class Sites(NamedTuple):
    """Averages over the weights."""

    eps: float
    """1 - q."""
    e: float
    """s - q~ t."""
    t_hat: float
    """Conjugate of t."""
    term: float
    """G_S."""
    fluctuation: float
    """Mean of (1 - <w>^2)^2 over the probe's state, for the replicon."""


@kernel
def field_nodes(a: float, q_hat: float, b: float, fields: Array, mass: Array, pull: Array) -> int:
    """Values of h - tau, their measure, and that times tanh(a x); how many there are."""
    spread = math.sqrt(q_hat)
    step = min(COARSE, POLES / max(spread, a, 1e-300))
    half = int(RANGE / step)
    inner = math.sqrt(max(0.0, 1.0 - b * b))
    inner_step = min(COARSE, POLES / max(a * inner, 1e-300))
    count = int(RANGE / inner_step) if a * inner > 0.0 else 0
    for n in range(2 * half + 1):
        p = step * (n - half)
        total = 0.0
        pulled = 0.0
        norm = 0.0
        for i in range(-count, count + 1):
            r = inner_step * i
            w = exp_kernel(-0.5 * r * r)
            up = 2.0 / (1.0 + exp_kernel(-2.0 * a * (b * p + inner * r)))  # 1 + tanh(a x)
            norm += w
            total += w * up
            pulled += w * up * (up - 1.0)
        w = step * INVERSE_SQRT_2PI * exp_kernel(-0.5 * p * p) / norm
        fields[n] = spread * p
        mass[n] = w * total
        pull[n] = w * pulled
    return 2 * half + 1


@kernel
def field_of_distance(d: float, tau: float, fields: Array, mass: Array, nodes: int) -> float:
    """The tau at which the mean of 1 - tanh h is 2 d, by Newton's method for the logarithm of the odds, kept in a bracket."""
    low = -math.inf
    high = math.inf
    target = math.log((1.0 - d) / d)
    for _ in range(100):
        flip = 0.0
        stay = 0.0
        slope = 0.0
        for n in range(nodes):
            down = 1.0 / (1.0 + exp_kernel(2.0 * (fields[n] + tau)))  # (1 - tanh h)/2
            up = 1.0 / (1.0 + exp_kernel(-2.0 * (fields[n] + tau)))
            flip += mass[n] * down
            stay += mass[n] * up
            slope += mass[n] * down * up
        gap = target - log_kernel(stay / flip)
        if gap > 0.0:
            low = tau
        else:
            high = tau
        step = gap * flip * stay / (2.0 * slope * (flip + stay))
        if abs(step) <= 1e-15 * max(1.0, abs(tau)) or low == high:
            break
        new = tau + step
        if not low < new < high:
            new = 0.5 * (low + high)
            if not low < new < high:
                break
        tau = new
    return tau


@kernel
def binary_sites(
    q_ref: float,
    a: float,
    d: float,
    q_hat: float,
    b: float,
    tau: float,
    fields: Array,
    mass: Array,
    pull: Array,
) -> Sites:
    """Binary weights at q_hat and b = s_hat/(a sqrt(q_hat)); tau is where to look for the field of the distance."""
    nodes = field_nodes(a, q_hat, b, fields, mass, pull)
    tau = field_of_distance(d, tau, fields, mass, nodes)
    s_hat = a * b * math.sqrt(q_hat)
    eps = 0.0
    behind = 0.0
    entropy = 0.0
    fluctuation = 0.0
    for n in range(nodes):
        h = fields[n] + tau
        x = exp_kernel(-2.0 * abs(h))
        c = 4.0 * x / ((1.0 + x) * (1.0 + x))
        down = 2.0 * x / (1.0 + x) if h > 0.0 else 2.0 / (1.0 + x)  # 1 - tanh h
        eps += mass[n] * c
        fluctuation += mass[n] * c * c
        behind += pull[n] * down
        entropy += mass[n] * (log1p_kernel(x) + (0.0 if h > 0.0 else -2.0 * h))
    entropy += 2.0 * d * tau + s_hat * (2.0 * d - behind) - 0.5 * q_hat * eps
    return Sites(eps, 2.0 * d * q_ref - behind, tau + s_hat, entropy, fluctuation)


@kernel
def spherical_sites(q_ref: float, d: float, q_hat: float, s_hat: float) -> Sites:
    """Spherical weights."""
    rest = 1.0 - q_ref
    pull = s_hat * rest
    a = max(q_hat - pull * pull, 0.0)
    shell = 4.0 * d * (1.0 - d)  # 1 - t^2
    eps = 2.0 * shell / (1.0 + math.sqrt(1.0 + 4.0 * a * shell))
    e = s_hat * rest * rest * eps
    term = 0.5 * (log_kernel(eps) + a * eps + pull * pull * eps)
    return Sites(eps, e, (1.0 - 2.0 * d) / eps + q_ref * s_hat, term, eps * eps)
