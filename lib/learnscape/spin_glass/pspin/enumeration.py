"""All energies of small Ising p-spin models at once.

The energy is a polynomial in the spins: a sum over sets of p spins. With a set as the bits of one integer and a state as those of another, a spin product is
(-1)^(number of common bits), so that the energies of all 2^N states are the Walsh-Hadamard transform of the couplings: N 2^N additions.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import numpy.typing as npt

from learnscape.errors import is_integer, require
from learnscape.numerics.rng import generator

__all__ = ["energies"]

MAX_SPINS = 24


def energies(n: int, p: int, rng: int | np.random.Generator | None = None) -> npt.NDArray[np.float64]:
    """Energies of all 2^N states of one sample.

    Parameters
    ----------
    n : int
        Spins, 2 to 24.
    p : int
        Spins in an interaction, 2 to n.
    rng : int, Generator or None
        Seed.

    Returns
    -------
    ndarray of shape (2^n,)
        Bit i of the index is set where spin i is -1.

    Examples
    --------
    >>> all_of_them = energies(10, 3, rng=1)
    >>> all_of_them.shape, bool(np.isclose(all_of_them.sum(), 0.0))
    ((1024,), True)
    """
    require(is_integer(n) and 2 <= n <= MAX_SPINS, "n", n, f"an integer from 2 to {MAX_SPINS}")
    require(is_integer(p) and 2 <= p <= n, "p", p, f"an integer from 2 to n = {n}")
    sets = [sum(1 << i for i in chosen) for chosen in itertools.combinations(range(n), p)]
    scale = math.sqrt(math.factorial(p) / (2.0 * float(n) ** (p - 1)))
    values = np.zeros(2**n)
    values[sets] = -scale * generator(rng).standard_normal(len(sets))
    for i in range(n):
        pairs = values.reshape(-1, 2, 1 << i)
        up, down = pairs[:, 0].copy(), pairs[:, 1].copy()
        pairs[:, 0], pairs[:, 1] = up + down, up - down
    return values
