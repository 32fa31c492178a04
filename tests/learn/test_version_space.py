"""Uniform sampling of the version space: an exact region, an exact volume, and the exchangeability of teacher and students."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnscape.learn import max_margin, sample_version_space
from learnscape.learn.version_space import _walk
from learnscape.patterns import random_patterns, teacher_patterns


@pytest.mark.kernels
def test_angles_in_the_plane_are_uniform() -> None:
    """Two patterns leave the angles from -pi/4 to pi/2: the distribution function of the samples is a straight line."""
    students = sample_version_space([[1.0, 0.0], [1.0, 1.0]], samples=1500, thin=10, rng=1)
    angles = np.sort(np.arctan2(students[:, 1], students[:, 0]))
    fraction = (angles + math.pi / 4) / (3 * math.pi / 4)
    deviation = np.max(np.abs(fraction - (np.arange(1500) + 0.5) / 1500))
    assert fraction[0] >= 0.0
    assert fraction[-1] <= 1.0
    assert deviation < 1.63 / math.sqrt(1500)  # Kolmogorov-Smirnov, 1 per cent


def test_spherical_triangle() -> None:
    """On the octant of a sphere in three dimensions, and in a lune: means and fractions known exactly."""
    octant = sample_version_space(np.eye(3), samples=4000, thin=10, rng=2) / math.sqrt(3)
    assert np.all(octant >= 0)
    assert np.allclose(
        octant.mean(0), 0.5, atol=0.02
    )  # a coordinate of a uniform point of the sphere is uniform (Archimedes)
    assert np.allclose((octant**2).mean(0), 1 / 3, atol=0.02)
    lune = sample_version_space([[1.0, 0.0, 0.0], [-0.5, math.sqrt(0.75), 0.0]], samples=4000, thin=10, rng=3)
    angle = np.arctan2(lune[:, 1], lune[:, 0])  # between pi/6 and pi/2
    assert abs(np.mean(angle) - math.pi / 3) < 0.01
    assert abs(np.mean(angle < math.pi / 4) - 0.25) < 0.03


def test_teacher_is_a_typical_student() -> None:
    """Overlap with the teacher = overlap of two independent walks, on average, at any N; and both differ from those of the start."""
    rng = np.random.default_rng(5)
    n, alpha, difference, overlaps = 12, 2, [], []
    for _ in range(150):
        rule = teacher_patterns(alpha * n, n, "spherical", kind="gaussian", rng=rng)
        one, two = (
            sample_version_space(rule.patterns, rule.teacher, samples=60, thin=100, rng=rng)[20:]
            for _ in range(2)
        )
        with_teacher = 0.5 * np.mean((one + two) @ rule.teacher) / n
        with_other = np.mean(np.sum(one * two, axis=1)) / n
        difference.append(with_teacher - with_other)
        overlaps.append(with_teacher)
    error = np.std(difference, ddof=1) / math.sqrt(len(difference))
    assert abs(np.mean(difference)) < 4 * error
    assert error < 0.01
    assert 0.6 < np.mean(overlaps) < 0.85


@given(st.integers(1, 12), st.integers(2, 8), st.integers(0, 10**6))
def test_samples_satisfy_every_pattern(p: int, n: int, seed: int) -> None:
    rule = teacher_patterns(p, n, "spherical", kind="gaussian", rng=seed)
    students = sample_version_space(rule.patterns, rule.teacher, samples=3, thin=20, rng=seed)
    assert np.allclose(np.sum(students**2, axis=1), n)
    assert np.min(students @ rule.patterns.T) > -1e-9 * n


def test_start_from_the_largest_stability() -> None:
    patterns = random_patterns(15, 20, kind="gaussian", rng=4)
    students = sample_version_space(patterns, samples=50, rng=4)
    best = max_margin(patterns)
    assert np.all(students @ patterns.T > 0)
    assert np.all(np.min(students @ patterns.T, axis=1) / math.sqrt(20) < best.stability + 1e-12)


def test_at_the_largest_margin_nothing_moves() -> None:
    """Every arc begins or ends at the walker itself; a rounding must not open the other side."""
    for seed in range(12):
        patterns = random_patterns(3, 6, kind="gaussian", rng=seed)
        kappa = max_margin(patterns).stability
        assert kappa is not None
        students = sample_version_space(patterns, margin=kappa, samples=5, thin=20, rng=seed)
        assert np.min(students @ patterns.T) / math.sqrt(6) > kappa - 1e-9


def test_one_weight_stays_where_it_is() -> None:
    assert sample_version_space([[2.0], [0.5]], samples=3, rng=1).ravel() == pytest.approx([1.0, 1.0, 1.0])


def test_kernel_keeps_length_and_fields() -> None:
    rng = np.random.default_rng(6)
    rule = teacher_patterns(30, 10, "spherical", kind="gaussian", rng=rng)
    weights, fields = rule.teacher.copy(), rule.patterns @ rule.teacher
    _walk(rule.patterns, weights, fields, rng.standard_normal((200, 10)), rng.random(200), np.empty(30))
    assert weights @ weights == pytest.approx(10, abs=1e-9)
    assert np.allclose(fields, rule.patterns @ weights, atol=1e-9)
    assert abs(weights @ rule.teacher) < 9.99


@pytest.mark.parametrize(
    ("patterns", "options", "message"),
    [
        ([[1.0, 0.0], [-1.0, 0.0]], {}, "separable"),
        ([[1.0, 0.0]], {"start": [-1.0, 0.0]}, "smallest field"),
        ([[1.0, 0.0]], {"start": [1.0, 0.0, 0.0]}, "start.shape"),
        ([[1.0, 0.0]], {"start": [0.0, 0.0]}, "start"),
        ([[1.0, 0.0]], {"start": [math.nan, 0.0]}, "start"),
        ([[1.0, 0.0]], {"start": [1.0 + 1.0j, 0.0]}, "start"),
        ([[1.0, 0.0]], {"start": ["1", "0"]}, "start"),
        ([[1.0, 0.0]], {"margin": math.nan}, "margin"),
        ([[1.0, 0.0]], {"margin": 1.5}, "largest stability"),
        ([[1.0, 0.0]], {"samples": 0}, "samples"),
        ([[1.0, 0.0]], {"thin": -1}, "thin"),
        ([[1.0, math.nan]], {}, "patterns"),
        ([1.0, 0.0], {}, "patterns"),
    ],
)
def test_bad_input(patterns: object, options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sample_version_space(patterns, **options)  # type: ignore[arg-type]
