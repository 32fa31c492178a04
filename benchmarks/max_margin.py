"""The largest stability at N = 200, P = 300: our solver against SciPy and scikit-learn, side by side.

Every solver's weights are judged by the same number, their smallest stability; "gap" is how far it stays below the best upper
bound. scikit-learn's SVC always fits an intercept, so it is trained on the mirrored set {+xi, -xi}, whose best intercept is 0.

Run: OPENBLAS_NUM_THREADS=1 python benchmarks/max_margin.py
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one core for all; must precede the import of numpy

import statistics
import time
import warnings
from collections.abc import Callable

import numpy as np
from scipy.optimize import nnls
from sklearn.svm import SVC, LinearSVC

from learnscape.learn import adatron, max_margin, minover
from learnscape.patterns import random_patterns

P, N, SEEDS = 300, 200, 5


def ours(xi: np.ndarray) -> np.ndarray:
    return max_margin(xi).weights


def by_nnls(xi: np.ndarray) -> np.ndarray:
    """Non-negative least squares on [X^T; 1], which happens to be an exact solver of this problem."""
    system = np.vstack([xi.T, np.ones(len(xi))])
    return nnls(system, np.append(np.zeros(xi.shape[1]), 1.0))[0] @ xi


def by_svc(tolerance: float) -> Callable[[np.ndarray], np.ndarray]:
    def solve(xi: np.ndarray) -> np.ndarray:
        labels = np.repeat([1, -1], len(xi))
        return SVC(kernel="linear", C=1e6, tol=tolerance).fit(np.vstack([xi, -xi]), labels).coef_[0]

    return solve


def by_linear_svc(tolerance: float) -> Callable[[np.ndarray], np.ndarray]:
    def solve(xi: np.ndarray) -> np.ndarray:
        labels = np.repeat([1, -1], len(xi))
        machine = LinearSVC(loss="hinge", C=1e6, tol=tolerance, fit_intercept=False, max_iter=100_000)
        return machine.fit(np.vstack([xi, -xi]), labels).coef_[0]

    return solve


SOLVERS: list[tuple[str, Callable[[np.ndarray], np.ndarray], int]] = [
    ("learnscape max_margin", ours, 15),
    ("scipy nnls", by_nnls, 15),
    ("sklearn SVC tol 1e-3", by_svc(1e-3), 3),
    ("sklearn SVC tol 1e-6", by_svc(1e-6), 3),
    ("sklearn LinearSVC tol 1e-3", by_linear_svc(1e-3), 3),
    ("sklearn LinearSVC tol 1e-6", by_linear_svc(1e-6), 3),
    ("learnscape adatron 1e-6", lambda xi: adatron(xi).weights, 5),
    ("learnscape minover 1%", lambda xi: minover(xi).weights, 1),
]


def main() -> None:
    warnings.simplefilter("ignore")
    instances = [random_patterns(P, N, kind="gaussian", rng=seed) for seed in range(SEEDS)]
    bounds = [max_margin(xi).upper_bound for xi in instances]
    times: dict[str, float] = {}
    print(f"N = {N}, P = {P}, {SEEDS} instances; median wall time and largest relative gap")
    for name, solve, repeats in SOLVERS:
        seconds, gaps = [], []
        solve(instances[0])
        for xi, bound in zip(instances, bounds, strict=True):
            for _ in range(repeats):
                begin = time.perf_counter()
                weights = solve(xi)
                seconds.append(time.perf_counter() - begin)
            gaps.append(1 - float((xi @ weights).min()) / float(np.linalg.norm(weights)) / bound)
        times[name] = statistics.median(seconds)
        ratio = times[name] / times["learnscape max_margin"]
        print(f"{name:28s} {1e3 * times[name]:9.2f} ms  gap {max(gaps):9.1e}  {ratio:7.1f} times ours")
    for name, factor in (("scipy nnls", 1.0), ("sklearn SVC tol 1e-6", 20.0)):
        met = times[name] >= factor * times["learnscape max_margin"]
        print(f"target: {factor:.0f} times faster than {name}: {'met' if met else 'MISSED'}")


if __name__ == "__main__":
    main()
