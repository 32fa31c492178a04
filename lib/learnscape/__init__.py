"""Learnscape: the statistical physics of learning landscapes, as numbers one can call."""

from __future__ import annotations

from learnscape.constraints import Margin, SymmetricMargin
from learnscape.data import stored
from learnscape.errors import ConvergenceError, ReplicaSymmetryWarning
from learnscape.weights import Binary, Spherical

__all__ = [
    "Binary",
    "ConvergenceError",
    "Margin",
    "ReplicaSymmetryWarning",
    "Spherical",
    "SymmetricMargin",
    "__version__",
    "stored",
]

__version__ = "0.1.0"
