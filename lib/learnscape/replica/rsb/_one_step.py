r"""The capacity of the spherical perceptron with one step, compiled: a minimum in two variables, by Newton's method.

*Problem.* :math:`\ln\alpha_1=\ln S(q,y)-\ln C(q,y)` with :math:`S=\tfrac12[q/v+y^{-1}\ln v]`, :math:`v=1+y(1-q)`, and C one Gaussian average of the closed form of
:mod:`learnscape.replica._rsb_leaf`. The variables are those of :func:`learnscape.replica._limit.pack`; second derivatives are differences of first ones.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from learnscape.numerics.jit import kernel
from learnscape.numerics.sinh_rule import sinh_node
from learnscape.replica._rs_grid import margin_grid
from learnscape.replica._rsb_leaf import margin_leaf

Array = NDArray[np.float64]
MOST = 40  # Newton steps
APART = 1e-5  # of two gradients whose difference is a second derivative
SMALL = 1e-6  # a step below it is the last one if the next does not shrink
DONE = 1e-11
LONGEST = 0.7  # step in logarithms


class Point(NamedTuple):
    """The functional at one point."""

    value: float
    """ln alpha."""
    by_gap: float
    """Its derivative with respect to ln(-ln(1 - q))."""
    by_y: float
    """And to ln y."""


class Minimum(NamedTuple):
    """Where Newton's method ended."""

    a: float
    """ln(-ln(1 - q))."""
    b: float
    """ln y."""
    at: Point
    evaluations: int
    converged: bool


@kernel
def one_step_point(kappa: float, a: float, b: float) -> Point:
    """ln alpha and its gradient."""
    depth = math.exp(a)  # -ln(1 - q)
    gap, q, y = math.exp(-depth), -math.expm1(-depth), math.exp(b)
    v = 1.0 + y * gap
    log_v = math.log1p(y * gap)
    entropy = 0.5 * (q / v + log_v / y)
    entropy_q = 0.5 * y * q / (v * v)  # the two others cancel
    entropy_y = 0.5 * (-q * gap / (v * v) + gap / (v * y) - log_v / (y * y))
    rule = margin_grid(q, gap, kappa)
    h, w = np.empty(rule.nodes), np.empty(rule.nodes)
    root = math.sqrt(q)
    for i in range(rule.nodes):
        z, w[i] = sinh_node(rule, i)
        h[i] = root * z
    phi = np.empty((4, rule.nodes))
    margin_leaf(h, kappa, y, gap, phi)
    cost, cost_q, cost_y = 0.0, 0.0, 0.0
    for i in range(rule.nodes):
        cost += w[i] * phi[0, i]
        cost_q -= 0.5 * y * w[i] * phi[1, i] * phi[1, i]
        cost_y += w[i] * phi[3, i]
    by_q = entropy_q / entropy - cost_q / cost
    by_y = entropy_y / entropy - cost_y / cost
    return Point(math.log(-entropy / cost), by_q * gap * depth, by_y * y)


@kernel
def one_step_minimum(kappa: float, a: float, b: float) -> Minimum:
    """The minimum near a start."""
    count, before = 0, 1e300
    at = one_step_point(kappa, a, b)
    for _ in range(MOST):
        side_a, side_b = one_step_point(kappa, a + APART, b), one_step_point(kappa, a, b + APART)
        count += 3
        aa = (side_a.by_gap - at.by_gap) / APART
        bb = (side_b.by_y - at.by_y) / APART
        ab = 0.5 * (side_a.by_y - at.by_y + side_b.by_gap - at.by_gap) / APART
        det = aa * bb - ab * ab
        if det > 0.0 and aa > 0.0:
            step_a = -(bb * at.by_gap - ab * at.by_y) / det
            step_b = -(aa * at.by_y - ab * at.by_gap) / det
        else:  # not yet convex: down each axis
            step_a = -at.by_gap / max(abs(aa), 1e-12)
            step_b = -at.by_y / max(abs(bb), 1e-12)
        size = max(abs(step_a), abs(step_b))
        if size > LONGEST:
            step_a, step_b = step_a * LONGEST / size, step_b * LONGEST / size
        if size < SMALL and size >= 0.5 * before:  # rounding
            return Minimum(a, b, at, count, True)
        before = size
        a, b = a + step_a, b + step_b
        at = one_step_point(kappa, a, b)
        if size < DONE:
            return Minimum(a, b, at, count + 1, True)
    return Minimum(a, b, at, count, False)
