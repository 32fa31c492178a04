"""Local entropy: known values, derivatives of an independent free entropy, limits in y and alpha, exact counts, thresholds, refusals."""

from __future__ import annotations

import math
import warnings
from itertools import pairwise

import numpy as np
import pytest
from scipy.special import log_ndtr, logsumexp

from learnscape import Binary, Discrete, Margin, OuterMargin, Spherical, SymmetricMargin
from learnscape.errors import SlowPathWarning
from learnscape.replica import local_entropy, rs
from learnscape.replica._local_entropy_kernels import binary_sites, limit_kernel, margin_patterns
from learnscape.replica.local_entropy._limit import _generic, _patterns
from learnscape.replica.local_entropy._solve import Problem, _at

INF = math.inf
ZERO = "zero_external_entropy"
BOTH = [Binary(), Spherical()]
LEGENDRE = np.polynomial.legendre.leggauss(24)


def gauss(low=-9.0, high=9.0, panels=24, breaks=()):
    """Composite Gauss-Legendre nodes and Gaussian weights, an own rule of the tests."""
    cuts = np.unique(np.concatenate([np.linspace(low, high, panels + 1), breaks]))
    half = 0.5 * np.diff(cuts)
    z = (0.5 * (cuts[1:] + cuts[:-1])[:, None] + half[:, None] * LEGENDRE[0]).ravel()
    w = (half[:, None] * LEGENDRE[1]).ravel() * np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
    return z, w


def derivative(function, x, i, step):
    """Central difference of fourth order."""
    values = []
    for k in (-2, -1, 1, 2):
        moved = list(x)
        moved[i] += k * step
        values.append(function(*moved))
    return (values[0] - 8.0 * values[1] + 8.0 * values[2] - values[3]) / (12.0 * step)


def coin(m):
    """Entropy of a sign of mean m."""
    p = 0.5 * (1.0 + m)
    return -p * math.log(p) - (1.0 - p) * math.log(1.0 - p)


def largest(f, df, a, delta, low, high):
    """max_h f(h) - (h - a)^2 / 2 delta by golden section, with nothing but f: independent of the library's stationarity."""
    ratio = 0.5 * (math.sqrt(5.0) - 1.0)
    value = lambda h: f(h) - 0.5 * (h - a) ** 2 / delta  # noqa: E731
    x, y = high - ratio * (high - low), low + ratio * (high - low)
    for _ in range(60):
        left = value(x) > value(y)
        low, high = np.where(left, low, x), np.where(left, y, high)
        x, y = high - ratio * (high - low), low + ratio * (high - low)
    h = 0.5 * (low + high)
    for _ in range(3):  # polish: the value is flat at its maximum, f' says where
        step = 1e-5
        bend = (df(h + step) - df(h - step)) / (2 * step)
        h = h - (h - a - delta * df(h)) / (1.0 - delta * bend)
    return value(h)


def textbook_limit(binary, kappa, alpha, v):
    """S_I as a function of (delta, q_hat, delta_hat) or of delta, by an independent quadrature."""
    q = 1.0 - v
    z, w = gauss(breaks=(0.0, kappa / math.sqrt(q)), panels=36)

    def energetic(delta):
        f = lambda h: log_ndtr((h - kappa) / math.sqrt(v))  # noqa: E731
        df = lambda h: np.exp(-0.5 * (h - kappa) ** 2 / v - f(h)) / math.sqrt(2 * math.pi * v)  # noqa: E731
        a = math.sqrt(q) * z
        return float(w @ largest(f, df, a, delta, a, np.maximum(a, kappa) + 5.0))

    if not binary:
        return lambda delta: 0.5 * (math.log(v) + q / (v + delta)) + alpha * energetic(delta)

    def entropic(q_hat, delta_hat):
        a = math.sqrt(q_hat) * np.abs(z)
        f = lambda h: np.logaddexp(h, -h)  # noqa: E731
        return float(w @ largest(f, np.tanh, a, delta_hat, a, a + delta_hat + 1e-9))

    return lambda delta, q_hat, delta_hat: (
        -0.5 * (q * delta_hat + q_hat * delta)
        - 0.5 * q_hat * v
        + entropic(q_hat, delta_hat)
        + alpha * energetic(delta)
    )


