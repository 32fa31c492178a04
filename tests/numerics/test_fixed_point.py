"""Fixed-point solvers: known roots, failures that say what happened, branches followed to where they end."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learnscape.errors import ConvergenceError
from learnscape.numerics.fixed_point import ContinuationError, FixedPoint, continuation, solve

METHODS = ["damped", "anderson", "newton"]
DOTTIE = 0.7390851332151607  # cos x = x, OEIS A003957


def magnet(b):
    return lambda m: np.tanh(b * m)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("damping", [0.0, 0.4])
def test_dottie_number(method, damping):
    result = solve(np.cos, 1.0, method=method, damping=damping, tol=1e-13)
    assert result.converged
    assert abs(result.x[0] - DOTTIE) < 1e-12
    assert result.residual == result.trace[-1] <= 1e-13
    assert result.iterations == len(result.trace) - 1


@settings(max_examples=60)
@given(st.integers(1, 6), st.integers(0, 10**6), st.sampled_from(METHODS))
def test_linear_contractions_against_the_linear_solver(n, seed, method):
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(n, n))
    a *= 0.8 / np.linalg.norm(a, 2)
    b = rng.normal(size=n)
    exact = np.linalg.solve(np.eye(n) - a, b)
    result = solve(lambda x: a @ x + b, np.zeros(n), method=method, tol=1e-11)
    # |x - exact| <= |residual| / (1 - 0.8), in the Euclidean norm.
    assert np.linalg.norm(result.x - exact) < 5e-11 * math.sqrt(n) + 1e-12


def test_anderson_beats_plain_iteration_near_criticality():
    plain = solve(magnet(1.02), 1.0, tol=1e-11, max_iterations=5000)
    mixed = solve(magnet(1.02), 1.0, tol=1e-11, method="anderson")
    assert abs(plain.x[0] - mixed.x[0]) < 1e-8
    assert mixed.iterations < plain.iterations / 10


def test_newton_finds_the_fixed_point_that_repels_the_iteration():
    # x -> 3.5 x (1 - x) has the fixed point 1 - 1/3.5 with slope -1.5.
    def logistic(x):
        return 3.5 * x * (1 - x)

    with pytest.raises(ConvergenceError):
        solve(logistic, 0.6)
    assert abs(solve(logistic, 0.6, method="newton").x[0] - (1 - 1 / 3.5)) < 1e-12


def test_damping_tames_an_oscillation():
    def flip(x):
        return 1.0 - 1.2 * x

    with pytest.raises(ConvergenceError):
        solve(flip, 0.0, max_iterations=500)
    assert abs(solve(flip, 0.0, damping=0.5).x[0] - 1 / 2.2) < 1e-11


def test_start_at_the_solution_takes_no_iteration():
    result = solve(lambda x: x, [1.0, 2.0])
    assert (result.iterations, result.residual, result.trace) == (0, 0.0, (0.0,))
    assert result.x.tolist() == [1.0, 2.0]


def test_result_is_frozen_and_the_start_untouched():
    x0 = np.array([1.0])

    def rude(x):
        x[:] = np.cos(x)  # works in place on what it gets
        return x

    result = solve(rude, x0)
    assert x0[0] == 1.0
    assert abs(result.x[0] - DOTTIE) < 1e-11
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.x = x0


class TestFailures:
    @pytest.mark.parametrize("method", METHODS)
    def test_no_fixed_point(self, method):
        with pytest.raises(ConvergenceError) as caught:
            solve(lambda x: x + np.exp(-x * x) + 0.1, 0.0, method=method, max_iterations=30)
        assert len(caught.value.trace) >= 1
        state = solve(
            lambda x: x + np.exp(-x * x) + 0.1, 0.0, method=method, max_iterations=30, on_failure="return"
        )
        assert not state.converged
        assert np.all(np.isfinite(state.x))
        assert state.trace == caught.value.trace

    @pytest.mark.parametrize("method", METHODS)
    def test_nan_in_the_update_is_named(self, method):
        def broken(x):
            return np.array([0.5 * x[0], math.nan])

        with pytest.raises(ConvergenceError, match=r"component 1 of the update is nan at x = \[1\.0, 2\.0\]"):
            solve(broken, [1.0, 2.0], method=method)

    @pytest.mark.parametrize("method", ["damped", "anderson"])
    def test_nan_on_the_way_returns_the_last_finite_state(self, method):
        def falls(x):
            return np.where(x > 0, x - 1.0, np.nan)

        state = solve(falls, 2.5, method=method, on_failure="return")
        assert not state.converged
        assert math.isfinite(state.residual)
        assert state.x[0] > 0

    def test_anderson_recovers_when_extrapolation_leaves_the_domain(self):
        # sqrt is NaN for negative arguments; from far away the secant overshoots into them.
        def update(x):
            with np.errstate(invalid="ignore"):
                return np.sqrt(x) * 0.5

        result = solve(update, 100.0, method="anderson", tol=1e-13)
        assert abs(result.x[0] - 0.25) < 1e-11 or abs(result.x[0]) < 1e-11

    def test_newton_reports_a_singular_jacobian(self):
        with pytest.raises(ConvergenceError, match="singular"):
            solve(lambda x: x + 1.0, 0.0, method="newton")

    def test_newton_at_the_edge_of_the_domain_differences_inwards(self):
        def update(x):
            with np.errstate(invalid="ignore"):
                return 1.0 - 0.5 * np.sqrt(1.0 - x)

        assert abs(solve(update, 0.5, method="newton").x[0] - 0.75) < 1e-11

        def linear_inside(x):
            return np.where(x > 1.0, np.nan, 0.5 * x)

        assert abs(solve(linear_inside, 1.0, method="newton").x[0]) < 1e-7

    def test_an_error_of_the_update_is_not_swallowed(self):
        with pytest.raises(ZeroDivisionError):
            solve(lambda x: 1 / 0, 1.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("method", "broyden"), ("damping", 1.0), ("damping", -0.1), ("damping", math.nan), ("damping", "a"),
        ("tol", 0.0), ("tol", math.nan), ("tol", math.inf), ("tol", None), ("max_iterations", 0),
        ("max_iterations", 2.5), ("max_iterations", True), ("on_failure", "warn"),
    ],
)  # fmt: skip
def test_bad_options(name, value):
    with pytest.raises(ValueError, match=rf"^{name} = "):
        solve(np.cos, 1.0, **{name: value})


@pytest.mark.parametrize("x0", [math.nan, [1.0, math.inf], [], [[1.0]], "x", None, 1j])
def test_bad_start(x0):
    with pytest.raises(ValueError, match=r"^x0.* = "):
        solve(np.cos, x0)
    with pytest.raises(ValueError, match=r"^x0.* = "):
        continuation(lambda b, m: solve(magnet(b), m), [1.0], x0)


@pytest.mark.parametrize("update", [lambda x: x[:1], lambda x: 1.0, lambda x: np.outer(x, x)])
def test_update_of_the_wrong_shape(update):
    with pytest.raises(ValueError, match="update returned shape"):
        solve(update, [1.0, 2.0])


class TestContinuation:
    def test_follows_the_magnet(self):
        temperatures = np.linspace(0.3, 0.98, 18)
        branch = continuation(lambda t, m: solve(magnet(1 / t), m, method="newton"), temperatures, 1.0)
        assert len(branch) == 18
        for t, point in zip(temperatures, branch, strict=True):
            assert isinstance(point, FixedPoint)
            assert abs(math.atanh(point.x[0]) * t - point.x[0]) < 1e-9  # the same equation, inverted
            assert point.x[0] > 0.1

    def test_halves_the_step_where_the_solver_needs_a_close_start(self):
        asked = []

        def local(p, x):
            asked.append(p)
            root = p * p
            ok = abs(x[0] - root) < 0.3
            return FixedPoint(np.array([root]) if ok else x, 1, 0.0 if ok else 1.0, ok, (1.0,))

        branch = continuation(local, [0.0, 1.0, 2.0], 0.0)
        assert [float(p.x[0]) for p in branch] == [0.0, 1.0, 4.0]
        assert len(asked) > 10

    @pytest.mark.parametrize("raises", [True, False])
    def test_the_end_of_a_branch_is_found(self, raises):
        # x = x - (x^2 - p): real only for p >= 0; followed downwards it ends at the fold p = 0.
        def at(p, x):
            return solve(
                lambda v: v - 0.3 * (v * v - p),
                x,
                method="newton",
                tol=1e-10,
                on_failure="raise" if raises else "return",
            )

        with pytest.raises(ContinuationError, match="last good") as caught:
            continuation(at, [1.0, 0.5, -0.5], 1.0, halvings=12)
        error = caught.value
        assert -1e-9 < error.last_parameter < 1 / 2**10
        assert abs(error.last_result.x[0] ** 2 - error.last_parameter) < 1e-9
        assert isinstance(error, ConvergenceError)
        assert error.trace

    def test_failure_at_the_first_parameter(self):
        with pytest.raises(ContinuationError, match="at the first parameter") as caught:
            continuation(lambda p, x: solve(lambda v: v + p, x, method="newton"), [1.0, 2.0], 0.0)
        assert caught.value.last_parameter is None

    def test_repeated_parameters(self):
        branch = continuation(lambda b, m: solve(magnet(b), m), [2.0, 2.0, 2.0], 1.0)
        assert len(branch) == 3
        calls = iter([True, False])
        with pytest.raises(ContinuationError):
            continuation(lambda b, m: FixedPoint(m, 0, 0.0, next(calls), (0.0,)), [2.0, 2.0], 1.0)

    @pytest.mark.parametrize("parameters", [[], [math.nan], [[1.0]], 1.0, [1.0, math.inf]])
    def test_bad_parameters(self, parameters):
        with pytest.raises(ValueError, match=r"^parameters.* = "):
            continuation(lambda b, m: solve(magnet(b), m), parameters, 1.0)

    @pytest.mark.parametrize("halvings", [-1, 1.5, True])
    def test_bad_halvings(self, halvings):
        with pytest.raises(ValueError, match=r"^halvings = "):
            continuation(lambda b, m: solve(magnet(b), m), [1.0], 1.0, halvings=halvings)


def test_something_that_is_no_function_is_named():
    with pytest.raises(ValueError, match=r"update = None .*a function"):
        solve(None, 1.0)
    with pytest.raises(ValueError, match=r"solve_at = 3 .*a function"):
        continuation(3, [0.0, 1.0], 1.0)
