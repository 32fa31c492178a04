r"""Belief propagation for one layer of weights, in its relaxed form: approximate message passing (AMP).

*Problem.* Of the weights w_i of one problem, what are mean and variance, and how many solutions are there? Every weight sends its patterns a
distribution, every pattern sends one back. A pattern sees the sum of N small terms, so that of each distribution mean and variance are enough; and of the
N P messages only N + P numbers differ at leading order. With :math:`F=\xi/\sqrt N` one iteration is

.. math::
    V_\mu=\sum_iF_{\mu i}^2v_i,\qquad \omega_\mu=\sum_iF_{\mu i}m_i-V_\mu g_\mu^{old},\qquad g_\mu=\partial_\omega f(\omega_\mu,V_\mu),

.. math::
    B_i=-\sum_\mu F_{\mu i}^2\,\partial_\omega g_\mu,\qquad A_i=\sum_\mu F_{\mu i}g_\mu+B_im_i,\qquad (m_i,v_i)=\text{mean and variance in the field }A_i\text{ at precision }B_i.

The terms subtracted and added are the reaction of each receiver on its own message (Onsager's). f and the moments are those of floor 1
(:mod:`learnscape.constraints`, :mod:`learnscape.weights`): any weights with any constraint. On the sphere, a multiplier added to B keeps
:math:`\sum_i(m_i^2+v_i)=N`. At a fixed point the free entropy of Bethe counts the solutions,

.. math::
    N\phi=\sum_i\Bigl[\ln Z_i-A_im_i+\tfrac12B_i(m_i^2+v_i)\Bigr]+\sum_\mu\Bigl[f_\mu+\tfrac12V_\mu g_\mu^2\Bigr].

For independent patterns the iteration follows, at large N, the saddle equations of the replica-symmetric ansatz (*state evolution*); it is unstable where the
replicon is negative. Mezard (1989); Kabashima (2003). Chapter *learning-algorithms*.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.ansatz import Tree, average
from learnscape.constraints import Constraint, Margin
from learnscape.errors import ConvergenceError, is_finite, is_number, raises_on_failure, real_array, require
from learnscape.learn._input import as_patterns, as_positive_integer
from learnscape.learn._packed import by_bytes, product, signs_or_none
from learnscape.numerics.rng import generator
from learnscape.weights import Binary, Weights
from learnscape.weights.contract import decreasing_root, fixed_overlap, local

__all__ = ["Marginals", "belief_propagation", "state_evolution"]

Array = NDArray[np.float64]
DECIDED = 1e-100  # a variance so small, of a squared mean, is none
RIGID = 1e-14  # a part of |w|^2/N so small is rounding
START = 1e-3  # size of the first, random means: what is not symmetric must not start at a symmetric point


@dataclass(frozen=True, eq=False)
class Marginals:
    """What belief propagation says of the solutions of one problem."""

    mean: Array
    """Mean of each weight over the solutions; (N,)."""
    variance: Array
    """Its variance; (N,)."""
    overlap: float
    """Mean of the squared means, |mean|^2/N: the overlap of two solutions."""
    entropy: float
    """Bethe's: ln(number of solutions)/N in nats, or of their volume on the sphere."""
    converged: bool
    """Whether no mean moved by more than the tolerance."""
    iterations: int
    """Iterations that were made."""
    trace: Array
    """Largest change of a mean in each iteration."""


