"""Exercises of the chapter on the Gardner volume; the model for the other chapters.

Every right answer and every typical wrong one is a call of the library, made when the exercise is used. A wrong answer is worth
listing if one can say what was done to get it.
"""

from __future__ import annotations

import math

import numpy as np

from learnscape.classroom.kinds import Exercise, Function, Mistake, Number, Variant

MARGIN = 0.75  # of two of the exercises
LOAD = 0.7  # of another


def _H(x: float) -> float:
    from learnscape.numerics.gaussian import H

    return float(H(x))


def _G(x: float) -> float:
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def _capacity(kappa: float) -> float:
    from learnscape import Margin, Spherical
    from learnscape.replica import rs

    return float(rs.capacity(Spherical(), Margin(kappa)))


def _at_line(kappa: float) -> float:
    from learnscape import Margin, Spherical
    from learnscape.replica import rs

    return float(rs.at_line(Spherical(), Margin(kappa)))


def _entropy(alpha: float) -> float:
    from learnscape import Margin, Spherical
    from learnscape.replica import rs

    return float(rs.solve(Spherical(), Margin(0.0), alpha).entropy)


def _overlap(alpha: float) -> float:
    from learnscape import Margin, Spherical
    from learnscape.replica import rs

    return float(rs.solve(Spherical(), Margin(0.0), alpha).q)


def _volume_of_overlap(alpha: float) -> float:
    """The first half of the entropy alone, (ln(1-q) + q/(1-q)) / 2 at the saddle point."""
    from learnscape import Margin, Spherical
    from learnscape.replica import rs

    q = rs.solve(Spherical(), Margin(0.0), alpha).q
    return float(0.5 * (math.log1p(-q) + q / (1 - q)))


def _integrate(moment: int, kappa: float) -> float:
    """Integral of Dz (kappa - z)^moment from -12 to kappa, by Gauss-Legendre on an interval that ends at the kink."""
    lower = -12.0
    nodes, weights = np.polynomial.legendre.leggauss(120)
    z = 0.5 * (kappa - lower) * nodes + 0.5 * (kappa + lower)
    density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return float(0.5 * (kappa - lower) * np.sum(weights * density * (kappa - z) ** moment))


