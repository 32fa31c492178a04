"""The kernels as plain Python (NUMBA_DISABLE_JIT=1) give what the compiled ones give, to rounding error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from learnscape import SymmetricMargin
from learnscape.learn import (
    Committee,
    Run,
    adatron,
    anneal,
    enumerate_solutions,
    focusing_bp,
    local_energy,
    max_margin,
    minibatch_descent,
    minover,
    reinforced_bp,
    replicated_anneal,
    replicated_sgd,
    rosenblatt,
    sample_local_entropy,
    sbpi,
)
from learnscape.patterns import random_patterns


def numbers() -> list[float]:
    """Numbers of every kernel of the package on small instances."""
    collected: list[float] = []

    def add(*values: object) -> None:
        for value in values:
            collected.extend(np.asarray(value, dtype=float).ravel().tolist())

    for kind in ("binary", "gaussian"):
        for n in (1, 3, 7, 13):
            xi = random_patterns(4, n, kind=kind, rng=n)
            found = enumerate_solutions(xi, 0.2, return_solutions=True)
            add(found.count, found.uncertain, found.solutions)
            add(enumerate_solutions(xi, constraint=SymmetricMargin(0.7), return_solutions=True).solutions)
        xi = random_patterns(12, 15, kind=kind, rng=1)
        run = rosenblatt(xi, 0.1, rng=2)
        add(run.weights, run.trace)
        rough = minover(xi, tolerance=0.2)
        add(rough.dual, rough.trace, rough.iterations)
        fine = adatron(xi, tolerance=1e-3)
        add(fine.dual, fine.trace)
        add(max_margin(xi).weights, max_margin(xi[:, :4]).dual)
    with np.errstate(over="ignore"):  # bits are counted by a product that overflows, on purpose
        for run in searches():
            add(run.weights, run.trace)
        xi = random_patterns(4, 15, rng=1)
        add(local_energy(xi, sbpi(xi, rng=1).weights, [0.2, 0.6]).energy)
        near = sample_local_entropy(xi, sbpi(xi, rng=1).weights, [0.2], sweeps=200, rng=1)
        add(near.entropy, near.error, near.mean_distance, near.exchange)
    return collected


def searches() -> list[Run]:
    """Short ones: with a solution for the messages, without for the walks."""
    xi, hard = random_patterns(7, 15, rng=1), random_patterns(40, 15, rng=2)
    tree, full = Committee(3, shared=False), Committee(3, shared=True)
    return [
        sbpi(hard, rng=1, max_sweeps=4),
        reinforced_bp(xi, rng=1, max_iterations=40),
        focusing_bp(hard, rng=1, max_iterations=10),
        reinforced_bp(hard, constraint=SymmetricMargin(1.0), rng=1, max_iterations=10),
        reinforced_bp(xi, committee=full, rng=1, max_iterations=40),
        focusing_bp(hard, committee=tree, rng=1, max_iterations=5),
        replicated_sgd(hard, rng=1, max_sweeps=3),
        replicated_sgd(hard, committee=tree, rng=1, max_sweeps=3),
        anneal(hard, rng=1, max_sweeps=4),
        replicated_anneal(hard, y=3, rng=1, max_sweeps=3),
        minibatch_descent(hard, batch=30, rng=1, max_sweeps=4),
    ]


def test_plain_python_equals_compiled() -> None:
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "OPENBLAS_NUM_THREADS": "1"}
    code = (
        "import importlib.util, numba\n"
        "assert numba.config.DISABLE_JIT\n"
        f"spec = importlib.util.spec_from_file_location('plain', {str(Path(__file__))!r})\n"
        "module = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(module)\n"
        "print(module.json.dumps(module.numbers()))\n"
    )
    plain = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-c", code],
        capture_output=True,
        text=True,
        env=environment,
        cwd=root,
        timeout=120,
        check=False,
    )
    assert plain.returncode == 0, plain.stderr
    np.testing.assert_allclose(json.loads(plain.stdout), numbers(), rtol=1e-11, atol=1e-11)
