"""Jammed ellipses at many aspect ratios, for chapters/jamming/ellipses.

Each sample is relaxed at density 0.95 and decompressed through a list of pressures to 1e-6 (`ellipses.jam`, `ellipses.to_pressure`). Stored are,
for each size and aspect ratio, contacts, missing contacts, densities, the negative directions of the prestress, the edges of the two bands,
and histograms of the frequencies.

Run from the repository's root: python chapters/data/ellipses.py        (about 45 minutes on one core)
With --paper: N = 480 and more samples (some hours). The raw results stay in _data/, which git ignores.
"""

from __future__ import annotations

import json
import platform
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import numba
import numpy as np

import learnscape
from learnscape.jamming import ellipses
from learnscape.sweeps import sweep

SEED = 1985
RATIOS = [1.0, 1.005, 1.01, 1.02, 1.05, 1.1, 1.2, 1.35, 1.5, 2.0, 3.0]
FEWER = [1.0, 1.005, 1.01, 1.02, 1.05, 1.1, 1.5, 2.0]
NEAR = [1.0, 1.005, 1.01, 1.02, 1.05, 1.1]
SAMPLES = {
    60: (12, RATIOS),
    30: (16, FEWER),
    120: (5, FEWER),
    240: (4, NEAR),
}  # size -> packings for each aspect ratio
PAPER = {60: (200, RATIOS), 120: (100, RATIOS), 240: (50, RATIOS), 480: (20, RATIOS)}
PRESSURES = [2e-2, 1e-2, 5e-3, 2e-3, 1e-3, 5e-4, 2e-4, 1e-4, 1e-5, 1e-6]
SHOWN = [0, 3, 6, 9]  # pressures of the histograms
BINS = np.linspace(-5.0, 0.5, 45)  # of log10 omega
OUT = Path(__file__).parents[2] / "lib" / "learnscape" / "data" / "ellipses.json"
RAW = Path(__file__).parents[2] / "_data" / "ellipses"


def decompressed(n: int, aspect_ratio: float, rng: np.random.Generator) -> dict[str, object]:
    """One sample on its way down in pressure."""
    start = time.process_time()
    packing = ellipses.jam(n, aspect_ratio, rng=rng, pressure=PRESSURES[0], on_failure="return")
    rows: dict[str, list[float]] = {
        name: [] for name in ("phi", "p", "contacts", "stable", "below", "above", "negative", "quartic", "ok")
    }
    counts = []
    for pressure in PRESSURES:
        packing = ellipses.to_pressure(packing, pressure, on_failure="return")
        spectrum = ellipses.vibrations(packing)
        values, k = spectrum.eigenvalues, spectrum.quartic
        rows["phi"].append(packing.phi)
        rows["p"].append(packing.pressure)
        rows["contacts"].append(len(packing.contacts))
        rows["stable"].append(packing.n_stable)
        rows["quartic"].append(k)
        rows["below"].append(float(values[k - 1]) if k else float("nan"))
        rows["above"].append(float(values[k]))
        rows["negative"].append(ellipses.prestress_signs(packing)[0])
        rows["ok"].append(float(packing.converged))
        counts.append(np.histogram(0.5 * np.log10(np.maximum(values, 1e-30)), BINS)[0].astype(float))
    return {
        **{k: np.array(v) for k, v in rows.items()},
        "counts": np.array(counts),
        "cpu": time.process_time() - start,
    }


def mean(values: np.ndarray) -> list[float]:
    """Mean and standard error, without what is not finite; NaN becomes null by the caller."""
    values = np.asarray(values, dtype=float)
    values = values[np.isfinite(values)]
    if len(values) < 2:
        return [float(values[0]) if len(values) else 0.0, 0.0]
    return [float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))]


def power(change: np.ndarray, gain: np.ndarray, columns: int) -> list[float]:
    """Slope of log mean gain against log mean change in density over the highest pressures, and its bootstrap error over packings."""
    rng = np.random.default_rng(SEED)

    def slope(rows: np.ndarray) -> float:
        x, y = change[rows, :columns].mean(axis=0), gain[rows, :columns].mean(axis=0)
        return float(np.polyfit(np.log(x), np.log(y), 1)[0]) if (y > 0).all() else float("nan")

    draws = [slope(rng.integers(len(gain), size=len(gain))) for _ in range(1000)]
    return [slope(np.arange(len(gain))), float(np.nanstd(draws))]


def rounded(values: Any) -> Any:
    """The same with numbers of six significant digits."""
    if isinstance(values, dict):
        return {k: rounded(v) for k, v in values.items()}
    if isinstance(values, list):
        return [rounded(v) for v in values]
    return float(f"{values:.6g}") if isinstance(values, float) else values


