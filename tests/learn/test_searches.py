"""Searches for binary solutions: SBPI and reinforced belief propagation."""

import numpy as np
import pytest

from learnscape.learn import reinforced_bp, sbpi
from learnscape.learn._packed import by_bytes, count_errors, differing, pack, products, unpack
from learnscape.learn._run import threshold
from learnscape.patterns import random_patterns, teacher_patterns

SEARCHES = [sbpi, reinforced_bp]


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("n", [501, 500, 64, 65])
def test_solutions_are_solutions(search, n):
    xi = random_patterns(int(0.5 * n), n, rng=n)
    run = search(xi, rng=2)
    assert run.solved
    assert run.n_errors == int((xi @ run.weights < 0).sum()) == 0
    assert set(np.abs(run.weights)) == {1.0}
    assert run.trace.shape == (run.iterations,)
    assert run.trace[-1] == 0
    assert not run.interrupted


@pytest.mark.parametrize("search", SEARCHES)
def test_a_margin_is_kept(search):
    xi = random_patterns(100, 501, rng=1)
    run = search(xi, 0.5, rng=1)
    assert run.solved
    assert (xi @ run.weights).min() >= 0.5 * np.sqrt(501)


@pytest.mark.parametrize("search", SEARCHES)
def test_one_seed_one_result(search):
    xi = random_patterns(300, 501, rng=1)
    one, two, other = search(xi, rng=5), search(xi.astype(np.int8), rng=5), search(xi, rng=6)
    assert np.array_equal(one.weights, two.weights)
    assert np.array_equal(one.trace, two.trace)
    # belief propagation forgets its start: what it finds is a property of the patterns
    assert np.array_equal(one.weights, other.weights) == (search is reinforced_bp)


@pytest.mark.parametrize("search", SEARCHES)
def test_without_solution_the_best_is_returned(search):
    """Twice the capacity, and a pattern with its opposite."""
    xi = random_patterns(200, 101, rng=1)
    xi[1] = -xi[0]
    run = search(xi, rng=1, **{"max_sweeps" if search is sbpi else "max_iterations": 40})
    assert not run.solved
    assert run.n_errors == int((xi @ run.weights < 0).sum()) > 0
    assert run.iterations == run.budget == 40
    assert run.n_errors < 90


def test_a_teacher_is_met_by_students():
    rule = teacher_patterns(400, 501, rng=1)
    assert sbpi(rule.patterns, rng=1).solved
    assert reinforced_bp(rule.patterns, rng=1).solved


def test_the_second_rule_is_needed():
    """Without it the same load is not learned."""
    xi = random_patterns(600, 1001, rng=1)
    assert sbpi(xi, rng=1, max_sweeps=300).solved
    assert not sbpi(xi, rng=1, probability=0.0, max_sweeps=300).solved


def test_slower_reinforcement_learns_more():
    solved = [
        sum(reinforced_bp(random_patterns(355, 501, rng=s), rate=rate, rng=s).solved for s in range(6))
        for rate in (0.05, 0.002)
    ]
    assert solved[1] > solved[0]


@pytest.mark.parametrize("schedule", ["geometric", "linear"])
def test_both_schedules(schedule):
    assert reinforced_bp(random_patterns(250, 501, rng=1), schedule=schedule, rng=1).solved


@pytest.mark.parametrize("n", [1, 7, 8, 63, 64, 65, 200])
def test_bits_are_signs(n):
    signs = random_patterns(9, n, rng=n)
    words = pack(signs > 0)
    for row, bits in zip(signs, words, strict=True):
        assert np.array_equal(unpack(bits, n), row)
        assert n - 2 * differing(bits, words[0]) == row @ signs[0]
    assert count_errors(words, words[0], n, 0) == int((signs @ signs[0] < 0).sum())
    blocks = by_bytes(signs > 0)
    v = np.zeros(8 * len(blocks))
    v[:n] = np.random.default_rng(1).standard_normal(n)
    out = np.empty(9)
    products(blocks, v, out)
    assert out == pytest.approx(signs @ v[:n], abs=1e-12)


def test_counters_add_and_stop_at_their_ends():
    """The hidden integers in bits against the same with numbers."""
    from learnscape.learn.sbpi import _move

    random = np.random.default_rng(1)
    n, digits = 130, 4
    planes = np.zeros((digits, 3), np.uint64)
    full = pack(np.ones((1, n), bool))[0]
    u = np.zeros(n, int)
    moving, carry = np.empty(3, np.uint64), np.empty(3, np.uint64)
    for step in range(300):
        x = np.where(random.random(n) < 0.5 + 0.4 * np.sin(step / 20), 1, -1)
        agreeing = bool(random.random() < 0.5)
        _move(planes, pack(x[None] > 0)[0], agreeing, full, moving, carry)
        now = (2 * u + 1) * x > 0 if agreeing else np.ones(n, bool)
        u = np.where(now, np.clip(u + x, -(2 ** (digits - 1)), 2 ** (digits - 1) - 1), u)
        bits = np.array([(unpack(plane, n) > 0) for plane in planes])
        value = (bits[:-1] * 2 ** np.arange(digits - 1)[:, None]).sum(axis=0) - 2 ** (digits - 1) * bits[-1]
        assert np.array_equal(value, u)


@pytest.mark.parametrize(
    ("kappa", "n", "least"),
    [(0.0, 5, 1), (0.0, 4, 0), (1.0, 4, 2), (1.0, 5, 3), (-1.0, 4, -2), (-1.0, 5, -1)],
)
def test_the_smallest_field_that_satisfies(kappa, n, least):
    assert threshold(kappa, n) == least


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize(
    ("patterns", "message"),
    [
        ([[1.0, 0.0]], r"patterns\[0, 1\] = 0.0"),
        ([[1.0, np.nan]], r"patterns\[0, 1\] = nan"),
        ([1.0, 1.0], "patterns.shape"),
        (np.empty((0, 3)), "patterns.shape"),
        ([[1, 2]], r"patterns\[0, 1\] = 2"),
        ("ab", "patterns"),
        ([[True, False]], "patterns"),
    ],
)
def test_patterns_that_are_no_signs(search, patterns, message):
    with pytest.raises(ValueError, match=message):
        search(patterns)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: sbpi(x, 4.0), "kappa = 4.0"),
        (lambda x: sbpi(x, probability=1.5), "probability = 1.5"),
        (lambda x: sbpi(x, bits=1), "bits = 1"),
        (lambda x: sbpi(x, max_sweeps=0), "max_sweeps = 0"),
        (lambda x: reinforced_bp(x, rate=0.0), "rate = 0.0"),
        (lambda x: reinforced_bp(x, schedule="fast"), "schedule = 'fast'"),
        (lambda x: reinforced_bp(x, damping=1.0), "damping = 1.0"),
        (lambda x: reinforced_bp(x, max_iterations=-1), "max_iterations = -1"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(random_patterns(3, 9, rng=1))
