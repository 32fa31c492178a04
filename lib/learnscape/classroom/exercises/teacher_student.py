"""Exercises of the chapter on learning a rule: angles and errors, the vote, two asymptotic laws, an iteration that is caught, a bound."""

from __future__ import annotations

import math

from learnscape.classroom.kinds import Choice, Exercise, Function, Mistake, Number, Option, Variant

SMALLEST_FLIP = 1e-6  # students that differ from the teacher in a smaller fraction of their weights need no example to be excluded


def _binary(alpha: float, field: str) -> float:
    from learnscape import Binary
    from learnscape.replica import teacher

    return float(getattr(teacher.solve(Binary(), alpha), field))


def _transition() -> float:
    from learnscape import Binary
    from learnscape.replica import teacher

    return float(teacher.transition(Binary()))


def _spinodal() -> float:
    from learnscape import Binary
    from learnscape.replica import teacher

    return float(teacher.spinodal(Binary()))


def _mean_mills(q: float) -> float:
    """Integral of D tau A(sqrt(q) tau)."""
    from learnscape.numerics.gaussian import inverse_mills, quadrature

    tau, weight = quadrature(256)
    return float(weight @ inverse_mills(math.sqrt(q) * tau))


def _load(q: float) -> float:
    """Load of a spherical student of overlap q."""
    return q / math.sqrt(1 - q) * math.sqrt(math.pi / 2) / _mean_mills(q)


def _smallest_load(cost: str) -> float:
    """Largest over x of the entropy of students that differ in a fraction x of the weights over what one example costs them."""
    from scipy.optimize import minimize_scalar

    def negative(x: float) -> float:
        entropy = -x * math.log(x) - (1 - x) * math.log1p(-x)
        error = x if cost == "distance" else math.acos(1 - 2 * x) / math.pi
        return entropy / math.log1p(-error)

    found = minimize_scalar(negative, bounds=(SMALLEST_FLIP, 0.5), method="bounded", options={"xatol": 1e-10})
    return -float(found.fun)


