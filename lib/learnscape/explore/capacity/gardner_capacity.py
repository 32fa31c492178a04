r"""The capacity of the spherical perceptron and the stabilities at capacity, as functions of the margin.

Gardner's replica-symmetric answer (J. Phys. A 21, 257, 1988; chapter ``capacity/gardner-volume``) is

.. math:: \alpha_c(\kappa)^{-1} = \int_{-\infty}^{\kappa} Dz\,(\kappa - z)^2 = (1+\kappa^2)\,\Phi(\kappa) + \kappa\,\varphi(\kappa).

At capacity a fraction :math:`H(-\kappa)=\Phi(\kappa)` of the patterns lies exactly at the margin; the others keep the Gaussian
density above it. For :math:`\kappa<0` RS is unstable before capacity is reached, and the formula is only an upper bound.
"""

from __future__ import annotations

from learnscape.explore.core import Explorable, FloatArray
from learnscape.explore.hosts import explorable
from learnscape.explore.layout import layout
from learnscape.explore.spec import Area, Axis, Bar, Control, Dot, Line, Note, Panel, Question, Readout, Rule
from learnscape.numerics.gaussian import INVERSE_SQRT_2PI, exp_kernel, h_kernel
from learnscape.numerics.jit import kernel
from learnscape.numerics.shortfall import mean_squared_shortfall

__all__ = ["gardner_capacity"]

LOW, HIGH, POINTS = -1.5, 2.0, 141
STABILITY_MAX, TAIL = 4.0, 121
LAYOUT = layout(
    alpha_c=1,
    at_margin=1,
    rs_unstable=1,
    curve_kappa=POINTS,
    curve_alpha=POINTS,
    tail_x=TAIL,
    tail_density=TAIL,
)
OUT = LAYOUT.offsets


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    kappa = inputs[0]
    outputs[OUT.alpha_c] = 1.0 / mean_squared_shortfall(kappa)
    outputs[OUT.at_margin] = h_kernel(-kappa)
    outputs[OUT.rs_unstable] = 1.0 if kappa < 0.0 else 0.0
    for i in range(POINTS):
        x = LOW + (HIGH - LOW) * i / (POINTS - 1)
        outputs[OUT.curve_kappa + i] = x
        outputs[OUT.curve_alpha + i] = 1.0 / mean_squared_shortfall(x)
    for i in range(TAIL):
        x = kappa + (STABILITY_MAX - kappa) * i / (TAIL - 1)
        outputs[OUT.tail_x + i] = x
        outputs[OUT.tail_density + i] = INVERSE_SQRT_2PI * exp_kernel(-0.5 * x * x)


@explorable
def gardner_capacity() -> Explorable:
    """How many patterns fit when each must be stored with the margin kappa, and how many lie exactly at it.

    Examples
    --------
    >>> answer = gardner_capacity().evaluate(kappa=0.5)
    >>> print(f"{answer['alpha_c'][0]:.4f} {answer['at_margin'][0]:.4f}")
    0.9612 0.6915
    """
    capacity = Panel(
        x=Axis("margin *κ*", (LOW, HIGH)),
        y=Axis("capacity *α*_c = *P*/*N*", (0.08, 60.0), scale="log", ticks=(0.1, 1, 10)),
        marks=[
            Area(role="sat", x="curve_kappa", y="curve_alpha", base=0.08, opacity=0.1),
            Line(
                role="theory", x="curve_kappa", y="curve_alpha", label="Gardner's *α*_c(*κ*)", label_at=0.42
            ),
            Rule(role="muted", x="kappa", y="alpha_c"),
            Dot(role="theory", x="kappa", y="alpha_c", radius=6.5),
        ],
        alt="Capacity against margin on a logarithmic scale: a falling curve with a point at the chosen margin.",
    )
    stabilities = Panel(
        x=Axis("stability *w*·*ξ*/√*N*", (LOW - 0.3, STABILITY_MAX)),
        y=Axis("density of patterns", (0.0, 1.05)),
        marks=[
            Rule(role="muted", x=0.0, dash=False, width=1.0),
            Area(role="theory", x="tail_x", y="tail_density", opacity=0.22),
            Line(role="theory", x="tail_x", y="tail_density", label="above *κ*", label_at=0.36),
            Bar(role="typical", x="kappa", y="at_margin", pixels=5, label="at *κ*"),
        ],
        alt="Distribution of stabilities at capacity: a delta peak at the margin, and the part of a Gaussian above it.",
    )
    return Explorable(
        "gardner_capacity",
        _kernel,
        title="How many patterns fit, and how many of them only just?",
        controls=[Control("kappa", "margin *κ*", LOW, HIGH, 0.5, 0.01, marks={"0": 0.0, "1": 1.0})],
        outputs=LAYOUT,
        picture=[capacity, stabilities],
        readouts=[
            Readout("alpha_c", "capacity *α*_c", 4, role="theory"),
            Readout("at_margin", "patterns exactly at the margin", 1, percent=True, role="typical"),
        ],
        question=Question(
            "Move the margin from 0 to 1. Does the capacity drop to about a half, a quarter, or a tenth?",
            choices=("a half", "a quarter", "a tenth"),
            answer=1,
            reveal="To about a quarter, from 2 to 0.52. At *κ* = 0 half of the patterns lie exactly at the margin, at *κ* = 1 already 84 %.",
        ),
        notes=[
            Note(
                "For *κ* < 0 the replica-symmetric solution is unstable near capacity: the true capacity is lower than this curve.",
                when="rs_unstable",
            )
        ],
        announce="At margin {kappa:.2f} the capacity is {alpha_c:.4f}; {at_margin:.1%} of the patterns lie exactly at the margin.",
        alt=(
            "Left: the capacity falls from about 42 at margin minus 1.5 through 2 at margin 0 to 0.2 at margin 2; a point marks 0.96 at "
            "margin 0.5. Right: stabilities at capacity, a tall bar at the margin with 69 percent of the patterns and a Gaussian "
            "tail above it."
        ),
    )
