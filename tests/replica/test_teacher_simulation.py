"""The teacher-student theory against finite systems: exact enumeration of binary students, a walk through the spherical version space."""

from __future__ import annotations

import math

import numpy as np
import pytest

from learnscape import Binary, Spherical
from learnscape.learn import enumerate_solutions, sample_version_space
from learnscape.patterns import teacher_patterns
from learnscape.replica import teacher


def test_binary_students_in_the_limit() -> None:
    """Mean entropy and mean overlap at alpha = 2/3 deviate from theory by a term in 1/N, which is removed by a straight line."""
    rng = np.random.default_rng(21)
    sizes, draws = np.array([9, 15, 21]), (2500, 1500, 500)
    exact = teacher.solve(Binary(), 2 / 3)
    mean, error = [], []
    for n, k in zip(sizes, draws, strict=True):
        values = []
        for _ in range(k):
            rule = teacher_patterns(2 * n // 3, n, "binary", rng=rng)
            found = enumerate_solutions(rule.patterns, return_solutions=True)
            assert found.solutions is not None
            values.append(
                (
                    found.solutions.mean(axis=0) @ rule.teacher / n - exact.overlap,
                    found.entropy - exact.entropy,
                )
            )
        mean.append(np.mean(values, axis=0))
        error.append(np.std(values, axis=0, ddof=1) / math.sqrt(k))
    for measured, bar in zip(np.transpose(mean), np.transpose(error), strict=True):
        design = np.stack([1 / sizes, np.ones(3)], axis=1) / bar[:, None]
        covariance = np.linalg.inv(design.T @ design)
        _, intercept = covariance @ design.T @ (measured / bar)
        assert math.sqrt(covariance[1, 1]) < 0.012
        assert abs(intercept) < 4 * math.sqrt(covariance[1, 1])


def test_the_majority_and_the_random_student_stay_in_the_sandwich() -> None:
    """2p(1-p) and min(p, 1-p), averaged over new inputs: equal to the two measured errors, and within a factor of two of each other."""
    rng = np.random.default_rng(22)
    n, gibbs, vote, from_p = 11, [], [], []
    for _ in range(1500):
        rule = teacher_patterns(8, n, "binary", rng=rng)
        students = enumerate_solutions(rule.patterns, return_solutions=True).solutions
        new = rng.choice([-1.0, 1.0], (30, n))
        p = np.mean(students @ new.T > 0, axis=0)
        right = np.where(new @ rule.teacher > 0, p, 1 - p)
        gibbs.append(1 - right.mean())
        vote.append(np.mean(right < 0.5) + 0.5 * np.mean(right == 0.5))
        from_p.append((np.mean(2 * p * (1 - p)), np.mean(np.minimum(p, 1 - p))))
    for measured, expected in zip((gibbs, vote), np.transpose(from_p), strict=True):
        difference = np.array(measured) - expected
        assert abs(difference.mean()) < 4 * difference.std(ddof=1) / math.sqrt(len(difference))
    assert np.mean(vote) < np.mean(gibbs) < 2 * np.mean(vote)


@pytest.mark.parametrize("alpha", [1, 3])
def test_spherical_students(alpha: int) -> None:
    rng = np.random.default_rng(23)
    n, exact, errors = 24, teacher.solve(Spherical(), alpha), []
    for _ in range(60):
        rule = teacher_patterns(alpha * n, n, "spherical", kind="gaussian", rng=rng)
        students = sample_version_space(rule.patterns, rule.teacher, samples=80, thin=4 * n, rng=rng)[15:]
        centre = students.mean(axis=0)
        errors.append(
            (
                np.mean(np.arccos(students @ rule.teacher / n)) / math.pi,
                math.acos(float(centre @ rule.teacher / math.sqrt(n * (centre @ centre)))) / math.pi,
            )
        )
    bar = np.std(errors, axis=0, ddof=1) / math.sqrt(len(errors))
    gibbs, bayes = np.mean(errors, axis=0)
    assert np.all(bar < 0.008)
    assert abs(gibbs - exact.generalization_error) < 4 * bar[0] + 0.1 / n
    assert abs(bayes - exact.bayes_error) < 4 * bar[1] + 0.1 / n
    assert gibbs - bayes > 4 * math.hypot(*bar)
