"""Derivatives of free entropies against the saddle-point equations in the chapters, symbolically and at arbitrary points away from the saddle."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy as sp

from learnscape import Binary, Margin, OuterMargin, Spherical
from learnscape.ansatz import Tree, average
from learnscape.numerics.gaussian import inverse_mills, log_H
from learnscape.replica import rs, teacher

Z = np.linspace(-10.0, 10.0, 801)
DZ = np.exp(-0.5 * Z * Z)
DZ /= DZ.sum()


def slope(function, x, e=1e-4):
    """Derivative by a difference of fourth order."""
    return (8 * (function(x + e) - function(x - e)) - function(x + 2 * e) + function(x - 2 * e)) / (12 * e)


def test_heat_equation_of_the_log_partition_function():
    """d f/dV = (f'' + f'^2)/2 for f = ln H((kappa - omega)/sqrt V)."""
    omega, v, kappa = sp.symbols("omega V kappa", real=True)
    f = sp.log(sp.erfc((kappa - omega) / sp.sqrt(2 * v)) / 2)
    rest = sp.diff(f, v) - (sp.diff(f, omega, 2) + sp.diff(f, omega) ** 2) / 2
    assert sp.simplify(rest) == 0


def test_gaussian_integration_by_parts():
    """int Dz z F(z) = int Dz F'(z), for polynomials of any coefficients up to degree five."""
    z = sp.Symbol("z")
    c = sp.symbols("c_0:6")
    polynomial = sum(a * z**i for i, a in enumerate(c))

    def mean(p):  # of z^k it is (k - 1)!! for even k, else 0
        return sum(a * sp.factorial2(k - 1) for (k,), a in sp.Poly(p, z).terms() if k % 2 == 0)

    assert sp.expand(mean(z * polynomial) - mean(sp.diff(polynomial, z))) == 0


@pytest.mark.parametrize("constraint", [Margin(0.3), Margin(-0.7), OuterMargin(0.8)], ids=str)
@pytest.mark.parametrize("q", [0.2, 0.6])
def test_derivative_of_the_energetic_term(constraint, q):
    """d/dq int Dz f(sqrt(q) z, 1 - q) = -(1/2) int Dz g^2."""

    def energetic(q):
        return DZ @ constraint.terms(math.sqrt(q) * Z, 1.0 - q)[0]

    g = constraint.terms(math.sqrt(q) * Z, 1.0 - q)[1]
    assert slope(energetic, q) == pytest.approx(-0.5 * DZ @ g**2, rel=1e-9)


@pytest.mark.parametrize("weights", [Binary(), Spherical()], ids=str)
def test_replica_symmetric_saddle_equations(weights):
    """d phi/dq = (q_hat - alpha int Dz g^2)/2 and d phi/dq_hat = (q - Q(q_hat))/2; both vanish at the solution of the library."""
    alpha, constraint = 0.5, Margin(0.2)

    def entropic(q, q_hat):
        if weights.discrete:
            return -0.5 * q_hat * (1 - q) + DZ @ np.logaddexp(math.sqrt(q_hat) * Z, -math.sqrt(q_hat) * Z)
        # the sphere: extremum over the precision at fixed q and q_hat, from ln int dw exp(h w - B w^2/2)
        half = 0.5 * (1 + math.sqrt(1 + 4 * q_hat))  # B that makes the self-overlap one
        return 0.5 * (half - math.log(half) + q_hat / half - 1) - 0.5 * q_hat * (1 - q)

    def free(q, q_hat):
        return entropic(q, q_hat) + alpha * (DZ @ constraint.terms(math.sqrt(q) * Z, 1 - q)[0])

    q, q_hat = 0.4, 1.3
    g2 = DZ @ constraint.terms(math.sqrt(q) * Z, 1 - q)[1] ** 2
    assert slope(lambda x: free(x, q_hat), q) == pytest.approx(0.5 * (q_hat - alpha * g2), rel=1e-8)
    assert slope(lambda x: free(q, x), q_hat) == pytest.approx(0.5 * (q - weights.overlap(q_hat)), rel=1e-8)
    found = rs.solve(weights, constraint, alpha)
    assert abs(slope(lambda x: free(x, found.q_hat), found.q)) < 1e-9
    assert abs(slope(lambda x: free(found.q, x), found.q_hat)) < 1e-9
    assert free(found.q, found.q_hat) == pytest.approx(found.entropy, rel=1e-10)


@pytest.mark.parametrize("weights", [Binary(), Spherical()], ids=str)
def test_teacher_and_student_saddle_equations(weights):
    """With the teacher as one more replica the free entropy is stationary at the student's overlap R = q.

    phi = G_S + alpha int Dz 2 H(-s z) ln H(-s z), s = sqrt(q/(1 - q)): its derivative is (q_hat - alpha d)/2 with the teacher's weight 2 H on each field.
    """
    alpha = 0.9

    def energetic(q):
        u = -math.sqrt(q / (1 - q)) * Z
        log_h = log_H(u)
        return 2 * DZ @ (np.exp(log_h) * log_h)

    q = 0.55
    u = -math.sqrt(q / (1 - q)) * Z
    g2 = 2 * DZ @ (np.exp(log_H(u)) * inverse_mills(u) ** 2) / (1 - q)
    assert slope(energetic, q) == pytest.approx(0.5 * g2, rel=1e-8)  # positive: n + 1 replicas at n = 0

    found = teacher.solve(weights, alpha)
    overlap = found.overlap
    u = -math.sqrt(overlap / (1 - overlap)) * Z
    q_hat = alpha * 2 * DZ @ (np.exp(log_H(u)) * inverse_mills(u) ** 2) / (1 - overlap)
    if weights.discrete:  # a field q_hat towards the teacher, and noise of the same variance
        response = DZ @ np.tanh(q_hat + math.sqrt(q_hat) * Z)
    else:
        response = q_hat / (1 + q_hat)
    assert overlap == pytest.approx(response, rel=1e-9)


def test_one_step_derivatives_of_the_average_over_a_tree():
    """dB/dq_0 = -(m/2) int P_0 phi_0'^2, dB/dq_1 = -((1 - m)/2) int P_1 f'^2, dB/dm = (<f>_1 - <phi>_0)/m."""
    constraint, q, m = Margin(-0.4), (0.4, 0.7), 0.6

    def value(q0, q1, m):
        tree = Tree((q0, q1), (m,))
        return average(
            lambda h: constraint.terms(h, tree.variance),
            tree,
            edges=constraint.edges,
            width=math.sqrt(tree.variance),
        )

    found = value(*q, m)
    assert slope(lambda x: value(x, q[1], m).value, q[0]) == pytest.approx(
        -0.5 * m * found.slope2[0], rel=1e-8
    )
    assert slope(lambda x: value(q[0], x, m).value, q[1]) == pytest.approx(
        -0.5 * (1 - m) * found.slope2[1], rel=1e-7
    )
    assert slope(lambda x: value(*q, x).value, m) == pytest.approx(
        (found.mean[1] - found.mean[0]) / m, rel=1e-7
    )


def test_one_step_derivatives_of_the_sphere():
    """Of S = [ln(1 - q_1) + (1/m) ln(l/(1 - q_1)) + q_0/l]/2, l = 1 - q_1 + m (q_1 - q_0): dS/dq_0 = m q_0/2 l^2 and so on, symbolically."""
    q0, q1, m = sp.symbols("q_0 q_1 m", positive=True)
    outer = 1 - q1 + m * (q1 - q0)
    entropy = (sp.log(1 - q1) + (sp.log(outer) - sp.log(1 - q1)) / m + q0 / outer) / 2
    assert sp.simplify(sp.diff(entropy, q0) - m * q0 / (2 * outer**2)) == 0
    inner = (1 - m) / 2 * (q0 / outer**2 + (q1 - q0) / (outer * (1 - q1)))
    assert sp.simplify(sp.diff(entropy, q1) - inner) == 0
    # both gaps together: d/dq at equal overlaps is that of replica symmetry, with q_hat = q/(1-q)^2
    total = (sp.diff(entropy, q0) + sp.diff(entropy, q1)).subs(q1, q0)
    assert sp.simplify(total - q0 / (2 * (1 - q0) ** 2)) == 0
