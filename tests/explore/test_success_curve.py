"""The tally of searches in the page: its counts, its intervals, and its success against the library's SBPI."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from learnscape.explore import success_curve
from learnscape.explore.actions import ADVANCE, REDRAW
from learnscape.explore.capacity import success_curve as module
from learnscape.learn import sbpi
from learnscape.patterns import random_patterns

OUT = module.OUT


def test_every_run_is_counted_once() -> None:
    explorable, state = success_curve(), np.zeros(module.LAYOUT.size)
    values = {"load": 0.7, "n": 101, "turns": 1}
    explorable.run(state, values, seed=3)
    solved = np.zeros(module.LOADS)
    for run in range(3 * module.LOADS):
        explorable.run(state, values, ADVANCE)
        at = run % module.LOADS
        assert state[OUT.last_load] == pytest.approx(module.FIRST + module.STEP * at)
        assert state[OUT.last_solved] + state[OUT.last_failed] == 1.0
        assert state[OUT.last_solved] or state[OUT.last_sweeps] == module.BUDGET
        solved[at] += state[OUT.last_solved]
    named = explorable.named(state)
    assert named["runs"][0] == 3 * module.LOADS
    np.testing.assert_allclose(named["share"], solved / 3)
    assert np.isfinite(named["took"]).sum() == solved.sum()
    assert np.isfinite(named["gave_up"]).sum() == 3 * module.LOADS - solved.sum()
    explorable.run(state, {**values, "load": 0.4, "turns": 0}, ADVANCE)
    assert state[OUT.here] == 4.0
    explorable.run(state, {**values, "load": 0.42}, REDRAW)
    assert state[OUT.here] == 3.0
    assert state[OUT.runs] == 3 * module.LOADS + 1


def test_a_solved_problem_is_solved_and_another_is_drawn_each_time() -> None:
    explorable, state = success_curve(), np.zeros(module.LAYOUT.size)
    values = {"load": 0.66, "n": 201, "turns": 0}
    explorable.run(state, values)
    seen = []
    for _ in range(5):
        explorable.run(state, values, ADVANCE)
        p = round(0.66 * 201)
        words = state[OUT.words : OUT.words + 4 * p].view(np.uint8).reshape(p, -1)
        xi = np.where(np.unpackbits(words, axis=1, bitorder="little")[:, :201], 1, -1)
        bits = np.unpackbits(state[OUT.weights : OUT.weights + 4].view(np.uint8), bitorder="little")[:201]
        assert bool(state[OUT.last_solved]) == bool((xi @ np.where(bits, 1, -1) > 0).all())
        assert abs(xi.mean()) < 4 / np.sqrt(xi.size)
        seen.append(xi)
    assert all(abs((a * b).mean()) < 0.05 for a, b in itertools.pairwise(seen))


def test_intervals_are_wilsons() -> None:
    for k, n in ((0, 1), (1, 1), (3, 10), (10, 10), (0, 40), (17, 40)):
        low, high = module._wilson(float(k), float(n))
        p = np.array([low, high])
        inside = (p > 0) & (p < 1)  # its ends are where |k/n - p| is one standard error
        np.testing.assert_allclose(np.abs(k / n - p)[inside], np.sqrt(p * (1 - p) / n)[inside], atol=1e-12)
        assert low <= k / n <= high


@pytest.mark.parametrize("n", [101, 201])
def test_success_is_that_of_the_library(n: int) -> None:
    """Share of solved problems and mean logarithm of the sweeps, in standard errors; rarer steps at the threshold are told apart."""
    load, trials = 0.74, 400
    answer = success_curve().evaluate(steps=trials, load=load, n=n, turns=0, seed=2)
    share, took = answer["solved_here"][0] / trials, np.log(answer["took"][np.isfinite(answer["took"])])

    def apart(probability: float) -> tuple[float, float]:
        runs = [
            sbpi(
                random_patterns(round(load * n), n, rng=s),
                probability=probability,
                max_sweeps=module.BUDGET,
                rng=s,
            )
            for s in range(trials)
        ]
        sweeps = np.log([run.iterations for run in runs if run.solved])
        won = sweeps.size / trials
        bar = np.sqrt((share * (1 - share) + won * (1 - won)) / trials)
        bar_of_mean = np.hypot(took.std() / np.sqrt(took.size), sweeps.std() / np.sqrt(sweeps.size))
        return abs(share - won) / bar, abs(took.mean() - sweeps.mean()) / bar_of_mean

    assert max(apart(module.PROBABILITY)) < 3
    assert max(apart(module.PROBABILITY / 3)) > 6


@pytest.mark.slow
@pytest.mark.weekly
def test_how_success_depends_on_size() -> None:
    """The numbers of the question."""
    found = [
        int(success_curve().evaluate(steps=100, load=load, n=n, turns=0, seed=1)["solved_here"][0])
        for load in (0.8, 0.6)
        for n in (101, 201, 401)
    ]
    assert found == [26, 12, 2, 100, 100, 100]
