"""Counting eigenvalues by sign, with a stated threshold for zero; frequencies; symmetry of a spectrum.

The numbers of zero and of negative eigenvalues decide in jamming whether a state is stable and how many constraints hold it (Geiger et al., Phys. Rev. E
100, 012115 (2019)). In floating point no eigenvalue is exactly zero, so the counts depend on a threshold. Chapter
``jamming/hessian-spectra``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from learnscape.errors import is_number, require
from learnscape.jamming.spectra._input import (
    ZERO,
    FloatArray,
    IntArray,
    Samples,
    as_samples,
    as_threshold,
    check_zero,
    mean_and_error,
)

__all__ = ["Asymmetry", "Levels", "asymmetry", "frequencies", "levels"]


@dataclass(frozen=True, eq=False)
class Levels:
    """Numbers of eigenvalues by sign, from :func:`levels`; all arrays have one entry a sample."""

    sizes: IntArray
    """Eigenvalues in each sample."""
    zero: IntArray
    """Those of size at most ``threshold``."""
    negative: IntArray
    """Those below -threshold."""
    positive: IntArray
    """Those above threshold."""
    threshold: FloatArray
    """Sizes that still count as zero."""
    widest_gap: FloatArray
    """Smallest size counted as not zero, over the largest size counted as zero: how clearly the threshold separates. Infinite where nothing or
    everything is exactly zero."""

    def fraction(self, kind: str, n: int | None = None) -> tuple[float, float]:
        """Mean share of the "zero", "negative" or "positive" eigenvalues and its standard error over samples (NaN for one).

        With ``n``, the counts are divided by n instead of by the number of eigenvalues.
        """
        require(kind in ("zero", "negative", "positive"), "kind", kind, "'zero', 'negative' or 'positive'")
        require(n is None or (is_number(n) and n > 0), "n", n, "a number > 0")
        mean, error = mean_and_error(getattr(self, kind) / (self.sizes if n is None else n))
        return float(mean), float(error)


@dataclass(frozen=True)
class Asymmetry:
    """How far a spectrum is from symmetric about zero, from :func:`asymmetry`."""

    imbalance: float
    """(positive - negative) / (positive + negative), averaged over samples."""
    imbalance_error: float
    """Standard error over samples, NaN for one."""
    skewness: float
    """Third moment about zero over the second one to the power 3/2, averaged over samples."""
    skewness_error: float
    """Standard error over samples, NaN for one."""


def levels(eigenvalues: Samples, *, zero: float = ZERO) -> Levels:
    """Count zero, negative and positive eigenvalues in every sample.

    Parameters
    ----------
    eigenvalues : array_like or sequence of array_like
        One array per sample.
    zero : float
        Sizes up to ``zero`` times the largest size of the sample count as zero; in [0, 1).

    Returns
    -------
    Levels

    Raises
    ------
    ValueError
        For no eigenvalues, or some that are not finite and real, or ``zero`` out of range.

    Examples
    --------
    >>> found = levels([-1.0, 1e-15, 0.0, 2.0, 3.0])
    >>> int(found.zero[0]), int(found.negative[0]), int(found.positive[0])
    (2, 1, 2)
    """
    check_zero(zero)
    samples = as_samples(eigenvalues)
    threshold = np.array([as_threshold(zero, x) for x in samples])
    gaps = []
    for x, t in zip(samples, threshold, strict=True):
        size = np.abs(x)
        small, large = size[size <= t], size[size > t]
        separated = small.size > 0 and large.size > 0 and small.max() > 0
        gaps.append(float(large.min() / small.max()) if separated else np.inf)
    pairs = list(zip(samples, threshold, strict=True))
    return Levels(
        sizes=np.array([x.size for x in samples]),
        zero=np.array([np.count_nonzero(np.abs(x) <= t) for x, t in pairs]),
        negative=np.array([np.count_nonzero(x < -t) for x, t in pairs]),
        positive=np.array([np.count_nonzero(x > t) for x, t in pairs]),
        threshold=threshold,
        widest_gap=np.array(gaps),
    )


def frequencies(eigenvalues: ArrayLike, *, zero: float = ZERO) -> FloatArray:
    """Vibration frequencies omega = sqrt(lambda) of unit masses.

    An eigenvalue counted as zero gives exactly 0. A negative one, a direction of descent, gives minus the root of its size, so
    that it can't be mistaken for a vibration.

    Parameters
    ----------
    eigenvalues : array_like of shape (n,)
    zero : float
        As for :func:`levels`.

    Returns
    -------
    ndarray of shape (n,)
        Ascending.

    Examples
    --------
    >>> frequencies([4.0, 1e-14, -1.0]).tolist()
    [-1.0, 0.0, 2.0]
    """
    check_zero(zero)
    samples = as_samples(eigenvalues)
    require(len(samples) == 1, "eigenvalues", eigenvalues, "those of one sample")
    x = samples[0]
    small = np.abs(x) <= as_threshold(zero, x)
    return np.where(small, 0.0, np.sign(x) * np.sqrt(np.abs(x)))


def asymmetry(eigenvalues: Samples, *, zero: float = ZERO) -> Asymmetry:
    """Compare the positive with the negative half of spectra.

    Parameters
    ----------
    eigenvalues, zero
        As for :func:`levels`; at least one eigenvalue of each sample must not be zero.

    Returns
    -------
    Asymmetry

    Examples
    --------
    >>> asymmetry([-2.0, -1.0, 0.0, 1.0, 2.0]).imbalance
    0.0
    >>> print(f"{asymmetry([-2.0, 1.0, 1.0]).skewness:.3f}")
    -0.707
    """
    found = levels(eigenvalues, zero=zero)
    some = found.positive + found.negative
    require(bool(np.all(some > 0)), "eigenvalues", "all zero", "not all zero in any sample")
    imbalance, imbalance_error = mean_and_error((found.positive - found.negative) / some)
    moments = [
        (np.mean(x**3) / np.mean(x**2) ** 1.5) for x in (s / np.abs(s).max() for s in as_samples(eigenvalues))
    ]
    skewness, skewness_error = mean_and_error(moments)
    return Asymmetry(float(imbalance), float(imbalance_error), float(skewness), float(skewness_error))
