r"""k-step replica symmetry breaking: clusters of solutions, capacity, and the ground state beyond it.

*Problem.* Where replica symmetry is unstable the solutions fall apart into clusters, with overlap :math:`q_1` inside one and :math:`q_0` between two, and these
again into clusters. :func:`solve` finds the saddle with one or two steps at a finite load, :func:`complexity` the number of clusters of each size,
:func:`dynamic` and :func:`condensation` the loads at which clusters appear and condense; :func:`capacity` goes to the end of the solutions with up to
eight steps, and :func:`ground_state` beyond it. Each result holds the replicon of every block, which says whether one more step is needed.

*Rigour.* Exact within replicas at each k; for kappa < 0 nothing better than bounds is proved. Chapters ``replicas/perceptron-replicas`` and ``replicas/full-rsb``.
"""

from __future__ import annotations

from learnscape.replica.rsb._capacity import Capacity, capacity
from learnscape.replica.rsb._clusters import Clusters, complexity, condensation, dynamic
from learnscape.replica.rsb._ground import GroundState, ground_state
from learnscape.replica.rsb._solve import Solution, solve

__all__ = [
    "Capacity",
    "Clusters",
    "GroundState",
    "Solution",
    "capacity",
    "complexity",
    "condensation",
    "dynamic",
    "ground_state",
    "solve",
]
