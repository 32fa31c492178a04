"""The SK model in theory: literature values, the functional against nested quadrature and its derivatives, expansions, identities, a theorem's inequalities."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad

from learnscape import ConvergenceError
from learnscape.ansatz import Tree, average
from learnscape.spin_glass import sk
from learnscape.spin_glass.sk import _minimiser
from learnscape.spin_glass.sk._functional import evaluate


def density(z: float) -> float:
    return math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)


def log_2cosh(h: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.logaddexp(h, -h), np.tanh(h), 1.0 - np.tanh(h) ** 2


@pytest.mark.parametrize("steps", [1, 3])
def test_functional_against_the_general_average(steps: int) -> None:
    t, q, m = 0.5, np.linspace(0.1, 0.7, steps + 1), np.linspace(0.1, 0.5, steps)
    beta2 = 1.0 / t**2
    tree = Tree(q * beta2, m, self_overlap=beta2)
    leaf = lambda h: log_2cosh(h + 0.2 / t)  # noqa: E731
    other = average(leaf, tree, edges=(-0.2 / t,), width=0.5, widens=False)
    ends, mm = np.append(q, 1.0), np.append(m, 1.0)
    expected = other.value + 0.5 * beta2 * (1.0 - q[-1]) - 0.25 * beta2 * float(mm @ np.diff(ends**2))
    found = evaluate(q, m, t, 0.2)
    assert found.value == pytest.approx(expected, abs=1e-10)
    assert found.slope2 == pytest.approx(other.slope2, abs=1e-8)
    assert found.bend2 == pytest.approx(beta2 * np.array(other.bend2), abs=3e-7)
    assert found.measure.sum(axis=1) == pytest.approx(np.ones(steps + 1), abs=1e-14)


def test_functional_against_nested_quadrature() -> None:
    q0, q1, m, beta = 0.3, 0.6, 0.4, 2.0

    def inner(h: float) -> float:
        s = math.sqrt(q1 - q0)
        f = lambda z: density(z) * (2.0 * math.cosh(beta * (h + s * z))) ** m  # noqa: E731
        return math.log(quad(f, -9, 9, epsabs=1e-13, epsrel=1e-12)[0]) / m

    outer = quad(lambda z: density(z) * inner(math.sqrt(q0) * z), -9, 9, epsabs=1e-11)[0]
    # The energy terms, written with the overlaps *squared*.
    expected = outer + beta**2 / 4 * (1.0 - 2.0 * q1 + q1**2 * (1.0 - m) + m * q0**2)
    assert sk.functional([q0, q1], [m], 1.0 / beta) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("t", "h"), [(0.4, 0.0), (0.8, 0.3), (0.0, 0.0), (0.0, 0.4)])
def test_derivatives(t: float, h: float) -> None:
    q, m = np.array([0.2, 0.45, 0.8]), np.array([0.2, 0.5]) if t else np.array([0.7, 1.5, 3.0])
    at = evaluate(q, m, t, h)
    e = 1e-5
    for x, exact, rebuild in ((q, at.dq, lambda y: (y, m)), (m, at.dm, lambda y: (q, y))):
        for i in range(x.size):
            step = e * np.eye(x.size)[i]
            up, down = (evaluate(*rebuild(x + s * step), t, h).value for s in (1, -1))
            assert (up - down) / (2 * e) == pytest.approx(exact[i], abs=2e-8)


def test_ground_states_of_the_literature() -> None:
    assert sk.ground_state_energy(steps=0) == pytest.approx(-math.sqrt(2.0 / math.pi), abs=1e-15)
    one = sk.zero_temperature(1)
    assert one.energy == pytest.approx(-0.765259, abs=5e-7)
    assert one.q[0] == pytest.approx(0.4768, abs=5e-5)
    assert one.y[0] == pytest.approx(1.3608, abs=5e-5)
    families = []
    for plateau in (True, False):
        problem = _minimiser.Problem(0.0, 0.0, plateau)
        points = _minimiser.solve(4, problem, _minimiser.first_start(problem, 0.0), True, True)
        families.append([-point.at.value for point in points])
        assert np.all(np.diff(families[-1]) > 0.0)
        assert families[-1][-1] < -0.7631667
    assert families[0][0] == pytest.approx(one.energy, abs=1e-12)
    assert families[0][1] == pytest.approx(-0.763608, abs=5e-7)
    assert families[1] == pytest.approx([-0.768828, -0.764028, -0.763409, -0.763260], abs=6e-7)
    assert sk.ground_state_energy(steps=2) == pytest.approx(families[0][1], abs=1e-12)


@pytest.mark.slow
@pytest.mark.weekly
def test_the_limit_of_many_steps_at_zero_temperature() -> None:
    both = [sk.zero_temperature(math.inf, plateau=plateau) for plateau in (True, False)]
    for found in both:
        assert found.energy == pytest.approx(-0.7631667, abs=2e-7)
        assert abs(found.energy - both[0].energy) < both[0].error + both[1].error
        assert found.error < 3e-7


def test_replica_symmetry_and_its_negative_entropy() -> None:
    for t, h in ((0.4, 0.0), (0.7, 0.2), (1.5, 0.6)):
        found = sk.solve(t, h, steps=0)
        q = found.q[0]
        z = np.linspace(-9.0, 9.0, 2001)
        again = np.trapezoid(np.exp(-0.5 * z * z) * np.tanh((math.sqrt(q) * z + h) / t) ** 2, z) / math.sqrt(
            2.0 * math.pi
        )
        assert q == pytest.approx(again, abs=1e-10)
        assert found.free_energy == pytest.approx(found.energy - t * found.entropy, abs=1e-13)
        d = 1e-4
        slope = (sk.solve(t + d, h, 0).free_energy - sk.solve(t - d, h, 0).free_energy) / (2 * d)
        assert -slope == pytest.approx(found.entropy, abs=1e-7)
        slope = (sk.solve(t, h + d, 0).free_energy - sk.solve(t, h - d, 0).free_energy) / (2 * d)
        assert -slope == pytest.approx(found.magnetisation, abs=1e-7)
    # s = -1/(2 pi) + 0.53 T
    assert 2 * sk.solve(0.001, steps=0).entropy - sk.solve(0.002, steps=0).entropy == pytest.approx(
        -1.0 / (2.0 * math.pi), abs=1e-5
    )
    assert sk.solve(2.0, steps=0).q[0] == 0.0
    assert sk.solve(2.0, steps=0).free_energy == pytest.approx(-1 / 8.0 - 2.0 * math.log(2.0), abs=1e-14)


def test_the_line_of_de_almeida_and_thouless() -> None:
    assert sk.at_line(0.0) == 1.0
    # H^2 = (4/3) tau^3 near the critical point
    for h in (1e-3, 1e-4):
        assert (1.0 - sk.at_line(h)) / (0.75 * h * h) ** (1 / 3) == pytest.approx(1.0, abs=3.0 * h ** (2 / 3))
    for h in (4.0, 6.0):
        strong = 4.0 / (3.0 * math.sqrt(2.0 * math.pi)) * math.exp(-0.5 * h * h)
        assert sk.at_line(h) == pytest.approx(strong, rel=1e-5)
        assert sk.at_line(-h) == sk.at_line(h)
    t = sk.at_line(0.5)
    assert sk.solve(t, 0.5, 0).replicons[0] == pytest.approx(0.0, abs=1e-10)
    assert sk.solve(1.001 * t, 0.5, 1).broken is False
    assert sk.solve(0.9 * t, 0.5, 1).broken is True


@pytest.mark.parametrize(("t", "h"), [(0.45, 0.0), (0.9, 0.0), (0.5, 0.3)])
def test_more_steps_raise_the_free_energy_and_lower_the_instability(t: float, h: float) -> None:
    found = [sk.solve(t, h, k) for k in (0, 1, 2, 3)]
    assert np.all(np.diff([s.free_energy for s in found]) > 0.0)
    assert np.all(np.diff([s.replicons[-1] for s in found]) > 0.0)
    assert found[-1].replicons.max() < 0.0
    for s in found[1:]:
        assert s.weights.sum() == pytest.approx(1.0, abs=1e-15)
    d = 1e-4 * t
    cold, hot = (sk.solve(t + e, h, 2).free_energy for e in (-d, d))
    assert -(hot - cold) / (2 * d) == pytest.approx(found[2].entropy, abs=2e-6)
    assert sk.functional(found[2].q, found[2].m, t, h) == pytest.approx(-found[2].free_energy / t, abs=1e-12)


def test_the_continuous_solution_near_the_critical_temperature() -> None:
    """q(x) = (x/2)(1 + 3 tau + ...) up to x_1 = 2 tau - 4 tau^2 + ..., q_max = tau + tau^2 + ... (T = 1 - tau)."""
    tau = 0.05
    found = sk.solve(1.0 - tau, steps=math.inf)
    assert found.q_max == pytest.approx(tau + tau**2, abs=3.0 * tau**3)
    assert found.breaking_point == pytest.approx(2 * tau - 4 * tau**2, abs=20.0 * tau**3)
    x = 0.5 * found.breaking_point
    assert found.overlap(x) / x == pytest.approx(0.5 * (1.0 + 3.0 * tau), abs=0.02)


@pytest.mark.parametrize("t", [0.3, 0.5, 0.7, 0.8, 0.9, 0.98])
def test_inequalities_of_the_theorem(t: float) -> None:
    """The Parisi measure is an interval [0, q] and an atom c = 1 - m at q: m (4 - m + 1/(beta^2 q)) <= 2, c > max(sqrt(2) - 1, 1 - 2 beta^2 q)."""
    found = sk.solve(t, steps=5)
    m, q = found.breaking_point, found.q_max
    assert m * (4.0 - m + t * t / q) <= 2.0
    assert 1.0 - m > max(math.sqrt(2.0) - 1.0, 1.0 - 2.0 * q / t**2)
    if t == 0.98:  # sharp there: a hundredth more breaks one, two hundredths the other
        assert m * 1.03 * (4.0 - m + t * t / q) > 2.0
        assert 1.0 - 1.12 * m < 1.0 - 2.0 * q / t**2


def test_the_limit_at_half_the_critical_temperature() -> None:
    found = sk.solve(0.5, steps=math.inf)
    assert found.error < 1e-9
    assert found.free_energy > sk.solve(0.5, steps=5).free_energy
    assert found.energy - 0.5 * found.entropy == pytest.approx(found.free_energy, abs=1e-7)
    # Two ways to the continuous function: the formula at the levels, and the steps themselves.
    middles = 0.5 * (np.append(found.m, found.breaking_point)[1:] + found.m)
    assert found.overlap(middles) == pytest.approx(found.q[1:], abs=0.015)
    # The energy again from q(x): -(beta/2)(1 - int q^2 dx)
    x = np.linspace(0.0, 1.0, 20001)
    squares = np.trapezoid(found.overlap(x) ** 2, x)
    assert -(1.0 - squares) / (2.0 * 0.5) == pytest.approx(found.energy, abs=2e-4)
    # All weight is in P(q): the density and the atom.
    q = np.linspace(0.0, found.q_max, 20001)
    assert np.trapezoid(found.density(q), q) + 1.0 - found.breaking_point == pytest.approx(1.0, abs=1e-3)
    # Linear response: chi = (1 - int q dx) / T is close to 1 for every T < 1
    assert (1.0 - np.trapezoid(found.overlap(x), x)) / 0.5 == pytest.approx(1.0, abs=2e-3)


def test_bad_input() -> None:
    for call in (
        lambda: sk.solve(0.0),
        lambda: sk.solve(-1.0),
        lambda: sk.solve(0.01),
        lambda: sk.solve(0.5, 20.0),
        lambda: sk.solve(0.5, steps=-1),
        lambda: sk.solve(0.5, steps=1.5),
        lambda: sk.solve(0.5, steps=40),
        lambda: sk.solve(0.5, steps=np.array([1, 2])),
        lambda: sk.solve(0.5, 0.1, plateau=False),
        lambda: sk.solve(0.5, on_failure="ignore"),
        lambda: sk.at_line(math.nan),
        lambda: sk.at_line(9.0),
        lambda: sk.zero_temperature(-1),
        lambda: sk.zero_temperature(1, field=3.0),
        lambda: sk.functional([0.3, 0.2], [0.5], 0.5),
        lambda: sk.functional([0.2, 0.3], [1.5], 0.5),
        lambda: sk.functional([0.2, 0.3], [], 0.5),
        lambda: sk.solve(0.5).overlap(1.5),
    ):
        with pytest.raises(ValueError, match="is not allowed: it must be"):
            call()


def test_a_minimiser_that_stops_early_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_minimiser, "ITERATIONS", 2)
    with pytest.raises(ConvergenceError, match="stopped with 1 steps") as caught:
        sk.solve(0.4, steps=2)
    assert len(caught.value.trace) == 2
    stopped = sk.solve(0.4, steps=2, on_failure="return")
    assert stopped.converged is False
    assert stopped.q.size == 2


@pytest.mark.slow
@pytest.mark.weekly
@pytest.mark.parametrize("t", [0.2, 0.3, 0.4, 0.6, 0.85, 0.95])
def test_inequalities_of_the_theorem_in_the_limit(t: float) -> None:
    found = sk.solve(t, steps=math.inf)
    m, q = found.breaking_point, found.q_max
    assert m * (4.0 - m + t * t / q) <= 2.0
    assert 1.0 - m > max(math.sqrt(2.0) - 1.0, 1.0 - 2.0 * q / t**2)
