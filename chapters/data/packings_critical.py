"""Many packings of discs at jamming, for the exponents of gaps and of forces; and the softest modes of larger ones. For chapters/jamming/packings.

At jamming (pressure 1e-8): N = 64 to 256. Only packings with one state of self-stress are used, the others are counted; where that would favour large
gaps (the others closed their smallest), medians over all packings stand beside. Each contact is opened by linear response,
which says whether the motion extends or stays with a buckler. Above jamming: all frequencies of packings of 1024 discs at several pressures.

Run from the repository's root: python chapters/data/packings_critical.py        (about 45 minutes on one core)
With --collect: the stored result from what is finished. The raw results stay in _data/, which git ignores.
"""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from learnscape.jamming import packings
from learnscape.numerics import power_law
from learnscape.sweeps import load, provenance, sweep

SEED = 2003
PRESSURE = 1e-8
SAMPLES = {64: 4000, 128: 2034, 256: 228}
ABOVE, PACKINGS = 1024, 20
PRESSURES = [1e-4, 3e-4, 1e-3, 3e-3, 1e-2]
OPENED = (64, 128)  # sizes at which every contact is opened
WINDOWS = [(0.0, high) for high in (0.0125, 0.025, 0.05, 0.1, 0.2)]
EXTENDED = 10.0  # particles that a motion must reach to count as extended
LEVELS = (0.25, 0.5, 0.75)  # of the plateau, other definitions of its end
SMALLEST = 8  # gaps of each packing
BINS = np.geomspace(0.4 / 2**9, 3.2, 25)  # of forces
OUT = Path(__file__).parents[2] / "lib" / "learnscape" / "data" / "packings_critical.json"
RAW = Path(__file__).parents[2] / "_data" / "packings_critical"


def at_jamming(n: int, dimension: int, phi0: float, rng: np.random.Generator) -> dict[str, object]:
    """One packing at the smallest pressure; what it holds is looked at later."""
    packing = packings.jam(n, dimension, phi0=phi0, pressure=PRESSURE, rng=rng)
    return {
        "positions": packing.positions.ravel(),
        "box": packing.box,
        "phi": packing.phi,
        "excess": packing.excess_contacts,
        "stable": packing.n_stable,
        "steps": packing.steps,
    }


def softest(n: int, rng: np.random.Generator) -> dict[str, object]:
    """Excess contacts and frequencies of one packing, compressed step by step; springs only, without the prestress."""
    state = packings.jam(n, pressure=PRESSURES[0], rng=rng)
    rows: dict[str, list[float]] = {"excess": [], "pressure": [], "stable": []}
    springs = []
    for target in PRESSURES:
        state = packings.to_pressure(state, target)
        rows["excess"].append(state.excess_contacts)
        rows["pressure"].append(state.pressure)
        rows["stable"].append(state.n_stable)
        springs.append(packings.frequencies(state, part="stiffness"))
    return {name: np.array(values) for name, values in rows.items()} | {"springs": np.concatenate(springs)}


def measure() -> None:
    sweep(softest, {"n": ABOVE}, seeds=PACKINGS, out=RAW / "softest", root_seed=SEED, executor=1)
    for n, samples in SAMPLES.items():
        grid = {"n": n, "dimension": 2, "phi0": 0.86}
        sweep(
            at_jamming,
            grid,
            seeds=samples,
            out=RAW / "at_jamming",
            root_seed=SEED,
            executor=1,
            on_change="keep",
        )


def opened(n: int, positions: Any, boxes: Any) -> dict[str, np.ndarray]:
    """Of all contacts of all packings: packing, force, participation, whether the weakest of a particle with three contacts."""
    cache = RAW / f"opened_{n}.npz"
    if not cache.exists():
        radii, rows = packings.bidisperse(n), []
        for number, (flat, box) in enumerate(zip(positions, boxes, strict=True)):
            points = np.reshape(flat, (n, 2))
            pairs = packings.contact_network(points, radii, box).pairs
            forces, participation = packings.open_contacts(points, box, pairs)
            smallest = np.full(n, np.inf)
            for side in (0, 1):
                np.minimum.at(smallest, pairs[:, side], forces)
            weakest = (packings.bucklers(pairs, n, 2)[pairs] & (smallest[pairs] == forces[:, None])).any(
                axis=1
            )
            rows.append(np.stack([np.full(len(forces), number), forces, participation, weakest], axis=1))
        np.savez(cache, rows=np.concatenate(rows).astype(np.float32))
    packing, force, participation, weakest = np.load(cache)["rows"].T.astype(float)
    return {"packing": packing, "force": force, "participation": participation, "weakest": weakest > 0}


