r"""The region allowed by a margin, closing as the margin grows: on a circle (N = 2) and on a sphere (N = 3).

Patterns and weights have length sqrt(N), so a pattern of direction u allows the unit vectors x with
:math:`u\cdot x\ge t=\kappa/\sqrt N`. The points where the smallest :math:`u\cdot x` is largest nearby, the *jammed* ones, are found
exactly: on the circle they lie half-way between two patterns, on the sphere they have the same :math:`u\cdot x=t` for three patterns
:math:`u_1,u_2,u_3`, and :math:`t\,x=\sum f_iu_i` with positive f (for t > 0 two patterns may do). Pieces of the region are counted exactly
too: each contains a jammed point, and as the margin is lowered two of them join at a *pass*, a point opposite to the middle of two
patterns (a saddle of the smallest u.x). From every pass we climb to both sides along edges. Chapter ``jamming/perceptron-jamming``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from learnscape import style
from learnscape.explore.core import Explorable, FloatArray
from learnscape.explore.hosts import explorable
from learnscape.explore.layout import layout
from learnscape.explore.random_state import seed_state, uniform
from learnscape.explore.spec import Control, Question, Readout, View
from learnscape.explore.sphere import POINTS, SQRT3, draw_sphere, random_direction, spiral_point, to_screen
from learnscape.numerics.jit import kernel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["allowed_region"]

MAX_PATTERNS, MAX_CORNERS = 16, 64
LAYOUT = layout(
    pieces_circle=1,
    pieces_sphere=1,
    last_circle=1,
    last_sphere=1,
    holding=1,
    corners_alive=1,
    passes=1,
    _random=1,
    facing=3,  # the last point of the sphere
    last_point=2,  # the last point of the circle
    plane=2 * MAX_PATTERNS,  # directions of the patterns in the plane
    directions=3 * MAX_PATTERNS,  # and in space
    arcs=4 * MAX_PATTERNS,  # allowed arcs: first and last point, counter-clockwise
    corners=3 * MAX_CORNERS,  # jammed points of the sphere
    corner_depth=MAX_CORNERS,  # their t = kappa / sqrt(3)
    fate=POINTS,  # number of patterns if the point of the spiral is allowed, less otherwise
    _parent=MAX_CORNERS + 1,
)
OUT = LAYOUT.offsets
SQRT2 = math.sqrt(2.0)
TOUCH = 1e-9


@kernel
def _draw(seed: float, outputs: FloatArray) -> None:
    """Uniform directions in the plane and in space, by rejection."""
    seed_state(outputs, OUT.random, seed)
    for mu in range(MAX_PATTERNS):
        x, y, square = 1.0, 1.0, 3.0
        while square > 1.0 or square < 1e-4:
            x = 2.0 * uniform(outputs, OUT.random) - 1.0
            y = 2.0 * uniform(outputs, OUT.random) - 1.0
            square = x * x + y * y
        length = math.sqrt(square)
        outputs[OUT.plane + 2 * mu] = x / length
        outputs[OUT.plane + 2 * mu + 1] = y / length
        random_direction(outputs, OUT.random, OUT.directions + 3 * mu)


@kernel
def _plane_margin(x: float, y: float, patterns: int, outputs: FloatArray) -> float:
    """Smallest u.x in the plane."""
    least = 2.0
    for mu in range(patterns):
        least = min(least, x * outputs[OUT.plane + 2 * mu] + y * outputs[OUT.plane + 2 * mu + 1])
    return least


@kernel
def _space_margin(x: float, y: float, z: float, patterns: int, outputs: FloatArray) -> float:
    """Smallest u.x in space."""
    least = 2.0
    for mu in range(patterns):
        k = OUT.directions + 3 * mu
        least = min(least, x * outputs[k] + y * outputs[k + 1] + z * outputs[k + 2])
    return least


@kernel
def _angle(dot: float, cross: float) -> float:
    """Grows with the angle from 0 to 4 around the circle, without trigonometry."""
    a = cross / (abs(dot) + abs(cross))
    return (a + 4.0 if a < 0.0 else a) if dot >= 0.0 else 2.0 - a


@kernel
def _circle(patterns: int, t: float, outputs: FloatArray) -> None:
    """Allowed arcs and the last point of the circle."""
    best = -2.0
    for i in range(patterns):
        for j in range(i):
            x = outputs[OUT.plane + 2 * i] + outputs[OUT.plane + 2 * j]
            y = outputs[OUT.plane + 2 * i + 1] + outputs[OUT.plane + 2 * j + 1]
            length = math.sqrt(x * x + y * y)
            for sign in (-1.0, 1.0):
                cx, cy = sign * x / length, sign * y / length
                here = cx * outputs[OUT.plane + 2 * i] + cy * outputs[OUT.plane + 2 * i + 1]
                if here > best and _plane_margin(cx, cy, patterns, outputs) > here - TOUCH:
                    best = here
                    outputs[OUT.last_point], outputs[OUT.last_point + 1] = cx, cy
    outputs[OUT.last_circle] = SQRT2 * best
    for k in range(4 * MAX_PATTERNS):
        outputs[OUT.arcs + k] = math.nan
    pieces = 0
    if abs(t) < 1.0:
        s = math.sqrt(1.0 - t * t)
        for mu in range(patterns):
            # Going round counter-clockwise, the region of one pattern begins at t u - s u' and ends at t u + s u'.
            ux, uy = outputs[OUT.plane + 2 * mu], outputs[OUT.plane + 2 * mu + 1]
            x, y = t * ux + s * uy, t * uy - s * ux
            if _plane_margin(x, y, patterns, outputs) > t - TOUCH:
                nearest = 5.0
                for nu in range(patterns):
                    vx, vy = outputs[OUT.plane + 2 * nu], outputs[OUT.plane + 2 * nu + 1]
                    ex, ey = t * vx - s * vy, t * vy + s * vx
                    if _plane_margin(ex, ey, patterns, outputs) > t - TOUCH:
                        turn = _angle(x * ex + y * ey, x * ey - y * ex)
                        if turn < nearest:
                            nearest = turn
                            outputs[OUT.arcs + 4 * pieces + 2], outputs[OUT.arcs + 4 * pieces + 3] = ex, ey
                outputs[OUT.arcs + 4 * pieces], outputs[OUT.arcs + 4 * pieces + 1] = x, y
                pieces += 1
    if pieces == 0 and t < best:
        pieces = 1  # nothing is forbidden
    outputs[OUT.pieces_circle] = pieces


@kernel
def _determinant(a: int, b: int, x: float, y: float, z: float, outputs: FloatArray) -> float:
    """x . (u_a x u_b) for the patterns at the places a and b."""
    ax, ay, az = outputs[a], outputs[a + 1], outputs[a + 2]
    bx, by, bz = outputs[b], outputs[b + 1], outputs[b + 2]
    return x * (ay * bz - az * by) + y * (az * bx - ax * bz) + z * (ax * by - ay * bx)


@kernel
def _jammed_points(patterns: int, outputs: FloatArray) -> None:
    """All points of the sphere from which every small step lowers the smallest u.x: three contacts, or two at a positive margin."""
    count = 0
    best = -2.0
    for i in range(patterns):
        a = OUT.directions + 3 * i
        for j in range(i):
            b = OUT.directions + 3 * j
            x, y, z = (
                outputs[a] + outputs[b],
                outputs[a + 1] + outputs[b + 1],
                outputs[a + 2] + outputs[b + 2],
            )
            length = math.sqrt(x * x + y * y + z * z)
            x, y, z = x / length, y / length, z / length
            here = x * outputs[a] + y * outputs[a + 1] + z * outputs[a + 2]
            if _space_margin(x, y, z, patterns, outputs) > here - TOUCH and here > best:
                best = here
                outputs[OUT.holding] = 2.0
                outputs[OUT.facing], outputs[OUT.facing + 1], outputs[OUT.facing + 2] = x, y, z
            for k in range(j):
                c = OUT.directions + 3 * k
                px, py, pz = (
                    outputs[b] - outputs[a],
                    outputs[b + 1] - outputs[a + 1],
                    outputs[b + 2] - outputs[a + 2],
                )
                qx, qy, qz = (
                    outputs[c] - outputs[a],
                    outputs[c + 1] - outputs[a + 1],
                    outputs[c + 2] - outputs[a + 2],
                )
                x, y, z = py * qz - pz * qy, pz * qx - px * qz, px * qy - py * qx
                length = math.sqrt(x * x + y * y + z * z)
                if length < 1e-12:
                    continue
                for sign in (-1.0, 1.0):
                    nx, ny, nz = sign * x / length, sign * y / length, sign * z / length
                    here = nx * outputs[a] + ny * outputs[a + 1] + nz * outputs[a + 2]
                    volume = _determinant(b, c, outputs[a], outputs[a + 1], outputs[a + 2], outputs)
                    if volume == 0.0 or _space_margin(nx, ny, nz, patterns, outputs) < here - TOUCH:
                        continue
                    # t x = sum f u with f >= 0: Cramer's rule.
                    f = here * _determinant(b, c, nx, ny, nz, outputs) / volume
                    g = here * _determinant(c, a, nx, ny, nz, outputs) / volume
                    h = here * _determinant(a, b, nx, ny, nz, outputs) / volume
                    if f > 0.0 and g > 0.0 and h > 0.0:
                        if count < MAX_CORNERS:
                            outputs[OUT.corners + 3 * count] = nx
                            outputs[OUT.corners + 3 * count + 1] = ny
                            outputs[OUT.corners + 3 * count + 2] = nz
                            outputs[OUT.corner_depth + count] = here
                            count += 1
                        if here > best:
                            best = here
                            outputs[OUT.holding] = 3.0
                            outputs[OUT.facing], outputs[OUT.facing + 1], outputs[OUT.facing + 2] = nx, ny, nz
    outputs[OUT.last_sphere] = SQRT3 * best
    for k in range(count, MAX_CORNERS):
        outputs[OUT.corner_depth + k] = -9.0


@kernel
def _climb(j: int, k: int, side: float, patterns: int, outputs: FloatArray) -> int:
    """From the pass between patterns j and k upwards along edges: number of the jammed point reached.

    The points with equal stability for j and k form a great circle, x = x0 cos(angle) + d sin(angle) with x0 opposite to u_j + u_k, and
    d orthogonal to both patterns. Both stabilities are t0 cos(angle), t0 < 0: they grow all the way. Pattern m blocks it where
    (u_m.x0 - t0) cos(angle) + u_m.d sin(angle) falls through zero.
    """
    fx, fy, fz = 0.0, 0.0, 0.0  # where we stand, once we have left the pass
    moving = False
    for _ in range(200):
        a, b = OUT.directions + 3 * j, OUT.directions + 3 * k
        x, y, z = -outputs[a] - outputs[b], -outputs[a + 1] - outputs[b + 1], -outputs[a + 2] - outputs[b + 2]
        length = math.sqrt(x * x + y * y + z * z)
        x, y, z = x / length, y / length, z / length
        least = x * outputs[a] + y * outputs[a + 1] + z * outputs[a + 2]
        dx = outputs[a + 1] * outputs[b + 2] - outputs[a + 2] * outputs[b + 1]
        dy = outputs[a + 2] * outputs[b] - outputs[a] * outputs[b + 2]
        dz = outputs[a] * outputs[b + 1] - outputs[a + 1] * outputs[b]
        length = math.sqrt(dx * dx + dy * dy + dz * dz)
        if moving:
            side = 1.0 if fx * dx + fy * dy + fz * dz > 0.0 else -1.0
        dx, dy, dz = side * dx / length, side * dy / length, side * dz / length
        here = _angle(fx * x + fy * y + fz * z, fx * dx + fy * dy + fz * dz) if moving else 0.0
        first, wall, u, v = 2.0, -1, 0.0, 0.0
        for m in range(patterns):
            c = OUT.directions + 3 * m
            rise = x * outputs[c] + y * outputs[c + 1] + z * outputs[c + 2] - least
            slope = dx * outputs[c] + dy * outputs[c + 1] + dz * outputs[c + 2]
            if m != j and m != k and rise > TOUCH:
                angle = _angle(-slope, rise)
                if here + TOUCH < angle < first:
                    first, wall, u, v = angle, m, -slope, rise
        if wall < 0:
            return MAX_CORNERS  # up to the point between the two patterns, at a positive margin
        length = math.sqrt(u * u + v * v)
        u, v = u / length, v / length
        fx, fy, fz, moving = u * x + v * dx, u * y + v * dy, u * z + v * dz, True
        for corner in range(MAX_CORNERS):
            at = OUT.corners + 3 * corner
            square = (outputs[at] - fx) ** 2 + (outputs[at + 1] - fy) ** 2 + (outputs[at + 2] - fz) ** 2
            if outputs[OUT.corner_depth + corner] > -2.0 and square < 1e-16:
                return corner
        # No jammed point: one of the three contacts pulls instead of pushing, and is left.
        c = OUT.directions + 3 * wall
        volume = _determinant(b, c, outputs[a], outputs[a + 1], outputs[a + 2], outputs)
        here = fx * outputs[a] + fy * outputs[a + 1] + fz * outputs[a + 2]
        if here * _determinant(b, c, fx, fy, fz, outputs) / volume < 0.0:
            j = wall
        else:
            k = wall
    return MAX_CORNERS


@kernel
def _root(i: int, outputs: FloatArray) -> int:
    while int(outputs[OUT.parent + i]) != i:
        i = int(outputs[OUT.parent + i])
    return i


@kernel
def _pieces(patterns: int, t: float, outputs: FloatArray) -> None:
    """Connected pieces of the sphere's region: each contains a jammed point, and two of them are joined by the passes above t."""
    alive = 0
    for k in range(MAX_CORNERS):
        outputs[OUT.parent + k] = k
        if outputs[OUT.corner_depth + k] > t:
            alive += 1
    outputs[OUT.parent + MAX_CORNERS] = MAX_CORNERS
    outputs[OUT.corners_alive] = alive
    passes = 0
    for j in range(patterns):
        a = OUT.directions + 3 * j
        for k in range(j):
            b = OUT.directions + 3 * k
            x, y, z = (
                outputs[a] + outputs[b],
                outputs[a + 1] + outputs[b + 1],
                outputs[a + 2] + outputs[b + 2],
            )
            length = math.sqrt(x * x + y * y + z * z)
            x, y, z = -x / length, -y / length, -z / length
            here = x * outputs[a] + y * outputs[a + 1] + z * outputs[a + 2]
            if _space_margin(x, y, z, patterns, outputs) > here - TOUCH:
                passes += 1
                if here > t:
                    one, other = _climb(j, k, 1.0, patterns, outputs), _climb(j, k, -1.0, patterns, outputs)
                    outputs[OUT.parent + _root(one, outputs)] = _root(other, outputs)
    outputs[OUT.passes] = passes
    pieces = 0
    for k in range(MAX_CORNERS):
        if outputs[OUT.corner_depth + k] > t and outputs[OUT.parent + k] == k:
            pieces += 1
    # The last entry stands for the jammed point that two patterns hold at a positive margin, if there is one.
    if (
        outputs[OUT.holding] == 2.0
        and outputs[OUT.last_sphere] > SQRT3 * t
        and outputs[OUT.parent + MAX_CORNERS] == MAX_CORNERS
    ):
        pieces += 1
    outputs[OUT.pieces_sphere] = pieces


