"""Franz-Parisi and local entropy of the binary perceptron against the distance, for the explorable of chapters/dense/local-entropy.

The controls are the load in units of the replica-symmetric capacity, the margin, and the number y of replicas in a group. Both curves have POINTS distances, evenly
spaced in the logarithm: from the end of the empty shell (Franz-Parisi) or from NEAREST (local entropy) up to the distance of two typical solutions.

table         a GridTable: load, both curves with their shares of all vectors, the external entropy, and a few numbers; its error is a quarter more than
              the largest difference found at the middle of a cell

Run from the repository's root: python chapters/data/local_entropy_curves.py      (about ten minutes on two cores)
Finished columns are kept in ``_data/local_entropy_curves``; an interrupted run goes on where it was.
"""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import brentq

from learnscape import Binary, Margin
from learnscape.explore.table import MARGIN, GridTable, TableAxis
from learnscape.replica import franz_parisi, local_entropy, rs
from learnscape.sweeps import provenance, sweep

LOAD = TableAxis("load", 0.6, 0.96, 7)
KAPPA = TableAxis("kappa", -0.3, 0.3, 5)
Y = TableAxis("y", 4.0, 256.0, 7, "log")
POINTS, NEAREST, NEAR = 16, 1e-3, 0.01
EDGE = 0.9999  # of the typical distance, which itself is no distance of a group
NUMBERS = ("alpha", "end", "share", "groups")
CURVES = (
    "lonely_d", "lonely_s", "lonely_share", "dense_d", "dense_s", "dense_free", "dense_share", "external", "formal",
)  # fmt: skip
RAW = Path("_data/local_entropy_curves")
OUT = Path(__file__).parents[2] / "lib" / "learnscape" / "data" / "local_entropy_curves.json"


def choices(d: float) -> float:
    """Entropy of all vectors at a distance."""
    return -d * math.log(d) - (1.0 - d) * math.log1p(-d)


def neighbours(kappa: float, alpha: float, typical: float) -> tuple[np.ndarray, np.ndarray]:
    """Distances and Franz-Parisi entropies, from zero to that of typical solutions."""
    problem = Binary(), Margin(kappa)

    def entropy(log_d: float) -> float:
        return franz_parisi.entropy(*problem, alpha, math.exp(log_d))

    low = math.log(typical)
    while entropy(low) > 0.0:
        low -= 0.5
    nearest = float(brentq(entropy, low, low + 0.5, xtol=1e-9))
    distances = np.exp(np.linspace(nearest, math.log(typical), POINTS))
    found = franz_parisi.curve(*problem, alpha, distances[::-1])
    return distances, np.array([at.entropy for at in found[::-1]])


@cache
def all_groups(y: float, d: float) -> float:
    """Local entropy without patterns: then q_0 = 0, and the field of the weights has the variance s^2 at which the mean of tanh^2 h is 1 - 2 d."""
    q1 = 1.0 - 2.0 * d

    def averages(log_s: float) -> tuple[float, float]:
        s = math.exp(log_s)
        z = np.linspace(0.0, y * s + 10.0, int(40.0 * (y * s + 10.0) * max(1.0, s)))  # both signs are alike
        f = np.logaddexp(s * z, -s * z)
        weight = np.exp(y * f - 0.5 * z * z - np.max(y * f - 0.5 * z * z))
        weight[0] *= 0.5
        weight /= weight.sum()
        return float(weight @ np.tanh(s * z) ** 2), float(weight @ f)

    log_s = float(brentq(lambda x: averages(x)[0] - q1, math.log(1e-3), math.log(10.0), xtol=1e-12))
    return 0.5 * math.exp(2.0 * log_s) * ((1.0 - 2.0 * y) * q1 - 1.0) + averages(log_s)[1]


