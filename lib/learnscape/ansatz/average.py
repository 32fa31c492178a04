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
from learnscape.ansatz.grid import Grid, graded_grid, to_coefficients
from learnscape.ansatz.tree import Tree
from learnscape.errors import require
from learnscape.results import by_identity

__all__ = ["Average", "Level", "average"]

Array = NDArray[np.float64]
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
        Bad input, or a leaf that is not finite somewhere on the grid.

    Examples
    --------
    >>> from learnscape import Margin
    >>> tree = Tree(q=(0.5, 0.8), m=(0.4,))
    >>> leaf = lambda h: Margin(-0.5).terms(h, tree.variance)
    >>> round(average(leaf, tree, edges=(-0.5,), width=0.2**0.5).value, 10)
    -0.6540754232
    """
    require(isinstance(tree, Tree), "tree", tree, "a Tree of overlaps")
    require(width > 0.0, "width", width, "> 0")
    ends = np.array(sorted(float(edge) for edge in edges))
    require(bool(np.all(np.isfinite(ends))), "edges", edges, "finite numbers")
    scale = math.sqrt(tree.self_overlap)
    # Overlaps that are equal make no level; the inner function is then the outer one.
    steps = [math.sqrt(gap) for gap in tree.gaps]
    widths = [width]
    for s in reversed(steps):
        widths.insert(
            0,
            s if kink and len(widths) == 1 and s > 0.0 else math.hypot(widths[0], s) if widens else widths[0],
        )
    finest = min(widths[:-1] if kink and len(widths) > 1 else widths)
    # Rounded down to a power of two: the grid is then the same for all steps of an optimiser but a few.
    finest = 2.0 ** math.floor(math.log2(finest)) if math.isfinite(finest) else 2.0 * scale
    grid = graded_grid(tuple(ends.tolist()), finest, scale)
    innermost = (kink, *[False] * tree.steps)[::-1]  # only the leaf itself has kinks

    def level(i: int, s: float, m: float, values: Array) -> _sweeps.Inner:
        return _sweeps.Inner(grid.breaks, _coefficients(values), ends, widths[i], innermost[i], concave, s, m)

    functions = [_on_grid(leaf, grid)]
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
        functions.insert(0, out)
    # The outermost Gaussian is a row too, the one at h = 0; with q_0 = 0 it is a point.
    outermost = level(0, max(math.sqrt(tree.q[0]), 1e-300), 0.0, functions[0])
    rows.insert(0, _sweeps.backward(outermost, np.zeros(1), np.empty((3, 1))))
    measures, measure = [], np.ones(1)
    for row in rows:
        if row is not None:
            out = np.empty(grid.points.size)
            _sweeps.forward(row, measure, to_coefficients(), out)
            measure = out
        measures.append(measure)
    levels = tuple(Level(grid.points, f[0], f[1], f[2], p) for f, p in zip(functions, measures, strict=True))
    return Average(
        float(levels[0].measure @ levels[0].phi),
        tuple(float(level.measure @ level.phi) for level in levels),
        tuple(float(level.measure @ level.slope**2) for level in levels),
        tuple(float(level.measure @ level.bend) for level in levels),
        tuple(float(level.measure @ level.bend**2) for level in levels),
        levels,
    )


def _on_grid(leaf: Leaf, grid: Grid) -> Array:
    values = np.ascontiguousarray(
        np.stack(
            [np.broadcast_to(np.asarray(part, dtype=float), grid.points.shape) for part in leaf(grid.points)]
        )
    )
    require(values.shape[0] == 3, "leaf", leaf, "a function that returns f, f' and f''")
    bad = np.flatnonzero(~np.isfinite(values).all(axis=0))
    require(
        bad.size == 0, "leaf", leaf, f"finite; it is not at h = {grid.points[bad[0]] if bad.size else 0.0!r}"
    )
    return values


def _coefficients(values: Array) -> Array:
    out = np.empty_like(values)
    for row in range(3):
        _sweeps.coefficients(values[row], to_coefficients(), out[row])
    return out
