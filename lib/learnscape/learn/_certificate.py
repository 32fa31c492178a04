r"""What a maximal-stability algorithm returns: weights, and a proof of how good they are.

For weights w the stability is min_mu w.xi^mu / |w|. For multipliers lambda >= 0 with sum 1 and any w,

    min_mu w.xi^mu <= sum_mu lambda_mu w.xi^mu = w . (sum_mu lambda_mu xi^mu) <= |w| |sum_mu lambda_mu xi^mu|,

so |sum_mu lambda_mu xi^mu| bounds every stability from above. At the optimum both are equal: the best weights point along
the shortest vector of the convex hull of the patterns (weak duality is the line above; equality holds where the hull does
not contain the origin). Where it does, no w has all its stabilities positive: the multipliers then certify that the
patterns are not separable (P. Gordan 1873).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from learnscape.learn._scaled import Rows

__all__ = ["MarginSolution", "certify"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MarginSolution:
    """Weights of large stability with the certificate of their distance from the best."""

    weights: FloatArray | None
    """Shape (N,), |weights|^2 = N. None where none are offered: from ``max_margin`` on patterns that are not separable."""
    stability: float | None
    """The smallest stability w.xi / sqrt(N) that ``weights`` give; None together with ``weights``."""
    upper_bound: float
    """No weights have a larger stability: |sum_mu dual_mu xi^mu|. Where the sum vanishes (to the rounding errors of its terms),
    ``dual`` certifies that the patterns are not separable."""
    gap: float
    """``upper_bound - stability``, the certified distance from the largest stability (inf without weights)."""
    dual: FloatArray
    """Shape (P,), non-negative, sum 1: the multipliers (embedding strengths) behind ``upper_bound``."""
    separable: bool
    """Whether ``stability`` > 0, i.e. ``weights`` prove that the patterns are separable."""
    iterations: int
    """Updates (minover), sweeps (adatron), or changes of the support (max_margin)."""
    converged: bool
    """Whether the requested accuracy was reached."""
    trace: FloatArray
    """Progress, oldest first: the gap relative to the upper bound."""

    @property
    def support(self) -> NDArray[np.intp]:
        """Indices of the patterns with a positive multiplier; at the optimum their stabilities are all the smallest one."""
        return np.flatnonzero(self.dual)


def certify(
    rows: Rows, dual: FloatArray, iterations: int, converged: bool, trace: FloatArray
) -> MarginSolution:
    """Evaluate weights w = sum_mu dual_mu xi^mu from the patterns themselves, free of accumulated rounding.

    ``dual`` are non-negative coefficients of sum 1.
    """
    hull, _, power = rows.combination(dual)
    length = float(np.linalg.norm(hull))
    if length == 0.0:
        return MarginSolution(None, None, 0.0, np.inf, dual, False, iterations, converged, trace)
    weights = hull * (np.sqrt(len(hull)) / length)
    stability = float(rows.times(rows.unit @ hull).min()) / length
    upper = math.ldexp(length, power)
    gap = max(upper - stability, 0.0)  # negative only by rounding: stability <= upper holds for every w
    return MarginSolution(weights, stability, upper, gap, dual, stability > 0, iterations, converged, trace)
