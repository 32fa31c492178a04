"""The scaling region of jamming: from the Parisi equation to two ordinary equations and a closure, and a + b = 1."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from learnscape.replica.parisi import scaling_functions

t = sp.Symbol("t", real=True)
a, b = sp.symbols("a b", positive=True)
c = 2 * b - 1
M, p = sp.Function("M")(t), sp.Function("p")(t)


def test_the_derivative_of_marginality():
    """d/dq int P f''^2 = int P (f'''^2 - 2 y f''^3): the integrands differ by a derivative with respect to h."""
    h, y = sp.symbols("h y", real=True)
    f, density = sp.Function("f")(h), sp.Function("P")(h)
    d = [f.diff(h, k) if k else f for k in range(6)]
    f_dot = -(d[2] + y * d[1] ** 2) / 2
    density_dot = density.diff(h, 2) / 2 - y * (density * d[1]).diff(h)
    change = density_dot * d[2] ** 2 + density * 2 * d[2] * f_dot.diff(h, 2)
    g = d[2] ** 2  # by parts: P'' g/2 - y (P f')' g = P (g''/2 + y f' g') + (P' g/2 - P g'/2 - y P f' g)'
    boundary = density.diff(h) * g / 2 - density * g.diff(h) / 2 - y * density * d[1] * g
    expected = density * (d[3] ** 2 - 2 * y * d[2] ** 3)
    assert sp.expand((change - expected - boundary.diff(h)).doit()) == 0


def test_the_ansatz_turns_the_parisi_equation_into_two_ordinary_ones():
    """Force and density with y ~ (1-q)^(-1/2b), lambda = (2b/c) y (1-q), t = h/sqrt(1-q), in the Parisi equation."""
    h, gap = sp.Symbol("h", real=True), sp.Symbol("D", positive=True)
    y = gap ** (-1 / (2 * b))
    lam = 2 * b / c * y * gap
    assert sp.simplify(lam.diff(gap) - y) == 0  # lambda' = -y in q
    place = h / sp.sqrt(gap)
    m, q = sp.Function("m"), sp.Function("r")
    force, density = sp.sqrt(gap) / lam * m(place), y**a * q(place)
    of_force = force.diff(gap) - force.diff(h, 2) / 2 - y * force * force.diff(h)
    of_density = -density.diff(gap) - density.diff(h, 2) / 2 + y * (density * force).diff(h)
    value = {
        sp.Function("m"): sp.Lambda(t, sp.exp(t) + t**3),
        sp.Function("r"): sp.Lambda(t, sp.sin(t) + t**2),
    }

    def at(expression):
        for function, replacement in value.items():
            expression = expression.replace(function, replacement)
        return expression.doit()

    force_ode = b * M.diff(t, 2) - (b - c) * M + b * t * M.diff(t) + c * M * M.diff(t)
    density_ode = b * p.diff(t, 2) - a * p - b * t * p.diff(t) - c * (p * M).diff(t)
    one, two = value[sp.Function("m")](t), value[sp.Function("r")](t)
    force_ode = force_ode.subs(M, one).doit()
    density_ode = density_ode.subs({M: one, p: two}).doit()
    for numbers in ({a: 0.3, b: 0.7, gap: 0.02, h: 0.05}, {a: 0.4, b: 0.8, gap: 0.3, h: -0.6}):
        place_value = float(place.subs(numbers))
        scale = float((-1 / (2 * b * sp.sqrt(gap) * lam)).subs(numbers))
        found = float(at(of_force).subs(numbers))
        assert found == pytest.approx(scale * float(force_ode.subs({**numbers, t: place_value})), rel=1e-10)
        scale = float((-(y**a) / (2 * b * gap)).subs(numbers))
        found = float(at(of_density).subs(numbers))
        assert found == pytest.approx(scale * float(density_ode.subs({**numbers, t: place_value})), rel=1e-10)


def test_three_lines():
    """The generator applied to w = -M' and to w(1-w), its adjoint on p, and the exponents that follow from a + b = 1."""

    def generator(g):
        return b * g.diff(t, 2) + (b * t + c * M) * g.diff(t)

    second = ((b - c) * M - b * t * M.diff(t) - c * M * M.diff(t)) / b  # M'' by the equation of the force

    def on_shell(expression):
        expression = expression.subs(M.diff(t, 4), second.diff(t, 2)).subs(M.diff(t, 3), second.diff(t))
        return sp.expand(expression.subs(M.diff(t, 2), second).doit().subs(M.diff(t, 2), second).doit())

    w = -M.diff(t)
    assert on_shell(generator(w) + c * w * (1 - w)) == 0
    product = w * (1 - w)
    assert on_shell(generator(product) + c * (1 - 2 * w) * product + 2 * b * w.diff(t) ** 2) == 0
    adjoint = b * p.diff(t, 2) - ((b * t + c * M) * p).diff(t)
    p_second = (a * p + b * t * p.diff(t) + c * (p * M).diff(t)) / b
    assert sp.expand((adjoint - (a - b) * p).subs(p.diff(t, 2), p_second).doit()) == 0
    gamma, theta = (a / b).subs(a, 1 - b), ((c - a) / (b - c)).subs(a, 1 - b)
    assert sp.simplify(gamma - 1 / (2 + theta)) == 0
    assert sp.simplify(2 * b - (2 - 2 / (3 + theta))) == 0


@pytest.mark.parametrize("trial", [1.2, 1.5, 1.65, None])
def test_the_third_line_at_trial_exponents(trial):
    """(a-b) int p w(1-w) = -c int p w(1-w) + 2 (closure), for any b; the solver knows nothing of it."""
    found = scaling_functions(kappa_exponent=trial)
    e, w, measure = found.exponents, -found.slope, found.weights * found.density
    undecided = measure @ (w * (1.0 - w))
    bracket = e.c * measure @ (w**2 * (1.0 - w)) - e.b * measure @ found.curvature**2
    assert (e.a - e.b) * undecided == pytest.approx(-e.c * undecided + 2.0 * bracket, abs=1e-9)
    one, other = found.closure
    assert bracket == pytest.approx((one - other) * e.b * measure @ (w**2 * (1.0 - w)), abs=1e-12)
    assert np.all(found.density > 0.0)
    assert w.max() < 1.0 + 1e-9
    assert w.min() > -1e-9
    if trial is not None:
        assert 2.0 * e.b == trial
        assert abs(bracket) > 1e-3
