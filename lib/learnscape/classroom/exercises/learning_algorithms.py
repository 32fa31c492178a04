"""Exercises of the chapter on algorithms that learn: Hebb's errors, the echo of one pattern, state evolution, a rate of convergence, rule 2."""

from __future__ import annotations

import math

from learnscape.classroom.kinds import Choice, Exercise, Function, Mistake, Number, Option, Variant

HEBB_LOAD = 0.4
RATE_LOAD = 0.6


def _tail(x: float) -> float:
    return 0.5 * math.erfc(x / math.sqrt(2.0))


def _echo() -> float:
    """Root of x = A(-x)."""
    from scipy.optimize import brentq

    from learnscape.numerics.gaussian import inverse_mills

    return float(brentq(lambda x: x - float(inverse_mills(-x)), 0.0, 1.0, xtol=1e-12))


def _first_word() -> float:
    return math.sqrt(2.0 / math.pi)


def _replicon() -> float:
    from learnscape import Binary, Margin
    from learnscape.replica import rs

    return float(rs.solve(Binary(), Margin(0.0), RATE_LOAD).replicon)


def _overlap_rate() -> float:
    """Slope of one step at its fixed point: how a change of the overlap itself shrinks."""
    from learnscape import Binary, Margin
    from learnscape.replica import rs

    q = float(rs.solve(Binary(), Margin(0.0), RATE_LOAD).q)
    above, below = (_overlap(_conjugate(q + change, RATE_LOAD)) for change in (1e-4, -1e-4))
    return (above - below) / 2e-4


def _conjugate(q: float, alpha: float) -> float:
    from learnscape.numerics.gaussian import inverse_mills, quadrature

    z, weight = quadrature(256)
    return float(alpha / (1.0 - q) * (weight @ inverse_mills(-math.sqrt(q / (1.0 - q)) * z) ** 2))


def _overlap(q_hat: float, power: int = 2) -> float:
    import numpy as np

    from learnscape.numerics.gaussian import quadrature

    z, weight = quadrature(256)
    return float(weight @ np.abs(np.tanh(math.sqrt(q_hat) * z)) ** power)


EXERCISES: dict[str, Exercise] = {
    "hebb": Number(
        ask="Share of patterns on which the clipped Hebb rule errs at load 0.4",
        right=lambda: _tail(math.sqrt(2.0 / (math.pi * HEBB_LOAD))),
        absolute=1e-3,
        wrong=(
            Mistake(
                lambda: _tail(1.0 / math.sqrt(HEBB_LOAD)),
                "This is H(1/√α), for Hebb's weights before they are clipped. Taking signs lowers the mean field by the factor √(2/π).",
            ),
            Mistake(
                lambda: _tail(2.0 / (math.pi * HEBB_LOAD)),
                "This is H(2/(πα)). The mean field is the root of that.",
            ),
            Mistake(
                lambda: 1.0 - _tail(math.sqrt(2.0 / (math.pi * HEBB_LOAD))),
                "This is the share of patterns that it gets right.",
            ),
        ),
        hint="The field of a pattern is Gaussian with mean √(2/(πα)) and variance 1.",
        matters="One look at each pattern stores nothing without error at finite load: somebody has to ask which patterns still need help.",
    ),
    "echo": Number(
        ask="Field that one pattern hears if its echo is not subtracted",
        right=_echo,
        absolute=1e-3,
        wrong=(
            Mistake(
                _first_word,
                "This is A(0) = √(2/π), the field after the first iteration. The pattern then hears itself, and speaks less loudly. Go on to the fixed "
                "point, ω = A(-ω).",
            ),
            Mistake(
                lambda: 0.0,
                "This is the field with the echo term, the right one. The question leaves it out.",
            ),
            Mistake(
                lambda: _tail(-_echo()),
                "This is the probability to be satisfied that the pattern believes in. The question asks for the field.",
            ),
        ),
        hint="The weights have small means, ξ_i f'(ω)/√N, and V = 1. Sum them up over the pattern.",
        matters="An error of order one, at any size, from terms of order 1/√N: they all have the same sign.",
    ),
    "step-function": Function(
        name="step",
        parameters=("q", "alpha"),
        reference=lambda q, alpha: _overlap(_conjugate(q, alpha)),
        inputs=((0.0, 0.5), (0.2, 0.5), (0.4, 0.7), (0.6, 0.8), (0.3, 0.1)),
        relative=1e-5,  # rounded to six decimals, the smallest of these numbers is off by 2e-6 of itself
        wrong=(
            Variant(
                lambda q, alpha: _overlap(_conjugate(q, alpha) * (1.0 - q)),
                "The factor 1/(1 - q) of q̂ is missing: f' carries 1/√V.",
            ),
            Variant(
                lambda q, alpha: _overlap(_conjugate(q, alpha) ** 2),
                "The argument of tanh is √q̂ z, and here it is q̂ z.",
            ),
            Variant(
                lambda q, alpha: _overlap(_conjugate(q, alpha), power=1),
                "Average the square of the means, tanh², not their size.",
            ),
            Variant(
                _conjugate,
                "This is q̂, half of the step. The weights still have to answer: q is the mean of tanh²(√q̂ z).",
            ),
        ),
        matters="Ten steps of this function tell what ten iterations of message passing do on any large random problem.",
    ),
    "rate": Number(
        ask="Factor by which an iteration shrinks a random disturbance at load 0.6",
        right=lambda: math.sqrt(1.0 - _replicon()),
        absolute=1e-3,
        wrong=(
            Mistake(
                lambda: 1.0 - _replicon(),
                "This is 1 - λ, the factor of the variance. The size of a disturbance shrinks by its root.",
            ),
            Mistake(_replicon, "This is the replicon λ itself. The variance is multiplied by 1 - λ."),
            Mistake(lambda: math.sqrt(_replicon()), "This is √λ. The variance is multiplied by 1 - λ."),
            Mistake(
                _overlap_rate,
                "This is how a change of the overlap shrinks, the slope of state evolution. Here the numbers are random and leave the overlap alone.",
            ),
        ),
        hint="rs.solve(Binary(), Margin(0.0), 0.6).replicon, and a root.",
        matters="A number from the stability of a replica matrix predicts how long a program runs.",
    ),
    "barely": Choice(
        ask="A pattern is barely satisfied, w·ξ = 1. Which hidden integers does rule 2 move?",
        options=(
            Option(
                "those of weights that disagree with the pattern, to raise its margin",
                "This would be a further step of rule 1. The pattern is satisfied, and without such a weight the others sum to 2: it does not need it.",
            ),
            Option(
                "all of them",
                "That is rule 1, for violated patterns. A satisfied pattern speaks only to those it needs.",
            ),
            Option(
                "those of weights that agree with it: without one of them it would be undecided",
                "The others then sum to 0. The pattern's letter to this weight, which leaves the weight itself out, asks it to stay.",
                right=True,
            ),
            Option(
                "those nearest to zero, since they change most easily",
                "The size of h does not enter. What counts is the field without this weight's own contribution.",
            ),
        ),
    ),
}
