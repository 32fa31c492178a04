r"""Replicated stochastic gradient descent on a small perceptron: y students that learn the same patterns and are drawn together.

Each student has real numbers :math:`H_i` and weights :math:`w_i=\mathrm{sign}\,H_i`. After each batch of ten patterns, on whose violated ones it takes the perceptron's step,

.. math::  H^a_i\leftarrow H^a_i+\lambda\bigl[\tanh\bigl(\gamma\sum_bw^b_i\bigr)-w^a_i\bigr],\qquad\lambda=\tfrac34,

with :math:`\gamma` that grows from sweep to sweep. The centre is the majority of the students. The steps are those of :mod:`learnscape.learn.kernels`, as in
:func:`learnscape.learn.replicated_sgd`. Chapter ``dense/dense-algorithms``.
"""

from __future__ import annotations

import math

import numpy as np

from learnscape.explore.actions import ADVANCE, RESTART
from learnscape.explore.array_views import number_rows, word_rows
from learnscape.explore.core import Explorable, FloatArray
from learnscape.explore.hosts import explorable
from learnscape.explore.layout import layout
from learnscape.explore.random_state import normal
from learnscape.explore.sign_patterns import draw_words, fill_full, seed_generator, shuffle
from learnscape.explore.spec import (
    Axis,
    Control,
    Dot,
    Line,
    Note,
    Panel,
    Question,
    Readout,
    Rule,
    Simulation,
)
from learnscape.learn.kernels import count_errors, decide, differing, gather, take_step, vote
from learnscape.numerics.gaussian import exp_kernel
from learnscape.numerics.jit import kernel

__all__ = ["focusing_replicas"]

N, W, MOST_P, MOST_Y = 201, 4, 151, 9
FILLED = 64 * W
BATCH, STEP, PULL, FIRST = 10, 2.0, 0.75, 0.05
RATES = (0.0, 0.002, 0.01)  # by which gamma grows in a sweep: students on their own, slowly, fast
BUDGET = 200  # sweeps, each a step of the picture
LINE = BUDGET + 2  # one student's curve and a gap

LAYOUT = layout(
    sweeps=1,
    patterns=1,
    gamma=1,
    centre_errors=1,
    fewest=1,
    mean_errors=1,
    overlap=1,
    distance=1,
    centre_first=1,
    student_first=1,
    finished=1,
    together=1,
    given_up=1,
    _seed=1,
    _random=4,
    time=BUDGET + 1,
    centre_course=BUDGET + 1,
    overlap_course=BUDGET + 1,
    students_time=MOST_Y * LINE,
    students_course=MOST_Y * LINE,
    spokes_x=3 * MOST_Y,
    spokes_y=3 * MOST_Y,
    open_x=MOST_Y,
    open_y=MOST_Y,
    done_x=MOST_Y,
    done_y=MOST_Y,
    _errors=MOST_Y + 1,
    _full=W,
    _words=MOST_P * W,
    _numbers=MOST_P * N,
    _weights=(MOST_Y + 1) * W,
    _hidden=MOST_Y * FILLED,
    _votes=FILLED,
    _opinions=2 * MOST_Y + 1,
    _orders=MOST_Y * MOST_P,
)
OUT = LAYOUT.offsets


