r"""The two sweeps through a tree, compiled: backward for the function, forward for the measure.

One level backward is :math:`\phi(h)=\frac1m\ln\int Dz\,e^{m\phi'(h+sz)}`, with :math:`\phi'` the next inner function and :math:`s^2` the difference of
the overlaps; for m = 0 it is the plain average. The integrand is centred where its exponent is largest, found by Newton steps. Where
the inner function is smooth on the scale of s, the trapezoidal rule does it; else panels graded towards the edges.

One level forward sends a measure on the nodes through the same rows: exactly the adjoint of the discrete backward step, so that
its norm is conserved to rounding and every derivative of the free entropy follows from one backward and one forward sweep.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from learnscape.numerics.gaussian import exp_kernel, log_kernel
from learnscape.numerics.jit import inlined, kernel

Array = NDArray[np.float64]
N = 16  # nodes a panel, as in grid.NODES
HALF_WIDTH = 8.5  # of a Gaussian: 2e-16 lies beyond
NEGLIGIBLE = 36.0  # exp(-36) = 2e-16
STEP = 0.5  # trapezoidal rule for a Gaussian of width 1: 1e-17 is left
MANY = 110.0  # with more nodes than so many the graded panels are cheaper
FARTHEST = 60.0  # an edge beyond has no weight
PANEL = 1.42  # longest panel of the graded rule, ten nodes each
LARGEST_ROW = 4096  # nodes of one row
INV_SQRT_2PI = 0.3989422804014327
ORDER = np.arange(N)
UP = (2.0 * ORDER - 1.0) / np.maximum(ORDER, 1)  # Legendre: l P_l = (2l - 1) t P_{l-1} - (l - 1) P_{l-2}
BACK = (ORDER - 1.0) / np.maximum(ORDER, 1)
X10 = np.array(
    [0.14887433898163122, 0.4333953941292472, 0.6794095682990244, 0.8650633666889845, 0.9739065285171717]
)
W10 = np.array(
    [0.29552422471475287, 0.26926671930999635, 0.21908636251598204, 0.1494513491505806, 0.06667134430868814]
)


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


@inlined
def basis(t: float, p: Array) -> None:
    """Legendre polynomials P_0 ... P_{N-1} at t."""
    p[0] = 1.0
    p[1] = t
    for l in range(2, N):
        p[l] = UP[l] * t * p[l - 1] - BACK[l] * p[l - 2]


@kernel
def coefficients(values: Array, transform: Array, out: Array) -> None:
    """Legendre coefficients on every panel."""
    for start in range(0, values.size, N):
        for l in range(N):
            total = 0.0
            for j in range(N):
                total += transform[l, j] * values[start + j]
            out[start + l] = total


@kernel
def look_up(breaks: Array, c: Array, x: float, p: Array) -> tuple[float, float, float, int]:
    """phi, its first and second derivative at x from their coefficients c (3, n); the panel. Beyond the grid: a parabola.

    The basis used stays in p, for the forward sweep.
    """
    last = breaks.size - 1
    inside = min(max(x, breaks[0]), breaks[last])
    k = panel_of(breaks, inside)
    basis((2.0 * inside - breaks[k] - breaks[k + 1]) / (breaks[k + 1] - breaks[k]), p)
    f, g, b = 0.0, 0.0, 0.0
    start = k * N
    for l in range(N):
        f += c[0, start + l] * p[l]
        g += c[1, start + l] * p[l]
        b += c[2, start + l] * p[l]
    d = x - inside
    return f + d * (g + 0.5 * b * d), g + b * d, b, k


@kernel
def summit(
    breaks: Array, c: Array, h: float, s: float, m: float, z: float, p: Array
) -> tuple[float, float, float]:
    """Where the exponent -z^2/2 + m phi(h + s z) is largest, near z; its value there, and the width of the peak (at most 1)."""
    f, spread, before, damping = 0.0, 1.0, 0.0, 1.0
    for _ in range(60):
        f, g, b, _ = look_up(breaks, c, h + s * z, p)
        curvature = max(1.0, 1.0 - m * s * s * b)
        spread = 1.0 / math.sqrt(curvature)
        step = (m * s * g - z) / curvature
        if abs(step) < 0.1 * spread:
            return z, m * f - 0.5 * z * z, spread
        if step * before < 0.0:  # an edge between the two points: Newton's parabola overshoots
            damping *= 0.5
        before = step
        z += damping * step
    f, _, _, _ = look_up(breaks, c, h + s * z, p)
    return z, m * f - 0.5 * z * z, spread


@kernel
def border(
    breaks: Array, c: Array, h: float, s: float, m: float, z: float, direction: float, best: float, p: Array
) -> float:
    """Where, going from z in one direction, the exponent has become negligible."""
    for _ in range(200):
        z += direction
        if m * look_up(breaks, c, h + s * z, p)[0] - 0.5 * z * z < best - NEGLIGIBLE:
            break
    return z


@kernel
def equal_cuts(low: float, high: float, panels: int, cuts: Array, n: int) -> int:
    """Append panels + 1 equidistant cuts; the new number."""
    for i in range(panels + 1):
        cuts[n + i] = low + (high - low) * i / panels
    return n + panels + 1


@kernel
def row_nodes(
    breaks: Array, c: Array, edges: Array, width: float, kink: bool, h: float, s: float, m: float,
    z: Array, w: Array, cuts: Array, p: Array,
) -> int:  # fmt: skip
    """Nodes z and weights w for the integral over dz / sqrt(2 pi) at h; their number."""
    centre, best, spread = summit(breaks, c, h, s, m, 0.0, p) if m > 0.0 else (0.0, 0.0, 1.0)
    low = high = centre
    for edge in (
        edges if m > 0.0 else edges[:0]
    ):  # where phi is not concave there may be a second summit, behind an edge
        at = (edge - h) / s
        for start in (at - 1.0, at + 1.0):
            if abs(start) < FARTHEST:
                other, value, narrow = summit(breaks, c, h, s, m, start, p)
                if value > best - NEGLIGIBLE:
                    low, high, spread, best = (
                        min(low, other),
                        max(high, other),
                        min(spread, narrow),
                        max(best, value),
                    )
    low = border(breaks, c, h, s, m, low, -1.0, best, p)
    high = border(breaks, c, h, s, m, high, 1.0, best, p)
    step = STEP * spread
    for edge in edges:
        at = (edge - h) / s
        # Poles at (at, +- 2.8 width / s): what they leave of the trapezoidal rule, times the Gaussian there, is negligible
        need = NEGLIGIBLE - 0.5 * (max(low - at, at - high, 0.0) + HALF_WIDTH * (at < low or at > high)) ** 2
        if need > 0.0:
            step = 0.0 if kink else min(step, 17.6 * width / s / need)
    if step > 0.0 and high - low < MANY * step:
        count = int((high - low) / step) + 1
        for i in range(count):
            z[i] = low + step * i
            w[i] = step * INV_SQRT_2PI
        return count
    n = equal_cuts(low, high, int((high - low) / (PANEL * spread)) + 1, cuts, 0)
    for edge in edges:
        at = (edge - h) / s
        if low < at < high:
            cuts[n] = at
            n += 1
        distance = width / s
        while distance < PANEL and n < cuts.size - 2:
            if low < at - distance < high:
                cuts[n] = at - distance
                n += 1
            if low < at + distance < high:
                cuts[n] = at + distance
                n += 1
            distance *= 2.0
    cuts[:n].sort()
    count = 0
    left = -1e308
    for i in range(n):
        right = m * look_up(breaks, c, h + s * cuts[i], p)[0] - 0.5 * cuts[i] * cuts[i]
        half = 0.5 * (cuts[i] - cuts[i - 1]) if i > 0 else 0.0
        if half > 1e-13 and max(left, right) > best - NEGLIGIBLE and count + 10 <= z.size:
            middle = 0.5 * (cuts[i] + cuts[i - 1])
            for j in range(5):
                for sign in (-1.0, 1.0):
                    z[count] = middle + sign * half * X10[j]
                    w[count] = half * W10[j] * INV_SQRT_2PI
                    count += 1
        left = right
    return count


@kernel
def fill_row(
    breaks: Array,
    c: Array,
    h: float,
    s: float,
    m: float,
    count: int,
    z: Array,
    w: Array,
    row: Array,
    p: Array,
) -> float:
    """Turn w into the tilted weights rho, which sum to one; phi, phi', phi'' and the exponent at the nodes go to the row (4, n). The value at h."""
    top = -1e308
    for i in range(count):
        row[0, i], row[1, i], row[2, i], _ = look_up(breaks, c, h + s * z[i], p)
        row[3, i] = m * row[0, i] - 0.5 * z[i] * z[i]
        top = max(top, row[3, i])
    norm = 0.0
    value = 0.0
    for i in range(count):
        w[i] *= exp_kernel(row[3, i] - top)
        norm += w[i]
        value += w[i] * row[0, i]
    for i in range(count):
        w[i] /= norm
    return (top + log_kernel(norm)) / m if m > 0.0 else value / norm


