r"""Exchange Monte Carlo of the SK model, sample by sample: overlaps of two copies, and whether they are in equilibrium.

A ladder of temperatures with two copies each takes Metropolis sweeps by the kernels of :mod:`learnscape.spin_glass.sk.simulation`. After a time
for warming up, overlaps are collected; then the sample's histogram is added to the average, and new couplings are drawn. Over samples,
:math:`e=-\frac\beta2(1-\langle q^2\rangle)` holds in equilibrium; where it fails, there is none. Chapter ``replicas/sherrington-kirkpatrick``.
"""

from __future__ import annotations

import math

from learnscape.explore.actions import ADVANCE, RESTART
from learnscape.explore.array_views import square_view
from learnscape.explore.core import Explorable, FloatArray
from learnscape.explore.hosts import explorable
from learnscape.explore.layout import layout
from learnscape.explore.random_state import seed_state
from learnscape.explore.random_state import uniform as seeding
from learnscape.explore.spec import (
    Axis,
    Bar,
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
from learnscape.spin_glass.sk.simulation import local_fields, metropolis_sweep
from learnscape.spin_glass.xoshiro import uniform

__all__ = ["sk_overlaps"]

N, COPIES = 64, 2
TEMPERATURES = (0.3, 0.36, 0.43, 0.52, 0.63, 0.77, 0.95, 1.2)
LEVELS = len(TEMPERATURES)
LARGEST_OVERLAP = (
    0.859,
    0.801,
    0.724,
    0.612,
    0.464,
    0.273,
    0.052,
    0.0,
)  # q_EA of infinite size, from sk.solve
BINS = N // 2 + 1  # |q| = 0, 2/N, ..., 1
WARM, MEASURED, BATCH, EVERY = 120, 240, 60, 2  # sweeps
SYSTEMS = COPIES * LEVELS
LAYOUT = layout(
    samples=1,
    energy=1,
    from_overlaps=1,
    gap=1,
    small=1,
    largest=1,
    sweep=1,
    warming=1,
    overlap=BINS,
    now=BINS,
    mean=BINS,
    error=BINS,
    _seed=1,
    _random=4,
    _temperature=LEVELS,
    _at=SYSTEMS,
    _energies=SYSTEMS,
    _taken=1,
    _count=LEVELS * BINS,
    _energy_now=LEVELS,
    _sum=LEVELS * BINS,
    _squares=LEVELS * BINS,
    _energy_sum=LEVELS,
    _q2_sum=LEVELS,
    _spins=SYSTEMS * N,
    _fields=SYSTEMS * N,
    _couplings=N * N,
)
OUT = LAYOUT.offsets


@kernel
def _draw(outputs: FloatArray) -> None:
    """New couplings and random spins; the counts of the sample begin at zero."""
    state = outputs[OUT.random : OUT.random + 4]
    couplings = square_view(outputs[OUT.couplings : OUT.couplings + N * N], N)
    for i in range(N):
        couplings[i, i] = 0.0
        for j in range(i):
            u, square = 0.0, 2.0
            while square >= 1.0 or square == 0.0:  # Marsaglia's polar method
                u = 2.0 * uniform(state) - 1.0
                v = 2.0 * uniform(state) - 1.0
                square = u * u + v * v
            couplings[i, j] = u * math.sqrt(-2.0 * log_kernel(square) / square / N)
            couplings[j, i] = couplings[i, j]
    for s in range(SYSTEMS):
        spins = outputs[OUT.spins + s * N : OUT.spins + (s + 1) * N]
        for i in range(N):
            spins[i] = 1.0 if uniform(state) < 0.5 else -1.0
        fields = outputs[OUT.fields + s * N : OUT.fields + (s + 1) * N]
        outputs[OUT.energies + s] = local_fields(couplings, spins, fields)
        outputs[OUT.at + s] = s
    for k in range(LEVELS * BINS):
        outputs[OUT.count + k] = 0.0
    for t in range(LEVELS):
        outputs[OUT.energy_now + t] = 0.0
    outputs[OUT.taken], outputs[OUT.sweep] = 0.0, 0.0


@kernel
def _sweep(exchange: bool, outputs: FloatArray) -> None:
    """A Metropolis sweep of every copy at every temperature, then attempts to exchange neighbours."""
    state = outputs[OUT.random : OUT.random + 4]
    couplings = square_view(outputs[OUT.couplings : OUT.couplings + N * N], N)
    for c in range(COPIES):
        for t in range(LEVELS):
            s = int(outputs[OUT.at + c * LEVELS + t])
            spins = outputs[OUT.spins + s * N : OUT.spins + (s + 1) * N]
            fields = outputs[OUT.fields + s * N : OUT.fields + (s + 1) * N]
            beta = 1.0 / outputs[OUT.temperature + t]
            outputs[OUT.energies + s] += metropolis_sweep(couplings, beta, spins, fields, state)
        if exchange:
            for t in range(LEVELS - 1):
                a, b = outputs[OUT.at + c * LEVELS + t], outputs[OUT.at + c * LEVELS + t + 1]
                betas = 1.0 / outputs[OUT.temperature + t] - 1.0 / outputs[OUT.temperature + t + 1]
                gain = betas * (outputs[OUT.energies + int(a)] - outputs[OUT.energies + int(b)])
                if gain >= 0.0 or uniform(state) < exp_kernel(gain):
                    outputs[OUT.at + c * LEVELS + t], outputs[OUT.at + c * LEVELS + t + 1] = b, a


@kernel
def _measure(outputs: FloatArray) -> None:
    """One overlap at each temperature into the counts."""
    for t in range(LEVELS):
        a, b = int(outputs[OUT.at + t]), int(outputs[OUT.at + LEVELS + t])
        overlap = 0.0
        for i in range(N):
            overlap += outputs[OUT.spins + a * N + i] * outputs[OUT.spins + b * N + i]
        outputs[OUT.count + t * BINS + int(abs(overlap)) // 2] += 1.0
        outputs[OUT.energy_now + t] += 0.5 * (outputs[OUT.energies + a] + outputs[OUT.energies + b]) / N
    outputs[OUT.taken] += 1.0


@kernel
def _close(outputs: FloatArray) -> None:
    """The sample is done: its histograms, energies and squares of overlaps into the sums over samples."""
    taken = outputs[OUT.taken]
    for t in range(LEVELS):
        q2 = 0.0
        for k in range(BINS):
            share = outputs[OUT.count + t * BINS + k] / taken
            outputs[OUT.sum + t * BINS + k] += share
            outputs[OUT.squares + t * BINS + k] += share * share
            q2 += share * (2.0 * k / N) ** 2
        outputs[OUT.q2_sum + t] += q2
        outputs[OUT.energy_sum + t] += outputs[OUT.energy_now + t] / taken
    outputs[OUT.samples] += 1.0


@kernel
def _show(level: int, outputs: FloatArray) -> None:
    """Densities of |q| of this sample and on average, at one temperature."""
    samples, taken = outputs[OUT.samples], outputs[OUT.taken]
    temperature = outputs[OUT.temperature + level]
    small = 0.0
    for k in range(BINS):
        width = 1.0 / N if k == 0 else 2.0 / N  # q = 0 is its own mirror image
        outputs[OUT.overlap + k] = 2.0 * k / N
        outputs[OUT.now + k] = outputs[OUT.count + level * BINS + k] / (taken * width) if taken > 0.0 else 0.0
        outputs[OUT.mean + k], outputs[OUT.error + k] = math.nan, math.nan
        if samples > 0.0:
            mean = outputs[OUT.sum + level * BINS + k] / samples
            spread = max(outputs[OUT.squares + level * BINS + k] / samples - mean * mean, 0.0)
            outputs[OUT.mean + k] = mean / width
            outputs[OUT.error + k] = math.sqrt(spread / max(samples - 1.0, 1.0)) / width
            if 2.0 * k / N < 0.3:
                small += mean
    outputs[OUT.small], outputs[OUT.energy], outputs[OUT.from_overlaps], outputs[OUT.gap] = 0.0, 0.0, 0.0, 0.0
    if samples > 0.0:
        outputs[OUT.small] = small
        outputs[OUT.energy] = outputs[OUT.energy_sum + level] / samples
        outputs[OUT.from_overlaps] = -0.5 * (1.0 - outputs[OUT.q2_sum + level] / samples) / temperature
        outputs[OUT.gap] = outputs[OUT.energy] - outputs[OUT.from_overlaps]
    outputs[OUT.largest] = LARGEST_OVERLAP[level] if LARGEST_OVERLAP[level] > 0.0 else math.nan
    outputs[OUT.warming] = 1.0 if outputs[OUT.sweep] < WARM else 0.0


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    """inputs: level of the ladder, exchange, action, seed."""
    if inputs[2] == RESTART:
        seed_state(outputs, OUT.seed, inputs[3])
        for k in range(4):
            outputs[OUT.random + k] = math.floor(seeding(outputs, OUT.seed) * 4294967296.0)
        for t in range(LEVELS):
            outputs[OUT.temperature + t] = TEMPERATURES[t]
        _draw(outputs)
    elif inputs[2] == ADVANCE:
        if outputs[OUT.sweep] >= WARM + MEASURED:
            _draw(outputs)
        for _ in range(BATCH):
            _sweep(inputs[1] > 0.5, outputs)
            outputs[OUT.sweep] += 1.0
            if outputs[OUT.sweep] > WARM and outputs[OUT.sweep] % EVERY == 0.0:
                _measure(outputs)
        if outputs[OUT.sweep] >= WARM + MEASURED:
            _close(outputs)
    _show(int(inputs[0] + 0.5), outputs)


@explorable
def sk_overlaps() -> Explorable:
    """Overlaps of two copies of one sample and their average over samples, with the test of equilibrium.

    Examples
    --------
    >>> answer = sk_overlaps().evaluate(steps=24)
    >>> int(answer["samples"][0]), bool(answer["energy"][0] < -0.6)
    (4, True)
    """
    one = Panel(
        x=Axis("overlap |*q*|", (0.0, 1.0)),
        y=Axis("density, this sample", (0.0, 8.0)),
        marks=[
            Rule(role="theory", x="largest", label="*q*_{EA}"),
            Bar(role="simulation", x="overlap", y="now", width=2.0 / N, opacity=0.7),
        ],
        alt="Histogram of the overlap of two copies of the present sample, with one or several peaks.",
        empty="Still warming up: nothing is counted yet.",
        aspect=0.8,
    )
    all_samples = Panel(
        x=Axis("overlap |*q*|", (0.0, 1.0)),
        y=Axis("density, average over samples", (0.0, 5.0)),
        marks=[
            Rule(role="theory", x="largest"),
            Line(role="simulation", x="overlap", y="mean", width=1.5),
            Dot(role="simulation", x="overlap", y="mean", error="error", radius=2.5),
        ],
        alt="Average of the histograms over all samples so far: a peak, and a tail that reaches to overlap zero.",
        empty="No sample is finished yet.",
        aspect=0.8,
    )
    return Explorable(
        "sk_overlaps",
        _kernel,
        title="How similar are two copies of the same spin glass?",
        controls=[
            Control(
                "level",
                "temperature *T*",
                kind="select",
                value=0.0,
                options={f"{t:g}": float(k) for k, t in enumerate(TEMPERATURES)},
                restarts=False,
            ),
            Control("exchange", "exchange", kind="select", value=1.0, options={"on": 1.0, "off": 0.0}),
        ],
        outputs=LAYOUT,
        picture=[one, all_samples],
        readouts=[
            Readout("samples", "samples done", 0),
            Readout("energy", "energy *e*", 3, role="simulation", when="samples"),
            Readout("from_overlaps", "−(*β*/2)(1 − ⟨*q*^2⟩)", 3, role="typical", when="samples"),
            Readout("small", "share with |*q*| < 0.3", 3, when="samples"),
        ],
        simulation=Simulation(interval=60, seed=3, new_data="New samples", opening_steps=40),
        question=Question(
            "*T* = 0.3, *N* = 64 spins. Watch a few samples. Will the histograms of different samples look alike?",
            choices=("yes, up to noise", "no, each sample has its own shape"),
            answer=1,
            reveal="Each sample has its own shape: the peaks change with the draw of the couplings. Only the average settles, with a tail down to zero. Press play, and then compare *T* = 1.2.",
        ),
        notes=[
            Note(
                "Play goes on to the next sample after 360 sweeps. Energy and the value from the overlaps agree in equilibrium, within errors of a few "
                "hundredths: the overlaps differ from sample to sample. Switch the exchange off to see them part."
            ),
            Note("Warming up: the histogram of this sample has not begun.", when="warming"),
        ],
        announce=(
            "Samples done: {samples:.0f}. Energy {energy:.3f}, from the overlaps {from_overlaps:.3f}; share of overlaps below 0.3: {small:.3f}."
        ),
        alt=(
            "Left: histogram of the overlap of two copies of one sample of 64 spins at temperature 0.3. Right: average over six samples, with a "
            "peak near 0.9, above the limit 0.86 of infinite size, and a tail that reaches down to zero."
        ),
    )
