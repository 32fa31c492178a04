"""Full RSB at jamming: bounds, derivatives, identities, exponents."""

from __future__ import annotations

import math

import numpy as np
import pytest

from learnscape import Margin, Spherical
from learnscape.errors import ConvergenceError
from learnscape.replica import _sphere, rsb
from learnscape.replica.parisi import Jamming, jamming, jamming_exponents, local_slopes
from learnscape.replica.parisi import perceptron_jamming as module
from learnscape.replica.parisi._newton import minimise


@pytest.fixture(scope="module")
def twelve() -> Jamming:
    return jamming(-1.0)


def test_one_level_is_1rsb() -> None:
    for kappa in (-1.0, -0.2):
        found, other = jamming(kappa, levels=1), rsb.capacity(Spherical(), Margin(kappa))
        assert found.alpha == pytest.approx(other.alpha, rel=1e-12)
        assert found.q[0] == pytest.approx(other.q[0], abs=1e-6)
        assert found.y[0] * found.lam[0] / found.lam[-1] == pytest.approx(other.y[0], rel=1e-5)


def test_the_functional_is_that_of_k_steps() -> None:
    """At the overlaps of rsb.capacity, which come from another grid and other sweeps, the value is the same and stationary."""
    other = rsb.capacity(Spherical(), Margin(-1.0), steps=3)
    depth = np.log((1.0 - other.q[0]) / (1.0 - other.q))
    x = np.concatenate([[math.log(1.0 - other.q[0])], np.log(other.y)])
    value, gradient, _ = module._Objective(-1.0, depth).derivatives(x)
    assert math.exp(value) == pytest.approx(other.alpha, rel=1e-11)
    assert np.abs(gradient).max() < 1e-7


def test_derivatives_against_differences() -> None:
    objective = module._Objective(-0.7, module.ladder(5))
    x = np.concatenate([[-1.0], np.log([20.0, 40.0, 100.0, 400.0, 900.0])])
    _, gradient, hessian = objective(x)
    for i in range(x.size):
        step = np.eye(x.size)[i] * 1e-4
        up, down = objective(x + step), objective(x - step)
        assert gradient[i] == pytest.approx((up[0] - down[0]) / 2e-4, abs=1e-9)
        np.testing.assert_allclose(
            hessian[i], (up[1] - down[1]) / 2e-4, atol=2e-6
        )  # the column of ln D_0 is a difference


def test_sphere_derivatives() -> None:
    gaps, y = np.array([0.5, 0.2, 0.04, 0.0]), np.array([1.5, 4.0, 9.0])
    value, by_y, by_gap = _sphere.entropy(gaps, y, 1.3)
    for i in range(3):
        step = 1e-6 * np.eye(4)[i]
        assert by_y[i] == pytest.approx(
            (_sphere.entropy(gaps, y + step[:3], 1.3)[0] - value) / 1e-6, rel=1e-4
        )
        assert by_gap[i] == pytest.approx((_sphere.entropy(gaps + step, y, 1.3)[0] - value) / 1e-6, rel=1e-4)


def test_load_falls_with_the_levels(twelve: Jamming) -> None:
    loads = [jamming(-1.0, levels=k).alpha for k in (1, 2, 3, 4, 7)] + [twelve.alpha]
    assert np.all(np.diff(loads) < 0.0)
    assert twelve.alpha <= 12.2806
    assert twelve.alpha >= 12.28056963  # with 40 levels
    assert 4.69659729 <= jamming(-0.5).alpha <= 4.6966


def test_field_distribution(twelve: Jamming) -> None:
    """The density comes from its own recursion, the contacts from the adjoint of the backward sweep."""
    assert twelve.P @ twelve.weights == pytest.approx(1.0, abs=1e-10)
    touching = float((twelve.P * twelve.weights)[twelve.h < 0.0].sum())
    assert twelve.alpha * touching == pytest.approx(twelve.contacts, abs=1e-9)
    assert twelve.contacts == pytest.approx(1.021, abs=1e-3)
    assert np.all(twelve.P >= 0.0)
    assert twelve.converged
    assert twelve.residual < 1e-6


def test_stationarity_in_the_scale_of_lambda(twelve: Jamming) -> None:
    r"""All y times a constant is in the family, hence :math:`\alpha\int P h^2\theta(-h)` is q_0/lambda_0^2 + sum_j (1/lambda_j - 1/lambda_{j-1})/y_j, exactly for each k."""
    lam, y = twelve.lam / twelve.lam[-1], twelve.y / twelve.lam[-1]
    forces = twelve.alpha * float((twelve.P * twelve.weights) @ np.minimum(twelve.h, 0.0) ** 2)
    sphere = twelve.q[0] / lam[0] ** 2 + float(np.sum((1.0 / lam[1:] - 1.0 / lam[:-1]) / y))
    assert forces == pytest.approx(sphere, rel=1e-6)


def test_contacts_tend_to_isostaticity(twelve: Jamming) -> None:
    """What is missing is the weight of the scaling region, of the order of y_k^-c."""
    c = jamming_exponents().c
    missing = [
        (found.contacts - 1.0) * found.y[-1] ** c for found in (jamming(-0.5, levels=k) for k in (6, 9, 12))
    ]
    assert max(missing) < 1.25 * min(missing)


