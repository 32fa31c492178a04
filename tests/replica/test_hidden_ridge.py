"""Ridge regression on random features: the replica equations, simulation, double descent; curves and diagrams."""

from __future__ import annotations

import math

import numpy as np
import pytest

from learnscape.activations import Activation, find
from learnscape.patterns import hidden_patterns
from learnscape.replica import hidden


def free_energy(x, alpha, alpha_t, m, lam):
    """beta -> infinity limit of the replica free entropy: q, p, r, and the responses chi, pi of weights and projections."""
    q, p, r, chi, pi = x
    shared, v = m * p + (1 - m) * q, m * pi + (1 - m) * chi
    loss = 1 - 2 * math.sqrt(2 * m / math.pi) * r + shared
    volume = (p - r * r) / pi - (q + p) / chi + q * pi / chi**2
    return 0.5 * q / chi - 0.5 * lam * q + alpha / alpha_t * 0.5 * volume - 0.5 * alpha * loss / (1 + v)


@pytest.mark.parametrize(
    ("alpha", "alpha_t", "name", "lam"),
    [(0.5, 3.0, "sign", 0.1), (2.0, 0.7, "relu", 1.5), (1.0, 5.0, "erf", 0.01)],
)
def test_free_energy_is_stationary(alpha, alpha_t, name, lam) -> None:
    m, s = find(name).linear_share, hidden.ridge(alpha, alpha_t, name, lam)
    # z from r, and with it the responses
    ratio = s.r / (math.sqrt(2 * m / math.pi) * alpha_t)  # z e
    z = ratio / (1 - m * alpha_t * ratio)
    e = 1 / (1 + m * alpha_t * z)
    chi = z / (1 - z * (m * e + 1 - m))
    x = [s.q, s.p, s.r, chi, chi * e]
    for i, size in enumerate(x):
        h, values = 1e-4 * size, []
        for k in (-2, -1, 1, 2):
            y = list(x)
            y[i] += k * h
            values.append(free_energy(y, alpha, alpha_t, m, lam))
        assert abs((values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * h)) < 1e-8, i


@pytest.mark.parametrize(
    ("alpha", "alpha_t", "name", "lam"),
    [(0.5, 3.0, "sign", 0.0), (2.0, 3.0, "relu", 0.0), (1.0, 1.5, "erf", 0.3)],
)
def test_simulation(alpha, alpha_t, name, lam) -> None:
    """P = 360, four samples of the Gaussian-equivalent and four of the real features."""
    p, rng, found = 360, np.random.default_rng(41), []
    n, d = round(p / alpha), round(p / alpha_t)
    for equivalent in (True, False) * 4:
        data = hidden_patterns(n, d, p, name, equivalent=equivalent, rng=rng)
        x = data.patterns / math.sqrt(n)
        if lam:
            w = np.linalg.solve(x.T @ x + lam * np.eye(n), x.sum(axis=0))
        else:
            w = np.linalg.lstsq(x, np.ones(p), rcond=1e-12)[0]
        s = w @ data.projection / math.sqrt(n)
        found.append((w @ w / n, s @ s / d, s @ data.teacher / d, float(data.equivalent_error(w))))
    exact = hidden.ridge(alpha, alpha_t, name, lam)
    for part in (found[::2], found[1::2]):
        mean, bar = np.mean(part, axis=0), np.std(part, axis=0, ddof=1) / 2
        expected = [exact.q, exact.p, exact.r, exact.generalization_error]
        assert (np.abs(mean - expected) < 5 * bar + 0.02 * np.abs(expected)).all()


def test_double_descent() -> None:
    """The error of least squares has its peak, 1/2, at N = P; regularization removes it, and binary students do not have it."""
    ratios = np.array([0.2, 0.5, 0.9, 0.999, 1.001, 1.1, 2.0, 10.0, 100.0])
    errors = np.array([hidden.ridge(1 / ratio, 3.0).generalization_error for ratio in ratios])
    assert errors[3] > 0.49
    assert errors[4] > 0.49
    assert (np.diff(errors[4:]) < 0).all()
    assert errors[-1] < errors[:4].min()
    tamed = [hidden.ridge(1 / ratio, 3.0, "sign", 0.5).generalization_error for ratio in ratios]
    assert (np.diff(tamed) < 0).all()
    assert hidden.ridge(0.5, 3.0, "sign", 1e-8).generalization_error == pytest.approx(errors[6], abs=1e-7)


def test_bad_ridge() -> None:
    with pytest.raises(ValueError, match=r"alpha = 1.0 .*the weights diverge"):
        hidden.ridge(1.0, 3.0)
    for bad in (-1.0, math.nan, 1e-20):
        with pytest.raises(ValueError, match="regularization"):
            hidden.ridge(0.5, 3.0, "sign", bad)
    with pytest.raises(ValueError, match="alpha = 0"):
        hidden.ridge(0, 3.0)
    with pytest.raises(ValueError, match="linear directions"):
        hidden.ridge(0.5, 3.0, Activation("linear", 0.0, 1.0, 0.0))


def test_curves() -> None:
    curve = hidden.dense_curve(0.9, 3.0, [0.02, 0.2, 0.05])
    assert curve.distance.tolist() == [0.2, 0.05, 0.02]
    assert curve.entropy[1] == pytest.approx(hidden.dense(0.9, 3.0, 0.05).entropy, abs=1e-11)
    lost = hidden.dense_curve(0.5, 3.0, [0.1, 1e-6])
    assert len(lost.points) == 1
    assert 1e-6 < lost.lost_below < 0.1
    grown = hidden.weights_curve(3.0, [0.9, 1.0, 2.0, 4.0])
    assert [region is not None for region in grown.dense] == [True] * 4
    gain = [
        a.generalization_error - b.generalization_error
        for a, b in zip(grown.typical, grown.dense, strict=True)
    ]
    assert gain == sorted(gain)  # the more weights, the more is gained by looking for dense regions
    assert grown.interpolation == pytest.approx(0.8775, abs=5e-5)
    assert 1 / grown.local_entropy.alpha == pytest.approx(0.96892, abs=5e-6)
    diagram = hidden.phase_diagram([0.1, 1.0, 10.0], activation="relu")
    assert (np.diff(diagram.interpolation) > 0).all()
    assert (np.abs(diagram.ratio - 0.903) < 0.006).all()  # almost constant: both transitions move together
    assert (diagram.weights_per_pattern[1] > diagram.weights_per_pattern[0]).all()
    with pytest.raises(ValueError, match="ratios"):
        hidden.weights_curve(3.0, [1.0, -1.0])