def main() -> None:
    samples = PAPER if "--paper" in sys.argv else SAMPLES
    start = time.time()
    groups, cpu, failed, total = [], 0.0, 0, 0
    squeezed: dict[
        float, list[np.ndarray]
    ] = {}  # compression and gain of all packings of 60 and more, by aspect ratio
    for n, (count, ratios) in samples.items():
        table = sweep(
            decompressed,
            {"n": [n], "aspect_ratio": ratios},
            seeds=count,
            out=RAW / str(n),
            root_seed=SEED,
            executor="serial",
        )
        for ratio, rows in table.groupby("aspect_ratio"):
            data = {
                name: np.stack([np.asarray(v) for v in rows[name]])
                for name in (
                    "phi",
                    "p",
                    "contacts",
                    "stable",
                    "below",
                    "above",
                    "negative",
                    "quartic",
                    "ok",
                    "counts",
                )
            }
            good = data["ok"].all(axis=1)
            cpu, total = cpu + float(rows["cpu"].sum()), total + count
            failed += count - int(good.sum())  # not relaxed, or raised an error
            data = {name: values[good] for name, values in data.items()}
            z = 2 * data["contacts"] / data["stable"]
            freedoms = (2 if ratio == 1 else 3) * data["stable"]
            columns = {
                "z": z,
                "excess": z - z[:, -1:],
                "over_discs": 2 * (data["contacts"] - (2 * data["stable"] - 1)) / data["stable"],
                "phi": data["phi"],
                "dphi": data["phi"] - data["phi"][:, -1:],
                "missing": (freedoms - 1 - data["contacts"]) / data["stable"],
                "negative": data["negative"] / (3 * data["stable"]),
                "beyond": data["negative"] - (2 * data["stable"] - 2),
                "slack": data["contacts"] - 1 - data["negative"],
                "below": np.log10(np.maximum(data["below"], 1e-30)),
                "above": np.log10(data["above"]),
                "rattlers": 1 - data["stable"] / n,
            }
            if n >= 60:
                squeezed.setdefault(float(ratio), []).append(np.stack([columns["dphi"], columns["excess"]]))
            groups.append(
                {
                    "n": n,
                    "aspect_ratio": float(ratio),
                    "samples": int(good.sum()),
                    "counted": int(
                        np.sum(data["quartic"][:, -1] == freedoms[:, -1] - 1 - data["contacts"][:, -1])
                    ),
                    **{name: [mean(column) for column in values.T] for name, values in columns.items()},
                    "least_slack": int(columns["slack"].min()),
                    "least_beyond": int(columns["beyond"][:, -1].min()),
                    "counts": data["counts"].sum(axis=0)[SHOWN].tolist(),
                }
            )
    summary = {
        "provenance": {
            "what": "bidisperse ellipses (50:50, sizes 1:1.4), quenched at density 0.95, decompressed to p = 1e-6",
            "command": "python chapters/data/ellipses.py" + (" --paper" if "--paper" in sys.argv else ""),
            "root_seed": SEED, "sizes": sorted(samples), "samples": [samples[n][0] for n in sorted(samples)], "failed": failed, "of": total,
            "learnscape": learnscape.__version__, "numpy": np.__version__, "numba": numba.__version__, "python": platform.python_version(),
            "date": date.today().isoformat(), "seconds": round(cpu),
        },
        "pressures": PRESSURES,
        "histogram_pressures": [PRESSURES[i] for i in SHOWN],
        "bins": BINS.tolist(),
        "powers": [
            {"aspect_ratio": ratio, "from": PRESSURES[columns - 1], "power": power(both[0], both[1], columns)}
            for ratio in (1.0, 1.5, 2.0)
            for both in [np.concatenate(squeezed[ratio], axis=1)]
            for columns in (4, 5)
        ],
        "groups": groups,
    }  # fmt: skip
    # One line a group, and the old file is replaced at once: an interruption leaves either.
    lines = ",\n".join(json.dumps(rounded(group)) for group in groups)
    head = json.dumps({k: rounded(v) for k, v in summary.items() if k != "groups"}, indent=1)
    OUT.with_suffix(".tmp").write_text(head[:-2] + f',\n "groups": [\n{lines}\n ]\n}}\n')
    OUT.with_suffix(".tmp").replace(OUT)
    print(f"{total} samples, {failed} failed, {cpu:.0f} s of computation, {time.time() - start:.0f} s")


if __name__ == "__main__":
    main()
