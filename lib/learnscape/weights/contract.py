"""What an ansatz must know of one weight, and what the base class makes of it; the problem is stated at :mod:`learnscape.weights`."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import ConvergenceError, is_number, require
from learnscape.numerics.adaptive import gaussian_average

__all__ = ["DERIVED", "Moments", "Weights", "local"]

Array = NDArray[np.float64]
EPSILON = 2.220446049250313e-16
NOISE = 8.0  # rounding errors of a plain local, in units of the estimate
WEAK = 1e-16  # q_hat <w^2> below which a mean is linear in the field
FAR = 9.137  # the Gaussian measure beyond is 1e-19
STRONG = 1e14  # a field so strong that q_hat v^2 is at its limit, but for a correction of 1/sqrt(STRONG)


class Moments(NamedTuple):
    """What the random field sqrt(q_hat) x makes of one weight, averaged over x."""

    log_z: float
    """Mean of ln Z."""
    q: float
    """Mean of <w>^2, the overlap."""
    v: float
    """Mean of the variance, self-overlap minus overlap."""
    fluctuation: float
    """Mean of the squared variance, the weights' factor in the replicon."""


class Weights(ABC):
    """What an ansatz must know of one weight. Subclass it to define a weight space of your own.

    A subclass gives :meth:`local` and `discrete`, and says what `self_overlap` is unless it is 1. All else has a default here. A subclass that gives
    a new ``local`` or ``self_overlap`` gets these defaults back, whatever its parents computed faster for the old one.
    """

    discrete: bool
    """True if the space is finite: capacity is then the zero of the entropy, else the limit q -> Q."""

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if {"local", "self_overlap"} & vars(cls).keys():
            for name in DERIVED:
                if name not in vars(cls):
                    setattr(cls, name, vars(Weights)[name])

    @abstractmethod
    def local(self, field: ArrayLike, precision: ArrayLike) -> tuple[Array, Array, Array]:
        """ln Z, mean and variance of one weight, for arrays of fields and precisions (broadcast).

        Z is the sum (discrete) or Lebesgue integral (continuous) of exp(field w - precision w^2/2). Continuous weights need precision > 0.
        """

    @property
    def self_overlap(self) -> float | None:
        """Q = |w|^2/N where the weights fix it; None where it is an order parameter. A class may say ``self_overlap = None``."""
        return 1.0

    @property
    def symmetric(self) -> bool:
        """True if w and -w are equally good, so that q = 0 can be a saddle point; found from ``local``."""
        _, mean, variance = local(self, np.zeros(1), np.ones(1))
        unit = math.sqrt(float(mean[0] ** 2 + variance[0])) or 1.0  # of w at B = 1, which may be any number
        field, ones = np.array([0.3, 1.0, 2.5]) / unit, np.ones(3)
        up, down = local(self, field, ones)[0], local(self, -field, ones)[0]
        return bool(np.allclose(up, down, rtol=1e-9, atol=1e-12))

    def moments(self, q_hat: float, precision: float) -> Moments:
        """Averages over x of ``local(sqrt(q_hat) x, precision)``."""
        root = math.sqrt(q_hat)

        def parts(x: Array) -> Array:
            log_z, mean, variance = local(self, root * x, np.full(x.shape, precision))
            return np.stack([log_z, mean, mean * mean, variance, variance * variance])

        def noise(x: Array, values: Array) -> Array:
            _, mean, _, variance, _ = values
            spread = np.sqrt(np.maximum(variance, 0.0))
            unit = float(np.max(np.abs(mean) + spread))  # of w
            exponent = EPSILON * (1.0 + np.abs(root * x) * unit + 0.5 * abs(precision) * unit * unit)
            error = exponent * spread + EPSILON * unit
            errors = exponent * (spread + EPSILON * unit) * spread + EPSILON * unit * (
                spread + EPSILON * unit
            )
            return NOISE * np.stack(
                [
                    exponent,
                    error,
                    (2.0 * np.abs(mean) + error) * error,
                    errors,
                    2.0 * np.abs(variance) * errors,
                ]
            )

        ends = parts(np.array([0.0, -FAR, FAR]))
        log_z, mean, q, v, fluctuation = ends[:, 0].tolist()
        if q_hat * float(np.max(ends[2] + ends[3])) > WEAK:
            try:
                averages = gaussian_average(parts)
            except ConvergenceError:  # a local that loses digits, as the plainest one does
                averages = gaussian_average(parts, noise)
            log_z, _, q, v, fluctuation = averages.tolist()
        else:  # linear response: means so small are nothing but rounding errors, unless local takes care of them
            q = (0.0 if abs(mean) < 8.0 * EPSILON * math.sqrt(v) else q) + q_hat * v * v
            log_z += 0.5 * q_hat * v
        return Moments(log_z, q, v, fluctuation)

    def precision(self, q_hat: float) -> float:
        """The precision B at which the self-overlap is the one that the weights fix."""
        target = fixed_overlap(self)
        scale = (1.0 + math.sqrt(q_hat * target)) / target

        def excess(u: float) -> float:
            precision = scale * (math.sinh(u) if self.discrete else math.exp(u))
            moments = self.moments(q_hat, precision)
            return (moments.q + moments.v) / target - 1.0

        if self.discrete and abs(excess(0.0)) < 1e-13:  # as for two signs, where B drops out
            return 0.0
        u = decreasing_root(excess, repr(self))
        return scale * (math.sinh(u) if self.discrete else math.exp(u))

    @property
    def annealed_entropy(self) -> float:
        """Entropy per weight without any pattern: ln of the number of values; of continuous weights with fixed self-overlap it is 0, by definition."""
        if self.self_overlap is None:
            return float(local(self, np.zeros(1), np.zeros(1))[0][0])
        return self._entropy(0.0, 0.0) if self.discrete else 0.0

    @property
    def limit_q_hat(self) -> float:
        """The limit of q_hat (Q-q)^2 as q -> Q at fixed self-overlap Q; it decides where the saddle point disappears."""
        strong = STRONG / fixed_overlap(self)  # a field is strong beside 1/sqrt(Q)
        near, nearer = (q_hat * self.one_minus_overlap(q_hat) ** 2 for q_hat in (strong, 4.0 * strong))
        return 2.0 * nearer - near  # without the correction in 1/sqrt(q_hat)

    def _entropy(self, q_hat: float, v: float) -> float:
        precision = self.precision(q_hat)
        log_z = self.moments(q_hat, precision).log_z
        return log_z + 0.5 * (precision * fixed_overlap(self) - q_hat * v)

    def entropic_term(self, q_hat: float, v: float) -> float:
        """G_S at conjugate field q_hat and v = Q - q, for a fixed self-overlap Q; its derivative with respect to v is -q_hat/2."""
        return self._entropy(q_hat, v) - (0.0 if self.discrete else self._entropy(0.0, fixed_overlap(self)))

    def one_minus_overlap(self, q_hat: float) -> float:
        """Q - q at the saddle, from q_hat (the difference, because it stays exact as q -> Q); 1 - q for most weights."""
        return self.moments(q_hat, self.precision(q_hat)).v

    def overlap(self, q_hat: float) -> float:
        """Overlap q at the saddle, from q_hat; it increases from 0 to Q."""
        return self.moments(q_hat, self.precision(q_hat)).q

    def fluctuation(self, q_hat: float) -> float:
        """Mean of the squared thermal variance of one weight, the weights' factor in the replicon."""
        return self.moments(q_hat, self.precision(q_hat)).fluctuation

    def q_hat(self, q: float) -> float:
        """Conjugate field that belongs to the overlap q (inverse of `overlap`, by a bracketed search in ln q_hat)."""
        check_overlap(q, fixed_overlap(self))
        if q == 0.0:
            return 0.0
        return math.exp(
            decreasing_root(lambda t: 1.0 - self.overlap(math.exp(min(t, 700.0))) / q, repr(self))
        )


