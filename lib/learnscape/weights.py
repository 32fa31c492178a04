r"""What a weight may be: real on the sphere, one of two signs, or one of any few levels.

*Problem.* Every ansatz and every message-passing algorithm asks the same of one weight: in a field h and with a precision B, what are

.. math::  \ln Z=\ln\sum_we^{hw-\frac12Bw^2},\qquad \langle w\rangle=\partial_h\ln Z,\qquad \langle w^2\rangle-\langle w\rangle^2=\partial_h^2\ln Z

(an integral for continuous weights)? This is the method :meth:`Weights.local`, and it is all that a new weight space must bring. Under replica symmetry
the fields are Gaussian, :math:`h=\sqrt{\hat q}\,x`, and what enters is the entropic term

.. math::
    G_S=-\tfrac12\hat q(Q-q)+\tfrac12BQ+\int Dx\,\ln Z(\sqrt{\hat q}\,x,B),\qquad
    q=\int Dx\,\langle w\rangle^2,\quad Q-q=\int Dx\,(\langle w^2\rangle-\langle w\rangle^2),

with the self-overlap :math:`Q=|w|^2/N`. Where the weights fix Q, the second equation only fixes the multiplier B; where they do not
(``self_overlap`` is None), Q is an order parameter and B its conjugate. ``Binary``: :math:`w^2=1`, so that B drops out and
:math:`\ln Z=\ln2\cosh h`. ``Spherical``: :math:`\ln Z=\tfrac12\ln(2\pi/B)+h^2/2B`, and eliminating B leaves

.. math::
    G_S=\tfrac12\bigl[2s-2-\ln s-\hat q(1-q)\bigr],\qquad s=\tfrac12\bigl(1+\sqrt{1+4\hat q}\bigr),

measured from the uniform sphere. Such averages, already taken, are overrides for speed: the base class gets all of them from ``local`` by quadrature.
:func:`learnscape.testing.check_weights` checks a class of your own. Gardner (1988), Krauth and Mezard (1989); chapters *gardner-volume*
and *binary-weights*.
"""

from __future__ import annotations

import itertools
import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import ConvergenceError, is_number, real_array, require
from learnscape.numerics.adaptive import gaussian_average
from learnscape.numerics.gaussian import exp_kernel, log_kernel
from learnscape.numerics.jit import kernel

__all__ = ["Binary", "Discrete", "Moments", "Spherical", "Weights"]

