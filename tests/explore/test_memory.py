"""Kernels write into the memory they were given and nowhere else: compiled code has no bounds checks."""

import numpy as np
import pytest

from learnscape.explore import REGISTRY
from learnscape.explore.actions import ADVANCE, RESTART

GUARD = 64
SENTINEL = -8.25e77


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_a_kernel_stays_within_its_outputs(name):
    thing = REGISTRY[name]()
    rng = np.random.default_rng(3)
    memory = np.full(thing.n_outputs + 2 * GUARD, SENTINEL)
    outputs = memory[GUARD : GUARD + thing.n_outputs]
    for _ in range(20):
        values = {}
        for control in thing.controls:
            choices = (
                list(control.options.values()) if control.kind == "select" else [control.min, control.max]
            )
            spread = rng.uniform(control.min, control.max)
            if control.kind != "select":
                choices.append(round(spread / control.step) * control.step if control.step >= 1 else spread)
            values[control.name] = float(np.clip(rng.choice(choices), control.min, control.max))
        outputs[:] = 0.0
        thing.kernel(thing.inputs(values, RESTART), outputs)
        if thing.simulation is not None:
            for _ in range(5):
                thing.kernel(thing.inputs(values, ADVANCE), outputs)
        assert np.all(memory[:GUARD] == SENTINEL), values
        assert np.all(memory[GUARD + thing.n_outputs :] == SENTINEL), values
