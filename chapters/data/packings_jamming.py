"""Soft packings at jamming and above, for chapters/jamming/packings.

At jamming (pressure 1e-7): density, contacts, rattlers, gaps and forces, in two and three dimensions, for several sizes and starting
densities. Above it: contacts, pressure, energy, moduli and vibrations of the same packings compressed step by step.

Run from the repository's root: python chapters/data/packings_jamming.py        (about 10 minutes on one core)
With --paper: N up to 4096 and ten times the samples (a night on a small cluster; not run for this book).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from learnscape.jamming import packings
from learnscape.numerics import power_law
from learnscape.sweeps import load, provenance, sweep

SEED = 2003
# (n, dimension, phi0): samples
AT_JAMMING = {
    (64, 2, 0.86): 60, (128, 2, 0.86): 50, (256, 2, 0.86): 40, (512, 2, 0.86): 30,
    (256, 2, 0.845): 30, (256, 2, 0.90): 30, (256, 2, 0.95): 30,
    (128, 3, 0.66): 16, (256, 3, 0.66): 12, (512, 3, 0.66): 6, (256, 3, 0.70): 12,
}  # fmt: skip
PAPER = {(1024, 2, 0.86): 300, (4096, 2, 0.86): 100, (1024, 3, 0.66): 100, (4096, 3, 0.66): 40}
ABOVE, SAMPLES = 512, 8
PRESSURES = [1e-6, 1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2]
SPECTRA = (1e-6, 1e-4, 1e-2)
BINS = np.linspace(0.0, 2.2, 45)
GAP_WINDOWS = [(1e-5, 1e-3), (1e-4, 3e-3), (1e-3, 1e-2), (1e-3, 3e-2), (1e-2, 1e-1)]
FORCE_WINDOWS = [(0.0, 0.05), (0.0, 0.1), (0.0, 0.2), (0.0, 0.4)]
OUT = Path(__file__).parents[2] / "lib" / "learnscape" / "data" / "packings_jamming.json"
RAW = Path(__file__).parents[2] / "_data" / "packings"


def at_jamming(n: int, dimension: int, phi0: float, rng: np.random.Generator) -> dict[str, object]:
    """One packing at the pressure 1e-7."""
    packing = packings.jam(n, dimension, phi0=phi0, pressure=1e-7, rng=rng)
    forces, unbalanced = packings.self_stress(packing.positions, packing.box, packing.contacts)
    weak = packings.bucklers(packing.contacts, n, dimension)[packing.contacts].any(axis=1)
    return {
        "phi": packing.phi,
        "excess": packing.excess_contacts,
        "stable": packing.n_stable,
        "z": packing.coordination,
        "unbalanced": unbalanced,
        "negative": int((forces <= 0).sum()),
        "steps": packing.steps,
        "gaps": packing.gaps[packing.gaps < 0.1],
        "forces_extended": forces[~weak],
        "forces_bucklers": forces[weak],
    }


def above(n: int, rng: np.random.Generator) -> dict[str, object]:
    """One packing at jamming, then compressed through all pressures."""
    state = packings.jam(n, pressure=1e-7, rng=rng)
    rows, spectra = (
        [(state.phi, state.pressure, state.energy, state.coordination, state.n_stable, np.nan, np.nan)],
        [],
    )
    for pressure in PRESSURES:
        state = packings.to_pressure(state, pressure)
        moduli = packings.elastic_moduli(state)
        rows.append(
            (
                state.phi,
                state.pressure,
                state.energy,
                state.coordination,
                state.n_stable,
                moduli.bulk,
                moduli.shear,
            )
        )
        if pressure in SPECTRA:
            density, _ = np.histogram(packings.frequencies(state), BINS)
            spectra.append(density / (density.sum() * np.diff(BINS)))
    names = ("phi", "pressure", "energy", "z", "stable", "bulk", "shear")
    return {name: np.array(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)} | {
        "spectra": np.array(spectra)
    }


def mean(values: pd.Series) -> list[float]:
    return [round(float(values.mean()), 6), round(float(values.std(ddof=1) / np.sqrt(len(values))), 6)]


def fits(frame: pd.DataFrame, column: str, windows: list[tuple[float, float]]) -> list[dict[str, float]]:
    """Exponents in all windows, samples resampled as a whole."""
    values = np.concatenate(list(frame[column]))
    groups = np.repeat(np.arange(len(frame)), [len(v) for v in frame[column]])
    keep = values > 0
    answer = []
    for low, high in windows:
        inside = np.count_nonzero((values >= low) & (values <= high) & keep)
        if inside >= 50:
            one = power_law.fit(values[keep], low=low, high=high, groups=groups[keep], bootstrap=100, rng=0)
            answer.append(
                {
                    "low": low,
                    "high": high,
                    "exponent": round(one.exponent, 4),
                    "error": round(one.error, 4),
                    "count": one.count,
                }
            )
    return answer


def main() -> None:
    sizes = AT_JAMMING | (PAPER if "--paper" in sys.argv[1:] else {})
    for (n, dimension, phi0), samples in sizes.items():
        grid = {"n": n, "dimension": dimension, "phi0": phi0}
        sweep(at_jamming, grid, seeds=samples, out=RAW / "at_jamming", root_seed=SEED, executor=1)
    sweep(above, {"n": ABOVE}, seeds=SAMPLES, out=RAW / "above", root_seed=SEED, executor=1)
    frame, chains = load(RAW / "at_jamming"), load(RAW / "above")
    table = [
        {
            "n": int(n), "dimension": int(d), "phi0": float(phi0), "samples": len(rows), "phi": mean(rows["phi"]),
            "z": mean(rows["z"]), "rattlers": mean(1 - rows["stable"] / n), "negative_forces": int(rows["negative"].sum()),
            "excess": {str(k): int(v) for k, v in rows["excess"].value_counts().sort_index().items()},
        }
        for (n, d, phi0), rows in frame.groupby(["n", "dimension", "phi0"])
    ]  # fmt: skip
    # With more contacts the state of self-stress is not unique, and the null vector is not the forces.
    unique = frame[(frame["excess"] == 0) & (frame["n"] >= 256)]
    flat = unique[(unique["dimension"] == 2) & (unique["phi0"] == 0.86)]
    solid = unique[(unique["dimension"] == 3) & (unique["phi0"] == 0.66)]
    exponents = {
        name: {
            "packings": len(rows),
            "gaps": fits(rows, "gaps", GAP_WINDOWS),
            "forces_extended": fits(rows, "forces_extended", FORCE_WINDOWS),
            "forces_bucklers": fits(rows, "forces_bucklers", FORCE_WINDOWS),
        }
        for name, rows in (("2d", flat), ("3d", solid))
    }
    answer = {
        "provenance": provenance(RAW / "at_jamming") | {"command": "python chapters/data/packings_jamming.py", "pressure": 1e-7},
        "at_jamming": table,
        "exponents": exponents,
        "above": {
            "provenance": provenance(RAW / "above"),
            "n": ABOVE,
            "samples": len(chains),
            **{name: np.round(np.stack(chains[name].tolist()), 10).tolist() for name in ("phi", "pressure", "energy", "z", "bulk", "shear")},
            "spectra": {"pressures": SPECTRA, "bins": BINS.round(3).tolist(), "mean": np.mean(np.stack(chains["spectra"].tolist()), axis=0).round(4).tolist(),
                        "error": (np.std(np.stack(chains["spectra"].tolist()), axis=0, ddof=1) / np.sqrt(len(chains))).round(4).tolist()},
        },
    }  # fmt: skip
    OUT.write_text(json.dumps(answer, indent=1).replace("NaN", "null") + "\n")


if __name__ == "__main__":
    main()
