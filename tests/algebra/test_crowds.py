"""The steps of the chapter on algorithms that find crowds: what an output knows, copies around a centre, the pull of the others, batches."""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path

import numpy as np
import pytest
import sympy as sp

from learnscape.learn import belief_propagation, enumerate_solutions, reinforced_bp, sbpi
from learnscape.patterns import random_patterns

CHAPTER = Path(__file__).parents[2] / "chapters" / "dense" / "dense-algorithms.md"


def _pull(a, gamma, y):
    t = np.tanh(gamma)
    return np.arctanh(t * np.tanh((y - 1) * np.arctanh(t * np.tanh(a))))


@pytest.mark.parametrize("replaced", [1, 2])
def test_an_output_knows_nothing_of_a_pattern_it_has_not_seen(replaced: int) -> None:
    """P(the output for the new patterns solves the old problem) = 2^-K, over 400 exchanges at N = 51."""
    solves = []
    for seed in range(400):
        rng = np.random.default_rng([4, seed])
        old = random_patterns(20, 51, rng=rng)
        new = np.concatenate([random_patterns(replaced, 51, rng=rng), old[replaced:]])
        run = sbpi(new, rng=seed)
        assert run.solved
        solves.append(bool((old @ run.weights > 0).all()))
    share = 0.5**replaced
    assert np.mean(solves) == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / 400))


def test_the_slope_of_the_local_entropy_is_twice_the_coupling() -> None:
    """dS/dd = 2 gamma along the pairs (distance, entropy) in a field, for exact sums over solutions and for belief propagation."""
    xi = random_patterns(10, 21, rng=2)
    w = reinforced_bp(xi, rng=1).weights
    every = enumerate_solutions(xi, return_solutions=True).solutions
    k = (21 - every @ w) / 2
    couplings, rows = (0.5 - 1e-4, 0.5 + 1e-4), []
    for gamma in couplings:
        chance = np.exp(-2 * gamma * k)
        log_z, chance = math.log(chance.sum()), chance / chance.sum()
        rows.append((chance @ k / 21, (log_z + 2 * gamma * (chance @ k)) / 21))
    (d1, s1), (d2, s2) = rows
    assert (s2 - s1) / (d2 - d1) == pytest.approx(1.0, abs=1e-6)
    xi = random_patterns(150, 301, rng=2)
    w = reinforced_bp(xi, rng=1).weights
    at = [belief_propagation(xi, field=g * w, damping=0.5, tol=1e-12, rng=1) for g in (0.49, 0.51)]
    distances = [0.5 * (1 - found.mean @ w / 301) for found in at]
    slope = (at[1].entropy - at[0].entropy) / (distances[1] - distances[0])
    assert slope == pytest.approx(1.0, abs=0.02)


def test_a_field_through_one_bond() -> None:
    """Sum over w of exp(a w + gamma w w~) is a field u on w~ with tanh u = tanh gamma tanh a."""
    a, gamma = sp.symbols("a gamma", positive=True)
    ratio = sp.cosh(a + gamma) / sp.cosh(a - gamma)
    assert sp.simplify(((ratio - 1) / (ratio + 1) - sp.tanh(gamma) * sp.tanh(a)).rewrite(sp.exp)) == 0


@pytest.mark.parametrize("y", [1, 2, 5])
@pytest.mark.parametrize("gamma", [0.0, 0.3, 1.2])
def test_the_pull_is_exact_on_a_star(y: int, gamma: float) -> None:
    """Mean of one of y copies in equal fields around a centre, from all 2^(y+1) states."""
    a, total, mean = 0.7, 0.0, 0.0
    for centre, *copies in itertools.product((-1, 1), repeat=y + 1):
        weight = math.exp((a + gamma * centre) * sum(copies))
        total += weight
        mean += weight * copies[0]
    assert math.tanh(a + _pull(a, gamma, y)) == pytest.approx(mean / total, abs=1e-13)


def test_weak_fields_are_amplified_and_strong_ones_are_not() -> None:
    """g/a -> (y - 1) tanh^2 gamma as a -> 0, and |g| <= gamma, reached for strong fields."""
    for gamma, y in ((0.4, 7), (1.5, 3)):
        assert _pull(1e-5, gamma, y) / 1e-5 == pytest.approx((y - 1) * np.tanh(gamma) ** 2, rel=1e-8)
        strong = _pull(np.linspace(-15, 15, 301), gamma, y)
        assert np.all(np.abs(strong) <= gamma)
    assert _pull(15.0, 0.4, 60) == pytest.approx(0.4, abs=1e-6)


