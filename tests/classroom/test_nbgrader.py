"""The nbgrader tree with a real nbgrader: assignment, hand-out, submission, automatic grading, feedback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from learnscape.classroom.assignments import release
from learnscape.classroom.assignments.nbgrader import points

ROOT = Path(__file__).resolve().parents[2]
SECRET = "n" * 32
SOURCE = '''\
---
kernelspec: {name: python3, display_name: Python 3}
assignment: {title: Doubling, minutes: 60, difficulty: 1, chapters: [start/how-to-use]}
---

# Doubling

```{code-cell} ipython3
:task: double
:points: 4
def double(x):
    """Twice a number."""
    # BEGIN SOLUTION
    return x + x
    # STARTER
    # y = ...
    # return y
    # END SOLUTION
```

```{code-cell} ipython3
:public: double
from learnscape.classroom.assignments.public import public

public("double", double, (3,), 6)
```

```{code-cell} ipython3
:hidden: double
def arguments(rng):
    yield (int(rng.integers(10, 99)),)
    yield (0,)

def expected(x):
    return 2 * x

mistakes = {"This is the square.": lambda x: x * x}
```

+++ {"task": "why", "points": 2}

Why?

<!-- BEGIN SOLUTION -->
Because of addition.
<!-- END SOLUTION -->

+++ {"rubric": "why"}

Two points for addition.
'''

COURSE = """
import json, logging, sys
from pathlib import Path

import nbformat
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeFactory
from traitlets.config.loader import PyFileConfigLoader

root = Path(sys.argv[1])
config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
config.Exchange.root = str(root / "exchange")
(root / "exchange").mkdir(mode=0o777)
(root / "exchange").chmod(0o777)
course = CourseDirectory(config=config)
api = NbGraderAPI(course, config=config)
logging.disable(logging.WARNING)


def done(result):
    assert result["success"], result["log"] or result["error"]


def exchange(kind):
    tool = getattr(ExchangeFactory(config=config), kind)(coursedir=course, authenticator=api.authenticator, config=config)
    tool.assignment_dir = str(root / "home")
    tool.start()


done(api.generate_assignment("doubling"))
done(api.release_assignment("doubling"))
course.assignment_id = "doubling"
(root / "home").mkdir()
exchange("FetchAssignment")
fetched = next((root / "home").rglob("doubling.ipynb"))
released = nbformat.read(fetched, 4)


def answered(code, text):
    notebook = nbformat.from_dict(json.loads(json.dumps(released)))
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id == "task-double":
            cell.source = code
        if grade_id == "task-why" and text:
            cell.source = text
    return notebook


nbformat.write(answered("def double(x):\\n    return 2 * x", "It adds."), fetched)
exchange("Submit")
done(api.collect("doubling"))
(first,) = [path.name for path in (root / "submitted").iterdir()]
folder = root / "submitted" / "square" / "doubling"
folder.mkdir(parents=True)
nbformat.write(answered("def double(x):\\n    return x * x", ""), folder / "doubling.ipynb")
scores = {}
for student in (first, "square"):
    done(api.autograde("doubling", student))
    done(api.generate_feedback("doubling", student))
    found = api.get_submission("doubling", student)
    name = "right" if student == first else student
    page = (root / "feedback" / student / "doubling" / "doubling.html").read_text("utf-8")
    scores[name] = {"code": found["code_score"], "by_hand": found["needs_manual_grade"], "checks": page.count("of 2 hidden checks passed."), "one": "1 of 2" in page}
scores["max"] = found["max_score"]
text = "\\n".join(cell.source for cell in released.cells)
json.dump({"scores": scores, "released": text}, sys.stdout)
"""


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    if find_spec("nbgrader") is None:
        pytest.skip("nbgrader is not installed: pip install 'learnscape[classroom]'")
    folder = tmp_path_factory.mktemp("course")
    (folder / "doubling.md").write_text(SOURCE, encoding="utf-8")
    release.release([folder / "doubling.md"], folder / "out", SECRET, ROOT)
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),  # it calls alembic
        "JUPYTER_PREFER_ENV_PATH": "1",
        "MPLBACKEND": "Agg",
    }
    for key in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        environment[key] = str(folder / key.lower())
    command = [sys.executable, "-c", COURSE, str(folder / "out" / "nbgrader")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout))


@pytest.mark.slow
def test_nbgrader_grades_what_it_has_handed_out(graded: dict[str, dict[str, dict[str, object]]]) -> None:
    scores = graded["scores"]
    assert scores["max"] == 6
    assert scores["right"] == {"code": 4, "by_hand": True, "checks": 1, "one": False}
    assert scores["square"] == {"code": 2, "by_hand": False, "checks": 1, "one": True}, (
        "x * x is right at 0 only"
    )


@pytest.mark.slow
def test_what_nbgrader_hands_out_holds_no_solution(graded: dict[str, str]) -> None:
    released = graded["released"]
    assert "    y = ...\n    return y" in released
    assert 'public("double"' in released
    for secret in ("x + x", "BEGIN", "STARTER", "expected", "square", "cases", "addition"):
        assert secret not in released, secret


def test_solutions_are_for_the_eyes_of_the_owner(tmp_path: Path) -> None:
    (tmp_path / "doubling.md").write_text(SOURCE, encoding="utf-8")
    release.release([tmp_path / "doubling.md"], tmp_path / "out", SECRET, ROOT)
    modes = {
        kept: (tmp_path / "out" / kept).stat().st_mode & 0o777 for kept in ("solution", "nbgrader/source")
    }
    assert modes == {"solution": 0o700, "nbgrader/source": 0o700}


def test_points_are_the_share_of_the_checks_passed(capsys: pytest.CaptureFixture[str]) -> None:
    tests, cases = "mistakes = {'This is the square.': lambda x: x * x}", [([0], 0), ([3], 6)]
    assert points("double", lambda x: 2 * x, 4, cases, tests) == 4
    assert points("double", lambda x: x * x, 4, cases, tests) == 2
    assert points("double", ..., 4, [(None, 6)], tests) == 0
    assert points("double", "6", 4, [(None, 6)], tests) == 4
    assert "1 of 2 hidden checks passed.\nThis is the square." in capsys.readouterr().out


def test_an_answer_that_writes_to_standard_error_keeps_its_points(capsys: pytest.CaptureFixture[str]) -> None:
    def noisy(x: int) -> int:
        import warnings

        warnings.warn("a warning", stacklevel=1)
        print("noise", file=sys.stderr)
        return 2 * x

    assert points("double", noisy, 4, [([3], 6)], "") == 4
    assert capsys.readouterr().err == ""
