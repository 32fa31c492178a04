"""Typical solutions of the negative spherical perceptron from small loads to near jamming, for the explorable of chapters/replicas/full-rsb.

The controls are the margin and a place s: alpha = s alpha_AT up to s = 1, the AT line, and from there evenly on to s = 2, jamming. Replica symmetry holds for
s <= 1; beyond, full RSB on a ladder of LEVELS steps. Near jamming the ladder would have to be longer, so the table ends at s = 1.8.

diagram       a GridTable: load, entropy, overlaps q_0 and q_k, x(q_k), and the curve x(q) through the middles of the steps
lines         alpha of the AT line, of one step, and of jamming with 8 levels, at margins for drawing; RS beside them

Run from the repository's root: python chapters/data/full_rsb.py      (about ten minutes on one core)
Finished columns are kept in ``_data/full_rsb``; an interrupted run goes on where it was.
"""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from learnscape import Margin, Spherical
from learnscape.explore.table import TableAxis, tabulate
from learnscape.replica import parisi, rs, rsb
from learnscape.sweeps import provenance, sweep

LEVELS = 5
KAPPA, PLACE = TableAxis("kappa", -1.4, -0.4, 11), TableAxis("place", 0.1, 1.8, 18)
DRAWN = [round(-1.4 + 0.1 * k, 2) for k in range(14)]  # margins of the lines: -1.4 to -0.1
GOOD = 1e-4  # last Newton step: its square is what is left
RAW = Path("_data/full_rsb")
OUT = Path(__file__).parents[2] / "lib" / "learnscape" / "data" / "full_rsb.json"


def curve(q: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """x(q) from a staircase: through the middles of the steps, in ln(1 - q), and straight on to both ends."""
    ends = -np.log1p(-q)
    middle = 0.5 * (ends[:-1] + ends[1:])
    log_x = np.log(x)
    slopes = np.diff(log_x)[[0, -1]] / np.diff(middle)[[0, -1]]
    first, last = (
        log_x[0] - slopes[0] * (middle[0] - ends[0]),
        log_x[-1] + slopes[1] * (ends[-1] - middle[-1]),
    )
    places = np.concatenate([ends[:1], middle, ends[-1:]])
    return -np.expm1(-places), np.exp(np.concatenate([[first], log_x, [last]]))


def column(kappa: float, rng: np.random.Generator) -> dict[str, Any]:
    """All places at one margin; no chance in it."""
    line, end = parisi.breaking_point(kappa), parisi.jamming(kappa, levels=12).alpha
    rows = []
    for s in PLACE.nodes(refine=2):
        alpha = s * line.alpha if s <= 1.0 else line.alpha + (s - 1.0) * (end - line.alpha)
        if s <= 1.0:
            found = rs.solve(Spherical(), Margin(kappa), alpha)
            entropy, q, x = (
                found.entropy - Spherical().annealed_entropy,
                np.full(LEVELS + 2, found.q),
                np.full(LEVELS + 2, line.x),
            )
            low, high = found.q, found.q
        else:
            found = parisi.solve(kappa, alpha, levels=LEVELS, on_failure="return")
            assert found.residual < GOOD, (kappa, s, found)
            assert np.all(np.diff(found.x) > 0.0), (kappa, s, found)
            entropy, (q, x) = found.entropy, curve(found.q, found.x)
            low, high = found.q[0], found.q[-1]
        rows.append([alpha, entropy, low, high, x[-1], *q, *x])
    return {"rows": np.array(rows)}


def lines(kappa: float, rng: np.random.Generator) -> dict[str, Any]:
    """Loads of the lines of the phase diagram."""
    w, c = Spherical(), Margin(kappa)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        symmetric = float(rs.capacity(w, c))
    return {
        "values": np.array(
            [rs.at_line(w, c), symmetric, rsb.capacity(w, c).alpha, parisi.jamming(kappa, levels=8).alpha]
        )
    }


def main() -> None:
    drawn = sweep(
        lines, [{"kappa": k} for k in DRAWN], seeds=1, out=RAW / "lines", root_seed=1979, executor="serial"
    )
    kappas = [round(float(k), 6) for k in KAPPA.nodes(refine=2)]
    frame = sweep(
        column,
        [{"kappa": k} for k in kappas],
        seeds=1,
        out=RAW / "diagram",
        root_seed=1979,
        executor="serial",
    )
    rows = {
        (k, round(float(s), 6)): row
        for k, table in zip(frame["kappa"], frame["rows"], strict=True)
        for s, row in zip(PLACE.nodes(refine=2), np.stack(list(table)), strict=True)
    }

    def answer(kappa: float, place: float) -> dict[str, Any]:
        row = rows[round(kappa, 6), round(place, 6)]
        n = LEVELS + 2
        return {
            "alpha": row[0],
            "entropy": row[1],
            "q_low": row[2],
            "q_high": row[3],
            "x_high": row[4],
            "q": row[5 : 5 + n],
            "x": row[5 + n :],
        }

    table = tabulate(answer, [KAPPA, PLACE])
    values = np.stack([np.asarray(v, dtype=float) for v in drawn["values"]])
    names = ("at", "symmetric", "one_step", "jamming")
    OUT.write_text(
        json.dumps(
            {
                "provenance": provenance(RAW / "diagram") | {"command": "python chapters/data/full_rsb.py"},
                "diagram": table.spec(),
                "lines": {"kappa": DRAWN}
                | {
                    name: [round(v, 6) for v in column]
                    for name, column in zip(names, values.T.tolist(), strict=True)
                },
            },
            indent=1,
        )
        + "\n"
    )
    assert math.isfinite(max(table.error.values()))
    print(table.error)


if __name__ == "__main__":
    main()
