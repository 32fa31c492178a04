"""Searches for binary solutions: bad input, ties, instances of one weight or one pattern, interruption, bars and seeds."""

import _thread
import functools
import threading
import time
from inspect import signature

import numpy as np
import pytest

from learnscape import Margin, SymmetricMargin, learn
from learnscape.learn import (
    Committee,
    _budget,
    _run,
    adatron,
    anneal,
    binary_net,
    errors_of,
    focusing_bp,
    max_margin,
    minibatch_descent,
    minover,
    needed_reinforcement,
    reinforced_bp,
    replicated_anneal,
    replicated_sgd,
    rosenblatt,
    sbpi,
)
from learnscape.patterns import random_patterns


class NoNumber(Margin):
    def terms(self, omega, variance):
        f, g, dg = super().terms(omega, variance)
        return f, g * np.nan, dg


@functools.wraps(minibatch_descent)
def descend(patterns, kappa=0.0, *, batch=1, **arguments):
    return minibatch_descent(patterns, kappa, batch=batch, **arguments)


@functools.wraps(needed_reinforcement)
def needed(patterns, kappa=0.0, **arguments):
    return needed_reinforcement(patterns, kappa, **arguments).run


SEARCHES = [descend if search is minibatch_descent else search for search in learn.SEARCHES.values()]
SEARCHES.append(needed)
RULES = [rosenblatt, minover, adatron, max_margin]  # real weights, real patterns
every = pytest.mark.parametrize("search", SEARCHES)
with_kappa = pytest.mark.parametrize("search", [s for s in SEARCHES if "kappa" in signature(s).parameters])


def budget(search, count):
    """The argument that limits a search."""
    return {next(name for name in signature(search).parameters if name.startswith("max_")): count}


@pytest.mark.parametrize("search", SEARCHES + RULES)
@pytest.mark.parametrize(
    ("patterns", "message"),
    [
        ([[1.0, np.nan]], r"patterns\[0, 1\] = nan"),
        ([[1.0, np.inf]], r"patterns\[0, 1\] = inf"),
        ([1.0, 1.0], "patterns.shape"),
        (np.empty((0, 3)), "patterns.shape"),
        (np.empty((3, 0)), "patterns.shape"),
        ("ab", "patterns"),
        ([["1", "-1"]], "patterns"),
        ([[1, -1], [1]], "patterns"),
        ([[1j, 1.0]], "patterns"),
        ([[True, True]], "truth values"),
        ([[None, 1.0]], "patterns"),
        (3.0, "patterns.shape"),
    ],
)
def test_patterns_that_are_none(search, patterns, message):
    with pytest.raises(ValueError, match=message):
        search(patterns)


@pytest.mark.parametrize("search", [s for s in SEARCHES if s is not binary_net])
@pytest.mark.parametrize(
    ("patterns", "message"),
    [
        ([[1.0, 0.0]], r"patterns\[0, 1\] = 0.0"),
        ([[1, 1], [0, 1]], r"patterns\[1, 0\] = 0"),
        ([[1, 2]], r"patterns\[0, 1\] = 2"),
        ([[1, 0.999]], r"patterns\[0, 1\] = 0.999"),
        ([[True, False]], "truth values"),
    ],
)
def test_patterns_that_are_no_signs(search, patterns, message):
    with pytest.raises(ValueError, match=message):
        search(patterns)


@with_kappa
@pytest.mark.parametrize("kappa", [np.nan, np.inf, True, "0", None, 1.5, -1.5, 1j])
def test_margins_that_cannot_be(search, kappa):
    with pytest.raises(ValueError, match="kappa = "):
        search([[1.0, 1.0]], kappa)


@every
@pytest.mark.parametrize("count", [0, -3, 2.5, True, np.nan, "9", None])
def test_budgets_that_are_none(search, count):
    with pytest.raises(ValueError, match=r"max_(sweeps|iterations|epochs) = "):
        search([[1.0, 1.0, 1.0]], **budget(search, count))


@every
@pytest.mark.parametrize("rng", [-1, True, "seed", 1.5, np.random.RandomState(1)])
def test_seeds_that_are_none(search, rng):
    with pytest.raises(ValueError, match="rng = "):
        search([[1.0, 1.0, 1.0]], rng=rng)


@every
@pytest.mark.parametrize("progress", [1, None, "yes"])
def test_a_bar_is_wanted_or_not(search, progress):
    with pytest.raises(ValueError, match="progress = "):
        search([[1.0, 1.0, 1.0]], progress=progress)


