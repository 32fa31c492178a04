r"""The exponents of jamming, from the scaling solution of the Parisi equation.

*Problem.* At jamming full RSB goes on for ever: :math:`1-q\sim y^{-\kappa}` with :math:`y\to\infty`. On the scale :math:`t=(h-\text{edge})/\sqrt{1-q}` force and
field keep their shapes, :math:`\lambda f''=M'(t)`, :math:`P\sim y^a\,p(t)` with :math:`\lambda\sim y^{-c}`, :math:`\kappa=2b=1+c`. The Parisi equation
becomes two ordinary differential equations and one condition,

.. math::
    bM''=(b-c)M-btM'-cMM',\qquad bp''=ap+btp'+c(pM)',\qquad \frac cb=\frac{\int pM''^2}{\int pM'^2(1+M')},

with :math:`M\to-t,\ 0` and :math:`p\sim|t|^\theta,\ t^{-\gamma}` at the two ends. They fix a, b, c. Without the last one there is a solution for every b; with it for one.

*Accuracy.* Chebyshev collocation, and Newton's method for all unknowns at once. Longer intervals and more nodes change the exponents by less than 1e-11,
and shooting agrees to 1e-10 (``tests/replica/test_parisi_exponents.py``). That :math:`a+b=1` is a result here, not an input; it follows from the three equations. The exponents are exact within replicas.
Charbonneau, Kurchan, Parisi, Urbani and Zamponi (2014); chapter *jamming-exponents*.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from learnscape.errors import ConvergenceError, as_finite, is_integer, require
from learnscape.results import by_identity

__all__ = ["JammingExponents", "ScalingFunctions", "jamming_exponents", "scaling_functions"]

Array = NDArray[np.float64]
LEFT, RIGHT = -15.0, 11.0  # M + t decays as exp(-0.2 t^2) to the left, M as exp(-t^2/2) to the right
NODES = 160
ITERATIONS = 40
LOWEST, HIGHEST = 1.1, 1.7  # of a trial exponent kappa
NEAREST = 4.0  # end: theta is off by 7e-4 there
DENSITY = 2.0  # nodes per unit of t: 5e-7 is left; with 3, 1e-11
MOST_NODES = 1000
TOLERANCE = 1e-11  # of a Newton step; rounding of the second derivative leaves 1e-12


class JammingExponents(NamedTuple):
    """Exponents of the full-RSB universality class of jamming."""

    a: float
    """P ~ y^a where gaps and forces vanish."""
    b: float
    """Distances from the edge have the size y^-b there, the root of 1 - q."""
    c: float
    """lambda ~ y^-c."""
    gamma: float
    """Small gaps: density ~ gap^-gamma, gamma = a/b."""
    theta: float
    """Small forces: density ~ force^theta, theta = (c - a)/(b - c)."""
    kappa_exponent: float
    """1 - q ~ y^-kappa, kappa = 1 + c; not the margin."""


@by_identity
class ScalingFunctions(NamedTuple):
    """Force and field on the scale where both vanish."""

    t: Array
    """Distance from the edge in units of the root of 1 - q; (n,), rising."""
    force: Array
    """M(t), from -t on the left to 0 on the right."""
    density: Array
    """p(t), 1 at t = 0."""
    slope: Array
    """M'(t), from -1 (held) to 0 (free)."""
    curvature: Array
    """M''(t)."""
    weights: Array
    """Of the nodes: ``weights @ g`` is the integral of g."""
    exponents: JammingExponents
    """a, b, c and what follows."""

    @property
    def closure(self) -> tuple[float, float]:
        """Both sides of the closure: c/b, and the quotient of the two integrals."""
        m1, measure = self.slope, self.weights * self.density
        quotient = float(measure @ self.curvature**2) / float(measure @ (m1 * m1 * (1.0 + m1)))
        return self.exponents.c / self.exponents.b, quotient


def jamming_exponents() -> JammingExponents:
    """The exponents of gaps, forces and overlaps at jamming; computed once, in 30 ms.

    Returns
    -------
    JammingExponents
        Right to 1e-11.

    Examples
    --------
    >>> found = jamming_exponents()
    >>> round(found.gamma, 8), round(found.theta, 8), round(found.kappa_exponent, 8)
    (0.4126932, 0.42310755, 1.41573557)
    """
    return scaling_functions().exponents


