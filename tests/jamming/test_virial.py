"""The virial: an identity of every stationary point, not a sufficient one; and training that overflows, which is never an answer."""

from __future__ import annotations

import copy
import math
import pickle
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest

from learnscape.errors import ConvergenceError
from learnscape.jamming.networks import (
    HingeNetwork,
    LabelledPatterns,
    diagnose,
    n_effective,
    normalised,
    random_data,
    stability,
    train,
    virial,
)
from learnscape.jamming.networks.kinks import kinks
from learnscape.jamming.networks.verdict import outcome

METHODS = ("adam", "gradient_flow", "fire")


def problem(margin: float = 1.0) -> tuple[HingeNetwork, np.ndarray, np.ndarray]:
    network = HingeNetwork(6, 7, 2, rng=1, margin=margin)
    rng = np.random.default_rng(5)
    network.parameters = network.parameters + 0.3 * rng.standard_normal(network.n_parameters)
    return network, *random_data(200, 6, rng=2)


@pytest.mark.parametrize("margin", [1.0, 0.25])
def test_v_is_one_where_the_derivative_along_the_last_layer_vanishes(margin: float) -> None:
    """(w, b) . dLoss/d(w, b) = sum Delta (Delta - margin) / P = margin sum Delta (V - 1) / P: by the gradient and by differences."""
    network, x, y = problem(margin)
    delta = network.delta(x, y)
    v = virial(delta, margin=margin)
    expected = margin * delta[delta > 0].sum() * (v - 1) / len(y)
    last = network.layers()[-1].size
    slope = network.gradient(x, y)[-last:] @ network.parameters[-last:]
    assert slope == pytest.approx(expected, rel=1e-10)
    assert abs(v - 1) > 0.1

    def at(c: float) -> float:
        scaled = network.copy()
        scaled.layers()[-1][:] *= c
        return scaled.loss(x, y)

    assert (at(1 + 1e-5) - at(1 - 1e-5)) / 2e-5 == pytest.approx(expected, rel=1e-6)


def test_some_multiple_of_the_last_layer_gives_one_at_any_weights() -> None:
    """So V = 1 is no proof of a minimum: these weights are random, and the gradient is large."""
    network, x, y = problem()
    f = network.output(x)
    low, high = -100.0, 100.0
    for _ in range(200):
        middle = (low + high) / 2
        falls = np.maximum(1 - middle * y * f, 0) @ (y * f) > 0  # the loss, convex in the factor
        low, high = (middle, high) if falls else (low, middle)
    scaled = network.copy()
    scaled.layers()[-1][:] *= middle
    assert abs(middle) > 0.01
    assert virial(scaled.delta(x, y)) == pytest.approx(1, abs=1e-9)
    assert np.linalg.norm(scaled.gradient(x, y)) > 0.05
    run = train(scaled, x, y, steps=200, learning_rate=1e-3)
    assert run.trace.loss[-1] < 0.95 * run.trace.loss[0]
    assert run.outcome == "undecided"


def test_a_long_run_ends_at_one_and_a_frozen_one_is_not_stuck() -> None:
    network = HingeNetwork(8, 8, 2, rng=1)
    x, y = random_data(900, 8, rng=2)
    run = train(network, x, y, steps=6000)
    assert run.outcome == "stuck"
    assert run.converged
    assert run.virial == pytest.approx(1, abs=0.002)
    active = run.deltas[run.deltas > 0]
    assert run.virial == pytest.approx((active**2).sum() / active.sum())
    frozen, x, y = problem()
    frozen = train(
        frozen, x, y, steps=400, learning_rate=1e-12
    )  # the loss does not fall, and this is no minimum
    assert abs(frozen.decay) < 0.05
    assert abs(frozen.virial - 1) > 0.05
    assert frozen.outcome == "undecided"
    assert not frozen.converged
    assert outcome(1.0, 0.2) == outcome(0.98, 0.0) == "undecided"


def test_satisfied_has_no_virial() -> None:
    network = HingeNetwork(8, 10, 2, rng=1)
    run = train(network, *random_data(60, 8, rng=2), steps=8000)
    assert run.outcome == "satisfied"
    assert run.virial is None
    assert virial([-1.0, 0.0]) is None
    assert virial([]) is None


@pytest.mark.parametrize(("scale", "v"), [(1e-160, 3.75e-160), (1e150, 3.75e150), (1e300, 3.75e300)])
def test_no_square_overflows_or_vanishes(scale: float, v: float) -> None:
    assert virial([scale * 1.5, scale * 4.5, -scale]) == pytest.approx(v, rel=1e-14)


@pytest.mark.parametrize("deltas", [[math.nan, 1.0], [math.inf], [1j], [[1.0]], ["a"]])
def test_virial_refuses_what_is_no_list_of_numbers(deltas: list) -> None:
    with pytest.raises(ValueError, match="deltas"):
        virial(deltas)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("scale", [1e80, 1e100, 1e160, 1e300])
