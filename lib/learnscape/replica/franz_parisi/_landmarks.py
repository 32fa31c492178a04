r"""What surrounds a reference, in single numbers: the largest margin, the first law of small distances, and the gap around an isolated solution.

*Small distances.* At q = t\ :sup:`2`, s = q~ t the probe knows nothing but the reference, and the free entropy is the first moment

.. math:: \phi_1(d)=S_{\mathrm{shell}}(d)+\alpha\int d\Delta\,P(\Delta)\,f(t\Delta,1-t^2),

with the density P of the reference's stabilities. As :math:`\phi` is a minimum over the overlaps when the number of replicas goes to zero, :math:`\phi\le\phi_1`. For
:math:`d\to0` the Gaussian of variance :math:`1-t^2\approx4d` reaches beyond an edge from a strip of width :math:`2\sqrt d`, where P is constant:
:math:`\phi_1-S_{\mathrm{shell}}\approx2\alpha C\sqrt d`, :math:`C=\sum_{\mathrm{edges}}P\int_0^\infty du\,\ln H(-u)`. Chapter ``dense/isolated-solutions``.
"""

from __future__ import annotations

import dataclasses
import math
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq

from learnscape.constraints import Constraint, Margin
from learnscape.errors import require
from learnscape.replica import rs
from learnscape.replica.franz_parisi._saddle import Problem
from learnscape.replica.franz_parisi._solve import (
    MAX_ITERATIONS,
    TOLERANCE,
    Solution,
    at_distance,
    capacity,
    check,
    check_distance,
    is_binary,
    prepare,
    shell_entropy,
)
from learnscape.weights import Weights

__all__ = ["EDGE_INTEGRAL", "Gap", "edge_slope", "first_moment", "gap", "kappa_max"]

EDGE_INTEGRAL = -0.47753533980794748  # int_0^oo du ln H(-u)
SMALLEST, FIRST, STRIDE = 1e-9, 0.3, 0.25  # of the distances that `gap` visits; steps in ln d


class Gap(NamedTuple):
    """An interval of distances without solutions."""

    lower: float
    """Where it begins; 0 around an isolated reference."""
    upper: float
    """Where it ends: the distance of the nearest solutions beyond the gap."""


def kappa_max(weights: Weights, alpha: float, constraint: Constraint | None = None) -> float:
    """The largest margin that solutions can have at load alpha, within replica symmetry: the margin of capacity alpha.

    Parameters
    ----------
    weights : Binary or Spherical
    alpha : float
        Load P/N, > 0.
    constraint : Constraint, optional
        Of which kind: any with a parameter ``kappa``, `Margin` if left out. For `SymmetricMargin` it is the smallest half-width.

    Examples
    --------
    >>> from learnscape import Binary, Spherical
    >>> round(kappa_max(Binary(), 0.7), 5)
    0.13676
    >>> abs(kappa_max(Spherical(), 2.0)) < 1e-12
    True
    """
    kind = Margin() if constraint is None else constraint
    _, load = check(weights, kind, alpha)
    require(hasattr(kind, "kappa"), "constraint", kind, "one with a margin kappa")

    def excess(kappa: float) -> float:
        found = capacity(weights, dataclasses.replace(kind, kappa=kappa))  # type: ignore[type-var]
        return math.log(found / load)

    low, high, step = 0.5, 0.6, 0.25
    rising = excess(high) > excess(low)
    sign = 1.0 if rising else -1.0
    # sign * excess rises with kappa
    while sign * excess(low) > 0.0:
        low = 0.5 * low if rising else low - step
        step *= 1.5
        require(low > (1e-6 if rising else -8.0), "alpha", alpha, "a load within the range of margins")
    step = 0.25
    while sign * excess(high) < 0.0:
        high += step
        step *= 1.5
        require(high < 30.0, "alpha", alpha, "a load within the range of margins")
    return float(brentq(excess, low, high, xtol=1e-15, rtol=1e-14))


