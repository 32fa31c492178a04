"""Every source in classroom/: it can be taught as it is. A new file is found by itself."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import math
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kept_back import kept_back, lines, strings
from learnscape.classroom.assignments import public, release
from learnscape.classroom.assignments.cases import Case, drawn, solved
from learnscape.classroom.assignments.compare import deviation, plain
from learnscape.classroom.assignments.judging import Judged, judge
from learnscape.classroom.assignments.source import TOLERANCE, Assignment, Hidden, Task, read
from sampled import sampled

ROOT = Path(__file__).resolve().parents[2]
SECRETS = [letter * 32 for letter in ("abc" if os.environ.get("FULL") else "ab")]
SOURCES = release.sources(ROOT)
GRADED = [path for path in SOURCES if any(task.hidden for task in read(path).tasks.values())]
NO_MARKDOWN = re.compile(r"^(?:`{3,}|:{3,})\{|(?<![`$\\])\{[a-z:]+\}`", re.MULTILINE)  # of MyST alone

each = pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
graded = pytest.mark.parametrize("path", GRADED, ids=lambda path: path.stem)
some = pytest.mark.parametrize("path", sampled(GRADED, every=3, start=1), ids=lambda path: path.stem)


@cache
def edition(path: Path) -> release.Edition:
    return release.prepare(path, SECRETS[0], ROOT)


@cache
def solution(path: Path) -> tuple[Assignment, dict[str, Any]]:
    assignment = read(path)
    return assignment, solved(assignment)


@cache
def hidden(path: Path) -> list[tuple[Task, Hidden, list[Case], Any]]:
    """Each task with hidden tests, for each secret: with its cases and the solution's function or value."""
    assignment, names = solution(path)
    found = []
    for task in assignment.tasks.values():
        if task.hidden:
            tests = task.tests()
            for secret in SECRETS:
                cases = drawn(assignment, task.name, secret, names, tests)
                found.append((task, tests, cases, names[task.variable]))
    return found


def answers(answer: Any, cases: list[Case]) -> list[dict[str, Any]]:
    """What a student's process would send: values on their way through JSON."""

    def through(value: Any) -> Any:
        return json.loads(json.dumps(plain(value), allow_nan=False))

    sent = []
    for case in cases:
        arguments = None if case.arguments is None else through(case.arguments)
        sent.append({"value": through(answer if arguments is None else answer(*arguments))})
    return sent


def judged(answer: Any, cases: list[Case], tests: Hidden, task: Task) -> Judged:
    return judge(answers(answer, cases), cases, tests, task.variable)


def run(notebook: Any) -> str:
    """All code of a notebook, from the top; returns what it prints."""
    names: dict[str, Any] = {"__name__": "notebook"}
    public.forget()
    with contextlib.redirect_stdout(io.StringIO()) as said:
        for cell in notebook.cells:
            if cell.cell_type == "code":
                exec(compile(cell.source, f"<{cell.id}>", "exec"), names)
    return said.getvalue()


def test_there_are_sources() -> None:
    assert SOURCES
    assert GRADED


@each
def test_the_header(path: Path) -> None:
    assignment = read(path)
    if path.parent.name == "assignments":
        assert 60 <= assignment.minutes <= 120
    assert assignment.chapters
    for chapter in assignment.chapters:
        assert (ROOT / "chapters" / f"{chapter}.md").is_file(), chapter
    assert assignment.cells[0].source.startswith(f"# {assignment.title}\n")


@each
def test_the_notebooks(path: Path) -> None:
    made = edition(path)
    student, instructor, course = (
        write(made) for write in (release.student, release.instructor, release.course)
    )
    keys = [cell.key for cell in made.assignment.cells]
    for notebook in (student, instructor, course):
        own = [cell.id for cell in notebook.cells if cell.id not in ("setup", "about", "summary")]
        assert own == [key for key in keys if key in own]
        assert notebook.metadata.learnscape["assignment"] == path.stem
        for cell in notebook.cells:
            editable = cell.metadata.get("editable", True)
            starts = made.project and cell.cell_type == "code" and cell.id not in ("setup", "summary")
            assert editable == (cell.id.startswith("task-") or starts), cell.id
            assert cell.metadata["deletable"] is False
            if cell.cell_type == "markdown":
                assert not NO_MARKDOWN.search(cell.source), f"{cell.id} needs MyST"
    assert [cell.id for cell in instructor.cells if cell.id in keys] == keys
    text = "\n".join(cell.source for cell in student.cells)
    assert not re.search(r"(BEGIN|END) SOLUTION|# STARTER|HIDDEN TESTS", text)
    assert not any(cell.id.startswith("hidden-") for cell in student.cells)
    assert made.project or not any(cell.id.startswith("rubric-") for cell in student.cells)


