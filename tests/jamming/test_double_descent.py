"""Random-feature regression: exact statements against drawn features, the asymptotic law against finite sizes and against itself."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from learnscape.jamming.double_descent import from_kernel, predict, sample
from sampled import sampled


def gaussian_data(p: int, tests: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """A squared-exponential kernel on points of the plane, with a curved target."""
    x = rng.uniform(-1, 1, (p + tests, 2))
    kernel = np.exp(-2 * np.square(x[:, None] - x[None]).sum(-1)) + 0.05 * np.eye(p + tests)
    y = np.sin(3 * x[:, 0]) + x[:, 1] ** 2
    return kernel, y[:p], y[p:]


def drawn(
    kernel: np.ndarray,
    y: np.ndarray,
    truth: np.ndarray,
    n: int,
    ridge: float,
    draws: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Outputs (draws, tests) of networks whose features are Gaussian with this kernel."""
    p = len(y)
    half = np.linalg.cholesky(kernel)
    outputs = np.empty((draws, len(truth)))
    for i in range(draws):
        phi = half @ rng.standard_normal((len(half), n)) / math.sqrt(n)
        train, test = phi[:p], phi[p:]
        if ridge == 0:
            outputs[i] = test @ np.linalg.lstsq(train, y, rcond=None)[0]
        else:
            outputs[i] = test @ train.T @ np.linalg.solve(train @ train.T + ridge * np.eye(p), y)
    return outputs, np.square(outputs - truth).mean(axis=1)


def test_without_ridge_beyond_the_peak_mean_and_variance_are_exact_at_small_size() -> None:
    rng = np.random.default_rng(1)
    kernel, y, truth = gaussian_data(6, 5, rng)
    n, draws = 13, 20_000
    outputs, errors = drawn(kernel, y, truth, n, 0.0, draws, rng)
    answer = from_kernel(kernel[:6, :6], kernel[6:, :6], np.diag(kernel)[6:], y, truth, n)
    assert abs(errors.mean() - answer.error) < 5 * errors.std() / math.sqrt(draws)
    mean = kernel[6:, :6] @ np.linalg.solve(kernel[:6, :6], y)
    assert np.all(np.abs(outputs.mean(axis=0) - mean) < 5 * outputs.std(axis=0) / math.sqrt(draws))
    assert answer.limit == pytest.approx(np.mean((mean - truth) ** 2), rel=1e-10)
    # N - P instead of N - P - 1 would be excluded
    assert abs(errors.mean() - answer.limit - answer.variance * 6 / 7) > 5 * errors.std() / math.sqrt(draws)


@pytest.mark.parametrize(("n", "ridge"), [(30, 0.0), (60, 0.0), (80, 0.05), (120, 0.05), (100, 0.5)])
def test_mean_network_and_variance_where_only_the_asymptotic_law_holds(n: int, ridge: float) -> None:
    rng = np.random.default_rng(n)
    kernel, y, truth = gaussian_data(80, 40, rng)
    kernel += 0.3 * np.eye(120)  # enough rank for the limit to be reached at 80 patterns
    outputs, errors = drawn(kernel, y, truth, n, ridge, 300, rng)
    answer = from_kernel(kernel[:80, :80], kernel[80:, :80], np.diag(kernel)[80:], y, truth, n, ridge=ridge)
    variance = outputs.var(axis=0, ddof=1).mean()
    e = np.linalg.eigvalsh(kernel[:80, :80])
    left = n - np.sum((e / (e + answer.effective_ridge)) ** 2)  # corrections are of relative order 1 / left
    assert variance == pytest.approx(answer.variance, rel=0.04 + 1 / left)
    assert errors.mean() == pytest.approx(answer.error, rel=0.04 + 1 / left)
    limit = np.square(outputs.mean(axis=0) - truth).mean() - variance / 300
    noise = 3 * math.sqrt(answer.limit * variance / 300)
    assert limit == pytest.approx(answer.limit, abs=0.06 * answer.limit + noise)
    assert np.square(outputs).mean() == pytest.approx(answer.output, rel=0.04 + 1 / left)


