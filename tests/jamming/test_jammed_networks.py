"""Jammed networks: second derivatives against differences, the certificate against brute force and against a linear program, bad input."""

from __future__ import annotations

import time

import numpy as np
import pytest
from scipy.optimize import linprog

from learnscape import fully_connected
from learnscape.errors import ConvergenceError
from learnscape.jamming.networks import HingeNetwork, TanhNetwork, jam, random_data
from learnscape.jamming.networks.curvature import (
    forward,
    masked_relu,
    output_gradients,
    second_derivatives,
    softplus,
    tangents,
    tanh,
)
from learnscape.jamming.networks.soft_margin import longest_step, maximise, on_spheres, sphere_normals

CASES = [
    ("tanh", 8, 6, 1, 122, 1),
    ("tanh", 6, 5, 2, 120, 2),
    ("tanh", 6, 4, 3, 100, 3),
    ("relu", 8, 6, 1, 98, 2),
    ("relu", 8, 6, 1, 98, 4),
    ("relu", 8, 6, 2, 120, 5),
    ("relu", 8, 6, 2, 120, 6),
]


@pytest.fixture(scope="module")
def states():
    return {
        case: jam(*case[1:5], activation=case[0], rng=case[5])  # type: ignore[arg-type]
        for case in CASES
    }


@pytest.mark.parametrize("activation", [tanh, softplus(3.0)])
@pytest.mark.parametrize("sizes", [(4, 3, 1), (3, 4, 3, 1), (2, 3, 2, 3, 1)])
def test_second_derivatives_against_differences(activation, sizes):
    random = np.random.default_rng(7)
    theta = random.standard_normal(fully_connected.count_parameters(sizes))
    x = random.standard_normal((5, sizes[0]))
    weights = [random.standard_normal((5, width)) for width in sizes[1:]]

    def total(values):
        done = forward(fully_connected.layers(values, sizes), x, activation)
        return sum(float((w * z).sum()) for w, z in zip(weights, done.z, strict=True))

    matrices = fully_connected.layers(theta, sizes)
    done = forward(matrices, x, activation)
    found = second_derivatives(matrices, done, tangents(matrices, done), weights)
    step = 1e-4
    units = step * np.eye(theta.size)
    slope = np.array([total(theta + u) - total(theta - u) for u in units]) / (2 * step)
    by_tangents = sum(
        np.einsum("pi,pin->n", w, g) for w, g in zip(weights, tangents(matrices, done), strict=True)
    )
    assert by_tangents == pytest.approx(slope, abs=1e-6)
    u, v = random.standard_normal((2, theta.size))
    mixed = total(theta + step * (u + v)) - total(theta + step * (u - v))
    mixed -= total(theta + step * (v - u)) - total(theta - step * (u + v))
    assert u @ found @ v == pytest.approx(mixed / (4 * step**2), rel=1e-5, abs=1e-5)
    assert found == pytest.approx(found.T, abs=1e-12)


def test_gradients_of_a_relu_are_those_of_the_compiled_code():
    sizes = (5, 4, 3, 1)
    theta = np.random.default_rng(1).standard_normal(fully_connected.count_parameters(sizes))
    x = random_data(20, 5, rng=2).x
    matrices = fully_connected.layers(theta, sizes)
    on = [np.asarray(a > 0, dtype=float) for a in fully_connected.activations(theta, sizes, x)[:-1]]
    done = forward(matrices, x, masked_relu(on))
    assert done.output == pytest.approx(fully_connected.output(theta, sizes, x), abs=1e-13)
    assert output_gradients(matrices, done) == pytest.approx(
        fully_connected.jacobian(theta, sizes, x), abs=1e-12
    )


@pytest.mark.parametrize("seed", range(20))
def test_the_longest_step_is_the_best_in_the_ball(seed):
    random = np.random.default_rng(seed)
    curvature = np.sort(random.standard_normal(6))
    slope = random.standard_normal(6) * (random.random(6) < 0.7)
    radius = 10 ** random.uniform(-2, 1)
    s = longest_step(slope, curvature, radius)
    assert np.linalg.norm(s) <= radius * (1 + 1e-6)

    def value(v):
        return v @ slope + (v * v) @ curvature / 2

    others = random.standard_normal((20_000, 6))
    others *= (radius * random.random(20_000) ** (1 / 6) / np.linalg.norm(others, axis=1))[:, None]
    assert value(s) >= 0.98 * max(value(v) for v in others)


