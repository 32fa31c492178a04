r"""Simulated annealing of binary weights: flips of single weights at a temperature that falls; alone, or several copies that keep together.

The energy is the number of patterns that are violated. A flip is accepted with probability :math:`\min(1,e^{-\beta\Delta E})` (Metropolis). While beta
grows the walk follows the *typical* configurations of each energy: near capacity it is left among isolated valleys of a few errors, however slowly it cools
(Horner 1992, recalled). So it is the contrast to the searches that do find solutions.

*Replicated*: y copies :math:`w^a`, each held by a common centre :math:`\tilde w` with weight :math:`e^{\gamma\sum_aw^a\cdot\tilde w}`. The sum over all centres is

.. math::  \prod_i2\cosh\Bigl(\gamma\sum_aw_i^a\Bigr),

so that the walk of all copies has the weight :math:`\exp\{-\beta\sum_aE(w^a)+\sum_i\ln2\cosh(\gamma\sum_aw_i^a)\}`. While gamma grows with beta the
copies can only stay where many configurations of low energy are near each other. One copy is plain annealing, for cosh is even. Baldassi, Borgs, Chayes,
Ingrosso, Lucibello, Saglietti and Zecchina (2016). Chapter *dense-algorithms*.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import is_finite, require
from learnscape.learn._flips import cost, flip, mark, random_weights, walkers
from learnscape.learn._input import as_positive_integer
from learnscape.learn._packed import signs
from learnscape.learn._run import Run, search
from learnscape.numerics.jit import kernel
from learnscape.numerics.rng import generator

__all__ = ["anneal", "replicated_anneal"]

BATCH = 16  # sweeps in one call of the compiled loop


@kernel
def _majority(weights: Any, votes: Any, columns: Any, least: Any, centre: Any) -> Any:
    """The weights that most copies have (ties go with the first), and the number of patterns that they violate."""
    n, p = columns.shape
    fields = np.zeros(p, np.int32)
    for i in range(n):
        if votes[i] != 0:
            centre[i] = 1 if votes[i] > 0 else -1
        else:
            centre[i] = weights[0, i]
        for mu in range(p):
            fields[mu] += centre[i] * columns[i, mu]
    errors = 0
    for mu in range(p):
        errors += 1 if fields[mu] < least else 0
    return errors


@kernel
def _sweeps(
    columns: Any,
    words: Any,
    weights: Any,
    fields: Any,
    least: Any,
    beta: Any,
    gamma: Any,
    random: Any,
    best: Any,
    trace: Any,
) -> Any:
    """Sweeps of Metropolis moves of all copies, until one or the majority violates no pattern; returns the number of sweeps."""
    n, p = columns.shape
    y = weights.shape[0]
    low, high = np.empty((y, words.shape[1]), np.uint64), np.empty((y, words.shape[1]), np.uint64)
    errors, votes, centre = np.zeros(y, np.int64), np.zeros(n, np.int64), np.empty_like(best)
    attraction = np.zeros(2 * y + 1)
    fewest = p + 1
    for a in range(y):
        mark(fields[a], least - 2, least + 2, low[a], high[a])
        for mu in range(p):
            errors[a] += 1 if fields[a, mu] < least else 0
        for i in range(n):
            votes[i] += weights[a, i]
        if errors[a] < fewest:
            fewest = errors[a]
            best[:] = weights[a]
    if fewest == 0:
        trace[0] = 0.0
        return 1
    for sweep in range(trace.size):
        for k in range(2 * y + 1):
            size = min(abs(gamma[sweep] * (k - y)), 1e300)  # two infinite ones have no difference
            attraction[k] = size + math.log1p(math.exp(-2.0 * size))
        for _ in range(n):
            for a in range(y):
                i = int(random.random() * n)
                w = weights[a, i]
                changed = cost(low[a], high[a], words[i], w)
                gain = beta[sweep] * (errors[a] - changed)
                gain += attraction[votes[i] - 2 * w + y] - attraction[votes[i] + y]
                if gain >= 0.0 or random.random() < math.exp(gain):
                    flip(weights[a], fields[a], i, columns[i])
                    mark(fields[a], least - 2, least + 2, low[a], high[a])
                    votes[i] -= 2 * w
                    errors[a] = changed
                    if changed < fewest:
                        fewest = changed
                        best[:] = weights[a]
                    if changed == 0:
                        trace[sweep] = 0.0
                        return sweep + 1
        trace[sweep] = errors.min()
        if y > 1:
            together = _majority(weights, votes, columns, least, centre)
            trace[sweep] = min(trace[sweep], together)
            if together < fewest:
                fewest = together
                best[:] = centre
            if together == 0:
                return sweep + 1
    return trace.size


def anneal(
    patterns: ArrayLike,
    kappa: float = 0.0,
    *,
    beta: tuple[float, float] = (0.5, 10.0),
    max_sweeps: int = 1_000,
    rng: int | np.random.Generator | None = None,
    progress: bool = False,
) -> Run:
    """Search for binary weights that satisfy every pattern, by simulated annealing.

    Parameters
    ----------
    patterns : array_like, shape (P, N)
        Entries +1 and -1, labels folded in.
    kappa : float
        Stability w.xi / sqrt(N) demanded of every pattern, in [-sqrt(N), sqrt(N)].
    beta : (float, float)
        Inverse temperature of the first and of the last sweep, per violated pattern; it grows linearly. Equal ones sample at one temperature, until
        a solution ends the walk.
    max_sweeps : int
        Budget, in sweeps of N proposed flips; the slower, the lower the energy that is reached.
    rng : int or numpy.random.Generator, optional
        Start and moves.
    progress : bool
        Show a bar: sweeps of the budget, fewest errors.

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
    return _anneal(patterns, kappa, 1, beta, (0.0, 0.0), max_sweeps, rng, progress)


