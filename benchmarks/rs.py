"""One replica-symmetric saddle point, binary weights, kappa = 0: our solver against what a student writes, side by side.

Three student versions, each written with care for its own method:

* quad + damped iteration: the two averages by scipy.integrate.quad, the pair (q, q_hat) iterated with damping 1/2 until q moves by
  less than 1e-13;
* quad + brentq: the same averages, the one equation q = Q(q_hat(q)) given to scipy.optimize.brentq;
* NumPy Gauss-Hermite: 95 nodes (the habit of the field), erfcx for the inverse Mills ratio, damped iteration. Its quadrature error is
  printed: more nodes would be slower still.

The error is the distance of q from a forty-digit value. Run: OPENBLAS_NUM_THREADS=1 python benchmarks/rs.py
"""

from __future__ import annotations

import math
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one core for all; must precede the import of numpy

import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import mpmath as mp
import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import erfcx

from learnscape import Binary, Margin, Spherical
from learnscape.replica import rs

ALPHA = 0.5
SQRT_2_OVER_PI = math.sqrt(2 / math.pi)


def density(z: float) -> float:
    return math.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)


def quad_q_hat(q: float) -> float:
    def integrand(z: float) -> float:
        x = -math.sqrt(q / (1 - q)) * z
        return density(z) * (SQRT_2_OVER_PI / erfcx(x / math.sqrt(2))) ** 2

    return ALPHA / (1 - q) * quad(integrand, -10, 10, epsabs=1e-14, epsrel=1e-13)[0]


def quad_q(q_hat: float) -> float:
    return quad(
        lambda z: density(z) * math.tanh(math.sqrt(q_hat) * z) ** 2, -10, 10, epsabs=1e-14, epsrel=1e-13
    )[0]


def student_quad_damped() -> float:
    q = 0.5
    for _ in range(1000):
        new = quad_q(quad_q_hat(q))
        if abs(new - q) < 1e-13:
            return new
        q = 0.5 * (q + new)
    raise RuntimeError("no convergence")


def student_quad_brentq() -> float:
    return brentq(lambda q: quad_q(quad_q_hat(q)) - q, 1e-3, 0.99, xtol=1e-14, rtol=1e-14)


NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(95)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


def student_hermite_damped() -> float:
    q = 0.5
    for _ in range(1000):
        x = -np.sqrt(q / (1 - q)) * NODES
        q_hat = ALPHA / (1 - q) * (WEIGHTS @ (SQRT_2_OVER_PI / erfcx(x / np.sqrt(2))) ** 2)
        new = WEIGHTS @ np.tanh(np.sqrt(q_hat) * NODES) ** 2
        if abs(new - q) < 1e-13:
            return float(new)
        q = 0.5 * (q + new)
    raise RuntimeError("no convergence")


def ours() -> float:
    return rs.solve(Binary(), Margin(0.0), ALPHA).q


def exact() -> float:
    """The overlap to forty digits."""
    with mp.workdps(40):
        cuts = [-14, -6, -3, -1, 0, 1, 3, 6, 14]

        def mismatch(q: mp.mpf) -> mp.mpf:
            def mills(x: mp.mpf) -> mp.mpf:
                return mp.npdf(x) / (mp.erfc(x / mp.sqrt(2)) / 2)

            gamma = mp.sqrt(q / (1 - q))
            q_hat = mp.mpf(ALPHA) / (1 - q) * mp.quad(lambda z: mp.npdf(z) * mills(-gamma * z) ** 2, cuts)
            return mp.quad(lambda z: mp.npdf(z) * mp.tanh(mp.sqrt(q_hat) * z) ** 2, cuts) - q

        start = mp.mpf(ours())
        return float(mp.findroot(mismatch, (start, start + mp.mpf("1e-10")), tol=mp.mpf(10) ** -60))


def median_seconds(function: Callable[[], object], repeats: int, batch: int = 1) -> float:
    """Median wall time of one call, after one that compiles and warms the caches."""
    function()
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        for _ in range(batch):
            function()
        times.append((time.perf_counter() - begin) / batch)
    return statistics.median(times)


def cold_start() -> float:
    """Seconds from import to the first number in a new process with cached kernels, best of five."""
    code = (
        "import time; t = time.perf_counter()\n"
        "from learnscape import Binary, Margin\nfrom learnscape.replica import rs\n"
        "rs.solve(Binary(), Margin(0.0), 0.5); print(time.perf_counter() - t)"
    )
    return min(
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
        for _ in range(5)
    )


def main() -> None:
    truth = exact()
    reference = median_seconds(ours, 25, 200)
    print(f"q(alpha = {ALPHA}, kappa = 0, binary) = {truth!r}")
    print(f"{'solver':34s} {'error of q':>10s} {'microseconds':>13s} {'ratio':>8s} {'target':>7s}")
    rows: list[tuple[str, Callable[[], float], int, int, float | None]] = [
        ("learnscape rs.solve", ours, 25, 200, None),
        ("quad + damped iteration", student_quad_damped, 3, 1, 400),
        ("quad + brentq", student_quad_brentq, 7, 1, 80),
        ("NumPy Gauss-Hermite 95, damped", student_hermite_damped, 15, 5, 10),
    ]
    for name, function, repeats, batch, target in rows:
        seconds = reference if target is None else median_seconds(function, repeats, batch)
        goal = "" if target is None else f"{target:.0f}"
        print(
            f"{name:34s} {abs(function() - truth):10.1e} {seconds * 1e6:13.1f} {seconds / reference:8.1f} {goal:>7s}"
        )
    capacity = median_seconds(lambda: rs.capacity(Binary(), Margin(0.0)), 15, 50)
    near = median_seconds(lambda: rs.solve(Spherical(), Margin(0.0), 1.999), 15, 50)
    generic = median_seconds(lambda: rs.solve(Binary(), Margin(0.0), ALPHA, path="generic"), 9)
    print(f"{'Krauth-Mezard capacity':34s} {'':10s} {capacity * 1e6:13.1f} {'':8s} {'1000':>7s}")
    print(f"{'spherical, alpha = 1.999':34s} {'':10s} {near * 1e6:13.1f}")
    print(f"{'generic NumPy path':34s} {'':10s} {generic * 1e6:13.1f}")
    print(
        f"{'import to first number, cached':34s} {'':10s} {cold_start() * 1e6:13.0f} {'':8s} {'1000000':>7s}"
    )


if __name__ == "__main__":
    main()
