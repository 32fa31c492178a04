r"""Walks that flip single weights: where they start, what a flip would cost, and the flip itself.

Flipping one weight moves every field by :math:`\pm2`. So the patterns that it can violate, or satisfy, are those whose fields lie within 2 of the bound; these
are kept as bits, 64 patterns a word, and the cost of a flip is counted in bits. Only a flip that is made moves numbers.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from learnscape.learn._packed import flipped_errors, pack
from learnscape.learn._run import threshold
from learnscape.numerics.jit import inlined, kernel

__all__ = ["Walkers", "cost", "far", "flip", "mark", "random_weights", "walkers"]

Integers = NDArray[np.int32]


class Walkers(NamedTuple):
    """The patterns of several walks, and where these are."""

    columns: Integers
    """The patterns' entries, a row for each weight; (N, P)."""
    words: NDArray[np.uint64]
    """The same as bits."""
    weights: Integers
    """(walkers, N)."""
    fields: Integers
    """w.xi, filled up to whole words by numbers that no bound reaches; (walkers, at least P)."""
    least: int
    """The smallest field that satisfies."""


def far(n: int) -> int:
    """A field beyond all bounds."""
    return 2 * n + 8


def walkers(up: NDArray[np.bool_], kappa: float, weights: NDArray[Any]) -> Walkers:
    """Walks that start at these weights, shape (walkers, N), on patterns of which ``up`` says which entries are +1."""
    p, n = up.shape
    least = threshold(kappa, n)
    words = pack(up.T)
    columns = np.where(up.T, 1, -1).astype(np.int32)
    start = weights.astype(np.int32)
    fields = np.full((len(start), 64 * words.shape[1]), far(n), np.int32)
    fields[:, :p] = start @ columns
    return Walkers(columns, words, start, fields, least)


def random_weights(count: int, n: int, random: np.random.Generator) -> Integers:
    """Where walks start that know of no solution; (count, N)."""
    return np.where(random.random((count, n)) < 0.5, 1, -1).astype(np.int32)


@kernel
def mark(fields: Any, one: Any, two: Any, low: Any, high: Any) -> None:
    """Bits of the fields below ``one`` and below ``two``."""
    for k in range(low.size):
        first, second = np.uint64(0), np.uint64(0)
        for i in range(64):
            field = fields[64 * k + i]
            first |= np.uint64(field < one) << np.uint64(i)
            second |= np.uint64(field < two) << np.uint64(i)
        low[k] = first
        high[k] = second


@inlined
def cost(low: Any, high: Any, word: Any, weight: Any) -> Any:
    """Number of violated patterns after a flip, from the bits of the fields below the bound - 2 and below the bound + 2.

    The fields of the patterns that agree with the weight go down, the others up.
    """
    return flipped_errors(low, high, word, np.uint64(0) if weight > 0 else ~np.uint64(0))


@inlined
def flip(weights: Any, fields: Any, i: Any, column: Any) -> None:
    """Turn weight i and move the fields."""
    step = 2 * weights[i]
    for mu in range(column.size):
        fields[mu] -= step * column[mu]
    weights[i] = -weights[i]
