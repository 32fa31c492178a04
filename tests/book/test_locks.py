"""pyproject.toml, requirements.txt and binder/requirements.txt say the same thing; checked without a network."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import lock


@pytest.fixture
def locks(root: Path) -> tuple[Path, Path]:
    return root / "requirements.txt", root / "binder" / "requirements.txt"


def test_locks_were_made_from_the_present_dependency_tables(root: Path, locks: tuple[Path, Path]) -> None:
    for path in locks:
        assert lock.recorded(path) == lock.digest(root / "pyproject.toml"), f"{path.name}: run `make lock`"


def test_a_changed_dependency_changes_the_hash(root: Path, tmp_path: Path) -> None:
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    changed = tmp_path / "pyproject.toml"
    changed.write_text(text.replace('"scipy>=1.14"', '"scipy>=1.15"'), encoding="utf-8")
    assert lock.digest(changed) != lock.digest(root / "pyproject.toml")
    changed.write_text(text.replace("line-length = 110", "line-length = 100"), encoding="utf-8")
    assert lock.digest(changed) == lock.digest(root / "pyproject.toml")


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_every_direct_dependency_is_pinned_within_its_range(root: Path, python: str) -> None:
    tables = lock.tables(root / "pyproject.toml")
    wanted = tables["dependencies"] + [r for extra in tables["optional-dependencies"].values() for r in extra]
    environment = {**lock.BINDER_ENVIRONMENT, "python_version": python, "python_full_version": python + ".9"}
    pinned = lock.pins(root / "requirements.txt", environment)
    assert len(wanted) > 20
    for text in wanted:
        requirement = Requirement(text)
        version = pinned.get(canonicalize_name(requirement.name))
        assert version is not None, f"{text} is not in the lock"
        assert requirement.specifier.contains(version, prereleases=True), f"{text}, locked at {version}"


def test_what_is_not_locked_is_an_extra_and_changes_nothing(
    root: Path, tmp_path: Path, locks: tuple[Path, Path]
) -> None:
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    extras = tomllib.loads(text)["project"]["optional-dependencies"]
    assert set(extras) - set(lock.tables(root / "pyproject.toml")["optional-dependencies"]) == {"torch"}
    assert all("torch" not in lock.pins(path) for path in locks)
    changed = tmp_path / "pyproject.toml"
    changed.write_text(text.replace('"torch>=', '"torch>=1'), encoding="utf-8")
    assert lock.digest(changed) == lock.digest(root / "pyproject.toml")


def test_binder_has_the_locks_versions_and_no_book(locks: tuple[Path, Path]) -> None:
    full = lock.pins(locks[0], lock.BINDER_ENVIRONMENT)
    binder = lock.pins(locks[1])
    different = {
        name: (version, full.get(name)) for name, version in binder.items() if full.get(name) != version
    }
    assert different == {}
    assert {"numba", "jupyterlab", "jupytext", "anywidget"} <= set(binder)
    assert not {"sphinx", "jupyter-book", "pytest"} & set(binder)


def test_no_registry_is_named(root: Path, locks: tuple[Path, Path]) -> None:
    for path in (*locks, root / "pyproject.toml", root / "Makefile", root / ".ci" / "run"):
        text = path.read_text(encoding="utf-8")
        assert "index-url" not in text, path
        assert "find-links" not in text, path
