"""Random patterns of +1 and -1 as bits among the numbers of a kernel, as the library's searches read them.

A word of 64 bits lies in the place of one number (:func:`learnscape.explore.array_views.word_rows`); a set bit is +1. What the words mean as numbers is nothing.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from learnscape.explore.core import FloatArray
from learnscape.explore.random_state import seed_state
from learnscape.explore.random_state import uniform as seeding
from learnscape.numerics.jit import kernel
from learnscape.spin_glass.xoshiro import uniform

__all__ = ["draw_word", "draw_words", "fill_full", "pack_bytes", "seed_generator", "shuffle"]


@kernel
def seed_generator(outputs: FloatArray, scratch: int, state: FloatArray, seed: float) -> None:
    """Four words for :mod:`learnscape.spin_glass.xoshiro` from a seed; ``outputs[scratch]`` is written."""
    seed_state(outputs, scratch, seed)
    for k in range(4):
        state[k] = math.floor(seeding(outputs, scratch) * 4294967296.0)


@kernel
def draw_word(state: FloatArray) -> Any:
    """64 random bits."""
    low, high = int(uniform(state) * 4294967296.0), int(uniform(state) * 4294967296.0)
    return np.uint64(low) | (np.uint64(high) << np.uint64(32))


@kernel
def fill_full(full: Any, n: int) -> None:
    """Set the first n bits of a row of words, and no others."""
    for k in range(full.size):
        left = n - 64 * k
        full[k] = ~np.uint64(0) if left >= 64 else (np.uint64(1) << np.uint64(left)) - np.uint64(1)


@kernel
def draw_words(words: Any, full: Any, state: FloatArray) -> None:
    """Random bits in each row, where ``full`` has them."""
    for mu in range(words.shape[0]):
        for k in range(words.shape[1]):
            words[mu, k] = draw_word(state) & full[k]


@kernel
def pack_bytes(words: Any, rows: Any, columns: Any) -> None:
    """The same matrix (P, N) as bytes of eight columns (blocks, P), and its transpose as bytes of eight patterns (blocks, N)."""
    p, n = rows.shape[1], columns.shape[1]
    for block in range(rows.shape[0]):
        for mu in range(p):
            byte = np.uint64(0)
            if 8 * block < n:
                byte = (words[mu, block // 8] >> np.uint64(8 * (block % 8))) & np.uint64(255)
            rows[block, mu] = np.uint8(byte)
    for block in range(columns.shape[0]):
        for i in range(n):
            byte = np.uint64(0)
            for c in range(8):
                mu = 8 * block + c
                if mu < p:
                    byte |= ((words[mu, i // 64] >> np.uint64(i % 64)) & np.uint64(1)) << np.uint64(c)
            columns[block, i] = np.uint8(byte)


@kernel
def shuffle(order: FloatArray, state: FloatArray) -> None:
    """Put the entries into a random order."""
    for left in range(order.size, 1, -1):
        chosen = int(uniform(state) * left)
        last = order[left - 1]
        order[left - 1] = order[chosen]
        order[chosen] = last
