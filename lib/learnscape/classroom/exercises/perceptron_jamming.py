"""Exercises of the chapter on the jamming of the perceptron."""

from __future__ import annotations

import math

from learnscape.classroom.kinds import Exercise, Function, Mistake, Number, Variant

MARGIN = 0.75  # of the exercise on contacts
ENERGY = 0.02  # of the exercise on the load
EXCESS, KAPPA = 0.2, -0.4  # of the exercise on the pressure
LOAD = 8.0  # of the exercise on the AT line
SIZES, GAMMA, ERROR, RANK = (64, 512), 0.41269, 0.01, 4  # of the exercise on the draws


def _below(kappa: float) -> float:
    """H(-kappa), the share of a Gaussian below kappa."""
    from learnscape.numerics.shortfall import shortfall_moments

    return float(shortfall_moments(kappa)[0])


def _second(kappa: float) -> float:
    """Integral of Dz (kappa - z)^2 over z < kappa."""
    from learnscape.numerics.shortfall import shortfall_moments

    return float(shortfall_moments(kappa)[2])


def _three_patterns() -> float:
    """Largest margin of three patterns of length sqrt(2), 120 degrees apart, as the library finds it."""
    from learnscape.jamming import perceptron

    patterns = [
        [math.sqrt(2) * math.cos(a), math.sqrt(2) * math.sin(a)]
        for a in (0.0, 2 * math.pi / 3, 4 * math.pi / 3)
    ]
    return perceptron.jam(2, 1.5, patterns=patterns, method="edges", rng=1).kappa


def _load(energy: float) -> float:
    return (1 + math.sqrt(2 * energy)) ** 2 / _second(0.0)


def _energy(alpha: float, kappa: float) -> float:
    from learnscape import Margin, Spherical
    from learnscape.replica import unsat

    if alpha * _second(kappa) <= 1:
        return 0.0
    return unsat.solve(Spherical(), Margin(kappa), alpha).energy


def _jamming_margin(load: float) -> float:
    from learnscape.replica import unsat

    return unsat.jamming_margin(load)


def _at_margin(load: float) -> float:
    from scipy.optimize import brentq

    from learnscape.replica import parisi

    return float(brentq(lambda kappa: parisi.breaking_point(kappa).alpha - load, -1.45, -0.01, xtol=1e-10))


def _draws(*, power: int = 2, sizes: int = 2, rank: int = RANK) -> float:
    """Samples of each of two sizes for an error of gamma from the k-th smallest of independent gaps."""
    from scipy.special import polygamma

    scatter = math.sqrt(float(polygamma(1, rank))) / (1 - GAMMA)  # of ln h_(k)
    slope = math.sqrt(sizes) * scatter / math.log(SIZES[1] / SIZES[0])  # times 1/sqrt(draws)
    return float(((1 - GAMMA) ** power * slope / ERROR) ** 2)


