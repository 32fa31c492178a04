"""Weights +1 or -1; see :mod:`learnscape.weights`."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import real_array
from learnscape.numerics.gaussian import exp_kernel, log_kernel
from learnscape.numerics.jit import kernel
from learnscape.numerics.sinh_rule import even_node, even_rule
from learnscape.weights.contract import Moments, Weights

__all__ = ["Binary", "binary_moments"]

Array = NDArray[np.float64]


@kernel
def binary_moments(q_hat: float) -> tuple[float, float, float, float, float]:
    """Averages over Dx of h = sqrt(q_hat) x: tanh^2, sech^2, sech^4, tanh^2 sech^2, ln 2cosh.

    The poles of tanh, at distance pi/(2 sqrt(q_hat)) from the axis, set the width of the rule.
    """
    if q_hat < 1e-5:  # Taylor series: 1 - exp(-2h) would lose the relative accuracy of tanh
        t2 = q_hat * (1.0 - q_hat * (2.0 - 17.0 / 3.0 * q_hat))
        c4 = 1.0 - 2.0 * q_hat + 7.0 * q_hat * q_hat - 94.0 / 3.0 * q_hat * q_hat * q_hat
        return t2, 1.0 - t2, c4, 1.0 - t2 - c4, 0.6931471805599453 + 0.5 * q_hat - 0.25 * q_hat * q_hat
    a = math.sqrt(q_hat)
    t2 = 0.0
    c2 = 0.0
    c4 = 0.0
    tc = 0.0
    lc = 0.0
    rule = even_rule(min(3.0, 2.0 / a))
    for i in range(rule.nodes):
        x, w = even_node(rule, i)
        e = exp_kernel(-2.0 * a * x)
        d = 1.0 / (1.0 + e)
        t = (1.0 - e) * d
        c = 4.0 * e * d * d
        t2 += w * t * t
        c2 += w * c
        c4 += w * c * c
        tc += w * t * t * c
        lc += w * (a * x + log_kernel(1.0 + e))
    return t2, c2, c4, tc, lc


@dataclass(frozen=True)
class Binary(Weights):
    """Weights +1 or -1, 2^N of them.

    Examples
    --------
    >>> Binary().annealed_entropy == math.log(2)
    True
    >>> round(Binary().overlap(2.576351), 5)
    0.56395
    >>> [round(float(part), 6) for part in Binary().local(1.0, 0.0)]  # ln 2cosh 1, tanh 1, 1/cosh(1)^2
    [1.126928, 0.761594, 0.419974]
    """

    discrete = True
    symmetric = True
    annealed_entropy = math.log(2.0)
    limit_q_hat = 2.0 / math.pi

    def local(self, field: ArrayLike, precision: ArrayLike) -> tuple[Array, Array, Array]:
        """ln 2cosh(h) - B/2, tanh h, 1/cosh(h)^2."""
        h, b = np.broadcast_arrays(real_array("field", field), real_array("precision", precision))
        e = np.exp(-2.0 * np.abs(h))
        mean = np.tanh(h)
        return np.abs(h) + np.log1p(e) - 0.5 * b, mean, 4.0 * e / (1.0 + e) ** 2

    def moments(self, q_hat: float, precision: float = 0.0) -> Moments:
        """Averages of ln 2cosh - B/2, tanh^2, sech^2, sech^4."""
        q, v, fluctuation, _, log_z = binary_moments(float(q_hat))
        return Moments(float(log_z - 0.5 * precision), float(q), float(v), float(fluctuation))

    def precision(self, q_hat: float) -> float:
        """It drops out: 0."""
        return 0.0

    def entropic_term(self, q_hat: float, v: float) -> float:
        """-q_hat v/2 + int Dx ln 2cosh(sqrt(q_hat) x)."""
        return float(binary_moments(float(q_hat))[4] - 0.5 * q_hat * v)

    def one_minus_overlap(self, q_hat: float) -> float:
        """Mean of sech^2(sqrt(q_hat) x)."""
        return float(binary_moments(float(q_hat))[1])

    def overlap(self, q_hat: float) -> float:
        """Mean of tanh^2(sqrt(q_hat) x)."""
        return float(binary_moments(float(q_hat))[0])

    def fluctuation(self, q_hat: float) -> float:
        """Mean of sech^4(sqrt(q_hat) x)."""
        return float(binary_moments(float(q_hat))[2])
