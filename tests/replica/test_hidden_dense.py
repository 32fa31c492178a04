"""Dense regions of the hidden-teacher model: the textbook free entropy is stationary, the limit y -> infinity, thresholds, bad input."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import log_ndtr, logsumexp, ndtr

from learnscape import ConvergenceError
from learnscape.activations import find
from learnscape.numerics.gaussian import inverse_mills, quadrature
from learnscape.replica import hidden
from learnscape.replica.hidden import _dense, _dense_terms
from learnscape.replica.hidden._finite_terms import sites_of

Z, W = quadrature(400)


def best_site(a, delta):
    """max over u of -u^2/2 + ln 2cosh(a + sqrt(delta) u), the maximum on the side of a."""
    size = np.abs(a)
    h = size + delta
    for _ in range(200):
        t = np.tanh(h)
        h = h - (h - size - delta * t) / (1 - delta * (1 - t * t))
    return -0.5 * delta * np.tanh(h) ** 2 + h + np.log1p(np.exp(-2 * h))


def best_field(omega, v, delta, kappa):
    """max over u of -u^2/2 + ln H((kappa - omega - sqrt(delta) u)/sqrt(v)), by bisection."""
    root = math.sqrt(v)
    g = lambda x: inverse_mills((kappa - x) / root) / root  # noqa: E731
    low, high = omega.copy(), omega + delta * g(omega)
    for _ in range(90):
        middle = 0.5 * (low + high)
        below = middle - delta * g(middle) < omega
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    x = 0.5 * (low + high)
    return log_ndtr((x - kappa) / root) - 0.5 * delta * g(x) ** 2


def textbook(x, q1, alpha, alpha_t, m, kappa):
    """S_I in the form of the replica calculation, by averages over the field and maxima in it."""
    q_hat, delta_hat, delta_q, p_d, p1, delta_p, r = x
    v, total = 1 - q1, 1 - q1 + delta_q
    inner, outer = p_d - p1, p_d - p1 + delta_p
    sites = -0.5 * (q1 * delta_hat + q_hat * delta_q) - 0.5 * q_hat * v
    sites += float(W @ best_site(math.sqrt(q_hat) * Z, delta_hat))
    volume = math.log(inner / v) + (p1 - r * r) / outer - q1 / total - inner / v - p1 / total
    volume = 0.5 * (volume + q1 * outer / total**2 + 1)
    shared, along = m * p1 + (1 - m) * q1, math.sqrt(m) * r
    label = 2 * ndtr(along * Z / math.sqrt(shared - along**2))
    best = best_field(math.sqrt(shared) * Z, m * inner + (1 - m) * v, m * delta_p + (1 - m) * delta_q, kappa)
    return sites + alpha / alpha_t * volume + alpha * float(W @ (label * best))


def parameters(alpha, alpha_t, m, kappa, distance, y=math.inf):
    """The order parameters in the form of the textbook."""
    curve = _dense._Curve(alpha, alpha_t, m, kappa, y)
    curve.go(math.log(2 * distance))
    q_hat, delta_hat, e_d, e, r, c = np.exp(curve.x)
    at = _dense_terms.sites(q_hat, delta_hat) if y == math.inf else sites_of(q_hat, delta_hat, y)
    inner, outer = at.v * e_d, at.total * e
    p1 = r * r + c + (outer - inner) / y
    return (q_hat + delta_hat / y, delta_hat, at.total - at.v, inner + p1, p1, outer - inner, r)


CASES = [
    (0.9, 3.0, "sign", 0.0, 0.15),  # one maximum
    (0.9, 3.0, "sign", 0.0, 0.05),  # delta_q_hat > 1: a gap
    (1.2, 10.0, "erf", 0.0, 0.08),
    (0.7, 0.2, "relu", 0.0, 0.06),
    (0.4, 2.0, "sign", 0.3, 0.1),
]


@pytest.mark.parametrize(("alpha", "alpha_t", "name", "kappa", "distance"), CASES)
def test_local_entropy_is_stationary_and_its_slope_explicit(alpha, alpha_t, name, kappa, distance) -> None:
    m = find(name).linear_share
    x = parameters(alpha, alpha_t, m, kappa, distance)
    s = hidden.dense(alpha, alpha_t, distance, math.inf, name, kappa)
    q1 = 1 - 2 * distance
    assert textbook(x, q1, alpha, alpha_t, m, kappa) == pytest.approx(s.entropy, abs=1e-11)
    edge = 1e-3 * min(x[3] - x[4], x[4] - x[6] ** 2, 2 * distance)
    for i, size in enumerate(x):
        h = min(1e-3 * size, edge) if i > 2 else 1e-3 * size
        values = []
        for k in (-2, -1, 1, 2):
            y = list(x)
            y[i] += k * h
            values.append(textbook(y, q1, alpha, alpha_t, m, kappa))
        assert abs((values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * h)) < 1e-8, i
    h = 1e-4 * distance
    near = [hidden.dense(alpha, alpha_t, distance + k * h, math.inf, name, kappa).entropy for k in (-1, 1)]
    assert (near[1] - near[0]) / (2 * h) == pytest.approx(s.slope, abs=1e-6)


def finite_y(x, q1, y, alpha, alpha_t, m):
    """The free entropy of y students a region, at the order parameters of the limit (kappa = 0)."""
    q_hat1, delta_hat, delta_q, p_d, p1, delta_p, r = x
    q0, q_hat0, p0 = q1 - delta_q / y, q_hat1 - delta_hat / y, p1 - delta_p / y
    z1, w1 = quadrature(800, 7 + 3.2 * math.sqrt(y))
    lw1 = np.log(w1)
    h = math.sqrt(q_hat0) * Z[:, None] + math.sqrt(delta_hat / y) * z1
    sites = logsumexp(y * (np.abs(h) + np.log1p(np.exp(-2 * np.abs(h)))) + lw1, axis=1)
    phi = -0.5 * y * ((y - 1) * q1 * q_hat1 - y * q0 * q_hat0) - 0.5 * y * q_hat1 + float(W @ sites)
    v, total, inner, outer = 1 - q1, 1 - q1 + delta_q, p_d - p1, p_d - p1 + delta_p
    det = (1 - 1 / y) * math.log(inner / v) + math.log(outer / total) / y + (p0 - r * r) / outer - q0 / total
    trace = (1 - 1 / y) * inner / v + outer / total / y + p0 / total - outer * q0 / total**2
    phi += y * alpha / alpha_t * 0.5 * (det - trace + 1)
    shared0, along = m * p0 + (1 - m) * q0, math.sqrt(m) * r
    delta = m * delta_p + (1 - m) * delta_q
    omega = math.sqrt(shared0) * Z[:, None] + math.sqrt(delta / y) * z1
    fields = logsumexp(y * log_ndtr(omega / math.sqrt(m * inner + (1 - m) * v)) + lw1, axis=1)
    label = 2 * ndtr(along * Z / math.sqrt(shared0 - along**2))
    return phi + alpha * float(W @ (label * fields))


@pytest.mark.parametrize("distance", [0.2, 0.24])
def test_external_entropy_is_what_finite_y_leaves(distance) -> None:
    """Phi = y S + S_ext + O(1/y), and the order parameters of the limit are good enough for the first two."""
    m = find("sign").linear_share
    x = parameters(0.9, 3.0, m, 0.0, distance)
    s = hidden.dense(0.9, 3.0, distance)
    rest = [finite_y(x, s.q1, y, 0.9, 3.0, m) - y * s.entropy for y in (20.0, 40.0, 80.0)]
    once = [2 * rest[1] - rest[0], 2 * rest[2] - rest[1]]
    assert (4 * once[1] - once[0]) / 3 == pytest.approx(s.external_entropy, abs=1e-4)


@pytest.mark.parametrize(("y", "distance"), [(2.5, 0.1), pytest.param(12.0, 0.05, marks=pytest.mark.weekly)])
def test_free_entropy_of_finite_y_is_stationary(y, distance) -> None:
    """And its value is S_ext + y S, with S = dPhi/dy at fixed order parameters."""
    m, alpha, alpha_t, q1 = find("sign").linear_share, 0.9, 3.0, 1 - 2 * distance
    x = parameters(alpha, alpha_t, m, 0.0, distance, y)
    s = hidden.dense(alpha, alpha_t, distance, y)
    assert finite_y(x, q1, y, alpha, alpha_t, m) == pytest.approx(
        s.external_entropy + y * s.entropy, abs=1e-9
    )
    edge = 1e-3 * min(x[3] - x[4], x[4] - x[6] ** 2, 2 * distance)
    for i, size in enumerate(x):
        h, values = edge if i > 1 else 1e-3 * size, []
        for k in (-2, -1, 1, 2):
            z = list(x)
            z[i] += k * h
            values.append(finite_y(z, q1, y, alpha, alpha_t, m))
        assert abs((values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * h)) < 1e-7 * y, i
    h = 1e-3 * y
    # the order parameters are stationary, so that they need not be held fixed
    near = [hidden.dense(alpha, alpha_t, distance, y + k * h) for k in (-1, 1)]
    phi = [t.external_entropy + t.y * t.entropy for t in near]
    assert (phi[1] - phi[0]) / (2 * h) == pytest.approx(s.entropy, abs=1e-6)
    h = 1e-3 * distance
    near = [hidden.dense(alpha, alpha_t, distance + k * h, y) for k in (-1, 1)]
    phi = [t.entropy + t.external_entropy / y for t in near]
    assert (phi[1] - phi[0]) / (2 * h) == pytest.approx(s.slope, abs=1e-5)


def test_one_student_a_region_is_typical_and_many_are_the_limit() -> None:
    typical = hidden.solve(0.9, 3.0)
    one = hidden.dense(0.9, 3.0, 0.1, 1.0)
    assert one.entropy + one.external_entropy == pytest.approx(typical.entropy, abs=1e-12)
    assert one.generalization_error == pytest.approx(typical.generalization_error, abs=1e-12)
    limit, many = hidden.dense(0.9, 3.0, 0.15), hidden.dense(0.9, 3.0, 0.15, 2000.0)
    assert many.entropy == pytest.approx(limit.entropy, abs=1e-5)
    assert many.external_entropy == pytest.approx(limit.external_entropy, abs=2e-3)


def test_the_densest_regions_that_exist() -> None:
    """At alpha = 0.6 and d = 0.1 another program found y = 26 and S = 0.1332, just below the formal limit 0.134604."""
    s = hidden.dense(0.6, 1e-6, 0.1, "zero_external_entropy")
    assert s.y == pytest.approx(26.3, abs=0.1)
    assert s.entropy == pytest.approx(0.1332, abs=1e-5)
    assert abs(s.external_entropy) < 1e-7
    assert not s.formal
    far = hidden.dense(0.9, 3.0, 0.2, "zero_external_entropy")
    assert far.y == math.inf
    assert far.external_entropy == pytest.approx(hidden.dense(0.9, 3.0, 0.2).external_entropy, abs=1e-12)
    assert far.external_entropy > 0


@pytest.mark.weekly
def test_where_existing_dense_regions_end() -> None:
    """Without formal limit the point lies higher: 0.772 +- 0.002 for random labels by another program."""
    point = hidden.local_entropy_point(1e-6, y="zero_external_entropy")
    assert point.alpha == pytest.approx(0.7737, abs=2e-4)
    assert point.distance == pytest.approx(0.003, abs=5e-4)
    assert hidden.local_entropy_point(1e-6, y=math.inf).alpha < point.alpha < hidden.interpolation_point(1e-6)
    assert not point.formal


def test_random_labels_have_the_local_entropy_of_the_storage_problem() -> None:
    """Values of another program at alpha = 0.6; and external entropy zero near d = 0.15."""
    for distance, value in ((0.10, 0.134604), (0.025, 0.063544)):
        assert hidden.dense(0.6, 1e-6, distance).entropy == pytest.approx(value, abs=2e-6)
    inside, outside = hidden.dense(0.6, 1e-6, 0.14), hidden.dense(0.6, 1e-6, 0.15)
    assert inside.formal
    assert inside.external_entropy < 0 < outside.external_entropy
    assert not outside.formal


def test_where_dense_regions_end() -> None:
    """The estimator is y -> infinity; known values from another program."""
    known = {0.1: 0.765043, 0.5: 0.804355, 1: 0.853287, 3: 1.032074, 4: 1.109644, 10: 1.467323}
    for alpha_t, alpha in known.items():
        point = hidden.local_entropy_point(alpha_t, y=math.inf)
        assert point.alpha == pytest.approx(alpha, abs=1.5e-6)
        assert point.alpha / hidden.interpolation_point(alpha_t) == pytest.approx(0.9065, abs=1e-3)
        assert point.formal
    random_labels = hidden.local_entropy_point(1e-6, y=math.inf)
    assert random_labels.alpha == pytest.approx(0.7553, abs=1e-5)


def test_the_point_separates_growing_from_broken() -> None:
    point = hidden.local_entropy_point(3.0, estimator="y_infinite")
    for shift, sign in ((-2e-4, 1), (2e-4, -1)):
        s = hidden.dense(point.alpha + shift, 3.0, point.distance)
        assert math.copysign(1, s.slope) == sign
        assert abs(s.slope) < 5e-3
    assert s.barycenter_error < s.generalization_error < hidden.solve(point.alpha, 3.0).generalization_error


def test_dense_students_generalize_better_than_typical_ones() -> None:
    """At alpha = 0.9 the error falls from .3110 near the typical distance to .3002 and rises again; another program's values."""
    typical = hidden.solve(0.9, 3.0)
    errors = [hidden.dense(0.9, 3.0, 0.5 * (1 - q1)).generalization_error for q1 in (0.45, 0.76, 0.92)]
    assert errors[1] == pytest.approx(0.3002, abs=1.5e-4)
    assert errors[2] == pytest.approx(0.3021, abs=1e-4)
    assert errors[1] < errors[2] < errors[0] < typical.generalization_error


