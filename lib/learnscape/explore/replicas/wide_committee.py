r"""The capacity of infinitely wide tree committees: what the activation makes of an overlap, and what one step of breaking costs.

The kernel :math:`D(q)` of the activation replaces the overlap in the patterns' term; as :math:`q\to1` only its slope counts, so that

.. math:: \alpha_{\mathrm{RS}}=\frac{D'(1)}{\int_{-\infty}^{\tilde\kappa}Dz\,(\tilde\kappa-z)^2},\qquad
    \lambda=1-\alpha_{\mathrm{RS}}P(z<\tilde\kappa)-\frac{D''(1)}{D'(1)},\qquad \tilde\kappa=\frac\kappa{\sqrt{\Delta(1)}} .

One step is the minimum over q and y of the functional of ``learnscape.replica.two_layer``, found here by a search that needs no memory. The
margin is measured in units of the spread of the output, so that curves of different activations are multiples of each other. Chapter ``replicas/two-layer``.
"""

from __future__ import annotations

import math

from learnscape.explore.core import Explorable, FloatArray
from learnscape.explore.hosts import explorable
from learnscape.explore.layout import layout
from learnscape.explore.spec import Area, Axis, Control, Dot, Line, Note, Panel, Question, Readout, Rule
from learnscape.numerics.gaussian import exp_kernel, h_kernel, log1p_kernel
from learnscape.numerics.jit import kernel
from learnscape.numerics.shortfall import mean_squared_shortfall
from learnscape.numerics.sinh_rule import sinh_node, sinh_rule
from learnscape.replica.kernels import arcsin_kernel, margin_point

__all__ = ["wide_committee"]

LINEAR, RELU, ERF, QUADRATIC = 0, 1, 2, 3
ACTIVATIONS = {"linear": 0.0, "relu": 1.0, "erf(x)": 2.0, "x²": 3.0}
RELU_ONE, ERF_ONE = math.pi - 1.0, math.asin(2.0 / 3.0)  # their Delta(1), up to a factor
LOW, HIGH, POINTS = -1.0, 3.0, 81
CURVE = 61
RANGE, STEP = 8.5, 0.12  # of the average over the shared field
WIDEST, FARTHEST = (
    1.5,
    3.0,
)  # scale and centre of its nodes: a bend beyond is wide, and the bulk needs nodes, too
GAPS, PRODUCTS = 7, 5  # of the grid on which the search starts
FIRST, LAST = 0.4, 2e-4  # its steps in logarithms; alpha is quadratic in them
SMALLEST_GAP = 1e-4
STABLE = -1e-9  # of the replicon: a linear unit without a margin is exactly at the edge
LAYOUT = layout(
    alpha_rs=1,
    alpha_one=1,
    lower=1,
    slope=1,
    replicon=1,
    overlap=1,
    broken=1,
    stable=1,
    minus_infinity=1,
    curve_q=CURVE,
    curve_d=CURVE,
    tangent_q=2,
    tangent_d=2,
    curve_kappa=POINTS,
    curve_rs=POINTS,
    curve_linear=POINTS,
)
OUT = LAYOUT.offsets


@kernel
def _value(activation: int, q: float) -> float:
    """D(q)."""
    if activation == RELU:
        root = math.sqrt((1.0 - q) * (1.0 + q))
        return (root + q * (0.5 * math.pi + arcsin_kernel(q)) - 1.0) / RELU_ONE
    if activation == ERF:
        return arcsin_kernel(2.0 * q / 3.0) / ERF_ONE
    return q * q if activation == QUADRATIC else q


@kernel
def _slope_at_one(activation: int) -> float:
    """D'(1)."""
    if activation == RELU:
        return math.pi / RELU_ONE
    if activation == ERF:
        return 2.0 / (math.sqrt(5.0) * ERF_ONE)
    return 2.0 if activation == QUADRATIC else 1.0


@kernel
def _bend_over_slope(activation: int) -> float:
    """D''(1)/D'(1)."""
    if activation == RELU:
        return math.inf
    if activation == ERF:
        return 0.8
    return 1.0 if activation == QUADRATIC else 0.0


