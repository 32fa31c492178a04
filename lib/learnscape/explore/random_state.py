"""A random number generator whose state is one float64, for simulations that run the same in Python and in the page.

Marsaglia's xorshift with 32 bits (J. Stat. Softw. 8(14), 2003). Its state is an integer below 2^32, which a float64 holds
exactly, so it can live among a kernel's outputs. Period 2^32 - 1: enough for a picture, too short for research (the library proper
draws from ``numpy.random.Generator``).
"""

from __future__ import annotations

import math

from learnscape.explore.core import FloatArray
from learnscape.numerics.gaussian import log_kernel
from learnscape.numerics.jit import inlined, kernel

__all__ = ["UNIT", "following", "normal", "seed_state", "uniform"]

UNIT = 2.0**-32


@inlined
def following(x: int) -> int:
    """The state after ``x``, a third of the time of :func:`uniform` where a loop keeps it in a register; the number drawn is ``x * UNIT``."""
    x = (x ^ (x << 13)) & 0xFFFFFFFF
    x = x ^ (x >> 17)
    return (x ^ (x << 5)) & 0xFFFFFFFF


@kernel
def uniform(outputs: FloatArray, at: int) -> float:
    """The next number in [0, 1); the state is ``outputs[at]``."""
    x = following(int(outputs[at]))
    outputs[at] = float(x)
    return x * UNIT


@kernel
def normal(outputs: FloatArray, at: int) -> float:
    """The next standard normal number, by Marsaglia's polar method."""
    u, square = 0.0, 2.0
    while square >= 1.0 or square == 0.0:
        u = 2.0 * uniform(outputs, at) - 1.0
        v = 2.0 * uniform(outputs, at) - 1.0
        square = u * u + v * v
    return u * math.sqrt(-2.0 * log_kernel(square) / square)


@kernel
def seed_state(outputs: FloatArray, at: int, seed: float) -> None:
    """Put a well mixed, non-zero state for ``seed`` = 0, 1, 2, ... into ``outputs[at]``."""
    outputs[at] = float((int(seed) * 2654435761 + 88675123) & 0xFFFFFFFF)
    if outputs[at] == 0.0:
        outputs[at] = 1.0
    for _ in range(8):
        uniform(outputs, at)
