"""The exponent of a density at its lower end from ratios of the smallest values of each sample: Hill's estimator.

Public as :func:`learnscape.numerics.power_law.hill`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from learnscape.errors import is_integer, real_array, require
from learnscape.numerics._power_extremes import FEWEST, ROUNDING


@dataclass(frozen=True)
class Hill:
    """The exponent of a density x^exponent at small x, from the ratios of the k + 1 smallest values of each sample."""

    exponent: float
    """Power of the density: theta for forces, minus gamma for gaps."""
    error: float
    """Its standard error, from the scatter between samples."""
    k: int
    """Ratios taken from each sample."""
    samples: int
    """Samples used."""
    skipped: int
    """Samples with k values or fewer, left out."""

    @property
    def gamma(self) -> float:
        """Minus the exponent: the density is x^(-gamma)."""
        return -self.exponent


def hill(samples: Sequence[npt.ArrayLike], k: int) -> Hill:
    r"""Exponent of a density x^exponent at x -> 0 by Hill's estimator at the lower end, pooled over samples; no window, no unit, no size.

    Given the (k+1)-th smallest value of a sample, the k smaller ones are distributed as (x/x_(k+1))^s, s = 1 + exponent, independently. So
    ln(x_(k+1)/x_(j)) are k exponential values of the rate s, and given x_(k+1) the likelihood is largest where

    .. math:: \frac1s=\Big\langle\frac1k\sum_{j=1}^{k}\ln\frac{x_{(k+1)}}{x_{(j)}}\Big\rangle_{\text{samples}} .

    Parameters
    ----------
    samples : sequence of array_like, each of shape (n_i,)
        The values of each sample, positive, in any order and of any number; only the k + 1 smallest of each count.
    k : int
        Ratios taken from each sample, >= 1. At least 10 samples must have more than k values; others are left out and counted.

    Returns
    -------
    Hill

    Raises
    ------
    ValueError
        For zeros, equal values among the k + 1 smallest, too few samples, and samples whose ratios do not differ.

    Notes
    -----
    Each sample may have a unit of its own. Samples must be independent; correlations inside one widen the error, which comes from the scatter between
    samples, but may also shift the exponent. The exponent is too large by (1 + exponent)/(samples k - 1) on average, and by what :func:`extremes` calls the bias of rank k.
    With 10 samples two errors cover the truth in about 92 per cent of all cases.

    References
    ----------
    B. M. Hill, A simple general approach to inference about the tail of a distribution, Ann. Statist. 3, 1163 (1975), for the upper end.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> forces = [rng.random(50) ** (1 / 1.4) for draw in range(400)]  # density x^0.4
    >>> answer = hill(forces, k=3)
    >>> print(f"theta = {answer.exponent:.2f} +- {answer.error:.2f}")
    theta = 0.44 +- 0.04
    """
    listed = isinstance(samples, Sequence) or (isinstance(samples, np.ndarray) and samples.ndim > 0)
    require(listed, "samples", type(samples).__name__, "a sequence of arrays, one for each sample")
    require(is_integer(k) and k >= 1, "k", k, "an integer >= 1")
    k = int(k)
    means = []
    for i, values in enumerate(samples):
        x = np.sort(real_array(f"samples[{i}]", values, ndim=1))[: k + 1]
        require(x.size == 0 or x[0] > 0, f"samples[{i}]", f"min {x[:1]}", "positive: is a zero a contact?")
        if x.size <= k:
            continue
        distinct = (
            "without equal values among the smallest: a density has none, rounded or repeated values have"
        )
        require(bool(np.all(np.diff(x) > 0)), f"samples[{i}]", "tied", distinct)
        means.append(float((np.log(x[k]) - np.log(x[:k])).mean()))
    used = len(means)
    require(
        used >= FEWEST, "samples", f"{used} with more than k = {k} values", f"at least {FEWEST} such samples"
    )
    mean = float(np.mean(means))
    error = float(np.std(means, ddof=1)) / math.sqrt(used)
    alike = "ratios that differ from sample to sample: the error is measured from the scatter between them"
    require(error > ROUNDING * mean, "the ratios", "equal in all samples", alike)
    return Hill(1.0 / mean - 1.0, error / mean**2, k, used, len(samples) - used)
