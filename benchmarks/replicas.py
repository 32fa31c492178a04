"""Replica calculations beside what a researcher writes with NumPy and scipy.optimize, in one run on one core.

*Capacities.* Both minimise the same function, ln alpha of the overlaps q_i and of y_i = m_i / (1 - q_k), in the same logarithmic variables,
from the same starting points. The peer is written with care for its own method:

* the innermost level in closed form (`scipy.special.log_ndtr`), as ours;
* the averages over -8 < z < 8 (enough at these margins; nearer to kappa = 0 the tilted weight wanders off) by composite Gauss-Legendre rules that are cut at the edge kappa and graded towards it, one matrix of nodes a level, no loop in
  Python; the rule is as coarse as an error of 1e-8 in alpha allows;
* the gradient by finite differences (what `minimize` does where none is given): to write the derivatives in q and y down is the work that
  a backward and a forward sweep save. With three and four steps the peer takes minutes and is left out; our own time is held against its limit.

*A nested average* int Dz (1/m) ln int Dz' H^m on 128 x 128 Gauss-Hermite nodes: log_ndtr against the library's log_H, the same NumPy around both. A quarter of our time is that NumPy. Fused multiply-adds would
gain more, but then compiled kernels, their Python bodies and WebAssembly would no longer agree to the bit.

*To add a part*: a function that prints its rows and returns what it missed, and its name in `PARTS`.

A stated ratio or time that is missed, or a value farther than 3e-7 from the known one, ends the run with an error.
Run: OPENBLAS_NUM_THREADS=1 python benchmarks/replicas.py
"""

from __future__ import annotations

import math
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one core for all; must precede the import of numpy

import statistics
import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_ndtr, logsumexp

from learnscape import Margin, Spherical
from learnscape.numerics.gaussian import log_H
from learnscape.replica import rs, rsb
from learnscape.replica._limit import distance_cost, unpack
from learnscape.replica._limit_minimum import _grow
from learnscape.replica.rsb._capacity import _start

Array = np.ndarray
# (kappa, steps): capacity from another program with another grid, by what factor ours must be faster, and at most so many milliseconds
CASES = {
    (-0.5, 1): (4.7001395, 4.0, 1.0),
    (-1.0, 1): (12.3196343, 4.0, 1.0),
    (-1.0, 2): (12.2872222, 2.0, 50.0),
    (-1.0, 3): (12.2825416, None, 1000.0),
    (-1.0, 4): (12.2813486, None, 5000.0),
}
NESTED = 1.8  # how much faster a nested average must be (2.5 on an idle processor with AVX-512)
ACCURACY = 3e-7
RANGE, NODES = 8.0, 8
LEGENDRE = np.polynomial.legendre.leggauss(NODES)


def rule(centre: Array, width: float) -> tuple[Array, Array]:
    """Nodes and Gaussian weights of int Dz, a row for each centre: panels of length 2, halved five times towards the bend at the centre."""
    grades = 2.0 ** -np.arange(6) * 2.0
    grades = grades[grades > 0.4 * min(width, 1.0)]
    offsets = np.unique(np.concatenate([-grades, [0.0], grades]))
    far = np.linspace(-RANGE, RANGE, 9)
    rows = np.broadcast_to(far, (centre.size, far.size))
    near = np.clip(centre[:, None] + offsets, -RANGE, RANGE)
    cuts = np.sort(np.concatenate([rows, near], axis=1), axis=1)
    half = 0.5 * np.diff(cuts, axis=1)
    z = (0.5 * (cuts[:, 1:] + cuts[:, :-1]))[:, :, None] + half[:, :, None] * LEGENDRE[0]
    w = half[:, :, None] * LEGENDRE[1] * np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
    return z.reshape(centre.size, -1), w.reshape(centre.size, -1)


def innermost(h: Array, kappa: float, y: float, gap: float) -> Array:
    """phi one level above the leaf -dist^2/2, in closed form."""
    v = 1.0 + y * gap
    x = h - kappa
    free = log_ndtr(x / math.sqrt(gap))
    behind = -0.5 * math.log(v) - 0.5 * y * x * x / v + log_ndtr(-x / math.sqrt(gap * v))
    return np.logaddexp(free, behind) / y


def phi(h: Array, level: int, kappa: float, q: Array, y: Array) -> Array:
    """phi_level(h) for an array of fields, level by level inwards."""
    if level == q.size - 1:
        return innermost(h, kappa, y[-1], 1.0 - q[-1])
    s, width = math.sqrt(q[level + 1] - q[level]), math.sqrt(1.0 - q[level + 1])
    z, w = rule((kappa - h) / s, width / s)
    inner = phi((h[:, None] + s * z).ravel(), level + 1, kappa, q, y).reshape(z.shape)
    return logsumexp(y[level] * inner, b=w, axis=1) / y[level]


