"""Hinge networks: derivatives, symmetries, optimisers, the transition at small size, diagnosis, bad input."""

from __future__ import annotations

import numpy as np
import pytest

from learnscape.jamming.networks import (
    HingeNetwork,
    annealed,
    diagnose,
    n_effective,
    normalised,
    random_data,
    stability,
    stepwise,
    train,
)


def perturbed(network: HingeNetwork, seed: int = 0, size: float = 0.3) -> HingeNetwork:
    """The network away from zero biases, where kinks would spoil finite differences."""
    moved = network.copy()
    moved.parameters += size * np.random.default_rng(seed).standard_normal(network.n_parameters)
    return moved


def test_definitions() -> None:
    network = perturbed(HingeNetwork(5, 6, 2, rng=1, margin=0.7))
    x, y = random_data(40, 5, rng=2)
    delta = 0.7 - y * network.output(x)
    np.testing.assert_allclose(network.delta(x, y), delta, atol=1e-15)
    assert network.loss(x, y) == pytest.approx(np.mean(np.maximum(delta, 0) ** 2) / 2, rel=1e-14)
    assert network.n_weights == 5 * 6 + 6 * 6 + 6
    assert network.n_parameters == network.n_weights + 6 + 6 + 1
    assert network.n_hidden == 12
    assert HingeNetwork(5, (6, 4)).sizes == (5, 6, 4, 1)


def test_random_data_as_in_the_paper() -> None:
    x, y = random_data(1001, 7, rng=3)
    np.testing.assert_allclose((x**2).sum(axis=1), 7, rtol=1e-13)
    assert np.abs(x.mean(axis=0)).max() < 0.05  # removed before the lengths were set
    assert y[:4].tolist() == [1, -1, 1, -1]
    raw = np.random.default_rng(4).standard_normal((30, 3)) + 5
    centred = raw - raw.mean(axis=0)
    expected = centred * np.sqrt(3) / np.linalg.norm(centred, axis=1, keepdims=True)
    np.testing.assert_allclose(normalised(raw), expected, rtol=1e-13)


