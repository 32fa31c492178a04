r"""Beyond capacity: the replica-symmetric perceptron that minimises the squares of its violated demands.

*Problem.* With more patterns than can be satisfied, how small can the cost per weight

.. math:: e=\min_{|w|^2=N}\frac1{2N}\sum_{\mu:\,h_\mu<0}h_\mu^2,\qquad h_\mu=\frac{w\cdot\xi^\mu}{\sqrt N}-\kappa,

be? Replicas at inverse temperature beta with q -> 1 at fixed :math:`\chi=\beta(1-q)` give, with
:math:`M_2=\int_{-\infty}^\kappa Dz\,(\kappa-z)^2`,

.. math:: e=\operatorname*{extr}_\chi\Bigl[\frac{\alpha M_2}{2(1+\chi)}-\frac1{2\chi}\Bigr]=\tfrac12\bigl(\sqrt{\alpha M_2}-1\bigr)^2 .

A pattern that would have the stability z < kappa ends with the gap h = (z - kappa)/(1 + chi). So the fraction of unsatisfied patterns is
:math:`H(-\kappa)`, whatever the load. The Hessian of N e begins at :math:`(\sqrt c-1)^2-\zeta` with
:math:`c=\alpha H(-\kappa)` and :math:`\zeta=2e-\kappa p`.

*Rigour.* Exact within replicas. For kappa >= 0 replica symmetry is stable. For kappa < 0 it is unstable at every load beyond capacity, because
:math:`c>\alpha M_2` there, and the answer is an approximation. S. Franz and G. Parisi, J. Phys. A 49, 145001 (2016). Chapter ``jamming/perceptron-jamming``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from learnscape.constraints import Constraint, Margin
from learnscape.errors import is_finite, require
from learnscape.numerics.shortfall import shortfall_moments
from learnscape.replica._compiled import stands_for
from learnscape.weights import Spherical, Weights

__all__ = ["UnsatSolution", "jamming_margin", "solve"]

LARGEST = 30.0  # |kappa|: beyond it H(-kappa) is below 1e-197 or 1


@dataclass(frozen=True)
class UnsatSolution:
    """The replica-symmetric UNSAT phase at one load and margin, from :func:`solve`."""

    alpha: float
    """Load."""
    kappa: float
    """Margin."""
    energy: float
    """e, cost per weight."""
    pressure: float
    """p = de/dkappa, minus the sum of the negative gaps per weight."""
    contacts: float
    """c, unsatisfied patterns per weight."""
    chi: float
    """beta (1 - q) at zero temperature: response of the weights to a force."""
    zeta: float
    """Multiplier of the spherical constraint, 2e - kappa p."""
    edge: float
    """Lower edge of the spectrum of the Hessian of N e: (sqrt(c) - 1)^2 - zeta, and -zeta if c < 1."""
    replicon: float
    """1 - H(-kappa)/M_2, positive where replica symmetry is stable: for kappa > 0."""

    @property
    def stable(self) -> bool:
        """True if replica symmetry is (marginally) stable."""
        return self.replicon >= -1e-12


def jamming_margin(alpha: float) -> float:
    """Margin at which the replica-symmetric energy vanishes, the inverse function of the capacity.

    Parameters
    ----------
    alpha : float
        Load > 0.

    Returns
    -------
    float
        Exact for alpha <= 2, an upper bound beyond.

    Examples
    --------
    >>> round(jamming_margin(2.0), 12) + 0.0
    0.0
    """
    from scipy.optimize import brentq

    require(is_finite(alpha) and alpha > 0, "alpha", alpha, "a finite number > 0")
    high = 1.0 + 1.0 / math.sqrt(alpha)
    require(
        alpha * shortfall_moments(-LARGEST)[2] < 1 and high < LARGEST, "alpha", alpha, "in (0.0012, 1e197)"
    )
    return float(brentq(lambda kappa: alpha * shortfall_moments(kappa)[2] - 1.0, -LARGEST, high, xtol=1e-14))


def solve(weights: Weights, constraint: Constraint, alpha: float) -> UnsatSolution:
    """Solve the replica-symmetric equations of the quadratic cost beyond capacity.

    Parameters
    ----------
    weights : Spherical
    constraint : Margin
        With \\|kappa\\| <= 30.
    alpha : float
        Load above the replica-symmetric capacity at this margin.

    Returns
    -------
    UnsatSolution

    Raises
    ------
    ValueError
        Below capacity, where the cost is zero; or for other weights and constraints.

    Examples
    --------
    >>> from learnscape import Margin, Spherical
    >>> answer = solve(Spherical(), Margin(1.0), alpha=1.0)
    >>> print(f"{answer.energy:.4f} {answer.contacts:.4f} {answer.stable}")
    0.0750 0.8413 True
    """
    require(stands_for(Spherical, weights), "weights", weights, "Spherical()")
    require(stands_for(Margin, constraint), "constraint", constraint, "a Margin")
    assert isinstance(constraint, Margin)
    kappa = constraint.kappa
    require(abs(kappa) <= LARGEST, "kappa", kappa, f"in [-{LARGEST:g}, {LARGEST:g}]")
    below, first, second = shortfall_moments(kappa)
    excess = alpha * second - 1.0 if is_finite(alpha) and alpha > 0 else 0.0
    allowed = (
        f"a finite number > {1 / second:.6g}, the capacity at kappa = {kappa:g}: below it the energy is 0"
    )
    require(0.0 < excess < math.inf, "alpha", alpha, allowed)
    x = math.sqrt(1.0 + excess)
    over = excess / (1.0 + x)  # x - 1
    c = alpha * below
    pressure = alpha / x * first * over
    zeta = over**2 - kappa * pressure
    return UnsatSolution(
        alpha=float(alpha),
        kappa=kappa,
        energy=0.5 * over**2,
        pressure=pressure,
        contacts=c,
        chi=1.0 / over,
        zeta=zeta,
        edge=-zeta if c < 1.0 else (x - math.sqrt(c)) ** 2 / x,
        replicon=1.0 - below / second,
    )
