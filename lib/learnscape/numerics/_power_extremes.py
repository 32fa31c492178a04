"""The exponent of a density at its lower end from how its smallest values fall with the size of the sample.

Public as :func:`learnscape.numerics.power_law.extremes`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincc

from learnscape.errors import real_array, require
from learnscape.numerics._power_family import FloatArray, IntArray, positive
from learnscape.numerics._power_slope import slope

ROUNDING = 1e-12  # of a mean logarithm, which is below 750
FEWEST = 10  # samples of one size, as many as values in a window


@dataclass(frozen=True, eq=False)
class Extremes:
    """Exponents of a density x^exponent at small x, one from each rank k: the k-th smallest value falls as size^(-1/(1 + exponent))."""

    exponents: FloatArray
    """Power of the density from the k-th smallest value, k = 1..K, shape (K,): theta for forces, minus gamma for gaps."""
    errors: FloatArray
    """Their standard errors, from the scatter between samples, shape (K,). Neighbouring ranks share most of it."""
    p_values: FloatArray
    """Probability of a worse straight line in log-log if the law holds, shape (K,); NaN with two sizes. Small: the sizes are too small,
    or the exponent is none."""
    agreement: float
    """Probability of a larger change with the size of the mean log of the ratio of the K-th to the smallest value, which the law keeps
    fixed; NaN for K = 1. Small (below 0.05): the ranks see different exponents."""
    sizes: FloatArray
    """Sizes, shape (S,)."""
    samples: IntArray
    """Samples of each size, shape (S,)."""
    typical: FloatArray
    """Geometric mean over samples of the k-th smallest value, shape (S, K)."""
    relative_errors: FloatArray
    """Its standard error divided by it, shape (S, K)."""

    @property
    def gammas(self) -> FloatArray:
        """Minus the exponents: the density is x^(-gamma)."""
        return -self.exponents

    def __str__(self) -> str:
        lines = [f"{'k':>3} {'exponent':>9} {'error':>6} {'p':>5}"]
        rows = zip(self.exponents, self.errors, self.p_values, strict=True)
        lines += [f"{k:3d} {a:9.3f} {error:6.3f} {p:5.2f}" for k, (a, error, p) in enumerate(rows, 1)]
        return "\n".join([*lines, f"ratio of the last to the first: p = {self.agreement:.2f}"])


def extremes(smallest: Sequence[npt.ArrayLike], sizes: npt.ArrayLike) -> Extremes:
    """Exponent of a density x^exponent at x -> 0 from the K smallest values of samples of several sizes, without a window.

    A sample of n values with that density at small x has about n x^(1 + exponent) values below x, so its k-th smallest value falls as
    n^(-1/(1 + exponent)). For each k a weighted straight line is laid through the mean logarithms.

    Parameters
    ----------
    smallest : sequence of array_like of shape (samples, K)
        One array for each size: the K smallest values of each sample, ascending, positive. At least 10 samples.
    sizes : array_like of shape (S,)
        Number of values in a sample, or anything proportional to it, all different; at least two.

    Returns
    -------
    Extremes

    Raises
    ------
    ValueError
        For zeros, ties, rows that do not ascend, arrays of different K, too few sizes or samples, and values that do not fall with the
        size.

    Notes
    -----
    Samples must be independent, values inside one need not be: correlations whose form does not change with the size change the prefactor only.
    Errors are estimated from the samples: with 10 of each size a p-value is below 0.05 in about a tenth of all cases where the law holds, with 30 in 6 per cent.

    *Bias.* A rank k sees the density at the share k/n of the values. Where that is not small, the next term of the density counts: a density
    x^theta (1 + x) shifts the exponent from the k-th value by up to (k/n)^(1/(1 + theta)), 0.09 for theta = 0.4, k = 8 and sizes 64 to 512.
    The error knows nothing of this, a line may stay straight all the same, and ``agreement`` sees it only where the first rank is measured well.
    Compare small and large k, and leave out the smallest sizes.

    Examples
    --------
    >>> sizes = [64, 128, 256, 512]
    >>> rng = np.random.default_rng(1)
    >>> forces = [np.sort(rng.random((800, n)) ** (1 / 1.4), axis=1)[:, :3] for n in sizes]  # density x^0.4
    >>> print(extremes(forces, sizes))
      k  exponent  error     p
      1     0.435  0.044  0.16
      2     0.371  0.024  0.46
      3     0.398  0.020  0.08
    ratio of the last to the first: p = 0.55
    """
    n = positive("sizes", sizes)
    listed = isinstance(smallest, Sequence) or (isinstance(smallest, np.ndarray) and smallest.ndim > 0)
    require(listed, "smallest", type(smallest).__name__, "a sequence of arrays, one for each size")
    require(np.unique(n).size == n.size >= 2, "sizes", n.tolist(), "at least two, all different")
    require(len(smallest) == n.size, "smallest", f"{len(smallest)} arrays", f"one for each of {n.size} sizes")
    logs = [_logarithms(f"smallest[{i}]", rows) for i, rows in enumerate(smallest)]
    ranks = logs[0].shape[1]
    widths = [rows.shape[1] for rows in logs]
    require(len(set(widths)) == 1, "smallest", f"arrays with {widths} values a sample", "equally wide")
    samples = np.array([len(rows) for rows in logs])
    enough = f"with at least {FEWEST} samples of each size"
    require(bool(np.all(samples >= FEWEST)), "smallest", f"arrays of {samples.tolist()} samples", enough)

    means, errors = _mean(logs)
    alike = "samples that differ: a law is measured against the scatter between them"
    require(bool(np.all(errors > ROUNDING)), "smallest", "equal in all samples of a size", alike)
    typical = np.exp(means)
    lines = [slope(n, typical[:, k], typical[:, k] * errors[:, k]) for k in range(ranks)]
    fall = np.array([line.exponent for line in lines])
    require(bool(np.all(fall < 0)), "the slopes", fall.tolist(), "negative: values must fall with the size")
    return Extremes(
        exponents=-1.0 / fall - 1.0,
        errors=np.array([line.error for line in lines]) / fall**2,
        p_values=np.array([line.p_value for line in lines]),
        agreement=math.nan if ranks == 1 else _agreement(*_mean([rows[:, -1] - rows[:, 0] for rows in logs])),
        sizes=n,
        samples=samples,
        typical=typical,
        relative_errors=errors,
    )


def _mean(rows: list[FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Mean over the samples of each size, and its standard error."""
    errors = [one.std(axis=0, ddof=1) / math.sqrt(len(one)) for one in rows]
    return np.array([one.mean(axis=0) for one in rows]), np.array(errors)


def _logarithms(name: str, rows: npt.ArrayLike) -> FloatArray:
    values = real_array(name, rows, ndim=2)
    require(values.size > 0, name, values.shape, "an array of shape (samples, K) with values")
    require(bool(np.all(values > 0)), name, f"min {values.min()!r}", "positive: is a zero a contact?")
    steps = np.diff(values, axis=1)
    require(bool(np.all(steps >= 0)), name, "unsorted", "ascending along each row")
    distinct = "without equal values in a row: a density has none, rounded or repeated values have"
    require(bool(np.all(steps > 0)), name, "tied", distinct)
    return np.log(values)


def _agreement(ratios: FloatArray, errors: FloatArray) -> float:
    """p-value of the same mean at all sizes; differences that are rounding count as none."""
    weights = np.maximum(errors, ROUNDING) ** -2.0
    chi2 = weights @ (ratios - weights @ ratios / weights.sum()) ** 2
    return float(gammaincc(0.5 * (ratios.size - 1), 0.5 * chi2))
