"""The two explorables on learning a rule, against the library's solver and against independent quadrature."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import log_ndtr, ndtr
from scipy.stats import norm

from learnscape import Binary, Spherical
from learnscape.explore import generalization, teacher_landscape
from learnscape.replica import teacher

LOADS = (0.02, 0.5, 1.0, 1.24, 1.25, 1.4, 1.49, 1.5, 3.0)


@pytest.mark.kernels
@pytest.mark.parametrize("alpha", LOADS)
@pytest.mark.parametrize(("choice", "weights"), [(1.0, Binary()), (0.0, Spherical())])
def test_generalization_is_the_solver(alpha: float, choice: float, weights: Binary | Spherical) -> None:
    answer = generalization().evaluate(alpha=alpha, weights=choice)
    exact = teacher.solve(weights, alpha)
    assert answer["status"][0] == 0
    for name, value in [
        ("gibbs", exact.generalization_error),
        ("bayes", exact.bayes_error),
        ("overlap", exact.overlap),
        ("entropy", exact.entropy),
    ]:
        assert answer[name][0] == pytest.approx(value, abs=1e-12)
    binary = choice == 1.0
    between = binary and teacher.transition(Binary()) < alpha <= teacher.spinodal(Binary())
    assert answer["metastable"][0] == float(between)
    assert answer["perfect"][0] == float(binary and alpha > teacher.transition(Binary()))
    if between:
        poor = teacher.solve(Binary(), alpha, branch="metastable")
        assert answer["metastable_error"][0] == pytest.approx(poor.generalization_error, abs=1e-12)
    else:
        assert math.isnan(answer["metastable_error"][0])


def test_the_curves_pass_through_solutions() -> None:
    answer = generalization().evaluate(weights=1.0)
    for part, branch in [("branch", "equilibrium"), ("metastable", "metastable")]:
        for k in (5, 40, 80):
            load = answer[f"{part}_load"][k]
            exact = teacher.solve(Binary(), load, branch=branch)
            assert answer[f"{part}_gibbs"][k] == pytest.approx(exact.generalization_error, abs=1e-9)
            assert answer[f"{part}_bayes"][k] == pytest.approx(exact.bayes_error, abs=1e-9)
    assert answer["branch_load"][-1] == pytest.approx(answer["transition"][0], abs=1e-9)
    assert answer["metastable_load"][-1] == pytest.approx(answer["spinodal"][0], abs=1e-12)
    assert np.all(np.diff(answer["metastable_load"]) >= 0)
    assert answer["perfect_error"].tolist() == [answer["branch_gibbs"][-1], 0.0, 0.0]
    spherical = generalization().evaluate(weights=0.0)
    for k in (10, 60, 89):
        exact = teacher.solve(Spherical(), spherical["branch_load"][k])
        assert spherical["branch_gibbs"][k] == pytest.approx(exact.generalization_error, abs=1e-12)
    assert spherical["branch_load"][-1] == pytest.approx(3.0, abs=1e-9)


def _phi(q: float, alpha: float) -> float:
    """Free entropy at overlap q by scipy: the extremum over q_hat is a minimum of a convex function."""
    from scipy.optimize import minimize_scalar

    def entropic(x: float) -> float:
        mean = quad(
            lambda z: norm.pdf(z) * np.logaddexp(math.sqrt(x) * z + x, -math.sqrt(x) * z - x),
            -12,
            12,
            epsabs=1e-12,
        )[0]
        return -0.5 * x * (1 + q) + float(mean)

    gamma = math.sqrt(q / (1 - q))
    energy = quad(
        lambda t: norm.pdf(t) * ndtr(-gamma * t) * log_ndtr(-gamma * t),
        -12,
        12,
        epsabs=1e-12,
        limit=200,
        points=[0],
    )[0]
    best = minimize_scalar(entropic, bounds=(1e-9, 40), method="bounded", options={"xatol": 1e-9})
    return float(best.fun) + 2 * alpha * energy


def test_landscape_against_quadrature() -> None:
    answer = teacher_landscape().evaluate(alpha=1.3)
    for k in (8, 20, 40, 55):
        assert answer["curve_phi"][k] == pytest.approx(_phi(answer["curve_q"][k], 1.3), abs=1e-8)
    assert (answer["curve_q"][-1], answer["curve_phi"][-1]) == (1.0, 0.0)
    assert np.all(np.diff(answer["curve_q"]) > 0)


@pytest.mark.kernels
@pytest.mark.parametrize("alpha", [0.6, 1.0, 1.3, 1.49])
def test_marked_points_are_a_maximum_and_a_minimum(alpha: float) -> None:
    answer = teacher_landscape().evaluate(alpha=alpha)
    q, phi = answer["curve_q"], answer["curve_phi"]
    poor, barrier = answer["poor_overlap"][0], answer["barrier_overlap"][0]
    assert poor < barrier < 1
    assert np.all(phi[q <= barrier] <= answer["poor_entropy"][0] + 1e-12)
    assert np.all(phi[q >= poor] >= answer["barrier_entropy"][0] - 1e-12)
    assert answer["barrier_entropy"][0] < min(0.0, answer["poor_entropy"][0])
    assert answer["poor_win"][0] == float(answer["poor_entropy"][0] > 0)
    assert answer["winner"][0] == (poor if answer["poor_entropy"][0] > 0 else 1.0)


@pytest.mark.parametrize("alpha", [1.495, 1.7])
def test_beyond_the_spinodal_only_the_teacher_is_left(alpha: float) -> None:
    answer = teacher_landscape().evaluate(alpha=alpha)
    assert answer["only_teacher"][0] == 1
    assert answer["winner"][0] == 1
    assert math.isnan(answer["poor_overlap"][0])
    assert np.all(np.diff(answer["curve_phi"]) > 0)  # rises all the way
