"""Exact counting against brute force, ties, first moments, and refusals."""

from __future__ import annotations

import itertools
import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from learnscape import Margin, SymmetricMargin
from learnscape.learn import enumerate_solutions
from learnscape.patterns import random_patterns, teacher_patterns


def corners(n: int) -> np.ndarray:
    return np.array(list(itertools.product([-1, 1], repeat=n)))


def check(xi: np.ndarray, satisfied: np.ndarray, states: np.ndarray, **arguments: object) -> None:
    """Compare count and solutions with the states that brute force found to satisfy every pattern."""
    expected = {tuple(state) for state in states[satisfied.all(axis=1)].tolist()}
    found = enumerate_solutions(xi, return_solutions=True, **arguments)
    assert found.count == len(expected)
    assert found.solutions.dtype == np.int8
    assert found.solutions.shape == (len(expected), xi.shape[1])
    assert {tuple(state) for state in found.solutions.tolist()} == expected
    assert enumerate_solutions(xi, **arguments).count == len(expected)


@pytest.mark.kernels
@given(
    n=st.integers(1, 10),
    p=st.integers(1, 9),
    kind=st.sampled_from(["binary", "gaussian"]),
    kappa=st.floats(-2.5, 2.5),
    seed=st.integers(0, 10**6),
)
def test_brute_force(n: int, p: int, kind: str, kappa: float, seed: int) -> None:
    xi = random_patterns(p, n, kind=kind, rng=seed)
    states = corners(n)
    stability = states @ xi.T / math.sqrt(n)
    check(xi, stability >= kappa, states, kappa=kappa)
    check(xi, stability >= kappa, states, constraint=Margin(kappa))
    bound = abs(kappa) + 1e-3
    check(xi, np.abs(stability) <= bound, states, constraint=SymmetricMargin(bound))


@pytest.mark.parametrize("n", [13, 14, 18])
@pytest.mark.parametrize("kind", ["binary", "gaussian"])
def test_brute_force_with_low_middle_and_high_weights(n: int, kind: str) -> None:
    xi = random_patterns(8, n, kind=kind, rng=n)
    states = corners(n)
    stability = states @ xi.T / math.sqrt(n)
    check(xi, stability >= -0.2, states, kappa=-0.2)
    check(xi, np.abs(stability) <= 0.8, states, constraint=SymmetricMargin(0.8))


def test_top_weights_of_the_real_counter() -> None:
    # N = 22 = 9 low + 10 middle + 3 top weights. A pattern of signs times 1.5 goes through the real counter.
    xi = random_patterns(12, 22, rng=3)
    signs = enumerate_solutions(xi, 0.1, return_solutions=True)
    real = enumerate_solutions(1.5 * xi, 0.15, return_solutions=True)
    assert signs.count == real.count > 100
    assert np.array_equal(np.unique(signs.solutions, axis=0), np.unique(real.solutions, axis=0))


def test_the_reference_instance() -> None:
    """124 solutions, as five independent counters found."""
    found = enumerate_solutions(random_patterns(20, 25, rng=1), return_solutions=True)
    assert found.count == 124
    assert found.uncertain == 0
    assert found.entropy == pytest.approx(math.log(124) / 25, rel=1e-15)
    assert (found.solutions.astype(float) @ random_patterns(20, 25, rng=1).T > 0).all()


