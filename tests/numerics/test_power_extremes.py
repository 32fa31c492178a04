"""Exponents from the smallest values of samples of several sizes: found again, with errors that cover, and refused where there is no law."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import digamma, polygamma

from learnscape.numerics import power_law

SIZES = (64, 128, 256, 512)


def smallest(exponent, samples, sizes=SIZES, k=6, rng=0):
    """The k smallest of n values with the density x^exponent on [0, 1]; the i-th spacing of n exponential values has the rate n - i."""
    draw = np.random.default_rng(rng).standard_exponential
    rates = [np.cumsum(draw((samples, k)) / (n - np.arange(k)), axis=1) for n in sizes]
    return [(-np.expm1(-one)) ** (1 / (1 + exponent)) for one in rates]


@pytest.mark.parametrize("exponent", [-0.9, -0.413, 0.0, 0.423, 3.0])
def test_exponents_are_found_and_errors_cover_them(exponent):
    """Scores over 200 data sets have a spread of one; against an exponent two tenths of 1 + exponent off they have not."""
    fits = [power_law.extremes(smallest(exponent, 200, rng=seed), SIZES) for seed in range(200)]
    scores = np.array([(fit.exponents - exponent) / fit.errors for fit in fits])
    assert np.all(np.abs(scores.mean(axis=0)) < 0.5)
    assert np.all(np.abs(scores.std(axis=0) - 1) < 0.2)
    wrong = np.array([(fit.exponents - exponent - 0.2 * (1 + exponent)) / fit.errors for fit in fits])
    assert np.all(wrong.mean(axis=0) < -1)
    for name in ("p_values", "agreement"):
        p = np.array([getattr(fit, name) for fit in fits]).reshape(200, -1)
        assert np.all(np.abs((p < 0.2).mean(axis=0) - 0.2) < 0.1)


def test_typical_values_are_those_of_order_statistics():
    """E ln u_(k) = psi(k) - psi(n + 1) for uniform values, with the variance psi'(k) - psi'(n + 1)."""
    fit = power_law.extremes(smallest(0.0, 20000, k=3, rng=1), SIZES)
    for row, errors, n in zip(fit.typical, fit.relative_errors, SIZES, strict=True):
        k = np.arange(1, 4)
        assert np.all(np.abs(np.log(row) - digamma(k) + digamma(n + 1)) < 4 * errors)
        assert errors == pytest.approx(np.sqrt((polygamma(1, k) - polygamma(1, n + 1)) / 20000), rel=0.03)


def test_the_error_is_that_of_the_bootstrap_over_samples():
    values = smallest(0.4, 150, rng=3)
    fit = power_law.extremes(values, SIZES)
    rng = np.random.default_rng(4)
    again = [
        power_law.extremes([rows[rng.integers(150, size=150)] for rows in values], SIZES).exponents
        for _ in range(300)
    ]
    assert fit.errors == pytest.approx(np.std(again, axis=0, ddof=1), rel=0.2)


def test_the_unit_of_the_values_and_of_the_sizes_does_not_matter():
    values = smallest(0.4, 100)
    fit = power_law.extremes(values, SIZES)
    other = power_law.extremes([1e-3 * rows for rows in reversed(values)], [4 * n for n in reversed(SIZES)])
    assert other.exponents == pytest.approx(fit.exponents, rel=1e-12)
    assert other.p_values == pytest.approx(fit.p_values, rel=1e-9)
    assert other.agreement == pytest.approx(fit.agreement, rel=1e-9)


def test_a_correction_to_the_law_is_seen_and_grows_with_the_rank():
    """If u has the density u^0.4 near zero and x = u (1 - u/2), x has a correction of relative size x."""
    values = [u * (1 - u / 2) for u in smallest(0.4, 4000, k=16)]
    fit = power_law.extremes(values, SIZES)
    assert fit.agreement < 0.01
    shift = np.abs(fit.exponents - 0.4)
    assert shift[15] > 10 * fit.errors[15]
    assert shift[0] < 0.5 * shift[15]
    assert power_law.extremes(smallest(0.4, 4000, k=16), SIZES).agreement > 0.01


def test_no_straight_line_where_there_is_a_gap():
    """A smallest possible value: the fall ends, and the p-values say so."""
    fit = power_law.extremes([rows + 0.01 for rows in smallest(0.0, 2000)], SIZES)
    assert np.all(fit.p_values < 1e-6)


def test_two_sizes_or_one_rank_leave_nothing_to_test():
    fit = power_law.extremes(smallest(0.4, 50, sizes=(64, 512)), (64, 512))
    assert np.all(np.isnan(fit.p_values))
    assert math.isfinite(fit.agreement)
    assert math.isnan(power_law.extremes(smallest(0.4, 50, k=1), SIZES).agreement)
    assert np.array_equal(fit.gammas, -fit.exponents)


def _altered(change):
    values = smallest(0.4, 20, k=3)
    change(values)
    return values


def _set(index, value):
    def change(values):
        values[1][index] = value

    return change


@pytest.mark.parametrize(
    ("values", "sizes", "message"),
    [
        (_altered(_set((4, 0), 0.0)), SIZES, r"smallest\[1\] = .*positive: is a zero a contact"),
        (_altered(_set((4, 0), -1.0)), SIZES, r"smallest\[1\] = .*positive"),
        (_altered(_set((4, 0), math.nan)), SIZES, r"smallest\[1\]"),
        (_altered(_set((4, 2), math.inf)), SIZES, r"smallest\[1\]"),
        (_altered(_set((4, slice(None)), 0.5)), SIZES, r"smallest\[1\] = .*equal values"),
        (_altered(_set((4, 0), 2.0)), SIZES, r"smallest\[1\] = .*ascending"),
        (_altered(lambda v: v.__setitem__(2, v[2][:, :2])), SIZES, "equally wide"),
        (_altered(lambda v: v.__setitem__(2, v[2][:9])), SIZES, "at least 10 samples"),
        (_altered(lambda v: v.__setitem__(2, v[2][0])), SIZES, r"smallest\[2\]"),
        (_altered(lambda v: v.__setitem__(2, v[2][:, :0])), SIZES, r"smallest\[2\]"),
        (_altered(lambda v: None), SIZES[:3], "one for each of 3 sizes"),
        (_altered(lambda v: None), (64, 64, 128, 256), "sizes = .*all different"),
        (_altered(lambda v: None), (0, 64, 128, 256), "sizes"),
        (_altered(lambda v: None)[:1], (64,), "at least two"),
        (_altered(lambda v: v.reverse()), SIZES, "must fall with the size"),
        (_altered(lambda v: v.__setitem__(2, np.tile(v[2][:1], (10, 1)))), SIZES, "equal in all samples"),
        (iter(_altered(lambda v: None)), SIZES, "smallest = .*sequence of arrays"),
        (np.array(1.0), SIZES, "smallest = .*sequence of arrays"),
        (None, SIZES, "smallest = .*sequence of arrays"),
    ],
)  # fmt: skip
def test_bad_input_is_named(values, sizes, message):
    with pytest.raises(ValueError, match=message):
        power_law.extremes(values, sizes)


def test_ranks_that_keep_their_ratio_exactly_agree():
    first = [rows[:, :1] for rows in smallest(0.4, 50)]
    fit = power_law.extremes([np.hstack([one, 3 * one]) for one in first], SIZES)
    assert fit.exponents[0] == pytest.approx(fit.exponents[1], rel=1e-12)
    assert fit.agreement > 0.9
