r"""One margin and one stability in the conventions of perceptron, support-vector machine and jamming, exactly.

With :math:`|w|^2=N` and pattern entries of variance 1: stability :math:`\Delta=w\cdot\xi/\sqrt N`, satisfied when :math:`\Delta\ge\kappa`; gap
:math:`h=\Delta-\kappa` (jamming, :math:`\sigma=\kappa`); :math:`\Delta^{\rm B}=\kappa-\Delta` (paper B, positive when unsatisfied); bound on the
bare sum :math:`K=\kappa\sqrt N`; distance to the hyperplane for patterns of length one :math:`\kappa/\sqrt N`. The same formulas as
``learnscape.conventions``; a test compares. Chapter ``start/notation``.
"""

from __future__ import annotations

import math

from learnscape.explore.core import Explorable, FloatArray
from learnscape.explore.hosts import explorable
from learnscape.explore.layout import layout
from learnscape.explore.spec import Area, Axis, Control, Dot, Line, Note, Panel, Question, Readout, Rule
from learnscape.numerics.jit import kernel

__all__ = ["margin_converter"]

LIMIT = 2.0
LAYOUT = layout(
    unnormalised=1,
    unit_patterns=1,
    gap=1,
    paper_b=1,
    satisfied=1,
    unsatisfied=1,
    region=2,
    gap_x=2,
)
OUT = LAYOUT.offsets


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    """inputs: kappa, Delta, N."""
    kappa = inputs[0]
    stability = inputs[1]
    root = math.sqrt(inputs[2])
    outputs[OUT.unnormalised] = kappa * root
    outputs[OUT.unit_patterns] = kappa / root
    outputs[OUT.gap] = stability - kappa
    outputs[OUT.paper_b] = kappa - stability
    outputs[OUT.satisfied] = 1.0 if stability >= kappa else 0.0
    outputs[OUT.unsatisfied] = 1.0 - outputs[OUT.satisfied]
    outputs[OUT.region] = kappa
    outputs[OUT.region + 1] = LIMIT
    outputs[OUT.gap_x] = kappa
    outputs[OUT.gap_x + 1] = stability


@explorable
def margin_converter() -> Explorable:
    """Margin kappa, sigma and K; stability, gap and the Delta of paper B.

    Examples
    --------
    >>> answer = margin_converter().evaluate(kappa=0.5, stability=0.3, n=100)
    >>> print(f"{answer['gap'][0]:.2f} {answer['paper_b'][0]:.2f} {answer['unnormalised'][0]:.2f}")
    -0.20 0.20 5.00
    """
    panel = Panel(
        x=Axis("*w*·*ξ*/√*N*", (-LIMIT, LIMIT)),
        y=Axis("", (0.0, 1.0), ticks=()),
        marks=[
            Area(role="sat", x="region", y=(1.0, 1.0), opacity=0.3, label="satisfied"),
            Rule(role="unsat", x="kappa", dash=False, label="margin *κ*"),
            Line(role="text", x="gap_x", y=(0.5, 0.5), width=3.0),
            Dot(role="theory", x="stability", y=0.5, radius=7.0, label="*Δ*"),
        ],
        alt="A number line of stabilities; the part right of the margin is shaded, a dot marks the stability, a bar the gap.",
        aspect=0.25,
    )
    return Explorable(
        "margin_converter",
        _kernel,
        title="Margin, stability, gap: who writes what?",
        controls=[
            Control("kappa", "margin *κ* = *σ*", -LIMIT, LIMIT, 0.5, 0.01, marks={"0": 0.0}),
            Control("stability", "stability *Δ*", -LIMIT, LIMIT, 0.3, 0.01),
            Control("n", "number of weights *N*", 1, 1e6, 100, 1, kind="number", digits=0),
        ],
        outputs=LAYOUT,
        picture=[panel],
        readouts=[
            Readout("gap", "gap *h* = *Δ* − *κ* (jamming)", 4, role="theory"),
            Readout("paper_b", "*Δ*^B = *κ* − *Δ* (paper B)", 4, role="unsat"),
            Readout("unnormalised", "bound *K* on *w*·*ξ*", 4),
            Readout("unit_patterns", "geometric margin, |*ξ*| = 1", 4),
        ],
        question=Question(
            "A pattern has stability 0.3 and the margin is 0.5. What is the sign of paper B's *Δ*, and is the pattern satisfied?",
            choices=("positive, satisfied", "negative, not satisfied", "positive, not satisfied"),
            answer=2,
            reveal="Positive, not satisfied: *Δ*^B = *κ* − *Δ* = +0.2 is what is missing.",
        ),
        notes=[Note("Satisfied.", when="satisfied"), Note("Not satisfied.", when="unsatisfied")],
        announce="At margin {kappa:.2f} and stability {stability:.2f} the gap is {gap:.2f} and paper B's Delta {paper_b:.2f}.",
        alt="A number line of stabilities from minus 2 to 2, shaded right of the margin 0.5. A dot at 0.3 lies to the left of it: not satisfied.",
    )
