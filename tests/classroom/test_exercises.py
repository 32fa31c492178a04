"""Every exercise of every chapter: the right answer passes, each wrong one is told apart and gets its own reason."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from learnscape.classroom import chapters, check, exercises_of
from learnscape.classroom.kinds import Choice, Function, Number
from learnscape.classroom.number import quietly

EVERY = [
    (f"{chapter}/{name}", found) for chapter in chapters() for name, found in exercises_of(chapter).items()
]
NUMBERS = [pytest.param(i, e, id=i) for i, e in EVERY if isinstance(e, Number)]
CHOICES = [pytest.param(i, e, id=i) for i, e in EVERY if isinstance(e, Choice)]
FUNCTIONS = [pytest.param(i, e, id=i) for i, e in EVERY if isinstance(e, Function)]

BLOCK = re.compile(
    r'^````\{exercise\}(?P<text>.*?)^````$.*?check\("(?P<identifier>[\w/-]+)"', re.DOTALL | re.MULTILINE
)
DIGITS = re.compile(r"\b(two|three|four|five|six) (?:significant )?(digits|decimals)\b", re.IGNORECASE)
# What the text of an exercise asks for: its identifier -> ("three", "decimals").
ASKED = {
    block["identifier"]: digits.groups()
    for file in sorted((Path(__file__).parents[2] / "chapters").glob("*/*.md"))
    for block in BLOCK.finditer(file.read_text(encoding="utf-8"))
    if (digits := DIGITS.search(block["text"]))
}


def as_asked(identifier: str, value: float) -> float:
    """The value, rounded to the digits that the text of the exercise asks for."""
    if identifier not in ASKED:
        return value
    words, kind = (word.lower() for word in ASKED[identifier])
    count = ("zero", "one", "two", "three", "four", "five", "six").index(words)
    return float(f"{value:.{count}f}" if kind == "decimals" else f"{value:.{count - 1}e}")


def test_there_are_exercises() -> None:
    assert NUMBERS
    assert FUNCTIONS
    assert len(ASKED) > 40


@pytest.mark.parametrize(("identifier", "exercise"), NUMBERS)
def test_right_number_passes_also_rounded(identifier: str, exercise: Number) -> None:
    right = float(quietly(exercise.right))
    feedback = check(identifier, right)
    assert feedback
    assert feedback.text == exercise.matters
    assert check(identifier, as_asked(identifier, right)), "rounded as its text asks"
    tolerance = exercise.tolerance(right)
    for edge in (right - 0.99 * tolerance, right + 0.99 * tolerance):
        assert check(identifier, edge), (identifier, edge)
    for outside in (right - 1.01 * tolerance, right + 1.01 * tolerance):
        assert check(identifier, outside).status == "wrong", (identifier, outside)


@pytest.mark.parametrize(("identifier", "exercise"), NUMBERS)
def test_wrong_numbers_are_recognised(identifier: str, exercise: Number) -> None:
    right = float(quietly(exercise.right))
    reasons = [mistake.reason for mistake in exercise.wrong]
    assert len(set(reasons)) == len(reasons), "two mistakes with the same reason"
    for mistake in exercise.wrong:
        value = float(quietly(mistake.value))
        assert math.isfinite(value), mistake.reason
        assert abs(value - right) > exercise.tolerance(right), f"as good as right: {mistake.reason}"
        feedback = check(identifier, value)
        assert feedback.status == "wrong"
        assert feedback.text == mistake.reason
        rounded = as_asked(identifier, value)
        if abs(rounded - value) < 0.05 * abs(value):  # at least two digits are left
            assert check(identifier, rounded).text == mistake.reason, (rounded, "rounded as its text asks")


@pytest.mark.parametrize(("identifier", "exercise"), NUMBERS)
def test_every_number_says_something_useful(identifier: str, exercise: Number) -> None:
    assert len(exercise.wrong) >= 1, "name at least one typical wrong answer"
    assert len(exercise.matters) > 40
    right = float(quietly(exercise.right))
    rules = exercise.rules()
    far = 7.3 * max(abs(rule.value) for rule in rules) + 11.1
    if exercise.whole:
        far = float(round(far))
    assert check(identifier, far).text == exercise.otherwise()
    assert check(identifier, f"{right!r}"), "text of a number is a number"
    assert check(identifier, math.nan).status == "wrong"
    assert check(identifier, None).status == check(identifier, "").status == "missing"


@pytest.mark.parametrize(("identifier", "exercise"), CHOICES)
def test_choices(identifier: str, exercise: Choice) -> None:
    verdicts = {key: check(identifier, key) for key in exercise.keys}
    assert sum(bool(verdict) for verdict in verdicts.values()) == 1
    for key, option in zip(exercise.keys, exercise.options, strict=True):
        assert verdicts[key].text == option.reason
        assert bool(verdicts[key]) == option.right
    assert check(identifier, "z").status == "wrong"
    assert len({option.reason for option in exercise.options}) == len(exercise.options)


@pytest.mark.filterwarnings("ignore::learnscape.errors.ReplicaSymmetryWarning")
@pytest.mark.parametrize(("identifier", "exercise"), FUNCTIONS)
def test_functions(identifier: str, exercise: Function) -> None:
    assert check(identifier, exercise.reference).text == exercise.matters
    assert exercise.wrong
    assert len(exercise.inputs) >= 2
    assert all(len(arguments) == len(exercise.parameters) for arguments in exercise.inputs)
    for variant in exercise.wrong:
        feedback = check(identifier, variant.function)
        assert feedback.status == "wrong"
        assert feedback.text == variant.reason
    assert check(identifier, lambda *arguments: None).status == "missing"
    assert check(identifier, lambda *arguments: math.nan).status == "wrong"
    assert "ZeroDivisionError" in check(identifier, lambda *arguments: 1 / 0).text
