r"""What the compiled solvers of Margin(kappa) share: Gaussian moments of the shortfall, and the nodes of the quadrature over the field.

*Moments.* :math:`M_n=\int Dz\,(\kappa-z)_+^n`, the mean powers of what a random weight vector lacks on one pattern. The closed forms cancel for negative
kappa; there :math:`J_n=M_n/n!` obeys :math:`(n+1)J_{n+1}=J_{n-1}+\kappa J_n`, and the ratio of neighbours is run backwards as a continued fraction.

*Nodes.* The integrands change over a width sqrt((1-q)/q) around z0 = kappa/sqrt(q). With z = z0 + s sinh(u) the trapezoidal rule
in u converges geometrically, whatever q is: the poles of A (zeros of erfc) sit at Im u of about 0.85, the growth of the Gaussian
sets in at pi/4. Step 0.14 leaves 1e-10 at kappa = 5, the step 0.1 used here leaves rounding errors.

Chapters *gardner-volume*, *binary-weights*.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from learnscape.numerics.gaussian import exp_kernel, h_kernel, log_kernel
from learnscape.numerics.jit import kernel

Array = NDArray[np.float64]
Ends = tuple[float, float]
INV_SQRT_2PI = 0.3989422804014327
STEP = 0.1
GAUSSIAN_STEP = 0.4  # largest spacing in z where the Gaussian has its weight
RANGE = 9.0
CANCELS = -1.5  # below it the closed form of M_2 loses more than a digit
DEPTH = 300  # of the continued fraction: leaves about exp(-|kappa| sqrt(2 DEPTH)), 1e-16 at kappa = -1.5


@kernel
def asinh_kernel(x: float) -> float:
    """Inverse hyperbolic sine, odd."""
    y = abs(x)
    y = log_kernel(y + math.sqrt(y * y + 1.0))
    return y if x >= 0.0 else -y


@kernel
def shortfall_moments(kappa: float) -> tuple[float, float, float]:
    """M_0, M_1 and M_2: the probability, the mean and the mean square of (kappa - z)_+."""
    below = h_kernel(-kappa)
    if kappa > CANCELS:
        density = INV_SQRT_2PI * exp_kernel(-0.5 * kappa * kappa)
        return below, kappa * below + density, (1.0 + kappa * kappa) * below + kappa * density
    k = -kappa
    ratio = 0.0  # J_n / J_{n-1}
    for n in range(DEPTH, 1, -1):
        ratio = 1.0 / (k + (n + 1) * ratio)
    first = below / (k + 2.0 * ratio)
    return below, first, 2.0 * ratio * first


@kernel
def mean_squared_shortfall(kappa: float) -> float:
    """M_2, which decides where the saddle disappears."""
    return shortfall_moments(kappa)[2]


@kernel
def margin_grid(q: float, v: float, kappa: float) -> tuple[float, float, float, float, int]:
    """z0, s, first u, step and number of nodes of the rule z = z0 + s sinh(u) for functions of (kappa - sqrt(q) z)/sqrt(v)."""
    r = math.sqrt(q)
    sv = math.sqrt(v)
    low = min(kappa, 0.0) - RANGE  # for kappa < 0 the weight of A^2 sits between kappa and 0
    s = 3.0
    if 3.0 * r > 2.5 * sv:
        s = 2.5 * sv / r
    z0 = RANGE - 1.0 if kappa > 0.0 else low + 1.0
    if abs(kappa) < r * abs(z0):
        z0 = kappa / r
    peak = 2.0 * r * min(kappa, 0.0) / (1.0 + q)
    distance = max(abs(z0), abs(z0 - peak))
    step = min(STEP, GAUSSIAN_STEP / math.sqrt(s * s + distance * distance))
    u = asinh_kernel((low - z0) / s)
    return z0, s, u, step, int((asinh_kernel((RANGE - z0) / s) - u) / step) + 2
