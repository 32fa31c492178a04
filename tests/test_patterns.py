"""Random and teacher-labelled patterns: distribution, labels, seeds, bad input."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnscape import patterns as module
from learnscape.activations import find
from learnscape.patterns import hidden_patterns, random_patterns, teacher_patterns
from learnscape.weights import Binary, Spherical


@given(p=st.integers(1, 30), n=st.integers(1, 30), seed=st.integers(0, 2**32))
def test_shape_type_entries_and_seed(p: int, n: int, seed: int) -> None:
    signs = random_patterns(p, n, rng=seed)
    assert signs.shape == (p, n)
    assert signs.dtype == np.float64
    assert set(np.unique(signs)) <= {-1.0, 1.0}
    assert np.array_equal(signs, random_patterns(p, n, rng=np.random.default_rng(seed)))
    assert not np.array_equal(
        random_patterns(p, n, kind="gaussian", rng=seed), random_patterns(p, n, kind="gaussian", rng=seed + 1)
    )


@pytest.mark.parametrize("kind", ["binary", "gaussian"])
def test_entries_have_mean_0_variance_1_and_the_right_fourth_moment(kind: str) -> None:
    xi = random_patterns(400, 500, kind=kind, rng=2)  # 2e5 entries: standard error of the mean 0.0022
    fourth = 1.0 if kind == "binary" else 3.0
    assert abs(xi.mean()) < 5 / np.sqrt(xi.size)
    assert abs((xi**2).mean() - 1) <= 5 * np.sqrt((fourth - 1) / xi.size)
    assert abs((xi**4).mean() - fourth) <= 5 * np.sqrt((105 - 9) / xi.size)


@given(
    p=st.integers(1, 20),
    n=st.integers(1, 20),
    kind=st.sampled_from(["binary", "gaussian"]),
    weights=st.sampled_from(["binary", "spherical"]),
    seed=st.integers(0, 1000),
)
def test_the_teacher_satisfies_its_patterns(p: int, n: int, kind: str, weights: str, seed: int) -> None:
    rule = teacher_patterns(p, n, weights, kind=kind, rng=seed)
    assert rule.patterns.shape == (p, n)
    assert rule.teacher @ rule.teacher == pytest.approx(n, rel=1e-12)
    assert (rule.patterns @ rule.teacher >= 0).all()
    if weights == "binary":
        assert set(np.unique(rule.teacher)) <= {-1.0, 1.0}
    same = teacher_patterns(p, n, Binary() if weights == "binary" else Spherical(), kind=kind, rng=seed)
    assert np.array_equal(same.patterns, rule.patterns)


def test_labels_do_not_change_the_inputs_and_ties_are_fair_coins() -> None:
    # N = 2: half of all inputs are ties, xi = (T_1, -T_2) or (-T_1, T_2), each kept as it is or turned with probability 1/2.
    rule = teacher_patterns(20_000, 2, "binary", rng=4)
    fields = rule.patterns @ rule.teacher
    assert set(np.unique(fields)) == {0.0, 2.0}
    tied = rule.patterns[fields == 0]
    share = (fields == 0).mean()
    assert abs(share - 0.5) < 5 * 0.5 / np.sqrt(20_000)
    assert abs((tied[:, 0] > 0).mean() - 0.5) < 5 * 0.5 / np.sqrt(len(tied))


def test_stabilities_of_a_spherical_teacher_are_half_gaussian() -> None:
    n = 300
    rule = teacher_patterns(20_000, n, "spherical", rng=5)
    stabilities = rule.patterns @ rule.teacher / np.sqrt(n)
    error = np.sqrt((1 - 2 / np.pi) / stabilities.size)
    assert (
        abs(stabilities.mean() - np.sqrt(2 / np.pi)) < 5 * error + 1 / n
    )  # 1/N: entries are signs, not Gaussian


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 3), "p = 0"),
        ((3, 0), "n = 0"),
        ((-2, 3), "p = -2"),
        ((2.5, 3), "p = 2.5"),
        ((True, 3), "p = True"),
        ((3, float("nan")), "n = nan"),
    ],
)
def test_bad_sizes_name_the_value(arguments: tuple[int, int], message: str) -> None:
    for function in (random_patterns, teacher_patterns):
        with pytest.raises(ValueError, match=re.escape(message) + ".*integer >= 1"):
            function(*arguments, rng=1)


def test_bad_names_are_refused() -> None:
    with pytest.raises(ValueError, match=r"kind = 'ternary'.*binary"):
        random_patterns(2, 2, kind="ternary", rng=1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="weights = 'ternary'"):
        teacher_patterns(2, 2, "ternary", rng=1)  # type: ignore[arg-type]


def test_everything_public_is_documented() -> None:
    assert all(getattr(module, name).__doc__ for name in module.__all__)


@pytest.mark.parametrize("name", ["sign", "relu", "erf"])
@pytest.mark.parametrize("equivalent", [False, True])
def test_hidden_features_have_variance_1_and_the_linear_correlation(name: str, equivalent: bool) -> None:
    data = hidden_patterns(60, 200, 4000, name, equivalent=equivalent, rng=3)
    assert data.patterns.shape == (4000, 60)
    features, labels = data.draw(4000, rng=4)
    # |F_i|^2/D = 1 +- sqrt(2/D) for each of the 60 features
    assert abs(features.mean()) < 5 / np.sqrt(features.size) + 0.02
    assert np.square(features).mean() == pytest.approx(1.0, abs=0.03)
    assert set(np.unique(labels)) == {-1.0, 1.0}
    # E x_i y = sqrt(share) sqrt(2/pi) F_i.T/D
    share = find(name).linear_share
    expected = np.sqrt(2 * share / np.pi) * data.projection @ data.teacher / 200
    measured = (features * labels[:, None]).mean(axis=0)
    assert np.abs(measured - expected).max() < 5 / np.sqrt(4000) + 0.01


def test_hidden_students_err_as_gaussian_equivalence_says() -> None:
    """Two kinds of students that know the data: the sign of Hebb's sum, and the least-squares fit; N = 500, three activations."""
    for name in ("sign", "relu", "erf"):
        data = hidden_patterns(500, 200, 350, name, rng=7)
        hebb = np.sign(data.patterns.sum(axis=0))
        fit = np.linalg.lstsq(data.patterns, np.ones(350), rcond=None)[0]
        students = np.stack([hebb, fit])
        expected = data.equivalent_error(students)
        bar = np.sqrt(0.25 / 8000)
        assert np.abs(data.test_error(students, 8000, rng=8) - expected).max() < 4 * bar + 0.005
        assert (expected < 0.4).all()
        assert (expected > 0.1).all()


