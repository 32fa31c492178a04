"""Typical students of the hidden teacher: replica symmetry, the interpolation point, and the errors."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from learnscape.activations import Activation, find
from learnscape.errors import ConvergenceError, as_finite, is_finite, raises_on_failure, require
from learnscape.replica import teacher
from learnscape.replica.hidden._rs_kernels import Typical, end_of_branch, many_weights, search
from learnscape.weights import Binary

__all__ = ["ActivationLike", "Solution", "angle", "checked", "interpolation_point", "saddle", "solve"]

ActivationLike = str | Activation | Callable[[NDArray[np.float64]], NDArray[np.float64]]
SMALLEST, LARGEST = 1e-6, 1e4  # of alpha_teacher: within them the tests hold
SMALLEST_LOAD = 1e-100
MARGINS = 4.0  # largest |margin|
TOLERANCE = 1e-11  # of the load, relative, or of the entropy


@dataclass(frozen=True, slots=True)
class Solution:
    """Typical students that agree with the hidden teacher on P patterns."""

    activation: Activation
    """Of the features."""
    alpha: float
    """Load P/N; 0 for the limit of infinitely many weights."""
    alpha_teacher: float
    """Patterns per hidden weight, P/D."""
    margin: float
    """Smallest stability, in units of the features' standard deviation."""
    q: float
    """Overlap of two students."""
    q_hat: float
    """Its conjugate."""
    p_d: float
    """Squared length of a student's projection onto the D inputs, over D."""
    p: float
    """Overlap of the projections of two students."""
    r: float
    """Overlap of a student's projection with the teacher."""
    entropy: float
    """ln(number of students)/N; negative beyond the interpolation point, where the saddle counts no students."""
    generalization_error: float
    """Of one student: arccos(R/sqrt(Q_d))/pi."""
    barycenter_error: float
    """Of the mean of all students, and equally of their majority vote: arccos(R/sqrt(Q))/pi."""
    converged: bool
    """True if load (or entropy) and order parameters are right to 1e-11."""
    iterations: int
    """Points of the branch that were tried."""
    residual: float
    """How well the saddle equations hold."""

    @property
    def bayes_error(self) -> float:
        """Error of the best learner who sees the D inputs themselves and knows that the teacher is binary: no student can be better.

        It is `teacher.solve(Binary(), alpha_teacher).bayes_error`, 0 beyond the first-order transition at 1.2447.
        """
        return teacher.solve(Binary(), self.alpha_teacher).bayes_error


def angle(along: float, across: float) -> float:
    """arccos(a/sqrt(a^2 + b^2))/pi for the squared length b^2 = across, without cancellation."""
    return math.atan2(math.sqrt(across), along) / math.pi


def checked(alpha_teacher: float, activation: object, margin: float = 0.0) -> tuple[Activation, float, float]:
    """The activation, alpha_teacher and margin, as the kernels want them."""
    found = find(activation)
    good = is_finite(alpha_teacher) and SMALLEST <= alpha_teacher <= LARGEST
    require(good, "alpha_teacher", alpha_teacher, f"a finite number in [{SMALLEST:g}, {LARGEST:g}]")
    margin = as_finite("margin", margin)
    require(abs(margin) <= MARGINS, "margin", margin, f"between {-MARGINS:g} and {MARGINS:g}")
    return found, float(alpha_teacher), margin


def saddle(
    alpha: float, alpha_teacher: float, share: float, margin: float, *, raises: bool = True
) -> Typical:
    """The compiled answer at a load; ``ValueError`` beyond the end of the branch."""
    if alpha == 0.0:
        return many_weights(alpha_teacher, share, margin)
    found = search(alpha, alpha_teacher, share, margin)
    if found.residual > TOLERANCE:
        end = end_of_branch(alpha_teacher, share, margin)
        allowed = f"below {end:.6g}, where the replica-symmetric saddle ends (0 for infinitely many weights)"
        require(alpha < end * (1.0 - 1e-5), "alpha", alpha, allowed)
    if raises and found.residual > TOLERANCE:
        message = f"hidden teacher at alpha = {alpha!r}, alpha_teacher = {alpha_teacher!r}: residual {found.residual:.3g}"
        raise ConvergenceError(message, [found.residual])
    return found


def solve(
    alpha: float,
    alpha_teacher: float,
    activation: ActivationLike = "sign",
    margin: float = 0.0,
    *,
    on_failure: str = "raise",
) -> Solution:
    """Typical binary students on random features of a binary teacher's inputs.

    Parameters
    ----------
    alpha : float
        Load P/N; 0 is the limit of infinitely many weights at fixed data. The model is over-parameterised where 1/alpha = N/P is large.
    alpha_teacher : float
        Patterns per hidden weight P/D, in [1e-6, 1e4]; to 0 the labels become random.
    activation : {"sign", "relu", "erf"}, callable or Activation
        Of the features, which are centred and have variance 1; erf means erf(x). Only its linear share enters.
    margin : float
        Every stability must reach it; in [-4, 4].
    on_failure : {"raise", "return"}
        Raise `ConvergenceError`, or hand back the state with ``converged=False``.

    Returns
    -------
    Solution

    Raises
    ------
    ValueError
        Bad input, an activation without linear part, or a load beyond the end of the saddle.

    Examples
    --------
    >>> students = solve(0.5, 3.0)  # twice as many weights as patterns
    >>> round(students.generalization_error, 4), round(students.barycenter_error, 4)
    (0.3022, 0.2105)
    """
    found, alpha_teacher, margin = checked(alpha_teacher, activation, margin)
    raises = raises_on_failure(on_failure)
    good = is_finite(alpha) and (alpha == 0 or alpha >= SMALLEST_LOAD)
    require(good, "alpha", alpha, f"0, or a finite number >= {SMALLEST_LOAD:g}")
    state = saddle(float(alpha), alpha_teacher, found.linear_share, margin, raises=raises)
    return _solution(found, float(alpha), alpha_teacher, margin, state)


def _solution(
    activation: Activation, alpha: float, alpha_teacher: float, margin: float, state: Typical
) -> Solution:
    share = activation.linear_share
    field = math.sqrt(share) * state.r
    across = share * state.c + (1.0 - share) * state.q
    p = state.r**2 + state.c
    return Solution(
        activation,
        alpha,
        alpha_teacher,
        margin,
        state.q,
        state.q_hat,
        p + state.v * state.e,
        p,
        state.r,
        state.entropy,
        angle(field, across + state.v * (share * state.e + 1.0 - share)),
        angle(field, across),
        state.residual <= TOLERANCE,
        state.evaluations,
        state.residual,
    )


def interpolation_point(
    alpha_teacher: float, *, activation: ActivationLike = "sign", margin: float = 0.0
) -> float:
    """Load P/N at which the entropy of typical students vanishes: with fewer weights per pattern no student agrees with all labels.

    The replica-symmetric saddle with frozen replica symmetry breaking beyond it, as for the binary perceptron.

    Examples
    --------
    >>> round(interpolation_point(3.0), 5)
    1.13962
    """
    found, alpha_teacher, margin = checked(alpha_teacher, activation, margin)
    state = search(0.0, alpha_teacher, found.linear_share, margin)
    if state.residual > TOLERANCE:
        message = f"interpolation point at alpha_teacher = {alpha_teacher!r}: residual {state.residual:.3g}"
        raise ConvergenceError(message, [state.residual])
    return state.alpha
