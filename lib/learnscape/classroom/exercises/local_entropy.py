"""Exercises of the chapter on local entropy."""

from __future__ import annotations

import math

from scipy.optimize import brentq

from learnscape.classroom.kinds import Exercise, Function, Mistake, Number, Variant

DISTANCE = 0.18
ROOT8 = math.sqrt(8.0)


def _choices(d: float) -> float:
    return -d * math.log(d) - (1.0 - d) * math.log1p(-d)


def _exists(alpha: float = 0.6) -> float:
    """Distance from which on the external entropy is positive as y -> infinity."""
    from learnscape import Binary, Margin
    from learnscape.replica import local_entropy

    def external(d: float) -> float:
        found = local_entropy.solve(Binary(), Margin(0.0), alpha, d, y=math.inf)
        return found.external_entropy

    return float(brentq(external, 0.1, 0.2, xtol=1e-10))


def _from_centre() -> float:
    return 0.5 * (1.0 - math.sqrt(1.0 - 2.0 * _exists()))


def _external(y: float, phi: float, slope: float) -> tuple[float, float]:
    return phi + y * slope, -(y**2) * slope


EXERCISES: dict[str, Exercise] = {
    "room": Number(
        ask="Local entropy without patterns at mutual distance 0.18, y → ∞",
        right=lambda: _choices(0.5 * (1.0 - math.sqrt(1.0 - 2.0 * DISTANCE))),
        absolute=1e-3,
        wrong=(
            Mistake(
                lambda: _choices(DISTANCE),
                "This is η(0.18). Replicas are at distance 0.18 from one another, and nearer to their centre.",
            ),
            Mistake(
                lambda: _choices(0.5 * DISTANCE),
                "Half of d is only the limit of small distances. Use the overlap √(1-2d) with the centre.",
            ),
            Mistake(
                lambda: _choices(0.1) / math.log(2.0), "This is in bits. The book uses natural logarithms."
            ),
        ),
        hint="The overlap with the centre is √(1-2d) = 0.8.",
        matters="This is the upper bound that dense regions reach at small distance.",
    ),
    "exist": Number(
        ask="Mutual distance from which on groups of y → ∞ exist, κ = 0, α = 0.6",
        right=_exists,
        absolute=1e-3,
        wrong=(
            Mistake(_from_centre, "This is the distance from the centre. Asked is the mutual distance."),
            Mistake(lambda: 2.0 * _exists(), "This is 1 - q_1. The distance is half of it."),
        ),
        hint="brentq on the field external_entropy of local_entropy.solve(..., y=math.inf) between 0.1 and 0.2.",
        matters="Below it the limit is formal, and the densest groups that exist have a finite y.",
    ),
    "legendre": Number(
        ask="Local entropy of the densest groups that exist, Φ(y) = 1/2 + y/4 + y²/16",
        right=lambda: 0.25 + ROOT8 / 8.0,
        absolute=1e-3,
        wrong=(
            Mistake(lambda: 0.75, "This is S_I at y = 4. There the external entropy is negative."),
            Mistake(lambda: ROOT8, "This is y*. Insert it into S_I = dΦ/dy."),
            Mistake(lambda: 0.375, "This is S_I at y = 1: typical solutions."),
            Mistake(
                lambda: 0.5 + ROOT8 / 4.0 + 0.5,
                "This is Φ at y*. With S_E = 0 it is y times the local entropy.",
            ),
        ),
        hint="S_E = Φ - y dΦ/dy = 1/2 - y²/16.",
        matters="The same algebra finds the largest clusters that exist, with m in place of y.",
    ),
    "external": Function(
        name="external",
        parameters=("y", "phi", "slope"),
        reference=_external,
        inputs=((1.0, 0.3, -0.1), (4.0, 0.149, -0.007), (16.0, 0.134, -0.0001), (2.5, 0.2, 0.0)),
        wrong=(
            Variant(
                lambda y, phi, slope: (slope, phi - y * slope),
                "The derivative is that of Φ/y, not of Φ. Use Φ = yφ and the product rule.",
            ),
            Variant(
                lambda y, phi, slope: (phi + y * slope, -y * slope),
                "This is S_E/y. Multiply by y: S_E = Φ - y S_I with Φ = yφ.",
            ),
            Variant(lambda y, phi, slope: (phi + y * slope, y**2 * slope), "S_E has the opposite sign."),
            Variant(lambda y, phi, slope: _external(y, phi, slope)[::-1], "First S_I, then S_E."),
        ),
        matters="This y² is the reason why the library computes the slope explicitly at the saddle.",
    ),
}