@kernel
def backward(
    breaks: Array,
    points: Array,
    edges: Array,
    width: float,
    kink: bool,
    s: float,
    m: float,
    c: Array,
    out: Array,
) -> None:
    """One level: from the coefficients of the inner function to the values of the outer one, (3, n) each."""
    z, w, row = np.empty(LARGEST_ROW), np.empty(LARGEST_ROW), np.empty((4, LARGEST_ROW))
    cuts, p = np.empty(1024), np.empty(N)
    for a in range(points.size):
        h = points[a]
        count = row_nodes(breaks, c, edges, width, kink, h, s, m, z, w, cuts, p)
        out[0, a] = fill_row(breaks, c, h, s, m, count, z, w, row, p)
        g1, g2, b1 = 0.0, 0.0, 0.0
        for i in range(count):
            g1 += w[i] * row[1, i]
            g2 += w[i] * row[1, i] * row[1, i]
            b1 += w[i] * row[2, i]
        out[1, a] = g1
        out[2, a] = b1 + m * (g2 - g1 * g1)


@kernel
def forward(
    breaks: Array, points: Array, measure: Array, edges: Array, width: float, kink: bool, s: float, m: float, c: Array,
    transform: Array, out: Array,
) -> None:  # fmt: skip
    """One level: the measure on the outer nodes goes through the rows to the inner nodes."""
    z, w, row = np.empty(LARGEST_ROW), np.empty(LARGEST_ROW), np.empty((4, LARGEST_ROW))
    cuts, p = np.empty(1024), np.empty(N)
    last = breaks.size - 1
    dual = np.zeros(last * N)
    for a in range(points.size):
        if measure[a] == 0.0:
            continue
        h = points[a]
        count = row_nodes(breaks, c, edges, width, kink, h, s, m, z, w, cuts, p)
        fill_row(breaks, c, h, s, m, count, z, w, row, p)
        for i in range(count):
            x = min(max(h + s * z[i], breaks[0]), breaks[last])
            k = panel_of(breaks, x)
            basis((2.0 * x - breaks[k] - breaks[k + 1]) / (breaks[k + 1] - breaks[k]), p)
            for l in range(N):
                dual[k * N + l] += measure[a] * w[i] * p[l]
    for start in range(0, out.size, N):
        for j in range(N):
            total = 0.0
            for l in range(N):
                total += dual[start + l] * transform[l, j]
            out[start + j] = total
