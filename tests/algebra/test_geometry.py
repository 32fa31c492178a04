"""Paths between two solutions: the block matrix of two systems, the covariance of two averages, and when a geodesic is free."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy as sp

from learnscape import Margin, Spherical
from learnscape.replica import rs
from learnscape.replica.geometry import cross_overlap


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