@pytest.mark.parametrize("kind", ["relu", "tanh"])
def test_the_soft_maximum_bounds_the_smallest_margin(kind):
    sizes = fully_connected.as_sizes((5, 4, 1))
    x, y = random_data(40, 5, rng=1)
    start = np.random.default_rng(2).standard_normal(fully_connected.count_parameters(sizes))
    found, _ = maximise(start, sizes, x, y, kind, 0.05, 0.1, 200)
    least = found.margins.min()
    assert least - 0.05 * np.log(40) <= found.value <= least
    assert found.weights.sum() == pytest.approx(1)
    assert found.gradient_norm < 1e-8
    normals = sphere_normals(found.parameters, sizes)
    assert normals @ normals.T == pytest.approx(np.eye(len(normals)), abs=1e-14)


@pytest.mark.parametrize("case", CASES)
def test_counts_forces_and_gaps_of_a_jammed_state(states, case):
    state = states[case]
    assert state.converged
    assert state.problem == ""
    assert state.margin > 0
    assert state.residual < 1e-10
    sizes = state.network.sizes
    n = fully_connected.count_parameters(sizes)
    assert state.directions == n - sum(sizes[1:])
    counted = len(state.contacts) + len(state.kinks) - state.redundant + state.held + state.flat
    assert counted == state.directions + 1
    assert (state.forces > 0).all()
    assert state.forces.sum() == pytest.approx(1)
    margins = state.y * state.network.output(state.x)
    assert margins.min() == pytest.approx(state.kappa, abs=1e-12)
    assert margins - state.kappa == pytest.approx(state.gaps, abs=1e-12)
    assert state.open_gaps[0] > 1e-9
    assert np.abs(state.gaps[state.contacts]).max() < 1e-10
    for matrix in state.network.layers():
        assert np.linalg.norm(matrix, axis=1) == pytest.approx(1, abs=1e-10)
    assert (len(state.kinks) > 0) == (case[0] == "relu")
    assert ((state.kink_slopes > 0) & (state.kink_slopes < 1)).all()
    hidden = fully_connected.activations(state.network.parameters, sizes, state.x)
    for layer, pattern, neuron in state.kinks:
        assert hidden[layer][pattern, neuron] < 1e-10


@pytest.mark.parametrize("case", CASES)
def test_no_small_step_raises_the_smallest_margin(states, case):
    """Brute force: random steps along the spheres, and steps in the directions that contacts and kinks leave free."""
    state = states[case]
    sizes = fully_connected.as_sizes(state.network.sizes)
    theta = state.network.parameters
    random = np.random.default_rng(3)
    output = (
        fully_connected.output
        if case[0] == "relu"
        else lambda p, s, x: TanhNetwork(tuple(s.tolist()), p).output(x)
    )
    for length in (1e-2, 1e-3, 1e-4):
        for _ in range(300):
            step = random.standard_normal(theta.size)
            there = on_spheres(theta + length * step / np.linalg.norm(step), sizes)
            assert (state.y * output(there, sizes, state.x)).min() < state.kappa


@pytest.mark.parametrize("case", [case for case in CASES if case[0] == "tanh"])
def test_forces_are_the_duals_of_a_linear_program(states, case):
    """Maximise the linearised smallest margin within a small box: nothing is gained to first order, and the duals are the forces."""
    state = states[case]
    matrices = state.network.layers()
    done = forward(matrices, state.x, tanh)
    rows = state.y[:, None] * output_gradients(matrices, done)
    normals = sphere_normals(state.network.parameters, fully_connected.as_sizes(state.network.sizes))
    n = rows.shape[1]
    found = linprog(
        -np.eye(n + 1)[n],
        A_ub=np.hstack([-rows, np.ones((len(rows), 1))]),
        b_ub=state.gaps,
        A_eq=np.hstack([normals, np.zeros((len(normals), 1))]),
        b_eq=np.zeros(len(normals)),
        bounds=[(-1e-4, 1e-4)] * n + [(None, None)],
        method="highs-ds",
    )
    assert found.x[n] == pytest.approx(0, abs=1e-10)
    assert -found.ineqlin.marginals[state.contacts] == pytest.approx(state.forces, abs=1e-6)


