r"""Two small networks between which the error is high, until their units are put into the same order.

Both have two inputs and six hidden relu units and tell 36 points of a disc from 36 of a ring around it. They were trained by plain descent
(``learnscape.learn.continuous.train`` with a step of 0.1 and batches of 8, down to a mean loss of 0.05), normalised, and rounded; ORDER is what ``unit_matching`` finds
for the second. Their starts, seeds 7 and 18, were picked for the picture: of the 190 pairs of seeds below 20 it is one of five with a barrier of one half on both paths
before matching and none after; the median barrier before is one quarter, and after matching 109 pairs have none. A test trains them again and counts. On the line and on the geodesic between them the
kernel counts the points on the wrong side, and follows the boundary :math:`f=0` at one place of the path. Chapter ``dense/realistic-networks``.
"""

from __future__ import annotations

import math

import numpy as np

from learnscape.explore.core import Explorable, FloatArray
from learnscape.explore.hosts import explorable
from learnscape.explore.layout import layout
from learnscape.explore.spec import Axis, Control, Dot, Line, Note, Panel, Question, Readout, Rule
from learnscape.numerics.jit import kernel

__all__ = ["network_barrier"]

UNITS, POINTS = 6, 72
ROWS, PARAMETERS = 3 * UNITS, 4 * UNITS + 1
FIRST = np.array(
    [0.334, -0.892, -0.303, 0.941, 0.101, -0.322, -0.933, 0.012, -0.36, 0.239, 0.898, -0.37]
    + [-0.489, 0.812, -0.318, -0.588, -0.753, -0.295]
    + [-0.388, -0.551, -0.187, -0.122, -0.479, -0.422, 0.297]
)
SECOND = np.array(
    [-0.743, 0.579, -0.336, -0.728, -0.608, -0.317, 0.854, -0.427, -0.298, -0.177, 0.933, -0.314]
    + [0.586, -0.74, -0.331, 0.535, 0.772, -0.344]
    + [-0.349, -0.556, -0.25, -0.18, -0.447, -0.431, 0.298]
)
ORDER = np.array([4, 2, 0, 5, 3, 1])
PLACES = 41
ANGLES, RADII, REACH = 73, 48, 1.6
LAYOUT = layout(
    errors=1,
    barrier=1,
    overlap=1,
    mixed=1,
    ordered=1,
    position=PLACES,
    error=PLACES,
    at=1,
    boundary_x=ANGLES,
    boundary_y=ANGLES,
    inner_x=POINTS,
    inner_y=POINTS,
    outer_x=POINTS,
    outer_y=POINTS,
    wrong_x=POINTS,
    wrong_y=POINTS,
    _point=PARAMETERS,
)
OUT = LAYOUT.offsets


@kernel
def _x(k: int) -> float:
    """First coordinate of a point: sunflower in the disc, ring outside."""
    return _radius(k) * math.cos(2.399963 * k)


@kernel
def _y(k: int) -> float:
    return _radius(k) * math.sin(2.399963 * k)


@kernel
def _radius(k: int) -> float:
    half = POINTS // 2
    if k < half:
        return 0.75 * math.sqrt((k + 0.5) / half)
    return 1.15 + 0.35 * ((0.6180339887 * k) % 1.0)


@kernel
def _place(t: float, matched: bool, rotate: bool, outputs: FloatArray) -> None:
    """The network at t, 0 the first and 1 the second; each row, and the last layer, on a line or rotated."""
    for row in range(UNITS + 1):
        first = 3 * row
        size = 3 if row < UNITS else UNITS + 1
        product = 0.0
        for i in range(size):
            product += FIRST[first + i] * _second(row, i, matched)
        u, v = 1.0 - t, t
        if rotate:
            angle = math.acos(max(-1.0, min(1.0, product)))
            if angle > 1e-6:
                u, v = math.sin((1.0 - t) * angle) / math.sin(angle), math.sin(t * angle) / math.sin(angle)
        for i in range(size):
            outputs[OUT.point + first + i] = u * FIRST[first + i] + v * _second(row, i, matched)


@kernel
def _second(row: int, i: int, matched: bool) -> float:
    """Entry i of a row of the second network, in the order asked for."""
    if row == UNITS:
        return SECOND[ROWS + (ORDER[i] if matched and i < UNITS else i)]
    return SECOND[3 * (ORDER[row] if matched else row) + i]


@kernel
def _output(x: float, y: float, outputs: FloatArray) -> float:
    w = OUT.point
    f = outputs[w + PARAMETERS - 1]
    for j in range(UNITS):
        z = outputs[w + 3 * j] * x + outputs[w + 3 * j + 1] * y + outputs[w + 3 * j + 2]
        f += outputs[w + ROWS + j] * max(z, 0.0)
    return f