@lru_cache(maxsize=8)
def scaling_functions(
    left: float = LEFT, right: float = RIGHT, nodes: int = NODES, *, kappa_exponent: float | None = None
) -> ScalingFunctions:
    """The scaling functions M and p on [left, right], by collocation at so many Chebyshev nodes.

    Parameters
    ----------
    left, right : float
        Ends, at most -4 and at least 4. Near ends cost digits: on [-6, 5] theta is off by 3e-6.
    nodes : int
        At least 2 for each unit of t, at most 1000; with 3 the exponents are right to 1e-11 if the ends are far.
    kappa_exponent : float, optional
        A trial value of kappa = 2b, from 1.1 to 1.7. The closure is then left out; its two sides are in the result.

    Raises
    ------
    ValueError
        Bad trial value, an end that is too near, too few nodes.
    ConvergenceError
        Newton's method did not converge.

    Examples
    --------
    >>> found = scaling_functions()
    >>> float(found.force[0]), float(found.force[-1])
    (15.0, 0.0)
    >>> trial = scaling_functions(kappa_exponent=1.5)
    >>> round(trial.exponents.a + trial.exponents.b, 3), round(trial.closure[0] - trial.closure[1], 3)
    (1.122, 0.135)
    """
    left, right = as_finite("left", left), as_finite("right", right)
    require(left <= -NEAREST, "left", left, f"at most {-NEAREST:g}: nearer, M has not reached -t")
    require(right >= NEAREST, "right", right, f"at least {NEAREST:g}: nearer, M has not reached 0")
    fewest = math.ceil(DENSITY * (right - left))
    good = is_integer(nodes) and fewest <= nodes <= MOST_NODES
    require(
        good, "nodes", nodes, f"an integer from {fewest} ({DENSITY:g} for each unit of t) to {MOST_NODES}"
    )
    if kappa_exponent is not None:
        kappa_exponent = as_finite("kappa_exponent", kappa_exponent)
        allowed = f"from {LOWEST} to {HIGHEST}: beyond, M and p need longer intervals"
        require(LOWEST <= kappa_exponent <= HIGHEST, "kappa_exponent", kappa_exponent, allowed)
    t, first = _chebyshev(left, right, nodes)
    second = first @ first
    weights = _integral(left, right, nodes)
    zero = _interpolation_at_zero(t)
    m = 0.5 * (np.sqrt(t * t + 2.0) - t)
    p = np.where(t < 0.0, (1.0 + t * t) ** 0.2, (1.0 + t * t) ** -0.2)
    x = np.concatenate([m, p, [0.3, 0.7]])
    trace: list[float] = []
    for _ in range(ITERATIONS):
        value, slope = _equations(x, t, first, second, weights, zero)
        if kappa_exponent is not None:  # in place of the closure
            value[-1], slope[-1] = x[-1] - 0.5 * kappa_exponent, 0.0
            slope[-1, -1] = 1.0
        step = np.linalg.solve(slope, value)
        x = x - step * min(1.0, 0.5 / float(np.abs(step).max()))  # from afar a full step may leave the basin
        trace.append(float(np.abs(step[-2:]).max()))
        if trace[-1] < TOLERANCE:
            m, p, (a, b) = x[:nodes], x[nodes:-2], x[-2:].tolist()
            c = 2.0 * b - 1.0
            exponents = JammingExponents(a, b, c, a / b, (c - a) / (b - c), 1.0 + c)
            arrays = (t, m, p, first @ m, second @ m, weights)
            for array in arrays:
                array.setflags(write=False)  # shared by all callers
            return ScalingFunctions(*arrays, exponents)
    raise ConvergenceError(f"no scaling solution on [{left!r}, {right!r}] with {nodes} nodes", trace)


