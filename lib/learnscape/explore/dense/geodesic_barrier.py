r"""The error along the geodesic between two solutions of the negative spherical perceptron, with the margins of both.

Constraint :math:`\kappa=-\frac12`. Replica symmetry gives the overlaps q of the two ends and their cross overlap p; the error at
:math:`w_\gamma\propto\gamma w_1+(1-\gamma)w_2` is an integral over two fields and one stability (``learnscape.replica.geometry``). It is zero wherever the
lowest stability that margins allow, :math:`[\gamma\kappa_1+(1-\gamma)\kappa_2]/n_\gamma`, is at least :math:`\kappa`. Chapter ``dense/geometry``.
"""

from __future__ import annotations

import math

from learnscape.explore.core import Explorable, FloatArray
from learnscape.explore.hosts import explorable
from learnscape.explore.layout import layout
from learnscape.explore.spec import Area, Axis, Control, Line, Note, Panel, Question, Readout, Rule, Text
from learnscape.numerics.jit import kernel
from learnscape.replica.kernels import (
    INNER,
    MAX_ITERATIONS,
    TOLERANCE,
    cross_overlap_kernel,
    geodesic_kernel,
    rs_margin_kernel,
)

__all__ = ["geodesic_barrier"]

KAPPA = -0.5
POINTS = 41
STEP = 0.6  # of the integration, in units of the sharpest bend
HALVINGS = 40
DIGITS = 1e-6  # of the kernel's margin
LAYOUT = layout(
    p=1,
    barrier=1,
    lowest=1,
    connected=1,
    kernel_margin=1,
    free=1,
    blocked=1,
    gamma=POINTS,
    error=POINTS,
    worst=POINTS,
    forbidden=POINTS,
    straight=POINTS,
    _below=INNER,
)
OUT = LAYOUT.offsets


@kernel
def _overlap(alpha: float, kappa: float) -> float:
    return rs_margin_kernel(False, alpha, kappa, TOLERANCE, MAX_ITERATIONS).q


@kernel
def _connected(alpha: float) -> float:
    """The margin with kappa_1 = kappa sqrt((1 + q)/2)."""
    low, high = KAPPA, 0.0
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if middle < KAPPA * math.sqrt(0.5 * (1.0 + _overlap(alpha, middle))):
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


@kernel
def _kernel_margin(alpha: float, q: float) -> float:
    """The margin with kappa_1 = kappa p, by false position (Illinois)."""
    low, high, kept = KAPPA, 0.0, 0
    below = KAPPA * (1.0 - q)
    above = -KAPPA * cross_overlap_kernel(alpha, _overlap(alpha, 0.0), 0.0, q, KAPPA)
    middle = low
    for _ in range(HALVINGS):
        middle = (low * above - high * below) / (above - below)
        excess = middle - KAPPA * cross_overlap_kernel(alpha, _overlap(alpha, middle), middle, q, KAPPA)
        if abs(excess) < DIGITS:
            return middle
        if excess < 0.0:
            low, below = middle, excess
            if kept == -1:
                above *= 0.5
            kept = -1
        else:
            high, above = middle, excess
            if kept == 1:
                below *= 0.5
            kept = 1
    return middle


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    """inputs: margins of the two ends, load."""
    kappa1, kappa2, alpha = inputs[0], inputs[1], inputs[2]
    q1, q2 = _overlap(alpha, kappa1), _overlap(alpha, kappa2)
    p = cross_overlap_kernel(alpha, q1, kappa1, q2, kappa2)
    widest = max(q1, q2)
    step = STEP * min(1.0, math.sqrt((1.0 - widest) / widest))
    largest, lowest = 0.0, 0.0
    below = outputs[OUT.below : OUT.below + INNER]
    for i in range(POINTS):
        gamma = i / (POINTS - 1)
        n = math.sqrt(gamma * gamma + (1.0 - gamma) * (1.0 - gamma) + 2.0 * gamma * (1.0 - gamma) * p)
        error = 0.0
        if 0 < i < POINTS - 1:
            error = geodesic_kernel(q1, q2, p, kappa1, kappa2, KAPPA, gamma, step, below)
        chord = gamma * kappa1 + (1.0 - gamma) * kappa2
        outputs[OUT.gamma + i] = gamma
        outputs[OUT.error + i] = 100.0 * error
        outputs[OUT.worst + i] = chord / n
        outputs[OUT.straight + i] = chord
        outputs[OUT.forbidden + i] = min(chord / n, KAPPA)
        largest = max(largest, error)
        lowest = min(lowest, chord / n)
    outputs[OUT.p] = p
    outputs[OUT.barrier] = largest
    outputs[OUT.lowest] = lowest
    outputs[OUT.connected] = _connected(alpha)
    outputs[OUT.kernel_margin] = _kernel_margin(alpha, _overlap(alpha, KAPPA))
    outputs[OUT.blocked] = 1.0 if lowest < KAPPA - 1e-9 else 0.0
    outputs[OUT.free] = 1.0 - outputs[OUT.blocked]


