"""One thread for linear algebra on small matrices.

NumPy and SciPy each bring an OpenBLAS with threads of its own. On matrices of a few hundred rows these threads wait for each other longer than they
work, and on a busy machine a minimisation that takes a fifth of a second alone was seen to take half a minute. Where threadpoolctl
is installed (it comes with the extras), we ask for one thread while we compute; elsewhere nothing is changed.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

__all__ = ["one_thread"]

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


@cache
def _controller() -> Any:
    """What knows the loaded BLAS libraries, found once; None without threadpoolctl."""
    try:
        import scipy.linalg  # noqa: F401  (so that its BLAS is among those found)
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return None
    return ThreadpoolController()


def _limited() -> AbstractContextManager[Any]:
    controller = _controller()
    limited: AbstractContextManager[Any] = (
        nullcontext() if controller is None else controller.limit(limits=1, user_api="blas")
    )
    return limited


def one_thread(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Run the function with one BLAS thread."""

    @wraps(function)
    def limited(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        with _limited():
            return function(*args, **kwargs)

    return limited