def fitted(force: np.ndarray, packing: np.ndarray) -> list[dict[str, float]]:
    """Exponents in all windows, packings resampled as a whole."""
    answer = []
    for low, high in WINDOWS:
        keep = force < high
        one = power_law.fit(force[keep], low=low, high=high, groups=packing[keep], bootstrap=50, rng=0)
        row = {"high": high, "exponent": one.exponent, "error": one.error}
        answer.append({name: round(value, 4) for name, value in row.items()} | {"count": one.count})
    return answer


def smallest_gaps(n: int, positions: Any, boxes: Any) -> np.ndarray:
    """The smallest gaps of each packing."""
    radii, rows = packings.bidisperse(n), []
    for flat, box in zip(positions, boxes, strict=True):
        points = np.reshape(flat, (n, 2))
        rattlers = packings.contact_network(points, radii, box).rattlers
        rows.append(packings.gaps(points, radii, box, rattlers, largest=0.1)[:SMALLEST])
    return np.array(rows)


def medians(smallest: list[np.ndarray], excess: list[np.ndarray], sizes: list[int]) -> dict[str, list[float]]:
    """Exponents of gaps from medians over all packings: a contact too many is a smallest gap that has closed, of unknown size.

    Leaving such packings out would favour large gaps, more so at larger sizes; a median needs no size of what is smaller.
    """
    rng = np.random.default_rng(SEED)
    centre, error = [], []
    for gaps, many in zip(smallest, excess, strict=True):
        rows = [np.r_[np.full(k, -np.inf), np.log(row)][:SMALLEST] for row, k in zip(gaps, many, strict=True)]
        logs = np.array(rows)
        draws = [np.median(logs[rng.integers(len(logs), size=len(logs))], axis=0) for _ in range(300)]
        centre.append(np.median(logs, axis=0))
        error.append(np.std(draws, axis=0))
    answer: dict[str, list[float]] = {"median_gamma": [], "median_error": []}
    for y, bar in zip(np.transpose(centre), np.transpose(error), strict=True):
        (fall, _), cov = np.polyfit(np.log(sizes), y, 1, w=1 / bar, cov="unscaled")
        answer["median_gamma"].append(round(1 + 1 / fall, 4))
        answer["median_error"].append(round(cov[0, 0] ** 0.5 / fall**2, 4))
    return answer


def edge(frequencies: np.ndarray, level: float = 0.5) -> tuple[float, float]:
    """Plateau of D (mean over 0.4 to 0.8), and the frequency below which the mean of D, over a factor 1.25^2, is this share of it."""
    ordered = np.sort(frequencies)
    plateau = float(np.mean((ordered > 0.4) & (ordered < 0.8))) / 0.4
    ends = np.geomspace(0.004, 0.4, 400)
    inside = np.searchsorted(ordered, 1.25 * ends) - np.searchsorted(ordered, 0.8 * ends)
    density = inside / (0.45 * ends * len(ordered))
    above = np.flatnonzero(density < level * plateau)
    return plateau, float(ends[above[-1]])


