"""The derivation of the Franz-Parisi entropy: fields, columns, determinants, derivatives, and the law of small distances."""

from __future__ import annotations

import itertools
import math

import numpy as np
import sympy as sp
from scipy.integrate import quad
from scipy.special import comb, gammaln, log_ndtr, ndtr, ndtri
from scipy.stats import multivariate_normal

from learnscape import Binary, Margin, SymmetricMargin
from learnscape.numerics.gaussian import log_H
from learnscape.replica import franz_parisi
from learnscape.replica.geometry import tuple_entropy

GAUSS, WEIGHTS = np.polynomial.hermite_e.hermegauss(60)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


def choices(d):
    """eta(d), the entropy of flipping a share d of the weights."""
    return -d * np.log(d) - (1 - d) * np.log1p(-d)


def log_binomial(m: int):
    """ln of all binomial coefficients of m."""
    j = np.arange(m + 1)
    return gammaln(m + 1) - gammaln(j + 1) - gammaln(m - j + 1)


def test_the_hump_of_neighbours():
    """N exp(-alpha rho sqrt N) is largest at N = (2/(alpha rho))^2."""
    n, a, rho = sp.symbols("N alpha rho", positive=True)
    exponent = sp.log(n) - a * rho * sp.sqrt(n)
    best = 4 / (a * rho) ** 2
    assert sp.simplify(sp.diff(exponent, n).subs(n, best)) == 0
    assert sp.simplify(sp.diff(exponent, n, 2).subs(n, best)).is_negative


def test_objections_at_small_distance():
    """C = -int ln H(-y) dy = 0.4775; the teacher's constants 2 C rho = 0.762 and 2/pi; the bounds of the proof."""
    constant = -quad(log_ndtr, 0, 40, epsabs=1e-13)[0]
    assert abs(constant - 0.4775353398) < 1e-9
    rho = math.sqrt(2 / math.pi)
    assert abs(2 * constant * rho - 0.762) < 5e-4
    d = np.geomspace(1e-8, 0.999, 200)
    angle = np.arccos(1 - 2 * d)
    assert np.all(angle >= 2 * np.sqrt(d) * (1 - 1e-7))
    assert np.allclose(angle, 2 * np.arcsin(np.sqrt(d)), rtol=1e-6)
    for n, k in ((30, 1), (100, 7), (300, 120)):
        assert math.comb(n, k) <= (math.e * n / k) ** k
    # given the stabilities of a teacher: alpha int rho(u) ln H(-t u/sqrt(1 - t^2)) du, at small d
    small = 1e-7
    t = 1 - 2 * small
    width = math.sqrt(1 - t * t)
    exact = quad(
        lambda y: rho * math.exp(-0.5 * (width * y) ** 2) * width * log_ndtr(t * y), 0, 40, epsabs=1e-15
    )[0]
    assert abs(exact / (-2 * constant * rho * math.sqrt(small)) - 1) < 1e-3


def test_fields_of_references_and_probes():
    """The coefficients give the four overlaps: the covariance of 2 references and 2 probes, built from independent noises."""
    qt, q, t, t0 = sp.symbols("qt q t t0", positive=True)
    c = (t - t0) / sp.sqrt(1 - qt)
    gamma = q - t0**2 / qt - c**2
    # noises: x, eta_1, eta_2, z, zeta_1, zeta_2
    u1 = sp.Matrix([sp.sqrt(qt), sp.sqrt(1 - qt), 0, 0, 0, 0])
    u2 = sp.Matrix([sp.sqrt(qt), 0, sp.sqrt(1 - qt), 0, 0, 0])
    shared = [t0 / sp.sqrt(qt), c, 0, sp.sqrt(gamma)]
    p1 = sp.Matrix([*shared, sp.sqrt(1 - q), 0])
    p2 = sp.Matrix([*shared, 0, sp.sqrt(1 - q)])
    for a, b, expected in (
        (u1, u1, 1), (u1, u2, qt), (p1, p1, 1), (p1, p2, q), (p1, u1, t), (p1, u2, t0),
    ):  # fmt: skip
        assert sp.simplify((a.T * b)[0] - expected) == 0


