"""Fixed points x = f(x) of small vectors: the saddle-point equations of every replica calculation.

Three methods with one front end:

* ``damped``: x <- (1 - damping) f(x) + damping x. Slow, hard to break.
* ``anderson``: the combination of the last few iterates whose residuals cancel best; D. G. Anderson, J. ACM 12 (1965) 547,
  in the form of Walker and Ni, SIAM J. Numer. Anal. 49 (2011) 1715.
* ``newton``: f(x) - x = 0 with a finite-difference Jacobian and backtracking. It also finds fixed points that repel the iteration.

:func:`continuation` follows a branch of solutions in a parameter. Chapter: start/numerics.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from learnscape.errors import (
    ConvergenceError,
    is_finite,
    is_integer,
    is_number,
    raises_on_failure,
    real_array,
    require,
)

__all__ = ["ContinuationError", "FixedPoint", "continuation", "solve"]

FloatArray = npt.NDArray[np.float64]
Map = Callable[[FloatArray], npt.ArrayLike]

MEMORY = 5  # past differences that anderson combines; more gain nothing for vectors of a few entries
JACOBIAN_STEP = 2.0**-26  # square root of the double precision, the best step of a one-sided difference
EPSILON = 2.0**-52
SHORTEST_STEP = 2.0**-30  # of a full Newton step


@dataclass(frozen=True, eq=False)
class FixedPoint:
    """Where an iteration ended; compared by identity, as all results that hold arrays."""

    x: FloatArray
    """The last iterate, shape (n,)."""
    iterations: int
    """Iterations done: one new iterate each."""
    residual: float
    """max |f(x) - x| at ``x``."""
    converged: bool
    """Whether ``residual <= tol``, with ``x`` small enough that its own rounding stays below ``tol``."""
    trace: tuple[float, ...]
    """The residual at x0 and after every iteration; infinite at x0 where the update is not finite there."""


class ContinuationError(ConvergenceError):
    """The branch could not be followed further.

    Attributes
    ----------
    last_parameter : float or None
        The last parameter at which a solution was found; None if the first one failed.
    last_result : FixedPoint or None
        The solution there.
    """

    def __init__(
        self,
        message: str,
        trace: Sequence[float],
        last_parameter: float | None,
        last_result: FixedPoint | None,
    ):
        super().__init__(message, trace)
        self.last_parameter = last_parameter
        self.last_result = last_result


class _Stopped(Exception):
    """An iteration cannot go on; its message says why."""


def _difference(update: Map, x: FloatArray) -> FloatArray:
    """f(x) - x, with the shape checked."""
    answer = update(x.copy())
    returned = np.asarray(answer)
    if returned.dtype.kind not in "fiub" or np.ma.is_masked(answer):
        raise ValueError(f"update returned {returned!r} at x = {x.tolist()}: it must return real numbers")
    value = returned.astype(np.float64)
    if value.shape != x.shape and not (value.size == 1 and x.size == 1):
        raise ValueError(
            f"update returned shape {value.shape} for x of shape {x.shape}: it must return the shape it gets"
        )
    return value.reshape(x.shape) - x


def _finite(g: FloatArray, x: FloatArray) -> FloatArray:
    bad = np.flatnonzero(~np.isfinite(g))
    if bad.size:
        i = int(bad[0])
        raise _Stopped(f"component {i} of the update is {g[i] + x[i]} at x = {x.tolist()}")
    return g


def _size(g: FloatArray) -> float:
    return float(np.max(np.abs(g)))


class _Damped:
    def __init__(self, update: Map, damping: float) -> None:
        self.update, self.keep = update, 1.0 - damping

    def step(self, x: FloatArray, g: FloatArray) -> tuple[FloatArray, FloatArray]:
        new = x + self.keep * g
        return new, _finite(_difference(self.update, new), new)


class _Anderson(_Damped):
    def __init__(self, update: Map, damping: float) -> None:
        super().__init__(update, damping)
        self.dx: list[FloatArray] = []
        self.dg: list[FloatArray] = []

    def step(self, x: FloatArray, g: FloatArray) -> tuple[FloatArray, FloatArray]:
        new = x + self.keep * g
        if self.dx:
            dx, dg = np.stack(self.dx, axis=1), np.stack(self.dg, axis=1)
            weights = np.linalg.lstsq(dg, g, rcond=1e-14)[0]
            new = new - (dx + self.keep * dg) @ weights
        value = _difference(self.update, new)
        if self.dx and not np.all(np.isfinite(value)):
            # The extrapolation left the domain of f: forget the past and take a plain step.
            self.dx, self.dg = [], []
            new = x + self.keep * g
            value = _difference(self.update, new)
        _finite(value, new)
        self.dx, self.dg = [*self.dx, new - x][-MEMORY:], [*self.dg, value - g][-MEMORY:]
        return new, value


class _Newton:
    def __init__(self, update: Map, damping: float) -> None:
        self.update, self.longest = update, 1.0 - damping

    def step(self, x: FloatArray, g: FloatArray) -> tuple[FloatArray, FloatArray]:
        jacobian = np.empty((x.size, x.size))
        for i in range(x.size):
            for sign in (1.0, -1.0):  # backwards where the forward point lies outside the domain of f
                near = x.copy()
                near[i] += sign * JACOBIAN_STEP * max(1.0, abs(x[i]))
                value = _difference(self.update, near)
                if np.all(np.isfinite(value)):
                    break
            jacobian[:, i] = (_finite(value, near) - g) / (near[i] - x[i])
        try:
            direction = np.linalg.solve(jacobian, -g)
        except np.linalg.LinAlgError:
            raise _Stopped(f"the Jacobian of update(x) - x is singular at x = {x.tolist()}") from None
        fraction = self.longest
        while fraction >= SHORTEST_STEP:
            new = x + fraction * direction
            value = _difference(self.update, new)
            if np.all(np.isfinite(value)) and np.linalg.norm(value) < (
                1.0 - 1e-4 * fraction
            ) * np.linalg.norm(g):
                return new, value
            fraction *= 0.5
        raise _Stopped(f"no Newton step reduces the residual at x = {x.tolist()}")


METHODS: dict[str, type[_Damped] | type[_Newton]] = {
    "damped": _Damped,
    "anderson": _Anderson,
    "newton": _Newton,
}


def solve(
    update: Map,
    x0: npt.ArrayLike,
    *,
    method: Literal["damped", "anderson", "newton"] = "damped",
    damping: float = 0.0,
    tol: float = 1e-12,
    max_iterations: int = 1000,
    on_failure: Literal["raise", "return"] = "raise",
) -> FixedPoint:
    """Solve x = update(x).

    Parameters
    ----------
    update : callable
        Takes a vector of shape (n,), returns one of the same shape.
    x0 : float or array_like of shape (n,)
        Finite starting point.
    method : {"damped", "anderson", "newton"}
        See the module.
    damping : float
        Part of the old iterate that is kept, in [0, 1). For ``newton``, 1 - damping is the longest step.
    tol : float
        The iteration has converged when max |update(x) - x| <= tol; > 0.
    max_iterations : int
        At least 1.
    on_failure : {"raise", "return"}
        Whether an iteration that does not converge raises, or returns its last finite state with ``converged`` False.

    Returns
    -------
    FixedPoint

    Raises
    ------
    ValueError
        For an argument outside its range, or an update of the wrong shape.
    ConvergenceError
        When the tolerance is not reached, the update is not finite (its component is named), or Newton cannot go on. It carries
        the trace of residuals.

    Examples
    --------
    >>> round(float(solve(np.cos, 1.0, method="anderson").x[0]), 12)
    0.739085133215
    """
    require(callable(update), "update", update, "a function")
    require(method in METHODS, "method", method, "one of " + ", ".join(METHODS))
    require(is_number(damping) and 0 <= damping < 1, "damping", damping, "in [0, 1)")
    require(is_finite(tol) and tol > 0, "tol", tol, "a finite number > 0")
    whole = is_integer(max_iterations)
    require(whole and max_iterations >= 1, "max_iterations", max_iterations, "an integer >= 1")
    raises_on_failure(on_failure)
    x = np.atleast_1d(real_array("x0", x0))
    require(x.ndim == 1 and x.size > 0, "x0", x0, "a number or a vector of at least one entry")

    trace: list[float] = []
    reason = f"the residual did not fall below tol = {tol:g} in {max_iterations} iterations"
    try:
        g = _finite(_difference(update, x), x)
        trace.append(_size(g))
        stepper = METHODS[method](update, damping)
        while trace[-1] > tol and len(trace) <= max_iterations:
            x, g = stepper.step(x, g)
            trace.append(_size(g))
        if trace[-1] <= tol < EPSILON * _size(x):
            # Running off to infinity would otherwise pass for convergence: at 1e17, x + 1 == x.
            raise _Stopped(
                f"rounding of x = {x.tolist()} exceeds tol = {tol:g}, so that the residual says nothing"
            )
    except _Stopped as stopped:
        reason = str(stopped)
    trace = trace or [math.inf]
    residual = trace[-1]
    converged = residual <= tol and EPSILON * _size(x) <= tol
    result = FixedPoint(x, len(trace) - 1, residual, converged, tuple(trace))
    if not result.converged and on_failure == "raise":
        raise ConvergenceError(
            f"{method} iteration failed after {result.iterations} iterations, residual {residual:.3g}: {reason}",
            trace,
        )
    return result


def continuation(
    solve_at: Callable[[float, FloatArray], FixedPoint],
    parameters: npt.ArrayLike,
    x0: npt.ArrayLike,
    *,
    halvings: int = 10,
) -> tuple[FixedPoint, ...]:
    """Follow a branch of fixed points through a list of parameters, each solution starting the next.

    Where the solver fails, the step in the parameter is halved, up to ``halvings`` times, through points that are not reported.

    Parameters
    ----------
    solve_at : callable
        ``solve_at(parameter, x)`` returns a :class:`FixedPoint`; it fails by raising ``ConvergenceError`` or by ``converged``
        being False.
    parameters : array_like of shape (m,)
        Finite, in the order in which to visit them.
    x0 : float or array_like of shape (n,)
        Start at the first parameter.
    halvings : int
        The smallest step is the distance of two neighbouring parameters divided by 2^halvings.

    Returns
    -------
    tuple of FixedPoint
        One for every parameter.

    Raises
    ------
    ContinuationError
        When the branch is lost; ``last_parameter`` and ``last_result`` say where it was last seen.

    Examples
    --------
    The magnetisation of a mean-field magnet, m = tanh(b m), followed from low to high temperature:

    >>> branch = continuation(lambda b, m: solve(lambda v: np.tanh(b * v), m, method="newton"), [2.0, 1.5, 1.2], 1.0)
    >>> [round(float(point.x[0]), 6) for point in branch]
    [0.957504, 0.85856, 0.65857]
    """
    values = real_array("parameters", parameters)
    require(callable(solve_at), "solve_at", solve_at, "a function")
    require(values.ndim == 1 and values.size > 0, "parameters", parameters, "a list of at least one number")
    whole = is_integer(halvings)
    require(whole and halvings >= 0, "halvings", halvings, "an integer >= 0")
    x = np.atleast_1d(real_array("x0", x0))
    require(x.ndim == 1 and x.size > 0, "x0", x0, "a number or a vector of at least one entry")

    results: list[FixedPoint] = []
    last: FixedPoint | None = None
    here: float | None = None
    for target in values.tolist():
        smallest = 0.0 if here is None else abs(target - here) / 2.0**halvings
        step = 0.0 if here is None else target - here
        while True:
            # Landing on the target itself, not on here + step, keeps rounding out of the reported parameter.
            there = target if here is None or abs(target - here) <= abs(step) else here + step
            found, trace = _attempt(solve_at, there, x)
            if found is not None:
                here, last, x = there, found, found.x
                if there == target:
                    break
                continue
            step *= 0.5
            if here is None or step == 0.0 or abs(step) < smallest:
                where = (
                    "at the first parameter"
                    if here is None
                    else f"beyond parameter {here!r}, the last good one"
                )
                raise ContinuationError(f"the branch was lost {where} (tried {there!r})", trace, here, last)
        results.append(found)
    return tuple(results)


def _attempt(
    solve_at: Callable[[float, FloatArray], FixedPoint], parameter: float, x: FloatArray
) -> tuple[FixedPoint | None, Sequence[float]]:
    """The solution at a parameter, or None and the trace of the failure."""
    try:
        result = solve_at(parameter, x.copy())
    except ConvergenceError as error:
        return None, error.trace
    return (result if result.converged else None), result.trace
