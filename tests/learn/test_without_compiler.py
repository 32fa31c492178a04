"""The kernels as plain Python (NUMBA_DISABLE_JIT=1) give what the compiled ones give, to rounding error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from learnscape import SymmetricMargin
from learnscape.learn import adatron, enumerate_solutions, max_margin, minover, rosenblatt
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
    return collected


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
