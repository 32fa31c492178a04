"""Networks with hidden layers: rescaling of relu units, the gradient of a smoothed landscape, a bound from perturbed weights, matching units, paths between networks."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import sympy as sp
from scipy.optimize import linear_sum_assignment
from scipy.stats import binom


def network(theta, x, units):
    """Sum of a_j relu(w_j . x + b_j), plus c; theta holds (w, b) row by row, then a and c."""
    rows = theta[: units * (x.shape[1] + 1)].reshape(units, -1)
    out = theta[units * (x.shape[1] + 1) :]
    return np.maximum(x @ rows[:, :-1].T + rows[:, -1], 0.0) @ out[:-1] + out[-1]


def rescaling(factors, inputs):
    """The diagonal matrix that multiplies what enters a unit and divides what leaves it."""
    return np.concatenate([np.repeat(factors, inputs + 1), 1.0 / factors, [1.0]])


@pytest.fixture
def example():
    rng = np.random.default_rng(3)
    x = rng.standard_normal((30, 4))
    return x, rng.standard_normal(3 * 5 + 4), rescaling(np.array([10.0, 0.2, 3.0]), 4), rng


def test_rescaled_units_leave_the_function(example):
    """Random networks: the same outputs after each unit was rescaled by its own positive factor."""
    x, theta, scale, _ = example
    assert np.allclose(network(theta, x, 3), network(scale * theta, x, 3))


def test_the_hessian_of_a_rescaled_network(example):
    """By finite differences of a squared loss: H at the rescaled parameters is T^-1 H T^-1; and the two-weight network exactly."""
    x, theta, scale, rng = example
    y = rng.choice([-1.0, 1.0], 30)

    def loss(parameters):
        return 0.5 * np.mean((network(parameters, x, 3) - y) ** 2)

    def hessian(parameters):
        n, h = parameters.size, 1e-4 * np.abs(parameters)
        steps = np.diag(h)
        found = np.empty((n, n))
        for i, j in itertools.product(range(n), repeat=2):
            plus, minus = steps[i] + steps[j], steps[i] - steps[j]
            found[i, j] = loss(parameters + plus) - loss(parameters + minus)
            found[i, j] += loss(parameters - plus) - loss(parameters - minus)
        return found / (4 * np.outer(h, h))

    before, after = hessian(theta), hessian(scale * theta)
    expected = before / np.outer(scale, scale)
    assert np.allclose(after * np.outer(scale, scale), expected * np.outer(scale, scale), atol=2e-4)
    a, w = sp.symbols("a w", positive=True)
    curvature = sp.hessian((a * w - 1) ** 2 / 2, (a, w)).subs(a, 1 / w)
    assert {sp.simplify(value) for value in curvature.eigenvals()} == {0, sp.simplify(w**2 + 1 / w**2)}


def test_multiplicative_noise_does_not_see_rescaling(example):
    """The same noise, draw by draw, changes the outputs of both networks alike, also when rows get back their lengths; additive noise does not."""
    x, theta, scale, rng = example
    for _ in range(20):
        z = rng.standard_normal(theta.size)
        noisy = theta * (1 + 0.5 * z)
        both = network(noisy, x, 3), network(scale * theta * (1 + 0.5 * z), x, 3)
        assert np.allclose(*both)
        kept = []
        for parameters, changed in ((theta, noisy), (scale * theta, scale * noisy)):
            rows, old = (p[:15].reshape(3, 5) for p in (changed, parameters))
            lengths = np.linalg.norm(old, axis=1) / np.linalg.norm(rows, axis=1)
            kept.append(network(np.concatenate([(rows * lengths[:, None]).ravel(), changed[15:]]), x, 3))
        assert np.allclose(*kept)
    assert not np.allclose(network(theta + 0.5 * z, x, 3), network(scale * theta + 0.5 * z, x, 3))


def smoothed(loss, centre, gamma, beta=1.0):
    """ln of the integral of exp(-beta L - gamma (w' - w)^2 / 2) over w', and the mean of w'."""
    w = np.linspace(-12, 12, 200_001)
    exponent = -beta * loss(w) - 0.5 * gamma * (w - centre) ** 2
    top = exponent.max()
    weight = np.exp(exponent - top)
    total = np.trapezoid(weight, w)
    return top + math.log(total), np.trapezoid(weight * w, w) / total


def test_gradient_of_the_local_entropy():
    """Finite differences of an integral over a landscape with two minima give gamma (<w'> - w)."""

    def loss(w):
        return 0.1 * w**4 - w**2 + 0.3 * w + np.cos(5 * w)

    for centre, gamma in ((0.3, 1.0), (-1.0, 5.0), (2.0, 0.2)):
        slope = (smoothed(loss, centre + 1e-4, gamma)[0] - smoothed(loss, centre - 1e-4, gamma)[0]) / 2e-4
        assert slope == pytest.approx(gamma * (smoothed(loss, centre, gamma)[1] - centre), abs=1e-6)


def test_local_entropy_at_strong_coupling():
    """The first correction in 1/gamma is (beta L'' - beta^2 L'^2)/2, by exact algebra on a quartic loss."""
    u, g, beta = sp.symbols("u g beta", positive=True)
    c = sp.symbols("c1:5")
    shift = u * sp.sqrt(g)  # w' - w = u / sqrt(gamma), and g = 1/gamma
    change = sum(coefficient * shift**k for k, coefficient in enumerate(c, start=1))
    series = sp.expand(sum((-beta * change) ** k / sp.factorial(k) for k in range(3)))
    moments = {1: 0, 2: 1, 3: 0, 4: 3, 5: 0, 6: 15, 7: 0, 8: 105}
    polynomial = sp.Poly(series, u)
    mean = sum(value * moments.get(power, 1) for (power,), value in polynomial.terms())
    first = sp.diff(sp.log(mean), g).subs(g, 0)
    assert sp.simplify(-first - (beta * 2 * c[1] - beta**2 * c[0] ** 2) / 2) == 0


def test_local_entropy_of_a_parabola():
    """Exact integral: curvature gamma h / (gamma + h), depth ln(1 + h/gamma)/2."""
    for h, gamma, beta in ((100.0, 1.0, 1.0), (0.5, 3.0, 2.0)):

        def loss(w, h=h):
            return 0.5 * h * w**2

        free = 0.5 * math.log(2 * math.pi / gamma)
        value = smoothed(loss, 0.0, gamma, beta)[0] - free
        assert value == pytest.approx(-0.5 * math.log(1 + beta * h / gamma), abs=1e-7)
        drop = smoothed(loss, 0.0, gamma, beta)[0] - smoothed(loss, 0.7, gamma, beta)[0]
        assert drop == pytest.approx(0.5 * 0.7**2 * gamma * beta * h / (gamma + beta * h), abs=1e-6)


def test_replicas_around_a_centre():
    """Integrating the replicas gives exp(y Phi), and integrating the centre their spread around the mean, for three replicas by quadrature."""
    gamma, replicas = 0.7, np.array([0.3, -1.1, 2.0])
    w = np.linspace(-30, 30, 100_001)
    pulled = np.exp(-0.5 * gamma * ((w[:, None] - replicas) ** 2).sum(axis=1))
    spread = np.sum((replicas - replicas.mean()) ** 2)
    expected = math.sqrt(2 * math.pi / (3 * gamma)) * math.exp(-0.5 * gamma * spread)
    assert np.trapezoid(pulled, w) == pytest.approx(expected, rel=1e-10)


def kl(p, q):
    """Relative entropy of two coins."""
    first = p * math.log(p / q) if p > 0 else 0.0
    return first + ((1 - p) * math.log((1 - p) / (1 - q)) if p < 1 else 0.0)


def test_exponential_moment_of_the_training_error():
    """Exactly, by the binomial sum: at most P + 1 for every true error."""
    for p, error in ((1, 0.3), (20, 0.05), (200, 0.5), (50, 1e-6)):
        k = np.arange(p + 1)
        total = sum(binom.pmf(i, p, error) * math.exp(p * kl(i / p, error)) for i in k)
        assert 1.0 <= total <= (p + 1) * (1 + 1e-12)
        assert total == pytest.approx(sum(binom.pmf(i, p, i / p) for i in k), rel=1e-9)


def test_change_of_measure():
    """Random priors, weightings and functions on ten states: <g>_Q <= KL + ln<e^g>, an equality for Q proportional to prior times e^g."""
    rng = np.random.default_rng(5)
    for _ in range(50):
        prior, q = rng.dirichlet(np.ones(10), 2)
        g = rng.normal(0, 2, 10)
        right = math.log(prior @ np.exp(g))
        assert q @ g <= q @ np.log(q / prior) + right + 1e-12
        best = prior * np.exp(g)
        best /= best.sum()
        assert best @ g == pytest.approx(best @ np.log(best / prior) + right)


def test_bound_for_flipped_binary_weights():
    """N = 8 by enumeration: relative entropy of random flips to the uniform prior is N (ln 2 - eta(d)); the bound holds in simulated draws of patterns."""
    n, d, p, delta = 8, 0.15, 40, 0.1
    flips = np.array(list(itertools.product((0, 1), repeat=n)))
    q = d ** flips.sum(1) * (1 - d) ** (n - flips.sum(1))
    eta = -d * math.log(d) - (1 - d) * math.log(1 - d)
    divergence = float(q @ np.log(q * 2**n))
    assert divergence == pytest.approx(n * (math.log(2) - eta))
    rng = np.random.default_rng(6)
    students = 1 - 2 * np.array(list(itertools.product((0, 1), repeat=n)))
    teacher, fresh = rng.choice([-1, 1], n), rng.choice([-1, 1], (4000, n)) + 0.01 * rng.standard_normal(n)
    truth = np.mean((fresh @ students.T) * (fresh @ teacher)[:, None] < 0, axis=0)
    broken = 0
    for _ in range(60):
        x = fresh[rng.integers(4000, size=p)]
        training = np.mean((x @ students.T) * (x @ teacher)[:, None] < 0, axis=0)
        centre = students[training.argmin()]
        weights = q[((1 - students * centre) // 2) @ (1 << np.arange(n)[::-1])]
        limit = (divergence + math.log((p + 1) / delta)) / p
        low, high = float(weights @ training), float(weights @ truth)
        broken += high > low and kl(low, high) > limit
    assert broken <= 0.1 * 60


def test_matching_is_an_assignment():
    """The closest permutation of units maximises a sum of pair overlaps: all 5! permutations against the assignment solver."""
    rng = np.random.default_rng(7)
    first, second = rng.standard_normal((2, 5, 6))
    for rows in (first, second):
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    overlaps = first @ second.T
    best = min(itertools.permutations(range(5)), key=lambda order: np.sum((first - second[list(order)]) ** 2))
    order = linear_sum_assignment(overlaps, maximize=True)[1]
    assert tuple(order) == best
    distance = np.sum((first - second[order]) ** 2)
    assert distance == pytest.approx(10 - 2 * overlaps[np.arange(5), order].sum())


def test_chance_overlap_of_a_matched_unit():
    """The largest of n overlaps with random directions in D dimensions: sqrt(2 ln n / D) from above, for large n."""
    rng = np.random.default_rng(8)
    n, dimension = 2000, 400
    largest = (rng.standard_normal((n, 200)) / math.sqrt(dimension)).max(axis=0).mean()
    assert 0.85 < largest / math.sqrt(2 * math.log(n) / dimension) < 1.0


def test_the_chord_is_short():
    """Length of the chord's middle is sqrt((1 + q)/2), and the geodesic keeps length one."""
    rng = np.random.default_rng(9)
    u, v = rng.standard_normal((2, 12))
    u, v = u / np.linalg.norm(u), v / np.linalg.norm(v)
    q = u @ v
    assert np.linalg.norm(0.5 * (u + v)) == pytest.approx(math.sqrt((1 + q) / 2))
    angle = math.acos(q)
    for t in (0.1, 0.5, 0.8):
        point = (math.sin((1 - t) * angle) * u + math.sin(t * angle) * v) / math.sin(angle)
        assert np.linalg.norm(point) == pytest.approx(1.0)
        assert math.acos(point @ u) == pytest.approx(t * angle)
