"""The decorators behind every compiled function of the library.

All Numba options live here, so that one place decides how the library is compiled:

* ``error_model="numpy"``: a division by zero gives inf or nan instead of raising. With Python's model the
  check after every division stops the loop from being vectorised (11.7 against 3.1 ns a point for ``H``).
* ``cache=True``: machine code is kept on disk. Functions are compiled on first call, never at import.
* no ``fastmath``: reassociation breaks the range reduction of ``exp`` (an error of 3e-3, silently).
* ``nogil=True``: a driver may run kernels in threads.

Small scalar kernels use ``inlined``: the same options, and the compiler must inline the function where it is called, also when
it is long. A call left standing in a loop body stops the loop from being vectorised.

Never pass one kernel to another as an argument: the cache then misses in every new process.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

__all__ = ["inlined", "kernel"]

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile ``function`` to machine code on its first call; see the module docstring for the options.

    With the environment variable ``NUMBA_DISABLE_JIT=1`` the Python function itself is returned.
    """
    return cast(F, njit(error_model="numpy", cache=True, nogil=True)(function))


def inlined(function: F) -> F:
    """Compile ``function`` as :func:`kernel` does, and inline it into every kernel that calls it.

    For scalar functions that stand inside hot loops, such as those of :mod:`learnscape.numerics.gaussian`.
    """
    return cast(F, njit(error_model="numpy", cache=True, nogil=True, forceinline=True)(function))