@pytest.mark.parametrize("search", [replicated_sgd, replicated_anneal])
@pytest.mark.parametrize("y", [0, -1, 65, 2.5, True, np.nan, "3"])
def test_numbers_of_copies_that_are_none(search, y):
    with pytest.raises(ValueError, match="y = "):
        search([[1.0, 1.0, 1.0]], y=y)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: sbpi(x, probability=1.5), "probability = 1.5"),
        (lambda x: sbpi(x, probability=np.nan), "probability = nan"),
        (lambda x: sbpi(x, bits=1), "bits = 1"),
        (lambda x: reinforced_bp(x, rate=0.0), "rate = 0.0"),
        (lambda x: reinforced_bp(x, rate=np.nan), "rate = nan"),
        (lambda x: reinforced_bp(x, schedule="fast"), "schedule = 'fast'"),
        (lambda x: reinforced_bp(x, damping=1.0), "damping = 1.0"),
        (lambda x: reinforced_bp(x, constraint=0.5), "constraint = 0.5"),
        (lambda x: reinforced_bp(x, 0.5, constraint=Margin(0.5)), "kappa = 0.5 .* left out"),
        (
            lambda x: reinforced_bp(x, constraint=Margin(0.5), committee=Committee(3, shared=False)),
            "constraint = Margin.* None for a committee",
        ),
        (lambda x: reinforced_bp(x, constraint=Margin(1e30)), "constraint = Margin.* that some"),
        (lambda x: reinforced_bp(x, constraint=SymmetricMargin(0.1)), "constraint = Sym.* that some"),
        (lambda x: reinforced_bp(x, constraint=NoNumber(0.5)), "constraint = NoNumber.* finite"),
        (lambda x: needed_reinforcement(x, 0.5, constraint=Margin(0.5)), "kappa = 0.5"),
        (lambda x: needed_reinforcement(x, 0.5, committee=Committee(3, shared=True)), "kappa = 0.5"),
        (lambda x: needed_reinforcement(x, max_iterations=7), "max_iterations = 7"),
        (lambda x: needed_reinforcement(x, schedule="fast"), "schedule = 'fast'"),
        (lambda x: needed_reinforcement(x, damping=True), "damping = True"),
        (lambda x: focusing_bp(x, y=0.5), "y = 0.5"),
        (lambda x: focusing_bp(x, y=0), "y = 0"),
        (lambda x: focusing_bp(x, y=-1.0), "y = -1.0"),
        (lambda x: focusing_bp(x, y=np.inf), "y = inf"),
        (lambda x: focusing_bp(x, rate=0.0), "rate = 0.0"),
        (lambda x: focusing_bp(x, protocol="free"), "protocol = 'free'"),
        (lambda x: focusing_bp(x, protocol=[(1.0, 0.0)]), "protocol"),
        (lambda x: focusing_bp(x, protocol=[]), "protocol"),
        (lambda x: anneal(x, beta=(1.0, np.inf)), "beta"),
        (lambda x: anneal(x, beta=(-1.0, 1.0)), "beta"),
        (lambda x: anneal(x, beta=1.0), "beta = 1.0"),
        (lambda x: replicated_anneal(x, beta=(1.0,)), "beta"),
        (lambda x: replicated_anneal(x, gamma=(0.0, -1.0)), "gamma"),
        (lambda x: replicated_anneal(x, gamma="ab"), "gamma"),
        (lambda x: minibatch_descent(x, batch=0), "batch = 0"),
        (lambda x: minibatch_descent(x, batch=4), "batch = 4"),
        (lambda x: minibatch_descent(x, batch=1.0), "batch = 1.0"),
        (lambda x: replicated_sgd(x, batch=0), "batch = 0"),
        (lambda x: replicated_sgd(x, step=0.0), "step = 0.0"),
        (lambda x: replicated_sgd(x, step=1e300), "step = 1e"),
        (lambda x: replicated_sgd(x, step=1e-300), "step = 1e-300"),
        (lambda x: replicated_sgd(x, pull=1e300), "pull = 1e"),
        (lambda x: replicated_sgd(x, gamma=(1e308, 1e308)), "gamma"),
        (lambda x: replicated_sgd(x, pull=-1.0), "pull = -1.0"),
        (lambda x: replicated_sgd(x, gamma=(0.1, -0.1)), "gamma"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(random_patterns(3, 9, rng=1))


def test_a_batch_may_be_larger_than_all():
    xi = random_patterns(30, 51, rng=1)
    all_at_once, more = (replicated_sgd(xi, batch=b, max_sweeps=5, rng=1) for b in (30, 10**30))
    assert np.array_equal(all_at_once.weights, more.weights)


def test_a_coupling_without_bound_leaves_the_copies_a_walk():
    """Infinite attractions have no difference; nan would refuse every flip."""
    xi = random_patterns(60, 31, rng=1)
    run = replicated_anneal(xi, y=4, beta=(2.0, 2.0), gamma=(1e308, 1e308), max_sweeps=50, rng=1)
    assert len(set(run.trace)) > 1


def test_long_traces_are_put_together_once():
    """Not with each batch, when the time would grow with the square of the budget."""

    def sweeps(now, part):
        part[:] = np.arange(now.start, now.stop)
        return part.size, 1

    start = time.process_time()
    run = _run.search(sweeps, lambda: np.zeros(1), budget=100_003, batch=2)
    assert time.process_time() - start < 2.0
    assert np.array_equal(run.trace, np.arange(100_003))


@pytest.mark.parametrize("search", [s for s in SEARCHES if s not in (sbpi, needed)])
def test_the_best_weights_of_all_sweeps_are_kept(search):
    """The trace counts errors of weights, and the fewest come with their weights."""
    for seed in range(10):
        xi = random_patterns(14, 9, rng=seed)
        run = search(xi, rng=seed, **budget(search, 20))
        assert run.n_errors == errors_of(xi, run.weights) <= run.trace.min()


def unsolved(run, patterns, errors, kappa=0.0):
    """An honest failure: nothing of the budget left, the fewest errors, and weights that make them."""
    assert not run.solved
    assert not run.interrupted
    assert run.n_errors == errors == errors_of(patterns, run.weights, kappa)
    assert run.iterations == run.budget == run.trace.size
    assert set(np.abs(run.weights)) == {1.0}


def solved(run, patterns, kappa=0.0):
    assert run.solved
    assert run.n_errors == errors_of(patterns, run.weights, kappa) == run.trace[-1] == 0
    assert set(np.abs(run.weights)) == {1.0}


@every
def test_patterns_that_repeat(search):
    """They demand nothing new."""
    xi = np.repeat(random_patterns(3, 51, rng=1), 4, axis=0)
    solved(search(xi, rng=1), xi)


@every
def test_patterns_that_contradict(search):
    """N odd: of each pattern and its opposite one is violated by any weights."""
    xi = random_patterns(3, 51, rng=1)
    both = np.vstack([xi, -xi])
    unsolved(search(both, rng=1, **budget(search, 40)), both, 3)


@every
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_one_weight_one_pattern(search, sign):
    run = search([[sign]], rng=1)
    solved(run, [[sign]])
    assert run.weights.tolist() == [sign]
    unsolved(search([[1.0], [-1.0]], rng=1, **budget(search, 40)), [[1.0], [-1.0]], 1)


@every
def test_a_stability_equal_to_kappa_satisfies(search):
    """N = 2 with (1, 1), (1, -1), (-1, 1): only w = (1, 1), two of whose fields are 0. Were ties errors there would be no solution."""
    xi = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0]])
    run = search(xi, rng=1, **budget(search, 400))
    solved(run, xi)
    assert run.weights.tolist() == [1.0, 1.0]
    all_four = np.vstack([xi, [[-1.0, -1.0]]])
    unsolved(search(all_four, rng=1, **budget(search, 40)), all_four, 1)


