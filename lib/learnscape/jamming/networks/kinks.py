r"""Minima on kinks: preactivations that are exactly zero act as walls, with forces of their own.

The loss of a ReLU network has a kink wherever the preactivation :math:`z` of a neuron vanishes for an unsatisfied pattern. A minimum on
several kinks :math:`z_a(\theta)=0` is not smooth: its gradient need not vanish, it is balanced by forces :math:`\lambda_a` of the kinks,

.. math:: \nabla E = \sum_a \lambda_a \nabla z_a ,

and only motion along the surface :math:`z_a=0` counts for stability to second order. There the curvature is that of the Lagrange function,

.. math:: Q^T\Big[H-\sum_a\lambda_a\nabla\nabla z_a\Big]Q ,

with Q an orthonormal basis of the directions in which no :math:`z_a` changes. Here H is the Hessian with the masks as they are in floating point. Chapter
``jamming/hessian-spectra``; kinks as the loophole of the stability argument: M. Geiger et al., Phys. Rev. E 100, 012115 (2019).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigvalsh

from learnscape import fully_connected
from learnscape.errors import require
from learnscape.fully_connected.second_derivatives import add_second_derivatives
from learnscape.jamming.networks.model import HingeNetwork

__all__ = ["KinkState", "kinks"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

INDEPENDENT = (
    1e-10  # of the largest singular value: kinks whose gradients depend on others beyond this count once
)


@dataclass(frozen=True, eq=False)
class KinkState:
    """What the kinks at a point of the loss hold, from :func:`kinks`."""

    where: IntArray
    """Shape (kinks, 3): hidden layer (from 0), pattern and neuron of each kink."""
    rank: int
    """Independent directions that the kinks fix."""
    gradient_norm: float
    """|grad Loss| with the masks as they are."""
    unbalanced: float
    """What is left of it after the best forces on the kinks: small compared with ``gradient_norm`` at a minimum on these kinks."""
    forces: FloatArray
    """Shape (kinks,): lambda."""
    curvature: FloatArray
    """Eigenvalues of the curvature along the surface of the kinks, ascending, shape (n_parameters - rank,)."""
    smooth: FloatArray
    """Eigenvalues of H itself, ascending: what one sees without minding the kinks."""


def kinks(network: HingeNetwork, x: ArrayLike, y: ArrayLike, *, threshold: float = 1e-5) -> KinkState:
    """Find the kinks at which a network sits, balance its gradient by forces on them, and diagonalise the curvature along them.

    Parameters
    ----------
    network : HingeNetwork
    x : array_like, shape (P, d)
    y : array_like, shape (P,)
        Not all patterns satisfied.
    threshold : float
        A preactivation counts as zero if it is smaller than this times the root mean square of the positive ones of its layer; in (0, 0.1).
        Compare several: on a plateau the kinks are real.

    Returns
    -------
    KinkState

    Raises
    ------
    ValueError
        If every pattern is satisfied, or the threshold is out of range.

    Examples
    --------
    At random initial parameters nothing sits on a kink:

    >>> from learnscape.jamming.networks import HingeNetwork, random_data
    >>> len(kinks(HingeNetwork(6, 6, 2, rng=1), *random_data(40, 6, rng=2)).where)
    0
    """
    require(isinstance(network, HingeNetwork), "network", network, "a HingeNetwork")
    valid = isinstance(threshold, int | float | np.floating) and 0 < threshold < 0.1
    require(valid, "threshold", threshold, "a number in (0, 0.1)")
    patterns = np.asarray(x, dtype=np.float64)
    unsatisfied = np.flatnonzero(network.delta(x, y) > 0)
    require(unsatisfied.size > 0, "N_Delta", 0, "> 0: where every pattern is satisfied the loss is flat")
    parts = network.hessian(x, y)
    hessian, gradient = parts.total, network.gradient(x, y)

    where: list[tuple[int, int, int]] = []
    rows: list[FloatArray] = []
    for layer, z in enumerate(_preactivations(network, patterns[unsatisfied])):
        size = float(np.sqrt(np.mean(np.maximum(z, 0.0) ** 2))) or 1.0
        for neuron in range(z.shape[1]):
            near = unsatisfied[np.abs(z[:, neuron]) < threshold * size]
            if near.size:
                part, at = _neuron(network, layer, neuron)
                full = np.zeros((near.size, network.n_parameters))
                full[:, at] = part.jacobian(patterns[near])
                rows.extend(full)
                where.extend((layer, int(pattern), neuron) for pattern in near)
    if not rows:
        values = eigvalsh(hessian)
        norm = float(np.linalg.norm(gradient))
        return KinkState(np.zeros((0, 3), dtype=np.int64), 0, norm, norm, np.zeros(0), values, values)

    normals = np.array(rows)
    left, singular, right = np.linalg.svd(normals)
    rank = int(np.count_nonzero(singular > INDEPENDENT * singular[0]))
    forces: FloatArray = left[:, :rank] @ ((right[:rank] @ gradient) / singular[:rank])
    along = right[rank:].T
    lagrange = hessian - _curvature_of_kinks(network, patterns, where, forces)
    return KinkState(
        where=np.array(where, dtype=np.int64),
        rank=rank,
        gradient_norm=float(np.linalg.norm(gradient)),
        unbalanced=float(np.linalg.norm(gradient - normals.T @ forces)),
        forces=forces,
        curvature=eigvalsh(along.T @ lagrange @ along),
        smooth=eigvalsh(hessian),
    )


def _preactivations(network: HingeNetwork, patterns: FloatArray) -> list[FloatArray]:
    """Preactivations of each hidden layer, shape (patterns, width)."""
    below, found = patterns, []
    for matrix in network.layers()[:-1]:
        found.append(below @ matrix[:, :-1].T + matrix[:, -1])
        below = np.maximum(found[-1], 0.0)
    return found


def _neuron(network: HingeNetwork, layer: int, neuron: int) -> tuple[HingeNetwork, IntArray]:
    """The network whose output is the preactivation of one neuron, and where its parameters stand in the vector of all."""
    matrices = network.layers()
    starts = np.concatenate([[0], np.cumsum([matrix.size for matrix in matrices])])
    width = matrices[layer].shape[1]
    row = starts[layer] + neuron * width
    at = np.concatenate([np.arange(starts[layer]), np.arange(row, row + width)])
    if layer == 0:
        return _Linear(network.parameters[at]), at  # type: ignore[return-value]
    part = HingeNetwork(network.inputs, list(network.sizes[1 : layer + 1]), rng=0)
    part.parameters = network.parameters[at]
    return part, at


class _Linear:
    """A neuron of the first layer: its preactivation is linear in its parameters."""

    def __init__(self, parameters: FloatArray) -> None:
        self.parameters = parameters

    def jacobian(self, x: FloatArray) -> FloatArray:
        return np.column_stack([x, np.ones(len(x))])


def _curvature_of_kinks(
    network: HingeNetwork, patterns: FloatArray, where: list[tuple[int, int, int]], forces: FloatArray
) -> FloatArray:
    """Sum over the kinks of force times second derivatives of the preactivation."""
    total = np.zeros((network.n_parameters, network.n_parameters))
    of_neuron: dict[tuple[int, int], list[int]] = {}
    for k, (layer, _, neuron) in enumerate(where):
        if layer > 0:
            of_neuron.setdefault((layer, neuron), []).append(k)
    for (layer, neuron), members in of_neuron.items():
        part, at = _neuron(network, layer, neuron)
        second = np.zeros((at.size, at.size))
        some = patterns[[where[k][1] for k in members]]
        passes = fully_connected.backpropagated(part.parameters, part.sizes, some)
        add_second_derivatives(part.parameters, part.sizes, passes, forces[members], second)
        total[np.ix_(at, at)] += second + second.T
    return total
