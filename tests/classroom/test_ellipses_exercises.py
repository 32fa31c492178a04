"""The exercises on ellipses: answers found in another way, and to the digits that are asked for."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import brentq

from learnscape.classroom import check


def status(name: str, answer: object) -> str:
    return check(f"ellipses/{name}", answer).status


def test_rank_of_the_stiffness_counts_the_missing_contacts() -> None:
    held, contacts = 96, 252
    gradients = np.random.default_rng(1).standard_normal(
        (contacts - 1, 3 * held - 2)
    )  # one dependence, no translations
    modes = 3 * held - 2 - np.linalg.matrix_rank(gradients)
    assert status("missing", int(modes)) == "correct"
    assert "translations" in check("ellipses/missing", int(modes) + 2).text


def test_angle_where_both_terms_are_equal() -> None:
    curvature = 1.5**2 - 1
    angle = brentq(lambda t: 0.01 * curvature * t**2 - curvature**2 * t**4 / 4, 0.01, 1)
    assert status("crossover", round(angle, 2)) == "correct"
    assert "degrees" in check("ellipses/crossover", math.degrees(angle)).text


@pytest.mark.parametrize("answer", [2 / 3, 0.667, "2/3"])
def test_two_ellipses_in_a_t(answer: object) -> None:
    assert status("contact", answer) == "correct"
    assert status("contact", 0.67) == "wrong"
