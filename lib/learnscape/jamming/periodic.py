"""Geometry of a periodic box: the nearest image of a partner, and lists of the pairs that may come to touch.

Coordinates are one flat vector, all x, then all y (then all z); they need not be wrapped into the box. A list made with a *skin* serves until
something has moved by half the skin. Discs, spheres and ellipses use it (an ellipse through the circle around it), in the library and in
the explorables. Chapter: jamming/packings.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from learnscape.numerics.jit import inlined, kernel

__all__ = ["list_close_pairs", "minimum_image", "minimum_image_kernel", "neighbours"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def minimum_image(difference: FloatArray, box: float) -> FloatArray:
    """Components of separations, each replaced by that of the nearest periodic image, in [-box/2, box/2).

    Examples
    --------
    >>> minimum_image(np.array([0.4, 3.0, -2.0]), 4.0)
    array([ 0.4, -1. , -2. ])
    """
    return difference - box * np.floor(difference / box + 0.5)


@inlined
def minimum_image_kernel(difference: float, box: float, inverse: float) -> float:
    """As ``minimum_image``, of one component; ``inverse`` is 1 / box, because a division would take longer than the rest.

    Examples
    --------
    >>> minimum_image_kernel(3.0, 4.0, 0.25)
    -1.0
    """
    return difference - box * np.floor(difference * inverse + 0.5)


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
    """Verlet list of spheres, from cells: partners of ``i`` with a larger index, at most ``skin`` apart, are ``partner[start[i]:start[i + 1]]``."""
    n = radii.size
    reach = 2.0 * radii.max() + skin
    side = int(
        min(box / reach, max(3.0, (4.0 * n) ** (1.0 / dimension)))
    )  # no more cells than a few a particle
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
            place = place if place >= 0.0 else 0.0  # NaN is no index
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
    reach_b = reach_k if dimension == 3 else 0
    for i in range(n):
        start[i] = count
        xi, yi, far_i = x[i], x[n + i], radii[i] + skin
        zi = x[2 * n + i] if dimension == 3 else 0.0
        low, high = cell_of[i, dimension - 1] - reach_k, cell_of[i, dimension - 1] + reach_k
        for a in range(-reach_k, reach_k + 1):
            row = wrapped(cell_of[i, 0] + a, side)
            for b in range(-reach_b, reach_b + 1):
                line = row * side
                if dimension == 3:
                    line = (line + wrapped(cell_of[i, 1] + b, side)) * side
                # The members of cells side by side lie one after the other: one loop for three cells, a second one across the box's end.
                for part in range(2 if low < 0 or high >= side else 1):
                    begin, end = first[line + max(low, 0)], first[line + min(high, side - 1) + 1]
                    if part == 1:
                        across = line + side - 1 if low < 0 else line
                        begin, end = first[across], first[across + 1]
                    if count + end - begin > partner.size:
                        longer = np.empty(2 * partner.size + n, dtype=np.int64)
                        longer[:count] = partner[:count]
                        partner = longer
                    for m in range(begin, end):
                        j = members[m]
                        dx, dy = xi - x[j], yi - x[n + j]
                        dx = minimum_image_kernel(dx, box, inverse)
                        dy = minimum_image_kernel(dy, box, inverse)
                        r2 = dx * dx + dy * dy
                        if dimension == 3:
                            dz = zi - x[2 * n + j]
                            dz = minimum_image_kernel(dz, box, inverse)
                            r2 += dz * dz
                        far = far_i + radii[j]
                        # Written always, kept if near: a branch would be guessed wrong too often.
                        partner[count] = j
                        count += int(r2 < far * far) & int(j > i)
    start[n] = count
    return start, partner[:count].copy()


@kernel
def list_close_pairs(
    x: FloatArray, radii: FloatArray, scale: float, box: float, skin: float, first: Any, second: Any
) -> int:
    """As ``neighbours``, in two dimensions, without memory of its own: i < j of each pair go to ``first`` and ``second``; returns how many.

    Radii count ``scale`` times. The arrays, of integers or floats, need room for N (N - 1) / 2 pairs: all are tried, which is for the few
    particles of an explorable.
    """
    n = radii.size
    inverse = 1.0 / box
    count = 0
    for i in range(n):
        for j in range(i + 1, n):
            dx = minimum_image_kernel(x[i] - x[j], box, inverse)
            dy = minimum_image_kernel(x[n + i] - x[n + j], box, inverse)
            far = scale * (radii[i] + radii[j]) + skin
            if dx * dx + dy * dy < far * far:
                first[count], second[count] = i, j
                count += 1
    return count
