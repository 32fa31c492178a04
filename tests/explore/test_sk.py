"""The explorables of the SK model: the phase diagram against the library, the simulation against exact enumeration's identity and the library's own runs."""

from __future__ import annotations

import numpy as np
import pytest

from learnscape.explore import sk_overlaps, sk_phase_diagram
from learnscape.explore.array_views import square_view
from learnscape.explore.replicas import sk_overlaps as module
from learnscape.spin_glass import sk
from learnscape.spin_glass.sk.simulation import local_fields


@pytest.mark.parametrize(("t", "h"), [(0.3, 0.0), (0.5, 0.7), (1.2, 0.0), (0.02, 2.5)])
def test_the_phase_diagram_is_that_of_the_library(t: float, h: float) -> None:
    answer = sk_phase_diagram().evaluate(temperature=t, field=h)
    found = sk.solve(t, h, steps=0)
    assert answer["q"][0] == pytest.approx(found.q[0], abs=1e-14)
    assert answer["entropy"][0] == pytest.approx(found.entropy, abs=1e-11)
    assert answer["replicon"][0] == pytest.approx(found.replicons[0], abs=1e-11)
    assert answer["critical"][0] == sk.at_line(h)
    assert bool(answer["negative"][0]) == (found.entropy < 0.0)


def test_the_simulation_keeps_its_books() -> None:
    """Fields and energies that were updated flip by flip are those of the spins."""
    state, explorable = np.zeros(module.LAYOUT.size), sk_overlaps()
    explorable.run(state, {})
    for _ in range(7):
        explorable.run(state, {}, action=1)
    out, n = module.OUT, module.N
    couplings = state[out.couplings : out.couplings + n * n].reshape(n, n)
    assert np.array_equal(couplings, couplings.T)
    assert couplings[np.triu_indices(n, 1)].std() == pytest.approx(n**-0.5, rel=0.06)
    fields = np.empty(n)
    for s in range(module.SYSTEMS):
        spins = state[out.spins + s * n : out.spins + (s + 1) * n]
        energy = local_fields(couplings, spins, fields)
        assert state[out.energies + s] == pytest.approx(energy, abs=1e-9)
        assert state[out.fields + s * n : out.fields + (s + 1) * n] == pytest.approx(fields, abs=1e-10)
    for c in range(module.COPIES):
        at = state[out.at + c * module.LEVELS : out.at + (c + 1) * module.LEVELS]
        assert sorted(at) == list(range(c * module.LEVELS, (c + 1) * module.LEVELS))


def test_averages_over_samples_are_those_of_the_library() -> None:
    steps = 6 * 30  # thirty samples
    t = module.TEMPERATURES[4]
    answer = sk_overlaps().evaluate(level=4, steps=steps, seed=2)
    assert answer["samples"][0] == 30
    other = sk.simulate(module.N, module.TEMPERATURES, 60, 240, rng=1)
    error = 1.5 * other.energy_error[4]
    assert answer["energy"][0] == pytest.approx(other.energy[4], abs=4.0 * error)
    assert abs(answer["gap"][0]) < 4.0 * 1.5 * other.identity_error[4]
    width = np.r_[1.0 / module.N, np.full(module.BINS - 1, 2.0 / module.N)]
    assert answer["mean"] @ width == pytest.approx(1.0, abs=1e-12)
    q2 = answer["mean"] * width @ answer["overlap"] ** 2
    assert answer["from_overlaps"][0] == pytest.approx(-(1.0 - q2) / (2.0 * t), abs=1e-12)


def test_without_exchange_the_two_sides_part() -> None:
    gaps = [sk_overlaps().evaluate(exchange=x, steps=6 * 25, seed=3)["gap"][0] for x in (1.0, 0.0)]
    assert gaps[1] > 0.15
    assert gaps[0] < 0.5 * gaps[1]


@pytest.mark.weekly
def test_the_largest_overlaps_are_those_of_the_theory() -> None:
    for t, q in zip(module.TEMPERATURES, module.LARGEST_OVERLAP, strict=True):
        assert sk.solve(t, steps=8).q_max == pytest.approx(q, abs=1e-3)


def test_a_square_view_shares_its_memory() -> None:
    row = np.arange(9.0)
    view = square_view(row, 3)
    view[1, 2] = -1.0
    assert row[5] == -1.0
    assert view.tolist() == row.reshape(3, 3).tolist()
