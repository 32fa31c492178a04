"""Exercises of the chapter on the shape of the space of solutions."""

from __future__ import annotations

import math
from functools import cache

from learnscape.classroom.kinds import Exercise, Function, Mistake, Number, Variant

OVERLAP, LOWEST = 0.28, -0.5
NARROW, FEW = -0.25, 0.1  # a constraint and a load


def _q(kappa: float, alpha: float) -> float:
    from learnscape import Margin, Spherical
    from learnscape.replica import rs

    return float(rs.solve(Spherical(), Margin(kappa), alpha).q)


def _connected(kappa: float, alpha: float) -> float:
    from learnscape import Margin
    from learnscape.replica.geometry import connected_margin

    return connected_margin(Margin(kappa), alpha)


def _seeing(kappa: float, alpha: float) -> float:
    from learnscape import Margin
    from learnscape.replica.geometry import kernel_margin

    return kernel_margin(Margin(kappa), alpha)


def _own(kappa: float, alpha: float) -> float:
    """kappa_1 = kappa q(kappa_1), the overlap of the robust solutions among themselves."""
    margin = kappa
    for _ in range(100):
        margin = kappa * _q(margin, alpha)
    return margin


@cache
def _gap(size: int | None) -> float:
    from learnscape import SymmetricMargin
    from learnscape.replica.geometry import overlap_gap

    return overlap_gap(SymmetricMargin(1.0), sizes=None if size is None else [size]).alpha


def _choices(d: float) -> float:
    return -d * math.log(d) - (1.0 - d) * math.log(1.0 - d)


def _pairs(d: float, alpha: float) -> float:
    from learnscape import SymmetricMargin
    from learnscape.replica.geometry import tuple_entropy

    return 2.0 * tuple_entropy(SymmetricMargin(1.0), alpha, d, 2)


def _independent(d: float, alpha: float) -> float:
    return math.log(2.0) + _choices(d) + 2.0 * alpha * math.log(math.erf(math.sqrt(0.5)))


EXERCISES: dict[str, Exercise] = {
    "lowest-stability": Number(
        ask="Lowest stability half-way between two solutions of margin -1/2 and overlap 0.28",
        right=lambda: LOWEST / math.sqrt(0.5 * (1.0 + OVERLAP)),
        absolute=1e-3,
        wrong=(
            Mistake(
                lambda: LOWEST,
                "This is the lowest stability on the chord. Bring the point back to the sphere.",
            ),
            Mistake(
                lambda: LOWEST * math.sqrt(0.5 * (1.0 + OVERLAP)),
                "The chord's middle is too short: divide by its length, don't multiply.",
            ),
            Mistake(lambda: LOWEST / (0.5 * (1.0 + OVERLAP)), "This divides by the square of the length n."),
            Mistake(
                lambda: -LOWEST / math.sqrt(0.5 * (1.0 + OVERLAP)),
                "The sign is lost: the stability is negative.",
            ),
        ),
        hint="n² = (1 + q)/2 in the middle, and stabilities there are the mean of those of the ends, divided by n.",
        matters="A quarter more violation than either end has: this factor is all there is to the barrier.",
    ),
    "connected-margin": Number(
        ask="Margin from which two solutions are joined by a free geodesic, κ = -1/4, α = 1",
        right=lambda: _connected(NARROW, 1.0),
        absolute=1e-4,
        wrong=(
            Mistake(
                lambda: NARROW * math.sqrt(0.5 * (1.0 + _q(NARROW, 1.0))),
                "This uses the overlap of typical solutions. Solutions of the larger margin are closer to each other: iterate.",
            ),
            Mistake(
                lambda: _seeing(NARROW, 1.0),
                "This is the kernel's margin, where the other end is a typical solution.",
            ),
            Mistake(lambda: _connected(-0.5, 1.0), "This is for the constraint κ = -1/2."),
            Mistake(lambda: NARROW, "These are the typical solutions, with an error on the way."),
        ),
        hint="margin = -0.25 * sqrt((1 + q)/2), with q of rs.solve(Spherical(), Margin(margin), 1.0); repeat.",
        matters="The free ones are hardly more robust than the rest: at this load the overlap is already above one third.",
    ),
    "kernel-margin": Number(
        ask="Margin of the kernel for κ = -1/2 at α = 0.1",
        right=lambda: _seeing(-0.5, FEW),
        absolute=1e-4,
        wrong=(
            Mistake(
                lambda: _own(-0.5, FEW),
                "This uses the robust solutions' overlap among themselves. What counts is that with typical ones.",
            ),
            Mistake(
                lambda: -0.5 * _q(-0.5, FEW),
                "This uses the overlap of two typical solutions. One end has the larger margin.",
            ),
            Mistake(lambda: _connected(-0.5, FEW), "This is κ_*, for two ends of equal margin."),
            Mistake(lambda: 0.0, "This is the limit α → 0. At 0.1 the overlap is small, but not zero."),
        ),
        hint="kernel_margin(Margin(-0.5), 0.1); it solves κ_1 = κ p.",
        matters="Few patterns, and yet to see everyone takes nearly a margin of zero: typical solutions are almost orthogonal.",
    ),
    "pair-exponent": Function(
        name="pair_exponent",
        parameters=("d", "alpha"),
        reference=_pairs,
        inputs=((0.25, 1.0), (0.1, 0.5), (0.02, 1.72), (0.4, 1.8), (0.005, 0.0)),
        relative=1e-6,
        wrong=(
            Variant(
                lambda d, alpha: 0.5 * _pairs(d, alpha),
                "This is the exponent for each member of the pair. Here that of the whole pair is asked for.",
            ),
            Variant(
                lambda d, alpha: _pairs(d, alpha) - math.log(2.0),
                "The first member of the pair is free: there are 2^N choices for it.",
            ),
            Variant(
                _independent,
                "This treats the two stabilities as independent. Their correlation is 1 - 2d.",
            ),
            Variant(
                lambda d, alpha: (
                    math.log(2.0)
                    + _choices(d)
                    + alpha * (_pairs(0.5 * d, 1.0) - math.log(2.0) - _choices(0.5 * d))
                ),
                "The correlation is the overlap, 1 - 2d, not 1 - d.",
            ),
        ),
        matters="Where it is negative there are no pairs at this distance: one line of Markov, and a theorem.",
    ),
    "six-solutions": Number(
        ask="Load beyond which sets of six solutions miss some distance, symmetric perceptron, κ = 1",
        right=lambda: _gap(6),
        absolute=1e-5,
        wrong=(
            Mistake(lambda: _gap(5), "This is m = 5."),
            Mistake(lambda: _gap(4), "This is m = 4, the best whole number."),
            Mistake(lambda: _gap(None), "This is the minimum over real sizes."),
        ),
        hint="overlap_gap(SymmetricMargin(1.0), sizes=[6]).alpha",
        matters="Larger sets at one distance are too rigid to be the best obstacle; a tree of sets does better.",
    ),
}
