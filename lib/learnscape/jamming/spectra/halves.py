r"""The two halves of a Hessian: stiffness H0 from the slopes of the constraints, prestress Hp from their curvature.

For a cost :math:`\sum_\mu\frac12\Delta_\mu^2` over violated constraints, :math:`H=H_0+H_p` with
:math:`H_0=\sum\nabla\Delta\nabla\Delta^T\ge0` and :math:`H_p=\sum\Delta\,\nabla\nabla\Delta`. Near jamming :math:`\Delta\to0`, so that Hp fades while H0
stays. A stable minimum needs more constraints than Hp has negative eigenvalues (Geiger et al., Phys. Rev. E 100, 012115 (2019)).
Chapter ``jamming/hessian-spectra``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import eigvalsh

from learnscape.errors import require
from learnscape.jamming.spectra._input import ZERO, FloatArray
from learnscape.jamming.spectra.counting import levels

__all__ = ["Split", "split"]


@dataclass(frozen=True, eq=False)
class Split:
    """Eigenvalues of H, H0 and Hp with their counts, from :func:`split`."""

    H: FloatArray
    """Eigenvalues of H0 + Hp, ascending."""
    H0: FloatArray
    """Eigenvalues of H0, ascending."""
    Hp: FloatArray
    """Eigenvalues of Hp, ascending."""
    rank_H0: int
    """Eigenvalues of H0 that are not zero: independent constraints."""
    gap: float
    """Smallest eigenvalue of H0 that is not zero; NaN if all are."""
    negative_H: int
    """Directions of descent to second order."""
    negative_Hp: int
    """``N_-``: directions that prestress pushes downhill."""
    positive_Hp: int
    """``N_+``: directions that prestress holds."""
    trace_H0: float
    """Sum of the eigenvalues of H0."""
    trace_Hp: float
    """Sum of the eigenvalues of Hp: zero for ReLU networks."""
    ratio: float
    """Largest size of an eigenvalue of Hp over that of H0: small near jamming."""

    @property
    def bound_holds(self) -> bool:
        """Whether ``rank(H0) >= N_-(Hp)``, without which the point can't be a minimum."""
        return self.rank_H0 >= self.negative_Hp


def split(H0: ArrayLike, Hp: ArrayLike, *, zero: float = ZERO) -> Split:
    """Spectra of the two halves of a Hessian and of their sum.

    Parameters
    ----------
    H0, Hp : array_like of shape (n, n)
        Finite and symmetric up to 1e-9 of their largest entry.
    zero : float
        Eigenvalues of size up to ``zero`` times the largest of *the same matrix* count as zero.

    Returns
    -------
    Split

    Raises
    ------
    ValueError
        For matrices of different shapes, not finite or not symmetric.

    Examples
    --------
    Two constraints in three dimensions, and a prestress that pushes one direction down:

    >>> found = split(np.diag([2.0, 1.0, 0.0]), np.diag([-0.1, 0.0, 0.1]))
    >>> found.rank_H0, found.negative_Hp, found.negative_H, found.bound_holds
    (2, 1, 0, True)
    """
    a, b = _symmetric("H0", H0), _symmetric("Hp", Hp)
    require(a.shape == b.shape, "the shape of Hp", b.shape, f"that of H0, {a.shape}")
    h, h0, hp = eigvalsh(a + b), eigvalsh(a), eigvalsh(b)
    count, count0, count_p = levels(h, zero=zero), levels(h0, zero=zero), levels(hp, zero=zero)
    rank = h0.size - int(count0.zero[0])
    lively = h0[np.abs(h0) > count0.threshold[0]]
    largest = float(np.abs(h0).max())
    return Split(
        H=h,
        H0=h0,
        Hp=hp,
        rank_H0=rank,
        gap=float(lively.min()) if lively.size else float("nan"),
        negative_H=int(count.negative[0]),
        negative_Hp=int(count_p.negative[0]),
        positive_Hp=int(count_p.positive[0]),
        trace_H0=float(np.trace(a)),
        trace_Hp=float(np.trace(b)),
        ratio=float(np.abs(hp).max()) / largest if largest > 0 else float("inf"),
    )


def _symmetric(name: str, matrix: ArrayLike) -> FloatArray:
    given = np.asarray(matrix)
    require(given.dtype.kind in "biuf", name, given.dtype.name, "a matrix of real numbers")
    a = given.astype(np.float64)
    require(
        a.ndim == 2 and a.shape[0] == a.shape[1] and a.size > 0,
        f"the shape of {name}",
        a.shape,
        "(n, n), n >= 1",
    )
    require(bool(np.all(np.isfinite(a))), name, a[~np.isfinite(a)][:3].tolist(), "finite")
    asymmetry = float(np.abs(a - a.T).max())
    require(asymmetry <= 1e-9 * float(np.abs(a).max()), f"{name} - {name}.T", asymmetry, "zero: symmetric")
    return 0.5 * (a + a.T)
