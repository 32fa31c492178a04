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
from scipy.linalg import eigvalsh
from scipy.sparse import coo_array, csc_array, eye_array
from scipy.sparse.linalg import LinearOperator, eigsh, splu

from learnscape.errors import is_integer, require
from learnscape.jamming.packings.contacts import separations
from learnscape.jamming.packings.soft import Packing
from learnscape.numerics.threads import one_thread

__all__ = ["Moduli", "dynamical_matrix", "elastic_moduli", "frequencies"]

FloatArray = NDArray[np.float64]

BELOW = 1e-6  # of the largest stiffness: the shift keeps this far below the least eigenvalue, so that the matrix to invert is not singular


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
    return sparse_matrix(packing, part).toarray()


def sparse_matrix(packing: Packing, part: str = "all") -> csc_array:
    """As ``dynamical_matrix``, without the zeros."""
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
    size = d * packing.n_stable
    own, other = np.concatenate([i, j, i, j]), np.concatenate([i, j, j, i])
    blocks = np.concatenate([block, block, -block, -block])
    k = np.arange(d)
    rows = np.broadcast_to((d * own)[:, None, None] + k[:, None], blocks.shape)
    columns = np.broadcast_to((d * other)[:, None, None] + k, blocks.shape)
    return coo_array((blocks.ravel(), (rows.ravel(), columns.ravel())), shape=(size, size)).tocsc()


@one_thread
def frequencies(packing: Packing, *, part: str = "all", lowest: int | None = None) -> FloatArray:
    """Ascending frequencies of the vibrations, the d translations left out; shape (d N_s - d,), or only the ``lowest`` ones.

    A few of the lowest are found without the full matrix, for ten thousand particles, too. Unstable directions (negative eigenvalues, as
    when ``part`` is "prestress" or the packing is not relaxed) appear as negative numbers -sqrt(|eigenvalue|).

    Raises
    ------
    ValueError
        For an unjammed packing, ``lowest`` outside [1, d N_s - d - 1], or ``lowest`` with the prestress alone.

    Examples
    --------
    >>> from learnscape.jamming import packings
    >>> omega = frequencies(packings.jam(40, rng=1))
    >>> bool((omega > 0).all())
    True
    """
    d, matrix = packing.dimension, sparse_matrix(packing, part)
    if lowest is not None:
        most = d * (packing.n_stable - 1) - 1
        require(is_integer(lowest) and 1 <= lowest <= most, "lowest", lowest, f"an integer in [1, {most}]")
        require(part != "prestress", "part", part, '"all" or "stiffness", if only the lowest are asked for')
        return _as_frequencies(_lowest(packing, matrix, int(lowest)))
    values = eigvalsh(matrix.toarray())
    still = np.sort(np.argsort(np.abs(values))[:d])
    return _as_frequencies(np.delete(values, still))


def _as_frequencies(values: FloatArray) -> FloatArray:
    return np.sign(values) * np.sqrt(np.abs(values))


def _lowest(packing: Packing, matrix: csc_array, count: int) -> FloatArray:
    """The least eigenvalues, translations left out: the largest ones of the inverse of the matrix plus a shift that makes it positive.

    The prestress of a contact costs at most f/r |u_i - u_j|^2, so no eigenvalue lies below minus twice the largest sum of f/r on a particle:
    an unstable direction is not passed over, as it would be in a search around zero.
    """
    stiffness, pull, _, _ = _bonds(packing)
    d, size = packing.dimension, packing.dimension * packing.n_stable
    shift = BELOW * float(stiffness.max())
    shift += 2.0 * float(np.bincount(packing.contacts.ravel(), np.repeat(pull, 2)).max())
    solve = splu((matrix + shift * eye_array(size)).tocsc()).solve

    def without_translations(x: FloatArray) -> FloatArray:
        rest: FloatArray = np.reshape(x, (-1, d))
        return np.ravel(rest - rest.mean(axis=0))

    inverse = LinearOperator(
        (size, size),
        matvec=lambda x: without_translations(solve(without_translations(x))),  # found d times or fewer, else
        dtype=float,
    )
    start = without_translations(np.random.default_rng(0).standard_normal(size))
    found = eigsh(inverse, count, which="LA", v0=start, return_eigenvectors=False)
    return np.sort(1.0 / found - shift)


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
        For an unjammed packing, and for one whose minimiser stalled: out of balance, the energy has a slope and no moduli.

    Examples
    --------
    >>> from learnscape.jamming import packings
    >>> moduli = elastic_moduli(packings.quench(64, 0.95, rng=1))
    >>> bool(0 < moduli.shear < moduli.shear_affine < moduli.bulk_affine)
    True
    """
    stiffness, pull, distance, normal = _bonds(packing) if packing.jammed else (np.empty(0),) * 4
    d, volume = packing.dimension, packing.box**packing.dimension
    matrix = sparse_matrix(packing)
    require(packing.converged, "packing", "not relaxed", "one that converged")
    # One particle is held: translations cost nothing, and the forces that a strain leaves add up to nothing.
    respond = splu(matrix[d:, d:])
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
        answers.append((affine - float(xi[1:].ravel() @ respond.solve(xi[1:].ravel())), affine))
    (compress, compress_affine), (slide, slide_affine) = answers
    # E(1 + e) of a box scaled by 1 + e: E'' = d^2 B V - d (d - 1) p V.
    extra = packing.pressure * d * (d - 1)
    return Moduli(
        bulk=(compress / volume + extra) / d**2,
        shear=slide / volume,
        bulk_affine=(compress_affine / volume + extra) / d**2,
        shear_affine=slide_affine / volume,
    )