def belief_propagation(
    patterns: ArrayLike,
    weights: Weights | None = None,
    constraint: Constraint | None = None,
    *,
    field: ArrayLike | None = None,
    damping: float = 0.3,
    tol: float = 1e-8,
    max_iterations: int = 2_000,
    rng: int | np.random.Generator | None = None,
    on_failure: Literal["raise", "return"] = "raise",
) -> Marginals:
    """Means, variances and the number of the weights that satisfy every pattern, by relaxed belief propagation.

    Parameters
    ----------
    patterns : array_like, shape (P, N)
        Labels folded in; entries of order one, independent.
    weights : Weights, optional
        Left out: Binary().
    constraint : Constraint, optional
        Left out: Margin(0.0).
    field : array_like, shape (N,), optional
        Prefers some solutions, with weight exp(field.w); the entropy is that of the preferred ones.
    damping : float
        Part of the old means that is kept, in [0, 1).
    tol : float
        Largest change of a mean, before damping, at which the iteration stops, > 0.
    max_iterations : int
        Budget, >= 1.
    rng : int or numpy.random.Generator, optional
        Of the first means, which are random and small.
    on_failure : {"raise", "return"}
        Whether a budget that is spent raises, or returns the last means with ``.converged == False``.

    Returns
    -------
    Marginals

    Raises
    ------
    ConvergenceError
        The budget is spent: near and beyond capacity, or where the replicon is negative. Or the patterns contradict each other so much that fields diverge.
    ValueError
        Bad input.

    Examples
    --------
    >>> from learnscape.patterns import random_patterns
    >>> found = belief_propagation(random_patterns(500, 1001, rng=1), rng=1)
    >>> found.converged, round(found.overlap, 2), round(found.entropy, 2)
    (True, 0.32, 0.33)
    """
    xi = as_patterns(patterns)
    weights = Binary() if weights is None else weights
    constraint = Margin(0.0) if constraint is None else constraint
    require(isinstance(weights, Weights), "weights", weights, "Weights")
    require(isinstance(constraint, Constraint), "constraint", constraint, "a Constraint")
    require(is_finite(tol) and tol > 0.0, "tol", tol, "a number > 0")
    budget = as_positive_integer("max_iterations", max_iterations)
    raises = raises_on_failure(on_failure)
    n = xi.shape[1]
    outer = np.zeros(n) if field is None else real_array("field", field, ndim=1)
    require(outer.shape == (n,), "field.shape", outer.shape, f"({n},), one number for each weight")
    messages = Messages(xi, weights, constraint, damping, rng)
    return messages.settle(outer, tol=tol, budget=budget, raises=raises)


class Messages:
    """Belief propagation on one problem; in a new field it goes on from where it was in the last."""

    def __init__(
        self,
        patterns: Array,
        weights: Weights,
        constraint: Constraint,
        damping: float,
        rng: int | np.random.Generator | None,
    ) -> None:
        require(is_number(damping) and 0.0 <= damping < 1.0, "damping", damping, "a number in [0, 1)")
        up = signs_or_none(patterns)
        self._matrix = _Numbers(patterns) if up is None else _Signs(up)
        self._weights, self._constraint, self._damping = weights, constraint, damping
        self._first = START * generator(rng).standard_normal(patterns.shape[1])
        self._state: tuple[Array, Array, Array] | None = None

    def settle(
        self, outer: Array, *, tol: float = 1e-8, budget: int = 2_000, raises: bool = True
    ) -> Marginals:
        """Iterate in the field ``outer`` until the means rest."""
        weights, matrix, damping, n = self._weights, self._matrix, self._damping, outer.size
        if self._state is None:
            _, mean, variance = _sites(weights, self._first + outer, np.zeros(n))[1]
            self._state = mean, variance, np.zeros(matrix.size)
        mean, variance, g = self._state
        trace = []
        decided = False
        for _ in range(budget):
            decided = not variance.max() > DECIDED * (mean @ mean) / n
            if decided:
                break
            v = matrix.spread(variance)
            omega = matrix.fields(mean) - v * g
            partition, g, slope = self._constraint.terms(omega, v)
            b = matrix.reaction(slope)
            a = matrix.pulls(g) + b * mean + outer
            precision, (log_z, new, spread) = _sites(weights, a, b)
            trace.append(float(np.max(np.abs(new - mean))))
            if trace[-1] < tol:
                break
            mean = damping * mean + (1.0 - damping) * new
            variance = damping * variance + (1.0 - damping) * spread
        self._state = mean, variance, g
        if not trace:
            require(
                False, "largest |field|", float(np.abs(outer).max()), "so small that weights are uncertain"
            )
        converged = trace[-1] < tol
        if decided and raises:
            raise ConvergenceError(
                f"after {len(trace)} iterations no weight is uncertain any more, and the means still change",
                trace,
            )
        if not converged and raises:
            raise ConvergenceError(
                f"after {budget} iterations of belief propagation means still change by {trace[-1]:.2g}",
                trace,
            )
        sites = log_z - a * new + 0.5 * precision * (new * new + spread)
        entropy = float(sites.mean() + (partition + 0.5 * v * g * g).sum() / n) - _reference(weights)
        return Marginals(new, spread, float(new @ new / n), entropy, converged, len(trace), np.array(trace))


