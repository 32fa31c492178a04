"""Exercises of the chapter on more weights than needed: Hermite coefficients, the direction of the control parameter, errors, a volume, two transitions."""

from __future__ import annotations

import math

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
}
