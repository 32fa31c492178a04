r"""Double descent in the model that can be solved: test error against the number of random features, with ridge and averaging.

The curve is :mod:`learnscape.jamming.double_descent`: effective ridge, mean network, variance. The points are networks trained here, at
P = 48 patterns in 12 dimensions: random signs as inputs, teacher, and linear part of the features, sums of four random bytes as noise
and as nonlinear part, least squares by Cholesky factorisation. A network grows: at each size it keeps the features it had, so that their
products are summed once. Twelve signs are the bits of a word. The test error is averaged over inputs exactly. Chapter
``jamming/generalization``.
"""

from __future__ import annotations

import math

import numpy as np

from learnscape.explore.core import Explorable, FloatArray
from learnscape.explore.hosts import explorable
from learnscape.explore.layout import layout
from learnscape.explore.random_state import following, seed_state
from learnscape.explore.spec import Axis, Control, Dot, Line, Note, Panel, Question, Readout, Rule, Text
from learnscape.jamming.double_descent import solve_kernel
from learnscape.numerics.jit import inlined, kernel

__all__ = ["double_descent"]

P, D = 48, 12
LOAD, LINEAR, NOISE = P / D, 0.7, 0.3
NUMBERS = np.array([6.0, 10.0, 16.0, 24.0, 34.0, 42.0, 48.0, 56.0, 72.0, 120.0, 240.0])
MOST = 240  # all sizes are even
DRAWS = 3
SAMPLES = DRAWS * len(NUMBERS)
# more points where the curve is steep: equal steps in the square root of |ln(N/P)|
_STEPS = np.linspace(-1.0, 1.0, 141)
RATIOS = np.exp(math.log(10.0) * np.sign(_STEPS) * np.abs(_STEPS) ** 2)
POINTS = len(RATIOS)

LAYOUT = layout(
    error=1,
    limit=1,
    variance=1,
    effective=1,
    several=1,
    curve=POINTS,
    limits=POINTS,
    found=SAMPLES,
    _answer=4,  # of the solver
    _random=1,
    _x=P,
    _teacher=1,
    _labels=P,
    _mean=len(NUMBERS) * D,
    _own=len(NUMBERS),
    _weights=MOST,
    _phi=P * MOST,
    _gram=P * P,
    _factor=P * P,
    _dual=P,
)
OUT = LAYOUT.offsets


@inlined
def _signs(state: int) -> int:
    """The D highest bits of a state; bit i says whether the ith sign is -1."""
    return state >> (32 - D)


@inlined
def _sign(word: int, i: int) -> float:
    return 1.0 - 2.0 * ((word >> i) & 1)


@inlined
def _product(one: int, other: int) -> float:
    """Scalar product of two vectors of D signs."""
    count = one ^ other  # bits that differ, then their sums in groups of 2, 4, 8 and 16 bits
    count = (count & 0x5555) + ((count >> 1) & 0x5555)
    count = (count & 0x3333) + ((count >> 2) & 0x3333)
    count = (count & 0x0F0F) + ((count >> 4) & 0x0F0F)
    return float(D - 2 * ((count & 0x00FF) + (count >> 8)))


@inlined
def _bell(state: int) -> float:
    """A number of mean 0 and variance 1: the sum of the four bytes of a state, each of variance (2^16 - 1)/12."""
    total = (state & 255) + ((state >> 8) & 255) + ((state >> 16) & 255) + (state >> 24)
    return (total - 510) / 147.80054127099807


@kernel
def _data(outputs: FloatArray) -> None:
    state = following(int(outputs[OUT.random]))
    teacher = _signs(state)
    outputs[OUT.teacher] = float(teacher)
    for mu in range(P):
        state = following(state)
        x = _signs(state)
        outputs[OUT.x + mu] = float(x)
        state = following(state)
        outputs[OUT.labels + mu] = _product(x, teacher) / math.sqrt(D) + NOISE * _bell(state)
    outputs[OUT.random] = float(state)


@kernel
def _grow(before: int, n: int, outputs: FloatArray) -> None:
    """Draw the features from ``before`` to n, and add their products to those of the patterns."""
    linear, rest = math.sqrt(LINEAR / D), math.sqrt(1.0 - LINEAR)
    state = int(outputs[OUT.random])
    for j in range(before, n):
        state = following(state)
        weights = _signs(state)
        outputs[OUT.weights + j] = float(weights)
        for mu in range(P):
            state = following(state)
            field = _product(weights, int(outputs[OUT.x + mu]))
            outputs[OUT.phi + j * P + mu] = linear * field + rest * _bell(state)
    outputs[OUT.random] = float(state)
    for j in range(before, n, 2):  # two features at a time: half as many sums are read and written
        one, two = OUT.phi + j * P, OUT.phi + (j + 1) * P
        for mu in range(P):
            first, second = outputs[one + mu], outputs[two + mu]
            row = OUT.gram + mu * P
            for nu in range(mu + 1):
                outputs[row + nu] += first * outputs[one + nu] + second * outputs[two + nu]


