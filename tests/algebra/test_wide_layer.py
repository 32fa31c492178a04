"""A wide hidden layer in the replica calculation: covariance of outputs, kernels, the limit q -> 1 with one step, three sign units."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import sympy as sp
from scipy.integrate import quad
from scipy.special import log_ndtr

GAUSS, WEIGHTS = np.polynomial.hermite_e.hermegauss(60)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


@pytest.mark.parametrize("signs", [(1, -1), (1, -1, -1, 1)])
def test_covariance_of_outputs_with_balanced_signs(signs):
    """<o^a o^b> is the covariance of two activations, mean subtracted, at every even number of units: sum over all pairs of units."""
    m, c = sp.symbols("mean second")  # <sigma> of one replica, <sigma sigma> of two that see the same unit
    pairs = itertools.product(range(len(signs)), repeat=2)
    across = sum(signs[k] * signs[i] * (c if k == i else m**2) for k, i in pairs) / sp.Integer(len(signs))
    assert sp.expand(across - (c - m**2)) == 0


@pytest.mark.parametrize("name", ["sign", "relu", "erf"])
def test_kernels_from_the_heat_equation(name):
    """Delta' = <sigma' sigma'>, step by step: sign to its density at the origin, relu to sign, erf to the density of two wider Gaussians."""
    q = sp.symbols("q", positive=True)
    delta = {
        "sign": 2 / sp.pi * sp.asin(q),
        "relu": q / 4 + (q * sp.asin(q) + sp.sqrt(1 - q**2) - 1) / (2 * sp.pi),
        "erf": 2 / sp.pi * sp.asin(2 * q / 3),
    }[name]
    if name == "relu":  # <theta theta> from <sign sign>
        expected = sp.Rational(1, 4) + sp.asin(q) / (2 * sp.pi)
    else:
        # <sigma' sigma'> of the sign: 4 densities at the origin; of erf: 4/pi times the integral of exp(-u^2 - v^2)
        precision = sp.Matrix([[1, -q], [-q, 1]]) / (1 - q**2)
        extra = 2 * sp.eye(2) if name == "erf" else sp.zeros(2)
        density = 1 / (2 * sp.pi * sp.sqrt(1 - q**2))
        if name == "sign":
            expected = 4 * density
        else:
            expected = 4 / sp.pi * density * 2 * sp.pi / sp.sqrt((precision + extra).det())
    for value in (sp.Rational(1, 7), sp.Rational(3, 5)):
        assert abs(sp.N((sp.diff(delta, q) - expected).subs(q, value), 30)) < 1e-25
    assert delta.subs(q, 0) == 0


def test_the_series_of_a_kernel():
    """Delta(q) = sum_j a_j^2 q^j with Hermite coefficients a_j, and D'(1) = <sigma'^2>/Var sigma: for x^3 and for e^(x/2)."""
    q = 0.6
    for sigma, slope in (
        (lambda x: x**3, lambda x: 3 * x**2),
        (lambda x: np.exp(x / 2), lambda x: np.exp(x / 2) / 2),
    ):
        u, v = GAUSS[:, None], q * GAUSS[:, None] + math.sqrt(1 - q * q) * GAUSS
        mean = WEIGHTS @ sigma(GAUSS)
        exact = WEIGHTS @ (sigma(u) * sigma(v)) @ WEIGHTS - mean**2
        basis = [
            np.polynomial.hermite_e.hermeval(GAUSS, np.eye(j + 1)[j]) / math.sqrt(math.factorial(j))
            for j in range(1, 25)
        ]
        squares = np.array([(WEIGHTS @ (sigma(GAUSS) * h)) ** 2 for h in basis])
        order = np.arange(1, 25)
        assert squares @ q**order == pytest.approx(exact, rel=1e-12)
        variance = WEIGHTS @ sigma(GAUSS) ** 2 - mean**2
        assert (order * squares).sum() / squares.sum() == pytest.approx(
            WEIGHTS @ slope(GAUSS) ** 2 / variance, rel=1e-12
        )