Array = NDArray[np.float64]
HALF_RANGE = 9.0  # the Gaussian measure beyond is 2e-19
STEP = 0.1  # of the trapezoidal rule in u, z = s sinh(u): 0.14 leaves 1e-13, this rounding only
INV_SQRT_2PI = 0.3989422804014327
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
    a new ``local`` gets these defaults back, whatever its parents computed faster for the old one.
    """

    discrete: bool
    """True if the space is finite: capacity is then the zero of the entropy, else the limit q -> Q."""

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if "local" in vars(cls):
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
        field, ones = np.array([0.3, 1.0, 2.5]), np.ones(3)
        up, down = local(self, field, ones)[0], local(self, -field, ones)[0]
        return bool(np.allclose(up, down, rtol=1e-9, atol=1e-12))

    def moments(self, q_hat: float, precision: float) -> Moments:
        """Averages over x of ``local(sqrt(q_hat) x, precision)``."""
        root = math.sqrt(q_hat)

        def parts(x: Array) -> Array:
            log_z, mean, variance = local(self, root * x, np.full(x.shape, precision))
            return np.stack([log_z, mean, mean * mean, variance, variance * variance])

        values = parts(np.zeros(1))[:, 0] if q_hat == 0.0 else gaussian_average(parts)
        log_z, _, q, v, fluctuation = values.tolist()
        return Moments(log_z, q, v, fluctuation)

    def precision(self, q_hat: float) -> float:
        """The precision B at which the self-overlap is the one that the weights fix."""
        target = _fixed(self)
        scale = (1.0 + math.sqrt(q_hat * target)) / target

        def excess(u: float) -> float:
            precision = scale * (math.sinh(u) if self.discrete else math.exp(u))
            moments = self.moments(q_hat, precision)
            return (moments.q + moments.v) / target - 1.0

        if self.discrete and abs(excess(0.0)) < 1e-13:  # as for two signs, where B drops out
            return 0.0
        u = _decreasing_root(excess, repr(self))
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
        near, nearer = (q_hat * self.one_minus_overlap(q_hat) ** 2 for q_hat in (STRONG, 4.0 * STRONG))
        return 2.0 * nearer - near  # without the correction in 1/sqrt(q_hat)

    def _entropy(self, q_hat: float, v: float) -> float:
        precision = self.precision(q_hat)
        log_z = self.moments(q_hat, precision).log_z
        return log_z + 0.5 * (precision * _fixed(self) - q_hat * v)

    def entropic_term(self, q_hat: float, v: float) -> float:
        """G_S at conjugate field q_hat and v = Q - q, for a fixed self-overlap Q; its derivative with respect to v is -q_hat/2."""
        return self._entropy(q_hat, v) - (0.0 if self.discrete else self._entropy(0.0, _fixed(self)))

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
        """Conjugate field that belongs to the overlap q (inverse of `overlap`, by bisection in ln q_hat)."""
        _overlap(q, _fixed(self))
        if q == 0.0:
            return 0.0
        low, high = -700.0, 700.0
        for _ in range(200):
            middle = 0.5 * (low + high)
            if not low < middle < high:
                break
            if self.overlap(math.exp(middle)) < q:
                low = middle
            else:
                high = middle
        return math.exp(0.5 * (low + high))


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


def _fixed(weights: Weights) -> float:
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


def _decreasing_root(function: Callable[[float], float], name: str) -> float:
    """Zero of a decreasing function, found outwards from 0, then by bisection and secants (Illinois)."""
    low, high, step = 0.0, 0.0, 0.5
    f_low = f_high = function(0.0)
    while f_low < 0.0 or f_high > 0.0:
        if step > 300.0:
            raise ValueError(
                f"{name} is not allowed: no precision gives its weights the self-overlap that it states"
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
    trace = []
    for count in range(200):
        if f_low == 0.0 or f_high == 0.0:
            return low if f_low == 0.0 else high
        x = low + (high - low) * f_low / (f_low - f_high) if count % 4 else 0.5 * (low + high)
        if not low < x < high:
            return x
        fx = function(x)
        trace.append(abs(fx))
        if trace[-1] < 2e-16 or high - low < 1e-15 * (1.0 + abs(x)):
            return x
        if fx > 0.0:
            low, f_low, f_high = x, fx, 0.5 * f_high
        else:
            high, f_high, f_low = x, fx, 0.5 * f_low
    raise ConvergenceError(f"the precision of {name} was not found", trace)


def _overlap(q: float, largest: float = 1.0) -> None:
    require(is_number(q) and 0.0 <= q < largest, "q", q, f"a number in [0, {largest:g})")


@kernel
def binary_moments(q_hat: float) -> tuple[float, float, float, float, float]:
    """Averages over Dx of h = sqrt(q_hat) x: tanh^2, sech^2, sech^4, tanh^2 sech^2, ln 2cosh.

    Trapezoidal rule after x = s sinh(u): the poles of tanh, at distance pi/(2 sqrt(q_hat)) from the axis, set s.
    """
    if q_hat < 1e-5:  # Taylor series: 1 - exp(-2h) would lose the relative accuracy of tanh
        t2 = q_hat * (1.0 - q_hat * (2.0 - 17.0 / 3.0 * q_hat))
        c4 = 1.0 - 2.0 * q_hat + 7.0 * q_hat * q_hat - 94.0 / 3.0 * q_hat * q_hat * q_hat
        return t2, 1.0 - t2, c4, 1.0 - t2 - c4, 0.6931471805599453 + 0.5 * q_hat - 0.25 * q_hat * q_hat
    a = math.sqrt(q_hat)
    s = min(3.0, 2.0 / a)
    n = int(log_kernel(HALF_RANGE / s + math.sqrt(HALF_RANGE * HALF_RANGE / (s * s) + 1.0)) / STEP) + 1
    t2 = 0.0
    c2 = 0.0
    c4 = 0.0
    tc = 0.0
    lc = 0.0
    for i in range(n + 1):
        e = exp_kernel(STEP * i)
        x = 0.5 * s * (e - 1.0 / e)
        w = (0.5 if i == 0 else 1.0) * (e + 1.0 / e) * exp_kernel(-0.5 * x * x)
        e = exp_kernel(-2.0 * a * x)
        d = 1.0 / (1.0 + e)
        t = (1.0 - e) * d
        c = 4.0 * e * d * d
        t2 += w * t * t
        c2 += w * c
        c4 += w * c * c
        tc += w * t * t * c
        lc += w * (a * x + log_kernel(1.0 + e))
    w = STEP * s * INV_SQRT_2PI
    return w * t2, w * c2, w * c4, w * tc, w * lc


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
    [1.127011, 0.761594, 0.419974]
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
        _overlap(q)
        return q / (1.0 - q) ** 2

    def fluctuation(self, q_hat: float) -> float:
        """(1-q)^2."""
        return self.one_minus_overlap(q_hat) ** 2


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
        return all(a == -b for a, b in zip(self.levels, reversed(self.levels), strict=True))

    def local(self, field: ArrayLike, precision: ArrayLike) -> tuple[Array, Array, Array]:
        """ln Z, mean and variance of the levels under exp(h w - B w^2/2)."""
        h, b = np.broadcast_arrays(real_array("field", field), real_array("precision", precision))
        w = np.array(self.levels).reshape(-1, *([1] * h.ndim))
        mirrored = self.symmetric
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
        _fixed(self)
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
        slope = float(np.exp(-0.5 * thresholds**2) @ np.diff(w)) * INV_SQRT_2PI
        return slope, float(share @ w**2)
