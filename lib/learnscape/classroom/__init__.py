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
        A number, the letter of a choice, or a function, as the exercise asks. A number may also be given as text ("1/4", "0,25",
        "25 %", "1 898") or in a list or array of one. The literal ``...`` shows an answer box.

    Returns
    -------
    Feedback or AnswerBox
        Both have `.status` ("missing", "wrong" or "correct") and `.text`, and are true exactly when the answer is correct.

    Raises
    ------
    ValueError
        If there is no such exercise.

    Notes
    -----
    A function is called with several inputs and stopped after 20 seconds (exercises may state another time). One call of compiled
    code can't be stopped before it returns.

    Examples
    --------
    >>> check("gardner-volume/left-out", None)
    No answer yet. Expected is one number: Fraction of the patterns that could be left out.
    >>> bool(check("gardner-volume/left-out", 0.1587)), bool(check("gardner-volume/left-out", "15.87 %"))
    (True, True)
    >>> check("gardner-volume/left-out", print)
    Not yet. This is the function print itself; one number is expected. Call it, as in print(...), and hand over its result.
    """
    found = exercise(identifier)
    return AnswerBox(identifier, found) if answer is ... else found.judge(answer)
