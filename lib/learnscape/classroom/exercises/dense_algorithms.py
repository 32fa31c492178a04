"""Exercises of the chapter on algorithms that find crowds: a bond, two copies, the pull as code, an exchanged pattern, an empty limit."""

from __future__ import annotations

import math

from learnscape.classroom.kinds import Choice, Exercise, Function, Mistake, Number, Option, Variant

COPIES, GAMMA, FIELD = 7, 0.5, 0.3


def _bond(a: float, t: float) -> float:
    """A field through a bond of tanh gamma = t."""
    return math.atanh(t * math.tanh(a))


def _pull(copies: float) -> float:
    t = math.tanh(GAMMA)
    return _bond(copies * _bond(FIELD, t), t)


def _total(a: float, rho: float, x: float) -> float:
    if x == 0:
        return a / (1.0 - rho)
    t, others = rho**x, rho ** (1.0 - 2.0 * x) / (1.0 - rho)
    return a + _bond(others * _bond(a, t), t)


def _one_way(a: float, rho: float, x: float) -> float:
    """The centre's field is not sent through the second bond."""
    if x == 0:
        return a / (1.0 - rho)
    return a + rho ** (1.0 - 2.0 * x) / (1.0 - rho) * _bond(a, rho**x)


def _all_copies(a: float, rho: float, x: float) -> float:
    """The copy hears itself as well."""
    if x == 0:
        return a / (1.0 - rho) + a
    t, others = rho**x, rho ** (1.0 - 2.0 * x) / (1.0 - rho)
    return a + _bond((others + 1.0) * _bond(a, t), t)


EXERCISES: dict[str, Exercise] = {
    "bond": Number(
        ask="Pull of six other copies at field 0.3, γ = 0.5",
        right=lambda: _pull(COPIES - 1.0),
        absolute=1e-3,
        wrong=(
            Mistake(
                lambda: 6.0 * math.tanh(GAMMA) ** 2 * FIELD,
                "This is the formula for weak fields. The bond back to the copy lets less through.",
            ),
            Mistake(lambda: _pull(7.0), "Seven copies, of which the weight hears six: not itself."),
            Mistake(
                lambda: 6.0 * _bond(FIELD, math.tanh(GAMMA)),
                "This is what the centre gathers. It must pass a second bond to reach the copy.",
            ),
            Mistake(lambda: FIELD + _pull(6.0), "This is the total field h. Asked is the pull alone."),
        ),
        hint="u = artanh(tanh γ tanh a), then the same bond with 6u.",
        matters="However many copies there are, the pull never exceeds γ.",
    ),
    "two": Number(
        ask="Probability that two copies agree in a weight, γ = 1",
        right=lambda: 0.5 * (1.0 + math.tanh(1.0) ** 2),
        absolute=1e-3,
        wrong=(
            Mistake(
                lambda: 0.5 * (1.0 + math.tanh(1.0)),
                "This is the probability that a copy agrees with its centre, or that two copies coupled by J = γ agree. Two copies have two bonds "
                "between them: summing the centre out leaves J = ½ ln cosh 2γ.",
            ),
            Mistake(
                lambda: math.tanh(1.0) ** 2,
                "This is their mean overlap. The probability to agree is (1 + overlap)/2.",
            ),
        ),
        hint="The weight of a state is 2 cosh(γ(w¹ + w²)).",
        matters="A centre is nothing but an attraction between the copies, and a weaker one than either bond.",
    ),
    "total": Function(
        name="total",
        parameters=("a", "rho", "x"),
        reference=_total,
        inputs=((0.3, 0.5, 0.5), (0.1, 0.2, 0.25), (-0.8, 0.7, 0.5), (0.4, 0.6, 0.0), (1.5, 0.3, 0.4)),
        wrong=(
            Variant(_one_way, "What the centre says must pass the bond to the copy too."),
            Variant(_all_copies, "The copy must not hear itself: y - 1 others."),
            Variant(
                lambda a, rho, x: _total(a, rho, x) - a,
                "This is the pull g alone. Asked is h = a + g(a).",
            ),
            Variant(
                lambda a, rho, x: a / (1.0 - rho),
                "This is reinforcement, x = 0. For x > 0 strong fields are amplified less.",
            ),
        ),
        matters="One formula, from reinforcement (x = 0) to pseudo-reinforcement (x = 1/2).",
    ),
    "survives": Choice(
        ask="The new weights solve the old problem too, and differ. What do you know about the old weights?",
        options=(
            Option(
                "nothing",
                "The new weights satisfy all old patterns, so they are a second solution of the old problem.",
            ),
            Option(
                "they are not the only solution of the old problem, and the other one is as near as the search is stable",
                "The event that the new weights solve the old problem has the probability one eighth, and then they are a neighbour. "
                "This is why stability and isolation do not go together.",
                right=True,
            ),
            Option(
                "they solve the new problem as well",
                "This is another event of probability one eighth, and says nothing about neighbours.",
            ),
        ),
    ),
    "limit": Choice(
        ask="What does the measure of seven copies prefer as γ → ∞?",
        options=(
            Option(
                "the densest places",
                "At infinite coupling no copy can look around: all sit on the centre.",
            ),
            Option(
                "solutions of large margin",
                "Nothing in the measure speaks of margins: each pattern is satisfied or not.",
            ),
            Option(
                "no solution over any other",
                "All copies equal the centre, and each solution contributes the same. What reinforcement prefers is due to its path and to belief "
                "propagation, not to the limit of the measure.",
                right=True,
            ),
        ),
    ),
}
