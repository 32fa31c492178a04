"""What discs, spheres, ellipses and the explorables share: nearest images, lists of pairs, rattlers; against brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnscape.jamming.ellipses._kernels import near_pairs
from learnscape.jamming.packings.contacts import near_pairs as near_spheres
from learnscape.jamming.periodic import list_close_pairs, minimum_image, minimum_image_kernel, neighbours
from learnscape.jamming.rattlers import find_rattlers, rattlers_kernel


@given(st.floats(-50, 50), st.floats(0.5, 20))
def test_the_nearest_image_is_the_nearest_of_all(difference: float, box: float) -> None:
    images = difference + box * np.arange(-110, 111)
    nearest = np.abs(images).min()
    assert abs(minimum_image(np.array([difference]), box)[0]) == pytest.approx(nearest, abs=1e-12)
    assert abs(minimum_image_kernel(difference, box, 1 / box)) == pytest.approx(nearest, abs=1e-12)


def brute_force(x: np.ndarray, radii: np.ndarray, box: float, skin: float) -> list[tuple[int, int]]:
    """Pairs within reach, by trying all images of all pairs."""
    points = x.reshape(2, -1).T
    shifts = box * np.array(list(itertools.product((-2, -1, 0, 1, 2), repeat=2)))
    return [
        (i, j)
        for i, j in itertools.combinations(range(len(radii)), 2)
        if np.linalg.norm(points[i] - points[j] + shifts, axis=1).min() < radii[i] + radii[j] + skin
    ]


@pytest.mark.kernels
@pytest.mark.parametrize(("n", "skin"), [(2, 0.3), (20, 0.0), (60, 0.4)])
def test_every_list_of_pairs_is_the_same(n: int, skin: float) -> None:
    """Cells, cells in order for ellipses, and all pairs without memory; centres up to half a box outside of it."""
    rng = np.random.default_rng(n)
    radii = rng.uniform(0.4, 0.8, n)
    box = float(np.sqrt(np.pi * np.sum(radii**2) / 0.9)) + 2
    x = rng.uniform(-0.5 * box, 1.5 * box, 2 * n)
    expected = brute_force(x, radii, box, skin)
    start, partner = neighbours(x, radii, box, 2, skin)
    assert (
        sorted(zip(np.repeat(np.arange(n), np.diff(start)).tolist(), partner.tolist(), strict=True))
        == expected
    )
    assert [tuple(pair) for pair in near_pairs(x, radii, box, skin).tolist()] == expected
    first, second = np.empty(n * (n - 1) // 2), np.empty(n * (n - 1) // 2)
    m = list_close_pairs(x, 2 * radii, 0.5, box, skin, first, second)
    assert list(zip(first[:m].astype(int).tolist(), second[:m].astype(int).tolist(), strict=True)) == expected
    assert len(near_spheres(x.reshape(2, n).T, radii, box, skin)) == len(expected) == m


@pytest.mark.kernels
@given(st.integers(1, 12), st.integers(0, 10**6), st.integers(1, 4))
def test_rattlers_are_what_no_core_contains(n: int, seed: int, fewest: int) -> None:
    """What is left is the largest set in which everybody has enough contacts: found by trying all sets."""
    rng = np.random.default_rng(seed)
    every = np.array(list(itertools.combinations(range(n), 2)), dtype=np.int64).reshape(-1, 2)
    pairs = every[rng.random(len(every)) < 0.4]
    core: set[int] = set()
    if n <= 8:
        for size in range(1, n + 1):
            for chosen in itertools.combinations(range(n), size):
                inside = np.isin(pairs, chosen).all(axis=1)
                count = np.bincount(pairs[inside].ravel(), minlength=n)
                if (count[list(chosen)] >= fewest).all():
                    core |= set(chosen)  # a union of two such sets is one
    rattlers, remain = find_rattlers(pairs, n, fewest)
    count = np.bincount(pairs[remain].ravel(), minlength=n)
    assert (count[~rattlers] >= fewest).all()
    assert not rattlers[pairs[remain]].any()
    if n <= 8:
        assert set(np.flatnonzero(~rattlers).tolist()) == core


@pytest.mark.kernels
def test_pairs_without_force_are_no_contacts_and_given_rattlers_stay() -> None:
    first, second = (
        np.array([0.0, 0.0, 1.0]),
        np.array([1.0, 2.0, 2.0]),
    )  # floats, as an explorable keeps them
    rattler, degree = np.zeros(4), np.empty(4)
    assert rattlers_kernel(first, second, np.ones(3), 2, rattler, degree) == 3
    assert (rattler.tolist(), degree.tolist()) == ([0, 0, 0, 1], [2, 2, 2, 0])
    assert rattlers_kernel(first, second, np.array([1.0, 0.0, 1.0]), 2, np.zeros(4), degree) == 0
    assert rattlers_kernel(first, second, np.ones(3), 1, np.array([1.0, 0, 0, 0]), degree) == 1
