"""The samples of the explorable on the random energy model, against the exact averages at finite N and against the library's limit."""

from __future__ import annotations

import numpy as np
import pytest

from learnscape.explore import rem_freezing
from learnscape.explore.replicas import rem_freezing as module
from learnscape.spin_glass import rem


def test_means_over_samples_meet_the_exact_averages() -> None:
    """Four temperatures, two sizes; the mean of Z itself only where it is not carried by rare samples."""
    for n, steps in ((6, 150), (11, 60)):
        answer = rem_freezing().evaluate(n=n, steps=steps, seed=9)
        assert answer["samples"][0] == 16 * (steps + 1)
        for i in (2, 6, 12, 28):
            t = float(answer["temperatures"][i])
            assert abs(answer["mean"][i] - rem.finite_size(n, t).free_energy) < 4.0 * answer["bars"][i]
            assert answer["bars"][i] < 0.01
        hot = float(answer["temperatures"][28])
        assert answer["logarithm_last"][28] == pytest.approx(rem.solve(hot).annealed, abs=2e-3)
        participation = rem_freezing().evaluate(n=n, steps=steps, seed=9, temperature=0.4)["participation"][0]
        assert participation == pytest.approx(rem.finite_size(n, 0.4).participation, abs=0.03)


def test_bins_answer_like_all_levels() -> None:
    """The same levels, drawn by the same generator, summed one by one."""
    n, state = 9, np.zeros(module.LAYOUT.size)
    module.seed_state(state, module.OUT.random, 3)
    state[module.OUT.spare] = np.nan
    levels = np.array([module._gaussian(state) for _ in range(2**n)]) * np.sqrt(0.5 / n)
    state[module.OUT.samples] = 0.0
    module.seed_state(state, module.OUT.random, 3)
    state[module.OUT.spare] = np.nan
    module._draw(n, state)
    for i in (0, 4, 15):
        t = module.LOWEST + module.STEP * i
        log_z = np.log(np.sum(np.exp(-n * levels / t)))
        assert state[module.OUT.first + i] == pytest.approx(log_z, abs=2e-3)
    assert abs(levels.mean()) < 0.05
    assert levels.var() == pytest.approx(0.5 / n, rel=0.2)


@pytest.mark.parametrize("temperature", [0.1, 0.55, 0.6, 0.65, 1.5])
def test_the_two_formulas_are_those_of_the_library(temperature: float) -> None:
    answer, limit = rem_freezing().evaluate(n=4, temperature=temperature), rem.solve(temperature)
    assert answer["annealed"][0] == pytest.approx(limit.annealed, rel=1e-14)
    assert answer["quenched"][0] == pytest.approx(limit.free_energy, rel=1e-14)


def test_a_new_temperature_keeps_the_samples_and_a_new_size_does_not() -> None:
    explorable = rem_freezing()
    state = np.zeros(explorable.n_outputs)
    explorable.run(state, {"n": 8}, module.RESTART)
    before = explorable.named(state.copy())
    explorable.run(state, {"n": 8, "temperature": 1.2}, module.REDRAW)
    after = explorable.named(state)
    assert np.array_equal(before["mean"], after["mean"])
    assert np.array_equal(before["counts"], after["counts"], equal_nan=True)
    assert not np.array_equal(before["weight"], after["weight"])
    assert after["weight"].sum() == pytest.approx(1.0, abs=1e-12)
