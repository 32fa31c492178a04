r"""What a nonlinearity makes of a Gaussian input, to first order: mean, linear part, and everything else.

*Problem.* A feature is :math:`\sigma(z)` of a standard Gaussian z. In Hermite polynomials :math:`\sigma(z)=\mu_0+\mu_1z+\sigma_\perp(z)`, where the rest
is uncorrelated with 1 and z:

.. math::
    \mu_0=\mathbb E\,\sigma(z),\qquad \mu_1=\mathbb E\,z\sigma(z),\qquad \mu_*^2=\mathbb E\,\sigma(z)^2-\mu_0^2-\mu_1^2 .

When many such features are summed, the rest acts as independent Gaussian noise (*Gaussian equivalence*): a feature can be replaced by
:math:`\mu_0+\mu_1z+\mu_*\eta`. Centred and divided by its standard deviation it has one parameter, the share of its variance that is linear,
:math:`\mu_1^2/(\mu_1^2+\mu_*^2)`.

Goldt et al. (2020); Mei and Montanari (2022); Hu and Lu (2023) for a proof. Chapter *overparameterization*.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from learnscape.errors import is_finite, real_array, require
from learnscape.numerics.gaussian import quadrature

__all__ = ["ACTIVATIONS", "Activation", "find"]

Array = NDArray[np.float64]
Function = Callable[[Array], Array]
NODES, FINER = 400, 800  # of the quadrature for a function of the reader; the two must agree
AGREE = 1e-9  # relative to the variance
SMALLEST, LARGEST = 1e-100, 1e100  # of the coefficients
NOTHING = 1e-15  # a linear share below is rounding


@dataclass(frozen=True)
class Activation:
    """A nonlinearity by its first Hermite coefficients.

    Examples
    --------
    >>> round(find("sign").linear_share, 6), round(find("relu").linear_share, 6)
    (0.63662, 0.733471)
    """

    name: str
    """What it is called."""
    mu0: float
    """Mean, E sigma(z)."""
    mu1: float
    """Linear part, E z sigma(z)."""
    mu_star: float
    """Standard deviation of the rest, >= 0."""
    function: Function | None = None
    """sigma itself, for arrays; None if only its coefficients are known (enough for theory, not for a simulation)."""

    def __post_init__(self) -> None:
        for name in ("mu0", "mu1", "mu_star"):
            require(is_finite(getattr(self, name)), name, getattr(self, name), "a finite number")
        require(self.mu_star >= 0, "mu_star", self.mu_star, ">= 0")
        size = math.hypot(self.mu1, self.mu_star)
        given = (self.mu1, self.mu_star)
        require(
            SMALLEST <= size <= LARGEST,
            "mu1 and mu_star",
            given,
            f"not both zero, of a size in [{SMALLEST:g}, {LARGEST:g}]",
        )

    @property
    def variance(self) -> float:
        """Of sigma(z): mu1^2 + mu_star^2."""
        return self.mu1**2 + self.mu_star**2

    @property
    def linear_share(self) -> float:
        """mu1^2 / variance, in [0, 1]."""
        return self.mu1**2 / self.variance

    def standardized(self, z: Array) -> Array:
        """(sigma(z) - mu0) / sqrt(variance): mean 0 and variance 1 for a standard Gaussian z."""
        require(
            self.function is not None, "activation", self.name, "one with a function, not only coefficients"
        )
        assert self.function is not None
        return (np.asarray(self.function(z), dtype=np.float64) - self.mu0) / math.sqrt(self.variance)


def _relu(z: Array) -> Array:
    return np.maximum(z, 0.0)


ACTIVATIONS = {
    "sign": Activation("sign", 0.0, math.sqrt(2.0 / math.pi), math.sqrt(1.0 - 2.0 / math.pi), np.sign),
    "relu": Activation("relu", 1.0 / math.sqrt(2.0 * math.pi), 0.5, math.sqrt(0.25 - 0.5 / math.pi), _relu),
    "erf": Activation(
        "erf",
        0.0,
        2.0 / math.sqrt(3.0 * math.pi),
        math.sqrt(2.0 / math.pi * math.asin(2.0 / 3.0) - 4.0 / (3.0 * math.pi)),
        erf,
    ),
}
"""Those in closed form; erf means erf(x)."""


def find(activation: object, *, linear_part: bool = True) -> Activation:
    """An activation by name, by its function, or as it is.

    Parameters
    ----------
    activation : {"sign", "relu", "erf"}, callable or Activation
        A callable takes an array; it may have a kink or a jump at 0, and is smooth elsewhere.
    linear_part : bool
        Refuse an activation with mu1 = 0: nothing linear can be learned from its features.

    Raises
    ------
    ValueError
        For anything else, for a constant, and for mu1 = 0.

    Examples
    --------
    >>> round(find(np.tanh).linear_share, 5)
    0.93047
    >>> find(np.square)
    Traceback (most recent call last):
        ...
    ValueError: activation = 'square' is not allowed: it must be one with a linear part: its mu1 = E[z sigma(z)] is 0
    """
    if isinstance(activation, Activation):
        found = activation
    elif isinstance(activation, str) and activation in ACTIVATIONS:
        found = ACTIVATIONS[activation]
    else:
        allowed = f"one of {', '.join(ACTIVATIONS)}, a function of an array, or an Activation"
        require(callable(activation), "activation", activation, allowed)
        found = _of_function(activation)  # type: ignore[arg-type]
    if linear_part:
        good = found.linear_share > NOTHING
        require(good, "activation", found.name, "one with a linear part: its mu1 = E[z sigma(z)] is 0")
    return found


def _coefficients(function: Callable[[Array], Array], nodes: int) -> tuple[float, float, float]:
    z, w = quadrature(nodes, 12.0)
    try:
        answer = function(z.copy())
    except TypeError as error:
        raise ValueError(
            f"activation = {function!r} is not allowed: it must be a function of an array ({error})"
        ) from error
    values = real_array("activation(z)", answer, ndim=1)
    require(float(np.abs(values).max()) <= LARGEST, "activation", function, f"below {LARGEST:g} for |z| < 12")
    require(values.shape == z.shape, "activation", function, "a function of an array, of the same shape")
    mu0 = float(w @ values)
    centred = values - mu0
    mu1 = float(w @ (z * centred))
    return mu0, mu1, float(w @ np.square(centred - mu1 * z))


def _of_function(function: Callable[[Array], Array]) -> Activation:
    """By quadrature, twice."""
    name = getattr(function, "__name__", repr(function))
    coarse, fine = _coefficients(function, NODES), _coefficients(function, FINER)
    mu0, mu1, rest = fine
    variance = mu1 * mu1 + rest
    require(
        variance > max(1e-20 * mu0 * mu0, SMALLEST**2), "activation", name, "a function that is not constant"
    )
    scale = math.sqrt(variance)
    error = max(abs(coarse[0] - mu0) / scale, abs(coarse[1] - mu1) / scale, abs(coarse[2] - rest) / variance)
    allowed = f"smooth except at 0: its coefficients change by {error:.1g} with twice as many nodes"
    require(error < AGREE, "activation", name, allowed)
    if mu1 * mu1 < 1e-28 * variance:
        mu1 = 0.0
    return Activation(name, mu0, mu1, math.sqrt(rest), function)
