"""From the sources of the assignments to notebooks: what students get, what the instructor keeps, and the same for nbgrader.

====================================== ===========================================================================
``release/NAME/NAME.ipynb``            for students: starter code and public checks
``solution/NAME/NAME.ipynb``           for the instructor: solutions, rubrics, and hidden tests as this class gets them
``nbgrader/source/NAME/NAME.ipynb``    the source of `nbgrader generate_assignment`, and its ``nbgrader_config.py``
====================================== ===========================================================================
"""

from __future__ import annotations

import argparse
import contextlib
import io
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from learnscape.classroom.assignments import install, nbgrader
from learnscape.classroom.assignments.cases import Case, drawn, solved
from learnscape.classroom.assignments.public import forget, outcomes
from learnscape.classroom.assignments.secret import fingerprint, load, make
from learnscape.classroom.assignments.source import Assignment, Cell, read

__all__ = ["Edition", "command", "course", "instructor", "prepare", "release", "sources", "student"]

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
FIXED = {"editable": False, "deletable": False}  # cells that a student only reads or runs
SECRET = "classroom/secret.txt"


@dataclass(frozen=True)
class Edition:
    """An assignment as one class gets it.

    Attributes
    ----------
    assignment : Assignment
    version : str
        Digest of its source.
    secret : str
        Fingerprint of the class secret.
    project : bool
        A project: students read the rubric.
    checks : int
        Public checks.
    cases : dict of str to list of Case
        Hidden checks, by task.
    setup : str
        Source of the cell that installs the course; empty if it is published nowhere.
    chapters : str
        Links to what it is about, Markdown.
    """

    assignment: Assignment
    version: str
    secret: str
    project: bool
    checks: int
    cases: dict[str, list[Case]]
    setup: str
    chapters: str

    @property
    def hidden(self) -> int:
        """Hidden checks."""
        return sum(map(len, self.cases.values()))


def sources(root: str | Path) -> list[Path]:
    """The sources of assignments and projects in a repository."""
    return [
        path
        for folder in ("assignments", "projects")
        for path in sorted(Path(root, "classroom", folder).glob("*.md"))
    ]


def prepare(path: str | Path, secret: str, root: str | Path = ".") -> Edition:
    """Read a source, run its solution, and draw the hidden checks.

    Parameters
    ----------
    path : str or Path
        The source.
    secret : str
        Of the class.
    root : str or Path
        The repository.

    Returns
    -------
    Edition

    Raises
    ------
    ValueError
        If the source is not as `read` wants it, or if its solution fails a public check.
    """
    path, root = Path(path), Path(root)
    assignment = read(path)
    runs = any(cell.role in ("public", "hidden") for cell in assignment.cells)
    names = solved(assignment) if runs else {}  # a project's examples may be long
    cases = {
        task.name: drawn(assignment, task.name, secret, names)
        for task in assignment.tasks.values()
        if task.hidden
    }
    forget()
    with contextlib.redirect_stdout(io.StringIO()) as said:
        for cell in assignment.cells:
            if cell.role == "public":
                exec(compile(cell.source, f"<{assignment.name}, {cell.key}>", "exec"), names)
    checks = outcomes()
    forget()
    if not all(checks.values()):
        raise ValueError(f"{path.name}: the solution fails a public check:\n{said.getvalue()}")
    repository = install.address(root)
    setup = install.cell(repository, install.published(root)) if repository else ""
    links = ", ".join(_link(root, repository, name) for name in assignment.chapters)
    version = sha256(path.read_bytes()).hexdigest()[:16]
    project = path.parent.name == "projects"
    return Edition(assignment, version, fingerprint(secret), project, len(checks), cases, setup, links)


