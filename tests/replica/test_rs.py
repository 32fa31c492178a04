"""Replica-symmetric storage: literature values, independent solvers, identities, and every load that has an answer."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import warnings

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learnscape import Binary, Margin, Spherical, SymmetricMargin
from learnscape.constraints import Constraint
from learnscape.errors import ConvergenceError, ReplicaSymmetryWarning
from learnscape.numerics.gaussian import quadrature
from learnscape.numerics.shortfall import mean_squared_shortfall
from learnscape.replica import rs
from learnscape.replica._quadrature import graded_gaussian
from learnscape.replica._rs_grid import NO_SADDLE
from learnscape.replica._rs_kernels import MAX_ITERATIONS, TOLERANCE, rs_margin_kernel
from sampled import sampled

BOTH = [Binary(), Spherical()]


# ---------------------------------------------------------------------------------------------- published values
@pytest.mark.kernels
def test_krauth_mezard_capacity_lies_in_the_certified_interval() -> None:
    alpha = rs.capacity(Binary(), Margin(0.0))
    assert 0.833078599 <= alpha <= 0.833078600
    solution = rs.solve(Binary(), Margin(0.0), alpha)
    assert abs(solution.entropy) < 1e-13
    assert solution.q == pytest.approx(0.563949, abs=1e-6)
    assert solution.q_hat == pytest.approx(2.576351, abs=1e-6)


@pytest.mark.parametrize(("kappa", "alpha"), [(0.5, 0.455665), (-0.5, 1.678841)])
def test_binary_capacity_with_margin(kappa: float, alpha: float) -> None:
    assert rs.capacity(Binary(), Margin(kappa)) == pytest.approx(alpha, abs=6e-7)


@pytest.mark.parametrize(
    ("alpha", "entropy"),
    [(0.2, 0.550120), (0.4, 0.396455), (0.5, 0.314390), (0.6, 0.227785), (0.7, 0.135400), (0.8, 0.035306)],
)
def test_binary_entropy_table(alpha: float, entropy: float) -> None:
    assert rs.entropy(Binary(), Margin(0.0), alpha) == pytest.approx(entropy, abs=6e-7)


@pytest.mark.parametrize("kappa", [-3.0, -2.0, -1.0, -0.5, -0.1, 0.0, 0.3, 1.0, 2.5, 5.0])
def test_spherical_capacity_is_gardners_closed_form(kappa: float) -> None:
    with mp.workdps(30):
        k = mp.mpf(kappa)
        closed = float(1 / ((1 + k**2) * mp.ncdf(k) + k * mp.npdf(k)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ReplicaSymmetryWarning)
        assert rs.capacity(Spherical(), Margin(kappa)) == pytest.approx(closed, rel=1e-12)
    assert 1.0 / mean_squared_shortfall(kappa) == pytest.approx(closed, rel=1e-12)


@pytest.mark.parametrize(("kappa", "alpha"), [(-0.5, 3.9507), (-1.0, 7.8736)])
def test_at_line_of_the_negative_perceptron(kappa: float, alpha: float) -> None:
    found = rs.at_line(Spherical(), Margin(kappa))
    assert found == pytest.approx(alpha, abs=6e-5)
    assert abs(rs.solve(Spherical(), Margin(kappa), found).replicon) < 1e-10
    assert rs.solve(Spherical(), Margin(kappa), 0.999 * found).stable
    assert not rs.solve(Spherical(), Margin(kappa), 1.001 * found).stable


@pytest.mark.parametrize("kappa", [0.0, 0.5, 3.0])
def test_no_at_line_where_the_spherical_problem_is_convex(kappa: float) -> None:
    with pytest.raises(ValueError, match="stable wherever"):
        rs.at_line(Spherical(), Margin(kappa))


@pytest.mark.parametrize("kappa", [-0.5, 0.0, 0.5])
def test_binary_replicon_vanishes_only_beyond_the_capacity(kappa: float) -> None:
    line = rs.at_line(Binary(), Margin(kappa))
    assert line > rs.capacity(Binary(), Margin(kappa))
    assert rs.entropy(Binary(), Margin(kappa), line) < -0.1


def test_warning_exactly_where_replica_symmetry_breaks() -> None:
    for kappa in (-1.0, -0.01):
        with pytest.warns(ReplicaSymmetryWarning):
            rs.capacity(Spherical(), Margin(kappa))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for kappa in (0.0, 0.5, 4.0):
            rs.capacity(Spherical(), Margin(kappa))
        rs.capacity(Binary(), Margin(-0.5))


@pytest.mark.parametrize("kappa", [0.25, 0.5, 1.0, 1.5])
def test_symmetric_binary_capacity_is_the_first_moment(kappa: float) -> None:
    with mp.workdps(30):
        exact = float(-mp.log(2) / mp.log(mp.erf(mp.mpf(kappa) / mp.sqrt(2))))
    assert rs.capacity(Binary(), SymmetricMargin(kappa)) == pytest.approx(exact, rel=1e-13)
    assert rs.annealed_bound(Binary(), SymmetricMargin(kappa)) == pytest.approx(exact, rel=1e-13)
    solution = rs.solve(Binary(), SymmetricMargin(kappa), 0.5 * exact)
    assert (solution.q, solution.converged, solution.stable) == (0.0, True, True)
    assert solution.entropy == pytest.approx(0.5 * math.log(2), rel=1e-13)


@pytest.mark.kernels
@pytest.mark.parametrize("kappa", [-1.0, 0.0, 0.7])
def test_binary_saddle_limit_is_the_uniqueness_bound(kappa: float) -> None:
    # arXiv 2512.23195: unique saddle below 2 / (pi E (kappa - Z)_+^2), which is 4/pi at kappa = 0
    assert rs.saddle_limit(Binary(), Margin(kappa)) == pytest.approx(
        2 / math.pi / mean_squared_shortfall(kappa), rel=1e-13
    )
    if kappa == 0.0:
        assert rs.saddle_limit(Binary(), Margin(kappa)) == pytest.approx(4 / math.pi, rel=1e-14)


# ---------------------------------------------------------------------------------------------- independent solvers
def mp_average(function, bend=0):
    points = sorted({mp.mpf(p) for p in (-13, -8, -5, -3, -1, 1, 3, 5, 8, 13)} | {mp.mpf(bend)})
    return mp.quad(lambda z: mp.npdf(z) * function(z), [p for p in points if abs(p) <= 13])


@pytest.mark.parametrize(
    ("weights", "kappa", "alpha"),
    sampled(
        [(Binary(), 0, "0.5"), (Binary(), "0.5", "0.4"), (Spherical(), 0, "1.0"), (Spherical(), -1, "6.0")],
        every=3,
    ),
)
def test_saddle_and_entropy_against_thirty_digit_integrals(weights, kappa, alpha) -> None:
    """At our overlap, both equations and the entropy are evaluated by mpmath, from the formulas in the textbook form."""
    solution = rs.solve(weights, Margin(float(kappa)), float(alpha))
    with mp.workdps(30):
        kappa, alpha = mp.mpf(kappa), mp.mpf(alpha)

        def x(z, q):
            return (kappa - mp.sqrt(q) * z) / mp.sqrt(1 - q)

        def tail(y):
            return mp.erfc(y / mp.sqrt(2)) / 2

        def q_hat_of(q):
            return (
                alpha
                / (1 - q)
                * mp_average(lambda z: (mp.npdf(x(z, q)) / tail(x(z, q))) ** 2, kappa / mp.sqrt(q))
            )

        def mismatch(q):
            q_hat = q_hat_of(q)
            if isinstance(weights, Spherical):
                return q / (1 - q) ** 2 - q_hat
            return mp_average(lambda z: mp.tanh(mp.sqrt(q_hat) * z) ** 2) - q

        q = mp.findroot(
            mismatch, (mp.mpf(solution.q), mp.mpf(solution.q) + mp.mpf("1e-9")), tol=mp.mpf(10) ** -40
        )
        q_hat = q_hat_of(q)
        if isinstance(weights, Spherical):
            entropic = (mp.log(1 - q) + q / (1 - q)) / 2
        else:
            entropic = -q_hat * (1 - q) / 2 + mp_average(lambda z: mp.log(2 * mp.cosh(mp.sqrt(q_hat) * z)))
        entropy = entropic + alpha * mp_average(lambda z: mp.log(tail(x(z, q))), kappa / mp.sqrt(q))
        assert solution.q == pytest.approx(float(q), rel=1e-13)
        assert solution.q_hat == pytest.approx(float(q_hat), rel=1e-12)
        assert solution.entropy == pytest.approx(float(entropy), rel=1e-13)
    if isinstance(weights, Binary) and kappa == 0:
        assert solution.q == pytest.approx(0.322385363223561, abs=1e-14)
        assert solution.entropy == pytest.approx(0.314390066855625, abs=1e-14)


PAIRS = [
    (weights, kappa, fraction)
    for weights in BOTH
    for kappa in (-3.0, -2.6, -1.0, 0.0, 0.8, 3.0, 5.0)
    for fraction in (1e-9, 0.1, 0.6, 0.95)
]


@pytest.mark.parametrize(("weights", "kappa", "fraction"), PAIRS)
def test_compiled_and_generic_paths_agree(weights, kappa, fraction) -> None:
    constraint = Margin(kappa)
    alpha = fraction * rs.saddle_limit(weights, constraint)
    compiled = rs.solve(weights, constraint, alpha)
    generic = rs.solve(weights, constraint, alpha, path="generic")
    assert abs(compiled.q - generic.q) <= 1e-12 * compiled.q
    assert compiled.q_hat == pytest.approx(generic.q_hat, rel=1e-11)
    assert compiled.entropy == pytest.approx(generic.entropy, rel=1e-12, abs=1e-12)
    assert compiled.replicon == pytest.approx(generic.replicon, rel=1e-11, abs=1e-11)


def test_generic_capacity_equals_the_compiled_one() -> None:
    from learnscape.replica import _rs_generic

    for kappa in (-1.0, 0.0, 1.5):
        assert _rs_generic.capacity(Binary(), Margin(kappa))[0] == pytest.approx(
            rs.capacity(Binary(), Margin(kappa)), rel=1e-12
        )


class Interval(Constraint):
    """A constraint of a reader's own, a <= stability <= b, in plain NumPy and SciPy."""

    def __init__(self, a: float, b: float) -> None:
        self.a, self.b = a, b

    @property
    def edges(self):
        return (self.a, self.b)

    def terms(self, omega, variance):
        from scipy.stats import norm

        s = np.sqrt(variance)
        x, y = (self.a - omega) / s, (self.b - omega) / s
        flip = x + y < 0
        x, y = np.where(flip, -y, x), np.where(flip, -x, y)
        sign = np.where(flip, -1.0, 1.0)
        log_p = norm.logsf(x) + np.log1p(-np.exp(norm.logsf(y) - norm.logsf(x)))
        gx, gy = np.exp(norm.logpdf(x) - log_p), np.exp(norm.logpdf(y) - log_p)
        g = gx - gy
        return log_p, sign * g / s, (x * gx - y * gy - g * g) / variance

    def allowed(self, stability):
        return (stability >= self.a) & (stability <= self.b)

    def squared_distance(self, omega):
        return np.maximum(self.a - omega, 0) ** 2 + np.maximum(omega - self.b, 0) ** 2


