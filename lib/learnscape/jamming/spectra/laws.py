r"""Two laws of random matrices: Marchenko-Pastur for sums of random projections, the semicircle for symmetric noise.

*Marchenko-Pastur.* Let A have M = cN rows of N independent entries of mean 0 and variance :math:`\sigma^2`. The eigenvalues of

.. math:: W = \frac1N A^TA + s\,1

fill for :math:`N\to\infty` the interval between :math:`\lambda_\mp = \sigma^2(\sqrt c\mp1)^2 + s` with the density

.. math:: \rho(\lambda) = \frac{\sqrt{(\lambda_+-\lambda)(\lambda-\lambda_-)}}{2\pi\sigma^2(\lambda-s)},

and for c < 1 a share 1 - c of them sits at s (V. A. Marchenko and L. A. Pastur, Math. USSR Sb. 1, 457 (1967)).

*Semicircle.* A symmetric matrix with independent entries of variance :math:`R^2/4N` has the density
:math:`2\sqrt{R^2-\lambda^2}/\pi R^2` (E. Wigner, Ann. Math. 62, 548 (1955)). Chapter ``jamming/hessian-spectra``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import is_integer, is_number, require
from learnscape.jamming.spectra._input import FloatArray
from learnscape.numerics.rng import generator

__all__ = ["MarchenkoPastur", "Semicircle", "marchenko_pastur", "semicircle"]


@dataclass(frozen=True)
class MarchenkoPastur:
    """The law of A^T A / N + shift, from :func:`marchenko_pastur`."""

    c: float
    """Rows of A per column."""
    variance: float
    """Variance of the entries of A."""
    shift: float
    """Added to all eigenvalues; minus zeta for the perceptron."""

    @property
    def lower(self) -> float:
        """Lower end of the continuous part."""
        return self.variance * (math.sqrt(self.c) - 1) ** 2 + self.shift

    @property
    def upper(self) -> float:
        """Upper end of the continuous part."""
        return self.variance * (math.sqrt(self.c) + 1) ** 2 + self.shift

    @property
    def delta(self) -> float:
        """Weight of the delta peak at ``shift``: 1 - c for c < 1, otherwise 0."""
        return max(0.0, 1.0 - self.c)

    def density(self, eigenvalue: ArrayLike) -> FloatArray:
        """The continuous part, of weight min(1, c)."""
        x = _finite(eigenvalue)
        inside = (x > self.lower) & (x < self.upper)
        safe = np.where(inside, x, 0.5 * (self.lower + self.upper))
        root = np.sqrt(np.maximum((self.upper - safe) * (safe - self.lower), 0.0))
        return np.where(inside, root / (2 * math.pi * self.variance * (safe - self.shift)), 0.0)

    def cdf(self, eigenvalue: ArrayLike) -> FloatArray:
        """Share of eigenvalues up to a point, delta peak included."""
        x = (_finite(eigenvalue) - self.shift) / self.variance
        a, b, c = 1 + self.c, 2 * math.sqrt(self.c), self.c
        # x = a + b cos(phi): the weight above x is an integral over phi with a closed form.
        phi = np.arccos(np.clip((x - a) / b, -1.0, 1.0))
        inner = np.arctan2(abs(1 - math.sqrt(c)) * np.sin(phi / 2), (1 + math.sqrt(c)) * np.cos(phi / 2))
        above = (a * phi - b * np.sin(phi) - 2 * abs(1 - c) * inner) / (2 * math.pi)
        below_continuum = np.where(x >= 0.0, self.delta, 0.0)
        share: FloatArray = np.where(phi < math.pi, 1.0 - above, below_continuum)
        return share

    def resolvent(self, z: ArrayLike) -> NDArray[np.complex128]:
        """(1/N) Tr 1/(W - z) for N -> infinity, at complex z off the spectrum: the solution of 1/g = -(z - s) + c sigma^2/(1 + sigma^2 g).

        With c <= 1 the spectrum contains ``shift``, where g is infinite: refused.
        """
        try:
            w = np.asarray(z, dtype=np.complex128)
        except (TypeError, ValueError):
            raise ValueError(f"z = {z!r} is not allowed: it must be complex numbers") from None
        require(bool(np.all(np.isfinite(w))), "z", z, "finite")
        require(
            self.c > 1 or bool(np.all(w != self.shift)),
            "z",
            z,
            f"different from {self.shift:g}, where g is infinite",
        )
        w = (w - self.shift) / self.variance
        low, high = (math.sqrt(self.c) - 1) ** 2, (math.sqrt(self.c) + 1) ** 2
        # The two separate roots put the cut where the spectrum is and choose g ~ -1/z at infinity.
        root = np.sqrt(w - low) * np.sqrt(w - high)
        # The two solutions have the product 1/w. Of the two forms we take the one that does not subtract equal numbers.
        q = self.c - 1 - w
        direct = np.abs(q + root) >= np.abs(q - root)
        answer: NDArray[np.complex128] = np.where(
            direct, (q + root) / (2 * np.where(direct, w, 1)), 2 / np.where(direct, 1, q - root)
        )
        return answer / self.variance

    def sample(self, n: int, *, rng: int | np.random.Generator | None = None) -> FloatArray:
        """Eigenvalues of one such matrix with Gaussian entries and round(c n) rows, ascending, shape (n,)."""
        whole = is_integer(n)
        require(whole and n >= 1, "n", n, "an integer >= 1")
        rows = max(1, round(self.c * n))
        a = generator(rng).standard_normal((rows, int(n))) * math.sqrt(self.variance / n)
        values = np.zeros(int(n))
        values[max(0, n - rows) :] = np.linalg.svd(a, compute_uv=False)[::-1] ** 2
        return values + self.shift


@dataclass(frozen=True)
class Semicircle:
    """Wigner's law, from :func:`semicircle`."""

    radius: float
    """Half the width of the spectrum: twice the standard deviation of an eigenvalue."""
    centre: float
    """Its middle."""

    def density(self, eigenvalue: ArrayLike) -> FloatArray:
        """The density, of weight 1."""
        x = _finite(eigenvalue) - self.centre
        return 2 * np.sqrt(np.maximum(self.radius**2 - x**2, 0.0)) / (math.pi * self.radius**2)

    def cdf(self, eigenvalue: ArrayLike) -> FloatArray:
        """Share of eigenvalues up to a point."""
        x = np.clip((_finite(eigenvalue) - self.centre) / self.radius, -1.0, 1.0)
        share: FloatArray = 0.5 + (x * np.sqrt(1 - x**2) + np.arcsin(x)) / math.pi
        return share


