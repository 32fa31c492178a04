r"""A small deep network learns random labels before the reader's eyes, or gets stuck: the jamming of networks, live.

Two hidden layers of ReLU neurons of width h see P random patterns with labels that alternate. With :math:`\Delta_\mu=1-y_\mu f(x_\mu)`,

.. math:: \mathcal L = \frac1P\sum_\mu \tfrac12\,[\Delta_\mu]_+^2, \qquad N = dh + h^2 + h \ \text{weights},\quad d = 6,

is lowered by full-batch Adam whose rate falls from 0.01 to 0.001. Training stops where no pattern is unsatisfied, :math:`N_\Delta=0`,
or after 30000 steps. The virial :math:`V=\sum\Delta^2/\sum\Delta` over the unsatisfied patterns is 1 at every minimum. The model is that of M. Geiger et al., Physical Review E 100, 012115 (2019), far smaller; chapter
``jamming/deep-networks``. Parameters lie as in :mod:`learnscape.fully_connected`: rows [W | b], layer after layer.
"""

from __future__ import annotations

import math

from learnscape.explore.actions import ADVANCE, RESTART
from learnscape.explore.core import Explorable, FloatArray
from learnscape.explore.hosts import explorable
from learnscape.explore.layout import layout
from learnscape.explore.random_state import normal, seed_state
from learnscape.explore.spec import (
    Axis,
    Bar,
    Control,
    Dot,
    Line,
    Note,
    Panel,
    Question,
    Readout,
    Rule,
    Simulation,
    Text,
)
from learnscape.numerics.jit import kernel

__all__ = ["hinge_network"]

D, WIDEST, MOST = 6, 10, 400
FRAME, FRAMES = 200, 150  # steps of training between two pictures, pictures until training ends
FAST, SLOW = 0.01, 0.001
BETA_1, BETA_2, SMALL = 0.9, 0.999, 1e-8
LOW, BIN, BINS, ZERO = -4.0, 0.125, 48, 32  # Delta = 0 is the left end of bin ZERO
PARAMETERS = WIDEST * (D + 1) + WIDEST * (WIDEST + 1) + WIDEST + 1

LAYOUT = layout(
    finished=1,
    steps=1,
    loss=1,
    unsatisfied=1,
    errors=1,
    weights=1,
    load=1,
    ratio=1,
    learned=1,
    stuck=1,
    virial=1,
    _power_1=1,
    _power_2=1,
    _random=1,
    time=FRAMES + 1,
    course=FRAMES + 1,
    bin_at=BINS,
    sat=BINS,
    unsat=BINS,
    delta=MOST,
    parameters=PARAMETERS,
    gradient=PARAMETERS,
    _first_moment=PARAMETERS,
    _second_moment=PARAMETERS,
    x=MOST * D,
    _neurons=3 * WIDEST,
)
OUT = LAYOUT.offsets


@kernel
def _draw(width: int, patterns: int, outputs: FloatArray) -> None:
    """Patterns, centred and of length sqrt(d); weights of variance 2 / fan-in (1 / fan-in in the last layer), biases zero."""
    for i in range(D):
        mean = 0.0
        for mu in range(patterns):
            value = normal(outputs, OUT.random)
            outputs[OUT.x + mu * D + i] = value
            mean += value / patterns
        for mu in range(patterns):
            outputs[OUT.x + mu * D + i] -= mean
    for mu in range(patterns):
        square = 0.0
        for i in range(D):
            square += outputs[OUT.x + mu * D + i] ** 2
        scale = math.sqrt(D / square)
        for i in range(D):
            outputs[OUT.x + mu * D + i] *= scale
    at, before = OUT.parameters, D
    for layer in range(3):
        rows = width if layer < 2 else 1
        spread = math.sqrt((2.0 if layer < 2 else 1.0) / before)
        for _ in range(rows):
            for _ in range(before):
                outputs[at] = spread * normal(outputs, OUT.random)
                at += 1
            outputs[at] = 0.0
            at += 1
        before = width


