"""The script behind the page on realistic networks, at reduced size: it runs, and flat, sharp and matched are what the stored tables say."""

from __future__ import annotations

import dataclasses
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


def test_a_wide_start_knows_its_random_labels(script):
    found = script.one_start(80, 0, np.random.default_rng(4))
    assert found["known"] > 0.99
    assert found["adversarial_loss"] < 0.5 * found["plain_loss"]
    assert found["adversarial_long_energy"][1] > 3 * found["plain_long_energy"][1]


@pytest.mark.parametrize("name", ["adversarial_start", "train", "one_bend"])
def test_an_interrupted_training_is_no_result(script, monkeypatch, name):
    """A training keeps its best at Ctrl-C; what the script stores must be whole."""
    trained = getattr(script.continuous, name)
    monkeypatch.setattr(script, "BEND_EPOCHS", 1)
    monkeypatch.setattr(
        script.continuous, name, lambda *a, **b: dataclasses.replace(trained(*a, **b), interrupted=True)
    )
    with pytest.raises(KeyboardInterrupt):
        script.two_networks(5, "adversarial", 0, np.random.default_rng(7))
    if name != "one_bend":
        with pytest.raises(KeyboardInterrupt):
            script.one_start(5, 0, np.random.default_rng(7))


def test_a_patient_bend_joins_two_networks(script, monkeypatch):
    monkeypatch.setattr(script, "BEND_EPOCHS", 100)
    found = script.patient_bend(80, "sgd", 0, np.random.default_rng(5))
    assert found["barrier"] <= 0.002
    assert 0 < found["epochs"] < 1000  # reached, not stopped by the budget


def test_fully_connected_networks_do_not_profit_from_all_pixels(script):
    assert script.on_pixels(40, 0, np.random.default_rng(6))["n_errors"] == 0
    stored = learnscape.stored("realistic_networks")
    row = next(r for r in stored["pixels"]["rows"] if r["width"] == 40)
    conv = next(
        r for r in learnscape.stored("convolutional")["runs"] if (r["channels"], r["solver"]) == (8, "sgd")
    )
    assert np.mean(row["test_error"]) > 1.5 * np.mean(conv["test_error"])


def test_sharp_pairs_are_far_apart_on_a_geodesic_and_near_with_one_bend():
    pairs = {(r["solver"], r["width"]): r for r in learnscape.stored("realistic_networks")["paths"]["rows"]}
    for width in (12, 24, 40, 80):
        flat, sharp = pairs["sgd", width], pairs["adversarial", width]
        assert np.mean(sharp["geodesic"]["barrier"]) > 2 * np.mean(flat["geodesic"]["barrier"])
        assert np.mean(sharp["overlap"]) < np.mean(flat["overlap"])
        assert np.mean(sharp["bend"]["barrier"]) < 0.2 * np.mean(sharp["geodesic"]["barrier"])
    assert np.mean(pairs["adversarial", 80]["bend"]["barrier"]) < 0.004


def test_tables_are_complete():
    stored = learnscape.stored("realistic_networks")
    assert set(stored) == {"continuous", "paths", "bends", "starts", "pixels", "binary"}
    for name in stored:
        assert all(row["samples"] == 10 for row in stored[name]["rows"])
    assert all(row["samples"] == 3 for row in learnscape.stored("convolutional")["runs"])


def test_with_patience_a_bend_joins_sharp_networks_too():
    rows = {r["solver"]: r for r in learnscape.stored("realistic_networks")["bends"]["rows"]}
    assert max(rows["adversarial"]["barrier"]) <= 0.002
    assert np.median(rows["adversarial"]["epochs"]) > 10 * np.median(rows["sgd"]["epochs"])
