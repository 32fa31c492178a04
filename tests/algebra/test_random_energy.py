"""The random energy model and the p-spin model: equations of the chapter on the replica trick, by brute force and by algebra."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import sympy as sp

from learnscape.spin_glass import rem


def _groupings(items):
    """All partitions of a list into groups."""
    if not items:
        yield []
        return
    first, *others = items
    for smaller in _groupings(others):
        yield [[first], *smaller]
        for k in range(len(smaller)):
            yield [*smaller[:k], [first, *smaller[k]], *smaller[k + 1 :]]


@pytest.mark.parametrize("n", [1, 2, 3])
def test_moments_are_sums_over_groupings(n):
    """<Z^n> of a random energy model with four levels, by quadrature over the four energies, is the sum over all groupings of n replicas."""
    size, beta = 2, 0.8
    nodes, weights = np.polynomial.hermite_e.hermegauss(20)
    weights = weights / weights.sum()
    levels = np.meshgrid(*[nodes] * 4, indexing="ij")
    weight = np.prod(np.meshgrid(*[weights] * 4, indexing="ij"), axis=0)
    partition = sum(np.exp(-beta * math.sqrt(size / 2) * level) for level in levels)
    brute = float(np.sum(weight * partition**n))
    by_groups = sum(
        math.perm(2**size, len(groups)) * math.exp(size * beta**2 / 4 * sum(len(g) ** 2 for g in groups))
        for groups in _groupings(list(range(n)))
    )
    assert by_groups == pytest.approx(brute, rel=1e-9)
    assert rem.log_moment(size, 1 / beta, n) == pytest.approx(math.log(by_groups) / size, rel=1e-12)


@pytest.mark.parametrize("n", range(2, 9))
def test_the_largest_grouping_is_at_an_end(n):
    """For integer n no grouping beats both all replicas alone and all together; the two are equal at T = sqrt(n) T_c."""
    sizes = {tuple(sorted(map(len, groups))) for groups in _groupings(list(range(n)))}
    critical = rem.critical_temperature()
    for t in (0.3, 0.6, 1.0, math.sqrt(n) * critical, 2.0):
        exponent = {s: sum(math.log(2) + (k / t) ** 2 / 4 for k in s) for s in sizes}
        assert max(exponent.values()) == pytest.approx(max(exponent[(1,) * n], exponent[(n,)]), rel=1e-14)
    t = math.sqrt(n) * critical
    assert n * (math.log(2) + 1 / (4 * t * t)) == pytest.approx(math.log(2) + (n / t) ** 2 / 4, rel=1e-14)


@pytest.mark.parametrize(("size", "t"), [(3, 0.4), (20, 0.35), (20, 0.9)])
def test_small_real_powers_are_near_the_mean_logarithm(size, t):
    """0 <= ln <Z^n>/(n N) - <ln Z>/N <= n beta^2/4 for real n, exactly at finite N: the two limits may be exchanged."""
    quenched = -rem.finite_size(size, t).free_energy / t
    for n in (0.02, 0.1, 0.5, 0.9, 1.0, 2.0):
        gap = rem.log_moment(size, t, n) / n - quenched
        assert 0.0 < gap < n / (4 * t * t), n


@pytest.mark.parametrize("t", [0.25, 0.45])
def test_each_group_size_gives_a_bound(t):
    """<ln Z>/N <= ln <Z^m>/(m N) <= ln2/m + m beta^2/4 for 0 < m <= 1 at every N, and the best m is T/T_c."""
    for size in (2, 10, 25):
        quenched = -rem.finite_size(size, t).free_energy / t
        for m in (0.1, 0.3, 0.5, 0.7, 0.9):
            power = rem.log_moment(size, t, m) / m
            assert quenched < power < math.log(2) / m + m / (4 * t * t)
    m, beta = sp.symbols("m beta", positive=True)
    phi = sp.log(2) / m + m * beta**2 / 4
    (best,) = sp.solve(sp.diff(phi, m), m)
    assert sp.simplify(best - 2 * sp.sqrt(sp.log(2)) / beta) == 0
    assert sp.simplify(phi.subs(m, best) - beta * sp.sqrt(sp.log(2))) == 0
    assert float(best.subs(beta, 1 / t)) == pytest.approx(t / rem.critical_temperature(), rel=1e-12)


def test_moments_of_real_order_approach_the_two_lines():
    """(1/N) ln <Z^n> approaches n beta sqrt(ln 2) up to n = T/T_c and ln2 + n^2 beta^2/4 beyond; the lines touch there."""
    t = 0.5 * rem.critical_temperature()
    for n in (0.2, 0.4, 0.6, 0.9):
        line = n * math.sqrt(math.log(2)) / t if n < 0.5 else math.log(2) + (n / t) ** 2 / 4
        near, far = (abs(rem.log_moment(size, t, n) - line) for size in (15, 60))
        assert far < 0.75 * near
    n, beta = sp.symbols("n beta", positive=True)
    turn = 2 * sp.sqrt(sp.log(2)) / beta
    difference = sp.log(2) + n**2 * beta**2 / 4 - n * beta * sp.sqrt(sp.log(2))
    assert sp.simplify(difference.subs(n, turn)) == 0
    assert sp.simplify(sp.diff(difference, n).subs(n, turn)) == 0


@pytest.mark.parametrize("p", [2, 3])
def test_covariance_of_the_p_spin_energies(p):
    """<E(s) E(s')> = N q^p/2 to leading order: the exact sum over groups of p spins divided by it tends to one."""
    errors = []
    for size in (20, 80, 320):
        flipped = size // 4  # q = 1/2
        first, second = size - flipped, flipped
        total = sum((-1) ** k * math.comb(second, k) * math.comb(first, p - k) for k in range(p + 1))
        exact = total * math.factorial(p) / (2 * float(size) ** (p - 1))
        errors.append(abs(exact / (size / 2 * 0.5**p) - 1.0))
    assert errors[2] < errors[1] / 3.5 < errors[0] / 12


@pytest.mark.parametrize("m", [2, 3])
def test_the_spherical_exponent_with_blocks(m):
    """phi(q, m) is the exponent beta^2/4 sum q_ab^p + (1/2) ln det Q of two blocks of m replicas, divided by 2m."""
    q, beta, p = 0.6, 1.3, 3
    block = (1 - q) * np.eye(m) + q * np.ones((m, m))
    matrix = np.kron(np.eye(2), block)
    direct = (beta**2 / 4 * np.sum(matrix**p) + 0.5 * np.linalg.slogdet(matrix)[1]) / (2 * m)
    phi = beta**2 / 4 * (1 - (1 - m) * q**p) + ((m - 1) * math.log(1 - q) + math.log(1 - (1 - m) * q)) / (
        2 * m
    )
    assert phi == pytest.approx(direct, rel=1e-13)


def test_stationarity_and_complexity_of_the_spherical_model():
    """d phi/dq = 0 is p beta^2 q^(p-2)/2 = 1/((1-q)(1-(1-m)q)), and -m^2 d phi/dm at m = 1 is -[ln(1-q) + q]/2 - beta^2 q^p/4."""
    q, m, beta = sp.symbols("q m beta", positive=True)
    for p in (3, 4, 7):
        phi = beta**2 / 4 * (1 - (1 - m) * q**p) + ((m - 1) * sp.log(1 - q) + sp.log(1 - (1 - m) * q)) / (
            2 * m
        )
        claimed = (1 - m) * q / 2 * (1 / ((1 - q) * (1 - (1 - m) * q)) - p * beta**2 * q ** (p - 2) / 2)
        assert sp.simplify(sp.diff(phi, q) - claimed) == 0
        sigma = -(m**2) * sp.diff(phi, m)
        assert sp.simplify(sigma.subs(m, 1) + (sp.log(1 - q) + q) / 2 + beta**2 * q**p / 4) == 0
        top = sp.Rational(p - 2, p - 1)
        assert sp.simplify(sp.diff(q ** (p - 2) * (1 - q), q).subs(q, top)) == 0


@pytest.mark.parametrize(("n", "m"), [(6, 2), (6, 3), (12, 4)])
def test_the_chance_that_two_replicas_share_a_group(n, m):
    """Two different replicas out of n in groups of m are together with probability (m-1)/(n-1), which is 1 - m at n = 0."""
    group = np.arange(n) // m
    together = np.mean([group[a] == group[b] for a, b in itertools.permutations(range(n), 2)])
    assert together == pytest.approx((m - 1) / (n - 1), rel=1e-14)
    k, size = sp.symbols("k size")
    assert sp.limit((size - 1) / (k - 1), k, 0) == 1 - size
