r"""How likely is it that SBPI finds binary weights? Problem after problem, counted by the reader.

A step draws :math:`P=\alpha N` new random patterns and gives SBPI 1000 sweeps. The share of solved problems gets Wilson's interval (one standard error): with k of n solved,

.. math:: \frac{k+z^2/2}{n+z^2}\pm\frac{z}{n+z^2}\sqrt{\frac{k(n-k)}n+\frac{z^2}4},\qquad z=1.

Sweeps are those of :mod:`learnscape.explore.stochastic_learning`. Chapter ``capacity/learning-algorithms``.
"""

from __future__ import annotations

import math

from learnscape.explore.actions import ADVANCE, RESTART
from learnscape.explore.array_views import word_rows
from learnscape.explore.core import Explorable, FloatArray
from learnscape.explore.hosts import explorable
from learnscape.explore.layout import layout
from learnscape.explore.sign_patterns import draw_words, fill_full, seed_generator
from learnscape.explore.spec import (
    Axis,
    Control,
    Dot,
    Line,
    Panel,
    Question,
    Readout,
    Rule,
    Simulation,
)
from learnscape.explore.stochastic_learning import sbpi_start, sbpi_sweep
from learnscape.learn.kernels import counter_digits
from learnscape.numerics.jit import kernel

__all__ = ["success_curve"]

MOST_P, W = 337, 7  # N = 401 at the largest load
FIRST, STEP, LOADS = 0.4, 0.02, 23
BUDGET, PROBABILITY = 1000, 0.3
KEPT = 150  # runs that are still shown one by one
SPREAD = 0.012  # by how much their points are set apart

LAYOUT = layout(
    runs=1,
    here=1,
    solved_here=1,
    low_here=1,
    high_here=1,
    share_here=1,
    last_load=1,
    last_sweeps=1,
    last_solved=1,
    last_failed=1,
    loads=LOADS,
    share=LOADS,
    bar_at=3 * LOADS,
    bar=3 * LOADS,
    run_at=KEPT,
    took=KEPT,
    gave_up=KEPT,
    _next=1,
    _seed=1,
    _random=4,
    _tried=LOADS,
    _won=LOADS,
    _full=W,
    _weights=W,
    _active=W,
    _planes=7 * W,
    _order=MOST_P,
    _words=MOST_P * W,
)
OUT = LAYOUT.offsets


@kernel
def _run(n: int, at: int, outputs: FloatArray) -> None:
    """A new problem at the load number ``at``, and SBPI on it; into the tally."""
    load = FIRST + STEP * at
    p, width = int(load * n + 0.5), (n + 63) // 64
    digits = counter_digits(n)
    state = outputs[OUT.random : OUT.random + 4]
    full = word_rows(outputs[OUT.full : OUT.full + W], 1, width)[0]
    weights = word_rows(outputs[OUT.weights : OUT.weights + W], 1, width)[0]
    active = word_rows(outputs[OUT.active : OUT.active + W], 1, width)[0]
    planes = word_rows(outputs[OUT.planes : OUT.planes + 7 * W], digits, width)
    words = word_rows(outputs[OUT.words : OUT.words + MOST_P * W], p, width)
    order = outputs[OUT.order : OUT.order + p]
    fill_full(full, n)
    draw_words(words, full, state)
    sbpi_start(planes, full, weights, state)
    for mu in range(p):
        order[mu] = mu
    sweeps, errors = 0, 1
    while errors > 0 and sweeps < BUDGET:
        errors = sbpi_sweep(words, planes, weights, full, active, order, n, PROBABILITY, state)
        sweeps += 1
    slot = int(outputs[OUT.runs]) % KEPT
    outputs[OUT.run_at + slot] = load + SPREAD * (outputs[OUT.random] / 4294967296.0 - 0.5)
    outputs[OUT.took + slot] = sweeps if errors == 0 else math.nan
    outputs[OUT.gave_up + slot] = BUDGET if errors > 0 else math.nan
    outputs[OUT.runs] += 1.0
    outputs[OUT.tried + at] += 1.0
    outputs[OUT.won + at] += 1.0 if errors == 0 else 0.0
    outputs[OUT.last_load], outputs[OUT.last_sweeps] = load, sweeps
    outputs[OUT.last_solved] = 1.0 if errors == 0 else 0.0
    outputs[OUT.last_failed] = 1.0 - outputs[OUT.last_solved]


@kernel
def _wilson(k: float, n: float) -> tuple[float, float]:
    """Interval of a probability, one standard error."""
    half = math.sqrt(k * (n - k) / n + 0.25) / (n + 1.0)
    centre = (k + 0.5) / (n + 1.0)
    return max(centre - half, 0.0), min(centre + half, 1.0)