EXERCISES: dict[str, Exercise] = {
    "left-out": Number(
        ask="Fraction of the patterns that could be left out",
        right=lambda: _H(1.0),
        relative=5e-3,
        wrong=(
            Mistake(
                lambda: _H(-1.0),
                "These are the patterns at the margin, which hold the weights in place. The exercise asks for the others.",
            ),
            Mistake(
                lambda: 0.0,
                "Not every pattern is needed: one whose stability lies above the margin has room to spare and holds nothing in place.",
            ),
            Mistake(
                lambda: _capacity(1.0) * _H(-1.0),
                "This is the number of contacts per weight. The exercise asks for a fraction of the patterns.",
            ),
            Mistake(
                lambda: _H(0.0),
                "This is the answer at κ = 0. At κ = 1 more patterns must be pushed to the margin.",
            ),
        ),
        hint="The weight of the delta peak is the probability that a Gaussian stability would fall below the margin.",
        matters="A margin of one leaves only every sixth pattern free. The larger the margin, the more patterns work as support vectors.",
    ),
    "capacity-at-margin": Number(
        ask="Capacity of the spherical perceptron at margin 3/4",
        right=lambda: _capacity(MARGIN),
        absolute=1e-4,
        wrong=(
            Mistake(
                lambda: 1 / (1 + MARGIN**2),
                "This is 1/(1 + κ²), the limit for large margins. At κ = 3/4 the Gaussian factors are not yet near their limits.",
            ),
            Mistake(
                lambda: 1 / ((1 + MARGIN**2) * _H(-MARGIN)),
                "The term κ G(κ) is missing. It comes from integrating (κ - z)² by parts.",
            ),
            Mistake(
                lambda: 1 / ((1 + MARGIN**2) * _H(-MARGIN) - MARGIN * _G(MARGIN)),
                "The sign of the term κ G(κ) is wrong: a larger margin makes the integral larger.",
            ),
            Mistake(
                lambda: 1 / ((1 + MARGIN**2) * _H(MARGIN) + MARGIN * _G(MARGIN)),
                "This has H(κ) in place of H(-κ): the integral runs over z < κ, the side of the patterns that need help.",
            ),
            Mistake(
                lambda: _capacity(-MARGIN),
                "This is the capacity at κ = -3/4. A positive margin asks for more than the right sign, so the capacity lies below 2.",
            ),
            Mistake(
                lambda: _capacity(0.0),
                "This is the capacity without margin. A margin of 3/4 costs two thirds of it.",
            ),
        ),
        hint="The answer lies between 0.64 = 1/(1 + κ²) and 2. Check also that your expression gives 2 at κ = 0 and falls from there.",
        matters="A margin of three quarters of a standard deviation costs two thirds of the capacity: robust memory is expensive, and Gardner's "
        "formula gives the price.",
    ),
    "volume-per-pattern": Number(
        ask="Entropy per weight at load 0.7 and margin 0",
        unit="nats",
        right=lambda: _entropy(LOAD),
        absolute=1e-4,
        wrong=(
            Mistake(
                lambda: LOAD * math.log(_H(0.0)),
                "This is the annealed entropy, the logarithm of the average volume. Rare draws with a large volume carry that average; "
                "the typical volume is smaller.",
            ),
            Mistake(
                lambda: _entropy(LOAD) - _volume_of_overlap(LOAD),
                "This is only the part of the patterns. The volume of weights at the given overlap, (ln(1-q) + q/(1-q))/2, is missing.",
            ),
            Mistake(
                lambda: _volume_of_overlap(LOAD),
                "This is only the volume of weights at the given overlap. The part of the patterns, α ∫ Dz ln H, is missing.",
            ),
            Mistake(
                lambda: math.exp(100 * (_entropy(LOAD) - LOAD * math.log(_H(0.0)))),
                "This is the ratio of the typical to the average volume at N = 100, the second question. The exercise asks for the entropy.",
            ),
            Mistake(
                lambda: math.exp(-100 * (_entropy(LOAD) - LOAD * math.log(_H(0.0)))),
                "This is the factor between the two volumes at N = 100, the second question. The exercise asks for the entropy.",
            ),
            Mistake(
                lambda: 100 * _entropy(LOAD),
                "This is N s for N = 100. The exercise asks for the entropy per weight.",
            ),
            Mistake(
                lambda: _overlap(LOAD),
                "This is the overlap q. The entropy is the field .entropy of the solution.",
            ),
            Mistake(
                lambda: math.exp(_entropy(LOAD)),
                "This is exp(s), the factor that the volume loses per weight. Take its logarithm.",
            ),
        ),
        hint="The typical entropy lies below the annealed one, -0.4852, and above -0.6.",
        matters="The typical volume lies exponentially below the average one. A simulation that averages volumes measures draws "
        "that it will never see.",
    ),
    "at-line": Number(
        ask="Load at which replica symmetry becomes unstable, for margin -3/4",
        right=lambda: _at_line(-MARGIN),
        absolute=1e-3,
        wrong=(
            Mistake(
                lambda: _capacity(-MARGIN),
                "This is the replica-symmetric capacity. The ansatz has become unstable well before.",
            ),
            Mistake(
                lambda: 1 / _H(MARGIN),
                "This is the load at which α H(-κ) = 1. That counts contacts with the delta peak of the distribution at capacity; "
                "below capacity there is no peak yet, and the replicon is an integral over all patterns.",
            ),
            Mistake(
                lambda: _capacity(MARGIN),
                "This is the capacity at κ = +3/4, where replica symmetry is stable everywhere.",
            ),
            Mistake(
                lambda: _capacity(0.0),
                "This is where the line begins, at κ = 0: there it meets the capacity 2.",
            ),
            Mistake(lambda: _at_line(-1.0), "This is the line at κ = -1."),
            Mistake(lambda: _at_line(-0.5), "This is the line at κ = -1/2."),
            Mistake(
                lambda: _capacity(-MARGIN) * _H(MARGIN),
                "These are the contacts per weight that RS claims at its capacity, the second question. The exercise asks for the load.",
            ),
        ),
        hint="rs.at_line does it; or plot the replicon of rs.solve against the load and look for its zero.",
        matters="Between this load and the end of solutions the weights no longer form one cloud, and every number that replica symmetry "
        "gives there is an approximation; its capacity is an upper bound.",
    ),
    "alpha-c-function": Function(
        name="alpha_c",
        parameters=("kappa",),
        reference=_capacity,
        inputs=((0.0,), (0.5,), (1.0,), (3.0,), (-0.5,), (-2.0,)),
        relative=1e-6,
        wrong=(
            Variant(
                lambda kappa: _integrate(2, kappa),
                "This returns the integral itself, which is one over the capacity.",
            ),
            Variant(
                lambda kappa: 1 / _integrate(1, kappa),
                "The square is missing: the integrand is (kappa - z)**2, the squared shift that a pattern needs.",
            ),
            Variant(
                lambda kappa: 1 / _integrate(2, -kappa),
                "This is the capacity at -kappa: the integral runs over z > kappa, the patterns that are fine already, or the sign of kappa is wrong. "
                "A larger margin must lower the capacity.",
            ),
            Variant(
                lambda kappa: 1 / (1 + kappa**2),
                "This is 1/(1 + kappa^2): the integral runs over all z. Only patterns with z < kappa need a shift.",
            ),
            Variant(
                lambda kappa: 1 / (math.sqrt(2 * math.pi) * _integrate(2, kappa)),
                "The normalisation of the Gaussian, 1/sqrt(2 pi), is missing in Dz.",
            ),
        ),
        matters="Two moments of a Gaussian, cut off at the margin, hold the whole theory of storage at capacity. The closed form of "
        "the library is the same integral, done by parts.",
    ),
}
