r"""A perceptron learning in the plane, one correction at a time, squeezed between the two bounds of the convergence theorem.

Patterns :math:`x^\mu` in the plane carry the label :math:`y^\mu=\mathrm{sign}(t\cdot x^\mu)` of a teacher :math:`t`, :math:`|t|=1`, and keep
a distance of at least :math:`\gamma` from his line. Rosenblatt's rule (1962) adds :math:`y^\mu x^\mu` to :math:`w` whenever
:math:`y^\mu\,w\cdot x^\mu\le 0`, starting from :math:`w=0`. After :math:`k` corrections

.. math:: k\,\gamma \;\le\; w\cdot t \;\le\; |w| \;\le\; R\sqrt{k}, \qquad\text{hence}\quad k\le R^2/\gamma^2,

with :math:`R=\max_\mu|x^\mu|` (Novikoff 1962). Chapter ``capacity/perceptron``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from learnscape import style
from learnscape.explore.actions import ADVANCE, RESTART
from learnscape.explore.core import Explorable, FloatArray
from learnscape.explore.hosts import explorable
from learnscape.explore.layout import layout
from learnscape.explore.random_state import seed_state, uniform
from learnscape.explore.spec import Axis, Control, Dot, Line, Panel, Readout, Simulation, View
from learnscape.numerics.jit import kernel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["learning_perceptron"]

MAX_PATTERNS, HISTORY = 40, 41
LAYOUT = layout(
    updates=1,
    wrong=1,
    bound=1,
    radius=1,
    gamma=1,
    finished=1,
    last=1,
    length=1,
    overlap=1,
    weights=2,
    teacher=2,
    _random=1,
    x=MAX_PATTERNS,
    y=MAX_PATTERNS,
    labels=MAX_PATTERNS,
    mistakes=MAX_PATTERNS,
    step=HISTORY,
    lengths=HISTORY,
    overlaps=HISTORY,
    lower=HISTORY,
    upper=HISTORY,
)
OUT = LAYOUT.offsets


@kernel
def _draw(inputs: FloatArray, outputs: FloatArray) -> None:
    """New patterns, labelled by the teacher, close to his line but pushed away from it by the margin; weights back to zero."""
    patterns, gap = int(inputs[0]), inputs[1]
    norm = math.sqrt(inputs[2] * inputs[2] + inputs[3] * inputs[3])
    tx, ty = 1.0, 0.0
    if norm > 1e-12:
        tx, ty = inputs[2] / norm, inputs[3] / norm
    outputs[OUT.teacher], outputs[OUT.teacher + 1] = tx, ty
    seed_state(outputs, OUT.random, inputs[5])
    radius, gamma = 0.0, 10.0
    for i in range(MAX_PATTERNS):
        u, v = 1.0, 1.0
        while u * u + v * v > 1.0:
            u = 2.0 * uniform(outputs, OUT.random) - 1.0
            v = 2.0 * uniform(outputs, OUT.random) - 1.0
        along, across = tx * u + ty * v, tx * v - ty * u
        label = 1.0 if along >= 0.0 else -1.0
        along = label * (gap + (0.7 - gap) * along * along)
        outputs[OUT.x + i], outputs[OUT.y + i] = math.nan, math.nan
        outputs[OUT.labels + i], outputs[OUT.mistakes + i] = 0.0, 0.0
        if i < patterns:
            outputs[OUT.x + i] = along * tx - across * ty
            outputs[OUT.y + i] = along * ty + across * tx
            outputs[OUT.labels + i], outputs[OUT.mistakes + i] = label, 1.0
            radius = max(radius, math.sqrt(along * along + across * across))
            gamma = min(gamma, abs(along))
    outputs[OUT.radius], outputs[OUT.gamma], outputs[OUT.bound] = (
        radius,
        gamma,
        radius * radius / (gamma * gamma),
    )
    outputs[OUT.last], outputs[OUT.wrong] = -1.0, float(patterns)
    for k in range(HISTORY):
        outputs[OUT.step + k] = k
        outputs[OUT.lengths + k], outputs[OUT.overlaps + k] = math.nan, math.nan
        outputs[OUT.lower + k], outputs[OUT.upper + k] = gamma * k, radius * math.sqrt(k)
    outputs[OUT.lengths], outputs[OUT.overlaps] = 0.0, 0.0


@kernel
def _correct(inputs: FloatArray, outputs: FloatArray) -> None:
    """Go round the patterns to the next mistake and correct it; count the mistakes that are left."""
    patterns, start = int(inputs[0]), int(outputs[OUT.last]) + 1
    for k in range(patterns):
        i = (start + k) % patterns
        if (
            outputs[OUT.labels + i]
            * (outputs[OUT.weights] * outputs[OUT.x + i] + outputs[OUT.weights + 1] * outputs[OUT.y + i])
            <= 0.0
        ):
            outputs[OUT.weights] += outputs[OUT.labels + i] * outputs[OUT.x + i]
            outputs[OUT.weights + 1] += outputs[OUT.labels + i] * outputs[OUT.y + i]
            outputs[OUT.updates] += 1.0
            outputs[OUT.last] = i
            break
    wrong = 0.0
    for i in range(patterns):
        product = outputs[OUT.labels + i] * (
            outputs[OUT.weights] * outputs[OUT.x + i] + outputs[OUT.weights + 1] * outputs[OUT.y + i]
        )
        outputs[OUT.mistakes + i] = 1.0 if product <= 0.0 else 0.0
        wrong += outputs[OUT.mistakes + i]
    outputs[OUT.wrong] = wrong
    outputs[OUT.finished] = 1.0 if wrong == 0.0 else 0.0
    outputs[OUT.length] = math.sqrt(outputs[OUT.weights] ** 2 + outputs[OUT.weights + 1] ** 2)
    outputs[OUT.overlap] = (
        outputs[OUT.weights] * outputs[OUT.teacher] + outputs[OUT.weights + 1] * outputs[OUT.teacher + 1]
    )
    done = int(outputs[OUT.updates])
    if done < HISTORY:
        outputs[OUT.lengths + done], outputs[OUT.overlaps + done] = outputs[OUT.length], outputs[OUT.overlap]


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    if inputs[4] == RESTART:
        _draw(inputs, outputs)
    elif inputs[4] == ADVANCE and outputs[OUT.finished] == 0.0:
        _correct(inputs, outputs)


def _plane(axes: Axes, values: dict[str, float], outputs: dict[str, Any]) -> None:
    """The picture of ``page/js/views/perceptron_plane.js`` in Matplotlib."""
    x, y, labels, wrong = outputs["x"], outputs["y"], outputs["labels"], outputs["mistakes"] > 0
    wx, wy = outputs["weights"]
    tx, ty = outputs["teacher"]
    length = math.hypot(wx, wy) or 1.0
    axes.plot([-2 * ty, 2 * ty], [2 * tx, -2 * tx], "--", color=style.neutral["muted"], lw=1.2)
    axes.plot(
        [-2 * wy / length, 2 * wy / length], [2 * wx / length, -2 * wx / length], color=style.color["theory"]
    )
    arrow = {"arrowstyle": "-|>", "color": style.color["theory"], "lw": 2}
    axes.annotate("", (0.5 * wx / length, 0.5 * wy / length), (0, 0), arrowprops=arrow)
    axes.plot(x[labels > 0], y[labels > 0], "o", color=style.color["sat"])
    axes.plot(x[labels < 0], y[labels < 0], "s", mfc=style.neutral["page"], color=style.color["simulation"])
    axes.plot(x[wrong], y[wrong], "o", ms=12, mfc="none", color=style.color["unsat"])
    axes.set(xlim=(-1.25, 1.25), ylim=(-1.25, 1.25), aspect="equal", xticks=[], yticks=[])
    axes.set_axis_off()


@explorable
def learning_perceptron() -> Explorable:
    """Rosenblatt's rule on patterns in the plane, with the two bounds of the convergence theorem.

    Examples
    --------
    >>> answer = learning_perceptron().evaluate(steps=200, gap=0.2)
    >>> int(answer["wrong"][0]), bool(answer["updates"][0] <= answer["bound"][0])
    (0, True)
    """
    squeeze = Panel(
        x=Axis("corrections *k*", (0, 24)),
        y=Axis("length of *w*, and its part along the teacher", (0, 3)),
        marks=[
            Line(role="theory", x="step", y="upper", label="*R*√*k*", label_at=0.3),
            Line(
                role="theory",
                x="step",
                y="lower",
                dash=True,
                label="*γk*",
                label_at=0.42,
            ),
            Dot(role="simulation", x="step", y="lengths", radius=3.5),
            Dot(role="simulation", x="step", y="overlaps", radius=3.5, hollow=True),
        ],
        alt="Length of the weights (filled) and their part along the teacher (hollow) after each correction, between two bounds that cross.",
        aspect=0.9,
    )
    plane = View(
        "perceptron_plane",
        _plane,
        alt="The plane with labelled patterns, the perceptron's line, and the teacher's line, which can be dragged.",
        aspect=0.9,
        options={"teacher": ["teacher_x", "teacher_y"]},
    )
    return Explorable(
        "learning_perceptron",
        _kernel,
        title="How often must a perceptron be corrected?",
        controls=[
            Control("patterns", "patterns *P*", 2, MAX_PATTERNS, 30, 1, digits=0),
            Control("gap", "margin of the teacher *γ*", 0.05, 0.5, 0.06, 0.01),
            Control("teacher_x", "teacher, horizontal", -1.0, 1.0, 0.4, 0.01, kind="hidden"),
            Control("teacher_y", "teacher, vertical", -1.0, 1.0, 0.9, 0.01, kind="hidden"),
        ],
        outputs=LAYOUT,
        picture=[plane, squeeze],
        readouts=[
            Readout("updates", "corrections so far", 0, role="simulation"),
            Readout("bound", "never more than *R*^2/*γ*^2", 1, role="theory"),
            Readout("wrong", "patterns still wrong", 0, role="unsat"),
        ],
        simulation=Simulation(
            interval=700, finished="finished", seed=5, opening_steps=6, new_data="New patterns"
        ),
        notes=[
            "Drag the tip of the dashed arrow to turn the teacher. Filled and hollow points must end on different sides of the line. "
            "The length never exceeds *R*√*k*, and the part along the teacher is never less than *γk*."
        ],
        announce="Corrections: {updates:.0f}, and never more than {bound:.1f}. Patterns still wrong: {wrong:.0f}.",
        alt=(
            "Left: thirty patterns in the plane, grey-blue discs for one label and hollow orange squares for the other, the line of a perceptron after "
            "six corrections and the dashed line of the teacher. Right: the length of the weights against the number of corrections, "
            "below a square-root curve and above a straight line."
        ),
    )
