r"""The generic NumPy path of :mod:`learnscape.replica.rs`: any weights with any constraint.

*Problem.* As in ``rs``: the saddle point lies on the branch :math:`\alpha(q)=\hat q(q)/\int Dz\,g(\sqrt qz,1-q)^2`. Here the integrals are
NumPy contractions of the constraint's terms over graded Gauss-Legendre nodes, and the branch is searched in
:math:`t=\ln\hat q`, on which the whole range of overlaps is spread evenly, by a scan and a bracketed root search.
Chapters *gardner-volume* and *binary-weights*.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from learnscape.constraints import Constraint, Margin, SymmetricMargin
from learnscape.errors import ConvergenceError
from learnscape.numerics.shortfall import mean_squared_shortfall
from learnscape.replica._quadrature import graded_gaussian
from learnscape.weights import Weights

Array = NDArray[np.float64]
SCAN = 1.0  # step in t = ln q_hat; the branch has no structure on a finer scale
T_MIN, T_MAX = -60.0, 54.0  # overlaps from 1e-26 to 1 - 2e-12
CLOSEST = (
    1.0 - 1e-11
)  # nearer to the limit of the load the rounding of int g^2 leaves no three digits of 1 - q
ROUNDING = 2e-14  # of a load computed from the branch
TINY = 1e-300  # below it underflow eats the digits: a load that no double can hold
T_STABLE = 41.0  # up to q = 1 - 1e-9 the replicon has digits left


class State(NamedTuple):
    """What a solver path hands to `rs.solve`; the fields are those of `rs.Solution`."""

    q: float
    q_hat: float
    entropy: float
    replicon: float
    converged: bool
    iterations: int
    residual: float


class Point(NamedTuple):
    """One point of the branch: overlap q, v = 1 - q, q_hat, and the integrals over Dz of f, g^2 and dg^2."""

    q: float
    v: float
    q_hat: float
    f: float
    g2: float
    dg2: float


def no_saddle(alpha: float, limit: float) -> NoReturn:
    """Refuse a load beyond the end of the branch, or so near to it that the digits of a double do not fix the overlap."""
    allowed = f"a replica-symmetric saddle point exists only for 0 < alpha < {limit:.12g}"
    if alpha < limit:
        allowed += f", and 1 - alpha/limit = {1.0 - alpha / limit:.2g} is lost in the rounding of alpha"
    raise ValueError(f"alpha = {alpha!r} is not allowed: {allowed}")


def reach(constraint: Constraint) -> tuple[float, float]:
    """Range of z that matters: rare violations put the weight of g^2 between 0 and the edge that is violated."""
    return max(min(0.0, *constraint.edges), -40.0) - 9.0, min(max(0.0, *constraint.edges), 40.0) + 9.0


def energetic(constraint: Constraint, q: float, v: float) -> tuple[float, float, float]:
    """Averages over Dz of f, g^2 and (dg)^2 at overlap q = 1 - v."""
    root = math.sqrt(q)
    low, high = reach(constraint)
    if root > 0.0:
        z, w = graded_gaussian(
            [edge / root for edge in constraint.edges], math.sqrt(v) / root, low=low, high=high
        )
    else:
        z, w = np.zeros(1), np.ones(1)
    f, g, dg = constraint.terms(root * z, v)
    averages = float(w @ f), float(w @ (g * g)), float(w @ (dg * dg))
    if not all(map(math.isfinite, averages)):
        raise ValueError(
            f"{constraint!r} is not allowed: its terms at variance {v:.3g} average to (f, g^2, dg^2) = {averages}"
        )
    return averages


def at(weights: Weights, constraint: Constraint, t: float) -> Point:
    """The branch at t = ln q_hat; t = -inf is q = 0."""
    q_hat = math.exp(t)
    q, v = weights.overlap(q_hat), weights.one_minus_overlap(q_hat)
    return Point(q, v, q_hat, *energetic(constraint, q, v))


def load_of(point: Point) -> float:
    """The load at which the branch passes through this point."""
    return point.q_hat / point.g2 if point.g2 > TINY else math.inf


def state_at(
    weights: Weights, alpha: float, point: Point, iterations: int, residual: float, converged: bool
) -> State:
    """Entropy and replicon of a point at load alpha."""
    value = weights.entropic_term(point.q_hat, point.v) + alpha * point.f
    replicon = 1.0 - alpha * point.dg2 * weights.fluctuation(point.q_hat)
    return State(point.q, point.q_hat, value, replicon, converged, iterations, residual)


def root(
    function: Callable[[float], float], a: float, b: float, fa: float, fb: float, tol: float, limit: int
) -> tuple[float, int]:
    """Zero of a function that changes sign in [a, b]: secant steps, with the Illinois rule against a stuck end, else bisection.

    Stops when |function| <= tol or the bracket cannot shrink; returns the zero and the number of evaluations.
    """
    x = b
    for count in range(1, limit + 1):
        x = (
            b - fb * (b - a) / (fb - fa)
            if count % 4 and math.isfinite(fa) and math.isfinite(fb)
            else 0.5 * (a + b)
        )
        if not min(a, b) < x < max(a, b):
            x = 0.5 * (a + b)
        fx = function(x)
        if abs(fx) <= tol or x in (a, b):
            return x, count
        if (fx > 0.0) != (fb > 0.0):
            a, fa = b, fb
        else:
            fa *= 0.5
        b, fb = x, fx
    return x, limit


def crossings(
    function: Callable[[float], float], start: float, stop: float, step: float
) -> Iterator[tuple[float, float, float, float]]:
    """Walk from start to stop and yield a bracket (a, b, f(a), f(b)) wherever the function changes sign."""
    a, fa = start, function(start)
    for k in range(1, int(abs((stop - start) / step)) + 1):
        b = start + k * step
        fb = function(b)
        if (fa > 0.0) != (fb > 0.0):
            yield a, b, fa, fb
        a, fa = b, fb


def solve(
    weights: Weights, constraint: Constraint, alpha: float, q0: float | None, tol: float, max_iterations: int
) -> State:
    """The saddle point at load alpha; see `rs.solve`."""
    limit = saddle_limit(weights, constraint)
    if not weights.discrete and alpha >= limit and constraint.symmetric:
        no_saddle(alpha, limit)
    if constraint.symmetric and not q0:
        zero = at(weights, constraint, -math.inf)
        state = state_at(weights, alpha, zero, 1, 0.0, True)
        if q0 == 0.0 or state.replicon > 0.0:
            return state

    def mismatch(t: float) -> float:
        load = load_of(at(weights, constraint, t))
        return math.log(load / alpha) if load < math.inf else 1e300

    scale = min(alpha, limit - alpha) if alpha < limit else alpha

    def finish(bracket: tuple[float, float, float, float]) -> State:
        t, count = root(mismatch, *bracket, 1e-15, max_iterations)
        point = at(weights, constraint, t)
        error = abs(load_of(point) - alpha)
        accepted = error <= max(tol * scale, ROUNDING * alpha)
        return state_at(weights, alpha, point, count, error / scale, accepted)

    def lost(stop: float) -> NoReturn:
        raise ConvergenceError(
            f"no saddle point at alpha = {alpha!r} between ln q_hat = {T_MIN:g} and {T_MAX:g} (limit of the load: {limit:.12g})",
            [abs(math.expm1(mismatch(stop)))],
        )

    if q0 is None:
        if not alpha < limit * CLOSEST:
            no_saddle(alpha, limit)
        states = [finish(bracket) for bracket in crossings(mismatch, T_MIN, T_MAX, SCAN) if bracket[2] <= 0.0]
        if (
            mismatch(T_MAX) < 0.0
        ):  # the branch rises to the limit, so that it meets alpha once more, beyond T_MAX
            lost(T_MAX)
        if states:
            return min(states, key=lambda state: state.entropy)
    else:
        start = min(max(math.log(weights.q_hat(q0)), T_MIN), T_MAX) if q0 else T_MIN
        up = mismatch(start) < 0.0  # the iteration q_hat <- alpha int g^2 moves up where alpha(q) < alpha
        for bracket in crossings(mismatch, start, T_MAX if up else T_MIN, SCAN if up else -SCAN):
            return finish(bracket)
        if up and not alpha < limit * CLOSEST:
            no_saddle(alpha, limit)
        if up:
            lost(T_MAX)
    # the branch starts below T_MIN: no overlap to be told from zero
    return state_at(weights, alpha, at(weights, constraint, -math.inf), 1, 0.0, True)


def saddle_limit(weights: Weights, constraint: Constraint) -> float:
    """The load at which q reaches 1; the library's own constraints have the mean squared distance in closed form."""
    if type(constraint) is Margin:
        shortfall = mean_squared_shortfall(constraint.kappa)
    elif type(constraint) is SymmetricMargin:
        shortfall = 2.0 * mean_squared_shortfall(-constraint.kappa)
    else:
        z, w = graded_gaussian(constraint.edges, low=reach(constraint)[0], high=reach(constraint)[1])
        shortfall = float(w @ constraint.squared_distance(z))
    return weights.limit_q_hat / shortfall if shortfall > 0.0 else math.inf


