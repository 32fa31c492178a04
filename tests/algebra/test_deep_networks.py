"""Deep networks that jam: the virial, the two parts of the Hessian, one hidden layer, the linear network, and the conditions of a jammed state."""

from __future__ import annotations

import functools
import math

import numpy as np
import pytest
import sympy as sp
from scipy.linalg import null_space
from scipy.special import digamma

from learnscape.jamming import networks
from learnscape.jamming.networks import curvature, soft_margin
from learnscape.replica.unsat import free_norm


def test_counts_of_parameters():
    """Weights, biases, and one effective parameter more than weights when each hidden neuron loses one."""
    d, h, depth = sp.symbols("d h L", positive=True)
    sizes = [(d, h), (h, h), (h, 1)]
    times = [1, depth - 1, 1]
    parameters = sum(k * (before + 1) * after for k, (before, after) in zip(times, sizes, strict=True))
    weights = sum(k * before * after for k, (before, after) in zip(times, sizes, strict=True))
    assert sp.expand(weights - (d * h + (depth - 1) * h**2 + h)) == 0
    assert sp.expand(parameters - depth * h - weights - 1) == 0
    network = networks.HingeNetwork(5, 4, 3, rng=1)
    assert (network.n_weights, network.n_parameters) == tuple(
        int(count.subs({d: 5, h: 4, depth: 3})) for count in (weights, parameters)
    )


def test_slope_along_the_last_layer():
    """Multiplying the last layer changes the loss at the rate sum of Delta (Delta - eps), so V = 1 where it vanishes."""
    s, eps = sp.symbols("s epsilon", positive=True)
    deltas = sp.symbols("Delta_1:4", positive=True)
    margins = [eps - delta for delta in deltas]  # y f
    loss = sum((eps - (1 + s) * m) ** 2 / 2 for m in margins)
    slope = sp.diff(loss, s).subs(s, 0)
    assert sp.expand(slope - sum(delta * (delta - eps) for delta in deltas)) == 0
    virial = sum(delta**2 for delta in deltas) / (eps * sum(deltas))
    assert sp.simplify(slope - eps * sum(deltas) * (virial - 1)) == 0
    network = networks.HingeNetwork(5, 6, 2, rng=3)
    x, y = networks.random_data(60, 5, rng=4)
    last = network.layers()[-1]
    losses = []
    for factor in (1 + 1e-6, 1 / (1 + 1e-6)):
        other = network.copy()
        other.layers()[-1][:] = factor * last
        losses.append(other.loss(x, y))
    delta = network.delta(x, y)
    delta = delta[delta > 0]
    assert (losses[0] - losses[1]) / 2e-6 == pytest.approx((delta * (delta - 1)).sum() / 60, rel=1e-6)


def test_linear_network():
    """The cost of the linear network is stationary in its length where alpha M_0^2 = M_2, and jumps to eps^2 / pi at capacity."""
    kappa, alpha, z, delta = sp.symbols("kappa alpha z delta", positive=True)
    gauss = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    m = [sp.integrate((kappa - z) ** k * gauss, (z, -sp.oo, kappa)) for k in range(3)]
    cost = (sp.sqrt(alpha * m[2]) - 1) ** 2 / (2 * kappa**2)
    for load in (2.1, 3.0, 7.5):
        answer = free_norm(load)
        at = {alpha: load, kappa: answer.kappa}
        assert float((alpha * m[0] ** 2 - m[2]).subs(at)) == pytest.approx(0, abs=1e-10)
        assert float(sp.diff(cost, kappa).subs(at)) == pytest.approx(0, abs=1e-9)
        assert float(cost.subs(at)) == pytest.approx(answer.loss, rel=1e-9)
        r = math.sqrt(load * float(m[2].subs(at)))  # Delta = s (kappa - z)(r - 1)/r: the virial
        assert (r - 1) / r * float(m[2].subs(at)) == pytest.approx(
            answer.kappa * float(m[1].subs(at)), rel=1e-9
        )
    start = [sp.series(one, kappa, 0, 3).removeO() for one in (m[0], m[2])]
    left = sp.expand((2 + delta) * start[0] ** 2 - start[1])
    assert sp.simplify(left.coeff(delta, 0).coeff(kappa, 1)) == 0
    leading = left.coeff(delta, 0).coeff(kappa, 2) * kappa**2 + left.coeff(delta, 1).coeff(kappa, 0) * delta
    (root,) = sp.solve(leading, kappa)
    assert sp.simplify(root**2 - delta / (2 - 4 / sp.pi)) == 0
    excess = sp.expand(2 * start[0] - 1).coeff(kappa, 1)  # r - 1 over kappa
    assert sp.simplify(excess**2 / 2 - 1 / sp.pi) == 0


