"""A sweep of SBPI for explorables: the steps of :mod:`learnscape.learn.kernels`, with random numbers that live among the outputs."""

from __future__ import annotations

from typing import Any

from learnscape.explore.core import FloatArray
from learnscape.explore.sign_patterns import draw_word, shuffle
from learnscape.learn.kernels import differing, move_counters, read_signs
from learnscape.numerics.jit import kernel
from learnscape.spin_glass.xoshiro import uniform

__all__ = ["sbpi_start", "sbpi_sweep"]


@kernel
def sbpi_start(planes: Any, full: Any, weights: Any, state: FloatArray) -> None:
    """Hidden integers 1 or -1 at random."""
    for k in range(full.size):
        word = draw_word(state) & full[k]
        for d in range(planes.shape[0]):
            planes[d, k] = word
    read_signs(planes, full, weights)


@kernel
def sbpi_sweep(
    words: Any,
    planes: Any,
    weights: Any,
    full: Any,
    active: Any,
    order: FloatArray,
    n: int,
    probability: float,
    state: FloatArray,
) -> int:
    """Present every pattern once, in a random order, at kappa = 0; returns the errors met."""
    shuffle(order, state)
    errors = 0
    for at in order:
        x = words[int(at)]
        field = n - 2 * differing(x, weights)
        if field < 1:
            errors += 1
            move_counters(planes, x, False, full, active)
            read_signs(planes, full, weights)
        elif field < 3 and uniform(state) < probability:
            move_counters(planes, x, True, full, active)
    return errors
