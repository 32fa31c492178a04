"""The front end of one point: y replicas at mutual distance d, with y a number, infinite, or where the external entropy vanishes."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from learnscape.constraints import Constraint
from learnscape.errors import ConvergenceError, is_finite, is_number, raises_on_failure, real_array, require
from learnscape.replica import rs
from learnscape.replica._compiled import stands_for
from learnscape.replica._local_entropy_kernels import Limit
from learnscape.replica._rs_grid import CONVERGED, NO_SADDLE
from learnscape.replica.local_entropy._finite import TOLERANCE, Group, Problem, saddle, single, zero_external
from learnscape.replica.local_entropy._limit import has_limit, limit
from learnscape.weights import Spherical, Weights
from learnscape.weights.contract import fixed_overlap

__all__ = ["ZERO", "Solution", "curve", "solve"]

Array = NDArray[np.float64]
ZERO = "zero_external_entropy"
LEAST_Y, LARGEST_Y = 1e-2, 1e4
NEAREST, FORMAL_NEAREST = (
    1e-7,
    1e-3,
)  # distances; with y < 1 binary weights feel fields of 1/d, and averages take as long
NAMES = {ZERO: "zero external entropy", "inf": "y -> infinity", "y": "finite y"}
STEP = 1e-4  # relative, of y, for the slope
SMALL = 1e-8  # external entropy that counts as zero
STRIDE = 3.0  # from one y to the next, looking for a sign of the external entropy


@dataclass(frozen=True, eq=False)
class Solution:
    """Groups of y solutions at mutual distance d, from :func:`solve`."""

    weights: Weights
    """The weights it was solved for."""
    constraint: Constraint
    """The constraint it was solved for."""
    alpha: float
    """Load P/N."""
    distance: float
    """Mutual distance d of the replicas of a group, (1 - q_1/Q)/2: the fraction of differing signs of binary weights."""
    y: float
    """Number of replicas in a group, the inverse temperature of the local entropy; may be infinite."""
    estimator: str
    """How y was chosen: "finite y", "y -> infinity" or "zero external entropy"."""
    entropy: float
    """Local (internal) entropy S_I: entropy per weight of the solutions around a group, per replica."""
    external_entropy: float
    """S_E, logarithm per weight of the number of such groups, each counted by its local entropy."""
    q1: float
    """Overlap inside a group, Q (1 - 2 d)."""
    q0: float
    """Overlap between replicas of different groups; it tends to q_1 as y -> infinity."""
    delta_q: float
    """y (q_1 - q_0); infinite where it leaves the range of a double, or where q_0 = 0 as y -> infinity."""
    q_hat1: float
    """Conjugate of q_1."""
    delta_q_hat: float
    """y times the difference of the conjugates."""
    slope: float
    """Derivative of the local entropy with respect to the distance, along the estimator's line: at fixed y, or at the y of zero external entropy."""
    replicon: Array
    """Stability against one more step of breaking, (2,): of the overlaps between groups, and of those inside a group if they were free; negative where
    it is unstable. Minus infinity between groups where, as y -> infinity, a weight's magnetization jumps with its field."""
    converged: bool
    """True if the residual reached the tolerance."""
    residual: float
    """Largest change of a logarithm of the unknowns in one more round of the equations."""
    iterations: int
    """How often the equations were computed."""
    self_overlap: float = 1.0
    """Q."""

    @property
    def formal(self) -> bool:
        """True where the external entropy is negative: typical samples have no such group, and the entropy is the value of a formal limit."""
        return self.external_entropy < -1e-9

    @property
    def stable(self) -> bool:
        """True if no replicon is negative."""
        return bool(self.replicon.min() > -1e-9)

    @property
    def barycenter_norm(self) -> float:
        """|w|^2/N of the mean w of the replicas of a group."""
        return self.q1 + (self.self_overlap - self.q1) / self.y

    @property
    def barycenter_overlap(self) -> float:
        """Cosine between a replica and the centre of its group."""
        return math.sqrt(self.barycenter_norm / self.self_overlap)

    @property
    def barycenter_distance(self) -> float:
        """Distance (1 - cosine)/2 of a replica from the centre of its group; smaller than the mutual distance."""
        return 0.5 * (1.0 - self.barycenter_overlap)

    @property
    def barycenters_overlap(self) -> float:
        """Cosine between the centres of two groups."""
        return self.q0 / self.barycenter_norm


