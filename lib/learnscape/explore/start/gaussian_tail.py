r"""The fraction of random patterns whose stability reaches a margin, by luck: the Gaussian tail.

For weights that know nothing of a pattern the stability :math:`z=w\cdot\xi/\sqrt N` is a standard Gaussian, so the margin
:math:`\kappa` is reached with the probability :math:`H(\kappa)=\int_\kappa^\infty Dz`. Chapter ``start/how-to-use``.
"""

from __future__ import annotations

import numpy as np

from learnscape.explore.core import Explorable, FloatArray
from learnscape.explore.hosts import explorable
from learnscape.explore.layout import layout
from learnscape.explore.spec import Area, Axis, Control, Line, Panel, Question, Readout, Rule
from learnscape.numerics.gaussian import INVERSE_SQRT_2PI, exp_kernel, h_kernel
from learnscape.numerics.jit import kernel

__all__ = ["gaussian_tail"]

LIMIT, POINTS = 4.0, 121
GRID = np.linspace(-LIMIT, LIMIT, 161)
LAYOUT = layout(
    tail=1,
    one_in=1,
    tail_x=POINTS,
    tail_density=POINTS,
)
OUT = LAYOUT.offsets


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    kappa = inputs[0]
    outputs[OUT.tail] = h_kernel(kappa)
    outputs[OUT.one_in] = 1.0 / outputs[OUT.tail]
    for i in range(POINTS):
        x = kappa + (LIMIT - kappa) * i / (POINTS - 1)
        outputs[OUT.tail_x + i] = x
        outputs[OUT.tail_density + i] = INVERSE_SQRT_2PI * exp_kernel(-0.5 * x * x)


@explorable
def gaussian_tail() -> Explorable:
    """How many random patterns have a stability of at least kappa.

    Examples
    --------
    >>> answer = gaussian_tail().evaluate(kappa=1.0)
    >>> print(f"{answer['tail'][0]:.6f}")
    0.158655
    """
    panel = Panel(
        x=Axis("stability *z*", (-LIMIT, LIMIT)),
        y=Axis("probability density", (0.0, 0.42)),
        marks=[
            Area(role="sat", x="tail_x", y="tail_density", opacity=0.25),
            Line(role="theory", x="grid", y="density"),
            Rule(role="unsat", x="kappa", label="*κ*"),
        ],
        alt="A bell curve; the part to the right of the margin is shaded.",
        aspect=0.5,
    )
    return Explorable(
        "gaussian_tail",
        _kernel,
        title="How many patterns are learned by luck?",
        controls=[Control("kappa", "margin *κ*", -3.0, 3.0, 0.0, 0.01, marks={"0": 0.0, "1": 1.0, "2": 2.0})],
        outputs=LAYOUT,
        constants={"grid": GRID, "density": np.exp(-(GRID**2) / 2) / np.sqrt(2 * np.pi)},
        picture=[panel],
        readouts=[
            Readout("tail", "patterns with *z* ≥ *κ*", 1, percent=True, role="sat"),
            Readout("one_in", "that is one in", 2),
        ],
        question=Question(
            "With *κ* = 2, which fraction of all patterns is learned by luck?",
            choices=("one in five", "one in twenty", "one in forty-four"),
            answer=2,
            reveal="One in forty-four, 2.3 %: the Gaussian falls faster than any exponential. At *κ* = 3 it is one in 741.",
        ),
        announce="At margin {kappa:.2f}, {tail:.1%} of the patterns are learned by luck, one in {one_in:.1f}.",
        alt="A bell curve of stabilities between minus 4 and 4. The half to the right of the margin 0 is shaded: 50 percent.",
    )
