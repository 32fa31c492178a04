"""What the grader says of answers to hidden checks: NaN is never right, and no sentence tells a case or an expected value."""

from __future__ import annotations

from typing import Any

import pytest

from learnscape.classroom.assignments.cases import Case
from learnscape.classroom.assignments.judging import ERRORS, judge
from learnscape.classroom.assignments.source import Hidden

CASES = [Case((7,), [1.0, 2.0])]
NAN, INF = float("nan"), float("inf")


def compare(answer: Any, a: int) -> bool | str:
    """True unless a test says no, which none does for NaN."""
    if answer[0] > 4567:
        return f"{answer[0]} lies above the largest of all, {a + 0.5}; each is +1 or -1."
    return f"{answer[1]} is no number." if isinstance(answer[1], str) else True


def told(answer: dict[str, Any], tests: Hidden) -> tuple[int, list[str]]:
    judged = judge([answer], CASES, tests, "f")
    return judged.right, judged.notes


@pytest.mark.parametrize("tests", [Hidden(compare=compare), Hidden()])
@pytest.mark.parametrize("answer", [[NAN, NAN], [0.0, INF], [0.0, [[{"a": [-INF]}]]], NAN])
def test_only_finite_numbers_are_judged(answer: Any, tests: Hidden) -> None:
    assert told({"value": answer}, tests) == (0, ["f gives a number that is not finite."])


def test_a_sentence_tells_nothing_that_its_source_does_not() -> None:
    tests = Hidden(compare=compare)
    assert told({"value": [1.0, 2.0]}, tests) == (1, [])
    assert told({"value": [987654321, 2]}, tests) == (
        0,
        ["… lies above the largest of all, …; each is +1 or -1."],
    )
    assert told({"value": [0, "".join(["q"] * 5)]}, tests) == (0, ["… is no number."])


def test_an_error_tells_no_line_and_only_usual_kinds() -> None:
    for kind in (*ERRORS, "OSError", "Seven", "BrokenPipeError", 7):
        _, notes = told({"error": {"type": kind, "line": 183, "text": "7"}}, Hidden())
        assert notes == [f"f raises {kind if kind in ERRORS else 'an exception'}."]
