"""The steps of the Sherrington-Kirkpatrick chapter: the averaged power, columns of equal and of grouped overlaps at integer n, the AT line, the identity."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import sympy as sp

Z = np.linspace(-10.0, 10.0, 801)
DZ = np.exp(-0.5 * Z * Z)
DZ /= DZ.sum()


def test_sum_over_pairs_of_sites_in_overlaps():
    """sum_{i<j} (sum_a s_i^a s_j^a)^2 = (N^2 n + 2 N^2 sum_{a<b} q_ab^2 - N n^2)/2 for every configuration of the replicas."""
    rng = np.random.default_rng(1)
    for sites, n in ((3, 2), (5, 3), (6, 4)):
        s = rng.choice([-1, 1], (n, sites))
        pairs = sum((s[:, i] @ s[:, j]) ** 2 for i, j in itertools.combinations(range(sites), 2))
        overlaps = sum((s[a] @ s[b]) ** 2 for a, b in itertools.combinations(range(n), 2))  # N^2 q^2
        assert 2 * pairs == sites**2 * n + 2 * overlaps - sites * n**2


def column(matrix, beta, field):
    """sum over n spins of exp(beta^2 sum_{a<b} Q_ab s^a s^b + beta h sum s^a)."""
    n = len(matrix)
    total = 0.0
    for s in itertools.product((-1, 1), repeat=n):
        pairs = sum(matrix[a][b] * s[a] * s[b] for a, b in itertools.combinations(range(n), 2))
        total += math.exp(beta**2 * pairs + beta * field * sum(s))
    return total


@pytest.mark.parametrize("n", [2, 3, 5])
def test_column_of_equal_overlaps(n):
    """e^{-n beta^2 q/2} int Dz [2 cosh beta(sqrt(q) z + h)]^n."""
    beta, q, field = 0.8, 0.4, 0.3
    exact = column(np.full((n, n), q), beta, field)
    found = math.exp(-0.5 * n * beta**2 * q) * DZ @ (2 * np.cosh(beta * (math.sqrt(q) * Z + field))) ** n
    assert found == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize(("n", "m"), [(4, 2), (6, 2), (6, 3)])
def test_column_of_grouped_overlaps(n, m):
    """e^{-n beta^2 q_1/2} int Dz Y^{n/m}, Y = int Du [2 cosh beta(sqrt(q_0) z + sqrt(q_1 - q_0) u + h)]^m."""
    beta, q0, q1, field = 0.7, 0.2, 0.5, 0.3
    group = np.arange(n) // m
    matrix = np.where(group[:, None] == group, q1, q0)
    v = math.sqrt(q0) * Z[:, None] + math.sqrt(q1 - q0) * Z + field
    y = (2 * np.cosh(beta * v)) ** m @ DZ
    found = math.exp(-0.5 * n * beta**2 * q1) * DZ @ y ** (n // m)
    assert found == pytest.approx(column(matrix, beta, field), rel=1e-12)


def test_one_small_step_of_the_recursion():
    """(1/m) ln int Du exp(m phi(v + sqrt(g) u)) = phi + (g/2)(phi'' + m phi'^2) + O(g^2), for any phi."""
    g, m, u = sp.symbols("g m u", positive=True)
    phi = [sp.Symbol(f"phi_{k}") for k in range(3)]
    root = sp.Symbol("r", positive=True)  # sqrt(g)
    inside = sp.exp(m * (phi[1] * root * u + phi[2] * root**2 * u**2 / 2))
    expanded = sp.series(inside, root, 0, 3).removeO()
    moments = {0: 1, 1: 0, 2: 1}
    average = sum(moments[k] * sp.expand(expanded).coeff(u, k) for k in range(3))
    step = sp.series(sp.log(average) / m, root, 0, 3).removeO().subs(root, sp.sqrt(g))
    assert sp.simplify(step - g / 2 * (phi[2] + m * phi[1] ** 2)) == 0


def test_stationary_overlaps_are_mean_square_magnetisations():
    """With one step, dF/dq_i = -(beta^2/2)(m_{i+1} - m_i)(int P_i M_i^2 - q_i): P_1 carries the weight [2 cosh]^m / Y, and M_0 is the mean of M_1 under it."""
    beta, m, field = 1.7, 0.4, 0.3

    def sweep(q):
        v = math.sqrt(q[0]) * Z[:, None] + math.sqrt(q[1] - q[0]) * Z + field
        power = (2 * np.cosh(beta * v)) ** m
        y, t = power @ DZ, np.tanh(beta * v)
        value = beta**2 / 4 * (1 - 2 * q[1] + (1 - m) * q[1] ** 2 + m * q[0] ** 2) + DZ @ np.log(y) / m
        return value, DZ @ ((power * t) @ DZ / y) ** 2, DZ @ ((power * t**2) @ DZ / y)

    q = np.array([0.2, 0.6])
    _, *squares = sweep(q)
    for i, share in enumerate((m, 1 - m)):
        step = 1e-4 * np.eye(2)[i]
        slope = (sweep(q + step)[0] - sweep(q - step)[0]) / 2e-4
        assert slope == pytest.approx(-(beta**2) / 2 * share * (squares[i] - q[i]), abs=1e-7)


def test_beginning_of_the_line_of_de_almeida_and_thouless():
    """h^2 = (4/3) tau^3: from q = <tanh^2 x> and T^2 = <cosh^-4 x> for a Gaussian x of second moment X."""
    x, variance = sp.symbols("x X", positive=True)

    def mean(f):
        p = sp.Poly(sp.series(f, x, 0, 8).removeO(), x)
        return sum(c * sp.factorial2(k - 1) * variance ** (k // 2) for (k,), c in p.terms() if k % 2 == 0)

    q, t2 = mean(sp.tanh(x) ** 2), mean(sp.cosh(x) ** -4)
    square = sp.series(sp.expand(t2 * variance - q), variance, 0, 4).removeO()
    assert sp.expand(square - sp.Rational(4, 3) * variance**3) == 0
    assert sp.diff(sp.sqrt(t2), variance).subs(variance, 0) == -1  # so X = tau to leading order


def test_energy_and_overlaps_of_two_spins():
    """e = -(beta/2)(1 - <q^2>) at N = 2, where e = -<J tanh beta J>/2 and q^2 is 1 or 0."""
    for beta in (0.5, 2.0):
        j = Z * math.sqrt(0.5)  # variance 1/N
        t = np.tanh(beta * j)
        energy = -0.5 * DZ @ (j * t)
        q2 = 0.5 * (1 + DZ @ t**2)
        assert energy == pytest.approx(-0.5 * beta * (1 - q2), rel=1e-12)
