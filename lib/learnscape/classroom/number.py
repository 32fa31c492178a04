"""An exercise whose answer is one number.

The order in which a number is judged is a list of rules (value, tolerance, verdict), the first that fits wins; the page's JavaScript
receives the same list and so gives the same verdict. A wrong answer is recognised from fewer digits than a right one needs: who made a
typical slip and rounded it is told about the slip.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from learnscape.classroom.feedback import Feedback, Status
from learnscape.classroom.reading import (
    NOT_A_NUMBER,
    NOT_FINITE,
    first_fitting,
    is_missing,
    readings,
    value_of,
)
from learnscape.errors import ReplicaSymmetryWarning, require

__all__ = ["Mistake", "Number", "Rule"]

SLIP = 0.01
"""Relative tolerance of a wrong answer that is recognised."""
NEAR = "Close, but not to the digits asked for: compute with more digits and round only at the end."
CUT = "These digits are cut off, not rounded: the digit after them is 5 or larger, so the last one becomes one larger in size."
NOT_WHOLE = "This counts something: the answer is a whole number."


@dataclass(frozen=True)
class Mistake:
    """A number that students get, and how they get it."""

    value: Callable[[], float]
    """The wrong number, computed when needed."""
    reason: str
    """What was probably done, and what to look at; one or two sentences."""


@dataclass(frozen=True)
class Rule:
    """An answer within `tolerance` of `value` has this status and gets this text."""

    value: float
    tolerance: float
    status: Status
    text: str

    def fits(self, answer: float) -> bool:
        return abs(answer - self.value) <= self.tolerance


def quietly(function: Callable[..., Any], *arguments: Any) -> Any:
    """Wrong answers are often replica-symmetric numbers beyond the AT line: computed here on purpose, without the warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ReplicaSymmetryWarning)
        return function(*arguments)


