"""What counts and surrounds solutions of the binary perceptron, and machines that vote, beside NumPy and SciPy: the same numbers by the same formulas.

Both sides take turns on one core; every time is the best of several, in processor time, so that a busy machine does not matter. A row fails when the numbers differ by more
than is said, or when the ratio is missed. The walks are the only row whose two sides draw different random numbers: their mean distances agree within errors.

Run: OPENBLAS_NUM_THREADS=1 python benchmarks/measures.py
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one core for both; must precede the import of numpy

import itertools
import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from _clock import best
from scipy.optimize import brentq
from scipy.special import log_ndtr
from scipy.stats import hypergeom

from learnscape.learn import (
    Committee,
    belief_propagation,
    binary_net,
    count_local_entropy,
    local_energy,
    local_entropy,
    reinforced_bp,
    sample_local_entropy,
    sbpi,
)
from learnscape.patterns import random_patterns

Array = np.ndarray
LOG_ROOT = 0.5 * math.log(2.0 * math.pi)


def numpy_bp(
    xi: Array, field: Array | float = 0.0, damping: float = 0.3, seed: int = 1
) -> tuple[Array, float]:
    """Means and Bethe's entropy."""
    n = xi.shape[1]
    f = xi / math.sqrt(n)
    mean = np.tanh(1e-3 * np.random.default_rng(seed).standard_normal(n) + field)
    g = np.zeros(len(xi))
    v = 1.0 - float(mean @ mean) / n
    for _ in range(2000):
        omega = f @ mean - v * g
        x = omega / math.sqrt(v)
        log_z = log_ndtr(x)
        g = np.exp(-0.5 * x * x - LOG_ROOT - log_z) / math.sqrt(v)
        b = float((g * (g + omega / v)).sum()) / n
        a = g @ f + b * mean + field
        new = np.tanh(a)
        if np.abs(new - mean).max() < 1e-8:
            break
        mean = damping * mean + (1.0 - damping) * new
        v = damping * v + (1.0 - damping) * (1.0 - float(new @ new) / n)
    sites = np.logaddexp(a, -a) - a * new
    return new, float(sites.mean() + (log_z + 0.5 * v * g * g).sum() / n)


def numpy_local_entropy(xi: Array, w: Array, distance: float) -> float:
    """The coupling that holds solutions at this distance, by Brent's method."""
    found = {}

    def excess(coupling: float) -> float:
        mean, entropy = numpy_bp(xi, coupling * w, 0.5, 0)
        d = 0.5 * (1.0 - float(mean @ w) / len(w))
        found[coupling] = entropy + 2.0 * coupling * (distance - d)  # half the slope is the coupling
        return d - distance

    return found[brentq(excess, 0.0, math.atanh(1.0 - 2.0 * distance) + 0.05, xtol=1e-4)]


def numpy_counts(xi: Array, w: Array) -> Array:
    """All corners, 2^14 at a time."""
    n = len(w)
    low = np.array(list(itertools.product((-1, 1), repeat=14)), np.int16)
    counts = np.zeros(n + 1, np.int64)
    for high in itertools.product((-1, 1), repeat=n - 14):
        part = np.hstack([low, np.tile(np.array(high, np.int16), (len(low), 1))])
        solves = (part.astype(np.float32) @ xi.T.astype(np.float32) >= 0).all(axis=1)
        counts += np.bincount((part[solves] != w).sum(axis=1), minlength=n + 1)
    return counts


