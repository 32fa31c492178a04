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

*Free norm.* A linear network :math:`f=w\cdot\xi/\sqrt N` with the quadratic hinge at the margin m chooses :math:`s=|w|/\sqrt N` itself: the cost is
:math:`\min_s s^2e(m/s)`. With :math:`r=\sqrt{\alpha M_2}` its derivative is zero where :math:`r^2-r=\alpha\kappa M_1`, and since
:math:`M_2-\kappa M_1=M_0`,

.. math:: r=\alpha M_0,\qquad\text{that is,}\qquad M_2(\kappa)=\alpha M_0(\kappa)^2,\qquad \kappa=m/s .

This is zeta = 0, no force along w, or V = 1: the sum of the squared shortfalls is m times the sum of the shortfalls. The problem is convex.
Chapter ``jamming/deep-networks``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from learnscape.constraints import Constraint, Margin
from learnscape.errors import is_finite, require
from learnscape.numerics.gaussian import H
from learnscape.numerics.shortfall import shortfall_moments
from learnscape.replica._compiled import stands_for
from learnscape.weights import Spherical, Weights

__all__ = ["FreeNorm", "UnsatSolution", "free_norm", "jamming_margin", "solve"]

LARGEST = 30.0  # |kappa|: beyond it H(-kappa) is below 1e-197 or 1
LARGEST_LOAD = 1e100  # of a free norm; kappa^2 is about the load, and squares must stay finite


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


class FreeNorm(NamedTuple):
    """A linear network beyond capacity that chooses its norm, from :func:`free_norm`."""

    alpha: float
    """Load."""
    margin: float
    """m, demanded of the output."""
    loss: float
    """Sum of (m - f)_+^2 / (2N): the least cost per weight."""
    unsatisfied: float
    """Patterns with f < m, per weight."""
    misclassified: float
    """Patterns with f < 0, per weight."""
    norm: float
    """s = |w| / sqrt(N)."""
    kappa: float
    """m / s, the margin in units of the output's scale."""


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
    alpha = float(alpha)  # a shorter float would make all that follows as short
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
    number = float(alpha) if is_finite(alpha) else 0.0
    excess = number * second - 1.0
    allowed = (
        f"a finite number > {1 / second:.6g}, the capacity at kappa = {kappa:g}: below it the energy is 0"
    )
    require(0.0 < excess < math.inf, "alpha", alpha, allowed)
    alpha = number
    x = math.sqrt(1.0 + excess)
    over = excess / (1.0 + x)  # x - 1
    c = alpha * below
    pressure = alpha / x * first * over
    zeta = over**2 - kappa * pressure
    return UnsatSolution(
        alpha=alpha,
        kappa=kappa,
        energy=0.5 * over**2,
        pressure=pressure,
        contacts=c,
        chi=1.0 / over,
        zeta=zeta,
        edge=-zeta if c < 1.0 else (x - math.sqrt(c)) ** 2 / x,
        replicon=1.0 - below / second,
    )


def free_norm(alpha: float, *, margin: float = 1.0) -> FreeNorm:
    """Solve the linear network with the quadratic hinge and a free norm beyond its capacity.

    Parameters
    ----------
    alpha : float
        Load, patterns per weight, in (2, 1e100].
    margin : float
        m > 0, demanded of f = w.xi / sqrt(N); between 1e-100 and 1e100.

    Returns
    -------
    FreeNorm
        For alpha -> 2 the loss tends to margin^2 / pi and ``unsatisfied`` to 1, while the norm grows as (alpha - 2)^(-1/2).

    Raises
    ------
    ValueError
        For alpha <= 2, where the patterns are separable and a large norm brings the loss to zero.

    Examples
    --------
    >>> answer = free_norm(2.1)
    >>> print(f"loss {answer.loss:.3f}, unsatisfied {answer.unsatisfied:.3f}, norm {answer.norm:.2f}")
    loss 0.452, unsatisfied 1.358, norm 2.66
    """
    from scipy.optimize import brentq

    require(
        is_finite(alpha) and 2.0 < float(alpha) <= LARGEST_LOAD,
        "alpha",
        alpha,
        f"in (2, {LARGEST_LOAD:g}]: up to 2 the patterns are separable and the loss is 0",
    )
    require(is_finite(margin) and 1e-100 <= float(margin) <= 1e100, "margin", margin, "in [1e-100, 1e100]")
    alpha, margin = float(alpha), float(margin)
    unit = math.sqrt(alpha - 2.0)  # kappa / unit falls from 1.192 at alpha -> 2 to 1
    kappa = unit * float(brentq(lambda x: _excess_load(x * unit) - unit * unit, 0.9, 1.3, xtol=1e-15))
    below, half = _below(kappa)
    over = (alpha - 2.0) * below + 2.0 * half  # r - 1
    return FreeNorm(
        alpha=alpha,
        margin=margin,
        loss=0.5 * (over / kappa * margin) ** 2,
        unsatisfied=1.0 + over,
        misclassified=alpha * float(H(kappa / over)),
        norm=margin / kappa,
        kappa=kappa,
    )


def _below(kappa: float) -> tuple[float, float]:
    """M_0 and M_0 - 1/2."""
    half = 0.5 * math.erf(kappa / math.sqrt(2.0))
    return 0.5 + half, half


def _excess_load(kappa: float) -> float:
    """M_2 / M_0^2 - 2 for kappa > 0, which begins as kappa^2 (2 - 4/pi): kappa G - half is taken as an integral, for its terms cancel."""
    from scipy.special import gammainc

    below, half = _below(kappa)
    lost = 0.5 * float(gammainc(1.5, 0.5 * kappa * kappa))  # of z^2 over (0, kappa)
    return (kappa * kappa * below - lost - 2.0 * half * half) / (below * below)
