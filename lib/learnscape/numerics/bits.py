"""Counting the bits of a word inside kernels."""

from __future__ import annotations

from typing import Any

import numpy as np

from learnscape.numerics.jit import inlined

__all__ = ["count_bits"]

M1, M2, M4 = np.uint64(0x5555555555555555), np.uint64(0x3333333333333333), np.uint64(0x0F0F0F0F0F0F0F0F)
H01 = np.uint64(0x0101010101010101)


@inlined
def count_bits(word: Any) -> Any:
    """Number of bits of a ``uint64`` that are set, in the form that the compiler knows as one instruction.

    Examples
    --------
    >>> import numpy as np
    >>> int(count_bits(np.uint64(0b1011)))
    3
    """
    word = word - ((word >> np.uint64(1)) & M1)
    word = (word & M2) + ((word >> np.uint64(2)) & M2)
    word = (word + (word >> np.uint64(4))) & M4
    return (word * H01) >> np.uint64(56)
