"""What holds a jammed network: contacts, kinks and directions held by curvature, for chapters/jamming/deep-networks.

For two activations, three depths, two sizes and several loads P/N (N weights, biases not counted) the smallest margin of networks on random data with random labels is raised to a local
maximum, from random weights. Each state is certified (contacts + kinks - redundant + held + flat = D + 1, with forces that balance), or counted by the reason why not:

certified   a strict local maximum with a positive margin
collapsed   no positive margin: the output shrinks to zero on the patterns; the rule beyond capacity
open        anything else

Near capacity many of these climbs collapse. So there is a second table for ReLU: networks that Adam has trained until no pattern is misclassified, at loads where few are, and
the climb from there. What it leaves out is counted too: the runs of Adam that failed.

Run from the repository's root:

    python chapters/data/jammed_networks.py              (several hours on one core)
    python chapters/data/jammed_networks.py random 60    (one table, one size)
    python chapters/data/jammed_networks.py trained

Finished states are kept in ``_data/jammed_networks``; an interrupted run goes on where it was. What is finished lies packed in ``chapters/data/parts``, and a fresh copy of
the repository goes on from there. With "summary": write the small result, and the packed file, from what is finished.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from learnscape.jamming import networks
from learnscape.sweeps import load, pack, provenance, sweep, unpack

SHAPES = {  # by depth and size: inputs, width
    (1, 60): (8, 6),
    (2, 60): (6, 5),
    (3, 60): (6, 4),
    (1, 130): (12, 10),
    (2, 130): (8, 8),
    (3, 130): (8, 6),
}
LOADS = {
    "relu": {1: (1.4, 1.8, 2.2, 2.5), 2: (1.2, 1.6, 2.0, 2.3), 3: (1.0, 1.3, 1.6, 1.9)},
    "tanh": {1: (1.8, 2.2, 2.6, 2.9), 2: (1.6, 2.0, 2.4, 2.8), 3: (1.4, 1.8, 2.2, 2.5)},
}
SEEDS = {60: 24, 130: 12}
TRAINED = {  # by size: loads by depth, and draws
    60: ({1: (1.6, 1.9, 2.2), 2: (1.6, 2.0, 2.4), 3: (1.2, 1.6, 2.0)}, 150),
    130: ({1: (1.8, 2.1, 2.4), 2: (1.8, 2.1, 2.4), 3: (1.6, 2.0, 2.4)}, 60),
}
STEPS = 100_000  # of Adam, at most: the rate 2e-3, falling by three decades after three fifths of them
GAPS = 12  # the smallest ones are stored
OPTIONS: dict[str, Any] = {"root_seed": 1809, "executor": "serial", "progress": False, "on_change": "keep"}
RAW = Path("_data/jammed_networks")
PARTS = Path(__file__).parent / "parts" / "jammed_networks.tar.xz"
OUT = Path(__file__).parents[2] / "lib" / "learnscape" / "data" / "jammed_networks.json"


def jammed(activation: str, depth: int, size: int, load: float, rng: np.random.Generator) -> dict[str, Any]:
    """One state from random weights: what it rests on, its forces and its smallest gaps."""
    inputs, width = SHAPES[depth, size]
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
    return described(state, weights)


def from_trained(depth: int, size: int, load: float, rng: np.random.Generator) -> dict[str, Any]:
    """The same from a network that Adam has trained; ``training`` says how that ended, and everything else is empty if it failed."""
    inputs, width = SHAPES[depth, size]
    network = networks.HingeNetwork(inputs, width, depth, rng=rng)
    x, y = networks.random_data(round(load * network.n_weights), inputs, rng=rng)
    schedule = networks.annealed(2e-3, steps=STEPS, final=2e-6, hold=0.6)
    run = networks.train(network, x, y, steps=STEPS, learning_rate=schedule, rescale=True)
    left = run.n_unsatisfied - networks.diagnose(run.network, x, y).n_flat_unsatisfied
    how = {"training": run.outcome, "unsatisfied": run.n_unsatisfied, "not_flat": left}
    if run.outcome != "satisfied":
        nothing = {"margin": 0.0, "residual": 0.0, "forces": np.empty(0), "gaps": np.empty(0)}
        counts = ("contacts", "kinks", "redundant", "held", "flat", "directions", "iterations")
        named = {"weights": network.n_weights, "outcome": "untrained", "problem": ""}
        return how | named | nothing | dict.fromkeys(counts, 0)
    state = networks.jam(
        inputs, width, depth, patterns=(x, y), start=run.network, rng=rng, on_failure="return"
    )
    return how | described(state, network.n_weights)


def described(state: networks.JammedNetwork, weights: int) -> dict[str, Any]:
    """What is kept of a state."""
    if state.interrupted:
        raise KeyboardInterrupt
    return {
        "weights": weights,
        "outcome": "certified"
        if state.converged
        else "collapsed"
        if "no positive margin" in state.problem or "vanishes" in state.problem
        else "open",
        "problem": state.problem,
        "margin": state.margin,
        "residual": state.residual,
        "contacts": len(state.contacts),
        "kinks": len(state.kinks),
        "redundant": state.redundant,
        "held": state.held,
        "flat": state.flat,
        "directions": state.directions,
        "forces": np.sort(state.forces),
        "gaps": state.open_gaps[:GAPS],
        "iterations": state.iterations,
    }


def summary() -> None:
    """Means over certified states by group, how the others ended, and the states one by one."""
    tables = {
        "random": (RAW / "random", ["activation", "depth", "size", "load"]),
        "trained": (RAW / "trained", ["depth", "size", "load"]),
    }
    result: dict[str, Any] = {
        "provenance": {
            "command": "python chapters/data/jammed_networks.py",
            **{name: provenance(folder) for name, (folder, _) in tables.items()},
        }
    }
    for name, (folder, keys) in tables.items():
        table = load(folder)
        result[name] = {
            "groups": [
                group(dict(zip(keys, values, strict=True)), part) for values, part in table.groupby(keys)
            ],
            "states": states(table[table["outcome"] == "certified"], keys),
        }
    text = json.dumps(result, separators=(",", ":"), allow_nan=False).replace('{"', '\n{"') + "\n"
    OUT.write_text(text)
    pack(RAW, PARTS)


def group(point: dict[str, Any], part: pd.DataFrame) -> dict[str, Any]:
    """One group: how its climbs ended, means and standard errors over the certified states."""
    good = part[part["outcome"] == "certified"]
    row = {name: value if isinstance(value, str) else float(value) for name, value in point.items()}
    row |= {"depth": int(point["depth"]), "size": int(point["size"]), "weights": int(part["weights"].iloc[0])}
    row |= {"directions": int(part["directions"].max()), "tried": len(part)}
    endings = ["certified", "collapsed", "open"]
    if "training" in part:
        row["flat_only"] = int(((part["outcome"] == "untrained") & (part["not_flat"] == 0)).sum())
        endings.append("untrained")
    row |= {name: int((part["outcome"] == name).sum()) for name in endings}
    for name in ("margin", "contacts", "kinks", "redundant", "held", "flat"):
        values = good[name].to_numpy(dtype=float)
        error = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else None
        row[name] = {
            "mean": round(float(values.mean()), 5) if len(values) else None,
            "error": None if error is None else round(float(error), 5),
        }
    return row


def states(table: pd.DataFrame, keys: list[str]) -> list[dict[str, Any]]:
    """The certified states one by one."""
    return [
        {
            name: row[name] if isinstance(row[name], str) else float(f"{row[name]:.5g}")
            for name in (*keys, "margin")
        }
        | {
            name: int(row[name])
            for name in (
                "depth",
                "size",
                "weights",
                "directions",
                "contacts",
                "kinks",
                "redundant",
                "held",
                "flat",
            )
        }
        | {name: [float(f"{x:.4g}") for x in row[name][:GAPS]] for name in ("forces", "gaps")}
        for _, row in table.sort_values([*keys, "margin"]).iterrows()
    ]


def random_starts(sizes: list[int]) -> None:
    for size in sizes:
        for some in (6, SEEDS[size]):  # every group gets a few states first
            for activation, by_depth in LOADS.items():
                for depth, loads in by_depth.items():
                    grid = {"activation": activation, "depth": depth, "size": size, "load": list(loads)}
                    sweep(jammed, grid, seeds=some, out=RAW / "random", **OPTIONS)


def trained_starts(sizes: list[int]) -> None:
    for size in sizes:
        by_depth, draws = TRAINED[size]
        for some in range(10, draws + 1, 10):
            for depth, loads in by_depth.items():
                grid = {"depth": depth, "size": size, "load": list(loads)}
                sweep(from_trained, grid, seeds=some, out=RAW / "trained", **OPTIONS)


def main(words: list[str]) -> None:
    unpack(PARTS, RAW)
    sizes = [int(word) for word in words if word.isdigit()] or [60, 130]
    tables = [word for word in words if word in ("random", "trained")]
    if words != ["summary"]:
        for name in tables or ("random", "trained"):
            {"random": random_starts, "trained": trained_starts}[name](sizes)
    if not RAW.exists():
        raise SystemExit(f"nothing finished in {RAW}: the stored result is kept")
    summary()


if __name__ == "__main__":
    main(sys.argv[1:])
