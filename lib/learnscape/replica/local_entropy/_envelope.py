r"""The average of a maximum, :math:`M(a)=\max_h[f(h)-(h-a)^2/2\delta]`, over a Gaussian a, for the f of any constraint.

*Problem.* At the maximum :math:`h=a+\delta f'(h)`, so that a is an explicit function of h and the average is taken over h, with the weight
:math:`(1-\delta f'')\,G(a/\sqrt q)/\sqrt q`. Where :math:`1-\delta f''<0` several h belong to one a: the global maximum keeps those at which
:math:`h^2/2\delta-f(h)` touches its convex hull, and between two of them a jumps over a gap of h. Panels of 16 Gauss-Legendre nodes share the change
of a, of the logarithm of its slope, and of the distance from the bends in equal parts.
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from learnscape.constraints import Constraint, checked_terms
from learnscape.numerics.legendre import legendre

Array = NDArray[np.float64]
NODES, WEIGHTS = legendre(16)
RANGE = 9.0  # the Gaussian measure beyond is 2e-19
FARTHEST = 40.0  # edges beyond, in roots of the self-overlap, draw nothing
SAMPLES = 400
EVEN = 2.0  # largest share of one sample, in units of the mean
PANEL = 0.8  # change of all that is shared, over one panel
STEPS = 60


class Envelope(NamedTuple):
    """Nodes, and what stands there."""

    weight: Array
    """Measure of a; (n,)."""
    a: Array
    """Fields."""
    shift: Array
    """h - a."""
    f: Array
    """f(h)."""
    bend: Array
    """f''(h)."""
    kinks: int
    """How often h jumps."""


class Problem(NamedTuple):
    """What the maximum is taken of, and where."""

    constraint: Constraint
    v: float
    """Variance left to each replica."""
    delta: float
    """y (q_1 - q_0)."""
    root: float
    """Of the variance of a."""
    ends: tuple[float, float]
    """Range of a."""

    def at(self, h: Array) -> tuple[Array, Array, Array]:
        """f, h - a and f''."""
        f, g, dg = checked_terms(self.constraint, h, self.v)
        return f, self.delta * g, dg


def envelope(constraint: Constraint, q: float, v: float, delta: float) -> Envelope:
    """Nodes for the average over a of variance q, where the variance v is left to each replica."""
    edges = np.clip(np.array([0.0, *constraint.edges]) / math.sqrt(q + v), -FARTHEST, FARTHEST)
    root = math.sqrt(q)
    ends = root * (edges.min() - RANGE), root * (edges.max() + RANGE)
    problem = Problem(constraint, v, delta, root, ends)
    h, cost = _samples(problem)
    pieces = _kept(problem, h)
    left, right = [], []
    for start, stop in pieces:
        low, high = (float(c) for c in np.interp([start, stop], h, cost))
        cuts = np.interp(np.linspace(low, high, math.ceil((high - low) / PANEL) + 1), cost, h)
        left.append(np.array([start, *cuts[1:-1]]))
        right.append(np.array([*cuts[1:-1], stop]))
    half = 0.5 * (np.concatenate(right) - np.concatenate(left))
    points = ((np.concatenate(left) + half)[:, None] + half[:, None] * NODES).ravel()
    f, shift, bend = problem.at(points)
    a = points - shift
    weight = (half[:, None] * WEIGHTS).ravel() * (1.0 - delta * bend)
    weight *= np.exp(-0.5 * (a / root) ** 2) / (root * math.sqrt(2.0 * math.pi))
    return Envelope(weight, a, shift, f, bend, len(pieces) - 1)


def _samples(problem: Problem) -> tuple[Array, Array]:
    """Fields h, dense where something changes, and how much has changed up to there."""
    low, high = problem.ends
    grow = high - low
    for _ in range(STEPS):  # h reaches farther than a where the maximum is pushed outwards
        _, shift, _ = problem.at(np.array([low, high]))
        short = low - shift[0] > problem.ends[0], high - shift[1] < problem.ends[1]
        if not any(short):
            break
        low, high = low - grow * short[0], high + grow * short[1]
        grow *= 2.0
    fields, width = problem.constraint.bends(problem.v)
    h = np.linspace(low, high, SAMPLES)
    for _ in range(STEPS):
        _, shift, bend = problem.at(h)
        change = 0.7 / problem.root * np.abs(np.diff(np.clip(h - shift, *problem.ends)))
        change += 0.5 * np.abs(np.diff(np.log(np.maximum(np.abs(1.0 - problem.delta * bend), 1e-3))))
        for field in fields:
            change += 0.5 * np.diff(np.arcsinh((h - field) / width))
        outside = (h[1:] - shift[1:] < problem.ends[0]) | (h[:-1] - shift[:-1] > problem.ends[1])
        cost = np.concatenate([[0.0], np.cumsum(np.where(outside, 1e-9 * (h[1:] - h[:-1]), change))])
        last, h = h, np.interp(np.linspace(0.0, cost[-1], SAMPLES), cost, h)
        if np.diff(cost).max() < EVEN * cost[-1] / SAMPLES:
            break
    return last, cost


def _kept(problem: Problem, h: Array) -> list[tuple[float, float]]:
    """Intervals of h that are the maximum of some a: where h^2/(2 delta) - f touches its convex hull."""
    f, shift, bend = problem.at(h)
    inside = np.flatnonzero((h - shift >= problem.ends[0]) & (h - shift <= problem.ends[1]))
    first, last = max(int(inside[0]) - 1, 0), min(int(inside[-1]) + 1, h.size - 1)
    if (1.0 - problem.delta * bend[first : last + 1]).min() > 0.0:
        return [(float(h[first]), float(h[last]))]
    psi = 0.5 * h * h - problem.delta * f
    hull: list[int] = []
    for k in range(first, last + 1):
        while len(hull) > 1:
            i, j = hull[-2:]
            if (psi[j] - psi[i]) * (h[k] - h[i]) < (psi[k] - psi[i]) * (h[j] - h[i]):
                break
            hull.pop()
        hull.append(k)
    starts, stops = [float(h[first])], []
    for i, j in itertools.pairwise(hull):
        if j > i + 1:
            left, right = _tangent(problem, float(h[i]), float(h[j]))
            stops.append(left)
            starts.append(right)
    return list(zip(starts, [*stops, float(h[last])], strict=True))


def _tangent(problem: Problem, left: float, right: float) -> tuple[float, float]:
    """The two ends of a gap: one a, and the same height of both maxima. Newton's method."""
    x = np.array([left, right])
    for _ in range(STEPS):
        f, shift, bend = problem.at(x)
        a, slope = x - shift, 1.0 - problem.delta * bend
        psi = 0.5 * x * x - problem.delta * f
        width = x[1] - x[0]
        # psi' = a: both slopes equal that of the chord
        chord = (psi[1] - psi[0]) / width
        matrix = np.array(
            [[slope[0] + (a[0] - chord) / width, -(a[1] - chord) / width],
             [(a[0] - chord) / width, slope[1] - (a[1] - chord) / width]]
        )  # fmt: skip
        step = np.linalg.solve(matrix, a - chord)
        x = x - step
        if np.abs(step).max() < 1e-14 * (1.0 + np.abs(x).max()):
            break
    return float(x[0]), float(x[1])
