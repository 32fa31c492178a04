r"""Count, exactly, the binary weights that satisfy a set of patterns.

For w in {-1, 1}^N we count the solutions of

    w . xi^mu / sqrt(N) >= kappa   for every mu = 1 ... P     (Margin(kappa)), or
    |w . xi^mu| / sqrt(N) <= kappa for every mu = 1 ... P     (SymmetricMargin(kappa)),

all 2^N states being examined, 64 at a time (see :mod:`learnscape.learn._bitslice`). The logarithm of the count is the
entropy of one instance, the quantity that the replica method averages (W. Krauth and M. Mezard 1989; the first
enumerations were those of W. Krauth and M. Opper, J. Phys. A 22, L519 (1989)).

Chapter: ``capacity/binary-weights``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.constraints import Margin, SymmetricMargin
from learnscape.errors import as_finite, require
from learnscape.learn._bitslice import count_real, count_signs, real_table, sign_table
from learnscape.learn._input import as_patterns

__all__ = ["MAX_WEIGHTS", "Enumeration", "enumerate_solutions"]

FloatArray = NDArray[np.float64]

MAX_WEIGHTS = 40
"""Largest N accepted: 2^40 states are about a minute for +-1 patterns; every further weight doubles it."""

# A tie is a stability that equals kappa. 3 / sqrt(25) and 0.6 differ in the last bits, and so do the products with
# sqrt(N); a kappa within this relative distance of a tie is taken to mean the tie, which satisfies the constraint.
TIE = 8 * np.finfo(np.float64).eps
LOW_SIGNS = 12  # low weights of the +-1 counter: its tables fit the second-level cache (best of 9 to 13)
LOW_REAL = 9  # low weights of the real counter: 2^9 sorted partial fields per pattern
MIDDLE_REAL = 10


@dataclass(frozen=True, eq=False)
class Enumeration:
    """The exact number of solutions, from :func:`enumerate_solutions`."""

    count: int
    """Number of weight vectors in {-1, 1}^N that satisfy every pattern."""
    n: int
    """Number of weights N; the number of states examined is 2^N."""
    solutions: NDArray[np.int8] | None
    """Shape (count, N), entries +-1, if they were asked for; the order is that of the search, and reproducible."""
    uncertain: int
    """Number of comparisons with a bound that came within rounding error of it. 0 means that the count is exact, and it
    is always 0 for +-1 patterns. If it is positive, the count is the one that floating-point numbers give."""

    @property
    def entropy(self) -> float:
        """ln(count) / N in nats per weight; -inf where there is no solution."""
        return math.log(self.count) / self.n if self.count else -math.inf


def enumerate_solutions(
    patterns: ArrayLike,
    kappa: float = 0.0,
    *,
    constraint: Margin | SymmetricMargin | None = None,
    return_solutions: bool = False,
    max_solutions: int = 2_000_000,
) -> Enumeration:
    r"""Count all w in {-1, 1}^N that satisfy every pattern; on request, return them.

    Parameters
    ----------
    patterns : array_like, shape (P, N)
        Labels folded in, N <= 40. Entries +-1 use the fast counter (N = 25 in a few milliseconds); other real entries
        one that is about twenty times slower.
    kappa : float
        Shorthand for ``constraint=Margin(kappa)``: every stability w.xi / sqrt(N) must be >= kappa.
    constraint : Margin or SymmetricMargin, optional
        What a pattern demands. Give either this or ``kappa``.
    return_solutions : bool
        Also return the solutions, int8, shape (count, N).
    max_solutions : int
        The largest number of solutions that will be returned.

    Returns
    -------
    Enumeration

    Raises
    ------
    ValueError
        If the patterns are not a finite (P, N) array with N <= 40, if both ``kappa`` and ``constraint`` are given, or if
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
    """
    xi = as_patterns(patterns)
    n = xi.shape[1]
    require(n <= MAX_WEIGHTS, "N", n, f"at most {MAX_WEIGHTS}: all 2^N states are examined")
    lower, upper = _interval(kappa, constraint, n)

    if np.all(np.abs(xi) == 1.0):
        count, uncertain, solutions = _run_signs(xi, lower, upper, return_solutions, max_solutions)
    else:
        count, uncertain, solutions = _run_real(xi, lower, upper, return_solutions, max_solutions)
    return Enumeration(count=count, n=n, solutions=solutions, uncertain=uncertain)


def _interval(kappa: float, constraint: Margin | SymmetricMargin | None, n: int) -> tuple[float, float]:
    """Bounds of the field w.xi that the constraint allows, ties moved inside."""
    if constraint is None:
        bound = as_finite("kappa", kappa) * math.sqrt(n)
        return bound - TIE * abs(bound), math.inf
    require(kappa == 0.0, "kappa", kappa, "left out when constraint is given")
    allowed = "Margin(kappa) or SymmetricMargin(kappa)"
    require(isinstance(constraint, (Margin, SymmetricMargin)), "constraint", constraint, allowed)
    bound = as_finite("constraint.kappa", constraint.kappa) * math.sqrt(n)
    if isinstance(constraint, SymmetricMargin):
        return -bound * (1 + TIE), bound * (1 + TIE)
    return bound - TIE * abs(bound), math.inf


_Answer = tuple[int, int, "NDArray[np.int8] | None"]


def _run_signs(xi: FloatArray, lower: float, upper: float, wanted: bool, limit: int) -> _Answer:
    n = xi.shape[1]
    k = min(LOW_SIGNS, n)
    field = n - 2 * np.arange(n + 1)  # w.xi where w and xi differ in d places
    allowed = (field >= lower) & (field <= upper)
    xi = np.unique(xi, axis=0)  # a pattern that occurs twice demands nothing new
    plus = xi > 0
    low_patterns = plus[:, :k] @ (1 << np.arange(k))
    table = sign_table(allowed, low_patterns, k, n - k)
    steps = np.ascontiguousarray(np.where(plus[:, k:], -1, 1).T.astype(np.int64))
    start = plus[:, k:].sum(axis=1).astype(np.int64)
    count = int(count_signs(table, steps, start, k, np.empty((0, n), np.int8)))
    if not wanted:
        return count, 0, None
    solutions = _space(count, n, limit)
    if count:
        count_signs(table, steps, start, k, solutions)
    return count, 0, solutions


def _run_real(xi: FloatArray, lower: float, upper: float, wanted: bool, limit: int) -> _Answer:
    n = xi.shape[1]
    k = min(LOW_REAL, n)
    m = min(MIDDLE_REAL, n - k)
    low = xi[:, :k] @ _states(k).T
    order = np.argsort(low, axis=1, kind="stable")
    sorted_low = np.take_along_axis(low, order, axis=1)
    middle = np.ascontiguousarray(_states(m) @ xi[:, k : k + m].T)
    top = np.ascontiguousarray(xi[:, k + m :])
    largest = max(abs(bound) for bound in (lower, upper) if math.isfinite(bound))
    error = 4 * n * np.finfo(np.float64).eps * (np.abs(xi).sum(axis=1) + largest)
    tables = (real_table(order), sorted_low, middle, top, lower, upper, error, k)
    count, uncertain = count_real(*tables, np.empty((0, n), np.int8))
    if not wanted:
        return int(count), int(uncertain), None
    solutions = _space(int(count), n, limit)
    if count:
        count_real(*tables, solutions)
    return int(count), int(uncertain), solutions


def _states(k: int) -> FloatArray:
    """All 2^k sign vectors, row j holding the binary digits of j, lowest first."""
    digits = (np.arange(1 << k)[:, None] >> np.arange(k)) & 1
    return 2.0 * digits.astype(np.float64) - 1.0


def _space(count: int, n: int, limit: int) -> NDArray[np.int8]:
    allowed = f"at least the number of solutions, {count} (they take {count * n / 1e6:.3g} MB)"
    require(count <= limit, "max_solutions", limit, allowed)
    return np.empty((count, n), np.int8)
