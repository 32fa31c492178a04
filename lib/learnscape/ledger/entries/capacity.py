"""The part on perceptron capacity: how many patterns, and how much must be seen to learn a rule.

Where the abstract of a paper gives the number we have read the abstract, not the paper, and say so. Values that are only
remembered are marked as such; where we have no published value in hand, ours stands alone.
"""

from __future__ import annotations

from learnscape.ledger.entries import _binary, _spherical, _teacher
from learnscape.ledger.entry import Entry

ENTRIES: tuple[Entry, ...] = _spherical.ENTRIES + _binary.ENTRIES + _teacher.ENTRIES
