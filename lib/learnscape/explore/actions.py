"""What a simulation is asked to do: the input after its controls, the same numbers for kernels, widget and page.

Kernels compare with these; the page finds them in every description (``spec.actions``).
"""

from __future__ import annotations

__all__ = ["ACTIONS", "ADVANCE", "REDRAW", "RESTART"]

REDRAW = 0
"""A control moved that does not restart: keep the state."""
ADVANCE = 1
"""Take one step."""
RESTART = 2
"""Start again, from a state of zeros."""

ACTIONS = {"redraw": REDRAW, "advance": ADVANCE, "restart": RESTART}
"""Name -> number, as the page reads it."""
