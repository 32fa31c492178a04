"""The negative perceptron: minima of the quadratic cost against finite differences, jammed states against counts, bounds and each other."""

from __future__ import annotations

import math

import numpy as np
import pytest

from learnscape import Margin, Spherical
from learnscape.errors import ConvergenceError
from learnscape.jamming import perceptron, spectra
from learnscape.jamming.perceptron import polytope
from learnscape.jamming.perceptron.energy import describe
from learnscape.learn import max_margin
from learnscape.patterns import random_patterns
from learnscape.replica import unsat


def _gaussian(p: int, n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((p, n))


def _energy(xi: np.ndarray, w: np.ndarray, kappa: float) -> float:
    """N e at the point of the sphere in the direction of w, written out once more."""
    h = xi @ w / np.linalg.norm(w) - kappa
    return 0.5 * float((np.minimum(h, 0) ** 2).sum())


# ---- the quadratic cost -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kappa", [-0.4, 0.0, 0.7])
def test_force_and_hessian_are_the_derivatives_of_the_energy(kappa: float) -> None:
    """At a random point, not a minimum: along geodesics, the first derivative is the force and the second the Hessian."""
    xi, n = _gaussian(60, 20, 3), 20
    rng = np.random.default_rng(4)
    w = rng.standard_normal(n)
    w *= math.sqrt(n) / np.linalg.norm(w)
    spectrum = perceptron.hessian(xi, w, kappa)
    state = describe(xi, w, kappa, 0, False, [])
    force = xi[state.unsatisfied].T @ state.gaps[state.unsatisfied] / math.sqrt(n)
    assert state.zeta == pytest.approx(float(force @ w) / n, abs=1e-12)
    for _ in range(5):
        u = rng.standard_normal(n)
        u -= w * (u @ w) / n
        u *= 1.0 / np.linalg.norm(u)
        step = 1e-3  # no gap changes sign within it, see the next line; the energy is then smooth

        def along(t: float, u: np.ndarray = u) -> np.ndarray:
            return w * math.cos(t / math.sqrt(n)) + u * math.sqrt(n) * math.sin(t / math.sqrt(n))

        signs = [(xi @ along(t) / math.sqrt(n) < kappa) for t in (-step, 0, step)]
        assert np.array_equal(signs[0], signs[2])
        plus, here, minus = (_energy(xi, along(t), kappa) for t in (step, 0.0, -step))
        assert (plus - minus) / (2 * step) == pytest.approx(float(force @ u), abs=1e-6)
        assert (plus - 2 * here + minus) / step**2 == pytest.approx(float(u @ spectrum.matrix @ u), abs=1e-6)
    tangent = spectrum.matrix @ w
    assert np.abs(tangent).max() < 1e-12


def test_eigenvalues_are_those_of_a_basis_of_the_tangent_space() -> None:
    state = perceptron.minimise(_gaussian(80, 20, 5), -0.2, rng=1)
    spectrum = perceptron.hessian(state)
    basis = np.linalg.svd(state.weights[None, :])[2][1:]
    assert np.allclose(
        np.linalg.eigvalsh(basis @ spectrum.matrix @ basis.T), spectrum.eigenvalues, atol=1e-12
    )
    assert spectrum.eigenvalues[0] > -1e-12, "a minimum is not a saddle"


def test_minimum_has_no_force_and_pressure_is_the_slope_of_the_energy() -> None:
    xi = _gaussian(256, 64, 6)
    here = perceptron.minimise(xi, -0.1, rng=1)
    assert here.converged
    assert here.residual < 1e-10
    assert here.energy == pytest.approx(_energy(xi, here.weights, -0.1) / 64, rel=1e-12)
    step = 1e-5
    above = perceptron.minimise(xi, -0.1 + step, here.weights)
    below = perceptron.minimise(xi, -0.1 - step, here.weights)
    assert np.array_equal(above.unsatisfied, below.unsatisfied)
    assert (above.energy - below.energy) / (2 * step) == pytest.approx(here.pressure, rel=1e-6)


def test_satisfiable_patterns_cost_nothing() -> None:
    state = perceptron.minimise(_gaussian(32, 32, 7), -0.5, rng=1)
    assert state.satisfied
    assert state.energy == 0
    assert state.gaps.min() >= 0
    with pytest.raises(ValueError, match="flat"):
        perceptron.hessian(state)


# ---- jammed states ----------------------------------------------------------------------------------------------------------


def _check(state: perceptron.JammedPerceptron) -> None:
    """What every jammed state must satisfy, whatever the method."""
    n = state.weights.size
    assert np.linalg.norm(state.weights) == pytest.approx(math.sqrt(n), rel=1e-12)
    stability = state.patterns @ state.weights / math.sqrt(n)
    assert np.allclose(state.gaps, stability - state.kappa, atol=1e-12)
    assert stability.min() == pytest.approx(state.kappa, abs=1e-10)
    assert np.abs(state.gaps[state.contacts]).max() < 1e-10
    assert state.open_gaps.min() > 1e-9, "a pattern at the margin that is not counted as a contact"
    assert len(state.open_gaps) + len(state.contacts) == len(state.patterns)
    assert state.forces.min() > 0
    assert state.forces.sum() == pytest.approx(1)
    balance = state.forces @ state.patterns[state.contacts] / math.sqrt(n)
    assert np.allclose(balance, state.kappa / n * state.weights, atol=1e-10)
    assert state.converged
    assert state.residual < 1e-9


@pytest.mark.parametrize("method", ["unsat", "lp", "edges"])
@pytest.mark.parametrize(("n", "alpha"), [(24, 4.0), (48, 4.0), (32, 10.0)])
def test_isostatic_for_negative_margin(method: str, n: int, alpha: float) -> None:
    for seed in range(3):
        state = perceptron.jam(n, alpha, method=method, rng=seed)
        _check(state)
        assert state.kappa < 0
        assert len(state.contacts) == n
        assert state.contacts_per_weight == 1


@pytest.mark.parametrize("method", ["unsat", "lp", "edges"])
def test_positive_margin_is_the_maximal_stability_and_hypostatic(method: str) -> None:
    """A convex problem has one answer; the library's support-vector solver, which shares no code with this one, finds the same."""
    for seed in range(3):
        state = perceptron.jam(40, 0.9, method=method, rng=seed)
        _check(state)
        best = max_margin(state.patterns)
        assert state.kappa == pytest.approx(best.stability, abs=1e-9)
        assert np.array_equal(state.contacts, np.sort(best.support))
        assert np.allclose(state.weights, best.weights, atol=1e-7)
        assert len(state.contacts) < 40


def test_contacts_at_positive_margin_against_theory() -> None:
    """alpha_J(1/2) = 0.9613 and alpha_J Phi(1/2) = 0.665 contacts per weight, for N = 256 within the scatter of draws."""
    counts = [perceptron.jam(256, 0.9613, method="edges", rng=seed).contacts_per_weight for seed in range(30)]
    theory = unsat.solve(Spherical(), Margin(0.5), 0.9613 * (1 + 1e-4)).contacts
    assert theory == pytest.approx(0.665, abs=1e-3)
    assert min(counts) > 0.60
    assert max(counts) < 0.73
    error = np.std(counts, ddof=1) / math.sqrt(len(counts))
    assert abs(np.mean(counts) - theory) < 4 * error + 0.005  # the second term: a correction of order 1/N
    assert error < 0.01


def test_no_small_step_raises_the_margin() -> None:
    state = perceptron.jam(30, 4.0, rng=2)
    rng = np.random.default_rng(3)
    for _ in range(300):
        for size in (1e-3, 1e-2):
            w = state.weights + size * rng.standard_normal(30)
            w *= math.sqrt(30) / np.linalg.norm(w)
            assert (state.patterns @ w).min() / math.sqrt(30) < state.kappa


def test_two_and_three_weights_against_a_search_over_the_sphere() -> None:
    """On a circle the best margin is found by trying all directions; the three methods end in local maxima, the best of many starts in that."""
    xi = _gaussian(12, 2, 11)
    angle = np.linspace(0, 2 * np.pi, 200_001)
    circle = (xi @ np.array([np.cos(angle), np.sin(angle)])).min(axis=0)
    local = circle[(circle > np.roll(circle, 1)) & (circle >= np.roll(circle, -1))]
    assert circle.max() < 0
    found = set()
    for method in ("unsat", "lp", "edges"):
        for seed in range(12):
            state = perceptron.jam(2, 6.0, patterns=xi, method=method, rng=seed)
            assert np.abs(local - state.kappa).min() < 1e-4
            found.add(round(state.kappa, 6))
    assert max(found) == pytest.approx(circle.max(), abs=1e-4)


def test_methods_reach_similar_margins_and_all_are_isostatic() -> None:
    """Same patterns, three searches: different corners, all with N contacts, at margins that differ by a few hundredths."""
    rows = []
    for seed in range(6):
        xi = _gaussian(256, 64, seed)
        states = [perceptron.jam(64, 4.0, patterns=xi, method=m, rng=seed) for m in ("unsat", "lp", "edges")]
        assert all(len(state.contacts) == 64 for state in states)
        rows.append([state.kappa for state in states])
    kappas = np.array(rows)
    assert np.ptp(kappas, axis=1).max() < 0.12
    assert np.abs(kappas.mean(axis=0) + 0.43).max() < 0.05


@pytest.mark.parametrize(("alpha", "bound"), [(4.0, -0.4102), (12.0, -0.987)])
def test_jamming_margin_lies_below_the_replica_symmetric_bound(alpha: float, bound: float) -> None:
    """RS and 1RSB bound kappa_J of a large system from above; a search stays below, and N = 128 is near (bounds: 1RSB, interpolated RSB)."""
    kappas = [perceptron.jam(128, alpha, pressure=1e-3, rng=seed).kappa for seed in range(12)]
    error = np.std(kappas, ddof=1) / math.sqrt(len(kappas))
    assert np.mean(kappas) < unsat.jamming_margin(alpha)
    assert abs(np.mean(kappas) - bound) < 0.035 + 3 * error
    assert np.mean(kappas) < bound + 3 * error


def test_the_exact_corner_is_where_the_compressed_states_go() -> None:
    """Stop early, stop late: the same contacts; the raw overlaps are the forces and the raw contacts the corner's."""
    xi = _gaussian(512, 128, 20)
    early = perceptron.jam(128, 4.0, patterns=xi, pressure=1e-5, rng=1)
    late = perceptron.jam(128, 4.0, patterns=xi, pressure=1e-8, rng=1)
    raw = perceptron.jam(128, 4.0, patterns=xi, pressure=1e-8, exact=False, rng=1)
    assert np.array_equal(early.contacts, late.contacts)
    assert early.kappa == pytest.approx(late.kappa, abs=1e-13)
    assert np.array_equal(raw.contacts, late.contacts)
    assert np.allclose(raw.forces, late.forces, rtol=1e-3, atol=1e-7)
    assert raw.pressure <= 1e-8
    assert raw.kappa - late.kappa == pytest.approx(2 * (raw.pressure / 2) / _stiffness(raw, late), rel=1e-3)


def _stiffness(raw: perceptron.JammedPerceptron, late: perceptron.JammedPerceptron) -> float:
    """dp/dkappa at the corner: with N contacts and forces f of sum 1, p = (kappa - kappa_J) / (N sum f^2)."""
    return 1.0 / (late.weights.size * float((late.forces**2).sum()))


def test_energy_down_to_1e_20() -> None:
    raw = perceptron.jam(64, 4.0, pressure=1e-10, exact=False, rng=5)
    energy = 0.5 * float((raw.gaps[raw.contacts] ** 2).sum()) / 64
    assert 0 < energy < 2e-20
    assert len(raw.contacts) == 64


def test_stopping_too_deep_loses_contacts_to_rounding() -> None:
    """Below p of about 1e-11 overlaps are rounding errors; the exact corner keeps all N contacts."""
    lost = []
    for seed in range(4):
        xi = _gaussian(256, 64, 30 + seed)
        deep = perceptron.jam(64, 4.0, patterns=xi, pressure=1e-13, exact=False, on_failure="return", rng=1)
        corner = perceptron.jam(64, 4.0, patterns=xi, rng=1)
        assert len(corner.contacts) == 64
        lost.append(64 - len(deep.contacts))
    assert max(lost) > 0


# ---- curvature --------------------------------------------------------------------------------------------------------------


def test_lowest_eigenvalue_is_minus_zeta_where_contacts_are_few() -> None:
    """kappa > 0 and c < 1: N - cN directions feel only the sphere. (N - 1 tangent ones less a rank of cN - 1: the forces balance.)"""
    spectrum = perceptron.hessian(perceptron.minimise(_gaussian(100, 100, 8), 1.0, rng=1))
    free = 100 - round(100 * spectrum.contacts_per_weight)
    assert free > 5
    assert spectrum.zeta < 0
    assert np.allclose(spectrum.eigenvalues[:free], -spectrum.zeta, atol=1e-10)
    assert spectrum.eigenvalues[free] > -spectrum.zeta + 1e-4


def test_spectrum_follows_marchenko_and_pastur() -> None:
    """Mean and second moment of A^T A are c and c + c^2; edge and top within the fluctuations of N = 300."""
    state = perceptron.minimise(_gaussian(1200, 300, 9), -0.1, rng=1)
    spectrum = perceptron.hessian(state)
    c, shifted = spectrum.contacts_per_weight, spectrum.eigenvalues + spectrum.zeta
    assert c > 1
    assert shifted.mean() == pytest.approx(c, rel=0.08)
    assert shifted.max() == pytest.approx((1 + math.sqrt(c)) ** 2, rel=0.08)
    assert spectrum.eigenvalues.min() == pytest.approx(spectrum.edge, abs=0.03)
    density = spectra.marchenko_pastur(c, shift=-spectrum.zeta).density(spectrum.eigenvalues)
    assert (density > 0).mean() > 0.95


def test_negative_margin_is_marginal() -> None:
    """The edge lies at zero for kappa < 0 at every distance to jamming, where replica symmetry would leave a gap for kappa > 0."""
    edges, zetas = [], []
    for kappa in (-0.3, -0.2):
        for seed in range(5):
            spectrum = perceptron.hessian(perceptron.minimise(_gaussian(512, 128, seed), kappa, rng=seed))
            edges.append(spectrum.edge)
            zetas.append(spectrum.zeta)
    assert abs(np.mean(edges)) < 0.01
    assert np.mean(zetas) > 0.02, "the shift that has to be made up is larger than what is left"
    positive = perceptron.hessian(perceptron.minimise(_gaussian(256, 128, 1), 1.0, rng=1))
    assert positive.eigenvalues[0] > 0.05


# ---- replica-symmetric UNSAT phase ------------------------------------------------------------------------------------------


def test_measured_energy_and_contacts_against_replica_symmetry() -> None:
    """kappa = 1 > 0, where replica symmetry is right: energy, pressure, contacts and lowest eigenvalue at N = 200."""
    theory = unsat.solve(Spherical(), Margin(1.0), 1.0)
    states = [perceptron.minimise(_gaussian(200, 200, seed), 1.0, rng=1) for seed in range(20)]
    for name, value in (("energy", theory.energy), ("pressure", theory.pressure), ("zeta", theory.zeta)):
        sample = np.array([getattr(state, name) for state in states])
        assert abs(sample.mean() - value) < 4 * sample.std(ddof=1) / math.sqrt(20), name
    contacts = np.array([len(state.unsatisfied) / 200 for state in states])
    assert abs(contacts.mean() - theory.contacts) < 4 * contacts.std(ddof=1) / math.sqrt(20)


# ---- bad input --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 1, "alpha": 4.0}, "n = 1"),
        ({"n": 2.5, "alpha": 4.0}, "n = 2.5"),
        ({"n": True, "alpha": 4.0}, "n = True"),
        ({"n": 20, "alpha": 0.01}, "nothing jams"),
        ({"n": 20, "alpha": -1.0}, "alpha = -1.0"),
        ({"n": 20, "alpha": math.nan}, "alpha = nan"),
        ({"n": 20, "alpha": math.inf}, "alpha = inf"),
        ({"n": 2, "alpha": 1.0, "patterns": [[1.0, math.nan], [1.0, 0.0]]}, r"patterns\[0, 1\] = nan"),
        ({"n": 2, "alpha": 1.0, "patterns": [[1.0, 0.0], [0.0, 0.0]]}, r"patterns\[1\]"),
        ({"n": 2, "alpha": 1.0, "patterns": [[1.0, 2.0]]}, "patterns.shape"),
        ({"n": 4, "alpha": 0.5, "labels": [1.0, 0.5]}, r"labels\[1\] = 0.5"),
        ({"n": 4, "alpha": 0.5, "labels": [1.0, math.nan]}, r"labels\[1\] = nan"),
        ({"n": 4, "alpha": 0.5, "labels": [1.0]}, "labels.shape"),
        ({"n": 4, "alpha": 4.0, "method": "fire"}, "method"),
        ({"n": 4, "alpha": 4.0, "pressure": 0.0}, "pressure"),
        ({"n": 4, "alpha": 4.0, "pressure": 1e-12}, "pressure"),
        ({"n": 4, "alpha": 4.0, "method": "lp", "exact": False}, "exact"),
        ({"n": 4, "alpha": 4.0, "on_failure": "ignore"}, "on_failure"),
        ({"n": 4, "alpha": 4.0, "rng": -1}, "rng"),
    ],
)
def test_bad_input_of_jam_names_the_value(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        perceptron.jam(**arguments)


@pytest.mark.parametrize(
    ("patterns", "kappa", "more", "message"),
    [
        (np.ones(4), 0.0, {}, "two-dimensional"),
        (np.empty((0, 4)), 0.0, {}, "P >= 1"),
        (np.ones((4, 1)), 0.0, {}, "N >= 2"),
        ([[1.0, math.inf]], 0.0, {}, r"patterns\[0, 1\] = inf"),
        ([[1.0, 2.0], [1.0]], 0.0, {}, "rectangular"),
        (np.ones((2, 2)), math.nan, {}, "kappa = nan"),
        (np.ones((2, 2)), 0.0, {"weights": [1.0, 2.0, 3.0]}, "weights.shape"),
        (np.ones((2, 2)), 0.0, {"weights": [0.0, 0.0]}, "weights"),
        (np.ones((2, 2)), 0.0, {"tolerance": 0.0}, "tolerance = 0.0"),
        (np.ones((2, 2)), 0.0, {"on_failure": 1}, "on_failure"),
    ],
)
def test_bad_input_of_minimise_names_the_value(patterns, kappa, more, message) -> None:
    with pytest.raises(ValueError, match=message):
        perceptron.minimise(patterns, kappa, **more)


def test_bad_input_of_the_spectrum_names_the_value() -> None:
    xi = _gaussian(8, 4, 1)
    with pytest.raises(ValueError, match="given with patterns"):
        perceptron.hessian(xi)
    with pytest.raises(ValueError, match="left out"):
        perceptron.hessian(perceptron.minimise(xi, 1.0, rng=1), kappa=1.0)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"patterns": _gaussian(40, 10, 1) + 1j}, "patterns must be a rectangular array of real numbers"),
        ({"labels": ["yes"] * 40}, r"labels must be an array of \+1 and -1"),
        ({"labels": np.full(40, 1j)}, r"labels must be an array of \+1 and -1"),
        ({"pressure": "low"}, "pressure = 'low'"),
        ({"alpha": "4"}, "alpha = '4'"),
        ({"alpha": None}, "alpha = None"),
        ({"alpha": 1e12}, "fit into memory"),
    ],
)
def test_jam_refuses_what_is_no_real_number_or_too_many(more, message) -> None:
    with pytest.raises(ValueError, match=message):
        perceptron.jam(10, **{"alpha": 4.0, "rng": 1} | more)


