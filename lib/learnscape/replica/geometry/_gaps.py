r"""Gaps in the overlaps: where several solutions at a given distance cannot exist.

*Problem.* Count the sets of y solutions whose overlaps form a tree: in groups of :math:`m_1=y` the overlap is at least :math:`q_1`, in their subgroups of
:math:`m_2` it is :math:`q_2`, and so on. For binary weights the mean number of such sets is :math:`e^{Ny\,\Sigma}`,

.. math::
    \Sigma=\min_{\hat q}\Bigl\{\Phi_S(\hat q)-\tfrac12\hat q_k-\tfrac12\sum_i(m_i-m_{i+1})\hat q_iq_i\Bigr\}+\alpha\,\Phi_E(q),\qquad m_{k+1}=1,

with :math:`\Phi_S` the average of ln 2cosh over the tree :math:`(0,\hat q_1,\dots)` and :math:`\Phi_E` that of ln P(allowed) over :math:`(0,q_1,\dots)`, both at block
parameters :math:`m_i` (:mod:`learnscape.ansatz`). Where it is negative there are none (Markov's inequality: this is proved). So

.. math::  \alpha_{gap}=\min_{q,\hat q,m}\frac{\Phi_S-\dots}{-\Phi_E}

is a load beyond which some overlaps are forbidden: a gap, which algorithms of many kinds provably cannot cross. A single level is the m-overlap gap, of y = m solutions at
one mutual distance; more levels are the ultrametric gap. Gamarnik (2021); Gamarnik, Kizildag, Perkins and Xu (2022). Chapter *geometry*.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize

from learnscape.ansatz import Tree, average
from learnscape.constraints import Constraint
from learnscape.errors import ConvergenceError, is_finite, is_integer, is_number, require

__all__ = ["Gap", "overlap_gap", "tuple_entropy"]

Array = NDArray[np.float64]
LARGEST = 64.0  # solutions in one set
NEAREST = 1e-6  # nearer than this, and nearer to 1/2, the averages lose digits and take minutes


@dataclass(frozen=True, slots=True)
class Gap:
    """Where the first gap opens."""

    constraint: Constraint
    """What each solution satisfies."""
    alpha: float
    """The load beyond which the gap exists: an upper bound of where solutions at all distances end."""
    distances: tuple[float, ...]
    """Distances (1 - q_i)/2 of the sets that vanish first, from the outermost level to the innermost."""
    sizes: tuple[float, ...]
    """Solutions in a set, and in its subsets."""
    residual: float
    """Largest derivative of the logarithm of the load in the logarithms of all parameters."""


class _Load(NamedTuple):
    """Entropy and energy of sets, per weight, pattern and solution, with their derivatives in q, q_hat and m."""

    entropy: float
    energy: float
    by_q: tuple[Array, Array]
    by_hat: Array
    by_m: tuple[Array, Array]


def _spins(h: Array) -> tuple[Array, Array, Array]:
    """ln 2cosh and its derivatives."""
    size, slope = np.abs(h), np.tanh(h)
    return size + np.log1p(np.exp(-2.0 * size)), slope, 1.0 - slope * slope


def _sets(constraint: Constraint, q: Array, hats: Array, m: Array) -> _Load:
    """Both terms at one point; the derivatives are those of :mod:`learnscape.ansatz.average`."""
    spins = average(_spins, Tree((0.0, *hats), m, 2.0 * hats[-1]), edges=(0.0,), width=0.5, widens=False)
    tree = Tree((0.0, *q), m)
    edges, width = constraint.bends(tree.variance)
    patterns = average(lambda h: constraint.terms(h, tree.variance), tree, edges=edges, width=width)
    steps = m - np.append(m[1:], 1.0)
    below = np.append(0.0, hats[:-1] * q[:-1])
    return _Load(
        spins.value - 0.5 * (hats[-1] + float(steps @ (hats * q))),
        patterns.value,
        (-0.5 * steps * hats, 0.5 * steps * np.array(patterns.slope2[1:])),
        0.5 * steps * (np.array(spins.slope2[1:]) - q),
        (np.diff(spins.mean) / m - 0.5 * (hats * q - below), np.diff(patterns.mean) / m),
    )


def _inner(parts: Array) -> Array:
    """For each level the sum over this one and all further in."""
    total: Array = np.cumsum(parts[::-1])[::-1]
    return total


def _check(constraint: object) -> None:
    good = isinstance(constraint, Constraint) and constraint.symmetric
    require(
        good,
        "constraint",
        constraint,
        "a symmetric one, such as SymmetricMargin(1.0): for others the mean number of sets is not typical",
    )


def tuple_entropy(constraint: Constraint, alpha: float, distance: float, size: int) -> float:
    """ln of the mean number of sets of binary solutions at one mutual distance, divided by N times their size (proved).

    Parameters
    ----------
    constraint : Constraint
        A symmetric one.
    alpha : float
        Load P/N, >= 0.
    distance : float
        Mutual Hamming distance divided by N, from 1e-6 (some ten seconds; 0.01 takes one) to 1/2 - 1e-6.
    size : int
        Number of solutions in the set, from 2 to 64.

    Returns
    -------
    float
        Negative where there are no such sets.

    Raises
    ------
    ValueError
        Bad input.

    Examples
    --------
    >>> from learnscape import SymmetricMargin
    >>> round(tuple_entropy(SymmetricMargin(1.0), 0.0, 0.25, 2), 6)  # ln 2/2 + binary entropy of 1/4, divided by 2
    0.627741
    """
    _check(constraint)
    require(is_finite(alpha) and alpha >= 0.0, "alpha", alpha, "a finite number >= 0")
    allowed = f"a number from {NEAREST:g} to 1/2 - {NEAREST:g}"
    require(is_finite(distance) and NEAREST <= distance <= 0.5 - NEAREST, "distance", distance, allowed)
    require(is_integer(size) and 2 <= size <= LARGEST, "size", size, f"an integer from 2 to {LARGEST:g}")
    q, m = np.array([1.0 - 2.0 * distance]), np.array([float(size)])
    slope = lambda logarithm: float(_sets(constraint, q, np.exp([logarithm]), m).by_hat[0])  # noqa: E731
    highest = (
        math.log(math.atanh(q[0])) + 0.1
    )  # for pairs q = tanh(q_hat); larger sets, ferromagnets all, need less
    lowest = min(-12.0, math.log(q[0]) - 1.0)  # q = q_hat where both are small
    root = brentq(slope, lowest, highest, xtol=1e-12)
    found = _sets(constraint, q, np.exp([root]), m)
    return float(found.entropy + alpha * found.energy)


def overlap_gap(constraint: Constraint, *, sizes: Sequence[float] | None = None, levels: int = 1) -> Gap:
    """The load beyond which sets of binary solutions at some distances do not exist (first moment: proved).

    Parameters
    ----------
    constraint : Constraint
        A symmetric one, for instance ``SymmetricMargin(1.0)``.
    sizes : sequence of float, optional
        Solutions in a set, then in its subsets, > 1 and decreasing. If left out the sizes are real numbers, chosen such that the load is smallest: the formula of
        lifted random duality, no longer a count.
    levels : int
        Levels of the tree if no sizes are given: 1 or 2.

    Returns
    -------
    Gap

    Raises
    ------
    ValueError
        Bad input.
    ConvergenceError
        The minimum was not found: sets of more than about 20 nearly equal solutions leave too few digits.

    Examples
    --------
    >>> from learnscape import SymmetricMargin
    >>> gap = overlap_gap(SymmetricMargin(1.0), sizes=[2])
    >>> round(gap.alpha, 5), round(gap.distances[0], 4)
    (1.70015, 0.0155)
    """
    _check(constraint)
    if sizes is None:
        require(is_integer(levels) and levels in (1, 2), "levels", levels, "1 or 2")
        k = int(levels)
    else:
        good = (
            isinstance(sizes, Sequence)
            and 1 <= len(sizes) <= 2
            and all(is_number(m) and 1.0 < m <= LARGEST for m in sizes)
        )
        good = good and all(a > b for a, b in itertools.pairwise(sizes))
        require(good, "sizes", sizes, f"one or two decreasing numbers in (1, {LARGEST:g}]")
        k = len(sizes)

    free = sizes is None

    def unpack(x: Array) -> tuple[Array, Array, Array, Array]:
        part = 1.0 / (1.0 + np.exp(x[:k]))  # 1 - q_i is a part of 1 - q_{i-1}
        m = np.asarray(sizes, dtype=np.float64) if not free else 1.0 + _inner(np.exp(x[2 * k :]))
        q: Array = np.asarray(1.0 - np.cumprod(part), dtype=np.float64)
        return q, np.cumsum(np.exp(x[k : 2 * k])), m, part

    def log_load(x: Array) -> tuple[float, Array]:
        q, hats, m, part = unpack(x)
        at = _sets(constraint, q, hats, m)
        alpha = -at.entropy / at.energy
        by_q, by_m = at.by_q[0] + alpha * at.by_q[1], at.by_m[0] + alpha * at.by_m[1]
        gradient = [(1.0 - part) * _inner(by_q * (1.0 - q)), np.exp(x[k : 2 * k]) * _inner(at.by_hat)]
        if free:
            gradient.append(np.exp(x[2 * k :]) * np.cumsum(by_m))
        return math.log(alpha), np.concatenate(gradient) / at.entropy  # -alpha energy = entropy

    start = [3.0, 0.3, 1.2] if k == 1 else [3.5, 3.0, 0.3, 0.3, 2.0, 1.1]
    bounds = [(-4.0, 12.0)] * k + [(-6.0, 3.0)] * k + [(-4.0, 4.0)] * k
    given = slice(None) if free else slice(2 * k)
    found = minimize(
        log_load,
        start[given],
        jac=True,
        method="L-BFGS-B",
        bounds=bounds[given],
        options={"ftol": 1e-15, "gtol": 1e-9, "maxiter": 500},
    )
    residual = float(np.max(np.abs(found.jac)))
    q, _, m, _ = unpack(found.x)
    if residual > 1e-5:  # rounding leaves 2e-6 with two levels; the load is flat there
        reason = (
            f"the sizes, now {m[0]:.3g}, seem to grow without bound: give sizes"
            if free
            else f"the search stopped on a slope of {residual:.1g}; sets of many nearly equal solutions leave no digits, so try fewer"
        )
        raise ConvergenceError(f"the first gap of {constraint!r} was not found: {reason}", [residual])
    return Gap(
        constraint, math.exp(found.fun), tuple((0.5 * (1.0 - q)).tolist()), tuple(m.tolist()), residual
    )
