r"""Walking from one solution to another: the error on the way.

*Problem.* Two solutions of the same :math:`P=\alpha N` patterns, drawn at random among those of margin :math:`\kappa_1` and :math:`\kappa_2`, have an
overlap p. Replica-symmetric states of two systems that share their patterns are coupled by the patterns only: given those, the fields on a weight are
Gaussian with variances :math:`\hat q_1,\hat q_2` and covariance :math:`\hat p`, those on a pattern with :math:`q_1,q_2` and p, and

.. math::
    p=\langle m_1m_2\rangle,\qquad \hat p=\alpha\,\langle g_1(\omega_1)\,g_2(\omega_2)\rangle,

with m the mean of a weight in its field. For spherical weights the first line reads :math:`p=(1-q_1)(1-q_2)\hat p`.

On the geodesic, :math:`w_\gamma=[\gamma w_1+(1-\gamma)w_2]/n_\gamma` with :math:`n_\gamma^2=\gamma^2+(1-\gamma)^2+2\gamma(1-\gamma)p`, a pattern has the
stability :math:`[\gamma u_1+(1-\gamma)u_2]/n_\gamma`. It is violated at margin :math:`\kappa` where this is smaller than :math:`\kappa`. Given the fields the
:math:`u_i` are independent, Gaussian, and cut off at :math:`\kappa_i`, so the error is an integral over two fields and one stability.

*The star.* Since :math:`u_i\ge\kappa_i`, no pattern is violated anywhere on the path exactly if :math:`\gamma\kappa_1+(1-\gamma)\kappa_2\ge\kappa n_\gamma` for
all :math:`\gamma`. For :math:`\kappa<0` the difference is convex in :math:`\gamma`. With equal margins it is smallest in the middle, and
vanishes there for :math:`\kappa_1=\kappa\sqrt{(1+q_1)/2}`. With :math:`\kappa_2=\kappa` it vanishes at :math:`\gamma=0`, and its slope there is positive for
:math:`\kappa_1>\kappa p`: from such a point *every* typical solution can be seen. Annesi, Lauditi, Lucibello, Malatesta, Perugini, Pittorino and Saglietti
(2023), who found this star; the formulas here are derived in chapter *geometry*. Replica symmetric.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize_scalar

from learnscape.constraints import Constraint, Margin
from learnscape.errors import ConvergenceError, as_finite, is_finite, require
from learnscape.replica import rs
from learnscape.replica._geodesic_kernels import INNER, geodesic_kernel
from learnscape.replica._quadrature import graded_gaussian
from learnscape.weights import Spherical, Weights
from learnscape.weights.contract import local

__all__ = ["connected_margin", "cross_overlap", "geodesic_error", "kernel_margin", "star_limit"]

Array = NDArray[np.float64]
REACH = 8.0  # of a Gaussian field: 1e-15 lies beyond
CLOSE = 1.0 - 1e-3  # how near the largest margin saddles are still asked for
STEP = 0.35  # of the trapezoidal rule, in units of the sharpest bend: what is left of tanh^2 or A^2 is below 1e-10
FINE = 0.12  # of the rule whose nodes are dense around one bend: leaves 1e-10
MOST = 1_000_000  # pairs of nodes

_Bends = tuple[
    tuple[float, ...], float
]  # of a constraint: edges, and the width over which its functions bend


def cross_overlap(weights: Weights, first: Constraint, second: Constraint, alpha: float) -> float:
    """Overlap p of a typical solution of one constraint and a typical solution of another, on the same patterns (replica symmetric).

    Parameters
    ----------
    weights : Weights
        The space of both.
    first, second : Constraint
        What each must satisfy, for instance ``Margin(-0.3)`` and ``Margin(-0.5)``.
    alpha : float
        Load P/N, below the end of the replica-symmetric saddle of both.

    Returns
    -------
    float
        p, between 0 and the geometric mean of the two overlaps; accurate to 1e-9. For equal constraints it is the overlap of `rs.solve`.

    Raises
    ------
    ValueError
        Bad input, no saddle at this load, or an overlap so near 1 that hardly more than one solution is left.

    Examples
    --------
    >>> from learnscape import Margin, Spherical
    >>> round(cross_overlap(Spherical(), Margin(-0.2), Margin(-0.5), 1.0), 6)
    0.33486
    """
    return _cross(rs.solve(weights, first, alpha), rs.solve(weights, second, alpha))


def _cross(one: rs.Solution, two: rs.Solution) -> float:
    """Solve p = <m m>(alpha <g g>(p))."""
    if one.q < two.q:  # the sharper field comes first
        one, two = two, one
    largest = math.sqrt(one.q * two.q)
    if two.q == 0.0:
        return 0.0
    if (one.constraint, one.q) == (two.constraint, two.q):
        return one.q
    v1, v2 = one.self_overlap - one.q, two.self_overlap - two.q
    fields = _Pair((math.sqrt(one.q), math.sqrt(two.q)), one.constraint.bends(v1), two.constraint.bends(v2))
    g1 = one.constraint.terms(fields.first, v1)[1]

    def covariance(p: float) -> float:
        g2 = two.constraint.terms(fields.second(p / largest), v2)[1]
        return one.alpha * fields.mean(g1, g2)

    weights, precisions = one.weights, (_precision(one), _precision(two))
    spread = local(weights, np.array([0.0, 1.0, -2.5]), precisions[0] * np.ones(3))[2]
    if np.ptp(spread) < 1e-12 * spread[0]:  # means are linear in the field

        def excess(p: float) -> float:
            return v1 * v2 * covariance(p) - p

    else:
        roots = math.sqrt(one.q_hat), math.sqrt(two.q_hat)
        sites = _Pair(roots, ((0.0,), 0.5), ((0.0,), 0.5))
        mean = local(weights, sites.first, precisions[0] * np.ones(sites.first.shape))[1]

        def excess(p: float) -> float:
            field = sites.second(min(covariance(p) / (roots[0] * roots[1]), 1.0))
            return sites.mean(mean, local(weights, field, precisions[1] * np.ones(field.shape))[1]) - p

    return float(brentq(excess, 0.0, largest, xtol=1e-13)) if excess(largest) < 0.0 else largest


def _precision(state: rs.Solution) -> float:
    """What multiplies w^2/2 in the local measure: the conjugate of |w|^2, or for a fixed sphere what gives the variance 1 - q."""
    return state.precision if state.precision is not None else 1.0 / (state.self_overlap - state.q)


class _Pair:
    """Nodes for two Gaussian fields of standard deviations a and b and any correlation.

    What depends on the first field bends at its edges over a width, what depends on the second likewise. If that has one edge, each value of the first gets
    its own nodes for the second, dense around the bend; if it has several, equal steps have to resolve them all.
    """

    def __init__(self, deviations: tuple[float, float], first: _Bends, second: _Bends) -> None:
        (self.a, self.b), (edges, width), (self.edges, self.width) = deviations, first, second
        sharp = min(1.0, self.width / self.b)
        if len(self.edges) == 1 or sharp > 0.3:
            centres = [edge / self.a for edge in edges] + [edge / self.b for edge in self.edges]
            self.x, self.of_x = graded_gaussian(centres, min(width / self.a, self.width / self.b))
        else:
            finer = int(2.0 * REACH / (STEP * min(sharp, width / self.a))) + 1
            allowed = "overlaps at which more than about one solution is left"
            pairs = finer * 2.0 * REACH / (STEP * sharp)
            require(pairs <= MOST, "overlaps", (self.a**2, self.b**2), allowed)
            self.x, self.of_x = _trapezoid(finer)
        self.even = _trapezoid(int(2.0 * REACH / (STEP * sharp)) + 1)
        self.of_y = self.even[1]
        self.first = self.a * self.x

    def second(self, r: float) -> Array:
        """The second field at correlation r, a row for each value of the first."""
        across = math.sqrt(max(1.0 - r * r, 0.0))
        y, self.of_y = self.even
        if len(self.edges) == 1 and self.width < self.b * across:
            centres = np.clip((self.edges[0] / self.b - r * self.x) / across, -REACH, REACH)
            y, self.of_y = _sinh(centres, self.width / (self.b * across))
        return self.b * (r * self.x[:, None] + across * y)

    def mean(self, f: Array, g: Array) -> float:
        """Mean of f(first) g(second)."""
        inner: Array = (g * self.of_y).sum(axis=-1)
        return float((self.of_x * f) @ inner)


def _sinh(centres: Array, scale: float) -> tuple[Array, Array]:
    """A row of nodes and weights for each centre, dense around it (see :mod:`learnscape.numerics.sinh_rule`)."""
    low, high = (np.arcsinh((end - centres) / scale)[:, None] for end in (-REACH, REACH))
    count = int(np.max(high - low) / FINE) + 2
    step = (high - low) / (count - 1)
    u = low + step * np.arange(count)
    y = centres[:, None] + scale * np.sinh(u)
    return y, step * scale * np.cosh(u) * np.exp(-0.5 * y * y) / math.sqrt(2.0 * math.pi)


def _trapezoid(nodes: int) -> tuple[Array, Array]:
    z = np.linspace(-REACH, REACH, nodes)
    weight = np.exp(-0.5 * z * z)
    return z, weight / weight.sum()


def geodesic_error(constraint: Margin, alpha: float, gamma: float, *, margins: tuple[float, float]) -> float:
    """Fraction of violated patterns on the geodesic between two typical solutions (spherical weights, replica symmetric).

    Parameters
    ----------
    constraint : Margin
        What is violated: stabilities below its kappa.
    alpha : float
        Load P/N.
    gamma : float
        Place on the path, in [0, 1]: the point is proportional to gamma w_1 + (1 - gamma) w_2.
    margins : (float, float)
        Margins of w_1 and w_2, each at least that of the constraint.

    Returns
    -------
    float
        Mean error in [0, 1], accurate to about 1e-9. The work grows like 1/(1 - q): a second at overlap 0.997, three at 0.999, nearly a minute at the very end of the saddle.

    Raises
    ------
    ValueError
        Bad input, or no saddle at this load for one of the margins.

    Examples
    --------
    >>> from learnscape import Margin
    >>> typical = geodesic_error(Margin(-0.5), 1.0, 0.5, margins=(-0.5, -0.5))
    >>> robust = geodesic_error(Margin(-0.5), 1.0, 0.5, margins=(-0.3, -0.3))
    >>> round(typical, 6), robust
    (0.010029, 0.0)
    """
    kappa = _margin(constraint)
    good = isinstance(margins, tuple | list) and len(margins) == 2
    require(good, "margins", margins, "a pair of numbers")
    first, second = (as_finite("margins", margin) for margin in margins)
    require(min(first, second) >= kappa, "margins", margins, f"at least that of the constraint, {kappa!r}")
    require(is_finite(gamma) and 0.0 <= gamma <= 1.0, "gamma", gamma, "a number in [0, 1]")
    one, two = (rs.solve(Spherical(), Margin(margin), alpha) for margin in (first, second))
    if gamma in (0.0, 1.0):
        return 0.0
    p = _cross(one, two)
    widest = max(one.q, two.q)
    step = STEP * min(1.0, math.sqrt((1.0 - widest) / widest))
    below = np.empty(INNER)
    return float(geodesic_kernel(one.q, two.q, p, first, second, kappa, float(gamma), step, below))


def _margin(constraint: object) -> float:
    require(isinstance(constraint, Margin), "constraint", constraint, "a Margin")
    assert isinstance(constraint, Margin)
    return constraint.kappa


def _negative(constraint: object) -> float:
    kappa = _margin(constraint)
    require(
        kappa < 0.0,
        "constraint",
        constraint,
        "a Margin with kappa < 0: otherwise the space of solutions is convex and every path is free",
    )
    return kappa


def connected_margin(constraint: Margin, alpha: float) -> float:
    """The margin from which on two typical solutions are joined by a geodesic without error, kappa_* (spherical weights, replica symmetric).

    Both have this margin. It solves kappa_* = kappa sqrt((1 + q(kappa_*))/2), with q the overlap of the two.

    Parameters
    ----------
    constraint : Margin
        With kappa < 0; for kappa >= 0 the space is convex.
    alpha : float
        Load P/N, below the end of the replica-symmetric saddle of the constraint.

    Raises
    ------
    ValueError
        Bad input, or no saddle at this load.

    Examples
    --------
    >>> from learnscape import Margin
    >>> round(connected_margin(Margin(-0.5), 1.0), 6)
    -0.404594
    """
    kappa = _negative(constraint)

    def excess(margin: float) -> float:
        q = rs.solve(Spherical(), Margin(margin), alpha).q
        return margin - kappa * math.sqrt(0.5 * (1.0 + q))

    largest = _largest_margin(constraint, alpha)
    return float(brentq(excess, kappa, kappa + CLOSE * (largest - kappa), xtol=1e-11))


def kernel_margin(constraint: Margin, alpha: float) -> float:
    """The margin from which on a typical solution sees every typical solution of the constraint, kappa_krn: the kernel of the star.

    It solves kappa_krn = kappa p, with p the overlap of a solution of this margin and a solution of the constraint (spherical weights, replica
    symmetric).

    Parameters
    ----------
    constraint : Margin
        With kappa < 0; for kappa >= 0 the space is convex.
    alpha : float
        Load P/N, below :func:`star_limit`.

    Returns
    -------
    float
        The smallest such margin. Near `star_limit` the largest margins of all see less again.

    Raises
    ------
    ValueError
        Bad input, or no such margin: the typical solutions have no common centre.

    Examples
    --------
    >>> from learnscape import Margin
    >>> round(kernel_margin(Margin(-0.5), 1.0), 6)
    -0.171056
    """
    kappa = _negative(constraint)
    _largest_margin(constraint, alpha)  # its own message beyond the end
    excess = _excess(constraint, alpha)
    best, most = _most(constraint, alpha, excess)
    require(
        most > 0.0,
        "alpha",
        alpha,
        "below that where the star ends (star_limit): here no margin is large enough",
    )
    return float(brentq(excess, kappa, best, xtol=1e-11))


def _excess(constraint: Margin, alpha: float) -> Callable[[float], float]:
    """By how much a margin exceeds what it takes to see every typical solution."""
    two = rs.solve(Spherical(), constraint, alpha)

    def excess(margin: float) -> float:
        return margin - constraint.kappa * _cross(rs.solve(Spherical(), Margin(margin), alpha), two)

    return excess


def _most(constraint: Margin, alpha: float, excess: Callable[[float], float]) -> tuple[float, float]:
    """The margin of the largest excess and this excess; 0 if solutions of margin 0 exist, which see everything."""
    kappa, largest = constraint.kappa, _largest_margin(constraint, alpha)
    if alpha < 2.0:
        return 0.0, excess(0.0)
    # it has one maximum: towards the largest margin solutions gather where the others are not
    found = minimize_scalar(
        lambda margin: -excess(margin),
        bounds=(kappa, kappa + CLOSE * (largest - kappa)),
        method="bounded",
        options={"xatol": 1e-7},
    )
    return float(found.x), -float(found.fun)


def _largest_margin(constraint: Margin, alpha: float) -> float:
    """The margin at which solutions end at this load, at most 0."""
    require(is_finite(alpha) and alpha > 0.0, "alpha", alpha, "a finite number > 0")
    limit = rs.saddle_limit(Spherical(), constraint)
    require(alpha < limit, "alpha", alpha, f"below {limit:.12g}, where solutions end")
    if alpha < 2.0:
        return 0.0
    return float(brentq(lambda k: rs.saddle_limit(Spherical(), Margin(k)) - alpha, constraint.kappa, 0.0))


def star_limit(constraint: Margin) -> float:
    r"""The load up to which the typical solutions form a star: beyond, solutions of no margin see them all.

    There the two margins at which :math:`\kappa_1=\kappa p` merge. (Between them this excess is positive; towards the largest margin at all it falls again.)
    Spherical weights, replica symmetric: an approximation where this load lies beyond `rs.at_line` of the margins concerned.

    Parameters
    ----------
    constraint : Margin
        With kappa < 0.

    Raises
    ------
    ConvergenceError
        The star lasts nearly as long as the solutions, as for kappa = -0.1.
    ValueError
        Bad input.

    Examples
    --------
    >>> from learnscape import Margin
    >>> round(star_limit(Margin(-0.5)), 3)
    3.733
    """
    _negative(constraint)

    def most(alpha: float) -> float:
        return _most(constraint, alpha, _excess(constraint, alpha))[1]

    end = rs.saddle_limit(Spherical(), constraint)
    low = 2.0
    for high in (2.0 + (end - 2.0) * np.linspace(0.2, 0.95, 6)).tolist():
        if most(high) < 0.0:
            return float(brentq(most, low, high, xtol=1e-8))
        low = high
    raise ConvergenceError(
        f"the star of {constraint!r} lasts beyond alpha = {low:.6g}; solutions end at {end:.6g}", [most(low)]
    )
