r"""Two solutions of one problem, in a wide and in a narrow place, and what random flips of their weights do to them.

SBPI finds a solution w of :math:`P=\alpha N` random patterns. From it two walks start, which flip single weights and never violate a pattern. With the energy
:math:`U=\sum_\mu e^{-w\cdot\xi^\mu/6}` one walk is cooled towards small U (large margins), the other towards large U (small margins).

*Mean error* after k random flips: over all choices of them, exact at every N (:func:`learnscape.learn.kernels.energy_after_flips`): no Gaussian, no sampling.
Chapter ``dense/realistic-networks``.
"""

from __future__ import annotations

import math

import numpy as np

from learnscape.explore.actions import RESTART
from learnscape.explore.array_views import word_rows
from learnscape.explore.core import Explorable, FloatArray
from learnscape.explore.hosts import explorable
from learnscape.explore.layout import layout
from learnscape.explore.sign_patterns import draw_words, fill_full, seed_generator, shuffle
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
from learnscape.learn.kernels import energy_after_flips
from learnscape.numerics.gaussian import exp_kernel
from learnscape.numerics.jit import kernel
from learnscape.spin_glass.xoshiro import uniform

__all__ = ["flat_and_sharp"]

N, W, MOST_P, DIGITS = 201, 4, 101, 6
MOST_FLIPS = 60  # of the curves
SCALE, SWEEPS = 6.0, 100
FLAT_BETA, SHARP_BETA = 20.0, 5.0
BUDGET = 3000
KEPT = 80  # draws that stay in sight
BINS, LOW, BIN = 20, -28, 4  # of the fields, of which every second value occurs

LAYOUT = layout(
    patterns=1,
    failed=1,
    flips=1,
    fraction=1,
    flat_now=1,
    sharp_now=1,
    flat_mean=1,
    sharp_mean=1,
    flat_margin=1,
    sharp_margin=1,
    overlap=1,
    draws=1,
    _seed=1,
    _random=4,
    fractions=MOST_FLIPS + 1,
    flat=MOST_FLIPS + 1,
    sharp=MOST_FLIPS + 1,
    drawn_at=KEPT,
    flat_drawn=KEPT,
    sharp_drawn=KEPT,
    bin_at=BINS,
    flat_share=BINS,
    sharp_share=BINS,
    _full=W,
    _bits=W,
    _active=W,
    _planes=DIGITS * W,
    _words=MOST_P * W,
    _order=N,
    _columns=N * MOST_P,
    _weights=2 * N,
    _fields=2 * MOST_P,
    _changed=MOST_P,
    _table=2 * N + 3,
)
OUT = LAYOUT.offsets


