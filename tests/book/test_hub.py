"""What a hub gives to students: chapters and assignments, nothing of theirs written over, nothing of the teacher's let out."""

from __future__ import annotations

import fnmatch
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import my_notebooks

HUB = Path("classroom/jupyterhub")


def test_a_start_hands_out_and_writes_over_nothing(root: Path, tmp_path: Path) -> None:
    mine, release = tmp_path / "ada/learnscape", tmp_path / "release"
    for name in ("first", "second"):
        (release / name).mkdir(parents=True)
        (release / name / f"{name}.ipynb").write_text("handed out", encoding="utf-8")
    (mine / "assignments/first").mkdir(parents=True)
    (mine / "assignments/first/first.ipynb").write_text("answered", encoding="utf-8")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {
        **os.environ,
        "PATH": path,
        "HOME": str(mine.parent),
        "LEARNSCAPE_ASSIGNMENTS": str(release),
    }
    command = [root / HUB / "start", "pwd"]
    said = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    assert said.splitlines()[-1] == str(mine), "the server's command runs there"
    assert all((mine / f"{name}.ipynb").exists() for name in my_notebooks.chapters(root))
    texts = [(mine / f"assignments/{name}/{name}.ipynb").read_text("utf-8") for name in ("first", "second")]
    assert texts == ["answered", "handed out"]


def test_an_image_holds_what_it_needs_and_nothing_of_the_teacher(root: Path) -> None:
    rules = (root / ".dockerignore").read_text(encoding="utf-8").split("\n")
    assert next(rule for rule in rules if rule and not rule.startswith("#")) == "*"
    let_in = [rule[1:] for rule in rules if rule.startswith("!")]
    assert all((root / name).exists() for name in let_in)
    for secret in (
        "classroom/assignments/counting.md",
        "classroom/secret.txt",
        "tests/conftest.py",
        ".git/config",
    ):
        assert not any(fnmatch.fnmatch(secret, pattern) for name in let_in for pattern in (name, f"{name}/*"))
    docker = (root / "Dockerfile").read_text(encoding="utf-8")
    for name in re.findall(r"(?:python |/opt/learnscape/source/)((?:_ext|classroom)/\S+?)[\s\"]", docker):
        assert any(name == entry or name.startswith(f"{entry}/") for entry in let_in), name
    assert "pip install --no-cache-dir -r requirements.txt" in docker


def test_the_configuration_is_that_of_the_readme(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Section(SimpleNamespace):
        def __getattr__(self, name: str) -> Any:
            setattr(self, name, Section())
            return getattr(self, name)

    path = root / HUB / "jupyterhub_config.py"
    code = compile(path.read_text(encoding="utf-8"), path, "exec")
    c = Section()
    known = {"get_config": lambda: c, "__file__": str(path)}
    monkeypatch.delenv("LEARNSCAPE_HUB_PASSWORD", raising=False)
    with pytest.raises(KeyError, match="LEARNSCAPE_HUB_PASSWORD"):
        exec(code, dict(known))
    monkeypatch.setenv("LEARNSCAPE_HUB_PASSWORD", "long")
    exec(code, dict(known))
    assert os.access(c.Spawner.cmd[0], os.X_OK)
    version = re.search(r"ARG JUPYTERHUB=(\S+)", (root / "Dockerfile").read_text(encoding="utf-8"))
    assert version is not None
    assert f"jupyterhub=={version[1]}" in (root / HUB / "README.md").read_text(encoding="utf-8")