def both(kappa: float, load: float, ys: list[float]) -> dict[str, Any]:
    """Both curves at one margin and load."""
    problem = Binary(), Margin(kappa)
    alpha = load * rs.capacity(*problem)
    typical = 0.5 * (1.0 - rs.solve(*problem, alpha).q)
    lonely, around = neighbours(kappa, alpha, typical)
    distances = np.geomspace(NEAREST, EDGE * typical, POINTS)
    shared = [alpha, local_entropy.threshold(*problem, y=math.inf).alpha / rs.capacity(*problem)]
    rows = []
    for y in ys:
        falling = local_entropy.curve(*problem, alpha, distances[::-1], y=y)
        found = [*falling[::-1], local_entropy.solve(*problem, alpha, NEAR, y=y)]
        inside, outside = np.array([(at.entropy, at.external_entropy) for at in found]).T
        free = np.array([all_groups(y, at.distance) for at in found])
        rows.append(
            [
                *shared,
                inside[-1] / free[-1],
                outside[-1],
                *lonely,
                *around,
                *(around / [choices(d) for d in lonely]),
                *distances,
                *inside[:-1],
                *free[:-1],
                *(inside / free)[:-1],
                *outside[:-1],
                *np.minimum(outside[:-1], 0.0),
            ]
        )
    return {"rows": np.array(rows)}


def column(kappa: float, load: float, rng: np.random.Generator) -> dict[str, Any]:
    """At every y of the table; no chance in it."""
    return both(kappa, load, Y.nodes().tolist())


def middle(kappa: float, load: float, rng: np.random.Generator) -> dict[str, Any]:
    """Between them."""
    return both(kappa, load, Y.nodes(refine=2)[1::2].tolist())


def table_of(frame: Any, axes: tuple[TableAxis, ...], nodes: list[np.ndarray]) -> dict[str, np.ndarray]:
    """The outputs on a grid of (load, kappa, y)."""
    found = {
        (k, s): np.stack(list(rows))
        for k, s, rows in zip(frame["kappa"], frame["load"], frame["rows"], strict=True)
    }
    rows = np.array([[found[round(float(k), 6), round(float(s), 6)] for k in nodes[1]] for s in nodes[0]])
    outputs = {name: rows[..., i : i + 1] for i, name in enumerate(NUMBERS)} | {"empty": rows[..., 4:5]}
    for i, name in enumerate(CURVES):
        outputs[name] = rows[..., 4 + i * POINTS : 4 + (i + 1) * POINTS]
    return outputs


def places(nodes: list[np.ndarray]) -> list[dict[str, float]]:
    """Loads and margins, for a sweep."""
    return [{"kappa": round(float(k), 6), "load": round(float(s), 6)} for k in nodes[1] for s in nodes[0]]


def main() -> None:
    axes = (LOAD, KAPPA, Y)
    nodes, middles = [axis.nodes() for axis in axes], [axis.nodes(refine=2)[1::2] for axis in axes]
    frame = sweep(column, places(nodes), seeds=1, out=RAW / "nodes", root_seed=2015, executor=2)
    exact = table_of(frame, axes, nodes)
    outputs = {name: values.astype(np.float32) for name, values in exact.items()}
    table = GridTable(axes, outputs, dict.fromkeys(outputs, 0.0))
    frame = sweep(middle, places(middles), seeds=1, out=RAW / "middles", root_seed=2015, executor=2)
    wanted, row, error = (
        table_of(frame, axes, middles),
        np.empty(table.layout.size),
        dict.fromkeys(outputs, 0.0),
    )
    for i, j, k in np.ndindex(*map(len, middles)):
        table.kernel(np.array([middles[0][i], middles[1][j], middles[2][k]]), row)
        for name, part in table.layout.slices.items():
            error[name] = max(error[name], MARGIN * float(np.abs(row[part] - wanted[name][i, j, k]).max()))
    table = GridTable(axes, outputs, error)
    OUT.write_text(
        json.dumps(
            {
                "provenance": provenance(RAW / "nodes")
                | {"command": "python chapters/data/local_entropy_curves.py"},
                "near": NEAR,
                "table": table.spec(),
            },
            indent=1,
        )
        + "\n"
    )
    assert math.isfinite(max(error.values()))
    print(error)


if __name__ == "__main__":
    main()
