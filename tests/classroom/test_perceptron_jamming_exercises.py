"""The exercises on the jamming of the perceptron."""

from __future__ import annotations

import math

from scipy.stats import norm

from learnscape.classroom import check


def energy(alpha: float, kappa: float) -> float:
    second = (1 + kappa**2) * norm.cdf(kappa) + kappa * norm.pdf(kappa)
    return 0.5 * max(math.sqrt(alpha * second) - 1, 0) ** 2


def test_energy_to_the_decimals_that_are_asked_for() -> None:
    def judged(function) -> str:
        return check("perceptron-jamming/energy-function", function).status

    assert judged(energy) == "correct"
    assert judged(lambda alpha, kappa: round(energy(alpha, kappa), 8)) == "correct"
    assert judged(lambda alpha, kappa: round(energy(alpha, kappa), 7)) == "wrong"