@kernel
def _solve(ridge: float, n: int, outputs: FloatArray) -> None:
    """Cholesky factorisation of (Phi Phi^T / n + ridge), then the dual coefficients of the labels."""
    for nu in range(P):  # columns, of four rows at a time; what this puts above the diagonal is not used
        at = OUT.factor + nu * P
        for mu in range(nu - nu % 4, P, 4):
            row = OUT.factor + mu * P
            entry = OUT.gram + mu * P + nu
            first, second = outputs[entry] / n, outputs[entry + P] / n
            third, fourth = outputs[entry + 2 * P] / n, outputs[entry + 3 * P] / n
            for k in range(nu):
                factor = outputs[at + k]
                first -= factor * outputs[row + k]
                second -= factor * outputs[row + P + k]
                third -= factor * outputs[row + 2 * P + k]
                fourth -= factor * outputs[row + 3 * P + k]
            outputs[row + nu], outputs[row + P + nu] = first, second
            outputs[row + 2 * P + nu], outputs[row + 3 * P + nu] = third, fourth
        pivot = math.sqrt(max(outputs[at + nu] + ridge, 1e-12))
        outputs[at + nu] = pivot
        for mu in range(nu + 1, P):
            outputs[OUT.factor + mu * P + nu] /= pivot
    for mu in range(P):
        total = outputs[OUT.labels + mu]
        for k in range(mu):
            total -= outputs[OUT.factor + mu * P + k] * outputs[OUT.dual + k]
        outputs[OUT.dual + mu] = total / outputs[OUT.factor + mu * P + mu]
    for mu in range(P - 1, -1, -1):
        dual = outputs[OUT.dual + mu] / outputs[OUT.factor + mu * P + mu]
        outputs[OUT.dual + mu] = dual
        for k in range(mu):
            outputs[OUT.dual + k] -= outputs[OUT.factor + mu * P + k] * dual


@kernel
def _network(ridge: float, outputs: FloatArray) -> None:
    """A network of every size: its linear weights and the variance of the nonlinear part of its output, added to those of the others."""
    for entry in range(P * P):
        outputs[OUT.gram + entry] = 0.0
    before = 0
    for s in range(len(NUMBERS)):
        n = int(NUMBERS[s])
        _grow(before, n, outputs)
        before = n
        _solve(ridge, n, outputs)
        for j in range(n):
            even, odd = 0.0, 0.0
            for mu in range(0, P, 2):
                even += outputs[OUT.phi + j * P + mu] * outputs[OUT.dual + mu]
                odd += outputs[OUT.phi + j * P + mu + 1] * outputs[OUT.dual + mu + 1]
            a = (even + odd) / n
            outputs[OUT.own + s] += (1.0 - LINEAR) * a * a
            weights = int(outputs[OUT.weights + j])
            for i in range(D):
                outputs[OUT.mean + s * D + i] += math.sqrt(LINEAR) * a * _sign(weights, i)


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    """outputs: error at the chosen size, of the mean network, variance, effective ridge, several?; two curves; samples; scratch."""
    ratio, ridge = inputs[0], inputs[1]
    networks = math.floor(inputs[2] + 0.5)
    solve_kernel(ratio, LOAD, LINEAR, NOISE * NOISE, ridge, outputs, OUT.answer)
    outputs[OUT.error] = outputs[OUT.answer] + outputs[OUT.answer + 1] / networks
    outputs[OUT.limit] = outputs[OUT.answer]
    outputs[OUT.variance] = outputs[OUT.answer + 1]
    outputs[OUT.effective] = outputs[OUT.answer + 2]
    outputs[OUT.several] = 1.0 if networks > 1.5 else 0.0
    for i in range(POINTS):
        solve_kernel(RATIOS[i], LOAD, LINEAR, NOISE * NOISE, ridge, outputs, OUT.answer)
        outputs[OUT.curve + i] = outputs[OUT.answer] + outputs[OUT.answer + 1] / networks
        outputs[OUT.limits + i] = outputs[OUT.answer]
    for draw in range(DRAWS):
        seed_state(
            outputs, OUT.random, DRAWS * inputs[3] + draw
        )  # of its own: another network moves no other
        _data(outputs)
        for entry in range(len(NUMBERS)):
            outputs[OUT.own + entry] = 0.0
        for entry in range(len(NUMBERS) * D):
            outputs[OUT.mean + entry] = 0.0
        for _ in range(int(networks)):
            _network(ridge, outputs)
        for s in range(len(NUMBERS)):
            error = NOISE * NOISE + outputs[OUT.own + s] / (networks * networks)
            for i in range(D):
                # output = sum_i MEAN_i x_i / (D^(1/2) networks), the teacher's the same with weights of 1
                teacher = _sign(int(outputs[OUT.teacher]), i)
                difference = teacher - outputs[OUT.mean + s * D + i] / networks
                error += difference * difference / D
            outputs[OUT.found + draw * len(NUMBERS) + s] = min(error, 29.0)


