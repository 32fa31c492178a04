"""Full-batch training of a network with the quadratic hinge loss, compiled: Adam, gradient descent and FIRE.

Each is a loop of whole steps that stops by itself when every pattern is satisfied. A front end, for instance
:func:`learnscape.jamming.networks.train`, calls it for some hundred steps at a time and looks at the state in between.
"""

from __future__ import annotations

from typing import Any

from learnscape.fully_connected.hinge import hinge, new_scratch
from learnscape.numerics.adam import adam_step
from learnscape.numerics.fire import fire_step
from learnscape.numerics.jit import kernel

__all__ = ["adam", "descend", "fire"]

SHORTEST = 0.01  # floor of the time step of FIRE


@kernel
def adam(
    parameters: Any,
    sizes: Any,
    blocks: Any,
    labels: Any,
    p: Any,
    margin: Any,
    rates: Any,
    mean: Any,
    square: Any,
    powers: Any,
    total: Any,
    separated: Any,
) -> Any:
    """Full-batch Adam, one step for every entry of ``rates``.

    Stops before a step when no pattern is unsatisfied, or, if ``separated`` is True, when none is misclassified.

    ``mean``, ``square`` and ``powers`` as :func:`learnscape.numerics.adam.adam_step` keeps them. Returns steps made, loss and unsatisfied patterns at the last evaluation.
    """
    scratch = new_scratch(sizes, blocks.shape[2])
    loss, unsatisfied, wrong = 0.0, 0, 0
    for step in range(rates.size):
        loss, unsatisfied, wrong = hinge(parameters, sizes, blocks, labels, p, margin, total, scratch)
        if unsatisfied == 0 or (separated and wrong == 0):
            return step, loss / p, unsatisfied
        for i in range(total.size):
            total[i] /= p
        adam_step(parameters, total, rates[step], mean, square, powers)
    return rates.size, loss / p, unsatisfied


@kernel
def descend(
    parameters: Any,
    sizes: Any,
    blocks: Any,
    labels: Any,
    p: Any,
    margin: Any,
    dt: Any,
    steps: Any,
    total: Any,
    separated: Any,
) -> Any:
    """Steps ``parameters -= dt grad Loss``; stops as :func:`adam` does. Returns steps made, loss and unsatisfied patterns before the last."""
    scratch = new_scratch(sizes, blocks.shape[2])
    loss, unsatisfied, wrong = 0.0, 0, 0
    for step in range(steps):
        loss, unsatisfied, wrong = hinge(parameters, sizes, blocks, labels, p, margin, total, scratch)
        if unsatisfied == 0 or (separated and wrong == 0):
            return step, loss / p, unsatisfied
        for i in range(parameters.size):
            parameters[i] -= dt / p * total[i]
    return steps, loss / p, unsatisfied


@kernel
def fire(
    parameters: Any,
    sizes: Any,
    blocks: Any,
    labels: Any,
    p: Any,
    margin: Any,
    velocity: Any,
    state: Any,
    unit: Any,
    steps: Any,
    total: Any,
    separated: Any,
) -> Any:
    """FIRE with the force ``-unit grad Loss``; ``velocity`` and ``state`` as :func:`learnscape.numerics.fire.fire_step` keeps them.

    The time step has a floor: at a kink every step may go uphill, however short, and FIRE would halve it for ever. Stops as :func:`adam` does.
    Returns steps made, loss and unsatisfied patterns before the last.
    """
    scratch = new_scratch(sizes, blocks.shape[2])
    loss, unsatisfied, wrong = 0.0, 0, 0
    for step in range(steps):
        loss, unsatisfied, wrong = hinge(parameters, sizes, blocks, labels, p, margin, total, scratch)
        if unsatisfied == 0 or (separated and wrong == 0):
            return step, loss / p, unsatisfied
        for i in range(total.size):
            total[i] *= -unit / p
        fire_step(parameters, velocity, total, state)
        state[0] = max(state[0], SHORTEST)
    return steps, loss / p, unsatisfied
