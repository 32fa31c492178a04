"""The entropic side: saddle relations, inverses, limits, and the moments against thirty digits."""

from __future__ import annotations

import math

import mpmath as mp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnscape import Binary, Spherical
from learnscape.weights import Weights, binary_moments

BOTH = [Binary(), Spherical()]


@pytest.mark.kernels
@pytest.mark.parametrize("q_hat", [1e-12, 9e-6, 1.1e-5, 1e-3, 0.5, 2.576351, 30.0, 1e4, 1e10])
def test_binary_moments_against_mpmath(q_hat: float) -> None:
    with mp.workdps(30):
        a = mp.sqrt(mp.mpf(q_hat))
        width = min(mp.mpf(1), 1 / a)
        cuts = sorted({mp.mpf(0), *(min(width * 3**k, mp.mpf(13)) for k in range(-1, 26)), mp.mpf(13)})

        def average(f):
            return float(2 * mp.quad(lambda x: mp.npdf(x) * f(a * x), cuts))

        expected = [
            average(lambda h: mp.tanh(h) ** 2),
            average(lambda h: mp.sech(h) ** 2),
            average(lambda h: mp.sech(h) ** 4),
            average(lambda h: mp.tanh(h) ** 2 * mp.sech(h) ** 2),
            average(lambda h: h + mp.log1p(mp.exp(-2 * h))),
        ]
    moments = binary_moments(q_hat)
    for found, exact in zip(moments[:3], expected[:3], strict=True):
        assert found == pytest.approx(exact, rel=2e-13)
    # for small q_hat this one is a difference of numbers near 1
    assert moments[3] == pytest.approx(expected[3], rel=2e-13, abs=3e-16)
    assert moments[4] == pytest.approx(expected[4], rel=2e-13)


@given(st.sampled_from(BOTH), st.floats(-18.0, 25.0))
def test_overlap_is_the_stationary_point_of_the_entropic_term(weights: Weights, t: float) -> None:
    """d/dq_hat of G_S at fixed q is zero where q = overlap(q_hat): by central differences, in units of q_hat."""
    q_hat = math.exp(min(t, 6.0))
    v = weights.one_minus_overlap(q_hat)
    h = 1e-3
    f = [weights.entropic_term(q_hat * (1 + k * h), v) for k in (-2, -1, 1, 2)]
    scale = max(abs(value) for value in f)
    assert abs((f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * h)) < 1e-11 * max(1.0, scale)


@given(st.sampled_from(BOTH), st.floats(1e-6, 1 - 1e-6))
def test_overlap_and_its_inverse(weights: Weights, q: float) -> None:
    assert weights.overlap(weights.q_hat(q)) == pytest.approx(q, rel=1e-12)


@pytest.mark.parametrize("weights", BOTH)
def test_limits(weights: Weights) -> None:
    assert weights.q_hat(0.0) == 0.0
    assert weights.overlap(0.0) == 0.0
    assert weights.one_minus_overlap(0.0) == 1.0
    assert weights.fluctuation(0.0) == 1.0
    assert weights.entropic_term(0.0, 1.0) == pytest.approx(weights.annealed_entropy, abs=1e-15)
    q_hat = 1e16
    assert q_hat * weights.one_minus_overlap(q_hat) ** 2 == pytest.approx(weights.limit_q_hat, rel=1e-7)
    # the entropy of a space cannot exceed its size
    assert weights.annealed_entropy == (math.log(2) if weights.discrete else 0.0)


def test_weights_are_values() -> None:
    assert Binary() == Binary()
    assert len({Binary(), Spherical(), Binary()}) == 2


@pytest.mark.parametrize("weights", BOTH)
@pytest.mark.parametrize("q", [1.0, -0.1, math.nan, "0.5", 1j, True])
def test_overlaps_without_a_field_are_refused(weights: Weights, q: float) -> None:
    with pytest.raises(ValueError, match=r"q = .* \[0, 1\)"):
        weights.q_hat(q)
