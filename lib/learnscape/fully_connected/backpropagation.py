r"""Output, gradient and Jacobian of a fully-connected ReLU network, for all patterns at once.

*Gradient.* With delta_{L+1} = 1 and delta_l = 1[a_l > 0] * (W_{l+1}^T delta_{l+1}) the derivative of f with respect to [W_l | b_l] is the
outer product of delta_l and (a_{l-1}, 1). At a kink, where a preactivation is exactly 0, the neuron counts as off.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import as_real, require
from learnscape.fully_connected.blocks import BLOCK, as_blocks, as_inputs, finite
from learnscape.fully_connected.layout import as_sizes, layers
from learnscape.numerics.jit import kernel

__all__ = [
    "activations",
    "backpropagated",
    "backward_block",
    "fill_jacobian",
    "forward_block",
    "gradient",
    "jacobian",
    "new_hidden",
    "outer_products",
    "output",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@kernel
def new_hidden(sizes: Any, block: Any) -> Any:
    """A flat buffer for the activations of one block: for every hidden layer (n_l + 1, block), its last row set to 1."""
    total = 0
    for l in range(1, sizes.size - 1):
        total += (sizes[l] + 1) * block
    hidden = np.ones(total)
    return hidden


@kernel
def forward_block(parameters: Any, sizes: Any, inputs: Any, hidden: Any, out: Any) -> None:
    """Activations and outputs of one block. ``inputs`` (d + 1, block), ``hidden`` from :func:`new_hidden`, ``out`` (1, block)."""
    block = inputs.shape[1]
    below = inputs
    first = 0
    start = 0
    for l in range(1, sizes.size - 1):
        rows, columns = sizes[l], sizes[l - 1] + 1
        matrix = parameters[first : first + rows * columns].reshape(rows, columns)
        values = hidden[start : start + rows * block]
        np.dot(matrix, below, values.reshape(rows, block))
        for i in range(values.size):
            values[i] = max(values[i], 0.0)
        below = hidden[start : start + (rows + 1) * block].reshape(rows + 1, block)
        first += rows * columns
        start += (rows + 1) * block
    columns = sizes[sizes.size - 2] + 1
    np.dot(parameters[first : first + columns].reshape(1, columns), below, out)


@kernel
def backward_block(
    parameters: Any,
    sizes: Any,
    inputs: Any,
    hidden: Any,
    coefficients: Any,
    errors: Any,
    product: Any,
    total: Any,
) -> None:
    """Add sum_mu coefficients[mu] grad f(x_mu) over one block to ``total``.

    ``coefficients`` (1, block); ``errors`` is scratch of 2 (max width + 1) block entries, ``product`` of as many as the largest layer.
    """
    block = inputs.shape[1]
    half = errors.size // 2
    first = parameters.size
    start = hidden.size
    delta = coefficients
    slot = 0
    for l in range(sizes.size - 1, 0, -1):
        rows, columns = sizes[l], sizes[l - 1] + 1
        first -= rows * columns
        if l > 1:
            start -= columns * block
            below = hidden[start : start + columns * block].reshape(columns, block)
        else:
            below = inputs
        np.dot(delta, below.T, product[: rows * columns].reshape(rows, columns))
        for i in range(rows * columns):
            total[first + i] += product[i]
        if l > 1:
            matrix = parameters[first : first + rows * columns].reshape(rows, columns)
            target = errors[slot * half : slot * half + columns * block]
            np.dot(matrix.T, delta, target.reshape(columns, block))
            active = hidden[start : start + columns * block]
            for i in range((columns - 1) * block):
                target[i] = target[i] if active[i] > 0.0 else 0.0
            delta = target[: (columns - 1) * block].reshape(columns - 1, block)
            slot = 1 - slot


@kernel
def _output(parameters: Any, sizes: Any, blocks: Any, values: Any) -> None:
    hidden = new_hidden(sizes, blocks.shape[2])
    out = np.empty((1, blocks.shape[2]))
    for b in range(blocks.shape[0]):
        forward_block(parameters, sizes, blocks[b], hidden, out)
        values[b] = out[0]


@kernel
def _gradient(parameters: Any, sizes: Any, blocks: Any, coefficients: Any, total: Any) -> None:
    block = blocks.shape[2]
    hidden = new_hidden(sizes, block)
    out = np.empty((1, block))
    errors = np.empty(2 * (sizes.max() + 1) * block)
    product = np.empty(parameters.size)
    for b in range(blocks.shape[0]):
        forward_block(parameters, sizes, blocks[b], hidden, out)
        out[0] = coefficients[b]
        backward_block(parameters, sizes, blocks[b], hidden, out, errors, product, total)


def output(parameters: FloatArray, sizes: Sequence[int] | IntArray, x: ArrayLike) -> FloatArray:
    """Outputs f(x) of all patterns, shape (P,).

    Parameters
    ----------
    parameters : ndarray, shape (count_parameters(sizes),)
    sizes : sequence of int
        (d, n_1, ..., n_L, 1).
    x : array_like, shape (P, d)

    Raises
    ------
    ValueError
        If the input is bad, or an output overflows.

    Examples
    --------
    One hidden neuron that is off for negative x: f = 2 max(0, x + 1) - 3.

    >>> output(np.array([1.0, 1.0, 2.0, -3.0]), (1, 1, 1), [[-4.0], [0.0], [2.0]])
    array([-3., -1.,  3.])
    """
    n = as_sizes(sizes)
    inputs = as_inputs(x, int(n[0]))
    layers(parameters, n)
    blocks = as_blocks(inputs)
    values = np.empty((len(blocks), BLOCK))
    _output(np.ascontiguousarray(parameters, dtype=np.float64), n, blocks, values)
    return finite("f", values.ravel()[: len(inputs)])


def gradient(
    parameters: FloatArray, sizes: Sequence[int] | IntArray, x: ArrayLike, coefficients: ArrayLike
) -> FloatArray:
    """The combination sum_mu c_mu grad f(x_mu) of the patterns' gradients, shape (count_parameters(sizes),).

    The gradient of any loss sum_mu loss(f(x_mu)) is of this form, with c_mu = loss'(f(x_mu)).

    Parameters
    ----------
    parameters : ndarray, shape (count_parameters(sizes),)
    sizes : sequence of int
        (d, n_1, ..., n_L, 1).
    x : array_like, shape (P, d)
    coefficients : array_like, shape (P,)

    Examples
    --------
    >>> gradient(np.array([1.0, 1.0, 2.0, -3.0]), (1, 1, 1), [[-4.0], [0.5]], [1.0, 1.0])
    array([1. , 2. , 1.5, 2. ])
    """
    n = as_sizes(sizes)
    inputs = as_inputs(x, int(n[0]))
    layers(parameters, n)
    weights = finite("coefficients", as_real("coefficients", coefficients, "real numbers, shape (P,)"))
    require(weights.shape == (len(inputs),), "coefficients.shape", weights.shape, f"({len(inputs)},)")
    blocks = as_blocks(inputs)
    padded = np.zeros((len(blocks), BLOCK))
    padded.ravel()[: len(inputs)] = weights
    total = np.zeros(parameters.size)
    _gradient(np.ascontiguousarray(parameters, dtype=np.float64), n, blocks, padded, total)
    return finite("gradient", total)


def activations(parameters: FloatArray, sizes: Sequence[int] | IntArray, x: ArrayLike) -> list[FloatArray]:
    """Preactivations of all patterns: one array (P, n_l) for every hidden layer, and the outputs (P, 1) last.

    Examples
    --------
    >>> [z.tolist() for z in activations(np.array([1.0, 1.0, 2.0, -3.0]), (1, 1, 1), [[-4.0], [2.0]])]
    [[[-3.0], [3.0]], [[-3.0], [3.0]]]
    """
    n = as_sizes(sizes)
    below = as_inputs(x, int(n[0]))
    found = []
    for matrix in layers(parameters, n):
        found.append(finite("preactivation", below @ matrix[:, :-1].T + matrix[:, -1]))
        below = np.maximum(found[-1], 0.0)
    return found


def backpropagated(
    parameters: FloatArray, sizes: Sequence[int] | IntArray, x: ArrayLike
) -> tuple[list[FloatArray], list[FloatArray]]:
    """For l = 1, ..., L + 1 the layers' inputs (a_{l-1}, 1), shapes (P, n_{l-1} + 1), and derivatives df/dz_l, shapes (P, n_l)."""
    n = as_sizes(sizes)
    inputs = as_inputs(x, int(n[0]))
    p = len(inputs)
    matrices = layers(parameters, n)
    below = [np.column_stack([inputs, np.ones(p)])]
    for matrix in matrices[:-1]:
        values = np.ones((p, len(matrix) + 1))
        np.maximum(below[-1] @ matrix.T, 0.0, out=values[:, :-1])
        below.append(values)
    deltas = [np.ones((p, 1))]
    for matrix, values in zip(matrices[:0:-1], below[:0:-1], strict=True):
        deltas.append(np.where(values[:, :-1] > 0.0, deltas[-1] @ matrix[:, :-1], 0.0))
    return below, deltas[::-1]


