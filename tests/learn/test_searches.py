"""Searches for binary solutions."""

import functools
import itertools
from inspect import get_annotations, signature

import numpy as np
import pytest

from learnscape import Margin, OuterMargin, SymmetricMargin, learn
from learnscape.learn import (
    Committee,
    anneal,
    belief_propagation,
    binary_net,
    errors_of,
    focusing_bp,
    local_energy,
    minibatch_descent,
    needed_reinforcement,
    reinforced_bp,
    replicated_anneal,
    replicated_sgd,
    sbpi,
)
from learnscape.learn._packed import by_bytes, count_errors, differing, pack, products_into, unpack
from learnscape.learn._run import allowed_fields, threshold
from learnscape.learn.focusing import _schedule
from learnscape.patterns import random_patterns, teacher_patterns


@functools.wraps(minibatch_descent)
def descend(patterns, kappa=0.0, **arguments):
    """Nine tenths of the patterns in a batch."""
    return minibatch_descent(patterns, kappa, batch=max(1, 9 * len(patterns) // 10), **arguments)


SEARCHES = [descend if search is minibatch_descent else search for search in learn.SEARCHES.values()]
MESSAGES = (reinforced_bp, focusing_bp)
WALKS = (anneal, replicated_anneal, descend)  # they learn less


def budget(search, count):
    """The argument that limits a search."""
    return {next(name for name in signature(search).parameters if name.startswith("max_")): count}


def test_the_table_of_searches_is_complete():
    """Everything public that returns a Run, under its name."""
    functions = {name: getattr(learn, name) for name in learn.__all__ if name.islower()}
    returning = {n: f for n, f in functions.items() if get_annotations(f).get("return") == "Run"}
    assert returning == learn.SEARCHES
    assert all(f"`{name}`" in learn.__doc__ for name in learn.SEARCHES)


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("n", [501, 500, 64, 65])
def test_solutions_are_solutions(search, n):
    load = 0.15 if search in WALKS else 0.3 if search is binary_net else 0.5
    xi = random_patterns(int(load * n), n, rng=n)
    run = search(xi, rng=2)
    assert run.solved
    assert run.n_errors == int((xi @ run.weights < 0).sum()) == 0
    assert set(np.abs(run.weights)) == {1.0}
    assert run.trace.shape == (run.iterations,)
    assert run.trace[-1] == 0
    assert not run.interrupted


@pytest.mark.parametrize("search", [s for s in SEARCHES if "kappa" in signature(s).parameters])
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


@pytest.mark.parametrize("kappa", [0.0, 0.3])
def test_a_margin_as_a_constraint_is_the_margin(kappa):
    """What the constraint says in Python, and what the compiled loop says."""
    xi = random_patterns(250, 500, rng=1)
    compiled, said = reinforced_bp(xi, kappa, rng=1), reinforced_bp(xi, constraint=Margin(kappa), rng=1)
    assert np.array_equal(compiled.trace, said.trace)
    assert np.array_equal(compiled.weights, said.weights)


@pytest.mark.parametrize(
    ("constraint", "p"),
    [(SymmetricMargin(1.0), 400), (SymmetricMargin(16 / 20), 300), (OuterMargin(6 / 20), 300)],
)
def test_other_constraints_are_searched_and_counted(constraint, p):
    """N = 400: some fields lie on the edge, and satisfy."""
    xi = random_patterns(p, 400, rng=1)
    run = reinforced_bp(xi, constraint=constraint, rate=0.02, rng=1)
    assert run.solved
    assert constraint.allowed(xi @ run.weights / 20).all()
    assert (np.abs(xi @ run.weights) == round(20 * constraint.kappa)).any()
    hard = random_patterns(2000, 400, rng=1)
    run = reinforced_bp(hard, constraint=constraint, max_iterations=30, rng=1)
    assert run.n_errors == int((~constraint.allowed(hard @ run.weights / 20)).sum()) == run.trace.min() > 0
    assert run.iterations == run.budget == 30


@pytest.mark.parametrize("kappa", [1e-6, 1e-9, 1e-12])
def test_a_field_of_zero_may_be_demanded(kappa):
    """A decided weight that is undecided again moved a field so far that the constraint's terms were no numbers."""
    for seed in range(6):
        xi = random_patterns(5, 8, rng=seed)
        run = reinforced_bp(xi, constraint=SymmetricMargin(kappa), rate=0.1, max_iterations=100, rng=1)
        assert run.n_errors == np.count_nonzero(xi @ run.weights)


@pytest.mark.parametrize("n", [20, 21, 25])
def test_what_is_allowed_of_signs(n):
    """Each number of differing bits, a tie with rounding included."""
    fields = n - 2 * np.arange(n + 1)
    for bound in (1, 2, 3, 5):
        edge = bound / np.sqrt(n) * (1.0 - 1e-15)
        assert np.array_equal(allowed_fields(SymmetricMargin(edge), n), np.abs(fields) <= bound)
        assert np.array_equal(allowed_fields(Margin(edge * (1.0 + 2e-15)), n), fields >= bound)


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
    products_into(blocks, v, np.empty((2, 256), v.dtype), out)
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


@pytest.mark.parametrize("beyond", [0.0, 1e-15, 1e-11, 5e-11, 1e-9])
def test_searches_and_counts_mean_the_same_tie(beyond):
    """3 / sqrt(25) is 0.6; a bound that is higher by more than rounding is not reached."""
    w = np.ones(25)
    xi = np.where(np.arange(25) < 14, 1.0, -1.0)[None]
    assert (threshold(0.6 + beyond, 25) > 3) == (errors_of(xi, w, 0.6 + beyond) == 1)
    assert errors_of(xi, w, 0.6 + beyond) == local_energy(xi, w, [0.0], kappa=0.6 + beyond).energy[0]


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


def _all_states(n):
    return np.array(list(itertools.product((-1, 1), repeat=n)))


def _number(weights):
    return int((weights > 0) @ 2 ** np.arange(weights.size)[::-1])


@pytest.mark.parametrize(
    ("n", "kappa", "y", "beta", "gamma"),
    [(5, 0.0, 1, 0.7, 0.0), (4, 0.6, 2, 0.8, 0.5), (3, 0.0, 3, 0.6, 0.7)],
)
def test_walks_sample_boltzmann(n, kappa, y, beta, gamma):
    """All states of all copies of an instance without solution, counted: exp(-beta E) prod 2 cosh(gamma sum)."""
    from learnscape.learn._flips import random_weights, walkers
    from learnscape.learn.annealing import _sweeps

    xi = random_patterns(6, n, rng=2)
    xi, random = np.vstack([xi, -xi[:2]]), np.random.default_rng(3)
    state, corners = walkers(xi > 0, kappa, random_weights(y, n, random)), _all_states(n)
    energy = (corners @ xi.T < kappa * np.sqrt(n) - 1e-9).sum(axis=1)
    assert energy.min() > 0
    weight = np.empty((2**n,) * y)
    for copies in itertools.product(range(2**n), repeat=y):
        held = np.prod(2 * np.cosh(gamma * sum(corners[a] for a in copies)))
        weight[copies] = np.exp(-beta * sum(energy[a] for a in copies)) * held
    weight /= weight.sum()
    times = 8000
    count, best, trace = np.zeros_like(weight), np.empty(n, np.int32), np.empty(6)
    schedules = np.full(6, beta), np.full(6, gamma)
    for _ in range(times):
        _sweeps(*state, *schedules, random, best, trace)
        count[tuple(_number(w) for w in state.weights)] += 1
    often = weight * times > 5
    z2 = (count - weight * times)[often] ** 2 / (weight * times)[often]
    assert z2.mean() == pytest.approx(1.0, abs=6 * np.sqrt(2 / often.sum()))


@pytest.mark.parametrize("batch", [3, 5])
def test_batches_walk_as_all_batches_written_out(batch):
    """The stationary law of all subsets of 7 patterns, on both sides of a half."""
    from learnscape.learn._flips import random_weights, walkers
    from learnscape.learn.minibatch import _sweeps

    xi = random_patterns(7, 5, rng=2)
    xi[1] = -xi[0]
    random, corners = np.random.default_rng(1), _all_states(5)
    violated = corners @ xi.T < 0
    law = np.zeros((32, 32))
    for a, i in itertools.product(range(32), range(5)):
        other = corners[a].copy()
        other[i] *= -1
        b = _number(other)
        change = violated[b].astype(int) - violated[a]
        accepted = np.mean([change[list(s)].sum() <= 0 for s in itertools.combinations(range(7), batch)])
        law[a, b] += accepted / 5
        law[a, a] += (1 - accepted) / 5
    exact = np.linalg.matrix_power(law, 4096)[0]
    state = walkers(xi > 0, 0.0, random_weights(1, 5, random))
    count, best, trace, order = np.zeros(32), np.empty(5, np.int32), np.empty(2), np.arange(7)
    times = 10_000
    for _ in range(times):
        _sweeps(
            state.columns,
            state.words,
            state.weights[0],
            state.fields[0],
            state.least,
            batch,
            order,
            random,
            best,
            trace,
        )
        count[_number(state.weights[0])] += 1
    assert count / times == pytest.approx(exact, abs=0.02)


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


def test_a_committee_and_a_constraint_have_a_needed_rate():
    xi = random_patterns(150, 315, rng=1)
    for arguments in ({"committee": Committee(3, shared=False)}, {"constraint": SymmetricMargin(1.0)}):
        found = needed_reinforcement(xi, rng=1, **arguments)
        again = reinforced_bp(xi, rng=1, rate=found.rate, **arguments)
        assert found.run.solved
        assert again.solved
        assert found.run.weights.shape == again.weights.shape