def _equations(
    x: Array, t: Array, first: Array, second: Array, weights: Array, zero: Array
) -> tuple[Array, Array]:
    """Residuals of both equations at the inner nodes, the ends, p(0) = 1 and the closure; and their Jacobian."""
    n = t.size
    m, p, a, b = x[:n], x[n:-2], x[-2], x[-1]
    c = 2.0 * b - 1.0
    m1, m2, p1, p2 = first @ m, second @ m, first @ p, second @ p
    value, slope = np.zeros(2 * n + 2), np.zeros((2 * n + 2, 2 * n + 2))
    eye = np.eye(n)
    # the force
    value[:n] = b * m2 - (b - c) * m + b * t * m1 + c * m * m1
    slope[:n, :n] = b * second - (b - c) * eye + ((b * t + c * m)[:, None] * first) + c * m1[:, None] * eye
    slope[:n, -1] = m2 + m + t * m1 + 2.0 * m * m1  # b - c = 1 - b
    # the field
    value[n : 2 * n] = b * p2 - a * p - b * t * p1 - c * (p * m1 + m * p1)
    slope[n : 2 * n, n : 2 * n] = b * second - (a + c * m1)[:, None] * eye - (b * t + c * m)[:, None] * first
    slope[n : 2 * n, :n] = -c * (p[:, None] * first + p1[:, None] * eye)
    slope[n : 2 * n, -2] = -p
    slope[n : 2 * n, -1] = p2 - t * p1 - 2.0 * (p * m1 + m * p1)
    # ends
    for row in (0, n - 1, n, 2 * n - 1):
        slope[row] = 0.0
    value[0], slope[0, 0] = m[0] + t[0], 1.0
    value[n - 1], slope[n - 1, n - 1] = m[-1], 1.0
    for row, end, (u, by_a, by_b) in ((n, 0, _left(t[0], a, b)), (2 * n - 1, n - 1, _right(t[-1], a, b))):
        value[row] = p1[end] - u * p[end]
        slope[row, n : 2 * n] = first[end] - u * eye[end]
        slope[row, -2:] = -by_a * p[end], -by_b * p[end]
    # p(0) = 1, and the closure
    value[-2], slope[-2, n : 2 * n] = zero @ p - 1.0, zero
    top, bottom = weights * m2 * m2, weights * m1 * m1 * (1.0 + m1)
    value[-1] = b * (top @ p) - c * (bottom @ p)
    slope[-1, n : 2 * n] = b * top - c * bottom
    slope[-1, :n] = (
        2.0 * b * (weights * p * m2) @ second - c * (weights * p * (2.0 * m1 + 3.0 * m1 * m1)) @ first
    )
    slope[-1, -1] = top @ p - 2.0 * (bottom @ p)
    return value, slope


def _left(t: float, a: float, b: float) -> tuple[float, float, float]:
    """p'/p far to the left, p ~ |t|^theta (1 + k/t^2), and its derivatives with respect to a and b."""
    c, d = 2.0 * b - 1.0, 1.0 - b  # d = b - c
    theta = (c - a) / d
    by_theta = 1.0 / t + (2.0 * theta - 1.0) * b / (d * t**3)
    u = theta / t + theta * (theta - 1.0) * b / (d * t**3)
    return u, -by_theta / d, by_theta * (2.0 + theta) / d + theta * (theta - 1.0) / (d * d * t**3)


def _right(t: float, a: float, b: float) -> tuple[float, float, float]:
    """The same far to the right, p ~ t^-gamma (1 + k/t^2)."""
    gamma = a / b
    by_gamma = -1.0 / t + (1.0 + 2.0 * gamma) / t**3
    return -gamma / t + gamma * (1.0 + gamma) / t**3, by_gamma / b, -by_gamma * gamma / b


def _chebyshev(left: float, right: float, nodes: int) -> tuple[Array, Array]:
    """Chebyshev points from left to right and the matrix of the derivative there."""
    x = -np.cos(np.pi * np.arange(nodes) / (nodes - 1))
    sign = np.where(np.arange(nodes) % 2, -1.0, 1.0)
    sign[[0, -1]] *= 2.0
    difference = x[:, None] - x[None, :] + np.eye(nodes)
    matrix = (sign[:, None] / sign[None, :]) / difference
    matrix -= np.diag(matrix.sum(axis=1))  # constants have no slope: this loses no digits
    return left + 0.5 * (right - left) * (x + 1.0), matrix * 2.0 / (right - left)


def _integral(left: float, right: float, nodes: int) -> Array:
    """Clenshaw-Curtis weights."""
    k = np.arange(nodes)
    moments = np.where(k % 2, 0.0, 2.0 / (1.0 - np.where(k % 2, 0, k) ** 2.0))
    values = np.cos(np.outer(k, np.pi * k / (nodes - 1)))
    answer: Array = np.linalg.solve(values, moments)[::-1] * 0.5 * (right - left)
    return answer


def _interpolation_at_zero(t: Array) -> Array:
    """Weights of the values at the nodes for the value at 0."""
    sign = np.where(np.arange(t.size) % 2, -1.0, 1.0)
    sign[[0, -1]] *= 0.5
    weights = sign / np.where(t == 0.0, 1e-300, -t)
    return weights / weights.sum()
