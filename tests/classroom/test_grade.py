"""Grading from a folder of submissions to results, report and feedback: a class in which everything that happens has happened once."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from learnscape.classroom.__main__ import main
from learnscape.classroom.assignments import grade
from learnscape.classroom.assignments.cases import drawn, solved
from learnscape.classroom.assignments.grade import Grader, Result
from learnscape.classroom.assignments.rebuild import read_notebook
from learnscape.classroom.assignments.report import Report, _cell, columns_of
from learnscape.classroom.assignments.secret import fingerprint
from learnscape.classroom.assignments.source import read
from learnscape.classroom.assignments.submissions import file_name, find
from marked import alive, appears

SECRET = "0123456789" * 4
SOURCE = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
assignment:
  title: A small one
  minutes: 5
  difficulty: 1
  chapters: []
---

# A small one

```{code-cell} ipython3
SCALE = 2
```

```{code-cell} ipython3
:task: twice
:points: 2
def twice(x):
    # BEGIN SOLUTION
    return SCALE * x
    # STARTER
    # ...
    # END SOLUTION
```

```{code-cell} ipython3
:public: twice
raise RuntimeError("public checks are not run")
```

```{code-cell} ipython3
:hidden: twice
HIDDEN_MARK = 1
def arguments(rng):
    for odd in (0, 1, 0, 1):
        yield (2 * int(rng.integers(10**6, 10**7)) + odd,)


def expected(x):
    return x + x


tolerance = 1e-9
mistakes = {"This is the square.": lambda x: x * x}
```

```{code-cell} ipython3
:task: part-of
:points: 1
# BEGIN SOLUTION
import os

part_of = 1 / 4
if os.environ.get("USER") == "student":
    open("found.txt", "w").write("1/4")
# STARTER
# part_of = ...
# END SOLUTION
```

```{code-cell} ipython3
:hidden: part-of
def expected():
    return 0.25
```

```{code-cell} ipython3
:task: root
:points: 3
def root(a):
    # BEGIN SOLUTION
    return a ** 0.5
    # STARTER
    # ...
    # END SOLUTION
```

```{code-cell} ipython3
:hidden: root
def arguments(rng):
    return [(4,), (9.0,), (int(rng.integers(100, 200)),)]


def compare(answer, a):
    while answer == "wait":
        pass
    return True if abs(answer**2 - a) < 1e-6 else "Its square is another number."
```

+++ {"task": "why", "points": 2}

Why?

<!-- BEGIN SOLUTION -->
Because.
<!-- END SOLUTION -->

+++ {"rubric": "why"}

Two points for any reason.
"""
CHECK = 'raise RuntimeError("public checks are not run")'
RIGHT = {
    "task-twice": "def twice(x):\n    return SCALE * x",
    "task-part-of": "part_of = 0.25",
    "task-root": "def root(a):\n    return -(a ** 0.5)",
    "task-why": "Why?\n\nFor <b>this</b> reason.",
}


def cell(source: str, key: str | None = None, kind: str = "code") -> dict[str, Any]:
    code = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "metadata": {}, "source": source, **({"id": key} if key else {}), **code}


def cells(**changed: str) -> list[dict[str, Any]]:
    """The cells of a right submission, some of them changed: "twice" is the cell task-twice."""
    answers = RIGHT | {f"task-{name.replace('_', '-')}": source for name, source in changed.items()}
    keys = ["text-0", "text-1", "task-twice", "public-twice", "task-part-of", "task-root", "task-why"]
    given = {"text-0": "# A small one", "text-1": "SCALE = 2", "public-twice": "1 / 0", **answers}
    return [cell(given[key], key, "markdown" if key in ("text-0", "task-why") else "code") for key in keys]


def notebook(cells: list[dict[str, Any]], **metadata: Any) -> dict[str, Any]:
    own = {"learnscape": {"assignment": "small", **metadata}}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": own, "cells": cells}


def without_ids(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in cell.items() if key != "id"} for cell in cells]


