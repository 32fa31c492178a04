"""Small continuous networks: gradients of batches, three ways to train, symmetries, flatness and paths."""

from __future__ import annotations

import sys
from itertools import permutations

import numpy as np
import pytest

from learnscape import fully_connected
from learnscape.errors import ConvergenceError
from learnscape.fully_connected.minibatches import (
    HINGE,
    LOGISTIC,
    batch_gradient,
    loss_and_errors,
    loss_and_slope,
    new_batch,
)
from learnscape.learn import continuous
from learnscape.learn._budget import Budget
from learnscape.learn.continuous import _loop, paths
from learnscape.learn.continuous._epochs import entropy_epoch
from learnscape.learn.continuous._input import as_patterns
from learnscape.real_data import digits

SIZES = [(6, 5, 1), (6, 7, 4, 1), (6, 5, 8, 3, 1)]
METHODS = ["sgd", "entropy", "replicated"]


def problem(sizes, p=150, seed=0):
    """Parameters with biases, patterns, labels."""
    rng = np.random.default_rng([*sizes, p, seed])
    w = fully_connected.orthogonal_parameters(sizes, rng=rng)
    return (
        w + 0.2 * rng.standard_normal(w.size),
        rng.standard_normal((p, sizes[0])),
        rng.choice([-1.0, 1.0], p),
    )


def slopes(loss, f, y):
    """Derivatives of the losses with respect to f, written once more."""
    return -y / (1 + np.exp(y * f)) if loss == "logistic" else -y * np.maximum(0, 1 - y * f)


@pytest.fixture(scope="module")
def data():
    return digits(10, train=300)


@pytest.fixture(scope="module")
def pair(data):
    """Two solutions from different starts."""
    sizes = (10, 30, 1)
    return sizes, [continuous.train(sizes, data.x_train, data.y_train, rng=seed) for seed in (1, 2)]


@pytest.mark.kernels
@pytest.mark.parametrize("kind", [LOGISTIC, HINGE])
def test_slopes_of_the_losses(kind):
    for s in (-40.0, -1.3, 0.2, 0.9, 1.7, 40.0):
        h = 1e-5
        difference = (loss_and_slope(kind, 1.2, s + h)[0] - loss_and_slope(kind, 1.2, s - h)[0]) / (2 * h)
        np.testing.assert_allclose(loss_and_slope(kind, 1.2, s)[1], difference, atol=2e-9, rtol=1e-6)
    assert loss_and_slope(kind, 1.2, 2000.0) == (0.0, 0.0)
    assert np.isfinite(loss_and_slope(kind, 1.2, -2000.0)).all()
    assert np.isnan(loss_and_slope(kind, 1.2, np.nan)[0])


@pytest.mark.kernels
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize(("loss", "kind"), [("logistic", LOGISTIC), ("hinge", HINGE)])
def test_gradient_of_a_batch(sizes, loss, kind):
    w, x, y = problem(sizes)
    n = fully_connected.as_sizes(sizes)
    patterns = as_patterns(n, x, y)
    total = np.empty(w.size)
    for chosen in (np.array([3]), np.arange(150), np.array([5, 140, 7, 7])):
        f = fully_connected.output(w, sizes, x[chosen])
        expected = fully_connected.gradient(w, sizes, x[chosen], slopes(loss, f, y[chosen]) / len(chosen))
        for block in (1, 4, 128):  # in one go, and in several with a rest; the memory is used twice
            memory = new_batch(n, block)
            for _ in range(2):
                batch_gradient(w, n, patterns.rows, y, chosen, kind, 1.0, total, memory)
            np.testing.assert_allclose(total, expected, rtol=1e-11, atol=1e-12)
    f = fully_connected.output(w, sizes, x)
    value, wrong = loss_and_errors(w, n, patterns.blocks, y, kind, 1.0)
    by_hand = np.log1p(np.exp(-y * f)) if loss == "logistic" else np.maximum(0, 1 - y * f) ** 2 / 2
    np.testing.assert_allclose(value, by_hand.mean(), rtol=1e-12)
    assert wrong == np.count_nonzero(y * f <= 0)