def _one_step_patterns(epsilon, q, y, kernel):
    """epsilon times the patterns' term with overlaps q and 1 - epsilon and m = epsilon y, at kappa = 0."""
    z = np.linspace(-8.5, 8.5, 1701)
    w = np.exp(-0.5 * z * z)
    w /= w.sum()
    outer, inner = kernel(q), kernel(1.0 - epsilon)
    fields = math.sqrt(outer) * z[:, None] + math.sqrt(inner - outer) * z
    log_p = log_ndtr(fields / math.sqrt(1.0 - inner))
    m = epsilon * y
    top = (m * log_p).max(1)
    logs = top + np.log(np.exp(m * log_p - top[:, None]) @ w)
    return epsilon * (w @ logs) / m


def test_the_limit_of_one_step_with_a_kernel():
    """As q_1 -> 1 the patterns' term times 1 - q_1 is the perceptron's cost at D(q_0) and y/D'(1), divided by D'(1), here for D = q^2."""
    q, y, slope = 0.55, 7.0, 2.0
    z = np.linspace(-8.5, 8.5, 1701)
    w = np.exp(-0.5 * z * z)
    w /= w.sum()
    overlap, rate = q**2, y / slope
    omega, gap = math.sqrt(overlap) * z, 1.0 - overlap
    v = 1.0 + rate * gap
    e = np.exp(log_ndtr(omega / math.sqrt(gap))) + np.exp(
        -0.5 * rate * omega**2 / v + log_ndtr(-omega / math.sqrt(gap * v))
    ) / math.sqrt(v)
    limit = w @ np.log(e) / rate / slope
    errors = [
        abs(_one_step_patterns(epsilon, q, y, lambda x: x**2) - limit) for epsilon in (4e-3, 1e-3, 2.5e-4)
    ]
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 0.35 * errors[1] < 0.15 * errors[0]  # like epsilon ln epsilon
    assert errors[2] < 0.01 * abs(limit)


def test_the_replicon_of_a_wide_layer_at_capacity():
    """lambda(q) tends to 1 - alpha P(z < kappa) - D''(1)/D'(1) as q -> 1, for D = q^2 and two margins."""
    for kappa in (0.0, 0.7):
        second = quad(
            lambda z, k=kappa: (k - z) ** 2 * math.exp(-z * z / 2) / math.sqrt(2 * math.pi), -12, kappa
        )[0]
        alpha = 2.0 / second
        expected = 1.0 - alpha * math.exp(log_ndtr(kappa)) - 1.0
        values = []
        for gap in (1e-2, 1e-3, 1e-4):
            q = 1.0 - gap
            d, left = q**2, 1.0 - q**2
            z = np.linspace(-9.0, 9.0, 200_001)
            w = np.exp(-0.5 * z * z)
            w /= w.sum()
            x = (kappa - math.sqrt(d) * z) / math.sqrt(left)
            mills = np.exp(-0.5 * x * x - log_ndtr(-x)) / math.sqrt(2 * math.pi)
            first, bend = mills / math.sqrt(left), -mills * (mills - x) / left
            values.append(1.0 - alpha * gap**2 * (w @ ((2 * q) ** 2 * bend**2 + 2.0 * first**2)))
        errors = np.abs(np.array(values) - expected)
        assert errors[0] > errors[1] > errors[2]
        assert errors[2] < 0.03


def test_mean_squared_distance_of_three_units():
    """3/8 (1 - 2/pi) + 1/8 (2 - 2 sqrt(3)/pi), from the order statistics of half-normal fields."""

    def tail(t):
        return math.erfc(t / math.sqrt(2.0))

    smaller = quad(lambda t: 2.0 * t * tail(t) ** 2, 0.0, 12.0)[0]
    largest = quad(lambda t: 2.0 * t * (1.0 - (1.0 - tail(t)) ** 3), 0.0, 12.0)[0]
    assert smaller == pytest.approx(1.0 - 2.0 / math.pi, rel=1e-10)
    assert largest == pytest.approx(1.0 + 2.0 * math.sqrt(3.0) / math.pi, rel=1e-10)
    mean = 3.0 / 8.0 * smaller + (3.0 - largest) / 8.0
    assert 1.0 / mean == pytest.approx(4.02519188, abs=1e-8)