def softest_modes() -> dict[str, Any]:
    """Edge of the plateau against the excess contacts a particle, with errors over resampled packings."""
    frame = load(RAW / "softest")
    stable = np.stack(frame["stable"].tolist()).astype(int)
    excess = 2 * np.stack(frame["excess"].tolist()) / stable
    springs = [
        np.split(np.asarray(row), np.cumsum(2 * sizes - 2)[:-1])
        for row, sizes in zip(frame["springs"], stable, strict=True)
    ]
    rng = np.random.default_rng(SEED)

    def measured(chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
        found = np.array(
            [edge(np.concatenate([springs[i][k] for i in chosen])) for k in range(len(PRESSURES))]
        )
        mean = excess[chosen].mean(axis=0)
        return mean, found[:, 0], found[:, 1], float(np.polyfit(np.log(mean), np.log(found[:, 1]), 1)[0])

    draws = [measured(rng.integers(len(frame), size=len(frame))) for _ in range(200)]
    names = ("excess", "plateau", "edge", "power")
    best = measured(np.arange(len(frame)))
    answer = {name: np.round(value, 4).tolist() for name, value in zip(names, best, strict=True)}
    errors = {
        f"{name}_error": np.round(np.std([draw[i] for draw in draws], axis=0), 4).tolist()
        for i, name in enumerate(names)
    }
    lowest = [float(np.mean([one[k].min() for one in springs])) for k in range(len(PRESSURES))]
    other = {}
    for level in LEVELS:
        ends = [edge(np.concatenate([one[k] for one in springs]), level)[1] for k in range(len(PRESSURES))]
        other[str(level)] = round(float(np.polyfit(np.log(best[0]), np.log(ends), 1)[0]), 4)
    answer |= {"lowest": np.round(lowest, 4).tolist(), "power_at_level": other}
    return {"n": ABOVE, "packings": len(frame), "pressures": PRESSURES} | answer | errors


def collect() -> None:
    frame = load(RAW / "at_jamming")
    table, smallest, excess, together = [], [], [], []
    for n, rows in frame.groupby("n"):
        single = rows[rows["excess"] == 0]
        counts = {str(k): int(v) for k, v in rows["excess"].value_counts().sort_index().items()}
        table.append({"n": int(n), "excess": counts})
        smallest.append(smallest_gaps(int(n), rows["positions"], rows["box"]))
        excess.append(rows["excess"].to_numpy(dtype=int))
        if n in OPENED:
            contacts = opened(int(n), single["positions"], single["box"])
            contacts["packing"] += 1e6 * n
            together.append(contacts)
    every = {name: np.concatenate([part[name] for part in together]) for name in together[0]}
    far, weak = every["participation"] > EXTENDED, every["weakest"]
    classes = {"weakest": weak, "weakest_extended": weak & far, "extended": far, "others": ~weak}
    sizes = [row["n"] for row in table]
    law = power_law.extremes([rows[many == 0] for rows, many in zip(smallest, excess, strict=True)], sizes)
    answer = {
        "provenance": provenance(RAW / "at_jamming")
        | {"command": "python chapters/data/packings_critical.py", "pressure": PRESSURE},
        "table": table,
        "opened": OPENED,
        "contacts": len(far),
        "forces": {name: fitted(every["force"][keep], every["packing"][keep]) for name, keep in classes.items()},
        "bins": BINS.round(6).tolist(),
        "counts": {name: np.histogram(every["force"][keep], BINS)[0].tolist() for name, keep in classes.items()},
        "participation": {
            name: [
                np.quantile(every["participation"][keep & (every["force"] >= a) & (every["force"] < b)], (0.25, 0.5, 0.75)).round(3).tolist()
                for a, b in pairwise(BINS)
                if np.count_nonzero(keep & (every["force"] >= a) & (every["force"] < b)) > 20
            ]
            for name, keep in (("weakest", weak), ("others", ~weak))
        },
        "gaps": {
            "gamma": law.gammas.round(4).tolist(), "error": law.errors.round(4).tolist(), "p": law.p_values.round(4).tolist(),
            "agreement": round(law.agreement, 4), "typical": [[float(f"{v:.5g}") for v in row] for row in law.typical],
            "relative_error": law.relative_errors.round(5).tolist(), "samples": law.samples.tolist(),
            **medians(smallest, excess, sizes),
        },
        "softest": softest_modes(),
    }  # fmt: skip
    OUT.write_text(json.dumps(answer, indent=1) + "\n")


if __name__ == "__main__":
    if "--collect" not in sys.argv[1:]:
        measure()
    collect()
