r"""Annealed against quenched in the random energy model, with real samples: all :math:`2^N` energies are drawn.

A sample's levels are sorted into fine bins that keep their number and their mean energy, so that every temperature is answered at once:
a bin with one level is exact, a bin with many is as good as it is narrow (a test compares with all levels). Per spin, the samples give
:math:`-T\langle\ln Z\rangle/N` with an error bar, and also what one gets by averaging Z over the same samples and taking the logarithm
at the end. Lines: the limit of infinite size and the annealed formula, from :mod:`learnscape.spin_glass.rem`. Chapter ``replicas/replica-trick``.
"""

from __future__ import annotations

import math

from learnscape.explore.actions import REDRAW, RESTART
from learnscape.explore.core import Explorable, FloatArray
from learnscape.explore.hosts import explorable
from learnscape.explore.layout import layout
from learnscape.explore.random_state import seed_state, uniform
from learnscape.explore.spec import (
    Area,
    Axis,
    Control,
    Dot,
    Line,
    Note,
    Panel,
    Question,
    Readout,
    Rule,
    Simulation,
)
from learnscape.numerics.gaussian import exp_kernel, log_kernel
from learnscape.numerics.jit import kernel
from learnscape.spin_glass import rem

__all__ = ["rem_freezing"]

LOWEST, TEMPERATURES, STEP = 0.1, 29, 0.05  # of temperature: 0.1, 0.15, ..., 1.5
DEEPEST, FINE = (
    1.6,
    1280,
)  # energies per spin beyond +-1.6 go into the last bins, which is exact but for their position
WIDTH = 2.0 * DEEPEST / FINE
COARSE = 64  # bins of the right picture
MERGED = FINE // COARSE
LN2 = 0.6931471805599453
LAYOUT = layout(
    samples=1,
    free_energy=1,
    error=1,
    from_mean=1,
    annealed=1,
    quenched=1,
    participation=1,
    annealed_energy=1,
    annealed_mark=1,
    temperature=1,
    frozen=1,
    _random=1,
    _spare=1,
    temperatures=TEMPERATURES,
    mean=TEMPERATURES,
    bars=TEMPERATURES,
    logarithm_last=TEMPERATURES,
    energy=COARSE,
    counts=COARSE,
    weight=COARSE,
    _number=FINE,
    _sum=FINE,
    _first=TEMPERATURES,
    _second=TEMPERATURES,
    _largest=TEMPERATURES,
    _scaled=TEMPERATURES,
    _squares=TEMPERATURES,
)
OUT = LAYOUT.offsets


@kernel
def _gaussian(outputs: FloatArray) -> float:
    """Marsaglia's polar method; the second of each pair waits in ``_spare`` (NaN: none waits)."""
    waiting = outputs[OUT.spare]
    if waiting == waiting:
        outputs[OUT.spare] = math.nan
        return waiting
    u, v, square = 0.0, 0.0, 2.0
    while square >= 1.0 or square == 0.0:
        u = 2.0 * uniform(outputs, OUT.random) - 1.0
        v = 2.0 * uniform(outputs, OUT.random) - 1.0
        square = u * u + v * v
    length = math.sqrt(-2.0 * log_kernel(square) / square)
    outputs[OUT.spare] = v * length
    return u * length


@kernel
def _draw(n: int, outputs: FloatArray) -> None:
    """One more sample: its levels into the fine bins, its ln Z at every temperature into the sums."""
    for k in range(FINE):
        outputs[OUT.number + k], outputs[OUT.sum + k] = 0.0, 0.0
    scale = math.sqrt(0.5 / n)
    lowest = 10.0
    for _ in range(1 << n):
        e = scale * _gaussian(outputs)
        lowest = min(lowest, e)
        k = min(max(int((e + DEEPEST) / WIDTH), 0), FINE - 1)
        outputs[OUT.number + k] += 1.0
        outputs[OUT.sum + k] += e
    outputs[OUT.samples] += 1.0
    for i in range(TEMPERATURES):
        beta = n / (LOWEST + STEP * i)
        z, squares = 0.0, 0.0
        for k in range(FINE):
            number = outputs[OUT.number + k]
            if number > 0.0:
                boltzmann = exp_kernel(beta * (lowest - outputs[OUT.sum + k] / number))
                z += number * boltzmann
                squares += number * boltzmann * boltzmann
        log_z = log_kernel(z) - beta * lowest
        outputs[OUT.first + i] += log_z
        outputs[OUT.second + i] += log_z * log_z
        outputs[OUT.squares + i] += squares / (z * z)
        # The mean of Z, as scaled * exp(largest).
        if outputs[OUT.samples] == 1.0:
            outputs[OUT.largest + i], outputs[OUT.scaled + i] = log_z, 1.0
        elif log_z > outputs[OUT.largest + i]:
            outputs[OUT.scaled + i] = 1.0 + outputs[OUT.scaled + i] * exp_kernel(
                outputs[OUT.largest + i] - log_z
            )
            outputs[OUT.largest + i] = log_z
        else:
            outputs[OUT.scaled + i] += exp_kernel(log_z - outputs[OUT.largest + i])


