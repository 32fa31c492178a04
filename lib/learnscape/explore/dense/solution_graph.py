r"""All solutions of a small binary perceptron as a graph: who has a neighbour at one flip, and who survives when the patterns change a little.

Of the :math:`2^{13}` weight vectors those are solutions that satisfy :math:`w\cdot\xi^\mu/\sqrt N\ge\kappa` on all Gaussian patterns; they are found by walking
the corners in Gray-code order, one flip a step. Two solutions that differ in one weight are joined. A corner w is drawn at :math:`\sum_iw_i(\cos\frac{\pi i}N,\sin\frac{\pi i}N)`:
as N = 13 is prime, no two corners fall together but one pair in the middle, and flips of one weight are parallel lines of the same length.

A step of the simulation rotates every entry a little, :math:`\xi\to\sqrt{1-\epsilon^2}\,\xi+\epsilon\,\xi'` with fresh :math:`\xi'`. Chapter ``dense/isolated-solutions``.
"""

from __future__ import annotations

import math

import numpy as np

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
    Simulation,
)
from learnscape.numerics.jit import kernel

__all__ = ["solution_graph"]

N, CORNERS = 13, 8192
FEWEST, MOST = 5, 12  # patterns
CHANGE = 0.1  # epsilon
STEPS = 20
DRAWN, EDGES = 512, 1536
KINDS = 4  # of drawn vertices: alone, largest, other, lost
FAR = 7  # flips, the last bin of the histogram
COS, SIN = np.cos(np.pi * np.arange(N) / N), np.sin(np.pi * np.arange(N) / N)
LAYOUT = layout(
    solutions=1,
    isolated=1,
    clusters=1,
    largest=1,
    crowded=1,
    none=1,
    finished=1,
    step=1,
    alone_left=1,
    cluster_left=1,
    flips=FAR,
    share=FAR,
    time=STEPS + 1,
    alone_share=STEPS + 1,
    cluster_share=STEPS + 1,
    edge_x=3 * EDGES,
    edge_y=3 * EDGES,
    alone_x=DRAWN,
    alone_y=DRAWN,
    largest_x=DRAWN,
    largest_y=DRAWN,
    other_x=DRAWN,
    other_y=DRAWN,
    lost_x=DRAWN,
    lost_y=DRAWN,
    _random=1,
    _patterns=MOST * N,
    _fields=MOST,
    _label=CORNERS,
    _first=CORNERS,
    _size=CORNERS,
    _first_size=CORNERS,
    _found=CORNERS,
    _stack=CORNERS,
)
OUT = LAYOUT.offsets


@kernel
def _enumerate(patterns: int, kappa: float, outputs: FloatArray) -> int:
    """Mark the solutions by -1 in ``label`` and list them in ``found``; how many there are."""
    bound = kappa * math.sqrt(1.0 * N)
    for mu in range(patterns):
        field = 0.0
        for i in range(N):
            field -= outputs[OUT.patterns + mu * N + i]
        outputs[OUT.fields + mu] = field
    count, corner = 0, 0
    for visit in range(CORNERS):
        if visit > 0:
            bit = 0
            while (visit >> bit) & 1 == 0:
                bit += 1
            corner ^= 1 << bit
            change = 2.0 if (corner >> bit) & 1 else -2.0
            for mu in range(patterns):
                outputs[OUT.fields + mu] += change * outputs[OUT.patterns + mu * N + bit]
        allowed = True
        for mu in range(patterns):
            if outputs[OUT.fields + mu] < bound:
                allowed = False
        outputs[OUT.label + corner] = -1.0 if allowed else 0.0
        if allowed:
            outputs[OUT.found + count] = corner
            count += 1
    return count


@kernel
def _components(count: int, outputs: FloatArray) -> int:
    """Number the connected components 1, 2, ... in ``label``, with their sizes in ``size``; how many there are."""
    number = 0
    for k in range(count):
        start = int(outputs[OUT.found + k])
        if outputs[OUT.label + start] > 0.0:
            continue
        number += 1
        outputs[OUT.label + start] = number
        outputs[OUT.stack] = start
        waiting, size = 1, 0
        while waiting > 0:
            waiting -= 1
            size += 1
            corner = int(outputs[OUT.stack + waiting])
            for i in range(N):
                other = corner ^ (1 << i)
                if outputs[OUT.label + other] < 0.0:
                    outputs[OUT.label + other] = number
                    outputs[OUT.stack + waiting] = other
                    waiting += 1
        outputs[OUT.size + number] = size
    return number


