"""Tree committees: known digits, kernels against quadrature, few units against brute force and against the perceptron, limits, refusals."""

from __future__ import annotations

import itertools
import math
import time

import numpy as np
import pytest
from scipy.special import erf, ndtr

import learnscape
from learnscape import Binary, ConvergenceError, Discrete, Margin, Spherical
from learnscape.replica import _limit, rs, rsb, two_layer
from learnscape.replica import _two_layer_units as few


def relu(x):
    return np.maximum(x, 0.0)


FUNCTIONS = {"sign": np.sign, "relu": relu, "erf": erf, "quadratic": np.square}


@pytest.mark.parametrize(
    ("activation", "alpha"), [("relu", 2 * math.pi / (math.pi - 1)), ("erf", 2.4514), ("quadratic", 4.0)]
)
def test_replica_symmetric_capacity(activation, alpha):
    found = two_layer.capacity(activation, steps=0)
    assert found.alpha == pytest.approx(alpha, abs=1e-14 if activation != "erf" else 5e-5)
    assert found.broken
    assert found.replicon < 0.0


@pytest.mark.parametrize(("steps", "alpha"), [(1, 2.66428), (2, 2.65327), (3, 2.65149)])
def test_relu_step_by_step(steps, alpha):
    assert two_layer.capacity("relu", steps=steps).alpha == pytest.approx(alpha, abs=6e-6)


@pytest.mark.parametrize(("activation", "alpha"), [("sign", 0.946952), ("relu", 0.903986), ("erf", 0.869814)])
def test_binary_weights(activation, alpha):
    found = two_layer.capacity(activation, Binary())
    assert found.alpha == pytest.approx(alpha, abs=6e-7)
    assert found.replicon > 0.0
    assert not found.broken


def test_the_trend_of_the_steps_foretells_the_next_one():
    found = two_layer.ladder("relu", steps=3)
    assert found.alpha[-1] > 2.650995 > found.limit  # four steps, and their limit
    assert found.limit == pytest.approx(2.65064, abs=1e-4)
    with pytest.raises(ValueError, match="steps = 2"):
        two_layer.ladder("relu", steps=2)
    with pytest.raises(ValueError, match="kappa = 4"):
        two_layer.ladder("erf", kappa=4.0)


@pytest.mark.parametrize("activation", FUNCTIONS)
@pytest.mark.parametrize("q", [0.1, 0.6, 0.95])
def test_kernel_against_an_average_over_the_plane(activation, q):
    """In polar coordinates no kink but those at fixed angles is left, and the radius comes out: functions here are homogeneous, but erf."""
    sigma, kernel = FUNCTIONS[activation], two_layer.kernel(activation)
    z, w = np.polynomial.hermite_e.hermegauss(80)
    w = w / w.sum()
    if activation in ("erf", "quadratic"):
        u, v = z[:, None], q * z[:, None] + math.sqrt(1.0 - q * q) * z
        product, mean = w @ (sigma(u) * sigma(v)) @ w, w @ sigma(z)
    else:
        # u = r cos a, v = r cos(a - theta): the product is r^2d times a function of the angle that vanishes between its kinks
        theta = math.acos(q)
        nodes, weights = np.polynomial.legendre.leggauss(60)
        ends = sorted([-0.5 * math.pi, 0.5 * math.pi, theta - 0.5 * math.pi, theta + 0.5 * math.pi])
        ends.append(ends[0] + 2.0 * math.pi)
        power = 0 if activation == "sign" else 2
        product = 0.0
        for a, b in itertools.pairwise(ends):
            angle = 0.5 * (a + b) + 0.5 * (b - a) * nodes
            product += (
                0.5
                * (b - a)
                / (2.0 * math.pi)
                * weights
                @ (sigma(np.cos(angle)) * sigma(np.cos(angle - theta)))
            )
        product *= 2.0 if power else 1.0  # mean of r^2
        mean = 1.0 / math.sqrt(2.0 * math.pi) if power else 0.0
    assert float(kernel.value(q)) * kernel.variance == pytest.approx(product - mean**2, rel=1e-10)


