"""Small networks on handwritten digits (even against odd) while they grow wider, for chapters/dense/realistic-networks.

Ten splits of the images into 1000 to learn from and the others for the test; for each table the same splits at every width and for every solver.

continuous  one hidden layer of relu units on ten principal components; stochastic gradient descent (sgd, and long: ten times the epochs), Entropy-SGD, replicated
            SGD, descent from an adversarial start, all with the logistic loss until there is no error and the mean loss is below 0.02; and full-batch Adam with
            the quadratic hinge (adam), which stops when every pattern is satisfied
paths       two networks of one split, from two starts: overlap of their units and largest error between them, before and after matching, on lines, geodesics and
            paths with one bend
bends       the widest of these pairs, with ten times the epochs for the bend
starts      plain descent from small random weights and from the adversarial start, stopped at a mean loss of 0.02 and of 0.001; how many random labels the start knows
pixels      plain descent on 60 components, nearly all that the pixels hold, at the widths of the first table, for comparison with convolutional networks
binary      fully connected committees of binary perceptrons on black-and-white pixels, 400 images to learn from: straight-through gradients (gradient), and the
            perceptron rule with hidden numbers for one student (perceptron) and for seven that are drawn to their vote (replicated)

Run from the repository's root:

    python chapters/data/realistic_networks.py continuous paths bends starts pixels binary    (all without arguments; half an hour on one core)
    python chapters/data/realistic_networks.py --mnist continuous paths   (MNIST, 30 components, 20 000 training images, width up to 640: hours, and not
                                                                           run here; its tables are written to _data only)

Finished runs are kept in ``_data/realistic_networks``; an interrupted computation goes on where it was.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from learnscape.fully_connected import output
from learnscape.jamming import networks
from learnscape.learn import Committee, binary_net, continuous, local_energy, replicated_sgd
from learnscape.real_data import RealPatterns, digits, mnist
from learnscape.sweeps import provenance, sweep

SPLITS, COMPONENTS, TRAIN = 10, 10, 1000
COMMON = {"step": 0.1, "batch": 32, "stop_loss": 0.02}
EPOCHS, LONG, ADAM_STEPS = 500, 5000, 20_000
WIDTHS = (3, 4, 5, 6, 7, 8, 10, 12, 16, 24, 40, 80)
SOLVERS = ("sgd", "entropy", "replicated", "adversarial")
PATIENT = ("long", "adam")  # only as long as the width matters to them
WIDEST_PATIENT = 12
SIGMAS, DRAWS = (0.1, 0.2, 0.4), 30
PATH_WIDTHS, POINTS, BEND_EPOCHS = (12, 24, 40, 80), 49, 1000
START_WIDTHS, FAR = (12, 16, 24, 40, 80), 0.001
PIXEL_WIDTHS, MANY = (16, 40, 80), 60
BINARY_TRAIN, UNITS, FLIPS = 400, (3, 5, 7, 9, 11, 15, 21, 31, 41), (0.02, 0.05, 0.1)
STUDENTS = {"perceptron": {"y": 1, "pull": 0.0}, "replicated": {"y": 7, "pull": 0.003}}
SWEEPS, STEP = 2000, 0.05
RAW = Path("_data/realistic_networks")
OUT = Path(__file__).parents[2] / "lib" / "learnscape" / "data" / "realistic_networks.json"


def ended(run: Any) -> Any:
    """A training or a search: an interrupted one keeps its best and returns, but is no result."""
    if run.interrupted:
        raise KeyboardInterrupt
    return run


def images(split: int, large: bool) -> RealPatterns:
    return mnist(30, train=20_000, rng=split) if large else digits(COMPONENTS, train=TRAIN, rng=split)


def wrong_start(sizes: Any, x: np.ndarray, rng: np.random.Generator) -> continuous.Training:
    return ended(continuous.adversarial_start(sizes, x, rng, max_epochs=4 * EPOCHS, step=COMMON["step"]))


def trained(
    sizes: Any, data: RealPatterns, solver: str, rng: np.random.Generator
) -> tuple[Any, dict[str, Any]]:
    """Parameters, and what it took."""
    x, y = data.x_train, data.y_train
    if solver == "adam":
        network = networks.HingeNetwork(sizes[0], sizes[1], 1, rng=rng)
        rate = networks.annealed(5e-3, steps=ADAM_STEPS, final=5e-6, hold=0.6)
        run = networks.train(
            network, x, y, steps=ADAM_STEPS, learning_rate=rate, rescale=True, on_failure="return"
        )
        return run.network.parameters, {"epochs": run.steps, "loss": run.loss}
    options: dict[str, Any] = COMMON | {"max_epochs": LONG if solver == "long" else EPOCHS, "rng": rng}
    if solver == "adversarial":
        options["start"] = wrong_start(sizes, x, rng).parameters
    if solver == "entropy":
        options |= {"method": "entropy", "coupling": (0.03, 1.005), "inner": 10, "max_epochs": 2 * EPOCHS}
    if solver == "replicated":
        options |= {"method": "replicated", "coupling": (0.01, 1.02)}
    result = ended(continuous.train(sizes, x, y, **options))
    return result.parameters, {"epochs": result.epochs, "loss": result.loss}


def one_network(
    width: int, solver: str, split: int, rng: np.random.Generator, large: bool = False
) -> dict[str, Any]:
    """Train, and describe where it ends."""
    data = images(split, large)
    sizes = (data.x_train.shape[1], width, 1)
    w, cost = trained(sizes, data, solver, rng)
    seen, unseen = (
        data.y_train * output(w, sizes, data.x_train),
        data.y_test * output(w, sizes, data.x_test),
    )
    found = continuous.local_energy(w, sizes, data.x_train, data.y_train, SIGMAS, DRAWS, rng)
    return cost | {
        "n_errors": int((seen <= 0).sum()),
        "test_error": float((unseen <= 0).mean()),
        "local_energy": found.energy + found.unperturbed,
    }


def two_networks(
    width: int, solver: str, split: int, rng: np.random.Generator, large: bool = False
) -> dict[str, Any]:
    """Train two networks on one split and look between them."""
    data = images(split, large)
    sizes = (data.x_train.shape[1], width, 1)
    x, y = data.x_train, data.y_train
    raw = [trained(sizes, data, solver, rng)[0] for _ in range(2)]
    a, b = (continuous.normalised(w, sizes) for w in raw)
    ordered = continuous.matched(a, b, sizes)
    active = continuous.matched(a, b, sizes, x)
    ways = {
        "raw": (raw[0], raw[1], "linear"),
        "normalised": (a, b, "linear"),
        "matched": (a, ordered, "linear"),
        "active": (a, active, "linear"),
        "geodesic_unmatched": (a, b, "geodesic"),
        "geodesic": (a, ordered, "geodesic"),
    }
    result: dict[str, Any] = {
        name: continuous.path_error(first, second, sizes, x, y, kind=kind, points=POINTS).error
        for name, (first, second, kind) in ways.items()
    }
    result["bend"] = ended(
        continuous.one_bend(a, ordered, sizes, x, y, rng, max_epochs=BEND_EPOCHS, points=POINTS)
    ).error
    rows = width * (sizes[0] + 1)
    for name, other in (("overlap_unmatched", b), ("overlap", ordered)):
        units = [w[:rows].reshape(width, -1) for w in (a, other)]
        result[name] = float((units[0] * units[1]).sum(axis=1).mean())
    return result


def patient_bend(width: int, solver: str, split: int, rng: np.random.Generator) -> dict[str, Any]:
    """The path with one bend with ten times the epochs."""
    data = images(split, False)
    sizes = (COMPONENTS, width, 1)
    a, b = (continuous.normalised(trained(sizes, data, solver, rng)[0], sizes) for _ in range(2))
    b = continuous.matched(a, b, sizes)
    x, y = data.x_train, data.y_train
    found = ended(continuous.one_bend(a, b, sizes, x, y, rng, max_epochs=10 * BEND_EPOCHS, points=POINTS))
    return {"barrier": found.barrier, "epochs": found.epochs}


def one_start(width: int, split: int, rng: np.random.Generator) -> dict[str, Any]:
    """Plain descent from both kinds of start, and twenty times farther down in the loss."""
    data = images(split, False)
    sizes = (COMPONENTS, width, 1)
    x, y = data.x_train, data.y_train
    options: dict[str, Any] = COMMON | {"max_epochs": LONG, "rng": rng}
    memory = wrong_start(sizes, x, rng)
    result: dict[str, Any] = {"known": 1.0 - memory.n_errors / len(x)}
    for name, start in (("plain", None), ("adversarial", memory.parameters)):
        for label, stop in (("", COMMON["stop_loss"]), ("_long", FAR)):
            run = ended(continuous.train(sizes, x, y, **(options | {"start": start, "stop_loss": stop})))
            w = run.parameters
            found = continuous.local_energy(w, sizes, x, y, SIGMAS, DRAWS, rng)
            test = float((data.y_test * output(w, sizes, data.x_test) <= 0).mean())
            key = name + label
            result |= {f"{key}_loss": run.loss, f"{key}_test": test, f"{key}_epochs": run.epochs}
            result[f"{key}_n_errors"] = run.n_errors
            result[f"{key}_energy"] = found.energy + found.unperturbed
            start = w  # go on from there
    return result


def on_pixels(width: int, split: int, rng: np.random.Generator) -> dict[str, Any]:
    """Plain descent with (nearly) everything that the pixels hold."""
    data = digits(MANY, train=TRAIN, rng=split)
    sizes = (MANY, width, 1)
    options: dict[str, Any] = COMMON | {"max_epochs": EPOCHS, "rng": rng}
    run = ended(continuous.train(sizes, data.x_train, data.y_train, **options))
    test = float((data.y_test * output(run.parameters, sizes, data.x_test) <= 0).mean())
    return {"n_errors": run.n_errors, "test_error": test, "epochs": run.epochs, "loss": run.loss}


def pixels(split: int) -> tuple[np.ndarray, np.ndarray]:
    """Black-and-white images of +-1 with a constant input, labels folded in: to learn from, and for the test."""
    from sklearn.datasets import load_digits

    strength, digit = load_digits(return_X_y=True)
    x = np.column_stack([np.where(strength >= 8, 1.0, -1.0), np.ones(len(digit))])
    order = np.random.default_rng(split).permutation(len(digit))
    xi = (np.where(digit % 2, -1.0, 1.0)[:, None] * x)[order]
    return xi[:BINARY_TRAIN], xi[BINARY_TRAIN:]


def one_committee(units: int, solver: str, split: int, rng: np.random.Generator) -> dict[str, Any]:
    """Train a committee of binary perceptrons, and describe where it ends."""
    seen, unseen = pixels(split)
    machine = Committee(units, shared=True)
    if solver == "gradient":
        run = binary_net(seen, committee=machine, max_epochs=SWEEPS, rng=rng)
    else:
        run = replicated_sgd(
            seen, committee=machine, step=STEP, max_sweeps=SWEEPS, rng=rng, **STUDENTS[solver]
        )
    ended(run)
    found = local_energy(seen, run.weights, FLIPS, committee=machine, draws=DRAWS, rng=rng)
    return {
        "n_errors": run.n_errors,
        "sweeps": run.iterations,
        "test_error": machine.errors(unseen, run.weights) / len(unseen),
        "local_energy": found.energy,
    }


def summary(frame: Any, keys: list[str], numbers: list[str], lists: list[str]) -> list[dict[str, Any]]:
    rows = []
    for key, runs in frame.sort_values(["split"]).groupby(keys, sort=False):
        row: dict[str, Any] = dict(zip(keys, (int(key[0]), key[1]), strict=True)) | {"samples": len(runs)}
        for name in numbers:
            row[name] = [round(float(v), 5) for v in runs[name]]
        for name in lists:
            row[name] = [[round(float(v), 4) for v in values] for values in runs[name]]
        rows.append(row)
    return sorted(rows, key=lambda row: (row[keys[1]], row[keys[0]]))


def continuous_table(out: Path, large: bool) -> list[dict[str, Any]]:
    widths = (*WIDTHS, 160, 320, 640) if large else WIDTHS
    points = [{"width": w, "solver": s, "split": k} for w in widths for s in SOLVERS for k in range(SPLITS)]
    points += [
        {"width": w, "solver": s, "split": k}
        for w in WIDTHS
        if w <= WIDEST_PATIENT
        for s in PATIENT
        for k in range(SPLITS)
    ]
    points = [point | {"large": True} for point in points] if large else points
    frame = sweep(one_network, points, out=out, root_seed=2022, executor="serial")
    return summary(frame, ["width", "solver"], ["n_errors", "test_error", "epochs", "loss"], ["local_energy"])


def paths_table(out: Path, large: bool) -> list[dict[str, Any]]:
    widths = (*PATH_WIDTHS, 160, 320) if large else PATH_WIDTHS
    points = [
        {"width": w, "solver": s, "split": k}
        for w in widths
        for s in ("sgd", "adversarial")
        for k in range(SPLITS)
    ]
    points = [point | {"large": True} for point in points] if large else points
    frame = sweep(two_networks, points, out=out, root_seed=2023, executor="serial")
    ways = ["raw", "normalised", "matched", "active", "geodesic_unmatched", "geodesic", "bend"]
    rows = summary(frame, ["width", "solver"], ["overlap", "overlap_unmatched"], ways)
    for row in rows:  # the mean curve, and the barrier of each pair
        for name in ways:
            curves = np.array(row.pop(name))
            barrier = curves.max(axis=1) - np.maximum(curves[:, 0], curves[:, -1])
            row[name] = {"curve": curves.mean(axis=0).round(4).tolist(), "barrier": barrier.round(4).tolist()}
    return rows


def bends_table(out: Path, large: bool) -> list[dict[str, Any]]:
    points = [
        {"width": max(PATH_WIDTHS), "solver": s, "split": k}
        for s in ("sgd", "adversarial")
        for k in range(SPLITS)
    ]
    frame = sweep(patient_bend, points, out=out, root_seed=2027, executor="serial")
    return summary(frame, ["width", "solver"], ["barrier", "epochs"], [])


def starts_table(out: Path, large: bool) -> list[dict[str, Any]]:
    points = [{"width": w, "split": k} for w in START_WIDTHS for k in range(SPLITS)]
    frame = sweep(one_start, points, out=out, root_seed=2025, executor="serial")
    frame["solver"] = "both"
    kinds = [name + label for name in ("plain", "adversarial") for label in ("", "_long")]
    numbers = [f"{kind}_{name}" for kind in kinds for name in ("n_errors", "loss", "test", "epochs")]
    return summary(frame, ["width", "solver"], ["known", *numbers], [f"{kind}_energy" for kind in kinds])


def pixels_table(out: Path, large: bool) -> list[dict[str, Any]]:
    points = [{"width": w, "split": k} for w in PIXEL_WIDTHS for k in range(SPLITS)]
    frame = sweep(on_pixels, points, out=out, root_seed=2026, executor="serial")
    frame["solver"] = "sgd"
    return summary(frame, ["width", "solver"], ["n_errors", "test_error", "epochs", "loss"], [])


def binary_table(out: Path, large: bool) -> list[dict[str, Any]]:
    points = [
        {"units": u, "solver": s, "split": k}
        for u in UNITS
        for s in ("gradient", *STUDENTS)
        for k in range(SPLITS)
    ]
    frame = sweep(one_committee, points, out=out, root_seed=2024, executor="serial")
    return summary(frame, ["units", "solver"], ["n_errors", "test_error", "sweeps"], ["local_energy"])


TABLES = {
    "continuous": continuous_table,
    "paths": paths_table,
    "bends": bends_table,
    "starts": starts_table,
    "pixels": pixels_table,
    "binary": binary_table,
}
PROTOCOL = {
    "continuous": {"splits": SPLITS, "components": COMPONENTS, "train": TRAIN, "epochs": EPOCHS, "long": LONG}
    | {"sigmas": SIGMAS, "draws": DRAWS}
    | COMMON,
    "paths": {"points": POINTS, "splits": SPLITS} | COMMON,
    "bends": {"points": POINTS, "splits": SPLITS, "epochs": 10 * BEND_EPOCHS},
    "starts": {"splits": SPLITS, "epochs": LONG, "far": FAR} | COMMON,
    "pixels": {"splits": SPLITS, "components": MANY, "epochs": EPOCHS} | COMMON,
    "binary": {"splits": SPLITS, "train": BINARY_TRAIN, "flips": FLIPS, "draws": DRAWS, "sweeps": SWEEPS}
    | {"step": STEP, "students": STUDENTS},
}


def main() -> None:
    large = "--mnist" in sys.argv
    wanted = [name for name in sys.argv[1:] if name in TABLES] or [
        n for n in TABLES if not (large and n in ("bends", "starts", "pixels", "binary"))
    ]
    target = RAW / "mnist.json" if large else OUT
    for name in wanted:
        out = RAW / (f"{name}_mnist" if large else name)
        rows = TABLES[name](out, large)
        origin = provenance(out) | {"command": f"python chapters/data/realistic_networks.py {name}"}
        answer: dict[str, Any] = json.loads(target.read_text()) if target.exists() else {}
        answer[name] = {"provenance": origin | {"protocol": PROTOCOL[name]}, "rows": rows}
        target.write_text(json.dumps(answer, indent=1) + "\n")


if __name__ == "__main__":
    main()
