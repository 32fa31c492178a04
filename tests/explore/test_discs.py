"""The discs in the page against the library: forces, counts and frequencies of its states, and the physics that the question asks for."""

from __future__ import annotations

import numpy as np
import pytest

from learnscape.explore import discs
from learnscape.explore.actions import ADVANCE, REDRAW, RESTART
from learnscape.explore.jamming.discs import N
from learnscape.jamming import packings


def rest(phi: float, seed: int, state: np.ndarray | None = None) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """A state at rest, quenched from random positions or reached from another one by moving the slider."""
    thing = discs()
    if state is None:
        state = np.zeros(thing.n_outputs)
        thing.run(state, {"phi": phi}, RESTART, seed)
    else:
        thing.run(state, {"phi": phi}, REDRAW, seed)
    for _ in range(3000):
        if state[0]:
            break
        thing.run(state, {"phi": phi}, ADVANCE, seed)
    assert state[0] == 1.0
    return state, thing.named(state)


def as_packing(answer: dict[str, np.ndarray], tolerance: float = 1e-4) -> packings.Packing:
    """The library's description of the same positions; it takes no step, because they balance well enough."""
    box = float(answer["box"][0])
    points = np.mod(answer["positions"].reshape(2, N).T, box)
    return packings.minimise(points, answer["radii"], box, tolerance=tolerance)


@pytest.mark.parametrize(("phi", "seed"), [(0.86, 1), (0.88, 4), (0.95, 2), (0.90, 11)])
def test_forces_and_counts_are_the_librarys(phi: float, seed: int) -> None:
    _, answer = rest(phi, seed)
    packing = as_packing(answer)
    assert packing.steps == 0
    assert packing.phi == pytest.approx(phi, abs=1e-12)
    assert answer["pressure"][0] == pytest.approx(packing.pressure, rel=1e-10)
    assert answer["energy"][0] == pytest.approx(packing.energy, rel=1e-10)
    assert answer["contacts"][0] == len(packing.contacts)
    assert answer["coordination"][0] == pytest.approx(packing.coordination)
    np.testing.assert_array_equal(answer["rattler"] == 1.0, packing.rattlers)
    count = int(answer["_listed_pairs"][0])
    first, second = answer["first"][:count].astype(int), answer["second"][:count].astype(int)
    ours = {(i, j): f for i, j, f in zip(first, second, answer["force"][:count], strict=True)}
    for (i, j), force in zip(packing.contacts.tolist(), packing.forces, strict=True):
        assert ours[(i, j)] == pytest.approx(force, rel=1e-9)


@pytest.mark.parametrize(("phi", "seed"), [(0.86, 1), (0.88, 4), (0.95, 2)])
def test_frequencies_are_those_of_a_matrix_made_by_differences(phi: float, seed: int) -> None:
    """Second derivatives of the energy by central differences of independently written forces, diagonalised by LAPACK."""
    _, answer = rest(phi, seed)
    box = float(answer["box"][0])
    held = np.flatnonzero(answer["rattler"] == 0.0)
    radii, x = answer["radii"][held], answer["positions"].reshape(2, N).T[held].copy()
    sums = radii[:, None] + radii[None, :]

    def net(points: np.ndarray) -> np.ndarray:
        delta = points[:, None, :] - points[None, :, :]
        delta -= box * np.round(delta / box)
        r = np.sqrt((delta**2).sum(axis=2))
        np.fill_diagonal(r, np.inf)
        overlap = np.clip(1 - r / sums, 0, None)
        return ((overlap / sums / r)[:, :, None] * delta).sum(axis=1).ravel()

    size, h = x.size, 1e-7
    hessian = np.empty((size, size))
    for k in range(size):
        step = np.zeros(size)
        step[k] = h
        up, down = net(x + step.reshape(x.shape)), net(x - step.reshape(x.shape))
        hessian[:, k] = -(up - down) / (2 * h)
    expected = np.sqrt(np.clip(np.linalg.eigvalsh((hessian + hessian.T) / 2), 0, None))
    found = answer["frequencies"][2:size]
    np.testing.assert_allclose(found, expected[2:], atol=2e-5)
    assert found.min() > 0
    assert answer["softest"][0] == found[0]
    assert answer["share"][size - 1] == 1.0


def test_no_pressure_below_jamming_and_isostatic_just_above() -> None:
    for seed in (1, 2, 3, 4, 5, 6):
        state, answer = rest(0.80, seed)
        assert answer["pressure"][0] == 0.0
        assert answer["coordination"][0] == 0.0
        assert answer["rattlers"][0] == N
        state, answer = rest(0.88, seed)
        assert answer["coordination"][0] > 4.3
        last, phi = answer, 0.88
        while answer["pressure"][0] > 0:
            last = {name: value.copy() for name, value in answer.items()}
            phi = round(phi - 0.001, 3)
            state, answer = rest(phi, seed, state)
        assert 0.81 < phi < 0.86
        assert last["coordination"][0] == pytest.approx(4.0, abs=0.12)
        isostatic = 2 * (last["stable"][0] - 1) + 1
        assert isostatic <= last["contacts"][0] <= isostatic + 4


def test_the_numbers_of_the_answer() -> None:
    seed = discs().simulation.seed
    state, answer = rest(0.88, seed)
    assert f"{answer['coordination'][0]:.2f}" == "4.66"
    phi = 0.88
    for _ in range(40):
        phi = round(phi - 0.001, 3)
        state, answer = rest(phi, seed, state)
    assert phi == 0.84
    assert (answer["contacts"][0], answer["stable"][0]) == (115, 58)
    _, answer = rest(0.839, seed, state)
    assert answer["pressure"][0] == 0.0


def test_it_opens_at_rest_and_moves_on_when_the_slider_does() -> None:
    thing = discs()
    state = np.zeros(thing.n_outputs)
    thing.run(state, {}, RESTART)
    assert state[0] == 0.0
    for _ in range(thing.simulation.opening_steps):
        thing.run(state, {}, ADVANCE)
    assert state[0] == 1.0
    assert thing.named(state)["visited"][0] == 1.0
    before = state.copy()
    thing.run(state, {}, ADVANCE)
    np.testing.assert_array_equal(state, before)
    thing.run(state, {"phi": 0.9}, REDRAW)
    assert thing.named(state)["pressure"][0] > thing.named(before)["pressure"][0]
