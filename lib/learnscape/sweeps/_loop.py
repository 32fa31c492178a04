"""The loop of a sweep: keep the workers busy, store what comes back, lose nothing.

Tasks travel in batches of about a quarter of a second, so that a million tiny points cost little; the size of a batch follows the
measured time of a point and the size of its results, and a batch that takes too long comes back half done. A few batches a worker are in flight; the rest of the plan does not exist yet. Outcomes wait in memory
for at most a minute (less at the beginning) before they are written as a part.
"""

from __future__ import annotations

import math
import sys
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from learnscape.sweeps._executors import Executor, WorkerDied
from learnscape.sweeps._plan import Task
from learnscape.sweeps._store import Store, SweepError
from learnscape.sweeps._worker import Outcome

__all__ = ["Loop"]

BATCH_SECONDS = 0.25
LARGEST_BATCH = 2000
IN_FLIGHT = 3  # batches a worker: one it computes, one that waits for it, one on the way
CRASHES = 3  # so often a batch may be in flight when a worker dies before its tasks are tried one by one
BATCH_BYTES = 8_000_000
PART_ROWS, PART_BYTES = 50_000, 64_000_000


@dataclass
class _Batch:
    tasks: list[Task]
    crashes: int = 0


class Loop:
    """The state of one session: what is in flight, what waits to be written."""

    def __init__(
        self, executor: Executor, store: Store, names: tuple[str, ...], provenance: Mapping[str, Any]
    ) -> None:
        self.executor, self.store, self.names, self.provenance = executor, store, names, provenance
        self.flying: dict[Future[list[Outcome]], _Batch] = {}
        self.again: deque[_Batch] = deque()
        self.waiting: list[Outcome] = []
        self.bytes = 0
        self.size = 1.0
        self.done = self.failed = 0
        self.started = self.written = time.monotonic()

    def run(self, tasks: Iterator[Task], bar: Any, interrupted: Callable[[], bool]) -> None:
        more = True
        while more or self.flying or self.again:
            while len(self.flying) < max(1, IN_FLIGHT * self.executor.workers()):
                alone = any(
                    batch.crashes >= CRASHES for batch in (*self.flying.values(), *islice(self.again, 1))
                )
                if alone and self.flying:
                    break  # a task that may have killed its worker runs with nobody else in flight
                batch = self.again.popleft() if self.again else _Batch(list(islice(tasks, int(self.size))))
                if not batch.tasks:
                    more = False
                    break
                self.submit(batch)
                if interrupted():  # and the function went on, as a search does: no result
                    raise KeyboardInterrupt
            wait(self.flying, timeout=1.0, return_when=FIRST_COMPLETED)
            for future in [future for future in self.flying if future.done()]:
                if future in self.flying:  # a crash empties the list
                    self.take(future, bar)
            bar.update(0)
            self.write_if_due()
        self.write()

    def submit(self, batch: _Batch) -> None:
        try:
            self.flying[self.executor.submit(batch.tasks)] = batch
        except BrokenExecutor:  # a moment ago, when another batch was in flight
            self.again.appendleft(batch)
            self.after_crash()

    def take(self, future: Future[list[Outcome]], bar: Any) -> None:
        batch = self.flying[future]
        try:
            outcomes = self.executor.result(future)
        except WorkerDied as death:
            if death.surely:
                del self.flying[future]
                self.retry(batch, max(CRASHES, batch.crashes + 1))
            else:
                self.after_crash()
            return
        except SweepError:
            raise
        except Exception as error:
            raise SweepError(
                f"the workers cannot load the function ({type(error).__name__}: {error}): is its module installed there?"
            ) from error
        del self.flying[future]
        outcomes = [self.store.accept(outcome) for outcome in outcomes]
        self.waiting += outcomes
        values = (value for o in outcomes for value in (o.results or {"": o.error}).values())
        size = sum(v.nbytes if isinstance(v, np.ndarray) else sys.getsizeof(v) for v in values)
        self.bytes += size
        self.done += len(outcomes)
        if failures := [outcome for outcome in outcomes if outcome.error is not None]:
            if not self.failed:  # said at once, in case every point is going to fail in the same way
                first = failures[0]
                point = ", ".join(f"{n}={v!r}" for n, v in zip(self.names, first.task.values, strict=True))
                reason = (first.error or "").strip().splitlines()[-1]
                warnings.warn(
                    f"the point {point} failed: {reason}. It is recorded, the sweep goes on", stacklevel=2
                )
            self.failed += len(failures)
            bar.set_postfix(failed=self.failed, refresh=False)
        bar.update(len(outcomes))
        mean = sum(outcome.seconds for outcome in outcomes) / len(outcomes)
        wanted = min(BATCH_SECONDS / max(mean, 1e-6), BATCH_BYTES * len(outcomes) / max(size, 1))
        self.size = min(max(1.0, wanted), 4 * self.size, LARGEST_BATCH)
        rest, size = batch.tasks[len(outcomes) :], int(self.size)
        self.again.extend(_Batch(rest[i : i + size]) for i in range(0, len(rest), size))

    def after_crash(self) -> None:
        """Everything in flight is lost with a broken pool: start a new one and submit it again."""
        for batch in self.flying.values():
            self.retry(batch, batch.crashes + 1)
        self.flying.clear()
        self.executor.restart()

    def retry(self, batch: _Batch, crashes: int) -> None:
        """Submit a batch again whose worker died; from ``CRASHES`` on task by task, and a task on its own once more only."""
        if crashes < CRASHES:
            self.again.append(_Batch(batch.tasks, crashes))
        elif batch.crashes < CRASHES:
            self.again.extend(_Batch([task], CRASHES) for task in batch.tasks)
        else:
            reason = "the worker process died each time it ran this point: out of memory, or a crash in compiled code?"
            self.waiting.append(Outcome(batch.tasks[0], None, reason, math.nan))
            self.done, self.failed = self.done + 1, self.failed + 1

    def write_if_due(self) -> None:
        now = time.monotonic()
        due = min(60.0, max(2.0, 0.02 * (now - self.started)))
        if now - self.written > due or len(self.waiting) >= PART_ROWS or self.bytes >= PART_BYTES:
            self.write()

    def write(self) -> None:
        self.store.add(self.names, self.waiting, self.provenance)
        self.waiting, self.bytes, self.written = [], 0, time.monotonic()
