"""Kinks: their gradients and curvatures against finite differences, and trained networks that sit on them."""

from __future__ import annotations

import numpy as np
import pytest

from learnscape.jamming import networks
from learnscape.jamming.networks.kinks import _curvature_of_kinks, _neuron, _preactivations, kinks


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_gradient_and_curvature_of_a_preactivation_by_finite_differences(layer):
    network = networks.HingeNetwork(4, 5, 3, rng=1)
    x, _ = networks.random_data(6, 4, rng=2)
    where = [(layer, 1, 2), (layer, 4, 0)]
    forces = np.array([0.7, -1.3])
    n, base, step = network.n_parameters, network.parameters.copy(), 1e-5

    def z(shift):
        network.parameters = base + shift
        values = _preactivations(network, x)[layer]
        network.parameters = base
        return values[1, 2], values[4, 0]

    part, at = _neuron(network, layer, 2)
    full = np.zeros(n)
    full[at] = part.jacobian(x[1:2])[0]
    by_steps = [(z(step * e)[0] - z(-step * e)[0]) / (2 * step) for e in np.eye(n)]
    np.testing.assert_allclose(full, by_steps, atol=1e-9)

    second = _curvature_of_kinks(network, x, where, forces)
    rng, step = np.random.default_rng(0), 1e-3
    for _ in range(5):
        u = rng.normal(size=n)
        u /= np.linalg.norm(u)
        ends = [forces @ np.array(z(s * u)) for s in (step, 0.0, -step)]
        assert u @ second @ u == pytest.approx((ends[0] - 2 * ends[1] + ends[2]) / step**2, abs=1e-5)


def test_trained_networks_sit_on_kinks_and_are_stable_along_them():
    """The negative directions of the smooth Hessian end at walls: with forces on the kinks the gradient is balanced and little is negative."""
    network = networks.HingeNetwork(16, 16, 2, rng=1)
    x, y = networks.random_data(3 * network.n_weights, 16, rng=11)
    rate = networks.annealed(3e-3, steps=12_000, final=3e-8, hold=0.3)
    run = networks.train(network, x, y, steps=12_000, learning_rate=rate)
    found = kinks(run.network, x, y)
    assert len(found.where) > 80
    assert found.rank <= len(found.where)
    assert found.gradient_norm > 0.02
    assert found.unbalanced < 0.1 * found.gradient_norm
    n_smooth = np.sum(found.smooth < -1e-9 * found.smooth[-1])
    n_along = np.sum(found.curvature < -1e-9 * found.curvature[-1])
    assert n_smooth > 20
    assert n_along < 0.5 * n_smooth
    assert found.curvature[0] > 0.05 * found.smooth[0]
    assert found.curvature.size == network.n_parameters - found.rank
    # On a plateau the threshold does not matter: ten times more allows hardly more.
    assert len(kinks(run.network, x, y, threshold=1e-4).where) < 1.1 * len(found.where) + 3


def test_without_kinks_nothing_is_explained():
    network = networks.HingeNetwork(6, 6, 2, rng=1)
    found = kinks(network, *networks.random_data(40, 6, rng=2))
    assert found.rank == 0
    assert found.unbalanced == found.gradient_norm > 0
    assert np.array_equal(found.curvature, found.smooth)


def test_bad_input_is_refused():
    network = networks.HingeNetwork(6, 6, 2, rng=1)
    x, y = networks.random_data(40, 6, rng=2)
    with pytest.raises(ValueError, match="threshold"):
        kinks(network, x, y, threshold=0.0)
    with pytest.raises(ValueError, match="network"):
        kinks(None, x, y)  # type: ignore[arg-type]
    easy = networks.train(network, x[:4], y[:4], steps=5000).network
    with pytest.raises(ValueError, match="N_Delta"):
        kinks(easy, x[:4], y[:4])