def numpy_walks(xi: Array, start: Array, gamma: Array, sweeps: int, seed: int) -> Array:
    """Mean distance at each spring; a weight at a time, exchanges between neighbours."""
    rng = np.random.default_rng(seed)
    n = len(start)
    columns = np.ascontiguousarray(xi.T)
    walks = [(start.copy(), xi @ start) for _ in gamma]
    path = np.empty((sweeps, len(gamma)))
    for t in range(sweeps):
        for k, (w, fields) in enumerate(walks):
            for i, u in zip(rng.integers(n, size=n), rng.random(n), strict=True):
                if u < math.exp(-2.0 * gamma[k] * w[i] * start[i]):
                    new = fields - 2.0 * w[i] * columns[i]
                    if new.min() >= 0.0:
                        fields[:] = new
                        w[i] = -w[i]
        distance = [np.count_nonzero(w != start) for w, _ in walks]
        for k in range(t % 2, len(gamma) - 1, 2):
            gain = 2.0 * (gamma[k] - gamma[k + 1]) * (distance[k] - distance[k + 1])
            if rng.random() < math.exp(min(gain, 0.0)):
                walks[k], walks[k + 1] = walks[k + 1], walks[k]
                distance[k], distance[k + 1] = distance[k + 1], distance[k]
        path[t] = distance
    return path[sweeps // 5 :].mean(axis=0) / n


def scipy_local_energy(xi: Array, w: Array, fractions: tuple[float, ...]) -> Array:
    """Over all choices of the flips: of the (N + field)/2 products +1 a hypergeometric number is flipped, and each takes 4 from the field after all flips."""
    n = len(w)
    fields = (xi @ w).astype(int)
    flips = [round(fraction * n) for fraction in fractions]
    return np.array([hypergeom.sf((fields + 2 * k) // 4, n, (n + fields) // 2, k).mean() for k in flips])


def numpy_committee(xi: Array, units: int, iterations: int, seed: int) -> Array:
    """Errors in each iteration of reinforced belief propagation on a tree; a sum over all answers of the units."""
    p, n = len(xi), xi.shape[1] // units
    parts = np.ascontiguousarray(xi.reshape(p, units, n).swapaxes(0, 1)) / math.sqrt(n)
    answers = np.array(list(itertools.product((-1.0, 1.0), repeat=units)))
    answers = answers[answers.sum(axis=1) > 0.0]
    m = 1e-3 * np.random.default_rng(seed).standard_normal((units, n))
    g, total, trace = np.zeros((units, p)), np.zeros((units, n)), []
    for t in range(iterations):
        v = 1.0 - (m * m).mean(axis=1)[:, None]
        omega = np.einsum("kpi,ki->kp", parts, m) - v * g
        x = omega / np.sqrt(v)
        logs = {s: log_ndtr(s * x) for s in (-1.0, 1.0)}
        weight = np.exp(
            sum(np.where(answers[:, k, None] > 0, logs[1.0][k], logs[-1.0][k]) for k in range(units))
        )
        weight /= weight.sum(axis=0)
        density = np.exp(-0.5 * x * x - LOG_ROOT) / np.sqrt(v)
        slope = {s: s * density / np.exp(logs[s]) for s in (-1.0, 1.0)}
        up = np.einsum("ak,ap->kp", (answers > 0).astype(float), weight)
        g = up * slope[1.0] + (1.0 - up) * slope[-1.0]
        b = (g * (g + omega / v)).sum(axis=1)[:, None] / n
        total = np.einsum("kpi,kp->ki", parts, g) + b * m + (1.0 - (1.0 - 2e-3) ** (t + 1)) * total
        m = 0.3 * m + 0.7 * np.tanh(total)
        votes = np.sign(np.einsum("kpi,ki->kp", parts, np.where(total > 0.0, 1.0, -1.0)))
        trace.append(int((votes.sum(axis=0) < 0.0).sum()))
    return np.array(trace)


def numpy_binary_net(xi: Array, epochs: int, seed: int) -> Array:
    """The gradient written for the loss, in double precision; the weights at the end."""
    rng = np.random.default_rng(seed)
    p, n = xi.shape
    h = rng.uniform(-1.0, 1.0, (1, n))[0]
    for _ in range(epochs):
        order = rng.permutation(p)
        for start in range(0, p, 30):
            x = xi[order[start : start + 30]]
            delta = x @ np.where(h > 0.0, 1.0, -1.0) / math.sqrt(n)
            h = np.clip(h + 0.5 / math.sqrt(n) * ((1.0 / (1.0 + np.exp(16.0 * delta))) @ x), -1.0, 1.0)
        errors = int((xi @ np.where(h > 0.0, 1.0, -1.0) < 0.0).sum())
        if errors == 0:
            break
    return np.where(h > 0.0, 1.0, -1.0)


def rows() -> list[
    tuple[str, Callable[[], Any], Callable[[], Any], Callable[[Any, Any], float], float, float, int]
]:
    """Task, ours, theirs, how far they are apart, how far they may be, how much faster ours must be, repetitions."""
    xi = random_patterns(400, 1001, rng=1)
    w = sbpi(xi, rng=1).weights
    small = random_patterns(8, 20, rng=1)
    corner = np.ones(20)
    medium = random_patterns(30, 101, rng=1)
    solution = sbpi(medium, rng=1).weights
    springs = np.array([3.0, 2.0, 1.5, 1.2, 0.9, 0.7, 0.5, 0.35, 0.2, 0.1])
    votes = random_patterns(1200, 1005, rng=1)
    machine = Committee(5, shared=False)
    hard = random_patterns(600, 1001, rng=1)
    flips = (0.01, 0.05, 0.2)
    return [
        (
            "belief propagation, N = 1001",
            lambda: belief_propagation(xi, rng=1),
            lambda: numpy_bp(xi),
            lambda a, b: max(float(np.abs(a.mean - b[0]).max()), abs(a.entropy - b[1])),
            1e-9, 1.3, 10,
        ),
        (
            "local entropy by Bethe, N = 1001",
            lambda: local_entropy(xi, w, 0.1),
            lambda: numpy_local_entropy(xi, w, 0.1),
            lambda a, b: abs(a.entropy + 2.0 * a.coupling * (0.1 - a.distance) - b),
            1e-6, 2.0, 5,
        ),
        (
            "local entropy by counting, N = 20",
            lambda: count_local_entropy(small, corner).count,
            lambda: numpy_counts(small, corner),
            lambda a, b: float(np.abs(a - b).max()),
            0.0, 15.0, 5,
        ),
        (
            "local entropy by walks, N = 101",
            lambda: sample_local_entropy(medium, solution, 0.1, couplings=springs, sweeps=400, rng=1),
            lambda: np.mean([numpy_walks(medium, solution, springs, 400, s) for s in (1, 2)], axis=0),
            lambda a, b: float(np.abs(a.mean_distance - b).max()),
            0.03, 10.0, 2,
        ),
        (
            "local energy, N = 1001",
            lambda: local_energy(xi, w, flips).energy,
            lambda: scipy_local_energy(xi, w, flips),
            lambda a, b: float(np.abs(a - b).max()),
            1e-12, 1.2, 10,
        ),
        (
            "committee of 5, reinforced, N = 1005",
            lambda: reinforced_bp(votes, committee=machine, max_iterations=30, rng=1).trace,
            lambda: numpy_committee(votes, 5, 30, 1),
            lambda a, b: float(np.abs(a - b)[:10].max()),
            2.0, 1.5, 5,
        ),
        (
            "straight-through gradients, N = 1001",
            lambda: binary_net(hard, max_epochs=20, rng=1),
            lambda: numpy_binary_net(hard, 20, 1),
            lambda a, b: float(np.mean(binary_net(hard, max_epochs=1, rng=1).weights != numpy_binary_net(hard, 1, 1))),
            0.002, 1.2, 5,
        ),
    ]  # fmt: skip


def main() -> None:
    print(f"{'task':40s} {'ms':>9s} {'NumPy ms':>9s} {'ratio':>7s}   {'target':>8s}   apart")
    failed = []
    for name, ours, theirs, apart, allowed, target, repeats in rows():
        difference = apart(ours(), theirs())
        mine, peer = best([ours, theirs], repeats)
        print(
            f"{name:40s} {mine:9.2f} {peer:9.2f} {peer / mine:7.1f}   {target:6g} x   {difference:.1e}",
            flush=True,
        )
        if not difference <= allowed:
            failed.append(f"{name}: apart by {difference:.2g}, not {allowed:g}")
        if peer < target * mine:
            failed.append(f"{name}: {peer / mine:.2f} times faster than NumPy, not {target:g}")
    if failed:
        sys.exit("MISSED\n" + "\n".join(failed))


if __name__ == "__main__":
    main()