@pytest.mark.parametrize("weights", BOTH)
def test_a_constraint_of_ones_own_works_with_every_function(weights) -> None:
    # a far upper end changes nothing: the interval is the margin
    wide = rs.solve(weights, Interval(0.2, 14.0), 0.4)
    margin = rs.solve(weights, Margin(0.2), 0.4)
    assert wide.entropy == pytest.approx(margin.entropy, abs=1e-12)
    assert wide.q == pytest.approx(margin.q, abs=1e-12)
    # a symmetric interval that does not say so has the saddle q = 0 as the limit of small overlaps
    near = rs.solve(weights, Interval(-0.8, 0.8001), 0.3)
    symmetric = rs.solve(weights, SymmetricMargin(0.8), 0.3)
    assert near.entropy == pytest.approx(symmetric.entropy, abs=1e-4)
    # and a genuinely new one
    narrow = rs.solve(weights, Interval(0.0, 1.5), 0.3)
    assert narrow.converged
    assert narrow.entropy < rs.entropy(weights, Margin(0.0), 0.3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ReplicaSymmetryWarning)  # spherical: unstable there, and so it says
        assert rs.capacity(weights, Interval(0.0, 1.5)) < rs.capacity(weights, Margin(0.0))


def textbook_phi(weights, constraint, alpha, q, q_hat):
    z, w = quadrature(400)
    energetic = w @ constraint.log_partition(math.sqrt(q) * z, 1 - q)
    if isinstance(weights, Binary):
        h = np.abs(math.sqrt(q_hat) * z)
        entropic = -0.5 * q_hat * (1 - q) + w @ (h + np.log1p(np.exp(-2 * h)))
    else:
        s = 0.5 * (1 + math.sqrt(1 + 4 * q_hat))
        entropic = 0.5 * (2 * s - 2 - math.log(s) - q_hat * (1 - q))
    return entropic + alpha * energetic


