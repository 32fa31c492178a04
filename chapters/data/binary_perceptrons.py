"""Small binary perceptrons, enumerated to the end, for chapters/capacity/binary-weights and chapters/capacity/teacher-student.

Three histograms by N (odd, so that no field is exactly zero), all over draws of random +-1 patterns that are added one by one:

last_solvable   the largest number of patterns that some weight vector in {-1, 1}^N still satisfies (margin 0)
teacher_alone   the number of patterns, labelled by a teacher in {-1, 1}^N, after which no other vector satisfies all of them
last_student    the distance (number of different weights) from the teacher of the last other vector that satisfied all patterns

Run from the repository's root: python chapters/data/binary_perceptrons.py      (about twenty minutes on two cores)
Finished batches are kept in ``_data/binary_perceptrons``; an interrupted run goes on where it was.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from learnscape.learn import enumerate_solutions
from learnscape.patterns import random_patterns, teacher_patterns
from learnscape.sweeps import provenance, sweep

BATCHES = 20
# Draws in one batch, by N.
LAST_SOLVABLE = {9: 2000, 11: 2000, 13: 2000, 15: 2000, 17: 1000, 19: 1000,
                 21: 1000, 23: 500, 25: 250, 27: 150, 29: 75, 31: 40}  # fmt: skip
TEACHER_ALONE = {9: 1000, 13: 1000, 17: 1000, 21: 800, 25: 300, 29: 60}
LAST_STUDENT = {9: 500, 13: 500, 17: 500, 21: 400, 25: 150, 29: 60}
RAW = Path("_data/binary_perceptrons")
OUT = Path(__file__).parents[2] / "lib" / "learnscape" / "data" / "binary_perceptrons.json"


def last_solvable(n: int, draws: int, rng: np.random.Generator) -> dict[str, Any]:
    """Histogram of the largest number of patterns that one draw can store: enumerate once, then filter the solutions."""
    last = []
    for _ in range(draws):
        patterns = random_patterns(4 * n, n, rng=rng)
        p = n // 2
        while not len(solutions := enumerate_solutions(patterns[:p], return_solutions=True).solutions):
            p -= 1
        solutions = solutions.astype(np.float32)
        while len(solutions := solutions[solutions @ patterns[p].astype(np.float32) > 0]):
            p += 1
        last.append(p)
    return {"histogram": np.bincount(last, minlength=4 * n + 1)}


def teacher_alone(n: int, draws: int, rng: np.random.Generator) -> dict[str, Any]:
    """Histogram of the smallest number of patterns that leaves the teacher alone: enumerate once, then filter the students."""
    needed = []
    for _ in range(draws):
        rule = teacher_patterns(20 * n, n, "binary", rng=rng)
        patterns, teacher = rule.patterns.astype(np.float32), rule.teacher.astype(np.float32)
        p = (2 * n) // 3 + 1
        others = np.empty((0, n), np.float32)
        while not len(others):
            p -= 1
            students = enumerate_solutions(rule.patterns[:p], return_solutions=True).solutions
            others = students[students @ teacher < n].astype(np.float32)
        while len(others):
            others = others[others @ patterns[p] > 0]
            p += 1
        needed.append(p)
    return {"histogram": np.bincount(needed, minlength=20 * n + 1)}


def last_student(n: int, draws: int, rng: np.random.Generator) -> dict[str, Any]:
    """Histogram of the distance from the teacher of the last student; where one example removes the last k at once, each counts 1/k."""
    total = np.zeros(n + 1)
    for _ in range(draws):
        rule = teacher_patterns(20 * n, n, "binary", rng=rng)
        patterns, teacher = rule.patterns.astype(np.float32), rule.teacher.astype(np.float32)
        p = (2 * n) // 3 + 1
        others = np.empty((0, n), np.float32)
        while not len(others):
            p -= 1
            students = enumerate_solutions(rule.patterns[:p], return_solutions=True).solutions
            others = students[students @ teacher < n].astype(np.float32)
        while len(others):
            last = others
            others = others[others @ patterns[p] > 0]
            p += 1
        distances = np.rint((n - last @ teacher) / 2).astype(int)
        total += np.bincount(distances, minlength=n + 1) / len(last)
    return {"histogram": total}


def histograms(function: Callable[..., Any], draws: dict[int, int], root_seed: int) -> dict[str, Any]:
    """All batches of one histogram, added up; index = number of patterns."""
    points = [{"n": n, "draws": number} for n, number in draws.items()]
    out = RAW / function.__name__
    frame = sweep(function, points, seeds=BATCHES, out=out, root_seed=root_seed)
    total = {
        str(n): np.trim_zeros(rows.sum(), "b").round(6).tolist()
        for n, rows in frame.groupby("n")["histogram"]
    }
    origin = provenance(out) | {"command": "python chapters/data/binary_perceptrons.py"}
    return {"provenance": origin, "histograms": total}


def main() -> None:
    answer = {
        "last_solvable": histograms(last_solvable, LAST_SOLVABLE, root_seed=2021),
        "teacher_alone": histograms(teacher_alone, TEACHER_ALONE, root_seed=1990),
        "last_student": histograms(last_student, LAST_STUDENT, root_seed=1991),
    }
    OUT.write_text(json.dumps(answer, indent=1) + "\n")


if __name__ == "__main__":
    main()