def test_it_begins_at_the_typical_students() -> None:
    typical = hidden.solve(0.9, 3.0)
    s = hidden.dense(0.9, 3.0, 0.5 * (1 - typical.q) - 1e-4)
    assert s.entropy == pytest.approx(typical.entropy, abs=1e-6)
    assert s.generalization_error == pytest.approx(typical.generalization_error, abs=1e-3)
    assert abs(s.slope) < 1e-3


@pytest.mark.parametrize(("alpha", "distance", "error"), [(0.1, 0.1, 0.182), (0.9, 0.0009, 0.3065)])
def test_where_dense_regions_hold_all_configurations(alpha, distance, error) -> None:
    """Small loads or distances: fields are two peaks whose width underflows (q_hat = e^-160 and less), and S is that of all weights at (1 - sqrt(q1))/2."""
    region = hidden.dense(alpha, 3.0, distance)
    d = 0.5 * (1.0 - math.sqrt(region.q1))
    everything = -d * math.log(d) - (1.0 - d) * math.log1p(-d)
    assert region.entropy == pytest.approx(everything, abs=1e-7)
    assert region.generalization_error == pytest.approx(error, abs=2e-4)


def test_averages_over_weights_without_width() -> None:
    """As q_hat -> 0 the field sits on the two maxima: 1 - q1 no longer changes, the response grows as q_hat^(-1/2)."""
    wide, narrow = (_dense_terms.sites(math.exp(-n), 2.4) for n in (140.0, 600.0))
    assert narrow.v == pytest.approx(wide.v, rel=1e-12)
    assert math.log(narrow.total / wide.total) == pytest.approx(230.0, abs=1e-9)