@pytest.mark.kernels
@pytest.mark.parametrize("architecture", [(4, 5, 1), (5, 6, 2), (4, (7, 3, 5), None)])
@pytest.mark.parametrize("p", [30, 300])
def test_gradient_by_finite_differences(architecture: tuple, p: int) -> None:
    inputs, width, depth = architecture
    network = perturbed(HingeNetwork(inputs, width, depth, rng=1))
    x, y = random_data(p, inputs, rng=2)
    gradient, step = network.gradient(x, y), 1e-6
    numerical = np.empty_like(gradient)
    for i in range(gradient.size):
        losses = []
        for sign in (1, -1):
            moved = network.copy()
            moved.parameters[i] += sign * step
            losses.append(moved.loss(x, y))
        numerical[i] = (losses[0] - losses[1]) / (2 * step)
    np.testing.assert_allclose(gradient, numerical, atol=2e-9)
    delta = network.delta(x, y)
    exact = network.jacobian(x).T @ (-y * np.maximum(delta, 0)) / p
    np.testing.assert_allclose(gradient, exact, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("fraction", [0.0, 0.3, 0.59, 0.61, 1.0])
def test_gradient_with_any_number_of_unsatisfied_patterns(fraction: float) -> None:
    """Gathered and direct blocks mix; the offset moves every pattern to the wanted side of the margin."""
    network = perturbed(HingeNetwork(6, 8, 2, rng=1))
    x, _ = random_data(700, 6, rng=2)
    f = network.output(x)
    y = np.where(np.random.default_rng(3).random(700) < fraction, -1.0, 1.0)
    network.layers()[-1][0, -1] += 2.0 - f.min()  # now every f >= 2: y = 1 is satisfied, y = -1 is not
    delta = network.delta(x, y)
    assert (delta > 0).mean() == pytest.approx(np.mean(y < 0))
    exact = network.jacobian(x).T @ (-y * np.maximum(delta, 0)) / 700
    np.testing.assert_allclose(network.gradient(x, y), exact, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("architecture", [(4, 5, 1), (5, 6, 2), (6, 5, 3), (4, (5, 3, 6, 2), None)])
def test_hessian_by_finite_differences_of_the_gradient(architecture: tuple) -> None:
    inputs, width, depth = architecture
    network = perturbed(HingeNetwork(inputs, width, depth, rng=3))
    x, y = random_data(60, inputs, rng=1)
    split, step = network.hessian(x, y), 1e-6
    numerical = np.empty_like(split.H0)
    for i in range(network.n_parameters):
        up, down = network.copy(), network.copy()
        up.parameters[i] += step
        down.parameters[i] -= step
        numerical[i] = (up.gradient(x, y) - down.gradient(x, y)) / (2 * step)
    assert np.abs(split.Hp).max() > 0.1
    np.testing.assert_allclose(split.total, numerical, atol=1e-8)
    np.testing.assert_array_equal(split.Hp, split.Hp.T)


def test_hessian_of_many_patterns_is_the_sum_over_chunks() -> None:
    network = perturbed(HingeNetwork(4, 5, 3, rng=3))
    x, y = random_data(1300, 4, rng=1)
    whole = network.hessian(x, y)
    halves = [network.hessian(x[part], y[part]) for part in (slice(0, 650), slice(650, 1300))]
    np.testing.assert_allclose(whole.H0, (halves[0].H0 + halves[1].H0) / 2, atol=1e-13)
    np.testing.assert_allclose(whole.Hp, (halves[0].Hp + halves[1].Hp) / 2, atol=1e-13)


def test_second_part_has_no_entries_within_a_layer() -> None:
    network = perturbed(HingeNetwork(6, 7, 3, rng=1))
    second = network.hessian(*random_data(200, 6, rng=2)).Hp
    assert np.trace(second) == 0.0
    first = 0
    for matrix in network.layers():
        inside = slice(first, first + matrix.size)
        assert not second[inside, inside].any()
        first += matrix.size
    for bias in (
        6,
        13,
    ):  # df/dw depends on a bias below, but no second derivative with respect to a layer's own bias above exists
        assert second[bias].any()


def test_one_hidden_layer_has_a_symmetric_spectrum() -> None:
    counts = stability(perturbed(HingeNetwork(6, 7, 1, rng=1)), *random_data(300, 6, rng=2))
    np.testing.assert_allclose(counts.hp, -counts.hp[::-1], atol=1e-14)
    assert counts.n_minus == counts.n_plus > 0
    assert counts.c0 == counts.n_minus / (6 * 7 + 7)


def test_rescaling_a_neuron_changes_nothing() -> None:
    network = perturbed(HingeNetwork(5, 6, 2, rng=1))
    x = random_data(50, 5, rng=2).x
    scaled = network.copy()
    first, second, _ = scaled.layers()
    first[3] *= 2.5
    second[:, 3] /= 2.5
    assert not np.array_equal(scaled.parameters, network.parameters)
    np.testing.assert_allclose(scaled.output(x), network.output(x), rtol=1e-13, atol=1e-13)
    tangent = np.zeros(network.n_parameters)  # the direction of this symmetry is a zero mode of H0
    pieces = perturbed(HingeNetwork(5, 6, 2, rng=1))
    pieces.parameters = tangent
    grad_first, grad_second, _ = pieces.layers()
    grad_first[3] = network.layers()[0][3]
    grad_second[:, 3] = -network.layers()[1][:, 3]
    np.testing.assert_allclose(network.jacobian(x) @ pieces.parameters, 0, atol=1e-12)


def test_margin_is_a_scale() -> None:
    x, y = random_data(300, 5, rng=2)
    small, large = (perturbed(HingeNetwork(5, 6, 2, rng=1)) for _ in range(2))
    large.margin = 4.0
    large.layers()[-1][:] *= 4.0
    np.testing.assert_allclose(large.delta(x, y), 4 * small.delta(x, y), rtol=1e-12, atol=1e-12)
    start = HingeNetwork(5, 6, 2, rng=1, margin=4.0)
    np.testing.assert_allclose(start.parameters[:-7], HingeNetwork(5, 6, 2, rng=1).parameters[:-7])
    assert np.linalg.norm(start.layers()[-1]) == pytest.approx(4.0)


def test_rank_saturates_at_parameters_minus_hidden_neurons() -> None:
    network = perturbed(HingeNetwork(6, 6, 2, rng=1), size=0.1)
    x, y = random_data(600, 6, rng=2)
    assert n_effective(network, x) == network.n_parameters - network.n_hidden
    assert n_effective(network, x[:20]) == 20
    counts = stability(network, x, y)
    assert counts.n_unsatisfied > network.n_parameters
    assert counts.rank == network.n_parameters - network.n_hidden
    assert counts.zero_modes == network.n_hidden


@pytest.mark.kernels
def test_adam_is_the_textbook_one() -> None:
    network = HingeNetwork(4, 6, 2, rng=1)
    x, y = random_data(150, 4, rng=2)
    schedule = annealed(1e-2, steps=40, final=1e-3)
    run = train(network, x, y, steps=40, learning_rate=schedule)
    reference = network.copy()
    m = v = np.zeros(network.n_parameters)
    for t in range(1, 41):
        g = reference.jacobian(x).T @ (-y * np.maximum(reference.delta(x, y), 0)) / 150
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        rate = schedule(np.array([t - 1]))[0]
        reference.parameters -= rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    np.testing.assert_allclose(run.network.parameters, reference.parameters, rtol=1e-8, atol=1e-10)
    assert run.steps == 40


def test_schedules() -> None:
    rates = stepwise(1e-2, every=10, floor=5e-4)(np.array([0, 9, 10, 25, 99]))
    np.testing.assert_allclose(rates, [1e-2, 1e-2, 1e-3, 5e-4, 5e-4])
    rates = annealed(1.0, steps=100, final=0.01, hold=0.0)(np.array([0, 50, 100]))
    np.testing.assert_allclose(rates, [1, 0.1, 0.01])


@pytest.mark.parametrize("method", ["adam", "gradient_flow", "fire"])
def test_every_method_learns_few_patterns(method: str) -> None:
    network = HingeNetwork(8, 10, 2, rng=1)
    x, y = random_data(network.n_weights // 2, 8, rng=2)
    run = train(network, x, y, method=method, steps=60_000)
    assert run.outcome == "satisfied"
    assert run.converged
    assert run.n_unsatisfied == 0
    assert run.loss == 0.0
    assert run.deltas.max() <= 0
    np.testing.assert_array_equal(run.network.delta(x, y), run.deltas)
    assert run.steps < 60_000


def test_gradient_flow_does_not_depend_on_its_time_step() -> None:
    """Half the time step and twice the steps lead to the same losses; and the loss never rises."""
    network = perturbed(HingeNetwork(6, 8, 2, rng=1))
    x, y = random_data(400, 6, rng=2)
    coarse = train(network, x, y, method="gradient_flow", steps=100, learning_rate=0.1)
    fine = train(network, x, y, method="gradient_flow", steps=200, learning_rate=0.05)
    assert (np.diff(fine.trace.loss) < 0).all()
    change = network.loss(x, y) - fine.loss
    assert change > 0.1
    assert abs(coarse.loss - fine.loss) < 0.03 * change


def test_the_transition() -> None:
    """P << 3 N is learned by heart, P >> 3 N is not, and then N_Delta > N / 2."""
    for seed in range(3):
        network = HingeNetwork(10, 10, 2, rng=seed)
        n = network.n_weights
        below = train(network, *random_data(n, 10, rng=seed + 50), steps=8000, rescale=True)
        assert below.outcome == "satisfied"
        above = train(network, *random_data(5 * n, 10, rng=seed + 50), steps=8000)
        assert above.n_unsatisfied > n / 2
        assert above.outcome in ("stuck", "undecided")
        assert above.loss > 1e-3


def test_rescaling_decides_as_soon_as_there_are_no_errors() -> None:
    network = HingeNetwork(10, 16, 2, rng=1)
    x, y = random_data(600, 10, rng=2)
    early = train(network, x, y, steps=20_000, rescale=True)
    late = train(network, x, y, steps=20_000)
    assert early.outcome == late.outcome == "satisfied"
    assert early.steps < late.steps
    assert early.loss == 0.0
    assert early.deltas.max() <= 0


def test_a_stationary_scale_needs_errors() -> None:
    """At a minimum over the scale of the last layer sum Delta (margin - Delta) = 0 over the unsatisfied: some Delta exceed it."""
    network = HingeNetwork(8, 8, 2, rng=1)
    x, y = random_data(900, 8, rng=2)
    run = train(network, x, y, steps=6000)
    active = run.deltas[run.deltas > 0]
    balance = (active * (1 - active)).sum() / (active**2).sum()
    assert abs(balance) < 0.02
    assert active.max() > 1


def test_same_seed_same_run_and_other_seed_another() -> None:
    network = HingeNetwork(6, 8, 2, rng=1)
    x, y = random_data(200, 6, rng=2)
    one, two, other = (train(network, x, y, rng=seed, steps=300) for seed in (5, 5, 6))
    np.testing.assert_array_equal(one.network.parameters, two.network.parameters)
    assert not np.array_equal(one.network.parameters, other.network.parameters)
    np.testing.assert_array_equal(network.parameters, HingeNetwork(6, 8, 2, rng=1).parameters)
    fresh = HingeNetwork(6, 8, 2, rng=5)
    np.testing.assert_array_equal(one.network.parameters, train(fresh, x, y, steps=300).network.parameters)


def test_an_interrupted_decay_is_called_undecided() -> None:
    network = HingeNetwork(10, 10, 2, rng=1)
    x, y = random_data(500, 10, rng=2)
    run = train(network, x, y, steps=400, learning_rate=3e-3)
    assert run.outcome == "undecided"
    assert not run.converged
    assert run.decay > 0.2
    assert train(network, x, y, steps=5).outcome == "undecided"  # too short to tell
    assert run.trace.step[-1] == run.steps == 400
    assert (np.diff(run.trace.step) > 0).all()


def test_progress_can_stop_a_run() -> None:
    network = HingeNetwork(10, 10, 2, rng=1)
    seen = []

    def watch(step: int, loss: float, n_unsatisfied: int) -> bool:
        seen.append((step, loss, n_unsatisfied))
        return step >= 100

    run = train(network, *random_data(900, 10, rng=2), steps=10_000, progress=watch)
    assert 100 <= run.steps < 150
    assert seen[-1][0] == run.steps


def test_dead_layers_are_diagnosed() -> None:
    network = HingeNetwork(5, 6, 2, rng=1)
    x, y = random_data(100, 5, rng=2)
    network.layers()[1][:, -1] = -100.0  # the second hidden layer is off for every pattern
    report = diagnose(network, x, y)
    assert report.n_flat == 100
    assert report.n_dead_neurons == 6
    assert report.n_flat_unsatisfied == int((network.delta(x, y) > 0).sum())
    assert "too narrow" in report.message
    assert "do not learn" in report.message
    healthy = diagnose(HingeNetwork(5, 40, 1, rng=1), x, y)
    assert healthy.n_flat == 0
    assert healthy.message == "no dead layers or neurons"


def test_kinks_are_counted() -> None:
    network = HingeNetwork(3, 4, 1, rng=1)
    x, y = random_data(50, 3, rng=2)
    network.layers()[0][2, -1] = -network.layers()[0][2, :3] @ x[7]  # neuron 2 sits on its kink for pattern 7
    y[7] = -1.0 if network.output(x)[7] > 0 else 1.0  # which is unsatisfied
    counts = {t: count for t, count, _ in diagnose(network, x, y).kinks}
    assert counts[1e-8] == 1
    assert counts[1e-2] >= 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: HingeNetwork(0, 5, 2), "inputs = 0"),
        (lambda: HingeNetwork(5, 0, 2), "width = 0"),
        (lambda: HingeNetwork(5, 5, 0), "depth = 0"),
        (lambda: HingeNetwork(5, 5), "depth = None"),
        (lambda: HingeNetwork(5, (5, 0)), "sizes = "),
        (lambda: HingeNetwork(5, (5, 4), 3), "depth = 3"),
        (lambda: HingeNetwork(5, 5, True), "depth = True"),
        (lambda: HingeNetwork(5, 5, 2, margin=0.0), "margin = 0.0"),
        (lambda: HingeNetwork(5, 5, 2, margin=float("nan")), "margin = nan"),
        (lambda: HingeNetwork(5, 5, 2, rng=-1), "rng = -1"),
        (lambda: random_data(1, 5), "p = 1"),
        (lambda: random_data(10, 0), "d = 0"),
        (lambda: normalised([[1.0, 2.0], [1.0, 2.0]]), "no direction"),
        (lambda: HingeNetwork(2, 3, 1).loss(np.ones((3, 2)), [1, -1, 0]), r"y\[2\] = 0.0"),
        (lambda: HingeNetwork(2, 3, 1).loss(np.ones((3, 2)), [1, -1, np.nan]), r"y\[2\] = nan"),
        (lambda: HingeNetwork(2, 3, 1).loss(np.ones((3, 2)), [1, -1]), "y.shape"),
        (lambda: HingeNetwork(2, 3, 1).loss(np.ones((3, 3)), [1, -1, 1]), "x.shape"),
        (lambda: HingeNetwork(2, 3, 1).gradient([[1.0, np.inf]], [1]), r"x\[0, 1\] = inf"),
        (lambda: setattr(HingeNetwork(2, 3, 1), "parameters", np.zeros(3)), "parameters.shape"),
        (lambda: setattr(HingeNetwork(1, 1, 1), "parameters", [1, 2, np.nan, 0]), r"parameters\[2\] = nan"),
        (lambda: train(HingeNetwork(2, 3, 1), np.ones((3, 2)), [1, -1, 1], steps=0), "steps = 0"),
        (
            lambda: train(HingeNetwork(2, 3, 1), np.ones((3, 2)), [1, -1, 1], method="sgd"),
            "method = 'sgd'",
        ),
        (
            lambda: train(HingeNetwork(2, 3, 1), np.ones((3, 2)), [1, -1, 1], learning_rate=-1.0),
            "learning_rate",
        ),
        (
            lambda: train(HingeNetwork(2, 3, 1), np.eye(2), [1, -1], learning_rate=lambda step: -1.0 * step),
            "learning_rate",
        ),
        (lambda: annealed(1e-3, steps=10, final=0.0), "final = 0.0"),
        (lambda: stepwise(1e-3, every=0), "every = 0"),
    ],
)
def test_bad_input(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()  # type: ignore[operator]
