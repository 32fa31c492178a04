r"""The innermost level of the tree in the limit q -> 1, in closed form for a margin.

*Problem.* At capacity the last overlap is 1, the leaf is :math:`f(h)=-\tfrac12\mathrm{dist}^2(h)`, and one level above it stands

.. math::  \phi(h)=\frac1y\ln\int Dz\,e^{yf(h+\sqrt D z)} .

For ``Margin(kappa)`` and :math:`x=h-\kappa`, :math:`v=1+yD`, this is a sum of two truncated Gaussians,
:math:`e^{y\phi}=H(-x/\sqrt D)+v^{-1/2}e^{-yx^2/2v}H(x/\sqrt{Dv})`: the patterns that are satisfied, and those that hang behind.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from learnscape.numerics.gaussian import (
    exp_kernel,
    log1p_kernel,
    log_h_and_inverse_mills_kernel,
    log_h_kernel,
    log_kernel,
)
from learnscape.numerics.jit import kernel

Array = NDArray[np.float64]


@kernel
def margin_point(x: float, y: float, gap: float) -> tuple[float, float, float, float]:
    """phi, phi', phi'' and d phi/dy at one field, x above the margin, for the gap D."""
    v = 1.0 + y * gap
    root = math.sqrt(gap)
    spread = math.sqrt(gap / v)  # of the field of a violated pattern
    mean = x / v
    free = log_h_kernel(-x / root)
    tail, mills = log_h_and_inverse_mills_kernel(mean / spread)
    behind = -0.5 * log_kernel(v) - 0.5 * y * x * mean + tail
    top = max(free, behind)
    total = top + log1p_kernel(exp_kernel(min(free, behind) - top))
    share = exp_kernel(behind - total)
    first = mean - spread * mills  # mean of the violated field, and of its square
    second = mean * first + spread * spread
    slope = -share * first
    bend = -share + y * (share * second - slope * slope)
    return total / y, slope, bend, -(total / y + 0.5 * share * second) / y


@kernel
def margin_leaf(h: Array, kappa: float, y: float, gap: float, out: Array) -> None:
    """phi, phi', phi'' and d phi/dy at fixed gap D, into out (4, n)."""
    for i in range(h.size):
        out[0, i], out[1, i], out[2, i], out[3, i] = margin_point(h[i] - kappa, y, gap)
