"""Paths between two solutions: the block matrix of two systems, the covariance of two averages, and when a geodesic is free."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy as sp
from scipy.optimize import minimize_scalar
from scipy.special import ndtr, ndtri
from scipy.stats import multivariate_normal

from learnscape import Margin, Spherical, SymmetricMargin
from learnscape.replica import rs
from learnscape.replica.geometry import cross_overlap, geodesic_error, tuple_entropy


def test_cross_overlap_from_the_block_matrix():
    """The determinant, its term of order n1 n2, Price's theorem, and the saddle it gives for equal margins."""
    q1, q2, p, n1, n2 = sp.symbols("q1 q2 p n1 n2", positive=True)
    factor = 1 - n1 * n2 * p**2 / ((1 - q1 + n1 * q1) * (1 - q2 + n2 * q2))
    for a, b in ((1, 1), (2, 3), (3, 2)):
        first = (1 - q1) * sp.eye(a) + q1 * sp.ones(a)
        second = (1 - q2) * sp.eye(b) + q2 * sp.ones(b)
        whole = sp.Matrix(sp.BlockMatrix([[first, p * sp.ones(a, b)], [p * sp.ones(b, a), second]]))
        blocks = first.det() * second.det()
        assert sp.simplify(whole.det() / blocks - factor.subs({n1: a, n2: b})) == 0
    mixed = sp.diff(sp.log(factor) / 2, n1, n2).subs({n1: 0, n2: 0})
    assert sp.simplify(mixed + p**2 / (2 * (1 - q1) * (1 - q2))) == 0
    # Price: d<f1 f2>/dp = <f1' f2'>, for polynomials of two fields built from shared and private noise
    x, y = sp.symbols("x y", real=True)
    w2 = p / sp.sqrt(q1) * x + sp.sqrt(q2 - p**2 / q1) * y
    gauss = lambda power: 0 if power % 2 else sp.factorial2(power - 1)  # noqa: E731

    def mean(expression):
        terms = sp.Poly(sp.expand(expression), x, y).terms()
        return sum(c * gauss(i) * gauss(j) for (i, j), c in terms)

    w1 = sp.sqrt(q1) * x
    left = sp.diff(mean(w1**3 * (w2**3 + w2)), p)
    assert sp.simplify(left - mean(3 * w1**2 * (3 * w2**2 + 1))) == 0
    one = rs.solve(Spherical(), Margin(-0.3), 0.8)
    assert cross_overlap(Spherical(), Margin(-0.3), Margin(-0.3 + 1e-9), 0.8) == pytest.approx(
        one.q, abs=1e-6
    )


def test_violated_patterns_on_a_path():
    """The error along a geodesic against draws: two correlated fields, two cut-off Gaussians around them, and the path in between."""
    alpha, gamma, kappa, margins = 1.0, 0.4, -0.5, (-0.45, -0.5)
    q1, q2 = (rs.solve(Spherical(), Margin(k), alpha).q for k in margins)
    p = cross_overlap(Spherical(), Margin(margins[0]), Margin(margins[1]), alpha)
    rng = np.random.default_rng(7)
    fields = rng.multivariate_normal(np.zeros(2), [[q1, p], [p, q2]], size=1_000_000).T
    ends = []
    for omega, q, margin in zip(fields, (q1, q2), margins, strict=True):
        width = math.sqrt(1 - q)
        allowed = ndtr((omega - margin) / width)
        ends.append(omega - width * ndtri(allowed * rng.random(omega.size)))
        assert ends[-1].min() >= margin - 1e-9
    length = math.sqrt(gamma**2 + (1 - gamma) ** 2 + 2 * gamma * (1 - gamma) * p)
    violated = gamma * ends[0] + (1 - gamma) * ends[1] < kappa * length
    error = geodesic_error(Margin(kappa), alpha, gamma, margins=margins)
    assert abs(violated.mean() - error) < 4 * violated.std() / 1000
    assert violated.std() / 1000 < 0.03 * error


