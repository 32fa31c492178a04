r"""Who holds whom: contacts without rattlers, near contacts, bucklers, and the state of self-stress.

A *rattler* has fewer than d + 1 contacts, so nothing balances it; removing it may turn a neighbour into one. Of N_s particles that are
left, d (N_s - 1) coordinates matter (a translation costs nothing), and the density is one more unknown: at jamming there are exactly
d (N_s - 1) + 1 contacts. The forces then follow from geometry alone: they are the one vector that the *equilibrium matrix*, which
maps contact forces to net forces, sends to zero. Chapter: jamming/packings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import svd

from learnscape.errors import require
from learnscape.jamming.periodic import minimum_image, neighbours
from learnscape.jamming.rattlers import find_rattlers
from learnscape.numerics.threads import one_thread
from learnscape.results import by_identity

__all__ = [
    "Contacts",
    "Opened",
    "bucklers",
    "contact_network",
    "equilibrium_matrix",
    "gaps",
    "open_contacts",
    "self_stress",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

INDEPENDENT = 1e-8  # a singular value below this fraction of the largest counts as zero


@dataclass(frozen=True, eq=False)
class Contacts:
    """The force-bearing network of a configuration."""

    pairs: IntArray
    """(i, j), i < j, without rattlers; shape (m, 2)."""
    forces: FloatArray
    """From the overlaps, shape (m,)."""
    rattlers: NDArray[np.bool_]
    """Shape (N,)."""


def near_pairs(points: FloatArray, radii: FloatArray, box: float, skin: float) -> IntArray:
    """Pairs (i, j), i < j, whose surfaces are at most ``skin`` apart."""
    n, dimension = points.shape
    start, partner = neighbours(
        np.ascontiguousarray(np.mod(points, box).T).ravel(), radii, box, dimension, skin
    )
    return np.sort(np.stack([np.repeat(np.arange(n), np.diff(start)), partner], axis=1), axis=1)


def separations(points: FloatArray, box: float, pairs: IntArray) -> tuple[FloatArray, FloatArray]:
    """Distances (m,) and unit vectors (m, d) from the second to the first of each pair."""
    difference = minimum_image(points[pairs[:, 0]] - points[pairs[:, 1]], box)
    distance = np.sqrt(np.sum(difference**2, axis=1))
    with np.errstate(
        invalid="ignore"
    ):  # two equal points have no direction; who allows them must look at the distance
        return distance, difference / distance[:, None]


def contact_network(
    points: FloatArray, radii: FloatArray, box: float, *, pairs: IntArray | None = None, exponent: float = 1.0
) -> Contacts:
    """Overlapping pairs without rattlers, with the forces (1 - r/s)^exponent / s.

    Parameters
    ----------
    points : ndarray, shape (N, d)
    radii : ndarray, shape (N,)
    box : float
    pairs : ndarray, shape (m, 2), optional
        Candidates, if they are known.
    exponent : float
        1 for the harmonic, 3/2 for the Hertzian energy.

    Examples
    --------
    >>> import numpy as np
    >>> square = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    >>> contact_network(square, np.full(4, 0.51), box=3.0).rattlers.all()  # two contacts each: nothing holds
    np.True_
    """
    n, dimension = points.shape
    pairs = near_pairs(points, radii, box, 0.0) if pairs is None else pairs
    distance, _ = separations(points, box, pairs)
    sums = radii[pairs[:, 0]] + radii[pairs[:, 1]]
    touching = distance < sums
    pairs, overlap, sums = pairs[touching], 1.0 - distance[touching] / sums[touching], sums[touching]
    rattlers, remain = find_rattlers(pairs, n, dimension + 1)
    return Contacts(pairs[remain], (overlap**exponent / sums)[remain], rattlers)


def gaps(
    points: FloatArray,
    radii: FloatArray,
    box: float,
    rattlers: NDArray[np.bool_],
    *,
    largest: float = 0.3,
    pairs: IntArray | None = None,
) -> FloatArray:
    """Ascending gaps r/s - 1 in (0, ``largest``] between particles that are no rattlers.

    Examples
    --------
    >>> import numpy as np
    >>> gaps(np.array([[0.0, 0.0], [1.1, 0.0]]), np.full(2, 0.5), 4.0, np.zeros(2, dtype=bool)).round(3)
    array([0.1])
    """
    pairs = near_pairs(points, radii, box, largest * 2 * float(radii.max())) if pairs is None else pairs
    pairs = pairs[~(rattlers[pairs[:, 0]] | rattlers[pairs[:, 1]])]
    distance, _ = separations(points, box, pairs)
    gap = distance / (radii[pairs[:, 0]] + radii[pairs[:, 1]]) - 1.0
    return np.sort(gap[(gap > 0.0) & (gap <= largest)])


def bucklers(pairs: IntArray, n: int, dimension: int) -> NDArray[np.bool_]:
    """Particles with exactly d + 1 contacts, the fewest that can hold; shape (n,).

    All bucklers are among them: two contacts press nearly against each other, and a weak third keeps the particle from buckling out. Such
    weak forces follow another law than the others. ``open_contacts`` tells them by their motion (Lerner, Düring, Wyart, Soft Matter 9, 8252, 2013).

    Examples
    --------
    >>> import numpy as np
    >>> bucklers(np.array([[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [1, 4]]), 5, 2).tolist()
    [True, False, False, False, False]
    """
    return np.bincount(pairs.ravel(), minlength=n) == dimension + 1


def equilibrium_matrix(points: FloatArray, box: float, pairs: IntArray) -> tuple[FloatArray, IntArray]:
    """The matrix that maps contact forces (m,) to net forces, shape (N_s d, m), and the particles (N_s,) it speaks of.

    Examples
    --------
    >>> import numpy as np
    >>> matrix, particles = equilibrium_matrix(np.array([[0.0, 0.0], [1.0, 0.0]]), 4.0, np.array([[0, 1]]))
    >>> np.abs(matrix.T).tolist(), particles.tolist()
    ([[1.0, 0.0, 1.0, 0.0]], [0, 1])
    """
    dimension = points.shape[1]
    particles, index = np.unique(pairs, return_inverse=True)
    index = index.reshape(pairs.shape)
    distance, normal = separations(points, box, pairs)
    require(
        bool(np.all(distance > 0)), "points", "a pair at one place", "such that each contact has a direction"
    )
    matrix = np.zeros((len(particles), dimension, len(pairs)))
    contact = np.arange(len(pairs))
    for k in range(dimension):
        matrix[index[:, 0], k, contact] = normal[:, k]
        matrix[index[:, 1], k, contact] = -normal[:, k]
    return matrix.reshape(len(particles) * dimension, len(pairs)), particles


@one_thread
def self_stress(points: FloatArray, box: float, pairs: IntArray) -> tuple[FloatArray, float]:
    """Contact forces in balance, from geometry alone: the null vector of the equilibrium matrix.

    Close to jamming, overlaps are differences of nearly equal numbers; this vector needs no overlap.

    Parameters
    ----------
    points : ndarray, shape (N, d)
    box : float
    pairs : ndarray, shape (m, 2)
        Contacts without rattlers, at least one more than the rows can make independent: m >= d (N_s - 1) + 1.

    Returns
    -------
    forces : ndarray, shape (m,)
        Mean 1. The contact forces, all positive, if there is exactly the isostatic number of contacts; with more, one of several
        balanced vectors, which may have both signs.
    unbalanced : float
        The singular value that belongs to it, over the largest one: how exactly the forces balance.

    Raises
    ------
    ValueError
        If there are too few contacts for a state of self-stress.

    Examples
    --------
    >>> from learnscape.jamming import packings
    >>> p = packings.jam(64, rng=1, pressure=1e-8)
    >>> forces, unbalanced = packings.self_stress(p.positions, p.box, p.contacts)
    >>> bool((forces > 0).all()), unbalanced < 1e-7
    (True, True)
    """
    require(len(pairs) > 0, "number of contacts", 0, "> 0")
    matrix, particles = equilibrium_matrix(points, box, pairs)
    dimension = points.shape[1]
    enough = dimension * (len(particles) - 1) + 1
    require(len(pairs) >= enough, "number of contacts", len(pairs), f">= {enough}, the isostatic number")
    _, singular, right = svd(matrix, full_matrices=len(pairs) > matrix.shape[0], lapack_driver="gesdd")
    forces: FloatArray = right[-1]
    forces = forces / forces.mean()
    last = singular[-1] if len(singular) == len(pairs) else 0.0
    return forces, float(last / singular[0])


@by_identity
class Opened(NamedTuple):
    """What happens when one contact is opened and all others keep their length."""

    forces: FloatArray
    """The state of self-stress, mean 1; shape (m,)."""
    participation: FloatArray
    """Over how many particles the motion extends, (sum u^2)^2 / sum u^4, from 1 to N_s; shape (m,)."""


@one_thread
def open_contacts(points: FloatArray, box: float, pairs: IntArray) -> Opened:
    """Open each contact of an isostatic packing in turn: its force, and over how many particles the motion extends.

    With one state of self-stress and a box that may change, there is exactly one motion that opens a given contact. The contact that holds
    a buckler moves little else than the buckler.

    Parameters
    ----------
    points : ndarray, shape (N, d)
    box : float
    pairs : ndarray, shape (m, 2)
        Contacts without rattlers, m = d (N_s - 1) + 1, with one state of self-stress.

    Returns
    -------
    Opened

    Raises
    ------
    ValueError
        For another number of contacts, or more than one state of self-stress.

    References
    ----------
    Lerner, Düring, Wyart, Soft Matter 9, 8252 (2013).

    Examples
    --------
    >>> from learnscape.jamming import packings
    >>> p = packings.jam(64, rng=1, pressure=1e-8)
    >>> forces, participation = packings.open_contacts(p.positions, p.box, p.contacts)
    >>> bool(1 <= participation.min() < 3), bool(participation.max() > 0.5 * p.n_stable)
    (True, True)
    """
    require(len(pairs) > 0, "number of contacts", 0, "> 0")
    matrix, particles = equilibrium_matrix(points, box, pairs)
    dimension = points.shape[1]
    isostatic = dimension * (len(particles) - 1) + 1
    require(len(pairs) == isostatic, "number of contacts", len(pairs), f"{isostatic}, the isostatic number")
    left, singular, right = svd(matrix, full_matrices=False, lapack_driver="gesdd")
    rank = int(np.count_nonzero(singular > INDEPENDENT * singular[0]))
    require(
        rank == isostatic - 1, "states of self-stress", isostatic - rank, "1: the motion would not be unique"
    )
    forces = right[-1] / right[-1].mean()
    distance, _ = separations(points, box, pairs)
    # Changes of length R u + e r, with e the strain of the box, must be 1 at the contact and 0 elsewhere: f has to be orthogonal to the part left to u.
    respond = (left[:, :rank] / singular[:rank]) @ right[:rank]
    motion = respond - np.outer(respond @ distance, forces / (forces @ distance))
    squared = np.sum(motion.reshape(len(particles), dimension, -1) ** 2, axis=1)
    return Opened(forces, squared.sum(axis=0) ** 2 / np.sum(squared**2, axis=0))
