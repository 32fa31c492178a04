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
import math
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

from learnscape.sweeps._plan import is_float, is_wide
from learnscape.sweeps._worker import Outcome

__all__ = ["DiskFullError", "Store", "SweepError"]

FORMAT = 1
PART = re.compile(r"\d{6}-[0-9a-f]{64}\.parquet")
FLOATS, WIDE = "floats", "integers beyond 2^53 that no float equals"
KEY, SECONDS = "_key", "seconds"
SHAPE = "_shape_"  # and a name: the shapes of that result, in parts where an array is empty and lists of lists lose its shape
NEEDED = {
    "function": str,
    "function_hash": str,
    "about": str,
    "parameters": list,
    "root_seed": int,
    "environment": dict,
    "sessions": list,
}


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
    if any(isinstance(value, np.ndarray) for value in values):
        return _lists(values)
    if {int, float} <= {type(value) for value in values}:  # else Arrow refuses integers that no float equals
        values = [None if value is None else float(value) for value in values]
    return pa.array(values)


def _lists(values: Sequence[np.ndarray | None]) -> pa.Array:
    """Arrays of one number of axes, of any lengths, as lists of lists: from the inside out, without Python objects."""
    rows = [value for value in values if value is not None]
    dtype = np.result_type(*{row.dtype for row in rows})
    column = pa.array(np.concatenate([row.ravel() for row in rows]).astype(dtype))
    for axis in reversed(range(rows[0].ndim)):
        lengths = [np.full(math.prod(row.shape[:axis]), row.shape[axis]) for row in rows]
        missing = None
        if axis == 0:
            lengths = [np.array([0 if value is None else len(value) for value in values])]
            missing = pa.array([value is None for value in values])
        ends = pa.array(np.concatenate([[0], *lengths]).cumsum(), type=pa.int32())
        column = pa.ListArray.from_arrays(ends, column, mask=missing)
    return column


def _wider(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    """The type that holds values of both, for columns of one kind."""
    if one == other or pa.types.is_null(other):
        return one
    if pa.types.is_null(one):
        return other
    if pa.types.is_list(one):
        return pa.list_(_wider(one.value_type, other.value_type))
    return pa.float64() if pa.float64() in (one, other) else pa.int64()


def _write_synced(path: Path, data: bytes) -> None:
    """Write a file that is complete under its name or not there at all."""
    hidden = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with hidden.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(hidden, path)
    except BaseException as error:
        hidden.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DiskFullError(f"no space left to write {path.name}: {error.strerror}") from error
        raise
    if os.name == "posix":  # the new name is on the disk only when its folder is
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)


