"""The part on replica calculations: spin glasses, and what breaking the symmetry changes for the perceptron."""

from __future__ import annotations

from learnscape.ledger.entries import (
    _full_rsb,
    _jamming_exponents,
    _negative_perceptron,
    _random_energy,
    _spin_glass,
    _two_layer,
)
from learnscape.ledger.entry import Entry

ENTRIES: tuple[Entry, ...] = (
    _random_energy.ENTRIES
    + _spin_glass.ENTRIES
    + _negative_perceptron.ENTRIES
    + _two_layer.ENTRIES
    + _full_rsb.ENTRIES
    + _jamming_exponents.ENTRIES
)
