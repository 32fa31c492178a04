"""The hidden-teacher model beside what a researcher writes with NumPy and scipy.optimize, in one run on one core.

*Typical students*: damped iteration of the five saddle equations to 1e-10, averages on 300 Gauss-Legendre nodes by `scipy.special.log_ndtr`; the interpolation point by
`brentq` over it, each point started from the last one. *Dense regions, y -> infinity*: the maxima in each field by bisection and Newton on arrays, and `fsolve` for the seven
saddle equations as derivatives of the free entropy would demand; each distance started from the last one.

A stated time that is missed, a ratio below the stated one, or a value off the known one ends the run with an error.
Run: OPENBLAS_NUM_THREADS=1 python benchmarks/dense_hidden.py
"""

from __future__ import annotations

import math
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one core for all; must precede the import of numpy

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq, fsolve
from scipy.special import log_ndtr, ndtr

from learnscape.replica import hidden

ALPHA_T, M = 3.0, 2.0 / math.pi
LEGENDRE = np.polynomial.legendre.leggauss(150)
HALF = 4.5 * (LEGENDRE[0] + 1.0)
Z = np.concatenate([-HALF[::-1], HALF])
W = np.concatenate([LEGENDRE[1][::-1], LEGENDRE[1]]) * 4.5 * np.exp(-0.5 * Z * Z) / math.sqrt(2.0 * math.pi)
DISTANCES = np.linspace(0.2, 0.03, 18)
# milliseconds allowed; how much faster we must be
RS, INTERPOLATION, DENSE = (2.0, 5.0), (20.0, 5.0), (2.0, 5.0)
POINT = 100.0  # ms for the end of the dense regions


def mills(x: np.ndarray) -> np.ndarray:
    """G/H."""
    return np.exp(-0.5 * x * x - log_ndtr(-x)) / math.sqrt(2.0 * math.pi)


class Typical:
    """The peer's replica-symmetric point."""

    def __init__(self) -> None:
        self.start = (0.3, 0.5, 0.4, 0.6, 0.5)

    def solve(self, alpha: float) -> float:
        """The entropy."""
        q, q_hat, delta, p, r = self.start
        t = ALPHA_T * M
        for _ in range(5000):
            shared, v, along = M * p + (1 - M) * q, M * delta + (1 - M) * (1 - q), math.sqrt(M) * r
            rest = shared - along**2
            x = -math.sqrt(shared / v) * Z
            g = mills(x) / math.sqrt(v)
            label = 2.0 * ndtr(along / math.sqrt(rest) * Z)
            g2 = float(W @ (label * g * g))
            lg = float(W @ (label * math.sqrt(shared) * Z * g))
            by_r = (
                float(W @ (np.exp(-0.5 * along**2 / rest * Z * Z) * g))
                * 2
                * math.sqrt(abs(shared) / rest / (2 * math.pi))
            )
            d = 1.0 / (1.0 / (1 - q) + t * (lg / v + g2))
            new_r = ALPHA_T * math.sqrt(M) * d * by_r
            new_p = new_r**2 + d * d * (q / (1 - q) ** 2 + t * g2)
            new_hat = alpha * (1 - M) * g2 - alpha / ALPHA_T * (
                1 / (1 - q) - (1 + new_p) / (1 - q) ** 2 + 2 * q * d / (1 - q) ** 3
            )
            new = (float(W @ np.tanh(math.sqrt(max(new_hat, 1e-9)) * Z) ** 2), new_hat, d, new_p, new_r)
            old = (q, q_hat, delta, p, r)
            q, q_hat, delta, p, r = (0.5 * a + 0.5 * b for a, b in zip(old, new, strict=True))
            if max(abs(a - b) for a, b in zip(old, new, strict=True)) < 1e-10:
                break
        self.start = (q, q_hat, delta, p, r)
        v = 1 - q
        volume = math.log(delta / v) + (p - r * r) / delta - (q + p + delta) / v + q * delta / v**2 + 1
        h = np.abs(math.sqrt(q_hat) * Z)
        sites = -0.5 * q_hat * v + float(W @ (h + np.log1p(np.exp(-2 * h))))
        return sites + 0.5 * alpha / ALPHA_T * volume + alpha * float(W @ (label * log_ndtr(-x)))

    def interpolation(self) -> float:
        self.start = (0.3, 0.5, 0.4, 0.6, 0.5)
        return float(brentq(self.solve, 0.9, 1.3, xtol=1e-8))


