r"""Reinforced belief propagation: messages that are slowly made to believe themselves.

Belief propagation gives the mean of each weight over all solutions; it does not choose one. So add to the field of each weight a part of its own total field of
the iteration before,

.. math::  H_i^t=A_i^t+r_tH_i^{t-1},\qquad m_i=\tanh H_i^t,

with :math:`r_t` that grows from 0 towards 1. Early the sum is belief propagation; late the fields grow without bound, and the weights :math:`\mathrm{sign}H_i` are
decided. Grow slowly enough, and they satisfy every pattern. Two schedules: *geometric*, :math:`r_t=1-(1-\rho)^t`, and *linear*, :math:`r_t=\min(1,\rho t)`.
How slowly is slowly enough? :func:`needed_reinforcement` halves the rate until it is.

Where the constraint has no preferred side (w and -w are solutions together), plain belief propagation stays at zero means; the random start and the memory choose one.
With few patterns the means may fall to zero before a slow memory holds them; a faster one (``rate=0.1`` and more) helps there.

Patterns of +-1 are kept as bits: an iteration is two products with that matrix, by tables of the sums of eight columns. A. Braunstein and R. Zecchina (2006).
Chapter *learning-algorithms*.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.constraints import Constraint
from learnscape.errors import is_number, require
from learnscape.learn._driven import drive
from learnscape.learn._input import as_positive_integer
from learnscape.learn._run import Run
from learnscape.learn.committee import Committee
from learnscape.numerics.rng import generator
from learnscape.results import by_identity

__all__ = ["NeededReinforcement", "needed_reinforcement", "reinforced_bp"]

Schedule = Literal["geometric", "linear"]
FASTEST = 0.25
DECIDED = 10.0  # a run at rate rho that solves does so within about 6/rho iterations at fast rates and 2/rho at slow ones
GROWN = 2.0


@by_identity
class NeededReinforcement(NamedTuple):
    """How slowly reinforcement must grow."""

    run: Run
    """The run that solved, else the one with the fewest errors."""
    rate: float | None
    """The fastest of the tried rates that solved, or None."""
    tried: NDArray[np.float64]
    """Rows (rate, errors left), in the order of the tries; (tries, 2)."""


def reinforced_bp(
    patterns: ArrayLike,
    kappa: float = 0.0,
    *,
    constraint: Constraint | None = None,
    committee: Committee | None = None,
    rate: float = 2e-3,
    schedule: Schedule = "geometric",
    damping: float = 0.3,
    max_iterations: int = 2_000,
    rng: int | np.random.Generator | None = None,
    progress: bool = False,
) -> Run:
    """Search for binary weights that satisfy every pattern, by reinforced belief propagation.

    Parameters
    ----------
    patterns : array_like, shape (P, N)
        Entries +1 and -1, labels folded in.
    kappa : float
        Stability w.xi / sqrt(N) demanded of every pattern, in [-sqrt(N), sqrt(N)].
    constraint : Constraint, optional
        What is demanded of every pattern instead, of one perceptron; some value of w.xi must satisfy it. Then kappa is left out.
    committee : Committee, optional
        The machine that learns; left out, one perceptron. A committee's kappa is 0, and its units have an odd number of inputs.
    rate : float
        rho, in (0, 1]. The slower, the more patterns are learned, and the longer it takes.
    schedule : {"geometric", "linear"}
        How the reinforcement grows.
    damping : float
        Part of the old means that is kept, in [0, 1).
    max_iterations : int
        Budget.
    rng : int or numpy.random.Generator, optional
        Of the first means, which are random and small.
    progress : bool
        Show a bar: sweeps of the budget, fewest errors.

    Returns
    -------
    Run

    Raises
    ------
    ValueError
        Bad input.

    Examples
    --------
    >>> from learnscape.patterns import random_patterns
    >>> xi = random_patterns(600, 1001, rng=1)
    >>> run = reinforced_bp(xi, rng=1)
    >>> run.solved, bool((xi @ run.weights > 0).all())
    (True, True)
    >>> from learnscape import SymmetricMargin
    >>> run = reinforced_bp(xi, constraint=SymmetricMargin(1.0), rate=0.02, rng=1)
    >>> run.solved, bool((abs(xi @ run.weights) <= 1001**0.5).all())
    (True, True)
    """
    require(is_number(rate) and 0.0 < rate <= 1.0, "rate", rate, "a number in (0, 1]")
    require(schedule in ("geometric", "linear"), "schedule", schedule, '"geometric" or "linear"')
    budget = as_positive_integer("max_iterations", max_iterations)
    t = np.arange(1.0, budget + 1.0)
    memory = 1.0 - (1.0 - rate) ** t if schedule == "geometric" else np.minimum(1.0, rate * t)
    none = np.zeros(budget)
    return drive(
        patterns,
        kappa,
        constraint,
        memory,
        none,
        none,
        committee=committee,
        damping=damping,
        rng=rng,
        progress=progress,
    )


def needed_reinforcement(
    patterns: ArrayLike,
    kappa: float = 0.0,
    *,
    constraint: Constraint | None = None,
    committee: Committee | None = None,
    schedule: Schedule = "geometric",
    damping: float = 0.3,
    max_iterations: int = 2_000,
    rng: int | np.random.Generator | None = None,
    progress: bool = False,
) -> NeededReinforcement:
    """The fastest of the rates 1/4, 1/8, ... at which reinforced belief propagation finds a solution.

    Parameters
    ----------
    patterns : array_like, shape (P, N)
        Entries +1 and -1, labels folded in.
    kappa : float
        Stability w.xi / sqrt(N) demanded of every pattern, in [-sqrt(N), sqrt(N)].
    constraint : Constraint, optional
        What is demanded of every pattern instead, of one perceptron; some value of w.xi must satisfy it. Then kappa is left out.
    committee : Committee, optional
        The machine that learns; left out, one perceptron. A committee's kappa is 0, and its units have an odd number of inputs.
    schedule : {"geometric", "linear"}
        How the reinforcement grows.
    damping : float
        Part of the old means that is kept, in [0, 1).
    max_iterations : int
        Budget of one try, >= 8. At the rate rho a try ends after 10/rho iterations, by which the weights are decided; the slowest rate that is tried is
        the last above 2/max_iterations.
    rng : int or numpy.random.Generator, optional
        Of the first means, which are random and small.
    progress : bool
        Show a bar for each try.

    Returns
    -------
    NeededReinforcement

    Raises
    ------
    ValueError
        Bad input.

    Notes
    -----
    The tries before the last cost together at most about as much as one more. After Ctrl-C the best of the tries so far is returned, ``.run.interrupted``.

    Examples
    --------
    >>> from learnscape.patterns import random_patterns
    >>> easy, hard = (needed_reinforcement(random_patterns(p, 501, rng=1), rng=1) for p in (250, 350))
    >>> easy.run.solved, hard.run.solved, easy.rate > hard.rate
    (True, True, True)
    """
    budget = as_positive_integer("max_iterations", max_iterations)
    require(budget >= GROWN / FASTEST, "max_iterations", max_iterations, "an integer >= 8")
    random = generator(rng)
    tried: list[tuple[float, int]] = []
    best: Run | None = None
    rate = FASTEST
    while rate * budget >= GROWN:
        steps = min(budget, math.ceil(DECIDED / rate))
        try:
            run = reinforced_bp(
                patterns,
                kappa,
                constraint=constraint,
                committee=committee,
                rate=rate,
                schedule=schedule,
                damping=damping,
                max_iterations=steps,
                rng=random,
                progress=progress,
            )
        except KeyboardInterrupt:
            if best is None:
                raise
            best = replace(best, interrupted=True)
            break
        tried.append((rate, run.n_errors))
        if best is None or run.n_errors < best.n_errors:
            best = run
        if run.solved or run.interrupted:
            best = replace(best, interrupted=run.interrupted)
            break
        rate /= 2.0
    assert best is not None  # the first rate is tried always
    return NeededReinforcement(best, rate if best.solved else None, np.array(tried))
