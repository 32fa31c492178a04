"""Hinge networks across their jamming transition, for chapters/jamming/deep-networks and hessian-spectra.

Eight tables, each a sweep of its own; finished points are kept in ``_data/deep_jamming`` and never computed twice. Those of the last runs lie packed in
``chapters/data/parts``, and a fresh copy of the repository goes on from there.

transition  which loads P / N of random data are learned at depth 2, 3 and 5 and how that moves with the number of training steps; with the counts of the stability argument at every end point
wide        the same for wider networks, two draws, 6e5 steps
fives       the same at depth 5 with fourteen neurons in a layer: is ten too narrow?
line        N*(P): the smallest network that still learns P random patterns, by bisection in the width
digits      the same for the images of scikit-learn's digits (parity), beside random data of the same dimension
shifted     N*(P) for digits that are also shifted by a pixel, in networks at least 12 neurons wide: does the depth matter?
trained_on  whether the last jammed stage of a network that loses pattern after pattern is a minimum: its virial, and what more training does
avalanches  what changes when one pattern is added to a network that has just learned all others; none is dropped

Run from the repository's root:

    python chapters/data/deep_jamming.py transition line ...        (all tables without arguments)
    python chapters/data/deep_jamming.py --paper transition   (sizes and steps of the paper: weeks on one core, not run here)

Protocol: full-batch Adam in float64, learning rate 2e-3 during the first 60 per cent of the steps, then falling exponentially by three decades.
A run is SAT as soon as no pattern is misclassified (the last layer is then rescaled, which makes N_Delta = 0). Flat patterns, which
switch off a whole layer, are counted apart.
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
from learnscape.jamming import networks
from learnscape.patterns import digits
from learnscape.sweeps import pack, sweep, unpack

ROOT_SEED = 1809
OUT = Path(__file__).parents[2] / "lib" / "learnscape" / "data" / "deep_jamming.json"
RAW = Path("_data/deep_jamming")
PARTS = Path(__file__).parent / "parts" / "deep_jamming.tar.xz"
RATE, DECADES, HOLD = 2e-3, 3, 0.6

# What was run here, and the paper's sizes with its 10 million steps at the learning rate 1e-4 (commands of its public code).
HERE: dict[str, dict[str, Any]] = {
    "transition": {
        "architectures": [(2, 14), (3, 12), (5, 10)],
        "loads": {2: [2.6, 2.8, 3.0, 3.2], 3: [2.4, 2.6, 2.8, 3.0], 5: [2.0, 2.3, 2.6, 2.9]},
        "draws": 12,
        "steps": [20_000, 100_000, 600_000],
    },
    "wide": {
        "architectures": [(2, 20), (3, 16), (5, 20)],
        "loads": {depth: [2.4, 2.8, 3.0, 3.2] for depth in (2, 3, 5)},
        "draws": 2,
        "steps": [600_000],
    },
    "fives": {
        "architectures": [(5, 14)],
        "loads": {5: [2.3, 2.6, 2.9, 3.2]},
        "draws": 4,
        "steps": [600_000],
    },
    "line": {"depth": [2, 3], "p": [500, 1000, 2000], "seeds": 2, "steps": 400_000},
    "digits": {"depth": [1, 2, 3], "p": [500, 1000, 1780], "seeds": 2, "steps": 40_000},
    "shifted": {
        "points": [("digits", 4500, 10), ("digits", 8900, 20), ("random", 1500, 20), ("digits", 8900, 10)],
        "depth": [1, 2, 3],
        "seeds": 2,
        "steps": 60_000,
    },
    "trained_on": {
        "architectures": [(2, 16), (3, 14)],
        "load": 3.0,
        "steps": 5_000,
        "more": 100_000,
        "seeds": 5,
    },
    "avalanches": {"runs": {10: 8, 14: 6, 20: 3}, "first": 2.0, "last": 3.0, "steps": 100_000},
}
PAPER: dict[str, dict[str, Any]] = {
    "transition": {
        "architectures": [(2, 62), (3, 51), (5, 40)],
        "loads": {depth: [2.8, 2.85, 2.9, 2.95, 3.0, 3.05, 3.1, 3.15, 3.2, 3.25, 3.3] for depth in (2, 3, 5)},
        "draws": 12,
        "steps": [10_000_000],
    },
    "line": {"depth": [5], "p": [500, 2000, 8000, 20_000, 60_000], "seeds": 1, "steps": 2_000_000},
}


def end_point(
    depth: int,
    width: int,
    load: float,
    draw: int,
    steps: int,
    paper: bool = False,
    rng: np.random.Generator | None = None,
) -> dict[str, Any]:
    """Train a network of d = h on P = load * N random patterns and describe where it ends.

    Network and patterns depend on everything but the steps: the same problem is tried with several budgets.
    """
    problem = np.random.default_rng([ROOT_SEED, depth, width, round(1000 * load), draw])
    network = networks.HingeNetwork(width, width, depth, rng=problem)
    p = round(load * network.n_weights)
    x, y = networks.random_data(p, width, rng=problem)
    return described(network, x, y, steps, paper)


def described(network: Any, x: Any, y: Any, steps: int, paper: bool = False) -> dict[str, Any]:
    """Train by the protocol and report outcome, virial, counts and, for an unsatisfied end, the spectra."""
    start = time.perf_counter()
    if paper:
        schedule = networks.stepwise(1e-4, every=250_000, floor=1e-7)
    else:
        schedule = networks.annealed(RATE, steps=steps, final=RATE * 10.0**-DECADES, hold=HOLD)
    run = networks.train(network, x, y, steps=steps, learning_rate=schedule, rescale=not paper)
    seconds = time.perf_counter() - start
    report = networks.diagnose(run.network, x, y)
    flat = report.n_flat_unsatisfied
    half = int(np.searchsorted(run.trace.step, run.steps / 2))
    result = {
        "n_weights": network.n_weights,
        "n_parameters": network.n_parameters,
        "p": len(y),
        "outcome": run.outcome,
        "n_unsatisfied": run.n_unsatisfied,
        "n_flat": flat,
        "n_errors": report.n_errors,
        "loss": run.loss,
        "loss_halfway": float(run.trace.loss[min(half, len(run.trace.loss) - 1)]),
        "virial": number(run.virial),
        "decay": min(run.decay, 999.0),
        "gradient_norm": run.gradient_norm,
        "steps_made": run.steps,
        "train_seconds": seconds,
        "kinks": next(count for t, count, _ in report.kinks if t == 1e-5),
        "kinks_expected": next(smooth for t, _, smooth in report.kinks if t == 1e-5),
        "rank": 0,
        "n_minus": 0,
        "n_plus": 0,
        "n_negative": 0,
        "n_effective": networks.n_effective(run.network, x),
    }
    if run.n_unsatisfied > flat:
        counts = networks.stability(run.network, x, y)
        result |= {
            "rank": counts.rank,
            "n_minus": counts.n_minus,
            "n_plus": counts.n_plus,
            "n_negative": counts.n_negative,
        }
    return result


def threshold(
    depth: int,
    p: int,
    data: str,
    steps: int,
    rng: np.random.Generator,
    paper: bool = False,
    d: int | None = None,
    narrowest: int = 2,
) -> dict[str, Any]:
    """N* at given P: bisection in the width between one that learns everything and one that does not.

    Not learned means N_Delta > 0.1 N, the criterion of the paper; so a network in which a layer has died has not learned. Without
    ``d``, data "random" have d = h, "random10" and digits d = 10. Of more patterns than there are digits, four fifths are shifted by a pixel. No network is narrower than
    ``narrowest``; if that one learns, ``n_fails`` is 0 and N* at most ``n_learns``.
    """
    tried: dict[int, tuple[bool, int, int]] = {}
    if d is None and data != "random":
        d = 10

    def learns(width: int) -> bool:
        if width not in tried:
            inputs = width if d is None else d
            network = networks.HingeNetwork(inputs, width, depth, rng=rng)
            if data == "digits":
                images = digits(inputs, train=p, shifted=p > 1781, rng=rng)
                x, y = images.x_train, images.y_train
            else:
                x, y = networks.random_data(p, inputs, rng=rng)
            end = described(network, x, y, steps, paper)
            left = end["n_unsatisfied"]
            tried[width] = (bool(left <= 0.1 * network.n_weights), network.n_weights, left)
        return tried[width][0]

    guess = 3.2 if data != "digits" else 6.0 if d == 10 else 16.0
    low = high = max(narrowest, smallest_width(p / guess, depth, d))
    while learns(low) and low > narrowest:
        low = max(narrowest, low - max(1, low // 8))
    while not learns(high):
        high += max(1, high // 8)
    low = max((w for w in tried if not tried[w][0]), default=0)
    high = min(w for w in tried if tried[w][0] and w > low)
    while low and high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if learns(middle) else (middle, high)
    return {
        "width": high,
        "n_learns": tried[high][1],
        "n_fails": tried[low][1] if low else 0,
        "jump": tried[low][2] / tried[low][1] if low else 0.0,
        "runs": len(tried),
    }


def smallest_width(weights: float, depth: int, d: int | None) -> int:
    """Smallest h with at least so many weights (d = h if d is None)."""
    h = 2
    while (h if d is None else d) * h + (depth - 1) * h * h + h < weights:
        h += 1
    return h


def avalanches(width: int, first: float, last: float, steps: int, rng: np.random.Generator) -> dict[str, Any]:
    """Add patterns one by one to a network of L = 2, d = h; let Adam (rate 1e-4) satisfy all again after each.

    One entry for every pattern that was not satisfied at once: load, steps, distance of the parameters before and after, their length before, hidden
    activations that flipped (over all patterns known by then), and the largest N_Delta on the way. The first pattern that is not learned within ``steps``
    ends the run and stays in the list as its last entry: ``censored`` says so.
    """
    network = networks.HingeNetwork(width, width, 2, rng=rng)
    n = network.n_weights
    x, y = networks.random_data(round(last * n), width, rng=rng)
    known = round(first * n)
    schedule = networks.annealed(RATE, steps=steps, final=RATE * 10.0**-DECADES, hold=HOLD)
    run = networks.train(network, x[:known], y[:known], steps=steps, learning_rate=schedule)
    found: list[tuple[float, ...]] = []
    at_once = 0
    started = run.n_unsatisfied == 0
    while known < len(y) and run.n_unsatisfied == 0:
        known += 1
        if run.network.delta(x[known - 1 : known], y[known - 1 : known])[0] <= 0:
            at_once += 1
            continue
        before = run.network
        run = networks.train(before, x[:known], y[:known], steps=steps, learning_rate=1e-4)
        moved = np.linalg.norm(run.network.parameters - before.parameters)
        flips = np.count_nonzero(active(run.network, x[:known]) != active(before, x[:known]))
        peak = run.trace.n_unsatisfied.max()
        found.append((known / n, run.steps, moved, np.linalg.norm(before.parameters), flips, peak))
    table = np.array(found, dtype=float).reshape(-1, 6)
    names = ("load", "adam_steps", "displacement", "length", "flips", "peak")
    return {
        "n_weights": n,
        "started": started,
        "reached": known / n,
        "at_once": at_once,
        "censored": bool(started and run.n_unsatisfied > 0),
        **{name: table[:, k] for k, name in enumerate(names)},
    }


def active(network: Any, x: Any) -> np.ndarray:
    """Which hidden neurons are on for which patterns, shape (P, neurons)."""
    on = []
    for matrix in network.layers()[:-1]:
        z = x @ matrix[:, :-1].T + matrix[:, -1]
        on.append(z > 0)
        x = np.maximum(z, 0)
    return np.concatenate(on, axis=1)


def trained_on(
    depth: int, width: int, load: float, steps: int, more: int, rng: np.random.Generator
) -> dict[str, Any]:
    """Take patterns away from a jammed network until none is misclassified; is the last jammed stage a minimum? Train on from there.

    Stages of 1.5 per cent with ``steps`` steps each, which is what a first edition of the chapter did and took for minima. Reports the virial of
    the last stage that still had errors, and how it ends after at most ``more`` further steps.
    """
    network = networks.HingeNetwork(width, width, depth, rng=rng)
    n = network.n_weights
    x, y = networks.random_data(round(load * n), width, rng=rng)
    schedule = networks.annealed(RATE, steps=6 * steps, final=RATE * 10.0**-DECADES, hold=HOLD)
    run = networks.train(network, x, y, steps=6 * steps, learning_rate=schedule, rescale=True)
    keep = rng.permutation(len(y))
    jammed, before = None, keep
    for _ in range(30):
        report = networks.diagnose(run.network, x[keep], y[keep])
        flat = report.n_flat_unsatisfied
        if report.n_errors <= flat or run.n_unsatisfied - flat < 0.1 * n:
            break
        jammed, before = run, keep
        keep = keep[: -max(1, round(0.015 * len(keep)))]
        schedule = networks.annealed(5e-4, steps=steps, final=5e-8, hold=HOLD)
        run = networks.train(jammed.network, x[keep], y[keep], steps=steps, learning_rate=schedule)
    if jammed is None:
        return {
            "n_weights": n,
            "last_load": 0.0,
            "n_unsatisfied": 0,
            "virial": math.nan,
            "outcome": "never jammed",
            "virial_after": math.nan,
            "steps_made": 0,
        }
    schedule = networks.annealed(RATE, steps=more, final=RATE * 10.0**-DECADES, hold=HOLD)
    end = networks.train(
        jammed.network, x[before], y[before], steps=more, learning_rate=schedule, rescale=True
    )
    return {
        "n_weights": n,
        "last_load": len(before) / n,
        "n_unsatisfied": jammed.n_unsatisfied,
        "virial": number(jammed.virial),
        "outcome": end.outcome,
        "virial_after": number(end.virial),
        "steps_made": end.steps,
    }


def number(value: float | None) -> float:
    """NaN for None, which a table of numbers can't hold; the stored file has null."""
    return math.nan if value is None else value


