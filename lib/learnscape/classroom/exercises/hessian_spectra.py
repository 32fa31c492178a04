"""Exercises of the chapter on Hessian spectra: a disc that slips, contacts for a push, a moment, a count, a density."""

from __future__ import annotations

import math

from learnscape.classroom.kinds import Exercise, Function, Mistake, Number, Variant

OVERLAP, DISTANCE = 0.05, 0.95
PUSH = 0.09
INPUTS, WIDTH = 10, 30


def _moment(order: int, c: float) -> float:
    """Moment of the Marchenko-Pastur law by quadrature, independent of the recursion that the exercise asks for."""
    import numpy as np

    from learnscape.jamming import spectra

    law = spectra.marchenko_pastur(c)
    # Gauss-Chebyshev of the second kind has the two square roots of the law as its weight.
    k = np.arange(1, 201)
    angle = math.pi * k / 201
    middle, half = (law.lower + law.upper) / 2, (law.upper - law.lower) / 2
    points = middle + half * np.cos(angle)
    weights = math.pi / 201 * np.sin(angle) * half
    return float(np.sum(weights * law.density(points) * points**order))


def _count() -> float:
    """Negative eigenvalues of the prestress at initial parameters, over the number of weights."""
    import numpy as np

    from learnscape.jamming import networks, spectra

    network = networks.HingeNetwork(INPUTS, WIDTH, 2, rng=1)
    x, y = networks.random_data(3 * network.n_weights, INPUTS, rng=2)
    found = spectra.levels(np.linalg.eigvalsh(network.hessian(x, y).Hp))
    return float(found.negative[0]) / network.n_weights


def _dos(omega: float, c: float, zeta: float) -> float:
    from learnscape.jamming import spectra

    return float(2 * omega * spectra.marchenko_pastur(c, shift=-zeta).density(omega**2))


def _shifted_wrongly(omega: float, c: float, zeta: float) -> float:
    """The band in the right place, but divided by the shifted eigenvalue."""
    low, high = (math.sqrt(c) - 1) ** 2 - zeta, (math.sqrt(c) + 1) ** 2 - zeta
    if not low < omega**2 < high:
        return 0.0
    return 2 * omega * math.sqrt((high - omega**2) * (omega**2 - low)) / (2 * math.pi * omega**2)


