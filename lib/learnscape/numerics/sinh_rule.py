r"""Gaussian averages of functions that bend sharply at one point, for compiled kernels: the trapezoidal rule in u, z = z0 + s sinh(u).

*Problem.* :math:`\int Dz\,F` with an F that bends over a width s around :math:`z_0` and is smooth elsewhere. In u the bend is stretched and the tail of the
Gaussian is cut to a short range, so that equal steps converge geometrically, for every s. A kernel cannot take the integrand as an
argument (its machine code would not be kept); instead it loops over the nodes::

    rule = sinh_rule(z0, s, low, high, step)
    for i in range(rule.nodes):
        z, w = sinh_node(rule, i)
        total += w * F(z)

The weights contain the Gaussian density, and sum to its measure between low and high. Chapter *numerics toolbox*.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from learnscape.numerics.gaussian import INVERSE_SQRT_2PI, exp_kernel, log_kernel
from learnscape.numerics.jit import inlined, kernel

__all__ = ["RANGE", "STEP", "SinhRule", "asinh_kernel", "even_node", "even_rule", "sinh_node", "sinh_rule"]

RANGE = 9.0  # the Gaussian measure beyond is 2e-19
STEP = 0.1  # leaves rounding errors only: 0.14 leaves 1e-13 for tanh^2, 1e-10 for A^2 at kappa = 5


class SinhRule(NamedTuple):
    """Nodes z = centre + scale sinh(first + step i), i = 0, ..., nodes - 1."""

    centre: float
    """Where the integrand bends."""
    scale: float
    """Over what width."""
    first: float
    """u of the first node."""
    step: float
    """Distance of neighbours in u."""
    nodes: int
    """Number of nodes."""


@kernel
def asinh_kernel(x: float) -> float:
    """Inverse hyperbolic sine, odd."""
    y = abs(x)
    y = log_kernel(y + math.sqrt(y * y + 1.0))
    return y if x >= 0.0 else -y


@kernel
def sinh_rule(centre: float, scale: float, low: float, high: float, step: float) -> SinhRule:
    """The rule from low to high."""
    first = asinh_kernel((low - centre) / scale)
    nodes = int((asinh_kernel((high - centre) / scale) - first) / step) + 2
    return SinhRule(centre, scale, first, step, nodes)


@kernel
def even_rule(scale: float) -> SinhRule:
    """The nodes z >= 0 for even integrands that bend at 0; their weights come from `even_node`."""
    return SinhRule(0.0, scale, 0.0, STEP, int(asinh_kernel(RANGE / scale) / STEP) + 2)


@inlined
def sinh_node(rule: SinhRule, i: int) -> tuple[float, float]:
    """Node i and its weight, Gaussian density included."""
    e = exp_kernel(rule.first + rule.step * i)
    z = rule.centre + 0.5 * rule.scale * (e - 1.0 / e)
    w = 0.5 * rule.step * rule.scale * INVERSE_SQRT_2PI * (e + 1.0 / e) * exp_kernel(-0.5 * z * z)
    return z, w


@inlined
def even_node(rule: SinhRule, i: int) -> tuple[float, float]:
    """Node i >= 0 and its weight, with that of its mirror image."""
    z, w = sinh_node(rule, i)
    return z, 2.0 * w if i > 0 else w
