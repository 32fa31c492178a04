"""One step of replica symmetry breaking: stability of its blocks, the weights' tree, the leaf at capacity, and frozen weights."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import sympy as sp

from learnscape import Margin, OuterMargin

Z = np.linspace(-9.0, 9.0, 361)
DZ = np.exp(-0.5 * Z * Z)
DZ /= DZ.sum()
# A soft constraint whose average over any number of replicas is a sum of Gaussians.
SHARES, CENTRES, SHARP = np.array([0.8, 0.5]), np.array([0.9, -0.6]), 1.7


def blocks(n, m, q0, q1):
    same = np.arange(n) // m
    q = np.where(same[:, None] == same, q1, q0)
    np.fill_diagonal(q, 1.0)
    return q


def log_average(q):
    """ln of the average of prod_a C(u_a) over Gaussians u of covariance q."""
    n = len(q)
    spread = np.eye(n) / SHARP + q
    inverse = np.linalg.inv(spread)
    which = np.array(list(itertools.product(range(2), repeat=n)))
    c, shares = CENTRES[which], SHARES[which].prod(1)
    total = shares @ np.exp(-0.5 * np.einsum("ia,ab,ib->i", c, inverse, c))
    return math.log(total) - 0.5 * np.linalg.slogdet(spread)[1]


def leaf(h, variance):
    """f, f', f'' of one replica."""
    width = 1.0 / SHARP + variance
    d = CENTRES[:, None, None] - h
    parts = SHARES[:, None, None] * np.exp(-0.5 * d * d / width) / math.sqrt(width)
    p = parts.sum(0)
    first = (parts * d).sum(0) / width / p
    return np.log(p), first, (parts * (d * d / width - 1)).sum(0) / width / p - first**2


def second(function, q, first_pairs, second_pairs, e=2e-3):
    """Mixed second derivative along two sets of entries, extrapolated from two steps."""

    def along(s, t):
        moved = q.copy()
        for step, pairs in ((s, first_pairs), (t, second_pairs)):
            for a, b in pairs:
                moved[a, b] += step
                moved[b, a] += step
        return function(moved)

    def once(e):
        return (along(e, e) - along(e, -e) - along(-e, e) + along(-e, -e)) / (4 * e * e)

    return (4 * once(e) - once(2 * e)) / 3


def tree(m, q0, q1):
    """e^{m phi_0}, and the fields, on a grid for the two Gaussians of one step."""
    h = math.sqrt(q0) * Z[:, None] + math.sqrt(q1 - q0) * Z
    f, first, bend = leaf(h, 1.0 - q1)
    inner = np.exp(m * f) * DZ
    return f, first, bend, inner, inner.sum(1)


