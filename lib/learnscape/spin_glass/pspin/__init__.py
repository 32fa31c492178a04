"""The p-spin model: between the SK model (p = 2) and the random energy model (p = infinity)."""

from __future__ import annotations

from learnscape.spin_glass.pspin.enumeration import energies
from learnscape.spin_glass.pspin.theory import (
    Complexity,
    Solution,
    Transitions,
    complexity,
    energy_complexity,
    ground_state,
    solve,
    threshold_energy,
    transitions,
)

__all__ = [
    "Complexity",
    "Solution",
    "Transitions",
    "complexity",
    "energies",
    "energy_complexity",
    "ground_state",
    "solve",
    "threshold_energy",
    "transitions",
]