@kernel
def _one_step(activation: int, s: float, kappa: float, gap: float, product: float) -> float:
    """The functional at 1 - q = gap and y (1 - q) = s product."""
    q, y = 1.0 - gap, s * product / gap
    sphere = 0.5 * (q / (1.0 + s * product) + log1p_kernel(s * product) / y)
    overlap = _value(activation, q)
    left = 1.0 - overlap
    root = math.sqrt(overlap)
    centre = min(max(kappa / root, -FARTHEST), FARTHEST)
    rule = sinh_rule(centre, min(math.sqrt(left) / root, WIDEST), -RANGE, RANGE, STEP)
    cost = 0.0
    for i in range(rule.nodes):
        z, weight = sinh_node(rule, i)
        cost -= weight * margin_point(root * z - kappa, y / s, left)[0]
    return s * sphere / cost


@kernel
def _minimum(activation: int, s: float, kappa: float) -> tuple[float, float]:
    """Lowest value and its gap: the best point of a grid, then steps along the axes that are halved when none goes down."""
    best, u, v = math.inf, 0.0, 0.0
    for i in range(GAPS):
        for j in range(PRODUCTS):
            a, b = -0.15 - 0.8 * i, -2.5 + 1.3 * j
            value = _one_step(activation, s, kappa, exp_kernel(a), exp_kernel(b))
            if value < best:
                best, u, v = value, a, b
    step = FIRST
    while step > LAST:
        moved = False
        for direction in range(4):
            a = u + (step if direction == 0 else -step if direction == 1 else 0.0)
            b = v + (step if direction == 2 else -step if direction == 3 else 0.0)
            gap = exp_kernel(a)
            if SMALLEST_GAP < gap < 1.0 and -6.0 < b < 6.0:
                value = _one_step(activation, s, kappa, gap, exp_kernel(b))
                if value < best:
                    best, u, v, moved = value, a, b, True
                    break
        if not moved:
            step *= 0.5
    return best, exp_kernel(u)


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    """inputs: activation, margin in units of the spread of the output."""
    activation, kappa = int(inputs[0]), inputs[1]
    s = _slope_at_one(activation)
    load = s / mean_squared_shortfall(kappa)
    replicon = 1.0 - load * h_kernel(-kappa) - _bend_over_slope(activation)
    broken = replicon < STABLE
    outputs[OUT.alpha_rs], outputs[OUT.alpha_one] = load, load
    outputs[OUT.overlap] = 1.0
    if broken:
        value, gap = _minimum(activation, s, kappa)
        if value < load:
            outputs[OUT.alpha_one], outputs[OUT.overlap] = value, 1.0 - gap
    outputs[OUT.lower] = 1.0 - outputs[OUT.alpha_one] / load
    outputs[OUT.slope] = s
    outputs[OUT.replicon] = replicon if activation != RELU else math.nan
    outputs[OUT.minus_infinity] = 1.0 if activation == RELU else 0.0
    outputs[OUT.broken] = 1.0 if broken and activation != RELU else 0.0
    outputs[OUT.stable] = 0.0 if broken else 1.0
    for i in range(CURVE):
        q = i / (CURVE - 1)
        outputs[OUT.curve_q + i] = q
        outputs[OUT.curve_d + i] = _value(activation, q)
    outputs[OUT.tangent_q], outputs[OUT.tangent_q + 1] = 1.0 - 0.85 / s, 1.0
    outputs[OUT.tangent_d], outputs[OUT.tangent_d + 1] = 0.15, 1.0
    for i in range(POINTS):
        x = LOW + (HIGH - LOW) * i / (POINTS - 1)
        outputs[OUT.curve_kappa + i] = x
        outputs[OUT.curve_linear + i] = 1.0 / mean_squared_shortfall(x)
        outputs[OUT.curve_rs + i] = s * outputs[OUT.curve_linear + i]


