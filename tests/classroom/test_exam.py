"""The examination: a solution for each question, in no page; its numbers are computed."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom, norm

from learnscape import Binary, Margin, Spherical, SymmetricMargin
from learnscape.learn.cover import dichotomies
from learnscape.replica import franz_parisi, parisi, rs


@pytest.fixture(scope="module")
def questions(root: Path) -> dict[int, str]:
    text = (root / "chapters/classroom/exam.md").read_text(encoding="utf-8")
    return {
        int(number): words
        for number, words in re.findall(
            r"\*\*Question (\d+)\*\* (.+?)(?=\n\*\*Question|\n## |\Z)", text, re.DOTALL
        )
    }


@pytest.fixture(scope="module")
def solutions(root: Path) -> dict[int, str]:
    parts = re.split(r"^## Question (\d+)$", (root / "classroom/exam_solutions.md").read_text(encoding="utf-8"), flags=re.MULTILINE)  # fmt: skip
    return {int(number): words for number, words in zip(parts[1::2], parts[2::2], strict=True)}


def test_each_question_has_points_minutes_and_a_solution(
    questions: dict[int, str], solutions: dict[int, str]
) -> None:
    assert list(questions) == list(solutions) == list(range(1, 17))
    for number, words in questions.items():
        head = re.match(r"\((\d+) points, (\d+) minutes\)", words)
        assert head, number
        assert words.count("*And then:*") == 1
        given = re.search(r"^Points: ([\d, ]+)\.", solutions[number], re.MULTILINE)
        parts = [int(points) for points in given[1].split(", ")] if given else [1] * 6
        assert sum(parts) == int(head[1]), number
        assert len(parts) <= len(set(re.findall(r"\(([a-f])\)", words))), number


def test_solutions_stand_in_no_page(root: Path, solutions: dict[int, str]) -> None:
    pages = "\n".join(path.read_text(encoding="utf-8") for path in (root / "chapters").rglob("*.md"))
    for words in solutions.values():
        assert max(words.split("\n"), key=len) not in pages
    assert "](../../classroom" not in pages


def test_numbers_of_the_solutions(solutions: dict[int, str]) -> None:
    lower, upper = franz_parisi.gap(Binary(), Margin(0.0), 0.6) or (math.nan, math.nan)
    matrix = np.kron(np.eye(2), np.full((3, 3), 0.3)) + 0.2 + 0.5 * np.eye(6)
    at_one = float(binom.pmf(51, 101, 0.5))
    harm = 2 * at_one * 51 / 101
    pushes = np.array([0.4, 0.8, 0.9])
    slope = -2 / math.sqrt(2 * math.pi) / 0.25
    said: dict[int, list[str]] = {
        1: [f"={dichotomies(6, 3)}$", f"C(6,4)=2[1+5+10+10]={dichotomies(6, 4)}$"],
        3: [f"{slope:.2f}", f"{2 + 0.1 * slope:.2f}", f"{rs.capacity(Spherical(), Margin(0.1)):.2f}"],
        4: [f"{norm.cdf(1) - norm.cdf(-1):.4f}", f"{math.log(2) / -math.log(norm.cdf(1) - norm.cdf(-1)):.3f}"],
        6: ["957", f"{2 * 957 / 479:.3f}", "1435", f"{2 * 1435 / 479:.3f}", f"{2 * 957 / 500:.3f}"],
        8: [f"{1 / (2 + 0.42311):.5f}"],
        9: [f"{float(pushes @ pushes / pushes.sum()):.3f}"],
        10: [f"{math.sqrt(2 * math.log(2)):.3f}"],
        11: [f"{np.linalg.det(matrix):.4f}"],
        13: [f"{at_one:.4f}", f"{harm:.4f}", f"{101 * (1 - harm) ** 50:.2f}"],
        14: [f"{upper:.3f}", f"{25 * upper:.1f}"],
        15: [f"{-0.5 * math.sqrt(0.8):.3f}"],
    }  # fmt: skip
    assert lower == 0
    for number, values in said.items():
        for value in values:
            assert value in solutions[number], (number, value)
    values, counts = np.unique(np.linalg.eigvalsh(matrix).round(9), return_counts=True)
    assert dict(zip(values.tolist(), counts.tolist(), strict=True)) == {0.5: 4, 1.4: 1, 2.6: 1}
    assert f"{parisi.jamming_exponents().gamma:.5f}" == f"{1 / (2 + parisi.jamming_exponents().theta):.5f}" in solutions[8]  # fmt: skip
    assert rs.capacity(Binary(), SymmetricMargin(1.0)) == pytest.approx(1.816, abs=5e-4)
