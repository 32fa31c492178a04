r"""A star on a sphere of N = 3 weights: what a point sees of the allowed region, and the points that see all of it.

Patterns and weights have length sqrt(3); a pattern of direction u forbids the cap of unit vectors x with :math:`u\cdot x<t=\kappa/\sqrt3`. For t < 0 the allowed
region is not convex. Two points see each other if the arc between them meets no cap: along the arc :math:`u\cdot x` is a sine wave, whose lowest value is
:math:`-\sqrt{(a^2+b^2-2abc)/(1-c^2)}` with the values a, b at the ends and their cosine c, if it falls from both ends. A point sees the whole region if
it sees its boundary, of which we keep ``SAMPLES`` points a cap. Chapter ``dense/geometry``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from learnscape import style
from learnscape.explore.core import Explorable, FloatArray
from learnscape.explore.hosts import explorable
from learnscape.explore.layout import layout
from learnscape.explore.random_state import seed_state
from learnscape.explore.spec import Control, Note, Question, Readout, View
from learnscape.explore.sphere import POINTS, SQRT3, random_direction, spiral_point
from learnscape.numerics.jit import kernel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["star_shape"]

MOST, SAMPLES = 10, 60
GRID = 121  # squares across the disc that is seen from the front
FORBIDDEN, ALLOWED, SEEN, KERNEL = 0.0, 1.0, 2.0, 3.0
COS, SIN = (f(2.0 * np.pi * np.arange(SAMPLES) / SAMPLES) for f in (np.cos, np.sin))
LAYOUT = layout(
    margin=1,
    sees=1,
    kernel_share=1,
    status=1,
    outside=1,
    in_kernel=1,
    in_shadow=1,
    region=1,  # 1 if a point is allowed
    fate=GRID * GRID,
    _random=1,
    _directions=3 * MOST,
    _frame=9,  # right, up, towards the reader
    _boundary=3 * MOST * SAMPLES,
)
OUT = LAYOUT.offsets
TOUCH = 1e-9
NOTHING_ALLOWED = 1.0


@kernel
def _margin(x: float, y: float, z: float, patterns: int, outputs: FloatArray) -> float:
    """Smallest u.x."""
    least = 2.0
    for mu in range(patterns):
        k = OUT.directions + 3 * mu
        least = min(least, x * outputs[k] + y * outputs[k + 1] + z * outputs[k + 2])
    return least


@kernel
def _sees(
    x: float,
    y: float,
    z: float,
    ex: float,
    ey: float,
    ez: float,
    patterns: int,
    t: float,
    outputs: FloatArray,
) -> bool:
    """Whether the arc between two allowed points meets no cap."""
    c = x * ex + y * ey + z * ez
    for mu in range(patterns):
        k = OUT.directions + 3 * mu
        a = x * outputs[k] + y * outputs[k + 1] + z * outputs[k + 2]
        b = ex * outputs[k] + ey * outputs[k + 1] + ez * outputs[k + 2]
        falls = b < c * a and a < c * b
        if falls and a * a + b * b - 2.0 * a * b * c > t * t * (1.0 - c * c) + TOUCH:
            return False
    return True


@kernel
def _face(patterns: int, outputs: FloatArray) -> None:
    """The reader looks at the point of the spiral with the largest margin."""
    best, c, s = -2.0, 1.0, 0.0
    fx, fy, fz = 0.0, 0.0, 1.0
    for i in range(POINTS):
        x, y, z, c, s = spiral_point(i, c, s)
        here = _margin(x, y, z, patterns, outputs)
        if here > best:
            best, fx, fy, fz = here, x, y, z
    # right = (-fy, fx, 0) normalised, up = facing x right
    length = math.sqrt(fx * fx + fy * fy)
    rx, ry = -fy / length, fx / length
    outputs[OUT.frame], outputs[OUT.frame + 1], outputs[OUT.frame + 2] = rx, ry, 0.0
    outputs[OUT.frame + 3], outputs[OUT.frame + 4] = -fz * ry, fz * rx
    outputs[OUT.frame + 5] = fx * ry - fy * rx
    outputs[OUT.frame + 6], outputs[OUT.frame + 7], outputs[OUT.frame + 8] = fx, fy, fz


@kernel
def _lift(u: float, v: float, outputs: FloatArray) -> tuple[float, float, float]:
    """The point of the sphere above (u, v) of the disc."""
    w = math.sqrt(max(1.0 - u * u - v * v, 0.0))
    f = OUT.frame
    return (
        u * outputs[f] + v * outputs[f + 3] + w * outputs[f + 6],
        u * outputs[f + 1] + v * outputs[f + 4] + w * outputs[f + 7],
        u * outputs[f + 2] + v * outputs[f + 5] + w * outputs[f + 8],
    )


@kernel
def _boundary(patterns: int, t: float, outputs: FloatArray) -> int:
    """Points on the edges of the caps that no other cap covers; how many there are."""
    count = 0
    s = math.sqrt(1.0 - t * t)
    for mu in range(patterns):
        k = OUT.directions + 3 * mu
        x, y, z = outputs[k], outputs[k + 1], outputs[k + 2]
        # two directions orthogonal to u and to each other
        if abs(z) < 0.9:
            length = math.sqrt(x * x + y * y)
            px, py, pz = -y / length, x / length, 0.0
        else:
            length = math.sqrt(y * y + z * z)
            px, py, pz = 0.0, -z / length, y / length
        qx, qy, qz = y * pz - z * py, z * px - x * pz, x * py - y * px
        for j in range(SAMPLES):
            c, d = s * COS[j], s * SIN[j]
            ex, ey, ez = t * x + c * px + d * qx, t * y + c * py + d * qy, t * z + c * pz + d * qz
            if _margin(ex, ey, ez, patterns, outputs) > t - TOUCH:
                at = OUT.boundary + 3 * count
                outputs[at], outputs[at + 1], outputs[at + 2] = ex, ey, ez
                count += 1
    return count


@kernel
def _sees_all(x: float, y: float, z: float, count: int, patterns: int, t: float, outputs: FloatArray) -> bool:
    """Whether the point sees every point of the boundary."""
    for j in range(count):
        at = OUT.boundary + 3 * j
        if not _sees(x, y, z, outputs[at], outputs[at + 1], outputs[at + 2], patterns, t, outputs):
            return False
    return True


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    """inputs: margin, number of patterns, draw, place of the point on the disc."""
    t, patterns = inputs[0] / SQRT3, int(inputs[1] + 0.5)
    seed_state(outputs, OUT.random, inputs[2])
    for mu in range(MOST):
        random_direction(outputs, OUT.random, OUT.directions + 3 * mu)
    _face(patterns, outputs)
    count = _boundary(patterns, t, outputs)
    u, v = inputs[3], inputs[4]
    beyond = math.sqrt(u * u + v * v) / 0.98
    if beyond > 1.0:
        u, v = u / beyond, v / beyond
    px, py, pz = _lift(u, v, outputs)
    margin = _margin(px, py, pz, patterns, outputs)
    inside = margin >= t
    allowed, seen, whole = 0, 0, 0
    c, s = 1.0, 0.0
    for i in range(POINTS):
        x, y, z, c, s = spiral_point(i, c, s)
        if _margin(x, y, z, patterns, outputs) >= t:
            allowed += 1
            if inside and _sees(px, py, pz, x, y, z, patterns, t, outputs):
                seen += 1
            if _sees_all(x, y, z, count, patterns, t, outputs):
                whole += 1
    for i in range(GRID):
        for j in range(GRID):
            u, v = (2.0 * j + 1.0) / GRID - 1.0, 1.0 - (2.0 * i + 1.0) / GRID
            fate = math.nan
            if u * u + v * v <= 1.0:
                x, y, z = _lift(u, v, outputs)
                fate = FORBIDDEN
                if _margin(x, y, z, patterns, outputs) >= t:
                    fate = ALLOWED
                    if _sees_all(x, y, z, count, patterns, t, outputs):
                        fate = KERNEL
                    elif inside and _sees(px, py, pz, x, y, z, patterns, t, outputs):
                        fate = SEEN
            outputs[OUT.fate + i * GRID + j] = fate
    outputs[OUT.margin] = SQRT3 * margin
    outputs[OUT.sees] = seen / allowed if inside and allowed > 0 else math.nan
    outputs[OUT.kernel_share] = whole / allowed if allowed > 0 else math.nan
    outputs[OUT.status] = NOTHING_ALLOWED if allowed == 0 else 0.0
    outputs[OUT.region] = 1.0 if allowed > 0 else 0.0
    outputs[OUT.outside] = 0.0 if inside or allowed == 0 else 1.0
    all_seen = inside and _sees_all(px, py, pz, count, patterns, t, outputs)
    outputs[OUT.in_kernel] = 1.0 if all_seen else 0.0
    outputs[OUT.in_shadow] = 1.0 if inside and not all_seen else 0.0


def _disc(axes: Axes, values: dict[str, float], outputs: dict[str, Any]) -> None:
    """The picture of ``page/js/views/star_shape.js`` in Matplotlib."""
    from matplotlib.colors import to_rgba
    from matplotlib.patches import Circle

    fate = outputs["fate"].reshape(GRID, GRID)
    image = np.zeros((GRID, GRID, 4))
    for kind, role, opacity in (
        (FORBIDDEN, style.neutral["muted"], 0.15),
        (ALLOWED, style.color["typical"], 0.45),
        (SEEN, style.color["theory"], 0.55),
        (KERNEL, style.color["dense"], 0.85),
    ):
        image[fate == kind] = to_rgba(role, opacity)
    axes.imshow(image, extent=(-1, 1, -1, 1), interpolation="nearest")
    axes.add_patch(Circle((0, 0), 1.0, fill=False, lw=1, ec=style.neutral["muted"]))
    axes.plot(values["x"], values["y"], "o", ms=9, mfc="none", mec=style.color["simulation"], mew=2.5)
    axes.set(xlim=(-1.06, 1.06), ylim=(-1.06, 1.06), aspect="equal")
    axes.set_axis_off()


@explorable
def star_shape() -> Explorable:
    """The region that patterns with a negative margin leave on a sphere, what a point of it sees, and its kernel.

    Examples
    --------
    >>> answer = star_shape().evaluate(kappa=-0.9, x=0.0, y=0.0)
    >>> bool(0.0 < answer["kernel_share"][0] < 1.0), answer["sees"].tolist()
    (True, [1.0])
    """
    return Explorable(
        "star_shape",
        _kernel,
        title="Who sees everyone?",
        controls=[
            Control("kappa", "margin *κ*", -1.2, 0.0, -0.9, 0.02, marks={"0": 0.0}),
            Control("patterns", "patterns *P*", 4.0, MOST, 6.0, 1.0, digits=0),
            Control("draw", "New patterns", 0.0, 999.0, 26.0, 1.0, kind="button"),
            Control("x", "point, horizontal", -1.0, 1.0, 0.1, 0.01, kind="hidden"),
            Control("y", "point, vertical", -1.0, 1.0, 0.9, 0.01, kind="hidden"),
        ],
        outputs=LAYOUT,
        picture=[
            View(
                "star_shape",
                _disc,
                alt="A sphere of weights from the front: the allowed region in three shades, and a point to drag.",
                options={"grid": GRID, "point": ["x", "y"]},
            )
        ],
        readouts=[
            Readout("margin", "margin of the point", 3),
            Readout("sees", "share of the region it sees", 1, percent=True, role="theory", when="sees"),
            Readout(
                "kernel_share",
                "share of the region in the kernel",
                1,
                percent=True,
                role="dense",
                after_prediction=True,
                when="region",
            ),
        ],
        question=Question(
            "Lower *κ* from −0.9 to −1.1: every cap shrinks, and the region grows. What happens to its green kernel?",
            choices=("it grows, too", "it shrinks"),
            answer=1,
            reveal="It shrinks, from 27 to 12 per cent of the region. There are new solutions between the caps and behind them, and from fewer and fewer points can all of them be seen.",
        ),
        notes=[
            Note("The point lies in a forbidden cap: it is no solution, and sees nothing.", when="outside"),
            Note("The point lies in the kernel: it sees every solution.", when="in_kernel"),
            Note("Some solutions lie in the shadow of a cap.", when="in_shadow"),
            "Grey: forbidden. Purple: allowed, but not seen from the ringed point. Blue: seen from it. Green: the kernel, the points that see the whole region.",
            Note(
                "The middle of the disc is the point of largest margin; a part of the region may lie behind the sphere, and counts.",
                when="region",
            ),
        ],
        messages={
            int(
                NOTHING_ALLOWED
            ): "The caps cover the sphere: no point satisfies all patterns, so there is no region and no kernel. "
            "The middle of the disc is the point of largest margin that was found, and even that margin is below κ."
        },
        announce="At margin {kappa:.2f} the point has margin {margin:.2f} and sees the share {sees:.2f} of the region.",
        alt=(
            "A disc, the front of a sphere. A large region with concave sides fills most of it. In its middle lies a smaller four-sided kernel in green; "
            "a ringed point near the upper corner sees most of the region, but two strips along the edge are in the shadow."
        ),
    )
