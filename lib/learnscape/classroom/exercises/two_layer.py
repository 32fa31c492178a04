"""Exercises of the chapter on two layers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from learnscape.classroom.kinds import Exercise, Function, Mistake, Number, Variant

Array = NDArray[np.float64]
FOURTH, SIXTH = 3.0, 15.0  # moments of a standard Gaussian
CUBIC_SLOPE, CUBIC_BEND = 9.0 * FOURTH / SIXTH, 36.0 / SIXTH  # D'(1) and D''(1) of x^3
LEAK = 0.5


def _cubic(field: str) -> float:
    from learnscape.replica import two_layer

    return float(getattr(two_layer.capacity(lambda x: x**3, steps=0), field))


def _leaky_slope(subtract: bool = True) -> float:
    """D'(1) of the leaky relu (1 + a)/2 x + (1 - a)/2 |x|."""
    odd, even = ((1.0 + LEAK) / 2.0) ** 2, ((1.0 - LEAK) / 2.0) ** 2
    variance = odd + even * (1.0 - (2.0 / math.pi if subtract else 0.0))
    return 0.5 * (1.0 + LEAK**2) / variance


def _relu() -> float:
    from learnscape.replica import two_layer

    return two_layer.capacity("relu", steps=0).alpha


def _binary(activation: Any) -> float:
    from learnscape import Binary
    from learnscape.replica import two_layer

    return two_layer.capacity(activation, Binary()).alpha


def _tanh(steps: int) -> float:
    from learnscape.replica import two_layer

    return two_layer.capacity(np.tanh, steps=steps).alpha


def _distance(fields: Array) -> Array:
    units = fields.shape[1]
    squares = np.sort(np.where(fields < 0, fields**2, np.inf), axis=1)
    missing = (units + 1) // 2 - (fields > 0).sum(axis=1)
    total: Array = np.where(np.arange(units) < missing[:, None], squares, 0.0).sum(axis=1)
    return total


def _all_negative(fields: Array) -> Array:
    """The squared distance to the point where every field is positive, once the majority is missed."""
    lost = (fields > 0).sum(axis=1) < (fields.shape[1] + 1) // 2
    total: Array = np.where(lost, np.minimum(fields, 0.0) ** 2 @ np.ones(fields.shape[1]), 0.0)
    return total


def _largest(fields: Array) -> Array:
    """The largest squares instead of the smallest."""
    units = fields.shape[1]
    squares = -np.sort(np.where(fields < 0, -(fields**2), 0.0), axis=1)
    missing = (units + 1) // 2 - (fields > 0).sum(axis=1)
    total: Array = np.where(np.arange(units) < missing[:, None], squares, 0.0).sum(axis=1)
    return total


def _fields(units: int, seed: int) -> Array:
    return np.random.default_rng(seed).standard_normal((7, units))


