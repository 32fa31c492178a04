"""Compiled solvers on plain numbers and arrays, for code that is compiled itself: explorables, for instance.

Everyone else calls `learnscape.replica.rs`, `learnscape.replica.teacher` and `learnscape.replica.local_entropy`, which check their input.
"""

from __future__ import annotations

from learnscape.replica._geodesic_kernels import INNER, cross_overlap_kernel, geodesic_kernel
from learnscape.replica._local_entropy_kernels import limit_kernel
from learnscape.replica._rs_grid import CONVERGED
from learnscape.replica._rs_kernels import (
    MAX_ITERATIONS,
    TOLERANCE,
    binary_capacity_kernel,
    margin_branch,
    rs_margin_kernel,
)
from learnscape.replica._rsb_leaf import margin_point
from learnscape.replica._rsb_load import WORK, one_step_overlaps, one_step_saddle
from learnscape.replica._teacher_kernels import (
    EQUILIBRIUM,
    METASTABLE,
    arcsin_kernel,
    planted_binary,
    planted_energy,
    planted_entropy,
    spinodal_q_hat,
    teacher_branch,
    teacher_entropy,
    teacher_kernel,
    teacher_transition_kernel,
)

__all__ = [
    "CONVERGED",
    "EQUILIBRIUM",
    "INNER",
    "MAX_ITERATIONS",
    "METASTABLE",
    "TOLERANCE",
    "WORK",
    "arcsin_kernel",
    "binary_capacity_kernel",
    "cross_overlap_kernel",
    "geodesic_kernel",
    "limit_kernel",
    "margin_branch",
    "margin_point",
    "one_step_overlaps",
    "one_step_saddle",
    "planted_binary",
    "planted_energy",
    "planted_entropy",
    "rs_margin_kernel",
    "spinodal_q_hat",
    "teacher_branch",
    "teacher_entropy",
    "teacher_kernel",
    "teacher_transition_kernel",
]
