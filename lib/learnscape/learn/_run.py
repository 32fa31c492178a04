"""What the stochastic searches for binary solutions have in common: their result, and what satisfies a pattern."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from learnscape.errors import as_finite, require

__all__ = ["Run", "threshold"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Run:
    """Where a search for weights stopped."""

    weights: FloatArray
    """Shape (N,): the solution, or the weights of fewest errors that were seen."""
    solved: bool
    """Whether they satisfy every pattern (recounted from the weights and the patterns)."""
    n_errors: int
    """Patterns that they do not satisfy."""
    iterations: int
    """Sweeps over the patterns that were made."""
    trace: FloatArray
    """Shape (iterations,): number of errors met in each sweep."""
    budget: int
    """Sweeps that were allowed."""
    interrupted: bool = False
    """Whether the reader stopped the search (Ctrl-C); what it had found is here."""


def threshold(kappa: float, n: int) -> int:
    """The smallest value of w.xi, for +-1 weights and patterns, that satisfies a pattern: it has the parity of N."""
    kappa = as_finite("kappa", kappa)
    largest = float(np.sqrt(n))
    require(
        -largest <= kappa <= largest, "kappa", kappa, f"in [-sqrt(N), sqrt(N)] = [{-largest:g}, {largest:g}]"
    )
    least = int(np.ceil(kappa * largest - 1e-9))
    return least + (least - n) % 2
