r"""The Gardner volume in three dimensions: which part of a sphere of weights is left when patterns arrive.

Weights and patterns are vectors of length sqrt(3) in three dimensions; a pattern keeps the weights with stability
:math:`w\cdot\xi/\sqrt3\ge\kappa`, a spherical cap. The sphere is covered by evenly spread points (a Fibonacci spiral), and the volume
is the share of the points that are left. The same is counted for 200 other draws of patterns. The average over draws of the patterns is exact, because a cap's area does not depend on
its direction: by Archimedes, a share :math:`(1-\kappa/\sqrt3)/2` of the sphere. Chapter ``capacity/gardner-volume``.
"""

from __future__ import annotations

import math

import numpy as np

from learnscape.explore.core import Explorable, FloatArray
from learnscape.explore.hosts import explorable
from learnscape.explore.layout import layout
from learnscape.explore.random_state import seed_state
from learnscape.explore.spec import Axis, Control, Dot, Line, Panel, Question, Readout, View
from learnscape.explore.sphere import POINTS, SQRT3, draw_sphere, random_direction, spiral_point
from learnscape.numerics.jit import kernel

__all__ = ["gardner_volume"]

MAX_PATTERNS = 10
STEPS = MAX_PATTERNS + 1
DRAWS = 200  # over which the readouts count
LAYOUT = layout(
    share=1,
    average=1,
    _random=1,
    below=1,
    empty=1,
    facing=3,
    directions=3 * MAX_PATTERNS,
    left=STEPS,
    expected=STEPS,
    fate=POINTS,
)
OUT = LAYOUT.offsets


@kernel
def _draw_patterns(seed: float, outputs: FloatArray) -> None:
    """Uniform directions, and one from which the first patterns are seen well."""
    seed_state(outputs, OUT.random, seed)
    for k in range(3):
        outputs[OUT.facing + k] = 0.0
    for mu in range(MAX_PATTERNS):
        random_direction(outputs, OUT.random, OUT.directions + 3 * mu)
        if mu < 4:  # the first four patterns point, on average, towards the weights that satisfy them
            for k in range(3):
                outputs[OUT.facing + k] += outputs[OUT.directions + 3 * mu + k]
    x, y, z = outputs[OUT.facing], outputs[OUT.facing + 1], outputs[OUT.facing + 2]
    length = math.sqrt(x * x + y * y + z * z)
    for k in range(3):
        outputs[OUT.facing + k] /= length


@kernel
def _first_forbidding(
    x: float, y: float, z: float, patterns: int, threshold: float, outputs: FloatArray
) -> int:
    """Number of the first pattern that forbids the point, or ``patterns``."""
    for mu in range(patterns):
        k = OUT.directions + 3 * mu
        if x * outputs[k] + y * outputs[k + 1] + z * outputs[k + 2] < threshold:
            return mu
    return patterns


@kernel
def _share_left(patterns: int, threshold: float, outputs: FloatArray) -> float:
    """Share of the points of the spiral that no pattern forbids; ``left`` and ``fate`` are filled on the way."""
    for p in range(STEPS):
        outputs[OUT.left + p] = 0.0 if p <= patterns else math.nan
    c, s = 1.0, 0.0
    for i in range(POINTS):
        x, y, z, c, s = spiral_point(i, c, s)
        fate = _first_forbidding(x, y, z, patterns, threshold, outputs)
        for p in range(fate + 1):
            outputs[OUT.left + p] += 1.0 / POINTS
        outputs[OUT.fate + i] = fate
    return outputs[OUT.left + patterns]


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    """Count over many draws first, so that the draw asked for is the one that stays in the outputs."""
    patterns, threshold = int(inputs[0]), inputs[1] / SQRT3
    expected = 1.0
    for p in range(STEPS):
        outputs[OUT.expected + p] = expected
        if p == patterns:
            outputs[OUT.average] = expected
        expected *= 0.5 * (1.0 - threshold)
    below, empty = 0, 0
    for draw in range(DRAWS):
        _draw_patterns(1001.0 + draw, outputs)
        share = _share_left(patterns, threshold, outputs)
        if share < outputs[OUT.average] - 1e-9:
            below += 1
        if share < 0.5 / POINTS:
            empty += 1
    outputs[OUT.below], outputs[OUT.empty] = below / DRAWS, empty / DRAWS
    _draw_patterns(1.0 + inputs[2], outputs)
    outputs[OUT.share] = _share_left(patterns, threshold, outputs)
    for p in range(STEPS):
        if outputs[OUT.left + p] < 0.5 / POINTS:
            outputs[OUT.left + p] = math.nan  # nothing left: no point on a logarithmic axis


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
        outputs=LAYOUT,
        constants={"counts": np.arange(STEPS, dtype=np.float64)},
        picture=[
            View(
                "sphere",
                draw_sphere,
                title="weights that satisfy every pattern",
                alt="A sphere of weight vectors; the points allowed by all patterns are large and green, arrows are the patterns.",
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
            reveal="Smaller, in about six draws of ten: a minority of draws with a large region carries the average.",
        ),
        notes=[
            "Arrows: the patterns. Drag the sphere, or use the arrow keys, to turn it. The last two numbers count 200 other draws."
        ],
        announce="Patterns: {patterns:.0f}. They leave {share:.1%} of the sphere; the average over draws is {average:.1%}.",
        alt=(
            "Left: a sphere covered with points; a triangular patch of green points, the weights that satisfy all four patterns, and four arrows. "
            "Right: the share of the sphere left after each pattern falls in steps, on a logarithmic axis, beside a dashed straight line that halves each time."
        ),
    )
