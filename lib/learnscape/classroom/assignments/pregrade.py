"""A look ahead for students: how many hidden checks their notebook passes so far, counted at most once in some hours for each.

The number says nothing about which checks; and as it comes seldom, nobody finds the answers by trying. When a student was last served
stands in the instructor's folder, not in the student's.
"""

from __future__ import annotations

import argparse
import json
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from learnscape.classroom.assignments.grade import Grader
from learnscape.classroom.assignments.report import own_folder, printable, write
from learnscape.classroom.assignments.secret import load
from learnscape.classroom.assignments.submissions import file_name, find
from learnscape.errors import require

__all__ = ["HOURS", "command", "pregrade"]

HOURS = 12.0


def pregrade(
    drop: str | Path, grader: Grader, out: str | Path, hours: float = HOURS, now: datetime | None = None
) -> dict[str, str]:
    """Count for everybody whose notebook is new and whose time has come.

    Parameters
    ----------
    drop : str or Path
        ``STUDENT/NAME.ipynb`` in it.
    grader : Grader
    out : str or Path
        Folder in which ``STUDENT.txt`` is written, a line to be passed on, and ``pregrade-NAME.json``, what has been counted when.
    hours : float
        Between two counts of a student.
    now : datetime, optional
        The time.

    Returns
    -------
    dict of str to str
        Student -> line, of those counted now.

    Raises
    ------
    ValueError
        If `hours` is negative, there is no submission, or `out` lies in `drop` or is in use.
    """
    require(hours >= 0, "hours", hours, "0 or more")
    now, out = now or datetime.now().astimezone(), Path(out)
    held = own_folder(out, Path(drop))
    try:
        return _pregrade(Path(drop), grader, out, hours, now)
    finally:
        os.close(held)


def _pregrade(drop: Path, grader: Grader, out: Path, hours: float, now: datetime) -> dict[str, str]:
    name = grader.assignment.name
    book = out / f"pregrade-{name}.json"
    served: dict[str, Any] = json.loads(book.read_text(encoding="utf-8")) if book.is_file() else {}
    lines = {}
    for submission in find(drop, name):
        last = served.get(submission.student, {})
        waits = "time" in last and now < datetime.fromisoformat(last["time"]) + timedelta(hours=hours)
        if submission.path is None or waits or last.get("digest") == grader.digest(submission):
            continue
        # The time is written before the submission runs: who stops the command does not get a second try for it.
        served[submission.student] = {
            "time": now.isoformat(timespec="seconds"),
            "digest": grader.digest(submission),
        }
        write(book, json.dumps(served, indent=1) + "\n")
        result = grader.grade(submission)
        tasks = result.tasks
        right, total = sum(task.right for task in tasks), sum(task.total for task in tasks)
        said = f"{right} of {total} hidden checks passed."
        if not result.digest:  # the machine's fault: the next run tries again
            served[submission.student] = last
            write(book, json.dumps(served, indent=1) + "\n")
            continue
        if result.status == "unreadable":  # nothing was counted: a better one need not wait
            served[submission.student] = {**last, "digest": result.digest}
            write(book, json.dumps(served, indent=1) + "\n")
            said = f"the notebook could not be read. {result.note}"
        elif result.status != "graded":
            said += f" {result.status}: {result.note}"
        lines[submission.student] = f"{name}, {now:%Y-%m-%d %H:%M}: {said}"
        write(out / f"{file_name(submission.student)}.txt", lines[submission.student] + "\n")
    return lines


def command(parser: argparse.ArgumentParser) -> None:
    """The options of the command ``pregrade``."""
    parser.set_defaults(run=_run)
    parser.add_argument("drop", metavar="DROP", type=Path, help="folder with STUDENT/NAME.ipynb")
    parser.add_argument("--assignment", metavar="NAME", required=True)
    parser.add_argument(
        "--out", metavar="DIR", type=Path, required=True, help="for the lines to the students"
    )
    parser.add_argument(
        "--hours", metavar="H", type=float, default=HOURS, help="between two counts (%(default)g)"
    )
    parser.add_argument("--source", metavar="PATH", type=Path, help="left out: classroom/assignments/NAME.md")
    parser.add_argument(
        "--secret",
        metavar="FILE",
        type=Path,
        default=Path("classroom/secret.txt"),
        help="left out: %(default)s",
    )


def _run(options: argparse.Namespace) -> int:
    source = options.source or Path("classroom/assignments", f"{options.assignment}.md")
    with Grader(source, load(options.secret)) as grader:
        lines = pregrade(options.drop, grader, options.out, options.hours)
    for student, line in lines.items():
        print(printable(f"{student}: {line}"))
    print(f"{len(lines)} counted; the others have handed in nothing new, or have to wait.")
    return 0
