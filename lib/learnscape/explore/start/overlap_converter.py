r"""How similar are two weight vectors? One number in six conventions, exactly.

With :math:`|w|^2=|w'|^2=N` and the overlap :math:`q=w\cdot w'/N`: normalised Hamming distance :math:`d=(1-q)/2`, number of
differing binary weights :math:`Nd`, squared Euclidean distance per weight :math:`2(1-q)`, angle :math:`\arccos q`, and probability
:math:`\frac1\pi\arccos q` of disagreeing on a Gaussian input. The same formulas as ``learnscape.conventions``; a test compares.
Chapter ``start/notation``.
"""

from __future__ import annotations

import math

import numpy as np

from learnscape.explore.core import Explorable, FloatArray
from learnscape.explore.hosts import explorable
from learnscape.explore.layout import layout
from learnscape.explore.spec import Axis, Control, Dot, Line, Panel, Question, Readout, Text
from learnscape.numerics.jit import kernel

__all__ = ["overlap_converter"]

PI = 3.141592653589793
ARC = 61
CIRCLE = np.linspace(0, np.pi, 121)
GIVEN = {
    "overlap q": 0.0,
    "distance d": 1.0,
    "differing weights Nd": 2.0,
    "squared distance": 3.0,
    "angle (rad)": 4.0,
    "disagreement": 5.0,
}
LAYOUT = layout(
    status=1,
    overlap=1,
    distance=1,
    flips=1,
    squared_distance=1,
    angle=1,
    degrees=1,
    disagreement=1,
    to_x=2,
    to_y=2,
    height=1,
    above=1,
    arc_x=ARC,
    arc_y=ARC,
)
OUT = LAYOUT.offsets


@kernel
def _arctan(x: float) -> float:
    """arctan for x >= 0 without a mathematical library: halve the angle three times, then a series."""
    inverted = x > 1.0
    if inverted:
        x = 1.0 / x
    for _ in range(3):
        x = x / (1.0 + math.sqrt(1.0 + x * x))
    square = x * x
    series = 0.0
    for k in range(10, -1, -1):
        series = (1.0 if k % 2 == 0 else -1.0) / (2.0 * k + 1.0) + square * series
    angle = 8.0 * x * series
    return 0.5 * PI - angle if inverted else angle


@kernel
def _one_minus_cos(angle: float) -> float:
    """1 - cos, by its series at an eighth of the angle and three doublings; keeps its digits for small angles."""
    x = angle / 8.0
    square = x * x
    series = 0.0
    for k in range(8, 0, -1):
        series = (1.0 - series) * square / ((2.0 * k - 1.0) * (2.0 * k))
    for _ in range(3):
        series = 2.0 * series * (2.0 - series)
    return series


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    """inputs: given, value, N."""
    given = 1.0 * math.floor(inputs[0] + 0.5)
    value = inputs[1]
    n = inputs[2]
    distance = value
    highest = 1.0
    lowest = 0.0
    if given == 0.0:
        distance = 0.5 * (1.0 - value)
        lowest = -1.0
    elif given == 2.0:
        distance = value / n
        highest = n
    elif given == 3.0:
        distance = 0.25 * value
        highest = 4.0
    elif given == 4.0:
        distance = 0.5 * _one_minus_cos(value)
        highest = PI
    elif given == 5.0:
        distance = 0.5 * _one_minus_cos(PI * value)
    outputs[OUT.status] = 0.0
    if value < lowest or value > highest:
        outputs[OUT.status] = 1.0 + given
    distance = min(max(distance, 0.0), 1.0)
    q = 1.0 - 2.0 * distance
    angle = PI
    if distance < 1.0:
        angle = 2.0 * _arctan(math.sqrt(distance / (1.0 - distance)))
    outputs[OUT.overlap] = q
    outputs[OUT.distance] = distance
    outputs[OUT.flips] = n * distance
    outputs[OUT.squared_distance] = 4.0 * distance
    outputs[OUT.angle] = angle
    outputs[OUT.degrees] = angle * 180.0 / PI
    outputs[OUT.disagreement] = angle / PI
    sine = 2.0 * math.sqrt(distance * (1.0 - distance))
    outputs[OUT.to_x] = 0.0
    outputs[OUT.to_x + 1] = q
    outputs[OUT.to_y] = 0.0
    outputs[OUT.to_y + 1] = sine
    outputs[OUT.height] = sine
    outputs[OUT.above] = sine + 0.08
    for i in range(ARC):
        fraction = angle * i / (ARC - 1)
        cosine = 1.0 - _one_minus_cos(fraction)
        outputs[OUT.arc_x + i] = 0.3 * cosine
        outputs[OUT.arc_y + i] = 0.3 * math.sqrt(max(1.0 - cosine * cosine, 0.0))


