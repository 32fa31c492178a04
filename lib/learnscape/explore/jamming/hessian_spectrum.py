r"""The Hessian of the perceptron near jamming: random matrices sampled on the spot against the law of Marchenko and Pastur.

Above jamming the quadratic cost of a perceptron with N weights and cN unsatisfied patterns has, along the sphere, the Hessian

.. math:: H = \frac1N A^TA - \zeta\,1 ,\qquad \lambda_\pm = (\sqrt c\pm1)^2 - \zeta

(S. Franz, G. Parisi, P. Urbani and F. Zamponi, PNAS 112, 14539 (2015); chapter ``jamming/hessian-spectra``), and for c < 1 a share 1 - c of its eigenvalues is
:math:`-\zeta`. Here the rows of A are random and independent of everything. The density is drawn over the frequency :math:`\omega=\sqrt\lambda`, and
negative eigenvalues to the left as :math:`-\sqrt{-\lambda}`:

.. math:: D(\omega) = 2|\omega|\,\rho(\lambda).

A state is stable where all curvatures are positive: for :math:`\zeta>0` where :math:`c>(1+\sqrt\zeta)^2`.
"""

from __future__ import annotations

import math

import numpy as np

from learnscape.explore.core import Explorable, FloatArray
from learnscape.explore.hosts import explorable
from learnscape.explore.layout import layout
from learnscape.explore.random_state import seed_state, uniform
from learnscape.explore.spec import (
    Area,
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
    Text,
)
from learnscape.numerics.eigen import eigenvalues_kernel
from learnscape.numerics.jit import kernel
from learnscape.numerics.shortfall import shortfall_moments

__all__ = ["hessian_spectrum"]

N, DRAWS = 80, 8
LOW, WIDTH, BINS = -0.9, 0.1, 37
POINTS, LEFT = 121, 40
LAYOUT = layout(
    status=1,
    edge=1,
    upper=1,
    needed=1,
    missing=1,
    negative=1,
    unstable=1,
    hypostatic=1,
    peak=1,
    peak_at=1,
    curve_x=POINTS,
    curve_y=POINTS,
    hist_x=BINS,
    hist_y=BINS,
    _values=N * DRAWS,
    _random=1,
    _row=N,
    _scratch=N,
    _matrix=N * N,
)
OUT = LAYOUT.offsets
TRACK_MARGIN = 0.5


@kernel
def _frequency(eigenvalue: float) -> float:
    return math.sqrt(eigenvalue) if eigenvalue >= 0.0 else -math.sqrt(-eigenvalue)


@kernel
def _draw(rows: int, zeta: float, outputs: FloatArray, at: int) -> bool:
    """Eigenvalues of A^T A / N - zeta for ``rows`` random rows into ``outputs[at : at + N]``."""
    matrix, row = outputs[OUT.matrix : OUT.matrix + N * N], outputs[OUT.row : OUT.row + N]
    for k in range(N * N):
        matrix[k] = 0.0
    for _ in range(rows):
        for i in range(N):  # uniform entries of variance 1/N; the law asks for no more than the variance
            row[i] = math.sqrt(12.0 / N) * (uniform(outputs, OUT.random) - 0.5)
        for i in range(N):
            for j in range(i + 1):
                matrix[i * N + j] += row[i] * row[j]
    for i in range(N):
        matrix[i * N + i] -= zeta
    return eigenvalues_kernel(matrix, N, outputs[at : at + N], outputs[OUT.scratch : OUT.scratch + N])


