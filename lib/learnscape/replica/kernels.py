"""Compiled replica-symmetric solvers on plain numbers and arrays, for code that is compiled itself: explorables, for instance.

Everyone else calls `learnscape.replica.rs` and `learnscape.replica.teacher`, which check their input.
"""

from __future__ import annotations

from learnscape.replica._rs_grid import CONVERGED
from learnscape.replica._rs_kernels import (
    MAX_ITERATIONS,
    TOLERANCE,
    binary_capacity_kernel,
    margin_branch,
    rs_margin_kernel,
)
from learnscape.replica._rsb_leaf import margin_point
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
from learnscape.replica.geometry._paths import geodesic_kernel
from learnscape.replica.geometry._paths_kernels import cross_overlap_kernel

__all__ = [
    "CONVERGED",
    "EQUILIBRIUM",
    "MAX_ITERATIONS",
    "METASTABLE",
    "TOLERANCE",
    "arcsin_kernel",
    "binary_capacity_kernel",
    "cross_overlap_kernel",
    "geodesic_kernel",
    "margin_branch",
    "margin_point",
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
