r"""Which maximum wins? The free entropy of binary students at a given overlap with the teacher.

n phi(q), n -> 0, is the exponent of the teacher and n students who all have the overlap q with each other; at a maximum phi is the entropy
of these students (chapter ``capacity/teacher-student``):

.. math:: \phi(q)=\operatorname*{extr}_{\hat q}\Bigl[-\tfrac12\hat q(1+q)+\int Dz\,\ln2\cosh(\sqrt{\hat q}z+\hat q)\Bigr]
          +2\alpha\int Dt\,H(\gamma t)\ln H(\gamma t),\qquad\gamma=\sqrt{q/(1-q)}.

The maximum of the poor students and the teacher at q = 1, where phi = 0, exchange their order at the transition; the former, and the
minimum between them, disappear at the spinodal.
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
    METASTABLE,
    planted_binary,
    planted_energy,
    planted_entropy,
    spinodal_q_hat,
    teacher_branch,
    teacher_entropy,
    teacher_kernel,
    teacher_transition_kernel,
)

__all__ = ["teacher_landscape"]

POINTS = 110
Q_HAT_LAST = 24.0  # 1 - q is then below 1e-5, and phi below 0.001
NOT_SOLVED = 1.0
ABSENT = math.nan
LAYOUT = layout(
    status=1,
    poor_overlap=1,
    poor_entropy=1,
    barrier_overlap=1,
    barrier_entropy=1,
    winner=1,
    transition=1,
    spinodal=1,
    poor_win=1,
    metastable=1,
    only_teacher=1,
    curve_q=POINTS,
    curve_phi=POINTS,
)
OUT = LAYOUT.offsets


@kernel
def _barrier(alpha: float, low: float) -> float:
    """q_hat of the minimum between the two maxima: the load falls from the spinodal's q_hat on."""
    high = 80.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        if teacher_branch(True, middle).alpha > alpha:
            low = middle
        else:
            high = middle
    return low


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    """input: alpha."""
    alpha = inputs[0]
    loads = teacher_transition_kernel()
    transition = loads.alpha
    spinodal = loads.spinodal
    outputs[OUT.status] = 0.0
    outputs[OUT.winner] = 1.0
    outputs[OUT.transition] = transition
    outputs[OUT.spinodal] = spinodal
    outputs[OUT.poor_win] = 1.0 if alpha < transition else 0.0
    outputs[OUT.metastable] = 1.0 if transition <= alpha and alpha <= spinodal else 0.0
    outputs[OUT.only_teacher] = 1.0 if alpha > spinodal else 0.0
    outputs[OUT.poor_overlap], outputs[OUT.poor_entropy] = ABSENT, ABSENT
    outputs[OUT.barrier_overlap], outputs[OUT.barrier_entropy] = ABSENT, ABSENT
    if alpha <= spinodal:
        poor = teacher_kernel(True, alpha, METASTABLE)
        outputs[OUT.status] = 0.0 if poor.status == CONVERGED else NOT_SOLVED
        outputs[OUT.poor_overlap] = poor.overlap
        outputs[OUT.poor_entropy] = poor.entropy
        barrier = teacher_branch(True, _barrier(alpha, spinodal_q_hat()))
        outputs[OUT.barrier_overlap] = barrier.q
        outputs[OUT.barrier_entropy] = teacher_entropy(True, barrier.q, barrier.v, barrier.q_hat, alpha)
        if alpha < transition:
            outputs[OUT.winner] = poor.overlap
    for i in range(POINTS):
        u = i / (POINTS - 1.0)
        q_hat = Q_HAT_LAST * u * u + 1e-12
        q, v, _ = planted_binary(q_hat)
        outputs[OUT.curve_q + i] = q
        outputs[OUT.curve_phi + i] = 0.5 * q_hat * v + planted_entropy(q_hat) + alpha * planted_energy(q, v)
    outputs[OUT.curve_q + POINTS - 1] = 1.0
    outputs[OUT.curve_phi + POINTS - 1] = 0.0


@explorable
def teacher_landscape() -> Explorable:
    """Free entropy of binary students against their overlap with the teacher.

    Examples
    --------
    >>> answer = teacher_landscape().evaluate(alpha=1.3)
    >>> print(f"{answer['poor_overlap'][0]:.6f} {answer['poor_entropy'][0]:.6f} {answer['winner'][0]:.0f}")
    0.725871 -0.021243 1
    """
    panel = Panel(
        x=Axis("overlap with the teacher *q*", (0.0, 1.03)),
        y=Axis("free entropy *φ*(*q*) per weight", (-0.2, 0.36)),
        marks=[
            Rule(role="axis", y=0.0, dash=False),
            Line(role="theory", x="curve_q", y="curve_phi"),
            Dot(role="muted", x="barrier_overlap", y="barrier_entropy", hollow=True, radius=4.0),
            Dot(role="typical", x="poor_overlap", y="poor_entropy", radius=6.5, label="poor students"),
            Dot(role="dense", x=1.0, y=0.0, radius=6.5, label="teacher"),
        ],
        alt="Free entropy against the overlap: a hump of poor students, a minimum, and the teacher at the right end at height zero.",
    )
    return Explorable(
        "teacher_landscape",
        _kernel,
        title="Which maximum wins?",
        controls=[
            Control(
                "alpha",
                "load *α*",
                0.6,
                1.7,
                1.0,
                0.005,
                digits=3,
                marks={"1": 1.0},
            ),
        ],
        outputs=LAYOUT,
        picture=[panel],
        readouts=[
            Readout("winner", "overlap of the winner", 4, role="dense"),
            Readout("transition", "exchange *α*_T", 4, after_prediction=True),
            Readout("spinodal", "spinodal *α*_s", 4, after_prediction=True),
        ],
        question=Question(
            "Raise the load. What happens first: do the poor students fall below the teacher, or does their hump flatten out?",
            choices=("they fall below the teacher", "the hump flattens out", "both at the same load"),
            answer=0,
            reveal="First they fall below the teacher: at *α*_T = 1.245 the hump sinks below height 0, but is still a maximum. It flattens out only at *α*_s = 1.493. In between an "
            "algorithm that starts far from the teacher and climbs this curve ends on the hump.",
        ),
        notes=[
            Note(
                "The hump is higher: typical students are poor, and there are exponentially many of them.",
                when="poor_win",
            ),
            Note(
                "The hump lies below 0: no such students exist. It is still a maximum, with a minimum (hollow) between it and the teacher.",
                when="metastable",
            ),
            Note("No hump is left: the curve rises all the way to the teacher.", when="only_teacher"),
        ],
        messages={1: "The saddle-point equation could not be solved here."},
        announce="At load {alpha:.3f} the highest maximum lies at overlap {winner:.3f}.",
        alt=(
            "At load 1 the free entropy rises from 0 at overlap 0 to a hump of height 0.11 at overlap 0.56, falls to a shallow minimum of minus "
            "0.03 near overlap 0.99, and ends at the teacher, overlap 1, height 0."
        ),
    )
