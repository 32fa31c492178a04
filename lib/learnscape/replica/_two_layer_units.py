r"""Tree committees of a few units with the activation sign: averages over K shared fields.

*Problem.* A pattern is stored if at least (K + 1)/2 of the K fields :math:`h_l` are positive. From a field vector h the nearest such point is found by
flipping the smallest negative fields, as many as are missing; :math:`d^2(h)` is the sum of their squares. At capacity

.. math::
    \alpha_{\mathrm{RS}}=\frac1{\mathbb E\,d^2},\qquad \mathbb E\,d^2=K\int_0^\infty dt\,t^2G(t)\,P\bigl[\mathrm{Bin}(K-1,H(-t))\le\tfrac{K-1}2\bigr]:

a unit at :math:`h=-t` is flipped if not more than (K - 1)/2 of the others are positive or nearer to zero. With one step of breaking the cost of a pattern is
:math:`\frac1y\int\prod_lDz_l\ln E(z)`, :math:`E=\langle e^{-yd^2/2}\rangle` over fields of means :math:`\sqrt qz_l` and variance 1 - q. Call t the last field
that is flipped; then the units before it, whose number is fixed, cost :math:`e^{-yh^2/2}` each, and E is an integral over t of a polynomial in one-unit averages.
All functions of z are symmetric, so that only sorted tuples of nodes are visited. Barkai, Hansel and Sompolinsky (1992); Engel, Koehler, Tschepke, Vollmayr and Zippelius (1992).
"""

from __future__ import annotations

import itertools
import math
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, log_ndtr, ndtr

from learnscape.numerics.jit import kernel
from learnscape.numerics.legendre import legendre

__all__ = ["Tuples", "cost", "log_probability", "mean_squared_distance", "tuples"]

Array = NDArray[np.float64]
RANGE = 7.0  # the Gaussian measure beyond is 1e-12 a unit
NOTHING = 1e-14  # weight of a tuple that is left out
STEP = {1: 0.1, 3: 0.3, 5: 0.6}  # of the trapezoidal rule in z
PANEL, PANEL_NODES = 3.0, 12  # length in widths of the narrowest factor