EXERCISES: dict[str, Exercise] = {
    "cubic": Number(
        ask="Replica-symmetric capacity of infinitely many units x³, without a margin",
        right=lambda: _cubic("alpha"),
        absolute=1e-3,
        wrong=(
            Mistake(
                lambda: CUBIC_SLOPE,
                "This is the slope D'(1). Gardner's formula without a margin is 2 times it.",
            ),
            Mistake(
                lambda: 2.0 * 9.0 * FOURTH,
                "This is 2 Δ'(1). Divide by the variance Δ(1) of the output: patterns see D = Δ/Δ(1).",
            ),
            Mistake(
                lambda: 2.0 / CUBIC_SLOPE,
                "The slope stands in the numerator: what magnifies small changes of the weights stores more.",
            ),
            Mistake(
                lambda: 6.0,
                "This takes D = q³, the slope of the highest power only. x³ also contains a linear part, 3x.",
            ),
            Mistake(lambda: 2.0, "This is the capacity of linear units."),
        ),
        hint="Δ'(1) is the mean of σ'², Δ(1) the variance of σ.",
        matters="Two moments of the activation decide. A steep and curved function stores more, as long as replica symmetry can be trusted.",
    ),
    "cubic-replicon": Number(
        ask="Replicon at capacity of infinitely many units x³, without a margin",
        right=lambda: _cubic("replicon"),
        absolute=5e-3,
        wrong=(
            Mistake(
                lambda: 1.0 - CUBIC_SLOPE,
                "The term of D'' is missing: the kernel bends, and that alone makes the state less stable.",
            ),
            Mistake(
                lambda: 1.0 - CUBIC_SLOPE - CUBIC_BEND,
                "D''(1) has to be divided by D'(1).",
            ),
            Mistake(
                lambda: 1.0 - 2.0 * CUBIC_SLOPE - CUBIC_BEND / CUBIC_SLOPE,
                "Only half of the patterns are at the margin, P(z < 0) = 1/2.",
            ),
            Mistake(
                lambda: -1.0 + CUBIC_SLOPE + CUBIC_BEND / CUBIC_SLOPE,
                "The sign is reversed: stable means positive, and this state is not.",
            ),
        ),
        hint="1 - α P(z < 0) - D''(1)/D'(1), with D'' from the mean of σ''².",
        matters="Far below zero. The more curved the activation, the less its replica-symmetric capacity means.",
    ),
    "leaky": Number(
        ask="Replica-symmetric capacity of infinitely many leaky relus of slopes 1 and 1/2, without a margin",
        right=lambda: 2.0 * _leaky_slope(),
        absolute=1.5e-3,
        wrong=(
            Mistake(
                lambda: 2.0 * _leaky_slope(subtract=False),
                "The mean of |x| was not subtracted, so Δ(1) came out too large.",
            ),
            Mistake(lambda: _leaky_slope(), "This is the slope D'(1); the capacity is twice that."),
            Mistake(lambda: _relu(), "This is relu, whose second slope is 0."),
            Mistake(
                lambda: 0.5 * (2.0 + _relu()),
                "Capacities do not mix linearly. Kernels do, before they are divided by Δ(1).",
            ),
        ),
        hint="σ(x) = 3x/4 + |x|/4. Δ(1) is the variance of σ, Δ'(1) the mean of σ'².",
        matters="A leak makes the unit nearly linear. It stores fewer patterns, and loses less when symmetry is broken.",
    ),
    "distance": Function(
        name="distance_to_majority",
        parameters=("fields",),
        reference=_distance,
        inputs=tuple((_fields(units, seed),) for seed, units in enumerate([1, 3, 5, 7])),
        wrong=(
            Variant(
                _all_negative,
                "This lifts every negative field. Only as many must be flipped as are missing to a majority.",
            ),
            Variant(
                _largest,
                "These are the largest squares. The cheapest way flips the fields nearest to zero.",
            ),
            Variant(
                lambda fields: np.sqrt(_distance(fields)),
                "This is the distance. The cost is its square.",
            ),
            Variant(
                lambda fields: _distance(-fields),
                "The sign is reversed: a majority of positive fields is wanted.",
            ),
            Variant(
                lambda fields: float(_distance(fields).mean()),
                "This is the mean over the rows. One number for each row is asked for.",
            ),
        ),
        matters="One over its mean is the capacity, 5.77 for five units. What took a replica calculation is the distance to the nearest solution of one pattern.",
    ),
    "tanh-binary": Number(
        ask="Capacity of infinitely many tanh units with binary weights, without a margin",
        right=lambda: _binary(np.tanh),
        absolute=1e-3,
        wrong=(
            Mistake(lambda: _binary("erf"), "This is erf. Pass the function itself, np.tanh."),
            Mistake(lambda: _binary("sign"), "This is the sign, tanh with an infinitely steep slope."),
            Mistake(lambda: _binary(lambda x: x), "This is the linear unit, the binary perceptron."),
            Mistake(lambda: _tanh(0), "This is replica symmetry for spherical weights. Pass Binary()."),
            Mistake(lambda: _tanh(1), "This is one step for spherical weights. Pass Binary()."),
        ),
        hint="two_layer.capacity(np.tanh, Binary()).",
        matters="Any smooth function of an array is an activation for the library; it expands it in Hermite polynomials.",
    ),
}
