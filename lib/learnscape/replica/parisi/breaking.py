r"""How replica symmetry breaks on the AT line of the spherical perceptron: the breaking point, its slope, and three kinds.

*Problem.* Where the replicon vanishes the Parisi function x(q) starts from one point. On its continuous part :math:`\lambda^{-2}=\alpha\int Pf''^2` holds (marginality); two derivatives with respect to
q, by the Parisi equations :math:`\partial_qf=-\tfrac12(f''+xf'^2)` and :math:`\partial_qP=\tfrac12P''-x(Pf')'` and :math:`\dot\lambda=-x`, give

.. math::
    x=\frac\lambda2\,\frac{\int Pf'''^2}{\int Pf''^2(1+\lambda f'')},\qquad
    \dot x=\frac\lambda2\,\frac{\int Pf''''^2-12x\int Pf''f'''^2+6x^2\bigl(\int Pf''^4-\lambda^{-2}\int Pf''^2\bigr)}{\int Pf''^2(1+\lambda f'')}.

On the line f, P and :math:`\lambda=1-q` are replica symmetric, and the saddle point with marginality is one equation for q, :math:`q\int Pf''^2=\int Pf'^2`.

* :math:`0<x<1,\ \dot x>0`: x(q) grows from there, *continuous full RSB*.
* :math:`0<x<1,\ \dot x<0`: a growing x(q) needs a step, *continuous 1RSB*.
* :math:`x>1`: the transition came before, with a jump of q, *discontinuous* (then the line is no transition of the typical state).

*Accuracy.* Quadrature on graded panels, 1e-11; q to 1e-13. Exact within replicas. Franz, Parisi, Sevelev, Urbani and Zamponi (2017); chapter *full-rsb*.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from learnscape.ansatz.grid import NODES, graded_grid
from learnscape.errors import as_finite, require
from learnscape.numerics.gaussian import inverse_mills
from learnscape.numerics.legendre import legendre

__all__ = ["Boundaries", "BreakingPoint", "boundaries", "breaking_point"]

Array = NDArray[np.float64]
LOWEST, HIGHEST = -3.0, -0.01
SCAN = 1.0 - np.geomspace(0.995, 1e-7, 32)  # overlaps among which the first sign change is looked for


class BreakingPoint(NamedTuple):
    """Where and how replica symmetry breaks."""

    kappa: float
    """The margin."""
    alpha: float
    """Load of the AT line."""
    q: float
    """Overlap there."""
    x: float
    """Breaking point."""
    slope: float
    """dx/dq."""
    kind: str
    """ "continuous full RSB", "continuous 1RSB" or "discontinuous"."""


class Boundaries(NamedTuple):
    """Margins at which the kind of transition changes."""

    full: float
    """dx/dq = 0: continuous full RSB above, continuous 1RSB below."""
    continuous: float
    """x = 1: continuous above, discontinuous below."""


def breaking_point(kappa: float) -> BreakingPoint:
    """The breaking point of the spherical perceptron on its AT line, and what it says about the transition.

    Parameters
    ----------
    kappa : float
        Margin, from -3 to -0.01. For kappa >= 0 replica symmetry does not break.

    Raises
    ------
    ValueError
        Bad input.

    Examples
    --------
    >>> found = breaking_point(-1.0)
    >>> round(found.alpha, 5), round(found.x, 4), found.kind
    (7.87356, 0.3668, 'continuous full RSB')
    """
    kappa = as_finite("kappa", kappa)
    allowed = f"from {LOWEST} to {HIGHEST}: for kappa >= 0 replica symmetry does not break, and below -3.1 not on this line"
    require(LOWEST <= kappa <= HIGHEST, "kappa", kappa, allowed)
    signs = [_excess(q, kappa) > 0.0 for q in SCAN]
    first = signs.index(True)
    q = float(brentq(_excess, SCAN[first - 1], SCAN[first], args=(kappa,), xtol=1e-15, rtol=1e-14))
    weights, _, f2, f3, f4 = _derivatives(q, kappa)
    lam = 1.0 - q
    m2 = float(weights @ f2**2)
    below = float(weights @ (f2**2 * (1.0 + lam * f2)))
    x = 0.5 * lam * float(weights @ f3**2) / below
    mixed = float(weights @ (f4**2 - 12.0 * x * f2 * f3**2 + 6.0 * x * x * f2**4)) - 6.0 * x * x * m2 / lam**2
    slope = 0.5 * lam * mixed / below
    kind = "discontinuous" if x > 1.0 else "continuous full RSB" if slope > 0.0 else "continuous 1RSB"
    return BreakingPoint(kappa, 1.0 / (lam * lam * m2), q, x, slope, kind)


@lru_cache(maxsize=1)
def boundaries() -> Boundaries:
    """The two margins at which the transition changes its kind; computed once.

    Examples
    --------
    >>> found = boundaries()
    >>> round(found.full, 3), round(found.continuous, 3)
    (-1.474, -2.043)
    """
    full = brentq(lambda kappa: breaking_point(kappa).slope, -1.6, -1.3, xtol=1e-11)
    continuous = brentq(lambda kappa: breaking_point(kappa).x - 1.0, -2.2, -1.9, xtol=1e-11)
    return Boundaries(float(full), float(continuous))


def _excess(q: float, kappa: float) -> float:
    """The saddle point and marginality together; zero on the AT line."""
    weights, f1, f2, _, _ = _derivatives(q, kappa)
    return float(weights @ (q * f2**2 - f1**2))


def _derivatives(q: float, kappa: float) -> tuple[Array, Array, Array, Array, Array]:
    """Gaussian weights of the field and the first four derivatives of f(h) = ln H((kappa - h)/sqrt(1 - q))."""
    root = float(np.sqrt(1.0 - q))
    spread = float(np.sqrt(q))
    grid = graded_grid((kappa,), 2.0 ** np.floor(np.log2(root)), 1.0)
    h = grid.points
    weights = (0.5 * np.diff(grid.breaks)[:, None] * legendre(NODES)[1]).ravel()
    weights = weights * np.exp(-0.5 * (h / spread) ** 2) / (spread * np.sqrt(2.0 * np.pi))
    t = (h - kappa) / root
    r = np.asarray(inverse_mills(-t))
    s = t + r
    r1 = -r * s
    r2 = -r1 * s - r * (1.0 + r1)
    r3 = -r2 * s - 2.0 * r1 * (1.0 + r1) - r * r2
    return weights, r / root, r1 / root**2, r2 / root**3, r3 / root**4
