r"""Learning a rule: a student sees patterns labelled by a teacher of its own kind.

*Problem.* A teacher drawn from the same weights labels :math:`P=\alpha N` random patterns, and every student that agrees with all labels is
as likely. How close is such a student to the teacher, and when is the teacher the only one left? The teacher is itself a typical
solution, so teacher and students are exchangeable (Nishimori): the overlap :math:`R` with the teacher equals the overlap :math:`q` of two
students, replica symmetry is exact, and

.. math::
    \phi=\operatorname*{extr}_{q,\hat q}\Bigl\{G_W(\hat q)-\tfrac12\hat q q+2\alpha\int Dt\,H(\gamma t)\ln H(\gamma t)\Bigr\},\qquad
    \gamma=\sqrt{q/(1-q)},

with :math:`G_W=-\tfrac12\hat q+\int Dz\,\ln2\cosh(\sqrt{\hat q}z+\hat q)` for binary weights and
:math:`G_W=\tfrac12[\hat q-\ln(1+\hat q)]` for spherical ones. The saddle point is

.. math::
    q=\int Dz\,\tanh(\sqrt{\hat q}z+\hat q)\quad\text{or}\quad q=\frac{\hat q}{1+\hat q};\qquad
    \hat q=\frac{2\alpha}{1-q}\int Dt\,H(-\gamma t)\,A(-\gamma t)^2 .

*Branches.* For binary weights :math:`\alpha(q)` rises to a maximum, the spinodal; up to there the poor students of the branch that starts at
:math:`\alpha=0` are locally stable. The teacher itself (q = 1, entropy 0) is a solution at every load. The two exchange at the first-order
transition, where the entropy of the branch vanishes; the branch has negative entropy beyond, and is metastable in the sense of the algorithms
that cannot leave it. Gyorgyi (1990); Sompolinsky, Tishby and Seung (1990); exactness: Barbier et al. (2019). Chapter *teacher-student*.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from learnscape.constraints import Margin
from learnscape.errors import ConvergenceError, is_finite, raises_on_failure, require
from learnscape.replica._compiled import compiled, stands_for
from learnscape.replica._rs_grid import CONVERGED, NO_SADDLE
from learnscape.replica._teacher_kernels import Students, Transition, teacher_transition_kernel
from learnscape.weights import Binary, Weights

__all__ = ["Solution", "solve", "spinodal", "transition"]

SMALLEST, LARGEST = 1e-150, 1e150  # loads; q_hat grows as the square of the load
LABEL = Margin(0.0)  # what one label of the teacher demands of a student
BRANCHES = ("equilibrium", "metastable", "perfect")


@dataclass(frozen=True, slots=True)
class Solution:
    """Students that agree with the teacher on alpha N patterns."""

    weights: Weights
    """The weights of teacher and students."""
    alpha: float
    """Load P/N."""
    overlap: float
    """Overlap R of a student with the teacher; equal to the overlap q of two students."""
    q_hat: float
    """Conjugate of the overlap (signal-to-noise ratio of the field on a weight); infinite on the branch "perfect"."""
    entropy: float
    """ln(number or volume of the students)/N."""
    generalization_error: float
    """Gibbs error, arccos(R)/pi: a random student on a new pattern."""
    bayes_error: float
    """Bayes-optimal error, arccos(sqrt q)/pi: the majority of all students on a new pattern."""
    branch: str
    """Which solution this is: "metastable" for the branch that starts at alpha = 0, "perfect" for the teacher alone."""
    converged: bool
    """True if the residual reached 1e-12."""
    iterations: int
    """Newton steps."""
    residual: float
    """|alpha(q)/alpha - 1|."""

    @property
    def q(self) -> float:
        """Overlap of two students, equal to `overlap`."""
        return self.overlap


def solve(
    weights: Weights, alpha: float, *, branch: str = "equilibrium", on_failure: str = "raise"
) -> Solution:
    """Generalization of students that agree with a teacher on alpha N patterns.

    Parameters
    ----------
    weights : Binary or Spherical
        Weights of teacher and students.
    alpha : float
        Load P/N, in [1e-150, 1e150]: beyond, q_hat leaves the range of a double.
    branch : {"equilibrium", "metastable", "perfect"}
        "equilibrium" is the branch of largest entropy. The other two exist for binary weights only: "metastable" follows the poor students
        up to the spinodal (their entropy is negative past the transition), "perfect" is the teacher alone.
    on_failure : {"raise", "return"}
        Raise `ConvergenceError`, or hand back the state with ``converged=False``.

    Returns
    -------
    Solution

    Raises
    ------
    ValueError
        Bad input, or a branch that does not exist at this load.

    Examples
    --------
    >>> from learnscape import Binary
    >>> round(solve(Binary(), 1.0).generalization_error, 6)
    0.310526
    >>> solve(Binary(), 1.3).generalization_error, solve(Binary(), 1.3, branch="metastable").overlap > 0.7
    (0.0, True)
    """
    kernel = _kernel(weights)
    good = is_finite(alpha) and SMALLEST <= alpha <= LARGEST
    require(good, "alpha", alpha, f"a finite number > 0, in [{SMALLEST:g}, {LARGEST:g}]")
    require(branch in BRANCHES, "branch", branch, f"one of {', '.join(BRANCHES)}")
    raises = raises_on_failure(on_failure)
    binary = stands_for(Binary, weights)
    require(
        binary or branch == "equilibrium",
        "branch",
        branch,
        "'equilibrium' for spherical weights, which have one branch",
    )
    found = kernel(float(alpha), BRANCHES.index(branch))
    if found.status == NO_SADDLE:
        allowed = f"at most {spinodal(weights):.12g} on the metastable branch, which ends there"
        require(False, "alpha", alpha, allowed)
    converged = found.status == CONVERGED
    if raises and not converged:
        message = f"teacher-student saddle point at alpha = {alpha!r}: residual {found.residual:.3g}"
        raise ConvergenceError(message, [found.residual])
    return Solution(
        weights,
        float(alpha),
        found.overlap,
        found.q_hat,
        found.entropy,
        found.gibbs,
        found.bayes,
        BRANCHES[found.branch] if binary else "equilibrium",
        converged,
        found.iterations,
        found.residual,
    )


def _kernel(weights: object) -> Callable[[float, int], Students]:
    kernel = compiled(weights, LABEL).teacher if isinstance(weights, Weights) else None
    if kernel is None:
        require(False, "weights", weights, "Binary() or Spherical()")
    assert kernel is not None
    return kernel


@lru_cache(maxsize=1)
def _binary_loads() -> Transition:
    return teacher_transition_kernel()


def _only_binary(weights: object) -> None:
    _kernel(weights)
    require(
        stands_for(Binary, weights),
        "weights",
        weights,
        "Binary(): with spherical weights the error decays continuously, without transition or spinodal",
    )


def transition(weights: Weights) -> float:
    """Load of the first-order transition to perfect generalization (binary weights): the entropy of the poor students vanishes.

    Examples
    --------
    >>> from learnscape import Binary
    >>> round(transition(Binary()), 6)
    1.244684
    """
    _only_binary(weights)
    return _binary_loads().alpha


def spinodal(weights: Weights) -> float:
    """Load at which the branch of poor students ends (binary weights): the maximum of alpha(q).

    Examples
    --------
    >>> from learnscape import Binary
    >>> round(spinodal(Binary()), 6)
    1.492632
    """
    _only_binary(weights)
    return _binary_loads().spinodal