def test_patterns_that_overflow_are_never_satisfied(method: str, scale: float) -> None:
    network = HingeNetwork(6, 6, 2, rng=1)
    x, y = random_data(150, 6, rng=2)
    with pytest.raises(ConvergenceError, match="normalised") as caught:
        train(network, scale * x, y, method=method, steps=200)
    assert len(caught.value.trace) >= 1
    train(network, normalised(scale * x), y, method=method, steps=5)


@pytest.mark.parametrize("rate", [1e14, 1e60, 1e300])
def test_a_learning_rate_that_overflows_raises_or_gives_the_last_good_state(rate: float) -> None:
    network = HingeNetwork(6, 6, 5, rng=1)
    x, y = random_data(150, 6, rng=2)
    with pytest.raises(ConvergenceError, match="learning rate") as caught:
        train(network, x, y, steps=500, learning_rate=rate)
    assert caught.value.trace[0] == pytest.approx(network.loss(x, y))
    run = train(network, x, y, steps=500, learning_rate=rate, on_failure="return")
    assert run.outcome == "diverged"
    assert not run.converged
    assert run.n_unsatisfied == (run.deltas > 0).sum() > 0
    assert run.loss == run.network.loss(x, y)
    assert np.isfinite([run.loss, run.virial, run.gradient_norm, *run.deltas, *run.trace.loss]).all()


def test_the_kernel_counts_nan_as_unsatisfied() -> None:
    from learnscape.fully_connected.hinge import loss_and_gradient

    network = HingeNetwork(3, 4, 2, rng=1)
    x, y = random_data(10, 3, rng=2)
    blocks, labels, p = network.prepare(x, y)
    blocks[0, 0, 4] = math.nan
    total = np.empty(network.n_parameters)
    sizes = np.array(network.sizes)
    counts = loss_and_gradient(network.parameters, sizes, blocks, labels, p, 1e-9, total)
    assert math.isnan(counts[0])
    finite = np.delete(network.delta(x, y), 4) - 1 + 1e-9
    assert counts[1] == (finite > 0).sum() + 1
    assert counts[2] == (finite >= 1e-9).sum() + 1


@pytest.mark.parametrize(
    "call",
    [
        lambda n, x, y: n.output(x),
        lambda n, x, y: n.delta(x, y),
        lambda n, x, y: n.loss(x, y),
        lambda n, x, y: n.gradient(x, y),
        lambda n, x, y: n.hessian(x, y),
        diagnose,
        stability,
        kinks,
    ],
)
def test_functions_of_a_network_refuse_to_overflow(call: object) -> None:
    network = HingeNetwork(6, 6, 2, rng=1)
    x, y = random_data(150, 6, rng=2)
    network.parameters = 1e155 * network.parameters
    with pytest.raises(ValueError, match="too large"):
        call(network, x, y)  # type: ignore[operator]


def test_scale_of_the_patterns_does_not_matter_where_it_should_not() -> None:
    x, y = random_data(80, 5, rng=3)
    for scale in (2.0**-600, 2.0**600):
        np.testing.assert_array_equal(normalised(scale * x), normalised(x))
        network = HingeNetwork(
            5, 4, 1, rng=1
        )  # bias 0: every derivative but those of the biases grows with x
        assert n_effective(network, 1e90 * x) <= n_effective(network, x)
    with pytest.raises(ValueError, match="no direction"):
        normalised([[0.1, 0.7]] * 3)  # equal to their mean up to rounding
    assert diagnose(HingeNetwork(5, 6, 1, rng=1), 1e100 * x, y).n_errors > 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda n, x, y: n.loss(x + 1j, y), "x must be"),
        (lambda n, x, y: n.loss(np.ma.masked_less(x, 0), y), "x must be"),
        (lambda n, x, y: n.loss(x, y + 0j), "y must be"),
        (lambda n, x, y: setattr(n, "parameters", n.parameters * 1j), "parameters must be"),
        (lambda n, x, y: HingeNetwork(2, 3, 1, margin=1e-200), "margin = 1e-200"),
        (lambda n, x, y: train(n, x, y, on_failure="hope"), "on_failure = 'hope'"),
        (lambda n, x, y: train(n, x, y, method=["adam"]), "method"),
        (lambda n, x, y: train(n, x, y, method="fire", learning_rate="a"), "learning_rate"),
        (lambda n, x, y: virial([1.0], margin=-1.0), "margin = -1.0"),
    ],
)
def test_bad_input(call: object, message: str) -> None:
    network = HingeNetwork(6, 6, 2, rng=1)
    with pytest.raises(ValueError, match=message):
        call(network, *random_data(20, 6, rng=2))  # type: ignore[operator]


class Named(HingeNetwork):
    """A subclass with an attribute of its own."""

    name = "none"


