"""What a worker does with a batch of tasks: call the function, catch what it raises, measure the time. Also the time limit.

A batch travels as plain data and the function as the bytes of cloudpickle, so a worker needs nothing of the driver's session: functions
typed into a notebook travel too. BLAS runs on one thread in a worker: the workers fill the machine already, and results
do not depend on how many threads a library would have chosen.

With a time limit the points run in a child process of the worker, the only way to stop
a point that is inside compiled code; the child is killed when the limit has passed and a new one takes over.
"""

from __future__ import annotations

import hashlib
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

__all__ = ["Job", "Outcome", "run_batch", "serve"]


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
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, list | tuple):
        value = np.array(value)
    if isinstance(value, np.ndarray):
        if value.ndim == 0:
            return _tidy(name, value.item(), parameters)
        if value.dtype.kind not in "biuf":
            raise TypeError(
                f"the result {name!r} is an array of {value.dtype}: arrays must hold real numbers or bools"
            )
        return value
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**63:
        raise TypeError(f"the result {name} = {value} does not fit in 64 bits: return a float or a string")
    if not isinstance(value, bool | int | float | str):
        raise TypeError(
            f"the result {name!r} is a {type(value).__name__}: it must be a number, a string, a bool or an array of numbers"
        )
    return value


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
    except Exception:
        return Outcome(task, None, traceback.format_exc(), time.perf_counter() - start)


def _limit_message(limit: float) -> str:
    return f"stopped at the time limit of {limit:g} s"


class _Child:
    """A process that runs one task at a time and can be killed."""

    def __init__(self, job: Job) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from learnscape.sweeps._worker import serve; serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.job = job
        self._send(job)

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
            self.process.kill()

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
            self.process.wait()
            died = f"the process died (exit code {self.process.returncode}): out of memory, or a crash in compiled code?"
            reason = _limit_message(limit) if expired.is_set() else died
            return Outcome(task, None, reason, time.perf_counter() - start), False
        finally:
            timer.cancel()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


def _run_limited(job: Job, tasks: Sequence[Task], limit: float) -> list[Outcome]:
    outcomes: list[Outcome] = []
    child: _Child | None = None
    try:
        for task in tasks:
            for _ in range(
                2
            ):  # a process that died may have been killed from outside: the point gets a second chance
                child = child or _Child(job)
                outcome, alive = child.run(task, limit)
                if alive:
                    break
                child.close()
                child = None
                if outcome.error == _limit_message(limit):
                    break
            outcomes.append(outcome)
    finally:
        if child is not None:
            child.close()
    return outcomes


def run_batch(job: Job, tasks: Sequence[Task]) -> list[Outcome]:
    """Run the tasks one after the other; what a task raises becomes its outcome.

    Raises
    ------
    Exception
        Only if the function itself cannot be loaded here, for instance because its module is not installed on the worker.
    """
    if job.time_limit is not None:
        return _run_limited(job, tasks, job.time_limit)
    _function(job)
    with threadpool_limits(1):
        return [_run(job, task) for task in tasks]


def _die_with(parent: int) -> None:
    """End this process when ``parent`` has ended, also in the middle of a point."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def serve() -> None:
    """The child's loop: read tasks from stdin, write outcomes to stdout, end with the worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with(os.getppid())
    commands, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the function prints must not end up between the answers
    try:
        job = pickle.load(commands)
        with threadpool_limits(1):
            while True:
                task = pickle.load(commands)
                try:
                    _function(job)
                except Exception:
                    pickle.dump(None, answers)
                    pickle.dump(Outcome(task, None, traceback.format_exc(), 0.0), answers)
                    answers.flush()
                    continue
                pickle.dump(None, answers)
                answers.flush()
                pickle.dump(_run(job, task), answers)
                answers.flush()
    except (EOFError, BrokenPipeError):
        return