def test_two_noises_linearise_the_column():
    """The two squares, and the column sum of 2 references and 2 probes by brute force against the integral over x and y."""
    a, b, qt, q, t0 = sp.symbols("A B qt q t0", positive=True)
    squares = (sp.sqrt(qt) * a + t0 / sp.sqrt(qt) * b) ** 2 / 2 + (q - t0**2 / qt) * b**2 / 2
    assert sp.expand(squares - (qt * a**2 / 2 + t0 * a * b + q * b**2 / 2)) == 0
    qth, qh, th, t0h = 0.8, 0.7, 0.9, 0.3
    total = 0.0
    for w in itertools.product([-1, 1], repeat=4):
        refs, probes = w[:2], w[2:]
        total += math.exp(
            qth * refs[0] * refs[1]
            + qh * probes[0] * probes[1]
            + sum(probes) * (th * refs[0] + t0h * refs[1])
        )
    x, y = GAUSS[:, None], GAUSS
    found = 0.0
    for sign in (1, -1):
        h = t0h / math.sqrt(qth) * x + math.sqrt(qh - t0h**2 / qth) * y + (th - t0h) * sign
        inside = np.exp(math.sqrt(qth) * x * sign) * 2 * np.cosh(math.sqrt(qth) * x) * (2 * np.cosh(h)) ** 2
        found += WEIGHTS @ inside @ WEIGHTS
    assert abs(found * math.exp(-0.5 * (qth * 2 + qh * 2)) / total - 1) < 1e-12


def test_spherical_weights_of_references_and_probes():
    """The term of spherical weights: d/dr of half the log-determinant at n, r -> 0, and its value without patterns."""
    qt, q, t, t0, n, r = sp.symbols("qt q t t0 n r", positive=True)
    # v.v and sum v for n references, with the inverse of the equal-overlap matrix
    square, total = t**2 + (n - 1) * t0**2, t + (n - 1) * t0
    explained = (square - qt / (1 + (n - 1) * qt) * total**2) / (1 - qt)
    log_det = r * sp.log(1 - q) + sp.log(1 + r * (q - explained) / (1 - q))
    term = sp.diff(log_det, r).subs(r, 0).subs(n, 0) / 2
    stated = (sp.log(1 - q) + (q - t**2 + (t0 - qt * t) ** 2 / (1 - qt) ** 2) / (1 - q)) / 2
    assert sp.simplify(term - stated) == 0
    # integer n and r by brute force
    values = {qt: 0.3, q: 0.5, t: 0.6, t0: 0.25}
    for refs, probes in ((2, 1), (3, 2)):
        size = refs + probes
        matrix = np.eye(size)
        for i, j in itertools.combinations(range(size), 2):
            kind = qt if j < refs else q if i >= refs else t if i == 0 else t0
            matrix[i, j] = matrix[j, i] = values[kind]
        references = np.linalg.slogdet(matrix[:refs, :refs])[1]
        ours = float(log_det.subs(values).subs({n: refs, r: probes}))
        assert abs(np.linalg.slogdet(matrix)[1] - references - ours) < 1e-12
    free = stated.subs(t0, qt * t)
    assert sp.simplify(sp.diff(free, q).subs(q, t**2)) == 0
    assert sp.simplify(sp.diff(stated, t0).subs(t0, qt * t)) == 0
    assert sp.simplify(free.subs(q, t**2) - sp.log(1 - t**2) / 2) == 0
    same = stated.subs({t: q, t0: q, qt: q})
    assert sp.simplify(same - (sp.log(1 - q) + q / (1 - q)) / 2) == 0


def _one_pattern(qt: float, q: float, t: float, t0: float, kappa: float):
    """On nodes of x, eta (above the margin 0 of the reference) and z: the references' a(x), the weights of eta, the probe's (kappa - omega)/sqrt(1 - q)."""
    a = -math.sqrt(qt / (1 - qt)) * GAUSS[:, None]
    level = np.polynomial.legendre.leggauss(60)
    share = (level[0] + 1) / 2
    eta = -ndtri(ndtr(-a) * share**2)  # graded towards large eta
    c = (t - t0) / math.sqrt(1 - qt)
    gamma = q - t0**2 / qt - c**2
    omega = (t0 / math.sqrt(qt) * GAUSS[:, None] + c * eta)[:, :, None] + math.sqrt(gamma) * GAUSS
    return a, level[1] * share, (kappa - omega) / math.sqrt(1 - q)


def _energy(qt: float, q: float, t: float, t0: float, kappa: float = 0.3, seen: bool = False):
    """G_E for two margins (reference 0), by sums over x, eta and z; and <g^2>, <g~ g>."""
    a, mass, arg = _one_pattern(qt, q, t, t0, kappa)
    value = float(np.einsum("i,j,k,ijk", WEIGHTS, mass, WEIGHTS, log_H(arg)))
    if not seen:
        return value
    g = np.exp(-0.5 * arg**2 - log_H(arg)) / math.sqrt(2 * math.pi * (1 - q))
    bystander = np.exp(-0.5 * a**2 - log_H(a)) / math.sqrt(2 * math.pi * (1 - qt))
    squares = float(np.einsum("i,j,k,ijk", WEIGHTS, mass, WEIGHTS, g * g))
    cross = float(np.einsum("i,j,k,ijk", WEIGHTS, mass, WEIGHTS, g * bystander[:, :, None]))
    return value, squares, cross


