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


@pytest.mark.parametrize(("size", "t"), [(20, 0.45), (12, 0.8), (60, 0.2)])
def test_the_energy_says_how_often_two_replicas_meet(size, t):
    """u = -(beta/2) (1 - <sum p_i^2>) at every N, by Gaussian integration by parts: two integrals of the library that share no term."""
    exact = rem.finite_size(size, t)
    assert exact.energy == pytest.approx(-(1 - exact.participation) / (2 * t), abs=3e-11)


def _variance_of_log_z(size, t):
    """Var ln Z exactly: ln Z minus an independent ln(exponential variable) has the tail <exp(-Z e^u)>; the difference from a constant Z is summed."""
    b, levels = math.sqrt(size / 2) / t, 2.0**size
    log_mean = size * math.log(2) + b * b / 2
    h, x = 0.1 / b, np.arange(-12, 3 * b + 12, 0.1 / b)
    weight = h * np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    u = np.arange(-log_mean - 40 - 2 * b * b, -log_mean + 6, 0.05)
    difference = np.zeros(u.size)
    for k, v in enumerate(u):
        y = np.exp(v + b * x)
        few = np.minimum(y, 1e-3)
        second = weight @ np.where(y < 1e-3, few**2 / 2 - few**3 / 6 + few**4 / 24, np.exp(-y) - 1 + y)
        first = second - math.exp(v + b * b / 2)  # g - 1
        rest = math.log1p(first) - first if first < -1e-4 else -(first**2) / 2 + first**3 / 3
        difference[k] = math.exp(-math.exp(v + log_mean)) * math.expm1(levels * (second + rest))
    centre = -np.euler_gamma - log_mean
    return 0.1 * np.sum((u - centre) * difference) - (0.05 * np.sum(difference)) ** 2


def test_the_variance_of_the_logarithm_is_the_moment_ratio_only_above_sqrt3():
    """Var ln Z over <Z^2>/<Z>^2 - 1 tends to one above sqrt(3) T_c = 1.04, and to zero like exp(N (s(e_1) - beta^2/2 + ln 2)) / sqrt(N) below."""

    def quotient(size, t):
        return _variance_of_log_z(size, t) / (math.exp(size * (0.5 / t**2 - math.log(2))) - 2.0**-size)

    assert abs(quotient(60, 1.2) - 1) < 0.25 * abs(quotient(30, 1.2) - 1) < 0.03
    t, small, large = 0.95, 30, 90
    e_1 = -t * (math.log(2) + 0.25 / t**2)
    rate = float(rem.entropy(e_1)) - 0.5 / t**2 + math.log(2) - 0.5 * math.log(2) / (large - small)
    found = math.log(quotient(large, t) / quotient(small, t)) / (large - small)
    assert -0.025 < rate < 0.0
    assert found == pytest.approx(rate, rel=0.12)
    drawn = -14 / t * rem.sample(14, t, samples=4000, rng=3).free_energy[:, 0]
    assert _variance_of_log_z(14, t) == pytest.approx(drawn.var(), rel=0.25)


@pytest.mark.parametrize("m", [0.5, 0.7])
def test_the_constant_of_the_finite_size_correction(m):
    """N (f_N - f) - (T_c/2) ln N tends to T gamma - T_c (gamma + ln(T_c Gamma(1 - m)/sqrt(pi))), with errors that fall like ln N / N."""
    critical = rem.critical_temperature()
    t = m * critical
    claimed = t * np.euler_gamma - critical * (
        np.euler_gamma + math.log(critical * math.gamma(1 - m) / math.sqrt(math.pi))
    )
    error = []
    for size in (50, 100, 200):
        excess = size * (rem.finite_size(size, t).free_energy - rem.ground_state())
        error.append(abs(excess - critical / 2 * math.log(size) - claimed))
    assert error[2] < 0.7 * error[1] < 0.5 * error[0] < 0.04