def swept(name: str, function: Any, batches: list[tuple[list[dict[str, Any]], int]], paper: bool) -> None:
    """One sweep for each batch (points, repetitions); all that is finished by then is stored after each, so that it can be stopped and used at any time."""
    done: list[pd.DataFrame] = []
    for number_of, (points, seeds) in enumerate(batches, 1):
        frame = sweep(
            function,
            points,
            seeds=seeds,
            out=RAW / (f"{name}_paper" if paper else name),
            executor="serial",
            root_seed=ROOT_SEED,
            on_change="keep",
        )
        print(f"{name}: batch {number_of} of {len(batches)} done", flush=True)
        frame = frame[frame.seed < seeds]  # the folder may hold more, of other tables
        done.append(frame.merge(pd.DataFrame(points), on=list(points[0])))
        keys = [*points[0], "seed"]
        store(name, pd.concat(done).drop_duplicates(keys, ignore_index=True), paper)


def run(name: str, paper: bool) -> None:
    table = (PAPER if paper else HERE)[name]
    extra = {"paper": True} if paper else {}
    function: Any
    if name in ("transition", "wide", "fives"):
        function = end_point
        batches = [
            (
                [
                    {"depth": depth, "width": width, "load": load, "draw": draw, "steps": steps} | extra
                    for depth, width in table["architectures"]
                    for load in table["loads"][depth]
                    for steps in table["steps"]
                ],
                1,
            )
            for draw in range(table["draws"])
        ]
    elif name == "shifted":
        function = threshold
        points = [
            {"depth": depth, "p": p, "data": data, "steps": table["steps"], "d": d, "narrowest": 12}
            for data, p, d in table["points"]
            for depth in table["depth"]
        ]
        batches = [(points[:9], 1), (points[:9], 2), (points, 1), (points, 2)]  # the longest ones last
    elif name in ("line", "digits"):
        function = threshold
        points = [
            {"depth": depth, "p": p, "data": data, "steps": table["steps"]} | extra
            for depth in table["depth"]
            for p in table["p"]
            for data in (["random"] if name == "line" else ["digits", "random10"])
        ]
        batches = repeated(points, table["seeds"])
    elif name == "trained_on":
        function = trained_on
        points = [
            {"depth": d, "width": w, "load": table["load"], "steps": table["steps"], "more": table["more"]}
            for d, w in table["architectures"]
        ]
        batches = repeated(points, table["seeds"])
    else:
        function = avalanches
        point = {key: table[key] for key in ("first", "last", "steps")}
        batches = [([{"width": width} | point], seeds) for width, seeds in table["runs"].items()]
    swept(name, function, batches, paper)


