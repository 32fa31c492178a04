"""Exercises of the chapter on binary weights."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from learnscape.classroom.kinds import Exercise, Function, Mistake, Number, Variant

HALF = 0.5  # the margin of three of the exercises


def _H(x: float) -> float:
    from learnscape.numerics.gaussian import H

    return float(H(x))


def _first_moment(kappa: float) -> float:
    from learnscape import Binary, Margin
    from learnscape.replica import rs

    return float(rs.annealed_bound(Binary(), Margin(kappa)))


def _capacity(kappa: float) -> float:
    from learnscape import Binary, Margin
    from learnscape.replica import rs

    return float(rs.capacity(Binary(), Margin(kappa)))


def _spherical_capacity(kappa: float) -> float:
    from learnscape import Margin, Spherical
    from learnscape.replica import rs

    return float(rs.capacity(Spherical(), Margin(kappa)))


def _symmetric(kappa: float) -> float:
    from learnscape import Binary, SymmetricMargin
    from learnscape.replica import rs

    return float(rs.capacity(Binary(), SymmetricMargin(kappa)))


def _entropy(alpha: float) -> float:
    from learnscape import Binary, Margin
    from learnscape.replica import rs

    return float(rs.solve(Binary(), Margin(0.0), alpha).entropy)


def _count(patterns: NDArray[np.float64]) -> int:
    from learnscape.learn import enumerate_solutions

    return enumerate_solutions(patterns).count


def _fields(patterns: NDArray[np.float64]) -> NDArray[np.float64]:
    """w.xi for every corner (rows) and every pattern (columns)."""
    n = patterns.shape[1]
    corners = 2 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1) - 1
    products: NDArray[np.float64] = corners @ patterns.T
    return products


def _instance(p: int, n: int, seed: int) -> NDArray[np.float64]:
    from learnscape.patterns import random_patterns

    return random_patterns(p, n, rng=seed)


EXERCISES: dict[str, Exercise] = {
    "first-moment": Number(
        ask="First-moment bound on the capacity at margin 1/2",
        right=lambda: _first_moment(HALF),
        absolute=1e-3,
        wrong=(
            Mistake(
                lambda: -math.log(2) / math.log(_H(-HALF)),
                "This has H(-κ) in place of H(κ): a pattern is satisfied with probability H(κ), which is below one half.",
            ),
            Mistake(lambda: _first_moment(0.0), "This is the bound without margin."),
            Mistake(
                lambda: 1 / -math.log(_H(HALF)),
                "The ln 2 is missing: there are 2^N corners to begin with, not e^N.",
            ),
            Mistake(
                lambda: _capacity(HALF),
                "This is the capacity that replicas give. The first moment gives a weaker, larger bound.",
            ),
            Mistake(
                lambda: -math.log(_H(HALF)) / math.log(2),
                "This is the number of bits that one pattern costs; the bound is one over it.",
            ),
        ),
        hint="Set the average number of solutions, 2^N H(κ)^P, equal to one.",
        matters="A pattern with this margin costs 1.7 bits instead of one, so fewer fit. It is a bound, and a proof in one line.",
    ),
    "capacity-at-margin": Number(
        ask="Capacity of the binary perceptron at margin 1/2",
        right=lambda: _capacity(HALF),
        absolute=1e-4,
        wrong=(
            Mistake(
                lambda: _first_moment(HALF),
                "This is the first-moment bound. The typical entropy vanishes before the average does.",
            ),
            Mistake(lambda: _capacity(0.0), "This is the capacity without margin."),
            Mistake(
                lambda: _capacity(-HALF),
                "This is the capacity at κ = -1/2. A positive margin must lower the capacity.",
            ),
            Mistake(
                lambda: _spherical_capacity(HALF),
                "This is the spherical perceptron. Call rs.capacity with Binary().",
            ),
        ),
        hint="rs.capacity(Binary(), Margin(0.5)); or look for the zero of rs.solve(...).entropy.",
        matters="It is 77 per cent of the first-moment bound, against 83 per cent at κ = 0: the larger the margin, the more the average misleads.",
    ),
    "number-of-solutions": Number(
        ask="Typical number of solutions at N = 25, P = 10, margin 0",
        right=lambda: math.exp(25 * _entropy(0.4)),
        relative=0.05,
        wrong=(
            Mistake(lambda: 2.0**15, "This is the average number, 2^25/2^10. A typical draw has fewer."),
            Mistake(lambda: 25 * _entropy(0.4), "This is N s, the logarithm of the number. Exponentiate."),
            Mistake(lambda: _entropy(0.4), "This is the entropy per weight s. The number is exp(N s)."),
            Mistake(
                lambda: math.exp(10 * _entropy(0.4)),
                "The entropy is per weight, not per pattern: multiply by N = 25.",
            ),
            Mistake(lambda: 2.0 ** (25 * _entropy(0.4)), "The entropy is in nats: the base is e, not 2."),
        ),
        hint="The load is 10/25 = 0.4.",
        matters="Twenty thousand solutions among 33 million corners, and a single draw scatters around that by a factor of three.",
    ),
    "symmetric-capacity": Number(
        ask="Capacity of the symmetric binary perceptron at margin 1/2",
        right=lambda: _symmetric(HALF),
        absolute=1e-3,
        wrong=(
            Mistake(
                lambda: _first_moment(HALF),
                "This is the bound for the one-sided demand. Now a pattern is satisfied with probability 1 - 2 H(κ).",
            ),
            Mistake(
                lambda: -math.log(2) / math.log(2 * _H(HALF)),
                "This has 2 H(κ), the probability of failing, in place of 1 - 2 H(κ).",
            ),
            Mistake(
                lambda: -math.log(2) / math.log(1 - _H(HALF)),
                "A Gaussian has two tails: the probability of |z| ≤ κ is 1 - 2 H(κ).",
            ),
            Mistake(lambda: _symmetric(1.0), "This is the capacity at κ = 1."),
        ),
        hint="The first moment is the answer here: 2^N times the P-th power of the probability of |z| ≤ κ.",
        matters="In this model the one-line bound is the theorem, because averages are typical.",
    ),
    "count-function": Function(
        name="count_solutions",
        parameters=("patterns",),
        reference=_count,
        inputs=tuple(
            (_instance(p, n, seed),)
            for seed, (p, n) in enumerate([(1, 1), (2, 3), (3, 3), (6, 10), (7, 11), (9, 12)])
        ),
        wrong=(
            Variant(
                lambda patterns: int(np.all(_fields(patterns) > 0, axis=1).sum()),
                "Ties are lost: a stability of exactly zero meets the margin 0, so compare with >=, not with >.",
            ),
            Variant(
                lambda patterns: int(np.any(_fields(patterns) >= 0, axis=1).sum()),
                "This counts corners that satisfy at least one pattern. All of them must be satisfied.",
            ),
            Variant(
                lambda patterns: int((_fields(patterns) >= 0).sum()),
                "This counts pairs of a corner and a satisfied pattern. Ask for all patterns of one corner first.",
            ),
            Variant(
                lambda patterns: math.log(max(_count(patterns), 1)) / patterns.shape[1],
                "This is the entropy per weight. The number itself is asked for.",
            ),
        ),
        matters="A referee that cannot be wrong: every clever counter, the library's too, is tested against these lines.",
    ),
}
