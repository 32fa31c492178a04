"""The script behind the page on realistic networks, at reduced size: it runs, and flat, sharp and matched are what the stored tables say."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

import learnscape


@pytest.fixture(scope="module")
def script(root):
    pytest.importorskip("sklearn")
    spec = importlib.util.spec_from_file_location(
        "realistic_networks_script", root / "chapters" / "data" / "realistic_networks.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_adversarial_start_ends_in_a_sharper_minimum(script):
    flat, sharp = (
        script.one_network(40, solver, 0, np.random.default_rng(1)) for solver in ("sgd", "adversarial")
    )
    assert flat["n_errors"] == sharp["n_errors"] == 0
    assert sharp["local_energy"][1] > 3 * flat["local_energy"][1]


def test_matching_lowers_the_barrier(script):
    found = script.two_networks(24, "sgd", 0, np.random.default_rng(2))
    assert found["geodesic"].max() < 0.5 * found["geodesic_unmatched"].max()
    assert found["bend"].max() <= found["matched"].max()
    assert found["overlap"] > found["overlap_unmatched"]


def test_committees_of_the_script_learn(script):
    for solver in ("gradient", "perceptron"):
        assert script.one_committee(15, solver, 0, np.random.default_rng(3))["n_errors"] <= 3


def test_tables_are_complete():
    stored = learnscape.stored("realistic_networks")
    assert set(stored) == {"continuous", "paths", "binary"}
    for name in stored:
        assert all(row["samples"] == 10 for row in stored[name]["rows"])
    assert all(row["samples"] == 3 for row in learnscape.stored("convolutional")["runs"])
