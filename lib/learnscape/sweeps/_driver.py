"""``sweep``: a function over a grid, checked first, then run, then returned as a table; the loop itself stands in ``_loop.py``."""

from __future__ import annotations

import math
import signal
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from learnscape.errors import is_integer, require
from learnscape.sweeps._checks import check_function, check_output
from learnscape.sweeps._executors import Executor, make_executor
from learnscape.sweeps._loop import Loop
from learnscape.sweeps._plan import Plan, Task, make_plan
from learnscape.sweeps._provenance import describe_environment, describe_function
from learnscape.sweeps._results import failures, load
from learnscape.sweeps._store import DiskFullError, Store
from learnscape.sweeps._worker import Job, end_child, run_batch

__all__ = ["DryRunEnds", "override", "sweep"]

TRIALS, TRIAL_SECONDS = 5, 30.0  # of the dry run

_overrides: dict[str, Any] = {}


@contextmanager
def override(**arguments: Any) -> Iterator[None]:
    """Arguments that take precedence in every call of ``sweep`` inside: how the command line steers a script."""
    before = dict(_overrides)
    _overrides.update(arguments)
    try:
        yield
    finally:
        _overrides.clear()
        _overrides.update(before)


class DryRunEnds(BaseException):
    """Ends a script after the dry run of its sweep: it must not go on to evaluate, and store, what is not there."""


def _trial(job: Job, plan: Plan) -> tuple[float, float, str, bool]:
    """Mean time of a task, seconds until a worker is ready, how both were found, and whether the time was too short to find them.

    A few points from the whole grid, measured in a child process, because the first is often the smallest. The very first call
    also compiles and fills caches: it is repeated, and the difference counts as the time until a worker is ready.
    """
    end = time.perf_counter() + TRIAL_SECONDS
    count = min(TRIALS, plan.n_points)
    places = sorted({round(i * (plan.n_points - 1) / max(1, count - 1)) for i in range(count)})
    points = {place: next(islice(plan.tasks(), place, None)) for place in places}
    spent: list[float] = []
    start = time.perf_counter()
    ready, limited = 0.0, False
    try:
        for number, place in enumerate([places[0], *places]):
            left = end - time.perf_counter()
            if left <= 0.0:
                break
            task = points[place]
            outcome = run_batch(replace(job, time_limit=min(left, job.time_limit or math.inf)), [task])[0]
            if number == 0:
                ready = time.perf_counter() - start
                first = outcome.seconds
                limited = outcome.seconds >= left
                continue
            limited = limited or outcome.seconds >= left
            spent.append(outcome.seconds)
    finally:
        end_child()
    if not spent:
        return first, 0.0, "the first one, just tried", limited
    ready = max(0.0, ready - spent[0])
    how = f"{len(spent)} points of the grid, just tried: {min(spent):.3g} to {max(spent):.3g} s"
    return sum(spent) / len(spent), ready, how, limited


def _duration(seconds: float) -> str:
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} seconds"


def _report_plan(store: Store, plan: Plan, job: Job, todo: int, failed: int, workers: int) -> None:
    """What ``dry_run=True`` prints."""
    seconds, ready, limited = store.mean_seconds(), 0.0, False
    how = "the mean of the finished ones"
    if seconds is None:
        seconds, ready, how, limited = _trial(job, plan)
    more = "more than " if limited else ""
    print(
        f"{plan.n_points} points x {plan.seeds} seeds = {len(plan)} tasks; {todo} to do, {failed} failed earlier"
    )
    rounds = math.ceil(todo / workers)  # a task is not divided: three on two workers take as long as four
    total = _duration(ready + seconds * rounds)
    start = f", {ready:.1f} s of it to start" if ready > 0.05 else ""
    print(f"a task takes {more}{seconds:.3g} s ({how}); about {more}{total} on {workers} workers{start}")


