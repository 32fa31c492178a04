r"""The two sweeps through a tree, compiled: backward for the function, forward for the measure.

One level backward is :math:`\phi(h)=\frac1m\ln\int Dz\,e^{m\phi'(h+sz)}`, with :math:`\phi'` the next inner function and :math:`s^2` the difference of
the overlaps; for m = 0 it is the plain average. Each node h has a *row* of points h + s z with weights that sum to one, the tilted
Gaussian measure. It is centred where the exponent is largest, found by Newton steps; where the inner function is smooth on the scale of
s the row is a trapezoidal rule, else panels graded towards the edges.

One level forward sends a measure on the nodes through the same rows: exactly the adjoint of the discrete backward step, so that
its norm is conserved to rounding and every derivative of the free entropy follows from one backward and one forward sweep.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from learnscape.ansatz.grid import BACK, UP, panel_of
from learnscape.numerics.gaussian import INVERSE_SQRT_2PI, exp_kernel, log_kernel
from learnscape.numerics.jit import kernel

Array = NDArray[np.float64]
N = 16  # nodes a panel, as in grid.NODES
NEGLIGIBLE = 36.0  # exp(-36) = 2e-16
HALF_WIDTH = 8.5  # of a Gaussian: exp(-36) beyond
STEP = 0.5  # trapezoidal rule for a Gaussian of width 1: 1e-17 is left
MANY = 150.0  # with more nodes than so many the graded panels are cheaper
FARTHEST = 60.0  # an edge beyond has no weight
LEAST = 0.02  # smaller m s^2 would lose digits in the moments of z
RESOLVES = 0.74  # 2 pi / sqrt(72): this trapezoidal step leaves exp(-36) for a Gaussian of width 1
PANEL = 1.7  # longest panel of the graded rule for a Gaussian of width 1: ten nodes leave 1e-13
LARGEST_ROW = 8192  # nodes of one row
X10 = np.array(
    [0.14887433898163122, 0.4333953941292472, 0.6794095682990244, 0.8650633666889845, 0.9739065285171717]
)
W10 = np.array(
    [0.29552422471475287, 0.26926671930999635, 0.21908636251598204, 0.1494513491505806, 0.06667134430868814]
)


class Inner(NamedTuple):
    """The inner function of a level, and the level itself."""

    breaks: Array
    """Panels of the grid."""
    c: Array
    """Legendre coefficients of phi, phi' and phi''; (3, n)."""
    edges: Array
    """Where phi bends."""
    width: float
    """Over what width."""
    kink: bool
    """Whether phi'' jumps there."""
    concave: bool
    """Whether phi is concave: then the exponent has one summit."""
    s: float
    """Root of the difference of overlaps."""
    m: float
    """Block parameter; 0 for the plain average."""
    sharp: float
    """Over what z the exponent may bend anywhere, 1 / sqrt(1 + m s^2 max |phi''|)."""


class Rows(NamedTuple):
    """The rows of a level, one behind the other, as the forward sweep needs them."""

    start: NDArray[np.int64]
    """Where each row starts; (nodes + 1,)."""
    panel: NDArray[np.int32]
    """Panel of each point."""
    t: Array
    """Its place in the panel, in [-1, 1]."""
    weight: Array
    """Its weight in the row."""


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
def look_up(f: Inner, x: float) -> tuple[float, float, float, int, float]:
    """phi, phi', phi'' at x, the panel and the place in it. Beyond the grid phi goes on as a parabola."""
    breaks, c = f.breaks, f.c
    inside = min(max(x, breaks[0]), breaks[breaks.size - 1])
    k = panel_of(breaks, inside)
    t = (2.0 * inside - breaks[k] - breaks[k + 1]) / (breaks[k + 1] - breaks[k])
    start = k * N
    before, now = 1.0, t
    v = c[0, start] + t * c[0, start + 1]
    g = c[1, start] + t * c[1, start + 1]
    b = c[2, start] + t * c[2, start + 1]
    for l in range(2, N):
        before, now = now, UP[l] * t * now - BACK[l] * before
        v += c[0, start + l] * now
        g += c[1, start + l] * now
        b += c[2, start + l] * now
    d = x - inside
    return v + d * (g + 0.5 * b * d), g + b * d, b, k, t


