r"""Forty-eight soft ellipses under a given pressure: the reader stretches them and counts contacts.

Overlapping ellipses repel with :math:`V=\tfrac12(1-g)^2`, g the contact function of `learnscape.jamming.ellipses`; half of them have the area of a disc of
radius 0.5, half of radius 0.7. Centres, angles and the side L of the periodic box follow :math:`V+pL^2` downhill (FIRE): centres are kept
in units of the box, so that L is one more coordinate. At rest the kernel counts contacts without rattlers. Chapter: jamming/ellipses.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from learnscape import style
from learnscape.explore.core import Explorable, FloatArray, explorable
from learnscape.explore.random_state import seed_state, uniform
from learnscape.explore.spec import Axis, Control, Dot, Note, Panel, Question, Readout, Rule, Simulation, View
from learnscape.jamming.ellipses._kernels import contact, shape, slopes
from learnscape.numerics.fire import STATE, fire_start, fire_step
from learnscape.numerics.jit import kernel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ellipses"]

N = 48
PAIRS = N * (N - 1) // 2
HISTORY = 60
SMALL, LARGE = 0.5, 0.7
SKIN = 0.4
TOLERANCE = 1e-3  # largest net force over the mean contact force
FRAME, SETTLE = 60, 3000  # steps of the minimiser in a frame, and after a move of a slider
SIDE = math.sqrt(
    0.5 * N * math.pi * (SMALL * SMALL + LARGE * LARGE) / 0.8
)  # of the box at the start, density 0.8
INERTIA = math.sqrt(
    N
)  # the side of the box enters as INERTIA (L / SIDE - 1), so that it is no stiffer than an ellipse

(
    FINISHED,
    COORDINATION,
    MISSING,
    RATTLERS,
    CONTACTS,
    PHI,
    BOX,
    RESIDUAL,
    MOVING,
    VISITED,
    SEEN_ALPHA,
    SEEN_P,
) = range(12)
RANDOM = 12
FIRE = RANDOM + 1
X = FIRE + STATE  # all x, all y (in a box of side SIDE), all rotations times the radius of inertia, the box
FREE = 3 * N + 1
V = X + FREE
F = V + FREE
LISTED = F + FREE
A = LISTED + 2 * N + 1
B = A + N
SHAPES = B + N
RATTLER = SHAPES + 3 * N
LIST_LENGTH = RATTLER + N
FIRST = LIST_LENGTH + 1
SECOND = FIRST + PAIRS
FORCE = SECOND + PAIRS
TOUCH = FORCE + PAIRS
DEGREE = TOUCH + 2 * PAIRS
ALPHA_SEEN = DEGREE + N
Z_SEEN = ALPHA_SEEN + HISTORY
POSITIONS = Z_SEEN + HISTORY
ANGLES = POSITIONS + 2 * N
RESTART, ADVANCE = 2.0, 1.0


@kernel
def _list_pairs(outputs: FloatArray) -> None:
    """Pairs that may come to touch before an ellipse has moved by half the skin."""
    scale, count = outputs[BOX] / SIDE, 0
    for i in range(N):
        for j in range(i + 1, N):
            dx, dy = outputs[X + i] - outputs[X + j], outputs[X + N + i] - outputs[X + N + j]
            dx -= SIDE * math.floor(dx / SIDE + 0.5)
            dy -= SIDE * math.floor(dy / SIDE + 0.5)
            far = (outputs[A + i] + outputs[A + j]) / scale + SKIN
            if dx * dx + dy * dy < far * far:
                outputs[FIRST + count], outputs[SECOND + count] = i, j
                count += 1
    outputs[LIST_LENGTH] = count
    for k in range(2 * N):
        outputs[LISTED + k] = outputs[X + k]
    outputs[LISTED + 2 * N] = outputs[BOX]


@kernel
def _forces(outputs: FloatArray, pressure: float) -> None:
    """Forces on all coordinates, and the residual."""
    box = outputs[BOX]
    scale = box / SIDE
    virial, total, contacts = 0.0, 0.0, 0.0
    for k in range(FREE):
        outputs[F + k] = 0.0
    for i in range(N):
        a, b = outputs[A + i], outputs[B + i]
        turn = outputs[X + 2 * N + i] / (0.5 * math.sqrt(a * a + b * b))
        xx, xy, yy = shape(a, b, turn)
        outputs[SHAPES + i], outputs[SHAPES + N + i], outputs[SHAPES + 2 * N + i] = xx, xy, yy
    for m in range(int(outputs[LIST_LENGTH])):
        i, j = int(outputs[FIRST + m]), int(outputs[SECOND + m])
        dx, dy = outputs[X + i] - outputs[X + j], outputs[X + N + i] - outputs[X + N + j]
        dx = scale * (dx - SIDE * math.floor(dx / SIDE + 0.5))
        dy = scale * (dy - SIDE * math.floor(dy / SIDE + 0.5))
        outputs[FORCE + m] = 0.0
        far = outputs[A + i] + outputs[A + j]
        if 0.0 < dx * dx + dy * dy < far * far:
            axx, axy, ayy = outputs[SHAPES + i], outputs[SHAPES + N + i], outputs[SHAPES + 2 * N + i]
            bxx, bxy, byy = outputs[SHAPES + j], outputs[SHAPES + N + j], outputs[SHAPES + 2 * N + j]
            g, lam = contact(dx, dy, axx, axy, ayy, bxx, bxy, byy)
            if g < 1.0:
                gx, gy, gi, gj = slopes(dx, dy, axx, axy, ayy, bxx, bxy, byy, g, lam)
                push = 1.0 - g
                outputs[FORCE + m] = push
                size = math.sqrt(gx * gx + gy * gy)
                # the point of contact, seen from the centre of i: along lambda A w, where w is proportional to the gradient of g
                outputs[TOUCH + m] = -(axx * gx + axy * gy) * g / lam
                outputs[TOUCH + PAIRS + m] = -(axy * gx + ayy * gy) * g / lam
                total += push * size
                virial += push * g
                contacts += 1.0
                outputs[F + i] += scale * push * gx
                outputs[F + j] -= scale * push * gx
                outputs[F + N + i] += scale * push * gy
                outputs[F + N + j] -= scale * push * gy
                ri = 0.5 * math.sqrt(outputs[A + i] ** 2 + outputs[B + i] ** 2)
                rj = 0.5 * math.sqrt(outputs[A + j] ** 2 + outputs[B + j] ** 2)
                outputs[F + 2 * N + i] += push * gi / ri
                outputs[F + 2 * N + j] += push * gj / rj
    outputs[F + 3 * N] = (virial / box - 2.0 * pressure * box) * SIDE / INERTIA
    largest = 0.0
    for k in range(FREE):
        largest = max(largest, abs(outputs[F + k]))
    outputs[RESIDUAL] = largest * contacts / total if total > 0.0 else 1.0


@kernel
def _relax(outputs: FloatArray, pressure: float, steps: int) -> None:
    """At most so many steps downhill; ``FINISHED`` once the forces balance."""
    x, v, f, state = outputs[X:V], outputs[V:F], outputs[F:LISTED], outputs[FIRE:X]
    for step in range(steps + 1):
        outputs[BOX] = SIDE * (1.0 + x[3 * N] / INERTIA)
        if outputs[BOX] < 0.8 * SIDE or outputs[BOX] > 1.3 * SIDE:
            # a box that swings too far starts again at rest from where it is allowed
            outputs[BOX] = min(max(outputs[BOX], 0.8 * SIDE), 1.3 * SIDE)
            x[3 * N] = (outputs[BOX] / SIDE - 1.0) * INERTIA
            fire_start(v, state)
        moved = 0.0
        for i in range(N):
            dx, dy = x[i] - outputs[LISTED + i], x[N + i] - outputs[LISTED + N + i]
            moved = max(moved, dx * dx + dy * dy)
        shrunk = abs(outputs[BOX] / outputs[LISTED + 2 * N] - 1.0)
        if 16.0 * moved > SKIN * SKIN or shrunk > 0.05:
            _list_pairs(outputs)
        _forces(outputs, pressure)
        if outputs[RESIDUAL] < TOLERANCE:
            outputs[FINISHED] = 1.0
            return
        if step < steps:
            fire_step(x, v, f, state)


@kernel
def _count(outputs: FloatArray) -> None:
    """Take out ellipses with fewer than three contacts, again and again; count who is left."""
    for i in range(N):
        outputs[RATTLER + i] = 0.0
    again, contacts = True, 0.0
    while again:
        again, contacts = False, 0.0
        for i in range(N):
            outputs[DEGREE + i] = 0.0
        for m in range(int(outputs[LIST_LENGTH])):
            i, j = int(outputs[FIRST + m]), int(outputs[SECOND + m])
            if outputs[FORCE + m] > 0.0 and outputs[RATTLER + i] + outputs[RATTLER + j] == 0.0:
                outputs[DEGREE + i] += 1.0
                outputs[DEGREE + j] += 1.0
                contacts += 1.0
        for i in range(N):
            if outputs[RATTLER + i] == 0.0 and outputs[DEGREE + i] < 3.0:
                outputs[RATTLER + i] = 1.0
                again = True
    rattlers = 0.0
    for i in range(N):
        rattlers += outputs[RATTLER + i]
    outputs[RATTLERS], outputs[CONTACTS] = rattlers, contacts
    outputs[COORDINATION] = 2.0 * contacts / (N - rattlers) if rattlers < N else 0.0
    outputs[MISSING] = 3.0 * (N - rattlers) - 1.0 - contacts if rattlers < N else 0.0


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    """inputs: aspect ratio, pressure, action, seed. The state of the ellipses lives in the outputs."""
    ratio, pressure, action = inputs[0], inputs[1], inputs[2]
    x, v, state = outputs[X:V], outputs[V:F], outputs[FIRE:X]
    if action == RESTART:
        seed_state(outputs, RANDOM, inputs[3])
        for k in range(2 * N):
            x[k] = SIDE * uniform(outputs, RANDOM)
        for k in range(N):
            x[2 * N + k] = 2.0 * uniform(outputs, RANDOM)
        x[3 * N] = 0.0
        outputs[BOX], outputs[SEEN_ALPHA], outputs[VISITED] = SIDE, 0.0, 0.0
        for k in range(HISTORY):
            outputs[ALPHA_SEEN + k], outputs[Z_SEEN + k] = math.nan, math.nan
    if outputs[SEEN_ALPHA] != ratio or outputs[SEEN_P] != pressure:
        for i in range(N):
            radius = SMALL if i % 2 == 0 else LARGE
            before = 0.5 * math.sqrt(outputs[A + i] ** 2 + outputs[B + i] ** 2)
            outputs[A + i], outputs[B + i] = radius * math.sqrt(ratio), radius / math.sqrt(ratio)
            if before > 0.0:  # the angle stays, so the scaled angle changes with the radius of inertia
                x[2 * N + i] *= 0.5 * math.sqrt(outputs[A + i] ** 2 + outputs[B + i] ** 2) / before
        outputs[SEEN_ALPHA], outputs[SEEN_P], outputs[FINISHED] = ratio, pressure, 0.0
        fire_start(v, state)
        _list_pairs(outputs)
    if outputs[FINISHED] == 0.0:
        if action == RESTART:
            _relax(outputs, pressure, 0)
        else:
            _relax(outputs, pressure, FRAME if action == ADVANCE else SETTLE)
        _count(outputs)
        if outputs[FINISHED] == 1.0:
            at = int(outputs[VISITED]) % HISTORY
            outputs[ALPHA_SEEN + at], outputs[Z_SEEN + at] = ratio, outputs[COORDINATION]
            outputs[VISITED] += 1.0
    scale = outputs[BOX] / SIDE
    outputs[PHI] = 0.5 * N * math.pi * (SMALL * SMALL + LARGE * LARGE) / (outputs[BOX] * outputs[BOX])
    for i in range(N):
        outputs[POSITIONS + i], outputs[POSITIONS + N + i] = scale * x[i], scale * x[N + i]
        outputs[ANGLES + i] = x[2 * N + i] / (0.5 * math.sqrt(outputs[A + i] ** 2 + outputs[B + i] ** 2))
    outputs[MOVING] = 1.0 - outputs[FINISHED]


def _draw(axes: Axes, values: dict[str, float], outputs: dict[str, Any]) -> None:
    """The picture of ``page/js/views/ellipses.js`` in Matplotlib."""
    from matplotlib.patches import Ellipse

    box = float(outputs["box"][0])
    points = np.mod(outputs["positions"].reshape(2, N).T, box)
    a, b = outputs["long"], outputs["short"]
    for k, point in enumerate(points):
        loose = outputs["rattler"][k] > 0
        for sx in (-box, 0.0, box):
            for sy in (-box, 0.0, box):
                axes.add_patch(
                    Ellipse(
                        (point[0] + sx, point[1] + sy),
                        2 * a[k],
                        2 * b[k],
                        angle=math.degrees(outputs["angles"][k]),
                        fc="none" if loose else style.neutral["grid"],
                        ec=style.neutral["axis"] if loose else style.color["sat"],
                        lw=0.8,
                        ls="--" if loose else "-",
                    )
                )
    count = int(outputs["_listed_pairs"][0])
    touch = outputs["touch"].reshape(2, PAIRS)
    for m in range(count):
        i, j = int(outputs["first"][m]), int(outputs["second"][m])
        if outputs["force"][m] > 0 and not (outputs["rattler"][i] or outputs["rattler"][j]):
            spot = np.mod(points[i] + touch[:, m], box)
            axes.plot(*spot, "o", ms=3, color=style.color["unsat"])
    axes.set(xlim=(0, box), ylim=(0, box), aspect="equal", xticks=[], yticks=[])


@explorable
def ellipses() -> Explorable:
    """Soft ellipses under pressure: stretch them, and count contacts and missing contacts.

    Examples
    --------
    >>> answer = ellipses().evaluate(steps=200, alpha=1.3, pressure=0.001)
    >>> bool(answer["finished"][0]), bool(4 < answer["coordination"][0] < 6), bool(answer["missing"][0] > 0)
    (True, True, True)
    """
    singles = (
        "finished", "coordination", "missing", "rattlers", "contacts", "phi", "box", "residual", "moving", "visited", "_alpha", "_pressure",
    )  # fmt: skip
    contacts = Panel(
        x=Axis("aspect ratio *α*", (0.95, 3.0)),
        y=Axis("contacts of an ellipse *z*", (3.5, 6.5)),
        marks=[
            Rule(role="theory", y=6.0, label="6 = 2 × 3 degrees of freedom"),
            Rule(role="muted", y=4.0, label="4, discs", after_prediction=True),
            Dot(role="muted", x="alpha_seen", y="z_seen", radius=3.5),
            Dot(role="simulation", x="alpha", y="coordination", radius=6.0),
        ],
        alt="Mean number of contacts against aspect ratio for all states that came to rest so far; the points stay below six.",
        title="Contacts of all states seen",
        aspect=0.8,
    )
    return Explorable(
        "ellipses",
        _kernel,
        title="How many contacts hold an ellipse?",
        controls=[
            Control("alpha", "aspect ratio *α*", 1.0, 2.8, 1.6, 0.01, marks={"discs": 1.0}, restarts=False),
            Control(
                "pressure", "pressure *p*", 5e-4, 0.03, 0.001, 0.01, scale="log", digits=4, restarts=False
            ),
        ],
        outputs={
            **dict.fromkeys(singles, 1),
            "_random": 1,
            "_fire": STATE,
            "_x": FREE,
            "_velocities": FREE,
            "_net": FREE,
            "_listed": 2 * N + 1,
            "long": N,
            "short": N,
            "_shapes": 3 * N,
            "rattler": N,
            "_listed_pairs": 1,
            "first": PAIRS,
            "second": PAIRS,
            "force": PAIRS,
            "touch": 2 * PAIRS,
            "_degree": N,
            "alpha_seen": HISTORY,
            "z_seen": HISTORY,
            "positions": 2 * N,
            "angles": N,
        },
        picture=[
            View(
                "ellipses",
                _draw,
                alt="Ellipses in a square box; a red point marks each contact, a dashed outline an ellipse that nothing holds.",
            ),
            contacts,
        ],
        readouts=[
            Readout("coordination", "contacts of an ellipse *z*", 2, role="simulation"),
            Readout("missing", "missing contacts 3*N*_s - 1 - *N*_c", 0, role="unsat"),
            Readout("rattlers", "rattlers", 0, role="muted"),
            Readout("phi", "density *φ*", 3),
        ],
        simulation=Simulation(
            interval=50, finished="finished", seed=3, opening_steps=150, new_data="New ellipses"
        ),
        question=Question(
            "An ellipse in the plane has three freedoms: two to move, one to turn. Slowly squeeze a heap of slightly stretched discs, α = 1.1, until it is "
            "rigid. How many contacts does each have on average?",
            choices=("clearly fewer than 6", "6, twice the freedoms", "clearly more than 6"),
            answer=0,
            reveal="Set α to 1.1, keep the pressure low, and read z and the missing contacts.",
        ),
        notes=[
            "Red points: contacts. Dashed outlines: rattlers, which nothing holds.",
            Note("The ellipses still move. Press Play and wait for rest.", when="moving"),
        ],
        announce="At aspect ratio {alpha:.2f} an ellipse has {coordination:.2f} contacts; missing contacts: {missing:.0f}.",
        alt="A box of ellipses at rest with a red point at each contact, and a chart with the contacts per ellipse: a little below six.",
    )
