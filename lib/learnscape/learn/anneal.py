r"""Simulated annealing of binary weights: flips of single weights at a temperature that falls.

The energy is the number of patterns that are violated. Flipping one weight moves all fields by :math:`\pm2`; the flip is accepted with probability
:math:`\min(1,e^{-\beta\Delta E})` (Metropolis). While beta grows the walk follows the *typical* configurations of each energy: near capacity it is left among
isolated valleys of a few errors, however slowly it cools. So it is the contrast to the searches that do find solutions. Horner (1992). Chapter *dense-algorithms*.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from learnscape.errors import is_finite, require
from learnscape.learn._input import as_positive_integer
from learnscape.learn._packed import signs
from learnscape.learn._run import Run, threshold
from learnscape.numerics.jit import kernel
from learnscape.numerics.rng import generator

__all__ = ["anneal"]

BATCH = 16  # sweeps in one call of the compiled loop


@kernel
def _sweeps(
    columns: Any, weights: Any, fields: Any, least: Any, beta: Any, random: Any, best: Any, trace: Any
) -> Any:
    """Sweeps of Metropolis moves at the given inverse temperatures, until no pattern is violated; returns the number of sweeps."""
    n, p = columns.shape
    errors = 0
    for mu in range(p):
        if fields[mu] < least:
            errors += 1
    fewest = errors
    best[:] = weights
    for sweep in range(trace.size):
        for _ in range(n):
            i = int(random.random() * n)
            column = columns[i]
            step = -2 * weights[i]
            changed = 0
            for mu in range(p):
                changed += 1 if fields[mu] + step * column[mu] < least else 0
            if changed <= errors or random.random() < math.exp(beta[sweep] * (errors - changed)):
                for mu in range(p):
                    fields[mu] += step * column[mu]
                weights[i] = -weights[i]
                errors = changed
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
    columns = np.ascontiguousarray(np.where(up, 1, -1).astype(np.int16).T)
    weights = np.where(random.random(n) < 0.5, 1, -1).astype(np.int16)
    fields = (weights.astype(np.int64) @ columns).astype(np.int16 if n < 2**14 else np.int32)
    ladder = np.linspace(beta[0], beta[1], budget)
    trace, best, interrupted = np.empty(0), weights.copy(), False
    fewest = int((fields < least).sum())
    at = np.empty_like(weights)
    try:
        while trace.size < budget and fewest > 0:
            part = np.empty(min(BATCH, budget - trace.size))
            now = ladder[trace.size : trace.size + part.size]
            made = int(_sweeps(columns, weights, fields, least, now, random, at, part))
            trace = np.append(trace, part[:made])
            errors = int((at.astype(np.int64) @ columns < least).sum())
            if errors < fewest:
                fewest, best = errors, at.copy()
    except KeyboardInterrupt:
        interrupted = True
    return Run(best.astype(np.float64), fewest == 0, fewest, trace.size, trace, budget, interrupted)
