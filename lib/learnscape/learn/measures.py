r"""What surrounds a solution: the error of perturbed weights, and the number of solutions nearby.

*Local energy*: flip a fraction d of the weights at random; which part of the patterns is violated then? In a wide valley few. For one perceptron and patterns of +-1
the mean over all choices of the flips is a sum over hypergeometric chances (:func:`learnscape.learn.kernels.energy_after_flips`), elsewhere flips are drawn.

*Local entropy*: how many solutions lie at distance d of given weights? Belief propagation in the field :math:`\gamma\tilde w_i` prefers solutions near
:math:`\tilde w`; the coupling :math:`\gamma` is raised until their mean overlap is 1 - 2d, and their entropy is read off. Chapter *dense-algorithms*; its typical value for
typical solutions is that of :func:`learnscape.replica.franz_parisi.entropy`.
"""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from learnscape.constraints import Constraint, Margin
from learnscape.errors import ConvergenceError, is_finite, is_number, real_array, require
from learnscape.learn._input import as_binary_weights, as_patterns, as_positive_integer
from learnscape.learn.committee import Committee, as_weights
from learnscape.learn.kernels import energy_after_flips
from learnscape.learn.message_passing import Messages
from learnscape.learn.stability import TIE
from learnscape.numerics.rng import generator
from learnscape.results import by_identity
from learnscape.weights import Binary

__all__ = ["LocalEnergy", "LocalEntropy", "local_energy", "local_entropy"]

Array = NDArray[np.float64]
NEAREST = 1e-12  # no double of 1 - 2d is nearer to one


@by_identity
class LocalEnergy(NamedTuple):
    """Violated patterns after random flips."""

    fraction: Array
    """Fractions of flipped weights, as they could be realised: multiples of 1/N."""
    energy: Array
    """Mean fraction of violated patterns."""
    error: Array
    """Standard error of that mean, over the draws of the flips; zero where it is exact."""


class LocalEntropy(NamedTuple):
    """Solutions at a distance from given weights."""

    distance: float
    """Mean Hamming distance/N of the solutions that were counted."""
    entropy: float
    """ln(their number)/N, by Bethe's formula."""
    coupling: float
    """The field gamma that holds them there."""
    overlap: float
    """|mean|^2/N of these solutions, the overlap of two of them."""


def local_energy(
    patterns: ArrayLike,
    weights: ArrayLike,
    fractions: ArrayLike = (0.01, 0.02, 0.05, 0.1, 0.2),
    *,
    committee: Committee | None = None,
    kappa: float = 0.0,
    draws: int = 100,
    rng: int | np.random.Generator | None = None,
) -> LocalEnergy:
    """Mean training error of binary weights after a fraction of them was flipped at random.

    Exact, over all choices of the flips, for one perceptron and patterns of +1 and -1; of a committee, or with real patterns, a mean over random draws.

    Parameters
    ----------
    patterns : array_like, shape (P, N)
        Labels folded in.
    weights : array_like, shape (N,), or (K, n) of a committee
        +1 and -1.
    fractions : float or array_like
        In [0, 1]; rounded to multiples of one weight.
    committee : Committee, optional
        The machine whose weights these are; left out, one perceptron.
    kappa : float
        A pattern is violated below this stability; 0 for a committee.
    draws : int
        Random sets of flips for each fraction, >= 2, where flips are drawn.
    rng : int or numpy.random.Generator, optional
        Of these draws.

    Returns
    -------
    LocalEnergy
        ``.error`` is zero where no flips are drawn.

    Raises
    ------
    ValueError
        Bad input.

    Examples
    --------
    >>> from learnscape.learn import sbpi
    >>> from learnscape.patterns import random_patterns
    >>> xi = random_patterns(300, 501, rng=1)
    >>> found = local_energy(xi, sbpi(xi, rng=1).weights, [0.0, 0.05, 0.5])
    >>> found.energy.round(3).tolist(), found.error.tolist()
    ([0.0, 0.12, 0.5], [0.0, 0.0, 0.0])
    """
    xi = as_patterns(patterns)
    w = as_weights(weights, xi.shape[1], committee)
    wanted = np.atleast_1d(real_array("fractions", fractions))
    bad = wanted[~((wanted >= 0.0) & (wanted <= 1.0))]
    require(
        bad.size == 0 and wanted.ndim == 1,
        "fractions",
        float(bad[0]) if bad.size else fractions,
        "numbers in [0, 1]",
    )
    require(is_finite(kappa), "kappa", kappa, "a finite number")
    times = as_positive_integer("draws", draws)
    require(times >= 2, "draws", draws, "an integer >= 2")
    require(committee is None or kappa == 0.0, "kappa", kappa, "0 for a committee")
    random = generator(rng)
    counts = np.rint(wanted * w.size).astype(int)
    fields = xi @ w if committee is None else np.empty(0)
    size = math.sqrt(w.size)
    tie = TIE * np.abs(xi).max(axis=1) * size  # so near to the bound a field is rounding
    least = size * (kappa - tie)
    if committee is None and np.all(np.abs(xi) == 1.0):
        exact = [energy_after_flips(fields, w.size, count, least[0], math.inf) for count in counts]
        return LocalEnergy(counts / w.size, np.array(exact), np.zeros(len(counts)))

    def violated(flipped: NDArray[np.intp]) -> int:
        if committee is None:
            return int(np.count_nonzero(fields - 2.0 * (xi[:, flipped] @ w[flipped]) < least))
        other = w.copy()
        other.flat[flipped] *= -1.0
        return committee.errors(xi, other)

    means, errors = [], []
    for count in counts:
        found = np.empty(times)
        for draw in range(times):
            found[draw] = violated(random.permutation(w.size)[:count]) / len(xi)
        means.append(found.mean())
        errors.append(found.std(ddof=1) / math.sqrt(times))
    return LocalEnergy(counts / w.size, np.array(means), np.array(errors))


