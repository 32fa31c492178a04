"""The projects: complete, from papers that the bibliography has, and their starter code runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from learnscape.classroom.assignments.source import Assignment, read
from sampled import sampled

FOLDER = Path(__file__).parents[2] / "classroom" / "projects"
PROJECTS = {path.stem: read(path) for path in sorted(FOLDER.glob("*.md"))}


def text(project: Assignment) -> str:
    return "\n".join(cell.starter for cell in project.cells)


def test_there_are_six_and_one_is_the_challenge() -> None:
    assert len(PROJECTS) == 6
    assert "perceptron-challenge" in PROJECTS


@pytest.mark.parametrize("project", PROJECTS.values(), ids=list(PROJECTS))
def test_a_project_is_complete(project: Assignment, root: Path) -> None:
    assert project.points == 40
    assert list(project.tasks) == ["plan", "results", "report"]
    assert all(task.rubric and not task.hidden for task in project.tasks.values())
    assert all((root / "chapters" / f"{name}.md").is_file() for name in project.chapters)
    for part in ("**Question.**", "**Data.**", "## Start here", "## Milestones", "## A good report"):
        assert part in text(project), part
    days = [int(day) for day in re.findall(r"^\| (\d+) \|", text(project), re.MULTILINE)]
    assert days == sorted(days)
    assert days[-1] in (14, 21, 28), "two to four weeks"
    for task in project.tasks.values():  # each points of the rubric is said in words, and they make the sum
        words = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
        given = re.findall(r"(?:^|\. )(\w+)(?: points)?(?: each)?:", task.rubric)
        each = task.rubric.count(";") + 1 if "each:" in task.rubric else 1
        said = sum(words[word.lower()] for word in given) * each
        assert said == task.points, task.name


@pytest.mark.parametrize("project", PROJECTS.values(), ids=list(PROJECTS))
def test_its_papers_are_in_the_bibliography(project: Assignment, root: Path) -> None:
    entries = (root / "chapters/references.bib").read_text(encoding="utf-8").split("\n@")
    cited = re.findall(r"\*([^*]+)\*, arXiv:(\d{4}\.\d{5}|\d{4}\.\d{4})", text(project))
    assert cited
    for title, number in cited:
        (entry,) = [entry for entry in entries if f"{{{number}}}" in entry]
        plain = re.sub(r"[{}]", "", entry).lower()
        assert title.lower() in plain, number


@pytest.mark.parametrize("project", PROJECTS.values(), ids=list(PROJECTS))
def test_students_do_not_find_the_notes_of_the_instructor(project: Assignment) -> None:
    for cell in project.cells:
        if cell.role == "task":
            notes = cell.source.partition("<!-- BEGIN SOLUTION -->\n")[2].partition("<!-- END")[0]
            assert len(notes) > 100
            assert notes.strip() not in cell.starter
            assert "*Your answer.*" in cell.starter


@pytest.mark.parametrize("project", sampled(list(PROJECTS.values()), every=4, start=2), ids=lambda p: p.name)
def test_its_starter_code_runs(project: Assignment, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    for cell in project.cells:
        if cell.kind == "code":
            assert max(map(len, cell.source.splitlines())) <= 100
            exec(compile(cell.source, project.name, "exec"), names)
    printed = capsys.readouterr().out.splitlines()
    assert printed
    assert max(map(len, printed)) <= 110
