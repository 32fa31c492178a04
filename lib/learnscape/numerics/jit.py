"""The decorators behind every compiled function of the library.

All Numba options live here, so that one place decides how the library is compiled:

* ``error_model="numpy"``: a division by zero gives inf or nan instead of raising. With Python's model the
  check after every division stops the loop from being vectorised (11.7 against 3.1 ns a point for ``H``).
* Machine code is kept on disk (as by ``cache=True``, see ``_machine_code.py``). Functions are compiled on first call, never at import.
* no ``fastmath``: reassociation breaks the range reduction of ``exp`` (an error of 3e-3, silently).
* ``nogil=True``: a driver may run kernels in threads.

Small scalar kernels use ``inlined``: the same options, and the compiler must inline the function where it is called, also when
it is long. A call left standing in a loop body stops the loop from being vectorised.

A loop of pure arithmetic over a long array may begin its kernel with ``widest_vectors()``: on processors with AVX-512 the compiler, left to itself,
uses half of each register. The results are the same to the bit.

Never pass one kernel to another as an argument: the cache then misses in every new process.

*Stale machine code.* Numba keeps a function's machine code until the file of that function changes; it does not notice an edit in a
helper that lives in another file, and would go on answering with the old helper. Here the cache of every kernel is stamped with the
state of its file and of all files of the library that this file imports, directly or not, so that an edit below recompiles what
stands above it, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from numba import config, njit, types
from numba.extending import intrinsic

from learnscape.numerics._machine_code import keep_on_disk

__all__ = ["inlined", "kernel"]  # and widest_vectors, an intrinsic, which has no page

F = TypeVar("F", bound=Callable[..., Any])

LIBRARY = Path(__file__).parents[1]
IMPORT = re.compile(r"^(?:from|import) +(learnscape[\w.]*)(?: +import +(?:\(([^)]*)\)|(.*)))?", re.MULTILINE)


@cache
def _imported_files(file: Path) -> frozenset[Path]:
    """The library's files that ``file`` imports; not inside functions or for type checkers: no kernel can use such a name."""
    # A cell of a notebook is no file: Numba keeps no machine code of it on disk that could grow old.
    if not file.is_file():
        return frozenset()
    found = set()
    for module, many, few in IMPORT.findall(file.read_text(encoding="utf-8")):
        path = LIBRARY.joinpath(*module.split(".")[1:])
        names = re.findall(r"\w+", re.sub(r"#.*", "", many or few))
        for candidate in (path, *(path / name for name in names)):
            found |= {f for f in (candidate.with_suffix(".py"), candidate / "__init__.py") if f.is_file()}
    return frozenset(found)


@cache
def _state(file: Path) -> tuple[tuple[str, int, int], ...]:
    """Name, time of change and size of every file whose edit may change what the kernels in ``file`` compute."""
    files, new = {file}, {file}
    while new:
        new = {g for f in new for g in _imported_files(f)} - files
        files |= new
    states = ((str(f), f.stat()) for f in sorted(files) if f.is_file())
    return tuple((name, state.st_mtime_ns, state.st_size) for name, state in states)


def _compile(function: F, **options: bool) -> F:
    compiled: Any = njit(error_model="numpy", nogil=True, **options)(function)  # type: ignore[call-overload]
    if compiled is not function:  # it is, where compilation is switched off
        keep_on_disk(compiled, function, _state(Path(function.__code__.co_filename)))
    answer: F = compiled
    return answer


def kernel(function: F) -> F:
    """Compile ``function`` to machine code on its first call; see the module docstring for the options.

    With the environment variable ``NUMBA_DISABLE_JIT=1`` the Python function itself is returned.
    """
    return _compile(function)


def inlined(function: F) -> F:
    """Compile ``function`` as :func:`kernel` does, and inline it into every kernel that calls it.

    For scalar functions that stand inside hot loops, such as those of :mod:`learnscape.numerics.gaussian`.
    """
    return _compile(function, forceinline=True)


def _widest_vectors(typingctx: Any) -> Any:
    """Inside a kernel: let its loops use the widest vectors of the processor, not the compiler's cautious choice."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        # llvmlite's own ``add`` refuses what it does not know; LLVM does know this attribute.
        set.add(builder.function.attributes, '"prefer-vector-width"="512"')
        return context.get_dummy_value()

    return types.void(), generate


widest_vectors: Any = (lambda: None) if getattr(config, "DISABLE_JIT", 0) else intrinsic(_widest_vectors)
