"""Learnscape: the statistical physics of learning landscapes, as numbers one can call."""
from __future__ import annotations

__version__ = "0.1.0"
