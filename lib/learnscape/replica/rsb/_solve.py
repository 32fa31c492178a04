r"""k steps of breaking in the SAT phase: the saddle, its entropies, its stability; at given block parameters or at equilibrium.

*Problem.* With the terms of :mod:`._sites` and :mod:`._patterns` the replicated free entropy is :math:`\phi=\operatorname{extr}[G_S+\alpha G_E]`. A cluster of
internal entropy s is counted with weight :math:`e^{Nms}`, so that with one step :math:`m\phi=\Sigma+ms`: the complexity, the logarithm of the number of clusters per
weight, is :math:`\Sigma=-m^2\,\partial\phi/\partial m`. With k steps each level has one, :math:`\Sigma_i=-m_i^2\,\partial\phi/\partial m_i`,
and :math:`s=\phi-\sum_i\Sigma_i/m_i`.

*Equilibrium* takes the clusters with the most solutions together: m = 1 if :math:`\Sigma(1)\ge0`, else the m with :math:`\Sigma(m)=0`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from learnscape.constraints import Constraint
from learnscape.errors import ConvergenceError, is_integer, raises_on_failure, real_array, require
from learnscape.replica import rs
from learnscape.replica._compiled import stands_for
from learnscape.replica.rsb._capacity import capacity
from learnscape.replica.rsb._descent import descend
from learnscape.replica.rsb._saddle import Found, Problem, at_equilibrium, at_m
from learnscape.weights import Spherical, Weights

__all__ = ["Solution", "solve"]

Array = NDArray[np.float64]
MOST_STEPS = 2
TOLERANCE = 1e-9
MOST_ROUNDS = 600
STABLE = -1e-9  # replicons below it are negative
LEAST_M = 1e-6
NEAR_END = 0.25  # (1 - q_1) over 1 - alpha/capacity, near the capacity
NEGATIVE = -1e-11  # a complexity below it is negative
SPLITS = ((0.7, 1.5), (0.85, 1.2), (0.5, 2.0), (0.35, 2.5))
"""By what factors the block parameter of one step becomes two."""


@dataclass(frozen=True, eq=False)
class Solution:
    """A saddle with k steps of replica symmetry breaking, from :func:`solve`."""

    weights: Weights
    """The weights it was solved for."""
    constraint: Constraint
    """The constraint it was solved for."""
    alpha: float
    """Load P/N."""
    q: Array
    """Overlaps q_0 <= ... <= q_k, the outermost first; (k + 1,)."""
    q_hat: Array
    """Their conjugates; (k + 1,). The last one is infinite where clusters are single solutions."""
    m: Array
    """Block parameters, (k,); 1 where overlaps are equal and m means nothing."""
    free_entropy: float
    """phi, replicated free entropy per replica and weight; phi = s + sum of complexity_i / m_i."""
    entropy: float
    """Total entropy of the solutions in these clusters, internal entropy and complexities together."""
    internal_entropy: float
    """s, entropy of one innermost cluster."""
    complexity: Array
    """Sigma_i, logarithm per weight of the number of clusters of level i in one of level i - 1; (k,)."""
    replicon: Array
    """For each overlap, positive where its block is stable: a negative entry asks for one step more there; (k + 1,)."""
    broken: bool
    """False if all overlaps are equal: then everything is replica symmetric."""
    converged: bool
    """True if the residual reached the tolerance."""
    iterations: int
    """How often the saddle-point equations were computed."""
    residual: float
    """Largest change of the logarithms of q_0, of the differences of overlaps and of Q - q_k in one more round."""
    self_overlap: float = 1.0
    """Q."""
    precision: float | None = None
    """Conjugate of Q where it is an order parameter, else None."""

    @property
    def stable(self) -> bool:
        """True if no replicon is negative."""
        return bool(self.replicon.min() > STABLE)


def check_steps(steps: Any) -> int:
    """The number of steps, 1 or 2."""
    good = is_integer(steps) and 1 <= int(steps) <= MOST_STEPS
    require(
        good,
        "steps",
        steps,
        f"1 or {MOST_STEPS}: more steps only at the capacity (rsb.capacity), all of them in parisi",
    )
    return int(steps)


def sphere_like(weights: Weights) -> bool:
    """True if the capacity of these weights is the limit q -> 1."""
    return stands_for(Spherical, weights)


def _check_m(m: float | Sequence[float] | Array, steps: int) -> Array:
    values = np.atleast_1d(real_array("m", m))
    good = (
        values.shape == (steps,) and bool((values >= LEAST_M).all()) and bool((np.diff(values) >= 0.0).all())
    )
    require(
        good, "m", m, f"{steps} number(s) >= {LEAST_M:g}, not decreasing: one block parameter for each step"
    )
    return values


def first_piece(problem: Problem, state: rs.Solution) -> float:
    """q_0 where nothing better is known."""
    return 0.0 if problem.even else 0.9 * state.q


def near_start(problem: Problem, state: rs.Solution, m: Array, near: bool = True) -> Array:
    """Pieces of clusters much narrower than the replica-symmetric state (near), or split off from it."""
    left = state.self_overlap - state.q
    rest = left * (1e-6 if problem.weights.discrete else 0.1) if near else 0.6 * left
    first = first_piece(problem, state)
    between = state.self_overlap - rest - first
    parts = [between] if m.size == 1 else [0.6 * between, 0.4 * between]
    return np.array([first, *parts, rest])


def solve(
    weights: Weights,
    constraint: Constraint,
    alpha: float,
    *,
    steps: int = 1,
    m: float | Sequence[float] | Array | None = None,
    start: Sequence[float] | Array | None = None,
    tol: float = TOLERANCE,
    on_failure: str = "raise",
) -> Solution:
    """The saddle with one or two steps of replica symmetry breaking at load alpha.

    Parameters
    ----------
    weights, constraint
        The problem, for instance ``Spherical(), Margin(-0.5)``.
    alpha : float
        Load P/N, > 0, below the capacity.
    steps : int
        1 or 2.
    m : float or sequence of float, optional
        Block parameters (k,), not decreasing, >= 1e-6; above 1 they count the clusters of more than typical internal entropy. None: equilibrium.
    start : sequence of float, optional
        Overlaps q_0 < ... < q_k to start from, below the self-overlap, with m given. By default clusters much narrower than the
        replica-symmetric state: the saddle found is that to which the equations flow from there.
    tol : float
        Largest accepted residual, in [1e-12, 1e-3].
    on_failure : {"raise", "return"}
        What to do if the tolerance is not reached with m given: raise `ConvergenceError`, or hand back the state with ``converged=False``.

    Returns
    -------
    Solution
        Where no broken saddle is reached, the replica-symmetric one with equal overlaps and ``broken = False``. Where only one of two steps breaks, two overlaps are equal.

    Raises
    ------
    ValueError
        Bad input, or a load beyond the capacity.
    ConvergenceError
        Tolerance not reached, or no equilibrium found.

    Notes
    -----
    *Digits.* Averages are right to about 1e-12, the overlaps to 1e-9, and m to 1e-11 divided by the square of the difference of overlaps.
    Discrete weights freeze: their clusters are single solutions, q_k = Q, with s = 0 and Sigma the replica-symmetric entropy, at every m.
    With a symmetric constraint and symmetric weights the saddle with q_0 = 0 is the one returned; its first replicon says whether it is stable.

    Examples
    --------
    >>> from learnscape import Margin, Spherical
    >>> answer = solve(Spherical(), Margin(-0.5), 4.3)
    >>> answer.q.round(4), answer.m.round(4), round(answer.entropy, 5), answer.broken
    (array([0.8446, 0.9638]), array([0.1405]), -2.97774, True)
    """
    state = rs.solve(weights, constraint, alpha)
    count = check_steps(steps)
    good = isinstance(tol, float) and 1e-12 <= tol <= 1e-3
    require(good, "tol", tol, "a number in [1e-12, 1e-3]")
    raises = raises_on_failure(on_failure)
    problem = Problem(weights, constraint, float(alpha))
    if m is None:
        require(start is None, "start", start, "None at equilibrium: give m too")
        _check_load(problem, state, count)
        return _equilibrium(problem, state, count, tol)
    blocks = _check_m(m, count)
    pieces = near_start(problem, state, blocks)
    if start is not None:
        ends = np.concatenate([[0.0], np.atleast_1d(real_array("start", start)), [state.self_overlap]])
        good = ends.size == count + 3 and bool((np.diff(ends)[1:] > 0.0).all()) and ends[1] >= 0.0
        require(good, "start", start, f"{count + 1} increasing overlaps in [0, {state.self_overlap:g})")
        pieces = np.diff(ends)
    found = flow(problem, blocks, pieces, tol)
    answer = assemble(problem, state, found, tol)
    if raises and not answer.converged:
        raise ConvergenceError(
            f"no saddle with m = {blocks.tolist()} was reached at alpha = {alpha!r} in {found.rounds} rounds: residual {found.residual:.3g} > tol = {tol!r}",
            [found.residual],
        )
    return answer


def _check_load(problem: Problem, state: rs.Solution, steps: int) -> None:
    """Refuse a load beyond the capacity within so many steps."""
    if problem.weights.discrete:
        known = (
            rs.capacity_and_replicon(problem.weights, problem.constraint)[0]
            if state.entropy < 0.0
            else math.inf
        )
        require(
            state.entropy >= 0.0,
            "alpha",
            problem.alpha,
            f"below the capacity, {known:.9g}: beyond it there are no solutions",
        )
        return
    if not sphere_like(problem.weights):
        return
    for k in range(1, steps + 1):
        limit = capacity(problem.weights, problem.constraint, steps=k).alpha
        allowed = f"below the capacity with {k} step(s) of breaking, {limit:.9g} (rsb.capacity)"
        require(problem.alpha < limit, "alpha", problem.alpha, allowed)
        if problem.alpha < 0.9 * limit:
            return


def flow(problem: Problem, m: Array, pieces: Array, tol: float) -> Found:
    """The saddle at given m; levels whose difference of overlaps goes to zero are taken out, and put back with equal overlaps."""
    found = at_m(problem, m, pieces, tol, MOST_ROUNDS)
    if found.kind != "collapsed" or m.size == 1:
        return found
    i = int(found.pieces[1:-1].argmin())
    inner = flow(problem, np.delete(m, i), np.delete(found.pieces, i + 1), tol)
    if inner.kind == "collapsed":
        return inner._replace(m=m)
    whole = np.insert(inner.pieces, i + 1, 0.0)
    return Found(whole, m, found.rounds + inner.rounds, inner.residual, inner.kind)


def assemble(problem: Problem, state: rs.Solution, found: Found, tol: float) -> Solution:
    """The result at a saddle that was found."""
    k = found.m.size
    same = (problem.weights, problem.constraint, problem.alpha)
    if found.kind == "collapsed":
        return Solution(
            *same,
            np.full(k + 1, state.q),
            np.full(k + 1, state.q_hat),
            np.ones(k),
            state.entropy,
            state.entropy,
            state.entropy,
            np.zeros(k),
            np.full(k + 1, state.replicon),
            False,
            state.converged,
            found.rounds,
            state.residual,
            state.self_overlap,
            state.precision,
        )
    if found.kind == "frozen":
        # one sum over single solutions, each to the power m: the replica-symmetric one, in other units
        outer = float(found.m[0])
        q = np.concatenate([[state.q], np.full(k, state.self_overlap)])
        q_hat = np.concatenate([[state.q_hat / outer**2], np.full(k, math.inf)])
        sigma = np.concatenate([[state.entropy], np.zeros(k - 1)])
        replicon = np.concatenate([[state.replicon], np.ones(k)])
        return Solution(
            *same,
            q,
            q_hat,
            found.m,
            state.entropy / outer,
            state.entropy,
            0.0,
            sigma,
            replicon,
            True,
            state.converged,
            found.rounds,
            state.residual,
            state.self_overlap,
            state.precision,
        )
    at = problem.round(found.pieces, found.m)
    sigma = -(found.m**2) * at.by_m
    inner = float(at.free_entropy - (sigma / found.m).sum())
    return Solution(
        *same,
        np.cumsum(found.pieces[:-1]),
        at.q_hat,
        found.m,
        float(at.free_entropy),
        float(inner + sigma.sum()),
        inner,
        sigma,
        at.replicon,
        True,
        found.kind == "saddle" and found.residual <= tol,
        found.rounds,
        found.residual,
        float(found.pieces.sum()),
        at.precision if problem.free else None,
    )


def _equilibrium(problem: Problem, state: rs.Solution, steps: int, tol: float) -> Solution:
    one = _one_step(problem, state, tol)
    if steps == 1:
        return one
    if not one.broken or one.m[0] == 1.0 or one.stable:
        return _repeat(one)
    return _two_steps(problem, state, one, tol)


def _minimum(problem: Problem, state: rs.Solution, tol: float) -> Solution | None:
    """One step on the sphere where replica symmetry is unstable; None if a descent doesn't find it."""
    limit = capacity(problem.weights, problem.constraint)
    left, first = 1.0 - state.q, first_piece(problem, state)
    short = NEAR_END * (1.0 - problem.alpha / limit.alpha)
    gap = min(
        abs(state.replicon), 0.8 * left, 1.8 * state.q
    )  # near the instability the overlaps differ by about the replicon
    onset = np.array([0.0 if problem.even else state.q - 0.5 * gap, gap, left - 0.5 * gap])
    onset /= onset.sum()
    ends = [np.array([first, 1.0 - first - rest, rest]) for rest in (short, 0.15 * left)]
    for pieces in [onset, *ends] if short > 0.2 * left else [*ends, onset]:
        m = np.array([min(0.5, limit.y[0] * pieces[-1] if limit.broken else 0.5)])
        unit = 0.01 * abs(state.replicon) ** 2 + 1e-6
        pieces, m, value = descend(problem.constraint, problem.alpha, pieces, m, unit)
        found = at_equilibrium(problem, m, pieces)
        if _sound(found, tol) and value < state.entropy:
            return assemble(problem, state, found, tol)
    return None


