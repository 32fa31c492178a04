"""Paths between sampled solutions, and gaps with two levels, for chapters/dense/geometry.

paths   negative spherical perceptron with kappa = -1/2 and P = N: for walks through the solutions of margin -0.5 (two of them, independent) and -0.2,
        the overlaps of the ends, and the fraction of violated patterns along the geodesics
gaps    symmetric binary perceptron, kappa = 1: overlap gaps with two levels

Run from the repository's root: python chapters/data/geometry.py      (about ten minutes on one core)
Finished batches are kept in ``_data/geometry``; an interrupted run goes on where it was.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from learnscape import SymmetricMargin
from learnscape.learn import sample_version_space
from learnscape.replica.geometry import overlap_gap
from learnscape.sweeps import provenance, sweep

KAPPA, ROBUST, ALPHA = -0.5, -0.2, 1.0
GAMMAS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
DRAWS = {20: 150, 40: 60, 100: 15}  # of the patterns, in a batch
BATCHES, KEPT = 6, 8  # samples of each walk
RAW = Path("_data/geometry")
OUT = Path(__file__).parents[2] / "lib" / "learnscape" / "data" / "geometry.json"


def _along(first: np.ndarray, second: np.ndarray, xi: np.ndarray) -> list[float]:
    """Fraction of violated patterns at each gamma, averaged over pairs of rows."""
    errors = []
    for gamma in GAMMAS:
        path = gamma * first + (1.0 - gamma) * second
        path *= math.sqrt(xi.shape[1]) / np.linalg.norm(path, axis=1)[:, None]
        errors.append(float((path @ xi.T < KAPPA * math.sqrt(xi.shape[1])).mean()))
    return errors


def paths(n: int, rng: np.random.Generator) -> dict[str, Any]:
    """One row a draw of the patterns."""
    rows = []
    for _ in range(DRAWS[n]):
        xi = rng.standard_normal((round(ALPHA * n), n))
        one, two, robust = (
            sample_version_space(xi, margin=margin, samples=KEPT + 2, thin=4 * n, rng=rng)[2:]
            for margin in (KAPPA, KAPPA, ROBUST)
        )
        q, p = (float((one * other).sum(axis=1).mean()) / n for other in (two, robust))
        rows.append([q, p, *_along(one, two, xi), *_along(robust, one, xi)])
    return {"rows": np.array(rows)}


def main() -> None:
    answer: dict[str, Any] = {"paths": {"gammas": GAMMAS, "kappa": KAPPA, "robust": ROBUST, "alpha": ALPHA}}
    out = RAW / "paths"
    frame = sweep(paths, [{"n": n} for n in DRAWS], seeds=BATCHES, out=out, root_seed=2023, executor="serial")
    answer["paths"]["provenance"] = provenance(out) | {"command": "python chapters/data/geometry.py"}
    for n, batches in frame.groupby("n"):
        rows = np.array([row.tolist() for batch in batches["rows"] for row in batch])
        mean, bar = rows.mean(axis=0), rows.std(axis=0, ddof=1) / math.sqrt(len(rows))
        part: dict[str, Any] = {"draws": len(rows), "samples": KEPT}
        for name, at in (("q", 0), ("p", 1), ("typical", slice(2, 11)), ("mixed", slice(11, 20))):
            part[name], part[name + "_error"] = mean[at].round(6).tolist(), bar[at].round(6).tolist()
        answer["paths"][str(n)] = part
    constraint = SymmetricMargin(1.0)
    gaps = [overlap_gap(constraint, sizes=[12, 4]), overlap_gap(constraint, levels=2)]
    answer["gaps"] = [
        {
            "sizes": gap.sizes,
            "alpha": round(gap.alpha, 6),
            "distances": gap.distances,
            "residual": gap.residual,
        }
        for gap in gaps
    ]
    OUT.write_text(json.dumps(answer, indent=1) + "\n")


if __name__ == "__main__":
    main()
