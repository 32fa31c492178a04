"""Grade submissions: each rebuilt, run in a process of its own, asked for the values of the hidden tests, and judged from outside.

A task gives its points in proportion to the hidden cases that are right. Tasks that have a rubric alone are left for a person.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, nullcontext
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

from learnscape.classroom.assignments.cases import Case, drawn, solved
from learnscape.classroom.assignments.compare import plain
from learnscape.classroom.assignments.comparison import Comparison
from learnscape.classroom.assignments.judging import Answer, judge, mistaken
from learnscape.classroom.assignments.process import Ended, Student
from learnscape.classroom.assignments.rebuild import (
    Rebuilt,
    content_of,
    notebook_cells,
    read_notebook,
    rebuild,
)
from learnscape.classroom.assignments.sandbox import Limits, Sandbox
from learnscape.classroom.assignments.secret import fingerprint
from learnscape.classroom.assignments.source import Assignment, Hidden, read
from learnscape.classroom.assignments.submissions import Submission, find
from learnscape.errors import require

__all__ = ["STATUSES", "Grader", "Result", "TaskResult"]

STATUSES = ("graded", "partly", "timed out", "crashed", "unreadable")
PATIENCE = 10  # times the limits, for the solution: the first run compiles
CACHES = (".machine_code", ".matplotlib", ".cache")  # of compilers and fonts, in a home
MOST_NOTES = 10  # and errors, of cells that stopped
LONGEST_NOTE = 1000  # characters, in the table
LONGEST_TEXT = 20_000  # characters of an answer that a person reads
GONE = "No longer among the submissions."
RULES = 2  # to be raised when the same submission would be graded in another way


@dataclass
class TaskResult:
    """What a student got for a task.

    Attributes
    ----------
    name : str
    points, out_of : float
    right, total : int
        Hidden cases.
    notes : list of str
        To the student.
    """

    name: str
    points: float
    out_of: float
    right: int
    total: int
    notes: list[str] = field(default_factory=list)


@dataclass
class Result:
    """What a student got.

    Attributes
    ----------
    student : str
    status : str
        One of `STATUSES`.
    score, out_of : float
        Without the points that a person gives.
    seconds : float
    notes : list of str
        About the submission as a whole.
    tasks : list of TaskResult
        Graded here.
    texts : dict of str to str
        Task that a person grades -> what the student wrote.
    errors : list of dict
        Cells that stopped: "cell" and "text", how Python shows it.
    digest : str
        Of all that the result depends on.
    gone : bool
        There is no submission of this student any more.
    """

    student: str
    status: str
    score: float
    out_of: float
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)
    tasks: list[TaskResult] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    errors: list[dict[str, str]] = field(default_factory=list)
    digest: str = ""
    gone: bool = False

    @property
    def note(self) -> str:
        return " ".join([GONE] * self.gone + self.notes)[:LONGEST_NOTE]

    @staticmethod
    def of(stored: dict[str, Any]) -> Result:
        """A result as `asdict` wrote it."""
        return Result(**{**stored, "tasks": [TaskResult(**task) for task in stored["tasks"]]})


def _line(text: Any, longest: int) -> str:
    """What a student's process said, as one text of printable characters."""
    return "".join(c for c in str(text)[:longest] if c.isprintable() or c in "\n\t")