@contextmanager
def _one_interruption() -> Iterator[tuple[Callable[[], None], Callable[[], bool]]]:
    """The first SIGINT (Ctrl-C), SIGTERM (a batch system) or SIGHUP (a lost connection) interrupts, unless it is ignored already; all later ones are ignored.

    Gives a function that ignores them from now on, and one that says whether one came. The handler ignores more itself before it raises, so that no moment
    is left in which a second one could break the writing of the last results or the message that says what is kept.
    """
    came = False
    before: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
        found = {number: signal.getsignal(number) for number in numbers}
        before = {number: old for number, old in found.items() if old not in (None, signal.SIG_IGN)}

    def ignore() -> None:
        for number in before:
            signal.signal(number, signal.SIG_IGN)

    def interrupt(number: int, frame: object) -> None:
        nonlocal came
        came = True
        ignore()
        raise KeyboardInterrupt

    try:
        for number in before:
            signal.signal(number, interrupt)
        yield ignore, lambda: came
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def sweep(
    function: Callable[..., Mapping[str, Any]],
    grid: Mapping[str, Any] | Iterable[Mapping[str, Any]],
    *,
    seeds: int = 1,
    out: str | Path | None = None,
    executor: Any = None,
    root_seed: int = 0,
    time_limit: float | None = None,
    retry: bool = False,
    on_change: Literal["refuse", "keep"] = "refuse",
    dry_run: bool = False,
    progress: bool = True,
) -> pd.DataFrame:
    """Call a function at every point of a grid, ``seeds`` times each, in parallel, and keep what it returns.

    Finished tasks are stored in ``out`` as they come. The same call, made again after an interruption of any kind, does what is
    missing; with more values in the grid or more seeds, it adds them.

    Parameters
    ----------
    function : callable
        ``function(**point, rng=generator)`` -> dict of results: numbers, strings, bools, or arrays of numbers. It must depend on its
        arguments only. The generator is derived from (``root_seed``, the point, the index of the repetition): on one kind of
        machine, results are the same bit for bit whatever the order, the number of workers or the executor.
    grid : mapping or sequence of mappings
        Parameter name -> a value or the values (the product is covered), or the points one by one.
    seeds : int
        Repetitions a point, >= 1; they are numbered from 0 in the column ``seed``.
    out : path, optional
        Folder of the results. Without it they are only returned.
    executor : None, int, str or distributed.Client
        None: one process a core of this machine; a number of processes; ``"serial"``: this process; a Dask client or the address of
        its scheduler, such as ``"tcp://host:8786"``.
    root_seed : int
        Where all random numbers come from, >= 0.
    time_limit : float, optional
        Seconds a task may take, > 0. A task beyond it is stopped and recorded as failed.
    retry : bool
        Run the tasks that failed, and only those. Without it they are left as they are.
    on_change : {"refuse", "keep"}
        What to do if the function's source has changed since ``out`` was computed.
    dry_run : bool
        Only print the number of tasks and an estimate of the time (up to five points of the grid are tried, for at most 30 s).
    progress : bool
        Show a bar with rate and time left (in a terminal or notebook, not in a log file).

    Returns
    -------
    pandas.DataFrame
        One row a finished task of ``out``, also of earlier calls with other points or more seeds: the parameters, ``seed``, the results.
        Empty after a dry run of nothing.

    Raises
    ------
    ValueError
        Before anything runs: an empty axis, repeated points, NaN, a function that does not take these parameters or cannot be
        sent to a worker.
    SweepError
        If ``out`` belongs to another sweep or another driver is writing there, if the connection to the cluster is lost, or (as
        ``DiskFullError``) if the disk is full. What was finished stays stored.

    Examples
    --------
    >>> def mean_of_normals(n, rng):
    ...     return {"mean": rng.standard_normal(n).mean()}
    >>> table = sweep(mean_of_normals, {"n": [10, 1000]}, seeds=500, executor="serial")
    >>> table.groupby("n")["mean"].std().round(2)
    n
    10      0.30
    1000    0.03
    Name: mean, dtype: float64
    """
    arguments = {
        "executor": executor,
        "retry": retry,
        "on_change": on_change,
        "dry_run": dry_run,
        "progress": progress,
    }
    arguments |= _overrides
    executor, retry, on_change, dry_run, progress = arguments.values()
    whole = is_integer(root_seed) and root_seed >= 0
    require(whole, "root_seed", root_seed, "a whole number >= 0")
    if time_limit is not None:
        usable = isinstance(time_limit, int | float) and 0 < time_limit < math.inf
        require(usable, "time_limit", time_limit, "a number of seconds > 0, or None")
    require(on_change in ("refuse", "keep"), "on_change", on_change, '"refuse" or "keep"')
    plan = make_plan(grid, seeds)
    job = Job(check_function(function, plan), plan.names, int(root_seed), time_limit)
    if out is None:
        with tempfile.TemporaryDirectory(prefix="sweep-") as folder:
            store = Store(folder, temporary=True)
            return _sweep(function, plan, job, store, executor, retry, on_change, dry_run, progress)
    return _sweep(function, plan, job, Store(out), executor, retry, on_change, dry_run, progress)