GRID = np.linspace(-9.0, 9.0, 20_001)
DENSITY = np.exp(-0.5 * GRID**2)
DENSITY /= DENSITY.sum()


@pytest.mark.parametrize("q", [0.3, 0.8])
def test_the_derivatives_of_a_covariance(q):
    """Delta' = <sigma' sigma'> and Delta'' = <sigma'' sigma''> by differences of Delta, for tanh; Delta(0) = 0."""

    def pair(function, q):
        u, v = GAUSS[:, None], q * GAUSS[:, None] + math.sqrt(1 - q * q) * GAUSS
        return WEIGHTS @ (function(u) * function(v)) @ WEIGHTS

    def delta(q):
        return pair(np.tanh, q) - (WEIGHTS @ np.tanh(GAUSS)) ** 2

    e = 1e-3
    first = (delta(q + e) - delta(q - e)) / (2 * e)
    second = (delta(q + e) - 2 * delta(q) + delta(q - e)) / e**2
    assert first == pytest.approx(pair(lambda x: np.cosh(x) ** -2.0, q), rel=1e-4)
    assert second == pytest.approx(pair(lambda x: -2 * np.tanh(x) * np.cosh(x) ** -2.0, q), rel=1e-3)
    assert delta(0.0) == pytest.approx(0.0, abs=1e-14)


def _pattern(q, kappa, kernel):
    """int Dz ln H with the overlap that patterns see."""
    d, left = kernel(q), 1.0 - kernel(q)
    return DENSITY @ log_ndtr((math.sqrt(d) * GRID - kappa) / math.sqrt(left))


def test_replica_symmetry_of_a_wide_layer():
    """(1/n)[(1/2) ln det + alpha ln int Dz H^n] tends to the entropy as n -> 0; as q -> 1 it is the bracket over 2(1-q), whose zero is the capacity."""
    alpha, kappa = 1.6, 0.3
    kernel = lambda q: q**2  # noqa: E731

    def entropy(q):
        return 0.5 * (math.log1p(-q) + q / (1 - q)) + alpha * _pattern(q, kappa, kernel)

    q = 0.6
    log_h = log_ndtr((q * GRID - kappa) / math.sqrt(1 - q * q))
    errors = []
    for n in (1e-2, 1e-3):
        sphere = 0.5 * ((n - 1) * math.log(1 - q) + math.log(1 + (n - 1) * q))
        errors.append(abs((sphere + alpha * math.log(DENSITY @ np.exp(n * log_h))) / n - entropy(q)))
    assert errors[1] < 0.11 * errors[0] < 0.01
    second = quad(lambda z: (kappa - z) ** 2 * math.exp(-z * z / 2) / math.sqrt(2 * math.pi), -12, kappa)[0]
    bracket = 1 - alpha / 2 * second  # D'(1) = 2
    errors = [abs(2 * gap * entropy(1 - gap) - bracket) for gap in (1e-2, 1e-3, 1e-4)]
    assert errors[2] < 0.3 * errors[1] < 0.1 * errors[0]
    assert errors[2] < 0.01
    alpha = 2 / second
    assert abs(2e-5 * entropy(1 - 1e-5)) < 1e-3


def _majority(p):
    """Probability that most of three independent fields are positive."""
    a, b, c = p
    return a * b + a * c + b * c - 2 * a * b * c


