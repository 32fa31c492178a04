"""Compiled loops of soft packings: neighbour list, forces, and the driver of FIRE.

Coordinates are one flat vector, all x, then all y (then all z), so that the minimiser's loops run over contiguous memory.
They are not wrapped into the box; every pair takes its nearest image.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from learnscape.numerics.fire import STATE, fire_start, fire_step
from learnscape.numerics.jit import inlined, kernel

__all__: list[str] = []

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

UNJAMMED = 1e-22  # mean energy a particle below which nothing touches: overlaps of 1e-11


@inlined
def nearest(delta: float, box: float) -> float:
    """A difference of coordinates to the nearest periodic image."""
    return delta - box * np.floor(delta / box + 0.5)


@kernel
def neighbours(
    x: FloatArray, radii: FloatArray, box: float, dimension: int, skin: float
) -> tuple[IntArray, IntArray]:
    """Verlet list: partners of ``i`` with a larger index, at most ``skin`` apart, are ``partner[start[i]:start[i + 1]]``."""
    n = radii.size
    reach = 2.0 * radii.max() + skin
    side = int(box / reach)
    # With fewer than three cells a side a cell would be its own neighbour: then there is one cell, and every pair is tried.
    side = side if side >= 3 else 1
    cells = side**dimension
    head = np.full(cells, -1, dtype=np.int64)
    following = np.empty(n, dtype=np.int64)
    cell_of = np.empty((n, 3), dtype=np.int64)
    for i in range(n):
        index = 0
        for k in range(3):
            cell_of[i, k] = 0
        for k in range(dimension):
            place = x[k * n + i] / box
            place -= np.floor(place)
            cell_of[i, k] = min(int(place * side), side - 1)
            index = index * side + cell_of[i, k]
        following[i] = head[index]
        head[index] = i
    start = np.zeros(n + 1, dtype=np.int64)
    partner = np.empty(16 * n, dtype=np.int64)
    count = 0
    reach_k = 1 if side > 1 else 0
    for i in range(n):
        start[i] = count
        for a in range(-reach_k, reach_k + 1):
            for b in range(-reach_k, reach_k + 1):
                for c in range(-reach_k if dimension == 3 else 0, (reach_k if dimension == 3 else 0) + 1):
                    index = (cell_of[i, 0] + a) % side
                    index = index * side + (cell_of[i, 1] + b) % side
                    if dimension == 3:
                        index = index * side + (cell_of[i, 2] + c) % side
                    j = head[index]
                    while j >= 0:
                        if j > i:
                            r2 = 0.0
                            for k in range(dimension):
                                d = nearest(x[k * n + i] - x[k * n + j], box)
                                r2 += d * d
                            far = radii[i] + radii[j] + skin
                            if r2 < far * far:
                                if count == partner.size:
                                    longer = np.empty(2 * count, dtype=np.int64)
                                    longer[:count] = partner
                                    partner = longer
                                partner[count] = j
                                count += 1
                        j = following[j]
    start[n] = count
    return start, partner[:count].copy()


@kernel
def forces(
    x: FloatArray,
    radii: FloatArray,
    box: float,
    dimension: int,
    hertzian: bool,
    start: IntArray,
    partner: IntArray,
    f: FloatArray,
) -> tuple[float, float, float, int]:
    """Forces into ``f``; returns the energy, the sum of f_ij r_ij, the sum of f_ij, and the number of contacts."""
    n = radii.size
    inverse = 1.0 / box
    energy = virial = total = 0.0
    contacts = 0
    for i in range(f.size):
        f[i] = 0.0
    for i in range(n):
        xi, yi, ri = x[i], x[n + i], radii[i]
        zi = x[2 * n + i] if dimension == 3 else 0.0
        fx = fy = fz = 0.0
        for m in range(start[i], start[i + 1]):
            j = partner[m]
            dx, dy = xi - x[j], yi - x[n + j]
            dx -= box * np.floor(dx * inverse + 0.5)
            dy -= box * np.floor(dy * inverse + 0.5)
            r2 = dx * dx + dy * dy
            dz = 0.0
            if dimension == 3:
                dz = zi - x[2 * n + j]
                dz -= box * np.floor(dz * inverse + 0.5)
                r2 += dz * dz
            s = ri + radii[j]
            if r2 < s * s:
                r = np.sqrt(r2)
                overlap = 1.0 - r / s
                force = overlap / s
                if hertzian:
                    force *= np.sqrt(overlap)
                    energy += 0.4 * force * s * overlap
                else:
                    energy += 0.5 * force * s * overlap
                virial += force * r
                total += force
                contacts += 1
                force /= r
                fx += force * dx
                fy += force * dy
                f[j] -= force * dx
                f[n + j] -= force * dy
                if dimension == 3:
                    fz += force * dz
                    f[2 * n + j] -= force * dz
        f[i] += fx
        f[n + i] += fy
        if dimension == 3:
            f[2 * n + i] += fz
    return energy, virial, total, contacts


@kernel
def relax(
    x: FloatArray,
    radii: FloatArray,
    box: float,
    dimension: int,
    hertzian: bool,
    tolerance: float,
    max_steps: int,
    skin: float,
    trace: FloatArray,
) -> tuple[int, float]:
    """FIRE until no net force exceeds ``tolerance`` times the mean contact force; returns the steps and that ratio.

    The ratio is -1 if nothing touches any more. ``trace`` (m,) receives the ratio at m evenly spaced steps.
    """
    n = radii.size
    v = np.empty(x.size)
    f = np.empty(x.size)
    state = np.empty(STATE)
    fire_start(v, state)
    start, partner = neighbours(x, radii, box, dimension, skin)
    listed = x.copy()
    ratio = np.inf
    every = max(1, max_steps // max(1, trace.size))
    for step in range(max_steps + 1):
        moved = 0.0
        for i in range(n):
            d2 = 0.0
            for k in range(dimension):
                d = x[k * n + i] - listed[k * n + i]
                d2 += d * d
            moved = max(moved, d2)
        if 4.0 * moved > skin * skin:
            start, partner = neighbours(x, radii, box, dimension, skin)
            listed[:] = x
        energy, _, total, contacts = forces(x, radii, box, dimension, hertzian, start, partner, f)
        if energy <= UNJAMMED * n:
            return step, -1.0
        largest = 0.0
        for i in range(f.size):
            largest = max(largest, abs(f[i]))
        ratio = largest * contacts / total
        if step % every == 0 and step // every < trace.size:
            trace[step // every] = ratio
        if ratio < tolerance or step == max_steps:
            return step, ratio
        fire_step(x, v, f, state)
    return max_steps, ratio
