"""What a worker does with a batch of tasks: call the function, catch what it raises, measure the time. Also the time limit.

A batch travels as plain data and the function as the bytes of cloudpickle, so a worker needs nothing of the driver's session: functions
typed into a notebook travel too. BLAS runs on one thread in a worker: the workers fill the machine already, and results
do not depend on how many threads a library would have chosen.

With a time limit the points run in a child process of the worker, the only way to stop
a point that is inside compiled code; the child is killed when the limit has passed, with all it has started, and a new one takes over.
"""

from __future__ import annotations

import ctypes
import hashlib
import math
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

import cloudpickle
import numpy as np
from threadpoolctl import threadpool_limits

from learnscape.sweeps._plan import Task, rng_of

__all__ = ["Job", "Outcome", "end_child", "killed_with_parent", "run_batch", "serve"]

# Seconds after which a batch goes back with what is done, because its points may be slower than those before.
LONGEST_BATCH = 0.5
# Seconds after which an idle child ends: on a worker of a cluster nobody else would end it.
CHILD_WAITS = 10.0


@dataclass(frozen=True)
class Job:
    """What all tasks of a sweep share: the function (as bytes) and how to call it."""

    function: bytes
    names: tuple[str, ...]
    root_seed: int
    time_limit: float | None = None


class Outcome(NamedTuple):
    """What became of one task: its results, or the reason why there are none."""

    task: Task
    results: dict[str, Any] | None
    error: str | None
    """Traceback, or one line for a time limit or a process that died."""
    seconds: float


_functions: dict[bytes, Callable[..., Any]] = {}


def _function(job: Job) -> Callable[..., Any]:
    digest = hashlib.blake2b(job.function).digest()
    if digest not in _functions:
        _functions[digest] = cloudpickle.loads(job.function)
    return _functions[digest]


def _tidy(name: object, value: Any, parameters: Sequence[str]) -> Any:
    """A result as something that a column can hold, or ``TypeError``."""
    if not (isinstance(name, str) and name.isidentifier()) or name.startswith("_"):
        raise TypeError(
            f"the result's name {name!r} is not allowed: it must be an identifier without leading _"
        )
    if name in parameters or name in {"seed", "seconds", "error"}:
        raise TypeError(f"the result's name {name!r} is taken by a parameter or by the sweep itself")
    if isinstance(value, np.ma.MaskedArray):
        if np.ma.is_masked(value) and value.dtype.kind != "f":
            raise TypeError(
                f"the result {name!r} has masked entries, which {value.dtype} cannot mark as NaN: return floats"
            )
        value = value.filled(np.nan) if value.dtype.kind == "f" else value.data
    if isinstance(value, list | tuple):
        value = np.array(value)
    if isinstance(value, np.ndarray) and value.ndim > 0:
        kind = value.dtype.kind
        if kind not in "biuf" or (kind == "u" and value.size and value.max() >= 2**63):
            raise TypeError(
                f"the result {name!r} is an array of {value.dtype}: arrays must hold real numbers (integers below 2^63) or bools"
            )
        # A copy, because the function may use the same array again for its next point.
        dtype = {"b": np.bool_, "f": np.float64}.get(kind, np.int64)
        return np.array(value, dtype=dtype, order="C", subok=False)
    if isinstance(value, np.generic | np.ndarray):
        value = float(value) if isinstance(value, np.floating) else value.item()
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise TypeError(
                f"the result {name} = {value} does not fit in 64 bits: return a float or a string"
            )
        return int(value)  # plain, where it was a subclass that other processes may not know
    if isinstance(value, float):
        return float(value)
    if isinstance(value, str):
        value.encode()  # raises if it is no text, such as half of a surrogate pair
        return str.__str__(value)
    raise TypeError(
        f"the result {name!r} is a {type(value).__name__}: it must be a number, a string, a bool or an array of numbers"
    )


def _run(job: Job, task: Task) -> Outcome:
    start = time.perf_counter()
    try:
        parameters = dict(zip(job.names, task.values, strict=True))
        answer = _function(job)(**parameters, rng=rng_of(job.root_seed, job.names, task))
        if not isinstance(answer, dict):
            raise TypeError(
                f"the function returned a {type(answer).__name__}: it must return a dict name -> result"
            )
        results = {name: _tidy(name, value, job.names) for name, value in answer.items()}
        return Outcome(task, results, None, time.perf_counter() - start)
    except KeyboardInterrupt:
        raise
    except BaseException:  # sys.exit() in a point ends this point, not the sweep
        error = traceback.format_exc().encode("utf-8", "backslashreplace").decode()
        return Outcome(task, None, error, time.perf_counter() - start)


