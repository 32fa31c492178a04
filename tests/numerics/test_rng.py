"""One argument for randomness, one meaning."""

from __future__ import annotations

import numpy as np
import pytest

from learnscape.numerics.rng import generator


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
