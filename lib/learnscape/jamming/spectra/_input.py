"""Eigenvalues of several samples, checked; means over samples with standard errors; which eigenvalues count as zero."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import require

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Samples = ArrayLike | Sequence[ArrayLike]

ZERO = 1e-9
"""Sizes up to this times the largest one in the sample count as zero: rounding leaves about n * 1e-16, and the smallest true
eigenvalues of the jammed states in the book lie above 1e-6 of the largest."""


def as_samples(values: Samples) -> list[FloatArray]:
    """One sorted array per sample."""
    if isinstance(values, list | tuple) and len(values) > 0 and np.ndim(values[0]) == 1:
        rows: list[ArrayLike] = list(values)
    else:
        array = np.asarray(values)
        require(array.ndim in (1, 2) and array.size > 0, "eigenvalues", values, "one array for each sample")
        rows = list(np.atleast_2d(array))
    samples = []
    for k, row in enumerate(rows):
        x = np.asarray(row)
        real = x.dtype.kind in "fiu" and x.ndim == 1 and x.size > 0
        require(real, f"eigenvalues of sample {k}", row, "a list of at least one real number")
        x = np.sort(x.astype(np.float64))
        bad = x[~np.isfinite(x)]
        require(bad.size == 0, f"eigenvalues of sample {k}", bad[:3].tolist(), "finite")
        samples.append(x)
    return samples


def as_threshold(zero: float, x: FloatArray) -> float:
    """Sizes up to this count as zero in the sample ``x``."""
    return zero * float(np.abs(x).max())


def check_zero(zero: float) -> None:
    number = isinstance(zero, int | float | np.floating | np.integer) and not isinstance(zero, bool)
    require(number and 0 <= zero < 1, "zero", zero, "a share of the largest eigenvalue in [0, 1)")


def mean_and_error(rows: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Mean over the first axis and its standard error, NaN for a single sample."""
    a = np.asarray(rows, dtype=np.float64)
    if len(a) < 2:
        return a.mean(axis=0), np.full(a.shape[1:], math.nan)
    return a.mean(axis=0), a.std(axis=0, ddof=1) / math.sqrt(len(a))
