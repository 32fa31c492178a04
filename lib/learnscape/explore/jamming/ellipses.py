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
from learnscape.explore.actions import ADVANCE, REDRAW, RESTART
from learnscape.explore.contacts import count_contacts
from learnscape.explore.core import Explorable, FloatArray
from learnscape.explore.hosts import explorable
from learnscape.explore.layout import layout
from learnscape.explore.random_state import seed_state, uniform
from learnscape.explore.spec import Axis, Control, Dot, Note, Panel, Question, Readout, Rule, Simulation, View
from learnscape.jamming.ellipses.contact import contact_kernel, shape_kernel, slopes_kernel
from learnscape.jamming.periodic import list_close_pairs, minimum_image_kernel
from learnscape.numerics.fire import STATE, fire_start, fire_step
from learnscape.numerics.jit import kernel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ellipses"]

N = 48
PAIRS = N * (N - 1) // 2
FREE = 3 * N + 1
HISTORY = 60
SMALL, LARGE = 0.5, 0.7
SKIN = 0.4
TOLERANCE = 1e-3  # largest net force over the mean contact force
FRAME = 60  # steps of the minimiser in a frame
SETTLE, PICTURES = 120, 25  # after a move of a slider: steps for each picture, and how many at most
SIDE = math.sqrt(
    0.5 * N * math.pi * (SMALL * SMALL + LARGE * LARGE) / 0.8
)  # of the box at the start, density 0.8
INERTIA = math.sqrt(
    N
)  # the side of the box enters as INERTIA (L / SIDE - 1), so that it is no stiffer than an ellipse

LAYOUT = layout(
    finished=1,
    coordination=1,
    missing=1,
    rattlers=1,
    contacts=1,
    phi=1,
    box=1,
    residual=1,
    moving=1,
    settling=1,  # pictures still to come
    visited=1,
    _alpha=1,
    _pressure=1,
    _random=1,
    _fire=STATE,
    _x=FREE,  # all x, all y (in a box of side SIDE), all rotations times the radius of inertia, the box
    _velocities=FREE,
    _net=FREE,
    _listed=2 * N + 1,
    long=N,
    short=N,
    _shapes=3 * N,
    rattler=N,
    _listed_pairs=1,
    first=PAIRS,
    second=PAIRS,
    force=PAIRS,
    touch=2 * PAIRS,
    _degree=N,
    alpha_seen=HISTORY,
    z_seen=HISTORY,
    positions=2 * N,
    angles=N,
)
OUT = LAYOUT.offsets


@kernel
def _list_pairs(outputs: FloatArray) -> None:
    """Pairs that may come to touch before an ellipse has moved by half the skin."""
    count = list_close_pairs(
        outputs[OUT.x : OUT.x + 2 * N],
        outputs[OUT.long : OUT.long + N],
        SIDE / outputs[OUT.box],
        SIDE,
        SKIN,
        outputs[OUT.first : OUT.first + PAIRS],
        outputs[OUT.second : OUT.second + PAIRS],
    )
    outputs[OUT.listed_pairs] = count
    for k in range(2 * N):
        outputs[OUT.listed + k] = outputs[OUT.x + k]
    outputs[OUT.listed + 2 * N] = outputs[OUT.box]


