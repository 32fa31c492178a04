"""Franz-Parisi entropy: derivatives of the textbook free entropy, limits and identities, exact enumeration, known values, refusals."""

from __future__ import annotations

import math
import os

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import log_ndtr

from learnscape import Binary, Margin, OuterMargin, Spherical, SymmetricMargin
from learnscape.errors import ConvergenceError
from learnscape.learn import enumerate_solutions
from learnscape.replica import franz_parisi, rs, teacher
from learnscape.replica.franz_parisi._landmarks import EDGE_INTEGRAL
from learnscape.replica.franz_parisi._patterns import generic_patterns, margin_patterns
from learnscape.replica.franz_parisi._sites import binary_sites

BOTH = [Binary(), Spherical()]


def legendre_gaussian(n, cut=9.0, segments=12):
    """Nodes and weights of a composite Gauss-Legendre rule."""
    y, w = np.polynomial.legendre.leggauss(n)
    ends = np.linspace(-cut, cut, segments + 1)
    half = 0.5 * np.diff(ends)
    z = (0.5 * (ends[1:] + ends[:-1])[:, None] + half[:, None] * y).ravel()
    return z, (half[:, None] * w).ravel() * np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)


Z, W = legendre_gaussian(16)
Y, U = legendre_gaussian(16, cut=20.0, segments=26)  # a rare state x asks for a noise that is as rare


def textbook(weights, found, q, s, t, q_hat, s_hat, t_hat):
    """The free entropy in the probe's own coordinates x, y, as it is usually written, from overlaps and conjugates."""
    known, kappa = found.reference, found.constraint.kappa
    q_ref = known.q
    a = (known.constraint.kappa - math.sqrt(q_ref) * Z) / math.sqrt(1 - q_ref)
    c, v2 = (t - s) / math.sqrt(1 - q_ref), q - s * s / q_ref
    v, own = math.sqrt(v2), v2 - c * c
    chosen = log_ndtr(-(a[:, None] - c * Y / v) / math.sqrt(own / v2))
    probe = log_ndtr((s / math.sqrt(q_ref) * Z[:, None] + v * Y - kappa) / math.sqrt(1 - q))
    energy = float(W @ (np.exp(chosen - log_ndtr(-a)[:, None]) * probe) @ U)
    if isinstance(weights, Spherical):
        inside = (t * t * (1 - 2 * q_ref) + 2 * q_ref * t * s - s * s) / (1 - q_ref) ** 2
        return 0.5 * (math.log(1 - q) + (q - inside) / (1 - q)) + found.alpha * energy
    root = math.sqrt(known.q_hat)
    x, y = Z[:, None], Z
    total = 0.0
    for sign in (1, -1):
        h = s_hat / root * x + math.sqrt(q_hat - s_hat**2 / known.q_hat) * y + (t_hat - s_hat) * sign
        weight = 1 / (1 + np.exp(-2 * sign * root * x))
        total += float(W @ (weight * (np.abs(h) + np.log1p(np.exp(-2 * np.abs(h))))) @ W)
    return -0.5 * q_hat * (1 - q) - t_hat * t + s_hat * s + total + found.alpha * energy


CASES = [
    (Binary(), 0.0, None, 0.6, 0.1),
    (Binary(), 0.0, 0.15, 0.6, 0.07),
    (Binary(), -0.3, 0.2, 0.5, 0.15),
    (Binary(), 0.0, None, 0.6, 0.35),
    (Spherical(), 0.0, None, 1.0, 0.1),
    (Spherical(), 0.2, 0.5, 0.7, 0.08),
    (Spherical(), -0.5, -0.1, 1.5, 0.1),
]


@pytest.mark.parametrize(("weights", "kappa", "margin", "alpha", "d"), CASES)
def test_the_textbook_free_entropy_is_stationary(weights, kappa, margin, alpha, d):
    found = franz_parisi.solve(weights, Margin(kappa), alpha, d, reference_margin=margin)
    at = [found.q, found.s, found.t, found.q_hat, found.s_hat, found.t_hat]
    assert textbook(weights, found, *at) == pytest.approx(found.entropy, abs=2e-10)
    assert found.residual < 1e-11
    axes = [0, 1, 3, 4, 5] if isinstance(weights, Binary) else [0, 1]
    for axis in [*axes, 2]:
        e = 1e-4 * max(0.1, abs(at[axis]))
        values = [
            textbook(weights, found, *(x + k * e * (i == axis) for i, x in enumerate(at)))
            for k in (-2, -1, 1, 2)
        ]
        slope = (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * e)
        if axis == 2:  # at fixed distance it is no variable: its derivative is the slope of the curve
            assert slope == pytest.approx(-0.5 * found.slope, abs=2e-8)
        else:
            assert abs(slope) < 2e-8


