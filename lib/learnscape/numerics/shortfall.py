r"""Gaussian moments of the shortfall: what a random weight vector lacks on one pattern.

*Problem.* :math:`M_n=\int Dz\,(\kappa-z)_+^n`. Gardner's capacity of the spherical perceptron is :math:`1/M_2`, with
:math:`M_2=(1+\kappa^2)\Phi(\kappa)+\kappa\,G(\kappa)`; :math:`M_0=\Phi(\kappa)` is the share of patterns at the margin there. The closed forms cancel for
negative kappa; there :math:`J_n=M_n/n!` obeys :math:`(n+1)J_{n+1}=J_{n-1}+\kappa J_n`, and the ratio of neighbours is run backwards as a
continued fraction. Every part of the library that needs one of these moments takes it from here. Chapters *gardner-volume*, *perceptron-jamming*.
"""

from __future__ import annotations

from learnscape.numerics.gaussian import INVERSE_SQRT_2PI, exp_kernel, h_kernel
from learnscape.numerics.jit import kernel

__all__ = ["mean_squared_shortfall", "shortfall_moments"]

CANCELS = -1.5  # below it the closed form of M_2 loses more than a digit
DEPTH = 300  # of the continued fraction: leaves about exp(-|kappa| sqrt(2 DEPTH)), 1e-16 at kappa = -1.5


@kernel
def shortfall_moments(kappa: float) -> tuple[float, float, float]:
    """M_0, M_1 and M_2: the probability, the mean and the mean square of (kappa - z)_+.

    Examples
    --------
    >>> shortfall_moments(0.0)[2]
    0.5
    """
    below = h_kernel(-kappa)
    if kappa > CANCELS:
        density = INVERSE_SQRT_2PI * exp_kernel(-0.5 * kappa * kappa)
        return below, kappa * below + density, (1.0 + kappa * kappa) * below + kappa * density
    k = -kappa
    ratio = 0.0  # J_n / J_{n-1}
    for n in range(DEPTH, 1, -1):
        ratio = 1.0 / (k + (n + 1) * ratio)
    first = below / (k + 2.0 * ratio)
    return below, first, 2.0 * ratio * first


@kernel
def mean_squared_shortfall(kappa: float) -> float:
    """M_2, whose inverse is Gardner's capacity.

    Examples
    --------
    >>> 1.0 / mean_squared_shortfall(0.0)
    2.0
    """
    return shortfall_moments(kappa)[2]