@pytest.mark.parametrize("weights", BOTH)
@pytest.mark.parametrize(
    ("constraint", "alpha"),
    [(Margin(0.0), 0.7), (Margin(-1.0), 3.0), (Margin(1.0), 0.2), (SymmetricMargin(1.0), 2.5)],
)
def test_free_entropy_is_stationary_at_the_answer(weights, constraint, alpha) -> None:
    solution = rs.solve(weights, constraint, alpha)
    q, q_hat, h = solution.q, solution.q_hat, 1e-3

    def slope(f, x):
        step = h * max(x, 1e-2)
        return (8 * (f(x + step) - f(x - step)) - (f(x + 2 * step) - f(x - 2 * step))) / (12 * step)

    if q > 0.0:  # at q = 0 both derivatives vanish by symmetry
        assert abs(slope(lambda t: textbook_phi(weights, constraint, alpha, t, q_hat), q)) < 1e-9 * max(
            1.0, q_hat
        )
        assert abs(slope(lambda t: textbook_phi(weights, constraint, alpha, q, t), q_hat)) < 1e-9
    assert textbook_phi(weights, constraint, alpha, q, q_hat) == pytest.approx(solution.entropy, abs=1e-12)


def test_replicon_from_the_linear_response_of_the_symmetric_saddle() -> None:
    """At q = 0 the replica-symmetric iteration q -> Q(alpha int g^2) itself loses stability at the AT line: its slope is 1 - replicon."""
    for weights in BOTH:
        for alpha in (0.5, 1.2):
            constraint = SymmetricMargin(1.0)
            solution = rs.solve(weights, constraint, alpha, q0=0.0)
            q = 1e-7
            z, w = quadrature(200)
            _, g, _ = constraint.terms(math.sqrt(q) * z, 1 - q)
            slope = weights.overlap(alpha * float(w @ g**2)) / q
            assert 1 - slope == pytest.approx(solution.replicon, abs=1e-5)


