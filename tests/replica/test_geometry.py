"""Paths between solutions, the star, and gaps in the overlaps."""

import math

import numpy as np
import pytest
from scipy.special import logsumexp

from learnscape import Binary, Margin, OuterMargin, Spherical, SymmetricMargin
from learnscape.errors import ConvergenceError
from learnscape.learn import sample_version_space
from learnscape.replica import rs
from learnscape.replica._quadrature import graded_gaussian
from learnscape.replica.geometry import (
    connected_margin,
    cross_overlap,
    geodesic_error,
    kernel_margin,
    overlap_gap,
    star_limit,
    tuple_entropy,
)

TYPICAL = Margin(-0.5)


@pytest.mark.parametrize("weights", [Spherical(), Binary()])
def test_the_overlap_of_two_draws_from_one_problem_is_its_own(weights):
    q = rs.solve(weights, Margin(0.1), 0.5).q
    assert cross_overlap(weights, Margin(0.1), Margin(0.1 + 1e-12), 0.5) == pytest.approx(q, abs=1e-9)


def test_the_order_of_the_two_does_not_matter():
    there = cross_overlap(Binary(), Margin(-0.2), Margin(0.3), 0.5)
    back = cross_overlap(Binary(), Margin(0.3), Margin(-0.2), 0.5)
    assert there == pytest.approx(back, abs=1e-9)


def test_cross_overlap_solves_its_equation():
    """p = (1 - q1)(1 - q2) alpha <g1 g2>, the average taken by drawing pairs of fields."""
    one, two = (rs.solve(Spherical(), Margin(kappa), 1.0) for kappa in (-0.2, -0.5))
    p = cross_overlap(Spherical(), one.constraint, two.constraint, 1.0)
    z = np.random.default_rng(1).standard_normal((2, 2_000_000))
    first = math.sqrt(one.q) * z[0]
    second = p / math.sqrt(one.q) * z[0] + math.sqrt(two.q - p * p / one.q) * z[1]
    g = [s.constraint.terms(h, 1 - s.q)[1] for s, h in ((one, first), (two, second))]
    assert np.mean(g[0] * g[1]) * (1 - one.q) * (1 - two.q) == pytest.approx(p, rel=3e-3)


def test_the_equation_holds_where_hardly_anything_is_left():
    """Fields that bend over 1e-3 of their size, averaged by panels around each bend."""
    one, two = rs.solve(Spherical(), Margin(0.0), 1.9999), rs.solve(Spherical(), Margin(-0.0001), 1.9999)
    assert min(one.q, two.q) > 0.9998
    p = cross_overlap(Spherical(), one.constraint, two.constraint, 1.9999)
    r = p / math.sqrt(one.q * two.q)
    across = math.sqrt(1.0 - r * r)
    x, of_x = graded_gaussian([0.0, -1e-4], 1e-3)
    mean = 0.0
    for first, weight in zip(x, of_x, strict=True):
        y, of_y = graded_gaussian([-(1e-4 + r * first) / across], 1e-2)
        g1 = one.constraint.terms(np.array([math.sqrt(one.q) * first]), 1 - one.q)[1][0]
        g2 = two.constraint.terms(math.sqrt(two.q) * (r * first + across * y), 1 - two.q)[1]
        mean += weight * g1 * float(of_y @ g2)
    assert mean * 1.9999 * (1 - one.q) * (1 - two.q) == pytest.approx(p, rel=1e-8)


def test_symmetric_problems_share_nothing():
    assert cross_overlap(Spherical(), SymmetricMargin(1.0), Margin(0.2), 0.5) == 0.0


def test_the_error_on_the_geodesic_is_that_of_drawn_stabilities():
    """Draw fields and cut-off Gaussian stabilities, and count violated patterns."""
    one, two = (rs.solve(Spherical(), Margin(kappa), 1.0) for kappa in (-0.45, -0.5))
    p = cross_overlap(Spherical(), one.constraint, two.constraint, 1.0)
    z = np.random.default_rng(2).standard_normal((4, 4_000_000))
    first = math.sqrt(one.q) * z[0]
    second = p / math.sqrt(one.q) * z[0] + math.sqrt(two.q - p * p / one.q) * z[1]
    u1, u2 = first + math.sqrt(1 - one.q) * z[2], second + math.sqrt(1 - two.q) * z[3]
    weight = np.exp(-one.constraint.terms(first, 1 - one.q)[0] - two.constraint.terms(second, 1 - two.q)[0])
    weight *= (u1 >= -0.45) & (u2 >= -0.5)
    n = math.sqrt(0.3**2 + 0.7**2 + 2 * 0.3 * 0.7 * p)
    drawn = weight @ (0.3 * u1 + 0.7 * u2 < -0.5 * n) / weight.sum()
    error = geodesic_error(TYPICAL, 1.0, 0.3, margins=(-0.45, -0.5))
    assert error == pytest.approx(drawn, rel=0.03)


