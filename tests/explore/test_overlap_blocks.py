"""The explorable of the overlap matrix: circles are determinants of matrices, the line passes through them and ends at the limit."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from learnscape.explore.replicas.overlap_blocks import MOST, OUTER, overlap_blocks


def matrix(n, sizes, overlaps):
    """Overlaps, the outermost first, in blocks of these sizes."""
    q = np.full((n, n), overlaps[0])
    for size, value in zip(sizes, overlaps[1:], strict=True):
        block = np.arange(n) // size
        q[block[:, None] == block] = value
    np.fill_diagonal(q, 1.0)
    return q


@pytest.mark.parametrize(("levels", "m"), [(0, 4.0), (1, 5.0), (1, 8.0), (2, 4.0), (2, 9.0)])
def test_circles_are_determinants_on_the_line(levels: int, m: float) -> None:
    inner = 0.65
    answer = overlap_blocks().evaluate(levels=levels, q=inner, m=m)
    sizes = [m, math.sqrt(m)][:levels]
    overlaps = [[inner], [OUTER, inner], [OUTER, 0.5 * (OUTER + inner), inner]][levels]
    unit = int(sizes[0]) if sizes else 1
    allowed = np.arange(unit, MOST + 1, unit)
    assert np.array_equal(np.flatnonzero(np.isfinite(answer["exact"])) + 1, allowed)
    for n in allowed:
        expected = np.linalg.slogdet(matrix(n, sizes, overlaps))[1] / n
        assert answer["exact"][n - 1] == pytest.approx(expected, abs=1e-12)
        at = np.interp(n, answer["curve_n"], answer["curve"])
        assert at == pytest.approx(expected, abs=2e-3)  # between points of the line
    assert answer["none"][0] == 0.0
    assert answer["end"][0] == answer["limit"][0]
    assert answer["end"][-1] == pytest.approx(answer["curve"][0], abs=1e-12)


@pytest.mark.parametrize(("levels", "m"), [(1, 2.5), (1, 0.25), (2, 0.25), (2, 5.0)])
def test_where_no_matrix_has_such_blocks_the_formula_remains(levels: int, m: float) -> None:
    answer = overlap_blocks().evaluate(levels=levels, m=m)
    assert not np.isfinite(answer["exact"]).any()
    assert answer["none"][0] == 1.0
    assert np.isfinite(answer["curve"]).all()
    # the limit is what the curve tends to, with an error of first order in n
    near, nearer = (np.interp(n, answer["end_n"][1:], answer["end"][1:]) for n in (0.1, 0.05))
    assert answer["limit"][0] == pytest.approx(2 * nearer - near, abs=0.01)


def test_blocks_and_tree_have_as_many_pieces_as_the_sizes_say() -> None:
    answer = overlap_blocks().evaluate(levels=2, m=4.0)
    high = answer["level1_high"][np.isfinite(answer["level1_high"])]
    assert len(np.unique(high)) == MOST // 4
    assert len(np.unique(answer["level2_high"])) == MOST // 2
    nodes = list(itertools.pairwise(answer["tree_y"][np.isfinite(answer["tree_y"])]))[::2]
    assert [sum(1 for top, _ in nodes if top == -level) for level in range(3)] == [6, 12, 24]
