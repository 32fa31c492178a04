"""What the packages of this folder ask of an array: real numbers, none masked."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["as_real"]


def as_real(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """A new float64 array; ``ValueError`` for complex numbers (they would lose a part), masked entries, texts, ragged lists.

    Examples
    --------
    >>> as_real("radii", [1, 2]).tolist()
    [1.0, 2.0]
    """
    try:
        given = np.asanyarray(values)
        if given.dtype.kind not in "biufO":
            raise TypeError
        if np.ma.is_masked(given):
            raise ValueError(f"{name} has masked entries: fill them or leave them out")
        return np.array(given, dtype=np.float64, subok=False)
    except (TypeError, ValueError, OverflowError) as error:
        text = str(error) if "masked" in str(error) else f"{name} must be an array of real numbers"
        raise ValueError(text) from None
