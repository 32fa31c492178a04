r"""Replicated stochastic gradient descent for binary weights: several students that learn and keep together.

Each of y students has real numbers :math:`H_i`, and weights :math:`w_i=\mathrm{sign}\,H_i`. On a small batch of patterns it takes the perceptron's step on those it
violates, :math:`H\leftarrow H+\eta\,\xi`. Then all are drawn to their common opinion,

.. math::  H^a_i\leftarrow H^a_i+\lambda\bigl[\tanh\bigl(\gamma\sum_bw^b_i\bigr)-w^a_i\bigr],

with a coupling :math:`\gamma` that grows from sweep to sweep: at the end all are one. A crowd of students can settle only where solutions are dense.
One student (y = 1, :math:`\lambda=0`) is plain stochastic gradient descent. Baldassi, Borgs, Chayes, Ingrosso, Lucibello, Saglietti and Zecchina (2016).

*Committees.* On a violated pattern a student changes as few units as are needed: of those that are wrong the nearest to their threshold, each by the perceptron's step.
Chapter *dense-algorithms*.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import is_finite, require
from learnscape.learn._input import as_positive_integer
from learnscape.learn._packed import count_minorities, differing, pack, signs
from learnscape.learn._run import Run, search
from learnscape.learn.committee import Committee, arranged, unpacked
from learnscape.learn.kernels import decide, gather, take_step, vote
from learnscape.numerics.jit import kernel
from learnscape.numerics.rng import generator, shuffle

__all__ = ["replicated_sgd"]

LARGEST = 1e9  # of step, pull and coupling: single precision holds what they add up to
BATCH = 8  # sweeps in one call of the compiled loop


@kernel
def _sweeps(
    words: Any,
    numbers: Any,
    hidden: Any,
    weights: Any,
    gamma: Any,
    least: Any,
    size: Any,
    rates: Any,
    random: Any,
    best: Any,
    trace: Any,
) -> Any:
    """Sweeps over the patterns in batches, until one student or the majority satisfies all; returns the number of sweeps.

    The patterns come as bits, for fields, and as numbers, for steps: (K or 1, P, ...), what the units see. ``hidden`` is (K, students, ...),
    ``weights`` (K, students + 1, words).
    """
    p, n = numbers.shape[1:]
    units, students = hidden.shape[:2]
    own = 1 if len(words) > 1 else 0
    step, pull = rates
    votes = np.empty(hidden.shape[2], np.float32)
    opinions = np.empty(2 * students + 1, np.float32)
    fields = np.empty(units, np.int64)
    orders = np.empty((students, p), np.int64)
    for a in range(students):
        for mu in range(p):
            orders[a, mu] = mu
        for k in range(units):
            decide(hidden[k, a], weights[k, a])
    seen = p + 1
    for sweep in range(trace.size):
        for a in range(students):
            shuffle(orders[a], random)
        for k in range(2 * students + 1):
            opinions[k] = math.tanh(gamma[sweep] * (k - students))
        for start in range(0, p, size):
            moved = pull > 0.0
            for a in range(students):
                for position in range(start, min(start + size, p)):
                    mu = orders[a, position]
                    wrong = 0
                    for k in range(units):
                        fields[k] = n - 2 * differing(words[own * k, mu], weights[k, a])
                        wrong += fields[k] < least
                    for _ in range(wrong - units // 2):
                        moved = True
                        k = _nearest(fields, least)
                        fields[k] = least  # as if it were right
                        take_step(hidden[k, a], numbers[own * k, mu], step)
            for k in range(units):
                if pull > 0.0:
                    gather(hidden[k], votes, opinions, pull, n)
                if moved:
                    for a in range(students):
                        decide(hidden[k, a], weights[k, a])
        for k in range(units):
            vote(hidden[k], votes)
            for i in range(n):  # ties go with the first
                votes[i] += np.float32(0.5) if hidden[k, 0, i] > 0.0 else np.float32(-0.5)
            decide(votes, weights[k, students])
        fewest = p + 1
        for a in range(students + 1):
            one = np.ascontiguousarray(weights[:, a])  # so that words are counted in vectors
            errors = count_minorities(words, one, n, least)
            fewest = min(fewest, errors)
            if errors < seen:
                seen = errors
                best[:] = one
        trace[sweep] = fewest
        if fewest == 0:
            return sweep + 1
    return trace.size


@kernel
def _nearest(fields: Any, least: Any) -> Any:
    """Which of the fields below ``least`` is the largest."""
    best = -1
    for k in range(fields.size):
        if fields[k] < least and (best < 0 or fields[k] > fields[best]):
            best = k
    return best


def replicated_sgd(
    patterns: ArrayLike,
    kappa: float = 0.0,
    *,
    committee: Committee | None = None,
    y: int = 7,
    batch: int = 10,
    step: float = 2.0,
    pull: float = 0.75,
    gamma: tuple[float, float] = (0.05, 0.001),
    max_sweeps: int = 500,
    rng: int | np.random.Generator | None = None,
    progress: bool = False,
) -> Run:
    """Search for binary weights that satisfy every pattern, by replicated stochastic gradient descent.

    Parameters
    ----------
    patterns : array_like, shape (P, N)
        Entries +1 and -1, labels folded in.
    kappa : float
        Stability w.xi / sqrt(N) demanded of every pattern, in [-sqrt(N), sqrt(N)].
    committee : Committee, optional
        The machine that learns; left out, one perceptron. A committee's kappa is 0, and its units have an odd number of inputs.
    y : int
        Number of copies of the weights (students), 1 to 64; one alone, with ``pull=0``, is plain stochastic gradient descent.
    batch : int
        Patterns that a student sees between two pulls.
    step, pull : float
        eta in [1e-9, 1e9] and lambda in [0, 1e9]; with ``pull=0`` the students do not know each other.
    gamma : (float, float)
        Coupling at the start, and by how much it grows in a sweep; both in [0, 1e9].
    max_sweeps : int
        Budget; in a sweep every student sees every pattern once.
    rng : int or numpy.random.Generator, optional
        Start and orders.
    progress : bool
        Show a bar: sweeps of the budget, fewest errors.

    Returns
    -------
    Run
        ``.weights`` are those of the best student, or of the majority of all; ``.trace`` counts the errors of the best of these.

    Raises
    ------
    ValueError
        Bad input.

    Examples
    --------
    >>> from learnscape.patterns import random_patterns
    >>> replicated_sgd(random_patterns(200, 501, rng=1), rng=1).solved
    True
    """
    parts, units, least = arranged(signs(patterns), committee, kappa)
    n = parts.shape[2]
    students = as_positive_integer("y", y)
    require(students <= 64, "y", y, "an integer from 1 to 64")
    size = min(as_positive_integer("batch", batch), parts.shape[1])
    good = is_finite(step) and 1.0 / LARGEST <= step <= LARGEST
    require(good, "step", step, f"a number in [{1.0 / LARGEST:g}, {LARGEST:g}]")
    allowed = f"in [0, {LARGEST:g}]"
    require(is_finite(pull) and 0.0 <= pull <= LARGEST, "pull", pull, f"a number {allowed}")
    good = isinstance(gamma, tuple | list) and len(gamma) == 2
    good = good and all(is_finite(g) and 0.0 <= g <= LARGEST for g in gamma)
    require(good, "gamma", gamma, f"a pair of numbers {allowed}")
    budget = as_positive_integer("max_sweeps", max_sweeps)
    random = generator(rng)
    rows = np.stack([pack(up) for up in parts])
    hidden = np.full((units, students, 64 * rows.shape[2]), -1.0, np.float32)
    hidden[:, :, :n] = random.standard_normal((units, students, n))
    numbers = np.ascontiguousarray(np.where(parts, 1, -1), np.int8)
    weights = np.empty((units, students + 1, rows.shape[2]), np.uint64)
    couplings = gamma[0] + gamma[1] * np.arange(budget)
    best = np.empty((units, rows.shape[2]), np.uint64)  # of one batch of sweeps
    rates = np.float32(step), np.float32(pull)

    def sweeps(now: slice, part: NDArray[np.float64]) -> tuple[int, int]:
        made = int(
            _sweeps(rows, numbers, hidden, weights, couplings[now], least, size, rates, random, best, part)
        )
        return made, int(count_minorities(rows, best, n, least))

    return search(sweeps, lambda: unpacked(best, n, committee), budget=budget, batch=BATCH, progress=progress)