def test_the_number_of_levels_and_where_they_end():
    """2^N times the share of Gaussian levels per unit of e has the exponent ln 2 - e^2, and the lowest e - T s(e) where s >= 0 is the free energy."""
    for e in (-0.3, -0.5, -0.8):
        size = 400  # from the tail of e, a Gaussian of variance 1/2N
        tail = [0.5 * math.erfc(-x * math.sqrt(size)) for x in (e - 1e-5, e + 1e-5)]
        rate = math.log((tail[1] - tail[0]) / 2e-5) / size
        assert rate == pytest.approx(-e * e + 0.5 * math.log(size / math.pi) / size, abs=1e-6)
    edge, critical = -math.sqrt(math.log(2)), 1 / (2 * math.sqrt(math.log(2)))
    e = np.linspace(edge, -edge, 200_001)
    for t in (0.1, 0.4, 0.9 * critical, 1.1 * critical, 1.5):
        lowest = np.min(e - t * (math.log(2) - e * e))
        claimed = edge if t < critical else -t * math.log(2) - 1 / (4 * t)
        assert lowest == pytest.approx(claimed, abs=1e-9)
    assert 1 / critical == pytest.approx(-2 * edge)  # the slope of the entropy at its end
    assert rem.critical_temperature() == pytest.approx(critical)


GAUSS, SHARE = np.polynomial.hermite_e.hermegauss(60)
SHARE = SHARE / SHARE.sum()
TWO = np.array(list(itertools.product(GAUSS, repeat=2)))  # two levels, N = 1
BOTH = np.array(list(itertools.product(SHARE, repeat=2))).prod(1)


def test_the_slope_of_the_logarithm():
    """d ln Z/dx_i = -beta sqrt(N/2) p_i for energies sqrt(N/2) x_i, so that the square of the gradient is at most beta^2 N/2."""
    size, beta = 4, 1.7
    x = np.random.default_rng(3).standard_normal(2**size)

    def log_z(x):
        return math.log(np.exp(-beta * math.sqrt(size / 2) * x).sum())

    p = np.exp(-beta * math.sqrt(size / 2) * x)
    p /= p.sum()
    step = 1e-5 * np.eye(x.size)
    found = np.array([(log_z(x + s) - log_z(x - s)) / 2e-5 for s in step])
    assert found == pytest.approx(-beta * math.sqrt(size / 2) * p, abs=1e-8)
    assert found @ found == pytest.approx(beta**2 * size / 2 * (p @ p), rel=1e-7)
    assert p @ p < 1


@pytest.mark.parametrize("beta", [0.7, 2.0])
def test_the_logarithm_is_concentrated(beta):
    """<exp n(ln Z - <ln Z>)> <= exp(N n^2 beta^2/4) for real n of both signs, by quadrature over the two levels of N = 1."""
    log_z = np.logaddexp(*(-beta * math.sqrt(0.5) * TWO.T))
    away = log_z - BOTH @ log_z
    for n in (-3.0, -1.0, -0.1, 0.1, 1.0, 3.0):
        assert 1.0 < BOTH @ np.exp(n * away) < math.exp(n**2 * beta**2 / 4)


@pytest.mark.parametrize("size", [1, 2])
def test_first_and_second_moment(size):
    """<Z> = 2^N exp(N beta^2/4) and <Z^2>/<Z>^2 = 1 - 2^-N + exp(N (beta^2/2 - ln 2)), by quadrature over each pair of levels."""
    beta, levels = 0.9, 2**size
    weight = np.exp(-beta * math.sqrt(size / 2) * TWO)
    first = levels * (BOTH @ weight[:, 0])
    second = levels * (BOTH @ weight[:, 0] ** 2) + levels * (levels - 1) * (BOTH @ weight.prod(1))
    assert -math.log(first) / beta / size == pytest.approx(-math.log(2) / beta - beta / 4, rel=1e-12)
    claimed = 1 - 2.0**-size + math.exp(size * (beta**2 / 2 - math.log(2)))
    assert second / first**2 == pytest.approx(claimed, rel=1e-12)


