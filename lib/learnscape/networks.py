r"""Fully-connected ReLU networks: output, gradient and Jacobian, for all patterns at once.

The network with inputs x of length d, hidden layers of widths n_1, ..., n_L and one linear output is

    a_0 = x,   a_l = max(0, W_l a_{l-1} + b_l)  for l = 1, ..., L,   f = W_{L+1} a_L + b_{L+1}.

*Parameters* are one flat float64 vector. Layer after layer it holds the matrix [W_l | b_l] of shape (n_l, n_{l-1} + 1) row by row:
the weights into a neuron stand together, its bias last. With a 1 appended to every activation vector a layer is then a single matrix
product, and so is its gradient. ``sizes`` = (d, n_1, ..., n_L, 1) fixes the layout.

*Gradient* (backpropagation). With delta_{L+1} = 1 and delta_l = 1[a_l > 0] * (W_{l+1}^T delta_{l+1}) the derivative of f with respect to
[W_l | b_l] is the outer product of delta_l and (a_{l-1}, 1). At a kink, where a preactivation is exactly 0, the neuron counts as off.

*Speed.* Patterns go through the network in blocks of 128, stored as matrices (neurons, patterns): all activations of a block stay in the
processor's cache, and the matrix products (BLAS, called from compiled code) run near its peak also for 20 neurons.

Used by :mod:`learnscape.jamming.networks`. Chapter: ``jamming/deep-networks``.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import require
from learnscape.numerics.jit import kernel
from learnscape.numerics.rng import generator

__all__ = [
    "activations",
    "as_blocks",
    "as_inputs",
    "count_parameters",
    "count_weights",
    "gradient",
    "jacobian",
    "layers",
    "orthogonal_parameters",
    "output",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

BLOCK = 128  # patterns that go through the network together: a multiple of the vector length, small enough for the cache


def as_sizes(sizes: Sequence[int] | IntArray) -> IntArray:
    """Check the widths (d, n_1, ..., n_L, 1) and return them as an integer array."""
    require(np.ndim(sizes) == 1, "sizes", sizes, "a sequence of integers: inputs, widths, 1")
    for size in sizes:
        valid = isinstance(size, int | np.integer) and not isinstance(size, bool) and size >= 1
        require(
            bool(valid), "sizes", tuple(sizes), "integers >= 1: inputs, the widths of the hidden layers, 1"
        )
    require(len(sizes) >= 3, "sizes", tuple(sizes), "(inputs, width of at least one hidden layer, 1)")
    require(sizes[-1] == 1, "sizes", tuple(sizes), "(inputs, widths, 1): the network has one output")
    return np.array(sizes, dtype=np.int64)


def count_weights(sizes: Sequence[int] | IntArray) -> int:
    """Number of weights, biases not counted.

    Examples
    --------
    >>> count_weights((20, 30, 30, 30, 1))
    2430
    """
    n = as_sizes(sizes)
    return int((n[1:] * n[:-1]).sum())


def count_parameters(sizes: Sequence[int] | IntArray) -> int:
    """Number of weights and biases, the length of the parameter vector.

    Examples
    --------
    >>> count_parameters((20, 30, 30, 30, 1))
    2521
    """
    n = as_sizes(sizes)
    return int((n[1:] * (n[:-1] + 1)).sum())


def layers(parameters: FloatArray, sizes: Sequence[int] | IntArray) -> list[FloatArray]:
    """The matrices [W_l | b_l] of the layers, as views into the flat parameter vector.

    Parameters
    ----------
    parameters : ndarray, shape (count_parameters(sizes),)
    sizes : sequence of int
        (d, n_1, ..., n_L, 1).

    Examples
    --------
    >>> [matrix.shape for matrix in layers(np.zeros(25), (3, 4, 1, 1))]
    Traceback (most recent call last):
        ...
    ValueError: parameters.shape = (25,) is not allowed: it must be (23,) for sizes (3, 4, 1, 1)
    >>> [matrix.shape for matrix in layers(np.zeros(23), (3, 4, 1, 1))]
    [(4, 4), (1, 5), (1, 2)]
    """
    n = as_sizes(sizes)
    total = count_parameters(n)
    require(
        isinstance(parameters, np.ndarray),
        "type(parameters)",
        type(parameters).__name__,
        "ndarray: views are returned",
    )
    require(
        parameters.shape == (total,),
        "parameters.shape",
        parameters.shape,
        f"({total},) for sizes {tuple(n.tolist())}",
    )
    views = []
    first = 0
    for fan_in, fan_out in pairwise(n.tolist()):
        last = first + fan_out * (fan_in + 1)
        views.append(parameters[first:last].reshape(fan_out, fan_in + 1))
        first = last
    return views


def orthogonal_parameters(
    sizes: Sequence[int] | IntArray, *, gain: float = 1.0, rng: int | np.random.Generator | None = None
) -> FloatArray:
    """Random parameters: every weight matrix block-orthogonal, every bias 0.

    A matrix with at most as many rows as columns gets orthonormal rows, uniformly distributed: the Q of a QR decomposition of a
    Gaussian matrix, with the signs fixed so that the diagonal of R is positive. A taller one is filled by independent blocks of that kind.

    Parameters
    ----------
    sizes : sequence of int
        (d, n_1, ..., n_L, 1).
    gain : float
        Factor of the last weight matrix (the hidden ones have gain 1).
    rng : int or numpy.random.Generator, optional
        Seed or generator.

    References
    ----------
    F. Mezzadri, Notices of the AMS 54, 592 (2007), for the signs; A. M. Saxe, J. L. McClelland and S. Ganguli, ICLR 2014,
    for orthogonal initial weights.

    Examples
    --------
    >>> first, last = layers(orthogonal_parameters((5, 3, 1), rng=1), (5, 3, 1))
    >>> bool(np.allclose(first[:, :5] @ first[:, :5].T, np.eye(3)))
    True
    """
    n = as_sizes(sizes)
    random = generator(rng)
    parameters = np.zeros(count_parameters(n))
    matrices = layers(parameters, n)
    for matrix in matrices:
        rows, columns = matrix.shape[0], matrix.shape[1] - 1
        for first in range(0, rows, columns):
            last = min(first + columns, rows)
            q, r = np.linalg.qr(random.standard_normal((columns, last - first)))
            matrix[first:last, :columns] = (q * np.sign(np.diagonal(r))).T
    matrices[-1][:, :-1] *= gain
    return parameters


def as_reals(values: ArrayLike, message: str) -> FloatArray:
    """The values as a float64 array, or ``ValueError(message)``: also for complex numbers and masked entries, which NumPy would drop."""
    try:
        found = np.asarray(values)
        if np.iscomplexobj(found) or np.ma.is_masked(values):
            raise ValueError
        return np.asarray(found, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(message) from None


def finite(name: str, values: FloatArray) -> FloatArray:
    """The values, if all are finite. An overflow in a network is no number: NaN compares false with everything and would pass as satisfied."""
    if not np.isfinite(values).all():
        at = tuple(int(index) for index in np.argwhere(~np.isfinite(values))[0])
        where = ", ".join(map(str, at))
        require(False, f"{name}[{where}]", float(values[at]), "finite: patterns or weights are too large")
    return values


def as_inputs(x: ArrayLike, n_inputs: int) -> FloatArray:
    """Return the patterns as a finite C-contiguous array (P, d), or raise ``ValueError`` saying what is wrong."""
    array = as_reals(x, "x must be a rectangular array of real numbers, shape (P, d)")
    shape = np.shape(x)
    require(len(shape) == 2, "x.shape", shape, "two-dimensional (P, d), one pattern a row")
    require(shape[0] >= 1 and shape[1] == n_inputs, "x.shape", shape, f"(P, {n_inputs}) with P >= 1")
    good = np.isfinite(array)
    if not good.all():
        row, column = (int(index) for index in np.argwhere(~good)[0])
        require(False, f"x[{row}, {column}]", float(array[row, column]), "a finite number")
    return np.ascontiguousarray(array)


def as_blocks(x: FloatArray) -> FloatArray:
    """The patterns as blocks (number of blocks, d + 1, 128): transposed, a row of ones below, the last block filled up with zeros."""
    p, d = x.shape
    blocks = -(-p // BLOCK)
    padded = np.zeros((blocks * BLOCK, d + 1))
    padded[:p, :d] = x
    padded[:, d] = 1.0
    return np.ascontiguousarray(padded.reshape(blocks, BLOCK, d + 1).transpose(0, 2, 1))


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
    weights = finite("coefficients", as_reals(coefficients, "coefficients must be real numbers, shape (P,)"))
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


def jacobian(parameters: FloatArray, sizes: Sequence[int] | IntArray, x: ArrayLike) -> FloatArray:
    """Gradients grad f(x_mu) of all patterns as rows, shape (P, count_parameters(sizes)).

    Examples
    --------
    >>> jacobian(np.array([1.0, 1.0, 2.0, -3.0]), (1, 1, 1), [[0.5], [2.0]])
    array([[1. , 2. , 1.5, 1. ],
           [4. , 2. , 3. , 1. ]])
    """
    below, deltas = backpropagated(parameters, sizes, x)
    p = len(below[0])
    rows = np.empty((p, parameters.size))
    first = 0
    for values, delta in zip(below, deltas, strict=True):
        last = first + delta.shape[1] * values.shape[1]
        np.multiply(
            delta[:, :, None], values[:, None, :], out=rows[:, first:last].reshape(p, delta.shape[1], -1)
        )
        first = last
    return finite("jacobian", rows)
