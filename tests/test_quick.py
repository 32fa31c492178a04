"""`make quick` tests what has changed, and nothing that is not there."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def quick(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("quick", root / "tools/quick.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_file_brings_the_tests_that_mirror_it(quick: ModuleType) -> None:
    assert quick.mirror(["lib/learnscape/replica/rs.py"]) == ["lib/learnscape/replica/rs.py", "tests/replica"]
    assert quick.mirror(["lib/learnscape/constraints.py"]) == [
        "lib/learnscape/constraints.py",
        "tests/test_constraints.py",
    ]
    assert quick.mirror(["tests/replica/test_rs.py", "lib/learnscape/replica/_rs_grid.py"]) == [
        "lib/learnscape/replica/_rs_grid.py",
        "tests/replica",
    ]
    assert quick.mirror(["tests/replica/test_rs.py"]) == ["tests/replica/test_rs.py"]
    assert quick.mirror(["chapters/start/notation.md"]) == ["tests/book/test_extension.py"]
    assert quick.mirror(["README.md", "lib/learnscape/replica/gone.py", "tests/test_gone.py"]) == [
        "tests/replica"
    ]


def test_new_and_changed_files_count_else_those_of_the_last_commit(quick: ModuleType, tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *who, *arguments], cwd=tmp_path, check=True, capture_output=True)

    git("init")
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("1\n", encoding="utf-8")
        git("add", name)
        git("commit", "-m", name)
    assert quick.changed(tmp_path) == ["b.py"]
    (tmp_path / "a.py").write_text("2\n", encoding="utf-8")
    (tmp_path / "c.py").write_text("3\n", encoding="utf-8")
    assert quick.changed(tmp_path) == ["a.py", "c.py"]
