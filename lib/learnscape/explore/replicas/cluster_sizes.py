r"""Clusters of solutions of the spherical perceptron at kappa = -1: how many there are of each size, and which of them m selects.

Left: complexity against internal entropy, one saddle with one step for each m, and the tangent of slope -m at the chosen one. By :math:`m\phi=\Sigma+ms_c` it crosses
zero at :math:`\phi(m)`. Right: the clusters of N weights. Five internal entropies, evenly spaced from the most numerous clusters to the largest, where Sigma = 0; of each
:math:`e^{N\Sigma}` discs, with radii linear in the internal entropy, shaded by the share :math:`e^{N(\Sigma+ms)}` of groups of m replicas that choose them.
Saddles by :mod:`learnscape.replica.kernels`. Chapter ``replicas/perceptron-replicas``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from learnscape import style
from learnscape.explore.core import Explorable, FloatArray
from learnscape.explore.hosts import explorable
from learnscape.explore.layout import layout
from learnscape.explore.random_state import seed_state, uniform
from learnscape.explore.spec import Axis, Control, Dot, Line, Note, Panel, Question, Readout, Rule, Text, View
from learnscape.numerics.gaussian import exp_kernel, log_kernel
from learnscape.numerics.jit import kernel
from learnscape.replica.kernels import WORK, one_step_saddle

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["cluster_sizes"]

KAPPA = -1.0
FIRST = (11.0, 0.3, 3.400557, 2.050515)  # load, m and unknowns of a saddle from which all others are reached
LOAD_STEP = 0.25
LOWEST_M, ABOVE, BELOW = (
    0.03,
    6,
    15,
)  # m of the curve, evenly in ln m: from 1 down to FIRST[1], and from there
POINTS = ABOVE + BELOW + 1
FINE = 25  # points of the lines that are drawn from the tip to zero and beyond
KINDS, MOST = 5, 60  # sizes drawn, and discs of one size at most
SMALLEST, GROWTH = (
    0.012,
    0.55,
)  # radius in units of the square, and by how much it grows with the internal entropy
ATTEMPTS = 400
LEFT, RIGHT, HIGHEST = -0.09, 0.05, 0.0075  # of the left picture
LAYOUT = layout(
    status=1,
    complexity=1,
    relative=1,
    log_number=1,
    internal=1,
    free_entropy=1,
    m_star=1,
    m_tip=1,
    equilibrium=1,
    mark=1,
    mark_complexity=1,
    crossing=1,
    missing=1,
    backward=1,
    off=1,
    capped=1,
    log_ratio=1,
    tangent_x=2,
    tangent_y=2,
    real_x=FINE,
    real_y=FINE,
    below_x=FINE,
    below_y=FINE,
    back_x=POINTS,
    back_y=POINTS,
    entropies=KINDS,
    complexities=KINDS,
    numbers=KINDS,
    shares=KINDS,
    shade=KINDS,
    kind=KINDS * MOST,
    disc_x=KINDS * MOST,
    disc_y=KINDS * MOST,
    disc_radius=KINDS * MOST,
    _m=POINTS,
    _outer=POINTS,
    _inner=POINTS,
    _sigma=POINTS,
    _s=POINTS,
    _random=1,
    _work=WORK,
)
OUT = LAYOUT.offsets


@kernel
def _store(i: int, m: float, alpha: float, outer: float, inner: float, outputs: FloatArray) -> bool:
    """Point i of the curve, from a start."""
    work = outputs[OUT.work : OUT.work + WORK]
    found = one_step_saddle(KAPPA, alpha, m, outer, inner, work)
    outputs[OUT.m + i], outputs[OUT.outer + i], outputs[OUT.inner + i] = m, found.outer, found.inner
    outputs[OUT.sigma + i] = found.at.complexity
    outputs[OUT.s + i] = found.at.free_entropy - found.at.complexity / m
    return found.converged


@kernel
def _next(i: int, before: int, last: int, alpha: float, m: float, outputs: FloatArray) -> bool:
    """Point i, with a start on the line through the two neighbours before it."""
    outer = 2.0 * outputs[OUT.outer + before] - outputs[OUT.outer + last]
    inner = 2.0 * outputs[OUT.inner + before] - outputs[OUT.inner + last]
    return _store(i, m, alpha, outer, inner, outputs)


@kernel
def _curve(alpha: float, outputs: FloatArray) -> bool:
    """The saddles of all m, from the largest m to the smallest."""
    load, m, outer, inner = FIRST
    good = True
    while good and load != alpha:
        load = min(load + LOAD_STEP, alpha) if alpha > load else max(load - LOAD_STEP, alpha)
        good = _store(ABOVE, m, load, outer, inner, outputs)
        outer, inner = outputs[OUT.outer + ABOVE], outputs[OUT.inner + ABOVE]
    good = good and _store(ABOVE, m, alpha, outer, inner, outputs)
    for i in range(ABOVE - 1, -1, -1):
        good = good and _next(
            i, i + 1, min(i + 2, ABOVE), alpha, exp_kernel(log_kernel(m) * i / ABOVE), outputs
        )
    for i in range(ABOVE + 1, POINTS):
        down = log_kernel(LOWEST_M / m) * (i - ABOVE) / BELOW
        good = good and _next(i, i - 1, i - 2, alpha, m * exp_kernel(down), outputs)
    return good


@kernel
def _at(m: float, alpha: float, outputs: FloatArray) -> tuple[float, float, float]:
    """Complexity, internal and free entropy at any m, from the two points around it."""
    i = 1
    while i < POINTS - 1 and outputs[OUT.m + i] > m:
        i += 1
    share = log_kernel(outputs[OUT.m + i - 1] / m) / log_kernel(outputs[OUT.m + i - 1] / outputs[OUT.m + i])
    a, b = outputs[OUT.outer + i - 1], outputs[OUT.outer + i]
    c, d = outputs[OUT.inner + i - 1], outputs[OUT.inner + i]
    work = outputs[OUT.work : OUT.work + WORK]
    found = one_step_saddle(KAPPA, alpha, m, a + share * (b - a), c + share * (d - c), work)
    return found.at.complexity, found.at.free_entropy - found.at.complexity / m, found.at.free_entropy


@kernel
def _ends(alpha: float, outputs: FloatArray) -> int:
    """The tip, where Sigma is largest, as a point of the curve (its place is returned), and m*, where Sigma is zero."""
    tip = 1
    for i in range(1, POINTS - 1):
        if outputs[OUT.sigma + i] > outputs[OUT.sigma + tip]:
            tip = i
    # The top of the parabola in ln m through three points; their distances differ at one place only, and little.
    y0, y1, y2 = outputs[OUT.sigma + tip - 1], outputs[OUT.sigma + tip], outputs[OUT.sigma + tip + 1]
    by = 0.5 * (y0 - y2) / (y0 - 2.0 * y1 + y2)
    up = outputs[OUT.m + tip - 1] / outputs[OUT.m + tip]
    m = outputs[OUT.m + tip] * exp_kernel(by * log_kernel(up))
    _store(tip, m, alpha, outputs[OUT.outer + tip], outputs[OUT.inner + tip], outputs)
    outputs[OUT.m_tip] = m
    zero = tip
    while zero > 0 and outputs[OUT.sigma + zero] > 0.0:
        zero -= 1
    before, m = outputs[OUT.m + zero], outputs[OUT.m + zero + 1]
    left, right = outputs[OUT.sigma + zero], outputs[OUT.sigma + zero + 1]
    for _ in range(4):  # secants
        if abs(right) > 1e-12:
            before, m = m, m - (m - before) * right / (right - left)
            left = right
            right, outputs[OUT.equilibrium], _ = _at(m, alpha, outputs)
    outputs[OUT.m_star] = m
    return tip


@kernel
def _complexity_at(s: float, tip: int, outputs: FloatArray) -> float:
    """Sigma to the right of the tip: the cubic through two points of the curve with the slopes -m there."""
    i = tip
    while i > 1 and outputs[OUT.s + i - 1] < s:
        i -= 1
    s0, s1 = outputs[OUT.s + i], outputs[OUT.s + i - 1]
    h = s1 - s0
    t = (s - s0) / h
    left = (1.0 + 2.0 * t) * outputs[OUT.sigma + i] - t * h * outputs[OUT.m + i]
    right = (3.0 - 2.0 * t) * outputs[OUT.sigma + i - 1] + (1.0 - t) * h * outputs[OUT.m + i - 1]
    return (1.0 - t) * (1.0 - t) * left + t * t * right


@kernel
def _branches(tip: int, outputs: FloatArray) -> None:
    """The curve in three parts: clusters that exist, those with negative complexity, and m below the tip."""
    first, last = outputs[OUT.s + tip], outputs[OUT.equilibrium]
    for i in range(FINE):
        share = i / (FINE - 1.0)
        s = first + (last - first) * share
        outputs[OUT.real_x + i], outputs[OUT.real_y + i] = s - last, _complexity_at(s, tip, outputs)
        s = last + RIGHT * share
        sigma = _complexity_at(s, tip, outputs)
        seen = sigma >= -HIGHEST and s <= outputs[OUT.s]
        outputs[OUT.below_x + i], outputs[OUT.below_y + i] = s - last, sigma if seen else math.nan
    for i in range(POINTS):
        x = outputs[OUT.s + i] - last
        seen = i >= tip and LEFT <= x <= RIGHT
        outputs[OUT.back_x + i], outputs[OUT.back_y + i] = x, outputs[OUT.sigma + i] if seen else math.nan


@kernel
def _sizes(n: float, m: float, tip: int, outputs: FloatArray) -> None:
    """Internal entropies, complexities, numbers and shares of the sizes that are drawn."""
    first, last = outputs[OUT.s + tip], outputs[OUT.equilibrium]
    best, total = -1e300, 0.0
    for k in range(KINDS):
        s = first + (last - first) * k / (KINDS - 1.0)
        sigma = 0.0 if k == KINDS - 1 else _complexity_at(s, tip, outputs)
        outputs[OUT.entropies + k], outputs[OUT.complexities + k] = s - last, sigma
        outputs[OUT.numbers + k] = math.floor(exp_kernel(n * sigma) + 0.5)
        outputs[OUT.shade + k] = n * (sigma + m * (s - last))
        best = max(best, outputs[OUT.shade + k])
    for k in range(KINDS):
        outputs[OUT.shade + k] = exp_kernel(outputs[OUT.shade + k] - best)
        total += outputs[OUT.shade + k]
    for k in range(KINDS):
        outputs[OUT.shares + k] = outputs[OUT.shade + k] / total
        outputs[OUT.shade + k] *= outputs[OUT.shade + k]  # the eye needs more contrast
    outputs[OUT.capped] = 1.0 if outputs[OUT.numbers] > MOST else 0.0
    outputs[OUT.log_ratio] = n * (last - first)


@kernel
def _place(outputs: FloatArray) -> None:
    """Discs in the unit square, the largest first, each at the first random place that is free."""
    for i in range(KINDS * MOST):
        outputs[OUT.disc_radius + i] = math.nan
    count = 0
    for k in range(KINDS - 1, -1, -1):
        seed_state(outputs, OUT.random, 11.0 + k)
        radius = SMALLEST + GROWTH * (outputs[OUT.entropies + k] - outputs[OUT.entropies])
        for _ in range(int(min(outputs[OUT.numbers + k], MOST))):
            for _ in range(ATTEMPTS):
                x = radius + 0.01 + (0.98 - 2.0 * radius) * uniform(outputs, OUT.random)
                y = radius + 0.01 + (0.98 - 2.0 * radius) * uniform(outputs, OUT.random)
                free = True
                for j in range(count):
                    dx, dy = x - outputs[OUT.disc_x + j], y - outputs[OUT.disc_y + j]
                    apart = radius + outputs[OUT.disc_radius + j] + 0.006
                    free = free and dx * dx + dy * dy > apart * apart
                if free:
                    outputs[OUT.disc_x + count], outputs[OUT.disc_y + count] = x, y
                    outputs[OUT.disc_radius + count], outputs[OUT.kind + count] = radius, k
                    count += 1
                    break


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    """inputs: m, load, N."""
    m, alpha, n = inputs[0], inputs[1], inputs[2]
    outputs[OUT.status] = 0.0 if _curve(alpha, outputs) else 1.0
    if outputs[OUT.status] != 0.0:
        return
    tip = _ends(alpha, outputs)
    _branches(tip, outputs)
    sigma, s, free = _at(m, alpha, outputs)
    x, crossing = s - outputs[OUT.equilibrium], free - outputs[OUT.equilibrium]
    outputs[OUT.complexity], outputs[OUT.internal], outputs[OUT.free_entropy] = sigma, s, free
    outputs[OUT.relative], outputs[OUT.log_number] = x, n * sigma
    seen = LEFT <= x <= RIGHT and sigma >= -HIGHEST
    outputs[OUT.off] = 0.0 if seen else 1.0
    outputs[OUT.mark] = x if seen else math.nan
    outputs[OUT.mark_complexity] = sigma if seen else math.nan
    outputs[OUT.crossing] = crossing if crossing <= RIGHT else math.nan
    outputs[OUT.backward] = 1.0 if m < 0.98 * outputs[OUT.m_tip] else 0.0
    outputs[OUT.missing] = 1.0 if sigma < -1e-7 else 0.0
    # The tangent, within the picture.
    low, high = max(LEFT, crossing - HIGHEST / m), min(RIGHT, crossing + HIGHEST / m)
    outputs[OUT.tangent_x], outputs[OUT.tangent_x + 1] = low, high if high > low else math.nan
    outputs[OUT.tangent_y], outputs[OUT.tangent_y + 1] = -m * (low - crossing), -m * (high - crossing)
    _sizes(n, m, tip, outputs)
    _place(outputs)


def _draw(axes: Axes, values: dict[str, float], outputs: dict[str, Any]) -> None:
    """The discs in Matplotlib, as ``page/js/views/clusters.js`` draws them."""
    from matplotlib.patches import Circle

    for x, y, radius, k in zip(
        outputs["disc_x"], outputs["disc_y"], outputs["disc_radius"], outputs["kind"], strict=True
    ):
        if math.isfinite(radius):
            color, alpha = style.color["typical"], 0.12 + 0.8 * outputs["shade"][int(k)]
            axes.add_patch(Circle((x, y), radius, color=color, alpha=alpha, lw=0))
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xticks=[], yticks=[])


@explorable
def cluster_sizes() -> Explorable:
    """Complexity against internal entropy with the tangent of slope -m, and the clusters that m selects.

    Examples
    --------
    >>> answer = cluster_sizes().evaluate(m=0.3)
    >>> print(f"{answer['complexity'][0]:.5f} {answer['m_star'][0]:.4f}")
    -0.01779 0.1354
    """
    curve = Panel(
        x=Axis("internal entropy *s*_c, from that of the largest", (LEFT, RIGHT)),
        y=Axis("complexity *Σ*", (-HIGHEST, HIGHEST)),
        marks=[
            Rule(role="axis", y=0.0, dash=False),
            Line(role="muted", x="back_x", y="back_y", width=1.25),
            Line(role="unsat", x="below_x", y="below_y", dash=True, width=1.75),
            Line(role="theory", x="real_x", y="real_y", width=3.0),
            Text(role="unsat", x=LEFT + 0.004, y=-0.88 * HIGHEST, label="dashed: none exist"),
            Line(role="typical", x="tangent_x", y="tangent_y", width=1.5),
            Dot(role="typical", x="mark", y="mark_complexity", radius=6.0),
            Dot(role="typical", x="crossing", y=0.0, radius=5.0, hollow=True, label="*φ*(*m*)"),
        ],
        alt="Complexity against internal entropy: a curve that falls from a tip on the left through zero, with a tangent at a dot.",
        aspect=0.85,
    )
    clusters = View(
        "clusters",
        _draw,
        alt="Violet discs of five sizes in a square, many small ones and one large one; the larger the share of replicas in a size, the fuller its colour.",
        aspect=1.0,
    )
    return Explorable(
        "cluster_sizes",
        _kernel,
        title="Which clusters does *m* choose?",
        controls=[
            Control(
                "m",
                "block parameter *m*",
                LOWEST_M,
                1.0,
                0.1,
                0.01,
                scale="log",
                digits=3,
                marks={"tip": "m_tip", "*m*^{∗}": "m_star", "1": 1.0},
            ),
            Control("alpha", "load *α*", 10.2, 11.4, 11.0, 0.05, marks={"10.5": 10.5, "11": 11.0}),
            Control(
                "n",
                "weights *N*",
                kind="select",
                value=1000.0,
                options={"500": 500.0, "1000": 1000.0, "2000": 2000.0},
            ),
        ],
        outputs=LAYOUT,
        picture=[curve, clusters],
        readouts=[
            Readout("complexity", "complexity *Σ*", 4, role="theory"),
            Readout("log_number", "ln of the number, *NΣ*", 2),
            Readout("internal", "internal entropy *s*_c", 4, role="theory"),
            Readout("free_entropy", "free entropy *φ*(*m*)", 5, role="typical"),
            Readout("m_star", "*m*^{∗}, where *Σ* = 0", 4, after_prediction=True),
        ],
        question=Question(
            "Every solution counts once at *m* = 1. How many clusters of the size that *m* = 1 selects does a draw with *α* = 11 and *N* = 1000 have?",
            choices=("about fifty", "one", "none"),
            answer=2,
            reveal=(
                "None: *NΣ* = −59 there, so the mean number is 10^{−26}. The largest clusters that exist have *Σ* = 0, and all the weight falls on them. "
                "They belong to *m*^{∗} = 0.135, where *φ*(*m*) is smallest."
            ),
        ),
        messages={1: "The saddle was lost at this load."},
        notes=[
            Note(
                "*Σ* is negative at this *m*: no such clusters. The largest that exist are in full violet, the others faint.",
                when="missing",
            ),
            Note("The point of this *m* lies outside the left picture.", when="off"),
            Note("Below the tip the curve turns back: this branch counts nothing.", when="backward"),
            Note(f"There are more than {MOST} of a size; {MOST} are drawn.", when="capped"),
            Note(
                "Radii of discs grow in proportion to *s*_c, and their numbers are e^{*NΣ*} without any prefactor. Full violet: the size with the largest share "
                "of the sum over e^{*N*(*Σ* + *ms*)}. One step, *κ* = −1; at no *m* are both blocks stable."
            ),
        ],
        announce=(
            "At m {m:.3f} the complexity is {complexity:.5f} and the internal entropy {internal:.4f}; the logarithm of the number of clusters is {log_number:.1f}. "
            "Complexity vanishes at m {m_star:.3f}."
        ),
        alt=(
            "Left: complexity against internal entropy at load 11; from a tip at 0.004 a thick curve falls to zero and goes on dashed below it; a straight tangent "
            "touches it at m = 0.1. Right: about 150 discs of five sizes; fifty-five are smallest, one is largest, and the middle ones have the fullest colour."
        ),
    )