def test_hessian_in_two_parts():
    """Second derivatives of half a square are a square of the gradient and Delta times second derivatives."""
    a, b = sp.symbols("a b")
    delta = sp.Function("Delta")(a, b)
    for one in (a, b):
        for two in (a, b):
            parts = sp.diff(delta, one) * sp.diff(delta, two) + delta * sp.diff(delta, one, two)
            assert sp.simplify(sp.diff(delta**2 / 2, one, two) - parts) == 0


def test_squares_must_cover_negative_directions():
    """With no more balanced squares than negative directions a common vector is found on which the sum is negative; the example of two parameters has a saddle only."""
    rng = np.random.default_rng(1)
    n, squares = 9, 4
    prestress = np.diag(np.r_[-rng.random(squares), rng.random(n - squares)])
    rows = rng.standard_normal((squares, n))
    delta = rng.random(squares)
    rows[-1] = -delta[:-1] @ rows[:-1] / delta[-1]  # sum of Delta grad Delta = 0
    kernel = null_space(rows)
    negative = np.eye(n)[:, :squares]
    common = null_space(np.hstack([kernel, -negative]))[:, 0]
    v = kernel @ common[: kernel.shape[1]]
    assert np.linalg.norm(v) > 0.1
    assert np.abs(rows @ v).max() < 1e-12
    assert v @ prestress @ v < 0
    s, t, eps = sp.symbols("s t epsilon")
    hessian = sp.hessian((eps - s * t) ** 2 / 2, (s, t))
    slopes = [sp.diff((eps - s * t) ** 2 / 2, one) for one in (s, t)]
    stationary = sp.solve(slopes, [s, t], dict=True)
    assert [sp.simplify((eps - s * t).subs(one)) for one in stationary] == [0, eps]
    assert stationary[1] == {s: 0, t: 0}
    assert hessian.subs({s: 0, t: 0}) == sp.Matrix([[0, -eps], [-eps, 0]])  # a saddle: the square is gone


def test_trace_of_the_prestress():
    """On fixed masks every parameter enters to first order, so the prestress has no trace, and negative eigenvalues if it is not zero."""
    network = networks.HingeNetwork(5, 6, 3, rng=1)
    x, y = networks.random_data(80, 5, rng=2)
    prestress = network.hessian(x, y).Hp
    assert np.abs(np.diag(prestress)).max() < 1e-15
    assert np.linalg.eigvalsh(prestress)[0] < -1e-3


def test_one_hidden_layer_has_no_prestress():
    """With one hidden layer the only second derivatives mix an outgoing weight with its row, by the vector that the gradient is made of."""
    network = networks.HingeNetwork(4, 5, 1, rng=1)
    x, y = networks.random_data(70, 4, rng=2)
    rows, last = network.layers()
    p, width, d = len(y), 5, 4
    prestress, gradient = network.hessian(x, y).Hp, network.gradient(x, y)
    delta = np.maximum(network.delta(x, y), 0)
    tilde = np.hstack([x, np.ones((p, 1))])
    on = tilde @ rows.T > 0
    expected = np.zeros_like(prestress)
    for i in range(width):
        g = (delta * y * on[:, i]) @ tilde
        part = slice(i * (d + 1), (i + 1) * (d + 1))
        np.testing.assert_allclose(gradient[part], -last[0, i] * g / p, atol=1e-14)
        expected[part, width * (d + 1) + i] = expected[width * (d + 1) + i, part] = -g / p
    np.testing.assert_allclose(prestress, expected, atol=1e-14)


