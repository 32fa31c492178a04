"""The steps of the chapter on local entropy: the Legendre transform, one replica, the limit of many, groups without patterns."""

from __future__ import annotations

import itertools
import math

import numpy as np
import sympy as sp
from scipy.special import logsumexp, ndtr
from scipy.stats import multivariate_normal

from learnscape.numerics.gaussian import inverse_mills, log_H

GAUSS, WEIGHTS = np.polynomial.hermite_e.hermegauss(60)
WEIGHTS = WEIGHTS / WEIGHTS.sum()

y, delta, delta_hat, q1, q_hat1 = sp.symbols("y delta delta_hat q_1 q_hat_1", positive=True)
a, z, s, h = sp.symbols("a z s h", real=True)


def test_the_external_entropy_is_a_legendre_transform() -> None:
    """S_E = Phi - y S_I with S_I = dPhi/dy: its slope in y is -y dS_I/dy, and S_E = -y^2 d(Phi/y)/dy."""
    phi = sp.Function("Phi")(y)
    internal = sp.diff(phi, y)
    external = phi - y * internal
    assert sp.simplify(external + y**2 * sp.diff(phi / y, y)) == 0
    assert sp.simplify(sp.diff(external, y) + y * sp.diff(internal, y)) == 0


def test_one_replica_joins_both_noises() -> None:
    """At y = 1 the Gaussian average of 2 cosh(a + s z) is 2 cosh(a) exp(s^2/2): only the sum of both variances is left."""
    joined = sp.integrate(
        (sp.exp(a + s * z) + sp.exp(-a - s * z)) * sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi),
        (z, -sp.oo, sp.oo),
    )
    assert sp.simplify(joined - 2 * sp.cosh(a) * sp.exp(s**2 / 2)).rewrite(sp.exp).simplify() == 0


def test_the_inner_overlap_is_the_mean_square_magnetization() -> None:
    """Stationarity in the inner conjugate gives q_1 as the mean of tanh^2."""
    mean = sp.symbols("mean")  # of tanh^2
    equation = (1 - y) * q1 / 2 - sp.Rational(1, 2) + (1 - (1 - y) * mean) / 2
    assert sp.simplify(sp.solve(equation, q1)[0] - mean) == 0


def test_the_order_y_cancels() -> None:
    """With q_0 = q_1 - delta/y and its conjugate alike, the polynomial has a finite limit as y grows."""
    q0, q_hat0 = q1 - delta / y, q_hat1 - delta_hat / y
    polynomial = (y * q0 * q_hat0 + (1 - y) * q1 * q_hat1) / 2 - q_hat1 / 2
    left = -(q1 * delta_hat + q_hat1 * delta) / 2 - q_hat1 * (1 - q1) / 2
    assert sp.limit(sp.expand(polynomial - left), y, sp.oo) == 0


def test_an_integral_becomes_a_maximum() -> None:
    """For f = -c h^2/2 both sides are known: the average over a noise of variance delta/y, and the maximum."""
    c = sp.symbols("c", positive=True)
    average = (-sp.log(1 + c * delta) / 2 - y * c * a**2 / (2 * (1 + c * delta))) / y
    height = -c * h**2 / 2 - (h - a) ** 2 / (2 * delta)
    summit = sp.solve(sp.diff(height, h), h)[0]
    assert sp.simplify(summit - a - delta * (-c * summit)) == 0
    assert sp.simplify(sp.limit(average, y, sp.oo) - height.subs(h, summit)) == 0


def test_the_sphere_with_many_replicas() -> None:
    """The spherical term as y goes to infinity, and its stationarity in delta with that of the patterns."""
    v = 1 - q1
    outer = v + delta
    term = (sp.log(v) + sp.log(outer / v) / y + (q1 - delta / y) / outer) / 2
    limit = sp.limit(term, y, sp.oo)
    assert sp.simplify(limit - (sp.log(v) + q1 / outer) / 2) == 0
    slope2 = sp.symbols("slope2", positive=True)  # mean of f'^2
    assert sp.simplify(sp.diff(limit, delta) + slope2 / 2 - (slope2 - q1 / outer**2) / 2) == 0


def test_a_group_without_patterns_counts_choices_around_its_centre() -> None:
    """Without patterns the limit is the entropy of choices at the distance of a replica from the centre, (1 - sqrt(q_1))/2."""
    m = sp.symbols("m", positive=True)
    field = sp.log((1 + m) / (1 - m)) / 2  # atanh m
    entropy = sp.log(2) - sp.log(1 - m**2) / 2 - field * m  # ln 2 cosh h = ln 2 - ln(1 - m^2)/2
    d = (1 - m) / 2
    choices = -d * sp.log(d) - (1 - d) * sp.log(1 - d)
    for value in (sp.Rational(1, 10), sp.Rational(4, 5), sp.Rational(99, 100)):
        assert abs(sp.N((entropy - choices).subs(m, value), 30)) < 1e-25


