"""Hill's estimator over samples: known exponents found again, with its bias and with errors that cover; bad input refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

from learnscape.numerics import power_law


def smallest(exponent, samples, k, n=50, rng=0):
    """The k + 1 smallest of n values with the density x^exponent on [0, 1], shape (samples, k + 1)."""
    rates = n - np.arange(k + 1)
    ends = np.cumsum(np.random.default_rng(rng).standard_exponential((samples, k + 1)) / rates, axis=1)
    return (-np.expm1(-ends)) ** (1 / (1 + exponent))


@pytest.mark.parametrize(("exponent", "k"), [(-0.9, 3), (-0.413, 1), (0.423, 9), (3.0, 3)])
def test_exponents_are_found_and_errors_cover_them(exponent, k):
    """Scores over 100 data sets have mean zero and spread one; against an exponent a fifth of 1 + exponent off they have not."""
    fits = [power_law.hill(smallest(exponent, 60, k, rng=seed), k) for seed in range(100)]
    assert all((fit.k, fit.samples, fit.skipped) == (k, 60, 0) for fit in fits)
    found, errors = (np.array([getattr(fit, name) for fit in fits]) for name in ("exponent", "error"))
    scores = (found - exponent) / errors
    assert abs(scores.mean()) < 0.4
    assert abs(scores.std() - 1) < 0.25
    assert np.mean((found - exponent - 0.2 * (1 + exponent)) / errors) < -1
    assert errors.mean() == pytest.approx((1 + exponent) / math.sqrt(60 * k), rel=0.06)


@pytest.mark.parametrize("k", [1, 3])
def test_few_samples_bias_and_coverage_are_those_of_the_docstring(k):
    """The mean of samples * k exponentials is a Gamma variable: its inverse is too large by 1/(samples k - 1)."""
    fits = [power_law.hill(smallest(0.4, 10, k, rng=seed), k) for seed in range(1000)]
    found, errors = (np.array([getattr(fit, name) for fit in fits]) for name in ("exponent", "error"))
    bias = 1.4 / (10 * k - 1)
    assert found.mean() - 0.4 == pytest.approx(bias, abs=4 * found.std() / 1000**0.5)
    assert np.mean(np.abs(found - 0.4) < 2 * errors) == pytest.approx(0.92, abs=0.03)


def test_it_is_the_maximum_of_the_conditional_likelihood():
    values = smallest(0.4, 30, 4)
    shapes = np.linspace(0.5, 3.0, 200_001)
    ratios = values[:, :4] / values[:, 4:]  # density s r^(s - 1) on [0, 1]
    likelihood = ratios.size * np.log(shapes) + (shapes - 1) * np.log(ratios).sum()
    assert power_law.hill(values, 4).exponent == pytest.approx(shapes[likelihood.argmax()] - 1, abs=2e-5)


def test_the_error_is_that_of_the_bootstrap_over_samples_also_with_correlations_inside():
    """Samples whose values belong together: each has an exponent of its own."""
    rng = np.random.default_rng(3)
    own = rng.uniform(0.4, 2.0, 150)[:, None]
    values = smallest(0.0, 150, 5, rng=4) ** own
    fit = power_law.hill(values, 5)
    again = [power_law.hill(values[rng.integers(150, size=150)], 5).exponent for _ in range(150)]
    assert fit.error == pytest.approx(np.std(again, ddof=1), rel=0.2)
    assert fit.error > 1.2 * (1 + fit.exponent) / math.sqrt(
        150 * 5
    )  # more than independent values would have


def test_order_unit_and_what_lies_above_do_not_matter():
    rng = np.random.default_rng(1)
    values = smallest(0.4, 40, 3)
    fit = power_law.hill(values, 3)
    longer = [np.append(x, np.full(i % 5, 7.0)) for i, x in enumerate(values)]
    scaled = [rng.permutation(10.0 ** rng.uniform(-200, 200) * x) for x in longer]
    for other in (longer, scaled):
        assert power_law.hill(other, 3).exponent == pytest.approx(fit.exponent, rel=1e-12)
        assert power_law.hill(other, 3).error == pytest.approx(fit.error, rel=1e-9)
    assert fit.gamma == -fit.exponent


def test_short_samples_are_left_out_and_counted():
    values = list(smallest(0.4, 20, 3))
    fit = power_law.hill([*values, [], values[0][:3], [0.5]], 3)
    assert (fit.samples, fit.skipped) == (20, 3)
    assert fit.exponent == power_law.hill(values, 3).exponent


VALUES = smallest(0.4, 12, 3)


def _with(entry, at=(4, 1)):
    values = VALUES.copy()
    values[at] = entry
    return values


@pytest.mark.parametrize(
    ("samples", "k", "message"),
    [
        (_with(0.0), 3, r"samples\[4\] = .*positive: is a zero a contact"),
        (_with(-1.0), 3, r"samples\[4\] = .*positive"),
        (_with(math.nan), 3, r"samples\[4\]"),
        (_with(math.inf), 3, r"samples\[4\]"),
        (_with(VALUES[4, 0]), 3, r"samples\[4\] = .*equal values"),
        (VALUES[:9], 3, "at least 10 such samples"),
        (VALUES, 4, "0 with more than k = 4 values"),
        (VALUES, 0, "k = 0"),
        (VALUES, 1.5, r"k = 1\.5"),
        (VALUES, True, "k = True"),
        (np.tile(VALUES[0], (12, 1)), 3, "equal in all samples"),
        (VALUES[0], 3, r"samples\[0\]"),
        (iter(VALUES), 3, "samples = .*sequence of arrays"),
        (None, 3, "samples = .*sequence of arrays"),
    ],
)
def test_bad_input_is_named(samples, k, message):
    with pytest.raises(ValueError, match=message):
        power_law.hill(samples, k)


def test_a_small_integer_type_is_a_number_like_others():
    samples = [np.random.default_rng(i).random(200 + 200 * (i % 2)) for i in range(40)]
    assert power_law.hill(samples, np.int8(127)) == power_law.hill(samples, 127)
