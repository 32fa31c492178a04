"""The pattern side: log-partition functions, their derivatives and limits, bad margins."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnscape import Margin, SymmetricMargin
from learnscape.constraints import Constraint

CONSTRAINTS = [Margin(0.0), Margin(-1.3), Margin(2.0), SymmetricMargin(0.5), SymmetricMargin(2.0)]


def exact_f(constraint: Constraint, omega: mp.mpf, variance: mp.mpf) -> mp.mpf:
    """ln P by mpmath."""
    s = mp.sqrt(variance)

    def tail(y):
        return mp.erfc(y / mp.sqrt(2)) / 2

    ends = [(mp.mpf(edge) - omega) / s for edge in constraint.edges]
    if (
        len(ends) == 2 and ends[0] + ends[1] < 0
    ):  # the smaller tail: a difference of two numbers near 1 has no digits
        ends = [-ends[1], -ends[0]]
    return mp.log(tail(ends[0]) - (tail(ends[1]) if len(ends) == 2 else 0))


@pytest.mark.kernels
@pytest.mark.parametrize("constraint", CONSTRAINTS)
@pytest.mark.parametrize("variance", [1.0, 0.09, 1e-4])
def test_terms_against_mpmath(constraint: Constraint, variance: float) -> None:
    omega = np.array([-3.0, -0.5, 0.0, 0.013, 1.9, 4.0])
    f, g, dg = constraint.terms(omega, variance)
    with mp.workdps(60):
        for i, point in enumerate(omega):
            exact = [
                mp.diff(lambda t: exact_f(constraint, t, mp.mpf(variance)), mp.mpf(point), n)
                for n in (0, 1, 2)
            ]
            assert f[i] == pytest.approx(float(exact[0]), rel=1e-12, abs=1e-15)
            assert g[i] == pytest.approx(float(exact[1]), rel=1e-12, abs=1e-14)
            assert dg[i] == pytest.approx(float(exact[2]), rel=1e-8, abs=1e-11)


@pytest.mark.parametrize("constraint", CONSTRAINTS)
def test_small_variance_gives_the_distance(constraint: Constraint) -> None:
    omega = np.linspace(-4, 4, 33)
    variance = 1e-9
    assert -2 * variance * constraint.log_partition(omega, variance) == pytest.approx(
        constraint.squared_distance(omega), abs=1e-6
    )


@pytest.mark.parametrize("constraint", CONSTRAINTS)
def test_allowed_is_where_the_distance_vanishes(constraint: Constraint) -> None:
    points = np.concatenate([np.linspace(-4, 4, 41), constraint.edges])
    assert np.array_equal(constraint.allowed(points), constraint.squared_distance(points) == 0)


@given(st.floats(0.01, 6.0), st.floats(-30.0, 30.0), st.floats(1e-8, 1.0))
def test_symmetric_margin_is_even_and_finite(kappa: float, omega: float, variance: float) -> None:
    f, g, dg = SymmetricMargin(kappa).terms(np.array([omega, -omega]), variance)
    assert np.all(np.isfinite([f, g, dg]))
    assert f[0] == f[1] <= 0
    assert g[0] == pytest.approx(-g[1], rel=1e-13, abs=1e-15 / math.sqrt(variance))
    assert dg[0] == dg[1]


@given(st.floats(-1e6, 1e6), st.floats(-30, 30), st.floats(1e-10, 1.0))
def test_margin_is_finite_for_every_margin(kappa: float, omega: float, variance: float) -> None:
    f, g, dg = Margin(kappa).terms(np.array([omega]), variance)
    assert np.all(np.isfinite([f, g, dg]))
    assert f[0] <= 0 <= g[0]


@pytest.mark.parametrize("constraint", CONSTRAINTS)
def test_annealed_probability(constraint: Constraint) -> None:
    with mp.workdps(30):
        exact = float(exact_f(constraint, mp.mpf(0), mp.mpf(1)))
    assert constraint.annealed_log_probability() == pytest.approx(exact, rel=1e-14)


@pytest.mark.parametrize("kappa", [math.nan, math.inf, -math.inf, "0", None, True, [0.0]])
def test_bad_margins_are_named(kappa) -> None:
    for constraint in (Margin, SymmetricMargin):
        with pytest.raises(ValueError, match=r"kappa = .* is not allowed: it must be a finite number"):
            constraint(kappa)


@pytest.mark.parametrize("kappa", [0.0, -1.0])
def test_symmetric_margin_must_be_positive(kappa: float) -> None:
    with pytest.raises(ValueError, match="finite number > 0"):
        SymmetricMargin(kappa)


def test_any_real_number_will_do() -> None:
    assert Margin(1) == Margin(1.0) == Margin(np.float32(1))
    assert type(Margin(np.float64(0.5)).kappa) is float


@pytest.mark.parametrize("constraint", [Margin(0.3), SymmetricMargin(1.0)])
def test_what_is_no_real_array_is_refused(constraint: Constraint) -> None:
    """NumPy would cut the imaginary part, drop the mask, and let NaN through."""
    for bad in (
        1j,
        [0.5, 1j],
        np.ma.array([0.5, 1.0], mask=[0, 1]),
        "1",
        math.nan,
        [True],
        [[1.0], [1.0, 2.0]],
    ):
        for function in (constraint.allowed, constraint.squared_distance, lambda x: constraint.terms(x, 1.0)):
            with pytest.raises(ValueError, match=r"(?s)(omega|stability).* is not allowed"):
                function(bad)
        with pytest.raises(ValueError, match="omega"):
            constraint.log_partition(bad, 1.0)
    for variance in (0.0, -1.0, math.nan, math.inf, "1", None, 1j, True):
        with pytest.raises(ValueError, match="variance = "):
            constraint.terms(np.zeros(2), variance)
    with pytest.raises(ValueError, match="kappa = 1000"):
        type(constraint)(10**400)


@pytest.mark.kernels
@pytest.mark.parametrize("kappa", [5.5, 8.0, 8.5, 12.0, 25.0, 37.0])
@pytest.mark.parametrize("omega", [0.0, 1e-3, 2.0])
def test_both_tails_of_a_wide_interval_count(kappa: float, omega: float) -> None:
    f, _, _ = SymmetricMargin(kappa).terms(np.array([omega]), 1.0)
    with mp.workdps(400):
        k, w = mp.mpf(kappa), mp.mpf(omega)
        exact = mp.log1p(-(mp.erfc((k - w) / mp.sqrt(2)) + mp.erfc((k + w) / mp.sqrt(2))) / 2)
        assert f[0] == pytest.approx(float(exact), rel=1e-12, abs=0.0)


def test_curvature_far_outside_keeps_its_digits() -> None:
    """-A (A - x) tends to -1; as a difference of squares it was off by 4e-9 at x = 3000."""
    _, _, dg = SymmetricMargin(1.0).terms(np.array([34.0, -34.0]), 1e-4)
    x = 33.0 / 1e-2
    assert dg == pytest.approx([-(1 - 1 / x**2 + 6 / x**4) / 1e-4] * 2, rel=1e-14)


@pytest.mark.parametrize("kappa", [1.0, 8.3, 20.0])
def test_slope_near_the_centre_of_an_interval_keeps_its_digits(kappa: float) -> None:
    """At the centre g = -2 kappa G(kappa) omega / P: the ends were subtracted after rounding, 8e-8 off at omega = 1e-8."""
    omega = 1e-8
    _, g, _ = SymmetricMargin(kappa).terms(np.array([omega]), 1.0)
    expected = -2 * kappa * mp.npdf(kappa) * omega / mp.erf(kappa / mp.sqrt(2))
    assert g[0] == pytest.approx(float(expected), rel=1e-13)


@pytest.mark.kernels
@pytest.mark.parametrize(
    ("kappa", "omega"), [(1e-3, 1e2), (1e-5, 1e4), (1e-7, 1e6), (1e-9, 1e8), (1e-9, 2.4e12)]
)
def test_a_narrow_interval_far_away_keeps_its_digits(kappa: float, omega: float) -> None:
    """From the logarithms of both tails dg was -9 at kappa = 1e-5 in place of -1, and all was NaN from omega = 1e8."""
    k, w = mp.mpf(kappa), mp.mpf(omega)  # P = 2 G(w) sinh(k w)/w, up to a part k^2
    exact = (
        mp.log(2 * mp.npdf(w) * mp.sinh(k * w) / w),
        k * mp.coth(k * w) - w - 1 / w,
        1 / w**2 - (k / mp.sinh(k * w)) ** 2 - 1,
    )
    for part, expected in zip(SymmetricMargin(kappa).terms(np.array([omega]), 1.0), exact, strict=True):
        assert part[0] == pytest.approx(float(expected), rel=2e-6)
