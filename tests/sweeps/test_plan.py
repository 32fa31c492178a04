"""The plan of a sweep: lazy, without repetitions, and with random numbers that belong to the point."""

import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnscape.sweeps._plan import make_plan, rng_of

values = st.one_of(
    st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=True), st.text(max_size=5)
)


def draws(plan, root_seed=0):
    return {(task.values, task.seed): rng_of(root_seed, plan.names, task).random() for task in plan.tasks()}


def test_a_product_has_every_point_with_every_seed_once():
    plan = make_plan({"a": [1, 2, 3], "b": ["x", "y"], "c": 0.5}, seeds=4)
    tasks = list(plan.tasks())
    assert len(tasks) == len(plan) == 24
    wanted = itertools.product([1, 2, 3], ["x", "y"], [0.5], range(4))
    assert {(*task.values, task.seed) for task in tasks} == set(wanted)
    assert len({task.key for task in tasks}) == 24
    assert [task.seed for task in tasks[:6]] == [0] * 6, "the whole grid comes before the second seed"


def test_the_random_numbers_of_a_point_do_not_depend_on_the_rest_of_the_grid():
    small = draws(make_plan({"a": [1.0, 2.0], "b": [5]}, seeds=2))
    large = draws(make_plan({"b": np.array([7, 5]), "a": np.arange(4)}, seeds=3))
    listed = draws(make_plan([{"a": 2, "b": 5}, {"b": 5, "a": 1}], seeds=1))
    for ((a, b), seed), number in small.items():
        assert large[(b, a), seed] == number
        if seed == 0:
            assert listed[(a, b), 0] == number
    assert len(set(large.values())) == len(large), "no two tasks share their numbers"
    other = draws(make_plan({"a": [1.0, 2.0], "b": [5]}, seeds=2), root_seed=1)
    assert not set(other.values()) & set(small.values())


@given(st.lists(values, min_size=2, max_size=2))
def test_keys_agree_exactly_when_the_values_do(pair):
    try:
        make_plan([{"v": pair[0]}, {"v": pair[1]}])
        distinct = True
    except ValueError as error:
        distinct = "only once" not in str(error)
    assert distinct == (pair[0] != pair[1] or isinstance(pair[0], str) != isinstance(pair[1], str))


def test_a_million_points_are_planned_lazily():
    tracemalloc.start()
    plan = make_plan({"a": np.linspace(0, 1, 1000), "b": range(1000)}, seeds=10)
    tasks = plan.without(np.empty(0, dtype=np.uint64))
    for _ in range(20_000):
        next(tasks)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(plan) == 10_000_000
    assert peak < 10e6, f"{peak / 1e6:.1f} MB"


def test_finished_tasks_are_left_out():
    plan = make_plan({"a": range(100)}, seeds=3)
    tasks = list(plan.tasks())
    finished = np.sort(np.array([task.key for task in tasks[::7]], dtype=np.uint64))
    assert list(plan.without(finished)) == [task for i, task in enumerate(tasks) if i % 7]
    assert plan.count(finished) == len(finished)


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        ({}, "at least one parameter"),
        ([], "non-empty list"),
        ({"a": []}, "not empty"),
        ({"a": [1, 2, 1.0]}, r"grid\['a'\] = 1 .*only once"),
        ([{"a": 1, "b": 2}, {"b": 2, "a": 1}], "only once"),
        ({"a": [0.1, float("nan")]}, "NaN equals nothing"),
        ([{"a": float("nan")}], "NaN equals nothing"),
        ({"a": [1, "x"]}, "of one kind"),
        ({"a": [[1, 2], [3]]}, "a number, a string or a bool"),
        ({"a": [None]}, "a number, a string or a bool"),
        ({"a": [2**70]}, "64 bits"),
        ({"rng": [1]}, "a parameter's name = 'rng'"),
        ({"seed": [1]}, "a parameter's name = 'seed'"),
        ({"no good": [1]}, "an identifier"),
        ([{"a": 1}, {"b": 1}], "given by"),
    ],
)
def test_bad_grids_are_refused(grid, message):
    with pytest.raises(ValueError, match=message):
        make_plan(grid)


@pytest.mark.parametrize("seeds", [0, -1, 1.5, True, "3"])
def test_bad_numbers_of_repetitions(seeds):
    with pytest.raises(ValueError, match="seeds"):
        make_plan({"a": [1]}, seeds)
