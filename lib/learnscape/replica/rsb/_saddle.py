r"""The saddle point of a tree of overlaps at given load: one round of its equations, and the roots of what a round changes.

*Problem.* Overlaps make conjugates (:mod:`._patterns`), conjugates make overlaps (:mod:`._sites`). The unknowns are the logarithms of the pieces
:math:`q_0,\;q_i-q_{i-1},\;Q-q_k`: a piece that a round multiplies by one is at its saddle, and the solution with a piece
fewer, which every tree also has, is no root. The block parameters of equilibrium make the free entropy stationary,
:math:`\partial\phi/\partial m_i=0`; divided by :math:`(q_i-q_{i-1})(\hat q_i-\hat q_{i-1})` this too has no root where two overlaps coincide.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import root

from learnscape.constraints import Constraint
from learnscape.replica._compiled import stands_for
from learnscape.replica._patterns import Patterns, patterns
from learnscape.replica._rs_point import even
from learnscape.replica._sites import Sites, sites
from learnscape.weights import Spherical, Weights
from learnscape.weights.contract import fixed_overlap, local

Array = NDArray[np.float64]
NOISE = 1e-10  # relative steps of finite differences are the root of it
FROZEN = 1e-8  # 1 - q_k of discrete weights below which it flows to 0
COLLAPSED = 1e-7  # a difference of overlaps, relative to the self-overlap, that flows to 0
ROUNDS = 5  # of the equations, between two attempts of the root finder
ATTEMPT = 0.3  # of a residual: beyond it the root finder would wander off
LONGEST = 0.7  # step of the flow, in logarithms
FARTHEST = 3.0  # from its start the root finder may go, in logarithms
NEAR = 1.5  # a root farther from the flow than this, in logarithms, belongs to another saddle


class Round(NamedTuple):
    """The equations once, and what they say of the free entropy."""

    pieces: Array
    """After the round; (k + 2,)."""
    q_hat: Array
    """(k + 1,)."""
    precision: float
    """B."""
    free_entropy: float
    """phi; stationary only at the saddle."""
    by_m: Array
    """Its derivatives with respect to m; (k,)."""
    replicon: Array
    """1 - alpha int P_i phi_i''^2, patterns times weights; (k + 1,)."""
    residual: Array
    """Change of the unknowns."""


@dataclass(frozen=True)
class Problem:
    """Weights, constraint and load."""

    weights: Weights
    constraint: Constraint
    alpha: float

    @property
    def even(self) -> bool:
        """True if q_0 = 0 is a saddle, by symmetry."""
        return even(self.weights, self.constraint)

    @property
    def free(self) -> bool:
        """True if the self-overlap is an order parameter."""
        return self.weights.self_overlap is None

    @property
    def reference(self) -> float:
        """Entropy of continuous weights without patterns, from which theirs is measured; the sphere's terms are already."""
        if self.weights.discrete or self.free or stands_for(Spherical, self.weights):
            return 0.0
        b = self.weights.precision(0.0)
        return float(local(self.weights, np.zeros(1), np.array([b]))[0][0]) + 0.5 * b * fixed_overlap(
            self.weights
        )

    def coordinates(self, pieces: Array) -> Array:
        """Unknowns of the pieces."""
        with np.errstate(divide="ignore"):
            logs = np.log(pieces)
        first = 1 if self.even else 0
        return logs[first:] if self.free else logs[first:-1] - logs[-1]

    def pieces(self, x: Array) -> Array:
        """Pieces of the unknowns."""
        head = np.zeros(1 if self.even else 0)
        if self.free:
            return np.concatenate([head, np.exp(x)])
        top = max(0.0, float(x.max()))
        parts = np.concatenate([head, np.exp(x - top), [math.exp(-top)]])
        return parts * (fixed_overlap(self.weights) / parts.sum())

    def round(self, pieces: Array, m: Array) -> Round:
        """One round of the equations."""
        seen = patterns(self.constraint, pieces, m)
        q_hat = np.maximum.accumulate(np.maximum(self.alpha * seen.slope2, 0.0))
        if self.even:
            q_hat[0] = 0.0
        felt = sites(self.weights, q_hat, m, -self.alpha * seen.bend if self.free else None)
        return self._result(pieces, m, seen, felt, q_hat)

    def _result(self, pieces: Array, m: Array, seen: Patterns, felt: Sites, q_hat: Array) -> Round:
        new = felt.pieces.copy()
        if self.even:
            new[0] = 0.0
        new[1:-1] = np.maximum(new[1:-1], 1e-300)
        new = np.maximum(new, 0.0 if self.even else 1e-300)
        # both terms at the same overlaps: then phi is wrong in second order only, and Sigma has a sign near the instability
        shift = np.cumsum(pieces) - np.cumsum(felt.pieces)
        weight = np.diff(np.concatenate([[0.0], m, [1.0]]))
        moved = 0.5 * float(weight @ (shift[:-1] * q_hat) + (felt.precision - q_hat[-1]) * shift[-1])
        return Round(
            new,
            q_hat,
            felt.precision,
            felt.term + moved - self.reference + self.alpha * seen.term,
            felt.by_m - 0.5 * np.diff(shift[:-1] * q_hat) + self.alpha * seen.by_m,
            1.0 - self.alpha * seen.bend2 * felt.fluctuation,
            self.coordinates(new) - self.coordinates(pieces),
        )


