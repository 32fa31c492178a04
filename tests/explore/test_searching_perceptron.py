"""The searches that run in the page against the library's and against plain NumPy, and what the question about them asks for."""

from __future__ import annotations

import numpy as np
import pytest

from learnscape.explore import searching_perceptron
from learnscape.explore.actions import ADVANCE
from learnscape.explore.array_views import byte_rows, number_rows, word_rows
from learnscape.explore.capacity import searching_perceptron as module
from learnscape.learn._packed import by_bytes, pack
from learnscape.learn.kernels import counter_digits

OUT = module.OUT


def started(**values: float) -> tuple[np.ndarray, np.ndarray, int]:
    """State after the start, and the patterns in it as numbers."""
    explorable, state = searching_perceptron(), np.zeros(module.LAYOUT.size)
    explorable.run(state, values, seed=7)
    n, p = int(values["n"]), int(np.floor(values["load"] * values["n"] + 0.5))
    words = state[OUT.words : OUT.words + p * -(-n // 64)].view(np.uint64).reshape(p, -1)
    return state, signs(words, n), p


def signs(words: np.ndarray, n: int) -> np.ndarray:
    bits = np.unpackbits(words.view(np.uint8), axis=-1, bitorder="little")[..., :n]
    return np.where(bits, 1, -1)


def weights_of(state: np.ndarray, n: int) -> np.ndarray:
    return signs(state[OUT.weights : OUT.weights + -(-n // 64)].view(np.uint64), n)


@pytest.mark.parametrize("n", [201, 401])
def test_patterns_are_fair_and_the_same_in_all_their_forms(n: int) -> None:
    state, xi, p = started(load=0.85, algorithm=2, n=n)
    assert abs(xi.mean()) < 4 / np.sqrt(xi.size)
    assert np.abs(xi @ xi.T / n - np.eye(p)).max() < 5.5 / np.sqrt(n)
    up = xi > 0
    for words, start, kept in ((up, OUT.rows, p), (up.T, OUT.columns, n)):
        expected = by_bytes(words)
        found = state[start : start + expected.size // 8 + 1].view(np.uint8)[: expected.size]
        assert np.array_equal(found.reshape(-1, kept), expected)
    assert np.array_equal(
        pack(up), state[OUT.words : OUT.words + p * -(-n // 64)].view(np.uint64).reshape(p, -1)
    )


@pytest.mark.parametrize("n", [201, 401])
@pytest.mark.parametrize("algorithm", [module.FAST, module.FOCUSING])
def test_messages_are_those_of_the_chapters(n: int, algorithm: int) -> None:
    """Relaxed belief propagation with reinforcement, or with the pull of six other copies, as the chapters write it."""
    from learnscape.numerics.gaussian import inverse_mills

    state, xi, p = started(load=0.6, algorithm=algorithm, n=n)
    x = xi / np.sqrt(n)
    m, h, pull = state[OUT.m : OUT.m + n].copy(), state[OUT.h : OUT.h + n].copy(), np.zeros(p)
    explorable = searching_perceptron()
    for t in range(1, 9):
        v = 1 - m @ m / n
        a = -(x @ m - v * pull) / np.sqrt(v)
        mills = inverse_mills(a)
        pull = mills / np.sqrt(v)
        b = np.sum(mills * (mills - a)) / (v * n)
        field = pull @ x + b * m
        if algorithm == module.FAST:
            h = field + (1 - (1 - module.RATES[module.FAST]) ** t) * h
        else:
            tight = np.tanh(module.RATES[module.FOCUSING] * (t - 1))
            h = field + np.arctanh(tight * np.tanh(6 * np.arctanh(tight * np.tanh(field))))
        m = 0.3 * m + 0.7 * np.tanh(h)
        explorable.run(state, {"load": 0.6, "algorithm": algorithm, "n": n}, ADVANCE)
        np.testing.assert_allclose(state[OUT.m : OUT.m + n], m, atol=1e-9)
        assert state[OUT.certainty] == pytest.approx(m @ m / n, abs=1e-9)
        assert state[OUT.errors] == np.sum(xi @ np.sign(h) < 0)


@pytest.mark.parametrize(("n", "digits"), [(201, 6), (401, 7)])
def test_weights_are_the_signs_of_hidden_integers_within_the_librarys_bound(n: int, digits: int) -> None:
    assert counter_digits(n) == digits == int(np.ceil(np.log2(4 * np.sqrt(n))))
    values = {"load": 0.7, "algorithm": 0, "n": n}
    state, _, _ = started(**values)
    explorable, past = searching_perceptron(), []
    for step in range(1, 25):
        explorable.run(state, values, ADVANCE)
        width = -(-n // 64)
        planes = state[OUT.planes : OUT.planes + digits * width].view(np.uint64).reshape(digits, width)
        bits = (signs(planes, n) > 0).astype(int)
        u = (bits[:-1] * 2 ** np.arange(digits - 1)[:, None]).sum(axis=0) - 2 ** (digits - 1) * bits[-1]
        h, w = 2 * u + 1, weights_of(state, n)
        assert np.array_equal(np.sign(h), w)
        assert np.abs(h).max() < 2**digits
        expected = np.histogram(h / 2**digits, bins=module.BINS, range=(-1, 1))[0] / n
        np.testing.assert_allclose(state[OUT.share : OUT.share + module.BINS], expected, atol=1e-12)
        if step > module.LAG:
            assert state[OUT.overlap] == pytest.approx(w @ past[-module.LAG] / n)
        past.append(w)


@pytest.mark.parametrize("algorithm", [0, module.SLOW, module.FOCUSING])
def test_a_solution_is_one(algorithm: int) -> None:
    values = {"load": 0.55, "algorithm": algorithm, "n": 401}
    state, xi, p = started(**values)
    explorable = searching_perceptron()
    for _ in range(module.FRAMES):
        explorable.run(state, values, ADVANCE)
    named = explorable.named(state)
    assert named["solved"][0] == named["finished"][0] == 1.0
    assert (xi @ weights_of(state, 401) > 0).all()
    last = int(np.isfinite(named["time"]).sum()) - 1
    assert named["time"][last] == named["done_at"][0] == named["sweeps"][0]
    assert named["course"][last] == 0.5
    assert named["patterns"][0] == p == 221


def test_nothing_shown_is_missing_at_the_start() -> None:
    """The certainty is shown of messages, and there is one before the first step."""
    for algorithm in range(5):
        answer = searching_perceptron().evaluate(steps=0, load=0.6, algorithm=algorithm)
        assert (
            np.isfinite(answer["certainty"][0])
            == (answer["messages"][0] == 1.0)
            == (algorithm >= module.SLOW)
        )


def test_the_budget_is_kept_and_said() -> None:
    answer = searching_perceptron().evaluate(steps=module.FRAMES + 5, load=0.85, algorithm=1, n=201)
    assert answer["given_up"][0] == answer["finished"][0] == 1.0
    assert answer["sweeps"][0] == module.BUDGET == np.nanmax(answer["time"])
    assert np.isnan(answer["done_at"][0])
    assert np.isfinite(answer["time"]).sum() <= module.FRAMES


def test_views_of_bits_share_their_memory() -> None:
    row = np.zeros(6)
    word_rows(row, 2, 3)[1, 2] = np.uint64(258)
    assert row.view(np.uint64).tolist() == [0, 0, 0, 0, 0, 258]
    assert byte_rows(row, 2, 24)[1, 16:18].tolist() == [2, 1]
    number_rows(row, 3, 2)[2, 0] = 4.0
    assert row[4] == 4.0


@pytest.mark.slow
@pytest.mark.weekly
def test_how_many_problems_are_solved_with_and_without_rule_2() -> None:
    """The numbers of the question."""
    found = {}
    for algorithm, load in ((0, 0.6), (1, 0.6), (1, 0.4)):
        runs = [
            searching_perceptron().evaluate(
                steps=module.FRAMES, load=load, algorithm=algorithm, n=401, seed=s
            )
            for s in range(1, 21)
        ]
        sweeps, left = ([int(run[key][0]) for run in runs] for key in ("sweeps", "errors"))
        found[algorithm, load] = (min(sweeps), max(sweeps), min(left), max(left))
    assert found == {
        (0, 0.6): (26, 196, 0, 0),
        (1, 0.6): (1000, 1000, 13, 37),
        (1, 0.4): (36, 131, 0, 0),
    }