@kernel
def values_at(
    f: Inner, h: float, z: Array, out: Array, panel: NDArray[np.int32], place: Array, count: int
) -> None:
    """phi at the points h + s z, which follow one another, their panels and places in them: a third of the work of `look_up`.

    Two loops: the search for panels is a chain of decisions, and would hold up the polynomials.
    """
    breaks, c = f.breaks, f.c
    last = breaks.size - 1
    left, right = breaks[0], breaks[last]
    k = panel_of(breaks, h + f.s * z[0])
    beyond = False
    for i in range(count):
        x = h + f.s * z[i]
        inside = min(max(x, left), right)
        beyond |= x != inside
        while k > 0 and inside < breaks[k]:
            k -= 1
        while k < last - 1 and inside >= breaks[k + 1]:
            k += 1
        panel[i] = k
        place[i] = (2.0 * inside - breaks[k] - breaks[k + 1]) / (breaks[k + 1] - breaks[k])
    for i in range(count):
        t, start = place[i], panel[i] * N
        before, now = 1.0, t
        v = c[0, start] + t * c[0, start + 1]
        for l in range(2, N):
            before, now = now, UP[l] * t * now - BACK[l] * before
            v += c[0, start + l] * now
        out[i] = v
    if beyond:
        for i in range(count):
            x = h + f.s * z[i]
            if x != min(max(x, left), right):
                out[i] = look_up(f, x)[0]


@kernel
def exponent(f: Inner, h: float, z: float) -> float:
    """What stands in the exponential of the row at h."""
    x = h + f.s * z
    return f.m * look_up(f, x)[0] - 0.5 * z * z


@kernel
def summit(f: Inner, h: float, z: float) -> tuple[float, float, float]:
    """Where the exponent is largest, near z; its value there, and the width of the peak (at most 1)."""
    v, spread, before, damping = 0.0, 1.0, 0.0, 1.0
    for _ in range(60):
        v, g, b, _, _ = look_up(f, h + f.s * z)
        curvature = max(1.0, 1.0 - f.m * f.s * f.s * b)
        spread = 1.0 / math.sqrt(curvature)
        step = (f.m * f.s * g - z) / curvature
        if abs(step) < 0.1 * spread:
            return z, f.m * v - 0.5 * z * z, spread
        if step * before < 0.0:  # an edge between the two points: Newton's parabola overshoots
            damping *= 0.5
        before = step
        z += damping * step
    return z, exponent(f, h, z), spread


@kernel
def border(f: Inner, h: float, z: float, direction: float, best: float) -> float:
    """Where, going from z in one direction, the exponent has become negligible; nan if it does not."""
    for _ in range(200):
        z += direction
        if exponent(f, h, z) < best - NEGLIGIBLE:
            return z
    return math.nan


@kernel
def graded_cuts(
    f: Inner, h: float, low: float, high: float, centre: float, spread: float, cuts: Array
) -> int:
    """Ends of panels: equal ones that resolve Gaussian and peak, smaller and smaller ones towards the edges. Their number, 0 if too many."""
    panels = min(int((high - low) / PANEL) + 1, 200)
    n = panels + 1
    for i in range(n):
        cuts[i] = low + (high - low) * i / panels
    if spread < 0.7:  # the peak lies where phi curves; off it, phi bends at the edges only
        for i in range(11):
            cuts[n + i] = centre + HALF_WIDTH * spread * (0.2 * i - 1.0)
        n += 11
    for edge in f.edges:
        at = (edge - h) / f.s
        if n + 3 > cuts.size:  # nothing here checks bounds
            return 0
        if low < at < high:
            cuts[n] = at
            n += 1
        distance = f.width / f.s
        while distance < PANEL:
            if n + 3 > cuts.size:
                return 0
            if low < at - distance < high:
                cuts[n] = at - distance
                n += 1
            if low < at + distance < high:
                cuts[n] = at + distance
                n += 1
            distance *= 2.0
    cuts[:n].sort()
    return n


