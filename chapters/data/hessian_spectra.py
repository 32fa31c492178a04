"""Spectra of H, H0 and Hp where hinge networks end their training, and of jammed networks, for chapters/jamming/hessian-spectra.

*End points.* Random data. Full-batch Adam in float64, learning rate 3e-3 during the first 30 per cent of the steps, then falling exponentially by four
decades; a run without misclassified patterns is SAT. Stored are counts for every run, and all eigenvalues of two that are stuck (V = 1, the loss has stopped).

*Jammed.* Local maxima of the smallest margin from random weights (``networks.jam``): how stiffly curvature holds the directions that contacts and kinks leave free.
Of states without a certificate only the margin is kept.

Run from the repository's root: python chapters/data/hessian_spectra.py        (about 10 minutes on one core)
                                python chapters/data/hessian_spectra.py --paper   (10 million steps; not run here)
Finished points are kept in ``_data/hessian_spectra``; an interrupted run goes on where it was.
"""

from __future__ import annotations

import json
import math
import platform
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pandas as pd

import learnscape
from learnscape.jamming import networks, spectra
from learnscape.sweeps import sweep

ROOT_SEED = 2019
OUT = Path(__file__).parents[2] / "lib" / "learnscape" / "data" / "hessian_spectra.json"
RAW = Path("_data/hessian_spectra")
STEPS, PAPER_STEPS = 150_000, 10_000_000
SEEDS = 2
ARCHITECTURES = {  # depth, inputs, width -> loads P / N
    (2, 14, 14): [2.6, 3.0, 3.2, 3.6],
}
# depth, load and seed of the runs whose eigenvalues are stored
PUBLISHED = [(2, 3.0, 0), (2, 3.6, 0)]
JAMMED = {  # activation, depth, inputs, width -> load P / N
    ("tanh", 1, 8, 6): 2.0,
    ("tanh", 2, 4, 4): 2.0,
    ("tanh", 2, 6, 5): 2.0,
    ("relu", 1, 8, 6): 1.6,
    ("relu", 2, 6, 5): 1.6,
}
JAMMED_SEEDS = 16


def end_point(
    depth: int, inputs: int, width: int, load: float, steps: int, rng: np.random.Generator
) -> dict[str, Any]:
    """Train one network and diagonalise the Hessian where it ends."""
    network = networks.HingeNetwork(inputs, width, depth, rng=rng)
    x, y = networks.random_data(round(load * network.n_weights), inputs, rng=rng)
    if steps == PAPER_STEPS:
        rate: Any = networks.stepwise(1e-4, every=250_000, floor=1e-7)
    else:
        rate = networks.annealed(3e-3, steps=steps, final=3e-7, hold=0.3)
    run = networks.train(network, x, y, steps=steps, learning_rate=rate, rescale=True)
    report = networks.diagnose(run.network, x, y)
    result = {
        "n_weights": network.n_weights,
        "n_parameters": network.n_parameters,
        "n_hidden": network.n_hidden,
        "p": len(y),
        "outcome": run.outcome,
        "loss": run.loss,
        "virial": math.nan if run.virial is None else run.virial,
        "decay": min(run.decay, 999.0),
        "gradient_norm": run.gradient_norm,
        "n_unsatisfied": run.n_unsatisfied,
        "n_flat": report.n_flat_unsatisfied,
        "n_errors": report.n_errors,
        "kinks": next(count for t, count, _ in report.kinks if t == 1e-5),
        "kinks_expected": next(smooth for t, _, smooth in report.kinks if t == 1e-5),
    }
    empty = np.zeros(0)
    if run.n_unsatisfied == 0:
        return result | {"rank": 0, "n_minus": 0, "n_plus": 0, "n_negative": 0, "rms_Hp": 0.0, "largest_H0": 0.0, "trace_Hp": 0.0,
                         "gap": 0.0, "lowest": 0.0, "H": empty, "H0": empty, "Hp": empty}  # fmt: skip
    parts = run.network.hessian(x, y)
    split = spectra.split(parts.H0, parts.Hp)
    return result | {
        "rank": split.rank_H0,
        "n_minus": split.negative_Hp,
        "n_plus": split.positive_Hp,
        "n_negative": split.negative_H,
        "rms_Hp": float(np.sqrt(np.mean(split.Hp**2))),
        "largest_H0": float(split.H0[-1]),
        "trace_Hp": split.trace_Hp,
        "gap": split.gap,
        "lowest": float(split.H[0]),
        "H": split.H,
        "H0": split.H0,
        "Hp": split.Hp,
    }


