"""Exact storage limit of small binary perceptrons, for the finite-size extrapolation in chapters/capacity/binary-weights.

For each draw, +-1 patterns are added one by one until no weight vector in {-1, 1}^N satisfies all of them (margin 0, N odd, so that
no stability is exactly zero). What is stored is the histogram of the last number of patterns that still had a solution.

Run from the repository's root: python chapters/data/binary_capacity.py        (about 12 minutes on one core)
"""

import json
import platform
import time
from datetime import date
from pathlib import Path

import numpy as np

import learnscape
from learnscape.learn import enumerate_solutions
from learnscape.patterns import random_patterns

SEED = 2021
SAMPLES = {
    9: 40000,
    11: 40000,
    13: 40000,
    15: 40000,
    17: 20000,
    19: 20000,
    21: 20000,
    23: 10000,
    25: 5000,
    27: 3000,
    29: 1500,
    31: 800,
}
OUT = Path(__file__).with_suffix(".json")


def last_solvable(n: int, rng: np.random.Generator) -> int:
    """Largest number of patterns that one draw can store: enumerate once, then filter the list of solutions."""
    patterns = random_patterns(4 * n, n, rng=rng)
    p = n // 2
    while True:
        solutions = enumerate_solutions(patterns[:p], return_solutions=True).solutions
        if len(solutions):
            break
        p -= 1
    solutions = solutions.astype(np.float32)
    while len(solutions := solutions[solutions @ patterns[p].astype(np.float32) > 0]):
        p += 1
    return p


def main() -> None:
    start = time.perf_counter()
    histograms = {}
    for n, samples in SAMPLES.items():
        rng = np.random.default_rng([SEED, n])
        last = np.bincount([last_solvable(n, rng) for _ in range(samples)])
        histograms[str(n)] = last.tolist()
        mean = np.arange(len(last)) @ last / samples
        print(
            f"N = {n:2d}   {samples:6d} draws   mean load {mean / n:.4f}   {time.perf_counter() - start:6.1f} s",
            flush=True,
        )
    provenance = {
        "what": "histogram of the largest number of patterns with a solution, by N; index = number of patterns",
        "command": "python chapters/data/binary_capacity.py",
        "seed": SEED,
        "learnscape": learnscape.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "date": date.today().isoformat(),
        "seconds": round(time.perf_counter() - start),
    }
    OUT.write_text(json.dumps({"provenance": provenance, "histograms": histograms}, indent=1) + "\n")


if __name__ == "__main__":
    main()
