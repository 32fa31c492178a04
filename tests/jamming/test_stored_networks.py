"""The stored states of networks obey the identities that make them true."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from learnscape.data import stored

FOLDER = Path(__file__).parents[2] / "chapters" / "data"


@pytest.mark.parametrize("table", ["random", "trained"])
def test_every_stored_jammed_state_is_certified(table: str) -> None:
    states = stored("jammed_networks")[table]["states"]
    assert len(states) > 50
    for state in states:
        rests_on = state["contacts"] + state["kinks"] - state["redundant"]
        assert rests_on + state["held"] + state["flat"] == state["directions"] + 1
        assert state["margin"] > 0
        assert state["contacts"] >= 1
        assert state["held"] >= 0
        forces = np.array(state["forces"])
        assert (forces > 0).all()
        assert (np.diff(forces) >= 0).all()
        gaps = np.array(state["gaps"])
        assert (gaps > 0).all()
        assert (np.diff(gaps) >= 0).all()
        if state.get("activation") == "tanh":
            assert state["kinks"] == 0


@pytest.mark.parametrize("table", ["random", "trained"])
def test_no_climb_is_lost_from_the_account(table: str) -> None:
    answer = stored("jammed_networks")[table]
    for group in answer["groups"]:
        ends = [group.get(name, 0) for name in ("certified", "collapsed", "open", "untrained")]
        assert sum(ends) == group["tried"]
    if table == "trained":
        assert sum(group["certified"] for group in answer["groups"]) == len(answer["states"])


def test_outcomes_of_training_agree_with_their_virial() -> None:
    rows = stored("deep_jamming")["transition"]["rows"]
    assert len(rows) >= 36
    for row in rows:
        if row["outcome"] == "satisfied":
            assert row["n_unsatisfied"] == 0
            assert row["virial"] is None
        else:
            assert row["n_unsatisfied"] >= max(1, row["n_flat"])
        if row["outcome"] == "stuck":
            assert abs(row["virial"] - 1) < 0.01
            assert row["decay"] < 0.05
            assert row["n_errors"] >= 1  # a minimum with a positive loss has errors
        assert row["rank"] <= min(row["n_effective"], row["n_unsatisfied"])


def test_the_same_problem_is_tried_with_every_budget() -> None:
    rows = stored("deep_jamming")["transition"]["rows"]
    budgets = sorted({row["steps"] for row in rows})
    problems: dict[tuple[int, float, int], list[dict[str, int]]] = {}
    for row in rows:
        problems.setdefault((row["depth"], row["load"], row["draw"]), []).append(row)
    for tries in problems.values():
        assert sorted(row["steps"] for row in tries) == budgets
        assert len({row["p"] for row in tries}) == 1


def test_avalanches_keep_every_pattern() -> None:
    for row in stored("deep_jamming")["avalanches"]["rows"]:
        first = round(row["first"] * row["n_weights"])
        if not row["started"]:
            assert row["load"] == []
            continue
        assert round(row["reached"] * row["n_weights"]) == first + row["at_once"] + len(row["load"])
        steps = np.array(row["adam_steps"])
        learned = steps[:-1] if row["censored"] else steps
        assert (learned < row["steps"]).all()
        assert (np.array(row["displacement"]) > 0).all()
        if row["censored"]:
            assert steps[-1] == row["steps"]


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("deep_data", FOLDER / "deep_jamming.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("data", "options", "inputs"),
    [("random", {}, None), ("random", {"d": 5}, 5), ("random", {"d": 10}, 10), ("random10", {}, 10)],
)
def test_inputs_of_the_smallest_network_that_learns(script, data, options, inputs) -> None:
    """Random data are as wide as the network unless ``d`` says otherwise."""
    found = script.threshold(1, 40, data, 400, np.random.default_rng(1), **options)
    h = found["width"]
    assert found["n_learns"] == h * ((inputs or h) + 1)


@pytest.mark.parametrize(
    "point",
    [
        {"depth": 2, "p": 500, "data": "random", "steps": 400_000},
        {"depth": 1, "p": 500, "data": "digits", "steps": 40_000},
        {"depth": 1, "p": 4500, "data": "digits", "steps": 60_000, "d": 10, "narrowest": 12},
    ],
)
def test_points_of_the_sweeps_are_those_of_the_stored_rows(script, point, monkeypatch) -> None:
    """Finished points are known by their parameters: other ones would be computed anew, for days."""
    asked: dict[str, list[dict[str, object]]] = {}
    monkeypatch.setattr(
        script, "swept", lambda name, _function, batches, _paper: asked.update({name: batches[-1][0]})
    )
    for name in ("line", "digits", "shifted"):
        script.run(name, False)
        assert {tuple(one) for one in asked[name]} == {tuple(asked[name][0])}
        for row in stored("deep_jamming")[name]["rows"]:
            assert {key: row[key] for key in asked[name][0]} in asked[name]
    assert sum(point in points for points in asked.values()) == 1
