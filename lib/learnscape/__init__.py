"""Learnscape: the statistical physics of learning landscapes, as numbers one can call."""

from __future__ import annotations

from learnscape.constraints import Margin, OuterMargin, SymmetricMargin
from learnscape.data import stored
from learnscape.errors import ConvergenceError, ReplicaSymmetryWarning, SlowPathWarning
from learnscape.weights import Binary, Discrete, Spherical

__all__ = [
    "Binary",
    "ConvergenceError",
    "Discrete",
    "Margin",
    "OuterMargin",
    "ReplicaSymmetryWarning",
    "SlowPathWarning",
    "Spherical",
    "SymmetricMargin",
    "__version__",
    "stored",
]

__version__ = "0.1.0"
