"""The two explorables on Cover's count, against exhaustive labelling and the exact count."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from learnscape.explore import cover_dichotomies, cover_fraction
from learnscape.learn import separable
from learnscape.learn.cover import separable_fraction

pytestmark = pytest.mark.kernels
COORDINATE = st.integers(-20, 20)


def _evaluate(points: np.ndarray, turn: float) -> dict[str, np.ndarray]:
    """The explorable at points given in units of its grid."""
    named = {
        f"{axis}{mu + 1}": float(xi[k]) / 20 for mu, xi in enumerate(points) for k, axis in enumerate("xy")
    }
    return cover_dichotomies().evaluate(p=len(points), turn=turn, **named)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(COORDINATE, COORDINATE), min_size=1, max_size=5), st.floats(0, 1))
def test_dichotomies_are_those_a_linear_program_finds(drawn: list[tuple[int, int]], turn: float) -> None:
    points = np.array(drawn)
    assume(np.all(np.abs(points).sum(axis=1) > 0))
    answer = _evaluate(points, turn)
    expected = {
        int("".join("1" if y > 0 else "0" for y in labels), 2)
        for labels in itertools.product([-1, 1], repeat=len(points))
        if separable(np.array(labels)[:, None] * points.astype(float)).separable
    }
    codes = answer["codes"][answer["codes"] >= 0].astype(int).tolist()
    assert len(codes) == len(set(codes)) == answer["count"][0]
    assert set(codes) == expected
    lines = len({tuple(np.sign(x or y) * np.array([x, y]) // np.gcd(x, y)) for x, y in drawn})
    assert answer["count"][0] == 2 * lines
    assert (answer["degenerate"][0] == 1) == (lines < len(points))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(COORDINATE, COORDINATE), min_size=1, max_size=7), st.floats(0, 1))
def test_the_line_shown_gives_the_labels_shown(drawn: list[tuple[int, int]], turn: float) -> None:
    points = np.array(drawn)
    assume(np.all(np.abs(points).sum(axis=1) > 0))
    answer = _evaluate(points, turn)
    normal, labels = answer["normal"], answer["labels"][: len(points)]
    assert np.hypot(*normal) == pytest.approx(1, abs=1e-12)
    assert np.array_equal(np.sign(points @ normal), labels)
    assert int("".join("1" if y > 0 else "0" for y in labels), 2) == answer["code"][0]
    assert answer["codes"][int(answer["chosen"][0]) - 1] == answer["code"][0]


def test_one_turn_of_the_slider_passes_every_dichotomy_once() -> None:
    shown = [cover_dichotomies().evaluate(p=6, turn=t)["code"][0] for t in np.linspace(0, 1, 201)]
    changes = [a for a, b in itertools.pairwise(shown) if a != b] + [shown[-1]]
    assert len(changes) == len(set(changes)) == 12
    assert all(
        bin(int(a) ^ int(b)).count("1") == 1 for a, b in itertools.pairwise(changes)
    )  # one label at a time


def test_a_point_at_the_origin_has_no_label() -> None:
    answer = _evaluate(np.array([[0, 0], [1, 2]]), 0.3)
    assert answer["status"][0] == 1
    assert answer["count"][0] == 0
    assert 1 in cover_dichotomies().messages


@pytest.mark.parametrize("n", [1, 2, 7, 20, 333, 1000])
def test_fraction_is_the_exact_count(n: int) -> None:
    for load in (0.1, 1.0, 1.7, 2.0, 2.4, 4.0):
        answer = cover_fraction().evaluate(n=n, load=load)
        p = int(answer["points"][0])
        assert p == max(1, np.floor(load * n + 0.5))
        assert answer["fraction"][0] == pytest.approx(separable_fraction(p, n), abs=1e-11)
    points = np.rint(answer["curve_load"] * n)
    assert np.abs(answer["curve_fraction"] - separable_fraction(points, n)).max() < 1e-11
    assert answer["curve_load"][-1] == pytest.approx(4)
    for name, level in (("load_90", 0.9), ("load_10", 0.1)):  # between the two neighbouring numbers of points
        below, above = np.floor(answer[name][0] * n), np.ceil(answer[name][0] * n)
        assert separable_fraction(above, n) <= level <= separable_fraction(max(below, 1), n)
