"""The theory of the hidden teacher against exact enumeration of all binary students, for Gaussian-equivalent and for real features."""

from __future__ import annotations

import math

import numpy as np
import pytest

from learnscape import Binary, Margin
from learnscape.learn import enumerate_solutions
from learnscape.patterns import hidden_patterns, random_patterns
from learnscape.replica import hidden, rs

SIZES = np.array([9, 15, 21])
ALPHA, ALPHA_TEACHER = 2 / 3, 1.0


def overlap(students):
    """Mean overlap of two different students."""
    k, centre = len(students), students.mean(axis=0)
    return (k * (centre @ centre) / students.shape[1] - 1) / (k - 1)


def measured(draws, equivalent, rng, activation="sign", sizes=SIZES):
    """Mean and error bar, one row a size, of what theory predicts: entropy, q, r, p_d, error of one student; instances with solutions."""
    mean, error = [], []
    for n, k in zip(sizes, draws, strict=True):
        p, values = 2 * n // 3, []
        for _ in range(k):
            data = hidden_patterns(n, p, p, activation, equivalent=equivalent, rng=rng)
            found = enumerate_solutions(data.patterns, return_solutions=True)
            if found.count < 2:
                continue
            assert found.solutions is not None
            students = found.solutions.astype(float)
            s = students @ data.projection / math.sqrt(n)
            q = overlap(students)
            r = (s @ data.teacher).mean() / p
            values.append(
                (
                    found.entropy,
                    q,
                    r,
                    np.square(s).sum(axis=1).mean() / p,
                    data.equivalent_error(students).mean(),
                )
            )
        mean.append(np.mean(values, axis=0))
        error.append(np.std(values, axis=0, ddof=1) / math.sqrt(len(values)))
    return np.array(mean), np.array(error)


def stored(sizes, draws, rng):
    """Entropy and q of binary weights that store random labels at alpha = 0.6: means and error bars, one row a size."""
    rows = []
    for n, k in zip(sizes, draws, strict=True):
        values = []
        for _ in range(k):
            patterns = random_patterns(3 * n // 5, n, kind="gaussian", rng=rng)
            found = enumerate_solutions(patterns, return_solutions=True)
            if found.count >= 2:
                values.append((found.entropy, overlap(found.solutions.astype(float))))
        rows.append((np.mean(values, axis=0), np.std(values, axis=0, ddof=1) / math.sqrt(len(values))))
    return np.array(rows).swapaxes(0, 1)


def limits(mean, error, sizes=SIZES, degree=1):
    """Polynomials in 1/N: value at N = infinity and its error bar."""
    out = []
    for y, bar in zip(mean.T, error.T, strict=True):
        design = np.vander(1 / sizes, degree + 1) / bar[:, None]
        covariance = np.linalg.inv(design.T @ design)
        out.append(((covariance @ design.T @ (y / bar))[-1], math.sqrt(covariance[-1, -1])))
    return np.array(out)


def theory():
    s = hidden.solve(ALPHA, ALPHA_TEACHER)
    return np.array([s.entropy, s.q, s.r, s.p_d, s.generalization_error])


def test_all_students_of_the_gaussian_equivalent_model() -> None:
    found = limits(*measured((500, 300, 100), True, np.random.default_rng(31)))
    assert (found[:, 1] < [0.02, 0.03, 0.03, 0.05, 0.01]).all()
    assert (np.abs(found[:, 0] - theory()) < 4 * found[:, 1]).all()


@pytest.mark.weekly
def test_real_features_approach_the_equivalent_ones() -> None:
    """Entropies differ by several hundredths at N = 9 and by less at N = 21, where both are near the theory."""
    rng = np.random.default_rng(32)
    real, bar_real = measured((3000, 2000, 1500), False, rng)
    same, bar_same = measured((3000, 2000, 1500), True, rng)
    gap, bar = np.abs(real - same)[:, 0], np.hypot(bar_real, bar_same)[:, 0]
    assert gap[0] > 5 * bar[0]
    assert gap[2] < 0.5 * gap[0] + 2 * bar[2]
    assert abs(real[2, 0] - theory()[0]) < 0.01 + 3 * bar_real[2, 0]


@pytest.mark.weekly
def test_the_line_in_one_over_n_fails_for_size_alone() -> None:
    """The line ends 0.03 above the theory's q; so does that of plain storage, whose theory is known; a term in 1/N^2 brings q back.

    Measured with 8000 to 1500 draws at N = 9 to 24: line +0.031(2) in q, -0.018(2) in entropy; parabola -0.004(7), -0.013(7).
    Storage at alpha = 0.6, N = 10, 15, 20: line +0.029(3), -0.012(3).
    """
    rng = np.random.default_rng(33)
    sizes = np.array([9, 12, 15, 18, 21])
    mean, bar = measured((4000, 3000, 3000, 2000, 1500), True, rng, sizes=sizes)
    found = limits(mean, bar, sizes)
    line = found[1, 0] - theory()[1]
    plain = np.array([10, 15, 20])
    storage = limits(*stored(plain, (4000, 3000, 1500), rng), plain)
    known = rs.solve(Binary(), Margin(0.0), 0.6)
    other = storage[1, 0] - known.q
    assert line > 4 * found[1, 1]
    assert other > 4 * storage[1, 1]
    assert abs(line - other) < 4 * math.hypot(found[1, 1], storage[1, 1])
    bent = limits(mean, bar, sizes, degree=2)
    assert (np.abs(bent[:, 0] - theory()) < 4 * bent[:, 1]).all()
    assert bent[1, 1] < 0.015
