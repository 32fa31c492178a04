"""An exercise whose answer is a function, compared with a reference on given inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from learnscape.classroom.calling import call
from learnscape.classroom.feedback import Feedback
from learnscape.classroom.number import quietly
from learnscape.classroom.reading import brief, is_missing

__all__ = ["Function", "Variant"]


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
    Not yet. square(x=3) returned 27, expected is 9.
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
    seconds: float = 20.0
    """Time for all inputs together, after which the student's function is stopped."""

    @property
    def ask(self) -> str:
        return f"a function {self.name}({', '.join(self.parameters)})"

    def agree(self, left: Any, right: Any) -> bool:
        """Equal shapes, and equal numbers within tolerance; never true with NaN on either side."""
        one, two = _floats(left), _floats(right)
        if one is None or two is None or one.shape != two.shape:
            return False
        if not (np.all(np.isfinite(one)) and np.all(np.isfinite(two))):
            return False
        return bool(np.all(np.abs(one - two) <= self.absolute + self.relative * np.abs(two)))

    def repeats(self, result: Any, mistake: Any) -> bool:
        """As `agree`, but an overflow or an undefined number counts as equal where both have it: it is the mark of the mistake."""
        one, two = _floats(result), _floats(mistake)
        if one is None or two is None or one.shape != two.shape:
            return False
        one, two = np.atleast_1d(one), np.atleast_1d(two)
        finite = np.isfinite(two)
        return np.array_equal(one[~finite], two[~finite], equal_nan=True) and self.agree(
            one[finite], two[finite]
        )

    def judge(self, answer: Any) -> Feedback:
        """Feedback on a function, with the first input at which it differs."""
        if is_missing(answer):
            return Feedback(
                "missing",
                f"What is expected is {self.ask}: hand over the function itself, without calling it.",
            )
        if not callable(answer):
            return Feedback(
                "wrong",
                f"This is {brief(answer)}, not a function. Hand over {self.name} itself, without calling it.",
            )
        called = call(answer, self.inputs, self.seconds)
        if called.failure:
            return Feedback("wrong", f"{self._call(self.inputs[len(called.results)])} {called.failure}")
        results = called.results
        if all(result is None or result is ... for result in results):
            return Feedback(
                "missing", f"{self.name} returns nothing yet: does it end with a return statement?"
            )
        expected = [quietly(self.reference, *arguments) for arguments in self.inputs]
        pairs = list(zip(results, expected, strict=True))
        differing = [k for k, (result, value) in enumerate(pairs) if not self.agree(result, value)]
        if not differing:
            return Feedback("correct", self.matters)
        for variant in self.wrong:
            mistakes = [quietly(variant.function, *arguments) for arguments in self.inputs]
            if all(self.repeats(result, mistake) for result, mistake in zip(results, mistakes, strict=True)):
                return Feedback("wrong", variant.reason)
        first = differing[0]
        text = f"{self._call(self.inputs[first])} returned {brief(results[first])}, expected is {brief(expected[first])}."
        if first > 1:
            text += f" At {first} simpler inputs it was right."
        text += _wrapped(results[first], expected[first])
        return Feedback("wrong", text + overflow_note(results[first], expected[first], called.overflow))

    def judge_typed(self, text: str) -> Feedback:
        """A function can't be typed in an answer box."""
        return self.judge(None)

    def _call(self, arguments: tuple[Any, ...]) -> str:
        return f"{self.name}({', '.join(f'{p}={brief(a)}' for p, a in zip(self.parameters, arguments, strict=True))})"


def _floats(value: Any) -> Any:
    """The value as an array of floats, or None if it is no real number or array of such."""
    try:
        array = np.asarray(value)
        if array.dtype.kind in "USOV" and not (
            array.dtype.kind == "O" and all(isinstance(entry, int) for entry in array.flat)
        ):
            return None  # text is no number, also where NumPy would read one in it
        if array.dtype.kind == "c":
            return array.real.astype(float) if np.all(array.imag == 0) else None
        return array.astype(float)
    except Exception:  # ragged lists, integers beyond all floats, objects of the student's own
        return None


def _wrapped(result: Any, expected: Any) -> str:
    """A sentence where a single number is due and stands in an array or a list, as from SciPy's `fsolve`; empty otherwise."""
    one, two = _floats(result), _floats(expected)
    if one is None or two is None or two.ndim or one.size != 1 or not one.ndim:
        return ""
    return " A number is due, and this is a list or an array with one entry: return the entry itself, as in result[0]."


def overflow_note(result: Any, expected: Any, warned: bool) -> str:
    """A sentence where the difference comes from a number that did not fit; empty otherwise."""
    kind = getattr(getattr(result, "dtype", None), "kind", "")
    due = _floats(expected)
    if kind in "iu" and kind:
        largest = np.iinfo(result.dtype).max
        if warned or (due is not None and np.any(np.abs(due) > largest)):
            return f" An integer has overflowed: NumPy's {result.dtype} ends at {float(largest):.2g} and goes on from the other end. Compute with floats, with Python's own int, or with logarithms."
    given = _floats(result)
    lost = given is not None and not np.all(np.isfinite(given))
    if lost and due is not None and np.all(np.isfinite(due)) and (warned or np.any(np.isinf(given))):
        return " A number has overflowed on the way: floats end at 1.8e308. Work with logarithms, or divide before you multiply."
    return " NumPy warned of an overflow on the way." if warned else ""
