r"""The Gardner volume in three dimensions: which part of a sphere of weights is left when patterns arrive.

Weights and patterns are vectors of length sqrt(3) in three dimensions; a pattern keeps the weights with stability
:math:`w\cdot\xi/\sqrt3\ge\kappa`, a spherical cap. The sphere is covered by evenly spread points (a Fibonacci spiral), and the volume
is the share of the points that are left. The same is counted for 200 other draws of patterns. The average over draws of the patterns is exact, because a cap's area does not depend on
its direction: by Archimedes, a share :math:`(1-\kappa/\sqrt3)/2` of the sphere. Chapter ``capacity/gardner-volume``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from learnscape import style
from learnscape.explore.core import Explorable, FloatArray, explorable
from learnscape.explore.random_state import seed_state, uniform
from learnscape.explore.spec import Axis, Control, Dot, Line, Panel, Question, Readout, View
from learnscape.numerics.jit import kernel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["gardner_volume"]

MAX_PATTERNS, POINTS = 10, 2500
STEPS = MAX_PATTERNS + 1
DRAWS = 200  # over which the readouts count
SHARE, AVERAGE, RANDOM, BELOW, EMPTY = range(5)
FACING = 5
PATTERNS = 8
LEFT = PATTERNS + 3 * MAX_PATTERNS
EXPECTED = LEFT + STEPS
FATE = EXPECTED + STEPS
SQRT3 = math.sqrt(3.0)
GOLDEN_COS, GOLDEN_SIN = (
    math.cos(math.pi * (3.0 - math.sqrt(5.0))),
    math.sin(math.pi * (3.0 - math.sqrt(5.0))),
)


@kernel
def _draw_patterns(seed: float, outputs: FloatArray) -> None:
    """Uniform directions: points of a ball, by rejection from the cube."""
    seed_state(outputs, RANDOM, seed)
    for k in range(3):
        outputs[FACING + k] = 0.0
    for mu in range(MAX_PATTERNS):
        x, y, z, square = 1.0, 1.0, 1.0, 3.0
        while square > 1.0 or square < 1e-4:
            x = 2.0 * uniform(outputs, RANDOM) - 1.0
            y = 2.0 * uniform(outputs, RANDOM) - 1.0
            z = 2.0 * uniform(outputs, RANDOM) - 1.0
            square = x * x + y * y + z * z
        length = math.sqrt(square)
        outputs[PATTERNS + 3 * mu] = x / length
        outputs[PATTERNS + 3 * mu + 1] = y / length
        outputs[PATTERNS + 3 * mu + 2] = z / length
        if mu < 4:  # the first four patterns point, on average, towards the weights that satisfy them
            for k in range(3):
                outputs[FACING + k] += outputs[PATTERNS + 3 * mu + k]
    x, y, z = outputs[FACING], outputs[FACING + 1], outputs[FACING + 2]
    length = math.sqrt(x * x + y * y + z * z)
    for k in range(3):
        outputs[FACING + k] /= length


@kernel
def _first_forbidding(
    x: float, y: float, z: float, patterns: int, threshold: float, outputs: FloatArray
) -> int:
    """Number of the first pattern that forbids the point, or ``patterns``."""
    for mu in range(patterns):
        k = PATTERNS + 3 * mu
        if x * outputs[k] + y * outputs[k + 1] + z * outputs[k + 2] < threshold:
            return mu
    return patterns


@kernel
def _share_left(patterns: int, threshold: float, outputs: FloatArray) -> float:
    """Share of the points of the spiral that no pattern forbids; ``left`` and ``fate`` are filled on the way."""
    for p in range(STEPS):
        outputs[LEFT + p] = 0.0 if p <= patterns else math.nan
    c, s = 1.0, 0.0
    for i in range(POINTS):
        z = 1.0 - (2.0 * i + 1.0) / POINTS
        r = math.sqrt(1.0 - z * z)
        fate = _first_forbidding(r * c, r * s, z, patterns, threshold, outputs)
        c, s = c * GOLDEN_COS - s * GOLDEN_SIN, s * GOLDEN_COS + c * GOLDEN_SIN
        for p in range(fate + 1):
            outputs[LEFT + p] += 1.0 / POINTS
        outputs[FATE + i] = fate
    return outputs[LEFT + patterns]


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    """Count over many draws first, so that the draw asked for is the one that stays in the outputs."""
    patterns, threshold = int(inputs[0]), inputs[1] / SQRT3
    expected = 1.0
    for p in range(STEPS):
        outputs[EXPECTED + p] = expected
        if p == patterns:
            outputs[AVERAGE] = expected
        expected *= 0.5 * (1.0 - threshold)
    below, empty = 0, 0
    for draw in range(DRAWS):
        _draw_patterns(1001.0 + draw, outputs)
        share = _share_left(patterns, threshold, outputs)
        if share < outputs[AVERAGE] - 1e-9:
            below += 1
        if share < 0.5 / POINTS:
            empty += 1
    outputs[BELOW], outputs[EMPTY] = below / DRAWS, empty / DRAWS
    _draw_patterns(1.0 + inputs[2], outputs)
    outputs[SHARE] = _share_left(patterns, threshold, outputs)
    for p in range(STEPS):
        if outputs[LEFT + p] < 0.5 / POINTS:
            outputs[LEFT + p] = math.nan  # nothing left: no point on a logarithmic axis


def _sphere(axes: Axes, values: dict[str, float], outputs: dict[str, Any]) -> None:
    """The picture of ``page/js/views/sphere.js`` in Matplotlib."""
    i = np.arange(POINTS)
    z = 1.0 - (2.0 * i + 1.0) / POINTS
    angle = i * math.pi * (3.0 - math.sqrt(5.0))
    points = np.stack([np.sqrt(1.0 - z * z) * np.cos(angle), np.sqrt(1.0 - z * z) * np.sin(angle), z], axis=1)
    turn = _turn(outputs["facing"])
    points, patterns = points @ turn.T, outputs["directions"].reshape(-1, 3) @ turn.T
    allowed = outputs["fate"] >= values["patterns"]
    front = points[:, 2] > 0
    axes.add_patch(_circle())
    for mask, color, size in [(~allowed, style.neutral["muted"], 1.5), (allowed, style.color["dense"], 9)]:
        axes.scatter(points[mask & front, 0], points[mask & front, 1], s=size, color=color, lw=0)
    for x, y, depth in patterns[: int(values["patterns"])]:
        alpha = 1.0 if depth > 0 else 0.35
        axes.annotate(
            "",
            (1.16 * x, 1.16 * y),
            (0, 0),
            arrowprops={"arrowstyle": "-|>", "color": style.color["simulation"], "alpha": alpha},
        )
    axes.set(xlim=(-1.3, 1.3), ylim=(-1.3, 1.3), aspect="equal")
    axes.set_axis_off()


def _turn(facing: FloatArray) -> FloatArray:
    """Rotation to the screen: x to the right, y up, z towards a reader who stands in the direction ``facing``."""
    around, up = math.atan2(facing[1], facing[0]), math.asin(facing[2])
    ca, sa, cb, sb = math.cos(around), math.sin(around), math.cos(up), math.sin(up)
    return np.array([[-sa, ca, 0.0], [-sb * ca, -sb * sa, cb], [cb * ca, cb * sa, sb]])


def _circle() -> Any:
    from matplotlib.patches import Circle

    return Circle((0, 0), 1.0, fill=False, lw=1, ec=style.neutral["muted"])


@explorable
def gardner_volume() -> Explorable:
    """Which part of the sphere of weights is left when patterns arrive, for one draw and on average.

    Examples
    --------
    >>> answer = gardner_volume().evaluate(patterns=1, kappa=0.0)
    >>> print(f"{answer['share'][0]:.3f} {answer['average'][0]:.3f}")
    0.500 0.500
    """
    decline = Panel(
        x=Axis("patterns *P*", (0.0, float(MAX_PATTERNS))),
        y=Axis("share of the sphere left", (3e-4, 1.0), scale="log", ticks=(0.001, 0.01, 0.1, 1)),
        marks=[
            Line(
                role="muted", x="counts", y="expected", dash=True, label="average over draws", label_at=0.22
            ),
            Line(role="dense", x="counts", y="left"),
            Dot(role="dense", x="counts", y="left", radius=4),
        ],
        alt="Share of the sphere left after each pattern: on a logarithmic axis, the dots of this draw beside the dashed line of the average.",
    )
    return Explorable(
        "gardner_volume",
        _kernel,
        title="How much of the sphere survives?",
        controls=[
            Control("patterns", "patterns *P*", 0.0, MAX_PATTERNS, 4.0, 1.0, digits=0),
            Control("kappa", "margin *κ*", -1.0, 1.0, 0.0, 0.05, marks={"0": 0.0}),
            Control("draw", "New patterns", 0.0, 999.0, 1.0, 1.0, kind="button"),
        ],
        outputs={
            "share": 1,
            "average": 1,
            "_random": 1,
            "below": 1,
            "empty": 1,
            "facing": 3,
            "directions": 3 * MAX_PATTERNS,
            "left": STEPS,
            "expected": STEPS,
            "fate": POINTS,
        },
        constants={"counts": np.arange(STEPS, dtype=np.float64)},
        picture=[
            View(
                "sphere",
                _sphere,
                title="weights that satisfy every pattern",
                alt="A sphere of weight vectors; the points allowed by all patterns are bright, arrows are the patterns.",
                options={"points": POINTS},
            ),
            decline,
        ],
        readouts=[
            Readout("share", "left in this draw", 2, percent=True, role="dense"),
            Readout("average", "average over draws", 2, percent=True),
            Readout("below", "draws below the average", 0, percent=True, after_prediction=True),
            Readout("empty", "draws with nothing left", 0, percent=True, after_prediction=True),
        ],
        question=Question(
            "At *κ* = 0 four patterns leave 1/16 of the sphere on average. In most draws, is the share that is left larger or smaller than that?",
            choices=("larger", "smaller", "it is exactly 1/16"),
            answer=1,
            reveal="In about six draws of ten: a minority of draws with a large region carries the average.",
        ),
        notes=[
            "Arrows: the patterns. Drag the sphere, or use the arrow keys, to turn it. The last two numbers count 200 other draws."
        ],
        announce="Patterns: {patterns:.0f}. They leave {share:.1%} of the sphere; the average over draws is {average:.1%}.",
        alt=(
            "Left: a sphere covered with points; a triangular patch of bright points, the weights that satisfy all four patterns, and four arrows. "
            "Right: the share of the sphere left after each pattern falls in steps, on a logarithmic axis, beside a dashed straight line that halves each time."
        ),
    )
