"""Exercises of the chapter on full replica symmetry breaking.

The right answers are computed from the library's breaking points, from the SK model and from the eigenvalues of a tree.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from learnscape.classroom.kinds import Choice, Exercise, Function, Mistake, Number, Option, Variant

Array = NDArray[np.float64]
HALF = 0.5  # the breaking point looked for


def _margin(x: float) -> float:
    """Margin at which the breaking point is x."""
    from scipy.optimize import brentq

    from learnscape.replica.parisi import breaking_point

    return float(brentq(lambda kappa: breaking_point(kappa).x - x, -2.0, -0.2, xtol=1e-9))


def _overlap_margin() -> float:
    """Margin at which the overlap on the AT line is one half."""
    from scipy.optimize import brentq

    from learnscape.replica.parisi import breaking_point

    return float(brentq(lambda kappa: breaking_point(kappa).q - HALF, -2.0, -0.2, xtol=1e-9))


def _slope() -> float:
    """Limit of x/q of the SK model at small q: (m'')^2 over 2 (m')^3 with m = tanh h, to leading order in q."""
    h = 1e-4
    m = np.tanh(h)
    return float((2 * m * (1 - m * m)) ** 2 / (2 * (1 - m * m) ** 3) / h**2)


def _eigenvalues(q: Any, x: Any) -> Array:
    q, x = np.asarray(q, float), np.asarray(x, float)
    return 1.0 - q[-1] + np.append(np.cumsum((x * np.diff(q))[::-1])[::-1], 0.0)


def _cumulated_from_outside(q: Any, x: Any) -> Array:
    q, x = np.asarray(q, float), np.asarray(x, float)
    return 1.0 - q[-1] + np.append(0.0, np.cumsum(x * np.diff(q)))


def _one_step_only(q: Any, x: Any) -> Array:
    q, x = np.asarray(q, float), np.asarray(x, float)
    return 1.0 - q[-1] + np.append(x * np.diff(q), 0.0)


def _without_x(q: Any, x: Any) -> Array:
    return 1.0 - np.asarray(q, float)


EXERCISES: dict[str, Exercise] = {
    "third-power": Choice(
        ask="The derivative of the average of the third power of f' is",
        options=(
            Option(
                "0, because f' is a martingale",
                "The mean of f' itself does not change. Its powers do: a martingale spreads.",
            ),
            Option(
                "∫P f''³",
                "The rule is that of Itô: one half of the second derivative of the cube, times f''².",
            ),
            Option(
                "3 ∫P f' f''²",
                "With 𝒟f' = 0, only ½ · 6 f' f''² is left. For any function of f' the order parameter x drops out.",
                right=True,
            ),
            Option(
                "3 ∫P f' f''² - 2x ∫P f''³",
                "The term in x belongs to f''², because f'' is not a martingale. f' is one, so its powers know nothing of x.",
            ),
        ),
    ),
    "eigenvalues": Function(
        name="eigenvalues",
        parameters=("q", "x"),
        reference=_eigenvalues,
        inputs=(
            (np.array([0.5]), np.array([])),
            (np.array([0.2, 0.7]), np.array([0.4])),
            (np.array([0.1, 0.4, 0.8]), np.array([0.2, 0.5])),
            (np.array([0.0, 0.1, 0.5, 0.9]), np.array([0.1, 0.3, 0.6])),
        ),
        wrong=(
            Variant(_without_x, "This is 1 - q. Each tread counts with its height x only."),
            Variant(
                _cumulated_from_outside,
                "Summed from the wrong end: the innermost λ is 1 - q_k, and it grows outwards.",
            ),
            Variant(_one_step_only, "Each λ takes only its own tread. It must take all treads further in."),
        ),
        matters="λ(q) is the response at level q: how far a field moves solutions that agree down to there.",
    ),
    "slope-of-sk": Number(
        ask="Limit of x/q for q → 0 in the SK model near its critical temperature",
        right=_slope,
        absolute=0.02,
        wrong=(
            Mistake(lambda: 2 * _slope(), "The factor 1/2 in front is missing: (2h)² has the mean 4q."),
            Mistake(lambda: 1 / _slope(), "This is q/x. The question is for x/q."),
            Mistake(lambda: 1.0, "Both integrals are needed: the numerator is 4q, the denominator 2."),
        ),
        hint="m' → 1 and m'' → -2h, and the variance of h is q.",
        matters="q(x) = x/2: the shape of the continuous order parameter does not depend on how far below T_c one is; only its end does.",
    ),
    "half": Number(
        ask="Margin at which the breaking point is 1/2",
        right=lambda: _margin(HALF),
        absolute=1e-3,
        wrong=(
            Mistake(lambda: -_margin(HALF), "A sign: for positive margins replica symmetry does not break."),
            Mistake(_overlap_margin, "Here the overlap q is one half. The question is for x."),
            Mistake(
                lambda: _margin(1.0 - HALF / 2),
                "Here x is 3/4. Search for x - 1/2 = 0 with breaking_point(kappa).x.",
            ),
        ),
        hint="brentq on parisi.breaking_point(kappa).x - 0.5, between -1.4 and -1.",
        matters="Just above the AT line half of all pairs of solutions have the smallest overlap: their branches part at the root.",
    ),
    "trust": Choice(
        ask="With three levels in place of twelve, relatively the most wrong is",
        options=(
            Option(
                "the load",
                "The load is a minimum over x(q), so an error of x(q) enters squared. It is the best of the three.",
            ),
            Option(
                "the number of contacts",
                "It is wrong by about a tenth. One of the others is hit much harder: it sits exactly where levels are missing.",
            ),
            Option(
                "the density of gaps at 10⁻³",
                "It is cut off below the root of the smallest 1 - q, which three levels put above 10⁻¹.",
                right=True,
            ),
        ),
    ),
}
