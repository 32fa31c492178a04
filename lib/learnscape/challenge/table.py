"""The table of records as it is printed and as it stands in a page: all records, numbered, and who is best at each rung of the ladder."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from typing import Any

from learnscape.challenge.leaderboard import FRACTION, Record, Standing, known, records, standings
from learnscape.challenge.series import MOST
from learnscape.page.markup import Markup, tag
from learnscape.page.table import NONE, Row, folding_table, folding_tables

__all__ = ["Table"]

RECORDS = "Records, and what is known of one more pattern of the series"
ABOVE = "P counts the patterns of the series that the solution satisfies, one after the other; that may be more than were searched for. Unknown means what it says: the series may go further, and no search has shown it."
RUNGS = f"Flattest (local energy with {FRACTION:.0%} of the weights flipped) and fewest sweeps, by number of the record"
CLAIM = "Sweeps are what the sender claims: nobody can recount them."


def _above(record: Record) -> str:
    """What is known of the instance with one pattern more than the record satisfies."""
    if record.reach == MOST * record.instance.n:
        return "none is left"
    found = known(replace(record.instance, p=record.reach + 1))
    return "impossible" if found.startswith("unsatisfiable") else found


def _wrapped(text: str, indent: int = 0) -> str:
    """Lines that fit into a page."""
    return textwrap.fill(text, 70, initial_indent=" " * indent, subsequent_indent=" " * (2 * indent))


class Table:
    """The records; displays as tables in a notebook and as text in a terminal.

    Examples
    --------
    >>> print(Table())
    Records, ...
    """

    def __init__(self) -> None:
        self.records: tuple[Record, ...] = records()
        """All of them, in the order of the file; the first has the number 1."""
        self.standings: list[Standing] = [
            standing
            for standing in standings()
            if standing.instance.satisfiable is None and standing.flattest is not None
        ]
        """The best at each rung of the large instances that somebody has solved."""

    def _best(self, standing: Standing) -> list[str]:
        """Local energy, number of that record, sweeps, number of that record."""
        assert standing.flattest is not None
        flattest = [f"{standing.energy:.5f}", str(self.records.index(standing.flattest) + 1)]
        if standing.quickest is None:
            return [*flattest, "", ""]
        return [*flattest, str(standing.quickest.sweeps), str(self.records.index(standing.quickest) + 1)]

    def __str__(self) -> str:
        lines = [RECORDS]
        for number, record in enumerate(self.records, 1):
            alpha = record.reach / record.instance.n
            lines.append(
                f"{number:3}  {record.instance.name:23}{record.reach:6}{alpha:8.4f}  {_above(record)}"
            )
            lines.append(_wrapped(f"{record.who}: {record.method}", indent=5))
        lines += [_wrapped(ABOVE), "", _wrapped(RUNGS)]
        for standing in self.standings:
            energy, flattest, sweeps, quickest = self._best(standing)
            claimed = f"   {sweeps} sweeps ({quickest})" if sweeps else ""
            lines.append(f"     {standing.instance.name:23}{energy} ({flattest}){claimed}")
        return "\n".join([*lines, CLAIM])

    def html(self) -> Markup:
        """Two tables that fold on a phone."""
        listed = [
            Row(
                f"record-{number}",
                [
                    f"{number}: {record.instance.name}",
                    f"{record.reach} ({record.reach / record.instance.n:.4f})",
                    _above(record),
                    tag("code", record.method),
                    f"{record.who}, {record.date}",
                ],
            )
            for number, record in enumerate(self.records, 1)
        ]
        rungs = []
        for standing in self.standings:
            energy, flattest, sweeps, quickest = self._best(standing)
            cells = [
                standing.instance.name,
                f"{energy} ({flattest})",
                f"{sweeps} ({quickest})" if sweeps else NONE,
            ]
            rungs.append(Row(f"standing-{standing.instance.name}", cells))
        return folding_tables(
            tag("p", tag("strong", f"{RECORDS}.")),
            folding_table(RECORDS, ["Record", "P (P/N)", "One more", "How", "Who, when"], listed),
            tag("small", ABOVE),
            tag("p", tag("strong", f"{RUNGS}.")),
            folding_table(RUNGS, ["Instance", "Lowest local energy", "Fewest sweeps claimed"], rungs),
            tag("small", CLAIM),
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self.html()}
