"""Integer moments of the partition function: exact enumeration at small N against the formula that the replica method continues to n = 0."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import gammaln, logsumexp

GAUSS, WEIGHTS = np.polynomial.hermite_e.hermegauss(40)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


def spins(n):
    return np.array(list(itertools.product((-1, 1), repeat=n)))


@pytest.mark.parametrize("n", [1, 2, 3])
def test_disorder_average_of_the_sk_moments(n):
    """<Z^n> = sum over n N spins of exp[beta^2 N/4 sum_ab (q_ab^2 - 1/N)]: averaging couplings one by one gives the same."""
    size, beta = 3, 0.7
    single = spins(size)
    pairs = list(itertools.combinations(range(size), 2))
    products = np.array([single[:, i] * single[:, j] for i, j in pairs])  # (3, 8)
    # brute force: each coupling is Gaussian of variance 1/N
    couplings = np.array(list(itertools.product(GAUSS, repeat=len(pairs)))) / math.sqrt(size)
    weight = np.array(list(itertools.product(WEIGHTS, repeat=len(pairs)))).prod(1)
    exact = weight @ np.exp(beta * couplings @ products).sum(1) ** n
    replicas = np.array(list(itertools.product(range(len(single)), repeat=n)))
    q = np.einsum("kai,kbi->kab", single[replicas], single[replicas]) / size
    formula = np.exp(0.25 * beta**2 * size * (q**2 - 1.0 / size).sum((1, 2))).sum()
    assert exact == pytest.approx(formula, rel=1e-12)


@pytest.mark.parametrize("n", [2, 3])
def test_a_gaussian_field_for_each_pair_of_replicas_decouples_the_sites(n):
    """exp(beta^2 N q_ab^2/2) = int Dz exp(beta sqrt(N) z q_ab) for a < b: the spin sums then factorise over sites."""
    size, beta = 4, 0.5
    single, replica = spins(size), spins(n)
    pairs = list(itertools.combinations(range(n), 2))
    replicas = np.array(list(itertools.product(range(len(single)), repeat=n)))
    q = np.einsum("kai,kbi->kab", single[replicas], single[replicas]) / size
    direct = np.exp(0.5 * beta**2 * size * sum(q[:, a, b] ** 2 for a, b in pairs)).sum()
    z = np.array(list(itertools.product(GAUSS, repeat=len(pairs))))
    weight = np.array(list(itertools.product(WEIGHTS, repeat=len(pairs)))).prod(1)
    products = np.array([replica[:, a] * replica[:, b] for a, b in pairs])
    one_site = np.exp(beta / math.sqrt(size) * z @ products).sum(1)
    assert weight @ one_site**size == pytest.approx(direct, rel=1e-12)


def _orthant(q):
    """P(all of 1, 2 or 3 Gaussians of covariance q are positive)."""
    n = len(q)
    angles = sum(math.asin(np.clip(q[a, b], -1.0, 1.0)) for a in range(n) for b in range(a))
    return {1: 0.5, 2: 0.25 + angles / (2 * math.pi), 3: 0.125 + angles / (4 * math.pi)}[n]


@pytest.mark.parametrize("patterns", [1, 2, 3])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_disorder_average_of_the_perceptron_moments(n, patterns):
    """<Z^n> = sum over n weight vectors of P_n(Q)^P, with P_n the probability that n Gaussians of covariance Q satisfy the constraint.

    For N = 2 and Gaussian patterns the plane is cut by the lines orthogonal to the four weight vectors into four equal arcs, so that the
    average over patterns is a finite sum.
    """
    weights = spins(2)
    arcs = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]])  # one direction in each
    satisfied = arcs @ weights.T > 0
    exact = np.mean(
        [satisfied[list(which)].all(0).sum() ** n for which in itertools.product(range(4), repeat=patterns)]
    )
    formula = 0.0
    for replicas in itertools.product(range(4), repeat=n):
        chosen = weights[list(replicas)]
        formula += _orthant(chosen @ chosen.T / 2) ** patterns
    assert formula == pytest.approx(exact, rel=1e-12)


def _second_moment(size, alpha):
    """ln <Z^2>/N for binary weights and Gaussian patterns: a sum over the number of weights that differ."""
    d = np.arange(size + 1)
    log_count = gammaln(size + 1) - gammaln(d + 1) - gammaln(size - d + 1)
    with np.errstate(divide="ignore"):  # opposite weight vectors never both satisfy
        log_p = np.log(0.25 + np.arcsin(1 - 2 * d / size) / (2 * math.pi))
    terms = log_count + alpha * size * log_p
    return math.log(2) + float(logsumexp(terms)) / size


def _two_replicas(q, alpha):
    """Exponent of <Z^2> at overlap q: entropy by its Legendre transform in q_hat, plus alpha ln P_2."""
    entropy = minimize_scalar(
        lambda h: math.log(2 * math.cosh(h)) - h * q, bounds=(-20, 20), method="bounded"
    ).fun
    return math.log(2) + entropy + alpha * math.log(0.25 + math.asin(q) / (2 * math.pi))


def test_saddle_point_of_the_second_moment():
    """ln <Z^2>/N tends to the extremum over q and q_hat; the Gaussian fluctuations around it leave c/N with a constant c."""
    alpha = 0.4
    saddle = -minimize_scalar(
        lambda q: -_two_replicas(q, alpha), bounds=(0.0, 0.9), method="bounded", options={"xatol": 1e-9}
    ).fun
    excess = [size * (_second_moment(size, alpha) - saddle) for size in (400, 800, 1600)]
    assert abs(excess[2] - excess[1]) < 0.6 * abs(excess[1] - excess[0]) + 1e-4
    assert abs(excess[2]) < 1.0
    # the constant itself: the square root of the ratio of curvatures of entropy and exponent
    best = minimize_scalar(lambda q: -_two_replicas(q, alpha), bounds=(0.0, 0.9), method="bounded").x
    e = 1e-3
    bend = (
        _two_replicas(best + e, alpha) - 2 * _two_replicas(best, alpha) + _two_replicas(best - e, alpha)
    ) / e**2
    assert excess[2] == pytest.approx(0.5 * math.log(1 / (1 - best**2) / -bend), abs=2e-3)