@kernel
def _show(n: int, chosen: int, outputs: FloatArray) -> None:
    """Means so far, and the levels of the last sample with their weights at the chosen temperature."""
    samples = outputs[OUT.samples]
    for i in range(TEMPERATURES):
        t = LOWEST + STEP * i
        mean = outputs[OUT.first + i] / samples
        spread = max(outputs[OUT.second + i] / samples - mean * mean, 0.0)
        outputs[OUT.temperatures + i] = t
        outputs[OUT.mean + i] = -t * mean / n
        outputs[OUT.bars + i] = t / n * math.sqrt(spread / max(samples - 1.0, 1.0))
        log_mean = outputs[OUT.largest + i] + log_kernel(outputs[OUT.scaled + i] / samples)
        outputs[OUT.logarithm_last + i] = -t * log_mean / n
    t = LOWEST + STEP * chosen
    outputs[OUT.temperature] = t
    outputs[OUT.free_energy] = outputs[OUT.mean + chosen]
    outputs[OUT.error] = outputs[OUT.bars + chosen]
    outputs[OUT.from_mean] = outputs[OUT.logarithm_last + chosen]
    outputs[OUT.participation] = outputs[OUT.squares + chosen] / samples
    outputs[OUT.annealed] = -t * LN2 - 0.25 / t
    outputs[OUT.annealed_energy] = -0.5 / t
    frozen = t < 0.5 / math.sqrt(LN2)
    outputs[OUT.frozen] = 1.0 if frozen else 0.0
    outputs[OUT.quenched] = -math.sqrt(LN2) if frozen else outputs[OUT.annealed]
    seen = outputs[OUT.annealed_energy] >= -2.0
    outputs[OUT.annealed_mark] = outputs[OUT.annealed_energy] if seen else math.nan
    prefactor = log_kernel(2.0 * DEEPEST / COARSE * math.sqrt(n / math.pi)) / n
    largest, total = -1e300, 0.0
    for k in range(FINE):
        if outputs[OUT.number + k] > 0.0:
            largest = max(largest, -outputs[OUT.sum + k] / outputs[OUT.number + k])
    for c in range(COARSE):
        number, z = 0.0, 0.0
        for k in range(c * MERGED, (c + 1) * MERGED):
            if outputs[OUT.number + k] > 0.0:
                number += outputs[OUT.number + k]
                e = outputs[OUT.sum + k] / outputs[OUT.number + k]
                z += outputs[OUT.number + k] * exp_kernel(n / t * (-e - largest))
        total += z
        outputs[OUT.energy + c] = -DEEPEST + (c + 0.5) * 2.0 * DEEPEST / COARSE
        outputs[OUT.counts + c] = log_kernel(number) / n - prefactor if number > 0.0 else math.nan
        outputs[OUT.weight + c] = z
    for c in range(COARSE):
        outputs[OUT.weight + c] /= total


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    """inputs: N, T, action, seed."""
    n = int(inputs[0] + 0.5)
    if inputs[2] == RESTART:
        seed_state(outputs, OUT.random, inputs[3])
        outputs[OUT.spare] = math.nan
    if inputs[2] != REDRAW:
        for _ in range(min(16, max(1, 1 << max(18 - n, 0)))):
            _draw(n, outputs)
    _show(n, int((inputs[1] - LOWEST) / STEP + 0.5), outputs)


