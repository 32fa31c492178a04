"""Exercises of the chapter on realistic networks: rescaled curvatures, a smoothed landscape, matching units, a bound from a local energy, a fair comparison."""

from __future__ import annotations

import math

from learnscape.classroom.kinds import Choice, Exercise, Function, Mistake, Number, Option, Variant

INCOMING, OUTGOING = 0.5, 8.0  # curvatures
SHARP, FLAT, HIGHER = 1000.0, 1.0, 2.0
OVERLAPS = ((0.9, 0.8, 0.1), (0.8, 0.3, 0.2), (0.7, 0.1, 0.0))
DELTA = 0.05


def _stiffness(ratio: float) -> float:
    """Where (gamma + sharp)/(gamma + flat) is the ratio."""
    return (SHARP - ratio * FLAT) / (ratio - 1.0)


def _assigned() -> float:
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(OVERLAPS, maximize=True)
    return sum(OVERLAPS[i][j] for i, j in zip(rows, columns, strict=True))


def _kl(p: float, q: float) -> float:
    first = p * math.log(p / q) if p > 0.0 else 0.0
    return first + (1.0 - p) * math.log((1.0 - p) / (1.0 - q))


def _limit(d: float, n: float, p: float) -> float:
    eta = -d * math.log(d) - (1.0 - d) * math.log(1.0 - d)
    return (n * (math.log(2.0) - eta) + math.log((p + 1.0) / DELTA)) / p


def _largest(error: float, limit: float) -> float:
    """The largest E with kl(error | E) <= limit."""
    low, high = error, 1.0
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (middle, high) if _kl(error, middle) <= limit else (low, middle)
    return low


def _bound(error: float, d: float, n: float, p: float) -> float:
    return _largest(error, _limit(d, n, p))


def _in_bits(error: float, d: float, n: float, p: float) -> float:
    """With entropies in bits."""
    confidence = math.log((p + 1.0) / DELTA) / p
    return _largest(error, (_limit(d, n, p) - confidence) / math.log(2.0) + confidence)


