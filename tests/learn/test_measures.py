"""What surrounds a solution: local energy and local entropy."""

import itertools
import math

import numpy as np
import pytest
from scipy.special import comb
from scipy.stats import hypergeom

from learnscape import Binary, Margin
from learnscape.learn import enumerate_solutions, local_energy, local_entropy, sbpi
from learnscape.learn.kernels import energy_after_flips
from learnscape.patterns import random_patterns, teacher_patterns
from learnscape.replica import franz_parisi


@pytest.mark.parametrize("n", [6, 7])
def test_of_plus_and_minus_one_it_is_the_mean_over_all_flips(n):
    """One set of flips after the other, at three margins; fields that are 0 satisfy at kappa = 0."""
    xi = random_patterns(9, n, rng=1)
    w = random_patterns(1, n, rng=2)[0]
    for kappa in (0.0, 0.5, -1.0):
        expected = []
        for k in range(n + 1):
            sets = [list(chosen) for chosen in itertools.combinations(range(n), k)]
            others = np.array([np.where(np.isin(np.arange(n), chosen), -w, w) for chosen in sets])
            expected.append((xi @ others.T / math.sqrt(n) < kappa).mean())
        found = local_energy(xi, w, np.arange(n + 1) / n, kappa=kappa)
        assert found.energy == pytest.approx(expected, abs=1e-14)
        assert found.fraction == pytest.approx(np.arange(n + 1) / n)
        assert not found.error.any()


@pytest.mark.parametrize("n", [201, 10001])
def test_chances_of_large_perceptrons_are_hypergeometric(n):
    """Whose numbers of choices no double holds; between two bounds, for one field after the other."""
    low, high = -round(math.sqrt(n)), round(math.sqrt(n))
    for field in (1 - n, -21, 1, 99, n):
        for flips in (0, 1, n // 20, n // 2, n):
            a = hypergeom(n, (n + field) // 2, flips)
            kept = a.cdf((field + 2 * flips - low) // 4) - a.cdf(
                math.ceil((field + 2 * flips - high) / 4) - 1
            )
            found = energy_after_flips(np.array([field]), n, flips, low, high)
            assert found == pytest.approx(1.0 - kept, abs=1e-11)


def test_drawn_flips_agree_with_the_exact_mean():
    """Patterns of +2 and -2 have the same errors, but are real numbers."""
    xi = random_patterns(15, 31, rng=1)
    w = sbpi(xi, rng=1).weights
    d = np.array([1, 3, 10]) / 31
    exact, drawn = local_energy(xi, w, d), local_energy(2.0 * xi, w, d, draws=2000, rng=1)
    assert (drawn.error > 0.0).all()
    assert np.abs((drawn.energy - exact.energy) / drawn.error).max() < 4.0


def test_half_of_the_weights_flipped_leave_nothing():
    xi = random_patterns(400, 501, rng=1)
    found = local_energy(xi, sbpi(random_patterns(200, 501, rng=2), rng=1).weights, [0.5])
    assert found.energy[0] == pytest.approx(0.5, abs=0.02)


def test_flips_do_not_leave_everything():
    """All weights flipped: every pattern that was satisfied strictly is violated."""
    xi = random_patterns(150, 501, rng=1)
    assert local_energy(xi, sbpi(xi, rng=1).weights, [0.0, 1.0]).energy.tolist() == [0.0, 1.0]


@pytest.mark.parametrize("scale", [1e-150, 1e-11, 1e11, 1e150])
def test_the_scale_of_the_patterns_does_not_matter(scale):
    """Also with fields that are zero, N being even."""
    xi = random_patterns(60, 30, rng=1)
    w = random_patterns(1, 30, rng=2)[0]
    one, other = (local_energy(s * xi, w, [0.0, 0.3], draws=20, rng=1).energy for s in (2.0, scale))
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
