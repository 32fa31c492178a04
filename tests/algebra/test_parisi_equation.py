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
