"""Patterns on their way into a network: checked, and in blocks of 128 that stay in the processor's cache.

A block is a matrix (neurons, patterns), so that the matrix products run near the processor's peak also for 20 neurons.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import as_real, require

__all__ = [
    "BLOCK",
    "as_blocks",
    "as_inputs",
    "finite",
]

FloatArray = NDArray[np.float64]

BLOCK = 128  # patterns that go through the network together: a multiple of the vector length, small enough for the cache


def finite(name: str, values: FloatArray) -> FloatArray:
    """The values, if all are finite. An overflow in a network is no number: NaN compares false with everything and would pass as satisfied."""
    if not np.isfinite(values).all():
        at = tuple(int(index) for index in np.argwhere(~np.isfinite(values))[0])
        where = ", ".join(map(str, at))
        require(False, f"{name}[{where}]", float(values[at]), "finite: patterns or weights are too large")
    return values


def as_inputs(x: ArrayLike, n_inputs: int) -> FloatArray:
    """Return the patterns as a finite C-contiguous array (P, d), or raise ``ValueError`` saying what is wrong."""
    array = as_real("x", x, "a rectangular array of real numbers, shape (P, d)")
    shape = np.shape(x)
    require(len(shape) == 2, "x.shape", shape, "two-dimensional (P, d), one pattern a row")
    require(shape[0] >= 1 and shape[1] == n_inputs, "x.shape", shape, f"(P, {n_inputs}) with P >= 1")
    good = np.isfinite(array)
    if not good.all():
        row, column = (int(index) for index in np.argwhere(~good)[0])
        require(False, f"x[{row}, {column}]", float(array[row, column]), "a finite number")
    return np.ascontiguousarray(array)


def as_blocks(x: FloatArray) -> FloatArray:
    """The patterns as blocks (number of blocks, d + 1, 128): transposed, a row of ones below, the last block filled up with zeros."""
    p, d = x.shape
    blocks = -(-p // BLOCK)
    padded = np.zeros((blocks * BLOCK, d + 1))
    padded[:p, :d] = x
    padded[:, d] = 1.0
    return np.ascontiguousarray(padded.reshape(blocks, BLOCK, d + 1).transpose(0, 2, 1))
