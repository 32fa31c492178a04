"""The explorable of wide committees against the library: kernels, and one step over the whole range of margins."""

from __future__ import annotations

import math

import numpy as np
import pytest

from learnscape.explore import wide_committee
from learnscape.replica import two_layer

ACTIVATIONS = {0: lambda x: x, 1: "relu", 2: "erf", 3: "quadratic"}


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_kernel_and_capacities(activation: int) -> None:
    known = two_layer.kernel(ACTIVATIONS[activation])
    for margin in (-1.0, -0.7, -0.06, 0.0, 0.8, 1.9, 3.0):
        answer = wide_committee().evaluate(activation=activation, kappa=margin)
        kappa = margin * math.sqrt(known.variance)
        symmetric, step = (two_layer.capacity(ACTIVATIONS[activation], kappa=kappa, steps=k) for k in (0, 1))
        assert answer["alpha_rs"][0] == pytest.approx(symmetric.alpha, rel=1e-9)
        assert answer["alpha_one"][0] == pytest.approx(step.alpha, rel=1e-8)
        assert bool(answer["stable"][0]) is not symmetric.broken
        if activation != 1:
            assert answer["replicon"][0] == pytest.approx(symmetric.replicon, rel=1e-8, abs=1e-9)
    assert np.allclose(answer["curve_d"], known.value(answer["curve_q"]), atol=1e-12)
    assert answer["slope"][0] == pytest.approx(known.slope_at_one, rel=1e-12)


def test_every_margin_has_an_answer_below_replica_symmetry() -> None:
    """Also where the gain vanishes and the library's minimiser declines: erf near 2.2, where replica symmetry becomes stable."""
    for activation in ACTIVATIONS:
        for margin in np.linspace(-1.0, 3.0, 41):
            answer = wide_committee().evaluate(activation=activation, kappa=margin)
            assert 0.0 < answer["alpha_one"][0] <= answer["alpha_rs"][0]
            assert 0.0 <= answer["lower"][0] < 0.4
