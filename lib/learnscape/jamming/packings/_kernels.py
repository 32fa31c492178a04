"""Compiled loops of soft packings: forces, and the driver of FIRE.

Coordinates are one flat vector, all x, then all y (then all z), so that the minimiser's loops run over contiguous memory.
They are not wrapped into the box; every pair takes its nearest image.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from learnscape.jamming.periodic import minimum_image_kernel, neighbours
from learnscape.numerics.fire import STATE, fire_start, fire_step
from learnscape.numerics.jit import inlined, kernel

__all__: list[str] = []

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

UNJAMMED = 1e-22  # mean energy a particle below which nothing touches: overlaps of 1e-11


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
        dx[m] = minimum_image_kernel(dx[m], box, inverse)
        dy[m] = minimum_image_kernel(dy[m], box, inverse)
        length[m] = dx[m] * dx[m] + dy[m] * dy[m]
    if dimension == 3:
        for m in range(pairs):
            dz[m] = minimum_image_kernel(dz[m], box, inverse)
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