@pytest.mark.parametrize("activation", FUNCTIONS)
def test_derivatives_of_kernels(activation):
    kernel, q, e = two_layer.kernel(activation), np.array([0.05, 0.4, 0.9]), 1e-5
    assert np.allclose(kernel.slope(q), (kernel.value(q + e) - kernel.value(q - e)) / (2 * e), rtol=1e-8)
    assert np.allclose(kernel.bend(q), (kernel.slope(q + e) - kernel.slope(q - e)) / (2 * e), rtol=1e-8)
    assert float(kernel.value(1.0)) == pytest.approx(1.0, abs=1e-15)


def test_a_function_given_by_the_reader():
    known, given = two_layer.kernel("erf"), two_layer.kernel(erf)
    q = np.linspace(0.0, 1.0, 11)
    for part in ("value", "slope", "bend"):
        assert np.allclose(getattr(given, part)(q), getattr(known, part)(q), rtol=1e-10, atol=1e-14)
    assert two_layer.capacity(lambda x: 0.3 + x**2).alpha == pytest.approx(
        two_layer.capacity("quadratic").alpha, rel=1e-10
    )
    with pytest.raises(ValueError, match="smooth"):
        two_layer.capacity(relu)
    with pytest.raises(ValueError, match="not constant"):
        two_layer.capacity(np.ones_like)
    for scale in (1e-200, 1e200):
        with pytest.raises(ValueError, match="too small nor too large"):
            two_layer.capacity(lambda x, scale=scale: scale * x)


@pytest.mark.parametrize("kappa", [-1.0, -0.2, 0.5])
def test_linear_units_are_a_perceptron(kappa):
    found = two_layer.capacity(lambda x: x, kappa=kappa)
    known = rsb.capacity(Spherical(), Margin(kappa))
    assert found.alpha == pytest.approx(known.alpha, rel=1e-12)
    assert found.broken == known.broken
    load, replicon = rs.capacity_and_replicon(Spherical(), Margin(kappa))
    assert (two_layer.capacity(lambda x: x, kappa=kappa, steps=0).alpha, found.replicon) == pytest.approx(
        (load, replicon), rel=1e-12
    )
    binary = two_layer.capacity(lambda x: x, Binary(), kappa=kappa)
    state = rs.solve_at_capacity(Binary(), Margin(kappa))
    assert (binary.alpha, binary.q[0]) == pytest.approx((state.alpha, state.q), rel=1e-9)
    assert binary.replicon == pytest.approx(state.replicon, rel=1e-8)


@pytest.mark.parametrize(
    ("activation", "kappa"), [("quadratic", -1.0), (np.cos, -0.5), (lambda x: x**3 - 3 * x, 0.5)]
)
def test_unrelated_binary_solutions(activation, kappa):
    """Where q = 0 is the saddle, an even activation say, the capacity is that of the first moment, 2^N P^(alpha N) = 1."""
    found = two_layer.capacity(activation, Binary(), kappa=kappa)
    passed = ndtr(-kappa / math.sqrt(two_layer.kernel(activation).variance))
    assert found.alpha == pytest.approx(-math.log(2.0) / math.log(passed), rel=1e-12)
    assert found.q[0] < 1e-30
    assert found.replicon > 0.0


def test_unrelated_solutions_give_way_without_a_jump():
    """The replicon at q = 0 vanishes where another saddle, with a smaller load, sets in."""
    below, above = (two_layer.capacity("quadratic", Binary(), kappa=k) for k in (-0.649, -0.647))
    assert below.q[0] < 1e-30 < 1e-5 < above.q[0] < 2e-3
    assert 0.0 < below.replicon < 3e-3
    assert above.alpha == pytest.approx(below.alpha, rel=4e-3)


