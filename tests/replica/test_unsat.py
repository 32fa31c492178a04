"""The replica-symmetric UNSAT phase: saddle point by brute force, derivatives, limits, and where it ends."""

from __future__ import annotations

import dataclasses
import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import minimize, minimize_scalar

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


# ---- a free norm ----------------------------------------------------------------------------------------------------------------

LOADS = [2 + 1e-12, 2 + 1e-6, 2.01, 2.1, 2.4, 3.0, 4.0, 30.0, 900.0]


@pytest.mark.parametrize("alpha", LOADS)
def test_free_norm_against_mpmath(alpha: float) -> None:
    """The cost s^2 e(m/s) itself at high precision: its derivative vanishes at the norm returned, and the values are those there."""
    import mpmath as mp

    answer = unsat.free_norm(alpha, margin=0.7)
    with mp.workdps(60):
        load, margin = mp.mpf(alpha), mp.mpf(0.7)

        def second(k):
            return (1 + k**2) * mp.ncdf(k) + k * mp.npdf(k)

        def root(k):  # of d/ds of s^2 (sqrt(alpha M_2(m/s)) - 1)^2 / 2, by a derivative in place of algebra
            return mp.diff(lambda x: (mp.sqrt(load * second(x)) - 1) / x, k)

        around = [answer.kappa * (1 + mp.mpf(step)) for step in (-1e-6, 1e-6)]
        k = mp.findroot(root, around, solver="anderson", tol=1e-50)
        over = mp.sqrt(load * second(k)) - 1
        assert answer.kappa == pytest.approx(float(k), rel=1e-13)
        assert answer.norm == pytest.approx(float(margin / k), rel=1e-13)
        assert answer.loss == pytest.approx(float((margin * over / k) ** 2 / 2), rel=1e-13)
        assert answer.unsatisfied == pytest.approx(float(load * mp.ncdf(k)), rel=1e-14)
        # a field z < kappa ends at kappa - (kappa - z) over / (1 + over); it is negative for z < -kappa / over
        assert answer.misclassified == pytest.approx(float(load * mp.ncdf(-k / over)), rel=1e-12)


@given(st.floats(2.0001, 800.0))
def test_free_norm_is_the_sphere_without_a_force_on_its_radius(alpha: float) -> None:
    """V = 1 from the moments of the perceptron on the sphere of that norm, and the loss is the least over the norms around."""
    answer = unsat.free_norm(alpha)
    state = unsat.solve(Spherical(), Margin(answer.kappa), alpha)
    assert answer.kappa * state.pressure == pytest.approx(2 * state.energy, rel=1e-9)  # V = 1, or zeta = 0
    assert answer.norm**2 * state.energy == pytest.approx(answer.loss, rel=1e-9)
    assert answer.unsatisfied == pytest.approx(state.contacts, rel=1e-12)
    for factor in (0.97, 1.03):
        other = unsat.solve(Spherical(), Margin(answer.kappa / factor), alpha)
        assert (factor * answer.norm) ** 2 * other.energy > answer.loss


def test_free_norm_jumps_at_capacity_and_ends_as_least_squares() -> None:
    for alpha, loss in ((2.01, 0.355), (2.1, 0.452), (2.4, 0.650)):
        assert unsat.free_norm(alpha).loss == pytest.approx(loss, abs=5e-4)
    above = math.nextafter(2.0, 3.0)
    edge = unsat.free_norm(above, margin=3.0)
    assert edge.loss == pytest.approx(9 / math.pi, rel=1e-7)
    assert edge.unsatisfied == pytest.approx(1.0, abs=1e-7)
    assert edge.norm * math.sqrt(above - 2) == pytest.approx(3 * math.sqrt(2 - 4 / math.pi), rel=1e-7)
    # f = m fitted in the mean square: |w|^2 / N = 1 / (alpha - 1), residual m^2 (alpha - 1) / 2
    large = unsat.free_norm(1e6)
    assert large.norm == pytest.approx(1 / math.sqrt(1e6 - 1), rel=1e-12)
    assert large.loss == pytest.approx((1e6 - 1) / 2, rel=1e-12)
    assert all(math.isfinite(value) for value in unsat.free_norm(1e100, margin=1e100))


def test_free_norm_against_a_simulation() -> None:
    """Sixteen draws at N = 150, alpha = 3: within four standard errors."""
    n, alpha = 150, 3.0
    found = []
    for seed in range(16):
        x = np.random.default_rng(seed).standard_normal((round(alpha * n), n)) / math.sqrt(n)

        def loss(w, x=x):
            short = np.maximum(1 - x @ w, 0)
            return short @ short / 2, -x.T @ short

        w = minimize(loss, np.zeros(n), jac=True, options={"gtol": 1e-8}, method="L-BFGS-B").x
        f = x @ w
        short = np.maximum(1 - f, 0)
        assert short @ short == pytest.approx(short.sum(), rel=1e-4)  # V = 1
        found.append((short @ short / 2 / n, (f < 1).sum() / n, (f < 0).sum() / n, np.sqrt(w @ w / n)))
    theory = unsat.free_norm(alpha)
    expected = np.array([theory.loss, theory.unsatisfied, theory.misclassified, theory.norm])
    mean, error = np.mean(found, axis=0), np.std(found, axis=0, ddof=1) / math.sqrt(len(found))
    assert np.all(np.abs(mean - expected) < 4 * error)
    assert np.all(error < 0.05 * expected)


@pytest.mark.parametrize("alpha", [2.0, 1.5, 0.0, -1.0, math.nan, math.inf, 1e101, "3", None])
def test_free_norm_names_a_load_that_is_separable(alpha) -> None:
    with pytest.raises(ValueError, match=r"alpha = .*separable and the loss is 0"):
        unsat.free_norm(alpha)


@pytest.mark.parametrize("margin", [0.0, -1.0, math.nan, math.inf, 1e101, "1"])
def test_free_norm_names_the_margin(margin) -> None:
    with pytest.raises(ValueError, match="margin = "):
        unsat.free_norm(3.0, margin=margin)


def test_short_floats_are_read_and_not_calculated_with() -> None:
    short, long = np.float32(2.3), float(np.float32(2.3))
    for f in (
        unsat.jamming_margin,
        lambda alpha: unsat.solve(Spherical(), Margin(1.0), alpha),
        unsat.free_norm,
        lambda alpha: unsat.free_norm(alpha, margin=np.float32(1e-30)),
    ):
        assert f(short) == f(long)
    tiny = unsat.free_norm(3.0, margin=np.float32(1e-30))
    assert tiny.loss == unsat.free_norm(3.0, margin=float(np.float32(1e-30))).loss > 0.0
