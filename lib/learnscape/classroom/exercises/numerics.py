"""Exercises of the numerical toolbox; right answers from the library, from closed forms, or from the definition by quadrature."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from learnscape.classroom.kinds import Exercise, Function, Mistake, Number, Variant

UNIT = 2.0**-53
SLOPE = -3.0
RHO = 0.5


def _H(x: float) -> float:
    from learnscape.numerics.gaussian import H

    return float(H(x))


def _tail_equals(value: float) -> float:
    """The x with H(x) = value."""
    from scipy.optimize import brentq

    return float(brentq(lambda x: math.log(_H(x)) - math.log(value), 0.0, 30.0))


def _damped_cosine() -> float:
    """Half of the average of the second derivative of the cosine, -cos, at q = 1, by quadrature."""
    from learnscape.numerics.gaussian import quadrature

    z, weight = quadrature(128)
    return float(-0.5 * np.sum(weight * np.cos(z)))


def _both_positive(rho: float) -> float:
    return 0.25 + math.asin(rho) / (2 * math.pi)


def _mills(x: Any) -> Any:
    from learnscape.numerics.gaussian import inverse_mills

    return inverse_mills(np.asarray(x, dtype=float))


def _mills_ratio(x: Any) -> Any:
    with np.errstate(divide="ignore"):
        return 1 / _mills(x)


def _naive_mills(x: Any) -> Any:
    from scipy.special import erfc

    x = np.asarray(x, dtype=float)
    with np.errstate(all="ignore"):
        return np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi) / (0.5 * erfc(x / np.sqrt(2)))


EXERCISES: dict[str, Exercise] = {
    "cancellation": Number(
        ask="The x at which H(x) equals 2^-53",
        right=lambda: _tail_equals(UNIT),
        absolute=0.06,
        wrong=(
            Mistake(
                lambda: _tail_equals(2.0**-52),
                "This is where H equals 2^-52, the spacing just above 1. Just below 1 it is half of that.",
            ),
            Mistake(
                lambda: math.sqrt(-2 * math.log(UNIT)),
                "This solves exp(-x²/2) = 2^-53. The factor 1/(x √(2π)) of the tail is missing.",
            ),
            Mistake(
                lambda: math.sqrt(2 * 745.0),
                "This is where the exponential itself underflows. Cancellation ends the digits of 1 - Φ much earlier.",
            ),
        ),
        hint="ln H(x) is about -x²/2 - ln(x √(2π)); ln 2^-53 is -36.7.",
        matters="One minus something close to one is the most frequent loss of digits there is. Eight standard deviations sound far away; near capacity arguments of "
        "a hundred are normal.",
    ),
    "damping": Number(
        ask="The step γ that converges fastest for slope -3",
        right=lambda: 1 / (1 - SLOPE),
        absolute=1e-6,
        wrong=(
            Mistake(
                lambda: 1 / -SLOPE,
                "This is 1/3: the step without damping also contributes, so that the slope is 1 - γ + γ f' = 1 - 4γ.",
            ),
            Mistake(
                lambda: 2 / (1 - SLOPE),
                "At this γ the slope of the damped map is -1: the limit of convergence, not the best choice.",
            ),
            Mistake(
                lambda: 1 / (1 + SLOPE), "Check the sign: the denominator is 1 - f', and f' is negative."
            ),
            Mistake(lambda: 1.0, "This is no damping at all: with slope -3 the error triples at every step."),
        ),
        hint="The damped map has slope 1 - γ + γ f'. When is it zero?",
        matters="One number, the slope, decides everything about an iteration near its solution, and one measurement of it gives the best step.",
    ),
    "heat": Number(
        ask="Derivative of the average of cos(√q z) at q = 1",
        right=_damped_cosine,
        absolute=1e-4,
        wrong=(
            Mistake(lambda: 2 * _damped_cosine(), "The factor one half of the heat equation is missing."),
            Mistake(lambda: math.exp(-0.5), "This is the average itself. Its derivative by q is asked for."),
            Mistake(
                lambda: -0.5 * math.cos(1.0),
                "The average over z was not done: the second derivative has to be averaged, too.",
            ),
        ),
        hint="Half of the average of the second derivative; and the average of cos z is e^(-1/2).",
        matters="Differentiating by a variance is differentiating twice by the argument. It saves a page in every saddle-point equation.",
    ),
    "price": Number(
        ask="Derivative of the average of (u)+ (v)+ by the correlation, at 1/2",
        right=lambda: _both_positive(RHO),
        absolute=1e-4,
        wrong=(
            Mistake(
                lambda: 1 / (2 * math.pi * math.sqrt(1 - RHO**2)),
                "Differentiated once too often: this is the second derivative by ρ, the average of two delta functions.",
            ),
            Mistake(
                lambda: 0.25,
                "This is the value without correlation. With ρ = 1/2 both are positive more often.",
            ),
            Mistake(
                lambda: 0.5 * _both_positive(RHO),
                "The factor one half belongs to a derivative by a variance. A covariance has none.",
            ),
            Mistake(
                lambda: (math.sqrt(1 - RHO**2) + RHO * (math.pi - math.acos(RHO))) / (2 * math.pi),
                "This is the average of (u)+ (v)+ itself. Its derivative is asked for.",
            ),
            Mistake(lambda: math.asin(RHO) / (2 * math.pi), "The value at ρ = 0, one quarter, is missing."),
        ),
        hint="The theorem turns the derivative into the average of θ(u) θ(v): the probability that both are positive.",
        matters="Kinks and steps are no obstacle to Price's theorem, they make it easy: derivatives of steps are deltas, and deltas carry out integrals.",
    ),
    "mills-function": Function(
        name="mills",
        parameters=("x",),
        reference=_mills,
        inputs=(
            (np.array([0.0, 1.0, 2.0]),),
            (np.array([-3.0, 5.0, 10.0]),),
            (np.array([-20.0, -30.0]),),
            (np.array([30.0, 37.0]),),
            (np.array([40.0, 1e3, 1e6]),),
            (np.array([-1e3, -1e6]),),
        ),
        relative=1e-10,
        absolute=1e-300,
        wrong=(
            Variant(
                _naive_mills,
                "Right up to x = 37, then zero divided by zero: numerator and denominator both underflow. Use erfcx on the right, "
                "where the factor exp(-x²/2) cancels.",
            ),
            Variant(_mills_ratio, "This is Mills' ratio H/G. The function asked for is its inverse, G/H."),
            Variant(
                lambda x: np.sqrt(2 * np.pi) * _mills(x),
                "The normalisation 1/√(2π) of the density is missing.",
            ),
        ),
        matters="You have written the function that every replica calculation with a hard constraint needs; the library's is the same, with a "
        "polynomial in place of erfcx.",
    ),
}
