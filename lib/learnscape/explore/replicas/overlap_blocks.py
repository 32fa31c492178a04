r"""A hierarchical matrix of overlaps, its tree, and the logarithm of its determinant for every number of replicas down to none.

With blocks of :math:`m_1` and, in them, of :math:`m_2=\sqrt{m_1}` replicas the matrix has the eigenvalues :math:`\lambda_k=1-q_k`,
:math:`\lambda_{i-1}=\lambda_i+m_i(q_i-q_{i-1})` and :math:`\lambda_0+nq_0`, and

.. math:: \frac1n\ln\det q=\sum_{i=1}^k\Big(\frac1{m_{i+1}}-\frac1{m_i}\Big)\ln\lambda_i+\Big(\frac1{m_1}-\frac1n\Big)\ln\lambda_0+\frac1n\ln(\lambda_0+nq_0),

which for n = 0 tends to :math:`\ln\lambda_k+\sum_i\frac1{m_i}\ln\frac{\lambda_{i-1}}{\lambda_i}+q_0/\lambda_0`. The circles are determinants of the matrix itself, by
Cholesky factorisation, at each n that the blocks allow. Chapter ``replicas/perceptron-replicas``.
"""

from __future__ import annotations

import math

from learnscape.explore.core import Explorable, FloatArray
from learnscape.explore.hosts import explorable
from learnscape.explore.layout import layout
from learnscape.explore.spec import Area, Axis, Control, Dot, Line, Note, Panel, Question, Readout, Rule
from learnscape.numerics.gaussian import log_kernel
from learnscape.numerics.jit import kernel

__all__ = ["overlap_blocks"]

MOST = 24  # replicas
OUTER = 0.3  # q_0 where there are blocks
LEVELS = 3
POINTS = 121  # of the curve beyond one replica; its nearest point to none is 1/20
TREE = 3 * LEVELS * MOST
CLOSE = 1e-9
LAYOUT = layout(
    shown=1,
    none=1,
    limit=1,
    outermost=1,
    innermost=1,
    edges=2 * MOST,
    level0_low=2 * MOST,
    level0_high=2 * MOST,
    level1_low=2 * MOST,
    level1_high=2 * MOST,
    level2_low=2 * MOST,
    level2_high=2 * MOST,
    diagonal_low=2 * MOST,
    diagonal_high=2 * MOST,
    tree_x=TREE,
    tree_y=TREE,
    leaves_x=MOST,
    leaves_y=MOST,
    curve_n=POINTS,
    curve=POINTS,
    end_n=POINTS,
    end=POINTS,
    exact=MOST,
    count=MOST,
    _matrix=MOST * MOST,
)
OUT = LAYOUT.offsets


@kernel
def _whole(x: float) -> int:
    """The integer that x is, or 0."""
    nearest = math.floor(x + 0.5)
    return int(nearest) if abs(x - nearest) < CLOSE and nearest >= 2.0 else 0


@kernel
def _log_det(n: int, size1: int, size2: int, q0: float, q1: float, q2: float, outputs: FloatArray) -> float:
    """ln det of the matrix of n replicas with blocks of these sizes, by Cholesky factorisation."""
    total = 0.0
    at = OUT.matrix
    for a in range(n):
        for b in range(a + 1):
            value = q0
            if size1 > 0 and a // size1 == b // size1:
                value = q1
            if size2 > 0 and a // size2 == b // size2:
                value = q2
            if a == b:
                value = 1.0
            for c in range(b):
                value -= outputs[at + a * MOST + c] * outputs[at + b * MOST + c]
            if a == b:
                outputs[at + a * MOST + a] = math.sqrt(value)
                total += log_kernel(value)
            else:
                outputs[at + a * MOST + b] = value / outputs[at + b * MOST + b]
    return total


