"""Exercises of the primer of statistical mechanics.

The right answers are computed from their definitions: entropies, averages of logarithms, the saddle point of the Curie-Weiss model, the zero
of an annealed entropy.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from learnscape.classroom.kinds import Exercise, Function, Mistake, Number, Variant

QUARTER = 0.25
UP, DOWN, STAKE = 1.5, 0.6, 0.5
BETA, FIELD = 1.5, 0.1
LN_STATES, VARIANCE = math.log(3.0), 1.0  # per weight, of the random energy model in the exercise


def _binary_entropy(x: float) -> float:
    return -x * math.log(x) - (1 - x) * math.log(1 - x)


def _typical_growth(stake: float) -> float:
    return 0.5 * (math.log(1 - stake + stake * UP) + math.log(1 - stake + stake * DOWN))


def _iterate(m: float, beta: float, field: float, steps: int = 5000) -> float:
    """Iterate m <- tanh(beta (m + field))."""
    for _ in range(steps):
        m = math.tanh(beta * (m + field))
    return m


def _middle(beta: float, field: float) -> float:
    """The solution between the two maxima, a minimum of the exponent."""
    from scipy.optimize import brentq

    edge = math.sqrt(1 - 1 / beta)  # where f'' vanishes
    return float(brentq(lambda m: m - math.tanh(beta * (m + field)), -edge, edge))


def _freezing(ln_states: float, variance: float) -> float:
    """Zero of the annealed entropy ln_states - variance beta^2 / 2."""
    return math.sqrt(2 * ln_states / variance)


def _log_z(beta: float, energies: Any) -> float:
    exponents = -beta * np.asarray(energies, dtype=float)
    largest = float(np.max(exponents))
    return largest + math.log(float(np.sum(np.exp(exponents - largest))))


def _naive_log_z(beta: float, energies: Any) -> float:
    with np.errstate(all="ignore"):
        return float(np.log(np.sum(np.exp(-beta * np.asarray(energies, dtype=float)))))


EXERCISES: dict[str, Exercise] = {
    "quarter": Number(
        ask="Entropy per weight when one quarter of the weights is -1",
        unit="nats",
        right=lambda: _binary_entropy(QUARTER),
        absolute=1e-4,
        wrong=(
            Mistake(
                lambda: -QUARTER * math.log(QUARTER),
                "This counts only the minority: the term of the other three quarters is missing.",
            ),
            Mistake(
                lambda: -(1 - QUARTER) * math.log(1 - QUARTER),
                "This counts only the majority: the term of the one quarter is missing.",
            ),
            Mistake(
                lambda: math.log(2),
                "This is the entropy of all settings, or of those with one half of the weights -1.",
            ),
            Mistake(
                lambda: math.exp(_binary_entropy(QUARTER)),
                "This is e^s, the number of states per weight. The entropy is its logarithm.",
            ),
        ),
        hint="The number of such settings is a binomial coefficient; its logarithm per weight is -x ln x - (1-x) ln(1-x).",
        matters="Settings with one quarter of minus signs are e^(-0.13 N) times rarer than balanced ones: at N = 1000 nobody ever draws one "
        "by chance, although there are e^562 of them.",
    ),
    "half-stake": Number(
        ask="Typical growth per round with half of the money at stake",
        right=lambda: _typical_growth(STAKE),
        absolute=1e-4,
        wrong=(
            Mistake(
                lambda: _typical_growth(1.0), "This is the typical growth with all of the money at stake."
            ),
            Mistake(
                lambda: math.log(1 - STAKE + STAKE * (UP + DOWN) / 2),
                "This is the logarithm of the mean factor. Average the logarithm instead.",
            ),
            Mistake(
                lambda: STAKE * _typical_growth(1.0),
                "Half of the logarithm is not the logarithm of half the stake: average ln(1/2 + x/2).",
            ),
            Mistake(
                lambda: (1 - STAKE + STAKE * (UP + DOWN) / 2) - 1,
                "This is the mean gain per round, annealed. Average the logarithm instead.",
            ),
            Mistake(
                lambda: math.exp(_typical_growth(STAKE)),
                "This is the typical factor per round; its logarithm is the growth.",
            ),
        ),
        hint="The two factors are 1.25 and 0.8. Average their logarithms.",
        matters="Half the stake turns a typical loss of five per cent a round into exactly nothing: 1.25 times 0.8 is 1. The mean would have told you to "
        "stake everything.",
    ),
    "magnetisation": Number(
        ask="Magnetisation of the metastable maximum at beta = 1.5, h = 0.1",
        right=lambda: _iterate(-1.0, BETA, FIELD),
        absolute=1e-4,
        wrong=(
            Mistake(
                lambda: _iterate(1.0, BETA, FIELD),
                "This is the maximum that wins. The metastable one has the opposite sign: start the iteration at m = -1.",
            ),
            Mistake(
                lambda: _middle(BETA, FIELD),
                "This solves the equation, but it is the minimum of f between the two maxima.",
            ),
            Mistake(
                lambda: _iterate(-1.0, BETA, 0.0),
                "This is the solution without field. The field h = 0.1 pulls it towards zero.",
            ),
            Mistake(
                lambda: _iterate(-1.0, BETA, FIELD / BETA),
                "Here only m was multiplied by beta. The argument is beta (m + h), so the field must be multiplied too.",
            ),
            Mistake(
                lambda: -_iterate(-1.0, BETA, FIELD),
                "Check the sign: the losing maximum lies on the side against the field.",
            ),
            Mistake(
                lambda: _iterate(-1.0, BETA, FIELD, 1),
                "This is the first iterate from m = -1. Go on until nothing moves.",
            ),
            Mistake(
                lambda: _iterate(-1.0, BETA, FIELD, 2),
                "This is the second iterate from m = -1. Go on until nothing moves.",
            ),
        ),
        hint="Iterate m <- tanh(1.5 (m + 0.1)) from m = -1 until four decimals no longer change.",
        matters="A crowd may keep an opinion against the evidence for a time exponential in its size. An algorithm that looks for the best weights "
        "meets the same trap: a maximum that loses, and does not let go.",
    ),
    "freezing": Number(
        ask="Inverse temperature at which the model freezes",
        right=lambda: _freezing(LN_STATES, VARIANCE),
        absolute=1e-3,
        wrong=(
            Mistake(
                lambda: _freezing(math.log(2), 0.5),
                "This is the freezing point of the model in the text, with 2^N states and variance N/2.",
            ),
            Mistake(lambda: _freezing(LN_STATES, 0.5), "The variance is N here, not N/2."),
            Mistake(lambda: _freezing(math.log(2), VARIANCE), "There are 3^N states here, not 2^N."),
            Mistake(
                lambda: math.sqrt(LN_STATES / VARIANCE),
                "The derivative is missing: the entropy is ln Z - beta d(ln Z)/d(beta), which turns +beta²/2 into -beta²/2.",
            ),
        ),
        hint="Compute ln of the average of Z, per N; from it the entropy; and find its zero.",
        matters="The negative entropy of an annealed calculation is the alarm bell of this book: it tells where the simple answer must end, here and in the "
        "perceptron with binary weights.",
    ),
    "log-z-function": Function(
        name="log_z",
        parameters=("beta", "energies"),
        reference=_log_z,
        inputs=(
            (1.0, (0.0, 0.0)),
            (0.5, (1.0, 2.0, 3.0)),
            (0.0, (5.0, -7.0, 2.0)),
            (1.0, (-1.0e5, -1.0e5)),
            (2.0, (1.0e5, 1.0e5 + 1.0)),
            (30.0, (-1.0e5, 3.0, 1.0e5)),
        ),
        relative=1e-12,
        wrong=(
            Variant(
                _naive_log_z,
                "Right for small energies, infinite for large ones: the exponential leaves the range of floating-point numbers. Take the "
                "largest exponent out before the sum and add it back after the logarithm.",
            ),
            Variant(
                lambda beta, energies: _log_z(-beta, energies),
                "Check the sign of the exponent: a large energy must be unlikely, exp(-beta E).",
            ),
            Variant(
                lambda beta, energies: _log_z(beta, energies) - math.log(len(energies)),
                "This is the logarithm of the mean. The partition function is a sum.",
            ),
            Variant(
                lambda beta, energies: _log_z(beta, energies) + beta * float(np.min(energies)),
                "The largest term was taken out and not put back: add its exponent after the logarithm.",
            ),
        ),
        matters="Every sum over states in this book is computed like this. Numbers like e^100000 have no place in a computer; their logarithms do.",
    ),
}
