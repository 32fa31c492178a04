r"""Where the negative spherical perceptron has solutions, and how similar they are: replica symmetry, full RSB, jamming.

A place s between 0 and 2 says how far the load is on its way: :math:`s\,\alpha_{AT}` up to the AT line at 1, and evenly on to jamming at 2. The numbers come from
a table (``chapters/data/full_rsb.py``): replica symmetry up to the line, the Parisi equation on a ladder of five levels beyond. Chapter ``replicas/full-rsb``.
"""

from __future__ import annotations

from learnscape.data import stored
from learnscape.explore.core import Explorable
from learnscape.explore.hosts import explorable
from learnscape.explore.spec import Area, Axis, Control, Dot, Line, Note, Panel, Question, Readout, Rule, Text
from learnscape.explore.table import GridTable

__all__ = ["full_rsb_diagram"]


@explorable
def full_rsb_diagram() -> Explorable:
    """Phase diagram of the negative spherical perceptron, and the distribution of overlaps at a point of it.

    Examples
    --------
    >>> answer = full_rsb_diagram().evaluate(kappa=-1.0, place=1.5)
    >>> print(f"{answer['alpha'][0]:.2f} {answer['q_low'][0]:.3f} {answer['q_high'][0]:.3f}")
    10.08 0.612 0.926
    """
    data = stored("full_rsb")
    table, lines = GridTable.from_spec(data["diagram"]), data["lines"]
    first, last = table.axes
    diagram = Panel(
        x=Axis("margin *κ*", (-1.45, -0.05)),
        y=Axis("load *α*", (1.0, 40.0), scale="log", ticks=(1, 2, 5, 10, 20, 40)),
        marks=[
            Area(role="typical", x="margins", y="jamming", base="at"),
            Line(role="theory", x="margins", y="at"),
            Line(role="unsat", x="margins", y="jamming"),
            Text(role="theory", x=-1.35, y=2.6, label="one overlap"),
            Text(role="typical", x=-0.75, y=11.0, label="shaded: full RSB"),
            Text(role="unsat", x=-0.75, y=27.0, label="no solutions"),
            Dot(role="simulation", x="kappa", y="alpha", radius=6.5),
        ],
        alt="Load against margin: the AT line and, above it, the line of jamming, both falling towards margin zero; a dot at the chosen place.",
    )
    overlaps = Panel(
        x=Axis("overlap *q*", (0.0, 1.0)),
        y=Axis("share of pairs with at most this overlap *x*(*q*)", (0.0, 1.02)),
        marks=[
            Rule(role="muted", x="q_low", label="*q*_m"),
            Rule(role="muted", x="q_high", label="*q*_M"),
            Line(role="theory", x=(0.0, "q_low", "q_low"), y=(0.0, 0.0, "x"), width=1.25),
            Line(role="theory", x="q", y="x"),
            Line(role="theory", x=("q_high", "q_high", 1.0), y=("x_high", 1.0, 1.0), width=1.25),
            Dot(role="theory", x="q_high", y="x_high", radius=4.5),
        ],
        alt="A step function: zero up to the smallest overlap, from there a rising curve to a dot at the largest, and one beyond.",
    )
    return Explorable(
        "full_rsb_diagram",
        table.kernel,
        table=table,
        title="How similar are two solutions, between the AT line and jamming?",
        controls=[
            Control(
                "kappa", "margin *κ*", first.start, first.stop, -1.0, 0.01, marks={"−1": -1.0, "−0.5": -0.5}
            ),
            Control(
                "place", "place (1: AT line, 2: jamming)", last.start, last.stop, 1.3, 0.01, marks={"AT": 1.0}
            ),
        ],
        outputs=table.layout,
        constants={"margins": lines["kappa"], "at": lines["at"], "jamming": lines["jamming"]},
        picture=[diagram, overlaps],
        readouts=[
            Readout("alpha", "load *α*", 1),
            Readout("q_low", "smallest overlap *q*_m", 2),
            Readout("q_high", "largest overlap *q*_M", 2),
            Readout("x_high", "share of pairs below *q*_M", 2, after_prediction=True),
            Readout("entropy", "ln(volume)/*N*", 1),
        ],
        question=Question(
            "At *κ* = −1 the load goes up from the AT line towards jamming. Which share of pairs of solutions is *not* in the same smallest cluster?",
            choices=(
                "it grows, because solutions split into more and more clusters",
                "it stays as it is at the AT line",
                "it shrinks towards zero",
            ),
            answer=2,
            reveal="It shrinks, from 0.37 at the line to 0.22 at 1.8. Towards jamming *x* falls to zero everywhere below *q*_M, and *q*_M tends to one.",
        ),
        notes=[
            Note(
                "Thick in the second picture: the continuous part, up to the dot. Up to the AT line there is none: all pairs have one overlap, "
                "*x* jumps from 0 to 1 there, and the dot only tells where breaking will begin."
            ),
        ],
        announce="At margin {kappa:.2f} and load {alpha:.1f} overlaps range from {q_low:.2f} to {q_high:.2f}; a share of {x_high:.2f} of pairs lies below the largest.",
        alt=(
            "Left: load against margin. The AT line falls from 15 at margin minus 1.4 to 2 near zero, the line of jamming from 29; the strip between is shaded; "
            "a dot at margin minus 1, load 9.2. Right: the share of pairs jumps from 0 to 0.25 at overlap 0.64, rises to 0.32 at overlap 0.86, where a dot stands, and jumps to 1."
        ),
    )