class Grader:
    """All that is needed to grade the submissions of one assignment; a context manager, for its temporary files.

    Parameters
    ----------
    source : str or Path
        Of the assignment.
    secret : str
        Of the class.
    limits : Limits, optional
        What a submission may use.
    sandbox : Sandbox, optional
        The wall around submissions; left out: the best that works here.

    Raises
    ------
    ValueError
        If the assignment is wrong: also if its own solution does not get all points.
    RuntimeError
        If no process can be started.
    """

    def __init__(
        self, source: str | Path, secret: str, limits: Limits | None = None, sandbox: Sandbox | None = None
    ) -> None:
        self.assignment: Assignment = read(source)
        self.limits, self.sandbox = limits or Limits(), sandbox or Sandbox.best()
        self.fingerprint = fingerprint(secret)
        self.version = hashlib.sha256(Path(source).read_bytes()).hexdigest()
        names = solved(self.assignment)
        self.tests: dict[str, Hidden] = {}
        self.cases: dict[str, list[Case]] = {}
        self.mistakes: dict[str, list[dict[str, Any]]] = {}
        for task in self.assignment.tasks.values():
            if task.hidden:
                self.tests[task.name] = tests = task.tests()
                self.cases[task.name] = drawn(self.assignment, task.name, secret, names, tests)
                self.mistakes[task.name] = mistaken(self.cases[task.name], tests)
        self.out_of = sum(self.assignment.tasks[name].points for name in self.tests)
        self.by_hand = [task for task in self.assignment.tasks.values() if not task.hidden]
        self.stop = Event()
        self.template: Path | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Grader:
        try:
            self._warm()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _warm(self) -> None:
        """Grade the solution: it must get all points, and leaves behind what compilers and fonts keep."""
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="grading-")))
        folder.chmod(0o755)
        home = folder / "home"
        home.mkdir()
        cells = [
            (cell.key, cell.solution)
            for cell in self.assignment.cells
            if cell.kind == "code" and cell.role in ("", "task")
        ]
        result = self._empty("the solution")
        limits = replace(self.limits, time=PATIENCE * self.limits.time, cell=PATIENCE * self.limits.cell)
        self._run(partial(Student, self.sandbox, limits, keep=home, stop=self.stop), Rebuilt(cells), result)
        short = [task for task in result.tasks if task.right < task.total]
        if result.status != "graded" or short:
            why = [
                f"{task.name}: {task.right} of {task.total} hidden cases ({' '.join(task.notes)})"
                for task in short
            ]
            why += [result.note, *(error["text"].strip().rpartition("\n")[2] for error in result.errors)]
            raise ValueError(
                f"{self.assignment.name}: its own solution fails: {'; '.join(filter(None, why))}"
            )
        for left in home.iterdir():
            if left.name not in CACHES:  # the solution may have written what it found
                shutil.rmtree(left) if left.is_dir() else left.unlink()
        for path in (home, *home.rglob("*")):  # no submission may change what the next one runs
            os.chown(path, os.getuid(), os.getgid(), follow_symlinks=False)
            if not path.is_symlink():
                path.chmod(path.stat().st_mode & ~0o022)
        self.template = home

    def _empty(self, student: str, status: str = "graded") -> Result:
        tasks = [
            TaskResult(name, 0.0, self.assignment.tasks[name].points, 0, len(cases))
            for name, cases in self.cases.items()
        ]
        return Result(student, status, 0.0, self.out_of, tasks=tasks)

    def digest(self, submission: Submission) -> str:
        """Of all that the result of a submission depends on."""
        parts = [
            RULES,
            self.version,
            self.fingerprint,
            asdict(self.limits),
            self.sandbox.wall,
            submission.notes,
            content_of(submission.path),
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def grade(self, submission: Submission) -> Result:
        """Grade one submission; whatever it does, there is a result.

        Raises
        ------
        Interrupted
            If `stop` was set meanwhile.
        """
        try:
            return self._grade(submission)
        except Exception as error:  # one submission must not stop the class, whatever was overlooked
            return self.failed(submission.student, error)

    def failed(self, student: str, error: Exception) -> Result:
        """The result of a student whose submission could not be graded, for a reason that nobody thought of; the next run tries again."""
        result = self._empty(student, "crashed")
        result.notes = [f"It could not be graded: {type(error).__name__}."]
        return result

    def _grade(self, submission: Submission) -> Result:
        began = time.monotonic()
        result = self._empty(submission.student)
        result.notes += submission.notes
        result.digest = self.digest(submission)
        try:
            if submission.path is None:
                raise ValueError
            notebook = read_notebook(submission.path)
            found = notebook_cells(notebook)
        except (OSError, ValueError) as error:
            result.status = "unreadable"
            result.notes += [str(error)] if str(error) else []
            return result
        result.notes += self._origin(notebook)
        rebuilt = rebuild(self.assignment, found)
        result.notes += rebuilt.notes
        if rebuilt.missing:
            result.status = "partly"
        result.texts = {name: _line(text, LONGEST_TEXT) for name, text in rebuilt.texts.items()}
        start = partial(Student, self.sandbox, self.limits, self.template, stop=self.stop)
        try:
            self._run(start, rebuilt, result)
        except (OSError, RuntimeError) as error:  # the machine's fault: the next run tries again
            result.status, result.digest = "crashed", ""
            result.notes.append(f"It could not be run: {error}")
        for task in result.tasks:
            if task.name in rebuilt.untouched:
                task.notes = ["Its cell is as it was released."]
        if waiting := sum(task.points for task in self.by_hand):
            names = ", ".join(task.name for task in self.by_hand)
            result.notes.append(f"By hand: up to {waiting:g} points ({names}).")
        result.seconds = round(time.monotonic() - began, 2)
        return result

    def _origin(self, notebook: dict[str, Any]) -> list[str]:
        """Remarks on what the notebook says about where it comes from."""
        metadata = notebook.get("metadata")
        own = metadata.get("learnscape") if isinstance(metadata, dict) else None
        if not isinstance(own, dict):
            return []
        if own.get("assignment") != self.assignment.name:
            # whose secret and source say nothing here
            return ["By its metadata it belongs to another assignment."]
        notes = []
        if own.get("secret") and own["secret"] != self.fingerprint:
            notes.append("The class secret has changed since the release: the hidden tests are others now.")
        version = str(own.get("version") or "")
        if version and not self.version.startswith(version):
            notes.append("The source has changed since the release.")
        return notes

    def _run(self, start: Callable[[], Student], rebuilt: Rebuilt, result: Result) -> None:
        """Run the cells, ask for the values, and enter the points."""
        said: list[str] = []
        answers: dict[str, list[Answer]] = {task.name: [] for task in result.tasks}
        try:
            with start() as student:
                try:
                    for key, source in rebuilt.cells:
                        said += self._cell(student, key, source, result)
                finally:
                    result.notes += said[:MOST_NOTES]
                    if len(said) > MOST_NOTES:
                        result.notes.append(f"And {len(said) - MOST_NOTES} more notes on cells.")
                for name, given in answers.items():
                    self._ask(student, name, given)
        except Ended as ended:  # what was answered before counts
            result.status = ended.status
            result.notes.append(f"{ended.note} What it had not answered by then has no points.")
        undecided = [task.name for task in result.tasks if self._judge(start, task, answers[task.name])]
        if undecided:
            result.status = "partly" if result.status == "graded" else result.status
            result.notes.append(
                f"The comparison of {', '.join(undecided)} came to no end within the limits: judge by hand."
            )
        result.score = round(sum(task.points for task in result.tasks), 4)

    def _cell(self, student: Student, key: str, source: str, result: Result) -> list[str]:
        """Run a cell; notes on it."""
        notes = []
        answer = student.ask({"run": key, "source": source})
        dropped = answer.get("dropped")
        if isinstance(dropped, list) and dropped:
            notes.append(f"Left out of cell {key}: {_line(', '.join(map(str, dropped[:3])), 100)}.")
        error = answer.get("error")
        if isinstance(error, dict):
            result.status = "partly"
            if len(result.errors) < MOST_NOTES:
                result.errors.append({"cell": key, "text": _line(error.get("text"), 2000)})
            notes.append(f"Cell {key} stopped with {_line(error.get('type'), 60)}.")
        return notes

    def _ask(self, student: Student, name: str, answers: list[Answer]) -> None:
        """Ask for the values of a task."""
        variable = self.assignment.tasks[name].variable
        for case in self.cases[name]:
            asked: dict[str, Any] = {"read": variable}
            if case.arguments is not None:
                asked = {"call": variable, "arguments": plain(case.arguments)}
            answers.append(student.ask(asked))

    def _judge(self, start: Callable[[], Student], task: TaskResult, answers: list[Answer]) -> bool:
        """Enter the points of a task; whether a comparison took too long. The student's process is no more; that of a comparison is another one."""
        of, tests = self.assignment.tasks[task.name], self.tests[task.name]
        with Comparison(start, of.hidden) if tests.compare else nullcontext() as compare:
            judged = judge(
                answers, self.cases[task.name], tests, of.variable, self.mistakes[task.name], compare
            )
        task.right, task.notes = judged.right, judged.notes
        task.points = round(task.out_of * judged.right / judged.total, 4)
        return judged.undecided

    def grade_all(
        self,
        folder: str | Path,
        known: Sequence[Result] = (),
        jobs: int | None = None,
        done: Callable[[Result, int, int], None] = lambda result, number, total: None,
    ) -> None:
        """Grade a folder of submissions, several at a time.

        Parameters
        ----------
        folder : str or Path
            ``STUDENT/NAME.ipynb`` in it.
        known : sequence of Result
            Of an earlier run: a submission of which nothing has changed is not run again.
        jobs : int, optional
            Submissions at a time; left out: as many as there are processors.
        done : callable
            Called with each result, its number and how many there are, in the order in which they come.
        """
        jobs = jobs or os.cpu_count() or 1
        require(jobs > 0, "jobs", jobs, "above 0")
        stored = {result.student: result for result in known}
        submissions = find(folder, self.assignment.name)

        def one(submission: Submission) -> Result:
            before = stored.get(submission.student)
            if before and before.digest == self.digest(submission):
                return before
            return self.grade(submission)

        with ThreadPoolExecutor(jobs) as pool:
            running = [pool.submit(one, submission) for submission in submissions]
            try:
                for number, future in enumerate(as_completed(running), 1):
                    done(future.result(), number, len(running))
            except BaseException:
                self.stop.set()
                pool.shutdown(cancel_futures=True)
                raise
