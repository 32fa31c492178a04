"""Small convolutional networks on handwritten digits (even against odd), for chapters/dense/realistic-networks.

Two layers of 3 x 3 filters, C and 2C of them, each followed by relu and a mean over 2 x 2 pixels, then one linear output. Width: C. Solvers, all with the
logistic loss, batches of 50, steps of 0.05 and momentum 0.9, until there is no error and the mean loss is below 0.02, or for 200 epochs:

sgd          plain descent
replicated   three copies from one start, drawn to their mean with a stiffness that grows from epoch to epoch; the mean is looked at
adversarial  plain descent from a network that has trained on random labels for 200 epochs

Needs PyTorch (``pip install ".[torch]"``; nothing else in the book does). Run from the repository's root:

    python chapters/data/convolutional.py                     (ten minutes on one core)
    python chapters/data/convolutional.py --mnist FOLDER      (MNIST, 10 000 training images, C up to 32: hours; not run here, writes to _data only)

Finished runs are kept in ``_data/convolutional``; an interrupted computation goes on where it was.
"""

from __future__ import annotations

import gzip
import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from learnscape.sweeps import provenance, sweep

CHANNELS, SEEDS, TRAIN = (1, 2, 3, 4, 8, 16), 3, 1000
SOLVERS = ("sgd", "replicated", "adversarial")
BATCH, STEP, MOMENTUM, EPOCHS, STOP = 50, 0.05, 0.9, 200, 0.02
COPIES, COUPLING, GROWTH = 3, 0.01, 1.02
SIGMAS, DRAWS = (0.1, 0.2, 0.4), 20
RAW = Path("_data/convolutional")
OUT = Path(__file__).parents[2] / "lib" / "learnscape" / "data" / "convolutional.json"


def images(folder: str | None) -> tuple[np.ndarray, np.ndarray]:
    """Pixels, shape (P, 1, side, side), and labels +1 (even) and -1 (odd)."""
    if folder is None:
        from sklearn.datasets import load_digits

        pixels, digit = load_digits(return_X_y=True)
        return pixels.reshape(-1, 1, 8, 8).astype(np.float32) / 16, np.where(digit % 2, -1, 1)
    from learnscape.real_data import mnist

    mnist(folder=folder)  # downloads and verifies
    parts = [
        np.frombuffer(gzip.decompress(f.read_bytes()), np.uint8) for f in sorted(Path(folder).glob("*.gz"))
    ]
    pixels = np.concatenate([part[16:] for part in parts[::2]]).reshape(-1, 1, 28, 28)
    digit = np.concatenate([part[8:] for part in parts[1::2]])
    return pixels.astype(np.float32) / 255, np.where(digit % 2, -1, 1)


