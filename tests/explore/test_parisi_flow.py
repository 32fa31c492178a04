"""The explorable of q(x): its sweeps are those of the library, and where it stops the functional is stationary and close to its minimum."""

from __future__ import annotations

import math

import numpy as np
import pytest

from learnscape.explore.replicas import parisi_flow as module
from learnscape.explore.replicas.parisi_flow import parisi_flow
from learnscape.spin_glass import sk
from learnscape.spin_glass.sk._functional import evaluate

M = np.arange(1, module.TREADS) / module.TREADS


@pytest.mark.parametrize(
    ("t", "h", "start", "steps"),
    [
        (0.5, 0.0, 0, 0),
        (0.3, 1.0, 2, 0),
        (0.3, 0.0, 1, 1),
        (0.8, 0.0, 1, 5),
        (0.6, 0.3, 0, 3),
        (1.2, 0.0, 2, 4),
    ],
)
def test_a_sweep_gives_what_the_library_gives(t: float, h: float, start: float, steps: int) -> None:
    answer = parisi_flow().evaluate(temperature=t, field=h, start=start, steps=steps)
    q = answer["now"][::2]
    assert answer["free_energy"][0] == pytest.approx(-t * sk.functional(q, M, t, h), abs=1e-11)
    expected = evaluate(q, M, t, h)
    assert answer["implied"] == pytest.approx(expected.slope2, abs=1e-11)
    assert answer["replicon"][0] == pytest.approx(1.0 - expected.bend2[-1], abs=1e-10)
    assert answer["symmetric"][0] == pytest.approx(sk.solve(t, h, steps=0).free_energy, abs=1e-11)


def test_a_step_takes_the_implied_overlaps_and_keeps_them_in_order() -> None:
    one, two = (parisi_flow().evaluate(start=1, steps=steps) for steps in (3, 4))
    assert np.array_equal(two["now"][::2], one["implied"])
    assert np.all(np.diff(two["now"][::2]) > 0.0)
    assert two["gain"][0] == pytest.approx(two["free_energy"][0] - one["free_energy"][0], abs=1e-15)
    assert two["residual"][0] == pytest.approx(np.abs(two["implied"] - two["now"][::2]).max(), abs=1e-15)


@pytest.mark.parametrize("start", [0, 2])
def test_every_start_ends_at_the_same_curve_which_is_that_of_full_breaking(start: int) -> None:
    t = 0.5
    answer = parisi_flow().evaluate(temperature=t, start=start, steps=160)
    limit = sk.solve(t, steps=5)
    q = answer["now"][::2]
    below = sk.solve(t, steps=math.inf).free_energy - answer["free_energy"][0]
    assert 0.0 < below < 2e-6
    middle = (answer["middle"] > 0.1) & (answer["middle"] < 0.4)
    assert q[middle] == pytest.approx(limit.overlap(answer["middle"][middle]), abs=0.015)
    assert q[-1] == pytest.approx(limit.q_max, abs=0.01)


def test_a_new_temperature_goes_on_from_the_present_overlaps() -> None:
    explorable, state = parisi_flow(), np.zeros(module.LAYOUT.size)
    explorable.run(state, {"temperature": 0.5})
    for _ in range(5):
        explorable.run(state, {"temperature": 0.5}, action=1)
    before = explorable.named(state)["now"].copy()
    explorable.run(state, {"temperature": 0.7}, action=0)
    after = explorable.named(state)
    assert np.array_equal(after["now"], before)
    assert after["iteration"][0] == 0.0
    assert after["free_energy"][0] == pytest.approx(-0.7 * sk.functional(before[::2], M, 0.7), abs=1e-11)


def test_above_the_transition_nothing_is_left() -> None:
    answer = parisi_flow().evaluate(temperature=1.2, steps=60)
    assert answer["now"].max() < 1e-4
    assert answer["replicon"][0] == pytest.approx(1.0 - 1.2**-2, abs=1e-3)