def _one_step(problem: Problem, state: rs.Solution, tol: float) -> Solution:
    if sphere_like(problem.weights) and not state.stable:
        quick = _minimum(problem, state, tol)
        if quick is not None:
            return quick
    m = np.ones(1)
    near = not problem.weights.discrete or state.replicon > STABLE
    found = flow(problem, m, near_start(problem, state, m, near), tol)
    answer = assemble(problem, state, found, tol)
    if found.kind == "lost" or (not answer.broken and not state.stable):
        raise _no_equilibrium(problem, found.residual)
    # beyond the instability m = 1 needs a complexity that rounding cannot make: close to it every complexity is tiny
    least = NEGATIVE if state.stable else -NEGATIVE
    if not answer.broken or answer.complexity[0] >= least:
        return answer
    above = found
    height = answer.complexity[0]
    while True:
        m = 0.5 * above.m
        if m[0] < LEAST_M:
            raise _no_equilibrium(problem, height)
        below = flow(problem, m, above.pieces, tol)
        if below.kind != "saddle":
            raise _no_equilibrium(problem, below.residual)
        depth = assemble(problem, state, below, tol).complexity[0]
        if depth > 0.0:
            break
        above, height = below, depth
    for _ in range(8):  # a root of all equations, from a bracket that is halved until it is found
        share = height / (height - depth)
        logs = (1.0 - share) * np.log(above.m) + share * np.log(below.m)
        x = (1.0 - share) * problem.coordinates(above.pieces) + share * problem.coordinates(below.pieces)
        found = at_equilibrium(problem, np.exp(logs), problem.pieces(x))
        inside = below.m[0] < found.m[0] < above.m[0]
        if found.residual < tol and inside:
            return assemble(problem, state, found, tol)
        middle = flow(problem, np.sqrt(above.m * below.m), problem.pieces(x), tol)
        if middle.kind != "saddle":
            break
        value = assemble(problem, state, middle, tol).complexity[0]
        if value > 0.0:
            below, depth = middle, value
        else:
            above, height = middle, value
    raise _no_equilibrium(problem, found.residual)


