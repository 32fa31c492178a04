"""The quadratic hinge loss of a network and its gradient, compiled: only unsatisfied patterns go backwards.

The hinge is flat on satisfied patterns. The others are gathered from the blocks of the forward pass until 128 of them are together; the
gradient is exactly that of the full batch.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from learnscape.fully_connected.backpropagation import backward_block, forward_block, new_hidden
from learnscape.numerics.jit import kernel

__all__ = ["hinge", "loss_and_gradient", "new_scratch"]

MOSTLY = 0.6  # from this fraction of unsatisfied patterns on, gathering costs more than it saves


@kernel
def hinge(
    parameters: Any, sizes: Any, blocks: Any, labels: Any, p: Any, margin: Any, total: Any, scratch: Any
) -> Any:
    """Sum over patterns of max(0, Delta)^2 / 2 and its gradient (into ``total``). Returns the sum, N_Delta, and the errors.

    Errors are misclassified patterns, Delta >= margin. ``labels`` (blocks, 128); patterns from number ``p`` on are padding. ``scratch`` from :func:`new_scratch`.
    """
    hidden, gathered, inputs, out, coefficients, errors, product, chosen = scratch
    block = blocks.shape[2]
    total[:] = 0.0
    loss = 0.0
    unsatisfied = 0
    errors_made = 0
    waiting = 0
    for b in range(blocks.shape[0]):
        forward_block(parameters, sizes, blocks[b], hidden, out)
        inside = min(block, p - b * block)
        found = 0
        for mu in range(inside):
            delta = margin - labels[b, mu] * out[0, mu]
            if not delta <= 0.0:  # not "delta > 0": NaN is no satisfied pattern
                loss += 0.5 * delta * delta
                errors_made += not delta < margin
                errors[found] = -labels[b, mu] * delta
                chosen[found] = mu
                found += 1
        unsatisfied += found
        if found > MOSTLY * block:
            out[0, :] = 0.0
            for t in range(found):
                out[0, chosen[t]] = errors[t]
            backward_block(parameters, sizes, blocks[b], hidden, out, errors, product, total)
            continue
        done = 0
        while done < found:
            some = min(found - done, block - waiting)
            for t in range(some):
                coefficients[0, waiting + t] = errors[done + t]
            for i in range(sizes[0]):
                source, target = blocks[b, i], inputs[i, waiting:]
                for t in range(some):
                    target[t] = source[chosen[done + t]]
            start = 0
            for l in range(1, sizes.size - 1):
                for i in range(sizes[l]):
                    row = start + i * block
                    source, target = hidden[row : row + block], gathered[row + waiting : row + block]
                    for t in range(some):
                        target[t] = source[chosen[done + t]]
                start += (sizes[l] + 1) * block
            done += some
            waiting += some
            if waiting == block:
                kept = found - done
                for t in range(
                    kept
                ):  # the backward pass overwrites the scratch that holds the remaining coefficients
                    out[0, t] = errors[done + t]
                backward_block(parameters, sizes, inputs, gathered, coefficients, errors, product, total)
                for t in range(kept):
                    errors[done + t] = out[0, t]
                waiting = 0
    if waiting > 0:
        coefficients[0, waiting:] = 0.0
        backward_block(parameters, sizes, inputs, gathered, coefficients, errors, product, total)
    return loss, unsatisfied, errors_made


@kernel
def new_scratch(sizes: Any, block: Any) -> Any:
    """Memory of :func:`hinge`, allocated once for many calls."""
    largest = 0
    for l in range(1, sizes.size):
        largest = max(largest, sizes[l] * (sizes[l - 1] + 1))
    return (
        new_hidden(sizes, block),
        new_hidden(sizes, block),
        np.ones((sizes[0] + 1, block)),
        np.empty((1, block)),
        np.empty((1, block)),
        np.empty(2 * (sizes.max() + 1) * block),
        np.empty(largest),
        np.empty(block, np.uint64),  # unsigned: no check for negative indices in the loops that gather
    )


@kernel
def loss_and_gradient(
    parameters: Any, sizes: Any, blocks: Any, labels: Any, p: Any, margin: Any, total: Any
) -> Any:
    """Loss, number of unsatisfied patterns, and the gradient of the loss into ``total``."""
    scratch = new_scratch(sizes, blocks.shape[2])
    loss, unsatisfied, wrong = hinge(parameters, sizes, blocks, labels, p, margin, total, scratch)
    total /= p
    return loss / p, unsatisfied, wrong
