r"""The average of a leaf over a tree of overlaps, with the moments that saddle points and stability need.

*Problem.* In every ansatz a pattern (or a weight) contributes

.. math::
    B=\int Dz\,\phi_0(\sqrt{q_0}z),\qquad \phi_{i-1}(h)=\frac1{m_i}\ln\int Dz\,e^{m_i\phi_i(h+\sqrt{q_i-q_{i-1}}\,z)},\qquad \phi_k=f,

with a leaf :math:`f(h)`: the log-partition function of a constraint at the variance left inside a state, or of one weight in its field.
Let :math:`P_i` be the measure of the field at level i, from the outermost Gaussian inwards. Then (by the heat equation, level by level)

.. math::
    \frac{\partial B}{\partial q_i}=-\tfrac12(m_{i+1}-m_i)\int P_i\phi_i'^2\quad(m_0=0),\qquad
    \frac{\partial B}{\partial m_i}=\frac1{m_i}\Bigl(\int P_i\phi_i-\int P_{i-1}\phi_{i-1}\Bigr),

where for i = k the leaf's own dependence on :math:`q_k` stands in for :math:`m_{k+1}` (it is 1 for a constraint at finite variance). The replicon of
block i contains :math:`\int P_i\phi_i''^2`. Duplantier (1981); Sommers and Dupont (1984); part *Replica calculations*.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from learnscape.ansatz import _sweeps
from learnscape.ansatz.grid import REACH, Grid, graded_grid, to_coefficients
from learnscape.ansatz.tree import Tree
from learnscape.errors import is_number, real_array, require
from learnscape.results import by_identity

__all__ = ["Average", "Level", "average"]

Array = NDArray[np.float64]
REACHES = tuple(
    REACH * 2.0**i for i in range(6)
)  # where a leaf pulls the measure beyond the grid, a longer one
LOST = 1e-13  # measure beyond the grid that does not count
Leaf = Callable[[Array], tuple[Array, Array, Array]]


@by_identity
class Level(NamedTuple):
    """The function and the measure of one level of the tree, on the grid."""

    field: Array
    """The nodes h; (n,)."""
    phi: Array
    """phi_i(h); (n,)."""
    slope: Array
    """Its derivative."""
    bend: Array
    """Its second derivative."""
    measure: Array
    """Weights of the nodes under P_i; they sum to one. Single ones may be negative: only sums with smooth functions have a meaning."""


@by_identity
class Average(NamedTuple):
    """The average and its moments; one entry for each level, the outermost first."""

    value: float
    """B."""
    mean: tuple[float, ...]
    """int P_i phi_i."""
    slope2: tuple[float, ...]
    """int P_i phi_i'^2."""
    bend: tuple[float, ...]
    """int P_i phi_i''."""
    bend2: tuple[float, ...]
    """int P_i phi_i''^2."""
    levels: tuple[Level, ...]
    """Functions and measures themselves."""


def average(
    leaf: Leaf,
    tree: Tree,
    *,
    edges: Sequence[float] = (),
    width: float = math.inf,
    kink: bool = False,
    widens: bool = True,
    concave: bool = False,
) -> Average:
    """Average a leaf over a tree.

    Parameters
    ----------
    leaf : callable
        Takes an array of fields h and returns f, f' and f'' there, finite.
    tree : Tree
        The ansatz.
    edges : sequence of float
        Fields where the leaf bends, such as the ends of the allowed set.
    width : float
        Over what width it bends there, > 0: for a constraint the root of the variance left. For another leaf a third of the distance of its
        nearest singularity in the complex plane (1/2 for ln 2cosh h). With ``kink`` the width over which exp(m f) falls.
    kink : bool
        True if f' or f'' jumps at the edges.
    widens : bool
        True if the bends of the outer functions are wider, by the Gaussian average, as they are for constraints; False if singularities stay
        where they are, as for the leaves of weights.
    concave : bool
        True if the leaf is concave, as for intervals; the average is then faster. All outer functions are concave too.

    Returns
    -------
    Average

    Raises
    ------
    ValueError
        Bad input, a leaf that is not finite somewhere on the grid, or one that grows so fast that an integral diverges.

    Examples
    --------
    >>> from learnscape import Margin
    >>> tree = Tree(q=(0.5, 0.8), m=(0.4,))
    >>> leaf = lambda h: Margin(-0.5).terms(h, tree.variance)
    >>> round(average(leaf, tree, edges=(-0.5,), width=0.2**0.5).value, 10)
    -0.6540754232
    """
    require(isinstance(tree, Tree), "tree", tree, "a Tree of overlaps")
    require(is_number(width) and width > 0.0, "width", width, "a number > 0")
    ends = np.array(sorted(real_array("edges", edges, ndim=1).tolist()))
    for reach in REACHES:
        found, beyond = _average(leaf, tree, ends, float(width), kink, widens, concave, reach)
        if beyond < LOST:
            return found
    require(
        False,
        "leaf",
        leaf,
        f"a function whose tilted measure stays within {reach:g} roots of the self-overlap; {beyond:.2g} of it lies beyond",
    )
    return found


