"""Finite SK models for chapters/replicas/sherrington-kirkpatrick: overlap histograms in equilibrium, and where quenches end.

equilibrium   exchange Monte Carlo of samples with N spins on the ladder LADDER: energy, <q^2>, the histogram of |q| and triples of overlaps of three copies
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
BINS = 33  # of the triples
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
        t = found.triples
        order = np.sort(np.abs(t), axis=1)
        order[:, 0] *= np.sign(np.prod(t, axis=1))
        triples.append(np.histogramdd(order, BINS, [(-1, 1), (0, 1), (0, 1)])[0].sum(axis=0))
    v, h = np.array(values), np.array(histograms)
    return {
        "samples": samples, "values": v.sum(axis=0), "squares": (v * v).sum(axis=0), "histogram": h.sum(axis=0),
        "histogram_squares": (h * h).sum(axis=0), "larger_overlaps": np.sum(triples, axis=0),
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
        part: dict[str, Any] = {"samples": samples, "sweeps": SIZES[int(n)][1]}
        for name, squared in (("values", "squares"), ("histogram", "histogram_squares")):
            total, squares = (np.array([np.stack(r) if np.asarray(r).dtype == object else r for r in rows[c]]).sum(axis=0) for c in (name, squared))  # fmt: skip
            total, squares = (
                np.array(np.stack(list(map(np.asarray, x))), dtype=float) for x in (total, squares)
            )
            digits = 6 if name == "values" else 8
            mean, bar = (
                (total / samples).round(digits).tolist(),
                error(total, squares, samples).round(digits).tolist(),
            )
            if name == "values":
                for i, key in enumerate(("energy", "q2", "identity")):
                    part[key], part[key + "_error"] = mean[i], bar[i]
            else:
                part["histogram"], part["histogram_error"] = mean, bar
        larger = np.sum([np.stack(list(map(np.asarray, r))) for r in rows["larger_overlaps"]], axis=0)
        part["larger_overlaps"] = larger.astype(int).tolist()
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