def test_two_groups_of_two() -> None:
    """Columns of signs and one pattern, by brute force, against the integrals over z_0 and z_1; the polynomial per replica as r goes to zero."""
    size, groups = 2, 2
    n = size * groups
    inside = np.kron(np.eye(groups), np.ones((size, size)))
    c0, c1 = 0.4, 0.9  # the conjugates
    conjugate = np.where(inside > 0, c1, c0) - c1 * np.eye(n)
    signs = np.array(list(itertools.product([-1, 1], repeat=n)))
    columns = np.exp(np.einsum("ka,ab,kb->k", signs, conjugate, signs) / 2).sum()
    outer, inner = GAUSS[:, None], GAUSS
    h = math.sqrt(c0) * outer + math.sqrt(c1 - c0) * inner
    found = WEIGHTS @ ((2 * np.cosh(h)) ** size @ WEIGHTS) ** groups * math.exp(-n * c1 / 2)
    assert abs(found / columns - 1) < 1e-12
    o0, o1, kappa = 0.3, 0.7, 0.2  # the overlaps
    overlap = np.where(inside > 0, o1, o0) + (1 - o1) * np.eye(n)
    passes = multivariate_normal(cov=overlap, abseps=1e-6, releps=1e-6, maxpts=400_000, seed=1)
    omega = math.sqrt(o0) * outer + math.sqrt(o1 - o0) * inner
    allowed = ndtr((omega - kappa) / math.sqrt(1 - o1)) ** size
    assert abs(WEIGHTS @ (allowed @ WEIGHTS) ** groups / passes.cdf(-kappa * np.ones(n)) - 1) < 2e-4
    r, q0, q_hat0 = sp.symbols("r q_0 q_hat_0")
    pairs = r * y * (y - 1) * q1 * q_hat1 + r * (r - 1) * y**2 * q0 * q_hat0
    per_replica = sp.limit(-pairs / 2 / (r * y), r, 0)
    assert sp.expand(per_replica - (y * q0 * q_hat0 + (1 - y) * q1 * q_hat1) / 2) == 0


def test_groups_on_the_sphere() -> None:
    """Half the log-determinant of r groups of y replicas, from its three eigenvalues, per replica as r goes to zero."""
    r, q0 = sp.symbols("r q_0", positive=True)
    inner, outer = 1 - q1, 1 - q1 + y * (q1 - q0)
    log_det = r * (y - 1) * sp.log(inner) + (r - 1) * sp.log(outer) + sp.log(outer + r * y * q0)
    at = {r: 2, y: 3, q0: sp.Rational(3, 10), q1: sp.Rational(7, 10)}
    blocks = np.kron(np.eye(2), np.ones((3, 3)))
    matrix = np.where(blocks > 0, 0.7, 0.3) + 0.3 * np.eye(6)
    assert abs(float(log_det.subs(at)) - np.linalg.slogdet(matrix)[1]) < 1e-12
    stated = (sp.log(inner) + sp.log(outer / inner) / y + q0 / outer) / 2
    found = sp.diff(log_det, r).subs(r, 0) / (2 * y)
    assert sp.simplify(sp.expand_log(found - stated, force=True)) == 0


def test_the_push() -> None:
    """The derivative of the patterns' term by the overlap inside a group is (y - 1)/2 times the mean square response."""
    size, o0, kappa = 5.0, 0.3, 0.2

    def term(o1: float) -> tuple[float, float]:
        width = math.sqrt(1 - o1)
        x = (kappa - math.sqrt(o0) * GAUSS[:, None] - math.sqrt(o1 - o0) * GAUSS) / width
        logs = log_H(x)
        weight = np.exp(size * logs) * WEIGHTS
        total = weight.sum(1)
        squares = (weight * (inverse_mills(x) / width) ** 2).sum(1) / total
        return WEIGHTS @ np.log(total) / size, WEIGHTS @ squares

    e = 1e-4
    slope = (term(0.7 + e)[0] - term(0.7 - e)[0]) / (2 * e)
    assert abs(slope - (size - 1) / 2 * term(0.7)[1]) < 1e-6


def test_weights_of_many_replicas() -> None:
    """The mean of (2 cosh)^y over a noise of variance 1/y of the spread tends to the maximum over the field, which for a large spread has the sign of a."""
    u = np.linspace(-6, 6, 20_001)
    for at, spread in ((0.3, 0.6), (0.3, 1.5), (-0.1, 1.5)):
        f = np.logaddexp(at + math.sqrt(spread) * u, -at - math.sqrt(spread) * u)
        averages = [
            logsumexp(many * (f - u**2 / 2)) / many + math.log(math.sqrt(many / (2 * math.pi)) * 6e-4) / many
            for many in (1e3, 1e4)
        ]
        field = 2.0 * math.copysign(1, at)
        for _ in range(400):
            field = at + spread * math.tanh(field)
        top = np.logaddexp(field, -field) - spread * math.tanh(field) ** 2 / 2
        assert abs(top - (f - u**2 / 2).max()) < 1e-6
        assert abs(averages[0] - top) < 2e-3
        assert abs(averages[1] - top) < 2e-4
