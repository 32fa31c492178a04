r"""Which exponent marginality chooses: the scaling solution of jamming at a trial exponent of :math:`1-q\sim y^{-\kappa}`.

For every trial value force and field have a solution M(t), p(t), with a as an eigenvalue. The closure, :math:`c/b=\int pM''^2/\int pM'^2(1+M')`, holds at one
value, and there :math:`a+b=1`. The numbers are those of :func:`learnscape.replica.parisi.scaling_functions`, tabulated by
``chapters/data/jamming_exponents.py``. Chapter ``replicas/jamming-exponents``.
"""

from __future__ import annotations

import numpy as np

from learnscape.data import stored
from learnscape.explore.core import Explorable
from learnscape.explore.hosts import explorable
from learnscape.explore.spec import Area, Axis, Control, Dot, Line, Note, Panel, Question, Readout, Rule
from learnscape.explore.table import GridTable
from learnscape.replica.parisi import jamming_exponents

__all__ = ["jamming_closure"]

LOWEST, HIGHEST, START = 1.1, 1.7, 1.25


@explorable
def jamming_closure() -> Explorable:
    """Force and field of a trial exponent, and the two sides of the closure.

    Examples
    --------
    >>> answer = jamming_closure().evaluate(kappa_exponent=1.5)
    >>> round(float(answer["left"][0]), 4), round(float(answer["right"][0]), 4)
    (0.6667, 0.5317)
    """
    table = GridTable.from_spec(stored("jamming_exponents")["table"])
    size = table.outputs["held"].shape[-1]
    trials = table.axes[0].nodes()
    true = jamming_exponents().kappa_exponent
    functions = Panel(
        x=Axis("distance from the edge *t* = *h*/√(1−*q*)", (-6.0, 6.0)),
        y=Axis("−*M*′(*t*) and *p*(*t*)", (0.0, 3.0)),
        marks=[
            Rule(role="axis", x=0.0, dash=False),
            Area(role="theory", x="t", y="held"),
            Line(role="theory", x="t", y="held", label="−*M*′: held", label_at=0.62),
            Line(role="typical", x="t", y="density", label="*p*: how many", label_at=0.86),
        ],
        alt="Two curves against t: minus M' falls from one to zero around t = 0, and p falls from the left to the right, with power laws on both sides.",
        aspect=0.75,
    )
    closure = Panel(
        x=Axis("trial exponent *ϰ*", (LOWEST, HIGHEST)),
        y=Axis("sides of the closure", (0.0, 1.4)),
        marks=[
            Line(role="theory", x="trials", y="left_line", label="*c*/*b*", label_at=0.2),
            Line(role="simulation", x="trials", y="right_line", label="quotient", label_at=0.02),
            Line(
                role="dense",
                x="trials",
                y="sum_line",
                dash=True,
                label="*a* + *b*",
                label_at=0.85,
                after_prediction=True,
            ),
            Rule(role="muted", x="kappa_exponent", dash=False),
            Dot(role="theory", x="kappa_exponent", y="left", radius=6.0),
            Dot(role="simulation", x="kappa_exponent", y="right", radius=6.0),
            Dot(role="dense", x="kappa_exponent", y="a_plus_b", radius=6.0, after_prediction=True),
        ],
        alt="Both sides of the closure against the trial exponent: one rises, the other falls, and they cross near 1.416.",
        aspect=0.75,
    )
    return Explorable(
        "jamming_closure",
        table.kernel,
        table=table,
        title="Which exponent does marginality choose?",
        controls=[
            Control(
                "kappa_exponent",
                "trial exponent *ϰ*, 1 − *q* ~ *y*^{−ϰ}",
                LOWEST,
                HIGHEST,
                START,
                0.001,
                digits=3,
                marks={"1.25": 1.25, "1.416": round(true, 3), "1.6": 1.6},
            )
        ],
        outputs=table.layout,
        constants={
            "t": np.linspace(-6.0, 6.0, size),
            "trials": trials,
            "left_line": table.outputs["left"][:, 0].astype(np.float64),
            "right_line": table.outputs["right"][:, 0].astype(np.float64),
            "sum_line": table.outputs["a_plus_b"][:, 0].astype(np.float64),
        },
        picture=[functions, closure],
        readouts=[
            Readout("left", "*c*/*b*", 4, role="theory"),
            Readout("right", "quotient of the integrals", 4, role="simulation"),
            Readout("gamma", "gaps, *γ* = *a*/*b*", 4),
            Readout("theta", "forces, *θ* = (*c*−*a*)/(*b*−*c*)", 4),
            Readout("a_plus_b", "*a* + *b*", 4, role="dense", after_prediction=True),
        ],
        question=Question(
            "Move *ϰ* until the two sides of the closure agree. Nothing in the equations mentions the sum *a* + *b*. What is it there?",
            choices=("clearly below 1", "1", "clearly above 1"),
            answer=1,
            reveal="The sum is 1, at *ϰ* = 1.41574, where both sides are 0.5873; the step of the slider leaves 0.0004. The chapter proves it in three lines.",
        ),
        notes=[
            Note(
                "Every trial value has its own force and field; only at the crossing is the state marginally stable."
            )
        ],
        announce=(
            "At the trial exponent {kappa_exponent:.3f} the closure has {left:.4f} on the left and {right:.4f} on the right; "
            "gaps have the power {gamma:.4f}, forces {theta:.4f}."
        ),
        alt=(
            "Left: at trial exponent 1.25 minus M' falls from one to zero around t = 0; p falls slowly from left to right. Right: c/b rises from 0.18 to 0.82, the "
            "quotient of the integrals falls from 0.87 to 0.42; they cross near 1.416. Dots at 1.25 stand at 0.40 and 0.72."
        ),
    )
