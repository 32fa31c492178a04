"""Finished parts in one file: the same bytes from the same results, and a fresh copy goes on from them."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

import pytest

from learnscape.sweeps import load, pack, sweep, unpack

calls: list[int] = []


def counted(x: int, rng: Any) -> dict[str, float]:
    calls.append(x)
    return {"y": float(rng.random())}


def test_a_fresh_copy_goes_on_from_what_was_packed(tmp_path: Path) -> None:
    first = sweep(counted, {"x": [1, 2]}, out=tmp_path / "a", executor="serial", root_seed=1)
    packed = pack(tmp_path / "a", tmp_path / "parts" / "a.tar.xz")
    assert unpack(packed, tmp_path / "b")
    assert load(tmp_path / "b").equals(first)
    calls.clear()
    more = sweep(counted, {"x": [1, 2, 3]}, out=tmp_path / "b", executor="serial", root_seed=1)
    assert calls == [3]
    assert more[more.x < 3].reset_index(drop=True).equals(first)
    assert not unpack(packed, tmp_path / "b")  # what is there stays
    assert len(load(tmp_path / "b")) == 3


def test_the_bytes_depend_on_the_results_alone(tmp_path: Path) -> None:
    sweep(counted, {"x": [1, 2]}, out=tmp_path / "a", executor="serial")
    shutil.copytree(tmp_path / "a", tmp_path / "copy")
    for part in (tmp_path / "copy").rglob("*"):
        part.chmod(0o755)
        part.touch()
    sums = [
        hashlib.sha256(pack(tmp_path / name, tmp_path / f"{name}.tar.xz").read_bytes()).hexdigest()
        for name in ("a", "copy")
    ]
    assert sums[0] == sums[1]


def test_a_folder_of_sweeps(tmp_path: Path) -> None:
    for name in ("a", "b"):
        sweep(counted, {"x": [1]}, out=tmp_path / "all" / name, executor="serial")
    pack(tmp_path / "all", tmp_path / "all.tar.xz")
    assert unpack(tmp_path / "all.tar.xz", tmp_path / "again")
    assert load(tmp_path / "again" / "b").equals(load(tmp_path / "all" / "b"))


def test_what_cannot_be_packed_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="holds no sweep"):
        pack(tmp_path, tmp_path / "x.tar.xz")
    sweep(counted, {"x": [1]}, out=tmp_path / "a", executor="serial")
    with pytest.raises(ValueError, match=r"archive.*x\.zip.*tar\.xz"):
        pack(tmp_path / "a", tmp_path / "x.zip")
    assert not unpack(tmp_path / "nothing.tar.xz", tmp_path / "b")
