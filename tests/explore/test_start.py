"""The explorables of the first part against independent methods: finite sums by SciPy, roots by Brent, known limits."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.special import gammaln, logsumexp, ndtr
from scipy.stats import binom

from learnscape.explore import Explorable, curie_weiss, fixed_point_cobweb, gaussian_tail, typical_average

pytestmark = pytest.mark.kernels


def exact_log_z(beta: float, h: float, n: int) -> float:
    k = np.arange(n + 1)
    m = 2 * k / n - 1
    return float(
        logsumexp(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1) + n * beta * (m**2 / 2 + h * m)) / n
    )


@given(kappa=st.floats(-3, 3))
def test_gaussian_tail(kappa: float) -> None:
    answer = gaussian_tail().evaluate(kappa=kappa)
    assert answer["tail"][0] == pytest.approx(ndtr(-kappa), rel=1e-13)
    assert np.trapezoid(answer["tail_density"], answer["tail_x"]) == pytest.approx(
        ndtr(-kappa) - ndtr(-4), abs=2e-4
    )


@given(beta=st.floats(0, 2), h=st.floats(-0.3, 0.3), n=st.integers(10, 1000))
def test_curie_weiss_partition_function(beta: float, h: float, n: int) -> None:
    answer = curie_weiss().evaluate(beta=beta, h=h, n=n)
    assert answer["log_z"][0] == pytest.approx(exact_log_z(beta, h, n), rel=1e-11)


@given(beta=st.floats(0, 2), h=st.floats(-0.3, 0.3))
def test_curie_weiss_maximum_is_stationary_and_highest(beta: float, h: float) -> None:
    assume(abs(beta - 1) > 1e-3 or abs(h) > 1e-6)
    answer = curie_weiss().evaluate(beta=beta, h=h)
    m = answer["m"][0]
    assert m == pytest.approx(math.tanh(beta * (m + h)), abs=1e-9)
    assert answer["top"][0] >= np.max(answer["f"]) - 1e-12
    if not math.isnan(answer["other"][0]):
        other = answer["other"][0]
        assert other == pytest.approx(math.tanh(beta * (other + h)), abs=1e-9)
        assert beta * (1 - other**2) <= 1 + 1e-6  # a maximum, not the minimum between the two
        assert answer["other_f"][0] <= answer["top"][0] + 1e-12
        assert other * m < 0


@pytest.mark.parametrize("beta", [0.5, 1.3, 2.0])
@pytest.mark.parametrize("h", [0.0, 0.1])
def test_laplace_errors_shrink_as_promised(beta: float, h: float) -> None:
    # f(m*) is off by O(ln N / N) or O(1/N), the Gaussian integral in (1/N) ln Z by O(1/N^2).
    small, large = (curie_weiss().evaluate(beta=beta, h=h, n=n) for n in (250, 1000))
    assert abs(large["error_gaussian"][0]) < 0.09 * abs(small["error_gaussian"][0]) + 1e-12
    assert abs(large["error_gaussian"][0]) < 0.05 * abs(large["error_leading"][0])


def test_laplace_is_declared_useless_at_the_critical_point() -> None:
    answer = curie_weiss().evaluate(beta=1.0, h=0.0, n=1000)
    assert answer["critical"][0] == 1
    assert abs(answer["error_gaussian"][0]) > abs(answer["error_leading"][0])  # worse than doing nothing
    assert curie_weiss().evaluate(beta=1.5, h=0.0, n=1000)["critical"][0] == 0


def test_magnetisation_known_value() -> None:
    root = brentq(lambda m: m - math.tanh(1.5 * m), 0.1, 1, xtol=1e-15)
    assert curie_weiss().evaluate(beta=1.5, h=0.0)["m"][0] == pytest.approx(root, abs=1e-12)


@given(n=st.integers(1, 400), up=st.floats(1.05, 2.0), down=st.floats(0.45, 1.0))
def test_typical_average_against_the_binomial_law(n: int, up: float, down: float) -> None:
    answer = typical_average().evaluate(n=n, up=up, down=down)
    k = np.arange(n + 1)
    growth = (k * math.log(up) + (n - k) * math.log(down)) / n
    annealed = math.log((up + down) / 2)
    assert answer["quenched"][0] == pytest.approx(0.5 * math.log(up * down), abs=1e-14)
    assert answer["annealed"][0] == pytest.approx(annealed, abs=1e-14)
    assert answer["quenched"][0] < answer["annealed"][0]
    expected = binom.pmf(k, n, 0.5)[growth >= annealed - 1e-12].sum()
    assert answer["above"][0] == pytest.approx(expected, rel=1e-9)
    money = binom.pmf(k, n, up / (up + down))  # the weight Z tilts the coin
    for name, law in (("players", binom.pmf(k, n, 0.5)), ("money", money)):
        drawn = np.isfinite(answer[name][: n + 1])
        assert (law / law.max())[~drawn].max(initial=0.0) < 1.001e-5, "left out what could be seen"
        assert answer[name][: n + 1][drawn] == pytest.approx((law / law.max())[drawn], rel=1e-8)
    assert np.all(np.isnan(answer["growth"][n + 1 :]))


@given(j=st.floats(-4, 3), gamma=st.floats(0.05, 1.5), start=st.floats(-1, 1))
def test_cobweb_solution_and_rate(j: float, gamma: float, start: float) -> None:
    answer = fixed_point_cobweb().evaluate(j=j, gamma=gamma, start=start)
    x, slope = answer["solution"][0], answer["slope"][0]
    if abs(1 - slope) > 0.05:
        assert x == pytest.approx(math.tanh(j * x + 0.3), abs=1e-9)
        assert slope == pytest.approx(j * (1 - x * x), abs=1e-7)
        assert answer["factor"][0] == pytest.approx(1 - gamma + gamma * slope)
        assert answer["best"][0] == pytest.approx(1 / max(1 - slope, 1e-3))
    if not answer["failed"][0] and abs(slope - 1) > 0.05:
        assert abs(answer["factor"][0]) < 1 + 1e-6  # it can only have arrived where it is attracted to


def test_cobweb_counts_the_iterations_that_the_rate_predicts() -> None:
    answer = fixed_point_cobweb().evaluate(j=-0.9, gamma=1.0, start=0.9)
    predicted = math.log(1e-10) / math.log(abs(answer["factor"][0]))
    assert answer["iterations"][0] == pytest.approx(predicted, rel=0.1)
    best = fixed_point_cobweb().evaluate(j=-2.0, gamma=0.34, start=0.9)
    assert best["iterations"][0] < 12
    assert fixed_point_cobweb().evaluate(j=-2.0, gamma=1.0, start=0.9)["failed"][0] == 1


def test_cobweb_staircase_is_the_iteration() -> None:
    answer = fixed_point_cobweb().evaluate(j=-2.0, gamma=0.5, start=0.9)
    x = 0.9
    for t in range(40):
        assert answer["web_x"][2 * t] == pytest.approx(x, abs=1e-13)
        assert answer["error"][t] == pytest.approx(
            max(abs(x - answer["solution"][0]), 1e-16), rel=1e-6, abs=1e-15
        )
        x = 0.5 * x + 0.5 * math.tanh(-2 * x + 0.3)
        assert answer["web_y"][2 * t + 1] == pytest.approx(x, abs=1e-13)


@pytest.mark.parametrize("make", [gaussian_tail, curie_weiss, typical_average, fixed_point_cobweb])
@given(data=st.data())
def test_what_the_reader_sees_is_always_a_number(make: Callable[[], Explorable], data: st.DataObject) -> None:
    explorable = make()
    values = {c.name: data.draw(st.floats(c.min, c.max)) for c in explorable.controls}
    answer = explorable.evaluate(**values)
    for readout in explorable.readouts:
        assert np.isfinite(answer[readout.value][0]), (readout.value, values)
