r"""Simulated annealing of binary weights: flips of single weights at a temperature that falls.

The energy is the number of patterns that are violated. Flipping one weight moves all fields by :math:`\pm2`; the flip is accepted with probability
:math:`\min(1,e^{-\beta\Delta E})` (Metropolis). While beta grows the walk follows the *typical* configurations of each energy: near capacity it is left among
isolated valleys of a few errors, however slowly it cools. So it is the contrast to the searches that do find solutions. Horner (1992). Chapter *dense-algorithms*.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import is_finite, require
from learnscape.learn._input import as_positive_integer
from learnscape.learn._packed import flipped_errors, pack, signs
from learnscape.learn._run import Run, search, threshold
from learnscape.numerics.jit import kernel
from learnscape.numerics.rng import generator

__all__ = ["anneal"]

BATCH = 16  # sweeps in one call of the compiled loop


@kernel
def _look(fields: Any, least: Any, low: Any, high: Any) -> Any:
    """Bits of the fields below ``least - 2`` and below ``least + 2``: those that stay, or get, below ``least`` by a step up, or down. Returns the number below it.

    ``fields`` is filled up to whole words by large numbers.
    """
    errors = 0
    for k in range(low.size):
        one, two = np.uint64(0), np.uint64(0)
        for i in range(64):
            field = fields[64 * k + i]
            one |= np.uint64(field < least - 2) << np.uint64(i)
            two |= np.uint64(field < least + 2) << np.uint64(i)
            errors += 1 if field < least else 0
        low[k] = one
        high[k] = two
    return errors


@kernel
def _sweeps(
    columns: Any,
    words: Any,
    weights: Any,
    fields: Any,
    least: Any,
    beta: Any,
    random: Any,
    best: Any,
    trace: Any,
) -> Any:
    """Sweeps of Metropolis moves at the given inverse temperatures, until no pattern is violated; returns the number of sweeps.

    A flip moves the fields of the patterns that agree with the weight down, the others up. What it costs is counted in bits; only a flip that is
    accepted moves numbers.
    """
    n, p = columns.shape
    low, high = np.empty(words.shape[1], np.uint64), np.empty(words.shape[1], np.uint64)
    errors = _look(fields, least, low, high)
    fewest = errors
    best[:] = weights
    if errors == 0:
        trace[0] = 0.0
        return 1
    for sweep in range(trace.size):
        for _ in range(n):
            i = int(random.random() * n)
            changed = flipped_errors(low, high, words[i], np.uint64(0) if weights[i] > 0 else ~np.uint64(0))
            if changed <= errors or random.random() < math.exp(beta[sweep] * (errors - changed)):
                step = 2 * weights[i]
                for mu in range(p):
                    fields[mu] -= step * columns[i, mu]
                weights[i] = -weights[i]
                errors = _look(fields, least, low, high)
                if errors < fewest:
                    fewest = errors
                    best[:] = weights
                if errors == 0:
                    break
        trace[sweep] = errors
        if errors == 0:
            return sweep + 1
    return trace.size


def anneal(
    patterns: ArrayLike,
    kappa: float = 0.0,
    *,
    beta: tuple[float, float] = (0.5, 10.0),
    max_sweeps: int = 1_000,
    rng: int | np.random.Generator | None = None,
) -> Run:
    """Search for binary weights that satisfy every pattern, by simulated annealing.

    Parameters
    ----------
    patterns : array_like, shape (P, N)
        Entries +1 and -1, labels folded in.
    kappa : float
        Stability w.xi / sqrt(N) demanded of every pattern, in [-sqrt(N), sqrt(N)].
    beta : (float, float)
        Inverse temperature of the first and of the last sweep, per violated pattern; it grows linearly. Equal ones sample at one temperature.
    max_sweeps : int
        Budget, in sweeps of N proposed flips; the slower, the lower the energy that is reached.
    rng : int or numpy.random.Generator, optional
        Start and moves.

    Returns
    -------
    Run
        ``.trace`` is the energy after each sweep.

    Raises
    ------
    ValueError
        Bad input.

    Examples
    --------
    >>> from learnscape.patterns import random_patterns
    >>> anneal(random_patterns(30, 101, rng=1), rng=1).solved
    True
    """
    up = signs(patterns)
    n = up.shape[1]
    least = threshold(kappa, n)
    good = isinstance(beta, tuple | list) and len(beta) == 2 and all(is_finite(b) and b >= 0.0 for b in beta)
    require(good, "beta", beta, "a pair of finite numbers >= 0")
    budget = as_positive_integer("max_sweeps", max_sweeps)
    random = generator(rng)
    words = pack(up.T)
    columns = np.where(up.T, 1, -1).astype(np.int32)
    weights = np.where(random.random(n) < 0.5, 1, -1).astype(np.int32)
    fields = np.full(64 * words.shape[1], 2 * n + 8, np.int32)
    fields[: len(up)] = weights @ columns
    ladder = np.linspace(beta[0], beta[1], budget)
    best = np.empty_like(weights)  # of one batch

    def sweeps(now: slice, part: NDArray[np.float64]) -> tuple[int, int]:
        made = int(_sweeps(columns, words, weights, fields, least, ladder[now], random, best, part))
        return made, int((best @ columns < least).sum())

    return search(sweeps, lambda: best.astype(np.float64), budget=budget, batch=BATCH)