@pytest.mark.parametrize(
    ("weights", "kappa", "alpha"), [(Binary(), 0.0, 0.7), (Spherical(), -1.0, 9.0), (Spherical(), 0.0, 1.5)]
)
def test_replicon_against_the_growth_of_replica_symmetry_breaking(weights, kappa, alpha) -> None:
    """1RSB with an infinitesimal split: q1 = q + eps. The linearised 1RSB map for eps has slope 1 - replicon.

    A second Gaussian of variance eps is added to the field, weighted by the partition function to the power m; to first order in eps,
    the new split is Var of g over it: int Dz (dg)^2 eps, through the pattern and through the weight alike. Both derivatives are taken here
    by finite differences of free-energy derivatives, with m = 0 (the weighting changes second order only).
    """
    solution = rs.solve(weights, Margin(kappa), alpha)
    eps = 1e-5
    z, w = graded_gaussian([kappa / math.sqrt(solution.q)], math.sqrt((1 - solution.q) / solution.q))
    y, u = np.polynomial.hermite_e.hermegauss(20)
    u = u / u.sum()
    constraint = Margin(kappa)

    def split(scale, function, variance):
        """Variance over the extra Gaussian of the derivative of the log-partition, averaged over z."""
        values = function(scale * z[:, None] + math.sqrt(variance) * y[None, :])
        return float(w @ (values**2 @ u - (values @ u) ** 2))

    dq_hat = alpha * split(
        math.sqrt(solution.q), lambda omega: constraint.terms(omega, 1 - solution.q)[1], eps
    )
    if isinstance(weights, Binary):
        dq = split(math.sqrt(solution.q_hat), np.tanh, dq_hat)
    else:
        dq = split(math.sqrt(solution.q_hat), lambda h: (1 - solution.q) * h, dq_hat)
    assert 1 - dq / eps == pytest.approx(solution.replicon, abs=3e-4)


# ---------------------------------------------------------------------------------------------- limits, order, range
@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(BOTH),
    st.floats(-3.0, 5.0),
    st.floats(1e-12, 0.9999, exclude_max=True),
)
def test_every_load_below_the_limit_is_answered(weights, kappa, fraction) -> None:
    constraint = Margin(kappa)
    alpha = fraction * rs.saddle_limit(weights, constraint)
    solution = rs.solve(weights, constraint, alpha)
    assert solution.converged
    assert 0.0 < solution.q < 1.0
    assert solution.residual <= 1e-12
    assert solution.entropy <= rs.annealed_bound(weights, constraint, alpha) + 1e-13
    z, w = graded_gaussian(
        [kappa / math.sqrt(solution.q)],
        math.sqrt((1 - solution.q) / solution.q),
        low=min(kappa, 0) - 9,
        high=9,
    )
    _, g, _ = constraint.terms(math.sqrt(solution.q) * z, 1 - solution.q)
    back = weights.overlap(alpha * float(w @ g**2))
    assert back == pytest.approx(solution.q, rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(BOTH), st.floats(-2.0, 4.0), st.floats(0.01, 0.9), st.floats(1.001, 1.1))
def test_entropy_falls_with_load_and_margin(weights, kappa, fraction, factor) -> None:
    alpha = fraction * rs.saddle_limit(weights, Margin(kappa + 0.1))
    here = rs.solve(weights, Margin(kappa), alpha)
    more = rs.solve(weights, Margin(kappa), alpha * factor)
    harder = rs.solve(weights, Margin(kappa + 0.1), alpha)
    assert more.entropy < here.entropy
    assert more.q > here.q
    assert harder.entropy < here.entropy


@pytest.mark.parametrize("weights", BOTH)
def test_limits(weights) -> None:
    tiny = rs.solve(weights, Margin(0.0), 1e-14)
    assert tiny.entropy == pytest.approx(weights.annealed_entropy, abs=1e-13)
    assert tiny.q == pytest.approx(1e-14 * 2 / math.pi, rel=1e-10)  # q = alpha A(0)^2
    for kappa in (-8.0, -20.0, -60.0, -1e6):
        free = rs.solve(weights, Margin(kappa), 1.0)
        assert free.entropy == pytest.approx(weights.annealed_entropy, abs=1e-13)
        assert free.stable


@pytest.mark.parametrize(
    ("weights", "kappa", "alpha"),
    [(Spherical(), 0.0, 1.999), (Spherical(), -1.0, 13.0), (Spherical(), 0.0, 2 - 1e-9)],
)
def test_close_to_the_end_of_the_branch(weights, kappa, alpha) -> None:
    solution = rs.solve(weights, Margin(kappa), alpha)
    assert solution.converged
    assert solution.entropy < -5.0


def test_binary_branch_continues_past_the_zero_of_the_entropy() -> None:
    solution = rs.solve(Binary(), Margin(0.0), 1.27)
    assert solution.entropy < -1.0
    assert not solution.stable


def test_extreme_margins_have_an_answer_or_an_error() -> None:
    log_2 = math.log(2)
    for kappa in (-10.0, -20.0, -26.0, -29.0, -36.0):  # so few violations that the first moment is exact
        assert rs.capacity(Binary(), Margin(kappa)) == pytest.approx(
            rs.annealed_bound(Binary(), Margin(kappa)), rel=1e-9
        )
    assert rs.capacity(Binary(), Margin(-60.0)) == math.inf
    assert rs.capacity(Binary(), SymmetricMargin(40.0)) == math.inf
    assert rs.annealed_bound(Binary(), SymmetricMargin(40.0)) == math.inf
    for kappa in (30.0, 1e3, 1e6):
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # replica symmetry is stable there: noise must not say otherwise
            alpha = rs.capacity(Binary(), Margin(kappa))
        assert 0 < alpha < log_2 / -Margin(kappa).annealed_log_probability() * (1 + 1e-9)
        assert alpha <= rs.saddle_limit(Binary(), Margin(kappa)) * (1 + 1e-13)
    for weights in BOTH:
        with pytest.raises(ValueError, match="beyond the largest double"):
            rs.at_line(weights, Margin(-39.0))


