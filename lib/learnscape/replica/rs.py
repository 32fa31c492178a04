r"""Replica-symmetric theory of storing random patterns: entropy, overlap, capacity, stability.

*Problem.* Of all weights with :math:`|w|^2=N`, how many satisfy the constraint on every one of :math:`P=\alpha N` random patterns? The
logarithm of their number per weight is, under the replica-symmetric ansatz,

.. math::
    \phi(\alpha)=\operatorname*{extr}_{q,\hat q}\Bigl\{G_S(q,\hat q)+\alpha\int Dz\,f(\sqrt q\,z,\,1-q)\Bigr\},

where :math:`G_S` is the entropic term of the weights (:mod:`learnscape.weights`) and :math:`f` the log-partition function of the constraint
(:mod:`learnscape.constraints`). Where it comes from: by Gaussian integration by parts and the heat equation
:math:`\partial_Vf=\tfrac12(f''+f'^2)`, the energetic term has the derivative :math:`-\tfrac12\int Dz\,g^2` in :math:`q`, with
:math:`g=\partial_\omega f`. With :math:`\partial_qG_S=\tfrac12\hat q` the two saddle-point equations are

.. math::
    \hat q=\alpha\int Dz\,g(\sqrt q z,1-q)^2,\qquad q=Q(\hat q),

the second one belonging to the weights. Both together make the load an explicit function of the overlap,
:math:`\alpha(q)=\hat q(q)/\int Dz\,g^2`, and every function of this module moves along that branch.

*Stability.* The ansatz is stable against replica symmetry breaking (de Almeida and Thouless, 1978) where the replicon is positive,

.. math::  \lambda=1-\alpha\int Dz\,(\partial_\omega g)^2\;\Bigl\langle(\langle w^2\rangle-\langle w\rangle^2)^2\Bigr\rangle .

*Rigour.* For ``Margin`` with kappa >= 0 and spherical weights the answer is a theorem (Shcherbina and Tirozzi, 2003); for binary weights the
capacity is bounded rigorously from both sides; for kappa < 0 it is only an approximation beyond the AT line.
Gardner (1988), Krauth and Mezard (1989); chapters *gardner-volume* and *binary-weights*.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.constraints import Constraint
from learnscape.errors import (
    ConvergenceError,
    ReplicaSymmetryWarning,
    is_finite,
    is_integer,
    is_number,
    raises_on_failure,
    real_array,
    require,
)
from learnscape.replica import _at_line
from learnscape.replica import _rs_free as free
from learnscape.replica import _rs_generic as generic
from learnscape.replica._compiled import compiled
from learnscape.replica._rs_grid import CONVERGED, NO_SADDLE
from learnscape.replica._rs_kernels import MAX_ITERATIONS, TOLERANCE
from learnscape.replica._rs_point import State, no_saddle
from learnscape.results import by_identity
from learnscape.weights import Weights
from learnscape.weights.contract import fixed_overlap

__all__ = [
    "Solution",
    "StabilityDistribution",
    "annealed_bound",
    "at_line",
    "capacity",
    "entropy",
    "overlap",
    "saddle_limit",
    "solve",
    "stabilities",
    "stabilities_at_capacity",
]

Array = NDArray[np.float64]
CAPACITY_REPLICON = -1e-9  # at q = 1 and kappa = 0 the replicon is exactly zero: rounding must not warn


@dataclass(frozen=True, slots=True)
class Solution:
    """The replica-symmetric saddle point at one load."""

    weights: Weights
    """The weights it was solved for."""
    constraint: Constraint
    """The constraint it was solved for."""
    alpha: float
    """Load P/N."""
    q: float
    """Overlap of two typical solutions."""
    q_hat: float
    """Conjugate of q: the variance of the random field on a weight."""
    entropy: float
    """ln(number, or volume relative to the whole sphere, of solutions)/N; negative past the capacity of discrete weights."""
    replicon: float
    """Positive where the ansatz is stable against replica symmetry breaking."""
    converged: bool
    """True if the residual reached the tolerance."""
    iterations: int
    """Evaluations of the branch that were needed."""
    residual: float
    """How well the saddle-point equations hold: |alpha(q) - alpha| divided by the smaller of alpha and `saddle_limit` - alpha. With a free self-overlap
    the largest change of ln q and ln(Q - q) in one more iteration."""
    self_overlap: float = 1.0
    """Q = |w|^2/N: what the weights fix, else the typical value."""
    precision: float | None = None
    """Conjugate of Q where it is an order parameter, else None."""

    @property
    def stable(self) -> bool:
        """True if the replicon is positive."""
        return self.replicon > 0.0

    def stability_density(self, stability: ArrayLike) -> Array:
        """Density of the stabilities of a typical solution; see :func:`stabilities`."""
        return stabilities(self, stability)


@by_identity
class StabilityDistribution(NamedTuple):
    """Stabilities in the limit q -> 1: a continuous density and atoms at the ends of the allowed set."""

    density: Array
    """Density at the given stabilities (atoms not included)."""
    atoms: tuple[tuple[float, float], ...]
    """(stability, probability) of every atom: patterns that sit exactly at an end of the allowed set."""


def check_problem(weights: object, constraint: object) -> None:
    """Refuse what is no problem of weights and a constraint."""
    allowed = "an instance of a Weights class such as Spherical() or Binary()"
    require(isinstance(weights, Weights), "weights", weights, allowed)
    allowed = "an instance of a Constraint class such as Margin(0.0)"
    require(isinstance(constraint, Constraint), "constraint", constraint, allowed)


def _check_load(alpha: object) -> float:
    if type(alpha) is float and 0.0 < alpha < math.inf:
        return alpha
    require(is_finite(alpha) and float(alpha) > 0.0, "alpha", alpha, "a finite number > 0")  # type: ignore[arg-type]
    return float(alpha)  # type: ignore[arg-type]


def solve(
    weights: Weights,
    constraint: Constraint,
    alpha: float,
    *,
    q0: float | None = None,
    tol: float = TOLERANCE,
    max_iterations: int = MAX_ITERATIONS,
    on_failure: str = "raise",
    path: str = "auto",
) -> Solution:
    """Solve the replica-symmetric saddle point at load alpha.

    Parameters
    ----------
    weights, constraint
        The problem, for instance ``Binary(), Margin(0.0)``.
    alpha : float
        Load P/N, > 0 and below :func:`saddle_limit`.
    q0 : float, optional
        Where to start, in [0, 1). It matters only if there are several saddle points (symmetric constraints; kappa < -2.66): the one found is
        that which the saddle-point iteration flows to from q0. By default it is q = 0 if the constraint is symmetric and this is a
        stable saddle, else the saddle of lowest entropy (the free entropy is a minimum over q when the number of replicas goes to 0).
    tol : float
        Largest accepted residual, in [1e-14, 1); within one per cent of the limit less than 1e-12 counts as 1e-12.
    max_iterations : int
        At most so many evaluations of the branch.
    on_failure : {"raise", "return"}
        What to do if the tolerance is not reached: raise `ConvergenceError`, or hand back the state with ``converged=False``.
    path : {"auto", "generic"}
        "generic" forces the NumPy path that works for every weights and constraint.

    Returns
    -------
    Solution

    Raises
    ------
    ValueError
        Bad input, or no saddle point at this load.
    ConvergenceError
        Tolerance not reached.

    Notes
    -----
    *Digits.* Away from :func:`saddle_limit` 1 - q and the entropy are right to about 1e-12, from nine tenths of it on to 1e-10. Near it the load, a double, fixes 1 - q only to the
    relative accuracy 1e-15/(1 - alpha/limit), and the entropy to half of that; the compiled pairs (`Binary` or `Spherical` with `Margin`)
    reach this and answer up to 1 - alpha/limit = 1e-13. The generic path has 2e-14 in place of 1e-15, stops at 1e-11, and takes a larger residual
    where rounding allows no smaller one.

    Examples
    --------
    >>> from learnscape import Binary, Margin
    >>> solution = solve(Binary(), Margin(0.0), 0.5)
    >>> round(solution.q, 12), round(solution.entropy, 12), solution.stable
    (0.322385363224, 0.314390066856, True)
    """
    load = _check_load(alpha)
    check_problem(weights, constraint)
    require(isinstance(tol, float) and 1e-14 <= tol < 1.0, "tol", tol, "a number in [1e-14, 1)")
    good = is_integer(max_iterations) and max_iterations >= 1
    require(good, "max_iterations", max_iterations, "an integer >= 1")
    raises = raises_on_failure(on_failure)
    require(isinstance(path, str) and path in ("auto", "generic"), "path", path, "'auto' or 'generic'")
    kernel = compiled(weights, constraint).solve if path == "auto" and q0 is None else None
    if kernel is not None:
        found = kernel(weights, constraint, load, tol, int(max_iterations))
        if found.status == NO_SADDLE:
            no_saddle(load, generic.saddle_limit(weights, constraint))
        state = State(*found[:4], found.status == CONVERGED, found.iterations, found.residual)
    else:
        if q0 is not None:
            require(is_number(q0) and 0.0 <= q0 < 1.0, "q0", q0, "a number in [0, 1)")
        solver = free if weights.self_overlap is None else generic
        state = solver.solve(weights, constraint, load, q0, tol, int(max_iterations))
    if raises and not state.converged:
        raise ConvergenceError(
            f"the saddle point at alpha = {load!r} was not reached: residual {state.residual:.3g} > tol = {tol!r} "
            f"after {state.iterations} steps (max_iterations = {max_iterations})",
            [state.residual],
        )
    return Solution(weights, constraint, load, *state)


def entropy(weights: Weights, constraint: Constraint, alpha: float) -> float:
    """Replica-symmetric entropy per weight at load alpha.

    Examples
    --------
    >>> from learnscape import Binary, Margin
    >>> round(entropy(Binary(), Margin(0.0), 0.8), 6)
    0.035306
    """
    return solve(weights, constraint, alpha).entropy


def overlap(weights: Weights, constraint: Constraint, alpha: float) -> float:
    """Replica-symmetric overlap of two typical solutions at load alpha.

    Examples
    --------
    >>> from learnscape import Spherical, Margin
    >>> round(overlap(Spherical(), Margin(0.0), 1.0), 6)
    0.585312
    """
    return solve(weights, constraint, alpha).q


def saddle_limit(weights: Weights, constraint: Constraint) -> float:
    r"""The load at which the replica-symmetric overlap reaches 1 and the saddle point disappears.

    It is :math:`\lim\hat q(1-q)^2/\int Dz\,\mathrm{dist}(z)^2`: for spherical weights the capacity, for binary weights a load beyond the
    capacity, where the entropy has fallen to minus infinity; with kappa = 0 it is 4/pi.

    Examples
    --------
    >>> from learnscape import Binary, Margin
    >>> round(saddle_limit(Binary(), Margin(0.0)) * math.pi, 12)
    4.0
    """
    check_problem(weights, constraint)
    solver = free if weights.self_overlap is None else generic
    return solver.saddle_limit(weights, constraint)


def capacity(weights: Weights, constraint: Constraint) -> float:
    """The largest load with solutions, in the replica-symmetric approximation.

    For continuous weights the solutions shrink to a point, q -> 1. For discrete weights their entropy vanishes.

    Parameters
    ----------
    weights, constraint
        The problem.

    Returns
    -------
    float
        Load alpha_c. A `ReplicaSymmetryWarning` is given if the ansatz is unstable there (it is then an upper bound for `Margin`).

    Examples
    --------
    >>> from learnscape import Binary, Margin, Spherical, SymmetricMargin
    >>> round(capacity(Spherical(), Margin(0.0)), 12)
    2.0
    >>> round(capacity(Binary(), Margin(0.0)), 9)
    0.8330786
    >>> round(capacity(Binary(), SymmetricMargin(1.0)), 6)
    1.815875
    """
    load, replicon = capacity_and_replicon(weights, constraint)
    return _warn_if_unstable(load, replicon)


def capacity_and_replicon(weights: Weights, constraint: Constraint) -> tuple[float, float]:
    """The capacity and the replicon there, without a warning: whoever goes on to broken symmetry knows."""
    check_problem(weights, constraint)
    kernel = compiled(weights, constraint).capacity
    if kernel is not None:
        found = kernel(weights, constraint)
        if found.status == CONVERGED:
            return found.alpha, found.replicon
        message = f"the zero of the entropy of {weights!r} with {constraint!r} was not found in {found.iterations} steps"
        raise ConvergenceError(message, [found.residual])
    solver = free if weights.self_overlap is None else generic
    return solver.capacity(weights, constraint)


def solve_at_capacity(weights: Weights, constraint: Constraint) -> Solution:
    """The saddle of discrete weights at their capacity, or a refusal that says why there is none."""
    load = capacity(weights, constraint)
    allowed = "one with a finite capacity: here there are solutions at every load"
    require(load < math.inf, "constraint", constraint, allowed)
    limit = (
        saddle_limit(weights, constraint) if compiled(weights, constraint).capacity is not None else math.inf
    )
    allowed = (
        f"one whose capacity can be told from the end of the branch, {limit:.12g}: in doubles they are equal"
    )
    require(load < limit * generic.CLOSEST, "constraint", constraint, allowed)
    return solve(weights, constraint, load)


def _warn_if_unstable(load: float, replicon: float) -> float:
    if replicon < CAPACITY_REPLICON:
        message = f"replica symmetry is unstable at the capacity alpha = {load:.6g} (replicon {replicon:.3g})"
        warnings.warn(message, ReplicaSymmetryWarning, stacklevel=3)
    return load


def at_line(weights: Weights, constraint: Constraint) -> float:
    """The load at which the state that :func:`solve` returns becomes unstable (de Almeida-Thouless line): beyond it replica symmetry is broken.

    There the replicon vanishes, or, for very negative margins (kappa < -3.1 spherical, -2.85 binary), the state of lowest entropy jumps to a
    large overlap, from a positive replicon to a negative one.

    Returns
    -------
    float
        Smallest such load. Where it is nearer to `saddle_limit` than 1e-9 of it, that limit (spherical weights with -5e-5 < kappa < 0).

    Raises
    ------
    ValueError
        Replica symmetry is stable wherever its saddle point exists (spherical weights with kappa >= 0).

    Notes
    -----
    For binary weights the replicon does vanish, but far beyond the capacity (at alpha = 1.0147 for kappa = 0, where the entropy is already
    -0.225): what ends the solutions there is not this line.

    Examples
    --------
    >>> from learnscape import Margin, Spherical
    >>> round(at_line(Spherical(), Margin(-0.5)), 4)
    3.9507
    """
    check_problem(weights, constraint)
    return _at_line.at_line(weights, constraint, lambda load: solve(weights, constraint, load))


def annealed_bound(weights: Weights, constraint: Constraint, alpha: float | None = None) -> float:
    """First-moment (annealed) bound: on the entropy at load alpha, or on the capacity if no alpha is given.

    By Jensen's inequality the typical entropy is at most ``annealed_entropy + alpha ln P(constraint)``. Discrete weights have no
    solution where this is negative. For continuous weights it never is, and no bound on the capacity follows.

    Examples
    --------
    >>> from learnscape import Binary, Margin
    >>> round(annealed_bound(Binary(), Margin(0.0)), 12)
    1.0
    """
    check_problem(weights, constraint)
    load = None if alpha is None else _check_load(alpha)
    allowed = "discrete for a first-moment bound on the capacity, or pass alpha"
    require(load is not None or weights.discrete, "weights", weights, allowed)
    if weights.self_overlap is None:
        return free.annealed(weights, constraint, load)
    if weights.self_overlap == 1.0:
        log_probability = constraint.annealed_log_probability()
    else:
        log_probability = float(constraint.terms(np.zeros(1), float(weights.self_overlap))[0][0])
    if load is not None:
        return weights.annealed_entropy + load * log_probability
    return -weights.annealed_entropy / log_probability if log_probability < 0.0 else math.inf


def stabilities(solution: Solution, stability: ArrayLike) -> Array:
    r"""Density of the pattern stabilities in a typical solution.

    .. math::
        P(\Delta)=1[\Delta\text{ allowed}]\int Dz\,\frac{G\bigl((\Delta-\sqrt qz)/\sqrt{1-q}\bigr)}{\sqrt{1-q}}\,e^{-f(\sqrt qz,1-q)} .

    Parameters
    ----------
    solution : Solution
        From :func:`solve`.
    stability : array_like
        Where to evaluate.

    Returns
    -------
    ndarray of the same shape
        The density; it is normalised over the allowed set.

    Examples
    --------
    >>> from learnscape import Margin, Spherical
    >>> solution = solve(Spherical(), Margin(0.0), 1e-9)
    >>> stabilities(solution, [-1.0, 0.5]).round(4)  # without constraints: half a Gaussian
    array([0.    , 0.7041])
    """
    require(isinstance(solution, Solution), "solution", solution, "what rs.solve returned")
    delta = real_array("stability", stability)
    # near the limit 1 - q has lost the digits that q_hat still has
    if solution.precision is None:
        v = solution.weights.one_minus_overlap(solution.q_hat)
    else:
        v = solution.weights.moments(solution.q_hat, solution.precision).v
    return generic.stability_density(solution.constraint, solution.q, v, delta)


def stabilities_at_capacity(
    weights: Weights, constraint: Constraint, stability: ArrayLike
) -> StabilityDistribution:
    """Density of the stabilities at capacity.

    For continuous weights q -> 1: patterns that a random weight vector satisfies keep their Gaussian density, the others are pulled to
    the nearest end of the allowed set and make an atom there. For discrete weights the density is the smooth one at the capacity.

    Examples
    --------
    >>> from learnscape import Margin, Spherical
    >>> density, atoms = stabilities_at_capacity(Spherical(), Margin(0.0), [-1.0, 0.0, 1.0])
    >>> density.round(4), atoms
    (array([0.    , 0.3989, 0.242 ]), ((0.0, 0.5),))
    """
    check_problem(weights, constraint)
    delta = real_array("stability", stability)
    if weights.discrete:
        return StabilityDistribution(stabilities(solve_at_capacity(weights, constraint), delta), ())
    scale = math.sqrt(fixed_overlap(weights))
    with np.errstate(over="ignore"):  # far out it is 0
        gaussian = np.exp(-0.5 * (delta / scale) ** 2) / (scale * math.sqrt(2.0 * math.pi))
    density = np.where(constraint.allowed(delta), gaussian, 0.0)
    edges = constraint.edges
    if not edges:
        return StabilityDistribution(density, ())
    z, w = generic.outside_nodes(constraint, scale)
    outside = np.where(constraint.squared_distance(scale * z) > 0.0, w, 0.0)
    nearest = np.argmin(np.abs(scale * z[:, None] - np.asarray(edges)), axis=1)
    return StabilityDistribution(
        density, tuple((edge, round(float(outside[nearest == i].sum()), 15)) for i, edge in enumerate(edges))
    )
