"""The replica-symmetric UNSAT phase: saddle point by brute force, derivatives, limits, and where it ends."""

from __future__ import annotations

import dataclasses
import math
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import minimize_scalar

from learnscape import Binary, Margin, Spherical, SymmetricMargin
from learnscape.numerics.gaussian import H
from learnscape.replica import rs, unsat

KAPPA = st.floats(-2.5, 3.0)
EXCESS = st.floats(1.02, 5.0)  # load over capacity


def _capacity(kappa: float) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(rs.capacity(Spherical(), Margin(kappa)))


def _gauss(z: float) -> float:
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)


@given(KAPPA, EXCESS)
def test_energy_is_the_saddle_point_over_chi(kappa: float, excess: float) -> None:
    """The extremum over chi is a maximum of alpha M2 / (2 (1 + chi)) - 1/(2 chi); M2 by quadrature."""
    alpha = excess * _capacity(kappa)
    answer = unsat.solve(Spherical(), Margin(kappa), alpha)
    second = quad(lambda z: (kappa - z) ** 2 * _gauss(z), -40, kappa, epsabs=1e-14, points=[kappa - 5])[0]

    def minus(log_chi: float) -> float:
        chi = math.exp(log_chi)
        return 0.5 / chi - alpha * second / (2 * (1 + chi))

    found = minimize_scalar(minus, bounds=(-8, 12), method="bounded", options={"xatol": 1e-10})
    assert answer.energy == pytest.approx(-found.fun, rel=1e-6, abs=1e-9)
    assert math.log(answer.chi) == pytest.approx(found.x, abs=2e-3)


@given(KAPPA, EXCESS)
def test_pressure_contacts_and_multiplier_are_consistent(kappa: float, excess: float) -> None:
    alpha = excess * _capacity(kappa)
    answer = unsat.solve(Spherical(), Margin(kappa), alpha)
    step = 1e-5
    slope = (
        unsat.solve(Spherical(), Margin(kappa + step), alpha).energy
        - unsat.solve(Spherical(), Margin(kappa - step), alpha).energy
    ) / (2 * step)
    assert answer.pressure == pytest.approx(slope, rel=1e-5)
    assert answer.zeta == pytest.approx(2 * answer.energy - kappa * answer.pressure, rel=1e-12, abs=1e-14)
    assert answer.contacts == pytest.approx(alpha * float(H(-kappa)), rel=1e-12)
    if kappa < 0:
        assert answer.zeta > 0


@given(KAPPA, EXCESS)
def test_edge_in_closed_form(kappa: float, excess: float) -> None:
    """(sqrt c - 1)^2 - zeta = (x - sqrt c)^2 / x with x = sqrt(alpha M2): never negative, zero where replica symmetry ends."""
    alpha = excess * _capacity(kappa)
    answer = unsat.solve(Spherical(), Margin(kappa), alpha)
    x = 1 + math.sqrt(2 * answer.energy)
    if answer.contacts >= 1:
        assert answer.edge == pytest.approx((x - math.sqrt(answer.contacts)) ** 2 / x, rel=1e-8, abs=1e-12)
    else:
        assert answer.edge == -answer.zeta
    assert (answer.contacts < x * x) == (answer.replicon > 0) or abs(answer.replicon) < 1e-12


def test_limits() -> None:
    """At capacity everything vanishes and chi diverges; kappa -> infinity makes all patterns unsatisfied, with least squares left."""
    for kappa in (-1.0, 0.0, 0.5):
        answer = unsat.solve(Spherical(), Margin(kappa), _capacity(kappa) * (1 + 1e-6))
        assert answer.energy < 1e-12
        assert answer.pressure < 1e-5
        assert answer.chi > 1e5
    assert unsat.solve(Spherical(), Margin(0.0), 2 * (1 + 1e-9)).contacts == pytest.approx(1.0, abs=1e-8)
    large = unsat.solve(Spherical(), Margin(25.0), 3.0)
    assert large.contacts == pytest.approx(3.0, rel=1e-12)
    assert large.energy == pytest.approx(0.5 * (math.sqrt(3.0 * 626.0) - 1) ** 2, rel=1e-12)