# ------------------------------------------------------------------------------------------- y -> infinity
@pytest.mark.parametrize(("distance", "value"), [(0.1, 0.134604), (0.025, 0.063544)])
def test_values_of_another_program(distance, value):
    found = local_entropy.solve(Binary(), Margin(0.0), 0.6, distance, y=INF)
    assert found.entropy == pytest.approx(value, abs=6e-7)
    assert found.formal
    assert found.estimator == "y -> infinity"
    assert found.q1 == pytest.approx(1.0 - 2.0 * distance)
    assert found.q0 == found.q1


@pytest.mark.parametrize("kappa", [-0.5, 0.0, 0.4])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("weights", BOTH, ids=["binary", "spherical"])
def test_the_limit_is_stationary(weights, share, kappa):
    alpha = 0.6 * (rs.capacity(weights, Margin(kappa)) if kappa >= 0.0 else 1.5)
    distance = share * 0.5 * (1.0 - rs.solve(weights, Margin(kappa), alpha).q)
    found = local_entropy.solve(weights, Margin(kappa), alpha, distance, y=INF)
    binary = isinstance(weights, Binary)
    x = [found.delta_q, found.q_hat1, found.delta_q_hat] if binary else [found.delta_q]
    function = textbook_limit(binary, kappa, alpha, 1.0 - found.q1)
    assert function(*x) == pytest.approx(found.entropy, abs=1e-11)
    for i, value in enumerate(x):
        assert abs(derivative(function, x, i, 1e-3 * value)) * value < 1e-8


@pytest.mark.parametrize("y", [INF, 3.5])
@pytest.mark.parametrize("weights", BOTH, ids=["binary", "spherical"])
def test_the_slope_is_the_derivative_of_the_local_entropy(weights, y):
    at = lambda d: local_entropy.solve(weights, Margin(0.1), 0.5, d, y=y)  # noqa: E731
    slope = derivative(lambda d: at(d).entropy, [0.08], 0, 2e-3)
    assert at(0.08).slope == pytest.approx(slope, rel=1e-5)


def test_the_slope_along_zero_external_entropy():
    below, at, above = (
        local_entropy.solve(Binary(), Margin(0.1), 0.5, d, y=ZERO) for d in (0.079, 0.08, 0.081)
    )
    assert above.y != pytest.approx(at.y, rel=1e-3)
    assert at.slope == pytest.approx((above.entropy - below.entropy) / 0.002, rel=2e-4)


def test_both_quadratures_agree():
    """Equal steps in a stretched field against graded Gauss-Legendre panels, down to distances where delta is e^30."""
    for v, log_delta, digits in (
        (0.3, -3.0, 1e-11),
        (0.3, 2.0, 1e-11),
        (0.05, 4.0, 1e-11),
        (0.01, 30.0, 1e-7),
    ):
        for kappa in (-1.5, 0.0, 0.7):
            fast, slow = margin_patterns(kappa, 1.0 - v, v, log_delta), _patterns(Margin(kappa), v, log_delta)
            assert list(fast) == pytest.approx(list(slow), rel=digits, abs=1e-12), (v, log_delta, kappa)


@pytest.mark.parametrize("binary", [True, False])
def test_the_generic_path_equals_the_kernel(binary):
    for alpha, v in ((0.3, 0.4), (0.7, 0.05), (0.7, 0.01)):
        fast, slow = limit_kernel(binary, 0.2, alpha, v, 0.0), _generic(binary, Margin(0.2), alpha, v, 0.0)
        for name in ("entropy", "external", "log_delta", "delta_hat", "slope", "between", "inside"):
            assert getattr(fast, name) == pytest.approx(getattr(slow, name), rel=1e-9, abs=1e-11), name


def test_a_subclass_takes_the_slow_path_and_says_so():
    class Same(Margin):
        def terms(self, omega, variance):
            return super().terms(omega, variance)

    with pytest.warns(SlowPathWarning):
        found = local_entropy.solve(Binary(), Same(0.0), 0.6, 0.1, y=INF)
    assert found.entropy == pytest.approx(0.134604121786, abs=1e-10)