def ln_alpha(v: Array, kappa: float) -> float:
    """The function that both minimise."""
    q, y = unpack(v)
    lam = np.append(1.0 + np.cumsum((y * np.diff(np.append(q, 1.0)))[::-1])[::-1], 1.0)
    sphere = 0.5 * (q[0] / lam[0] + (np.log(lam[:-1] / lam[1:]) / y).sum())
    s = math.sqrt(q[0])
    z, w = rule(np.array([kappa / s]), math.sqrt(1.0 - q[0]) / s)
    return math.log(sphere / -(w[0] @ phi(s * z[0], 0, kappa, q, y)))


def peer(kappa: float, steps: int) -> float:
    """The capacity by NumPy and scipy.optimize, from our starting points."""
    constraint = Margin(kappa)
    v = _start(constraint, partial(distance_cost, constraint)).v
    unit = math.log(rs.capacity_and_replicon(Spherical(), Margin(kappa))[0])
    scale = unit - ln_alpha(v, kappa)
    found = None
    for k in range(1, steps + 1):
        start = v if k == 1 else _grow(v)
        found = minimize(
            lambda v: (ln_alpha(v, kappa) - unit) / scale,
            start,
            method="BFGS",
            options={"gtol": 1e-5},  # finite differences give no better
        )
        v = found.x
    assert found is not None
    return math.exp(unit + scale * found.fun)


def seconds(functions: list[Callable[[], object]], repeats: int) -> list[float]:
    """Median processor time of one call of each, after one that warms the caches; they take turns."""
    times: list[list[float]] = [[] for _ in functions]
    for turn in range(repeats + 1):
        for function, found in zip(functions, times, strict=True):
            begin = time.process_time()
            function()
            if turn:
                found.append(time.process_time() - begin)
    return [statistics.median(found) for found in times]


def capacities() -> list[str]:
    """One to four steps."""
    failed = []
    print(
        f"{'problem':22s} {'solver':24s} {'alpha':>13s} {'error':>9s} {'ms':>9s} {'ratio':>7s} {'target':>12s}"
    )
    for (kappa, steps), (known, target, limit) in CASES.items():
        ours = lambda kappa=kappa, steps=steps: rsb.capacity(Spherical(), Margin(kappa), steps=steps).alpha  # noqa: E731
        theirs = lambda kappa=kappa, steps=steps: peer(kappa, steps)  # noqa: E731
        both = [ours, theirs] if target else [ours]
        times = seconds(both, 15 if steps == 1 else 5 if steps == 2 else 1)
        name = f"kappa = {kappa}, k = {steps}"
        goals = (f"{limit:.0f} ms", f"{target:.0f} x" if target else "")
        for who, function, duration, goal in zip(
            ("learnscape rsb.capacity", "NumPy, scipy BFGS"), both, times, goals, strict=False
        ):
            value, ratio = function(), duration / times[0]
            print(
                f"{name:22s} {who:24s} {value:13.8f} {abs(value - known):9.1e} {1e3 * duration:9.2f} {ratio:7.1f} {goal:>12s}"
            )
            if abs(value - known) > ACCURACY:
                failed.append(f"{name}, {who}: {value!r} is not {known!r}")
        if 1e3 * times[0] > limit:
            failed.append(f"{name}: {1e3 * times[0]:.2f} ms, not {limit:.0f}")
        if target and times[1] < target * times[0]:
            failed.append(f"{name}: {times[1] / times[0]:.1f} times faster, not {target:.0f}")
    return failed


def nested_average() -> list[str]:
    """128 x 128 nodes each."""
    z, w = np.polynomial.hermite_e.hermegauss(128)
    w = w / w.sum()
    kappa, q0, q1, m = 0.2, 0.4, 0.7, 0.6
    x = (kappa - math.sqrt(q0) * z[:, None] - math.sqrt(q1 - q0) * z) / math.sqrt(1.0 - q1)
    ours = lambda: float(w @ np.log(np.exp(m * log_H(x)) @ w)) / m  # noqa: E731
    theirs = lambda: float(w @ np.log(np.exp(m * log_ndtr(-x)) @ w)) / m  # noqa: E731
    a, b = seconds([ours, theirs], 25)
    print(
        f"{'nested 128 x 128':22s} {'learnscape log_H':24s} {ours():13.8f} {abs(ours() - theirs()):9.1e} {1e3 * a:9.2f}"
    )
    print(
        f"{'':22s} {'scipy log_ndtr':24s} {theirs():13.8f} {'':9s} {1e3 * b:9.2f} {b / a:7.1f} {NESTED:10g} x"
    )
    return [f"nested average: {b / a:.1f} times faster, not {NESTED:g}"] if b < NESTED * a else []


PARTS = (capacities, nested_average)


def main() -> None:
    failed = [line for part in PARTS for line in part()]
    if failed:
        sys.exit("MISSED\n" + "\n".join(failed))


if __name__ == "__main__":
    main()