@kernel
def _wrong(k: int, outputs: FloatArray) -> bool:
    f = _output(_x(k), _y(k), outputs)
    return f <= 0.0 if k < POINTS // 2 else f >= 0.0


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    """inputs: place on the path, whether units are matched, whether rows are rotated."""
    t, matched, rotate = inputs[0], inputs[1] > 0.5, inputs[2] > 0.5
    largest = 0.0
    for i in range(PLACES):
        _place(i / (PLACES - 1), matched, rotate, outputs)
        count = 0
        for k in range(POINTS):
            if _wrong(k, outputs):
                count += 1
        outputs[OUT.position + i] = i / (PLACES - 1)
        outputs[OUT.error + i] = 100.0 * count / POINTS
        largest = max(largest, 1.0 * count)
    overlap = 0.0
    for row in range(UNITS):
        for i in range(3):
            overlap += FIRST[3 * row + i] * _second(row, i, matched)
    _place(t, matched, rotate, outputs)
    count = 0
    for k in range(POINTS):
        inside, wrong = k < POINTS // 2, _wrong(k, outputs)
        outputs[OUT.inner_x + k] = _x(k) if inside else math.nan
        outputs[OUT.inner_y + k] = _y(k) if inside else math.nan
        outputs[OUT.outer_x + k] = math.nan if inside else _x(k)
        outputs[OUT.outer_y + k] = math.nan if inside else _y(k)
        outputs[OUT.wrong_x + k] = _x(k) if wrong else math.nan
        outputs[OUT.wrong_y + k] = _y(k) if wrong else math.nan
        if wrong:
            count += 1
    for a in range(ANGLES):
        angle = 2.0 * math.pi * a / (ANGLES - 1)
        inner = 0.0
        for r in range(1, RADII + 1):
            radius = REACH * r / RADII
            if _output(radius * math.cos(angle), radius * math.sin(angle), outputs) <= 0.0:
                break
            inner = radius
        seen = inner < REACH - 1e-9  # else the network says yes as far as one can see
        outputs[OUT.boundary_x + a] = inner * math.cos(angle) if seen else math.nan
        outputs[OUT.boundary_y + a] = inner * math.sin(angle) if seen else math.nan
    outputs[OUT.errors] = count / POINTS
    outputs[OUT.at] = 100.0 * count / POINTS
    outputs[OUT.barrier] = largest / POINTS
    outputs[OUT.overlap] = overlap / UNITS
    outputs[OUT.ordered] = 1.0 if matched else 0.0
    outputs[OUT.mixed] = 0.0 if matched else 1.0


@explorable
def network_barrier() -> Explorable:
    """Error on the way between two small networks, before and after their units are matched.

    Examples
    --------
    >>> for matched in (0, 1):
    ...     answer = network_barrier().evaluate(t=0.5, matched=matched, path=0)
    ...     print(f"{answer['barrier'][0]:.3f} {answer['overlap'][0]:+.1f}")
    0.500 -0.4
    0.000 +0.9
    """
    path = Panel(
        x=Axis("place on the path *t*  (0: first network, 1: second)", (0.0, 1.0)),
        y=Axis("points misread, per cent", (-2.0, 60.0)),
        marks=[
            Line(role="unsat", x="position", y="error"),
            Rule(role="muted", x="t"),
            Dot(role="unsat", x="t", y="at", radius=6.0),
        ],
        alt="Misread points against the place on the path: a plateau at fifty per cent before matching, zero everywhere after it.",
        aspect=0.85,
    )
    plane = Panel(
        x=Axis("input *x*_1", (-1.7, 1.7)),
        y=Axis("input *x*_2", (-1.7, 1.7)),
        marks=[
            Line(role="theory", x="boundary_x", y="boundary_y"),
            Dot(role="dense", x="inner_x", y="inner_y", radius=3.5),
            Dot(role="typical", x="outer_x", y="outer_y", radius=3.5),
            Dot(role="unsat", x="wrong_x", y="wrong_y", radius=6.5, hollow=True),
        ],
        alt="The plane of inputs: green points in a disc, purple ones in a ring, and the boundary of the network as a blue curve; misread points are ringed.",
        aspect=1.0,
    )
    return Explorable(
        "network_barrier",
        _kernel,
        title="Two networks learned one task: can we go from one to the other without an error?",
        controls=[
            Control("t", "place on the path *t*", 0.0, 1.0, 0.3, 0.025),
            Control(
                "matched",
                "units of the second network",
                kind="select",
                options={"as they come": 0.0, "matched to the first": 1.0},
            ),
            Control(
                "path", "path", kind="select", options={"straight line": 0.0, "geodesic": 1.0}, value=0.0
            ),
        ],
        outputs=LAYOUT,
        picture=[path, plane],
        readouts=[
            Readout("errors", "misread at *t*", 1, percent=True, role="unsat"),
            Readout("barrier", "largest on the path", 1, percent=True, role="unsat"),
            Readout("overlap", "mean overlap of units", 2, role="theory"),
        ],
        question=Question(
            "Both ends read all points. With the units as they come, the middle misreads half of them. Does the geodesic, which keeps the length of every row, lower this barrier?",
            choices=("yes", "no"),
            answer=1,
            reveal="It does not: the lengths were not the problem. Match the units: both paths are free of errors.",
        ),
        notes=[
            Note(
                "Unit 1 of the first network is averaged with unit 1 of the second, which looks elsewhere.",
                when="mixed",
            ),
            Note("Each unit turns into one that looks almost the same way.", when="ordered"),
            "A pair picked for its high barrier: half of all pairs trained like this have one of at most 25 per cent, and after matching 109 of 190 have none.",
        ],
        announce="Place {t:.2f}: {errors:.1%} of the points misread, largest on the path {barrier:.1%}.",
        alt=(
            "First picture: misread points along the path, a plateau of fifty per cent. Second: disc and ring of points in the plane of inputs, with the boundary that the network at the chosen place draws."
        ),
    )
