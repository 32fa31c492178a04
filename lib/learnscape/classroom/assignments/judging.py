"""What the answers of a student's process are worth. Runs in the grader, which that process never enters.

An answer is a dict out of JSON, of any kind and of any size up to the limit. The student is told how many hidden cases are right and what
kind of thing went wrong, but neither the cases nor her own values in them: a function could return what it was called with, or raise an
error in a line that tells it. The tests' ``compare`` sees finite numbers only; `comparison` gives it a process and limits of its own.
Of its sentences nothing reaches the student that is not written in the tests' source.
"""

from __future__ import annotations

import contextlib
import copy
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

from learnscape.classroom.assignments.cases import Case
from learnscape.classroom.assignments.compare import deviation, plain
from learnscape.classroom.assignments.source import Hidden

__all__ = ["Answer", "Judged", "judge", "mistaken"]

WORD = re.compile(r"\d[\d.,]*(?:e[+-]?\d+)?|[^\W\d]+")
LONGEST = 300  # characters of a sentence to the student
WRONG = "A value is wrong."
UNDECIDED = (
    "Whether an answer is right was not found in time: it counts as wrong until your instructor looks."
)
ERRORS = (  # those that are named; others, which a submission may choose at will, are not
    "AssertionError", "AttributeError", "ImportError", "IndexError", "KeyError", "MemoryError", "ModuleNotFoundError", "NameError",
    "NotImplementedError", "OverflowError", "RecursionError", "TypeError", "UnboundLocalError", "ValueError", "ZeroDivisionError",
)  # fmt: skip
Answer = dict[str, Any]
KINDS = {
    bool: "a truth value",
    int: "a number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "a dictionary",
}


@dataclass
class Judged:
    """How many of the hidden cases of a task are right, what the student is told, and whether a comparison took too long."""

    right: int
    total: int
    notes: list[str]
    undecided: bool = False


def mistaken(cases: list[Case], tests: Hidden) -> list[dict[str, Any]]:
    """For each case the answers of those who made a known mistake, by the sentence that tells them; without those that are right."""
    found = []
    for case in cases:
        answers = {}
        for sentence, mistake in tests.mistakes.items():
            with contextlib.suppress(Exception):  # a wrong formula may have no answer
                answers[sentence] = plain(mistake(*copy.deepcopy(case.arguments or ())))
        found.append(
            {key: answer for key, answer in answers.items() if not _agrees(answer, case.right, tests)}
        )
    return found


def judge(
    answers: list[Answer],
    cases: list[Case],
    tests: Hidden,
    variable: str,
    mistakes: list[dict[str, Any]] | None = None,
    compare: Callable[..., Any] | None = None,
) -> Judged:
    """Judge the answers to the cases of a task; answers that are lacking count as wrong.

    A mistake is named if it explains every wrong answer. `mistakes` is what `mistaken` gives, if it is at hand.
    `compare` is called in place of that of the tests, where that may not run without limits.
    """
    mistakes = mistaken(cases, tests) if mistakes is None else mistakes
    compare = compare or tests.compare
    faults = [
        _fault(answer, case, tests, variable, compare) for answer, case in zip(answers, cases, strict=False)
    ]
    wrong = [i for i, fault in enumerate(faults) if fault]
    notes = list(dict.fromkeys(faults[i] for i in wrong))[:3]
    for sentence in tests.mistakes:
        if wrong and all(_made(sentence, answers[i], mistakes[i], tests) for i in wrong):
            notes = [sentence]
            break
    return Judged(faults.count(""), len(cases), notes, UNDECIDED in faults)


def _agrees(value: Any, right: Any, tests: Hidden) -> bool:
    try:
        return not deviation(value, right, tests.tolerance, tests.absolute)
    except Exception:  # a value made to break the comparison, such as a list in a list in a list ...
        return False


def _made(sentence: str, answer: Answer, mistakes: dict[str, Any], tests: Hidden) -> bool:
    return "value" in answer and sentence in mistakes and _agrees(answer["value"], mistakes[sentence], tests)


def _fault(
    answer: Answer, case: Case, tests: Hidden, variable: str, compare: Callable[..., Any] | None
) -> str:
    """What is wrong with the answer to a case; empty if nothing is."""
    if "value" not in answer:
        return _failure(answer, variable)
    value = answer["value"]
    if not _finite(value):
        return f"{variable} gives a number that is not finite."
    if tests.compare is not None and compare is not None:
        try:
            verdict = compare(value, *copy.deepcopy(case.arguments or ()))
        except TimeoutError:
            return UNDECIDED
        except Exception:  # it was written for answers of the right form
            return f"{_kind(value).capitalize()} of another form than asked for came back."
        if isinstance(verdict, str):
            return _written(verdict[:LONGEST], tests.compare)
        return "" if verdict else WRONG
    if _agrees(value, case.right, tests):
        return ""
    given, asked = _kind(value), _kind(case.right)
    if given == asked:
        return WRONG
    hint = ": no answer yet, or a return is missing" if value is None else ""
    return f"{variable} {'is' if case.arguments is None else 'returns'} {given}, not {asked}{hint}."


def _finite(value: Any) -> bool:
    """Whether all numbers in a value are, at whatever depth: every comparison with NaN is false, also one that should refuse it."""
    values = [value]
    while values:
        one = values.pop()
        if isinstance(one, float) and not math.isfinite(one):
            return False
        if isinstance(one, (list, dict)):
            values += one.values() if isinstance(one, dict) else one
    return True


def _written(verdict: str, compare: Callable[..., Any]) -> str:
    """A sentence with dots for the words and numbers that do not stand in the code that made it: it may tell a case, or the right answer."""
    source = compare.__code__.co_filename  # not the library's functions, which it may have imported
    codes = [
        one.__code__
        for one in (compare, *compare.__globals__.values())
        if isinstance(one, FunctionType) and one.__code__.co_filename == source
    ]
    known: set[str] = set()
    for code in codes:  # grows while it is read: functions hold functions
        codes += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
        known.update(word for text in code.co_consts if isinstance(text, str) for word in WORD.findall(text))
    return WORD.sub(lambda found: found[0] if found[0] in known else "\u2026", verdict)


def _kind(value: Any) -> str:
    return KINDS.get(type(value), "None")


def _failure(answer: Answer, variable: str) -> str:
    """Why there is no value to be judged. An exception's own text is left out: it may quote the hidden case."""
    if answer.get("missing"):
        return f"{variable} is not defined."
    error = answer.get("error")
    if not isinstance(error, dict):
        return f"The answer of {variable} can't be read."
    kind = error.get("type")
    if kind == "OutOfTime":
        return f"{variable} takes too long."
    if kind == "answer too long":
        return f"The answer of {variable} is too long."
    if "line" not in error and kind == "TypeError":
        return f"{variable} can't be called as asked, or returns something else than numbers, texts and lists of them."
    return f"{variable} raises {kind if kind in ERRORS else 'an exception'}."