def test_a_known_value():
    assert franz_parisi.entropy(Binary(), Margin(0.0), 0.6, 0.1) == pytest.approx(0.118686546, abs=6e-10)


@pytest.mark.parametrize(
    ("weights", "constraint", "alpha"),
    [
        (Binary(), Margin(0.0), 0.6),
        (Binary(), Margin(-0.5), 1.2),
        (Binary(), Margin(0.0), 0.05),
        (Spherical(), Margin(0.0), 1.0),
        (Spherical(), Margin(-0.5), 3.0),
        (Binary(), SymmetricMargin(1.0), 1.2),
        (Binary(), OuterMargin(0.7), 0.8),
        (Spherical(), SymmetricMargin(1.0), 0.8),
    ],
)
def test_the_most_probable_distance_is_that_of_two_typical_solutions(weights, constraint, alpha):
    typical = rs.solve(weights, constraint, alpha)
    d = 0.5 * (1 - typical.q)
    found = franz_parisi.solve(weights, constraint, alpha, d)
    assert found.entropy == pytest.approx(typical.entropy, abs=1e-9)
    assert abs(found.slope) < 1e-7
    assert (found.q, found.s, found.q_hat) == pytest.approx((typical.q, typical.q, typical.q_hat), abs=1e-7)
    assert found.replicon == pytest.approx(typical.replicon, abs=1e-6)
    for other in (0.9 * d, 1.05 * d):
        assert franz_parisi.entropy(weights, constraint, alpha, other) < typical.entropy


@pytest.mark.parametrize(
    ("weights", "kappa", "margin"), [(Binary(), 0.0, 0.2), (Spherical(), 0.0, 0.8), (Spherical(), -0.5, -0.2)]
)
def test_around_a_larger_margin_the_maximum_is_still_all_solutions(weights, kappa, margin):
    """Whatever the reference, most solutions lie at one distance from it, and they do not know it."""
    typical = rs.solve(weights, Margin(kappa), 0.6)

    def at(d):
        return franz_parisi.solve(weights, Margin(kappa), 0.6, d, reference_margin=margin)

    best = at(brentq(lambda d: at(d).slope, 0.15, 0.45, xtol=1e-10))
    assert best.entropy == pytest.approx(typical.entropy, abs=1e-9)
    assert (best.q, best.q_hat) == pytest.approx((typical.q, typical.q_hat), abs=1e-6)


@pytest.mark.parametrize("weights", BOTH)
def test_the_slope_is_the_derivative(weights):
    d, e = 0.1, 2e-5
    left, middle, right = franz_parisi.curve(
        weights, Margin(0.0), 0.6, [d - e, d, d + e], reference_margin=0.1
    )
    assert (right.entropy - left.entropy) / (2 * e) == pytest.approx(middle.slope, abs=1e-6)


@pytest.mark.parametrize("weights", BOTH)
def test_few_patterns_take_their_share_of_the_shell(weights):
    """First order in alpha: a reference that is any weight of the right sign, and a Gaussian around its stability."""
    d, kappa, alpha = 0.1, 0.3, 1e-6
    found = franz_parisi.solve(weights, Margin(kappa), alpha, d, reference_margin=0.5)
    t = 1 - 2 * d
    u = kappa + 0.2 + 12 * (np.polynomial.legendre.leggauss(200)[0] + 1) / 2
    w = 6 * np.polynomial.legendre.leggauss(200)[1] * np.exp(-0.5 * u * u) / math.sqrt(2 * math.pi)
    w /= np.exp(log_ndtr(-0.5))
    share = float(w @ log_ndtr((t * u - kappa) / math.sqrt(1 - t * t)))
    assert (found.entropy - found.shell_entropy) / alpha == pytest.approx(share, rel=1e-5)
    bound = franz_parisi.first_moment(weights, Margin(kappa), alpha, d, reference_margin=0.5)
    assert bound == pytest.approx(found.entropy, abs=1e-11)


class Plain(Margin):
    """Takes the path of any constraint."""

    def allowed(self, stability):
        return super().allowed(stability)