def test_weights_average_the_largest_of_two_branches():
    """Where delta_hat > 1 a field near 0 has two maxima; a brute-force maximum takes the better one."""
    z, w = gauss(breaks=(0.0,), panels=12)
    for q_hat, delta_hat in ((0.5, 0.6), (0.5, 1.0), (0.2, 1.7), (3.0, 2.5)):
        found = binary_sites(math.log(q_hat), delta_hat)
        a = math.sqrt(q_hat) * np.abs(z)
        h = np.linspace(0.0, a.max() + delta_hat, 4001)
        top = np.array([np.max(np.logaddexp(h, -h) - 0.5 * (h - x) ** 2 / delta_hat) for x in a])
        assert found.value == pytest.approx(float(w @ top), abs=3e-6)


def test_the_limit_at_small_loads_is_the_entropy_around_a_centre():
    for distance in (0.02, 0.2, 0.45):
        m = math.sqrt(1.0 - 2.0 * distance)
        found = local_entropy.solve(Binary(), SymmetricMargin(1.0), 1e-9, distance, y=INF)
        assert found.entropy == pytest.approx(coin(m), abs=1e-8)
        assert found.barycenter_overlap == pytest.approx(m)
        found = local_entropy.solve(Spherical(), SymmetricMargin(1.0), 1e-9, distance, y=INF)
        assert found.entropy == pytest.approx(0.5 * math.log(2.0 * distance), abs=1e-8)
    for distance in (0.2, 0.3):  # of a margin: the bound is reached from below
        bound = coin(math.sqrt(1.0 - 2.0 * distance))
        loads = (1e-3, 0.1, 0.3, 0.6)
        values = [local_entropy.solve(Binary(), Margin(0.0), a, distance, y=INF).entropy for a in loads]
        assert bound - values[0] < 0.01
        assert bound > values[0] - 1e-12
        assert values[0] > values[1] > values[2] > values[3]


def test_at_the_typical_distance_everything_is_typical():
    typical = rs.solve(Binary(), Margin(0.0), 0.6)
    found = local_entropy.solve(Binary(), Margin(0.0), 0.6, 0.5 * (1.0 - typical.q) * (1.0 - 1e-7), y=INF)
    assert found.entropy == pytest.approx(typical.entropy, abs=1e-12)
    assert abs(found.slope) < 1e-5
    assert found.delta_q < 1e-5
    assert found.replicon == pytest.approx([typical.replicon] * 2, abs=1e-5)


# ------------------------------------------------------------------------------------------------ finite y
def textbook_phi(kappa, alpha, q1, y):
    """Phi/y of binary weights at (q_0, q_hat_0, q_hat_1), by products of Gauss-Legendre rules; tilted fields reach far."""
    reach = 9.0 + 2.6 * y
    z, w = gauss(panels=14)
    inner_z, inner_w = gauss(-reach, reach, panels=math.ceil(1.2 * reach))

    def nested(f, outer, inner):
        h = outer * z[:, None] + inner * inner_z
        return float(w @ logsumexp(y * f(h), b=inner_w, axis=1)) / y

    def phi(q0, q_hat0, q_hat1):
        log_cosh = lambda h: np.logaddexp(h, -h)  # noqa: E731
        log_h = lambda h: log_ndtr((h - kappa) / math.sqrt(1.0 - q1))  # noqa: E731
        return (
            -0.5 * ((y - 1.0) * q1 * q_hat1 - y * q0 * q_hat0)
            - 0.5 * q_hat1
            + nested(log_cosh, math.sqrt(q_hat0), math.sqrt(q_hat1 - q_hat0))
            + alpha * nested(log_h, math.sqrt(q0), math.sqrt(q1 - q0))
        )

    return phi


@pytest.mark.parametrize("y", [0.4, 2.5, 8.0])
def test_finite_y_is_stationary(y):
    found = local_entropy.solve(Binary(), Margin(0.2), 0.4, 0.12, y=y)
    x = [found.q0, found.q_hat1 - found.delta_q_hat / y, found.q_hat1]
    phi = textbook_phi(0.2, 0.4, found.q1, y)
    assert phi(*x) == pytest.approx(found.entropy + found.external_entropy / y, abs=1e-10)
    for i in range(3):
        assert abs(derivative(phi, x, i, 1e-3)) < 1e-8
    other = textbook_phi(0.2, 0.4, found.q1, y * 1.001)(*x) * y * 1.001
    less = textbook_phi(0.2, 0.4, found.q1, y * 0.999)(*x) * y * 0.999
    assert (other - less) / (0.002 * y) == pytest.approx(found.entropy, abs=1e-6)