@explorable
def geodesic_barrier() -> Explorable:
    """Error on the shortest path between two solutions of margins kappa_1 and kappa_2 of the negative spherical perceptron.

    Examples
    --------
    >>> answer = geodesic_barrier().evaluate(kappa1=-0.5, kappa2=-0.5, alpha=1.0)
    >>> print(f"{answer['barrier'][0]:.6f} {answer['connected'][0]:.4f} {answer['kernel_margin'][0]:.4f}")
    0.010029 -0.4046 -0.1711
    """
    path = Axis("place on the path *γ*  (0: second end, 1: first end)", (0.0, 1.0))
    error = Panel(
        x=path,
        y=Axis("violated patterns, per cent", (0.0, 1.4)),
        marks=[
            Area(role="unsat", x="gamma", y="error", opacity=0.15),
            Line(role="unsat", x="gamma", y="error", label="error on the geodesic", label_at=0.3),
        ],
        alt="Error along the path: a hump between two solutions of small margin, flat at zero where the margins are large.",
        aspect=0.75,
    )
    stability = Panel(
        x=path,
        y=Axis("lowest possible stability", (-0.75, 0.05)),
        marks=[
            Area(role="unsat", x="gamma", y="forbidden", base=KAPPA, opacity=0.2),
            Line(role="muted", x="gamma", y="straight", dash=True, width=1.5, label="chord", label_at=0.75),
            Line(role="theory", x="gamma", y="worst", label="back on the sphere", label_at=0.5),
            Rule(role="unsat", y=KAPPA),
            Text(role="unsat", x=0.98, y=-0.57, label="demanded *κ* = −1/2", anchor="end"),
        ],
        alt="Lowest possible stability along the path, for the straight chord and after normalising back to the sphere, beside the demanded margin.",
        aspect=0.75,
    )
    return Explorable(
        "geodesic_barrier",
        _kernel,
        title="Is the shortest path free?",
        controls=[
            Control(
                "kappa1",
                "margin of the first end *κ*_1",
                KAPPA,
                0.0,
                -0.35,
                0.01,
                marks={"κ_{*}": "connected", "κ_{krn}": "kernel_margin"},
            ),
            Control("kappa2", "margin of the second end *κ*_2", KAPPA, 0.0, KAPPA, 0.01),
            Control("alpha", "load *α*", 0.1, 1.8, 1.0, 0.05, marks={"1": 1.0}),
        ],
        outputs=LAYOUT,
        picture=[error, stability],
        readouts=[
            Readout("barrier", "largest error", 3, percent=True, role="unsat"),
            Readout("p", "cross overlap *p*_{12}", 4, role="theory"),
            Readout("connected", "*κ*_{*}", 4, role="dense", after_prediction=True),
            Readout("kernel_margin", "*κ*_{krn}", 4, role="dense", after_prediction=True),
        ],
        question=Question(
            "The second end is a typical solution, *κ*_2 = −1/2. Raise the margin of the first end alone. Does the error vanish everywhere at a finite *κ*_1, or only for *κ*_1 → 0?",
            choices=("at a finite *κ*_1 < 0", "only at 0"),
            answer=0,
            reveal="At a finite one, *κ*_{krn} = −0.171 for *α* = 1. From a solution with a larger margin the path to every typical solution is free. Two ends of equal margin need less, *κ*_{*} = −0.405.",
        ),
        notes=[
            Note("The lowest possible stability dips below *κ*: some patterns are violated.", when="blocked"),
            Note("The lowest possible stability stays above *κ*: no pattern can be violated.", when="free"),
        ],
        announce="Margins {kappa1:.2f} and {kappa2:.2f}: overlap {p:.3f}, largest error {barrier:.5f}.",
        alt=(
            "First picture: the share of violated patterns along the path, a low hump that leans towards the end of smaller margin. Second: the lowest possible stability along the path dips "
            "below the demanded margin of minus one half, while that of the straight chord does not."
        ),
    )
