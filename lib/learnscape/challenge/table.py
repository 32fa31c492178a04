"""The table of records as it is printed and as it stands in a page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from learnscape.challenge.leaderboard import FRACTION, Record, Standing, farthest, standings
from learnscape.page.markup import Markup, join, tag
from learnscape.page.table import NONE, Row, folding_table, folding_tables

__all__ = ["Table"]

ABOVE = "Unknown means what it says: these series may go further, and no search has shown it."
CLAIM = "Sweeps are what the sender claims: nobody can recount them."


class Table:
    """The records; displays as tables in a notebook and as text in a terminal.

    Examples
    --------
    >>> print(Table())
    Most patterns satisfied
    ...
    """

    def __init__(self) -> None:
        self.farthest: list[Record] = list(farthest().values())
        """The record of the most patterns of each series."""
        self.standings: list[Standing] = [
            standing
            for standing in standings()
            if standing.instance.satisfiable is None and standing.flattest
        ]
        """The flattest and quickest of each large instance that somebody has solved."""

    def __str__(self) -> str:
        lines = ["Most patterns satisfied"]
        lines += [
            f"  {r.instance.name:24}alpha = {r.instance.alpha:.4f}  {_above(r):10}{r.who}"
            for r in self.farthest
        ]
        lines += [ABOVE, "", f"Flattest (local energy at {FRACTION:.0%} flips) and fewest sweeps (claimed)"]
        for rung, flattest, energy, quickest in self.standings:
            assert flattest is not None
            claim = "none" if quickest is None else f"{quickest.sweeps}, {quickest.method}"
            lines.append(f"  {rung.name:24}{energy:.5f}  {flattest.method}; sweeps: {claim}")
        return "\n".join([*lines, CLAIM])

    def html(self) -> Markup:
        """Two tables that fold on a phone."""
        series = [
            Row(
                f"record-{r.instance.family}-{r.instance.n}",
                [r.instance.name, f"{r.instance.alpha:.4f}", _above(r), r.who, tag("code", r.method), r.date],
            )
            for r in self.farthest
        ]
        rungs = [
            Row(
                f"standing-{s.instance.name}",
                [
                    s.instance.name,
                    f"{s.energy:.5f}",
                    _sender(s.flattest),
                    NONE if s.quickest is None else str(s.quickest.sweeps),
                    NONE if s.quickest is None else _sender(s.quickest),
                ],
            )
            for s in self.standings
        ]
        columns = ["Instance", "α", "P + 1 patterns", "Who", "How", "When"]
        flat = ["Instance", "Lowest local energy", "By", "Fewest sweeps claimed", "Claimed by"]
        return folding_tables(
            tag("p", tag("strong", "Most patterns satisfied")),
            folding_table("Most patterns satisfied", columns, series),
            tag("small", ABOVE),
            tag(
                "p", tag("strong", f"Flattest, with {FRACTION:.0%} of the weights flipped, and fewest sweeps")
            ),
            folding_table("Flattest and fewest sweeps", flat, rungs),
            tag("small", CLAIM),
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self.html()}


def _above(record: Record) -> str:
    """What is known about one more pattern."""
    one_more = replace(record.instance, p=record.instance.p + 1).satisfiable
    return "unknown" if one_more is None else "possible" if one_more else "impossible"


def _sender(record: Record | None) -> Markup:
    assert record is not None
    return join(record.who, ", ", tag("code", record.method))
