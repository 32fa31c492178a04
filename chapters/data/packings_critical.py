"""Many packings of discs at jamming, for the exponents of gaps and of forces; and the softest modes of larger ones. For chapters/jamming/packings.

At jamming (pressure 1e-8): N = 64 to 512. Only packings with one state of self-stress are used, the others are counted. Each contact is opened by linear response,
which says whether the motion extends or stays with a buckler. Above jamming: all frequencies of packings of 1024 discs at several pressures.

Run from the repository's root: python chapters/data/packings_critical.py        (about 15 minutes on one core)
With --collect: the stored result from what is finished. The raw results stay in _data/, which git ignores.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from learnscape.jamming import packings
from learnscape.sweeps import sweep

SEED = 2003
PRESSURE = 1e-8
SAMPLES = {64: 4000, 128: 2000, 256: 300, 512: 60}
ABOVE, PACKINGS = 1024, 8
PRESSURES = [1e-4, 3e-4, 1e-3, 3e-3, 1e-2]
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
        sweep(at_jamming, grid, seeds=samples, out=RAW / "at_jamming", root_seed=SEED, executor=1)


if __name__ == "__main__":
    if "--collect" not in sys.argv[1:]:
        measure()