@pytest.mark.parametrize("weights", BOTH)
@pytest.mark.parametrize("kappa", [-27.0, -30.0, -36.0])
def test_second_saddle_where_the_first_one_has_no_overlap_left(weights, kappa) -> None:
    """The small overlap underflows, but at nine tenths of the limit the state of lowest entropy has a large one, as at -20."""
    limit = rs.saddle_limit(weights, Margin(kappa))
    large = rs.solve(weights, Margin(kappa), 0.99 * limit)
    other = rs.solve(weights, Margin(kappa), 0.99 * limit, path="generic", tol=1e-9)
    assert large.q > 0.9999
    assert 1 - large.q == pytest.approx(1 - other.q, rel=1e-9)
    assert large.entropy == pytest.approx(other.entropy, rel=1e-9)
    assert large.entropy < rs.annealed_bound(weights, Margin(kappa), 0.99 * limit)
    small = rs.solve(weights, Margin(kappa), 0.6 * limit)
    assert small.q == 0.0
    assert small.entropy == pytest.approx(rs.annealed_bound(weights, Margin(kappa), 0.6 * limit), rel=1e-12)
    line = rs.at_line(weights, Margin(kappa))
    assert 0.93 < line / limit < 0.95
    assert rs.solve(weights, Margin(kappa), line * (1 - 1e-9)).replicon > 0
    assert rs.solve(weights, Margin(kappa), line * (1 + 1e-9)).replicon < 0


def test_capacity_of_wide_symmetric_margins_up_to_the_largest_double() -> None:
    """2 H(37) = 1.145e-299, from mpmath; ln 2 over it is no infinity."""
    assert rs.capacity(Binary(), SymmetricMargin(37.0)) == pytest.approx(6.05308320882537e298, rel=1e-12)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # no replicon of minus infinity
        assert rs.capacity(Spherical(), SymmetricMargin(38.0)) == math.inf
        assert (
            rs.capacity(Spherical(), Margin(1e155)) == 0.0
        )  # below the smallest double; no overflow warning


@pytest.mark.parametrize("path", ["auto", "generic"])
def test_loads_too_close_to_the_end_of_the_branch_are_refused(path) -> None:
    with pytest.raises(ValueError, match="0 < alpha < 2"):
        rs.solve(Spherical(), Margin(0.0), 2 * (1 - 1e-15), path=path)


def test_lowest_of_several_saddles_for_very_negative_margin() -> None:
    """For kappa = -3 alpha(q) falls between q = 0.27 and 0.58: loads there have three saddles, two of them local minima over q."""
    low = rs.solve(Spherical(), Margin(-3.0), 3300.0, q0=0.0)
    high = rs.solve(Spherical(), Margin(-3.0), 3300.0, q0=0.9)
    assert high.q - low.q > 0.3
    assert rs.solve(Spherical(), Margin(-3.0), 3300.0).entropy == pytest.approx(
        min(low.entropy, high.entropy), rel=1e-12
    )


# ---------------------------------------------------------------------------------------------- stabilities
@pytest.mark.parametrize(
    ("weights", "kappa", "alpha"), [(Spherical(), 0.0, 1.0), (Binary(), -0.5, 1.2), (Spherical(), 1.0, 0.4)]
)
def test_distribution_of_stabilities(weights, kappa, alpha) -> None:
    solution = rs.solve(weights, Margin(kappa), alpha)
    y, u = np.polynomial.legendre.leggauss(60)
    delta = kappa + 4.5 * (y + 1)
    density = solution.stability_density(delta)
    total, mean = 4.5 * (u @ density), 4.5 * (u @ (density * delta))
    assert total == pytest.approx(1.0, abs=1e-12)
    z, w = graded_gaussian([kappa / math.sqrt(solution.q)], 1.0)
    _, g, _ = Margin(kappa).terms(math.sqrt(solution.q) * z, 1 - solution.q)
    assert mean == pytest.approx(
        (1 - solution.q) * float(w @ g), rel=1e-12
    )  # a pattern pulls its own field up by V g
    assert np.all(solution.stability_density(kappa - np.array([1e-9, 1.0])) == 0.0)
    # moving the margin costs the patterns that sit there: dS/dkappa = - alpha P(kappa)
    h = 1e-3
    s = [rs.entropy(weights, Margin(kappa + k * h), alpha) for k in (-2, -1, 1, 2)]
    assert (s[0] - 8 * s[1] + 8 * s[2] - s[3]) / (12 * h) == pytest.approx(
        -alpha * float(solution.stability_density(kappa)), rel=1e-8
    )


def test_stabilities_near_and_at_capacity() -> None:
    delta = np.array([0.2, 1.0, 2.5])
    near = rs.stabilities(rs.solve(Spherical(), Margin(0.0), 1.9999), delta)
    density, atoms = rs.stabilities_at_capacity(Spherical(), Margin(0.0), delta)
    assert near == pytest.approx(density, abs=2e-3)
    assert atoms == ((0.0, 0.5),)
    density, atoms = rs.stabilities_at_capacity(Spherical(), SymmetricMargin(1.0), [0.0, 2.0])
    assert density[1] == 0.0
    assert [p for _, p in atoms] == pytest.approx([0.15865525393145707] * 2, rel=1e-12)
    density, atoms = rs.stabilities_at_capacity(Binary(), Margin(0.0), [0.5])
    assert atoms == ()
    assert density[0] > 0


