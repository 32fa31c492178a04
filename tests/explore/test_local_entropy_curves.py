"""The two entropies beside each other: the table is the library's solution, within the error that it states."""

from __future__ import annotations

import math

import numpy as np
import pytest

from learnscape import Binary, Margin
from learnscape.explore import local_entropy_curves
from learnscape.replica import franz_parisi, local_entropy, rs

PLACE = {"load": 0.79, "kappa": 0.11, "y": 21.0}


def test_the_table_is_the_library_within_its_error():
    shown = local_entropy_curves()
    answer, error = shown.evaluate(**PLACE), shown.table.error
    problem = Binary(), Margin(PLACE["kappa"])
    alpha = PLACE["load"] * rs.capacity(*problem)
    assert answer["alpha"][0] == pytest.approx(alpha, abs=error["alpha"])
    found = local_entropy.solve(*problem, alpha, 0.01, y=PLACE["y"])
    assert answer["groups"][0] == pytest.approx(found.external_entropy, abs=error["groups"])
    assert franz_parisi.entropy(*problem, alpha, answer["empty"][0] + error["empty"]) > 0.0
    assert franz_parisi.entropy(*problem, alpha, answer["empty"][0] - error["empty"]) < 0.0


def test_at_a_node_it_is_the_library_to_single_precision():
    answer = local_entropy_curves().evaluate(load=0.84, kappa=0.3, y=16.0)
    problem = Binary(), Margin(0.3)
    alpha = 0.84 * rs.capacity(*problem)
    for i in (3, 8, 13):
        d = float(answer["dense_d"][i])
        found = local_entropy.solve(*problem, alpha, d, y=16.0)
        assert answer["dense_s"][i] == pytest.approx(found.entropy, abs=1e-6)
        assert answer["external"][i] == pytest.approx(found.external_entropy, abs=1e-5)
        d = float(answer["lonely_d"][i])
        assert answer["lonely_s"][i] == pytest.approx(franz_parisi.entropy(*problem, alpha, d), abs=1e-6)


def test_many_replicas_without_patterns_choose_around_their_centre():
    """The bound of y = 256 is that of y -> infinity but for 1/y."""
    answer = local_entropy_curves().evaluate(load=0.6, kappa=0.0, y=256.0)
    far = 0.5 * (1.0 - np.sqrt(1.0 - 2.0 * answer["dense_d"]))
    choices = -far * np.log(far) - (1.0 - far) * np.log1p(-far)
    assert answer["dense_free"] == pytest.approx(choices, rel=2.0 / 256.0)
    assert np.all(answer["dense_s"] < answer["dense_free"])


@pytest.mark.parametrize(
    ("name", "most"), [("alpha", 0.01), ("empty", 0.007), ("share", 0.05), ("groups", 0.02)]
)
def test_errors_are_small(name, most):
    error = local_entropy_curves().table.error[name]
    assert math.isfinite(error)
    assert error < most