@explorable
def double_descent() -> Explorable:
    """Test error of regression with random features against their number, for a ridge and an ensemble of networks.

    Examples
    --------
    >>> answer = double_descent().evaluate(size=1.0, ridge=0.1, networks=1)
    >>> print(f"{answer['error'][0]:.4f} {answer['limit'][0]:.4f} {answer['variance'][0]:.4f}")
    0.3761 0.1554 0.2207
    """
    panel = Panel(
        x=Axis("features per pattern *N*/*P*", (0.1, 10.0), scale="log", ticks=(0.1, 0.2, 0.5, 1, 2, 5, 10)),
        y=Axis("test error", (0.1, 30.0), scale="log", ticks=(0.1, 0.2, 0.5, 1, 2, 5, 10, 20)),
        marks=[
            Rule(role="muted", x=1.0),
            Line(
                role="typical",
                x="ratios",
                y="limits",
                dash=True,
                label="mean network",
                label_at=0.0,
                after_prediction=True,
            ),
            Dot(role="simulation", x="numbers", y="found", radius=2.8, hollow=True),
            Line(role="theory", x="ratios", y="curve"),
            Text(role="muted", x=1.06, y=23.0, label="*N* = *P*"),
            Dot(role="theory", x="size", y="error", radius=6.5),
        ],
        alt="Test error against the number of features per pattern, both on logarithmic scales: a curve, sampled circles and a point on the curve.",
    )
    return Explorable(
        "double_descent",
        _kernel,
        title="Why does a network of just the right size do worst?",
        controls=[
            Control(
                "size",
                "size *N*/*P*",
                0.1,
                10.0,
                1.0,
                0.01,
                scale="log",
                marks={"1": 1.0},
            ),
            Control("ridge", "ridge *λ*", 1e-4, 1.0, 1e-3, 1e-4, scale="log", digits=4),
            Control("networks", "networks averaged *M*", 1, 10, 1, 1, digits=0),
            Control("draw", "New patterns and features", 0, 99, 1, 1, kind="button"),
        ],
        outputs=LAYOUT,
        constants={"ratios": RATIOS, "numbers": np.tile(NUMBERS / P, DRAWS)},
        picture=[panel],
        readouts=[
            Readout("error", "test error", 3, role="theory"),
            Readout("variance", "variance of one network", 3),
            Readout("limit", "error of the mean network", 3, role="typical", after_prediction=True),
            Readout("effective", "effective ridge", 4),
        ],
        question=Question(
            "At *N* = *P* one network has the error 2.2, twice as much as if it always answered 0. You train ten such networks on the "
            "same patterns, each with features of its own, and average their outputs. How large is the error of the average?",
            choices=("about 2.2, since they all fit the same noise", "about 1.2", "about 0.3"),
            answer=2,
            reveal="About 0.3, to be exact 0.34. The error of the mean network is 0.13; the other 2.07 is variance, and a tenth of it is left.",
        ),
        notes=[
            Note(
                "Circles: three sets of 48 patterns in 12 dimensions, trained here. An error above 29 is drawn at 29. Curves: many patterns."
            ),
            Note(
                "Averaging divides the variance by *M* at every size; the error of the mean network stays.",
                when="several",
            ),
        ],
        announce="With {size:.2f} features per pattern and ridge {ridge:.4f} the test error is {error:.3f}; of the mean network {limit:.3f}.",
        alt=(
            "With a ridge of 0.001 the blue curve falls from 0.93 at a tenth of a feature per pattern to 0.68, rises to a sharp peak of 2.2 at one "
            "feature per pattern, where a point stands, and falls to 0.15 at ten. Orange circles scatter about the curve."
        ),
    )
