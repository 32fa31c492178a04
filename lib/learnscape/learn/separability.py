r"""Is there a hyperplane through the origin with all patterns on its positive side? Yes or no, with a proof.

Linear programming answers: maximise t subject to w.xi^mu >= t and -1 <= w_i <= 1. If the optimum is positive, w separates.
If it is zero, the multipliers of the constraints are non-negative and sum_mu lambda_mu xi^mu = 0: no w can give every term
of sum_mu lambda_mu w.xi^mu = 0 a positive field (P. Gordan 1873).

The question does not depend on the lengths of the patterns, nor on the units of the weights, so rows and columns are first brought to
size one. Both proofs are checked before they are returned: fields are positive by more than their rounding errors, and the sum vanishes,
entry by entry, to the rounding errors of its terms. Where the linear program's tolerance of 1e-7 decides nothing, the shortest vector
of the convex hull does (non-negative least squares): it is zero, or it separates.

For random patterns in general position the number of separable labellings is T. Cover's (1965)
2 sum_{k < N} binomial(P - 1, k): at P = 2N exactly half of all 2^P. Chapter: ``capacity/perceptron``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linprog, nnls

from learnscape.errors import ConvergenceError
from learnscape.learn._input import as_patterns
from learnscape.learn._scaled import Rows, least_fields, rescaled, shares, vanishes

__all__ = ["Separability", "separable"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

PASSES = 4  # of bringing columns and rows to size one, in turn


@dataclass(frozen=True, eq=False)
class Separability:
    """The answer of :func:`separable`, with its proof."""

    separable: bool
    """Whether some w gives every pattern a stability > 0."""
    weights: FloatArray | None
    """Such weights, shape (N,), |weights|^2 = N; None if there are none. They separate, but not with the largest stability."""
    stability: float | None
    """The smallest stability w.xi / sqrt(N) that ``weights`` give; None without weights."""
    certificate: FloatArray | None
    """Shape (P,), non-negative, sum 1, with ``certificate @ patterns`` = 0: the proof that no weights separate. None if
    the patterns are separable."""
    residual: float
    """Largest entry of ``certificate @ patterns`` over the sum of the sizes of its terms (rounding error, at most 1e-13); 0 if
    separable."""


def separable(patterns: ArrayLike) -> Separability:
    """Decide by linear programming (HiGHS) whether the patterns are linearly separable through the origin.

    Parameters
    ----------
    patterns : array_like, shape (P, N)
        Labels folded in; any finite real entries.

    Returns
    -------
    Separability

    Raises
    ------
    ConvergenceError
        If neither proof holds in double precision.
    ValueError
        If the patterns are not a finite real (P, N) array.

    Notes
    -----
    Strict separability: patterns that can only be satisfied with a stability of exactly 0 count as not separable. Zero means zero to
    rounding: a certificate whose terms cancel to 1e-13 is taken as one.

    References
    ----------
    T. M. Cover, IEEE Trans. Electronic Computers EC-14, 326 (1965).

    Examples
    --------
    >>> separable([[1.0, 2.0], [-1.0, 1.0]]).separable
    True
    >>> answer = separable([[1.0, 2.0], [-1.0, 1.0], [0.0, -3.0]])
    >>> answer.separable, answer.certificate.round(12).tolist()
    (False, [0.333333333333, 0.333333333333, 0.333333333333])
    """
    xi = as_patterns(patterns)
    rows = rescaled(xi)
    if len(rows.empty):  # a pattern of zeros is its own certificate
        return Separability(False, None, None, np.eye(len(xi))[int(rows.empty[0])], 0.0)
    balanced, units = _equilibrated(rows)
    level = balanced.unit
    weights, multipliers = _linear_program(level)
    for attempt in ("linear program", "least squares"):
        if attempt == "least squares":
            weights, multipliers = _shortest(level, np.arange(len(xi)))
        answer = _separated(rows, weights, units)
        if answer is not None:
            return answer
        support = np.flatnonzero(multipliers)
        if len(support):  # HiGHS gives multipliers to about 1e-9; least squares on their support polish them
            _, polished = _shortest(level, support)
            certificate = shares(balanced, polished)
            if vanishes(rows, certificate):
                total, sizes, _ = rows.combination(certificate)
                residual = float(
                    np.divide(np.abs(total), sizes, out=np.zeros_like(sizes), where=sizes > 0).max()
                )
                return Separability(False, None, None, certificate, residual)
    raise ConvergenceError(
        "the patterns are within rounding error of the border between separable and not separable, or their lengths span so many "
        "decades that no certificate fits into double precision"
    )


def _equilibrated(rows: Rows) -> tuple[Rows, IntArray]:
    """Rows and columns brought to size one by powers of two, and the powers taken from the columns."""
    level, exponent = rows
    units = np.zeros(level.shape[1], dtype=np.int64)
    for _ in range(PASSES):
        _, power = np.frexp(np.abs(level).max(axis=0))
        level = np.ldexp(level, -power)
        units += power
        level, more = rescaled(level)
        exponent = exponent + more
    return Rows(level, exponent), units


def _linear_program(level: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Weights of large smallest field in a box, and the multipliers of the patterns."""
    p, n = level.shape
    answer = linprog(
        np.append(np.zeros(n), -1.0),
        A_ub=np.hstack([-level, np.ones((p, 1))]),
        b_ub=np.zeros(p),
        bounds=[(-1.0, 1.0)] * n + [(0.0, None)],
        method="highs",
    )
    if answer.status != 0:
        return np.zeros(n), np.zeros(p)
    return answer.x[:n], np.maximum(-answer.ineqlin.marginals, 0.0)


def _shortest(level: FloatArray, support: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
    """The shortest vector (N,) of the convex hull of some patterns, and its multipliers (P,)."""
    multipliers = np.zeros(len(level))
    system = np.vstack([level[support].T, np.ones(len(support))])
    try:
        found = nnls(system, np.append(np.zeros(level.shape[1]), 1.0))[0]
    except RuntimeError:  # too many steps
        found = np.zeros(len(support))
    multipliers[support] = found
    return multipliers @ level, multipliers


def _separated(rows: Rows, weights: FloatArray, units: IntArray) -> Separability | None:
    """The answer if these weights, in units of the columns, separate for certain."""
    mantissa, power = np.frexp(weights)
    power = power - units
    if not mantissa.any():
        return None
    w = np.ldexp(mantissa, np.maximum(power - power[mantissa != 0].max(), -2000))
    w *= np.sqrt(len(w)) / np.linalg.norm(w)
    if least_fields(rows, w).min() <= 0:
        return None
    stability = float(rows.times(rows.unit @ w).min()) / np.sqrt(len(w))
    return Separability(True, w, float(stability), None, 0.0)
