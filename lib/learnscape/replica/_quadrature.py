r"""Nodes and weights of the Gaussian measure for integrands that bend sharply at known points.

*Problem.* :math:`\int Dz\,F\bigl((\text{edge}-\sqrt q z)/\sqrt{1-q}\bigr)` has features of width :math:`\sqrt{(1-q)/q}` around
:math:`\text{edge}/\sqrt q`; as :math:`q\to1` Gauss-Hermite nodes miss them. Here the line is cut at these centres and at distances from
them that double, and each panel carries 20 Gauss-Legendre nodes: the error is at rounding level for every width. The generic path of
`rs` uses it, for averages of one level; those over a tree are in :mod:`learnscape.ansatz`. Chapter *numerics toolbox*.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["graded_gaussian"]

Array = NDArray[np.float64]
NODES = 20
LONGEST = 1.5  # panel length that resolves the Gaussian itself


@lru_cache(maxsize=1)
def _legendre() -> tuple[Array, Array]:
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    return nodes, weights


def graded_gaussian(
    centres: Sequence[float] = (), width: float = np.inf, *, low: float = -9.0, high: float = 9.0
) -> tuple[Array, Array]:
    """Nodes z and weights for int Dz of a function with features of the given width around the centres.

    Parameters
    ----------
    centres : sequence of float
        Points where the integrand bends; those outside (low, high) are ignored.
    width : float
        Width of the bend, > 0.
    low, high : float
        Range of integration.

    Returns
    -------
    nodes, weights : ndarray
        Nodes in increasing order, and weights that include the Gaussian density.

    Examples
    --------
    >>> z, weights = graded_gaussian([0.3], 1e-3)
    >>> bool(abs((weights * z**2).sum() - 1) < 1e-14)
    True
    """
    cuts = [np.linspace(low, high, int(np.ceil((high - low) / LONGEST)) + 1)]
    if width < LONGEST:
        distances = width * 2.0 ** np.arange(0, np.ceil(np.log2(LONGEST / width)))
        for centre in centres:
            cuts.append(np.concatenate([centre - distances, [centre], centre + distances]))
    else:
        cuts.append(np.asarray(centres, dtype=float))
    points = np.unique(np.concatenate(cuts))
    points = points[(points >= low) & (points <= high)]
    half = 0.5 * np.diff(points)
    middle = 0.5 * (points[1:] + points[:-1])
    nodes, weights = _legendre()
    z = (middle[:, None] + half[:, None] * nodes).ravel()
    w = (half[:, None] * weights).ravel() * np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)
    return z, w
