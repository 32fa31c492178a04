r"""The minimum of ln S - ln C over overlaps and block parameters, one step of breaking after the other.

*Method.* Quasi-Newton in the variables of :func:`learnscape.replica._limit.pack`. A step more starts where the pattern of the steps before suggests, else
from the last block split in two. Whoever knows the first minimum, or the curvature at the second, hands it over.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, minimize

from learnscape.errors import ConvergenceError
from learnscape.replica._limit import Cost, objective, pack, unpack
from learnscape.results import by_identity

Array = NDArray[np.float64]
LARGEST_STEPS = 8
LARGEST_LOAD = 1e8  # kappa = -5.1: the cost of violations so rare is lost in the rounding of the average (at -6 1e-5 of it)
GRADIENT = 1e-7  # what the minimiser asks for
ROUNDING = 1e-16  # of ln alpha; a gradient below the root of this over the unit changes the value by less
STEEP, STEEPER = 3.0, 3.0  # inverse curvature with k > 1 steps: STEEP STEEPER^k
TOLERANCE = (
    1e-3  # of the gradient in logarithmic variables, in units of the gain; the load's error is of its square
)
SPLITS = ((6.0, 4.0), (20.0, 10.0), (100.0, 4.0))
"""How the last block is split where the first start for the next step leads back: 1 - q divided, y multiplied."""
NEW = 1e-9  # a step that lowers ln alpha by less has led back to the solution with one step fewer
SMALLEST_GAP = 1e-9  # below it the overlaps can't be told from 1: the minimiser has run away


@by_identity
class Start(NamedTuple):
    """Where the first step starts, or what is known about the first two."""

    v: Array
    """The point."""
    value: float
    """ln alpha there."""
    minimum: tuple[Array, float, Array] | None = None
    """The minimum with one step, its ln alpha and its gradient, if known."""
    second: Array | None = None
    """Inverse curvature at the minimum with two steps, in units of the gain, if known."""
    evaluations: int = 1


@by_identity
class Minimum(NamedTuple):
    """Where the last step has its minimum."""

    alpha: float
    q: Array
    y: Array
    residual: float
    """Largest derivative of ln alpha, in logarithmic variables and in units of what breaking gains at the start."""
    evaluations: int


def minimum(cost: Cost, start: Start, steps: int, load: float, name: str) -> Minimum:
    """The minimum with so many steps; ``load`` is the replica-symmetric value, ``name`` stands in messages."""
    trace: list[float] = []
    replica_symmetric = lowest = math.log(load)
    v, count = start.v, start.evaluations
    # Near kappa = 0 breaking lowers ln alpha by 1e-7 only: the minimiser sees the gain in units of itself.
    unit = max(replica_symmetric - start.value, NEW)

    def scaled(v: Array) -> tuple[float, Array]:
        value, gradient = objective(cost, v)
        return (value - replica_symmetric) / unit, gradient / unit

    options: dict[str, Any] = {"gtol": max(GRADIENT, math.sqrt(ROUNDING / unit)), "maxiter": 500}
    for k in range(1, steps + 1):
        starts = [v] if k == 1 else [_grow(v), *(_split(v, *split) for split in SPLITS)]
        options["hess_inv0"] = (STEEP * STEEPER**k if k > 1 else 1.0) * np.eye(2 * k)
        if k == 2 and start.second is not None:
            options["hess_inv0"] = start.second
        found: Any = None
        if k == 1 and start.minimum is not None:
            starts, (point, height, gradient) = [], start.minimum
            found = OptimizeResult(x=point, fun=(height - replica_symmetric) / unit, jac=gradient / unit)
        for begin in starts:
            tried = minimize(scaled, begin, jac=True, method="BFGS", options=options)
            count += tried.nfev
            found = tried if found is None or tried.fun < found.fun else found
            new = replica_symmetric + unit * found.fun < lowest - NEW
            if new and np.abs(found.jac).max() < TOLERANCE:
                break
        v, value = found.x, replica_symmetric + unit * found.fun
        gain, lowest = lowest - value, value
        q, y = unpack(v)
        trace.append(float(np.abs(found.jac).max()) if math.isfinite(lowest) else math.inf)
        if not (trace[-1] < TOLERANCE and 1.0 - q[-1] > SMALLEST_GAP):
            raise ConvergenceError(
                f"no minimum with {k} steps for {name}: gradient {trace[-1]:.2g}, innermost 1 - q = {1.0 - q[-1]:.2g}, "
                f"y = {y[-1]:.3g}; fewer steps, or a kappa farther from zero, have one",
                trace,
            )
        if gain < NEW:  # then gradients below the tolerance do not fix q and y
            raise ConvergenceError(
                f"step {k} lowers ln alpha of {name} by {gain:.2g}, too little to tell its minimum; "
                "fewer steps, or a kappa farther from zero, have one",
                trace,
            )
    return Minimum(math.exp(lowest), q, y, trace[-1], count)


def _grow(v: Array) -> Array:
    """A start for one step more: seen from the innermost block the blocks look alike, so the new one comes in outside.

    As kappa goes to 0 the gaps 1 - q_i, up to a factor, and the products y_i (1 - q_i) tend to constants; the numbers are fits to them, and a
    product that differs is brought nearer.
    """
    q, y = unpack(v)
    k = y.size
    gaps, products = 1.0 - q, y * (1.0 - q)
    limit = 1.9 * 1.42 ** np.arange(k)[::-1]
    logs = np.concatenate([[0.0, 2.36 / k**0.62], np.log(gaps[:-1] / gaps[1:])])
    new = gaps[0] * (1.0 + 0.28 / k**2) * np.exp(-np.cumsum(logs))
    first = products[0] * (1.0 + 0.5 / math.sqrt(k))
    rates = np.concatenate([[first], limit + 0.4 * (products - limit)]) / new
    good = new[0] < 1.0 and bool(np.all(np.diff(rates) > 0.0))
    return pack(1.0 - new, rates) if good else _split(v, *SPLITS[0])


def _split(v: Array, gap: float, factor: float) -> Array:
    """A start for one step more: the last block in two."""
    q, y = unpack(v)
    return pack(np.append(q, 1.0 - (1.0 - q[-1]) / gap), np.append(y, factor * y[-1]))