def submissions() -> dict[str, Any]:
    """Student -> notebook, bytes, or names of files and what they hold."""
    good = cells()
    unmarked = without_ids([one | {"source": CHECK} if one["id"] == "public-twice" else one for one in good])
    third = [{**one, "input": one.pop("source").splitlines(keepends=True)} for one in map(dict, unmarked)]
    return {
        "right": notebook([cell("1 / 0", "setup") | {"metadata": {"editable": False}}, *good]),
        "square": notebook(cells(twice="def twice(x): return x * x")),
        "half": notebook(cells(twice="def twice(x): return 2 * x if x % 2 == 0 else 0")),
        "starter": notebook(cells(twice="def twice(x):\n    ...", part_of="part_of = ...", root="def root(a):\n    ...")),
        "teller": notebook(cells(twice="def twice(x): raise ValueError(f'x is {x}')", root="def root(a): return f'{a}'")),
        "repeater": notebook(cells(twice="def twice(x): return str(x)", root="def root(a): return [a]")),
        "deleted": notebook([one for one in good if one["id"] != "task-twice"]),
        "retyped": notebook([one | {"cell_type": "markdown"} if one["id"] == "task-twice" else one for one in good]),
        "reordered": notebook(good[::-1]),
        "without-ids": {**notebook(unmarked), "nbformat_minor": 0},
        "format-3": {"nbformat": 3, "metadata": {}, "worksheets": [{"cells": third}]},
        "colab": notebook([{**without_ids([one])[0], "metadata": {"id": one["id"]}} for one in good]),
        "split": notebook([*good[:2], cell("# my answer", "task-twice"), cell(RIGHT["task-twice"], "ab12"), *good[3:]]),
        "helper": notebook([*good[:2], cell("h = lambda x: SCALE * x", "x1"), *cells(twice="def twice(x): return h(x)")[2:]]),
        "locked": notebook([one | {"source": "SCALE = 3"} if one["id"] == "text-1" else one for one in good]),
        "failing": notebook([*good, cell("print('<script>')\n1 / 0", "x2")]),
        "magics": notebook([cell("%matplotlib inline\n!ls", "x3"), cell("%%bash\nls", "x4"), *good]),
        "corrupt": b'{"cells": [',
        "empty": b"",
        "deep": b"[" * 10**6,
        "number": b"7",
        "odd": {"cells": [1, None, {"cell_type": [], "source": {"a": 1}, "metadata": 3, "id": 7}], "metadata": []},
        "wrong-name": {"homework.ipynb": {"cells": []}},
        "copy": {"Copy of small.ipynb": {**notebook(good), "metadata": {}}},
        "again": {"small.ipynb": notebook(cells(part_of="part_of = 1")), "small (1).ipynb": notebook(good)},
        "nbgrader": {"small/small.ipynb": notebook(good)},
        "changed": notebook(good, secret="0" * 16, version="0" * 16),
        "leaver": notebook(cells(root="import os\ndef root(a): os._exit(0)")),
        "looper": notebook(cells(root="def root(a):\n    while a: pass")),
        "stuck": notebook(cells(root="import signal\ndef root(a):\n    signal.alarm(0); signal.setitimer(0, 0)\n    while a: pass")),
        "peeker": notebook(cells(part_of="part_of = eval(open('found.txt').read())")),
        "stumbler": notebook([*good, *(cell("1 / 0") for _ in range(25))]),
        "sheets": {**notebook(good), "worksheets": 1},
        "crowd": {"cells": [{}] * 2001},
        "lists": b'{"cells": [' + b"[]," * (3 * 10**6) + b"[]]}",
        "waiter": notebook(cells(root="def root(a): return 'wait'")),
        "writer": notebook([cell("x = 1 #" + 10**6 * "a"), *good]),
        "=1+1": notebook(good),
        "n" * 252: notebook(good),
        "J\udcf6rg": notebook(good),
        "<b>": notebook(cells(part_of="part_of = {'<i>': 1}")),
    }  # fmt: skip


def hand_in(folder: Path, student: str, work: Any) -> None:
    if isinstance(work, bytes) or "cells" in work or "worksheets" in work:
        work = {"small.ipynb": work}
    for age, (name, content) in enumerate(work.items()):
        path = folder / student / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        os.utime(path, (10**9 + age, 10**9 + age))


