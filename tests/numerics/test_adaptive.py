"""Gaussian averages of steps, peaks and smooth functions, and the refusal of noise."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest
from scipy.special import ndtr

from learnscape.errors import ConvergenceError
from learnscape.numerics.adaptive import gaussian_average


def test_moments() -> None:
    found = gaussian_average(lambda x: np.stack([np.ones_like(x), x, x**2, x**4, np.cos(3 * x)]))
    assert found == pytest.approx([1.0, 0.0, 1.0, 3.0, np.exp(-4.5)], abs=5e-15)


@pytest.mark.parametrize("slope", [1e6, 1e8])
@pytest.mark.parametrize("place", [0.0, -1.3, 2.2])
def test_a_step_brings_its_peak_with_it(slope, place) -> None:
    """The variance of a weight in a strong field is a narrow peak beside a step of its mean."""

    def parts(x):
        y = np.clip(slope * (x - place), -300, 300)
        return np.stack([np.tanh(y), np.cosh(y) ** -2.0])

    mean, peak = gaussian_average(parts)
    assert mean == pytest.approx(1 - 2 * ndtr(place), abs=1e-11)
    assert peak == pytest.approx(2 / slope * np.exp(-(place**2) / 2) / np.sqrt(2 * np.pi), rel=1e-7)


def test_a_smooth_function_by_mpmath() -> None:
    exact = mp.quad(lambda x: mp.npdf(x) * mp.tanh(x + mp.mpf("1.3")), [-13, -5, -2, 0, 2, 5, 13])
    assert gaussian_average(lambda x: np.tanh(x + 1.3)[None])[0] == pytest.approx(float(exact), abs=2e-15)


def test_noise_is_refused() -> None:
    rng = np.random.default_rng(1)
    with pytest.raises(ConvergenceError, match="noisy"):
        gaussian_average(lambda x: rng.standard_normal((1, x.size)))