@kernel
def _evaluate(width: int, patterns: int, outputs: FloatArray) -> None:
    """Delta of all patterns, loss, N_Delta, how many are misclassified, and the gradient of the loss; only unsatisfied patterns go backwards."""
    n = width * (D + 1) + width * (width + 1) + width + 1
    one, two = OUT.parameters, OUT.parameters + width * (D + 1)
    three = two + width * (width + 1)
    shift = OUT.gradient - OUT.parameters
    a1, a2, back = OUT.neurons, OUT.neurons + WIDEST, OUT.neurons + 2 * WIDEST
    for k in range(n):
        outputs[OUT.gradient + k] = 0.0
    loss, unsatisfied, errors = 0.0, 0.0, 0.0
    for mu in range(patterns):
        x = OUT.x + mu * D
        for i in range(width):
            row = one + i * (D + 1)
            total = outputs[row + D]
            for j in range(D):
                total += outputs[row + j] * outputs[x + j]
            outputs[a1 + i] = total if total > 0.0 else 0.0
        answer = outputs[three + width]
        for i in range(width):
            row = two + i * (width + 1)
            total = outputs[row + width]
            for j in range(width):
                total += outputs[row + j] * outputs[a1 + j]
            outputs[a2 + i] = total if total > 0.0 else 0.0
            answer += outputs[three + i] * outputs[a2 + i]
        label = 1.0 if mu % 2 == 0 else -1.0
        delta = 1.0 - label * answer
        outputs[OUT.delta + mu] = delta
        if delta <= 0.0:
            continue
        unsatisfied += 1.0
        errors += 1.0 if delta >= 1.0 else 0.0
        loss += 0.5 * delta * delta
        error = -label * delta / patterns
        for j in range(width):
            outputs[back + j] = 0.0
        for i in range(width):
            if outputs[a2 + i] > 0.0:
                row = two + i * (width + 1)
                outputs[shift + three + i] += error * outputs[a2 + i]
                signal = error * outputs[three + i]
                for j in range(width):
                    outputs[shift + row + j] += signal * outputs[a1 + j]
                    outputs[back + j] += signal * outputs[row + j]
                outputs[shift + row + width] += signal
        outputs[shift + three + width] += error
        for i in range(width):
            if outputs[a1 + i] > 0.0:
                row = shift + one + i * (D + 1)
                signal = outputs[back + i]
                for j in range(D):
                    outputs[row + j] += signal * outputs[x + j]
                outputs[row + D] += signal
    outputs[OUT.loss], outputs[OUT.unsatisfied], outputs[OUT.errors] = loss / patterns, unsatisfied, errors


@kernel
def _adam(width: int, outputs: FloatArray) -> None:
    """One step along the gradient that is there; the rate falls linearly over the whole training."""
    n = width * (D + 1) + width * (width + 1) + width + 1
    outputs[OUT.power_1] *= BETA_1
    outputs[OUT.power_2] *= BETA_2
    rate = (SLOW + (FAST - SLOW) * (1.0 - outputs[OUT.steps] / (FRAME * FRAMES))) / (
        1.0 - outputs[OUT.power_1]
    )
    root = 1.0 / (1.0 - outputs[OUT.power_2])
    for k in range(n):
        slope = outputs[OUT.gradient + k]
        outputs[OUT.first_moment + k] = BETA_1 * outputs[OUT.first_moment + k] + (1.0 - BETA_1) * slope
        outputs[OUT.second_moment + k] = (
            BETA_2 * outputs[OUT.second_moment + k] + (1.0 - BETA_2) * slope * slope
        )
        outputs[OUT.parameters + k] -= (
            rate * outputs[OUT.first_moment + k] / (math.sqrt(outputs[OUT.second_moment + k] * root) + SMALL)
        )
    outputs[OUT.steps] += 1.0


@kernel
def _show(patterns: int, outputs: FloatArray) -> None:
    """Verdict, one more point of the course, and the histogram of Delta; its end bins hold all that lies beyond."""
    outputs[OUT.ratio] = outputs[OUT.unsatisfied] / outputs[OUT.weights]
    outputs[OUT.learned] = 1.0 if outputs[OUT.unsatisfied] == 0.0 else 0.0
    outputs[OUT.stuck] = (
        1.0 if outputs[OUT.steps] >= FRAME * FRAMES and outputs[OUT.unsatisfied] > 0.0 else 0.0
    )
    outputs[OUT.finished] = outputs[OUT.learned] + outputs[OUT.stuck]
    frame = int((outputs[OUT.steps] + FRAME - 1.0) / FRAME)
    outputs[OUT.time + frame] = outputs[OUT.steps]
    outputs[OUT.course + frame] = outputs[OUT.ratio] if outputs[OUT.unsatisfied] > 0.0 else math.nan
    first, second = 0.0, 0.0
    for mu in range(patterns):
        push = max(outputs[OUT.delta + mu], 0.0)
        first += push
        second += push * push
    outputs[OUT.virial] = second / first if first > 0.0 else math.nan
    for k in range(BINS):
        outputs[OUT.bin_at + k] = LOW + (k + 0.5) * BIN
        outputs[OUT.sat + k], outputs[OUT.unsat + k] = 0.0, 0.0
    for mu in range(patterns):
        delta = outputs[OUT.delta + mu]
        k = int(min(max((delta - LOW) / BIN, 0.0), BINS - 1.0))
        if delta > 0.0:
            outputs[OUT.unsat + k] += 1.0 / patterns
        else:
            outputs[OUT.sat + k if delta < 0.0 else OUT.sat + ZERO - 1] += 1.0 / patterns


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    """inputs: width, patterns, action, seed. Outputs: verdict, course of N_Delta / N, histogram, then the state of the training."""
    width, patterns = int(inputs[0]), int(inputs[1])
    if inputs[2] == RESTART:
        seed_state(outputs, OUT.random, inputs[3])
        _draw(width, patterns, outputs)
        outputs[OUT.weights] = float(D * width + width * width + width)
        outputs[OUT.load] = patterns / outputs[OUT.weights]
        outputs[OUT.power_1], outputs[OUT.power_2] = 1.0, 1.0
        for k in range(FRAMES + 1):
            outputs[OUT.time + k], outputs[OUT.course + k] = math.nan, math.nan
        _evaluate(width, patterns, outputs)
        _show(patterns, outputs)
    elif inputs[2] == ADVANCE and outputs[OUT.finished] == 0.0:
        for _ in range(FRAME):
            _adam(width, outputs)
            _evaluate(width, patterns, outputs)
            if outputs[OUT.unsatisfied] == 0.0:
                break
        _show(patterns, outputs)


