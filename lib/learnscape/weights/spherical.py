"""Real weights on a sphere; see :mod:`learnscape.weights`."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import real_array, require
from learnscape.weights.contract import Weights, check_overlap

__all__ = ["Spherical"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Spherical(Weights):
    """Real weights on the sphere |w|^2 = N; entropies are measured from the uniform sphere.

    Examples
    --------
    >>> Spherical().q_hat(0.5)
    2.0
    >>> Spherical().overlap(2.0)
    0.5
    >>> [float(part) for part in Spherical().local(1.0, 2.0)][1:]  # a Gaussian weight of mean h/B and variance 1/B
    [0.5, 0.5]
    """

    discrete = False
    symmetric = True
    annealed_entropy = 0.0
    limit_q_hat = 1.0

    def local(self, field: ArrayLike, precision: ArrayLike) -> tuple[Array, Array, Array]:
        """ln(2 pi/B)/2 + h^2/(2B), h/B, 1/B; the multiplier of the sphere is part of B, which must be > 0."""
        h, b = np.broadcast_arrays(real_array("field", field), real_array("precision", precision))
        bad = b[~(b > 0.0)]
        require(bad.size == 0, "precision", float(bad[0]) if bad.size else 0.0, "> 0 for continuous weights")
        return 0.5 * np.log(2.0 * np.pi / b) + 0.5 * h * (h / b), h / b, 1.0 / b

    def precision(self, q_hat: float) -> float:
        """s, which is 1/(1-q)."""
        return 0.5 * (1.0 + math.sqrt(1.0 + 4.0 * q_hat))

    def entropic_term(self, q_hat: float, v: float) -> float:
        """(2s - 2 - ln s - q_hat v)/2 with s = (1 + sqrt(1 + 4 q_hat))/2."""
        excess = 2.0 * q_hat / (1.0 + math.sqrt(1.0 + 4.0 * q_hat))  # s - 1, without cancellation
        return 0.5 * (2.0 * excess - math.log1p(excess) - q_hat * v)

    def one_minus_overlap(self, q_hat: float) -> float:
        """1/s."""
        return 2.0 / (1.0 + math.sqrt(1.0 + 4.0 * q_hat))

    def overlap(self, q_hat: float) -> float:
        """(s - 1)/s."""
        root = math.sqrt(1.0 + 4.0 * q_hat)
        return 4.0 * q_hat / (1.0 + root) ** 2

    def q_hat(self, q: float) -> float:
        """q / (1-q)^2."""
        check_overlap(q)
        return q / (1.0 - q) ** 2

    def fluctuation(self, q_hat: float) -> float:
        """(1-q)^2."""
        return self.one_minus_overlap(q_hat) ** 2