EXERCISES: dict[str, Exercise] = {
    "three-patterns": Number(
        ask="Largest margin of three patterns 120 degrees apart",
        right=_three_patterns,
        absolute=1e-4,
        wrong=(
            Mistake(
                lambda: -0.5,
                "This is the cosine of 120 degrees. Pattern and weights both have the length √2, and the stability is w·ξ/√2.",
            ),
            Mistake(
                lambda: -math.sqrt(2),
                "This is -|v| at the corner, the margin is minus one over it; or it is the margin of the nearest point of the triangle, the worst of all.",
            ),
        ),
        hint="The corners of the triangle lie twice as far from the origin as its sides, and κ = -1/|v|.",
        matters="The best weights sit in a corner of the polytope, with as many contacts as dimensions. Three corners at the same distance are "
        "an accident of the symmetry; random patterns have one best corner and many good ones.",
    ),
    "load-at-energy": Number(
        ask="Load at which the energy per weight is 0.02, for margin 0",
        right=lambda: _load(ENERGY),
        relative=1e-3,
        wrong=(
            Mistake(
                lambda: (1 + math.sqrt(ENERGY)) ** 2 / _second(0.0),
                "The energy is one half of a square: the square is 2e, not e.",
            ),
            Mistake(
                lambda: (1 + math.sqrt(2 * ENERGY)) ** 2,
                "This is α M₂. At κ = 0 half of the Gaussian lies below the margin, so M₂ is 1/2.",
            ),
            Mistake(
                lambda: (1 + math.sqrt(2 * ENERGY)) / _second(0.0),
                "The root stands over α M₂: square 1 + √(2e) before you divide by M₂.",
            ),
            Mistake(lambda: 1 / _second(0.0), "This is the capacity, where the energy begins."),
            Mistake(
                lambda: (1 - math.sqrt(2 * ENERGY)) ** 2 / _second(0.0),
                "This is the other root, below capacity, where the energy is zero and the formula does not hold.",
            ),
        ),
        hint="Solve e = (√(α M₂) - 1)²/2 for α; the answer lies above the capacity 2.",
        matters="The energy grows as the square of the distance to jamming: at 44 per cent above capacity it is still only 0.02.",
    ),
    "contacts": Number(
        ask="Contacts per weight at jamming, for margin 3/4",
        right=lambda: _below(MARGIN) / _second(MARGIN),
        absolute=5e-4,
        wrong=(
            Mistake(
                lambda: _below(MARGIN),
                "This is the share of the patterns that are in contact. Per weight, multiply it by the load at jamming.",
            ),
            Mistake(
                lambda: 1 / _second(MARGIN),
                "This is the load at jamming. Only a part of the patterns is in contact.",
            ),
            Mistake(
                lambda: (1 - _below(MARGIN)) / _second(MARGIN),
                "These are the patterns with room to spare, per weight.",
            ),
            Mistake(
                lambda: 1.0,
                "One contact per weight, isostaticity, is forced for negative margins only. Here the problem is convex.",
            ),
            Mistake(
                lambda: _below(-MARGIN) / _second(-MARGIN),
                "This is what replica symmetry claims at κ = -3/4. It is above 1, which is impossible.",
            ),
        ),
        hint="At jamming α M₂ = 1, and the contacts per weight are α M₀.",
        matters="Little more than half as many contacts as weights, and yet nothing can move: for a positive margin the bending of the sphere "
        "stabilises the directions that no contact holds.",
    ),
    "pressure": Number(
        ask="Pressure at 1.2 contacts per weight, near jamming at margin -0.4",
        right=lambda: (EXCESS / 2) ** 2 / -KAPPA,
        relative=1e-3,
        wrong=(
            Mistake(
                lambda: EXCESS**2 / -KAPPA,
                "The factor 2 in front of the root is missing: (1 + x)² - 1 is about 2x.",
            ),
            Mistake(
                lambda: EXCESS / 2 / -KAPPA,
                "The excess grows as the root of the pressure, so it has to be squared.",
            ),
            Mistake(lambda: (EXCESS / 2) ** 2, "This is ζ. Near jamming ζ = |κ| p."),
            Mistake(
                lambda: (1.2 / 2) ** 2 / -KAPPA,
                "Here stands c where the excess over isostaticity, c - 1, is due.",
            ),
            Mistake(
                lambda: (math.sqrt(1 + EXCESS) - 1) ** 2 / -KAPPA,
                "This solves c = (1 + √ζ)² without the approximation. It is the better number; asked for is the estimate by the square-root law.",
            ),
        ),
        hint="Solve c - 1 = 2√(|κ| p) for p.",
        matters="Twenty per cent more contacts than needed belong to a pressure of a fortieth. The square root makes the first contacts cheap.",
    ),
    "energy-function": Function(
        name="energy",
        parameters=("alpha", "kappa"),
        reference=_energy,
        inputs=((3.0, 0.0), (1.0, 1.0), (6.0, -0.5), (20.0, -1.0), (1.0, 0.0), (0.3, 0.5), (5.0, 2.0)),
        relative=1e-8,
        absolute=6e-9,
        wrong=(
            Variant(
                lambda alpha, kappa: 0.5 * (math.sqrt(alpha * _second(kappa)) - 1) ** 2,
                "Right above jamming. Below it all patterns can be satisfied and the energy is 0, but the square comes up again.",
            ),
            Variant(
                lambda alpha, kappa: max(math.sqrt(alpha * _second(kappa)) - 1, 0.0) ** 2,
                "The factor 1/2 of the energy is missing.",
            ),
            Variant(
                lambda alpha, kappa: 0.5 * max(math.sqrt(alpha * _second(-kappa)) - 1, 0.0) ** 2,
                "The sign of the margin is wrong: the integral runs over z < kappa. A larger margin must cost more.",
            ),
            Variant(
                lambda alpha, kappa: 0.5 * max(alpha * _second(kappa) - 1, 0.0) ** 2,
                "The root of alpha times M2 is missing.",
            ),
        ),
        matters="One formula for both phases: zero below jamming, and above it a square that starts without a jump. Every derivative of it, the "
        "pressure and the number of contacts among them, can be compared with a simulation.",
    ),
    "at-margin": Number(
        ask="Margin on the AT line at load 8",
        right=lambda: _at_margin(LOAD),
        absolute=1e-3,
        wrong=(
            Mistake(
                lambda: _jamming_margin(LOAD),
                "Here replica symmetry says that no weights are left. It became unstable before.",
            ),
            Mistake(
                lambda: -_at_margin(LOAD),
                "The sign: for positive margins replica symmetry does not break.",
            ),
        ),
        hint="parisi.breaking_point(kappa).alpha is the load of the line; solve for kappa between -1.45 and -0.01.",
        matters="Replica symmetry would let the margin rise to -0.763 at this load. The whole way up from here lies in the marginal phase, "
        "and jamming near its end.",
    ),
    "draws": Number(
        ask="Draws of each size for an error of 0.01 of gamma, from the fourth smallest gap",
        right=_draws,
        relative=0.02,
        wrong=(
            Mistake(
                lambda: _draws(sizes=1),
                "Both ends of the line scatter: the variances of the two means add up.",
            ),
            Mistake(
                lambda: _draws(power=0),
                "This is the error of the slope. For γ multiply it by (1 - γ)².",
            ),
            Mistake(
                lambda: _draws(rank=1),
                "This is for the smallest gap, k = 1, which scatters most.",
            ),
        ),
        hint="The slope is (⟨ln h⟩ at 512 - ⟨ln h⟩ at 64) / ln 8, and γ = 1 + 1/slope.",
        matters="Several hundred draws at both ends: a matter of seconds for N = 64 and of an hour for N = 512. With the smallest gap alone it would take "
        "six times as many. The price of larger k is a bias that no number of draws removes.",
    ),
}