@pytest.mark.weekly
def test_regions_that_more_students_than_allowed_would_leave_alone() -> None:
    """The external entropy is positive at y = 1e4 and negative at infinity: neither is the answer."""
    with pytest.raises(ConvergenceError, match="vanishes at more"):
        hidden.dense(0.1, 3.0, 0.1, "zero_external_entropy")


def test_bad_input() -> None:
    with pytest.raises(ValueError, match=r"distance = 0.3 .*less than 0.28"):
        hidden.dense(0.9, 3.0, 0.3)
    for bad in (0, -0.1, math.nan, "0.1"):
        with pytest.raises(ValueError, match="distance"):
            hidden.dense(0.9, 3.0, bad)
    for bad in (0, -1, math.nan):
        with pytest.raises(ValueError, match="alpha"):
            hidden.dense(bad, 3.0, 0.1)
    for bad in (0.5, -1.0, 1e6, math.nan, "infinite", None):
        with pytest.raises(ValueError, match=r"y = .*math.inf"):
            hidden.dense(0.9, 3.0, 0.1, bad)
    with pytest.raises(ValueError, match="no meaning"):
        hidden.local_entropy_point(3.0, y=7.0)
    for unnamed in ({}, {"y": math.inf, "estimator": "y_infinite"}):
        with pytest.raises(ValueError, match="one of them: y_infinite, zero_external_entropy, kappa_max"):
            hidden.local_entropy_point(3.0, **unnamed)
    with pytest.raises(ValueError, match="estimator = 'guess'"):
        hidden.local_entropy_point(3.0, estimator="guess")
    with pytest.raises(ValueError, match=r"alpha_teacher = 1e-06 .*0.001"):
        hidden.local_entropy_point(1e-6, estimator="kappa_max")
    with pytest.raises(ConvergenceError, match="last good one"):
        hidden.dense(0.6, 3.0, 1e-5)


def test_smaller_is_better_among_regions_that_exist() -> None:
    """At N/P = 1.2 the error rises again below d = 0.1 in the formal limit, and not at zero external entropy."""
    formal = [hidden.dense(1 / 1.2, 3.0, d).generalization_error for d in (0.1, 0.05)]
    real = [hidden.dense(1 / 1.2, 3.0, d, y="zero_external_entropy") for d in (0.1, 0.05)]
    assert formal[1] > formal[0] + 3e-4
    assert real[1].generalization_error < real[0].generalization_error - 1e-3
    assert all(
        abs(x.external_entropy) < 1e-5 and x.generalization_error < f
        for x, f in zip(real, formal, strict=True)
    )