class Class:
    """A folder with an assignment, a secret and submissions, and how to grade it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.out = folder, folder / "out"
        self.source, self.secret = folder / "small.md", folder / "secret.txt"
        self.source.write_text(SOURCE)
        self.secret.write_text(SECRET)

    def arguments(self, *more: str, out: str = "out") -> list[str]:
        files = ["--source", str(self.source), "--secret", str(self.secret), "--out", str(self.folder / out)]
        return ["grade", str(self.folder / "in"), "--assignment", "small", *files, "--cell", "0.5", *more]

    def results(self) -> dict[str, dict[str, Any]]:
        return {
            one["student"]: one for one in json.loads((self.out / "results.json").read_text())["students"]
        }

    def feedback(self, student: str) -> str:
        return (self.out / "feedback" / f"{file_name(student)}.html").read_text()


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Class:
    small = Class(tmp_path_factory.mktemp("class"))
    for student, work in submissions().items():
        hand_in(small.folder / "in", student, work)
    link = small.folder / "in" / "linker" / "small.ipynb"
    link.parent.mkdir()
    link.symlink_to(small.folder / "in" / "right" / "small.ipynb")
    (small.folder / "in" / "absent").mkdir()
    (small.folder / "in" / "sparse").mkdir()
    (small.folder / "in" / "sparse" / "small.ipynb").touch()
    os.truncate(small.folder / "in" / "sparse" / "small.ipynb", 200 * 2**30)
    assert main(small.arguments()) == 0
    return small


LONG = "n" * 252
FULL = ("right", "reordered", "without-ids", "format-3", "colab", "split", "helper", "locked", "copy", "again", "nbgrader", "changed", "J\\xf6rg", "sheets", LONG)  # fmt: skip


@pytest.mark.parametrize("student", FULL)
def test_the_work_is_found_whatever_happened_to_the_notebook(graded: Class, student: str) -> None:
    result = graded.results()[student]
    assert (result["status"], result["score"], result["out_of"]) == ("graded", 6, 6), result["notes"]
    assert result["texts"] == {"why": RIGHT["task-why"]}


@pytest.mark.parametrize(
    ("student", "status", "score", "note"),
    [
        ("square", "graded", 4, ""),
        ("half", "graded", 5, ""),
        ("starter", "graded", 0, ""),
        ("deleted", "partly", 4, "The cell of the task twice is missing."),
        ("retyped", "graded", 6, "was no code cell"),
        ("failing", "partly", 6, "Cell 8 (added) stopped with ZeroDivisionError."),
        ("magics", "graded", 6, "Left out of cell 1 (added): %matplotlib inline, !ls."),
        ("without-ids", "graded", 6, "as their identifiers are lost: twice, part-of, root, why."),
        ("corrupt", "unreadable", 0, "It is no notebook"),
        ("empty", "unreadable", 0, "It is empty."),
        ("deep", "unreadable", 0, "nested too deeply"),
        ("number", "unreadable", 0, "no cells"),
        ("odd", "partly", 0, "The cell of the task root is missing."),
        ("stumbler", "partly", 6, "And 15 more notes on cells. By hand: up to 2 points (why)."),
        ("crowd", "unreadable", 0, "It has 2001 cells; 2000 are read at most."),
        ("lists", "unreadable", 0, "It holds more than 3 million values."),
        ("waiter", "partly", 3, "The comparison of root came to no end within the limits: judge by hand."),
        ("writer", "unreadable", 0, "characters of code; 1000000 are read at most."),
        ("sparse", "unreadable", 0, "It has 214748 MB; 50 are read at most."),
        ("wrong-name", "unreadable", 0, "There is no small.ipynb; there is homework.ipynb."),
        ("absent", "unreadable", 0, "There is no small.ipynb."),
        ("linker", "unreadable", 0, "a link"),
        ("copy", "graded", 6, "It is named Copy of small.ipynb."),
        ("again", "graded", 6, "Of 2 notebooks the newest was graded, small (1).ipynb."),
        ("changed", "graded", 6, "The class secret has changed since the release"),
        ("changed", "graded", 6, "The source has changed since the release"),
        ("leaver", "crashed", 3, "Its process ended itself."),
        ("looper", "graded", 3, ""),
        ("stuck", "timed out", 3, "It took more than 0.5 seconds in one cell."),
        ("peeker", "partly", 5, "Cell task-part-of stopped with FileNotFoundError."),
        ("right", "graded", 6, "By hand: up to 2 points (why)."),
    ],
)  # fmt: skip
def test_status_score_and_note(graded: Class, student: str, status: str, score: float, note: str) -> None:
    result = graded.results()[student]
    assert (result["status"], result["score"]) == (status, score), result["notes"]
    assert note in " ".join(result["notes"])


@pytest.mark.parametrize(
    ("student", "task", "right", "sentence"),
    [
        ("square", "twice", 0, "This is the square."),
        ("half", "twice", 2, "A value is wrong."),
        ("starter", "twice", 0, "Its cell is as it was released."),
        ("teller", "twice", 0, "twice raises ValueError."),
        ("teller", "root", 0, "A text of another form than asked for came back."),
        ("repeater", "twice", 0, "twice returns a text, not a number."),
        ("deleted", "twice", 0, "twice is not defined."),
        ("looper", "root", 0, "root takes too long."),
        (
            "waiter",
            "root",
            0,
            "Whether an answer is right was not found in time: it counts as wrong until your instructor looks.",
        ),
        ("<b>", "part-of", 0, "part_of is a dictionary, not a number."),
    ],
)
def test_what_a_student_is_told(graded: Class, student: str, task: str, right: int, sentence: str) -> None:
    found = next(one for one in graded.results()[student]["tasks"] if one["name"] == task)
    assert (found["right"], found["notes"]) == (right, [sentence])


def test_feedback_tells_nothing_hidden(graded: Class) -> None:
    assignment = read(graded.source)
    cases = drawn(assignment, "twice", SECRET, solved(assignment))
    secrets = {str(case.arguments[0]) for case in cases if case.arguments} | {
        str(case.right) for case in cases
    }
    assert len(secrets) == 8
    for student in graded.results():
        text = graded.feedback(student)
        assert not [
            secret for secret in (*secrets, SECRET, fingerprint(SECRET), "HIDDEN_MARK") if secret in text
        ]
        assert "compare" not in text


def test_feedback_shows_the_own_traceback_and_escapes_it(graded: Class) -> None:
    text = graded.feedback("failing")
    assert "line 2" in text
    assert "ZeroDivisionError: division by zero" in text
    assert "print(&#x27;&lt;script&gt;&#x27;)" in text or "<script>" not in text
    assert "worker.py" not in text


def test_many_errors_are_not_all_kept(graded: Class) -> None:
    assert len(graded.results()["stumbler"]["errors"]) == 10
    assert len(Result("a", "graded", 0, 0, notes=["x" * 5000]).note) == 1000


def test_the_table(graded: Class) -> None:
    with (graded.out / "results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["student", "status", "score", "out_of", "seconds", "note"]
    assert len(rows) == len(submissions()) + 3
    assert "'=1+1" in [row["student"] for row in rows]


def test_the_report(graded: Class) -> None:
    from bs4 import BeautifulSoup

    page = BeautifulSoup((graded.out / "report.html").read_text(), "html.parser")
    assert page.find("script") is None
    assert "Each submission ran" in page.text or "Submissions had limits" in page.text
    for table in page.find_all("table"):
        assert table.caption
        assert all(head["scope"] in ("col", "row") for head in table.find_all("th"))
    assert "For <b>this</b> reason." in page.text
    assert "Two points for any reason." in page.text
    assert page.html["lang"] == "en"
    texts = [block.text for block in page.find_all("pre")]
    assert [text for text in texts if "Why?" in text] == [
        "Why?\n\n*Your answer.*"
    ]  # once, not before each answer
    assert texts[2] in ("For <b>this</b> reason.", "No answer was found.")
    assert "For <b>this</b> reason." in texts
    table = next(one for one in page.find_all("table") if one.caption.text == "How many had it")
    rows = [[cell.text for cell in row.find_all(["th", "td"])] for row in table.find_all("tr")]
    assert ["twice", "This is the square.", "1"] in rows
    assert [row[0] for row in rows[1:]] == sorted(
        (row[0] for row in rows[1:]), key=["twice", "part-of", "root"].index
    )


def test_only_what_has_changed_runs_again(graded: Class, capsys: pytest.CaptureFixture[str]) -> None:
    before = (graded.out / "results.csv").read_text()
    hand_in(graded.folder / "in", "right", notebook(cells(part_of="part_of = 1")))
    try:
        assert main(graded.arguments("--columns", "SIS ID,Score,Section=")) == 0
        lines = capsys.readouterr().out
        run = re.findall(r"^\d+/\d+ (.*?): \w+, [\d.]+ of 6 \([\d.]+ s\)", lines, re.MULTILINE)
        assert run == ["right"]
        with (graded.out / "results.csv").open(newline="") as file:
            table = {row["SIS ID"]: row for row in csv.DictReader(file)}
        assert table["right"] == {"SIS ID": "right", "Score": "5", "Section": ""}
        assert table["half"]["Score"] == "5"
    finally:
        hand_in(graded.folder / "in", "right", notebook(cells()))
        assert main(graded.arguments()) == 0
    seconds = re.compile(r"(right,graded,6,6,)[\d.]+")
    assert seconds.sub(r"\1", (graded.out / "results.csv").read_text()) == seconds.sub(r"\1", before)


def test_bad_input_is_refused_in_a_line(
    graded: Class, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*more: str, out: str = "out") -> str:
        assert main(graded.arguments(*more, out=out)) == 2
        return capsys.readouterr().err

    record = (graded.out / "results.json").read_bytes()
    lacking = refused("--secret", str(tmp_path / "none.txt"))
    assert "python -m learnscape.classroom secret" in lacking
    assert "name it: --secret FILE" in lacking
    with Report(graded.out, graded.folder / "in", "small"):
        assert "another grader writes into" in refused()
    assert "lies among the submissions" in refused(out="in/graded")
    assert "in this folder: small" in refused("--source", str(graded.folder / "large.md"))
    assert "time = -1.0 is not allowed" in refused("--time", "-1")
    assert "with one of the fields student, status" in refused("--columns", "Colour")
    other = graded.folder / "other.md"
    other.write_text(SOURCE)
    assert "holds the results of 'small', not of 'other'" in refused("--source", str(other))
    other.write_text(SOURCE.replace("return x + x", "return x"))
    assert "its own solution fails: twice: 0 of 4" in refused("--source", str(other), out="new")
    (graded.folder / "foreign").mkdir()
    (graded.folder / "foreign" / "results.csv").write_text("mine")
    assert "was not written by this program" in refused(out="foreign")
    assert (graded.out / "results.json").read_bytes() == record
    assert main(["grade", str(tmp_path / "no"), *graded.arguments()[2:]]) == 2
    assert "is no folder of submissions" in capsys.readouterr().err
    assert main(["secret", str(graded.secret)]) == 2
    assert "exists and is kept" in capsys.readouterr().err
    assert main(["secret", str(tmp_path / "new.txt")]) == 0


def test_a_notebook_in_no_folder_is_named(
    graded: Class, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hand_in(tmp_path, "ada", notebook(cells()))
    (tmp_path / "bob.ipynb").write_text("{}", encoding="utf-8")
    assert main(["grade", str(tmp_path), *graded.arguments(out="loose")[2:]]) == 0
    assert "Not graded, in no student's folder: bob.ipynb" in capsys.readouterr().out


def test_what_nobody_thought_of_costs_one_submission(
    graded: Class, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for student in "ab":
        hand_in(tmp_path, student, notebook(cells()))
    real, found = grade.read_notebook, []

    def broken(path: Path) -> Any:
        if path.parent.name == "a":
            raise RecursionError("as nobody thought")
        return real(path)

    monkeypatch.setattr(grade, "read_notebook", broken)
    with Grader(graded.source, SECRET) as grader:
        grader.grade_all(tmp_path, done=lambda result, *_: found.append(result))
    assert sorted((one.student, one.status, one.score) for one in found) == [
        ("a", "crashed", 0),
        ("b", "graded", 6),
    ]
    assert not next(one for one in found if one.student == "a").digest  # tried again


def test_a_comparison_that_can_not_start_costs_no_points(
    graded: Class, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(tmp_path, "a", notebook(cells()))
    found: list[Result] = []

    def fails(*_: object) -> None:
        raise RuntimeError("no process")

    with Grader(graded.source, SECRET) as grader:
        monkeypatch.setattr(grade.Comparison, "__enter__", fails)
        grader.grade_all(tmp_path, done=lambda result, *_: found.append(result))
    assert "It could not be run: no process" in found[0].notes
    assert not found[0].digest  # tried again


def test_a_folder_that_can_not_be_read_is_one_students(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(tmp_path, "a", notebook(cells()))
    monkeypatch.setattr(
        Path, "glob", lambda *_: (_ for _ in ()).throw(PermissionError(13, "Permission denied"))
    )
    assert find(tmp_path, "small")[0].notes == ["Its folder can't be read: Permission denied."]


def test_who_has_withdrawn_keeps_the_result_and_it_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = Class(tmp_path)
    for student in "ab":
        hand_in(tmp_path / "in", student, notebook(cells()))
    assert main(small.arguments()) == 0
    (tmp_path / "in" / "a").rename(tmp_path / "a")
    assert main(small.arguments()) == 0
    assert "No longer among the submissions, their results are kept: a" in capsys.readouterr().out
    assert "a,graded,6,6" in (small.out / "results.csv").read_text()
    assert (small.out / "results.csv").read_text().count(",No longer among the submissions. ") == 1
    assert "1 submissions: 1 graded. Mean score" in (small.out / "report.html").read_text()
    (tmp_path / "a").rename(tmp_path / "in" / "a")
    assert main(small.arguments()) == 0
    assert "No longer" not in (small.out / "results.csv").read_text()
    assert "unchanged" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("It is named small;=cmd|x!A0;.ipynb.", "It is named small;'=cmd|x!A0;.ipynb."),
        ("a\n @b; -c", "a\n '@b; '-c"),
        ("\t=1", "'\t'=1"),
        ("a-b; c = d", "a-b; c = d"),
        ("-1", "'-1"),
    ],
)
def test_no_text_is_a_formula_in_a_spreadsheet_however_it_is_split(text: str, shown: str) -> None:
    assert _cell(text) == shown


def test_results_are_for_their_owner_alone(tmp_path: Path) -> None:
    with Report(tmp_path / "out", tmp_path / "in", "small"):
        assert (tmp_path / "out").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_whatever_ends_the_grader_loses_no_result_and_leaves_no_process(
    tmp_path: Path, ending: signal.Signals
) -> None:
    small = Class(tmp_path)
    mark = f"learnscape-left-{os.getpid()}-{ending}"
    hand_in(tmp_path / "in", "a", notebook(cells()))
    hand_in(
        tmp_path / "in",
        "b",
        notebook([cell(f"import subprocess\nsubprocess.run(['{mark}', '100'], executable='/bin/sleep')")]),
    )
    command = [sys.executable, "-m", "learnscape.classroom", *small.arguments("--jobs", "1", "--cell", "60")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as grader:
        assert appears(mark, 30)
        time.sleep(0.3)
        grader.send_signal(ending)
        assert grader.wait(20) == (-ending if ending == signal.SIGKILL else 130)
    assert list(small.results()) == ["a"]
    assert (small.out / "results.csv").exists() == (ending != signal.SIGKILL)
    time.sleep(0.5)
    assert not alive(mark)
    hand_in(tmp_path / "in", "b", notebook(cells()))
    assert main(small.arguments()) == 0
    assert "a,graded,6,6" in (small.out / "results.csv").read_text()
    assert not list(small.out.glob(".*"))


def test_two_folders_are_never_one_student(tmp_path: Path) -> None:
    for name in (b"J\xf6rg", b"J\\xf6rg"):
        os.mkdir(os.path.join(os.fsencode(tmp_path), name))
    assert len({one.student for one in find(tmp_path, "small")}) == 2


def test_a_name_can_be_written_in_every_locale(tmp_path: Path) -> None:
    code = r"from learnscape.classroom.assignments.submissions import file_name; open(file_name('\u0141ukasz'), 'w')"
    environment = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0"}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True)
    assert [path.name[:4] for path in tmp_path.iterdir()] == ["uka-"]


def test_a_thousand_notebooks_are_not_all_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hand_in(tmp_path, "a", {f"small ({i}).ipynb": notebook(cells()) for i in range(100)})
    read_now: list[Path] = []
    monkeypatch.setattr(
        "learnscape.classroom.assignments.submissions.read_notebook",
        lambda path: read_now.append(path) or {"cells": []},
    )
    path = find(tmp_path, "small")[0].path
    assert path
    assert path.name == "small (99).ipynb"
    assert len(read_now) <= 20


def test_a_notebook_is_read_where_it_lies(tmp_path: Path) -> None:
    """Links are followed nowhere, even if they were made after the folder had been looked at."""
    hand_in(tmp_path, "a", notebook(cells()))
    (tmp_path / "b").symlink_to("a")
    os.mkfifo(tmp_path / "a" / "pipe.ipynb")
    assert read_notebook(tmp_path / "a" / "small.ipynb")
    (tmp_path / "a" / "folder.ipynb").mkdir()
    for path in ("b/small.ipynb", "a/pipe.ipynb", "a/folder.ipynb"):
        with pytest.raises(ValueError, match="no file of its own"):
            read_notebook(tmp_path / path)


def test_columns_of_a_learning_management_system() -> None:
    assert columns_of("SIS ID,Name,Score") == [("SIS ID", "student"), ("Name", "student"), ("Score", "score")]
    assert columns_of("Points=score, Remark = note") == [("Points", "score"), ("Remark", "note")]


def test_ctrl_c_loses_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = Class(tmp_path)
    hand_in(tmp_path / "in", "a", notebook(cells()))
    hand_in(tmp_path / "in", "b", notebook([cell("import time\ntime.sleep(100)"), *cells()]))

    def stop_after_the_first() -> None:
        while not (small.out / "results.json").exists():
            time.sleep(0.05)
        time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=stop_after_the_first, daemon=True).start()
    assert main(small.arguments("--jobs", "1", "--cell", "60")) == 130
    assert "the same command goes on" in capsys.readouterr().err
    assert list(small.results()) == ["a"]
    assert "a,graded,6,6" in (small.out / "results.csv").read_text()


def test_the_template_belongs_to_the_grader_and_is_deleted(graded: Class) -> None:
    with Grader(graded.source, SECRET) as grader:
        template = grader.template
        assert template
        assert {path.stat().st_uid for path in (template, *template.rglob("*"))} == {os.getuid()}
        assert not any(path.stat().st_mode & 0o022 for path in template.rglob("*"))
        assert not (template / "found.txt").exists()
    assert not template.exists()


@pytest.mark.weekly
@pytest.mark.parametrize(
    "source", sorted((Path(__file__).parents[2] / "classroom").glob("*/*.md")), ids=lambda p: p.stem
)
def test_every_solution_gets_all_points(source: Path) -> None:
    with Grader(source, SECRET):
        pass


@pytest.mark.weekly
@pytest.mark.timing
def test_forty_submissions_take_less_than_five_minutes(tmp_path: Path) -> None:
    source = Path(__file__).parents[2] / "classroom" / "assignments" / "counting.md"
    work = [
        cell(one.solution, one.key, one.kind)
        for one in read(source).cells
        if one.role not in ("hidden", "rubric")
    ]
    for number in range(40):
        hand_in(tmp_path / "in", f"student-{number}", {"counting.ipynb": {**notebook(work), "metadata": {}}})
    start = time.monotonic()
    with Grader(source, SECRET) as grader:
        scores: list[float] = []
        grader.grade_all(tmp_path / "in", jobs=2, done=lambda result, *_: scores.append(result.score))
    seconds = time.monotonic() - start
    print(f"40 submissions: {seconds:.1f} s")
    assert scores == [grader.out_of] * 40
    assert seconds < 300
