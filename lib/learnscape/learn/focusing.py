r"""Focusing belief propagation: messages that look for a crowd of solutions.

Take y copies of the system, each coupled with strength :math:`\gamma` to a common centre. The coupled system prefers centres with many solutions around
(chapter *local-entropy*), and belief propagation can run on it: all copies are alike, so one is enough, with the pull of the other y - 1 in its field,

.. math::  H_i=A_i+\mathrm{artanh}\bigl\{\tanh\gamma\,\tanh[(y-1)\,\mathrm{artanh}(\tanh\gamma\,\tanh A_i)]\bigr\}.

The pull is switched on slowly. *Scoping* lets gamma grow at a fixed number of copies. *Pseudo-reinforcement* takes :math:`\tanh\gamma=\sqrt\rho`,
:math:`y=1+1/(1-\rho)` and lets rho grow from 0 to 1. *Reinforcement* is the limit gamma to infinity with y = 1/(1 - rho): then H = yA, a
field that believes itself.  Baldassi, Borgs, Chayes, Ingrosso, Lucibello, Saglietti and Zecchina (2016). Chapter *dense-algorithms*.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import is_finite, is_number, real_array, require
from learnscape.learn._driven import drive
from learnscape.learn._input import as_positive_integer
from learnscape.learn._run import Run
from learnscape.learn.committee import Committee

__all__ = ["focusing_bp"]

Array = NDArray[np.float64]
Protocol = Literal["scoping", "pseudo-reinforcement", "reinforcement"]
PROTOCOLS = ("scoping", "pseudo-reinforcement", "reinforcement")


def focusing_bp(
    patterns: ArrayLike,
    kappa: float = 0.0,
    *,
    committee: Committee | None = None,
    protocol: Protocol | Sequence[tuple[float, float]] = "scoping",
    y: float = 7.0,
    rate: float = 2e-3,
    damping: float = 0.3,
    max_iterations: int = 2_000,
    rng: int | np.random.Generator | None = None,
    progress: bool = False,
) -> Run:
    """Search for binary weights that satisfy every pattern and have many such weights around them, by focusing belief propagation.

    Parameters
    ----------
    patterns : array_like, shape (P, N)
        Entries +1 and -1, labels folded in.
    kappa : float
        Stability w.xi / sqrt(N) demanded of every pattern, in [-sqrt(N), sqrt(N)].
    committee : Committee, optional
        The machine that learns; left out, one perceptron. A committee's kappa is 0, and its units have an odd number of inputs.
    protocol : {"scoping", "pseudo-reinforcement", "reinforcement"} or sequence of (gamma, y)
        How the pull grows, from one iteration to the next. A sequence says it freely, one pair an iteration; the iterations beyond its end keep the last.
    y : float
        Number of copies of the weights for ``"scoping"``, >= 1, not only whole ones; one alone is plain belief propagation.
    rate : float
        By how much gamma, or rho, grows in an iteration, in (0, 1].
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

    Notes
    -----
    Of seven or more units with shared inputs the pull towards the centre can make all equal, so that patterns are left over: `reinforced_bp` learns there.

    Examples
    --------
    >>> from learnscape.patterns import random_patterns
    >>> xi = random_patterns(600, 1001, rng=1)
    >>> run = focusing_bp(xi, rng=1)
    >>> run.solved, bool((xi @ run.weights > 0).all())
    (True, True)
    """
    require(is_number(rate) and 0.0 < rate <= 1.0, "rate", rate, "a number in (0, 1]")
    require(is_finite(y) and y >= 1.0, "y", y, "a finite number >= 1")
    budget = as_positive_integer("max_iterations", max_iterations)
    pull, others = _schedule(protocol, float(y), float(rate), budget)
    return drive(
        patterns,
        kappa,
        None,
        np.zeros(budget),
        pull,
        others,
        committee=committee,
        damping=damping,
        rng=rng,
        progress=progress,
    )


def _schedule(protocol: str | ArrayLike, y: float, rate: float, budget: int) -> tuple[Array, Array]:
    """tanh(gamma) and y - 1, iteration by iteration."""
    if isinstance(protocol, str):
        require(
            protocol in PROTOCOLS, "protocol", protocol, f"one of {', '.join(PROTOCOLS)}, or pairs (gamma, y)"
        )
        grown = rate * np.arange(budget)
        if protocol == "scoping":
            return np.tanh(grown), np.full(budget, y - 1.0)
        rho = np.minimum(grown, 1.0 - 1e-6)
        if protocol == "pseudo-reinforcement":
            return np.sqrt(rho), 1.0 / (1.0 - rho)
        return np.ones(budget), rho / (1.0 - rho)
    pairs = real_array("protocol", protocol)
    good = pairs.ndim == 2 and pairs.shape[0] >= 1 and pairs.shape[1] == 2
    good = (
        good
        and bool(np.all(pairs[:, 0] >= 0.0))
        and bool(np.all((pairs[:, 1] >= 1.0) & np.isfinite(pairs[:, 1])))
    )
    require(good, "protocol", protocol, "a name, or pairs (gamma, y) with gamma >= 0 and y >= 1")
    steps = pairs[np.minimum(np.arange(budget), len(pairs) - 1)]
    return np.tanh(steps[:, 0]), steps[:, 1] - 1.0
