"""The one exercise of the page on how to use the book: being checked, once."""

from __future__ import annotations

from learnscape.classroom.kinds import Exercise, Mistake, Number

MARGIN = 1.0


def _H(x: float) -> float:
    from learnscape.numerics.gaussian import H

    return float(H(x))


EXERCISES: dict[str, Exercise] = {
    "first": Number(
        ask="Fraction of random patterns with a stability of at least 1",
        right=lambda: _H(MARGIN),
        absolute=6e-4,
        wrong=(
            Mistake(
                lambda: _H(-MARGIN),
                "This is the fraction below the margin. Patterns with a stability of at least 1 lie to its right.",
            ),
            Mistake(
                lambda: 2 * _H(MARGIN),
                "This counts both tails, z > 1 and z < -1. A pattern with z < -1 is badly wrong.",
            ),
            Mistake(lambda: _H(0.0), "This is the fraction at margin 0. Move the slider to 1."),
        ),
        hint="Move the slider to 1 and read the shaded fraction; it lies between 0 and 0.5.",
        matters="You will meet this number often: with margin 1 luck alone stores one random pattern in six. Learning has to do the rest.",
    ),
}
