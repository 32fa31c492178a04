r"""The generic NumPy path of :mod:`learnscape.replica.rs`: any weights of fixed self-overlap with any constraint.

*Problem.* As in ``rs``: the saddle point lies on the branch :math:`\alpha(q)=\hat q(q)/\int Dz\,g(\sqrt qz,Q-q)^2`. The branch is searched in
:math:`t=\ln(\hat qQ)`, on which the whole range of overlaps is spread evenly, by a scan and a bracketed root search.
Chapters *gardner-volume* and *binary-weights*.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from learnscape.constraints import Constraint, Margin, SymmetricMargin
from learnscape.errors import ConvergenceError, require
from learnscape.numerics.shortfall import mean_squared_shortfall
from learnscape.replica._compiled import stands_for
from learnscape.replica._quadrature import graded_gaussian
from learnscape.replica._rs_point import (
    State,
    at,
    energetic,
    even,
    load_of,
    no_saddle,
    reach,
    state_at,
)
from learnscape.weights import Weights
from learnscape.weights.contract import fixed_overlap

__all__ = [
    "capacity",
    "mean_squared_distance",
    "outside_nodes",
    "saddle_limit",
    "solve",
    "stability_density",
]

Array = NDArray[np.float64]
SCAN = 1.0  # step in t = ln(q_hat Q); the branch has no structure on a finer scale
T_MIN, T_MAX = -60.0, 54.0  # overlaps from 1e-26 to 1 - 2e-12
T_LEAST = -700.0  # below it exp(t) is no normal number
CLOSEST = (
    1.0 - 1e-11
)  # nearer to the limit of the load the rounding of int g^2 leaves no three digits of 1 - q
ROUNDING = 2e-14  # of a load computed from the branch
T_STABLE = 41.0  # up to q = 1 - 1e-9 the replicon has digits left


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
    symmetric = even(weights, constraint)
    if symmetric and alpha >= limit and not (weights.discrete and q0 == 0.0):
        if weights.discrete:
            raise ValueError(
                f"alpha = {alpha!r} is not allowed: beyond {limit:.12g} the saddle point q = 0 alone is left, past the capacity; "
                "pass q0=0.0 to have it"
            )
        no_saddle(alpha, limit)
    if symmetric and not q0:
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
            f"no saddle point at alpha = {alpha!r} between ln(q_hat Q) = {T_MIN:g} and {stop:g} (limit of the load: {limit:.12g})",
            [abs(math.expm1(mismatch(stop)))],
        )

    if q0 is None:
        if not alpha < limit * CLOSEST:
            no_saddle(alpha, limit)
        states, end = [], T_MIN

        def followed(t: float) -> float:
            nonlocal end
            value = mismatch(t)
            end = t
            return value

        try:
            for bracket in crossings(followed, T_MIN, T_MAX, SCAN):
                if bracket[2] <= 0.0:
                    states.append(finish(bracket))
        except ConvergenceError:  # averages of strong fields that a plain `local` loses in rounding
            pass
        if mismatch(end) < 0.0:  # the branch rises to the limit, so that it meets alpha once more, beyond
            lost(end)
        if mismatch(T_MIN) > 0.0:  # it also starts beyond alpha: there is a saddle below T_MIN
            states.append(first(weights, constraint, alpha))
        if states:
            return min(states, key=lambda state: state.entropy)
    else:
        start = min(max(math.log(weights.q_hat(q0) * fixed_overlap(weights)), T_MIN), T_MAX) if q0 else T_MIN
        up = mismatch(start) < 0.0  # the iteration q_hat <- alpha int g^2 moves up where alpha(q) < alpha
        for bracket in crossings(mismatch, start, T_MAX if up else T_MIN, SCAN if up else -SCAN):
            return finish(bracket)
        if up and not alpha < limit * CLOSEST:
            no_saddle(alpha, limit)
        if up:
            lost(T_MAX)
    return first(weights, constraint, alpha)


def first(weights: Weights, constraint: Constraint, alpha: float) -> State:
    """The saddle below T_MIN, where q_hat = alpha g^2 with g at q = 0."""
    scale = fixed_overlap(weights)
    g2 = scale * alpha * energetic(constraint, 0.0, scale).g2
    t = math.log(g2) if g2 > math.exp(T_LEAST) else -math.inf
    return state_at(weights, alpha, at(weights, constraint, t), 1, 0.0, True)


def mean_squared_distance(constraint: Constraint, self_overlap: float = 1.0) -> float:
    """Mean squared distance of sqrt(Q) z to the allowed set; some of the library's own constraints have it in closed form."""
    scale = math.sqrt(self_overlap)
    if isinstance(constraint, Margin) and stands_for(Margin, constraint):
        return float(self_overlap * mean_squared_shortfall(constraint.kappa / scale))
    if isinstance(constraint, SymmetricMargin) and stands_for(SymmetricMargin, constraint):
        return float(self_overlap * 2.0 * mean_squared_shortfall(-constraint.kappa / scale))
    z, w = outside_nodes(constraint, scale)
    squares = np.asarray(constraint.squared_distance(scale * z))
    good = squares.shape == z.shape and bool(np.all(squares >= 0.0))
    require(good, "constraint", constraint, "one whose squared_distance is >= 0 and of the shape of omega")
    return float(w @ squares)