@each
def test_an_error_in_one_task_takes_no_import_from_another(path: Path) -> None:
    for cell in read(path).cells:
        assert cell.role != "task" or not re.search(r"^(import|from) ", cell.starter, re.MULTILINE), cell.key


@graded
def test_public_checks_are_as_strict_as_hidden_ones(path: Path) -> None:
    assignment = read(path)
    for cell in assignment.cells:
        task = assignment.tasks.get(cell.name)
        if task and task.hidden and cell.role == "public" and task.tests().compare is None:
            for call in ast.walk(ast.parse(cell.source)):
                if (
                    isinstance(call, ast.Call)
                    and isinstance(call.func, ast.Name)
                    and call.func.id == "public"
                ):
                    given = [key.value for key in call.keywords] + call.args[4:]
                    tolerance = ast.literal_eval(given[0]) if given else TOLERANCE
                    assert tolerance <= task.tests().tolerance, ast.unparse(call)


@each
def test_students_find_every_heading(path: Path) -> None:
    said = "\n".join(cell.source for cell in release.student(edition(path)).cells)
    shown = re.sub(r"BEGIN SOLUTION.*?END SOLUTION", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^## .+$", shown, re.MULTILINE)
    assert len(headings) >= 5
    assert set(headings) <= set(said.splitlines())


@pytest.mark.parametrize("after", ['+++ {"rubric": "waiting"}', "<!-- END SOLUTION -->"])
def test_a_cell_that_swallows_the_next_heading_is_refused(after: str, tmp_path: Path) -> None:
    text = (ROOT / "classroom" / "assignments" / "counting.md").read_text(encoding="utf-8")
    path = tmp_path / "counting.md"
    path.write_text(text.replace(after, f"{after}\n\n## Next", 1), encoding="utf-8")
    with pytest.raises(ValueError, match="swallows the heading '## Next'"):
        read(path)


@each
def test_the_students_notebook_holds_nothing_kept_back(path: Path) -> None:
    made = edition(path)
    text = lines(strings(release.student(made)))
    assert text & kept_back(made.assignment, made.project) == set()
    for cell in release.instructor(made).cells:  # the values that the secret drew
        if cell.id.startswith("hidden-"):
            assert text & lines([cell.source]) == set()


@some
def test_the_instructors_notebook_runs_and_gets_all_points(path: Path) -> None:
    said = run(release.instructor(edition(path)))
    assert "Not yet" not in said
    assert f"{edition(path).checks} public checks passed" in said
    passed = re.findall(r"^(\d+) of (\d+) hidden checks passed", said, re.MULTILINE)
    assert len(passed) == len(edition(path).cases)
    assert all(right == total for right, total in passed), said


@graded
def test_the_solution_passes_for_every_class(path: Path) -> None:
    seen: dict[str, list[Any]] = {}
    for task, tests, cases, answer in hidden(path):
        result = judged(answer, cases, tests, task)
        assert result.right == result.total, f"{task.name}: {result.notes}"
        seen.setdefault(task.name, []).append([case.arguments for case in cases])
    for name, classes in seen.items():
        if classes[0][0] is not None:
            assert classes[0] != classes[1], f"{name}: the secret changes nothing"


@some
def test_mistakes_are_told_apart_from_the_right_answer_and_from_each_other(path: Path) -> None:
    for task, tests, cases, _ in hidden(path)[:: len(SECRETS)]:  # of one class
        sent = {
            sentence: answers(mistake if cases[0].arguments is not None else mistake(), cases)
            for sentence, mistake in tests.mistakes.items()
        }
        known = replace(tests, mistakes={sentence: _recall(cases, given) for sentence, given in sent.items()})
        for sentence, given in sent.items():
            result = judge(given, cases, known, task.variable)
            assert result.right < result.total, f"{task.name}: {sentence}"
            assert result.notes == [sentence], f"{task.name}: {sentence}"


def _recall(cases: list[Case], given: list[dict[str, Any]]) -> Callable[..., Any]:
    """A function that remembers what a mistake gave: some compute long."""
    values = {repr(case.arguments or ()): answer["value"] for case, answer in zip(cases, given, strict=True)}
    return lambda *arguments: values[repr(arguments)]


def forms(right: Any, tolerance: float) -> Iterator[Any]:
    """The same answer as students hand it over."""
    if isinstance(right, bool) or right is None:
        return
    if isinstance(right, (int, float)):
        digits = math.ceil(-math.log10(tolerance)) + 1 if tolerance else 17
        rounded = f"{right:.{digits}g}" if right and isinstance(right, float) else repr(right)
        yield from (rounded, rounded.replace(".", ","), f"{100 * right!r} %", f" {right!r} ")
        yield from (
            [right],
            (right,),
            np.array(right),
            np.array([[right]]),
            complex(right, 0),
            Fraction(right),
        )
        yield np.float64(right)
        if float(rounded) == right or isinstance(right, float):
            yield float(rounded)
    elif isinstance(right, list):
        yield tuple(right)
        if right and all(isinstance(entry, (int, float)) for entry in right):
            yield from (
                np.array(right),
                np.array(right)[:, None],
                np.array([right]),
                np.array(right, dtype=complex),
            )
            yield [np.float64(entry) for entry in right]


def spoiled(right: Any) -> Iterator[Any]:
    """Wrong answers, some of them near the right one."""
    yield from (None, "", [], [[]], 7.25, math.nan, math.inf)
    yield from ([math.nan, math.nan], [3.25, 1.75], [0, math.inf])
    if isinstance(right, list):
        yield from (right[:-1], right + right)
        yield from ([factor * entry for entry in right] for factor in (-1, 0.5, 2, math.nan))
    else:
        yield from (right + 0.2, 0.5 * right, 1 - right, -right)


@graded
def test_verdicts_tell_no_numbers(path: Path) -> None:
    number = re.compile(r"\d+(?:\.\d+)?")
    assignment = read(path)
    for task, tests, cases, _ in hidden(path)[:: len(SECRETS)]:
        if tests.compare is None:
            continue
        before = assignment.cells[: [cell.key for cell in assignment.cells].index(f"task-{task.name}")]
        statement = [cell.source for cell in before if cell.kind == "markdown"][-1]
        known = set(number.findall(statement))
        for case in cases:
            assert case.arguments is not None
            for answer in spoiled(case.right):
                verdict = tests.compare(answer, *case.arguments)
                assert isinstance(verdict, str), f"{task.name}: {answer!r} is right"
                assert set(number.findall(verdict)) <= known, f"{task.name}: {verdict}"


@some
def test_a_right_answer_is_right_in_every_usual_form(path: Path) -> None:
    for task, tests, cases, _ in hidden(path):
        if tests.compare is not None:
            continue  # decides itself
        for case in cases:
            for form in forms(case.right, tests.tolerance):
                assert not deviation(form, case.right, tests.tolerance, tests.absolute), (
                    f"{task.name}: {form!r}"
                )


@some
def test_the_starter_runs_and_gets_no_points(path: Path) -> None:
    said = run(release.student(edition(path)))
    assert "Correct" not in said
    assert (
        f"0 of {edition(path).checks} public checks passed; {edition(path).hidden} hidden checks remain"
        in said
    )
    names: dict[str, Any] = {"__name__": "starter"}
    for cell in edition(path).assignment.cells:
        if cell.kind == "code" and cell.role in ("", "task"):
            exec(compile(cell.starter, f"<{cell.key}>", "exec"), names)
    for task, tests, cases, _ in hidden(path):
        answer, sent = names[task.variable], []
        for case in cases:
            try:
                value = answer if case.arguments is None else answer(*case.arguments)
                sent.append({"missing": True} if value is ... else {"value": plain(value)})
            except Exception:  # a starter that needs what is still to be written
                sent.append({"error": {}})
        assert judge(sent, cases, tests, task.variable).right == 0, task.name
