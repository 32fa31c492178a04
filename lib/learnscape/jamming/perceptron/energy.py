r"""The perceptron that cannot satisfy everybody: minima of the quadratic cost on the sphere (UNSAT phase).

A pattern xi with stability w.xi / sqrt(N) below the margin kappa has the *gap* h = w.xi / sqrt(N) - kappa < 0, and costs h^2 / 2, like two
overlapping elastic spheres. We minimise

    e(w) = (1 / 2N) sum_{h < 0} h^2      over |w|^2 = N.

With A the (m, N) matrix of the unsatisfied patterns over sqrt(N), the derivative of N e is A^T h and its projection on the tangent
space of the sphere vanishes at a minimum. The multiplier of the constraint is zeta = (1/N) sum_{h<0} h (h + kappa), so that the second
derivative of N e along the sphere is A^T A - zeta 1. A rough search by L-BFGS finds the valley; Newton's method with this
matrix goes to the bottom, quadratically, because the cost is a quadratic function as long as the unsatisfied set does not change.

S. Franz and G. Parisi, J. Phys. A 49, 145001 (2016); S. Franz, G. Parisi, P. Urbani and F. Zamponi, PNAS 112, 14539 (2015).
Chapter ``jamming/perceptron-jamming``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import lapack
from scipy.optimize import minimize

from learnscape.errors import ConvergenceError, as_finite, is_number, raises_on_failure, require
from learnscape.jamming.perceptron._input import as_patterns, as_weights
from learnscape.numerics.rng import generator
from learnscape.numerics.threads import one_thread

__all__ = ["UnsatMinimum", "minimise"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

NEWTON_STEPS = (
    80  # before another rough search; a marginal minimum of N = 1000 may need so many, a good start needs ten
)
ROUGH_STEPS = (150, 300, 600, 1200)  # of L-BFGS, one attempt after the other
ROUNDING = 4e-15  # error of a gap of a pattern of typical length, sqrt(N) ulp at worst
SMALLEST_STEP = 1e-4  # of the line search


@dataclass(frozen=True, eq=False)
class UnsatMinimum:
    """A minimum of the quadratic cost, from :func:`minimise`."""

    weights: FloatArray
    """Shape (N,), \\|w\\|^2 = N."""
    patterns: FloatArray
    """Shape (P, N), as given."""
    kappa: float
    """The margin asked for."""
    gaps: FloatArray
    """Shape (P,): stability minus kappa; negative where the pattern is unsatisfied."""
    unsatisfied: IntArray
    """Indices of the patterns with a negative gap, the contacts of the compressed system."""
    energy: float
    """e = sum of h^2 over the unsatisfied, over 2N."""
    pressure: float
    """p = de/dkappa = -(sum of h over the unsatisfied) / N."""
    zeta: float
    """Multiplier of the constraint, (1/N) sum of h (h + kappa) over the unsatisfied."""
    residual: float
    """Length of the tangential force over the length of the vector of negative gaps, for patterns divided by the power of two nearest
    to their typical entry; 0 if all are satisfied."""
    n_iterations: int
    """Steps of L-BFGS and Newton together."""
    converged: bool
    """False only if asked to return without convergence."""
    trace: tuple[float, ...]
    """Residual before every Newton step."""

    @property
    def satisfied(self) -> bool:
        """True if all patterns are satisfied: the energy is zero and there was nothing to minimise."""
        return len(self.unsatisfied) == 0


@one_thread
def minimise(
    patterns: ArrayLike,
    kappa: float,
    weights: ArrayLike | None = None,
    *,
    rng: int | np.random.Generator | None = None,
    tolerance: float = 1e-10,
    on_failure: str = "raise",
) -> UnsatMinimum:
    """Minimise the quadratic cost of the unsatisfied patterns on the sphere.

    Parameters
    ----------
    patterns : array_like, shape (P, N)
        Labels folded in; finite, P >= 1, N >= 2.
    kappa : float
        Margin, of either sign.
    weights : array_like, shape (N,), optional
        Where to start; only its direction counts. Without it, a random point of the sphere.
    rng : int or numpy.random.Generator, optional
        Of the random start.
    tolerance : float
        Largest residual, in (0, 1e-3]. Where the gaps are so small that rounding alone makes a larger one, this is allowed.
    on_failure : {"raise", "return"}
        What to do where Newton's method does not get there.

    Returns
    -------
    UnsatMinimum
        With energy 0 and no unsatisfied pattern if the search has run into the SAT region.

    Raises
    ------
    ConvergenceError
        If the residual stays above the tolerance; it carries the residuals.
    ValueError
        For patterns, a margin or weights that are not finite or have the wrong shape.

    Notes
    -----
    For kappa < 0 the cost has many minima; which one is found depends on the start.

    Examples
    --------
    >>> state = minimise([[1.0, 0.0], [-1.0, 0.0]], 0.5, rng=1)      # two opposite demands: the best is to fail both by 1/2
    >>> round(state.energy, 12), state.gaps.round(9).tolist()
    (0.125, [-0.5, -0.5])
    """
    xi = as_patterns(patterns)
    kappa = as_finite("kappa", kappa)
    require(is_number(tolerance) and 0 < tolerance <= 1e-3, "tolerance", tolerance, "a number in (0, 1e-3]")
    fail = raises_on_failure(on_failure)
    scale = unit_of(xi)  # tolerances are made for entries of order one; a power of two changes no digit
    given, xi, kappa = xi, xi / scale, kappa / scale
    n = xi.shape[1]
    start = generator(rng).standard_normal(n) if weights is None else weights
    w = as_weights(start, n)
    trace: list[float] = []
    steps = 0
    converged = False
    if weights is not None:
        w, converged = _newton(xi, w, kappa, tolerance, trace)
    for rough in ROUGH_STEPS:
        if converged:
            break
        w, taken = _rough_search(xi, w, kappa, rough)
        steps += taken
        w, converged = _newton(xi, w, kappa, tolerance, trace)
    state = describe(xi, w, kappa, steps + len(trace), converged, trace)
    if not converged and fail:
        raise ConvergenceError(
            f"the residual is {state.residual:.1e} after {state.n_iterations} steps, at energy {state.energy:.2e}",
            trace,
        )
    if scale == 1.0:
        return replace(state, patterns=given)
    return replace(
        state,
        patterns=given,
        kappa=state.kappa * scale,
        gaps=state.gaps * scale,
        energy=state.energy * scale**2,
        pressure=state.pressure * scale,
        zeta=state.zeta * scale**2,
    )


def unit_of(xi: FloatArray) -> float:
    """The power of two nearest to the typical entry of the patterns."""
    largest = float(np.abs(xi).max())
    return 2.0 ** round(math.log2(largest * math.sqrt(float(np.square(xi / largest).mean()))))


def gaps_of(xi: FloatArray, w: FloatArray, kappa: float) -> FloatArray:
    """Stability minus margin of every pattern."""
    h: FloatArray = xi @ w / math.sqrt(w.size) - kappa
    return h


def describe(
    xi: FloatArray, w: FloatArray, kappa: float, steps: int, converged: bool, trace: list[float]
) -> UnsatMinimum:
    """Everything that is to be said about the point w at this margin."""
    n = w.size
    h = gaps_of(xi, w, kappa)
    unsatisfied = np.flatnonzero(h < 0)
    overlap = h[unsatisfied]
    square = float(overlap @ overlap)
    force = xi[unsatisfied].T @ overlap / math.sqrt(n)
    force -= w * (w @ force) / n
    return UnsatMinimum(
        weights=w,
        patterns=xi,
        kappa=kappa,
        gaps=h,
        unsatisfied=unsatisfied,
        energy=square / (2 * n),
        pressure=-float(overlap.sum()) / n,
        zeta=(square + kappa * float(overlap.sum())) / n,
        residual=float(np.linalg.norm(force)) / math.sqrt(square) if square > 0 else 0.0,
        n_iterations=steps,
        converged=converged,
        trace=tuple(trace),
    )


def _rough_search(xi: FloatArray, w: FloatArray, kappa: float, steps: int) -> tuple[FloatArray, int]:
    """L-BFGS on the direction of a free vector; the cost in units of its value at the start, so that 1e-16 is as good as 1."""
    n = w.size
    root = math.sqrt(n)
    start = np.minimum(gaps_of(xi, w, kappa), 0.0)
    scale = float(start @ start)
    if scale == 0.0:
        return w, 0

    def cost(x: FloatArray) -> tuple[float, FloatArray]:
        length = math.sqrt(x @ x)
        u = x * (root / length)
        h = np.minimum(gaps_of(xi, u, kappa), 0.0)
        force = xi.T @ h / (root * scale)
        return 0.5 * float(h @ h) / scale, (force - u * (u @ force) / n) * (root / length)

    found = minimize(
        cost,
        w,
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": steps, "maxfun": 3 * steps, "maxcor": 20, "ftol": 1e-10, "gtol": 1e-9},
    )
    return as_weights(found.x, n), int(found.nit)


def _newton(
    xi: FloatArray, w: FloatArray, kappa: float, tolerance: float, trace: list[float]
) -> tuple[FloatArray, bool]:
    """Newton's method on the sphere. The matrix is made positive by a shift where it is not, so every step goes downhill."""
    n = w.size
    root = math.sqrt(n)
    h = gaps_of(xi, w, kappa)
    unsatisfied = np.flatnonzero(h < 0)
    square = float(h[unsatisfied] @ h[unsatisfied])
    best = math.inf
    for _ in range(NEWTON_STEPS):
        if square == 0.0:
            return w, True
        a = xi[unsatisfied] / root
        force = a.T @ h[unsatisfied]
        zeta = float(force @ w) / n
        force -= zeta * w
        residual = math.sqrt(float(force @ force) / square)
        trace.append(residual)
        floor = ROUNDING * math.sqrt(
            len(unsatisfied) / square
        )  # rounding of the gaps over their typical size
        if residual <= max(tolerance, floor):
            return w, True
        step = _newton_step(a, w, force, zeta)
        length = 1.0
        while True:
            u = w + length * step
            u *= root / math.sqrt(u @ u)
            h = gaps_of(xi, u, kappa)
            unsatisfied = np.flatnonzero(h < 0)
            lower = float(h[unsatisfied] @ h[unsatisfied])
            # Near the bottom the gain is below rounding: then the whole step counts if the force still falls.
            if lower < square or (length == 1.0 and residual < 1e-5 and residual < best):
                break
            length /= 2
            if length < SMALLEST_STEP:
                return w, False
        best = min(best, residual)
        w, square = u, lower
    return w, False


def _newton_step(a: FloatArray, w: FloatArray, force: FloatArray, zeta: float) -> FloatArray:
    """Solve (A^T A - zeta 1) step = -force in the tangent space; the radial direction is made stiff instead of being projected away."""
    n = w.size
    matrix = a.T @ a
    matrix += np.outer(w, w) / n
    diagonal = matrix.diagonal().copy()
    shift = 0.0
    while True:
        np.fill_diagonal(matrix, diagonal + (shift - zeta))
        factor, failed = lapack.dpotrf(matrix, lower=1)
        if not failed:
            break
        shift = max(8 * shift, 1e-2 * abs(zeta), 1e-12)
    step: FloatArray = -lapack.dpotrs(factor, force, lower=1)[0]
    return step - w * (w @ step) / n