def outside_nodes(constraint: Constraint, scale: float) -> tuple[Array, Array]:
    """Nodes and weights of z for functions of the distance of scale z to the allowed set."""
    low, high = reach(constraint, scale)
    kinks = [point / scale for point in (*constraint.edges, *constraint.cusps)]
    return graded_gaussian(kinks, low=low, high=high)


def saddle_limit(weights: Weights, constraint: Constraint) -> float:
    """The load at which q reaches Q."""
    shortfall = mean_squared_distance(constraint, fixed_overlap(weights))
    numerator = float(weights.limit_q_hat)
    require(0.0 < numerator < math.inf, "limit_q_hat", numerator, "a finite number > 0")
    return numerator / shortfall if shortfall > 0.0 else math.inf


def capacity(weights: Weights, constraint: Constraint) -> tuple[float, float]:
    """Capacity, and the replicon there."""
    if not weights.discrete:
        load = saddle_limit(weights, constraint)
        if load == math.inf:  # beyond the largest double
            return math.inf, 1.0
        if (
            constraint.cusps
        ):  # two ends compete: the field's response, and with it the replicon, diverges there
            return load, -math.inf
        scale = math.sqrt(fixed_overlap(weights))
        z, w = outside_nodes(constraint, scale)
        with np.errstate(over="ignore"):  # kappa beyond 1e154
            outside = constraint.squared_distance(scale * z) > 0.0
        return load, 1.0 - load * float(w @ outside)
    if even(weights, constraint):
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

    if not value(T_MIN) > 0.0:  # the first zero has an overlap too small to matter: the first moment is exact
        f = energetic(constraint, 0.0, fixed_overlap(weights)).f
        load = -weights.annealed_entropy / f if f < 0.0 else math.inf
        return load, first(weights, constraint, load).replicon if load < math.inf else 1.0
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
    """Density of stabilities at overlap q and self-overlap q + v; everything in one exponential, because each factor alone overflows."""
    flat = np.where(constraint.allowed(stability), stability, np.nan).ravel()
    density = np.zeros(flat.size)
    root_q, root_v = math.sqrt(q), math.sqrt(v)
    low, high = reach(constraint, math.sqrt(q + v))
    fields, width = constraint.bends(v)
    for i in np.flatnonzero(np.isfinite(flat)):
        # the field z of this pattern is Gaussian around sqrt(q) Delta/Q with variance v/Q; f bends at the ends of the allowed set
        delta = flat[i]
        if q == 0.0:
            z, w = np.zeros(1), np.ones(1)
        else:
            centres = [root_q * delta / (q + v), *(field / root_q for field in fields)]
            narrow = min(math.sqrt(v / (q + v)), width / root_q)
            z, w = graded_gaussian(centres, narrow, low=low, high=high)
        f = constraint.terms(root_q * z, v)[0]
        with np.errstate(over="ignore"):  # far out the density is 0
            exponent = -0.5 * (delta - root_q * z) ** 2 / v - f
        density[i] = float(w @ np.exp(exponent)) / (root_v * math.sqrt(2.0 * math.pi))
    return density.reshape(np.shape(stability))
