"""k-step replica symmetry breaking at capacity: known digits, an independent minimisation, gradients, limits, refusals."""

from __future__ import annotations

import itertools
import math
from functools import partial

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.special import log_ndtr, logsumexp

from learnscape import Binary, ConvergenceError, Margin, OuterMargin, Spherical, SymmetricMargin
from learnscape.constraints import Constraint
from learnscape.replica import rs, rsb
from learnscape.replica._rsb_leaf import margin_leaf

# Computed before this library existed, with another grid, another interpolation and finite differences in y (seven digits).
KNOWN = {
    -0.5: [4.77010, 4.70014, 4.69724],
    -1.0: [13.27320, 12.3196344, 12.2872223, 12.2825416, 12.2813486],
}


class Again(Margin):
    """The same margin, by the path for constraints that have no closed form."""

    def squared_distance(self, omega):
        return super().squared_distance(omega)


@pytest.mark.parametrize(
    ("kappa", "steps"), [(-0.5, 1), (-0.5, 2), (-1.0, 1), (-1.0, 2), (-1.0, 3), (-1.0, 4)]
)
def test_known_digits(kappa, steps):
    answer = rsb.capacity(Spherical(), Margin(kappa), steps=steps)
    known = KNOWN[kappa][steps]
    assert answer.alpha == pytest.approx(known, abs=6e-6 if kappa == -0.5 else 3e-7)
    assert answer.broken
    assert answer.q.shape == answer.y.shape == (steps,)
    assert np.all(np.diff(np.concatenate([[0.0], answer.q, [1.0]])) > 0.0)
    assert np.all(np.diff(answer.y) > 0.0)
    assert answer.residual < 1e-6


def one_step(kappa, q, y):
    """The functional with one step, written down again: closed form inside, adaptive quadrature outside."""
    gap = 1.0 - q
    lam = 1.0 + y * gap
    sphere = 0.5 * (q / lam + math.log(lam) / y)

    def phi(h):
        x = h - kappa
        free = log_ndtr(x / math.sqrt(gap))
        behind = -0.5 * math.log(lam) - 0.5 * y * x * x / lam + log_ndtr(-x / math.sqrt(gap * lam))
        return np.logaddexp(free, behind) / y

    density = lambda z: math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)  # noqa: E731
    cost = quad(
        lambda z: density(z) * phi(math.sqrt(q) * z), -10, 10, epsabs=1e-13, points=[kappa / math.sqrt(q)]
    )[0]
    return sphere / -cost


@pytest.mark.parametrize("kappa", [-0.2, -0.5, -1.0, -2.0])
def test_one_step_against_an_independent_minimisation(kappa):
    answer = rsb.capacity(Spherical(), Margin(kappa), steps=1)
    q, y = answer.q[0], answer.y[0]
    assert one_step(kappa, q, y) == pytest.approx(answer.alpha, rel=1e-10)
    start = [math.log(1.3 * (1 - q)), math.log(0.8 * y)]
    free = minimize(
        lambda v: one_step(kappa, 1 - math.exp(v[0]), math.exp(v[1])),
        start,
        method="Nelder-Mead",
        options={"xatol": 1e-6, "fatol": 1e-12},
    )
    assert free.fun == pytest.approx(answer.alpha, rel=1e-9)
    assert answer.alpha < rs.capacity_and_replicon(Spherical(), Margin(kappa))[0]