@kernel
def _forces(outputs: FloatArray, pressure: float) -> None:
    """Forces on all coordinates, and the residual."""
    box = outputs[OUT.box]
    scale = box / SIDE
    virial, total, contacts = 0.0, 0.0, 0.0
    for k in range(FREE):
        outputs[OUT.net + k] = 0.0
    for i in range(N):
        a, b = outputs[OUT.long + i], outputs[OUT.short + i]
        turn = outputs[OUT.x + 2 * N + i] / (0.5 * math.sqrt(a * a + b * b))
        xx, xy, yy = shape_kernel(a, b, turn)
        outputs[OUT.shapes + i], outputs[OUT.shapes + N + i], outputs[OUT.shapes + 2 * N + i] = xx, xy, yy
    x, y = OUT.x, OUT.x + N
    for m in range(int(outputs[OUT.listed_pairs])):
        i, j = int(outputs[OUT.first + m]), int(outputs[OUT.second + m])
        dx = scale * minimum_image_kernel(outputs[x + i] - outputs[x + j], SIDE, 1.0 / SIDE)
        dy = scale * minimum_image_kernel(outputs[y + i] - outputs[y + j], SIDE, 1.0 / SIDE)
        outputs[OUT.force + m] = 0.0
        far = outputs[OUT.long + i] + outputs[OUT.long + j]
        if 0.0 < dx * dx + dy * dy < far * far:
            axx, axy, ayy = (
                outputs[OUT.shapes + i],
                outputs[OUT.shapes + N + i],
                outputs[OUT.shapes + 2 * N + i],
            )
            bxx, bxy, byy = (
                outputs[OUT.shapes + j],
                outputs[OUT.shapes + N + j],
                outputs[OUT.shapes + 2 * N + j],
            )
            g, lam = contact_kernel(dx, dy, axx, axy, ayy, bxx, bxy, byy)
            if g < 1.0:
                gx, gy, gi, gj = slopes_kernel(dx, dy, axx, axy, ayy, bxx, bxy, byy, g, lam)
                push = 1.0 - g
                outputs[OUT.force + m] = push
                size = math.sqrt(gx * gx + gy * gy)
                # the point of contact, seen from the centre of i: along lambda A w, where w is proportional to the gradient of g
                outputs[OUT.touch + m] = -(axx * gx + axy * gy) * g / lam
                outputs[OUT.touch + PAIRS + m] = -(axy * gx + ayy * gy) * g / lam
                total += push * size
                virial += push * g
                contacts += 1.0
                outputs[OUT.net + i] += scale * push * gx
                outputs[OUT.net + j] -= scale * push * gx
                outputs[OUT.net + N + i] += scale * push * gy
                outputs[OUT.net + N + j] -= scale * push * gy
                ri = 0.5 * math.sqrt(outputs[OUT.long + i] ** 2 + outputs[OUT.short + i] ** 2)
                rj = 0.5 * math.sqrt(outputs[OUT.long + j] ** 2 + outputs[OUT.short + j] ** 2)
                outputs[OUT.net + 2 * N + i] += push * gi / ri
                outputs[OUT.net + 2 * N + j] += push * gj / rj
    outputs[OUT.net + 3 * N] = (virial / box - 2.0 * pressure * box) * SIDE / INERTIA
    largest = 0.0
    for k in range(FREE):
        largest = max(largest, abs(outputs[OUT.net + k]))
    outputs[OUT.residual] = largest * contacts / total if total > 0.0 else 1.0


@kernel
def _relax(outputs: FloatArray, pressure: float, steps: int) -> None:
    """At most so many steps downhill; ``finished`` once the forces balance."""
    x, v, f, state = (
        outputs[OUT.x : OUT.velocities],
        outputs[OUT.velocities : OUT.net],
        outputs[OUT.net : OUT.listed],
        outputs[OUT.fire : OUT.x],
    )
    for step in range(steps + 1):
        outputs[OUT.box] = SIDE * (1.0 + x[3 * N] / INERTIA)
        if outputs[OUT.box] < 0.8 * SIDE or outputs[OUT.box] > 1.3 * SIDE:
            # a box that swings too far starts again at rest from where it is allowed
            outputs[OUT.box] = min(max(outputs[OUT.box], 0.8 * SIDE), 1.3 * SIDE)
            x[3 * N] = (outputs[OUT.box] / SIDE - 1.0) * INERTIA
            fire_start(v, state)
        moved = 0.0
        for i in range(N):
            dx, dy = x[i] - outputs[OUT.listed + i], x[N + i] - outputs[OUT.listed + N + i]
            moved = max(moved, dx * dx + dy * dy)
        shrunk = abs(outputs[OUT.box] / outputs[OUT.listed + 2 * N] - 1.0)
        if 16.0 * moved > SKIN * SKIN or shrunk > 0.05:
            _list_pairs(outputs)
        _forces(outputs, pressure)
        if outputs[OUT.residual] < TOLERANCE:
            outputs[OUT.finished] = 1.0
            return
        if step < steps:
            fire_step(x, v, f, state)