class Store:
    """The folder of one sweep; see the module docstring."""

    def __init__(self, path: str | Path, temporary: bool = False) -> None:
        self.path, self.temporary = Path(path), temporary
        self._lock: FileLock | None = None
        self._kinds: dict[str, str] = {}
        self._numbers: dict[str, str] | None = None
        self._damaged: set[Path] = set()

    # --- the lock -----------------------------------------------------------------------------------------------------

    def lock(self) -> None:
        """Become the only driver that writes here, or raise ``SweepError`` naming the other; nothing is put into a foreign folder."""
        holder = self.path / "driver"
        lock = FileLock(str(self.path / "lock"))
        try:
            there = {f.name for f in self.path.iterdir()} if self.path.exists() else set()
            foreign = {name for name in there - {"lock", "driver"} if not name.startswith(".sweep.json.")}
            if foreign and "sweep.json" not in there:
                raise SweepError(
                    f"{self.path} holds other files and no sweep (there is no sweep.json): choose an empty or new folder"
                )
            self.path.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=0)
            about = f"process {os.getpid()}, since {pd.Timestamp.now():%Y-%m-%d %H:%M:%S}\n"
            holder.write_text(about, encoding="utf-8")
        except Timeout:
            who = holder.read_text(encoding="utf-8").strip() if holder.is_file() else "unknown"
            raise SweepError(
                f"another driver ({who}) is writing to {self.path}: wait for it, stop it, or choose another out="
            ) from None
        except OSError as error:
            lock.release()
            raise SweepError(
                f"{self.path} cannot be written to ({error.strerror}): out= must be a folder, or the name of a new one, with some "
                "space on the disk"
            ) from error
        self._lock = lock

    def unlock(self) -> None:
        if self._lock is not None:
            (self.path / "driver").unlink(missing_ok=True)
            self._lock.release()
            self._lock = None

    # --- the manifest -------------------------------------------------------------------------------------------------

    def read_manifest(self) -> dict[str, Any] | None:
        """What the folder was made for, or None if nothing is there yet."""
        file = self.path / "sweep.json"
        if not file.exists():
            return None
        try:
            manifest: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise SweepError(
                f"{file} cannot be read ({error}): restore it, or choose another out="
            ) from error
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
            raise SweepError(f"{file} has another format than {FORMAT}, which this version reads")
        broken = [name for name, kind in NEEDED.items() if not isinstance(manifest.get(name), kind)]
        broken += [
            name for name in ("learnscape", "library_hash") if name not in manifest.get("environment", ())
        ]
        for name, kind in (("sessions", dict), ("parameters", str)):
            entries = manifest.get(name)
            if isinstance(entries, list) and not all(isinstance(entry, kind) for entry in entries):
                broken.append(name)
        if broken:
            raise SweepError(
                f"{file} is incomplete ({', '.join(broken)} missing or wrong): restore it, or choose another out="
            )
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
        if repair:
            for half in (*self.path.glob(".sweep.json.*"), *self.path.glob("*/.*.parquet.*")):
                half.unlink()
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

    def kinds(self) -> dict[str, str]:
        """What every column holds so far."""
        if not self._kinds:
            for part in (*self._parts("parts"), *self._parts("failed")):
                schema = pq.read_schema(part)
                self._kinds |= {f.name: _kind_of_column(f.type) for f in schema if f.name[0] != "_"}
        return self._kinds

    def check_kinds(self, parameters: Mapping[str, Any]) -> None:
        """Raise ``SweepError`` if a parameter with such a value does not fit into its column."""
        for name, value in parameters.items():
            known, new = self.kinds().get(name, _kind(value)), _kind(value)
            if known != new:
                raise SweepError(
                    f"{self.path}: the parameter {name!r} holds {known}, not {new}: choose another out="
                )

    def check_numbers(self, name: str, values: Sequence[Any]) -> None:
        """Raise ``SweepError`` if integers of a parameter would change beside the floats of its column, or the other way round."""
        for value in values:
            if clash := self._clash(name, value):
                raise SweepError(f"{self.path}: the parameter {name!r}: {clash}, or choose another out=")

    def numbers(self) -> dict[str, str]:
        """Columns that hold floats so far, or integers that no float equals; both in one would change the integers."""
        if self._numbers is None:
            self._numbers = {}
            for part in self._parts("parts"):
                schema = pq.read_schema(part)
                for field in schema:
                    leaf = field.type
                    while pa.types.is_list(leaf):
                        leaf = leaf.value_type
                    if pa.types.is_floating(leaf):
                        self._numbers[field.name] = FLOATS
                    elif leaf == pa.int64() and field.name[0] != "_":
                        column = pq.read_table(part, columns=[field.name])[field.name].combine_chunks()
                        while pa.types.is_list(column.type):
                            column = column.flatten()
                        if is_wide(column.drop_null().to_numpy(zero_copy_only=False)):
                            self._numbers[field.name] = WIDE
        return self._numbers

    def _clash(self, name: str, value: Any) -> str:
        """Why a number does not fit beside those of its column, or nothing."""
        new = FLOATS if is_float(value) else WIDE if is_wide(value) else None
        if new is None or self.numbers().setdefault(name, new) == new:
            return ""
        return f"it held {self.numbers()[name]} so far and there are {new} here: return all as floats, or all as strings"

    def accept(self, outcome: Outcome) -> Outcome:
        """The outcome itself, or a failure if a result does not fit into the columns so far."""
        for name, value in (outcome.results or {}).items():
            known, new = self.kinds().setdefault(name, _kind(value)), _kind(value)
            if known != new:
                reason = (
                    f"the result {name!r} was {known} so far and is {new} here: one column holds one kind"
                )
                return Outcome(outcome.task, None, reason, outcome.seconds)
            if clash := self._clash(name, value):
                return Outcome(outcome.task, None, f"the result {name!r}: {clash}", outcome.seconds)
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
                    values = [(row.results or {}).get(name) for row in rows]
                    columns[name] = _column(values)
                    if any(isinstance(v, np.ndarray) and v.ndim > 1 and v.size == 0 for v in values):
                        shapes = [list(v.shape) if isinstance(v, np.ndarray) else None for v in values]
                        columns[SHAPE + name] = pa.array(shapes, type=pa.list_(pa.int64()))
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
        types: dict[str, pa.DataType] = {}
        for field in (field for table in tables for field in table.schema):
            types[field.name] = _wider(types.get(field.name, field.type), field.type)
        tables = [
            table.cast(pa.schema({name: types[name] for name in table.column_names}), safe=False)
            for table in tables
        ]
        whole = pa.concat_tables(tables, promote_options="default")
        keys = whole[KEY].to_numpy()
        _, first = np.unique(keys[::-1], return_index=True)  # of several attempts the last counts
        return whole if len(first) == len(keys) else whole.take(np.sort(len(keys) - 1 - first))
