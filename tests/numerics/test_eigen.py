"""The eigenvalue kernel of the pages against LAPACK, on matrices that are random, degenerate, graded or already solved."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learnscape.numerics.eigen import eigenvalues, eigenvalues_kernel


@settings(max_examples=60)
@given(st.integers(1, 30), st.integers(0, 10**6), st.sampled_from([1.0, 1e-150, 1e150]))
def test_random_matrices_against_lapack(n, seed, unit):
    a = np.random.default_rng(seed).normal(size=(n, n)) * unit
    a = a + a.T
    expected = np.linalg.eigvalsh(a)
    np.testing.assert_allclose(eigenvalues(a), expected, rtol=0, atol=2e-14 * n * np.abs(expected).max())


@pytest.mark.kernels
@pytest.mark.parametrize(
    "matrix",
    [
        np.array([[3.0]]),
        np.zeros((5, 5)),
        np.eye(7),
        np.diag([3.0, -1.0, 2.0, 2.0]),
        np.ones((8, 8)),
        np.kron(np.eye(3), [[0.0, 1.0], [1.0, 0.0]]),
        np.diag([1e-12, 1e-6, 1.0, 1e6]) + 1e-14,
        np.diag(np.ones(9), 1) + np.diag(np.ones(9), -1),
        np.array([[0.0, 0.0, 1.0], [0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]),
    ],
)
def test_special_matrices(matrix):
    expected = np.linalg.eigvalsh(matrix)
    np.testing.assert_allclose(
        eigenvalues(matrix), expected, rtol=0, atol=1e-14 * max(1, np.abs(expected).max())
    )


def test_the_chain_in_closed_form():
    n = 50
    chain = 2 * np.eye(n) - np.diag(np.ones(n - 1), 1) - np.diag(np.ones(n - 1), -1)
    exact = 4 * np.sin(np.arange(1, n + 1) * math.pi / (2 * n + 2)) ** 2
    np.testing.assert_allclose(eigenvalues(chain), exact, atol=1e-13)


def test_low_rank_gives_zeros():
    a = np.random.default_rng(0).normal(size=(20, 80))
    values = eigenvalues(a.T @ a)
    assert np.abs(values[:60]).max() < 1e-11
    assert values[60] > 1


def test_only_the_lower_triangle_is_read_and_memory_around_is_left_alone():
    n = 12
    a = np.random.default_rng(1).normal(size=(n, n))
    a = a + a.T
    memory = np.full(n * n + 2 * n + 30, -7.0)
    memory[10 : 10 + n * n] = np.where(np.tri(n) > 0, a, math.nan).ravel()
    ok = eigenvalues_kernel(
        memory[10 : 10 + n * n], n, memory[20 + n * n :][:n], memory[20 + n * n + n :][:n]
    )
    assert ok
    np.testing.assert_allclose(memory[20 + n * n :][:n], np.linalg.eigvalsh(a), atol=1e-12)
    assert np.all(memory[:10] == -7)
    assert np.all(memory[10 + n * n : 20 + n * n] == -7)
    assert np.all(memory[20 + n * n + 2 * n :] == -7)


def test_nan_in_the_matrix_ends_and_shows():
    values = np.zeros(3)
    eigenvalues_kernel(np.full(9, math.nan), 3, values, np.zeros(3))
    assert np.isnan(values).any()


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        ([[1.0, math.nan], [math.nan, 1.0]], "finite"),
        ([[1.0, 2.0]], r"\(1, 2\)"),
        ([], "real|shape"),
        ([[1.0, 2.0], [3.0, 1.0]], "symmetric"),
        ([[1j]], "real"),
        (3.0, "shape"),
    ],
)
def test_refuses(matrix, words):
    with pytest.raises(ValueError, match=words):
        eigenvalues(matrix)
