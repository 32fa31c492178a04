r"""How a packing answers: its dynamical matrix, the frequencies of its vibrations, its elastic moduli.

Expand the energy to second order in the displacements :math:`u`. A contact with unit vector :math:`n`, distance :math:`r`, force
:math:`f` and stiffness :math:`k=V''` contributes, for the relative displacement :math:`w=u_i-u_j`,

.. math:: \tfrac12\big[k\,(n\cdot w)^2-\tfrac fr\,|w_\perp|^2\big]:

a spring along :math:`n`, and a *prestress* that destabilises across it. Moduli follow from strained boxes in which the particles relax:
the affine stiffness minus :math:`\Xi^{T}H^{+}\Xi/\mathcal V`, where :math:`\Xi` are the forces that the affine strain leaves
unbalanced. Chapter: jamming/packings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh, eigvalsh

from learnscape.errors import require
from learnscape.jamming.packings.contacts import separations
from learnscape.jamming.packings.soft import Packing
from learnscape.numerics.threads import one_thread

__all__ = ["Moduli", "dynamical_matrix", "elastic_moduli", "frequencies"]

FloatArray = NDArray[np.float64]


class Moduli(NamedTuple):
    """Second derivatives of the energy density with respect to a strain, after relaxation."""

    bulk: float
    """B = -V dp/dV."""
    shear: float
    """G for simple shear in the first two axes."""
    bulk_affine: float
    """B if the particles only followed the box."""
    shear_affine: float


def _bonds(packing: Packing) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Stiffness (m,), force over distance (m,), distances (m,) and unit vectors (m, d) of the contacts."""
    distance, normal = separations(packing.positions, packing.box, packing.contacts)
    sums = packing.radii[packing.contacts].sum(axis=1)
    if packing.potential == "harmonic":
        stiffness = 1.0 / sums**2
    else:
        stiffness = 1.5 * np.sqrt(1.0 - distance / sums) / sums**2
    return stiffness, packing.forces / distance, distance, normal


def dynamical_matrix(packing: Packing, *, part: str = "all") -> FloatArray:
    """Second derivatives of the energy with respect to the coordinates of the particles that bear forces (masses 1).

    Parameters
    ----------
    packing : Packing
        Jammed.
    part : {"all", "stiffness", "prestress"}
        The whole matrix, the springs only (positive semi-definite), or the prestress only (negative semi-definite).

    Returns
    -------
    ndarray, shape (d N_s, d N_s)
        Coordinates particle by particle, in the order of the particles that are no rattlers.

    Raises
    ------
    ValueError
        For an unjammed packing.

    Examples
    --------
    >>> from learnscape.jamming import packings
    >>> packing = packings.jam(40, rng=1)
    >>> matrix = dynamical_matrix(packing)
    >>> matrix.shape == (2 * packing.n_stable,) * 2, bool(np.allclose(matrix, matrix.T))
    (True, True)
    """
    require(packing.jammed, "packing", "unjammed", "jammed: without contacts there is no stiffness")
    require(part in ("all", "stiffness", "prestress"), "part", part, '"all", "stiffness" or "prestress"')
    stiffness, pull, _, normal = _bonds(packing)
    d = packing.dimension
    along = normal[:, :, None] * normal[:, None, :]
    block = np.zeros_like(along)
    if part != "prestress":
        block += stiffness[:, None, None] * along
    if part != "stiffness":
        block -= pull[:, None, None] * (np.eye(d) - along)
    index = np.cumsum(~packing.rattlers) - 1
    i, j = index[packing.contacts].T
    n = packing.n_stable
    matrix = np.zeros((n, n, d, d))
    np.add.at(matrix, (i, i), block)
    np.add.at(matrix, (j, j), block)
    np.subtract.at(matrix, (i, j), block)
    np.subtract.at(matrix, (j, i), block)
    return matrix.transpose(0, 2, 1, 3).reshape(n * d, n * d)


@one_thread
def frequencies(packing: Packing, *, part: str = "all") -> FloatArray:
    """Ascending frequencies of the vibrations, the d translations left out; shape (d N_s - d,).

    Unstable directions (negative eigenvalues, as when ``part`` is "prestress" or the packing is not relaxed) appear as negative numbers
    -sqrt(|eigenvalue|).

    Examples
    --------
    >>> from learnscape.jamming import packings
    >>> omega = frequencies(packings.jam(40, rng=1))
    >>> bool((omega > 0).all())
    True
    """
    values = eigvalsh(dynamical_matrix(packing, part=part))
    d = packing.dimension
    still = np.sort(np.argsort(np.abs(values))[:d])
    values = np.delete(values, still)
    return np.sign(values) * np.sqrt(np.abs(values))


@one_thread
def elastic_moduli(packing: Packing) -> Moduli:
    """Bulk and shear modulus by linear response.

    Parameters
    ----------
    packing : Packing
        Jammed and relaxed.

    Returns
    -------
    Moduli

    Raises
    ------
    ValueError
        For an unjammed packing.

    Examples
    --------
    >>> from learnscape.jamming import packings
    >>> moduli = elastic_moduli(packings.quench(64, 0.95, rng=1))
    >>> bool(0 < moduli.shear < moduli.shear_affine < moduli.bulk_affine)
    True
    """
    stiffness, pull, distance, normal = _bonds(packing) if packing.jammed else (np.empty(0),) * 4
    matrix = dynamical_matrix(packing)
    values, modes = eigh(matrix)
    d, volume = packing.dimension, packing.box**packing.dimension
    keep = (
        values > 1e-9 * values[-1]
    )  # translations; an unstable or floppy direction has no response to divide by
    index = np.cumsum(~packing.rattlers) - 1
    i, j = index[packing.contacts].T
    answers = []
    shear = np.zeros((len(distance), d))
    shear[:, 0] = distance * normal[:, 1]
    for change in (distance[:, None] * normal, shear):
        parallel = np.sum(change * normal, axis=1)
        across = change - parallel[:, None] * normal
        affine = float(np.sum(stiffness * parallel**2 - pull * np.sum(across**2, axis=1)))
        unbalanced = stiffness[:, None] * parallel[:, None] * normal - pull[:, None] * across
        xi = np.zeros((packing.n_stable, d))
        np.add.at(xi, i, unbalanced)
        np.subtract.at(xi, j, unbalanced)
        projected = modes[:, keep].T @ xi.ravel()
        answers.append((affine - float(np.sum(projected**2 / values[keep])), affine))
    (compress, compress_affine), (slide, slide_affine) = answers
    # E(1 + e) of a box scaled by 1 + e: E'' = d^2 B V - d (d - 1) p V.
    extra = packing.pressure * d * (d - 1)
    return Moduli(
        bulk=(compress / volume + extra) / d**2,
        shear=slide / volume,
        bulk_affine=(compress_affine / volume + extra) / d**2,
        shear_affine=slide_affine / volume,
    )
