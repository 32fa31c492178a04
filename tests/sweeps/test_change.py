"""A function that changed is noticed, wherever the change is; one that did not change is not suspected."""

import functools
import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import pytest

from learnscape.sweeps import SweepError, sweep

FACTOR = 2
TABLE = np.arange(2000.0)


@dataclass(frozen=True)
class Model:
    n: float

    def point(self, x, rng):
        return {"y": self.n * x}

    def __call__(self, x, rng):
        return {"y": self.n * x}


def helper(x):
    return FACTOR * x


def uses_a_helper(x, rng):
    return {"y": [helper(value) for value in (x, TABLE[x])]}


def scaled(x, rng, n):
    return {"y": np.sum(n) * x}


def enclosed(n):
    def point(x, rng):
        return {"y": n * x}

    return point


def with_default(n):
    def point(x, rng, n=n):
        return {"y": n * x}

    return point


PAIRS = {
    "enclosed": (enclosed(2), enclosed(3)),
    "default": (with_default(2), with_default(3)),
    "partial": (
        functools.partial(scaled, n=TABLE),
        functools.partial(scaled, n=np.where(TABLE == 1000, 7, TABLE)),
    ),
    "method": (Model(2.0).point, Model(3.0).point),
    "callable object": (Model(2.0), Model(3.0)),
}


def run(function, out):
    return sweep(function, {"x": [1]}, out=out, executor="serial", progress=False)


@pytest.mark.parametrize("where", PAIRS)
def test_a_changed_bound_value(tmp_path, where):
    one, other = PAIRS[where]
    run(one, tmp_path)
    run(one, tmp_path)
    with pytest.raises(SweepError, match=r"something that the function .* refers to .* has changed"):
        run(other, tmp_path)


@pytest.mark.parametrize("name", ["FACTOR", "TABLE", "helper"])
def test_a_changed_constant_or_helper(tmp_path, monkeypatch, name):
    run(uses_a_helper, tmp_path)
    monkeypatch.setitem(globals(), name, {"FACTOR": 3, "TABLE": TABLE + 1, "helper": scaled}[name])
    with pytest.raises(SweepError, match="something that the function uses_a_helper refers to"):
        run(uses_a_helper, tmp_path)


@pytest.mark.weekly
def test_a_function_without_source_is_the_same_in_every_process(tmp_path):
    code = f"""
from learnscape.sweeps import sweep
def point(x, rng):
    inner = lambda z: z in {{"a", "b", "c", "d"}}
    return {{"y": [inner(k) for k in "abe"]}}
sweep(point, {{"x": [CHANGE]}}, out={str(tmp_path)!r}, executor="serial", progress=False)
"""

    def driver(words, number):
        command = [sys.executable, "-c", code.replace("CHANGE", str(number)).replace('"d"', words)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    for number in range(3):
        done = driver('"d"', number)
        assert done.returncode == 0, done.stderr
    assert "the function point has changed" in driver('"e"', 4).stderr
