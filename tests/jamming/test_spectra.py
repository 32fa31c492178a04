"""Spectra: densities that add up to one, error bars that cover, and laws of random matrices against samples and integrals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad

import learnscape
from learnscape.jamming import spectra
from sampled import sampled

CS = [0.1, 0.5, 0.98, 1.0, 1.3, 4.0]


def wishart(c, n, seed, variance=1.0, shift=0.0):
    """A^T A / N + shift as a matrix, independent of the library."""
    a = np.random.default_rng(seed).normal(scale=math.sqrt(variance), size=(round(c * n), n))
    return np.linalg.eigvalsh(a.T @ a / n + shift * np.eye(n))


# ---- laws -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("c", CS)
@pytest.mark.parametrize(("variance", "shift"), [(1.0, 0.0), (0.3, -0.7)])
def test_marchenko_pastur_is_normalised_and_has_the_right_moments(c, variance, shift):
    law = spectra.marchenko_pastur(c, variance=variance, shift=shift)
    middle, half = (law.lower + law.upper) / 2, (law.upper - law.lower) / 2

    def moment(k):  # lambda = middle + half cos(phi) takes the square roots out of the integrand
        def integrand(phi):
            x = middle - half * math.cos(phi)
            return float(law.density(x)) * (x - shift) ** k * half * math.sin(phi)

        return quad(integrand, 0, math.pi, limit=400, points=[1e-3, 0.05])[0]

    assert moment(0) + law.delta == pytest.approx(1.0, abs=1e-7)
    assert moment(1) == pytest.approx(c * variance, rel=1e-8)  # Tr A^T A / N^2
    assert moment(2) == pytest.approx(variance**2 * (c + c**2), rel=1e-8)
    assert law.density(law.lower - 1e-3) == 0
    assert law.density(law.upper + 1e-3) == 0


@pytest.mark.parametrize("c", CS)
def test_marchenko_pastur_cdf_is_the_integral_of_the_density(c):
    law = spectra.marchenko_pastur(c, variance=2.0, shift=0.4)
    middle, half = (law.lower + law.upper) / 2, (law.upper - law.lower) / 2
    for share in (0.02, 0.3, 0.7, 0.99):
        end = share * math.pi
        below = quad(
            lambda phi: float(law.density(middle - half * math.cos(phi))) * half * math.sin(phi),
            0,
            end,
            limit=400,
            points=[1e-4, 1e-2] if end > 1e-2 else None,
        )[0]
        assert law.cdf(middle - half * math.cos(end)) == pytest.approx(law.delta + below, abs=1e-7)
    assert law.cdf(0.4 - 1e-9) == 0
    assert law.cdf(0.4 if c < 1 else law.lower) == pytest.approx(law.delta, abs=1e-8)
    assert law.cdf(law.upper + 1) == 1


@pytest.mark.parametrize("c", CS)
def test_the_resolvent_solves_the_cavity_equation_and_gives_density_and_samples(c):
    law = spectra.marchenko_pastur(c, variance=0.7, shift=-0.2)
    z = np.array([0.3 + 0.2j, -2 + 0.01j, 1 - 0.5j, 40 + 0.3j])
    g = law.resolvent(z)
    np.testing.assert_allclose(1 / g, -(z + 0.2) + c * 0.7 / (1 + 0.7 * g), rtol=1e-10)
    assert np.all(g.imag * z.imag > 0)  # Herglotz: the right one of the two solutions
    x = np.linspace(law.lower, law.upper, 23)[1:-1]
    np.testing.assert_allclose(law.resolvent(x + 1e-9j).imag / math.pi, law.density(x), atol=1e-5)
    measured = np.mean([np.mean(1 / (wishart(c, 150, s, 0.7, -0.2) - z[0])) for s in range(20)])
    assert abs(measured - g[0]) < 0.02 * abs(g[0])


@pytest.mark.parametrize("c", [0.5, 1.0, 3.0])
def test_wishart_samples_follow_the_law(c):
    law = spectra.marchenko_pastur(c, variance=0.5, shift=-1.0)
    x = np.concatenate([wishart(c, 300, s, 0.5, -1.0) for s in range(6)])
    at = np.linspace(law.lower, law.upper, 40)
    share = np.searchsorted(np.sort(x), at + 1e-9, side="right") / x.size
    assert np.abs(share - law.cdf(at + 1e-9)).max() < 0.01
    wrong = spectra.marchenko_pastur(1.15 * c, variance=0.5, shift=-1.0)
    assert np.abs(share - wrong.cdf(at + 1e-9)).max() > 0.02
    ours = np.concatenate([law.sample(300, rng=s) for s in range(6)])
    assert np.abs(np.sort(ours) - np.sort(x)).mean() < 0.01
    assert np.sum(np.abs(ours + 1.0) < 1e-9) == 6 * max(0, 300 - round(300 * c))


def test_semicircle():
    law = spectra.semicircle(2.0, centre=0.3)
    assert quad(lambda x: float(law.density(x)), -1.7, 2.3)[0] == pytest.approx(1)
    assert quad(lambda x: float(law.density(x)) * (x - 0.3) ** 2, -1.7, 2.3)[0] == pytest.approx(1)
    assert law.cdf(1.1) == pytest.approx(quad(lambda x: float(law.density(x)), -1.7, 1.1)[0])
    assert law.cdf([-9.0, 9.0]).tolist() == [0.0, 1.0]
    a = np.random.default_rng(0).normal(size=(400, 400))
    x = np.linalg.eigvalsh((a + a.T) / math.sqrt(2 * 400)) + 0.3
    at = np.linspace(-1.7, 2.3, 30)
    assert np.abs(np.searchsorted(x, at) / 400 - law.cdf(at)).max() < 0.01


# ---- densities --------------------------------------------------------------------------------------------------------------


def test_density_counts_zeros_apart_and_adds_up():
    samples = [wishart(0.4, 50, s) for s in range(7)]
    found = spectra.density(samples, bins=13, low=0.5, high=2.0)
    assert found.zero == pytest.approx(0.6)
    assert found.zero_error == pytest.approx(0.0, abs=1e-15)
    assert found.weight.sum() + found.zero + found.below + found.above == pytest.approx(1)
    assert found.samples == 7
    every = np.concatenate(samples)
    assert found.below == pytest.approx(np.mean((every > 1e-6) & (every < 0.5)))
    expected, _ = np.histogram(every[every > 1e-6], found.edges)
    np.testing.assert_allclose(found.weight * every.size, expected)


def test_the_delta_peak_is_missed_when_the_threshold_is_too_small_or_zero():
    """The reason for the threshold: rounding scatters zeros around 0, on both sides."""
    samples = [wishart(0.4, 50, s) for s in range(5)]
    assert spectra.density(samples).zero == pytest.approx(0.6)
    assert spectra.density(samples, zero=0.0).zero < 0.2
    assert spectra.levels(samples).negative.sum() == 0
    assert spectra.levels(samples, zero=0.0).negative.sum() > 10


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_density_covers_the_law_with_its_error_bars(scale):
    law = spectra.marchenko_pastur(2.0)
    samples = [law.sample(100, rng=s) for s in range(60)]
    found = spectra.density(samples, bins=20, low=0.25, high=5.5, scale=scale)
    expected = np.diff(law.cdf(found.edges)) / np.diff(found.edges)
    pulls = (found.value - expected) / found.error
    assert abs(pulls.mean()) < 1.0
    assert 0.5 < np.sqrt(np.mean(pulls**2)) < 1.8
    ratio = np.diff(np.log(found.edges)) if scale == "log" else np.diff(found.edges)
    np.testing.assert_allclose(ratio, ratio[0])
    assert np.all((found.centres > found.edges[:-1]) & (found.centres < found.edges[1:]))


def test_error_bars_are_the_scatter_between_samples_not_poisson():
    """Eigenvalues repel each other: counts in a bin fluctuate much less than their square root."""
    law = spectra.marchenko_pastur(2.0)
    batches = [
        spectra.density([law.sample(60, rng=100 * b + s) for s in range(10)], bins=[1.0, 2.0])
        for b in range(40)
    ]
    values = np.array([b.value[0] for b in batches])
    errors = np.array([b.error[0] for b in batches])
    assert errors.mean() == pytest.approx(values.std(ddof=1), rel=0.3)
    assert errors.mean() < 0.5 * math.sqrt(values.mean() / 600)


def test_a_single_sample_has_no_error_bar():
    found = spectra.density(np.arange(1.0, 11.0), bins=5)
    assert np.isnan(found.error).all()
    assert math.isnan(found.zero_error)
    assert found.weight.sum() == pytest.approx(1)


def test_samples_of_different_sizes_and_signs():
    found = spectra.density([[-1.0, 1.0], [0.5, 1.0, 2.0, 1e-13]], bins=2, low=0.1, high=10, scale="log")
    assert (found.zero, found.below, found.above) == (0.125, 0.25, 0.0)
    assert found.weight.tolist() == pytest.approx([(0 + 0.25) / 2, (0.5 + 0.5) / 2])


def test_integrated():
    samples = [wishart(0.5, 40, s) for s in range(8)]
    found = spectra.integrated(samples, [-1.0, 1e-9, 1.0, 50.0])
    assert found.value[0] == 0
    assert found.value[1] == pytest.approx(0.5)
    assert found.value[3] == 1
    assert 0 < found.error[2] < 0.03
    assert found.value[2] == pytest.approx(float(spectra.marchenko_pastur(0.5).cdf(1.0)), abs=0.02)


# ---- levels, frequencies, edges ------------------------------------------------------------------------------------------------


def test_levels_count_and_say_how_clear_the_threshold_is():
    found = spectra.levels([[-2.0, -1e-12, 0.0, 1e-11, 4.0], [1.0, 2.0]])
    assert found.zero.tolist() == [3, 0]
    assert found.negative.tolist() == [1, 0]
    assert found.positive.tolist() == [1, 2]
    assert found.sizes.tolist() == [5, 2]
    assert found.threshold.tolist() == [4e-9, 2e-9]
    assert found.widest_gap[0] == pytest.approx(2.0 / 1e-11)
    assert found.widest_gap[1] == math.inf
    assert found.fraction("negative") == (pytest.approx(0.1), pytest.approx(0.1))
    assert found.fraction("positive", n=4)[0] == pytest.approx(0.375)
    with pytest.raises(ValueError, match="kind"):
        found.fraction("nil")


def test_frequencies_keep_the_sign_and_the_zeros():
    assert spectra.frequencies([9.0, -4.0, 1e-12]).tolist() == [-2.0, 0.0, 3.0]
    chain = 2 * np.eye(20) - np.diag(np.ones(19), 1) - np.diag(np.ones(19), -1)
    exact = 2 * np.sin(np.arange(1, 21) * math.pi / 42)
    np.testing.assert_allclose(spectra.frequencies(np.linalg.eigvalsh(chain)), exact, rtol=1e-12)


def test_asymmetry():
    a = np.random.default_rng(0).normal(size=(30, 50))
    bipartite = np.block([[np.zeros((30, 30)), a], [a.T, np.zeros((50, 50))]])
    found = spectra.asymmetry(np.linalg.eigvalsh(bipartite))
    assert found.imbalance == 0
    assert abs(found.skewness) < 1e-12
    assert math.isnan(found.skewness_error)
    law = spectra.marchenko_pastur(1.0, shift=-1.0)
    many = spectra.asymmetry([law.sample(200, rng=s) for s in range(20)])
    # Moments of MP at c = 1 about its mean: m2 = 1, m3 = 1; an independent value for the imbalance from the law.
    assert many.skewness == pytest.approx(1.0, abs=5 * many.skewness_error)
    assert many.imbalance == pytest.approx(1 - 2 * float(law.cdf(0.0)), abs=5 * many.imbalance_error + 0.01)


@pytest.mark.parametrize("c", sampled([0.4, 2.0, 4.0], every=3, start=1))
@pytest.mark.parametrize("side", ["lower", "upper"])
def test_edge_extrapolates_to_the_law(c, side):
    law = spectra.marchenko_pastur(c, shift=-0.3)
    exact = law.lower if side == "lower" else law.upper
    samples = [law.sample(150, rng=s) for s in range(60)]
    found = spectra.edge(samples, side=side, above=-0.3 + 1e-6)
    assert abs(found.value - exact) < 4 * found.error + 0.01 * (law.upper - law.lower)
    inside = 1 if side == "lower" else -1
    assert inside * (found.extreme - exact) > 5 * found.extreme_error  # the naive estimate lies inside
    assert abs(found.value - exact) < 0.5 * abs(found.extreme - exact)
    assert (found.samples, found.count) == (60, 4)


def test_edge_needs_values_above_the_delta_peak():
    law = spectra.marchenko_pastur(0.2)  # 12 of 60 are not zero
    samples = [law.sample(60, rng=s) for s in range(10)]
    assert abs(spectra.edge(samples).value) < 1e-9  # the delta peak itself
    assert spectra.edge(samples, above=1e-6).value == pytest.approx(law.lower, abs=0.06)
    with pytest.raises(ValueError, match="12 eigenvalues above"):
        spectra.edge(samples, above=1e-6, count=13)


# ---- H = H0 + Hp ----------------------------------------------------------------------------------------------------------------


def test_split_counts_what_it_is_given():
    rng = np.random.default_rng(4)
    n, m = 40, 25
    a = rng.normal(size=(m, n)) / math.sqrt(n)
    b = rng.normal(size=(15, 25))
    hp = 1e-3 * np.block([[np.zeros((15, 15)), b], [b.T, np.zeros((25, 25))]])
    found = spectra.split(a.T @ a, hp)
    np.testing.assert_allclose(found.H, np.linalg.eigvalsh(a.T @ a + hp), atol=1e-12)
    assert found.rank_H0 == m
    assert (found.negative_Hp, found.positive_Hp) == (15, 15)
    assert found.gap == pytest.approx(np.linalg.eigvalsh(a @ a.T)[0])
    assert found.trace_Hp == 0
    assert found.trace_H0 == pytest.approx(np.sum(a**2))
    assert found.ratio < 0.02
    assert found.bound_holds
    assert found.negative_H > 0  # 15 null directions are left, and prestress is not positive on them
    assert not spectra.split(np.outer(a[0], a[0]), hp).bound_holds


@pytest.mark.parametrize(("d", "h", "seed"), [(5, 5, 1), (3, 7, 2), (8, 4, 3), (14, 14, 1), (14, 14, 2)])
def test_counts_of_prestress_with_two_hidden_layers(d, h, seed):
    """N_- = N_+ = h + rank A, the proposition of the chapter. A neuron that is off for all contacts, s_k = 0, makes no pair of its own
    (narrow networks have some); (14, 14, 1) is the chapter's example of blocks of reduced rank."""
    from learnscape.jamming import networks

    network = networks.HingeNetwork(d, h, 2, rng=seed)
    x, y = networks.random_data(6 * network.n_weights // 2, d, rng=seed + 1)
    hp = network.hessian(x, y).Hp
    first, second = h * (d + 1), h * (h + 1)
    weights = first + np.flatnonzero(np.arange(second) % (h + 1) < h)
    block = hp[np.ix_(np.arange(first), weights)]
    rank = np.linalg.matrix_rank(block, tol=1e-9 * np.abs(block).max())
    found = spectra.levels(np.linalg.eigvalsh(hp))
    biases = first + h + (h + 1) * np.arange(h)
    pairs = np.count_nonzero(hp[biases, first + second + np.arange(h)])
    assert (found.negative[0], found.positive[0]) == (pairs + rank, pairs + rank)
    generic = h * min(d + 1, h)
    assert rank <= generic
    if d == 14:
        assert pairs == 14
        assert rank == {1: generic - 9, 2: generic}[seed]


def test_prestress_of_one_hidden_layer_is_symmetric_and_all_traces_vanish():
    from learnscape.jamming import networks

    for depth in (1, 2, 3):
        network = networks.HingeNetwork(6, 9, depth, rng=depth)
        x, y = networks.random_data(400, 6, rng=7)
        values = np.linalg.eigvalsh(network.hessian(x, y).Hp)
        assert abs(values.sum()) < 1e-13 * np.abs(values).sum()
        skewness = abs(spectra.asymmetry(values).skewness)
        assert skewness < 1e-12 if depth == 1 else skewness > 1e-3
        if depth == 1:
            assert spectra.levels(values).negative[0] == 9


def test_stored_spectra_are_consistent_with_their_counts():
    stored = learnscape.stored("hessian_spectra")
    assert len(stored["runs"]) >= 8
    for run in stored["runs"]:
        assert run["n_unsatisfied"] >= run["rank"] >= 0
        if run["outcome"] == "satisfied":
            assert run["loss"] == 0
        elif run["depth"] == 2:
            assert run["n_minus"] == run["n_plus"] == 210 == 14 + 14 * 14
            assert run["n_unsatisfied"] >= run["n_minus"]
        if run["outcome"] == "stuck":
            assert abs(run["virial"] - 1) < 0.01
            assert run["decay"] < 0.05
    for one in stored["eigenvalues"]:
        run = next(r for r in stored["runs"] if all(r[k] == one[k] for k in ("depth", "load", "seed")))
        assert len(one["H"]) == len(one["H0"]) == len(one["Hp"]) == run["n_parameters"]
        assert spectra.levels(one["Hp"]).negative[0] == run["n_minus"]
        assert one["n_parameters"] - spectra.levels(one["H0"]).zero[0] == run["rank"]
        assert sum(one["H"]) == pytest.approx(sum(one["H0"]), rel=1e-4)  # Tr Hp = 0
        assert run["outcome"] == "stuck"


def test_stored_jammed_states_are_certificates_and_soft_directions_do_not_pile_up():
    shares = []
    for group in learnscape.stored("hessian_spectra")["jammed"]:
        assert 0 < len(group["states"]) <= group["tried"]
        for state in group["states"]:
            sides = sum(state[name] for name in ("contacts", "kinks", "held", "flat")) - state["redundant"]
            assert sides == group["directions"] + 1
            stiffness = np.array(state["stiffness"])
            assert len(stiffness) == state["held"]
            assert (np.diff(stiffness) >= 0).all()
            assert (stiffness > 0).all()
            if len(stiffness) >= 3:
                shares.append(stiffness / stiffness.mean())
    pooled = np.concatenate(shares)
    assert np.sum(pooled < 0.1) * 6 < np.sum(pooled < 0.3)  # a constant density would give a third


def test_stiffness_of_a_jammed_state_is_the_curvature_of_its_lagrangian_by_differences():
    from scipy.linalg import null_space

    from learnscape import fully_connected
    from learnscape.jamming import networks
    from learnscape.jamming.networks.curvature import forward, output_gradients, tanh

    sizes = (5, 4, 1)
    state = networks.jam(5, 4, 1, 34, activation="tanh", rng=3)
    assert state.held > 2
    x, y = state.x[state.contacts], state.y[state.contacts]
    theta = state.network.parameters

    def on_spheres(free):
        free = free.copy()
        for matrix in fully_connected.layers(free, sizes):
            matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
        return free

    def margins(free):
        return y * forward(fully_connected.layers(on_spheres(free), sizes), x, tanh).output

    # Along the spheres the margins depend on directions alone, so their plain second derivatives know the lengths' curvature.
    matrices = fully_connected.layers(theta, sizes)
    gradients = y[:, None] * output_gradients(matrices, forward(matrices, x, tanh))
    normals, first = [], 0
    for matrix in matrices:
        for row in matrix:
            normals.append(np.zeros(theta.size))
            normals[-1][first : first + row.size] = row
            first += row.size
    free = null_space(np.vstack([gradients[1:] - gradients[0], normals]))
    assert free.shape[1] == state.held
    step, m = 1e-4, free.shape[1]
    second = np.empty((m, m))
    for i in range(m):
        for j in range(m):
            ends = [
                s * t * (state.forces @ margins(theta + step * (s * free[:, i] + t * free[:, j])))
                for s in (1, -1)
                for t in (1, -1)
            ]
            second[i, j] = sum(ends) / (4 * step**2)
    assert np.allclose(np.linalg.eigvalsh(second), state.curvature, rtol=1e-4, atol=1e-6)


BAD = [
    ("density", ([],), {}, "eigenvalues"),
    ("density", ([1.0, math.nan],), {}, "finite"),
    ("density", ([[1.0], [1j]],), {}, "real"),
    ("density", ([0.0, 0.0],), {}, "all zero"),
    ("density", ([1.0, 2.0],), {"bins": 0}, "bins"),
    ("density", ([1.0, 2.0],), {"bins": [1.0, 1.0]}, "increasing"),
    ("density", ([1.0, 2.0],), {"bins": [0.0, 1.0], "scale": "log"}, "logarithmic"),
    ("density", ([1.0, 2.0],), {"low": 2.0, "high": 1.0}, "low"),
    ("density", ([1.0, 2.0],), {"low": -2.0, "scale": "log"}, "> 0"),
    ("density", ([1.0, 2.0],), {"scale": "cubic"}, "scale"),
    ("density", ([1.0, 2.0],), {"zero": 1.0}, "zero"),
    ("density", ([1.0, 2.0],), {"bins": [0.0, 1.0], "low": 0.0}, "left out"),
    ("levels", ([1.0],), {"zero": -1e-9}, "zero"),
    ("integrated", ([1.0], [math.nan]), {}, "finite"),
    ("frequencies", ([[1.0], [2.0]],), {}, "one sample"),
    ("asymmetry", ([0.0],), {}, "all zero"),
    ("edge", ([1.0, 2.0, 3.0],), {}, "at least 4"),
    ("edge", ([1.0, 2.0, 3.0],), {"count": 2}, "count"),
    ("edge", ([1.0, 2.0, 3.0],), {"side": "left"}, "side"),
    ("marchenko_pastur", (0.0,), {}, "c = 0.0"),
    ("marchenko_pastur", (math.nan,), {}, "c = nan"),
    ("marchenko_pastur", (1.0,), {"variance": -1.0}, "variance"),
    ("marchenko_pastur", (1.0,), {"shift": math.inf}, "shift"),
    ("semicircle", (-1.0,), {}, "radius"),
    ("split", (np.eye(2), np.eye(3)), {}, "shape"),
    ("split", ([[0.0, 1.0], [0.0, 0.0]], np.eye(2)), {}, "symmetric"),
    ("split", (np.full((2, 2), math.nan), np.eye(2)), {}, "finite"),
]


@pytest.mark.parametrize(("name", "arguments", "options", "words"), BAD)
def test_bad_input_is_refused(name, arguments, options, words):
    with pytest.raises(ValueError, match="not allowed") as refusal:
        getattr(spectra, name)(*arguments, **options)
    assert words in str(refusal.value)


def test_law_refuses_points_that_are_not_finite():
    law = spectra.marchenko_pastur(1.0)
    for method in (law.density, law.cdf, law.resolvent, spectra.semicircle(1.0).density):
        with pytest.raises(ValueError, match="finite"):
            method(math.nan)
    with pytest.raises(ValueError, match="n = 0"):
        law.sample(0)


@pytest.mark.parametrize("c", [1.5, 4.0])
def test_resolvent_at_the_shift_is_the_mean_inverse(c):
    """Above c = 1 nothing lies at zero, and g(0) = <1/lambda> = 1 / (c - 1), the mean of an inverse Wishart matrix."""
    law = spectra.marchenko_pastur(c)
    assert law.resolvent(0.0) == pytest.approx(1 / (c - 1), rel=1e-14)
    assert law.resolvent(1e-13) == pytest.approx(1 / (c - 1), rel=1e-12)


@pytest.mark.parametrize("c", [0.5, 1.0])
def test_resolvent_is_refused_where_it_is_infinite(c):
    with pytest.raises(ValueError, match="infinite"):
        spectra.marchenko_pastur(c, shift=0.25).resolvent([1j, 0.25])


def test_what_is_no_real_number_is_named():
    law = spectra.marchenko_pastur(2.0)
    for call in (
        lambda: law.density("a"),
        lambda: law.resolvent("a"),
        lambda: law.sample(True),
        lambda: spectra.split(1j * np.eye(2), np.eye(2)),
        lambda: spectra.levels([1.0]).fraction("zero", "a"),
    ):
        with pytest.raises(ValueError, match="not allowed"):
            call()
