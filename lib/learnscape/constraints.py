r"""What a pattern demands of the weights: its stability must lie in an allowed set.

*Problem.* Given all that is known of the weights, the stability :math:`\Delta=w\cdot\xi/\sqrt N` of a pattern is Gaussian with mean
:math:`\omega` and variance :math:`V`. Every ansatz asks for the logarithm of the probability that the constraint holds,

.. math::  f(\omega,V)=\ln P(\Delta\in\text{allowed}\mid\Delta\sim\mathcal N(\omega,V)),

its derivatives :math:`g=\partial_\omega f` and :math:`\partial_\omega g`, and the limit :math:`V\to0`, where
:math:`2Vf\to-\mathrm{dist}^2(\omega)`, the squared distance to the allowed set.

``Margin(kappa)`` allows :math:`\Delta\ge\kappa`: :math:`f=\ln H(x)`, :math:`x=(\kappa-\omega)/\sqrt V`. ``SymmetricMargin(kappa)`` allows
:math:`|\Delta|\le\kappa` (the symmetric binary perceptron of Aubin, Perkins and Zdeborova, 2019).

A new constraint is one subclass of :class:`Constraint`; the replica solvers then work with it through NumPy.
Chapters *gardner-volume* and *binary-weights*.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from numbers import Real

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
from learnscape.numerics.jit import kernel

__all__ = ["Constraint", "Margin", "SymmetricMargin"]

Array = NDArray[np.float64]


class Constraint(ABC):
    """What an ansatz must know of one constraint. Subclass it to define a constraint of your own.

    The allowed set should be an interval (finite or not); the limit q -> 1 uses that the distance to it has slope 1 outside.
    """

    symmetric: bool = False
    """True if Delta and -Delta are equally good; then q = 0 is always a saddle point."""

    @property
    @abstractmethod
    def edges(self) -> tuple[float, ...]:
        """Ends of the allowed set: where integrands bend, so that quadratures can put their nodes there."""

    @abstractmethod
    def terms(self, omega: Array, variance: float) -> tuple[Array, Array, Array]:
        """f, its derivative g and dg with respect to omega, for an array of means and one variance > 0."""

    @abstractmethod
    def allowed(self, stability: Array) -> NDArray[np.bool_]:
        """Which stabilities satisfy the constraint."""

    @abstractmethod
    def squared_distance(self, omega: Array) -> Array:
        """Squared distance of omega to the allowed set."""

    def log_partition(self, omega: ArrayLike, variance: float) -> Array:
        """f(omega, V) = ln P(constraint satisfied)."""
        return self.terms(real_array("omega", omega), _variance(variance))[0]

    def annealed_log_probability(self) -> float:
        """ln P(constraint satisfied) for one random weight vector: the first moment."""
        return float(self.terms(np.zeros(1), 1.0)[0][0])


def _finite(name: str, value: object, allowed: str, condition: bool = True) -> float:
    try:
        ok = isinstance(value, Real) and not isinstance(value, (bool, np.bool_)) and math.isfinite(value)
    except OverflowError:  # an integer or a fraction beyond the range of a double
        ok = False
    require(ok and (condition or float(value) > 0.0), name, value, allowed)  # type: ignore[arg-type]
    return float(value)  # type: ignore[arg-type]


def _variance(value: object) -> float:
    return _finite("variance", value, "a finite number > 0", False)


@kernel
def mills_excess_kernel(a: float, x: float) -> float:
    """A(x) - x, given a = A(x): the difference loses x^2 in precision, so far out the asymptotic series takes over."""
    if x < 60.0:
        return a - x
    y = 1.0 / (x * x)
    return (1.0 - y * (2.0 - y * (10.0 - y * (74.0 - y * (706.0 - 8162.0 * y))))) / x


@kernel
def margin_terms(omega: Array, variance: float, kappa: float, f: Array, g: Array, dg: Array) -> None:
    """f = ln H(x), g = A(x)/sqrt(V), dg = -A (A - x)/V at x = (kappa - omega)/sqrt(V)."""
    scale = math.sqrt(variance)
    for i in range(omega.size):
        x = (kappa - omega[i]) / scale
        f[i], a = log_h_and_inverse_mills_kernel(x)
        g[i] = a / scale
        dg[i] = -a * mills_excess_kernel(a, x) / variance


@kernel
def interval_terms(omega: Array, variance: float, a: float, b: float, f: Array, g: Array, dg: Array) -> None:
    """f, g, dg for a <= Delta <= b; everything relative to the end nearest to omega, so that nothing underflows."""
    scale = math.sqrt(variance)
    for i in range(omega.size):
        x = (a - omega[i]) / scale
        y = (b - omega[i]) / scale
        offset = ((a + b) - 2.0 * omega[i]) / scale  # x + y, which nearly cancel at the centre
        sign = 1.0
        if offset < 0.0:  # mirror: then x is the end that cuts the tail off, and y > |x|
            sign = -1.0
            offset = -offset
            x, y = -y, -x
        # P = H(x) - H(y) = H(x) (1 - ratio);  G(x) - G(y) = G(x) (1 - exp(-(y-x)(y+x)/2)) keeps its digits at the centre
        log_h, mills = log_h_and_inverse_mills_kernel(x)
        log_ratio = log_h_kernel(y) - log_h
        remaining = -expm1_kernel(log_ratio)
        ratio = exp_kernel(log_ratio)
        ax = mills / remaining
        ay = inverse_mills_kernel(y) * ratio / remaining
        m = ax * -expm1_kernel(-0.5 * (y - x) * offset)
        # a ratio below 1e-16 is the whole probability of the second tail: 1 - ratio would drop it
        f[i] = log_h + (log1p_kernel(-ratio) if ratio < 0.5 else log_kernel(remaining))
        g[i] = sign * m / scale
        if x > 0.0 and ratio < 1e-17:  # far outside, one end: ax (ax - x), and x^2 must not cancel
            dg[i] = -mills * mills_excess_kernel(mills, x) / variance
        else:
            dg[i] = (ax * x - ay * y - m * m) / variance


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

    def terms(self, omega: Array, variance: float) -> tuple[Array, Array, Array]:
        """ln H(x), A(x)/sqrt(V), -A (A-x)/V."""
        flat = np.ascontiguousarray(real_array("omega", omega)).ravel()
        f, g, dg = np.empty_like(flat), np.empty_like(flat), np.empty_like(flat)
        margin_terms(flat, _variance(variance), self.kappa, f, g, dg)
        shape = np.shape(omega)
        return f.reshape(shape), g.reshape(shape), dg.reshape(shape)

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

    def terms(self, omega: Array, variance: float) -> tuple[Array, Array, Array]:
        """ln [H(x) - H(y)] at the two ends and its derivatives."""
        flat = np.ascontiguousarray(real_array("omega", omega)).ravel()
        f, g, dg = np.empty_like(flat), np.empty_like(flat), np.empty_like(flat)
        interval_terms(flat, _variance(variance), -self.kappa, self.kappa, f, g, dg)
        shape = np.shape(omega)
        return f.reshape(shape), g.reshape(shape), dg.reshape(shape)

    def allowed(self, stability: Array) -> NDArray[np.bool_]:
        """|stability| <= kappa."""
        return np.asarray(np.abs(real_array("stability", stability, infinite=True)) <= self.kappa)

    def squared_distance(self, omega: Array) -> Array:
        """(|omega| - kappa)_+^2."""
        return np.maximum(np.abs(real_array("omega", omega)) - self.kappa, 0.0) ** 2