def local_entropy(
    patterns: ArrayLike,
    weights: ArrayLike,
    distance: float,
    constraint: Constraint | None = None,
    *,
    tol: float = 1e-4,
    damping: float = 0.5,
) -> LocalEntropy:
    """Entropy of the binary solutions at a distance from given weights, by belief propagation.

    Parameters
    ----------
    patterns : array_like, shape (P, N)
        Labels folded in.
    weights : array_like, shape (N,)
        +1 and -1: where the ball is centred. They need not be a solution.
    distance : float
        Hamming distance/N, from 1e-12 to the mean distance of all solutions from these weights.
    constraint : Constraint, optional
        Left out: Margin(0.0).
    tol : float
        How near to it the mean distance must come, > 0.
    damping : float
        Of belief propagation.

    Returns
    -------
    LocalEntropy

    Raises
    ------
    ConvergenceError
        Belief propagation does not converge: no field holds solutions there, or they are broken up.
    ValueError
        Bad input, or a distance beyond that of all solutions.

    Examples
    --------
    >>> from learnscape.learn import sbpi
    >>> from learnscape.patterns import random_patterns
    >>> xi = random_patterns(400, 1001, rng=1)
    >>> near = local_entropy(xi, sbpi(xi, rng=1).weights, 0.1)
    >>> bool(0.2 < near.entropy < 0.325), round(near.distance, 3)  # below the binary entropy of 0.1
    (True, 0.1)
    """
    xi = as_patterns(patterns)
    n = xi.shape[1]
    w = as_binary_weights(weights, n)
    require(
        is_number(distance) and NEAREST <= distance < 1.0,
        "distance",
        distance,
        f"a number in [{NEAREST:g}, 1)",
    )
    require(is_finite(tol) and tol > 0.0, "tol", tol, "a number > 0")
    limit = Margin(0.0) if constraint is None else constraint

    messages = Messages(xi, Binary(), limit, damping, 0)
    trace = []

    @cache
    def at(coupling: float) -> LocalEntropy:
        found = messages.settle(coupling * w)
        return LocalEntropy(0.5 * (1.0 - float(found.mean @ w) / n), found.entropy, coupling, found.overlap)

    # without patterns a field atanh(1 - 2d) would hold the weights there; they push outwards or inwards
    low, high = at(0.0), at(math.atanh(1.0 - 2.0 * min(distance, 0.5)) + 0.05)
    require(
        distance <= low.distance + tol,
        "distance",
        distance,
        f"at most {low.distance:.4g}, where solutions are if nothing holds them",
    )
    while high.distance > distance:
        low, high = high, at(2.0 * high.coupling)

    def excess(coupling: float) -> float:
        trace.append(at(coupling).distance - distance)
        return 0.0 if abs(trace[-1]) < tol else trace[-1]  # at a zero Brent's method stops

    near = at(brentq(excess, low.coupling, high.coupling, disp=False))
    if not abs(near.distance - distance) < tol:
        raise ConvergenceError(
            f"no coupling holds solutions at distance {distance:.4g}: the distance jumps there", trace
        )
    return near
