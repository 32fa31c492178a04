r"""Avalanches: a jammed perceptron follows a field in jumps.

A field E along a unit vector u grows slowly, and the local maximum of \|v + E u\| in the polytope xi^mu . v >= -1 (:mod:`.polytope`) is followed. A corner
v = -sum_k f_k xi^k does not move with E, but the forces do: f_k = -(v + E u).d_k, with d_k the edge that leaves wall k. Where the first force vanishes its edge
leads to a better corner, and from there other edges may lead on: one avalanche.

S. Franz and S. Spigler, Phys. Rev. E 95, 022139 (2017), on avalanches in jammed spheres. Chapter ``jamming/perceptron-jamming``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import ConvergenceError, is_finite, real_array, require
from learnscape.jamming.perceptron.energy import unit_of
from learnscape.jamming.perceptron.jammed import JammedPerceptron
from learnscape.jamming.perceptron.polytope import EdgeWalk, on_contacts
from learnscape.numerics.threads import one_thread

__all__ = ["Avalanches", "avalanches"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

TOUCHING = 1e-9  # a pattern so close to the margin is at it
LEVEL = 1e-13  # an edge that rises less than this, in units of |v|, leads nowhere: rounding


@dataclass(frozen=True, eq=False)
class Avalanches:
    """The jumps of a corner that a growing field drives, from :func:`avalanches`."""

    fields: FloatArray
    """Field at each jump, ascending, shape (jumps,), in units of v = w / (\\|kappa\\| sqrt(N))."""
    sizes: FloatArray
    """S = sqrt(N) u . (v after - v before), shape (jumps,), in the same units. A few are negative: a longer v is bought with u . v."""
    edges: IntArray
    """Edges followed in each jump, at least 1, shape (jumps,)."""
    contacts: IntArray
    """Patterns in contact before the first and after each jump, increasing, shape (jumps + 1, N)."""


@one_thread
def avalanches(state: JammedPerceptron, direction: ArrayLike, field: float = 1.0) -> Avalanches:
    """Follow a jammed perceptron while a field along a direction grows from zero.

    Parameters
    ----------
    state : JammedPerceptron
        From :func:`~learnscape.jamming.perceptron.jam` with ``exact=True``, at a negative margin.
    direction : array_like, shape (N,)
        Direction u of the field; its length does not matter.
    field : float
        Where the field ends, > 0, in units of v = w / (\\|kappa\\| sqrt(N)), which has the length 1/\\|kappa\\|.

    Returns
    -------
    Avalanches

    Raises
    ------
    ValueError
        For a state that is no exact corner at a negative margin or has more than N patterns at it (no general position), and other bad input.
    ConvergenceError
        If the corner escapes to infinity (then the patterns are separable) or an avalanche does not end; the trace has the fields of the jumps so far, the largest entry of the patterns being of order one.

    Examples
    --------
    >>> from learnscape.jamming.perceptron import jam
    >>> state = jam(32, 4.0, rng=1)
    >>> push = avalanches(state, np.random.default_rng(2).standard_normal(32))
    >>> len(push.sizes), push.contacts.shape, bool(push.fields[-1] <= 1.0)
    (6, (7, 32), True)
    """
    require(isinstance(state, JammedPerceptron), "state", type(state).__name__, "a JammedPerceptron")
    xi, n = state.patterns, state.weights.size
    corner = on_contacts(xi, state.contacts, -1.0) if len(state.contacts) == n else None
    exact = f"an exact corner: {n} contacts with forces above zero at a negative margin (use exact=True, and a load above 2)"
    require(corner is not None, "state", f"{len(state.contacts)} contacts at {state.kappa:.3g}", exact)
    u = real_array("direction", direction, ndim=1)
    require(u.shape == (n,), "direction.shape", u.shape, f"({n},)")
    require(bool(u.any()), "direction", 0.0, "different from zero")
    u = u / np.abs(u).max()
    u = u / np.linalg.norm(u)
    require(is_finite(field) and field > 0, "field", field, "a finite number > 0")

    scale = unit_of(xi)  # tolerances are made for entries of order one
    walk, end = EdgeWalk(xi / scale, state.contacts), scale * field
    touching = int(np.count_nonzero(xi / scale @ walk.v < -1.0 + TOUCHING))
    general = f"patterns in general position: {n} at the margin of a corner (those of +-1 often share one)"
    require(touching == n, "state", f"{touching} patterns at the margin", general)
    most = 40 * n + 1000
    fields: list[float] = []
    sizes: list[float] = []
    edges: list[int] = []
    contacts = [np.sort(walk.walls)]
    now = 0.0
    while True:
        forces, pull = -walk.v @ walk.edges, u @ walk.edges
        falls = pull > 0
        when = np.full(n, math.inf)
        when[falls] = forces[falls] / pull[falls]
        k = int(when.argmin())
        now = max(now, float(when[k]))
        if math.isinf(now) or now > end:
            break
        fields.append(now)
        if len(fields) > most and fields[-most] == now:
            raise ConvergenceError("jumps without end at one field: no general position", fields[-most:])
        before = walk.v
        edges.append(_avalanche(walk, k, now * u, fields))
        walk.refresh()
        sizes.append(math.sqrt(n) * float(u @ (walk.v - before)))
        contacts.append(np.sort(walk.walls))
    return Avalanches(
        np.array(fields) / scale, np.array(sizes) / scale, np.array(edges, dtype=np.intp), np.array(contacts)
    )


def _avalanche(walk: EdgeWalk, k: int, pull: FloatArray, trace: list[float]) -> int:
    """Leave wall k, then along the edges on which \\|v + pull\\| rises most steeply until none is left; the number of edges."""
    most = 40 * len(pull) + 1000
    for followed in range(1, most + 1):
        if not walk.leave(k):
            raise ConvergenceError("the corner escapes to infinity: the patterns are separable", trace)
        rise = (walk.v + pull) @ walk.edges / walk.lengths
        k = int(rise.argmax())
        if rise[k] <= LEVEL * math.sqrt(walk.v @ walk.v):
            return followed
    raise ConvergenceError(f"an avalanche of more than {most} edges", trace)
