"""The table of compiled solvers: which pairs of weights and constraint have one, and for which subclasses it is still right.

A kernel knows a class, not its methods: it stands for *every* public attribute that the class has or inherits. A subclass that overrides one of them
is another problem and gets no kernel; a subclass that only adds to them (a name, a note, a method of its own) is the same problem
and keeps the speed. To add a pair: write its kernels, add a row to `TABLE`; the test of the table compares every row with the generic path.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from learnscape.constraints import Constraint, Margin
from learnscape.errors import SlowPathWarning
from learnscape.replica._local_entropy_kernels import Limit, limit_kernel
from learnscape.replica._rs_grid import Saddle
from learnscape.replica._rs_kernels import binary_capacity_kernel, rs_margin_kernel
from learnscape.replica._rsb_leaf import Array, margin_leaf
from learnscape.replica._teacher_kernels import Students, teacher_kernel
from learnscape.weights import Binary, Spherical, Weights

__all__ = ["Compiled", "compiled", "stands_for"]


class Compiled(NamedTuple):
    """Entry points of one pair; None where there is no kernel."""

    solve: Callable[[Any, Any, float, float, int], Saddle] | None = None
    """The saddle of `rs.solve`, from (weights, constraint, alpha, tol, max_iterations)."""
    capacity: Callable[[Any, Any], Saddle] | None = None
    """The state at the capacity, from (weights, constraint)."""
    teacher: Callable[[float, int], Students] | None = None
    """Students of a teacher, from (alpha, branch); a label demands a stability >= 0, `Margin(0.0)`."""
    innermost: Callable[[Any, Array, float, float], Array] | None = None
    """The innermost level of `rsb` as q -> 1: phi, phi', phi'' and d phi/dy, from (constraint, h, y, 1 - q)."""
    local_entropy: Callable[[Any, float, float, float], Limit] | None = None
    """The limit y -> infinity of `local_entropy`, from (constraint, alpha, 1 - q_1, guess of ln delta)."""


def _binary_solve(weights: Binary, constraint: Margin, alpha: float, tol: float, steps: int) -> Saddle:
    return rs_margin_kernel(True, alpha, constraint.kappa, tol, steps)


def _binary_capacity(weights: Binary, constraint: Margin) -> Saddle:
    return binary_capacity_kernel(constraint.kappa)


def _binary_teacher(alpha: float, branch: int) -> Students:
    return teacher_kernel(True, alpha, branch)


def _spherical_solve(weights: Spherical, constraint: Margin, alpha: float, tol: float, steps: int) -> Saddle:
    return rs_margin_kernel(False, alpha, constraint.kappa, tol, steps)


def _spherical_teacher(alpha: float, branch: int) -> Students:
    return teacher_kernel(False, alpha, branch)


def _margin_innermost(constraint: Margin, h: Array, y: float, gap: float) -> Array:
    out = np.empty((4, h.size))
    margin_leaf(h, constraint.kappa, y, gap, out)
    return out


def _binary_limit(constraint: Margin, alpha: float, v: float, start: float) -> Limit:
    return limit_kernel(True, constraint.kappa, alpha, v, start)


def _spherical_limit(constraint: Margin, alpha: float, v: float, start: float) -> Limit:
    return limit_kernel(False, constraint.kappa, alpha, v, start)


TABLE: dict[tuple[type[Weights], type[Constraint]], Compiled] = {
    (Binary, Margin): Compiled(_binary_solve, _binary_capacity, _binary_teacher, local_entropy=_binary_limit),
    (Spherical, Margin): Compiled(
        _spherical_solve, None, _spherical_teacher, _margin_innermost, _spherical_limit
    ),
}
NOTHING = Compiled()
_MISSING = object()


@cache
def _names(known: type) -> frozenset[str]:
    """What a kernel of a class stands for."""
    return frozenset(
        {"__getattribute__", *(name for base in known.__mro__ for name in vars(base) if name[0] != "_")}
    )


def _same(kind: type, known: type, name: str) -> bool:
    mine, original = (inspect.getattr_static(one, name, _MISSING) for one in (kind, known))
    parameter = name in getattr(known, "__dataclass_fields__", {})
    # The kernel reads a parameter from the instance: another default changes nothing, a property would.
    return mine is original or (parameter and not hasattr(mine, "__get__"))


@cache
def _overrides_nothing(kind: type, known: type) -> bool:
    return issubclass(kind, known) and all(_same(kind, known, name) for name in _names(known))


def stands_for(known: type, instance: object) -> bool:
    """True if a kernel written for the class ``known`` is right for this instance.

    Examples
    --------
    >>> class Mine(Margin):
    ...     def squared_distance(self, omega):
    ...         return 2.0 * super().squared_distance(omega)
    >>> stands_for(Margin, Margin(0.3)), stands_for(Margin, Mine(0.3))
    (True, False)
    """
    kind: type = type(instance)
    return _overrides_nothing(kind, known) and _plain(instance, known)


def _plain(instance: object, known: type) -> bool:
    """False if the instance has an attribute of its own in place of a method of its class."""
    own = instance.__dict__ if hasattr(instance, "__dict__") else {}
    return (
        not own or own.keys() <= _parameters(known) or not own.keys() & (_names(known) - _parameters(known))
    )


@cache
def _parameters(known: type) -> frozenset[str]:
    return frozenset(getattr(known, "__dataclass_fields__", ()))


@cache
def _row(weights: type, constraint: type) -> Compiled:
    """Cached, so that a pair of classes hears once that it is slow."""
    for (known_weights, known_constraint), row in TABLE.items():
        if _overrides_nothing(weights, known_weights) and _overrides_nothing(constraint, known_constraint):
            return row
    for known_weights, known_constraint in TABLE:
        if issubclass(weights, known_weights) and issubclass(constraint, known_constraint):
            warnings.warn(
                f"{weights.__name__} with {constraint.__name__} overrides what the compiled solver of {known_weights.__name__} with "
                f"{known_constraint.__name__} stands for: the generic path answers, about a hundred times slower",
                SlowPathWarning,
                stacklevel=4,
            )
    return NOTHING


def compiled(weights: Weights, constraint: Constraint) -> Compiled:
    """The compiled solvers of this problem; without any, a row of None."""
    row = _row(type(weights), type(constraint))
    return row if row is NOTHING or (_plain(weights, Weights) and _plain(constraint, Margin)) else NOTHING
