r"""Largest margins, exactly: the furthest corner of a polytope, or its nearest point.

A margin kappa < 0 with |w|^2 = N becomes a problem without a sphere if we divide by it: v = w / (|kappa| sqrt(N)) must satisfy

    xi^mu . v >= -1   for all mu,      and   kappa = -1 / |v|.

So the largest (least negative) margin is the point of a polytope that is *furthest* from the origin. A convex function is
largest at a corner; a corner of a polytope in general position lies on exactly N of its faces, so exactly N patterns are in contact. This is
isostaticity, without physics. :func:`furthest_corner` climbs: first along straight lines into a corner (each wall met stays in contact), then
along edges, always to a corner further out, until every edge leads inwards. With v = -sum_mu f_mu xi^mu over the N walls the
multipliers f are the contact forces, and "every edge leads inwards" says that all are positive.

For a positive margin xi^mu . v >= +1 and kappa = +1 / |v|: the *nearest* point, a convex problem (a support-vector machine) with one answer and
in general fewer than N contacts. :func:`nearest_point` solves its dual by non-negative least squares.

Chapter ``jamming/perceptron-jamming``.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import blas, lapack
from scipy.optimize import nnls

from learnscape.errors import ConvergenceError
from learnscape.results import by_identity

__all__ = ["Corner", "EdgeWalk", "furthest_corner", "nearest_point", "on_contacts"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

REFRESH = 200  # edges between two inversions of the matrix, which gathers rounding errors
PARALLEL = 1e-13  # a wall that the ray approaches more slowly than this, per unit of length, is not met
FEASIBLE = 1e-9  # a pattern may miss the margin by this share of it


@by_identity
class Corner(NamedTuple):
    """A point where no small step raises the smallest stability."""

    kappa: float
    """Its margin, the smallest stability at \\|w\\|^2 = N."""
    weights: FloatArray
    """Shape (N,), \\|w\\|^2 = N."""
    contacts: IntArray
    """The patterns in contact, increasing."""
    forces: FloatArray
    """Their multipliers, sum 1."""
    steps: int
    """Edges climbed."""


def _corner(v: FloatArray, multipliers: FloatArray, contacts: IntArray, sign: float, steps: int) -> Corner:
    length = math.sqrt(v @ v)
    order = np.argsort(contacts)
    forces = multipliers[order] / multipliers.sum()
    return Corner(sign / length, v * (math.sqrt(v.size) / length), contacts[order], forces, steps)


def on_contacts(xi: FloatArray, contacts: IntArray, sign: float) -> Corner | None:
    """The point where the given patterns, and only these, are at the margin; None if this is no maximum of the smallest stability.

    ``sign`` is the sign of the margin. With N contacts and kappa < 0 one linear system gives v. With fewer and kappa > 0, v is
    the combination of the contacts with xi.v = 1 on them.
    """
    n = xi.shape[1]
    rows = xi[contacts]
    if len(contacts) > n or (sign < 0 and len(contacts) != n) or not len(contacts):
        return None
    gram = rows @ rows.T
    factor, failed = lapack.dpotrf(gram, lower=1)
    if failed or (factor.diagonal() ** 2 <= 1e-12 * gram.diagonal()).any():
        return None
    multipliers = lapack.dpotrs(factor, np.ones(len(contacts)), lower=1)[0]
    multipliers += lapack.dpotrs(factor, 1.0 - rows @ (multipliers @ rows), lower=1)[
        0
    ]  # the Gram matrix squares errors
    v = sign * (multipliers @ rows)
    fields = xi @ v
    fields[contacts] = sign
    if multipliers.min() <= 0 or fields.min() < sign - FEASIBLE:
        return None
    return _corner(v, multipliers, contacts, sign, 0)


def furthest_corner(xi: FloatArray, w: FloatArray, max_steps: int) -> Corner | None:
    """Climb from weights with a negative smallest stability to a corner all of whose edges lead back.

    Returns None if a ray leaves the polytope to infinity: then the patterns are separable, and margins >= 0 exist.
    """
    v = w / -float((xi @ w).min())
    walls = _into_a_corner(xi, v)
    return None if walls is None else _along_edges(xi, walls, max_steps)


def _first_wall(
    distance: FloatArray, speed: FloatArray, free: NDArray[np.bool_], slow: float
) -> tuple[int, float]:
    """The wall that a ray meets first and after which length; an infinite length if none."""
    approaching = np.flatnonzero(free & (speed < -slow))
    if not len(approaching):
        return -1, math.inf
    lengths = distance[approaching] / -speed[approaching]
    k = int(lengths.argmin())
    return int(approaching[k]), max(float(lengths[k]), 0.0)


def _into_a_corner(xi: FloatArray, v: FloatArray) -> IntArray | None:
    """Go straight outwards, project on the wall that is met, go on within it, until N walls hold the point."""
    p, n = xi.shape
    basis = np.zeros((n, n))  # orthonormal rows that span the normals of the walls met
    walls: list[int] = []
    free = np.ones(p, dtype=np.bool_)
    distance = xi @ v + 1.0
    while len(walls) < n:
        q = basis[: len(walls)]
        ray = v - (q @ v) @ q
        ray -= (q @ ray) @ q
        if ray @ ray <= 1e-20 * (v @ v):
            # "Outwards" is no direction here; every direction within the walls leads out.
            ray = np.random.default_rng(len(walls)).standard_normal(v.size)
            ray -= (q @ ray) @ q
            ray -= (q @ ray) @ q
        ray *= 1.0 / math.sqrt(float(ray @ ray))
        speed = xi @ ray
        wall, length = _first_wall(distance, speed, free, PARALLEL)
        if wall < 0:
            return None
        v = v + length * ray
        distance += length * speed
        normal = xi[wall] - (q @ xi[wall]) @ q
        normal -= (q @ normal) @ q
        basis[len(walls)] = normal / math.sqrt(normal @ normal)
        walls.append(wall)
        free[wall] = False
    return np.array(walls, dtype=np.intp)


class EdgeWalk:
    """A corner of the polytope with its edges, and how it moves along one of them to the next corner."""

    def __init__(self, xi: FloatArray, walls: IntArray) -> None:
        self.xi = xi
        self.walls = walls.copy()
        self.free = np.ones(len(xi), dtype=np.bool_)
        self.free[walls] = False
        self.refresh()

    def refresh(self) -> None:
        """Invert anew: against rounding errors."""
        # Column k leaves wall k and stays on the others.
        self.edges = np.asfortranarray(np.linalg.inv(self.xi[self.walls]))
        self.v = -self.edges.sum(axis=1)
        self.distance = self.xi @ self.v + 1.0
        self.lengths = np.sqrt(np.einsum("ij,ij->j", self.edges, self.edges))
        self.age = 0

    def leave(self, k: int) -> bool:
        """Leave wall k along its edge, to the first wall on the way; False, and nothing moves, if there is none."""
        edge = self.edges[:, k].copy()
        speed = self.xi @ edge
        wall, length = _first_wall(self.distance, speed, self.free, PARALLEL * float(self.lengths[k]))
        if wall < 0:
            return False
        self.free[self.walls[k]], self.free[wall] = True, False
        self.walls[k] = wall
        self.age += 1
        if self.age == REFRESH:
            self.refresh()
            return True
        self.v = self.v + length * edge
        self.distance += length * speed
        self.distance[wall] = 0.0
        # Exchange row k for the new wall: a change of rank one of the inverse (Sherman and Morrison).
        change = self.xi[wall] @ self.edges
        scaled = edge / change[k]
        change[k] -= 1.0
        products = scaled @ self.edges
        squares = self.lengths**2 - 2 * change * products + change**2 * (scaled @ scaled)
        self.lengths = np.sqrt(np.maximum(squares, 1e-300))
        self.edges = blas.dger(-1.0, scaled, change, a=self.edges, overwrite_a=1)
        return True


def _along_edges(xi: FloatArray, walls: IntArray, max_steps: int) -> Corner | None:
    """Leave the wall whose edge climbs most steeply, follow the edge to the next wall, repeat: the simplex method with \\|v\\| as its aim."""
    walk = EdgeWalk(xi, walls)
    trace = []
    for step in range(max_steps + 1):
        slopes = walk.v @ walk.edges
        steepest = slopes / walk.lengths
        k = int(steepest.argmax())
        if steepest[k] <= 0.0:
            return _corner(walk.v, -slopes, walk.walls, -1.0, step)
        trace.append(float(steepest[k]))
        if not walk.leave(k):
            return None
    raise ConvergenceError(f"still climbing after {max_steps} edges; last slopes in the trace", trace)


def nearest_point(xi: FloatArray) -> Corner | None:
    """The largest positive margin; None if the patterns are not separable.

    Minimising \\|a.xi\\|^2 + (a.1 - 1)^2 over a >= 0 gives multipliers proportional to those of the margin.
    """
    scale = float(np.abs(xi).max())
    system = np.vstack([xi.T / scale, np.ones(len(xi))])
    target = np.zeros(len(system))
    target[-1] = 1.0
    multipliers, distance = nnls(system, target, maxiter=10 * (len(xi) + xi.shape[1]))
    if distance < 1e-7:
        return None
    return on_contacts(xi, np.flatnonzero(multipliers > 0), 1.0)
