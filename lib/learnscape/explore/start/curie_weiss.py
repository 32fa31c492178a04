r"""Laplace's method and a phase transition in one picture: the Curie-Weiss model.

:math:`N` variables :math:`w_i=\pm1` with the energy :math:`-N(m^2/2+hm)`, :math:`m=\frac1N\sum_iw_i`, have the partition function

.. math:: Z=\sum_m\binom{N}{N\frac{1+m}{2}}e^{\beta N(m^2/2+hm)}\simeq\int dm\,e^{Nf(m)},\qquad f(m)=s(m)+\beta(m^2/2+hm),

with the entropy :math:`s(m)` of a magnetisation. The kernel sums the :math:`N+1` terms exactly and compares with the largest one,
:math:`e^{Nf(m^*)}`, and with the Gaussian integrals around all maxima, :math:`\sum e^{Nf}/\sqrt{1-\beta(1-m^{*2})}`, which fails at the
critical point. Chapter ``start/statistical-mechanics``.
"""

from __future__ import annotations

import math

import numpy as np

from learnscape.explore.core import Explorable, FloatArray
from learnscape.explore.hosts import explorable
from learnscape.explore.layout import layout
from learnscape.explore.spec import Area, Axis, Control, Dot, Line, Note, Panel, Question, Readout, Rule
from learnscape.numerics.gaussian import exp_kernel, log_kernel
from learnscape.numerics.jit import kernel

__all__ = ["curie_weiss"]

POINTS = 241
GRID = np.linspace(-1.0, 1.0, POINTS)
LAYOUT = layout(
    m=1,
    other=1,
    log_z=1,
    error_leading=1,
    error_gaussian=1,
    critical=1,
    metastable=1,
    top=1,
    other_f=1,
    f=POINTS,
    share=POINTS,
)
OUT = LAYOUT.offsets


@kernel
def _free_entropy(m: float, beta: float, h: float) -> float:
    s = 0.0
    for x in (0.5 * (1.0 + m), 0.5 * (1.0 - m)):
        if x > 0.0:
            s -= x * log_kernel(x)
    return s + beta * (0.5 * m * m + h * m)


@kernel
def _slope(m: float, beta: float, h: float) -> float:
    return beta * (m + h) - 0.5 * log_kernel((1.0 + m) / (1.0 - m))


@kernel
def _root(low: float, high: float, beta: float, h: float) -> float:
    """The zero of f' between low and high, where its signs differ, by bisection."""
    sign = 1.0 if _slope(low, beta, h) > 0.0 else -1.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        if sign * _slope(middle, beta, h) > 0.0:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


@kernel
def _maxima(beta: float, h: float) -> tuple[float, float]:
    """The higher maximum of f, and the other one or NaN."""
    edge = 1.0 - 1e-13
    field = math.fabs(h)
    if field < 1e-12 or beta < 1e-12:
        if beta <= 1.0:
            return 0.0, math.nan
        m = _root(1e-9, edge, beta, 0.0) if beta > 1.0 + 1e-12 else 0.0
        return m, -m
    first = _root(0.0, edge, beta, field)
    second = math.nan
    if beta > 1.0:
        turn = -math.sqrt(1.0 - 1.0 / beta)  # where f'' vanishes: a maximum on its left needs f' < 0 there
        if _slope(turn, beta, field) < 0.0:
            second = _root(-edge, turn, beta, field)
    if h < 0.0:
        first, second = -first, -second
    return first, second


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    """inputs: beta, h, N."""
    beta = inputs[0]
    h = inputs[1]
    n = 1.0 * math.floor(inputs[2] + 0.5)
    best, other = _maxima(beta, h)
    top = _free_entropy(best, beta, h)

    # ln Z: sum of exp(ln binomial + energy - N top), the binomials by recursion.
    log_binomial = 0.0
    total = 0.0
    k = 0.0
    while k <= n:
        m = 2.0 * k / n - 1.0
        exponent = log_binomial + n * (beta * (0.5 * m * m + h * m) - top)
        if exponent > -700.0:
            total += exp_kernel(exponent)
        k += 1.0
        if k <= n:
            log_binomial += log_kernel((n - k + 1.0) / k)
    excess = log_kernel(total) / n  # (1/N) ln Z - f(m*)

    gaussian = 1.0 / math.sqrt(max(1.0 - beta * (1.0 - best * best), 1e-9))
    if other == other:  # not NaN: the second maximum takes part with its own weight
        weight = n * (_free_entropy(other, beta, h) - top)
        if weight > -700.0:
            gaussian += exp_kernel(weight) / math.sqrt(max(1.0 - beta * (1.0 - other * other), 1e-9))
    stiffness = 1.0 - beta * (1.0 - best * best)

    outputs[OUT.m] = best
    outputs[OUT.other] = other
    outputs[OUT.log_z] = top + excess
    outputs[OUT.error_leading] = excess
    outputs[OUT.error_gaussian] = excess - log_kernel(gaussian) / n
    outputs[OUT.critical] = 1.0 if stiffness * math.sqrt(n) < 1.0 else 0.0
    outputs[OUT.metastable] = 1.0 if other == other and math.fabs(h) > 0.0 else 0.0
    outputs[OUT.top] = top
    outputs[OUT.other_f] = _free_entropy(other, beta, h) if other == other else math.nan
    for i in range(POINTS):
        f = _free_entropy(2.0 * i / (POINTS - 1) - 1.0, beta, h)
        outputs[OUT.f + i] = f
        exponent = n * (f - top)
        outputs[OUT.share + i] = exp_kernel(exponent) if exponent > -700.0 else 0.0