@pytest.mark.parametrize("kappa_ref", [0.0, 0.3, -0.4])
@pytest.mark.parametrize(
    ("d", "eps", "e"), [(0.1, 0.3, 0.02), (0.01, 0.02, 0.004), (0.4, 0.6, 0.05), (0.2, 0.64, 0.0)]
)
def test_the_compiled_averages_are_the_generic_ones(kappa_ref, d, eps, e):
    ours = margin_patterns(kappa_ref, 0.5, 0.1, d, eps, e)
    other = generic_patterns(Plain(kappa_ref), 0.5, Plain(0.1), d, eps, e)
    assert ours == pytest.approx(other, rel=2e-9, abs=1e-12)


@pytest.mark.filterwarnings("ignore::learnscape.errors.SlowPathWarning")
def test_any_constraint_takes_the_generic_path():
    ours = franz_parisi.solve(Binary(), Margin(0.0), 0.5, 0.1)
    other = franz_parisi.solve(Binary(), Plain(0.0), 0.5, 0.1)
    assert (ours.entropy, ours.slope, ours.q, ours.replicon) == pytest.approx(
        (other.entropy, other.slope, other.q, other.replicon), rel=1e-8
    )


def local_textbook(found, constraint, q, q_hat, t_hat):
    """The free entropy where no state of the reference is seen, of binary weights: symmetric constraints, and a teacher."""
    t, known = found.t, found.reference_constraint
    h = math.sqrt(q_hat) * Z + t_hat
    field = float(W @ (np.abs(h) + np.log1p(np.exp(-2 * np.abs(h)))))
    weight = np.exp(known.terms(t / math.sqrt(q) * Z, 1 - t * t / q)[0] - known.annealed_log_probability())
    energy = float(W @ (weight * constraint.terms(math.sqrt(q) * Z, 1 - q)[0]))
    return -0.5 * q_hat * (1 - q) - t_hat * t + field + found.alpha * energy


@pytest.mark.parametrize(
    ("constraint", "alpha", "d", "options"),
    [
        (SymmetricMargin(1.0), 1.2, 0.1, {}),
        (SymmetricMargin(1.0), 1.2, 0.7, {"reference_margin": 0.9}),
        (OuterMargin(0.5), 0.8, 0.1, {}),
        (Margin(0.0), 1.0, 0.2, {"teacher": True}),
        (Margin(0.2), 0.6, 0.2, {"teacher": True}),
    ],
)
def test_the_free_entropy_without_a_state_is_stationary(constraint, alpha, d, options):
    found = franz_parisi.solve(Binary(), constraint, alpha, d, **options)
    at = [found.q, found.q_hat, found.t_hat]
    assert local_textbook(found, constraint, *at) == pytest.approx(found.entropy, abs=1e-10)
    for axis in range(3):
        e = 1e-4 * max(0.1, abs(at[axis]))
        values = [
            local_textbook(found, constraint, *(x + k * e * (i == axis) for i, x in enumerate(at)))
            for k in (-2, -1, 1, 2)
        ]
        assert abs((values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * e)) < 1e-8


def test_a_symmetric_constraint_does_not_tell_a_weight_from_its_opposite():
    left, right = franz_parisi.curve(Binary(), SymmetricMargin(1.0), 1.3, [0.2, 0.8])
    assert left.entropy == pytest.approx(right.entropy, abs=1e-12)
    assert left.slope == pytest.approx(-right.slope, abs=1e-9)


@pytest.mark.parametrize("weights", BOTH)
@pytest.mark.parametrize("alpha", [0.3, 1.1])
def test_around_a_teacher_the_maximum_is_that_of_the_students(weights, alpha):
    """Nishimori: two students are as far from one another as from the teacher."""
    student = teacher.solve(weights, alpha)
    found = franz_parisi.solve(weights, Margin(0.0), alpha, 0.5 * (1 - student.overlap), teacher=True)
    assert found.entropy == pytest.approx(student.entropy, abs=1e-10)
    assert abs(found.slope) < 1e-8
    assert found.q == pytest.approx(student.overlap, abs=1e-9)


def test_typical_binary_solutions_are_isolated():
    """The nearest other solutions."""
    loads = {0.5: 0.0070, 0.7: 0.0370}
    if os.environ.get("FULL") == "1":
        loads |= {0.4: 0.0030, 0.6: 0.0158}
    for alpha, known in loads.items():
        lower, upper = franz_parisi.gap(Binary(), Margin(0.0), alpha)
        assert lower == 0.0
        assert upper == pytest.approx(known, abs=1e-4)
        assert abs(franz_parisi.entropy(Binary(), Margin(0.0), alpha, upper)) < 1e-9
    assert franz_parisi.gap(Binary(), SymmetricMargin(1.0), 1.2).upper == pytest.approx(0.0329, abs=1e-4)


