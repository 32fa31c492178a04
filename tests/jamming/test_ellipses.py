"""Ellipses: the contact function against brute force, derivatives against finite differences, and packings that lack contacts."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

import learnscape
from learnscape.jamming import ellipses, packings
from learnscape.jamming.ellipses._kernels import forces, near_pairs
from learnscape.jamming.ellipses._state import derivatives, flat
from learnscape.jamming.ellipses.contact import cos_sin_kernel, shape_matrices


def random_pair(rng):
    axes = np.sort(rng.uniform(0.2, 2.0, (2, 2)), axis=1)[:, ::-1]
    return rng.normal(size=2), axes, rng.uniform(-7, 7, 2)


def touch_by_points(r, axes, angles, points=20_001):
    """The swelling factor at which the boundaries meet, from the boundary of one ellipse seen in the frame in which the other is a circle.

    Independent of the formula of Perram and Wertheim: for a factor g, the least level of the second ellipse on the boundary of the first.
    """
    first, b = shape_matrices(axes, angles)
    t = np.linspace(0, 2 * np.pi, points)
    c, s = np.cos(angles[0]), np.sin(angles[0])
    ring = np.array([[c, -s], [s, c]]) @ np.array([axes[0, 0] * np.cos(t), axes[0, 1] * np.sin(t)])

    def level(g):
        at = r[:, None] + g * ring
        return float(np.min(np.sum(at * np.linalg.solve(b, at), axis=0)) - g * g)

    # Swollen by g both: they meet when the least level on the boundary of the first equals g^2.
    low, high = (
        1e-6,
        math.sqrt(r @ np.linalg.solve(first, r)),
    )  # here the boundary of one meets the centre of the other
    for _ in range(80):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if level(middle) > 0 else (low, middle)
    return low


@pytest.mark.parametrize("seed", range(12))
def test_contact_function_is_the_maximum_over_lambda(seed):
    r, axes, angles = random_pair(np.random.default_rng(seed))
    a, b = shape_matrices(axes, angles)
    best = minimize_scalar(
        lambda t: -t * (1 - t) * r @ np.linalg.solve((1 - t) * a + t * b, r),
        bounds=(0, 1),
        method="bounded",
        options={"xatol": 1e-12},
    )
    assert ellipses.contact_function(r, axes, angles) == pytest.approx(math.sqrt(-best.fun), rel=1e-13)


@pytest.mark.parametrize("seed", range(6))
def test_it_is_the_factor_by_which_both_must_swell_to_touch(seed):
    r, axes, angles = random_pair(np.random.default_rng(100 + seed))
    # the boundary is sampled, so its least level is a little too large
    assert ellipses.contact_function(r, axes, angles) == pytest.approx(
        touch_by_points(r, axes, angles), rel=1e-6
    )


def test_circles():
    for seed in range(5):
        rng = np.random.default_rng(seed)
        radii, r = rng.uniform(0.3, 2, 2), rng.normal(size=2)
        g = ellipses.contact_function(r, np.repeat(radii[:, None], 2, axis=1), rng.uniform(0, 9, 2))
        assert g == pytest.approx(np.hypot(*r) / radii.sum(), rel=1e-14)


@pytest.mark.parametrize("seed", range(6))
def test_symmetries_of_the_contact_function(seed):
    r, axes, angles = random_pair(np.random.default_rng(seed))
    g = ellipses.contact_function(r, axes, angles)
    turn = 0.7
    c, s = math.cos(turn), math.sin(turn)
    same = [
        ellipses.contact_function(-r, axes, angles),
        ellipses.contact_function(-r, axes[::-1], angles[::-1]),
        ellipses.contact_function(r, axes, angles + [math.pi, 0]),
        ellipses.contact_function(r, axes, angles + [0, math.pi]),
        ellipses.contact_function(np.array([[c, -s], [s, c]]) @ r, axes, angles + turn),
        ellipses.contact_function(3 * r, 3 * axes, angles),
        ellipses.contact_function(2 * r, axes, angles) / 2,
    ]
    assert same == pytest.approx([g] * len(same), rel=1e-12)


@pytest.mark.kernels
def test_cosine_and_sine_without_libm():
    angles = np.linspace(-50, 50, 2003)
    both = np.array([cos_sin_kernel(float(t)) for t in angles])
    assert np.abs(both - np.stack([np.cos(angles), np.sin(angles)], axis=1)).max() < 2e-14


@pytest.fixture(scope="module", params=[1.0, 1.1, 2.5])
def squeezed(request):
    """A configuration that is not at rest, so that all first derivatives differ from zero."""
    rng = np.random.default_rng(4)
    axes = ellipses.bidisperse(24, request.param)
    box = math.sqrt(math.pi * np.sum(axes.prod(axis=1)) / 1.0)
    rho = 0.5 * np.sqrt(np.sum(axes**2, axis=1))
    grid = np.array([[i / 5, j / 5] for i in range(5) for j in range(5)])[:24] + 0.03 * rng.normal(
        size=(24, 2)
    )
    return np.concatenate([*(box * grid.T), rho * rng.uniform(0, np.pi, 24)]), axes, box


def test_gradient_against_finite_differences(squeezed):
    x, axes, box = squeezed
    _, gradient, _, _ = derivatives(x, axes, box)
    numeric = np.empty(x.size)
    for k in range(x.size):
        step = np.zeros(x.size)
        step[k] = 1e-5
        numeric[k] = (derivatives(x + step, axes, box)[0] - derivatives(x - step, axes, box)[0]) / 2e-5
    assert np.abs(gradient).max() > 0.05
    assert np.abs(gradient - numeric).max() < 1e-8


def test_second_derivatives_against_finite_differences(squeezed):
    x, axes, box = squeezed
    _, _, hessian, _ = derivatives(x, axes, box)
    numeric = np.empty((x.size, x.size))
    for k in range(x.size):
        step = np.zeros(x.size)
        step[k] = 1e-6
        numeric[k] = (derivatives(x + step, axes, box)[1] - derivatives(x - step, axes, box)[1]) / 2e-6
    assert np.abs(hessian - numeric).max() < 1e-7 * np.abs(hessian).max() + 1e-8


@pytest.mark.kernels
def test_kernel_and_numpy_give_the_same_forces(squeezed):
    x, axes, box = squeezed
    a, b = np.ascontiguousarray(axes[:, 0]), np.ascontiguousarray(axes[:, 1])
    f = np.empty(x.size)
    energy, virial, _, _ = forces(x, a, b, box, near_pairs(x, a, box, 0.3), np.empty((3, len(a))), f)
    expected, gradient, _, _ = derivatives(x, axes, box)
    assert energy == pytest.approx(expected, rel=1e-13)
    assert np.abs(f + gradient).max() < 1e-13
    # the virial is minus the derivative of the energy when box and centres are stretched
    stretched = []
    for factor in (1 - 1e-6, 1 + 1e-6):
        y = x.copy()
        y[: 2 * len(a)] *= factor
        stretched.append(derivatives(y, axes, box * factor)[0])
    assert -(stretched[1] - stretched[0]) / 2e-6 == pytest.approx(virial, rel=1e-7)


def test_energy_does_not_change_when_all_move_or_one_turns_by_pi(squeezed):
    x, axes, box = squeezed
    n = len(axes)
    energy = derivatives(x, axes, box)[0]
    moved = x.copy()
    moved[:n] += 0.37
    moved[n : 2 * n] -= 5.1 * box
    moved[2 * n + 3] += math.pi * 0.5 * math.hypot(*axes[3])
    assert derivatives(moved, axes, box)[0] == pytest.approx(energy, rel=1e-11)


def test_discs_are_the_discs_of_packings():
    packing = ellipses.jam(32, 1.0, rng=2, pressure=1e-4)
    discs = packings.contact_network(packing.positions, packing.axes[:, 0].copy(), packing.box)
    assert set(map(tuple, discs.pairs)) == set(map(tuple, packing.contacts))
    sums = packing.axes[packing.contacts, 0].sum(axis=1)
    ours = dict(zip(map(tuple, packing.contacts), packing.forces / sums, strict=True))
    theirs = dict(zip(map(tuple, discs.pairs), discs.forces, strict=True))
    assert [ours[pair] for pair in theirs] == pytest.approx(list(theirs.values()), rel=1e-9)
    assert packing.missing_contacts <= 0  # isostatic, or above by the few contacts of a finite pressure
    assert ellipses.vibrations(packing).quartic == packing.n_stable  # the free rotations


@pytest.fixture(scope="module")
def jammed():
    return {ratio: ellipses.jam(40, ratio, rng=5, pressure=1e-6) for ratio in (1.02, 1.2, 1.6)}


def test_ellipses_are_hypostatic(jammed):
    for packing in jammed.values():
        assert packing.converged
        assert packing.pressure == pytest.approx(1e-6, rel=0.2)
        assert 4 - 2 / packing.n_stable <= packing.coordination < 6 - 2 / packing.n_stable
        assert packing.missing_contacts > 0
    z = [packing.coordination for packing in jammed.values()]
    assert z[0] < z[1] < z[2]
    assert z[0] < 4.7  # close to discs, which have 4


def test_as_many_quartic_modes_as_missing_contacts_in_a_band_of_their_own(jammed):
    for packing in jammed.values():
        spectrum = ellipses.vibrations(packing)
        assert spectrum.quartic == packing.missing_contacts
        assert (spectrum.eigenvalues > 0).all()
        assert spectrum.eigenvalues[spectrum.quartic] > 5 * spectrum.eigenvalues[spectrum.quartic - 1]
        low = slice(0, spectrum.quartic)
        assert (spectrum.prestress[low] > 0).all()  # held by the prestress
        assert (spectrum.stiffness[low] < 0.5 * spectrum.prestress[low]).all()


def test_the_inequality_of_stability(jammed):
    for packing in jammed.values():
        negative, positive = ellipses.prestress_signs(packing)
        assert len(packing.contacts) >= negative + 1
        assert positive > 0
    discs = ellipses.jam(40, 1.0, rng=5, pressure=1e-5)
    assert ellipses.prestress_signs(discs)[1] == 0


@pytest.mark.weekly
def test_stiffness_of_the_low_band_follows_the_pressure():
    tight = ellipses.jam(40, 1.4, rng=6, pressure=1e-5)
    loose = ellipses.to_pressure(tight, 1e-7)
    assert len(tight.contacts) == len(loose.contacts)
    k = loose.missing_contacts
    ratio = (
        ellipses.vibrations(tight).eigenvalues[:k].mean() / ellipses.vibrations(loose).eigenvalues[:k].mean()
    )
    assert ratio == pytest.approx(tight.pressure / loose.pressure, rel=0.02)


def test_energy_along_a_soft_mode_is_a_fourth_power(jammed):
    packing = jammed[1.6]
    spectrum = ellipses.vibrations(packing)
    lengths = np.array([0.04, 0.08])  # shorter ones feel the square that the pressure leaves
    soft = ellipses.energy_along(packing, spectrum.modes[:, 0], lengths)
    hard = ellipses.energy_along(packing, spectrum.modes[:, -1], lengths / 100)
    assert math.log2(soft[1] / soft[0]) == pytest.approx(4, abs=0.06)
    assert math.log2(hard[1] / hard[0]) == pytest.approx(2, abs=0.02)


def test_rattlers_bear_no_force_and_forces_balance(jammed):
    for packing in jammed.values():
        assert not packing.rattlers[packing.contacts].any()
        assert (np.bincount(packing.contacts.ravel(), minlength=40)[~packing.rattlers] >= 3).all()
        gradient = derivatives(flat(packing), packing.axes, packing.box)[1]
        assert np.abs(gradient).max() < 1e-7 * packing.forces.mean()


def test_same_seed_same_packing():
    one, two = (ellipses.jam(16, 1.3, rng=9, pressure=1e-4) for _ in range(2))
    assert np.array_equal(one.positions, two.positions)
    assert one.phi == two.phi


@pytest.mark.parametrize("ratio", [0.99, 0.0, -1.0, math.nan, math.inf, 11.0])
def test_impossible_aspect_ratio(ratio):
    with pytest.raises(ValueError, match="aspect_ratio"):
        ellipses.jam(20, ratio, rng=1)


@pytest.mark.parametrize("phi", [0.0, -0.3, 1.31, math.nan])
def test_impossible_density(phi):
    with pytest.raises(ValueError, match="phi"):
        ellipses.jam(20, 1.2, rng=1, phi=phi)


def test_bad_input():
    points, angles, axes = (
        np.random.default_rng(1).random((20, 2)),
        np.zeros(20),
        ellipses.bidisperse(20, 1.2),
    )
    with pytest.raises(ValueError, match="touch twice"):
        ellipses.jam(4, 1.2, rng=1)
    with pytest.raises(ValueError, match="n = 1"):
        ellipses.jam(1, 1.2, rng=1)
    for bad in (-axes, 0 * axes, np.where(axes > 0.7, np.nan, axes), axes[:, ::-1], axes[:, 0]):
        with pytest.raises(ValueError, match="axes"):
            ellipses.minimise(points, angles, bad, 0.9)
    with pytest.raises(ValueError, match="positions"):
        ellipses.minimise(np.where(points > 0.9, np.nan, points), angles, axes, 0.9)
    with pytest.raises(ValueError, match="angles"):
        ellipses.minimise(points, angles[:3], axes, 0.9)
    with pytest.raises(ValueError, match="pressure"):
        ellipses.jam(20, 1.2, rng=1, pressure=1e-12)
    with pytest.raises(ValueError, match="above jamming"):
        ellipses.jam(20, 1.2, rng=1, phi=0.4)
    with pytest.raises(ValueError, match="separation"):
        ellipses.contact_function([0, 0], np.ones((2, 2)), [0, 0])
    with pytest.raises(ValueError, match="axes"):
        ellipses.contact_function([1, 0], [[1, 1], [1, -1]], [0, 0])
    with pytest.raises(ValueError, match="angles"):
        ellipses.contact_function([1, 0], np.ones((2, 2)), [0, math.nan])


def test_a_stalled_minimiser_says_so():
    rng = np.random.default_rng(1)
    arguments = (rng.random((20, 2)), rng.random(20), ellipses.bidisperse(20, 1.2), 1.0)
    from learnscape.errors import ConvergenceError

    with pytest.raises(ConvergenceError, match="do not balance"):
        ellipses.minimise(*arguments, max_steps=3)
    state = ellipses.minimise(*arguments, max_steps=3, on_failure="return")
    assert not state.converged


def test_unjammed_packings_have_no_vibrations(jammed):
    loose = ellipses.minimise(
        np.random.default_rng(1).random((20, 2)), np.zeros(20), ellipses.bidisperse(20), 0.3
    )
    assert (loose.coordination, loose.pressure, loose.missing_contacts) == (0.0, 0.0, 0)
    for call in (ellipses.vibrations, ellipses.prestress_signs, lambda p: ellipses.to_pressure(p, 1e-3)):
        with pytest.raises(ValueError, match="unjammed"):
            call(loose)
    with pytest.raises(ValueError, match="mode"):
        ellipses.energy_along(jammed[1.2], np.ones(3), [0.1])
    with pytest.raises(ValueError, match="part"):
        ellipses.dynamical_matrix(replace(jammed[1.2]), part="both")


def test_coinciding_centres_are_refused():
    """A pair at one place has no normal; it must not pass for a pair that does not touch."""
    points, angles, axes = (
        np.random.default_rng(1).random((20, 2)),
        np.zeros(20),
        ellipses.bidisperse(20, 1.2),
    )
    for shift in (0.0, 1.0):  # on top of another one, or of its image
        points[7] = points[3] + shift
        with pytest.raises(ValueError, match="coinciding centres"):
            ellipses.minimise(points, angles, axes, 0.9)


def test_angles_of_many_turns_and_steps_that_are_no_number():
    points, axes = np.random.default_rng(1).random((20, 2)), ellipses.bidisperse(20, 1.2)
    turned = ellipses.minimise(points, np.full(20, 1e300), axes, 0.95)
    assert turned.jammed
    assert turned.converged
    for steps in (0, 2.5, math.nan):
        with pytest.raises(ValueError, match="max_steps"):
            ellipses.minimise(points, np.zeros(20), axes, 0.9, max_steps=steps)


def test_what_the_chapter_says_of_the_stored_packings():
    """300 packings at three sizes: modes without stiffness, the inequality, contacts below six, more of them with the aspect ratio and the size."""
    stored = learnscape.stored("ellipses")
    assert stored["provenance"]["failed"] == 0
    for row in stored["groups"]:
        assert row["counted"] == (row["samples"] if row["aspect_ratio"] > 1 else 0)
        assert row["least_slack"] >= 0
        assert row["least_beyond"] >= 0  # in these packings; no theorem
        assert 3.9 < row["z"][-1][0] < 6
        negative, stable = row["negative"][-1][0], row["n"] * (1 - row["rattlers"][-1][0])
        assert (2 - 2 / stable) / 3 - 1e-3 <= negative < 0.7
    near = {r["n"]: r["over_discs"][-1][0] for r in stored["groups"] if r["aspect_ratio"] == 1.005}
    assert near[30] < near[60] < near[120]
    assert near[120] > 1.25 * near[30]
    found = {}
    for n in (30, 60, 120):
        here = [r for r in stored["groups"] if r["n"] == n and 1.015 < r["aspect_ratio"] < 1.15]
        excess, error = np.array([r["over_discs"][-1] for r in here]).T
        stretch = np.array([r["aspect_ratio"] for r in here]) - 1
        line, cov = np.polyfit(np.log(stretch), np.log(excess), 1, w=excess / error, cov="unscaled")
        found[n] = line[0], cov[0, 0] ** 0.5
    assert found[30][0] > found[60][0] > found[120][0]
    assert abs(found[120][0] - 0.5) < found[120][1] < 0.04  # the square root
    assert found[60][0] - 0.5 > 2 * found[60][1]
    powers = {(fit["aspect_ratio"], fit["from"]): fit["power"] for fit in stored["powers"]}
    assert min(powers.values())[0] == powers[1.0, 0.002][0]  # discs gain contacts with the smallest power
    assert powers[2.0, 0.002][0] - powers[1.0, 0.002][0] > 2 * powers[2.0, 0.002][1]
