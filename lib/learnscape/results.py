"""What the library's results have in common: those that hold arrays are compared by identity.

Comparing arrays entry by entry gives no truth value, so that ``==`` of two such results would raise, and so would every container that
looks for one. Dataclasses say ``eq=False``; named tuples, which readers may unpack, take this decorator.
"""

from __future__ import annotations

from typing import Any, TypeVar

__all__ = ["by_identity"]

T = TypeVar("T", bound=type[Any])


def _same(self: object, other: object) -> bool:
    return self is other


def _other(self: object, other: object) -> bool:
    return self is not other


def _identity(self: object) -> int:
    return id(self)


def by_identity(kind: T) -> T:
    """Compare and hash instances of a named tuple by identity.

    Examples
    --------
    >>> import numpy as np
    >>> from typing import NamedTuple
    >>> @by_identity
    ... class Pair(NamedTuple):
    ...     values: np.ndarray
    ...     count: int
    >>> pair = Pair(np.zeros(2), 1)
    >>> pair == pair, pair == Pair(np.zeros(2), 1), len({pair, pair})
    (True, False, 1)
    """
    for name, method in (("__eq__", _same), ("__ne__", _other), ("__hash__", _identity)):
        setattr(kind, name, method)
    return kind
