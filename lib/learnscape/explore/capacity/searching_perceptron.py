r"""Searches for binary weights at work: SBPI, pattern by pattern; reinforced and focusing belief propagation, all patterns at once.

N weights :math:`\pm1` shall satisfy :math:`P=\alpha N` random patterns of :math:`\pm1`, :math:`w\cdot\xi^\mu>0`. SBPI keeps a hidden odd integer for each weight; belief
propagation a mean :math:`m_i`. In its focusing form this is the mean of one of :math:`y=7` copies, and the others pull with a coupling :math:`\gamma` that grows. All stop when no pattern is violated. A step is one sweep over the patterns, later five per cent of all sweeps before, so that
time passes evenly on its logarithmic axis. The steps are those of :mod:`learnscape.learn.kernels`. Chapters ``capacity/learning-algorithms``,
``dense/dense-algorithms``.
"""

from __future__ import annotations

import math

import numpy as np

from learnscape.explore.actions import ADVANCE, RESTART
from learnscape.explore.array_views import byte_rows, number_rows, word_rows
from learnscape.explore.core import Explorable, FloatArray
from learnscape.explore.hosts import explorable
from learnscape.explore.layout import layout
from learnscape.explore.random_state import normal
from learnscape.explore.sign_patterns import draw_words, fill_full, pack_bytes, seed_generator
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
from learnscape.explore.stochastic_learning import sbpi_start, sbpi_sweep
from learnscape.learn.kernels import count_errors, counter_digits, differing, iterate_messages
from learnscape.numerics.gaussian import exp_kernel
from learnscape.numerics.jit import kernel

__all__ = ["searching_perceptron"]

MOST_N, MOST_P, W = 401, 341, 7
ROW_BLOCKS, COLUMN_BLOCKS = 52, 44  # bytes of eight weights, of eight patterns; even numbers
BUDGET, FRAMES, EVERY = 1000, 112, 20
LAG = 10  # sweeps between the weights that are compared
BINS = 32
NO_RULE_2, SLOW, FAST, FOCUSING = 1, 2, 3, 4  # algorithms, after SBPI
PROBABILITY, DAMPING, START = 0.3, 0.3, 1e-3
RATES = (0.0, 0.0, 0.005, 0.2, 0.005)  # of the memory; by which gamma grows in an iteration
COPIES = 7

LAYOUT = layout(
    sweeps=1,
    patterns=1,
    errors=1,
    overlap=1,
    certainty=1,
    messages=1,
    solved=1,
    given_up=1,
    finished=1,
    done_at=1,
    _frame=1,
    _seed=1,
    _memory=1,
    _random=4,
    time=FRAMES,
    course=FRAMES,
    alike=FRAMES,
    sure=FRAMES,
    bin_at=BINS,
    share=BINS,
    _full=W,
    _weights=W,
    _active=W,
    _planes=7 * W,
    _past=LAG * W,
    _order=MOST_P,
    _words=MOST_P * W,
    _rows=ROW_BLOCKS * MOST_P // 8 + 1,
    _columns=COLUMN_BLOCKS * MOST_N // 8 + 1,
    _m=8 * ROW_BLOCKS,
    _g=8 * COLUMN_BLOCKS,
    _h=MOST_N,
    _outer=MOST_N,
    _sums=MOST_N,
    _fields=MOST_P,
    _tables=512,
)
OUT = LAYOUT.offsets


