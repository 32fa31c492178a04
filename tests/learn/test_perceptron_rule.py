"""The perceptron rule against the convergence theorem; its one-step kernel; its refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnscape.errors import ConvergenceError
from learnscape.learn import max_margin, rosenblatt, rosenblatt_bound, rosenblatt_step
from learnscape.patterns import random_patterns, teacher_patterns


@given(
    n=st.integers(2, 30),
    load=st.floats(0.1, 1.5),
    kind=st.sampled_from(["binary", "gaussian"]),
    seed=st.integers(0, 10**6),
    shuffled=st.booleans(),
)
def test_convergence_theorem(n: int, load: float, kind: str, seed: int, shuffled: bool) -> None:
    """At kappa = 0 at most max|xi|^2 / K^2 updates, K the largest stability; every stability ends >= 0."""
    xi = random_patterns(max(1, int(load * n)), n, kind=kind, rng=seed)
    best = max_margin(xi)
    if not best.separable:
        return
    run = rosenblatt(xi, rng=seed if shuffled else None, max_sweeps=100_000)
    assert run.converged
    assert 1 <= run.updates <= rosenblatt_bound(xi, best.stability) * (1 + 1e-9)
    assert run.updates == run.trace.sum()
    assert run.sweeps == len(run.trace)
    assert run.trace[-1] == 0
    assert (run.trace[:-1] > 0).all()
    assert run.weights @ run.weights == pytest.approx(n, rel=1e-12)
    assert 0 <= run.stability <= best.stability * (1 + 1e-9)
    assert (xi @ run.weights).min() / math.sqrt(n) == pytest.approx(run.stability, abs=1e-12)


@pytest.mark.parametrize("fraction", [0.3, 0.7, 0.95])
def test_a_margin_below_the_largest_is_reached(fraction: float) -> None:
    xi = random_patterns(40, 40, rng=8)
    best = max_margin(xi).stability
    run = rosenblatt(xi, fraction * best, rng=1)
    assert run.stability >= fraction * best
    with pytest.raises(ConvergenceError):
        rosenblatt(xi, 1.01 * best, max_sweeps=2000)


def test_a_negative_margin_needs_less() -> None:
    xi = random_patterns(200, 100, kind="gaussian", rng=8)
    assert rosenblatt(xi, -1.0).updates < rosenblatt(xi, -0.5).updates
    assert rosenblatt(xi, -0.5).stability >= -0.5


@pytest.mark.kernels
def test_the_bound_is_sharp_where_the_proof_is() -> None:
    """One pattern: one update, and the bound is one update."""
    run = rosenblatt([[3.0, 4.0]])
    assert run.updates == 1
    assert rosenblatt_bound([[3.0, 4.0]], run.stability) == pytest.approx(1.0, rel=1e-14)


@pytest.mark.kernels
def test_step_is_the_rule() -> None:
    """The kernel against five lines of NumPy, from random weights, and against a whole run."""
    rng = np.random.default_rng(0)
    xi = random_patterns(12, 7, kind="gaussian", rng=rng)
    for kappa in (-0.5, 0.0, 0.8):
        for mu in range(12):
            weights = rng.standard_normal(7)
            fails = xi[mu] @ weights / np.linalg.norm(weights) < kappa
            after = weights + fails * xi[mu]
            assert rosenblatt_step(xi.ravel(), weights, mu, kappa) == float(fails)
            assert np.array_equal(weights, after)

    xi = xi[:7]
    weights = np.zeros(7)
    updates = 0
    for _ in range(200):
        updates += sum(int(rosenblatt_step(xi.ravel(), weights, float(mu), 0.0)) for mu in range(7))
    run = rosenblatt(xi)
    assert run.updates == updates
    assert np.allclose(run.weights, weights * math.sqrt(7) / np.linalg.norm(weights), rtol=1e-14)


def test_a_teacher_is_learnt() -> None:
    """Overlap with the teacher grows with alpha; at alpha = 20 the angle is small."""
    overlaps = []
    for alpha in (1, 5, 20):
        rule = teacher_patterns(alpha * 50, 50, "spherical", kind="gaussian", rng=3)
        overlaps.append(rosenblatt(rule.patterns, rng=1, max_sweeps=100_000).weights @ rule.teacher / 50)
    assert overlaps[0] < overlaps[1] < overlaps[2]
    assert overlaps[2] > 0.95


def test_giving_up_says_so() -> None:
    contradiction = [[1.0, 2.0], [-1.0, -2.0], [0.5, 1.0]]
    with pytest.raises(ConvergenceError, match="37 sweeps") as failure:
        rosenblatt(contradiction, max_sweeps=37)
    assert len(failure.value.trace) == 37
    state = rosenblatt(contradiction, max_sweeps=300, on_failure="return")
    assert not state.converged
    assert state.sweeps == 300
    assert np.isfinite(state.weights).all()
    zero = rosenblatt([[1.0], [-1.0]], max_sweeps=2, on_failure="return")
    assert not zero.converged
    assert np.isfinite(zero.stability)


def test_bad_arguments_name_the_value() -> None:
    xi = random_patterns(3, 4, rng=1)
    for bad, message in (
        ({"kappa": math.nan}, "kappa = nan"),
        ({"kappa": math.inf}, "kappa = inf"),
        ({"max_sweeps": 0}, "max_sweeps = 0"),
        ({"max_sweeps": 1.5}, "max_sweeps = 1.5"),
        ({"on_failure": "ignore"}, "on_failure = 'ignore'"),
    ):
        with pytest.raises(ValueError, match=message):
            rosenblatt(xi, **bad)
    with pytest.raises(ValueError, match="two-dimensional"):
        rosenblatt(xi[0])
    with pytest.raises(ValueError, match="stability = 0"):
        rosenblatt_bound(xi, 0.0)


def test_updates_that_the_chapter_states_for_a_margin() -> None:
    """1647 with the right condition, and 180 where the field is compared with kappa itself, as without any margin."""
    xi = random_patterns(100, 100, rng=7)
    kappa = 0.9 * max_margin(xi).stability

    def slip(kappa: float) -> int:
        w, total, before = np.zeros(100), 0, -1
        while total != before:
            before = total
            for pattern in xi:
                if w @ pattern <= kappa:
                    w, total = w + pattern, total + 1
        return total

    assert rosenblatt(xi, kappa=kappa).updates == 1647
    assert slip(kappa) == slip(0.0) == 180