def test_the_majority_of_three_units():
    """Two replicas both have a majority with the enumerated probability; (1-q) ln P tends to minus half the distance, whose mean over fields is 1/alpha."""
    q = 0.45
    z = GAUSS
    single = np.exp(log_ndtr(math.sqrt(q / (1 - q)) * z))
    p = np.meshgrid(single, single, single, indexing="ij")
    weight = WEIGHTS[:, None, None] * WEIGHTS[:, None] * WEIGHTS
    found = np.sum(weight * _majority(p) ** 2)
    both = 0.25 + math.asin(q) / (2 * math.pi)  # the same sign of one unit in two replicas
    table = np.array([[both, 0.5 - both], [0.5 - both, both]])
    exact = 0.0
    for first in itertools.product((0, 1), repeat=3):
        for other in itertools.product((0, 1), repeat=3):
            if sum(first) >= 2 and sum(other) >= 2:
                exact += math.prod(table[a, b] for a, b in zip(first, other, strict=True))
    assert found == pytest.approx(exact, rel=1e-6)

    fields = np.random.default_rng(1).standard_normal((4000, 3))
    missing = 2 - (fields > 0).sum(1)
    squares = np.sort(np.where(fields < 0, fields**2, np.inf), axis=1)
    distance = np.where(np.arange(3) < missing[:, None], squares, 0.0).sum(1)
    errors = []
    for gap in (1e-2, 1e-3, 1e-4):
        x = math.sqrt((1 - gap) / gap) * fields
        up, down = log_ndtr(x).T, log_ndtr(-x).T
        logs = np.logaddexp.reduce(
            [
                sum((up if s else down)[k] for k, s in enumerate(signs))
                for signs in itertools.product((0, 1), repeat=3)
                if sum(signs) >= 2
            ]
        )
        errors.append(np.mean(np.abs(-2 * gap * logs - distance)))
    assert errors[2] < 0.3 * errors[1] < 0.1 * errors[0]
    assert 1 / distance.mean() == pytest.approx(4.0252, rel=0.05)
    # one unit: the perceptron
    assert 1 / quad(lambda t: t * t * math.exp(-t * t / 2) / math.sqrt(2 * math.pi), -12, 0)[0] == (
        pytest.approx(2.0)
    )


def test_the_growth_with_many_sign_units():
    """The mean of d^2 over sqrt(2 pi)/(12 sqrt K) tends to one."""
    rng = np.random.default_rng(2)
    ratios = []
    for units, draws in ((51, 40_000), (901, 6000)):
        fields = rng.standard_normal((draws, units))
        missing = (units + 1) // 2 - (fields > 0).sum(1)
        squares = np.sort(np.where(fields < 0, fields**2, np.inf), axis=1)
        distance = np.where(np.arange(units) < missing[:, None], squares, 0.0).sum(1)
        ratios.append(distance.mean() * 12 * math.sqrt(units / (2 * math.pi)))
    assert abs(ratios[1] - 1) < 0.12 < ratios[0] - 1


@pytest.mark.parametrize("q_hat", [0.6, 2.0])
def test_binary_weights_see_the_kernel(q_hat):
    """The entropy of binary weights is stationary where q_hat = alpha D'(q) int Dz f'^2 and q = int Dz tanh^2, by differences, for D = q^2."""
    alpha, kappa, q = 0.7, 0.2, 0.5

    def entropy(q, q_hat):
        weights = np.log(2 * np.cosh(math.sqrt(q_hat) * GRID))
        return -q_hat * (1 - q) / 2 + DENSITY @ weights + alpha * _pattern(q, kappa, lambda q: q**2)

    e = 1e-4
    by_q = (entropy(q + e, q_hat) - entropy(q - e, q_hat)) / (2 * e)
    by_hat = (entropy(q, q_hat + e) - entropy(q, q_hat - e)) / (2 * e)
    x = (kappa - q * GRID) / math.sqrt(1 - q * q)
    first = np.exp(-0.5 * x * x - log_ndtr(-x)) / math.sqrt(2 * math.pi * (1 - q * q))
    assert by_q == pytest.approx((q_hat - alpha * 2 * q * (DENSITY @ first**2)) / 2, abs=1e-7)
    assert by_hat == pytest.approx((q - DENSITY @ np.tanh(math.sqrt(q_hat) * GRID) ** 2) / 2, abs=1e-7)
