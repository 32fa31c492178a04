"""Gradient descent in wide tree committees, for chapters/replicas/two-layer: up to which load does it find a solution?

sqrt(N) relu units of sqrt(N) inputs each, output weights +1 and -1, as many of each; |w_l|^2 = N/K in each unit; Gaussian patterns with random labels.
Gradient descent with momentum 0.9 on the logistic cost (1/gamma) sum ln(1 + exp(-gamma Delta)) with gamma = 40, where Delta = y K^(-1/2) sum_l c_l relu(h_l),
from random weights, each unit put back to its sphere after every step, in single precision. A run ends when no pattern is misclassified, after 3000 steps,
or at the first step from the 600th on at which more than four per cent are wrong (and counts as not solved). The lists ``wrong`` and ``steps`` are each sorted
by themselves: entries at the same place belong to different runs.

Run from the repository's root: python chapters/data/two_layer.py      (ten minutes on one core)
Finished runs are kept in ``_data/two_layer``; an interrupted run goes on where it was.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from learnscape.sweeps import provenance, sweep

LOADS = (1.8, 1.9, 2.0, 2.1, 2.2, 2.3)
SAMPLES = {256: 16, 1024: 6}
GAMMA, RATE, MOMENTUM = 40.0, 0.05, 0.9
STEPS, PATIENCE, HOPELESS = 3000, 600, 0.04
RAW = Path("_data/two_layer")
OUT = Path(__file__).parents[2] / "lib" / "learnscape" / "data" / "two_layer.json"


def descend(n: int, alpha: float, rng: np.random.Generator) -> dict[str, Any]:
    """One run: whether it solved all patterns, how many were wrong at the end, and the number of steps."""
    units = math.isqrt(n)
    inputs, patterns = n // units, round(alpha * n)
    x = rng.standard_normal((units, patterns, inputs), dtype=np.float32)
    labels = rng.choice(np.array([-1.0, 1.0], np.float32), patterns)
    signs = np.where(np.arange(units) % 2 == 0, 1.0, -1.0).astype(np.float32)[:, None]
    w = rng.standard_normal((units, inputs)).astype(np.float32)
    speed = np.zeros_like(w)

    def to_spheres(w: np.ndarray) -> np.ndarray:
        return w * (math.sqrt(inputs) / np.linalg.norm(w, axis=1, keepdims=True)).astype(np.float32)

    w = to_spheres(w)
    for step in range(STEPS + 1):
        fields = (x @ w[:, :, None])[:, :, 0] / math.sqrt(inputs)
        delta = labels * (signs * np.maximum(fields, 0.0)).sum(0) / math.sqrt(units)
        wrong = int((delta <= 0.0).sum())
        if wrong == 0 or step == STEPS or (step >= PATIENCE and wrong > HOPELESS * patterns):
            break
        pull = -labels * 0.5 * (1.0 - np.tanh(0.5 * GAMMA * delta)) / math.sqrt(units * inputs)
        gradient = ((signs * (fields > 0.0) * pull)[:, None, :] @ x)[:, 0, :]
        gradient -= w * ((gradient * w).sum(1, keepdims=True) / inputs)
        speed = MOMENTUM * speed - RATE * gradient.astype(np.float32)
        w = to_spheres(w + speed)
    return {"solved": wrong == 0, "wrong": wrong, "steps": step}


def main() -> None:
    rows = []
    for n, samples in SAMPLES.items():
        points = [{"n": n, "alpha": alpha} for alpha in LOADS]
        out = RAW / str(n)
        frame = sweep(descend, points, seeds=samples, out=out, root_seed=2024)
        for alpha, runs in frame.groupby("alpha"):
            rows.append(
                {
                    "n": n,
                    "alpha": float(alpha),
                    "samples": len(runs),
                    "solved": int(runs["solved"].sum()),
                    "wrong": sorted(int(value) for value in runs["wrong"]),
                    "steps": sorted(int(value) for value in runs["steps"]),
                }
            )
    origin = provenance(out) | {"command": "python chapters/data/two_layer.py"}
    OUT.write_text(json.dumps({"provenance": origin, "runs": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
