"""Finished parts in one file: the same bytes from the same results, and a fresh copy goes on from them."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
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


def test_linked_parts_are_packed_as_files(tmp_path: Path) -> None:
    sweep(counted, {"x": [1, 2]}, out=tmp_path / "a", executor="serial")
    wanted = pack(tmp_path / "a", tmp_path / "a.tar.xz").read_bytes()
    for part in list((tmp_path / "a" / "parts").iterdir()):
        part.rename(tmp_path / part.name)
        part.symlink_to(tmp_path / part.name)
    assert pack(tmp_path / "a", tmp_path / "a.tar.xz").read_bytes() == wanted


def test_what_an_unpacking_that_was_killed_left_does_not_get_in(tmp_path: Path) -> None:
    sweep(counted, {"x": [1]}, out=tmp_path / "a", executor="serial")
    packed = pack(tmp_path / "a", tmp_path / "a.tar.xz")
    for name in ("b.half", f"b.{os.getpid()}.half"):
        (tmp_path / name / "parts").mkdir(parents=True)
        (tmp_path / name / "parts" / "000009-stale.parquet").write_bytes(b"")
    assert unpack(packed, tmp_path / "b")
    assert len(list((tmp_path / "b" / "parts").iterdir())) == 1


@pytest.mark.parametrize("content", ["nothing", "cut", "link", "no sweep"])
def test_an_archive_that_is_none_is_named_and_leaves_nothing(tmp_path: Path, content: str) -> None:
    sweep(counted, {"x": [1]}, out=tmp_path / "a", executor="serial")
    packed = pack(tmp_path / "a", tmp_path / "x.tar.xz")
    if content in ("nothing", "cut"):
        packed.write_bytes(packed.read_bytes()[: 0 if content == "nothing" else 600])
    else:
        with tarfile.open(packed, "w:xz") as file:
            member = tarfile.TarInfo("sweep.json" if content == "link" else "readme")
            member.type, member.linkname = (
                (tarfile.SYMTYPE, "/etc/passwd") if content == "link" else (tarfile.REGTYPE, "")
            )
            file.addfile(member)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ValueError, match=r"x\.tar\.xz"):
        unpack(packed, tmp_path / "b")
    assert sorted(tmp_path.iterdir()) == before


def test_an_interrupted_packing_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep(counted, {"x": [1]}, out=tmp_path / "a", executor="serial")
    packed = pack(tmp_path / "a", tmp_path / "x.tar.xz")
    before, files = packed.read_bytes(), sorted(tmp_path.iterdir())

    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tarfile.TarFile, "add", interrupted)
    with pytest.raises(KeyboardInterrupt):
        pack(tmp_path / "a", packed)
    assert packed.read_bytes() == before
    assert sorted(tmp_path.iterdir()) == files
