"""Floor 4: exercises with instant checks.

`check("gardner-volume/left-out", 0.1587)` says whether an answer is missing, wrong (with the likely reason) or correct (and why it matters).
With the literal `...` in place of an answer it shows a box to type in.
"""

from __future__ import annotations

from typing import Any

from learnscape.classroom.box import AnswerBox
from learnscape.classroom.feedback import Feedback
from learnscape.classroom.kinds import Choice, Function, Mistake, Number, Option, Variant
from learnscape.classroom.registry import chapters, exercise, exercises_of

__all__ = [
    "AnswerBox",
    "Choice",
    "Feedback",
    "Function",
    "Mistake",
    "Number",
    "Option",
    "Variant",
    "chapters",
    "check",
    "exercise",
    "exercises_of",
]


def check(identifier: str, answer: Any = ...) -> Feedback | AnswerBox:
    """Check an answer, or show the box to type it in.

    Parameters
    ----------
    identifier : str
        The exercise, "chapter/name".
    answer : object
        A number, the letter of a choice, or a function, as the exercise asks. The literal ``...`` shows an answer box.

    Returns
    -------
    Feedback or AnswerBox
        Both have `.status` ("missing", "wrong" or "correct") and `.text`, and are true exactly when the answer is correct.

    Raises
    ------
    ValueError
        If there is no such exercise.

    Examples
    --------
    >>> check("gardner-volume/left-out", None)
    No answer yet. Due is one number: Fraction of the patterns that could be left out.
    >>> check("gardner-volume/left-out", "0.1587")
    Not yet. This is text in quotes, not a number: leave the quotes away.
    >>> bool(check("gardner-volume/left-out", 0.1587))
    True
    """
    found = exercise(identifier)
    return AnswerBox(identifier, found) if answer is ... else found.judge(answer)