@pytest.mark.parametrize("loss", ["logistic", "hinge"])
def test_the_full_batch_is_gradient_descent(loss):
    sizes = (6, 7, 4, 1)
    w, x, y = problem(sizes)
    run = continuous.train(sizes, x, y, loss=loss, batch=1000, step=0.3, max_epochs=4, start=w, rng=1)
    for _ in range(4):
        f = fully_connected.output(w, sizes, x)
        w = w - 0.3 * fully_connected.gradient(w, sizes, x, slopes(loss, f, y) / 150)
    np.testing.assert_allclose(run.replicas[0], w, rtol=1e-10, atol=1e-12)
    assert not run.solved
    assert run.gradients == 600


def test_special_cases_of_the_other_methods_are_plain_descent():
    sizes = (6, 7, 1)
    w, x, y = problem(sizes)
    common = {"batch": 10, "max_epochs": 3, "start": w, "rng": 5}
    plain = continuous.train(sizes, x, y, **common)
    follows = continuous.entropy_sgd(
        sizes, x, y, coupling=(0.0, 1.0), inner=1, keep=0.0, outer=1.0, noise=0.0, **common
    )
    np.testing.assert_allclose(follows.replicas[0], plain.replicas[0], rtol=1e-12)
    free = continuous.replicated_sgd(sizes, x, y, coupling=(0.0, 1.0), y_replicas=3, **common)
    assert np.ptp(free.replicas, axis=0).max() > 0.01
    bound = continuous.replicated_sgd(sizes, x, y, coupling=(1e6, 1.0), y_replicas=3, **common)
    assert np.ptp(bound.replicas, axis=0).max() < 1e-12
    coupled = continuous.replicated_sgd(sizes, x, y, coupling=(4.0, 1.0), y_replicas=3, **common)
    assert 0.0 < np.ptp(coupled.replicas, axis=0).max() < np.ptp(free.replicas, axis=0).max()


def test_a_stiff_spring_holds_the_walker():
    sizes = (6, 7, 1)
    w, x, y = problem(sizes)
    moved = [
        np.linalg.norm(continuous.entropy_sgd(
            sizes, x, y, coupling=(gamma, 1.0), noise=0.0, start=w, step=0.05, batch=10, max_epochs=4, rng=1
        ).replicas[0] - w)
        for gamma in (0.0, 2.0, 10.0)
    ]  # fmt: skip
    assert moved[0] > moved[1] > moved[2] > 0.0


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("loss", ["logistic", "hinge"])
def test_solutions_are_solutions(method, loss, data):
    sizes = (10, 30, 1)
    runs = [
        continuous.train(sizes, data.x_train, data.y_train, method=method, loss=loss, rng=3, max_epochs=400)
        for _ in range(2)
    ]
    run = runs[0]
    assert run.solved
    assert (fully_connected.output(run.parameters, sizes, data.x_train) * data.y_train > 0).all()
    assert run.n_errors == 0 == run.trace[-1]
    assert (run.trace[:-1] > 0).all()
    assert run.trace.shape == run.losses.shape == (run.epochs,)
    assert run.loss == run.losses[-1]
    np.testing.assert_array_equal(run.parameters, runs[1].parameters)


def test_what_stops_the_training(data):
    sizes, x, y = (10, 30, 1), data.x_train, data.y_train
    first = continuous.train(sizes, x, y, rng=1)
    deeper = continuous.train(sizes, x, y, rng=1, stop_loss=0.01, max_epochs=1000)
    assert deeper.epochs > first.epochs
    assert deeper.solved
    assert deeper.loss <= 0.01 < first.loss
    assert continuous.train(sizes, x, y, start=deeper.parameters).epochs == 0  # already there
    short = continuous.train(sizes, x, y, rng=1, max_epochs=3)
    assert (short.epochs, short.budget, short.solved) == (3, 3, False)
    assert short.n_errors == short.trace.min() > 0


def test_no_endless_loop_where_there_is_no_solution():
    x = np.array([[1.0, 2.0], [1.0, 2.0], [0.0, 1.0]])
    for method in METHODS:
        run = continuous.train((2, 4, 1), x, [1, -1, 1], method=method, max_epochs=30, rng=1)
        assert not run.solved
        assert run.n_errors == 1
        assert run.epochs == 30


