"""Weights of any few levels; see :mod:`learnscape.weights`."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import real_array, require
from learnscape.numerics.gaussian import INVERSE_SQRT_2PI
from learnscape.weights.contract import Weights, fixed_overlap

__all__ = ["Discrete"]

Array = NDArray[np.float64]


def _mirrored(levels: tuple[float, ...]) -> bool:
    return all(a == -b for a, b in zip(levels, reversed(levels), strict=True))


@dataclass(frozen=True)
class Discrete(Weights):
    r"""Weights with any few real levels, as given: a synapse of a few bits.

    The self-overlap :math:`Q=|w|^2/N` depends on how often each level is taken. Unless all levels have the same square, it is an order parameter, and the
    replica-symmetric saddle has two pairs of equations. *Derivation.* In the replica calculation the overlaps enter as :math:`q_{ab}=q` and
    :math:`q_{aa}=Q`, with conjugates :math:`\hat q` and, for the diagonal, B. One column of n replicas gives, with
    :math:`\hat q\sum_{a<b}w^aw^b=\tfrac12\hat q[(\sum_aw^a)^2-\sum_a(w^a)^2]` and a Gaussian x that takes the square apart, the entropic term of the module's head,

    .. math::  G_S=-\tfrac12\hat q(Q-q)+\tfrac12BQ+\int Dx\,\ln Z(\sqrt{\hat q}x,B).

    Its derivatives in :math:`\hat q` and B vanish at :math:`q=\int Dx\langle w\rangle^2` and :math:`Q=\int Dx\langle w^2\rangle`. A pattern sees fields
    of mean square q and, inside a state, of variance :math:`V=Q-q`: :math:`G_E=\int Dz\,f(\sqrt qz,Q-q)`. The heat equation :math:`\partial_Vf=\tfrac12(f''+f'^2)` and
    integration by parts give :math:`\partial_qG_E=-\tfrac12\int Dz\,g^2` and :math:`\partial_QG_E=\tfrac12\int Dz\,(g'+g^2)`, so that

    .. math::  \hat q=\alpha\int Dz\,g^2,\qquad B=-\alpha\int Dz\,g',

    which are the variance of the field and the precision that belief propagation sends to a weight. The free entropy is a minimum over q (number of replicas to 0) and a
    maximum over Q (there are more weights of the better length). Gutfreund and Stein (1990).

    Parameters
    ----------
    levels : sequence of float
        At least two distinct finite numbers, in any order.

    Examples
    --------
    >>> ternary = Discrete((-1, 0, 1))
    >>> ternary.self_overlap is None, round(ternary.annealed_entropy, 6)
    (True, 1.098612)
    >>> [round(float(part), 6) for part in ternary.local(0.0, 0.0)]
    [1.098612, 0.0, 0.666667]
    >>> Discrete((-2, 2)).self_overlap
    4.0
    >>> Discrete((1, 1))
    Traceback (most recent call last):
        ...
    ValueError: levels = (1, 1) is not allowed: it must be at least two distinct finite numbers
    """

    levels: tuple[float, ...]
    discrete = True

    def __post_init__(self) -> None:
        allowed = "at least two distinct finite numbers"
        good = isinstance(self.levels, tuple | list | np.ndarray | range) and np.ndim(self.levels) == 1
        require(good, "levels", self.levels, allowed)
        values = sorted(real_array("levels", self.levels).tolist())
        distinct = all(a < b for a, b in itertools.pairwise(values))
        require(len(values) >= 2 and distinct, "levels", self.levels, allowed)
        require(max(map(abs, values)) <= 1e100, "levels", self.levels, "numbers up to 1e100")
        object.__setattr__(self, "levels", tuple(value + 0.0 for value in values))

    @property
    def self_overlap(self) -> float | None:
        """The square of the levels if they share one, else None."""
        return self.levels[0] ** 2 if self.levels[0] == -self.levels[-1] and len(self.levels) == 2 else None

    @property
    def symmetric(self) -> bool:
        """True if with every level its negative is one."""
        return _mirrored(self.levels)

    def local(self, field: ArrayLike, precision: ArrayLike) -> tuple[Array, Array, Array]:
        """ln Z, mean and variance of the levels under exp(h w - B w^2/2)."""
        h, b = np.broadcast_arrays(real_array("field", field), real_array("precision", precision))
        w = np.array(self.levels).reshape(-1, *([1] * h.ndim))
        mirrored = _mirrored(self.levels)
        x = np.abs(h) if mirrored else h
        exponent = x * w - (0.5 * b) * (w * w)
        top = exponent.max(axis=0)
        p = np.exp(exponent - top)
        z = p.sum(axis=0)
        p /= z
        if mirrored:  # w and -w together: sinh keeps the digits of a mean near 0
            up = w > 0.0
            mean = np.copysign(
                -(p * w * np.expm1(-2.0 * x * w, where=up, out=np.zeros_like(p))).sum(axis=0), h
            )
        else:
            mean = (p * w).sum(axis=0)
        variance = sum(
            (
                p[i] * p[j] * (self.levels[i] - self.levels[j]) ** 2
                for i, j in itertools.combinations(range(len(w)), 2)
            ),
            start=np.zeros_like(z),
        )
        return top + np.log(z), mean, variance

    def precision(self, q_hat: float) -> float:
        """It drops out where the levels share their square: 0."""
        fixed_overlap(self)
        return 0.0

    @property
    def annealed_entropy(self) -> float:
        """ln of the number of levels."""
        return math.log(len(self.levels))

    def ground_state(self, ratio: float) -> tuple[float, float]:
        """Where q -> Q, with B = ratio sqrt(q_hat) -> infinity: the limits of sqrt(q_hat) (Q-q) and of Q.

        Each weight then takes the level that maximises x w - ratio w^2/2, and goes from one to the next at a threshold x.
        """
        w = np.array(self.levels if ratio > 0.0 else (self.levels[0], self.levels[-1]))
        thresholds = 0.5 * ratio * (w[1:] + w[:-1])
        below = np.concatenate([[0.0], [0.5 * math.erfc(-t / math.sqrt(2.0)) for t in thresholds], [1.0]])
        above = np.concatenate([[1.0], [0.5 * math.erfc(t / math.sqrt(2.0)) for t in thresholds], [0.0]])
        share = np.where(below[1:] < 0.5, np.diff(below), -np.diff(above))  # keeps the digits of rare levels
        slope = float(np.exp(-0.5 * thresholds**2) @ np.diff(w)) * INVERSE_SQRT_2PI
        return slope, float(share @ w**2)
