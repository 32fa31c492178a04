"""Compiled loops of ellipses: neighbour list, forces and torques, and the driver of FIRE.

Coordinates are one flat vector (3N,): all x, all y, then the rotations as lengths, rho theta, where rho^2 = (a^2 + b^2)/4 is the moment of inertia
of an ellipse of mass one. In these coordinates all masses are one, so the minimiser and the frequencies need no mass matrix.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from learnscape.jamming.ellipses.contact import contact_kernel, shape_kernel, slopes_kernel
from learnscape.jamming.periodic import minimum_image_kernel, neighbours
from learnscape.numerics.fire import STATE, fire_start, fire_step
from learnscape.numerics.jit import kernel

__all__: list[str] = []

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

UNJAMMED = 1e-22  # mean energy a particle below which nothing touches: overlaps of 1e-11


@kernel
def near_pairs(x: FloatArray, a: FloatArray, box: float, skin: float) -> IntArray:
    """Pairs (i, j), i < j, in order, whose circumscribed circles are at most ``skin`` apart, shape (m, 2)."""
    start, partner = neighbours(x, a, box, 2, skin)
    pairs = np.empty((partner.size, 2), dtype=np.int64)
    for i in range(a.size):
        begin, end = start[i], start[i + 1]
        pairs[begin:end, 0] = i
        pairs[begin:end, 1] = np.sort(partner[begin:end])
    return pairs


@kernel
def shapes(x: FloatArray, a: FloatArray, b: FloatArray, out: FloatArray) -> None:
    """Shape matrices of all ellipses, rows xx, xy, yy of ``out`` (3, N)."""
    n = a.size
    for i in range(n):
        rho = 0.5 * np.sqrt(a[i] * a[i] + b[i] * b[i])
        out[0, i], out[1, i], out[2, i] = shape_kernel(a[i], b[i], x[2 * n + i] / rho)


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
    inverse = 1.0 / box
    shapes(x, a, b, matrices)
    energy = virial = total = 0.0
    contacts = 0
    for k in range(3 * n):
        f[k] = 0.0
    for m in range(pairs.shape[0]):
        i, j = pairs[m, 0], pairs[m, 1]
        dx = minimum_image_kernel(x[i] - x[j], box, inverse)
        dy = minimum_image_kernel(x[n + i] - x[n + j], box, inverse)
        far = a[i] + a[j]
        if dx * dx + dy * dy >= far * far:
            continue
        axx, axy, ayy = matrices[0, i], matrices[1, i], matrices[2, i]
        bxx, bxy, byy = matrices[0, j], matrices[1, j], matrices[2, j]
        g, lam = contact_kernel(dx, dy, axx, axy, ayy, bxx, bxy, byy)
        if 0.0 < g < 1.0:
            gx, gy, gi, gj = slopes_kernel(dx, dy, axx, axy, ayy, bxx, bxy, byy, g, lam)
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
    inverse = 1.0 / box
    matrices = np.empty((3, n))
    shapes(x, a, b, matrices)
    who = np.empty((pairs.shape[0], 2), dtype=np.int64)
    what = np.empty((pairs.shape[0], 4))
    count = 0
    for m in range(pairs.shape[0]):
        i, j = pairs[m, 0], pairs[m, 1]
        dx = minimum_image_kernel(x[i] - x[j], box, inverse)
        dy = minimum_image_kernel(x[n + i] - x[n + j], box, inverse)
        g, lam = contact_kernel(
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
    pairs = near_pairs(x, a, box, skin)
    listed = x[: 2 * n].copy()
    ratio = np.inf
    for step in range(max_steps + 1):
        moved = 0.0
        for i in range(n):
            dx, dy = x[i] - listed[i], x[n + i] - listed[n + i]
            moved = max(moved, dx * dx + dy * dy)
        if 4.0 * moved > skin * skin:
            pairs = near_pairs(x, a, box, skin)
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
