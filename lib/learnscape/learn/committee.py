r"""Committee machines: perceptrons that vote.

K units (an odd number) each see inputs and say +1 or -1, the sign of their field; the machine says what most of them say,

.. math::  \mathrm{sign}\sum_{k=1}^K\mathrm{sign}\frac{w_k\cdot\xi_k}{\sqrt n}.

*Tree*: the N inputs are dealt out, each unit has n = N/K of its own. *Fully connected* (``shared``): each sees all n = N. The answer to the opposite
pattern is the opposite answer, so that labels can be folded in as for one perceptron. Chapter *dense-algorithms*.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import is_integer, is_number, real_array, require
from learnscape.learn._input import as_binary_weights, as_patterns
from learnscape.learn._packed import unpack
from learnscape.learn._run import threshold

__all__ = ["Committee"]

Array = NDArray[np.float64]
MACHINES = "a Committee, or None for one perceptron"


@dataclass(frozen=True)
class Committee:
    """A committee of perceptrons, whose answer is that of the majority.

    Raises
    ------
    ValueError
        ``units`` is not an odd integer >= 1, or ``shared`` not a truth value.

    Examples
    --------
    >>> from learnscape.patterns import random_patterns
    >>> machine = Committee(3, shared=False)
    >>> machine.shape(15)
    (3, 5)
    >>> xi, w = random_patterns(1000, 15, rng=1), random_patterns(3, 5, rng=2)
    >>> machine.fields(xi, w).shape, 400 < machine.errors(xi, w) < 600
    ((1000, 3), True)
    """

    units: int
    """Number of units K, odd."""
    shared: bool
    """Whether every unit sees all inputs (fully connected); else each sees N/K of its own (tree)."""

    def __post_init__(self) -> None:
        good = is_integer(self.units) and self.units >= 1 and self.units % 2 == 1
        require(good, "units", self.units, "an odd integer >= 1, so that there is a majority")
        require(isinstance(self.shared, bool | np.bool_), "shared", self.shared, "True or False")

    def shape(self, inputs: int) -> tuple[int, int]:
        """Of the weights, (K, n), where a pattern has so many entries; ``ValueError`` where they cannot be dealt out."""
        if self.shared:
            return self.units, inputs
        require(inputs % self.units == 0, "N", inputs, f"a multiple of the number of units, {self.units}")
        return self.units, inputs // self.units

    def parts(self, patterns: NDArray[Any]) -> NDArray[Any]:
        """Views of an array (P, N): what the units see, shape (K, P, N/K), or (1, P, N) where all see the same."""
        n = self.shape(patterns.shape[1])[1]
        return patterns[None] if self.shared else patterns.reshape(len(patterns), -1, n).swapaxes(0, 1)

    def fields(self, patterns: ArrayLike, weights: ArrayLike) -> Array:
        """Fields w_k.xi_k / sqrt(n) of the units, shape (P, K), of patterns (P, N) and weights (K, n)."""
        xi = as_patterns(patterns)
        w = real_array("weights", weights, ndim=2)
        shape = self.shape(xi.shape[1])
        require(w.shape == shape, "weights.shape", w.shape, f"{shape}, a row for each unit")
        return fields_of_parts(self.parts(xi), w).T / math.sqrt(shape[1])

    def errors(self, patterns: ArrayLike, weights: ArrayLike) -> int:
        """Number of patterns, labels folded in, for which most units do not say +1; a field of zero says nothing."""
        return minorities(self.fields(patterns, weights).T)


def fields_of_parts(parts: NDArray[Any], weights: NDArray[Any]) -> NDArray[Any]:
    """w_k.xi_k, shape (K, P), of what the units see, (K or 1, P, n), and weights (K, n)."""
    products: NDArray[Any] = np.matmul(parts, weights[:, :, None])[:, :, 0]
    return products


def minorities(fields: NDArray[Any]) -> int:
    """Number of patterns for which not most units say +1, from fields (K, P)."""
    return int(np.count_nonzero(np.sign(fields).sum(axis=0) <= 0.0))


def as_weights(weights: ArrayLike, inputs: int, committee: Committee | None) -> Array:
    """Return weights +1 and -1, shape (N,) or (K, n) of a committee, or raise ``ValueError`` saying what is wrong."""
    if committee is None:
        return as_binary_weights(weights, inputs)
    require(isinstance(committee, Committee), "committee", committee, MACHINES)
    w, shape = real_array("weights", weights, ndim=2), committee.shape(inputs)
    require(w.shape == shape, "weights.shape", w.shape, f"{shape}, a row for each unit")
    return np.stack([as_binary_weights(row, shape[1], f"weights[{k}]") for k, row in enumerate(w)])


def arranged(
    up: NDArray[np.bool_], committee: Committee | None, kappa: float
) -> tuple[NDArray[np.bool_], int, int]:
    """What the units see, shape (K or 1, P, n), their number, and the smallest w.xi that says +1; one perceptron without a committee."""
    if committee is None:
        return up[None], 1, threshold(kappa, up.shape[1])
    require(
        isinstance(committee, Committee), "committee", committee, "a Committee, or None for one perceptron"
    )
    require(is_number(kappa) and kappa == 0.0, "kappa", kappa, "0 for a committee")
    units, n = committee.shape(up.shape[1])
    require(n % 2 == 1, "inputs of a unit", n, "odd, so that no field is zero")
    return committee.parts(up), units, 1


def unpacked(words: NDArray[np.uint64], n: int, committee: Committee | None) -> Array:
    """Rows of bits as weights +-1: shape (K, n), or (n,) for one perceptron."""
    rows = np.stack([unpack(row, n) for row in words])
    return rows[0] if committee is None else rows
