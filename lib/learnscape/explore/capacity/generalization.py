r"""Learning curves of a student that agrees with a teacher: continuous for spherical weights, a jump for binary ones.

The overlap q = R with the teacher at load alpha solves (Gyorgyi 1990; chapter ``capacity/teacher-student``)

.. math:: \hat q=\alpha\sqrt{\tfrac{2}{\pi(1-q)}}\int D\tau\,A(\sqrt q\,\tau),\qquad
          q=\hat q/(1+\hat q)\ \text{(spherical)}\quad\text{or}\quad q=\int Dz\,\tanh(\sqrt{\hat q}z+\hat q)\ \text{(binary)}.

A random student errs with probability arccos(q)/pi, the majority of all students with arccos(sqrt q)/pi. The curves are read off along the
branch (q_hat -> q -> alpha), so no equation is iterated for them; the moving points are the library's solver.
"""

from __future__ import annotations

import math

from learnscape.explore.core import Explorable, FloatArray
from learnscape.explore.hosts import explorable
from learnscape.explore.layout import layout
from learnscape.explore.spec import Axis, Control, Dot, Line, Note, Panel, Question, Readout, Rule
from learnscape.numerics.jit import kernel
from learnscape.replica.kernels import (
    CONVERGED,
    EQUILIBRIUM,
    METASTABLE,
    arcsin_kernel,
    spinodal_q_hat,
    teacher_branch,
    teacher_kernel,
    teacher_transition_kernel,
)

__all__ = ["generalization"]

LOAD_MAX = 3.0
POINTS = 90
NOT_SOLVED = 1.0
ABSENT = math.nan  # what one weight space has and the other lacks
LAYOUT = layout(
    status=1,
    gibbs=1,
    bayes=1,
    overlap=1,
    entropy=1,
    metastable_error=1,
    transition=1,
    spinodal=1,
    transition_error=1,
    perfect=1,
    metastable=1,
    branch_load=POINTS,
    branch_gibbs=POINTS,
    branch_bayes=POINTS,
    metastable_load=POINTS,
    metastable_gibbs=POINTS,
    metastable_bayes=POINTS,
    perfect_load=3,
    perfect_error=3,
)
OUT = LAYOUT.offsets


@kernel
def _curve(binary: bool, low: float, high: float, outputs: FloatArray, start: int) -> None:
    """Loads, Gibbs errors and Bayes errors along the branch, closer together at its first end, where the Bayes error has infinite slope."""
    for i in range(POINTS):
        u = i / (POINTS - 1)
        at = teacher_branch(binary, low + (high - low) * u * u)
        outputs[start + i] = at.alpha
        outputs[start + POINTS + i] = 2.0 * arcsin_kernel(math.sqrt(0.5 * at.v)) / math.pi
        outputs[start + 2 * POINTS + i] = arcsin_kernel(math.sqrt(at.v)) / math.pi


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    """inputs: alpha, binary?"""
    alpha = inputs[0]
    binary = inputs[1] > 0.5
    if binary:
        loads = teacher_transition_kernel()
        transition = loads.alpha
        spinodal = loads.spinodal
        poor = teacher_kernel(True, transition, METASTABLE)
        outputs[OUT.transition_error] = poor.gibbs
        _curve(True, 1e-9, poor.q_hat, outputs, OUT.branch_load)
        _curve(True, poor.q_hat, spinodal_q_hat(), outputs, OUT.metastable_load)
        between = transition < alpha and alpha <= spinodal
        outputs[OUT.metastable_error] = ABSENT
        if between:
            outputs[OUT.metastable_error] = teacher_kernel(True, alpha, METASTABLE).gibbs
        outputs[OUT.transition] = transition
        outputs[OUT.spinodal] = spinodal
        outputs[OUT.perfect_load] = transition
        outputs[OUT.perfect_load + 1] = transition
        outputs[OUT.perfect_load + 2] = LOAD_MAX
        outputs[OUT.perfect_error] = outputs[OUT.transition_error]
        outputs[OUT.perfect_error + 1] = 0.0
        outputs[OUT.perfect_error + 2] = 0.0
        outputs[OUT.perfect] = 1.0 if alpha > transition else 0.0
        outputs[OUT.metastable] = 1.0 if between else 0.0
    else:
        last = teacher_kernel(False, LOAD_MAX, EQUILIBRIUM)
        _curve(False, 1e-9, last.overlap / math.sqrt(1.0 - last.overlap), outputs, OUT.branch_load)
        for i in range(3 * POINTS):
            outputs[OUT.metastable_load + i] = ABSENT
        outputs[OUT.metastable_error], outputs[OUT.transition_error] = ABSENT, ABSENT
        outputs[OUT.transition], outputs[OUT.spinodal] = ABSENT, ABSENT
        for i in range(3):
            outputs[OUT.perfect_load + i], outputs[OUT.perfect_error + i] = ABSENT, ABSENT
        outputs[OUT.perfect] = 0.0
        outputs[OUT.metastable] = 0.0
    students = teacher_kernel(binary, alpha, EQUILIBRIUM)
    outputs[OUT.status] = 0.0 if students.status == CONVERGED else NOT_SOLVED
    outputs[OUT.gibbs] = students.gibbs
    outputs[OUT.bayes] = students.bayes
    outputs[OUT.overlap] = students.overlap
    outputs[OUT.entropy] = students.entropy