def two_steps(constraint, q, y):
    """The functional with two steps by trapezoidal rules alone, each inner window centred at the summit of its exponent."""
    gap, s = 1.0 - q[1], math.sqrt(q[1] - q[0])
    lam = [1.0 + y[1] * gap + y[0] * s * s, 1.0 + y[1] * gap]
    sphere = 0.5 * (q[0] / lam[0] + math.log(lam[0] / lam[1]) / y[0] + math.log(lam[1]) / y[1])

    def leaf(h):  # satisfied, or violated at one of the ends
        ends = [x / math.sqrt(gap) for x in ([h - c if c < 0 else c - h for c in constraint.edges])]
        inside = log_ndtr(ends[0])
        if len(ends) == 2:
            inside = np.log(np.exp(log_ndtr(ends[1])) - np.exp(log_ndtr(-ends[0])))
        parts = [inside]
        for x in ends:
            parts.append(
                -0.5 * (math.log(lam[1]) + y[1] * gap * x * x / lam[1]) + log_ndtr(-x / math.sqrt(lam[1]))
            )
        return logsumexp(parts, axis=0) / y[1]

    def outer(h):
        away = y[0] * s / lam[0] * np.sqrt(constraint.squared_distance(h))
        tries = np.linspace(-1.2, 1.2, 49) * away[:, None]
        exponent = y[0] * leaf((h[:, None] + s * tries).ravel()).reshape(tries.shape) - 0.5 * tries**2
        centre = tries[np.arange(h.size), exponent.argmax(1)]
        z = centre[:, None] + np.linspace(-10.0, 10.0, 401)
        exponent = y[0] * leaf((h[:, None] + s * z).ravel()).reshape(z.shape) - 0.5 * z * z
        return (logsumexp(exponent, axis=1) + math.log(0.05 / math.sqrt(2.0 * math.pi))) / y[0]

    z = np.linspace(-9.0, 9.0, int(150 / math.sqrt(1.0 - q[0])))
    w = np.exp(-0.5 * z * z) * (z[1] - z[0]) / math.sqrt(2.0 * math.pi)
    return sphere / -float(w @ outer(math.sqrt(q[0]) * z))


@pytest.mark.parametrize("constraint", [Margin(-0.1), Margin(-1.0), SymmetricMargin(1.0)], ids=str)
def test_two_steps_against_nested_quadrature(constraint):
    answer = rsb.capacity(Spherical(), constraint, steps=2)
    rel = 1e-12 if isinstance(constraint, Margin) else 1e-9
    with np.errstate(divide="ignore"):
        assert two_steps(constraint, answer.q, answer.y) == pytest.approx(answer.alpha, rel=rel)