@pytest.mark.parametrize("kappa", [-3.0, -8.0, -20.0])
def test_rare_violations_of_binary_weights(kappa):
    found, known = (
        two_layer.capacity(lambda x: x, Binary(), kappa=kappa),
        rs.solve_at_capacity(Binary(), Margin(kappa)),
    )
    assert (found.alpha, found.q[0]) == pytest.approx((known.alpha, known.q), rel=1e-10)
    with pytest.raises(ValueError, match="kappa = -40"):
        two_layer.capacity("sign", Binary(), kappa=-40.0)


def test_the_wide_gradient():
    """The kernel's part of the gradient, against differences."""
    function = two_layer.kernel("relu")
    s, kappa = function.slope_at_one, -0.2

    def cost(q, y):
        inner = _limit.distance_cost(Margin(kappa), function.value(q), y / s)
        return _limit.Functional(inner.value / s, inner.dq * function.slope(q) / s, inner.dy / s**2)

    v = _limit.pack(np.array([0.5, 0.9]), np.array([5.0, 40.0]))
    gradient = _limit.objective(cost, v)[1]
    for i in range(4):
        e = np.eye(4)[i] * 1e-5
        slope = (_limit.objective(cost, v + e)[0] - _limit.objective(cost, v - e)[0]) / 2e-5
        assert gradient[i] == pytest.approx(slope, rel=1e-6, abs=1e-9)


def test_one_step_is_the_tree_with_one_step():
    for q, y, kappa in ((0.8, 20.0, 0.0), (0.3, 5.0, -1.0), (0.97, 2.5, 1.4)):
        mine = two_layer._one_step(kappa, np.array([q]), np.array([y]))
        tree = _limit.distance_cost(Margin(kappa), np.array([q]), np.array([y]))
        assert np.allclose(np.hstack(mine), np.hstack(tree), rtol=1e-10)


def test_where_replica_symmetry_becomes_stable():
    """With a large margin it is: the replicon changes sign, and one step gains less and less towards that point."""
    gains = []
    for kappa in (1.0, 1.1, 1.2):
        symmetric, step = (two_layer.capacity("erf", kappa=kappa, steps=k) for k in (0, 1))
        assert symmetric.replicon < 0.0
        gains.append(symmetric.alpha / step.alpha - 1.0)
    assert gains[0] > gains[1] > gains[2] > 0.0
    stable = two_layer.capacity("erf", kappa=2.0, steps=2)
    assert (stable.broken, stable.q.tolist(), stable.y.tolist()) == (False, [1.0, 1.0], [0.0, 0.0])
    assert stable.replicon > 0.0


# --- few units ---------------------------------------------------------------------------------------------------------


def squared_distance(h):
    """d^2 for rows of fields: the smallest negative fields that must be flipped."""
    missing = (h.shape[1] + 1) // 2 - (h > 0.0).sum(1)
    squares = np.sort(np.where(h < 0.0, h * h, np.inf), axis=1)
    which = np.arange(h.shape[1]) < missing[:, None]
    return np.where(which, squares, 0.0).sum(1)


def test_mean_squared_distance():
    assert few.mean_squared_distance(1) == pytest.approx(0.5, rel=1e-14)
    # order statistics of three half-normal variables: E min of two squares is 1 - 2/pi, E of the largest of three 1 + 2 sqrt(3)/pi
    exact = 3 / 8 * (1 - 2 / math.pi) + 1 / 8 * (2 - 2 * math.sqrt(3) / math.pi)
    assert few.mean_squared_distance(3) == pytest.approx(exact, rel=1e-13)
    sample = squared_distance(np.random.default_rng(5).standard_normal((400_000, 7)))
    error = sample.std() / math.sqrt(sample.size)
    assert few.mean_squared_distance(7) == pytest.approx(sample.mean(), abs=4 * error)