class _Numbers:
    """The sums over F = xi/sqrt(N) and its squares, of real patterns."""

    def __init__(self, patterns: Array) -> None:
        self.size = len(patterns)
        self._f = patterns / math.sqrt(patterns.shape[1])
        self._squares = self._f * self._f

    def fields(self, mean: Array) -> Array:
        return self._f @ mean

    def pulls(self, g: Array) -> Array:
        return g @ self._f

    def spread(self, variance: Array) -> Array | float:
        """V of the patterns."""
        return self._squares @ variance

    def reaction(self, slope: Array) -> Array:
        """B of the weights."""
        return -(slope @ self._squares)


class _Signs(_Numbers):
    """The same for patterns of +1 and -1, kept as bits: all V are one number, and so are all B."""

    def __init__(self, up: NDArray[np.bool_]) -> None:
        self.size, self._n = up.shape
        self._rows, self._columns = by_bytes(up), by_bytes(up.T)

    def fields(self, mean: Array) -> Array:
        return product(self._rows, mean) / math.sqrt(self._n)

    def pulls(self, g: Array) -> Array:
        return product(self._columns, g) / math.sqrt(self._n)

    def spread(self, variance: Array) -> float:
        return float(variance.mean())

    def reaction(self, slope: Array) -> Array:
        return np.full(self._n, -slope.sum() / self._n)


def _sites(weights: Weights, a: Array, b: Array) -> tuple[Array, tuple[Array, Array, Array]]:
    """Precisions, with the multiplier that keeps |w|^2 where the weights fix it, and ln Z, means and variances there."""
    if weights.self_overlap is None:
        return b, local(weights, a, b)
    target = fixed_overlap(weights)

    def excess(mean: Array, variance: Array) -> float:
        return float((mean * mean + variance).mean()) / target - 1.0

    if weights.discrete:
        sites = local(weights, a, b)
        if abs(excess(*sites[1:])) < 1e-13:  # as for two signs
            return b, sites
    scale = (1.0 + math.sqrt(float((a * a).mean()) * target)) / target

    def precisions(u: float) -> Array:
        return b + scale * math.sinh(u) if weights.discrete else b - b.min() + scale * math.exp(u)

    total = precisions(
        decreasing_root(lambda u: excess(*local(weights, a, precisions(u))[1:]), repr(weights))
    )
    return total, local(weights, a, total)


def _reference(weights: Weights) -> float:
    """What the same formula gives without a pattern, beyond the entropy that is meant."""
    none = np.zeros(1)
    precision, (log_z, _, variance) = _sites(weights, none, none)
    return float((log_z + 0.5 * precision * variance)[0]) - weights.annealed_entropy


def state_evolution(
    weights: Weights,
    constraint: Constraint,
    alpha: float,
    *,
    overlap: float = 0.0,
    iterations: int = 50,
) -> Array:
    r"""Overlaps |mean|^2/N of undamped belief propagation, iteration by iteration, as N goes to infinity.

    :math:`\hat q=\alpha\int Dz\,g(\sqrt qz,1-q)^2`, then q = ``weights.overlap(q_hat)``: what it tends to is the saddle point of :func:`learnscape.replica.rs.solve`.

    Parameters
    ----------
    weights : Weights
        Of fixed self-overlap.
    constraint : Constraint
    alpha : float
        Load P/N, >= 0.
    overlap : float
        Where it starts, in [0, Q).
    iterations : int
        >= 1.

    Returns
    -------
    ndarray, shape (iterations + 1,)

    Raises
    ------
    ValueError
        Bad input.

    Examples
    --------
    >>> from learnscape import Binary, Margin
    >>> state_evolution(Binary(), Margin(0.0), 0.5, iterations=100)[[0, 1, 100]].round(4).tolist()
    [0.0, 0.2054, 0.3224]
    """
    q_max = fixed_overlap(weights)
    require(is_finite(alpha) and alpha >= 0.0, "alpha", alpha, "a finite number >= 0")
    require(is_number(overlap) and 0.0 <= overlap < q_max, "overlap", overlap, f"a number in [0, {q_max:g})")
    steps = as_positive_integer("iterations", iterations)
    path = [float(overlap)]
    for _ in range(steps):
        v = q_max - path[-1]
        if v < RIGID * q_max:  # nothing is left to be uncertain of
            path.append(path[-1])
            continue
        edges, width = constraint.bends(v)
        leaf = partial(constraint.terms, variance=v)
        fields = average(leaf, Tree((path[-1],), (), q_max), edges=edges, width=width)
        path.append(weights.overlap(alpha * fields.slope2[0]))
    return np.array(path)