def solve(
    weights: Weights,
    constraint: Constraint,
    alpha: float,
    distance: float,
    *,
    y: float | str,
    on_failure: str = "raise",
) -> Solution:
    """Local entropy of solutions whose neighbourhoods at mutual distance d are weighted by the power y of their number.

    Parameters
    ----------
    weights : Binary, Spherical or other discrete weights
        With y infinite Binary or Spherical; weights of a fixed self-overlap.
    constraint : Constraint
        For instance ``Margin(0.0)``.
    alpha : float
        Load P/N, > 0, where replica symmetry has a saddle.
    distance : float
        Mutual distance d, at least 1e-7 (1e-3 for y < 1) and below that of two typical solutions, (1 - q)/2 < 1/2.
    y : float or "zero_external_entropy"
        A number from 0.01 to 1e4 (below 1 the formulas are continued, and S_I is no count of solutions), ``math.inf``, or the y at which the external entropy vanishes: the densest groups that exist. Beyond some distance that y is
        infinite, and the result has ``y = inf`` and a positive external entropy.
    on_failure : {"raise", "return"}
        Raise `ConvergenceError`, or hand back the state with ``converged=False`` where there is one.

    Returns
    -------
    Solution

    Raises
    ------
    ValueError
        Bad input; a load without saddle.
    ConvergenceError
        The saddle was lost; the message has the last good point.

    Examples
    --------
    >>> from learnscape import Binary, Margin
    >>> dense = solve(Binary(), Margin(0.0), 0.6, 0.1, y=math.inf)
    >>> round(dense.entropy, 6), dense.estimator, dense.formal
    (0.134604, 'y -> infinity', True)
    """
    typical = typical_distance(weights, constraint, alpha)
    kind = check_y(y)
    _check_distance(distance, kind, typical)
    raises = raises_on_failure(on_failure)
    answer = point(weights, constraint, float(alpha), float(distance), kind)
    if raises and not answer.converged:
        raise ConvergenceError(
            f"local entropy at alpha = {alpha!r}, distance = {distance!r}: residual {answer.residual:.3g}",
            [answer.residual],
        )
    return answer


def curve(
    weights: Weights, constraint: Constraint, alpha: float, distances: ArrayLike, *, y: float
) -> tuple[Solution, ...]:
    """Local entropy at many distances, each saddle starting from its neighbour's: several times as fast as :func:`solve` at each.

    Parameters
    ----------
    weights, constraint, alpha
        As in :func:`solve`.
    distances : array_like of shape (m,)
        Each as in :func:`solve`, in the order in which to visit them.
    y : float
        A number from 0.01 to 1e4, or ``math.inf``.

    Returns
    -------
    tuple of Solution
        One for every distance.

    Raises
    ------
    ValueError
        Bad input; a load without saddle.
    ConvergenceError
        A saddle was lost.

    Examples
    --------
    >>> from learnscape import Binary, Margin
    >>> [round(at.entropy, 4) for at in curve(Binary(), Margin(0.0), 0.6, [0.2, 0.1, 0.05], y=10)]
    [0.1954, 0.1291, 0.0843]
    """
    points = real_array("distances", distances, ndim=1).tolist()
    typical = typical_distance(weights, constraint, alpha)
    number = check_y(y)
    require(not isinstance(number, str), "y", y, f"a number from {LEAST_Y} to {LARGEST_Y:g}, or math.inf")
    assert isinstance(number, float)
    for d in points:
        _check_distance(d, number, typical)
    found: list[Solution] = []
    last: Group | None = None
    for d in points:
        if number == math.inf:
            found.append(point(weights, constraint, float(alpha), d, number, found[-1] if found else None))
            continue
        problem = Problem(weights, constraint, float(alpha), 2.0 * d * fixed_overlap(weights))
        at = None
        if last is not None and last.q0 > 0.0:
            with suppress(ConvergenceError):  # a neighbour too far away
                at = saddle(problem, number, last)
        last = at if at is not None else _at(problem, number)
        found.append(_from_group(problem, d, last, NAMES["y"]))
    return tuple(found)