@kernel
def _squares(low: int, high: int, size: int, n: int, outputs: FloatArray) -> None:
    """Blocks of ``size`` along the diagonal, as the region between two staircases; nothing where size or n is 0."""
    for a in range(MOST):
        bottom, top = math.nan, math.nan
        if size > 0 and a < n:
            top = 1.0 * (n - (a // size) * size)
            bottom = top - size
        for side in range(2):
            outputs[low + 2 * a + side] = bottom
            outputs[high + 2 * a + side] = top


@kernel
def _branches(level: int, parent: int, child: int, n: int, outputs: FloatArray) -> None:
    """Lines from each node of a level to its children, three numbers each (the third breaks the line)."""
    for a in range(MOST):
        at = 3 * (level * MOST + a)
        x0, x1, y0 = math.nan, math.nan, math.nan
        if child > 0 and a * child < n:
            x1 = a * child + 0.5 * child
            x0 = (a * child // parent) * parent + 0.5 * parent
            y0 = -1.0 * level
        outputs[OUT.tree_x + at] = x0
        outputs[OUT.tree_x + at + 1] = x1
        outputs[OUT.tree_x + at + 2] = math.nan
        outputs[OUT.tree_y + at] = y0
        outputs[OUT.tree_y + at + 1] = y0 - 1.0
        outputs[OUT.tree_y + at + 2] = math.nan


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    """inputs: number of steps, q_k, m_1."""
    steps = math.floor(inputs[0] + 0.5)
    inner, m1 = inputs[1], inputs[2]
    m2 = math.sqrt(m1)
    q0 = OUTER if steps > 0 else inner
    q1 = inner if steps == 1 else 0.5 * (OUTER + inner)
    q2 = inner
    size1 = _whole(m1) if steps > 0 else 0
    size2 = _whole(m2) if steps > 1 else 0
    possible = (steps == 0 or size1 > 0) and (steps < 2 or size2 > 0)
    unit = 1 if steps == 0 else size1
    n = (MOST // unit) * unit if possible else 0
    outputs[OUT.shown] = n
    outputs[OUT.none] = 0.0 if possible else 1.0

    last = 1.0 - inner
    middle = last + (m2 * (q2 - q1) if steps > 1 else 0.0)
    first = middle + (m1 * (q1 - q0) if steps > 0 else 0.0)
    fixed = log_kernel(last)
    if steps > 1:
        fixed += log_kernel(middle / last) / m2
    if steps > 0:
        fixed += log_kernel(first / middle) / m1
    outputs[OUT.innermost] = last
    outputs[OUT.outermost] = first
    outputs[OUT.limit] = fixed + q0 / first
    for i in range(POINTS):
        share = i / (POINTS - 1.0)
        large = 1.0 + (MOST - 1.0) * share
        small = 0.05 + 0.95 * share
        outputs[OUT.curve_n + i] = large
        outputs[OUT.curve + i] = fixed + log_kernel(1.0 + large * q0 / first) / large
        outputs[OUT.end_n + i] = small
        outputs[OUT.end + i] = fixed + log_kernel(1.0 + small * q0 / first) / small
    outputs[OUT.end_n] = 0.0
    outputs[OUT.end] = outputs[OUT.limit]

    for a in range(MOST):
        replicas = a + 1
        outputs[OUT.count + a] = replicas
        outputs[OUT.exact + a] = math.nan
        if possible and replicas % unit == 0:
            outputs[OUT.exact + a] = _log_det(replicas, size1, size2, q0, q1, q2, outputs) / replicas
        outputs[OUT.edges + 2 * a] = a
        outputs[OUT.edges + 2 * a + 1] = a + 1.0
        outputs[OUT.leaves_x + a] = a + 0.5 if a < n else math.nan
        outputs[OUT.leaves_y + a] = -1.0 - steps if a < n else math.nan
    _squares(OUT.level0_low, OUT.level0_high, n, n, outputs)
    _squares(OUT.level1_low, OUT.level1_high, size1, n, outputs)
    _squares(OUT.level2_low, OUT.level2_high, size2, n, outputs)
    _squares(OUT.diagonal_low, OUT.diagonal_high, 1, n, outputs)
    _branches(0, max(n, 1), (size1 if steps > 0 else 1) if possible else 0, n, outputs)
    _branches(
        1, max(size1, 1), ((size2 if steps > 1 else 1) if steps > 0 else 0) if possible else 0, n, outputs
    )
    _branches(2, max(size2, 1), (1 if steps > 1 else 0) if possible else 0, n, outputs)


@explorable
def overlap_blocks() -> Explorable:
    """The overlap matrix with zero, one or two steps, and its determinant continued to no replicas.

    Examples
    --------
    >>> answer = overlap_blocks().evaluate(levels=0, q=0.7)
    >>> print(f"{answer['exact'][1]:.4f} {answer['limit'][0]:.4f}")
    -0.3367 1.1294
    """
    squares = [
        Area(role="typical", x="edges", y=f"{level}_high", base=f"{level}_low", opacity=opacity)
        for level, opacity in (("level0", 0.16), ("level1", 0.3), ("level2", 0.35), ("diagonal", 0.7))
    ]
    matrix = Panel(
        x=Axis("replica *b*", (0.0, MOST), ticks=()),
        y=Axis("replica *a*, the first on top", (0.0, MOST), ticks=()),
        marks=squares,
        alt="A violet square with blocks along its diagonal, in a fuller colour from level to level, fullest on the diagonal.",
        empty="No matrix has blocks of this size.",
        aspect=0.62,
    )
    tree = Panel(
        x=Axis("replicas", (0.0, MOST), ticks=()),
        y=Axis("level of the tree", (-3.3, 0.3), ticks=(-3, -2, -1, 0)),
        marks=[
            Line(role="theory", x="tree_x", y="tree_y", width=1.5),
            Dot(role="theory", x="leaves_x", y="leaves_y", radius=3.0),
        ],
        alt="A tree from one root at the top to the replicas at the bottom, with one level for each step of breaking.",
        empty="No matrix has blocks of this size.",
        aspect=0.3,
    )
    determinant = Panel(
        x=Axis("number of replicas *n*", (0.0, MOST)),
        y=Axis("ln det *q* / *n*", (-1.7, 2.5)),
        marks=[
            Rule(role="axis", y=0.0, dash=False, width=1.0),
            Line(role="theory", x="curve_n", y="curve", label="formula", label_at=0.75),
            Line(role="theory", x="end_n", y="end", after_prediction=True),
            Dot(role="simulation", x="count", y="exact", radius=4.0, hollow=True),
            Dot(role="typical", x=0.0, y="limit", radius=6.5, label="*n* → 0", after_prediction=True),
        ],
        alt="Logarithm of the determinant per replica against the number of replicas: circles where the blocks allow a matrix, on a line that goes on to zero.",
        aspect=0.46,
    )
    return Explorable(
        "overlap_blocks",
        _kernel,
        title="What is a matrix without rows?",
        controls=[
            Control(
                "levels",
                "steps of breaking *k*",
                value=2.0,
                kind="select",
                options={"0": 0.0, "1": 1.0, "2": 2.0},
            ),
            Control("q", "innermost overlap *q*_k", 0.4, 0.8, 0.7, 0.01),
            Control(
                "m",
                "block size *m*_1",
                0.25,
                12.0,
                4.0,
                0.25,
                marks={"1": 1.0, "4": 4.0, "9": 9.0},
            ),
        ],
        outputs=LAYOUT,
        picture=[matrix, determinant, tree],
        readouts=[
            Readout("innermost", "eigenvalue *λ*_k", 3),
            Readout("outermost", "eigenvalue *λ*_0", 3),
            Readout("limit", "ln det *q* / *n* for *n* → 0", 4, role="typical", after_prediction=True),
        ],
        question=Question(
            "Set the steps to 0. The matrix of one replica is the number 1, and the logarithm of its determinant is 0; for *n* = 2, 3, … it is negative. "
            "What does the formula do between *n* = 1 and *n* = 0?",
            choices=("it stays at 0", "it falls below 0", "it rises above 0"),
            answer=2,
            reveal="It rises to 1.13 at overlap 0.7. The last term, ln(1 + *nq*_0/*λ*_0)/*n*, tends to *q*_0/*λ*_0 and outweighs the others.",
        ),
        notes=[
            Note(
                "No matrix has blocks of such a size (two steps need *m*_1 = 4 or 9, so that *m*_2 = √*m*_1 is whole too). The formula does not mind.",
                when="none",
            ),
        ],
        announce="Steps of breaking: {levels:.0f}. With innermost overlap {q:.2f} and blocks of {m:.2f} the logarithm of the determinant per replica tends to {limit:.4f}.",
        alt=(
            "Left: a square matrix of 24 replicas in violet; along its diagonal six blocks of four in a fuller colour, each with two blocks of two in a still fuller one. Upper right: six circles at "
            "multiples of four replicas on a slowly falling line. Lower right: the matrix as a tree with three levels."
        ),
    )