EXERCISES: dict[str, Exercise] = {
    "angle": Number(
        ask="Generalization error of a student with overlap 0.8",
        right=lambda: math.acos(0.8) / math.pi,
        absolute=1e-3,
        wrong=(
            Mistake(
                lambda: (1 - 0.8) / 2,
                "This is (1 - R)/2, the fraction of differing signs of two binary weight vectors. New inputs are not weights: what counts is "
                "the angle between the two vectors.",
            ),
            Mistake(
                lambda: math.acos(0.8), "This is the angle in radians. Divide by π to get a probability."
            ),
            Mistake(
                lambda: math.acos(math.sqrt(0.8)) / math.pi,
                "This is arccos(√R)/π, the error of the vote of all students, not of one student.",
            ),
            Mistake(lambda: 1 - 0.8, "This is 1 - R. An overlap is the cosine of an angle."),
        ),
        hint="Draw teacher and student in the plane and shade the inputs on which they disagree.",
        matters="The angle counts, not the fraction of wrong weights: one tenth of wrong binary weights gives 20 per cent of wrong answers.",
    ),
    "vote": Number(
        ask="Error of the majority of all binary students at load 0.8",
        right=lambda: _binary(0.8, "bayes_error"),
        absolute=1e-4,
        wrong=(
            Mistake(
                lambda: _binary(0.8, "generalization_error"),
                "This is the error of one random student, arccos(q)/π. The vote has a larger overlap with the teacher, √q.",
            ),
            Mistake(
                lambda: math.acos(_binary(0.8, "overlap") ** 2) / math.pi,
                "Here the overlap was squared. The vote has the overlap √q, which is larger than q.",
            ),
            Mistake(
                lambda: _binary(0.8, "generalization_error") / math.sqrt(2),
                "Dividing the error of one student by √2 is right only for many examples, where both errors are small.",
            ),
            Mistake(lambda: _binary(0.8, "overlap"), "This is the overlap q. Take arccos(√q)/π."),
        ),
        hint="teacher.solve(Binary(), 0.8) has the overlap; the vote errs with probability arccos(√q)/π.",
        matters="The vote is better than a random student, although it is made of nothing but random students.",
    ),
    "bayes-law": Number(
        ask="Limit of α times the Bayes error for spherical weights",
        right=lambda: 1 / (math.sqrt(2 * math.pi) * _mean_mills(1.0)),
        absolute=1e-3,
        wrong=(
            Mistake(
                lambda: 1 / (math.sqrt(math.pi) * _mean_mills(1.0)),
                "This is the limit for one random student. With R = √q instead of q the angle is smaller by a factor √2.",
            ),
            Mistake(
                lambda: 0.5 / (math.sqrt(math.pi) * _mean_mills(1.0)),
                "This is half of the Gibbs limit, the lower end of what the sandwich allows. The factor is √2, not 2.",
            ),
            Mistake(
                lambda: math.sqrt(math.pi / 2) / _mean_mills(1.0),
                "This is the limit of α√(1 - q). Turn it into an angle and divide by π.",
            ),
            Mistake(
                lambda: 1 / math.sqrt(2 * math.pi),
                "The integral c = ∫Dτ A(τ) is missing.",
            ),
        ),
        hint="arccos(√q) ≈ √(1 - q) as q → 1; then use the law for √(1 - q).",
        matters="Both errors fall like 1/α. Knowing the best rule gains a factor √2 and never a better power.",
    ),
    "first-moment": Number(
        ask="Load beyond which on average no other binary student survives",
        right=lambda: _smallest_load("angle"),
        absolute=1e-3,
        wrong=(
            Mistake(
                _transition,
                "This is the transition itself. A bound from the average number of students lies above it.",
            ),
            Mistake(
                _spinodal, "This is the spinodal. It has nothing to do with the average number of students."
            ),
            Mistake(
                lambda: _smallest_load("distance"),
                "Here a student that differs in a fraction x of its weights errs with probability x. It errs with probability arccos(1 - 2x)/π, "
                "which is larger.",
            ),
            Mistake(
                lambda: 1.0,
                "This treats all other students as unrelated to the teacher, each surviving an example with probability 1/2. Students near the "
                "teacher survive longer.",
            ),
        ),
        hint="For each x divide the entropy of students at distance x by -ln(1 - arccos(1 - 2x)/π), and take the largest ratio.",
        matters="Three lines without replicas prove perfect generalization beyond this load, for the price of sixteen per cent.",
    ),
    "iterate": Choice(
        ask="You iterate the two binary equations at load 1.3, starting from q = 0. What do you find?",
        options=(
            Option(
                "q = 1, the teacher",
                "From q = 0 the iteration climbs to the first fixed point that it meets, and stays there.",
            ),
            Option(
                "q = 0.726 with negative entropy",
                "The fixed point is stable and wrong: its entropy is -0.021 per weight, so no such students exist. Always compute the entropy.",
                right=True,
            ),
            Option(
                "no convergence",
                "No convergence is what happens to slow iterations at the spinodal, 1.493. At 1.3 a stable fixed point exists.",
            ),
            Option(
                "q = 0.971 with negative entropy",
                "This fixed point exists, the minimum between the two maxima, but it is unstable: an iteration leaves it on either side.",
            ),
        ),
    ),
    "load-function": Function(
        name="load",
        parameters=("q",),
        reference=_load,
        inputs=((0.5,), (0.1,), (0.8,), (0.95,), (0.99,)),
        relative=1e-6,
        wrong=(
            Variant(
                lambda q: 1 / _load(q),
                "This is one over the load: the integral belongs in the denominator of α.",
            ),
            Variant(
                lambda q: q / (1 - q) * math.sqrt(math.pi / 2) / _mean_mills(q),
                "The root is missing: substituting t = √(1-q) τ gives one factor √(1-q), and q/√(1-q) is left.",
            ),
            Variant(
                lambda q: q / math.sqrt(1 - q) / _mean_mills(q),
                "The factor √(π/2) is missing.",
            ),
            Variant(
                lambda q: q / math.sqrt(1 - q) * math.sqrt(math.pi / 2) / _mean_mills(q * q),
                "The argument of A is √q τ, and here it is q τ.",
            ),
        ),
        matters="Read backwards, from the overlap to the load, the saddle-point equation needs no iteration at all. The binary jump becomes visible as "
        "a curve that turns round.",
    ),
}