DERIVED = (
    "annealed_entropy",
    "entropic_term",
    "fluctuation",
    "limit_q_hat",
    "moments",
    "one_minus_overlap",
    "overlap",
    "precision",
    "q_hat",
    "symmetric",
)
"""What the base class makes from ``local``."""


def local(weights: Weights, field: Array, precision: Array) -> tuple[Array, Array, Array]:
    """``weights.local`` for arrays of one shape, refused with a clear error where it is nonsense."""
    answer = weights.local(field, precision)
    good = isinstance(answer, tuple | list) and len(answer) == 3
    good = good and all(np.shape(part) == field.shape and not np.iscomplexobj(part) for part in answer)
    require(
        good,
        "weights",
        weights,
        "one whose local returns ln Z, mean and variance, real and of the shape of the field",
    )
    log_z, mean, variance = (np.asarray(part, dtype=np.float64) for part in answer)
    bad = ~(np.isfinite(log_z) & np.isfinite(mean) & (variance > -1e-9) & np.isfinite(variance))
    if bad.any():
        i = np.unravel_index(int(np.argmax(bad)), bad.shape)
        where = f"field = {float(field[i]):.6g}, precision = {float(precision[i]):.6g}"
        values = f"(ln Z, mean, variance) = ({float(log_z[i]):.6g}, {float(mean[i]):.6g}, {float(variance[i]):.6g})"
        require(
            False,
            "weights",
            weights,
            f"one whose local is finite with variance >= 0; at {where} it gives {values}",
        )
    return log_z, mean, variance


def fixed_overlap(weights: Weights) -> float:
    overlap = weights.self_overlap
    if overlap is None:
        raise ValueError(
            f"{weights!r} is not allowed: its self-overlap is an order parameter, and here it must be fixed"
        )
    require(
        is_number(overlap) and 0.0 < overlap < math.inf,
        "self_overlap",
        overlap,
        "a finite number > 0, or None",
    )
    return float(overlap)


def decreasing_root(function: Callable[[float], float], name: str) -> float:
    """Zero of a decreasing function, bracketed outwards from 0, then by secants (Illinois)."""
    low, high, step = 0.0, 0.0, 0.5
    f_low = f_high = function(0.0)
    while f_low < 0.0 or f_high > 0.0:
        if step > 300.0:
            raise ValueError(
                f"{name} is not allowed: no precision gives its self-overlap, or no field its overlap"
            )
        if f_low < 0.0:
            high, f_high = low, f_low
            low -= step
            f_low = function(low)
        else:
            low, f_low = high, f_high
            high += step
            f_high = function(high)
        step *= 2.0
    if f_low == 0.0 or f_high == 0.0:
        return low if f_low == 0.0 else high
    trace, side = [], 0
    for _ in range(200):
        x = low + (high - low) * f_low / (f_low - f_high)
        if not low < x < high:
            return low if abs(f_low) < abs(f_high) else high
        fx = function(x)
        trace.append(abs(fx))
        if trace[-1] < 1e-15 or high - low < 1e-15 * (1.0 + abs(x)):
            return x
        if fx > 0.0:
            low, f_low = x, fx
            f_high *= 0.5 if side > 0 else 1.0
            side = 1
        else:
            high, f_high = x, fx
            f_low *= 0.5 if side < 0 else 1.0
            side = -1
    raise ConvergenceError(f"precision or field of {name} not found", trace)


def check_overlap(q: float, largest: float = 1.0) -> None:
    require(is_number(q) and 0.0 <= q < largest, "q", q, f"a number in [0, {largest:g})")