@every
def test_a_pattern_and_its_opposite_tie(search):
    """N even: half of the weights agree with the pattern, and both fields are 0. Found, or said not to be."""
    xi = random_patterns(1, 10, rng=1)
    both = np.vstack([xi, -xi])
    run = search(both, rng=1, **budget(search, 200))
    if run.solved:
        solved(run, both)
    else:
        unsolved(run, both, 1)
    if search in (anneal, replicated_anneal, descend):  # the others move all weights alike, for ever
        assert run.solved


@with_kappa
@pytest.mark.parametrize("n", [4, 5])
def test_the_largest_margin_that_can_be(search, n):
    """kappa = sqrt(N) asks for the pattern itself, -sqrt(N) for nothing."""
    xi = random_patterns(1, n, rng=2)
    run = search(xi, np.sqrt(n), rng=1, **budget(search, 2000))
    solved(run, xi, np.sqrt(n))
    assert np.array_equal(run.weights, xi[0])
    both = np.vstack([xi, -xi])
    solved(search(both, -np.sqrt(n), rng=1), both, -np.sqrt(n))


class Bar:
    """Stands in for tqdm; remembers, and presses Ctrl-C or breaks when told."""

    made: list = []
    stop_at = 10**9
    error: type = KeyboardInterrupt

    def __init__(self, total, unit, disable, dynamic_ncols):
        self.total, self.disable, self.steps, self.closed, self.shown = total, disable, [], False, []
        Bar.made.append(self)

    def close(self):
        self.closed = True

    def set_postfix(self, shown, refresh):
        self.shown.append(shown["errors"])

    def update(self, count):
        self.steps.append(count)
        if sum(len(bar.steps) for bar in Bar.made) == Bar.stop_at:
            raise Bar.error


