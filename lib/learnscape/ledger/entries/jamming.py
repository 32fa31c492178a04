"""The part on jamming: packings, their simplest model, and networks that jam."""

from __future__ import annotations

from learnscape.ledger.entries import (
    _deep_networks,
    _ellipses,
    _generalization,
    _hessian_spectra,
    _packings,
    _perceptron_jamming,
)
from learnscape.ledger.entry import Entry

ENTRIES: tuple[Entry, ...] = (
    _packings.ENTRIES
    + _ellipses.ENTRIES
    + _perceptron_jamming.ENTRIES
    + _deep_networks.ENTRIES
    + _hessian_spectra.ENTRIES
    + _generalization.ENTRIES
)
