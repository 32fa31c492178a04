"""The compiled solvers of this package that other kernels may call: the explorables compile them into their own.

Where they are written is this package's own business; they neither allocate nor raise. To solve a problem from Python call
:mod:`learnscape.replica.rs` or :mod:`learnscape.replica.teacher`, which check their input and say when there is no answer.
"""

from __future__ import annotations

from learnscape.replica._rs_kernels import binary_capacity_kernel, margin_branch, rs_binary_margin_kernel
from learnscape.replica._teacher_kernels import (
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
    "arcsin_kernel",
    "binary_capacity_kernel",
    "margin_branch",
    "planted_binary",
    "planted_energy",
    "planted_entropy",
    "rs_binary_margin_kernel",
    "spinodal_q_hat",
    "teacher_branch",
    "teacher_entropy",
    "teacher_kernel",
    "teacher_transition_kernel",
]
