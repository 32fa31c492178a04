"""Jammed tanh networks: `networks.jam` beside SciPy's SLSQP, on the same patterns, with exact gradients for both.

Patterns with random labels, one or two hidden layers. The smallest y f is raised, the incoming weights and bias of every neuron kept at length one. SLSQP
gets the plain program (the margin as one more variable); from random weights it always ends where the output vanishes, so L-BFGS first raises a soft minimum, at four
temperatures. Compared are the processor time for a state, how many states are maxima (a positive margin, forces balanced to 1e-8), and the margin reached.

Run: OPENBLAS_NUM_THREADS=1 python benchmarks/jammed_networks.py
A missed target is said and makes the script fail.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one core for both; must precede the import of numpy

import sys
import time

import numpy as np
from scipy.optimize import minimize, nnls
from scipy.special import logsumexp, softmax

from learnscape import fully_connected
from learnscape.jamming import networks
from learnscape.jamming.networks.curvature import forward, output_gradients, tanh

Sizes = tuple[int, ...]
CASES = (  # sizes, patterns, draws, target: times faster for a state that is a maximum
    ((8, 6, 1), 110, 12, 1.5),
    ((6, 5, 5, 1), 110, 4, 1.0),
)
TEMPERATURES = (0.3, 0.1, 0.03, 0.01)


def spheres(theta: np.ndarray, sizes: Sizes) -> tuple[np.ndarray, np.ndarray]:
    """(|w|^2 - 1) / 2 of every neuron, and the gradients."""
    rows = [row for matrix in fully_connected.layers(theta, sizes) for row in matrix]
    gradients = np.zeros((len(rows), theta.size))
    first = 0
    for i, row in enumerate(rows):
        gradients[i, first : first + row.size] = row
        first += row.size
    return np.array([(row @ row - 1) / 2 for row in rows]), gradients


def margins(theta: np.ndarray, sizes: Sizes, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """y f of every pattern, and the gradients."""
    matrices = fully_connected.layers(theta, sizes)
    done = forward(matrices, x, tanh)
    return y * done.output, y[:, None] * output_gradients(matrices, done)


def on_spheres(theta: np.ndarray, sizes: Sizes) -> np.ndarray:
    """The same with every neuron's incoming weights of length one."""
    theta = theta.copy()
    for matrix in fully_connected.layers(theta, sizes):
        matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    return theta


def softly(
    free: np.ndarray, temperature: float, sizes: Sizes, x: np.ndarray, y: np.ndarray
) -> tuple[float, np.ndarray]:
    """Minus the soft minimum of the margins on the spheres, and its gradient in weights of any length."""
    theta = on_spheres(free, sizes)
    values, gradients = margins(theta, sizes, x, y)
    slope = -softmax(-values / temperature) @ gradients
    normals = spheres(theta, sizes)[1]
    slope -= (normals @ slope) @ normals
    lengths = np.concatenate(
        [np.repeat(np.linalg.norm(m, axis=1), m.shape[1]) for m in fully_connected.layers(free.copy(), sizes)]
    )
    return temperature * logsumexp(-values / temperature), slope / lengths


def by_slsqp(sizes: Sizes, x: np.ndarray, y: np.ndarray, seed: int) -> np.ndarray:
    """Parameters at the end; the last variable of the program is the margin."""
    theta = on_spheres(
        np.random.default_rng(seed).standard_normal(fully_connected.count_parameters(sizes)), sizes
    )
    for temperature in TEMPERATURES:
        warm = minimize(
            softly, theta, (temperature, sizes, x, y), jac=True, method="L-BFGS-B", options={"maxiter": 1000}
        )
        theta = on_spheres(warm.x, sizes)
    start = np.append(theta, margins(theta, sizes, x, y)[0].min())
    goal = np.append(np.zeros(theta.size), -1.0)
    apart = {
        "type": "ineq",
        "fun": lambda v: margins(v[:-1], sizes, x, y)[0] - v[-1],
        "jac": lambda v: np.column_stack([margins(v[:-1], sizes, x, y)[1], -np.ones(len(y))]),
    }
    on = {
        "type": "eq",
        "fun": lambda v: spheres(v[:-1], sizes)[0],
        "jac": lambda v: np.column_stack([spheres(v[:-1], sizes)[1], np.zeros(sum(sizes[1:]))]),
    }
    options = {"maxiter": 500, "ftol": 1e-13}
    found = minimize(
        lambda v: (-v[-1], goal), start, jac=True, method="SLSQP", constraints=[apart, on], options=options
    )
    return np.asarray(found.x[:-1])


def state(theta: np.ndarray, sizes: Sizes, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Smallest margin on the spheres, and what the best non-negative forces on patterns within 1e-7 of it leave unbalanced."""
    theta = on_spheres(theta, sizes)
    values, gradients = margins(theta, sizes, x, y)
    contacts = values < values.min() + 1e-7
    normals = spheres(theta, sizes)[1]
    tangent = gradients[contacts] - (gradients[contacts] @ normals.T) @ normals
    weight = 10.0  # of the condition that the forces sum to one
    system = np.vstack([tangent.T, np.full(int(contacts.sum()), weight)])
    return float(values.min()), float(nnls(system, np.append(np.zeros(theta.size), weight))[1])


def compare(sizes: Sizes, patterns: int, draws: int, target: float) -> bool:
    """Print one comparison; True if the target is missed."""
    inputs, *widths, _ = sizes
    results: dict[str, list[tuple[float, float, float]]] = {"jam": [], "SLSQP": []}
    for seed in range(-1, draws):  # the first one compiles
        x, y = networks.random_data(patterns, inputs, rng=100 + seed)
        for name, rows in results.items():
            begin = time.process_time()
            if name == "jam":
                found = networks.jam(
                    inputs, widths, activation="tanh", patterns=(x, y), rng=abs(seed), on_failure="return"
                )
                theta = found.network.parameters
            else:
                theta = by_slsqp(sizes, x, y, abs(seed))
            if seed >= 0:
                rows.append((time.process_time() - begin, *state(theta, sizes, x, y)))
    cost = {}
    print(f"sizes {sizes}, {patterns} patterns")
    for name, rows in results.items():
        seconds, margin, unbalanced = np.array(rows).T
        good = (unbalanced < 1e-8) & (margin > 1e-4)
        cost[name] = float(seconds.sum() / good.sum()) if good.any() else np.inf
        print(
            f"  {name:6s} {good.sum():2d} of {len(rows)} maxima   {seconds.mean():6.2f} s a run   {cost[name]:6.2f} s a maximum"
            f"   margin {np.median(margin):.4f} (median)   unbalanced {np.median(unbalanced):.0e}"
        )
    missed = cost["SLSQP"] < target * cost["jam"]
    print(
        f"  ratio {cost['SLSQP'] / cost['jam']:.1f} for a maximum; target {target}: {'MISSED' if missed else 'met'}"
    )
    return missed


def main() -> bool:
    """All comparisons; True if a target is missed."""
    missed = [compare(*case) for case in CASES]
    return any(missed)


if __name__ == "__main__":
    sys.exit(main())