@pytest.mark.parametrize("n", [1, 3, 4, 5, 9, 11, 16, 25, 27])
def test_ties_satisfy_however_kappa_was_rounded(n: int) -> None:
    """One pattern, kappa = h / sqrt(N): the count is a binomial tail that includes the tie."""
    xi = np.ones((1, n))
    for h in range(-n, n + 1, 2):
        including = round(2**n * binom.sf((n + h) // 2 - 1, n, 0.5))
        excluding = round(2**n * binom.sf((n + h) // 2, n, 0.5))
        for kappa in (h / math.sqrt(n), h * (1 / math.sqrt(n)), math.copysign(math.sqrt(h * h / n), h)):
            assert enumerate_solutions(xi, kappa).count == including
            assert enumerate_solutions(xi, kappa + 1e-12).count == excluding
            assert enumerate_solutions(xi, kappa - 1e-12).count == including
        if h >= 0:
            bound = max(h, 1e-9) / math.sqrt(n)
            two_sided = round(2**n * (binom.cdf((n + h) // 2, n, 0.5) - binom.cdf((n - h) // 2 - 1, n, 0.5)))
            assert enumerate_solutions(xi, constraint=SymmetricMargin(bound)).count == two_sided


def test_ties_of_real_patterns_are_reported() -> None:
    tied = enumerate_solutions([[0.5, 0.5, 0.25, 0.25]], 0.0)  # fields are dyadic: 0.0 occurs and is exact
    states = corners(4) @ np.array([0.5, 0.5, 0.25, 0.25])
    assert tied.count == int((states >= 0).sum())
    assert tied.uncertain > 0
    assert enumerate_solutions(random_patterns(10, 12, kind="gaussian", rng=1)).uncertain == 0


def test_repeated_patterns_and_negated_patterns() -> None:
    xi = random_patterns(6, 15, rng=7)
    assert enumerate_solutions(np.repeat(xi, 3, axis=0)).count == enumerate_solutions(xi).count
    both = enumerate_solutions(np.vstack([xi, -xi]))  # N is odd: no field vanishes
    assert both.count == 0
    assert both.entropy == -math.inf
    assert enumerate_solutions(np.vstack([xi, -xi]), return_solutions=True).solutions.shape == (0, 15)
    doubled = np.vstack([xi, -xi])
    symmetric = enumerate_solutions(xi, constraint=SymmetricMargin(1.0)).count
    assert enumerate_solutions(doubled, -1.0).count == symmetric


@given(seed=st.integers(0, 10**6), kappa=st.floats(0.01, 2.0))
def test_symmetries(seed: int, kappa: float) -> None:
    """Gauge: flipping column i flips w_i. Symmetric constraint: solutions come in pairs w, -w. More margin, fewer solutions."""
    rng = np.random.default_rng(seed)
    xi = random_patterns(7, 13, rng=rng)
    gauge = rng.choice([-1.0, 1.0], 13)
    count = enumerate_solutions(xi, kappa).count
    assert enumerate_solutions(xi * gauge, kappa).count == count
    assert enumerate_solutions(xi[rng.permutation(7)][:, rng.permutation(13)], kappa).count == count
    assert enumerate_solutions(xi, kappa + 0.3).count <= count
    pairs = enumerate_solutions(xi, constraint=SymmetricMargin(kappa), return_solutions=True).solutions
    states = {tuple(state) for state in pairs.tolist()}
    assert states == {tuple(-value for value in state) for state in states}


def test_a_teacher_is_among_the_solutions() -> None:
    rule = teacher_patterns(30, 19, "binary", rng=2)
    solutions = enumerate_solutions(rule.patterns, return_solutions=True).solutions
    assert (solutions == rule.teacher).all(axis=1).any()


def test_first_moment_and_jensen() -> None:
    """<count> = 2^N q^P with q = P(w.xi >= 0) exactly, and <ln count> lies below its logarithm."""
    n, p, samples = 15, 10, 400
    rng = np.random.default_rng(11)
    counts = np.array([enumerate_solutions(random_patterns(p, n, rng=rng)).count for _ in range(samples)])
    expected = 2.0**n * 0.5**p  # N odd: no ties, so q = 1/2
    error = counts.std(ddof=1) / math.sqrt(samples)
    assert abs(counts.mean() - expected) < 4 * error
    logs = np.log(counts[counts > 0])
    assert logs.mean() + 4 * logs.std(ddof=1) / math.sqrt(len(logs)) < math.log(expected)

    kappa = 1.0  # the symmetric perceptron: q = P(|w.xi| <= sqrt(N))
    inside = binom.cdf(9, n, 0.5) - binom.cdf(5, n, 0.5)  # |w.xi| = |2 k - 15| <= 3.87 for k = 6 ... 9
    counts = np.array(
        [
            enumerate_solutions(random_patterns(p, n, rng=rng), constraint=SymmetricMargin(kappa)).count
            for _ in range(samples)
        ]
    )
    assert abs(counts.mean() - 2.0**n * inside**p) < 4 * counts.std(ddof=1) / math.sqrt(samples)


@pytest.mark.parametrize(
    ("patterns", "message"),
    [
        (np.ones(5), "patterns.shape = (5,)"),
        (1.0, "patterns.shape = ()"),
        (np.ones((2, 2, 2)), "patterns.shape = (2, 2, 2)"),
        (np.ones((0, 5)), "patterns.shape = (0, 5)"),
        (np.ones((5, 0)), "patterns.shape = (5, 0)"),
        ([[1, -1], [1, np.nan]], "patterns[1, 1] = nan"),
        ([[1, np.inf], [1, 1]], "patterns[0, 1] = inf"),
        ([[1, -1], [1]], "rectangular"),
        ([["a", "b"]], "real numbers"),
        (np.ones((2, 41)), "N = 41"),
    ],
)
def test_bad_patterns_name_the_value(patterns: object, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        enumerate_solutions(patterns)


def test_bad_arguments_name_the_value() -> None:
    xi = random_patterns(3, 10, rng=1)
    for kappa in (math.nan, math.inf, -math.inf):
        with pytest.raises(ValueError, match=r"kappa.*finite"):
            enumerate_solutions(xi, kappa)
    with pytest.raises(ValueError, match=r"kappa = 0.5 .*constraint"):
        enumerate_solutions(xi, 0.5, constraint=Margin(0.3))
    with pytest.raises(ValueError, match="an instance of a Constraint class"):
        enumerate_solutions(xi, constraint=0.3)
    count = enumerate_solutions(xi).count
    with pytest.raises(ValueError, match=f"max_solutions = 7 .*{count}"):
        enumerate_solutions(xi, return_solutions=True, max_solutions=7)
