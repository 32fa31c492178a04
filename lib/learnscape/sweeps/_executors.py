"""Who computes: this process, processes of this machine, or the workers of a Dask cluster.

All three offer the same few things to the driver: ``submit`` a batch and get a ``concurrent.futures.Future``, say how many batches to
keep in flight, start again after a crash, end. Scheduling is left to those who do it well: ``concurrent.futures`` here, Dask
on a cluster.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from typing import Any, Protocol

from learnscape.errors import require
from learnscape.sweeps._plan import Task
from learnscape.sweeps._store import SweepError
from learnscape.sweeps._worker import Job, Outcome, end_child, killed_with_parent, run_batch

__all__ = ["DaskCluster", "Executor", "LocalProcesses", "ThisProcess", "WorkerDied", "make_executor"]


class WorkerDied(Exception):
    """A worker process ended without an answer; ``surely`` means that it did so again and again with this batch."""

    def __init__(self, surely: bool) -> None:
        super().__init__(surely)  # so that it can be pickled
        self.surely = surely


class Executor(Protocol):
    """What the driver needs."""

    description: str

    def submit(self, tasks: Sequence[Task]) -> Future[list[Outcome]]: ...
    def result(self, future: Future[list[Outcome]]) -> list[Outcome]: ...
    def workers(self) -> int: ...
    def restart(self) -> None: ...
    def close(self) -> None: ...


class ThisProcess:
    """No workers: the batch is done when ``submit`` returns. For debugging and for sweeps of a second."""

    description = "this process"

    def __init__(self, job: Job) -> None:
        self.job = job

    def submit(self, tasks: Sequence[Task]) -> Future[list[Outcome]]:
        future: Future[list[Outcome]] = Future()
        future.set_result(run_batch(self.job, tasks))
        return future

    def result(self, future: Future[list[Outcome]]) -> list[Outcome]:
        return future.result()

    def workers(self) -> int:
        return 0

    def restart(self) -> None:
        return

    def close(self) -> None:
        end_child()


_job: Job | None = None


def _start_worker(job: Job) -> None:
    """First thing in a worker: Ctrl-C is the driver's business, and a worker never outlives its driver."""
    global _job
    _job = job
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    killed_with_parent()
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _run_here(tasks: Sequence[Task]) -> list[Outcome]:
    assert _job is not None
    return run_batch(_job, tasks)


class LocalProcesses:
    """Fresh processes of this machine (never forks: a fork of a process with threads may hang)."""

    def __init__(self, job: Job, processes: int) -> None:
        if getattr(multiprocessing.current_process(), "_inheriting", False):
            raise SweepError(
                "this script calls sweep() while it is being imported by a worker process: "
                'put the call below `if __name__ == "__main__":`'
            )
        self.job, self.processes = job, processes
        self.description = f"{processes} local process{'es' if processes > 1 else ''}"
        self._pool: ProcessPoolExecutor | None = None

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self.processes,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_start_worker,
                initargs=(self.job,),
            )
            try:
                self._pool.submit(os.getpid).result()
            except BrokenProcessPool:
                raise SweepError(
                    "the worker processes end as soon as they start (their messages stand above). If this is a script, "
                    'call sweep() below `if __name__ == "__main__":`'
                ) from None
        return self._pool

    def restart(self) -> None:
        self.close()

    def submit(self, tasks: Sequence[Task]) -> Future[list[Outcome]]:
        return self._started().submit(_run_here, tasks)

    def result(self, future: Future[list[Outcome]]) -> list[Outcome]:
        try:
            return future.result()
        except BrokenProcessPool:
            raise WorkerDied(surely=False) from None

    def workers(self) -> int:
        return self.processes

    def close(self) -> None:
        if self._pool is not None:
            processes = dict(self._pool._processes or {})  # public from Python 3.14 on: kill_workers()
            self._pool.shutdown(wait=False, cancel_futures=True)
            for process in processes.values():
                process.kill()
            self._pool = None


def _run_there(job: Job, tasks: Sequence[Task]) -> list[Outcome]:
    return run_batch(job, tasks)


class DaskCluster:
    """The workers of a Dask cluster, however they were started; learnscape must be installed on them."""

    def __init__(self, job: Job, client: Any, owned: bool) -> None:
        self.client, self.owned = client, owned
        self.description = f"Dask, {self.workers()} threads"
        self.job = job  # sent with every batch: a scattered copy would be lost with the worker that holds it
        self._pool = client.get_executor(pure=False)

    @contextmanager
    def _connected(self) -> Iterator[None]:
        """A lost connection shows itself in many ways, in whatever was about to use it."""
        lost = (OSError, TimeoutError, asyncio.CancelledError, CancelledError)
        try:
            yield
        except (Exception, asyncio.CancelledError) as error:
            if self.client.status == "running" and not isinstance(error, lost):
                raise
            raise SweepError(
                "the connection to the Dask scheduler was lost; what was finished is stored, and the same call goes on from there"
            ) from None

    def restart(self) -> None:
        return

    def submit(self, tasks: Sequence[Task]) -> Future[list[Outcome]]:
        with self._connected():
            future: Future[list[Outcome]] = self._pool.submit(_run_there, self.job, tasks)
        return future

    def result(self, future: Future[list[Outcome]]) -> list[Outcome]:
        from distributed import KilledWorker

        with self._connected():
            try:
                return future.result()
            except KilledWorker:
                died = WorkerDied(surely=True)
        raise died

    def workers(self) -> int:
        with self._connected():
            return sum(self.client.nthreads().values())

    def close(self) -> None:
        with suppress(SweepError), self._connected():
            if self.client.status == "running":
                self._pool.shutdown(wait=False)  # cancels what is still in flight
            if self.owned:
                self.client.close()


def make_executor(executor: Any, job: Job) -> Executor:
    """The executor that the argument ``executor=`` of ``sweep`` means.

    Raises
    ------
    ValueError
        For anything but None, "serial", a number of processes, a Dask client or the address of a Dask scheduler.
    SweepError
        If no scheduler answers at the address.
    """
    if executor == "serial":
        return ThisProcess(job)
    if executor is None:
        return LocalProcesses(
            job, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        )
    allowed = 'None (local processes), "serial", a number of processes >= 1, a Dask client, or the address of a Dask scheduler'
    if isinstance(executor, int) and not isinstance(executor, bool):
        require(executor >= 1, "executor", executor, allowed)
        return LocalProcesses(job, executor)
    from distributed import Client

    if isinstance(executor, Client):
        return DaskCluster(job, executor, owned=False)
    require(isinstance(executor, str) and "://" in executor, "executor", executor, allowed)
    try:
        client = Client(executor, timeout=10, set_as_default=False)
    except OSError as error:
        raise SweepError(f"no Dask scheduler answers at {executor} ({error})") from None
    return DaskCluster(job, client, owned=True)