def test_a_dead_layer_is_reported():
    sizes = (6, 5, 4, 1)
    w, x, y = problem(sizes)
    fully_connected.layers(w, sizes)[1][:, -1] = -1e3
    run = continuous.train(sizes, x, y, start=w, max_epochs=5, rng=1)
    assert run.dead_units[1] == 4
    assert not run.solved


def test_a_step_too_long_is_named():
    w, x, y = problem((6, 7, 1))
    with pytest.raises(ConvergenceError, match="step of 1e\\+06 is too long"):
        continuous.train((6, 7, 1), x, y, loss="hinge", start=w, step=1e6, rng=1)


@pytest.mark.parametrize("method", METHODS)
def test_an_interrupted_run_keeps_its_best(method, monkeypatch):
    sizes = (6, 7, 1)
    w, x, y = problem(sizes)
    calls, counts = 0, []

    def stops(*args):
        nonlocal calls
        calls += 1
        if calls == 6:
            raise KeyboardInterrupt
        answer = loss_and_errors(*args)
        counts.append(answer[1])
        return answer

    monkeypatch.setattr(_loop, "loss_and_errors", stops)
    run = continuous.train(sizes, x, y, method=method, start=w, rng=1, step=0.02)
    assert run.interrupted
    assert run.epochs == 4
    assert run.n_errors == min(counts)
    f = fully_connected.output(run.parameters, sizes, x)
    assert run.n_errors == np.count_nonzero(f * y <= 0)


def test_a_run_interrupted_where_it_diverges_keeps_its_best(monkeypatch):
    """What the last epoch left is no network; it was taken where fewer of its outputs, no numbers, were <= 0."""
    sizes, random = (4, 5, 5, 1), np.random.default_rng(0)
    x, y = random.standard_normal((20, 4)), random.choice([-1.0, 1.0], 20)
    calls = []

    def stops(*args):
        calls.append(0)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return loss_and_errors(*args)

    monkeypatch.setattr(_loop, "loss_and_errors", stops)
    for seed in range(6):
        calls.clear()
        run = continuous.train(sizes, x, y, step=1e300, rng=seed)
        assert run.interrupted
        assert not run.solved
        assert run.n_errors == np.count_nonzero(fully_connected.output(run.parameters, sizes, x) * y <= 0)


def test_errors_and_losses_of_an_interrupted_run_are_as_many():
    """Ctrl-C at any line of the loop; between two lists it left one longer than the other."""
    sizes = (6, 7, 1)
    w, x, y = problem(sizes)
    lines = 0

    def stops(frame, event, arg):
        nonlocal lines
        if not frame.f_code.co_filename.endswith("_loop.py"):
            return None
        lines += event == "line"
        if event == "line" and lines == 0:
            raise KeyboardInterrupt
        return stops

    kept = 0
    for wanted in range(1, 160):
        lines, before = -wanted, sys.gettrace()
        sys.settrace(stops)
        try:
            run = continuous.train(sizes, x, y, start=w, rng=1, step=0.02, max_epochs=8)
        except KeyboardInterrupt:  # before the loop, or after it
            continue
        finally:
            sys.settrace(before)
        kept += run.interrupted
        assert run.trace.shape == run.losses.shape == (run.epochs,)
    assert kept > 40


def test_an_interrupted_start_says_so(monkeypatch):
    sizes = (6, 7, 1)
    _, x, _ = problem(sizes)
    epoch, calls = _loop.replicated_epoch, []

    def stops(*args):
        calls.append(0)
        if len(calls) == 5:
            raise KeyboardInterrupt
        epoch(*args)

    whole = continuous.adversarial_start(sizes, x, rng=1, max_epochs=4)
    assert not whole.interrupted
    monkeypatch.setattr(_loop, "replicated_epoch", stops)
    start = continuous.adversarial_start(sizes, x, rng=1)
    assert start.interrupted
    assert (start.epochs, start.budget) == (4, 200)
    np.testing.assert_array_equal(start.parameters, whole.parameters)