def test_the_replica_symmetric_capacity_grows_as_the_root_of_the_units():
    growth = 12.0 / math.sqrt(2.0 * math.pi)
    ratios = [
        two_layer.capacity("sign", units=k, steps=0).alpha / math.sqrt(k) / growth
        for k in (101, 10_001, 10**6 + 1)
    ]
    assert np.allclose(np.array(ratios) - 1.0, [-0.161, -0.0185, -0.0019], rtol=0.03)


@pytest.mark.parametrize(("units", "q", "y"), [(3, 0.64, 21.0), (3, 0.3, 4.0), (5, 0.6, 30.0)])
def test_one_step_integrand_against_samples(units, q, y):
    """E at single points z, by drawing fields and sorting them."""
    rng = np.random.default_rng(11)
    grid = few.tuples(units, 0.6)
    captured = {}
    original = few._log_factor

    def spy(index, *tables):
        chosen = rng.choice(np.flatnonzero(grid.weight > 1e-4), 4, replace=False)
        captured["z"] = grid.z[index[chosen]]
        captured["log"] = original(np.ascontiguousarray(index[chosen]), *tables)
        return np.zeros(index.shape[0])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(few, "_log_factor", spy)
        few.cost(units, q, y, 0.6)
    for z, log in zip(captured["z"], captured["log"], strict=True):
        fields = math.sqrt(q) * z + math.sqrt(1.0 - q) * rng.standard_normal((100_000, units))
        sample = np.exp(-0.5 * y * squared_distance(fields))
        assert math.exp(log) == pytest.approx(sample.mean(), abs=4 * sample.std() / math.sqrt(sample.size))


def test_the_distance_is_the_limit_of_the_probability():
    """(1 - q) ln P(majority) tends to -d^2/2 as q -> 1, with P the polynomial in the one-unit probabilities."""
    h = 0.3 * np.random.default_rng(2).standard_normal((50, 3))
    for gap, tolerance in ((1e-2, 0.06), (1e-3, 0.008)):
        p = ndtr(h / math.sqrt(gap))
        a, b, c = p.T
        exact = gap * np.log(a * b + a * c + b * c - 2 * a * b * c)
        assert np.allclose(exact, -0.5 * squared_distance(h), atol=tolerance)


def test_log_probability_of_three_units():
    q = 0.5
    z, w = np.polynomial.hermite_e.hermegauss(60)
    p = ndtr(math.sqrt(q / (1.0 - q)) * z)
    a, b, c = p[:, None, None], p[:, None], p
    exact = np.einsum("i,j,k,ijk", w, w, w, np.log(a * b + a * c + b * c - 2 * a * b * c)) / w.sum() ** 3
    assert few.log_probability(3, q) == pytest.approx(exact, rel=1e-9)


@pytest.mark.kernels
def test_one_unit_is_the_perceptron():
    assert two_layer.capacity("sign", units=1, steps=0).alpha == pytest.approx(2.0, rel=1e-14)
    assert two_layer.capacity("sign", Binary(), units=1).alpha == pytest.approx(0.8330786, abs=2e-8)
    mine = few.cost(1, 0.6, 9.0, 0.05)
    assert mine == pytest.approx(
        _limit.distance_cost(Margin(0.0), np.array([0.6]), np.array([9.0])).value, rel=1e-9
    )


def test_three_units():
    symmetric, step = (two_layer.capacity("sign", units=3, steps=k) for k in (0, 1))
    assert symmetric.alpha == pytest.approx(4.02519188, abs=1e-8)
    assert step.alpha == pytest.approx(3.14584192, abs=1e-8)
    q, y = float(step.q[0]), float(step.y[0])
    assert few.cost(3, q, y) == pytest.approx(few.cost(3, q, y, 0.2), rel=1e-9)
    # y -> 0 is replica symmetry
    sphere = _limit.sphere(np.array([0.5]), np.array([1e-5])).value
    assert sphere / -few.cost(3, 0.5, 1e-5) == pytest.approx(symmetric.alpha, rel=2e-6)
    assert two_layer.capacity("sign", Binary(), units=3).alpha == pytest.approx(0.920619401, abs=2e-9)


