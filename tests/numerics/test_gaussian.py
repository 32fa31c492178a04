"""H, log_H and inverse_mills: digits against mpmath, identities, limits, input checks."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnscape.numerics import gaussian as g

RELATIVE = 1e-14
EDGES = [
    0.0,
    -0.0,
    1e-300,
    -1e-300,
    1e-16,
    -1e-16,
    1e-8,
    -1e-8,
    0.5,
    4.0,
    30.0,
    -30.0,
    math.nextafter(30.0, 0.0),
    -29.97,
]
GRID = np.concatenate([EDGES, np.linspace(-30, 30, 481), np.random.default_rng(11).uniform(-30, 30, 400)])


def exact_h(x: float) -> mp.mpf:
    return mp.erfc(mp.mpf(x) / mp.sqrt(2)) / 2


def exact_log_h(x: float) -> mp.mpf:
    return mp.log1p(-exact_h(-x)) if x < 0 else mp.log(exact_h(x))


def exact_inverse_mills(x: float) -> mp.mpf:
    return mp.exp(-(mp.mpf(x) ** 2) / 2) / mp.sqrt(2 * mp.pi) / exact_h(x)


def relative(got: float, exact: mp.mpf) -> float:
    return float(abs(mp.mpf(float(got)) / exact - 1))


CASES = [(g.H, exact_h), (g.log_H, exact_log_h), (g.inverse_mills, exact_inverse_mills)]
NAMES = ["H", "log_H", "inverse_mills"]


@pytest.mark.parametrize(("ours", "exact"), CASES, ids=NAMES)
def test_fourteen_digits_between_minus_and_plus_thirty(ours, exact):
    values = ours(GRID)
    with mp.workdps(40):
        errors = [relative(value, exact(float(x))) for value, x in zip(values, GRID, strict=True)]
    assert max(errors) < RELATIVE, f"worst at x = {GRID[int(np.argmax(errors))]}"


@pytest.mark.parametrize(("ours", "exact"), CASES, ids=NAMES)
@given(x=st.floats(-30, 30))
def test_fourteen_digits_wherever_hypothesis_looks(ours, exact, x):
    with mp.workdps(40):
        assert relative(ours(x), exact(x)) < RELATIVE


@pytest.mark.parametrize("x", [31.0, 37.0, 40.0, 1e2, 1e3, 12345.678, 1e5, 1e8])
def test_far_right(x):
    # The continued fraction of the Mills ratio, H/G = 1/(x + 1/(x + 2/(x + ...))), an independent route.
    with mp.workdps(40):
        tail = mp.mpf(x)
        for n in range(300, 0, -1):
            tail = mp.mpf(x) + n / tail
        assert relative(g.inverse_mills(x), tail) < RELATIVE
        assert relative(g.log_H(x), -(mp.mpf(x) ** 2) / 2 - mp.log(tail * mp.sqrt(2 * mp.pi))) < RELATIVE


@pytest.mark.parametrize("x", [31.0, 35.0, 37.0])
def test_far_left(x):
    with mp.workdps(40):
        assert relative(g.log_H(-x), -exact_h(x)) < RELATIVE
        assert relative(g.inverse_mills(-x), exact_inverse_mills(-x)) < RELATIVE


def test_subnormal_results_are_rounded_not_flushed():
    with mp.workdps(40):
        for x in (37.7, 38.0, 38.3, 38.44):
            unit = 5e-324
            assert abs(mp.mpf(g.H(x)) - exact_h(x)) <= 2 * unit + 1e-14 * exact_h(x)
            assert abs(mp.mpf(g.log_H(-x)) + exact_h(x)) <= 2 * unit + 1e-14 * exact_h(x)
            assert g.H(x) > 0


def test_limits():
    inf = math.inf
    assert (g.H(inf), g.H(-inf), g.H(40.0), g.H(1e8), g.H(-1e8)) == (0.0, 1.0, 0.0, 0.0, 1.0)
    assert (g.log_H(inf), g.log_H(-inf), g.log_H(-1e8)) == (-inf, 0.0, 0.0)
    assert (g.inverse_mills(inf), g.inverse_mills(-inf), g.inverse_mills(-1e8)) == (inf, 0.0, 0.0)
    assert (g.H([inf, -inf]) == [0.0, 1.0]).all()
    assert (g.log_H([inf, -inf]) == [-inf, 0.0]).all()
    assert (g.inverse_mills([inf, -inf]) == [inf, 0.0]).all()


def test_one_half_is_exact():
    assert g.H(0.0) == 0.5
    assert g.log_H(0.0) == -math.log(2.0)


@given(x=st.floats(0, 1e8))
def test_reflection(x):
    assert abs(g.H(x) + g.H(-x) - 1.0) <= 2.3e-16


@given(x=st.floats(-25, 1e4))
def test_derivative_of_log_H_is_minus_inverse_mills(x):
    # Central difference with the error of the difference bounded from both sides: truncation h^2, rounding eps |log H| / h.
    h = 1e-4 * max(1.0, abs(x))
    slope = (g.log_H(x + h) - g.log_H(x - h)) / (2 * h)
    allowed = (
        1e-6 * abs(g.inverse_mills(x)) * max(1.0, x * x * (x < 0)) ** 2 + 4e-16 * abs(g.log_H(x + h)) / h
    )
    assert abs(slope + g.inverse_mills(x)) <= allowed


@given(x=st.floats(-30, 30), step=st.floats(1e-3, 3))
def test_monotone(x, step):
    assert g.log_H(x + step) < g.log_H(x)
    assert g.inverse_mills(x + step) > g.inverse_mills(x)


@given(x=st.floats(1e-3, 1e8))
def test_inverse_mills_between_its_classical_bounds(x):
    # x < G/H < x + 1/x (Gordon 1941), to rounding.
    assert x * (1 - 3e-15) <= g.inverse_mills(x) <= (x + 1 / x) * (1 + 3e-15)


@pytest.mark.parametrize("function", [g.H, g.log_H, g.inverse_mills], ids=NAMES)
class TestFrontEnd:
    def test_scalar_in_float_out(self, function):
        for x in (1.5, 2, np.float64(1.5), np.float32(0.5), np.int64(2), np.array(1.5)):
            assert type(function(x)) is float

    def test_any_shape(self, function):
        x = np.random.default_rng(0).normal(size=(4, 3, 5))
        for view in (
            x,
            x[::2],
            x.T,
            np.asfortranarray(x),
            x[:0],
            x[:, :, ::-1],
            x.tolist(),
            x.astype(np.float32),
        ):
            out = function(view)
            expected = np.array([function(float(v)) for v in np.asarray(view, dtype=float).ravel()])
            assert out.shape == np.shape(view)
            assert out.dtype == np.float64
            assert np.array_equal(out.ravel(), expected)

    def test_input_is_left_alone(self, function):
        x = np.linspace(-1, 1, 5)
        x.flags.writeable = False
        function(x)
        assert np.array_equal(x, np.linspace(-1, 1, 5))

    def test_nan_is_named_with_its_place(self, function):
        with pytest.raises(ValueError, match=r"^x = nan is not allowed"):
            function(math.nan)
        with pytest.raises(ValueError, match=r"^x\[1, 0\] = nan is not allowed"):
            function([[0.0, 1.0], [math.nan, 2.0]])
        with pytest.raises(ValueError, match=r"^x = nan"):
            function(np.float64("nan"))

    @pytest.mark.parametrize(
        "bad", [1j, np.array([1j, 0]), None, "1", ["a"], {}, 10**400, [10**400], np.datetime64("2020")]
    )
    def test_what_is_not_real_is_refused(self, function, bad):
        with pytest.raises(ValueError, match=r"x = .* is not allowed"):
            function(bad)

    def test_a_large_integer_is_a_number(self, function):
        assert function(10**20) == function(1e20)


class TestQuadrature:
    @pytest.mark.parametrize(("n", "allowed"), [(96, 1e-15), (128, 1e-15), (256, 1e-15)])
    def test_moments(self, n, allowed):
        z, w = g.quadrature(n)
        assert z.shape == w.shape == (n,)
        for k, double_factorial in enumerate([1, 1, 3, 15, 105]):
            terms = w * z ** (2 * k)
            assert abs(math.fsum(terms) / double_factorial - 1) < allowed
        assert np.array_equal(z, -z[::-1])
        assert np.array_equal(w, w[::-1])
        assert np.all(np.diff(z) > 0)
        assert np.all(w > 0)

    def test_a_kink_at_zero_costs_nothing(self):
        z, w = g.quadrature()
        assert abs(w @ np.abs(z) - math.sqrt(2 / math.pi)) < 2e-15
        assert abs(w @ (z > 0) - 0.5) < 1e-15

    @pytest.mark.parametrize(("q", "allowed"), [(0.3, 2e-15), (0.6, 1e-13), (0.9, 1e-9)])
    @pytest.mark.parametrize("kappa", [-1.0, 0.0, 1.0])
    def test_replica_symmetric_average(self, q, allowed, kappa):
        z, w = g.quadrature()
        ours = w @ g.log_H((kappa - math.sqrt(q) * z) / math.sqrt(1 - q))
        with mp.workdps(20):
            root, width = mp.sqrt(q), mp.sqrt(1 - mp.mpf(q))
            integrand = lambda u: mp.npdf(u) * exact_log_h((kappa - root * u) / width)  # noqa: E731
            exact = mp.quad(integrand, [-11, -6, -3, -1.5, 0, 1.5, 3, 6, 11])
        assert relative(ours, exact) < allowed

    def test_module_constants(self):
        z, w = g.quadrature(128)
        assert np.array_equal(g.NODES, z)
        assert np.array_equal(g.WEIGHTS, w)
        with pytest.raises(ValueError, match="read-only"):
            g.NODES[0] = 0.0

    @pytest.mark.parametrize("n", [0, -4, 3, 6, 8.0, True, None])
    def test_bad_n(self, n):
        with pytest.raises(ValueError, match=r"^n = "):
            g.quadrature(n)

    @pytest.mark.parametrize("cut", [0, -1.0, 38.1, math.inf, math.nan, "9"])
    def test_bad_cut(self, cut):
        with pytest.raises(ValueError, match=r"^cut = "):
            g.quadrature(64, cut)


@pytest.mark.parametrize("function", [g.H, g.log_H, g.inverse_mills])
@pytest.mark.parametrize(
    "bad", [np.ma.array([0.5, 1.0], mask=[0, 1]), True, np.array([True]), [[1.0], [1.0, 2.0]]]
)
def test_masks_and_truth_values_are_refused(function, bad):
    with pytest.raises(ValueError, match="x = "):
        function(bad)


def test_an_array_without_masked_entries_is_an_array():
    assert g.H(np.ma.array([0.0], mask=[0])).tolist() == [0.5]


def test_the_mask_of_an_array_inside_a_list_is_seen():
    with pytest.raises(ValueError, match="masked"):
        g.H([np.ma.array([1.0, 2.0], mask=[0, 1]), [0.0, 1.0]])