@explorable
def wide_committee() -> Explorable:
    """Kernel of an activation, and the capacity of infinitely many such units within replica symmetry and with one step.

    Examples
    --------
    >>> answer = wide_committee().evaluate(activation=1, kappa=0.0)
    >>> print(f"{answer['alpha_rs'][0]:.5f} {answer['alpha_one'][0]:.4f}")
    2.93388 2.6643
    """
    seen = Panel(
        x=Axis("overlap of the weights *q*", (0.0, 1.0)),
        y=Axis("overlap that patterns see *D*(*q*)", (0.0, 1.0)),
        marks=[
            Line(role="muted", x=(0.0, 1.0), y=(0.0, 1.0), width=1.0),
            Line(
                role="typical", x="tangent_q", y="tangent_d", width=1.25, label="slope *D*′(1)", label_at=0.0
            ),
            Area(role="theory", x="curve_q", y="curve_d", opacity=0.1),
            Line(role="theory", x="curve_q", y="curve_d", label="*D*(*q*)", label_at=0.4),
        ],
        alt="What patterns see of an overlap: a convex curve below the diagonal, from zero to one, with its tangent at the right end.",
        aspect=0.9,
    )
    capacity = Panel(
        x=Axis("margin, in units of the output's spread", (LOW, HIGH)),
        y=Axis("capacity *α* = *P*/*N*", (0.08, 30.0), scale="log", ticks=(0.1, 1, 10)),
        marks=[
            Line(role="muted", x="curve_kappa", y="curve_linear", width=1.25, label="linear", label_at=0.1),
            Line(role="theory", x="curve_kappa", y="curve_rs", label="replica symmetry", label_at=0.62),
            Rule(role="muted", x="kappa", y="alpha_rs"),
            Dot(role="theory", x="kappa", y="alpha_rs", radius=5.5, hollow=True),
            Dot(role="typical", x="kappa", y="alpha_one", radius=5.5),
        ],
        alt="Capacity against margin: a falling curve of replica symmetry above that of a linear unit, and at the chosen margin a point for one step of breaking.",
        aspect=0.9,
    )
    return Explorable(
        "wide_committee",
        _kernel,
        title="Which activation stores most?",
        controls=[
            Control("activation", "activation", kind="select", options=ACTIVATIONS, value=1.0),
            Control("kappa", "margin *κ*/√*Δ*(1)", LOW, HIGH, 0.0, 0.02, marks={"0": 0.0}),
        ],
        outputs=LAYOUT,
        picture=[seen, capacity],
        readouts=[
            Readout("slope", "slope *D*′(1)", 4, role="typical"),
            Readout("alpha_rs", "replica symmetry *α*_{RS}", 4, role="theory"),
            Readout("alpha_one", "one step *α*_1", 4, role="typical"),
            Readout("lower", "lower by", 2, percent=True),
            Readout("replicon", "replicon *λ*", 3, when="replicon"),
        ],
        question=Question(
            "Without a margin a layer of linear units stores 2 patterns for each weight. Which of the curved units stores most?",
            choices=("relu", "erf(x)", "x²"),
            answer=2,
            reveal="x², with 3.37 in one step. Its kernel *q*² has the slope 2 at its end; those of relu and erf have 1.47 and 1.23. It also loses most when symmetry is broken.",
        ),
        notes=[
            Note(
                "The replicon is −∞: the kink of relu makes replica symmetry unstable at every margin.",
                when="minus_infinity",
            ),
            Note("The replicon is negative: replica symmetry is unstable at its capacity.", when="broken"),
            Note("The replicon is not negative: replica symmetry is stable here.", when="stable"),
        ],
        announce="At margin {kappa:.2f}: slope {slope:.3f}, capacity {alpha_rs:.4f} in replica symmetry and {alpha_one:.4f} with one step.",
        alt=(
            "Left: the kernel of relu, a convex curve from zero to one below the diagonal, with its tangent at the end. Right: capacity against margin on a "
            "logarithmic scale; a line falls from about 19 at margin minus 1 through 2.9 at zero to 0.15 at 3, and a filled point at margin zero lies at 2.66, below it."
        ),
    )
