r"""One graded grid for all levels of a tree, and functions on it.

*Problem.* The functions :math:`\phi_i(h)` of the backward sweep bend sharply at the ends of the allowed set, over a width that shrinks as the overlaps
approach one, and are smooth elsewhere. The line is cut at these ends and at distances from them that grow geometrically, and on each panel a
function is the polynomial through its values at 16 Gauss-Legendre nodes. Between the nodes it is known to about 1e-13 for every width; beyond
the grid, where no weight is, it goes on as a parabola.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from learnscape.errors import require
from learnscape.numerics.jit import inlined
from learnscape.numerics.legendre import legendre

__all__ = ["NODES", "Grid", "graded_grid", "to_coefficients"]

Array = NDArray[np.float64]
NODES = 16  # a panel; the nearest singularities lie a panel length away, which leaves about 1e-13
LONGEST = 2.0  # in units of the root of the self-overlap
GROWTH = 1.6  # of the panels, away from an edge: ln H has branch points at (1.9 +- 2.8i) widths, which two would come too near
REACH = 9.0  # the Gaussian measure beyond is 2e-19
MOST_PANELS = 20_000
ORDER = np.arange(NODES)
UP = (2.0 * ORDER - 1.0) / np.maximum(ORDER, 1)  # Legendre: l P_l = (2l - 1) t P_{l-1} - (l - 1) P_{l-2}
BACK = (ORDER - 1.0) / np.maximum(ORDER, 1)


@dataclass(frozen=True, eq=False)
class Grid:
    """Panels and nodes."""

    breaks: Array
    """Ends of the panels, increasing; (p + 1,)."""
    points: Array
    """The nodes, increasing; (p * NODES,)."""


@inlined
def panel_of(breaks: Array, x: float) -> int:
    """Index of the panel that holds x, the first or last one if none does."""
    low, high = 0, breaks.size - 1
    while high - low > 1:
        middle = (low + high) >> 1
        if breaks[middle] <= x:
            low = middle
        else:
            high = middle
    return low


@lru_cache(maxsize=1)
def to_coefficients() -> Array:
    """Matrix that makes Legendre coefficients from values at the nodes of a panel, (NODES, NODES)."""
    x, w = legendre(NODES)
    values = np.polynomial.legendre.legvander(x, NODES - 1)
    answer: Array = (values * w[:, None]).T * (np.arange(NODES) + 0.5)[:, None]
    return np.ascontiguousarray(answer)


@lru_cache(maxsize=64)
def graded_grid(edges: tuple[float, ...], width: float, scale: float, reach: float = REACH) -> Grid:
    """The grid for functions that bend at the edges over ``width`` and live on |h| of order ``scale``.

    Widths within a factor of two share one grid, so that an optimiser's steps need not build it anew.
    """
    low = min((0.0, *edges)) - reach * scale
    high = max((0.0, *edges)) + reach * scale
    longest = LONGEST * scale
    levels = max(0, math.ceil(math.log(longest / width, GROWTH)))
    panels = (high - low) / longest + 2.0 * len(edges) * levels
    require(
        panels <= MOST_PANELS,
        "edges",
        edges,
        f"few and near: they need {panels:.3g} panels of the grid, and at most {MOST_PANELS} are made",
    )
    cuts = [np.linspace(low, high, math.ceil((high - low) / longest) + 1)]
    distances = longest * GROWTH ** -np.arange(1, levels + 1)
    cuts += [np.concatenate([edge - distances, [edge], edge + distances]) for edge in edges]
    breaks = np.unique(np.concatenate(cuts))
    breaks = breaks[(breaks >= low) & (breaks <= high)]
    breaks = breaks[
        np.concatenate([[True], np.diff(breaks) > 1e-12 * scale])
    ]  # the same point, rounded twice
    nodes = legendre(NODES)[0]
    half = 0.5 * np.diff(breaks)
    points = ((breaks[1:] - half)[:, None] + half[:, None] * nodes).ravel()
    return Grid(breaks, points)
