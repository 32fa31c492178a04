r"""Stochastic belief-propagation-inspired learning (SBPI): binary weights with a hidden memory.

Each weight is the sign of a hidden odd integer h. Patterns are shown one after the other; let D = w.xi be the field of one, with its label folded in.

* D below the threshold (the pattern is violated): every :math:`h_i` moves by :math:`2\xi_i` towards the pattern.
* D barely at the threshold: with probability p, those :math:`h_i` whose weight agrees with the pattern already move by :math:`2\xi_i`. No weight
  changes, but the next ones to change will not be these.
* else nothing happens.

The second rule is what is left of a message of belief propagation when only its sign and its certainty are kept; without it (p = 0) much less is
learned, and the less the more weights there are. The moves of h are bounded, as if a synapse had a few hundred states.

*In bits.* A pattern is N bits, and so is each binary digit of all h together: an update adds one to, or takes one from, 64 counters at a time, with the carries of
pencil and paper. C. Baldassi, A. Braunstein, N. Brunel, R. Zecchina (2007). Chapter *learning-algorithms*.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import is_integer, is_number, require
from learnscape.learn._input import as_positive_integer
from learnscape.learn._packed import count_errors, pack, signs, unpack
from learnscape.learn._run import Run, search, threshold
from learnscape.learn.kernels import counter_digits, differing, move_counters, read_signs
from learnscape.numerics.jit import kernel
from learnscape.numerics.rng import draw, generator

__all__ = ["sbpi"]

BATCH = 32  # sweeps between two looks at the exact number of errors


@kernel
def _sweeps(
    patterns: Any, planes: Any, full: Any, n: Any, least: Any, p: Any, random: Any, trace: Any
) -> Any:
    """Sweep in random orders until one meets no error; returns the number of sweeps made."""
    order = np.arange(patterns.shape[0])
    weights = np.empty(patterns.shape[1], np.uint64)
    active = np.empty_like(weights)
    read_signs(planes, full, weights)
    for sweep in range(trace.size):
        errors = 0
        for left in range(order.size, 0, -1):
            mu = draw(order, left, random)
            field = n - 2 * differing(patterns[mu], weights)
            if field < least:
                errors += 1
                move_counters(planes, patterns[mu], False, full, active)
                read_signs(planes, full, weights)
            elif field < least + 2 and random.random() < p:
                move_counters(planes, patterns[mu], True, full, active)
        trace[sweep] = errors
        if errors == 0:
            return sweep + 1
    return trace.size


def sbpi(
    patterns: ArrayLike,
    kappa: float = 0.0,
    *,
    probability: float = 0.3,
    bits: int | None = None,
    max_sweeps: int = 2_000,
    rng: int | np.random.Generator | None = None,
    progress: bool = False,
) -> Run:
    """Search for binary weights that satisfy every pattern, by SBPI.

    Parameters
    ----------
    patterns : array_like, shape (P, N)
        Entries +1 and -1, labels folded in.
    kappa : float
        Stability w.xi / sqrt(N) demanded of every pattern, in [-sqrt(N), sqrt(N)].
    probability : float
        Of the second rule, in [0, 1]. Near 0.3 it learns the most patterns.
    bits : int, optional
        Digits of the hidden integers with their sign, from 2 to 32: |h| < 2^bits. Left out, the smallest with 2^bits >= 4 sqrt(N).
    max_sweeps : int
        Budget. Where solutions are found at all, tens to hundreds of sweeps suffice.
    rng : int or numpy.random.Generator, optional
        Seed or generator: the start, the orders, and the choices of the second rule.
    progress : bool
        Show a bar: sweeps of the budget, fewest errors.

    Returns
    -------
    Run
        Its ``.solved`` says whether a solution was found. Where not, ``.weights`` are the best that were looked at (every 32 sweeps).

    Raises
    ------
    ValueError
        Bad input.

    Notes
    -----
    The time of a sweep grows like P N / 64 with few errors. A search that was interrupted (Ctrl-C) returns what it has.

    Examples
    --------
    >>> from learnscape.patterns import random_patterns
    >>> xi = random_patterns(400, 1001, rng=1)
    >>> run = sbpi(xi, rng=1)
    >>> run.solved, bool((xi @ run.weights > 0).all()), run.iterations < 200
    (True, True, True)
    """
    up = signs(patterns)
    rows, n = pack(up), up.shape[1]
    least = threshold(kappa, n)
    good = is_number(probability) and 0.0 <= probability <= 1.0
    require(good, "probability", probability, "a number in [0, 1]")
    if bits is None:
        bits = int(counter_digits(n))
    require(is_integer(bits) and 2 <= bits <= 32, "bits", bits, "an integer from 2 to 32")
    budget = as_positive_integer("max_sweeps", max_sweeps)
    random = generator(rng)
    full = pack(np.ones((1, n), np.bool_))[0]
    planes = np.zeros((int(bits), rows.shape[1]), np.uint64)
    planes[:] = pack(random.random((1, n)) < 0.5)[0]  # h = 1 or -1: u = 0 or -1

    def sweeps(now: slice, part: NDArray[np.float64]) -> tuple[int, int]:
        made = int(_sweeps(rows, planes, full, n, least, float(probability), random, part))
        return made, int(count_errors(rows, ~planes[-1] & full, n, least))

    return search(sweeps, lambda: unpack(~planes[-1], n), budget=budget, batch=BATCH, progress=progress)
