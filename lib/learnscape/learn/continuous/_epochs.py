r"""One pass over the patterns, compiled: replicated stochastic gradient descent (one replica: the plain one) and Entropy-SGD."""

from __future__ import annotations

from typing import Any

import numpy as np

from learnscape.fully_connected.minibatches import batch_gradient
from learnscape.numerics.jit import kernel
from learnscape.numerics.rng import shuffle

__all__ = ["entropy_epoch", "replicated_epoch"]


@kernel
def replicated_epoch(
    replicas: Any,
    sizes: Any,
    rows: Any,
    labels: Any,
    kind: Any,
    margin: Any,
    batch: Any,
    step: Any,
    pull: Any,
    orders: Any,
    random: Any,
    centre: Any,
    memory: Any,
) -> None:
    """Every replica sees every pattern once, in batches and an order of its own; after each batch it moves the fraction ``pull`` of its way to the mean."""
    y, n = replicas.shape
    p = labels.size
    total = np.empty(n)
    for a in range(y):
        shuffle(orders[a], random)
    for first in range(0, p, batch):
        for a in range(y):
            row = replicas[a]
            batch_gradient(
                row, sizes, rows, labels, orders[a, first : first + batch], kind, margin, total, memory
            )
            for i in range(n):
                row[i] -= step * total[i]
        centre[:] = 0.0
        for a in range(y):
            for i in range(n):
                centre[i] += replicas[a, i] / y
        if pull > 0.0:
            for a in range(y):
                for i in range(n):
                    replicas[a, i] += pull * (centre[i] - replicas[a, i])


@kernel
def entropy_epoch(
    centre: Any,
    walker: Any,
    mean: Any,
    steps_made: Any,
    sizes: Any,
    rows: Any,
    labels: Any,
    kind: Any,
    margin: Any,
    batch: Any,
    step: Any,
    gamma: Any,
    inner: Any,
    keep: Any,
    outer: Any,
    noise: Any,
    order: Any,
    random: Any,
    memory: Any,
) -> Any:
    """The walker sees every pattern once; after every ``inner`` of its steps the centre follows its running mean. Returns its steps since then."""
    n, p = centre.size, labels.size
    total = np.empty(n)
    kick = noise * np.sqrt(step)
    shuffle(order, random)
    for first in range(0, p, batch):
        batch_gradient(walker, sizes, rows, labels, order[first : first + batch], kind, margin, total, memory)
        for i in range(n):
            walker[i] -= step * (total[i] - gamma * (centre[i] - walker[i]))
        if kick > 0.0:
            for i in range(n):
                walker[i] += kick * random.standard_normal()
        for i in range(n):
            mean[i] = keep * mean[i] + (1.0 - keep) * walker[i]
        steps_made += 1
        if steps_made == inner:
            for i in range(n):
                centre[i] += outer * (mean[i] - centre[i])
                walker[i] = centre[i]
                mean[i] = centre[i]
            steps_made = 0
    return steps_made
