"""Lengths and patterns in any unit, arguments of the wrong type, results in sets and other processes."""

import copy
import pickle

import mpmath as mp
import numpy as np
import pytest

from learnscape import learn
from learnscape.jamming import double_descent, ellipses, packings, perceptron, spectra

RNG = np.random.default_rng(0)
POINTS = 4.0 * RNG.random((10, 2))
PATTERNS = RNG.standard_normal((20, 10))


@pytest.mark.parametrize("power", [-160, -47, 10, 47, 160])
def test_packings_in_another_unit(power):
    unit = 2.0**power
    radii = packings.bidisperse(16)
    one = packings.quench(16, 0.9, rng=1)
    other = packings.quench(16, 0.9, radii=unit * radii, rng=1)
    # boxes are square roots of areas: equal to the last digit, not beyond
    assert other.box == pytest.approx(unit * one.box, rel=1e-14)
    assert other.contacts.tolist() == one.contacts.tolist()
    assert other.energy == pytest.approx(one.energy, rel=1e-6)
    assert other.pressure * unit**2 == pytest.approx(one.pressure, rel=1e-6)
    assert other.forces * unit == pytest.approx(one.forces, rel=1e-4)
    hard, same = (
        packings.jam_hard(12, rng=1),
        packings.jam_hard(12, rng=1, radii=unit * packings.bidisperse(12)),
    )
    assert same.phi == pytest.approx(hard.phi, rel=1e-9)
    assert same.box == pytest.approx(unit * hard.box, rel=1e-9)


@pytest.mark.parametrize("power", [-300, -20, 20, 300])
def test_the_perceptrons_cost_in_another_unit(power):
    """Large patterns used to be called satisfied, as the search ran into NaN."""
    unit = 2.0**power
    one = perceptron.minimise(PATTERNS, 0.5, rng=1)
    other = perceptron.minimise(unit * PATTERNS, 0.5 * unit, rng=1)
    assert not one.satisfied
    assert other.weights.tolist() == one.weights.tolist()
    assert other.gaps.tolist() == (unit * one.gaps).tolist()
    assert other.pressure == unit * one.pressure
    assert other.energy == unit**2 * one.energy
    assert other.patterns.tolist() == (unit * PATTERNS).tolist()


def masked(array):
    return np.ma.masked_greater(array, np.sort(np.ravel(array))[-2])


def packing(points=POINTS, radii=(0.5,) * 10, box=4.0, **options):
    return packings.minimise(points, radii, box, **options)


def flat(points=POINTS / 4, angles=(0.0,) * 10, axes=None, phi=0.8, **options):
    return ellipses.minimise(points, angles, np.full((10, 2), 0.5) if axes is None else axes, phi, **options)


@pytest.mark.parametrize(
    "call",
    [
        lambda: packing(POINTS + 1j),
        lambda: packing(masked(POINTS)),
        lambda: packing(radii=masked(np.linspace(0.4, 0.5, 10))),
        lambda: packing(radii=["a"] * 10),
        lambda: packing(radii=np.full(10, 1e200), box=1e201),
        lambda: packing(box="a"),
        lambda: packing(tolerance="a"),
        lambda: packing(on_failure="hope"),
        lambda: packings.quench(16, "a"),
        lambda: packings.quench(16, None),
        lambda: packings.quench(16, 0.9, rng=True),
        lambda: packings.bidisperse(4, "a"),
        lambda: packings.jam(16, pressure="a"),
        lambda: packings.jam_hard(12, rng=1, tolerance=None),
        lambda: packings.jam_hard(12, rng=1, max_programs=2.5),
        lambda: packings.jam_hard(positions=POINTS + 1j, radii=[0.5] * 10, box=4.0),
        lambda: packings.bisect(packings.quench(16, 0.9, rng=1), width="a"),
        lambda: flat(POINTS / 4 + 1j),
        lambda: flat(angles=masked(np.arange(10.0))),
        lambda: flat(axes=np.full((10, 2), 1e160)),
        lambda: flat(phi="a"),
        lambda: flat(tolerance=None),
        lambda: flat(on_failure="hope"),
        lambda: ellipses.jam(16, "a"),
        lambda: ellipses.jam(16, phi="a"),
        lambda: ellipses.jam(16, pressure="a"),
        lambda: perceptron.minimise(PATTERNS + 1j, 0.5),
        lambda: perceptron.minimise(masked(PATTERNS), 0.5),
        lambda: perceptron.minimise(1e160 * PATTERNS, 0.5),
        lambda: perceptron.minimise(PATTERNS, None),
        lambda: perceptron.minimise(PATTERNS, 0.5, rng=True),
        lambda: double_descent.predict("a"),
        lambda: double_descent.predict(1e-80),
        lambda: double_descent.predict(0.5, noise=1e160),
        lambda: double_descent.predict(0.5, ridge=None),
        lambda: double_descent.from_kernel(np.eye(2) * 1j, np.eye(2), [1, 1], [1, 1], [1, 1], 5),
        lambda: double_descent.from_kernel(np.eye(2), np.eye(2), [1, 1], [1, 1], masked(np.arange(2.0)), 5),
    ],
)
@pytest.mark.filterwarnings("error")
def test_wrong_arguments_are_named(call):
    with pytest.raises(ValueError, match=r"must be|masked"):
        call()


