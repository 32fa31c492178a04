"""The limit n -> 0, symbolically: determinants, traces and averages over replica-symmetric and hierarchical matrices."""

from __future__ import annotations

import pytest
import sympy as sp

q, q0, q1, q2, n, m, m1, m2 = sp.symbols("q q_0 q_1 q_2 n m m_1 m_2", positive=True)


def blocks(sizes, overlaps):
    """The matrix with overlaps[i] inside blocks of sizes[i] (decreasing), and 1 on the diagonal."""

    def entry(a, b):
        if a == b:
            return sp.Integer(1)
        return next(overlaps[i] for i in reversed(range(len(sizes))) if a // sizes[i] == b // sizes[i])

    return sp.Matrix(sizes[0], sizes[0], entry)


def spectrum(sizes, overlaps):
    """Eigenvalue: multiplicity, as the chapter states them."""
    gaps = [b - a for a, b in zip(overlaps, [*overlaps[1:], sp.Integer(1)], strict=True)]
    inside = [*sizes[1:], 1]
    answer, total = {}, sizes[0]
    eigenvalues = [sum(g * s for g, s in zip(gaps[i:], inside[i:], strict=True)) for i in range(len(sizes))]
    for i, size in enumerate(inside):
        outer = sizes[i]
        answer[sp.expand(eigenvalues[i])] = total // size - total // outer
    longitudinal = sp.expand(eigenvalues[0] + sizes[0] * overlaps[0])
    answer[longitudinal] = answer.get(longitudinal, 0) + 1
    return answer


@pytest.mark.parametrize(
    ("sizes", "overlaps"),
    [
        ((3,), (q,)),
        ((5,), (q,)),
        ((4, 2), (q0, q1)),
        ((6, 2), (q0, q1)),
        ((6, 3), (q0, q1)),
        ((8, 4, 2), (q0, q1, q2)),
    ],
)
def test_eigenvalues_of_hierarchical_matrices(sizes, overlaps):
    """prod over levels of lambda_i to the power of its multiplicity is the characteristic polynomial, RS to two steps."""
    x = sp.Symbol("x")
    claimed = sp.prod([(x - value) ** times for value, times in spectrum(sizes, overlaps).items()])
    matrix = blocks(sizes, overlaps)
    # a polynomial identity, checked at rational points where the determinant is an exact number
    for shift in range(3):
        values = {s: sp.Rational(3 * i + 1 + shift, 17) for i, s in enumerate(overlaps)}
        at = sp.Rational(7 + shift, 5)
        numeric = (at * sp.eye(sizes[0]) - matrix.subs(values)).det()
        assert numeric == claimed.subs(values).subs(x, at)


def test_log_determinant_of_a_replica_symmetric_matrix():
    """lim (1/n) ln det Q = ln(1 - q) + q/(1 - q)."""
    log_det = (n - 1) * sp.log(1 - q) + sp.log(1 + (n - 1) * q)
    assert sp.simplify(sp.diff(log_det, n).subs(n, 0) - sp.log(1 - q) - q / (1 - q)) == 0
    assert sp.simplify(log_det.subs(n, 0)) == 0


def test_log_determinant_with_one_step():
    """lim (1/n) ln det Q = ln(1 - q_1) + (1/m) ln(lambda_0/(1 - q_1)) + q_0/lambda_0, lambda_0 = 1 - q_1 + m (q_1 - q_0)."""
    outer = 1 - q1 + m * (q1 - q0)
    log_det = (n - n / m) * sp.log(1 - q1) + (n / m - 1) * sp.log(outer) + sp.log(outer + n * q0)
    limit = sp.log(1 - q1) + sp.log(outer / (1 - q1)) / m + q0 / outer
    assert sp.simplify(sp.expand_log(sp.diff(log_det, n).subs(n, 0) - limit, force=True)) == 0


def test_log_determinant_with_two_steps():
    """One more logarithm (1/m_i) ln(lambda_{i-1}/lambda_i) for each step."""
    inner = 1 - q2
    middle = inner + m2 * (q2 - q1)
    outer = middle + m1 * (q1 - q0)
    log_det = (
        (n - n / m2) * sp.log(inner)
        + (n / m2 - n / m1) * sp.log(middle)
        + (n / m1 - 1) * sp.log(outer)
        + sp.log(outer + n * q0)
    )
    limit = sp.log(inner) + sp.log(middle / inner) / m2 + sp.log(outer / middle) / m1 + q0 / outer
    assert sp.simplify(sp.expand_log(sp.diff(log_det, n).subs(n, 0) - limit, force=True)) == 0


@pytest.mark.parametrize("sizes", [(6,), (6, 3), (8, 4, 2)])
def test_sums_over_pairs_of_replicas(sizes):
    """(1/n) sum_{a != b} f(q_ab) = sum_i (m_i - m_{i+1}) f(q_i), with m_0 = n and m_{k+1} = 1; at n = 0 the first term is -m_1 f(q_0)."""
    overlaps = (q0, q1, q2)[: len(sizes)]
    f = sp.Function("f")
    matrix = blocks(sizes, overlaps)
    size = sizes[0]
    pairs = sum(f(matrix[a, b]) for a in range(size) for b in range(size) if a != b)
    inside = (*sizes[1:], 1)
    claimed = sum((s - t) * f(value) for s, t, value in zip(sizes, inside, overlaps, strict=True))
    assert sp.expand(pairs / size - claimed) == 0


def test_the_average_of_the_power_becomes_the_average_of_the_logarithm():
    """lim (1/n) ln E[X^n] = E ln X, and with one step lim (1/n) ln E[Y^(n/m)] = (1/m) E ln Y; for X with any three values."""
    x = sp.symbols("x_1:4", positive=True)
    p = sp.symbols("p_1:3", positive=True)
    shares = (*p, 1 - p[0] - p[1])
    for power in (n, n / m):
        log_moment = sp.log(sum(share * value**power for share, value in zip(shares, x, strict=True)))
        limit = sum(share * sp.log(value) for share, value in zip(shares, x, strict=True)) * power / n
        assert sp.simplify(sp.diff(log_moment, n).subs(n, 0) - limit) == 0