@kernel
def _count(outputs: FloatArray) -> None:
    """Take out ellipses with fewer than three contacts, again and again; count who is left."""
    for i in range(N):
        outputs[OUT.rattler + i] = 0.0
    pairs = int(outputs[OUT.listed_pairs])
    rattlers, contacts, coordination = count_contacts(
        outputs[OUT.first : OUT.first + pairs],
        outputs[OUT.second : OUT.second + pairs],
        outputs[OUT.force : OUT.force + pairs],
        outputs[OUT.rattler : OUT.rattler + N],
        outputs[OUT.degree : OUT.degree + N],
    )
    outputs[OUT.rattlers], outputs[OUT.contacts] = rattlers, contacts
    outputs[OUT.coordination] = coordination
    outputs[OUT.missing] = 3.0 * (N - rattlers) - 1.0 - contacts if rattlers < N else 0.0


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    """inputs: aspect ratio, pressure, action, seed. The state of the ellipses lives in the outputs."""
    ratio, pressure, action = inputs[0], inputs[1], inputs[2]
    x, v, state = (
        outputs[OUT.x : OUT.velocities],
        outputs[OUT.velocities : OUT.net],
        outputs[OUT.fire : OUT.x],
    )
    if action == RESTART:
        seed_state(outputs, OUT.random, inputs[3])
        for k in range(2 * N):
            x[k] = SIDE * uniform(outputs, OUT.random)
        for k in range(N):
            x[2 * N + k] = 2.0 * uniform(outputs, OUT.random)
        x[3 * N] = 0.0
        outputs[OUT.box], outputs[OUT.alpha], outputs[OUT.visited] = SIDE, 0.0, 0.0
        for k in range(HISTORY):
            outputs[OUT.alpha_seen + k], outputs[OUT.z_seen + k] = math.nan, math.nan
    if outputs[OUT.alpha] != ratio or outputs[OUT.pressure] != pressure:
        for i in range(N):
            radius = SMALL if i % 2 == 0 else LARGE
            before = 0.5 * math.sqrt(outputs[OUT.long + i] ** 2 + outputs[OUT.short + i] ** 2)
            outputs[OUT.long + i], outputs[OUT.short + i] = (
                radius * math.sqrt(ratio),
                radius / math.sqrt(ratio),
            )
            if before > 0.0:  # the angle stays, so the scaled angle changes with the radius of inertia
                x[2 * N + i] *= (
                    0.5 * math.sqrt(outputs[OUT.long + i] ** 2 + outputs[OUT.short + i] ** 2) / before
                )
        outputs[OUT.alpha], outputs[OUT.pressure], outputs[OUT.finished] = ratio, pressure, 0.0
        outputs[OUT.settling] = PICTURES
        fire_start(v, state)
        _list_pairs(outputs)
    if outputs[OUT.finished] == 0.0:
        if action == RESTART:
            _relax(outputs, pressure, 0)
        else:
            _relax(outputs, pressure, FRAME if action == ADVANCE else SETTLE)
        _count(outputs)
        outputs[OUT.settling] -= 1.0
        if outputs[OUT.finished] == 1.0:
            at = int(outputs[OUT.visited]) % HISTORY
            outputs[OUT.alpha_seen + at], outputs[OUT.z_seen + at] = ratio, outputs[OUT.coordination]
            outputs[OUT.visited] += 1.0
    scale = outputs[OUT.box] / SIDE
    outputs[OUT.phi] = (
        0.5 * N * math.pi * (SMALL * SMALL + LARGE * LARGE) / (outputs[OUT.box] * outputs[OUT.box])
    )
    for i in range(N):
        outputs[OUT.positions + i], outputs[OUT.positions + N + i] = scale * x[i], scale * x[N + i]
        outputs[OUT.angles + i] = x[2 * N + i] / (
            0.5 * math.sqrt(outputs[OUT.long + i] ** 2 + outputs[OUT.short + i] ** 2)
        )
    if outputs[OUT.finished] == 1.0 or action != REDRAW:
        outputs[OUT.settling] = 0.0
    outputs[OUT.moving] = 1.0 if outputs[OUT.finished] == outputs[OUT.settling] == 0.0 else 0.0


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
    contacts = Panel(
        x=Axis("aspect ratio *α*", (0.95, 3.0)),
        y=Axis("contacts of an ellipse *z*, all states seen", (3.5, 6.5)),
        marks=[
            Rule(role="theory", y=6.0, label="6 = 2 × 3 degrees of freedom"),
            Rule(role="muted", y=4.0, label="4, discs", after_prediction=True),
            Dot(role="muted", x="alpha_seen", y="z_seen", radius=3.5),
            Dot(role="simulation", x="alpha", y="coordination", radius=6.0),
        ],
        alt="Mean number of contacts against aspect ratio for all states that came to rest so far; the points stay below six.",
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
        outputs=LAYOUT,
        picture=[
            View(
                "ellipses",
                _draw,
                alt="Ellipses in a square box; a red point marks each contact, a dashed outline an ellipse that nothing holds.",
            ),
            contacts,
        ],
        readouts=[
            Readout("coordination", "contacts of an ellipse *z*, all states seen", 2, role="simulation"),
            Readout("missing", "missing contacts 3*N*_s − 1 − *N*_c", 0, role="unsat"),
            Readout("rattlers", "rattlers", 0, role="muted"),
            Readout("phi", "density *φ*", 3),
        ],
        simulation=Simulation(
            interval=50,
            finished="finished",
            settling="settling",
            seed=3,
            opening_steps=150,
            new_data="New ellipses",
        ),
        question=Question(
            "An ellipse in the plane has three freedoms: two to move, one to turn. Slowly squeeze a heap of slightly stretched discs, *α* = 1.1, until it is "
            "rigid. How many contacts does each have on average?",
            choices=("clearly fewer than 6", "6, twice the freedoms", "clearly more than 6"),
            answer=0,
            reveal="Clearly fewer than 6. Set *α* to 1.1, keep the pressure low, and read *z* and the missing contacts.",
        ),
        notes=[
            "Red points: contacts. Dashed outlines: rattlers, which nothing holds.",
            Note("The ellipses still move. Press Play and wait for rest.", when="moving"),
        ],
        announce="At aspect ratio {alpha:.2f} an ellipse has {coordination:.2f} contacts; missing contacts: {missing:.0f}.",
        alt="A box of ellipses at rest with a red point at each contact, and a chart with the contacts per ellipse: a little below six.",
    )
