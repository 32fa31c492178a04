"""Where the results of a sweep live: a folder of Parquet parts, each complete and checked, and a manifest.

::

    results/
      sweep.json                    what was asked: function, parameters, root seed, versions, one entry a session
      parts/000001-<sha256>.parquet finished tasks; the name carries the checksum of the content
      failed/000001-<sha256>.parquet tasks that raised, with their traceback

A part is written under another name, forced to the disk and then renamed, so there is never half a part under a valid name. A part
whose content does not match its checksum (a disk or a copy that went wrong) is moved to ``damaged/`` with a warning, and its tasks
count as not done. A lock that the operating system releases with the process keeps a second driver out.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from learnscape.sweeps._worker import Outcome

__all__ = ["DiskFullError", "Store", "SweepError"]

FORMAT = 1
PART = re.compile(r"\d{6}-[0-9a-f]{64}\.parquet")
KEY, SECONDS = "_key", "seconds"


class SweepError(RuntimeError):
    """A sweep cannot start or go on; the message says why and what to do. What was finished stays stored."""


class DiskFullError(SweepError):
    """The results could not be written for want of space."""


def _kind(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"arrays of {value.ndim} axes"
    return {bool: "bools", str: "strings"}.get(type(value), "numbers")


def _kind_of_column(column: pa.DataType) -> str:
    axes = 0
    while pa.types.is_list(column):
        axes, column = axes + 1, column.value_type
    if axes:
        return f"arrays of {axes} axes"
    if pa.types.is_boolean(column):
        return "bools"
    return "strings" if pa.types.is_string(column) else "numbers"


def _column(values: Sequence[Any]) -> pa.Array:
    """An Arrow array of plain values, or of arrays as (nested) lists; None where a task had no such result."""
    return pa.array([value.tolist() if isinstance(value, np.ndarray) else value for value in values])


def _write_synced(path: Path, data: bytes) -> None:
    """Write a file that is complete under its name or not there at all."""
    hidden = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with hidden.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(hidden, path)
    except OSError as error:
        hidden.unlink(missing_ok=True)
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DiskFullError(f"no space left to write {path.name}: {error.strerror}") from error
        raise


class Store:
    """The folder of one sweep; see the module docstring."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._lock: FileLock | None = None
        self._kinds: dict[str, str] = {}
        self._damaged: set[Path] = set()

    # --- the lock -----------------------------------------------------------------------------------------------------

    def lock(self) -> None:
        """Become the only driver that writes here, or raise ``SweepError`` naming the other; nothing is put into a foreign folder."""
        ours = {"lock", "driver", "sweep.json"}
        if self.path.exists() and (there := {f.name for f in self.path.iterdir()}) and not there & ours:
            raise SweepError(f"{self.path} holds other files and no sweep: choose an empty or new folder")
        self.path.mkdir(parents=True, exist_ok=True)
        holder = self.path / "driver"
        lock = FileLock(str(self.path / "lock"))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            who = holder.read_text(encoding="utf-8").strip() if holder.is_file() else "unknown"
            raise SweepError(
                f"another driver ({who}) is writing to {self.path}: wait for it, stop it, or choose another out="
            ) from None
        self._lock = lock
        holder.write_text(
            f"process {os.getpid()}, since {pd.Timestamp.now():%Y-%m-%d %H:%M:%S}\n", encoding="utf-8"
        )

    def unlock(self) -> None:
        if self._lock is not None:
            (self.path / "driver").unlink(missing_ok=True)
            self._lock.release()
            self._lock = None

    # --- the manifest -------------------------------------------------------------------------------------------------

    def read_manifest(self) -> dict[str, Any] | None:
        """What the folder was made for, or None if nothing is there yet."""
        file = self.path / "sweep.json"
        if not file.is_file():
            return None
        try:
            manifest: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        except ValueError as error:
            raise SweepError(
                f"{file} cannot be read ({error}): restore it, or choose another out="
            ) from error
        if manifest.get("format") != FORMAT:
            raise SweepError(f"{file} has the format {manifest.get('format')!r}; this version reads {FORMAT}")
        return manifest

    def write_manifest(self, manifest: Mapping[str, Any]) -> None:
        text = json.dumps({"format": FORMAT, **manifest}, indent=1, ensure_ascii=False) + "\n"
        _write_synced(self.path / "sweep.json", text.encode())

    # --- the parts ----------------------------------------------------------------------------------------------------

    def _parts(self, folder: str) -> list[Path]:
        """The parts of a folder, without those that ``check`` has found damaged."""
        found = (self.path / folder).glob("*.parquet")
        return sorted(file for file in found if PART.fullmatch(file.name) and file not in self._damaged)

    def check(self, repair: bool = False) -> int:
        """How many parts are damaged: they are left out from now on.

        With ``repair`` they are moved to ``damaged/``, with a warning, and half-written files are removed.
        """
        for folder in ("parts", "failed"):
            for part in self._parts(folder):
                with part.open("rb") as file:
                    intact = part.stem.partition("-")[2] == hashlib.file_digest(file, "sha256").hexdigest()
                if intact:
                    continue
                self._damaged.add(part)
                if repair:
                    (self.path / "damaged").mkdir(exist_ok=True)
                    os.replace(part, self.path / "damaged" / f"{folder}-{part.name}")
                    warnings.warn(
                        f"{part} does not match its checksum and was moved to damaged/; its points will be computed again",
                        stacklevel=2,
                    )
            if repair:
                for half in (self.path / folder).glob(".*.parquet.*"):
                    half.unlink()
        return len(self._damaged)

    def keys(self, folder: str = "parts") -> np.ndarray:
        """Sorted keys of the stored tasks: 8 bytes each."""
        columns = [pq.read_table(part, columns=[KEY])[KEY].to_numpy() for part in self._parts(folder)]
        return np.unique(np.concatenate(columns)) if columns else np.empty(0, dtype=np.uint64)

    def mean_seconds(self) -> float | None:
        """Mean computing time of a stored task, or None."""
        total = count = 0.0
        for part in self._parts("parts"):
            seconds = pq.read_table(part, columns=[SECONDS])[SECONDS].to_numpy()
            total, count = total + float(seconds.sum()), count + len(seconds)
        return total / count if count else None

    def accept(self, outcome: Outcome) -> Outcome:
        """The outcome itself, or a failure if a result does not fit into the columns so far."""
        if not self._kinds:
            for part in self._parts("parts"):
                schema = pq.read_schema(part)
                self._kinds |= {f.name: _kind_of_column(f.type) for f in schema if f.name[0] != "_"}
        for name, value in (outcome.results or {}).items():
            known, new = self._kinds.setdefault(name, _kind(value)), _kind(value)
            if known != new:
                reason = (
                    f"the result {name!r} was {known} so far and is {new} here: one column holds one kind"
                )
                return Outcome(outcome.task, None, reason, outcome.seconds)
        return outcome

    def add(self, names: Sequence[str], outcomes: Sequence[Outcome], provenance: Mapping[str, Any]) -> None:
        """Store outcomes as new parts, the finished ones and the failed ones apart."""
        for folder, rows in (
            ("parts", [outcome for outcome in outcomes if outcome.error is None]),
            ("failed", [outcome for outcome in outcomes if outcome.error is not None]),
        ):
            if not rows:
                continue
            columns = {KEY: pa.array([row.task.key for row in rows], type=pa.uint64())}
            for i, name in enumerate(names):
                columns[name] = _column([row.task.values[i] for row in rows])
            columns["seed"] = pa.array([row.task.seed for row in rows], type=pa.int64())
            if folder == "parts":
                for name in dict.fromkeys(name for row in rows for name in row.results or {}):
                    columns[name] = _column([(row.results or {}).get(name) for row in rows])
            else:
                columns["error"] = pa.array([row.error for row in rows], type=pa.string())
            columns[SECONDS] = pa.array([row.seconds for row in rows], type=pa.float64())
            table = pa.table(columns).replace_schema_metadata({"learnscape.sweeps": json.dumps(provenance)})
            sink = pa.BufferOutputStream()
            pq.write_table(table, sink, compression="zstd")
            data = sink.getvalue().to_pybytes()
            place = self.path / folder
            place.mkdir(exist_ok=True)
            number = int(last[-1].name[:6]) + 1 if (last := self._parts(folder)) else 1
            _write_synced(place / f"{number:06d}-{hashlib.sha256(data).hexdigest()}.parquet", data)

    def tables(self, folder: str) -> Iterator[tuple[pa.Table, dict[str, Any]]]:
        """Every part with its provenance."""
        for part in self._parts(folder):
            table = pq.read_table(part)
            yield table, json.loads((table.schema.metadata or {}).get(b"learnscape.sweeps", b"{}"))

    def table(self, folder: str = "parts") -> pa.Table | None:
        """All rows of a folder, every task once, or None if there are none."""
        tables = [table.replace_schema_metadata(None) for table, _ in self.tables(folder)]
        if not tables:
            return None
        whole = pa.concat_tables(tables, promote_options="permissive")
        keys = whole[KEY].to_numpy()
        _, first = np.unique(keys[::-1], return_index=True)  # of several attempts the last counts
        return whole if len(first) == len(keys) else whole.take(np.sort(len(keys) - 1 - first))
