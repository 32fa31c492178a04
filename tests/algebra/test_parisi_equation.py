"""The Parisi equation against k-step breaking: on each plateau of x(q) one Gaussian average is its solution."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import sympy as sp

from learnscape import Margin
from learnscape.ansatz import Tree, average


def test_one_level_of_the_tree_solves_the_parisi_equation():
    """f = (1/x) ln u with u_q = -u''/2 (a Gaussian average, run backwards) obeys f_q = -(f'' + x f'^2)/2."""
    q, h, x = sp.symbols("q h x", real=True)
    u = sp.Function("u")(q, h)
    f = sp.log(u) / x
    rest = sp.diff(f, q) + (sp.diff(f, h, 2) + x * sp.diff(f, h) ** 2) / 2
    rest = rest.subs(sp.Derivative(u, q), -sp.Derivative(u, (h, 2)) / 2)
    assert sp.simplify(rest) == 0


def test_a_gaussian_average_obeys_the_heat_equation():
    """u(q, h) = int dx K(x - h, Q - q) w(x) has u_q = -u_hh/2, because the Gaussian K of variance Q - q has."""
    q, h, x, top = sp.symbols("q h x Q", real=True)
    kernel = sp.exp(-((x - h) ** 2) / (2 * (top - q))) / sp.sqrt(2 * sp.pi * (top - q))
    assert sp.simplify(sp.diff(kernel, q) + sp.diff(kernel, h, 2) / 2) == 0


GRID = np.linspace(-12.0, 12.0, 401)


def derivatives(f):
    """f' and f'' by differences of sixth order; beyond the ends f goes on as a parabola."""
    step = GRID[1] - GRID[0]
    ends = [np.polynomial.Polynomial.fit(GRID[part], f[part], 2) for part in (slice(0, 9), slice(-9, None))]
    beyond = step * np.arange(1, 4)
    padded = np.concatenate([ends[0](GRID[0] - beyond[::-1]), f, ends[1](GRID[-1] + beyond)])
    a = [padded[3 + i : 3 + i + f.size] for i in range(-3, 4)]
    first = (a[6] - a[0] - 9 * (a[5] - a[1]) + 45 * (a[4] - a[2])) / (60 * step)
    second = (2 * (a[0] + a[6]) - 27 * (a[1] + a[5]) + 270 * (a[2] + a[4]) - 490 * a[3]) / (180 * step * step)
    return first, second


def solve(f, q, m):
    """Runge-Kutta for the Parisi equation from q_k down to q_0, with x = m_i between q_{i-1} and q_i."""

    def rate(f, x):
        first, second = derivatives(f)
        return 0.5 * (second + x * first**2)

    for x, (low, high) in reversed(list(zip(m, itertools.pairwise(q), strict=True))):
        steps = math.ceil((high - low) / 1e-3)
        e = (high - low) / steps
        for _ in range(steps):
            k1 = rate(f, x)
            k2 = rate(f + 0.5 * e * k1, x)
            k3 = rate(f + 0.5 * e * k2, x)
            f = f + e / 6 * (k1 + 2 * k2 + 2 * k3 + rate(f + e * k3, x))
    return f


@pytest.mark.parametrize(
    ("q", "m"), [((0.3, 0.6), (0.5,)), ((0.2, 0.45, 0.7), (0.3, 0.7))], ids=["k=1", "k=2"]
)
@pytest.mark.parametrize("name", ["perceptron", "spin glass"])
def test_the_parisi_equation_with_steps_is_k_step_breaking(name, q, m):
    """Solved as a partial differential equation, without any Gaussian average, it gives phi_0 of the tree."""
    tree = Tree(q, m)
    if name == "perceptron":
        constraint = Margin(-0.5)
        leaf = lambda h: constraint.terms(h, tree.variance)  # noqa: E731
        options = {"edges": constraint.edges, "width": math.sqrt(tree.variance)}
    else:
        leaf = lambda h: (np.logaddexp(h, -h), np.tanh(h), 1 / np.cosh(h) ** 2)  # noqa: E731
        options = {"edges": (0.0,), "width": 0.5, "widens": False}
    found = average(leaf, tree, **options)
    outer = solve(leaf(GRID)[0], q, m)
    weight = np.exp(-0.5 * GRID**2 / q[0])
    assert weight @ outer / weight.sum() == pytest.approx(found.value, rel=1e-7)


def test_the_measure_moves_by_the_adjoint_equation():
    """P_q = (P'' - 2 x (P f')')/2 keeps its norm, and makes the derivative of B with respect to x at q equal to int P f'^2/2 dq."""
    q, m, e = (0.3, 0.6), 0.5, 1e-4
    constraint = Margin(-0.5)

    def value(m):
        tree = Tree(q, (m,))
        return average(
            lambda h: constraint.terms(h, tree.variance),
            tree,
            edges=constraint.edges,
            width=math.sqrt(tree.variance),
        )

    # by cutting the plateau in twenty: int P f'^2 at each q, from the tree with as many equal steps
    cuts = np.linspace(*q, 21)
    tree = Tree(cuts, np.full(20, m))
    found = average(
        lambda h: constraint.terms(h, tree.variance),
        tree,
        edges=constraint.edges,
        width=math.sqrt(tree.variance),
    )
    slopes = np.array(found.slope2)
    simpson = np.array([1, *([4, 2] * 9), 4, 1]) * (cuts[1] - cuts[0]) / 3
    by_difference = (value(m + e).value - value(m - e).value) / (2 * e)
    assert 0.5 * simpson @ slopes == pytest.approx(by_difference, rel=1e-6)
    for level in found.levels:
        assert level.measure.sum() == pytest.approx(1.0, abs=1e-12)


Q, FIELD = sp.symbols("q h", real=True)
X = sp.Function("x")(Q)
F = sp.Function("f")(Q, FIELD)
BACKWARD = -(sp.diff(F, FIELD, 2) + X * sp.diff(F, FIELD) ** 2) / 2


def f(order):
    """The derivative of f of so high an order in the field."""
    return sp.diff(F, FIELD, order)


def along(g):
    """Dg = g_q + g''/2 + x f' g' for a g made of derivatives of f, with f_q from the Parisi equation; x is as good as constant where it isn't differentiated."""
    orders = range(6)
    names = sp.symbols("f0:8")
    by_order = {f(k): names[k] for k in range(8)}
    plain = g.subs(by_order)
    flow = [
        sp.diff(BACKWARD, FIELD, k).doit().subs({f(j): names[j] for j in range(7, -1, -1)}) for k in orders
    ]
    by_q = sum(sp.diff(plain, names[k]) * flow[k] for k in orders)
    return by_q + (sp.diff(g, FIELD, 2) / 2 + X * f(1) * sp.diff(g, FIELD)).doit().subs(
        {f(j): names[j] for j in range(7, -1, -1)}
    ), names


def test_averages_along_the_tree():
    """Df = x f'^2/2, Df' = 0, D(f'^2) = f''^2, D(f''^2) = f'''^2 - 2x f''^3, the four averages from which marginal stability and x(q) follow."""
    for g, wanted in (
        (f(0), lambda n: X * n[1] ** 2 / 2),
        (f(1), lambda n: 0),
        (f(1) ** 2, lambda n: n[2] ** 2),
        (f(1) ** 3, lambda n: 3 * n[1] * n[2] ** 2),
        (f(2) ** 2, lambda n: n[3] ** 2 - 2 * X * n[2] ** 3),
    ):
        found, names = along(g)
        assert sp.expand(found - wanted(names)) == 0


def test_averages_for_the_slope():
    """D(f'''^2) = f''''^2 - 6x f'' f'''^2 and D(f''^3) = 3 f'' f'''^2 - 3x f''^4, from which the slope of x(q) follows."""
    for g, wanted in (
        (f(3) ** 2, lambda n: n[4] ** 2 - 6 * X * n[2] * n[3] ** 2),
        (f(2) ** 3, lambda n: 3 * n[2] * n[3] ** 2 - 3 * X * n[2] ** 4),
    ):
        found, names = along(g)
        assert sp.expand(found - wanted(names)) == 0


def test_the_logarithms_of_the_sphere_are_an_integral():
    """On a plateau of height x, lambda falls with the slope -x, and int dq/lambda = (1/x) ln(lambda_{i-1}/lambda_i)."""
    low, high, inner, x = sp.symbols("low high lambda x", positive=True)
    outer = inner + x * (high - low)
    antiderivative = lambda q: -sp.log(inner + x * (high - q)) / x  # noqa: E731
    q = sp.symbols("q", positive=True)
    assert sp.simplify(sp.diff(antiderivative(q), q) - 1 / (inner + x * (high - q))) == 0
    assert (
        sp.simplify(antiderivative(high) - antiderivative(low) - sp.log(outer) / x + sp.log(inner) / x) == 0
    )


def test_the_rule_for_averages():
    """d/dq int P g = int P (g_q + g''/2 + x f' g') for any g: the integrands differ by a derivative with respect to the field."""
    p, g = sp.Function("P")(Q, FIELD), sp.Function("g")(Q, FIELD)
    forward = sp.diff(p, FIELD, 2) / 2 - X * sp.diff(p * f(1), FIELD)
    change = forward * g + p * sp.diff(g, Q)
    claimed = p * (sp.diff(g, Q) + sp.diff(g, FIELD, 2) / 2 + X * f(1) * sp.diff(g, FIELD))
    boundary = sp.diff(p, FIELD) * g / 2 - p * sp.diff(g, FIELD) / 2 - X * p * f(1) * g
    assert sp.expand((change - claimed - sp.diff(boundary, FIELD)).doit()) == 0


def test_stationarity_of_the_sphere_in_the_height_of_a_tread():
    """The sphere's part changes with the height of one tread by -1/2 of the integral over it of q_m/lambda(q_m)^2 + int dp/lambda^2."""
    edges, heights = np.array([0.2, 0.4, 0.55, 0.8]), np.array([0.2, 0.5, 0.7])
    fine = np.linspace(edges[0], edges[-1], 6001)
    step = fine[1] - fine[0]

    def total(values):  # Simpson
        return step / 3 * (values[0] + values[-1] + 4 * values[1:-1:2].sum() + 2 * values[2:-1:2].sum())

    def lam(heights):
        above = [np.clip(high - fine, 0.0, high - low) for low, high in itertools.pairwise(edges)]
        return 1 - edges[-1] + heights @ np.array(above)

    def sphere(heights):
        value = lam(heights)
        return 0.5 * (math.log(1 - edges[-1]) + edges[0] / value[0] + total(1 / value))

    value = lam(heights)
    brace = (
        edges[0] / value[0] ** 2
        + np.concatenate([[0.0], np.cumsum((value[1:] ** -2 + value[:-1] ** -2) / 2)]) * step
    )
    for i, (low, high) in enumerate(itertools.pairwise(edges)):
        e = 1e-4 * np.eye(3)[i]
        slope = (sphere(heights + e) - sphere(heights - e)) / 2e-4
        inside = np.linspace(low, high, 2001)
        mean = np.interp(inside, fine, brace)
        integral = (mean.sum() - (mean[0] + mean[-1]) / 2) * (inside[1] - inside[0])
        assert slope == pytest.approx(-0.5 * integral, rel=1e-6)


def test_marginality_and_the_function_x():
    """Stationarity differentiated once is marginality; differentiated again it gives x as a quotient of averages, and once more its slope."""
    lam = sp.Function("lambda")(Q)
    second, third, cube = sp.symbols("second third cube", positive=True)  # int P f''^2, f'''^2, f''^3
    fourth, mixed, quartic = sp.symbols("fourth mixed quartic", positive=True)  # f''''^2, f'' f'''^2, f''^4
    x, rise, width = sp.symbols("x rise width", positive=True)
    left = sp.diff(1 / lam**2, Q).subs(sp.diff(lam, Q), -x).subs(lam, width)
    assert sp.simplify(left - 2 * x / width**3) == 0
    load = 1 / (width**2 * second)
    (found,) = sp.solve(sp.Eq(left, load * (third - 2 * x * cube)), x)
    assert sp.simplify(found - width / 2 * third / (second + width * cube)) == 0
    once_more = sp.diff(2 * X / lam**3, Q).subs({sp.diff(lam, Q): -X, sp.diff(X, Q): rise})
    once_more = once_more.subs({lam: width, X: x})
    right = load * (fourth - 6 * x * mixed - 2 * rise * cube - 2 * x * (3 * mixed - 3 * x * quartic))
    (slope,) = sp.solve(sp.Eq(once_more, right), rise)
    claimed = fourth - 12 * x * mixed + 6 * x**2 * (quartic - second / width**2)
    assert sp.simplify(slope - width / 2 * claimed / (second + width * cube)) == 0


def test_the_line_where_replica_symmetry_breaks():
    """At the library's breaking point q int P f''^2 = int P f'^2, by quadrature, and both are those of the load: stationary and marginal at once."""
    from learnscape.replica import parisi

    point = parisi.breaking_point(-1.0)
    z = np.linspace(-10.0, 10.0, 4001)
    weight = np.exp(-0.5 * z * z)
    weight /= weight.sum()
    _, first, bend = Margin(-1.0).terms(math.sqrt(point.q) * z, 1.0 - point.q)
    slope, curvature = weight @ first**2, weight @ bend**2
    assert point.q * curvature == pytest.approx(slope, rel=1e-6)
    assert point.alpha * (1 - point.q) ** 2 * curvature == pytest.approx(1.0, rel=1e-6)
    assert point.alpha * (1 - point.q) ** 2 * slope == pytest.approx(point.q, rel=1e-6)