def _average(n, r, qt: float, q: float, t: float, t0: float, kappa: float = 0.3) -> float:
    """Probability that n references and r probes satisfy one pattern, continued to any n and r."""
    a, mass, arg = _one_pattern(qt, q, t, t0, kappa)
    references = WEIGHTS * ndtr(-a[:, 0]) ** n
    return float(np.einsum("i,j,k,ijk", references, mass, WEIGHTS, np.exp(r * log_H(arg))))


def _fields(conjugates, qth: float = 0.8):
    """For both signs of the chosen reference: the probability of the sign in its field (at x), and the probe's field h (at x, y)."""
    qh, th, t0h = conjugates
    x, y = GAUSS[:, None], GAUSS
    rest = t0h / math.sqrt(qth) * x + math.sqrt(qh - t0h**2 / qth) * y
    bystander = math.sqrt(qth) * x
    return [(s, (1 + np.tanh(s * bystander)) / 2, rest + (th - t0h) * s) for s in (1, -1)], bystander


def _column(n, r, overlaps, conjugates) -> float:
    """Exponent of r probes around one of n references: the polynomial, and the logarithm of the column sum."""
    (q, t, t0), (qh, th, t0h) = overlaps, conjugates
    signs, bystander = _fields(conjugates)
    total = sum(
        WEIGHTS @ ((2 * np.cosh(bystander)) ** n * share * (2 * np.cosh(h)) ** r) @ WEIGHTS
        for _, share, h in signs
    )
    return -r * (r - 1) / 2 * qh * q - r * th * t - r * (n - 1) * t0h * t0 - r / 2 * qh + math.log(total)


def _entropic(overlaps, conjugates):
    """G_S, and the averages that are q, t and t_0 at its extremum."""
    (q, t, t0), (qh, th, t0h) = overlaps, conjugates
    signs, bystander = _fields(conjugates)

    def mean(of) -> float:
        return float(sum(WEIGHTS @ (share * of(sign, h)) @ WEIGHTS for sign, share, h in signs))

    value = -qh * (1 - q) / 2 - th * t + t0h * t0 + mean(lambda _, h: np.logaddexp(h, -h))
    squares = mean(lambda _, h: np.tanh(h) ** 2)
    along = mean(lambda sign, h: sign * np.tanh(h))
    return value, (squares, along, mean(lambda _, h: np.tanh(bystander) * np.tanh(h)))


def test_derivatives_of_the_energetic_term():
    """dG_E/dq = -<g^2>/2 and dG_E/dt_0 = -<g~_0 g>, by finite differences."""
    at, e = (0.3, 0.55, 0.6, 0.28), 1e-4
    _, squares, cross = _energy(*at, seen=True)
    q = (_energy(0.3, 0.55 + e, 0.6, 0.28) - _energy(0.3, 0.55 - e, 0.6, 0.28)) / (2 * e)
    t0 = (_energy(0.3, 0.55, 0.6, 0.28 + e) - _energy(0.3, 0.55, 0.6, 0.28 - e)) / (2 * e)
    assert abs(q + squares / 2) < 1e-5
    assert abs(t0 + cross) < 1e-5


def test_probes_that_know_only_the_reference():
    """At q = t^2, t_0 = q~ t the probe's field is t times the reference's stability: c = t sqrt(1 - q~), gamma = 0, and omega = t u."""
    qt, t, x, eta = sp.symbols("qt t x eta", positive=True)
    t0 = qt * t
    c = (t - t0) / sp.sqrt(1 - qt)
    assert sp.simplify(t**2 - t0**2 / qt - c**2) == 0
    omega = t0 / sp.sqrt(qt) * x + c * eta
    assert sp.simplify(omega - t * (sp.sqrt(qt) * x + sp.sqrt(1 - qt) * eta)) == 0


def test_the_agreement_of_a_flipped_teacher():
    """p_k = P(|A| > |B|) by brute force over all patterns of nine entries."""
    n = 9
    patterns = np.array(list(itertools.product([-1, 1], repeat=n)))
    for k in (1, 2, 4):
        b, a = patterns[:, :k].sum(1), patterns[:, k:].sum(1)
        direct = np.mean((a + b) * (a - b) > 0)
        counted = sum(
            comb(n - k, i) * comb(k, j) * (abs(n - k - 2 * i) > abs(k - 2 * j)) / 2**n
            for i in range(n - k + 1)
            for j in range(k + 1)
        )
        assert abs(direct - counted) < 1e-12


