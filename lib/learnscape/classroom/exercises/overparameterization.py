"""Exercises of the chapter on more weights than needed: Hermite coefficients, the direction of the control parameter, errors, a volume, two transitions, flips, a threshold."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from learnscape.classroom.kinds import Choice, Exercise, Function, Mistake, Number, Option, Variant

PATTERNS, TEACHER = 3000, 3.0
SHARE = 2.0 / math.pi  # linear share of the sign
Q, P, P_D, R = 0.2, 0.8, 1.1, 0.75


def _interpolation() -> float:
    from learnscape.replica import hidden

    return float(hidden.interpolation_point(TEACHER))


def _local_entropy() -> float:
    from learnscape.replica import hidden

    return float(hidden.local_entropy_point(TEACHER, y=math.inf).alpha)


def _error(along: float, length: float) -> float:
    return math.acos(along / math.sqrt(length)) / math.pi


def _volume(q: float, p_d: float, p: float, r: float) -> float:
    """G_D of the replica-symmetric calculation."""
    private, rest = p_d - p, 1.0 - q
    return 0.5 * (
        math.log(private / rest) + (p - r * r) / private - (q + p_d) / rest + q * private / rest**2 + 1.0
    )


FLIPPED, STABILITY = 0.05, 1.0


def _flips(mean: float, variance: float) -> float:
    """Probability that a Gaussian is negative."""
    return 0.5 * math.erfc(mean / math.sqrt(2.0 * variance))


def _first_width(x: Sequence[float], solved: Sequence[Sequence[int]]) -> float:
    """Area above the curve of successes."""
    failed = 1.0 - np.mean(np.asarray(solved, dtype=float), axis=0)
    return float(x[0] + np.sum(0.5 * (failed[1:] + failed[:-1]) * np.diff(x)))


def _smallest_solved(x: Sequence[float], solved: Sequence[Sequence[int]]) -> float:
    return float(np.mean([min(w for w, s in zip(x, row, strict=True) if s) for row in solved]))


EXERCISES: dict[str, Exercise] = {
    "share": Number(
        ask="Share of the variance of z³ that is linear",
        right=lambda: 9 / 15,
        absolute=1e-3,
        wrong=(
            Mistake(
                lambda: 3 / 15,
                "This is μ₁/⟨σ²⟩. Variances add, not coefficients: square μ₁ = 3.",
            ),
            Mistake(
                lambda: 6 / 15, "This is μ*²/⟨σ²⟩, the share of the rest. The linear share is what is left."
            ),
            Mistake(
                lambda: 9 / 24,
                "⟨σ²⟩ = 15 contains the linear part already: μ*² = 15 - 9, so the sum μ₁² + μ*² is 15, not 24.",
            ),
            Mistake(
                lambda: 1 / 15,
                "Here μ₁ = ⟨zσ(z)⟩ was taken as ⟨z²⟩ = 1. It is ⟨z·z³⟩, a fourth moment.",
            ),
        ),
        hint="μ₁ = ⟨z⁴⟩, and ⟨σ²⟩ = ⟨z⁶⟩.",
        matters="For the theory a cube is nearly a sign: all features with the same share give the same curves.",
    ),
    "weights": Number(
        ask="Number of weights from which dense regions exist",
        right=lambda: PATTERNS / _local_entropy(),
        absolute=5.0,
        wrong=(
            Mistake(
                lambda: PATTERNS / _interpolation(),
                "This is the interpolation point. Solutions begin there, but not dense regions.",
            ),
            Mistake(
                lambda: PATTERNS * _local_entropy(),
                "The library gives P/N. Divide the number of patterns by it.",
            ),
            Mistake(
                lambda: PATTERNS * _interpolation(),
                "This is P times the interpolation load. Divide, and take the local-entropy transition.",
            ),
            Mistake(
                lambda: 1000 / _local_entropy(), "This is D divided by the load, which is P/N. Use P = 3000."
            ),
            Mistake(
                lambda: 1 / _local_entropy(),
                "This is N/P, the weights per pattern. Multiply by the 3000 patterns.",
            ),
        ),
        hint="hidden.local_entropy_point(3.0, y=math.inf).alpha is P/N.",
        matters="Between 2632 and 2907 weights solutions exist in exponentially large numbers, all of them alone.",
    ),
    "committee": Number(
        ask="Error of the barycenter",
        right=lambda: _error(math.sqrt(SHARE) * R, SHARE * P + (1 - SHARE) * Q),
        absolute=1e-3,
        wrong=(
            Mistake(
                lambda: _error(math.sqrt(SHARE) * R, SHARE * P_D + 1 - SHARE),
                "This is the error of one student: Q_d in place of Q.",
            ),
            Mistake(
                lambda: _error(R, P),
                "This forgets the noise of the features: Q = μ₁²p + μ*²q and R = μ₁r.",
            ),
            Mistake(
                lambda: _error(R, SHARE * P + (1 - SHARE) * Q),
                "Almost: the overlap with the teacher enters as R = μ₁r.",
            ),
            Mistake(
                lambda: _error(math.sqrt(SHARE) * R, SHARE * P + 1 - SHARE),
                "Here the noise of the features has the weight 1, as for one student. The barycenter averages it down to q.",
            ),
        ),
        hint="Q = (2/π)p + (1 - 2/π)q, and R = √(2/π) r.",
        matters="The barycenter errs in 21 of 100 cases, one of its students in 30. The difference is private noise.",
    ),
    "volume": Function(
        name="volume",
        parameters=("q", "p_d", "p", "r"),
        reference=_volume,
        inputs=((0.2, 1.1, 0.8, 0.75), (0.5, 1.0, 0.5, 0.0), (0.1, 1.2, 0.6, 0.5), (0.7, 0.9, 0.75, 0.3)),
        relative=1e-8,
        wrong=(
            Variant(
                lambda q, p_d, p, r: 2 * _volume(q, p_d, p, r),
                "The factor ½ in front is missing.",
            ),
            Variant(
                lambda q, p_d, p, r: _volume(q, p_d, p, r) - 0.5,
                "The constant is missing: G_D must vanish at p_d = 1, p = q, r = 0.",
            ),
            Variant(
                lambda q, p_d, p, r: _volume(q, p_d, p, 0.0),
                "The teacher is missing. The determinant is that of p - rrᵀ.",
            ),
            Variant(
                lambda q, p_d, p, r: _volume(q, p_d, p, r) + 0.5 * q / (1 - q),
                "In ln det q the term q/(1-q) was lost: the one eigenvalue with nq contributes at first order in n.",
            ),
        ),
        matters="This volume is all that the hidden layer adds to the theory of the binary perceptron.",
    ),
    "between": Choice(
        ask="N/P = 0.92 at three patterns per input. What about the solutions?",
        options=(
            Option(
                "none exist",
                "Solutions exist from N/P = 0.8775 on.",
            ),
            Option(
                "one exists",
                "The entropy is positive above the interpolation point: exponentially many.",
            ),
            Option(
                "exponentially many, all in dense regions",
                "Dense regions begin at 0.969 by the estimator y → ∞.",
            ),
            Option(
                "exponentially many, isolated",
                "The gap between the transitions: data can be fitted, but there is nowhere to go for an algorithm that needs company.",
                right=True,
            ),
        ),
    ),
    "flips": Number(
        ask="Share of violated patterns after the flips",
        right=lambda: _flips((1 - 2 * FLIPPED) * STABILITY, 4 * FLIPPED * (1 - FLIPPED)),
        absolute=5e-4,
        wrong=(
            Mistake(
                lambda: _flips(STABILITY, 4 * FLIPPED * (1 - FLIPPED)),
                "The mean shrinks too: flips leave (1 - 2d)u of a stability.",
            ),
            Mistake(
                lambda: _flips((1 - FLIPPED) * STABILITY, 4 * FLIPPED * (1 - FLIPPED)),
                "A flipped weight does not only stop helping, it works against: the mean is (1 - 2d)u.",
            ),
            Mistake(
                lambda: _flips((1 - 2 * FLIPPED) * STABILITY, 2 * FLIPPED),
                "The variance of a sign that is -1 with probability d is 1 - (1 - 2d)² = 4d(1 - d).",
            ),
            Mistake(
                lambda: _flips(
                    (1 - 2 * FLIPPED) * STABILITY / math.sqrt(4 * FLIPPED * (1 - FLIPPED)),
                    4 * FLIPPED * (1 - FLIPPED),
                ),
                "The standard deviation was divided out twice.",
            ),
            Mistake(
                lambda: 1 - _flips((1 - 2 * FLIPPED) * STABILITY, 4 * FLIPPED * (1 - FLIPPED)),
                "This is the share that is still right. The violated ones are asked for: H(x), not H(-x).",
            ),
            Mistake(
                lambda: FLIPPED,
                "The share of violated patterns is not the share of flipped weights: all weights take part in each pattern.",
            ),
        ),
        hint="Mean (1 - 2d)u, variance 4d(1 - d), and H of their ratio.",
        matters="With 5 % of its weights wrong it still answers 98 patterns in 100 rightly: u = 1 is far from the boundary.",
    ),
    "begin": Function(
        name="first_width_of_mine",
        parameters=("x", "solved"),
        reference=_first_width,
        inputs=(
            (np.array([1.0, 1.2, 1.6]), np.array([[0, 0, 1]])),
            (np.array([0.8, 1.0, 1.1, 1.3]), np.array([[0, 0, 1, 1], [0, 1, 1, 1], [0, 1, 0, 1]])),
        ),
        relative=1e-8,
        wrong=(
            Variant(
                lambda x, solved: _first_width(x, solved) - x[0],
                "This is the area alone. The axis begins at x₁, not at zero.",
            ),
            Variant(
                _smallest_solved,
                "The smallest solved width of each instance lies above the threshold by half a step on average, and ignores later failures.",
            ),
            Variant(
                lambda x, solved: float(x[0] + np.sum(np.mean(solved, axis=0)[1:] * np.diff(x))),
                "This is the area below the curve. The wider the failures reach, the larger the first width: take 1 - S.",
            ),
            Variant(
                lambda x, solved: float(x[0] + np.sum((1 - np.mean(solved, axis=0))[:-1] * np.diff(x))),
                "These are rectangles with the left value. The trapezoidal rule takes the mean of both ends.",
            ),
        ),
        matters="No fit, no assumption on the form of the curve, and one number for each instance: so it has an honest error bar.",
    ),
}