def _sweep(
    function: Callable[..., Any],
    plan: Plan,
    job: Job,
    store: Store,
    executor: Any,
    retry: bool,
    on_change: Literal["refuse", "keep"],
    dry_run: bool,
    progress: bool,
) -> pd.DataFrame:
    description = {
        **describe_function(function),
        "parameters": sorted(plan.names),
        "root_seed": job.root_seed,
        "environment": describe_environment(),
    }
    store.lock()
    try:
        manifest = check_output(store, description, on_change)
        store.check(repair=True)
        store.check_kinds(dict(zip(plan.names, next(plan.points()), strict=True)))
        columns = plan.axes if plan.axes is not None else zip(*(plan.listed or ()), strict=True)
        for name, values in zip(plan.names, columns, strict=True):
            store.check_numbers(name, values)
        finished, failed = store.keys("parts"), store.keys("failed")
        failed = np.setdiff1d(failed, finished)
        if retry:
            tasks, todo = plan.among(failed), plan.count(failed)
        else:
            settled = np.union1d(finished, failed)
            tasks, todo = plan.without(settled), len(plan) - plan.count(settled)
        if dry_run:
            workers = make_executor(executor, job)
            _report_plan(store, plan, job, todo, len(failed), max(1, workers.workers()))
            workers.close()
            if "dry_run" in _overrides:
                raise DryRunEnds
            return load(store.path, missing_ok=True)
        if len(failed) and not retry:
            warnings.warn(
                f"{len(failed)} tasks failed earlier and are left alone; retry=True runs them", stacklevel=3
            )
        if todo:
            _run(plan, job, store, make_executor(executor, job), tasks, todo, manifest, progress)
        left = np.setdiff1d(store.keys("failed"), store.keys("parts"))
    finally:
        store.unlock()
    table = load(store.path, missing_ok=True)
    if len(left) > (0 if retry else len(failed)):
        last = failures(store.path)["error"].iloc[-1].strip().splitlines()[-1]
        warnings.warn(
            f"{len(left)} tasks failed, the last with: {last}. failures(out) lists them", stacklevel=3
        )
    return table


def _run(
    plan: Plan,
    job: Job,
    store: Store,
    executor: Executor,
    tasks: Iterator[Task],
    todo: int,
    manifest: dict[str, Any],
    progress: bool,
) -> None:
    start = datetime.now().astimezone()
    session: dict[str, Any] = {"date": start.isoformat(timespec="seconds"), "executor": executor.description}
    part = {
        k: manifest[k] for k in ("function", "function_hash", "context_hash", "root_seed", "environment")
    } | session
    loop = Loop(executor, store, plan.names, part)
    store.write_manifest(manifest)
    bar = tqdm(
        total=len(plan),
        initial=len(plan) - todo,
        unit="task",
        disable=None if progress else True,
        dynamic_ncols=True,
    )
    stop: BaseException | None = None
    with _one_interruption() as (ignore_more, interrupted):
        try:
            try:
                loop.run(tasks, bar, interrupted)
            finally:
                ignore_more()
        except BaseException as error:
            stop = error
        try:
            if not isinstance(stop, DiskFullError):
                loop.write()
        except DiskFullError as error:
            stop = error
        finally:
            bar.close()
            executor.close()
            seconds = (datetime.now().astimezone() - start).total_seconds()
            session |= {
                "seconds": round(seconds, 1),
                "tasks": loop.done - len(loop.waiting),
                "failed": loop.failed,
            }
            manifest["sessions"].append(session)
            with suppress(DiskFullError):
                store.write_manifest(manifest)
        if isinstance(stop, KeyboardInterrupt):
            kept = "done; without out= nothing is kept"
            if not store.temporary:
                kept = "done and stored; the same call goes on from there"
            print(
                f"\ninterrupted: {len(plan) - todo + loop.done} of {len(plan)} tasks are {kept}",
                file=sys.stderr,
                flush=True,
            )
    if isinstance(stop, DiskFullError):
        raise DiskFullError(
            f"{stop}. {loop.done - len(loop.waiting)} tasks of this session are stored, {len(loop.waiting)} could not be and will be "
            f"computed again: free some space at {store.path} and make the same call"
        ) from None
    if stop is not None:
        raise stop
