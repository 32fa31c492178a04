"""Exercises of the chapter on deep networks: a count, the virial, a jump, a bound, idle directions, a certificate, what structure is worth."""

from __future__ import annotations

import math

from learnscape.classroom.kinds import Exercise, Mistake, Number

INPUTS, WIDTH, DEPTH = 10, 30, 5
HELD_INPUTS, HELD_WIDTH, CONTACTS, KINKS = 7, 6, 33, 12  # of the exercise on what holds a state


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


def _directions() -> float:
    """Parameters of one hidden layer less one for every neuron, the output's too."""
    from learnscape.fully_connected import count_parameters

    return float(count_parameters([HELD_INPUTS, HELD_WIDTH, 1]) - HELD_WIDTH - 1)


def _near_capacity() -> tuple[float, float]:
    """Loss and unsatisfied patterns per weight of the linear network next to its capacity, at margin 1."""
    from learnscape.replica.unsat import free_norm

    answer = free_norm(2.0 + 1e-9)
    return answer.loss, answer.unsatisfied


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
        absolute=0.0005,
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
    "jump": Number(
        ask="Mean Δ of an unsatisfied pattern, in units of ε",
        right=lambda: 2 * _near_capacity()[0] / _near_capacity()[1],
        absolute=0.0006,
        wrong=(
            Mistake(
                lambda: _near_capacity()[0],
                "This is the loss per weight, with its factor 1/2: ΣΔ² is twice as much.",
            ),
            Mistake(
                lambda: math.sqrt(2 * _near_capacity()[0]),
                "This is the root of the mean of Δ². The mean of Δ follows from V = 1.",
            ),
            Mistake(
                lambda: 1.0,
                "V = 1 is an average of Δ in which Δ is also the weight. The plain mean is smaller.",
            ),
            Mistake(lambda: 0.0, "Nothing goes to zero but κ = ε/s: the loss per weight stays ε²/π."),
        ),
        hint="V = 1 gives ΣΔ = ΣΔ²/ε, and ΣΔ² = 2N × (loss per weight).",
        matters="Each unsatisfied pattern misses its margin by 0.64 ε on average, at the very transition.",
    ),
    "bound": Number(
        ask="Weights above which no smooth poor minimum has C₀ = 1/2",
        whole=True,
        right=lambda: 12_000 / 0.5,
        wrong=(
            Mistake(lambda: 12_000 * 0.5, "The inequality is N_Δ > C₀N with N_Δ ≤ P: divide by C₀."),
            Mistake(lambda: 12_000.0, "This would be C₀ = 1, as for spheres."),
            Mistake(lambda: 4_000.0, "This is where the transition is expected, not where the bound begins."),
        ),
        hint="N_Δ cannot exceed P.",
        matters="C₀ is that of the minimum itself: one hidden layer has C₀ = 0 there, and kinks are not covered.",
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
    "held": Number(
        ask="Directions held by curvature",
        whole=True,
        right=lambda: _directions() + 1 - CONTACTS - KINKS,
        wrong=(
            Mistake(
                lambda: _directions() - CONTACTS - KINKS,
                "One more: the smallest margin itself is an unknown, so the sum is D + 1.",
            ),
            Mistake(lambda: _directions() + 1 - CONTACTS, "Kinks hold directions too."),
            Mistake(
                lambda: _directions() + 1 + HELD_WIDTH + 1 - CONTACTS - KINKS,
                "You have counted all parameters. Each neuron's row has the length one, the output's too.",
            ),
        ),
        hint="D = N, the number of weights, and contacts + kinks + held = D + 1.",
        matters="With one hidden layer their stiffness is of order κ: at the transition contacts and kinks have to do it alone.",
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