@kernel
def _show(here: int, outputs: FloatArray) -> None:
    """Shares and intervals of all loads, and those of the chosen one."""
    for at in range(LOADS):
        tried, won = outputs[OUT.tried + at], outputs[OUT.won + at]
        outputs[OUT.loads + at] = FIRST + STEP * at
        outputs[OUT.share + at] = math.nan
        for k in range(3):
            outputs[OUT.bar_at + 3 * at + k] = FIRST + STEP * at
            outputs[OUT.bar + 3 * at + k] = math.nan
        if tried > 0.0:
            outputs[OUT.share + at] = won / tried
            outputs[OUT.bar + 3 * at], outputs[OUT.bar + 3 * at + 1] = _wilson(won, tried)
    outputs[OUT.here], outputs[OUT.solved_here] = outputs[OUT.tried + here], outputs[OUT.won + here]
    outputs[OUT.share_here] = outputs[OUT.share + here]
    outputs[OUT.low_here], outputs[OUT.high_here] = (
        outputs[OUT.bar + 3 * here],
        outputs[OUT.bar + 3 * here + 1],
    )


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    """inputs: load, N, all loads in turn, action, seed."""
    here, n = int((inputs[0] - FIRST) / STEP + 0.5), int(inputs[1] + 0.5)
    if inputs[3] == RESTART:
        seed_generator(outputs, OUT.seed, outputs[OUT.random : OUT.random + 4], inputs[4])
        for k in range(KEPT):
            outputs[OUT.run_at + k], outputs[OUT.took + k], outputs[OUT.gave_up + k] = (
                math.nan,
                math.nan,
                math.nan,
            )
    elif inputs[3] == ADVANCE:
        if inputs[2] > 0.5:
            _run(n, int(outputs[OUT.next]), outputs)
            outputs[OUT.next] = (int(outputs[OUT.next]) + 1) % LOADS
        else:
            _run(n, here, outputs)
    _show(here, outputs)


@explorable
def success_curve() -> Explorable:
    """Success of SBPI against load, one problem a step.

    Examples
    --------
    >>> answer = success_curve().evaluate(steps=10, load=0.5, n=101, turns=0)
    >>> int(answer["here"][0]), int(answer["solved_here"][0])
    (10, 10)
    """
    load = Axis("load *α*", (0.38, 0.86), ticks=(0.4, 0.5, 0.6, 0.7, 0.8))
    curve = Panel(
        x=load,
        y=Axis("share of the problems solved", (0.0, 1.02)),
        marks=[
            Rule(role="unsat", x=0.833, label="*α*_c"),
            Rule(role="dense", x=0.729),
            Line(role="simulation", x="bar_at", y="bar", width=1.5),
            Dot(role="simulation", x="loads", y="share", radius=3.5),
        ],
        alt="Share of the problems that were solved against load, with intervals: near one at small loads, falling between 0.65 and 0.8.",
        aspect=0.9,
    )
    effort = Panel(
        x=load,
        y=Axis("sweeps", (5.0, 1400.0), scale="log", ticks=(10, 100, 1000)),
        marks=[
            Dot(role="simulation", x="run_at", y="took", radius=3.5),
            Dot(role="unsat", x="run_at", y="gave_up", radius=3.5, hollow=True),
        ],
        alt=f"Sweeps of the last {KEPT} runs against load, on a logarithmic scale; hollow points at {BUDGET} sweeps are runs without a solution.",
        empty="No run yet.",
        aspect=0.9,
    )
    return Explorable(
        "success_curve",
        _kernel,
        title="Up to which load does SBPI find solutions?",
        controls=[
            Control("load", "load *α*", FIRST, FIRST + STEP * (LOADS - 1), 0.7, STEP, restarts=False),
            Control(
                "n",
                "weights *N*",
                kind="select",
                value=101.0,
                options={"101": 101.0, "201": 201.0, "401": 401.0},
            ),
            Control(
                "turns",
                "run",
                kind="select",
                value=1.0,
                options={"all loads in turn": 1.0, "this load only": 0.0},
                restarts=False,
            ),
        ],
        outputs=LAYOUT,
        picture=[curve, effort],
        readouts=[
            Readout("here", "at this load", 0),
            Readout("solved_here", "of them solved", 0, role="simulation"),
            Readout("low_here", "share, bar from", 2, role="simulation", when="here"),
            Readout("high_here", "bar to", 2, role="simulation", when="here"),
        ],
        simulation=Simulation(interval=60, seed=1, opening_steps=LOADS, new_data="New problems"),
        question=Question(
            "With *N* = 101 SBPI solves about a quarter of all problems at *α* = 0.8, which is below capacity. How many with *N* = 401?",
            choices=("more", "about as many", "hardly any"),
            answer=2,
            reveal="Hardly any. Of 100 problems each it solved 26 with *N* = 101, 12 with 201 and 2 with 401. At *α* = 0.6 it solved all of them. The curve gets steeper with *N*, and "
            "the load at which it falls is below capacity. Which load that is for *N* → ∞ and more sweeps, such runs cannot say.",
        ),
        notes=[
            "A step runs SBPI on new patterns, for at most 1000 sweeps. Bars are Wilson intervals of one standard error. Red points found no solution.",
            "Red line: the capacity. Green line, at 0.729: where solutions of the largest margin cease to have a local entropy that grows with distance.",
        ],
        announce="Runs: {runs:.0f}. At load {load:.2f}: {solved_here:.0f} of {here:.0f} solved.",
        alt=(
            "Left: share of problems solved against load after one run at each of 23 loads, with wide intervals, and two lines at 0.729 and 0.833. "
            "Right: sweeps of the same runs, which grow with the load up to the budget of 1000."
        ),
    )
