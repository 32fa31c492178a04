"""Exercises of the chapter on packings: counting, bucklers, Hertz's law, the null vector, Wyart's inequality."""

from __future__ import annotations

import math
from functools import cache

from learnscape.classroom.kinds import Exercise, Mistake, Number

SPHERES, RATTLERS = 1000, 27
ANGLE = math.radians(6.0)
THETA = 0.8


@cache
def _forces(pressure: float) -> tuple[float, float]:
    """Smallest force over the mean one: of the null vector and of the overlaps."""
    from learnscape.jamming import packings

    packing = packings.jam(64, rng=12, pressure=pressure)
    null, _ = packings.self_stress(packing.positions, packing.box, packing.contacts)
    return float(null.min()), float(packing.forces.min() / packing.forces.mean())


def _isostatic(held: int, dimension: int = 3) -> float:
    return float(dimension * (held - 1) + 1)


EXERCISES: dict[str, Exercise] = {
    "count": Number(
        ask="Contacts of the packing",
        whole=True,
        right=lambda: _isostatic(SPHERES - RATTLERS),
        wrong=(
            Mistake(
                lambda: _isostatic(SPHERES),
                "The rattlers are counted here. They bear no force: leave them out.",
            ),
            Mistake(
                lambda: _isostatic(SPHERES - RATTLERS) - 1,
                "One is missing. With d(N_s - 1) contacts there is no state of self-stress, hence no force.",
            ),
            Mistake(
                lambda: _isostatic(SPHERES - RATTLERS) + 3,
                "Translations of the whole packing cost nothing: subtract d coordinates.",
            ),
            Mistake(
                lambda: 3.0 * (SPHERES - RATTLERS), "This is Z = 2d exactly, which holds only for N → ∞."
            ),
            Mistake(
                lambda: _isostatic(SPHERES - RATTLERS, 2),
                "This is the count in two dimensions. Spheres have d = 3.",
            ),
        ),
        hint="N_c = d(N_s - 1) + 1, N_s without rattlers.",
        matters="The count is exact, not on average: one contact more or fewer would be seen.",
    ),
    "buckler": Number(
        ask="Third force, in units of the other two",
        right=lambda: 2 * math.sin(ANGLE),
        relative=5e-3,
        wrong=(
            Mistake(lambda: math.sin(ANGLE), "Two contacts push upwards, not one."),
            Mistake(lambda: 2 * math.cos(ANGLE), "These are the horizontal parts, which cancel each other."),
            Mistake(lambda: 2 * math.sin(6.0), "The angle is in degrees; the sine wants radians."),
            Mistake(
                lambda: 2 * math.sin(2 * ANGLE), "Each contact is 6 degrees above the horizontal, not 12."
            ),
        ),
        hint="Balance the vertical parts of the three forces.",
        matters="The force is weak because the two others are nearly opposite. A small angle is a local accident, so such forces follow their own law and "
        "are counted apart.",
    ),
    "hertz": Number(
        ask="x in δz ~ p^x for Hertzian spheres",
        right=lambda: 1 / 3,
        absolute=4e-3,
        relative=1e-6,
        wrong=(
            Mistake(
                lambda: 0.5,
                "This is the power of Δφ, or that of p for springs. For Hertz's law p ~ Δφ^(3/2).",
            ),
            Mistake(
                lambda: 0.75,
                "This takes the prestress in absolute units. The stiffness is small too: compare prestress with stiffness.",
            ),
            Mistake(lambda: 2 / 3, "This is the power with which Δφ grows. The excess is its square root."),
        ),
        hint="ω*² ~ (stiffness) δz² must exceed the prestress; then express the overlap by the pressure.",
        matters="As a function of the density the excess is the same for every force law: geometry does not know about springs.",
    ),
    "smallest-force": Number(
        ask="Smallest force over the mean force",
        right=lambda: _forces(1e-7)[0],
        relative=0.02,
        wrong=(
            Mistake(
                lambda: _forces(1e-2)[1],
                "This comes from overlaps at p = 0.01, where many contacts have only just closed.",
            ),
            Mistake(
                lambda: _forces(1e-2)[0],
                "This is a component of one of many null vectors at p = 0.01. Take the packing at p = 1e-7.",
            ),
        ),
        hint="packings.self_stress(p.positions, p.box, p.contacts) returns forces of mean 1; take the smallest.",
        matters="Forces at jamming follow from positions alone; no overlap, which is a tiny difference of large numbers, is needed.",
    ),
    "stable-gaps": Number(
        ask="Smallest γ for θ = 0.8",
        right=lambda: 1 / (2 + THETA),
        relative=1e-2,
        wrong=(
            Mistake(
                lambda: 1 / (1 + THETA),
                "This is the power of N in the smallest force, not the bound on γ.",
            ),
            Mistake(
                lambda: (1 + THETA) / (2 + THETA),
                "This is the largest 1 - γ.",
            ),
            Mistake(
                lambda: (1 - THETA) / 2, "This is the bound for bucklers. The weak forces here are extended."
            ),
        ),
        hint="γ ≥ 1/(2 + θ).",
        matters="Fewer weak forces need fewer small gaps to hold them. Spheres have θ = 0.423 and sit exactly on the bound.",
    ),
}
