"""How answers are read and judged, on exercises made for the test."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnscape.classroom import Choice, Function, Mistake, Number, Option, Variant, check
from learnscape.classroom.number import CUT, NEAR
from learnscape.classroom.reading import parse_number

QUARTER = Number(
    ask="A quarter",
    right=lambda: 0.25,
    matters="A quarter is half of a half, and halves are everywhere.",
    wrong=(Mistake(lambda: 0.5, "This is a half."), Mistake(lambda: 0.2501, "This is the trap.")),
    hint="Draw it.",
)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("a quarter", "not a number"),
        (True, "truth value"),
        (0.25 + 1j, "complex"),
        (np.zeros((2, 3)), "array of shape (2, 3)"),
        ([0.25, 0.5], "a list of 2"),
        ((0.25, 0.5), "a tuple of 2"),
        (math.sin, "sin(...)"),
        (object(), "type object"),
        (math.nan, "nan"),
        (math.inf, "inf"),
        (-0.25, "the sign is not"),
        (25, "percentage"),
        (4.0, "one over"),
        (0.5, "a half"),
        (0.2505, "digits"),
        (17, "Draw it."),
    ],
)
def test_wrong_answers_get_words(answer: object, words: str) -> None:
    feedback = QUARTER.judge(answer)
    assert feedback.status == "wrong"
    assert words in feedback.text


@pytest.mark.parametrize("answer", [0.25, np.float64(0.25), np.float32(0.25), np.array(0.25), "0.25", [0.25]])
def test_numbers_of_any_kind_count(answer: object) -> None:
    assert QUARTER.judge(answer)


def test_a_close_mistake_does_not_cover_the_right_answer() -> None:
    assert QUARTER.judge(0.25)
    assert QUARTER.judge(0.2501).text == "This is the trap."


def test_fewer_digits_than_asked_for_are_not_digits_cut_off() -> None:
    pull = Number(ask="pull", right=lambda: 0.32066, absolute=1e-3, matters="m", wrong=(Mistake(lambda: 0.3844, "This is for weak fields."),))  # fmt: skip
    assert pull.judge(0.321)
    assert pull.judge(0.32).text == NEAR
    assert pull.judge(0.38).text == "This is for weak fields."
    assert Number(ask="a", right=lambda: 0.32566, absolute=1e-3, matters="m").judge(0.325).text == CUT
    whole = Number(ask="a", right=lambda: 22 - 1e-14, absolute=1e-2, matters="m")
    assert whole.judge(21.99)  # within the tolerance, and no digits of 22 cut off


def test_missing() -> None:
    function = Function(name="f", parameters=(), reference=int, inputs=((),), matters="m")
    for exercise in (QUARTER, function):
        for nothing in (None, ..., "", " \n"):
            assert exercise.judge(nothing).status == "missing", nothing
        assert exercise.judge_typed("  ").status == "missing"
    assert "one number" in QUARTER.judge_typed("a quarter").text


def test_bits_are_recognised_where_nats_are_due() -> None:
    entropy = Number(ask="s", right=lambda: -1.5, unit="nats per weight", matters="m")
    assert "bits" in entropy.judge(-1.5 / math.log(2)).text


def test_answer_zero_needs_an_absolute_tolerance() -> None:
    with pytest.raises(ValueError, match="absolute"):
        Number(ask="zero", right=lambda: 0.0, matters="m").judge(0.0)
    assert Number(ask="zero", right=lambda: 0.0, matters="m", absolute=1e-6).judge(1e-7)


def test_failure_of_our_own_side_is_not_the_students_fault() -> None:
    with pytest.raises(ZeroDivisionError):
        Number(ask="broken", right=lambda: 1 / 0, matters="m").judge(1.0)


def test_division_by_zero_is_said() -> None:
    assert "division by zero" in QUARTER.judge_typed("1/0").text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_typing_a_number_is_the_same_as_computing_it(number: float) -> None:
    assert parse_number(repr(number)) == number
    assert QUARTER.judge_typed(repr(number)) == QUARTER.judge(number)


@given(
    st.one_of(
        st.none(),
        st.text(),
        st.floats(),
        st.complex_numbers(),
        st.lists(st.floats()),
        st.booleans(),
        st.binary(),
    )
)
def test_any_answer_gets_a_text(answer: object) -> None:
    feedback = QUARTER.judge(answer)
    assert feedback.text
    assert feedback.status in ("missing", "wrong", "correct")


def test_choice_needs_exactly_one_right_option() -> None:
    with pytest.raises(ValueError, match="right options"):
        Choice(ask="?", options=(Option("yes", "r"), Option("no", "r")))
    with pytest.raises(ValueError, match="number of options"):
        Choice(ask="?", options=(Option("yes", "r", right=True),))


def test_function_names_the_first_input_that_differs() -> None:
    square = Function(
        name="square",
        parameters=("x",),
        reference=lambda x: x * x,
        inputs=((1.0,), (2.0,), (3.0,)),
        matters="m",
        wrong=(Variant(lambda x: 2 * x, "Doubled."),),
    )
    assert square.judge(lambda x: x**2)
    assert square.judge(lambda x: 2 * x).text == "Doubled."
    assert square.judge(lambda x: x * x if x < 2.5 else 0.0).text.startswith(
        "square(x=3) returned 0, expected is 9."
    )
    assert "NameError" in square.judge(lambda x: undefined).text  # noqa: F821
    assert "takes" in square.judge(lambda: 1.0).text
    assert square.judge(lambda x: "nine").status == "wrong"
    assert square.judge(lambda x: np.array([x * x])).status == "wrong"
    assert "not a function" in square.judge(9.0).text


@pytest.mark.parametrize(
    "wrapped", [lambda x: np.array([x * x]), lambda x: [x * x], lambda x: np.array([[x * x]])]
)
def test_one_number_in_an_array_is_named(wrapped: Callable[[float], object]) -> None:
    """ "square(x=1) returned [1.], expected is 1." leaves a student who used `fsolve` without an idea."""
    square = Function(
        name="square", parameters=("x",), reference=lambda x: x * x, inputs=((1.0,), (2.0,)), matters="m"
    )
    text = square.judge(wrapped).text
    assert "with one entry" in text
    assert "result[0]" in text
    assert "with one entry" not in square.judge(lambda x: x + 1).text
    assert "with one entry" not in square.judge(lambda x: np.array([x, x])).text


def test_unknown_names_are_helped() -> None:
    with pytest.raises(ValueError, match=r"did you mean 'left-out'.*capacity-at-margin"):
        check("gardner-volume/left-ou", 1)
    with pytest.raises(ValueError, match=r"chapters with exercises: .*gardner-volume"):
        check("gardner/half", 1)
    with pytest.raises(ValueError, match="chapter/name"):
        check("left-out", 1)


def test_feedback_displays() -> None:
    bundle = QUARTER.judge(0.5)._repr_mimebundle_()
    assert bundle["text/plain"] == "Not yet. This is a half."
    assert 'role="status"' in bundle["text/html"]
    risky = Number(ask="<b>", right=lambda: 1.0, matters="<script>").judge(1.0)
    assert "<script>" not in risky._repr_mimebundle_()["text/html"]
