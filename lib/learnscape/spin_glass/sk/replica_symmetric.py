r"""The replica-symmetric solution of the SK model and the line where it becomes unstable, compiled, for plain numbers.

.. math:: q=\int Dz\,\tanh^2\beta(\sqrt qz+H),\qquad -\beta f=\tfrac{\beta^2}4(1-q)^2+\int Dz\,\ln2\cosh\beta(\sqrt qz+H),\qquad
    r=1-\beta^2\int Dz\,\cosh^{-4}\beta(\sqrt qz+H) .

The solution is stable where the replicon r is positive; r = 0 is the line of de Almeida and Thouless (1978). Everyone else calls `sk.solve` and
`sk.at_line`, which check their input.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from learnscape.numerics.gaussian import log_2cosh_kernel, tanh_kernel
from learnscape.numerics.jit import kernel
from learnscape.numerics.sinh_rule import RANGE, STEP, sinh_node, sinh_rule

__all__ = ["Moments", "at_temperature_kernel", "rs_kernel", "rs_moments"]

ITERATIONS = 100
BISECTIONS = 60


class Moments(NamedTuple):
    """Averages over the field of one spin, t = tanh(beta (sqrt(q) z + H))."""

    log_2cosh: float
    """<ln 2cosh beta h>."""
    t: float
    """<t>, the magnetisation."""
    t2: float
    """<t^2>."""
    slope: float
    """<(1 - t^2)(1 - 3 t^2)>: its derivative in q, over beta^2."""
    bend2: float
    """<(1 - t^2)^2>: one minus the replicon, over beta^2."""


@kernel
def rs_moments(beta: float, q: float, field: float) -> Moments:
    """The averages at any overlap q >= 0."""
    root = math.sqrt(q)
    v, t1, t2, slope, bend2 = 0.0, 0.0, 0.0, 0.0, 0.0
    if beta * root < 1e-150:  # a point
        t = tanh_kernel(beta * field)
        b = (1.0 - t) * (1.0 + t)
        return Moments(log_2cosh_kernel(beta * field), t, t * t, b * (1.0 - 3.0 * t * t), b * b)
    width = 1.0 / (beta * root)  # of the bend
    centre = min(max(-field / root, -RANGE), RANGE)
    rule = sinh_rule(centre, min(width, 1.0), -RANGE, RANGE, STEP)
    for i in range(rule.nodes):
        z, w = sinh_node(rule, i)
        x = beta * (root * z + field)
        t = tanh_kernel(x)
        b = (1.0 - t) * (1.0 + t)
        v += w * log_2cosh_kernel(x)
        t1 += w * t
        t2 += w * t * t
        slope += w * b * (1.0 - 3.0 * t * t)
        bend2 += w * b * b
    return Moments(v, t1, t2, slope, bend2)


@kernel
def rs_kernel(temperature: float, field: float) -> tuple[float, float]:
    """The overlap q, the largest solution, and the replicon there."""
    beta = 1.0 / temperature
    if field == 0.0 and temperature >= 1.0:
        return 0.0, 1.0 - beta * beta
    # <t^2> - q is positive below the root and negative above it
    low, high = 0.0, 1.0
    if field == 0.0:  # 0 is a solution too, and repels; q = tau + tau^2 - tau^3 ... near T_c
        low = 0.4 * (1.0 - temperature)
    q = 1.0 - 0.8 * temperature if temperature < 1.0 else 0.5
    q = max(q, low)
    for _ in range(ITERATIONS):
        at = rs_moments(beta, q, field)
        gap = at.t2 - q
        if gap > 0.0:
            low = q
        else:
            high = q
        new = q - gap / (beta * beta * at.slope - 1.0)
        if not low < new < high:
            new = 0.5 * (low + high)
        change = abs(new - q)
        q = new
        if change < 1e-15 * q:
            break
    return q, 1.0 - beta * beta * rs_moments(beta, q, field).bend2


@kernel
def at_temperature_kernel(field: float) -> float:
    """The temperature of the line of de Almeida and Thouless in a field."""
    if field == 0.0:
        return 1.0
    # T = (4 / 3 sqrt(2 pi)) exp(-field^2 / 2) at strong fields; the interval is generous
    low, high = math.log(0.1) - 0.5 * field * field, 0.0
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        if rs_kernel(math.exp(middle), abs(field))[1] > 0.0:
            high = middle
        else:
            low = middle
    return math.exp(0.5 * (low + high))
