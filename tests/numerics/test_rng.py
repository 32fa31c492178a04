"""One argument for randomness, one meaning."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from learnscape.numerics.rng import draw, generator, shuffle


def test_a_seed_means_numpys_default_generator():
    assert generator(7).random() == np.random.default_rng(7).random()
    assert generator(np.int64(7)).random() == generator(7).random()
    assert generator(7).random() != generator(8).random()
    assert generator(2**100).random() == np.random.default_rng(2**100).random()


def test_a_generator_is_passed_on_and_advances():
    rng = np.random.default_rng(1)
    assert generator(rng) is rng
    assert generator(rng).random() != generator(rng).random()


def test_none_is_fresh():
    assert generator(None).random() != generator(None).random()


@pytest.mark.parametrize("bad", [-1, 1.0, True, "7", [1, 2], np.random.RandomState(0), np.random])
def test_anything_else_is_refused(bad):
    with pytest.raises(ValueError, match=r"^rng = .* is not allowed: it must be a seed"):
        generator(bad)


@pytest.mark.kernels
def test_a_shuffle_gives_every_order_alike() -> None:
    """Of three entries six orders; a chi-square of five degrees of freedom."""
    random, counts = np.random.default_rng(1), dict.fromkeys(itertools.permutations(range(3)), 0)
    for _ in range(3000):
        order = np.arange(3)
        shuffle(order, random)
        counts[tuple(order.tolist())] += 1
    assert sum((count - 500) ** 2 / 500 for count in counts.values()) < 20.5  # 1 in 1000


@pytest.mark.kernels
def test_what_is_drawn_stands_last_of_those_left() -> None:
    random = np.random.default_rng(2)
    for left in range(1, 6):
        order = np.arange(10, 16)
        entry = draw(order, left, random)
        assert order[left - 1] == entry < 10 + left
        assert sorted(order) == list(range(10, 16))
        assert order[left:].tolist() == list(range(10 + left, 16))
