"""Learnscape: the statistical physics of learning landscapes, as numbers one can call."""

from __future__ import annotations

from learnscape.constraints import Margin, SymmetricMargin
from learnscape.weights import Binary, Spherical

__all__ = ["Binary", "Margin", "Spherical", "SymmetricMargin", "__version__"]

__version__ = "0.1.0"
