"""All entries, by part of the book and by name.

The entries of a part stand in `entries/<part>.py`, in a tuple `ENTRIES`. Names are unique over the whole ledger.
"""

from __future__ import annotations

import importlib
import pkgutil
from difflib import get_close_matches
from functools import cache

from learnscape.ledger import entries
from learnscape.ledger.entry import Entry

__all__ = ["entries_of", "entry", "parts"]


def parts() -> list[str]:
    """Parts of the book that have entries.

    Examples
    --------
    >>> "capacity" in parts()
    True
    """
    return sorted(m.name for m in pkgutil.iter_modules(entries.__path__) if not m.name.startswith("_"))


@cache
def entries_of(part: str) -> tuple[Entry, ...]:
    """The entries of one part, in the order in which the part treats them."""
    if part not in parts():
        raise ValueError(f"no ledger entries for part {part!r}; parts: {', '.join(parts())}")
    found: tuple[Entry, ...] = importlib.import_module(f"{entries.__name__}.{part}").ENTRIES
    return found


def entry(identifier: str) -> Entry:
    """The entry of this name.

    Raises
    ------
    ValueError
        If there is none; the message suggests the nearest name.

    Examples
    --------
    >>> entry("krauth-mezard-capacity").published
    '0.833'
    """
    known: dict[str, Entry] = {}
    for part in parts():  # no farther than needed: a page depends on the files of the entries that it shows
        known |= {e.id: e for e in entries_of(part)}
        if identifier in known:
            break
    else:
        close = get_close_matches(identifier, known, n=1)
        guess = f"did you mean {close[0]!r}? " if close else ""
        raise ValueError(f"no ledger entry {identifier!r}; {guess}Known: {', '.join(known)}")
    return known[identifier]
