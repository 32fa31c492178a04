"""What the searches for binary solutions have in common: their result, the loop around their kernels, and what satisfies a pattern."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from learnscape.constraints import Constraint
from learnscape.errors import as_finite, require
from learnscape.learn._budget import Budget
from learnscape.learn.stability import TIE

__all__ = ["Run", "allowed_fields", "checked_allowed", "search", "threshold"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Run:
    """Where a search for weights stopped."""

    weights: FloatArray
    """Shape (N,), of a committee (K, n): the solution, or the weights of fewest errors that were seen."""
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


def search(
    sweeps: Callable[[slice, FloatArray], tuple[int, int]],
    weights: Callable[[], FloatArray],
    *,
    budget: int,
    batch: int,
    progress: bool = False,
) -> Run:
    """Call a kernel batch after batch, until it has found a solution or the budget is spent; keep the best weights, also when interrupted.

    ``sweeps`` gets the numbers of the sweeps that it may make, and an array for the errors met in each; it returns how many it made, and the errors
    of the weights that ``weights`` then gives. With ``progress`` a bar shows the sweeps of the budget and the fewest errors so far.
    """
    best, fewest, traces = None, math.inf, [np.empty(0)]
    with Budget(budget, "sweep", progress) as limit:
        while (left := limit.left) and fewest > 0:
            part = np.empty(min(batch, left))
            made, errors = sweeps(slice(limit.made, limit.made + part.size), part)
            if errors < fewest:
                best, fewest = weights(), errors
            traces.append(part[:made])
            limit.spend(made, errors=fewest)
    if best is None:  # a budget is at least one sweep
        raise KeyboardInterrupt
    trace = np.concatenate(traces)
    return Run(best, bool(fewest == 0), int(fewest), trace.size, trace, budget, limit.interrupted)


def threshold(kappa: float, n: int) -> int:
    """The smallest value of w.xi, for +-1 weights and patterns, that satisfies a pattern: it has the parity of N.

    A pattern is satisfied where its stability is at least kappa. For even N a field can be 0; at kappa = 0 it satisfies.
    """
    kappa = as_finite("kappa", kappa)
    largest = float(np.sqrt(n))
    require(
        -largest <= kappa <= largest, "kappa", kappa, f"in [-sqrt(N), sqrt(N)] = [{-largest:g}, {largest:g}]"
    )
    least = int(np.ceil(kappa * largest - TIE * n))
    return least + (least - n) % 2


def allowed_fields(constraint: Constraint, n: int) -> NDArray[np.bool_]:
    """Whether w.xi = N - 2d of signs satisfies a pattern, for d = 0, ..., N, with the ties of `threshold`."""
    stability: FloatArray = np.arange(n, -n - 1, -2, dtype=np.float64) / math.sqrt(n)
    for edge in constraint.edges:
        stability[np.abs(stability - edge) <= TIE * math.sqrt(n)] = edge
    return checked_allowed(constraint, stability)


def checked_allowed(constraint: Constraint, stability: FloatArray) -> NDArray[np.bool_]:
    """Which stabilities the constraint allows; ``ValueError`` if its answer is none."""
    answer = np.asarray(constraint.allowed(stability))
    good = answer.shape == stability.shape and answer.dtype == bool
    allowed = "one whose allowed returns truth values, of the shape of the stabilities"
    require(good, "constraint", constraint, allowed)
    return answer
