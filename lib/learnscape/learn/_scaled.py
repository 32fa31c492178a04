"""Patterns as rows of length about one times powers of two, so that squares of very short or long ones neither vanish nor overflow.

A power of two changes no digit: whatever is proved for the rescaled rows holds for the patterns themselves.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Rows", "least_fields", "rescaled", "shares", "vanishes"]

FloatArray = NDArray[np.float64]

ROUNDING = 2.0**-52
VANISHING = 1e-13  # of the sum of the sizes of the terms: what rounding leaves of a sum that is zero


class Rows(NamedTuple):
    """Patterns xi^mu = unit^mu 2^exponent_mu."""

    unit: FloatArray
    """Shape (P, N), rows of length in [0.5, 1) (0 for a pattern of zeros)."""
    exponent: NDArray[np.int64]
    """Shape (P,)."""

    @property
    def empty(self) -> NDArray[np.intp]:
        """Indices of the patterns of zeros."""
        return np.flatnonzero(~self.unit.any(axis=1))

    def times(self, numbers: FloatArray) -> FloatArray:
        """Numbers that belong to the unit rows, such as fields, as those of the patterns."""
        return np.ldexp(numbers, self.exponent)

    def combination(self, coefficients: FloatArray) -> tuple[FloatArray, FloatArray, int]:
        """(v, s, k) with sum_mu coefficients_mu xi^mu = v 2^k, and s 2^k the sum of the sizes of its terms, entry by entry."""
        mantissa, power = np.frexp(coefficients)
        power = power + self.exponent
        top = int(power[mantissa != 0].max(initial=-4000))
        shares = np.ldexp(mantissa, np.maximum(power - top, -2000))
        return shares @ self.unit, np.abs(shares) @ np.abs(self.unit), top


def rescaled(xi: FloatArray) -> Rows:
    """Split finite patterns (P, N) into rows of length in [0.5, 1) and powers of two."""
    _, first = np.frexp(np.abs(xi).max(axis=1))
    unit = np.ldexp(xi, -first[:, None])
    _, second = np.frexp(np.sqrt(np.square(unit).sum(axis=1)))
    return Rows(np.ldexp(unit, -second[:, None]), first.astype(np.int64) + second)


def shares(rows: Rows, strengths: FloatArray) -> FloatArray:
    """The coefficients of the patterns, of sum 1, that belong to ``strengths`` of the unit rows."""
    mantissa, power = np.frexp(strengths)
    power = power - rows.exponent
    positive = mantissa != 0
    top = int(power[positive].max(initial=0)) if positive.any() else 0
    answer = np.ldexp(mantissa, np.maximum(power - top, -2000))
    return answer / answer.sum()


def least_fields(rows: Rows, weights: FloatArray) -> FloatArray:
    """Fields of the unit rows, less the most that rounding errors of their sums can have added."""
    error = (len(weights) + 2) * ROUNDING * (np.abs(rows.unit) @ np.abs(weights))
    least: FloatArray = rows.unit @ weights - error
    return least


def vanishes(rows: Rows, coefficients: FloatArray) -> bool:
    """Whether sum_mu coefficients_mu xi^mu is zero in every entry, to the rounding errors of its terms."""
    total, sizes, _ = rows.combination(coefficients)
    return bool((np.abs(total) <= VANISHING * sizes).all())
