r"""Typical against average: a lottery that multiplies, solved exactly.

After :math:`N` rounds the money is :math:`Z=\prod_ix_i`, each factor :math:`x_i` up or down with probability one half. The number of
lucky rounds is binomial, so everything is a finite sum: the distribution of the growth :math:`\frac1N\ln Z` among players, and the
distribution of the *money* over growth, that is the same with the weight :math:`Z`. The first concentrates at
:math:`\langle\ln x\rangle` (quenched), the second elsewhere, and they separate exponentially. Chapter ``start/statistical-mechanics``.
"""

from __future__ import annotations

import math

from learnscape.explore.core import Explorable, FloatArray
from learnscape.explore.hosts import explorable
from learnscape.explore.layout import layout
from learnscape.explore.spec import Axis, Control, Dot, Line, Note, Panel, Question, Readout, Rule
from learnscape.numerics.gaussian import exp_kernel, log_kernel
from learnscape.numerics.jit import kernel

__all__ = ["typical_average"]

MOST = 400
POINTS = MOST + 1
NEGLIGIBLE = 1e-5
"""Share of the largest frequency below which nothing is drawn: less than a hundredth of a pixel."""
LAYOUT = layout(
    quenched=1,
    annealed=1,
    above=1,
    one_in=1,
    median=1,
    opposite=1,
    growth=POINTS,
    players=POINTS,
    money=POINTS,
)
OUT = LAYOUT.offsets


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    """inputs: N, factor when lucky, factor when unlucky."""
    n = 1.0 * math.floor(inputs[0] + 0.5)
    up = log_kernel(inputs[1])
    down = log_kernel(inputs[2])
    quenched = 0.5 * (up + down)
    annealed = log_kernel(0.5 * (inputs[1] + inputs[2]))

    log_binomial = -n * 0.6931471805599453
    above = 0.0
    largest_players = -1e300
    largest_money = -1e300
    for k in range(POINTS):
        if k > n:
            outputs[OUT.growth + k] = math.nan
            outputs[OUT.players + k] = math.nan
            outputs[OUT.money + k] = math.nan
        else:
            growth = (k * up + (n - k) * down) / n
            outputs[OUT.growth + k] = growth
            outputs[OUT.players + k] = log_binomial
            outputs[OUT.money + k] = log_binomial + n * (growth - annealed)
            largest_players = max(largest_players, log_binomial)
            largest_money = max(largest_money, log_binomial + n * (growth - annealed))
            if growth >= annealed - 1e-12 and log_binomial > -700.0:
                above += exp_kernel(log_binomial)
            if k < n:
                log_binomial += log_kernel((n - k) / (k + 1.0))
    for k in range(POINTS):
        if k <= n:
            players = exp_kernel(max(outputs[OUT.players + k] - largest_players, -700.0))
            money = exp_kernel(max(outputs[OUT.money + k] - largest_money, -700.0))
            outputs[OUT.players + k] = players if players > NEGLIGIBLE else math.nan
            outputs[OUT.money + k] = money if money > NEGLIGIBLE else math.nan
    outputs[OUT.quenched] = quenched
    outputs[OUT.annealed] = annealed
    outputs[OUT.above] = above
    outputs[OUT.one_in] = 1.0 / above
    outputs[OUT.median] = exp_kernel(n * quenched)
    outputs[OUT.opposite] = 1.0 if quenched < 0.0 < annealed else 0.0


@explorable
def typical_average() -> Explorable:
    """Where the players are, and where the money is, after N rounds of a multiplying lottery.

    Examples
    --------
    >>> answer = typical_average().evaluate(n=100, up=1.5, down=0.6)
    >>> print(f"{answer['quenched'][0]:.4f} {answer['annealed'][0]:.4f} {answer['above'][0]:.4f}")
    -0.0527 0.0488 0.0105
    """
    panel = Panel(
        x=Axis("growth per round, ln *Z* / *N*", (-0.8, 0.7)),
        y=Axis("relative frequency", (0.0, 1.12)),
        marks=[
            Rule(role="theory", x="quenched"),
            Rule(role="unsat", x="annealed"),
            Line(role="typical", x="growth", y="players", label="the players", label_at=0.4),
            Dot(role="typical", x="growth", y="players", radius=2.5),
            Line(role="dense", x="growth", y="money", dash=True, label="the money", label_at=0.6),
            Dot(role="dense", x="growth", y="money", radius=2.5),
        ],
        alt="Two bells over the growth per round: the number of players, and to its right the money. Two lines mark typical and mean growth.",
        aspect=0.55,
    )
    return Explorable(
        "typical_average",
        _kernel,
        title="Where are the players, and where is the money?",
        controls=[
            Control("n", "rounds *N*", 1, MOST, 10, 1, digits=0, marks={"10": 10, "100": 100}),
            Control("up", "factor when lucky", 1.05, 2.0, 1.5, 0.01),
            Control("down", "factor when unlucky", 0.45, 1.0, 0.6, 0.01),
        ],
        outputs=LAYOUT,
        picture=[panel],
        readouts=[
            Readout("quenched", "typical growth per round", 4, role="theory"),
            Readout("annealed", "growth of the mean per round", 4, role="unsat"),
            Readout("median", "typical money, start = 1", 4, role="typical"),
            Readout("above", "players who reach the mean", 2, percent=True),
        ],
        question=Question(
            "After 100 rounds with factors 1.5 and 0.6, how many of a thousand players have reached the mean?",
            choices=("about 500", "about 100", "about 10"),
            answer=2,
            reveal="About 10. The others have less than the mean, and the typical player keeps half a per cent of the stake.",
        ),
        notes=[Note("The mean grows and nearly every player loses.", when="opposite")],
        announce=(
            "Rounds: {n:.0f}. Typical growth is {quenched:.4f} per round, growth of the mean {annealed:.4f}; "
            "{above:.2%} of the players reach the mean."
        ),
        alt=(
            "Ten rounds, factors 1.5 and 0.6: two overlapping bells over the growth per round. The players' bell is centred at minus 0.05, "
            "the money's bell at plus 0.14; vertical lines mark minus 0.05 and plus 0.05."
        ),
    )
