r"""Compiled averages over groups of y replicas: binary weights, and patterns with a margin; see :mod:`learnscape.replica.local_entropy`.

*Quadrature.* Both are :math:`\int Dz_0\frac1y\ln\int Dz\,e^{yf(h+sz)}` with :math:`h=\sqrt{q_0}z_0` and the moments of f' and f'' under the tilted measure. The inner integral is a
trapezoidal rule around the summit of the exponent, with a step that its width and the nearest singularity of f set; the outer one is graded towards the bend of its result. About
a hundredth of the time of a general tree.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from learnscape.constraints import margin_point
from learnscape.numerics.gaussian import (
    INVERSE_SQRT_2PI,
    exp_kernel,
    log_2cosh_kernel,
    log_kernel,
    tanh_kernel,
)
from learnscape.numerics.jit import inlined, kernel
from learnscape.numerics.sinh_rule import RANGE, asinh_kernel, even_node, even_rule, sinh_node, sinh_rule
from learnscape.replica._local_entropy_kernels import margin_rule
from learnscape.replica._rs_grid import GAUSSIAN_STEP

NEGLIGIBLE = 38.0  # exp(-38) = 3e-17
HALF_WIDTH = 8.7  # of a Gaussian: exp(-38) beyond
GAUSSIAN = 0.7  # trapezoidal step for a Gaussian of width 1: 3e-18 is left
OUTER_STEP, INNER_STEP, INNER_GAUSSIAN = 0.08, 0.12, 0.5
ITERATIONS = 60


class Group(NamedTuple):
    """Averages over both levels."""

    value: float
    """phi_0, the outer function."""
    mean: float
    """f."""
    outer_slope2: float
    """phi_0'^2."""
    slope2: float
    """f'^2."""
    bend: float
    """f''."""
    outer_bend2: float
    """phi_0''^2."""
    bend2: float
    """f''^2."""


@inlined
def safe_step(width: float, strip: float) -> float:
    """Step of the trapezoidal rule for a peak of this width and singularities at this distance from the axis."""
    return min(GAUSSIAN * width, 2.0 * math.pi * strip / (NEGLIGIBLE + 0.5 * (strip / width) ** 2))


@kernel
def binary_group(q_hat0: float, gap: float, y: float) -> Group:
    """f = ln 2cosh in fields of variance q_hat0 between groups, and ``gap`` inside one."""
    root, s = math.sqrt(q_hat0), math.sqrt(gap)
    strip = min(1.4 / s, 9.0)  # ln 2cosh ends at i pi/2
    step = safe_step(1.0, strip)
    far = y * s + HALF_WIDTH
    value, mean, outer_slope2, slope2, left, outer_bend2, bend2 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    rule = even_rule(min(3.0, 2.0 / max(root * max(1.0, y), 1e-6)))
    for i in range(rule.nodes if root > 0.0 else 1):
        z0, w = even_node(rule, i)
        if root == 0.0:
            w = 1.0
        h = root * z0
        z = y * s
        for _ in range(ITERATIONS):  # the higher summit, from above
            before = z
            z = y * s * tanh_kernel(h + s * z)
            if before - z < 1e-3:
                break
        top = y * log_2cosh_kernel(h + s * z) - 0.5 * z * z
        norm, f1, t1, t2, c1, c2 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for k in range(int(2.0 * far / step) + 2):
            z = step * k - far
            x = h + s * z
            f = log_2cosh_kernel(x)
            exponent = y * f - 0.5 * z * z - top
            if exponent > -NEGLIGIBLE:
                rho = exp_kernel(exponent)
                t = tanh_kernel(x)
                e = exp_kernel(-2.0 * abs(x))
                c = 4.0 * e / ((1.0 + e) * (1.0 + e))
                norm += rho
                f1 += rho * f
                t1 += rho * t
                t2 += rho * t * t
                c1 += rho * c
                c2 += rho * c * c
        t1 /= norm
        value += w * (top + log_kernel(norm * step * INVERSE_SQRT_2PI)) / y
        mean += w * f1 / norm
        outer_slope2 += w * t1 * t1
        slope2 += w * t2 / norm
        left += w * c1 / norm
        outer_bend2 += w * (c1 / norm + y * (t2 / norm - t1 * t1)) ** 2
        bend2 += w * c2 / norm
    return Group(value, mean, outer_slope2, slope2, left, outer_bend2, bend2)


@kernel
def margin_group(kappa: float, q0: float, gap: float, v: float, y: float) -> Group:
    """f = ln H((kappa - h)/sqrt(v)) in fields of variance q0 > 0 between groups, and ``gap`` inside one."""
    root, s = math.sqrt(q0), math.sqrt(gap)
    bend = margin_rule(kappa, q0, v, log_kernel(y * gap))
    centre, scale = (bend.centre - bend.scale) / root, min(bend.scale / root, 3.0)
    low, high = min(kappa, 0.0) - RANGE, RANGE
    centre = min(max(centre, low + 1.0), high - 1.0)
    outer = min(OUTER_STEP, GAUSSIAN_STEP / math.sqrt(scale * scale + centre * centre))
    rule = sinh_rule(centre, scale, low, high, outer)
    sharp = 1.5 * math.sqrt(v / max(1.0, y)) / s  # over it the integrand bends at the edge
    value, mean, outer_slope2, slope2, bend1, outer_bend2, bend2 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(rule.nodes):
        z0, w = sinh_node(rule, i)
        a = root * z0
        z = 0.0
        for _ in range(ITERATIONS):  # a concave, rising function: Newton's steps come from below
            f, g, dg = margin_point(a + s * z, v, kappa)
            move = (y * s * g - z) / (1.0 - y * gap * dg)
            z += move
            if move < 1e-3:
                break
        f, g, dg = margin_point(a + s * z, v, kappa)
        top = y * f - 0.5 * z * z
        edge = (kappa - a) / s
        near = edge > z - HALF_WIDTH - 6.0 * math.sqrt(v) / s
        # near the edge equal steps in u, z = edge + sharp sinh u
        start, step = 0.0, GAUSSIAN
        if near:
            start = asinh_kernel((z - edge) / sharp)
            here = math.sqrt(sharp * sharp + (z - edge) ** 2)
            step = min(INNER_STEP, INNER_GAUSSIAN / (here * math.sqrt(1.0 - y * gap * dg)))
        norm, f1, g1, g2, d1, d2 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for side in range(2):
            k = side
            while True:
                u = start + step * k if side == 0 else start - step * k
                x, wide = z + u, 1.0
                if near:
                    e = exp_kernel(u)
                    x, wide = edge + 0.5 * sharp * (e - 1.0 / e), 0.5 * sharp * (e + 1.0 / e)
                f, g, dg = margin_point(a + s * x, v, kappa)
                exponent = y * f - 0.5 * x * x - top
                if exponent < -NEGLIGIBLE:
                    break
                rho = exp_kernel(exponent) * wide
                norm += rho
                f1 += rho * f
                g1 += rho * g
                g2 += rho * g * g
                d1 += rho * dg
                d2 += rho * dg * dg
                k += 1
        g1 /= norm
        value += w * (top + log_kernel(norm * step * INVERSE_SQRT_2PI)) / y
        mean += w * f1 / norm
        outer_slope2 += w * g1 * g1
        slope2 += w * g2 / norm
        bend1 += w * d1 / norm
        outer_bend2 += w * (d1 / norm + y * (g2 / norm - g1 * g1)) ** 2
        bend2 += w * d2 / norm
    return Group(value, mean, outer_slope2, slope2, bend1, outer_bend2, bend2)