def test_only_an_interruption_is_noted_and_a_budget_is_kept():
    with Budget(5, "sweep") as budget:
        while budget.left:
            budget.spend(2 if budget.left > 1 else 1)
            assert budget.made + budget.left == 5
    assert not budget.interrupted
    with Budget(5, "sweep") as budget:
        budget.spend()
        raise KeyboardInterrupt
    assert budget.interrupted
    assert (budget.made, budget.left) == (1, 0)  # nothing may be made after it
    with pytest.raises(ConvergenceError), Budget(5, "sweep"):
        raise ConvergenceError("nothing to keep")
    with pytest.raises(ValueError, match="progress = 1"):
        Budget(5, "sweep", 1)


@pytest.mark.parametrize("sizes", SIZES)
def test_normalised_is_the_same_network(sizes):
    w, x, _ = problem(sizes)
    f = fully_connected.output(w, sizes, x)
    kept = continuous.normalised(w, sizes, last=False)
    np.testing.assert_allclose(fully_connected.output(kept, sizes, x), f, rtol=1e-11, atol=1e-12)
    unit = continuous.normalised(w, sizes)
    ratio = fully_connected.output(unit, sizes, x) / f
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-9)
    assert ratio[0] > 0
    for matrix in fully_connected.layers(unit, sizes):
        np.testing.assert_allclose(np.linalg.norm(matrix, axis=1), 1.0, rtol=1e-13)
    np.testing.assert_allclose(continuous.normalised(unit, sizes), unit, rtol=1e-12)
    fully_connected.layers(w, sizes)[0][2] = 0.0  # a unit that is never on
    np.testing.assert_allclose(
        fully_connected.output(continuous.normalised(w, sizes, last=False), sizes, x),
        fully_connected.output(w, sizes, x),
        rtol=1e-11,
        atol=1e-12,
    )


@pytest.mark.parametrize("sizes", SIZES)
def test_a_permuted_copy_is_matched_back(sizes):
    w, x, _ = problem(sizes)
    rng = np.random.default_rng(3)
    orders = [rng.permutation(width) for width in sizes[1:-1]]
    copy = continuous.permuted(w, sizes, orders)
    assert (copy != w).any()
    np.testing.assert_allclose(
        fully_connected.output(copy, sizes, x), fully_connected.output(w, sizes, x), rtol=1e-12, atol=1e-13
    )
    np.testing.assert_array_equal(continuous.matched(w, copy, sizes), w)
    np.testing.assert_array_equal(continuous.matched(w, copy, sizes, x), w)
    for order, back in zip(orders, continuous.unit_matching(w, copy, sizes), strict=True):
        np.testing.assert_array_equal(order[back], np.arange(order.size))
    rescaled = copy.copy()  # and so is one whose units have other scales
    matrices = fully_connected.layers(rescaled, sizes)
    factors = rng.uniform(0.1, 10.0, sizes[1])
    matrices[0][:] *= factors[:, None]
    matrices[1][:, :-1] /= factors
    for more in ((), (x,)):
        again = continuous.normalised(continuous.matched(w, rescaled, sizes, *more), sizes)
        np.testing.assert_allclose(again, continuous.normalised(w, sizes), rtol=1e-11, atol=1e-13)
    near = copy + 0.01 * rng.standard_normal(copy.size)  # and a noisy one
    for order, back in zip(orders, continuous.unit_matching(w, near, sizes), strict=True):
        np.testing.assert_array_equal(order[back], np.arange(order.size))


def brute_force(similar):
    """The order of the largest sum."""
    return max(permutations(range(len(similar))), key=lambda order: similar[range(len(similar)), order].sum())


def test_no_order_of_a_layer_is_better():
    sizes = (6, 5, 4, 1)
    a, b = (continuous.normalised(problem(sizes, seed=seed)[0], sizes) for seed in (1, 2))
    first, second = continuous.unit_matching(a, b, sizes)
    assert first.tolist() != [0, 1, 2, 3, 4]
    up, down = (fully_connected.layers(w, sizes) for w in (a, b))
    np.testing.assert_array_equal(first, brute_force(up[0] @ down[0].T))
    below = np.column_stack([down[1][:, :-1][:, first], down[1][:, -1]])
    np.testing.assert_array_equal(second, brute_force(up[1] @ below.T))