@dataclass(frozen=True, kw_only=True)
class Number:
    """The answer is one number.

    Besides the `wrong` answers listed, every number exercise recognises the opposite sign, one over the right answer, percent in place of
    a fraction between 0 and 1, digits cut off instead of rounded, an integer that has overflowed and, where the unit is nats, bits.

    Examples
    --------
    >>> exercise = Number(ask="Two plus two", right=lambda: 4.0, matters="Sums are everywhere.", whole=True,
    ...                   wrong=(Mistake(lambda: 0.0, "This is two minus two."),))
    >>> exercise.judge(4), exercise.judge("8/2"), exercise.judge([4.0])
    (Correct. Sums are everywhere., Correct. Sums are everywhere., Correct. Sums are everywhere.)
    >>> exercise.judge(0)
    Not yet. This is two minus two.
    >>> exercise.judge(4.1)
    Not yet. This counts something: the answer is a whole number.
    >>> Number(ask="Square root of 1.2725", right=lambda: 1.2725**0.5, matters="", absolute=1e-4).judge(1.1)
    Not yet. Close, but not to the digits asked for: compute with more digits and round only at the end.
    """

    ask: str
    """What the number is, in a few words; the label of the answer box."""
    right: Callable[[], float]
    """The right number, computed with the library when needed."""
    matters: str
    """Why the right answer matters; said when it is given."""
    wrong: Sequence[Mistake] = ()
    """The typical wrong answers, the most typical first."""
    hint: str = "Go back to the formula and check it in a limit that you know."
    """Said with a wrong answer that nobody foresaw."""
    relative: float = 1e-4
    """Allowed error, relative to the right number."""
    absolute: float = 0.0
    """Allowed absolute error; the larger of the two counts."""
    unit: str = ""
    """Shown behind the answer box."""
    whole: bool = False
    """The answer counts something: only the right whole number is right, and none is "close"."""

    def tolerance(self, value: float) -> float:
        if self.whole:
            return 1e-9 * max(1.0, abs(value))  # rounding of a computation, no more
        return max(self.absolute, self.relative * abs(value))

    def rules(self) -> list[Rule]:
        """All foreseen answers in the order in which they are tried; computed once."""
        return list(self._rules)

    @cached_property
    def _rules(self) -> list[Rule]:
        right = float(quietly(self.right))
        tolerance = self.tolerance(right)
        require(math.isfinite(right), "the right answer", right, "a finite number")
        require(tolerance > 0, "tolerance", tolerance, "positive: set `absolute` where the answer is 0")
        require(not self.whole or abs(right - round(right)) < 1e-6, "the right answer", right, "whole")
        slips = [(float(quietly(mistake.value)), mistake.reason) for mistake in self.wrong]
        known = [right, *[value for value, _ in slips]]
        for value, reason in self._usual(right):
            if all(
                abs(value - other) > 2 * max(tolerance, SLIP * abs(other), SLIP * abs(value))
                for other in known
            ):
                slips.append((value, reason))
                known.append(value)
        rules = [*self._cut(right, tolerance), Rule(right, tolerance, "correct", self.matters)]
        rules += [Rule(value, self._slip(value, right, known), "wrong", reason) for value, reason in slips]
        if not self.whole:
            share = abs(right)
            near = max(2 * tolerance, min(10 * tolerance, 0.02 * share or math.inf), SLIP * share)
            rules.append(Rule(right, near, "wrong", NEAR))
            # With fewer digits than are asked for, and so outside of what has been foreseen
            for value, reason in ((right, NEAR), *slips):
                for rounded in (float(f"{value:.{digits}g}") for digits in (2, 3)):
                    if not any(rule.fits(rounded) for rule in rules):
                        rules.append(Rule(rounded, 1e-9 * abs(rounded), "wrong", reason))
        return rules

    def _slip(self, value: float, right: float, known: list[float]) -> float:
        """About one per cent, but never more than half the way to another foreseen number."""
        wide = SLIP * abs(value) or self.tolerance(right)
        if self.whole and value == round(value):
            wide = min(wide, 0.49)  # whole numbers are recognised exactly
        return min([wide, *[abs(value - other) / 2 for other in known if other != value]])

    def _cut(self, right: float, tolerance: float) -> list[Rule]:
        """The digits asked for, cut off instead of rounded, where the tolerance alone would let that pass."""
        if self.whole:
            return []
        unit = 10.0 ** -math.floor(-math.log10(tolerance) + 1e-9)  # of the last digit asked for
        cut = math.trunc(right / unit * (1 + 1e-12)) * unit
        if not 0.5 * unit * (1 + 1e-9) < abs(right - cut) <= tolerance:
            return []
        # 0.32 for 0.3207 may be cut after three digits, and may be rounded to two
        shorter = abs(round(right / (10 * unit)) * 10 * unit - cut) < 1e-6 * unit
        return [Rule(cut, 1e-6 * unit, "wrong", NEAR if shorter else CUT)]

    def _usual(self, right: float) -> list[tuple[float, str]]:
        if right == 0:
            return []
        usual = [
            (-right, "The size is right, the sign is not."),
            (1 / right, "This is one over the right answer."),
        ]
        if 0 < right < 1:
            usual.append(
                (100 * right, "This is the right answer times 100: a fraction is expected, not a percentage.")
            )
        if "nats" in self.unit:
            bits = "This is the right answer in bits. The book uses natural logarithms: multiply by ln 2."
            usual.append((right / math.log(2), bits))
        for size in (32, 64):
            wrapped = (round(right) + 2 ** (size - 1)) % 2**size - 2 ** (size - 1)
            if self.whole and wrapped != round(right):
                text = f"The right answer does not fit into an integer of {size} bits, and yours has overflowed: compute with Python's own int, or with floats."
                usual.insert(0, (float(wrapped), text))
        return usual

    def otherwise(self) -> str:
        return f"This is not the number, and not one of the usual slips either. {self.hint}"

    def judge(self, answer: Any) -> Feedback:
        """Feedback on a Python object."""
        if is_missing(answer):
            return Feedback("missing", f"One number is expected: {self.ask}.")
        numbers = value_of(answer, unit=self.unit, whole=self.whole)
        if isinstance(numbers, str):
            return Feedback("wrong", numbers)
        return self._judge_numbers(numbers)

    def judge_typed(self, text: str) -> Feedback:
        """Feedback on what was typed in an answer box."""
        if is_missing(text):
            return Feedback("missing", f"One number is expected: {self.ask}.")
        numbers = readings(text, unit=self.unit, whole=self.whole)
        if not numbers:
            return Feedback("missing", NOT_A_NUMBER)
        if not all(map(math.isfinite, numbers)):
            return Feedback("wrong", NOT_FINITE)
        return self._judge_numbers(numbers)

    def _judge_numbers(self, numbers: list[float]) -> Feedback:
        rules = self.rules()
        found = first_fitting(numbers, [(rule.value, rule.tolerance) for rule in rules])
        if found is not None:
            return Feedback(rules[found].status, rules[found].text)
        if self.whole and not any(number == round(number) for number in numbers):
            return Feedback("wrong", NOT_WHOLE)
        return Feedback("wrong", self.otherwise())
