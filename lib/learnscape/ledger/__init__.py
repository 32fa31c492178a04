"""Floor 4: every published number, recomputed.

`show("krauth-mezard-capacity")` prints published values beside ours; `page()` prints the whole ledger.
"""

from __future__ import annotations

from learnscape.ledger.entry import Comparison, Entry, Reason
from learnscape.ledger.registry import entries_of, entry, parts
from learnscape.ledger.results import RESULTS
from learnscape.ledger.table import Table, page, show

__all__ = [
    "RESULTS",
    "Comparison",
    "Entry",
    "Reason",
    "Table",
    "entries_of",
    "entry",
    "page",
    "parts",
    "show",
]
