"""Averages over a tree: against nested quadrature that shares nothing with them, identities, limits, other leaves."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import log_ndtr, logsumexp

from learnscape import Margin, SymmetricMargin
from learnscape.ansatz import Tree, average
from learnscape.replica import rs
from learnscape.weights import Binary
from sampled import sampled

TREES = [
    Tree((0.6,)),
    Tree((0.5, 0.8), (0.4,)),
    Tree((0.3, 0.6, 0.85), (0.2, 0.6)),
    Tree((0.3, 0.9, 0.999), (0.2, 0.6)),
    Tree((0.1, 0.99), (0.9,)),
    Tree((0.02, 0.5, 0.95), (3.0, 7.0)),
]


def of_margin(kappa, tree):
    def leaf(h):
        return Margin(kappa).terms(h, tree.variance)

    return average(leaf, tree, edges=(kappa,), width=math.sqrt(tree.variance))


def nested(f, tree, nodes=2001):
    """The definition, level by level, with the trapezoidal rule on the whole line: slow, and right when f is smooth enough."""
    z = np.linspace(-9.0, 9.0, nodes)
    log_weight = -0.5 * z * z + math.log((z[1] - z[0]) / math.sqrt(2 * math.pi))
    gaps = [*tree.gaps]

    def phi(i, h):
        if i == tree.steps:
            return f(h)
        out = np.empty(h.size)
        for start in range(0, h.size, 200):
            part = h[start : start + 200]
            inner = phi(i + 1, (part[:, None] + math.sqrt(gaps[i]) * z).ravel()).reshape(part.size, z.size)
            out[start : start + 200] = logsumexp(tree.m[i] * inner + log_weight, axis=1) / tree.m[i]
        return out

    return float(np.exp(log_weight) @ phi(0, math.sqrt(tree.q[0]) * z))


@pytest.mark.parametrize("kappa", sampled([-1.5, -0.5, 0.0, 0.7], every=3))
@pytest.mark.parametrize("tree", TREES[:2] + TREES[4:5], ids=str)
def test_equal_to_nested_quadrature(kappa, tree):
    def f(h):
        return log_ndtr((h - kappa) / math.sqrt(tree.variance))

    fine = nested(f, tree, 4001 if tree.variance > 0.1 else 6001)
    assert of_margin(kappa, tree).value == pytest.approx(fine, abs=3e-12)


def test_two_steps_equal_to_nested_quadrature():
    tree = Tree((0.3, 0.6, 0.85), (0.2, 0.6))
    coarse = nested(lambda h: log_ndtr((h + 0.5) / math.sqrt(tree.variance)), tree, 241)
    assert of_margin(-0.5, tree).value == pytest.approx(coarse, abs=1e-11)


@pytest.mark.parametrize("kappa", [-2.0, -0.5, 1.0])
@pytest.mark.parametrize("tree", TREES, ids=str)
def test_measures_are_normalised_and_moments_are_derivatives(kappa, tree):
    found = of_margin(kappa, tree)
    for level in found.levels:
        assert level.measure.sum() == pytest.approx(1.0, abs=1e-13)
    k, m = tree.steps, (0.0, *tree.m, 1.0)
    for i in range(k + 1):
        e = 1e-4 * min(1.0 - tree.q[-1], *(g for g in tree.gaps), tree.q[0])
        up, down = ([*tree.q[:i], tree.q[i] + sign * e, *tree.q[i + 1 :]] for sign in (1, -1))
        slope = (of_margin(kappa, Tree(up, tree.m)).value - of_margin(kappa, Tree(down, tree.m)).value) / (
            2 * e
        )
        expected = -0.5 * (m[i + 1] - m[i]) * found.slope2[i]
        assert slope == pytest.approx(expected, rel=1e-6, abs=2e-12 / e)
    for i in range(1, k + 1):
        e = 1e-4 * tree.m[i - 1]
        up, down = ([*tree.m[: i - 1], tree.m[i - 1] + sign * e, *tree.m[i:]] for sign in (1, -1))
        slope = (of_margin(kappa, Tree(tree.q, up)).value - of_margin(kappa, Tree(tree.q, down)).value) / (
            2 * e
        )
        expected = (found.mean[i] - found.mean[i - 1]) / tree.m[i - 1]
        assert slope == pytest.approx(expected, rel=1e-6, abs=2e-12 / e)


@pytest.mark.parametrize("tree", TREES[1:], ids=str)
def test_slopes_and_bends_are_derivatives_of_the_function(tree):
    found = of_margin(-0.5, tree)
    for level in found.levels:
        inner = (level.field > -4.0) & (level.field < 4.0)
        h, phi = level.field[inner], level.phi[inner]
        # integrate the slope back with the trapezoidal rule between neighbouring nodes, corrected by the bends
        step = np.diff(h)
        back = 0.5 * step * (level.slope[inner][1:] + level.slope[inner][:-1]) - step**2 / 12 * np.diff(
            level.bend[inner]
        )
        assert np.abs(np.diff(phi) - back).max() < 2e-6 * (1 + np.abs(level.slope[inner]).max())


def test_equal_overlaps_make_no_level():
    one = of_margin(-0.5, Tree((0.5, 0.8), (0.4,)))
    for tree in (Tree((0.5, 0.5, 0.8), (0.1, 0.4)), Tree((0.5, 0.8, 0.8), (0.4, 0.7))):
        assert of_margin(-0.5, tree).value == pytest.approx(one.value, abs=1e-13)
    # and m to 1 at the last step is as if the level were not there: annealed within
    merged = of_margin(-0.5, Tree((0.5,)))
    assert of_margin(-0.5, Tree((0.5, 0.8), (1.0,))).value == pytest.approx(merged.value, abs=1e-12)


def test_no_overlap_at_all_is_the_leaf_at_zero():
    found = of_margin(0.3, Tree((0.0,)))
    assert found.value == pytest.approx(Margin(0.3).annealed_log_probability(), abs=1e-13)


def test_rs_is_the_simplest_tree():
    solution = rs.solve(Binary(), Margin(0.0), 0.5)
    energy = of_margin(0.0, Tree((solution.q,)))
    assert solution.alpha * energy.slope2[0] == pytest.approx(solution.q_hat, rel=1e-11)
    assert 1.0 - solution.alpha * energy.bend2[0] * Binary().fluctuation(solution.q_hat) == pytest.approx(
        solution.replicon, abs=1e-10
    )


def test_a_leaf_of_weights():
    """ln 2cosh(h): one binary weight in its field; overlaps are conjugate fields here."""
    tree = Tree((1.0, 2.5), (0.5,), self_overlap=4.0)

    def leaf(h):
        return np.logaddexp(h, -h), np.tanh(h), 1.0 / np.cosh(h) ** 2

    found = average(leaf, tree, edges=(0.0,), width=0.5, widens=False)
    assert found.value == pytest.approx(nested(lambda h: np.logaddexp(h, -h), tree, 2001), abs=1e-12)
    assert found.bend[-1] == pytest.approx(1.0 - found.slope2[-1], abs=1e-12)  # tanh' = 1 - tanh^2


@pytest.mark.parametrize("m", sampled([0.3, 1.0, 20.0], every=3, start=2))
def test_two_summits(m):
    """A function that is larger on both sides: the tilted measure has two peaks, and none may be missed."""
    tree = Tree((0.4, 0.9), (m,))

    def f(h):  # allowed: |h| > 1.2
        s = math.sqrt(tree.variance)
        return np.logaddexp(log_ndtr((h - 1.2) / s), log_ndtr((-h - 1.2) / s))

    def leaf(h):
        e = 1e-4
        return f(h), (f(h + e) - f(h - e)) / (2 * e), (f(h + e) - 2 * f(h) + f(h - e)) / e**2

    # the leaf bends at the ends of the forbidden interval and, most sharply, in its middle: ln cosh(1.2 h / V)
    found = average(leaf, tree, edges=(-1.2, 0.0, 1.2), width=0.55 * tree.variance / 1.2, widens=False)
    assert found.value == pytest.approx(nested(f, tree, 4001), abs=1e-8)


@pytest.mark.parametrize("y", sampled([3.0, 40.0, 1e3], every=3, start=1))
@pytest.mark.parametrize("kappa", [-1.0, 0.4])
def test_a_kink(y, kappa):
    """-dist^2/2, the leaf at capacity: its second derivative jumps at the edge."""
    tree = Tree((0.6, 1.0), (y,))

    def leaf(h):
        x = np.minimum(h - kappa, 0.0)
        return -0.5 * x * x, -x, np.where(x < 0, -1.0, 0.0)

    found = average(leaf, tree, edges=(kappa,), width=1 / math.sqrt(y), kink=True)
    z = np.linspace(-9, 9, 3601)
    inner = np.linspace(-9, 9, 24001)
    weight = -0.5 * inner**2 + math.log((inner[1] - inner[0]) / math.sqrt(2 * math.pi))
    phi = np.array(
        [
            logsumexp(
                -0.5 * y * np.minimum(math.sqrt(0.6) * a + math.sqrt(0.4) * inner - kappa, 0) ** 2 + weight
            )
            / y
            for a in z
        ]
    )
    value = (phi * np.exp(-0.5 * z * z)).sum() * (z[1] - z[0]) / math.sqrt(2 * math.pi)
    assert found.value == pytest.approx(value, rel=1e-7)  # the trapezoidal rule across the kink
    for level in found.levels:
        assert level.measure.sum() == pytest.approx(1.0, abs=1e-13)


def test_an_interval():
    tree = Tree((0.2, 0.9), (0.7,))
    found = average(
        lambda h: SymmetricMargin(1.0).terms(h, tree.variance),
        tree,
        edges=(-1.0, 1.0),
        width=math.sqrt(tree.variance),
    )
    value = nested(lambda h: SymmetricMargin(1.0).terms(h, tree.variance)[0], tree, 3001)
    assert found.value == pytest.approx(value, abs=1e-12)


def test_a_leaf_that_is_not_finite_is_refused():
    with pytest.raises(ValueError, match=r"leaf .* finite; it is not at h = "):
        average(lambda h: (np.where(h > 0, h, np.nan), h, h), Tree((0.5,)))
    with pytest.raises(ValueError, match="width = 0"):
        average(lambda h: (h, h, h), Tree((0.5,)), width=0)
    with pytest.raises(ValueError, match="Tree of overlaps"):
        average(lambda h: (h, h, h), (0.5,))


@pytest.mark.parametrize("concave", [True, False])
@pytest.mark.parametrize("m", sampled([1e-6, 30.0, 1e4], every=3, start=2))
def test_block_parameters_that_are_small_or_large(m, concave):
    """Small m: ln(1 + O(m))/m loses no digits. Large m: exp(m f) falls far more sharply than the Gaussian, but not at its summit."""
    tree = Tree((0.4, 0.8), (m,))
    found = average(
        lambda h: Margin(-0.5).terms(h, tree.variance),
        tree,
        edges=(-0.5,),
        width=math.sqrt(tree.variance),
        concave=concave,
    )
    z = np.linspace(-9.0, 9.0, 801)
    inner = np.linspace(-12.0, 12.0, 24001)
    weight = np.exp(-0.5 * inner**2) * (inner[1] - inner[0]) / math.sqrt(2 * math.pi)
    phi = np.empty(z.size)
    for a, point in enumerate(z):
        f = log_ndtr((math.sqrt(0.4) * (point + inner) + 0.5) / math.sqrt(tree.variance))
        mean = weight @ f
        if m < 1e-3:
            phi[a] = mean + math.log1p(weight @ np.expm1(m * (f - mean))) / m
        else:
            phi[a] = logsumexp(m * f, b=weight) / m
    value = phi @ np.exp(-0.5 * z * z) * (z[1] - z[0]) / math.sqrt(2 * math.pi)
    assert found.value == pytest.approx(value, rel=1e-11)


@pytest.mark.parametrize("shift", [0.0, 0.2])
def test_two_summits_that_are_narrow_and_off_the_edge(shift):
    m, tree = 1e3, Tree((0.3, 0.9), (1e3,))

    def nearest(h):
        return np.where(h > 0.5 * shift, 1.0, -1.0 + shift)

    def leaf(h):
        return -0.5 * (h - nearest(h)) ** 2, nearest(h) - h, -1.0

    found = average(leaf, tree, edges=(0.5 * shift,), width=1 / math.sqrt(m), kink=True)
    z = np.linspace(-9.0, 9.0, 801)
    exact = []
    for h in math.sqrt(0.3) * z:  # two truncated Gaussians
        v, spread = 1 + 0.6 * m, math.sqrt(0.6 / (1 + 0.6 * m))
        logs = []
        for side, c in ((1.0, 1.0), (-1.0, shift - 1.0)):
            centre = c + (h - c) / v
            logs.append(
                -0.5 * math.log(v)
                - 0.5 * m * (h - c) ** 2 / v
                + log_ndtr(side * (centre - 0.5 * shift) / spread)
            )
        exact.append(logsumexp(logs) / m)
    value = np.array(exact) @ np.exp(-0.5 * z * z) * (z[1] - z[0]) / math.sqrt(2 * math.pi)
    assert found.value == pytest.approx(value, rel=1e-8)


@pytest.mark.parametrize("y", [3.0, 1e3])
def test_a_kink_behind_equal_overlaps(y):
    def leaf(h):
        x = np.minimum(h + 0.5, 0.0)
        return -0.5 * x * x, -x, np.where(x < 0, -1.0, 0.0)

    options = {"edges": (-0.5,), "width": 1 / math.sqrt(y), "kink": True}
    one = average(leaf, Tree((0.6, 1.0), (y,)), **options)
    two = average(leaf, Tree((0.6, 1.0, 1.0), (y, 2 * y)), **options)
    assert two.value == pytest.approx(one.value, rel=1e-12)


@pytest.mark.parametrize("a", [0.5, 0.9])
def test_a_leaf_that_pulls_the_measure_far_out(a):
    """f = a h^2 / 2 in closed form; at a = 0.9 the inner field has a variance of 40."""
    found = average(lambda h: (0.5 * a * h * h, a * h, a), Tree((0.3, 0.8), (2.0,)))
    u = 1.0 - a
    assert found.value == pytest.approx(-0.25 * math.log(u) + 0.15 * a / u, rel=1e-11)
    assert found.mean[1] == pytest.approx(0.5 * a * (0.3 / u**2 + 0.5 / u), rel=1e-10)


def test_a_linear_leaf_moves_the_measure():
    found = average(lambda h: (50.0 * h, 50.0, 0.0), Tree((0.3, 0.8), (2.0,)))
    assert found.mean == pytest.approx((1250.0, 2500.0), rel=1e-12)


@pytest.mark.parametrize("a", [1.0, 1.2, 3.0])
def test_an_integral_that_diverges_is_refused(a):
    with pytest.raises(ValueError, match=r"average with m = 2.0 exists"):
        average(lambda h: (0.5 * a * h * h, a * h, a), Tree((0.3, 0.8), (2.0,)))


def test_many_edges_write_no_farther_than_the_buffer():
    edges = np.linspace(-1.0, 1.0, 1500)
    with pytest.raises(ValueError, match="can be resolved"):
        average(
            lambda h: (-0.5 * h * h, -h, -1.0),
            Tree((0.3, 0.8), (2.0,)),
            edges=edges,
            width=1.0,
            kink=True,
            concave=True,
        )
    with pytest.raises(ValueError, match="panels of the grid"):
        average(lambda h: (0.0, 0.0, 0.0), Tree((0.5,)), edges=(1e9,))


def test_a_caller_cannot_change_the_grid_of_others():
    def leaf(h):
        return np.log1p(h * h), 2 * h / (1 + h * h), 2 * (1 - h * h) / (1 + h * h) ** 2

    options = {"edges": (0.0,), "width": 0.33, "widens": False}
    first = average(leaf, Tree((0.4,)), **options)
    first.levels[0].field[:] = 0.0
    assert average(leaf, Tree((0.4,)), **options).value == first.value


@pytest.mark.parametrize(
    "leaf",
    [lambda h: (h + 1j, h, h), lambda h: (h, h), lambda h: None, lambda h: (h[:, None], h, h)],
    ids=["complex", "two", "none", "shape"],
)
def test_a_leaf_of_another_form_is_refused(leaf):
    with pytest.raises(ValueError, match="each real and of the shape of h"):
        average(leaf, Tree((0.5,)))


def test_concave_is_checked():
    with pytest.raises(ValueError, match="concave = True"):
        average(lambda h: (0.1 * h * h, 0.2 * h, 0.2), Tree((0.3, 0.8), (2.0,)), concave=True)


@pytest.mark.kernels
def test_one_step_quick_enough_without_the_compiler():
    found = of_margin(-0.5, Tree((0.5, 0.8), (0.4,)))
    assert found.value == pytest.approx(-0.654075423201, abs=1e-11)
    assert found.levels[1].measure.sum() == pytest.approx(1.0, abs=1e-13)
