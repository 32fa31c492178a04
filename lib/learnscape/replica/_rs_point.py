r"""One point of the replica-symmetric theory: what the constraint and the weights make of given overlaps.

*Problem.* At overlap q and self-overlap Q a pattern has the averages :math:`\int Dz\,f`, :math:`\int Dz\,g^2`, :math:`\int Dz\,(\partial_\omega g)^2` of its terms at
:math:`\omega=\sqrt q z`, V = Q - q, taken here over graded Gauss-Legendre nodes. The solvers of fixed (:mod:`._rs_generic`) and free
self-overlap (:mod:`._rs_free`) both stand on it. Chapters *gardner-volume* and *binary-weights*.
"""

from __future__ import annotations

import math
from typing import NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from learnscape.constraints import Constraint, checked_terms
from learnscape.errors import require
from learnscape.replica._quadrature import graded_gaussian
from learnscape.weights import Weights
from learnscape.weights.contract import fixed_overlap

Array = NDArray[np.float64]
TINY = 1e-300  # below it underflow eats the digits: a load that no double can hold


class State(NamedTuple):
    """What a solver path hands to `rs.solve`; the fields are those of `rs.Solution`."""

    q: float
    q_hat: float
    entropy: float
    replicon: float
    converged: bool
    iterations: int
    residual: float
    self_overlap: float = 1.0
    precision: float | None = None


class Energetic(NamedTuple):
    """Averages over Dz of f, g^2, dg^2 and dg."""

    f: float
    g2: float
    dg2: float
    dg: float


class Point(NamedTuple):
    """One point of the branch of fixed self-overlap: q, v = Q - q, q_hat, and averages over the pattern."""

    q: float
    v: float
    q_hat: float
    f: float
    g2: float
    dg2: float


def no_saddle(alpha: float, limit: float) -> NoReturn:
    """Refuse a load beyond the end of the branch, or so near to it that the digits of a double do not fix the overlap."""
    allowed = f"a replica-symmetric saddle point exists only for 0 < alpha < {limit:.12g}"
    if alpha < limit:
        allowed += f", and 1 - alpha/limit = {1.0 - alpha / limit:.2g} is lost in the rounding of alpha"
    raise ValueError(f"alpha = {alpha!r} is not allowed: {allowed}")


def even(weights: Weights, constraint: Constraint) -> bool:
    """True if w and -w are equally good solutions, so that q = 0 is a saddle point."""
    if not constraint.symmetric:
        return False
    edges = sorted(constraint.edges)
    mirrored = all(a == -b for a, b in zip(edges, reversed(edges), strict=True))
    allowed = f"one whose edges are symmetric, as it says of itself; they are {edges} (a subclass inherits `symmetric`)"
    require(mirrored, "constraint", constraint, allowed)
    return weights.symmetric


def reach(constraint: Constraint, scale: float = 1.0) -> tuple[float, float]:
    """Range of z that matters: rare violations put the weight of g^2 between 0 and the edge that is violated."""
    ends = [edge / scale for edge in constraint.edges]
    return max(min(0.0, *ends, 0.0), -40.0) - 9.0, min(max(0.0, *ends, 0.0), 40.0) + 9.0


def energetic(constraint: Constraint, q: float, v: float) -> Energetic:
    """Averages over Dz at overlap q and self-overlap q + v."""
    root = math.sqrt(q)
    if root > 0.0:
        low, high = reach(constraint, math.sqrt(q + v))
        fields, width = constraint.bends(v)
        z, w = graded_gaussian([field / root for field in fields], width / root, low=low, high=high)
    else:
        z, w = np.zeros(1), np.ones(1)
    f, g, dg = checked_terms(constraint, root * z, v)
    return Energetic(float(w @ f), float(w @ (g * g)), float(w @ (dg * dg)), float(w @ dg))


def overlaps(weights: Weights, q_hat: float) -> tuple[float, float]:
    """q and Q - q at this field, by the weights' own formulas if they have some."""
    kind = type(weights)
    if kind.overlap is Weights.overlap and kind.one_minus_overlap is Weights.one_minus_overlap:
        moments = weights.moments(q_hat, weights.precision(q_hat))
        return moments.q, moments.v
    q, v = float(weights.overlap(q_hat)), float(weights.one_minus_overlap(q_hat))
    scale = fixed_overlap(weights)
    if not (q >= 0.0 and v > 0.0 and abs(q + v - scale) <= 1e-9 * scale):
        raise ValueError(
            f"{weights!r} is not allowed: at q_hat = {q_hat:.6g} its overlap is {q:.6g} and its one_minus_overlap {v:.6g}; "
            f"they must be >= 0 and > 0, and their sum the self-overlap {scale:g}"
        )
    return q, v


def at(weights: Weights, constraint: Constraint, t: float) -> Point:
    """The branch at t = ln(q_hat Q), which is free of the unit of the weights; t = -inf is q_hat = 0."""
    q_hat = math.exp(t) / fixed_overlap(weights)
    q, v = overlaps(weights, q_hat)
    averages = energetic(constraint, q, v)
    return Point(q, v, q_hat, averages.f, averages.g2, averages.dg2)


def load_of(point: Point) -> float:
    """The load at which the branch passes through this point."""
    return point.q_hat / point.g2 if point.g2 > TINY else math.inf


def state_at(
    weights: Weights, alpha: float, point: Point, iterations: int, residual: float, converged: bool
) -> State:
    """Entropy and replicon of a point at load alpha."""
    value = weights.entropic_term(point.q_hat, point.v) + alpha * point.f
    fluctuation = weights.fluctuation(point.q_hat)
    good = math.isfinite(value) and math.isfinite(fluctuation) and fluctuation >= 0.0
    if not good:
        raise ValueError(
            f"{weights!r} is not allowed: at q_hat = {point.q_hat:.6g} its entropic term {value - alpha * point.f:.6g} or its "
            f"fluctuation {fluctuation:.6g} is no finite number"
        )
    replicon = 1.0 - alpha * point.dg2 * fluctuation
    return State(
        point.q, point.q_hat, value, replicon, converged, iterations, residual, fixed_overlap(weights)
    )
