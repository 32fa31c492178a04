"""Every exception and every result of the library survives pickling and copying, and can be compared and hashed or says that it can't.

The classes are found by walking the modules, and filled by the names of their fields: a new class is tested from its first day.
"""

from __future__ import annotations

import copy
import dataclasses
import importlib
import inspect
import multiprocessing
import pickle
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import learnscape
from learnscape.errors import ConvergenceError
from learnscape.numerics import fixed_point
from learnscape.replica import rs


def library_classes() -> Iterator[type]:
    for info in pkgutil.walk_packages(learnscape.__path__, "learnscape."):
        private = any(part.startswith("_") for part in info.name.split("."))
        if private:  # what no user is handed
            continue
        module = importlib.import_module(info.name)
        for value in vars(module).values():
            if (
                inspect.isclass(value)
                and value.__module__ == info.name
                and not value.__name__.startswith("_")
            ):
                yield value


CLASSES = sorted(set(library_classes()), key=lambda kind: (kind.__module__, kind.__qualname__))
EXCEPTIONS = [kind for kind in CLASSES if issubclass(kind, BaseException)]
DATACLASSES = [kind for kind in CLASSES if dataclasses.is_dataclass(kind)]
TUPLES = [kind for kind in CLASSES if issubclass(kind, tuple) and hasattr(kind, "_fields")]


def filling(annotation: object) -> Any:
    """An array of several entries wherever the annotation allows one: those are what breaks comparisons."""
    text = str(annotation)
    return np.array([1.0, 2.0, 3.0]) if "Array" in text or "ndarray" in text else 1.5


def dataclass_example(kind: type) -> Any:
    made = object.__new__(kind)
    for field in dataclasses.fields(kind):
        object.__setattr__(made, field.name, filling(field.type))
    return made


def tuple_example(kind: Any) -> Any:
    return kind(*(filling(kind.__annotations__[name]) for name in kind._fields))


def fields_of(value: Any) -> list[Any]:
    names = value._fields if isinstance(value, tuple) else [f.name for f in dataclasses.fields(value)]
    return [getattr(value, name) for name in names]


COPIES: list[Callable[[Any], Any]] = [
    lambda x: pickle.loads(pickle.dumps(x)),
    lambda x: pickle.loads(pickle.dumps(x, protocol=2)),
    copy.copy,
    copy.deepcopy,
]
RESULTS = [*((kind, dataclass_example) for kind in DATACLASSES), *((kind, tuple_example) for kind in TUPLES)]


def test_the_walk_finds_the_library() -> None:
    assert {"ConvergenceError", "ContinuationError"} <= {kind.__name__ for kind in EXCEPTIONS}
    assert {rs.Solution, fixed_point.FixedPoint} <= set(DATACLASSES)
    assert rs.StabilityDistribution in TUPLES
    assert len(DATACLASSES) > 40


@pytest.mark.parametrize("kind", EXCEPTIONS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("again", COPIES)
def test_exceptions_survive(kind: type[BaseException], again: Callable[[Any], Any]) -> None:
    arguments: list[Any] = []
    if any("__init__" in vars(base) for base in kind.__mro__ if base.__module__.startswith("learnscape")):
        names = list(inspect.signature(kind).parameters)[1:]
        arguments = [(1.0, 0.5) if name == "trace" else 0.25 for name in names]
    try:
        error = kind("why", *arguments)
    except TypeError as failure:
        pytest.fail(f"teach this test how to make a {kind.__name__}: {failure}")
    error.add_note("near the edge")
    copied = again(error)
    assert type(copied) is kind
    assert str(copied) == str(error) == "why"
    assert copied.args == error.args
    assert vars(copied) == vars(error)


class Demanding(ConvergenceError):
    """An exception of a reader's own that can't be rebuilt from its message alone."""

    def __init__(self, message: str, trace: list[float], load: float) -> None:
        super().__init__(message, trace)
        self.load = load


@pytest.mark.parametrize("again", COPIES)
def test_subclasses_of_the_convergence_error_survive(again: Callable[[Any], Any]) -> None:
    copied = again(Demanding("lost", [2.0], 0.7))
    assert (type(copied), str(copied), copied.trace, copied.load) == (Demanding, "lost", (2.0,), 0.7)


@pytest.mark.parametrize(("kind", "make"), RESULTS, ids=lambda value: getattr(value, "__qualname__", None))
def test_results_survive_and_compare(kind: type, make: Callable[[type], Any]) -> None:
    value = make(kind)
    for again in COPIES:
        copied = again(value)
        assert type(copied) is kind
        for before, after in zip(fields_of(value), fields_of(copied), strict=True):
            assert np.array_equal(before, after)
        # Results that hold arrays are compared by identity, the others by value; neither raises.
        assert (value == copied) in (True, False)
        assert (value != copied) is not (value == copied)
    assert value == value
    if kind.__hash__ is None:  # said by the class itself
        with pytest.raises(TypeError, match=f"unhashable type: '{kind.__name__}'"):
            hash(value)
    else:
        assert hash(value) == hash(value)


def follow_a_branch_that_ends(start: float) -> object:
    def solve(parameter: float, x: np.ndarray) -> fixed_point.FixedPoint:
        return fixed_point.solve(lambda v: v + parameter, x, max_iterations=5)

    return fixed_point.continuation(solve, [start, start + 1.0], 0.0)


def test_a_pool_over_a_solver_that_raises_comes_back() -> None:
    """An exception that can't be unpickled kills the thread that receives results, and map then waits for ever."""
    with multiprocessing.get_context("fork").Pool(1) as pool:
        answer = pool.map_async(follow_a_branch_that_ends, [1.0, 2.0])
        with pytest.raises(fixed_point.ContinuationError, match="lost at the first parameter") as caught:
            answer.get(timeout=60)
    assert caught.value.last_parameter is None
    assert len(caught.value.trace) == 6
