r"""The largest stability, exactly, with a proof.

The largest stability belongs to the shortest w with w.xi >= 1 on all patterns. We write xi^mu = u^mu / b_mu with rows u of length about
one and targets 0 < b_mu <= 1, so that very different lengths do no harm, and demand w.u^mu >= b_mu. The dual problem (see
:mod:`learnscape.learn.dual_ascent`) is to minimise (1/2) lambda.G.lambda - b.lambda over lambda >= 0, G the Gram matrix of the rows u. We
do it by an *active-set* method (C. L. Lawson and R. J. Hanson's for non-negative least squares). Keep a set S of linearly independent
patterns and repeat:

1. Solve G_SS z = b_S: all patterns of S get the fields demanded. If some z_mu < 0, go from lambda towards z until the first
   multiplier vanishes, drop that pattern, and repeat.
2. If every pattern has its field, this is the solution. Otherwise add the pattern that is most below its target to S.
3. If the new pattern is a combination u = sum_s c_s u^s of those in S, the move lambda_new = t, lambda_s = -t c_s leaves w
   unchanged and lowers the function by (b - field) t. Go until a multiplier vanishes and drop that pattern. If none ever
   does (all c_s <= 0), then (1, -c) >= 0 is a combination of patterns that vanishes: by Gordan's theorem they are not
   separable, and this combination is the certificate.

Every step lowers the function, so no S comes back and the method ends. A few AdaTron sweeps first find nearly the right S. What comes
out is checked against the patterns themselves. The rounding of w alone changes the stability of a pattern that is 1e10 times longer than
the shortest one by 1e-6 of the latter's length, and can make it negative. Where this matters we ask for a little more than the targets: all
stabilities are then large enough, and the shortest patterns, which decide, lose 1e-14 or so.

Chapters: ``capacity/perceptron``, ``capacity/gardner-volume``, ``capacity/learning-algorithms``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import blas, lapack

from learnscape.errors import ConvergenceError
from learnscape.learn._certificate import MarginSolution, certify
from learnscape.learn._input import as_patterns
from learnscape.learn._scaled import Rows, least_fields, rescaled, shares, vanishes
from learnscape.learn.dual_ascent import adatron_sweeps
from learnscape.learn.separability import separable
from learnscape.numerics.jit import kernel

__all__ = ["max_margin"]

FloatArray = NDArray[np.float64]

WARM_SWEEPS = 200
WARM_TOLERANCE = 3e-3
WARM_OMEGA = 1.5
THIN = 1e-6  # the same threshold where a whole set has turned out dependent
DEPENDENT = 1e-11  # a pattern depends on others if at most this fraction of its squared length is new
PRECISION = 1e-10  # largest gap, in units of the shortest pattern
EXTRA = (0.0, 1e-14, 1e-13, 1e-12, 1e-11)  # fields demanded beyond the target, tried one after the other
WORKING_SET = 2000  # more patterns than this are brought in as they are found violated
MAX_ROUNDS = (
    1000  # of bringing patterns in; every round enlarges |w|, so only rounding errors could need more
)


def max_margin(patterns: ArrayLike) -> MarginSolution:
    """Find the weights of largest stability, or prove that the patterns are not separable.

    The largest stability is max_w min_mu w.xi^mu / sqrt(N) over |w|^2 = N: the separating hyperplane through the origin that
    is farthest from all patterns (a hard-margin support vector machine without intercept).

    Parameters
    ----------
    patterns : array_like, shape (P, N)
        Labels folded in; any finite real entries, also dependent or repeated patterns.

    Returns
    -------
    MarginSolution
        For separable patterns ``.weights``, ``.stability``, the multipliers ``.dual`` and the certified ``.gap``, at most 1e-10 of
        the shortest pattern (usually about 1e-15). For others ``.separable`` is False, ``.weights`` and ``.stability`` are None, and
        ``.dual`` is the proof: non-negative, with sum 1, and every entry of ``dual @ patterns`` vanishes to rounding, below 1e-13 of
        the sum of the sizes of its terms.

    Raises
    ------
    ConvergenceError
        If rounding leaves the question open: the gap stays above 1e-10 of the shortest pattern, or neither answer has a proof. It takes
        a stability within about 1e-10 of 0 in these units.
    ValueError
        If the patterns are not a finite real (P, N) array.

    Notes
    -----
    Separable means that some w gives *every* pattern a stability > 0. Where the best is exactly 0 (for example xi and -xi
    among the patterns) they are reported as not separable. A negative largest stability is a non-convex problem and is not
    computed.

    References
    ----------
    C. L. Lawson and R. J. Hanson, "Solving Least Squares Problems" (1974), chapter 23; B. E. Boser, I. M. Guyon and
    V. N. Vapnik, COLT 1992, for the support vectors.

    Examples
    --------
    >>> best = max_margin([[1.0, 1.0], [1.0, -0.5], [2.0, 0.3]])
    >>> round(best.stability, 12), best.support.tolist()
    (1.0, [0, 1])
    >>> max_margin([[1.0, 1.0], [-1.0, 1.0], [0.0, -1.0]]).dual.round(12).tolist()
    [0.25, 0.25, 0.5]
    """
    xi = as_patterns(patterns)
    rows = rescaled(xi)
    trace: list[float] = []
    if len(rows.empty):  # a pattern of zeros is its own certificate
        return _refusal(rows, np.eye(len(xi))[int(rows.empty[0])], trace)
    offsets = rows.exponent.min() - rows.exponent
    best: MarginSolution | None = None
    for extra in EXTRA:
        targets = np.ldexp(1.0, np.maximum(offsets, -1000)) + extra
        multipliers, vanishing = _solve_dual(rows.unit, targets, trace)
        if not multipliers.any():
            break
        dual = shares(rows, multipliers)
        if vanishing:
            if vanishes(rows, dual):
                return _refusal(rows, dual, trace)
            break
        solution = certify(rows, dual, len(trace), True, np.array(trace))
        if _is_proved(rows, solution):
            return solution
        if solution.separable and (best is None or solution.gap < best.gap):
            best = solution
    return _decided_otherwise(xi, rows, best, trace)


def _is_proved(rows: Rows, solution: MarginSolution) -> bool:
    """Whether the weights separate, and the gap is small in units of the shortest pattern, also in the worst case of rounding."""
    if not solution.separable or solution.weights is None:
        return False
    lengths = rows.times(np.sqrt(np.square(rows.unit).sum(axis=1)))
    sure = float(rows.times(least_fields(rows, solution.weights)).min()) / math.sqrt(len(solution.weights))
    return sure > 0 and solution.upper_bound - sure <= PRECISION * float(lengths.min())


def _decided_otherwise(
    xi: FloatArray, rows: Rows, best: MarginSolution | None, trace: list[float]
) -> MarginSolution:
    """Rounding errors kept the active-set method from its end: linear programming decides whether the patterns are separable."""
    answer = separable(xi)
    if answer.certificate is not None:
        return _refusal(rows, answer.certificate, trace)
    found = max(float(answer.stability or 0.0), 0.0 if best is None else float(best.stability or 0.0))
    message = f"separable, with stability at least {found}, but rounding hides the largest (patterns nearly dependent, or lengths from 1e-150 to 1e150)"
    raise ConvergenceError(message, trace)


def _refusal(rows: Rows, dual: FloatArray, trace: list[float]) -> MarginSolution:
    """Not separable: the combination ``dual`` of the patterns vanishes."""
    total, _, power = rows.combination(dual)
    return MarginSolution(
        weights=None,
        stability=None,
        upper_bound=math.ldexp(float(np.linalg.norm(total)), power),
        gap=np.inf,
        dual=dual,
        separable=False,
        iterations=len(trace),
        converged=True,
        trace=np.array(trace),
    )


def _solve_dual(unit: FloatArray, targets: FloatArray, trace: list[float]) -> tuple[FloatArray, bool]:
    """Multipliers (P,) of the solution and False, or a vanishing combination and True; many patterns are brought in piece by piece."""
    working = np.arange(min(len(unit), WORKING_SET))
    for _ in range(MAX_ROUNDS):
        multipliers, vanishing = _active_set(np.ascontiguousarray(unit[working]), targets[working], trace)
        everywhere = np.zeros(len(unit))
        everywhere[working] = multipliers
        if vanishing or len(working) == len(unit):
            break
        weights = everywhere @ unit
        missing = targets - unit @ weights
        missing[working] = 0.0
        error = np.maximum(1e-12 * targets, 1e-14 * float(np.linalg.norm(weights)))
        violated = np.flatnonzero(missing > error)
        if not len(violated):
            break
        worst = violated[np.argsort(-missing[violated])[:WORKING_SET]]
        working = np.concatenate([working[multipliers > 0], worst])
    return everywhere, vanishing


@kernel
def _combine(rows: Any, chosen: Any, coefficients: Any) -> Any:
    """sum_i coefficients[i] rows[chosen[i]]. (NumPy's product would wake its threads, which then fight with SciPy's.)"""
    total = np.zeros(rows.shape[1])
    for i in range(chosen.size):
        for j in range(total.size):
            total[j] += coefficients[i] * rows[chosen[i], j]
    return total


def _active_set(xi: FloatArray, targets: FloatArray, trace: list[float]) -> tuple[FloatArray, bool]:
    """Multipliers of the solution and False, or a vanishing combination and True."""
    p, n = xi.shape
    columns = np.ascontiguousarray(xi.T)
    gram = blas.dgemm(1.0, xi.T, xi.T, trans_a=True).T
    diagonal = np.diagonal(gram).copy()
    multipliers = np.zeros(p)
    fields = np.zeros(p)
    sweeps = np.empty(WARM_SWEEPS)
    adatron_sweeps(gram, targets, multipliers, fields, WARM_OMEGA, WARM_TOLERANCE, sweeps)
    active = np.flatnonzero(multipliers)
    everything = np.arange(n)

    for _ in range(50 + 3 * (p + n)):
        factor = _factor(gram, active)
        if factor is None:
            dropped = np.setdiff1d(active, _thinned(gram, active))
            active = np.setdiff1d(active, dropped)
            multipliers[dropped] = 0.0
            continue
        if len(active):
            target = _solve(factor, targets[active])
            if target.min() <= 0.0:
                active = _step(multipliers, active, target)
                continue
            # One refinement against the patterns themselves: the Gram matrix squares their condition number.
            weights = _combine(xi, active, target)
            target += _solve(factor, targets[active] - _combine(columns, everything, weights)[active])
            multipliers[active] = np.maximum(target, 0.0)
        outside = _combine(columns, everything, _combine(xi, active, multipliers[active])) - targets
        outside[active] = np.inf
        new = int(outside.argmin())
        norm2 = float(multipliers @ targets)  # = lambda.G.lambda, as the fields of S are their targets
        trace.append(max(-float(outside[new]) / float(targets[new]), 0.0) if norm2 > 0 else 1.0)
        rounding = 1e-14 * max(10.0 * float(targets[new]), math.sqrt(norm2 * diagonal[new]))
        if outside[new] >= -rounding:
            return multipliers, False
        coefficients = _solve(factor, gram[active, new]) if len(active) else np.empty(0)
        if diagonal[new] - coefficients @ gram[active, new] > DEPENDENT * diagonal[new]:
            active = np.append(active, new)
            continue
        blocking = coefficients > 1e-10
        if not blocking.any():
            ray = np.zeros(p)
            ray[active] = np.maximum(-coefficients, 0.0)
            ray[new] = 1.0
            return ray, True
        with np.errstate(divide="ignore", invalid="ignore"):
            lengths = np.where(blocking, multipliers[active] / coefficients, np.inf)
        first = int(lengths.argmin())
        multipliers[active] = np.maximum(multipliers[active] - lengths[first] * coefficients, 0.0)
        multipliers[active[first]] = 0.0
        multipliers[new] = lengths[first]
        active = np.append(np.delete(active, first), new)
    return multipliers, False  # rounding errors made it cycle: _result sees what this is worth


def _thinned(gram: FloatArray, active: NDArray[np.intp]) -> NDArray[np.intp]:
    """Those patterns of ``active`` that a pivoted Cholesky decomposition finds well independent of each other."""
    block = gram[np.ix_(active, active)]
    _, pivots, rank, _ = lapack.dpstrf(block, tol=THIN * float(block.diagonal().max()), lower=1)
    return np.sort(active[pivots[:rank] - 1])


def _factor(gram: FloatArray, active: NDArray[np.intp]) -> FloatArray | None:
    """Cholesky factor of G_SS, or None if the patterns of S are dependent to working precision."""
    if not len(active):
        return np.empty((0, 0))
    block = gram[np.ix_(active, active)]
    factor, info = lapack.dpotrf(block, lower=1)
    if info != 0 or (factor.diagonal() ** 2 <= DEPENDENT * block.diagonal()).any():
        return None
    return np.asarray(factor)


def _solve(factor: FloatArray, right: FloatArray) -> FloatArray:
    solution: FloatArray = lapack.dpotrs(factor, right, lower=1)[0]
    return solution


def _step(multipliers: FloatArray, active: NDArray[np.intp], target: FloatArray) -> NDArray[np.intp]:
    """Go towards ``target`` until a multiplier vanishes; drop those that have."""
    current = multipliers[active]
    falling = target <= 0.0
    length = float((current[falling] / (current[falling] - target[falling] + 1e-300)).min())
    current = current + length * (target - current)
    keep = ~(falling & (current <= 1e-14 * max(float(current.max()), 1e-300)))
    multipliers[active] = np.where(keep, np.maximum(current, 0.0), 0.0)
    return active[keep]
