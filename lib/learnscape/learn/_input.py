"""What every learning algorithm asks of its patterns: a finite real array of shape (P, N)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import require

__all__ = ["as_failure_mode", "as_finite", "as_patterns", "as_positive_integer"]

FloatArray = NDArray[np.float64]


def as_patterns(patterns: ArrayLike) -> FloatArray:
    """Return the patterns as a C-contiguous float64 array (P, N), or raise ``ValueError`` saying what is wrong."""
    try:
        array = np.ascontiguousarray(patterns, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError("patterns must be a rectangular array of real numbers, shape (P, N)") from None
    shape = np.shape(patterns)  # ascontiguousarray would turn a number into an array of one entry
    require(len(shape) == 2, "patterns.shape", shape, "two-dimensional (P, N), one pattern a row")
    require(min(shape) >= 1, "patterns.shape", shape, "(P, N) with P >= 1 and N >= 1")
    finite = np.isfinite(array)
    if not finite.all():
        row, column = (int(index) for index in np.argwhere(~finite)[0])
        require(False, f"patterns[{row}, {column}]", float(array[row, column]), "a finite number")
    return array


def as_finite(name: str, value: float) -> float:
    """Return ``value`` as a float if it is finite."""
    number = float(value)
    require(math.isfinite(number), name, value, "a finite number")
    return number


def as_positive_integer(name: str, value: int) -> int:
    """Return ``value`` if it is an integer >= 1."""
    is_integer = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    require(is_integer and value >= 1, name, value, "an integer >= 1")
    return int(value)


def as_failure_mode(value: str) -> bool:
    """Return True for "raise" and False for "return"."""
    require(value in ("raise", "return"), "on_failure", value, '"raise" or "return"')
    return value == "raise"
