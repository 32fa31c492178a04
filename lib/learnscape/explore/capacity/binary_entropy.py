r"""How the entropy of the binary perceptron falls with the load, and where it vanishes.

The number of weight vectors in {-1, 1}^N that store alpha N patterns with margin kappa is exp(N s). Replica symmetry gives
(Krauth and Mezard 1989; chapter ``capacity/binary-weights``)

.. math:: s = \operatorname*{extr}_{q,\hat q}\Big[-\tfrac12\hat q(1-q)+\int Dz\,\ln2\cosh(\sqrt{\hat q}z)
              +\alpha\int Dz\,\ln H\Big(\frac{\kappa-\sqrt qz}{\sqrt{1-q}}\Big)\Big].

A number of weight vectors cannot lie between 0 and 1, so the load where s = 0 is the capacity; the first-moment line
ln 2 + alpha ln H(kappa) bounds s from above.
"""

from __future__ import annotations

from learnscape.explore.core import Explorable, FloatArray
from learnscape.explore.hosts import explorable
from learnscape.explore.layout import layout
from learnscape.explore.spec import Axis, Control, Dot, Line, Note, Panel, Question, Readout, Rule
from learnscape.numerics.gaussian import log_h_kernel
from learnscape.numerics.jit import kernel
from learnscape.replica.kernels import (
    CONVERGED,
    MAX_ITERATIONS,
    TOLERANCE,
    binary_capacity_kernel,
    margin_branch,
    rs_margin_kernel,
)

__all__ = ["binary_entropy"]

LOAD_MAX = 1.3
POINTS = 90
LN2 = 0.6931471805599453
LAYOUT = layout(
    status=1,
    entropy=1,
    overlap=1,
    replicon=1,
    capacity=1,
    first_moment=1,
    first_moment_line=2,
    negative=1,
    unstable=1,
    curve_alpha=POINTS,
    curve_entropy=POINTS,
)
OUT = LAYOUT.offsets
NO_SADDLE = 1.0


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    """inputs: alpha, kappa."""
    alpha = inputs[0]
    kappa = inputs[1]
    outputs[OUT.capacity] = binary_capacity_kernel(kappa).alpha
    outputs[OUT.first_moment] = -LN2 / log_h_kernel(kappa)
    outputs[OUT.first_moment_line] = LN2
    outputs[OUT.first_moment_line + 1] = LN2 + LOAD_MAX * log_h_kernel(kappa)
    outputs[OUT.curve_alpha] = 0.0
    outputs[OUT.curve_entropy] = LN2
    for i in range(1, POINTS):
        p = 0.985 * i / (POINTS - 1)
        at = margin_branch(True, kappa, p, 1.0 - p)
        outputs[OUT.curve_alpha + i] = at.alpha
        outputs[OUT.curve_entropy + i] = at.entropic + at.alpha * at.energetic
    state = rs_margin_kernel(True, alpha, kappa, TOLERANCE, MAX_ITERATIONS)
    outputs[OUT.status] = 0.0 if state.status == CONVERGED else NO_SADDLE
    outputs[OUT.entropy] = state.entropy
    outputs[OUT.overlap] = state.q
    outputs[OUT.replicon] = state.replicon
    outputs[OUT.negative] = 1.0 if state.entropy < 0.0 else 0.0
    outputs[OUT.unstable] = 1.0 if state.replicon < 0.0 else 0.0


@explorable
def binary_entropy() -> Explorable:
    """Entropy of the binary perceptron against the load, with its zero.

    Examples
    --------
    >>> answer = binary_entropy().evaluate(alpha=0.5, kappa=0.0)
    >>> print(f"{answer['entropy'][0]:.6f} {answer['capacity'][0]:.6f}")
    0.314390 0.833079
    """
    panel = Panel(
        x=Axis("load *α* = *P*/*N*", (0.0, LOAD_MAX)),
        y=Axis("entropy per weight *s* (nats)", (-0.35, 0.75)),
        marks=[
            Rule(role="axis", y=0.0, dash=False),
            Line(
                role="muted",
                x=(0.0, LOAD_MAX),
                y="first_moment_line",
                dash=True,
                width=1.5,
                label="first moment",
                label_at=0.25,
            ),
            Line(role="theory", x="curve_alpha", y="curve_entropy", label="*s*(*α*)", label_at=0.3),
            Rule(role="unsat", x="capacity", label="*α*_c"),
            Dot(role="theory", x="alpha", y="entropy", radius=6.5),
        ],
        alt="Entropy against load: a falling curve below a dashed straight line, with its zero marked and a point at the chosen load.",
    )
    return Explorable(
        "binary_entropy",
        _kernel,
        title="When does the last weight vector disappear?",
        controls=[
            Control("alpha", "load *α*", 0.01, LOAD_MAX, 0.5, 0.01, marks={"*α*_c": "capacity"}),
            Control("kappa", "margin *κ*", -0.2, 1.0, 0.0, 0.01, marks={"0": 0.0}),
        ],
        outputs=LAYOUT,
        picture=[panel],
        readouts=[
            Readout("entropy", "entropy *s*", 4, role="theory"),
            Readout("overlap", "overlap *q*", 4),
            Readout("capacity", "*α*_c (*s* = 0)", 5, role="unsat"),
            Readout("first_moment", "first-moment bound", 4),
        ],
        question=Question(
            "*N* binary weights hold *N* bits, and each of the *P* labels is one bit. Can such a perceptron store *P* = *N* random patterns?",
            choices=("yes, nearly", "no, clearly fewer", "no, only a vanishing fraction"),
            answer=1,
            reveal="Clearly fewer: the entropy vanishes at *α*_c = 0.833, while counting bits allows 1.",
        ),
        notes=[
            Note(
                "Beyond *α*_c the replica-symmetric entropy is negative. No number of weight vectors has a negative logarithm: "
                "a typical draw of patterns has no solution.",
                when="negative",
            ),
            Note(
                "Here the replica-symmetric saddle is also locally unstable (replicon below 0).",
                when="unstable",
            ),
        ],
        messages={1: "At this load and margin the replica-symmetric equations have no solution."},
        announce="At load {alpha:.2f} and margin {kappa:.2f} the entropy is {entropy:.4f} per weight; the capacity is {capacity:.5f}.",
        alt=(
            "The entropy per weight falls from 0.69 at load zero to 0.31 at load 0.5, where a point stands, and crosses zero at the marked "
            "load 0.833. The dashed first-moment line lies above it and reaches zero at load 1."
        ),
    )
