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
def wrapped(cell: int, side: int) -> int:
    """A cell's coordinate, at most one beyond an end, in the periodic box; an integer division would take longer than the rest."""
    if cell < 0:
        return cell + side
    return cell - side if cell >= side else cell


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
    inverse = 1.0 / box
    cell_of = np.zeros((n, 3), dtype=np.int64)
    index_of = np.empty(n, dtype=np.int64)
    first = np.zeros(cells + 1, dtype=np.int64)
    for i in range(n):
        index = 0
        for k in range(dimension):
            place = x[k * n + i] / box
            place -= np.floor(place)
            cell_of[i, k] = min(int(place * side), side - 1)
            index = index * side + cell_of[i, k]
        index_of[i] = index
        first[index + 1] += 1
    for index in range(cells):
        first[index + 1] += first[index]
    members = np.empty(n, dtype=np.int64)
    free = first[1:].copy()
    for i in range(n):
        free[index_of[i]] -= 1
        members[free[index_of[i]]] = i
    start = np.zeros(n + 1, dtype=np.int64)
    partner = np.empty(16 * n, dtype=np.int64)
    count = 0
    reach_k = 1 if side > 1 else 0
    for i in range(n):
        start[i] = count
        xi, yi, far_i = x[i], x[n + i], radii[i] + skin
        zi = x[2 * n + i] if dimension == 3 else 0.0
        for a in range(-reach_k, reach_k + 1):
            row = wrapped(cell_of[i, 0] + a, side) * side
            for b in range(-reach_k, reach_k + 1):
                column = row + wrapped(cell_of[i, 1] + b, side)
                for c in range(-reach_k if dimension == 3 else 0, (reach_k if dimension == 3 else 0) + 1):
                    index = column
                    if dimension == 3:
                        index = column * side + wrapped(cell_of[i, 2] + c, side)
                    begin, end = first[index], first[index + 1]
                    if count + end - begin > partner.size:
                        longer = np.empty(2 * partner.size + n, dtype=np.int64)
                        longer[:count] = partner[:count]
                        partner = longer
                    for m in range(begin, end):
                        j = members[m]
                        dx, dy = xi - x[j], yi - x[n + j]
                        dx -= box * np.floor(dx * inverse + 0.5)
                        dy -= box * np.floor(dy * inverse + 0.5)
                        r2 = dx * dx + dy * dy
                        if dimension == 3:
                            dz = zi - x[2 * n + j]
                            dz -= box * np.floor(dz * inverse + 0.5)
                            r2 += dz * dz
                        far = far_i + radii[j]
                        # Written always, kept if near: a branch would be guessed wrong too often.
                        partner[count] = j
                        count += int(r2 < far * far) & int(j > i)
    start[n] = count
    return start, partner[:count].copy()


WORK = 8  # rows of scratch, one number a pair: three separations, distance, sum of radii, overlap, force, force over distance


@inlined
def list_rows(radii: FloatArray, start: IntArray, partner: IntArray) -> tuple[IntArray, FloatArray]:
    """What a list's pairs keep until the next list: the first particle of each pair, and scratch with the sums of radii in row 4."""
    first = np.empty(partner.size, dtype=np.int64)
    work = np.empty((WORK, partner.size))
    for i in range(radii.size):
        for m in range(start[i], start[i + 1]):
            first[m] = i
            work[4, m] = radii[i] + radii[partner[m]]
    return first, work


@inlined
def pair_forces(
    x: FloatArray,
    n: int,
    box: float,
    dimension: int,
    hertzian: bool,
    first: IntArray,
    partner: IntArray,
    work: FloatArray,
    own: FloatArray,
    f: FloatArray,
) -> tuple[float, float, float, int]:
    """As ``forces``, with scratch from ``list_rows`` and ``own`` (as long as ``f``).

    A contact costs a root and three divisions, and a short loop over a particle's partners a wrong guess of the processor at its end.
    So the loops run over all pairs: collect the differences, turn them into forces (no index and no branch: several at a time),
    distribute these. The sums are added in the order of the list, as a plain double loop would do it.
    """
    pairs = partner.size
    inverse = 1.0 / box
    for k in range(dimension):
        difference = work[k]
        for m in range(pairs):
            difference[m] = x[k * n + first[m]] - x[k * n + partner[m]]
    dx, dy, dz = work[0], work[1], work[2]
    length, reach, overlap, force, pull = work[3], work[4], work[5], work[6], work[7]
    for m in range(pairs):
        dx[m] -= box * np.floor(dx[m] * inverse + 0.5)
        dy[m] -= box * np.floor(dy[m] * inverse + 0.5)
        length[m] = dx[m] * dx[m] + dy[m] * dy[m]
    if dimension == 3:
        for m in range(pairs):
            dz[m] -= box * np.floor(dz[m] * inverse + 0.5)
            length[m] += dz[m] * dz[m]
    for m in range(pairs):
        r = np.sqrt(length[m])
        part = 1.0 - r / reach[m]
        part = part if part > 0.0 else 0.0
        strength = part / reach[m]
        length[m] = r
        overlap[m] = part
        force[m] = strength
        pull[m] = strength / r if part > 0.0 else 0.0
    if hertzian:
        for m in range(pairs):
            root = np.sqrt(overlap[m])
            force[m] *= root
            pull[m] = force[m] / length[m] if overlap[m] > 0.0 else 0.0
    for i in range(f.size):
        f[i] = 0.0
        own[i] = 0.0
    share = 0.4 if hertzian else 0.5
    energy = virial = total = 0.0
    contacts = 0
    for m in range(pairs):
        energy += share * force[m] * reach[m] * overlap[m]
        virial += force[m] * length[m]
        total += force[m]
        contacts += 1 if force[m] > 0.0 else 0
    for k in range(dimension):
        difference = work[k]
        mine, current = 0.0, -1
        for m in range(pairs):
            i = first[m]
            push = pull[m] * difference[m]
            mine = push + (mine if i == current else 0.0)
            own[k * n + i] = mine
            f[k * n + partner[m]] -= push
            current = i
    for i in range(f.size):
        f[i] += own[i]
    return energy, virial, total, contacts


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
    first, work = list_rows(radii, start, partner)
    return pair_forces(x, radii.size, box, dimension, hertzian, first, partner, work, np.empty_like(f), f)


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
    own = np.empty(x.size)
    state = np.empty(STATE)
    fire_start(v, state)
    start, partner = neighbours(x, radii, box, dimension, skin)
    first, work = list_rows(radii, start, partner)
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
            first, work = list_rows(radii, start, partner)
            listed[:] = x
        energy, _, total, contacts = pair_forces(x, n, box, dimension, hertzian, first, partner, work, own, f)
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
