"""Moments of the shortfall against forty-digit integrals; every part of the library that shows Gardner's capacity agrees with them."""

from __future__ import annotations

from importlib import import_module

import mpmath as mp
import pytest

from learnscape import Margin, Spherical
from learnscape.explore import gardner_capacity
from learnscape.numerics.shortfall import mean_squared_shortfall, shortfall_moments
from learnscape.replica import rs


@pytest.mark.kernels
@pytest.mark.parametrize("kappa", [-25.0, -4.0, -1.5, -1.4999, -0.3, 0.0, 2.0, 30.0])
def test_moments(kappa):
    with mp.workdps(40):
        k = mp.mpf(kappa)
        low = min(k, mp.mpf(0)) - 13
        exact = [mp.quad(lambda z, n=n: mp.npdf(z) * (k - z) ** n, mp.linspace(low, k, 12)) for n in range(3)]
    assert shortfall_moments(kappa) == pytest.approx([float(x) for x in exact], rel=2e-14)


@pytest.mark.parametrize("kappa", [-1.0, 0.0, 0.7])
def test_one_formula_everywhere(kappa):
    moment = mean_squared_shortfall(kappa)
    assert rs.saddle_limit(Spherical(), Margin(kappa)) == pytest.approx(1.0 / moment, rel=1e-15)
    assert gardner_capacity().evaluate(kappa=kappa)["alpha_c"][0] == 1.0 / moment


def test_the_track_of_the_spectrum_begins_at_jamming():
    """Contacts of a convex perceptron there: M_0 / M_2."""
    below, _, moment = shortfall_moments(0.5)
    track = import_module("learnscape.explore.jamming.hessian_spectrum")._convex_track()
    assert track[1][0] == pytest.approx(below / moment, rel=1e-14)
