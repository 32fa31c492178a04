"""Two solutions of one problem in the page: they are solutions, their mean errors are exact, and the numbers of the question."""

from __future__ import annotations

import numpy as np
import pytest

from learnscape.explore import flat_and_sharp
from learnscape.explore.actions import ADVANCE, REDRAW
from learnscape.explore.dense import flat_and_sharp as module
from learnscape.learn import local_energy
from learnscape.learn.kernels import counter_digits

OUT, N = module.OUT, module.N


def started(load: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """State, patterns, and the two solutions."""
    state = np.zeros(module.LAYOUT.size)
    flat_and_sharp().run(state, {"load": load, "flipped": 0.05}, seed=seed)
    p = int(load * N + 0.5)
    xi = state[OUT.columns : OUT.columns + N * p].reshape(N, p).T.copy()
    return state, xi, state[OUT.weights : OUT.weights + 2 * N].reshape(2, N).copy()


@pytest.mark.parametrize("load", [0.2, 0.5])
def test_both_are_solutions_and_one_has_the_larger_margins(load: float) -> None:
    state, xi, (flat, sharp) = started(load)
    assert set(np.unique(xi)) == {-1.0, 1.0}
    assert abs(xi.mean()) < 4 / np.sqrt(xi.size)
    for which, w in enumerate((flat, sharp)):
        start = OUT.fields + which * module.MOST_P
        assert np.array_equal(state[start : start + len(xi)], xi @ w)
        assert (xi @ w > 0).all()
    assert state[OUT.flat_margin] == pytest.approx((xi @ flat).min() / np.sqrt(N))
    assert state[OUT.sharp_margin] == pytest.approx((xi @ sharp).min() / np.sqrt(N))
    assert (xi @ flat).min() >= (xi @ sharp).min() == 1
    assert np.exp(-xi @ flat / 6).sum() < np.exp(-xi @ sharp / 6).sum()
    assert state[OUT.overlap] == pytest.approx(flat @ sharp / N)
    assert state[OUT.flat] == state[OUT.sharp] == 0.0


def test_the_curves_are_the_librarys_local_energy() -> None:
    state, xi, solutions = started(0.4, seed=3)
    counts = [1, 2, 10, 11, 40, 60]
    for start, w in zip((OUT.flat, OUT.sharp), solutions, strict=True):
        shown = state[start : start + module.MOST_FLIPS + 1][counts]
        assert shown == pytest.approx(local_energy(xi, w, np.array(counts) / N).energy, rel=1e-12)


def test_a_step_flips_the_same_weights_in_both_and_a_slider_keeps_the_solutions() -> None:
    state, xi, solutions = started(0.3)
    explorable = flat_and_sharp()
    for draw, (action, flipped) in enumerate(((ADVANCE, 0.1), (REDRAW, 0.0), (ADVANCE, 60 / N)), start=1):
        explorable.run(state, {"load": 0.3, "flipped": flipped}, action)
        named, k = explorable.named(state), round(flipped * N)
        assert named["flips"][0] == k
        chosen = state[OUT.order : OUT.order + N].astype(int)
        assert sorted(chosen) == list(range(N))
        signs = np.ones(N)
        signs[chosen[:k]] = -1
        for name, w in zip(("flat", "sharp"), solutions, strict=True):
            fields = xi @ (signs * w)
            assert named[f"{name}_now"][0] == named[f"{name}_drawn"][draw] == (fields < 0).mean()
            shares = named[f"{name}_share"]
            assert shares.sum() == pytest.approx(1.0)
            assert shares[named["bin_at"] < 0].sum() == pytest.approx((fields < 0).mean())
            assert named[f"{name}_mean"][0] == named[name][k]
        assert np.array_equal(solutions.ravel(), state[OUT.weights : OUT.weights + 2 * N])


def test_the_numbers_of_the_question() -> None:
    for load, expected in (
        (0.4, {10: (0.038, 0.149), 40: (0.221, 0.299)}),
        (0.2, {10: (0.010, 0.191)}),
        (0.5, {10: (0.069, 0.137)}),
    ):
        runs = [flat_and_sharp().evaluate(load=load, steps=0, seed=s) for s in range(1, 21)]
        assert not any(run["failed"][0] for run in runs)
        for k, stated in expected.items():
            found = [float(np.mean([run[name][k] for run in runs])) for name in ("flat", "sharp")]
            assert found == pytest.approx(stated, abs=6e-4)


def test_while_it_plays_there_is_something_new_to_say() -> None:
    """The means stay; the sentence for those who do not see the points has the draw in it."""
    said = {
        flat_and_sharp().announce.format(**{k: v[0] for k, v in flat_and_sharp().evaluate(steps=n).items()})
        for n in range(6)
    }
    assert len(said) > 3


def test_hidden_integers_have_the_digits_of_the_library() -> None:
    assert counter_digits(N) == module.DIGITS
