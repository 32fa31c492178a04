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


def test_the_equations_keep_their_form_in_units_of_the_distance():
    """x = e y, f and lambda in units 1/e and e: the Parisi equation, the drift and marginality have the same form; a parabola -h^2/(2 lambda) stays one."""
    h, q, e, y = sp.symbols("h q e y", positive=True)
    f, density = sp.Function("f")(q, h), sp.Function("P")(q, h)
    lam = sp.Function("lambda")(q)

    def parisi(f, x):
        return f.diff(q) + (f.diff(h, 2) + x * f.diff(h) ** 2) / 2

    assert sp.expand(parisi(f / e, e * y) - parisi(f, y) / e) == 0
    assert sp.expand(e * y * (density * (f / e).diff(h)).diff(h) - y * (density * f.diff(h)).diff(h)) == 0
    assert sp.expand(((e * lam).diff(q) + e * y) / e - lam.diff(q) - y) == 0
    marginal = 1 / (e * lam) ** 2 - density * (f / e).diff(h, 2) ** 2
    assert sp.expand(e**2 * marginal - 1 / lam**2 + density * f.diff(h, 2) ** 2) == 0
    rest = parisi(-(h**2) / (2 * lam), y).doit().subs(lam.diff(q), -y)
    assert sp.simplify(rest.diff(h)) == 0  # up to a constant that does not depend on h


def test_the_order_parameter_and_the_closure():
    """Differentiated in q, marginality gives y as a quotient of two averages; with the ansatz it is the closure c/b."""
    y, lam, second, third, cube = sp.symbols("y lambda second third cube", positive=True)
    # 2 y/lambda^3 = alpha (third - 2 y cube) with alpha = 1/(lambda^2 second)
    (found,) = sp.solve(sp.Eq(2 * y / lam**3, (third - 2 * y * cube) / (lam**2 * second)), y)
    assert sp.simplify(found - lam / 2 * third / (second + lam * cube)) == 0
    gap = sp.Symbol("D", positive=True)
    order = gap ** (-1 / (2 * b))
    width = 2 * b / c * order * gap  # lambda
    h = sp.Symbol("h", real=True)
    force = sp.sqrt(gap) / width * sp.Function("m")(h / sp.sqrt(gap))
    for shape in (sp.exp(t) + t**3, sp.sin(t)):
        concrete = force.replace(sp.Function("m"), sp.Lambda(t, shape)).doit()
        at = {h: t * sp.sqrt(gap)}
        assert sp.simplify(concrete.diff(h).subs(at) - shape.diff(t) / width) == 0
        assert sp.simplify(concrete.diff(h, 2).subs(at) - shape.diff(t, 2) / (width * sp.sqrt(gap))) == 0
    # so y = (lambda/2) (third/(lambda^2 D)) / (.../lambda^2): 2 y D/lambda is the quotient of the shapes
    assert sp.simplify(2 * order * gap / width - c / b) == 0


def test_what_is_left_behind():
    """Far out p is t^(-a/b) on the right and |t|^((c-a)/(b-c)) on the left; in gaps and in forces the order parameter drops out."""
    y, h, force = sp.symbols("y h F", positive=True)
    gamma, theta = a / b, (c - a) / (b - c)
    s = sp.Symbol("s", positive=True)  # |t|
    right, left = s ** (-gamma), s**theta
    assert sp.simplify(a * right + b * s * right.diff(s)) == 0
    assert sp.simplify((a - c) * left + (b - c) * s * left.diff(s)) == 0
    gaps = y**a * (h * y**b) ** (-gamma)  # t = h/sqrt(1 - q) ~ h y^b
    forces = y ** (a - c) * (force * y ** (b - c)) ** theta  # h = lambda F, lambda ~ y^-c
    assert sp.simplify(gaps.diff(y)) == 0
    assert sp.simplify(forces.diff(y)) == 0
    one = {a: 1 - b}
    assert sp.simplify(gamma.subs(one) - (1 - b) / b) == 0
    assert sp.simplify(theta.subs(one) - (3 * b - 2) / (1 - b)) == 0


def test_the_walk_in_the_moving_yardstick():
    """dh = y f' dq + dB in t = h/sqrt(1-q), with depth -ln(1-q) as time, has the drift t/2 + c M/2b and unit noise; its generator times 2b is L."""
    gap, m = sp.symbols("D m", positive=True)
    order = gap ** (-1 / (2 * b))
    width = 2 * b / c * order * gap
    h = t * sp.sqrt(gap)
    place, field = sp.Symbol("h") / sp.sqrt(gap), sp.Symbol("h")
    # dq = D dl, dD = -D dl; dt = (dt/dh) dh + (dt/dD) dD, no second derivative in h
    drift = place.diff(field) * order * (sp.sqrt(gap) / width * m) * gap - place.diff(gap) * gap
    assert sp.simplify(drift.subs(field, h) - t / 2 - c * m / (2 * b)) == 0
    noise = place.diff(field) ** 2 * gap  # variance of dt per dl
    assert sp.simplify(noise - 1) == 0
    g = sp.Function("g")(t)
    generator = 2 * b * (noise * g.diff(t, 2) / 2 + drift.subs(field, h) * g.diff(t))
    assert sp.simplify(generator - b * g.diff(t, 2) - (b * t + c * m) * g.diff(t)) == 0


def test_avalanches():
    """Two states whose excess has density nu are told apart with probability T nu; drawn states are overtaken at the rate S nu times a Gaussian; tau = 2/varkappa."""
    e, temperature = sp.symbols("E T", positive=True)
    share = 1 / (1 + sp.exp(-e / temperature))
    antiderivative = 2 * temperature * share
    assert sp.simplify(sp.diff(antiderivative, e) - 2 * share * (1 - share)) == 0
    assert sp.limit(antiderivative, e, sp.oo) - antiderivative.subs(e, 0) == temperature
    # states at one distance, with density nu = 1 per unit of excess: sum of S over those overtaken while the field grows by 0.1
    rng = np.random.default_rng(4)
    distance, change, drawn = 0.3, 0.1, 400_000
    size = rng.normal(0.0, np.sqrt(2 * distance), drawn)
    overtaken = (size > 0) & (rng.uniform(0.0, 1.0, drawn) < size * change)
    s = np.linspace(0.0, 8.0, 20_001)
    rate = s * np.exp(-(s**2) / (4 * distance)) / np.sqrt(4 * np.pi * distance)
    for low, high in ((0.2, 0.6), (0.6, 1.2)):
        inside = (s >= low) & (s < high)
        expected = change * drawn * rate[inside].sum() * (s[1] - s[0])
        assert np.sum(overtaken & (size >= low) & (size < high)) == pytest.approx(
            expected, abs=4 * expected**0.5
        )
    # the power: nu = D^(-1/varkappa - 1) in the sum over distances
    varkappa = 1.4157
    d = np.exp(np.linspace(-30.0, 30.0, 6001))
    rates = [
        s * np.sum(d * d ** (-1 / varkappa - 1) * np.exp(-(s**2) / (4 * d)) / np.sqrt(d)) for s in (0.5, 1.0)
    ]
    assert np.log2(rates[0] / rates[1]) == pytest.approx(2 / varkappa, abs=1e-6)