def test_solutions_of_larger_margin_are_not_isolated_but_may_have_a_forbidden_shell():
    assert franz_parisi.gap(Binary(), Margin(0.0), 0.6, reference_margin=0.2) is None
    shell = franz_parisi.gap(Binary(), Margin(0.0), 0.7, reference_margin=0.02)
    assert shell is not None
    assert 0.0 < shell.lower < shell.upper
    inside = math.sqrt(shell.lower * shell.upper)
    around = franz_parisi.curve(
        Binary(), Margin(0.0), 0.7, [1.1 * shell.upper, inside, 0.9 * shell.lower], reference_margin=0.02
    )
    assert [found.entropy > 0 for found in around] == [True, False, True]


@pytest.mark.parametrize(
    ("weights", "constraint", "alpha"),
    [(Binary(), Margin(0.0), 0.1), (Spherical(), Margin(0.2), 0.7), (Binary(), SymmetricMargin(0.8), 0.2)],
)
def test_the_law_of_small_distances(weights, constraint, alpha):
    """entropy - shell = 2 alpha C sqrt(d): for real weights it goes to 0, nobody is isolated; for binary ones it beats the shell's d ln(1/d)."""
    law = franz_parisi.edge_slope(weights, constraint, alpha)
    distances = [1e-2, 1e-3, 2e-4]
    found = franz_parisi.curve(weights, constraint, alpha, distances)
    ratios = [(one.entropy - one.shell_entropy) / (2 * law * math.sqrt(one.distance)) for one in found]
    errors = [abs(ratio - 1) for ratio in ratios]
    assert errors[0] > errors[1]
    assert errors[-1] < 0.012
    for one in found:
        bound = franz_parisi.first_moment(weights, constraint, alpha, one.distance)
        assert one.entropy < bound < one.shell_entropy


def test_the_constant_of_the_law():
    u, w = np.polynomial.legendre.leggauss(80)
    assert float(6 * w @ log_ndtr(6 * (u + 1))) == pytest.approx(EDGE_INTEGRAL, abs=1e-14)
    assert franz_parisi.edge_slope(Binary(), Margin(0.0), 1e-7) == pytest.approx(
        1e-7 * math.sqrt(2 / math.pi) * EDGE_INTEGRAL, rel=1e-5
    )
    assert franz_parisi.edge_slope(Binary(), Margin(0.0), 0.5, teacher=True) == pytest.approx(
        0.5 * math.sqrt(2 / math.pi) * EDGE_INTEGRAL, rel=1e-12
    )


def test_the_saddle_point_is_lost_deep_inside_the_gap():
    with pytest.raises(ConvergenceError, match="no Franz-Parisi saddle point at distance 1e-05"):
        franz_parisi.solve(Binary(), Margin(0.0), 0.6, 1e-5)
    assert not franz_parisi.solve(Binary(), Margin(0.0), 0.6, 1e-5, on_failure="return").converged
    assert not franz_parisi.solve(Spherical(), Margin(0.0), 0.6, 0.99, on_failure="return").converged
    with pytest.raises(franz_parisi.BranchLost) as lost:
        franz_parisi.curve(Binary(), Margin(0.0), 0.6, [0.1, 0.01, 1e-5])
    assert [found.distance for found in lost.value.solutions] == [0.1, 0.01]


def test_thresholds_around_the_largest_margin():
    """Read in the lecture notes of Malatesta: 0.729 and 0.748 at kappa = 0."""
    found = franz_parisi.thresholds(Binary(), Margin(0.0))
    assert found.local_entropy == pytest.approx(0.729, abs=5e-4)
    assert found.overlap_gap == pytest.approx(0.748, abs=5e-4)
    assert found.local_entropy == pytest.approx(0.72903281, abs=1e-7)
    assert found.overlap_gap == pytest.approx(0.74773565, abs=1e-7)
    near = found.local_entropy_distance * np.geomspace(0.5, 2.0, 9)
    for alpha, falls in ((found.local_entropy - 1e-3, False), (found.local_entropy + 1e-3, True)):
        margin = franz_parisi.kappa_max(Binary(), alpha)
        around = franz_parisi.curve(Binary(), Margin(0.0), alpha, near, reference_margin=margin)
        assert (min(one.slope for one in around) < 0) is falls
    for alpha, opens in ((found.overlap_gap - 1e-3, False), (found.overlap_gap + 1e-3, True)):
        margin = franz_parisi.kappa_max(Binary(), alpha)
        assert (franz_parisi.gap(Binary(), Margin(0.0), alpha, reference_margin=margin) is not None) is opens


