"""Searches for binary students of a hidden teacher, on data that stay the same while the student gets wider, for chapters/dense/overparameterization.

For each instance inputs, teacher and features are drawn once, for the widest student; a narrower one sees the first N features. Widths come in two groups: NEAR, in
units of the local-entropy transition 1/alpha_LE (estimator y to infinity), and FAR, in weights per pattern. A search goes from the widest student to narrower
ones, one run a width, and gives up after GIVE_UP of the NEAR widths in a row without solution; all narrower ones then count as not solved.

existence  small students, all of them: does a solution exist?
searched   one search on one instance: errors left, sweeps, and of each solution its error (Gaussian-equivalent, and on TEST new patterns) and its local energies

Run from the repository's root: python chapters/data/overparameterized_searches.py        (three hours on one core in all, small sizes first)
Finished tasks are kept in ``_data/overparameterized_searches``; an interrupted run goes on where it was. What is finished today (half an hour) lies packed in
``chapters/data/parts``, and a fresh copy of the repository goes on from there. With --collect: write the small result, and the packed file, from what is finished.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from learnscape.learn import (
    anneal,
    binary_net,
    enumerate_solutions,
    focusing_bp,
    local_energy,
    reinforced_bp,
    replicated_sgd,
    sbpi,
)  # fmt: skip
from learnscape.patterns import HiddenPatterns, hidden_patterns
from learnscape.replica import hidden
from learnscape.sweeps import load, pack, provenance, sweep, unpack

SEED = 2110
ALPHA_T = (3.0, 1.0, 10.0)
INSTANCES = (  # by the number of patterns, in rounds
    {150: 20, 300: 10, 600: 4},
    {1200: 3, 2400: 3},
    {300: 20, 600: 8},
    {1200: 6, 2400: 6},
    {150: 40, 300: 40, 600: 20, 1200: 12, 2400: 12},
)
NEAR = (1.35, 1.26, 1.2, 1.16, 1.12, 1.08, 1.05, 1.02, 0.99, 0.96, 0.93, 0.9, 0.86, 0.82)
FAR = (4.0, 3.0, 2.0, 1.5)
WIDEST = {1200: 2.0, 2400: 1.0}  # of FAR, where that is less than all
GIVE_UP = 3
TEST = 1000
FLIPPED = (0.02, 0.05, 0.1)
SEARCHES: dict[str, dict[str, Any]] = {
    "sbpi": {"max_sweeps": 4000},
    "sbpi_long": {"max_sweeps": 40_000},  # how much is a matter of the budget?
    "reinforced_bp": {"rate": 1e-3, "damping": 0.7, "max_iterations": 4000},
    "focusing_bp": {"y": 7.0, "rate": 1e-3, "damping": 0.7, "max_iterations": 4000},
    "replicated_sgd": {"y": 7, "max_sweeps": 1000},
    "binary_net": {"gamma": 2.0, "max_epochs": 500},
    "anneal": {"beta": (0.5, 6.0), "max_sweeps": 4000},
}
LARGEST_SIZE = {
    "sbpi": 2400,
    "sbpi_long": 1200,
    "reinforced_bp": 1200,
    "focusing_bp": 1200,
    "replicated_sgd": 1200,
    "binary_net": 150,
    "anneal": 300,
}
BY_NAME: dict[str, Callable[..., Any]] = {
    "sbpi": sbpi,
    "sbpi_long": sbpi,
    "reinforced_bp": reinforced_bp,
    "focusing_bp": focusing_bp,
    "replicated_sgd": replicated_sgd,
    "binary_net": binary_net,
    "anneal": anneal,
}
SMALL = (12, 15, 18, 21, 24)  # patterns, for counting all students
SMALL_EQUIVALENT = (12, 15)  # counting is slower for real numbers
LARGEST = 29
DRAWS, BATCHES = 100, 2
RAW = Path("_data/overparameterized_searches")
PARTS = Path(__file__).parent / "parts" / "overparameterized_searches.tar.xz"
OUT = Path(__file__).parents[2] / "lib" / "learnscape" / "data" / "overparameterized_searches.json"


def odd(number: float) -> int:
    """The odd integer next to it."""
    return 2 * round((number - 1) / 2) + 1


@cache
def begin_of_dense_regions(alpha_t: float) -> float:
    """The local-entropy transition in weights per pattern."""
    return 1.0 / hidden.local_entropy_point(alpha_t, y=math.inf).alpha


@cache
def widths(alpha_t: float, p: int) -> tuple[int, ...]:
    """Numbers of weights, from wide to narrow."""
    begin = begin_of_dense_regions(alpha_t)
    far = [ratio for ratio in FAR if ratio <= WIDEST.get(p, math.inf)]
    return tuple(sorted({odd(ratio * p) for ratio in (*far, *(x * begin for x in NEAR))}, reverse=True))


def instance_of(alpha_t: float, p: int, instance: int, n: int) -> tuple[HiddenPatterns, Any, Any]:
    """Data for the widest student, new features, and their labels."""
    random = np.random.default_rng([SEED, round(10 * alpha_t), p, instance])
    data = hidden_patterns(n, round(p / alpha_t), p, "sign", rng=random)
    return data, *data.draw(TEST, rng=random)


def narrowed(data: HiddenPatterns, n: int) -> HiddenPatterns:
    """The same data, seen through the first n features."""
    return replace(data, patterns=data.patterns[:, :n], projection=data.projection[:n])


def searched(alpha_t: float, p: int, search: str, instance: int, rng: np.random.Generator) -> dict[str, Any]:
    """One search on one instance, width after width."""
    sizes = widths(alpha_t, p)
    whole, new, labels = instance_of(alpha_t, p, instance, sizes[0])
    errors, sweeps = np.full(len(sizes), -1), np.full(len(sizes), -1)
    equivalent, test = np.full(len(sizes), np.nan), np.full(len(sizes), np.nan)
    energy = np.full((len(sizes), len(FLIPPED)), np.nan)
    failed, near = 0, max(NEAR) * begin_of_dense_regions(alpha_t) * p + 1
    for k, n in enumerate(sizes):
        data = narrowed(whole, n)
        run = BY_NAME[search](data.patterns, rng=rng, **SEARCHES[search])
        if run.interrupted:  # a search keeps what it has; a sweep must not take it for the end
            raise KeyboardInterrupt
        errors[k], sweeps[k] = run.n_errors, run.iterations
        equivalent[k] = data.equivalent_error(run.weights)
        if run.solved:
            test[k] = np.mean(new[:, :n] @ run.weights * labels <= 0.0)
            energy[k] = local_energy(data.patterns, run.weights, FLIPPED, draws=20, rng=rng).energy
        failed = 0 if run.solved or n > near else failed + 1
        if failed == GIVE_UP:
            break
    return {
        "n": np.array(sizes),
        "errors": errors,
        "sweeps": sweeps,
        "equivalent": equivalent,
        "test": test,
        "energy": energy,
    }


def existence(
    alpha_t: float, p: int, equivalent: bool, batch: int, rng: np.random.Generator
) -> dict[str, Any]:
    """In how many draws some student of each odd width fits all patterns."""
    begin = 1.0 / hidden.interpolation_point(alpha_t)
    sizes = np.arange(odd(0.55 * begin * p), min(LARGEST, odd(1.6 * begin * p)) + 1, 2)
    count = np.zeros(sizes.size)
    for _ in range(DRAWS):
        data = hidden_patterns(int(sizes[-1]), round(p / alpha_t), p, "sign", equivalent=equivalent, rng=rng)
        for k, n in enumerate(sizes):
            count[k] += enumerate_solutions(narrowed(data, int(n)).patterns).count > 0
    return {"n": sizes, "exists": count}


def tasks(p: int, instances: range) -> list[dict[str, Any]]:
    """Points of ``searched`` at one size, instance by instance."""
    return [
        {"alpha_t": alpha_t, "p": p, "search": search, "instance": instance}
        for instance in instances
        for alpha_t in ALPHA_T
        for search in SEARCHES
        if p <= LARGEST_SIZE[search]
    ]


def compute() -> None:
    # finished points stay valid: what has changed since concerned the order, interruptions, and when to give up (then FAR widths counted too, and what that touched
    # was computed again, but for annealing, which gave up at wide students already)
    options: dict[str, Any] = {
        "root_seed": SEED,
        "executor": "serial",
        "progress": False,
        "on_change": "keep",
    }
    done = dict.fromkeys(INSTANCES[-1], 0)
    for number, size in enumerate(INSTANCES):
        for p, instances in size.items():
            sweep(searched, tasks(p, range(done[p], instances)), out=RAW / "searched", **options)
            done[p] = instances
        if number == 0:
            grid = [
                {"alpha_t": alpha_t, "p": p, "equivalent": equivalent, "batch": batch}
                for alpha_t in (3.0, 1.0)
                for equivalent, sizes in ((False, SMALL), (True, SMALL_EQUIVALENT))
                for p in sizes
                for batch in range(BATCHES)
            ]
            sweep(existence, grid, out=RAW / "existence", **options)
        collect()


def collect() -> None:
    """Write what is finished: lists over widths, of each instance or with the mean over instances and its error."""
    answer: dict[str, Any] = {
        "searches": SEARCHES,
        "flipped": FLIPPED,
        "test_patterns": TEST,
    }
    origin: dict[str, Any] = {}
    if load(RAW / "searched", missing_ok=True).empty:
        raise SystemExit(f"nothing finished in {RAW}: the stored result is kept")
    for name in ("searched", "existence"):
        table = load(RAW / name, missing_ok=True)
        if table.empty:
            continue
        origin[name] = provenance(RAW / name)
        rows = []
        if name == "searched":
            for (alpha_t, p, search), part in table.groupby(["alpha_t", "p", "search"]):
                part = part.sort_values("instance")
                row = {"alpha_t": alpha_t, "p": int(p), "search": search, "instances": len(part)}
                row["seconds"] = round(float(part["seconds"].sum()))
                row["n"] = part["n"].iloc[0].tolist()
                for column in ("errors", "sweeps"):
                    row[column] = np.stack(part[column].to_list()).tolist()
                solved = np.array(row["errors"]) == 0
                equivalent = np.where(solved, np.stack(part["equivalent"].to_list()), np.nan)
                row["equivalent"] = rounded(equivalent, 4)
                test = np.stack(part["test"].to_list())
                row["test_excess"] = rounded(mean_and_error(test - equivalent), 4)
                row["energy"] = rounded(mean_and_error(np.stack(part["energy"].to_list())), 5)
                rows.append(row)
        else:
            for (alpha_t, p, equivalent), part in table.groupby(["alpha_t", "p", "equivalent"]):
                rows.append(
                    {
                        "alpha_t": alpha_t,
                        "p": int(p),
                        "equivalent": bool(equivalent),
                        "draws": DRAWS * len(part),
                        "n": part["n"].iloc[0].tolist(),
                        "exists": np.sum(part["exists"].to_list(), axis=0).astype(int).tolist(),
                    }
                )
        answer[name] = rows
    command = "python chapters/data/overparameterized_searches.py"
    OUT.write_text(json.dumps({"provenance": origin | {"command": command}} | answer) + "\n")
    pack(RAW, PARTS)


def mean_and_error(values: Any) -> Any:
    """Mean over the instances that have a value, and its standard error; NaN where there is none, or only one."""
    count = np.isfinite(values).sum(axis=0)
    mean = np.where(count > 0, np.nansum(values, axis=0) / np.maximum(count, 1), np.nan)
    spread = np.sqrt(
        np.nansum((values - mean) ** 2, axis=0) / np.maximum(count - 1, 1) / np.maximum(count, 1)
    )
    return np.stack([mean, np.where(count > 1, spread, np.nan)])


def rounded(values: Any, digits: int) -> Any:
    """Nested lists of numbers with few digits, None where there is none."""
    if np.ndim(values):
        return [rounded(value, digits) for value in values]
    return None if math.isnan(values) else round(float(values), digits)


if __name__ == "__main__":
    unpack(PARTS, RAW)
    collect() if "--collect" in sys.argv[1:] else compute()