@pytest.mark.parametrize("y", [0.5, 3.0])
def test_finite_y_on_the_sphere(y):
    z, w = gauss(panels=40)
    found = local_entropy.solve(Spherical(), Margin(-0.4), 1.2, 0.1, y=y)
    q1 = found.q1

    def phi(q0):
        wide = 1.0 - q1 + y * (q1 - q0)
        h = math.sqrt(q0) * z[:, None] + math.sqrt(q1 - q0) * z
        energy = float(w @ logsumexp(y * log_ndtr((h + 0.4) / math.sqrt(1.0 - q1)), b=w, axis=1))
        return (0.5 * ((y - 1.0) * math.log(1.0 - q1) + math.log(wide) + y * q0 / wide) + 1.2 * energy) / y

    assert phi(found.q0) == pytest.approx(found.entropy + found.external_entropy / y, abs=1e-11)
    assert abs(derivative(phi, [found.q0], 0, 1e-3)) < 1e-8


@pytest.mark.parametrize(
    ("weights", "constraint", "alpha"),
    [(Binary(), Margin(0.0), 0.6), (Spherical(), Margin(-0.5), 2.0), (Binary(), SymmetricMargin(1.0), 1.2)],
)
def test_one_replica_is_a_typical_solution(weights, constraint, alpha):
    typical = rs.solve(weights, constraint, alpha)
    found = local_entropy.solve(weights, constraint, alpha, 0.05, y=1)
    assert found.q0 == pytest.approx(typical.q, abs=1e-12)
    assert found.entropy + found.external_entropy == pytest.approx(typical.entropy, abs=1e-11)
    assert found.replicon[0] == pytest.approx(typical.replicon, abs=1e-9)
    assert found.barycenter_overlap == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("weights", "constraint", "alpha"), [(Binary(), Margin(0.0), 0.6), (Spherical(), Margin(-0.5), 2.0)]
)
def test_finite_y_tends_to_the_limit(weights, constraint, alpha):
    """S_I like 1/y^2 and S_E like 1/y; the extrapolated values agree."""
    end = local_entropy.solve(weights, constraint, alpha, 0.1, y=INF)
    some = [local_entropy.solve(weights, constraint, alpha, 0.1, y=y) for y in (1600.0, 3200.0, 6400.0)]
    distance = [abs(one.entropy - end.entropy) for one in some]
    assert all(a / b == pytest.approx(4.0, abs=0.2) for a, b in pairwise(distance))
    internal = (4.0 * some[2].entropy - some[1].entropy) / 3.0
    assert internal == pytest.approx(end.entropy, abs=1e-7)
    a, b, c = (one.external_entropy for one in some)
    assert (8.0 * c - 6.0 * b + a) / 3.0 == pytest.approx(end.external_entropy, abs=1e-7)
    assert some[2].delta_q == pytest.approx(end.delta_q, rel=0.01)
    assert some[2].replicon[1] == pytest.approx(end.replicon[1], abs=2e-3)


def test_small_loads_count_pairs_and_triples():
    for distance in (0.05, 0.3):
        found = local_entropy.solve(Binary(), Margin(0.0), 1e-8, distance, y=2)
        pairs = math.log(2.0) + coin(1.0 - 2.0 * distance)
        assert 2.0 * found.entropy + found.external_entropy == pytest.approx(pairs, abs=1e-7)
        found = local_entropy.solve(Binary(), Margin(0.0), 1e-8, distance, y=3)
        p = 0.5 * distance  # of each of the three replicas to be the odd one
        triples = math.log(2.0) - (1.0 - 3.0 * p) * math.log(1.0 - 3.0 * p) - 3.0 * p * math.log(p)
        assert 3.0 * found.entropy + found.external_entropy == pytest.approx(triples, abs=1e-7)
        found = local_entropy.solve(Spherical(), Margin(0.0), 1e-8, distance, y=3)
        q = 1.0 - 2.0 * distance
        volume = 0.5 * (2.0 * math.log(1.0 - q) + math.log(1.0 + 2.0 * q))
        assert 3.0 * found.entropy + found.external_entropy == pytest.approx(volume, abs=1e-7)


