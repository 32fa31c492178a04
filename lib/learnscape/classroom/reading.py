"""Reading what a student hands over: which number is it, and if none, what is it?

`check` receives anything: a number, a number in quotes or in a list, a function that was not called, an array, NaN. What can only be one
number is taken as that number; the rest has a usual cause, and the text names it. A typed number may have a decimal comma, thousands
separators, a per cent sign, a power of ten, or be a fraction. "1,898" is either 1.898 or 1898, so it has two *readings*.

The page reads the same way (`page/js/number.js`); one table of cases, and random texts, hold both to the same answers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["NOT_A_NUMBER", "NOT_FINITE", "brief", "is_missing", "parse_number", "readings", "value_of"]

NOT_A_NUMBER = "Please type one number, such as 0.25, -1.5, 3e-2 or 1/4."
NOT_FINITE = "The result is not a finite number: look for a division by zero, an overflow, or a logarithm of zero or of a negative number."

_SPACES = re.compile("[ \t\n\r\f\v\u00a0\u2000-\u200b\u202f\u205f\u3000\ufeff]+")
_ALIKE = str.maketrans(
    "\u2010\u2011\u2012\u2013\u2212\u2044\u2215\u2019\u00b7\u22c5\u00d7\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207b\u207a",
    "-----//'***0123456789-+",
)
_GROUPS = r"[0-9]{1,3}(?:[ '_][0-9]{3})+"
_NUMBER = (
    rf"[+-]?(?:(?:[0-9]+|{_GROUPS})(?:[.,][0-9]*)?|[.,][0-9]+"  # 1234  1 234  1234,5  .5
    r"|[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]*|[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]*"  # 1,234.5  1.234,5
    r"|[0-9]{1,3}(?:,[0-9]{3}){2,}|[0-9]{1,3}(?:\.[0-9]{3}){2,})"  # 1,234,567  1.234.567
)
_POWER = r"(?:[eE]([+-]?[0-9]+)|\*10(?:\^|\*\*)?([+-]?[0-9]+))?"
_WHOLE = re.compile(rf"^({_NUMBER}){_POWER}(?:/({_NUMBER}){_POWER}|(%))?$")
_TEN = re.compile(r"^([+-]?)10(?:\^|\*\*)([+-]?[0-9]+)$")
_SUPERSCRIPT = re.compile("10(?=[\u2070\u00b9\u00b2\u00b3\u2074-\u2079\u207b\u207a])")
_THOUSANDS = re.compile(r"^[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}$")


def _tidy(text: str) -> str:
    """One spelling for the many of signs, spaces and per cent."""
    text = _SUPERSCRIPT.sub("10^", text).translate(_ALIKE)
    text = _SPACES.sub(" ", text).strip(" ")
    text = re.sub(r" ?per ?cent$", "%", text)
    return re.sub(r" ?([^0-9 ]) ?", r"\1", text)  # spaces stay between digits only


def _decimal(digits: str) -> str:
    """A matched number with its separators as Python and JavaScript write it."""
    digits = re.sub(r"[ '_]", "", digits)
    comma, point = digits.count(","), digits.count(".")
    if comma > 1 or (comma == 1 and point >= 1 and digits.rindex(",") < digits.rindex(".")):
        return digits.replace(",", "")
    if point > 1 or (point == 1 and comma == 1):
        digits = digits.replace(".", "")
    return digits.replace(",", ".")


def readings(text: str, *, unit: str = "", whole: bool = False) -> list[float]:
    """The numbers that a typed text can mean, the likeliest first; an empty list if it is none.

    Parameters
    ----------
    text : str
        What was typed.
    unit : str
        Unit of the answer, which may stand behind the number. If it is per cent, "25 %" means 25 and not 0.25.
    whole : bool
        True where the answer counts something; then also "1.898" can mean 1898.

    Returns
    -------
    list of float
        Also inf or NaN: a fraction over zero, or a number too large.

    Examples
    --------
    >>> readings("1/4"), readings("0,25"), readings("25 %"), readings("2.5·10^-1")
    ([0.25], [0.25], [0.25], [0.25])
    >>> readings("1 898"), readings("1,898.0"), readings("1,898"), readings("1 1/2")
    ([1898.0], [1898.0], [1.898, 1898.0], [])
    """
    in_percent = "%" in unit or "per cent" in unit
    text = _tidy(text)
    bare = _tidy(unit)
    if bare and not in_percent and text.endswith(bare):
        text = text.removesuffix(bare).rstrip(" ")
    ten = _TEN.match(text)
    if ten:
        text = f"{ten[1]}1e{ten[2]}"
    match = _WHOLE.match(text)
    if match is None:
        return []
    top, power, power_of_ten, bottom, lower, lower_of_ten, percent = match.groups()
    first = float(f"{_decimal(top)}e{power or power_of_ten or '0'}")
    if bottom is not None:
        under = float(f"{_decimal(bottom)}e{lower or lower_of_ten or '0'}")
        return [first / under if under != 0 else math.nan]
    if percent:
        return [first, first / 100] if in_percent else [first / 100]
    plain = not (power or power_of_ten)
    if plain and _THOUSANDS.match(top) and ("," in top or whole):
        return [first, float(re.sub("[.,]", "", top))]
    return [first]


def is_missing(answer: Any) -> bool:
    """Nothing was handed over: None, the dots of the cell, or a text of nothing but spaces.

    Examples
    --------
    >>> is_missing(...), is_missing(" "), is_missing(0)
    (True, True, False)
    """
    return answer is None or answer is ... or (isinstance(answer, str) and not answer.strip())


def parse_number(text: str) -> float | None:
    """The likeliest number that a text means, or None if it is none.

    Examples
    --------
    >>> parse_number(" 1/4 "), parse_number("0,25"), parse_number("2.5e-1"), parse_number("25%"), parse_number("a quarter")
    (0.25, 0.25, 0.25, 0.25, None)
    """
    found = readings(text)
    return found[0] if found else None


def value_of(answer: Any, *, unit: str = "", whole: bool = False) -> list[float] | str:
    """The numbers that an answer can mean, or the reason why it is not one finite real number.

    Examples
    --------
    >>> value_of(np.float32(0.5)), value_of("1/2"), value_of([0.5]), value_of(np.array([[0.5]]))
    ([0.5], [0.5], [0.5], [0.5])
    >>> print(value_of([1.0, 2.0]))
    This is a list of 2 entries; one number is expected. Which of them is meant?
    """
    for _ in range(8):  # a list may hold a list, and even itself
        if isinstance(answer, np.ndarray) and answer.size == 1:
            answer = answer.ravel()[0]
        elif (isinstance(answer, (list, set, frozenset)) or type(answer) is tuple) and len(answer) == 1:
            answer = next(iter(answer))
        else:
            break
    if isinstance(answer, str):
        found = readings(answer, unit=unit, whole=whole)
        if not found:
            return f"This is the text {brief(answer)}, not a number. {NOT_A_NUMBER}"
        return found if all(map(math.isfinite, found)) else NOT_FINITE
    if isinstance(answer, np.ndarray):
        return f"This is an array of shape {answer.shape}; one number is expected. Which of its entries is meant?"
    if isinstance(answer, (list, set, frozenset)) or type(answer) is tuple:
        return f"This is a {type(answer).__name__} of {len(answer)} entries; one number is expected. Which of them is meant?"
    reason = _why_not(answer)
    if reason:
        return reason
    number = float(answer)
    return [number] if math.isfinite(number) else f"The answer is {number}. {NOT_FINITE}"


def _why_not(answer: Any) -> str:
    """Why a single object is no real number; empty if `float` takes it."""
    if isinstance(answer, (bool, np.bool_)):
        return f"This is the truth value {answer}, not a number: was it meant to be a comparison?"
    if isinstance(answer, (complex, np.complexfloating)):
        return f"This is the complex number {answer}; a real number is expected."
    if isinstance(answer, dict):
        return "This is a dict; one number is expected. Which of its values is meant?"
    if callable(answer):
        name = getattr(answer, "__name__", "it")
        return f"This is the function {name} itself; one number is expected. Call it, as in {name}(...), and hand over its result."
    try:
        float(answer)
    except OverflowError:
        return f"This number is too large to be compared. {NOT_FINITE}"
    except Exception:  # the object is the student's: whatever it raises, it is no number
        kind = type(answer).__name__
        return f"This is an object of type {kind}; one number is expected. Perhaps one of its fields is meant, such as .entropy or .q?"
    return ""


def _bare(value: Any) -> Any:
    """A value without the names of NumPy's types and digits that nobody reads, in lists and tuples too."""
    if isinstance(value, (float, np.floating)):
        return float(f"{value:.8g}")
    if isinstance(value, np.generic):
        return value.item()
    return type(value)(map(_bare, value)) if type(value) in (list, tuple) else value


def brief(value: Any) -> str:
    """A value in a message: eight digits, and never a page of numbers.

    Examples
    --------
    >>> brief(1 / 3), brief(np.arange(3)), brief(list(range(100)))
    ('0.33333333', '[0, 1, 2]', 'an object of type list')
    >>> brief([np.float64(1 / 3), np.int64(2)])
    '[0.33333333, 2]'
    """
    if isinstance(value, (float, np.floating)):
        return f"{value:.8g}"
    if isinstance(value, np.ndarray) and value.ndim > 0:
        many = value.size > 6 or value.dtype == object
        return (
            f"an array of shape {value.shape}"
            if many
            else np.array2string(value, precision=6, separator=", ")
        )
    try:
        text = repr(_bare(value))
    except Exception:  # a broken __repr__ of the student's own class
        text = ""
    return text if 0 < len(text) <= 60 else f"an object of type {type(value).__name__}"


def first_fitting(answers: Sequence[float], values: Sequence[tuple[float, float]]) -> int | None:
    """Index of the first (value, tolerance) that one of the readings fits; the likelier reading does not matter."""
    for k, (value, tolerance) in enumerate(values):
        if any(abs(answer - value) <= tolerance for answer in answers):
            return k
    return None
