"""The steps of the chapter on local entropy: the Legendre transform, one replica, the limit of many, groups without patterns."""

from __future__ import annotations

import sympy as sp

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