def capacity(weights: Weights, constraint: Constraint) -> tuple[float, float]:
    """Capacity, and the replicon there."""
    if not weights.discrete:
        load = saddle_limit(weights, constraint)
        if load == math.inf:  # beyond the largest double
            return math.inf, 1.0
        z, w = graded_gaussian(constraint.edges, low=reach(constraint)[0], high=reach(constraint)[1])
        with np.errstate(over="ignore"):  # kappa beyond 1e154
            outside = constraint.squared_distance(z) > 0.0
        return load, 1.0 - load * float(w @ outside)
    if constraint.symmetric:
        zero = at(weights, constraint, -math.inf)
        load = -weights.annealed_entropy / zero.f if zero.f < 0.0 else math.inf
        if load == math.inf:
            return math.inf, 1.0
        state = state_at(weights, load, zero, 1, 0.0, True)
        if state.replicon > 0.0:
            return load, state.replicon

    def value(t: float) -> float:
        point = at(weights, constraint, t)
        load = load_of(point)
        return weights.entropic_term(point.q_hat, point.v) + load * point.f if load < math.inf else -math.inf

    bracket = next(crossings(value, T_MIN, T_STABLE, SCAN), None)
    if bracket is None:
        raise ConvergenceError(
            f"the entropy of {weights!r} with {constraint!r} has no zero on the replica-symmetric branch",
            [value(T_STABLE)],
        )
    point = at(weights, constraint, root(value, *bracket, 1e-14, 200)[0])
    load = load_of(point)
    return load, state_at(weights, load, point, 1, 0.0, True).replicon


def stability_density(constraint: Constraint, q: float, v: float, stability: Array) -> Array:
    """Density of stabilities at overlap q = 1 - v; everything in one exponential, because each factor alone overflows."""
    flat = np.where(constraint.allowed(stability), stability, np.nan).ravel()
    density = np.zeros(flat.size)
    root_q, root_v = math.sqrt(q), math.sqrt(v)
    low, high = reach(constraint)
    for i in np.flatnonzero(np.isfinite(flat)):
        # the field z of this pattern is Gaussian around sqrt(q) Delta with variance v; f bends at the ends of the allowed set
        delta = flat[i]
        if q == 0.0:
            z, w = np.zeros(1), np.ones(1)
        else:
            centres = [root_q * delta, *(edge / root_q for edge in constraint.edges)]
            z, w = graded_gaussian(centres, root_v * min(1.0, 1.0 / root_q), low=low, high=high)
        f = constraint.terms(root_q * z, v)[0]
        exponent = -0.5 * (delta - root_q * z) ** 2 / v - f
        density[i] = float(w @ np.exp(exponent)) / (root_v * math.sqrt(2.0 * math.pi))
    return density.reshape(np.shape(stability))
