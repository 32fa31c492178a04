"""Searches for binary solutions."""

import numpy as np
import pytest

from learnscape.learn import anneal, belief_propagation, focusing_bp, reinforced_bp, replicated_sgd, sbpi
from learnscape.learn._packed import by_bytes, count_errors, differing, pack, products, unpack
from learnscape.learn._run import search as run_search
from learnscape.learn._run import threshold
from learnscape.learn.focusing import _schedule
from learnscape.patterns import random_patterns, teacher_patterns

SEARCHES = [sbpi, reinforced_bp, focusing_bp, replicated_sgd, anneal]
MESSAGES = (reinforced_bp, focusing_bp)


def budget(search, count):
    """The argument that limits a search."""
    return {"max_iterations" if search in MESSAGES else "max_sweeps": count}


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("n", [501, 500, 64, 65])
def test_solutions_are_solutions(search, n):
    xi = random_patterns(int((0.15 if search is anneal else 0.5) * n), n, rng=n)
    run = search(xi, rng=2)
    assert run.solved
    assert run.n_errors == int((xi @ run.weights < 0).sum()) == 0
    assert set(np.abs(run.weights)) == {1.0}
    assert run.trace.shape == (run.iterations,)
    assert run.trace[-1] == 0
    assert not run.interrupted


@pytest.mark.parametrize("search", SEARCHES)
def test_a_margin_is_kept(search):
    xi = random_patterns(30 if search is anneal else 100, 501, rng=1)
    run = search(xi, 0.5, rng=1)
    assert run.solved
    assert (xi @ run.weights).min() >= 0.5 * np.sqrt(501)


@pytest.mark.parametrize("search", SEARCHES)
def test_one_seed_one_result(search):
    xi = random_patterns(60 if search is anneal else 250, 501, rng=1)
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
        (lambda x: focusing_bp(x, y=0.5), "y = 0.5"),
        (lambda x: focusing_bp(x, rate=0.0), "rate = 0.0"),
        (lambda x: focusing_bp(x, protocol="free"), "protocol = 'free'"),
        (lambda x: focusing_bp(x, protocol=[(1.0, 0.0)]), "protocol"),
        (lambda x: anneal(x, beta=(1.0, np.inf)), "beta"),
        (lambda x: anneal(x, beta=1.0), "beta = 1.0"),
        (lambda x: replicated_sgd(x, y=0), "y = 0"),
        (lambda x: replicated_sgd(x, y=65), "y = 65"),
        (lambda x: replicated_sgd(x, batch=0), "batch = 0"),
        (lambda x: replicated_sgd(x, step=0.0), "step = 0.0"),
        (lambda x: replicated_sgd(x, pull=-1.0), "pull = -1.0"),
        (lambda x: replicated_sgd(x, gamma=(0.1, -0.1)), "gamma"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(random_patterns(3, 9, rng=1))


def test_an_interrupted_search_keeps_its_best():
    """Errors 5, 3, 4, then Ctrl-C."""
    errors = iter([5, 3, 4])
    seen = []

    def sweeps(now, part):
        seen.append((now.start, now.stop))
        count = next(errors, None)
        if count is None:
            raise KeyboardInterrupt
        part[:] = count
        return part.size, count

    run = run_search(sweeps, lambda: np.full(3, float(len(seen))), budget=100, batch=8)
    assert run.interrupted
    assert not run.solved
    assert run.n_errors == 3
    assert run.weights.tolist() == [2.0, 2.0, 2.0]
    assert run.iterations == 24
    assert seen[:2] == [(0, 8), (8, 16)]


def test_an_interrupt_before_the_first_sweep_is_passed_on():
    def sweeps(now, part):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_search(sweeps, lambda: np.zeros(3), budget=100, batch=8)
