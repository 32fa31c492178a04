"""The SK model at finite size: enumeration against brute force, exchange Monte Carlo against enumeration, quenches against published averages."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import learnscape
from learnscape.spin_glass import sk
from learnscape.spin_glass.sk import quenches, simulation
from learnscape.spin_glass.xoshiro import state_from, uniform


@pytest.mark.kernels
def test_the_generator_against_its_definition() -> None:
    """xoshiro128++, written with Python's integers from the authors' C code."""

    def rotate(x: int, k: int) -> int:
        return ((x << k) | (x >> (32 - k))) & 0xFFFFFFFF

    state = state_from(np.random.default_rng(5))
    s = [int(x) for x in state]
    for _ in range(50):
        expected = (rotate((s[0] + s[3]) & 0xFFFFFFFF, 7) + s[0]) & 0xFFFFFFFF
        t = (s[1] << 9) & 0xFFFFFFFF
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotate(s[3], 11)
        assert uniform(state) == expected / 2**32
    assert [int(x) for x in state] == s


@pytest.mark.kernels
def test_enumeration_against_brute_force() -> None:
    j = sk.draw_couplings(7, rng=4)
    states = np.array(list(itertools.product([-1.0, 1.0], repeat=7)))
    energies = -0.5 * np.einsum("si,ij,sj->s", states, j, states)
    weights = np.exp(-energies / 0.6)
    z = weights.sum()
    correlations = (states.T * (weights / z)) @ states
    found = sk.enumerate_states(j, 0.6)
    assert found.free_energy == pytest.approx(-0.6 * math.log(z) / 7, abs=1e-13)
    assert found.energy == pytest.approx(weights @ energies / z / 7, abs=1e-13)
    assert found.q2 == pytest.approx(np.mean(correlations**2), abs=1e-13)
    assert found.ground_state == pytest.approx(energies.min() / 7, abs=1e-14)


def test_the_identity_is_exact_at_every_size() -> None:
    """e = -(beta/2)(1 - <q^2>), averaged over Gaussian couplings."""
    values = []
    rng = np.random.default_rng(8)
    for _ in range(3000):
        exact = sk.enumerate_states(sk.draw_couplings(8, rng), 0.7)
        values.append(exact.energy + (1.0 - exact.q2) / 1.4)
    assert abs(np.mean(values)) < 4.0 * np.std(values) / math.sqrt(3000)
    assert np.std(values) / math.sqrt(3000) < 0.005


def test_exchange_monte_carlo_against_enumeration() -> None:
    j = sk.draw_couplings(14, rng=1)
    ladder = [0.3, 0.5, 0.8, 1.2]
    runs = [sk.run(j, ladder, 4000, warmup=200, every=4, rng=seed) for seed in range(8)]
    for k, t in enumerate(ladder):
        exact = sk.enumerate_states(j, t)
        for name in ("energy", "q2"):
            values = [getattr(found, name)[k] for found in runs]
            bar = np.std(values, ddof=1) / math.sqrt(8)
            assert abs(np.mean(values) - getattr(exact, name)) < 5.0 * bar + 1e-4, (t, name)
            assert bar < 0.01
    found = runs[0]
    assert found.histogram.sum(axis=1) == pytest.approx(np.ones(4))
    assert found.histogram @ found.overlaps**2 == pytest.approx(found.q2)
    assert np.all((found.exchange_rate > 0.1) & (found.exchange_rate <= 1.0))


@pytest.mark.kernels
def test_fields_are_kept_up_to_date() -> None:
    rng = np.random.default_rng(2)
    j, spins, state = sk.draw_couplings(12, rng), rng.choice([-1.0, 1.0], 12), state_from(rng)
    fields = np.empty(12)
    energy = simulation.local_fields(j, spins, fields)
    assert energy == pytest.approx(-0.5 * spins @ j @ spins)
    for _ in range(5):
        energy += simulation.metropolis_sweep(j, 1.5, spins, fields, state)
    assert energy == pytest.approx(-0.5 * spins @ j @ spins, abs=1e-12)
    assert fields == pytest.approx(j @ spins, abs=1e-12)


def test_before_equilibrium_the_identity_is_missed_on_the_known_side() -> None:
    early = simulation.simulate(64, [0.4, 0.9], 40, 5, every=1, rng=3)
    assert early.identity[0] > 5.0 * early.identity_error[0]


def test_triples_and_the_distribution() -> None:
    found = sk.simulate(24, [0.5, 0.8, 1.2], samples=6, sweeps=400, copies=3, rng=3)
    assert found.triples.shape == (6 * 80, 3)
    assert np.abs(found.triples).max() <= 1.0
    spacing = found.overlaps[1] - found.overlaps[0]
    assert found.distribution.sum(axis=1) * spacing == pytest.approx(np.ones(3))
    assert found.distribution == pytest.approx(found.distribution[:, ::-1])
    # Gram matrix of three unit vectors
    for a, b, c in found.triples:
        assert 1.0 + 2.0 * a * b * c - a * a - b * b - c * c > -1e-12


@pytest.mark.kernels
@pytest.mark.parametrize("rule", quenches.RULES)
def test_a_quench_ends_in_a_minimum(rule: str) -> None:
    j = sk.draw_couplings(30, rng=6)
    spins = np.random.default_rng(1).choice([-1.0, 1.0], 30)
    end = sk.quench(j, rule, spins=spins, rng=1)
    assert np.all(end.spins * (j @ end.spins) > 0.0)
    assert end.energy == pytest.approx(-0.5 * end.spins @ j @ end.spins / 30)


@pytest.mark.parametrize("unit", [1e-200, 1e-14, 1e200])
def test_a_quench_does_not_depend_on_the_unit_of_energy(unit: float) -> None:
    j = sk.draw_couplings(40, rng=3)
    one, other = sk.quench(j, "reluctant", rng=4), sk.quench(unit * j, "reluctant", rng=4)
    assert (other.flips, other.spins.tolist()) == (one.flips, one.spins.tolist())
    assert other.energy == pytest.approx(unit * one.energy, rel=1e-12)
    assert other.fields.min() >= 0.0


def test_each_rule_flips_the_spin_it_says() -> None:
    rng = np.random.default_rng(3)
    j = sk.draw_couplings(40, rng)
    for _ in range(20):
        spins = rng.choice([-1.0, 1.0], 40)
        x = spins * (j @ spins)
        lowering = 2.0 * x[x < 0.0]
        state = state_from(rng)
        for rule, expected in ((0, lowering.min()), (2, lowering.max())):
            found = quenches.flip_once(j, rule, spins.copy(), j @ spins, state)
            assert found == pytest.approx(expected, abs=1e-12)
        found = quenches.flip_once(j, 1, spins.copy(), j @ spins, state)
        assert np.min(np.abs(lowering - found)) < 1e-12


def test_stored_quenches_against_published_averages() -> None:
    """Averages of Erba and others (2024), with their standard errors, at N = 920 and 1726."""
    published = {
        "920": {"greedy": (-0.68182, 14e-5), "random": (-0.68781, 13e-5), "reluctant": (-0.72939, 14e-5)},
        "1726": {"greedy": (-0.68780, 11e-5), "random": (-0.69309, 10e-5), "reluctant": (-0.73797, 9e-5)},
    }
    ours = learnscape.stored("spin_glass")["quenches"]
    for n, rules in published.items():
        for rule, (energy, bar) in rules.items():
            found = ours[n][rule]
            assert abs(found["energy"] - energy) < 4.0 * math.hypot(found["error"], bar), (n, rule)
            assert found["error"] < (4e-3 if n == "1726" else 1.5e-3)


def test_stored_histograms_are_in_equilibrium_and_approach_the_theory() -> None:
    data = learnscape.stored("spin_glass")["equilibrium"]
    ladder = data["temperatures"]
    for n in ("32", "64", "128", "256"):
        part = data[n]
        for value, bar in zip(part["identity"], part["identity_error"], strict=True):
            assert abs(value) < 4.0 * bar
        assert np.sum(part["histogram"], axis=1) == pytest.approx(np.ones(3), abs=1e-5)
        assert np.sum(part["smaller_gap"]) == np.sum(part["larger_gap"]) > 0
    # Ultrametric: the two smaller overlaps of a triple become equal, while the larger two stay apart.
    centres = (np.arange(32) + 0.5) / 32
    means = {
        n: [centres @ np.array(data[n][g]) / np.sum(data[n][g]) for g in ("smaller_gap", "larger_gap")]
        for n in ("32", "128")
    }
    assert means["128"][0] < 0.8 * means["32"][0]
    assert means["128"][0] / means["128"][1] < means["32"][0] / means["32"][1]
    # Energies per spin tend to the theory like N^(-2/3).
    for t in (0.6, 0.8):
        i = ladder.index(t)
        exact = sk.solve(t, steps=4).energy
        gaps = [(data[n]["energy"][i] - exact) * int(n) ** (2 / 3) for n in ("32", "64", "128")]
        bars = [data[n]["energy_error"][i] * int(n) ** (2 / 3) for n in ("32", "64", "128")]
        for gap, bar in zip(gaps, bars, strict=True):
            assert abs(gap - gaps[0]) < 4.0 * math.hypot(bar, bars[0]) + 0.1


def test_bad_input() -> None:
    j = sk.draw_couplings(6, rng=1)
    for call in (
        lambda: sk.draw_couplings(1),
        lambda: sk.enumerate_states(np.eye(3), 1.0),
        lambda: sk.enumerate_states(np.zeros((30, 30)), 1.0),
        lambda: sk.enumerate_states(j, 0.0),
        lambda: sk.run(j, [0.5, 0.4], 10),
        lambda: sk.run(j, [0.5], 2, every=5),
        lambda: sk.run(j, [0.5], 10, copies=1),
        lambda: sk.run(j, [-0.5], 10),
        lambda: sk.simulate(8, [0.5], 1, 10),
        lambda: sk.quench(j, "fast"),
        lambda: sk.quench(j, spins=[1.0, -1.0]),
        lambda: sk.quench(np.arange(9.0).reshape(3, 3)),
        lambda: sk.quench(j, spins=["up"] * 6),
        lambda: sk.quench(j, spins=np.ones(6, complex)),
        lambda: sk.run(j, [], 10),
        lambda: sk.run(j, [5e-324, 1.0], 10),
        lambda: sk.enumerate_states(j, 5e-324),
    ):
        with pytest.raises(ValueError, match="is not allowed: it must be"):
            call()
