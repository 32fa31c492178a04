r"""The largest stability, exactly, with a proof.

We solve the dual problem of :mod:`learnscape.learn.dual_ascent`: minimise (1/2) lambda.G.lambda - sum_mu lambda_mu over
lambda >= 0, by an *active-set* method (C. L. Lawson and R. J. Hanson's for non-negative least squares). Keep a set S of
linearly independent patterns and repeat:

1. Solve G_SS z = 1: all patterns of S get the field 1. If some z_mu < 0, go from lambda towards z until the first
   multiplier vanishes, drop that pattern, and repeat.
2. If every pattern has a field >= 1, this is the solution. Otherwise add the pattern with the smallest field to S.
3. If the new pattern is a combination xi = sum_s c_s xi^s of those in S, the move lambda_new = t, lambda_s = -t c_s leaves w
   unchanged and lowers the function by (1 - field) t. Go until a multiplier vanishes and drop that pattern. If none ever
   does (all c_s <= 0), then (1, -c) >= 0 is a combination of patterns that vanishes: by Gordan's theorem they are not
   separable, and this combination is the certificate.

Every step lowers the function, so no S comes back and the method ends. A few AdaTron sweeps first find nearly the right S.

Chapters: ``capacity/perceptron``, ``capacity/gardner-volume``, ``capacity/learning-algorithms``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import blas, lapack

from learnscape.errors import ConvergenceError
from learnscape.learn._certificate import MarginSolution, certify
from learnscape.learn._input import as_patterns
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
PRECISION = 1e-10  # largest gap, or length of a vanishing combination, in units of the longest pattern
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
        For separable patterns ``.weights``, ``.stability``, the multipliers ``.dual`` and the certified ``.gap`` (about 1e-14
        of the longest pattern). For others ``.separable`` is False, ``.weights`` and ``.stability`` are None, and ``.dual`` is the
        proof: non-negative, with sum 1, and ``dual @ patterns`` vanishes to rounding error.

    Raises
    ------
    ConvergenceError
        If rounding leaves the question open: the gap, or the length of the vanishing combination, stays above 1e-10 of the
        longest pattern. It takes a stability within about 1e-10 of 0, or patterns whose lengths span many decades.
    ValueError
        If the patterns are not a finite (P, N) array.

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
    scale = float(np.abs(xi).max())
    if scale == 0.0:
        scale = 1.0
    unit = xi / scale
    trace: list[float] = []
    working = np.arange(min(len(xi), WORKING_SET))
    for _ in range(MAX_ROUNDS):
        multipliers, vanishing = _active_set(np.ascontiguousarray(unit[working]), trace)
        everywhere = np.zeros(len(xi))
        everywhere[working] = multipliers
        if vanishing or len(working) == len(xi):
            break
        fields = unit @ (everywhere @ unit)
        fields[working] = 1.0
        violated = np.flatnonzero(fields < 1.0 - 1e-12)
        if not len(violated):
            break
        worst = violated[np.argsort(fields[violated])[:WORKING_SET]]
        working = np.concatenate([working[multipliers > 0], worst])
    return _result(xi, everywhere, vanishing, trace)


def _result(xi: FloatArray, multipliers: FloatArray, vanishing: bool, trace: list[float]) -> MarginSolution:
    """Check the answer against the patterns themselves; only what they confirm is returned."""
    longest = float(np.sqrt((xi * xi).sum(axis=1).max()))
    if not vanishing and multipliers.any():
        solution = certify(xi, multipliers, len(trace), True, np.array(trace))
        if solution.separable and solution.gap <= PRECISION * longest:
            return solution
    if not vanishing:
        # Rarely, rounding errors keep the active-set method from its end; linear programming decides then.
        answer = separable(xi)
        if answer.certificate is None:
            message = f"separable, with stability at least {answer.stability}, but too close to dependent to find the largest"
            raise ConvergenceError(message, trace)
        multipliers = answer.certificate
    dual = multipliers / multipliers.sum()
    length = float(np.linalg.norm(dual @ xi))
    if length > PRECISION * longest:
        message = f"a combination of patterns nearly vanishes (length {length}), but not to rounding error"
        raise ConvergenceError(message, trace)
    return MarginSolution(
        weights=None,
        stability=None,
        upper_bound=length,
        gap=np.inf,
        dual=dual,
        separable=False,
        iterations=len(trace),
        converged=True,
        trace=np.array(trace),
    )


@kernel
def _combine(rows: Any, chosen: Any, coefficients: Any) -> Any:
    """sum_i coefficients[i] rows[chosen[i]]. (NumPy's product would wake its threads, which then fight with SciPy's.)"""
    total = np.zeros(rows.shape[1])
    for i in range(chosen.size):
        for j in range(total.size):
            total[j] += coefficients[i] * rows[chosen[i], j]
    return total


def _active_set(xi: FloatArray, trace: list[float]) -> tuple[FloatArray, bool]:
    """Multipliers of the solution and False, or a vanishing combination and True."""
    p, n = xi.shape
    columns = np.ascontiguousarray(xi.T)
    gram = blas.dgemm(1.0, xi.T, xi.T, trans_a=True).T
    diagonal = np.diagonal(gram).copy()
    multipliers = np.zeros(p)
    fields = np.zeros(p)
    sweeps = np.empty(WARM_SWEEPS)
    adatron_sweeps(gram, multipliers, fields, WARM_OMEGA, WARM_TOLERANCE, sweeps)
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
            target = _solve(factor, np.ones(len(active)))
            if target.min() <= 0.0:
                active = _step(multipliers, active, target)
                continue
            # One refinement against the patterns themselves: the Gram matrix squares their condition number.
            weights = _combine(xi, active, target)
            target += _solve(factor, 1.0 - _combine(columns, everything, weights)[active])
            multipliers[active] = np.maximum(target, 0.0)
        outside = _combine(columns, everything, _combine(xi, active, multipliers[active]))
        outside[active] = np.inf
        new = int(outside.argmin())
        norm2 = float(multipliers.sum())  # = lambda.G.lambda, as the fields of S are 1
        trace.append(1.0 - min(float(outside[new]), 1.0) if norm2 > 0 else 1.0)
        if outside[new] >= 1.0 - 1e-14 * max(10.0, np.sqrt(norm2 * diagonal[new])):
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
