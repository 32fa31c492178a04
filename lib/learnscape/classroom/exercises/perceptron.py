"""Exercises of the chapter on the perceptron: counting dichotomies, and the rule itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from learnscape.classroom.kinds import Choice, Exercise, Function, Mistake, Number, Option, Variant

PROMISED = 0.99  # probability of success in the exercise on the data sheet
WEIGHTS = 1000


def _dichotomies(p: int, n: int) -> int:
    from learnscape.learn.cover import dichotomies

    return dichotomies(p, n)


def _largest(probability: float) -> float:
    """Largest P with at least this probability that P random patterns are separable, N = 1000."""
    from learnscape.learn.cover import separable_fraction

    p = np.arange(1, 3 * WEIGHTS)
    return float(p[np.asarray(separable_fraction(p, WEIGHTS)) >= probability].max())


def _first_binomials(m: int, terms: int) -> int:
    total, term = 0, 1
    for k in range(terms):
        total += term
        term = term * (m - k) // (k + 1)
    return total


def _rule(
    wrong: Callable[[Any, Any, float], bool], batch: bool = False, start: bool = True
) -> Callable[[Any, float], float]:
    """The perceptron rule with its usual slips: number of updates on the rows of an array, at most 10000 sweeps."""

    def updates(patterns: Any, kappa: float) -> float:
        xi = np.asarray(patterns, dtype=float)
        w = np.zeros(xi.shape[1]) if start else xi[0].copy()
        total = 0
        for _ in range(10_000):
            before = total
            seen = w.copy()
            for pattern in xi:
                if wrong(seen if batch else w, pattern, kappa):
                    w = w + pattern
                    total += 1
            if total == before:
                break
        return float(total)

    return updates


def _not_stored(w: Any, pattern: Any, kappa: float) -> bool:
    return bool(w @ pattern <= kappa * np.linalg.norm(w))


def _sweeps(patterns: Any, kappa: float) -> float:
    """The number of sweeps with an update in them, in place of the number of updates."""
    xi = np.asarray(patterns, dtype=float)
    w, sweeps = np.zeros(xi.shape[1]), 0
    for _ in range(10_000):
        failed = False
        for pattern in xi:
            if _not_stored(w, pattern, kappa):
                w, failed = w + pattern, True
        if not failed:
            break
        sweeps += 1
    return float(sweeps)


def _tasks() -> tuple[tuple[Any, float], ...]:
    """Separable patterns, each with a stability below the largest possible one.

    The patterns are integers: two sets by hand, the others labelled by a teacher. So all fields are exact, and a field equals kappa
    times the length of the weights only where both are zero.
    """
    by_hand = np.array([[2.0, 1.0], [-1.0, 1.0], [-3.0, 2.0]])
    tasks: list[tuple[Any, float]] = [(np.array([[1.0, 2.0]]), 0.0), (by_hand, 0.0), (by_hand, 0.3)]
    for seed, (p, n, kappa) in enumerate([(12, 5, 2.2), (40, 15, 1.4)]):
        rng = np.random.default_rng(seed)
        x, teacher = rng.integers(-9, 10, (p, n)), rng.integers(1, 10, n)
        fields = x @ teacher
        x, fields = x[fields != 0], fields[fields != 0]
        tasks.append((np.sign(fields)[:, None] * x.astype(float), kappa))
    return tuple(tasks)


EXERCISES: dict[str, Exercise] = {
    "xor": Number(
        ask="Labellings of four points that a line with a threshold can separate",
        whole=True,
        right=lambda: float(_dichotomies(4, 3)),
        wrong=(
            Mistake(
                lambda: float(_dichotomies(4, 2)),
                "This is the count for lines through the origin. A threshold acts as one more dimension: N = 3.",
            ),
            Mistake(
                lambda: 16.0,
                "All sixteen? Label opposite corners of a square alike and try to draw the line.",
            ),
            Mistake(
                lambda: float(_dichotomies(4, 3) // 2),
                "A labelling and its opposite are two labellings: the sum is multiplied by 2.",
            ),
            Mistake(
                lambda: 15.0, "Close. Each impossible labelling has an opposite, which is just as impossible."
            ),
            Mistake(
                lambda: 12.0,
                "Two or more of those that you left out are possible: one point against the other three, in both signs, gives eight alone.",
            ),
        ),
        hint="Add the constant component 1 to each point and use C(P, N) with N = 3.",
        matters="Exclusive or and its opposite are the two that a perceptron of two inputs cannot do. A whole book was written around such "
        "limits, Minsky and Papert's of 1969.",
    ),
    "scale": Choice(
        ask="All patterns are multiplied by 10; the number of updates",
        options=(
            Option(
                "stays the same",
                "The weights grow with the patterns and no sign changes: only the ratio R/K enters the bound, and only the directions of the patterns matter to the rule.",
                right=True,
            ),
            Option(
                "falls to a tenth",
                "Each step is ten times longer, but the distance to go is too: the weights started at zero.",
            ),
            Option("falls to a hundredth", "K² in the bound grows a hundredfold, but so does R²."),
            Option(
                "grows a hundredfold",
                "R² in the bound grows a hundredfold, but so does K²: stabilities are proportional to the patterns.",
            ),
        ),
    ),
    "specification": Number(
        ask="Patterns that 1000 weights store with probability 0.99 or more",
        whole=True,
        right=lambda: _largest(PROMISED),
        wrong=(
            Mistake(
                lambda: 2.0 * WEIGHTS,
                "This is the capacity for N → ∞. Exactly at P = 2N only one task in two is separable.",
            ),
            Mistake(
                lambda: 2.0 * WEIGHTS * PROMISED,
                "This is 99 % of 2N. The probability does not fall in proportion to P but in a window of width √N around 2N.",
            ),
            Mistake(
                lambda: _largest(1 - PROMISED),
                "This is where only 1 % of the tasks are separable: the other side of the window.",
            ),
            Mistake(
                lambda: _largest(PROMISED) + 1,
                "With this many the probability is 0.9898, just below what was promised.",
            ),
            Mistake(
                lambda: float(WEIGHTS),
                "Up to N patterns every task is separable, with certainty. The promise leaves room for more.",
            ),
        ),
        hint="The Gaussian estimate is within a few patterns of the right number; for the exact one let separable_fraction run over P.",
        matters="About 100 patterns, five per cent of the capacity, are the price of reliability at N = 1000. This price falls only like 1/√N.",
    ),
    "ambiguous": Number(
        ask="Probability that the label of a new input is still open, P = 300 and N = 100",
        right=lambda: _dichotomies(300, 99) / _dichotomies(300, 100),
        absolute=1e-3,
        wrong=(
            Mistake(
                lambda: 0.5, "This is the limit 1/(α - 1) for N → ∞. At three decimals the finite size shows."
            ),
            Mistake(
                lambda: _dichotomies(301, 100) / (2 * _dichotomies(300, 100)),
                "This is the fraction of the labels of the new point that stay possible, (1 + A)/2. The question is how often both do.",
            ),
            Mistake(
                lambda: _dichotomies(301, 100) / _dichotomies(300, 100),
                "This is the number of labels of the new point per dichotomy, between 1 and 2. Subtract the one that it always has.",
            ),
            Mistake(
                lambda: 1 - _dichotomies(300, 99) / _dichotomies(300, 100),
                "This is the probability that the label is already decided.",
            ),
            Mistake(
                lambda: _dichotomies(299, 100) / _dichotomies(300, 100),
                "One pattern fewer was counted, in place of one dimension fewer.",
            ),
        ),
        hint="Which dichotomies of the old points can be separated by a plane through the new one?",
        matters="Up to α = 2 the limit is 1: nearly always the stored labels leave the next one open. Only a task that is separable although it "
        "should not be, with more than two patterns per weight, gives reason to trust the answer.",
    ),
    "count": Function(
        name="count",
        parameters=("p", "n"),
        reference=_dichotomies,
        inputs=((1, 1), (4, 2), (3, 5), (5, 3), (12, 6), (7, 1), (200, 100)),
        relative=1e-9,
        matters="One row of numbers and no factorials. Divided by two at each step, the same recursion gives the probabilities behind "
        "the figure of this chapter.",
        wrong=(
            Variant(
                lambda p, n: _dichotomies(p, n + 1),
                "This is C(P, N + 1): the sum, or the row, runs one dimension too far.",
            ),
            Variant(
                lambda p, n: _dichotomies(p + 1, n),
                "This is C(P + 1, N): the recursion starts at P = 1, so it takes P - 1 steps.",
            ),
            Variant(
                lambda p, n: _first_binomials(p - 1, n),
                "This is half of the right number: one point has two labels, C(1, N) = 2.",
            ),
            Variant(
                lambda p, n: 2**p,
                "This counts all labellings. Already four points in the plane have fewer dichotomies.",
            ),
        ),
    ),
    "rule": Function(
        name="updates",
        parameters=("patterns", "kappa"),
        reference=_rule(_not_stored),
        inputs=_tasks(),
        matters="Ten lines, and they end whenever kappa is below the largest stability: the exercise on the rule with a margin proves "
        "it. Compare the numbers of updates at kappa = 0 and near the largest stability: safety has a price in time.",
        wrong=(
            Variant(
                _rule(_not_stored, batch=True),
                "All patterns of a sweep were judged by the weights at its beginning. The rule corrects at once: the next pattern meets "
                "the new weights.",
            ),
            Variant(_sweeps, "This is the number of sweeps. The question is how often a pattern was added."),
            Variant(
                _rule(lambda w, pattern, kappa: bool(w @ pattern < kappa * np.linalg.norm(w))),
                "With w = 0 every field is 0, and so is the length of w: with < in place of <= the rule never starts.",
            ),
            Variant(
                _rule(lambda w, pattern, kappa: bool(w @ pattern <= 0)),
                "This ignores kappa: a pattern is wrong as long as its stability is not above kappa.",
            ),
            Variant(
                _rule(lambda w, pattern, kappa: bool(w @ pattern <= kappa)),
                "The field was compared with kappa. A stability is the field divided by the length of w, which grows while the rule runs.",
            ),
            Variant(
                _rule(lambda w, pattern, kappa: bool(w @ pattern <= kappa * len(w) ** 0.5)),
                "The field was divided by the square root of N. That is the stability only for weights of that length; here the length is free.",
            ),
            Variant(
                _rule(_not_stored, start=False),
                "This starts from the first pattern and does not count it. Start from w = 0: the first visit is the first update.",
            ),
            Variant(
                lambda patterns, kappa: _rule(_not_stored)(patterns, kappa) + len(np.asarray(patterns)),
                "The visits of the last sweep were counted too. Only additions of a pattern are updates.",
            ),
        ),
    ),
}
