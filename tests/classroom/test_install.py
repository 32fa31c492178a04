"""The first cell of a notebook: silent where the course is, an installation on Colab, a sentence elsewhere."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from learnscape.classroom.assignments import install

CELL = install.cell("https://example.org/x/y", "abc123", "[data]")
COURSE = "learnscape[data] @ git+https://example.org/x/y@abc123"


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that the cell runs, none of them in earnest."""
    commands: list[list[str]] = []
    monkeypatch.setattr(subprocess, "run", lambda command, **_: commands.append(command))
    return commands


def without_the_course(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)


def test_where_the_course_is_nothing_happens(
    ran: list[list[str]], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("google.colab", "somewhere"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
        exec(CELL, {})
    assert ran == []
    assert capsys.readouterr().out == ""


def test_colab_gets_the_version_of_the_notebook(
    ran: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    without_the_course(monkeypatch)
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    exec(CELL, {})
    assert ran == [[sys.executable, "-m", "pip", "install", "--quiet", COURSE]]


def test_elsewhere_it_says_what_to_do_and_does_nothing(
    ran: list[list[str]], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    without_the_course(monkeypatch)
    exec(CELL, {})
    assert ran == []
    assert f'pip install "{COURSE}"' in capsys.readouterr().out


def test_a_commit_counts_when_a_remote_has_it(tmp_path: Path) -> None:
    def git(*arguments: str, where: Path) -> str:
        settings = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"]
        done: Any = subprocess.run(
            ["git", *settings, *arguments], cwd=where, capture_output=True, text=True, check=True
        )
        return str(done.stdout.strip())

    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    theirs.mkdir()
    assert install.published(tmp_path / "theirs") == "main", "no repository"
    git("init", "--quiet", "--bare", where=theirs)
    git("clone", "--quiet", str(theirs), str(mine), where=tmp_path)
    git("commit", "--quiet", "--allow-empty", "-m", "one", where=mine)
    git("push", "--quiet", "origin", "HEAD:main", where=mine)
    install.published.cache_clear()
    assert install.published(mine) == git("rev-parse", "HEAD", where=mine)
    git("commit", "--quiet", "--allow-empty", "-m", "two", where=mine)
    install.published.cache_clear()
    assert install.published(mine) == "main", "nobody else has it"


def test_the_address_is_the_books(root: Path, tmp_path: Path) -> None:
    assert install.address(root).startswith("https://github.com/")
    assert install.address(tmp_path) == ""
