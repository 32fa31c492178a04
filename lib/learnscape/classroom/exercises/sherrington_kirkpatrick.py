"""Exercises of the chapter on the Sherrington-Kirkpatrick model."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from learnscape.classroom.kinds import Exercise, Function, Mistake, Number, Variant

T_HIGH, T_LINE, T_SHARE, SMALL = 2.0, 0.2, 0.6, 0.25


def _field_of_the_line(temperature: float) -> float:
    from learnscape.spin_glass import sk

    low, high = 0.0, 8.0
    for _ in range(50):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if sk.at_line(middle) > temperature else (low, middle)
    return high


def _share(temperature: float, overlap: float, steps: int = 5) -> float:
    """x(q), the probability of a smaller modulus of the overlap."""
    from learnscape.spin_glass import sk

    grid = np.linspace(0.0, 1.0, 4001)
    return float(np.interp(overlap, sk.solve(temperature, steps=steps).overlap(grid), grid))


def _one_step_weight(temperature: float) -> float:
    from learnscape.spin_glass import sk

    return float(sk.solve(temperature, steps=1).m[0])


def _nodes() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    z, w = np.polynomial.hermite_e.hermegauss(80)
    return z, w / w.sum()


def _entropic(q0: float, q1: float, m: float, beta: float) -> float:
    """ln of the inner average, averaged over the outer Gaussian; not yet divided by m."""
    z, w = _nodes()
    x = beta * (math.sqrt(q0) * z[:, None] + math.sqrt(q1 - q0) * z[None, :])
    inner = np.exp(m * np.logaddexp(x, -x)) @ w
    return float(w @ np.log(inner))


def _one_step(q0: float, q1: float, m: float, beta: float) -> float:
    energy = beta**2 / 4 * (1 - 2 * q1 + (1 - m) * q1**2 + m * q0**2)
    return energy + _entropic(q0, q1, m, beta) / m


def _swapped(q0: float, q1: float, m: float, beta: float) -> float:
    """The Gaussian of the group gets the variance q1 instead of q1 - q0."""
    z, w = _nodes()
    x = beta * (math.sqrt(q0) * z[:, None] + math.sqrt(q1) * z[None, :])
    inner = np.exp(m * np.logaddexp(x, -x)) @ w
    return beta**2 / 4 * (1 - 2 * q1 + (1 - m) * q1**2 + m * q0**2) + float(w @ np.log(inner)) / m


def _averaged_too_late(q0: float, q1: float, m: float, beta: float) -> float:
    """The logarithm is taken before the inner average."""
    z, w = _nodes()
    x = beta * (math.sqrt(q0) * z[:, None] + math.sqrt(q1 - q0) * z[None, :])
    inner = np.logaddexp(x, -x) @ w
    return beta**2 / 4 * (1 - 2 * q1 + (1 - m) * q1**2 + m * q0**2) + float(w @ inner)


EXERCISES: dict[str, Exercise] = {
    "high-temperature-entropy": Number(
        ask="Entropy per spin at T = 2 without a field",
        right=lambda: math.log(2) - 1 / (4 * T_HIGH**2),
        absolute=1e-3,
        wrong=(
            Mistake(
                lambda: math.log(2) - 1 / (2 * T_HIGH**2),
                "Twice too much is subtracted. With f = -1/(4T) - T ln 2, s = -∂f/∂T = ln 2 - 1/(4T²).",
            ),
            Mistake(
                lambda: math.log(2) + 1 / (4 * T_HIGH**2),
                "This is -f/T = s - e/T: the energy is still in it. Take s = -∂f/∂T. An entropy can't exceed ln 2.",
            ),
            Mistake(
                lambda: -1 / (4 * T_HIGH) - T_HIGH * math.log(2), "This is the free energy. Differentiate it."
            ),
            Mistake(lambda: -1 / (2 * T_HIGH), "This is the energy. s = (e - f)/T."),
            Mistake(
                lambda: math.log(2),
                "This is the entropy at infinite temperature: couplings lower it by 1/(4T²).",
            ),
        ),
        hint="With q = 0 the free energy is f = -1/(4T) - T ln 2, and s = -∂f/∂T.",
        matters="Above the transition the average of Z tells everything: replicas do not even feel each other.",
    ),
    "field-of-the-line": Number(
        ask="Field of the AT line at T = 0.2",
        right=lambda: _field_of_the_line(T_LINE),
        absolute=1e-3,
        wrong=(
            Mistake(
                lambda: math.sqrt(2 * math.log(4 / (3 * T_LINE * math.sqrt(2 * math.pi)))),
                "This is the low-temperature form of the line. It is close; the question is about the line itself.",
            ),
            Mistake(
                lambda: math.sqrt(4 / 3 * (1 - T_LINE) ** 3),
                "This is the form near T = 1, far from where it holds.",
            ),
            Mistake(
                lambda: _at_line(T_LINE),
                "sk.at_line takes a field and returns a temperature. You have put in the temperature.",
            ),
        ),
        hint="sk.at_line(h) returns a temperature and falls with h: bisect between h = 0 and h = 3 until it is 0.2.",
        matters="At any T > 0 a strong field makes one overlap enough. Towards T = 0 it must grow without bound, if only like √(2 ln 1/T).",
    ),
    "share-of-small-overlaps": Number(
        ask="Probability of |q| < 0.25 at T = 0.6",
        right=lambda: _share(T_SHARE, SMALL),
        absolute=6e-3,
        wrong=(
            Mistake(
                lambda: 1 - _share(T_SHARE, SMALL),
                "This is the probability of a larger overlap, or the density P(q) at 0.25, which happens to be 0.80 too. "
                "The probability of a smaller one is asked for: the integral of P from 0 to 0.25.",
            ),
            Mistake(
                lambda: _share(T_SHARE, SMALL) / 2,
                "This counts positive overlaps only. Without a field q and -q are equally frequent, and x(q) counts the modulus.",
            ),
            Mistake(
                lambda: _one_step_weight(T_SHARE),
                "This is m of one step of breaking, the weight of its smaller overlap. Take more steps.",
            ),
        ),
        hint="x(q) is the inverse function of q(x): sk.solve(0.6, steps=5).overlap(x) on a grid of x, then look up 0.25.",
        matters="In a system of 10²³ spins every fifth pair of copies is that different: the overlap does not concentrate.",
    ),
    "one-step-function": Function(
        name="one_step",
        parameters=("q0", "q1", "m", "beta"),
        reference=_one_step,
        inputs=((0.2, 0.6, 0.3, 2.0), (0.0, 0.5, 0.5, 1.5), (0.4, 0.4, 0.6, 1.2), (0.1, 0.3, 0.8, 1.25)),
        relative=1e-6,
        wrong=(
            Variant(
                lambda q0, q1, m, beta: (
                    beta**2 / 4 * (1 - 2 * q1 + (1 - m) * q1 + m * q0) + _entropic(q0, q1, m, beta) / m
                ),
                "The overlaps in (1 - m) q1² + m q0² are not squared. At q0 = q1 your function differs from the one with a single overlap.",
            ),
            Variant(
                lambda q0, q1, m, beta: (
                    beta**2 / 4 * (1 - 2 * q1 + (1 - m) * q1**2 + m * q0**2) + _entropic(q0, q1, m, beta)
                ),
                "The factor 1/m before the logarithm is missing: there are n/m groups.",
            ),
            Variant(
                lambda q0, q1, m, beta: (
                    beta**2 / 4 * (1 - 2 * q1 + m * q1**2 + (1 - m) * q0**2) + _entropic(q0, q1, m, beta) / m
                ),
                "m and 1 - m are exchanged: 1 - m is the weight of the larger overlap q1.",
            ),
            Variant(_swapped, "The group's own Gaussian has the variance q1 - q0; yours has q1."),
            Variant(
                _averaged_too_late,
                "You average the logarithm over u. Within a group the m-th power is averaged, and the logarithm comes after.",
            ),
            Variant(
                lambda q0, q1, m, beta: -_one_step(q0, q1, m, beta) / beta,
                "This is the free energy f. The right-hand side of the equation, -βf, is asked for.",
            ),
        ),
        matters="Two tests without an answer key, q0 = q1 and m → 1, catch every wrong version that this check knows.",
    ),
    "at-coefficient": Number(
        ask="Coefficient A in h² = A (1 - T)³ near T = 1",
        right=lambda: 4 / 3,
        absolute=2e-2,
        wrong=(
            Mistake(lambda: 3 / 4, "This is the inverse: (1 - T)³ = (3/4) h². Solve for h²."),
            Mistake(
                lambda: math.sqrt(4 / 3),
                "This is the coefficient of h itself, h = 1.155 (1 - T)^{3/2}. Its square is asked for.",
            ),
            Mistake(
                lambda: 7.0,
                "The X³ of the equation for q is lost: 7 X³ - (17/3) X³ is what remains.",
            ),
        ),
        hint="Expand in X = β²(q + h²): q = X - 2X² + (17/3)X³ and T² = 1 - 2X + 7X². Then h² = T²X - q.",
        matters="Solved for T: a field h lowers the transition by 0.9 h^{2/3}. This is much more than h itself if h is small.",
    ),
}


def _at_line(field: float) -> float:
    from learnscape.spin_glass import sk

    return float(sk.at_line(field))
