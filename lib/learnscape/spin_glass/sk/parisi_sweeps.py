r"""The two sweeps of the Parisi functional of the SK model, compiled: all levels on one grid, fast enough for dozens of levels.

Functions live on the nodes h = s sinh(u), equal steps in u, with s the distance over which the leaf bends; between the nodes they are the polynomial of
degree seven through eight of them, beyond the grid straight lines of slope +-1. The Gaussian average of a level is a trapezoidal rule whose
step resolves both the Gaussian and the singularities of the inner function. The forward sweep sends a measure through the same weights, so that
it is exactly the adjoint: the measure stays normalised to rounding.

`fill_nodes`, `cosh_leaf`, `row` and `scatter` do one point or one function at a time, without memory of their own, for explorables. Everyone else calls `sk.solve`
and `sk.functional`, which check their input.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from learnscape.numerics.gaussian import (
    INVERSE_SQRT_2PI,
    exp_kernel,
    expm1_kernel,
    log1p_kernel,
    log_2cosh_kernel,
    log_h_kernel,
    log_kernel,
    tanh_kernel,
)
from learnscape.numerics.jit import inlined, kernel
from learnscape.numerics.sinh_rule import asinh_kernel
from learnscape.results import by_identity

__all__ = [
    "U_STEP", "Grid", "Rows", "backward", "cold_leaf", "cosh_leaf", "fill_nodes", "forward", "half_row", "row", "scatter",
]  # fmt: skip

Array = NDArray[np.float64]
U_STEP = 0.06  # leaves 1e-12 for a function that is analytic in |Im u| < pi/2
HALF_WIDTH = 7.6  # of a Gaussian: 3e-13 beyond
Z_STEP = 0.24  # a singularity at distance d of h, step Z_STEP d / s (s the width of the Gaussian): exp(-2 pi / 0.24) = 4e-12

# Denominators of Lagrange's polynomials on 0, 1, ..., 7.
LAGRANGE = np.array([-5040.0, 720.0, -240.0, 144.0, -144.0, 240.0, -720.0, 5040.0])


@by_identity
class Grid(NamedTuple):
    """Nodes h = scale sinh(first + step i)."""

    h: Array
    scale: float
    first: float
    step: float


@by_identity
class Rows(NamedTuple):
    """Where the points of a level lie, and their weights: those of node a are start[a] to start[a + 1]."""

    start: NDArray[np.int64]
    place: Array
    """In units of the step of u, from the first node; negative or beyond the last node outside the grid."""
    weight: Array


@inlined
def lagrange(place: float, size: int, c: Array) -> int:
    """First of the eight nodes around a place, and their weights in c."""
    i = min(max(int(place) - 3, 0), size - 8)
    t = place - i
    near = int(t + 0.5)
    if abs(t - near) < 1e-9:
        for j in range(8):
            c[j] = 0.0
        c[near] = 1.0
        return i
    product = 1.0
    for j in range(8):
        product *= t - j
    for j in range(8):
        c[j] = product / ((t - j) * LAGRANGE[j])
    return i


@kernel
def fill_nodes(scale: float, h: Array) -> None:
    """The nodes of the grid, symmetric about the one in the middle."""
    half = h.size // 2
    for i in range(half + 1):
        e = expm1_kernel(U_STEP * i)
        h[half + i] = 0.5 * scale * (e + e / (1.0 + e))
        h[half - i] = -h[half + i]


@kernel
def cosh_leaf(h: Array, phi: Array, slope: Array, bend: Array) -> None:
    """ln 2cosh h and its two derivatives."""
    for a in range(h.size):
        t = tanh_kernel(h[a])
        phi[a], slope[a], bend[a] = log_2cosh_kernel(h[a]), t, (1.0 - t) * (1.0 + t)


@kernel
def cold_leaf(h: Array, y: float, gap: float, out: Array, size: Array) -> None:
    """(1/y) ln int Dz exp(y |h + sqrt(gap) z|), its two derivatives, and the tilted mean of the modulus."""
    s = math.sqrt(gap)
    for a in range(h.size):
        x = abs(h[a])
        # x >= 0: the part of positive arguments is the larger one
        up = log_h_kernel(-(x + y * gap) / s)
        down = -2.0 * y * x + log_h_kernel((x - y * gap) / s)
        ratio = exp_kernel(down - up)
        density = (
            INVERSE_SQRT_2PI * exp_kernel(-0.5 * (x + y * gap) * (x + y * gap) / gap - up) / (1.0 + ratio)
        )
        slope = (1.0 - ratio) / (1.0 + ratio)
        out[0, a] = x + 0.5 * y * gap + (up + log_kernel(1.0 + ratio)) / y
        out[1, a] = slope if h[a] >= 0.0 else -slope
        out[2, a] = y * (1.0 - slope) * (1.0 + slope) + 2.0 * density / s
        size[a] = y * gap + x * slope + 2.0 * s * density


@inlined
def half_row(m: float, s: float, reach: float) -> int:
    """A row has twice as many points and one."""
    return int((HALF_WIDTH + m * s) / min(0.5, Z_STEP * reach / s)) + 1


@kernel
def row(
    grid: Grid,
    inner: tuple[Array, Array, Array],
    m: float,
    s: float,
    reach: float,
    point: float,
    place: Array,
    weight: Array,
    work: Array,
) -> tuple[float, float, float]:
    """phi(h) = (1/m) ln int Dz exp(m phi'(h + s z)) at one h, with two derivatives; for m = 0 the plain average. ``inner`` is phi' with two derivatives.

    ``place`` and ``weight`` take the points and the weights of the average, 2 half_row + 1 of them; ``work`` has four times as many entries and 8 more.
    """
    phi, slope, bend = inner
    size, count = grid.h.size, place.size
    half = count // 2
    low, high = grid.h[0], grid.h[size - 1]
    dz = min(0.5, Z_STEP * reach / s)
    v, g, b, e = (
        work[:count],
        work[count : 2 * count],
        work[2 * count : 3 * count],
        work[3 * count : 4 * count],
    )
    c = work[4 * count : 4 * count + 8]
    top = -1e300
    for k in range(count):
        z = (k - half) * dz
        x = point + s * z
        p = (asinh_kernel(x / grid.scale) - grid.first) / grid.step
        place[k] = p
        if x <= low:
            v[k], g[k], b[k] = phi[0] + low - x, -1.0, 0.0
        elif x >= high:
            v[k], g[k], b[k] = phi[size - 1] + x - high, 1.0, 0.0
        else:
            i = lagrange(p, size, c)
            v[k], g[k], b[k] = 0.0, 0.0, 0.0
            for j in range(8):
                v[k] += c[j] * phi[i + j]
                g[k] += c[j] * slope[i + j]
                b[k] += c[j] * bend[i + j]
        e[k] = m * v[k] - 0.5 * z * z
        top = max(top, e[k])
    norm, v1, g1, g2, b1 = 0.0, 0.0, 0.0, 0.0, 0.0
    for k in range(count):
        w = exp_kernel(e[k] - top)
        weight[k] = w
        norm += w
        v1 += w * v[k]
        g1 += w * g[k]
        g2 += w * g[k] * g[k]
        b1 += w * b[k]
    for k in range(count):
        weight[k] /= norm
    v1, g1 = v1 / norm, g1 / norm
    if m == 0.0:
        value = v1
    elif m * s > 0.5:
        value = (top + log_kernel(norm * dz * INVERSE_SQRT_2PI)) / m
    else:  # about the value in the middle, so that a small m loses no digits
        excess = 0.0
        for k in range(count):
            z = (k - half) * dz
            excess += exp_kernel(-0.5 * z * z) * expm1_kernel(m * (v[k] - v[half]))
        value = v[half] + log1p_kernel(excess * dz * INVERSE_SQRT_2PI) / m
    return value, g1, b1 / norm + m * (g2 / norm - g1 * g1)


@kernel
def scatter(size: int, place: Array, weight: Array, mass: float, out: Array, work: Array) -> None:
    """A mass at the outer node, added to the inner nodes through its row; what lies beyond the grid stays on its end. ``work`` has 8 entries."""
    for k in range(place.size):
        w, p = mass * weight[k], place[k]
        if p <= 0.0:
            out[0] += w
        elif p >= size - 1:
            out[size - 1] += w
        else:
            i = lagrange(p, size, work)
            for j in range(8):
                out[i + j] += w * work[j]


@kernel
def backward(grid: Grid, inner: Array, m: float, s: float, reach: float, points: Array, out: Array) -> Rows:
    """The function of a level at all points, (3, points), from that of the next inner one, (3, nodes); and the rows."""
    count = 2 * half_row(m, s, reach) + 1
    start = np.arange(points.size + 1) * count
    place, weight = np.empty(count * points.size), np.empty(count * points.size)
    work, functions = np.empty(4 * count + 8), (inner[0], inner[1], inner[2])
    for a in range(points.size):
        here = slice(start[a], start[a + 1])
        out[0, a], out[1, a], out[2, a] = row(
            grid, functions, m, s, reach, points[a], place[here], weight[here], work
        )
    return Rows(start, place, weight)


@kernel
def forward(grid: Grid, rows: Rows, measure: Array, out: Array) -> None:
    """The measure on the outer nodes, sent through the rows to the inner ones."""
    work = np.empty(8)
    out[:] = 0.0
    for a in range(measure.size):
        if measure[a] != 0.0:
            here = slice(rows.start[a], rows.start[a + 1])
            scatter(grid.h.size, rows.place[here], rows.weight[here], measure[a], out, work)
