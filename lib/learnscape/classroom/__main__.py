"""The command line of a class: ``python -m learnscape.classroom grade SUBMISSIONS --assignment NAME --out DIR``, ``secret [FILE]``, ``release``, ``pregrade DROP --assignment NAME --out DIR``."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from learnscape.classroom.assignments import pregrade, release, secret
from learnscape.classroom.assignments.grade import Grader, Result
from learnscape.classroom.assignments.process import Interrupted
from learnscape.classroom.assignments.report import Report, columns_of, printable
from learnscape.classroom.assignments.sandbox import WALLS, Limits, Sandbox

__all__ = ["main"]

SOURCES = Path("classroom/assignments")
SECRET = Path("classroom/secret.txt")


def _grade(options: argparse.Namespace) -> int:
    source = options.source or SOURCES / f"{options.assignment}.md"
    if not source.is_file():
        there = ", ".join(sorted(path.stem for path in source.parent.glob("*.md"))) or "none"
        raise ValueError(f"there is no assignment {source}; in this folder: {there}")
    columns = columns_of(options.columns) if options.columns else None
    try:
        key = secret.load(options.secret)
    except ValueError as error:
        raise ValueError(f"{error}; if this class has its own elsewhere, name it: --secret FILE") from None
    limits = Limits(
        **{
            field.name: getattr(options, field.name)
            for field in fields(Limits)
            if hasattr(options, field.name)
        }
    )
    sandbox = Sandbox(options.wall) if options.wall else Sandbox.best()
    if not sandbox.works():
        raise ValueError(f"the wall {options.wall!r} does not work here")
    with (
        Report(options.out, options.submissions, source.stem, columns) as report,
        Grader(source, key, limits, sandbox) as grader,
    ):
        print(sandbox.sentence)
        if loose := sorted(path.name for path in options.submissions.glob("*.ipynb")):
            print(printable(f"Not graded, in no student's folder: {', '.join(loose)}"))

        present: set[str] = set()

        def done(result: Result, number: int, total: int) -> None:
            present.add(result.student)
            time = "unchanged" if result is report.results.get(result.student) else f"{result.seconds:.1f} s"
            try:
                report.add(result, grader)
            except ValueError as error:  # of one student, not of the folder
                result = grader.failed(result.student, error)
                report.add(result, grader)
            score = f"{result.score:g} of {result.out_of:g}"
            line = f"{number}/{total} {result.student}: {result.status}, {score} ({time}) {result.note}"
            print(printable(line), flush=True)

        try:
            known = [] if options.again else list(report.results.values())
            grader.grade_all(options.submissions, known, options.jobs, done)
            if gone := report.found(present):
                print(
                    printable(f"No longer among the submissions, their results are kept: {', '.join(gone)}")
                )
        finally:
            report.write(grader)
    print(f"Written: {options.out / 'results.csv'}, {options.out / 'report.html'}")
    return 0


def _secret(options: argparse.Namespace) -> int:
    try:
        secret.make(options.file)
    except FileExistsError:
        raise ValueError(
            f"{options.file} exists and is kept: notebooks may have been released with that secret"
        ) from None
    print(f"Written: {options.file}. Keep it: released notebooks are graded with it.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m learnscape.classroom", description="Assignments of a class."
    )
    commands = parser.add_subparsers(dest="command", required=True)

    grade = commands.add_parser("grade", help="grade SUBMISSIONS/STUDENT/NAME.ipynb")
    grade.set_defaults(run=_grade)
    grade.add_argument("submissions", metavar="SUBMISSIONS", type=Path)
    grade.add_argument("--assignment", metavar="NAME", required=True)
    grade.add_argument("--out", metavar="DIR", type=Path, required=True, help="for results and feedback")
    grade.add_argument("--source", metavar="PATH", type=Path, help=f"left out: {SOURCES}/NAME.md")
    grade.add_argument("--secret", metavar="FILE", type=Path, default=SECRET, help=f"left out: {SECRET}")
    grade.add_argument(
        "--jobs", metavar="N", type=int, help="submissions at a time; left out: one a processor"
    )
    grade.add_argument(
        "--again", action="store_true", help="run also what has not changed since the last run"
    )
    grade.add_argument(
        "--columns",
        metavar="TITLES",
        help='of results.csv, such as "SIS ID,Name,Score" or "ID=student,Points=score"',
    )
    grade.add_argument("--wall", choices=WALLS, help="left out: the best that works here")
    limits = grade.add_argument_group("limits of a submission")
    limits.add_argument("--time", metavar="S", type=float, default=Limits.time, help="seconds (%(default)g)")
    limits.add_argument(
        "--cell",
        metavar="S",
        type=float,
        default=Limits.cell,
        help="seconds of a cell or a call (%(default)g)",
    )
    limits.add_argument("--memory", metavar="MB", type=int, default=Limits.memory, help="(%(default)d)")
    limits.add_argument("--disk", metavar="MB", type=int, default=Limits.disk, help="(%(default)d)")
    limits.add_argument("--processes", metavar="N", type=int, default=Limits.processes, help="(%(default)d)")

    make = commands.add_parser("secret", help="make the class secret, from which hidden tests are drawn")
    make.set_defaults(run=_secret)
    make.add_argument("file", metavar="FILE", type=Path, nargs="?", default=SECRET)
    pregrade.command(
        commands.add_parser("pregrade", help="tell students how many hidden checks they pass so far")
    )
    release.command(
        commands.add_parser("release", help="write the notebooks of students, instructor and nbgrader")
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command: 0 if it did its work, 2 for bad input, 130 after Ctrl-C, of which nothing is lost."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (KeyboardInterrupt, Interrupted):
        print("Stopped; what was graded is kept, and the same command goes on.", file=sys.stderr)
        return 130
    except (OSError, RuntimeError, ValueError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    for ending in {signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)}:  # the latter not on Windows
        if signal.getsignal(ending) == signal.SIG_DFL:  # not under nohup
            signal.signal(ending, signal.default_int_handler)  # as Ctrl-C
    sys.exit(main())
