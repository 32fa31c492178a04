"""Exactly how many solutions lie at each distance from given weights, by looking at all corners: N up to 25.

What :func:`learnscape.learn.local_entropy` and :func:`learnscape.learn.sample_local_entropy` estimate. Chapter *dense-algorithms*.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import require
from learnscape.learn._input import as_binary_weights, as_patterns
from learnscape.learn.enumeration import enumerate_solutions

__all__ = ["CountedLocalEntropy", "count_local_entropy"]

LARGEST = 25
SLICE = 100_000  # solutions whose distances are taken at a time


@dataclass(frozen=True, eq=False)
class CountedLocalEntropy:
    """Number of solutions at every distance."""

    distance: NDArray[np.float64]
    """Hamming distance/N: 0, 1/N, ..., 1; (N + 1,)."""
    count: NDArray[np.int64]
    """Solutions at this distance; (N + 1,)."""
    entropy: NDArray[np.float64]
    """ln(count)/N, -inf where there is none; (N + 1,)."""


def count_local_entropy(
    patterns: ArrayLike, weights: ArrayLike, *, kappa: float = 0.0
) -> CountedLocalEntropy:
    """Count the binary solutions at each distance from given weights.

    Parameters
    ----------
    patterns : array_like, shape (P, N)
        Real numbers, labels folded in; N <= 25.
    weights : array_like, shape (N,)
        +1 and -1; they need not be a solution.
    kappa : float
        A pattern is satisfied where its stability w.xi / sqrt(N) is at least this.

    Returns
    -------
    CountedLocalEntropy

    Raises
    ------
    ValueError
        Bad input.

    Notes
    -----
    It takes N bytes for each solution.

    Examples
    --------
    >>> count_local_entropy([[1, 1, 1]], [1, 1, 1]).count.tolist()  # at most one of three may differ
    [1, 3, 0, 0]
    """
    xi = as_patterns(patterns)
    n = xi.shape[1]
    require(n <= LARGEST, "N", n, f"at most {LARGEST}: all 2^N corners are looked at")
    w = as_binary_weights(weights, n).astype(np.int8)
    every = enumerate_solutions(xi, kappa, return_solutions=True, max_solutions=2**LARGEST).solutions
    assert every is not None
    count = np.zeros(n + 1, np.int64)
    for start in range(0, len(every), SLICE):
        part = every[start : start + SLICE].astype(np.int8, copy=False)
        count += np.bincount((part != w).sum(axis=1), minlength=n + 1)
    with np.errstate(divide="ignore"):
        return CountedLocalEntropy(np.arange(n + 1) / n, count, np.log(count) / n)
