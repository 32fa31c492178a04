r"""The last digits of a soft packing: Newton's method on the forces, once the minimiser has found which particles touch.

The net forces :math:`F` of a packing near its minimum are undone by the displacements :math:`u=H^{-1}F`, with the dynamical matrix
:math:`H`. The residual then falls quadratically, in a few sparse solves instead of thousands of steps along the softest modes,
as long as the same particles touch. It ends where the rounding of the positions does: at the spacing of the numbers near ``box`` over
a typical overlap. Chapter: jamming/packings.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import splu

from learnscape.errors import is_number, require
from learnscape.jamming.packings._kernels import forces
from learnscape.jamming.packings.contacts import near_pairs
from learnscape.jamming.packings.response import sparse_matrix
from learnscape.jamming.packings.soft import Packing, describe
from learnscape.numerics.threads import one_thread

__all__ = ["polish"]

FloatArray = NDArray[np.float64]

MOST = 20  # steps; three or four are usual
HALVINGS = 4


@one_thread
def polish(packing: Packing, *, tolerance: float = 1e-6) -> Packing:
    """Newton's method from a packing close to its minimum: the forces balance to rounding, the contacts stay.

    A step that changes the contacts, or does not lower the residual, is halved, then refused. Nothing is done to an unjammed packing, nor
    at a saddle (the dynamical matrix must be positive). Rattlers stay where they are: one that still pushes limits the residual, and a longer
    run of the minimiser first, with a smaller tolerance, helps.

    Parameters
    ----------
    packing : Packing
    tolerance : float
        In (0, 1): the residual below which the answer is ``converged``.

    Returns
    -------
    Packing
        ``residual`` at most that of ``packing``; ``steps`` are those of the minimiser, unchanged.

    Raises
    ------
    ValueError
        If ``packing`` is no Packing or ``tolerance`` is outside (0, 1).

    Examples
    --------
    >>> from learnscape.jamming import packings
    >>> rough = packings.quench(64, 0.9, rng=3, tolerance=1e-5)
    >>> fine = polish(rough)
    >>> bool(rough.residual > 1e-7), bool(fine.residual < 1e-11), fine.energy <= rough.energy
    (True, True, True)
    """
    require(isinstance(packing, Packing), "packing", packing, "a Packing")
    require(is_number(tolerance) and 0.0 < tolerance < 1.0, "tolerance", tolerance, "in (0, 1)")
    if not packing.jammed:
        return packing
    state, net = packing, _net_forces(packing, packing.positions)[0]
    for _ in range(MOST):
        step = _newton_step(state, net)
        if step is None:
            break
        for _ in range(HALVINGS):
            points = state.positions + step
            new_net, ratio = _net_forces(state, points)
            if ratio < state.residual:
                new = describe(
                    points.ravel(),
                    state.radii,
                    state.box,
                    state.dimension,
                    state.potential,
                    state.steps,
                    ratio,
                    True,
                )
                if _same(new, state):
                    break
            step *= 0.5
        else:
            break
        state, net = new, new_net
    return replace(state, converged=state.residual < tolerance)


def _same(one: Packing, other: Packing) -> bool:
    n = len(one.radii)
    first, second = (np.sort(packing.contacts @ (n, 1)) for packing in (one, other))
    return np.array_equal(first, second)


def _net_forces(packing: Packing, points: FloatArray) -> tuple[FloatArray, float]:
    """Net forces (N, d) at other positions, and the largest component over the mean contact force (inf if nothing touches)."""
    pairs = near_pairs(points, packing.radii, packing.box, 0.0)
    first, second = np.ascontiguousarray(pairs.T)
    net = np.empty(points.size)
    _, _, total, contacts = forces(
        points.ravel(),
        packing.radii,
        packing.box,
        packing.dimension,
        packing.potential == "hertzian",
        first,
        second,
        net,
    )
    return net.reshape(points.shape), float(np.abs(net).max()) * contacts / total if contacts else np.inf


def _newton_step(packing: Packing, net: FloatArray) -> FloatArray | None:
    """Displacements (N, d), zero for rattlers; None if the matrix is not positive."""
    # One particle is held: translations cost nothing.
    d = packing.dimension
    matrix = sparse_matrix(packing)[d:, d:]
    # Pivots on the diagonal: they are all positive if and only if the matrix is.
    try:
        factors = splu(
            matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}
        )
    except RuntimeError:  # exactly singular
        return None
    if not (np.array_equal(factors.perm_r, factors.perm_c) and factors.U.diagonal().min() > 0.0):
        return None
    step = np.zeros_like(net)
    held = np.flatnonzero(~packing.rattlers)
    step[held[1:]] = factors.solve(net[held[1:]].ravel()).reshape(-1, d)
    return step
