"""Gaussian averages of steps, peaks and smooth functions, and the refusal of noise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from learnscape.errors import ConvergenceError
from learnscape.numerics.adaptive import gaussian_average


def test_moments() -> None:
    found = gaussian_average(lambda x: np.stack([np.ones_like(x), x, x**2, x**4, np.cos(3 * x)]))
    assert found == pytest.approx([1.0, 0.0, 1.0, 3.0, np.exp(-4.5)], abs=5e-15)


@pytest.mark.parametrize("slope", [1.0, 1e3, 1e7, 1e11])
@pytest.mark.parametrize("place", [0.0, -1.3, 2.2])
def test_a_step_brings_its_peak_with_it(slope, place) -> None:
    """The variance of a weight in a strong field is a peak of any width, beside a step of its mean."""
    mean, peak = gaussian_average(
        lambda x: (
            np.stack(
                [
                    np.tanh(slope * (x - place)),
                    4 / (np.exp(slope * (x - place)) + np.exp(-slope * (x - place))) ** 2,
                ]
            )
            if slope < 40
            else np.stack(
                [np.tanh(slope * (x - place)), 1 / np.cosh(np.minimum(np.abs(slope * (x - place)), 300)) ** 2]
            )
        )
    )
    if slope >= 1e7:
        assert mean == pytest.approx(1 - 2 * ndtr(place), abs=1e-13)
        assert peak == pytest.approx(2 / slope * np.exp(-(place**2) / 2) / np.sqrt(2 * np.pi), rel=1e-11)
    else:  # by a fine rule
        x = np.linspace(-9, 9, 4_000_001)
        w = np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi) * (x[1] - x[0])
        assert mean == pytest.approx(w @ np.tanh(slope * (x - place)), abs=1e-12)


def test_noise_is_refused() -> None:
    rng = np.random.default_rng(1)
    with pytest.raises(ConvergenceError, match="noisy"):
        gaussian_average(lambda x: rng.standard_normal((1, x.size)))