@pytest.mark.parametrize(
    ("kappa", "more"), [("a", {}), (None, {}), (0.0, {"weights": ["a"] * 10}), (0.0, {"tolerance": "x"})]
)
def test_minimise_refuses_what_is_no_real_number(kappa, more) -> None:
    with pytest.raises(ValueError, match="must be"):
        perceptron.minimise(_gaussian(40, 10, 1), kappa, **more)


@pytest.mark.parametrize("method", ["unsat", "lp", "edges"])
@pytest.mark.parametrize("scale", [2.0**-30, 2.0**40])
def test_patterns_of_any_length_jam_alike(method, scale) -> None:
    """Margins scale with the patterns; tolerances made for entries of order one must not decide what counts as converged."""
    xi = _gaussian(40, 10, 1)
    one = perceptron.jam(10, 4.0, patterns=xi, method=method, rng=1)
    other = perceptron.jam(10, 4.0, patterns=scale * xi, method=method, rng=1)
    assert other.converged
    assert other.kappa == scale * one.kappa
    assert np.array_equal(other.contacts, one.contacts)
    assert np.array_equal(other.gaps, scale * one.gaps)
    assert np.array_equal(other.patterns, scale * xi)
    assert other.forces @ other.patterns[other.contacts] / math.sqrt(10) == pytest.approx(
        other.kappa / 10 * other.weights, rel=1e-9
    )


