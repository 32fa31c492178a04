r"""Densities of eigenvalues with error bars, the delta peak at zero apart.

A histogram that spreads n_0 eigenvalues at zero over a bin of width w draws a peak of height n_0/(n w): its look depends on the bins,
and a wide bin hides it. Here zeros are counted, not binned:

.. math:: \rho(\lambda) = \frac{n_0}{n}\,\delta(\lambda) + \rho_{\text{cont}}(\lambda).

Error bars are standard errors over samples. Eigenvalues of one matrix repel each other, so within a sample counts fluctuate less than
square-root-of-count errors say; only independent samples show their true scatter. Chapter ``jamming/hessian-spectra``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from learnscape.errors import is_integer, require
from learnscape.jamming.spectra._input import (
    ZERO,
    FloatArray,
    Samples,
    as_samples,
    as_threshold,
    check_zero,
    mean_and_error,
)

__all__ = ["Density", "Integrated", "density", "integrated"]


@dataclass(frozen=True, eq=False)
class Density:
    """A histogram of eigenvalues per unit length, from :func:`density`. All shares are of all eigenvalues, so that they add up to 1."""

    edges: FloatArray
    """Ends of the bins, shape (bins + 1,)."""
    value: FloatArray
    """Mean density in each bin, without the zeros, shape (bins,)."""
    error: FloatArray
    """Its standard error over samples; NaN for a single sample."""
    zero: float
    """Weight of the delta peak at zero."""
    zero_error: float
    """Its standard error over samples; NaN for a single sample."""
    below: float
    """Share of eigenvalues below the first bin (zeros not counted)."""
    above: float
    """Share of eigenvalues above the last bin."""
    samples: int
    """Number of samples."""

    @property
    def centres(self) -> FloatArray:
        """Middles of the bins: geometric where the bins are logarithmic."""
        a, b = self.edges[:-1], self.edges[1:]
        widths = b - a
        if widths.size > 1 and a[0] > 0 and not np.allclose(widths, widths[0]):
            return np.sqrt(a * b)
        return 0.5 * (a + b)

    @property
    def weight(self) -> FloatArray:
        """Share of eigenvalues in each bin."""
        return self.value * np.diff(self.edges)


@dataclass(frozen=True, eq=False)
class Integrated:
    """Share of eigenvalues up to some points, from :func:`integrated`."""

    at: FloatArray
    """The points."""
    value: FloatArray
    """Mean share of the eigenvalues <= each point."""
    error: FloatArray
    """Its standard error over samples; NaN for a single sample."""
    samples: int
    """Number of samples."""


def density(
    eigenvalues: Samples,
    *,
    bins: int | ArrayLike = 40,
    low: float | None = None,
    high: float | None = None,
    scale: Literal["linear", "log"] = "linear",
    zero: float = ZERO,
) -> Density:
    """Density of eigenvalues (or of frequencies), averaged over samples.

    Parameters
    ----------
    eigenvalues : array_like or sequence of array_like
        One array per sample.
    bins : int or array_like
        Number of bins between ``low`` and ``high``, or the ends of the bins, increasing.
    low, high : float, optional
        By default the smallest and the largest eigenvalue that is not zero (on a logarithmic scale: the smallest positive one).
    scale : {"linear", "log"}
        Whether the bins have equal widths or equal ratios; for "log", eigenvalues below ``low`` (all negative ones) count as ``below``.
    zero : float
        Eigenvalues of size up to ``zero`` times the largest in their sample make the delta peak.

    Returns
    -------
    Density

    Raises
    ------
    ValueError
        For no or bad eigenvalues, bins that are not increasing and finite, or nothing that could be binned.

    Examples
    --------
    >>> found = density([[0.0, 0.0, 0.5, 1.5], [0.0, 0.4, 0.6, 1.2]], bins=[0.0, 1.0, 2.0])
    >>> found.zero, found.value.tolist()
    (0.375, [0.375, 0.25])
    """
    check_zero(zero)
    samples = as_samples(eigenvalues)
    require(scale in ("linear", "log"), "scale", scale, "'linear' or 'log'")
    kept = [x[np.abs(x) > as_threshold(zero, x)] for x in samples]
    edges = _edges(bins, np.concatenate(kept), low, high, scale)
    rows, below, above = [], [], []
    for x, rest in zip(samples, kept, strict=True):
        rows.append(np.histogram(rest, edges)[0] / (x.size * np.diff(edges)))
        below.append(np.count_nonzero(rest < edges[0]) / x.size)
        above.append(np.count_nonzero(rest > edges[-1]) / x.size)
    value, error = mean_and_error(rows)
    weight, weight_error = mean_and_error(
        [1 - rest.size / x.size for x, rest in zip(samples, kept, strict=True)]
    )
    return Density(
        edges=edges,
        value=value,
        error=error,
        zero=float(weight),
        zero_error=float(weight_error),
        below=float(np.mean(below)),
        above=float(np.mean(above)),
        samples=len(samples),
    )


def _edges(
    bins: int | ArrayLike, values: FloatArray, low: float | None, high: float | None, scale: str
) -> FloatArray:
    if not is_integer(bins):
        edges = np.asarray(bins, dtype=np.float64)
        require(edges.ndim == 1 and edges.size > 1, "bins", bins, "a number of bins, or at least two ends")
        require(
            bool(np.isfinite(edges).all()) and bool((np.diff(edges) > 0).all()), "bins", bins, "increasing"
        )
        require(low is None and high is None, "low, high", (low, high), "left out where bins are given")
        require(scale == "linear" or bool(edges[0] > 0), "bins", bins, "positive on a logarithmic scale")
        return edges
    require(int(bins) >= 1 and not isinstance(bins, bool), "bins", bins, "at least 1")
    usable = values[values > 0] if scale == "log" else values
    require(usable.size > 0 or None not in (low, high), "eigenvalues", "all zero", "not all zero")
    a = float(usable.min()) if low is None else float(low)
    b = float(usable.max()) if high is None else float(high)
    if a == b and (low is None or high is None):  # a single value: give it a bin of its own
        a, b = (a - abs(a) / 2, b + abs(b) / 2) if scale == "linear" else (a / 1.5, b * 1.5)
    require(math.isfinite(a) and math.isfinite(b) and a < b, "low, high", (a, b), "finite, low < high")
    if scale == "log":
        require(a > 0, "low", a, "> 0 on a logarithmic scale")
        edges = np.geomspace(a, b, int(bins) + 1)
    else:
        edges = np.linspace(a, b, int(bins) + 1)
    edges[0], edges[-1] = a, b
    return edges


def integrated(eigenvalues: Samples, at: ArrayLike) -> Integrated:
    """Share of the eigenvalues (or frequencies) up to each point, averaged over samples: no bins, nothing hidden.

    Parameters
    ----------
    eigenvalues : array_like or sequence of array_like
        One array per sample.
    at : array_like of shape (m,)
        Finite points.

    Returns
    -------
    Integrated

    Examples
    --------
    >>> integrated([[1.0, 2.0, 3.0, 4.0]], [0.0, 2.0, 5.0]).value.tolist()
    [0.0, 0.5, 1.0]
    """
    samples = as_samples(eigenvalues)
    points = np.atleast_1d(np.asarray(at, dtype=np.float64))
    require(points.ndim == 1 and bool(np.all(np.isfinite(points))), "at", at, "finite numbers")
    value, error = mean_and_error([np.searchsorted(x, points, side="right") / x.size for x in samples])
    return Integrated(points, value, error, len(samples))