def test_copies_keep_the_class_and_share_nothing() -> None:
    network = Named(4, 5, 2, rng=1)
    network.name = "mine"
    twin = network.copy()
    assert type(twin) is Named
    assert twin.name == "mine"
    twin.parameters[0] += 1
    assert twin.parameters[0] != network.parameters[0]
    run = train(network, *random_data(30, 4, rng=2), steps=10)
    assert type(run.network) is Named


def results() -> list[object]:
    network = HingeNetwork(4, 5, 2, rng=1)
    x, y = random_data(150, 4, rng=2)
    run = train(network, x, y, steps=20)
    parts = network.hessian(x, y), diagnose(network, x, y), stability(network, x, y), kinks(network, x, y)
    return [network, LabelledPatterns(x, y), run, run.trace, *parts]


def test_results_can_be_pickled_copied_compared_and_hashed() -> None:
    """Those with arrays are equal only to themselves; counts alone (a diagnosis) compare by value."""
    for one in results():
        for twin in (pickle.loads(pickle.dumps(one)), copy.deepcopy(one)):
            assert type(twin) is type(one)
            assert (twin == one) is (type(one).__name__ == "Diagnosis")
        assert one == copy.copy(one) or type(one).__name__ != "Diagnosis"
        assert isinstance(hash(one), int)
        assert one in {one}


def test_results_and_failures_come_back_from_another_process() -> None:
    with ProcessPoolExecutor(1) as pool:
        assert len(pool.submit(results).result(timeout=120)) == 8
        with pytest.raises(ConvergenceError) as caught:
            pool.submit(_diverge).result(timeout=120)
    assert caught.value.trace == (math.inf,)


def _diverge() -> None:
    x, y = random_data(30, 4, rng=2)
    train(HingeNetwork(4, 5, 2, rng=1), 1e160 * x, y, steps=5)


def test_a_very_large_factor_of_the_last_layer_satisfies_all_the_same() -> None:
    """The smallest y f is 1e-9 of the terms that it is the sum of: multiplied to the margin its rounding error is 1e-7."""
    network, _, _ = problem()
    x = random_data(40, 6, rng=2).x
    y = np.where(network.output(x) > 0, 1.0, -1.0)
    network.layers()[-1][0, -1] -= (1 - 1e-9) * network.output(x)[y > 0].min()
    network.layers()[-1][:] *= 1e-3
    y = np.where(network.output(x) > 0, 1.0, -1.0)
    run = train(network, x, y, steps=1, learning_rate=1e-300, rescale=True)
    assert 0 < (y * network.output(x)).min() < 1e-10
    assert run.outcome == "satisfied"
    assert run.deltas.max() <= 0


def test_a_virial_that_overflows_is_refused() -> None:
    with pytest.raises(ValueError, match="too large for the margin"):
        virial([1e300], margin=1e-300)
    assert virial([1e300, 1e300], margin=1e300) == 1.0


def test_flat_patterns_of_both_labels_stay_unsatisfied() -> None:
    """Where a layer is off only the last bias learns: 3 against 1 pattern end at f = 1/2, all unsatisfied and one misclassified."""
    network = HingeNetwork(2, 3, 1, rng=1)
    network.layers()[0][:, -1] = -100.0
    x, y = np.random.default_rng(2).standard_normal((4, 2)), np.array([1.0, 1.0, 1.0, -1.0])
    run = train(network, x, y, steps=5000)
    np.testing.assert_allclose(run.deltas, [0.5, 0.5, 0.5, 1.5], atol=1e-3)
    assert (run.outcome, run.n_unsatisfied) == ("stuck", 4)
    assert run.virial == pytest.approx(1, abs=1e-3)
    report = diagnose(run.network, x, y)
    assert (report.n_flat_unsatisfied, report.n_errors) == (4, 1)


def test_schedules_and_callbacks_of_the_wrong_type_are_named() -> None:
    """A complex rate lost its imaginary part: with 1j nothing was learned, and only NumPy warned."""
    network, data = HingeNetwork(4, 4, 2, rng=1), random_data(12, 4, rng=2)
    for wrong in (lambda step: 1j * np.ones(len(step)), lambda step: "fast", lambda step: None):
        with pytest.raises(ValueError, match=r"learning_rate\(steps\) = "):
            train(network, *data, steps=10, learning_rate=wrong)
    with pytest.raises(ValueError, match=r"progress = 'loud' .*a function"):
        train(network, *data, steps=10, progress="loud")


def test_a_step_away_from_satisfied_does_not_end_a_run() -> None:
    """At Delta = 1e-12 the loss is rounding, but a long step of Adam leaves that state: training goes on."""
    x, y = random_data(4, 2, rng=3)
    network = train(HingeNetwork(2, 2, 1, rng=1), x, y, steps=20_000, learning_rate=2e-3).network
    network.layers()[-1][:] *= (1 - 1e-12) / (1 - network.delta(x, y).max())
    assert 0 < network.delta(x, y).max() < 2e-12
    run = train(network, x, y, steps=1000, learning_rate=1e-2)
    assert run.outcome == "satisfied"
    assert run.n_unsatisfied == 0
