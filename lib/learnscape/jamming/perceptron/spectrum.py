r"""Curvature of the quadratic cost in the UNSAT phase, and the Marchenko-Pastur law it follows.

Along the sphere the second derivative of N e is A^T A - zeta 1 (:mod:`.energy`). The rows of A are the c N unsatisfied patterns over sqrt(N).
Were they independent of w, A^T A would be a Wishart matrix, and its eigenvalues would fill the interval between
(sqrt(c) - 1)^2 and (sqrt(c) + 1)^2 (V. A. Marchenko and L. A. Pastur, Math. USSR Sb. 1, 457 (1967)), beside N - cN zeros if c < 1. The cost thus has
the lower edge (sqrt(c) - 1)^2 - zeta for c > 1 (S. Franz, G. Parisi, P. Urbani and F. Zamponi, PNAS 112, 14539 (2015)). The law itself
is :func:`learnscape.jamming.spectra.marchenko_pastur`. Chapter ``jamming/perceptron-jamming``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigvalsh

from learnscape.errors import as_finite, require
from learnscape.jamming.perceptron._input import as_patterns, as_weights
from learnscape.jamming.perceptron.energy import UnsatMinimum, describe
from learnscape.numerics.threads import one_thread

__all__ = ["PerceptronHessian", "hessian"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PerceptronHessian:
    """Second derivative of N e along the sphere, from :func:`hessian`."""

    matrix: FloatArray
    """Shape (N, N): (A^T A - zeta 1) between projections on the tangent space; w is an eigenvector of eigenvalue 0."""
    eigenvalues: FloatArray
    """Shape (N - 1,): those in the tangent space, increasing."""
    contacts_per_weight: float
    """c: unsatisfied patterns per weight."""
    zeta: float
    """Multiplier of the constraint: kappa < 0 makes it positive, and lowers all eigenvalues."""
    edge: float
    """(sqrt(c) - 1)^2 - zeta, where the continuous part of the spectrum should begin. (For c < 1 some N - cN eigenvalues lie at -zeta.)"""


@one_thread
def hessian(
    state: UnsatMinimum | ArrayLike, weights: ArrayLike | None = None, kappa: float | None = None
) -> PerceptronHessian:
    """Curvature of the quadratic cost at a minimum, or at any point of the sphere.

    Parameters
    ----------
    state : UnsatMinimum or array_like, shape (P, N)
        A result of :func:`minimise`; or the patterns, and then ``weights`` and ``kappa`` are needed.
    weights : array_like, shape (N,), optional
    kappa : float, optional

    Returns
    -------
    PerceptronHessian

    Raises
    ------
    ValueError
        For bad patterns, weights or margin, or if all patterns are satisfied: the cost is flat there.

    Examples
    --------
    >>> import numpy as np
    >>> from learnscape.jamming.perceptron import minimise
    >>> patterns = np.random.default_rng(1).standard_normal((20, 20))
    >>> spectrum = hessian(minimise(patterns, 1.0, rng=1))
    >>> spectrum.eigenvalues.shape, spectrum.zeta < 0
    ((19,), True)
    """
    if not isinstance(state, UnsatMinimum):
        xi = as_patterns(state)
        require(
            weights is not None and kappa is not None,
            "weights, kappa",
            (weights, kappa),
            "given with patterns",
        )
        assert weights is not None
        assert kappa is not None
        state = describe(xi, as_weights(weights, xi.shape[1]), as_finite("kappa", kappa), 0, False, [])
    else:
        require(
            weights is None and kappa is None, "weights, kappa", (weights, kappa), "left out with a minimum"
        )
    require(not state.satisfied, "energy", state.energy, "> 0: with every pattern satisfied the cost is flat")
    n = state.weights.size
    a = state.patterns[state.unsatisfied] / math.sqrt(n)
    unit = state.weights / math.sqrt(n)
    a = a - np.outer(a @ unit, unit)  # rows in the tangent space
    matrix = a.T @ a - state.zeta * (np.eye(n) - np.outer(unit, unit))
    # The radial direction is moved to the top, out of the way of the others.
    top = float(np.abs(matrix).sum(axis=1).max()) + 1.0
    eigenvalues = eigvalsh(matrix + top * np.outer(unit, unit))[:-1]
    c = len(a) / n
    return PerceptronHessian(
        matrix=matrix,
        eigenvalues=eigenvalues,
        contacts_per_weight=c,
        zeta=state.zeta,
        edge=(math.sqrt(c) - 1) ** 2 - state.zeta,
    )
