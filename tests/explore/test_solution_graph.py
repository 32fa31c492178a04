"""The graph of solutions against enumeration by the library and components by SciPy, before and after a change of the patterns."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from learnscape.explore import solution_graph
from learnscape.learn import enumerate_solutions

N = 13


@pytest.mark.parametrize(
    ("patterns", "kappa", "steps", "seed"), [(8, 0.0, 0, 4), (6, 0.3, 5, 2), (11, -0.2, 3, 7)]
)
def test_the_graph_is_that_of_all_solutions(patterns: int, kappa: float, steps: int, seed: int) -> None:
    shown = solution_graph().evaluate(patterns=patterns, kappa=kappa, steps=steps, seed=seed)
    xi = shown["_patterns"].reshape(-1, N)[:patterns]
    found = enumerate_solutions(xi, kappa, return_solutions=True).solutions
    assert found is not None
    codes = (found > 0) @ (1 << np.arange(N))
    assert set(codes) == set(np.flatnonzero(shown["_label"]))
    assert shown["solutions"][0] == len(codes)
    flips = (N - found.astype(int) @ found.T) // 2
    number, label = connected_components(csr_matrix(flips == 1), directed=False)
    sizes = np.bincount(label, minlength=1) if len(codes) else np.zeros(0, int)
    assert shown["isolated"][0] == (sizes == 1).sum()
    assert shown["clusters"][0] == (sizes > 1).sum()
    assert shown["largest"][0] == sizes.max(initial=0)
    assert np.unique(np.stack([label, shown["_label"][codes]]), axis=1).shape[1] == number
    edges = np.isfinite(shown["edge_x"]).sum() / 2
    assert edges == (flips == 1).sum() / 2
    if len(codes) > 1:
        nearest = np.where(flips == 0, N, flips).min(axis=1)
        share = np.bincount(np.minimum(nearest, 7), minlength=8)[1:] / len(codes)
        assert np.allclose(shown["share"], share)


def test_patterns_keep_their_variance_and_survivors_are_counted() -> None:
    graph = solution_graph()
    first, later = graph.evaluate(steps=0, seed=4), graph.evaluate(steps=20, seed=4)
    correlation = np.corrcoef(first["_patterns"], later["_patterns"])[0, 1]
    assert abs(correlation - (1 - 0.1**2) ** 10) < 0.05
    assert abs(later["_patterns"].std() - 1.0) < 0.2
    assert later["finished"][0] == 1.0
    own = np.where(first["_label"] > 0, first["_size"][first["_label"].astype(int)], 0)
    there = later["_label"] > 0
    assert later["alone_left"][0] == there[own == 1].sum()
    clusters = [there[first["_label"] == c].any() for c in np.unique(first["_label"][own > 1])]
    assert later["cluster_left"][0] == sum(clusters)
    assert later["cluster_share"][20] == pytest.approx(np.mean(clusters))


def test_more_patterns_and_a_larger_margin_only_take_solutions_away() -> None:
    graph = solution_graph()
    sets = [
        set(np.flatnonzero(graph.evaluate(steps=0, patterns=p, kappa=k)["_label"]))
        for p, k in ((6, 0.0), (8, 0.0), (8, 0.2))
    ]
    assert sets[0] > sets[1] > sets[2]


def test_the_drawing_fills_its_square() -> None:
    shown = solution_graph().evaluate(steps=3)
    kinds = ("alone", "largest", "other", "lost")
    for_axis = [np.concatenate([shown[f"{kind}_{axis}"] for kind in kinds]) for axis in ("x", "y")]
    assert np.nanmax(np.abs(for_axis)) == pytest.approx(1.0)
    assert max(np.nanmax(places) - np.nanmin(places) for places in for_axis) == pytest.approx(2.0)
