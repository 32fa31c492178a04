"""The minimum of the Parisi functional with k steps: Newton's method in logarithmic variables, one step more at a time.

The variables are the logarithms of the increments of -ln(1 - q), and of those of -ln(1 - m) (of y at zero temperature), so that overlaps and
block parameters stay ordered. The Hessian comes from differences of the exact gradient; where it is not positive its eigenvalues are turned
positive, so that every step goes down. The functional is convex in the function x(q) (Auffinger and Chen 2015), and a start is read off the
solution with one step fewer, as a curve.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from learnscape.errors import ConvergenceError
from learnscape.spin_glass.sk._functional import Value, evaluate

Array = NDArray[np.float64]
DIFFERENCE = 1e-5  # of a logarithm; the gradient is good to 1e-10
FLAT = 1e-13  # eigenvalues below are rounding
ROUNDING = 1e-10  # of the value: where no step goes down any more, a smaller expected gain is the end
GAIN = 1e-13  # expected gain of a Newton step, at which the value has all its digits
LONGEST = 1.0  # step of a logarithm
ITERATIONS = 60
SMALLEST = 1e-9  # increments below say that the minimiser ran away


class Problem(NamedTuple):
    """Which functional is minimised."""

    temperature: float
    field: float
    plateau: bool


class Point(NamedTuple):
    """Overlaps, block parameters and the functional there."""

    q: Array
    m: Array
    at: Value
    gradient: float
    """Largest derivative in the logarithmic variables."""
    converged: bool
    evaluations: int


def unpack(v: Array, steps: int, problem: Problem) -> tuple[Array, Array]:
    """Overlaps and block parameters of a vector of logarithms."""
    n = v.size - steps
    q = -np.expm1(-np.cumsum(np.exp(v[:n])))
    m = np.cumsum(np.exp(v[n:]))
    if problem.temperature > 0.0:
        m = -np.expm1(-m)
    return (q if problem.plateau else np.concatenate([[0.0], q])), m


def pack(q: Array, m: Array, problem: Problem) -> Array:
    q = q if problem.plateau else q[1:]
    by_m = -np.log1p(-m) if problem.temperature > 0.0 else m
    parts = [np.diff(-np.log1p(-q), prepend=0.0), np.diff(by_m, prepend=0.0)]
    return np.log(np.maximum(np.concatenate(parts), 1e-6))


def gradient_at(v: Array, steps: int, problem: Problem) -> tuple[Value, Array]:
    q, m = unpack(v, steps, problem)
    at = evaluate(q, m, problem.temperature, problem.field)
    n = v.size - steps
    by_q = (at.dq if problem.plateau else at.dq[1:]) * (1.0 - (q if problem.plateau else q[1:]))
    by_m = at.dm * (1.0 - m) if problem.temperature > 0.0 else at.dm
    later = np.concatenate([np.cumsum(by_q[::-1])[::-1], np.cumsum(by_m[::-1])[::-1]])
    assert later.size == n + steps
    return at, later * np.exp(v)


def hessian_at(v: Array, gradient: Array, steps: int, problem: Problem) -> Array:
    rows = []
    for i in range(v.size):
        near = v.copy()
        near[i] += DIFFERENCE
        rows.append((gradient_at(near, steps, problem)[1] - gradient) / DIFFERENCE)
    h = np.array(rows)
    answer: Array = 0.5 * (h + h.T)
    return answer


def minimise(q: Array, m: Array, problem: Problem, trace: list[float]) -> Point:
    """Newton's method from a start; the trace takes the largest gradient of every iteration."""
    steps, v = m.size, pack(q, m, problem)
    at, gradient = gradient_at(v, steps, problem)
    count, converged = 1, False
    for _ in range(ITERATIONS):
        trace.append(float(np.abs(gradient).max()))
        values, vectors = np.linalg.eigh(hessian_at(v, gradient, steps, problem))
        count += v.size
        along = vectors.T @ gradient
        curvature = np.maximum(np.abs(values), FLAT)
        gain = float(np.sum(along**2 / curvature))
        step = -vectors @ (along / curvature)
        step *= min(1.0, LONGEST / float(np.abs(step).max()))
        length = 1.0
        while length > 1e-4:
            new = v + length * step
            found, new_gradient = gradient_at(new, steps, problem)
            count += 1
            if found.value < at.value + 1e-15 or np.abs(new_gradient).max() < trace[-1] < 1e-7:
                break
            length *= 0.5
        else:
            converged = gain < ROUNDING
            break
        v, at, gradient = new, found, new_gradient
        if gain < GAIN:
            converged = True
            break
    q, m = unpack(v, steps, problem)
    low = float(np.exp(v).min())
    return Point(q, m, at, float(np.abs(gradient).max()), converged and bool(low > SMALLEST), count)