@pytest.mark.parametrize(
    ("alpha", "positive", "monotone"),
    [(0.6, 0.0428713, 0.0545572), (0.74, 0.0805722, None), (0.76, None, None)],
)
def test_the_kinds_of_solutions_by_their_margin(alpha, positive, monotone):
    """Isolated in a shell, never alone, dense on every scale: each margin changes what it says it changes."""
    found = franz_parisi.margins(Binary(), Margin(0.0), alpha)
    assert found.positive == (positive and pytest.approx(positive, abs=1e-6))
    assert found.monotone == (monotone and pytest.approx(monotone, abs=1e-6))
    if positive:
        for share, opens in ((0.98, True), (1.02, False)):
            gap = franz_parisi.gap(Binary(), Margin(0.0), alpha, reference_margin=share * positive)
            assert (gap is not None) is opens
    if monotone:
        near = found.monotone_distance * np.geomspace(0.5, 2.0, 9)
        for share, falls in ((0.98, True), (1.02, False)):
            around = franz_parisi.curve(Binary(), Margin(0.0), alpha, near, reference_margin=share * monotone)
            assert (min(one.slope for one in around) < 0) is falls


def test_the_largest_margin_has_this_capacity():
    assert rs.capacity(Binary(), Margin(franz_parisi.kappa_max(Binary(), 0.5))) == pytest.approx(
        0.5, rel=1e-12
    )
    assert franz_parisi.kappa_max(Binary(), 0.7) == pytest.approx(0.13676, abs=5e-6)
    half = franz_parisi.kappa_max(Binary(), 1.2, SymmetricMargin(1.0))
    assert rs.capacity(Binary(), SymmetricMargin(half)) == pytest.approx(1.2, rel=1e-10)
    assert franz_parisi.kappa_max(Spherical(), 4.770099) == pytest.approx(-0.5, abs=1e-6)


def enumerated(n, samples, rng):
    """Mean of ln(number at d = 1/5)/N less that of all weights, at alpha = 2/5: around typical solutions, and around teachers; with error bars."""
    k, patterns = n // 5, 2 * n // 5
    values = [[], []]
    for _ in range(samples):
        solutions = enumerate_solutions(rng.standard_normal((patterns, n)), return_solutions=True).solutions
        chosen = solutions[rng.integers(len(solutions), size=20)] if len(solutions) else solutions
        counts = (chosen.astype(int) @ solutions.T == n - 2 * k).sum(axis=1)
        if (counts > 0).any():
            values[0].append(np.log(counts[counts > 0]).mean())
        x = rng.standard_normal((patterns, n))
        students = enumerate_solutions(
            x * np.sign(x.sum(axis=1))[:, None], return_solutions=True
        ).solutions.astype(int)
        count = int((students.sum(axis=1) == n - 2 * k).sum())
        if count:
            values[1].append(math.log(count))
    shell = math.log(math.comb(n, k))
    return [((np.mean(v) - shell) / n, np.std(v, ddof=1) / n / math.sqrt(len(v))) for v in values]


def test_exact_enumeration():
    """At N = 15 the deviation from the limit is below 0.004, a fiftieth."""
    measured = enumerated(15, 300, np.random.default_rng(5))
    for (mean, bar), planted in zip(measured, (False, True), strict=True):
        found = franz_parisi.solve(Binary(), Margin(0.0), 0.4, 0.2, teacher=planted)
        assert bar < 0.003
        assert abs(mean - (found.entropy - found.shell_entropy)) < 3.5 * bar + 0.004


