"""Exercises of the chapter on isolated solutions."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from learnscape.classroom.kinds import Exercise, Function, Mistake, Number, Variant

LOAD, HALF = 0.45, 0.5
TEACHER = math.sqrt(2.0 / math.pi)  # density of a teacher's stabilities at zero


def _last_size(density: float, low: float = 10.0, high: float = 1e4) -> float:
    """Where the mean number of neighbours at one flip, N exp(-load density sqrt N), is one."""
    return float(brentq(lambda n: math.log(n) - LOAD * density * math.sqrt(n), low, high))


def _exact_size() -> float:
    """The same for the exact mean number, N (1 - p)^(load N) with p = C(N-1, (N-1)/2) / 2^(N-1)."""

    def log_mean(n: float) -> float:
        p = math.exp(math.lgamma(n) - 2.0 * math.lgamma(0.5 * (n + 1.0)) - (n - 1.0) * math.log(2.0))
        return math.log(n) + LOAD * n * math.log1p(-p)

    return float(brentq(log_mean, 50.0, 1e4))


def _edge(margin: float) -> float:
    """Coefficient of d^(-1/2) for the symmetric perceptron at load 1."""
    from learnscape import Binary, SymmetricMargin
    from learnscape.replica import franz_parisi

    return float(franz_parisi.edge_slope(Binary(), SymmetricMargin(margin), 1.0))


def _teacher_edge() -> float:
    from learnscape import Binary, Margin
    from learnscape.replica import franz_parisi

    return float(franz_parisi.edge_slope(Binary(), Margin(0.0), 1.0, teacher=True))


def _zero(kind: str, alpha: float = HALF) -> float:
    """Where the entropy, or the first moment given the reference, vanishes."""
    from learnscape import Binary, Margin
    from learnscape.replica import franz_parisi

    def value(u: float) -> float:
        count = getattr(franz_parisi, kind)
        return float(count(Binary(), Margin(0.0), alpha, math.exp(u)))

    low = -12.0 if kind == "first_moment" else math.log(_zero("first_moment", alpha))
    return math.exp(brentq(value, low, math.log(0.1), xtol=1e-9))


def _planted_zero() -> float:
    def sigma(d: float) -> float:
        choices = -d * math.log(d) - (1.0 - d) * math.log1p(-d)
        return choices + HALF * math.log1p(-math.acos(1.0 - 2.0 * d) / math.pi)

    return float(brentq(sigma, 1e-6, 0.05))


def _filling(largest: bool, d: float = 0.01) -> float:
    """Entropy at a small distance in units of that without patterns."""
    from learnscape import Binary, Margin
    from learnscape.replica import franz_parisi

    margin = franz_parisi.kappa_max(Binary(), HALF) if largest else None
    found = franz_parisi.solve(Binary(), Margin(0.0), HALF, d, reference_margin=margin)
    return float(found.entropy / found.shell_entropy)


def _flips(solutions: NDArray[np.float64]) -> NDArray[np.int64]:
    """Numbers of flips between all pairs of rows."""
    n = solutions.shape[1]
    whole: NDArray[np.int64] = np.rint((n - solutions @ solutions.T) / 2).astype(np.int64)
    return whole


def _neighbours(solutions: NDArray[np.float64]) -> NDArray[np.int64]:
    counted: NDArray[np.int64] = (_flips(solutions) == 1).sum(axis=1)
    return counted


def _solutions(p: int, n: int, seed: int) -> NDArray[np.float64]:
    from learnscape.learn import enumerate_solutions
    from learnscape.patterns import random_patterns

    found = enumerate_solutions(random_patterns(p, n, rng=seed), return_solutions=True).solutions
    assert found is not None
    return np.asarray(found, dtype=np.float64)


EXERCISES: dict[str, Exercise] = {
    "last-neighbour": Number(
        ask="Size N beyond which a planted solution has on average less than one neighbour at one flip, α = 0.45",
        right=lambda: _last_size(TEACHER),
        relative=0.02,
        wrong=(
            Mistake(
                lambda: (2.0 / (LOAD * TEACHER)) ** 2,
                "This is where the number of neighbours is largest. Ask where it falls below one.",
            ),
            Mistake(
                _exact_size,
                "This is the root for the exact mean number. Well done, but the check asks for that of the estimate N exp(-α ρ_0 √N); the solution says why they differ.",
            ),
            Mistake(
                lambda: _last_size(TEACHER, 1.01, 10.0),
                "The equation has two roots. This is the small one, from which on there is more than one neighbour.",
            ),
            Mistake(
                lambda: _last_size(2.0 / math.pi),
                "This uses 2/π, the law of Gaussian patterns. For one flip and entries ±1 the coefficient is ρ_0 = 2G(0).",
            ),
            Mistake(
                lambda: _last_size(0.5 * TEACHER),
                "A teacher's stabilities are half a Gaussian, normalised: the density at zero is 2G(0), not G(0).",
            ),
        ),
        hint="Solve N exp(-α ρ_0 √N) = 1 for the larger root.",
        matters="About ten times the largest size that can be enumerated. Exponentials of √N win, but they take their time.",
    ),
    "symmetric-slope": Number(
        ask="Coefficient of d^(-1/2) in the slope of σ_1 for the symmetric perceptron, κ = 1, α = 1",
        right=lambda: _edge(1.0),
        absolute=1e-3,
        wrong=(
            Mistake(
                lambda: 0.5 * _edge(1.0),
                "This counts one edge. A stability can leave the interval at both ends.",
            ),
            Mistake(
                lambda: 2.0 * _edge(1.0),
                "This is the coefficient of √d in σ_1. Its derivative is half of it.",
            ),
            Mistake(
                lambda: -_edge(1.0),
                "The sign: patterns take solutions away, so σ_1 falls from the reference.",
            ),
            Mistake(lambda: _teacher_edge(), "This is a teacher at κ = 0, with ρ_0 = 2G(0)."),
            Mistake(
                lambda: _edge(1.0) * math.erf(math.sqrt(0.5)),
                "The density of stabilities was not divided by P(|z| ≤ 1): the reference is a solution.",
            ),
        ),
        hint="ρ_0 is the sum over both edges, 2 G(1)/P(|z| ≤ 1).",
        matters="The law knows nothing of the constraint but the density of stabilities at its edges.",
    ),
    "shell": Number(
        ask="Width of the empty shell around a typical solution, κ = 0, α = 1/2 (share of all weights)",
        right=lambda: _zero("entropy"),
        absolute=5e-5,
        wrong=(
            Mistake(
                lambda: _zero("first_moment"),
                "This is the zero of the first moment σ_1, a lower bound on the width. Use franz_parisi.entropy.",
            ),
            Mistake(
                lambda: _planted_zero(),
                "This is the zero of σ for a planted solution, averaged over its stabilities.",
            ),
            Mistake(
                lambda: 1.0 / _zero("entropy"),
                "This is the size at which the shell is one flip wide. Asked is its inverse.",
            ),
            Mistake(lambda: _zero("entropy", 0.6), "This is the shell at α = 0.6."),
        ),
        hint="brentq on franz_parisi.entropy between d = 0.005 and 0.05.",
        matters="Less than one per cent of the weights, and yet enough to make every typical solution an island when N is large.",
    ),
    "neighbours": Function(
        name="one_flip_neighbours",
        parameters=("solutions",),
        reference=_neighbours,
        inputs=tuple(
            (_solutions(p, n, seed),) for p, n, seed in ((3, 7, 1), (4, 9, 2), (6, 9, 3), (1, 5, 4))
        ),
        wrong=(
            Variant(
                lambda solutions: (_flips(solutions) <= 1).sum(axis=1),
                "Each solution counts itself, at zero flips.",
            ),
            Variant(
                lambda solutions: (_flips(solutions) == 2).sum(axis=1),
                "One flip changes the overlap by 2/N: these are the solutions at two flips.",
            ),
            Variant(
                lambda solutions: int(_neighbours(solutions).sum()),
                "This is the sum over all solutions. One number for each is asked for.",
            ),
            Variant(
                lambda solutions: (_neighbours(solutions) > 0).astype(int),
                "This says whether there is a neighbour. Asked is how many there are.",
            ),
        ),
        matters="The graph that the explorable draws. Its isolated points are where this function returns zero.",
    ),
    "filling": Number(
        ask="S(d)/η(d) at d = 0.01 around solutions of largest margin, κ = 0, α = 1/2",
        right=lambda: _filling(True),
        absolute=5e-3,
        wrong=(
            Mistake(
                lambda: _filling(False), "This is around typical solutions. Pass reference_margin=kappa_max."
            ),
            Mistake(
                lambda: _filling(True) * 0.0560015,
                "This is S itself. Divide by η(0.01), the field shell_entropy of the result.",
            ),
            Mistake(lambda: _filling(True, 0.1), "This is at d = 0.1, where the region is no longer dense."),
        ),
        hint="found = franz_parisi.solve(..., reference_margin=franz_parisi.kappa_max(Binary(), 0.5)); found.entropy/found.shell_entropy.",
        matters="Nearly all vectors, in the exponent, that differ in one per cent of the weights are solutions. Around a typical solution it is a ninth.",
    ),
}