@explorable
def overlap_converter() -> Explorable:
    """Overlap, distance, angle and disagreement of two weight vectors.

    Examples
    --------
    >>> answer = overlap_converter().evaluate(given=0, value=0.9)
    >>> print(f"{answer['distance'][0]:.3f} {answer['disagreement'][0]:.4f}")
    0.050 0.1436
    """
    panel = Panel(
        x=Axis("along *w*", (-1.25, 1.25)),
        y=Axis("across", (0.0, 1.25)),
        marks=[
            Line(role="muted", x="circle_x", y="circle_y", width=1.0),
            Line(role="muted", x="arc_x", y="arc_y", width=1.5),
            Line(role="theory", x=(0.0, 1.0), y=(0.0, 0.0), width=3.0),
            Line(role="typical", x="to_x", y="to_y", width=3.0),
            Dot(role="theory", x=1.0, y=0.0),
            Dot(role="typical", x="overlap", y="height"),
            Text(role="theory", x=1.06, y=0.06, label="*w*"),
            Text(role="typical", x="overlap", y="above", label="*w*′", anchor="middle"),
        ],
        alt="Two arrows of length one from the centre of a half circle, at the angle between the weight vectors.",
        aspect=0.56,
    )
    numbers = (
        "a number between −1 and 1",
        "a number between 0 and 1",
        "a number between 0 and N",
        "a number between 0 and 4",
        "a number between 0 and π",
        "a number between 0 and 1",
    )
    return Explorable(
        "overlap_converter",
        _kernel,
        title="How similar are two weight vectors?",
        controls=[
            Control("given", "I know the", value=0.0, kind="select", options=GIVEN),
            Control("value", "its value is", -1.0, 1e6, 0.5, 0.0001, kind="number", digits=4),
            Control("n", "number of weights *N*", 1, 1e6, 1000, 1, kind="number", digits=0),
        ],
        outputs=LAYOUT,
        constants={"circle_x": np.cos(CIRCLE), "circle_y": np.sin(CIRCLE)},
        picture=[panel],
        readouts=[
            Readout("overlap", "overlap *q*", 6, role="theory"),
            Readout("distance", "distance *d* = (1 − *q*)/2", 6),
            Readout("flips", "differing binary weights *Nd*", 2),
            Readout("squared_distance", "|*w* − *w*′|²/*N* = 2(1 − *q*)", 6),
            Readout("angle", "angle", 4, unit="rad"),
            Readout("disagreement", "disagreement on a random input", 3, percent=True, role="typical"),
        ],
        question=Question(
            "Two solutions have the overlap 0.9. On which fraction of random inputs do they disagree?",
            choices=("less than 5 %", "5 %", "14 %"),
            answer=2,
            reveal="On 14 % of them, though 5 % of binary weights differ: the angle grows with the square root of the distance.",
        ),
        messages={1 + k: f"The {name} must be {numbers[k]}." for k, name in enumerate(GIVEN)},
        announce="Overlap {overlap:.4f}, distance {distance:.4f}, angle {angle:.4f} rad, disagreement {disagreement:.2%}.",
        alt="Two arrows from the centre of a half circle, 60 degrees apart: weight vectors with overlap 0.5.",
    )
