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
from learnscape.numerics.jit import kernel, widest_vectors
from learnscape.numerics.rng import generator

__all__ = ["anneal"]

BATCH = 16  # sweeps in one call of the compiled loop
LARGEST = 16_000  # weights: fields are kept in 16 bits
SHORT = 1 << 14  # patterns counted in 16 bits


@kernel
def _violated(fields: Any, column: Any, weight: Any, least: Any) -> Any:
    """How many fields would be below ``least`` without this weight's sign; all numbers are of 16 bits, so that 32 are compared at a time."""
    widest_vectors()
    total = 0
    for start in range(0, fields.size, SHORT):
        count = np.int16(0)
        for mu in range(start, min(start + SHORT, fields.size)):
            field = np.int16(fields[mu] - np.int16(np.int16(2 * weight) * column[mu]))
            count = np.int16(count + np.int16(field < least))
        total += count
    return total


@kernel
def _flip(fields: Any, column: Any, weight: Any) -> Any:
    for mu in range(fields.size):
        fields[mu] = np.int16(fields[mu] - np.int16(np.int16(2 * weight) * column[mu]))


@kernel
def _sweeps(
    columns: Any, weights: Any, fields: Any, least: Any, beta: Any, random: Any, best: Any, trace: Any
) -> Any:
    """Sweeps of Metropolis moves at the given inverse temperatures, until no pattern is violated; returns the number of sweeps."""
    n = columns.shape[0]
    errors = fewest = np.sum(fields < least)
    best[:] = weights
    for sweep in range(trace.size):
        for _ in range(n):
            i = int(random.random() * n)
            changed = _violated(fields, columns[i], weights[i], least)
            if changed <= errors or random.random() < math.exp(beta[sweep] * (errors - changed)):
                _flip(fields, columns[i], weights[i])
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
    least = np.int16(threshold(kappa, n))
    require(n <= LARGEST, "patterns.shape", up.shape, f"(P, N) with N <= {LARGEST}")
    good = isinstance(beta, tuple | list) and len(beta) == 2 and all(is_finite(b) and b >= 0.0 for b in beta)
    require(good, "beta", beta, "a pair of finite numbers >= 0")
    budget = as_positive_integer("max_sweeps", max_sweeps)
    random = generator(rng)
    columns = np.ascontiguousarray(np.where(up, 1, -1).astype(np.int16).T)
    weights = np.where(random.random(n) < 0.5, 1, -1).astype(np.int16)
    fields = (weights.astype(np.int64) @ columns).astype(np.int16)
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