EXERCISES: dict[str, Exercise] = {
    "buckling": Number(
        ask="Curvature across the line of centres",
        right=lambda: -2 * OVERLAP / DISTANCE,
        absolute=6e-4,
        wrong=(
            Mistake(
                lambda: -OVERLAP / DISTANCE, "This is one contact; the disc has two, and both push it out."
            ),
            Mistake(
                lambda: -2 * OVERLAP, "The force is right. Divide it by the distance, the radius of the turn."
            ),
            Mistake(
                lambda: 2 - 2 * OVERLAP / DISTANCE,
                "The springs along the line do not resist a motion across it.",
            ),
            Mistake(
                lambda: 0.0,
                "The springs give 0 across the line, but the discs overlap, and the overlaps push.",
            ),
        ),
        hint="Expand the distance for a small displacement y across: r = √(0.95² + y²).",
        matters="Negative: two contacts hold the disc along the line and push it out across. A third contact must hold it.",
    ),
    "contacts": Number(
        ask="Contacts per weight at ζ = 0.09",
        right=lambda: (1 + math.sqrt(PUSH)) ** 2,
        absolute=2e-3,
        wrong=(
            Mistake(lambda: 1 + PUSH, "This would be so if contacts grew in proportion to the push."),
            Mistake(lambda: 1 + math.sqrt(PUSH), "This is √c. Square it."),
            Mistake(lambda: (1 + PUSH) ** 2, "The root of ζ is missing: (√c - 1)² = ζ."),
            Mistake(
                lambda: (1 - math.sqrt(PUSH)) ** 2,
                "This is the other root, with c < 1. Then a delta peak lies at -ζ, and the state is unstable.",
            ),
            Mistake(lambda: (1 + math.sqrt(PUSH)) ** 2 - 1, "These are the additional contacts."),
            Mistake(
                lambda: 1 + 2 * math.sqrt(PUSH), "This is the first order in √ζ; the push is not that small."
            ),
        ),
        hint="The edge is zero: (√c - 1)² = ζ with c ≥ 1.",
        matters="A push of nine hundredths takes 69 per cent more contacts than isostaticity.",
    ),
    "moment": Number(
        ask="Mean cube of the eigenvalues at c = 2",
        right=lambda: _moment(3, 2.0),
        absolute=1e-2,
        wrong=(
            Mistake(lambda: _moment(2, 2.0), "This is the second moment, c + c²."),
            Mistake(lambda: 2.0**3, "This is the cube of the mean. The eigenvalues scatter."),
            Mistake(lambda: 2.0 + 2.0**2 + 2.0**3, "The middle term is 3c²: there are three ways to pair."),
            Mistake(lambda: 1 + 3 * 2.0 + 2.0**2, "This is m₃/c: one factor c got lost."),
        ),
        hint="Collect the powers of 1/z in z g² + (z + 1 - c) g + 1 = 0; each order gives one moment from those before.",
        matters="The moments count ways to pair indices: 1, 3, 1 are Narayana numbers, and their sum at c = 1 is a Catalan number.",
    ),
    "c0": Number(
        ask="C₀ at generic weights for d = 10, L = 2, h = 30",
        right=_count,
        absolute=1e-3,
        wrong=(
            Mistake(
                lambda: 0.5,
                "This is the value for wide networks with d = h. Here the input is narrower than the layers.",
            ),
            Mistake(
                lambda: (1 + WIDTH) / (INPUTS + WIDTH + 1),
                "A block of the first two layers has d + 1 rows and h columns: its rank is the smaller of the two.",
            ),
            Mistake(
                lambda: WIDTH * (1 + INPUTS + 1) / (INPUTS * WIDTH + WIDTH**2 + WIDTH + 2 * WIDTH + 1),
                "Here the biases were counted into N. N are the weights alone.",
            ),
            Mistake(
                lambda: (1 + INPUTS) / (INPUTS + WIDTH + 1),
                "Count again: a block has d + 1 rows, and the pairs of biases and last weights add h.",
            ),
            Mistake(lambda: 1 / (INPUTS + 1), "This is one hidden layer."),
            Mistake(
                lambda: INPUTS / (INPUTS + WIDTH + 1),
                "This is the most that a smooth stationary point can have. At generic weights no sum s_k vanishes.",
            ),
            Mistake(
                lambda: WIDTH * (1 + INPUTS + 1),
                "This is N₋, the number of negative eigenvalues. Divide it by the number of weights.",
            ),
        ),
        hint="N₋ = h + h min(d + 1, h), and N = dh + h² + h.",
        matters="The count depends on the shape of the network; one half is the limit for d = h. At smooth stationary points it is less, here 0.244.",
    ),
    "dos-function": Function(
        name="dos",
        parameters=("omega", "c", "zeta"),
        reference=_dos,
        inputs=(
            (1.0, 2.0, 0.0),
            (1.0, 2.0, 0.1),
            (0.3, 1.0, 0.0),
            (0.2, 1.5, 0.0),
            (1.5, 0.5, -0.2),
            (3.0, 1.0, 0.0),
            (0.5, 1.44, 0.04),
        ),
        relative=1e-6,
        wrong=(
            Variant(
                lambda omega, c, zeta: _dos(omega, c, zeta) / (2 * omega),
                "This is ρ(ω²). The change of variables brings a factor 2ω.",
            ),
            Variant(
                lambda omega, c, zeta: _dos(omega, c, -zeta),
                "The sign of ζ: λ = s - ζ, so the eigenvalue of AᵀA is s = ω² + ζ.",
            ),
            Variant(_shifted_wrongly, "The denominator is the eigenvalue of AᵀA, ω² + ζ, not ω²."),
        ),
        matters="Plot it for c = 1, ζ = 0 and for c = 1.44, ζ = 0.04: a plateau down to zero, and D ~ ω² for the marginal state.",
    ),
}