def _check_distance(distance: float, y: float | str, typical: float) -> None:
    """Refuse what is no distance of a group at this y."""
    nearest = FORMAL_NEAREST if not isinstance(y, str) and y < 1.0 else NEAREST
    good = is_finite(distance) and nearest <= distance < typical
    allowed = f"a number from {nearest:g}, and below {typical:.9g}, the distance of two typical solutions"
    require(good, "distance", distance, allowed)


def check_y(y: object) -> float | str:
    """y as a float, or the name of the estimator."""
    if isinstance(y, str) and y == ZERO:
        return y
    good = is_number(y) and (LEAST_Y <= y <= LARGEST_Y or y == math.inf)  # type: ignore[operator]
    allowed = f'a number from {LEAST_Y} to {LARGEST_Y:g}, math.inf, or "{ZERO}"'
    require(good, "y", y, allowed)
    return float(y)  # type: ignore[arg-type]


def typical_distance(weights: Weights, constraint: Constraint, alpha: float) -> float:
    """Distance of two typical solutions; bad weights, constraints and loads are refused."""
    rs.check_problem(weights, constraint)
    good = weights.discrete or stands_for(Spherical, weights)
    require(good, "weights", weights, "discrete weights, or Spherical()")
    total = fixed_overlap(weights)
    return 0.5 * (1.0 - rs.solve(weights, constraint, alpha).q / total)


def point(
    weights: Weights,
    constraint: Constraint,
    alpha: float,
    distance: float,
    y: float | str,
    near: Solution | None = None,
) -> Solution:
    """One point; ``near`` is a solution from which to start."""
    if y == math.inf:
        guess = math.log(near.delta_q) if near is not None and 0.0 < near.delta_q < math.inf else 0.0
        v = 2.0 * distance * fixed_overlap(weights)
        return _from_limit(weights, constraint, alpha, distance, limit(weights, constraint, alpha, v, guess))
    problem = Problem(weights, constraint, alpha, 2.0 * distance * fixed_overlap(weights))
    if isinstance(y, str):
        return _zero(problem, distance, near)
    return _from_group(problem, distance, _at(problem, y), NAMES["y"])


def _from_limit(
    weights: Weights,
    constraint: Constraint,
    alpha: float,
    distance: float,
    found: Limit,
    name: str = NAMES["inf"],
) -> Solution:
    if found.status == NO_SADDLE:
        raise ConvergenceError(
            f"no saddle with y -> infinity at alpha = {alpha!r}, distance = {distance!r}", [found.residual]
        )
    total = fixed_overlap(weights)
    q1 = total * (1.0 - 2.0 * distance)
    return Solution(
        weights,
        constraint,
        alpha,
        distance,
        math.inf,
        name,
        found.entropy,
        found.external,
        q1,
        q1 if found.log_delta < math.inf else 0.0,
        _exp(found.log_delta),
        math.exp(found.log_q_hat),
        found.delta_hat,
        total * found.slope,
        np.array([found.between, found.inside]),
        found.status == CONVERGED,
        found.residual,
        found.iterations,
        total,
    )


def _exp(x: float) -> float:
    return math.exp(x) if x < 709.0 else math.inf


