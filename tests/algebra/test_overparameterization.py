"""The hidden-teacher model: Hermite coefficients, volumes of Gram matrices for typical and dense students, and the saddle-point equations."""

from __future__ import annotations

import math

import numpy as np
import sympy as sp
from scipy.stats import multivariate_normal, wishart

from learnscape.numerics.gaussian import H, quadrature

Q, P_D, P, R, N, Y = sp.symbols("q p_d p r n y", positive=True)


def eigenvalues(diagonal, off):
    """Of an n x n matrix with equal entries off the diagonal: (value, multiplicity)."""
    return [(diagonal - off, N - 1), (diagonal - off + N * off, 1)]


def gram(of_projections, perpendicular, of_weights):
    """ln det(p - r r^T) - ln det q - Tr q^-1 p + n over 2n, as n -> 0; eigenvectors are shared."""
    exponent = N
    for (p, times), (s, _), (q, _) in zip(of_projections, perpendicular, of_weights, strict=True):
        exponent += times * (sp.log(s) - sp.log(q) - p / q)
    assert sp.simplify(exponent.subs(N, 0)) == 0
    return sp.diff(exponent, N).subs(N, 0) / 2


def test_volume_of_projections():
    """The log-volume of projections with given Gram matrix, from its three eigenvalues as n -> 0, and no condition where they repeat the weights' overlaps."""
    found = gram(eigenvalues(P_D, P), eigenvalues(P_D - R**2, P - R**2), eigenvalues(1, Q))
    expected = (
        sp.log((P_D - P) / (1 - Q))
        + (P - R**2) / (P_D - P)
        - (Q + P_D) / (1 - Q)
        + Q * (P_D - P) / (1 - Q) ** 2
        + 1
    ) / 2
    at = {Q: sp.Rational(1, 5), P_D: sp.Rational(11, 10), P: sp.Rational(4, 5), R: sp.Rational(3, 4)}
    assert abs(sp.N((found - expected).subs(at), 30)) < 1e-25
    assert (
        sp.simplify(expected.subs({P_D: 1, P: Q, R: 0})) == 0
    )  # the same overlaps as the weights: no condition


def test_saddle_point_of_projections():
    """Derivatives of G_D, with those of the pattern term, give the three equations of the chapter in closed form."""
    g_d = (
        sp.log((P_D - P) / (1 - Q))
        + (P - R**2) / (P_D - P)
        - (Q + P_D) / (1 - Q)
        + Q * (P_D - P) / (1 - Q) ** 2
        + 1
    ) / 2
    t, first, second, e, mu1 = sp.symbols("T g2 f2 E mu1", real=True)
    # T = alpha_T mu1^2; multiplied by alpha_T / alpha
    by_p = sp.diff(g_d, P) - t * first / 2
    by_p_d = sp.diff(g_d, P_D) + t * (second + first) / 2
    by_r = sp.diff(g_d, R) + t / mu1 * e
    v = P_D - P
    assert sp.simplify(2 * v**2 * by_p - (P - R**2 - v**2 * (Q / (1 - Q) ** 2 + t * first))) == 0
    assert sp.simplify(2 * (by_p_d + by_p) - (1 / v - 1 / (1 - Q) + t * second)) == 0
    assert sp.simplify(-v * by_r - (R - t / mu1 * v * e)) == 0
    by_q = (Q + P) / (1 - Q) ** 2 - 2 * Q * v / (1 - Q) ** 3
    assert sp.simplify(-2 * sp.diff(g_d, Q) - by_q) == 0


def test_volume_of_projections_in_dense_regions():
    """Blocks of y replicas with p_0 = p_1 - dp/y and q_0 = q_1 - dq/y: n -> 0, then y -> infinity."""
    q, p, dq, dp = sp.symbols("q_1 p_1 dq dp", positive=True)

    def block(diagonal, inner, change):
        between = inner - change / Y
        second = diagonal - inner + Y * (inner - between)
        return [(diagonal - inner, N * (1 - 1 / Y)), (second, N / Y - 1), (second + N * between, 1)]

    found = gram(block(P_D, p, dp), block(P_D - R**2, p - R**2, dp), block(1, q, dq))
    length, spread = P_D - p + dp, 1 - q + dq
    expected = (
        sp.log((P_D - p) / (1 - q))
        + (p - R**2) / length
        - q / spread
        - (P_D - p) / (1 - q)
        - p / spread
        + q * length / spread**2
        + 1
    ) / 2
    at = {q: 0.7, p: 0.85, P_D: 1.1, R: 0.75, dq: 0.05, dp: 0.03}
    assert abs(sp.N((found - expected).subs(at).subs(Y, sp.Integer(10) ** 12), 30)) < 1e-10


def test_derivative_of_the_pattern_term_by_the_teacher():
    """The joint density of two Gaussians of covariance R obeys d/dR = d^2/(du dv), the identity behind Price's theorem."""
    u, v, s, r = sp.symbols("u v S r", real=True)
    det = s - r**2
    density = sp.exp(-(u**2 - 2 * r * u * v + s * v**2) / (2 * det)) / (2 * sp.pi * sp.sqrt(det))
    at = {u: sp.Rational(1, 3), v: -sp.Rational(2, 5), s: sp.Rational(3, 2), r: sp.Rational(1, 2)}
    assert abs(sp.N((sp.diff(density, r) - sp.diff(density, u, v)).subs(at), 30)) < 1e-25
    assert abs(sp.N((sp.diff(density, s) - sp.diff(density, u, 2) / 2).subs(at), 30)) < 1e-25


