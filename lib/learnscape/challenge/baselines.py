r"""The searches behind the first records: something to begin from, and to beat.

The asymmetric family is what :mod:`learnscape.learn` is written for. For the symmetric one, belief propagation with a memory is written here, for any constraint
that knows its ``terms``: w and -w are solutions together, so plain belief propagation stays at zero means; the random start and the memory choose a side.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from learnscape.challenge.series import Instance
from learnscape.constraints import SymmetricMargin
from learnscape.errors import require
from learnscape.learn import Run, anneal, focusing_bp, reinforced_bp, sbpi

__all__ = ["METHODS", "solve", "symmetric_bp"]

METHODS: dict[str, tuple[str, ...]] = {
    "asymmetric": ("sbpi", "reinforced_bp", "focusing_bp", "anneal"),
    "symmetric": ("symmetric_bp",),
}
"""Names of the searches by family."""


def symmetric_bp(
    instance: Instance,
    *,
    rate: float = 2e-3,
    damping: float = 0.3,
    max_iterations: int = 2_000,
    rng: int = 1,
) -> Run:
    """Reinforced belief propagation (see :func:`learnscape.learn.reinforced_bp`, of which this is the plain form) for the symmetric family.

    Parameters
    ----------
    instance : Instance
        Of the symmetric family.
    rate : float
        The memory grows as 1 - (1 - rate)^t, in (0, 1].
    damping : float
        Part of the old means that is kept, in [0, 1).
    max_iterations : int
        Budget.
    rng : int
        Seed of the first means.

    Examples
    --------
    >>> from learnscape.challenge import find
    >>> symmetric_bp(find("symmetric-1001-300")).solved
    True
    """
    require(instance.family == "symmetric", "the family", instance.family, "symmetric")
    require(0.0 < rate <= 1.0, "rate", rate, "a number in (0, 1]")
    require(0.0 <= damping < 1.0, "damping", damping, "a number in [0, 1)")
    require(max_iterations >= 1, "max_iterations", max_iterations, "an integer >= 1")
    n, p, high = instance.n, instance.p, instance.bounds[1]
    xi, root = instance.patterns().astype(np.float32), math.sqrt(n)
    constraint = SymmetricMargin((high + 1) / root)  # half way to the first integer that is violated
    m = 1e-3 * np.random.default_rng(rng).standard_normal(n)
    g, h, best, fewest, trace = np.zeros(p), np.zeros(n), np.ones(n), p + 1, []
    for t in range(1, max_iterations + 1):
        v = max(1.0 - float(m @ m) / n, 1e-9)
        omega = (xi @ m.astype(np.float32)).astype(np.float64) / root - v * g
        _, g, slope = constraint.terms(omega, v)
        field = (g.astype(np.float32) @ xi).astype(np.float64) / root - float(slope.sum()) / n * m
        h = field + (1.0 - (1.0 - rate) ** t) * h
        m = damping * m + (1.0 - damping) * np.tanh(h)
        w = np.where(h > 0.0, 1.0, -1.0)
        trace.append(int(np.count_nonzero(np.abs(xi @ w.astype(np.float32)) > high + 0.5)))
        if trace[-1] < fewest:
            best, fewest = w, trace[-1]
        if fewest == 0:
            break
    return Run(best, fewest == 0, int(fewest), t, np.array(trace, dtype=np.float64), max_iterations)


def solve(instance: Instance, method: str, **settings: Any) -> Run:
    """Run one of the searches of the family, with its own keywords.

    Examples
    --------
    >>> from learnscape.challenge import encode, find, verify
    >>> instance = find("asymmetric-1001-501")
    >>> verify(instance, encode(solve(instance, "sbpi", rng=1).weights)).solved
    True
    """
    allowed = METHODS[instance.family]
    require(
        method in allowed, "method", method, f"one of {', '.join(allowed)} for the {instance.family} family"
    )
    if method == "symmetric_bp":
        return symmetric_bp(instance, **settings)
    searches: dict[str, Callable[..., Run]] = {
        "sbpi": sbpi,
        "reinforced_bp": reinforced_bp,
        "focusing_bp": focusing_bp,
        "anneal": anneal,
    }
    return searches[method](_floats(instance), **settings)


def _floats(instance: Instance) -> NDArray[np.float64]:
    return instance.patterns().astype(np.float64)
