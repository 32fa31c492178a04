"""What the checks of weights and constraints share: a difference quotient, and how a broken law is reported."""

from __future__ import annotations

from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from learnscape.constraints import Constraint
from learnscape.weights import Weights

Array = NDArray[np.float64]
SLOPE = 2e-7  # what finite differences with this step leave, relative to the size of the terms
STEP = 1e-3  # of a difference of fourth order, in units of the distance on which a function bends


def difference(values: list[Array], h: float) -> Array:
    """Derivative from values at -2h, -h, h, 2h: the error is of fourth order."""
    return (8.0 * (values[2] - values[1]) - (values[3] - values[0])) / (12.0 * h)


def law(
    thing: Weights | Constraint,
    broken_law: str,
    name: str,
    at: Array,
    second: float | None,
    found: Array,
    expected: Array,
    good: NDArray[np.bool_],
) -> None:
    """Raise at the first place where the law is broken."""
    bad = np.flatnonzero(~np.asarray(good))
    if bad.size:
        i = int(bad[0])
        where = f"{name} = {float(at[i]):.6g}"
        if second is not None:
            where += f", {'variance' if isinstance(thing, Constraint) else 'precision'} = {second:.6g}"
        first = broken_law.split()[0] if broken_law.split()[0] in ("g", "dg") else "found"
        broken(
            f"{thing!r}: {broken_law}: at {where}, {first} = {float(found[i]):.6g}, expected {float(expected[i]):.6g}"
        )


def must(condition: bool, message: str) -> None:
    if not condition:
        broken(message)


def broken(message: str) -> NoReturn:
    raise AssertionError(message)