def test_slopes_of_overlaps_approach_their_limit(twelve: Jamming) -> None:
    found = local_slopes(twelve)
    assert np.all(np.diff(found.overlap[:-1]) > 0.0)  # the last one feels the end of the ladder
    assert -1.6 < found.overlap[-2] < -1.4157
    assert found.gap.shape == found.gap_slope.shape
    assert found.gap_slope.min() < -0.36
    assert found.force_slope.max() > 0.23


@pytest.mark.slow
@pytest.mark.weekly
def test_forty_levels_show_the_exponents() -> None:
    found = jamming(-1.0, levels=40)
    assert found.alpha == pytest.approx(12.2805696, abs=1e-7)
    assert found.contacts == pytest.approx(1.0, abs=2e-3)
    assert found.P @ found.weights == pytest.approx(1.0, abs=1e-10)
    slopes, limit = local_slopes(found), jamming_exponents()
    decade = (slopes.y > 450.0) & (slopes.y < 17_000.0)
    assert np.abs(slopes.overlap[decade] / -limit.kappa_exponent - 1.0).max() < 0.03
    window = (slopes.gap > 2e-4) & (slopes.gap < 6e-4)
    assert np.abs(slopes.gap_slope[window] / -limit.gamma - 1.0).max() < 0.03
    assert slopes.force_slope.max() == pytest.approx(0.40, abs=0.01)  # 0.42311 is not reached


@pytest.mark.slow
@pytest.mark.weekly
def test_fifty_levels_are_isostatic_to_a_thousandth() -> None:
    """And, extrapolated with the power of the undecided, fifty and twenty-four levels are isostatic to 1e-5."""
    found, limit = jamming(-1.0, levels=50), jamming_exponents()
    assert found.converged
    assert 12.28056930 < found.alpha < 12.28056945
    assert 0.0 < found.contacts - 1.0 < 1e-3
    assert found.P @ found.weights == pytest.approx(1.0, abs=1e-9)
    fewer = jamming(-1.0, levels=24)
    falls = (found.gap[-1] / fewer.gap[-1]) ** (limit.c / limit.kappa_exponent)
    assert (found.contacts - falls * fewer.contacts) / (1.0 - falls) == pytest.approx(1.0, abs=1e-5)
    slopes = local_slopes(found)
    decade = (slopes.gap > 6.9e-5) & (slopes.gap < 7e-4)
    assert decade.sum() >= 9
    assert np.abs(slopes.gap_slope[decade] / -limit.gamma - 1.0).max() < 0.031
    assert slopes.force_slope.max() == pytest.approx(0.412, abs=0.003)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.0, 4), "negative"),
        ((-2.0, 4), "from -1.4 to -0.01"),
        ((math.nan, 4), "finite"),
        ((-1.0, 0), "from 1 to 60"),
        ((-1.0, 4.0), "from 1 to 60"),
        ((-1.0, True), "from 1 to 60"),
    ],
)
def test_bad_input(arguments: tuple[float, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        jamming(arguments[0], levels=arguments[1])


def test_a_density_that_does_not_sum_to_one_is_no_convergence(monkeypatch: pytest.MonkeyPatch) -> None:
    """At kappa = -0.02 with twelve levels it sums to 3e58, and Newton's method is content."""
    real = module._chain.density
    monkeypatch.setattr(module._chain, "density", lambda *arguments: 1.001 * real(*arguments))
    with pytest.raises(ConvergenceError, match=r"summing to 1\.001"):
        jamming(-1.0, levels=1)
    assert not jamming(-1.0, levels=1, on_failure="return").converged


def test_failure_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ITERATIONS", 1)
    with pytest.raises(ConvergenceError, match="last step") as caught:
        jamming(-1.0, levels=3)
    assert caught.value.trace
    assert not jamming(-1.0, levels=3, on_failure="return").converged
    with pytest.raises(ValueError, match="on_failure"):
        jamming(-1.0, levels=3, on_failure="ignore")
    with pytest.raises(ValueError, match="at least 3"):
        local_slopes(jamming(-1.0, levels=2, on_failure="return"))
    with pytest.raises(ValueError, match="per_decade"):
        local_slopes(jamming(-1.0, levels=3, on_failure="return"), per_decade=0)


def test_newton_leaves_a_saddle() -> None:
    """From near a saddle of x^4/4 - x^2/2 + y^2/2, where the Hessian is indefinite, to a minimum; a function without minimum is left unconverged."""
    found = minimise(
        lambda v: (
            v[0] ** 4 / 4 - v[0] ** 2 / 2 + v[1] ** 2 / 2,
            np.array([v[0] ** 3 - v[0], v[1]]),
            np.diag([3 * v[0] ** 2 - 1.0, 1.0]),
        ),
        np.array([0.1, 3.0]),
        1e-10,
        50,
    )
    assert found.converged
    np.testing.assert_allclose(found.x, [1.0, 0.0], atol=1e-9)
    away = minimise(lambda v: (-float(v[0]), np.array([-1.0]), np.array([[1e-3]])), np.zeros(1), 1e-10, 5)
    assert not away.converged