def frozen(network, x):
    """Gradients of the outputs on fixed masks, and the function that gives the second derivatives of a weighted sum of outputs."""
    layers, masks, a = network.layers(), [], x
    for matrix in layers[:-1]:
        z = a @ matrix[:, :-1].T + matrix[:, -1]
        masks.append((z > 0).astype(float))
        a = np.maximum(z, 0)
    done = curvature.forward(layers, x, curvature.masked_relu(masks))
    moves = curvature.tangents(layers, done)

    def second(c):
        return curvature.second_derivatives(layers, done, moves, [None] * (len(layers) - 1) + [c[:, None]])

    return curvature.output_gradients(layers, done), second, masks


def signs(matrix):
    values = np.linalg.eigvalsh(matrix)
    zero = 1e-9 * np.abs(values).max()
    return (values < -zero).sum(), (values > zero).sum()


def generic_and_balanced(slopes, rng):
    """Random coefficients, and their part for which the weighted gradients cancel."""
    c = np.random.default_rng(rng).standard_normal(len(slopes))
    return c, c - slopes @ np.linalg.lstsq(slopes, c)[0]


@pytest.mark.parametrize("depth", [2, 3])
def test_rescaled_neurons_carry_no_prestress(depth):
    """grad grad g A theta + A grad g = 0 at any parameters, so where the gradient of g vanishes its second derivatives do not see the rescalings, and at most N eigenvalues are left."""
    network = networks.HingeNetwork(8, 8, depth, rng=1)
    network.parameters += 0.1 * np.random.default_rng(4).standard_normal(network.n_parameters)
    slopes, second, _ = frozen(network, networks.random_data(3 * network.n_weights, 8, rng=2).x)
    scalings = []
    for layer in range(depth):
        for neuron in range(8):
            marks = [np.zeros_like(matrix) for matrix in network.layers()]
            marks[layer][neuron], marks[layer + 1][:, neuron] = 1, -1
            scalings.append(np.concatenate([mark.ravel() for mark in marks]))
    scalings = np.array(scalings)
    tangents = scalings * network.parameters
    assert np.linalg.matrix_rank(tangents) == network.n_hidden
    generic, balanced = generic_and_balanced(slopes, 3)
    for c in (generic, balanced):
        np.testing.assert_allclose(tangents @ second(c), -scalings * (c @ slopes), atol=1e-10)
    assert np.abs(tangents @ second(balanced)).max() < 1e-10 < np.abs(tangents @ second(generic)).max()
    assert sum(signs(second(balanced))) <= network.n_weights < sum(signs(second(generic)))


@pytest.mark.parametrize(("inputs", "width"), [(8, 8), (4, 7), (9, 4)])
def test_two_hidden_layers_at_a_stationary_point(inputs, width):
    """Balanced gradients make s_k, u_p T_kp and sum of v_k Y_kp T_kp zero; the spectrum is symmetric, with as many eigenvalues of each sign as the T_kp span, at most h min(d, h - 1)."""
    network = networks.HingeNetwork(inputs, width, 2, rng=1)
    network.parameters += 0.1 * np.random.default_rng(4).standard_normal(network.n_parameters)
    x = networks.random_data(6 * network.n_weights, inputs, rng=2).x
    slopes, second, (lower, upper) = frozen(network, x)
    rows, middle, last = network.layers()
    tilde = np.hstack([x, np.ones((len(x), 1))])
    ranks = []
    for c in generic_and_balanced(slopes, 3):
        t = np.einsum("m,mk,mp,mi->kpi", c, upper, lower, tilde)
        sums = (
            c @ upper,
            np.einsum("kpi,pi->kp", t, rows),
            np.einsum("k,kp,kpi->pi", last[0, :-1], middle[:, :-1], t),
        )
        zero = [np.abs(one).max() < 1e-10 for one in sums]
        ranks.append(sum(np.linalg.matrix_rank(t[:, p], tol=1e-8) for p in range(width)))
    assert zero == [True] * 3
    most = width * min(inputs, width - 1)
    assert signs(second(c)) == (ranks[1], ranks[1])
    assert ranks[1] == most < ranks[0]
    values = np.linalg.eigvalsh(second(c))
    np.testing.assert_allclose(values, -values[::-1], atol=1e-10)


