r"""What can be changed in a ReLU network without changing its answer: the scale of each unit, and the order of the units.

*Scale.* A ReLU is positively homogeneous, max(0, c z) = c max(0, z) for c > 0. So a unit's incoming weights and bias can be divided by their norm and its outgoing weights
multiplied by it. Done layer by layer, every row of [W_l | b_l] has norm 1, and the network lies on a product of spheres. The last norm is a positive
factor of f, which its sign does not notice.

*Order.* Permuting the units of a layer together with their outgoing weights is no change either. To compare two networks, the units of one are assigned to those of the
other so that the sum of their similarities is largest.

Pittorino, Ferraro, Perugini, Feinauer, Baldassi and Zecchina, ICML 2022 (arXiv 2202.03038). Chapter *realistic-networks*.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linear_sum_assignment

from learnscape.errors import require
from learnscape.fully_connected import activations, as_inputs, as_sizes, layers
from learnscape.fully_connected.blocks import finite
from learnscape.learn.continuous._input import as_parameters

__all__ = ["matched", "normalised", "permuted", "unit_matching"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

NONE = -(10**6)  # as a power of two: less than that of any number


def normalised(parameters: ArrayLike, sizes: Sequence[int] | IntArray, *, last: bool = True) -> FloatArray:
    """The same network with incoming weights and bias of every unit of norm 1.

    Parameters
    ----------
    parameters : array_like, shape (n_parameters,)
        Left unchanged.
    sizes : sequence of int
        (d, n_1, ..., n_L, 1).
    last : bool
        Whether the output unit is normalised, too: f is then divided by a positive number, and every sign of it stays. Otherwise f stays.

    Returns
    -------
    ndarray, shape (n_parameters,)
        A unit without any incoming weight or bias keeps its zeros, and its outgoing weights become 0.

    Raises
    ------
    ValueError
        Bad input. Without ``last`` also where the last weights, which collect the scales of all layers, do not fit into doubles.

    Examples
    --------
    f = 2 max(0, 3 x + 4) - 5 is 10 max(0, 0.6 x + 0.8) - 5.

    >>> normalised([3.0, 4.0, 2.0, -5.0], (1, 1, 1), last=False)
    array([ 0.6,  0.8, 10. , -5. ])
    """
    vector = as_parameters("parameters", parameters, sizes)
    matrices = layers(vector, sizes)
    # Powers of two are kept apart: squares, and products of the layers' scales, leave the range of doubles long before the answer does.
    norms, powers = np.ones(matrices[0].shape[1]), np.zeros(matrices[0].shape[1], dtype=np.intc)
    for l, matrix in enumerate(matrices):
        mantissas, exponents = np.frexp(matrix)
        mantissas *= norms
        exponents += powers
        if l == len(matrices) - 1 and not last:
            with np.errstate(over="ignore"):
                matrix[:] = np.ldexp(mantissas, exponents)
            finite("last weights", matrix)
            return vector
        top = np.where(mantissas != 0.0, exponents, NONE).max(axis=1)
        matrix[:] = np.ldexp(mantissas, exponents - top[:, None])
        length = np.linalg.norm(matrix, axis=1)
        matrix /= np.where(length > 0.0, length, 1.0)[:, None]
        norms, powers = np.append(length, 1.0), np.append(top, 0).astype(np.intc)  # of the units below, and 1
    return vector


def permuted(
    parameters: ArrayLike, sizes: Sequence[int] | IntArray, orders: Sequence[ArrayLike]
) -> FloatArray:
    """The same network with its hidden units in another order.

    Parameters
    ----------
    parameters : array_like, shape (n_parameters,)
    sizes : sequence of int
        (d, n_1, ..., n_L, 1).
    orders : sequence of arrays of int
        For every hidden layer: which old unit is to stand at each place.

    Examples
    --------
    >>> permuted([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], (1, 2, 1), [[1, 0]])
    array([3., 4., 1., 2., 6., 5., 7.])
    """
    n = as_sizes(sizes)
    vector = as_parameters("parameters", parameters, n)
    require(len(orders) == n.size - 2, "len(orders)", len(orders), f"{n.size - 2}, one order a hidden layer")
    matrices = layers(vector, n)
    for l, given in enumerate(orders):
        order = np.asarray(given)
        good = order.dtype.kind in "iu" and order.shape == (n[l + 1],)
        good = good and bool((np.sort(order) == np.arange(n[l + 1])).all())
        require(good, f"orders[{l}]", given, f"a permutation of the numbers 0 to {n[l + 1] - 1}")
        matrices[l][:] = matrices[l][order]
        matrices[l + 1][:, :-1] = matrices[l + 1][:, order]
    return vector


def _cosines(a: FloatArray, b: FloatArray) -> FloatArray:
    """Between all rows of two matrices; 0 for a row of zeros, as that of a unit that is always off."""
    lengths = [np.linalg.norm(rows, axis=1) for rows in (a, b)]
    units = [rows / np.where(r > 0.0, r, 1.0)[:, None] for rows, r in zip((a, b), lengths, strict=True)]
    return units[0] @ units[1].T


def unit_matching(
    a: ArrayLike,
    b: ArrayLike,
    sizes: Sequence[int] | IntArray,
    x: ArrayLike | None = None,
    *,
    by: Literal["weights", "activations"] | None = None,
) -> list[IntArray]:
    """For every hidden layer the order of the units of ``b`` that makes them most similar to those of ``a``, one by one.

    Layer after layer from below, each with the largest sum for the orders chosen below it; no search over all layers at once. The units' similarities are the cosines
    between their incoming weights and biases (of the normalised networks, and of ``b`` with its lower layers in their new order), or between their activations on
    the patterns ``x``.

    Parameters
    ----------
    a, b : array_like, shape (n_parameters,)
    sizes : sequence of int
        (d, n_1, ..., n_L, 1).
    x : array_like, shape (P, d), optional
        Patterns, for activations.
    by : {"weights", "activations"}, optional
        By default activations where ``x`` is given, otherwise weights.

    Returns
    -------
    list of ndarray of int
        As :func:`permuted` takes them.
    """
    n = as_sizes(sizes)
    how = by or ("weights" if x is None else "activations")
    require(how in ("weights", "activations"), "by", by, "weights or activations")
    first, second = (normalised(as_parameters(name, v, n), n) for name, v in (("a", a), ("b", b)))
    orders: list[IntArray] = [np.arange(width) for width in n[1:-1]]
    if how == "activations":
        require(x is not None, "x", x, "patterns (P, d): by activations needs them")
        inputs = as_inputs(x, int(n[0]))  # type: ignore[arg-type]
        values = [[np.maximum(z, 0.0).T for z in activations(w, n, inputs)[:-1]] for w in (first, second)]
    for l in range(n.size - 2):
        if how == "weights":  # lower layers in their new order
            similar = _cosines(layers(first, n)[l], layers(permuted(second, n, orders), n)[l])
        else:
            similar = _cosines(values[0][l], values[1][l])
        orders[l] = linear_sum_assignment(similar, maximize=True)[1].astype(np.int64)
    return orders


def matched(
    a: ArrayLike,
    b: ArrayLike,
    sizes: Sequence[int] | IntArray,
    x: ArrayLike | None = None,
    *,
    by: Literal["weights", "activations"] | None = None,
) -> FloatArray:
    """The network ``b`` with its hidden units in the order that makes them most similar to those of ``a``; see :func:`unit_matching`.

    Parameters
    ----------
    a, b : array_like, shape (n_parameters,)
    sizes : sequence of int
        (d, n_1, ..., n_L, 1).
    x : array_like, shape (P, d), optional
        Patterns: match by activations on them instead of by weights.
    by : {"weights", "activations"}, optional

    Examples
    --------
    >>> from learnscape.fully_connected import orthogonal_parameters
    >>> a = orthogonal_parameters((5, 4, 3, 1), rng=1)
    >>> b = permuted(a, (5, 4, 3, 1), [[2, 0, 3, 1], [1, 2, 0]])
    >>> bool((matched(a, b, (5, 4, 3, 1)) == a).all())
    True
    """
    return permuted(b, sizes, unit_matching(a, b, sizes, x, by=by))
