"""The network that learns in the page against the library's HingeNetwork, and what the question about it asks for."""

from __future__ import annotations

import numpy as np
import pytest

from learnscape.explore import hinge_network
from learnscape.explore.jamming.hinge_network import BIN, FRAME, FRAMES, LOW, D
from learnscape.jamming.networks import HingeNetwork, diagnose, virial


def as_library(
    answer: dict[str, np.ndarray], width: int, patterns: int
) -> tuple[HingeNetwork, np.ndarray, np.ndarray]:
    network = HingeNetwork(D, width, 2, rng=0)
    network.parameters = answer["parameters"][: network.n_parameters]
    x = answer["x"].reshape(-1, D)[:patterns]
    return network, x, np.where(np.arange(patterns) % 2 == 0, 1.0, -1.0)


@pytest.mark.parametrize(
    ("width", "patterns", "steps"), [(8, 240, 0), (8, 240, 5), (4, 20, 1), (10, 400, 3), (5, 130, 20)]
)
def test_loss_and_gradient_are_the_librarys(width: int, patterns: int, steps: int) -> None:
    answer = hinge_network().evaluate(steps=steps, width=width, patterns=patterns, seed=3)
    network, x, y = as_library(answer, width, patterns)
    assert answer["weights"][0] == network.n_weights
    assert answer["ratio"][0] == answer["unsatisfied"][0] / network.n_weights
    np.testing.assert_allclose(answer["delta"][:patterns], network.delta(x, y), atol=1e-12)
    assert answer["loss"][0] == pytest.approx(network.loss(x, y), rel=1e-12, abs=1e-15)
    assert answer["unsatisfied"][0] == (network.delta(x, y) > 0).sum() > 0
    assert answer["errors"][0] == (network.delta(x, y) >= 1).sum()
    np.testing.assert_allclose(answer["gradient"][: network.n_parameters], network.gradient(x, y), atol=1e-13)
    assert not answer["gradient"][network.n_parameters :].any()
    assert answer["virial"][0] == pytest.approx(virial(network.delta(x, y)), rel=1e-12)


def test_a_frame_is_that_many_steps_of_adam() -> None:
    start = hinge_network().evaluate(steps=0, width=6, patterns=120, seed=2)
    network, x, y = as_library(start, 6, 120)
    theta = network.parameters.copy()
    first, second = np.zeros_like(theta), np.zeros_like(theta)
    for t in range(FRAME):
        network.parameters = theta
        slope = network.gradient(x, y)
        first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
        rate = 0.01 - 0.009 * t / (FRAME * FRAMES)
        theta = theta - rate * (first / (1 - 0.9 ** (t + 1))) / (
            np.sqrt(second / (1 - 0.999 ** (t + 1))) + 1e-8
        )
    after = hinge_network().evaluate(steps=1, width=6, patterns=120, seed=2)
    np.testing.assert_allclose(after["parameters"][: theta.size], theta, atol=1e-7)


def test_patterns_are_centred_gaussians_on_the_sphere() -> None:
    x = np.concatenate(
        [hinge_network().evaluate(steps=0, patterns=400, seed=s)["x"].reshape(400, D) for s in range(1, 9)]
    )
    np.testing.assert_allclose((x**2).sum(axis=1), D, rtol=1e-12)
    assert np.abs(x.mean(axis=0)).max() < 0.08
    np.testing.assert_allclose(x.T @ x / len(x), np.eye(D), atol=0.08)  # four standard errors are 0.06
    np.testing.assert_allclose((x**4).mean(), 3 * D / (D + 2), rtol=0.04)


def test_the_histogram_counts_every_pattern_once_and_on_its_side() -> None:
    answer = hinge_network().evaluate(steps=10, width=8, patterns=240)
    delta = answer["delta"][:240]
    assert answer["sat"].sum() == pytest.approx((delta <= 0).mean())
    assert answer["unsat"].sum() == pytest.approx((delta > 0).mean())
    assert not answer["sat"][answer["bin_at"] > 0].any()
    assert not answer["unsat"][answer["bin_at"] < 0].any()
    inside = np.clip(delta, LOW + 1e-9, LOW + BIN * len(answer["sat"]) - 1e-9)
    expected = np.histogram(inside, LOW + BIN * np.arange(len(answer["sat"]) + 1))[0] / 240
    np.testing.assert_allclose(answer["sat"] + answer["unsat"], expected, atol=1e-12)


def test_the_loss_falls_and_the_course_is_kept() -> None:
    losses = [float(hinge_network().evaluate(steps=s, patterns=300)["loss"][0]) for s in (0, 2, 20, FRAMES)]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.5 * losses[0]
    answer = hinge_network().evaluate(steps=FRAMES, patterns=300)
    np.testing.assert_array_equal(answer["time"], FRAME * np.arange(FRAMES + 1))
    assert np.isfinite(answer["course"]).all()
    assert answer["course"][-1] == answer["ratio"][0]


@pytest.mark.slow
@pytest.mark.weekly
def test_few_patterns_are_learned_and_many_are_not() -> None:
    few, many = (
        [hinge_network().evaluate(steps=FRAMES, width=8, patterns=p, seed=s) for s in range(1, 9)]
        for p in (100, 360)
    )
    learned = [answer for answer in few if answer["learned"][0]]
    assert len(learned) >= 6
    for answer in learned:
        assert answer["finished"][0] == 1.0
        assert answer["loss"][0] == 0.0
        assert np.isnan(answer["virial"][0])  # and the readout is not shown
        assert (answer["delta"][:100] <= 0).all()
    for answer in many:
        assert answer["stuck"][0] == answer["finished"][0] == 1.0
        assert answer["ratio"][0] > 0.3
        assert answer["virial"][0] == pytest.approx(1, abs=0.1)


def test_the_same_seed_gives_the_same_course() -> None:
    one, two, other = (hinge_network().evaluate(steps=20, seed=s) for s in (4, 4, 5))
    np.testing.assert_array_equal(one["course"], two["course"])
    assert not np.array_equal(one["delta"], other["delta"])


@pytest.mark.slow
@pytest.mark.weekly
def test_how_many_draws_are_learned_and_which_failures_are_flat() -> None:
    """The numbers of the question and of the chapter: runs learned of 24 draws, and failures in which every pattern left is flat."""
    found = {}
    for patterns in (80, 200):
        left = []
        for seed in range(1, 25):
            answer = hinge_network().evaluate(steps=FRAMES, width=8, patterns=patterns, seed=seed)
            if not answer["learned"][0]:
                network, x, y = as_library(answer, 8, patterns)
                left.append(answer["unsatisfied"][0] - diagnose(network, x, y).n_flat_unsatisfied)
        found[patterns] = 24 - len(left), left.count(0)
    assert found == {80: (18, 6), 200: (11, 7)}
