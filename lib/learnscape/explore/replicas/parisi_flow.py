r"""The order parameter of the SK model flowing to its fixed point: one step of the Parisi equations after the other.

q(x) has sixteen treads of equal width, :math:`m_i=i/16`. A step sweeps from the leaves to the root for :math:`\phi_i`, back down for the law :math:`P_i` of the field at
each level, and sets :math:`q_i=\int P_i\phi_i'^2`. At a fixed point the Parisi functional is stationary in every q_i; for any q(x) it bounds the free energy from below.
The sweeps are those of :mod:`learnscape.spin_glass.sk.parisi_sweeps`; the weights of a row are made once more on the way down, for there is no room for
them all. Chapter ``replicas/sherrington-kirkpatrick``.
"""

from __future__ import annotations

import math

from learnscape.explore.actions import ADVANCE, RESTART
from learnscape.explore.core import Explorable, FloatArray
from learnscape.explore.hosts import explorable
from learnscape.explore.layout import layout
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
from learnscape.numerics.jit import kernel
from learnscape.numerics.sinh_rule import asinh_kernel
from learnscape.spin_glass.sk.parisi_sweeps import U_STEP, Grid, cosh_leaf, fill_nodes, half_row, row, scatter
from learnscape.spin_glass.sk.replica_symmetric import rs_kernel, rs_moments

__all__ = ["parisi_flow"]

TREADS = 16
COLDEST, STRONGEST = 0.3, 1.0
NODES, ROW = 141, 201  # of the grid and of a row, at most; the longest are needed at the lowest temperature
MARGIN = 9.0  # how far the grid reaches beyond the tilt of the measure, in roots of the self-overlap
BEND = 0.5 * math.pi  # distance of the singularities of ln 2cosh
UNSEEN = 1e-17  # weight of a node that changes no digit
LAST = 200  # steps
DONE = 1e-10
NEARLY, LEAN = (
    0.5,
    0.02,
)  # the start that is nearly one overlap, and how much treads differ: exactly equal ones would stay so
LAYOUT = layout(
    iteration=1,
    finished=1,
    free_energy=1,
    gain=1,
    symmetric=1,
    residual=1,
    replicon=1,
    symmetric_q=1,
    symmetric_replicon=1,
    lowest=1,
    largest=1,
    x=2 * TREADS,
    before=2 * TREADS,
    now=2 * TREADS,
    middle=TREADS,
    implied=TREADS,
    step=LAST + 1,
    residuals=LAST + 1,
    gains=LAST + 1,
    _q=TREADS,
    _temperature=1,
    _field=1,
    _nodes=NODES,
    _phi=TREADS * NODES,
    _slope=TREADS * NODES,
    _bend=TREADS * NODES,
    _measure=NODES,
    _next=NODES,
    _place=ROW,
    _weight=ROW,
    _work=4 * ROW + 8,
)
OUT = LAYOUT.offsets


