"""Assignments for classes that use nbgrader (https://nbgrader.readthedocs.io, version 0.9): its source notebooks, and what its test cells call.

nbgrader runs hidden tests in the process in which the student's code ran, and shows them in its feedback. So a student can read or change
them there; ``python -m learnscape.classroom grade`` keeps the two apart. Points are the same: the share of the hidden checks passed.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from typing import Any

from learnscape.classroom.assignments.cases import Case
from learnscape.classroom.assignments.compare import plain
from learnscape.classroom.assignments.judging import judge
from learnscape.classroom.assignments.public import SECONDS
from learnscape.classroom.assignments.source import Task
from learnscape.classroom.calling import call

__all__ = ["CONFIG", "marks", "points", "test_cell"]

CONFIG = '''\
"""nbgrader's settings for this course, written by `make classroom`. Then: nbgrader generate_assignment NAME"""

from pathlib import Path

from nbgrader.converters import GenerateAssignment
from nbgrader.preprocessors import ClearSolutions


class Starters(ClearSolutions):
    """What students find in place of a solution: the starter from the assignment's source."""

    def preprocess_cell(self, cell, resources, cell_index):
        starter = cell.metadata.pop("starter", None)
        if starter is None:
            return super().preprocess_cell(cell, resources, cell_index)
        cell.source = starter
        return cell, resources


c = get_config()
c.CourseDirectory.course_id = "learnscape"
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
c.GenerateAssignment.preprocessors = [
    Starters if step is ClearSolutions else step for step in GenerateAssignment.preprocessors.default()
]
c.ExecutePreprocessor.timeout = 120
'''


def marks(role: str, key: str, points: float, kind: str, by_hand: bool) -> dict[str, Any]:
    """nbgrader's metadata of a cell."""
    task = role == "task"
    found: dict[str, Any] = {
        "schema_version": 3,
        "grade_id": key,
        "solution": task,
        "locked": not task,
        "grade": role == "hidden" or (task and by_hand),
        "task": False,
        "cell_type": "code" if kind == "code" else "markdown",
    }
    if found["grade"]:
        found["points"] = points
    return found


def test_cell(task: Task, cases: list[Case]) -> str:
    """The source of a cell that runs hidden tests, with what the class secret drew."""
    readable = "'''" not in task.hidden and not task.hidden.endswith(("'", "\\"))
    tests = f"r'''\n{task.hidden}\n'''" if readable else repr(task.hidden)
    drawn = "".join(f"    ({plain(case.arguments)!r}, {case.right!r}),\n" for case in cases)
    return f"""\
# Hidden tests of {task.variable}: {len(cases)} checks, {task.points:g} points
### BEGIN HIDDEN TESTS
from learnscape.classroom.assignments.nbgrader import points

cases = [
{drawn}]
points("{task.name}", {task.variable}, {task.points:g}, cases, {tests})
### END HIDDEN TESTS"""


def points(
    task: str, answer: Any, most: float, cases: list[tuple[list[Any] | None, Any]], tests: str
) -> float:
    """Points for an answer: `most` times the share of the cases that it passes; prints what is wrong.

    Parameters
    ----------
    task : str
        Its name.
    answer : object
        The student's function or value.
    most : float
        Points for a right answer.
    cases : list of (list or None, object)
        Arguments, and the right answer.
    tests : str
        Source of the hidden tests.

    Examples
    --------
    >>> points("double", lambda x: 2 * x, 3, [([1], 2), ([4], 8)], "arguments = lambda rng: []")
    2 of 2 hidden checks passed.
    3.0
    """
    asked = Task(task, most, tests)
    drawn = [Case(None if arguments is None else tuple(arguments), right) for arguments, right in cases]
    said = io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        warnings.simplefilter("ignore")  # whatever is written to standard error costs all points in nbgrader
        judged = judge([_answer(answer, case) for case in drawn], drawn, asked.tests(), asked.variable)
    print(f"{judged.right} of {judged.total} hidden checks passed.", *judged.notes, sep="\n")
    return most * judged.right / judged.total


def _answer(answer: Any, case: Case) -> dict[str, Any]:
    """In the form in which the grader gets it from a student's process."""
    if case.arguments is None:
        return {"missing": True} if answer is ... else {"value": plain(answer)}
    called = call(answer, [case.arguments], SECONDS)
    return {"error": {}} if called.failure else {"value": plain(called.results[0])}
