"""Is an answer right? The public checks and the grader ask this function, so that what passes here is not refused there.

The usual forms of one right answer count alike: a number rounded, in a list of one, as text ("3/4", "75 %"), as a fraction or a scalar of NumPy;
a list, a tuple or an array; a row or a column.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from learnscape.classroom.reading import brief, is_missing, value_of

__all__ = ["ABSOLUTE", "RELATIVE", "deviation", "plain"]

RELATIVE = 0.01  # of a number that a student computed
ABSOLUTE = 1e-9  # rounding, where the right number is 0


def plain(value: Any) -> Any:
    """The value with lists in place of tuples, ranges and arrays, as it looks after a way through JSON.

    Examples
    --------
    >>> plain((1, np.arange(2), {"q": np.float64(0.5)}))
    [1, [0, 1], {'q': 0.5}]
    """
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple, range)):
        return [plain(entry) for entry in value]
    if isinstance(value, np.generic) or hasattr(value, "__array__"):
        return np.asarray(value).tolist()
    return value


def deviation(answer: Any, right: Any, tolerance: float = RELATIVE, absolute: float = ABSOLUTE) -> str:
    """What is wrong with an answer, as a sentence that does not tell the right one; empty if it is right.

    Parameters
    ----------
    answer : object
        What a student's function returned, or the value of a student's variable.
    right : number, str, bool, list, dict or None
        The right answer. Lists are compared entry by entry.
    tolerance : float
        Relative deviation that counts as right, of every number.
    absolute : float
        Absolute deviation that counts as right.

    Returns
    -------
    str

    Examples
    --------
    >>> [deviation(answer, 0.75) for answer in (3 / 4, "75 %", "3/4", np.float32(0.752), [0.75])]
    ['', '', '', '', '']
    >>> deviation(np.array([[1.0], [2.0]]), [1, 2]), deviation((1, 3), [1, 2])
    ('', 'Entry 1: 3 is not right.')
    >>> deviation([1.0, 2.0], 0.75)
    'This is a list of 2 entries; one number is expected. Which of them is meant?'
    """
    right = plain(right)
    if right is None:
        return "" if answer is None else f"None is expected, this is {brief(answer)}."
    if is_missing(answer) and answer != right:
        return "There is no answer."
    if isinstance(right, (list, dict)):
        return _in_parts(answer, right, tolerance, absolute)
    if isinstance(right, bool):
        single = plain(answer)
        if not isinstance(single, bool):
            return f"True or False is expected, this is {brief(answer)}."
        return "" if single is right else f"{single} is not right."
    if isinstance(right, str):
        if not isinstance(answer, str):
            return f"A text is expected, this is {brief(answer)}."
        return "" if answer.strip() == right.strip() else f"The text {brief(answer)} is not right."
    if type(answer) is int and answer == right:
        return ""  # also beyond the largest float
    if isinstance(answer, (complex, np.complexfloating)) and answer.imag == 0:
        answer = answer.real  # a root from numpy.roots
    numbers = value_of(answer)
    if isinstance(numbers, str):
        return numbers
    fits = any(abs(number - right) <= absolute + tolerance * abs(right) for number in numbers)
    return "" if fits else f"{brief(answer)} is not right."


def _in_parts(answer: Any, right: Any, tolerance: float, absolute: float) -> str:
    """The first part that is wrong, or how the parts do not match."""
    given = plain(answer)
    if isinstance(right, dict):
        if not isinstance(given, dict):
            return f"A dict is expected, this is {brief(answer)}."
        if given.keys() != right.keys():
            return f"The keys {sorted(map(str, right))} are expected, these are {sorted(map(str, given))}."
        pairs: Any = [(key, given[key], right[key]) for key in right]
    else:
        if isinstance(given, (set, frozenset)):
            return "This is a set, which has no order and holds nothing twice; a list is expected, such as sorted(...) makes of it."
        if not isinstance(given, list):
            return f"A list of {len(right)} entries is expected, this is {brief(answer)}."
        if len(given) == 1 != len(right) and isinstance(given[0], list):
            given = given[0]  # a row of a matrix
        if len(given) != len(right):
            return f"A list of {len(right)} entries is expected, this one has {len(given)}."
        pairs = [(k, given[k], right[k]) for k in range(len(right))]
    for name, one, two in pairs:
        wrong = deviation(one, two, tolerance, absolute)
        if wrong:
            return f"Entry {name}: {wrong}"
    return ""