@pytest.mark.parametrize(("kappa", "alpha"), [(0.0, 2.0), (-0.5, 4.77010), (-1.0, 13.27320), (0.5, 0.9613)])
def test_jamming_margin_inverts_the_capacity(kappa: float, alpha: float) -> None:
    assert unsat.jamming_margin(alpha) == pytest.approx(kappa, abs=1e-4)
    assert _capacity(unsat.jamming_margin(alpha)) == pytest.approx(alpha, rel=1e-9)


@given(st.floats(0.01, 1e6))
def test_jamming_margin_falls_with_the_load(alpha: float) -> None:
    assert unsat.jamming_margin(alpha * 1.01) < unsat.jamming_margin(alpha)


def test_replica_symmetry_is_stable_for_positive_margin_only() -> None:
    for kappa in (-1.0, -0.3, -0.01):
        assert not unsat.solve(Spherical(), Margin(kappa), 2 * _capacity(kappa)).stable
    for kappa in (0.0, 0.01, 1.0):
        assert unsat.solve(Spherical(), Margin(kappa), 2 * _capacity(kappa)).stable


def test_bad_input_names_the_value() -> None:
    with pytest.raises(ValueError, match=r"alpha = 1\.5 .* capacity at kappa = 0"):
        unsat.solve(Spherical(), Margin(0.0), 1.5)
    for alpha in (math.nan, math.inf, -1.0, 0.0):
        with pytest.raises(ValueError, match="alpha"):
            unsat.solve(Spherical(), Margin(0.0), alpha)
    with pytest.raises(ValueError, match="weights"):
        unsat.solve(Binary(), Margin(0.0), 3.0)
    with pytest.raises(ValueError, match="constraint"):
        unsat.solve(Spherical(), SymmetricMargin(1.0), 3.0)
    with pytest.raises(ValueError, match="kappa = -31"):
        unsat.solve(Spherical(), Margin(-31.0), 3.0)
    for bad in (0.0, -1.0, math.nan, 1e-4):
        with pytest.raises(ValueError, match="alpha"):
            unsat.jamming_margin(bad)


@pytest.mark.parametrize("alpha", ["4", None, [4.0]])
def test_a_load_that_is_no_number_is_named(alpha) -> None:
    with pytest.raises(ValueError, match="alpha = "):
        unsat.jamming_margin(alpha)
    with pytest.raises(ValueError, match="alpha = "):
        unsat.solve(Spherical(), Margin(0.0), alpha)


@pytest.mark.parametrize("kappa", [-29.0, -10.0, -3.0, -1.0, 0.0, 2.0])
@pytest.mark.parametrize("excess", [1e-9, 1e-4, 1.0])
def test_near_capacity_against_mpmath(kappa: float, excess: float) -> None:
    """What cancels at negative margins, and the distance from capacity, keep the digits that the load has."""
    import mpmath as mp

    alpha = _capacity(kappa) * (1 + excess)
    answer = unsat.solve(Spherical(), Margin(kappa), alpha)
    with mp.workdps(60):
        k, load = mp.mpf(kappa), mp.mpf(alpha)
        below = mp.erfc(-k / mp.sqrt(2)) / 2
        first, second = k * below + mp.npdf(k), (1 + k**2) * below + k * mp.npdf(k)
        x = mp.sqrt(load * second)
        exact = {
            "energy": (x - 1) ** 2 / 2,
            "pressure": load * first * (x - 1) / x,
            "contacts": load * below,
            "chi": 1 / (x - 1),
            "replicon": 1 - below / second,
        }
        for name, value in exact.items():
            assert getattr(answer, name) == pytest.approx(
                float(value), rel=1e-11 + 1e-14 / excess, abs=1e-12
            ), name


def test_largest_loads_have_finite_answers() -> None:
    """The pressure was infinite and zeta NaN: alpha was multiplied before it was divided."""
    answer = unsat.solve(Spherical(), Margin(0.0), 1e308)
    assert all(math.isfinite(value) for value in dataclasses.astuple(answer))
    # at large load e = alpha M_2 / 2 and p = de/dkappa = alpha M_1, M_1 = 1/sqrt(2 pi)
    assert answer.pressure == pytest.approx(1e308 / math.sqrt(2 * math.pi), rel=1e-12)