def _two_steps(problem: Problem, state: rs.Solution, one: Solution, tol: float) -> Solution:
    """From one step: the outer overlaps move out, a new one comes in between, and m becomes two."""
    gap, left = one.q[1] - one.q[0], one.self_overlap - one.q[1]
    first = max(one.q[0] - gap / 6.0, 0.5 * one.q[0])
    rest = left - min(gap / 6.0, 0.5 * left)
    between = one.self_overlap - first - rest
    residual = math.inf
    for outer, inner in SPLITS:
        m, pieces = one.m * np.array([outer, inner]), np.array([first, 0.6 * between, 0.4 * between, rest])
        if m[1] >= 1.0:
            continue
        if sphere_like(problem.weights):
            unit = 0.01 * abs(state.entropy - one.free_entropy)
            pieces, m, _ = descend(problem.constraint, problem.alpha, pieces, m, unit)
        found = at_equilibrium(problem, m, pieces)
        residual = min(residual, found.residual)
        if _sound(found, tol):
            return assemble(problem, state, found, tol)
    raise _no_equilibrium(problem, residual)


def _sound(found: Found, tol: float) -> bool:
    """True at a saddle whose overlaps differ and whose block parameters are in order."""
    apart = found.pieces[1:-1].min() > 1e-5 * found.pieces.sum()
    blocks = np.concatenate([[0.0], found.m, [1.0]])
    return found.residual < tol and bool(apart) and bool((np.diff(blocks) > 0.0).all())


def _repeat(one: Solution) -> Solution:
    """The same solution with one level more, whose overlaps are equal."""
    again = dict(vars(one))
    again["q"], again["q_hat"] = np.append(one.q, one.q[-1]), np.append(one.q_hat, one.q_hat[-1])
    again["m"], again["complexity"] = np.append(one.m, 1.0), np.append(one.complexity, 0.0)
    again["replicon"] = np.append(one.replicon, one.replicon[-1])
    return Solution(**again)


def _no_equilibrium(problem: Problem, residual: float) -> ConvergenceError:
    return ConvergenceError(
        f"no equilibrium of {problem.weights!r} with {problem.constraint!r} was found at alpha = {problem.alpha!r}; "
        "nearer to where replica symmetry breaks, or at the capacity, overlaps differ too little: give m, or fewer steps",
        [residual],
    )
