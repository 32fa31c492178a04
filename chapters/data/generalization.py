"""Test error of hinge networks against their size, for chapters/jamming/generalization.

Small digits (10 principal components, even against odd), P patterns to learn from, of which a share `flip` has its label turned; 300
patterns with labels of the same kind for choosing when to stop; the others, with true labels, for the test. For each split of the images
several networks are trained from independent initial weights, two hidden layers of the same width, full-batch Adam until every pattern is
satisfied or 40 000 steps are made. Early stopping looks at the same runs after 20, 60, 200 and 600 steps and at their end, and takes what
errs least on the 300.

*Verdicts.* One network for each split and width around the transition, with V = sum Delta^2 / (margin sum Delta): satisfied, stuck (|V - 1| < 0.01 and the loss has
stopped) or undecided. The same images with a tenth and with half of the labels turned; half turned are random labels.

Run from the repository's root: python chapters/data/generalization.py        (about half an hour on one core)
With verdicts: only these (five minutes). With --paper: five hidden layers, more splits, networks and sizes (days). The raw results stay in _data/, which git ignores.
"""

from __future__ import annotations

import json
import math
import platform
import sys
from datetime import date
from pathlib import Path

import numba
import numpy as np
import pandas as pd

import learnscape
from learnscape import sweeps
from learnscape.jamming.networks import HingeNetwork, annealed, train
from learnscape.patterns import digits
from learnscape.sweeps import sweep

SEED = 1810
COMPONENTS = 10
VALIDATION = 300
STEPS = 40_000
EARLY = (20, 60, 200, 600)
WIDTHS = (2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 20, 24, 32, 48, 64, 96, 128)
FEW = {250: (3, 4, 5, 6, 7, 8, 9, 10, 12), 1000: (7, 8, 9, 10, 11, 12, 13, 14, 16, 18)}
# name: share of turned labels, P, widths, splits, networks for each split
RUNS = {
    "noisy": (0.1, 500, WIDTHS, 8, 8),
    "clean": (0.0, 500, WIDTHS, 8, 8),
    "noisy-250": (0.1, 250, FEW[250], 5, 2),
    "noisy-1000": (0.1, 1000, FEW[1000], 5, 2),
}
# share of turned labels, P -> widths
VERDICTS = {
    (0.1, 500): (6, 7, 8, 9, 10, 12),
    (0.5, 250): (5, 6, 7, 8, 9, 10, 12),
    (0.5, 500): (8, 9, 10, 11, 12, 13, 14, 16),
}
VERDICT_SPLITS = 8
OUT = Path(__file__).parents[2] / "lib" / "learnscape" / "data" / "generalization.json"
RAW = Path(__file__).parents[2] / "_data" / "generalization"


def rate(width: int) -> float:
    """Learning rate: smaller for wide networks, where all weights together change the output faster."""
    return 3e-3 * min(1.0, 48 / width)


def verdict(
    flip: float, p: int, width: int, depth: int, split: int, rng: np.random.Generator
) -> dict[str, object]:
    """How one network ends."""
    choose = np.random.default_rng([SEED, split])
    data = digits(COMPONENTS, train=p, rng=choose)
    labels = data.y_train.copy()
    labels[choose.permutation(p)[: round(flip * p)]] *= -1
    network = HingeNetwork(COMPONENTS, width, depth, rng=rng)
    schedule = annealed(rate(width), steps=STEPS, final=1e-3 * rate(width))
    run = train(network, data.x_train, labels, steps=STEPS, learning_rate=schedule)
    return {
        "weights": network.n_weights,
        "outcome": run.outcome,
        "virial": math.nan if run.virial is None else run.virial,
        "unsatisfied": run.n_unsatisfied,
        "test_error": float(np.mean(run.network.output(data.x_test) * data.y_test <= 0)),
    }


def verdicts() -> dict[str, object]:
    """For every share, number of patterns and width: how the runs end, split by split; and where this comes from."""
    rows = []
    for (flip, p), widths in VERDICTS.items():
        grid = {"flip": flip, "p": p, "width": widths, "depth": 2, "split": range(VERDICT_SPLITS)}
        table = sweep(verdict, grid, out=RAW / "verdicts", root_seed=SEED, executor="serial", progress=False)
        table = table[(table["flip"] == flip) & (table["p"] == p)]
        for width, part in table.groupby("width"):
            some = part.sort_values("split")
            rows.append(
                {
                    "flip": flip,
                    "p": p,
                    "width": int(width),
                    "weights": int(some["weights"].iloc[0]),
                    "outcome": some["outcome"].to_list(),
                    "virial": [None if math.isnan(v) else round(v, 4) for v in some["virial"]],
                    "unsatisfied": some["unsatisfied"].to_list(),
                    "test_error": some["test_error"].round(5).to_list(),
                }
            )
    made = sweeps.provenance(RAW / "verdicts") | {
        "command": "python chapters/data/generalization.py verdicts"
    }
    return {"verdicts": rows, "verdicts_provenance": made}