def test_symmetric_pairs_are_annealed():
    """With q_0 = 0 the replicated entropy is the first moment of the number of pairs."""
    alpha, distance = 0.8, 0.2
    q = 1.0 - 2.0 * distance
    z, w = gauss(panels=60)
    x = math.sqrt(q) * z
    inside = np.exp(log_ndtr((1.0 - x) / math.sqrt(1.0 - q))) - np.exp(
        log_ndtr((-1.0 - x) / math.sqrt(1.0 - q))
    )
    pairs = math.log(2.0) + coin(1.0 - 2.0 * distance) + alpha * math.log(float(w @ inside**2))
    found = local_entropy.solve(Binary(), SymmetricMargin(1.0), alpha, distance, y=2)
    assert found.q0 == 0.0
    assert 2.0 * found.entropy + found.external_entropy == pytest.approx(pairs, abs=1e-11)


def test_pairs_outside_a_margin_are_annealed():
    """As above, with two allowed half-lines."""
    alpha, q = 0.8, 0.8
    z, w = gauss(panels=60)
    x = math.sqrt(q) * z
    outside = sum(np.exp(log_ndtr((sign * x - 0.7) / math.sqrt(1.0 - q))) for sign in (1.0, -1.0))
    pairs = math.log(2.0) + coin(q) + alpha * math.log(float(w @ outside**2))
    found = _at(Problem(Binary(), OuterMargin(0.7), alpha, 0.2), 2.0)
    assert found.q0 == 0.0
    assert 2.0 * found.entropy + found.external == pytest.approx(pairs, abs=1e-10)


def test_two_ends_that_compete_for_many_replicas():
    """The bend between them narrows as 1/y; the external entropy is -y^2 times the derivative of the free one in y."""
    at = _at(Problem(Spherical(), OuterMargin(0.7), 0.8, 0.2), 1000.0)
    assert at.external == pytest.approx(
        0.436926, abs=5e-5
    )  # by differences of the free entropy at four other y
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        end = local_entropy.solve(Spherical(), OuterMargin(0.7), 0.8, 0.1, y=INF)
    assert at.entropy == pytest.approx(end.entropy, abs=1e-5)


@pytest.mark.weekly
def test_groups_without_external_entropy_outside_a_margin():
    """The overlap between groups begins on the way from y = 1: the search must survive its end."""
    found = local_entropy.solve(Binary(), OuterMargin(0.7), 0.8, 0.1, y=ZERO)
    assert found.y == pytest.approx(2.293, abs=1e-3)
    assert abs(found.external_entropy) < 1e-8


def hadamard(f):
    """Walsh-Hadamard transform of 2^n numbers."""
    h = 1
    while h < f.size:
        f = f.reshape(-1, 2, h)
        f = np.stack([f[:, 0] + f[:, 1], f[:, 0] - f[:, 1]], axis=1).ravel()
        h *= 2
    return f


def pairs_at(n, p, k, samples, rng):
    """Ordered pairs of solutions that differ in k signs, counted exactly in each sample: a convolution over all 2^n states."""
    bits = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    shell = bits.sum(axis=1) == k
    for _ in range(samples):
        good = ((2.0 * bits - 1.0) @ rng.standard_normal((n, p)) >= 0.0).all(axis=1)
        yield hadamard(hadamard(good.astype(float)) ** 2)[shell].sum() / good.size