@kernel
def _curve(low: float, high: float, zeta: float, outputs: FloatArray) -> None:
    """The law over omega, from end to end and through omega = 0, with points close together where it rises like a square root."""
    first, last = _frequency(low - zeta), _frequency(high - zeta)
    left = LEFT if first < 0.0 else 0
    for k in range(POINTS):
        if k < left:
            u = (k + 0.02) / left
            omega = first * (1.0 - u * u)
        elif left > 0:
            u = 1.0 - (k - left) / (POINTS - left - 0.98)
            omega = last * (1.0 - u * u)
        else:
            u = (k + 0.02) / (POINTS - 0.96)
            omega = first + (last - first) * u * u * (3.0 - 2.0 * u)
        x = (omega * omega if omega > 0.0 else -omega * omega) + zeta
        outputs[OUT.curve_x + k] = omega
        outputs[OUT.curve_y + k] = abs(omega) * math.sqrt(max((high - x) * (x - low), 0.0)) / (math.pi * x)


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    """inputs: c, zeta, number of the draw. Outputs: edges, shares, law as a curve, histogram over all draws, eigenvalues, scratch."""
    c, zeta = inputs[0], inputs[1]
    rows = int(c * N + 0.5)
    c = rows / N  # the curve belongs to the matrix that is drawn
    root = math.sqrt(c)
    low, high = (root - 1.0) * (root - 1.0), (root + 1.0) * (root + 1.0)
    needed = (1.0 + math.sqrt(max(zeta, 0.0))) ** 2 if zeta > 0.0 else 0.0
    outputs[OUT.edge] = (low if c >= 1.0 else 0.0) - zeta
    outputs[OUT.upper] = high - zeta
    outputs[OUT.needed] = needed if zeta > 0.0 else math.nan
    outputs[OUT.missing] = needed - c if zeta > 0.0 else math.nan
    outputs[OUT.unstable] = 1.0 if outputs[OUT.edge] < -1e-12 else 0.0
    outputs[OUT.hypostatic] = 1.0 if c < 1.0 else 0.0
    outputs[OUT.peak] = 1.0 - c if c < 1.0 else math.nan
    outputs[OUT.peak_at] = _frequency(-zeta) if c < 1.0 else math.nan
    _curve(low, high, zeta, outputs)
    for k in range(BINS):
        outputs[OUT.hist_x + k] = LOW + (k + 0.5) * WIDTH
        outputs[OUT.hist_y + k] = 0.0
    seed_state(outputs, OUT.random, inputs[2])
    outputs[OUT.status], outputs[OUT.negative] = 0.0, 0.0
    for draw in range(DRAWS):
        at = OUT.values + draw * N
        if not _draw(rows, zeta, outputs, at):
            outputs[OUT.status] = 1.0
            return
        for k in range(N):
            value = outputs[at + k]
            if value < -1e-9:
                outputs[OUT.negative] += 1.0 / (N * DRAWS)
            if k >= N - rows:  # the first N - rows belong to the peak
                bin_at = math.floor((_frequency(value) - LOW) / WIDTH)
                if 0 <= bin_at < BINS:
                    outputs[OUT.hist_y + bin_at] += 1.0 / (N * DRAWS * WIDTH)


def _convex_track() -> tuple[FloatArray, FloatArray]:
    """zeta and c at the minima of a perceptron of positive margin as its load grows from jamming (replica symmetric, exact there)."""
    below, _, moment = shortfall_moments(TRACK_MARGIN)
    contacts = below / moment
    root = np.sqrt(np.linspace(1.0, 2.5 / contacts, 81))
    return (root - 1) * (root * contacts - 1), root**2 * contacts