def repeated(points: list[dict[str, Any]], seeds: int) -> list[tuple[list[dict[str, Any]], int]]:
    """One repetition of every point before the next."""
    return [(points, repetition) for repetition in range(1, seeds + 1)]


def rounded(value: Any) -> Any:
    """Plain numbers of five digits for the stored file."""
    if isinstance(value, np.ndarray):
        return [rounded(one) for one in value.tolist()]
    if isinstance(value, float | np.floating) and math.isnan(value):
        return None
    if isinstance(value, float):
        return float(f"{value:.5g}")
    return (
        value.item()
        if isinstance(value, np.generic) and not isinstance(value.item(), float)
        else (float(f"{value:.5g}") if isinstance(value, np.floating) else value)
    )


def store(name: str, frame: pd.DataFrame, paper: bool) -> None:
    """Put the table into the stored file, beside the others."""
    out = OUT.with_stem(OUT.stem + "_paper") if paper else OUT
    stored = json.loads(out.read_text()) if out.exists() else {}
    rows = frame
    stored[name] = {
        "provenance": {
            "what": next(line for line in (__doc__ or "").splitlines() if line.startswith(name)).split(
                maxsplit=1
            )[1],
            "command": f"python chapters/data/deep_jamming.py {'--paper ' if paper else ''}{name}",
            "protocol": {
                "table": (PAPER if paper else HERE)[name],
                "learning_rate": RATE,
                "decades": DECADES,
                "hold": HOLD,
            },
            "root_seed": ROOT_SEED,
            "samples": len(rows),
            "seconds": round(float(frame["seconds"].sum())),
            "learnscape": learnscape.__version__,
            "numpy": np.__version__,
            "numba": numba.__version__,
            "python": platform.python_version(),
            "date": date.today().isoformat(),
        },
        "rows": [{key: rounded(value) for key, value in row.items()} for row in rows.to_dict("records")],
    }
    text = json.dumps(stored, separators=(",", ":"), allow_nan=False).replace('{"', '\n{"') + "\n"
    half = out.with_suffix(".half")
    half.write_text(text)
    half.replace(out)  # never half-written


def main() -> None:
    paper = "--paper" in sys.argv
    wanted = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    tables = PAPER if paper else HERE
    for name in wanted:
        if name not in tables:
            raise SystemExit(f"{name} is none of: {', '.join(tables)}")
    unpack(PARTS, RAW)
    for name in wanted or tables:
        run(name, paper)
        pack(RAW, PARTS)


if __name__ == "__main__":
    main()
