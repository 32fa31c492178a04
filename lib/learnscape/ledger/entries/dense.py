"""The part on dense regions: isolated solutions, and those that are not."""

from __future__ import annotations

from learnscape.ledger.entries import _geometry
from learnscape.ledger.entry import Entry

ENTRIES: tuple[Entry, ...] = _geometry.ENTRIES
