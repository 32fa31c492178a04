"""The full Hessian in the space of overlaps at integer n: its three eigenvalues, and the replicon of the chapters."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import sympy as sp

Z = np.linspace(-10.0, 10.0, 2001)
DZ = np.exp(-0.5 * Z * Z)
DZ /= DZ.sum()


def pairs(n):
    return list(itertools.combinations(range(n), 2))


def matrix(overlaps, n):
    q = np.eye(n)
    for (a, b), value in zip(pairs(n), overlaps, strict=True):
        q[a, b] = q[b, a] = value
    return q


def hessian(function, x, e=1e-3):
    """Second derivatives by differences, extrapolated from two steps."""

    def once(e):
        steps = np.eye(x.size) * e
        out = np.empty((x.size, x.size))
        for i, j in itertools.combinations_with_replacement(range(x.size), 2):
            a, b = steps[i], steps[j]
            out[i, j] = out[j, i] = (
                function(x + a + b) - function(x + a - b) - function(x - a + b) + function(x - a - b)
            ) / (4 * e * e)
        return out

    return (4 * once(e) - once(2 * e)) / 3


def replicon(h, n):
    """M_{ab,ab} - 2 M_{ab,ac} + M_{ab,cd}."""
    index = {pair: i for i, pair in enumerate(pairs(n))}
    return h[index[0, 1], index[0, 1]] - 2 * h[index[0, 1], index[0, 2]] + h[index[0, 1], index[2, 3]]


# A soft constraint whose n-replica average is known in closed form: a sum of Gaussians.
SHARES, CENTRES, SHARP = np.array([0.8, 0.5]), np.array([0.9, -0.6]), 1.7


def log_average(q):
    """ln int dh N(h; 0, Q) prod_a sum_i share_i exp(-sharp (h_a - centre_i)^2/2)."""
    n = len(q)
    total = 0.0
    spread = np.eye(n) / SHARP + q
    norm = math.sqrt(1.0 / (SHARP**n * np.linalg.det(spread)))
    inverse = np.linalg.inv(spread)
    for which in itertools.product(range(2), repeat=n):
        c = CENTRES[list(which)]
        total += SHARES[list(which)].prod() * math.exp(-0.5 * c @ inverse @ c)
    return math.log(norm * total)


def leaf(q):
    """f, f', f'' of one replica in the shared field sqrt(q) z."""
    width = 1.0 / SHARP + 1.0 - q
    d = CENTRES[:, None] - math.sqrt(q) * Z
    parts = SHARES[:, None] * np.exp(-0.5 * d * d / width) / math.sqrt(SHARP * width)
    p = parts.sum(0)
    first = (parts * d).sum(0) / width / p
    second = (parts * (d * d / width - 1)).sum(0) / width / p
    return np.log(p), first, second - first**2


@pytest.mark.parametrize("n", [4, 5])
def test_replicon_of_the_patterns_term(n):
    """M_{ab,ab} - 2 M_{ab,ac} + M_{ab,cd} = <f''^2>, where <> weighs the shared field with the n-th power of one replica's average."""
    q = 0.35
    x = np.full(len(pairs(n)), q)
    h = hessian(lambda x: log_average(matrix(x, n)), x)
    f, _, bend = leaf(q)
    tilted = DZ * np.exp(n * f)
    assert replicon(h, n) == pytest.approx(tilted @ bend**2 / tilted.sum(), rel=1e-6)


def test_the_hessian_has_three_eigenvalues():
    """Longitudinal once, anomalous n - 1 times, replicon n(n - 3)/2 times."""
    n, q = 5, 0.35
    h = hessian(lambda x: log_average(matrix(x, n)), np.full(len(pairs(n)), q))
    values = np.sort(np.linalg.eigvalsh(h))
    groups = np.split(values, np.flatnonzero(np.diff(values) > 1e-5) + 1)
    assert sorted(len(group) for group in groups) == sorted([1, n - 1, n * (n - 3) // 2])
    five = next(group for group in groups if len(group) == n * (n - 3) // 2)
    assert five.mean() == pytest.approx(replicon(h, n), rel=1e-6)


def test_replicon_of_the_sphere():
    """Of (1/2) ln det Q it is -1/(1 - q)^2, at every n: so the perceptron is stable where 1 - alpha (1 - q)^2 <f''^2> > 0."""
    q = sp.Rational(2, 5)
    for n in (4, 6):
        inverse = (sp.eye(n) * (1 - q) + sp.ones(n, n) * q).inv()

        def second(a, b, c, d, inverse=inverse):  # d^2 (1/2) ln det Q / dq_ab dq_cd
            return -(inverse[a, c] * inverse[b, d] + inverse[a, d] * inverse[b, c])

        found = second(0, 1, 0, 1) - 2 * second(0, 1, 0, 2) + second(0, 1, 2, 3)
        assert found == -1 / (1 - q) ** 2


@pytest.mark.parametrize("n", [4, 6])
def test_replicon_of_sherrington_kirkpatrick(n):
    """Of -(beta^2/2) sum_{a<b} q_ab^2 + ln Tr exp(beta^2 sum_{a<b} q_ab S_a S_b + beta h sum S_a) it is -beta^2 (1 - beta^2 <cosh^-4>)."""
    beta, field, q = 1.1, 0.3, 0.4
    spins = np.array(list(itertools.product((-1, 1), repeat=n)))
    products = np.array([spins[:, a] * spins[:, b] for a, b in pairs(n)])
    weight = np.exp(beta**2 * q * products.sum(0) + beta * field * spins.sum(1))
    weight /= weight.sum()
    mean = products @ weight
    covariance = (products * weight) @ products.T - np.outer(mean, mean)
    h = beta**4 * covariance - beta**2 * np.eye(len(mean))
    inner = beta * (math.sqrt(q) * Z + field)
    tilted = DZ * (2 * np.cosh(inner)) ** n
    average = tilted @ np.cosh(inner) ** -4 / tilted.sum()
    assert replicon(h, n) == pytest.approx(-(beta**2) * (1 - beta**2 * average), rel=1e-10)


def test_replicon_with_the_kernel_of_a_wide_layer():
    """With q replaced by D(q) = q^2 it is D'^2 <f''^2> + D'' <f'^2>: the second term is what makes every nonlinear activation less stable."""
    n, q = 4, 0.6
    x = np.full(len(pairs(n)), q)
    h = hessian(lambda x: log_average(matrix(x**2, n)), x)
    f, first, bend = leaf(q**2)
    tilted = DZ * np.exp(n * f)
    tilted /= tilted.sum()
    assert replicon(h, n) == pytest.approx((2 * q) ** 2 * tilted @ bend**2 + 2 * tilted @ first**2, rel=1e-6)