@pytest.mark.parametrize("t", [0.5, 1.6])
def test_the_largest_grouping_gives_the_exponent(t):
    """(1/N) ln <Z^4>, summed exactly over all groupings, tends to the largest sum of ln 2 + k^2 beta^2/4; n/m groups of m have the exponent n phi(m)."""
    sizes = [tuple(map(len, groups)) for groups in _groupings(list(range(4)))]
    exponent = [sum(math.log(2) + (k / t) ** 2 / 4 for k in s) for s in sizes]
    errors = []
    for size in (20, 40, 80):
        logs = [
            sum(math.log(2**size - r) for r in range(len(s))) + size * sum((k / t) ** 2 / 4 for k in s)
            for s in sizes
        ]
        errors.append(abs(np.logaddexp.reduce(logs) / size - max(exponent)))
    assert errors[2] <= errors[1] <= errors[0] < 1e-4
    for m in (1, 2, 4):
        equal = exponent[sizes.index((m,) * (4 // m))]
        assert equal == pytest.approx(4 * (math.log(2) / m + m / (4 * t * t)), rel=1e-14)


@pytest.mark.parametrize("beta", [0.8, 2.5])
def test_the_mean_logarithm_by_frullanis_integral(beta):
    """<ln Z> of the two levels of N = 1, by quadrature, is the integral over u of exp(-e^u) - g(u)^2."""
    direct = BOTH @ np.logaddexp(*(-beta * math.sqrt(0.5) * TWO.T))
    u = np.linspace(-60.0, 40.0, 4001)
    x = np.linspace(-9.0, 9.0, 1201)
    weight = np.exp(-0.5 * x * x)
    g = np.exp(-np.exp(u[:, None] + beta * math.sqrt(0.5) * x)) @ (weight / weight.sum())
    found = (u[1] - u[0]) * np.sum(np.exp(-np.exp(u)) - g**2)
    assert found == pytest.approx(direct, abs=1e-8)


def test_the_average_over_p_spin_couplings():
    """<prod_a exp(-beta E(s^a))>, coupling by coupling, is exp of beta^2/2 times the sum of covariances, and the exponent tends to N beta^2/4 sum q_ab^p."""
    p, beta, n = 3, 0.6, 3
    exact = []
    for size in (6, 24):
        rows = np.random.default_rng(2).choice([-1, 1], (n, 6)).repeat(size // 6, axis=1)  # same overlaps
        groups = np.array(list(itertools.combinations(range(size), p)))
        products = rows[:, groups].prod(2)  # (n, groups)
        variance = math.factorial(p) / (2 * float(size) ** (p - 1))
        together, times = np.unique(products.sum(0), return_counts=True)
        # each coupling by quadrature
        log_average = times @ np.log(np.exp(beta * math.sqrt(variance) * together[:, None] * GAUSS) @ SHARE)
        covariance = variance * products @ products.T
        assert log_average == pytest.approx(beta**2 / 2 * covariance.sum(), rel=1e-12)
        overlaps = rows @ rows.T / size
        exact.append(log_average / (size * beta**2 / 4 * np.sum(overlaps**p)))
    assert abs(exact[1] - 1) < 0.3 * abs(exact[0] - 1) < 0.3


def test_a_group_chooses_its_state():
    """m phi(m) = max over e of s(e) - m beta e for the random energy model, the weight of a group in its state; backwards -m^2 phi'(m) is s at that e."""
    m, beta, e = sp.symbols("m beta e", positive=True)
    s = sp.log(2) - e**2
    phi = sp.log(2) / m + m * beta**2 / 4
    (best,) = sp.solve(sp.diff(s.subs(e, -e) + m * beta * e, e), e)  # energies are -e
    assert sp.simplify((s + m * beta * e).subs(e, best) - m * phi) == 0
    assert sp.simplify(-(m**2) * sp.diff(phi, m) - s.subs(e, best)) == 0
    # for any complexity: the envelope theorem, with the maximum found on a grid
    g = np.linspace(-2.0, 2.0, 400_001)
    sigma, temperature = 0.3 - np.cosh(g) + 1.0, 0.7

    def transform(size):
        return np.max(sigma - size * g / temperature)

    for size in (0.3, 0.8):
        slope = (transform(size + 1e-4) / (size + 1e-4) - transform(size - 1e-4) / (size - 1e-4)) / 2e-4
        chosen = np.argmax(sigma - size * g / temperature)
        assert -(size**2) * slope == pytest.approx(sigma[chosen], abs=1e-6)


@pytest.mark.parametrize("p", [3, 4, 6])
def test_the_dynamic_transition_of_the_spherical_model(p):
    """The highest temperature at which T^2 = (p/2) q^(p-2) (1 - q) has a solution is sqrt of (p/2) (p-2)^(p-2)/(p-1)^(p-1)."""
    q = np.linspace(0.0, 1.0, 1_000_001)
    highest = math.sqrt(np.max(p / 2 * q ** (p - 2) * (1 - q)))
    claimed = math.sqrt(p / 2 * (p - 2) ** (p - 2) / (p - 1) ** (p - 1))
    assert highest == pytest.approx(claimed, rel=1e-9)