@kernel
def _draw(p: int, y: int, outputs: FloatArray) -> None:
    """New patterns, and students that know nothing."""
    full = word_rows(outputs[OUT.full : OUT.full + W], 1, W)[0]
    words = word_rows(outputs[OUT.words : OUT.words + MOST_P * W], p, W)
    fill_full(full, N)
    draw_words(words, full, outputs[OUT.random : OUT.random + 4])
    for mu in range(p):
        for i in range(N):
            bit = (words[mu, i // 64] >> np.uint64(i % 64)) & np.uint64(1)
            outputs[OUT.numbers + mu * N + i] = 1.0 if bit != np.uint64(0) else -1.0
    for a in range(y):
        for i in range(FILLED):
            outputs[OUT.hidden + a * FILLED + i] = normal(outputs, OUT.seed) if i < N else -1.0
        for mu in range(p):
            outputs[OUT.orders + a * MOST_P + mu] = mu


@kernel
def _decide_all(y: int, outputs: FloatArray) -> None:
    weights = word_rows(outputs[OUT.weights : OUT.weights + (MOST_Y + 1) * W], MOST_Y + 1, W)
    hidden = number_rows(outputs[OUT.hidden : OUT.hidden + MOST_Y * FILLED], y, FILLED)
    for a in range(y):
        decide(hidden[a], weights[a])


@kernel
def _sweep(p: int, y: int, rate: float, outputs: FloatArray) -> None:
    """Every student sees every pattern once, in batches; after each batch all are drawn together, unless rate is 0."""
    words = word_rows(outputs[OUT.words : OUT.words + MOST_P * W], p, W)
    numbers = number_rows(outputs[OUT.numbers : OUT.numbers + MOST_P * N], p, N)
    weights = word_rows(outputs[OUT.weights : OUT.weights + (MOST_Y + 1) * W], MOST_Y + 1, W)
    hidden = number_rows(outputs[OUT.hidden : OUT.hidden + MOST_Y * FILLED], y, FILLED)
    votes, opinions = outputs[OUT.votes : OUT.votes + FILLED], outputs[OUT.opinions : OUT.orders]
    gamma = FIRST + rate * outputs[OUT.sweeps] if rate > 0.0 else 0.0
    for k in range(2 * y + 1):
        e = exp_kernel(-2.0 * gamma * abs(k - y))
        opinions[k] = (1.0 - e) / (1.0 + e) if k > y else (e - 1.0) / (1.0 + e)
    for a in range(y):
        start = OUT.orders + a * MOST_P
        shuffle(outputs[start : start + p], outputs[OUT.random : OUT.random + 4])
    for start in range(0, p, BATCH):
        for a in range(y):
            for position in range(start, min(start + BATCH, p)):
                mu = int(outputs[OUT.orders + a * MOST_P + position])
                if N - 2 * differing(words[mu], weights[a]) < 1:
                    take_step(hidden[a], numbers[mu], STEP)
        if rate > 0.0:
            gather(hidden, votes, opinions, PULL, N)
        _decide_all(y, outputs)
    outputs[OUT.sweeps] += 1.0
    outputs[OUT.gamma] = gamma


@kernel
def _measure(p: int, y: int, outputs: FloatArray) -> None:
    """Errors of all and of the centre, overlaps, and where the students are drawn: on rays, at their distance from the centre."""
    words = word_rows(outputs[OUT.words : OUT.words + MOST_P * W], p, W)
    weights = word_rows(outputs[OUT.weights : OUT.weights + (MOST_Y + 1) * W], MOST_Y + 1, W)
    hidden = number_rows(outputs[OUT.hidden : OUT.hidden + MOST_Y * FILLED], y, FILLED)
    votes = outputs[OUT.votes : OUT.votes + FILLED]
    vote(hidden, votes)
    decide(votes, weights[MOST_Y])
    outputs[OUT.centre_errors] = count_errors(words, weights[MOST_Y], N, 1)
    outputs[OUT.fewest], outputs[OUT.mean_errors] = p, 0.0
    outputs[OUT.overlap], outputs[OUT.distance] = 0.0, 0.0
    for a in range(y):
        errors = count_errors(words, weights[a], N, 1)
        outputs[OUT.errors + a] = errors
        outputs[OUT.fewest] = min(outputs[OUT.fewest], errors)
        outputs[OUT.mean_errors] += errors / y
        outputs[OUT.distance] += differing(weights[a], weights[MOST_Y]) / (N * y)
        for b in range(a):
            overlap = 1.0 - 2.0 * differing(weights[a], weights[b]) / N
            outputs[OUT.overlap] += overlap / (0.5 * y * (y - 1))


@kernel
def _show(y: int, outputs: FloatArray) -> None:
    weights = word_rows(outputs[OUT.weights : OUT.weights + (MOST_Y + 1) * W], MOST_Y + 1, W)
    for a in range(MOST_Y):
        for k in range(3):
            outputs[OUT.spokes_x + 3 * a + k], outputs[OUT.spokes_y + 3 * a + k] = math.nan, math.nan
        outputs[OUT.open_x + a], outputs[OUT.open_y + a] = math.nan, math.nan
        outputs[OUT.done_x + a], outputs[OUT.done_y + a] = math.nan, math.nan
        if a < y:
            radius = differing(weights[a], weights[MOST_Y]) / N
            angle = 6.283185307179586 * (a + 0.25) / y
            x, z = radius * math.cos(angle), radius * math.sin(angle)
            outputs[OUT.spokes_x + 3 * a], outputs[OUT.spokes_y + 3 * a] = 0.0, 0.0
            outputs[OUT.spokes_x + 3 * a + 1], outputs[OUT.spokes_y + 3 * a + 1] = x, z
            if outputs[OUT.errors + a] > 0.0:
                outputs[OUT.open_x + a], outputs[OUT.open_y + a] = x, z
            else:
                outputs[OUT.done_x + a], outputs[OUT.done_y + a] = x, z
    frame = int(outputs[OUT.sweeps])
    now = outputs[OUT.sweeps] if outputs[OUT.sweeps] > 0.0 else math.nan  # for a logarithmic axis
    outputs[OUT.time + frame] = now
    outputs[OUT.centre_course + frame] = max(outputs[OUT.centre_errors], 0.5)
    outputs[OUT.overlap_course + frame] = outputs[OUT.overlap]
    for a in range(y):
        outputs[OUT.students_time + a * LINE + frame] = now
        outputs[OUT.students_course + a * LINE + frame] = max(outputs[OUT.errors + a], 0.5)


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    """inputs: load, students, coupling, action, seed."""
    p, y, rate = int(inputs[0] * N + 0.5), int(inputs[1] + 0.5), RATES[int(inputs[2] + 0.5)]
    if inputs[3] == RESTART:
        seed_generator(outputs, OUT.seed, outputs[OUT.random : OUT.random + 4], inputs[4])
        for k in range(BUDGET + 1):
            outputs[OUT.time + k] = math.nan
            outputs[OUT.centre_course + k], outputs[OUT.overlap_course + k] = math.nan, math.nan
        for k in range(MOST_Y * LINE):
            outputs[OUT.students_time + k], outputs[OUT.students_course + k] = math.nan, math.nan
        outputs[OUT.centre_first], outputs[OUT.student_first], outputs[OUT.patterns] = math.nan, math.nan, p
        _draw(p, y, outputs)
        _decide_all(y, outputs)
        _measure(p, y, outputs)
        _show(y, outputs)
    elif inputs[3] == ADVANCE and outputs[OUT.finished] == 0.0:
        _sweep(p, y, rate, outputs)
        _measure(p, y, outputs)
        if outputs[OUT.centre_errors] == 0.0 and not outputs[OUT.centre_first] > 0.0:
            outputs[OUT.centre_first] = outputs[OUT.sweeps]
        if outputs[OUT.fewest] == 0.0 and not outputs[OUT.student_first] > 0.0:
            outputs[OUT.student_first] = outputs[OUT.sweeps]
        outputs[OUT.together] = 1.0 if outputs[OUT.mean_errors] == 0.0 else 0.0
        if outputs[OUT.together] > 0.0 or outputs[OUT.sweeps] >= BUDGET:
            outputs[OUT.finished] = 1.0
            outputs[OUT.given_up] = 1.0 - outputs[OUT.together]
        _show(y, outputs)


@explorable
def focusing_replicas() -> Explorable:
    """Students of one problem, alone or drawn together, until all of them have learned every pattern.

    Examples
    --------
    >>> answer = focusing_replicas().evaluate(steps=60, load=0.5, y=7, coupling=2)
    >>> bool(answer["together"][0]), int(answer["mean_errors"][0])
    (True, 0)
    """
    side = Axis(
        "share of weights that differ from the centre", (-0.48, 0.48), ticks=(-0.4, -0.2, 0.0, 0.2, 0.4)
    )
    crowd = Panel(
        x=side,
        y=Axis("", (-0.48, 0.48), ticks=(-0.4, -0.2, 0.0, 0.2, 0.4)),
        marks=[
            Line(role="axis", x="spokes_x", y="spokes_y", width=1.0),
            Dot(role="unsat", x="open_x", y="open_y", radius=6.0, hollow=True),
            Dot(role="sat", x="done_x", y="done_y", radius=6.0),
            Dot(role="dense", x=0.0, y=0.0, radius=5.0),
        ],
        alt="Students as points on rays around their centre, each as far out as the part of its weights that differs from the centre's; hollow ones still violate patterns.",
        title="students around their centre",
        aspect=0.95,
    )
    course = Panel(
        x=Axis("sweeps", (1.0, BUDGET), scale="log", ticks=(1, 10, 100)),
        y=Axis("violated patterns", (0.4, 110.0), scale="log", ticks=(1, 10, 100)),
        marks=[
            Rule(role="muted", y=0.5, label="none"),
            Line(role="simulation", x="students_time", y="students_course", width=0.9, label="students"),
            Line(role="dense", x="time", y="centre_course", width=2.5, label="centre"),
        ],
        alt="Violated patterns of each student and of the centre against sweeps, on a logarithmic scale.",
        empty="It begins with the first sweep.",
        aspect=0.5,
    )
    overlaps = Panel(
        x=Axis("sweeps", (1.0, BUDGET), scale="log", ticks=(1, 10, 100)),
        y=Axis("overlap", (0.0, 1.04)),
        marks=[Line(role="simulation", x="time", y="overlap_course")],
        alt="Mean overlap of two students against sweeps.",
        empty="It begins with the first sweep.",
        aspect=0.5,
    )
    return Explorable(
        "focusing_replicas",
        _kernel,
        title="Does it help to learn together?",
        controls=[
            Control("load", "load *α*", 0.3, 0.75, 0.6, 0.01),
            Control("y", "students *y*", 3, MOST_Y, 7, 2, digits=0),
            Control(
                "coupling",
                "coupling *γ*",
                kind="select",
                value=2.0,
                options={"none: each alone": 0.0, "grows slowly": 1.0, "grows fast": 2.0},
            ),
        ],
        outputs=LAYOUT,
        picture=[crowd, course, overlaps],
        readouts=[
            Readout("sweeps", "sweeps", 0),
            Readout("centre_errors", "violated by the centre", 0, role="dense"),
            Readout("fewest", "by the best student", 0, role="simulation"),
            Readout("mean_errors", "on average", 1, role="simulation"),
            Readout("overlap", "overlap", 2),
        ],
        simulation=Simulation(
            interval=90, finished="finished", seed=1, opening_steps=12, new_data="New patterns"
        ),
        question=Question(
            f"Seven students with *N* = {N} weights try to learn patterns at *α* = 0.6, each alone. In 3 of 20 problems one of them succeeds within {BUDGET} "
            "sweeps. Now all seven are drawn to their majority. In how many problems does one succeed?",
            choices=("fewer: they hinder each other", "about as many", "nearly all"),
            answer=2,
            reveal="In all of 20, after 28 to 38 sweeps if *γ* grows fast (0.01 a sweep), and in 102 to 155 if it grows slowly (0.002). In the end all students are one. "
            "A crowd can stay together only where all of its members violate few patterns, and that is where solutions are dense.",
        ),
        notes=[
            Note("All students satisfy every pattern.", when="together"),
            Note(f"Stopped after {BUDGET} sweeps: some students still violate patterns.", when="given_up"),
            "Shown is replicated gradient descent, whose students differ. In focusing belief propagation the copies hear the same messages and "
            "have the same means: they are one point, and what shrinks is each weight's own doubt (it is among the searches in the chapter on algorithms that learn).",
            f"The centre is the majority of the students. Radius: the part of the weights that differs from the centre's; the angle means nothing. *N* = {N}.",
        ],
        announce="Sweeps: {sweeps:.0f}. Violated by the centre: {centre_errors:.0f}, by the best student: {fewest:.0f}. Overlap: {overlap:.2f}.",
        alt=(
            "Left: seven hollow points on rays around a green centre, all at about the same distance. Right: their violated patterns against sweeps, which "
            "fall from about sixty to sixteen on average and 14 for the centre, and their mean overlap, which has risen to 0.66 after 12 sweeps."
        ),
    )
