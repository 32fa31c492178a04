"""What every learning algorithm asks of its patterns, a finite real array of shape (P, N), and of weights that are signs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import as_real, is_integer, real_array, require
from learnscape.numerics.jit import kernel

__all__ = ["as_binary_weights", "as_patterns", "as_positive_integer"]

FloatArray = NDArray[np.float64]

LONGEST = 1e290
"""Lengths of patterns must be 0 or in [1/LONGEST, LONGEST], so that products of a length and a number of order one are representable."""


@kernel
def _ordinary(entries: Any) -> Any:
    """Whether every entry is 0 or of a size between 1e-100 and 1e100; in one pass, for reading the patterns ten times costs more than some searches."""
    odd = 0
    for i in range(entries.size):
        size = abs(entries[i])
        odd += not ((size >= 1e-100) & (size <= 1e100) | (size == 0.0))
    return odd == 0


def as_patterns(patterns: ArrayLike) -> FloatArray:
    """Return the patterns as a C-contiguous float64 array (P, N), or raise ``ValueError`` saying what is wrong."""
    array = np.ascontiguousarray(
        as_real("patterns", patterns, "a rectangular array of real numbers, shape (P, N)")
    )
    truth = np.asarray(patterns).dtype.kind == "b"
    require(not truth, "patterns", "an array of truth values", "numbers, for instance +1 and -1")
    shape = np.shape(patterns)  # ascontiguousarray would turn a number into an array of one entry
    require(len(shape) == 2, "patterns.shape", shape, "two-dimensional (P, N), one pattern a row")
    require(min(shape) >= 1, "patterns.shape", shape, "(P, N) with P >= 1 and N >= 1")
    if _ordinary(array.reshape(-1)):
        return array
    finite = np.isfinite(array)
    if not finite.all():
        row, column = (int(index) for index in np.argwhere(~finite)[0])
        require(False, f"patterns[{row}, {column}]", float(array[row, column]), "a finite number")
    largest = np.abs(array).max(axis=1)
    wrong = np.flatnonzero(
        (largest > 0) & ~((largest >= 1 / LONGEST) & (largest <= LONGEST / math.sqrt(shape[1])))
    )
    if len(wrong):
        row = int(wrong[0])
        allowed = f"0 or in [{1 / LONGEST:g}, {LONGEST:g} / sqrt(N)]: rescale the patterns"
        require(False, f"largest entry of patterns[{row}]", float(largest[row]), allowed)
    sizes = np.abs(array)
    wide = np.flatnonzero(((sizes > 0) & (sizes < largest[:, None] / LONGEST)).any(axis=1))
    if len(wide):
        row = int(wide[0])
        value = float(sizes[row][sizes[row] > 0].min())
        allowed = f"0, or at least {1 / LONGEST:g} of the largest entry, {largest[row]:g}"
        require(False, f"smallest entry of patterns[{row}]", value, allowed)
    return array


def as_positive_integer(name: str, value: int) -> int:
    """Return ``value`` if it is an integer >= 1."""
    require(is_integer(value) and value >= 1, name, value, "an integer >= 1")
    return int(value)


def as_binary_weights(weights: ArrayLike, n: int, name: str = "weights") -> FloatArray:
    """Return weights +1 and -1 as numbers, shape (N,), or raise ``ValueError`` saying what is wrong."""
    w = real_array(name, weights, ndim=1)
    require(w.shape == (n,), f"{name}.shape", w.shape, f"({n},), one for each column of the patterns")
    wrong = np.flatnonzero(np.abs(w) != 1.0)
    if wrong.size:
        require(False, f"{name}[{wrong[0]}]", float(w[wrong[0]]), "+1 or -1")
    return w