def replicated_anneal(
    patterns: ArrayLike,
    kappa: float = 0.0,
    *,
    y: int = 5,
    beta: tuple[float, float] = (1.0, 5.0),
    gamma: tuple[float, float] = (0.5, 1.5),
    max_sweeps: int = 1_000,
    rng: int | np.random.Generator | None = None,
    progress: bool = False,
) -> Run:
    """Search for binary weights that satisfy every pattern, by annealing several copies that are drawn together.

    Parameters
    ----------
    patterns : array_like, shape (P, N)
        Entries +1 and -1, labels folded in.
    kappa : float
        Stability w.xi / sqrt(N) demanded of every pattern, in [-sqrt(N), sqrt(N)].
    y : int
        Number of copies of the weights, 1 to 64; one alone is :func:`anneal`.
    beta : (float, float)
        Inverse temperature of the first and of the last sweep, per violated pattern of a copy; it grows linearly.
    gamma : (float, float)
        Coupling to the centre in the first and in the last sweep; it grows linearly.
    max_sweeps : int
        Budget, in sweeps of N proposed flips of each copy.
    rng : int or numpy.random.Generator, optional
        Start and moves.
    progress : bool
        Show a bar: sweeps of the budget, fewest errors.

    Returns
    -------
    Run
        ``.weights`` are those of the best copy, or of the majority; ``.trace`` is the energy of the best of these after each sweep.

    Raises
    ------
    ValueError
        Bad input.

    Examples
    --------
    >>> from learnscape.patterns import random_patterns
    >>> replicated_anneal(random_patterns(40, 101, rng=1), rng=1).solved
    True
    """
    copies = as_positive_integer("y", y)
    require(copies <= 64, "y", y, "an integer from 1 to 64")
    return _anneal(patterns, kappa, copies, beta, gamma, max_sweeps, rng, progress)


def _anneal(
    patterns: ArrayLike,
    kappa: float,
    y: int,
    beta: tuple[float, float],
    gamma: tuple[float, float],
    max_sweeps: int,
    rng: int | np.random.Generator | None,
    progress: bool,
) -> Run:
    budget = as_positive_integer("max_sweeps", max_sweeps)
    betas, gammas = _ramp("beta", beta, budget), _ramp("gamma", gamma, budget)
    random = generator(rng)
    up = signs(patterns)
    state = walkers(up, kappa, random_weights(y, up.shape[1], random))
    best = np.empty(state.weights.shape[1], np.int32)  # of one batch

    def sweeps(now: slice, part: NDArray[np.float64]) -> tuple[int, int]:
        made = int(_sweeps(*state, betas[now], gammas[now], random, best, part))
        return made, int((best @ state.columns < state.least).sum())

    return search(sweeps, lambda: best.astype(np.float64), budget=budget, batch=BATCH, progress=progress)


def _ramp(name: str, ends: tuple[float, float], budget: int) -> NDArray[np.float64]:
    """From the first to the second number, sweep by sweep."""
    good = isinstance(ends, tuple | list) and len(ends) == 2 and all(is_finite(x) and x >= 0.0 for x in ends)
    require(good, name, ends, "a pair of finite numbers >= 0")
    return np.linspace(ends[0], ends[1], budget)