def test_patterns_given_twice_change_nothing():
    """Here contacts pin preactivations to zero without kinks of their own, and rounding puts them on either side."""
    x, y = random_data(20, 4, rng=3)
    once = jam(4, 4, 1, patterns=(x, y), rng=0)
    twice = jam(4, 4, 1, patterns=(np.vstack([x, x]), np.concatenate([y, y])), rng=0)
    assert twice.kappa == pytest.approx(once.kappa, abs=1e-12)
    assert len(twice.contacts) == 2 * len(once.contacts)
    assert len(twice.kinks) == 2 * len(once.kinks)
    assert twice.held == once.held
    assert twice.redundant == once.redundant + len(once.contacts) + len(once.kinks)
    z = fully_connected.layers(once.network.parameters, fully_connected.as_sizes((4, 4, 1)))[0]
    pinned = np.abs(np.hstack([x, np.ones((20, 1))]) @ z.T)[once.contacts] < 1e-10
    assert pinned.sum() > len(once.kinks)


def test_labelled_patterns_are_a_pair():
    drawn = random_data(50, 6, rng=1)
    first = jam(6, 4, 1, patterns=drawn, activation="tanh", rng=3)
    assert first.kappa == jam(6, 4, 1, patterns=(drawn.x, drawn.y), activation="tanh", rng=3).kappa


def test_the_same_seed_gives_the_same_state():
    first, second = (jam(6, 4, 1, 50, rng=3) for _ in range(2))
    assert np.array_equal(first.network.parameters, second.network.parameters)
    assert first.kappa == second.kappa
    assert first is not second


def test_a_start_is_followed():
    """From a jammed network, warmed a little, the climb comes back to it, or to a higher margin nearby."""
    first = jam(8, 6, 1, 98, rng=2)
    again = jam(8, 6, 1, patterns=(first.x, first.y), start=first.network, rng=5, on_failure="return")
    assert again.converged
    assert again.kappa > 0.5 * first.kappa
    cold = TanhNetwork((8, 6, 1), first.network.parameters)
    with pytest.raises(ValueError, match="start"):
        jam(8, 6, 1, patterns=(first.x, first.y), start=cold)


def test_above_capacity_there_is_no_positive_margin():
    with pytest.raises(ConvergenceError, match="no jammed state") as failure:
        jam(3, 2, 1, 200, rng=1)
    assert failure.value.trace
    state = jam(3, 2, 1, 200, rng=1, on_failure="return")
    assert not state.converged
    assert "positive margin" in state.problem
    assert state.kappa < 1e-6


def stopped_at(call, monkeypatch):
    """Let the climb be interrupted at this call; and no state far from a maximum may reach the cubic algebra of a certificate."""
    from learnscape.jamming.networks import jammed

    calls = []

    def stops(*arguments):
        calls.append(arguments)
        if len(calls) == call:
            raise KeyboardInterrupt
        return maximise(*arguments)

    def certify(warm, *arguments):
        pytest.fail(f"a certificate with {(warm.weights > 1e-7).sum()} contacts")

    monkeypatch.setattr(jammed, "maximise", stops)
    monkeypatch.setattr(jammed, "certify", certify)


def test_a_collapsed_state_of_many_patterns_is_given_back_at_once(monkeypatch):
    stopped_at(0, monkeypatch)
    state = jam(3, 3, 1, 1000, rng=1, on_failure="return")
    assert not state.converged
    assert "positive margin" in state.problem
    assert len(state.contacts) > 900
    assert state.forces.sum() == pytest.approx(1)