def test_a_planted_solution_in_the_limit():
    """The agreement of a flipped teacher tends to 1 - arccos(1 - 2d)/pi, and choice and patterns go like d ln(e/d) and -2 sqrt(d)/pi."""
    for n, k in ((501, 50), (1501, 150)):  # what is left falls like 1/N
        a, b = n - k - 2 * np.arange(n - k + 1), k - 2 * np.arange(k + 1)
        weight_a, weight_b = (np.exp(log_binomial(m) - m * math.log(2)) for m in (n - k, k))
        agree = weight_a @ (np.abs(a)[:, None] > np.abs(b)) @ weight_b
        assert n * abs(agree - 1 + math.acos(1 - 2 * k / n) / math.pi) < 0.6
        assert n * abs(log_binomial(n)[k] / n - choices(k / n)) < math.log(n)
    d = np.array([1e-4, 1e-6, 1e-8])
    assert np.all(np.abs(choices(d) / (d * np.log(math.e / d)) - 1) < d)
    cost = np.log1p(-np.arccos(1 - 2 * d) / math.pi)
    assert np.all(np.abs(cost / (-2 / math.pi * np.sqrt(d)) - 1) < np.sqrt(d))


def test_energetic_term_of_references_and_probes():
    """Two references and a probe: the three integrals are the probability of an octant; to first order in r, at n = 0, they are G_E."""
    qt, q, t, t0 = 0.3, 0.55, 0.6, 0.28
    octant = 1 / 8 + (math.asin(qt) + math.asin(t) + math.asin(t0)) / (4 * math.pi)
    assert abs(_average(2, 1, qt, q, t, t0, kappa=0.0) - octant) < 1e-6
    assert abs(_average(0, 0, qt, q, t, t0) - 1) < 1e-12
    slope = (_average(0, 1e-4, qt, q, t, t0) - _average(0, -1e-4, qt, q, t, t0)) / 2e-4
    assert abs(slope - _energy(qt, q, t, t0)) < 1e-7
    same = _energy(0.5, 0.5 + 1e-9, 0.5, 0.5)  # a probe that is one more typical solution
    assert abs(same - WEIGHTS @ log_H((0.3 - math.sqrt(0.5) * GAUSS) / math.sqrt(0.5))) < 1e-6


def test_entropic_term_of_binary_weights():
    """The column sum of n references and r probes, to first order in r at n = 0, is G_S; its derivatives give the overlaps; without patterns it is eta."""
    overlaps, conjugates = (0.55, 0.6, 0.28), np.array([0.7, 0.9, 0.3])
    small = 1e-4
    up, down = (_column(0, r, overlaps, conjugates) for r in (small, -small))
    value, means = _entropic(overlaps, conjugates)
    assert abs((up - down) / (2 * small) - value) < 1e-6
    q, t, t0 = overlaps
    for k, stated in enumerate(((q - means[0]) / 2, means[1] - t, t0 - means[2])):
        step = small * np.eye(3)[k]
        found = [_entropic(overlaps, conjugates + sign * step)[0] for sign in (1, -1)]
        assert abs((found[0] - found[1]) / (2 * small) - stated) < 1e-6
    pull, t = 1.1, math.tanh(1.1)
    free = _entropic((t * t, t, 0.0), np.array([1e-12, pull, 0.0]))[0]
    assert abs(free - choices((1 - t) / 2)) < 1e-9


def test_the_slope_of_the_entropy():
    """dS/dd = 2 t_hat - 2 alpha dG_E/dt at the saddle: finite differences of the solved entropy, and of G_E at fixed overlaps."""
    alpha, d, e = 0.6, 0.1, 1e-4
    here = franz_parisi.solve(Binary(), Margin(0), alpha, d)
    up, down = (franz_parisi.entropy(Binary(), Margin(0), alpha, d + sign * e) for sign in (1, -1))
    at = [_energy(here.reference.q, here.q, here.t + sign * e, here.s, kappa=0.0) for sign in (1, -1)]
    by_t = (at[0] - at[1]) / (2 * e)
    assert abs((up - down) / (2 * e) - 2 * here.t_hat + 2 * alpha * by_t) < 1e-5


def test_symmetric_pairs_given_one_solution():
    """The exponent of pairs minus that of single solutions is eta + alpha ln of the conditional probability."""
    alpha, d = 1.2, 0.07
    one = math.erf(math.sqrt(0.5))
    covariance = np.array([[1, 1 - 2 * d], [1 - 2 * d, 1]])
    both = multivariate_normal(cov=covariance).cdf([1, 1], lower_limit=[-1, -1])
    pairs = 2 * tuple_entropy(SymmetricMargin(1.0), alpha, d, 2)
    assert abs(pairs - math.log(2) - alpha * math.log(one) - choices(d) - alpha * math.log(both / one)) < 1e-5