def exact(features, load, linear, noise, ridge):
    """The formulas of the module's docstring with traces as differences, in 200 digits."""
    with mp.workdps(200):
        n, p, r, s2, lam = (mp.mpf(x) for x in (features, load, linear, mp.mpf(noise) ** 2, ridge))

        def resolvent(nu):
            t = (1 - r + nu) / r
            b = t + 1 - p
            root = mp.sqrt(b * b + 4 * p * t)
            return t, root, 2 / (b + root)

        nu = mp.mpf(0)
        if lam > 0 or n < 1:
            low, high = max(lam, mp.mpf(10) ** -40), (lam + 1 / n) * 2
            for _ in range(400):
                nu = mp.sqrt(low * high)
                m = resolvent(nu)[2]
                low, high = (low, nu) if 1 - (1 - nu / r * m) / n - lam / nu > 0 else (nu, high)
        t, root, m = resolvent(nu)
        m2 = m * (p * m + 1) / root
        dual, dual2 = p * m + (1 - p) / t, p * m2 + (1 - p) / t**2
        limit = s2 + t * t * dual2 + s2 * (dual - t * dual2)
        labels = (r + (r * (s2 - t) - nu) * m - nu * (s2 - t) * m2) / r**2
        unseen = 1 - r * p * (1 - t * m) - nu * p * (m - t * m2)
        variance = labels * unseen / (n - 1 + 2 * nu / r * m - (nu / r) ** 2 * m2)
        output = p * (1 + (s2 - 2 * t) * m + (t * t - t * s2) * m2) + variance
        return [float(x) for x in (limit + variance, limit, variance, nu, output)]


@pytest.mark.parametrize(
    ("features", "load", "linear", "noise", "ridge"),
    [
        (1e-17, 4.0, 0.7, 0.3, 0.0),
        (1e-40, 4.0, 0.7, 0.0, 0.0),
        (0.5, 1e12, 0.7, 0.3, 0.0),
        (2.0, 1e30, 0.3, 0.3, 1e-3),
        (0.5, 1e-30, 0.7, 0.3, 0.0),
        (1e30, 4.0, 0.999, 10.0, 1e-12),
        (0.95, 4.0, 0.01, 0.3, 1e5),
        (0.9999, 1.0, 0.7, 0.3, 0.0),
    ],
)
def test_double_descent_at_the_ends_of_its_range(features, load, linear, noise, ridge):
    found = double_descent.predict(features, load=load, linear=linear, noise=noise, ridge=ridge)
    assert min(found) > 0
    assert list(found) == pytest.approx(exact(features, load, linear, noise, ridge), rel=1e-11, abs=0)


def results():
    xi = PATTERNS[:8]
    soft = packings.quench(16, 0.9, rng=1)
    yield soft
    yield packings.jam_hard(12, rng=1)
    yield packings.contact_network(soft.positions, soft.radii, soft.box)
    yield packings.elastic_moduli(soft)
    yield ellipses.jam(16, 1.3, rng=1, pressure=1e-3)
    yield perceptron.minimise(PATTERNS, 0.5, rng=1)
    yield perceptron.jam(10, 2.0, rng=1)
    yield double_descent.predict(0.5)
    yield spectra.marchenko_pastur(0.5)
    yield spectra.semicircle(2.0)
    yield spectra.levels(np.arange(5.0))
    yield spectra.asymmetry(np.arange(-2.0, 5.0))
    yield spectra.density(np.linspace(-1, 1, 40), bins=4)
    yield spectra.split(np.eye(3), np.zeros((3, 3)))
    yield learn.max_margin(xi)
    yield learn.separable(xi)
    yield learn.rosenblatt(xi)
    yield learn.enumerate_solutions(np.sign(xi))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_results_travel_compare_and_hash():
    for result in results():
        name = type(result).__name__
        for other in (pickle.loads(pickle.dumps(result)), copy.copy(result), copy.deepcopy(result)):
            assert type(other) is type(result), name
            assert repr(other) == repr(result), name
            assert isinstance(result == other, bool), name
        assert result == result, name
        assert len({result, result}) == 1, name
        assert result in [result], name
