"""Weights whose self-overlap is an order parameter, and the outer margin: identities, limits, mpmath, exact enumeration."""

from __future__ import annotations

import itertools
import math
import warnings

import mpmath as mp
import numpy as np
import pytest

from learnscape import (
    Binary,
    Discrete,
    Margin,
    OuterMargin,
    ReplicaSymmetryWarning,
    Spherical,
    SymmetricMargin,
)
from learnscape.learn import enumerate_solutions
from learnscape.numerics.gaussian import quadrature
from learnscape.patterns import random_patterns
from learnscape.replica import rs, rsb

TERNARY = Discrete((-1, 0, 1))


# ---------------------------------------------------------------------------------------------- two levels are binary weights
@pytest.mark.parametrize("q_hat", [0.0, 1e-20, 1e-9, 1e-3, 0.7, 30.0, 1e6, 1e14])
def test_two_levels_are_binary_weights(q_hat) -> None:
    two, binary = Discrete((-1, 1)), Binary()
    v = binary.one_minus_overlap(q_hat)
    for name in ("overlap", "one_minus_overlap", "fluctuation"):
        assert getattr(two, name)(q_hat) == pytest.approx(getattr(binary, name)(q_hat), rel=1e-14, abs=0.0)
    scale = 1.0 + math.sqrt(q_hat)
    assert two.entropic_term(q_hat, v) == pytest.approx(binary.entropic_term(q_hat, v), abs=2e-15 * scale)
    h, b = np.linspace(-40, 40, 81)[:, None], np.array([0.0, 1.5])
    for one, other in zip(two.local(h, b), binary.local(h, b), strict=True):
        assert np.allclose(one, other, rtol=3e-15, atol=0.0)


def test_two_levels_have_the_numbers_of_binary_weights() -> None:
    two, margin = Discrete((-1, 1)), Margin(0.3)
    for alpha in (1e-6, 0.3, 0.6):
        one, other = rs.solve(two, margin, alpha), rs.solve(Binary(), margin, alpha)
        for name in ("q", "q_hat", "entropy", "replicon", "self_overlap"):
            assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-11, abs=1e-13)
        delta = np.array([0.2, 0.5, 2.0])
        assert rs.stabilities(one, delta) == pytest.approx(rs.stabilities(other, delta), rel=1e-10)
    for function in (rs.capacity, rs.saddle_limit, rs.at_line, rs.annealed_bound):
        assert function(two, margin) == pytest.approx(function(Binary(), margin), rel=1e-11)
    assert two.annealed_entropy == math.log(2)
    assert two.limit_q_hat == pytest.approx(2 / math.pi, rel=1e-13)


def test_levels_only_set_the_scale_of_the_margin() -> None:
    """w -> 3 w: stabilities are three times as large, overlaps nine times."""
    large, small = rs.solve(Discrete((-3, 3)), Margin(0.9), 0.4), rs.solve(Binary(), Margin(0.3), 0.4)
    assert (large.q / 9, large.entropy) == pytest.approx((small.q, small.entropy), rel=1e-11)
    assert large.self_overlap == 9.0
    wide, narrow = rs.solve(Discrete((-3, 0, 3)), Margin(0.9), 0.4), rs.solve(TERNARY, Margin(0.3), 0.4)
    assert (wide.q / 9, wide.self_overlap / 9, wide.entropy, wide.replicon) == pytest.approx(
        (narrow.q, narrow.self_overlap, narrow.entropy, narrow.replicon), rel=1e-10
    )
    assert rs.capacity(Discrete((-3, 3)), OuterMargin(1.5)) == pytest.approx(
        rs.capacity(Binary(), OuterMargin(0.5)), rel=1e-12
    )
    delta = np.array([0.95, 1.4, 4.0])
    assert 3 * rs.stabilities(wide, delta) == pytest.approx(rs.stabilities(narrow, delta / 3), rel=1e-9)