@kernel
def _solve(p: int, outputs: FloatArray) -> None:
    """New patterns and a solution by SBPI, in numbers, twice."""
    state = outputs[OUT.random : OUT.random + 4]
    full = word_rows(outputs[OUT.full : OUT.full + W], 1, W)[0]
    bits = word_rows(outputs[OUT.bits : OUT.bits + W], 1, W)[0]
    active = word_rows(outputs[OUT.active : OUT.active + W], 1, W)[0]
    planes = word_rows(outputs[OUT.planes : OUT.planes + DIGITS * W], DIGITS, W)
    words = word_rows(outputs[OUT.words : OUT.words + MOST_P * W], p, W)
    order = outputs[OUT.order : OUT.order + p]
    fill_full(full, N)
    draw_words(words, full, state)
    sbpi_start(planes, full, bits, state)
    for mu in range(p):
        order[mu] = mu
    sweeps, errors = 0, 1
    while errors > 0 and sweeps < BUDGET:
        errors = sbpi_sweep(words, planes, bits, full, active, order, N, 0.3, state)
        sweeps += 1
    outputs[OUT.failed] = 1.0 if errors > 0 else 0.0
    for mu in range(p):
        outputs[OUT.fields + mu] = 0.0
    for i in range(N):
        one = np.uint64(1) << np.uint64(i % 64)
        w = 1.0 if bits[i // 64] & one != np.uint64(0) else -1.0
        outputs[OUT.weights + i], outputs[OUT.weights + N + i] = w, w
        for mu in range(p):
            x = 1.0 if words[mu, i // 64] & one != np.uint64(0) else -1.0
            outputs[OUT.columns + i * p + mu] = x
            outputs[OUT.fields + mu] += w * x
    for mu in range(p):
        outputs[OUT.fields + MOST_P + mu] = outputs[OUT.fields + mu]


@kernel
def _walk(p: int, which: int, direction: float, last_beta: float, outputs: FloatArray) -> None:
    """Metropolis flips among the solutions, towards large U (direction 1) or small U (-1), ever colder."""
    state = outputs[OUT.random : OUT.random + 4]
    weights, fields = OUT.weights + which * N, OUT.fields + which * MOST_P
    table = OUT.table + N  # e^(-D/6) of D = -1, ..., N
    for sweep in range(SWEEPS):
        beta = last_beta * (sweep + 1.0) / SWEEPS
        for _ in range(N):
            i = int(uniform(state) * N)
            column, step = OUT.columns + i * p, 2.0 * outputs[weights + i]
            gain, allowed = 0.0, True
            for mu in range(p):
                old = outputs[fields + mu]
                new = old - step * outputs[column + mu]
                if new < 1.0:
                    allowed = False
                    break
                gain += outputs[table + int(new)] - outputs[table + int(old)]
            gain *= direction
            if allowed and (gain >= 0.0 or uniform(state) < exp_kernel(beta * gain)):
                for mu in range(p):
                    outputs[fields + mu] -= step * outputs[column + mu]
                outputs[weights + i] = -outputs[weights + i]


@kernel
def _curves(p: int, outputs: FloatArray) -> None:
    """Mean errors of both solutions for every number of flips; their smallest margins and their overlap."""
    flat = outputs[OUT.fields : OUT.fields + p]
    sharp = outputs[OUT.fields + MOST_P : OUT.fields + MOST_P + p]
    for k in range(MOST_FLIPS + 1):
        outputs[OUT.fractions + k] = k / N
        outputs[OUT.flat + k] = energy_after_flips(flat, N, k, 1.0, N)
        outputs[OUT.sharp + k] = energy_after_flips(sharp, N, k, 1.0, N)
    root, overlap = math.sqrt(N), 0.0
    outputs[OUT.flat_margin], outputs[OUT.sharp_margin] = root, root
    for mu in range(p):
        outputs[OUT.flat_margin] = min(outputs[OUT.flat_margin], outputs[OUT.fields + mu] / root)
        outputs[OUT.sharp_margin] = min(outputs[OUT.sharp_margin], outputs[OUT.fields + MOST_P + mu] / root)
    for i in range(N):
        overlap += outputs[OUT.weights + i] * outputs[OUT.weights + N + i]
    outputs[OUT.overlap] = overlap / N


@kernel
def _flip(p: int, which: int, k: int, shares: int, outputs: FloatArray) -> float:
    """Error once the first k weights of the order are flipped, and the histogram of the fields then."""
    for b in range(BINS):
        outputs[shares + b] = 0.0
    errors = 0
    for mu in range(p):
        field = outputs[OUT.fields + which * MOST_P + mu]
        for j in range(k):
            i = int(outputs[OUT.order + j])
            field -= 2.0 * outputs[OUT.weights + which * N + i] * outputs[OUT.columns + i * p + mu]
        errors += 1 if field < 1.0 else 0
        b = int((field - LOW) / BIN)
        outputs[shares + max(0, min(BINS - 1, b))] += 1.0 / p
    return errors / p


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    """inputs: fraction of flips, load, action, seed."""
    p = int(inputs[1] * N + 0.5)
    if inputs[2] == RESTART:
        seed_generator(outputs, OUT.seed, outputs[OUT.random : OUT.random + 4], inputs[3])
        for d in range(-1, N + 1):
            outputs[OUT.table + N + d] = exp_kernel(-d / SCALE)
        for b in range(BINS):
            outputs[OUT.bin_at + b] = (LOW + BIN * (b + 0.5)) / math.sqrt(N)
        for draw in range(KEPT):
            outputs[OUT.drawn_at + draw] = math.nan
            outputs[OUT.flat_drawn + draw], outputs[OUT.sharp_drawn + draw] = math.nan, math.nan
        outputs[OUT.patterns] = p
        _solve(p, outputs)
        if outputs[OUT.failed] == 0.0:
            _walk(p, 0, -1.0, FLAT_BETA, outputs)
            _walk(p, 1, 1.0, SHARP_BETA, outputs)
        _curves(p, outputs)
        for i in range(N):
            outputs[OUT.order + i] = i
    k = int(inputs[0] * N + 0.5)
    shuffle(outputs[OUT.order : OUT.order + N], outputs[OUT.random : OUT.random + 4])
    outputs[OUT.flat_now] = _flip(p, 0, k, OUT.flat_share, outputs)
    outputs[OUT.sharp_now] = _flip(p, 1, k, OUT.sharp_share, outputs)
    outputs[OUT.flips], outputs[OUT.fraction] = k, k / N
    outputs[OUT.flat_mean], outputs[OUT.sharp_mean] = outputs[OUT.flat + k], outputs[OUT.sharp + k]
    slot = int(outputs[OUT.draws]) % KEPT
    outputs[OUT.drawn_at + slot] = k / N
    outputs[OUT.flat_drawn + slot], outputs[OUT.sharp_drawn + slot] = (
        outputs[OUT.flat_now],
        outputs[OUT.sharp_now],
    )
    outputs[OUT.draws] += 1.0


@explorable
def flat_and_sharp() -> Explorable:
    """Training error of a flat and of a sharp solution of one problem, after random flips.

    Examples
    --------
    >>> answer = flat_and_sharp().evaluate(flipped=0.05, load=0.4)
    >>> bool(answer["sharp_mean"][0] > 2 * answer["flat_mean"][0]), float(answer["flat"][0])
    (True, 0.0)
    """
    errors = Panel(
        x=Axis("share of flipped weights *d*", (0.0, 0.3)),
        y=Axis("training error", (0.0, 0.42)),
        marks=[
            Rule(role="axis", x="fraction", width=1.0),
            Dot(role="typical", x="drawn_at", y="sharp_drawn", radius=2.5, hollow=True),
            Dot(role="dense", x="drawn_at", y="flat_drawn", radius=2.5, hollow=True),
            Line(role="typical", x="fractions", y="sharp", label="sharp", label_at=0.42),
            Line(role="dense", x="fractions", y="flat", label="flat", label_at=0.62),
        ],
        alt="Training error against the share of flipped weights for two solutions; both curves begin at zero, that of the sharp solution rises at once.",
        aspect=0.9,
    )
    histogram = Panel(
        x=Axis("stability after the flips", (LOW / math.sqrt(N), (LOW + BIN * BINS) / math.sqrt(N))),
        y=Axis("share of the patterns", (0.0, 0.5)),
        marks=[
            Bar(role="typical", x="bin_at", y="sharp_share", width=0.9 * BIN / math.sqrt(N), opacity=0.6),
            Bar(role="dense", x="bin_at", y="flat_share", width=0.9 * BIN / math.sqrt(N), opacity=0.6),
            Rule(role="axis", x=0.0, dash=False, width=1.0),
            Text(role="unsat", label="violated", x=-0.1, y=0.47, anchor="end"),
        ],
        alt="Histograms of the stabilities of the patterns for both solutions after the flips; what lies left of zero is violated.",
        aspect=0.9,
    )
    return Explorable(
        "flat_and_sharp",
        _kernel,
        title="Two solutions without an error: what do random flips do to them?",
        controls=[
            Control(
                "flipped", "flipped weights *d*", 0.0, MOST_FLIPS / N, 10 / N, 1 / N, digits=3, restarts=False
            ),
            Control("load", "load *α*", 0.2, 0.5, 0.4, 0.05),
        ],
        outputs=LAYOUT,
        picture=[errors, histogram],
        readouts=[
            Readout("flips", "flipped", 0),
            Readout("flat_mean", "error of the flat one", 3, role="dense"),
            Readout("sharp_mean", "of the sharp one", 3, role="typical"),
            Readout("overlap", "their overlap", 2),
        ],
        simulation=Simulation(interval=120, seed=1, opening_steps=12, new_data="New patterns"),
        question=Question(
            "Both solutions satisfy all 80 patterns. Ten of the 201 weights are flipped at random. How do the training errors compare?",
            choices=(
                "they are about the same",
                "the sharp one's is about twice the other",
                "about four times, or more",
            ),
            answer=2,
            reveal="About four times: 0.038 and 0.149, on average over 20 problems. After 40 flips it is 0.221 and 0.299: flat and sharp differ nearby. "
            "With ten flips at *α* = 0.2 it is 0.010 and 0.191, at 0.5 it is 0.069 and 0.137. The more patterns, the less room for a flat place.",
        ),
        notes=[
            "Both come from one solution of SBPI by walks that never violate a pattern: one towards large stabilities, one towards small ones.",
            "A step flips other weights, the same in both. The curves are exact means over all flips; their teeth are real: an even number of flips changes a field *w*·*ξ* by a multiple of 4.",
            Note("SBPI found no solution of this problem: take new patterns.", when="failed"),
        ],
        announce="With {flips:.0f} of 201 weights flipped, this draw: error of the flat solution {flat_now:.1%}, of the sharp one {sharp_now:.1%}. "
        "Mean of all draws: {flat_mean:.1%} and {sharp_mean:.1%}.",
        alt=(
            "Left: training error against the share of flipped weights; a green curve that begins flat, and a purple one that rises at once, with points of single "
            "draws at 0.05. Right: histograms of stabilities; purple bars gather near zero and reach below it, green bars lie mostly above."
        ),
    )
