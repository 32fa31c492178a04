r"""Jammed states of the perceptron: the margin where the last overlap vanishes, reached from either side.

*From the UNSAT side* (``method="unsat"``) we minimise the quadratic cost at a margin that cannot be met, lower kappa a little, follow the
minimum, and so on. Close to jamming e = C (kappa - kappa_J)^2 / 2 and the pressure is p = C (kappa - kappa_J), so 2e/p is an
estimate of the distance that is left; we go four fifths of it at a time, down to the pressure asked for.

*From the SAT side* (``method="lp"``) we raise the smallest stability by a chain of linear programs (S. Torquato and Y. Jiao, Phys. Rev. E 82, 061302
(2010), did this for spheres): with s orthogonal to w and |s_i| <= b, maximise kappa subject to xi.(w + s) / sqrt(N) >= kappa, then
scale w + s back to the sphere. ``method="edges"`` does without a solver and without steps of finite size (:mod:`.polytope`).

Each ends with the exact corner to which its contacts belong, so that contacts and gaps are told apart by construction and not by a threshold.
Chapter ``jamming/perceptron-jamming``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq, linprog

from learnscape.errors import ConvergenceError, is_number, raises_on_failure, require
from learnscape.jamming.perceptron._input import as_label, as_patterns, n_patterns
from learnscape.jamming.perceptron.energy import ROUNDING, UnsatMinimum, gaps_of, minimise, unit_of
from learnscape.jamming.perceptron.polytope import Corner, furthest_corner, nearest_point, on_contacts
from learnscape.numerics.rng import generator
from learnscape.numerics.shortfall import mean_squared_shortfall
from learnscape.numerics.threads import one_thread

__all__ = ["JammedPerceptron", "jam"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
Method = Literal["unsat", "lp", "edges"]

STEP = 0.8  # share of the estimated distance to jamming that kappa is lowered at once
SMALLEST_STEP = 0.15  # after this many halvings of it a sudden jump to the SAT region is taken as it is
HEAD_START = 0.5  # the compression begins this far above the replica-symmetric jamming point, where no draw is satisfiable
MAX_MARGINS = 200  # margins visited on the way; each lowers the pressure by a factor of about five
LINEAR_PROGRAMS = 60
PRECISION = 1e-9  # of the balance of forces in a state that is called converged


@dataclass(frozen=True, eq=False)
class JammedPerceptron:
    """A local maximum of the smallest stability, from :func:`jam`."""

    kappa: float
    """The jamming margin of this draw and this search: the smallest stability."""
    weights: FloatArray
    """Shape (N,), \\|w\\|^2 = N."""
    patterns: FloatArray
    """Shape (P, N), labels folded in."""
    gaps: FloatArray
    """Shape (P,): stability minus kappa. Zero, to rounding, for the contacts; positive for all others."""
    contacts: IntArray
    """Indices of the patterns at the margin, increasing."""
    forces: FloatArray
    """Shape (len(contacts),): multipliers of the margin, positive, with sum 1; sum_mu f_mu xi^mu / sqrt(N) = (kappa / N) w."""
    method: str
    """As asked for."""
    pressure: float
    """Pressure of the last compressed state, (1/N) sum of its overlaps; 0 where no compressed state was used."""
    residual: float
    """Length of (kappa / N) w - sum_mu f_mu xi^mu / sqrt(N), in units of \\|kappa\\| / sqrt(N)."""
    n_iterations: int
    """Minimiser steps, linear programs, or edges, depending on the method."""
    n_edges: int
    """Edges climbed after the method proper, to the exact corner."""
    converged: bool
    """True if all forces are positive, no gap is negative and the forces balance to 1e-9."""
    trace: tuple[tuple[float, float], ...]
    """(kappa, pressure) of every compressed state, or (kappa, largest move) of every linear program."""

    @property
    def open_gaps(self) -> FloatArray:
        """Gaps of the patterns that are not in contact, increasing."""
        free = np.ones(len(self.gaps), dtype=np.bool_)
        free[self.contacts] = False
        return np.sort(self.gaps[free])

    @property
    def contacts_per_weight(self) -> float:
        """len(contacts) / N: 1 is isostatic."""
        return len(self.contacts) / self.weights.size


@one_thread
def jam(
    n: int,
    alpha: float,
    *,
    patterns: ArrayLike | None = None,
    labels: ArrayLike | None = None,
    method: Method = "unsat",
    pressure: float = 1e-8,
    exact: bool = True,
    on_failure: str = "raise",
    rng: int | np.random.Generator | None = None,
) -> JammedPerceptron:
    """Draw round(alpha n) Gaussian patterns and find weights at which the perceptron is jammed.

    Parameters
    ----------
    n : int
        Number of weights, at least 2.
    alpha : float
        Load > 0, with alpha n at least one half. A load above about 2 jams at a negative margin, one below at a positive.
    patterns : array_like, shape (round(alpha n), n), optional
        Use these instead of random ones.
    labels : array_like of +1 and -1, shape (round(alpha n),), optional
        Multiplied into the patterns.
    method : {"unsat", "lp", "edges"}
        Decompression of the quadratic cost; a chain of linear programs; climbing from a random point along edges. For a
        negative margin the three end in different corners of the same polytope; a positive margin has one answer only.
    pressure : float
        Where the decompression stops, in [1e-10, 1e-1]. (1e-10 means an energy of order 1e-20. With ``exact`` the answer hardly depends on it.)
    exact : bool
        End in the exact corner. Without it, the contacts of ``method="unsat"`` are the unsatisfied patterns at the last pressure,
        and the forces their overlaps, with the errors that this has; then the pressure may be as small as one likes.
    on_failure : {"raise", "return"}
        What to do where no balanced state with positive forces was reached.
    rng : int or numpy.random.Generator, optional
        Of the patterns and of the random start.

    Returns
    -------
    JammedPerceptron

    Raises
    ------
    ConvergenceError
        If the search ends without a jammed state; it carries the pressures, moves or slopes on the way.
    ValueError
        For arguments outside their range.

    Notes
    -----
    For kappa < 0 the jamming margin depends on the draw *and* on the search: there are many corners, and no search knows the best one.

    Examples
    --------
    >>> state = jam(24, 4.0, rng=1)
    >>> state.kappa < 0, len(state.contacts), bool(state.forces.min() > 0)
    (True, 24, True)
    >>> len(jam(24, 1.0, rng=1).contacts) < 24                          # positive margin: fewer contacts than weights
    True
    """
    p = n_patterns(n, alpha)
    require(method in ("unsat", "lp", "edges"), "method", method, '"unsat", "lp" or "edges"')
    lowest = 1e-10 if exact else 1e-13
    require(
        is_number(pressure) and lowest <= pressure <= 1e-1,
        "pressure",
        pressure,
        f"a number in [{lowest:g}, 0.1]",
    )
    require(exact or method == "unsat", "exact", exact, 'True unless method="unsat"')
    fail = raises_on_failure(on_failure)
    random = generator(rng)
    if patterns is None:
        xi = random.standard_normal((p, n))
    else:
        xi = as_patterns(patterns)
        require(xi.shape == (p, n), "patterns.shape", xi.shape, f"(round(alpha n), n) = ({p}, {n})")
    if labels is not None:
        xi = np.ascontiguousarray(as_label(labels, p)[:, None] * xi)
    start = random.standard_normal(n)
    # Tolerances are made for entries of order one. A power of two changes no digit; the margin scales with the patterns.
    scale = unit_of(xi)
    state = _search(np.ascontiguousarray(xi / scale), start, method, pressure, exact, fail)
    return _scaled(state, xi, scale)


def _search(
    xi: FloatArray, start: FloatArray, method: Method, pressure: float, exact: bool, fail: bool
) -> JammedPerceptron:
    """The jammed state of patterns with entries of order one."""
    trace: list[tuple[float, float]] = []
    last: UnsatMinimum | None = None
    guess: IntArray = np.empty(0, dtype=np.intp)
    steps = 0
    if method == "unsat":
        last, steps = _decompress(xi, start, pressure, trace)
        start, guess = last.weights, last.unsatisfied
        if not exact:
            return _as_it_is(last, steps, trace, fail)
    elif method == "lp":
        start, guess, steps = _linear_programs(xi, start, trace)
    corner = _corner_near(xi, start, guess)
    state = _finished(xi, corner, method, 0.0 if last is None else last.pressure, steps, trace)
    if fail and not state.converged:
        raise ConvergenceError(f"forces balance only to {state.residual:.1e}", [move for _, move in trace])
    return state


def _scaled(state: JammedPerceptron, xi: FloatArray, scale: float) -> JammedPerceptron:
    """The state in units of the patterns as given."""
    return replace(
        state,
        patterns=xi,
        kappa=scale * state.kappa,
        gaps=scale * state.gaps,
        pressure=scale * state.pressure,
        trace=tuple((scale * a, scale * b if state.method == "unsat" else b) for a, b in state.trace),
    )


def _replica_symmetric_margin(alpha: float) -> float:
    """Margin at which alpha times the mean of (kappa - z)^2 over z < kappa is 1, for a Gaussian z: an upper bound on kappa_J."""
    return float(
        brentq(lambda kappa: alpha * mean_squared_shortfall(kappa) - 1.0, -8.0, 2.0 + 1.0 / math.sqrt(alpha))
    )


def _decompress(
    xi: FloatArray, w: FloatArray, target: float, trace: list[tuple[float, float]]
) -> tuple[UnsatMinimum, int]:
    """Lower kappa until the pressure is at most ``target``; the last state that still has one."""
    n = w.size
    length = math.sqrt(
        float((xi * xi).sum()) / xi.size
    )  # patterns of another length: the margin scales with it
    kappa = length * (_replica_symmetric_margin(len(xi) / n) + HEAD_START)
    last: UnsatMinimum | None = None
    share, steps = STEP, 0
    for _ in range(MAX_MARGINS):
        state = minimise(xi, kappa, w, tolerance=1e-9, on_failure="return")
        steps += state.n_iterations
        if state.satisfied and last is None:  # a small draw that is easier than a typical one
            kappa += HEAD_START * length
        elif state.satisfied:
            # The minimum has lost its stability, or the estimate was too long: be more careful, at last accept.
            assert last is not None
            share /= 2
            if share < SMALLEST_STEP:
                return _with_weights(last, state.weights), steps
            kappa = last.kappa - share * 2 * last.energy / last.pressure
        else:
            trace.append((kappa, state.pressure))
            last, w = state, state.weights
            if state.pressure <= target * length:
                return last, steps
            kappa -= share * 2 * state.energy / state.pressure
    pressures = [p for _, p in trace]
    raise ConvergenceError(f"the pressure is not below {target:g} after {MAX_MARGINS} margins", pressures)


def _with_weights(last: UnsatMinimum, weights: FloatArray) -> UnsatMinimum:
    """The last compressed state, but with the satisfied weights that its loss of stability has led to."""
    return UnsatMinimum(**{**last.__dict__, "weights": weights})


def _linear_programs(
    xi: FloatArray, w: FloatArray, trace: list[tuple[float, float]]
) -> tuple[FloatArray, IntArray, int]:
    """Raise the smallest stability by linear programs in a box that shrinks when a step does not help."""
    p, n = xi.shape
    root = math.sqrt(n)
    w = w * (root / math.sqrt(w @ w))
    box = 1.0
    kappa = float((xi @ w).min()) / root
    aim = np.zeros(n + 1)
    aim[n] = -1.0
    walls = np.hstack([-xi / root, np.ones((p, 1))])
    guess: IntArray = np.empty(0, dtype=np.intp)
    for program in range(1, LINEAR_PROGRAMS + 1):
        radial = np.append(w, 0.0)[None, :]
        bounds = [(-box, box)] * n + [(None, None)]
        answer = linprog(aim, walls, xi @ w / root, radial, [0.0], bounds, method="highs")
        if answer.status != 0:
            raise ConvergenceError(f"linear program {program}: {answer.message}", [move for _, move in trace])
        move = answer.x[:n]
        trial = (w + move) * (root / math.sqrt(n + move @ move))
        raised = float((xi @ trial).min()) / root
        largest = float(np.abs(move).max())
        guess = np.flatnonzero(answer.ineqlin.marginals < 0)
        if raised > kappa:
            w, kappa = trial, raised
        else:
            box = min(box, largest) / 4
        trace.append((kappa, largest))
        if largest < 1e-9 or box < 1e-9 or on_contacts(xi, guess, 1.0 if kappa > 0 else -1.0) is not None:
            return w, guess, program
    return w, guess, LINEAR_PROGRAMS


def _corner_near(xi: FloatArray, w: FloatArray, guess: IntArray) -> Corner:
    """The exact jammed state to which the contacts ``guess`` belong, or the one that climbing from w leads to."""
    n = xi.shape[1]
    for sign in (-1.0, 1.0):
        corner = on_contacts(xi, guess, sign)
        if corner is not None:
            return corner
    corner = furthest_corner(xi, w, 40 * n + 1000) if float((xi @ w).min()) < 0 else None
    if corner is None:
        corner = nearest_point(xi)
    if corner is None:
        raise ConvergenceError(
            "the largest margin is 0 to rounding, or the patterns are not in general position"
        )
    return corner


def _finished(
    xi: FloatArray, corner: Corner, method: str, pressure: float, steps: int, trace: list[tuple[float, float]]
) -> JammedPerceptron:
    n = xi.shape[1]
    kappa, w = corner.kappa, corner.weights
    gaps = gaps_of(xi, w, kappa)
    unbalanced = kappa / n * w - corner.forces @ xi[corner.contacts] / math.sqrt(n)
    residual = float(np.linalg.norm(unbalanced)) * math.sqrt(n) / abs(kappa)
    tight = float(np.abs(gaps[corner.contacts]).max()) <= 1e-9 and float(gaps.min()) >= -1e-9
    return JammedPerceptron(
        kappa=kappa,
        weights=w,
        patterns=xi,
        gaps=gaps,
        contacts=corner.contacts,
        forces=corner.forces,
        method=method,
        pressure=pressure,
        residual=residual,
        n_iterations=steps if method != "edges" else corner.steps,
        n_edges=corner.steps,
        converged=bool(tight and residual <= PRECISION and corner.forces.min() > 0),
        trace=tuple(trace),
    )


def _as_it_is(
    last: UnsatMinimum, steps: int, trace: list[tuple[float, float]], fail: bool
) -> JammedPerceptron:
    """The compressed state itself in place of the corner: overlaps as forces, the unsatisfied as contacts."""
    # Rounding errors of the gaps over their size; below a pressure of about 1e-10 they begin to decide who is in contact.
    rounding = ROUNDING * math.sqrt(len(last.unsatisfied) / (2 * last.weights.size * last.energy))
    allowed = max(1e-6, min(rounding, 1e-4))
    if fail and last.residual > allowed:
        raise ConvergenceError(
            f"residual {last.residual:.1e} at pressure {last.pressure:.1e}", [p for _, p in trace]
        )
    overlaps = -last.gaps[last.unsatisfied]
    return JammedPerceptron(
        kappa=last.kappa,
        weights=last.weights,
        patterns=last.patterns,
        gaps=last.gaps,
        contacts=last.unsatisfied,
        forces=overlaps / overlaps.sum(),
        method="unsat",
        pressure=last.pressure,
        residual=last.residual,
        n_iterations=steps,
        n_edges=0,
        converged=last.residual <= allowed,
        trace=tuple(trace),
    )