@explorable
def hinge_network() -> Explorable:
    """A network with two hidden layers, trained on random labels until it has learned all or time is over.

    Examples
    --------
    >>> few = hinge_network().evaluate(width=8, patterns=40, steps=60)
    >>> print(f"{few['weights'][0]:.0f} weights, {few['unsatisfied'][0]:.0f} patterns unsatisfied")
    120 weights, 0 patterns unsatisfied
    """
    course = Panel(
        x=Axis("steps of training", (0, FRAME * FRAMES), ticks=(0, 10000, 20000, 30000)),
        y=Axis(
            "unsatisfied patterns per weight *N*_Δ/*N*", (0.004, 10.0), scale="log", ticks=(0.01, 0.1, 1, 10)
        ),
        marks=[
            Rule(role="muted", y=1.0, label="one per weight"),
            Line(role="simulation", x="time", y="course"),
            Dot(role="simulation", x="steps", y="ratio", radius=5.0),
        ],
        alt="Unsatisfied patterns per weight against steps of training, on a logarithmic scale; the curve ends where all patterns are learned.",
        aspect=0.9,
    )
    histogram = Panel(
        x=Axis("Δ = 1 − *y f*(*x*)", (LOW, LOW + BINS * BIN)),
        y=Axis("share of the patterns", (0.0, 0.7)),
        marks=[
            Bar(role="sat", x="bin_at", y="sat", width=0.9 * BIN),
            Bar(role="unsat", x="bin_at", y="unsat", width=0.9 * BIN),
            Rule(role="axis", x=0.0, dash=False, width=1.0),
            Text(role="sat", label="satisfied", x=-0.15, y=0.65, anchor="end"),
            Text(role="unsat", label="unsatisfied", x=0.15, y=0.65),
        ],
        alt="Histogram of Delta over the patterns: satisfied patterns left of zero, unsatisfied ones to the right.",
        aspect=0.9,
    )
    return Explorable(
        "hinge_network",
        _kernel,
        title="How many random labels can a small network learn?",
        controls=[
            Control("width", "width of both hidden layers *h*", 4, WIDEST, 8, 1, digits=0),
            Control("patterns", "patterns *P*", 20, MOST, 200, 10, digits=0),
        ],
        outputs=LAYOUT,
        picture=[course, histogram],
        readouts=[
            Readout("weights", "weights *N*", 0),
            Readout("load", "patterns per weight *P*/*N*", 2),
            Readout("unsatisfied", "unsatisfied patterns *N*_Δ", 0, role="unsat"),
            Readout("ratio", "*N*_Δ/*N*", 3, role="unsat"),
            Readout("errors", "misclassified, Δ ≥ 1", 0, role="unsat"),
            Readout("loss", "loss", 6),
            Readout("virial", "virial *V*, 1 at a minimum", 3, when="virial"),
        ],
        simulation=Simulation(
            interval=60, finished="finished", seed=1, opening_steps=15, new_data="New draw"
        ),
        question=Question(
            "With *h* = 8 the network has *N* = 120 weights. How many random labels can it learn, so that about half of all runs succeed?",
            choices=("about 40", "about 100", "about 200"),
            answer=2,
            reveal="About 200, 1.6 labels per weight, half of what large networks learn that are trained for long. Of 24 draws each, 23 were learned with 100 patterns, 16 with 180, 11 with 200, 6 with 220, 2 with "
            "240 and none with 320. The transition is smeared: the network is small and training ends after 30000 steps. Many runs fail for another "
            "reason, all 6 of 24 that fail with 80 patterns and 7 of the 13 with 200: a whole layer is off for the patterns left, and nothing tells them apart.",
        ),
        notes=[
            Note(
                "All patterns are satisfied: the loss is exactly zero, and training has nothing left to do.",
                when="learned",
            ),
            Note(
                "Time is over and patterns are left unsatisfied: this run did not learn all labels. If *V* is not 1, or no pattern is misclassified, it has not reached a minimum either.",
                when="stuck",
            ),
            "The outermost bars hold all patterns beyond them. New draw: other patterns and other initial weights.",
        ],
        announce="Steps: {steps:.0f}. Unsatisfied patterns: {unsatisfied:.0f} of {patterns:.0f}, {ratio:.2f} per weight.",
        alt=(
            "Left: unsatisfied patterns per weight against steps of training, for 200 patterns and 120 weights: the curve falls from above one "
            "and has reached the point of 3000 steps. Right: the histogram of Delta, satisfied patterns in grey-blue bars left of zero, "
            "unsatisfied ones in red bars to the right."
        ),
    )
