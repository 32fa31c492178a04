"""Where randomness comes from: every front end of the library takes ``rng=`` and turns it into a NumPy generator here.

Nothing draws from hidden global state, so a seed fixes every random number. The results computed from them agree across machines up to rounding,
as long as the versions of NumPy draw alike (NumPy promises no more). Chapter: start/numerics.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from learnscape.errors import is_integer, require
from learnscape.numerics.jit import inlined, kernel

__all__ = ["draw", "generator", "shuffle"]


def generator(rng: int | np.random.Generator | None) -> np.random.Generator:
    """The random generator meant by the argument ``rng``.

    Parameters
    ----------
    rng : int, numpy.random.Generator or None
        A seed >= 0; a generator, which is returned itself and advances as it is used; or None for a fresh one seeded by the
        operating system.

    Returns
    -------
    numpy.random.Generator

    Raises
    ------
    ValueError
        For anything else, also a negative seed, a bool, or the legacy ``RandomState``.

    Examples
    --------
    >>> int(generator(7).integers(1000)) == int(generator(7).integers(1000))
    True
    """
    if rng is None or isinstance(rng, np.random.Generator):
        return np.random.default_rng(rng)
    valid = is_integer(rng) and rng >= 0
    require(valid, "rng", rng, "a seed (an integer >= 0), a numpy.random.Generator, or None")
    return np.random.default_rng(int(rng))


@inlined
def draw(order: Any, left: Any, random: Any) -> Any:
    """One of the first ``left`` entries, which changes places with the last of these; a kernel, with a NumPy generator."""
    chosen = int(random.random() * left)
    entry = order[chosen]
    order[chosen] = order[left - 1]
    order[left - 1] = entry
    return entry


@kernel
def shuffle(order: Any, random: Any) -> None:
    """Put the entries into a random order; a kernel, with a NumPy generator."""
    for left in range(order.size, 1, -1):
        draw(order, left, random)
