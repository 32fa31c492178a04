"""The random energy model: limits, identities, the exact finite-size averages against closed forms, against samples and against the limit."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from learnscape.spin_glass import rem

TC = 1.0 / (2.0 * math.sqrt(math.log(2.0)))


def test_constants_of_derrida() -> None:
    assert rem.critical_temperature() == pytest.approx(TC, rel=1e-15)
    assert rem.ground_state() == pytest.approx(-math.sqrt(math.log(2.0)), rel=1e-15)
    assert rem.ground_state(2.0) == pytest.approx(-math.sqrt(4.0 * math.log(2.0)), rel=1e-15)
    assert rem.entropy(rem.ground_state(0.3), 0.3) == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize("j", [0.5, 1.7])
@pytest.mark.parametrize("ratio", [0.3, 0.8, 1.5, 4.0])
def test_the_limit_is_the_legendre_transform_of_the_entropy(ratio: float, j: float) -> None:
    """Counting: f = min over the energies that exist of e - T s(e)."""
    t = ratio * rem.critical_temperature(j)
    e = np.linspace(rem.ground_state(j), 0.0, 400_001)
    answer = rem.solve(t, j)
    assert answer.free_energy == pytest.approx(float(np.min(e - t * rem.entropy(e, j))), abs=1e-9)
    assert answer.free_energy == pytest.approx(answer.energy - t * answer.entropy, abs=1e-14)
    # Replicas: the maximum over m in (0, 1].
    m = np.linspace(0.05, 1.0, 2001)
    broken = max(rem.functional(t, value, j) for value in m.tolist())
    assert answer.free_energy == pytest.approx(broken, abs=1e-6)
    assert answer.free_energy == rem.functional(t, answer.m, j) or answer.free_energy == pytest.approx(
        rem.functional(t, answer.m, j), abs=1e-14
    )
    assert answer.annealed <= answer.free_energy + 1e-15


@pytest.mark.parametrize("t", [0.05, 0.3, 1.0, 5.0])
def test_one_spin_in_closed_form(t: float) -> None:
    """Two energies: ln Z is minus their mean over t plus ln 2cosh of half their difference, again a Gaussian."""
    b = math.sqrt(0.5) / t
    log_z = quad(
        lambda z: np.logaddexp(b * z / math.sqrt(2.0), -b * z / math.sqrt(2.0)) * norm.pdf(z),
        0,
        12,
        epsabs=1e-13,
    )[0]
    same = quad(lambda z: (1.0 + math.tanh(b * z / math.sqrt(2.0)) ** 2) * norm.pdf(z), 0, 12, epsabs=1e-13)[
        0
    ]
    exact = rem.finite_size(1, t)
    assert exact.free_energy == pytest.approx(-2.0 * t * log_z, abs=1e-10)
    assert exact.participation == pytest.approx(same, abs=1e-10)


@pytest.mark.parametrize("t", [0.25, 0.5, 1.0])
def test_finite_size_against_samples(t: float) -> None:
    drawn = rem.sample(12, t, 3000, rng=3)
    exact = rem.finite_size(12, t)
    for name in ("free_energy", "energy", "participation"):
        values = getattr(drawn, name)[:, 0]
        bar = values.std(ddof=1) / math.sqrt(values.size)
        assert abs(values.mean() - getattr(exact, name)) < 4.0 * bar, name
        assert bar < 0.01


def test_finite_size_energy_is_the_derivative() -> None:
    n, t, d = 30, 0.45, 1e-4
    beta = 1.0 / t
    log_z = [-n * b * rem.finite_size(n, 1.0 / b).free_energy for b in (beta - d, beta + d)]
    assert rem.finite_size(n, t).energy == pytest.approx(-(log_z[1] - log_z[0]) / (2 * d * n), abs=1e-8)


def test_the_hot_side_is_annealed_and_exact_sums_hold() -> None:
    hot = rem.finite_size(100, 2.0)
    assert hot.free_energy == pytest.approx(rem.solve(2.0).annealed, abs=1e-12)
    assert hot.entropy == pytest.approx(rem.solve(2.0).entropy, abs=1e-10)


def test_the_limit_is_reached() -> None:
    """Corrections are ln N / N below T_c; the participation ratio tends to 1 - T/T_c."""
    t = 0.5 * TC
    gaps = []
    for n in (50, 120, 300):
        exact = rem.finite_size(n, t)
        gaps.append((exact.free_energy - rem.ground_state()) * n / math.log(n))
        assert exact.participation == pytest.approx(0.5, abs=2.0 / n)
    # E_0 is shifted by T_c/2 ln(N) to leading order.
    assert gaps[2] == pytest.approx(0.5 * TC, rel=0.25)
    assert abs(gaps[2] - 0.5 * TC) < abs(gaps[0] - 0.5 * TC)


@pytest.mark.parametrize("t", [0.3, 0.8, 1.4])
def test_integer_moments_by_every_way_of_grouping(t: float) -> None:
    """Four replicas: all partitions of a set of four, each block in a state of its own."""
    n, states = 6, 2**6
    g = [math.exp(k * k * n / (4.0 * t * t)) for k in range(5)]
    one, two, three, four = (math.perm(states, k) for k in range(1, 5))
    by_hand = (
        four * g[1] ** 4 + 6 * three * g[2] * g[1] ** 2 + two * (3 * g[2] ** 2 + 4 * g[3] * g[1]) + one * g[4]
    )
    assert rem.log_moment(n, t, 4) == pytest.approx(math.log(by_hand) / n, rel=1e-12)
    assert rem.log_moment(1, t, 1) == pytest.approx(math.log(2.0) + 1 / (4 * t * t), rel=1e-13)


@pytest.mark.parametrize("t", [0.4, 1.0])
def test_fractional_moments_of_one_spin_and_of_samples(t: float) -> None:
    """One spin: Z = e^A 2cosh(B) with independent Gaussians A, B; twelve spins: against drawn energies."""
    b, r = math.sqrt(0.5) / t, 0.3
    half = quad(
        lambda z: (2.0 * math.cosh(b * z / math.sqrt(2.0))) ** r * norm.pdf(z), -12, 12, epsabs=1e-13
    )[0]
    assert rem.log_moment(1, t, r) == pytest.approx(math.log(half) + r * r * b * b / 4.0, abs=1e-9)
    drawn = np.exp(-12 * r / t * rem.sample(12, t, 2000, rng=5).free_energy[:, 0])
    bar = drawn.std(ddof=1) / math.sqrt(drawn.size) / drawn.mean() / 12
    assert abs(math.log(drawn.mean()) / 12 - rem.log_moment(12, t, r)) < 4.0 * bar


def test_moments_join_and_are_convex_and_begin_with_the_quenched_slope() -> None:
    n, t = 30, 0.4
    grid = [0.02, 0.1, 0.3, 0.5, 0.9, 1.0, 2.0, 3.0]
    values = [0.0] + [rem.log_moment(n, t, r) for r in grid]
    slopes = np.diff(values) / np.diff([0.0, *grid])
    assert np.all(np.diff(slopes) > 0.0)
    quenched = -rem.finite_size(n, t).free_energy / t
    assert (
        0.0 < slopes[0] - quenched < 0.02 / (4.0 * t * t)
    )  # the bound r beta^2 J / 2 of Gaussian concentration
    # The bound of the replica calculation with groups, at every N: <ln Z>/N <= ln2/m + m beta^2 J / 2.
    for m in (0.1, 0.3, 0.5, 0.9):
        assert rem.log_moment(n, t, m) / m <= -rem.functional(t, m) / t


def test_bad_input() -> None:
    for call in (
        lambda: rem.solve(0.0),
        lambda: rem.solve(-1.0),
        lambda: rem.solve(math.nan),
        lambda: rem.functional(0.5, 0.0),
        lambda: rem.functional(0.5, 1.5),
        lambda: rem.finite_size(0, 0.5),
        lambda: rem.finite_size(2000, 0.5),
        lambda: rem.finite_size(10, 1e-3),
        lambda: rem.sample(40, 0.5),
        lambda: rem.sample(4, [0.5, 0.0]),
        lambda: rem.sample(4, 0.5, 0),
        lambda: rem.entropy(0.1, -1.0),
        lambda: rem.log_moment(10, 0.5, 0.0),
        lambda: rem.log_moment(10, 0.5, 1.5),
        lambda: rem.log_moment(10, 0.5, math.nan),
        lambda: rem.log_moment(10, 0.5, 101),
    ):
        with pytest.raises(ValueError, match="is not allowed: it must be"):
            call()


@pytest.mark.parametrize("n", [1, 20])
def test_the_coldest_is_fast_and_frozen(n: int) -> None:
    """Where the grid is finest only a band of it is summed; with one spin f = -T <ln 2cosh(d/2T)> over the difference d of the energies, of variance 1."""
    start = time.process_time()
    cold = rem.finite_size(n, 0.02)
    assert time.process_time() - start < 10.0
    if n == 1:
        gap = quad(lambda z: np.logaddexp(z / 0.04, -z / 0.04) * norm.pdf(z), 0, 12, epsabs=1e-13, limit=500)
        assert cold.free_energy == pytest.approx(-2.0 * 0.02 * gap[0], abs=1e-10)
    else:
        assert cold.participation == pytest.approx(rem.solve(0.02).participation, abs=3e-3)
        assert 0.0 < cold.entropy < 0.003
    with pytest.raises(ValueError, match="fraction of a replica"):
        rem.log_moment(20, 0.05, 0.5)
