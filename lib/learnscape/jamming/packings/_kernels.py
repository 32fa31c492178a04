"""Compiled loops of soft packings: forces, and the driver of FIRE.

Coordinates are one flat vector, particle by particle: what a pair reads and writes lies together.
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


LARGEST = 2**63 - 1  # all bits of a number but its sign
TINY = 1e-300  # two particles at one place push in no direction
ROWS = 6  # of scratch, one number a pair: three separations, one over the sum of radii, overlap, strength


@inlined
def scratch(radii: FloatArray, first: IntArray, second: IntArray) -> FloatArray:
    """What a list's pairs keep until the next list, shape (ROWS, m); row 3 is filled in."""
    work = np.empty((ROWS, first.size))
    for m in range(first.size):
        work[3, m] = 1.0 / (radii[first[m]] + radii[second[m]])
    return work


@inlined
def list_pairs(
    x: FloatArray, radii: FloatArray, box: float, dimension: int, skin: float
) -> tuple[IntArray, IntArray, FloatArray]:
    """First and second particle of all pairs at most ``skin`` apart, and their ``scratch``."""
    by_axis = np.ascontiguousarray(x.reshape((radii.size, dimension)).T).ravel()
    start, second = neighbours(by_axis, radii, box, dimension, skin)
    first = np.empty_like(second)
    for i in range(radii.size):
        first[start[i] : start[i + 1]] = i
    return first, second, scratch(radii, first, second)


@inlined
def pair_forces(
    x: FloatArray,
    box: float,
    dimension: int,
    hertzian: bool,
    first: IntArray,
    second: IntArray,
    work: FloatArray,
    f: FloatArray,
) -> tuple[float, float, float, int]:
    """As ``forces``, with scratch.

    Three loops over all pairs: collect the separations, turn them into forces (no index and no branch: several at a time), distribute these.
    A branch for pairs that do not touch, or a short loop over a particle's partners, would be guessed wrong by the processor too often.
    """
    pairs = first.size
    inverse = 1.0 / box
    dx, dy, dz, per_reach, overlap, strength = work[0], work[1], work[2], work[3], work[4], work[5]
    for m in range(pairs):
        i, j = dimension * first[m], dimension * second[m]
        dx[m] = x[i] - x[j]
        dy[m] = x[i + 1] - x[j + 1]
    if dimension == 3:
        for m in range(pairs):
            dz[m] = minimum_image_kernel(x[3 * first[m] + 2] - x[3 * second[m] + 2], box, inverse)
    else:
        dz[:] = 0.0
    for m in range(pairs):
        x_m = minimum_image_kernel(dx[m], box, inverse)
        y_m = minimum_image_kernel(dy[m], box, inverse)
        r = np.sqrt(x_m * x_m + y_m * y_m + dz[m] * dz[m])
        part = 1.0 - r * per_reach[m]
        part = part if part > 0.0 else 0.0
        strong = part * np.sqrt(part) if hertzian else part
        pull = strong * per_reach[m] / (r + TINY)
        overlap[m], strength[m] = part, strong
        dx[m], dy[m], dz[m] = pull * x_m, pull * y_m, pull * dz[m]
    f[:] = 0.0
    energy = virial = total = 0.0
    contacts = 0
    for m in range(pairs):
        i, j = dimension * first[m], dimension * second[m]
        f[i] += dx[m]
        f[i + 1] += dy[m]
        f[j] -= dx[m]
        f[j + 1] -= dy[m]
        energy += strength[m] * overlap[m]
        virial += strength[m] * (1.0 - overlap[m])
        total += strength[m] * per_reach[m]
        contacts += int(overlap[m] > 0.0)
    if dimension == 3:
        for m in range(pairs):
            f[3 * first[m] + 2] += dz[m]
            f[3 * second[m] + 2] -= dz[m]
    return (0.4 if hertzian else 0.5) * energy, virial, total, contacts


@kernel
def forces(
    x: FloatArray,
    radii: FloatArray,
    box: float,
    dimension: int,
    hertzian: bool,
    first: IntArray,
    second: IntArray,
    f: FloatArray,
) -> tuple[float, float, float, int]:
    """Forces into ``f``; returns the energy, the sum of f_ij r_ij, the sum of f_ij, and the number of contacts."""
    return pair_forces(x, box, dimension, hertzian, first, second, scratch(radii, first, second), f)


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
    size = np.empty(1)
    state = np.empty(STATE)
    fire_start(v, state)
    first, second, work = list_pairs(x, radii, box, dimension, skin)
    listed = x.copy()
    # No particle has moved by half the skin before a coordinate has moved so far.
    far = 0.5 * skin / np.sqrt(dimension)
    ratio = np.inf
    every = max(1, max_steps // max(1, trace.size))
    for step in range(max_steps + 1):
        moved = 0
        for k in range(x.size):
            moved |= int(abs(x[k] - listed[k]) > far)
        if moved:
            first, second, work = list_pairs(x, radii, box, dimension, skin)
            listed[:] = x
        energy, _, total, contacts = pair_forces(x, box, dimension, hertzian, first, second, work, f)
        if energy <= UNJAMMED * n:
            return step, -1.0
        # The bits of positive numbers are integers in the same order, and integers are compared several at a time.
        bits = f.view(np.int64)
        largest = bits[0] & LARGEST
        for k in range(f.size):
            largest = max(largest, bits[k] & LARGEST)
        size.view(np.int64)[0] = largest
        ratio = size[0] * contacts / total
        if step % every == 0 and step // every < trace.size:
            trace[step // every] = ratio
        if ratio < tolerance or step == max_steps or ratio != ratio:
            return step, ratio
        fire_step(x, v, f, state)
    return max_steps, ratio