@kernel
def _functions(i: int, n: int, outputs: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """phi_i and its derivatives."""
    at = i * NODES
    return (
        outputs[OUT.phi + at : OUT.phi + at + n],
        outputs[OUT.slope + at : OUT.slope + at + n],
        outputs[OUT.bend + at : OUT.bend + at + n],
    )


@kernel
def _row(
    grid: Grid, i: int, m: float, s: float, point: float, outputs: FloatArray
) -> tuple[int, float, float, float]:
    """The row at a point, over the functions of level i; how long it is, and the three averages."""
    count = 2 * half_row(m, s, BEND) + 1
    place, weight = outputs[OUT.place : OUT.place + count], outputs[OUT.weight : OUT.weight + count]
    work = outputs[OUT.work : OUT.work + 4 * count + 8]
    inner = _functions(i, grid.h.size, outputs)
    value, slope, bend = row(grid, inner, m, s, BEND, point, place, weight, work)
    return count, value, slope, bend


@kernel
def _send(size: int, count: int, mass: float, outputs: FloatArray) -> None:
    """A mass through the row that was made last, to the next measure."""
    place, weight = outputs[OUT.place : OUT.place + count], outputs[OUT.weight : OUT.weight + count]
    target, work = outputs[OUT.next : OUT.next + size], outputs[OUT.work : OUT.work + 8]
    scatter(size, place, weight, mass, target, work)


@kernel
def _arrive(i: int, n: int, even: bool, outputs: FloatArray) -> None:
    """The next measure becomes that of level i, and says which overlap it implies."""
    square, bend2 = 0.0, 0.0
    for a in range(n):
        mass = outputs[OUT.next + a]
        if even:  # the law of the field is even without a field, the half that was sent is not
            mass = 0.5 * (mass + outputs[OUT.next + n - 1 - a])
        outputs[OUT.measure + a] = mass
        square += mass * outputs[OUT.slope + i * NODES + a] ** 2
        bend2 += mass * outputs[OUT.bend + i * NODES + a] ** 2
    outputs[OUT.implied + i] = square
    beta = 1.0 / outputs[OUT.temperature]
    outputs[OUT.replicon] = 1.0 - beta * beta * bend2
    for a in range(n):
        outputs[OUT.next + a] = 0.0


@kernel
def _sweep(outputs: FloatArray) -> float:
    """Both sweeps at the present overlaps; -beta f."""
    beta, even = 1.0 / outputs[OUT.temperature], outputs[OUT.field] == 0.0
    h0 = beta * outputs[OUT.field]
    tilt, squares = 0.0, 0.0
    for i in range(TREADS):
        q, m = outputs[OUT.q + i], (i + 1.0) / TREADS
        outer = outputs[OUT.q + i + 1] if i + 1 < TREADS else 1.0
        tilt += m * (outer - q) * beta * beta
        squares += m * (outer * outer - q * q)
    last = outputs[OUT.q + TREADS - 1]
    reach = abs(h0) + tilt + MARGIN * beta * math.sqrt(last)
    half = min(max(8, math.ceil(asinh_kernel(reach / BEND) / U_STEP)), NODES // 2)
    n = 2 * half + 1
    h = outputs[OUT.nodes : OUT.nodes + n]
    fill_nodes(BEND, h)
    grid = Grid(h, BEND, -half * U_STEP, U_STEP)
    phi, slope, bend = _functions(TREADS - 1, n, outputs)
    cosh_leaf(h, phi, slope, bend)
    first = half if even else 0  # without a field half of the nodes are enough
    for i in range(TREADS - 1, 0, -1):
        s = beta * math.sqrt(max(outputs[OUT.q + i] - outputs[OUT.q + i - 1], 1e-300))
        phi, slope, bend = _functions(i - 1, n, outputs)
        for a in range(first, n):
            _, phi[a], slope[a], bend[a] = _row(grid, i, i / TREADS, s, h[a], outputs)
            if even:
                phi[n - 1 - a], slope[n - 1 - a], bend[n - 1 - a] = phi[a], -slope[a], bend[a]
    for a in range(n):
        outputs[OUT.next + a] = 0.0
    root = max(beta * math.sqrt(outputs[OUT.q]), 1e-150)
    count, value, _, _ = _row(grid, 0, 0.0, root, h0, outputs)
    _send(n, count, 1.0, outputs)
    _arrive(0, n, even, outputs)
    for i in range(1, TREADS):
        s = beta * math.sqrt(max(outputs[OUT.q + i] - outputs[OUT.q + i - 1], 1e-300))
        for a in range(first, n):
            mass = outputs[OUT.measure + a] * (2.0 if even and a > half else 1.0)
            if abs(mass) > UNSEEN:
                count, _, _, _ = _row(grid, i, i / TREADS, s, h[a], outputs)
                _send(n, count, mass, outputs)
        _arrive(i, n, even, outputs)
    return value - 0.25 * beta * beta * squares + 0.5 * beta * beta * (1.0 - last)


@kernel
def _start(kind: float, outputs: FloatArray) -> None:
    """Overlaps to begin with: nearly equal, a straight line, or a jump."""
    for i in range(TREADS):
        x = (i + 0.5) / TREADS
        outputs[OUT.q + i] = NEARLY + LEAN * (x - 0.5)
        if kind == 1.0:
            outputs[OUT.q + i] = x
        elif kind == 2.0:
            outputs[OUT.q + i] = (0.1 if x < 0.5 else 0.9) + LEAN * (x - 0.5)


@kernel
def _show(value: float, outputs: FloatArray) -> None:
    """What the sweep says, for the pictures."""
    k = int(outputs[OUT.iteration])
    free, residual = -outputs[OUT.temperature] * value, 0.0
    outputs[OUT.gain] = free - outputs[OUT.free_energy] if k > 0 else 0.0
    outputs[OUT.free_energy] = free
    for i in range(TREADS):
        q = outputs[OUT.q + i]
        residual = max(residual, abs(outputs[OUT.implied + i] - q))
        outputs[OUT.middle + i] = (i + 0.5) / TREADS
        for side in range(2):
            outputs[OUT.x + 2 * i + side] = (i + 1.0 * side) / TREADS
            outputs[OUT.now + 2 * i + side] = q
    outputs[OUT.residual] = residual
    outputs[OUT.lowest], outputs[OUT.largest] = outputs[OUT.q], outputs[OUT.q + TREADS - 1]
    outputs[OUT.residuals + k] = max(residual, 1e-16)
    outputs[OUT.gains + k] = outputs[OUT.gain] if outputs[OUT.gain] > 0.0 else math.nan
    outputs[OUT.finished] = 1.0 if residual < DONE or k >= LAST else 0.0


@kernel
def _from_here(t: float, h: float, outputs: FloatArray) -> None:
    """The first sweep at a temperature and field, with the overlaps that there are."""
    outputs[OUT.temperature], outputs[OUT.field] = t, h
    outputs[OUT.iteration] = 0.0
    for k in range(LAST + 1):
        outputs[OUT.step + k] = k
        outputs[OUT.residuals + k], outputs[OUT.gains + k] = math.nan, math.nan
    q, outputs[OUT.symmetric_replicon] = rs_kernel(t, h)
    outputs[OUT.symmetric_q] = q
    outputs[OUT.symmetric] = -((1.0 - q) ** 2) / (4.0 * t) - t * rs_moments(1.0 / t, q, h).log_2cosh
    _show(_sweep(outputs), outputs)
    for i in range(2 * TREADS):
        outputs[OUT.before + i] = outputs[OUT.now + i]


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    """inputs: T, H, start, action, seed."""
    t, h = inputs[0], inputs[1]
    if inputs[3] == RESTART:
        _start(inputs[2], outputs)
        _from_here(t, h, outputs)
    elif outputs[OUT.temperature] != t or outputs[OUT.field] != h:
        _from_here(t, h, outputs)
    elif inputs[3] == ADVANCE and outputs[OUT.finished] == 0.0:
        for i in range(TREADS):
            outputs[OUT.q + i] = outputs[OUT.implied + i]
        outputs[OUT.iteration] += 1.0
        _show(_sweep(outputs), outputs)


@explorable
def parisi_flow() -> Explorable:
    """q(x) of the SK model on its way to the fixed point.

    Examples
    --------
    >>> answer = parisi_flow().evaluate(temperature=0.5, steps=100)
    >>> print(f"{answer['free_energy'][0]:.5f} {answer['symmetric'][0]:.5f}")
    -0.79118 -0.79239
    """
    order = Panel(
        x=Axis("*x*", (0.0, 1.0)),
        y=Axis("overlap *q*(*x*)", (0.0, 1.0)),
        marks=[
            Line(role="muted", x="x", y="before", dash=True, width=1.5, label="start", label_at=0.02),
            Rule(role="unsat", y="symmetric_q"),
            Line(role="theory", x="x", y="now", width=2.75),
            Dot(role="typical", x="middle", y="implied", radius=3.5, hollow=True),
        ],
        alt="Overlap against x: a staircase, the dashed staircase of the start, and small circles where each tread goes next.",
        aspect=0.85,
    )
    convergence = Panel(
        x=Axis("steps taken", (0.0, LAST)),
        y=Axis("what is left", (1e-10, 1.0), scale="log"),
        marks=[
            Line(role="typical", x="step", y="residuals", label="largest move of a tread", label_at=0.6),
            Line(role="simulation", x="step", y="gains", label="gain of *f*", label_at=0.3),
        ],
        alt="On a logarithmic axis, the largest move of a tread and the gain of free energy in each step so far.",
        aspect=0.85,
    )
    return Explorable(
        "parisi_flow",
        _kernel,
        title="Where does *q*(*x*) come from?",
        controls=[
            Control(
                "temperature",
                "temperature *T*",
                COLDEST,
                1.2,
                0.5,
                0.01,
                marks={"0.5": 0.5, "*T*_c": 1.0},
                restarts=False,
            ),
            Control("field", "field *h*", 0.0, STRONGEST, 0.0, 0.01, marks={"0": 0.0}, restarts=False),
            Control(
                "start",
                "start",
                kind="select",
                value=0.0,
                options={"nearly equal overlaps": 0.0, "straight line": 1.0, "two overlaps": 2.0},
            ),
        ],
        outputs=LAYOUT,
        picture=[order, convergence],
        readouts=[
            Readout("iteration", "steps taken", 0),
            Readout("free_energy", "free energy of this *q*(*x*)", 6, role="theory"),
            Readout("symmetric", "with the one overlap of replica symmetry", 6, role="unsat"),
            Readout("replicon", "replicon, innermost", 4),
            Readout("residual", "largest move", 6, role="typical"),
        ],
        simulation=Simulation(interval=120, finished="finished", seed=1, new_data="", opening_steps=3),
        question=Question(
            "*T* = 0.5. The start has nearly equal overlaps, 0.49 to 0.51. What do the steps make of the difference?",
            choices=("it dies out", "it stays", "it grows"),
            answer=2,
            reveal=(
                "It grows. All treads first move to 0.53 (red), the overlap of replica symmetry. There a difference grows by 36 per cent a step, one minus the replicon "
                "−0.36. It ends as a slope and a plateau."
            ),
        ),
        notes=[
            Note(
                "A step: up the tree for *φ*, down for the law *P* of the field, then *q*_i = mean square magnetisation of level *i* (circles). Every *q*(*x*) bounds the "
                "free energy from below: the larger, the better."
            ),
            Note("Temperature and field can be moved on the way: the flow goes on from where it is."),
        ],
        announce=(
            "Steps taken: {iteration:.0f}. The overlaps reach from {lowest:.3f} to {largest:.3f}, the free energy is {free_energy:.6f}, and the largest move {residual:.5f}."
        ),
        alt=(
            "Left: after three steps a slightly rising staircase between overlaps 0.51 and 0.55, near a dashed horizontal line at 0.53 and above the flat start at 0.5; circles "
            "show where the treads go next. Right: two short lines of four points, moves near 0.01 and gains of free energy near 0.0001, on a logarithmic axis."
        ),
    )
