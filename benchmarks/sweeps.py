"""Sweeps against what one would use otherwise: cost of a tiny task, speed-up on two cores, memory of a large plan.

The others only return results; ours also stores them with checksums and provenance, and can be interrupted.

Run: python benchmarks/sweeps.py
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context

import numpy as np
from distributed import Client, LocalCluster
from joblib import Parallel, delayed

from learnscape.sweeps import sweep
from learnscape.sweeps._plan import make_plan

TINY, HEAVY, ROUNDS = 10_000, 64, 3


def tiny(x: float, rng: np.random.Generator) -> dict[str, float]:
    return {"y": x + rng.random()}


def heavy(x: float, rng: np.random.Generator) -> dict[str, float]:
    """About three tenths of a second of one core, in the cache: long beside the start of a process."""
    total, state, start = 0.0, x, time.process_time()
    for _ in range(5_000_000):
        state = (1.1 * state + 0.3) % 1.0
        total += state
    return {"y": total, "cpu": time.process_time() - start}


def tiny_alone(x: float) -> dict[str, float]:
    return tiny(x, np.random.default_rng(int(x)))


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main() -> None:
    points = [float(x) for x in range(TINY)]
    with tempfile.TemporaryDirectory() as folder:
        ours = seconds(lambda: sweep(tiny, {"x": points}, executor=2, out=folder, progress=False))

    def by_pool(chunk: int) -> None:
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            list(pool.map(tiny_alone, points, chunksize=chunk))

    def by_joblib() -> None:
        Parallel(n_jobs=2)(delayed(tiny_alone)(x) for x in points)

    def by_dask() -> None:
        with (
            LocalCluster(
                n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
            ) as cluster,
            Client(cluster) as client,
        ):
            client.gather(client.map(tiny_alone, points, pure=False))

    print(f"{TINY} tiny tasks on two processes, their start included, ms a task")
    rows = {
        "sweep (stored, resumable)": ours,
        "ProcessPoolExecutor.map, chunks of 1": seconds(lambda: by_pool(1)),
        "ProcessPoolExecutor.map, chunks of 100": seconds(lambda: by_pool(100)),
        "joblib.Parallel": seconds(by_joblib),
        "dask Client.map": seconds(by_dask),
    }
    for name, value in rows.items():
        print(f"  {name:40s} {1e3 * value / TINY:8.3f}   {value / ours:6.1f} x ours")

    grid = {"x": np.linspace(0.1, 0.9, HEAVY)}
    times: dict[int, list[float]] = {1: [], 2: []}
    work: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(
        ROUNDS
    ):  # in turn, so that what else the machine does falls on both alike; the best round counts
        for processes in times:
            start = time.perf_counter()
            table = sweep(heavy, grid, executor=processes, progress=False)
            times[processes].append(time.perf_counter() - start)
            work[processes].append(float(table["cpu"].sum()))
    one, two = min(times[1]), min(times[2])
    print(
        f"{HEAVY} points of {min(work[1]) / HEAVY:.2f} s of one core: {one:.1f} s on one process, {two:.1f} s on two: "
        f"speed-up {one / two:.2f} (rounds: {', '.join(f'{a / b:.2f}' for a, b in zip(*times.values(), strict=True))})"
    )
    print(
        f"  share of its cores that the sweep spent in the function, start included: {min(work[1]) / one:.2f} of one, "
        f"{min(work[2]) / two / 2:.2f} of two; the same points took {min(work[2]) / min(work[1]):.2f} x the processor time on two"
    )

    def peak() -> float:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    before = peak()
    plan = make_plan({"a": np.linspace(0, 1, 1000), "b": range(1000)})
    start = time.perf_counter()
    for _ in islice(plan.without(np.empty(0, dtype=np.uint64)), len(plan)):
        pass
    print(
        f"a plan of {len(plan)} points: {(time.perf_counter() - start) / len(plan) * 1e6:.1f} us a point to enumerate, "
        f"peak memory {before:.0f} -> {peak():.0f} MB"
    )


if __name__ == "__main__":
    main()