@kernel
def _colour(patterns: int, t: float, outputs: FloatArray) -> None:
    """Which points of the spiral are allowed."""
    c, s = 1.0, 0.0
    for i in range(POINTS):
        x, y, z, c, s = spiral_point(i, c, s)
        outputs[OUT.fate + i] = patterns if _space_margin(x, y, z, patterns, outputs) >= t else 0.0


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    patterns = int(inputs[1])
    _draw(inputs[2], outputs)
    _circle(patterns, inputs[0] / SQRT2, outputs)
    _jammed_points(patterns, outputs)
    _pieces(patterns, inputs[0] / SQRT3, outputs)
    _colour(patterns, inputs[0] / SQRT3, outputs)
    for mu in range(patterns, MAX_PATTERNS):
        for k in range(2):
            outputs[OUT.plane + 2 * mu + k] = math.nan


def _plane(axes: Axes, values: dict[str, float], outputs: dict[str, Any]) -> None:
    """The picture of ``page/js/views/allowed_circle.js`` in Matplotlib."""
    whole = np.linspace(0, 2 * np.pi, 361)
    axes.plot(np.cos(whole), np.sin(whole), lw=1.5, color=style.neutral["muted"])
    for x, y, ex, ey in outputs["arcs"].reshape(-1, 4):
        if np.isfinite(x):
            first, last = math.atan2(y, x), math.atan2(ey, ex)
            angle = np.linspace(first, last + (2 * math.pi if last < first else 0.0), 100)
            axes.plot(np.cos(angle), np.sin(angle), lw=6, color=style.color["dense"], solid_capstyle="butt")
            axes.plot(np.cos(angle.mean()), np.sin(angle.mean()), "o", ms=6, color=style.color["unsat"])
    for x, y in outputs["plane"].reshape(-1, 2)[: int(values["patterns"])]:
        axes.annotate(
            "",
            (1.2 * x, 1.2 * y),
            (0, 0),
            arrowprops={"arrowstyle": "-|>", "color": style.color["simulation"]},
        )
    axes.set(xlim=(-1.19, 1.19), ylim=(-1.19, 1.19), aspect="equal")
    axes.set_axis_off()


