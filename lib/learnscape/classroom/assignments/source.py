"""The source of an assignment: a notebook as MyST Markdown that holds statement, starter code, checks, solution, hidden tests and rubric.

Roles are options of cells (``:task: fraction`` on a line below the fence of a code cell, ``+++ {"task": "why", "points": 2}`` before text):

========== ============================================================================================================
task       what a student writes, for `points`: code, or text between HTML comments ``BEGIN SOLUTION`` and ``END SOLUTION``
public     checks that students run themselves
hidden     Python that grades the task of this name, see `Hidden`
rubric     text: how an instructor gives the points of a task that no machine grades
========== ============================================================================================================

Between ``# BEGIN SOLUTION`` and ``# END SOLUTION`` stands the solution; after a line ``# STARTER`` in it, as comments, what students find there.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["Assignment", "Cell", "Hidden", "Task", "read"]

ROLES = ("task", "public", "hidden", "rubric")
REGION = re.compile(
    r"^(?P<indent>[ \t]*)(?:#|<!--) BEGIN SOLUTION(?: -->)?\n(?P<body>.*?)^[ \t]*(?:#|<!--) END SOLUTION(?: -->)?[ \t]*$",
    re.DOTALL | re.MULTILINE,
)
MARKS = re.compile(r"^[ \t]*(?:#|<!--) (?:BEGIN|END) SOLUTION(?: -->)?[ \t]*\n?", re.MULTILINE)
STARTER = re.compile(r"^[ \t]*# STARTER[ \t]*\n(?P<lines>.*)\Z", re.DOTALL | re.MULTILINE)
NAME = re.compile(r"[a-z][a-z0-9-]*")
HEADING = re.compile(r"^## .+$", re.MULTILINE)
TOLERANCE = 0.01  # relative: of a number that a student computed


@dataclass(frozen=True)
class Cell:
    """One cell of an assignment.

    Attributes
    ----------
    key : str
        Its identifier in every notebook made from the source.
    kind : str
        "code" or "markdown".
    role : str
        "task", "public", "hidden", "rubric", or empty: statement, which no student changes.
    name : str
        Of the task that it belongs to; empty for a statement.
    source : str
        As written, solution included.
    """

    key: str
    kind: str
    role: str
    name: str
    source: str

    @property
    def solution(self) -> str:
        """The source with its solution, without the marks around it."""
        return MARKS.sub("", REGION.sub(lambda region: STARTER.sub("", region[0]), self.source))

    @property
    def starter(self) -> str:
        """The source as students find it."""

        def start(region: re.Match[str]) -> str:
            given = STARTER.search(region["body"])
            if given:
                lines = re.sub(r"^[ \t]*# ?", "", given["lines"], flags=re.MULTILINE).rstrip()
            else:
                lines = "..." if self.kind == "code" else "*Your answer.*"
            return textwrap.indent(lines, region["indent"])

        return REGION.sub(start, self.source)


@dataclass(frozen=True)
class Hidden:
    """The hidden tests of a task: what its Python defines.

    Attributes
    ----------
    arguments : callable or None
        ``arguments(rng)`` yields tuples with which the student's function is called; all of them values that JSON has
        (numbers, texts, lists, None). None if the task asks for a value.
    expected : callable or None
        The right answer from the same arguments, computed in another way than the solution does; None: the solution is asked.
    compare : callable or None
        ``compare(answer, *arguments)`` returns True or a sentence that says what is wrong, for answers of which several are right.
    tolerance : float
        Relative deviation that counts as right.
    absolute : float
        Absolute deviation that counts as right.
    mistakes : dict of str to callable
        Sentence to the student -> the answer of one who made this mistake, from the same arguments.
    """

    arguments: Callable[[np.random.Generator], Iterable[tuple[Any, ...]]] | None = None
    expected: Callable[..., Any] | None = None
    compare: Callable[..., Any] | None = None
    tolerance: float = TOLERANCE
    absolute: float = 1e-9
    mistakes: dict[str, Callable[..., Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """What is asked for.

    Attributes
    ----------
    name : str
        Of the task; with underscores for hyphens it is the name of the function or variable that is graded.
    points : float
        For a right answer.
    hidden : str
        Source of its hidden tests; empty if a person grades it with the rubric.
    rubric : str
        Markdown.
    """

    name: str
    points: float
    hidden: str = ""
    rubric: str = ""

    @property
    def variable(self) -> str:
        return self.name.replace("-", "_")

    def tests(self) -> Hidden:
        """The hidden tests, ready to be called; runs the instructor's Python."""
        names: dict[str, Any] = {}
        exec(compile(self.hidden, f"<hidden tests of {self.name}>", "exec"), names)
        return Hidden(**{key: names[key] for key in Hidden.__dataclass_fields__ if key in names})


