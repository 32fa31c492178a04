r"""Sixty-four soft discs in a periodic box: they jam as the reader drags the density.

Overlapping discs repel with :math:`V=\tfrac12(1-r/s)^2`, s the sum of their radii; half of them have the radius 0.5, half 0.7. A new
density shrinks or widens the box, and the discs follow the energy downhill (FIRE) until the forces balance or vanish. At rest the kernel counts
contacts without rattlers, and diagonalises the dynamical matrix

.. math:: \frac{\partial^2V}{\partial r_i\partial r_j} = -\frac{1}{s^2}nn^T + \frac fr(1-nn^T) ,\qquad f=\frac1s\Big(1-\frac rs\Big) ,

for the frequencies. Chapter: jamming/packings.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from learnscape import style
from learnscape.explore.actions import ADVANCE, RESTART
from learnscape.explore.contacts import count_contacts
from learnscape.explore.core import Explorable, FloatArray
from learnscape.explore.hosts import explorable
from learnscape.explore.layout import layout
from learnscape.explore.random_state import seed_state, uniform
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
    View,
)
from learnscape.jamming.periodic import list_close_pairs, minimum_image, minimum_image_kernel
from learnscape.numerics.eigen import eigenvalues_kernel
from learnscape.numerics.fire import STATE, fire_start, fire_step
from learnscape.numerics.jit import kernel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["discs"]

N = 64
PAIRS = N * (N - 1) // 2
HISTORY = 60
SMALL, LARGE = 0.5, 0.7
SKIN = 0.4
TOLERANCE = 1e-5  # largest net force over the mean contact force
UNJAMMED = 1e-20  # energy a disc below which nothing touches
FRAME, SETTLE = 20, 4000  # steps of the minimiser in a frame, and after a move of the slider

LAYOUT = layout(
    finished=1,
    pressure=1,
    coordination=1,
    rattlers=1,
    contacts=1,
    stable=1,
    box=1,
    energy=1,
    residual=1,
    moving=1,
    softest=1,
    visited=1,
    _random=1,
    _fire=STATE,
    positions=2 * N,  # all x, then all y
    _velocities=2 * N,
    _net=2 * N,
    _listed=2 * N,
    radii=N,
    rattler=N,
    _listed_pairs=1,
    first=PAIRS,
    second=PAIRS,
    force=PAIRS,
    _degree=N,
    frequencies=2 * N,
    share=2 * N,
    phi_seen=HISTORY,
    z_seen=HISTORY,
    _scratch=2 * N,
    _matrix=4 * N * N,
)
OUT = LAYOUT.offsets


@kernel
def _list_pairs(outputs: FloatArray) -> None:
    """Pairs that may come to touch before a disc has moved by half the skin."""
    count = list_close_pairs(
        outputs[OUT.positions : OUT.positions + 2 * N],
        outputs[OUT.radii : OUT.radii + N],
        1.0,
        outputs[OUT.box],
        SKIN,
        outputs[OUT.first : OUT.first + PAIRS],
        outputs[OUT.second : OUT.second + PAIRS],
    )
    outputs[OUT.listed_pairs] = count
    for k in range(2 * N):
        outputs[OUT.listed + k] = outputs[OUT.positions + k]


@kernel
def _forces(outputs: FloatArray) -> float:
    """Contact forces and net forces; energy, pressure and residual. Returns the energy of all discs."""
    box, inverse = outputs[OUT.box], 1.0 / outputs[OUT.box]
    energy, virial, total, contacts = 0.0, 0.0, 0.0, 0.0
    x, y = OUT.positions, OUT.positions + N
    for k in range(2 * N):
        outputs[OUT.net + k] = 0.0
    for m in range(int(outputs[OUT.listed_pairs])):
        i, j = int(outputs[OUT.first + m]), int(outputs[OUT.second + m])
        dx = minimum_image_kernel(outputs[x + i] - outputs[x + j], box, inverse)
        dy = minimum_image_kernel(outputs[y + i] - outputs[y + j], box, inverse)
        s, r2 = outputs[OUT.radii + i] + outputs[OUT.radii + j], dx * dx + dy * dy
        outputs[OUT.force + m] = 0.0
        if 0.0 < r2 < s * s:
            r = math.sqrt(r2)
            overlap = 1.0 - r / s
            force = overlap / s
            outputs[OUT.force + m] = force
            energy += 0.5 * overlap * overlap
            virial += force * r
            total += force
            contacts += 1.0
            fx, fy = force * dx / r, force * dy / r
            outputs[OUT.net + i] += fx
            outputs[OUT.net + N + i] += fy
            outputs[OUT.net + j] -= fx
            outputs[OUT.net + N + j] -= fy
    largest = 0.0
    for k in range(2 * N):
        largest = max(largest, abs(outputs[OUT.net + k]))
    outputs[OUT.energy] = energy / N
    outputs[OUT.pressure] = virial / (2.0 * box * box)
    outputs[OUT.residual] = largest * contacts / total if total > 0.0 else 0.0
    return energy


@kernel
def _relax(outputs: FloatArray, steps: int) -> None:
    """At most so many steps downhill; ``finished`` once the forces balance or nothing touches."""
    x, v, f, state = (
        outputs[OUT.positions : OUT.velocities],
        outputs[OUT.velocities : OUT.net],
        outputs[OUT.net : OUT.listed],
        outputs[OUT.fire : OUT.positions],
    )
    for step in range(steps + 1):
        moved = 0.0
        for i in range(N):
            dx, dy = x[i] - outputs[OUT.listed + i], x[N + i] - outputs[OUT.listed + N + i]
            moved = max(moved, dx * dx + dy * dy)
        if 4.0 * moved > SKIN * SKIN:
            _list_pairs(outputs)
        energy = _forces(outputs)
        if energy <= UNJAMMED * N:
            outputs[OUT.finished], outputs[OUT.pressure], outputs[OUT.energy], outputs[OUT.residual] = (
                1.0,
                0.0,
                0.0,
                0.0,
            )
            return
        if outputs[OUT.residual] < TOLERANCE:
            outputs[OUT.finished] = 1.0
            return
        if step < steps:
            fire_step(x, v, f, state)


@kernel
def _count(outputs: FloatArray) -> None:
    """Take out discs with fewer than three contacts, again and again; count who is left."""
    pairs = int(outputs[OUT.listed_pairs])
    unjammed = 1.0 if outputs[OUT.pressure] == 0.0 else 0.0
    for i in range(N):
        outputs[OUT.rattler + i] = unjammed
    rattlers, contacts, coordination = count_contacts(
        outputs[OUT.first : OUT.first + pairs],
        outputs[OUT.second : OUT.second + pairs],
        outputs[OUT.force : OUT.force + pairs],
        outputs[OUT.rattler : OUT.rattler + N],
        outputs[OUT.degree : OUT.degree + N],
    )
    outputs[OUT.rattlers], outputs[OUT.stable], outputs[OUT.contacts] = rattlers, N - rattlers, contacts
    outputs[OUT.coordination] = coordination


@kernel
def _add_block(matrix: FloatArray, n: int, a: int, b: int, xx: float, xy: float, yy: float) -> None:
    """Add a 2 x 2 block to the lower triangle (a >= b)."""
    matrix[2 * a * n + 2 * b] += xx
    matrix[(2 * a + 1) * n + 2 * b] += xy
    matrix[(2 * a + 1) * n + 2 * b + 1] += yy
    if a != b:
        matrix[2 * a * n + 2 * b + 1] += xy


@kernel
def _vibrate(outputs: FloatArray) -> None:
    """Frequencies of the discs that are no rattlers, and the share of modes up to each; the two translations are left out."""
    stable, box, inverse = int(outputs[OUT.stable]), outputs[OUT.box], 1.0 / outputs[OUT.box]
    x, y = OUT.positions, OUT.positions + N
    n = 2 * stable
    matrix = outputs[OUT.matrix : OUT.matrix + n * n]
    for k in range(n * n):
        matrix[k] = 0.0
    place = 0.0
    for i in range(N):  # OUT.degree is free now: it holds the number of each disc among those that are left
        outputs[OUT.degree + i] = place
        place += 1.0 - outputs[OUT.rattler + i]
    for m in range(int(outputs[OUT.listed_pairs])):
        i, j = int(outputs[OUT.first + m]), int(outputs[OUT.second + m])
        force = outputs[OUT.force + m]
        if force > 0.0 and outputs[OUT.rattler + i] + outputs[OUT.rattler + j] == 0.0:
            dx = minimum_image_kernel(outputs[x + i] - outputs[x + j], box, inverse)
            dy = minimum_image_kernel(outputs[y + i] - outputs[y + j], box, inverse)
            s, r = outputs[OUT.radii + i] + outputs[OUT.radii + j], math.sqrt(dx * dx + dy * dy)
            stiff, push = 1.0 / (s * s), force / r
            nx, ny = dx / r, dy / r
            xx, xy, yy = (
                stiff * nx * nx - push * ny * ny,
                (stiff + push) * nx * ny,
                stiff * ny * ny - push * nx * nx,
            )
            a, b = int(outputs[OUT.degree + i]), int(outputs[OUT.degree + j])
            _add_block(matrix, n, a, a, xx, xy, yy)
            _add_block(matrix, n, b, b, xx, xy, yy)
            _add_block(matrix, n, max(a, b), min(a, b), -xx, -xy, -yy)
    values = outputs[OUT.frequencies : OUT.frequencies + n]
    if not eigenvalues_kernel(matrix, n, values, outputs[OUT.scratch : OUT.scratch + n]):
        for k in range(n):
            values[k] = math.nan
        return
    for k in range(n):
        values[k] = math.sqrt(values[k]) if values[k] > 0.0 else 0.0
        outputs[OUT.share + k] = (k - 1.0) / (n - 2.0)
    outputs[OUT.frequencies], outputs[OUT.frequencies + 1] = math.nan, math.nan
    outputs[OUT.softest] = values[2]


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    """inputs: density, action, seed. The state of the discs lives in the outputs."""
    phi, action = inputs[0], inputs[1]
    volume = 0.5 * N * math.pi * (SMALL * SMALL + LARGE * LARGE)
    box = math.sqrt(volume / phi)
    x, v, state = (
        outputs[OUT.positions : OUT.velocities],
        outputs[OUT.velocities : OUT.net],
        outputs[OUT.fire : OUT.positions],
    )
    if action == RESTART:
        seed_state(outputs, OUT.random, inputs[2])
        for i in range(N):
            outputs[OUT.radii + i] = SMALL if i % 2 == 0 else LARGE
        for k in range(2 * N):
            x[k] = box * uniform(outputs, OUT.random)
        for k in range(HISTORY):
            outputs[OUT.phi_seen + k], outputs[OUT.z_seen + k] = math.nan, math.nan
    if outputs[OUT.box] != box:
        if action != RESTART:
            for k in range(2 * N):
                x[k] *= box / outputs[OUT.box]
        outputs[OUT.box], outputs[OUT.finished] = box, 0.0
        fire_start(v, state)
        _list_pairs(outputs)
    if outputs[OUT.finished] == 0.0:
        if action == RESTART:
            _relax(outputs, 0)
        else:
            _relax(outputs, FRAME if action == ADVANCE else SETTLE)
        _count(outputs)
        for k in range(2 * N):
            outputs[OUT.frequencies + k], outputs[OUT.share + k] = math.nan, math.nan
        outputs[OUT.softest] = 0.0
        if outputs[OUT.finished] == 1.0:
            if outputs[OUT.stable] > 2.0:
                _vibrate(outputs)
            at = int(outputs[OUT.visited]) % HISTORY
            outputs[OUT.phi_seen + at], outputs[OUT.z_seen + at] = phi, outputs[OUT.coordination]
            outputs[OUT.visited] += 1.0
    outputs[OUT.moving] = 1.0 - outputs[OUT.finished]


def _draw(axes: Axes, values: dict[str, float], outputs: dict[str, Any]) -> None:
    """The picture of ``page/js/views/discs.js`` in Matplotlib."""
    from matplotlib.patches import Circle

    box = float(outputs["box"][0])
    points = np.mod(outputs["positions"].reshape(2, N).T, box)
    for point, radius, loose in zip(points, outputs["radii"], outputs["rattler"], strict=True):
        for sx in (-box, 0.0, box):
            for sy in (-box, 0.0, box):
                role = style.neutral["axis"] if loose else style.color["sat"]
                face = "none" if loose else style.neutral["grid"]
                axes.add_patch(
                    Circle(
                        (point[0] + sx, point[1] + sy),
                        radius,
                        fc=face,
                        ec=role,
                        lw=0.8,
                        ls="--" if loose else "-",
                    )
                )
    count = int(outputs["_listed_pairs"][0])
    first, second = (outputs[name][:count].astype(int) for name in ("first", "second"))
    force = outputs["force"][:count]
    mean = force[force > 0].mean() if (force > 0).any() else 1.0
    for i, j, strength in zip(first, second, force, strict=True):
        if strength > 0 and not (outputs["rattler"][i] or outputs["rattler"][j]):
            step = minimum_image(points[j] - points[i], box)
            for a, b in ((points[i], points[i] + step), (points[j] - step, points[j])):
                axes.plot(
                    *zip(a, b, strict=True),
                    color=style.color["unsat"],
                    lw=min(7.0, 0.4 + 1.8 * strength / mean),
                )
    axes.set(xlim=(0, box), ylim=(0, box), aspect="equal", xticks=[], yticks=[])


@explorable
def discs() -> Explorable:
    """Soft discs whose density the reader drags, with the forces between them, their contacts and their frequencies.

    Examples
    --------
    >>> loose, tight = (discs().evaluate(steps=400, phi=phi) for phi in (0.80, 0.90))
    >>> float(loose["pressure"][0]), bool(tight["pressure"][0] > 0), bool(tight["coordination"][0] > 4)
    (0.0, True, True)
    """
    box = View(
        "discs",
        _draw,
        alt="Discs in a square box; lines between touching discs are as thick as the force between them.",
    )
    contacts = Panel(
        x=Axis("density *φ*", (0.72, 1.0)),
        y=Axis("contacts of a disc *Z*, all states seen", (-0.2, 5.6)),
        marks=[
            Rule(role="theory", y=4.0, label="4, isostatic", after_prediction=True),
            Dot(role="muted", x="phi_seen", y="z_seen", radius=3.5),
            Dot(role="simulation", x="phi", y="coordination", radius=6.0),
        ],
        alt="Mean number of contacts against density for all states that came to rest so far: zero below jamming, four and more above.",
        aspect=0.53,
    )
    modes = Panel(
        x=Axis("frequency *ω*", (0.0, 2.4)),
        y=Axis("share of vibrations below *ω*", (0.0, 1.0)),
        marks=[Line(role="simulation", x="frequencies", y="share")],
        alt="Share of the vibrations with a frequency below omega; near jamming it rises from zero frequency at once.",
        empty="Only discs at rest that touch have vibrations.",
        aspect=0.53,
    )
    return Explorable(
        "discs",
        _kernel,
        title="When do soft discs jam?",
        controls=[Control("phi", "density *φ*", 0.74, 0.98, 0.88, 0.001, digits=3, restarts=False)],
        outputs=LAYOUT,
        picture=[box, contacts, modes],
        readouts=[
            Readout("pressure", "pressure *p*", 5, role="unsat"),
            Readout("coordination", "contacts of a disc *Z*", 2, role="simulation"),
            Readout("rattlers", "rattlers", 0, role="muted"),
            Readout("softest", "softest frequency", 3, role="simulation", when="softest"),
        ],
        simulation=Simulation(
            interval=50, finished="finished", seed=4, opening_steps=60, new_data="New discs"
        ),
        question=Question(
            "Lower the density until the pressure is nearly gone. How many contacts does a disc that is held have then, on average?",
            choices=("3", "4", "5", "6"),
            answer=1,
            reveal="Four. In steps of 0.001 the discs that open the picture keep a pressure down to 0.840. There 115 contacts hold 58 discs, 3.97 each, and at "
            "0.839 there is none. Other discs lose their pressure at another density, and always near four contacts.",
        ),
        notes=[
            "Lines: forces, in units of the mean force. Dashed circles: rattlers, which nothing holds.",
            Note("The discs still move. Press Play and wait for rest.", when="moving"),
        ],
        announce="At density {phi:.3f} the pressure is {pressure:.5f}; a disc that is held has {coordination:.2f} contacts.",
        alt=(
            "Left: discs of two sizes fill a square box; lines of different thickness join the centres of touching discs and form a network. "
            "Right: one point at density 0.88 with 4.66 contacts a disc, and the share of vibrations below a frequency, which rises "
            "smoothly from zero to one."
        ),
    )