@explorable
def hessian_spectrum() -> Explorable:
    """Sampled spectra of A^T A / N - zeta against Marchenko-Pastur, and the plane of stable and unstable states.

    Examples
    --------
    >>> answer = hessian_spectrum().evaluate(contacts=1.0, zeta=0.25)
    >>> print(f"{answer['edge'][0]:.2f} {answer['needed'][0]:.2f} {answer['unstable'][0]:.0f}")
    -0.25 2.25 1
    """
    zeta = np.linspace(0.0, 0.36, 73)
    track_zeta, track_c = _convex_track()
    spectrum = Panel(
        x=Axis("frequency *ω* = √*λ* (to the left: *λ* < 0)", (LOW, LOW + BINS * WIDTH)),
        y=Axis("density of states *D*(*ω*)", (0.0, 0.85)),
        marks=[
            Rule(role="axis", x=0.0, dash=False, width=1.0),
            Bar(role="simulation", x="hist_x", y="hist_y", width=0.9 * WIDTH, opacity=0.55),
            Bar(role="typical", x="peak_at", y="peak", pixels=6, label="no contact holds these"),
            Line(role="theory", x="curve_x", y="curve_y"),
            Text(role="theory", label="Marchenko-Pastur", x=2.75, y=0.81, anchor="end"),
        ],
        alt="Histogram of frequencies of eight random matrices with the curve of Marchenko and Pastur; bars left of zero are unstable directions.",
        aspect=0.8,
    )
    plane = Panel(
        x=Axis("*ζ*: how strongly the forces push sideways", (-0.16, 0.36)),
        y=Axis("contacts per weight *c*", (0.3, 2.7)),
        marks=[
            Area(role="unsat", x="line_zeta", y="line_c", base=0.3, opacity=0.14, after_prediction=True),
            Rule(role="axis", x=0.0, dash=False, width=1.0),
            Text(role="text", label="jamming", x=-0.008, y=2.55, anchor="end"),
            Line(role="theory", x="track_zeta", y="track_c", dash=True),
            Line(role="unsat", x="line_zeta", y="line_c", after_prediction=True),
            Text(role="unsat", label="unstable", x=0.25, y=1.3, anchor="middle", after_prediction=True),
            Text(role="theory", label="convex,", x=-0.15, y=2.1),
            Text(role="theory", label="*κ* = 0.5", x=-0.15, y=1.83),
            Dot(role="simulation", x="zeta", y="contacts", radius=6.5),
        ],
        alt="The plane of zeta and contacts per weight with the chosen state as a point, the track of a convex perceptron, and the line below which states are unstable.",
        aspect=0.8,
    )
    return Explorable(
        "hessian_spectrum",
        _kernel,
        title="How many contacts keep a state stable?",
        controls=[
            Control(
                "contacts",
                "contacts per weight *c*",
                0.3,
                2.5,
                1.2,
                0.025,
                digits=3,
                marks={"isostatic": 1.0},
            ),
            Control("zeta", "sideways push *ζ*", -0.15, 0.35, 0.04, 0.005, digits=3, marks={"jamming": 0.0}),
            Control("draw", "New matrices", 0, 99, 1, 1, kind="button", digits=0),
        ],
        outputs=LAYOUT,
        constants={
            "line_zeta": zeta,
            "line_c": (1 + np.sqrt(zeta)) ** 2,
            "track_zeta": track_zeta,
            "track_c": track_c,
        },
        picture=[spectrum, plane],
        readouts=[
            Readout("edge", "smallest curvature *λ*_{min}", 4, role="theory"),
            Readout("negative", "unstable directions in the samples", 1, percent=True, role="unsat"),
            Readout(
                "needed",
                "contacts needed, (1 + √*ζ*)^2",
                3,
                role="unsat",
                after_prediction=True,
                when="needed",
            ),
        ],
        question=Question(
            "An isostatic state at jamming has *c* = 1 and *ζ* = 0. Compress it until *ζ* = 0.04. How many contacts per weight must it "
            "gain so that no direction is unstable?",
            choices=("0.04", "0.20", "0.44"),
            answer=2,
            reveal="0.44. The smallest curvature (√*c* − 1)^2 − *ζ* vanishes at *c* = (1 + √*ζ*)^2 = 1.44: near *c* = 1 the spectrum is so soft that "
            "a small push needs many contacts.",
        ),
        notes=[
            Note(
                "Some curvatures are negative: such a point is no minimum, and a minimiser moves on.",
                when="unstable",
            ),
            Note(
                "Fewer contacts than weights: a share 1 − *c* of the directions feels no contact and has the curvature −*ζ*.",
                when="hypostatic",
            ),
        ],
        messages={1: "An eigenvalue could not be found."},
        announce="With {contacts:.3f} contacts per weight and zeta {zeta:.3f} the smallest curvature is {edge:.4f}.",
        alt=(
            "Left: at 1.2 contacts per weight and zeta 0.04, the density of states follows the Marchenko-Pastur curve; its left end lies below "
            "frequency zero: some directions are unstable. Right: the plane of zeta and contacts per weight with this state as a point, and the track "
            "of a convex perceptron to the left of it."
        ),
    )
