"""The exponents of jamming: refinement, a second discretisation, shooting, the theorem a + b = 1."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import simpson, solve_bvp, solve_ivp, trapezoid
from scipy.optimize import brentq

from learnscape.replica.parisi import jamming_exponents, scaling_functions


def test_values_and_relations() -> None:
    e = jamming_exponents()
    assert e.gamma == pytest.approx(0.41269320, abs=5e-9)
    assert e.theta == pytest.approx(0.42310755, abs=5e-9)
    assert e.kappa_exponent == pytest.approx(1.41573557, abs=5e-9)
    assert e.a + e.b == pytest.approx(1.0, abs=1e-11)  # not an input
    assert e.b == pytest.approx((1.0 + e.c) / 2.0, abs=1e-15)
    assert e.gamma == pytest.approx(
        1.0 / (2.0 + e.theta), abs=1e-11
    )  # Wyart's relation, another form of a + b = 1
    assert e.kappa_exponent == pytest.approx(2.0 - 2.0 / (3.0 + e.theta), abs=1e-11)


@pytest.mark.parametrize(
    ("left", "right", "nodes"), [(-15.0, 11.0, 240), (-19.0, 15.0, 240), (-13.0, 9.0, 140)]
)
def test_refinement(left: float, right: float, nodes: int) -> None:
    other = scaling_functions(left, right, nodes).exponents
    np.testing.assert_allclose(other, jamming_exponents(), atol=1e-11)


def test_another_discretisation() -> None:
    """scipy's solve_bvp for M, M' and u = p'/p at given b, with a from the boundary values, and b from the closure by a root finder."""
    start = scaling_functions()

    def closure(b: float) -> tuple[float, float]:
        c = 2.0 * b - 1.0

        def equations(t: np.ndarray, x: np.ndarray, par: np.ndarray) -> np.ndarray:
            m, m1, u = x
            m2 = ((b - c) * m - b * t * m1 - c * m * m1) / b
            return np.vstack([m1, m2, (par[0] + b * t * u + c * (m1 + u * m)) / b - u * u])

        def ends(left: np.ndarray, right: np.ndarray, par: np.ndarray) -> np.ndarray:
            alpha, theta, d = par[0] / b, (c - par[0]) / (b - c), (b - c) / b
            u_left = -(theta / 9.0 + theta * (theta - 1.0) / (d * 9.0**3))
            u_right = -alpha / 9.0 + alpha * (1.0 + alpha) / 9.0**3
            return np.array([left[0] - 9.0, left[2] - u_left, right[0], right[2] - u_right])

        t = np.linspace(-9.0, 9.0, 201)
        m = 0.5 * (np.sqrt(t * t + 2.0) - t)
        u = np.where(t < 0.0, 0.4, -0.4) * t / (1.0 + t * t)
        found = solve_bvp(
            equations, ends, t, np.vstack([m, np.gradient(m, t), u]), p=[0.3], tol=1e-8, max_nodes=20000
        )
        assert found.success
        fine = np.linspace(-9.0, 9.0, 4001)
        m, m1, u = found.sol(fine)
        m2 = ((b - c) * m - b * fine * m1 - c * m * m1) / b
        p = np.exp(np.concatenate([[0.0], np.cumsum(0.5 * (u[1:] + u[:-1]) * np.diff(fine))]))
        return c / b - trapezoid(p * m2**2, fine) / trapezoid(p * m1**2 * (1.0 + m1), fine), float(found.p[0])

    b = brentq(lambda b: closure(b)[0], 0.69, 0.72, xtol=1e-9)
    assert b == pytest.approx(start.exponents.b, abs=1e-6)
    assert closure(b)[1] == pytest.approx(start.exponents.a, abs=1e-6)


