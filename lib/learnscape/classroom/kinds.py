"""The kinds of exercise: one number, one choice among several, or a function to write.

Each kind knows the right answer and the usual wrong ones, each with its reason. Both are *computed with the library*, by functions
without arguments that run only when somebody asks: a chapter that shows five exercises imports nothing heavy, and no expected value is
typed in twice. The order in which a number is judged is a list of rules (value, tolerance, verdict), the first that fits wins; the page's
JavaScript receives the same list and so gives the same verdict.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from learnscape.classroom.feedback import Feedback, Status
from learnscape.classroom.reading import NOT_A_NUMBER, NOT_FINITE, parse_number, why_not_a_number
from learnscape.errors import ReplicaSymmetryWarning, require

__all__ = ["Choice", "Exercise", "Function", "Mistake", "Number", "Option", "Rule", "Variant"]


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


def _quietly(function: Callable[..., Any], *arguments: Any) -> Any:
    """Wrong answers are often replica-symmetric numbers beyond the AT line: computed here on purpose, without the warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ReplicaSymmetryWarning)
        return function(*arguments)


@dataclass(frozen=True, kw_only=True)
class Number:
    """The answer is one number.

    Besides the `wrong` answers listed, every number exercise recognises the opposite sign, one over the right answer, percent in place of
    a fraction between 0 and 1 and, where the unit is nats, bits.

    Examples
    --------
    >>> exercise = Number(ask="Two plus two", right=lambda: 4.0, matters="Sums are everywhere.",
    ...                   wrong=(Mistake(lambda: 0.0, "This is two minus two."),))
    >>> exercise.judge(4)
    Correct. Sums are everywhere.
    >>> exercise.judge(0)
    Not yet. This is two minus two.
    >>> exercise.judge("4")
    Not yet. This is text in quotes, not a number: leave the quotes away.
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

    def tolerance(self, value: float) -> float:
        return max(self.absolute, self.relative * abs(value))

    def rules(self) -> list[Rule]:
        """All foreseen answers in the order in which they are tried."""
        right = float(_quietly(self.right))
        require(math.isfinite(right), "the right answer", right, "a finite number")
        require(
            self.tolerance(right) > 0,
            "tolerance",
            self.tolerance(right),
            "positive: set `absolute` where the answer is 0",
        )
        rules = [Rule(right, self.tolerance(right), "correct", self.matters)]
        for mistake in self.wrong:
            value = float(_quietly(mistake.value))
            # Half of the distance at most, so that a wrong answer can never cover the right one.
            rules.append(
                Rule(
                    value,
                    min(self.tolerance(value) or self.tolerance(right), abs(value - right) / 2),
                    "wrong",
                    mistake.reason,
                )
            )
        for value, reason in self._usual(right):
            if not any(
                abs(value - rule.value) <= 2 * max(rule.tolerance, self.tolerance(value)) for rule in rules
            ):
                rules.append(Rule(value, self.tolerance(value), "wrong", reason))
        near = "Close, but not to the digits asked for: compute with more digits and round only at the end."
        rules.append(Rule(right, max(10 * self.tolerance(right), 0.01 * abs(right)), "wrong", near))
        return rules

    def _usual(self, right: float) -> list[tuple[float, str]]:
        if right == 0:
            return []
        usual = [
            (-right, "The size is right, the sign is not."),
            (1 / right, "This is one over the right answer."),
        ]
        if 0 < right < 1:
            usual.append(
                (100 * right, "This is the right answer times 100: a fraction is due, not a percentage.")
            )
        if "nats" in self.unit:
            usual.append(
                (
                    right / math.log(2),
                    "This is the right answer in bits. The book uses natural logarithms: multiply by ln 2.",
                )
            )
        return usual

    def otherwise(self) -> str:
        return f"This is not the number, and not one of the usual slips either. {self.hint}"

    def judge(self, answer: Any) -> Feedback:
        """Feedback on a Python object."""
        if answer is None or answer is ...:
            return Feedback("missing", f"Due is one number: {self.ask}.")
        reason = why_not_a_number(answer)
        if reason:
            return Feedback("wrong", reason)
        return self._judge_number(float(answer))

    def judge_typed(self, text: str) -> Feedback:
        """Feedback on what was typed in an answer box."""
        if not text.strip():
            return Feedback("missing", f"Due is one number: {self.ask}.")
        number = parse_number(text)
        if number is None:
            return Feedback("missing", NOT_A_NUMBER)
        return self._judge_number(number) if math.isfinite(number) else Feedback("wrong", NOT_FINITE)

    def _judge_number(self, answer: float) -> Feedback:
        for rule in self.rules():
            if rule.fits(answer):
                return Feedback(rule.status, rule.text)
        return Feedback("wrong", self.otherwise())


@dataclass(frozen=True)
class Option:
    """One of several answers to choose from."""

    text: str
    """The answer offered."""
    reason: str
    """Why it is wrong; or, for the right one, why it matters."""
    right: bool = False
    """True for exactly one option of an exercise."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The answer is one of several options, named a, b, c, ...

    Examples
    --------
    >>> exercise = Choice(ask="Larger margin, what happens to the capacity?", options=(
    ...     Option("It grows", "A larger margin forbids more weights."), Option("It falls", "More is asked of every pattern.", right=True)))
    >>> exercise.judge("a")
    Not yet. A larger margin forbids more weights.
    >>> exercise.judge("It falls")
    Correct. More is asked of every pattern.
    """

    ask: str
    """The question, one line."""
    options: Sequence[Option]
    """Two to eight options, exactly one of them right."""

    def __post_init__(self) -> None:
        require(2 <= len(self.options) <= 8, "number of options", len(self.options), "between 2 and 8")
        right = sum(option.right for option in self.options)
        require(right == 1, "number of right options", right, "exactly 1")

    @property
    def keys(self) -> str:
        return "abcdefgh"[: len(self.options)]

    def judge(self, answer: Any) -> Feedback:
        """Feedback on the letter of an option, or on its text."""
        listing = "; ".join(
            f"{key}: {option.text}" for key, option in zip(self.keys, self.options, strict=True)
        )
        if answer is None or answer is ... or answer == "":
            return Feedback("missing", f"Choose one letter. {listing}")
        if isinstance(answer, str):
            for key, option in zip(self.keys, self.options, strict=True):
                if answer.strip().casefold() in (key, option.text.casefold()):
                    return Feedback("correct" if option.right else "wrong", option.reason)
        return Feedback(
            "wrong", f"{answer!r} is not one of the options. Choose one letter, in quotes. {listing}"
        )

    def judge_typed(self, text: str) -> Feedback:
        """Feedback on the letter sent by an answer box."""
        return self.judge(text)


@dataclass(frozen=True)
class Variant:
    """A wrong way to write the function, and what it shows about the misunderstanding."""

    function: Callable[..., Any]
    """The wrong function, as a student would write it."""
    reason: str
    """What was probably done."""


@dataclass(frozen=True, kw_only=True)
class Function:
    """The answer is a function, compared with a reference on given inputs.

    Examples
    --------
    >>> exercise = Function(name="square", parameters=("x",), reference=lambda x: x * x, inputs=((0.0,), (3.0,)),
    ...                     matters="Areas grow like this.", wrong=(Variant(lambda x: 2 * x, "This doubles."),))
    >>> exercise.judge(lambda x: x**2)
    Correct. Areas grow like this.
    >>> exercise.judge(lambda x: x + x)
    Not yet. This doubles.
    >>> exercise.judge(lambda x: x**3)
    Not yet. square(x=3) returned 27, due is 9.
    """

    name: str
    """Name of the function in the text."""
    parameters: Sequence[str]
    """Names of its parameters, for the messages."""
    reference: Callable[..., Any]
    """The right function."""
    inputs: Sequence[tuple[Any, ...]]
    """Argument tuples at which the two are compared, simplest first."""
    matters: str
    """Said when the function is right."""
    wrong: Sequence[Variant] = ()
    """Wrong ways to write it."""
    relative: float = 1e-6
    absolute: float = 1e-12

    @property
    def ask(self) -> str:
        return f"a function {self.name}({', '.join(self.parameters)})"

    def agree(self, left: Any, right: Any) -> bool:
        """Equal shapes, and equal numbers within tolerance; never true with NaN on either side."""
        try:
            one, two = np.asarray(left, dtype=float), np.asarray(right, dtype=float)
        except (TypeError, ValueError):
            return False
        if one.shape != two.shape or not (np.all(np.isfinite(one)) and np.all(np.isfinite(two))):
            return False
        return bool(np.all(np.abs(one - two) <= self.absolute + self.relative * np.abs(two)))

    def repeats(self, result: Any, mistake: Any) -> bool:
        """As `agree`, but an overflow or an undefined number counts as equal where both have it: it is the mark of the mistake."""
        try:
            one, two = (
                np.atleast_1d(np.asarray(result, dtype=float)),
                np.atleast_1d(np.asarray(mistake, dtype=float)),
            )
        except (TypeError, ValueError):
            return False
        if one.shape != two.shape:
            return False
        finite = np.isfinite(two)
        return np.array_equal(one[~finite], two[~finite], equal_nan=True) and self.agree(
            one[finite], two[finite]
        )

    def judge(self, answer: Any) -> Feedback:
        """Feedback on a function, with the first input at which it differs."""
        if answer is None or answer is ...:
            return Feedback(
                "missing", f"Due is {self.ask}: hand over the function itself, without calling it."
            )
        if not callable(answer):
            return Feedback(
                "wrong",
                f"This is {_brief(answer)}, not a function. Hand over {self.name} itself, without calling it.",
            )
        results = []
        for arguments in self.inputs:
            try:
                results.append(answer(*arguments))
            except (
                Exception
            ) as error:  # what the student's code raises is to be shown, not to stop the notebook
                return Feedback("wrong", f"{self._call(arguments)} raised {type(error).__name__}: {error}")
        if all(result is None or result is ... for result in results):
            return Feedback(
                "missing", f"{self.name} returns nothing yet: does it end with a return statement?"
            )
        expected = [_quietly(self.reference, *arguments) for arguments in self.inputs]
        differing = [
            k
            for k, (result, due) in enumerate(zip(results, expected, strict=True))
            if not self.agree(result, due)
        ]
        if not differing:
            return Feedback("correct", self.matters)
        for variant in self.wrong:
            if all(
                self.repeats(result, _quietly(variant.function, *a))
                for result, a in zip(results, self.inputs, strict=True)
            ):
                return Feedback("wrong", variant.reason)
        first = differing[0]
        returned = f"{self._call(self.inputs[first])} returned {_brief(results[first])}, due is {_brief(expected[first])}."
        before = f" At {first} simpler inputs it was right." if first > 1 else ""
        return Feedback("wrong", returned + before)

    def judge_typed(self, text: str) -> Feedback:
        """A function can't be typed in an answer box."""
        return self.judge(None)

    def _call(self, arguments: tuple[Any, ...]) -> str:
        return f"{self.name}({', '.join(f'{p}={_brief(a)}' for p, a in zip(self.parameters, arguments, strict=True))})"


def _brief(value: Any) -> str:
    """A value in a message: eight digits, and never a page of numbers."""
    if isinstance(value, (float, np.floating)):
        return f"{value:.8g}"
    if isinstance(value, np.ndarray) and value.ndim > 0:
        return (
            f"an array of shape {value.shape}"
            if value.size > 6
            else np.array2string(value, precision=6, separator=", ")
        )
    text = repr(value)
    return text if len(text) <= 60 else f"an object of type {type(value).__name__}"


Exercise = Number | Choice | Function
