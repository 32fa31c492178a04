r"""How a packing of ellipses vibrates: stiffness and prestress, the two bands, and the modes that cost a fourth power.

The second derivatives of :math:`V=\sum\frac12(1-g)^2` are :math:`H_0+H_p` with

.. math:: H_0=\sum\nabla g\,\nabla g^T ,\qquad H_p=-\sum(1-g)\,\nabla\nabla g .

:math:`H_0` is positive semi-definite of rank at most :math:`N_c-1`, since the forces balance; :math:`H_p` is proportional to the pressure and has both signs.
On the kernel of :math:`H_0` a displacement u costs :math:`\frac12u\cdot H_pu+O(u^4)`: it is stable only by prestress.
Schreck et al., Phys. Rev. E 85, 061305 (2012); Donev et al., Phys. Rev. E 75, 051304 (2007). Chapter: jamming/ellipses.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import require
from learnscape.jamming.ellipses._state import EllipsePacking, contact_network, contact_rows, flat
from learnscape.jamming.periodic import minimum_image
from learnscape.numerics.threads import one_thread
from learnscape.results import by_identity

__all__ = ["Vibrations", "dynamical_matrix", "energy_along", "prestress_signs", "vibrations"]

FloatArray = NDArray[np.float64]


@by_identity
class Vibrations(NamedTuple):
    """Modes of a packing without its rattlers and its two translations."""

    eigenvalues: FloatArray
    """Squared frequencies, ascending, shape (3 N_s - 2,)."""
    modes: FloatArray
    """Columns: unit vectors in (x, y, rho theta) of the stable particles, all x, all y, all rotations; shape (3 N_s, 3 N_s - 2)."""
    stiffness: FloatArray
    """Part of each eigenvalue that comes from H_0."""
    prestress: FloatArray
    """Part of each eigenvalue that comes from H_p."""
    quartic: int
    """Modes that H_0 does not hold: the missing contacts (and, for discs, the N_s free rotations)."""


def _parts(packing: EllipsePacking) -> tuple[FloatArray, FloatArray]:
    """H_0 and H_p of the stable particles, each (3 N_s, 3 N_s)."""
    require(packing.jammed, "packing", "unjammed", "jammed: without contacts there is no stiffness")
    n = len(packing.axes)
    x = flat(packing)
    i, j = packing.contacts.T
    difference = minimum_image(packing.positions[i] - packing.positions[j], packing.box)
    what = np.column_stack([difference, 1 - packing.forces, packing.lambdas])
    _, first, second, places = contact_rows(x, packing.axes, packing.contacts, what)
    at = (places[:, :, None], places[:, None, :])
    h0, hp = np.zeros((3 * n, 3 * n)), np.zeros((3 * n, 3 * n))
    np.add.at(h0, at, first[:, :, None] * first[:, None, :])
    np.add.at(hp, at, -packing.forces[:, None, None] * second)
    keep = np.tile(~packing.rattlers, 3)
    return h0[np.ix_(keep, keep)], hp[np.ix_(keep, keep)]


def dynamical_matrix(packing: EllipsePacking, *, part: str = "all") -> FloatArray:
    """Second derivatives of the energy in (x, y, rho theta) of the particles that are no rattlers.

    Parameters
    ----------
    packing : EllipsePacking
        Jammed.
    part : {"all", "stiffness", "prestress"}

    Returns
    -------
    ndarray, shape (3 N_s, 3 N_s)
        All x, all y, all rotations.

    Raises
    ------
    ValueError
        For an unjammed packing.

    Examples
    --------
    >>> import numpy as np
    >>> from learnscape.jamming import ellipses
    >>> packing = ellipses.jam(16, 1.5, rng=2)
    >>> rank = np.linalg.matrix_rank(ellipses.dynamical_matrix(packing, part="stiffness"), tol=1e-7)
    >>> bool(rank == len(packing.contacts) - 1)
    True
    """
    require(part in ("all", "stiffness", "prestress"), "part", part, '"all", "stiffness" or "prestress"')
    h0, hp = _parts(packing)
    return h0 if part == "stiffness" else hp if part == "prestress" else h0 + hp


@one_thread
def vibrations(packing: EllipsePacking) -> Vibrations:
    """Eigenvalues and modes of H_0 + H_p, translations left out, and what each part contributes.

    Examples
    --------
    >>> from learnscape.jamming import ellipses
    >>> packing = ellipses.jam(16, 1.5, rng=2)
    >>> spectrum = ellipses.vibrations(packing)
    >>> spectrum.quartic == packing.missing_contacts, bool((spectrum.eigenvalues > 0).all())
    (True, True)
    """
    h0, hp = _parts(packing)
    n = packing.n_stable
    shift = np.zeros((3 * n, 2))
    shift[:n, 0] = shift[n : 2 * n, 1] = n**-0.5
    # Lifted out of the way: the translations become the two largest eigenvalues.
    values, modes = np.linalg.eigh(h0 + hp + 1e3 * shift @ shift.T)
    values, modes = values[:-2], modes[:, :-2]
    held = np.linalg.eigvalsh(h0)
    return Vibrations(
        values,
        modes,
        np.einsum("ij,ij->j", modes, h0 @ modes),
        np.einsum("ij,ij->j", modes, hp @ modes),
        3 * n - 2 - int(np.sum(held > 1e-9 * held[-1])),
    )


@one_thread
def prestress_signs(packing: EllipsePacking) -> tuple[int, int]:
    """Numbers of negative and of positive eigenvalues of H_p (beyond 1e-9 of the largest).

    Examples
    --------
    >>> from learnscape.jamming import ellipses
    >>> packing = ellipses.jam(16, 1.5, rng=2)
    >>> negative, positive = ellipses.prestress_signs(packing)
    >>> negative < len(packing.contacts), positive > 0
    (True, True)
    """
    values = np.linalg.eigvalsh(_parts(packing)[1])
    small = 1e-9 * float(np.abs(values).max())
    return int(np.sum(values < -small)), int(np.sum(values > small))


def energy_along(packing: EllipsePacking, mode: ArrayLike, lengths: ArrayLike) -> FloatArray:
    """Energy (of all particles) above that of the packing, after moving by each length along a unit vector.

    Parameters
    ----------
    packing : EllipsePacking
    mode : array_like, shape (3 N_s,)
        A column of ``vibrations(packing).modes``; it is normalised.
    lengths : array_like, shape (k,)

    Returns
    -------
    ndarray, shape (k,)

    Examples
    --------
    >>> from learnscape.jamming import ellipses
    >>> packing = ellipses.jam(16, 1.5, rng=2, pressure=1e-7)
    >>> mode = ellipses.vibrations(packing).modes[:, 0]
    >>> far = ellipses.energy_along(packing, mode, [0.02, 0.04])  # twice as far: 16 times the energy
    >>> bool(12 < far[1] / far[0] < 20)
    True
    """
    vector, distances = np.asarray(mode, dtype=float), np.atleast_1d(np.asarray(lengths, dtype=float))
    require(
        vector.shape == (3 * packing.n_stable,) and bool(np.any(vector)),
        "mode",
        vector.shape,
        "a vector (3 N_s,), not zero",
    )
    require(bool(np.isfinite(distances).all()), "lengths", lengths, "finite")
    move = np.zeros(3 * len(packing.axes))
    move[np.tile(~packing.rattlers, 3)] = vector / np.linalg.norm(vector)
    x = flat(packing)

    def energy(point: FloatArray) -> float:
        _, what = contact_network(point, packing.axes, packing.box)
        return 0.5 * float(np.sum((1 - what[:, 2]) ** 2))

    start = energy(x)
    return np.array([energy(x + length * move) - start for length in distances])
