"""Belief propagation: exact counts, the replica-symmetric saddle, its instability."""

import numpy as np
import pytest

from learnscape import Binary, Discrete, Margin, OuterMargin, Spherical, SymmetricMargin
from learnscape.errors import ConvergenceError
from learnscape.learn import belief_propagation, enumerate_solutions, state_evolution
from learnscape.patterns import random_patterns
from learnscape.replica import rs

PAIRS = [
    (Binary(), Margin(0.0), 0.5, 2001),
    (Binary(), Margin(0.5), 0.3, 2001),
    (Discrete((-1, 0, 1)), Margin(0.0), 0.5, 2001),
    (Spherical(), Margin(-0.5), 1.0, 1001),
    (Binary(), SymmetricMargin(1.0), 0.5, 1001),
    (Spherical(), OuterMargin(0.5), 0.3, 1001),
]


@pytest.mark.parametrize(("weights", "constraint", "alpha", "n"), PAIRS, ids=str)
@pytest.mark.parametrize("kind", ["binary", "gaussian"])
def test_the_bethe_entropy_is_that_of_replicas(weights, constraint, alpha, n, kind):
    """Of one problem: fluctuations between problems are of order 1/sqrt(N)."""
    found = belief_propagation(
        random_patterns(int(alpha * n), n, kind=kind, rng=1), weights, constraint, rng=1
    )
    saddle = rs.solve(weights, constraint, alpha)
    assert found.converged
    assert found.overlap == pytest.approx(saddle.q, abs=0.03)
    assert found.entropy == pytest.approx(saddle.entropy, abs=0.03)


def test_entropy_and_means_against_all_corners():
    """P = 8 Gaussian patterns of N = 21: corrections are of order 1/N."""
    gaps, errors = [], []
    for seed in range(20):
        xi = random_patterns(8, 21, kind="gaussian", rng=seed)
        found, exact = belief_propagation(xi, rng=1), enumerate_solutions(xi, return_solutions=True)
        gaps.append(found.entropy - np.log(exact.count) / 21)
        errors.append(np.mean((found.mean - exact.solutions.mean(axis=0)) ** 2) / found.overlap)
    assert abs(np.mean(gaps)) < 0.01
    assert np.mean(errors) < 0.05


@pytest.mark.parametrize(("weights", "kappa", "alpha"), [(Binary(), 0.0, 0.6), (Spherical(), 0.3, 0.8)])
def test_state_evolution_ends_at_the_saddle(weights, kappa, alpha):
    path = state_evolution(weights, Margin(kappa), alpha, iterations=200)
    assert path[-1] == pytest.approx(rs.solve(weights, Margin(kappa), alpha).q, abs=1e-9)
    assert np.all(np.diff(path) >= -1e-12)


def test_belief_propagation_follows_state_evolution():
    """Overlaps of undamped iterations, from means of length 0."""
    xi = random_patterns(5000, 10_001, kind="gaussian", rng=3)
    path = state_evolution(Binary(), Margin(0.0), 0.49995, iterations=4)
    for k in (1, 2, 4):
        found = belief_propagation(xi, damping=0.0, max_iterations=k, rng=1, on_failure="return")
        assert found.overlap == pytest.approx(path[k], abs=0.012)


@pytest.mark.parametrize("alpha", [0.9, 3.0])
def test_it_converges_where_the_replicon_is_positive(alpha):
    """Spherical weights at kappa = -1: the replica-symmetric saddle is stable up to `rs.at_line`."""
    limit = rs.at_line(Spherical(), Margin(-1.0))
    xi = random_patterns(int(alpha * limit * 400), 400, kind="gaussian", rng=1)
    found = belief_propagation(
        xi, Spherical(), Margin(-1.0), damping=0.0, max_iterations=400, rng=1, on_failure="return"
    )
    assert found.converged == (alpha < 1.0)


@pytest.mark.parametrize(
    ("weights", "kappa", "alpha", "n"),
    [(Binary(), 0.0, 0.3, 2001), (Binary(), 0.0, 0.6, 2001), (Spherical(), -1.0, 3.9, 800)],
    ids=str,
)
def test_what_a_perturbation_keeps_of_its_length_is_one_minus_the_replicon(weights, kappa, alpha, n):
    """Two starts approach each other, an undamped iteration after the other, by the factor 1 - replicon of their squared distance: at replicon 0 they no longer do."""
    kept = []
    for seed in (1, 2):
        xi = random_patterns(round(alpha * n), n, kind="gaussian", rng=seed)
        gap = []
        for count in (12, 18):
            one, two = (
                belief_propagation(
                    xi,
                    weights,
                    Margin(kappa),
                    damping=0.0,
                    max_iterations=count,
                    rng=r,
                    on_failure="return",
                ).mean
                for r in (1, 2)
            )
            gap.append(np.sum((one - two) ** 2))
        kept.append((gap[1] / gap[0]) ** (1 / 6))
    assert np.mean(kept) == pytest.approx(1.0 - rs.solve(weights, Margin(kappa), alpha).replicon, rel=0.1)


@pytest.mark.parametrize("weights", [Binary(), Spherical()], ids=str)
def test_beyond_capacity_state_evolution_ends_at_one(weights):
    path = state_evolution(weights, Margin(2.0), 5.0, iterations=60)
    assert path[-1] == pytest.approx(1.0, abs=1e-9)
    assert np.isfinite(path).all()
    assert state_evolution(Binary(), Margin(0.0), 1e300, iterations=3)[-1] == 1.0


def test_a_spent_budget_is_said():
    xi = random_patterns(150, 101, rng=1)
    with pytest.raises(ConvergenceError, match="still change by"):
        belief_propagation(xi, max_iterations=20)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"damping": 1.0}, "damping = 1.0"),
        ({"tol": 0.0}, "tol = 0.0"),
        ({"max_iterations": 0}, "max_iterations = 0"),
        ({"weights": "binary"}, "weights = 'binary'"),
        ({"constraint": 0.0}, "constraint = 0.0"),
        ({"rng": -1}, "rng = -1"),
        ({"on_failure": "ignore"}, "on_failure"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        belief_propagation(random_patterns(3, 5, rng=1), **arguments)