# ---------------------------------------------------------------------------------------------- the saddle with a free self-overlap
def phi(weights, constraint, alpha, q, v, q_hat, precision):
    """The free entropy, written down again."""
    z, w = quadrature(400)
    levels = np.array(weights.levels)
    exponent = math.sqrt(q_hat) * z[:, None] * levels - 0.5 * precision * levels**2
    log_z = w @ np.log(np.exp(exponent).sum(axis=1))
    energetic = w @ constraint.log_partition(math.sqrt(q) * z, v)
    return -0.5 * q_hat * v + 0.5 * precision * (q + v) + log_z + alpha * energetic


@pytest.mark.parametrize(
    ("weights", "constraint", "alpha"),
    [
        (TERNARY, Margin(0.5), 0.4),
        (TERNARY, Margin(0.0), 1.1),
        (TERNARY, Margin(-0.5), 2.0),
        (Discrete((0, 1)), Margin(0.2), 0.2),
        (Discrete((0, 1)), SymmetricMargin(1.0), 0.5),
        (Discrete((-2, -0.5, 1, 3)), Margin(0.4), 0.7),
        (Discrete((-2, -0.5, 1, 3)), OuterMargin(0.8), 0.5),
        (TERNARY, OuterMargin(1.0), 0.55),
    ],
    ids=str,
)
def test_free_entropy_is_stationary_at_the_answer(weights, constraint, alpha) -> None:
    s = rs.solve(weights, constraint, alpha)
    v = s.self_overlap - s.q
    assert s.converged
    assert phi(weights, constraint, alpha, s.q, v, s.q_hat, s.precision) == pytest.approx(
        s.entropy, abs=1e-11
    )

    def slope(f, x, size):
        h = 1e-3 * size
        return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h)

    assert s.q > 0
    # at fixed Q = q + v; then at fixed q
    assert (
        abs(
            slope(
                lambda q: phi(weights, constraint, alpha, q, s.self_overlap - q, s.q_hat, s.precision),
                s.q,
                min(s.q, v),
            )
        )
        < 1e-8
    )
    assert abs(slope(lambda x: phi(weights, constraint, alpha, s.q, x, s.q_hat, s.precision), v, v)) < 1e-8
    assert (
        abs(slope(lambda x: phi(weights, constraint, alpha, s.q, v, x, s.precision), s.q_hat, s.q_hat)) < 1e-8
    )
    assert abs(slope(lambda x: phi(weights, constraint, alpha, s.q, v, s.q_hat, x), s.precision, 1.0)) < 1e-8


def test_the_four_equations_hold_to_thirty_digits_of_arithmetic() -> None:
    s = rs.solve(TERNARY, Margin(0.5), 0.4)
    with mp.workdps(30):
        cuts = [-13, -8, -4, -2, 0, 1, 2, 4, 8, 13]
        q, v, a, b = (
            mp.mpf(s.q),
            mp.mpf(s.self_overlap) - mp.mpf(s.q),
            mp.sqrt(mp.mpf(s.q_hat)),
            mp.mpf(s.precision),
        )

        def average(f):
            return mp.quad(lambda z: mp.npdf(z) * f(z), cuts)

        def x(z):
            return (mp.mpf("0.5") - mp.sqrt(q) * z) / mp.sqrt(v)

        def mills(y):
            return mp.npdf(y) / (mp.erfc(y / mp.sqrt(2)) / 2)

        def z_of(h):
            return 1 + 2 * mp.exp(-b / 2) * mp.cosh(h)

        load = mp.mpf("0.4")
        assert s.q_hat == pytest.approx(float(load / v * average(lambda z: mills(x(z)) ** 2)), rel=1e-11)
        assert s.precision == pytest.approx(
            float(load / v * average(lambda z: mills(x(z)) * (mills(x(z)) - x(z)))), rel=1e-11
        )
        assert s.q == pytest.approx(
            float(average(lambda y: (2 * mp.exp(-b / 2) * mp.sinh(a * y) / z_of(a * y)) ** 2)), rel=1e-11
        )
        assert s.self_overlap == pytest.approx(
            float(average(lambda y: 2 * mp.exp(-b / 2) * mp.cosh(a * y) / z_of(a * y))), rel=1e-11
        )


