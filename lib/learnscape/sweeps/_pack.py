"""Sweeps in one file: to commit what is finished, and to go on from it in a fresh copy."""

from __future__ import annotations

import lzma
import os
import shutil
import tarfile
from pathlib import Path

from learnscape.errors import require

__all__ = ["pack", "unpack"]


def pack(path: str | Path, archive: str | Path) -> Path:
    """Put what is finished of a sweep, or of all in a folder, into one compressed file, whose bytes depend on nothing else.

    Failed tasks and messages stay out. Do not pack while the sweep runs.

    Parameters
    ----------
    path : path
        Folder of a sweep, or of several.
    archive : path
        File to write, ``….tar.xz``; its folder is made. An older one is replaced in one step.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    FileNotFoundError
        If there is no sweep.
    ValueError
        If the file does not end in ``.tar.xz``.

    Examples
    --------
    >>> import tempfile
    >>> from learnscape.sweeps import load, sweep
    >>> def square(x, rng):
    ...     return {"y": x * x}
    >>> folder = Path(tempfile.mkdtemp())
    >>> table = sweep(square, {"x": [1, 2]}, out=folder / "squares", executor="serial")
    >>> packed = pack(folder / "squares", folder / "squares.tar.xz")
    >>> unpack(packed, folder / "copy")
    True
    >>> load(folder / "copy").equals(table)
    True
    """
    folder, target = Path(path), Path(archive)
    sweeps = sorted(one.parent for one in (*folder.glob("sweep.json"), *folder.glob("*/sweep.json")))
    if not sweeps:
        raise FileNotFoundError(f"{folder} holds no sweep (there is no sweep.json)")
    require(target.name.endswith(".tar.xz"), "archive", str(archive), "the name of a .tar.xz file")

    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.mtime = member.uid = member.gid = 0
        member.uname = member.gname = ""
        member.mode = 0o644
        return member

    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_name(f"{target.name}.{os.getpid()}.half")
    try:
        with tarfile.open(half, "w:xz", dereference=True) as file:  # a link would lead nowhere elsewhere
            for sweep in sweeps:
                for one in (*sorted(sweep.glob("parts/*.parquet")), sweep / "sweep.json"):
                    file.add(one, one.relative_to(folder), filter=plain)
        half.replace(target)
    finally:
        half.unlink(missing_ok=True)
    return target


def unpack(archive: str | Path, path: str | Path) -> bool:
    """Put packed sweeps where :func:`~learnscape.sweeps.sweep` will go on with them, unless something is there already.

    Parameters
    ----------
    archive : path
        From :func:`pack`.
    path : path
        The folder that was packed.

    Returns
    -------
    bool
        Whether it was unpacked: False if something is at the path or there is no such file.

    Raises
    ------
    ValueError
        If the file is cut off, no archive, or one without a sweep. Nothing is left behind then.
    """
    source, target = Path(archive), Path(path)
    if os.path.lexists(target) or not source.exists():
        return False
    half = target.with_name(f"{target.name}.{os.getpid()}.half")
    shutil.rmtree(half, ignore_errors=True)  # from a process that was killed: its parts must not get in
    half.mkdir(parents=True)
    try:
        with tarfile.open(source, "r:xz") as file:
            if hasattr(tarfile, "data_filter"):
                file.extraction_filter = (
                    tarfile.data_filter
                )  # no paths out of the folder; the first releases of Python 3.11 have none
            file.extractall(half)
        sweeps = any(True for found in ("sweep.json", "*/sweep.json") for _ in half.glob(found))
        require(sweeps, "archive", str(archive), "one that holds a sweep (a sweep.json)")
        half.replace(target)
    except (tarfile.TarError, lzma.LZMAError, EOFError) as error:
        raise ValueError(f"{source} is no complete archive from pack: {error}") from error
    except OSError:
        if not target.exists():  # else another process was faster
            raise
        return False
    finally:
        shutil.rmtree(half, ignore_errors=True)
    return True
