"""The part on replica calculations: spin glasses, and what breaking the symmetry changes for the perceptron."""

from __future__ import annotations

from learnscape.ledger.entries import _random_energy, _two_layer
from learnscape.ledger.entry import Entry

ENTRIES: tuple[Entry, ...] = _random_energy.ENTRIES + _two_layer.ENTRIES
