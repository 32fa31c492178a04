r"""A layered network with any activation, and the exact second derivatives of weighted sums of its preactivations.

With :math:`a_0=x`, :math:`z_l=W_l a_{l-1}+b_l`, :math:`a_l=\phi(z_l)` and output :math:`f=z_{L+1}`, let :math:`G_l=\partial z_l/\partial\theta` be the tangents, all parameters at
once: :math:`G_l=W_l\,\phi'(z_{l-1})\,G_{l-1}+\partial z_l/\partial(W_l,b_l)`. A sum :math:`S=\sum_{\mu,l,i}s_{\mu l i}\,z_{l,i}(x_\mu)` has the slopes :math:`d_l=\partial S/\partial z_l` of
backpropagation, :math:`d_l=s_l+\phi'(z_l)\,W_{l+1}^Td_{l+1}`, and

.. math:: \nabla\nabla S=\sum_{\mu,l}\Big[G_l^T\,\mathrm{diag}\big(\phi''(z_l)\,W_{l+1}^Td_{l+1}\big)\,G_l+C_l+C_l^T\Big],

where :math:`C_l` has the row :math:`d_{l,i}\,\phi'(z_{l-1,q})\,G_{l-1,q}` for the weight :math:`W_l[i,q]`: a weight and what it multiplies. Everything is a product of matrices.

Used by :mod:`learnscape.jamming.networks.jammed`; the quadratic hinge loss has compiled kernels of its own in :mod:`learnscape.fully_connected`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from learnscape.results import by_identity

__all__ = [
    "Activation",
    "Pass",
    "forward",
    "masked_relu",
    "output_gradients",
    "second_derivatives",
    "slopes",
    "softplus",
    "tangents",
    "tanh",
]

FloatArray = NDArray[np.float64]
Activation = Callable[[int, FloatArray], tuple[FloatArray, FloatArray, FloatArray]]
"""(hidden layer from 0, z) to value, slope and bend."""


@by_identity
class Pass(NamedTuple):
    """What a forward pass leaves behind: lists over layers, patterns are rows."""

    below: list[FloatArray]
    """a_{l-1} with a 1 appended, shape (P, n_{l-1} + 1)."""
    z: list[FloatArray]
    """Preactivations, shape (P, n_l); the last is the output."""
    slope: list[FloatArray]
    """phi'(z) of the hidden layers."""
    bend: list[FloatArray]
    """phi''(z) of the hidden layers."""

    @property
    def output(self) -> FloatArray:
        """f(x_mu), shape (P,)."""
        return self.z[-1][:, 0]

    def of(self, some: NDArray[np.bool_]) -> Pass:
        """The pass of some of the patterns."""
        return Pass(*([array[some] for array in part] for part in self))


def tanh(layer: int, z: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The hyperbolic tangent."""
    value = np.tanh(z)
    slope = 1.0 - value * value
    return value, slope, -2.0 * value * slope


def softplus(sharpness: float) -> Activation:
    """ln(1 + exp(b z))/b, which becomes max(0, z) as b grows."""

    def activation(layer: int, z: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        slope = expit(sharpness * z)
        return np.logaddexp(0.0, sharpness * z) / sharpness, slope, sharpness * slope * (1.0 - slope)

    return activation


def masked_relu(masks: Sequence[FloatArray]) -> Activation:
    """The piece of max(0, z) on which these neurons are on (1) and these off (0): linear."""

    def activation(layer: int, z: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        return masks[layer] * z, masks[layer], np.zeros_like(z)

    return activation


def forward(matrices: Sequence[FloatArray], x: FloatArray, activation: Activation) -> Pass:
    """Run the patterns x, shape (P, d), through the layers [W_l | b_l]."""
    ones = np.ones((len(x), 1))
    done = Pass([np.hstack([x, ones])], [], [], [])
    for layer, matrix in enumerate(matrices):
        done.z.append(done.below[-1] @ matrix.T)
        if layer + 1 < len(matrices):
            value, slope, bend = activation(layer, done.z[-1])
            done.below.append(np.hstack([value, ones]))
            done.slope.append(slope)
            done.bend.append(bend)
    return done


def slopes(
    matrices: Sequence[FloatArray], done: Pass, seeds: Sequence[FloatArray | None]
) -> tuple[list[FloatArray], list[FloatArray]]:
    """Derivatives of S = sum of seeds times preactivations with respect to every z_l, and to every a_l of the hidden layers.

    ``seeds`` has one array of the shape of z_l for each layer, or None for zeros.
    """
    by_z: list[FloatArray] = []
    by_value: list[FloatArray] = []
    for layer in reversed(range(len(matrices))):
        seed = seeds[layer]
        if layer + 1 == len(matrices):
            here = np.zeros_like(done.z[layer])
        else:
            by_value.append(by_z[-1] @ matrices[layer + 1][:, :-1])
            here = by_value[-1] * done.slope[layer]
        by_z.append(here if seed is None else here + seed)
    return by_z[::-1], by_value[::-1]


def output_gradients(matrices: Sequence[FloatArray], done: Pass) -> FloatArray:
    """Gradients of the outputs as rows, shape (P, n)."""
    seeds: list[FloatArray | None] = [None] * (len(matrices) - 1)
    by_z, _ = slopes(matrices, done, [*seeds, np.ones_like(done.z[-1])])
    p = len(done.output)
    parts = [(d[:, :, None] * a[:, None, :]).reshape(p, -1) for d, a in zip(by_z, done.below, strict=True)]
    return np.hstack(parts)


def tangents(matrices: Sequence[FloatArray], done: Pass) -> list[FloatArray]:
    """G_l for every layer, shape (P, n_l, n)."""
    total = sum(matrix.size for matrix in matrices)
    found: list[FloatArray] = []
    start = 0
    for layer, matrix in enumerate(matrices):
        width, row = matrix.shape
        g = np.zeros((len(done.output), width, total))
        if layer:
            g += matrix[:, :-1] @ (done.slope[layer - 1][:, :, None] * found[-1])
        for neuron in range(width):
            g[:, neuron, start + neuron * row : start + (neuron + 1) * row] += done.below[layer]
        found.append(g)
        start += matrix.size
    return found


def second_derivatives(
    matrices: Sequence[FloatArray],
    done: Pass,
    tangent: Sequence[FloatArray],
    seeds: Sequence[FloatArray | None],
) -> FloatArray:
    """The matrix of second derivatives of S = sum of seeds times preactivations, shape (n, n)."""
    by_z, by_value = slopes(matrices, done, seeds)
    n = tangent[0].shape[2]
    total, mixed = np.zeros((n, n)), np.zeros((n, n))
    start = 0
    for layer, matrix in enumerate(matrices):
        width, row = matrix.shape
        if layer < len(by_value) and done.bend[layer].any():
            g = tangent[layer].reshape(-1, n)
            total += (g * (by_value[layer] * done.bend[layer]).reshape(-1, 1)).T @ g
        if layer:
            multiplied = (done.slope[layer - 1][:, :, None] * tangent[layer - 1]).reshape(
                len(done.output), -1
            )
            block = mixed[start : start + matrix.size].reshape(width, row, n)
            block[:, :-1] = (by_z[layer].T @ multiplied).reshape(width, row - 1, n)
        start += matrix.size
    return total + mixed + mixed.T
