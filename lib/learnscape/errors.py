"""The two ways in which the library refuses to answer, and the warning of an unstable ansatz.

Bad input raises ``ValueError`` through :func:`require`, which names the value and the allowed range. An iteration that does
not reach its tolerance raises :class:`ConvergenceError`, which carries the trace of its residuals.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["ConvergenceError", "ReplicaSymmetryWarning", "is_number", "require"]


class ConvergenceError(RuntimeError):
    """A solver stopped before it reached its tolerance.

    Attributes
    ----------
    trace : tuple of float
        Residual after every iteration (or after every accepted step), oldest first.
    """

    def __init__(self, message: str, trace: Sequence[float] = ()) -> None:
        super().__init__(message)
        self.trace = tuple(float(residual) for residual in trace)


class ReplicaSymmetryWarning(UserWarning):
    """The replica-symmetric answer was given where the replica-symmetric saddle is unstable (replicon < 0)."""


def require(condition: bool, name: str, value: object, allowed: str) -> None:
    """Raise ``ValueError`` naming the offending value and the allowed range, unless ``condition`` holds.

    Examples
    --------
    >>> require(False, "alpha", -1.0, "a finite number > 0")
    Traceback (most recent call last):
        ...
    ValueError: alpha = -1.0 is not allowed: it must be a finite number > 0
    """
    if not condition:
        raise ValueError(f"{name} = {value!r} is not allowed: it must be {allowed}")


def is_number(value: object) -> bool:
    """True for a real number, as Python or NumPy has it; a truth value is none.

    Examples
    --------
    >>> is_number(2), is_number(float("nan")), is_number(True), is_number("2")
    (True, True, False, False)
    """
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