def _link(root: Path, repository: str, chapter: str) -> str:
    page = root / "chapters" / f"{chapter}.md"
    heading = (
        re.search(r"^# (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE) if page.is_file() else None
    )
    title = heading[1] if heading else chapter
    if not repository:
        return title
    owner, name = repository.rstrip("/").split("/")[-2:]
    return f"[{title}](https://{owner}.github.io/{name}/chapters/{chapter}.html)"


# --- notebooks -----------------------------------------------------------------------------------------------------------


def student(edition: Edition) -> Any:
    """The notebook that students get: neither solutions nor hidden tests, and rubrics of projects only."""
    hidden = {"hidden"} if edition.project else {"hidden", "rubric"}
    cells = [
        _cell(cell, cell.starter, edition.project)
        for cell in edition.assignment.cells
        if cell.role not in hidden
    ]
    return _notebook(edition, cells)


def instructor(edition: Edition) -> Any:
    """The notebook that the instructor keeps: solutions, rubrics, and the hidden tests as this class gets them."""
    cells = []
    for cell in edition.assignment.cells:
        text = cell.solution.rstrip()
        if cell.role == "hidden":
            text = nbgrader.test_cell(edition.assignment.tasks[cell.name], edition.cases[cell.name])
        elif cell.role == "rubric":
            text = f"**Rubric of {cell.name}.**\n\n{text}"
        cells.append(_cell(cell, text, edition.project))
    return _notebook(edition, cells)


def course(edition: Edition) -> Any:
    """The notebook from which nbgrader makes its own for students; without rubrics, which it would release."""
    cells = []
    for cell in edition.assignment.cells:
        if cell.role == "rubric" and not edition.project:
            continue
        text = cell.source
        task = edition.assignment.tasks.get(cell.name)
        if task and cell.role == "hidden":
            text = nbgrader.test_cell(task, edition.cases[cell.name])
        made = _cell(cell, text, edition.project)
        by_hand = bool(task and not task.hidden)
        points = task.points if task else 0.0
        made.metadata["nbgrader"] = nbgrader.marks(cell.role, cell.key, points, cell.kind, by_hand)
        if cell.role == "task":
            made.metadata["starter"] = cell.starter
        cells.append(made)
    return _notebook(edition, cells)


def _cell(cell: Cell, text: str, project: bool = False) -> Any:
    from nbformat import v4

    made: Any = v4.new_code_cell(text) if cell.kind == "code" else v4.new_markdown_cell(text)
    made["id"] = cell.key
    # a project starts from code that students change
    own = cell.role == "task" or (project and cell.kind == "code")
    made.metadata = type(made.metadata)({"deletable": False} if own else FIXED)
    return made


def _notebook(edition: Edition, cells: list[Any]) -> Any:
    import nbformat

    assignment = edition.assignment
    frame = [Cell("about", "markdown", "", "", _about(edition))]
    if edition.setup:
        frame.insert(0, Cell("setup", "code", "", "", edition.setup))
    end = []
    if edition.checks or edition.hidden:
        call = f"summary(checks={edition.checks}, hidden={edition.hidden})"
        end = [
            Cell(
                "summary",
                "code",
                "",
                "",
                f"from learnscape.classroom.assignments.public import summary\n\n{call}",
            )
        ]
    around = [[_cell(cell, cell.source) for cell in part] for part in (frame, end)]
    notebook = nbformat.v4.new_notebook(cells=[*around[0], *cells, *around[1]])
    notebook.metadata["kernelspec"] = KERNEL
    notebook.metadata["language_info"] = {"name": "python"}
    notebook.metadata["learnscape"] = {
        "assignment": assignment.name, "version": edition.version, "secret": edition.secret,
        "public_checks": edition.checks, "hidden_checks": edition.hidden,
    }  # fmt: skip
    nbformat.validate(notebook)
    return notebook


def _about(edition: Edition) -> str:
    assignment = edition.assignment
    minutes = assignment.minutes
    length = f"about {minutes} minutes" if minutes < 240 else f"about {round(minutes / 60)} hours"
    points = ", ".join(
        f"{task.name} {task.points:g}" + ("" if task.hidden else " (read by a person)")
        for task in assignment.tasks.values()
    )
    rules = (
        "Change the code as you like, and add cells."
        if edition.project
        else "Change only the cells that hold a task; the others stay as they are. "
        "Return numbers with all their digits: what you round may miss the hidden checks."
    )
    return (
        f"*{assignment.title}: {length}, difficulty {assignment.difficulty} of 3. It builds on {edition.chapters}.*\n\n"
        f"{assignment.points:g} points: {points}. {rules}"
    )


# --- writing -------------------------------------------------------------------------------------------------------------


def release(paths: list[Path], out: str | Path, secret: str, root: str | Path = ".") -> list[str]:
    """Write the notebooks of each source, and return the names.

    What else lies in `out`, such as nbgrader's data base and submissions, stays.
    """
    import nbformat

    out, names = Path(out), []
    for path in paths:
        edition = prepare(path, secret, root)
        name = edition.assignment.name
        if name in names:
            raise ValueError(f"two sources are named {name!r}")
        for folder, notebook in (
            ("release", student(edition)),
            ("solution", instructor(edition)),
            ("nbgrader/source", course(edition)),
        ):
            file = out / folder / name / f"{name}.ipynb"
            file.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(notebook, file)
        names.append(name)
    for kept in (out / "solution", out / "nbgrader" / "source"):
        kept.chmod(0o700)  # on a machine that is shared with students
    (out / "nbgrader" / "nbgrader_config.py").write_text(nbgrader.CONFIG, encoding="utf-8")
    return names


def command(parser: argparse.ArgumentParser) -> None:
    """The options of the command ``release``."""
    parser.set_defaults(run=_run)
    parser.add_argument(
        "sources", metavar="SOURCE", nargs="*", type=Path, help="left out: all of the repository"
    )
    parser.add_argument(
        "--root", metavar="DIR", type=Path, default=Path("."), help="the repository; left out: here"
    )
    parser.add_argument(
        "--out", metavar="DIR", type=Path, default=Path("_build/classroom"), help="left out: %(default)s"
    )
    parser.add_argument(
        "--secret", metavar="FILE", type=Path, help=f"left out: {SECRET}, made if it is missing"
    )


def _run(options: argparse.Namespace) -> int:
    paths = options.sources or sources(options.root)
    if not paths:
        raise ValueError(f"there are no assignments in {options.root / 'classroom'}")
    key = options.secret or options.root / SECRET
    if options.secret is None and not key.exists():
        make(key)
        print(f"A class secret was made: {key}. Keep it: released notebooks are graded with it.")
    names = release(paths, options.out, load(key), options.root)
    print(
        f"{options.out}: {len(names)} notebooks. Students get release/; solution/ and nbgrader/source/ stay with you."
    )
    return 0