@explorable
def rem_freezing() -> Explorable:
    """Free energy of the random energy model: samples, their average taken in two orders, and the two formulas.

    Examples
    --------
    >>> answer = rem_freezing().evaluate(n=12, temperature=1.0)
    >>> int(answer["samples"][0]), bool(abs(answer["free_energy"][0] - answer["annealed"][0]) < 0.005)
    (16, True)
    """
    grid = [0.05 + 0.01 * k for k in range(146)]
    limit = [rem.solve(t) for t in grid]
    parabola = [-1.6 + 0.02 * k for k in range(161)]
    critical = rem.critical_temperature()
    free = Panel(
        x=Axis("temperature *T*", (0.0, 1.5)),
        y=Axis("free energy per spin", (-1.3, -0.6)),
        marks=[
            Rule(role="muted", x=(critical,), label="*T*_c"),
            Line(role="unsat", x="grid", y="annealed_line", dash=True, label="annealed", label_at=0.1),
            Line(role="theory", x="grid", y="limit"),
            Rule(role="text", x="temperature", dash=False),
            Dot(role="typical", x="temperatures", y="logarithm_last", radius=4.0, hollow=True),
            Dot(role="simulation", x="temperatures", y="mean", error="bars", radius=3.0),
        ],
        alt="Free energy against temperature: a dashed annealed curve that falls steeply at low temperature, the limit that stays flat there, and samples.",
        aspect=0.8,
    )
    levels = Panel(
        x=Axis("energy per spin *e*", (-2.0, 1.6)),
        y=Axis("entropy at *e*; share of the weight", (-0.6, 1.02)),
        marks=[
            Rule(role="axis", y=0.0, dash=False),
            Line(role="theory", x="parabola", y="entropy", label="*s*(*e*)", label_at=0.68),
            Dot(role="simulation", x="energy", y="counts", radius=3.0),
            Area(role="typical", x="energy", y="weight"),
            Line(role="typical", x="energy", y="weight", width=1.5),
            Rule(role="unsat", x="annealed_mark", label="−*β*/2"),
        ],
        alt="Entropy of the levels of one sample against their energy, on a parabola where it is positive; the Gibbs weight as a curve; the energy of the annealed formula.",
        aspect=0.8,
    )
    return Explorable(
        "rem_freezing",
        _kernel,
        title="Average first, or take the logarithm first?",
        controls=[
            Control("n", "spins *N*", 4, 18, 14, 1, digits=0, marks={"8": 8, "14": 14, "18": 18}),
            Control(
                "temperature",
                "temperature *T*",
                0.1,
                1.5,
                0.3,
                0.05,
                marks={"0.3": 0.3, "0.6": 0.6, "1": 1.0},
                restarts=False,
            ),
        ],
        outputs=LAYOUT,
        constants={
            "grid": grid,
            "limit": [answer.free_energy for answer in limit],
            "annealed_line": [answer.annealed for answer in limit],
            "parabola": parabola,
            "entropy": rem.entropy(parabola),
        },
        picture=[free, levels],
        readouts=[
            Readout("samples", "samples", 0),
            Readout("free_energy", "−*T*⟨ln *Z*⟩/*N*", 4, role="simulation"),
            Readout("from_mean", "−*T* ln⟨*Z*⟩/*N*, from the same samples", 4, role="typical"),
            Readout("annealed", "annealed formula", 4, role="unsat"),
            Readout("quenched", "limit *N* = ∞", 4, role="theory"),
            Readout("participation", "two replicas in one state", 3),
        ],
        simulation=Simulation(interval=250, seed=4, new_data="New samples"),
        question=Question(
            "*T* = 0.3, *N* = 14. Hollow points average *Z* over the samples before the logarithm is taken. "
            "How many samples until they reach the dashed line, which is the exact −*T* ln⟨*Z*⟩/*N*?",
            choices=("a few hundred", "about ten thousand", "more than a computer will ever draw"),
            answer=2,
            reveal="More than a computer will ever draw: ⟨*Z*⟩ comes from levels near *e* = −*β*/2 = −1.67. Not one sample in ten thousand million has a level there.",
        ),
        notes=[
            Note(
                "Below *T*_c the annealed formula puts the system at −*β*/2, where *s*(*e*) is negative: typical samples have no level there.",
                when="frozen",
            ),
            Note(
                "Play adds samples. Filled: mean of ln *Z*; hollow: logarithm of the mean of *Z*; full line: the limit *N* = ∞."
            ),
        ],
        announce=(
            "Samples drawn: {samples:.0f}. At temperature {temperature:.2f} the free energy is {free_energy:.4f} by the mean logarithm, {from_mean:.4f} by the "
            "logarithm of the mean; annealed {annealed:.4f}, limit {quenched:.4f}."
        ),
        alt=(
            "Left: free energy per spin against temperature. Above 0.6 samples, limit and dashed annealed curve agree; below, the annealed curve "
            "falls to minus 1.3 while the samples stay near the flat limit of minus 0.83. Right: the levels of one sample lie on a parabola "
            "that crosses zero at energies plus and minus 0.83; their weight sits at the left crossing, the annealed energy far outside."
        ),
    )
