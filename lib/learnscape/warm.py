"""Compile everything once: ``python -m learnscape.warm``.

The first call of a kernel compiles it and keeps the machine code on disk, where later processes find it. An image for Binder or a
class calls this module while it is built, so that nobody waits at the first slider. With ``NUMBA_CPU_NAME=generic`` and empty
``NUMBA_CPU_FEATURES``, at build time and later, the code also fits another processor than the one that compiled it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from learnscape import learn
from learnscape.constraints import Margin, SymmetricMargin
from learnscape.explore import REGISTRY
from learnscape.fully_connected import orthogonal_parameters
from learnscape.jamming import ellipses, networks, packings
from learnscape.learn import continuous
from learnscape.numerics import gaussian
from learnscape.patterns import random_patterns
from learnscape.replica import franz_parisi, hidden, local_entropy, rs, teacher, two_layer
from learnscape.weights import Binary, Spherical

__all__ = ["steps"]


def steps() -> Iterator[tuple[str, Callable[[], object]]]:
    """Name and call of everything that a chapter calls first: the scalar and array functions, the solvers, the explorables.

    Examples
    --------
    >>> "rs.capacity(Binary)" in [name for name, _ in steps()]
    True
    """
    grid = np.linspace(-2.0, 2.0, 5)
    for function in (gaussian.H, gaussian.log_H, gaussian.inverse_mills):
        yield f"{function.__name__}(array)", partial(function, grid)
        yield f"{function.__name__}(number)", partial(function, 0.5)
    for weights in (Spherical(), Binary()):
        kind = type(weights).__name__
        yield f"rs.solve({kind})", partial(rs.solve, weights, Margin(0.0), 0.5)
        yield f"rs.capacity({kind})", partial(rs.capacity, weights, Margin(0.0))
        yield f"teacher.solve({kind})", partial(teacher.solve, weights, 1.0)
        yield f"franz_parisi.entropy({kind})", partial(franz_parisi.entropy, weights, Margin(0.0), 0.5, 0.1)
        for y in (math.inf, 2.0):
            yield (
                f"local_entropy.solve({kind}, y={y})",
                partial(local_entropy.solve, weights, Margin(0.0), 0.5, 0.1, y=y),
            )
    yield "rs.at_line", partial(rs.at_line, Spherical(), Margin(-1.0))
    yield "rs.capacity(SymmetricMargin)", partial(rs.capacity, Binary(), SymmetricMargin(0.5))
    yield "two_layer.capacity(relu)", partial(two_layer.capacity, "relu")
    yield "two_layer.capacity(sign, 3)", partial(two_layer.capacity, "sign", units=3)
    yield "hidden.solve", partial(hidden.solve, 0.5, 3.0)
    yield "hidden.interpolation_point", partial(hidden.interpolation_point, 3.0)
    yield "hidden.local_entropy_point", partial(hidden.local_entropy_point, 3.0, y=float("inf"))
    yield "hidden.franz_parisi", partial(hidden.franz_parisi, 0.9, 3.0, 0.1)
    patterns, signs = random_patterns(8, 16, rng=1), random_patterns(8, 15, rng=1)
    yield "learn.enumerate_solutions", partial(learn.enumerate_solutions, signs)
    yield "learn.rosenblatt", partial(learn.rosenblatt, patterns, rng=1)
    yield "learn.minover", partial(learn.minover, patterns)
    yield "learn.adatron", partial(learn.adatron, patterns)
    yield "learn.max_margin", partial(learn.max_margin, patterns)
    for search in (learn.sbpi, learn.reinforced_bp, learn.focusing_bp, learn.replicated_sgd):
        yield f"learn.{search.__name__}", partial(search, signs, rng=1)
    for walk in (learn.anneal, learn.replicated_anneal):
        yield f"learn.{walk.__name__}", partial(walk, signs, max_sweeps=1, rng=1)
    yield "learn.minibatch_descent", partial(learn.minibatch_descent, signs, batch=4, max_sweeps=1, rng=1)
    one = [[1.0, 1.0, 1.0]]
    yield "learn.local_energy", partial(learn.local_energy, one, one[0])
    yield (
        "learn.reinforced_bp(constraint)",
        partial(learn.reinforced_bp, signs, constraint=SymmetricMargin(1.0), max_iterations=2, rng=1),
    )
    yield (
        "learn.sample_local_entropy",
        partial(learn.sample_local_entropy, one, one[0], 0.0, sweeps=200, rng=1),
    )
    yield from _continuous_networks(patterns)
    network, data = networks.HingeNetwork(4, 6, 2, rng=1), networks.random_data(60, 4, rng=2)
    for method in ("adam", "fire", "gradient_flow"):
        yield f"networks.train({method})", partial(networks.train, network, *data, method=method, steps=3)
    yield "packings.jam", partial(packings.jam, 16, rng=1, pressure=1e-3)
    yield "ellipses.jam", partial(ellipses.jam, 16, rng=1, pressure=1e-3)
    for name, factory in sorted(REGISTRY.items()):
        yield f"explore.{name}", factory().evaluate


def _continuous_networks(patterns: NDArray[np.float64]) -> Iterator[tuple[str, Callable[[], object]]]:
    methods: tuple[Literal["sgd", "entropy", "replicated"], ...] = ("sgd", "entropy", "replicated")
    sizes, x, y = (16, 3, 1), np.abs(patterns), np.sign(patterns[:, 0])
    one, two = (orthogonal_parameters(sizes, rng=seed) for seed in (1, 2))
    for method in methods:
        yield (
            f"continuous.train({method})",
            partial(continuous.train, sizes, x, y, method=method, max_epochs=2, rng=1),
        )
    yield "continuous.local_energy", partial(continuous.local_energy, one, sizes, x, y, rng=1)
    yield "continuous.path_error", partial(continuous.path_error, one, two, sizes, x, y)
    yield "continuous.one_bend", partial(continuous.one_bend, one, two, sizes, x, y, rng=1, max_epochs=5)


def main() -> None:
    for name, call in steps():
        start = time.perf_counter()
        call()
        print(f"{name:40s} {time.perf_counter() - start:7.2f} s")


if __name__ == "__main__":
    main()
