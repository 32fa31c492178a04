"""What a class is asked: the arguments that the secret draws for each hidden test, and the right answers to them.

Runs the instructor's Python, and nothing that a student wrote.
"""

from __future__ import annotations

import contextlib
import copy
import io
from dataclasses import dataclass
from typing import Any

from learnscape.classroom.assignments.compare import plain
from learnscape.classroom.assignments.secret import generator
from learnscape.classroom.assignments.source import Assignment, Hidden

__all__ = ["Case", "drawn", "solved"]


@dataclass(frozen=True)
class Case:
    """One hidden check.

    Attributes
    ----------
    arguments : tuple or None
        With which the student's function is called; None if the task asks for a value.
    right : object
        The right answer, in values that JSON has. Where several are right: that of the solution.
    """

    arguments: tuple[Any, ...] | None
    right: Any


def solved(assignment: Assignment) -> dict[str, Any]:
    """The names that the solution defines: all code of statement and tasks, run from the top, without its checks."""
    names: dict[str, Any] = {"__name__": assignment.name}
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in assignment.cells:
            if cell.kind == "code" and cell.role in ("", "task"):
                exec(compile(cell.solution, f"<{assignment.name}, {cell.key}>", "exec"), names)
    return names


def drawn(
    assignment: Assignment, task: str, secret: str, names: dict[str, Any], tests: Hidden | None = None
) -> list[Case]:
    """The hidden checks of a task for one class.

    Parameters
    ----------
    assignment : Assignment
    task : str
        Its name.
    secret : str
        Of the class.
    names : dict
        From `solved`.
    tests : Hidden, optional
        The task's tests, if they are at hand.

    Returns
    -------
    list of Case

    Raises
    ------
    ValueError
        If the tests draw nothing: they would pass whatever a student wrote.
    """
    tests = tests or assignment.tasks[task].tests()
    solution = names[assignment.tasks[task].variable]
    right = tests.expected or solution
    if tests.arguments is None:
        return [Case(None, plain(right() if tests.expected else right))]
    cases = [
        Case(arguments, plain(right(*copy.deepcopy(arguments))))
        for arguments in map(tuple, tests.arguments(generator(secret, assignment.name, task)))
    ]
    if not cases:
        raise ValueError(f"{assignment.name}: the hidden tests of {task!r} draw no arguments")
    return cases
