"""Local slopes of a jammed perceptron against the number of levels, and the scaling solution at trial exponents, for chapters/replicas/jamming-exponents.

slopes   the three logarithmic derivatives at kappa = -1 with 6, 12, 24, 40, 50 levels, with load and contacts
windows  at the margin where load 4 jams: the exponents that a maximum-likelihood fit of endless data would find in the windows of perceptron_jamming.json
table    M', p, both sides of the closure and a + b on a grid of trial exponents: what the explorable ``jamming_closure`` reads

Nothing here is random. Run from the repository's root: python chapters/data/jamming_exponents.py      (three minutes on one core)
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.optimize import brentq

from learnscape.explore.table import TableAxis, tabulate
from learnscape.replica import parisi
from learnscape.sweeps import provenance, sweep

MARGIN, LEVELS = -1.0, (6, 12, 24, 40, 50)
DENSE, WINDOW_LEVELS = -0.4105, 40  # jams at a load of 4.000 (the stored result says so)
WINDOWS = ((3e-4, 3e-3), (1e-3, 1e-2), (3e-3, 3e-2), (1e-2, 1e-1), (3e-2, 3e-1))
TRIALS = TableAxis("kappa_exponent", 1.1, 1.7, 61)
SHOWN = np.linspace(-6.0, 6.0, 61)  # values of t at which the explorable draws M' and p
RAW = Path("_data/jamming_exponents")
OUT = Path(__file__).parents[2] / "lib" / "learnscape" / "data" / "jamming_exponents.json"


def slopes(levels: int, rng: np.random.Generator) -> dict[str, Any]:
    """Local slopes at jamming with so many levels."""
    found = parisi.jamming(MARGIN, levels=levels)
    local = parisi.local_slopes(found)
    return {"alpha": found.alpha, "contacts": found.contacts, "smallest": found.gap[-1], **local._asdict()}


def windows(levels: int, rng: np.random.Generator) -> dict[str, Any]:
    """Exponents of the density of gaps in finite windows, and the mean force in the unit of its local slopes."""
    found = parisi.jamming(DENSE, levels=levels)
    held = found.h < 0.0
    mean = -float((found.P * found.weights * found.h)[held].sum() / (found.P * found.weights)[held].sum())
    log_p = CubicSpline(np.log(found.h[~held]), np.log(found.P[~held]))
    answer = []
    for low, high in WINDOWS:
        u, span = np.linspace(0.0, np.log(high / low), 4001), np.log(high / low)
        density = np.exp(log_p(u + np.log(low)) + u)  # of u = ln(gap/low)
        ratio = float((u * density).sum() / density.sum()) / span
        # of the power law with s = 1 + exponent: the same mean
        power = brentq(
            lambda s, ratio=ratio, span=span: 1 / -np.expm1(-s * span) - 1 / (s * span) - ratio, 0.05, 2.0
        )
        answer.append(power - 1.0)
    local = parisi.local_slopes(found)
    return {"alpha": found.alpha, "exponents": np.array(answer), "force": local.force * found.lam[-1] / mean,
            "force_slope": local.force_slope, "gap": local.gap, "gap_slope": local.gap_slope}  # fmt: skip


def trial(kappa_exponent: float) -> dict[str, Any]:
    """The scaling functions without the closure, and how far from it they are."""
    found = parisi.scaling_functions(kappa_exponent=kappa_exponent)
    e, (left, right) = found.exponents, found.closure
    return {
        "left": left,
        "right": right,
        "a_plus_b": e.a + e.b,
        "gamma": e.gamma,
        "theta": e.theta,
        "held": CubicSpline(found.t, -found.slope)(SHOWN),
        "density": CubicSpline(found.t, found.density)(SHOWN),
    }


def short(value: Any) -> Any:
    """Seven digits are enough, but for a load."""
    return [float(f"{x:.7g}") for x in value] if np.ndim(value) else float(f"{value:.12g}")


def main() -> None:
    frame = sweep(slopes, {"levels": list(LEVELS)}, out=RAW / "slopes", executor="serial")
    dense = sweep(windows, {"levels": WINDOW_LEVELS}, out=RAW / "windows", executor="serial").iloc[0]
    rows = []
    for _, row in frame.sort_values("levels").iterrows():
        values = {name: row[name] for name in ("alpha", "contacts", "smallest", *parisi.LocalSlopes._fields)}
        rows.append({"levels": int(row["levels"]), **{name: short(value) for name, value in values.items()}})
    answer = {
        "provenance": provenance(RAW / "slopes") | {"command": "python chapters/data/jamming_exponents.py"},
        "kappa": MARGIN,
        "slopes": rows,
        "windows": {
            "provenance": provenance(RAW / "windows"),
            "kappa": DENSE,
            "levels": WINDOW_LEVELS,
            "windows": WINDOWS,
            **{
                name: short(dense[name])
                for name in ("alpha", "exponents", "force", "force_slope", "gap", "gap_slope")
            },
        },
        "table": tabulate(trial, [TRIALS]).spec(),
    }
    OUT.write_text(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
