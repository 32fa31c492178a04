"""What the answers of a student's process are worth. Runs in the grader, which that process never enters.

An answer is a dict out of JSON, of any kind and of any size up to the limit. The student is told how many hidden cases are right and what
kind of thing went wrong, but neither the cases nor her own values in them: a function could return what it was called with. The tests' ``compare`` must be quick on whatever
JSON holds: no limit stops it.
"""

from __future__ import annotations

import builtins
import contextlib
import copy
from dataclasses import dataclass
from typing import Any

from learnscape.classroom.assignments.cases import Case
from learnscape.classroom.assignments.compare import deviation, plain
from learnscape.classroom.assignments.source import Hidden

__all__ = ["Judged", "judge", "mistaken"]

LONGEST = 300  # characters of a sentence to the student
WRONG = "A value is wrong."
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
    """How many of the hidden cases of a task are right, and what the student is told."""

    right: int
    total: int
    notes: list[str]


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
) -> Judged:
    """Judge the answers to the cases of a task; answers that are lacking count as wrong.

    A mistake is named if it explains every wrong answer. `mistakes` is what `mistaken` gives, if it is at hand.
    """
    mistakes = mistaken(cases, tests) if mistakes is None else mistakes
    faults = [_fault(answer, case, tests, variable) for answer, case in zip(answers, cases, strict=False)]
    wrong = [i for i, fault in enumerate(faults) if fault]
    notes = list(dict.fromkeys(faults[i] for i in wrong))[:3]
    for sentence in tests.mistakes:
        if wrong and all(_made(sentence, answers[i], mistakes[i], tests) for i in wrong):
            notes = [sentence]
            break
    return Judged(faults.count(""), len(cases), notes)


def _agrees(value: Any, right: Any, tests: Hidden) -> bool:
    try:
        return not deviation(value, right, tests.tolerance, tests.absolute)
    except Exception:  # a value made to break the comparison, such as a list in a list in a list ...
        return False


def _made(sentence: str, answer: Answer, mistakes: dict[str, Any], tests: Hidden) -> bool:
    return "value" in answer and sentence in mistakes and _agrees(answer["value"], mistakes[sentence], tests)


def _fault(answer: Answer, case: Case, tests: Hidden, variable: str) -> str:
    """What is wrong with the answer to a case; empty if nothing is."""
    if "value" not in answer:
        return _failure(answer, variable)
    value = answer["value"]
    if tests.compare is not None:
        try:
            verdict = tests.compare(value, *copy.deepcopy(case.arguments or ()))
        except Exception:  # it was written for answers of the right form
            return f"{_kind(value).capitalize()} of another form than asked for came back."
        if isinstance(verdict, str):
            return verdict[:LONGEST]
        return "" if verdict else WRONG
    if _agrees(value, case.right, tests):
        return ""
    given, asked = _kind(value), _kind(case.right)
    if given == asked:
        return WRONG
    hint = ": no answer yet, or a return is missing" if value is None else ""
    return f"{variable} {'is' if case.arguments is None else 'returns'} {given}, not {asked}{hint}."


def _kind(value: Any) -> str:
    return KINDS.get(type(value), "None")


def _failure(answer: Answer, variable: str) -> str:
    """Why there is no value to be judged. An exception's own text is left out: it may quote the hidden case."""
    if answer.get("missing"):
        return f"{variable} is not defined."
    error = answer.get("error")
    if not isinstance(error, dict):
        return f"The answer of {variable} can't be read."
    kind, line = error.get("type"), error.get("line")
    if kind == "OutOfTime":
        return f"{variable} takes too long."
    if kind == "answer too long":
        return f"The answer of {variable} is too long."
    if line is None and kind == "TypeError":
        return f"{variable} can't be called as asked, or returns something else than numbers, texts and lists of them."
    known = isinstance(kind, str) and isinstance(getattr(builtins, kind, None), type)
    where = f" in line {line}" if type(line) is int and 0 < line < 10**5 else ""
    return f"{variable} raises {kind if known else 'an exception'}{where}."
