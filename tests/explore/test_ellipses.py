"""The ellipses in the page against the library: contacts, balance of forces and pressure at rest, and the answer to the question."""

from __future__ import annotations

import numpy as np
import pytest

from learnscape.explore import ellipses
from learnscape.explore.actions import ADVANCE, RESTART
from learnscape.explore.jamming.ellipses import N
from learnscape.jamming.ellipses import contact_function


def rest(alpha: float, pressure: float, seed: int) -> dict[str, np.ndarray]:
    thing, values = ellipses(), {"alpha": alpha, "pressure": pressure}
    state = np.zeros(thing.n_outputs)
    thing.run(state, values, RESTART, seed)
    for _ in range(4000):
        if state[0]:
            break
        thing.run(state, values, ADVANCE, seed)
    assert state[0] == 1.0
    return thing.named(state)


def overlaps(
    answer: dict[str, np.ndarray], points: np.ndarray, angles: np.ndarray, box: float
) -> dict[tuple[int, int], float]:
    """1 - g of all overlapping pairs, by the library's contact function."""
    axes, found = np.stack([answer["long"], answer["short"]], axis=1), {}
    for i in range(N):
        for j in range(i):
            d = points[i] - points[j]
            d -= box * np.round(d / box)
            if d @ d < (axes[i, 0] + axes[j, 0]) ** 2:
                g = contact_function(d, axes[[i, j]], angles[[i, j]])
                if g < 1:
                    found[j, i] = 1 - g
    return found


@pytest.mark.parametrize(("alpha", "pressure", "seed"), [(1.1, 0.001, 1), (1.6, 0.005, 2), (2.4, 0.001, 3)])
def test_a_state_at_rest_is_what_it_says(alpha: float, pressure: float, seed: int) -> None:
    answer = rest(alpha, pressure, seed)
    points, angles, box = answer["positions"].reshape(2, N).T, answer["angles"], float(answer["box"][0])
    np.testing.assert_allclose(answer["long"] / answer["short"], alpha, rtol=1e-12)
    assert answer["phi"][0] == pytest.approx(
        np.pi * np.sum(answer["long"] * answer["short"]) / box**2, rel=1e-12
    )
    found = overlaps(answer, points, angles, box)

    remain, loose = set(found), set()
    while True:
        degree = np.bincount(np.array(sorted(remain)).ravel(), minlength=N)
        new = {k for k in range(N) if degree[k] < 3} - loose
        if not new:
            break
        loose |= new
        remain = {pair for pair in remain if not loose & set(pair)}
    assert set(np.flatnonzero(answer["rattler"])) == loose
    held = N - len(loose)
    assert answer["contacts"][0] == len(remain)
    assert answer["coordination"][0] == pytest.approx(2 * len(remain) / held)
    assert answer["missing"][0] == 3 * held - 1 - len(remain)

    def energy(x: np.ndarray, turn: np.ndarray, side: float) -> float:
        return 0.5 * sum(o * o for o in overlaps(answer, x, turn, side).values())

    h = 1e-6
    enthalpy = [energy(points * s, angles, box * s) + pressure * (box * s) ** 2 for s in (1 + h, 1 - h)]
    assert abs(enthalpy[0] - enthalpy[1]) / (2 * h) < 0.02 * pressure * box**2, "the box is in balance"
    scale = np.mean(list(found.values()))
    for k in (0, N // 2, N - 1):
        bump = np.zeros(N)
        bump[k] = h
        turned = (energy(points, angles + bump, box) - energy(points, angles - bump, box)) / (2 * h)
        shift = np.zeros((N, 2))
        shift[k, 0] = h
        moved = (energy(points + shift, angles, box) - energy(points - shift, angles, box)) / (2 * h)
        assert abs(turned) < 0.02 * scale
        assert abs(moved) < 0.02 * scale


def test_the_answer_to_the_question() -> None:
    """Slightly stretched discs: more contacts than discs, clearly fewer than six."""
    z = [float(rest(1.1, 0.001, seed)["coordination"][0]) for seed in range(4)]
    assert 4.2 < min(z) <= max(z) < 5.7
