"""The diagram of the negative perceptron: its table is the library's solution, within the error it states."""

from __future__ import annotations

import numpy as np
import pytest

from learnscape import Margin, Spherical
from learnscape.explore import full_rsb_diagram
from learnscape.replica import parisi, rs


def test_up_to_the_at_line_it_is_replica_symmetric():
    shown = full_rsb_diagram()
    answer = shown.evaluate(kappa=-0.83, place=0.62)
    alpha = 0.62 * rs.at_line(Spherical(), Margin(-0.83))
    assert answer["alpha"][0] == pytest.approx(alpha, abs=shown.table.error["alpha"])
    q = rs.solve(Spherical(), Margin(-0.83), alpha).q
    assert answer["q_low"][0] == answer["q_high"][0] == pytest.approx(q, abs=shown.table.error["q_low"])


def test_beyond_it_is_full_rsb_and_begins_at_the_breaking_point():
    shown = full_rsb_diagram()
    line = parisi.breaking_point(-0.7)
    start = shown.evaluate(kappa=-0.7, place=1.0)
    assert start["x"] == pytest.approx(np.full(start["x"].size, line.x), rel=1e-6)
    answer = shown.evaluate(kappa=-0.7, place=1.43)
    end = parisi.jamming(-0.7, levels=8).alpha
    found = parisi.solve(-0.7, line.alpha + 0.43 * (end - line.alpha), levels=5)
    assert answer["q_high"][0] == pytest.approx(found.q[-1], abs=shown.table.error["q_high"] + 1e-4)
    assert answer["entropy"][0] == pytest.approx(found.entropy, abs=shown.table.error["entropy"] + 1e-3)
    assert found.x[-1] < answer["x_high"][0] < line.x
    assert np.all(np.diff(answer["x"]) > 0.0)
    assert np.all(np.diff(answer["q"]) > 0.0)


@pytest.mark.parametrize(
    ("name", "most"), [("q_low", 0.01), ("q_high", 0.01), ("x_high", 0.02), ("alpha", 0.2)]
)
def test_errors_are_small(name, most):
    assert full_rsb_diagram().table.error[name] < most
