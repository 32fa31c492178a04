"""The front end of the Franz-Parisi entropy; the problem is stated at :mod:`learnscape.replica.franz_parisi`."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.constraints import Constraint
from learnscape.errors import (
    ConvergenceError,
    is_finite,
    is_integer,
    raises_on_failure,
    real_array,
    require,
)
from learnscape.replica import rs, teacher
from learnscape.replica._compiled import stands_for
from learnscape.replica.franz_parisi._saddle import Problem, Reference, Round
from learnscape.weights import Binary, Spherical, Weights

__all__ = ["BranchLost", "Solution", "curve", "entropy", "solve"]

Array = NDArray[np.float64]
TOLERANCE, MAX_ITERATIONS = 1e-11, 400
NEAREST = 1e-10  # distance from the reference or its opposite: nearer, a double does not hold q - t^2
FULL = 1e-9  # relative: a load beyond the capacity by less is the capacity


@dataclass(frozen=True, slots=True)
class Solution:
    """Solutions at one distance from a reference."""

    weights: Weights
    """The weights of reference and probe."""
    constraint: Constraint
    """What every pattern demands of the probe."""
    reference_constraint: Constraint
    """What every pattern demands of the reference."""
    alpha: float
    """Load P/N."""
    distance: float
    """d = (1 - t)/2 from the reference; for binary weights the fraction of weights that differ."""
    entropy: float
    """ln(number, or volume relative to the whole sphere, of solutions at this distance)/N, averaged over the reference; negative where there are none."""
    slope: float
    """Its derivative with respect to the distance."""
    shell_entropy: float
    """What it is without patterns: that of all weights at this distance. The difference is at most 0."""
    q: float
    """Overlap of two such solutions."""
    s: float
    """Overlap of such a solution with another typical reference; 0 where the reference is planted or its state has no overlap."""
    q_hat: float
    """Conjugate of q."""
    s_hat: float
    """Conjugate of s."""
    t_hat: float
    """Conjugate of the overlap t = 1 - 2 d with the reference."""
    replicon: float
    """Positive where replica symmetry among these solutions is stable."""
    reference: rs.Solution | None
    """The replica-symmetric state of the reference; None for a teacher."""
    converged: bool
    """True if the residual reached the tolerance."""
    iterations: int
    """Rounds of the equations."""
    residual: float
    """Largest change of ln q_hat and of s_hat/sqrt(q_hat q_hat_reference) by one more round."""

    @property
    def t(self) -> float:
        """Overlap with the reference, 1 - 2 d."""
        return 1.0 - 2.0 * self.distance

    @property
    def stable(self) -> bool:
        """True if the replicon is positive."""
        return self.replicon > 0.0


class BranchLost(ConvergenceError):
    """No saddle point was found at a distance.

    Attributes
    ----------
    solutions : tuple of Solution
        Those found before, in the order of the distances; the last one is the last good point.
    """

    def __init__(self, message: str, trace: tuple[float, ...], solutions: tuple[Solution, ...]) -> None:
        super().__init__(message, trace)
        self.solutions = solutions


def capacity(weights: Weights, constraint: Constraint) -> float:
    """The replica-symmetric capacity, without a warning where it is an approximation only."""
    return rs.capacity_and_replicon(weights, constraint)[0]


def is_binary(weights: Weights) -> bool:
    """True for binary weights, False for spherical ones; others are refused."""
    good = isinstance(weights, Weights) and (stands_for(Binary, weights) or stands_for(Spherical, weights))
    require(good, "weights", weights, "Binary() or Spherical()")
    return stands_for(Binary, weights)


def reference_constraint(constraint: Constraint, margin: float | Constraint | None) -> Constraint:
    """The reference's constraint: the same as the probe's, of the same kind with another margin, or one of its own."""
    if margin is None or isinstance(margin, Constraint):
        return constraint if margin is None else margin
    require(is_finite(margin), "reference_margin", margin, "a finite number, a constraint, or None")
    require(
        hasattr(constraint, "kappa"),
        "reference_margin",
        margin,
        f"a constraint, because {constraint!r} has no margin",
    )
    return type(constraint)(float(margin))  # type: ignore[call-arg]


def check(weights: Weights, constraint: Constraint, alpha: float) -> tuple[bool, float]:
    """Refuse what is no problem; (binary, alpha)."""
    binary = is_binary(weights)
    allowed = "an instance of a Constraint class such as Margin(0.0)"
    require(isinstance(constraint, Constraint), "constraint", constraint, allowed)
    good = is_finite(alpha) and float(alpha) > 0.0
    require(good, "alpha", alpha, "a finite number > 0")
    return binary, float(alpha)


def prepare(
    weights: Weights,
    constraint: Constraint,
    alpha: float,
    reference_margin: float | Constraint | None,
    planted: bool,
) -> tuple[Problem, rs.Solution | None]:
    """The problem, with the reference's state."""
    binary, load = check(weights, constraint, alpha)
    require(isinstance(planted, bool), "teacher", planted, "True or False")
    if planted:
        require(
            reference_margin is None,
            "reference_margin",
            reference_margin,
            "None with a teacher: the reference is then a typical student, or the teacher, which is the same. A student of another margin is not "
            "exchangeable with the teacher: the overlaps of both solutions with the teacher would be unknowns of their own, and are not implemented",
        )
        return Problem(binary, Reference(teacher.LABEL, 0.0, 0.0), constraint, load), None
    reach = (
        1.0 + FULL if binary else 1.0 - FULL
    )  # of real weights nothing is left at the capacity but one point
    limit = capacity(weights, constraint)
    within = "at most" if binary else "below"
    require(load <= limit * reach, "alpha", alpha, f"{within} the capacity {limit:.12g} of {constraint!r}")
    known = reference_constraint(constraint, reference_margin)
    if known != constraint:
        limit = capacity(weights, known)
        allowed = f"one with solutions: {known!r} has the capacity {limit:.9g}, and alpha = {load!r} must be {within} it"
        require(load <= limit * reach, "reference_margin", reference_margin, allowed)
    state = rs.solve(weights, known, load)
    return Problem(binary, Reference(known, state.q, state.q_hat), constraint, load), state


