"""The number of solutions around a solution: by walks with a restraint, by belief propagation and by counting, against each other."""

import math

import numpy as np
import pytest

from learnscape.learn import (
    barycenter,
    belief_propagation,
    count_local_entropy,
    enumerate_solutions,
    errors_of,
    local_entropy,
    sample_local_entropy,
    sbpi,
    stabilities,
)
from learnscape.learn.restrained_walk import _ladder, _log_counts, _same
from learnscape.patterns import random_patterns


def a_solution(patterns, number):
    every = enumerate_solutions(patterns, return_solutions=True).solutions
    return every[number % len(every)].astype(float)


@pytest.mark.parametrize(("p", "n"), [(4, 1), (3, 2), (4, 7), (5, 10)])
@pytest.mark.parametrize("kappa", [-0.5, 0.0, 0.6])
def test_shells_are_counted(p, n, kappa):
    """Against a look at each corner, around weights that need not be a solution, real patterns too."""
    corners = 2.0 * (np.arange(2**n)[:, None] >> np.arange(n) & 1) - 1.0
    for kind in ("binary", "gaussian"):
        xi = random_patterns(p, n, kind=kind, rng=n)
        w = corners[2**n // 3]
        good = corners[(corners @ xi.T >= kappa * math.sqrt(n) - 1e-9).all(axis=1)]
        found = count_local_entropy(xi, w, kappa=kappa)
        assert found.count.tolist() == [int(((good != w).sum(axis=1) == k).sum()) for k in range(n + 1)]
        assert found.distance == pytest.approx(np.arange(n + 1) / n)
        with np.errstate(divide="ignore"):
            assert found.entropy == pytest.approx(np.log(found.count) / n)


def test_without_demand_the_shells_are_binomial():
    assert count_local_entropy([[1] * 12], [1] * 12, kappa=-9.0).count.tolist() == [
        math.comb(12, k) for k in range(13)
    ]


@pytest.mark.parametrize(("p", "n", "seed"), [(6, 21, 1), (8, 23, 2), (8, 24, 5), (10, 25, 4), (15, 25, 6)])
def test_walks_count_what_is_there(p, n, seed):
    """Every shell that was visited often, within 5 standard errors, which are small."""
    xi = random_patterns(p, n, rng=seed)
    w = a_solution(xi, seed)
    exact = count_local_entropy(xi, w)
    found = sample_local_entropy(xi, w, exact.distance, rng=1)
    assert found.agree
    assert found.entropy[0] == 0.0
    often = np.flatnonzero(found.visits > 200)[1:]  # without the weights themselves, which have no error
    assert often.size >= 10
    assert np.abs((found.entropy[often] - exact.entropy[often]) / found.error[often]).max() < 5.0
    assert np.median(found.error[often]) < 0.01
    # shells without solution are never visited
    assert np.isneginf(found.entropy[exact.count == 0]).all()
    assert np.isposinf(found.error[exact.count == 0]).all()
    assert (found.visits[exact.count == 0] == 0).all()


def test_the_errors_of_walks_are_what_they_say():
    """Fifteen seeds: the scatter around the exact number is the stated one."""
    xi = random_patterns(6, 15, rng=1)
    w = a_solution(xi, 3)
    exact = count_local_entropy(xi, w)
    shells = np.flatnonzero(exact.count >= 20)
    z = []
    for seed in range(15):
        found = sample_local_entropy(xi, w, exact.distance[shells], sweeps=600, rng=seed)
        z.append((found.entropy - exact.entropy[shells]) / found.error)
    assert 0.6 < np.sqrt(np.mean(np.square(z))) < 1.5


def test_margins_are_walked():
    xi = random_patterns(4, 21, rng=3)
    w = enumerate_solutions(xi, 0.5, return_solutions=True).solutions[0].astype(float)
    exact = count_local_entropy(xi, w, kappa=0.5)
    found = sample_local_entropy(xi, w, exact.distance, kappa=0.5, rng=1)
    big = exact.count > 100
    assert found.entropy[big] == pytest.approx(exact.entropy[big], abs=0.01)


def test_all_three_at_25_weights():
    """The ensemble of one spring: counted, walked, and by Bethe's formula, whose error is that of a small N."""
    gaps, bethe_gaps, k = [], [], np.arange(26)
    for seed in range(5):
        xi = random_patterns(8, 25, rng=seed)
        w = a_solution(xi, 7 * seed)
        counts = count_local_entropy(xi, w).count
        found = sample_local_entropy(xi, w, [0.1], sweeps=1000, rng=seed)
        for spring in (3, 5):
            gamma = found.coupling[spring]
            weight = counts * np.exp(-2.0 * gamma * k)
            exact = (math.log(weight.sum()) + 2.0 * gamma * (weight @ k) / weight.sum()) / 25
            gaps.append(found.mean_entropy[spring] - exact)
            assert abs(gaps[-1]) < 5.0 * found.mean_error[spring]
            bethe = belief_propagation(xi, field=gamma * w, damping=0.5, rng=1)
            bethe_gaps.append(bethe.entropy - exact)
    assert np.sqrt(np.mean(np.square(gaps))) < 0.015
    assert np.abs(bethe_gaps).max() < 0.05
    assert abs(np.mean(bethe_gaps)) < 0.02


@pytest.mark.parametrize(("n", "alpha", "tolerance"), [(201, 0.2, 0.001), (101, 0.4, 0.003)])
def test_walks_and_belief_propagation(n, alpha, tolerance):
    """The entropy of the restrained ensemble against Bethe's at the same mean distance, and the field that holds it."""
    xi = random_patterns(round(alpha * n), n, rng=1)
    w = sbpi(xi, rng=1).weights
    found = sample_local_entropy(xi, w, [0.1], sweeps=600, rng=1)
    for spring in (5, 8, 12):
        bethe = local_entropy(xi, w, found.mean_distance[spring])
        assert found.mean_error[spring] < 0.005
        assert abs(found.mean_entropy[spring] - bethe.entropy) < tolerance + 4.0 * found.mean_error[spring]
        assert found.coupling[spring] == pytest.approx(bethe.coupling, abs=0.04)


def test_the_free_energy_is_the_integral_of_the_distance():
    """d ln Z/d gamma = -2 <k>: a dense ladder integrated by the trapezoidal rule, from the spring where almost nothing else is left."""
    xi = random_patterns(8, 31, rng=1)
    w = sbpi(xi, rng=1).weights
    gamma = np.linspace(4.0, 0.0, 33)
    found = sample_local_entropy(xi, w, [0.1], couplings=gamma, sweeps=1000, rng=1)
    k = 31 * found.mean_distance
    log_z = np.concatenate([[0.0], np.cumsum(0.25 * 0.5 * (k[1:] + k[:-1]))])
    integrated = (log_z + 2.0 * found.coupling * k) / 31
    assert found.mean_entropy == pytest.approx(integrated, abs=0.004)


def test_histograms_without_noise_give_the_counts():
    """Expected visits of a known Omega."""
    n, gamma = 40, _ladder(40)
    counts = np.array([math.comb(n, k) // (1 + k) + 1 for k in range(n + 1)], float)
    counts[0] = 1.0
    k = np.arange(n + 1)
    weight = counts * np.exp(-2.0 * gamma[:, None] * k)
    found = _log_counts(1e6 * weight / weight.sum(axis=1, keepdims=True), gamma)
    assert found == pytest.approx(np.log(counts), abs=1e-9)


def test_an_isolated_solution_says_so():
    """No move leaves it; walks from elsewhere do not come to it."""
    xi = random_patterns(60, 101, rng=2)
    w = sbpi(xi, rng=1).weights
    touchy = np.vstack(
        [xi, _barely(w)]
    )  # patterns that w satisfies by the least, one against each pair of its weights
    other = sample_local_entropy(touchy, w, [0.0, 0.1, 0.2], sweeps=200, rng=1)
    assert other.mean_distance.max() == 0.0
    assert other.acceptance.max() == 0.0
    assert np.isinf(other.correlation).all()
    assert other.entropy[0] == 0.0
    assert np.isneginf(other.entropy[1:]).all()
    assert not other.agree


def _barely(w):
    """Patterns with field 1, in each of which another half of the weights agrees, so that each single and each double flip violates one."""
    n, random = w.size, np.random.default_rng(1)
    rows = []
    for _ in range(60):
        sign = np.where(np.arange(n) < (n + 1) // 2, 1.0, -1.0)
        rows.append(random.permutation(sign) * w)
    return np.array(rows)


def test_standing_still_is_not_agreeing():
    still = np.zeros((16, 10, 3), np.int64)
    assert _same(still, still)
    assert not _same(still, still + 1)
    noisy = np.random.default_rng(1).integers(0, 9, (2, 16, 10, 3))
    assert _same(noisy[0], noisy[1])
    assert not _same(noisy[0], noisy[1] + 4)


def test_a_second_start_may_be_given():
    xi = random_patterns(6, 21, rng=1)
    one, two = a_solution(xi, 5), a_solution(xi, 5000)
    given = sample_local_entropy(xi, one, [0.2], start=two, sweeps=1000, rng=1)
    assert given.agree
    assert given.elsewhere == pytest.approx(given.mean_distance, abs=0.02)
    again = sample_local_entropy(xi, one, [0.2], start=two, sweeps=1000, rng=1)
    assert np.array_equal(given.entropy, again.entropy)


def test_stabilities_errors_and_barycentre():
    xi, random = random_patterns(30, 21, rng=1), np.random.default_rng(1)
    w = np.sign(random.standard_normal(21))
    assert stabilities(xi, w) == pytest.approx(xi @ w / math.sqrt(21))
    assert stabilities(xi, 3.0 * w) == pytest.approx(stabilities(xi, w))
    assert errors_of(xi, w) == int((xi @ w < 0).sum())
    assert errors_of(xi, w, 0.5) == int((xi @ w < 0.5 * math.sqrt(21)).sum())
    for kappa in stabilities(xi, w):  # ties satisfy, whatever their rounding
        fields = np.rint(xi @ w)
        assert errors_of(xi, w, kappa) == int((fields < round(kappa * math.sqrt(21))).sum())
    centre = barycenter([w, w, -w])
    assert centre == pytest.approx(w)
    three = np.sign(random.standard_normal((3, 21)))
    assert barycenter(three) @ barycenter(three) == pytest.approx(21)
    assert barycenter(three) == pytest.approx(
        three.sum(axis=0) / np.linalg.norm(three.sum(axis=0)) * math.sqrt(21)
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x, w: sample_local_entropy(x, -w, [0.1]), "patterns that weights violates"),
        (lambda x, w: sample_local_entropy(x, w, [0.1], start=-w), "patterns that start violates"),
        (lambda x, w: sample_local_entropy(x, w, [0.1], start=w[:3]), "start.shape"),
        (lambda x, w: sample_local_entropy(x, 0.5 * w, [0.1]), r"weights\[0\]"),
        (lambda x, w: sample_local_entropy(x, w, [1.5]), "distances"),
        (lambda x, w: sample_local_entropy(x, w, [np.nan]), "distances"),
        (lambda x, w: sample_local_entropy(x, w, "near"), "distances"),
        (lambda x, w: sample_local_entropy(x, w, [0.1], sweeps=100), "sweeps = 100"),
        (lambda x, w: sample_local_entropy(x, w, [0.1], sweeps=True), "sweeps = True"),
        (lambda x, w: sample_local_entropy(x, w, [0.1], couplings=[1.0]), "couplings"),
        (lambda x, w: sample_local_entropy(x, w, [0.1], couplings=[1.0, np.inf]), "couplings"),
        (lambda x, w: sample_local_entropy(x, w, [0.1], kappa=np.nan), "kappa = nan"),
        (lambda x, w: sample_local_entropy(x, w, [0.1], progress=1), "progress = 1"),
        (lambda x, w: sample_local_entropy(0.5 * x, w, [0.1]), r"patterns\[0, 0\]"),
        (lambda x, w: count_local_entropy(np.ones((1, 26)), np.ones(26)), "N = 26"),
        (lambda x, w: count_local_entropy(x, w[:3]), "weights.shape"),
        (lambda x, w: count_local_entropy(x, w, kappa=True), "kappa = True"),
        (lambda x, w: stabilities(x, 0.0 * w), r"\|weights\| = 0.0"),
        (lambda x, w: stabilities(x, w[:3]), "weights.shape"),
        (lambda x, w: errors_of(x, w, np.nan), "kappa = nan"),
        (lambda x, w: errors_of(x, w * np.nan), r"weights\[0\] = nan"),
        (lambda x, w: barycenter([w, -w]), "these cancel"),
        (lambda x, w: barycenter(w), "shape of weights"),
        (lambda x, w: barycenter([]), "weights"),
    ],
)
def test_bad_input_is_named(call, message):
    xi = random_patterns(3, 11, rng=1)
    with pytest.raises(ValueError, match=message):
        call(xi, sbpi(xi, rng=1).weights)


def test_a_spring_that_is_too_weak_is_an_error():
    from learnscape.errors import ConvergenceError

    xi = random_patterns(5, 201, rng=1)
    with pytest.raises(ConvergenceError, match=r"stronger than 0\.2"):
        sample_local_entropy(xi, sbpi(xi, rng=1).weights, [0.1], couplings=[0.1, 0.2], sweeps=400, rng=1)


def test_a_bar_is_shown_only_if_wanted(capfd):
    for progress in (False, True):
        sample_local_entropy([[1, 1, 1]], [1, 1, 1], 0.0, sweeps=200, rng=1, progress=progress)
        assert ("part" in capfd.readouterr().err) == progress