def test_entropy_falls_with_the_load_at_the_rate_of_the_energetic_term() -> None:
    h = 1e-3
    values = [rs.entropy(TERNARY, Margin(0.2), 0.6 + k * h) for k in (-2, -1, 1, 2)]
    slope = (8 * (values[2] - values[1]) - (values[3] - values[0])) / (12 * h)
    s = rs.solve(TERNARY, Margin(0.2), 0.6)
    z, w = quadrature(400)
    f = Margin(0.2).log_partition(math.sqrt(s.q) * z, s.self_overlap - s.q)
    assert slope == pytest.approx(float(w @ f), rel=1e-9)


def test_ternary_capacity() -> None:
    """Digits of an independent solution (trapezoid rule, fsolve); the limit has a closed form, 4 G(y)^2/H(y) with G/H = 2 y."""
    load = rs.capacity(TERNARY, Margin(0.0))
    assert load == pytest.approx(1.1744819104557, abs=1e-11)
    assert rs.capacity(Discrete((0, 1)), Margin(0.0)) == pytest.approx(0.5897376501325, abs=1e-11)
    at_capacity = rs.solve(TERNARY, Margin(0.0), load)
    assert abs(at_capacity.entropy) < 1e-11
    assert at_capacity.stable
    with mp.workdps(25):
        y = mp.findroot(lambda y: mp.npdf(y) / mp.ncdf(-y) - 2 * y, 0.6)
        limit = float(4 * mp.npdf(y) ** 2 / mp.ncdf(-y))
    assert rs.saddle_limit(TERNARY, Margin(0.0)) == pytest.approx(limit, rel=1e-12)
    assert rs.annealed_bound(TERNARY, Margin(0.0)) == pytest.approx(math.log(3) / math.log(2), rel=1e-12)
    assert load < rs.annealed_bound(TERNARY, Margin(0.0))


class Union(Margin):
    """Stability in [0, 0.5] or at least kappa > 0.5, from the terms of the two pieces."""

    @property
    def edges(self) -> tuple[float, ...]:
        return (0.0, 0.5, self.kappa)

    def allowed(self, stability):
        return ((stability >= 0.0) & (stability <= 0.5)) | (stability >= self.kappa)

    def terms(self, omega, variance):
        f1, g1, d1 = SymmetricMargin(0.25).terms(omega - 0.25, variance)
        f2, g2, d2 = Margin(self.kappa).terms(omega, variance)
        f = np.logaddexp(f1, f2)
        p1, p2 = np.exp(f1 - f), np.exp(f2 - f)
        g = p1 * g1 + p2 * g2
        return f, g, p1 * (d1 + g1**2) + p2 * (d2 + g2**2) - g**2


