"""The data script of the perceptron at reduced size, and what it stored against the parts it stored it from."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import learnscape
from learnscape.numerics import power_law

FOLDER = Path(__file__).parents[2] / "chapters" / "data"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("perceptron_data_script", FOLDER / "perceptron_jamming.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_stored_exponents_are_those_of_the_committed_smallest_values():
    parts = np.load(FOLDER / "parts" / "perceptron_smallest.npz")
    for row in learnscape.stored("perceptron_jamming")["extremes"]:
        for name in ("gaps", "forces"):
            ends = [parts[f"{name}_{n}"] for n in row["sizes"]]
            assert [len(one) for one in ends] == row["draws"]
            fit = power_law.extremes(ends, row["sizes"])
            assert row[name]["exponents"] == pytest.approx(fit.exponents.tolist(), rel=1e-4)
            assert row[name]["errors"] == pytest.approx(fit.errors.tolist(), rel=1e-4)


def test_stored_ratios_of_critical_states_are_those_of_the_committed_smallest_values():
    parts = np.load(FOLDER / "parts" / "perceptron_smallest.npz")
    rows = [row for row in learnscape.stored("perceptron_jamming")["ratios"] if row["alpha"] == 4.0]
    assert [row["n"] for row in rows] == [64, 128]
    for row in rows:
        for name in ("gaps", "forces"):
            smallest = list(parts[f"{name}_{row['n']}"])
            fits = [power_law.hill(smallest, k) for k in row["k"]]
            assert row[name] == [pytest.approx([fit.exponent, fit.error], rel=1e-4) for fit in fits]


def test_a_driven_corner_jumps_forwards_and_stays_a_corner(script):
    """u.v grows from jump to jump except where a better |v| is bought with it, fields grow, and the number of jumps is that of the stored draws."""
    draws = [script.driven(32, 4.0, 1e-3, np.random.default_rng(seed)) for seed in range(60)]
    for draw in draws:
        assert np.all(np.diff(draw["fields"]) >= 0)
        assert np.all((draw["fields"] > 0) & (draw["fields"] <= script.FIELD))
        assert np.all(draw["left"] >= 1)
    jumps = np.concatenate([draw["jumps"] for draw in draws])
    assert np.mean(jumps > 0) > 0.95
    row = next(r for r in learnscape.stored("perceptron_jamming")["jumps"] if r["n"] == 32)
    counts = np.array([len(draw["jumps"]) for draw in draws])
    error = counts.std(ddof=1) / np.sqrt(len(counts))
    assert abs(counts.mean() - row["per_draw"][0]) < 4 * np.hypot(error, row["per_draw"][1])


def test_one_state_at_the_scaled_pressure_is_isostatic(script):
    state = script.deeper(64, 4.0, script.scaled_pressure(64), np.random.default_rng(3))
    assert state["contacts"] == 64
    assert np.all(np.diff(state["gaps"]) > 0)
    assert state["forces"].min() > 0