@pytest.mark.parametrize("scale", [1e-200, 1e-160, 1e160, 1e200])
def test_scales_that_have_no_squares(scale):
    sizes = (6, 7, 4, 1)
    w, x, y = problem(sizes)
    for matrix in fully_connected.layers(w, sizes):
        matrix[:, -1] = 0.0  # without biases any factor leaves all signs
    unit = continuous.normalised(w, sizes)
    np.testing.assert_allclose(continuous.normalised(scale * w, sizes), unit, rtol=1e-13)
    expected = np.mean(fully_connected.output(w, sizes, x) * y <= 0)
    assert continuous.path_error(scale * w, scale * w, sizes, x, y, points=3).error.tolist() == [expected] * 3
    assert continuous.local_energy(scale * w, sizes, x, y, [0.1], 2, rng=1).unperturbed == expected
    moved = w.copy()  # scales that compensate each other
    matrices = fully_connected.layers(moved, sizes)
    matrices[0][:] *= scale
    matrices[1][:] /= scale
    np.testing.assert_allclose(continuous.normalised(moved, sizes), unit, rtol=1e-13)
    kept = continuous.normalised(moved, sizes, last=False)
    np.testing.assert_allclose(kept, continuous.normalised(w, sizes, last=False), rtol=1e-13)


def test_the_walker_samples_the_local_gibbs_measure():
    """Without data to learn, its distances from the centre are normal with variance T / gamma, T = noise^2 / 2 (1 + eta gamma / 2 + ... for finite steps)."""
    sizes, gamma, step, noise = fully_connected.as_sizes((2, 200, 1)), 0.5, 0.1, 0.3
    data = as_patterns(sizes, X2, Y2)
    centre = np.zeros(801)
    fully_connected.layers(centre, sizes)[0][
        :, -1
    ] = -100.0  # no unit is ever on: only the last bias has a gradient
    walker, mean, random = centre.copy(), centre.copy(), np.random.default_rng(1)
    variances = []
    for _ in range(400):
        entropy_epoch(
            centre, walker, mean, 0, sizes, data.rows, data.labels, HINGE, 1.0, 2, step, gamma, 10**6, 0.9, 1.0, noise,
            np.arange(2), random, new_batch(sizes, 2),
        )  # fmt: skip
        variances.append(np.var((walker - centre)[:-1]))
    expected = noise**2 / (2.0 * gamma) / (1.0 - step * gamma / 2.0)
    assert np.mean(variances[100:]) == pytest.approx(expected, rel=0.02)


def test_a_coupling_beyond_all_bounds_is_rigid():
    x = np.array([[1.0, 0.0], [1.0, 0.0]])
    for method in ("entropy", "replicated"):
        run = continuous.train(
            (2, 3, 1), x, [1, -1], method=method, coupling=(0.1, 10.0), max_epochs=400, rng=1
        )
        assert run.epochs == 400
        assert np.isfinite(run.replicas).all()
        free = continuous.train(
            (2, 3, 1), x, [1, -1], method=method, coupling=(0.0, 10.0), max_epochs=400, rng=1
        )
        assert np.isfinite(free.replicas).all()


def test_local_energy_does_not_see_the_scales_of_units(data, pair):
    sizes, (run, _) = pair
    w, x, y = run.parameters, data.x_train, data.y_train
    found = continuous.local_energy(w, sizes, x, y, [0.0, 0.1, 0.3, 30.0], rng=1)
    assert found.unperturbed == 0.0 == found.energy[0]
    assert found.energy[0] <= found.energy[1] < found.energy[2] < found.energy[3]
    assert abs(found.energy[3] - 0.5) < 0.15  # only noise is left
    other = w.copy()
    matrices = fully_connected.layers(other, sizes)
    matrices[0][::2] *= 100.0
    matrices[1][:, :-1][:, ::2] /= 100.0
    same = continuous.local_energy(5.0 * other, sizes, x, y, [0.0, 0.1, 0.3, 30.0], rng=1)
    assert same.energy[1] != pytest.approx(found.energy[1])  # 5 w is another function: biases count less
    same = continuous.local_energy(other, sizes, x, y, [0.0, 0.1, 0.3, 30.0], rng=1)
    np.testing.assert_allclose(same.energy, found.energy, atol=2e-3)


