"""Which notebook is whose: ``SUBMISSIONS/STUDENT/NAME.ipynb``, and what learning management systems and browsers make of it.

A notebook may also lie in a folder ``NAME`` of the student's, as nbgrader collects it. Of several the newest counts.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path

from learnscape.classroom.assignments.rebuild import read_notebook

__all__ = ["Submission", "file_name", "find"]

LONGEST = 120  # bytes of a file's name that leave room for what is put before and behind it, also on an encrypted disk
MOST_READ = 20  # notebooks of other names in the folder of a student


@dataclass
class Submission:
    """What a student handed in.

    Attributes
    ----------
    student : str
        Name of the folder.
    path : Path or None
        The notebook; None: there is none.
    notes : list of str
        How it was chosen, where that was not plain.
    """

    student: str
    path: Path | None
    notes: list[str] = field(default_factory=list)


def find(folder: str | Path, name: str) -> list[Submission]:
    """The submissions of an assignment, a student each, in order of their names.

    Raises
    ------
    ValueError
        If there is no such folder, or no student in it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder of submissions")
    students = sorted(
        entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith(".")
    )
    if not students:
        raise ValueError(f"{folder} holds no submission; expected is {folder}/STUDENT/{name}.ipynb")
    return [_found(student, name) for student in students]


def file_name(student: str) -> str:
    """The name of a student as the name of a file: short enough, and another one for everybody.

    Examples
    --------
    >>> file_name("ada"), len(file_name("a" * 252))
    ('ada', 69)
    """
    whole = student.encode(errors="backslashreplace")
    with contextlib.suppress(UnicodeEncodeError):  # in a locale that lacks its letters
        if len(os.fsencode(student)) <= LONGEST:
            return student
    return f"{student[:4].encode('ascii', 'ignore').decode()}-{hashlib.sha256(whole).hexdigest()}"


def _found(student: Path, name: str) -> Submission:
    try:
        return _chosen(student, name)
    except OSError as error:  # a folder that may not be entered, a file that vanished
        return Submission(_readable(student), None, [f"Its folder can't be read: {error.strerror}."])


def _assignment_of(path: Path) -> str | None:
    """The assignment that a notebook says it is."""
    try:
        metadata = read_notebook(path).get("metadata")
    except (OSError, ValueError):
        return None
    own = metadata.get("learnscape") if isinstance(metadata, dict) else None
    return str(own.get("assignment")) if isinstance(own, dict) else None


def _readable(path: Path) -> str:
    """The name of a file in characters that can be written; an old archive may hold it in another encoding."""
    return os.fsencode(path.name).replace(b"\\", rb"\\").decode("utf-8", "backslashreplace")


def _chosen(student: Path, name: str) -> Submission:
    who = _readable(student)
    places = [place for place in (student, student / name) if place.is_dir() and not place.is_symlink()]
    if not places:
        return Submission(who, None, ["Its folder is a link."])
    there = sorted(  # the newest first
        (path for place in places for path in place.glob("*.ipynb")),
        key=lambda path: (-path.lstat().st_mtime, path.stem != name, path),
    )
    read = [path for path in there if path.stem != name][:MOST_READ]
    # "counting (1)", "counting-2", "Copy of counting"; not "counting-again", if that is another assignment
    own = [
        path
        for path in there
        if path.stem == name
        or (path in read and (_assignment_of(path) or (name if name in path.stem else "")) == name)
    ]
    if not own:
        others = f"; there is {', '.join(map(_readable, there[:3]))}" if there else ""
        return Submission(who, None, [f"There is no {name}.ipynb{others}."])
    newest, notes = own[0], []
    if len(own) > 1:
        notes.append(f"Of {len(own)} notebooks the newest was graded, {_readable(newest)}.")
    elif newest.stem != name:
        notes.append(f"It is named {_readable(newest)}.")
    return Submission(who, newest, notes)
