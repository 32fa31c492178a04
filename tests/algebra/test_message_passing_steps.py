"""From letters of belief propagation to AMP: each step of the chapter on algorithms that learn, against sums over corners, all N P messages, or replicas."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import sympy as sp
from scipy.special import log_ndtr, ndtr

from learnscape import Binary, Margin
from learnscape.learn import belief_propagation, enumerate_solutions, state_evolution
from learnscape.numerics.gaussian import inverse_mills, quadrature
from learnscape.patterns import random_patterns
from learnscape.replica import rs


def test_errors_of_clipped_hebb():
    """Share of patterns with a negative field, over 40 problems of 1001 weights."""
    for alpha in (0.2, 0.65):
        p = round(alpha * 1001)
        draws = [random_patterns(p, 1001, kind="gaussian", rng=seed) for seed in range(40)]
        errors = [np.mean(xi @ np.sign(xi.sum(axis=0)) < 0) for xi in draws]
        stated = ndtr(-math.sqrt(2 / (math.pi * alpha)))
        assert np.mean(errors) == pytest.approx(stated, abs=4 * np.std(errors) / 40**0.5)
        assert np.std(errors) / 40**0.5 < 0.07 * stated


def test_letter_of_one_pattern():
    """The field of a letter from Gaussian sums against sums over all other weights: the difference falls at least like 1/N."""
    rng = np.random.default_rng(1)
    worst = []
    for n in (8, 16):
        corners = np.array([*itertools.product((-1, 1), repeat=n - 1)], dtype=float)
        differences = []
        for _ in range(20):
            xi, m = rng.standard_normal(n), rng.uniform(-0.7, 0.7, n)
            chance = np.prod((1 + corners * m[1:]) / 2, axis=1)
            rest = corners @ xi[1:]
            # two values of w_1; smoothed over the pattern's size, so that single corners do not matter
            exact = [chance @ ndtr((rest + w * xi[0]) / math.sqrt(n) / 0.5) for w in (1, -1)]
            v = np.sum(xi[1:] ** 2 * (1 - m[1:] ** 2)) / n + 0.25
            omega = xi[1:] @ m[1:] / math.sqrt(n)
            gauss = [ndtr((omega + w * xi[0] / math.sqrt(n)) / math.sqrt(v)) for w in (1, -1)]
            a = (0 - omega) / math.sqrt(v)
            expanded = xi[0] / math.sqrt(n) * float(inverse_mills(a)) / math.sqrt(v)
            fields = [0.5 * math.log(pair[0] / pair[1]) for pair in (exact, gauss)]
            differences.append((fields[0] - fields[1], fields[1] - expanded))
        worst.append(np.sqrt(np.mean(np.square(differences), axis=0)))
    assert np.all(worst[1] < 0.6 * worst[0])
    assert np.all(worst[1] < 0.01)


def _all_messages(xi, relaxed, steps=60):
    """Means from belief propagation with a message on every line, kappa = 0."""
    p, n = xi.shape
    f = xi / math.sqrt(n)
    m = np.zeros((p, n))
    for _ in range(steps):
        terms = f * m
        omega = terms.sum(axis=1, keepdims=True) - terms
        each = f * f * (1 - m * m)
        v = each.sum(axis=1, keepdims=True) - each
        if relaxed:
            letters = f * inverse_mills(-omega / np.sqrt(v)) / np.sqrt(v)
        else:
            letters = 0.5 * (log_ndtr((omega + f) / np.sqrt(v)) - log_ndtr((omega - f) / np.sqrt(v)))
        total = letters.sum(axis=0)
        m = np.tanh(total - letters)
    return np.tanh(total)


def _naive(xi, steps=60):
    """AMP without its Onsager terms."""
    n = xi.shape[1]
    f, m = xi / math.sqrt(n), np.zeros(n)
    for _ in range(steps):
        v = 1 - m @ m / n
        m = 0.5 * m + 0.5 * np.tanh(inverse_mills(-(f @ m) / math.sqrt(v)) @ f / math.sqrt(v))
    return m


def test_onsager_terms_against_all_messages():
    """Means of AMP, of relaxed belief propagation and of the full one agree up to an error that falls with N; without the Onsager terms they do not."""
    gaps = []
    for n in (101, 401):
        xi = random_patterns(round(0.4 * n), n, rng=4)
        full, relaxed = _all_messages(xi, relaxed=False), _all_messages(xi, relaxed=True)
        found = belief_propagation(xi, rng=1).mean
        scale = math.sqrt(full @ full / n)
        gaps.append([math.sqrt(np.mean((m - full) ** 2)) / scale for m in (relaxed, found, _naive(xi))])
    (relaxed_small, amp_small, _), (relaxed_large, amp_large, naive) = gaps
    assert relaxed_large < 0.5 * relaxed_small < 0.02
    assert amp_large < 0.5 * amp_small < 0.05
    assert naive > 10 * amp_large


def test_factor_of_a_line():
    """ln of the weight of a line, up to the third order of the letter."""
    a, e = sp.symbols("a epsilon", real=True)
    m = sp.tanh(a)
    line = sp.log(sp.cosh(a) / sp.cosh(a - e))
    for order, stated in ((0, 0), (1, m), (2, -(1 - m**2))):
        found = sp.diff(line, e, order).subs(e, 0)
        assert sp.simplify((found - stated).rewrite(sp.exp)) == 0


def test_bethe_entropy_is_exact_on_one_pattern():
    """One pattern leaves half of the corners: the error of N times the entropy falls with N. Many patterns: against all corners of N = 21."""
    off = [
        n * belief_propagation(random_patterns(1, n, rng=1), rng=1).entropy - (n - 1) * math.log(2)
        for n in (21, 201, 2001)
    ]
    assert abs(off[0]) < 0.05
    assert abs(off[1]) < 0.3 * abs(off[0])
    assert abs(off[2]) < 0.3 * abs(off[1])
    gaps = []
    for seed in range(10):
        xi = random_patterns(8, 21, kind="gaussian", rng=seed)
        gaps.append(belief_propagation(xi, rng=1).entropy - math.log(enumerate_solutions(xi).count) / 21)
    assert abs(np.mean(gaps)) < 0.01


def test_state_evolution_is_the_iterated_saddle():
    """One step, as the chapters on binary weights write it, and its end."""
    z, weight = quadrature(200)
    q, alpha, kappa = 0.3, 0.6, 0.2
    q_hat = alpha / (1 - q) * (weight @ inverse_mills((kappa - math.sqrt(q) * z) / math.sqrt(1 - q)) ** 2)
    after = weight @ np.tanh(math.sqrt(q_hat) * z) ** 2
    path = state_evolution(Binary(), Margin(kappa), alpha, overlap=q, iterations=200)
    assert path[1] == pytest.approx(after, abs=1e-8)
    assert path[-1] == pytest.approx(rs.solve(Binary(), Margin(kappa), alpha).q, abs=1e-9)


def test_bethe_entropy_averages_to_replicas():
    """The four terms, averaged over Gaussian fields, against the entropy of the saddle."""
    z, weight = quadrature(200)
    for kappa, alpha in ((0.0, 0.5), (0.4, 0.3)):
        saddle = rs.solve(Binary(), Margin(kappa), alpha)
        a = math.sqrt(saddle.q_hat) * z
        omega, v = math.sqrt(saddle.q) * z, 1 - saddle.q
        x = (kappa - omega) / math.sqrt(v)
        sites = weight @ (np.logaddexp(a, -a) - a * np.tanh(a))
        patterns = weight @ (log_ndtr(-x) + 0.5 * inverse_mills(x) ** 2)
        assert weight @ (a * np.tanh(a)) == pytest.approx(saddle.q_hat * v, abs=1e-9)
        assert sites + alpha * patterns == pytest.approx(saddle.entropy, abs=1e-8)


def test_a_disturbance_shrinks_as_the_replicon_says():
    """The product of mean squared responses is 1 - replicon; changes of an undamped iteration shrink by its root."""
    z, weight = quadrature(200)
    for alpha in (0.3, 0.6):
        saddle = rs.solve(Binary(), Margin(0.0), alpha)
        v = 1 - saddle.q
        x = -math.sqrt(saddle.q / v) * z
        mills = inverse_mills(x)
        patterns = alpha * (weight @ (mills * (mills - x) / v) ** 2)
        weights = weight @ (1 - np.tanh(math.sqrt(saddle.q_hat) * z) ** 2) ** 2
        assert patterns * weights == pytest.approx(1 - saddle.replicon, abs=1e-7)
    rates = []
    for seed in range(4):
        trace = belief_propagation(random_patterns(601, 1001, rng=seed), damping=0.0, rng=1).trace
        rates.append((trace[-1] / trace[-13]) ** (1 / 12))
    assert np.mean(rates) == pytest.approx(math.sqrt(1 - saddle.replicon), abs=0.05)


def test_who_is_needed_by_a_barely_satisfied_pattern():
    """At every corner of N = 7: the others leave the pattern undecided exactly for the weights that agree with it."""
    xi = np.array([1, -1, 1, 1, -1, 1, -1])
    for corner in itertools.product((-1, 1), repeat=7):
        w = np.array(corner)
        d = int(w @ xi)
        others = np.array([np.delete(w, i) @ np.delete(xi, i) for i in range(7)])
        assert np.array_equal(others, d - w * xi)
        if d == 1:
            assert np.array_equal(others == 0, w * xi == 1)
            assert np.all(others[w * xi == -1] == 2)
        elif d >= 3:
            assert np.all(others > 0)
        else:
            assert np.all(others <= 0)