def point(
    flip: float, p: int, width: int, depth: int, members: int, split: int, rng: np.random.Generator
) -> dict[str, object]:
    """All networks of one split and one width."""
    choose = np.random.default_rng([SEED, split])
    data = digits(COMPONENTS, train=p + VALIDATION, rng=choose)
    labels = data.y_train.copy()
    for part in (slice(0, p), slice(p, None)):
        size = len(labels[part])
        turned = choose.permutation(size)[: round(flip * size)]
        labels[part][turned] *= -1
    x, y = data.x_train[:p], labels[:p]
    x_check, y_check = data.x_train[p:], labels[p:]

    ends, stopped, chosen = [], [], []
    unsatisfied, outcomes, steps = [], [], []
    after = []
    for _ in range(members):
        network = HingeNetwork(COMPONENTS, width, depth, rng=rng)
        schedule = annealed(rate(width), steps=STEPS, final=1e-3 * rate(width))
        run = train(network, x, y, steps=STEPS, learning_rate=schedule)
        # Adam draws no random numbers: a shorter run from the same start is the beginning of the longer one
        runs = [train(network, x, y, steps=t, learning_rate=schedule).network for t in EARLY if t < run.steps]
        runs.append(run.network)
        wrong = [np.mean(one.output(x_check) * y_check <= 0) for one in runs]
        outputs = [one.output(data.x_test) for one in runs]
        best = int(np.argmin(wrong))  # the earliest of the best
        ends.append(outputs[-1])
        stopped.append(outputs[best])
        chosen.append((*EARLY[: len(runs) - 1], run.steps)[best])
        errors = [np.mean(f * data.y_test <= 0) for f in outputs]
        after.append(errors[:-1] + [errors[-1]] * (len(EARLY) + 2 - len(errors)))
        unsatisfied.append(run.n_unsatisfied)
        outcomes.append(run.outcome)
        steps.append(run.steps)

    f, g, truth = np.array(ends), np.array(stopped), data.y_test
    size = np.sqrt(np.mean(f**2, axis=1))
    return {
        "weights": network.n_weights,
        "single": np.mean(f * truth <= 0),
        "ensemble": np.mean(f.mean(axis=0) * truth <= 0),
        "vote": np.mean(np.sign(f).sum(axis=0) * truth < 0) + np.mean(np.sign(f).sum(axis=0) == 0) / 2,
        "early": np.mean(g * truth <= 0),
        "early_ensemble": np.mean(g.mean(axis=0) * truth <= 0),
        "early_steps": float(np.median(chosen)),
        "after": np.mean(after, axis=0),  # test errors after EARLY steps and at the end
        "satisfied": np.mean(np.array(unsatisfied) == 0),
        "undecided": np.mean(np.array(outcomes) == "undecided"),
        "unsatisfied": np.mean(unsatisfied),
        "size": np.exp(np.mean(np.log(size))),  # root mean square output on the test patterns, geometric mean
        "fluctuation": np.sqrt(np.mean(f.var(axis=0, ddof=1))),
        "steps": float(np.median(steps)),
    }


def main() -> None:
    if "verdicts" in sys.argv[1:]:  # these alone, beside what is stored
        stored = learnscape.stored("generalization")
        OUT.write_text(json.dumps(stored | verdicts()) + "\n")
        return
    paper = "--paper" in sys.argv[1:]
    depth = 5 if paper else 2
    seconds = 0.0
    summary = {}
    for name, (flip, p, widths, splits, members) in RUNS.items():
        if paper:
            widths, splits, members = (*widths, 192, 256, 384), 4 * splits, 20
        grid = {
            "flip": flip,
            "p": p,
            "width": widths,
            "depth": depth,
            "members": members,
            "split": range(splits),
        }
        folder = RAW / (name + ("-paper" if paper else ""))
        table = sweep(point, grid, out=folder, root_seed=SEED, executor="serial", progress=False)
        table = table[table["split"] < splits]  # the folder may hold more than is asked for
        table = table[table["width"].isin(widths) & (table["members"] == members)]
        seconds += float(table["seconds"].sum())
        columns = [c for c in table.columns if c in _MEASURED]
        rows = []
        for width, part in table.groupby("width"):
            row: dict[str, object] = {"width": int(width), "weights": int(part["weights"].iloc[0])}
            for column in columns:  # one value for each split
                values = np.stack(part.sort_values("split")[column].to_list())
                row[column] = np.round(values.astype(float), 5).tolist()
            rows.append(row)
        summary[name] = {
            "flip": flip,
            "p": p,
            "depth": depth,
            "splits": splits,
            "members": members,
            "rows": rows,
        }
        print(f"{name}: {seconds:.0f} s", flush=True)
    provenance = {
        "what": "test errors, fluctuations and counts of unsatisfied patterns of trained hinge networks; one value for each split",
        "command": "python chapters/data/generalization.py" + (" --paper" if paper else ""),
        "root_seed": SEED,
        "steps": STEPS,
        "early_steps": EARLY,
        "validation": VALIDATION,
        "components": COMPONENTS,
        "learnscape": learnscape.__version__,
        "numpy": np.__version__,
        "numba": numba.__version__,
        "pandas": pd.__version__,
        "python": platform.python_version(),
        "date": date.today().isoformat(),
        "seconds": round(seconds),
    }
    OUT.write_text(json.dumps({"provenance": provenance, **summary, **verdicts()}) + "\n")


_MEASURED = (
    "single",
    "ensemble",
    "vote",
    "early",
    "early_ensemble",
    "early_steps",
    "after",
    "satisfied",
    "undecided",
    "unsatisfied",
    "size",
    "fluctuation",
    "steps",
)

if __name__ == "__main__":
    main()