def test_local_energy_by_hand(data, pair):
    sizes, (run, _) = pair
    w = continuous.normalised(run.parameters, sizes)
    rng, expected = np.random.default_rng(7), []
    for _ in range(3):
        z = rng.standard_normal(w.size)
        noisy = w * (1 + 0.4 * z)
        for new, old in zip(
            fully_connected.layers(noisy, sizes), fully_connected.layers(w, sizes), strict=True
        ):
            new *= np.linalg.norm(old) / np.linalg.norm(new)
        expected.append(np.mean(fully_connected.output(noisy, sizes, data.x_train) * data.y_train <= 0))
    found = continuous.local_energy(run.parameters, sizes, data.x_train, data.y_train, 0.4, 3, rng=7)
    np.testing.assert_allclose(found.energy, [np.mean(expected)])
    np.testing.assert_allclose(found.error, [np.std(expected, ddof=1) / np.sqrt(3)])


def test_an_adversarial_start_ends_in_a_sharper_minimum(data, pair):
    sizes, (run, _) = pair
    x, y = data.x_train, data.y_train
    start = continuous.adversarial_start(sizes, x, rng=1, max_epochs=400)
    assert start.n_errors < 0.2 * len(x)  # it knows them, and a coin would know half
    bad = continuous.train(sizes, x, y, start=start.parameters, rng=2)
    assert bad.solved
    energies = [continuous.local_energy(r.parameters, sizes, x, y, 0.3, rng=1) for r in (run, bad)]
    assert energies[1].energy > 2 * energies[0].energy
    tests = [
        np.mean(fully_connected.output(r.parameters, sizes, data.x_test) * data.y_test <= 0)
        for r in (run, bad)
    ]
    assert tests[1] > tests[0]


def test_large_batches_end_in_sharper_minima(data):
    sizes, x, y = (10, 30, 1), data.x_train, data.y_train
    found = []
    for batch, epochs in ((8, 300), (1000, 3000)):
        runs = [
            continuous.train(sizes, x, y, batch=batch, step=0.5, max_epochs=epochs, stop_loss=0.01, rng=seed)
            for seed in range(4)
        ]
        assert all(run.solved for run in runs)
        found.append(
            [continuous.local_energy(run.parameters, sizes, x, y, 0.3, rng=1).energy[0] for run in runs]
        )
    assert np.mean(found[1]) > 1.15 * np.mean(found[0])


def test_means_settle_at_a_step_at_which_one_network_does_not():
    data, sizes = digits(10, train=1000), (10, 20, 1)
    common = {"batch": 4, "step": 1.0, "max_epochs": 100}
    alone, follows, together = (
        [
            continuous.train(sizes, data.x_train, data.y_train, method=method, rng=seed, **common).solved
            for seed in range(3)
        ]
        for method in METHODS
    )
    assert not any(alone)
    assert all(follows)
    assert all(together)


def test_geodesics():
    sizes = (6, 7, 4, 1)
    ends = [problem(sizes, seed=seed)[0] for seed in (1, 2)]
    ts = np.linspace(0.0, 1.0, 11)
    points = np.array([continuous.geodesic(*ends, sizes, t) for t in ts])
    for end, point in zip(ends, (points[0], points[-1]), strict=True):
        np.testing.assert_allclose(point, continuous.normalised(end, sizes), rtol=1e-12, atol=1e-13)
    for point in points:
        for matrix in fully_connected.layers(point, sizes):
            np.testing.assert_allclose(np.linalg.norm(matrix, axis=1), 1.0, rtol=1e-12)
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    np.testing.assert_allclose(steps, steps[0], rtol=1e-10)  # at constant speed
    a = np.array([1.0, 0.0, 0.0, 1.0])  # opposite rows, and equal ones
    way = np.array([continuous.geodesic(a, a * [-1, 1, 1, 1], (1, 1, 1), t) for t in ts])
    np.testing.assert_allclose(np.linalg.norm(way[:, :2], axis=1), 1.0)
    np.testing.assert_allclose(way[[0, -1], 0], [1.0, -1.0])
    np.testing.assert_allclose(way[:, 2:], [[0.0, 1.0]] * 11)
    near = np.array([-1.0, 5e-8, 0.0, 1.0])
    np.testing.assert_allclose(continuous.geodesic(a, near, (1, 1, 1), 1.0), near, atol=1e-14)


