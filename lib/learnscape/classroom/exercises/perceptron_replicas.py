"""Exercises of the chapter on the perceptron with broken replica symmetry."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from learnscape.classroom.kinds import Exercise, Function, Mistake, Number, Variant

N, M1, M2 = 24, 12, 4  # replicas and blocks of the first exercise
Q0, Q1, M = 0.5, 0.8, 0.4  # overlaps and block parameter of the second
KAPPA = -1.5
LOAD, SELECTED, SIZE = 10.0, 0.1, 10_000  # of the exercise on clusters, at margin -1


def _log_det(q0: float, q1: float, m: float) -> float:
    inner = 1 - q1
    outer = inner + m * (q1 - q0)
    return math.log(inner) + math.log(outer / inner) / m + q0 / outer


@cache
def _capacity(kappa: float, steps: int) -> float:
    from learnscape import Margin, Spherical
    from learnscape.replica import rs, rsb

    if steps == 0:
        return rs.capacity_and_replicon(Spherical(), Margin(kappa))[0]
    return rsb.capacity(Spherical(), Margin(kappa), steps=steps).alpha


@cache
def _clusters(m: float) -> tuple[float, float, float]:
    """Complexity, internal entropy and free entropy."""
    from learnscape import Margin, Spherical
    from learnscape.replica import rsb

    found = rsb.solve(Spherical(), Margin(-1.0), LOAD, m=m)
    return float(found.complexity[0]), float(found.internal_entropy), float(found.free_entropy)


def _ratio(q: float, y: float, kappa: float) -> float:
    """S/D with one step for the outer margin. The inner average is in closed form: a grid sees the kink at h = 0 only to second order in its step."""
    from learnscape.numerics.gaussian import H

    t = np.linspace(-8.5, 8.5, 2001)
    weight = np.exp(-0.5 * t * t)
    weight /= weight.sum()
    fields, width, outer = math.sqrt(q) * t, math.sqrt(1 - q), 1 + y * (1 - q)
    total = H((kappa - fields) / width) + H((kappa + fields) / width)  # allowed, on either side
    for h in (fields, -fields):  # between 0 and kappa, seen from either side: complete the square
        mean, spread = (h + y * (1 - q) * kappa) / outer, width / math.sqrt(outer)
        inside = H(-mean / spread) - H((kappa - mean) / spread)
        total = total + np.exp(-y * (kappa - h) ** 2 / (2 * outer)) / math.sqrt(outer) * inside
    return float(0.5 * (q / outer + math.log(outer) / y) / -(weight @ np.log(total) / y))


def _one_sided(q: float, y: float, kappa: float) -> float:
    """The same with the distance of the one-sided margin."""
    t = np.linspace(-8.5, 8.5, 1201)
    weight = np.exp(-0.5 * t * t)
    weight /= weight.sum()
    h = math.sqrt(q) * t[:, None] + math.sqrt(1 - q) * t
    phi0 = np.log(np.exp(-0.5 * y * np.maximum(kappa - h, 0.0) ** 2) @ weight) / y
    outer = 1 + y * (1 - q)
    return float(0.5 * (q / outer + math.log(outer) / y) / -(weight @ phi0))


def _annealed_leaf(q: float, y: float, kappa: float) -> float:
    """The same with the plain average of the leaf in place of the logarithm of an average: replica symmetry."""
    t = np.linspace(-8.5, 8.5, 8001)
    weight = np.exp(-0.5 * t * t)
    cost = 0.5 * weight @ np.maximum(kappa - np.abs(t), 0.0) ** 2 / weight.sum()
    outer = 1 + y * (1 - q)
    return float(0.5 * (q / outer + math.log(outer) / y) / cost)


EXERCISES: dict[str, Exercise] = {
    "multiplicity": Number(
        ask="Multiplicity of λ_1 for n = 24, blocks of 12, and in them blocks of 4",
        right=lambda: N // M2 - N // M1,
        whole=True,
        wrong=(
            Mistake(
                lambda: N - N // M2,
                "This is the multiplicity of λ_2, of vectors that live in one block of 4.",
            ),
            Mistake(lambda: N // M1 - 1, "This is the multiplicity of λ_0: blocks of 12 against each other."),
            Mistake(
                lambda: N // M2 - 1,
                "The sum must vanish on each of the two blocks of 12, not only on all replicas.",
            ),
            Mistake(
                lambda: N // M2,
                "These are all vectors constant on blocks of 4. The sum on each block of 12 must vanish too.",
            ),
            Mistake(lambda: M1 // M2 - 1, "This many in each block of 12; and there are two of them."),
        ),
        hint="Count the free values of a vector that is constant on blocks of 4, and subtract the conditions.",
        matters="For n → 0 this number is n (1/m_2 - 1/m_1): proportional to n, and that is why a limit exists.",
    ),
    "log-determinant": Number(
        ask="Limit of ln det q / n for q_0 = 0.5, q_1 = 0.8, m = 0.4",
        right=lambda: _log_det(Q0, Q1, M),
        absolute=2e-4,
        wrong=(
            Mistake(
                lambda: math.log(1 - Q1) + Q1 / (1 - Q1), "This is replica symmetry with the overlap q_1."
            ),
            Mistake(
                lambda: math.log(1 - Q0) + Q0 / (1 - Q0), "This is replica symmetry with the overlap q_0."
            ),
            Mistake(
                lambda: 0.5 * _log_det(Q0, Q1, M),
                "This is half of it, the entropic term. The logarithm itself is asked for.",
            ),
            Mistake(
                lambda: _log_det(Q0, Q1, M) - Q0 / (1 - Q1 + M * (Q1 - Q0)),
                "The term q_0/λ_0 is missing: it comes from the constant vector and survives n → 0.",
            ),
            Mistake(
                lambda: (
                    math.log(1 - Q1)
                    + M * math.log((1 - Q1 + M * (Q1 - Q0)) / (1 - Q1))
                    + Q0 / (1 - Q1 + M * (Q1 - Q0))
                ),
                "The logarithm of the ratio is divided by m, not multiplied.",
            ),
        ),
        hint="λ_1 = 0.2 and λ_0 = 0.32.",
        matters="Larger than zero, although no matrix of overlaps with ones on its diagonal has a determinant above 1: n → 0 leaves the world of matrices.",
    ),
    "one-step-capacity": Number(
        ask="Capacity with one step of breaking, spherical weights, margin -3/2",
        right=lambda: _capacity(KAPPA, 1),
        absolute=2e-3,
        wrong=(
            Mistake(
                lambda: _capacity(KAPPA, 0), "This is the replica-symmetric value, which is unstable here."
            ),
            Mistake(lambda: _capacity(KAPPA, 2), "This is the value with two steps."),
            Mistake(lambda: _capacity(-1.0, 1), "This is the value at κ = -1."),
            Mistake(
                lambda: _capacity(-KAPPA, 0),
                "This is the capacity at κ = +3/2; a negative margin makes storing easier.",
            ),
        ),
        hint="rsb.capacity(Spherical(), Margin(-1.5)).alpha",
        matters="One step is worth 16 per cent here: the farther from convexity, the more the clusters matter.",
    ),
    "number-of-clusters": Number(
        ask="Natural logarithm of the number of clusters at κ = -1, α = 10, m = 0.1, N = 10 000",
        right=lambda: SIZE * _clusters(SELECTED)[0],
        relative=0.02,
        wrong=(
            Mistake(lambda: _clusters(SELECTED)[0], "This is the complexity, per weight. Multiply by N."),
            Mistake(
                lambda: SIZE * _clusters(SELECTED)[0] / math.log(10),
                "This is the decimal logarithm; the natural one is asked for.",
            ),
            Mistake(
                lambda: math.exp(SIZE * _clusters(SELECTED)[0]),
                "This is the number itself. Its logarithm is asked for.",
            ),
            Mistake(
                lambda: SIZE * _clusters(SELECTED)[1],
                "This is N times the internal entropy: how large one cluster is.",
            ),
            Mistake(
                lambda: SIZE * _clusters(SELECTED)[0] / SELECTED,
                "This is N Σ/m, what clusters add to φ. Σ itself is asked for.",
            ),
        ),
        hint="rsb.solve(Spherical(), Margin(-1.0), 10.0, m=0.1).complexity",
        matters="Some sixteen thousand clusters at this size, and one at N = 100: simulations of that size cannot see them.",
    ),
    "outer-ratio": Function(
        name="ratio",
        parameters=("q", "y", "kappa"),
        reference=_ratio,
        inputs=((0.0, 10.0, 1.0), (0.3, 5.0, 0.5), (0.8, 40.0, 1.0), (0.95, 0.1, 1.5), (0.5, 1.0, 0.7)),
        relative=1e-4,
        wrong=(
            Variant(
                _one_sided,
                "This has the distance (κ - h)₊ of the one-sided margin. Here a pattern may also lie at or below -κ: the distance is (κ - |h|)₊.",
            ),
            Variant(
                lambda q, y, kappa: 1 / _ratio(q, y, kappa),
                "This is D/S. Capacity is what the sphere gains over what a pattern costs.",
            ),
            Variant(
                _annealed_leaf,
                "The inner average stands inside the logarithm: (1/y) ln of the mean of exp(y·leaf), not the mean of the leaf.",
            ),
            Variant(
                lambda q, y, kappa: 2 * _ratio(q, y, kappa),
                "A factor 1/2 is missing on one side: both the distance squared and the entropy of the sphere carry it.",
            ),
        ),
        matters="Its minimum over q and y is the capacity with one step for any such constraint: only the distance changes.",
    ),
}
