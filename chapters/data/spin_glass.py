"""Finite SK models for chapters/replicas/sherrington-kirkpatrick: overlap histograms in equilibrium, and where quenches end.

equilibrium   exchange Monte Carlo of samples with N spins on the ladder LADDER: energy, <q^2>, the histogram of |q|; at the lowest temperature
              the gaps between the smaller two and between the larger two of the three overlaps of three copies (ultrametric: the former vanish)
quenches      energies per spin after greedy, random and reluctant descents from random spins, and numbers of flips

Run from the repository's root: python chapters/data/spin_glass.py      (about six minutes on one core)
Finished batches are kept in ``_data/spin_glass``; an interrupted run goes on where it was.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from learnscape.spin_glass import sk
from learnscape.sweeps import provenance, sweep

LADDER = [0.4, 0.45, 0.5, 0.55, 0.6, 0.66, 0.73, 0.8, 0.88, 0.97, 1.08, 1.2]
KEPT = (0.4, 0.6, 0.8)  # of which histograms are stored
# N: samples in a batch, measured sweeps (as many before)
SIZES = {32: (40, 500), 64: (40, 1000), 128: (15, 2000), 256: (3, 3000)}
BATCHES = 6
# (N, rule): couplings drawn in a batch, two starts each
QUENCHES = {
    (230, "greedy"): 100, (230, "random"): 100, (230, "reluctant"): 50,
    (460, "greedy"): 100, (460, "random"): 100, (460, "reluctant"): 25,
    (920, "greedy"): 80, (920, "random"): 80, (920, "reluctant"): 10,
    (1726, "greedy"): 20, (1726, "random"): 20, (1726, "reluctant"): 2,
}  # fmt: skip
BINS = 32  # of the gaps between the three overlaps of a triple, from 0 to 1
RAW = Path("_data/spin_glass")
OUT = Path(__file__).parents[2] / "lib" / "learnscape" / "data" / "spin_glass.json"


def equilibrium(n: int, rng: np.random.Generator) -> dict[str, Any]:
    """Sums over the samples of one batch, and of their squares."""
    samples, sweeps = SIZES[n]
    values, histograms, triples = [], [], []
    for _ in range(samples):
        found = sk.run(sk.draw_couplings(n, rng), LADDER, sweeps, copies=3, every=5, rng=rng)
        values.append([found.energy, found.q2, found.energy + (1.0 - found.q2) / (2.0 * np.array(LADDER))])
        both = found.histogram + found.histogram[:, ::-1]
        folded = both[:, n // 2 :]
        folded[:, 0] *= 0.5  # q = 0 is its own mirror image
        histograms.append(folded[[LADDER.index(t) for t in KEPT]])
        # Without a field the sign of a copy is a matter of chance: make the two larger overlaps positive.
        order = np.sort(np.abs(found.triples), axis=1)
        order[:, 0] *= np.sign(np.prod(found.triples, axis=1))
        triples.append([np.histogram(gap, BINS, (0.0, 1.0))[0] for gap in np.diff(order, axis=1).T])
    v, h = np.array(values), np.array(histograms)
    return {
        "samples": samples, "values": v.sum(axis=0), "squares": (v * v).sum(axis=0), "histogram": h.sum(axis=0),
        "histogram_squares": (h * h).sum(axis=0), "gaps": np.sum(triples, axis=0),
    }  # fmt: skip


def quenches(n: int, rule: str, rng: np.random.Generator) -> dict[str, Any]:
    """Mean energies of the two starts of every sample, and the numbers of flips."""
    energies, flips = [], []
    for _ in range(QUENCHES[n, rule]):
        j = sk.draw_couplings(n, rng)
        ends = [sk.quench(j, rule, rng=rng) for _ in range(2)]
        energies.append(np.mean([end.energy for end in ends]))
        flips.append(np.mean([end.flips for end in ends]))
    return {"energies": np.array(energies), "flips": np.array(flips)}


def dense(value: Any) -> np.ndarray:
    """An array again, of what the table keeps as nested lists."""
    return (
        np.array([dense(row) for row in value])
        if np.ndim(value) == 1 and np.asarray(value).dtype == object
        else np.asarray(value)
    )


def error(total: np.ndarray, squares: np.ndarray, samples: int) -> np.ndarray:
    mean = total / samples
    return np.sqrt(np.maximum(squares / samples - mean**2, 0.0) / (samples - 1))


def main() -> None:
    answer: dict[str, Any] = {"equilibrium": {}, "quenches": {}}
    out = RAW / "equilibrium"
    frame = sweep(
        equilibrium, [{"n": n} for n in SIZES], seeds=BATCHES, out=out, root_seed=1975, executor="serial"
    )
    answer["equilibrium"]["provenance"] = provenance(out) | {"command": "python chapters/data/spin_glass.py"}
    answer["equilibrium"]["temperatures"], answer["equilibrium"]["kept"] = LADDER, list(KEPT)
    for n, rows in frame.groupby("n"):
        samples = int(rows["samples"].sum())
        total = {name: sum(dense(part) for part in rows[name]) for name in rows.columns[3:-1]}
        part: dict[str, Any] = {"samples": samples, "sweeps": SIZES[int(n)][1]}
        mean, bar = total["values"] / samples, error(total["values"], total["squares"], samples)
        for i, name in enumerate(("energy", "q2", "identity")):
            part[name], part[name + "_error"] = mean[i].round(6).tolist(), bar[i].round(6).tolist()
        bar = error(total["histogram"], total["histogram_squares"], samples)
        part["histogram"], part["histogram_error"] = (
            (total["histogram"] / samples).round(7).tolist(),
            bar.round(7).tolist(),
        )
        part["smaller_gap"], part["larger_gap"] = total["gaps"].astype(int).tolist()
        answer["equilibrium"][str(n)] = part
    out = RAW / "quenches"
    points = [{"n": n, "rule": rule} for n, rule in QUENCHES]
    frame = sweep(quenches, points, seeds=BATCHES, out=out, root_seed=2003, executor="serial")
    answer["quenches"]["provenance"] = provenance(out) | {"command": "python chapters/data/spin_glass.py"}
    for (n, rule), rows in frame.groupby(["n", "rule"]):
        energies, flips = np.concatenate(list(rows["energies"])), np.concatenate(list(rows["flips"]))
        answer["quenches"].setdefault(str(n), {})[rule] = {
            "energy": round(float(energies.mean()), 6),
            "error": round(float(energies.std(ddof=1)) / math.sqrt(energies.size), 6),
            "flips": round(float(flips.mean()), 1), "samples": int(energies.size),
        }  # fmt: skip
    OUT.write_text(json.dumps(answer, indent=1) + "\n")


if __name__ == "__main__":
    main()
