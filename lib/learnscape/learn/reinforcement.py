r"""Reinforced belief propagation: messages that are slowly made to believe themselves.

Belief propagation gives the mean of each weight over all solutions; it does not choose one. So add to the field of each weight a part of its own total field of
the iteration before,

.. math::  H_i^t=A_i^t+r_tH_i^{t-1},\qquad m_i=\tanh H_i^t,

with :math:`r_t` that grows from 0 towards 1. Early the sum is belief propagation; late the fields grow without bound, and the weights :math:`\mathrm{sign}H_i` are
decided. Grow slowly enough, and they satisfy every pattern. Two schedules: *geometric*, :math:`r_t=1-(1-\rho)^t`, and *linear*, :math:`r_t=\min(1,\rho t)`.

Patterns of +-1 are kept as bits: an iteration is two products with that matrix, by tables of the sums of eight columns. A. Braunstein and R. Zecchina (2006).
Chapter *learning-algorithms*.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from learnscape.errors import is_number, require
from learnscape.learn._driven import drive
from learnscape.learn._input import as_positive_integer
from learnscape.learn._run import Run
from learnscape.learn.committee import Committee

__all__ = ["reinforced_bp"]


def reinforced_bp(
    patterns: ArrayLike,
    kappa: float = 0.0,
    *,
    committee: Committee | None = None,
    rate: float = 2e-3,
    schedule: Literal["geometric", "linear"] = "geometric",
    damping: float = 0.3,
    max_iterations: int = 2_000,
    rng: int | np.random.Generator | None = None,
) -> Run:
    """Search for binary weights that satisfy every pattern, by reinforced belief propagation.

    Parameters
    ----------
    patterns : array_like, shape (P, N)
        Entries +1 and -1, labels folded in.
    kappa : float
        Stability w.xi / sqrt(N) demanded of every pattern, in [-sqrt(N), sqrt(N)].
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
    """
    require(is_number(rate) and 0.0 < rate <= 1.0, "rate", rate, "a number in (0, 1]")
    require(schedule in ("geometric", "linear"), "schedule", schedule, '"geometric" or "linear"')
    budget = as_positive_integer("max_iterations", max_iterations)
    t = np.arange(1.0, budget + 1.0)
    memory = 1.0 - (1.0 - rate) ** t if schedule == "geometric" else np.minimum(1.0, rate * t)
    none = np.zeros(budget)
    return drive(patterns, kappa, memory, none, none, committee=committee, damping=damping, rng=rng)
