"""Jammed perceptrons at many sizes, for chapters/jamming/perceptron-jamming.

States are made by decompression of the quadratic cost (`perceptron.jam`, method "unsat", down to the pressure 1e-3, then along edges to the exact
corner). Stored are jamming margins, contact counts, and the exponents of gaps and forces in several windows; and, from
another sweep, minima above jamming with their Hessian.

Run from the repository's root: python chapters/data/perceptron_jamming.py        (about 25 minutes on one core)
With --paper: more samples and N = 2048 (some hours). The raw results stay in _data/, which git ignores.
"""

from __future__ import annotations

import json
import platform
import sys
import time
from datetime import date
from pathlib import Path

import numba
import numpy as np

import learnscape
from learnscape import Margin, Spherical
from learnscape.jamming import perceptron
from learnscape.numerics import power_law
from learnscape.replica import unsat
from learnscape.sweeps import sweep

SEED = 2016
SAMPLES = {  # (N, alpha): draws
    (32, 4.0): 800, (64, 4.0): 600, (128, 4.0): 400, (256, 4.0): 200, (512, 4.0): 60, (1024, 4.0): 10,
    (32, 12.0): 400, (64, 12.0): 300, (128, 12.0): 150, (256, 12.0): 40,
    (64, 0.9613): 300, (128, 0.9613): 200, (256, 0.9613): 100, (512, 0.9613): 30,
}  # fmt: skip
PAPER = {**{key: 4 * draws for key, draws in SAMPLES.items()}, (2048, 4.0): 20, (1024, 12.0): 40}
ABOVE = [(128, 100), (256, 40), (512, 12)]  # N, draws, for the Hessian at each of the margins
MARGINS = [(4.0, kappa) for kappa in (-0.38, -0.3, -0.2, 0.0, 0.3)] + [(1.0, 1.0), (0.6, 1.5)]
GAP_WINDOWS = [(low, 10 * low) for low in (0.0003, 0.001, 0.003, 0.01, 0.03)] + [
    (0.0, 0.01),
    (0.0, 0.03),
    (0.0, 0.1),
]
FORCE_WINDOWS = [(0.0, high) for high in (0.05, 0.1, 0.2, 0.4)] + [(0.02, 0.2), (0.05, 0.5)]
METHODS = {64: 100, 128: 40}  # N: draws on which the three searches are compared, alpha = 4
OUT = Path(__file__).with_suffix(".json")
RAW = Path(__file__).parents[2] / "_data" / "perceptron_jamming"


def jammed(n: int, alpha: float, rng: np.random.Generator) -> dict[str, object]:
    """One jammed state: what the summary needs of it."""
    start = time.process_time()
    state = perceptron.jam(n, alpha, pressure=1e-3, rng=rng)
    return {
        "kappa": state.kappa,
        "contacts": len(state.contacts),
        "edges": state.n_edges,
        "residual": state.residual,
        "gaps": state.open_gaps[: 4 * n],
        "forces": np.sort(state.forces) / state.forces.mean(),
        "cpu": time.process_time() - start,
    }


def compressed(n: int, alpha: float, kappa: float, rng: np.random.Generator) -> dict[str, object]:
    """One minimum above jamming and its Hessian; the margin is lowered to kappa in three steps, as a slow compression would not."""
    start = time.process_time()
    xi = rng.standard_normal((round(alpha * n), n))
    weights = rng.standard_normal(n)
    for margin in (kappa + 0.5, kappa + 0.15, kappa):
        state = perceptron.minimise(xi, margin, weights, on_failure="return")
        weights = state.weights
    spectrum = None if state.satisfied else perceptron.hessian(state)
    return {
        "energy": state.energy,
        "pressure": state.pressure,
        "contacts": len(state.unsatisfied) / n,
        "zeta": state.zeta,
        "edge": 0.0 if spectrum is None else spectrum.edge,
        "lowest": 0.0 if spectrum is None else float(spectrum.eigenvalues[0]),
        "converged": state.converged,
        "cpu": time.process_time() - start,
    }


def searches(n: int, alpha: float, rng: np.random.Generator) -> dict[str, object]:
    """The jamming margins that the three searches find for the same patterns."""
    start = time.process_time()
    xi = rng.standard_normal((round(alpha * n), n))
    found = {
        method: perceptron.jam(n, alpha, patterns=xi, method=method, pressure=1e-3, rng=rng)
        for method in ("unsat", "lp", "edges")
    }
    margins = {method: state.kappa for method, state in found.items()}
    same = {f"contacts_{method}": len(state.contacts) for method, state in found.items()}
    return {**margins, **same, "cpu": time.process_time() - start}


def mean(values: np.ndarray) -> list[float]:
    """Mean and standard error."""
    values = np.asarray(values, dtype=float)
    return [float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))]


def exponents(table, column: str, windows: list[tuple[float, float]]) -> list[dict[str, float]]:
    """The exponent of one column in all windows; whole samples are resampled for the errors."""
    values = np.concatenate([np.asarray(row) for row in table[column]])
    groups = np.concatenate([np.full(len(row), k) for k, row in enumerate(table[column])])
    fits = [
        power_law.fit(values, low=low, high=high, groups=groups, bootstrap=100, rng=1)
        for low, high in windows
    ]
    return [
        {
            "low": f.low,
            "high": f.high,
            "exponent": f.exponent,
            "error": f.error,
            "count": f.count,
            "p": f.p_value,
        }
        for f in fits
    ]


