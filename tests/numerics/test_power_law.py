"""Power laws: exponents found again with errors that cover them, against closed forms, scipy and numerical integration."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.stats import kstest, linregress

from learnscape.numerics import power_law
from learnscape.numerics._power_family import cdf, quantile, shape_of, variance
from sampled import sampled

WINDOWS = [(0.0, 1.0), (0.0, 3e-3), (1e-3, 1.0), (0.5, 0.7), (2.0, math.inf)]


def exponent_for(low, high, theta):
    return -2.5 - theta if high == math.inf else theta


def exact_cdf(x, exponent, low, high):
    s = exponent + 1
    if s == 0:
        return np.log(x / low) / math.log(high / low)
    a = low**s if low > 0 else 0.0
    b = high**s if high < math.inf else 0.0
    return (x**s - a) / (b - a)


@pytest.mark.parametrize(("low", "high"), WINDOWS)
@pytest.mark.parametrize("theta", [-0.6, 0.0, 0.423, 2.5])
def test_samples_follow_the_law(low, high, theta):
    exponent = exponent_for(low, high, theta)
    x = power_law.sample(exponent, low=low, high=high, size=4000, rng=5)
    assert low <= x.min() <= x.max() <= high
    assert kstest(x, partial(exact_cdf, exponent=exponent, low=low, high=high)).pvalue > 1e-3
    # The same samples do not pass for a law with another exponent, so that the line above can fail; in a window of a factor 1.4 the
    # exponent is hard to see, and the other one has to be further away.
    other = exponent + (1.5 if low == 0.5 else 1.0) * (-1 if high == math.inf else 1)
    assert kstest(x, partial(exact_cdf, exponent=other, low=low, high=high)).pvalue < 1e-6


@pytest.mark.parametrize(("low", "high"), WINDOWS)
@pytest.mark.parametrize("theta", [-0.9, -0.4, 0.0, 0.423, 3.0])
def test_the_maximum_of_the_likelihood_by_scipy(low, high, theta):
    exponent = exponent_for(low, high, theta)
    x = power_law.sample(exponent, low=low, high=high, size=300, rng=11)

    def minus_log_likelihood(a):
        norm = (
            quad(lambda u: math.exp((a + 1) * u), math.log(low), math.log(high))[0]
            if low and high < 9
            else None
        )
        if norm is None:
            norm = (high ** (a + 1) if low == 0 else -(low ** (a + 1))) / (a + 1)
        return x.size * math.log(norm) - a * float(np.log(x).sum())

    span = (-0.999, 8) if low == 0 else (-8, -1.001) if high == math.inf else (exponent - 15, exponent + 15)
    best = minimize_scalar(minus_log_likelihood, bounds=span, method="bounded", options={"xatol": 1e-9})
    answer = power_law.fit(x, low=low, high=high, bootstrap=0)
    assert answer.exponent == pytest.approx(best.x, abs=2e-6)
    # The curvature of the same likelihood, by differences.
    step = 0.02
    middle = minus_log_likelihood(answer.exponent)
    bend = (
        minus_log_likelihood(answer.exponent + step)
        + minus_log_likelihood(answer.exponent - step)
        - 2 * middle
    ) / step**2
    assert answer.independent_error == pytest.approx(1 / math.sqrt(bend), rel=2e-2)


def test_closed_forms_of_the_unbounded_windows():
    x = power_law.sample(0.3, high=2.0, size=500, rng=3)
    answer = power_law.fit(x, high=2.0, bootstrap=0)
    assert answer.exponent == pytest.approx(1 / np.log(2.0 / x).mean() - 1, rel=1e-13)
    assert answer.independent_error == pytest.approx((1 + answer.exponent) / math.sqrt(500), rel=1e-12)
    y = power_law.sample(-2.5, low=2.0, size=500, rng=3)
    answer = power_law.fit(y, low=2.0, bootstrap=0)
    assert answer.gamma == pytest.approx(1 + 1 / np.log(y / 2.0).mean(), rel=1e-13)


@given(st.floats(-600, 600))
@example(4.7833112184110975e-06)
def test_the_family_is_consistent(shape):
    """Mean, variance, distribution function and quantile of e^{yt} on [0, 1] fit together, also where they would overflow."""
    low, high = 1.0, math.e
    p = np.linspace(0.0, 1.0, 21)
    t = quantile(p, shape, low, high)
    assert np.all(np.diff(t) >= 0)
    assert t[0] == pytest.approx(0, abs=1e-12)
    assert t[-1] == pytest.approx(1, abs=1e-12)
    inner = (t > 1e-14) & (t < 1 - 1e-14)
    assert cdf(t, shape, low, high)[inner] == pytest.approx(p[inner], abs=1e-9)
    mean = quad(
        lambda v: float(1 - cdf(np.array(v), shape, low, high)), 0, 1, points=[0.01, 0.99], limit=200
    )[0]
    assert shape_of(np.array([mean]), low, high)[0] == pytest.approx(shape, rel=1e-6, abs=1e-6)
    step = 1e-4 * (1 + abs(shape))
    sides = [
        quad(lambda v, y=y: float(1 - cdf(np.array(v), y, low, high)), 0, 1, points=[0.01, 0.99], limit=200)[
            0
        ]
        for y in (shape - step, shape + step)
    ]
    assert variance(shape, low, high) == pytest.approx(
        (sides[1] - sides[0]) / (2 * step), rel=1e-4, abs=1e-10
    )


@pytest.mark.parametrize(
    ("exponent", "low", "high"), sampled([(-0.413, 1e-4, 0.1), (0.423, 0.0, 0.3)], every=2, start=1)
)
def test_intervals_cover_the_truth(exponent, low, high):
    hits, pulls, small_p = 0, [], 0
    for k in range(200):
        x = power_law.sample(exponent, low=low, high=high, size=150, rng=1000 + k)
        answer = power_law.fit(x, low=low, high=high, bootstrap=100, rng=k)
        hits += answer.interval[0] <= exponent <= answer.interval[1]
        pulls.append((answer.exponent - exponent) / answer.error)
        small_p += answer.p_value < 0.1
    assert (
        0.88 <= hits / 200 <= 0.99
    )  # 0.95, minus what percentiles of 100 replicas lose, +- 3 binomial errors
    assert abs(np.mean(pulls)) < 0.3
    assert 0.85 < np.std(pulls) < 1.2
    assert 0.03 <= small_p / 200 <= 0.18  # uniform p-values: a tenth lies below 0.1


def correlated(rng, exponent=-0.4, groups=30, each=60):
    """Values that come in groups: all of one group are multiplied by one factor, so that they err together."""
    x = power_law.sample(exponent, low=1e-3, high=1.0, size=groups * each, rng=rng).reshape(groups, each)
    position = (np.log(x) / math.log(1e-3) + 0.3 * rng.uniform(-1, 1, size=(groups, 1))) % 1.0
    return 10.0 ** (-3 * position).ravel(), np.repeat(np.arange(groups), each)


@pytest.mark.weekly
def test_groups_give_the_larger_error_that_correlated_values_have():
    exponents, naive, grouped, tiny = [], [], [], [0, 0]
    for k in range(60):
        x, groups = correlated(np.random.default_rng(k), exponent=-1.0)
        one = power_law.fit(x, low=1e-3, high=1.0, bootstrap=60, rng=k)
        other = power_law.fit(x, low=1e-3, high=1.0, groups=groups, bootstrap=60, rng=k)
        assert one.exponent == other.exponent
        assert (one.groups, other.groups) == (1800, 30)
        exponents.append(one.exponent)
        naive.append(one.error)
        grouped.append(other.error)
    # Shifts on a circle leave exponent -1 unbiased. 60 experiments know the true scatter to 10 %.
    true = float(np.std(exponents, ddof=1))
    assert abs(np.mean(exponents) + 1.0) < 4 * true / math.sqrt(60)
    assert np.mean(grouped) == pytest.approx(true, rel=0.35)

    def blocky(seed):
        """Every value ten times: correlation in its purest form, the number of independent values is a tenth."""
        x = power_law.sample(-0.4, low=1e-3, high=1.0, size=200, rng=seed)
        return np.repeat(x, 10), np.repeat(np.arange(200), 10)

    ratios, covered = [], 0
    for k in range(60):
        x, groups = blocky(k)
        one = power_law.fit(x, low=1e-3, high=1.0, bootstrap=40, rng=k)
        other = power_law.fit(x, low=1e-3, high=1.0, groups=groups, bootstrap=100, rng=k)
        ratios.append(other.error / one.error)
        covered += other.interval[0] <= -0.4 <= other.interval[1]
        tiny[0] += one.p_value < 0.05
        tiny[1] += other.p_value < 0.05
    assert np.mean(ratios) == pytest.approx(math.sqrt(10), rel=0.1)
    assert covered >= 51
    assert tiny[0] > 40  # without groups the law is rejected although it holds
    assert tiny[1] < 10


def test_edges_belong_to_the_window():
    x = np.concatenate(
        [[0.1, 0.4], power_law.sample(-0.5, low=0.1, high=0.4, size=100, rng=0), [0.0999, 0.4001]]
    )
    answer = power_law.fit(x, low=0.1, high=0.4, bootstrap=20, rng=0)
    assert answer.count == 102
    assert answer.exponent == power_law.fit(x[:-2], low=0.1, high=0.4, bootstrap=0).exponent


def test_units_do_not_matter():
    x = power_law.sample(-0.3, low=1e-3, high=1, size=200, rng=4)
    a = power_law.fit(x, low=1e-2, high=0.5, bootstrap=30, rng=1)
    b = power_law.fit(x * 1e-7, low=1e-9, high=0.5e-7, bootstrap=30, rng=1)
    assert b.exponent == pytest.approx(a.exponent, abs=1e-9)
    assert b.error == pytest.approx(a.error, rel=1e-6)


def test_contamination_is_seen_by_the_scan_and_by_the_distance():
    """Contacts lost at machine precision look like tiny gaps: they push gamma up; a lower cut-off above them brings it back."""
    rng = np.random.default_rng(8)
    gaps = power_law.sample(-0.3, low=1e-6, high=1.0, size=6000, rng=rng)
    spoilt = np.concatenate([gaps, rng.uniform(1e-6, 1e-5, 200)])
    scan = power_law.scan(spoilt, low=[1e-6, 1e-4, 1e-3, 1e-2], high=0.3, rng=3)
    gammas = -scan.exponents
    assert gammas[0] > 0.3 + 5 * scan.errors[0]
    assert scan.fits[0].p_value < 0.02
    for one in scan.fits[1:]:
        assert abs(one.gamma - 0.3) < 3.5 * one.error
        assert one.p_value > 0.02
    assert scan.spread == pytest.approx(gammas.max() - gammas.min())


def test_a_crossover_is_seen_as_drift():
    """Density x^0.4 below 0.1 and flat above: no single exponent, and the scan says so."""
    rng = np.random.default_rng(2)
    x = rng.random(200_000)
    x = x[rng.random(x.size) < np.minimum(1.0, (x / 0.1) ** 0.4)]
    scan = power_law.scan(x, high=[0.05, 0.1, 0.3, 1.0], bootstrap=40, rng=1)
    assert scan.exponents[:2] == pytest.approx([0.4, 0.4], abs=0.06)
    assert np.all(np.diff(scan.exponents[1:]) < -5 * scan.errors[2:])
    assert scan.fits[-1].p_value == 0.0
    assert scan.fits[0].p_value > 0.02


def test_scan_takes_all_pairs_and_lists_what_it_skips():
    x = power_law.sample(0.5, high=1.0, size=600, rng=1)
    scan = power_law.scan(x, low=[0.0, 0.2], high=[0.1, 0.5, 1e-4], bootstrap=0)
    assert [(one.low, one.high) for one in scan.fits] == [(0.0, 0.1), (0.0, 0.5), (0.2, 0.5)]
    assert [window[:2] for window in scan.skipped] == [(0.0, 1e-4)]
    assert "too few" in str(scan)
    assert math.isnan(scan.fits[0].error)
    assert math.isnan(scan.fits[0].p_value)


GOOD = np.linspace(0.1, 1, 40)


@pytest.mark.parametrize(
    ("values", "options", "words"),
    [
        ([0.1, math.nan, 0.3], {"high": 1.0}, "nan"),
        ([0.1, -0.2, 0.3], {"high": 1.0}, "-0.2"),
        ([0.1, 0.0, 0.3], {"high": 1.0}, "0.0"),
        ([0.1, math.inf], {"high": 1.0}, "inf"),
        ([], {"high": 1.0}, "at least one"),
        (["a"], {"high": 1.0}, "real"),
        ([[0.1, 0.2]], {"high": 1.0}, "list"),
        (GOOD, {}, "bounded"),
        (GOOD, {"low": 0.5, "high": 0.5}, "high"),
        (GOOD, {"low": 0.5, "high": 0.2}, "high"),
        (GOOD, {"low": -1.0, "high": 0.2}, "low"),
        (GOOD, {"low": math.nan, "high": 0.2}, "low"),
        (GOOD, {"high": math.nan}, "high"),
        (GOOD, {"low": 2.0, "high": 3.0}, "holds 0"),
        (GOOD[:9], {"high": 1.0}, "holds 9"),
        (np.full(20, 0.5), {"low": 0.5, "high": 1.0}, "spread"),
        (np.full(20, 1.0), {"high": 1.0}, "spread"),
        (GOOD, {"high": 1.0, "bootstrap": 5}, "bootstrap"),
        (GOOD, {"high": 1.0, "bootstrap": True}, "bootstrap"),
        (GOOD, {"high": 1.0, "groups": [1, 2]}, "groups"),
        (GOOD, {"high": 1.0, "groups": np.zeros(40)}, "groups"),
        (GOOD, {"high": 1.0, "groups": np.r_[np.zeros(39), math.nan]}, "groups"),
        (GOOD, {"high": 1.0, "rng": -3}, "rng"),
    ],
)
def test_fit_refuses(values, options, words):
    with pytest.raises(ValueError, match="not allowed") as refusal:
        power_law.fit(values, **options)
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    "arguments",
    [
        {"exponent": -1.0, "high": 1.0, "size": 3},
        {"exponent": -1.0, "low": 1.0, "size": 3},
        {"exponent": math.nan, "low": 1.0, "high": 2.0, "size": 3},
        {"exponent": 0.0, "low": 1.0, "high": 2.0, "size": 0},
        {"exponent": 0.0, "low": 1.0, "high": 2.0, "size": 2.5},
    ],
)
def test_sample_refuses(arguments):
    with pytest.raises(ValueError, match="not allowed"):
        power_law.sample(**arguments)


def test_scan_refuses_when_there_is_no_window():
    with pytest.raises(ValueError, match="windows"):
        power_law.scan(GOOD, low=[0.5], high=[0.1, 0.5])


# ---- scaling laws -----------------------------------------------------------------------------------------------------------


def test_slope_is_linear_regression():
    rng = np.random.default_rng(0)
    x = np.geomspace(1, 50, 12)
    y = 2.5 * x**-0.7 * np.exp(0.05 * rng.standard_normal(12))
    ours, theirs = power_law.slope(x, y), linregress(np.log(x), np.log(y))
    assert ours.exponent == pytest.approx(theirs.slope, rel=1e-12)
    assert ours.error == pytest.approx(theirs.stderr, rel=1e-12)
    assert ours.prefactor == pytest.approx(math.exp(theirs.intercept), rel=1e-12)
    assert ours.prefactor_error == pytest.approx(ours.prefactor * theirs.intercept_stderr, rel=1e-12)
    assert math.isnan(ours.chi2)


def test_slope_with_error_bars():
    rng = np.random.default_rng(1)
    x = np.geomspace(0.1, 10, 9)
    relative = np.linspace(0.01, 0.1, 9)
    pulls, chi2, p = [], [], []
    for _ in range(400):
        y = 3 * x**0.5 * (1 + relative * rng.standard_normal(9))
        line = power_law.slope(x, y, relative * 3 * x**0.5)
        pulls.append((line.exponent - 0.5) / line.error)
        chi2.append(line.chi2)
        p.append(line.p_value)
    assert abs(np.mean(pulls)) < 0.2
    assert 0.9 < np.std(pulls) < 1.1
    assert np.mean(chi2) == pytest.approx(7, abs=0.7)
    assert 0.05 < np.mean(np.array(p) < 0.1) < 0.16
    # Weights matter: the precise end decides.
    bent = 3 * x**0.5 * np.where(x > 5, 1.5, 1.0)
    assert power_law.slope(x, bent, relative * bent).exponent < power_law.slope(x, bent).exponent
    assert power_law.slope(x, bent, 0.01 * bent).p_value < 1e-6


def test_slope_window_and_scan():
    x = np.geomspace(1e-3, 1, 31)
    y = x**0.5 * (1 + x)
    line = power_law.slope(x, y, low=1e-2, high=1e-1)
    assert (line.count, line.low, line.high) == (11, pytest.approx(1e-2), pytest.approx(1e-1))
    exponents = [one.exponent for one in power_law.slope_scan(x, y, high=[0.01, 0.1, 1.0, 1e-3])]
    assert len(exponents) == 3  # the window that ends at 1e-3 holds one point
    assert 0.5 < exponents[0] < exponents[1] < exponents[2]


@pytest.mark.parametrize(
    "arguments",
    [
        ([1, 2, 3], [1, 2]),
        ([1, 2], [1, 2]),
        ([1, 1, 1], [1, 2, 3]),
        ([1, 2, 3], [1, 0, 3]),
        ([1, 2, 3], [1, 2, 3], [0.1, 0.0, 0.1]),
        ([1, 2, 3], [1, 2, 3], [0.1, 0.1]),
        ([1, 2, math.nan], [1, 2, 3]),
    ],
)
def test_slope_refuses(arguments):
    with pytest.raises(ValueError, match="not allowed"):
        power_law.slope(*arguments)


def test_few_groups_give_no_p_value():
    """With two groups the resamples rejected 47 % of true laws at the level of 5 %."""
    values = power_law.sample(-0.4, low=0.01, high=1.0, size=240, rng=3)
    for groups in (2, 7):
        answer = power_law.fit(
            values, low=0.01, high=1.0, groups=np.arange(240) % groups, bootstrap=40, rng=1
        )
        assert math.isnan(answer.p_value)
        assert answer.error > 0
    answer = power_law.fit(values, low=0.01, high=1.0, groups=np.arange(240) % 8, bootstrap=40, rng=1)
    assert 0 <= answer.p_value <= 1


def test_groups_outside_the_window_give_no_p_value():
    """Eight more groups that lie outside say nothing about the law inside: with two groups there p was 0 for a true law."""
    inside = power_law.sample(-0.4, low=0.01, high=1.0, size=40, rng=3)
    values, groups = np.append(inside, np.full(80, 50.0)), np.append(np.arange(40) % 2, 2 + np.arange(80) % 8)
    answer = power_law.fit(values, low=0.01, high=1.0, groups=groups, bootstrap=40, rng=1)
    assert answer.groups == 2
    assert math.isnan(answer.p_value)


@pytest.mark.parametrize(
    "bad", [1j, [0.1, 1j], np.ma.array([0.1, 0.2], mask=[0, 1]), "0.1", math.nan, [True]]
)
def test_cut_offs_are_real_numbers(bad):
    with pytest.raises(ValueError, match="low"):
        power_law.scan([0.5] * 20, low=bad, high=1.0)
    with pytest.raises(ValueError, match="values"):
        power_law.fit(bad, high=1.0)