def test_labels_are_folded_in() -> None:
    xi, labels = _gaussian(40, 10, 1), np.where(np.arange(40) % 3 == 0, -1.0, 1.0)
    folded = perceptron.jam(10, 4.0, patterns=labels[:, None] * xi, rng=1)
    given = perceptron.jam(10, 4.0, patterns=xi, labels=labels, rng=1)
    assert given.kappa == folded.kappa


def test_opposite_patterns_have_no_general_position() -> None:
    """xi and -xi force the margin to be <= 0 and the best is 0 exactly: no side can be told, and that is said."""
    xi = _gaussian(3, 8, 1)
    with pytest.raises(ConvergenceError):
        perceptron.jam(8, 0.75, patterns=[xi[0], -xi[0], *xi[1:], *xi[1:], xi[2]][:6], method="edges", rng=1)


def test_climbing_that_is_stopped_carries_its_trace() -> None:
    xi = _gaussian(64, 16, 1)
    with pytest.raises(ConvergenceError) as caught:
        polytope.furthest_corner(xi, np.ones(16), max_steps=2)
    assert len(caught.value.trace) == 3
    assert min(caught.value.trace) > 0


def test_minimiser_that_is_not_there_yet_says_so() -> None:
    """The residual of an unreachable tolerance: rounding decides, and the state says how far it got."""
    xi = random_patterns(40, 10, rng=2)
    state = perceptron.minimise(xi, 0.0, rng=1, on_failure="return")
    assert state.converged
    assert len(state.trace) > 1
    assert state.trace[-1] == pytest.approx(state.residual, rel=0.5, abs=1e-14)
