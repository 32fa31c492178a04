"""The checks that students run: one line each, right in every usual form, and never an error."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from learnscape.classroom.assignments.compare import deviation, plain
from learnscape.classroom.assignments.public import forget, judge, outcomes, public, summary


@pytest.mark.parametrize(
    "answer",
    [0.75, 0.7512, 3 / 4, "0.75", "75 %", "75%", "3/4", "0,75", "7.5e-1", Fraction(3, 4), np.float32(0.75), np.array(0.75),
     np.array([0.75]), [0.75], (0.75,), [[0.75]], 0.75 + 0j, "0.750"],
)  # fmt: skip
def test_a_number_in_every_usual_form(answer: Any) -> None:
    assert judge("q", answer, None, 0.75)
    assert judge("q", lambda: answer, (), 0.75)


@pytest.mark.parametrize(
    "answer", [[1, 2.0, 3], (1, 2, 3), range(1, 4), np.arange(1, 4), np.array([[1], [2], [3]]), np.array([[1, 2, 3]]),
               [np.int8(1), Fraction(2), "3"], np.array([1, 2, 3 + 0j])],
)  # fmt: skip
def test_a_list_in_every_usual_form(answer: Any) -> None:
    assert judge("q", answer, None, [1, 2, 3])


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError

    def __eq__(self, _: object) -> bool:
        raise RuntimeError

    __hash__ = None  # type: ignore[assignment]


ENDLESS: list[Any] = []
ENDLESS.append(ENDLESS)


@pytest.mark.parametrize("expected", [0.75, 3, "yes", True, [1, 2], {"a": 1}, None])
@pytest.mark.parametrize(
    "answer", [..., "no", "", "nan", float("nan"), float("inf"), 10**400, [], [1], [[1], [2, 3]], {}, {"a": 2}, {1: 2, "a": 3},
               {1}, print, 1j, object(), Broken(), ENDLESS, np.zeros((2, 2)), np.array(["a"]), False, b"75", Exception],
)  # fmt: skip
def test_a_wrong_answer_is_a_line_and_no_error(
    answer: Any, expected: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert public("q", answer, None, expected) is None  # type: ignore[func-returns-value]
    assert public("q", lambda: answer, (), expected) is None  # type: ignore[func-returns-value]
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 2
    assert all(line.startswith(("Not yet. ", "No answer yet. ")) for line in said)


def test_what_goes_wrong_is_said() -> None:
    assert judge("double-it", ..., (3,), 6).text == "double_it is still to be written."
    assert "returns nothing yet" in judge("f", lambda x: None, (3,), 6).text
    assert "a function is expected" in judge("f", 6, (3,), 6).text
    assert "a value is expected" in judge("f", print, None, 6).text
    assert "ZeroDivisionError" in judge("f", lambda x: 1 / x, (0,), 6).text
    assert "one number is expected" in judge("f", [1, 2], None, 6).text
    assert "Entry 1: 3 is not right." in judge("f", [1, 3], None, [1, 2]).text
    assert "A list of 2 entries is expected, this one has 3." in judge("f", [1, 2, 3], None, [1, 2]).text
    assert "This is a set" in judge("f", {1, 2}, None, [1, 2]).text
    assert "such as sorted(...)" in judge("f", {1, 2}, None, [1, 2]).text
    assert (
        "f is [0.33333333, 0.66666667, 1.0, 2],"
        in judge("f", [np.float64(1 / 3), np.float64(2 / 3), 1.0, np.int64(2)], None, [1, 2]).text
    )
    assert "100 times too large: a fraction" in judge("f", lambda: 75.0, (), 0.75).text
    assert "100 times" not in judge("f", lambda: 80.0, (), 0.75).text
    assert "100 times" not in judge("f", lambda: 300, (), 3).text
    assert "True or False is expected" in judge("f", 1, None, True).text


def test_arguments_are_the_students_own() -> None:
    given = [1, 2]

    def spoil(values: list[int]) -> int:
        values.append(3)
        return len(values)

    assert judge("f", spoil, (given,), 3)
    assert given == [1, 2]


def test_counts(capsys: pytest.CaptureFixture[str]) -> None:
    forget()
    public("f", lambda x: x, (1,), 1)
    public("f", lambda x: x, (2,), 3)
    summary(2, 5)
    said = capsys.readouterr().out
    assert "1 of 2 public checks passed; 5 hidden checks remain." in said
    assert said.endswith("Not yet: f.\n")
    public("f", lambda x: x + 1, (2,), 3)  # repaired and run again
    summary(2, 5)
    assert "\n2 public checks passed; 5 hidden checks remain." in capsys.readouterr().out
    assert outcomes() == {("f", "(1,)"): True, ("f", "(2,)"): True}
    summary(2, 0)
    assert "a person reads the rest" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "right"),
    [(True, True), (np.bool_(False), False), (" yes ", "yes"), (None, None), ({"a": (1,)}, {"a": [1]}), (10**400, 10**400),
     (0, 0), (1e-10, 0), ([], []), ("", "")],
)  # fmt: skip
def test_other_kinds_of_answers(answer: Any, right: Any) -> None:
    assert deviation(answer, right) == ""


def test_tolerances() -> None:
    assert deviation(1.0101, 1.0)
    assert not deviation(1.0099, 1.0)
    assert deviation(1.002, 1.0, 1e-3)
    assert not deviation(0.05, 0, absolute=0.1)
    assert deviation([1.0, 1e-6], [1.0, 0.0])
    assert plain({"a": np.array([(1, 2)])}) == {"a": [[1, 2]]}