@pytest.mark.parametrize(
    ("features", "ridge", "networks"),
    sampled(
        [
            (0.2, 0.0, 1),
            (0.5, 0.0, 4),
            (0.8, 0.1, 1),
            (1.0, 0.1, 1),
            (1.0, 0.01, 3),
            (1.5, 0.0, 1),
            (4, 0.0, 2),
        ],
        every=2,
        start=1,
    ),
)
def test_prediction_against_simulation(features: float, ridge: float, networks: int) -> None:
    def excess(p: int, draws: int) -> tuple[float, float]:
        found = [
            sample(round(features * p), p, p // 4, ridge=ridge, networks=networks, rng=seed)
            for seed in range(draws)
        ]
        exact = predict(features, ridge=ridge, networks=networks).error
        return float(np.mean(found)) / exact - 1, float(np.std(found)) / math.sqrt(draws) / exact

    small, small_error = excess(40, 200)
    large, error = excess(160, 50)
    assert abs(large) < 4 * error + 0.02
    # the finite-size correction falls like 1/P: from the two sizes nothing is left at infinity
    assert abs((4 * large - small) / 3) < 4 * math.hypot(4 * error, small_error) / 3


@pytest.mark.kernels
def test_prediction_is_the_average_of_the_kernel_law() -> None:
    p, d, tests, rho, sigma, draws = 240, 60, 200, 0.7, 0.3, 12
    cases = [(0.3, 0.0), (0.9, 0.0), (1.0, 0.1), (2.0, 0.0), (3.0, 1.0)]
    found = np.empty((draws, len(cases), 3))
    rng = np.random.default_rng(3)
    for i in range(draws):
        teacher = rng.standard_normal(d)
        teacher *= math.sqrt(d) / np.linalg.norm(teacher)
        x = rng.standard_normal((p + tests, d))
        clean = x @ teacher / math.sqrt(d)
        y = clean + sigma * rng.standard_normal(p + tests)
        kernel = rho * x @ x.T / d + (1 - rho) * np.eye(p + tests)
        blocks = (kernel[:p, :p], kernel[p:, :p], np.diag(kernel)[p:], y[:p], clean[p:])
        for j, (features, ridge) in enumerate(cases):
            answer = from_kernel(*blocks, round(features * p), ridge=ridge)
            found[i, j] = answer.limit + sigma**2, answer.variance, answer.effective_ridge
    error = found.std(axis=0, ddof=1) / math.sqrt(draws)
    for j, (features, ridge) in enumerate(cases):
        law = predict(features, ridge=ridge)
        expected = np.array([law.limit, law.variance, law.effective_ridge])
        assert np.all(np.abs(found[:, j].mean(axis=0) - expected) < 5 * error[j] + 0.02 * expected + 1e-15)


ranges = {
    "features": st.floats(0.02, 50),
    "load": st.floats(0.05, 20),
    "linear": st.floats(0.02, 0.98),
    "noise": st.floats(0, 3),
    "ridge": st.floats(0, 10),
}


@given(**ranges)
def test_identities_over_the_whole_range(
    features: float, load: float, linear: float, noise: float, ridge: float
) -> None:
    assume(abs(features - 1) > 1e-3 or ridge > 1e-6)
    rest = {"load": load, "linear": linear, "noise": noise}
    answer = predict(features, ridge=ridge, **rest)
    nu = answer.effective_ridge
    assert nu >= ridge * (1 - 1e-12)
    assert answer.variance > 0
    assert noise**2 * (1 - 1e-9) <= answer.limit < answer.error
    # the mean network is the kernel with the effective ridge: infinitely many features, ridge nu
    kernel = predict(1e9, ridge=nu, **rest)
    assert kernel.limit == pytest.approx(answer.limit, rel=1e-6)
    # degrees of freedom, from the density of Marchenko and Pastur, on a grid in the angle
    angle = (np.arange(4000) + 0.5) * math.pi / 4000
    s = 1 + load + 2 * math.sqrt(load) * np.cos(angle)
    density = 2 * np.sin(angle) ** 2 / np.maximum(s, 1e-300) * math.pi / 4000 / math.pi
    if load >= 1:
        density = density / load * load  # mass min(1, 1/load) of all P eigenvalues, the others are 0
        freedom = (1 - linear) / (1 - linear + nu) * (1 - 1 / load)
        e = linear * s + 1 - linear
        freedom += float(np.sum(density * e / (e + nu)))
    else:
        e = linear * s + 1 - linear
        freedom = float(np.sum(density * e / (e + nu)))
    scale = 1e-6 if abs(load - 1) > 0.05 else 1e-3
    if ridge > 0 or features < 1:
        assert nu * (1 - freedom / features) == pytest.approx(ridge, abs=scale * max(nu, 1) / features)


def test_averaging_divides_the_excess_and_beyond_the_peak_the_limit_is_constant() -> None:
    limit = predict(1.5, networks=math.inf).error
    for features in (1.0001, 1.2, 3.0, 40.0):
        answer = predict(features, networks=math.inf)
        assert answer.error == answer.limit == pytest.approx(limit, rel=1e-12)
    one, five = predict(1.2), predict(1.2, networks=5)
    assert five.error - limit == pytest.approx((one.error - limit) / 5, rel=1e-12)
    # and without ridge the variance has the simple pole of the inverse Wishart matrix
    assert predict(1.1).variance * 0.1 == pytest.approx(predict(7.0).variance * 6, rel=1e-12)


def test_many_features_are_the_kernel_itself() -> None:
    rng = np.random.default_rng(9)
    kernel, y, truth = gaussian_data(30, 20, rng)
    blocks = (kernel[:30, :30], kernel[30:, :30], np.diag(kernel)[30:], y, truth)
    direct = kernel[30:, :30] @ np.linalg.solve(kernel[:30, :30] + 0.2 * np.eye(30), y)
    answer = from_kernel(*blocks, 10**9, ridge=0.2)
    assert answer.error == pytest.approx(np.mean((direct - truth) ** 2), rel=1e-6)
    assert from_kernel(*blocks, 30, networks=math.inf).variance == math.inf
    assert math.isfinite(from_kernel(*blocks, 30, networks=math.inf).error)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"features": 0.0}, "features = 0.0"),
        ({"features": math.nan}, "features = nan"),
        ({"features": 1.0}, "features = 1.0.*diverges"),
        ({"features": 2.0, "linear": 1.0}, "linear = 1.0"),
        ({"features": 2.0, "linear": 1e-300}, "linear = 1e-300.*1e-60"),
        ({"features": 2.0, "load": -1.0}, "load = -1.0"),
        ({"features": 2.0, "noise": -0.1}, "noise = -0.1"),
        ({"features": 2.0, "noise": math.inf}, "noise = inf"),
        ({"features": 2.0, "ridge": -1.0}, "ridge = -1.0"),
        ({"features": 2.0, "networks": 0}, "networks = 0"),
    ],
)
def test_bad_parameters_are_named(arguments: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        predict(**arguments)


def test_bad_arrays_are_named() -> None:
    eye, y = np.eye(3), np.ones(3)
    with pytest.raises(ValueError, match=r"cross\.shape"):
        from_kernel(eye, np.ones((2, 2)), np.ones(2), y, np.ones(2), 5)
    with pytest.raises(ValueError, match="smallest eigenvalue"):
        from_kernel(np.ones((3, 3)), np.ones((2, 3)), np.ones(2), y, np.ones(2), 5)
    with pytest.raises(ValueError, match=r"features = 3.*diverges"):
        from_kernel(eye, np.ones((2, 3)), np.ones(2), y, np.ones(2), 3)
    with pytest.raises(ValueError, match=r"y = .*finite"):
        from_kernel(eye, np.ones((2, 3)), np.ones(2), [1, np.nan, 1], np.ones(2), 5)
    with pytest.raises(ValueError, match="n = 0"):
        sample(0, 3, 3)
    cross, one = np.full((2, 3), 0.1), np.ones(2)
    with pytest.raises(ValueError, match=r"train\.T = 0\.5 .*symmetric"):
        from_kernel(eye + [[0, 0.5, 0], [0, 0, 0], [0, 0, 0]], cross, one, y, one, 9)
    for scale in (1e-160, 1e160):  # the error was inf and -inf
        with pytest.raises(ValueError, match="largest entry of train"):
            from_kernel(eye * scale, cross * scale, one * scale, y, one, 9)
    with pytest.raises(ValueError, match=r"diagonal\[0\] = 1\.0 .*at least 300"):  # the variance was negative
        from_kernel(eye, 100 * cross, one, y, one, 9)


@pytest.mark.parametrize("load", [0.5, 4.0])
@pytest.mark.parametrize("linear", [0.7, 1 - 2**-53])
@pytest.mark.parametrize("distance", [1e-3, 1e-9, 1e-12, 2**-53])
def test_effective_ridge_near_the_peak_has_all_its_digits(
    load: float, linear: float, distance: float
) -> None:
    """Against the equation at 60 digits: 1 - df was a difference of numbers near one, and nu was never below 1e-18."""
    mp = pytest.importorskip("mpmath").mp
    features = 1.0 - distance
    with mp.workdps(60):
        rho, ratio = mp.mpf(linear), mp.mpf(load)

        def surplus(log_nu: float) -> float:
            t = (1 - rho + mp.exp(log_nu)) / rho
            b = t + 1 - ratio
            return mp.exp(log_nu) / rho * (mp.sqrt(b * b + 4 * ratio * t) - b) / (2 * ratio * t) - (
                1 - mp.mpf(features)
            )

        low, high = mp.mpf(-120), mp.mpf(3)
        for _ in range(120):
            middle = (low + high) / 2
            low, high = (low, middle) if surplus(middle) > 0 else (middle, high)
        nu = mp.exp(low)
        assert predict(features, load=load, linear=linear).effective_ridge == pytest.approx(
            float(nu), rel=1e-12
        )


def test_the_ends_of_the_stated_ranges_are_allowed() -> None:
    assert math.isfinite(predict(1e-60, load=1e-60, linear=1e-60).error)
    assert math.isfinite(predict(1e60, load=1e60).error)