CASES = (("relu", 8, 6, 1, 86, 0), ("relu", 5, 4, 2, 56, 1), ("tanh", 8, 6, 1, 119, 1))


@functools.cache
def jammed(kind, inputs, width, depth, patterns, seed):
    return networks.jam(inputs, width, depth, patterns, activation=kind, rng=seed)


def pieces(state):
    """Gradients of the contacts' margins with the slopes that the forces choose, of the kinks, of the spheres, and second derivatives of the weighted margins."""
    layers, sizes = state.network.layers(), np.array(state.network.sizes)
    place = {mu: row for row, mu in enumerate(state.contacts)}
    x, y = state.x[state.contacts], state.y[state.contacts]
    activation = curvature.tanh
    if isinstance(state.network, networks.HingeNetwork):
        masks, a = [], x
        for matrix in layers[:-1]:
            z = a @ matrix[:, :-1].T + matrix[:, -1]
            masks.append((z > 0).astype(float))
            a = np.maximum(z, 0)
        for (layer, mu, neuron), slope in zip(state.kinks, state.kink_slopes, strict=True):
            masks[layer][place[mu], neuron] = slope
        activation = curvature.masked_relu(masks)
    done = curvature.forward(layers, x, activation)
    tangents = curvature.tangents(layers, done)
    margins = y[:, None] * curvature.output_gradients(layers, done)
    kinks = [tangents[layer][place[mu], neuron] for layer, mu, neuron in state.kinks]
    seeds = [None] * (len(layers) - 1) + [(state.forces * y)[:, None]]
    second = curvature.second_derivatives(layers, done, tangents, seeds)
    normals = soft_margin.sphere_normals(state.network.parameters, sizes)
    nu = normals @ (state.forces @ margins)
    second[np.diag_indices_from(second)] -= soft_margin.sphere_curvature(nu, sizes)
    return margins, np.array(kinks).reshape(-1, margins.shape[1]), normals, second


@pytest.mark.parametrize("case", CASES)
def test_a_jammed_state_obeys_its_conditions(case):
    """Forces balance along the spheres with slopes between 0 and 1; second derivatives are negative where contacts and kinks leave free, and such a step lowers the margin."""
    state = jammed(*case)
    margins, kinks, normals, second = pieces(state)
    pull = state.forces @ margins
    assert np.abs(pull - (normals @ pull) @ normals).max() < 1e-12
    assert (state.forces > 0).all()
    assert state.forces.sum() == pytest.approx(1)
    assert ((state.kink_slopes > 0) & (state.kink_slopes < 1)).all()
    free = null_space(np.vstack([margins[1:] - margins[0], kinks, normals]), rcond=1e-9)
    held, directions = np.linalg.eigh(free.T @ second @ free)
    assert held.size == state.held > 0
    assert held.max() < 0
    # Walk: second-order steps to the path that keeps contacts together, kinks at zero, rows at length one.
    sizes = np.array(state.network.sizes)
    walls = np.vstack([margins - pull, kinks, normals])
    for v in (free @ directions).T:
        for sign in (1, -1):
            theta = state.network.parameters + sign * 1e-4 * v
            for _ in range(4):
                theta = soft_margin.on_spheres(theta, sizes)
                rest = mismatch(state, theta)
                theta = theta - np.linalg.lstsq(walls, np.r_[rest, np.zeros(len(normals))], rcond=1e-9)[0]
            theta = soft_margin.on_spheres(theta, sizes)
            assert np.abs(mismatch(state, theta)).max() < 1e-12
            change = kappa_at(state, theta) - state.kappa
            assert change / 1e-8 == pytest.approx(v @ second @ v / 2, rel=0.02)