# ---------------------------------------------------------------------------------------------- bad input
@pytest.mark.parametrize("alpha", [0, -1.0, math.nan, math.inf, -math.inf, "1", None, True, [0.5]])
def test_bad_loads_are_named(alpha) -> None:
    with pytest.raises(ValueError, match=r"alpha = .* is not allowed: it must be a finite number > 0"):
        rs.solve(Binary(), Margin(0.0), alpha)


@pytest.mark.parametrize("path", ["auto", "generic"])
@pytest.mark.parametrize(
    ("weights", "alpha", "limit"),
    [(Spherical(), 2.0, "2"), (Spherical(), 7.0, "2"), (Binary(), 1.28, "1.2732")],
)
def test_loads_without_saddle_name_the_allowed_range(weights, alpha, limit, path) -> None:
    with pytest.raises(ValueError, match=rf"alpha = {alpha} .*0 < alpha < {limit}"):
        rs.solve(weights, Margin(0.0), alpha, path=path)


def test_other_bad_input() -> None:
    with pytest.raises(ValueError, match="weights"):
        rs.solve("Binary", Margin(0.0), 0.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="weights"):
        rs.capacity(Binary, Margin(0.0))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="constraint"):
        rs.solve(Binary(), 0.0, 0.5)  # type: ignore[arg-type]
    for name, value in (
        ("q0", 1.0),
        ("q0", -0.1),
        ("tol", 0.0),
        ("max_iterations", 0),
        ("on_failure", "hope"),
        ("path", "fast"),
    ):
        with pytest.raises(ValueError, match=name):
            rs.solve(Binary(), Margin(0.0), 0.5, **{name: value})
    with pytest.raises(ValueError, match="discrete"):
        rs.annealed_bound(Spherical(), Margin(0.0))


@pytest.mark.parametrize("path", ["auto", "generic"])
def test_too_few_iterations_raise_or_return_as_asked(path) -> None:
    with pytest.raises(ConvergenceError, match="residual") as caught:
        rs.solve(Binary(), Margin(0.0), 0.5, max_iterations=1, path=path)
    assert caught.value.trace[0] > 1e-12
    state = rs.solve(Binary(), Margin(0.0), 0.5, max_iterations=1, path=path, on_failure="return")
    assert not state.converged
    assert math.isfinite(state.entropy)


@pytest.mark.parametrize("path", ["auto", "generic"])
def test_numpy_integers_are_integers(path) -> None:
    plain = rs.solve(Binary(), Margin(0.0), 0.5, path=path)
    assert rs.solve(Binary(), Margin(0.0), 0.5, max_iterations=np.int32(100), path=path) == plain
    with pytest.raises(ValueError, match="max_iterations = True"):
        rs.solve(Binary(), Margin(0.0), 0.5, max_iterations=True, path=path)


# ---------------------------------------------------------------------------------------------- compiled and not, cold and cached
@pytest.mark.kernels
def test_page_kernels_answer_like_solve() -> None:
    state = rs_margin_kernel(True, 0.5, 0.1, TOLERANCE, MAX_ITERATIONS)
    solution = rs.solve(Binary(), Margin(0.1), 0.5)
    assert state[:4] == (solution.q, solution.q_hat, solution.entropy, solution.replicon)
    assert (
        rs_margin_kernel(False, 0.5, 0.1, TOLERANCE, MAX_ITERATIONS).q
        == rs.solve(Spherical(), Margin(0.1), 0.5).q
    )
    assert rs_margin_kernel(False, 2.5, 0.0, TOLERANCE, MAX_ITERATIONS).status == NO_SADDLE


SNIPPET = """
from learnscape import Binary, Margin, Spherical, SymmetricMargin
from learnscape.replica import rs, teacher
for value in (rs.solve(Binary(), Margin(0.3), 0.4).q, rs.solve(Spherical(), Margin(-3.0), 3300.0).entropy, rs.capacity(Binary(), Margin(-3.0)),
              rs.capacity(Binary(), Margin(0.0)), rs.solve(Binary(), SymmetricMargin(1.0), 2.2).replicon,
              teacher.solve(Binary(), 1.2).entropy, teacher.solve(Spherical(), 3.0).overlap):
    print(repr(float(value)))
"""