def shell_entropy(binary: bool, d: float) -> float:
    """Entropy of all weights at distance d."""
    if binary:
        return -d * math.log(d) - (1.0 - d) * math.log1p(-d)
    return 0.5 * math.log(4.0 * d * (1.0 - d))


def check_distance(d: object) -> float:
    """Refuse what is no distance."""
    good = is_finite(d) and NEAREST <= d <= 1.0 - NEAREST  # type: ignore[operator]
    require(
        good,
        "distance",
        d,
        f"in (0, 1), at least {NEAREST:g} from both ends: the ansatz has no saddle point at the reference itself or its opposite",
    )
    return float(d)  # type: ignore[arg-type]


def at_distance(
    weights: Weights,
    problem: Problem,
    state: rs.Solution | None,
    d: float,
    x: Array | None,
    tol: float,
    most: int,
) -> tuple[Solution, Array]:
    """The saddle at one distance, and its variables for the next."""
    found, iteration, converged = problem.solve(d, x, tol, most)
    return result(weights, problem, state, d, found, converged, iteration.iterations, iteration.residual), (
        iteration.x
    )


def result(
    weights: Weights,
    problem: Problem,
    state: rs.Solution | None,
    d: float,
    found: Round,
    converged: bool,
    iterations: int,
    residual: float,
) -> Solution:
    """What a round says, as the library's result."""
    seen, told = found.sites, found.patterns
    return Solution(
        weights,
        problem.constraint,
        problem.reference.constraint,
        problem.alpha,
        d,
        seen.term + problem.alpha * told.f,
        2.0 * (seen.t_hat - problem.alpha * told.chosen_g),
        shell_entropy(problem.binary, d),
        1.0 - seen.eps,
        seen.e + problem.reference.q * (1.0 - 2.0 * d),
        found.q_hat,
        found.s_hat,
        seen.t_hat,
        1.0 - problem.alpha * told.dg2 * seen.fluctuation,
        state,
        converged,
        iterations,
        residual,
    )