def test_free_paths():
    """Slope at the typical end, convexity, the middle; and on random pairs of vectors the lowest stability is never undercut."""
    gamma, p, kappa, k1 = sp.symbols("gamma p kappa kappa_1", real=True)
    n = sp.sqrt(gamma**2 + (1 - gamma) ** 2 + 2 * gamma * (1 - gamma) * p)
    excess = gamma * k1 + (1 - gamma) * kappa - kappa * n
    assert sp.simplify(sp.diff(excess, gamma).subs(gamma, 0) - (k1 - kappa * p)) == 0
    bend = sp.simplify(sp.diff(n, gamma, 2) * n**3 - (1 - p**2))
    assert bend == 0  # n'' = (1 - p^2)/n^3 >= 0
    assert sp.simplify(n.subs(gamma, sp.Rational(1, 2)) - sp.sqrt((1 + p) / 2)) == 0
    rng = np.random.default_rng(3)
    one, two, xi = (rng.standard_normal(shape) for shape in (50, 50, (200, 50)))
    one, two = (w * math.sqrt(50) / np.linalg.norm(w) for w in (one, two))
    lowest = [(xi @ w).min() / math.sqrt(50) for w in (one, two)]
    for g in np.linspace(0.0, 1.0, 11):
        length = math.sqrt(g * g + (1 - g) ** 2 + 2 * g * (1 - g) * (one @ two) / 50)
        path = (g * one + (1 - g) * two) / length
        assert np.linalg.norm(path) == pytest.approx(math.sqrt(50))
        assert (xi @ path).min() / math.sqrt(50) >= (g * lowest[0] + (1 - g) * lowest[1]) / length - 1e-12


def test_the_covariance_of_two_systems():
    """The term of order n1 n2 of ln of the mean of exp(n1 f1 + n2 f2) is the covariance of f1 and f2."""
    n1, n2, share = sp.symbols("n1 n2 share", positive=True)
    f1, f2 = sp.symbols("a b"), sp.symbols("c e")  # two values of each, taken together
    weights = share, 1 - share
    mean = sum(w * sp.exp(n1 * x + n2 * z) for w, x, z in zip(weights, f1, f2, strict=True))
    mixed = sp.diff(sp.log(mean), n1, n2).subs({n1: 0, n2: 0})
    average = lambda values: sum(w * v for w, v in zip(weights, values, strict=True))  # noqa: E731
    covariance = average([x * z for x, z in zip(f1, f2, strict=True)]) - average(f1) * average(f2)
    assert sp.simplify(mixed - covariance) == 0


def test_sets_of_solutions_at_one_distance():
    """The count of pairs and triples of corners from multinomials, and the share of patterns that a pair and a triple pass, by brute force."""
    d = 0.12
    q = 1 - 2 * d
    three = (1 - q) / 4  # each of the columns in which one of three signs differs; all agree in the rest
    columns = {
        2: math.log(2) - d * math.log(d) - (1 - d) * math.log(1 - d),
        3: math.log(2) - 3 * three * math.log(three) - (1 - 3 * three) * math.log(1 - 3 * three),
    }
    node, weight = np.polynomial.hermite_e.hermegauss(80)
    weight = weight / weight.sum()
    for m, count in columns.items():

        def bound(c, m=m):
            return np.log(weight @ (2 * np.cosh(math.sqrt(c) * node)) ** m) / m - c / 2 - (m - 1) / 2 * c * q

        assert minimize_scalar(bound, bounds=(1e-6, 5), method="bounded").fun == pytest.approx(
            count / m, abs=1e-8
        )
        covariance = np.full((m, m), q) + (1 - q) * np.eye(m)
        inside = multivariate_normal(cov=covariance, abseps=1e-7, releps=1e-7, seed=1)
        passes = inside.cdf(np.ones(m), lower_limit=-np.ones(m))
        stated = tuple_entropy(SymmetricMargin(1.0), 1.3, d, m)
        assert stated == pytest.approx((count + 1.3 * math.log(passes)) / m, abs=1e-5)
