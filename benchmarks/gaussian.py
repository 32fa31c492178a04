"""H, log_H and inverse_mills beside SciPy and a Numba kernel on the C library: time a point, ratio, largest relative error.

Usage: ``python benchmarks/gaussian.py [points]``. One thread; each time is the best of many repetitions, so that other work on
the machine disturbs it little. The contestants take turns within one process. Errors are measured against mpmath with 40 digits on
601 points from -30 to 30; "inf" means that some value was 0, infinite or NaN where the true one is a normal number.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable

import mpmath as mp
import numba
import numpy as np
from scipy import special

from learnscape.numerics import gaussian

SQRT1_2 = math.sqrt(0.5)
Array = np.ndarray
REPETITIONS = 300


@numba.njit(error_model="numpy")
def libm_h(x: Array) -> Array:
    out = np.empty_like(x)
    for i in range(x.size):
        out[i] = 0.5 * math.erfc(x[i] * SQRT1_2)
    return out


@numba.njit(error_model="numpy")
def libm_log_h(x: Array) -> Array:
    out = np.empty_like(x)
    for i in range(x.size):
        out[i] = math.log(0.5 * math.erfc(x[i] * SQRT1_2))
    return out


@numba.njit(error_model="numpy")
def libm_inverse_mills(x: Array) -> Array:
    out = np.empty_like(x)
    for i in range(x.size):
        out[i] = 0.3989422804014327 * math.exp(-0.5 * x[i] * x[i]) / (0.5 * math.erfc(x[i] * SQRT1_2))
    return out


def scipy_inverse_mills(x: Array) -> Array:
    return math.sqrt(2 / math.pi) / special.erfcx(x * SQRT1_2)


def exact_h(x: float) -> mp.mpf:
    return mp.erfc(mp.mpf(x) / mp.sqrt(2)) / 2


def exact_log_h(x: float) -> mp.mpf:
    return mp.log1p(-exact_h(-x)) if x < 0 else mp.log(exact_h(x))


def exact_inverse_mills(x: float) -> mp.mpf:
    return mp.npdf(x) / exact_h(x)


TASKS: list[tuple[str, Callable[[float], mp.mpf], dict[str, Callable[[Array], Array]]]] = [
    (
        "H",
        exact_h,
        {
            "learnscape": gaussian.H,
            "scipy ndtr(-x)": lambda x: special.ndtr(-x),
            "scipy erfc": lambda x: 0.5 * special.erfc(x * SQRT1_2),
            "numba, libm": libm_h,
        },
    ),
    (
        "log_H",
        exact_log_h,
        {
            "learnscape": gaussian.log_H,
            "scipy log_ndtr(-x)": lambda x: special.log_ndtr(-x),
            "numpy log(ndtr(-x))": lambda x: np.log(special.ndtr(-x)),
            "numba, libm": libm_log_h,
        },
    ),
    (
        "inverse_mills",
        exact_inverse_mills,
        {
            "learnscape": gaussian.inverse_mills,
            "scipy 1/erfcx": scipy_inverse_mills,
            "numba, libm": libm_inverse_mills,
        },
    ),
]


def times(contestants: dict[str, Callable[[Array], Array]], x: Array) -> dict[str, float]:
    """Best seconds of one call, the contestants taking turns."""
    best = dict.fromkeys(contestants, math.inf)
    for function in contestants.values():
        function(x)
    for _ in range(REPETITIONS):
        for name, function in contestants.items():
            start = time.perf_counter()
            function(x)
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def error(values: Array, exact: list[mp.mpf]) -> float:
    errors = [
        abs(mp.mpf(float(v)) / e - 1) if math.isfinite(v) and v != 0 else mp.inf
        for v, e in zip(values, exact, strict=True)
    ]
    return float(max(errors))


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 16384
    x = np.random.default_rng(0).normal(size=n) * 3
    grid = np.linspace(-30, 30, 601)
    print(f"{n} points, normal with standard deviation 3; errors on [-30, 30]\n")
    print(f"{'':14} {'':20} {'ns/point':>9} {'ratio':>6} {'max rel. error':>15}")
    for title, exact, contestants in TASKS:
        with mp.workdps(40):
            truth = [exact(float(v)) for v in grid]
        best = times(contestants, x)
        for name, function in contestants.items():
            with np.errstate(divide="ignore", invalid="ignore"), mp.workdps(40):
                worst = error(function(grid), truth)
            print(
                f"{title:14} {name:20} {best[name] / n * 1e9:9.2f} {best[name] / best['learnscape']:6.1f} {worst:15.1e}"
            )
            title = ""
    kernel = np.empty_like(x)
    fills = {
        "H": gaussian._fill_h,
        "log_H": gaussian._fill_log_h,
        "inverse_mills": gaussian._fill_inverse_mills,
    }
    print("\nkernel loops alone, without the checks and the new array of the front end")
    for name, fill in fills.items():
        best = times({"kernel": lambda v, fill=fill: fill(v, kernel)}, x)["kernel"]
        print(f"{name:35} {best / n * 1e9:9.2f}")


if __name__ == "__main__":
    main()
