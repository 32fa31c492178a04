"""Compiled solvers of the hidden-teacher model on plain numbers and arrays, for explorables; everyone else calls `learnscape.replica.hidden`, which checks its input."""

from __future__ import annotations

from learnscape.replica.hidden._dense_kernels import (
    FIXED_DISTANCE,
    FLAT,
    STEPPING,
    UNKNOWNS,
    WORK,
    Model,
    begin,
    follow,
    settle,
    state,
)
from learnscape.replica.hidden._rs_kernels import Inner, Typical, branch, search

__all__ = [
    "FIXED_DISTANCE",
    "FLAT",
    "STEPPING",
    "UNKNOWNS",
    "WORK",
    "Inner",
    "Model",
    "Typical",
    "begin",
    "branch",
    "follow",
    "search",
    "settle",
    "state",
]
