"""Reading a sweep's results: one tidy table, the failures apart, and where everything came from."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from learnscape.sweeps._store import KEY, SECONDS, SHAPE, Store

__all__ = ["export", "failures", "load", "provenance", "status"]

FORMATS = {".parquet", ".csv", ".json"}


def _frame(table: pa.Table, parameters: list[str]) -> pd.DataFrame:
    frame = table.drop_columns([KEY]).to_pandas()
    for field in table.schema:
        if pa.types.is_list(field.type) and not field.name.startswith("_"):
            frame[field.name] = [None if row is None else _array(row) for row in frame[field.name]]
    for field in table.schema:
        if field.name.startswith(SHAPE):  # lists of lists do not know how long the rows of an empty array are
            name = field.name.removeprefix(SHAPE)
            dtype = _leaf(table.schema.field(name).type).to_pandas_dtype()
            frame[name] = [
                array if shape is None or np.prod(shape) else np.empty([int(n) for n in shape], dtype)
                for array, shape in zip(frame[name], frame.pop(field.name), strict=True)
            ]
    order = [name for name in frame.columns if name in parameters]
    return frame.sort_values([*order, "seed"], kind="stable", ignore_index=True)


def _leaf(column: pa.DataType) -> pa.DataType:
    return _leaf(column.value_type) if pa.types.is_list(column) else column


def _array(row: Any) -> np.ndarray:
    """Nested object arrays, as Arrow returns lists of lists, as one array."""
    nested = isinstance(row, np.ndarray) and row.dtype.kind == "O"
    return np.array([_array(item) for item in row]) if nested else np.asarray(row)


def _open(path: str | Path) -> tuple[Store, dict[str, Any]]:
    store = Store(path)
    manifest = store.read_manifest()
    if manifest is None:
        raise FileNotFoundError(f"{path} holds no sweep (there is no sweep.json)")
    return store, manifest


def load(path: str | Path, *, missing_ok: bool = False) -> pd.DataFrame:
    """The finished tasks of a sweep as a tidy table.

    Parameters
    ----------
    path : path
        What was given to ``sweep`` as ``out``.
    missing_ok : bool
        Return an empty table where there is nothing yet.

    Returns
    -------
    pandas.DataFrame
        One row a task, sorted by the parameters and ``seed``: the parameters, ``seed``, the results (arrays as ``numpy.ndarray``)
        and ``seconds``, the computing time.

    Raises
    ------
    FileNotFoundError
        If ``path`` holds no sweep.

    Warns
    -----
    UserWarning
        If parts are damaged (they are left out) or were computed by different versions of the function.

    Examples
    --------
    >>> import tempfile
    >>> from learnscape.sweeps import sweep
    >>> def square(x, rng):
    ...     return {"y": x * x}
    >>> folder = tempfile.mkdtemp()
    >>> _ = sweep(square, {"x": [1.0, 2.0]}, out=folder, executor="serial")
    >>> load(folder)[["x", "seed", "y"]].values.tolist()
    [[1.0, 0.0, 1.0], [2.0, 0.0, 4.0]]
    """
    try:
        store, manifest = _open(path)
    except FileNotFoundError:
        if missing_ok:
            return pd.DataFrame()
        raise
    if damaged := store.check():
        warnings.warn(
            f"{damaged} damaged parts of {path} are left out; the same sweep() computes them again",
            stacklevel=2,
        )
    versions = {(part.get("function_hash"), part.get("context_hash")) for _, part in store.tables("parts")}
    if len(versions) > 1:
        warnings.warn(f"{path} was computed by {len(versions)} versions of the function", stacklevel=2)
    table = store.table()
    return pd.DataFrame() if table is None else _frame(table, manifest["parameters"])


def failures(path: str | Path) -> pd.DataFrame:
    """The tasks that failed and have not succeeded since: parameters, ``seed``, ``error`` (the traceback), ``seconds``."""
    store, manifest = _open(path)
    store.check()
    table = store.table("failed")
    if table is None:
        return pd.DataFrame(columns=[*manifest["parameters"], "seed", "error", SECONDS])
    open_ = ~np.isin(table[KEY].to_numpy(), store.keys())
    return _frame(table.filter(pa.array(open_)), manifest["parameters"])


def provenance(path: str | Path) -> dict[str, Any]:
    """What to write beside a number taken from a sweep: function, root seed, versions, kind of machine, dates, computing time."""
    _, manifest = _open(path)
    table = load(path)
    sessions = manifest["sessions"]
    return {
        "function": manifest["function"],
        "function_hash": manifest["function_hash"],
        "about": manifest["about"],
        "root_seed": manifest["root_seed"],
        "tasks": len(table),
        "cpu_seconds": round(float(table[SECONDS].sum()), 1) if len(table) else 0.0,
        "date": sessions[-1]["date"][:10] if sessions else "",
        **manifest["environment"],
    }


def status(path: str | Path) -> str:
    """A few lines about a sweep: what it is, how much is done, what failed, which sessions worked on it."""
    store, manifest = _open(path)
    damaged = store.check()
    finished, failed = store.keys(), store.keys("failed")
    holder = store.path / "driver"
    lines = [
        f"{manifest['function']}({', '.join(manifest['parameters'])}), root seed {manifest['root_seed']}",
        manifest["about"],
        f"{len(finished)} tasks finished, {len(np.setdiff1d(failed, finished))} failed, {damaged} damaged parts",
    ]
    if (mean := store.mean_seconds()) is not None:
        lines.append(f"mean time of a task {mean:.3g} s")
    if holder.is_file():
        lines.append(
            f"last driver that did not end in order, or still runs: {holder.read_text(encoding='utf-8').strip()}"
        )
    lines += [
        f"session {s['date']}: {s['tasks']} tasks, {s['failed']} failed, {s['seconds']} s, {s['executor']}"
        for s in manifest["sessions"]
    ]
    return "\n".join(line for line in lines if line)


def export(path: str | Path, target: str | Path) -> Path:
    """Write the finished tasks as one file: ``.parquet``, ``.csv`` or ``.json`` (records).

    Raises
    ------
    ValueError
        For another ending.
    """
    target = Path(target)
    if target.suffix not in FORMATS:
        raise ValueError(f"target = {str(target)!r} is not allowed: it must end in one of {sorted(FORMATS)}")
    table = load(path)
    for name in table.select_dtypes("object"):  # as lists: an array would be abbreviated
        table[name] = [cell.tolist() if isinstance(cell, np.ndarray) else cell for cell in table[name]]
    if target.suffix == ".parquet":
        table.to_parquet(target, index=False)
    elif target.suffix == ".csv":
        table.to_csv(target, index=False)
    else:
        table.to_json(target, orient="records", indent=1, double_precision=15)
    return target