@kernel
def _place(corner: int, outputs: FloatArray, at_x: int, at_y: int) -> None:
    """The corner's place in the drawing."""
    x, y = 0.0, 0.0
    for i in range(N):
        sign = 1.0 if (corner >> i) & 1 else -1.0
        x += sign * COS[i]
        y += sign * SIN[i]
    outputs[at_x], outputs[at_y] = x, y


@kernel
def _stretch(at: int, count: int, centre: float, half: float, outputs: FloatArray) -> None:
    for k in range(at, at + count):
        outputs[k] = (outputs[k] - centre) / half


@kernel
def _fit(outputs: FloatArray) -> None:
    """Move and stretch the drawing, alike in both directions, until it fills the square from -1 to 1."""
    half, centre_x, centre_y = 1.0, 0.0, 0.0
    for axis in range(2):
        low, high = math.inf, -math.inf
        for kind in range(KINDS):
            at = OUT.alone_x + (2 * kind + axis) * DRAWN
            for k in range(at, at + DRAWN):
                if not math.isnan(outputs[k]):
                    low, high = min(low, outputs[k]), max(high, outputs[k])
        if low <= high:
            half = max(half, 0.5 * (high - low))
            if axis == 0:
                centre_x = 0.5 * (low + high)
            else:
                centre_y = 0.5 * (low + high)
    _stretch(OUT.edge_x, 3 * EDGES, centre_x, half, outputs)
    _stretch(OUT.edge_y, 3 * EDGES, centre_y, half, outputs)
    for kind in range(KINDS):
        _stretch(OUT.alone_x + 2 * kind * DRAWN, DRAWN, centre_x, half, outputs)
        _stretch(OUT.alone_y + 2 * kind * DRAWN, DRAWN, centre_y, half, outputs)


@kernel
def _histogram(count: int, outputs: FloatArray) -> None:
    """Shares of the solutions (of the first ones drawn, if there are many) with their nearest other one at 1, 2, ... flips."""
    for k in range(FAR):
        outputs[OUT.flips + k] = k + 1.0
        outputs[OUT.share + k] = 0.0
    looked = min(count, DRAWN)
    if count < 2:
        return
    for k in range(looked):
        corner = int(outputs[OUT.found + k])
        nearest = FAR
        if outputs[OUT.size + int(outputs[OUT.label + corner])] > 1.5:
            nearest = 1
        else:
            for j in range(count):
                if j != k:
                    rest = corner ^ int(outputs[OUT.found + j])
                    flips = 0
                    while rest != 0 and flips < nearest:
                        rest &= rest - 1
                        flips += 1
                    nearest = min(nearest, flips)
        outputs[OUT.share + nearest - 1] += 1.0 / looked


@kernel
def _draw(count: int, largest: int, outputs: FloatArray) -> None:
    """Places of the vertices by kind, of lost ones, and the edges."""
    for k in range(DRAWN):
        outputs[OUT.alone_x + k], outputs[OUT.alone_y + k] = math.nan, math.nan
        outputs[OUT.largest_x + k], outputs[OUT.largest_y + k] = math.nan, math.nan
        outputs[OUT.other_x + k], outputs[OUT.other_y + k] = math.nan, math.nan
        outputs[OUT.lost_x + k], outputs[OUT.lost_y + k] = math.nan, math.nan
    for k in range(3 * EDGES):
        outputs[OUT.edge_x + k], outputs[OUT.edge_y + k] = math.nan, math.nan
    edges = 0
    for k in range(min(count, DRAWN)):
        corner = int(outputs[OUT.found + k])
        label = int(outputs[OUT.label + corner])
        if outputs[OUT.size + label] < 1.5:
            _place(corner, outputs, OUT.alone_x + k, OUT.alone_y + k)
        elif label == largest:
            _place(corner, outputs, OUT.largest_x + k, OUT.largest_y + k)
        else:
            _place(corner, outputs, OUT.other_x + k, OUT.other_y + k)
        for i in range(N):
            other = corner ^ (1 << i)
            if other > corner and outputs[OUT.label + other] > 0.0 and edges < EDGES:
                _place(corner, outputs, OUT.edge_x + 3 * edges, OUT.edge_y + 3 * edges)
                _place(other, outputs, OUT.edge_x + 3 * edges + 1, OUT.edge_y + 3 * edges + 1)
                edges += 1
    lost = 0
    for corner in range(CORNERS):
        if outputs[OUT.first + corner] > 0.0 and outputs[OUT.label + corner] == 0.0 and lost < DRAWN:
            _place(corner, outputs, OUT.lost_x + lost, OUT.lost_y + lost)
            lost += 1
    _fit(outputs)


