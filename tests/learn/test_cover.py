"""Cover's count against exhaustive labelling, and the fraction against exact rational numbers and the scaling of the chapter."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnscape.learn import separable
from learnscape.learn.cover import dichotomies, separable_fraction
from learnscape.numerics.gaussian import H


@pytest.mark.parametrize(("p", "n"), [(1, 1), (4, 1), (5, 2), (6, 3), (6, 4), (5, 7)])
def test_count_by_trying_every_labelling(p: int, n: int) -> None:
    points = np.random.default_rng(10 * p + n).standard_normal((p, n))
    found = sum(
        separable(np.array(y)[:, None] * points).separable for y in itertools.product([-1, 1], repeat=p)
    )
    assert found == dichotomies(p, n)


def test_count_is_only_an_upper_bound_for_points_that_are_not_in_general_position() -> None:
    points = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 1.0, 0.0], [1.0, -1.0, 0.0], [0.0, 0.0, 1.0]])
    found = sum(
        separable(np.array(y)[:, None] * points).separable for y in itertools.product([-1, 1], repeat=5)
    )
    assert found == 2 * dichotomies(4, 2) < dichotomies(5, 3)  # four points share a plane; the fifth is free


@given(st.integers(1, 300), st.integers(2, 300))
def test_recursion_and_symmetry(p: int, n: int) -> None:
    assert dichotomies(p + 1, n) == dichotomies(p, n) + dichotomies(p, n - 1)
    assert dichotomies(2 * n, n) == 2 ** (2 * n - 1)
    assert dichotomies(p, 1) == 2
    if p > n:  # what is not separable in n dimensions would be in p - n
        assert dichotomies(p, n) + dichotomies(p, p - n) == 2**p


@given(st.integers(1, 900), st.integers(1, 400))
def test_fraction_against_exact_rationals(p: int, n: int) -> None:
    exact = float(Fraction(2 * sum(math.comb(p - 1, k) for k in range(n)), 2**p))
    assert separable_fraction(p, n) == pytest.approx(exact, rel=1e-11, abs=1e-300)


def test_fraction_of_arrays() -> None:
    p = np.arange(1, 50)
    fractions = separable_fraction(p[:, None], [3, 7])
    assert fractions.shape == (49, 2)
    assert np.all(fractions[:3, 0] == 1)
    assert np.all(np.diff(fractions, axis=0) <= 0)
    assert isinstance(separable_fraction(3, 2), float)


def test_gaussian_limit_has_an_error_of_order_one_over_n() -> None:
    worst = []
    for n in (20, 80, 320):
        p = np.arange(n, 4 * n)
        worst.append(n * np.abs(separable_fraction(p, n) - H((p - 2 * n) / np.sqrt(p - 1))).max())
    assert max(worst) < 0.02
    p, n = np.arange(250, 800), 250  # Hoeffding's bound
    assert np.all(
        separable_fraction(p[250:], n) <= np.exp(-((p[250:] + 1 - 2 * n) ** 2) / (2 * (p[250:] - 1)))
    )


@pytest.mark.parametrize("bad", [0, -3, 2.5, math.nan, math.inf, "x"])
def test_bad_numbers_are_named(bad: object) -> None:
    for arguments in ((bad, 3), (3, bad)):
        with pytest.raises(ValueError, match=r"[pn]\b.*integer >= 1"):
            separable_fraction(*arguments)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match=r"[pn]\b.*integer >= 1"):
            dichotomies(*arguments)  # type: ignore[arg-type]
