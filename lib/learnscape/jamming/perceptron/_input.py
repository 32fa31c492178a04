"""What this package asks of its arguments."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import as_real, is_integer, is_number, require

__all__ = ["as_label", "as_patterns", "as_weights", "n_patterns"]

FloatArray = NDArray[np.float64]
MOST = 2.0**32  # entries of the patterns: 32 GiB


def as_patterns(patterns: ArrayLike) -> FloatArray:
    """The patterns as a C-contiguous float64 array (P, N) with P >= 1 and N >= 2, all finite, none zero."""
    array = np.ascontiguousarray(
        as_real("patterns", patterns, "a rectangular array of real numbers, shape (P, N)")
    )
    shape = np.shape(patterns)
    require(len(shape) == 2, "patterns.shape", shape, "two-dimensional (P, N), one pattern a row")
    require(shape[0] >= 1, "patterns.shape", shape, "(P, N) with P >= 1: without patterns nothing ever jams")
    require(
        shape[1] >= 2, "patterns.shape", shape, "(P, N) with N >= 2: a sphere in one dimension is two points"
    )
    finite = np.isfinite(array)
    if not finite.all():
        row, column = (int(index) for index in np.argwhere(~finite)[0])
        require(False, f"patterns[{row}, {column}]", float(array[row, column]), "a finite number")
    largest = float(np.abs(array).max())
    require(
        largest == 0.0 or 1e-100 <= largest <= 1e100,
        "largest entry of patterns",
        largest,
        "in [1e-100, 1e100]",
    )
    empty = np.flatnonzero(~array.any(axis=1))
    if len(empty):
        require(
            False,
            f"patterns[{int(empty[0])}]",
            0.0,
            "different from zero: its stability is 0 for all weights",
        )
    return array


def as_label(labels: ArrayLike, p: int) -> FloatArray:
    """The labels as an array (P,) of +1 and -1."""
    array = as_real("labels", labels, f"an array of +1 and -1, shape ({p},)")
    require(array.shape == (p,), "labels.shape", array.shape, f"({p},), one label a pattern")
    wrong = np.flatnonzero(np.abs(array) != 1.0)
    if len(wrong):
        require(False, f"labels[{int(wrong[0])}]", float(array[wrong[0]]), "+1 or -1")
    return array


def as_weights(weights: ArrayLike, n: int) -> FloatArray:
    """A copy of the weights, shape (N,), scaled to the length sqrt(N)."""
    array = as_real("weights", weights, f"an array of real numbers, shape ({n},)")
    require(array.shape == (n,), "weights.shape", array.shape, f"({n},)")
    largest = float(np.abs(array).max())
    require(
        math.isfinite(largest) and largest > 0, "largest entry of weights", largest, "a finite number > 0"
    )
    array /= largest
    return array * (math.sqrt(n) / float(np.linalg.norm(array)))


def n_patterns(n: int, alpha: float) -> int:
    """round(alpha n), after both have been checked."""
    valid = is_integer(n)
    require(valid and n >= 2, "n", n, "an integer >= 2")
    require(is_number(alpha) and math.isfinite(alpha) and alpha > 0, "alpha", alpha, "a finite number > 0")
    require(
        alpha * n * n < MOST, "alpha", alpha, f"less than {MOST:g} / n^2: the patterns must fit into memory"
    )
    p = round(alpha * n)
    allowed = "at least 1/n, one pattern: without patterns the margin can grow for ever and nothing jams"
    require(p >= 1, "alpha", alpha, allowed)
    return int(p)