@pytest.mark.weekly
def test_exact_enumeration_in_the_limit():
    """Three sizes, a straight line in 1/N."""
    sizes, rng = np.array([10, 15, 20]), np.random.default_rng(6)
    rows = [enumerated(n, k, rng) for n, k in zip(sizes, (2000, 2000, 800), strict=True)]
    for which, planted in ((0, False), (1, True)):
        mean, bar = np.array([row[which] for row in rows]).T
        design = np.stack([1 / sizes, np.ones(3)], axis=1) / bar[:, None]
        covariance = np.linalg.inv(design.T @ design)
        _, limit = covariance @ design.T @ (mean / bar)
        found = franz_parisi.solve(Binary(), Margin(0.0), 0.4, 0.2, teacher=planted)
        assert math.sqrt(covariance[1, 1]) < 0.004
        assert abs(limit - (found.entropy - found.shell_entropy)) < 4 * math.sqrt(covariance[1, 1])


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((Binary(), Margin(0.0), 0.6, 0.0), {}, "distance = 0.0 .*in .0, 1."),
        ((Binary(), Margin(0.0), 0.6, 1.0), {}, "distance = 1.0"),
        ((Binary(), Margin(0.0), 0.6, math.nan), {}, "distance = nan"),
        ((Spherical(), Margin(0.0), 0.6, 1e-300), {}, "distance = 1e-300 .*at least 1e-10"),
        ((Spherical(), Margin(0.0), 0.6, 1e-14), {}, "distance = 1e-14"),
        ((Binary(), SymmetricMargin(1.0), 0.6, 1.0 - 1e-12), {}, "distance = 0.99"),
        ((Binary(), Margin(0.0), 0.9, 0.1), {}, "alpha = 0.9 .*capacity 0.833078599"),
        ((Spherical(), Margin(0.0), 2.1, 0.1), {}, "alpha = 2.1 .*capacity 2 "),
        ((Binary(), Margin(0.0), 0.0, 0.1), {}, "alpha = 0.0 .*> 0"),
        (
            (Binary(), Margin(0.0), 0.6, 0.1),
            {"reference_margin": 0.3},
            "reference_margin = 0.3 .*capacity 0.5738",
        ),
        ((Spherical(), Margin(0.0), 0.6, 0.1), {"reference_margin": 2.0}, "reference_margin = 2.0"),
        ((Binary(), Margin(0.0), 0.6, 0.1), {"reference_margin": math.inf}, "reference_margin = inf"),
        ((Binary(), Margin(0.0), 0.6, 0.1), {"reference_margin": 0.1, "teacher": True}, "not exchangeable"),
        ((Binary(), Margin(0.0), 0.6, 0.1), {"teacher": 1}, "teacher = 1"),
        ((Binary(), 0.0, 0.6, 0.1), {}, "constraint = 0.0"),
        (("binary", Margin(0.0), 0.6, 0.1), {}, "Binary.. or Spherical.."),
        ((Binary(), Margin(0.0), 0.6, 0.1), {"tol": 0.0}, "tol = 0.0"),
        ((Binary(), Margin(0.0), 0.6, 0.1), {"max_iterations": 0}, "max_iterations = 0"),
        ((Binary(), Margin(0.0), 0.6, 0.1), {"on_failure": "ignore"}, "on_failure"),
    ],
)
def test_bad_input(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        franz_parisi.solve(*arguments, **options)


def test_what_only_binary_weights_have():
    with pytest.raises(ValueError, match="real weights have neighbours"):
        franz_parisi.gap(Spherical(), Margin(0.0), 0.6)
    with pytest.raises(ValueError, match="Binary"):
        franz_parisi.thresholds(Spherical(), Margin(0.0))


@pytest.mark.kernels
def test_the_averages_over_a_binary_weight():
    """Both signs of the reference by a double sum, against one sign and one sum; quick without the compiler too."""
    a, d, q_hat, b = 1.0, 0.1, 0.8, 0.7
    q_ref = float(W @ np.tanh(a * Z) ** 2)
    seen = binary_sites(q_ref, a, d, q_hat, b, 1.0, *np.empty((3, 400)))
    s_hat = a * b * math.sqrt(q_hat)
    x, tau = Z[:, None], seen.t_hat - s_hat
    sums = np.zeros(4)
    for sign in (1, -1):
        weight = W[:, None] * W / (1 + np.exp(-2 * sign * a * x))
        h = s_hat / a * x + math.sqrt(q_hat - (s_hat / a) ** 2) * Z + tau * sign
        terms = (sign * np.tanh(h), np.tanh(h) ** 2, np.tanh(a * x) * np.tanh(h), np.log(2 * np.cosh(h)))
        sums += [float((weight * term).sum()) for term in terms]
    t, q, s, field = sums
    assert t == pytest.approx(1 - 2 * d, abs=1e-13)
    assert q == pytest.approx(1 - seen.eps, abs=1e-13)
    assert s == pytest.approx(seen.e + q_ref * t, abs=1e-13)
    term = field - 0.5 * q_hat * (1 - q) - tau * t - s_hat * (t - s)
    assert term == pytest.approx(seen.term, abs=1e-12)
