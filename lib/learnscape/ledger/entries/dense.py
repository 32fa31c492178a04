"""The part on dense regions: isolated solutions, and those that are not."""

from __future__ import annotations

from learnscape.ledger.entries import (
    _found_solutions,
    _geometry,
    _isolated_solutions,
    _local_entropy,
    _overparameterization,
    _realistic_networks,
)
from learnscape.ledger.entry import Entry

ENTRIES: tuple[Entry, ...] = (
    *_isolated_solutions.ENTRIES,
    *_local_entropy.ENTRIES,
    *_found_solutions.ENTRIES,
    *_overparameterization.ENTRIES,
    *_realistic_networks.ENTRIES,
    *_geometry.ENTRIES,
)