def outputs(state, theta):
    """Margins of the contacts and preactivations of the kinks at other parameters."""
    network = state.network
    other = (
        networks.TanhNetwork(network.sizes, theta)
        if isinstance(network, networks.TanhNetwork)
        else network.copy()
    )
    if isinstance(other, networks.HingeNetwork):
        other.parameters = theta
    a, zs = state.x, []
    for matrix in other.layers()[:-1]:
        z = a @ matrix[:, :-1].T + matrix[:, -1]
        zs.append(z)
        a = np.tanh(z) if isinstance(other, networks.TanhNetwork) else np.maximum(z, 0)
    margins = (state.y * other.output(state.x))[state.contacts]
    return margins, np.array([zs[layer][mu, neuron] for layer, mu, neuron in state.kinks])


def mismatch(state, theta):
    margins, kinks = outputs(state, theta)
    return np.r_[margins - state.forces @ margins, kinks]


def kappa_at(state, theta):
    return float(outputs(state, theta)[0].min())


@pytest.mark.parametrize("case", CASES)
def test_three_ways_to_hold_add_up(case):
    """Contacts, kinks and held directions, counted from ranks and signs, are D + 1; contacts span what the prestress cannot hold."""
    state = jammed(*case)
    margins, kinks, normals, second = pieces(state)
    d = state.network.parameters.size - len(normals)
    assert d == state.directions == networks.HingeNetwork(*case[1:4], rng=0).n_weights
    first = np.vstack([margins[1:] - margins[0], kinks, normals])
    redundant = len(first) - np.linalg.matrix_rank(first, tol=1e-9 * np.linalg.norm(first, 2))
    free = null_space(first, rcond=1e-9)
    held = int((np.linalg.eigvalsh(free.T @ second @ free) < 0).sum())
    assert len(margins) + len(kinks) - redundant + held == d + 1
    surface = null_space(np.vstack([kinks, normals]))
    values = np.linalg.eigvalsh(surface.T @ second @ surface)
    minus = int((values > 1e-9 * np.abs(values).max()).sum())  # of H_p, which is minus this
    assert minus + 1 <= len(margins) <= d + 1 - len(kinks) + redundant


def test_one_hidden_layer_is_held_by_the_spheres_only():
    """For one hidden layer of ReLU the second derivatives in free directions are -kappa (|v_out|^2 + sum w_i^2 |v_i|^2)."""
    state = jammed(*CASES[0])
    _, kinks, normals, second = pieces(state)
    rows, last = state.network.layers()
    weights = np.r_[np.repeat(last[0, :-1] ** 2, rows.shape[1]), np.ones(last.size)]
    surface = null_space(np.vstack([kinks, normals]))
    np.testing.assert_allclose(
        surface.T @ second @ surface,
        -state.kappa * surface.T @ (weights[:, None] * surface),
        atol=1e-12,
    )
    assert state.held > 0


def test_multipliers_of_the_spheres_are_of_the_order_of_the_margin():
    """Of the output's sphere it is kappa, of a neuron's the sum of those above, weighted by its squared outgoing weights."""
    for case in CASES[:2]:
        state = jammed(*case)
        margins, _, normals, _ = pieces(state)
        expected = [np.array([state.kappa])]
        for matrix in state.network.layers()[:0:-1]:
            expected.insert(0, expected[0] @ matrix[:, :-1] ** 2)
        nu = normals @ (state.forces @ margins)
        np.testing.assert_allclose(nu, np.concatenate(expected), atol=1e-12)


def test_extreme_values():
    """The mean logarithm of the ratios of the smallest values is 1/(1 + a): exact means of order statistics, and a simulation."""
    for k in (
        1,
        3,
        9,
    ):  # the logarithm of the j-th smallest of n uniform values has the mean psi(j) - psi(n + 1)
        assert np.mean([digamma(k + 1) - digamma(j) for j in range(1, k + 1)]) == pytest.approx(1)
    power = 1 / (1 + 0.3)
    x = np.sort(np.random.default_rng(1).random((4000, 50)), axis=1) ** power
    ratios = np.log(x[:, 3, None] / x[:, :3]).mean(axis=1)
    assert ratios.mean() == pytest.approx(power, abs=4 * ratios.std() / 4000**0.5)
