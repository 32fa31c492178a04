"""Searches for binary solutions."""

import itertools

import numpy as np
import pytest

from learnscape.learn import (
    anneal,
    belief_propagation,
    focusing_bp,
    minibatch_descent,
    needed_reinforcement,
    reinforced_bp,
    replicated_anneal,
    replicated_sgd,
    sbpi,
)
from learnscape.learn._packed import by_bytes, count_errors, differing, pack, products, unpack
from learnscape.learn._run import threshold
from learnscape.learn.focusing import _schedule
from learnscape.patterns import random_patterns, teacher_patterns


def descend(patterns, kappa=0.0, **arguments):
    """Nine tenths of the patterns in a batch."""
    return minibatch_descent(patterns, kappa, batch=max(1, 9 * len(patterns) // 10), **arguments)


SEARCHES = [sbpi, reinforced_bp, focusing_bp, replicated_sgd, anneal, replicated_anneal, descend]
MESSAGES = (reinforced_bp, focusing_bp)
WALKS = (anneal, replicated_anneal, descend)  # they learn less


def budget(search, count):
    """The argument that limits a search."""
    return {"max_iterations" if search in MESSAGES else "max_sweeps": count}


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("n", [501, 500, 64, 65])
def test_solutions_are_solutions(search, n):
    xi = random_patterns(int((0.15 if search in WALKS else 0.5) * n), n, rng=n)
    run = search(xi, rng=2)
    assert run.solved
    assert run.n_errors == int((xi @ run.weights < 0).sum()) == 0
    assert set(np.abs(run.weights)) == {1.0}
    assert run.trace.shape == (run.iterations,)
    assert run.trace[-1] == 0
    assert not run.interrupted


@pytest.mark.parametrize("search", SEARCHES)
def test_a_margin_is_kept(search):
    xi = random_patterns(30 if search in WALKS else 100, 501, rng=1)
    run = search(xi, 0.5, rng=1)
    assert run.solved
    assert (xi @ run.weights).min() >= 0.5 * np.sqrt(501)


@pytest.mark.parametrize("search", SEARCHES)
def test_one_seed_one_result(search):
    xi = random_patterns(60 if search in WALKS else 250, 501, rng=1)
    one, two, other = search(xi, rng=5), search(xi.astype(np.int8), rng=5), search(xi, rng=6)
    assert np.array_equal(one.weights, two.weights)
    assert np.array_equal(one.trace, two.trace)
    # belief propagation forgets its start: what it finds is a property of the patterns
    assert np.array_equal(one.weights, other.weights) == (search in MESSAGES)


@pytest.mark.parametrize("search", SEARCHES)
def test_without_solution_the_best_is_returned(search):
    """Twice the capacity, and a pattern with its opposite."""
    xi = random_patterns(200, 101, rng=1)
    xi[1] = -xi[0]
    run = search(xi, rng=1, **budget(search, 40))
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


@pytest.mark.parametrize(
    "protocol",
    ["scoping", "pseudo-reinforcement", "reinforcement", [(0.001 * t, 7.0) for t in range(1000)]],
    ids=["scoping", "pseudo", "reinforcement", "free"],
)
def test_every_protocol_focuses(protocol):
    assert focusing_bp(random_patterns(275, 501, rng=1), protocol=protocol, rng=1).solved


def test_one_copy_is_plain_belief_propagation():
    """Nothing drives it to a decision: its signs are those of the mean of all solutions."""
    xi = random_patterns(250, 501, rng=1)
    plain = belief_propagation(xi, rng=1)
    one = focusing_bp(xi, y=1.0, max_iterations=300, rng=1)
    drawn = np.sign(plain.mean)
    assert one.n_errors <= int((xi @ drawn < 0).sum())
    assert abs(one.trace[-1] - int((xi @ drawn < 0).sum())) <= 2


def test_the_protocols_are_what_they_say():
    pull, others = _schedule("pseudo-reinforcement", 7.0, 0.01, 50)
    rho = 0.01 * np.arange(50)
    assert pull == pytest.approx(np.sqrt(rho))
    assert others + 1.0 == pytest.approx(1.0 + 1.0 / (1.0 - rho))
    pull, others = _schedule([(0.5, 3.0), (1.0, 4.0)], 7.0, 0.01, 4)
    assert pull == pytest.approx(np.tanh([0.5, 1.0, 1.0, 1.0]))
    assert others.tolist() == [2.0, 3.0, 3.0, 3.0]


@pytest.mark.parametrize("beta", [0.5, 1.0])
def test_annealing_at_one_temperature_has_the_annealed_energy(beta):
    """At alpha = 0.05 quenched and annealed averages agree within a few per cent: P/(1 + e^beta) violated patterns."""
    xi = random_patterns(50, 1001, rng=1)
    run = anneal(xi, beta=(beta, beta), max_sweeps=400, rng=1)
    if run.solved:
        pytest.fail("a solution ended the walk")
    assert run.trace[100:].mean() == pytest.approx(50 / (1 + np.exp(beta)), rel=0.08)


def test_students_that_know_each_other_end_as_one():
    """At a load that one alone does not learn in the same time."""
    solved = [
        sum(
            replicated_sgd(random_patterns(300, 501, rng=s), y=y, pull=pull, max_sweeps=300, rng=s).solved
            for s in range(5)
        )
        for y, pull in ((1, 0.0), (7, 0.75))
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
    from learnscape.learn.kernels import move_counters

    random = np.random.default_rng(1)
    n, digits = 130, 4
    planes = np.zeros((digits, 3), np.uint64)
    full = pack(np.ones((1, n), bool))[0]
    u = np.zeros(n, int)
    active = np.empty(3, np.uint64)
    for step in range(300):
        x = np.where(random.random(n) < 0.5 + 0.4 * np.sin(step / 20), 1, -1)
        agreeing = bool(random.random() < 0.5)
        move_counters(planes, pack(x[None] > 0)[0], agreeing, full, active)
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


def test_annealed_copies_that_know_each_other_learn_more():
    """One walk with the sweeps of all five together is left with errors."""
    for seed in range(2):
        xi = random_patterns(180, 401, rng=seed)
        assert replicated_anneal(xi, y=5, max_sweeps=1000, rng=seed).solved
        assert not anneal(xi, beta=(1.0, 5.0), max_sweeps=5000, rng=seed).solved


def test_copies_without_attraction_are_single_walks():
    """gamma = 0: the energy of each copy is that of a single walk at this temperature, here nearly the annealed one; the trace has the least of three."""
    xi = random_patterns(50, 501, rng=1)
    run = replicated_anneal(xi, y=3, beta=(0.5, 0.5), gamma=(0.0, 0.0), max_sweeps=600, rng=1)
    single = anneal(xi, beta=(0.5, 0.5), max_sweeps=2000, rng=1).trace[50:]
    of_three = np.minimum.reduce(np.random.default_rng(1).permuted(np.tile(single, (3, 1)), axis=1))
    assert run.trace[50:].mean() == pytest.approx(of_three.mean(), abs=0.35)


def test_strong_attraction_makes_one_walk_of_all():
    """At beta = 0 the copies are held by cosh alone; the pair overlap is that of two spins in one field: tanh^2(gamma) on average over its sign."""
    from learnscape.learn._flips import random_weights, walkers
    from learnscape.learn.annealing import _sweeps

    random = np.random.default_rng(1)
    up = random_patterns(1, 4001, rng=1) > 0
    state = walkers(up, -60.0, random_weights(3, 4001, random))
    state = state._replace(least=4003)  # never satisfied
    gamma, flat = np.full(200, 0.6), np.zeros(200)
    _sweeps(*state, flat, gamma, random, np.empty(4001, np.int32), np.empty(200))
    w = state.weights.astype(float)
    overlaps = [w[a] @ w[b] / 4001 for a, b in ((0, 1), (0, 2), (1, 2))]
    assert overlaps == pytest.approx([np.tanh(0.6) ** 2] * 3, abs=4 / np.sqrt(4001))
    assert np.array_equal(state.fields[:, :1], state.weights @ state.columns)


def test_the_batch_is_a_temperature():
    """The energy at which the walk stays falls with the size of the batch; with all patterns it never grows."""
    xi = random_patterns(150, 301, rng=1)
    levels = [
        minibatch_descent(xi, batch=b, max_sweeps=200, rng=1).trace[100:].mean() for b in (15, 60, 110, 140)
    ]
    assert all(high > low + 3.0 for high, low in itertools.pairwise(levels))
    trace = minibatch_descent(xi, batch=150, max_sweeps=60, rng=1).trace
    assert (np.diff(trace) <= 0).all()


def test_a_batch_and_the_rest_give_the_same_change():
    """The cost of a flip on a batch larger than half is counted from the rest: the same walk law, so the same mean energy, on both sides of a half."""
    xi = random_patterns(60, 301, rng=1)
    below, above = (minibatch_descent(xi, batch=b, max_sweeps=1200, rng=b).trace[200:] for b in (30, 31))
    error = np.sqrt(sum(part.var() * 12 / len(part) for part in (below, above)))
    assert abs(below.mean() - above.mean()) < 4 * error + 0.5


def test_the_needed_reinforcement_is_the_fastest_that_solves():
    xi = random_patterns(350, 501, rng=1)
    found = needed_reinforcement(xi, rng=1)
    assert found.run.solved
    assert found.tried[:, 0].tolist() == [2.0**-k for k in range(2, 2 + len(found.tried))]
    assert found.rate == found.tried[-1, 0] < 0.25
    assert (found.tried[:-1, 1] > 0).all()
    assert found.tried[-1, 1] == 0


def test_no_reinforcement_is_slow_enough_beyond_capacity():
    found = needed_reinforcement(random_patterns(200, 101, rng=1), max_iterations=100, rng=1)
    assert found.rate is None
    assert not found.run.solved
    assert found.run.n_errors == found.tried[:, 1].min() > 0
    assert found.tried[:, 0].tolist() == [0.25, 0.125, 0.0625, 0.03125]


def test_both_schedules_have_a_needed_rate():
    xi = random_patterns(250, 501, rng=1)
    assert needed_reinforcement(xi, schedule="linear", rng=1).rate is not None