def test_hermite_coefficients():
    """The mean of |z| is mu_1 of the sign; moments of even order, by which polynomials are expanded."""
    z = sp.symbols("z", real=True)
    weight = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)

    def mean(f):
        return sp.simplify(2 * sp.integrate(f * weight, (z, 0, sp.oo)))  # of even functions

    assert sp.simplify(mean(z) - sp.sqrt(2 / sp.pi)) == 0  # E|z| = mu_1 of the sign
    assert (mean(z**4), mean(z**6)) == (3, 15)


def test_gram_matrices_of_projections():
    """Two students' projections: the Wishart density of the parts off the teacher and the Gaussian one along it, against the exponent, in high dimension."""
    d = 200_000
    q = np.array([[1.0, 0.2], [0.2, 1.0]])
    p, r = np.array([[1.1, 0.8], [0.8, 1.05]]), np.array([0.4, 0.5])

    def exponent(p, r):
        off = wishart(df=d - 1, scale=q / d).logpdf(p - np.outer(r, r))
        return (off + multivariate_normal(cov=q / d).logpdf(r)) / d

    stated = np.linalg.slogdet(p - np.outer(r, r))[1] - np.linalg.slogdet(q)[1]
    stated = (stated - np.trace(np.linalg.solve(q, p)) + 2) / 2
    assert abs(exponent(p, r) - exponent(q, np.zeros(2)) - stated) < 2e-5


def test_students_and_teacher_answer_one_pattern():
    """Two students and the teacher: twice the integral over the shared field is twice an octant; and signs of correlated fields differ with arccos/pi."""
    q_d, q, r = 1.1, 0.5, 0.4
    t, weight = quadrature(200)
    label = H(-r * t / math.sqrt(q - r**2))
    students = H(-math.sqrt(q) * t / math.sqrt(q_d - q))
    found = 2 * weight @ (label * students**2)
    correlations = (q / q_d, r / math.sqrt(q_d), r / math.sqrt(q_d))
    assert abs(found - 1 / 4 - sum(map(math.asin, correlations)) / (2 * math.pi)) < 1e-10
    assert abs(2 * weight @ label - 1) < 1e-12
    wrong = 2 * weight @ (label * (1 - students))
    assert abs(wrong - math.acos(r / math.sqrt(q_d)) / math.pi) < 1e-10
    center = 2 * weight[t < 0] @ label[t < 0]  # the barycenter answers with the sign of t
    assert abs(center - math.acos(r / math.sqrt(q)) / math.pi) < 1e-10


def test_random_flips_see_only_the_stabilities():
    """After random flips the mean of a stability is (1 - 2d) u and its variance 4 d (1 - d), also for patterns that are correlated; its sign as for a Gaussian."""
    rng = np.random.default_rng(3)
    n, d, draws = 401, 0.1, 20_000
    signs = np.sign(rng.standard_normal((6, 3)) @ rng.standard_normal((3, n)))  # strongly correlated rows
    w = rng.choice([-1.0, 1.0], n)
    w[:60] = signs[0, :60]
    u = signs @ w / math.sqrt(n)
    flipped = np.where(rng.random((draws, n)) < d, -w, w) @ signs.T / math.sqrt(n)
    spread = 2 * math.sqrt(d * (1 - d))
    assert np.all(np.abs(flipped.mean(0) - (1 - 2 * d) * u) < 5 * spread / math.sqrt(draws))
    assert np.all(np.abs(flipped.var(0) / spread**2 - 1) < 5 * math.sqrt(2 / draws))
    wrong = (flipped < 0).mean(0)
    expected = H((1 - 2 * d) * u / spread)
    error = np.sqrt(expected * (1 - expected) / draws)
    assert np.all(np.abs(wrong - expected) < 5 * error + 0.005)


def test_stabilities_of_a_typical_student():
    """The density of stabilities is normalised, and its value at the margin is minus the derivative of the pattern term by the margin."""
    t, weight = quadrature(256)
    q, v, r = 0.45, 0.6, 0.4
    label = 2 * weight * H(-r * t / math.sqrt(q - r * r))

    def pattern_term(kappa):
        return label @ np.log(H((kappa - math.sqrt(q) * t) / math.sqrt(v)))

    def density(u, kappa):
        shape = np.exp(-((u - math.sqrt(q) * t) ** 2) / (2 * v)) / math.sqrt(2 * math.pi * v)
        return label @ (shape / H((kappa - math.sqrt(q) * t) / math.sqrt(v)))

    for kappa in (0.0, 0.3):
        u, du = np.linspace(kappa, 12, 8001, retstep=True)
        g = np.array([density(x, kappa) for x in u])
        assert abs(du * (g.sum() - (g[0] + g[-1]) / 2) - 1) < 1e-6
        step = 1e-5
        slope = (pattern_term(kappa + step) - pattern_term(kappa - step)) / (2 * step)
        assert abs(slope + g[0]) < 1e-8
