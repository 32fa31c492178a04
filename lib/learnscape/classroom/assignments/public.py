"""The checks that students run in their notebook while they work: a line for each, and never an error that stops "run all".

They show the value that is expected; the hidden tests, which give the points, ask for others.
"""

from __future__ import annotations

from typing import Any

from learnscape.classroom.assignments.compare import RELATIVE, deviation, plain
from learnscape.classroom.calling import call
from learnscape.classroom.feedback import Feedback
from learnscape.classroom.function import overflow_note
from learnscape.classroom.reading import brief, is_missing, value_of

__all__ = ["SECONDS", "forget", "judge", "outcomes", "public", "summary"]

SECONDS = 20.0
"""Time for one call of a student's function, after which it is stopped."""

_outcomes: dict[tuple[str, str], bool] = {}


def outcomes() -> dict[tuple[str, str], bool]:
    """Whether each check passed when it last ran, by task and arguments; a check that runs again counts once."""
    return dict(_outcomes)


def forget() -> None:
    """As if no check had run."""
    _outcomes.clear()


def judge(
    task: str, answer: Any, arguments: tuple[Any, ...] | None, expected: Any, tolerance: float = RELATIVE
) -> Feedback:
    """Feedback on one check; see `public`.

    Examples
    --------
    >>> judge("fraction", lambda p, n: 0.5, (3, 2), 0.75)
    Not yet. fraction(3, 2) is 0.5, expected is 0.75.
    >>> judge("overlap", "75 %", None, 0.75)
    Correct. overlap is '75 %'.
    """
    name, expected = task.replace("-", "_"), plain(expected)
    if is_missing(answer) and answer != expected:
        return Feedback("missing", f"{name} is still to be written.")
    note = ""
    if arguments is None:
        if callable(answer):
            return Feedback(
                "wrong", f"{name} is a function; a value is expected. Call it and keep its result."
            )
        what, result = name, answer
    else:
        what = f"{name}({', '.join(map(brief, arguments))})"
        if not callable(answer):
            return Feedback(
                "wrong",
                f"{name} is {brief(answer)}; a function is expected. Is its name taken by something else?",
            )
        called = call(answer, [arguments], SECONDS)
        if called.failure:
            return Feedback("wrong", f"{what} {called.failure}")
        result = called.results[0]
        if is_missing(result) and result != expected:
            return Feedback(
                "missing", f"{what} returns nothing yet: does {name} end with a return statement?"
            )
        note = overflow_note(result, expected, called.overflow)
    try:
        wrong = deviation(result, expected, tolerance)
    except Exception as error:  # an object of the student's own
        wrong = f"It can't be compared: {type(error).__name__}."
    if not wrong:
        return Feedback("correct", f"{what} is {brief(result)}.")
    if _per_cent(result, expected, tolerance):
        wrong = "It is 100 times too large: a fraction is asked for, not a number in per cent."
    reason = "" if wrong.endswith("is not right.") and not wrong.startswith("Entry") else f" {wrong}"
    return Feedback("wrong", f"{what} is {brief(result)}, expected is {brief(expected)}.{reason}{note}")


def _per_cent(result: Any, expected: Any, tolerance: float) -> bool:
    """Whether a number between 0 and 1 was given in per cent."""
    share = isinstance(expected, float) and 0 < expected < 1
    return share and isinstance(value_of(result), list) and not deviation(result, 100 * expected, tolerance)


def public(
    task: str, answer: Any, arguments: tuple[Any, ...] | None, expected: Any, tolerance: float = RELATIVE
) -> None:
    """Check one answer of an assignment, and print a line on it.

    A wrong answer raises nothing: the cells below still run.

    Parameters
    ----------
    task : str
        Name of the task.
    answer : object
        The function, or the value, that was asked for.
    arguments : tuple or None
        With which the function is called; None if a value is asked for.
    expected : number, str, bool, list, dict or None
        The right answer.
    tolerance : float
        Relative deviation that counts as right.

    Examples
    --------
    >>> public("double", lambda x: 2 * x, (3,), 6)
    Correct. double(3) is 6.
    >>> public("double", lambda x: x, (3,), 6)
    Not yet. double(3) is 3, expected is 6.
    """
    feedback = judge(task, answer, arguments, expected, tolerance)
    _outcomes[task, repr(arguments)] = bool(feedback)
    print(" ".join(str(feedback).split()))  # also of a matrix


def summary(checks: int, hidden: int) -> None:
    """Print how many of the public checks passed, and how many checks an answer has still to pass when it is graded.

    Parameters
    ----------
    checks : int
        Public checks of the assignment.
    hidden : int
        Hidden checks of it.

    Examples
    --------
    >>> forget()
    >>> public("double", lambda x: 2 * x, (3,), 6)
    Correct. double(3) is 6.
    >>> summary(2, 5)
    1 of 2 public checks passed; 5 hidden checks remain. They run when your notebook is graded.
    """
    passed = sum(_outcomes.values())
    lead = (
        f"{checks} public checks passed" if passed >= checks else f"{passed} of {checks} public checks passed"
    )
    rest = (
        f"{hidden} hidden checks remain. They run when your notebook is graded"
        if hidden
        else "a person reads the rest"
    )
    print(f"{lead}; {rest}.")
    open_ = sorted({task for (task, _), right in _outcomes.items() if not right})
    if open_:
        print(f"Not yet: {', '.join(open_)}.")
