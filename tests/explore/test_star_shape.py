"""What a point of the star sees, against arcs that are walked step by step."""

from __future__ import annotations

import numpy as np

from learnscape.explore import star_shape
from learnscape.explore.dense.star_shape import FORBIDDEN, GRID, KERNEL, SEEN


def test_seen_and_unseen_points_against_arcs_that_are_walked():
    kappa, x, y = -0.9, 0.1, 0.9
    found = star_shape().evaluate(kappa=kappa, x=x, y=y)
    patterns = found["_directions"].reshape(-1, 3)[:6]
    frame = found["_frame"].reshape(3, 3)
    lift = lambda u, v: np.array([u, v, np.sqrt(max(1 - u * u - v * v, 0.0))]) @ frame  # noqa: E731
    fate = found["fate"].reshape(GRID, GRID)
    here, height = lift(x, y), kappa / np.sqrt(3.0)
    steps = np.linspace(0.0, 1.0, 400)[:, None]
    compared = 0
    for i in range(0, GRID, 5):
        for j in range(0, GRID, 5):
            if np.isnan(fate[i, j]) or fate[i, j] == FORBIDDEN:
                continue
            there = lift((2 * j + 1) / GRID - 1, 1 - (2 * i + 1) / GRID)
            arc = steps * there + (1 - steps) * here
            least = (arc / np.linalg.norm(arc, axis=1)[:, None] @ patterns.T).min() - height
            if abs(least) > 1e-3:
                assert (fate[i, j] >= SEEN) == (least > 0.0)
                compared += 1
    assert compared > 100
    assert (fate == KERNEL).any()
    assert (fate < SEEN)[~np.isnan(fate)].any()


def test_nothing_allowed_is_said() -> None:
    graph = star_shape()
    answer = graph.evaluate(kappa=0.0, patterns=10)
    assert np.isnan(answer["kernel_share"]).all()
    assert answer["region"].tolist() == [0.0], "no share is shown, and no sentence about a region"
    assert graph.evaluate(kappa=-0.9, patterns=10)["region"].tolist() == [1.0]
    assert "no point satisfies" in graph.messages[int(answer["status"][0])]
    assert graph.evaluate()["status"][0] == 0.0
