"""The step of Adam against the paper's formulas, written with sums over all earlier slopes."""

from __future__ import annotations

import numpy as np
import pytest

from learnscape.numerics.adam import adam_step


@pytest.mark.kernels
def test_steps_by_the_definition_of_the_running_means() -> None:
    rng = np.random.default_rng(3)
    slopes = rng.standard_normal((40, 5)) * 10.0 ** rng.integers(-6, 6, 5)
    rates = 0.1 / np.arange(1, 41)
    x, mean, square, powers = np.zeros(5), np.zeros(5), np.zeros(5), np.ones(2)
    expected = np.zeros(5)
    for t in range(1, 41):
        adam_step(x, slopes[t - 1], rates[t - 1], mean, square, powers)
        # A mean with weights beta^(t - s) over all slopes so far: the division by 1 - beta^t makes their sum one.
        first, second = (beta ** np.arange(t - 1, -1, -1) for beta in (0.9, 0.999))
        m = np.average(slopes[:t], axis=0, weights=first)
        s = np.average(slopes[:t] ** 2, axis=0, weights=second)
        expected -= rates[t - 1] * m / (np.sqrt(s) + 1e-8)
        np.testing.assert_allclose(x, expected, rtol=1e-10)
