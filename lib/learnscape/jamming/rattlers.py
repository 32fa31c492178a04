"""Rattlers: particles that nothing holds, because they have too few contacts.

Forces on a particle balance in d dimensions only if it has at least d + 1 contacts (an ellipse in the plane: three). Taking one out may leave a
neighbour with too few, so they are taken out again and again; what is left does not depend on the order. Chapter: jamming/packings.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from learnscape.numerics.jit import kernel

__all__ = ["find_rattlers", "rattlers_kernel"]

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@kernel
def rattlers_kernel(first: Any, second: Any, force: Any, fewest: int, rattler: Any, degree: Any) -> int:
    """Set ``rattler`` (N,) to 1 where fewer than ``fewest`` contacts hold, and ``degree`` (N,) to the contacts left; returns their number.

    ``first`` and ``second`` (m,) are the particles of each pair, which touch where ``force`` > 0. What is 1 in ``rattler`` beforehand stays.
    """
    again = True
    contacts = 0
    while again:
        again = False
        contacts = 0
        for i in range(rattler.size):
            degree[i] = 0
        for m in range(first.size):
            i, j = int(first[m]), int(second[m])
            if force[m] > 0 and rattler[i] == 0 and rattler[j] == 0:
                degree[i] += 1
                degree[j] += 1
                contacts += 1
        for i in range(rattler.size):
            if rattler[i] == 0 and degree[i] < fewest:
                rattler[i] = 1
                again = True
    return contacts


def find_rattlers(pairs: IntArray, n: int, fewest: int) -> tuple[BoolArray, BoolArray]:
    """Which particles (n,) are rattlers, and which of the touching pairs (m, 2) remain, shape (m,), without them.

    Examples
    --------
    A tetrahedron in which every particle has three contacts, and a fifth particle that touches one of them.

    >>> pairs = np.array([[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3], [3, 4]])
    >>> rattlers, remain = find_rattlers(pairs, 5, fewest=3)
    >>> rattlers.tolist(), int(remain.sum())
    ([False, False, False, False, True], 6)
    """
    rattler, degree = np.zeros(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    rattlers_kernel(pairs[:, 0], pairs[:, 1], np.ones(len(pairs), dtype=np.int64), fewest, rattler, degree)
    loose = rattler == 1
    return loose, ~(loose[pairs[:, 0]] | loose[pairs[:, 1]])