@explorable
def generalization() -> Explorable:
    """Generalization error against the load for spherical and binary weights.

    Examples
    --------
    >>> answer = generalization().evaluate(alpha=1.0, weights=1)
    >>> print(f"{answer['gibbs'][0]:.6f} {answer['bayes'][0]:.6f} {answer['transition'][0]:.6f}")
    0.310526 0.230626 1.244684
    """
    panel = Panel(
        x=Axis("load *α* = *P*/*N*", (0.0, LOAD_MAX)),
        y=Axis("generalization error *ε*", (0.0, 0.52)),
        marks=[
            Rule(role="muted", x="transition", label="*α*_T", after_prediction=True),
            Rule(role="muted", x="spinodal", label="*α*_s", after_prediction=True),
            Line(role="typical", x="branch_load", y="branch_bayes", label="majority", label_at=0.3),
            Line(role="theory", x="branch_load", y="branch_gibbs", label="student", label_at=0.3),
            Line(
                role="theory",
                x="metastable_load",
                y="metastable_gibbs",
                dash=True,
                width=1.5,
                after_prediction=True,
            ),
            Line(
                role="typical",
                x="metastable_load",
                y="metastable_bayes",
                dash=True,
                width=1.5,
                after_prediction=True,
            ),
            Line(role="theory", x="perfect_load", y="perfect_error", after_prediction=True),
            Dot(role="theory", x="alpha", y="metastable_error", hollow=True, radius=5.0),
            Dot(role="typical", x="alpha", y="bayes", radius=6.5),
            Dot(role="theory", x="alpha", y="gibbs", radius=6.5),
        ],
        alt="Two falling learning curves against the load, the Gibbs error above the Bayes error, with points at the chosen load.",
    )
    return Explorable(
        "generalization",
        _kernel,
        title="How many examples until a student knows the rule?",
        controls=[
            Control(
                "alpha",
                "load *α*",
                0.02,
                LOAD_MAX,
                1.2,
                0.01,
                marks={"1": 1.0},
            ),
            Control(
                "weights", "weights", kind="select", options={"binary": 1.0, "spherical": 0.0}, value=1.0
            ),
        ],
        outputs=LAYOUT,
        picture=[panel],
        readouts=[
            Readout("gibbs", "random student *ε*", 2, percent=True, role="theory"),
            Readout("bayes", "majority of students", 2, percent=True, role="typical"),
            Readout("overlap", "overlap with the teacher *R*", 4),
            Readout("entropy", "entropy *s*", 4),
        ],
        question=Question(
            "With 1.2 examples per binary weight a random student still errs on 27 % of new inputs. How often with 1.3 examples per weight?",
            choices=("about 24 %", "about 12 %", "never"),
            answer=2,
            reveal="Never: at *α*_T = 1.245 the last wrong students disappear, and the error falls from 26 % to 0 in one step. The curve goes on, "
            "dashed, as if nothing had happened; that is where algorithms stay.",
        ),
        notes=[
            Note(
                "Only the teacher is left: every student that agrees with all examples is the teacher itself.",
                when="perfect",
            ),
            Note(
                "The hollow point is the metastable branch: its entropy is negative, so it holds no students, yet message passing is "
                "caught there up to *α*_s = 1.493.",
                when="metastable",
            ),
        ],
        messages={1: "The saddle-point equation could not be solved here."},
        announce="At load {alpha:.2f} a random student errs on {gibbs:.1%} of new inputs, the majority of all students on {bayes:.1%}.",
        alt=(
            "For binary weights the Gibbs error falls from one half at load zero to 0.27 at load 1.2, where a point stands; the Bayes error "
            "below it falls to 0.20. Both curves end at load 1.245; dashed continuations lead down to load 1.493."
        ),
    )