def test_weak_fields_grow_like_reinforced_ones() -> None:
    """With tanh gamma = rho^x and y = 1 + rho^(1-2x)/(1-rho) a weak field a becomes a/(1-rho), for every x."""
    rho, x = sp.symbols("rho x", positive=True)
    others = rho ** (1 - 2 * x) / (1 - rho)
    assert sp.simplify(1 + others * rho ** (2 * x) - 1 / (1 - rho)) == 0
    assert sp.simplify(others.subs(x, sp.Rational(1, 2)) - 1 / (1 - rho)) == 0


def test_infinite_coupling_is_reinforcement() -> None:
    """gamma -> infinity at y = 1/(1 - rho): h = a/(1 - rho), the fixed point of h = a + rho h."""
    rho, a = 0.6, np.array([0.05, 0.4, -0.9])
    assert a + _pull(a, 12.0, 1 / (1 - rho)) == pytest.approx(a / (1 - rho), abs=1e-6)
    h = np.zeros(3)
    for _ in range(200):
        h = a + rho * h
    assert h == pytest.approx(a / (1 - rho), abs=1e-12)


def test_the_centre_summed_out() -> None:
    """Sum over all centres against the product of 2 cosh; for two copies it is an attraction J = ln cosh(2 gamma) / 2."""
    gamma, rng = 0.6, np.random.default_rng(1)
    copies = rng.choice([-1, 1], size=(4, 5))
    centres = np.array([*itertools.product((-1, 1), repeat=5)])
    total = np.exp(gamma * (centres @ copies.T).sum(axis=1)).sum()
    assert total == pytest.approx(np.prod(2 * np.cosh(gamma * copies.sum(axis=0))), rel=1e-12)
    ratio = np.cosh(gamma * 2) / np.cosh(gamma * 0)
    assert ratio == pytest.approx(np.exp(2 * 0.5 * np.log(np.cosh(2 * gamma))), rel=1e-12)


def test_the_spring_to_the_mean_of_the_centre() -> None:
    """The force of a spring averaged over the centre is lambda (its mean - w), and this mean is tanh(gamma sum of the copies)."""
    gamma, pull = 0.4, 0.75
    copies = np.array([1, 1, -1])
    chance = np.exp(gamma * copies.sum() * np.array([-1, 1]))
    chance /= chance.sum()
    mean = chance @ [-1, 1]
    assert mean == pytest.approx(math.tanh(gamma * copies.sum()), abs=1e-14)
    energy = [0.5 * pull * chance @ (w - np.array([-1, 1])) ** 2 for w in (0.3 - 1e-5, 0.3 + 1e-5)]
    assert -(energy[1] - energy[0]) / 2e-5 == pytest.approx(pull * (mean - 0.3), abs=1e-9)


def test_a_batch_that_misses_the_damage() -> None:
    """Batches drawn without replacement: C(P-k, b)/C(P, b) -> (1 - b/P)^k."""
    for k in (1, 2, 4):
        exact = [math.comb(p - k, p // 4) / math.comb(p, p // 4) for p in (100, 1000, 10000)]
        gaps = np.abs(np.array(exact) / 0.75**k - 1)
        assert gaps[2] < 1e-3
        assert k == 1 or gaps[2] < 0.2 * gaps[1] < 0.04 * gaps[0] + 1e-12


def test_worked_solutions_print_what_the_checks_accept() -> None:
    """The pull of six copies and the agreement of two, as the page prints them, from all states of the star."""
    text = CHAPTER.read_text(encoding="utf-8")
    bond = float(re.search(r"=(0\.\d{3})\$ through", text)[1])
    two = float(re.search(r"\\cosh2/\(\\cosh2\+1\)=(0\.\d{3})\$", text)[1])
    total = mean = 0.0
    for centre, *copies in itertools.product((-1, 1), repeat=8):
        weight = math.exp((0.3 + 0.5 * centre) * sum(copies))
        total, mean = total + weight, mean + weight * copies[0]
    assert bond == pytest.approx(math.atanh(mean / total) - 0.3, abs=5e-4)
    pairs = {s: sum(math.exp(c * sum(s)) for c in (-1, 1)) for s in itertools.product((-1, 1), repeat=2)}
    assert two == pytest.approx((pairs[1, 1] + pairs[-1, -1]) / sum(pairs.values()), abs=5e-4)
