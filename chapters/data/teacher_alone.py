"""When the last wrong student disappears: small binary perceptrons that learn a rule, for chapters/capacity/teacher-student.

For each draw of a teacher in {-1, 1}^N and of +-1 inputs (N odd, so that no field is exactly zero), labelled patterns are added one by one
until no weight vector other than the teacher satisfies all of them. What is stored is the histogram of that number of patterns.

Run from the repository's root: python chapters/data/teacher_alone.py        (about 6 minutes on one core)
"""

import json
import platform
import time
from datetime import date
from pathlib import Path

import numpy as np

import learnscape
from learnscape.learn import enumerate_solutions
from learnscape.patterns import teacher_patterns

SEED = 1990
SAMPLES = {9: 20000, 13: 20000, 17: 20000, 21: 16000, 25: 6000, 29: 1200}
OUT = Path(__file__).with_suffix(".json")


def alone(n: int, rng: np.random.Generator) -> int:
    """Smallest number of patterns that leaves the teacher alone: enumerate once, then filter the list of students."""
    rule = teacher_patterns(20 * n, n, "binary", rng=rng)
    patterns, teacher = rule.patterns.astype(np.float32), rule.teacher.astype(np.float32)
    p = (2 * n) // 3 + 1
    others = np.empty((0, n), np.float32)
    while not len(others):
        p -= 1
        students = enumerate_solutions(rule.patterns[:p], return_solutions=True).solutions.astype(np.float32)
        others = students[students @ teacher < n]
    while len(others):
        others = others[others @ patterns[p] > 0]
        p += 1
    return p


def main() -> None:
    start = time.perf_counter()
    histograms = {}
    for n, samples in SAMPLES.items():
        rng = np.random.default_rng([SEED, n])
        needed = np.bincount([alone(n, rng) for _ in range(samples)])
        histograms[str(n)] = needed.tolist()
        mean = np.arange(len(needed)) @ needed / samples
        print(
            f"N = {n:2d}   {samples:6d} draws   mean load {mean / n:.4f}   {time.perf_counter() - start:6.1f} s",
            flush=True,
        )
    provenance = {
        "what": "histogram of the number of patterns after which only the teacher is left, by N; index = number of patterns",
        "command": "python chapters/data/teacher_alone.py",
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
