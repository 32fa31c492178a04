"""k-step replica symmetry breaking at finite load and beyond capacity: derivatives, limits, independent quadrature, simulations, refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import log_ndtr

import learnscape
from learnscape import Binary, Discrete, Margin, OuterMargin, Spherical, SymmetricMargin
from learnscape.errors import ConvergenceError
from learnscape.replica import rs, rsb, unsat
from learnscape.replica._patterns import patterns
from learnscape.replica._sites import sites, spherical_sites
from learnscape.replica.rsb import _ground
from learnscape.replica.rsb._descent import free_entropy
from learnscape.replica.rsb._saddle import Problem

PIECES = np.array([0.4, 0.2, 0.25, 0.15])
BLOCKS = np.array([0.3, 0.7])


def brute(kappa, pieces, m):
    """G_E of two steps by nested Gauss-Hermite sums."""
    z, w = np.polynomial.hermite_e.hermegauss(120)
    w = w / w.sum()
    s = np.sqrt(pieces)
    h = s[0] * z[:, None, None] + s[1] * z[:, None] + s[2] * z
    inner = np.log(np.exp(m[1] * log_ndtr((h - kappa) / s[3])) @ w) / m[1]
    return float(w @ (np.log(np.exp(m[0] * inner) @ w) / m[0]))


def test_the_patterns_term_is_the_nested_integral():
    assert patterns(Margin(-0.3), PIECES, BLOCKS).term == pytest.approx(brute(-0.3, PIECES, BLOCKS), rel=1e-8)


@pytest.mark.parametrize("weights", [Binary(), Discrete((-1, 0, 1))], ids=str)
def test_the_derivatives_of_the_weights_term(weights):
    """Stationary in q_hat and B at fixed q, and by_m its derivative; the generic tree, with two steps."""
    q_hat, free = np.array([0.5, 0.9, 1.6]), weights.self_overlap is None
    at = sites(weights, q_hat, BLOCKS, 0.7 if free else None)
    q, own = np.cumsum(at.pieces[:-1]), float(at.pieces.sum())

    def term(q_hat, m, b):
        found = sites(weights, q_hat, m, b if free else None)
        mine, other = float(found.pieces.sum()), np.cumsum(found.pieces[:-1])
        weight = np.diff(np.concatenate([[0.0], m, [1.0]]))
        log_z = found.term - 0.5 * (b - q_hat[-1]) * mine - 0.5 * weight @ (other * q_hat)
        return log_z + 0.5 * (b - q_hat[-1]) * own + 0.5 * weight @ (q * q_hat)

    b, e = at.precision, 1e-4
    for i in range(3):
        step = e * np.eye(3)[i]
        assert abs(term(q_hat + step, BLOCKS, b) - term(q_hat - step, BLOCKS, b)) / (2 * e) < 1e-8
    if free:
        assert abs(term(q_hat, BLOCKS, b + e) - term(q_hat, BLOCKS, b - e)) / (2 * e) < 1e-8
    for i in range(2):
        step = e * np.eye(2)[i]
        slope = (term(q_hat, BLOCKS + step, b) - term(q_hat, BLOCKS - step, b)) / (2 * e)
        assert slope == pytest.approx(at.by_m[i], abs=1e-8)


def test_the_sphere_is_a_gaussian_in_the_tree():
    """The closed form against the tree of quadratic leaves that any other weights take."""

    class Own(Spherical):
        def local(self, field, precision):
            return super().local(field, precision)

    q_hat = np.array([0.5, 0.9, 1.6])
    closed, tree = spherical_sites(q_hat, BLOCKS), sites(Own(), q_hat, BLOCKS)
    assert tree.pieces == pytest.approx(closed.pieces, rel=1e-9)
    assert tree.fluctuation == pytest.approx(closed.fluctuation, rel=1e-8)
    assert tree.by_m == pytest.approx(closed.by_m, rel=1e-7)


def test_the_free_entropy_has_its_derivatives():
    c, e = Margin(-0.5), 1e-5
    _, by_piece, by_m = free_entropy(c, 3.0, PIECES, BLOCKS)
    for i in range(3):
        step = e * (np.eye(4)[i] - np.eye(4)[3])
        slope = (
            free_entropy(c, 3.0, PIECES + step, BLOCKS)[0] - free_entropy(c, 3.0, PIECES - step, BLOCKS)[0]
        ) / (2 * e)
        assert slope == pytest.approx(by_piece[i], abs=1e-7)
    for i in range(2):
        step = e * np.eye(2)[i]
        slope = (
            free_entropy(c, 3.0, PIECES, BLOCKS + step)[0] - free_entropy(c, 3.0, PIECES, BLOCKS - step)[0]
        ) / (2 * e)
        assert slope == pytest.approx(by_m[i], abs=1e-7)


@pytest.mark.parametrize("weights", [Spherical(), Binary(), Discrete((-1, 0, 1))], ids=str)
def test_equal_blocks_are_replica_symmetric(weights):
    state = rs.solve(weights, Margin(-0.2), 0.5)
    at = Problem(weights, Margin(-0.2), 0.5).round(
        np.array([state.q, 0.0, state.self_overlap - state.q]), np.array([0.4])
    )
    assert at.free_entropy == pytest.approx(state.entropy, abs=1e-11)
    assert at.replicon == pytest.approx(np.full(2, state.replicon), abs=1e-9)
    assert at.pieces[0] == pytest.approx(state.q, abs=1e-9)


def test_at_m_one_the_free_entropy_is_the_symmetric_one():
    found, state = (
        solve(Spherical(), Margin(-1.0), 11.0, **options)
        for solve, options in ((rsb.solve, {"m": 1.0}), (rs.solve, {}))
    )
    assert found.broken
    assert found.free_entropy == pytest.approx(state.entropy, abs=1e-11)
    assert found.q[0] == pytest.approx(state.q, abs=1e-9)
    assert found.entropy == pytest.approx(found.internal_entropy + found.complexity[0], abs=1e-12)


def test_each_step_lowers_the_entropy_and_leaves_less_instability():
    problem = Spherical(), Margin(-1.0), 11.0
    state, one, two = rs.solve(*problem), rsb.solve(*problem), rsb.solve(*problem, steps=2)
    assert state.entropy > one.entropy > two.entropy
    assert one.entropy - two.entropy == pytest.approx(7.8813e-4, abs=1e-7)
    assert state.replicon < one.replicon.min() < two.replicon.min() < 0.0
    assert np.abs(two.complexity).max() < 1e-11
    assert two.q[0] < one.q[0] < two.q[1] < one.q[1] < two.q[2]
    assert two.m[0] < one.m[0] < two.m[1] < 1.0


@pytest.mark.parametrize("weights", [Spherical(), Binary()], ids=str)
def test_the_free_entropy_is_stationary(weights):
    """Overlaps that are off by 1e-5 change phi and dphi/dm in second order, and by what is asked of the overlaps."""
    m, problem = np.array([0.5]), Problem(weights, OuterMargin(1.0), 0.6)
    start = np.array([0.0, 0.1, 0.9])
    for _ in range(300):
        start = problem.round(start, m).pieces
    at, e = problem.round(start, m), 1e-4
    off = start + e * np.array([0.0, 1.0, -1.0])
    assert problem.round(off, m).free_entropy - at.free_entropy == pytest.approx(0.0, abs=1e-7)


def test_near_the_instability_m_is_the_breaking_point():
    """The overlaps differ by 2e-4 only; m = 1, with a complexity of rounding, is no equilibrium there."""
    alpha = rs.at_line(Spherical(), Margin(-0.5)) * (1.0 + 1e-4)
    found = rsb.solve(Spherical(), Margin(-0.5), alpha)
    assert found.m[0] == pytest.approx(0.2258, abs=3e-3)
    assert -2e-11 < found.free_entropy - rs.entropy(Spherical(), Margin(-0.5), alpha) < 0.0


@pytest.mark.parametrize("level", [0, 1])
def test_a_replicon_is_what_splitting_its_block_costs(level):
    """The curvature of phi when q_i becomes two overlaps at fixed mean, with a new m between: replicon_i/lambda_i^2 times a weight."""
    found = rsb.solve(Spherical(), Margin(-1.0), 11.0)
    q, ends = found.q, np.array([0.0, found.m[0], 1.0])
    lam = np.array([1.0 - q[1] + found.m[0] * (q[1] - q[0]), 1.0 - q[1]])
    inner, outer = 0.4 * (ends[level + 1] - ends[level]), 0.6 * (ends[level + 1] - ends[level])
    m = np.insert(found.m, level, ends[level] + inner)
    delta = 2e-3 * (1.0 - q[level])
    shift = delta * np.array([-outer, inner]) / (inner + outer)
    split = np.concatenate([[0.0], q[:level], q[level] + shift, q[level + 1 :], [1.0]])
    cost = free_entropy(Margin(-1.0), 11.0, np.diff(split), m)[0] - found.free_entropy
    weight = 0.25 * inner * outer / (inner + outer)
    assert cost == pytest.approx(weight * (delta / lam[level]) ** 2 * found.replicon[level], rel=0.05)


def test_the_complexity_curve_has_slope_minus_m():
    m = np.array([0.31, 0.3, 0.29])
    curve = rsb.complexity(Spherical(), Margin(-1.0), 11.0, m)
    slope = (curve.complexity[2] - curve.complexity[0]) / (
        curve.internal_entropy[2] - curve.internal_entropy[0]
    )
    assert slope == pytest.approx(-0.3, rel=1e-3)
    assert curve.free_entropy == pytest.approx(curve.internal_entropy + curve.complexity / m, abs=1e-12)


def test_towards_capacity_the_entropy_falls_and_overlaps_meet_their_limit():
    limit = rsb.capacity(Spherical(), Margin(-0.5))
    loads = limit.alpha * (1.0 - np.array([3e-2, 3e-3]))
    near = [rsb.solve(Spherical(), Margin(-0.5), float(alpha)) for alpha in loads]
    assert near[1].entropy < near[0].entropy - 0.9  # about ln(10)/2 a decade
    assert near[1].m[0] / (1.0 - near[1].q[1]) == pytest.approx(limit.y[0], rel=0.25)
    assert near[1].q[0] == pytest.approx(limit.q[0], abs=0.01)


def test_deep_margins_break_discontinuously():
    problem = Spherical(), Margin(-2.5)
    dynamic, condensation = rsb.dynamic(*problem), rsb.condensation(*problem)
    assert dynamic == pytest.approx(280.8077, abs=1e-3)
    assert condensation == pytest.approx(287.1152, abs=1e-3)
    below, between = (
        rsb.solve(*problem, alpha, m=1.0) for alpha in (0.99 * dynamic, 0.5 * (dynamic + condensation))
    )
    assert not below.broken
    assert between.broken
    assert between.complexity[0] > 0.0
    assert between.stable
    assert between.entropy == pytest.approx(rs.entropy(*problem, between.alpha), abs=1e-10)
    with pytest.raises(ValueError, match="breaks continuously"):
        rsb.dynamic(Spherical(), Margin(-1.0))


def test_a_small_jump_is_found():
    """Just below kappa = -2.043 (parisi.boundaries) clusters appear 3e-5 before the AT line; values by two nested Gaussian sums."""
    problem = Spherical(), Margin(-2.05)
    appear, line = rsb.dynamic(*problem), rs.at_line(*problem)
    assert appear == pytest.approx(71.42199, abs=2e-5)
    assert appear < rsb.condensation(*problem) < line
    with pytest.raises(ValueError, match="breaks continuously"):
        rsb.dynamic(Spherical(), Margin(-2.04))


@pytest.mark.parametrize("find", [rsb.capacity, rsb.condensation])
def test_discrete_weights_that_break_before_they_freeze_are_refused(find):
    with pytest.raises(ValueError, match=r"break before they freeze .*0\.603664 is only an upper bound"):
        find(Binary(), OuterMargin(1.0))


def test_binary_weights_freeze():
    found, state = rsb.solve(Binary(), Margin(0.0), 0.6), rs.solve(Binary(), Margin(0.0), 0.6)
    assert found.q.tolist() == [state.q, 1.0]
    assert (found.internal_entropy, found.complexity[0], found.entropy) == (0.0, state.entropy, state.entropy)
    assert rsb.condensation(Binary(), Margin(0.0)) == pytest.approx(0.8330786, abs=1e-7)
    with pytest.raises(ValueError, match="single solutions"):
        rsb.dynamic(Binary(), Margin(0.0))
    with pytest.raises(ValueError, match=r"below the capacity, 0\.833"):
        rsb.solve(Binary(), Margin(0.0), 0.84)


def test_a_symmetric_constraint_keeps_its_outer_overlap_at_zero():
    found = rsb.solve(Spherical(), SymmetricMargin(1.0), 3.0, m=0.6)
    assert found.broken
    assert found.q[0] == 0.0
    assert found.residual < 1e-9


@pytest.mark.parametrize("steps", [1, 2])
def test_where_symmetry_is_stable_nothing_breaks(steps):
    found, state = (
        rsb.solve(Spherical(), Margin(0.5), 0.6, steps=steps),
        rs.solve(Spherical(), Margin(0.5), 0.6),
    )
    assert not found.broken
    assert found.q.tolist() == [state.q] * (steps + 1)
    assert found.entropy == state.entropy


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"alpha": 4.75}, r"below the capacity with 1 step\(s\) of breaking, 4\.70013"),
        ({"steps": 0}, "steps = 0 .* 1 or 2"),
        ({"steps": 1.0}, r"steps = 1\.0"),
        ({"steps": 3}, r"rsb\.capacity"),
        ({"m": -0.1}, "m = -0.1"),
        ({"m": [0.2, 0.1], "steps": 2}, "not decreasing"),
        ({"start": [0.1, 0.2]}, "None at equilibrium"),
        ({"m": 0.5, "start": [0.5, 0.2]}, "increasing overlaps"),
        ({"tol": 0.5}, r"tol = 0\.5"),
    ],
)
def test_refusals(options, match):
    with pytest.raises(ValueError, match=match):
        rsb.solve(Spherical(), Margin(-0.5), options.pop("alpha", 4.3), **options)


def test_the_gradient_of_the_energy_is_one():
    v, e = np.array([-0.5, 0.3, 1.0, 0.2, 0.4]), 1e-5
    gradient = _ground.minus_energy(-0.5, 8.0, v)[1]
    for i in range(5):
        step = e * np.eye(5)[i]
        slope = (
            _ground.minus_energy(-0.5, 8.0, v + step)[0] - _ground.minus_energy(-0.5, 8.0, v - step)[0]
        ) / (2 * e)
        assert slope == pytest.approx(gradient[i], abs=1e-9)


@pytest.mark.parametrize("kappa", [-0.02, -0.1])
def test_overlaps_that_run_to_one_are_no_ground_state(kappa):
    """There the energy is that of replica symmetry to 1e-13, and so are the replicons."""
    with pytest.raises(ConvergenceError, match="ran to 1"):
        rsb.ground_state(kappa, 3.0)
    assert rsb.ground_state(-0.5, 1e4).replicon.min() > -0.1  # and here breaking is found


def test_each_step_raises_the_energy():
    state = unsat.solve(Spherical(), Margin(-0.3), 4.0)
    one, two = (rsb.ground_state(-0.3, 4.0, steps=k) for k in (1, 2))
    assert state.energy < one.energy < two.energy
    assert state.replicon < one.replicon.min() < two.replicon.min() < 0.0
    assert state.contacts > one.contacts > two.contacts
    slope = (rsb.ground_state(-0.299, 4.0).energy - rsb.ground_state(-0.301, 4.0).energy) / 2e-3
    assert slope == pytest.approx(one.pressure, abs=1e-6)


def test_contacts_of_the_simulated_minima_favour_breaking():
    """At alpha = 4, kappa = -0.3 the largest system has fewer contacts than replica symmetry says, and as many as two steps say."""
    row = max(
        (
            r
            for r in learnscape.stored("perceptron_jamming")["minima"]
            if (r["alpha"], r["kappa"]) == (4.0, -0.3)
        ),
        key=lambda r: r["n"],
    )
    measured, error = row["contacts"]
    two = rsb.ground_state(-0.3, 4.0, steps=2)
    assert abs(two.contacts - measured) < 3.0 * error
    assert row["rs"]["contacts"] - measured > 3.0 * error


def test_the_ground_state_refuses_and_knows_symmetry():
    with pytest.raises(ValueError, match="the energy is 0"):
        rsb.ground_state(-0.5, 4.6)
    with pytest.raises(ValueError, match="kappa = -4"):
        rsb.ground_state(-4.0, 1e4)
    found = rsb.ground_state(0.5, 3.0, steps=2)
    assert not found.broken
    assert found.energy == unsat.solve(Spherical(), Margin(0.5), 3.0).energy
    assert math.isfinite(found.chi)