def run_python(code: str, **environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    return done.stdout.split()


@pytest.mark.weekly
def test_kernel_bodies_give_the_same_numbers_without_the_compiler() -> None:
    compiled = [float(x) for x in run_python(SNIPPET)]
    interpreted = [float(x) for x in run_python(SNIPPET, NUMBA_DISABLE_JIT="1")]
    assert compiled == pytest.approx(interpreted, rel=1e-12, abs=1e-13)


@pytest.mark.timing
def test_import_compiles_nothing_and_the_first_number_is_soon_there() -> None:
    code = """
import time
start = time.process_time()  # not wall time: other jobs share the machine
from learnscape import Binary, Margin
from learnscape.replica import rs
from learnscape.replica import _rs_kernels
compiled = sum(len(getattr(f, "signatures", ())) for f in vars(_rs_kernels).values())
rs.solve(Binary(), Margin(0.0), 0.5)
print(compiled, time.process_time() - start)
"""
    stack = """
import time
start = time.process_time()
import numpy, scipy.optimize, scipy.special, numba
print(time.process_time() - start)
"""  # what no program that computes with these can do without; machines differ, the ratio hardly does (1.4)
    run_python(code)
    rounds = [(run_python(code), run_python(stack)) for _ in range(5)]
    assert all(compiled == "0" for (compiled, _), _ in rounds)
    ours, theirs = (min(float(row[-1]) for row in rows) for rows in zip(*rounds, strict=True))
    assert ours < 1.8 * theirs


# ---------------------------------------------------------------------------------------------- the last per cent before the limit
def exact_gap(binary: bool, kappa: float, q: mp.mpf, v: mp.mpf, q_hat: mp.mpf) -> mp.mpf:
    """1 - alpha(q)/limit by forty-digit arithmetic, from the textbook formulas alone."""
    k = mp.mpf(kappa)
    limit = (2 / mp.pi if binary else 1) / ((1 + k**2) * mp.ncdf(k) + k * mp.npdf(k))

    def squared_mills(x: mp.mpf) -> mp.mpf:
        if x < 60:
            return (mp.npdf(x) / (mp.erfc(x / mp.sqrt(2)) / 2)) ** 2
        term = series = mp.mpf(1)
        for n in range(1, 14):
            term *= -(2 * n - 1) / x**2
            series += term
        return (x / series) ** 2

    bend, width = k / mp.sqrt(q), mp.sqrt(v / q)
    steps = [width * 4**n for n in range(60) if width * 4**n < 13]
    cuts = sorted({mp.mpf(-13), mp.mpf(13), bend, *(bend - s for s in steps), *(bend + s for s in steps)})
    cuts = [c for c in cuts if abs(c) <= 13]
    average = mp.quad(
        lambda z: mp.npdf(z) * squared_mills((k - mp.sqrt(q) * z) / mp.sqrt(v)), cuts, maxdegree=5
    )
    return 1 - q_hat * v / average / limit


@pytest.mark.kernels
@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize(("kappa", "gap"), [(0.0, 5e-3), (0.0, 1e-12), (0.7, 1e-6), (-1.0, 1e-9)])
def test_overlap_near_the_limit_has_the_digits_that_the_load_gives_it(binary, kappa, gap) -> None:
    weights = Binary() if binary else Spherical()
    limit = rs.saddle_limit(weights, Margin(kappa))
    alpha = limit * (1 - gap)
    solution = rs.solve(weights, Margin(kappa), alpha)
    assert solution.converged
    with mp.workdps(40):
        q_hat = mp.mpf(solution.q_hat)
        if binary:
            a = mp.sqrt(q_hat)
            cuts = [0, *(2**n / (4 * a) for n in range(60) if 2**n / (4 * a) < 13), 13]
            v = 2 * mp.quad(lambda x: mp.npdf(x) * mp.sech(min(a * x, mp.mpf(200))) ** 2, cuts, maxdegree=5)
        else:
            v = 2 / (1 + mp.sqrt(1 + 4 * q_hat))
        found = exact_gap(binary, kappa, 1 - v, v, q_hat)
        assert float(found / mp.mpf(gap)) == pytest.approx(1.0, rel=1e-11 + 1e-15 / gap)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(BOTH),
    st.floats(-2.4, 8.0),
    st.floats(-12.9, -0.5),
    st.sampled_from([1e-14, 1e-12, 1e-6]),
)
def test_near_the_limit_entropy_and_overlap_move_as_they_must(weights, kappa, exponent, tol) -> None:
    """dS/dalpha = int Dz ln H, at fixed digits all the way to the limit; before, q = 1 and entropies of +3e8 passed as converged."""
    limit = rs.saddle_limit(weights, Margin(kappa))
    gap = 1 - limit * (1 - 10**exponent) / limit
    a, b = (rs.solve(weights, Margin(kappa), limit * (1 - gap * factor), tol=tol) for factor in (1.0, 1.05))
    assert a.converged
    assert b.converged
    assert 0.0 < b.q <= a.q < 1.0
    assert a.entropy < b.entropy
    assert all(map(math.isfinite, (a.q_hat, a.replicon)))
    v, w = (weights.one_minus_overlap(solution.q_hat) for solution in (a, b))
    # -int Dz ln H is close to shortfall/(2 v), and 1 - q is almost proportional to the gap
    assert 1.0 < w / v < 1.2 + 1e-13 / gap
    if gap < 1e-4:
        predicted = mean_squared_shortfall(kappa) / (2 * math.sqrt(v * w)) * 0.05 * gap * limit
        assert a.entropy == pytest.approx(b.entropy - predicted, abs=0.01 * predicted + 3e-15 / gap)


def test_every_load_of_a_thousand_near_the_limit_is_answered_or_refused() -> None:
    rng = np.random.default_rng(8)
    for _ in range(1000):
        weights = BOTH[rng.integers(2)]
        constraint = Margin(
            float(rng.choice([rng.normal(), rng.uniform(-6.0, 8.0), 10 ** rng.uniform(0, 4)]))
        )
        gap = 10 ** rng.uniform(-14.0, -1.0)
        alpha = rs.saddle_limit(weights, constraint) * (1 - gap)
        if gap < 0.9e-13:
            with pytest.raises(ValueError, match=r"lost in the rounding of alpha|exists only"):
                rs.solve(weights, constraint, alpha)
        elif gap > 1.1e-13:
            solution = rs.solve(weights, constraint, alpha)
            assert solution.converged
            assert 0.0 <= solution.q < 1.0
            assert solution.entropy < weights.annealed_entropy
            assert math.isfinite(solution.q_hat)


