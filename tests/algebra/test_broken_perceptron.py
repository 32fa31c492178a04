"""The perceptron with broken symmetry: trees of Gaussians at integer n, derivatives with two steps, clusters, capacity, frozen weights."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import sympy as sp
from scipy.special import log_ndtr, ndtr

from learnscape import Margin
from learnscape.ansatz import Tree, average

GAUSS, SHARE = np.polynomial.hermite_e.hermegauss(40)
SHARE = SHARE / SHARE.sum()
Z = np.linspace(-9.0, 9.0, 721)
DZ = np.exp(-0.5 * Z * Z)
DZ /= DZ.sum()
# A soft constraint whose average over any number of replicas is a sum of Gaussians.
SHARES, CENTRES, SHARP = np.array([0.8, 0.5]), np.array([0.9, -0.6]), 1.7


def hierarchical(n, sizes, overlaps):
    """The matrix with overlaps[0] everywhere, overlaps[i] in blocks of sizes[i - 1], and 1 on the diagonal."""
    a = np.arange(n)
    q = np.full((n, n), overlaps[0])
    for size, value in zip(sizes, overlaps[1:], strict=True):
        q[a[:, None] // size == a // size] = value
    np.fill_diagonal(q, 1.0)
    return q


def log_average(q):
    """ln of the average of prod_a C(u_a) over Gaussians u of covariance q."""
    n = len(q)
    spread = np.eye(n) / SHARP + q
    which = np.array(list(itertools.product(range(2), repeat=n)))
    c, shares = CENTRES[which], SHARES[which].prod(1)
    total = shares @ np.exp(-0.5 * np.einsum("ia,ab,ib->i", c, np.linalg.inv(spread), c))
    return math.log(total) - 0.5 * np.linalg.slogdet(spread)[1] - 0.5 * n * math.log(SHARP)


def soft_leaf(h, variance):
    """f of one replica."""
    width = 1.0 / SHARP + variance
    d = CENTRES.reshape(2, *[1] * h.ndim) - h
    parts = SHARES.reshape(2, *[1] * h.ndim) * np.exp(-0.5 * d * d / width) / math.sqrt(width * SHARP)
    return np.log(parts.sum(0))


@pytest.mark.parametrize(
    ("n", "sizes", "overlaps"),
    [(4, (2,), (0.2, 0.6)), (6, (3,), (0.1, 0.5)), (8, (4, 2), (0.15, 0.4, 0.7))],
    ids=["k=1, m=2", "k=1, m=3", "k=2"],
)
def test_the_tree_is_the_average_at_integer_n(n, sizes, overlaps):
    """e^(n G_E) over the blown-up matrix is int Dz exp(n phi_0), with phi_0 from the leaves to the root; shared noises of the tree add up to the overlaps."""
    matrix = hierarchical(n, sizes, overlaps)
    columns = [np.full((n, 1), math.sqrt(overlaps[0]))]
    for size, gap in zip(sizes, np.diff(overlaps), strict=True):
        columns.append(math.sqrt(gap) * np.kron(np.eye(n // size), np.ones((size, 1))))
    columns.append(math.sqrt(1 - overlaps[-1]) * np.eye(n))
    noises = np.hstack(columns)
    assert np.allclose(noises @ noises.T, matrix, atol=1e-14)

    widths = np.sqrt([overlaps[0], *np.diff(overlaps)])
    k = len(sizes)
    h = sum(w * GAUSS.reshape(-1, *[1] * (k - i)) for i, w in enumerate(widths))
    phi = soft_leaf(h, 1 - overlaps[-1])
    for m in reversed(sizes):
        phi = np.log(np.exp(m * phi) @ SHARE) / m
    assert math.log(SHARE @ np.exp(n * phi)) == pytest.approx(log_average(matrix), rel=1e-8)


def slope(function, x, e=1e-4):
    """Derivative by a difference of fourth order."""
    return (8 * (function(x + e) - function(x - e)) - function(x + 2 * e) + function(x - 2 * e)) / (12 * e)


@pytest.mark.parametrize("level", [0, 1, 2])
def test_derivatives_with_two_steps(level):
    """dG_E/dq_i = -(1/2)(m_{i+1} - m_i) int P_i phi_i'^2 with two steps, too: so q_hat_i = alpha int P_i phi_i'^2."""
    constraint, q, sizes = Margin(-0.4), np.array([0.3, 0.55, 0.75]), (0.3, 0.6)

    def value(q):
        tree = Tree(tuple(q), sizes)
        width = math.sqrt(tree.variance)
        return average(
            lambda h: constraint.terms(h, tree.variance), tree, edges=constraint.edges, width=width
        )

    ends = (0.0, *sizes, 1.0)
    found = slope(lambda x: value(np.where(np.arange(3) == level, x, q)).value, q[level])
    expected = -0.5 * (ends[level + 1] - ends[level]) * value(q).slope2[level]
    assert found == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("levels", [(-1.0, 1.0), (-1.0, 0.0, 1.0)], ids=["binary", "ternary"])
def test_the_tree_of_the_weights(levels):
    """At integer n the sum over weights is the tree; at n -> 0 its derivatives by q_hat_i and B give q_i as mean squares of psi_i', and Q."""
    values = np.array(levels)
    m, big = 0.45, 1.3

    def psi(h, big):
        return np.log(np.exp(h[..., None] * values - 0.5 * big * values**2).sum(-1))

    def root(hat0, hat1, big, m):
        h = math.sqrt(hat0) * GAUSS[:, None] + math.sqrt(hat1 - hat0) * GAUSS
        return np.log(np.exp(m * psi(h, big)) @ SHARE) / m

    n, size, hats = 4, 2, (0.3, 0.8)
    matrix = hierarchical(n, (size,), hats)
    np.fill_diagonal(matrix, hats[1])
    w = np.array(list(itertools.product(values, repeat=n)))
    exponent = 0.5 * np.einsum("ia,ab,ib->i", w, matrix, w) - 0.5 * big * (w**2).sum(1)
    direct = np.log(np.exp(exponent).sum())
    assert math.log(SHARE @ np.exp(n * root(*hats, big, size))) == pytest.approx(direct, rel=1e-9)

    h = math.sqrt(hats[0]) * GAUSS[:, None] + math.sqrt(hats[1] - hats[0]) * GAUSS
    weight = np.exp(h[..., None] * values - 0.5 * big * values**2)
    weight /= weight.sum(-1, keepdims=True)
    average_w, square = weight @ values, weight @ values**2
    tilt = np.exp(m * psi(h, big)) * SHARE
    tilt /= tilt.sum(1, keepdims=True)
    q1 = SHARE @ (tilt * average_w**2).sum(1)
    q0 = SHARE @ (tilt * average_w).sum(1) ** 2  # psi_0' is the mean of psi_1'
    total = SHARE @ (tilt * square).sum(1)
    # stationarity of (B - hat1) Q/2 + [m q0 hat0 + (1 - m) q1 hat1]/2 + the root
    by0 = slope(lambda x: SHARE @ root(x, hats[1], big, m), hats[0])
    by1 = slope(lambda x: SHARE @ root(hats[0], x, big, m), hats[1])
    by_b = slope(lambda x: SHARE @ root(*hats, x, m), big)
    assert by0 == pytest.approx(-m * q0 / 2, rel=1e-7)
    assert by1 == pytest.approx(total / 2 - (1 - m) * q1 / 2, rel=1e-7)
    assert by_b == pytest.approx(-total / 2, rel=1e-7)


