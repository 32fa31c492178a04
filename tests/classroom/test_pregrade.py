"""The look ahead: a number and nothing else, at most once in some hours, only for what is new."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat
import pytest

from learnscape.classroom.assignments import pregrade, release
from learnscape.classroom.assignments.grade import Grader
from learnscape.classroom.assignments.report import Report
from learnscape.classroom.assignments.sandbox import Sandbox

SECRET = "p" * 32
SOURCE = """\
---
kernelspec: {name: python3, display_name: Python 3}
assignment: {title: Doubling, minutes: 60, difficulty: 1, chapters: [start/how-to-use]}
---

# Doubling

```{code-cell} ipython3
:task: double
:points: 4
def double(x):
    # BEGIN SOLUTION
    return x + x
    # END SOLUTION
```

```{code-cell} ipython3
:hidden: double
def arguments(rng):
    yield (int(rng.integers(10, 99)),)
    yield (0,)

expected = lambda x: 2 * x
```
"""
START = datetime(2027, 1, 4, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def grader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grader]:
    source = tmp_path_factory.mktemp("source") / "doubling.md"
    source.write_text(SOURCE, encoding="utf-8")
    with Grader(source, SECRET, sandbox=Sandbox("none")) as made:
        yield made


@pytest.fixture
def hand_in(tmp_path: Path, grader: Grader) -> Path:
    source = tmp_path / "doubling.md"
    source.write_text(SOURCE, encoding="utf-8")
    notebook = release.student(release.prepare(source, SECRET, tmp_path))
    for student, code in (("ada", "x + x"), ("bob", "x * x"), ("eve", "")):
        folder = tmp_path / "drop" / student
        folder.mkdir(parents=True)
        for cell in notebook.cells:
            if cell.id == "task-double" and code:
                cell.source = f"def double(x):\n    return {code}"
        if code:
            nbformat.write(notebook, folder / "doubling.ipynb")
    return tmp_path / "drop"


def test_once_in_some_hours_and_only_what_is_new(hand_in: Path, grader: Grader, tmp_path: Path) -> None:
    out = tmp_path / "out"

    def count(hours_later: float) -> dict[str, str]:
        return pregrade.pregrade(hand_in, grader, out, 12, START + timedelta(hours=hours_later))

    assert count(0) == {
        "ada": "doubling, 2027-01-04 09:00: 2 of 2 hidden checks passed.",
        "bob": "doubling, 2027-01-04 09:00: 1 of 2 hidden checks passed.",
    }
    assert count(13) == {}, "nothing new"
    bob = hand_in / "bob" / "doubling.ipynb"
    bob.write_text(bob.read_text(encoding="utf-8").replace("x * x", "2 * x"), encoding="utf-8")
    assert count(11) == {}, "too early"
    assert (out / "bob.txt").read_text(encoding="utf-8").endswith("1 of 2 hidden checks passed.\n")
    assert count(13) == {"bob": "doubling, 2027-01-04 22:00: 2 of 2 hidden checks passed."}
    assert sorted(path.name for path in out.iterdir()) == ["ada.txt", "bob.txt", "pregrade-doubling.json"]
    assert set(json.loads((out / "pregrade-doubling.json").read_text(encoding="utf-8"))) == {"ada", "bob"}
    with pytest.raises(ValueError, match="among the submissions"):
        pregrade.pregrade(hand_in, grader, hand_in / "early")
    with Report(out, hand_in, "doubling"), pytest.raises(ValueError, match="another grader"):
        count(30)
    with pytest.raises(ValueError, match="hours"):
        pregrade.pregrade(hand_in, grader, out, -1)


def test_the_machines_fault_costs_no_turn(
    hand_in: Path, grader: Grader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(grader, "_run", lambda *_: (_ for _ in ()).throw(RuntimeError("no process")))
        assert pregrade.pregrade(hand_in, grader, out, now=START) == {}
    assert set(pregrade.pregrade(hand_in, grader, out, now=START)) == {"ada", "bob"}


def test_an_unreadable_notebook_is_named_and_costs_no_turn(
    hand_in: Path, grader: Grader, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    good = (hand_in / "ada" / "doubling.ipynb").read_bytes()
    (hand_in / "ada" / "doubling.ipynb").write_text('{"cells": [', encoding="utf-8")
    said = pregrade.pregrade(hand_in, grader, out, now=START)["ada"]
    assert "could not be read" in said
    assert "hidden checks" not in said
    assert "ada" not in pregrade.pregrade(hand_in, grader, out, now=START + timedelta(minutes=1))
    (hand_in / "ada" / "doubling.ipynb").write_bytes(good)
    later = pregrade.pregrade(hand_in, grader, out, now=START + timedelta(minutes=2))
    assert later["ada"].endswith("2 of 2 hidden checks passed.")


def test_a_notebook_that_ends_its_process_is_told_why_checks_are_missing(
    hand_in: Path, grader: Grader, tmp_path: Path
) -> None:
    path = hand_in / "ada" / "doubling.ipynb"
    text = path.read_text(encoding="utf-8").replace("return x + x", "__import__('os')._exit(0)")
    path.write_text(text, encoding="utf-8")
    said = pregrade.pregrade(hand_in, grader, tmp_path / "out", now=START)["ada"]
    count, _, why = said.partition(" hidden checks passed. ")
    assert count.endswith("0 of 2")
    assert len(why) > 10
