"""Exercises of the chapter on the replica trick.

The right answers are computed from the library's random energy model and from the two equations of the spherical p-spin model.
"""

from __future__ import annotations

import math

from learnscape.classroom.kinds import Choice, Exercise, Function, Mistake, Number, Option, Variant

LN2 = math.log(2.0)
WARM, COLD, SIZE = 0.45, 0.5, 20  # temperatures and size of the exercises
DEGREE = 4


def _critical() -> float:
    from learnscape.spin_glass import rem

    return rem.critical_temperature()


def _meet(n: int | None, temperature: float) -> float:
    """Probability that two replicas sit in the same level, at n spins or in the limit."""
    from learnscape.spin_glass import rem

    if n is None:
        return rem.solve(temperature).participation
    return rem.finite_size(n, temperature).participation


def _dynamic(p: int) -> float:
    from learnscape.spin_glass import pspin

    return pspin.transitions(p, "spherical").dynamic


def _static(p: int) -> float:
    from learnscape.spin_glass import pspin

    return pspin.transitions(p, "spherical").static


def _static_ising(p: int) -> float:
    from learnscape.spin_glass import pspin

    return pspin.transitions(p).static


def _static_without_half(p: int) -> float:
    """As `_static`, with the whole of ln(1 - q) + q in the complexity."""
    from scipy.optimize import brentq

    q = brentq(lambda q: math.log1p(-q) + q + q * q / (2 * p * (1 - q)), 0.05, 1 - 1e-9)
    return math.sqrt(p / 2 * q ** (p - 2) * (1 - q))


def _alone(n: float, t: float) -> float:
    return n * (LN2 + 1 / (4 * t * t))


def _together(n: float, t: float) -> float:
    return LN2 + (n / t) ** 2 / 4


def _exponent(n: float, temperature: float) -> float:
    critical = 1 / (2 * math.sqrt(LN2))
    if temperature >= critical:
        alone = _alone(n, temperature)
        return max(alone, _together(n, temperature)) if n >= 1 else alone
    if n * critical <= temperature:
        return n * math.sqrt(LN2) / temperature
    return _together(n, temperature)


EXERCISES: dict[str, Exercise] = {
    "third-moment": Number(
        ask="Temperature below which one level carries the third moment",
        right=lambda: math.sqrt(3.0) * _critical(),
        absolute=1e-3,
        wrong=(
            Mistake(
                _critical, "This is T_c, where the system itself freezes. The third moment turns earlier."
            ),
            Mistake(
                lambda: 3.0 * _critical(),
                "The exponent of the group goes with n², that of the singles with n, and T enters squared: the factor is the square root of 3.",
            ),
            Mistake(
                lambda: _critical() / math.sqrt(3.0),
                "The factor is upside down: moments turn in the warm phase.",
            ),
            Mistake(lambda: math.sqrt(2.0) * _critical(), "This is the temperature of the second moment."),
            Mistake(lambda: 1 / (math.sqrt(3.0) * _critical()), "This is the inverse temperature β."),
        ),
        hint="Set n ln2 + n β²/4 equal to ln2 + n² β²/4 at n = 3.",
        matters="The free energy is still annealed there; only the third moment is already carried by rare samples. The n-th turns at √n T_c.",
    ),
    "participation": Number(
        ask="Probability that two replicas sit in the same level at N = 20, T = 0.45",
        right=lambda: _meet(SIZE, WARM),
        absolute=1e-3,
        wrong=(
            Mistake(lambda: _meet(None, WARM), "This is the limit of infinite size, 1 - T/T_c."),
            Mistake(
                lambda: WARM / _critical(),
                "This is m = T/T_c. Two replicas meet with probability 1 - m, and at N = 20 there is a correction.",
            ),
            Mistake(
                lambda: 1 - _meet(SIZE, WARM), "This is the probability that they sit in different levels."
            ),
            Mistake(lambda: _meet(10, WARM), "This is the value at N = 10."),
        ),
        hint="rem.finite_size(20, 0.45).participation; the chapter's formula is its limit.",
        matters="At N = 20 it is still a third larger than 1 - T/T_c. It is exactly 1 - 2T|u|, and the mean energy u has not yet come down to e_0.",
    ),
    "which-groups": Choice(
        ask="n = 4, T < T_c: the exponent of two groups of two, compared with those of all five kinds of groupings, is",
        options=(
            Option(
                "the largest",
                "One group of four has ln2 + 16 β²/4 against 2 ln2 + 8 β²/4, and below T_c β²/4 is larger than ln2.",
            ),
            Option(
                "the smallest",
                "Four single replicas have 4 ln2 + 4 β²/4, and that is less as soon as β²/4 > ln2/2.",
            ),
            Option(
                "in between",
                "For integer n the winner lies at an end, all together or all alone. Equal groups inside are never the largest term.",
                right=True,
            ),
        ),
    ),
    "p-four": Number(
        ask="Static transition of the spherical model with p = 4",
        right=lambda: _static(DEGREE),
        absolute=1e-4,
        wrong=(
            Mistake(
                lambda: _dynamic(DEGREE),
                "This is the dynamic transition, where states appear. At the static one their number vanishes: Σ = 0.",
            ),
            Mistake(lambda: _static(3), "This is the static transition at p = 3."),
            Mistake(
                lambda: _static_without_half(DEGREE),
                "A factor of two: Σ contains one half of ln(1-q) + q.",
            ),
            Mistake(
                lambda: _static_ising(DEGREE),
                'This is the model with spins ±1. Pass "spherical", or use the equations of the text.',
            ),
            Mistake(_critical, "This is the random energy model, p → ∞ with spins ±1."),
        ),
        hint="At m = 1: T² = p/2 q^(p-2) (1-q), inserted into Σ = 0; solve for q first, on the larger branch.",
        matters="States appear at 0.5443 and run out at 0.5030. Between them the free energy shows nothing.",
    ),
    "moment-exponent": Function(
        name="moment_exponent",
        parameters=("n", "temperature"),
        reference=_exponent,
        inputs=(
            (1.0, 1.0),
            (2.0, 1.0),
            (2.0, 0.7),
            (3.0, 0.5),
            (0.5, 1.0),
            (0.2, 0.3),
            (0.8, 0.3),
            (1.3, 0.65),
            (1.1, 0.65),
            (0.9, 0.5),
        ),
        wrong=(
            Variant(
                lambda n, temperature: _alone(n, temperature),
                "This is replica symmetry everywhere: all replicas alone. It misses the rare samples, and the frozen phase.",
            ),
            Variant(
                lambda n, temperature: max(_alone(n, temperature), _together(n, temperature)),
                "The larger of the two terms is right for integers. For n < 1 each of the two is an upper bound (Jensen; sum of powers), so the larger is ruled out; at n = 0 it would be ln2 instead of 0.",
            ),
            Variant(
                lambda n, temperature: _together(n, temperature),
                "All together is right only beyond the turn.",
            ),
            Variant(
                lambda n, temperature: min(_alone(n, temperature), _together(n, temperature)),
                "For n > 1 the larger one wins. For n < 1 both are upper bounds, but below T_c and for n < T/T_c groups of the size T/T_c give a lower one, and that is the answer.",
            ),
        ),
        matters="The diagram in (n, T) has three regions: alone, together, and groups of the fixed size T/T_c. The trick wants the edge n = 0 of it.",
    ),
}
