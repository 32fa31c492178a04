"""Hidden teacher, typical students: the free entropy is stationary, limits, known values, bad input."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_ndtr, ndtr

from learnscape import Binary, Margin, Spherical
from learnscape.activations import Activation, find
from learnscape.numerics.gaussian import quadrature
from learnscape.replica import hidden, rs, teacher
from learnscape.replica.hidden._rs_kernels import branch, cold_start

Z, W = quadrature(600)


def textbook(x, alpha, alpha_t, activation, kappa):
    """The free entropy as the package states it: a sum of large terms, by another quadrature."""
    q, q_hat, p_d, p, r = x
    m = activation.linear_share
    h = math.sqrt(q_hat) * Z
    weights = -0.5 * q_hat * (1 - q) + float(W @ (np.abs(h) + np.log1p(np.exp(-2 * np.abs(h)))))
    v = 1 - q
    volume = 0.5 * (
        math.log((p_d - p) / v) + (p - r * r) / (p_d - p) - (q + p_d) / v + q * (p_d - p) / v**2 + 1
    )
    total, shared, field = m * p_d + 1 - m, m * p + (1 - m) * q, math.sqrt(m) * r
    label = 2 * ndtr(field * Z / math.sqrt(shared - field**2))
    energy = float(W @ (label * log_ndtr((math.sqrt(shared) * Z - kappa) / math.sqrt(total - shared))))
    return weights + alpha / alpha_t * volume + alpha * energy


def gradient(f, x, steps):
    """Fourth-order central differences."""
    out = []
    for i, h in enumerate(steps):
        values = []
        for k in (-2, -1, 1, 2):
            y = list(x)
            y[i] += k * h
            values.append(f(y))
        out.append((values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * h))
    return np.array(out)


CASES = [
    (0.5, 3.0, "sign", 0.0),
    (1.1, 3.0, "sign", 0.0),
    (0.9, 0.1, "relu", 0.0),
    (1.3, 10.0, "erf", 0.0),
    (0.4, 2.0, "sign", 0.3),
    (1.2, 2.0, "relu", -0.4),
]


@pytest.mark.parametrize(("alpha", "alpha_t", "name", "kappa"), CASES)
def test_free_entropy_is_stationary(alpha, alpha_t, name, kappa) -> None:
    s = hidden.solve(alpha, alpha_t, name, kappa)
    x = (s.q, s.q_hat, s.p_d, s.p, s.r)
    f = lambda y: textbook(y, alpha, alpha_t, find(name), kappa)  # noqa: E731
    assert f(x) == pytest.approx(s.entropy, abs=1e-12)
    near = 1e-3 * min(s.p_d - s.p, s.p - s.r**2, 1 - s.q, s.q)  # of the edges of the domain
    assert np.abs(gradient(f, x, [near, 1e-3 * s.q_hat, near, near, near])).max() < 1e-8


def test_known_points() -> None:
    """Interpolation points and errors from another program (scipy, damped iteration)."""
    known = {0.1: 0.84392, 0.5: 0.88758, 1: 0.94180, 3: 1.13962, 4: 1.22531, 10: 1.61725}
    for alpha_t, alpha in known.items():
        assert hidden.interpolation_point(alpha_t) == pytest.approx(alpha, abs=6e-6)
    errors = {
        1: (0.31484, 0.26310),
        1.5: (0.30584, 0.22832),
        2: (0.30217, 0.21047),
        3: (0.29888, 0.19164),
        10: (0.29472, 0.16227),
        50: (0.29338, 0.15090),
    }
    for ratio, (one, mean) in errors.items():
        s = hidden.solve(1 / ratio, 3.0)
        assert s.generalization_error == pytest.approx(one, abs=6e-6)
        assert s.barycenter_error == pytest.approx(mean, abs=6e-6)


def test_entropy_vanishes_at_the_interpolation_point() -> None:
    for alpha_t, name in itertools.product((1e-3, 0.3, 30.0), ("sign", "relu", "erf")):
        alpha = hidden.interpolation_point(alpha_t, activation=name)
        assert abs(hidden.solve(alpha, alpha_t, name).entropy) < 1e-11
    more_linear = [hidden.interpolation_point(3.0, activation=name) for name in ("sign", "relu", "erf")]
    assert more_linear == sorted(more_linear)  # linear features carry more of the rule


def test_random_labels_as_alpha_teacher_vanishes() -> None:
    """Storage of random labels: corrections of first order in alpha_teacher."""
    exact = rs.capacity(Binary(), Margin(0.0))
    errors = [hidden.interpolation_point(t) - exact for t in (1e-4, 1e-5)]
    assert errors[0] < 1.1e-5
    assert errors[0] / errors[1] == pytest.approx(10.0, rel=1e-3)
    with_margin = rs.solve(Binary(), Margin(0.5), 0.3)
    s = hidden.solve(0.3, 1e-6, "relu", 0.5)
    assert s.q == pytest.approx(with_margin.q, abs=1e-6)
    assert s.entropy == pytest.approx(with_margin.entropy, abs=1e-6)
    assert s.generalization_error == pytest.approx(0.5, abs=1e-3)


def test_many_weights() -> None:
    limit = hidden.solve(0, 3.0)
    near = hidden.solve(1e-7, 3.0)
    assert (limit.q, limit.entropy) == (0.0, math.log(2))
    assert near.generalization_error == pytest.approx(limit.generalization_error, abs=1e-7)
    assert near.barycenter_error == pytest.approx(limit.barycenter_error, abs=1e-7)
    assert hidden.solve(1e-100, 3.0).q < 1e-99
    # the entropy falls by the logarithm of the fraction of weights that agree: dS/dalpha is free of N
    assert math.log(2) - near.entropy == pytest.approx(1e-7 * 0.507, rel=1e-2)


def test_linear_features_of_infinitely_many_weights_are_a_spherical_perceptron() -> None:
    """With a purely linear activation and N >> D the projected weights are any Gaussian vector: spherical students of a teacher."""
    linear = Activation("linear", 0.0, 1.0, 0.0)
    s = hidden.solve(0, 2.0, linear)
    ball = teacher.solve(Spherical(), 2.0)
    # r and p refer to vectors of free length; what the label sees is the direction
    assert s.r / math.sqrt(s.p_d) == pytest.approx(ball.overlap, abs=2e-6)


@given(st.floats(1e-5, 100.0), st.floats(0.05, 0.95), st.floats(1e-6, 1.2), st.floats(-1.0, 1.0))
def test_the_whole_range_converges(alpha_t, share, part, kappa) -> None:
    activation = Activation("mine", 0.0, math.sqrt(share), math.sqrt(1 - share))
    alpha = part * hidden.interpolation_point(alpha_t, activation=activation, margin=kappa)
    s = hidden.solve(alpha, alpha_t, activation, kappa)
    assert s.converged
    assert 0 < s.q < 1
    assert s.r**2 < s.p < s.p_d
    assert 0 < s.barycenter_error < s.generalization_error < 0.5
    assert (s.entropy < 0) is (part > 1) or abs(part - 1) < 1e-9


@pytest.mark.parametrize("share", [0.99, 1.0 - 1e-6])
def test_many_patterns_and_nearly_linear_features(share) -> None:
    """Where plain updates hardly move and Newton's method must take over early."""
    activation = Activation("mine", 0.0, math.sqrt(share), math.sqrt(1 - share))
    end = hidden.interpolation_point(1e4, activation=activation)
    s = hidden.solve(end, 1e4, activation)
    assert s.converged
    assert abs(s.entropy) < 1e-9