def compact(m: Array, problem: Problem) -> Array:
    """Block parameters on [0, 1]: y / (1 + y) at zero temperature, where q is smooth in it."""
    return m / (1.0 + m) if problem.temperature == 0.0 else m


def places(steps: int, problem: Problem) -> tuple[Array, Array]:
    """Where on [0, 1] the overlaps and the block parameters of an optimal tree stand, as functions that change little with the steps."""
    k = np.arange(steps + 1)
    if problem.plateau:
        return (2.0 * k + 1.0) / (2 * steps + 1), 2.0 * k[1:] / (2 * steps + 1)
    return k / steps, (2.0 * k[1:] - 1.0) / (2 * steps)


def refined(point: Point, steps: int, problem: Problem) -> tuple[Array, Array]:
    """A start with so many steps: overlaps and block parameters as functions of their place, read off a solution with fewer."""
    cold = problem.temperature == 0.0
    of_q, of_m = places(point.m.size, problem)
    q, x = point.q, compact(point.m, problem)
    if cold:
        q = np.append(q, 1.0)
        of_m, x = np.append(of_m, 1.0), np.append(x, 1.0)
    if problem.field == 0.0 and problem.plateau:
        of_q, q = np.append(0.0, of_q), np.append(0.0, q)
    if problem.field == 0.0 or of_m.size == 1:
        of_m, x = np.append(0.0, of_m), np.append(0.0 if problem.field == 0.0 else 0.7 * x[0], x)
    to_q, to_m = places(steps, problem)
    new_q, new_m = PchipInterpolator(of_q, q)(to_q), PchipInterpolator(of_m, x)(to_m)
    new_q += 1e-4 * np.arange(new_q.size) * (1.0 - new_q)
    if cold:
        return new_q[:-1], new_m / (1.0 - new_m)
    return new_q, new_m + 1e-4 * np.arange(steps) * (1.0 - new_m)


def solve(steps: int, problem: Problem, first: tuple[Array, Array], on_failure: bool) -> list[Point]:
    """The minima with 1, ..., k steps."""
    q, m = first
    points: list[Point] = []
    trace: list[float] = []
    for k in range(1, steps + 1):
        if k > 1:
            q, m = refined(points[-1], k, problem)
        point = minimise(q, m, problem, trace)
        points.append(point)
        if not point.converged:
            if on_failure:
                raise ConvergenceError(
                    f"the minimiser of the Parisi functional stopped with {k} steps at q = {point.q.tolist()}, m = {point.m.tolist()}, "
                    f"gradient {point.gradient:.2g}",
                    trace,
                )
            break
    return points


def first_start(problem: Problem, q_rs: float) -> tuple[Array, Array]:
    """Where to start with one step; q_rs is the replica-symmetric overlap."""
    if problem.temperature == 0.0:
        return (np.array([0.45]), np.array([1.3])) if problem.plateau else (np.zeros(1), np.array([1.0]))
    m = min(0.6, 0.4 * math.sqrt(q_rs) + 0.05) if problem.field == 0.0 else 0.5
    low = 0.3 * q_rs if problem.field == 0.0 else 0.9 * q_rs
    return np.array([low if problem.plateau else 0.0, min(1.0 - 0.7 * (1.0 - q_rs), 1.2 * q_rs)]), np.array(
        [m]
    )