def dense_peer(alpha: float, distances: np.ndarray) -> list[float]:
    """Local entropies by fsolve on the seven saddle equations."""
    typical = hidden.solve(alpha, ALPHA_T)
    x = np.array([typical.q_hat, 0.05, 0.03, typical.p_d - typical.p, 0.03, typical.p, typical.r])
    found = []
    t = ALPHA_T * M

    def equations(x: np.ndarray, q1: float, want_entropy: bool = False) -> np.ndarray | float:
        q_hat, delta_hat, delta_q, inner, delta_p, p1, r = x
        v, total, outer = 1 - q1, 1 - q1 + delta_q, inner + delta_p
        root = math.sqrt(abs(q_hat))
        a = np.abs(root * Z)
        h = a + delta_hat
        for _ in range(40):
            th = np.tanh(h)
            h = h - (h - a - delta_hat * th) / (1 - delta_hat * (1 - th * th))
        th = np.tanh(h)
        shared, along = M * p1 + (1 - M) * q1, math.sqrt(M) * r
        variance, delta = M * inner + (1 - M) * v, M * delta_p + (1 - M) * delta_q
        scale, rest = math.sqrt(abs(variance)), abs(shared - along**2)
        omega = math.sqrt(abs(shared)) * Z
        low, high = omega.copy(), omega + delta * mills(-omega / scale) / scale
        for _ in range(45):
            middle = 0.5 * (low + high)
            below = middle - delta * mills(-middle / scale) / scale < omega
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        at = 0.5 * (low + high)
        g = mills(-at / scale) / scale
        slope = g * (at / variance + g)
        label = 2.0 * ndtr(along / math.sqrt(rest) * Z)
        g2, inside, outside = (float(W @ (label * f)) for f in (g * g, slope, slope / (1 + delta * slope)))
        by_r = (
            float(W @ (np.exp(-0.5 * along**2 / rest * Z * Z) * g))
            * 2
            * math.sqrt(abs(shared) / rest / (2 * math.pi))
        )
        if want_entropy:
            best = -0.5 * delta_hat * th**2 + h + np.log1p(np.exp(-2 * h))
            volume = math.log(inner / v) + (p1 - r * r) / outer - q1 / total - inner / v - p1 / total
            volume += q1 * outer / total**2 + 1
            fields = log_ndtr(at / scale) - 0.5 * delta * g * g
            entropy = -0.5 * (q1 * delta_hat + q_hat * delta_q + q_hat * v) + float(W @ best)
            return entropy + 0.5 * alpha / ALPHA_T * volume + alpha * float(W @ (label * fields))
        return np.array(
            [
                float(W @ th**2) - q1,
                float(W @ (np.abs(Z) * th)) / root - total,
                alpha / ALPHA_T * ((q1 + p1) / total**2 - 2 * q1 * outer / total**3)
                + alpha * (1 - M) * g2
                - q_hat,
                1 / v + t * inside - 1 / inner,
                1 / total + t * outside - 1 / outer,
                outer**2 * (q1 / total**2 + t * g2) - p1 + r * r,
                ALPHA_T * math.sqrt(M) * outer * by_r - r,
            ]
        )

    for q1 in np.concatenate([[typical.q + 0.01], 1.0 - 2.0 * distances]):
        x = fsolve(equations, x, args=(float(q1),), xtol=1e-10)
        found.append(float(equations(x, float(q1), True)))
    return found[1:]


def seconds(function: Callable[[], object], repeats: int) -> float:
    """Median processor time of one call, after one that warms the caches."""
    times = []
    for _ in range(repeats + 1):
        begin = time.process_time()
        function()
        times.append(time.process_time() - begin)
    return statistics.median(times[1:])


def main() -> None:
    peer = Typical()
    failed = []

    def fresh() -> float:
        peer.start = (0.3, 0.5, 0.4, 0.6, 0.5)
        return peer.solve(0.9)

    parts = (
        ("typical students", lambda: hidden.solve(0.9, ALPHA_T).entropy, fresh, RS, 1, 50),
        (
            "interpolation point",
            lambda: hidden.interpolation_point(ALPHA_T),
            peer.interpolation,
            INTERPOLATION,
            1,
            20,
        ),
        (
            "dense, y -> inf, a point",
            lambda: float(hidden.dense_curve(0.9, ALPHA_T, DISTANCES).entropy.sum()),
            lambda: sum(dense_peer(0.9, DISTANCES)),
            DENSE,
            DISTANCES.size,
            5,
        ),
    )
    print(
        f"{'':26s} {'ours':>9s} {'allowed':>9s} {'NumPy, scipy':>12s} {'ratio':>6s} {'goal':>5s} {'difference':>11s}"
    )
    for name, ours, theirs, (allowed, goal), points, repeats in parts:
        mine, other = 1e3 * seconds(ours, repeats) / points, 1e3 * seconds(theirs, 3) / points
        gap = abs(ours() - theirs()) / points
        print(
            f"{name:26s} {mine:6.2f} ms {allowed:6.0f} ms {other:9.1f} ms {other / mine:6.1f} {goal:5.0f} {gap:11.1e}"
        )
        if mine > allowed:
            failed.append(f"{name}: {mine:.2f} ms, not {allowed:g}")
        if other < goal * mine:
            failed.append(f"{name}: {other / mine:.1f} times faster, not {goal:g}")
        if gap > 1e-6:
            failed.append(f"{name}: the two differ by {gap:.1e}")
    hidden.local_entropy_point(2.0, y=math.inf)
    begin = time.process_time()
    point = hidden.local_entropy_point(ALPHA_T, y=math.inf)
    spent = 1e3 * (time.process_time() - begin)
    print(f"{'end of dense, y -> inf':26s} {spent:6.2f} ms {POINT:6.0f} ms    alpha = {point.alpha:.9f}")
    if spent > POINT:
        failed.append(f"end of the dense regions: {spent:.1f} ms, not {POINT:g}")
    if abs(point.alpha - 1.032074) > 1e-6:
        failed.append(f"end of the dense regions: {point.alpha!r}")
    if failed:
        sys.exit("MISSED\n" + "\n".join(failed))


if __name__ == "__main__":
    main()
