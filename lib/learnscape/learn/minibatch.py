"""Descent on random batches of the patterns: a walk whose temperature is the size of the batch.

A flip of one weight is proposed and a batch of patterns drawn; the flip is made if the number of violated patterns *in the batch* does not grow. With all patterns in
the batch no flip ever raises the energy: temperature zero. A small batch overlooks most of what a flip breaks, and the walk stays at an energy above zero, as if it
were heated. Angelini, Cavaliere, Marino and Ricci-Tersenghi (2023) find that such a walk is very near to Metropolis at a temperature that depends on the batch;
:func:`learnscape.learn.anneal` at one temperature is the comparison. Chapter *dense-algorithms*.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import require
from learnscape.learn._flips import cost, flip, mark, random_weights, walkers
from learnscape.learn._input import as_positive_integer
from learnscape.learn._packed import signs
from learnscape.learn._run import Run, search
from learnscape.numerics.jit import kernel
from learnscape.numerics.rng import generator

__all__ = ["minibatch_descent"]

BATCH = 16  # sweeps in one call of the compiled loop


@kernel
def _sweeps(
    columns: Any,
    words: Any,
    weights: Any,
    fields: Any,
    least: Any,
    size: Any,
    order: Any,
    random: Any,
    best: Any,
    trace: Any,
) -> Any:
    """Sweeps of N proposed flips, until no pattern is violated; returns their number.

    The batch, or what is not in it if this is less, comes to the front of ``order``; the change on the rest is that on all, counted in bits, less this.
    """
    n, p = columns.shape
    few = min(size, p - size)
    low, high = np.empty(words.shape[1], np.uint64), np.empty(words.shape[1], np.uint64)
    mark(fields, least - 2, least + 2, low, high)
    errors = 0
    for mu in range(p):
        errors += 1 if fields[mu] < least else 0
    fewest = errors
    best[:] = weights
    if errors == 0:
        trace[0] = 0.0
        return 1
    for sweep in range(trace.size):
        for _ in range(n):
            i = int(random.random() * n)
            step = 2 * weights[i]
            change = 0
            for k in range(few):
                chosen = k + int(random.random() * (p - k))
                mu = order[chosen]
                order[chosen] = order[k]
                order[k] = mu
                before = 1 if fields[mu] < least else 0
                change += (1 if fields[mu] - step * columns[i, mu] < least else 0) - before
            changed = cost(low, high, words[i], weights[i])
            if few < size:
                change = changed - errors - change
            if change <= 0:
                flip(weights, fields, i, columns[i])
                mark(fields, least - 2, least + 2, low, high)
                errors = changed
                if errors < fewest:
                    fewest = errors
                    best[:] = weights
                if errors == 0:
                    trace[sweep] = 0.0
                    return sweep + 1
        trace[sweep] = errors
    return trace.size


def minibatch_descent(
    patterns: ArrayLike,
    kappa: float = 0.0,
    *,
    batch: int,
    max_sweeps: int = 1_000,
    rng: int | np.random.Generator | None = None,
    progress: bool = False,
) -> Run:
    """Search for binary weights that satisfy every pattern, by flips that do no harm on a random batch of patterns.

    Parameters
    ----------
    patterns : array_like, shape (P, N)
        Entries +1 and -1, labels folded in.
    kappa : float
        Stability w.xi / sqrt(N) demanded of every pattern, in [-sqrt(N), sqrt(N)].
    batch : int
        Patterns that are looked at for each proposed flip, 1 to P, drawn anew each time, none twice.
    max_sweeps : int
        Budget, in sweeps of N proposed flips.
    rng : int or numpy.random.Generator, optional
        Start, batches and moves.
    progress : bool
        Show a bar: sweeps of the budget, fewest errors.

    Returns
    -------
    Run
        ``.trace`` is the energy, on all patterns, after each sweep.

    Raises
    ------
    ValueError
        Bad input.

    Examples
    --------
    >>> from learnscape.patterns import random_patterns
    >>> xi = random_patterns(100, 101, rng=1)
    >>> cold, warm = (minibatch_descent(xi, batch=b, max_sweeps=100, rng=1).trace[50:].mean() for b in (90, 20))
    >>> bool(cold < warm)
    True
    """
    size = as_positive_integer("batch", batch)
    budget = as_positive_integer("max_sweeps", max_sweeps)
    random = generator(rng)
    up = signs(patterns)
    p, n = up.shape
    columns, words, weights, fields, least = walkers(up, kappa, random_weights(1, n, random))
    require(size <= p, "batch", batch, f"an integer from 1 to P = {p}")
    best, order = np.empty_like(weights[0]), np.arange(p)

    def sweeps(now: slice, part: NDArray[np.float64]) -> tuple[int, int]:
        made = int(_sweeps(columns, words, weights[0], fields[0], least, size, order, random, best, part))
        return made, int((best @ columns < least).sum())

    return search(sweeps, lambda: best.astype(np.float64), budget=budget, batch=BATCH, progress=progress)