def test_replicon_within_a_block():
    """M_{ab,ab} - 2 M_{ab,ac} + M_{ab,cd} with all replicas in one block is int P_1 f''^2, at n = 8 replicas in blocks of m = 4."""
    n, m, q0, q1 = 8, 4, 0.25, 0.5
    q = blocks(n, m, q0, q1)
    same = second(log_average, q, [(0, 1)], [(0, 1)])
    one = second(log_average, q, [(0, 1)], [(0, 2)])
    none = second(log_average, q, [(0, 1)], [(2, 3)])
    _, _, bend, inner, total = tree(m, q0, q1)
    outer = DZ * total ** (n // m)
    expected = outer @ ((inner * bend**2).sum(1) / total) / outer.sum()
    assert same - 2 * one + none == pytest.approx(expected, rel=1e-5)


def test_replicon_between_blocks():
    """The same with blocks as wholes is m^2 int P_0 phi_0''^2, at n = 8 replicas in blocks of m = 2."""
    n, m, q0, q1 = 8, 2, 0.25, 0.5
    q = blocks(n, m, q0, q1)

    def pair(a, b):
        return [(m * a + i, m * b + j) for i in range(m) for j in range(m)]

    same = second(log_average, q, pair(0, 1), pair(0, 1), e=1e-3)
    one = second(log_average, q, pair(0, 1), pair(0, 2), e=1e-3)
    none = second(log_average, q, pair(0, 1), pair(2, 3), e=1e-3)
    _, first, bend, inner, total = tree(m, q0, q1)
    slope = (inner * first).sum(1) / total
    curvature = (inner * (bend + m * first**2)).sum(1) / total - m * slope**2
    outer = DZ * total ** (n // m)
    expected = m**2 * (outer @ curvature**2) / outer.sum()
    assert same - 2 * one + none == pytest.approx(expected, rel=1e-5)


def test_replicons_of_the_sphere():
    """Of (1/2) ln det q they are -1/lambda_1^2 within a block and -m^2/lambda_0^2 between blocks."""
    q0, q1, m = sp.Rational(1, 5), sp.Rational(3, 5), 4
    size = 4 * m

    def entry(a, b):
        return sp.Integer(1) if a == b else q1 if a // m == b // m else q0

    inverse = sp.Matrix(size, size, entry).inv()

    def hessian(a, b, c, d):
        return -(inverse[a, c] * inverse[b, d] + inverse[a, d] * inverse[b, c])

    inner, outer = 1 - q1, 1 - q1 + m * (q1 - q0)
    assert hessian(0, 1, 0, 1) - 2 * hessian(0, 1, 0, 2) + hessian(0, 1, 2, 3) == -1 / inner**2

    def between(a, b, c, d):
        members = itertools.product(*(range(m * block, m * block + m) for block in (a, b, c, d)))
        return sum(hessian(*four) for four in members)

    found = between(0, 1, 0, 1) - 2 * between(0, 1, 0, 2) + between(0, 1, 2, 3)
    assert found == -(m**2) / outer**2


def test_gaussian_weights_give_the_log_determinant():
    """Integrating Gaussian weights over the tree of conjugates, at the extremum, leaves half of ln det q with one step, up to a constant."""
    q0, q1, m = sp.symbols("q_0 q_1 m", positive=True)
    inner = 1 - q1
    outer = inner + m * (q1 - q0)
    hat0, hat1, b = sp.symbols("h_0 h_1 B", positive=True)
    # psi_1 = h^2/2B - (1/2) ln B; int Dz e^{m h^2/2B} with variances hat1 - hat0 inside and hat0 outside
    shrunk = 1 - m * (hat1 - hat0) / b
    psi = -sp.log(b) / 2 - sp.log(shrunk) / (2 * m) + hat0 / (2 * b * shrunk)
    phi = (b - hat1) / 2 + (m * q0 * hat0 + (1 - m) * q1 * hat1) / 2 + psi
    at = {hat0: q0 / outer**2, hat1: q0 / outer**2 + (q1 - q0) / (outer * inner), b: 1 / inner}
    for variable in (hat0, hat1, b):
        assert sp.simplify(sp.diff(phi, variable).subs(at)) == 0
    claimed = (sp.log(inner) + sp.log(outer / inner) / m + q0 / outer) / 2
    numbers = {q0: sp.Rational(3, 10), q1: sp.Rational(7, 10), m: sp.Rational(2, 5)}
    rest = (phi.subs(at) - claimed).subs(numbers)
    assert abs(sp.N(rest - sp.Rational(1, 2), 30)) < 1e-25


@pytest.mark.parametrize("constraint", [Margin(-0.5), OuterMargin(0.8)], ids=str)
def test_the_leaf_at_capacity_is_half_the_squared_distance(constraint):
    """epsilon f(h, epsilon) tends to -dist(h)^2/2 as epsilon -> 0."""
    h = np.linspace(-3.0, 3.0, 61)
    errors = []
    for epsilon in (1e-3, 1e-5):
        f = constraint.terms(h, np.full_like(h, epsilon))[0]
        errors.append(np.abs(epsilon * f + 0.5 * constraint.squared_distance(h)).max())
    assert errors[0] < 0.01
    assert errors[1] < 0.02 * errors[0]


@pytest.mark.parametrize("m", [0.3, 0.8])
def test_frozen_weights(m):
    """(1/m) ln int Dz (2 cosh(a + b z))^m - m b^2/2 tends to (1/m) ln 2 cosh(m a) for large b."""
    b = 25.0
    z = np.linspace(-40.0, 40.0, 80_001)
    log_dz = -0.5 * z * z - 0.5 * math.log(2 * math.pi) + math.log(z[1] - z[0])
    for a in (0.0, 0.7, 2.5):
        h = np.abs(a + b * z)
        exponent = m * (h + np.log1p(np.exp(-2 * h))) + log_dz
        top = exponent.max()
        found = (top + math.log(np.exp(exponent - top).sum())) / m - 0.5 * m * b * b
        assert found == pytest.approx(math.log(2 * math.cosh(m * a)) / m, abs=1e-4)
