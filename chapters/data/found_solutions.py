"""What surrounds the solutions that searches find in the binary perceptron, for chapters/dense/dense-algorithms.

profiles   by search, size and load: entropy of the solutions at given distances from the weights found (Bethe's formula on the problem itself), the margins of
           all patterns, the training error after random flips, how often the search succeeded. The problems are the same for every search.
resampled  by search and size: distance between the weights found before and after some of the patterns were replaced, from the same seed
centres    by search and size: seven solutions of one problem from different seeds, and their barycenter: overlap of two of them, training errors of the barycenter and
           of its signs, and the training error after random flips, of these signs and of one solution

Run from the repository's root: python chapters/data/found_solutions.py [part ...]      (all: about twenty-five minutes on one core)
Finished batches are kept in ``_data/found_solutions``; an interrupted run goes on where it was. The other parts of the stored result stay as they are.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.interpolate import CubicHermiteSpline

from learnscape.learn import (
    Run,
    anneal,
    barycenter,
    belief_propagation,
    errors_of,
    focusing_bp,
    local_energy,
    reinforced_bp,
    replicated_anneal,
    replicated_sgd,
    sbpi,
)
from learnscape.patterns import random_patterns
from learnscape.sweeps import provenance, sweep

DISTANCES = (0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2)
COUPLINGS = (0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0, 1.25, 1.5, 1.8, 2.2, 2.6)
FLIPPED = (0.01, 0.02, 0.05, 0.1, 0.2)
EDGES = np.linspace(0.0, 4.0, 41)  # of the stabilities; what is larger goes into the last bin
MARGIN = 0.1
SEARCHES: dict[str, Callable[..., Run]] = {
    "sbpi": sbpi,
    "reinforced": reinforced_bp,
    "reinforced-margin": lambda xi, rng: reinforced_bp(xi, MARGIN, rng=rng),
    "focusing": focusing_bp,
    "focusing-pseudo": lambda xi, rng: focusing_bp(xi, protocol="pseudo-reinforcement", rng=rng),
    "replicated-sgd": lambda xi, rng: replicated_sgd(xi, max_sweeps=1000, rng=rng),
    "replicated-annealing": lambda xi, rng: replicated_anneal(
        xi, y=7, beta=(1.0, 4.0), gamma=(0.4, 1.0), max_sweeps=4000, rng=rng
    ),
    "annealing": lambda xi, rng: anneal(xi, beta=(1.0, 6.0), max_sweeps=40_000, rng=rng),
}
WALKS = ("replicated-annealing", "annealing")  # these solve less: load 0.4 only
# Problems, by size and load, in batches.
AT_LOAD = {501: 60, 1001: 40}
LARGE = 2001
EXCHANGED = {501: 20, 1001: 20}
CENTRED = {501: 60, 1001: 20}
SOLUTIONS = 7  # of one problem; odd, so that the signs of their sum are never undecided
OTHER_LOADS = (0.3, 0.4, 0.5, 0.7)
BATCH = 10
REPLACED = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0)  # fraction of the patterns, but at least one
RAW = Path("_data/found_solutions")
OUT = Path(__file__).parents[2] / "lib" / "learnscape" / "data" / "found_solutions.json"


def problem(n: int, load: float, number: int) -> np.ndarray:
    """The same for every search."""
    return random_patterns(
        round(load * n), n, rng=np.random.default_rng([2015, n, round(1000 * load), number])
    )


def entropies(xi: np.ndarray, weights: np.ndarray) -> list[float]:
    """Bethe's entropy at each distance; nan where the fields used do not reach it, or belief propagation fails.

    Each field gives a distance and an entropy, and is half the slope of the entropy there: cubic pieces join them.
    """
    found = []
    for coupling in COUPLINGS:
        at = belief_propagation(
            xi, field=coupling * weights, damping=0.5, max_iterations=1000, rng=0, on_failure="return"
        )
        if at.converged:
            found.append((0.5 * (1.0 - float(at.mean @ weights) / len(weights)), at.entropy, 2.0 * coupling))
    d, s, slope = np.array(found[::-1]).T
    if np.any(np.diff(d) <= 0.0):
        return [math.nan] * len(DISTANCES)
    values = CubicHermiteSpline(d, s, slope, extrapolate=False)(DISTANCES)
    return [float(x) for x in values]


def profile(search: str, n: int, load: float, batch: int, rng: np.random.Generator) -> dict[str, Any]:
    """One row a problem that was solved."""
    rows = []
    for number in range(batch * BATCH, (batch + 1) * BATCH):
        xi = problem(n, load, number)
        run = SEARCHES[search](xi, rng=number)
        if run.solved:
            stabilities = np.minimum(xi @ run.weights / math.sqrt(n), EDGES[-1] - 1e-9)
            density = np.histogram(stabilities, EDGES)[0] / (len(xi) * EDGES[1])
            energy = local_energy(xi, run.weights, FLIPPED, draws=50, rng=number).energy
            rows.append([*entropies(xi, run.weights), *energy, *density])
    return {"rows": np.array(rows).reshape(len(rows), len(DISTANCES) + len(FLIPPED) + len(EDGES) - 1)}


def resampled(search: str, n: int, load: float, batch: int, rng: np.random.Generator) -> dict[str, Any]:
    """Distances between outputs, a row for each problem that was solved each time; the last column: other seed, same patterns."""
    rows = []
    for number in range(batch * BATCH, (batch + 1) * BATCH):
        xi = problem(n, load, number)
        fresh = random_patterns(len(xi), n, rng=rng)
        order = rng.permutation(len(xi))
        runs = [SEARCHES[search](xi, rng=number)]
        for part in REPLACED:
            changed = xi.copy()
            which = order[: max(1, round(part * len(xi)))]
            changed[which] = fresh[which]
            runs.append(SEARCHES[search](changed, rng=number))
        runs.append(SEARCHES[search](xi, rng=10_000 + number))
        if all(run.solved for run in runs):
            rows.append([float(np.mean(run.weights != runs[0].weights)) for run in runs[1:]])
    return {"rows": np.array(rows).reshape(len(rows), len(REPLACED) + 1)}


def centred(search: str, n: int, load: float, batch: int, rng: np.random.Generator) -> dict[str, Any]:
    """A row for each problem that was solved from each seed: overlap, errors of barycenter and its signs, local energies of these signs and of the first solution."""
    rows = []
    for number in range(batch * BATCH, (batch + 1) * BATCH):
        xi = problem(n, load, number)
        runs = [SEARCHES[search](xi, rng=10_000 * k + number) for k in range(SOLUTIONS)]
        if all(run.solved for run in runs):
            found = np.array([run.weights for run in runs])
            overlap = (float((found.sum(axis=0) ** 2).sum()) / n / SOLUTIONS - 1.0) / (SOLUTIONS - 1)
            centre = barycenter(found)
            errors = [errors_of(xi, w) / len(xi) for w in (centre, np.sign(centre))]
            energies = [
                local_energy(xi, w, FLIPPED, draws=50, rng=number).energy for w in (np.sign(centre), found[0])
            ]
            rows.append([overlap, *errors, *energies[0], *energies[1]])
    return {"rows": np.array(rows).reshape(len(rows), 3 + 2 * len(FLIPPED))}


def summary(frame: Any) -> list[dict[str, Any]]:
    """Mean and standard error of every column over the problems solved."""
    answer = []
    for (search, n, load), batches in frame.groupby(["search", "n", "load"], sort=False):
        rows = np.array([row.tolist() for batch in batches["rows"] for row in batch])
        answer.append(
            {"search": search, "n": int(n), "load": float(load), "tried": BATCH * len(batches), "rows": rows}
        )
    return answer


def averaged(rows: np.ndarray) -> dict[str, list[float]]:
    """Over the problems; nan where a value is missing for any."""
    mean, bar = rows.mean(axis=0), rows.std(axis=0, ddof=1) / math.sqrt(len(rows))
    return {
        "mean": [None if math.isnan(x) else round(x, 6) for x in mean],
        "error": [None if math.isnan(x) else round(x, 6) for x in bar],
    }


def lattice(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean stability of each bin, and the part of its width that its stabilities stand for: fields w.xi are odd, each the middle of a cell of length 2."""
    at = np.arange(1, n + 1, 2) / math.sqrt(n)
    at = at[at < EDGES[-1]]
    which = np.digitize(at, EDGES) - 1
    number = np.bincount(which, minlength=len(EDGES) - 1)
    mean = np.bincount(which, at, minlength=len(EDGES) - 1) / np.maximum(number, 1)
    return mean, number * 2.0 / math.sqrt(n) / EDGES[1]


