"""The explorable of the two transitions against the library, and what it says in each of the three phases."""

from __future__ import annotations

import math

import numpy as np
import pytest

from learnscape.activations import find
from learnscape.explore import two_transitions
from learnscape.replica import hidden


@pytest.mark.parametrize(
    ("alpha_t", "weights", "name"), [(3.0, 0.92, "sign"), (0.5, 3.0, "erf"), (10.0, 1.5, "relu")]
)
def test_it_shows_the_library(alpha_t: float, weights: float, name: str) -> None:
    answer = two_transitions().evaluate(alpha_teacher=alpha_t, weights=weights, share=find(name).linear_share)
    assert abs(answer["interpolation"][0] * hidden.interpolation_point(alpha_t, activation=name) - 1) < 1e-9
    second = hidden.local_entropy_point(alpha_t, y=math.inf, activation=name).alpha
    assert abs(answer["second"][0] * second - 1) < 1e-5
    typical = hidden.solve(1 / weights, alpha_t, name)
    region = hidden.dense(1 / weights, alpha_t, 0.02, activation=name)
    assert abs(answer["typical_here"][0] - typical.generalization_error) < 1e-9
    assert abs(answer["center_here"][0] - typical.barycenter_error) < 1e-9
    assert abs(answer["bayes"][0] - typical.bayes_error) < 1e-9
    assert abs(answer["dense_here"][0] - region.generalization_error) < 1e-6


def test_three_phases() -> None:
    graph = two_transitions()
    for weights, phase in ((0.8, "status"), (0.92, "gap"), (1.2, "dense_phase")):
        answer = graph.evaluate(weights=weights)
        assert [name for name in ("status", "gap", "dense_phase") if answer[name][0]] == [phase]
        curve = np.where(np.isnan(answer["curve_s"]), answer["curve_formal"], answer["curve_s"])
        if phase == "status":
            assert np.isnan(curve).all()
            assert "too few weights" in graph.messages[int(answer["status"][0])]  # said instead of numbers
        else:  # from large distances to small ones the entropy falls, except in the gap
            assert (np.diff(curve) < 0).all() == (phase == "dense_phase")


def test_the_curves_of_the_errors_are_the_library() -> None:
    answer = two_transitions().evaluate()
    assert (
        np.sum(np.isfinite(answer["dense"]) & np.isfinite(answer["dense_broken"])) == 1
    )  # they meet at the transition
    for ratio, typical, center in zip(answer["ratio"], answer["typical"], answer["center"], strict=True):
        found = hidden.solve(1 / ratio, 3.0)
        assert abs(typical - found.generalization_error) < 1e-9
        assert abs(center - found.barycenter_error) < 1e-9
    for name in ("dense", "dense_broken"):
        for ratio, error in zip(answer["dense_ratio"], answer[name], strict=True):
            if np.isfinite(error):
                region = hidden.dense(1 / ratio, 3.0, 0.02)
                assert abs(error - region.generalization_error) < 1e-5


def test_the_numbers_of_the_question() -> None:
    for alpha_t, weights, dense, typical in ((3.0, 3.0, 0.229, 0.299), (9.0, 1.0, 0.188, 0.207)):
        answer = two_transitions().evaluate(alpha_teacher=alpha_t, weights=weights)
        assert round(float(answer["dense_here"][0]), 3) == dense
        assert round(float(answer["typical_here"][0]), 3) == typical
