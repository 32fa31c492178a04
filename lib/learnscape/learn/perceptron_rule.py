r"""The perceptron rule: turn the weights towards every pattern that they fail.

Visit the patterns in turn. Where the stability w.xi / |w| (which is w.xi / sqrt(N) once |w|^2 = N) is below kappa, add the
pattern to the weights, w <- w + xi. Stop after a whole sweep without an update.

The convergence theorem (A. Novikoff 1962; F. Rosenblatt 1958 for the rule): if some weights reach the stability K > 0 on
every pattern and kappa <= 0, at most max|xi|^2 / K^2 updates are made. Two lines of proof. Along the best weights every
update gains at least K, so |w_t| >= K t. And |w_{t+1}|^2 = |w_t|^2 + 2 w_t.xi + |xi|^2 <= |w_t|^2 + max|xi|^2, so
|w_t| <= sqrt(t) max|xi|. With 0 < kappa < K the rule still stops, later.

Chapter: ``capacity/perceptron``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import ConvergenceError, as_finite, raises_on_failure, require
from learnscape.learn._input import as_patterns, as_positive_integer
from learnscape.numerics.jit import kernel
from learnscape.numerics.rng import generator

__all__ = ["PerceptronRun", "rosenblatt", "rosenblatt_bound", "rosenblatt_step"]

FloatArray = NDArray[np.float64]

BATCH = 256  # sweeps per call of the compiled loop


@dataclass(frozen=True, eq=False)
class PerceptronRun:
    """Where the perceptron rule stopped, from :func:`rosenblatt`."""

    weights: FloatArray
    """Shape (N,), |weights|^2 = N (all zero only in the degenerate case that the updates cancelled exactly)."""
    stability: float
    """The smallest stability w.xi / sqrt(N) over the patterns."""
    updates: int
    """Number of updates w <- w + xi, which the convergence theorem bounds by :func:`rosenblatt_bound`."""
    sweeps: int
    """Number of sweeps over the patterns, the last one without an update included."""
    trace: NDArray[np.int64]
    """Shape (sweeps,): number of updates in each sweep."""
    converged: bool
    """Whether the last sweep made no update, so that every stability is >= kappa."""


@kernel
def rosenblatt_step(patterns: Any, weights: Any, mu: Any, kappa: Any) -> Any:
    """Visit pattern ``mu``: if its stability is below ``kappa``, add it to the weights. Returns 1.0 for an update, else 0.0.

    ``patterns`` is flat, of length P N (row-major); ``weights`` of length N is changed in place and need not be normalised.
    Weights that are all zero fail every pattern. The kernel allocates nothing and calls only sqrt, so a page can run it.
    """
    n = weights.size
    first = int(mu) * n
    field = 0.0
    norm = 0.0
    for i in range(n):
        field += weights[i] * patterns[first + i]
        norm += weights[i] * weights[i]
    if norm > 0.0 and field >= kappa * np.sqrt(norm):
        return 0.0
    for i in range(n):
        weights[i] += patterns[first + i]
    return 1.0


@kernel
def _sweeps(patterns: Any, weights: Any, orders: Any, kappa: Any, trace: Any) -> Any:
    """Sweep in the given orders until one sweep makes no update; returns the number of sweeps made."""
    for sweep in range(orders.shape[0]):
        updates = 0
        for position in range(orders.shape[1]):
            if rosenblatt_step(patterns, weights, orders[sweep, position], kappa) > 0.0:
                updates += 1
        trace[sweep] = updates
        if updates == 0:
            return sweep + 1
    return orders.shape[0]


def rosenblatt(
    patterns: ArrayLike,
    kappa: float = 0.0,
    *,
    rng: int | np.random.Generator | None = None,
    max_sweeps: int = 10_000,
    on_failure: Literal["raise", "return"] = "raise",
) -> PerceptronRun:
    """Train by the perceptron rule from w = 0 until every stability is >= kappa.

    Parameters
    ----------
    patterns : array_like, shape (P, N)
        Labels folded in; any real entries.
    kappa : float
        Stability demanded of every pattern.
    rng : int or numpy.random.Generator, optional
        With it the patterns are visited in a new random order in every sweep, without it always in the given order.
    max_sweeps : int
        Give up after so many sweeps. The rule never stops by itself if no weights reach kappa, and it slows down without
        bound as kappa approaches the largest possible stability (see :func:`learnscape.learn.max_margin`).
    on_failure : {"raise", "return"}
        Whether giving up raises ``ConvergenceError`` or returns the state with ``.converged == False``.

    Returns
    -------
    PerceptronRun

    Raises
    ------
    ConvergenceError
        After ``max_sweeps`` sweeps, with the number of updates of each sweep as its trace.
    ValueError
        For patterns that are not a finite (P, N) array, a kappa that is not finite, or max_sweeps < 1.

    Notes
    -----
    A stability equal to kappa satisfies the pattern, so with +-1 patterns and kappa = 0 some fields may end at exactly 0
    (after normalisation: at 0 up to rounding). Ask for a small positive kappa to exclude ties.

    References
    ----------
    F. Rosenblatt, Psychological Review 65, 386 (1958); A. B. J. Novikoff, Symposium on the Mathematical Theory of
    Automata 12, 615 (1962).

    Examples
    --------
    >>> from learnscape.patterns import random_patterns
    >>> xi = random_patterns(30, 40, kind="gaussian", rng=1)
    >>> run = rosenblatt(xi)
    >>> bool((xi @ run.weights > 0).all()), run.updates < 1000
    (True, True)
    """
    xi = as_patterns(patterns)
    kappa = as_finite("kappa", kappa)
    max_sweeps = as_positive_integer("max_sweeps", max_sweeps)
    raises = raises_on_failure(on_failure)
    p, n = xi.shape
    random = None if rng is None else generator(rng)
    # Patterns of length about one: a power of two changes no digit, and their squares neither vanish nor overflow.
    power = int(np.frexp(np.abs(xi).max())[1])
    xi = np.ldexp(xi, -power)
    margin = kappa / 2.0**power  # beyond the largest number it is inf, which no weights reach

    weights = np.zeros(n)
    traces: list[NDArray[np.int64]] = []
    done = 0
    converged = False
    while done < max_sweeps and not converged:
        orders = np.tile(np.arange(p), (min(BATCH, max_sweeps - done, max(1, 10_000_000 // p)), 1))
        if random is not None:
            orders = random.permuted(orders, axis=1)
        trace = np.empty(len(orders), np.int64)
        made = int(_sweeps(xi.ravel(), weights, orders, margin, trace))
        traces.append(trace[:made])
        done += made
        converged = bool(trace[made - 1] == 0)

    updates = np.concatenate(traces)
    if not converged and raises:
        message = f"the perceptron rule made {updates[-1]} updates in the last of {max_sweeps} sweeps at kappa = {kappa}"
        raise ConvergenceError(message, updates.tolist())
    norm = float(np.linalg.norm(weights))
    stability = math.ldexp(float((xi @ weights).min()) / norm, power) if norm > 0 else 0.0
    return PerceptronRun(
        weights=weights * (np.sqrt(n) / norm) if norm > 0 else weights,
        stability=stability,
        updates=int(updates.sum()),
        sweeps=done,
        trace=updates,
        converged=converged,
    )


def rosenblatt_bound(patterns: ArrayLike, stability: float) -> float:
    """Bound of the convergence theorem on the number of updates at kappa <= 0: max |xi|^2 / stability^2.

    Parameters
    ----------
    patterns : array_like, shape (P, N)
        Labels folded in.
    stability : float
        A stability > 0 that some weights reach on every pattern; the largest one,
        ``max_margin(patterns).stability``, gives the tightest bound.

    Examples
    --------
    >>> rosenblatt_bound([[3.0, 4.0], [4.0, 3.0]], 4.0)
    1.5625
    """
    xi = as_patterns(patterns)
    stability = as_finite("stability", stability)
    require(stability > 0, "stability", stability, "a finite number > 0")
    with np.errstate(over="ignore"):  # patterns 1e154 times longer than the stability: no bound
        ratio = xi / np.abs(xi).max() * (np.abs(xi).max() / stability) if xi.any() else xi
        return float(np.square(ratio).sum(axis=1).max())
