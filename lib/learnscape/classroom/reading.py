"""Reading what a student hands over: is this a number at all, and if not, what is it?

`check` receives anything: a number, a string, a function that was not called, an array, NaN. Each of these has a usual cause, and
the text names it. The answer box of a page receives what was typed; the grammar of such numbers stands here once, as a regular
expression that Python and the browser both use.
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

__all__ = ["NOT_A_NUMBER", "NOT_FINITE", "NUMBER_PATTERN", "parse_number", "why_not_a_number"]

_ONE = r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?"
NUMBER_PATTERN = rf"^({_ONE})(?:/({_ONE}))?$"
"""A typed number or a fraction of two numbers, after spaces are removed and the minus sign is made a hyphen.

A comma is a decimal point. The syntax is common to Python and JavaScript.
"""

NOT_A_NUMBER = "Please type one number, such as 0.25, -1.5, 3e-2 or 1/4, without a unit."
NOT_FINITE = "The result is not a finite number: look for a division by zero, or a logarithm of zero or of a negative number."


def parse_number(text: str) -> float | None:
    """The number typed in an answer box, or None if it is none.

    Examples
    --------
    >>> parse_number(" 1/4 "), parse_number("0,25"), parse_number("2.5e-1"), parse_number("25%")
    (0.25, 0.25, 0.25, None)
    """
    match = re.match(NUMBER_PATTERN, re.sub(r"\s", "", text).replace("\u2212", "-"))
    if match is None:
        return None
    over, under = (float(part.replace(",", ".")) if part else 1.0 for part in match.groups())
    return over / under if under != 0 else math.nan


def why_not_a_number(answer: Any) -> str:
    """The reason why `answer` is not one finite real number, or an empty string if it is one.

    Examples
    --------
    >>> why_not_a_number(0.5)
    ''
    >>> print(why_not_a_number([1.0, 2.0]))
    This is a list; one number is due.
    """
    if isinstance(answer, str):
        return "This is text in quotes, not a number: leave the quotes away."
    if isinstance(answer, (bool, np.bool_)):
        return f"This is the truth value {answer}, not a number: was it meant to be a comparison?"
    if isinstance(answer, (complex, np.complexfloating)):
        return f"This is the complex number {answer}; a real number is due."
    if isinstance(answer, np.ndarray) and answer.ndim > 0:
        return f"This is an array of shape {answer.shape}; one number is due. Which of its entries is meant?"
    if callable(answer):
        name = getattr(answer, "__name__", "it")
        return f"This is the function {name} itself; one number is due. Call it, as in {name}(...), and hand over its result."
    if isinstance(answer, (list, set, dict)) or type(answer) is tuple:
        article = "an" if type(answer).__name__[0] in "aeiou" else "a"
        return f"This is {article} {type(answer).__name__}; one number is due."
    try:
        number = float(answer)
    except (TypeError, ValueError, OverflowError):
        kind = type(answer).__name__
        return f"This is an object of type {kind}; one number is due. Perhaps one of its fields is meant, such as .entropy or .q?"
    return "" if math.isfinite(number) else f"The answer is {number}. {NOT_FINITE}"
