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


def mean(values):
    """Of values on the grid of z."""
    return values @ DZ


def test_the_saddle_point_is_the_mean_of_two_spins():
    """d Phi/dQ_ab = beta^2 (<s_a s_b> - Q_ab), with the spins of one column enumerated, at any matrix of overlaps."""
    beta, field, n = 0.9, 0.3, 4
    pairs = list(itertools.combinations(range(n), 2))
    x = np.random.default_rng(5).uniform(0.1, 0.6, len(pairs))
    spins = np.array(list(itertools.product((-1, 1), repeat=n)))
    products = np.array([spins[:, a] * spins[:, b] for a, b in pairs])

    def exponents(x):
        return beta**2 * x @ products + beta * field * spins.sum(1)

    def phi(x):
        return n * beta**2 / 4 - beta**2 / 2 * x @ x + np.logaddexp.reduce(exponents(x))

    weight = np.exp(exponents(x))
    averages = products @ weight / weight.sum()
    for i in range(len(pairs)):
        step = 1e-5 * np.eye(len(pairs))[i]
        slope = (phi(x + step) - phi(x - step)) / 2e-5
        assert slope == pytest.approx(beta**2 * (averages[i] - x[i]), abs=1e-8)


def equal(q, beta, field=0.0):
    """-beta f with equal overlaps."""
    v = beta * (math.sqrt(q) * Z + field)
    return beta**2 / 4 * (1 - q) ** 2 + mean(np.logaddexp(v, -v))


def test_the_limit_of_equal_overlaps():
    """Phi/n, continued in n from the column of equal overlaps, tends to -beta f as n -> 0; its slope in q is (beta^2/2)(q - <tanh^2>)."""
    beta, q, field = 1.3, 0.35, 0.2
    v = beta * (math.sqrt(q) * Z + field)
    errors = []
    for n in (1e-2, 1e-3, 1e-4):
        power = math.log(mean(np.exp(n * np.logaddexp(v, -v))))
        phi = n * beta**2 / 4 - beta**2 / 4 * n * (n - 1) * q**2 - n * beta**2 * q / 2 + power
        errors.append(abs(phi / n - equal(q, beta, field)))
    assert errors[2] < 0.11 * errors[1] < 0.02 * errors[0]
    slope = (equal(q + 1e-5, beta, field) - equal(q - 1e-5, beta, field)) / 2e-5
    assert slope == pytest.approx(beta**2 / 2 * (q - mean(np.tanh(v) ** 2)), abs=1e-8)


def test_equal_overlaps_at_low_temperature():
    """1 - q tends to sqrt(2/pi) T, and the entropy, a difference of free energies at neighbouring temperatures, to -1/2pi."""
    z = np.linspace(-8.0, 8.0, 40_001)
    dz = np.exp(-0.5 * z * z)
    dz /= dz.sum()

    def solve(t):
        q = 0.95
        for _ in range(60):
            q = dz @ np.tanh(math.sqrt(q) * z / t) ** 2
        v = math.sqrt(q) * z / t
        return q, -t * ((1 - q) ** 2 / (4 * t * t) + dz @ np.logaddexp(v, -v))

    slopes, entropies = [], []
    for t in (0.04, 0.01):
        slopes.append((1 - solve(t)[0]) / t)
        entropies.append(-(solve(1.01 * t)[1] - solve(0.99 * t)[1]) / (0.02 * t))
    assert abs(slopes[1] - math.sqrt(2 / math.pi)) < 0.3 * abs(slopes[0] - math.sqrt(2 / math.pi)) < 0.01
    assert abs(entropies[1] + 1 / (2 * math.pi)) < 0.35 * abs(entropies[0] + 1 / (2 * math.pi)) < 0.01


def test_the_line_in_a_strong_field():
    """The temperature at which the replicon vanishes, over (4/3) exp(-h^2/2)/sqrt(2 pi), tends to one."""
    from learnscape.spin_glass import sk

    errors = []
    for field in (1.5, 2.0, 2.5):
        claimed = 4 / 3 * math.exp(-field * field / 2) / math.sqrt(2 * math.pi)
        errors.append(abs(sk.at_line(field) / claimed - 1))
    assert errors[2] < errors[1] < errors[0]
    assert errors[2] < 0.01


def test_the_limit_of_grouped_overlaps():
    """Phi/n with groups of m, continued from the column of grouped overlaps, tends to -beta f with one step as n -> 0."""
    beta, q0, q1, m, field = 1.4, 0.2, 0.6, 0.4, 0.1
    v = beta * (math.sqrt(q0) * Z[:, None] + math.sqrt(q1 - q0) * Z + field)
    log_y = np.log(np.exp(m * np.logaddexp(v, -v)) @ DZ)
    claimed = beta**2 / 4 * (1 - 2 * q1 + (1 - m) * q1**2 + m * q0**2) + mean(log_y) / m
    errors = []
    for n in (1e-2, 1e-3, 1e-4):
        squares = n / 2 * ((m - 1) * q1**2 + (n - m) * q0**2)
        phi = n * beta**2 / 4 - beta**2 / 2 * squares - n * beta**2 * q1 / 2
        errors.append(abs((phi + math.log(mean(np.exp(n / m * log_y)))) / n - claimed))
    assert errors[2] < 0.11 * errors[1] < 0.02 * errors[0]


