"""The largest stability: KKT conditions, duality gap, independent solvers, degenerate patterns, Gardner and Cover."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize, nnls
from scipy.stats import binom, norm

from learnscape.errors import ConvergenceError
from learnscape.learn import adatron, max_margin, minover, rosenblatt, separable
from learnscape.learn import margin as margin_module
from learnscape.patterns import random_patterns


def by_nnls(xi: np.ndarray) -> float:
    """Length of the shortest vector of the convex hull, by scipy: the largest stability if it is positive."""
    multipliers, _ = nnls(np.vstack([xi.T, np.ones(len(xi))]), np.append(np.zeros(xi.shape[1]), 1.0))
    return float(np.linalg.norm(multipliers @ xi) / multipliers.sum())


def check_optimal(xi: np.ndarray, gap: float = 1e-11) -> bool:
    """Everything a solution or a refusal claims, recomputed from the patterns. Returns whether they are separable."""
    best = max_margin(xi)
    longest = np.linalg.norm(xi, axis=1).max()
    assert best.dual.shape == (len(xi),)
    assert (best.dual >= 0).all()
    assert best.dual.sum() == pytest.approx(1.0, rel=1e-12)
    assert np.linalg.norm(best.dual @ xi) == pytest.approx(best.upper_bound, rel=1e-9, abs=1e-12 * longest)
    assert best.converged
    if not best.separable:
        assert best.weights is None
        assert best.stability is None
        assert best.gap == math.inf
        assert best.upper_bound <= 1e-10 * longest  # Gordan's certificate
        return False
    n = xi.shape[1]
    stability = xi @ best.weights / math.sqrt(n)
    assert best.weights @ best.weights == pytest.approx(n, rel=1e-12)
    assert stability.min() == pytest.approx(best.stability, abs=1e-13 * longest)
    assert best.stability > 0
    assert 0 <= best.gap <= gap * longest  # feasible and dual feasible: this alone proves optimality
    assert best.gap == max(best.upper_bound - best.stability, 0.0)
    # KKT: support patterns sit at the smallest stability, and w is their combination.
    assert np.abs(stability[best.support] - best.stability).max() <= 1e-9 * longest
    combination = best.dual @ xi
    assert np.allclose(best.weights / math.sqrt(n), combination / np.linalg.norm(combination), atol=1e-10)
    assert len(best.support) <= np.linalg.matrix_rank(xi)
    return True


@given(
    n=st.integers(1, 20),
    p=st.integers(1, 50),
    kind=st.sampled_from(["binary", "gaussian"]),
    bias=st.sampled_from([0.0, 0.0, 0.3, 1.0]),
    seed=st.integers(0, 10**6),
)
def test_kkt_nnls_and_linear_programming(n: int, p: int, kind: str, bias: float, seed: int) -> None:
    xi = random_patterns(p, n, kind=kind, rng=seed) + bias
    answer = separable(xi)
    assert check_optimal(xi) == answer.separable
    if answer.separable:
        best = max_margin(xi)
        assert best.stability == pytest.approx(by_nnls(xi), rel=1e-7)
        assert answer.stability <= best.stability * (1 + 1e-9)
        assert (xi @ answer.weights).min() > 0
    else:
        assert answer.certificate.min() >= 0
        assert answer.certificate.sum() == pytest.approx(1)
        assert np.linalg.norm(answer.certificate @ xi) <= 1e-9 * np.linalg.norm(xi, axis=1).max()


@given(
    rank=st.integers(1, 8),
    n=st.integers(8, 12),
    p=st.integers(2, 25),
    repeats=st.integers(0, 20),
    seed=st.integers(0, 10**6),
)
def test_repeated_and_rank_deficient_patterns(rank: int, n: int, p: int, repeats: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    xi = (rng.standard_normal((p, rank)) + 0.5) @ rng.standard_normal((rank, n))
    xi = np.vstack([xi, xi[rng.integers(0, p, repeats)]])
    assert check_optimal(xi) == separable(xi).separable


@pytest.mark.kernels
@given(seed=st.integers(0, 10**6), decades=st.floats(0, 2))
def test_patterns_of_different_length_and_scale(seed: int, decades: float) -> None:
    rng = np.random.default_rng(seed)
    xi = rng.standard_normal((12, 10)) * 10 ** rng.uniform(-decades, decades, (12, 1))
    if check_optimal(xi):
        best = max_margin(xi).stability
        assert max_margin(1e5 * xi).stability == pytest.approx(1e5 * best, rel=1e-6)
        assert max_margin(1e-150 * xi).stability == pytest.approx(1e-150 * best, rel=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_against_slsqp(seed: int) -> None:
    """The primal problem, minimise |w|^2 subject to w.xi >= 1, by a general solver."""
    xi = random_patterns(12, 8, kind="gaussian", rng=seed) + 0.4
    best = max_margin(xi)
    primal = minimize(
        lambda w: w @ w,
        np.full(8, 10.0),
        jac=lambda w: 2 * w,
        constraints={"type": "ineq", "fun": lambda w: xi @ w - 1, "jac": lambda w: xi},
        method="SLSQP",
        options={"ftol": 1e-12, "maxiter": 500},
    )
    assert best.separable == bool(primal.success and (xi @ primal.x).min() > 0.999)
    if best.separable:
        assert best.stability == pytest.approx(1 / np.linalg.norm(primal.x), rel=1e-5)


@pytest.mark.kernels
def test_small_cases_by_hand() -> None:
    one = max_margin([[3.0, 4.0]])
    assert one.stability == pytest.approx(5.0, rel=1e-15)  # one pattern: w along it
    assert one.dual.tolist() == [1.0]
    assert max_margin([[-2.0]]).weights.tolist() == [-1.0]
    two = max_margin([[1.0, 0.0], [0.0, 1.0]])
    assert two.stability == pytest.approx(1 / math.sqrt(2), rel=1e-15)
    orthogonal = max_margin(np.eye(9) * 3.0)  # equal fields: stability 3 / sqrt(9)
    assert orthogonal.stability == pytest.approx(1.0, rel=1e-14)
    assert max_margin([[2.0], [3.0]]).stability == 2.0
    opposite = max_margin([[1.0, 2.0], [-1.0, -2.0]])
    assert not opposite.separable
    assert opposite.dual == pytest.approx([0.5, 0.5])
    assert not max_margin([[1.0], [-3.0]]).separable
    assert max_margin([[1.0], [-3.0]]).dual == pytest.approx([0.75, 0.25])
    zero = max_margin([[0.0, 0.0], [1.0, 1.0]])  # a pattern of zeros has stability 0 for every w
    assert zero.dual.tolist() == [1.0, 0.0]
    assert not max_margin(np.zeros((3, 2))).separable
    assert not separable(np.zeros((3, 2))).separable


def test_more_patterns_than_the_working_set(monkeypatch: pytest.MonkeyPatch) -> None:
    xi = random_patterns(400, 12, kind="gaussian", rng=1)
    xi *= np.sign(xi @ np.ones(12))[:, None]  # labelled by a teacher: separable at any load
    hard = random_patterns(400, 12, kind="gaussian", rng=2)
    whole = max_margin(xi)
    monkeypatch.setattr(margin_module, "WORKING_SET", 30)
    assert check_optimal(xi)
    assert max_margin(xi).stability == pytest.approx(whole.stability, rel=1e-10)
    assert not check_optimal(hard)


def test_the_iterative_rules_agree_with_the_exact_one() -> None:
    for seed in range(6):
        xi = random_patterns(45, 40, kind=["binary", "gaussian"][seed % 2], rng=seed)
        best = max_margin(xi).stability
        for run, tolerance in (
            (minover(xi, tolerance=0.02), 0.02),
            (adatron(xi), 1e-6),
            (adatron(xi, omega=1.0, tolerance=1e-10), 1e-10),
        ):
            assert run.converged
            assert run.separable
            assert run.gap <= tolerance * run.upper_bound * (1 + 1e-6)
            assert (
                run.stability <= best * (1 + 1e-12) <= run.upper_bound * (1 + 2e-12)
            )  # the certificate brackets it
            assert run.stability == pytest.approx((xi @ run.weights).min() / math.sqrt(40), rel=1e-9)
            assert (run.dual >= 0).all()
            assert run.trace[-1] <= tolerance
            assert run.iterations >= 1


@pytest.mark.kernels
def test_minover_counts_its_updates() -> None:
    """Embedding strengths are integers over the number of updates, and the first update is the pattern of smallest field."""
    xi = random_patterns(20, 30, rng=5)
    run = minover(xi, tolerance=0.05)
    counts = run.dual * run.iterations
    assert np.allclose(counts, counts.round(), atol=1e-8)
    assert counts.sum() == pytest.approx(run.iterations)
    single = minover(xi, tolerance=0.05, max_updates=1, on_failure="return")
    assert single.support.tolist() == [0]
    assert not single.converged


@pytest.mark.parametrize("rule", [minover, adatron])
def test_rules_that_cannot_end_say_so(rule: object) -> None:
    xi = random_patterns(60, 10, kind="gaussian", rng=3)
    assert not separable(xi).separable
    limit = {"max_updates": 500} if rule is minover else {"max_sweeps": 500}
    with pytest.raises(ConvergenceError, match=r"500.*separable") as failure:
        rule(xi, **limit)
    assert len(failure.value.trace) >= 1
    state = rule(xi, on_failure="return", **limit)
    assert not state.converged
    assert not state.separable
    assert state.upper_bound < 0.5  # and falling: the hull contains the origin
    assert state.stability <= state.upper_bound


@pytest.mark.kernels
def test_updates_cancelling_exactly() -> None:
    state = minover([[1.0, 1.0], [-1.0, -1.0]], max_updates=2, on_failure="return")
    assert state.weights is None
    assert state.upper_bound == 0.0
    assert state.gap == math.inf


def gardner_capacity(kappa: float) -> float:
    """alpha_c(kappa) = 1 / int_{-kappa}^inf Dt (t + kappa)^2 = 1 / ((1 + kappa^2) Phi(kappa) + kappa phi(kappa))."""
    return 1 / ((1 + kappa**2) * norm.cdf(kappa) + kappa * norm.pdf(kappa))


@pytest.mark.parametrize("kind", ["binary", "gaussian"])
def test_gardners_stability(kind: str) -> None:
    """Theory against simulation at alpha = 1, N = 50, 100, 200: the mean, extrapolated in 1/N, within three error bars."""
    theory = brentq(lambda kappa: gardner_capacity(kappa) - 1.0, 0.0, 3.0)
    assert theory == pytest.approx(0.5, abs=0.1)
    sizes = np.array([50, 100, 200])
    samples = [100, 70, 40]
    rng = np.random.default_rng(12)
    means, errors = [], []
    for n, count in zip(sizes, samples, strict=True):
        values = np.array(
            [max_margin(random_patterns(n, n, kind=kind, rng=rng)).stability for _ in range(count)]
        )
        means.append(values.mean())
        errors.append(values.std(ddof=1) / math.sqrt(count))
    design = np.vstack([np.ones(3), 1 / sizes]).T / np.array(errors)[:, None]
    covariance = np.linalg.inv(design.T @ design)
    limit = float(covariance[0] @ design.T @ (np.array(means) / np.array(errors)))
    assert abs(limit - theory) < 3 * math.sqrt(covariance[0, 0])
    assert abs(means[-1] - theory) < 0.03


def cover_fraction(p: int, n: int) -> float:
    """Fraction of the 2^P labellings that are separable, P patterns in general position: P(binomial(P-1, 1/2) < N)."""
    return float(binom.cdf(n - 1, p - 1, 0.5))


@pytest.mark.parametrize(("p", "n"), [(20, 10), (12, 8), (24, 9), (5, 5), (3, 1)])
def test_covers_fraction(p: int, n: int) -> None:
    """Exactly one half at P = 2N; elsewhere Cover's count. Binomial error bars of 1500 samples."""
    samples = 1500
    rng = np.random.default_rng(99)
    found = sum(max_margin(random_patterns(p, n, kind="gaussian", rng=rng)).separable for _ in range(samples))
    expected = cover_fraction(p, n)
    if p == 2 * n:
        assert expected == pytest.approx(0.5, rel=1e-14)
    assert abs(found / samples - expected) <= 3.5 * math.sqrt(expected * (1 - expected) / samples)


