"""Exercises of the chapter on ellipses."""

from __future__ import annotations

import math

from learnscape.classroom.kinds import Exercise, Mistake, Number

A, B, EPSILON = 1.5, 1.0, 0.01  # of the ellipse between walls
PARTICLES, LOOSE, Z = 100, 4, 5.25  # of the packing with missing contacts


def _contact() -> float:
    from learnscape.jamming import ellipses

    return ellipses.contact_function([2.0, 0.0], [[2.0, 1.0], [2.0, 1.0]], [0.0, math.pi / 2])


def _missing(particles: int) -> float:
    return 3 * particles - 1 - Z * particles / 2


def _curvature(a: float, b: float) -> float:
    return (a * a - b * b) / b


EXERCISES: dict[str, Exercise] = {
    "ellipsoids": Number(
        ask="Isostatic number of contacts of an ellipsoid",
        whole=True,
        right=lambda: 2.0 * (3 + 3),
        wrong=(
            Mistake(
                lambda: 6.0, "These are the degrees of freedom. Each contact is shared by two particles."
            ),
            Mistake(
                lambda: 10.0,
                "That is right for ellipsoids of revolution: turning about the axis does nothing.",
            ),
        ),
        hint="Three translations and three rotations.",
        matters="Real packings of ellipsoids have fewer, for the reason that this chapter explains.",
    ),
    "contact": Number(
        ask="Factor at which the two ellipses touch",
        right=_contact,
        absolute=4e-4,
        wrong=(
            Mistake(lambda: 0.5, "This is right for two long axes in line: 2 / (2 + 2)."),
            Mistake(lambda: 1.0, "This is right if both were circles of radius one."),
            Mistake(lambda: 4 / 9, "This is F. The factor is its square root."),
            Mistake(lambda: 1.5, "This is 1/g: the factor by which they would have to be moved apart."),
        ),
        hint="Where on the x-axis do the two boundaries lie?",
        matters="The factor depends on the orientations, so contacts exert torques.",
    ),
    "missing": Number(
        ask="Modes without stiffness",
        whole=True,
        right=lambda: _missing(PARTICLES - LOOSE),
        wrong=(
            Mistake(
                lambda: _missing(PARTICLES),
                "Rattlers were counted: neither their freedoms nor contacts belong here.",
            ),
            Mistake(
                lambda: _missing(PARTICLES - LOOSE) + 1,
                "One more contact is needed: the density is an unknown too.",
            ),
            Mistake(lambda: _missing(PARTICLES - LOOSE) + 2, "The two translations were counted as modes."),
        ),
        hint="First the number of contacts of the 96 ellipses that are held.",
        matters="All of them are held by prestress only, more than a tenth of all modes.",
    ),
    "crossover": Number(
        ask="Angle at which both terms are equal",
        right=lambda: 2 * math.sqrt(EPSILON / _curvature(A, B)),
        relative=7e-3,
        wrong=(
            Mistake(
                lambda: math.degrees(2 * math.sqrt(EPSILON / _curvature(A, B))),
                "This is in degrees. The expansion of the height holds for angles in radians.",
            ),
            Mistake(lambda: math.sqrt(EPSILON / _curvature(A, B)), "The quartic term has the factor 1/4."),
            Mistake(
                lambda: 2 * math.sqrt(EPSILON / (A * A / B)),
                "The curvature is (a² - b²)/b: for a circle it vanishes.",
            ),
            Mistake(lambda: 4 * EPSILON / _curvature(A, B), "This is the square of the angle."),
        ),
        hint="Divide the two terms by the square of the angle.",
        matters="Linear response holds for displacements below the square root of the pressure only, and at jamming nowhere.",
    ),
    "bound": Number(
        ask="Least number of overlaps",
        whole=True,
        right=lambda: 300.0 + 1,
        wrong=(
            Mistake(lambda: 300.0, "The forces balance: one of the gradients depends on the others."),
            Mistake(lambda: 200.0, "These are the directions that the prestress does not destabilise."),
            Mistake(
                lambda: 499.0,
                "That is isostatic; it is needed only if the prestress destabilises all directions.",
            ),
        ),
        hint="The stiffness must cover all directions that the prestress destabilises.",
        matters="For ReLU networks half of the eigenvalues of the prestress are negative, and half of the count remains.",
    ),
}
