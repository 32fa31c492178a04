"""What surrounds a solution: local energy and local entropy."""

import math

import numpy as np
import pytest
from scipy.special import comb
from scipy.stats import hypergeom

from learnscape import Binary, Margin
from learnscape.learn import enumerate_solutions, local_energy, local_entropy, sbpi
from learnscape.patterns import random_patterns, teacher_patterns
from learnscape.replica import franz_parisi


def test_one_flip_is_counted_exactly():
    xi = random_patterns(20, 31, rng=1)
    w = sbpi(xi, rng=1).weights
    exact = np.mean([[(x @ np.where(np.arange(31) == i, -w, w)) < 0 for x in xi] for i in range(31)])
    found = local_energy(xi, w, [1 / 31], draws=4000, rng=1)
    assert found.energy[0] == pytest.approx(exact, abs=4 * found.error[0])
    assert found.fraction[0] == pytest.approx(1 / 31)


def test_half_of_the_weights_flipped_leave_nothing():
    xi = random_patterns(400, 501, rng=1)
    found = local_energy(xi, sbpi(random_patterns(200, 501, rng=2), rng=1).weights, [0.5], rng=1)
    assert found.energy[0] == pytest.approx(0.5, abs=0.02)


def test_flips_do_not_leave_everything():
    """All weights flipped: every pattern that was satisfied strictly is violated."""
    xi = random_patterns(150, 501, rng=1)
    assert local_energy(xi, sbpi(xi, rng=1).weights, [0.0, 1.0], draws=2, rng=1).energy.tolist() == [0.0, 1.0]


def test_flips_against_the_exact_mean():
    """Of m weights that agree with a pattern, j of the k flipped ones are hypergeometric."""
    xi = random_patterns(15, 31, rng=1)
    w = sbpi(xi, rng=1).weights
    flips, exact = np.array([1, 3, 10]), []
    for k in flips:
        j = np.arange(k + 1)
        chance = [
            hypergeom(31, m, k).pmf(j)[2 * m - 31 - 2 * j + 2 * (k - j) < 0].sum()
            for m in (xi * w > 0).sum(axis=1)
        ]
        exact.append(np.mean(chance))
    found = local_energy(xi, w, flips / 31, draws=2000, rng=1)
    assert np.abs((found.energy - exact) / found.error).max() < 4.0


@pytest.mark.parametrize("scale", [1e-150, 1e-11, 1e11, 1e150])
def test_the_scale_of_the_patterns_does_not_matter(scale):
    """Also with fields that are zero, N being even."""
    xi = random_patterns(60, 30, rng=1)
    w = random_patterns(1, 30, rng=2)[0]
    one, other = (local_energy(s * xi, w, [0.0, 0.3], draws=20, rng=1).energy for s in (1.0, scale))
    assert other == pytest.approx(one)


@pytest.mark.parametrize("distance", [2 / 23, 4 / 23, 6 / 23])
def test_local_entropy_against_all_corners(distance):
    """Around found solutions, N = 23: Bethe's formula against the counted solutions at the distance; ln N/N is what small sizes leave."""
    n, gaps = 23, []
    for seed in range(12):
        xi = random_patterns(6, n, kind="gaussian", rng=seed)
        every = enumerate_solutions(xi, return_solutions=True).solutions
        w = every[seed % len(every)].astype(float)
        shells = np.bincount(((n - every @ w) / 2).astype(int), minlength=n + 1)
        k = round(distance * n)
        free = math.log(comb(n, k)) / n
        binary = -distance * math.log(distance) - (1 - distance) * math.log(1 - distance)
        if shells[k]:
            counted = (
                math.log(shells[k]) / n - free + binary
            )  # without the finite-size part of the count of all corners
            gaps.append(local_entropy(xi, w, distance).entropy - counted)
    assert len(gaps) >= 8
    assert abs(np.mean(gaps)) < 0.02


def test_around_the_teacher_it_is_that_of_franz_and_parisi():
    """A planted solution is a typical one."""
    rule = teacher_patterns(1001, 2001, rng=1)
    found = local_entropy(rule.patterns, rule.teacher, 0.15)
    theory = franz_parisi.entropy(Binary(), Margin(0.0), 1001 / 2001, 0.15, teacher=True)
    assert found.entropy == pytest.approx(theory, abs=0.01)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x, w: local_energy(x, w, [1.5]), "fractions = 1.5"),
        (lambda x, w: local_energy(x, w, [np.nan]), "fractions"),
        (lambda x, w: local_energy(x, w, draws=1), "draws = 1"),
        (lambda x, w: local_energy(x, w[:3]), "weights.shape"),
        (lambda x, w: local_energy(x, 0.5 * w), r"weights\[0\]"),
        (lambda x, w: local_entropy(x, w, 0.0), "distance = 0.0"),
        (lambda x, w: local_entropy(x, w, 1e-17), "distance = 1e-17"),
        (lambda x, w: local_entropy(x, w, 0.9), "if nothing holds them"),
        (lambda x, w: local_entropy(x, w, 0.1, tol=0.0), "tol = 0.0"),
    ],
)
def test_bad_input_is_named(call, message):
    xi = random_patterns(30, 101, rng=1)
    with pytest.raises(ValueError, match=message):
        call(xi, np.ones(101))
