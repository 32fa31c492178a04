"""What holds a jammed network: contacts, kinks and directions held by curvature, for chapters/jamming/deep-networks.

For two activations, three depths, two sizes and several loads P/N (N weights, biases not counted) the smallest margin of networks on random data with random labels is raised to a local
maximum, from random weights. Each state is certified (contacts + kinks - redundant + held + flat = D + 1, with forces that balance), or counted by the reason why not:

certified   a strict local maximum with a positive margin
collapsed   no positive margin: the output shrinks to zero on the patterns; the rule beyond capacity
open        anything else

Run from the repository's root: python chapters/data/jammed_networks.py [N ...]      (two hours on one core; with sizes 60 or 130, only these)
Finished states are kept in ``_data/jammed_networks``; an interrupted run goes on where it was. What is finished lies packed in ``chapters/data/parts``, and a fresh copy of
the repository goes on from there. With "summary": write the small result, and the packed file, from what is finished.
"""

from __future__ import annotations

import json
import shutil
import sys
import tarfile
from pathlib import Path
from typing import Any

import numpy as np

from learnscape.jamming import networks
from learnscape.sweeps import load, provenance, sweep

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
GAPS = 12  # the smallest ones are stored
NEAR = 0.05  # margin of a state that counts as next to the transition
RAW = Path("_data/jammed_networks")
PARTS = Path(__file__).parent / "parts" / "jammed_networks.tar.xz"
OUT = Path(__file__).parents[2] / "lib" / "learnscape" / "data" / "jammed_networks.json"


def jammed(activation: str, depth: int, size: int, load: float, rng: np.random.Generator) -> dict[str, Any]:
    """One state: what it rests on, its forces and its smallest gaps."""
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
    """Means over certified states by group, how the others ended, and the states next to the transition one by one."""
    table = load(RAW)
    groups = []
    for (activation, depth, size, at), part in table.groupby(["activation", "depth", "size", "load"]):
        good = part[part["outcome"] == "certified"]
        row: dict[str, Any] = {
            "activation": activation,
            "depth": int(depth),
            "size": int(size),
            "weights": int(part["weights"].iloc[0]),
            "directions": int(part["directions"].iloc[0]),
            "load": float(at),
            "tried": len(part),
        }
        row |= {name: int((part["outcome"] == name).sum()) for name in ("certified", "collapsed", "open")}
        for name in ("margin", "contacts", "kinks", "redundant", "held", "flat"):
            values = good[name].to_numpy(dtype=float)
            error = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else None
            row[name] = {
                "mean": round(float(values.mean()), 5) if len(values) else None,
                "error": None if error is None else round(float(error), 5),
            }
        groups.append(row)
    near = table[(table["outcome"] == "certified") & (table["margin"] < NEAR)]
    states = [
        {
            name: row[name] if isinstance(row[name], str) else float(f"{row[name]:.5g}")
            for name in ("activation", "depth", "size", "weights", "load", "margin", "directions")
        }
        | {name: int(row[name]) for name in ("contacts", "kinks", "redundant", "held", "flat")}
        | {name: [float(f"{x:.4g}") for x in row[name]] for name in ("forces", "gaps")}
        for _, row in near.sort_values(["activation", "depth", "size", "load", "margin"]).iterrows()
    ]
    made = provenance(RAW) | {"command": "python chapters/data/jammed_networks.py"}
    OUT.write_text(json.dumps({"provenance": made, "near": NEAR, "groups": groups, "states": states}) + "\n")
    pack()


def pack() -> None:
    """Put what is finished into one file, whose bytes depend on nothing else."""

    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.mtime = member.uid = member.gid = 0
        member.uname = member.gname = ""
        member.mode = 0o644
        return member

    PARTS.parent.mkdir(exist_ok=True)
    with tarfile.open(PARTS, "w:xz") as archive:
        for path in sorted([RAW / "sweep.json", *RAW.glob("parts/*.parquet")]):
            archive.add(path, path.relative_to(RAW), filter=plain)


def main(sizes: list[int]) -> None:
    if PARTS.exists() and not RAW.exists():
        shutil.unpack_archive(PARTS, RAW)
    for size in sizes:
        for some in (6, SEEDS[size]):  # every group gets a few states first
            for activation, by_depth in LOADS.items():
                for depth, loads in by_depth.items():
                    grid = {"activation": activation, "depth": depth, "size": size, "load": list(loads)}
                    sweep(
                        jammed, grid, seeds=some, out=RAW, root_seed=1809, executor="serial", progress=False
                    )
    if not RAW.exists():
        raise SystemExit(f"nothing finished in {RAW}: the stored result is kept")
    summary()


if __name__ == "__main__":
    words = sys.argv[1:]
    main([] if words == ["summary"] else [int(word) for word in words] or [60, 130])
