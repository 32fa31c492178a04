"""What grading leaves in a folder: results.csv, results.json, report.html for the instructor, and a page for each student.

The JSON is the record, from which the rest is written and a later run goes on. A folder belongs to one assignment.
"""

from __future__ import annotations

import csv
import json
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from learnscape.classroom.assignments.grade import STATUSES, Grader, Result
from learnscape.classroom.assignments.sandbox import lock
from learnscape.classroom.assignments.submissions import file_name
from learnscape.page.markup import Markup, join, tag

__all__ = ["FIELDS", "Columns", "Report", "columns_of", "own_folder", "printable", "write"]

FIELDS = ("student", "status", "score", "out_of", "seconds", "note")
ALIASES = {
    "student": (
        "sis id",
        "sis user id",
        "sis login id",
        "id",
        "id number",
        "username",
        "name",
        "user",
        "login",
    ),
    "score": ("points", "grade", "mark"),
    "out_of": ("maximum", "out of", "points possible"),
    "note": ("feedback", "comment", "comments", "feedback comments"),
}
FORMULA = re.compile(
    r"(?:^|[;\t\r\n]) *(?=[=+\-@\t\r])"
)  # what a spreadsheet would compute, also one that splits at semicolons
Columns = list[tuple[str, str]]

HEAD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
"""
STYLE = """
:root { color-scheme: light dark; --line: light-dark(#c8c8c8, #555); --quiet: light-dark(#595959, #b0b0b0); }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem;
  background: light-dark(#fff, #181818); color: light-dark(#1a1a1a, #eee); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: start; color: var(--quiet); padding-block: .4rem; }
th, td { text-align: start; vertical-align: top; padding: .35rem .7rem; border-block-end: 1px solid var(--line); }
th:not(:last-child), td:not(:last-child) { white-space: nowrap; }
.number { text-align: end; font-variant-numeric: tabular-nums; }
pre { overflow-x: auto; border: 1px solid var(--line); padding: .6rem; white-space: pre-wrap; overflow-wrap: anywhere; }
"""


def columns_of(text: str) -> Columns:
    """The columns that a learning management system wants, as pairs of title and field.

    Parameters
    ----------
    text : str
        Titles separated by commas, each with ``=field`` behind it unless its meaning is plain. An empty field leaves the column empty.

    Raises
    ------
    ValueError
        If the meaning of a title is not plain; the message lists the fields.

    Examples
    --------
    >>> columns_of("SIS ID,Score,Section=")
    [('SIS ID', 'student'), ('Score', 'score'), ('Section', '')]
    """
    columns = []
    for column in next(csv.reader([text])):
        title, given, name = column.strip().rpartition("=")
        title, name = (title.strip(), name.strip()) if given else (name, _meaning(name))
        if name not in (*FIELDS, ""):
            raise ValueError(
                f"column {title!r}: write {title}=FIELD with one of the fields {', '.join(FIELDS)}, or nothing"
            )
        columns.append((title, name))
    return columns


def _meaning(title: str) -> str:
    low = title.lower()
    return next((name for name in FIELDS if low in (name, *ALIASES.get(name, ()))), low or "?")


def _cell(value: Any) -> str:
    """A value for a spreadsheet, which must not take a text for a formula."""
    if isinstance(value, float):
        return f"{value:g}"
    return FORMULA.sub(lambda found: f"{found[0]}'", str(value))


def printable(text: str) -> str:
    """A text without what would move the cursor of a terminal, or what this one can't show."""
    text = "".join(c if c.isprintable() else "?" for c in text)
    coding = sys.stdout.encoding or "utf-8"
    return text.encode(coding, "backslashreplace").decode(coding)


def own_folder(folder: Path, submissions: Path) -> int:
    """Make a folder for results, for its owner alone, and lock it: the descriptor that is to be closed.

    Raises
    ------
    ValueError
        If it lies in that of the submissions, or another grader writes into it now.
    """
    if folder.resolve().is_relative_to(submissions.resolve()):
        raise ValueError(
            f"{folder} lies among the submissions, where each folder is a student's; choose another folder"
        )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    held = lock(folder)
    if held is None:
        raise ValueError(f"another grader writes into {folder}; wait for it, or choose another folder")
    return held


def write(path: Path, text: str) -> None:
    """Write a file as a whole or not at all, in a folder that is locked."""
    draft = path.with_name(f".{path.name}.part")
    draft.write_text(text, encoding="utf-8", errors="backslashreplace", newline="")
    os.replace(draft, path)


class Report:
    """The results of an assignment in a folder; a context manager, until whose end no other grader may write there.

    Parameters
    ----------
    folder : str or Path
        Made if it does not exist, see `own_folder`.
    submissions : str or Path
        Of the students.
    name : str
        Of the assignment.
    columns : list of (str, str), optional
        Of results.csv, see `columns_of`.

    Raises
    ------
    ValueError
        If the folder holds the results of another assignment, or results that this program did not write; or from `own_folder`.
    """

    def __init__(
        self, folder: str | Path, submissions: str | Path, name: str, columns: Columns | None = None
    ) -> None:
        self.folder, self.name = Path(folder), name
        self.columns = columns or [(field, field) for field in FIELDS]
        self.results: dict[str, Result] = {}
        self._lock = own_folder(self.folder, Path(submissions))
        try:
            (self.folder / "feedback").mkdir(exist_ok=True)
            self._read()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Report:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let others write into the folder."""
        os.close(self._lock)

    def _read(self) -> None:
        name = self.name
        record, table = self.folder / "results.json", self.folder / "results.csv"
        if record.exists():
            try:
                stored = json.loads(record.read_text(encoding="utf-8"))
                other = stored["assignment"]
                results = [Result.of(result) for result in stored["students"]]
            except (ValueError, KeyError, TypeError):
                raise ValueError(f"{record} can't be read; move it away, or choose another folder") from None
            if other != name:
                raise ValueError(
                    f"{self.folder} holds the results of {other!r}, not of {name!r}; choose another folder"
                )
            self.results = {result.student: result for result in results}
        elif table.exists():
            raise ValueError(f"{table} was not written by this program; choose another folder")

    def add(self, result: Result, grader: Grader) -> None:
        """Enter a result, and write everything that changes with it but the report."""
        self.results[result.student] = result
        self._record(grader)
        write(self.folder / "feedback" / f"{file_name(result.student)}.html", _feedback(result, grader))

    def found(self, students: set[str]) -> list[str]:
        """Say of whom there is a submission; the results of the others are kept, and their names returned."""
        for student, result in self.results.items():
            result.gone = student not in students
        return [result.student for result in self._ordered() if result.gone]

    def _ordered(self) -> list[Result]:
        return sorted(self.results.values(), key=lambda result: result.student)

    def _record(self, grader: Grader) -> None:
        head: dict[str, Any] = {"assignment": self.name, "isolation": grader.sandbox.sentence}
        head |= {"secret": grader.fingerprint, "version": grader.version, "limits": asdict(grader.limits)}
        students = [asdict(result) for result in self._ordered()]
        write(self.folder / "results.json", json.dumps({**head, "students": students}, indent=1) + "\n")

    def write(self, grader: Grader) -> None:
        """Write the table and the report."""
        self._record(grader)
        with tempfile.SpooledTemporaryFile(mode="w+", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            table.writerow(title for title, _ in self.columns)
            for result in self._ordered():
                table.writerow(_cell(getattr(result, name)) if name else "" for _, name in self.columns)
            file.seek(0)
            write(self.folder / "results.csv", file.read())
        write(self.folder / "report.html", _report(self._ordered(), grader))


def _page(title: str, *parts: str) -> str:
    head = join(tag("title", title), tag("style", Markup(STYLE)))
    return f"{HEAD}{head}</head>{tag('body', tag('main', tag('h1', title), *parts))}</html>\n"


def _table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str | float]]) -> Markup:
    """A table whose first column names the row; numbers stand to the right."""
    numeric = {i for row in rows for i, cell in enumerate(row) if not isinstance(cell, str)}
    kind = ["number" if i in numeric else None for i in range(len(heads))]
    body = []
    for name, *rest in rows:
        texts = [cell if isinstance(cell, str) else f"{cell:g}" for cell in rest]
        cells = [tag("td", text, class_=kind[i]) for i, text in enumerate(texts, 1)]
        body.append(tag("tr", tag("th", str(name), scope="row"), *cells))
    head = tag("tr", *(tag("th", text, scope="col", class_=kind[i]) for i, text in enumerate(heads)))
    return tag(
        "div", tag("table", tag("caption", caption), tag("thead", head), tag("tbody", *body)),
        class_="wide", tabindex="0", role="region", aria_label=caption,
    )  # fmt: skip


def _feedback(result: Result, grader: Grader) -> str:
    """What a student sees: no hidden case, no expected value."""
    parts: list[str] = []
    if result.status == "unreadable":
        parts.append(tag("p", "Your notebook could not be graded."))
    else:
        parts.append(tag("p", f"{result.score:g} of {result.out_of:g} points. A task gives its points in proportion to the hidden checks that are right."))  # fmt: skip
        rows = [
            (task.name, task.points, task.out_of, f"{task.right} of {task.total}", " ".join(task.notes))
            for task in result.tasks
        ]
        rows += [(task.name, "", task.points, "", "A person marks this.") for task in grader.by_hand]  # type: ignore[misc]
        parts.append(
            _table("Your tasks", ("Task", "Points", "Out of", "Hidden checks right", "What we noticed"), rows)
        )
    parts += [tag("p", note) for note in result.notes]
    for error in result.errors:
        parts.append(tag("h2", f"Cell {error['cell']} stopped"))
        parts.append(tag("pre", error["text"], tabindex="0"))
    return _page(grader.assignment.title, *parts)


def _written(text: str, statement: str) -> str:
    """What a student wrote into a cell, without the lines of the statement that stand in it."""
    known = {line.strip() for line in statement.splitlines()} - {""}
    own = [line for line in text.splitlines() if line.strip() not in known]
    return "\n".join(own).strip() or "Nothing was written."


def _report(results: list[Result], grader: Grader) -> str:
    """What the instructor sees."""
    there = [result for result in results if not result.gone]
    count = {status: sum(result.status == status for result in there) for status in STATUSES}
    summary = ", ".join(f"{number} {status}" for status, number in count.items() if number)
    scores = [result.score for result in there if result.status != "unreadable"]
    mean = f" Mean score: {sum(scores) / len(scores):.3g} of {grader.out_of:g}." if scores else ""
    parts: list[str] = [
        tag("p", f"{len(there)} submissions: {summary}.{mean}"),
        tag("p", "A task gives its points in proportion to the hidden checks that are right."),
        tag("p", grader.sandbox.sentence),
    ]
    rows: list[Sequence[str | float]] = [
        (r.student, r.status, r.score, r.out_of, r.seconds, r.note) for r in results
    ]
    heads = ("Student", "Status", "Score", "Out of", "Seconds", "Note")
    parts.append(_table("Scores without the points that a person gives", heads, rows))
    tasks: list[Sequence[str | float]] = [
        (r.student, *(f"{task.right} of {task.total}" for task in r.tasks),
         " ".join(f"{task.name}: {' '.join(task.notes)}" for task in r.tasks if task.notes))
        for r in results
    ]  # fmt: skip
    parts.append(tag("h2", "Tasks"))
    parts.append(
        _table("Hidden checks that are right", ("Student", *grader.cases, "What was noticed"), tasks)
    )
    tally = Counter((task.name, note) for r in results for task in r.tasks for note in task.notes)
    common = sorted(tally.items(), key=lambda entry: (list(grader.cases).index(entry[0][0]), -entry[1]))
    if common:
        parts.append(
            _table(
                "How many had it", ("Task", "What was noticed", "Students"), [(*key, n) for key, n in common]
            )
        )
    for task in grader.by_hand:
        statement = next(
            cell.starter for cell in grader.assignment.cells if cell.role == "task" and cell.name == task.name
        )
        parts.append(tag("h2", f"For a person to mark: {task.name}, {task.points:g} points"))
        parts.append(tag("pre", statement.strip()))
        parts.append(tag("pre", task.rubric))
        for result in results:
            text = result.texts.get(task.name)
            answer = "No answer was found." if text is None else _written(text, statement)
            parts.append(tag("details", tag("summary", result.student), tag("pre", answer)))
    return _page(f"{grader.assignment.title}: report", *parts)
