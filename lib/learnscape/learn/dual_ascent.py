r"""AdaTron: the maximal stability by coordinate ascent in the dual problem.

The weights of largest stability solve: minimise |w|^2 / 2 subject to w.xi^mu >= 1. They have the form
w = sum_mu lambda_mu xi^mu with lambda >= 0, where lambda maximises

    sum_mu lambda_mu - (1/2) sum_{mu nu} lambda_mu G_{mu nu} lambda_nu,      G_{mu nu} = xi^mu . xi^nu.

AdaTron maximises over one lambda_mu after the other, keeping it >= 0:
lambda_mu <- max(0, lambda_mu + omega (1 - w.xi^mu) / G_{mu mu}), with 0 < omega < 2 (J. K. Anlauf and M. Biehl 1989).
It converges exponentially fast where the patterns are separable; where they are not, the lambdas grow without bound.

Chapter: ``capacity/learning-algorithms``.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from learnscape.errors import ConvergenceError, as_finite, raises_on_failure, require
from learnscape.learn._certificate import MarginSolution, certify
from learnscape.learn._input import as_patterns, as_positive_integer
from learnscape.learn._scaled import rescaled, shares
from learnscape.numerics.jit import kernel

__all__ = ["adatron", "adatron_sweeps"]


@kernel
def adatron_sweeps(
    gram: Any, targets: Any, multipliers: Any, fields: Any, omega: Any, tolerance: Any, trace: Any
) -> Any:
    """Sweep until the relative duality gap is <= ``tolerance``; returns the number of sweeps.

    ``targets`` > 0 are the fields demanded. ``multipliers`` and ``fields`` = gram @ multipliers are changed in place; ``trace``
    receives the gap after each sweep, and its length is the largest number of sweeps.
    """
    n_patterns = fields.size
    for sweep in range(trace.size):
        for mu in range(n_patterns):
            if gram[mu, mu] <= 0.0:
                continue
            change = omega * (targets[mu] - fields[mu]) / gram[mu, mu]
            if change < -multipliers[mu]:
                change = -multipliers[mu]
            if change != 0.0:
                multipliers[mu] += change
                for nu in range(n_patterns):
                    fields[nu] += change * gram[mu, nu]
        smallest = fields[0] / targets[0]
        norm2 = 0.0
        total = 0.0
        for mu in range(n_patterns):
            smallest = min(smallest, fields[mu] / targets[mu])
            norm2 += multipliers[mu] * fields[mu]
            total += multipliers[mu] * targets[mu]
        trace[sweep] = 1.0 - smallest * total / norm2 if norm2 > 0.0 else np.inf
        if trace[sweep] <= tolerance:
            return sweep + 1
    return trace.size


def adatron(
    patterns: ArrayLike,
    *,
    tolerance: float = 1e-6,
    omega: float = 1.3,
    max_sweeps: int = 20_000,
    on_failure: Literal["raise", "return"] = "raise",
) -> MarginSolution:
    """Approach the largest stability by AdaTron, with a certified gap.

    Parameters
    ----------
    patterns : array_like, shape (P, N)
        Labels folded in. Their Gram matrix, P^2 numbers, is kept in memory.
    tolerance : float
        Stop when ``gap <= tolerance * upper_bound``; at least 1e-12.
    omega : float
        Length of a step, 0 < omega < 2; 1 maximises exactly over each multiplier, a little more is usually faster.
    max_sweeps : int
        Give up after so many sweeps. On patterns that are not separable the sweeps never end by themselves.
    on_failure : {"raise", "return"}
        Whether giving up raises ``ConvergenceError`` or returns the state with ``.converged == False``.

    Returns
    -------
    MarginSolution
        ``.iterations`` are sweeps; ``.trace`` is the relative gap after each.

    References
    ----------
    J. K. Anlauf and M. Biehl, "The AdaTron: an adaptive perceptron algorithm", Europhys. Lett. 10, 687 (1989).

    Examples
    --------
    >>> from learnscape.patterns import random_patterns
    >>> run = adatron(random_patterns(30, 40, rng=1))
    >>> run.separable, run.gap <= 1e-6
    (True, True)
    """
    xi = as_patterns(patterns)
    tolerance = as_finite("tolerance", tolerance)
    require(1e-12 <= tolerance < 1, "tolerance", tolerance, "between 1e-12 and 1")
    omega = as_finite("omega", omega)
    require(0 < omega < 2, "omega", omega, "between 0 and 2, both excluded")
    max_sweeps = as_positive_integer("max_sweeps", max_sweeps)
    raises = raises_on_failure(on_failure)
    rows = rescaled(xi)
    if len(rows.empty):
        name = f"patterns[{int(rows.empty[0])}]"
        require(False, name, 0.0, "different from zero: the stability of a pattern of zeros is 0 always")
    # Rows of length about one: the demand w.xi >= 1 becomes w.unit >= target. This changes no digit of the iteration.
    targets = np.ldexp(1.0, np.maximum(rows.exponent.min() - rows.exponent, -1000))
    multipliers = np.zeros(len(xi))
    trace = np.empty(max_sweeps)
    gram = rows.unit @ rows.unit.T
    sweeps = int(adatron_sweeps(gram, targets, multipliers, np.zeros(len(xi)), omega, tolerance, trace))
    trace = trace[:sweeps]
    solution = certify(rows, shares(rows, multipliers), sweeps, bool(trace[-1] <= tolerance), trace)
    if not solution.converged and raises:
        message = f"AdaTron is still {solution.gap:.3g} below the bound {solution.upper_bound:.3g} after {sweeps} sweeps"
        raise ConvergenceError(message + "; are the patterns separable?", trace.tolist())
    return solution