def solve(
    weights: Weights,
    constraint: Constraint,
    alpha: float,
    distance: float,
    *,
    reference_margin: float | Constraint | None = None,
    teacher: bool = False,
    tol: float = TOLERANCE,
    max_iterations: int = MAX_ITERATIONS,
    on_failure: str = "raise",
) -> Solution:
    """The saddle point of the Franz-Parisi entropy at one distance from a reference.

    Parameters
    ----------
    weights : Binary or Spherical
        Of the reference and of the solutions around it.
    constraint : Constraint
        What each pattern demands of the solutions; the pair of two `Margin` is compiled.
    alpha : float
        Load P/N, > 0 and at most the capacity.
    distance : float
        d = (1 - overlap with the reference)/2, from 1e-10 to 1 - 1e-10.
    reference_margin : float or Constraint, optional
        The reference is a typical solution of this margin (of the same kind of constraint), or of this constraint. Left out: of the same
        constraint as the solutions around it. With the largest possible one, :func:`kappa_max`, it is the solution of maximal margin.
    teacher : bool
        The patterns are labelled by a teacher of the same weights, and the reference is a typical student without errors, or the teacher itself:
        by exchangeability (Nishimori) the answer is the same. Stabilities are then relative to the label. No capacity exists. Not together with
        ``reference_margin``: a student of another margin is not exchangeable with the teacher.
    tol : float
        Largest accepted residual, in [1e-14, 1).
    max_iterations : int
        Rounds of the equations.
    on_failure : {"raise", "return"}
        Raise `ConvergenceError`, or hand back the state with ``converged=False``.

    Returns
    -------
    Solution

    Raises
    ------
    ValueError
        Bad input: a distance outside (0, 1), a load beyond the capacity, a reference margin that no solution has.
    ConvergenceError
        No saddle point was reached: below some very small distance a typical binary reference has none.

    Examples
    --------
    >>> from learnscape import Binary, Margin
    >>> found = solve(Binary(), Margin(0.0), 0.6, 0.1)
    >>> round(found.entropy, 9), round(found.shell_entropy, 9)
    (0.118686546, 0.325082973)
    """
    d = check_distance(distance)
    require(is_finite(tol) and 1e-14 <= tol < 1.0, "tol", tol, "a number in [1e-14, 1)")
    good = is_integer(max_iterations) and max_iterations >= 1
    require(good, "max_iterations", max_iterations, "an integer >= 1")
    raises = raises_on_failure(on_failure)
    problem, state = prepare(weights, constraint, alpha, reference_margin, teacher)
    found, _ = at_distance(weights, problem, state, d, None, float(tol), int(max_iterations))
    if raises and not found.converged:
        raise ConvergenceError(_lost(found, tol), [found.residual])
    return found


def _lost(found: Solution, tol: float) -> str:
    why = f"residual {found.residual:.3g} > {tol:.3g} after {found.iterations} rounds"
    if found.residual <= tol:
        why = f"the iteration ran away to q = 1, where 1 - q = {1.0 - found.q:.3g}"
    return f"no Franz-Parisi saddle point at distance {found.distance!r} (alpha = {found.alpha!r}): {why}"


def entropy(
    weights: Weights,
    constraint: Constraint,
    alpha: float,
    distance: float,
    *,
    reference_margin: float | Constraint | None = None,
    teacher: bool = False,
) -> float:
    """Entropy, per weight, of the solutions at one distance from a reference; the parameters are those of :func:`solve`.

    Examples
    --------
    >>> from learnscape import Binary, Margin
    >>> round(entropy(Binary(), Margin(0.0), 0.6, 0.01), 4)  # nobody lives there
    -0.0087
    """
    return solve(
        weights, constraint, alpha, distance, reference_margin=reference_margin, teacher=teacher
    ).entropy


def curve(
    weights: Weights,
    constraint: Constraint,
    alpha: float,
    distances: ArrayLike,
    *,
    reference_margin: float | Constraint | None = None,
    teacher: bool = False,
) -> tuple[Solution, ...]:
    """The saddle points at many distances, each starting from its neighbour's.

    Parameters
    ----------
    distances : array_like of shape (m,)
        From 1e-10 to 1 - 1e-10, in the order in which to visit them.

    Returns
    -------
    tuple of Solution
        One for every distance.

    Raises
    ------
    BranchLost
        At a distance without a saddle point; ``solutions`` holds those before.

    Examples
    --------
    >>> from learnscape import Binary, Margin
    >>> [round(found.entropy, 4) for found in curve(Binary(), Margin(0.0), 0.6, [0.05, 0.1, 0.2])]
    [0.0539, 0.1187, 0.2001]
    """
    values = real_array("distances", distances, ndim=1)
    points = [check_distance(d) for d in values.tolist()]
    problem, state = prepare(weights, constraint, alpha, reference_margin, teacher)
    found: list[Solution] = []
    x: Array | None = None
    for d in points:
        one, new = at_distance(weights, problem, state, d, x, TOLERANCE, MAX_ITERATIONS)
        if not one.converged and x is not None:  # a neighbour too far away
            one, new = at_distance(weights, problem, state, d, None, TOLERANCE, MAX_ITERATIONS)
        if not one.converged:
            raise BranchLost(_lost(one, TOLERANCE), (one.residual,), tuple(found))
        found.append(one)
        x = new
    return tuple(found)
