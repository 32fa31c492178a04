r"""Gradients of any loss over a few chosen patterns, and loss and errors over all: the kernels under stochastic gradient descent.

The loss of a pattern depends on y f alone. Two are known here by number: ``LOGISTIC``, ln(1 + exp(-y f)), which has no minimum where all patterns are right
(the weights then grow for ever), and ``HINGE``, max(0, margin - y f)^2 / 2, which is flat there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from learnscape.fully_connected.backpropagation import backward_block, forward_block, new_hidden
from learnscape.numerics.jit import inlined, kernel

__all__ = ["HINGE", "LOGISTIC", "batch_gradient", "loss_and_errors", "loss_and_slope", "new_batch"]

LOGISTIC, HINGE = 0, 1


@inlined
def loss_and_slope(kind: Any, margin: Any, stability: Any) -> Any:
    """Loss and its derivative at the stability y f.

    Examples
    --------
    >>> loss_and_slope(HINGE, 1.0, 0.5), loss_and_slope(LOGISTIC, 1.0, 0.0)[1]
    ((0.125, -0.5), -0.5)
    """
    if kind == HINGE:
        delta = margin - stability
        if delta <= 0.0:  # NaN goes on
            return 0.0, 0.0
        return 0.5 * delta * delta, -delta
    small = np.exp(-abs(stability))
    loss = np.log1p(small) - min(stability, 0.0)
    slope = -small / (1.0 + small) if stability > 0.0 else -1.0 / (1.0 + small)
    return loss, slope


@kernel
def new_batch(sizes: Any, block: Any) -> Any:
    """Memory of :func:`batch_gradient`, for up to ``block`` patterns at a time; allocated once for many calls."""
    largest = 0
    for l in range(1, sizes.size):
        largest = max(largest, sizes[l] * (sizes[l - 1] + 1))
    return (
        new_hidden(sizes, block),
        np.zeros((sizes[0] + 1, block)),
        np.empty((1, block)),
        np.empty(2 * (sizes.max() + 1) * block),
        np.empty(largest),
    )


@kernel
def batch_gradient(
    parameters: Any,
    sizes: Any,
    rows: Any,
    labels: Any,
    chosen: Any,
    kind: Any,
    margin: Any,
    total: Any,
    memory: Any,
) -> None:
    """The gradient of the mean loss of the patterns ``chosen`` (their numbers), into ``total``.

    ``rows`` (P, d + 1): patterns with a one at the end; ``labels`` (P,); ``memory`` from :func:`new_batch`.
    """
    hidden, inputs, out, errors, product = memory
    block = inputs.shape[1]
    total[:] = 0.0
    for first in range(0, chosen.size, block):
        inside = min(block, chosen.size - first)
        for t in range(inside):
            row = rows[chosen[first + t]]
            for i in range(row.size):
                inputs[i, t] = row[i]
        forward_block(parameters, sizes, inputs, hidden, out)
        for t in range(inside):
            label = labels[chosen[first + t]]
            out[0, t] = label * loss_and_slope(kind, margin, label * out[0, t])[1]
        out[0, inside:] = 0.0  # what an earlier batch left there
        backward_block(parameters, sizes, inputs, hidden, out, errors, product, total)
    for i in range(total.size):
        total[i] /= chosen.size


@kernel
def loss_and_errors(parameters: Any, sizes: Any, blocks: Any, labels: Any, kind: Any, margin: Any) -> Any:
    """Mean loss of all patterns, and how many are not on the right side. ``blocks`` by ``as_blocks``, ``labels`` (P,)."""
    block = blocks.shape[2]
    hidden = new_hidden(sizes, block)
    out = np.empty((1, block))
    total, errors = 0.0, 0
    for b in range(blocks.shape[0]):
        forward_block(parameters, sizes, blocks[b], hidden, out)
        for t in range(min(block, labels.size - b * block)):
            stability = labels[b * block + t] * out[0, t]
            total += loss_and_slope(kind, margin, stability)[0]
            errors += not stability > 0.0  # also NaN
    return total / labels.size, errors
