"""ARCHITECTURE.md says what is there: its files exist, and its floors are those of the contracts."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest


@pytest.fixture
def text(root: Path) -> str:
    return (root / "ARCHITECTURE.md").read_text(encoding="utf-8")


@pytest.fixture
def floors(root: Path) -> list[str]:
    tables = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    contract = next(c for c in tables["tool"]["importlinter"]["contracts"] if c["id"] == "floors")
    layers: list[str] = contract["layers"]
    return layers


def test_the_table_of_floors_is_the_contract(text: str, floors: list[str]) -> None:
    section = text.partition("## Floors")[2].partition("\n## ")[0]
    rows = [row for row in section.splitlines() if re.match(r"\| \d", row)]
    assert [set(re.findall(r"`(\w+)`", row)) for row in rows] == [
        set(re.findall(r"\w+", floor)) for floor in floors
    ]


def test_parts_said_to_be_missing_are_missing(root: Path, text: str, floors: list[str]) -> None:
    library = root / "lib" / "learnscape"
    for part in re.findall(r"`(\w+)` †", text):
        assert not list(library.glob(f"{part}*")), f"{part} is there: take its † away"
        assert f"({part})" in " ".join(floors), "optional in the contract"


def test_every_file_it_names_exists(root: Path, text: str) -> None:
    named = [
        name
        for name in re.findall(r"`([^`\s]+)`", text)
        if "/" in name or re.search(r"\.(md|py|toml|yml)$", name)
    ]
    named += re.findall(r"\]\(([^)]+)\)", text)
    assert len(named) > 30
    missing = [name for name in named if not (root / name.partition("<")[0]).exists()]
    assert missing == []


def test_it_is_about_one_page(text: str) -> None:
    assert len(text.split()) < 1700


def test_contributing_points_there(root: Path) -> None:
    assert "(ARCHITECTURE.md)" in (root / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_only_parts_said_to_be_missing_are_optional(text: str, floors: list[str]) -> None:
    """A part that is there and stands in parentheses could go without the contract noticing."""
    assert re.findall(r"\((\w+)\)", " ".join(floors)) == re.findall(r"`(\w+)` †", text)
