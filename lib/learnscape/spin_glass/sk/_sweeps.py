r"""The two sweeps of the Parisi functional of the SK model, compiled: all levels on one grid, fast enough for dozens of levels.

Functions live on the nodes h = s sinh(u), equal steps in u, with s the distance over which the leaf bends; between the nodes they are the polynomial of
degree seven through eight of them, beyond the grid straight lines of slope +-1. The Gaussian average of a level is a trapezoidal rule whose
step resolves both the Gaussian and the singularities of the inner function. The forward sweep sends a measure through the same weights, so that
it is exactly the adjoint: the measure stays normalised to rounding.
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

Array = NDArray[np.float64]
U_STEP = 0.06  # leaves 1e-12 for a function that is analytic in |Im u| < pi/2
HALF_WIDTH = 7.6  # of a Gaussian: 3e-13 beyond
Z_STEP = 0.24  # a singularity at distance d of h, step Z_STEP d / s (s the width of the Gaussian): exp(-2 pi / 0.24) = 4e-12

# Denominators of Lagrange's polynomials on 0, 1, ..., 7.
LAGRANGE = np.array([-5040.0, 720.0, -240.0, 144.0, -144.0, 240.0, -720.0, 5040.0])


class Grid(NamedTuple):
    """Nodes h = scale sinh(first + step i)."""

    h: Array
    scale: float
    first: float
    step: float


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
def cosh_leaf(h: Array, field: float, out: Array) -> None:
    """ln 2cosh(h + field) and its two derivatives."""
    for a in range(h.size):
        t = tanh_kernel(h[a] + field)
        out[0, a] = log_2cosh_kernel(h[a] + field)
        out[1, a] = t
        out[2, a] = (1.0 - t) * (1.0 + t)


@kernel
def cold_leaf(h: Array, field: float, y: float, gap: float, out: Array, size: Array) -> None:
    """(1/y) ln int Dz exp(y |h + field + sqrt(gap) z|), its two derivatives, and the tilted mean of the modulus."""
    s = math.sqrt(gap)
    for a in range(h.size):
        x = abs(h[a] + field)
        # x >= 0: the part of positive arguments is the larger one
        up = log_h_kernel(-(x + y * gap) / s)
        down = -2.0 * y * x + log_h_kernel((x - y * gap) / s)
        ratio = exp_kernel(down - up)
        density = (
            INVERSE_SQRT_2PI * exp_kernel(-0.5 * (x + y * gap) * (x + y * gap) / gap - up) / (1.0 + ratio)
        )
        slope = (1.0 - ratio) / (1.0 + ratio)
        out[0, a] = x + 0.5 * y * gap + (up + log_kernel(1.0 + ratio)) / y
        out[1, a] = slope if h[a] + field >= 0.0 else -slope
        out[2, a] = y * (1.0 - slope) * (1.0 + slope) + 2.0 * density / s
        size[a] = y * gap + x * slope + 2.0 * s * density


@kernel
def backward(grid: Grid, inner: Array, m: float, s: float, reach: float, points: Array, out: Array) -> Rows:
    """phi(h) = (1/m) ln int Dz exp(m phi'(h + s z)) at the points, with two derivatives; for m = 0 the plain average."""
    size = grid.h.size
    low, high = grid.h[0], grid.h[size - 1]
    edge = HALF_WIDTH + m * s
    dz = min(0.5, Z_STEP * reach / s)
    half = int(edge / dz) + 1
    count = 2 * half + 1
    start = np.zeros(points.size + 1, np.int64)
    place, weight = np.empty(count * points.size), np.empty(count * points.size)
    v, g, b, e, c = np.empty(count), np.empty(count), np.empty(count), np.empty(count), np.empty(8)
    for a in range(points.size):
        top, n = -1e300, start[a]
        for k in range(count):
            z = (k - half) * dz
            x = points[a] + s * z
            p = (asinh_kernel(x / grid.scale) - grid.first) / grid.step
            place[n + k] = p
            if x <= low:
                v[k], g[k], b[k] = inner[0, 0] + low - x, -1.0, 0.0
            elif x >= high:
                v[k], g[k], b[k] = inner[0, size - 1] + x - high, 1.0, 0.0
            else:
                i = lagrange(p, size, c)
                v[k], g[k], b[k] = 0.0, 0.0, 0.0
                for j in range(8):
                    v[k] += c[j] * inner[0, i + j]
                    g[k] += c[j] * inner[1, i + j]
                    b[k] += c[j] * inner[2, i + j]
            e[k] = m * v[k] - 0.5 * z * z
            top = max(top, e[k])
        norm, v1, g1, g2, b1 = 0.0, 0.0, 0.0, 0.0, 0.0
        for k in range(count):
            w = exp_kernel(e[k] - top)
            weight[n + k] = w
            norm += w
            v1 += w * v[k]
            g1 += w * g[k]
            g2 += w * g[k] * g[k]
            b1 += w * b[k]
        for k in range(count):
            weight[n + k] /= norm
        start[a + 1] = n + count
        v1, g1 = v1 / norm, g1 / norm
        if m == 0.0:
            out[0, a] = v1
        elif m * s > 0.5:
            out[0, a] = (top + log_kernel(norm * dz * INVERSE_SQRT_2PI)) / m
        else:  # about the value in the middle, so that a small m loses no digits
            excess = 0.0
            for k in range(count):
                z = (k - half) * dz
                excess += exp_kernel(-0.5 * z * z) * expm1_kernel(m * (v[k] - v[half]))
            out[0, a] = v[half] + log1p_kernel(excess * dz * INVERSE_SQRT_2PI) / m
        out[1, a] = g1
        out[2, a] = b1 / norm + m * (g2 / norm - g1 * g1)
    return Rows(start, place, weight)


@kernel
def forward(grid: Grid, rows: Rows, measure: Array, out: Array) -> None:
    """The measure on the outer nodes, sent through the rows to the inner ones; what lies beyond the grid stays on its end."""
    size = grid.h.size
    c = np.empty(8)
    out[:] = 0.0
    for a in range(measure.size):
        if measure[a] == 0.0:
            continue
        for k in range(rows.start[a], rows.start[a + 1]):
            w = measure[a] * rows.weight[k]
            p = rows.place[k]
            if p <= 0.0:
                out[0] += w
            elif p >= size - 1:
                out[size - 1] += w
            else:
                i = lagrange(p, size, c)
                for j in range(8):
                    out[i + j] += w * c[j]
