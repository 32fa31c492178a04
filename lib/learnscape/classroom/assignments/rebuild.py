"""Damaged notebooks: what a student wrote is found in the notebook, and everything else is taken from the release.

A cell belongs to a task by its identifier; if editors have removed or changed that, by what it holds: code that defines the task's name, or
text that begins as the task does. Cells that the student added run where they stand, after the same cell of the release as before.
Statements are those of the source, and public checks are left out.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from learnscape.classroom.assignments.source import Assignment, Cell

__all__ = ["Found", "Rebuilt", "content_of", "notebook_cells", "read_notebook", "rebuild"]

LARGEST = 50_000_000  # bytes of a notebook: pictures and all
MOST_VALUES = 3_000_000  # lists, entries and the like: more keep the grader busy for half a minute, and all others waiting
MOST_CELLS = 2000
NO_FILE = "It is no file of its own, but a link, a folder or a device."
MOST_CODE = 1_000_000  # characters of all code cells together


@dataclass(frozen=True)
class Found:
    """A cell as it came back: the identifiers that it carries, "code" or "markdown", its text, and whether it is locked."""

    keys: tuple[str, ...]
    kind: str
    source: str
    locked: bool = False


@dataclass
class Rebuilt:
    """A submission put in order.

    Attributes
    ----------
    cells : list of (str, str)
        Key and source of the code to run, in order.
    texts : dict of str to str
        Task without machine -> what the student wrote.
    missing : set of str
        Tasks whose cell was not found.
    untouched : set of str
        Tasks whose cell is as it was released.
    notes : list of str
        What had to be repaired.
    """

    cells: list[tuple[str, str]] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    untouched: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


def _content(path: Path) -> bytes:
    """What a file holds. It is looked at once it is open: in a folder that students may write it can become another one at any moment."""
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            opened = os.open(path.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
        finally:
            os.close(folder)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.ENXIO):  # a link, and a socket
            raise ValueError(NO_FILE) from None
        raise
    status = os.fstat(opened)
    if not stat.S_ISREG(status.st_mode):
        os.close(opened)
        raise ValueError(NO_FILE)
    with open(opened, "rb") as file:
        content = b"" if status.st_size > LARGEST else file.read(LARGEST + 1)
    size = max(status.st_size, len(content))
    if size > LARGEST:
        raise ValueError(f"It has {size // 10**6} MB; {LARGEST // 10**6} are read at most.")
    return content


def content_of(path: Path | None) -> str:
    """A digest of what a file holds; empty if it is not to be read."""
    try:
        return hashlib.sha256(_content(path)).hexdigest() if path else ""
    except (OSError, ValueError):
        return ""


def read_notebook(path: Path) -> dict[str, Any]:
    """A notebook as JSON has it.

    Raises
    ------
    ValueError
        If it is none, with the reason in words for a report.
    """
    if not (content := _content(path).strip()):
        raise ValueError("It is empty.")
    if sum(map(content.count, b"[{,:")) > MOST_VALUES:
        raise ValueError(f"It holds more than {MOST_VALUES // 10**6} million values.")
    try:
        notebook = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        reason = str(error).split("\n")[0][:100] if isinstance(error, ValueError) else "nested too deeply"
        raise ValueError(f"It is no notebook: {reason}.") from None
    if not isinstance(notebook, dict) or not isinstance(
        notebook.get("cells", notebook.get("worksheets")), list
    ):
        raise ValueError("It is JSON, but no notebook: it has no cells.")
    return notebook


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = "".join(line for line in value if isinstance(line, str))
    return value.replace("\r\n", "\n") if isinstance(value, str) else ""


def notebook_cells(notebook: dict[str, Any]) -> list[Found]:
    """The cells of a notebook of format 3 or 4, with identifiers where Jupyter, Colab or nbgrader keep them.

    Raises
    ------
    ValueError
        If there are more of them than a person writes, with the reason in words for a report.
    """
    sheets = [notebook, *map(_dict, _list(notebook.get("worksheets")))]
    cells = [_dict(cell) for sheet in sheets for cell in _list(sheet.get("cells"))]
    if len(cells) > MOST_CELLS:
        raise ValueError(f"It has {len(cells)} cells; {MOST_CELLS} are read at most.")
    found = []
    for cell in cells:
        metadata = _dict(cell.get("metadata"))
        keys = [cell.get("id"), metadata.get("id"), _dict(metadata.get("nbgrader")).get("grade_id")]
        kind = "code" if cell.get("cell_type") == "code" else "markdown"
        source = _text(cell.get("source", cell.get("input")))
        locked = metadata.get("editable") is False
        found.append(Found(tuple(key for key in keys if isinstance(key, str)), kind, source, locked))
    code = sum(len(cell.source) for cell in found if cell.kind == "code")
    if code > MOST_CODE:
        raise ValueError(f"It has {code} characters of code; {MOST_CODE} are read at most.")
    return found


def _defines(source: str, name: str) -> bool:
    return bool(re.search(rf"^(?:(?:def|class)\s+{name}\b|{name}\s*[:=](?!=))", source, re.MULTILINE))


def _first_line(source: str) -> str:
    return source.strip().split("\n", 1)[0].strip()


def _squeezed(source: str) -> str:
    return "".join(source.split())


def rebuild(assignment: Assignment, found: list[Found]) -> Rebuilt:
    """Put a submission in order."""
    rebuilt = Rebuilt()
    known = {cell.key: cell for cell in assignment.cells}
    owner: dict[str, int] = {}  # key of a cell of the release -> place in the submission
    for place, one in enumerate(found):
        for key in one.keys:
            if key in known:
                owner.setdefault(key, place)
    taken = {place: key for key, place in owner.items()}
    tasks = [cell for cell in assignment.cells if cell.role == "task"]
    lost = []
    for cell in tasks:
        if cell.key in owner:
            continue
        where = _by_content(cell, assignment, found, taken)
        if where is None:
            rebuilt.missing.add(cell.name)
            rebuilt.notes.append(f"The cell of the task {cell.name} is missing.")
        else:
            owner[cell.key], taken[where] = where, cell.key
            lost.append(cell.name)
    if lost:
        rebuilt.notes.append(f"Found by what they hold, as their identifiers are lost: {', '.join(lost)}.")
    extras = _extras(assignment, found, taken)
    rebuilt.cells += extras.get("", [])
    for cell in assignment.cells:
        if cell.role == "" and cell.kind == "code":
            rebuilt.cells.append((cell.key, cell.starter))
        elif cell.role == "task" and cell.key in owner:
            _answer(cell, found[owner[cell.key]], rebuilt)
        rebuilt.cells += extras.get(cell.key, [])
    return rebuilt


def _answer(cell: Cell, answer: Found, rebuilt: Rebuilt) -> None:
    """Enter the cell of a task."""
    if _squeezed(answer.source) == _squeezed(cell.starter):
        rebuilt.untouched.add(cell.name)
    if cell.kind != "code":
        rebuilt.texts[cell.name] = answer.source
        return
    if answer.kind != "code":
        rebuilt.notes.append(f"The cell of the task {cell.name} was no code cell; it ran as one.")
    rebuilt.cells.append((cell.key, answer.source))


def _by_content(cell: Cell, assignment: Assignment, found: list[Found], taken: dict[int, str]) -> int | None:
    """The last free cell that holds what a task asks for."""
    variable = assignment.tasks[cell.name].variable
    for place in reversed(range(len(found))):
        if place in taken:
            continue
        source = found[place].source
        if (
            _defines(source, variable)
            if cell.kind == "code"
            else _first_line(source) == _first_line(cell.starter)
        ):
            return place
    return None


def _extras(
    assignment: Assignment, found: list[Found], taken: dict[int, str]
) -> dict[str, list[tuple[str, str]]]:
    """Cells that the student added, by the cell of the release after which they stand; also one of the release made into an answer.

    What is locked and not in the source was written by the release: how to install the course, how many checks passed.
    """
    known = {cell.key: cell for cell in assignment.cells}
    variables = [task.variable for task in assignment.tasks.values()]
    released = {_squeezed(cell.starter) for cell in assignment.cells if cell.role != "task"}
    extras: dict[str, list[tuple[str, str]]] = {}
    after = ""
    for place, cell in enumerate(found):
        after = taken.get(place, after)
        if cell.kind != "code" or not cell.source.strip():
            continue
        if place in taken:
            role = known[taken[place]].role
            added = role in ("", "public") and any(_defines(cell.source, name) for name in variables)
        else:
            added = not cell.locked and _squeezed(cell.source) not in released
        if added:
            extras.setdefault(after, []).append((f"{place + 1} (added)", cell.source))
    return extras
