"""Calling a function that a student wrote: it may run for ever, call `sys.exit`, recurse without end, or change what it is given.

What it raises comes back as a sentence instead of stopping the notebook. It is ended after a stated time. In the main thread, where
a notebook runs its cells, an alarm of the operating system does it, which also ends a `sleep`. In another thread, and on Windows, a
second thread raises an exception in the first; that takes effect at the next line of Python. Neither can end one long call of
compiled code, such as the inverse of a huge matrix: the time is then over when the call returns.
"""

from __future__ import annotations

import copy
import ctypes
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any

__all__ = ["Called", "TimeUp", "call", "within"]

AGAIN = 0.01
"""Seconds until the alarm is repeated, for a function that catches everything."""


class TimeUp(BaseException):
    """The time is over. No `Exception`, so that ``except Exception`` in a loop does not swallow it."""


def within(seconds: float, action: Callable[[], Any]) -> Any:
    """The result of ``action()``; `TimeUp` is raised in it when it takes longer than `seconds`.

    Examples
    --------
    >>> within(1.0, lambda: 6 * 7)
    42
    """
    in_main_thread = threading.current_thread() is threading.main_thread()
    return (_with_alarm if in_main_thread and hasattr(signal, "setitimer") else _with_watch)(seconds, action)


# Both may be interrupted in any of their own lines too. So there are no locks in them (an interrupted thread would keep one for ever)
# and no context manager (it might never be left), and what must be done at the end stands in two nested blocks.


def _with_alarm(seconds: float, action: Callable[[], Any]) -> Any:
    armed, rung = [True], [0]
    tracer = sys.gettrace()

    def ring(_: int, frame: FrameType | None) -> None:
        if not armed[0]:
            return
        rung[0] += 1
        if (
            rung[0] > 1
        ):  # something catches everything: raise once more on the first line of whatever catches it
            while frame is not None and frame.f_code is not _with_alarm.__code__:
                frame.f_trace = again
                frame = frame.f_back
            sys.settrace(again)
        raise TimeUp

    def again(_: FrameType, event: str, __: Any) -> Any:
        if armed[0] and event == "line":  # an event "exception" still lies inside the block that catches
            raise TimeUp
        return again

    handler = signal.signal(signal.SIGALRM, ring)
    before = (0.0, 0.0)
    try:
        try:
            before = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
            return action()
        finally:
            armed[0] = False
    finally:
        armed[0] = False
        if rung[0] > 1:
            sys.settrace(tracer)
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, handler)
        if before[0]:  # an alarm that somebody else had set
            signal.setitimer(signal.ITIMER_REAL, *before)


def _with_watch(seconds: float, action: Callable[[], Any]) -> Any:
    target = ctypes.c_ulong(threading.get_ident())
    wake = threading.Lock()
    wake.acquire()
    begun, over, finished = [False], [False], [False]

    def watch() -> None:
        while not begun[0]:  # nothing may be raised in the lines of `Thread.start`, which hold locks
            time.sleep(0.0002)
        wait = seconds
        while not wake.acquire(timeout=wait) and not over[0]:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(target, ctypes.py_object(TimeUp))
            wait = AGAIN
        finished[0] = True

    threading.Thread(target=watch, daemon=True).start()
    late = False
    try:
        try:
            begun[0] = True
            return action()
        finally:
            over[0] = True
    finally:
        while not finished[0]:  # it may just be sending
            try:
                over[0] = True
                if wake.locked():
                    wake.release()
                time.sleep(0.0002)
            except TimeUp:
                late = True
        ctypes.pythonapi.PyThreadState_SetAsyncExc(target, None)  # sent, but not raised yet
        if late:
            raise TimeUp


@dataclass(frozen=True)
class Called:
    """What came of the calls.

    Attributes
    ----------
    results : list
        One result for each call that returned.
    failure : str
        What went wrong in the next call, as the rest of a sentence that begins with the call; empty if nothing did.
    overflow : bool
        NumPy warned of an integer or floating-point overflow during the calls.
    """

    results: list[Any]
    failure: str
    overflow: bool


def call(function: Callable[..., Any], inputs: Any, seconds: float) -> Called:
    """Call a student's function with copies of each tuple of arguments, `seconds` for all of them together.

    Examples
    --------
    >>> import sys
    >>> call(lambda x: x + 1, [(1,), (2,)], 1.0).results
    [2, 3]
    >>> call(lambda x: sys.exit(), [(1,)], 1.0).failure
    'called sys.exit: a function ends with a return statement.'
    """
    results: list[Any] = []
    failure = ""

    def answer_all() -> None:
        for arguments in inputs:
            results.append(function(*copy.deepcopy(arguments)))

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            within(seconds, answer_all)
        except TimeUp:
            failure = f"did not return within {seconds:g} s and was stopped. Is there a loop that never ends?"
        except KeyboardInterrupt:  # the reader's own wish
            raise
        except SystemExit:
            failure = "called sys.exit: a function ends with a return statement."
        except RecursionError:
            failure = "raised RecursionError: it calls itself again and again. Which case ends this?"
        except OverflowError as error:
            failure = f"raised OverflowError: {_text(error)}. The number is too large for a float: compute its logarithm instead."
        except (
            BaseException
        ) as error:  # what the student's code raises is to be shown, not to stop the notebook
            failure = f"raised {type(error).__name__}: {_text(error)}"
    overflow = any("overflow" in str(warning.message) for warning in caught)
    for warning in caught:  # shown as they would have been
        if "overflow" not in str(warning.message):
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    return Called(results, failure, overflow)


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # an exception class of the student's own
        return "(its message cannot be shown)"