@kernel
def _outer_products(left: Any, right: Any, rows: Any) -> None:
    width = right.shape[1]
    for mu in range(left.shape[0]):
        for i in range(left.shape[1]):
            factor = left[mu, i]
            for k in range(width):
                rows[mu, i * width + k] = factor * right[mu, k]


def outer_products(left: FloatArray, right: FloatArray, rows: FloatArray | None = None) -> FloatArray:
    """Every pattern's products of its entries in ``left`` (P, a) and ``right`` (P, b), flat: shape (P, a b).

    Examples
    --------
    >>> outer_products(np.array([[1.0, 2.0]]), np.array([[3.0, 5.0]]))
    array([[ 3.,  5.,  6., 10.]])
    """
    if rows is None:
        rows = np.empty((len(left), left.shape[1] * right.shape[1]))
    _outer_products(left, right, rows)
    return rows


def fill_jacobian(passes: tuple[list[FloatArray], list[FloatArray]], rows: FloatArray) -> FloatArray:
    """Write the gradients grad f(x_mu) into ``rows`` (P, n), from what :func:`backpropagated` returns."""
    first = 0
    for values, delta in zip(*passes, strict=True):
        last = first + delta.shape[1] * values.shape[1]
        outer_products(delta, values, rows[:, first:last])
        first = last
    return rows


def jacobian(parameters: FloatArray, sizes: Sequence[int] | IntArray, x: ArrayLike) -> FloatArray:
    """Gradients grad f(x_mu) of all patterns as rows, shape (P, count_parameters(sizes)).

    Examples
    --------
    >>> jacobian(np.array([1.0, 1.0, 2.0, -3.0]), (1, 1, 1), [[0.5], [2.0]])
    array([[1. , 2. , 1.5, 1. ],
           [4. , 2. , 3. , 1. ]])
    """
    passes = backpropagated(parameters, sizes, x)
    return finite("jacobian", fill_jacobian(passes, np.empty((len(passes[0][0]), parameters.size))))