def test_no_other_minimum_with_one_step_is_lower():
    """The minimiser of three units starts at one place; on a coarse grid of all overlaps and block parameters nothing lies below it."""
    lowest = two_layer.capacity("sign", units=3).alpha
    for q in (0.1, 0.3, 0.5, 0.75, 0.9):
        for y in (1.0, 4.0, 12.0, 40.0, 200.0):
            sphere = _limit.sphere(np.array([q]), np.array([y])).value
            assert sphere / -few.cost(3, q, y) > lowest + 0.01, (q, y)


def test_committees_lie_between_one_unit_and_infinitely_many():
    loads = [two_layer.capacity("sign", Binary(), units=k).alpha for k in (1, 3, math.inf)]
    assert loads == sorted(loads)


def test_gradient_descent_stops_below_the_capacity():
    """The stored runs: all solved at 2.0, none at 2.2 with N = 1024; the capacity is 2.65."""
    runs = {(row["n"], row["alpha"]): row for row in learnscape.stored("two_layer")["runs"]}
    assert all(
        len(row["wrong"]) == row["samples"] and row["wrong"].count(0) == row["solved"]
        for row in runs.values()
    )
    share = {key: row["solved"] / row["samples"] for key, row in runs.items()}
    assert share[1024, 2.0] == 1.0
    assert share[1024, 2.2] == 0.0
    assert two_layer.capacity("relu", steps=2).alpha - 0.4 > 2.2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"activation": "sign"}, "infinite"),
        ({"activation": "tanh"}, "activation"),
        ({"activation": "relu", "units": 3}, "activation"),
        ({"activation": "sign", "units": 4}, "units"),
        ({"activation": "sign", "units": 2.5}, "units"),
        ({"activation": "sign", "units": 7}, "units"),
        ({"activation": "sign", "units": 3, "steps": 2}, "steps"),
        ({"activation": "sign", "units": 3, "kappa": 0.1}, "kappa"),
        ({"activation": "sign", "units": 10**7 + 1, "steps": 0}, "units"),
        ({"activation": "relu", "kappa": -5.0}, "kappa"),
        ({"activation": "relu", "steps": -1}, "steps"),
        ({"activation": "relu", "steps": 1.5}, "steps"),
        ({"activation": "relu", "kappa": math.nan}, "kappa"),
        ({"activation": "relu", "weights": Binary(), "steps": 2}, "steps"),
        ({"activation": "relu", "weights": Discrete((-1, 0, 1))}, "weights"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        two_layer.capacity(**arguments)


@pytest.mark.timing
def test_one_step_of_a_wide_layer_takes_milliseconds():
    two_layer.capacity("relu")
    durations = []
    for _ in range(40):
        start = time.perf_counter()
        two_layer.capacity("relu")
        durations.append(time.perf_counter() - start)
    assert min(durations) < 1e-2  # 2.8 ms on a quiet machine; a busy one takes twice as long


def test_too_small_a_gain_is_said():
    with pytest.raises(ConvergenceError, match="about to be stable"):
        two_layer.capacity("erf", kappa=1.5)


@pytest.mark.slow
@pytest.mark.weekly
def test_five_units():
    step = two_layer.capacity("sign", units=5)
    assert step.alpha == pytest.approx(3.619305, abs=2e-6)
    q, y = float(step.q[0]), float(step.y[0])
    assert few.cost(5, q, y) == pytest.approx(few.cost(5, q, y, 0.5), rel=2e-7)
    assert two_layer.capacity("sign", Binary(), units=5).alpha == pytest.approx(0.9330387, abs=1e-7)
