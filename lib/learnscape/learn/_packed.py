"""Arrays of +1 and -1 packed to words of 64 bits: a set bit is +1; w.xi = N - 2 (bits that differ)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import require
from learnscape.learn._input import as_patterns
from learnscape.numerics.bits import count_bits
from learnscape.numerics.jit import inlined, kernel

__all__ = [
    "by_bytes",
    "count_errors",
    "count_minorities",
    "count_refused",
    "differing",
    "flipped_errors",
    "pack",
    "product",
    "products_into",
    "signs",
    "signs_or_none",
    "unpack",
]

Words = NDArray[np.uint64]


def signs(patterns: ArrayLike) -> NDArray[np.bool_]:
    """Which of the patterns' entries, shape (P, N) of +1 and -1, are +1; ``ValueError`` for anything else."""
    array: NDArray[Any] | None = None
    if isinstance(patterns, np.ndarray) and not isinstance(patterns, np.ma.MaskedArray):
        array = patterns if patterns.dtype.kind in "iuf" and patterns.ndim == 2 else None
    if array is None:  # lists too: what is wrong with them is said there
        array = as_patterns(patterns)
    up = signs_or_none(array)
    if up is None or not array.size:
        array = as_patterns(patterns)  # which says what is wrong, unless it is a number
        row, column = (int(index) for index in np.argwhere(np.abs(array) != 1.0)[0])
        require(False, f"patterns[{row}, {column}]", float(array[row, column]), "+1 or -1")
    assert up is not None
    return up


def signs_or_none(array: NDArray[Any]) -> NDArray[np.bool_] | None:
    """Which entries are +1, if all are +1 or -1."""
    up: NDArray[np.bool_] = array == 1
    return up if np.count_nonzero(up) + np.count_nonzero(array == -1) == array.size else None


def pack(up: NDArray[np.bool_]) -> Words:
    """Rows of bits, shape (P, N), as words, shape (P, ceil(N / 64)); the bits beyond N are zero."""
    p, n = up.shape
    words = np.zeros((p, -(-n // 64)), np.uint64)
    words.view(np.uint8)[:, : -(-n // 8)] = np.packbits(up, axis=1, bitorder="little")
    return words


def unpack(words: Words, n: int) -> NDArray[np.float64]:
    """One row of words as n numbers +-1."""
    bits = np.unpackbits(words.view(np.uint8), bitorder="little")[:n]
    answer: NDArray[np.float64] = np.where(bits, 1.0, -1.0)
    return answer


@inlined
def differing(a: Any, b: Any) -> Any:
    """Number of bits in which two rows of words differ."""
    total = np.uint64(0)
    for k in range(a.size):
        total += count_bits(a[k] ^ b[k])
    return np.int64(total)


@inlined
def flipped_errors(low: Any, high: Any, x: Any, turned: Any) -> Any:
    """Number of bits set in ``low``, or in ``high`` where x, with all bits turned or none, is set."""
    total = np.uint64(0)
    for k in range(x.size):
        total += count_bits(low[k] | (high[k] & (x[k] ^ turned)))
    return np.int64(total)


@kernel
def count_errors(patterns: Any, weights: Any, n: Any, least: Any) -> Any:
    """Number of patterns whose field is below ``least``."""
    errors = 0
    for mu in range(patterns.shape[0]):
        if n - 2 * differing(patterns[mu], weights) < least:
            errors += 1
    return errors


@kernel
def count_refused(patterns: Any, weights: Any, refused: Any) -> Any:
    """Number of patterns refused, where ``refused`` says it for each number of bits that differ."""
    errors = 0
    for mu in range(patterns.shape[0]):
        errors += 1 if refused[differing(patterns[mu], weights)] else 0
    return errors


@kernel
def count_minorities(patterns: Any, weights: Any, n: Any, least: Any) -> Any:
    """Number of patterns for which not most units have a field of ``least`` or more; patterns (K or 1, P, words), weights (K, words)."""
    units, errors = len(weights), 0
    own = 1 if len(patterns) > 1 else 0
    for mu in range(patterns.shape[1]):
        votes = 0
        for k in range(units):
            if n - 2 * differing(patterns[own * k, mu], weights[k]) >= least:
                votes += 1
        if 2 * votes < units:
            errors += 1
    return errors


def by_bytes(up: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Rows of bits, shape (P, N), as bytes of eight columns, shape (blocks, P); an even number of blocks, the bits beyond N are zero."""
    p, n = up.shape
    blocks = np.zeros((-(-n // 16) * 2, p), np.uint8)
    # of a transposed array, copied first: NumPy packs contiguous rows many times faster
    blocks[: -(-n // 8)] = np.packbits(np.ascontiguousarray(up), axis=1, bitorder="little").T
    return blocks


@kernel
def products_into(blocks: Any, v: Any, tables: Any, out: Any) -> Any:
    """out = X v for the +-1 matrix X whose bytes these are: the 256 sums over eight columns are made once, then looked up row by row.

    ``v`` is as long as the bits, zeros at its end. The matrix stays in the cache, an eighth or less of what numbers would need.
    """
    first, second = tables[0], tables[1]
    for r in range(out.size):
        out[r] = 0.0
    for b in range(0, blocks.shape[0], 2):
        for half in range(2):
            table = first if half == 0 else second
            start = 8 * (b + half)
            total = v[start] - v[start]
            for c in range(8):
                total -= v[start + c]
            table[0] = total
            size = 1
            for c in range(8):
                double = v[start + c] + v[start + c]
                for k in range(size):
                    table[size + k] = table[k] + double
                size *= 2
        one, two = blocks[b], blocks[b + 1]
        for r in range(out.size):
            out[r] += first[one[r]] + second[two[r]]


def product(blocks: NDArray[np.uint8], v: NDArray[np.float64]) -> NDArray[np.float64]:
    """X v for the +-1 matrix X whose bytes these are, in double precision."""
    whole, out = np.zeros(8 * len(blocks)), np.empty(blocks.shape[1])
    whole[: v.size] = v
    products_into(blocks, whole, np.empty((2, 256)), out)
    return out
