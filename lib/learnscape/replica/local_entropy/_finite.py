r"""The saddle of y replicas at a given mutual overlap, for finite y: one step of breaking with the block parameter y.

*Problem.* The conjugates :math:`\hat q_0,\hat q_1` and :math:`q_0` are extremal, :math:`q_1` is given. With :math:`\phi=\Phi/y` the replicated free entropy per replica,

.. math::
    \phi=\tfrac12(B-\hat q_1)Q+\tfrac12[yq_0\hat q_0+(1-y)q_1\hat q_1]+\langle\ln Z\rangle_{\hat q,y}+\alpha\langle f\rangle_{q,y},

the equations are :math:`\hat q_0=\alpha\langle\phi_0'^2\rangle`, and that the field of the weights has the overlaps :math:`q_0` and :math:`q_1`. Unknowns are
:math:`\ln[(q_1-q_0)/q_0]` and :math:`\ln(\hat q_1-\hat q_0)`. Each average is one sweep through a tree, right to rounding for every y, so that
:math:`S_E=-y^2\partial_y\phi` keeps its digits too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, root

from learnscape.constraints import Constraint, Margin
from learnscape.errors import ConvergenceError
from learnscape.replica import rs
from learnscape.replica._compiled import stands_for
from learnscape.replica._local_entropy_groups import Group as Averages
from learnscape.replica._local_entropy_groups import binary_group, margin_group
from learnscape.replica._patterns import Patterns, patterns
from learnscape.replica._sites import Sites, sites
from learnscape.weights import Binary, Spherical, Weights
from learnscape.weights.contract import fixed_overlap

__all__ = ["TOLERANCE", "Group", "Problem", "saddle", "single", "zero_external"]

Array = NDArray[np.float64]
TOLERANCE = 1e-10
NOISE = 1e-10  # relative steps of finite differences are the root of it
FARTHEST = 4.0  # from its start the root finder may go, in logarithms
LEAST_STEP = 0.02  # of ln y, on the way from y = 1


class Group(NamedTuple):
    """A saddle."""

    y: float
    """Number of replicas in a group."""
    x: Array
    """The unknowns: ln((q_1 - q_0)/q_0), if q_0 > 0, and ln(q_hat_1 - q_hat_0) if that is unknown."""
    q0: float
    """Overlap between groups."""
    q_hat: Array
    """Conjugates q_hat_0 and q_hat_1."""
    entropy: float
    """S_I."""
    external: float
    """S_E."""
    free_entropy: float
    """phi = S_I + S_E/y."""
    push: float
    """alpha int P_1 f'^2 - q_hat_1, which is 2 d Phi/dq_1 over y (y - 1)."""
    replicon: Array
    """Between groups and inside one."""
    change: Array
    """Of the logarithms of q_0 and Q - q_1 in one more round."""
    rounds: int
    """How often the equations were computed."""

    @property
    def residual(self) -> float:
        """Largest such change."""
        return float(np.abs(self.change).max(initial=0.0))


@dataclass(frozen=True)
class Problem:
    """Weights, constraint, load and mutual overlap."""

    weights: Weights
    constraint: Constraint
    alpha: float
    v: float
    """Q - q_1."""

    @property
    def total(self) -> float:
        """Q."""
        return fixed_overlap(self.weights)

    @property
    def q1(self) -> float:
        """Overlap inside a group."""
        return self.total - self.v

    @property
    def sphere(self) -> bool:
        """True where the conjugates are explicit functions of the overlaps."""
        return stands_for(Spherical, self.weights)

    def field(self, q0: float, q_hat0: float, log_gap: float, y: float) -> tuple[Array, Sites]:
        """Conjugates, and what they make of a weight."""
        if self.sphere:
            wide = self.v + y * (self.q1 - q0)
            q_hat = np.array([q_hat0, q_hat0 + (self.q1 - q0) / (self.v * wide)])
        else:
            q_hat = np.array([q_hat0, q_hat0 + math.exp(log_gap)])
        if stands_for(Binary, self.weights):
            return q_hat, _binary_sites(q_hat, y)
        return q_hat, sites(self.weights, q_hat, np.array([y]))

    def patterns(self, q0: float, y: float) -> Patterns:
        """Averages over the field of a pattern."""
        if stands_for(Margin, self.constraint) and q0 > 0.0:
            assert isinstance(self.constraint, Margin)
            return _patterns(margin_group(self.constraint.kappa, q0, self.q1 - q0, self.v, y), y)
        return patterns(self.constraint, np.array([q0, self.q1 - q0, self.v]), np.array([y]))

    def overlap(self, x: float) -> float:
        """q_0 of the first unknown."""
        return self.q1 / (1.0 + math.exp(x))

    def round(self, x: Array, y: float, apart: bool, rounds: int = 1) -> Group:
        """One round of the equations at the unknowns x; ``apart`` if q_0 = 0 by symmetry."""
        q0 = 0.0 if apart else self.overlap(float(x[0]))
        seen = self.patterns(q0, y)
        q_hat0 = 0.0 if apart else self.alpha * float(seen.slope2[0])
        q_hat, felt = self.field(q0, q_hat0, float(x[-1]) if x.size else 0.0, y)
        if self.sphere:
            wide = self.v + y * (self.q1 - q0)
            change = [] if apart else [math.log(q_hat0 * wide * wide / q0)]
        else:
            change = [] if apart else [math.log(felt.pieces[0] / q0)]
            change.append(math.log(felt.pieces[-1] / self.v))
        phi = felt.term + self.alpha * float(seen.term)
        by_y = float(felt.by_m[0] + self.alpha * seen.by_m[0])
        return Group(
            y,
            x,
            q0,
            q_hat,
            float(phi + y * by_y),
            -y * y * by_y,
            float(phi),
            float(self.alpha * seen.slope2[1] - q_hat[1]),
            1.0 - self.alpha * seen.bend2 * felt.fluctuation,
            np.array(change),
            rounds,
        )


