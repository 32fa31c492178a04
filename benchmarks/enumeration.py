"""Count the binary solutions of one instance: the bitset counter against NumPy in chunks, side by side.

Run: OPENBLAS_NUM_THREADS=1 python benchmarks/enumeration.py
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one core for both; must precede the import of numpy

import statistics
import time
from collections.abc import Callable

import numpy as np

from learnscape.learn import enumerate_solutions
from learnscape.patterns import random_patterns


def numpy_chunks(xi: np.ndarray) -> int:
    """What one writes first: all states in chunks of 2^18, one matrix product each, in float32."""
    n = xi.shape[1]
    transposed = np.ascontiguousarray(xi.T.astype(np.float32))
    digits = np.arange(n)
    count = 0
    for start in range(0, 1 << n, 1 << 18):
        states = ((np.arange(start, min(start + (1 << 18), 1 << n))[:, None] >> digits) & 1).astype(
            np.float32
        )
        states *= 2
        states -= 1
        count += int(((states @ transposed) >= 0).all(axis=1).sum())
    return count


def median_seconds(function: Callable[[], int], repeats: int) -> tuple[float, int]:
    """Median wall time of several calls, after one that compiles and warms the caches."""
    function()
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        answer = function()
        times.append(time.perf_counter() - begin)
    return statistics.median(times), answer


def main() -> None:
    signs = random_patterns(20, 25, rng=1)
    reals = random_patterns(20, 25, kind="gaussian", rng=1)
    larger = random_patterns(24, 30, rng=1)
    rows = [
        ("N=25 P=20 signs, numpy chunks", 25, *median_seconds(lambda: numpy_chunks(signs), 1)),
        ("N=25 P=20 signs, bitsets", 25, *median_seconds(lambda: enumerate_solutions(signs).count, 21)),
        ("N=25 P=20 real, numpy chunks", 25, *median_seconds(lambda: numpy_chunks(reals), 1)),
        ("N=25 P=20 real, bitsets", 25, *median_seconds(lambda: enumerate_solutions(reals).count, 9)),
        ("N=30 P=24 signs, bitsets", 30, *median_seconds(lambda: enumerate_solutions(larger).count, 5)),
    ]
    print(f"{'task':34s} {'ms':>10s} {'G states/s':>11s} {'solutions':>10s}")
    for name, n, seconds, count in rows:
        print(f"{name:34s} {1e3 * seconds:10.3f} {2**n / seconds / 1e9:11.4f} {count:10d}")
    print(f"ratio to numpy: signs {rows[0][2] / rows[1][2]:.0f}, real {rows[2][2] / rows[3][2]:.0f}")
    if (rows[0][3], rows[2][3]) != (rows[1][3], rows[3][3]):
        raise SystemExit("the counters disagree")
    rate = 2**25 / rows[1][2]
    print(f"target: under 20 ms and at least 1.5e9 states/s: {'met' if rate >= 1.5e9 else 'MISSED'}")


if __name__ == "__main__":
    main()
