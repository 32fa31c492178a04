r"""The patterns' side of a tree of overlaps: the average of ln P(allowed) and its moments.

*Problem.* The energetic term is :math:`G_E=\langle f(h,Q-q_k)\rangle_{q,m}`, the average of the constraint's :math:`f` over the tree of
overlaps. Its derivative with respect to :math:`q_i` is :math:`-\tfrac12(m_{i+1}-m_i)\int P_i\phi_i'^2`, so that the conjugates are
:math:`\hat q_i=\alpha\int P_i\phi_i'^2`. Chapter ``replicas/perceptron-replicas``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from learnscape.ansatz import Average, Tree, average
from learnscape.constraints import Constraint, Margin, SymmetricMargin, checked_terms
from learnscape.replica._compiled import stands_for

Array = NDArray[np.float64]


class Patterns(NamedTuple):
    """Averages over the tree of overlaps; arrays have one entry a level, the outermost first."""

    slope2: Array
    """int P_i phi_i'^2; (k + 1,)."""
    bend2: Array
    """int P_i phi_i''^2; (k + 1,)."""
    bend: float
    """int P_k f''."""
    term: float
    """G_E."""
    by_m: Array
    """Its derivatives with respect to m_i; (k,)."""


def pattern_tree(constraint: Constraint, pieces: Array, m: Array) -> Average:
    """The average itself, with functions and measures."""
    q = np.cumsum(pieces[:-1])
    left = float(pieces[-1])
    edges, width = constraint.bends(left)
    if constraint.cusps:
        width /= max(1.0, float(m.max(initial=0.0)))  # two ends compete in ln int Dz e^(m f)
    interval = stands_for(Margin, constraint) or stands_for(SymmetricMargin, constraint)
    return average(
        lambda h: checked_terms(constraint, h, left),
        Tree(q, m, float(q[-1]) + left),
        edges=edges,
        width=width,
        widens=not constraint.cusps,
        concave=interval,
    )


def patterns(constraint: Constraint, pieces: Array, m: Array) -> Patterns:
    """One pattern at overlaps given by their pieces q_0, q_i - q_{i-1}, Q - q_k."""
    found = pattern_tree(constraint, pieces, m)
    return Patterns(
        np.array(found.slope2), np.array(found.bend2), found.bend[-1], found.value, np.diff(found.mean) / m
    )