def new(channels: int, side: int, random: torch.Generator) -> list[torch.Tensor]:
    """Weights of variance 2/(inputs of a unit), biases 0."""
    c, last = channels, 2 * channels * (side // 4) ** 2
    shapes = [(c, 1, 3, 3), (2 * c, c, 3, 3), (1, last)]
    parameters = []
    for shape in shapes:
        scale = math.sqrt(2 / math.prod(shape[1:]))
        parameters += [torch.randn(shape, generator=random) * scale, torch.zeros(shape[0])]
    return parameters


def output(p: list[torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    for weight, bias in zip(p[:4:2], p[1:4:2], strict=True):
        x = functional.avg_pool2d(torch.relu(functional.conv2d(x, weight, bias, padding=1)), 2)
    return functional.linear(x.flatten(1), p[4], p[5])[:, 0]


def error(p: list[torch.Tensor], x: torch.Tensor, y: torch.Tensor) -> float:
    return float((y * output(p, x) <= 0).float().mean())


def train(
    starts: list[list[torch.Tensor]], x: Any, y: Any, random: torch.Generator
) -> tuple[list[torch.Tensor], int]:
    """Copies that are drawn to their mean (one copy: plain descent); the mean and the number of epochs."""
    copies = [[q.clone().requires_grad_() for q in start] for start in starts]
    optimizers = [torch.optim.SGD(copy, lr=STEP, momentum=MOMENTUM) for copy in copies]
    for epoch in range(1, EPOCHS + 1):
        orders = [torch.randperm(len(x), generator=random) for _ in copies]
        pull = min(1.0, COUPLING * GROWTH**epoch)
        for first in range(0, len(x), BATCH):
            for copy, optimizer, order in zip(copies, optimizers, orders, strict=True):
                chosen = order[first : first + BATCH]
                optimizer.zero_grad()
                functional.softplus(-y[chosen] * output(copy, x[chosen])).mean().backward()
                optimizer.step()
            with torch.no_grad():
                mean = [sum(parts) / len(copies) for parts in zip(*copies, strict=True)]
                if len(copies) > 1:
                    for copy in copies:
                        for q, m in zip(copy, mean, strict=True):
                            q += pull * (m - q)
        with torch.no_grad():
            f = y * output(mean, x)
            if bool((f > 0).all()) and float(functional.softplus(-f).mean()) < STOP:
                break
    return [m.detach().clone() for m in mean], epoch


@torch.no_grad()
def local_energy(p: list[torch.Tensor], x: Any, y: Any, random: torch.Generator) -> list[float]:
    """Training error after w -> w (1 + sigma z), where what enters a unit (weights and bias) gets back its length."""

    def rows(q: list[torch.Tensor], k: int) -> torch.Tensor:
        return torch.cat([q[k].flatten(1), q[k + 1][:, None]], 1).norm(dim=1)

    found = []
    for sigma in SIGMAS:
        errors = []
        for _ in range(DRAWS):
            q = [w * (1 + sigma * torch.randn(w.shape, generator=random)) for w in p]
            for k in (0, 2, 4):
                back = rows(p, k) / rows(q, k)
                q[k] *= back.view(-1, *[1] * (q[k].dim() - 1))
                q[k + 1] *= back
            errors.append(error(q, x, y))
        found.append(float(np.mean(errors)))
    return found


def run(
    channels: int, solver: str, rng: np.random.Generator, folder: str | None = None, train_on: int = TRAIN
) -> dict[str, Any]:
    """Train one network and describe it."""
    torch.set_num_threads(1)
    random = torch.Generator().manual_seed(int(rng.integers(2**62)))
    pixels, labels = images(folder)
    order = rng.permutation(len(labels))
    pixels = (pixels - pixels.mean()) / pixels.std()
    x, y = torch.tensor(pixels[order]), torch.tensor(labels[order], dtype=torch.float32)
    seen, new_ones = (x[:train_on], y[:train_on]), (x[train_on:], y[train_on:])
    start = new(channels, x.shape[-1], random)
    if solver == "adversarial":
        wrong = torch.tensor(rng.choice([-1.0, 1.0], train_on), dtype=torch.float32)
        start, _ = train([start], seen[0], wrong, random)
    final, epochs = train([start] * (COPIES if solver == "replicated" else 1), *seen, random)
    with torch.no_grad():
        errors = error(final, *seen), error(final, *new_ones)
    return {
        "parameters": sum(q.numel() for q in final),
        "epochs": epochs,
        "train_error": errors[0],
        "test_error": errors[1],
        "local_energy": local_energy(final, *seen, random),
    }


def main() -> None:
    folder = sys.argv[2] if sys.argv[1:2] == ["--mnist"] else None
    fixed: dict[str, Any] = {"folder": folder, "train_on": 10_000} if folder else {}
    channels = (*CHANNELS, 32) if folder else CHANNELS
    out = RAW / ("mnist" if folder else "digits")
    points = [{"channels": c, "solver": s, **fixed} for c in channels for s in SOLVERS]
    frame = sweep(run, points, seeds=SEEDS, out=out, root_seed=2110, executor="serial")
    frame = frame[frame["seed"] < SEEDS]  # the folder may hold more
    rows = []
    for (c, solver), runs in frame.groupby(["channels", "solver"], sort=False):
        fits = runs[runs["train_error"] == 0]
        row = {
            "channels": int(c),
            "solver": solver,
            "parameters": int(runs["parameters"].iloc[0]),
            "samples": len(runs),
        }
        row |= {"solved": len(fits), "epochs": [int(e) for e in runs["epochs"]]}
        row |= {name: [round(float(v), 5) for v in runs[name]] for name in ("train_error", "test_error")}
        row["local_energy"] = [[round(float(v), 5) for v in values] for values in runs["local_energy"]]
        rows.append(row)
    protocol = {"sigmas": SIGMAS, "train": fixed.get("train_on", TRAIN), "epochs": EPOCHS, "stop_loss": STOP}
    origin = (
        provenance(out)
        | {"command": "python chapters/data/convolutional.py", "torch": torch.__version__}
        | protocol
    )
    target = RAW / "mnist.json" if folder else OUT
    target.write_text(json.dumps({"provenance": origin, "runs": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