def groupings(members, size):
    """All ways to divide a list into groups of one size."""
    if not members:
        yield []
        return
    for others in itertools.combinations(members[1:], size - 1):
        rest = [a for a in members[1:] if a not in others]
        for more in groupings(rest, size):
            yield [{members[0], *others}, *more]


@pytest.mark.parametrize(("n", "m", "number"), [(4, 2, 3), (6, 2, 15), (6, 3, 10)])
def test_the_share_of_pairs_in_one_group(n, m, number):
    """Over all groupings two given replicas share a group with probability (m-1)/(n-1): one third at n = 4 and m = 2, and 1 - m at n = 0."""
    together = [any({0, 1} <= group for group in groups) for groups in groupings(list(range(n)), m)]
    assert len(together) == number
    assert sum(together) * (n - 1) == number * (m - 1)


def test_the_recursion_with_two_steps_at_integer_n():
    """With groups of 2 in groups of 4 among 8 replicas the recursion, with phi_0 raised to the power n, is the enumerated column; the squares of a row add up."""
    beta, field, q, (n, outer, inner) = 0.6, 0.2, (0.15, 0.4, 0.7), (8, 4, 2)
    nodes, share = np.polynomial.hermite_e.hermegauss(40)
    share = share / share.sum()
    a = np.arange(n)
    matrix = np.where(a[:, None] // outer == a // outer, q[1], q[0])
    matrix = np.where(a[:, None] // inner == a // inner, q[2], matrix)
    v = (
        math.sqrt(q[0]) * nodes[:, None, None]
        + math.sqrt(q[1] - q[0]) * nodes[:, None]
        + math.sqrt(q[2] - q[1]) * nodes
        + field
    )
    phi = np.log(2 * np.cosh(beta * v))
    for m in (inner, outer):
        phi = np.log(np.exp(m * phi) @ share) / m
    found = math.exp(-0.5 * n * beta**2 * q[2]) * (share @ np.exp(n * phi))
    assert found == pytest.approx(column(matrix, beta, field), rel=1e-10)
    # the energy terms, as n -> 0 in -(beta^2/2) sum_{a<b} Q_ab^2 + n beta^2/4 - n beta^2 q_k/2
    k, m1, m2, *overlaps = sp.symbols("k m_1 m_2 q_0 q_1 q_2", positive=True)
    q0, q1, q2 = overlaps
    row = (m2 - 1) * q2**2 + (m1 - m2) * q1**2 + (k - m1) * q0**2
    numbers = {k: n, m1: outer, m2: inner, q0: q[0], q1: q[1], q2: q[2]}
    assert float(row.subs(numbers)) == pytest.approx((matrix[0] ** 2).sum() - q[2] ** 2)
    energy = (sp.Rational(1, 4) - row.subs(k, 0) / 4 - q2 / 2).expand()  # in beta^2, per replica
    claimed = (1 - q2) / 2 - (m1 * (q1**2 - q0**2) + m2 * (q2**2 - q1**2) + 1 - q2**2) / 4
    assert sp.expand(energy - claimed) == 0


def test_the_law_of_the_field_is_the_derivative_by_the_leaf():
    """Changing the leaf by g changes the root's average by int P_1 g, and P_1, made by the Gaussian step with its factor exp m(phi_1 - phi_0), keeps its norm."""
    beta, q0, q1, m = 1.5, 0.25, 0.6, 0.45
    v = np.linspace(-9.0, 9.0, 721)
    step = v[1] - v[0]
    kernel = np.exp(-((v[:, None] - v) ** 2) / (2 * (q1 - q0))) * step / math.sqrt(2 * math.pi * (q1 - q0))
    root = np.exp(-(v**2) / (2 * q0)) * step / math.sqrt(2 * math.pi * q0)
    leaf, change = np.logaddexp(beta * v, -beta * v), np.cos(v) + 0.3 * v

    def up(leaf):
        return np.log(kernel @ np.exp(m * leaf)) / m

    inside = np.abs(v) < 6  # far from the ends of the grid
    outer = up(leaf)
    law = (root * np.exp(-m * outer)) @ kernel * np.exp(m * leaf)
    assert law.sum() == pytest.approx(1.0, abs=1e-9)
    slope = root[inside] @ (up(leaf + 1e-4 * change) - up(leaf - 1e-4 * change))[inside] / 2e-4
    assert slope == pytest.approx(law @ change, rel=1e-6)


@pytest.mark.parametrize("sizes", [(6, 3), (8, 4, 2), (12, 6, 2)])
def test_three_replicas_of_a_tree_are_isosceles(sizes):
    """In a hierarchical matrix q_13 >= min(q_12, q_23) for every triple of replicas: the two smallest overlaps are equal."""
    a = np.arange(sizes[0])
    q = sum((a[:, None] // size == a // size).astype(int) for size in sizes)  # the deeper, the larger
    for i, j, k in itertools.permutations(range(sizes[0]), 3):
        assert q[i, k] >= min(q[i, j], q[j, k])
        low, middle, _ = sorted((q[i, j], q[j, k], q[i, k]))
        assert low == middle
