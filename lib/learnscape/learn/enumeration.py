r"""Count, exactly, the weights of few levels that satisfy a set of patterns.

For w in {-1, 1}^N, or {l_1, ..., l_L}^N, we count those whose stabilities w . xi^mu / sqrt(N) are allowed for every mu = 1 ... P, by any
:class:`~learnscape.constraints.Constraint`:

    w . xi^mu / sqrt(N) >= kappa   (Margin(kappa)),     |w . xi^mu| / sqrt(N) <= kappa   (SymmetricMargin(kappa)), ...

all states being examined, 64 at a time (see :mod:`learnscape.learn._bitslice`). The logarithm of the count is the
entropy of one instance, the quantity that the replica method averages (W. Krauth and M. Mezard 1989; the first
enumerations were those of W. Krauth and M. Opper, J. Phys. A 22, L519 (1989)).

Chapter: ``capacity/binary-weights``.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.constraints import Constraint, Margin
from learnscape.errors import as_finite, is_finite, is_number, require
from learnscape.learn._bitslice import count_real, count_signs, real_table, sign_table
from learnscape.learn._input import as_patterns
from learnscape.learn._run import checked_allowed
from learnscape.weights import Binary, Discrete, Weights

__all__ = ["MAX_STATES", "MAX_WEIGHTS", "Enumeration", "enumerate_solutions"]

FloatArray = NDArray[np.float64]

MAX_WEIGHTS = 40
"""Largest N accepted: 2^40 states are about a minute for +-1 patterns; every further weight doubles it."""

MAX_STATES = 2**35
"""Largest number of states L^N accepted for other levels than +-1, N = 22 for three: half a minute."""

# A tie is a stability that equals kappa. 3 / sqrt(25) and 0.6 differ in the last bits, and so do the products with
# sqrt(N); a kappa within this relative distance of a tie is taken to mean the tie, which satisfies the constraint.
TIE = 8 * np.finfo(np.float64).eps
LOW_SIGNS = 12  # low weights of the +-1 counter: its tables fit the second-level cache (best of 9 to 13)
LOW_REAL = 512  # states of the low weights of the real counter: so many sorted partial fields per pattern
MIDDLE_REAL = 1024
LARGEST_EDGE = 1e300
SCALE = 1e280  # products of a level and an entry must be 0 or in [1/SCALE, SCALE]: sums of them neither overflow nor vanish


@dataclass(frozen=True, eq=False)
class Enumeration:
    """The exact number of solutions, from :func:`enumerate_solutions`."""

    count: int
    """Number of weight vectors that satisfy every pattern."""
    n: int
    """Number of weights N; the number of states examined is 2^N, or L^N."""
    solutions: NDArray[np.int8] | FloatArray | None
    """Shape (count, N), if they were asked for; int8 for levels +-1, else the levels as floats. The order is that of the search, and reproducible."""
    uncertain: int
    """Number of comparisons with a bound that came within rounding error of it. 0 means that the count is exact, and it
    is always 0 for patterns and levels that are integers. If it is positive, the count is the one that floating-point numbers give."""

    @property
    def entropy(self) -> float:
        """ln(count) / N in nats per weight; -inf where there is no solution."""
        return math.log(self.count) / self.n if self.count else -math.inf


def enumerate_solutions(
    patterns: ArrayLike,
    kappa: float = 0.0,
    *,
    constraint: Constraint | None = None,
    weights: Weights | None = None,
    return_solutions: bool = False,
    max_solutions: int = 2_000_000,
) -> Enumeration:
    r"""Count all weight vectors of few levels that satisfy every pattern; on request, return them.

    Parameters
    ----------
    patterns : array_like, shape (P, N)
        Labels folded in, N <= 40. Entries +-1 use the fast counter (N = 25 in a few milliseconds); other real entries
        one that is about twenty times slower.
    kappa : float
        Shorthand for ``constraint=Margin(kappa)``: every stability w.xi / sqrt(N) must be >= kappa.
    constraint : Constraint, optional
        What a pattern demands. Give either this or ``kappa``. Its ``edges`` and its method ``allowed`` decide.
    weights : Binary or Discrete, optional
        What a weight may be, +-1 by default. With L levels, at most 2^35 states L^N.
    return_solutions : bool
        Also return the solutions, shape (count, N).
    max_solutions : int
        The largest number of solutions that will be returned.

    Returns
    -------
    Enumeration

    Raises
    ------
    ValueError
        If the patterns are not a finite (P, N) array with N <= 40, if both ``kappa`` and ``constraint`` are given, if the weights cannot be enumerated, or if
        there are more than ``max_solutions`` solutions to return.

    Notes
    -----
    A tie (stability equal to kappa) satisfies the constraint. For +-1 patterns the field w.xi is an integer, and a kappa
    within 8 units in the last place of h / sqrt(N), h an integer, is taken to mean it: ``kappa=0.6`` at N = 25 admits
    w.xi = 3. For real patterns each field is a sum of N terms with rounding error below 4 N eps (|xi_1| + ... + |xi_N|);
    comparisons closer than that are counted in ``.uncertain``.

    References
    ----------
    W. Krauth and M. Opper, "Critical storage capacity of the J = +-1 neural network", J. Phys. A 22, L519 (1989).

    Examples
    --------
    >>> from learnscape.patterns import random_patterns
    >>> enumerate_solutions(random_patterns(20, 25, rng=1)).count
    124
    >>> enumerate_solutions([[1, 1, 1]], return_solutions=True).solutions.tolist()
    [[1, 1, -1], [1, -1, 1], [-1, 1, 1], [1, 1, 1]]
    >>> from learnscape import Discrete, OuterMargin
    >>> enumerate_solutions([[1, 1, 1]], constraint=OuterMargin(1.0), weights=Discrete((-1, 0, 1))).count  # |w.xi| >= sqrt(3)
    8
    """
    xi = as_patterns(patterns)
    require(is_number(max_solutions), "max_solutions", max_solutions, "a number")
    n = xi.shape[1]
    require(n <= MAX_WEIGHTS, "N", n, f"at most {MAX_WEIGHTS}: all 2^N states are examined")
    levels = _levels(weights)
    binary = levels.tolist() == [-1.0, 1.0]
    most = int(math.log(MAX_STATES) / math.log(levels.size))
    allowed = f"at most {most} for {levels.size} levels: all {levels.size}^N states are examined"
    require(binary or n <= most, "N", n, allowed)
    demand = _demand(kappa, constraint)
    regions = _regions(demand, n)
    if binary and np.all(np.abs(xi) == 1.0):
        count, uncertain, digits = _run_signs(xi, demand, return_solutions, max_solutions)
    else:
        count, uncertain, digits = _run_real(xi, levels, regions, return_solutions, max_solutions)
    solutions: NDArray[np.int8] | FloatArray | None = None
    if digits is not None:
        solutions = (2 * digits - 1).astype(np.int8) if binary else levels[digits]
    return Enumeration(count=count, n=n, solutions=solutions, uncertain=uncertain)


def _levels(weights: Weights | None) -> FloatArray:
    """The levels of one weight."""
    allowed = "Binary() or Discrete(levels), or of a subclass with the same method local"
    require(weights is None or isinstance(weights, Weights), "weights", weights, allowed)
    local = None if weights is None else type(weights).local
    if weights is None or local is Binary.local:
        return np.array([-1.0, 1.0])
    require(isinstance(weights, Discrete) and local is Discrete.local, "weights", weights, allowed)
    assert isinstance(weights, Discrete)
    return np.array(weights.levels)


def _demand(kappa: float, constraint: Constraint | None) -> Constraint:
    if constraint is None:
        return Margin(as_finite("kappa", kappa))
    require(is_finite(kappa) and kappa == 0.0, "kappa", kappa, "left out when constraint is given")
    allowed = "an instance of a Constraint class such as Margin(kappa)"
    require(isinstance(constraint, Constraint), "constraint", constraint, allowed)
    return constraint


class _Regions(NamedTuple):
    """Where the field w.xi is allowed: it changes at every bound."""

    bounds: FloatArray
    """Increasing, ties moved inside or outside; (K,)."""
    ties: NDArray[np.bool_]
    """Whether a field at the bound counts as below it; (K,)."""
    full: bool
    """Whether fields below the first bound are allowed."""


def _regions(constraint: Constraint, n: int) -> _Regions:
    """The bounds of the field from the edges and the method ``allowed``, and a refusal where the two contradict each other."""
    edges = np.unique(np.asarray(constraint.edges, dtype=float))
    require(
        not edges.size or float(np.abs(edges).max()) <= LARGEST_EDGE,
        "constraint",
        constraint,
        f"one with edges up to {LARGEST_EDGE:g}",
    )
    far = 1.0 + (float(np.abs(edges).max()) if edges.size else 0.0)
    ends = np.concatenate([[-2.0 * far], edges, [2.0 * far]])
    inside = checked_allowed(constraint, 0.5 * (ends[1:] + ends[:-1]))
    at_edge = checked_allowed(constraint, edges)
    grid = np.concatenate(
        [low + (high - low) * np.arange(1, 100) / 100.0 for low, high in itertools.pairwise(ends)]
    )
    here = inside[np.searchsorted(edges, grid)]
    bad = grid[checked_allowed(constraint, grid) != here]
    where = f"one whose edges {edges.tolist()} are the ends of its allowed set; allowed changes"
    require(
        bad.size == 0,
        "constraint",
        constraint,
        f"{where} elsewhere, near {float(bad[0]) if bad.size else 0.0:.4g}",
    )
    bounds, ties = [], []
    for edge, tied, before, after in zip(edges, at_edge, inside[:-1], inside[1:], strict=True):
        width = TIE * abs(edge)
        # The edge itself belongs to the region below it, to the one above, or (a point, a puncture) to neither.
        if before == after != tied:
            bounds += [edge - width, edge + width]
            ties += [False, True]
        elif before != after:
            below = bool(tied == before)
            bounds.append(edge + width if below else edge - width)
            ties.append(below)
    return _Regions(math.sqrt(n) * np.array(bounds), np.array(ties, dtype=bool), bool(inside[0]))


_Answer = tuple[int, int, "NDArray[Any] | None"]


def _run_signs(xi: FloatArray, constraint: Constraint, wanted: bool, limit: int) -> _Answer:
    n = xi.shape[1]
    k = min(LOW_SIGNS, n)
    stability = (n - 2 * np.arange(n + 1)) / math.sqrt(n)  # where w and xi differ in d places
    for edge in constraint.edges:
        stability[np.abs(stability - edge) <= TIE * abs(edge)] = edge
    allowed = checked_allowed(constraint, stability)
    xi = np.unique(xi, axis=0)  # a pattern that occurs twice demands nothing new
    plus = xi > 0
    low_patterns = plus[:, :k] @ (1 << np.arange(k))
    table = sign_table(allowed, low_patterns, k, n - k)
    steps = np.ascontiguousarray(np.where(plus[:, k:], -1, 1).T.astype(np.int64))
    start = plus[:, k:].sum(axis=1).astype(np.int64)
    count = int(count_signs(table, steps, start, k, np.empty((0, n), np.int8)))
    if not wanted:
        return count, 0, None
    solutions = _space(count, n, limit, np.int8)
    if count:
        count_signs(table, steps, start, k, solutions)
    return count, 0, solutions


def _run_real(xi: FloatArray, levels: FloatArray, regions: _Regions, wanted: bool, limit: int) -> _Answer:
    n = xi.shape[1]
    k = min(max(1, round(math.log(LOW_REAL) / math.log(levels.size))), n)
    m = min(max(1, round(math.log(MIDDLE_REAL) / math.log(levels.size))), n - k)
    with np.errstate(over="ignore", under="ignore"):
        size = np.abs(xi).sum(axis=1) * np.abs(levels).max()
        least = np.abs(xi[xi != 0.0]).min(initial=1.0) * np.abs(levels[levels != 0.0]).min()
    require(
        float(size.max()) <= SCALE and float(least) >= 1.0 / SCALE,
        "levels",
        levels.tolist(),
        f"such that their products with entries of the patterns are 0 or in [{1.0 / SCALE:g}, {SCALE:g}]: rescale the patterns",
    )
    kind: type[np.signedinteger[Any]] = np.int16 if levels.size < 2**15 else np.int32  # of a digit
    low = xi[:, :k] @ _states(k, levels).T
    order = np.argsort(low, axis=1, kind="stable")
    sorted_low = np.take_along_axis(low, order, axis=1)
    middle = np.ascontiguousarray(_states(m, levels) @ xi[:, k : k + m].T)
    top = np.ascontiguousarray(xi[:, k + m :])
    whole = bool(np.all(xi == np.rint(xi)) and np.all(levels == np.rint(levels)) and size.max() < 2.0**52)
    largest = float(np.abs(regions.bounds).max()) if regions.bounds.size else 0.0
    # Sums of integers are exact: no comparison is uncertain.
    error = np.full(len(xi), -1.0) if whole else 4 * n * np.finfo(np.float64).eps * (size + largest)
    tables = (real_table(order), sorted_low, middle, top, levels, *regions, error)
    count, uncertain = count_real(*tables, np.empty((0, n), kind))
    if not wanted:
        return int(count), int(uncertain), None
    solutions = _space(int(count), n, limit, kind)
    if count:
        count_real(*tables, solutions)
    return int(count), int(uncertain), solutions


def _states(k: int, levels: FloatArray) -> FloatArray:
    """All L^k weight vectors, row j holding the levels of the digits of j in base L, lowest first."""
    digits = np.arange(levels.size**k)[:, None] // levels.size ** np.arange(k) % levels.size
    return levels[digits]


def _space(count: int, n: int, limit: int, kind: type[np.signedinteger[Any]]) -> NDArray[Any]:
    allowed = f"at least the number of solutions, {count} (they take {count * n / 1e6:.3g} MB)"
    require(count <= limit, "max_solutions", limit, allowed)
    return np.empty((count, n), kind)