@pytest.mark.parametrize("kappa", [-3.0, -4.0])
def test_the_branch_folds_only_beyond_the_interpolation_point(kappa) -> None:
    share, points = 2 / math.pi, []
    at = cold_start(3.0, share, 0.5)
    for p in np.linspace(0.01, 0.95, 200):
        point = branch(0.5 * p * (2.0 - p) / (1.0 - p) ** 2, 3.0, share, kappa, at)
        at = point.inner
        points.append((point.alpha, point.entropy))
    load, entropy = np.array(points).T
    assert (np.diff(load) < 0).any()
    assert (np.diff(load)[entropy[1:] > -2.5] > 0).all()
    zero = hidden.interpolation_point(3.0, margin=kappa)
    assert load[entropy < -2.5].min() > 2.0 * zero


def test_bad_input() -> None:
    for bad in (-0.1, math.nan, math.inf, 1e-200, "1"):
        with pytest.raises(ValueError, match="alpha"):
            hidden.solve(bad, 3.0)
    for bad in (0, -1, math.nan, 1e9):
        with pytest.raises(ValueError, match=r"alpha_teacher = .* in \[1e-06, 10000\]"):
            hidden.solve(0.5, bad)
    with pytest.raises(
        ValueError, match=r"alpha = 3.0 .*below 1\.\d+, where the replica-symmetric saddle ends"
    ):
        hidden.solve(3.0, 3.0)
    with pytest.raises(ValueError, match="linear part"):
        hidden.solve(0.5, 3.0, np.square)
    with pytest.raises(ValueError, match="margin"):
        hidden.solve(0.5, 3.0, margin=9.0)
    with pytest.raises(ValueError, match="on_failure"):
        hidden.solve(0.5, 3.0, on_failure="ignore")


def test_bayes_knows_the_inputs() -> None:
    s = hidden.solve(0.5, 1.0)
    assert s.bayes_error == teacher.solve(Binary(), 1.0).bayes_error < s.barycenter_error
    assert hidden.solve(0.5, 3.0).bayes_error == 0.0