def test_an_early_interruption_of_many_patterns_is_given_back_at_once(monkeypatch):
    stopped_at(2, monkeypatch)
    state = jam(3, 4, 1, 1000, rng=1)
    assert state.interrupted
    assert not state.converged
    assert state.problem == "interrupted"
    margins = state.y * state.network.output(state.x)
    assert state.kappa == pytest.approx(margins.min(), abs=1e-14)
    assert state.gaps == pytest.approx(margins - margins.min(), abs=1e-14)


def test_labels_are_copied():
    x, y = random_data(20, 4, rng=1)
    state = jam(4, 3, 1, patterns=(x, y), rng=1, on_failure="return")
    assert not np.shares_memory(state.x, x)
    assert not np.shares_memory(state.y, y)


def test_bad_input_is_refused():
    x, y = random_data(20, 4, rng=1)
    for words, call in {
        "n_patterns": lambda: jam(4, 3, 1),
        "activation": lambda: jam(4, 3, 1, 20, activation="sign"),  # type: ignore[arg-type]
        "left out when patterns are given": lambda: jam(4, 3, 1, 20, patterns=(x, y)),
        "labels of both signs": lambda: jam(4, 3, 1, patterns=(x, np.ones(20))),
        "equal patterns = \\(0, 20\\)": lambda: jam(
            4, 3, 1, patterns=(np.vstack([x, x[:1]]), np.append(y, -y[0])), on_failure="return"
        ),
        "equal patterns": lambda: jam(1, 2, 1, 3, rng=1),
        "width": lambda: jam(4, 0, 1, 20),
        "width = None": lambda: jam(4, None, 1, 20),  # type: ignore[arg-type]
        "on_failure": lambda: jam(4, 3, 1, 20, on_failure="hide"),  # type: ignore[arg-type]
        "entry of the probes": lambda: jam(4, 3, 1, 20, probes=np.full((2, 4), 1e200)),
        "rms entry": lambda: jam(4, 3, 1, patterns=(1e6 * x, y)),
        "start.sizes": lambda: jam(4, 3, 1, patterns=(x, y), start=HingeNetwork(4, 5, 1, rng=1)),
    }.items():
        with pytest.raises(ValueError, match=words):
            call()
    silent = HingeNetwork(4, 3, 1, rng=1)
    silent.parameters = np.zeros(silent.n_parameters)
    silent.layers()[0][:, -1] = -1.0
    with pytest.raises(ValueError, match="spread"):
        jam(4, 3, 1, patterns=(x, y), start=silent)


def test_interrupted_it_hands_back_its_state(monkeypatch):
    from learnscape.jamming.networks import jammed

    calls = []

    def stops(*arguments):
        calls.append(arguments)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return maximise(*arguments)

    monkeypatch.setattr(jammed, "maximise", stops)
    state = jam(6, 4, 1, 50, rng=3)
    assert state.interrupted
    assert not state.converged
    assert len(state.trace) == 4


def test_a_start_whose_output_is_nearly_constant_does_not_crawl():
    """Cooled from the spread of its own outputs this one took 14 stages of a thousand steps and ended without a margin."""
    start = HingeNetwork(6, 5, 1, rng=2)
    patterns = random_data(50, 6, rng=52)
    last = start.layers()[-1]
    last[:, :-1] *= 1e-6
    last[:, -1] = 1.0
    begun = time.process_time()
    state = jam(6, 5, 1, patterns=patterns, start=start, rng=3)
    assert state.converged
    assert state.iterations < 4000
    assert time.process_time() - begun < 60


@pytest.mark.parametrize("exponent", [-700, 600])
@pytest.mark.parametrize("layer", [0, 1])
def test_the_length_of_a_layer_of_the_start_does_not_matter(layer, exponent):
    """Without biases the output is only scaled: rows of the length 1e-211 or 1e180 have a direction like any other."""
    start = HingeNetwork(5, 4, 1, rng=1)
    patterns = random_data(30, 5, rng=2)
    options = {"patterns": patterns, "rng": 3, "on_failure": "return"}
    expected = jam(5, 4, 1, start=start, **options)
    start.layers()[layer][:] *= 2.0**exponent
    found = jam(5, 4, 1, start=start, **options)
    assert found.trace[0] == pytest.approx(expected.trace[0], rel=1e-2)
    assert found.converged == expected.converged