def test_the_geodesic_is_the_same_in_both_directions():
    there = geodesic_error(TYPICAL, 2.0, 0.3, margins=(-0.48, -0.5))
    assert there == pytest.approx(geodesic_error(TYPICAL, 2.0, 0.7, margins=(-0.5, -0.48)), rel=1e-9)


@pytest.mark.parametrize("alpha", [0.5, 1.0, 3.0])
def test_the_barrier_vanishes_at_the_margins_that_are_named(alpha):
    free, seen = connected_margin(TYPICAL, alpha), kernel_margin(TYPICAL, alpha)
    assert -0.5 < free < seen < 0.0
    assert geodesic_error(TYPICAL, alpha, 0.5, margins=(free + 1e-3,) * 2) == 0.0
    assert geodesic_error(TYPICAL, alpha, 0.5, margins=(free - 1e-3,) * 2) > 0.0
    assert geodesic_error(TYPICAL, alpha, 1e-3, margins=(seen + 1e-3, -0.5)) == 0.0
    assert geodesic_error(TYPICAL, alpha, 1e-3, margins=(seen - 1e-2, -0.5)) > 0.0


def test_at_the_end_of_the_star_its_kernel_is_one_margin():
    """Beyond, no margin exceeds kappa p."""
    limit = star_limit(TYPICAL)
    last = kernel_margin(TYPICAL, limit - 1e-4)
    excess = [
        k + 0.5 * cross_overlap(Spherical(), Margin(k), TYPICAL, limit)
        for k in (last - 0.01, last, last + 0.02)
    ]
    assert max(excess) == pytest.approx(0.0, abs=1e-4)
    assert excess[1] > max(excess[0], excess[2])
    with pytest.raises(ValueError, match="star ends"):
        kernel_margin(TYPICAL, limit + 1e-3)


def test_theory_meets_solutions_that_were_sampled():
    """N = 40, walks of independent starts; the finite size costs less than three standard errors."""
    n, overlaps, errors = 40, [], []
    for seed in range(16):
        rng = np.random.default_rng(seed)
        xi = rng.standard_normal((n, n))
        typical, other, robust = (
            sample_version_space(xi, margin=kappa, samples=6, thin=4 * n, rng=rng)[2:]
            for kappa in (-0.5, -0.5, -0.2)
        )
        middle = typical + other
        middle *= math.sqrt(n) / np.linalg.norm(middle, axis=1)[:, None]
        errors.append((middle @ xi.T < -0.5 * math.sqrt(n)).mean())
        overlaps.append((typical * robust).sum(axis=1).mean() / n)
    for found, expected in (
        (overlaps, cross_overlap(Spherical(), Margin(-0.2), TYPICAL, 1.0)),
        (errors, geodesic_error(TYPICAL, 1.0, 0.5, margins=(-0.5, -0.5))),
    ):
        assert abs(np.mean(found) - expected) < 3 * np.std(found, ddof=1) / math.sqrt(len(found))


def _enumerated(size: int, distance: float) -> float:
    """ln of the number of sets of binary vectors at one mutual distance, per weight and vector: columns of ``size`` spins by how many are up."""
    up = np.arange(size + 1)
    square = (2.0 * up - size) ** 2
    logs = np.array([math.lgamma(size + 1) - math.lgamma(k + 1) - math.lgamma(size - k + 1) for k in up])
    target = size + size * (size - 1) * (1 - 2 * distance)
    low, high = -5.0, 5.0
    for _ in range(200):
        middle = 0.5 * (low + high)
        p = np.exp(logs + middle * square - logsumexp(logs + middle * square))
        low, high = (middle, high) if p @ square < target else (low, middle)
    return float((logsumexp(logs + low * square) - low * target) / size)


@pytest.mark.parametrize(("size", "distance"), [(2, 0.25), (3, 0.1), (5, 0.02)])
def test_entropy_of_sets_is_the_count_of_columns(size, distance):
    assert tuple_entropy(SymmetricMargin(1.0), 0.0, distance, size) == pytest.approx(
        _enumerated(size, distance), abs=1e-10
    )


def test_sets_of_unrelated_solutions() -> None:
    """At half the largest distance members of a pair are independent: twice the entropy of one solution, halved."""
    constraint = SymmetricMargin(1.0)
    one = math.log(2) + 0.5 * float(constraint.annealed_log_probability())
    assert tuple_entropy(constraint, 0.5, 0.5 - 1e-6, 2) == pytest.approx(one, abs=1e-9)