def test_hidden_patterns_hold_the_labels_and_seeds() -> None:
    a, b = (hidden_patterns(7, 5, 11, "relu", kind="binary", rng=9) for _ in range(2))
    assert np.array_equal(a.patterns, b.patterns)
    assert set(np.unique(a.teacher)) <= {-1.0, 1.0}
    # linear features of the teacher itself: N = D and F the identity would be the teacher's own inputs
    one = hidden_patterns(1, 1, 500, np.sign, rng=10)
    assert len(set(one.patterns.ravel().tolist())) == 1  # sign(F x) sign(T x) = sign(F T)
    wrong = one.test_error(one.patterns[0], 100, rng=1)
    assert wrong.shape == ()
    assert wrong == 0.0
    assert one.equivalent_error(np.ones((3, 1))).shape == (3,)


def test_the_equivalent_error_depends_on_the_direction_alone() -> None:
    data = hidden_patterns(5, 3, 4, rng=1)
    students = np.outer([1.0, 1e200, 1e-200, 0.0], np.ones(5))
    errors = data.equivalent_error(students)
    assert errors[1:3] == pytest.approx(errors[[0, 0]], rel=1e-12)
    assert errors[3] == 0.5


def test_bad_hidden_patterns() -> None:
    for sizes, message in (
        ((0, 1, 1), "n_features = 0"),
        ((1, 0, 1), "n_inputs = 0"),
        ((1, 1, 2.5), "n_patterns"),
    ):
        with pytest.raises(ValueError, match=message + ".*integer >= 1"):
            hidden_patterns(*sizes, rng=1)
    with pytest.raises(ValueError, match="activation = 'step'"):
        hidden_patterns(3, 3, 3, "step", rng=1)
    with pytest.raises(ValueError, match="kind"):
        hidden_patterns(3, 3, 3, kind="ternary", rng=1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"shape of weights = \(4,\)"):
        hidden_patterns(3, 3, 3, rng=1).test_error(np.ones(4))
    with pytest.raises(ValueError, match="n_patterns = 0"):
        hidden_patterns(3, 3, 3, rng=1).test_error(np.ones(3), 0)
