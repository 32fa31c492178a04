"""Where compiled kernels are kept: Numba's files, with what Numba leaves out.

* The files of a kernel are stamped with the state of all sources that it depends on (see :mod:`learnscape.numerics.jit`).
* A file that is damaged, or cut off by a full disk, counts as missing: the kernel is compiled again. The machine code carries a
  checksum, because damaged machine code would not raise but crash.
* Nothing fails where no folder is writable: every process then compiles its kernels anew, and one warning says so.
* When the first kernel is really compiled, in a terminal or a notebook, one line says what is going on.

The first three rest on private classes of Numba. Where these are not as expected, nothing is kept on disk: slow, but never out of date.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import pickle
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from numba.core import caching

# The base classes; an empty one where another Numba than the tested ones has none.
FunctionCache: Any = getattr(caching, "FunctionCache", object)
IndexDataCacheFile: Any = getattr(caching, "IndexDataCacheFile", object)

__all__ = ["keep_on_disk"]

DIGEST = 32  # bytes of a SHA-256
NOTICE = (
    "learnscape: compiling for this machine. The first call of a function takes {times}; "
    "the machine code is kept, so that later calls and sessions start at once."
)
TIMES = "1 to 20 seconds"

_said: set[str] = set()


class _Files(IndexDataCacheFile):  # type: ignore[misc]
    """An index and the machine code that it names; what cannot be read is not there."""

    def _load_index(self) -> Any:
        try:
            return super()._load_index()
        except Exception:  # damaged data let pickle raise nearly anything
            return {}

    def _load_data(self, name: str) -> Any:
        stored = Path(self._data_path(name)).read_bytes()
        if hashlib.sha256(stored[DIGEST:]).digest() != stored[:DIGEST]:
            raise OSError(f"{name} is damaged")  # Numba takes it as missing, and writes it again
        return pickle.loads(stored[DIGEST:])

    def _save_data(self, name: str, data: Any) -> None:
        content = self._dump(data)
        with self._open_for_write(self._data_path(name)) as file:
            file.write(hashlib.sha256(content).digest() + content)


class _Kept(FunctionCache):  # type: ignore[misc]
    """The files of one kernel."""

    def __init__(self, function: Callable[..., Any], stamp: object) -> None:
        super().__init__(function)
        own = self._impl.locator.get_source_stamp()
        self._cache_file = _Files(self.cache_path, self._impl.filename_base, (own, stamp))

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        found = super().load_overload(sig, target_context)
        if found is None:
            _notice()
        return found

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            super().save_overload(sig, data)
        except OSError as error:  # a full disk, a folder that is no longer writable
            _warn_once(
                "full", f"machine code cannot be kept ({error}): the next process will compile it again"
            )


class _NotKept:
    """In place of files: no folder is writable. Also speaks up when compilation starts."""

    cache_path = None

    def load_overload(self, sig: Any, target_context: Any) -> None:
        _notice()

    def save_overload(self, sig: Any, data: Any) -> None:
        pass

    def enable(self) -> None:
        pass

    def disable(self) -> None:
        pass

    def flush(self) -> None:
        pass


def keep_on_disk(compiled: Any, function: Callable[..., Any], stamp: object) -> None:
    """Let a compiled function find its machine code in files, and store it there, under the given stamp."""
    hooks = ("_load_index", "_load_data", "_save_data", "_data_path", "_dump", "_open_for_write")
    known = hasattr(FunctionCache, "load_overload") and all(
        hasattr(IndexDataCacheFile, name) for name in hooks
    )
    if not (known and hasattr(compiled, "_cache")):
        _warn_once(
            "numba",
            f"Numba {numba.__version__} keeps machine code in another way than the versions this library was tested with, so that "
            "none is kept: every process compiles its kernels anew",
        )
        return
    try:
        compiled._cache = _Kept(function, stamp)
    except RuntimeError:  # Numba found no folder to write to
        compiled._cache = _NotKept()
        _warn_once(
            "folder",
            "no folder for machine code is writable: every process compiles its kernels anew "
            "(set NUMBA_CACHE_DIR to a folder that is)",
        )
    except (AttributeError, TypeError) as error:
        _warn_once(
            "numba", f"Numba {numba.__version__} is not as expected ({error}): no machine code is kept"
        )


def _warn_once(kind: str, message: str) -> None:
    """One line on stderr (a warning with a place in the source would be two, and the place says nothing to a reader)."""
    if kind not in _said:
        _said.add(kind)
        warnings.warn_explicit(message, RuntimeWarning, "learnscape", 0)


def _in_notebook() -> bool:
    """Whether a person at a notebook sees what is written to stderr."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None and getattr(shell, "kernel", None) is not None


def _wanted() -> bool:
    """Whether somebody waits who wants to know: no page being built, no worker process, no log file."""
    if (
        os.environ.get("LEARNSCAPE_HOST") in ("static", "worker")
        or multiprocessing.parent_process() is not None
    ):
        return False
    return _in_notebook() or (sys.stderr is not None and sys.stderr.isatty())


def _notice() -> None:
    """Say, once a process, that a kernel is being compiled."""
    if "notice" not in _said:
        _said.add("notice")
        if _wanted():
            print(NOTICE.format(times=TIMES), file=sys.stderr, flush=True)