class Found(NamedTuple):
    """Where the flow or the root finder ended."""

    pieces: Array
    m: Array
    rounds: int
    residual: float
    kind: str
    """"saddle", "frozen", "collapsed" (the smallest difference of overlaps goes to zero) or "lost"."""


def at_m(problem: Problem, m: Array, pieces: Array, tol: float, most: int) -> Found:
    """The saddle to which the equations flow at fixed block parameters; a slow flow takes longer and longer steps."""
    count, residual, stride, patience = 0, math.inf, 1.0, ROUNDS
    before = np.zeros(0)
    while count < most:
        for _ in range(patience):
            step = problem.round(pieces, m)
            residual = float(np.abs(step.residual).max())
            count += 1
            total = float(step.pieces.sum())
            if residual < tol:
                return Found(step.pieces, m, count, residual, "saddle")
            if problem.weights.discrete and step.pieces[-1] < FROZEN * total:
                return Found(step.pieces, m, count, residual, "frozen")
            if m.size and step.pieces[1:-1].min() < COLLAPSED * total:
                return Found(step.pieces, m, count, residual, "collapsed")
            steady = before.size > 0 and bool(np.all(before * step.residual >= 0.0))
            stride = min(1.5 * stride, LONGEST / residual) if steady else 1.0
            before = step.residual
            pieces = problem.pieces(problem.coordinates(pieces) + max(stride, 1.0) * step.residual)
        if residual > ATTEMPT:
            continue
        found = _root(problem, m, pieces, None)
        count += found.rounds
        moved = np.abs(problem.coordinates(found.pieces) - problem.coordinates(pieces)).max()
        if found.residual < tol and moved < NEAR:
            return found._replace(rounds=count)
        patience *= 2
    return Found(pieces, m, count, residual, "lost")


def at_equilibrium(problem: Problem, m: Array, pieces: Array) -> Found:
    """The saddle near a starting point where the free entropy is stationary in all block parameters too."""
    return _root(problem, m, pieces, np.log(m))


def _root(problem: Problem, m: Array, pieces: Array, logs: Array | None) -> Found:
    start = problem.coordinates(pieces)
    size = start.size
    count = 0
    v0 = start if logs is None else np.concatenate([start, logs])

    def change(v: Array) -> Array:
        nonlocal count
        count += 1
        if np.abs(v - v0).max() > FARTHEST:
            return np.full(v.size, 1e3)
        now = problem.pieces(v[:size])
        if logs is None:
            return problem.round(now, m).residual
        blocks = np.exp(v[size:])
        step = problem.round(now, blocks)
        unit = now[1:-1] * np.maximum(np.diff(step.q_hat), 1e-300)
        return np.concatenate([step.residual, step.by_m / unit])

    try:
        answer = root(
            change, v0, method="hybr", options={"eps": NOISE, "xtol": 1e-13, "maxfev": 40 * v0.size}
        )
    except ValueError:  # an average that does not exist on the way
        return Found(pieces, m, count, math.inf, "lost")
    v = np.asarray(answer.x)
    worst = float(np.abs(answer.fun).max())
    blocks = m if logs is None else np.exp(v[size:])
    return Found(problem.pieces(v[:size]), blocks, count, worst, "saddle")
