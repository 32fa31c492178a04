"""A sphere of weights in three dimensions: evenly spread points, random directions, and its picture.

The points lie on a Fibonacci spiral: equal steps in height, and from one to the next a turn by the golden angle, so that each stands for
the same area. ``page/js/views/sphere.js`` draws what :func:`draw_sphere` draws in Matplotlib.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from learnscape import style
from learnscape.explore.core import FloatArray
from learnscape.explore.random_state import uniform
from learnscape.numerics.jit import kernel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["POINTS", "SQRT3", "draw_sphere", "random_direction", "spiral_point", "to_screen"]

POINTS = 2500
"""Points on the sphere."""
SQRT3 = math.sqrt(3.0)
"""Length of weights and patterns; a margin kappa is the height kappa / SQRT3 on the unit sphere."""
GOLDEN = math.pi * (3.0 - math.sqrt(5.0))
GOLDEN_COS, GOLDEN_SIN = math.cos(GOLDEN), math.sin(GOLDEN)


@kernel
def spiral_point(i: int, c: float, s: float) -> tuple[float, float, float, float, float]:
    """Point ``i`` of the spiral, (x, y, z), and (c, s) for the next one; the first has c, s = 1, 0."""
    z = 1.0 - (2.0 * i + 1.0) / POINTS
    r = math.sqrt(1.0 - z * z)
    return r * c, r * s, z, c * GOLDEN_COS - s * GOLDEN_SIN, s * GOLDEN_COS + c * GOLDEN_SIN


@kernel
def random_direction(outputs: FloatArray, state: int, at: int) -> None:
    """A uniform direction into ``outputs[at : at + 3]``: a point of the ball, by rejection from the cube. The generator is at ``state``."""
    x, y, z, square = 1.0, 1.0, 1.0, 3.0
    while square > 1.0 or square < 1e-4:
        x = 2.0 * uniform(outputs, state) - 1.0
        y = 2.0 * uniform(outputs, state) - 1.0
        z = 2.0 * uniform(outputs, state) - 1.0
        square = x * x + y * y + z * z
    length = math.sqrt(square)
    outputs[at] = x / length
    outputs[at + 1] = y / length
    outputs[at + 2] = z / length


def to_screen(facing: FloatArray) -> FloatArray:
    """Rotation to the screen: x to the right, y up, z towards a reader who stands in the direction ``facing``; shape (3, 3)."""
    around, up = math.atan2(facing[1], facing[0]), math.asin(facing[2])
    ca, sa, cb, sb = math.cos(around), math.sin(around), math.cos(up), math.sin(up)
    return np.array([[-sa, ca, 0.0], [-sb * ca, -sb * sa, cb], [cb * ca, cb * sa, sb]])


def draw_sphere(axes: Axes, values: dict[str, float], outputs: dict[str, Any]) -> None:
    """The points, large and green where all patterns allow them, and the patterns as arrows.

    Needs the control ``patterns`` and the outputs ``facing``, ``directions`` and ``fate`` (at least the number of patterns if allowed).
    """
    from matplotlib.patches import Circle

    i = np.arange(POINTS)
    z = 1.0 - (2.0 * i + 1.0) / POINTS
    r = np.sqrt(1.0 - z * z)
    turn = to_screen(outputs["facing"])
    points = np.stack([r * np.cos(i * GOLDEN), r * np.sin(i * GOLDEN), z], axis=1) @ turn.T
    patterns = outputs["directions"].reshape(-1, 3) @ turn.T
    allowed = outputs["fate"] >= values["patterns"]
    front = points[:, 2] > 0
    axes.add_patch(Circle((0, 0), 1.0, fill=False, lw=1, ec=style.neutral["muted"]))
    for mask, color, size in [(~allowed, style.neutral["muted"], 1.5), (allowed, style.color["dense"], 9)]:
        axes.scatter(points[mask & front, 0], points[mask & front, 1], s=size, color=color, lw=0)
    for x, y, depth in patterns[: int(values["patterns"])]:
        alpha = 1.0 if depth > 0 else 0.35
        arrow = {"arrowstyle": "-|>", "color": style.color["simulation"], "alpha": alpha}
        axes.annotate("", (1.16 * x, 1.16 * y), (0, 0), arrowprops=arrow)
    axes.set(xlim=(-1.19, 1.19), ylim=(-1.19, 1.19), aspect="equal")
    axes.set_axis_off()