@dataclass(frozen=True)
class Assignment:
    """An assignment as read from its source.

    Attributes
    ----------
    name : str
        Of the file, without extension.
    title : str
        For people.
    minutes : int
        That a student needs.
    difficulty : int
        1 (everybody), 2 or 3 (the best of a class).
    chapters : tuple of str
        What it is about, relative to ``chapters/``.
    cells : tuple of Cell
        In order.
    tasks : dict of str to Task
        By name, in order.
    """

    name: str
    title: str
    minutes: int
    difficulty: int
    chapters: tuple[str, ...]
    cells: tuple[Cell, ...]
    tasks: dict[str, Task]

    @property
    def points(self) -> float:
        return sum(task.points for task in self.tasks.values())


def read(path: str | Path) -> Assignment:
    """Read an assignment.

    Parameters
    ----------
    path : str or Path
        The source, MyST Markdown.

    Returns
    -------
    Assignment

    Raises
    ------
    ValueError
        If a part is missing or named twice; the message names file and part.
    """
    import jupytext

    path = Path(path)
    notebook = jupytext.read(path)

    def fail(text: str) -> ValueError:
        return ValueError(f"{path.name}: {text}")

    head = notebook.metadata.get("assignment", {})
    missing = [key for key in ("title", "minutes", "difficulty", "chapters") if key not in head]
    if missing:
        raise fail(f"the header lacks assignment: {', '.join(missing)}")
    if head["difficulty"] not in (1, 2, 3):
        raise fail(f"difficulty {head['difficulty']!r} is not 1, 2 or 3")
    cells: list[Cell] = []
    parts: dict[str, dict[str, Any]] = {}
    for cell in notebook.cells:
        roles = [role for role in ROLES if role in cell.metadata]
        if len(roles) > 1:
            raise fail(f"a cell is {' and '.join(roles)} at once")
        role = roles[0] if roles else ""
        name = str(cell.metadata[role]) if role else ""
        if role and not NAME.fullmatch(name):
            raise fail(f"{name!r} is no name of a task (small letters, digits, hyphens)")
        key = f"{role}-{name}" if role else f"text-{len(cells)}"
        taken = [cell.key for cell in cells]
        if key in taken:
            if role != "public":
                raise fail(f"{key} comes twice")
            key = f"{key}-{len(cells)}"
        kind = "code" if cell.cell_type == "code" else "markdown"
        end = cell.source if role == "rubric" else REGION.split(cell.source)[-1] if role == "task" else ""
        swallowed = HEADING.search(end) if kind == "markdown" else None
        if swallowed:
            raise fail(f"{key} swallows the heading {swallowed[0]!r}: put a line '+++' before it")
        cells.append(Cell(key, kind, role, name, cell.source))
        if role == "task":
            if not REGION.search(cell.source):
                raise fail(f"task {name!r} has no solution between BEGIN SOLUTION and END SOLUTION")
            parts[name] = {"points": float(cell.metadata.get("points", 0))}
            if parts[name]["points"] <= 0:
                raise fail(f"task {name!r} needs points above 0")
        elif role and name not in parts:
            raise fail(f"{role} comes before a task {name!r}")
        elif role in ("hidden", "rubric"):
            parts[name][role] = cell.source
    if not parts:
        raise fail("it has no task")
    tasks = {name: Task(name, **part) for name, part in parts.items()}
    for task in tasks.values():
        if not task.hidden and not task.rubric:
            raise fail(f"task {task.name!r} has neither hidden tests nor a rubric")
    return Assignment(
        path.stem, str(head["title"]), int(head["minutes"]), head["difficulty"], tuple(head["chapters"]), tuple(cells), tasks
    )  # fmt: skip