def test_shooting() -> None:
    """No discretisation: at the library's b, M is shot from its Gaussian tail on the right, p integrated inwards from its power laws until the slopes match."""
    e = jamming_exponents()
    b, c, tail, far = e.b, e.c, 7.0, 60.0

    def force(t: float, x: np.ndarray) -> list[float]:
        return [x[1], ((b - c) * x[0] - b * t * x[1] - c * x[0] * x[1]) / b]

    def shot(log_size: float):  # type: ignore[no-untyped-def]
        power = 1.0 + (b - c) / b  # M ~ exp(-t^2/2) t^-power
        m = math.exp(log_size - 0.5 * tail**2) * tail**-power
        gone = [lambda t, x: x[1] + 3.0, lambda t, x: x[1] - 0.5]  # M' is between -1 and 0 on the right shot
        for event in gone:
            event.terminal = True  # type: ignore[attr-defined]
        options = {"rtol": 1e-13, "atol": 1e-30, "method": "DOP853", "events": gone, "dense_output": True}
        return solve_ivp(force, [tail, -13.0], [m, -(tail + power / tail) * m], **options)

    def miss(log_size: float) -> float:
        found = shot(log_size)
        return float(found.y[0, -1] + found.t[-1])

    solution = shot(brentq(miss, -1.5, -0.5, xtol=1e-15, rtol=1e-15)).sol

    def half(a: float, side: float):  # type: ignore[no-untyped-def]
        """p from far away on one side to 0."""
        power = -a / b if side > 0 else (c - a) / (b - c)
        k = -0.5 * power * (power - 1.0) * (1.0 if side > 0 else b / (b - c))  # p ~ |t|^power (1 + k / t^2)

        def density(t: float, x: np.ndarray) -> list[float]:
            m, m1 = solution(t) if -11.5 < t < tail else (0.0, 0.0) if t > 0 else (-t, -1.0)
            return [x[1], (a * x[0] + b * t * x[1] + c * (x[0] * m1 + x[1] * m)) / b]

        p = far**power * (1.0 + k / far**2)
        slope = side * far ** (power - 1.0) * (power + (power - 2.0) * k / far**2)
        options = {"rtol": 1e-12, "atol": 1e-14, "method": "LSODA", "dense_output": True}
        return solve_ivp(density, [side * far, 0.0], [p, slope], **options)

    def mismatch(a: float) -> float:
        left, right = half(a, -1.0), half(a, 1.0)
        return float(left.y[1, -1] / left.y[0, -1] - right.y[1, -1] / right.y[0, -1])

    a = brentq(mismatch, 0.285, 0.3, xtol=1e-13)
    assert a == pytest.approx(e.a, abs=1e-10)
    t = np.linspace(-11.5, tail, 3701)
    left, right = half(a, -1.0), half(a, 1.0)
    p = np.where(
        t < 0.0,
        left.sol(np.minimum(t, 0.0))[0] / left.y[0, -1],
        right.sol(np.maximum(t, 0.0))[0] / right.y[0, -1],
    )
    m, m1 = solution(t)
    m2 = force(t, np.array([m, m1]))[1]  # type: ignore[arg-type]
    quotient = simpson(p * m2**2, x=t) / simpson(p * m1**2 * (1.0 + m1), x=t)
    assert quotient == pytest.approx(c / b, abs=1e-9)


def test_functions() -> None:
    found = scaling_functions()
    t, force, density = found.t, found.force, found.density
    assert np.all(np.diff(force) < 1e-9)
    assert np.all(density > 0.0)
    # far out p follows its power laws with the first correction in 1/t^2
    e = found.exponents
    for sign, power, k in (
        (1.0, -e.gamma, -0.5 * e.gamma * (1.0 + e.gamma)),
        (-1.0, e.theta, 0.5 * e.theta * (1.0 - e.theta) * e.b / (e.b - e.c)),
    ):
        x = sign * np.array([7.0, 10.0])
        p = np.exp(np.interp(x, t, np.log(density)))
        slope = math.log(p[1] / p[0]) - math.log((1.0 + k / 100.0) / (1.0 + k / 49.0))
        assert slope / math.log(10.0 / 7.0) == pytest.approx(power, abs=2e-3)
    with pytest.raises(ValueError, match="read-only"):
        force[0] = 0.0


def test_a_trial_exponent_replaces_the_closure() -> None:
    """Both sides of the closure meet at the exponent that Newton's method finds with the closure, and nowhere else."""

    def gap(kappa: float) -> float:
        one, other = scaling_functions(kappa_exponent=kappa).closure
        return one - other

    found = brentq(gap, 1.2, 1.6, xtol=1e-12)
    assert found == pytest.approx(jamming_exponents().kappa_exponent, abs=1e-10)
    assert [gap(k) < 0.0 for k in (1.1, 1.3, 1.4, 1.43, 1.6, 1.7)] == [True] * 3 + [False] * 3
    wide = scaling_functions(-22.0, 14.0, 260, kappa_exponent=1.65)
    assert wide.exponents.a == pytest.approx(scaling_functions(kappa_exponent=1.65).exponents.a, abs=1e-11)


@pytest.mark.parametrize("value", [1.0, 1.71, math.nan, "1.4"])
def test_a_bad_trial_exponent_is_refused(value: object) -> None:
    with pytest.raises((ValueError, TypeError), match="kappa_exponent"):
        scaling_functions(kappa_exponent=value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-3.0, 11.0), "left = -3"),
        ((11.0, -15.0), "left = 11"),
        ((math.nan, 11.0), "left = nan"),
        ((-15.0, 1.0), "right = 1"),
        ((-15.0, 11.0, 20), "nodes = 20"),
        ((-15.0, 11.0, 150.0), "nodes = 150.0"),
        ((-1e9, 11.0), "nodes = 160"),
    ],
)
def test_bad_intervals_and_too_few_nodes_are_refused(arguments: tuple[float, ...], message: str) -> None:
    """Twenty nodes on [-15, 11] gave kappa = 1.47, two gave 1, and nothing was said."""
    with pytest.raises(ValueError, match=message):
        scaling_functions(*arguments)  # type: ignore[arg-type]


def test_the_least_interval_and_the_fewest_nodes_are_as_good_as_they_say() -> None:
    exact = jamming_exponents().theta
    assert scaling_functions(-15.0, 11.0, 52).exponents.theta == pytest.approx(exact, abs=5e-7)
    assert scaling_functions(-15.0, 11.0, 80).exponents.theta == pytest.approx(exact, abs=2e-11)
    assert scaling_functions(-4.0, 4.0).exponents.theta == pytest.approx(exact, abs=7e-4)
    assert scaling_functions(-6.0, 5.0).exponents.theta == pytest.approx(exact, abs=3e-6)