def test_pairs_counted_exactly():
    """How much the typical number of pairs falls short of the mean one; of that the finite size leaves 1/N only."""
    alpha, distance = 0.4, 0.2
    both = 0.25 + math.asin(1.0 - 2.0 * distance) / (2.0 * math.pi)
    found = local_entropy.solve(Binary(), Margin(0.0), alpha, distance, y=2)
    mean = math.log(2.0) + coin(1.0 - 2.0 * distance) + alpha * math.log(both)
    theory = 2.0 * found.entropy + found.external_entropy - mean
    rows = []
    for n, samples in ((5, 3000), (10, 3000), (15, 200)):
        k, p = round(n * distance), round(alpha * n)
        counts = np.array(list(pairs_at(n, p, k, samples, np.random.default_rng(n))))
        expected = 2.0**n * math.comb(n, k) * both**p
        assert counts.mean() == pytest.approx(expected, abs=4.0 * counts.std() / math.sqrt(samples))
        some = np.log(counts[counts > 0.5] / expected) / n
        rows.append((1.0 / n, some.mean(), some.std() / math.sqrt(some.size)))
    x, y, error = np.array(rows).T
    (_, value), covariance = np.polyfit(x, y, 1, w=1.0 / error, cov="unscaled")
    spread = math.sqrt(covariance[1, 1])
    assert spread < 0.006
    assert theory < -0.05  # the first moment alone is far off
    assert value == pytest.approx(theory, abs=3.0 * spread)


# --------------------------------------------------------------------------------- zero external entropy
def test_the_densest_groups_that_exist():
    found = local_entropy.solve(Binary(), Margin(0.0), 0.6, 0.1, y=ZERO)
    assert found.y == pytest.approx(26.0, abs=1.0)
    assert found.entropy == pytest.approx(0.1332, abs=1e-4)
    assert abs(found.external_entropy) < 1e-8
    assert found.estimator == "zero external entropy"
    assert not found.formal
    below, above = (local_entropy.solve(Binary(), Margin(0.0), 0.6, 0.1, y=f * found.y) for f in (0.9, 1.1))
    assert below.external_entropy > 0.0 > above.external_entropy
    far = local_entropy.solve(Binary(), Margin(0.0), 0.6, 0.17, y=ZERO)
    assert far.y == INF
    assert far.external_entropy > 0.0
    assert far.estimator == "zero external entropy"
    assert far.entropy == local_entropy.solve(Binary(), Margin(0.0), 0.6, 0.17, y=INF).entropy


# ---------------------------------------------------------------------------------------------- thresholds
def test_where_dense_regions_end():
    found = local_entropy.threshold(Binary(), Margin(0.0), y=INF)
    assert found.alpha == pytest.approx(0.7553020, abs=1e-7)
    assert found.distance == pytest.approx(0.04019, abs=1e-5)
    at = local_entropy.solve(
        Binary(), Margin(0.0), 0.755306, 0.0405, y=INF
    )  # a value of a coarser grid of distances
    assert abs(at.slope) < 1e-5
    assert found.formal
    assert found.estimator == "y -> infinity"
    assert abs(found.point.slope) < 1e-6
    distances = np.geomspace(1e-3, 0.2, 60)
    for factor, monotone in ((0.999, True), (1.001, False)):
        slopes = [
            local_entropy.solve(Binary(), Margin(0.0), factor * found.alpha, d, y=INF).slope
            for d in distances
        ]
        assert (min(slopes) > 0.0) is monotone


def test_where_they_end_with_a_symmetric_margin():
    """About 1.567 in another program; the literature's 1.58 has another estimator."""
    at = local_entropy.solve(Binary(), SymmetricMargin(1.0), 1.567530793, 0.1138550, y=INF)
    assert abs(at.slope) < 1e-7
    for factor, sign in ((0.999, 1.0), (1.001, -1.0)):
        beside = local_entropy.solve(Binary(), SymmetricMargin(1.0), factor * 1.567530793, 0.1138550, y=INF)
        assert sign * beside.slope > 1e-4


def test_on_the_sphere_they_end_with_replica_symmetry():
    found = local_entropy.threshold(Spherical(), Margin(-0.5), y=INF)
    assert found.alpha == pytest.approx(rs.at_line(Spherical(), Margin(-0.5)), rel=1e-12)
    assert found.distance == pytest.approx(
        0.5 * (1.0 - rs.solve(Spherical(), Margin(-0.5), found.alpha).q), rel=2e-3
    )
    with pytest.raises(ValueError, match="monotone up to"):
        local_entropy.threshold(Spherical(), Margin(0.0), y=INF)


