r"""Which fraction of all labellings is separable? Cover's count against the load, for any N.

For P points of R^N in general position (T. M. Cover, IEEE Trans. Electronic Computers EC-14, 326, 1965)

.. math:: f(P, N) = 2^{-P} C(P, N) = \Pr[\text{at most } N - 1 \text{ heads in } P - 1 \text{ fair coins}] .

The kernel needs no factorial. By the recursion C(P+1, N) = C(P, N) + C(P, N-1) one more point lowers f by half the probability of
exactly N - 1 heads, and this probability follows from the one before by a factor P / (2 (P - N + 1)). It starts from f = 1 at P = N.
Absolute error below 1e-12. Chapter: ``capacity/perceptron``.
"""

from __future__ import annotations

import math

from learnscape.explore.core import Explorable, FloatArray
from learnscape.explore.hosts import explorable
from learnscape.explore.layout import layout
from learnscape.explore.spec import Axis, Control, Dot, Line, Panel, Question, Readout, Rule
from learnscape.numerics.jit import kernel

__all__ = ["cover_fraction"]

LARGEST_LOAD, POINTS = 4.0, 401
N_MAX = 1000  # 2^(1 - N), where the recursion starts, must not underflow
LAYOUT = layout(
    points=1,
    point_load=1,
    fraction=1,
    load_90=1,
    load_10=1,
    curve_load=POINTS,
    curve_fraction=POINTS,
)
OUT = LAYOUT.offsets


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    """inputs: N, load."""
    n = math.floor(inputs[0] + 0.5)
    chosen = max(1.0, math.floor(inputs[1] * n + 0.5))
    last = math.floor(LARGEST_LOAD * n + 0.5)
    outputs[OUT.points] = chosen
    outputs[OUT.point_load] = chosen / n
    outputs[OUT.fraction] = 1.0
    outputs[OUT.load_90] = 0.0
    outputs[OUT.load_10] = 0.0
    fraction = 1.0
    heads = 1.0
    for _ in range(int(n) - 1):
        heads *= 0.5
    i = 0
    p = 1.0
    while p <= max(last, 6.0):  # N = 1 needs five points for f < 1/10
        if p > n:
            # from p - 1 points to p: heads = binomial(p - 2, n - 1) / 2^(p - 2)
            before = fraction
            fraction = max(fraction - 0.5 * heads, 0.0)
            heads *= 0.5 * (p - 1.0) / (p - n)
            if before > 0.9 and fraction <= 0.9:
                outputs[OUT.load_90] = (p - (0.9 - fraction) / (before - fraction)) / n
            if before > 0.1 and fraction <= 0.1:
                outputs[OUT.load_10] = (p - (0.1 - fraction) / (before - fraction)) / n
        if p == chosen:
            outputs[OUT.fraction] = fraction
        while i < POINTS and max(1.0, math.floor(last * i / (POINTS - 1) + 0.5)) <= p:
            outputs[OUT.curve_load + i] = p / n
            outputs[OUT.curve_fraction + i] = fraction
            i += 1
        p += 1.0


@explorable
def cover_fraction() -> Explorable:
    """How sharply do the separable labellings end, at N = 5 and at N = 500?

    Examples
    --------
    >>> answer = cover_fraction().evaluate(n=20, load=2.0)
    >>> float(answer["points"][0]), round(float(answer["fraction"][0]), 12)
    (40.0, 0.5)
    """
    panel = Panel(
        x=Axis("load *α* = *P*/*N*", (0.0, LARGEST_LOAD)),
        y=Axis("separable fraction of all labellings", (0.0, 1.04)),
        marks=[
            Line(
                role="muted",
                x="limit_load",
                y="limit_fraction",
                dash=True,
                width=1.5,
                label="*N* → ∞",
                label_at=0.45,
            ),
            Line(role="theory", x="curve_load", y="curve_fraction"),
            Rule(role="muted", x="point_load", y="fraction", width=1.0),
            Dot(role="theory", x="point_load", y="fraction", radius=6.5),
        ],
        alt="Separable fraction against load: a curve falls from one to zero and passes one half at load two, with a point at the chosen load.",
        aspect=0.55,
    )
    return Explorable(
        "cover_fraction",
        _kernel,
        title="How sharp is the end?",
        controls=[
            Control(
                "n",
                "weights *N*",
                1,
                N_MAX,
                20,
                1,
                scale="log",
                digits=0,
                marks={"5": 5, "50": 50, "500": 500},
            ),
            Control("load", "load *α*", 0.1, LARGEST_LOAD, 2.4, 0.02, marks={"1": 1.0, "2": 2.0, "3": 3.0}),
        ],
        outputs=LAYOUT,
        constants={"limit_load": [0.0, 2.0, 2.0, LARGEST_LOAD], "limit_fraction": [1.0, 1.0, 0.0, 0.0]},
        picture=[panel],
        readouts=[
            Readout("points", "patterns *P*", 0),
            Readout("fraction", "separable labellings", 2, percent=True, role="theory"),
            Readout("load_90", "90 % separable at *α* =", 3),
            Readout("load_10", "10 % separable at *α* =", 3),
        ],
        question=Question(
            "Go from *N* = 20 to *N* = 500, twenty-five times as many weights. By which factor does the interval between the loads with 90 % "
            "and with 10 % separable labellings shrink?",
            choices=("about 2", "about 5", "about 25"),
            answer=1,
            reveal="By a factor of about 5. At *N* = 20 it is 2.443 − 1.638 = 0.805, at *N* = 500 it is 2.083 − 1.921 = 0.162: 5.0 times less, the square root of 25.",
        ),
        announce="With N = {n:.0f} and P = {points:.0f}, {fraction:.2%} of all labellings are separable.",
        alt=(
            "Separable fraction of all labellings against load for N = 20: one below load 1.2, one half at load two, nearly zero above "
            "load three; a dashed step at load two shows infinite N, and a point at load 2.4 marks 12 percent."
        ),
    )
