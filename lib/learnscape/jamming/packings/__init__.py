"""Packings of soft and hard discs and spheres in a periodic box: how they jam, what holds them, how they vibrate.

Radii are fixed numbers of order one and the box shrinks: the density is the volume of the particles over that of the box. Overlapping
particles repel with the energy (1/a) (1 - r/s)^a, s the sum of the radii: harmonic a = 2, Hertzian a = 5/2. ``jam`` makes a packing at
a small pressure, ``contacts.py`` says who holds whom, ``response.py`` how it vibrates and how stiff it is, ``polish`` balances its
forces to rounding, ``hard.py`` jams hard particles exactly by linear programs. Chapter: jamming/packings.
"""

from __future__ import annotations

from learnscape.jamming.packings.contacts import (
    Contacts,
    Opened,
    bucklers,
    contact_network,
    equilibrium_matrix,
    gaps,
    open_contacts,
    self_stress,
)
from learnscape.jamming.packings.hard import HardPacking, jam_hard
from learnscape.jamming.packings.polishing import polish
from learnscape.jamming.packings.protocols import bisect, jam, to_pressure
from learnscape.jamming.packings.response import Moduli, dynamical_matrix, elastic_moduli, frequencies
from learnscape.jamming.packings.soft import Packing, bidisperse, minimise, quench

__all__ = [
    "Contacts",
    "HardPacking",
    "Moduli",
    "Opened",
    "Packing",
    "bidisperse",
    "bisect",
    "bucklers",
    "contact_network",
    "dynamical_matrix",
    "elastic_moduli",
    "equilibrium_matrix",
    "frequencies",
    "gaps",
    "jam",
    "jam_hard",
    "minimise",
    "open_contacts",
    "polish",
    "quench",
    "self_stress",
    "to_pressure",
]
