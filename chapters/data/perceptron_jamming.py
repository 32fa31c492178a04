"""Jammed perceptrons at many sizes, for chapters/jamming/perceptron-jamming.

States are made by decompression of the quadratic cost (`perceptron.jam`, method "unsat", down to the pressure 1e-3, then along edges to the exact
corner). Stored are jamming margins, contact counts, and the exponents of gaps and forces in several windows; and, from
other sweeps, minima above jamming with their Hessian; states at a pressure that falls as N^-2 with their smallest gaps and forces (kept in
chapters/data/parts/perceptron_smallest.npz, one row a draw); and the jumps of corners that follow a field.

Run from the repository's root: python chapters/data/perceptron_jamming.py        (about 50 minutes on one core)
With --scaled: only the states at the scaled pressure and the jumps, into the file that is there (30 minutes).
With --ratios: only Hill's estimator, on the smallest values that are kept and on convex draws (half a minute).
With --paper: more draws of the large systems and N = 2048 (some hours). The raw results stay in _data/, which git ignores.
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
from scipy.optimize import brentq, minimize
from scipy.special import log_ndtr

import learnscape
from learnscape import Margin, Spherical
from learnscape.jamming import perceptron
from learnscape.numerics import power_law
from learnscape.replica import unsat
from learnscape.sweeps import sweep

SEED = 2016
SAMPLES = {  # (N, alpha): draws
    (32, 4.0): 800, (64, 4.0): 600, (128, 4.0): 400, (256, 4.0): 200,
    (32, 12.0): 400, (64, 12.0): 300, (128, 12.0): 150, (256, 12.0): 40,
    (64, 0.9613): 300, (128, 0.9613): 200, (256, 0.9613): 100,
}  # fmt: skip
LARGE = {(512, 4.0): 60, (1024, 4.0): 12}  # done last
# N: draws for decompression down to a pressure that falls as N^-2, so that about one contact is left in excess at every size; alpha = 4
SCALED = {32: 4000, 64: 2200, 128: 850, 256: 260, 512: 40}
CONVEX = {64: 600, 128: 200}  # N: draws at the load 1.2, where the margin is positive and the problem convex
RATIOS = (3, 7)  # ratios of smallest values taken from a state by Hill's estimator
SMALLEST = 8  # gaps and forces kept of each of these states
FIELD = 1.0  # where the field that drives a corner ends; |v| = 2.4
CLIMBED = {64: 300, 128: 100}  # N: draws that climb along edges all the way, alpha = 4
JUMPS = {32: 600, 64: 600, 128: 100}  # N: draws driven, alpha = 4
JUMP_BINS = np.geomspace(1e-5, 10, 25)
JUMP_WINDOWS = [(low, 10 * low) for low in (0.001, 0.003, 0.01, 0.03)]
PAPER = {(512, 4.0): 400, (1024, 4.0): 100, (2048, 4.0): 20, (512, 12.0): 200, (1024, 12.0): 50}
ABOVE = [(128, 80), (256, 20), (512, 4)]  # N, draws, for the Hessian at each of the margins
MARGINS = [(4.0, kappa) for kappa in (-0.38, -0.3, -0.2, 0.0, 0.3)] + [(1.0, 1.0), (0.6, 1.5)]
GAP_WINDOWS = [(low, 10 * low) for low in (0.0003, 0.001, 0.003, 0.01, 0.03)] + [
    (0.0, 0.01),
    (0.0, 0.03),
    (0.0, 0.1),
]
FORCE_WINDOWS = [(0.0, high) for high in (0.05, 0.1, 0.2, 0.4)] + [(0.02, 0.2), (0.05, 0.5)]
METHODS = {64: 100, 128: 20}  # N: draws on which the three searches are compared, alpha = 4
GAP_BINS, FORCE_BINS = np.geomspace(1e-5, 1, 26), np.geomspace(1e-3, 10, 21)
OUT = Path(__file__).parents[2] / "lib" / "learnscape" / "data" / "perceptron_jamming.json"
RAW = Path(__file__).parents[2] / "_data" / "perceptron_jamming"
SMALLEST_OF_ALL = Path(__file__).parent / "parts" / "perceptron_smallest.npz"


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


def deeper(n: int, alpha: float, pressure: float, rng: np.random.Generator) -> dict[str, object]:
    """One state decompressed to the given pressure: its gaps and forces, and how many edges were climbed to the corner."""
    start = time.process_time()
    state = perceptron.jam(n, alpha, pressure=pressure, rng=rng)
    return {
        "contacts": len(state.contacts),
        "edges": state.n_edges,
        "gaps": state.open_gaps[: 4 * n],
        "forces": np.sort(state.forces) / state.forces.mean(),
        "cpu": time.process_time() - start,
    }


def climbed(n: int, alpha: float, rng: np.random.Generator) -> dict[str, object]:
    """One corner reached along edges alone, from random weights: its gaps and forces."""
    start = time.process_time()
    state = perceptron.jam(n, alpha, method="edges", rng=rng)
    return {
        "contacts": len(state.contacts),
        "edges": state.n_edges,
        "gaps": state.open_gaps[: 4 * n],
        "forces": np.sort(state.forces) / state.forces.mean(),
        "cpu": time.process_time() - start,
    }


def driven(n: int, alpha: float, pressure: float, rng: np.random.Generator) -> dict[str, object]:
    """Jumps of a jammed corner while a field along a random direction grows to FIELD, and the walls left in each."""
    start = time.process_time()
    state = perceptron.jam(n, alpha, pressure=pressure, rng=rng)
    push = perceptron.avalanches(state, rng.standard_normal(n), FIELD)
    return {
        "jumps": push.sizes,
        "fields": push.fields,
        "left": push.edges,
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


def one_step_margin(alpha: float) -> float:
    """Jamming margin with one step of replica symmetry breaking: the load is the least over q and y of

    [q / l + (1/y) ln l] / (-2 int Dz f(sqrt(q) z - kappa)),  l = 1 + y (1 - q),  f = (1/y) ln int Dz exp(-y h^2 theta(-h) / 2),

    where h has the variance 1 - q around the argument of f.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    weights = weights / weights.sum()

    def load(parameters: np.ndarray, kappa: float) -> float:
        q, y = 1 / (1 + np.exp(-parameters[0])), np.exp(parameters[1])
        length = 1 + y * (1 - q)
        h = np.sqrt(q) * nodes - kappa
        above = log_ndtr(h / np.sqrt(1 - q))
        below = log_ndtr(-h / np.sqrt((1 - q) * length)) - 0.5 * np.log(length) - y * h**2 / (2 * length)
        return float((q / length + np.log(length) / y) / (-2 * (weights @ np.logaddexp(above, below)) / y))

    def least(kappa: float) -> float:
        options = {"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000}
        starts = ((1.0, 1.0), (2.0, 3.0), (3.0, 4.0))
        return min(
            minimize(load, start, args=(kappa,), method="Nelder-Mead", options=options).fun
            for start in starts
        )

    return brentq(
        lambda kappa: least(kappa) - alpha,
        unsat.jamming_margin(alpha) - 0.2,
        unsat.jamming_margin(alpha) - 1e-4,
        xtol=1e-7,
    )


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


def points(function, name: str, seeds: int, **point: float):
    """All repetitions of one point; those that are stored already are read."""
    return sweep(
        function, point, seeds=seeds, out=RAW / name, executor="serial", root_seed=SEED, progress=False
    )


def jamming(n: int, alpha: float, draws: int) -> dict[str, object]:
    table = points(jammed, f"jammed-{n}-{alpha:g}", draws, n=n, alpha=alpha)
    entry: dict[str, object] = {
        "n": n,
        "alpha": alpha,
        "draws": len(table),
        "kappa": mean(table["kappa"]),
        "spread": float(table["kappa"].std(ddof=1)),
        "contacts_minus_n": [int((table["contacts"] - n).min()), int((table["contacts"] - n).max())],
        "contacts_per_weight": mean(table["contacts"] / n),
        "kappa_rs": unsat.jamming_margin(alpha),
        "edges": mean(table["edges"]),
        "worst_residual": float(table["residual"].max()),
        "cpu": float(table["cpu"].sum()),
    }
    if alpha > 2:
        entry["kappa_1rsb"] = one_step_margin(alpha)
        entry["gaps"] = exponents(table, "gaps", GAP_WINDOWS)
        entry["forces"] = exponents(table, "forces", FORCE_WINDOWS)
        entry["gap_counts"] = np.histogram(np.concatenate(list(table["gaps"])), GAP_BINS)[0].tolist()
        entry["force_counts"] = np.histogram(np.concatenate(list(table["forces"])), FORCE_BINS)[0].tolist()
    return entry


def scaled_pressure(n: int) -> float:
    return 1e-3 * (32 / n) ** 2


def summary(n: int, table) -> dict[str, object]:
    """Of states that share their load, their size and how they were found."""
    return {
        "n": n,
        "alpha": 4.0,
        "draws": len(table),
        "isostatic": bool((table["contacts"] == n).all()),
        "edges": mean(table["edges"]),
        "gaps": exponents(table, "gaps", GAP_WINDOWS),
        "forces": exponents(table, "forces", FORCE_WINDOWS),
        "cpu": float(table["cpu"].sum()),
    }


def extremes(ends: dict[int, dict[str, np.ndarray]], first: int) -> dict[str, object]:
    """Exponents from the smallest gaps and forces of the sizes from the first on."""
    sizes = [n for n in sorted(ends) if n >= first]
    found: dict[str, object] = {"sizes": sizes, "draws": [len(ends[n]["gaps"]) for n in sizes]}
    for name in ("gaps", "forces"):
        fit = power_law.extremes([ends[n][name] for n in sizes], sizes)
        columns = ("exponents", "errors", "p_values", "typical", "relative_errors")
        found[name] = {column: getattr(fit, column).tolist() for column in columns}
        found[name]["agreement"] = fit.agreement
    return found


def ratios(ends: dict[int, dict[str, np.ndarray]]) -> list[dict[str, object]]:
    """Hill's estimator on critical states and on convex ones of the same sizes: what it gives where the answer is known."""
    states = [(n, 4.0, ends[n]) for n in CONVEX]
    for n, draws in CONVEX.items():
        table = points(deeper, f"convex-{n}", draws, n=n, alpha=1.2, pressure=1e-3)
        states.append((n, 1.2, {name: list(table[name]) for name in ("gaps", "forces")}))
    rows = []
    for n, alpha, smallest in states:
        row: dict[str, object] = {"n": n, "alpha": alpha, "draws": len(smallest["gaps"]), "k": list(RATIOS)}
        for name in ("gaps", "forces"):
            found = [power_law.hill(list(smallest[name]), k) for k in RATIOS]
            row[name] = [[fit.exponent, fit.error] for fit in found]
        rows.append(row)
    return rows


def jumping(n: int, draws: int) -> dict[str, object]:
    table = points(driven, f"driven-{n}", draws, n=n, alpha=4.0, pressure=scaled_pressure(n))
    counts = np.array([len(row) for row in table["jumps"]])
    jumps = np.concatenate(list(table["jumps"]))
    forwards = table.assign(jumps=[row[row > 0] for row in table["jumps"]])  # a few lead back
    return {
        "n": n,
        "draws": len(table),
        "jumps": len(jumps),
        "per_draw": mean(counts),
        # of one draw, over the whole field
        "response": mean(np.array([row.sum() for row in table["jumps"]])),
        "squares": mean(np.array([(row**2).sum() for row in table["jumps"]])),
        "left": float(np.concatenate(list(table["left"])).mean()),
        "counts": np.histogram(jumps, JUMP_BINS)[0].tolist(),
        "backwards": int((jumps <= 0).sum()),
        "fits": exponents(forwards, "jumps", JUMP_WINDOWS),
        "cpu": float(table["cpu"].sum()),
    }


def minimum(n: int, alpha: float, kappa: float, draws: int) -> dict[str, object]:
    table = points(compressed, f"above-{n}-{alpha:g}-{kappa:g}", draws, n=n, alpha=alpha, kappa=kappa)
    failed = table[table["energy"] > 0]
    theory = unsat.solve(Spherical(), Margin(kappa), alpha)
    names = ("energy", "pressure", "contacts", "zeta", "edge")
    return {
        "n": n,
        "alpha": alpha,
        "kappa": kappa,
        "draws": len(table),
        "unsat": len(failed),
        "converged": int(table["converged"].sum()),
        **{name: mean(failed[name]) for name in (*names, "lowest")},
        "rs": {name: getattr(theory, name) for name in names},
        "cpu": float(table["cpu"].sum()),
    }


def comparison(n: int, draws: int) -> dict[str, object]:
    table = points(searches, f"searches-{n}", draws, n=n, alpha=4.0)
    methods = ("unsat", "lp", "edges")
    return {
        "n": n,
        "draws": len(table),
        "isostatic": bool(all((table[f"contacts_{method}"] == n).all() for method in methods)),
        **{method: mean(table[method]) for method in methods},
        **{f"unsat - {method}": mean(table["unsat"] - table[method]) for method in methods[1:]},
        "cpu": float(table["cpu"].sum()),
    }


def approach() -> dict[str, object]:
    """The parts of the result that belong to the scaled pressure."""
    rows, ends = [], {}
    for n, draws in SCALED.items():
        table = points(deeper, f"deeper-{n}", draws, n=n, alpha=4.0, pressure=scaled_pressure(n))
        ends[n] = {
            name: np.array([row[:SMALLEST] for row in table[name]], dtype=np.float32)
            for name in ("gaps", "forces")
        }
        row = {**summary(n, table), "pressure": scaled_pressure(n)}
        rows.append(row)
        print(f"N = {n:5d}  scaled pressure, {row['draws']} draws, {row['cpu']:.0f} s of CPU", flush=True)
    np.savez_compressed(
        SMALLEST_OF_ALL, **{f"{name}_{n}": rows[name] for n, rows in ends.items() for name in rows}
    )
    return {
        "scaled": rows,
        "climbed": [
            summary(n, points(climbed, f"climbed-{n}", draws, n=n, alpha=4.0)) for n, draws in CLIMBED.items()
        ],
        "extremes": [extremes(ends, first) for first in sorted(ends)[:-1]],
        "ratios": ratios(ends),
        "jump_bins": JUMP_BINS.tolist(),
        "jumps": [jumping(n, draws) for n, draws in JUMPS.items()],
    }


def write(command: str, states: list, minima: list, compared: list, near: dict[str, object]) -> None:
    provenance = {
        "what": "jammed perceptrons: margins, contacts, exponents of gaps h and of forces f / mean; minima above jamming and their Hessian",
        "command": command,
        "root_seed": SEED,
        "sizes": sorted({entry["n"] for entry in states}),
        "samples": {f"{entry['n']}, {entry['alpha']:g}": entry["draws"] for entry in states},
        "learnscape": learnscape.__version__,
        "numpy": np.__version__,
        "numba": numba.__version__,
        "python": platform.python_version(),
        "date": date.today().isoformat(),
        "seconds": round(
            sum(
                entry["cpu"]
                for entry in (*states, *minima, *compared, *near["scaled"], *near["climbed"], *near["jumps"])
            )
        ),
    }
    states = sorted(states, key=lambda entry: (entry["alpha"], entry["n"]))
    result = {
        "provenance": provenance,
        "gap_bins": GAP_BINS.tolist(),
        "force_bins": FORCE_BINS.tolist(),
        "jammed": states,
        "minima": minima,
        "searches": compared,
        **near,
    }
    OUT.write_text(json.dumps(_rounded(result), indent=1) + "\n", encoding="utf-8")


def main(large: dict[tuple[int, float], int], command: str) -> None:
    start = time.perf_counter()
    states, minima, compared = [], [], []

    def state(n: int, alpha: float, draws: int) -> None:
        states.append(jamming(n, alpha, draws))
        value, error = states[-1]["kappa"]
        print(
            f"N = {n:5d}  alpha = {alpha:7.4f}  kappa {value:.4f} +- {error:.4f}   {time.perf_counter() - start:6.0f} s",
            flush=True,
        )

    for (n, alpha), draws in SAMPLES.items():
        state(n, alpha, draws)
    for n, draws in ABOVE:
        minima += [minimum(n, alpha, kappa, draws) for alpha, kappa in MARGINS]
        print(f"N = {n:5d}  Hessians   {time.perf_counter() - start:6.0f} s", flush=True)
    compared += [comparison(n, draws) for n, draws in METHODS.items()]
    near = approach()
    write(command, states, minima, compared, near)
    for (n, alpha), draws in large.items():
        state(n, alpha, draws)
        write(command, states, minima, compared, near)


def _rounded(value):
    """Six digits are enough for a page."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    return [_rounded(entry) for entry in value] if isinstance(value, list) else value


def again() -> None:
    """Only the states at the scaled pressure, and what follows from them."""
    old = json.loads(OUT.read_text(encoding="utf-8"))
    write(old["provenance"]["command"], old["jammed"], old["minima"], old["searches"], approach())


def only_ratios() -> None:
    """Only Hill's estimator, from the smallest values that are kept."""
    result = json.loads(OUT.read_text(encoding="utf-8"))
    with np.load(SMALLEST_OF_ALL) as kept:
        ends = {n: {name: kept[f"{name}_{n}"] for name in ("gaps", "forces")} for n in CONVEX}
    result["ratios"] = _rounded(ratios(ends))
    OUT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if "--scaled" in sys.argv[1:]:
        sys.exit(again())
    if "--ratios" in sys.argv[1:]:
        sys.exit(only_ratios())
    paper = "--paper" in sys.argv[1:]
    main(PAPER if paper else LARGE, "python chapters/data/perceptron_jamming.py" + " --paper" * paper)
