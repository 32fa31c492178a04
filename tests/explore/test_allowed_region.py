"""The closing region: pieces against brute force on grids, jammed points against the library, and Euler's relation between them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from learnscape.explore import allowed_region
from learnscape.jamming import perceptron

EXPLORABLE = allowed_region()


def _directions(answer: dict[str, np.ndarray], patterns: int) -> tuple[np.ndarray, np.ndarray]:
    return answer["plane"].reshape(-1, 2)[:patterns], answer["directions"].reshape(-1, 3)[:patterns]


@pytest.mark.parametrize("kappa", [-1.5, -1.2, -0.9, -0.6, 0.0, 0.4])
def test_pieces_of_the_circle_by_trying_every_direction(kappa: float) -> None:
    angle = np.linspace(0, 2 * np.pi, 100_000, endpoint=False)
    points = np.array([np.cos(angle), np.sin(angle)])
    for draw in range(12):
        for patterns in (4, 9, 16):
            answer = EXPLORABLE.evaluate(kappa=kappa, patterns=patterns, draw=draw)
            least = (_directions(answer, patterns)[0] @ points).min(axis=0)
            allowed = least >= kappa / math.sqrt(2)
            starts = int((allowed & ~np.roll(allowed, 1)).sum()) or int(allowed.all())
            assert answer["pieces_circle"][0] == starts
            assert answer["last_circle"][0] == pytest.approx(math.sqrt(2) * least.max(), abs=1e-4)


def _grid(points: int) -> np.ndarray:
    i = np.arange(points)
    z = 1 - (2 * i + 1) / points
    angle = i * math.pi * (3 - math.sqrt(5))
    return np.stack([np.sqrt(1 - z * z) * np.cos(angle), np.sqrt(1 - z * z) * np.sin(angle), z], axis=1)


def test_pieces_of_the_sphere_against_a_fine_grid() -> None:
    """60,000 points joined to their neighbours. The grid tears cusps into specks, so its pieces are counted where jammed points lie."""
    grid = _grid(60_000)
    spacing = math.sqrt(4 * math.pi / len(grid))
    several = 0
    for draw in range(12):
        for kappa in (-1.3, -1.1, -0.9, -0.5, 0.1):
            answer = EXPLORABLE.evaluate(kappa=kappa, patterns=12, draw=draw)
            t = kappa / math.sqrt(3)
            allowed = grid[(_directions(answer, 12)[1] @ grid.T).min(axis=0) >= t]
            alive = answer["corners"].reshape(-1, 3)[answer["corner_depth"] > t]
            if answer["holding"][0] == 2 and answer["last_sphere"][0] > kappa:
                alive = np.vstack([alive, answer["facing"]])
            pieces = len(alive)
            if len(allowed) and len(alive):
                tree = cKDTree(allowed)
                pairs = tree.query_pairs(1.5 * spacing, output_type="ndarray")
                graph = coo_array((np.ones(len(pairs)), pairs.T), shape=(len(allowed), len(allowed)))
                labels = connected_components(graph, directed=False)[1]
                distance, nearest = tree.query(alive)
                seen = distance < 1.5 * spacing
                pieces = len(set(labels[nearest[seen]].tolist())) + int((~seen).sum())
            assert answer["pieces_sphere"][0] == pieces, (draw, kappa)
            several += pieces > 1 and len(alive) > pieces
    assert several > 5, "no draw in which pieces join several jammed points"


def test_peaks_minus_passes_plus_bottoms_is_two() -> None:
    """Euler's relation for the smallest u.x on the sphere: its minima are the P points opposite to the patterns."""
    positive = 0
    for draw in range(60):
        for patterns in (4, 8, 12, 16):
            answer = EXPLORABLE.evaluate(kappa=-1.75, patterns=patterns, draw=draw)
            peaks = int((answer["corner_depth"] > -2).sum()) + int(answer["holding"][0] == 2)
            positive += int(answer["holding"][0] == 2)
            assert peaks - answer["passes"][0] + patterns == 2
            assert answer["pieces_sphere"][0] == 1, "nothing is forbidden"
    assert positive > 0, "no draw tested the positive margin"


@pytest.mark.kernels
def test_jammed_points_are_those_that_the_library_finds() -> None:
    """From many starts, jam ends in these points and no others, with N = 3 contacts; the last point is the best of them."""
    answer = EXPLORABLE.evaluate(kappa=-1.75, patterns=12, draw=4)
    patterns = math.sqrt(3) * _directions(answer, 12)[1]
    margins = math.sqrt(3) * np.sort(answer["corner_depth"][answer["corner_depth"] > -2])
    found = {
        round(perceptron.jam(3, 4.0, patterns=patterns, method="edges", rng=seed).kappa, 9)
        for seed in range(60)
    }
    for kappa in found:
        assert np.abs(margins - kappa).min() < 1e-8
    assert max(found) == pytest.approx(answer["last_sphere"][0], abs=1e-8)
    assert len(found) >= len(margins) / 2
    assert answer["holding"][0] == 3


@pytest.mark.kernels
def test_a_region_above_the_last_margin_is_empty() -> None:
    for draw in range(20):
        last = EXPLORABLE.evaluate(draw=draw)["last_sphere"][0]
        below = EXPLORABLE.evaluate(draw=draw, kappa=max(last - 1e-6, -1.75))
        above = EXPLORABLE.evaluate(draw=draw, kappa=last + 1e-6)
        assert below["pieces_sphere"][0] == 1
        assert above["pieces_sphere"][0] == above["corners_alive"][0] == 0
        assert not (above["fate"] == 12).any()


@pytest.mark.kernels
def test_opening_state_and_the_answer_to_the_question() -> None:
    answer = EXPLORABLE.evaluate()
    assert answer["pieces_circle"][0] == 2
    assert answer["pieces_sphere"][0] == 4
    assert answer["last_sphere"][0] == pytest.approx(-0.8524, abs=1e-4)
    assert EXPLORABLE.question.choices[EXPLORABLE.question.answer] == f"{answer['holding'][0]:.0f}"
