"""The exercises on algorithms that learn: answers from SciPy's quadrature, rounded as the text asks."""

from __future__ import annotations

import math

from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import log_ndtr, ndtr

from learnscape.classroom import check


def status(name: str, answer: object) -> str:
    return check(f"learning-algorithms/{name}", answer).status


def mills(x: float) -> float:
    return math.exp(-0.5 * x * x - log_ndtr(-x)) / math.sqrt(2 * math.pi)


def mean(function) -> float:
    return quad(lambda z: math.exp(-0.5 * z * z) / math.sqrt(2 * math.pi) * function(z), -9, 9, epsabs=1e-11)[
        0
    ]


def step(q: float, alpha: float) -> float:
    slope = math.sqrt(q / (1 - q))
    q_hat = alpha / (1 - q) * mean(lambda z: mills(-slope * z) ** 2)
    return mean(lambda z: math.tanh(math.sqrt(q_hat) * z) ** 2)


def test_numbers_to_the_digits_asked_for() -> None:
    assert status("hebb", round(ndtr(-math.sqrt(2 / (0.4 * math.pi))), 3)) == "correct"
    assert status("echo", round(brentq(lambda x: x - mills(-x), 0, 1), 3)) == "correct"
    assert status("rate", 0.549) == "correct"


def test_a_step_rounded_to_six_decimals_is_right() -> None:
    assert status("step-function", step) == "correct"
    assert status("step-function", lambda q, alpha: round(step(q, alpha), 6)) == "correct"
    assert status("step-function", lambda q, alpha: round(step(q, alpha), 4)) == "wrong"


def test_the_rate_of_the_overlap_is_recognised() -> None:
    q = brentq(lambda x: step(x, 0.6) - x, 0.1, 0.8)
    slope = (step(q + 1e-4, 0.6) - step(q - 1e-4, 0.6)) / 2e-4
    assert "overlap" in check("learning-algorithms/rate", round(slope, 3)).text
