r"""How many solutions surround a solution, by walks among the solutions that are held back by a spring.

Let :math:`\Omega(k)` be the number of solutions that differ from the solution :math:`\tilde w` in k weights. A Metropolis walk that never leaves the solutions, with
the weight :math:`e^{-2\gamma k}` (up to a constant :math:`e^{\gamma w\cdot\tilde w}`), is at distance k with probability

.. math::  P_\gamma(k)=\frac{\Omega(k)e^{-2\gamma k}}{Z(\gamma)},\qquad Z(\gamma)=\sum_k\Omega(k)e^{-2\gamma k}.

Where the spring is strong nothing but :math:`\tilde w` is left: :math:`\Omega(0)=1` is the only number that is known beforehand. Weaker springs reach further, and
:math:`\partial_\gamma\ln Z=-2\langle k\rangle` could be integrated from there (*thermodynamic integration*). The histograms say the same without the error of a
quadrature: for neighbours :math:`\gamma>\gamma'` on a ladder of springs, x = ln Z' - ln Z solves

.. math::  \bigl\langle\sigma(\delta k-x)\bigr\rangle_\gamma=\bigl\langle\sigma(x-\delta k)\bigr\rangle_{\gamma'},\qquad \delta=2(\gamma-\gamma'),\quad \sigma(x)=1/(1+e^{-x})

(the acceptance ratio of Bennett 1976), and all histograms together give
:math:`\Omega(k)\propto\sum_jn_j(k)\big/\sum_jn_je^{-2\gamma_jk}/Z_j` (Ferrenberg and Swendsen 1989).

*Moves*: one weight is flipped, or two at once, which where many patterns are barely satisfied is allowed more often; neighbouring springs exchange their walks.

*What may go wrong.* Solutions that no such moves connect to :math:`\tilde w` are not counted. Near capacity most solutions have no solution near them, and the number of
patterns that are barely satisfied grows like :math:`\alpha\sqrt N`, each of which forbids half of all flips: at large N the walks stand still. So the same ladder is started a second
time, at another solution; if both reach the same mean distances the answer does not depend on the start, and if not, that is said. Chapter *dense-algorithms*.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logsumexp
from tqdm.auto import tqdm

from learnscape.errors import ConvergenceError, real_array, require
from learnscape.learn._flips import Walkers, flip, mark, walkers
from learnscape.learn._input import as_binary_weights, as_positive_integer
from learnscape.learn._packed import signs
from learnscape.learn.stochastic_synapses import sbpi
from learnscape.numerics.jit import kernel
from learnscape.numerics.rng import generator
from learnscape.results import by_identity

__all__ = ["SampledLocalEntropy", "sample_local_entropy"]

Array = NDArray[np.float64]
BLOCKS, FORGOTTEN = (
    10,
    2,
)  # parts of a walk, of which the first are thrown away; long, for walks wander slowly over the springs
APART = 5.0  # standard errors, from two times 8 parts, that two starts may differ at the worst of some tens of springs


@by_identity
class SampledLocalEntropy(NamedTuple):
    """Solutions at distances from a solution, as walks met them."""

    distance: Array
    """Hamming distances/N, as they could be realised: multiples of 1/N; (D,)."""
    entropy: Array
    """ln(number of solutions at exactly this distance)/N; -inf where no walk came, which does not prove that there is none; (D,)."""
    error: Array
    """Standard error of it, from the scatter of the parts of the walks; inf where no or a single part came there; (D,)."""
    visits: NDArray[np.int64]
    """How often a walk was there at the end of a sweep; (D,)."""
    coupling: Array
    """Springs gamma, the strongest first; (R,)."""
    mean_distance: Array
    """Mean Hamming distance/N at each spring, from all histograms; (R,)."""
    mean_entropy: Array
    """Entropy/N of all solutions as this spring weighs them, ln Z + 2 gamma <k>: what :func:`local_entropy` gives at the same coupling; (R,)."""
    mean_error: Array
    """Standard error of it; (R,)."""
    acceptance: Array
    """Part of the proposed moves that were made, at each spring; (R,)."""
    exchange: Array
    """Part of the proposed exchanges between neighbours that were made; (R - 1,)."""
    correlation: Array
    """Sweeps between two independent values of the distance, at each spring; inf where it never changed; (R,)."""
    elsewhere: Array | None
    """Mean Hamming distance/N at each spring of the walks that started at another solution; None if no other was known."""
    agree: bool | None
    """Whether both starts gave the same distances within errors; then all numbers are of both, else of the walks from the given weights alone. None without other."""


@kernel
def _walk(
    columns: Any,
    words: Any,
    weights: Any,
    fields: Any,
    least: Any,
    gamma: Any,
    at: Any,
    distance: Any,
    random: Any,
    path: Any,
    made: Any,
) -> None:
    """Sweeps of N proposed moves of each walk, and an exchange after each.

    The weights are those relative to the centre, so that -1 means different; ``at`` is the walk at each spring. A single flip violates a pattern that agrees with the
    weight and has a field below the bound + 2, a double flip one that agrees with both and has a field below the bound + 4.
    """
    n = columns.shape[0]
    count = weights.shape[0]
    near, wide = np.empty((count, words.shape[1]), np.uint64), np.empty((count, words.shape[1]), np.uint64)
    for a in range(count):
        mark(fields[a], least + 2, least + 4, near[a], wide[a])
    none = np.uint64(0)
    for t in range(path.shape[0]):
        for r in range(count):
            a = at[r]
            for _ in range(n):
                i = int(random.random() * n)
                j = i
                if n > 1 and random.random() < 0.5:
                    j = int(random.random() * (n - 1))
                    j += 1 if j >= i else 0
                change = weights[a, i] if i == j else weights[a, i] + weights[a, j]
                loss = 2.0 * gamma[r] * change
                if loss > 0.0 and random.random() >= math.exp(-loss):
                    continue
                one = none if weights[a, i] > 0 else ~none
                two = none if weights[a, j] > 0 else ~none
                violated = none
                if i == j:
                    for k in range(words.shape[1]):
                        violated |= near[a, k] & (words[i, k] ^ one)
                else:
                    for k in range(words.shape[1]):
                        violated |= wide[a, k] & (words[i, k] ^ one) & (words[j, k] ^ two)
                if violated:
                    continue
                flip(weights[a], fields[a], i, columns[i])
                if i != j:
                    flip(weights[a], fields[a], j, columns[j])
                mark(fields[a], least + 2, least + 4, near[a], wide[a])
                distance[a] += change
                made[0, r] += 1
        for r in range(t % 2, count - 1, 2):
            a, b = at[r], at[r + 1]
            gain = 2.0 * (gamma[r] - gamma[r + 1]) * (distance[a] - distance[b])
            if gain >= 0.0 or random.random() < math.exp(gain):
                at[r], at[r + 1] = b, a
                made[1, r] += 1
        for r in range(count):
            path[t, r] = distance[at[r]]


def sample_local_entropy(
    patterns: ArrayLike,
    weights: ArrayLike,
    distances: ArrayLike,
    *,
    kappa: float = 0.0,
    couplings: ArrayLike | None = None,
    start: ArrayLike | None = None,
    sweeps: int = 4_000,
    rng: int | np.random.Generator | None = None,
    progress: bool = False,
) -> SampledLocalEntropy:
    """Number of the binary solutions at distances from a solution, by Monte Carlo with restraint.

    Parameters
    ----------
    patterns : array_like, shape (P, N)
        Entries +1 and -1, labels folded in.
    weights : array_like, shape (N,)
        +1 and -1, a solution.
    distances : float or array_like
        Hamming distances/N in [0, 1]; rounded to multiples of 1/N.
    kappa : float
        Stability w.xi / sqrt(N) demanded of every pattern, in [-sqrt(N), sqrt(N)].
    couplings : array_like, optional
        Springs gamma, at least two. Left out, a ladder from 0 to where about half a weight differs, so dense that the histograms of neighbours overlap.
    start : array_like, shape (N,), optional
        Another solution, where the walks start a second time. Left out, one that :func:`sbpi` finds.
    sweeps : int
        Length of a walk, >= 200; a sweep is N proposed moves. The first fifth is not used.
    rng : int or numpy.random.Generator, optional
        All choices.
    progress : bool
        Show a bar.

    Returns
    -------
    SampledLocalEntropy

    Raises
    ------
    ConvergenceError
        No walk came back to the weights: the strongest spring is too weak.
    ValueError
        Bad input, or weights that are no solution.

    Notes
    -----
    Good for N up to one or two hundred, further at small load (N = 1001 at alpha = 0.1; at alpha = 0.4 no longer N = 501); look at ``.agree``, ``.acceptance`` and
    ``.correlation``. A sweep costs of the order of N P / 64 for each of the 1.6 sqrt(N) springs. The errors were found right within a few per cent where the weights have
    neighbours, and up to a third too small where they are nearly isolated, so that all of the count hangs on a few ways out.

    Examples
    --------
    >>> from learnscape.learn import sbpi
    >>> from learnscape.patterns import random_patterns
    >>> xi = random_patterns(20, 61, rng=1)
    >>> near = sample_local_entropy(xi, sbpi(xi, rng=1).weights, [2 / 61], rng=1)
    >>> near.agree, bool(near.entropy[0] < np.log(61 * 60 / 2) / 61)  # fewer than all pairs of flips
    (True, True)
    """
    up = signs(patterns)
    n = up.shape[1]
    wanted = np.atleast_1d(real_array("distances", distances))
    good = wanted.ndim == 1 and bool(np.all((wanted >= 0.0) & (wanted <= 1.0)))
    require(good, "distances", distances, "numbers in [0, 1]")
    length = as_positive_integer("sweeps", sweeps)
    require(length >= 200, "sweeps", sweeps, "an integer >= 200")
    require(isinstance(progress, bool), "progress", progress, "True or False")
    gamma = _ladder(n) if couplings is None else np.unique(real_array("couplings", couplings, ndim=1))[::-1]
    require(gamma.size >= 2, "couplings", couplings, "at least two different numbers")
    random = generator(rng)
    w = as_binary_weights(weights, n)
    up = up == (w > 0.0)  # relative to the weights
    home = _solution("weights", np.ones(n), up, kappa)
    other = None
    if start is not None:
        other = _solution("start", as_binary_weights(start, n, "start") * w, up, kappa)
    else:
        run = sbpi(np.where(up, 1, -1), kappa, rng=random)
        other = run.weights if run.solved else None

    starts = [home] if other is None else [home, other]
    with tqdm(total=BLOCKS * len(starts), unit="part", disable=not progress, dynamic_ncols=True) as bar:
        walks = [
            _Walks(walkers(up, kappa, np.tile(s, (gamma.size, 1))), gamma, random, -(-length // BLOCKS), bar)
            for s in starts
        ]
    agree = None if other is None else _same(walks[0].path, walks[1].path)
    used = walks if agree else walks[:1]
    path = np.concatenate([walk.path for walk in used])  # (blocks, sweeps, springs)
    blocks = np.array([[np.bincount(k, minlength=n + 1) for k in part.T] for part in path])
    total = blocks.sum(axis=0)
    if not total[:, 0].any():
        raise ConvergenceError(
            f"no walk came back to the weights: a spring stronger than {gamma[0]:.4g} is needed"
        )
    entropy = _log_counts(total, gamma)
    parts = np.array([_log_counts(total - block, gamma) for block in blocks])
    mean, mean_entropy = _restrained(entropy, gamma)
    at = np.rint(wanted * n).astype(int)
    with np.errstate(invalid="ignore"):  # -inf - -inf where none or one part has been
        error = _jackknife(parts[:, at])
    visits = total.sum(axis=0)[at]
    made = np.mean([walk.made for walk in used], axis=0)
    return SampledLocalEntropy(
        distance=at / n,
        entropy=entropy[at] / n,
        error=np.where(np.isnan(error), np.inf, error) / n,
        visits=visits,
        coupling=gamma,
        mean_distance=mean / n,
        mean_entropy=mean_entropy / n,
        mean_error=_jackknife(np.array([_restrained(part, gamma)[1] for part in parts])) / n,
        acceptance=made[0],
        exchange=made[1, :-1],
        correlation=np.mean([_correlation(walk.path) for walk in used], axis=0),
        elsewhere=None if other is None else walks[1].path.mean(axis=(0, 1)) / n,
        agree=agree,
    )


def _ladder(n: int) -> Array:
    """Springs between 0 and the one at which half a free weight differs; the mean distances of free weights are a standard deviation apart."""
    strongest = 0.5 * math.log(max(2.0 * n - 1.0, 2.0))
    end = math.asin(math.tanh(strongest))  # the standard deviation sqrt(N)/(2 cosh) integrates to this angle
    return np.asarray(np.arctanh(np.sin(np.linspace(end, 0.0, 2 + math.ceil(end * math.sqrt(n))))))


def _solution(name: str, w: Array, up: NDArray[np.bool_], kappa: float) -> Array:
    state = walkers(up, kappa, w[None])
    violated = int((state.fields[0] < state.least).sum())
    require(
        violated == 0, f"patterns that {name} violates", violated, "0: walks among solutions start at one"
    )
    return w


class _Walks:
    """The distances along the walks from one start, (blocks, sweeps, springs), without the first; and the parts of moves and exchanges that were made."""

    def __init__(
        self, state: Walkers, gamma: Array, random: np.random.Generator, length: int, bar: Any
    ) -> None:
        count, n = state.weights.shape
        distance = (state.weights < 0).sum(axis=1)
        at = np.arange(count)
        path = np.empty((BLOCKS, length, count), np.int64)
        made = np.zeros((2, count), np.int64)
        for part in range(BLOCKS):
            if part == FORGOTTEN:
                made[:] = 0
            _walk(*state, gamma, at, distance, random, path[part], made)
            bar.update()
        self.path = path[FORGOTTEN:]
        steps = (BLOCKS - FORGOTTEN) * length
        self.made = made / np.array([[n * steps], [0.5 * steps]])


def _same(one: NDArray[np.int64], two: NDArray[np.int64]) -> bool:
    """Whether the mean distances of two walks agree at every spring, within the errors that the scatter of their parts says."""
    first, second = one.mean(axis=1), two.mean(axis=1)  # (blocks, springs)
    error2 = (first.var(axis=0, ddof=1) + second.var(axis=0, ddof=1)) / len(first)
    gap = np.abs(first.mean(axis=0) - second.mean(axis=0))
    return bool(np.all(gap <= APART * np.sqrt(error2)))


def _correlation(path: NDArray[np.int64]) -> Array:
    """Sweeps between independent distances: how much more the means of parts scatter than those of as many independent ones would."""
    variance = path.var(axis=(0, 1))
    means = path.mean(axis=1).var(axis=0, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(variance > 0.0, path.shape[1] * means / variance, np.inf)


def _restrained(counts: Array, gamma: Array) -> tuple[Array, Array]:
    """Mean distance k at each spring, and the entropy ln Z + 2 gamma <k>, from ln Omega(k)."""
    k = np.arange(counts.size)
    exponents = counts - 2.0 * gamma[:, None] * k
    log_z = logsumexp(exponents, axis=1)
    mean = np.exp(exponents - log_z[:, None]) @ k
    return mean, log_z + 2.0 * gamma * mean


def _jackknife(without: Array) -> Array:
    """Standard error of what was estimated from all parts, from the estimates without one of them, a row each."""
    answer: Array = np.sqrt(len(without) - 1.0) * without.std(axis=0)
    return answer


def _log_counts(histograms: NDArray[np.int64], gamma: Array) -> Array:
    """ln Omega(k) from the numbers of visits, (springs, N + 1); -inf where there was none."""
    k = np.arange(histograms.shape[1])
    part = histograms / histograms.sum(axis=1, keepdims=True)
    delta = 2.0 * (gamma[:-1] - gamma[1:])[:, None]
    low, high = np.full(len(delta), -1.0), delta[:, 0] * k[-1] + 1.0
    low, high = low - delta[:, 0], high + delta[:, 0]
    for _ in range(60):  # the left side falls with x, the right side grows
        x = 0.5 * (low + high)
        weak = expit(x[:, None] - delta * k)
        grows = (part[:-1] * (1.0 - weak)).sum(axis=1) > (part[1:] * weak).sum(axis=1)
        low, high = np.where(grows, x, low), np.where(grows, high, x)
    partition = np.concatenate([[0.0], np.cumsum(0.5 * (low + high))])
    exponents = np.log(histograms.sum(axis=1))[:, None] - 2.0 * gamma[:, None] * k - partition[:, None]
    with np.errstate(divide="ignore"):
        counts = np.log(histograms.sum(axis=0)) - logsumexp(exponents, axis=0)
    answer: Array = counts - counts[0]
    return answer