def _average(
    leaf: Leaf, tree: Tree, ends: Array, width: float, kink: bool, widens: bool, concave: bool, reach: float
) -> tuple[Average, float]:
    """The average on one grid, and how much of the measures lies beyond it."""
    scale = math.sqrt(tree.self_overlap)
    # Overlaps that are equal make no level; the inner function is then the outer one, with its kinks.
    steps = [math.sqrt(gap) for gap in tree.gaps]
    widths, kinks = [width], [kink]
    crossing = _crossing(leaf, tree, ends) if kink else math.inf
    for s in reversed(steps):
        smoothed = (
            min(s, crossing) if kinks[0] and s > 0.0 else math.hypot(widths[0], s) if widens else widths[0]
        )
        widths.insert(0, smoothed if s > 0.0 else widths[0])
        kinks.insert(0, kinks[0] and s == 0.0)
    finest = min(widths[:-1] if kink and len(widths) > 1 else widths)
    # Rounded down to a power of two: the grid is then the same for all steps of an optimiser but a few.
    finest = 2.0 ** math.floor(math.log2(finest)) if math.isfinite(finest) else 2.0 * scale
    grid = graded_grid(tuple(ends.tolist()), finest, scale, reach)

    def level(i: int, s: float, m: float, values: Array) -> _sweeps.Inner:
        sharp = 1.0 / math.sqrt(1.0 + m * s * s * float(np.abs(values[2]).max()))
        return _sweeps.Inner(
            grid.breaks, _coefficients(values), ends, widths[i], kinks[i], concave, s, m, sharp
        )

    functions = [_on_grid(leaf, grid)]
    bends = functions[0][2]
    require(
        not concave or bends.max() <= 1e-6 * np.abs(bends).max(),
        "concave",
        concave,
        "False: f'' of this leaf is positive somewhere",
    )
    rows: list[_sweeps.Rows | None] = []
    for i in range(tree.steps, 0, -1):
        if steps[i - 1] == 0.0:
            functions.insert(0, functions[0])
            rows.insert(0, None)
            continue
        out = np.empty_like(functions[0])
        rows.insert(
            0, _sweeps.backward(level(i, steps[i - 1], tree.m[i - 1], functions[0]), grid.points, out)
        )
        good = bool(np.isfinite(out).all())
        require(
            good,
            "leaf",
            leaf,
            f"a function whose average with m = {tree.m[i - 1]!r} exists and can be resolved; level {i} fails",
        )
        functions.insert(0, out)
    # The outermost Gaussian is a row too, the one at h = 0; with q_0 = 0 it is a point.
    outermost = level(0, max(math.sqrt(tree.q[0]), 1e-300), 0.0, functions[0])
    rows.insert(0, _sweeps.backward(outermost, np.zeros(1), np.empty((3, 1))))
    measures, measure, beyond = [], np.ones(1), 0.0
    for row in rows:
        if row is not None:
            out = np.empty(grid.points.size)
            beyond = max(beyond, _sweeps.forward(row, measure, to_coefficients(), out))
            measure = out
        measures.append(measure)
    field = grid.points.copy()  # the grid itself is shared by later averages
    levels = tuple(Level(field, f[0], f[1], f[2], p) for f, p in zip(functions, measures, strict=True))
    found = Average(
        float(levels[0].measure @ levels[0].phi),
        tuple(float(level.measure @ level.phi) for level in levels),
        tuple(float(level.measure @ level.slope**2) for level in levels),
        tuple(float(level.measure @ level.bend) for level in levels),
        tuple(float(level.measure @ level.bend**2) for level in levels),
        levels,
    )
    return found, beyond


def _crossing(leaf: Leaf, tree: Tree, ends: Array) -> float:
    """Over what width two summits of m f at the two sides of a kink, where f' jumps up, change places one level further out."""
    inner = [(m, gap) for m, gap in zip(tree.m, tree.gaps, strict=True) if gap > 0.0]
    if not inner or ends.size == 0:
        return math.inf
    m, gap = inner[-1]
    near = 1e-9 * (math.sqrt(tree.self_overlap) + np.abs(ends))
    _, left, bend = (np.broadcast_to(part, ends.shape) for part in leaf(ends - near))
    right = np.broadcast_to(leaf(ends + near)[1], ends.shape)
    jump = float(np.max(right - left))
    if not jump > 1e-6:
        return math.inf
    # ln cosh(m jump h / 2v) has its poles at i pi v / (m jump)
    return (1.0 + m * gap * float(np.abs(bend).max())) / (m * jump)


def _on_grid(leaf: Leaf, grid: Grid) -> Array:
    parts = leaf(grid.points.copy())
    good = isinstance(parts, Sequence | np.ndarray) and len(parts) == 3
    good = good and all(
        np.shape(part) in ((), grid.points.shape) and not np.iscomplexobj(part) for part in parts
    )
    require(good, "leaf", leaf, "a function that returns f, f' and f'', each real and of the shape of h")
    values = np.ascontiguousarray(
        np.stack([np.broadcast_to(np.asarray(part, dtype=float), grid.points.shape) for part in parts])
    )
    bad = np.flatnonzero(~np.isfinite(values).all(axis=0))
    require(
        bad.size == 0,
        "leaf",
        leaf,
        f"finite; it is not at h = {float(grid.points[bad[0]]) if bad.size else 0.0!r}",
    )
    return values


def _coefficients(values: Array) -> Array:
    out = np.empty_like(values)
    for row in range(3):
        _sweeps.coefficients(values[row], to_coefficients(), out[row])
    return out
