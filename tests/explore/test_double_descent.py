"""The explorable on double descent: its curve is the library's law, its points are networks that obey it."""

from __future__ import annotations

import numpy as np
import pytest

from learnscape.explore import double_descent
from learnscape.explore.jamming.double_descent import LINEAR, LOAD, NOISE, D, P
from learnscape.jamming.double_descent import predict, sample


@pytest.mark.parametrize(
    ("size", "ridge", "networks"),
    [
        pytest.param(1.0, 1e-3, 1, marks=pytest.mark.kernels),
        (0.2, 1e-4, 3),
        (1.01, 1e-4, 10),
        (10.0, 1.0, 1),
    ],
)
def test_the_curve_is_the_law(size: float, ridge: float, networks: int) -> None:
    explorable = double_descent()
    answer = explorable.evaluate(size=size, ridge=ridge, networks=networks)
    rest = {"load": LOAD, "linear": LINEAR, "noise": NOISE, "ridge": ridge, "networks": networks}
    law = predict(size, **rest)
    for name, value in [
        ("error", law.error),
        ("limit", law.limit),
        ("variance", law.variance),
        ("effective", law.effective_ridge),
    ]:
        assert answer[name][0] == pytest.approx(value, rel=1e-12)
    for i in (0, 60, 80, 140):
        at = predict(float(explorable.constants["ratios"][i]), **rest)
        assert answer["curve"][i] == pytest.approx(at.error, rel=1e-10)
        assert answer["limits"][i] == pytest.approx(at.limit, rel=1e-10)


@pytest.mark.parametrize(("ridge", "networks"), [(0.1, 1), (0.01, 4), (1.0, 2)])
def test_the_points_are_networks_of_the_model(ridge: float, networks: int) -> None:
    explorable = double_descent()
    found = np.concatenate(
        [
            explorable.evaluate(ridge=ridge, networks=networks, draw=seed)["found"].reshape(3, -1)
            for seed in range(40)
        ]
    )
    error = found.std(axis=0, ddof=1) / np.sqrt(len(found))
    numbers = np.round(explorable.constants["numbers"][: found.shape[1]] * P).astype(int)
    for j in (0, 4, 6, 9):  # the same sizes drawn by the library, with Gaussian numbers instead of signs
        draws = [
            sample(int(numbers[j]), P, D, ridge=ridge, networks=networks, rng=seed) for seed in range(120)
        ]
        expected, spread = np.mean(draws), np.std(draws) / np.sqrt(len(draws))
        assert abs(found[:, j].mean() - expected) < 4 * np.hypot(error[j], spread) + 0.03 * expected


def test_another_draw_gives_other_points_and_the_same_curve() -> None:
    one, two = double_descent().evaluate(draw=1), double_descent().evaluate(draw=2)
    assert np.array_equal(one["curve"], two["curve"])
    assert not np.any(one["found"] == two["found"])


def test_the_text_says_what_the_opening_state_shows() -> None:
    answer = double_descent().evaluate()
    ten = double_descent().evaluate(networks=10)
    assert f"{answer['error'][0]:.1f}" == "2.2"
    assert f"{ten['error'][0]:.2f}" == "0.34"
    assert f"{answer['limit'][0]:.2f}" == "0.13"
    assert f"{answer['variance'][0]:.2f}" == "2.07"
    curve, ratios = answer["curve"], double_descent().constants["ratios"]
    low = curve[ratios < 0.9].min()
    assert [f"{v:.2f}" for v in (curve[0], low, curve[-1])] == ["0.93", "0.68", "0.15"]
    assert abs(ratios[np.argmax(curve)] - 1) < 0.02
