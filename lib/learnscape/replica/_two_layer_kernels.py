r"""What an activation makes of an overlap, in a layer of infinitely many units.

*Problem.* Two replicas of one unit with overlap q see fields u and v of variance 1 and covariance q. The sum over many units is Gaussian, so that only

.. math::  \Delta(q)=\mathbb E[\sigma(u)\sigma(v)]-\mathbb E[\sigma]^2=\sum_{n\ge1}c_n^2q^n,\qquad c_n=\mathbb E[\sigma(u)\mathrm{He}_n(u)]/\sqrt{n!},

matters (the output weights are +1 and -1, as many of each, so that the mean drops out). A kernel here is :math:`D(q)=\Delta(q)/\Delta(1)`, with D(1) = 1, and its derivatives.
Mehler (1866) for the series; Cho and Saul (2009) for relu.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import roots_hermitenorm

from learnscape.errors import real_array, require

__all__ = ["ACTIVATIONS", "Kernel", "find"]

Array = NDArray[np.float64]
NODES, DEGREE = 180, 120  # of the quadrature, and of the series of a function given by the reader
TAIL = 1e-11  # of Delta'(1) that the last tenth of the series may hold


class Kernel(NamedTuple):
    """The normalised kernel D(q) = Delta(q)/Delta(1) of an activation."""

    activation: str
    """Its name."""
    value: Callable[[Array], Array]
    """D(q)."""
    slope: Callable[[Array], Array]
    """D'(q)."""
    bend: Callable[[Array], Array]
    """D''(q)."""
    variance: float
    """Delta(1), the variance of the output of the layer."""

    @property
    def slope_at_one(self) -> float:
        """D'(1); infinite where the activation jumps."""
        return float(self.slope(np.ones(1))[0])

    @property
    def bend_at_one(self) -> float:
        """D''(1); infinite where its derivative jumps."""
        return float(self.bend(np.ones(1))[0])


def _root(q: ArrayLike) -> Array:
    """sqrt(1 - q^2)."""
    q = np.asarray(q, dtype=float)
    return np.sqrt((1.0 - q) * (1.0 + q))


def _sign(q: Array) -> Array:
    return 2.0 / math.pi * np.arcsin(q)


def _sign_slope(q: Array) -> Array:
    with np.errstate(divide="ignore"):
        return 2.0 / math.pi / _root(q)


def _sign_bend(q: Array) -> Array:
    with np.errstate(divide="ignore"):
        return 2.0 / math.pi * q / _root(q) ** 3


RELU = 0.5 - 0.5 / math.pi  # Delta(1); the mean is 1/sqrt(2 pi)


def _relu(q: Array) -> Array:
    return (_root(q) + q * (math.pi - np.arccos(q)) - 1.0) / (2.0 * math.pi * RELU)


def _relu_slope(q: Array) -> Array:
    return (math.pi - np.arccos(q)) / (2.0 * math.pi * RELU)


def _relu_bend(q: Array) -> Array:
    with np.errstate(divide="ignore"):
        return 1.0 / (2.0 * math.pi * RELU * _root(q))


ERF = math.asin(2.0 / 3.0)  # times 2/pi


def _erf(q: Array) -> Array:
    return np.arcsin(2.0 * q / 3.0) / ERF


def _erf_slope(q: Array) -> Array:
    return 2.0 / (np.sqrt(9.0 - 4.0 * np.square(q)) * ERF)


def _erf_bend(q: Array) -> Array:
    return 8.0 * q / ((9.0 - 4.0 * np.square(q)) ** 1.5 * ERF)


ACTIVATIONS = {
    "sign": Kernel("sign", _sign, _sign_slope, _sign_bend, 1.0),
    "relu": Kernel("relu", _relu, _relu_slope, _relu_bend, RELU),
    "erf": Kernel("erf", _erf, _erf_slope, _erf_bend, 2.0 / math.pi * ERF),
    "quadratic": Kernel("quadratic", np.square, lambda q: 2.0 * q, lambda q: np.full(np.shape(q), 2.0), 2.0),
}
"""Those in closed form; erf means erf(x), quadratic x^2."""


@cache
def _nodes() -> tuple[Array, Array, Array]:
    """Gauss-Hermite nodes, their weights, and He_n/sqrt(n!) there, (DEGREE + 1, NODES)."""
    x, w = roots_hermitenorm(NODES)
    values = np.empty((DEGREE + 1, NODES))
    values[0], values[1] = 1.0, x
    for n in range(1, DEGREE):
        values[n + 1] = (x * values[n] - math.sqrt(n) * values[n - 1]) / math.sqrt(n + 1.0)
    return x, w / math.sqrt(2.0 * math.pi), values


def _series(activation: Callable[[Array], Array]) -> Kernel:
    """The kernel of a smooth function, from its Hermite coefficients."""
    x, w, values = _nodes()
    sigma = real_array("activation(x)", activation(x.copy()), ndim=1)
    require(sigma.shape == x.shape, "activation", activation, "a function of an array, of the same shape")
    unit = float(np.abs(sigma).max()) or 1.0
    squares = (values @ (w * (sigma / unit))) ** 2
    constant, squares[0] = float(squares[0]), 0.0
    total, n = float(squares.sum()), np.arange(DEGREE + 1.0)
    require(total > 1e-20 * constant, "activation", activation, "a function that is not constant")
    last = float((n * squares)[-DEGREE // 10 :].sum()) / float((n * squares).sum())
    allowed = (
        f"a smooth function (tanh, say): the last tenth of its series of {DEGREE} Hermite polynomials holds {last:.1g} of the slope, "
        f"and at most {TAIL:g} is allowed"
    )
    require(last < TAIL, "activation", activation, allowed)
    series = np.polynomial.Polynomial(squares / total)
    name, variance = getattr(activation, "__name__", repr(activation)), total * unit * unit
    good = 1e-300 < variance < math.inf
    require(
        good,
        "activation",
        activation,
        "a function whose square is neither too small nor too large for a double",
    )
    return Kernel(name, series, series.deriv(), series.deriv(2), variance)


def find(activation: object) -> Kernel:
    """The kernel of an activation given by its name, or as a smooth function of an array."""
    if callable(activation):
        return _series(activation)
    allowed = f"one of {', '.join(map(repr, ACTIVATIONS))}, or a smooth function of an array"
    require(isinstance(activation, str) and activation in ACTIVATIONS, "activation", activation, allowed)
    return ACTIVATIONS[str(activation)]