@explorable
def curie_weiss() -> Explorable:
    """The exponent f(m) and the integrand exp(N f), with the error of Laplace's method.

    Examples
    --------
    >>> answer = curie_weiss().evaluate(beta=1.5, h=0.0, n=100)
    >>> print(f"{answer['m'][0]:.4f} {answer['log_z'][0]:.6f}")
    0.8586 0.817907
    """
    exponent = Panel(
        x=Axis("magnetisation *m*", (-1.0, 1.0), ticks=(-1, -0.5, 0, 0.5, 1)),
        y=Axis("exponent *f*(*m*)", (0.0, 1.7)),
        marks=[
            Line(role="theory", x="grid", y="f"),
            Dot(role="typical", x="other", y="other_f", radius=5.0, hollow=True),
            Dot(role="theory", x="m", y="top", radius=6.5),
        ],
        alt="The exponent f against the magnetisation, with a dot at its highest point.",
    )
    integrand = Panel(
        x=Axis("magnetisation *m*", (-1.0, 1.0), ticks=(-1, -0.5, 0, 0.5, 1)),
        y=Axis("*e*^{Nf}, relative to its maximum", (0.0, 1.05)),
        marks=[
            Area(role="theory", x="grid", y="share", opacity=0.25),
            Line(role="theory", x="grid", y="share"),
            Rule(role="theory", x="m"),
        ],
        alt="The integrand e to the N f: one or two peaks, narrower for larger N.",
    )
    return Explorable(
        "curie_weiss",
        _kernel,
        title="Which *m* wins, and how narrowly?",
        controls=[
            Control("beta", "price of disagreement *β*", 0.0, 2.0, 0.7, 0.01, marks={"1": 1.0}),
            Control("h", "outside opinion *h*", -0.3, 0.3, 0.0, 0.005, digits=3, marks={"0": 0.0}),
            Control("n", "size *N*", 10, 1000, 100, 1, scale="log", digits=0),
        ],
        outputs=LAYOUT,
        constants={"grid": GRID},
        picture=[exponent, integrand],
        readouts=[
            Readout("m", "highest maximum *m**", 4, role="theory"),
            Readout("log_z", "ln *Z* / *N*, exact sum", 6),
            Readout("error_leading", "exact minus *f*(*m**)", 6),
            Readout("error_gaussian", "left over after the Gaussian integral", 6),
        ],
        question=Question(
            "With *h* = 0, raise *β* from 0. When does the highest maximum leave *m* = 0?",
            choices=("at once", "at a definite *β*", "only for *β* → ∞"),
            answer=1,
            reveal="At a definite value, *β* = 1, and continuously. There the peak is flat, and the Gaussian integral of Laplace's method fails.",
        ),
        notes=[
            Note(
                "The maximum is nearly flat: its width is no longer small, and Laplace's method is at its worst.",
                when="critical",
            ),
            Note(
                "The open circle is a metastable maximum: it loses by a factor exponential in *N*, and is still there.",
                when="metastable",
            ),
        ],
        announce="At beta {beta:.2f}, field {h:.3f} and N {n:.0f} the maximum is at m = {m:.3f}; ln Z over N is {log_z:.5f}.",
        alt=(
            "Left: at beta 0.7 the exponent f has one maximum, 0.69 high, at magnetisation 0. Right: the integrand for N = 100 is a "
            "bell around 0, about 0.4 wide."
        ),
    )
