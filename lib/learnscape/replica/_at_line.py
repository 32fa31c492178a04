r"""The load at which the state that `rs.solve` returns stops being stable.

*Problem.* Along the branch the replicon is a function of the overlap, positive at first. Where :math:`\alpha(q)` rises everywhere, the line is the load
at its first zero (de Almeida and Thouless, 1978). For very negative margins several saddles share a load, and the one of lowest entropy jumps from
small to large q at some load (a first-order transition). It can pass over the zero: then replica symmetry is lost in that jump, and the
load of the jump is the answer. The overlap of the lowest state only grows with the load, because its entropy is a minimum of functions of alpha and
therefore concave; so a bisection finds the load at which it passes the zero. Chapter *gardner-volume*.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NoReturn, Protocol

from learnscape.constraints import Constraint
from learnscape.replica import _rs_free as free
from learnscape.replica._rs_generic import (
    CLOSEST,
    SCAN,
    T_MIN,
    T_STABLE,
    capacity,
    crossings,
    root,
    saddle_limit,
)
from learnscape.replica._rs_point import TINY, at, even, load_of, state_at
from learnscape.weights import Weights

FURTHEST = 25.0  # the search for a jump ends at ln(alpha / (limit - alpha)) = 25, a gap of 1.4e-11
BISECTIONS = 60
UNSTABLE = -1e-9  # replicon at q = 1: at kappa = 0 it is exactly zero
NEAR_END = 1e-6  # 1 - q, and the distance from the limit, of a zero so near to it that no state can be solved for there
SAME = 1e-3  # relative difference of overlaps: a jump is far larger


class Solved(Protocol):
    """What the search needs of a solution."""

    @property
    def q(self) -> float:
        """Overlap."""

    @property
    def replicon(self) -> float:
        """Positive where it is stable."""


def _stable(weights: Weights, constraint: Constraint) -> NoReturn:
    raise ValueError(
        f"{constraint!r} is not allowed: with {weights!r} replica symmetry is stable wherever its saddle point exists"
    )


def _jump(state: Callable[[float], Solved], q: float, limit: float) -> float:
    """The smallest load whose state has a larger overlap than q; infinite if there is none below the limit."""
    if limit == math.inf:
        return math.inf

    def load(x: float) -> float:
        return limit / (1.0 + math.exp(-x))

    low, high = -FURTHEST, FURTHEST
    if not state(load(high)).q > q:
        return math.inf
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        if state(load(middle)).q > q:
            high = middle
        else:
            low = middle
    return load(high)


def at_line(weights: Weights, constraint: Constraint, state: Callable[[float], Solved]) -> float:
    """The smallest load from which on the state returned at this load is unstable; ``state`` solves at a load."""
    if weights.self_overlap is None:
        found = free.at_line(weights, constraint)
        if found is None:
            _stable(weights, constraint)
        return found
    limit = saddle_limit(weights, constraint)
    if even(weights, constraint):  # the state is q = 0 up to its own instability
        zero = at(weights, constraint, -math.inf)
        response = zero.dg2 * weights.fluctuation(0.0)
        load = 1.0 / response if response > TINY else math.inf
        if load < limit:
            return load
        _stable(weights, constraint)

    if limit == math.inf:  # kappa < -37.4
        raise ValueError(
            f"{constraint!r} is not allowed: loads that break replica symmetry are beyond the largest double"
        )

    def replicon(t: float) -> float:
        point = at(weights, constraint, t)
        load = load_of(point)
        return state_at(weights, load, point, 1, 0.0, True).replicon if load < math.inf else 1.0

    lost = False
    for bracket in crossings(replicon, T_MIN / 4.0, T_STABLE, SCAN):
        if bracket[2] <= 0.0:
            continue
        lost = True
        point = at(weights, constraint, root(replicon, *bracket, 1e-14, 200)[0])
        load = load_of(point)
        if load < limit * CLOSEST and abs(state(load).q - point.q) <= SAME * point.q:
            return load
        if point.v < NEAR_END * point.q and abs(load / limit - 1.0) < NEAR_END:
            return limit
        load = _jump(state, point.q, limit)
        if load == math.inf:
            break
        if state(load).replicon <= 0.0:
            return load
    if not lost and (weights.discrete or capacity(weights, constraint)[1] < UNSTABLE):
        return limit  # the zero lies beyond q = 1 - 1e-9: as near to the limit
    _stable(weights, constraint)
