"""What the searches, measures and paths ask of a network and its labelled patterns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import is_finite, real_array, require
from learnscape.fully_connected import as_blocks, as_inputs, as_sizes, count_parameters
from learnscape.fully_connected.minibatches import HINGE, LOGISTIC
from learnscape.learn._input import LONGEST

__all__ = ["LOSSES", "Patterns", "as_loss", "as_parameters", "as_patterns", "as_positive"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

LOSSES = {"logistic": LOGISTIC, "hinge": HINGE}


class Patterns(NamedTuple):
    """Labelled patterns in the two forms that the kernels want."""

    rows: FloatArray
    """Shape (P, d + 1), a one at the end of each pattern."""
    blocks: FloatArray
    """Shape (blocks, d + 1, 128)."""
    labels: FloatArray
    """Shape (P,), +1 and -1."""


def as_patterns(sizes: IntArray, x: ArrayLike, y: ArrayLike) -> Patterns:
    """Patterns and their labels, checked."""
    inputs = as_inputs(x, int(sizes[0]))
    largest = float(np.abs(inputs).max())
    require(largest <= LONGEST, "largest entry of x", largest, f"at most {LONGEST:g}: rescale the patterns")
    labels = real_array("y", y, ndim=1)
    require(
        labels.shape == (len(inputs),), "y.shape", labels.shape, f"({len(inputs)},), a label for each pattern"
    )
    wrong = np.flatnonzero(np.abs(labels) != 1.0)
    if wrong.size:
        require(False, f"y[{wrong[0]}]", float(labels[wrong[0]]), "+1 or -1")
    rows = np.column_stack([inputs, np.ones(len(inputs))])
    own = np.array(labels)  # for a read-only array the kernels would be compiled anew
    return Patterns(rows, as_blocks(inputs), own)


def as_parameters(name: str, parameters: ArrayLike, sizes: Sequence[int] | IntArray) -> FloatArray:
    """A copy of the parameter vector, checked."""
    n = as_sizes(sizes)
    vector = real_array(name, parameters, ndim=1)
    total = count_parameters(n)
    require(
        vector.shape == (total,), f"{name}.shape", vector.shape, f"({total},) for sizes {tuple(n.tolist())}"
    )
    return np.array(vector)


def as_loss(loss: str) -> int:
    """The number of the loss in the kernels."""
    known = isinstance(loss, str) and loss in LOSSES
    require(known, "loss", loss, f"one of {', '.join(LOSSES)}")
    return LOSSES[loss]


def as_positive(name: str, value: float, *, zero: bool = False) -> float:
    """The value as a float if it is finite and > 0, or >= 0."""
    good = is_finite(value) and (value >= 0.0 if zero else value > 0.0)
    require(good, name, value, f"a finite number {'>=' if zero else '>'} 0")
    return float(value)
