r"""Is there a hyperplane through the origin with all patterns on its positive side? Yes or no, with a proof.

Linear programming answers: maximise t subject to w.xi^mu >= t and -1 <= w_i <= 1. If the optimum is positive, w separates.
If it is zero, the multipliers of the constraints are non-negative and sum_mu lambda_mu xi^mu = 0: no w can give every term
of sum_mu lambda_mu w.xi^mu = 0 a positive field (P. Gordan 1873). Both proofs are checked before they are returned.

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

__all__ = ["Separability", "separable"]

FloatArray = NDArray[np.float64]


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
    """Length of ``certificate @ patterns`` in units of the longest pattern (rounding error); 0 if separable."""


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
        If neither proof holds in double precision (the best stability is within about 1e-9 of 0 without being 0).
    ValueError
        If the patterns are not a finite (P, N) array.

    Notes
    -----
    Strict separability: patterns that can only be satisfied with a stability of exactly 0 count as not separable.

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
    p, n = xi.shape
    lengths = np.sqrt((xi * xi).sum(axis=1))
    if lengths.min() == 0.0:  # a pattern of zeros is its own certificate
        return Separability(False, None, None, np.eye(p)[int(lengths.argmin())], 0.0)
    unit = xi / lengths[:, None]
    answer = linprog(
        np.append(np.zeros(n), -1.0),
        A_ub=np.hstack([-unit, np.ones((p, 1))]),
        b_ub=np.zeros(p),
        bounds=[(-1.0, 1.0)] * n + [(0.0, None)],
        method="highs",
    )
    if answer.status != 0:
        raise ConvergenceError(f"the linear program was not solved: {answer.message}")
    weights = answer.x[:n]
    smallest = float((unit @ weights).min())
    norm = float(np.linalg.norm(weights))
    if norm > 0 and smallest > 1e-12 * norm:
        stability = float((xi @ weights).min()) / norm
        return Separability(True, weights * (np.sqrt(n) / norm), stability, None, 0.0)

    # HiGHS gives multipliers to about 1e-9; non-negative least squares on their support polishes them.
    multipliers = np.maximum(-answer.ineqlin.marginals, 0.0)
    support = np.flatnonzero(multipliers)
    if len(support):
        system = np.vstack([unit[support].T, np.ones(len(support))])
        multipliers[support] = nnls(system, np.append(np.zeros(n), 1.0))[0]
        multipliers /= lengths
        multipliers /= multipliers.sum()
        residual = float(np.linalg.norm(multipliers @ xi)) / float(lengths.max())
        if residual <= 1e-10:
            return Separability(False, None, None, multipliers, residual)
    raise ConvergenceError(
        "the patterns are within rounding error of the border between separable and not separable"
    )