def test_the_critical_point_that_the_chapter_shows():
    """At zero external entropy the slope touches zero at d = 0.0030, not elsewhere nearby, and both replicons are positive."""
    near = [
        local_entropy.solve(Binary(), Margin(0.0), 0.7737495, d, y=ZERO) for d in (0.0025, 0.0030, 0.0035)
    ]
    assert near[1].slope == pytest.approx(0.0, abs=2e-5)
    assert near[1].y == pytest.approx(6.8976, abs=1e-3)
    assert min(near[0].slope, near[2].slope) > 5e-3
    assert near[1].replicon.min() > 0.3


@pytest.mark.weekly
def test_where_groups_that_exist_end():
    """0.772 +- 0.002 in another program, by the minima of curves."""
    found = local_entropy.threshold(Binary(), Margin(0.0), y=ZERO)
    assert found.alpha == pytest.approx(0.7737495, abs=1e-6)
    assert found.distance == pytest.approx(0.0030, abs=5e-5)
    assert not found.formal
    assert found.estimator == "zero external entropy"
    assert found.point.slope == pytest.approx(0.0, abs=1e-5)


@pytest.mark.weekly
def test_the_threshold_with_a_symmetric_margin():
    found = local_entropy.threshold(Binary(), SymmetricMargin(1.0), y=INF)
    assert found.alpha == pytest.approx(1.567530793, abs=1e-7)


# ------------------------------------------------------------------------------------------------ refusals
@pytest.mark.parametrize("distance", [0.0, 1e-300, 1e-8, -0.1, 0.31, 0.5, math.nan, "0.1"])
def test_distances_are_those_of_solutions_nearer_than_typical_ones(distance):
    with pytest.raises(ValueError, match="distance"):
        local_entropy.solve(Binary(), Margin(0.0), 0.6, distance, y=INF)


@pytest.mark.parametrize("y", [0, -1.0, 1e-3, 1e5, math.nan, "infinity", None, True])
def test_y_is_named(y):
    with pytest.raises(ValueError, match=r'y = .*math\.inf, or "zero_external_entropy"'):
        local_entropy.solve(Binary(), Margin(0.0), 0.6, 0.1, y=y)


def test_less_than_one_replica_is_not_followed_to_small_distances():
    with pytest.raises(ValueError, match=r"distance = 0\.0001 .*from 0\.001"):
        local_entropy.solve(Binary(), Margin(0.0), 0.6, 1e-4, y=0.5)


def test_other_refusals():
    with pytest.raises(ValueError, match="alpha"):
        local_entropy.solve(Binary(), Margin(0.0), 1.4, 0.1, y=INF)
    with pytest.raises(ValueError, match="Binary"):
        local_entropy.solve(Discrete((-2, 2)), Margin(0.0), 0.5, 0.1, y=INF)
    with pytest.raises(ValueError, match="self-overlap"):
        local_entropy.solve(Discrete((-1, 0, 1)), Margin(0.0), 0.5, 0.1, y=2)
    with pytest.raises(ValueError, match="Constraint"):
        local_entropy.solve(Binary(), 0.0, 0.5, 0.1, y=INF)
    with pytest.raises(TypeError):
        local_entropy.solve(Binary(), Margin(0.0), 0.5, 0.1)


@pytest.mark.parametrize(("y", "distance"), [(10.0, 1e-300), (0.5, 1e-4), (math.inf, 0.0)])
def test_a_curve_refuses_what_a_point_refuses(y, distance) -> None:
    with pytest.raises(ValueError, match="distance"):
        local_entropy.curve(Binary(), Margin(0.0), 0.6, [0.1, distance], y=y)


def test_a_curve_is_its_points() -> None:
    distances = np.geomspace(0.25, 0.003, 5)
    for y in (10.0, math.inf):
        found = local_entropy.curve(Binary(), Margin(0.1), 0.5, distances, y=y)
        for d, at in zip(distances, found, strict=True):
            alone = local_entropy.solve(Binary(), Margin(0.1), 0.5, float(d), y=y)
            assert abs(at.entropy - alone.entropy) < 1e-9
            assert abs(at.external_entropy - alone.external_entropy) < 1e-8
    with pytest.raises(ValueError, match="y"):
        local_entropy.curve(Binary(), Margin(0.1), 0.5, distances, y="zero_external_entropy")  # type: ignore[arg-type]
