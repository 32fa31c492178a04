r"""Second derivatives of a fully-connected ReLU network: a weighted sum over patterns, as products of large matrices.

Between kinks f is linear in the parameters of each single layer, so only pairs of different layers have second derivatives. For neuron i of
layer l' with inputs k and neuron p of layer l < l' with inputs q,

    d^2 f / dA_l'[i, k] dA_l[p, q] = delta_l'[i] M[k, p] a_{l-1}[q],      M = d a_{l'-1} / d z_l,

and the sum over patterns is one matrix product for each pair of layers. For l' = l + 1 the matrix M is diagonal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from learnscape.fully_connected.backpropagation import backpropagated, outer_products  # noqa: F401  (backpropagated: the doctest)
from learnscape.fully_connected.layout import layers
from learnscape.numerics.jit import kernel

__all__ = ["add_second_derivatives", "mirror"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

TILE = 32  # rows and columns that are mirrored together: read and written within the cache


@kernel
def mirror(matrix: Any) -> None:
    """Copy what stands below the diagonal of a square matrix to its place above."""
    n = matrix.shape[0]
    for first in range(0, n, TILE):
        for second in range(0, first + 1, TILE):
            for i in range(first, min(first + TILE, n)):
                for j in range(second, min(second + TILE, i)):
                    matrix[j, i] = matrix[i, j]


@kernel
def _first_transfer(matrix: Any, on: Any, on_below: Any, transfer: Any) -> None:
    """``transfer`` (P, k, p) = matrix (k, p) where both neurons are on, else zero."""
    for mu in range(transfer.shape[0]):
        for k in range(transfer.shape[1]):
            for i in range(transfer.shape[2]):
                transfer[mu, k, i] = matrix[k, i] * (on[mu, k] * on_below[mu, i])


@kernel
def _next_transfer(matrix: Any, on: Any, on_below: Any, transfer: Any, carried: Any) -> None:
    """``carried`` (P, k, p) = matrix (k, r) transfer (P, r, p) where neuron k is on, else zero. About half of all k and r are off: skipped."""
    for mu in range(carried.shape[0]):
        for k in range(carried.shape[1]):
            target = carried[mu, k]
            target[:] = 0.0
            if on[mu, k] == 0.0:
                continue
            for r in range(transfer.shape[1]):
                if on_below[mu, r] != 0.0:
                    weight, source = matrix[k, r], transfer[mu, r]
                    for i in range(target.size):
                        target[i] += weight * source[i]


def add_second_derivatives(
    parameters: FloatArray,
    sizes: Sequence[int] | IntArray,
    passes: tuple[list[FloatArray], list[FloatArray]],
    weights: FloatArray,
    total: FloatArray,
) -> None:
    """Add sum_mu weights[mu] grad grad f(x_mu) to ``total`` (n, n), only what stands below the diagonal: see :func:`mirror`.

    ``passes`` from :func:`learnscape.fully_connected.backpropagated`, of some hundred patterns at a time: P times the square of a width is kept.

    Examples
    --------
    f = 2 max(0, x + 1) - 3 at x = 0.5: only the products of the last weight with the first weight and bias are bilinear.

    >>> network = np.array([1.0, 1.0, 2.0, -3.0]), (1, 1, 1)
    >>> total = np.zeros((4, 4))
    >>> add_second_derivatives(*network, backpropagated(*network, [[0.5]]), np.ones(1), total)
    >>> total[2]
    array([0.5, 1. , 0. , 0. ])
    """
    below, errors = passes
    matrices = layers(parameters, sizes)
    starts = np.concatenate([[0], np.cumsum([matrix.size for matrix in matrices])])
    on = [np.asarray(values[:, :-1] > 0.0, dtype=np.float64) for values in below[1:]]
    p = len(weights)
    for l in range(len(matrices) - 1):
        width, row = matrices[l].shape
        weighted = below[l] * weights[:, None]  # (P, q)
        columns = slice(starts[l], starts[l + 1])
        # The next layer: M is diagonal, so only its entries k = p are touched.
        fan_out, fan_in = matrices[l + 1].shape
        product = errors[l + 1].T @ outer_products(on[l], weighted)
        block = total[starts[l + 1] : starts[l + 2], columns].reshape(fan_out, fan_in, width, row)
        neurons = np.arange(width)
        block[:, neurons, neurons, :] += product.reshape(fan_out, width, row)
        # Layers further up: M is the product of masked weight matrices, pattern by pattern.
        transfer = np.empty((p, 0, width))
        for above in range(l + 2, len(matrices)):
            fan_out, fan_in = matrices[above].shape
            before, transfer = transfer, np.empty((p, fan_in - 1, width))
            if above == l + 2:
                _first_transfer(matrices[above - 1], on[above - 1], on[l], transfer)
            else:
                _next_transfer(matrices[above - 1], on[above - 1], on[above - 2], before, transfer)
            product = outer_products(errors[above], weighted).T @ transfer.reshape(p, -1)  # (i q, k p)
            block = total[starts[above] : starts[above + 1], columns].reshape(fan_out, fan_in, width, row)
            block[:, :-1] += product.reshape(fan_out, row, fan_in - 1, width).transpose(0, 2, 3, 1)
