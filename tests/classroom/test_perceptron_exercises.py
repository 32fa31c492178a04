"""The exercises of the perceptron chapter: right numbers by other means, and the slips they know."""

from __future__ import annotations

import math

import numpy as np
import pytest

from learnscape.classroom import check
from learnscape.classroom.exercises.perceptron import EXERCISES, _tasks
from learnscape.learn import max_margin


def test_numbers_by_other_means() -> None:
    assert check("perceptron/xor", 16 - 2)
    assert check("perceptron/scale", "a")
    tail = [math.comb(299, k) for k in range(100)]
    assert check("perceptron/ambiguous", sum(tail[:-1]) / sum(tail))
    heads = [math.comb(1897, k) for k in range(1000)]
    assert 100 * sum(heads) >= 99 * 2**1897
    assert 100 * sum(math.comb(1898, k) for k in range(1000)) < 99 * 2**1898
    assert check("perceptron/specification", 1898)


def test_solutions_of_the_chapter_are_accepted() -> None:
    def count(p: int, n: int) -> int:
        row = [0] + [2] * n
        for _ in range(p - 1):
            row = [0] + [row[k] + row[k - 1] for k in range(1, n + 1)]
        return row[n]

    def updates(patterns: np.ndarray, kappa: float) -> int:
        w, total, before = np.zeros(patterns.shape[1]), 0, -1
        while total != before:
            before = total
            for xi in patterns:
                if w @ xi <= kappa * np.linalg.norm(w):
                    w, total = w + xi, total + 1
        return total

    assert check("perceptron/count", count)
    assert check("perceptron/rule", updates)


def test_the_tasks_can_be_solved_with_the_margin_that_is_asked_for() -> None:
    for patterns, kappa in _tasks():
        assert 0 <= kappa < 0.9 * max_margin(patterns).stability
        assert np.array_equal(
            patterns, np.rint(patterns)
        )  # so that every order of summation gives the same signs


@pytest.mark.parametrize("name", ["count", "rule"])
def test_each_wrong_function_is_recognised(name: str) -> None:
    exercise = EXERCISES[name]
    for variant in exercise.wrong:
        feedback = exercise.judge(variant.function)
        assert feedback.status == "wrong"
        assert feedback.text == variant.reason


@pytest.mark.parametrize("name", ["xor", "specification", "ambiguous"])
def test_each_wrong_number_gets_its_own_reason(name: str) -> None:
    exercise = EXERCISES[name]
    for mistake in exercise.wrong:
        assert exercise.judge(mistake.value()).text == mistake.reason
