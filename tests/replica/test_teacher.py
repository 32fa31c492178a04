"""Teacher and student: the first-order transition computed, exactness of the saddle, limits, branches."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnscape import Binary, Spherical
from learnscape.numerics.gaussian import quadrature
from learnscape.replica import teacher
from learnscape.replica._teacher_kernels import arcsin_kernel

BOTH = [Binary(), Spherical()]


def textbook_phi(weights, alpha, q, q_hat):
    """The free entropy in the form of the module docstring, by an independent quadrature."""
    from scipy.special import log_ndtr

    z, w = quadrature(800)
    gamma = math.sqrt(q / (1 - q))
    log_h = log_ndtr(-gamma * z)
    energetic = 2 * alpha * float(w @ (np.exp(log_h) * log_h))
    if isinstance(weights, Spherical):
        return 0.5 * (q_hat - math.log1p(q_hat)) - 0.5 * q_hat * q + energetic
    h = math.sqrt(q_hat) * z + q_hat
    return -0.5 * q_hat * (1 + q) + float(w @ (np.abs(h) + np.log1p(np.exp(-2 * np.abs(h))))) + energetic


@pytest.mark.kernels
def test_first_order_transition_and_spinodal() -> None:
    alpha = teacher.transition(Binary())
    assert alpha == pytest.approx(1.244684, abs=6e-7)
    there = teacher.solve(Binary(), alpha, branch="metastable")
    assert abs(there.entropy) < 1e-13
    assert there.overlap == pytest.approx(0.69376, abs=6e-6)
    assert there.generalization_error == pytest.approx(0.25595, abs=6e-6)
    end = teacher.spinodal(Binary())
    assert end == pytest.approx(1.492632, abs=6e-7)
    assert teacher.solve(Binary(), end * (1 - 1e-12), branch="metastable").overlap == pytest.approx(
        0.89366, abs=2e-5
    )


def test_equilibrium_jumps_from_poor_to_perfect() -> None:
    alpha = teacher.transition(Binary())
    before, after = teacher.solve(Binary(), alpha - 1e-6), teacher.solve(Binary(), alpha + 1e-6)
    assert (before.branch, after.branch) == ("metastable", "perfect")
    assert before.generalization_error > 0.25
    assert (after.generalization_error, after.bayes_error, after.entropy, after.overlap) == (
        0.0,
        0.0,
        0.0,
        1.0,
    )
    assert teacher.solve(Binary(), 0.3, branch="perfect").entropy == 0.0
    assert teacher.solve(Binary(), 2.0).branch == "perfect"
    with pytest.raises(ValueError, match=r"alpha = 1.5 .*1.49263"):
        teacher.solve(Binary(), 1.5, branch="metastable")


@pytest.mark.parametrize("weights", BOTH)
@pytest.mark.parametrize("alpha", [0.05, 0.6, 1.2])
def test_free_entropy_is_stationary(weights, alpha) -> None:
    solution = teacher.solve(weights, alpha)
    q, q_hat = solution.q, solution.q_hat
    assert textbook_phi(weights, alpha, q, q_hat) == pytest.approx(solution.entropy, abs=1e-13)
    for axis, x in ((0, q), (1, q_hat)):
        h = 1e-3 * x
        f = [
            textbook_phi(weights, alpha, *((x + k * h, q_hat) if axis == 0 else (q, x + k * h)))
            for k in (-2, -1, 1, 2)
        ]
        assert abs((f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * h)) < 1e-10


@pytest.mark.parametrize(("weights", "alpha"), [(Binary(), "1.1"), (Spherical(), "4")])
def test_textbook_saddle_equations_by_mpmath(weights, alpha) -> None:
    solution = teacher.solve(weights, float(alpha))
    with mp.workdps(25):
        alpha, q, q_hat = mp.mpf(alpha), mp.mpf(solution.q), mp.mpf(solution.q_hat)
        gamma = mp.sqrt(q / (1 - q))

        def tail(y):
            return mp.erfc(y / mp.sqrt(2)) / 2

        cuts = [-12, -6, -3, -1, 0, 1, 3, 6, 12]
        right = (
            2
            * alpha
            / (1 - q)
            * mp.quad(lambda t: mp.npdf(t) * mp.npdf(gamma * t) ** 2 / tail(-gamma * t), cuts)
        )
        assert float(right / q_hat) == pytest.approx(1.0, abs=1e-12)
        if isinstance(weights, Binary):
            left = mp.quad(lambda z: mp.npdf(z) * mp.tanh(mp.sqrt(q_hat) * z + q_hat), cuts)
        else:
            left = q_hat / (1 + q_hat)
        assert float(left / q) == pytest.approx(1.0, abs=1e-13)


def test_spherical_error_decays_as_one_over_alpha() -> None:
    values = [
        alpha * teacher.solve(Spherical(), alpha).generalization_error for alpha in (50.0, 1e3, 1e6, 1e12)
    ]
    assert values[0] == pytest.approx(0.6243, abs=6e-5)
    assert values == sorted(values)
    # Gyorgyi and Tishby: q/sqrt(1-q) = alpha sqrt(2/pi) E A(tau) as q -> 1, and error = sqrt(2 (1-q))/pi
    z, w = quadrature()
    from learnscape.numerics.gaussian import inverse_mills

    limit = (
        1
        / (math.sqrt(math.pi) * float(w @ inverse_mills(z)))
        * math.sqrt(math.pi / 2)
        * math.sqrt(2 / math.pi)
    )
    assert values[-1] == pytest.approx(limit, rel=1e-9)
    assert limit == pytest.approx(0.625, abs=5e-4)


@given(st.sampled_from(BOTH), st.floats(1e-10, 1.2), st.floats(1.001, 1.03))
def test_more_examples_teach_more(weights, alpha, factor) -> None:
    a, b = teacher.solve(weights, alpha), teacher.solve(weights, alpha * factor)
    assert a.converged
    assert b.converged
    assert b.overlap > a.overlap
    assert b.generalization_error < a.generalization_error <= 0.5
    assert b.entropy < a.entropy
    assert a.bayes_error < a.generalization_error  # the vote of all beats one student at random
    assert (
        a.entropy >= weights.annealed_entropy - alpha * math.log(2) - 1e-12
    )  # labels are informative, at most one bit each


@given(st.floats(1e-6, 1e12))
def test_spherical_teacher_at_every_load(alpha) -> None:
    solution = teacher.solve(Spherical(), alpha)
    assert solution.converged
    assert 0 < solution.generalization_error < 0.5
    # information: entropy falls by what a new label tells, dS/dalpha = 2 int Dt H ln H < 0, at least -ln 2
    assert solution.entropy < 0


@pytest.mark.kernels
@pytest.mark.parametrize("x", [0.0, 1e-12, 1e-3, 0.3, 0.7, 0.999, 1.0])
def test_arcsin(x) -> None:
    assert arcsin_kernel(x) == pytest.approx(math.asin(x), rel=3e-15, abs=0.0)


@pytest.mark.parametrize("alpha", [0.0, -1, math.nan, math.inf, "2", None, True])
def test_bad_loads(alpha) -> None:
    with pytest.raises(ValueError, match=r"alpha = .* finite number > 0"):
        teacher.solve(Binary(), alpha)


def test_bad_requests_say_why() -> None:
    for function in (teacher.transition, teacher.spinodal):
        with pytest.raises(ValueError, match="decays continuously"):
            function(Spherical())
    with pytest.raises(ValueError, match="one branch"):
        teacher.solve(Spherical(), 1.0, branch="perfect")
    with pytest.raises(ValueError, match="branch"):
        teacher.solve(Binary(), 1.0, branch="best")
    with pytest.raises(ValueError, match="weights"):
        teacher.solve("Binary", 1.0)  # type: ignore[arg-type]


@given(st.floats(-149.9, 149.9))
def test_every_field_of_the_spherical_answer_is_a_number(exponent) -> None:
    solution = teacher.solve(Spherical(), 10**exponent)
    values = (solution.overlap, solution.q_hat, solution.entropy, solution.generalization_error)
    assert all(map(math.isfinite, values))
    assert 0 < solution.q <= 1
    assert solution.converged


@pytest.mark.parametrize("alpha", [1e156, 1e300, 1e-160, 5e-324, 10**400])
def test_loads_that_no_double_can_serve_are_refused(alpha) -> None:
    for weights in BOTH:
        with pytest.raises(ValueError, match=r"alpha = .* \[1e-150, 1e\+150\]"):
            teacher.solve(weights, alpha)
