"""Students drawn together in the page: their steps against plain NumPy, their pictures against their weights, and the numbers of the question."""

from __future__ import annotations

import numpy as np
import pytest

from learnscape.explore import focusing_replicas
from learnscape.explore.actions import ADVANCE
from learnscape.explore.dense import focusing_replicas as module

OUT, N = module.OUT, module.N


def weights_of(state: np.ndarray, a: int) -> np.ndarray:
    row = state[OUT.weights + a * module.W : OUT.weights + (a + 1) * module.W]
    return np.where(np.unpackbits(row.view(np.uint8), bitorder="little")[:N], 1, -1)


def patterns_of(state: np.ndarray, p: int) -> np.ndarray:
    return state[OUT.numbers : OUT.numbers + p * N].reshape(p, N).copy()


def hidden_of(state: np.ndarray, y: int) -> np.ndarray:
    return state[OUT.hidden : OUT.hidden + y * module.FILLED].reshape(y, -1)[:, :N].copy()


@pytest.mark.parametrize(("y", "coupling"), [(3, 0), (5, 1), (9, 2)])
def test_a_sweep_is_that_of_the_formula(y: int, coupling: int) -> None:
    values = {"load": 0.5, "y": y, "coupling": coupling}
    explorable, state = focusing_replicas(), np.zeros(module.LAYOUT.size)
    explorable.run(state, values, seed=3)
    p = int(0.5 * N + 0.5)
    xi, h = patterns_of(state, p), hidden_of(state, y)
    assert set(np.unique(xi)) == {-1.0, 1.0}
    rate = module.RATES[coupling]
    for sweep in range(6):
        explorable.run(state, values, ADVANCE)
        orders = state[OUT.orders : OUT.orders + y * module.MOST_P].reshape(y, -1)[:, :p].astype(int)
        assert all(sorted(row) == list(range(p)) for row in orders)
        gamma = module.FIRST + rate * sweep
        for start in range(0, p, module.BATCH):
            w = np.where(h > 0, 1, -1)
            for a in range(y):
                seen = xi[orders[a, start : start + module.BATCH]]
                h[a] += module.STEP * seen[seen @ w[a] < 1].sum(axis=0)
            if rate > 0:
                w = np.where(h > 0, 1, -1)
                h += module.PULL * (np.tanh(gamma * w.sum(axis=0)) - w)
        np.testing.assert_allclose(hidden_of(state, y), h, atol=1e-9)
    assert state[OUT.gamma] == pytest.approx(gamma if rate > 0 else 0.0)


def test_the_picture_is_that_of_the_weights() -> None:
    y, values = 5, {"load": 0.6, "y": 5, "coupling": 2}
    explorable, state = focusing_replicas(), np.zeros(module.LAYOUT.size)
    explorable.run(state, values, seed=2)
    for _ in range(25):
        explorable.run(state, values, ADVANCE)
        named = explorable.named(state)
        xi = patterns_of(state, int(0.6 * N + 0.5))
        w = np.array([weights_of(state, a) for a in range(y)])
        centre = np.sign(w.sum(axis=0)).astype(int)
        assert np.array_equal(weights_of(state, module.MOST_Y), centre)
        errors = (xi @ w.T < 0).sum(axis=0)
        assert named["centre_errors"][0] == (xi @ centre < 0).sum()
        assert named["fewest"][0] == errors.min()
        assert named["mean_errors"][0] == pytest.approx(errors.mean())
        overlaps = (w @ w.T / N)[np.triu_indices(y, 1)]
        assert named["overlap"][0] == pytest.approx(overlaps.mean())
        solved = errors == 0
        for x, z, shown in (("open_x", "open_y", ~solved), ("done_x", "done_y", solved)):
            radius = np.hypot(named[x], named[z])[:y]
            np.testing.assert_allclose(radius[shown], (w != centre).mean(axis=1)[shown], atol=1e-12)
            assert np.isnan(radius[~shown]).all()
            assert np.isnan(named[x][y:]).all()


def test_learning_ends_when_all_have_learned_or_time_is_over() -> None:
    explorable = focusing_replicas()
    good = explorable.evaluate(steps=module.BUDGET + 3, load=0.5, y=7, coupling=2)
    assert good["together"][0] == good["finished"][0] == 1.0
    assert good["mean_errors"][0] == good["fewest"][0] == 0.0
    assert good["centre_first"][0] <= good["sweeps"][0] < module.BUDGET
    bad = explorable.evaluate(steps=module.BUDGET + 3, load=0.75, y=3, coupling=0)
    assert bad["given_up"][0] == bad["finished"][0] == 1.0
    assert bad["sweeps"][0] == module.BUDGET == bad["time"][-1]


@pytest.mark.slow
@pytest.mark.weekly
def test_who_learns_alone_and_who_together() -> None:
    """The numbers of the question: problems of 20 in which a student succeeds, and the first and the last sweep at which all have."""
    found = []
    for coupling in (0, 1, 2):
        runs = [
            focusing_replicas().evaluate(steps=module.BUDGET, load=0.6, y=7, coupling=coupling, seed=s)
            for s in range(1, 21)
        ]
        ended = [int(run["sweeps"][0]) for run in runs]
        found.append((sum(bool(run["student_first"][0] > 0) for run in runs), min(ended), max(ended)))
    assert found == [(3, 200, 200), (20, 102, 155), (20, 28, 38)]
