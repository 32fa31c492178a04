"""Which points a sweep consists of, and the random numbers of each: a lazy enumeration of (point, seed).

A *point* is one value for every parameter; with the index of its repetition, its *seed*, it is a *task*. The task's random generator
is derived from (root seed, values of the parameters, seed) by hashing, so it depends neither on the order of the grid nor on what else
stands in it: a grid can grow later, and what was computed stays valid. Nothing is stored a point: a plan of a million points
is as small as a plan of ten.
"""

from __future__ import annotations

import hashlib
import math
import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Any, NamedTuple

import numpy as np

from learnscape.errors import is_integer, require

__all__ = ["Plan", "Task", "is_float", "is_wide", "make_plan", "rng_of"]

Value = bool | int | float | str
RESERVED = {"seed", "rng", "seconds", "error"}


class Task(NamedTuple):
    """One call of the function: the values of the parameters (in the plan's order) and which repetition it is."""

    key: int
    """64 bits that name the task in the stored results."""
    values: tuple[Value, ...]
    seed: int


def _plain(name: str, value: object) -> Value:
    """A parameter as a plain Python value, or ``ValueError``."""
    if isinstance(value, np.generic):
        value = value.item()
    require(
        isinstance(value, bool | int | float | str),
        f"grid[{name!r}]",
        value,
        "a number, a string or a bool (pass larger things by name and make them inside the function)",
    )
    require(
        not (isinstance(value, float) and math.isnan(value)),
        f"grid[{name!r}]",
        value,
        "a number: NaN equals nothing, so such a point could never be found again",
    )
    require(
        not isinstance(value, int) or -(2**63) <= value < 2**63,
        f"grid[{name!r}]",
        value,
        "an integer of 64 bits",
    )
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)  # plain, where it was a member of an enumeration
    if isinstance(value, float):
        return float(value)
    assert isinstance(value, str)
    text = str.__str__(value)
    require(text.encode("utf-8", "replace").decode() == text, f"grid[{name!r}]", value, "valid Unicode")
    return text


def is_wide(value: object) -> bool:
    """Whether this is an integer, or an array of them, that floats cannot hold: it would change beside floats in one column."""
    if isinstance(value, np.ndarray):
        if (
            value.dtype.kind not in "iu"
            or not value.size
            or max(int(value.max()), -int(value.min())) <= 2**53
        ):
            return False
        return any(int(float(x)) != x for x in value.ravel().tolist())
    return isinstance(value, int) and not isinstance(value, bool) and int(float(value)) != value


def is_float(value: object) -> bool:
    """Whether this is a float, or an array of floats."""
    return isinstance(value, float) or (isinstance(value, np.ndarray) and value.dtype.kind == "f")


def _same_kind(name: str, values: Iterable[Value]) -> None:
    values = list(values)
    kinds = {{bool: "bool", str: "string"}.get(type(value), "number") for value in values}
    require(len(kinds) <= 1, f"grid[{name!r}]", sorted(kinds), "of one kind, as it becomes one column")
    if any(is_float(value) for value in values):
        wide = [value for value in values if is_wide(value)]
        require(
            not wide,
            f"grid[{name!r}]",
            wide[:1],
            "without integers beyond 2^53 that no float equals, beside floats",
        )


def _bytes(value: Value) -> bytes:
    """Equal values (2 and 2.0) have equal bytes; a bool, a number and a string never have."""
    if isinstance(value, bool):
        return b"b1" if value else b"b0"
    if isinstance(value, str):
        return b"s" + value.encode()
    if isinstance(value, int):
        return b"f" + struct.pack("<d", value) if float(value) == value else b"i%d" % value
    return b"f" + struct.pack("<d", value + 0.0)  # -0.0 + 0.0 is 0.0


def _digest(names: Sequence[str], values: Sequence[Value]) -> bytes:
    """128 bits that name a point, whatever the order of its parameters."""
    digest = hashlib.blake2b(digest_size=16)
    for name, value in sorted(zip(names, values, strict=True)):
        data = _bytes(value)
        digest.update(b"%d:%s=%d:" % (len(name), name.encode(), len(data)) + data)
    return digest.digest()


def rng_of(root_seed: int, names: Sequence[str], task: Task) -> np.random.Generator:
    """The generator that ``task`` gets, on every machine and in every order of execution."""
    words = [int(word) for word in np.frombuffer(_digest(names, task.values), dtype="<u4")]
    return np.random.default_rng([root_seed, *words, task.seed])


