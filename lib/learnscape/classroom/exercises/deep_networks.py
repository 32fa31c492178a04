"""Exercises of the chapter on deep networks: a count, the virial, a bound, idle directions, what structure is worth."""

from __future__ import annotations

import math

from learnscape.classroom.kinds import Exercise, Mistake, Number

INPUTS, WIDTH, DEPTH = 10, 30, 5


def _weights() -> float:
    from learnscape.fully_connected import count_weights

    return float(count_weights([INPUTS, *[WIDTH] * DEPTH, 1]))


def _parameters() -> float:
    from learnscape.fully_connected import count_parameters

    return float(count_parameters([INPUTS, *[WIDTH] * DEPTH, 1]))


def _rank() -> float:
    from learnscape.jamming import networks

    network = networks.HingeNetwork(inputs=8, width=9, depth=2, rng=2)
    return float(networks.n_effective(network, networks.random_data(600, 8, rng=2).x))


def _sizes(data: str, key: str = "n_learns", p: int = 1000) -> float:
    """Mean size at depth 2 from the stored runs."""
    from learnscape.data import stored

    rows = stored("deep_jamming")["digits"]["rows"]
    sizes = [row[key] for row in rows if row["depth"] == 2 and row["p"] == p and row["data"] == data]
    return float(sum(sizes) / len(sizes))


EXERCISES: dict[str, Exercise] = {
    "count": Number(
        ask="Weights of the network",
        whole=True,
        right=_weights,
        wrong=(
            Mistake(
                _parameters,
                "These are all parameters. The biases are balanced by the idle directions of the neurons.",
            ),
            Mistake(
                lambda: float(INPUTS * WIDTH + DEPTH * WIDTH**2 + WIDTH),
                "Five hidden layers have four matrices of h × h between them.",
            ),
            Mistake(
                lambda: float(INPUTS * WIDTH + (DEPTH - 1) * WIDTH**2),
                "The h weights of the output are missing.",
            ),
        ),
        hint="N = dh + (L - 1)h² + h.",
        matters="With P from 31 000 to 68 000 images the paper scans about 8 to 17 patterns per weight: images are far from random.",
    ),
    "virial": Number(
        ask="The third Δ",
        right=lambda: (1 + math.sqrt(1 + 4 * (0.5 * 0.5 + 0.8 * 0.2))) / 2,
        absolute=0.0006,
        wrong=(
            Mistake(
                lambda: math.sqrt(1 - 0.5**2 - 0.8**2),
                "You have set the sum of the squares to 1. It equals the sum of the Δ themselves.",
            ),
            Mistake(
                lambda: 3 - 0.5 - 0.8, "You have set the mean of Δ to ε. The weights of the mean are Δ too."
            ),
            Mistake(
                lambda: math.sqrt(3 - 0.5**2 - 0.8**2),
                "You have set the mean of the squares to 1. Divide by the sum of the Δ, not by their number.",
            ),
            Mistake(
                lambda: (1 - math.sqrt(1 + 4 * (0.5 * 0.5 + 0.8 * 0.2))) / 2,
                "This is the other root. An unsatisfied pattern has Δ > 0.",
            ),
        ),
        hint="ΣΔ² = εΣΔ is a quadratic equation for the third.",
        matters="It exceeds ε: at a minimum with a positive loss at least one pattern is misclassified.",
    ),
    "bound": Number(
        ask="Weights above which smooth poor minima are excluded",
        whole=True,
        right=lambda: 12_000 / 0.5,
        wrong=(
            Mistake(lambda: 12_000 * 0.5, "The inequality is N_Δ ≥ C₀N with N_Δ ≤ P: divide by C₀."),
            Mistake(lambda: 12_000.0, "This would be C₀ = 1, as for spheres."),
            Mistake(lambda: 4_000.0, "This is where the transition is expected, not where the bound begins."),
        ),
        hint="N_Δ cannot exceed P.",
        matters="The bound holds for every training rule that ends in a smooth minimum; it does not say that training is fast.",
    ),
    "idle": Number(
        ask="Rank of the derivatives of the outputs",
        whole=True,
        right=_rank,
        wrong=(
            Mistake(
                lambda: 8 * 9 + 9 * 9 + 9.0,
                "This is the number of weights. The last bias moves all outputs and is not idle.",
            ),
            Mistake(
                lambda: 8 * 9 + 9 * 9 + 9 + 19.0,
                "These are all parameters. Each hidden neuron can be rescaled for nothing.",
            ),
            Mistake(
                lambda: 600.0,
                "There are more patterns than parameters: the rank is bounded by the parameters.",
            ),
        ),
        hint="All parameters less one for each hidden neuron.",
        matters="The rank is the number of unknowns in Maxwell's count.",
    ),
    "digits": Number(
        ask="N* of random data over N* of digits",
        right=lambda: _sizes("random10") / _sizes("digits"),
        absolute=0.05,
        wrong=(
            Mistake(lambda: _sizes("digits") / _sizes("random10"), "The inverse: digits need fewer weights."),
            Mistake(
                lambda: _sizes("random10", p=1780) / _sizes("digits", p=1780),
                "This is the factor at P = 1780.",
            ),
            Mistake(
                lambda: _sizes("random10", "n_fails") / _sizes("digits", "n_fails"),
                "This compares the largest networks that fail. The question is about the smallest that learn.",
            ),
        ),
        hint="Average n_learns over the draws, for each kind of data.",
        matters="The factor grows with P: what two images share need not be stored twice.",
    ),
}
