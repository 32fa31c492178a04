r"""How the parameters of a fully-connected network lie in memory, how many there are, and random ones to start from.

They are one flat float64 vector. Layer after layer it holds the matrix [W_l | b_l] of shape (n_l, n_{l-1} + 1) row by row: the weights
into a neuron stand together, its bias last. With a 1 appended to every activation vector a layer is then a single matrix product, and
so is its gradient. ``sizes`` = (d, n_1, ..., n_L, 1) fixes the layout.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from learnscape.errors import is_integer, require
from learnscape.numerics.rng import generator

__all__ = [
    "as_sizes",
    "count_parameters",
    "count_weights",
    "layers",
    "orthogonal_parameters",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def as_sizes(sizes: Sequence[int] | IntArray) -> IntArray:
    """Check the widths (d, n_1, ..., n_L, 1) and return them as an integer array."""
    require(np.ndim(sizes) == 1, "sizes", sizes, "a sequence of integers: inputs, widths, 1")
    for size in sizes:
        valid = is_integer(size) and size >= 1
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