def _binary_sites(q_hat: Array, y: float) -> Sites:
    at = binary_group(float(q_hat[0]), float(q_hat[1] - q_hat[0]), y)
    q0, q1 = at.outer_slope2, at.slope2
    return Sites(
        np.array([q0, q1 - q0, at.bend]),
        np.array([at.outer_bend2, at.bend2]),
        -0.5 * q_hat[1] + 0.5 * (y * q0 * q_hat[0] + (1.0 - y) * q1 * q_hat[1]) + at.value,
        np.array([-0.5 * (q1 * q_hat[1] - q0 * q_hat[0]) + (at.mean - at.value) / y]),
        0.0,
    )


def _patterns(at: Averages, y: float) -> Patterns:
    slope2, bend2 = np.array([at.outer_slope2, at.slope2]), np.array([at.outer_bend2, at.bend2])
    return Patterns(slope2, bend2, at.bend, at.value, np.array([(at.mean - at.value) / y]))


def _change(problem: Problem, y: float, apart: bool, x: Array) -> Array:
    return problem.round(x, y, apart).change


def zero_external(problem: Problem, x: Array, y: float) -> Group | None:
    """The saddle with q_0 > 0 and without external entropy near the unknowns x and y; None if it is not found."""

    def change(v: Array) -> Array:
        at = problem.round(v[:-1], math.exp(v[-1]), False)
        return np.append(at.change, at.external)

    v, residual, count = _root(change, np.append(x, math.log(y)))
    return problem.round(v[:-1], math.exp(v[-1]), False, count) if residual < TOLERANCE else None


def saddle(problem: Problem, y: float, start: Group) -> Group:
    """The saddle at y, from one at another y: directly, or in smaller and smaller steps of ln y."""
    apart = start.q0 == 0.0
    at, rounds, step = start, 0, math.inf
    before: Group | None = None
    while at.y != y or at is start:
        way = math.log(y / at.y)
        size = math.copysign(min(abs(way), step), way)
        target = y if abs(size) == abs(way) else at.y * math.exp(size)
        guess = at.x
        if before is not None:  # along the line through the last two
            guess = guess + (at.x - before.x) * (size / math.log(at.y / before.y))
        x, residual, count = _root(partial(_change, problem, target, apart), guess)
        rounds += count
        if residual < TOLERANCE:
            before, at = (at if at.y != target else None), problem.round(x, target, apart, rounds)
            step *= 2.0
        else:
            step = 0.5 * min(abs(way), step)
            if step < LEAST_STEP:
                raise ConvergenceError(
                    f"the saddle at y = {y!r} was lost; the last good one, at y = {at.y:.6g}, has the local entropy {at.entropy:.6g} "
                    f"and q_0 = {at.q0:.6g}",
                    [residual],
                )
    return at


def single(problem: Problem) -> Group:
    """y = 1: groups of one replica, with the replica-symmetric overlap between them."""
    state = rs.solve(problem.weights, problem.constraint, problem.alpha)
    apart = state.q == 0.0
    first = [] if apart else [math.log((problem.q1 - state.q) / state.q)]
    if problem.sphere:
        return problem.round(np.array(first), 1.0, apart)
    q_hat0 = 0.0 if apart else state.q_hat

    def left(log_gap: float) -> float:
        return math.log(problem.field(state.q, q_hat0, log_gap, 1.0)[1].pieces[-1] / problem.v)

    low, high = 0.0, 0.0
    while left(low) < 0.0:
        low -= 2.0
    while left(high) > 0.0:
        high += 1.0
    gap = low if low == high else float(brentq(left, low, high, xtol=1e-14))
    return problem.round(np.array([*first, gap]), 1.0, apart)


def _root(function: Callable[[Array], Array], start: Array) -> tuple[Array, float, int]:
    count = 0

    def change(x: Array) -> Array:
        nonlocal count
        count += 1
        return np.full(x.size, 1e3) if np.abs(x - start).max() > FARTHEST else function(x)

    if start.size == 0:
        return start, 0.0, 0
    try:
        found = root(change, start, method="hybr", options={"eps": NOISE, "xtol": 1e-14, "maxfev": 60})
    except (ValueError, ConvergenceError):  # an average that does not exist on the way
        return start, math.inf, count
    return np.asarray(found.x), float(np.abs(found.fun).max()), count