@kernel
def _draw(n: int, p: int, messages: bool, outputs: FloatArray) -> None:
    """New patterns, and the start of either search."""
    state, width = outputs[OUT.random : OUT.random + 4], (n + 63) // 64
    full = word_rows(outputs[OUT.full : OUT.full + W], 1, width)[0]
    words = word_rows(outputs[OUT.words : OUT.words + MOST_P * W], p, width)
    weights = word_rows(outputs[OUT.weights : OUT.weights + W], 1, width)[0]
    fill_full(full, n)
    draw_words(words, full, state)
    if messages:
        rows = byte_rows(outputs[OUT.rows : OUT.columns], 2 * ((n + 15) // 16), p)
        columns = byte_rows(outputs[OUT.columns : OUT.m], 2 * ((p + 15) // 16), n)
        pack_bytes(words, rows, columns)
        for i in range(n):
            outputs[OUT.m + i] = START * normal(outputs, OUT.seed)
            outputs[OUT.h + i] = outputs[OUT.m + i]
        _decide(n, outputs)
    else:
        digits = counter_digits(n)
        planes = word_rows(outputs[OUT.planes : OUT.planes + 7 * W], digits, width)
        sbpi_start(planes, full, weights, state)
        for mu in range(p):
            outputs[OUT.order + mu] = mu
    past = word_rows(outputs[OUT.past : OUT.past + LAG * W], LAG, width)
    for lag in range(LAG):
        for k in range(width):
            past[lag, k] = weights[k]


@kernel
def _decide(n: int, outputs: FloatArray) -> None:
    """Weights as the signs of the fields."""
    weights = word_rows(outputs[OUT.weights : OUT.weights + W], 1, (n + 63) // 64)[0]
    for k in range(weights.size):
        weights[k] = np.uint64(0)
    for i in range(n):
        if outputs[OUT.h + i] > 0.0:
            weights[i // 64] |= np.uint64(1) << np.uint64(i % 64)


@kernel
def _square(m: FloatArray, n: int) -> float:
    """|m|^2/N."""
    square = 0.0
    for i in range(n):
        square += m[i] * m[i]
    return square / n


@kernel
def _sweep(n: int, p: int, algorithm: int, outputs: FloatArray) -> None:
    """One sweep or iteration; errors, and the overlap with the weights LAG sweeps ago."""
    width = (n + 63) // 64
    words = word_rows(outputs[OUT.words : OUT.words + MOST_P * W], p, width)
    weights = word_rows(outputs[OUT.weights : OUT.weights + W], 1, width)[0]
    outputs[OUT.sweeps] += 1.0
    if algorithm >= SLOW:
        rows = byte_rows(outputs[OUT.rows : OUT.columns], 2 * ((n + 15) // 16), p)
        columns = byte_rows(outputs[OUT.columns : OUT.m], 2 * ((p + 15) // 16), n)
        m = outputs[OUT.m : OUT.m + 8 * ROW_BLOCKS]
        messages = (
            m,
            outputs[OUT.g : OUT.g + 8 * COLUMN_BLOCKS],
            outputs[OUT.h : OUT.h + n],
            outputs[OUT.outer : OUT.outer + n],
        )
        tables = number_rows(outputs[OUT.tables : OUT.tables + 512], 2, 256)
        sums, fields = outputs[OUT.sums : OUT.sums + n], outputs[OUT.fields : OUT.fields + p]
        if algorithm == FOCUSING:
            e = exp_kernel(-2.0 * RATES[FOCUSING] * (outputs[OUT.sweeps] - 1.0))
            drive = 0.0, (1.0 - e) / (1.0 + e), COPIES - 1.0
        else:
            outputs[OUT.memory] = 1.0 - (1.0 - RATES[algorithm]) * (1.0 - outputs[OUT.memory])
            drive = outputs[OUT.memory], 0.0, 0.0
        iterate_messages(rows, columns, messages, drive, 0.0, DAMPING, (sums, fields, tables, fields, sums))
        _decide(n, outputs)
        outputs[OUT.errors] = count_errors(words, weights, n, 1)
        outputs[OUT.certainty] = _square(m, n)
    else:
        full = word_rows(outputs[OUT.full : OUT.full + W], 1, width)[0]
        active = word_rows(outputs[OUT.active : OUT.active + W], 1, width)[0]
        planes = word_rows(outputs[OUT.planes : OUT.planes + 7 * W], counter_digits(n), width)
        order = outputs[OUT.order : OUT.order + p]
        state = outputs[OUT.random : OUT.random + 4]
        probability = 0.0 if algorithm == NO_RULE_2 else PROBABILITY
        outputs[OUT.errors] = sbpi_sweep(words, planes, weights, full, active, order, n, probability, state)
        outputs[OUT.certainty] = math.nan
    past = word_rows(outputs[OUT.past : OUT.past + LAG * W], LAG, width)
    slot = past[int(outputs[OUT.sweeps]) % LAG]
    outputs[OUT.overlap] = 1.0 - 2.0 * differing(slot, weights) / n
    for k in range(width):
        slot[k] = weights[k]


@kernel
def _show(n: int, algorithm: int, outputs: FloatArray) -> None:
    """The histogram of the means, or of the hidden integers as parts of their bound; and this moment's points of the curves."""
    for k in range(BINS):
        outputs[OUT.bin_at + k] = (2.0 * k + 1.0) / BINS - 1.0
        outputs[OUT.share + k] = 0.0
    digits = counter_digits(n)
    planes = word_rows(outputs[OUT.planes : OUT.planes + 7 * W], digits, (n + 63) // 64)
    for i in range(n):
        position = outputs[OUT.m + i]
        if algorithm < SLOW:
            hidden, value = 1.0, 2.0
            for d in range(digits):
                bit = (planes[d, i // 64] >> np.uint64(i % 64)) & np.uint64(1)
                if d == digits - 1:
                    value = -value
                if bit != np.uint64(0):
                    hidden += value
                value *= 2.0
            position = -2.0 * hidden / value
        k = int(0.5 * BINS * (position + 1.0))
        outputs[OUT.share + max(0, min(BINS - 1, k))] += 1.0 / n
    frame = int(outputs[OUT.frame])
    if outputs[OUT.sweeps] > 0.0 and frame < FRAMES:
        outputs[OUT.time + frame] = outputs[OUT.sweeps]
        outputs[OUT.course + frame] = max(outputs[OUT.errors], 0.5)
        outputs[OUT.alike + frame] = outputs[OUT.overlap] if outputs[OUT.sweeps] > LAG else math.nan
        outputs[OUT.sure + frame] = outputs[OUT.certainty]
        outputs[OUT.frame] += 1.0


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    """inputs: load, algorithm, N, action, seed."""
    algorithm, n = int(inputs[1] + 0.5), int(inputs[2] + 0.5)
    p = int(inputs[0] * n + 0.5)
    if inputs[3] == RESTART:
        seed_generator(outputs, OUT.seed, outputs[OUT.random : OUT.random + 4], inputs[4])
        for k in range(FRAMES):
            outputs[OUT.time + k], outputs[OUT.course + k] = math.nan, math.nan
            outputs[OUT.alike + k], outputs[OUT.sure + k] = math.nan, math.nan
        outputs[OUT.patterns], outputs[OUT.overlap], outputs[OUT.certainty] = p, 1.0, math.nan
        outputs[OUT.done_at], outputs[OUT.messages] = math.nan, 1.0 if algorithm >= SLOW else 0.0
        _draw(n, p, algorithm >= SLOW, outputs)
        if algorithm >= SLOW:
            outputs[OUT.certainty] = _square(outputs[OUT.m : OUT.m + n], n)
        width = (n + 63) // 64
        words = word_rows(outputs[OUT.words : OUT.words + MOST_P * W], p, width)
        outputs[OUT.errors] = count_errors(
            words, word_rows(outputs[OUT.weights : OUT.weights + W], 1, width)[0], n, 1
        )
        _show(n, algorithm, outputs)
    elif inputs[3] == ADVANCE and outputs[OUT.finished] == 0.0:
        for _ in range(max(1, int(outputs[OUT.sweeps]) // EVERY)):
            _sweep(n, p, algorithm, outputs)
            if outputs[OUT.errors] == 0.0:
                outputs[OUT.solved], outputs[OUT.done_at] = 1.0, outputs[OUT.sweeps]
            if outputs[OUT.errors] == 0.0 or outputs[OUT.sweeps] >= BUDGET:
                outputs[OUT.finished] = 1.0
                break
        outputs[OUT.given_up] = outputs[OUT.finished] - outputs[OUT.solved]
        _show(n, algorithm, outputs)


@explorable
def searching_perceptron() -> Explorable:
    """SBPI, reinforced or focusing belief propagation on one problem: errors, change of the weights, and how they make up their minds.

    Examples
    --------
    >>> answer = searching_perceptron().evaluate(steps=60, load=0.5, algorithm=0)
    >>> bool(answer["solved"][0]), int(answer["errors"][0])
    (True, 0)
    """
    course = Panel(
        x=Axis("sweeps", (1.0, BUDGET), scale="log", ticks=(1, 10, 100, 1000)),
        y=Axis("violated patterns", (0.4, 200.0), scale="log", ticks=(1, 10, 100)),
        marks=[
            Rule(role="muted", y=0.5, label="none"),
            Line(role="simulation", x="time", y="course"),
            Dot(role="sat", x="done_at", y=0.5, radius=6.0),
        ],
        alt="Violated patterns against sweeps, both on logarithmic scales; where the search succeeds, the curve falls to a dashed line marked none.",
        aspect=0.9,
    )
    change = Panel(
        x=Axis("sweeps", (1.0, BUDGET), scale="log", ticks=(1, 10, 100, 1000)),
        y=Axis("overlap", (0.0, 1.04)),
        marks=[
            Line(role="simulation", x="time", y="alike"),
            Text(role="simulation", label=f"now and {LAG} sweeps ago", x=850.0, y=0.08, anchor="end"),
            Line(role="theory", x="time", y="sure", label="|*m*|^2/*N*", label_at=0.6),
        ],
        alt="Overlap of the weights with those ten sweeps before, against sweeps; for belief propagation also the mean square of the means, which rises to one.",
        aspect=0.5,
    )
    minds = Panel(
        x=Axis("mean *m*, or hidden *h* / largest *h*", (-1.0, 1.0), ticks=(-1.0, -0.5, 0.0, 0.5, 1.0)),
        y=Axis(
            "share", (0.0, 0.7), ticks=(0.0, 0.2, 0.4, 0.6)
        ),  # at the start two bars hold all, up to 0.6 of it in one
        marks=[
            Bar(role="simulation", x="bin_at", y="share", width=1.8 / BINS),
            Rule(role="axis", x=0.0, dash=False, width=1.0),
        ],
        alt="Histogram over the weights of their means, or of their hidden integers divided by the largest possible one.",
        aspect=0.5,
    )
    return Explorable(
        "searching_perceptron",
        _kernel,
        title="How do binary weights find what satisfies every pattern?",
        controls=[
            Control("load", "load *α*", 0.3, 0.85, 0.6, 0.01, marks={"*α*_c": 0.833}),
            Control(
                "algorithm",
                "search",
                kind="select",
                value=0.0,
                options={
                    "SBPI": 0.0,
                    "SBPI without rule 2": float(NO_RULE_2),
                    f"reinforced BP, *ρ* = {RATES[SLOW]:g}".replace("*", ""): float(SLOW),
                    f"reinforced BP, *ρ* = {RATES[FAST]:g}".replace("*", ""): float(FAST),
                    f"focusing BP, {COPIES} copies": float(FOCUSING),
                },
            ),
            Control("n", "weights *N*", kind="select", value=401.0, options={"201": 201.0, "401": 401.0}),
        ],
        outputs=LAYOUT,
        picture=[course, change, minds],
        readouts=[
            Readout("sweeps", "sweeps", 0),
            Readout("errors", "violated patterns", 0, role="unsat"),
            Readout("patterns", "of *P*", 0),
            Readout("certainty", "|*m*|^2/*N*", 3, role="theory", when="messages"),
        ],
        simulation=Simulation(
            interval=90, finished="finished", seed=4, opening_steps=24, new_data="New patterns"
        ),
        question=Question(
            "The search SBPI has two rules. Rule 1 lets a violated pattern move the weights. Rule 2 acts only on patterns that are satisfied already, and changes no weight. "
            "What happens at *α* = 0.6 without rule 2?",
            choices=("the search takes longer", "nothing changes", "the search finds no solution"),
            answer=2,
            reveal="It finds no solution. Of 20 problems with *N* = 401, SBPI solved all, in 26 to 196 sweeps. Without rule 2 it solved none in 1000 sweeps, and 13 to 37 patterns were left. "
            "Rule 2 protects the weights that a barely satisfied pattern needs. Switch it off, and then try *α* = 0.4: there it is not missed.",
        ),
        notes=[
            Note("Solved: no pattern is violated.", when="solved"),
            Note(
                f"Given up after {BUDGET} sweeps. That is no proof that there is no solution.",
                when="given_up",
            ),
            "Each press is one sweep over all patterns, later five per cent of all sweeps so far. The outermost bars hold what lies at the ends.",
        ],
        announce="Sweeps: {sweeps:.0f}. Violated patterns: {errors:.0f} of {patterns:.0f}.",
        alt=(
            "Left: violated patterns against sweeps of SBPI at load 0.6; the curve has fallen from about a hundred to about ten after 24 sweeps. "
            "Right: the overlap of the weights with those ten sweeps before, and the histogram of the hidden integers, spread over all values, with more at the two ends."
        ),
    )
