"""Hermite coefficients: closed forms against integrals, what is refused."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest
from scipy.special import erf

from learnscape.activations import ACTIVATIONS, Activation, find

FUNCTIONS = {"sign": mp.sign, "relu": lambda z: max(z, mp.mpf(0)), "erf": mp.erf}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_closed_forms_are_the_integrals(name: str) -> None:
    found, sigma = find(name), FUNCTIONS[name]
    with mp.workdps(20):
        moments = [
            mp.quad(lambda z, k=k, n=n: mp.npdf(z) * z**k * sigma(z) ** n, [-14, -4, 0, 4, 14])
            for k, n in ((0, 1), (1, 1), (0, 2))
        ]
    mean, linear, square = (float(m) for m in moments)
    assert found.mu0 == pytest.approx(mean, abs=1e-14)
    assert found.mu1 == pytest.approx(linear, abs=1e-14)
    assert found.mu_star**2 == pytest.approx(square - mean**2 - linear**2, abs=1e-14)


@pytest.mark.parametrize(
    ("name", "function"), [("sign", np.sign), ("relu", lambda z: np.maximum(z, 0.0)), ("erf", erf)]
)
def test_a_function_gives_the_same_as_its_name(name: str, function) -> None:
    by_name, by_function = find(name), find(function)
    assert by_function.mu0 == pytest.approx(by_name.mu0, abs=1e-13)
    assert by_function.mu1 == pytest.approx(by_name.mu1, abs=1e-13)
    assert by_function.mu_star == pytest.approx(by_name.mu_star, abs=1e-12)


def test_standardized_features_have_mean_0_and_variance_1() -> None:
    z = np.random.default_rng(5).standard_normal(200_000)
    for name in ACTIVATIONS:
        x = find(name).standardized(z)
        assert abs(x.mean()) < 5 / math.sqrt(z.size)
        assert abs(np.square(x).mean() - 1) < 5 * 2 / math.sqrt(z.size)
        assert (x @ z) / z.size == pytest.approx(math.sqrt(find(name).linear_share), abs=0.01)


def test_what_is_refused() -> None:
    for even in (np.square, np.abs, np.cos):
        with pytest.raises(ValueError, match="linear part"):
            find(even)
        assert find(even, linear_part=False).mu1 == pytest.approx(0.0, abs=1e-13)
    for bad in ("step", 3, None, "erf "):
        with pytest.raises(ValueError, match=r"activation = .*sign, relu, erf"):
            find(bad)
    with pytest.raises(ValueError, match="not constant"):
        find(np.ones_like)
    with pytest.raises(ValueError, match="smooth except at 0"):
        find(lambda z: np.sign(z - 0.3))
    with pytest.raises(ValueError, match="same shape"):
        find(lambda z: z[:3])
    with pytest.raises(ValueError, match=r"mu_star = -1"):
        Activation("mine", 0.0, 1.0, -1.0)
    with pytest.raises(ValueError, match="not both zero"):
        Activation("mine", 1.0, 0.0, 0.0)
    with pytest.raises(ValueError, match="only coefficients"):
        Activation("mine", 0.0, 1.0, 0.5).standardized(np.ones(2))
    with pytest.raises(ValueError, match="size in"):
        Activation("mine", 0.0, 1e200, 1.0)
    with pytest.raises(ValueError, match="function of an array"):
        find(math.tanh)
    with pytest.raises(ValueError, match=r"below 1e\+100"):
        find(lambda z: 1e200 * z)


def test_scale_and_type_of_a_function_do_not_matter() -> None:
    share = find(np.tanh).linear_share
    assert find(lambda z: 1e-12 * np.tanh(z)).linear_share == pytest.approx(share, rel=1e-12)
    listed = find(lambda z: np.tanh(z).tolist())
    assert listed.linear_share == pytest.approx(share, rel=1e-12)
    assert listed.standardized(np.array([1.0, -1.0])).sum() == pytest.approx(0.0, abs=1e-12)