@pytest.mark.parametrize("weights", BOTH)
def test_generic_path_never_answers_zero_overlap_near_the_limit(weights) -> None:
    limit = rs.saddle_limit(weights, Margin(0.0))
    for gap in (1e-3, 1e-7, 1e-10):
        generic = rs.solve(weights, Margin(0.0), limit * (1 - gap), path="generic")
        compiled = rs.solve(weights, Margin(0.0), limit * (1 - gap))
        assert generic.q_hat == pytest.approx(compiled.q_hat, rel=1e-11 + 6e-14 / gap)
    with pytest.raises(ValueError, match="lost in the rounding of alpha"):
        rs.solve(weights, Margin(0.0), limit * (1 - 1e-12), path="generic")


# ---------------------------------------------------------------------------------------------- where stability ends
@pytest.mark.parametrize("weights", BOTH)
@pytest.mark.parametrize("kappa", [-0.7, -2.8, -3.0, -3.3, -4.0, -6.0])
def test_at_line_is_where_the_returned_state_becomes_unstable(weights, kappa) -> None:
    """Against a scan of `solve`: stable below, unstable above, also where the state jumps from one sign of the replicon to the other."""
    line = rs.at_line(weights, Margin(kappa))
    limit = rs.saddle_limit(weights, Margin(kappa))
    assert 0 < line < limit
    for fraction in (0.01, 0.3, 0.9, 0.999, 1 - 1e-9):
        assert rs.solve(weights, Margin(kappa), fraction * line).stable
    for fraction in (1e-9, 1e-3, 0.2, 0.9):
        assert not rs.solve(weights, Margin(kappa), line + fraction * (limit - line)).stable
    before, after = (rs.solve(weights, Margin(kappa), line * (1 + s * 1e-9)) for s in (-1, 1))
    assert before.entropy == pytest.approx(after.entropy, rel=1e-7)  # continuous, also in the jump
    assert (after.q > before.q + 0.5) == (kappa < -3.1 or (kappa < -2.85 and weights.discrete))


def test_at_line_of_symmetric_margins_lies_where_solve_answers() -> None:
    line = rs.at_line(Spherical(), SymmetricMargin(1.0))
    assert rs.solve(Spherical(), SymmetricMargin(1.0), 0.999 * line).stable
    assert not rs.solve(Spherical(), SymmetricMargin(1.0), 1.001 * line).stable
    for kappa in (5.0, 8.0):  # the sphere is empty before q = 0 becomes unstable
        with pytest.raises(ValueError, match="stable wherever"):
            rs.at_line(Spherical(), SymmetricMargin(kappa))
        limit = rs.saddle_limit(Spherical(), SymmetricMargin(kappa))
        with pytest.raises(ValueError, match="0 < alpha <"):
            rs.solve(Spherical(), SymmetricMargin(kappa), 1.1 * limit)


@pytest.mark.parametrize("kappa", [3.0, 5.5, 8.0, 8.5, 10.0, 20.0, 35.0])
def test_capacities_of_wide_symmetric_margins_by_mpmath(kappa) -> None:
    with mp.workdps(400):
        k = mp.mpf(kappa)
        tail = mp.erfc(k / mp.sqrt(2)) / 2
        first_moment = float(-mp.log(2) / mp.log1p(-2 * tail))
        limit = float(1 / (2 * ((1 + k**2) * tail - k * mp.npdf(k))))
    assert rs.capacity(Binary(), SymmetricMargin(kappa)) == pytest.approx(first_moment, rel=1e-13)
    assert rs.annealed_bound(Binary(), SymmetricMargin(kappa)) == pytest.approx(first_moment, rel=1e-13)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ReplicaSymmetryWarning)
        assert rs.capacity(Spherical(), SymmetricMargin(kappa)) == pytest.approx(limit, rel=1e-13)


class Broken(Margin):
    """A margin whose terms are not finite."""

    def terms(self, omega, variance):
        f, g, dg = super().terms(omega, variance)
        return f, g * math.nan, dg


class Shifted(Margin):
    """A margin of a reader's own, one half higher than it says."""

    @property
    def edges(self):
        return (self.kappa + 0.5,)

    def terms(self, omega, variance):
        return Margin(self.kappa + 0.5).terms(omega, variance)

    def allowed(self, stability):
        return Margin(self.kappa + 0.5).allowed(stability)

    def squared_distance(self, omega):
        return Margin(self.kappa + 0.5).squared_distance(omega)


def test_a_subclass_of_margin_is_not_taken_for_margin() -> None:
    for weights in BOTH:
        assert rs.solve(weights, Shifted(0.0), 0.3).entropy == pytest.approx(
            rs.entropy(weights, Margin(0.5), 0.3), rel=1e-11
        )
        assert rs.capacity(weights, Shifted(0.0)) == pytest.approx(
            rs.capacity(weights, Margin(0.5)), rel=1e-11
        )
        with pytest.raises(ValueError, match="terms are finite"):
            rs.solve(weights, Broken(0.0), 0.3)


def test_stabilities_are_real_numbers() -> None:
    solution = rs.solve(Binary(), Margin(0.0), 0.5)
    for bad in (1j, [0.5, 1j], np.ma.array([0.5, 1.0], mask=[0, 1]), "1", math.nan, [True]):
        with pytest.raises(ValueError, match="stability"):
            rs.stabilities(solution, bad)
        with pytest.raises(ValueError, match="stability"):
            rs.stabilities_at_capacity(Binary(), Margin(0.0), bad)