def test_linear_programming_finds_covers_fraction() -> None:
    rng = np.random.default_rng(5)
    found = sum(separable(random_patterns(12, 6, kind="gaussian", rng=rng)).separable for _ in range(300))
    assert abs(found / 300 - 0.5) < 3.5 * 0.5 / math.sqrt(300)


@settings(max_examples=10)
@given(seed=st.integers(0, 10**6))
def test_no_rule_beats_the_largest_stability(seed: int) -> None:
    xi = random_patterns(15, 20, kind="gaussian", rng=seed)
    best = max_margin(xi).stability
    weights = np.random.default_rng(seed).standard_normal((1000, 20))
    weights /= np.linalg.norm(weights, axis=1)[:, None]
    assert (weights @ xi.T).min(axis=1).max() <= best
    assert rosenblatt(xi).stability <= best


@pytest.mark.parametrize("function", [max_margin, separable, minover, adatron])
@pytest.mark.parametrize(
    ("patterns", "message"),
    [
        (np.ones(4), "two-dimensional"),
        (np.ones((0, 4)), "P >= 1"),
        (np.ones((4, 0)), "N >= 1"),
        ([[1.0, math.nan]], r"patterns\[0, 1\] = nan"),
        ([[1.0, 2.0], [1.0]], "rectangular"),
    ],
)
def test_bad_patterns_name_the_value(function: object, patterns: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        function(patterns)


def test_bad_arguments_name_the_value() -> None:
    xi = random_patterns(3, 4, rng=1)
    for function, bad, message in (
        (minover, {"tolerance": 0.0}, "tolerance = 0.0"),
        (minover, {"tolerance": math.nan}, "tolerance = nan"),
        (minover, {"max_updates": 0}, "max_updates = 0"),
        (minover, {"on_failure": ""}, "on_failure = ''"),
        (adatron, {"tolerance": 1e-20}, "tolerance = 1e-20"),
        (adatron, {"omega": 2.0}, "omega = 2.0"),
        (adatron, {"max_sweeps": -1}, "max_sweeps = -1"),
    ):
        with pytest.raises(ValueError, match=message):
            function(xi, **bad)
    with pytest.raises(ValueError, match="pattern of zeros"):
        adatron([[0.0, 0.0], [1.0, 1.0]])