def jammed(
    activation: str, depth: int, inputs: int, width: int, load: float, rng: np.random.Generator
) -> dict[str, Any]:
    """One local maximum of the smallest margin: what holds it, and the stiffness of the directions held by curvature, ascending."""
    weights = inputs * width + (depth - 1) * width**2 + width
    state = networks.jam(
        inputs,
        width,
        depth,
        round(load * weights),
        activation=activation,  # type: ignore[arg-type]
        rng=rng,
        on_failure="return",
    )
    if state.interrupted:
        raise KeyboardInterrupt
    return {
        "n_weights": weights,
        "certified": state.converged,
        "margin": state.margin,
        "directions": state.directions,
        "contacts": len(state.contacts),
        "kinks": len(state.kinks),
        "redundant": state.redundant,
        "held": state.held,
        "flat": state.flat,
        "stiffness": -state.curvature[: state.held][::-1],
    }


def jammed_states() -> list[dict[str, Any]]:
    """For every shape the certified states, and how many were tried."""
    points = [
        {"activation": activation, "depth": depth, "inputs": inputs, "width": width, "load": load}
        for (activation, depth, inputs, width), load in JAMMED.items()
    ]
    frame = sweep(
        jammed, points, seeds=JAMMED_SEEDS, out=RAW / "jammed", executor="serial", root_seed=ROOT_SEED
    )
    groups = []
    for point in points:
        part = frame[(frame[list(point)] == pd.Series(point)).all(axis=1) & (frame.seed < JAMMED_SEEDS)]
        good = part[part.certified]
        states = [
            {name: int(row[name]) for name in ("contacts", "kinks", "redundant", "held", "flat")}
            | {"margin": float(f"{row.margin:.4g}"), "stiffness": [float(f"{v:.4g}") for v in row.stiffness]}
            for _, row in good.iterrows()
        ]
        sizes = {name: int(part[name].iloc[0]) for name in ("n_weights", "directions")}
        without = [
            float(f"{margin:.3g}") for margin in part.margin[~part.certified.astype(bool)]
        ]  # no certificate
        groups.append(point | sizes | {"tried": len(part), "states": states, "without": without})
    return groups


def main(paper: bool = False) -> None:
    start = time.perf_counter()
    points = [
        {
            "depth": depth,
            "inputs": inputs,
            "width": width,
            "load": load,
            "steps": PAPER_STEPS if paper else STEPS,
        }
        for (depth, inputs, width), loads in ARCHITECTURES.items()
        for load in loads
    ]
    frame = sweep(
        end_point,
        points,
        seeds=SEEDS,
        out=RAW / ("paper" if paper else "here"),
        executor="serial",
        root_seed=ROOT_SEED,
    )
    if paper:
        return
    groups = jammed_states()
    rows = frame.drop(columns=["H", "H0", "Hp", "steps"]).to_dict(orient="records")
    keep = []
    for depth, load, seed in PUBLISHED:
        row = frame[(frame.depth == depth) & (frame.load == load) & (frame.seed == seed)].iloc[0]
        keep.append(
            {
                "depth": depth,
                "load": load,
                "seed": seed,
                "n_weights": int(row.n_weights),
                "n_parameters": int(row.n_parameters),
                "n_unsatisfied": int(row.n_unsatisfied),
                "p": int(row.p),
                **{name: [float(f"{v:.6g}") for v in row[name]] for name in ("H", "H0", "Hp")},
            }
        )
    provenance = {
        "what": "counts and eigenvalues of H, H0, Hp at the end of training hinge networks on random data",
        "command": "python chapters/data/hessian_spectra.py",
        "root_seed": ROOT_SEED,
        "sizes": {f"L={d}, d={i}, h={h}": loads for (d, i, h), loads in ARCHITECTURES.items()},
        "samples": SEEDS,
        "jammed_samples": JAMMED_SEEDS,
        "steps": STEPS,
        "learnscape": learnscape.__version__,
        "numpy": np.__version__,
        "numba": numba.__version__,
        "python": platform.python_version(),
        "date": date.today().isoformat(),
        "seconds": round(sum(row["seconds"] for row in rows)),
    }
    rows = [
        {k: (float(f"{v:.6g}") if isinstance(v, float) else v) for k, v in row.items()}
        | {"virial": None if math.isnan(row["virial"]) else float(f"{row['virial']:.6g}")}
        for row in rows
    ]
    stored = {"provenance": provenance, "runs": rows, "eigenvalues": keep, "jammed": groups}
    text = json.dumps(stored, allow_nan=False)
    OUT.write_text(text + "\n")
    print(f"{len(rows)} runs, {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main("--paper" in sys.argv[1:])
