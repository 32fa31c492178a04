"""The p-spin model: closed forms, the functional written again, p = 2 and p = infinity, thermodynamic identities, all energies of small systems."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from learnscape.spin_glass import pspin, rem, sk
from learnscape.spin_glass.pspin import _ising, _spherical


def ising_functional(t: float, p: int, q: float, m: float) -> float:
    """-beta f, straight from the definition."""
    beta = 1.0 / t
    z = np.linspace(-12.0, 12.0, 20001)
    x = beta * math.sqrt(0.5 * p * q ** (p - 1)) * z
    i = np.trapezoid(np.exp(m * np.logaddexp(x, -x) - 0.5 * z * z), z) / math.sqrt(2.0 * math.pi)
    return 0.25 * beta**2 * (1.0 - p * q ** (p - 1) + (p - 1) * (1.0 - m) * q**p) + math.log(i) / m


def spherical_functional(t: float, p: int, q: float, m: float) -> float:
    return -_spherical.functional(t, p, q, m) / t


def gradient(function, t, p, q, m, e=1e-5):  # type: ignore[no-untyped-def]
    by_q = (function(t, p, q + e, m) - function(t, p, q - e, m)) / (2 * e)
    by_m = (function(t, p, q, m + e) - function(t, p, q, m - e)) / (2 * e)
    return by_q, by_m


def test_closed_forms_of_the_spherical_model() -> None:
    found = pspin.transitions(3, "spherical")
    assert found.dynamic == pytest.approx(math.sqrt(3 / 8), abs=1e-15)
    assert found.q_dynamic == 0.5
    assert found.static == pytest.approx(0.586054, abs=5e-7)
    assert found.gardner is None
    assert pspin.threshold_energy(3) == pytest.approx(-math.sqrt(4 / 3), abs=1e-15)


@pytest.mark.parametrize("p", [3, 4, 10])
def test_ground_state_and_minima_of_the_spherical_model(p: int) -> None:
    e0 = pspin.ground_state(p)
    assert pspin.energy_complexity(e0, p) == pytest.approx(0.0, abs=1e-12)
    assert pspin.energy_complexity(pspin.threshold_energy(p), p) > 0.0
    t = 0.02 * pspin.transitions(p, "spherical").static
    # e(T) = e0 + T/2: one quadratic degree of freedom per spin
    assert pspin.solve(t, p, "spherical").energy - 0.5 * t == pytest.approx(e0, abs=3.0 * t * t)


@pytest.mark.parametrize("spins", ["ising", "spherical"])
@pytest.mark.parametrize("p", [3, 5])
def test_the_frozen_phase_is_stationary(spins: str, p: int) -> None:
    function = ising_functional if spins == "ising" else spherical_functional
    static = pspin.transitions(p, spins).static
    for ratio in (0.5, 0.8, 0.97):
        t = ratio * static
        found = pspin.solve(t, p, spins)
        assert -t * function(t, p, found.q, found.m) == pytest.approx(found.free_energy, abs=1e-10)
        assert gradient(function, t, p, found.q, found.m) == pytest.approx((0.0, 0.0), abs=1e-6)
        assert 0.0 < found.m < 1.0
        assert found.free_energy > found.annealed
        e = 1e-4
        slope = (pspin.solve(t + e, p, spins).free_energy - pspin.solve(t - e, p, spins).free_energy) / (
            2 * e
        )
        assert -slope == pytest.approx(found.entropy, abs=1e-6)


@pytest.mark.parametrize("spins", ["ising", "spherical"])
def test_the_transitions(spins: str) -> None:
    for p in (3, 4, 6):
        found = pspin.transitions(p, spins)
        assert found.static < found.dynamic
        above = pspin.solve(found.static * 1.0001, p, spins)
        below = pspin.solve(found.static * 0.9999, p, spins)
        assert above.free_energy == pytest.approx(below.free_energy, abs=3e-4)
        assert above.q == pytest.approx(below.q, abs=1e-2)  # the overlap jumps already at the dynamic one
        assert above.complexity == pytest.approx(0.0, abs=1e-3)
        # At the dynamic temperature a state is marginal, and there is none above.
        near = pspin.complexity(found.dynamic * (1 - 1e-8), p, 1.0, spins)
        assert near.replicon == pytest.approx(0.0, abs=2e-3)
        assert near.q == pytest.approx(found.q_dynamic, abs=1e-3)
        assert near.complexity > 0.0
        with pytest.raises(ValueError, match="at which states exist"):
            pspin.complexity(found.dynamic * 1.001, p, 1.0, spins)
        assert pspin.solve(found.dynamic * 1.001, p, spins).q == 0.0


def test_gardner_temperature_is_where_the_replicon_vanishes() -> None:
    t = pspin.transitions(3).gardner
    assert t is not None
    assert pspin.solve(t, 3).replicon == pytest.approx(0.0, abs=1e-8)
    assert pspin.solve(0.95 * t, 3).replicon < 0.0 < pspin.solve(1.05 * t, 3).replicon
    assert pspin.transitions(20).gardner is None


@pytest.mark.parametrize(("spins", "t"), [("ising", 0.6), ("spherical", 0.55)])
def test_complexity_is_a_legendre_transform(spins: str, t: float) -> None:
    """d Sigma / d f = m / T, and at m = 1 f - T Sigma is the free energy of the paramagnet."""
    a, b, c = (pspin.complexity(t, 3, m, spins) for m in (0.8, 0.80005, 0.8001))
    assert (c.complexity - a.complexity) / (c.free_energy - a.free_energy) == pytest.approx(
        0.80005 / t, rel=1e-4
    )
    assert a.complexity > b.complexity > c.complexity
    at_one = pspin.complexity(t, 3, 1.0, spins)
    assert at_one.free_energy - t * at_one.complexity == pytest.approx(
        pspin.solve(t, 3, spins).annealed, abs=1e-10
    )
    frozen = pspin.solve(t, 3, spins)
    at_m = pspin.complexity(t, 3, frozen.m, spins)
    assert at_m.complexity == pytest.approx(0.0, abs=1e-9)
    assert at_m.free_energy == pytest.approx(frozen.free_energy, abs=1e-9)


def test_two_spins_are_the_sk_model() -> None:
    t = 0.6
    known = sk.solve(t, steps=1, plateau=False)
    point = _ising.state(math.sqrt(known.q[1]) / t, float(known.m[0]), 2)
    assert point.q == pytest.approx(known.q[1], abs=1e-7)
    assert point.slope_m == pytest.approx(0.0, abs=1e-8)
    assert point.free_energy(2) == pytest.approx(known.free_energy, abs=1e-9)
    assert point.replicon(2) == pytest.approx(known.replicons[1], abs=1e-6)


def test_many_spins_are_the_random_energy_model() -> None:
    gaps = [abs(pspin.transitions(p).static - rem.critical_temperature()) for p in (4, 6, 10, 16)]
    assert np.all(np.diff(gaps) < 0.0)
    assert gaps[-1] < 1e-5
    assert pspin.solve(0.4, 16).free_energy == pytest.approx(rem.solve(0.4).free_energy, abs=1e-5)
    assert pspin.solve(0.4, 16).m == pytest.approx(rem.solve(0.4).m, abs=1e-4)
    assert pspin.solve(0.9, 16).entropy == pytest.approx(rem.solve(0.9).entropy, abs=1e-14)


def test_the_saddle_is_a_maximum_in_m_of_the_free_energy() -> None:
    t = 0.5
    found = pspin.solve(t, 3)
    free = [
        -t * ising_functional(t, 3, pspin.complexity(t, 3, m).q, m)
        for m in (found.m - 0.1, found.m, found.m + 0.1)
    ]
    assert free[1] > free[0]
    assert free[1] > free[2]


def test_energies_against_brute_force() -> None:
    n, p = 6, 3
    found = pspin.energies(n, p, rng=9)
    draws = np.random.default_rng(9).standard_normal(math.comb(n, p)) * math.sqrt(
        math.factorial(p) / (2.0 * n ** (p - 1))
    )
    for index in range(2**n):
        s = [1 - 2 * ((index >> i) & 1) for i in range(n)]
        energy = -sum(
            j * math.prod(s[i] for i in chosen)
            for j, chosen in zip(draws, itertools.combinations(range(n), p), strict=True)
        )
        assert found[index] == pytest.approx(energy, abs=1e-12)


def test_the_annealed_average_at_finite_size() -> None:
    n, p, t = 10, 3, 1.5
    z = [np.mean(np.exp(-pspin.energies(n, p, seed) / t)) for seed in range(4000)]
    exact = math.exp(math.comb(n, p) * math.factorial(p) / (4.0 * n ** (p - 1)) / t**2)
    assert abs(np.mean(z) - exact) < 4.0 * np.std(z) / math.sqrt(4000)


def test_small_systems_approach_the_theory() -> None:
    """Quenched free energy in the paramagnet at p = 3: the correction is about 1/N."""
    t, gaps = 0.9, []
    for n, draws in ((8, 400), (16, 60)):
        free = [-t * math.log(np.sum(np.exp(-pspin.energies(n, 3, seed) / t))) / n for seed in range(draws)]
        gaps.append((np.mean(free) - pspin.solve(t, 3).free_energy, np.std(free) / math.sqrt(draws)))
    assert gaps[0][0] > gaps[1][0] > 0.0
    assert abs(2.0 * gaps[1][0] - gaps[0][0]) < 4.0 * math.hypot(gaps[0][1], 2.0 * gaps[1][1]) + 0.02


def test_bad_input() -> None:
    for call in (
        lambda: pspin.transitions(2),
        lambda: pspin.transitions(3.5),
        lambda: pspin.transitions(3, "potts"),
        lambda: pspin.solve(0.0, 3),
        lambda: pspin.solve(math.inf, 3),
        lambda: pspin.complexity(0.5, 3, 0.0),
        lambda: pspin.complexity(0.5, 3, 1.5),
        lambda: pspin.energy_complexity(-2.0, 3),
        lambda: pspin.energies(40, 3),
        lambda: pspin.energies(4, 5),
    ):
        with pytest.raises(ValueError, match="is not allowed: it must be"):
            call()


@pytest.mark.parametrize("p", [3, 10, 100])
def test_states_exist_up_to_the_dynamic_temperature(p: int) -> None:
    found = pspin.transitions(p)
    assert pspin.complexity(found.dynamic, p).q == pytest.approx(found.q_dynamic, abs=1e-5)
    assert pspin.solve(found.dynamic, p).complexity > 0.0
    with pytest.raises(ValueError, match="at which states exist"):
        pspin.complexity(found.dynamic * (1.0 + 1e-6), p)