def _limit_message(limit: float) -> str:
    return f"stopped at the time limit of {limit:g} s"


class _Child:
    """A process that runs one task at a time and can be killed."""

    def __init__(self, job: Job) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from learnscape.sweeps._worker import serve; serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "LEARNSCAPE_HOST": "worker"},  # nobody reads what it says
            start_new_session=True,  # a process group of its own, to be killed as a whole
        )
        self.job = job
        self._send((job, sys.path))

    def _send(self, message: object) -> None:
        assert self.process.stdin is not None
        pickle.dump(message, self.process.stdin)
        self.process.stdin.flush()

    def run(self, task: Task, limit: float) -> tuple[Outcome, bool]:
        """Run ``task``, kill the process if that takes longer than ``limit`` seconds; also says whether the process lives."""
        assert self.process.stdout is not None
        expired = threading.Event()

        def stop() -> None:
            expired.set()
            self.kill()

        timer = threading.Timer(limit, stop)
        start = time.perf_counter()
        try:
            self._send(task)
            # The function is imported before the clock starts: the child says when it is ready.
            pickle.load(self.process.stdout)
            timer.start()
            start = time.perf_counter()
            outcome: Outcome = pickle.load(self.process.stdout)
            return outcome, True
        except (EOFError, BrokenPipeError, pickle.UnpicklingError):
            self.close()
            died = f"the process died (exit code {self.process.returncode}): out of memory, or a crash in compiled code?"
            reason = _limit_message(limit) if expired.is_set() else died
            return Outcome(task, None, reason, time.perf_counter() - start), False
        finally:
            timer.cancel()

    def kill(self) -> None:
        """End the process and those that it has started: one of them may hold the other end of our pipe."""
        with suppress(ProcessLookupError):
            if hasattr(os, "killpg") and self.process.returncode is None:
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.kill()

    def close(self) -> None:
        self.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


_of_this_thread = threading.local()


def end_child() -> None:
    """End the child of this thread, if it has one; it would wait some seconds for another task."""
    child: _Child | None = getattr(_of_this_thread, "child", None)
    if child is not None:
        child.close()
        _of_this_thread.child = None


def _run_limited(job: Job, task: Task, limit: float) -> Outcome:
    for _ in ("first", "second"):  # a process that died may have been killed from outside
        child: _Child | None = getattr(_of_this_thread, "child", None)
        if child is None or child.job != job:
            end_child()
            _of_this_thread.child = child = _Child(job)
        outcome, alive = child.run(task, limit)
        if alive:
            break
        _of_this_thread.child = None
        if outcome.error == _limit_message(limit):
            break
    return outcome


def run_batch(job: Job, tasks: Sequence[Task]) -> list[Outcome]:
    """Run the tasks one after the other; what a task raises becomes its outcome.

    When ``LONGEST_BATCH`` seconds have passed, the rest is left: there are fewer outcomes than tasks, but at least one.

    Raises
    ------
    Exception
        Only if the function itself cannot be loaded here, for instance because its module is not installed on the worker.
    """
    outcomes: list[Outcome] = []
    end = time.monotonic() + LONGEST_BATCH
    if job.time_limit is None:
        _function(job)
    with threadpool_limits(1):
        for task in tasks:
            outcomes.append(
                _run(job, task) if job.time_limit is None else _run_limited(job, task, job.time_limit)
            )
            if time.monotonic() > end:
                break
    return outcomes


def killed_with_parent() -> None:
    """Let the kernel end this process with its parent, even while compiled code holds the interpreter (on Linux)."""
    if sys.platform == "linux":
        death_signal = 1  # PR_SET_PDEATHSIG of <linux/prctl.h>
        ctypes.CDLL(None).prctl(death_signal, signal.SIGKILL)


def serve() -> None:
    """The child's loop: read tasks from stdin, write outcomes to stdout, end with the worker or when nothing comes any more."""
    parent = os.getppid()
    killed_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    waiting_since = math.inf

    def watch() -> None:
        while os.getppid() == parent and time.monotonic() - waiting_since < CHILD_WAITS:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    # Neither what the function prints nor what it reads may come between the messages.
    commands, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)

    def answer(message: object) -> None:
        pickle.dump(message, answers)
        answers.flush()

    try:
        job, sys.path[:] = pickle.load(commands)
        with threadpool_limits(1):
            while True:
                waiting_since = time.monotonic()
                task = pickle.load(commands)
                waiting_since = math.inf
                with suppress(Exception):  # _run will record why
                    _function(job)
                answer(None)
                answer(_run(job, task))
    except (EOFError, BrokenPipeError):
        return
