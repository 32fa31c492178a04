"""How the library refuses to answer, the warning of an unstable ansatz, and the checks of arguments that all its parts share.

Bad input raises ``ValueError``, through :func:`require` and what stands on it, with the offending value and the allowed range. A solver that
does not reach its tolerance raises :class:`ConvergenceError`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeGuard

import numpy as np
import numpy.typing as npt

__all__ = [
    "ConvergenceError",
    "ReplicaSymmetryWarning",
    "SlowPathWarning",
    "as_finite",
    "as_real",
    "is_finite",
    "is_integer",
    "is_number",
    "raises_on_failure",
    "real_array",
    "require",
]


class ConvergenceError(RuntimeError):
    """A solver stopped before it reached its tolerance. It can be pickled and copied, and so can every subclass.

    Attributes
    ----------
    trace : tuple of float
        Residuals, oldest first: of every iteration where the solver keeps them, else of the last one alone.
    """

    def __init__(self, message: str, trace: Sequence[float] = ()) -> None:
        super().__init__(message)
        self.trace = tuple(float(residual) for residual in trace)

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions are rebuilt by calling the class with `args`, which fails where a subclass asks for more than the message. It
        # fails in the process that receives the exception: a worker pool then waits for ever.
        return _rebuilt, (type(self), self.args), self.__dict__


def _rebuilt(kind: type[ConvergenceError], args: tuple[Any, ...]) -> ConvergenceError:
    error = kind.__new__(kind, *args)
    error.args = args
    return error


class ReplicaSymmetryWarning(UserWarning):
    """The replica-symmetric answer was given where the replica-symmetric saddle is unstable (replicon < 0)."""


class SlowPathWarning(UserWarning):
    """A subclass of a compiled pair overrides something that the compiled code does not know: the answer comes from the generic path.

    It is right, and about a hundred times slower. Said once for each pair of classes.
    """


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


def is_integer(value: object) -> TypeGuard[int]:
    """True for an integer, as Python or NumPy has it; a truth value is none.

    Examples
    --------
    >>> is_integer(2), is_integer(np.int32(2)), is_integer(2.0), is_integer(True)
    (True, True, False, False)
    """
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def is_finite(value: object) -> bool:
    """True for a real number that a double can hold, neither infinite nor NaN.

    Examples
    --------
    >>> is_finite(2), is_finite(float("nan")), is_finite(10**400), is_finite(1j)
    (True, False, False, False)
    """
    try:
        return is_number(value) and math.isfinite(value)  # type: ignore[arg-type]
    except OverflowError:
        return False


def as_finite(name: str, value: float) -> float:
    """The value as a float if it is a finite number.

    Examples
    --------
    >>> as_finite("kappa", 1)
    1.0
    """
    require(is_finite(value), name, value, "a finite number")
    return float(value)


def raises_on_failure(on_failure: object) -> bool:
    """True for "raise", False for "return"; what a solver that gives up is to do.

    Examples
    --------
    >>> raises_on_failure("return")
    False
    """
    known = isinstance(on_failure, str) and on_failure in ("raise", "return")
    require(known, "on_failure", on_failure, '"raise" or "return"')
    return on_failure == "raise"


def _is_masked(value: object) -> bool:
    """Whether an array, or one of a list of arrays, has masked entries: NumPy would read what lies under the mask."""
    parts = value if isinstance(value, list | tuple) else (value,)
    return any(isinstance(part, np.ma.MaskedArray) and bool(np.ma.is_masked(part)) for part in parts)


def as_real(
    name: str, values: npt.ArrayLike, allowed: str = "an array of real numbers"
) -> npt.NDArray[np.float64]:
    """A new array of doubles; in contrast to :func:`real_array` truth values are numbers, and so are infinities and NaN.

    ``ValueError`` for complex numbers (they would lose a part), masked entries, texts, ragged lists; ``allowed`` says what it should have been.

    Examples
    --------
    >>> as_real("radii", [1, 2]).tolist()
    [1.0, 2.0]
    >>> as_real("radii", ["1", "2"])
    Traceback (most recent call last):
        ...
    ValueError: radii must be an array of real numbers, not of <U1
    """
    message = f"{name} must be {allowed}"
    try:
        given = np.asarray(values)
    except ValueError:
        raise ValueError(message) from None
    if given.dtype.kind not in "biufO":
        raise ValueError(f"{message}, not of {given.dtype}")
    if _is_masked(values):
        raise ValueError(f"{message}, without masked entries: fill them or leave them out")
    if given.dtype == object and any(entry is None for entry in given.flat):  # NumPy would read NaN
        raise ValueError(message)
    try:
        return np.array(given, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(message) from None


def real_array(
    name: str, value: npt.ArrayLike, *, infinite: bool = False, ndim: int | None = None
) -> npt.NDArray[np.float64]:
    """An array of doubles from array-like input, of which nothing is silently dropped.

    NumPy's own conversion cuts the imaginary part off, ignores the mask of a masked array and reads text and truth values as numbers.

    Parameters
    ----------
    name : str
        Of the argument, for the message.
    value : array_like
        Integers or floating-point numbers of any shape.
    infinite : bool
        Are infinities allowed? NaN never is.
    ndim : int, optional
        The number of dimensions it must have; any if left out.

    Returns
    -------
    ndarray of float64
        It may share its memory with ``value``.

    Raises
    ------
    ValueError
        With the name and the first offending entry.

    Examples
    --------
    >>> real_array("x", [1, 2])
    array([1., 2.])
    >>> real_array("x", [1.0, 2j])
    Traceback (most recent call last):
        ...
    ValueError: x = [1.0, 2j] is not allowed: it must be real numbers
    """
    require(
        not _is_masked(value), name, value, "without masked entries (give x.compressed(), or x.filled(value))"
    )
    try:
        array = np.asarray(value)
    except ValueError:  # lists of different lengths
        require(False, name, value, "a number or a rectangular array of numbers")
    if array.dtype == object and all(is_finite(entry) for entry in array.flat):  # integers beyond 2^64
        array = array.astype(np.float64)
    require(array.dtype.kind in "fiu", name, value, "real numbers")
    if ndim is not None:
        require(
            array.ndim == ndim,
            f"the shape of {name}",
            array.shape,
            f"that of an array with {ndim} dimension(s)",
        )
    values = array.astype(np.float64, copy=False)
    bad = np.isnan(values) if infinite else ~np.isfinite(values)
    if bad.any():
        where = np.unravel_index(int(np.argmax(bad)), values.shape)
        entry = f"{name}[{', '.join(str(int(i)) for i in where)}]" if where else name
        allowed = "a number or an infinity, not NaN" if infinite else "a finite number"
        require(False, entry, float(values[where]), allowed)
    return values
