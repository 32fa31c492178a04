"""A random number generator whose state is four numbers in an array of doubles, for simulations that run the same everywhere.

xoshiro128++ of Blackman and Vigna (ACM Trans. Math. Softw. 47 (2021) 36), with 32-bit words that a double holds exactly: the state can live among a
kernel's plain arrays, also in WebAssembly. Period 2^128 - 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from learnscape.numerics.jit import inlined

__all__ = ["state_from", "uniform"]

Array = NDArray[np.float64]
MASK = 0xFFFFFFFF


def state_from(generator: np.random.Generator) -> Array:
    """Four random words, not all zero."""
    state = generator.integers(0, MASK, 4, endpoint=True).astype(np.float64)
    state[0] = max(state[0], 1.0)
    return state


@inlined
def uniform(state: Array) -> float:
    """The next number in [0, 1), a multiple of 2^-32."""
    a, b, c, d = int(state[0]), int(state[1]), int(state[2]), int(state[3])
    r = (a + d) & MASK
    r = ((((r << 7) & MASK) | (r >> 25)) + a) & MASK
    t = (b << 9) & MASK
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= t
    d = ((d << 11) & MASK) | (d >> 21)
    state[0], state[1], state[2], state[3] = float(a), float(b), float(c), float(d)
    return r * 2.3283064365386963e-10