@kernel
def _survivors(step: int, outputs: FloatArray) -> None:
    """Shares of the first isolated solutions that are left, and of the first clusters of which some member is left."""
    for k in range(CORNERS):
        outputs[OUT.stack + k] = 0.0
    alone, alone_left, clusters, left = 0.0, 0.0, 0.0, 0.0
    for corner in range(CORNERS):
        label = int(outputs[OUT.first + corner])
        if label > 0:
            there = outputs[OUT.label + corner] > 0.0
            if outputs[OUT.first_size + label] < 1.5:
                alone += 1.0
                if there:
                    alone_left += 1.0
            elif there:
                outputs[OUT.stack + label] = 1.0
    for label in range(1, CORNERS):
        if outputs[OUT.first_size + label] > 1.5:
            clusters += 1.0
            left += outputs[OUT.stack + label]
    outputs[OUT.alone_left] = alone_left
    outputs[OUT.cluster_left] = left
    outputs[OUT.alone_share + step] = alone_left / alone if alone > 0.0 else math.nan
    outputs[OUT.cluster_share + step] = left / clusters if clusters > 0.0 else math.nan


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    """inputs: number of patterns, margin, action, seed."""
    patterns = int(inputs[0] + 0.5)
    if inputs[2] == RESTART:
        seed_state(outputs, OUT.random, inputs[3])
        for k in range(MOST * N):
            outputs[OUT.patterns + k] = normal(outputs, OUT.random)
        outputs[OUT.step] = 0.0
        for k in range(STEPS + 1):
            outputs[OUT.time + k] = k
            outputs[OUT.alone_share + k], outputs[OUT.cluster_share + k] = math.nan, math.nan
    elif inputs[2] == ADVANCE and outputs[OUT.step] < STEPS:
        keep = math.sqrt(1.0 - CHANGE * CHANGE)
        for k in range(MOST * N):
            outputs[OUT.patterns + k] = keep * outputs[OUT.patterns + k] + CHANGE * normal(
                outputs, OUT.random
            )
        outputs[OUT.step] += 1.0
    count = _enumerate(patterns, inputs[1], outputs)
    number = _components(count, outputs)
    if inputs[2] == RESTART:
        for k in range(CORNERS):
            outputs[OUT.first + k] = outputs[OUT.label + k]
            outputs[OUT.first_size + k] = outputs[OUT.size + k] if k <= number else 0.0
    largest, isolated, clusters = 0, 0.0, 0.0
    biggest = 0.0
    for label in range(1, number + 1):
        size = outputs[OUT.size + label]
        if size < 1.5:
            isolated += 1.0
        else:
            clusters += 1.0
        if size > biggest:
            biggest = size
            largest = label
    outputs[OUT.solutions] = count
    outputs[OUT.isolated] = isolated
    outputs[OUT.clusters] = clusters
    outputs[OUT.largest] = biggest
    outputs[OUT.crowded] = 1.0 if count > DRAWN else 0.0
    outputs[OUT.none] = 1.0 if count == 0 else 0.0
    outputs[OUT.finished] = 1.0 if outputs[OUT.step] >= STEPS else 0.0
    _survivors(int(outputs[OUT.step]), outputs)
    _histogram(count, outputs)
    _draw(count, largest, outputs)