EXERCISES: dict[str, Exercise] = {
    "scale": Number(
        ask="Factor λ that makes the sum of the two curvatures smallest",
        right=lambda: (INCOMING / OUTGOING) ** 0.25,
        absolute=1e-3,
        wrong=(
            Mistake(
                lambda: (OUTGOING / INCOMING) ** 0.25,
                "The curvature along the incoming weight is divided by λ², the other one multiplied.",
            ),
            Mistake(
                lambda: (INCOMING / OUTGOING) ** 0.5,
                "Curvatures change with λ², not with λ: the minimum has λ⁴ = 0.5/8.",
            ),
            Mistake(lambda: 1.0, "At λ = 1 the sum is 8.5. It can be made smaller."),
            Mistake(
                lambda: 2.0 * math.sqrt(INCOMING * OUTGOING),
                "This is the smallest sum. The factor λ at which it is reached is asked for.",
            ),
        ),
        hint="Minimise 0.5/λ² + 8 λ².",
        matters="The sum falls from 8.5 to 4, and the network has not changed. A sum of curvatures measures how the scales are spread.",
    ),
    "stiffness": Number(
        ask="Stiffness γ below which the wide minimum is the lower one",
        right=lambda: _stiffness(math.exp(2.0 * HIGHER)),
        absolute=0.02,
        wrong=(
            Mistake(
                lambda: _stiffness(math.exp(HIGHER)),
                "The factor ½ in front of the logarithm is missing: the ratio of the brackets is e⁴, not e².",
            ),
            Mistake(
                lambda: SHARP / math.exp(2.0 * HIGHER),
                "This neglects γ beside the sharp curvature. Keep both terms of γ + h.",
            ),
            Mistake(
                lambda: _stiffness(math.exp(-2.0 * HIGHER)),
                "The sharp minimum pays more, so it is its bracket that is e⁴ times as large.",
            ),
        ),
        hint="½ ln[(1 + 1000/γ)/(1 + 1/γ)] = 2.",
        matters="One direction can pay only for a small difference of height. A network has thousands of directions.",
    ),
    "assignment": Number(
        ask="Largest sum of three overlaps, one in each row and column",
        right=_assigned,
        absolute=1e-6,
        wrong=(
            Mistake(
                lambda: OVERLAPS[0][0] + OVERLAPS[1][1] + OVERLAPS[2][2],
                "This takes the largest entry first and what is left after it: a greedy matching, which is also the order as given.",
            ),
            Mistake(
                lambda: sum(max(row) for row in OVERLAPS),
                "These are the largest entries of the rows, but they all want the same column.",
            ),
            Mistake(
                lambda: OVERLAPS[0][1] + OVERLAPS[1][0] + OVERLAPS[2][2],
                "Nearly: the third unit gets nothing. Let it have the first column.",
            ),
            Mistake(lambda: _assigned() / 3.0, "This is the mean. The sum is asked for."),
        ),
        hint="There are only six orders. Try them.",
        matters="Greedy loses nearly a third of the overlap here. The linear program finds the best order in a time of order h³.",
    ),
    "bound": Function(
        name="bound",
        parameters=("error", "d", "n", "p"),
        reference=_bound,
        inputs=(
            (0.05, 0.05, 195, 400),
            (0.1, 0.1, 325, 1000),
            (0.0, 0.01, 65, 1000),
            (0.25, 0.2, 1000, 5000),
        ),
        relative=1e-3,
        wrong=(
            Variant(
                lambda error, d, n, p: _largest(error, (n * math.log(2.0) + math.log((p + 1.0) / DELTA)) / p),
                "This pays ln 2 for every weight. Within the region of flips, η(d) need not be paid.",
            ),
            Variant(
                lambda error, d, n, p: _largest(error, _limit(d, n, p) - math.log((p + 1.0) / DELTA) / p),
                "The term ln((P + 1)/δ)/P is missing.",
            ),
            Variant(
                lambda error, d, n, p: _largest(error, _limit(d, n, p) + math.log(DELTA) / p),
                "The δ is missing: the last term is ln((P + 1)/δ)/P with δ = 0.05.",
            ),
            Variant(
                lambda error, d, n, p: _largest(error, _limit(d, n, p) + math.log(DELTA / (1.0 - DELTA)) / p),
                "Here δ = 0.95. It is the probability that the bound fails: δ = 0.05.",
            ),
            Variant(
                _in_bits,
                "These are entropies in bits. All logarithms of the bound are natural ones.",
            ),
            Variant(
                lambda error, d, n, p: _limit(d, n, p),
                "This is the right-hand side. What is asked for is the largest E with kl(error | E) below it.",
            ),
            Variant(
                lambda error, d, n, p: min(1.0, error + math.sqrt(0.5 * _limit(d, n, p))),
                "This is a weaker bound (Pinsker's inequality, kl ≥ 2(E - Ê)²). Solve the equation itself, for instance by brentq.",
            ),
            Variant(
                lambda error, d, n, p: error + math.sqrt(0.5 * _limit(d, n, p)),
                "This is a weaker bound (Pinsker's inequality, kl ≥ 2(E - Ê)²). Solve the equation itself, for instance by brentq.",
            ),
            Variant(
                lambda error, d, n, p: error + _limit(d, n, p),
                "The relative entropy kl is not the difference of the errors. Solve kl(error | E) = limit for E.",
            ),
        ),
        matters="A theorem about the test error, made of nothing but training errors under noise.",
    ),
    "flatter": Choice(
        ask="Equal width, no training errors; losses 0.02 and 0.001, traces 10 and 5, errors at noise 0.2 equal. Which is flatter?",
        options=(
            Option(
                "the second: its curvature is half as large",
                "The curvature of the logistic loss fades with the loss itself. It says that the second was trained for longer.",
            ),
            Option(
                "the first: it was stopped earlier",
                "When it was stopped says nothing about the noise that it bears. That was measured, and is equal.",
            ),
            Option(
                "neither",
                "Count errors, at fixed norms. By this measure, which sees neither scales nor the size of the outputs, they are equal.",
                right=True,
            ),
            Option(
                "it cannot be said without the test errors",
                "Flatness is a property of the training error around a network. Whether it helps on new images is another question.",
            ),
        ),
    ),
}
