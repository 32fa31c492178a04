"""What this package asks of its arguments."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import is_number, require

__all__ = ["as_finite", "as_label", "as_mode", "as_patterns", "as_weights", "n_patterns"]

FloatArray = NDArray[np.float64]
MOST = 2.0**32  # entries of the patterns: 32 GiB


def _real(name: str, values: ArrayLike, allowed: str) -> FloatArray:
    """A new float64 array, of real numbers only."""
    try:
        given = np.asanyarray(values)
        require(not np.ma.is_masked(given), name, "an array with masked entries", allowed)
        require(given.dtype.kind in "biufO", name, values, allowed)
        return np.array(given, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name} must be {allowed}") from None


def as_patterns(patterns: ArrayLike) -> FloatArray:
    """The patterns as a C-contiguous float64 array (P, N) with P >= 1 and N >= 2, all finite, none zero."""
    array = np.ascontiguousarray(
        _real("patterns", patterns, "a rectangular array of real numbers, shape (P, N)")
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
    array = _real("labels", labels, f"an array of +1 and -1, shape ({p},)")
    require(array.shape == (p,), "labels.shape", array.shape, f"({p},), one label a pattern")
    wrong = np.flatnonzero(np.abs(array) != 1.0)
    if len(wrong):
        require(False, f"labels[{int(wrong[0])}]", float(array[wrong[0]]), "+1 or -1")
    return array


def as_weights(weights: ArrayLike, n: int) -> FloatArray:
    """A copy of the weights, shape (N,), scaled to the length sqrt(N)."""
    array = _real("weights", weights, f"an array of real numbers, shape ({n},)")
    require(array.shape == (n,), "weights.shape", array.shape, f"({n},)")
    largest = float(np.abs(array).max())
    require(
        math.isfinite(largest) and largest > 0, "largest entry of weights", largest, "a finite number > 0"
    )
    array /= largest
    return array * (math.sqrt(n) / float(np.linalg.norm(array)))


def as_finite(name: str, value: float) -> float:
    """The value as a float if it is finite."""
    require(is_number(value) and math.isfinite(value), name, value, "a finite number")
    return float(value)


def as_mode(value: str) -> bool:
    """True for "raise", False for "return"."""
    require(value in ("raise", "return"), "on_failure", value, '"raise" or "return"')
    return value == "raise"


def n_patterns(n: int, alpha: float) -> int:
    """round(alpha n), after both have been checked."""
    valid = isinstance(n, int | np.integer) and not isinstance(n, bool)
    require(valid and n >= 2, "n", n, "an integer >= 2")
    require(is_number(alpha) and math.isfinite(alpha) and alpha > 0, "alpha", alpha, "a finite number > 0")
    require(
        alpha * n * n < MOST, "alpha", alpha, f"less than {MOST:g} / n^2: the patterns must fit into memory"
    )
    p = round(alpha * n)
    allowed = "at least 1/n, one pattern: without patterns the margin can grow for ever and nothing jams"
    require(p >= 1, "alpha", alpha, allowed)
    return int(p)
