"""Soft and hard packings: forces and stiffness from the energy, counts at jamming, scaling above it, bad input."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

import learnscape
from learnscape.errors import ConvergenceError
from learnscape.jamming import packings, periodic
from learnscape.jamming.packings import _kernels, polishing
from learnscape.jamming.packings.contacts import near_pairs, separations
from learnscape.numerics import fire
from sampled import sampled


def energy_and_gradient(x, radii, box, potential, shear=0.0):
    """By the definition, over all pairs; ``shear`` tilts the box as Lees and Edwards do."""
    i, j = np.triu_indices(len(radii), 1)
    d = x[i] - x[j]
    rows = np.round(d[:, 1] / box)
    d[:, 1] -= box * rows
    d[:, 0] -= shear * box * rows
    others = [k for k in range(x.shape[1]) if k != 1]
    d[:, others] -= box * np.round(d[:, others] / box)
    r, s = np.linalg.norm(d, axis=1), radii[i] + radii[j]
    overlap, a = np.maximum(0.0, 1.0 - r / s), {"harmonic": 2.0, "hertzian": 2.5}[potential]
    pull = -(overlap ** (a - 1) / (s * r))[:, None] * d
    gradient = np.zeros_like(x)
    np.add.at(gradient, i, pull)
    np.subtract.at(gradient, j, pull)
    return float(np.sum(overlap**a) / a), gradient


def energy(x, radii, box, potential):
    return energy_and_gradient(x, radii, box, potential)[0]


def random_state(n, phi, dimension, seed):
    rng = np.random.default_rng(seed)
    radii = packings.bidisperse(n)
    unit = math.pi if dimension == 2 else 4 * math.pi / 3
    box = (unit * np.sum(radii**dimension) / phi) ** (1 / dimension)
    return rng.random((n, dimension)) * box, radii, box


def kernel_forces(points, radii, box, potential, skin=0.3):
    n, dimension = points.shape
    first, second = np.ascontiguousarray(near_pairs(points, radii, box, skin).T)
    f = np.empty(points.size)
    total, virial, _, contacts = _kernels.forces(
        points.ravel(), radii, box, dimension, potential == "hertzian", first, second, f
    )
    return total, virial, contacts, f.reshape(n, dimension)


@pytest.mark.kernels
@pytest.mark.parametrize("potential", ["harmonic", "hertzian"])
@pytest.mark.parametrize(("n", "phi", "dimension"), [(30, 1.0, 2), (40, 0.7, 3)])
def test_forces_are_minus_the_gradient_of_the_energy(n, phi, dimension, potential):
    points, radii, box = random_state(n, phi, dimension, 1)
    total, virial, _, f = kernel_forces(points, radii, box, potential)
    assert total == pytest.approx(energy(points, radii, box, potential), rel=1e-12)
    h = 1e-6
    for i, k in ((0, 0), (3, 1), (n - 1, dimension - 1)):
        plus, minus = points.copy(), points.copy()
        plus[i, k] += h
        minus[i, k] -= h
        slope = (energy(plus, radii, box, potential) - energy(minus, radii, box, potential)) / (2 * h)
        assert f[i, k] == pytest.approx(-slope, abs=1e-7)
    scaled = (
        energy(points * (1 + h), radii, box * (1 + h), potential)
        - energy(points * (1 - h), radii, box * (1 - h), potential)
    ) / (2 * h)
    assert virial == pytest.approx(-scaled, abs=1e-6), (
        "the virial is minus the derivative with respect to the scale"
    )
    np.testing.assert_allclose(f.sum(axis=0), 0, atol=1e-13)


@settings(max_examples=30, deadline=None)
@given(
    st.integers(12, 150),
    st.floats(0.2, 1.2),
    st.sampled_from([2, 3]),
    st.integers(0, 10**6),
    st.floats(0.0, 0.5),
)
def test_the_neighbour_list_finds_every_pair_once(n, phi, dimension, seed, skin):
    points, radii, box = random_state(n, phi, dimension, seed)
    if box < 2 * (2 * radii.max() + skin):
        return
    x = np.ascontiguousarray(points.T).ravel()
    start, partner = periodic.neighbours(x, radii, box, dimension, skin)
    found = sorted(
        tuple(sorted(pair))
        for pair in zip(np.repeat(np.arange(n), np.diff(start)).tolist(), partner.tolist(), strict=True)
    )
    i, j = np.triu_indices(n, 1)
    distance, _ = separations(points, box, np.stack([i, j], axis=1))
    near = distance < radii[i] + radii[j] + skin
    assert found == sorted(zip(i[near].tolist(), j[near].tolist(), strict=True))


@pytest.mark.kernels
def test_fire_is_what_it_says():
    """The inlined step against the same lines in plain Python, and on a curved valley."""
    rng = np.random.default_rng(0)
    stiffness = np.linspace(0.01, 4.0, 20)
    x = rng.standard_normal(20)
    y, v, w, state = x.copy(), np.empty(20), np.zeros(20), np.empty(fire.STATE)
    fire.fire_start(v, state)
    dt, alpha, downhill = fire.DT_START, fire.ALPHA_START, 0
    for _ in range(400):
        fire.fire_step(x, v, -stiffness * x, state)
        f = -stiffness * y
        if f @ w > 0:
            downhill += 1
            if downhill > 5:
                dt, alpha = min(1.1 * dt, fire.DT_MAX), 0.99 * alpha
        else:
            downhill = 0
            y -= 0.5 * dt * w
            w[:] = 0
            dt, alpha = 0.5 * dt, fire.ALPHA_START
        w += dt * f
        w = (1 - alpha) * w + alpha * np.linalg.norm(w) / np.linalg.norm(f) * f
        y += dt * w
    np.testing.assert_allclose(x, y, atol=1e-12)
    assert np.abs(x).max() < 1e-6


def test_fire_finds_the_end_of_a_curved_valley():
    def force(p):
        return -np.array([-2 * (1 - p[0]) - 40 * p[0] * (p[1] - p[0] ** 2), 20 * (p[1] - p[0] ** 2)]) / 20

    x, v, state = np.array([-1.0, 1.0]), np.empty(2), np.empty(fire.STATE)
    fire.fire_start(v, state)
    for _ in range(5000):
        fire.fire_step(x, v, force(x), state)
    np.testing.assert_allclose(x, [1.0, 1.0], atol=1e-8)


@pytest.mark.parametrize("potential", ["harmonic", "hertzian"])
@pytest.mark.parametrize("dimension", [2, 3])
def test_the_dynamical_matrix_is_the_hessian_of_the_energy(potential, dimension):
    packing = packings.quench(
        40 if dimension == 2 else 60,
        1.0 if dimension == 2 else 0.8,
        dimension=dimension,
        rng=1,
        potential=potential,
    )
    matrix = packings.dynamical_matrix(packing)
    parts = packings.dynamical_matrix(packing, part="stiffness") + packings.dynamical_matrix(
        packing, part="prestress"
    )
    np.testing.assert_allclose(matrix, parts, atol=1e-15)
    stable = np.flatnonzero(~packing.rattlers)
    h = 1e-5
    for row in (0, 2 * dimension + 1):
        particle, k = stable[row // dimension], row % dimension
        plus, minus = packing.positions.copy(), packing.positions.copy()
        plus[particle, k] += h
        minus[particle, k] -= h
        up = kernel_forces(plus, packing.radii, packing.box, potential)[3]
        down = kernel_forces(minus, packing.radii, packing.box, potential)[3]
        numeric = -(up - down)[stable].ravel() / (2 * h)
        np.testing.assert_allclose(matrix[row], numeric, atol=3e-6)
    omega = packings.frequencies(packing)
    assert len(omega) == dimension * (packing.n_stable - 1)
    assert (omega > 0).all(), "a minimum"
    assert (np.linalg.eigvalsh(packings.dynamical_matrix(packing, part="stiffness")) > -1e-12).all()
    assert (np.linalg.eigvalsh(packings.dynamical_matrix(packing, part="prestress")) < 1e-12).all()


@pytest.mark.parametrize("part", ["all", "stiffness"])
def test_the_lowest_frequencies_are_the_lowest_of_all(part):
    packing = packings.jam(64, rng=2, pressure=1e-3)
    every = packings.frequencies(packing, part=part)
    np.testing.assert_allclose(packings.frequencies(packing, part=part, lowest=7), every[:7], rtol=1e-8)


def test_the_lowest_frequencies_of_an_unstable_packing_and_in_another_unit():
    """A search around zero finds the translations and passes over what is far below them."""
    halfway = packings.quench(40, 1.0, rng=1, max_steps=120, tolerance=1e-12, on_failure="return")
    every = packings.frequencies(halfway)
    assert every[0] < every[1] < -0.1
    for lowest in (1, 3, 60):
        np.testing.assert_allclose(packings.frequencies(halfway, lowest=lowest), every[:lowest], rtol=1e-8)
    with pytest.raises(ValueError, match="not relaxed"):
        packings.elastic_moduli(halfway)
    good = packings.quench(40, 0.75, dimension=3, rng=1, potential="hertzian")
    for unit in (1e5, 1e-5):
        scaled = packings.minimise(
            good.positions * unit, good.radii * unit, good.box * unit, potential="hertzian"
        )
        every = packings.frequencies(scaled)
        most = len(every) - 1
        np.testing.assert_allclose(packings.frequencies(scaled, lowest=most), every[:most], rtol=1e-6)


@pytest.mark.parametrize("potential", ["harmonic", "hertzian"])
def test_moduli_against_straining_the_box_and_relaxing(potential):
    packing = packings.quench(20, 1.0, rng=3, potential=potential, tolerance=1e-10)
    moduli = packings.elastic_moduli(packing)
    shape = packing.positions.shape

    def relaxed(scale, shear):
        start = packing.positions * scale
        start[:, 0] += shear * start[:, 1]

        def function(x):
            value, slope = energy_and_gradient(
                x.reshape(shape), packing.radii, packing.box * scale, potential, shear
            )
            return value, slope.ravel()

        return minimize(function, start.ravel(), jac=True, method="BFGS", options={"gtol": 1e-11}).fun

    h, volume = 1e-4, packing.box**2
    middle = relaxed(1.0, 0.0)
    shear = (relaxed(1.0, h) + relaxed(1.0, -h) - 2 * middle) / h**2 / volume
    assert moduli.shear == pytest.approx(shear, rel=0.01)
    scaled = (relaxed(1 + h, 0.0) + relaxed(1 - h, 0.0) - 2 * middle) / h**2
    bulk = (scaled / volume + 2 * packing.pressure) / 4
    assert moduli.bulk == pytest.approx(bulk, rel=0.01)
    assert moduli.shear < moduli.shear_affine
    assert moduli.bulk < moduli.bulk_affine


@pytest.mark.parametrize(("n", "dimension", "seeds"), [(128, 2, 4), (128, 3, 2)])
def test_soft_packings_are_isostatic_at_a_small_pressure(n, dimension, seeds):
    for seed in range(seeds):
        packing = packings.jam(n, dimension, rng=seed, pressure=1e-8)
        assert packing.jammed
        assert packing.excess_contacts == 0
        assert 2 / 3 <= packing.pressure / 1e-8 <= 1.5
        forces, unbalanced = packings.self_stress(packing.positions, packing.box, packing.contacts)
        assert (forces > 0).all()
        assert unbalanced < 1e-6
        from_overlaps = packing.forces / packing.forces.mean()
        np.testing.assert_allclose(forces, from_overlaps, atol=1e-3)


@pytest.mark.parametrize(("n", "dimension"), [(50, 2), (60, 3)])
def test_hard_packings_are_isostatic_to_the_contact(n, dimension):
    for seed in range(2):
        packing = packings.jam_hard(n, dimension, rng=seed)
        assert packing.excess_contacts == 0
        assert packing.overlap < 1e-9
        forces, unbalanced = packings.self_stress(packing.positions, packing.box, packing.contacts)
        assert unbalanced < 1e-7
        np.testing.assert_allclose(forces, packing.forces, rtol=1e-4, atol=1e-6)
        distance, _ = separations(packing.positions, packing.box, packing.contacts)
        np.testing.assert_allclose(distance, packing.radii[packing.contacts].sum(axis=1), rtol=1e-9)


def test_soft_and_hard_agree_on_the_density_of_a_packing():
    soft = packings.jam(60, rng=5, pressure=1e-7)
    hard = packings.jam_hard(positions=soft.positions, radii=soft.radii, box=soft.box)
    assert hard.phi == pytest.approx(soft.phi, abs=1e-5)
    assert {tuple(pair) for pair in hard.contacts.tolist()} == {
        tuple(pair) for pair in soft.contacts.tolist()
    }


def test_energy_and_pressure_grow_with_the_density_as_they_should():
    jammed = packings.jam(256, rng=2, pressure=1e-7)
    states = [packings.to_pressure(jammed, p) for p in (1e-5, 1e-4, 1e-3)]
    phi_j = states[0].phi - states[0].pressure * (states[1].phi - states[0].phi) / (
        states[1].pressure - states[0].pressure
    )
    excess = np.log([s.phi - phi_j for s in states[1:]])
    p_slope = np.diff(np.log([s.pressure for s in states[1:]])) / np.diff(excess)
    e_slope = np.diff(np.log([s.energy for s in states[1:]])) / np.diff(excess)
    assert p_slope[0] == pytest.approx(1.0, abs=0.12)
    assert e_slope[0] == pytest.approx(2.0, abs=0.15)
    z = [s.coordination for s in states]
    assert 3.9 < z[0] < z[1] < z[2]


def test_the_density_at_jamming_depends_on_the_start():
    low = np.mean([packings.jam(128, rng=s, phi0=0.845, pressure=1e-5).phi for s in range(4)])
    high = np.mean([packings.jam(128, rng=s, phi0=0.95, pressure=1e-5).phi for s in range(4)])
    assert 0.83 < low < high < 0.855


@pytest.mark.parametrize("phi", [0.80, 0.90])
def test_bisection_ends_where_the_pressure_vanishes(phi):
    for seed in range(3):
        packing = packings.bisect(packings.quench(64, phi, rng=seed), width=1e-6)
        assert packing.jammed
        assert packing.excess_contacts == 0
        jamming = packings.to_pressure(packing, 1e-8)
        assert -2e-8 < packing.phi - jamming.phi < 1e-6, (
            "the loose end of the bracket is 1e-6 below, and looser"
        )


def test_bisection_from_a_state_that_jammed_elsewhere():
    """From this start a compression jams at 0.835 with p = 7e-4, and a smaller one does not: the middle of the two would never jam."""
    packing = packings.bisect(packings.quench(128, 0.80, rng=0), width=1e-5)
    assert 0.0 < packing.pressure < 1e-5


def test_a_seed_repeats_a_packing():
    one, two = packings.jam(64, rng=4, pressure=1e-5), packings.jam(64, rng=4, pressure=1e-5)
    np.testing.assert_array_equal(one.positions, two.positions)
    assert packings.jam(64, rng=5, pressure=1e-5).phi != one.phi


@pytest.mark.parametrize("potential", ["harmonic", "hertzian"])
@pytest.mark.parametrize(("dimension", "phi"), [(2, 0.9), (3, 0.72)])
@pytest.mark.parametrize("equal", [True, False])
def test_polish_balances_the_forces_and_keeps_the_contacts(dimension, phi, potential, equal):
    radii = np.full(64, 0.5) if equal else packings.bidisperse(64)
    rough = packings.quench(
        64, phi, dimension=dimension, radii=radii, rng=3, potential=potential, tolerance=1e-5
    )
    fine = packings.polish(rough)
    assert rough.residual > 1e-7
    assert fine.residual < 1e-11
    assert fine.converged
    assert fine.energy <= rough.energy
    np.testing.assert_array_equal(*(np.sort(p.contacts @ (64, 1)) for p in (rough, fine)))
    _, gradient = energy_and_gradient(fine.positions, fine.radii, fine.box, potential)
    assert np.abs(gradient).max() < 1e-11 * fine.forces.mean()


def test_polish_squares_the_residual():
    rough = packings.quench(64, 0.72, dimension=3, rng=1, tolerance=1e-3)
    step = polishing._newton_step(rough, polishing._net_forces(rough, rough.positions)[0])
    _, after = polishing._net_forces(rough, rough.positions + step)
    assert after < 10 * rough.residual**2
    _, half = polishing._net_forces(rough, rough.positions + 0.5 * step)
    assert half == pytest.approx(0.5 * rough.residual, rel=0.01)


def test_polish_leaves_what_is_unjammed_or_at_a_saddle():
    loose = packings.quench(64, 0.7, rng=0)
    assert packings.polish(loose) is loose
    halfway = packings.quench(40, 1.0, rng=1, max_steps=120, tolerance=1e-12, on_failure="return")
    assert packings.frequencies(halfway).min() < 0
    same = packings.polish(halfway)
    np.testing.assert_array_equal(same.positions, halfway.positions)
    assert not same.converged


@pytest.mark.parametrize("pressure", [1e-4, 1e-8])
def test_polish_ends_where_rounding_does(pressure):
    packing = packings.jam(64, rng=1, pressure=pressure)
    overlap = float(np.mean(packing.forces))  # sums of radii are about one
    assert packings.polish(packing).residual < 10 * np.spacing(packing.box) / overlap


def test_below_jamming_nothing_touches():
    loose = packings.quench(64, 0.7, rng=0)
    assert not loose.jammed
    assert loose.pressure == loose.energy == loose.coordination == 0.0
    assert loose.rattlers.all()
    with pytest.raises(ValueError, match="unjammed"):
        packings.dynamical_matrix(loose)
    with pytest.raises(ValueError, match="unjammed"):
        packings.elastic_moduli(loose)
    tightened = packings.to_pressure(loose, 1e-4)
    assert tightened.jammed, "compressed until it holds"


def test_contacts_gaps_and_bucklers_against_the_definition():
    packing = packings.jam(64, rng=7, pressure=1e-6)
    n = len(packing.radii)
    i, j = np.triu_indices(n, 1)
    distance, _ = separations(packing.positions, packing.box, np.stack([i, j], axis=1))
    gap = distance / (packing.radii[i] + packing.radii[j]) - 1
    stable = ~packing.rattlers
    inside = stable[i] & stable[j]
    assert len(packing.contacts) == np.count_nonzero(inside & (gap < 0))
    np.testing.assert_allclose(
        packings.gaps(packing.positions, packing.radii, packing.box, packing.rattlers),
        np.sort(gap[inside & (gap > 0) & (gap <= 0.3)]),
    )
    count = np.bincount(packing.contacts.ravel(), minlength=n)
    assert (count[packing.rattlers] == 0).all()
    assert count[stable].min() >= 3
    np.testing.assert_array_equal(packings.bucklers(packing.contacts, n, 2), count == 3)


def test_opening_a_contact_leaves_all_others_closed():
    """The motion by least squares in displacements and strain, contact by contact."""
    packing = packings.jam(64, rng=3, pressure=1e-8)
    forces, participation = packings.open_contacts(packing.positions, packing.box, packing.contacts)
    matrix, particles = packings.equilibrium_matrix(packing.positions, packing.box, packing.contacts)
    distance, _ = separations(packing.positions, packing.box, packing.contacts)
    rigidity = np.column_stack([matrix.T, distance])
    null, _ = packings.self_stress(packing.positions, packing.box, packing.contacts)
    np.testing.assert_allclose(forces, null, atol=1e-8)
    for contact in np.argsort(forces)[::20]:
        wanted = np.eye(len(forces))[contact]
        motion, *_ = np.linalg.lstsq(rigidity, wanted, rcond=1e-10)
        np.testing.assert_allclose(rigidity @ motion, wanted, atol=1e-7)
        squared = np.sum(motion[:-1].reshape(len(particles), 2) ** 2, axis=1)
        assert participation[contact] == pytest.approx(squared.sum() ** 2 / np.sum(squared**2), rel=1e-5)
    assert 1 <= participation.min() < 2 < 20 < np.median(participation) < len(particles)
    with pytest.raises(ValueError, match="the isostatic number"):
        packings.open_contacts(packing.positions, packing.box, packing.contacts[:-1])


def test_what_the_chapter_says_of_many_packings():
    """Bucklers, gaps without a window, and the end of the plateau, from the stored result."""
    stored = learnscape.stored("packings_critical")
    forces = stored["forces"]
    for row in forces["weakest"][:2]:
        assert abs(row["exponent"] - 0.17461) < 2 * row["error"]
    powers = [row["exponent"] for row in forces["weakest"]]
    assert powers == sorted(powers, reverse=True)
    assert powers[-1] < 0.03
    for row in forces["weakest_extended"]:
        assert row["exponent"] > 0.37
    weak, rest = (np.array(stored["participation"][name]) for name in ("weakest", "others"))
    assert (weak[:10, 1] < 2).all()
    assert (rest[:, 1] > 15).all()
    height = np.array(stored["counts"]["weakest"]) / np.diff(stored["bins"])
    height /= height.max()
    assert (height[:5] < 0.8).all()
    assert (height[9:14] > 0.93).all()
    assert (np.diff(height[13:]) < 0).all()  # the ceiling of the weakest of three
    gap = stored["gaps"]
    assert abs(gap["median_gamma"][0] - 0.41269) < gap["median_error"][0] < 0.02
    for gamma, error in zip(gap["median_gamma"][1:], gap["median_error"][1:], strict=True):
        assert 0.41269 - gamma > 3 * error
    share = [row["excess"]["0"] / sum(row["excess"].values()) for row in stored["table"]]
    assert share[0] > share[1] > share[2] > 0.9
    soft = stored["softest"]
    assert abs(soft["power"] - 1) < 2 * soft["power_error"] < 0.1
    assert soft["excess"][-1] > 9 * soft["excess"][0]
    powers = list(soft["power_at_level"].values())
    assert powers == sorted(powers)
    assert powers[1] == soft["power"]
    assert 0.85 < powers[0] < powers[2] < 1.15
    lowest = np.array(soft["edge"]) / np.array(soft["lowest"])
    assert (abs(lowest[:2] - 1) < 0.05).all()  # the box is too small there
    assert (lowest[3:] > 1.5).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: packings.quench(64, 0.0), "phi = 0.0"),
        (lambda: packings.quench(64, -0.1), "phi = -0.1"),
        (lambda: packings.quench(64, 1.6), r"in \(0, 1.5\]"),
        (lambda: packings.quench(64, math.nan), "phi = nan"),
        (lambda: packings.quench(64, 1.3, dimension=3), r"in \(0, 1.2\]"),
        (lambda: packings.quench(64, 0.8, dimension=4), "dimension = 4"),
        (lambda: packings.quench(1, 0.8), "n = 1"),
        (lambda: packings.quench(4, 0.85), "take more particles"),
        (lambda: packings.quench(64, 0.8, radii=np.ones(3)), "radii.shape"),
        (lambda: packings.quench(4, 0.1, radii=[1, 1, 0, 1]), "radii"),
        (lambda: packings.jam(64, pressure=0.0), "pressure = 0.0"),
        (lambda: packings.jam(64, pressure=math.nan), "pressure = nan"),
        (lambda: packings.quench(64, 0.8, radii=[math.inf] * 64), "radii"),
        (lambda: packings.bisect(packings.quench(64, 0.8, rng=0), width=0.0), "width = 0.0"),
        (lambda: packings.bisect(packings.quench(64, 0.8, rng=0), width=0.01, step=1e-3), "step = 0.001"),
        (lambda: packings.jam_hard(40, tolerance=0.0), "tolerance = 0.0"),
        (lambda: packings.jam_hard(40, dimension=1), "dimension = 1"),
        (lambda: packings.minimise([[0, 0], [math.nan, 1]], [0.5, 0.5], 5.0), "finite"),
        (lambda: packings.minimise([[0, 0], [1, 1]], [0.5, -0.5], 5.0), "radii"),
        (lambda: packings.minimise([[0, 0], [1, 1]], [0.5, 0.5], 1.5), "box = 1.5"),
        (lambda: packings.minimise([0.0, 1.0], [0.5, 0.5], 5.0), "positions.shape"),
        (lambda: packings.minimise([[0, 0], [1, 1]], [0.5, 0.5], 5.0, potential="soft"), "potential"),
        (lambda: packings.minimise([[0, 0], [1, 1]], [0.5, 0.5], 5.0, tolerance=0), "tolerance"),
        (lambda: packings.bidisperse(10, 0.5), "ratio = 0.5"),
        (lambda: packings.jam_hard(positions=[[0, 0], [1, 1]]), "given with positions"),
        (lambda: packings.jam_hard(positions=[[0, 0], [0, 0]], radii=[0.5, 0.5], box=5.0), "coinciding centres"),
        (lambda: packings.minimise([[1, 1], [3, 3], [1, 1]], [0.5] * 3, 5.0), "coinciding centres"),
        (lambda: packings.minimise([[1, 1], [3, 3], [1, 6]], [0.5] * 3, 5.0), "coinciding centres"),  # on an image
        (lambda: packings.equilibrium_matrix(np.ones((2, 2)), 5.0, np.array([[0, 1]])), "at one place"),
        (lambda: packings.quench(64, 0.8, dimension=2.0), "dimension = 2.0"),
        (lambda: packings.quench(64, 0.8, max_steps=2.5), "max_steps = 2.5"),
        (lambda: packings.dynamical_matrix(packings.quench(40, 1.0, rng=0), part="some"), "part"),
        (lambda: packings.frequencies(packings.quench(40, 1.0, rng=0), lowest=0), "lowest = 0"),
        (lambda: packings.frequencies(packings.quench(40, 1.0, rng=0), part="prestress", lowest=3), "part"),
        (lambda: packings.self_stress(np.eye(2), 5.0, np.array([[0, 1]])[:0]), "number of contacts"),
        (lambda: packings.to_pressure(np.ones((3, 2)), 1e-3), "packing = "),
        (lambda: packings.polish(np.ones((3, 2))), "packing = "),
        (lambda: packings.polish(packings.quench(40, 1.0, rng=0), tolerance=0.0), "tolerance = 0.0"),
    ],
)  # fmt: skip
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_minimiser_that_stalls_says_so():
    with pytest.raises(ConvergenceError, match="after 20 steps") as caught:
        packings.quench(64, 0.95, rng=0, max_steps=20)
    assert len(caught.value.trace) > 5
    state = packings.quench(64, 0.95, rng=0, max_steps=20, on_failure="return")
    assert not state.converged
    assert state.residual > 1e-6
    with pytest.raises(ConvergenceError, match="no bracket of width") as caught:
        packings.bisect(packings.quench(64, 0.80, rng=0), max_rounds=3)
    assert len(caught.value.trace) == 4
    with pytest.raises(ConvergenceError, match=r"still unjammed at density 0.7.*start from a higher density"):
        packings.jam(64, rng=0, phi0=0.3)
    with pytest.raises(ConvergenceError, match="linear programs did not jam"):
        packings.jam_hard(40, rng=0, max_programs=2)


def test_a_packing_that_loses_its_stability_on_the_way_jams_again() -> None:
    """At a pressure of 6e-6 this one buckles: however small the step, nothing touches after it."""
    packing = packings.jam(64, 3, rng=6)
    assert packing.jammed
    assert packing.converged
    assert 1e-7 / 1.5 <= packing.pressure <= 1.5e-7
    assert packing.excess_contacts == 0


@pytest.mark.parametrize("pressure", [0.5, 0.9])
def test_a_pressure_beyond_the_largest_density(pressure: float) -> None:
    with pytest.raises(ConvergenceError, match=r"largest density 1\.5"):
        packings.jam(16, pressure=pressure, rng=3)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "dimension"), sampled([(16, 2), (24, 2), (40, 2), (32, 3), (50, 3)], every=3))
def test_the_defaults_jam_every_draw(n: int, dimension: int) -> None:
    for seed in range(100, 140):
        packing = packings.jam(n, dimension, rng=seed)
        assert packing.converged
        assert 1e-7 / 1.5 <= packing.pressure <= 1.5e-7


@pytest.mark.parametrize("box", [1e4, 2.0**32, 1e12])
@pytest.mark.parametrize("dimension", [2, 3])
def test_a_huge_box_needs_no_more_cells(box, dimension):
    points = np.zeros((2, dimension))
    points[1, 0] = 0.8
    found = packings.minimise(points, [0.5, 0.5], box)
    assert not found.jammed
    assert np.linalg.norm(found.positions[1] - found.positions[0]) >= 1.0 - 1e-10


@pytest.mark.parametrize("small", [1e-15, 1e-30])
def test_radii_that_differ_too_much_are_told(small):
    points = [[5, 5], [6.5, 5], [0, 0], [0, small]]
    with pytest.raises(ConvergenceError, match="differ too much"):
        packings.minimise(points, [1.0, 1.0, small, small], 100.0, max_steps=500, on_failure="return")


def test_particles_at_one_place_push_in_no_direction():
    f = np.empty(4)
    x, radii = np.array([0.0, 0, 0, 0]), np.full(2, 0.5)
    energy = _kernels.forces(x, radii, 4.0, 2, False, np.array([0]), np.array([1]), f)[0]
    assert energy == 0.5
    assert np.all(f == 0)