@pytest.mark.parametrize("constraint", [Margin(-0.7), SymmetricMargin(1.3)], ids=str)
@pytest.mark.parametrize("k", [1, 2, 3])
def test_the_gradient_is_one(constraint, k):
    q = np.array([0.3, 0.7, 0.95])[:k]
    y = np.array([5.0, 20.0, 90.0])[:k]
    v = rsb._pack(q, y)
    assert np.allclose(np.concatenate(rsb._unpack(v)), np.concatenate([q, y]), rtol=1e-14)
    gradient = rsb._objective(partial(rsb._cost, constraint), v)[1]
    for i in range(v.size):
        e = np.zeros(v.size)
        e[i] = 1e-5
        slope = (
            rsb._objective(partial(rsb._cost, constraint), v + e)[0]
            - rsb._objective(partial(rsb._cost, constraint), v - e)[0]
        ) / 2e-5
        assert slope == pytest.approx(gradient[i], rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("steps", [1, 2])
def test_both_paths_agree(steps):
    fast = rsb.capacity(Spherical(), Margin(-0.5), steps=steps)
    slow = rsb.capacity(Spherical(), Again(-0.5), steps=steps)
    assert slow.alpha == pytest.approx(fast.alpha, rel=1e-12)
    assert np.allclose(slow.q, fast.q, rtol=1e-6)


@pytest.mark.parametrize("kappa", [-0.02, -0.1, -3.0])
def test_each_step_lowers_the_capacity(kappa):
    bounds = [rs.capacity_and_replicon(Spherical(), Margin(kappa))[0]]
    bounds += [rsb.capacity(Spherical(), Margin(kappa), steps=k).alpha for k in (1, 2)]
    assert bounds[0] > bounds[1] > bounds[2]


def test_an_interval_breaks_symmetry_too():
    answer = rsb.capacity(Spherical(), SymmetricMargin(1.0))
    assert answer.broken
    assert answer.alpha < rs.capacity_and_replicon(Spherical(), SymmetricMargin(1.0))[0]


@pytest.mark.parametrize("kappa", [0.0, 1e-8, 0.5, 2.0, 8.0])
@pytest.mark.parametrize("kind", [Margin, Again])
@pytest.mark.parametrize("steps", [1, 3])
def test_where_replica_symmetry_is_exact_nothing_breaks(kappa, kind, steps):
    answer = rsb.capacity(Spherical(), kind(kappa), steps=steps)
    assert not answer.broken
    assert answer.alpha == pytest.approx(rs.capacity(Spherical(), Margin(kappa)), rel=1e-12)
    assert answer.q.tolist() == [1.0] * steps
    assert answer.y.tolist() == [0.0] * steps


@pytest.mark.parametrize("kappa", [0.0, 0.8])
def test_there_no_tree_has_a_lower_load(kappa):
    """That nothing breaks is decided by the replicon; the functional itself agrees, at overlaps and y all over their range."""
    random = np.random.default_rng(3)
    capacity = rs.capacity(Spherical(), Margin(kappa))
    for k in (1, 2):
        for _ in range(12):
            q = np.sort(random.beta(0.7, 0.7, k)).clip(1e-6, 1.0 - 1e-6)
            y = np.sort(np.exp(random.uniform(-2.0, 8.0, k)))
            value = rsb._sphere(q, y).value / -rsb._cost(Margin(kappa), q, y).value
            assert value > capacity * (1.0 - 1e-12)


@pytest.mark.parametrize("constraint", [Margin(-6.0), Margin(-40.0), SymmetricMargin(7.0)], ids=str)
def test_violations_too_rare_for_the_average_are_refused(constraint):
    """At kappa = -8 the minimiser returned q_0 = 0.0097 where it is below 1e-9, or took the logarithm of a negative number."""
    with pytest.raises(ValueError, match=r"capacity is below 1e\+08, here"):
        rsb.capacity(Spherical(), constraint, steps=2)


@pytest.mark.parametrize(("kappa", "digits"), [(-3.0, 1e-10), (-5.0, 1e-8)])
def test_deep_margins_have_the_stated_digits(kappa, digits):
    """One step, against the functional in 25 digits at the same overlap and y."""
    import mpmath as mp

    answer = rsb.capacity(Spherical(), Margin(kappa))
    with mp.workdps(25):
        q, y, k = mp.mpf(float(answer.q[0])), mp.mpf(float(answer.y[0])), mp.mpf(kappa)
        gap = 1 - q
        v = 1 + y * gap

        def cost(z):
            x = mp.sqrt(q) * z - k
            violated = mp.erfc(x / mp.sqrt(2 * gap)) / 2
            behind = mp.exp(-y * x * x / (2 * v)) / mp.sqrt(v) * mp.erfc(x / mp.sqrt(2 * gap * v)) / 2
            return mp.npdf(z) * mp.log1p(behind - violated) / y

        exact = (q / v + mp.log(v) / y) / 2 / -mp.quad(cost, [-14, -10, -7, -5, -3, -1, 0, 1, 3, 6])
    assert answer.alpha == pytest.approx(float(exact), rel=digits)


@pytest.mark.parametrize(
    "constraint", [Margin(-0.1), Margin(-1.0), Margin(-2.0), SymmetricMargin(1.0)], ids=str
)
def test_each_step_starts_near_its_minimum(constraint):
    """What makes the solver fast; a start that leads astray costs a hundred evaluations."""
    steps = 2 if isinstance(constraint, SymmetricMargin) else 3
    assert rsb.capacity(Spherical(), constraint, steps=steps).evaluations < 100


@pytest.mark.parametrize("kappa", [0.0, 0.3])
def test_discrete_weights_freeze(kappa):
    answer = rsb.capacity(Binary(), Margin(kappa))
    assert answer.alpha == rs.capacity(Binary(), Margin(kappa))
    assert answer.y.tolist() == [1.0]
    state = rs.solve(Binary(), Margin(kappa), answer.alpha)
    assert answer.q[0] == state.q
    assert abs(state.entropy) < 1e-9


@pytest.mark.parametrize("steps", [0, -1, 9, 1.0, True, "2", None])
def test_refused_steps(steps):
    with pytest.raises(ValueError, match=r"steps = .* an integer from 1 to 8"):
        rsb.capacity(Spherical(), Margin(-0.5), steps=steps)


def test_refused_problems():
    with pytest.raises(ValueError, match=r"steps = 2 .* 1 for discrete weights"):
        rsb.capacity(Binary(), Margin(0.0), steps=2)
    with pytest.raises(ValueError, match="weights = 'binary'"):
        rsb.capacity("binary", Margin(0.0))


def test_a_minimum_that_runs_away_is_not_returned():
    with pytest.raises(ConvergenceError, match="innermost 1 - q"):
        rsb.capacity(Spherical(), Margin(-1e-5))


class Outer(Constraint):
    """|stability| >= 1: the nearest allowed point jumps at zero, where no edge is."""

    edges = (-1.0, 1.0)

    def terms(self, omega, variance):
        raise NotImplementedError

    def allowed(self, stability):
        return np.abs(stability) >= 1.0

    def squared_distance(self, omega):
        return np.maximum(1.0 - np.abs(omega), 0.0) ** 2


def test_the_middle_of_a_forbidden_interval_is_a_kink():
    assert Outer().cusps == OuterMargin(1.0).cusps == (0.0,)
    assert SymmetricMargin(1.0).cusps == ()
    q, y = 0.6, 300.0
    z, w = np.polynomial.legendre.leggauss(400)

    def phi(h):  # panels that end at every kink
        cuts = np.array([h - 6.0, -1.0, -0.5, 0.0, 0.5, 1.0, h + 6.0])
        x = np.concatenate([(a + b) / 2 + (b - a) / 2 * z for a, b in itertools.pairwise(cuts)])
        weight = np.concatenate([(b - a) / 2 * w for a, b in itertools.pairwise(cuts)])
        gauss = np.exp(-((x - h) ** 2) / (2 * (1 - q))) / math.sqrt(2 * math.pi * (1 - q))
        return math.log(weight @ (gauss * np.exp(-0.5 * y * Outer().squared_distance(x)))) / y

    nodes = np.linspace(-9.0, 9.0, 1201)
    density = np.exp(-0.5 * nodes**2) * (nodes[1] - nodes[0]) / math.sqrt(2 * math.pi)
    exact = sum(p * phi(math.sqrt(q) * a) for a, p in zip(nodes, density, strict=True) if abs(a) < 6.4)
    assert rsb._cost(Outer(), np.array([q]), np.array([y])).value == pytest.approx(exact, rel=1e-8)


def test_a_distance_that_is_not_the_one_to_an_edge_is_refused():
    class Steeper(SymmetricMargin):
        def squared_distance(self, omega):
            return 2.0 * super().squared_distance(omega)

    with pytest.raises(ValueError, match="nearest edge"):
        rsb._cost(Steeper(1.0), np.array([0.5]), np.array([4.0]))


def test_weights_with_another_entropy_are_refused():
    class Shifted(Spherical):
        def entropic_term(self, q_hat, v):
            return super().entropic_term(q_hat, v) + 1.0

    class Renamed(Spherical):
        pass

    with pytest.raises(ValueError, match="its own entropy"):
        rsb.capacity(Shifted(), Margin(-0.5))
    assert rsb.capacity(Renamed(), Margin(-0.5)).alpha == rsb.capacity(Spherical(), Margin(-0.5)).alpha


@pytest.mark.parametrize("steps", [1, 2])
def test_a_minimum_too_flat_to_be_found_is_not_returned(steps):
    """At kappa = -1e-3 the minimiser stopped where it started, and two steps came out above one."""
    with pytest.raises(ConvergenceError, match=r"no minimum with|too little to tell its minimum"):
        rsb.capacity(Spherical(), Margin(-1e-3), steps=steps)


@pytest.mark.parametrize("kappa", [-0.005, -0.01, -0.02, -0.03])
def test_near_zero_margin_the_minimum_scales(kappa):
    """As kappa goes to 0, y (1 - q) tends to a constant and 1 - q to a multiple of kappa^2; a minimiser that stops early shows here."""
    answer = rsb.capacity(Spherical(), Margin(kappa))
    assert answer.y[0] * (1.0 - answer.q[0]) == pytest.approx(2.079, abs=4e-3)
    assert (1.0 - answer.q[0]) / kappa**2 == pytest.approx(1.42, abs=0.09)


@pytest.mark.kernels
def test_the_innermost_level_is_the_integral_it_stands_for():
    """One point of each side of the edge, against adaptive quadrature; quick enough without the compiler."""
    y, gap, h = 7.0, 0.3, np.array([-1.2, 0.4])
    out = np.empty((4, 2))
    margin_leaf(h, -0.5, y, gap, out)
    for i, at in enumerate(h):
        inner = quad(
            lambda z, at=at: (
                math.exp(-0.5 * z * z - 0.5 * y * min(at + math.sqrt(gap) * z + 0.5, 0.0) ** 2)
                / math.sqrt(2 * math.pi)
            ),
            -12,
            12,
            points=[(-0.5 - at) / math.sqrt(gap)],
            epsabs=1e-14,
        )[0]
        assert out[0, i] == pytest.approx(math.log(inner) / y, abs=1e-12)