def _sphere_with_corners(axes: Axes, values: dict[str, float], outputs: dict[str, Any]) -> None:
    """The sphere of *gardner_volume* with the jammed points that are still allowed."""
    draw_sphere(axes, values, outputs)
    alive = outputs["corner_depth"] > values["kappa"] / SQRT3
    corners = outputs["corners"].reshape(-1, 3)[alive] @ to_screen(outputs["facing"]).T
    front = corners[corners[:, 2] > 0]
    axes.scatter(front[:, 0], front[:, 1], s=30, color=style.color["unsat"], zorder=5)


@explorable
def allowed_region() -> Explorable:
    """The allowed region of a circle and of a sphere as the margin grows, down to its last point.

    Examples
    --------
    >>> answer = allowed_region().evaluate(patterns=12, kappa=-1.0)
    >>> answer["holding"].tolist(), bool(answer["last_sphere"][0] < 0)
    ([3.0], True)
    """
    return Explorable(
        "allowed_region",
        _kernel,
        title="The allowed region closes",
        controls=[
            Control("kappa", "margin *κ*", -1.75, 0.75, -1.1, 0.01, marks={"0": 0.0}),
            Control("patterns", "patterns *P*", 4.0, MAX_PATTERNS, 12.0, 1.0, digits=0),
            Control("draw", "New patterns", 0.0, 999.0, 4.0, 1.0, kind="button"),
        ],
        outputs=LAYOUT,
        picture=[
            View(
                "allowed_circle",
                _plane,
                title="*N* = 2: a circle of weights",
                alt="A circle of weights with the allowed arcs thick and green, and the patterns as arrows.",
            ),
            View(
                "sphere",
                _sphere_with_corners,
                title="*N* = 3: a sphere of weights",
                alt="A sphere of weights; large green points are allowed by all patterns, arrows are the patterns.",
                options={"points": POINTS, "corners": True},
            ),
        ],
        readouts=[
            Readout("pieces_circle", "pieces on the circle", 0, role="dense"),
            Readout("pieces_sphere", "pieces on the sphere", 0, role="dense"),
            Readout("last_sphere", "sphere: *κ* of the last point", 4, role="unsat", after_prediction=True),
            Readout("holding", "patterns in contact there", 0, role="unsat", after_prediction=True),
        ],
        question=Question(
            "Raise *κ* until a single point of the sphere is left. How many of the 12 patterns hold it, that is, have a stability of exactly *κ* there?",
            choices=("1", "2", "3", "4 or more"),
            answer=2,
            reveal="Three: as many as there are weights. With two contacts one could still slide along the curve between them, and for *κ* < 0 sliding raises both stabilities.",
        ),
        notes=[
            "Green: weights that satisfy all patterns. Red dots: the jammed points, from which every small step lowers the smallest stability. Arrows: the patterns; for *κ* < 0 each forbids a cap opposite to its arrow. "
            "Drag the sphere, or use the arrow keys, to turn it; it opens facing the point that is left last."
        ],
        announce="At margin {kappa:.2f}: pieces on the circle {pieces_circle:.0f}, on the sphere {pieces_sphere:.0f}.",
        alt=(
            "Left: a circle with several thick green arcs, the allowed weights, separated by gaps, and twelve arrows. "
            "Right: a sphere of grey points with green patches, the weights that all twelve patterns allow."
        ),
    )