def test_tiny_overlaps_of_the_first_moment_warn_nobody() -> None:
    """The first moment is taken at self-overlaps down to 1e-290, where g^2 overflows; it needs f alone."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        assert rs.annealed_bound(TERNARY, Union(1.0)) > rs.annealed_bound(Binary(), Union(1.0))


def test_silent_weights_satisfy_a_negative_margin_at_every_load() -> None:
    """w = 0 and its neighbours are solutions: the typical self-overlap shrinks, and the entropy stays positive."""
    assert rs.capacity(TERNARY, Margin(-0.5)) == math.inf
    assert rs.saddle_limit(TERNARY, SymmetricMargin(1.0)) == math.inf
    states = [rs.solve(TERNARY, Margin(-0.5), alpha) for alpha in (0.5, 5.0, 50.0)]
    assert all(a.entropy > b.entropy > 0 for a, b in itertools.pairwise(states))
    assert states[-1].self_overlap < 0.05


def test_annealed_bound_is_the_largest_over_lengths() -> None:
    """With three levels the number of weight vectors of each length is a multinomial: the maximum by brute force."""
    overlap = np.linspace(1e-6, 1 - 1e-6, 400_001)
    entropy = -overlap * np.log(overlap / 2) - (1 - overlap) * np.log(1 - overlap)
    f = OuterMargin(0.7).log_partition(np.zeros(overlap.size), overlap)
    assert rs.annealed_bound(TERNARY, OuterMargin(0.7), 0.9) == pytest.approx(
        np.max(entropy + 0.9 * f), abs=1e-10
    )
    assert rs.annealed_bound(TERNARY, OuterMargin(0.7)) == pytest.approx(np.max(entropy / -f), rel=1e-9)


# ---------------------------------------------------------------------------------------------- the outer margin
@pytest.mark.parametrize("kappa", [0.1, 0.5, 0.8])
def test_outer_margin_with_binary_weights_is_the_first_moment(kappa) -> None:
    with mp.workdps(30):
        exact = float(-mp.log(2) / mp.log(mp.erfc(mp.mpf(kappa) / mp.sqrt(2))))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert rs.capacity(Binary(), OuterMargin(kappa)) == pytest.approx(exact, rel=1e-13)
    assert rs.solve(Binary(), OuterMargin(kappa), 0.5 * exact).entropy == pytest.approx(
        0.5 * math.log(2), rel=1e-13
    )
    assert rs.annealed_bound(Binary(), OuterMargin(kappa)) == pytest.approx(exact, rel=1e-13)


def test_outer_margin_leaves_the_first_moment_where_q_0_becomes_unstable() -> None:
    """The two loads cross at kappa = 0.817 (Aubin, Perkins and Zdeborova); beyond, the capacity is lower and replica symmetry broken."""
    with mp.workdps(20):

        def difference(k):
            tail = mp.erfc(k / mp.sqrt(2)) / 2
            return (k * mp.npdf(k) / tail) ** 2 * mp.log(2) + mp.log(2 * tail)

        star = float(mp.findroot(difference, 0.8))
    assert star == pytest.approx(0.817, abs=1e-3)
    assert rs.capacity(Binary(), OuterMargin(star - 1e-3)) == rs.annealed_bound(
        Binary(), OuterMargin(star - 1e-3)
    )
    with pytest.warns(ReplicaSymmetryWarning):
        beyond = rs.capacity(Binary(), OuterMargin(1.2))
    assert beyond < rs.annealed_bound(Binary(), OuterMargin(1.2))
    line = rs.at_line(Binary(), OuterMargin(1.2))
    assert line < beyond
    assert abs(rs.solve(Binary(), OuterMargin(1.2), line * (1 - 1e-12)).replicon) < 1e-9


def test_outer_margin_on_the_sphere_is_a_bound_that_says_so() -> None:
    with mp.workdps(25):
        exact = float(1 / mp.quad(lambda z: mp.npdf(z) * (1 - abs(z)) ** 2, [-1, 0, 1]))
    with pytest.warns(ReplicaSymmetryWarning):
        bound = rs.capacity(Spherical(), OuterMargin(1.0))
    assert bound == pytest.approx(exact, rel=1e-12)
    one_step = rsb.capacity(Spherical(), OuterMargin(1.0))
    assert one_step.broken
    assert one_step.alpha < bound
    _, atoms = rs.stabilities_at_capacity(Spherical(), OuterMargin(1.0), [0.0])
    assert [p for _, p in atoms] == pytest.approx([0.3413447460685429] * 2, rel=1e-12)


@pytest.mark.parametrize(
    ("weights", "alpha"), [(Spherical(), 1.5), (Binary(), 0.55), (TERNARY, 0.55)], ids=str
)
def test_stabilities_of_the_outer_margin(weights, alpha) -> None:
    s = rs.solve(weights, OuterMargin(1.0), alpha)
    assert s.q > 0  # beyond its AT line q = 0 gives way
    y, u = np.polynomial.legendre.leggauss(60)
    delta = 1.0 + 4.0 * (y + 1)
    density = s.stability_density(delta)
    assert 2 * 4.0 * (u @ density) == pytest.approx(1.0, abs=1e-9)
    assert s.stability_density([-0.99, 0.0, 0.5]).tolist() == [0.0] * 3
    h = 1e-3
    values = [rs.entropy(weights, OuterMargin(1.0 + k * h), alpha) for k in (-2, -1, 1, 2)]
    slope = (8 * (values[2] - values[1]) - (values[3] - values[0])) / (12 * h)
    assert slope == pytest.approx(-2 * alpha * float(s.stability_density(1.0)), rel=1e-7)


# ---------------------------------------------------------------------------------------------- exact enumeration
def test_first_moments_against_enumeration() -> None:
    """<count> is exact for Gaussian patterns: sum over all weight vectors of P(|w|^2)^P."""
    n, p, samples = 9, 4, 300
    rng = np.random.default_rng(3)
    for weights, constraint in (
        (TERNARY, OuterMargin(0.6)),
        (Discrete((0, 1)), Margin(0.3)),
        (Binary(), OuterMargin(0.6)),
    ):
        levels = np.array(getattr(weights, "levels", (-1.0, 1.0)))
        squares = (np.array(list(itertools.product(levels, repeat=n))) ** 2).sum(axis=1) / n
        chance = np.zeros(squares.size)
        chance[squares > 0] = np.exp(
            constraint.log_partition(np.zeros((squares > 0).sum()), squares[squares > 0])
        )
        exact = (chance**p).sum()
        counts = np.array(
            [
                enumerate_solutions(
                    random_patterns(p, n, kind="gaussian", rng=rng), constraint=constraint, weights=weights
                ).count
                for _ in range(samples)
            ]
        )
        assert abs(counts.mean() - exact) < 4 * counts.std(ddof=1) / math.sqrt(samples)


@pytest.mark.parametrize(
    ("weights", "constraint", "alpha"),
    [
        (TERNARY, Margin(0.5), 0.25),
        (TERNARY, Margin(0.0), 0.5),
        (TERNARY, OuterMargin(0.5), 0.5),
        (Binary(), OuterMargin(0.5), 0.5),
    ],
    ids=str,
)
def test_typical_entropies_and_overlaps_against_enumeration(weights, constraint, alpha) -> None:
    """Mean of ln count per weight, self-overlap and overlap of pairs, at N = 8 and 12, extrapolated in 1/N."""
    rng = np.random.default_rng(7)
    theory = rs.solve(weights, constraint, alpha)
    seen = {}
    for n in (8, 12):
        rows = []
        for _ in range(250):
            xi = random_patterns(round(alpha * n), n, kind="gaussian", rng=rng)
            found = enumerate_solutions(xi, constraint=constraint, weights=weights, return_solutions=True)
            w = found.solutions.astype(float)
            if found.count > 1:
                square, total = (w**2).sum() / n, w.sum(axis=0)
                pairs = (total @ total / n - square) / (found.count * (found.count - 1))
                rows.append((found.entropy, square / found.count, pairs))
        rows = np.array(rows)
        assert len(rows) > 240
        seen[n] = rows.mean(axis=0), rows.std(axis=0, ddof=1) / math.sqrt(len(rows))
    (at8, error8), (at12, error12) = seen[8], seen[12]
    limit, error = 3 * at12 - 2 * at8, np.hypot(3 * error12, 2 * error8)
    expected = np.array([theory.entropy, theory.self_overlap, theory.q])
    good = np.abs(limit - expected) < 3.5 * error + [0.01, 0.01, 0.02]
    assert good[:2].all()
    assert constraint.symmetric or good[2]  # w and -w: the mean overlap of pairs is exactly -Q/(count - 1)


# ---------------------------------------------------------------------------------------------- refusals
@pytest.mark.parametrize(
    "levels",
    [
        (),
        (1,),
        (1, 1),
        (0.0, -0.0),
        (1, math.nan),
        (1, math.inf),
        "ab",
        3,
        (1j, 2),
        ((1, 2), (3, 4)),
        (True, False),
    ],
)
def test_bad_levels_are_named(levels) -> None:
    with pytest.raises(ValueError, match=r"(?s)levels.* is not allowed"):
        Discrete(levels)


def test_averages_that_need_a_fixed_self_overlap_are_refused() -> None:
    for call in (
        lambda: TERNARY.overlap(1.0),
        lambda: TERNARY.q_hat(0.3),
        lambda: TERNARY.limit_q_hat,
        lambda: TERNARY.entropic_term(1.0, 0.5),
    ):
        with pytest.raises(ValueError, match="self-overlap is an order parameter"):
            call()


def test_loads_beyond_the_limit_name_the_range() -> None:
    with pytest.raises(ValueError, match=r"alpha = 3.0 .*0 < alpha < 1\.6196"):
        rs.solve(TERNARY, Margin(0.0), 3.0)
    with pytest.raises(ValueError, match="stable wherever"):
        rs.at_line(TERNARY, SymmetricMargin(30.0))