def test_second_derivatives_between_pairs_of_replicas():
    """The three kinds, at n = 8 in blocks of m = 4: int P (f''+f'^2)^2, int P (f''+f'^2) f'^2 and int P f'^4, less one constant."""
    n, m, q0, q1 = 8, 4, 0.25, 0.5
    matrix = hierarchical(n, (m,), (q0, q1))

    def second(first, other, e=2e-3):
        def along(s, t):
            moved = matrix.copy()
            for step, (a, b) in ((s, first), (t, other)):
                moved[a, b] += step
                moved[b, a] += step
            return log_average(moved)

        def once(e):
            return (along(e, e) - along(e, -e) - along(-e, e) + along(-e, -e)) / (4 * e * e)

        return (4 * once(e) - once(2 * e)) / 3

    h = math.sqrt(q0) * GAUSS[:, None] + math.sqrt(q1 - q0) * GAUSS
    e = 1e-3
    f, up, down = (soft_leaf(h + s, 1 - q1) for s in (0.0, e, -e))
    first, bend = (up - down) / (2 * e), (up - 2 * f + down) / e**2
    inner = np.exp(m * f) * SHARE
    total = inner.sum(1)
    outer = SHARE * total ** (n // m)

    def mean(g):
        return outer @ ((inner * g).sum(1) / total) / outer.sum()

    constant = mean(first**2) ** 2
    twice = bend + first**2
    for other, g in (((0, 1), twice**2), ((0, 2), twice * first**2), ((2, 3), first**4)):
        assert second((0, 1), other) == pytest.approx(mean(g) - constant, rel=2e-4, abs=2e-6)


def test_sums_over_clusters_are_legendre_transforms():
    """(1/N) ln sum over clusters of e^(N m s) tends to max(Sigma + m s) = m phi; d(m phi)/dm is the chosen s, -m^2 dphi/dm its Sigma, and -m the slope there."""
    s = np.linspace(0.0, 0.6, 600_001)
    sigma = 0.2 - 0.5 * (s - 0.2) ** 2 - 0.8 * (s - 0.2) ** 4 - 0.6 * s

    def exponent(m):
        return np.max(sigma + m * s)

    for m in (0.5, 0.7, 0.9):
        errors = [
            abs(np.logaddexp.reduce(size * (sigma + m * s)[::200]) / size - exponent(m))
            for size in (200, 2000, 20000)
        ]
        assert errors[2] < errors[1] < errors[0]
        assert errors[2] < 1e-3
        at = np.argmax(sigma + m * s)
        chosen = (exponent(m + 1e-4) - exponent(m - 1e-4)) / 2e-4
        assert (sigma[at + 1] - sigma[at - 1]) / (s[at + 1] - s[at - 1]) == pytest.approx(-m, abs=1e-4)
        assert chosen == pytest.approx(s[at], abs=1e-5)
        by_phi = (exponent(m + 1e-4) / (m + 1e-4) - exponent(m - 1e-4) / (m - 1e-4)) / 2e-4
        assert -(m**2) * by_phi == pytest.approx(sigma[at], abs=1e-5)


def test_each_cluster_size_gives_a_bound():
    """Z^m <= sum over clusters of Z_c^m for m <= 1, and the reverse for m > 1, on enumerated binary perceptrons whose solutions are cut at random."""
    rng = np.random.default_rng(6)
    corners = np.array(list(itertools.product((-1, 1), repeat=9)))
    for _ in range(20):
        solutions = int(np.all(corners @ rng.standard_normal((9, 3)) > 0, axis=1).sum())
        sizes = np.bincount(rng.integers(0, 5, solutions)).astype(float)
        sizes = sizes[sizes > 0]
        for m in (0.1, 0.5, 0.9):
            assert solutions**m <= (sizes**m).sum() * (1 + 1e-12)
        assert solutions**1.5 >= (sizes**1.5).sum() * (1 - 1e-12)


KAPPA = -0.5


def patterns_term(h_outer, g, variance, m):
    """(1/m) ln int Dz exp(m ln H), on the fields of the root."""
    h = h_outer[:, None] + math.sqrt(g) * Z
    exponent = m * log_ndtr((h - KAPPA) / math.sqrt(variance))
    top = exponent.max(1)
    return (top + np.log(np.exp(exponent - top[:, None]) @ DZ)) / m


def test_the_innermost_overlap_goes_to_one():
    """epsilon phi tends to S - alpha D with m = epsilon y: the sphere by series, the patterns on a grid; their inner average is the closed form."""
    q, y = 0.4, 6.0
    e = sp.Symbol("e", positive=True)
    outer = e + e * sp.Rational(6) * (1 - e - sp.Rational(2, 5))
    sphere = (sp.log(e) + sp.log(outer / e) / (6 * e) + sp.Rational(2, 5) / outer) / 2
    hat = 1 + y * (1 - q)
    limit = 0.5 * (q / hat + math.log(hat) / y)
    assert float(sp.limit(e * sphere, e, 0)) == pytest.approx(limit, rel=1e-12)

    v, g = hat, 1 - q
    root = math.sqrt(q) * Z

    def closed(h):
        d = KAPPA - h
        tail = np.exp(-y * d**2 / (2 * v)) / math.sqrt(v)
        return ndtr(-d / math.sqrt(g)) + tail * ndtr(d / math.sqrt(g * v))

    fine = np.linspace(-9.0, 9.0, 40_001)
    density = np.exp(-0.5 * fine**2)
    density /= density.sum()
    for h in (-1.5, -0.4, 0.7):
        short = np.maximum(KAPPA - h - math.sqrt(g) * fine, 0.0)
        assert closed(h) == pytest.approx(density @ np.exp(-0.5 * y * short**2), abs=1e-7)
    cost = -DZ @ np.log(closed(root)) / y
    errors = [
        abs(-epsilon * (DZ @ patterns_term(root, 1 - epsilon - q, epsilon, epsilon * y)) - cost)
        for epsilon in (1e-2, 2.5e-3, 6e-4)
    ]
    assert errors[2] < 0.5 * errors[1] < 0.25 * errors[0]
    assert errors[2] < 0.05 * cost


def test_frozen_clusters():
    """As q_1 -> 1 the free entropy of binary weights is 1/m times the replica-symmetric functional of q_0 and m^2 q_hat_0, at any of their values."""
    q, m, alpha, hat = 0.5, 0.6, 0.7, 0.8
    hat0 = hat / m**2
    root = math.sqrt(q) * Z
    ones = alpha / m * (DZ @ log_ndtr((root - KAPPA) / math.sqrt(1 - q)))
    errors = []
    for gap in (1e-2, 1e-3, 1e-4):
        errors.append(abs(alpha * (DZ @ patterns_term(root, 1 - gap - q, gap, m)) - ones))
    assert errors[2] < 0.5 * errors[1] < 0.25 * errors[0] < 0.02
    # the weights with a large q_hat_1: z from a grid wide enough for e^(m b |z|)
    wide = np.linspace(-40.0, 40.0, 40_001)
    log_dz = -0.5 * wide**2 - 0.5 * math.log(2 * math.pi) + math.log(wide[1] - wide[0])
    hat1 = hat0 + 20.0**2
    psi = []
    for a in math.sqrt(hat0) * GAUSS:
        h = a + 20.0 * wide
        psi.append(np.logaddexp.reduce(m * np.logaddexp(h, -h) + log_dz) / m)
    linear = -hat1 / 2 + (m * q * hat0 + (1 - m) * hat1) / 2
    symmetric = -hat * (1 - q) / 2 + SHARE @ np.log(2 * np.cosh(math.sqrt(hat) * GAUSS))
    assert linear + SHARE @ np.array(psi) == pytest.approx(symmetric / m, abs=1e-4)
