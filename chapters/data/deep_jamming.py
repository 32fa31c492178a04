"""Hinge networks across their jamming transition, for chapters/jamming/deep-networks and hessian-spectra.

Six tables, each a sweep of its own; finished points are kept in ``_data/deep_jamming`` and never computed twice.

jump        N_Delta / N against P / N for random data at depth 2, 3 and 5, with the counts of the stability argument at every end point
line        N*(P): the smallest network that still learns P random patterns, by bisection in the width
digits      the same for the images of scikit-learn's digits (parity), beside random data of the same dimension
steps       how the transition moves with the number of training steps
trained_on  whether the last jammed stage of a network that loses pattern after pattern is a minimum: its virial, and what more training does
avalanches  what changes when one pattern is added to a network that has just learned all others

Run from the repository's root:

    python chapters/data/deep_jamming.py jump line ...        (all tables without arguments)
    python chapters/data/deep_jamming.py --paper jump         (sizes and steps of the paper: weeks on one core, not run here)

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
from learnscape.sweeps import sweep

ROOT_SEED = 1809
OUT = Path(__file__).parents[2] / "lib" / "learnscape" / "data" / "deep_jamming.json"
RAW = Path("_data/deep_jamming")
RATE, DECADES, HOLD = 2e-3, 3, 0.6

# What was run here, and the paper's sizes with its 10 million steps at the learning rate 1e-4 (commands of its public code).
HERE: dict[str, dict[str, Any]] = {
    "jump": {
        "architectures": [(2, 20), (3, 16), (5, 20)],
        "loads": [2.4, 2.8, 3.0, 3.2],
        "seeds": 2,
        "steps": 600_000,
    },
    "line": {"depth": [2, 3], "p": [500, 1000, 2000], "seeds": 2, "steps": 400_000},
    "digits": {"depth": [1, 2, 3], "p": [500, 1000, 1780], "seeds": 2, "steps": 40_000},
    "steps": {"load": [2.6, 2.8, 3.0, 3.2], "steps": [5_000, 20_000, 80_000], "seeds": 3},
    "trained_on": {
        "architectures": [(2, 16), (3, 14)],
        "load": 3.0,
        "steps": 5_000,
        "more": 100_000,
        "seeds": 5,
    },
    "avalanches": {"width": [14], "seeds": 2, "first": 1.0, "last": 2.8, "steps": 5_000},
}
PAPER: dict[str, dict[str, Any]] = {
    "jump": {
        "architectures": [(2, 62), (3, 51), (5, 40)],
        "loads": [2.8, 2.85, 2.9, 2.95, 3.0, 3.05, 3.1, 3.15, 3.2, 3.25, 3.3],
        "seeds": 12,
        "steps": 10_000_000,
    },
    "line": {"depth": [5], "p": [500, 2000, 8000, 20_000, 60_000], "seeds": 1, "steps": 2_000_000},
}


def end_point(
    depth: int, width: int, load: float, steps: int, rng: np.random.Generator, paper: bool = False
) -> dict[str, Any]:
    """Train a network of d = h on P = load * N random patterns and describe where it ends."""
    network = networks.HingeNetwork(width, width, depth, rng=rng)
    p = round(load * network.n_weights)
    x, y = networks.random_data(p, width, rng=rng)
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
    depth: int, p: int, data: str, steps: int, rng: np.random.Generator, paper: bool = False
) -> dict[str, Any]:
    """N* at given P: bisection in the width between one that learns everything and one that does not.

    Not learned means N_Delta > 0.1 N, the criterion of the paper; so a network in which a layer has died has not learned. Random data have
    d = h; with ``data`` "digits" or "random10" the dimension is 10.
    """
    tried: dict[int, tuple[bool, int, int]] = {}

    def learns(width: int) -> bool:
        if width not in tried:
            d = width if data == "random" else 10
            network = networks.HingeNetwork(d, width, depth, rng=rng)
            if data == "digits":
                images = digits(10, train=p, rng=rng)
                x, y = images.x_train, images.y_train
            else:
                x, y = networks.random_data(p, d, rng=rng)
            end = described(network, x, y, steps, paper)
            left = end["n_unsatisfied"]
            tried[width] = (bool(left <= 0.1 * network.n_weights), network.n_weights, left)
        return tried[width][0]

    d = None if data == "random" else 10
    low = high = smallest_width(p / (6.0 if data == "digits" else 3.2), depth, d)
    while learns(low) and low > 2:
        low = max(2, low - max(1, low // 8))
    while not learns(high):
        high += max(1, high // 8)
    low = max((w for w in tried if not tried[w][0]), default=low)
    high = min((w for w in tried if tried[w][0] and w > low), default=high)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if learns(middle) else (middle, high)
    return {
        "width": high,
        "n_learns": tried[high][1],
        "n_fails": tried[low][1] if low in tried else 0,
        "jump": tried[low][2] / tried[low][1] if low in tried else 0.0,
        "runs": len(tried),
    }


def smallest_width(weights: float, depth: int, d: int | None) -> int:
    """Smallest h with at least so many weights (d = h if d is None)."""
    h = 2
    while (h if d is None else d) * h + (depth - 1) * h * h + h < weights:
        h += 1
    return h


def more_steps(load: float, steps: int, rng: np.random.Generator) -> dict[str, Any]:
    """One end point of a network with L = 2, d = h = 16 after so many steps."""
    return end_point(2, 16, load, steps, rng)


def avalanches(width: int, first: float, last: float, steps: int, rng: np.random.Generator) -> dict[str, Any]:
    """Add patterns one by one to a network of L = 2, d = h; let Adam (rate 5e-4) satisfy all again after each.

    One entry for every pattern that was not satisfied at once: load, steps, squared displacement of the parameters over their squared length,
    and the largest N_Delta / N on the way. A pattern that is not learned within ``steps`` is put aside; after ten of them in a row it ends.
    """
    network = networks.HingeNetwork(width, width, 2, rng=rng)
    n = network.n_weights
    x, y = networks.random_data(round((last + 0.2) * n), width, rng=rng)
    known = list(range(round(first * n)))
    waiting = iter(range(len(known), len(y)))
    run = networks.train(network, x[known], y[known], steps=20_000, learning_rate=RATE)
    found: list[tuple[float, float, float, float]] = []
    at_once = refused = in_a_row = 0
    for new in waiting:
        if len(known) >= last * n or in_a_row == 10 or run.n_unsatisfied:
            break
        known.append(new)
        if run.network.delta(x[[new]], y[[new]])[0] <= 0:
            at_once += 1
            continue
        trial = networks.train(run.network, x[known], y[known], steps=steps, learning_rate=5e-4)
        if trial.n_unsatisfied:
            known.pop()
            refused, in_a_row = refused + 1, in_a_row + 1
            continue
        in_a_row = 0
        before = run.network.parameters
        moved = np.sum((trial.network.parameters - before) ** 2) / np.sum(before**2)
        peak = trial.trace.n_unsatisfied.max() / n
        found.append((len(known) / n, float(trial.steps), float(moved), float(peak)))
        run = trial
    table = np.array(found).reshape(-1, 4)
    return {
        "n_weights": n,
        "reached": len(known) / n,
        "at_once": at_once,
        "refused": refused,
        "load": table[:, 0],
        "adam_steps": table[:, 1],
        "displacement": table[:, 2],
        "peak": table[:, 3],
    }


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


def swept(name: str, function: Any, points: Any, seeds: int, paper: bool) -> pd.DataFrame:
    """The sweep, one repetition of every point before the next, so that it can be stopped and used at any time."""
    for repetition in range(1, seeds + 1):
        frame = sweep(
            function,
            points,
            seeds=repetition,
            out=RAW / (f"{name}_paper" if paper else name),
            executor=2,
            root_seed=ROOT_SEED,
            on_change="keep",
        )
        print(f"{name}: repetition {repetition} of {seeds} done", flush=True)
        frame = frame[frame.seed < repetition]  # the folder may hold more, of other tables
        if isinstance(points, list):
            frame = frame.merge(pd.DataFrame(points), on=list(points[0]))
        store(name, frame, paper)
    return frame


def run(name: str, paper: bool) -> None:
    table = (PAPER if paper else HERE)[name]
    extra = {"paper": [True]} if paper else {}
    if name == "jump":
        points: Any = [
            {"depth": depth, "width": width, "load": load, "steps": table["steps"]}
            | ({"paper": True} if paper else {})
            for load in table["loads"]
            for depth, width in table["architectures"]
        ]
        function: Any = end_point
    elif name in ("line", "digits"):
        kinds = ["random"] if name == "line" else ["digits", "random10"]
        points = {"depth": table["depth"], "p": table["p"], "data": kinds, "steps": [table["steps"]]} | extra
        function = threshold
    elif name == "steps":
        points, function = {"steps": table["steps"], "load": table["load"]}, more_steps
    elif name == "trained_on":
        points = [
            {"depth": d, "width": w, "load": table["load"], "steps": table["steps"], "more": table["more"]}
            for d, w in table["architectures"]
        ]
        function = trained_on
    else:
        points = {key: [table[key]] for key in ("first", "last", "steps")} | {"width": table["width"]}
        function = avalanches
    swept(name, function, points, table["seeds"], paper)


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
    for name in wanted or tables:
        if name not in tables:
            raise SystemExit(f"{name} is none of: {', '.join(tables)}")
        run(name, paper)


if __name__ == "__main__":
    main()