def test_the_first_gap_of_pairs_is_where_their_entropy_first_vanishes():
    gap = overlap_gap(SymmetricMargin(1.0), sizes=[2])
    at = [tuple_entropy(SymmetricMargin(1.0), gap.alpha, d, 2) for d in (0.012, gap.distances[0], 0.02)]
    assert at[1] == pytest.approx(0.0, abs=1e-10)
    assert at[0] > 1e-6
    assert at[2] > 1e-6


@pytest.mark.parametrize(("sizes", "alpha"), [([2], 1.70015), ([3], 1.66643), ([4], 1.65781), ([5], 1.65926)])
def test_gaps_of_the_symmetric_perceptron(sizes, alpha):
    assert overlap_gap(SymmetricMargin(1.0), sizes=sizes).alpha == pytest.approx(alpha, abs=5e-6)


@pytest.mark.parametrize("kappa", [0.1, 3.0, 5.0])
def test_wide_and_narrow_margins_have_gaps_as_well(kappa):
    """Loads from 0.2 to nearly a million."""
    gap = overlap_gap(SymmetricMargin(kappa), sizes=[2])
    at = [tuple_entropy(SymmetricMargin(kappa), gap.alpha, d * gap.distances[0], 2) for d in (0.9, 1.0, 1.1)]
    assert at[1] == pytest.approx(0.0, abs=1e-9)
    assert min(at[0], at[2]) > 1e-5


def test_real_sizes_lie_below_every_integer():
    free = overlap_gap(SymmetricMargin(1.0))
    assert free.alpha == pytest.approx(1.657535, abs=1e-6)
    assert 4.0 < free.sizes[0] < 5.0


@pytest.mark.weekly
def test_two_levels_give_a_lower_load():
    """Sets of 12 in subsets of 4, and sizes that are free; arXiv 2604.19712 (abstract) has 1.6219 and 1.6218."""
    whole = overlap_gap(SymmetricMargin(1.0), sizes=[12, 4])
    free = overlap_gap(SymmetricMargin(1.0), levels=2)
    assert whole.alpha == pytest.approx(1.62183, abs=1e-5)
    assert free.alpha == pytest.approx(1.62174, abs=1e-5)


def test_the_outer_margin_has_a_gap_too():
    assert 0.0 < overlap_gap(OuterMargin(0.5), sizes=[3]).alpha < rs.capacity(Binary(), OuterMargin(0.5))


def test_sizes_that_grow_without_bound_are_noticed():
    with pytest.raises(ConvergenceError, match="sizes"):
        overlap_gap(SymmetricMargin(0.3))


@pytest.mark.weekly
def test_the_star_of_narrow_margins_ends_too():
    """Its widest view is that of solutions of which hardly any are left."""
    limit = star_limit(Margin(-0.2))
    assert 2.6 < limit < 2.75
    assert kernel_margin(Margin(-0.2), limit - 1e-4) > -0.2
    with pytest.raises(ValueError, match="star ends"):
        kernel_margin(Margin(-0.2), limit + 1e-3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: geodesic_error(TYPICAL, 1.0, 1.5, margins=(-0.5, -0.5)), "gamma = 1.5"),
        (lambda: geodesic_error(TYPICAL, 1.0, 0.5, margins=(-0.6, -0.5)), "at least that of the constraint"),
        (lambda: geodesic_error(SymmetricMargin(1.0), 1.0, 0.5, margins=(1.0, 1.0)), "a Margin"),  # type: ignore[arg-type]
        (lambda: kernel_margin(Margin(0.0), 1.0), "kappa < 0"),
        (lambda: connected_margin(TYPICAL, 5.0), "where solutions end"),
        (lambda: connected_margin(TYPICAL, -1.0), "alpha = -1.0"),
        (lambda: overlap_gap(Margin(0.0)), "symmetric"),
        (lambda: overlap_gap(SymmetricMargin(1.0), sizes=[4, 12]), "decreasing"),
        (lambda: overlap_gap(SymmetricMargin(1.0), levels=3), "levels = 3"),
        (lambda: tuple_entropy(SymmetricMargin(1.0), 1.0, 0.6, 2), "distance = 0.6"),
        (lambda: tuple_entropy(SymmetricMargin(1.0), 1.0, 1e-12, 2), "distance = 1e-12"),
        (lambda: tuple_entropy(SymmetricMargin(1.0), 1.0, 0.1, 1), "size = 1"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