def marchenko_pastur(c: float, *, variance: float = 1.0, shift: float = 0.0) -> MarchenkoPastur:
    """The law of the eigenvalues of A^T A / N + shift.

    Parameters
    ----------
    c : float
        Rows of A per column, > 0.
    variance : float
        Of the entries of A, > 0.
    shift : float
        Finite.

    Returns
    -------
    MarchenkoPastur

    Raises
    ------
    ValueError
        For a parameter outside its range.

    Examples
    --------
    >>> law = marchenko_pastur(4.0, shift=-0.5)
    >>> law.lower, law.upper, law.delta
    (0.5, 8.5, 0.0)
    >>> marchenko_pastur(0.25).delta
    0.75
    """
    require(_number(c) and c > 0, "c", c, "a finite number > 0")
    require(_number(variance) and variance > 0, "variance", variance, "a finite number > 0")
    require(_number(shift), "shift", shift, "a finite number")
    return MarchenkoPastur(float(c), float(variance), float(shift))


def semicircle(radius: float, *, centre: float = 0.0) -> Semicircle:
    """Wigner's semicircle of a radius > 0 around ``centre``.

    Examples
    --------
    >>> print(f"{float(semicircle(2.0).density(0.0)):.4f}")
    0.3183
    """
    require(_number(radius) and radius > 0, "radius", radius, "a finite number > 0")
    require(_number(centre), "centre", centre, "a finite number")
    return Semicircle(float(radius), float(centre))


def _number(value: object) -> bool:
    return is_number(value) and math.isfinite(value)  # type: ignore[arg-type]


def _finite(eigenvalue: ArrayLike) -> FloatArray:
    try:
        x = np.asarray(eigenvalue, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"eigenvalue = {eigenvalue!r} is not allowed: it must be real numbers") from None
    require(bool(np.all(np.isfinite(x))), "eigenvalue", eigenvalue, "finite")
    return x
