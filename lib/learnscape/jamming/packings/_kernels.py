"""Compiled loops of soft packings: neighbour list, forces, and the driver of FIRE.

Coordinates are one flat vector, all x, then all y (then all z), so that the minimiser's loops run over contiguous memory.
They are wrapped into the box when the neighbour list is made, and stray from it by less than the skin until the next one, so that
one comparison finds the nearest image of a pair. Indices of partners are unsigned: a signed one costs a test for Python's
negative indices at every access, a quarter of the time of a step.
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
    """A difference of two coordinates in the box (or little outside) to the nearest periodic image."""
    if delta > 0.5 * box:
        return delta - box
    if delta < -0.5 * box:
        return delta + box
    return delta


@inlined
def wrap(x: FloatArray, box: float) -> None:
    """Put all coordinates into [0, box)."""
    for i in range(x.size):
        x[i] -= box * np.floor(x[i] / box)


@kernel
def neighbours(
    x: FloatArray, radii: FloatArray, box: float, dimension: int, skin: float
) -> tuple[IntArray, IntArray]:
    """Verlet list: ``partner[start[i]:start[i + 1]]`` are near ``i``, surfaces at most ``skin`` apart; every pair stands there once."""
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
    depth = 1 if dimension == 3 else 0
    for i in range(n):
        start[i] = count
        j = following[i]  # the rest of its own cell, then half of the cells around: every pair is seen once
        step = 0
        while True:
            while j >= 0:
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
            step += 1
            if side == 1 or step > 4 + 9 * depth:
                break
            # 1 ... 13 in base 3, digits -1, 0, 1: the triples (c, a, b) that come after (0, 0, 0)
            b = (step + 1) % 3 - 1
            a = (step - b) // 3
            c = (a + 1) // 3
            a -= 3 * c
            index = (cell_of[i, 0] + a) % side
            index = index * side + (cell_of[i, 1] + b) % side
            if dimension == 3:
                index = index * side + (cell_of[i, 2] + c) % side
            j = head[index]
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
    stride, twice = np.uint64(n), np.uint64(2 * n)
    energy = virial = total = 0.0
    contacts = 0
    for i in range(f.size):
        f[i] = 0.0
    for i in range(n):
        xi, yi, ri = x[i], x[n + i], radii[i]
        zi = x[2 * n + i] if dimension == 3 else 0.0
        fx = fy = fz = 0.0
        for m in range(start[i], start[i + 1]):
            j = np.uint64(partner[m])
            dx, dy = nearest(xi - x[j], box), nearest(yi - x[j + stride], box)
            r2 = dx * dx + dy * dy
            dz = 0.0
            if dimension == 3:
                dz = nearest(zi - x[j + twice], box)
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
                f[j + stride] -= force * dy
                if dimension == 3:
                    fz += force * dz
                    f[j + twice] -= force * dz
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
    wrap(x, box)
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
            wrap(x, box)
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
