"""Which random patterns are learned? Success of the searches against load and size, for chapters/capacity/learning-algorithms and dense/dense-algorithms.

success   random +-1 patterns, kappa = 0: fraction solved against alpha = P/N and its work, for SBPI, reinforced and focusing BP at N = 501 to 8001, for the slower
          searches at smaller N. Every search has one fixed schedule and budget, below
teacher   the same for patterns that a binary teacher labelled, by reinforced BP

Run from the repository's root: python chapters/data/searches.py [search ...] [N ...]      (about four core-hours; with names or sizes, only these; with
"summary", nothing new). Finished batches are kept in ``_data/searches``; an interrupted run goes on where it was. What is finished is summed up beside what was
stored before: a search at a size is replaced as a whole, and "provenance" says which run made which.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from learnscape.learn import (
    Run,
    anneal,
    binary_net,
    focusing_bp,
    reinforced_bp,
    replicated_anneal,
    replicated_sgd,
    sbpi,
)
from learnscape.patterns import random_patterns, teacher_patterns
from learnscape.sweeps import load, provenance, sweep

SEARCHES: dict[str, tuple[Any, dict[str, Any]]] = {
    "sbpi": (sbpi, {"max_sweeps": 5000}),
    "reinforced": (reinforced_bp, {"rate": 2e-3, "max_iterations": 1500}),
    "reinforced-linear": (reinforced_bp, {"rate": 1e-3, "schedule": "linear", "max_iterations": 1500}),
    "focusing": (focusing_bp, {"protocol": "pseudo-reinforcement", "rate": 1e-3, "max_iterations": 1200}),
    "replicated-sgd": (replicated_sgd, {"y": 7, "max_sweeps": 500}),
    "annealing": (anneal, {"max_sweeps": 1000}),
    "replicated-annealing": (replicated_anneal, {"y": 5, "max_sweeps": 1000}),
    "binary-net": (binary_net, {"max_epochs": 1000}),
}
LOADS = {
    "sbpi": (0.6, 0.64, 0.66, 0.68, 0.7, 0.72, 0.74, 0.76),
    "reinforced": (0.66, 0.68, 0.7, 0.72, 0.74, 0.76, 0.78),
    "reinforced-linear": (0.66, 0.68, 0.7, 0.72, 0.74, 0.76, 0.78),
    "focusing": (0.68, 0.7, 0.72, 0.74, 0.76, 0.78, 0.8),
    "replicated-sgd": (0.6, 0.65, 0.68, 0.7, 0.72, 0.74),
    "annealing": (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4),
    "replicated-annealing": (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5),
    "binary-net": (0.25, 0.3, 0.35, 0.4, 0.45, 0.5),
}
SLOW = ("replicated-sgd", "annealing", "replicated-annealing", "binary-net")  # up to N = 2001 only
INSTANCES = 5  # in a batch
BATCHES = {
    501: 10,
    1001: 10,
    2001: 10,
    4001: 4,
    8001: 2,
}  # so many a load, and at the loads near the threshold so many:
NEAR = {4001: 10, 8001: 4}
THRESHOLD = {"sbpi": (0.68, 0.7, 0.72, 0.74, 0.76)}
THRESHOLD |= dict.fromkeys(("reinforced", "reinforced-linear", "focusing"), (0.72, 0.74, 0.76))
TEACHER_LOADS = (0.9, 1.0, 1.05, 1.1, 1.15, 1.2)
TEACHER_SIZES = (501, 1001, 2001, 4001)
RAW = Path("_data/searches")
OUT = Path(__file__).parents[2] / "lib" / "learnscape" / "data" / "searches.json"


def _run(find: Any, patterns: np.ndarray, rng: np.random.Generator, options: dict[str, Any]) -> Run:
    """One search; an interrupted one keeps its best weights and returns, but is no result."""
    run: Run = find(patterns, rng=rng, **options)
    if run.interrupted:
        raise KeyboardInterrupt
    return run


def success(search: str, n: int, alpha: float, rng: np.random.Generator) -> dict[str, Any]:
    """Errors left and sweeps made for each instance of a batch."""
    find, options = SEARCHES[search]
    runs = [_run(find, random_patterns(round(alpha * n), n, rng=rng), rng, options) for _ in range(INSTANCES)]
    return {
        "errors": np.array([run.n_errors for run in runs]),
        "sweeps": np.array([run.iterations for run in runs]),
    }


def teacher(schedule: str, n: int, alpha: float, rng: np.random.Generator) -> dict[str, Any]:
    """Errors left, sweeps made and overlap with the teacher for each instance of a batch."""
    find, options = SEARCHES[schedule]
    errors, sweeps, overlap = [], [], []
    for _ in range(INSTANCES):
        drawn = teacher_patterns(round(alpha * n), n, rng=rng)
        run = _run(find, drawn.patterns, rng, options)
        errors.append(run.n_errors)
        sweeps.append(run.iterations)
        overlap.append(float(run.weights @ drawn.teacher) / n)
    return {"errors": np.array(errors), "sweeps": np.array(sweeps), "overlap": np.array(overlap)}


def summary(folder: Path, name: str) -> dict[str, Any]:
    """Instances, solved ones, and quartiles of the sweeps of the solved ones, for each search, size and load that is finished."""
    table = load(folder)
    part: dict[str, Any] = {}
    for (search, n), rows in table.groupby([name, "n"]):
        points = []
        for alpha, batches in rows.groupby("alpha"):
            errors, sweeps = (
                np.concatenate([np.asarray(x) for x in batches[key]]) for key in ("errors", "sweeps")
            )
            good = errors == 0
            quartiles = np.percentile(sweeps[good], [25, 50, 75]).round(1).tolist() if good.any() else []
            point = {
                "alpha": float(alpha),
                "tried": int(errors.size),
                "solved": int(good.sum()),
                "sweeps": quartiles,
            }
            if "overlap" in batches:
                point["overlap"] = round(
                    float(np.concatenate([np.asarray(x) for x in batches["overlap"]]).mean()), 4
                )
            points.append(point)
        part.setdefault(search, {})[str(n)] = points
    return part


def joined(before: dict[str, Any], new: dict[str, Any], made_by: dict[str, Any]) -> dict[str, Any]:
    """What was stored, with the searches and sizes of a new run in place of their old ones."""
    runs = before.pop("provenance", []) + [made_by | {"made": []}]
    for search, sizes in new.items():
        before.setdefault(search, {}).update(sizes)
        for n in sizes:
            for run in runs:
                run["made"] = [label for label in run["made"] if label != f"{search} {n}"]
            runs[-1]["made"].append(f"{search} {n}")
    by_size = {
        name: dict(sorted(sizes.items(), key=lambda item: int(item[0]))) for name, sizes in before.items()
    }
    return {"provenance": [run for run in runs if run["made"]]} | dict(sorted(by_size.items()))


def main(wanted: list[str], sizes: list[int]) -> None:
    options: dict[str, Any] = {"executor": "serial", "progress": False}
    for n in sizes:
        for search, loads in LOADS.items():
            if search in wanted and not (search in SLOW and n > 2001):
                grid = {"search": search, "n": n, "alpha": list(loads)}
                seeds = 4 if search in SLOW and n == 2001 else BATCHES[n]
                sweep(success, grid, seeds=seeds, out=RAW / "success", root_seed=2007, **options)
                if n in NEAR and search not in SLOW:
                    near = grid | {"alpha": [alpha for alpha in loads if alpha in THRESHOLD[search]]}
                    sweep(success, near, seeds=NEAR[n], out=RAW / "success", root_seed=2007, **options)
        if "teacher" in wanted and n in TEACHER_SIZES:
            for schedule in ("reinforced", "reinforced-linear"):
                grid = {"schedule": schedule, "n": n, "alpha": list(TEACHER_LOADS)}
                sweep(teacher, grid, seeds=4, out=RAW / "teacher", root_seed=2006, **options)
    answer = json.loads(OUT.read_text())
    answer["options"] = {name: chosen for name, (_, chosen) in SEARCHES.items()}
    for folder, name in (("success", "search"), ("teacher", "schedule")):
        if (RAW / folder).exists():
            made_by = provenance(RAW / folder) | {"command": "python chapters/data/searches.py"}
            answer[folder] = joined(answer[folder], summary(RAW / folder, name), made_by)
    OUT.write_text(json.dumps(answer, indent=1) + "\n")


if __name__ == "__main__":
    words = sys.argv[1:]
    numbers = [int(word) for word in words if word.isdigit()]
    names = [word for word in words if not word.isdigit()]
    main(names or [*SEARCHES, "teacher"], numbers or [*BATCHES])