def _from_group(problem: Problem, distance: float, at: Group, name: str) -> Solution:
    y = at.y
    if name == NAMES[ZERO]:  # S_I = phi is stationary in y
        slope = -problem.total * (y - 1.0) * at.push
    else:
        step = STEP * y
        more, less = (saddle(problem, y + h, at).push for h in (step, -step))
        slope = -problem.total * ((2.0 * y - 1.0) * at.push + 0.5 * y * (y - 1.0) * (more - less) / step)
    return Solution(
        problem.weights,
        problem.constraint,
        problem.alpha,
        distance,
        y,
        name,
        at.entropy,
        at.external,
        problem.q1,
        at.q0,
        y * (problem.q1 - at.q0),
        float(at.q_hat[1]),
        y * float(at.q_hat[1] - at.q_hat[0]),
        float(slope),
        at.replicon,
        at.residual < TOLERANCE,
        at.residual,
        at.rounds,
        problem.total,
    )


def _at(problem: Problem, y: float, near: Group | None = None) -> Group:
    """The saddle at y: of those that are found the one of lowest free entropy, which is a minimum over q_0."""
    if near is not None and near.q0 > 0.0:
        try:
            return saddle(problem, y, near)
        except ConvergenceError:  # q_0 > 0 may end on the way, where q_0 = 0 takes over
            near = None
    one = single(problem)
    found = [saddle(problem, y, one)] if one.q0 == 0.0 else []
    guess = _guess(problem, y, one)
    if guess is not None:
        try:
            found.append(saddle(problem, y, guess))
        except ConvergenceError:
            guess = None
    if not found:
        found.append(saddle(problem, y, one))
    return min(found, key=lambda at: at.free_entropy)


def _guess(problem: Problem, y: float, one: Group) -> Group | None:
    """Between y = 1 and the limit y -> infinity, in 1/y; None where there is no limit to start from."""
    if y < 1.0 or not has_limit(problem.weights):
        return None
    end = limit(problem.weights, problem.constraint, problem.alpha, problem.v)
    if end.status != CONVERGED or not math.exp(min(end.log_delta, 700.0)) < 0.9 * y * problem.q1:
        return None
    x = np.array([end.log_delta - math.log(problem.q1), math.log(end.delta_hat)])[
        : 1 if problem.sphere else 2
    ]
    if one.q0 > 0.0:
        x = (1.0 - 1.0 / y) * x + one.x / y
    return one._replace(y=y, x=x - math.log(y), q0=problem.q1)


def _zero(problem: Problem, distance: float, near: Solution | None) -> Solution:
    if has_limit(problem.weights):
        end = limit(problem.weights, problem.constraint, problem.alpha, problem.v)
        if end.status == CONVERGED and end.external >= 0.0:
            return _from_limit(problem.weights, problem.constraint, problem.alpha, distance, end, NAMES[ZERO])
    if near is not None and near.y < math.inf and near.q0 > 0.0:
        x = np.log([problem.q1 / near.q0 - 1.0, near.delta_q_hat / near.y]) if near.q0 < problem.q1 else None
        close = None if x is None else zero_external(problem, x[: 1 if problem.sphere else 2], near.y)
        if close is not None:
            return _from_group(problem, distance, close, NAMES[ZERO])
    at = _at(problem, 1.0)
    up = at.external > 0.0
    before = at
    while (at.external > 0.0) is up:
        before, y = at, at.y * STRIDE ** (1 if up else -1)
        if not LEAST_Y <= y <= LARGEST_Y:
            raise ConvergenceError(
                f"the external entropy has one sign from y = 1 to {at.y:.6g}, where it is {at.external:.6g} and the local entropy "
                f"{at.entropy:.6g}",
                [abs(at.external)],
            )
        at = _at(problem, y, at)

    def external(log_y: float) -> float:
        nonlocal at
        at = _at(problem, math.exp(log_y), at)
        return at.external

    brentq(external, math.log(before.y), math.log(at.y), xtol=1e-12)
    if abs(at.external) > SMALL:
        raise ConvergenceError(
            f"the external entropy jumps through zero at y = {at.y:.6g}, to {at.external:.3g}",
            [abs(at.external)],
        )
    return _from_group(problem, distance, at, NAMES[ZERO])