def main(samples: dict[tuple[int, float], int], command: str) -> None:
    start = time.perf_counter()
    cpu = 0.0
    states = []
    for (n, alpha), draws in samples.items():
        point = sweep(
            jammed,
            {"n": n, "alpha": alpha},
            seeds=draws,
            out=RAW / f"jammed-{n}-{alpha:g}",
            executor="serial",
            root_seed=SEED,
            progress=False,
        )
        cpu += float(point["cpu"].sum())
        entry = {
            "n": n,
            "alpha": alpha,
            "draws": len(point),
            "kappa": mean(point["kappa"]),
            "spread": float(point["kappa"].std(ddof=1)),
            "contacts_minus_n": [int((point["contacts"] - n).min()), int((point["contacts"] - n).max())],
            "contacts_per_weight": mean(point["contacts"] / n),
            "kappa_rs": unsat.jamming_margin(alpha),
            "edges": mean(point["edges"]),
            "worst_residual": float(point["residual"].max()),
            "seconds": float(point["cpu"].mean()),
        }
        if alpha > 2:
            entry["gaps"] = exponents(point, "gaps", GAP_WINDOWS)
            entry["forces"] = exponents(point, "forces", FORCE_WINDOWS)
            bins = np.geomspace(1e-5, 1, 26)
            entry["gap_counts"] = np.histogram(np.concatenate(list(point["gaps"])), bins)[0].tolist()
            entry["force_counts"] = np.histogram(
                np.concatenate(list(point["forces"])), np.geomspace(1e-3, 10, 21)
            )[0].tolist()
        states.append(entry)
        print(
            f"N = {n:5d}  alpha = {alpha:7.4f}  kappa {entry['kappa'][0]:.4f} +- {entry['kappa'][1]:.4f}   {cpu:7.0f} s",
            flush=True,
        )
    minima = []
    for n, draws in ABOVE:
        for alpha, kappa in MARGINS:
            point = sweep(
                compressed, {"n": n, "alpha": alpha, "kappa": kappa}, seeds=draws, out=RAW / f"above-{n}-{alpha:g}-{kappa:g}",
                executor="serial", root_seed=SEED, progress=False,
            )  # fmt: skip
            cpu += float(point["cpu"].sum())
            unsatisfied = point[point["energy"] > 0]
            theory = unsat.solve(Spherical(), Margin(kappa), alpha)
            minima.append(
                {
                    "n": n, "alpha": alpha, "kappa": kappa, "draws": len(point), "unsat": len(unsatisfied), "converged": int(point["converged"].sum()),
                    **{name: mean(unsatisfied[name]) for name in ("energy", "pressure", "contacts", "zeta", "edge", "lowest")},
                    "rs": {"energy": theory.energy, "pressure": theory.pressure, "contacts": theory.contacts, "zeta": theory.zeta, "edge": theory.edge},
                }
            )  # fmt: skip
        print(f"N = {n:5d}  Hessians   {cpu:7.0f} s", flush=True)
    compared = []
    for n, draws in METHODS.items():
        point = sweep(
            searches,
            {"n": n, "alpha": 4.0},
            seeds=draws,
            out=RAW / f"searches-{n}",
            executor="serial",
            root_seed=SEED,
            progress=False,
        )
        cpu += float(point["cpu"].sum())
        isostatic = all((point[f"contacts_{method}"] == n).all() for method in ("unsat", "lp", "edges"))
        differences = {f"unsat - {other}": mean(point["unsat"] - point[other]) for other in ("lp", "edges")}
        compared.append(
            {
                "n": n,
                "draws": len(point),
                "isostatic": bool(isostatic),
                **{m: mean(point[m]) for m in ("unsat", "lp", "edges")},
                **differences,
            }
        )
    provenance = {
        "what": "jammed perceptrons: margins, contacts, exponents of gaps h and of forces f / mean; minima above jamming with the edge of the Hessian",
        "command": command,
        "root_seed": SEED,
        "sizes": sorted({n for n, _ in samples}),
        "samples": {f"{n}, {alpha:g}": draws for (n, alpha), draws in samples.items()},
        "learnscape": learnscape.__version__,
        "numpy": np.__version__,
        "numba": numba.__version__,
        "python": platform.python_version(),
        "date": date.today().isoformat(),
        "seconds": round(cpu),
    }
    gap_bins, force_bins = np.geomspace(1e-5, 1, 26).tolist(), np.geomspace(1e-3, 10, 21).tolist()
    result = {
        "provenance": provenance,
        "gap_bins": gap_bins,
        "force_bins": force_bins,
        "jammed": states,
        "minima": minima,
        "searches": compared,
    }
    OUT.write_text(json.dumps(_rounded(result), indent=1) + "\n", encoding="utf-8")
    print(f"written after {time.perf_counter() - start:.0f} s")


def _rounded(value):
    """Six digits are enough for a page."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    return [_rounded(entry) for entry in value] if isinstance(value, list) else value


if __name__ == "__main__":
    paper = "--paper" in sys.argv[1:]
    main(PAPER if paper else SAMPLES, "python chapters/data/perceptron_jamming.py" + " --paper" * paper)
