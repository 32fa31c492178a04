"""Compiled loops of ellipses: the contact function of two of them, neighbour list, forces and torques, and the driver of FIRE.

Coordinates are one flat vector (3N,): all x, all y, then the rotations as lengths, rho theta, where rho^2 = (a^2 + b^2)/4 is the moment of inertia
of an ellipse of mass one. In these coordinates all masses are one, so the minimiser and the frequencies need no mass matrix.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from learnscape.numerics.fire import STATE, fire_start, fire_step
from learnscape.numerics.jit import inlined, kernel

__all__: list[str] = []

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

UNJAMMED = 1e-22  # mean energy a particle below which nothing touches: overlaps of 1e-11


@inlined
def cos_sin(angle: float) -> tuple[float, float]:
    """Cosine and sine without libm, so that a browser computes the same: Taylor at an eighth of the angle, doubled three times."""
    t = (angle - 2.0 * math.pi * math.floor(angle / (2.0 * math.pi) + 0.5)) / 8.0
    u = t * t
    s = t * (1.0 - u / 6.0 * (1.0 - u / 20.0 * (1.0 - u / 42.0 * (1.0 - u / 72.0 * (1.0 - u / 110.0)))))
    v = (
        u
        / 2.0
        * (1.0 - u / 12.0 * (1.0 - u / 30.0 * (1.0 - u / 56.0 * (1.0 - u / 90.0 * (1.0 - u / 132.0)))))
    )
    for _ in range(3):  # v = 1 - cos keeps its digits when it is doubled, cos would not
        v, s = 2.0 * v * (2.0 - v), 2.0 * s * (1.0 - v)
    return 1.0 - v, s


@inlined
def shape(a: float, b: float, angle: float) -> tuple[float, float, float]:
    """Elements xx, xy, yy of R diag(a^2, b^2) R^T."""
    c, s = cos_sin(angle)
    a2, b2 = a * a, b * b
    return c * c * a2 + s * s * b2, c * s * (a2 - b2), s * s * a2 + c * c * b2


@inlined
def contact(
    x: float, y: float, axx: float, axy: float, ayy: float, bxx: float, bxy: float, byy: float
) -> tuple[float, float]:
    """(sqrt F, lambda) of two ellipses with shapes A and B a vector (x, y) apart; (2, lambda) as soon as F > 1 is sure.

    In two dimensions F(lambda) is a cubic over a quadratic; the numerator of its derivative is positive at 0, negative at 1 and has one
    zero between them, as F(lambda) is concave. Newton's method with bisection as a safeguard.
    """
    p = x * x * ayy - 2.0 * x * y * axy + y * y * axx
    q = x * x * byy - 2.0 * x * y * bxy + y * y * bxx
    da, db = axx * ayy - axy * axy, bxx * byy - bxy * bxy
    mixed = axx * byy + ayy * bxx - 2.0 * axy * bxy
    low, high = 0.0, 1.0
    ra, rb = math.sqrt(math.sqrt(da)), math.sqrt(math.sqrt(db))
    lam = ra / (ra + rb)
    for _ in range(60):
        rest = 1.0 - lam
        top, top1 = lam * rest, rest - lam
        mid = rest * p + lam * q
        n, n1 = top * mid, top1 * mid + top * (q - p)
        n2 = -2.0 * mid + 2.0 * top1 * (q - p)
        d = rest * rest * da + top * mixed + lam * lam * db
        if n > d:
            return 2.0, lam
        d1 = -2.0 * rest * da + top1 * mixed + 2.0 * lam * db
        h = n1 * d - n * d1
        if h > 0.0:
            low = lam
        else:
            high = lam
        slope = n2 * d - n * 2.0 * (da - mixed + db)
        new = lam - h / slope if slope < 0.0 else 0.5 * (low + high)
        if not low < new < high:
            new = 0.5 * (low + high)
        change = abs(new - lam)
        lam = new
        if change < 3e-16 or high - low < 1e-15:
            break
    rest = 1.0 - lam
    n = lam * rest * (rest * p + lam * q)
    d = rest * rest * da + lam * rest * mixed + lam * lam * db
    return math.sqrt(n / d), lam


@inlined
def slopes(
    x: float,
    y: float,
    axx: float,
    axy: float,
    ayy: float,
    bxx: float,
    bxy: float,
    byy: float,
    g: float,
    lam: float,
) -> tuple[float, float, float, float]:
    """Derivatives of g = sqrt F with respect to x, y and the two angles, at the optimal lambda (envelope theorem)."""
    rest = 1.0 - lam
    mxx, mxy, myy = rest * axx + lam * bxx, rest * axy + lam * bxy, rest * ayy + lam * byy
    det = mxx * myy - mxy * mxy
    wx, wy = (myy * x - mxy * y) / det, (mxx * y - mxy * x) / det
    c = lam * rest / g
    turn_a = wy * (axx * wx + axy * wy) - wx * (axy * wx + ayy * wy)
    turn_b = wy * (bxx * wx + bxy * wy) - wx * (bxy * wx + byy * wy)
    return c * wx, c * wy, -c * rest * turn_a, -c * lam * turn_b


@kernel
def neighbours(x: FloatArray, a: FloatArray, box: float, skin: float) -> IntArray:
    """Pairs whose circumscribed circles are at most ``skin`` apart, shape (m, 2)."""
    n = a.size
    pairs = np.empty((n * (n - 1) // 2, 2), dtype=np.int64)
    count = 0
    for i in range(n):
        for j in range(i + 1, n):
            dx, dy = x[i] - x[j], x[n + i] - x[n + j]
            dx -= box * np.floor(dx / box + 0.5)
            dy -= box * np.floor(dy / box + 0.5)
            far = a[i] + a[j] + skin
            if dx * dx + dy * dy < far * far:
                pairs[count, 0], pairs[count, 1] = i, j
                count += 1
    return pairs[:count].copy()


@kernel
def shapes(x: FloatArray, a: FloatArray, b: FloatArray, out: FloatArray) -> None:
    """Shape matrices of all ellipses, rows xx, xy, yy of ``out`` (3, N)."""
    n = a.size
    for i in range(n):
        rho = 0.5 * np.sqrt(a[i] * a[i] + b[i] * b[i])
        out[0, i], out[1, i], out[2, i] = shape(a[i], b[i], x[2 * n + i] / rho)


@kernel
def forces(
    x: FloatArray,
    a: FloatArray,
    b: FloatArray,
    box: float,
    pairs: IntArray,
    matrices: FloatArray,
    f: FloatArray,
) -> tuple[float, float, float, int]:
    """Forces and torques into ``f``; returns the energy, the sum of (1 - g) g, the sum of 1 - g, and the number of contacts."""
    n = a.size
    shapes(x, a, b, matrices)
    energy = virial = total = 0.0
    contacts = 0
    for k in range(3 * n):
        f[k] = 0.0
    for m in range(pairs.shape[0]):
        i, j = pairs[m, 0], pairs[m, 1]
        dx, dy = x[i] - x[j], x[n + i] - x[n + j]
        dx -= box * np.floor(dx / box + 0.5)
        dy -= box * np.floor(dy / box + 0.5)
        far = a[i] + a[j]
        if dx * dx + dy * dy >= far * far:
            continue
        axx, axy, ayy = matrices[0, i], matrices[1, i], matrices[2, i]
        bxx, bxy, byy = matrices[0, j], matrices[1, j], matrices[2, j]
        g, lam = contact(dx, dy, axx, axy, ayy, bxx, bxy, byy)
        if 0.0 < g < 1.0:
            gx, gy, gi, gj = slopes(dx, dy, axx, axy, ayy, bxx, bxy, byy, g, lam)
            push = 1.0 - g
            energy += 0.5 * push * push
            virial += push * g
            total += push
            contacts += 1
            f[i] += push * gx
            f[j] -= push * gx
            f[n + i] += push * gy
            f[n + j] -= push * gy
            f[2 * n + i] += push * gi / (0.5 * np.sqrt(a[i] * a[i] + b[i] * b[i]))
            f[2 * n + j] += push * gj / (0.5 * np.sqrt(a[j] * a[j] + b[j] * b[j]))
    return energy, virial, total, contacts


@kernel
def touching(
    x: FloatArray, a: FloatArray, b: FloatArray, box: float, pairs: IntArray
) -> tuple[IntArray, FloatArray]:
    """Overlapping pairs (m, 2), and dx, dy, g, lambda of each, shape (m, 4)."""
    n = a.size
    matrices = np.empty((3, n))
    shapes(x, a, b, matrices)
    who = np.empty((pairs.shape[0], 2), dtype=np.int64)
    what = np.empty((pairs.shape[0], 4))
    count = 0
    for m in range(pairs.shape[0]):
        i, j = pairs[m, 0], pairs[m, 1]
        dx, dy = x[i] - x[j], x[n + i] - x[n + j]
        dx -= box * np.floor(dx / box + 0.5)
        dy -= box * np.floor(dy / box + 0.5)
        g, lam = contact(
            dx,
            dy,
            matrices[0, i],
            matrices[1, i],
            matrices[2, i],
            matrices[0, j],
            matrices[1, j],
            matrices[2, j],
        )
        if 0.0 < g < 1.0:
            who[count, 0], who[count, 1] = i, j
            what[count, 0], what[count, 1], what[count, 2], what[count, 3] = dx, dy, g, lam
            count += 1
    return who[:count].copy(), what[:count].copy()


@kernel
def relax(
    x: FloatArray, a: FloatArray, b: FloatArray, box: float, tolerance: float, max_steps: int, skin: float
) -> tuple[int, float]:
    """FIRE until no net force exceeds ``tolerance`` times the mean contact force; returns the steps and that ratio (-1: nothing touches)."""
    n = a.size
    v, f, state, matrices = np.empty(3 * n), np.empty(3 * n), np.empty(STATE), np.empty((3, n))
    fire_start(v, state)
    pairs = neighbours(x, a, box, skin)
    listed = x[: 2 * n].copy()
    ratio = np.inf
    for step in range(max_steps + 1):
        moved = 0.0
        for i in range(n):
            dx, dy = x[i] - listed[i], x[n + i] - listed[n + i]
            moved = max(moved, dx * dx + dy * dy)
        if 4.0 * moved > skin * skin:
            pairs = neighbours(x, a, box, skin)
            listed[:] = x[: 2 * n]
        energy, _, total, contacts = forces(x, a, b, box, pairs, matrices, f)
        if energy <= UNJAMMED * n:
            return step, -1.0
        largest = 0.0
        for k in range(f.size):
            largest = max(largest, abs(f[k]))
        ratio = largest * contacts / total
        if ratio < tolerance or step == max_steps:
            return step, ratio
        fire_step(x, v, f, state)
    return max_steps, ratio