def first_moment(
    weights: Weights,
    constraint: Constraint,
    alpha: float,
    distance: float,
    *,
    reference_margin: float | Constraint | None = None,
    teacher: bool = False,
) -> float:
    """First-moment bound on the Franz-Parisi entropy; the parameters are those of :func:`solve`.

    Examples
    --------
    >>> from learnscape import Binary, Margin
    >>> round(first_moment(Binary(), Margin(0.0), 0.6, 0.1), 4)  # the entropy is 0.1187
    0.1503
    """
    d = check_distance(distance)
    problem, _ = prepare(weights, constraint, alpha, reference_margin, teacher)
    return shell_entropy(problem.binary, d) + problem.alpha * problem.patterns(d, 4.0 * d * (1.0 - d), 0.0).f


def edge_slope(
    weights: Weights,
    constraint: Constraint,
    alpha: float,
    *,
    reference_margin: float | Constraint | None = None,
    teacher: bool = False,
) -> float:
    r"""The coefficient :math:`\alpha C` of the law :math:`\alpha C\,d^{-1/2}` of the slope at small distances; the parameters are those of :func:`solve`.

    It is 0 where the reference has no stability at an edge of the constraint, as with a larger margin.

    Examples
    --------
    >>> from learnscape import Binary, Margin
    >>> edge_slope(Binary(), Margin(0.0), 0.6) < 0.0, edge_slope(Binary(), Margin(0.0), 0.6, reference_margin=0.1)
    (True, 0.0)
    """
    problem, state = prepare(weights, constraint, alpha, reference_margin, teacher)
    return problem.alpha * _edge_density(constraint, problem, state) * EDGE_INTEGRAL + 0.0


def _edge_density(constraint: Constraint, problem: Problem, state: rs.Solution | None) -> float:
    """Density of the reference's stabilities at the edges of the probe's constraint, summed."""
    edges = np.array(constraint.edges)
    if state is not None:
        return float(np.sum(rs.stabilities(state, edges)))
    known = problem.reference.constraint
    density = np.exp(-0.5 * edges**2 - known.annealed_log_probability()) / math.sqrt(2.0 * math.pi)
    return float(np.sum(density * known.allowed(edges)))


def gap(
    weights: Weights,
    constraint: Constraint,
    alpha: float,
    *,
    reference_margin: float | Constraint | None = None,
    teacher: bool = False,
) -> Gap | None:
    """The distances around the reference at which there are no solutions; the parameters are those of :func:`solve`.

    The most distant such interval below the most probable distance: it is followed from there towards the reference, down to d = 1e-9 or to where the saddle point is
    lost, which is deep inside the gap of an isolated reference.

    Parameters
    ----------
    weights : Binary
        Real weights always have neighbours: compare `Solution.entropy` with `Solution.shell_entropy`.

    Returns
    -------
    Gap or None
        None if there are solutions at every distance.

    Examples
    --------
    >>> from learnscape import Binary, Margin
    >>> lower, upper = gap(Binary(), Margin(0.0), 0.6)
    >>> lower, round(upper, 4)
    (0.0, 0.0158)
    >>> gap(Binary(), Margin(0.0), 0.6, reference_margin=0.2) is None
    True
    """
    require(
        is_binary(weights), "weights", weights, "Binary(): real weights have neighbours at every distance"
    )
    problem, state = prepare(weights, constraint, alpha, reference_margin, teacher)
    isolated = _edge_density(constraint, problem, state) > 0.0
    x = None

    def at(log_d: float) -> Solution:
        nonlocal x
        found, x = at_distance(weights, problem, state, math.exp(log_d), x, TOLERANCE, MAX_ITERATIONS)
        return found

    def zero(a: float, b: float) -> float:
        return math.exp(brentq(lambda u: at(u).entropy, a, b, xtol=1e-11, rtol=1e-11))

    here = math.log(FIRST)
    upper = None
    while here > math.log(SMALLEST):
        found = at(here - STRIDE)
        if not found.converged:
            break
        here -= STRIDE
        if upper is None and found.entropy < 0.0:
            upper = zero(here, here + STRIDE)
            if isolated:
                break
            at(here)
        elif upper is not None and found.entropy > 0.0:
            return Gap(zero(here, here + STRIDE), upper)
    return None if upper is None else Gap(0.0, upper)
