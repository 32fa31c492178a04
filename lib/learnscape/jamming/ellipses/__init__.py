"""Packings of soft ellipses that may rotate: they jam with fewer contacts than degrees of freedom.

``contact.py`` says when two ellipses overlap, ``packing.py`` jams them, ``modes.py`` says how they vibrate and which modes only the prestress
holds. Chapter: jamming/ellipses.
"""

from __future__ import annotations

from learnscape.jamming.ellipses._state import EllipsePacking, bidisperse
from learnscape.jamming.ellipses.contact import contact_derivatives, contact_function
from learnscape.jamming.ellipses.modes import (
    Vibrations,
    dynamical_matrix,
    energy_along,
    prestress_signs,
    vibrations,
)
from learnscape.jamming.ellipses.packing import jam, minimise, to_pressure

__all__ = [
    "EllipsePacking",
    "Vibrations",
    "bidisperse",
    "contact_derivatives",
    "contact_function",
    "dynamical_matrix",
    "energy_along",
    "jam",
    "minimise",
    "prestress_signs",
    "to_pressure",
    "vibrations",
]