@explorable
def solution_graph() -> Explorable:
    """The solutions of a perceptron with 13 binary weights, their neighbours, and what survives a small change of the patterns.

    Examples
    --------
    >>> answer = solution_graph().evaluate(patterns=8, kappa=0.0, steps=0)
    >>> alone, together = answer["isolated"][0], answer["largest"][0]
    >>> bool(0 < alone < answer["solutions"][0] and together > 1)
    True
    """
    extent = 1.08
    graph = Panel(
        x=Axis("", (-extent, extent), ticks=()),
        y=Axis("", (-extent, extent), ticks=()),
        marks=[
            Dot(role="muted", x="lost_x", y="lost_y", radius=3.5, hollow=True),
            Line(role="muted", x="edge_x", y="edge_y", width=1.0),
            Dot(role="sat", x="other_x", y="other_y", radius=4.0),
            Dot(role="dense", x="largest_x", y="largest_y", radius=4.5),
            Dot(role="typical", x="alone_x", y="alone_y", radius=5.0),
        ],
        title="all solutions; a line is one flipped weight",
        alt="A graph: solutions as dots, joined where they differ in one weight. Isolated ones, the largest cluster and other clusters have different colours.",
        empty="No weight vector satisfies all patterns.",
        aspect=1.0,
    )
    distances = Panel(
        x=Axis("flips to the nearest solution", (0.4, FAR + 0.6), ticks=tuple(range(1, FAR + 1))),
        y=Axis("share of the solutions", (0.0, 1.0)),
        marks=[Bar(role="typical", x="flips", y="share", width=0.7, opacity=0.8)],
        alt="Histogram of the number of flips from a solution to the nearest other one; the last bar stands for seven or more.",
        empty="Fewer than two solutions: no distance.",
        aspect=0.5,
    )
    survivors = Panel(
        x=Axis("steps of change", (0.0, STEPS), ticks=(0, 5, 10, 15, 20)),
        y=Axis("share still there", (0.0, 1.05)),
        marks=[
            Line(role="dense", x="time", y="cluster_share", label="clusters", label_at=0.5),
            Line(role="typical", x="time", y="alone_share", label="isolated solutions", label_at=0.5),
        ],
        alt="Two falling lines against the number of small changes: the share of the first clusters with a member left, and the share of the first isolated solutions left.",
        empty="There were no solutions at the start.",
        aspect=0.5,
    )
    return Explorable(
        "solution_graph",
        _kernel,
        title="Who lives next door?",
        controls=[
            Control("patterns", "patterns *P*, with *N* = 13 weights", FEWEST, MOST, 8, 1, digits=0),
            Control("kappa", "margin *κ*", -0.4, 0.6, 0.0, 0.02, marks={"0": 0.0}),
        ],
        outputs=LAYOUT,
        picture=[graph, distances, survivors],
        readouts=[
            Readout("solutions", "solutions", 0),
            Readout("isolated", "isolated", 0, role="typical"),
            Readout("clusters", "clusters", 0, role="sat"),
            Readout("largest", "in the largest", 0, role="dense"),
        ],
        simulation=Simulation(interval=350, finished="finished", seed=4, new_data="New patterns"),
        question=Question(
            "Each step changes all patterns a little. Which will more often survive ten steps: an isolated solution, or a cluster, of which one member is enough?",
            choices=("an isolated solution", "a cluster", "both alike"),
            answer=1,
            reveal="The cluster. Over a hundred draws with 8 patterns, ten steps leave 24 per cent of the isolated solutions and 65 per cent of the clusters, "
            "94 per cent of those with five members or more. Press Step, and watch the last picture.",
        ),
        notes=[
            "Purple: isolated. Green: the largest cluster. Grey-blue: other clusters. Hollow: solutions of the first patterns that are gone.",
            Note("Only the first 512 solutions are drawn.", when="crowded"),
            Note("No weight vector satisfies all patterns.", when="none"),
        ],
        announce="Solutions: {solutions:.0f}. Isolated: {isolated:.0f}. Clusters: {clusters:.0f}, in the largest: {largest:.0f}.",
        alt=(
            "First picture: dots of three colours, most of them joined by lines that run in thirteen directions: a large green cluster, two grey-blue ones, and nine purple dots "
            "without a line. Second: a histogram; most solutions have a neighbour at one flip. Third: axes for the shares that survive, still empty."
        ),
    )
