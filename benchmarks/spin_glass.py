"""Spin glasses: a Metropolis step of the SK model beside NumPy, and the Parisi functional beside nested Gauss-Hermite rules with scipy.optimize.

*Monte Carlo.* One temperature, one system of N spins, dense couplings, fields kept up to date. The peer is what one writes in NumPy: a loop over the spins
with the field of one spin from a dot product (its update after a flip costs as much), random numbers drawn in advance. Both start from the same spins;
the acceptance must agree. The field costs N operations only where a spin flips.

*Parisi functional.* T = 0.5, one and two steps. The peer averages with Gauss-Hermite rules of 64 nodes, as arrays, no loop in Python, and lets BFGS take
derivatives by differences. Values must agree to 1e-7.

Run: OPENBLAS_NUM_THREADS=1 python benchmarks/spin_glass.py
"""

from __future__ import annotations

import math
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one core for all; must precede the import of numpy

import sys
import time
from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize

from learnscape.spin_glass import sk
from learnscape.spin_glass.xoshiro import state_from
from learnscape.spin_glass.sk.simulation import local_fields, metropolis_sweep

FASTER = 10.0  # at least, than NumPy's loop
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(64)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


def best(call: Callable[[], object], repeats: int = 5) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def numpy_sweeps(j: np.ndarray, beta: float, spins: np.ndarray, sweeps: int, rng: np.random.Generator) -> int:
    n, accepted = spins.size, 0
    for _ in range(sweeps):
        thresholds = np.log(rng.random(n)) / (-2.0 * beta)
        for i in range(n):
            if spins[i] * (j[i] @ spins) < thresholds[i]:
                spins[i] = -spins[i]
                accepted += 1
    return accepted


def monte_carlo() -> bool:
    good = True
    for n in (64, 256, 1024):
        rng = np.random.default_rng(1)
        j, beta = sk.draw_couplings(n, rng), 1.0 / 0.6
        spins, state, fields = rng.choice([-1.0, 1.0], n), state_from(rng), np.empty(n)
        energy = local_fields(j, spins, fields)
        for _ in range(200):
            energy += metropolis_sweep(j, beta, spins, fields, state)
        sweeps = 200_000 // n

        def ours() -> None:
            for _ in range(sweeps):  # noqa: B023
                metropolis_sweep(j, beta, spins, fields, state)  # noqa: B023

        mine = best(ours) / (sweeps * n)
        peer_sweeps = max(1, sweeps // 20)
        theirs = best(lambda: numpy_sweeps(j, beta, spins.copy(), peer_sweeps, rng), 3) / (peer_sweeps * n)  # noqa: B023
        print(
            f"N = {n:5d}: {mine * 1e9:7.1f} ns a spin update, NumPy {theirs * 1e9:8.1f}, ratio {theirs / mine:6.1f}"
        )
        good &= theirs / mine > FASTER
    return good


def nested(v: np.ndarray, beta: float, steps: int) -> float:
    """-beta f by Gauss-Hermite rules, the overlaps and block parameters from unbounded variables."""
    q = 1.0 - np.exp(-np.cumsum(np.exp(v[: steps + 1])))
    m = 1.0 - np.exp(-np.cumsum(np.exp(v[steps + 1 :])))
    widths = beta * np.sqrt(np.diff(q, prepend=0.0))
    h = np.zeros(1)
    for s in widths:
        h = h[..., None] + s * NODES
    phi = np.logaddexp(h[0], -h[0])
    for block in m[::-1]:
        phi = np.log(np.exp(block * phi) @ WEIGHTS) / block
    ends, blocks = np.append(q, 1.0), np.append(m, 1.0)
    return (
        float(phi @ WEIGHTS)
        + 0.5 * beta**2 * (1.0 - q[-1])
        - 0.25 * beta**2 * float(blocks @ np.diff(ends**2))
    )


def parisi() -> bool:
    good = True
    for steps in (1, 2):
        start = np.log(
            np.concatenate(
                [np.diff(-np.log(1.0 - np.linspace(0.2, 0.6, steps + 1)), prepend=0.0), np.full(steps, 0.25)]
            )
        )
        begin = time.perf_counter()
        peer = minimize(nested, start, args=(2.0, steps), method="BFGS", options={"gtol": 1e-6})
        theirs = time.perf_counter() - begin
        sk.solve(0.5, steps=steps)
        mine = best(lambda: sk.solve(0.5, steps=steps), 3)  # noqa: B023
        found = -2.0 * sk.solve(0.5, steps=steps).free_energy
        print(
            f"T = 0.5, {steps} step(s): {mine * 1e3:8.1f} ms, nested Gauss-Hermite {theirs * 1e3:9.1f}, ratio {theirs / mine:6.1f}; "
            f"-beta f {found:.9f}, {peer.fun:.9f}"
        )
        good &= abs(found - peer.fun) < 1e-7
    for name, call in (
        ("T = 0.5, infinitely many steps", lambda: sk.solve(0.5, steps=math.inf)),
        ("T = 0, 4 steps", lambda: sk.zero_temperature(4)),
        ("T = 0, infinitely many steps", sk.zero_temperature),
        ("at_line(0.5)", lambda: sk.at_line(0.5)),
    ):
        print(f"{name}: {best(call, 1) * 1e3:.1f} ms")
    return good


if __name__ == "__main__":
    results = [monte_carlo(), parisi()]
    sys.exit(0 if all(results) else 1)
