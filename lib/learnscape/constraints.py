r"""What a pattern demands of the weights: its stability must lie in an allowed set.

*Problem.* Given all that is known of the weights, the stability :math:`\Delta=w\cdot\xi/\sqrt N` of a pattern is Gaussian with mean
:math:`\omega` and variance :math:`V`. Every ansatz asks for the logarithm of the probability that the constraint holds,

.. math::  f(\omega,V)=\ln P(\Delta\in\text{allowed}\mid\Delta\sim\mathcal N(\omega,V)),

its derivatives :math:`g=\partial_\omega f` and :math:`\partial_\omega g`, and the limit :math:`V\to0`, where
:math:`2Vf\to-\mathrm{dist}^2(\omega)`, the squared distance to the allowed set.

``Margin(kappa)`` allows :math:`\Delta\ge\kappa`: :math:`f=\ln H(x)`, :math:`x=(\kappa-\omega)/\sqrt V`. ``SymmetricMargin(kappa)`` allows
:math:`|\Delta|\le\kappa` and ``OuterMargin(kappa)`` :math:`|\Delta|\ge\kappa` (the rectangle- and the u-function binary perceptron of Aubin, Perkins and Zdeborova, 2019).

A new constraint is one subclass of :class:`Constraint`; :func:`learnscape.testing.check_constraint` checks it, and the replica solvers then work with it
through NumPy. Chapters *gardner-volume* and *binary-weights*, page *a constraint of your own*.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import real_array, require
from learnscape.numerics.gaussian import (
    exp_kernel,
    expm1_kernel,
    inverse_mills_kernel,
    log1p_kernel,
    log_h_and_inverse_mills_kernel,
    log_h_kernel,
    log_kernel,
)
from learnscape.numerics.jit import inlined, kernel

__all__ = ["Constraint", "Margin", "OuterMargin", "SymmetricMargin"]

Array = NDArray[np.float64]
NARROW, LEVEL = (
    0.02,
    0.05,
)  # half-width in units of sqrt(V), and change of ln G over it, up to which P is a short series


class Constraint(ABC):
    """What an ansatz must know of one constraint. Subclass it to define a constraint of your own.

    The allowed set is a union of closed intervals, finite or not. A subclass gives `edges`, :meth:`terms` and :meth:`allowed`.
    """

    symmetric: bool = False
    """True if Delta and -Delta are equally good; then q = 0 is a saddle point of every symmetric weight space."""

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if {"edges", "allowed"} & vars(cls).keys() and "squared_distance" not in vars(cls):
            cls.squared_distance = Constraint.squared_distance  # type: ignore[method-assign]  # a parent's is of another set

    @property
    @abstractmethod
    def edges(self) -> tuple[float, ...]:
        """Finite ends of the intervals of the allowed set: where integrands bend, so that quadratures can put their nodes there."""

    @abstractmethod
    def terms(self, omega: Array, variance: ArrayLike) -> tuple[Array, Array, Array]:
        """f, its derivative g and dg with respect to omega, for arrays of means and of variances > 0 (broadcast)."""

    @abstractmethod
    def allowed(self, stability: Array) -> NDArray[np.bool_]:
        """Which stabilities satisfy the constraint."""

    def squared_distance(self, omega: Array) -> Array:
        """Squared distance of omega to the allowed set: that to the nearest edge, outside."""
        points = real_array("omega", omega)
        gaps = [(points - edge) ** 2 for edge in self.edges]
        nearest = np.min(gaps, axis=0) if gaps else np.zeros(points.shape)
        return np.where(self.allowed(points), 0.0, nearest)

    @property
    def cusps(self) -> tuple[float, ...]:
        """Middles of the forbidden gaps, where two ends of the allowed set compete and the distance has a cusp."""
        if len(self.edges) < 2:
            return ()
        ends = np.sort(np.asarray(self.edges, dtype=float))
        middles = 0.5 * (ends[1:] + ends[:-1])
        return tuple(middles[self.squared_distance(middles) > 0.0].tolist())

    def bends(self, variance: float) -> tuple[tuple[float, ...], float]:
        """Means omega where f bends sharply at this variance, in increasing order, and the width of the sharpest bend.

        At an edge the width is sqrt(V). In the middle of a gap of half-width d, f bends as ln cosh(d omega/V) does while V << d^2; in general its
        nearest singularity lies near (pi/2) i V/(d + 0.6 sqrt(V)) (within 10 per cent for d from 0.2 to 5 sqrt(V)), found as a complex zero of the probability. About a third of that
        is the width. It does not grow where f is averaged, while that of an edge does.
        """
        root = math.sqrt(variance)
        cusps = self.cusps
        if not cusps:
            return tuple(sorted(self.edges)), root
        deepest = math.sqrt(float(np.max(self.squared_distance(np.array(cusps)))))
        return tuple(sorted((*self.edges, *cusps))), 0.55 * variance / (deepest + 0.6 * root)

    def log_partition(self, omega: ArrayLike, variance: ArrayLike) -> Array:
        """f(omega, V) = ln P(constraint satisfied)."""
        return self.terms(real_array("omega", omega), _variance(variance))[0]

    def annealed_log_probability(self) -> float:
        """ln P(constraint satisfied) for one random weight vector with |w|^2 = N: the first moment."""
        return float(self.terms(np.zeros(1), 1.0)[0][0])


def checked_terms(constraint: Constraint, omega: Array, variance: float) -> tuple[Array, Array, Array]:
    """``constraint.terms``, refused with a clear error where it is nonsense."""
    answer = constraint.terms(omega, variance)
    good = isinstance(answer, tuple | list) and len(answer) == 3
    good = good and all(np.shape(part) == omega.shape and not np.iscomplexobj(part) for part in answer)
    require(
        good, "constraint", constraint, "one whose terms returns f, g and dg, real and of the shape of omega"
    )
    f, g, dg = (np.asarray(part, dtype=np.float64) for part in answer)
    if np.isfinite(f + g + dg).all() and f.max(initial=0.0) <= 1e-9:
        return f, g, dg
    bad = ~(np.isfinite(f) & np.isfinite(g) & np.isfinite(dg) & (f <= 1e-9))
    if bad.any():
        i = np.unravel_index(int(np.argmax(bad)), bad.shape)
        values = f"(f, g, dg) = ({float(f[i]):.6g}, {float(g[i]):.6g}, {float(dg[i]):.6g})"
        allowed = "one whose terms are finite, with f <= 0 because it is the logarithm of a probability"
        where = f"at omega = {float(omega[i]):.6g}, variance = {float(variance):.6g} they are {values}"
        require(False, "constraint", constraint, f"{allowed}; {where}")
    return f, g, dg


def _finite(name: str, value: object, allowed: str, condition: bool = True) -> float:
    try:
        ok = isinstance(value, Real) and not isinstance(value, (bool, np.bool_)) and math.isfinite(value)
    except OverflowError:  # an integer or a fraction beyond the range of a double
        ok = False
    require(ok and (condition or float(value) > 0.0), name, value, allowed)  # type: ignore[arg-type]
    return float(value)  # type: ignore[arg-type]


def _variance(value: ArrayLike) -> float | Array:
    """A variance as a float, or an array of variances."""
    if type(value) is float and 0.0 < value < math.inf:
        return value
    if np.ndim(value) == 0 and not isinstance(value, np.ndarray):
        return _finite("variance", value, "a finite number > 0", False)
    variances = real_array("variance", value)
    smallest = float(variances.min()) if variances.size else 1.0
    require(smallest > 0.0, "variance", smallest, "a finite number > 0")
    return variances


def _by_kernel(
    fill: Callable[..., None], omega: Array, variance: ArrayLike, kappa: float
) -> tuple[Array, Array, Array]:
    """Run a kernel that fills f, g and dg on arrays of any shapes that broadcast."""
    points, spread = real_array("omega", omega), _variance(variance)
    if not isinstance(spread, float):
        points, spread = np.broadcast_arrays(points, spread)
    flat = np.ascontiguousarray(points).ravel()
    each = np.array([spread]) if isinstance(spread, float) else np.ascontiguousarray(spread).ravel()
    f, g, dg = np.empty_like(flat), np.empty_like(flat), np.empty_like(flat)
    fill(flat, each, kappa, f, g, dg)
    return f.reshape(points.shape), g.reshape(points.shape), dg.reshape(points.shape)


@kernel
def mills_excess_kernel(a: float, x: float) -> float:
    """A(x) - x, given a = A(x): the difference loses x^2 in precision, so far out the asymptotic series takes over."""
    if x < 60.0:
        return a - x
    y = 1.0 / (x * x)
    return (1.0 - y * (2.0 - y * (10.0 - y * (74.0 - y * (706.0 - 8162.0 * y))))) / x


@inlined
def margin_point(omega: float, v: float, kappa: float) -> tuple[float, float, float]:
    """f = ln H(x), g = A(x)/sqrt(V), dg = -A (A - x)/V at x = (kappa - omega)/sqrt(V)."""
    scale = math.sqrt(v)
    x = (kappa - omega) / scale
    f, a = log_h_and_inverse_mills_kernel(x)
    return f, a / scale, -a * mills_excess_kernel(a, x) / v


@inlined
def narrow_point(mean: float, h: float) -> tuple[float, float, float]:
    """ln P, -d ln P/dm and d^2 ln P/dm^2 for an interval of half-width h around a Gaussian of unit variance at m, where h and m h are small.

    P = 2 h G(m) S with S the sum of h^2k He_2k(m)/(2k+1)!: the difference of two nearly equal tails would leave eps/h.
    """
    a = mean * mean
    y = h * h
    # Hermite polynomials He_2k(m), and their derivatives 2k He_2k-1 and 2k (2k-1) He_2k-2
    e2 = a - 1.0
    e4 = a * (a - 6.0) + 3.0
    e6 = a * (a * (a - 15.0) + 45.0) - 15.0
    e8 = a * (a * (a * (a - 28.0) + 210.0) - 420.0) + 105.0
    o7 = a * (a * (a - 21.0) + 105.0) - 105.0
    excess = y * (e2 / 6.0 + y * (e4 / 120.0 + y * (e6 / 5040.0 + y * e8 / 362880.0)))
    first = y * (
        1.0 / 3.0 + y * ((a - 3.0) / 30.0 + y * ((a * (a - 10.0) + 15.0) / 840.0 + y * o7 / 45360.0))
    )
    second = y * (1.0 / 3.0 + y * (e2 / 10.0 + y * (e4 / 168.0 + y * e6 / 6480.0)))
    slope = mean * first / (1.0 + excess)
    f = log_kernel(h) - 0.2257913526447274 - 0.5 * a + log1p_kernel(excess)  # ln sqrt(2/pi)
    return f, mean - slope, second / (1.0 + excess) - slope * slope - 1.0


@inlined
def interval_point(omega: float, v: float, kappa: float) -> tuple[float, float, float]:
    """f, g, dg for |Delta| <= kappa; everything relative to the end nearest to omega, so that nothing underflows."""
    scale = math.sqrt(v)
    x = (math.fabs(omega) - kappa) / scale  # the end that cuts the tail off; y > |x|
    y = (math.fabs(omega) + kappa) / scale
    h = kappa / scale
    if h < NARROW and h * math.fabs(omega) < LEVEL * scale:
        f, m, dg = narrow_point(math.fabs(omega) / scale, h)
        return f, math.copysign(m, -omega) / scale, dg / v
    # P = H(x) - H(y) = H(x) (1 - ratio);  G(x) - G(y) = G(x) (1 - exp(-(y-x)(y+x)/2)) keeps its digits at the centre
    log_h, a = log_h_and_inverse_mills_kernel(x)
    b = inverse_mills_kernel(y)
    gap = min(2.0 * h * math.fabs(omega) / scale, 800.0)  # ln G(x)/G(y)
    far = x > 1.0  # then both tails are small, and the difference of their logarithms would be noise
    log_ratio = log_kernel(a / b) - gap if far else log_h_kernel(y) - log_h
    remaining = -expm1_kernel(log_ratio)
    ratio = exp_kernel(log_ratio)
    drop = -expm1_kernel(-gap)
    m = a * drop / remaining
    # a ratio below 1e-16 is the whole probability of the second tail: 1 - ratio would drop it
    f = log_h + (log1p_kernel(-ratio) if ratio < 0.5 else log_kernel(remaining))
    if far:  # the same dg, in which no squares of x cancel
        near, beyond = mills_excess_kernel(a, x), mills_excess_kernel(b, y)
        rest = drop * (ratio * beyond - near) - 2.0 * h * (1.0 - drop) * (2.0 * h + beyond - near) / b
        dg = a * rest / (remaining * remaining)
    else:
        dg = (a * x - b * ratio * y) / remaining - m * m
    return f, math.copysign(m, -omega) / scale, dg / v


@inlined
def outer_point(omega: float, v: float, kappa: float) -> tuple[float, float, float]:
    """f, g, dg for |Delta| >= kappa: P = H(x) + H(y), with x the distance to the nearer end and y to the other one, in roots of V."""
    scale = math.sqrt(v)
    mean = math.fabs(omega)
    x = (kappa - mean) / scale
    y = (kappa + mean) / scale
    log_h, a = log_h_and_inverse_mills_kernel(x)
    e = exp_kernel(-2.0 * mean * kappa / v)  # G(y)/G(x)
    ratio = e * a / inverse_mills_kernel(y)  # H(y)/H(x)
    near = a / (1.0 + ratio)  # G(x)/P
    g = near * -expm1_kernel(-2.0 * mean * kappa / v) / scale
    # [x G(x) + y G(y)]/P - g^2; far from the other end it is -A (A - x), where x^2 must not cancel
    rest = e * y + a * (ratio + e * (2.0 - e)) / (1.0 + ratio)
    return log_h + log1p_kernel(ratio), math.copysign(g, omega), near * (rest - mills_excess_kernel(a, x)) / v


@kernel
def margin_terms(omega: Array, variance: Array, kappa: float, f: Array, g: Array, dg: Array) -> None:
    """`margin_point` for all; ``variance`` has one entry, or one each."""
    if variance.size == 1:
        v = variance[0]
        for i in range(omega.size):
            f[i], g[i], dg[i] = margin_point(omega[i], v, kappa)
    else:
        for i in range(omega.size):
            f[i], g[i], dg[i] = margin_point(omega[i], variance[i], kappa)


@kernel
def interval_terms(omega: Array, variance: Array, kappa: float, f: Array, g: Array, dg: Array) -> None:
    """`interval_point` for all."""
    if variance.size == 1:
        v = variance[0]
        for i in range(omega.size):
            f[i], g[i], dg[i] = interval_point(omega[i], v, kappa)
    else:
        for i in range(omega.size):
            f[i], g[i], dg[i] = interval_point(omega[i], variance[i], kappa)


@kernel
def outer_terms(omega: Array, variance: Array, kappa: float, f: Array, g: Array, dg: Array) -> None:
    """`outer_point` for all."""
    if variance.size == 1:
        v = variance[0]
        for i in range(omega.size):
            f[i], g[i], dg[i] = outer_point(omega[i], v, kappa)
    else:
        for i in range(omega.size):
            f[i], g[i], dg[i] = outer_point(omega[i], variance[i], kappa)


@dataclass(frozen=True)
class Margin(Constraint):
    """The stability must be at least kappa.

    Parameters
    ----------
    kappa : float
        Any finite number. Negative values make the problem non-convex.

    Examples
    --------
    >>> round(Margin(0.0).annealed_log_probability(), 12)
    -0.69314718056
    >>> Margin(float("nan"))
    Traceback (most recent call last):
        ...
    ValueError: kappa = nan is not allowed: it must be a finite number
    """

    kappa: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "kappa", _finite("kappa", self.kappa, "a finite number"))

    @property
    def edges(self) -> tuple[float, ...]:
        """(kappa,)."""
        return (self.kappa,)

    def terms(self, omega: Array, variance: ArrayLike) -> tuple[Array, Array, Array]:
        """ln H(x), A(x)/sqrt(V), -A (A-x)/V."""
        return _by_kernel(margin_terms, omega, variance, self.kappa)

    def allowed(self, stability: Array) -> NDArray[np.bool_]:
        """stability >= kappa."""
        return np.asarray(real_array("stability", stability, infinite=True) >= self.kappa)

    def squared_distance(self, omega: Array) -> Array:
        """(kappa - omega)_+^2."""
        return np.maximum(self.kappa - real_array("omega", omega), 0.0) ** 2


@dataclass(frozen=True)
class SymmetricMargin(Constraint):
    """The stability must lie between -kappa and kappa.

    Parameters
    ----------
    kappa : float
        A finite number > 0.

    Examples
    --------
    >>> round(math.exp(SymmetricMargin(1.0).annealed_log_probability()), 6)
    0.682689
    """

    kappa: float = 1.0
    symmetric = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "kappa", _finite("kappa", self.kappa, "a finite number > 0", False))

    @property
    def edges(self) -> tuple[float, ...]:
        """(-kappa, kappa)."""
        return (-self.kappa, self.kappa)

    def terms(self, omega: Array, variance: ArrayLike) -> tuple[Array, Array, Array]:
        """ln [H(x) - H(y)] at the two ends and its derivatives."""
        return _by_kernel(interval_terms, omega, variance, self.kappa)

    def allowed(self, stability: Array) -> NDArray[np.bool_]:
        """|stability| <= kappa."""
        return np.asarray(np.abs(real_array("stability", stability, infinite=True)) <= self.kappa)

    def squared_distance(self, omega: Array) -> Array:
        """(|omega| - kappa)_+^2."""
        return np.maximum(np.abs(real_array("omega", omega)) - self.kappa, 0.0) ** 2


@dataclass(frozen=True)
class OuterMargin(Constraint):
    """The stability must be at least kappa in absolute value: a pattern may lie on either side, but not near the plane.

    Binary weights have the capacity -ln 2/ln 2H(kappa) while q = 0 is the stable saddle, for kappa < 0.817. Halfway between the two ends the distance to the allowed
    set has a cusp, which breaks replica symmetry in continuous weights at their capacity.

    Parameters
    ----------
    kappa : float
        A finite number > 0.

    Examples
    --------
    >>> round(math.exp(OuterMargin(1.0).annealed_log_probability()), 6)
    0.317311
    >>> OuterMargin(1.0).cusps, round(OuterMargin(1.0).bends(0.01)[1], 4)
    ((0.0,), 0.0052)
    """

    kappa: float = 1.0
    symmetric = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "kappa", _finite("kappa", self.kappa, "a finite number > 0", False))

    @property
    def edges(self) -> tuple[float, ...]:
        """(-kappa, kappa)."""
        return (-self.kappa, self.kappa)

    def terms(self, omega: Array, variance: ArrayLike) -> tuple[Array, Array, Array]:
        """ln [H(x) + H(y)] at the two ends and its derivatives."""
        return _by_kernel(outer_terms, omega, variance, self.kappa)

    def allowed(self, stability: Array) -> NDArray[np.bool_]:
        """|stability| >= kappa."""
        return np.asarray(np.abs(real_array("stability", stability, infinite=True)) >= self.kappa)

    def squared_distance(self, omega: Array) -> Array:
        """(kappa - |omega|)_+^2."""
        return np.maximum(self.kappa - np.abs(real_array("omega", omega)), 0.0) ** 2