@dataclass(frozen=True)
class Plan:
    """All tasks of a sweep, enumerated on demand: every point once, then every point again with the next seed."""

    names: tuple[str, ...]
    axes: tuple[tuple[Value, ...], ...] | None
    """One tuple of values a parameter, for a product of axes ..."""
    listed: tuple[tuple[Value, ...], ...] | None
    """... or the points themselves."""
    seeds: int

    @property
    def n_points(self) -> int:
        if self.listed is not None:
            return len(self.listed)
        assert self.axes is not None
        return math.prod(len(axis) for axis in self.axes)

    def __len__(self) -> int:
        return self.n_points * self.seeds

    def points(self) -> Iterator[tuple[Value, ...]]:
        """Every point once."""
        return iter(self.listed) if self.listed is not None else product(*(self.axes or ()))

    def tasks(self) -> Iterator[Task]:
        """Every task once, seed by seed, so that an early look at the results covers the whole grid."""
        for seed in range(self.seeds):
            suffix = struct.pack("<q", seed)
            for values in self.points():
                key = hashlib.blake2b(_digest(self.names, values) + suffix, digest_size=8).digest()
                yield Task(int.from_bytes(key, "little"), values, seed)

    def without(self, finished: np.ndarray) -> Iterator[Task]:
        """The tasks whose keys are not in the sorted array ``finished``."""
        return (task for task, known in self._looked_up(finished) if not known)

    def among(self, keys: np.ndarray) -> Iterator[Task]:
        """The tasks whose keys are in the sorted array ``keys``."""
        return (task for task, known in self._looked_up(keys) if known)

    def count(self, keys: np.ndarray) -> int:
        """How many of the tasks have their key in the sorted array ``keys``."""
        return sum(1 for _ in self.among(keys)) if len(keys) else 0

    def _looked_up(self, finished: np.ndarray, size: int = 8192) -> Iterator[tuple[Task, bool]]:
        tasks = self.tasks()
        while chunk := list(islice(tasks, size)):
            keys = np.array([task.key for task in chunk], dtype=np.uint64)
            place = np.searchsorted(finished, keys)
            known = np.zeros(len(chunk), dtype=bool)
            inside = place < len(finished)
            known[inside] = finished[place[inside]] == keys[inside]
            yield from zip(chunk, known.tolist(), strict=True)


def _axis(name: str, values: object) -> tuple[Value, ...]:
    if isinstance(values, np.ndarray) and values.ndim == 0:
        values = values.item()
    if isinstance(values, bool | int | float | str | np.generic):
        return (_plain(name, values),)
    usable = isinstance(values, Iterable) and not isinstance(values, bytes | Mapping)
    require(usable, f"grid[{name!r}]", values, "a value or a sequence of values")
    assert isinstance(values, Iterable)
    axis = tuple(_plain(name, value) for value in values)
    require(len(axis) > 0, f"grid[{name!r}]", axis, "not empty: give it at least one value")
    _same_kind(name, axis)
    if len(set(axis)) < len(axis):
        twice = next(value for value, times in Counter(axis).items() if times > 1)
        once = "there only once (for repetitions with other random numbers use seeds=)"
        require(False, f"grid[{name!r}]", twice, once)
    return axis


def make_plan(grid: Mapping[str, Any] | Iterable[Mapping[str, Any]], seeds: int = 1) -> Plan:
    """Validate a grid and make the plan of its tasks.

    Parameters
    ----------
    grid : mapping or sequence of mappings
        Parameter name -> a value or a sequence of values (the sweep covers the product); or a list of points, each a mapping
        parameter name -> value, all with the same names.
    seeds : int
        Repetitions a point, >= 1.

    Raises
    ------
    ValueError
        For an empty axis, a repeated value or point, NaN, a value that is no number, string or bool, or a reserved name.

    Examples
    --------
    >>> plan = make_plan({"alpha": [0.1, 0.2], "n": (11, 21, 31)}, seeds=10)
    >>> len(plan), next(plan.tasks()).values
    (60, (0.1, 11))
    """
    whole = is_integer(seeds) and seeds >= 1
    require(whole, "seeds", seeds, "a whole number >= 1")
    if isinstance(grid, Mapping):
        names, axes = tuple(grid), tuple(_axis(str(name), values) for name, values in grid.items())
        listed = None
        require(len(names) > 0, "grid", dict(grid), "a mapping with at least one parameter")
    else:
        listable = isinstance(grid, Iterable) and not isinstance(grid, str | bytes | np.ndarray)
        require(
            listable, "grid", grid, "a mapping parameter -> value or values, or a list of points (mappings)"
        )
        points = list(grid)
        require(len(points) > 0, "grid", points, "a mapping or a non-empty list of points")
        for point in points:
            require(isinstance(point, Mapping), "a point of the grid", point, "a mapping name -> value")
        names, axes = tuple(points[0]), None
        for point in points:
            require(set(point) == set(names), "a point of the grid", dict(point), f"given by {sorted(names)}")
        listed = tuple(tuple(_plain(name, point[name]) for name in names) for point in points)
        for name, column in zip(names, zip(*listed, strict=True), strict=True):
            _same_kind(name, column)
        seen: set[bytes] = set()
        for values in listed:
            digest = _digest(names, values)
            require(
                digest not in seen,
                "a point of the grid",
                dict(zip(names, values, strict=True)),
                "there only once (for repetitions with other random numbers use seeds=)",
            )
            seen.add(digest)
    for name in names:
        usable = isinstance(name, str) and name.isidentifier() and not name.startswith("_")
        require(
            usable and name not in RESERVED,
            "a parameter's name",
            name,
            f"an identifier that does not begin with _ and is none of {sorted(RESERVED)}",
        )
    return Plan(names, axes, listed, int(seeds))
