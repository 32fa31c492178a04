"""Franz-Parisi entropy beside what a researcher writes with NumPy and scipy, in one run on one core.

*A point.* The peer solves the same saddle point as it is usually written: damped iteration of q_hat and s_hat, the field of the distance by `brentq`, and both two-dimensional
averages on tensor grids of composite Gauss-Legendre nodes in the probe's own coordinates (x, y), with `log_ndtr` on whole arrays; as many nodes as an error of 1e-8 takes.

*The thresholds* around the solutions of largest margin have no peer here: our own time is held against its limit.

A stated ratio or time that is missed, or a value farther than 1e-8 from the known one, ends the run with an error.
Run: OPENBLAS_NUM_THREADS=1 python benchmarks/dense_franz_parisi.py
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
from scipy.optimize import brentq
from scipy.special import log_ndtr

from learnscape import Binary, Margin
from learnscape.replica import franz_parisi, rs

Array = np.ndarray
KNOWN, ACCURACY = 0.118686546, 1e-8  # alpha = 0.6, d = 0.1
POINT, THRESHOLDS = 50.0, 300.0  # ms
RATIO = 5.0  # how much faster a point must be


def rule(nodes: int) -> tuple[Array, Array]:
    """Composite Gauss-Legendre nodes and Gaussian weights on (-9, 9), with a break at 0."""
    y, w = np.polynomial.legendre.leggauss(nodes // 6)
    ends = np.linspace(-9.0, 9.0, 7)
    z = (0.5 * (ends[1:] + ends[:-1])[:, None] + 1.5 * y).ravel()
    return z, np.tile(1.5 * w, 6) * np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)


def peer(alpha: float, d: float, nodes: int = 144, tol: float = 1e-9) -> float:
    """The entropy of binary weights with kappa = 0."""
    z, w = rule(nodes)
    x, y = z[:, None], z
    both = w[:, None] * w
    t = 1.0 - 2.0 * d

    def mills(a: Array, log_h: Array) -> Array:
        return np.exp(-0.5 * a * a - log_h) / math.sqrt(2.0 * math.pi)

    q_ref = 0.5
    for _ in range(2000):  # the reference's own saddle point
        a = -math.sqrt(q_ref / (1.0 - q_ref)) * z
        q_hat_ref = alpha / (1.0 - q_ref) * float(w @ mills(a, log_ndtr(-a)) ** 2)
        new = float(w @ np.tanh(math.sqrt(q_hat_ref) * z) ** 2)
        if abs(new - q_ref) < 1e-13:
            break
        q_ref = new
    root = math.sqrt(q_hat_ref)
    up = 2.0 * both / (1.0 + np.exp(-2.0 * root * x))  # both signs of the reference are alike
    log_ref = log_ndtr(-a)[:, None]
    g_ref = (mills(a, log_ndtr(-a)) / math.sqrt(1.0 - q_ref))[:, None]
    q_hat, s_hat = q_hat_ref, 0.9 * q_hat_ref
    while True:
        noise = s_hat / root * x + math.sqrt(max(q_hat - s_hat**2 / q_hat_ref, 1e-14)) * y
        shift = brentq(lambda f: float((up * np.tanh(noise + f)).sum()) - t, -30.0, 30.0, xtol=1e-13)  # noqa: B023
        tanh = np.tanh(noise + shift)
        q, s = float((up * tanh**2).sum()), float((up * np.tanh(root * x) * tanh).sum())
        c, v = (t - s) / math.sqrt(1.0 - q_ref), math.sqrt(q - s * s / q_ref)
        b = (a[:, None] - c / v * y) / math.sqrt(1.0 - (c / v) ** 2)
        weight = both * np.exp(log_ndtr(-b) - log_ref)
        u = -(s / math.sqrt(q_ref) * x + v * y) / math.sqrt(1.0 - q)
        log_h = log_ndtr(-u)
        g = mills(u, log_h) / math.sqrt(1.0 - q)
        new_q_hat, new_s_hat = (
            alpha * float((weight * g * g).sum()),
            alpha * float((weight * g_ref * g).sum()),
        )
        done = abs(new_q_hat - q_hat) + abs(new_s_hat - s_hat) < tol
        q_hat, s_hat = 0.5 * (q_hat + new_q_hat), 0.5 * (s_hat + new_s_hat)
        if done:
            break
    h = noise + shift
    field = float((up * (np.abs(h) + np.log1p(np.exp(-2.0 * np.abs(h))))).sum())
    t_hat = shift + s_hat
    return -0.5 * q_hat * (1.0 - q) - t_hat * t + s_hat * s + field + alpha * float((weight * log_h).sum())


def milliseconds(functions: list[Callable[[], object]], repeats: int) -> list[float]:
    """Median processor time of one call of each, after one that warms the caches; they take turns."""
    times: list[list[float]] = [[] for _ in functions]
    for turn in range(repeats + 1):
        for function, found in zip(functions, times, strict=True):
            begin = time.process_time()
            function()
            if turn:
                found.append(1e3 * (time.process_time() - begin))
    return [statistics.median(found) for found in times]


def point() -> list[str]:
    """One distance."""
    ours = lambda: franz_parisi.entropy(Binary(), Margin(0.0), 0.6, 0.1)  # noqa: E731
    theirs = lambda: peer(0.6, 0.1)  # noqa: E731
    times = milliseconds([ours, theirs], 3)
    failed = []
    print(
        f"{'entropy, alpha = 0.6, d = 0.1':32s} {'value':>13s} {'error':>9s} {'ms':>9s} {'ratio':>7s} {'target':>8s}"
    )
    for who, function, took, goal in zip(
        ("learnscape franz_parisi", "NumPy, scipy brentq"),
        (ours, theirs),
        times,
        (f"{POINT:g} ms", f"{RATIO:g} x"),
        strict=True,
    ):
        value = function()
        print(
            f"{who:32s} {value:13.9f} {abs(value - KNOWN):9.1e} {took:9.2f} {took / times[0]:7.1f} {goal:>8s}"
        )
        if abs(value - KNOWN) > ACCURACY:
            failed.append(f"{who}: {value!r} is not {KNOWN!r}")
    if times[0] > POINT:
        failed.append(f"a point: {times[0]:.1f} ms, not {POINT:g}")
    if times[1] < RATIO * times[0]:
        failed.append(f"a point: {times[1] / times[0]:.1f} times faster, not {RATIO:g}")
    return failed


def loads() -> list[str]:
    """Both thresholds."""
    ours = lambda: franz_parisi.thresholds(Binary(), Margin(0.0))  # noqa: E731
    took = milliseconds([ours], 3)[0]
    found = ours()
    print(
        f"\n{'around maximal margin, kappa = 0':32s} {'alpha':>13s} {'distance':>9s} {'ms':>9s} {'':7s} {'target':>8s}"
    )
    print(
        f"{'monotone up to':32s} {found.local_entropy:13.9f} {found.local_entropy_distance:9.5f} {took:9.1f} {'':7s} {THRESHOLDS:5g} ms"
    )
    print(f"{'gap from':32s} {found.overlap_gap:13.9f} {found.overlap_gap_distance:9.5f}")
    return [f"thresholds: {took:.0f} ms, not {THRESHOLDS:g}"] if took > THRESHOLDS else []


PARTS = (point, loads)


def main() -> None:
    rs.capacity(Binary(), Margin(0.0))
    failed = [line for part in PARTS for line in part()]
    if failed:
        sys.exit("MISSED\n" + "\n".join(failed))


if __name__ == "__main__":
    main()
