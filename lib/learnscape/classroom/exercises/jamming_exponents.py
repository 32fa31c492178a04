"""Exercises of the chapter on the exponents of jamming; all right answers come from the scaling solution."""

from __future__ import annotations

from learnscape.classroom.kinds import Choice, Exercise, Function, Mistake, Number, Option, Variant

DECADES = 3  # of 1 - q, in the first exercise
TRIAL = 1.6


def _fall(power: float) -> float:
    """Factor by which (1 - q)^power falls."""
    return float(10.0 ** (DECADES * power))


def _undecided() -> float:
    from learnscape.replica import parisi

    e = parisi.jamming_exponents()
    return e.c / e.kappa_exponent


def _shrink() -> float:
    """Power of 1 - q with which forces shrink."""
    return 0.5 - _undecided()


def _exponent(name: str) -> float:
    from learnscape.replica import parisi

    return float(getattr(parisi.jamming_exponents(), name))


def _off(trial: float) -> float:
    """a + b - 1 at a trial exponent."""
    from learnscape.replica import parisi

    e = parisi.scaling_functions(kappa_exponent=trial).exponents
    return e.a + e.b - 1.0


def _bracket(trial: float) -> float:
    """The bracket of the third line, without the factor 2 and the integral."""
    from learnscape.replica import parisi

    found = parisi.scaling_functions(kappa_exponent=trial)
    e, w = found.exponents, -found.slope
    measure = found.weights * found.density
    return float(e.c * measure @ (w**2 * (1.0 - w)) - e.b * measure @ found.curvature**2)


def _sides(trial: float) -> float:
    from learnscape.replica import parisi

    one, other = parisi.scaling_functions(kappa_exponent=trial).closure
    return one - other


EXERCISES: dict[str, Exercise] = {
    "undecided": Number(
        ask="Factor by which the share of undecided patterns falls",
        right=lambda: _fall(_undecided()),
        relative=2e-3,
        wrong=(
            Mistake(
                lambda: _fall(_exponent("c")),
                "This is the power c of y. Here 1 - q changes by three decades, and y ~ (1-q)^(-1/ϰ) by fewer.",
            ),
            Mistake(
                lambda: 1.0 / _fall(_undecided()), "This is the share that is left; asked is the factor."
            ),
            Mistake(
                lambda: _fall(0.5), "This is the factor by which the yardstick √(1-q) and the gaps shrink."
            ),
            Mistake(
                lambda: _fall(_exponent("b")),
                "This is 10^(3b): the power of y in the yardstick, with y taken for 1/(1-q).",
            ),
            Mistake(
                lambda: _fall(_undecided()) ** (1 / DECADES), "This is the factor for one decade of 1 - q."
            ),
        ),
        hint="The share is y^(a-b), and a - b = -c. Translate y into 1 - q by 1 - q ~ y^(-ϰ).",
        matters="Looking a thousand times closer leaves more than one eighth of them undecided. So with finitely many levels of breaking the contacts are never quite as many as the weights.",
    ),
    "decade": Number(
        ask="Decades of 1 - q for one decade of forces",
        right=lambda: 1.0 / _shrink(),
        absolute=0.02,
        wrong=(
            Mistake(
                lambda: 2.0, "This is for gaps, which shrink as √(1-q). Forces are h/λ, and λ shrinks too."
            ),
            Mistake(
                lambda: 1.0 / (0.5 + _undecided()),
                "λ stands in the denominator: F ~ √(1-q)/λ, so its power is subtracted.",
            ),
            Mistake(
                lambda: 1.0 / (_exponent("b") - _exponent("c")),
                "These are decades of y; 1 - q falls ϰ times as many.",
            ),
            Mistake(
                _shrink, "This is how many decades of force one decade of 1 - q gives. Take its inverse."
            ),
        ),
        hint="F ~ √(1-q)/λ for the undecided, and λ ~ y^(-c).",
        matters="Nearly five to one: eight decades of 1 - q give less than two of force. Any measurement of θ lives in a short window.",
    ),
    "trial": Number(
        ask="a + b - 1 at the trial exponent 1.6",
        right=lambda: _off(TRIAL),
        absolute=2e-4,
        wrong=(
            Mistake(lambda: 1.0 + _off(TRIAL), "This is a + b; asked is what it exceeds 1 by."),
            Mistake(
                lambda: _sides(TRIAL),
                "Either the fourth decimal is missing, or this is the difference of the two sides of the closure: "
                "it vanishes at the same place, but is another number, 0.2769 here.",
            ),
            Mistake(
                lambda: 0.5 * _off(TRIAL), "A factor of two: the bracket of the third line has one in front."
            ),
            Mistake(
                lambda: _bracket(TRIAL),
                "Divide the bracket by the integral of p w(1-w), and multiply by two.",
            ),
            Mistake(lambda: -_off(TRIAL), "The sign: at large ϰ the sum exceeds one."),
        ),
        hint="a - b + c = 2 × bracket / ∫ p w(1-w), and c = 2b - 1.",
        matters="The identity holds at every trial exponent. Marginality is what makes its right side vanish.",
    ),
    "force": Choice(
        ask="θ = 0.17 from all contacts of packings in three dimensions. The best answer:",
        options=(
            Option(
                "Full RSB fails in three dimensions.",
                "Perhaps, but this measurement does not show it: two kinds of weak contacts were mixed.",
            ),
            Option(
                "The window must be too large; in smaller windows θ tends to 0.423.",
                "In a mixture of two powers the smaller one wins at small forces: the smaller the window, the nearer to 0.17.",
            ),
            Option(
                "Weak contacts of bucklers were not separated from forces that extend through the packing.",
                "A buckler moves alone, which no mean-field walk knows. Without them the exponent of our spheres is 0.41 with an error of 0.03.",
                right=True,
            ),
            Option(
                "θ is not universal; only γ is.",
                "Both are fixed by the same equations, and one by the other: γ = 1/(2+θ).",
            ),
        ),
    ),
    "theta-of-tau": Function(
        name="theta_of_tau",
        parameters=("tau",),
        reference=lambda tau: (3.0 - 2.0 * tau) / (tau - 1.0),
        inputs=((1.41269,), (1.4,), (1.5,), (1.3,), (1.2,)),
        wrong=(
            Variant(lambda tau: tau - 1.0, "This is γ = τ - 1."),
            Variant(lambda tau: 1.0 / tau, "This is b = 1/τ; go on to θ = (3b-2)/(1-b)."),
            Variant(lambda tau: 1.0 / tau - 2.0, "You used γ = τ in θ = 1/γ - 2; the relation is γ = τ - 1."),
            Variant(
                lambda tau: (3.0 * tau / 2.0 - 2.0) / (1.0 - tau / 2.0),
                "You used b = τ/2; b = ϰ/2 and τ = 2/ϰ give b = 1/τ.",
            ),
        ),
        matters="At τ = 3/2 it vanishes. The slope dθ/dτ is about -6 near jamming: a small error of τ is a large one of θ.",
    ),
}
