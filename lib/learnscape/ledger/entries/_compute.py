"""How our side of the capacity entries is computed: functions that return functions, so that nothing runs before it is asked for.

Imports of the theory stand inside the functions: showing one entry loads only what that entry needs.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable

from learnscape.errors import ReplicaSymmetryWarning


def cover(n: int = 500) -> float:
    """Load at which exactly half of all labellings of P points in general position in n dimensions are separable, in integers."""
    from learnscape.learn.cover import dichotomies

    p = next(p for p in range(1, 4 * n) if 2 * dichotomies(p, n) <= 2**p)
    return p / n if 2 * dichotomies(p, n) == 2**p else math.nan


def capacity(weights: str, constraint: str, kappa: float) -> Callable[[], float]:
    def compute() -> float:
        import learnscape
        from learnscape.replica import rs

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ReplicaSymmetryWarning)  # the note of the entry says it
            return float(rs.capacity(getattr(learnscape, weights)(), getattr(learnscape, constraint)(kappa)))

    return compute


def gardner_integral(kappa: float) -> Callable[[], float]:
    """One over the integral of Dz (κ - z)² over z < κ, by adaptive quadrature: independent of the library's closed form."""

    def compute() -> float:
        from scipy.integrate import quad

        def integrand(z: float) -> float:
            return (kappa - z) ** 2 * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

        return 1 / float(quad(integrand, -40.0, kappa, epsabs=1e-14, epsrel=1e-13, points=[kappa - 6])[0])

    return compute


def at_line(kappa: float) -> Callable[[], float]:
    def compute() -> float:
        from learnscape import Margin, Spherical
        from learnscape.replica import rs

        return float(rs.at_line(Spherical(), Margin(kappa)))

    return compute


def binary_saddle_limit(kappa: float) -> Callable[[], float]:
    def compute() -> float:
        from learnscape import Binary, Margin
        from learnscape.replica import rs

        return float(rs.saddle_limit(Binary(), Margin(kappa)))

    return compute


def binary_entropy(alpha: float) -> Callable[[], float]:
    def compute() -> float:
        from learnscape import Binary, Margin
        from learnscape.replica import rs

        return float(rs.solve(Binary(), Margin(0.0), alpha).entropy)

    return compute


def spherical_first_moment() -> float:
    """Load at which the spherical volume has shrunk to one part in 2^N.

    Turn the cube's 2^N corners by a random rotation: the mean number of corners inside a region of relative volume v is 2^N v.
    """
    from scipy.optimize import brentq

    from learnscape import Margin, Spherical
    from learnscape.replica import rs

    return float(
        brentq(lambda a: rs.entropy(Spherical(), Margin(0.0), a) + math.log(2), 0.5, 1.0, xtol=1e-13)
    )


def teacher_first_moment() -> float:
    """Load beyond which the mean number of other students vanishes: max over R of entropy(R) / -ln(1 - arccos(R)/π)."""
    from scipy.optimize import minimize_scalar

    def needed(x: float) -> float:  # x: fraction of weights in which a student differs from the teacher
        entropy = -x * math.log(x) - (1 - x) * math.log1p(-x)
        return entropy / math.log1p(-math.acos(1 - 2 * x) / math.pi)

    return -float(minimize_scalar(needed, bounds=(1e-6, 0.5), method="bounded", options={"xatol": 1e-10}).fun)


def teacher(which: str) -> Callable[[], float]:
    def compute() -> float:
        from learnscape import Binary
        from learnscape.replica import teacher

        return float(getattr(teacher, which)(Binary()))

    return compute


def spherical_learning(
    quantity: Callable[[float, float], float], first: float = 200.0
) -> Callable[[], float]:
    """Limit for many examples of a function of (α times Gibbs error, α times Bayes error), extrapolated in 1/α."""

    def compute() -> float:
        from learnscape import Spherical
        from learnscape.replica import teacher

        values = []
        for alpha in (first, 2 * first, 4 * first):
            solution = teacher.solve(Spherical(), alpha)
            values.append(quantity(alpha * solution.generalization_error, alpha * solution.bayes_error))
        once = [2 * values[1] - values[0], 2 * values[2] - values[1]]  # removes the term 1/α
        return (4 * once[1] - once[0]) / 3  # removes 1/α²

    return compute