def mean_squared_distance(units: int) -> float:
    """E d^2, for an odd number of units."""
    x, w = legendre(32)
    ends = [0.0, 1.0 / math.sqrt(units)]  # more than half of the others must be behind: t is of this order
    while ends[-1] < 12.0:
        ends.append(2.0 * ends[-1])
    total = 0.0
    for a, b in itertools.pairwise(ends):
        t = 0.5 * (a + b) + 0.5 * (b - a) * x
        behind = bdtr((units - 1) // 2, units - 1, ndtr(t)) if units > 1 else 1.0
        total += 0.5 * (b - a) * float(w @ (t * t * np.exp(-0.5 * t * t) * behind))
    return units * total / math.sqrt(2.0 * math.pi)


class Tuples(NamedTuple):
    """Sorted tuples of nodes and their weights."""

    z: Array
    """The nodes of one field; (n,)."""
    nodes: NDArray[np.int64]
    """Which nodes; (number, K)."""
    weight: Array
    """Gaussian weights of a tuple and all its permutations; (number,)."""


@cache
def tuples(units: int, step: float | None = None) -> Tuples:
    """The quadrature over the shared fields."""
    half = math.ceil(RANGE / (step or STEP[units]))
    z = np.linspace(-RANGE, RANGE, 2 * half + 1)
    w = np.exp(-0.5 * z * z)
    w /= w.sum()
    index = np.array(list(itertools.combinations_with_replacement(range(z.size), units)), dtype=np.int64)
    # permutations of a tuple: K! over the factorials of how often each node comes; run is the length of the present run
    weight, run = np.full(index.shape[0], float(math.factorial(units))), np.ones(index.shape[0])
    for column in range(1, units):
        run = np.where(index[:, column] == index[:, column - 1], run + 1.0, 1.0)
        weight /= run
    weight *= w[index].prod(axis=1)
    kept = weight > NOTHING
    return Tuples(z, np.ascontiguousarray(index[kept]), weight[kept])


def log_probability(units: int, q: float, step: float | None = None) -> float:
    """int prod Dz ln P(a majority is positive) at overlap q."""
    grid = tuples(units, step)
    x = math.sqrt(q / (1.0 - q)) * grid.z
    # relative to the most negative of the fields that must be flipped: P is at most 2^K times the largest product
    up, down = log_ndtr(x), log_ndtr(-x)
    needed = (units + 1) // 2
    counts = [np.zeros(grid.nodes.shape[0])] + [np.full(grid.nodes.shape[0], -math.inf)] * needed
    for column in range(units):
        a, b = up[grid.nodes[:, column]], down[grid.nodes[:, column]]
        best = [np.logaddexp(counts[needed] + np.logaddexp(a, b), counts[needed - 1] + a)]
        inner = [np.logaddexp(counts[j] + b, counts[j - 1] + a) for j in range(1, needed)]
        counts = [counts[0] + b, *inner, *best]
    return float(grid.weight @ counts[needed])


def cost(units: int, q: float, y: float, step: float | None = None) -> float:
    """(1/y) int prod Dz ln E."""
    grid = tuples(units, step)
    gap = 1.0 - q
    v = 1.0 + y * gap
    mean, width = math.sqrt(q) * grid.z, math.sqrt(gap / v)
    end = RANGE * math.sqrt(q) / v + 9.0 * width
    panels = math.ceil(end / (PANEL * width))
    x, w = legendre(PANEL_NODES)
    half = 0.5 * end / panels
    t = (half * (2.0 * np.arange(panels)[:, None] + 1.0 + x)).ravel()
    w = np.tile(half * w, panels)
    root = math.sqrt(gap)
    positive = ndtr(mean / root)
    behind = ndtr(-(mean[:, None] + t) / root)
    centre = mean / v
    lifted = np.exp(-0.5 * y * mean * centre) / math.sqrt(v)
    # between -t and 0, whichever tail is the smaller
    inside = np.where(
        centre[:, None] > 0.0,
        ndtr(-centre / width)[:, None] - ndtr(-(centre[:, None] + t) / width),
        ndtr((centre[:, None] + t) / width) - ndtr(centre / width)[:, None],
    )
    passed = positive[:, None] + lifted[:, None] * inside
    density = np.exp(-0.5 * (mean[:, None] + t) ** 2 / gap - 0.5 * y * t * t)
    last = w * density / math.sqrt(2.0 * math.pi * gap)
    return float(grid.weight @ _log_factor(grid.nodes, positive, passed, behind, last)) / y


@kernel
def _log_factor(
    index: NDArray[np.int64], positive: Array, passed: Array, behind: Array, last: Array
) -> Array:
    """ln E for each tuple."""
    number, units = index.shape
    needed = (units + 1) // 2
    out = np.empty(number)
    none = np.zeros(needed + 1)  # probability that so many have passed, at most ``needed``
    one = np.zeros(needed + 1)  # the same with one more unit chosen as the last
    for k in range(number):
        none[:] = 0.0
        none[0] = 1.0
        for column in range(units):
            p = positive[index[k, column]]
            none[needed] += none[needed - 1] * p
            for j in range(needed - 1, 0, -1):
                none[j] = none[j] * (1.0 - p) + none[j - 1] * p
            none[0] *= 1.0 - p
        total = none[needed]
        for i in range(last.shape[1]):
            none[:] = 0.0
            one[:] = 0.0
            none[0] = 1.0
            for column in range(units):
                node = index[k, column]
                a, c, g = passed[node, i], behind[node, i], last[node, i]
                for j in range(needed - 1, -1, -1):
                    one[j] = one[j] * c + none[j] * g + (one[j - 1] * a if j > 0 else 0.0)
                    none[j] = none[j] * c + (none[j - 1] * a if j > 0 else 0.0)
            total += one[needed - 1]
        out[k] = math.log(total)
    return out