def places(searches: tuple[str, ...], n: int, load: float, problems: int) -> list[dict[str, Any]]:
    return [
        {"search": search, "n": n, "load": load, "batch": batch}
        for search in searches
        for batch in range(problems // BATCH)
    ]


EVERY = tuple(name for name in SEARCHES if name not in WALKS)
FEW, STEADY = ("sbpi", "reinforced", "focusing"), ("sbpi", "reinforced", "focusing", "replicated-sgd")


def computed(function: Any, points: list[dict[str, Any]], folder: str, root_seed: int) -> Any:
    return sweep(function, points, seeds=1, out=RAW / folder, root_seed=root_seed, executor="serial")


def profiles_part() -> list[dict[str, Any]]:
    points = [at for load in OTHER_LOADS for at in places(FEW, 1001, load, BATCH)]
    points += [at for n, problems in AT_LOAD.items() for at in places(EVERY, n, 0.6, problems)]
    points += places(FEW, LARGE, 0.6, BATCH)
    slow = places(tuple(SEARCHES), 201, 0.4, 40) + places(WALKS[:1], 1001, 0.4, 20)
    cuts = {
        "entropy": slice(0, len(DISTANCES)),
        "energy": slice(len(DISTANCES), len(DISTANCES) + len(FLIPPED)),
    }
    cuts["density"] = slice(cuts["energy"].stop, None)
    groups = summary(computed(profile, points, "profiles", 2015)) + summary(
        computed(profile, slow, "walks", 2016)
    )
    for group in groups:
        rows = group.pop("rows")
        group["solved"] = len(rows)
        if len(rows) > 1:
            middle, width = lattice(group["n"])
            if width.all():  # else N is too small for such bins
                rows[:, cuts["density"]] /= width
                group["stability"] = middle.round(6).tolist()
                group["density"] = averaged(rows[:, cuts["density"]])
            group |= {name: averaged(rows[:, cuts[name]]) for name in ("entropy", "energy")}
    return groups


def resampled_part() -> list[dict[str, Any]]:
    points = [at for n, problems in EXCHANGED.items() for at in places(STEADY, n, 0.5, problems)]
    groups = summary(computed(resampled, points, "resampled", 2604))
    for group in groups:
        rows = group.pop("rows")
        group |= {"solved": len(rows), "distance": averaged(rows)}
    return groups


def centres_part() -> list[dict[str, Any]]:
    points = [at for n, problems in CENTRED.items() for at in places(EVERY, n, 0.6, problems)]
    groups = summary(computed(centred, points, "centres", 2611))
    for group in groups:
        rows = group.pop("rows")
        group |= {"solved": len(rows), "of": SOLUTIONS}
        if len(rows) > 1:
            group |= {name: averaged(rows[:, [k]]) for k, name in enumerate(("overlap", "centre", "signs"))}
            energies = np.split(rows[:, 3:], 2, axis=1)
            group |= {
                name: averaged(part)
                for name, part in zip(("signs_energy", "solution_energy"), energies, strict=True)
            }
    return groups


PARTS = {"profiles": profiles_part, "resampled": resampled_part, "centres": centres_part}


def main(wanted: list[str]) -> None:
    answer: dict[str, Any] = json.loads(OUT.read_text())
    answer |= {"distances": DISTANCES, "flipped": FLIPPED, "edges": EDGES.round(6).tolist()}
    answer |= {"margin": MARGIN, "replaced": REPLACED}
    for name in wanted:
        groups = PARTS[name]()
        command = {"command": f"python chapters/data/found_solutions.py {name}"}
        answer[name] = {"provenance": provenance(RAW / name) | command, "groups": groups}
    OUT.write_text(json.dumps(answer, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:] or list(PARTS))
