"""Patterns of any length: squares that underflow or overflow must not decide whether patterns are separable."""

from __future__ import annotations

import math
import warnings
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learnscape.errors import ConvergenceError
from learnscape.learn import (
    adatron,
    max_margin,
    minover,
    rosenblatt,
    rosenblatt_bound,
    sample_version_space,
    separable,
)
from learnscape.patterns import random_patterns


def exact_fields(patterns: np.ndarray, weights: np.ndarray) -> list[Fraction]:
    w = [Fraction(float(x)) for x in weights]
    return [sum(Fraction(float(x)) * y for x, y in zip(row, w, strict=True)) for row in patterns]


def test_the_cases_that_were_wrong() -> None:
    best = max_margin([[1.0], [1e-10]])
    assert best.separable
    assert best.stability == pytest.approx(1e-10, rel=1e-12, abs=0)
    assert separable([[1.0], [1e-10]]).separable
    for tiny in (1e-170, 1e-289, 1e289):
        patterns = [[tiny, 2 * tiny]]
        assert separable(patterns).separable
        assert separable(patterns).stability > 0
        assert max_margin(patterns).stability == pytest.approx(tiny * math.sqrt(5), rel=1e-12, abs=0)
    spread = max_margin([[1.0, 0.3], [1e-14, 2e-14], [1e14, -1e13]])
    assert spread.separable
    assert spread.stability == pytest.approx(1e-14 * math.sqrt(5), rel=1e-9, abs=0)
    assert separable([[1.0, 1e-11], [-1.0, 1e-11]]).separable  # the weights (0, 1)
    assert not separable([[1e140, 0.0], [-1e-140, 0.0]]).separable


@settings(max_examples=60)
@given(
    n=st.integers(1, 8),
    p=st.integers(1, 16),
    kind=st.sampled_from(["plain", "tie", "cancelling"]),
    decades=st.sampled_from([5, 10, 20, 100]),
    seed=st.integers(0, 10**6),
)
def test_rows_of_any_length(n: int, p: int, kind: str, decades: int, seed: int) -> None:
    """The answer of the rescaled patterns is that of the patterns, and holds in exact arithmetic."""
    rng = np.random.default_rng(seed)
    xi = rng.standard_normal((p, n)) + rng.choice([0.0, 0.3, 1.0])
    if kind == "tie":
        xi[-1] = -2 * xi[0]
    elif kind == "cancelling" and p > 2:
        xi[-1] = -xi[:-1].sum(axis=0)
    wide = xi * 10.0 ** rng.uniform(-decades, decades, (p, 1))
    expected = separable(xi).separable
    answer = separable(wide)
    assert answer.separable == expected
    if expected:
        assert min(exact_fields(wide, answer.weights)) > 0
    best = max_margin(wide)
    assert best.separable == expected
    if expected:
        length = Fraction(math.sqrt(float(best.weights @ best.weights)))
        low = min(exact_fields(wide, best.weights)) / length
        shortest = min(math.hypot(*row) for row in wide)
        assert low > 0
        assert best.upper_bound - float(low) <= 1.01e-10 * shortest
        assert best.stability == pytest.approx(float(low), abs=1e-10 * shortest)
    else:
        for certificate in (answer.certificate, best.dual):
            assert certificate.min() >= 0
            assert certificate.sum() == pytest.approx(1)
            terms = certificate[:, None] * wide
            assert (np.abs(terms.sum(axis=0)) <= 1e-12 * np.abs(terms).sum(axis=0)).all()


@given(decades=st.integers(1, 140), seed=st.integers(0, 1000))
@settings(max_examples=30)
def test_columns_of_any_unit(decades: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    xi = rng.standard_normal((8, 4))
    units = 10.0 ** rng.uniform(-decades, decades, 4)
    assert separable(xi * units).separable == separable(xi).separable


@pytest.mark.parametrize("scale", [1e-280, 1e-170, 1e170, 1e280])
def test_every_rule_in_other_units(scale: float) -> None:
    xi = random_patterns(12, 20, kind="gaussian", rng=3)
    power = 2.0 ** round(math.log2(scale))
    for rule in (adatron, rosenblatt, max_margin, minover):
        one, other = rule(xi), rule(power * xi)
        assert other.weights.tolist() == one.weights.tolist()
        assert other.stability == power * one.stability
    assert rosenblatt(power * xi, 0.1 * power).updates == rosenblatt(xi, 0.1).updates
    walks = [sample_version_space(unit * xi, samples=3, rng=1) for unit in (1.0, power)]
    assert walks[0].tolist() == walks[1].tolist()


def test_what_does_not_fit_into_double_precision_is_said() -> None:
    with pytest.raises(ValueError, match=r"largest entry of patterns\[1\] = 1e-310"):
        max_margin([[1.0], [1e-310]])
    with pytest.raises(ValueError, match=r"smallest entry of patterns\[0\] = 1e-200"):
        separable([[1e-200, 1e200], [-1.0, -1.0]])
    with pytest.raises(ConvergenceError, match="decades"):
        separable([[1e280, 1e280], [-1e-280, -1e-280]])


@pytest.mark.parametrize("function", [max_margin, separable, minover, adatron, rosenblatt])
def test_patterns_that_are_no_real_numbers(function: object) -> None:
    for patterns, message in (
        ([[1.0, 1j]], "complex"),
        ([["1", "2"]], "not of <U1"),
        (np.ma.masked_greater([[1.0, 9.0]], 5.0), "masked"),
        ([[None, 1.0]], "patterns"),
        ({}, "real numbers"),
    ):
        with pytest.raises(ValueError, match=message):
            function(patterns)
    assert function(np.ma.array([[1.0, 9.0]])).weights.shape == (2,)


def test_arguments_of_the_wrong_type_are_named() -> None:
    for name, wrong in (
        ("kappa", None),
        ("kappa", "0"),
        ("kappa", [0.0]),
        ("rng", True),
        ("rng", -1),
        ("max_sweeps", None),
    ):
        with pytest.raises(ValueError, match=f"{name} = "):
            rosenblatt([[1.0, 2.0]], **{name: wrong})
    with pytest.raises(ValueError, match="rng = True"):
        random_patterns(3, 4, rng=True)
    with pytest.raises(ValueError, match="kind = \\['binary'\\]"):
        random_patterns(3, 4, kind=["binary"])


def test_integers_beyond_doubles_are_named() -> None:
    for function in (max_margin, separable, rosenblatt):
        with pytest.raises(ValueError, match="real numbers"):
            function([[1, 10**400]])


def test_bound_of_a_tiny_stability_is_infinite_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert rosenblatt_bound([[1e200, 1.0]], 1e-200) == math.inf
