"""Typed numbers: one table of cases for Python and for the page, and random texts on which both must agree."""

from __future__ import annotations

import json
import math
import random
import shutil
import subprocess
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from learnscape.classroom import Mistake, Number, box, chapters, check, exercises_of
from learnscape.classroom.reading import readings, value_of
from learnscape.page import __file__ as page_file

CASES = json.loads(Path(__file__).with_name("typed_numbers.json").read_text(encoding="utf-8"))
NUMBERS = [
    f"{chapter}/{name}"
    for chapter in chapters()
    for name, e in exercises_of(chapter).items()
    if isinstance(e, Number)
]
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")


def _plain(numbers: list[float]) -> list[Any]:
    return [number if math.isfinite(number) else str(number) for number in numbers]


def _in_page(numbers: list[Any], judged: list[Any]) -> dict[str, Any]:
    folder = Path(page_file).parent / "js"
    question = json.dumps({"folder": str(folder), "numbers": numbers, "judged": judged})
    script = Path(__file__).with_name("in_page.mjs")
    done = subprocess.run(
        ["node", str(script)], input=question, capture_output=True, text=True, check=True, encoding="utf-8"
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("case", CASES, ids=[repr(case["text"]) for case in CASES])
def test_python_reads(case: dict[str, Any]) -> None:
    found = readings(case["text"], unit=case.get("unit", ""), whole=case.get("whole", False))
    assert _plain(found) == case["readings"]


@needs_node
def test_the_page_reads_the_same_table() -> None:
    asked = [[case["text"], case.get("unit", ""), case.get("whole", False)] for case in CASES]
    found = _in_page(asked, [])["readings"]
    assert dict(zip(map(str, asked), found, strict=True)) == {
        str(question): case["readings"] for question, case in zip(asked, CASES, strict=True)
    }


def _random_texts(count: int) -> list[list[Any]]:
    """Texts made of the pieces that numbers are made of, and of some that they are not."""
    dice = random.Random(8)
    pieces = ["1", "12", "123", "000", "0", ".", ",", " ", "\u00a0", "'", "_", "-", "\u2212", "+", "/", "e", "E", "%", "10^", "*10^",
              "·10", "⁻²", "³", " per cent", "nats", "bits", "\u0663", "\U0001d7d9", "\ufeff", "x", "\x1c", "\x85", "1,234", "1.234"]  # fmt: skip
    return [
        [
            "".join(dice.choices(pieces, k=dice.randint(1, 6))),
            dice.choice(["", "nats", "%"]),
            dice.random() < 0.5,
        ]
        for _ in range(count)
    ]


@needs_node
def test_page_and_python_agree_on_random_texts() -> None:
    asked = _random_texts(20_000)
    expected = [_plain(readings(text, unit=unit, whole=whole)) for text, unit, whole in asked]
    assert sum(bool(numbers) for numbers in expected) > 1000, "many of them are numbers"
    found = _in_page(asked, [])["readings"]
    different = [(q, p, j) for q, p, j in zip(asked, expected, found, strict=True) if p != j]
    assert different == []


@needs_node
def test_page_and_python_give_the_same_verdict() -> None:
    asked, expected = [], []
    for identifier in NUMBERS:
        exercise = exercises_of(identifier.split("/")[0])[identifier.split("/")[1]]
        spec = box.spec(identifier, exercise, judge="page")
        texts = ["", "0.5", "1/2", "two", "1/0", "1,898", "17.5", "25 %"]
        for rule in spec["rules"]:
            for number in (rule["value"], rule["value"] + 0.7 * rule["tolerance"], rule["value"] * 1.004):
                texts += [repr(number), f"{number:.3g}".replace(".", ","), f"{100 * number:.6f} %"]
        for text in texts:
            asked.append([spec, text])
            verdict = exercise.judge_typed(text)
            expected.append({"status": verdict.status, "text": verdict.text})
    assert _in_page([], asked)["verdicts"] == expected


FOURTEEN = Number(ask="n", right=lambda: 14.0, matters="m", whole=True)


@pytest.mark.parametrize(
    "answer",
    [14, "14", "14.0", [14], (14,), {14}, [[14]], ["14"], 14.0, np.int64(14), np.uint8(14), np.float32(14), np.array(14), np.array([14]),
     np.array([[14.0]]), np.array(14, dtype=object), Fraction(14), Decimal("14"), "28/2", "1400 %", "1.4e1", " 14,0 "],
    ids=repr,
)  # fmt: skip
def test_every_usual_form_of_the_right_answer_counts(answer: object) -> None:
    assert FOURTEEN.judge(answer), FOURTEEN.judge(answer)


@pytest.mark.parametrize(
    "answer", [10**400, [1, 2], {}, [], {"a": 14}, "fourteen", object, b"x", True, np.ma.masked, np.array([])]
)
def test_what_is_no_number_gets_a_sentence(answer: object) -> None:
    verdict = FOURTEEN.judge(answer)
    assert verdict.status == "wrong"
    assert len(verdict.text) > 20


def test_a_list_in_itself_and_a_hostile_object_are_survived() -> None:
    endless: list[Any] = []
    endless.append(endless)

    class Hostile:
        def __float__(self) -> float:
            raise RuntimeError("no")

        def __repr__(self) -> str:
            raise RuntimeError("no")

    for answer in (endless, Hostile(), [Hostile()]):
        assert FOURTEEN.judge(answer).status == "wrong"
    assert "object of type Hostile" in str(value_of(Hostile()))
    assert check("perceptron/scale", Hostile()).status == "wrong"


@pytest.mark.parametrize("answer", [15, 13, 14.1, 14.004, "14,1"])
def test_no_whole_number_is_close(answer: object) -> None:
    verdict = FOURTEEN.judge(answer)
    assert verdict.status == "wrong"
    assert "Close" not in verdict.text


def test_half_a_pattern_is_not_right() -> None:
    verdict = check("perceptron/specification", 1898.5)
    assert verdict.status == "wrong"
    assert "whole number" in verdict.text
    assert check("perceptron/specification", "1,898")
    assert check("perceptron/specification", "1.898")
    assert check("perceptron/specification", "1 898")


def test_digits_cut_off_are_not_right() -> None:
    number = Number(ask="x", right=lambda: 0.455664, matters="m", absolute=1e-4)
    assert number.judge(0.4557)
    assert number.judge(0.45566)
    assert "cut off" in number.judge(0.4556).text
    assert "cut off" in number.judge_typed("0,4556").text
    negative = Number(ask="x", right=lambda: -0.455664, matters="m", absolute=1e-4)
    assert "cut off" in negative.judge(-0.4556).text
    assert Number(ask="x", right=lambda: 0.45562, matters="m", absolute=1e-4).judge(0.4556), (
        "rounding is the same here"
    )


@pytest.mark.parametrize("identifier", NUMBERS)
def test_no_exercise_accepts_digits_cut_off(identifier: str) -> None:
    chapter, name = identifier.split("/")
    exercise = exercises_of(chapter)[name]
    right = next(rule for rule in exercise.rules() if rule.status == "correct")
    for decimals in range(1, 8):
        unit = 10.0**-decimals
        cut = math.trunc(right.value / unit) * unit
        if abs(cut - right.value) <= 0.5 * unit * (1 + 1e-9):
            continue  # cutting and rounding are the same
        if exercise.judge(cut):
            assert unit <= right.tolerance, (identifier, cut, "these digits were asked for")


def test_a_slip_is_recognised_from_few_digits() -> None:
    number = Number(
        ask="x", right=lambda: 0.4557, matters="m",
        wrong=(Mistake(lambda: 0.58945, "first moment"), Mistake(lambda: 0.4571, "nearby")),
    )  # fmt: skip
    assert number.judge(0.589).text == "first moment"
    assert number.judge(0.59).text == "first moment"
    assert number.judge(0.4571).text == "nearby"
    assert number.judge(0.4558).text != "nearby", "nearer to the right answer"
    assert number.judge(0.4557)


def test_an_integer_that_overflowed_is_named() -> None:
    number = Number(ask="n", right=lambda: 2.0**31 + 5, matters="m", whole=True)
    with np.errstate(all="ignore"):
        wrapped = np.array(2**31 - 1, dtype=np.int32) + np.array(6, dtype=np.int32)
    assert "32 bits" in number.judge(wrapped).text
    large = Number(ask="n", right=lambda: 2.0**64, matters="m", whole=True)
    assert "64 bits" in large.judge(np.int64(0)).text