@kernel
def row_nodes(f: Inner, h: float, z: Array, w: Array, cuts: Array) -> int:
    """Nodes z and weights w for the integral over dz / sqrt(2 pi) at h; their number, 0 if it diverges or needs too many."""
    centre, best, spread = summit(f, h, 0.0) if f.m > 0.0 else (0.0, 0.0, 1.0)
    low, high = centre - HALF_WIDTH, centre + HALF_WIDTH
    if not f.concave and f.m > 0.0:  # there may be a second summit, behind an edge, and wide slopes
        low = high = centre
        for edge in f.edges:
            at = (edge - h) / f.s
            for start in (at - 1.0, at + 1.0):
                if abs(start) < FARTHEST:
                    other, value, narrow = summit(f, h, start)
                    if value > best - NEGLIGIBLE:
                        low, high = min(low, other), max(high, other)
                        spread = min(spread, narrow)
                        if value > best:
                            centre, best = other, value
        low, high = border(f, h, low, -1.0, best), border(f, h, high, 1.0, best)
        if not high - low < math.inf:
            return 0
    step = min(
        STEP * spread, RESOLVES * f.sharp
    )  # off the summit the exponent may bend more sharply than there
    for edge in f.edges:
        at = (edge - h) / f.s
        # Poles at (at, +- 2.8 width / s): what they leave of the trapezoidal rule, times the Gaussian there, is negligible
        if low < at < high:
            step = 0.0 if f.kink else min(step, 17.6 * f.width / (f.s * NEGLIGIBLE))
    count = 0
    if step > 0.0 and high - low < MANY * step:
        count = int((high - low) / step) + 1
        for i in range(count):
            z[i] = low + step * i
            w[i] = step * INVERSE_SQRT_2PI
        return count
    n = graded_cuts(f, h, low, high, centre, spread, cuts)
    if n == 0:
        return 0
    left = exponent(f, h, cuts[0])
    for i in range(1, n):
        start, length = cuts[i - 1], cuts[i] - cuts[i - 1]
        if length < 2e-13:
            continue
        parts = 1  # a panel also resolves the peaks and shoulders of exp(m phi), wherever they are
        if f.sharp < 0.9:
            bend = 0.0
            for j in range(3):
                bend = max(bend, abs(look_up(f, h + f.s * (start + (0.05 + 0.45 * j) * length))[2]))
            parts += int(length * math.sqrt(1.0 + f.m * f.s * f.s * bend) / PANEL)
        half = 0.5 * length / parts
        for part in range(parts):
            middle = start + (2 * part + 1) * half
            right = exponent(f, h, middle + half)
            if max(left, right) > best - NEGLIGIBLE:
                if count + 10 > z.size:
                    return 0
                for j in range(5):
                    z[count], w[count] = middle - half * X10[j], half * W10[j] * INVERSE_SQRT_2PI
                    z[count + 1], w[count + 1] = middle + half * X10[j], half * W10[j] * INVERSE_SQRT_2PI
                    count += 2
            left = right
    return count