def test_errors_along_a_line_by_hand(data, pair):
    sizes, (one, two) = pair
    a, b = one.parameters, two.parameters
    path = continuous.path_error(a, b, sizes, data.x_train, data.y_train, points=5)
    expected = [
        np.mean(fully_connected.output((1 - t) * a + t * b, sizes, data.x_train) * data.y_train <= 0)
        for t in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    np.testing.assert_allclose(path.error, expected)
    assert path.barrier == max(expected) - max(expected[0], expected[-1])
    around = continuous.path_error(b, a, sizes, data.x_train, data.y_train, "geodesic", 5)
    forth = continuous.path_error(a, b, sizes, data.x_train, data.y_train, "geodesic", 5)
    np.testing.assert_allclose(around.error[::-1], forth.error, atol=1e-12)


def test_matching_lowers_the_barrier_and_a_bend_removes_it(data, pair):
    sizes, (one, two) = pair
    x, y = data.x_train, data.y_train
    a, b = (continuous.normalised(run.parameters, sizes) for run in (one, two))
    c = continuous.matched(a, b, sizes, x)
    for kind in ("linear", "geodesic"):
        before, after = (continuous.path_error(a, end, sizes, x, y, kind).barrier for end in (b, c))
        assert after < 0.6 * before
    bent = continuous.one_bend(a, c, sizes, x, y, rng=1)
    assert bent.barrier < 0.5 * after
    legs = [
        continuous.path_error(*ends, sizes, x, y, points=25).error
        for ends in ((a, bent.middle), (bent.middle, c))
    ]
    np.testing.assert_allclose(np.concatenate([legs[0], legs[1][1:]]), bent.error, atol=1e-12)


def test_a_bend_is_not_judged_by_the_points_that_chose_it(data, pair, monkeypatch):
    sizes, (one, two) = pair
    x, y = data.x_train, data.y_train
    a, b = (continuous.normalised(run.parameters, sizes) for run in (one, two))
    looks = []

    def notes(points, *rest):
        looks.append(points.copy())
        return fractions(points, *rest)

    fractions = paths._fractions
    monkeypatch.setattr(paths, "_fractions", notes)
    bent = continuous.one_bend(a, b, sizes, x, y, rng=1, max_epochs=20, points=9)
    *chosen, reported = looks
    assert len(chosen) == 3
    inside = [reported[i] for i in (1, 2, 3, 5, 6, 7)]
    for point in np.vstack(chosen):
        assert all(np.abs(point - other).max() > 1e-6 for other in inside)
    np.testing.assert_allclose(reported[[0, 4, 8]], [a, bent.middle, b], atol=1e-15)
    np.testing.assert_allclose(reported[1], 0.75 * a + 0.25 * bent.middle, atol=1e-14)


def test_an_interrupted_bend_keeps_its_best(data, pair, monkeypatch):
    sizes, (one, two) = pair
    x, y = data.x_train, data.y_train
    a, b = (continuous.normalised(run.parameters, sizes) for run in (one, two))
    epoch, calls = paths._bend, []

    def stops(*args):
        calls.append(0)
        if len(calls) == 25:
            raise KeyboardInterrupt
        epoch(*args)

    monkeypatch.setattr(paths, "_bend", stops)
    bent = continuous.one_bend(a, b, sizes, x, y, rng=1)
    assert bent.interrupted
    assert (bent.epochs, bent.budget) == (24, 1000)
    assert bent.barrier < continuous.path_error(a, b, sizes, x, y).barrier


def test_a_bend_that_runs_away_is_named(data, pair):
    sizes, (one, two) = pair
    with pytest.raises(ConvergenceError, match="too long"):
        continuous.one_bend(
            one.parameters, two.parameters, sizes, data.x_train, data.y_train, rng=1, step=1e200
        )


X2, Y2 = np.array([[1.0, 2.0], [3.0, 4.0]]), [1.0, -1.0]


@pytest.mark.parametrize(
    ("arguments", "changes", "message"),
    [
        (((2, 0, 1), X2, Y2), {}, "sizes"),
        (((2, 3, 2), X2, Y2), {}, "one output"),
        (((3, 3, 1), X2, Y2), {}, "x.shape"),
        (((2, 3, 1), X2, [1.0, 0.0]), {}, r"y\[1\] = 0.0"),
        (((2, 3, 1), X2, [1.0]), {}, "y.shape"),
        (((2, 3, 1), X2, Y2), {"batch": 0}, "batch = 0"),
        (((2, 3, 1), X2, Y2), {"max_epochs": 0}, "max_epochs = 0"),
        (((2, 3, 1), X2, Y2), {"step": -1.0}, "step = -1.0"),
        (((2, 3, 1), X2, Y2), {"loss": "square"}, "loss = 'square'"),
        (((2, 3, 1), X2, Y2), {"method": "adam"}, "method = 'adam'"),
        (((2, 3, 1), X2, Y2), {"stop_loss": 0.0}, "stop_loss"),
        (((2, 3, 1), X2, Y2), {"inner": 3}, "options"),
        (((2, 3, 1), X2, Y2), {"start": [1.0]}, "start.shape"),
        (((2, 3, 1), X2, Y2), {"method": "replicated", "y_replicas": 1}, "y_replicas = 1"),
        (((2, 3, 1), X2, Y2), {"method": "replicated", "coupling": (1.0, 0.5)}, "coupling"),
        (((2, 3, 1), X2, Y2), {"method": "entropy", "inner": 0}, "inner = 0"),
        (((2, 3, 1), X2, Y2), {"method": "entropy", "inner": 20, "max_epochs": 19}, "would never move"),
        (((2, 3, 1), 1e300 * X2, Y2), {}, "largest entry of x"),
        (((2, 3, 1), X2, Y2), {"method": "entropy", "keep": 1.0}, "keep = 1.0"),
        (((2, 3, 1), X2, Y2), {"method": "entropy", "noise": -1.0}, "noise = -1.0"),
    ],
)
def test_bad_training(arguments, changes, message):
    with pytest.raises(ValueError, match=message):
        continuous.train(*arguments, rng=1, **changes)


def test_bad_measures_and_paths():
    w, sizes = np.ones(13), (2, 3, 1)
    calls = [
        (lambda: continuous.local_energy(w, sizes, X2, Y2, [-0.1]), "sigmas = -0.1"),
        (lambda: continuous.local_energy(w, sizes, X2, Y2, [1e200]), r"sigmas = 1e\+200"),
        (lambda: continuous.local_energy(w, sizes, X2, Y2, draws=1), "draws = 1"),
        (lambda: continuous.local_energy(w[1:], sizes, X2, Y2), "parameters.shape"),
        (lambda: continuous.permuted(w, sizes, [[0, 1, 1]]), r"orders\[0\]"),
        (lambda: continuous.permuted(w[:9], (2, 2, 1), [[True, False]]), r"orders\[0\]"),
        (lambda: continuous.permuted(w, sizes, [[0.0, 2.0, 1.0]]), r"orders\[0\]"),
        (lambda: continuous.permuted(w, sizes, []), r"len\(orders\) = 0"),
        (lambda: continuous.normalised(1e200 * w, sizes, last=False), "last weights"),
        (lambda: continuous.geodesic(w, w, sizes, np.nan), "t = nan"),
        (lambda: continuous.geodesic(w, w, sizes, 1.5), "t = 1.5"),
        (lambda: continuous.adversarial_start(sizes, [[1.0], [1.0, 2.0]]), "x must be"),
        (lambda: continuous.matched(w, w, sizes, by="activations"), "x = None"),
        (lambda: continuous.matched(w, w, sizes, by="names"), "by = 'names'"),
        (lambda: continuous.path_error(w, w, sizes, X2, Y2, "curved"), "kind = 'curved'"),
        (lambda: continuous.path_error(w, w, sizes, X2, Y2, points=2), "points = 2"),
        (lambda: continuous.one_bend(w, w, sizes, X2, Y2, points=6), "points = 6"),
        (lambda: continuous.one_bend(0 * w, 0 * w, sizes, X2, Y2), "mean output"),
    ]
    for call, message in calls:
        with pytest.raises(ValueError, match=message):
            call()
