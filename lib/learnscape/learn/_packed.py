"""Arrays of +1 and -1 packed to words of 64 bits: a set bit is +1; w.xi = N - 2 (bits that differ)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import require
from learnscape.learn._input import as_patterns
from learnscape.numerics.jit import inlined, kernel

__all__ = ["count_errors", "differing", "pack", "packed", "unpack"]

Words = NDArray[np.uint64]
M1, M2, M4 = np.uint64(0x5555555555555555), np.uint64(0x3333333333333333), np.uint64(0x0F0F0F0F0F0F0F0F)
H01 = np.uint64(0x0101010101010101)


def packed(patterns: ArrayLike) -> tuple[Words, int]:
    """The patterns, shape (P, N) of +1 and -1, as words, and N; ``ValueError`` for anything else."""
    array = np.asarray(patterns)
    if array.dtype.kind not in "iuf" or array.ndim != 2 or isinstance(patterns, np.ma.MaskedArray):
        array = as_patterns(patterns)
    up = array == 1
    if np.count_nonzero(up) + np.count_nonzero(array == -1) < array.size or not array.size:
        array = as_patterns(patterns)  # which says what is wrong, unless it is a number
        row, column = (int(index) for index in np.argwhere(np.abs(array) != 1.0)[0])
        require(False, f"patterns[{row}, {column}]", float(array[row, column]), "+1 or -1")
    return pack(up), array.shape[1]


def pack(up: NDArray[np.bool_]) -> Words:
    """Rows of bits, shape (P, N), as words, shape (P, ceil(N / 64)); the bits beyond N are zero."""
    p, n = up.shape
    words = np.zeros((p, -(-n // 64)), np.uint64)
    words.view(np.uint8)[:, : -(-n // 8)] = np.packbits(up, axis=1, bitorder="little")
    return words


def unpack(words: Words, n: int) -> NDArray[np.float64]:
    """One row of words as n numbers +-1."""
    bits = np.unpackbits(words.view(np.uint8), bitorder="little")[:n]
    answer: NDArray[np.float64] = 2.0 * bits - 1.0
    return answer


@inlined
def differing(a: Any, b: Any) -> Any:
    """Number of bits in which two rows of words differ."""
    total = np.uint64(0)
    for k in range(a.size):
        word = a[k] ^ b[k]
        word = word - ((word >> np.uint64(1)) & M1)
        word = (word & M2) + ((word >> np.uint64(2)) & M2)
        word = (word + (word >> np.uint64(4))) & M4
        total += (word * H01) >> np.uint64(56)
    return np.int64(total)


@kernel
def count_errors(patterns: Any, weights: Any, n: Any, least: Any) -> Any:
    """Number of patterns whose field is below ``least``."""
    errors = 0
    for mu in range(patterns.shape[0]):
        if n - 2 * differing(patterns[mu], weights) < least:
            errors += 1
    return errors