@kernel
def backward(f: Inner, points: Array, out: Array) -> Rows:
    """One level: the values of the outer function and its derivatives at the points, (3, n), and the rows; nan where a row fails."""
    z, w, cuts, row = np.empty(LARGEST_ROW), np.empty(LARGEST_ROW), np.empty(1024), np.empty((5, LARGEST_ROW))
    where, kept, mass = np.empty(LARGEST_ROW, np.int32), np.empty(LARGEST_ROW), np.empty(LARGEST_ROW)
    start = np.zeros(points.size + 1, np.int64)
    size = 128 * points.size + LARGEST_ROW
    panel, t, weight = np.empty(size, np.int32), np.empty(size), np.empty(size)
    for a in range(points.size):
        h, first = points[a], start[a]
        count = row_nodes(f, h, z, w, cuts)
        if count == 0:
            out[:, a] = math.nan
            start[a + 1] = first
            continue
        if first + count > size:  # rare: long rows
            size = 2 * size + LARGEST_ROW
            more_panel, more_t, more_weight = np.empty(size, np.int32), np.empty(size), np.empty(size)
            more_panel[:first], more_t[:first], more_weight[:first] = panel[:first], t[:first], weight[:first]
            panel, t, weight = more_panel, more_t, more_weight
        slopes = f.m * f.s * f.s < LEAST  # else moments of z give them
        if slopes:
            for i in range(count):
                row[0, i], row[1, i], row[2, i], where[i], row[4, i] = look_up(f, h + f.s * z[i])
        else:
            values_at(f, h, z, row[0], where, row[4], count)
        top = -1e308
        for i in range(count):
            row[3, i] = f.m * row[0, i] - 0.5 * z[i] * z[i]
            top = max(top, row[3, i])
        for i in range(count):  # a loop of its own, which is vectorised
            mass[i] = w[i] * exp_kernel(row[3, i] - top)
        norm, v1, g1, g2, b1, z1, n = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, first
        for i in range(count):
            if row[3, i] - top < -NEGLIGIBLE - 4.0:
                continue
            rho = mass[i]
            panel[n], t[n], weight[n], kept[n - first] = where[i], row[4, i], rho, z[i]
            n += 1
            norm += rho
            v1 += rho * row[0, i]
            z1 += rho * z[i]
            if slopes:
                g1 += rho * row[1, i]
                g2 += rho * row[1, i] * row[1, i]
                b1 += rho * row[2, i]
        start[a + 1] = n
        tilt, excess, v0 = 0.0, 0.0, v1 / norm
        if slopes and f.m > 0.0:  # ln(norm) / m would lose the digits of m: norm is 1 + O(m)
            for i in range(count):
                if row[3, i] - top >= -NEGLIGIBLE - 4.0:
                    power = f.m * (row[0, i] - v0)
                    tilt = max(tilt, abs(power))
                    excess += w[i] * exp_kernel(-0.5 * z[i] * z[i]) * math.expm1(power)
        z1 /= norm
        z2 = 0.0
        for i in range(first, n):
            weight[i] /= norm
            z2 += weight[i] * (kept[i - first] - z1) * (kept[i - first] - z1)
        g1 /= norm
        if f.m == 0.0:
            out[0, a] = v0
        elif slopes and tilt < 0.5:
            out[0, a] = v0 + math.log1p(excess) / f.m
        else:
            out[0, a] = (top + log_kernel(norm)) / f.m
        if slopes:
            out[1, a] = g1
            out[2, a] = b1 / norm + f.m * (g2 / norm - g1 * g1)
        else:  # by parts: d/dh is z/s under the Gaussian
            out[1, a] = z1 / (f.m * f.s)
            out[2, a] = (z2 - 1.0) / (f.m * f.s * f.s)
    return Rows(start, panel, t, weight)


@kernel
def forward(rows: Rows, measure: Array, transform: Array, out: Array) -> float:
    """One level: the measure on the outer nodes goes through the rows to the inner nodes. How much of it lies beyond the grid."""
    dual = np.zeros(out.size)
    last, beyond = out.size // N - 1, 0.0
    for a in range(measure.size):
        for i in range(rows.start[a], rows.start[a + 1]):
            mass, t, first = measure[a] * rows.weight[i], rows.t[i], rows.panel[i] * N
            if (t == -1.0 and rows.panel[i] == 0) or (t == 1.0 and rows.panel[i] == last):
                beyond += abs(mass)
            before, now = 1.0, t
            dual[first] += mass
            dual[first + 1] += mass * t
            for l in range(2, N):
                before, now = now, UP[l] * t * now - BACK[l] * before
                dual[first + l] += mass * now
    for start in range(0, out.size, N):
        for j in range(N):
            total = 0.0
            for l in range(N):
                total += dual[start + l] * transform[l, j]
            out[start + j] = total
    return beyond
