r"""MinOver: always learn the pattern that is worst off.

Start from w = 0; at each step add to w the pattern with the smallest field w.xi. After t steps w is a sum of t patterns, so
w / t lies in their convex hull and |w| / t is an upper bound on every stability, while min_mu w.xi / |w| is a lower one.
Both approach the largest stability K (W. Krauth and M. Mezard 1987), with a gap that falls as 1 / t at first and as
1 / sqrt(t) in the worst case: simple, always right, and slow. :func:`learnscape.learn.max_margin` is the exact solver.

Chapter: ``capacity/learning-algorithms``.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from learnscape.errors import ConvergenceError, as_finite, raises_on_failure, require
from learnscape.learn._certificate import MarginSolution, certify
from learnscape.learn._input import as_patterns, as_positive_integer
from learnscape.learn._scaled import rescaled
from learnscape.numerics.jit import kernel

__all__ = ["minover"]

CHECKS = 1000  # at most so many entries of the trace per factor e of updates


@kernel
def _minover(gram: Any, fields: Any, counts: Any, state: Any, tolerance: Any, stop: Any) -> Any:
    """Update until the relative gap is reached or ``stop`` updates are made; state = [updates, |w|^2, relative gap]."""
    n_patterns = fields.size
    updates = int(state[0])
    norm2 = state[1]
    while updates < stop:
        worst = 0
        smallest = fields[0]
        for mu in range(1, n_patterns):
            if fields[mu] < smallest:
                smallest = fields[mu]
                worst = mu
        if updates > 0 and norm2 > 0.0:
            state[2] = 1.0 - smallest * updates / norm2
            if state[2] <= tolerance:
                break
        norm2 += 2.0 * smallest + gram[worst, worst]
        counts[worst] += 1.0
        for mu in range(n_patterns):
            fields[mu] += gram[worst, mu]
        updates += 1
    state[0] = updates
    state[1] = norm2
    return state[2] <= tolerance


def minover(
    patterns: ArrayLike,
    *,
    tolerance: float = 0.01,
    max_updates: int = 1_000_000,
    on_failure: Literal["raise", "return"] = "raise",
) -> MarginSolution:
    """Approach the largest stability by the MinOver rule, with a certified gap.

    Parameters
    ----------
    patterns : array_like, shape (P, N)
        Labels folded in. Their Gram matrix, P^2 numbers, is kept in memory.
    tolerance : float
        Stop when ``gap <= tolerance * upper_bound``; between 0 and 1. The cost grows as 1 / tolerance^2.
    max_updates : int
        Give up after so many updates. On patterns that are not separable the rule never stops by itself.
    on_failure : {"raise", "return"}
        Whether giving up raises ``ConvergenceError`` or returns the state with ``.converged == False``.

    Returns
    -------
    MarginSolution
        ``.iterations`` are updates; ``.dual`` are the numbers of updates of each pattern divided by their sum.

    References
    ----------
    W. Krauth and M. Mezard, "Learning algorithms with optimal stability in neural networks", J. Phys. A 20, L745 (1987).

    Examples
    --------
    >>> from learnscape.patterns import random_patterns
    >>> run = minover(random_patterns(30, 40, rng=1), tolerance=0.05)
    >>> run.separable, run.gap <= 0.05 * run.upper_bound
    (True, True)
    """
    xi = as_patterns(patterns)
    tolerance = as_finite("tolerance", tolerance)
    require(0 < tolerance < 1, "tolerance", tolerance, "between 0 and 1, both excluded")
    max_updates = as_positive_integer("max_updates", max_updates)
    raises = raises_on_failure(on_failure)

    rows = rescaled(xi)
    level = np.ldexp(
        rows.unit, np.maximum(rows.exponent - rows.exponent.max(), -1000)[:, None]
    )  # the longest has length about one
    gram = level @ level.T
    fields = np.zeros(len(xi))
    counts = np.zeros(len(xi))
    state = np.array([0.0, 0.0, np.inf])
    trace: list[float] = []
    converged = False
    stop = 0
    while stop < max_updates and not converged:
        stop = min(stop + 1 + stop // CHECKS, max_updates) if stop > 100 else min(stop + 10, max_updates)
        converged = bool(_minover(gram, fields, counts, state, tolerance, stop))
        trace.append(float(state[2]))
    solution = certify(rows, counts / counts.sum(), int(state[0]), converged, np.array(trace))
    if not converged and raises:
        message = f"MinOver is still {solution.gap:.3g} below the bound {solution.upper_bound:.3g} after {max_updates} updates"
        raise ConvergenceError(message + "; are the patterns separable?", trace)
    return solution