@pytest.fixture
def bars(monkeypatch):
    monkeypatch.setattr(_budget, "tqdm", Bar)
    monkeypatch.setattr(Bar, "made", [])
    return Bar


IMPOSSIBLE = random_patterns(60, 21, rng=1)


@every
def test_an_interrupted_search_keeps_its_best(search, bars, monkeypatch):
    """Ctrl-C after the third part of an instance without solution."""
    monkeypatch.setattr(bars, "stop_at", 3)
    run = search(IMPOSSIBLE, rng=1, progress=True, **budget(search, 1000))
    assert run.interrupted
    assert not run.solved
    assert run.n_errors == errors_of(IMPOSSIBLE, run.weights) < 30
    assert 0 < run.iterations == run.trace.size < 1000
    assert all(bar.closed for bar in bars.made)


@every
def test_a_bar_is_closed_on_errors(search, bars, monkeypatch):
    monkeypatch.setattr(bars, "stop_at", 2)
    monkeypatch.setattr(bars, "error", MemoryError)
    with pytest.raises(MemoryError):
        search(IMPOSSIBLE, rng=1, **budget(search, 1000))
    assert all(bar.closed for bar in bars.made)


@every
def test_the_bar_says_sweeps_and_fewest_errors(search, bars):
    run = search(IMPOSSIBLE, rng=1, progress=True, **budget(search, 80))
    for bar in bars.made:
        assert not bar.disable
        assert sum(bar.steps) == bar.total
        assert bar.shown == sorted(bar.shown, reverse=True)
    assert min(bar.shown[-1] for bar in bars.made) == run.n_errors


@every
def test_nothing_is_printed_unless_asked_for(search, capfd):
    search([[1.0, 1.0, 1.0]], rng=1)
    assert capfd.readouterr() == ("", "")
    search([[1.0, 1.0, 1.0]], rng=1, progress=True)
    out, err = capfd.readouterr()
    assert out == ""
    assert "sweep" in err
    assert "errors=0" in err


def test_a_real_signal_ends_a_search():
    """Without end otherwise."""
    sbpi(IMPOSSIBLE, rng=1, max_sweeps=1)  # compiled
    timer = threading.Timer(0.2, _thread.interrupt_main)
    start = time.perf_counter()
    timer.start()
    run = sbpi(IMPOSSIBLE, rng=1, max_sweeps=10**7)
    assert run.interrupted
    assert run.n_errors == errors_of(IMPOSSIBLE, run.weights)
    assert time.perf_counter() - start < 5.0


def test_an_interrupt_before_anything_is_known_is_passed_on():
    def sweeps(now, part):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _run.search(sweeps, lambda: np.zeros(3), budget=100, batch=8)


@every
def test_seeds_and_generators_say_all(search):
    """Also where nothing is found."""
    one, two, three = (
        search(IMPOSSIBLE, rng=rng, **budget(search, 30)) for rng in (5, np.random.default_rng(5), 5)
    )
    assert np.array_equal(one.weights, two.weights)
    assert np.array_equal(one.trace, two.trace)
    assert np.array_equal(one.trace, three.trace)


@every
def test_a_bar_changes_nothing(search):
    quiet, loud = (
        search(IMPOSSIBLE, rng=5, progress=progress, **budget(search, 30)) for progress in (False, True)
    )
    assert np.array_equal(quiet.trace, loud.trace)
