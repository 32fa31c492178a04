"""A table that folds into cards on a phone and follows the page's colours, for pages, notebooks and screen readers.

Colours come from the page's variables; without them (a bare notebook) everything inherits. The roles repeat what ``display: block``
takes away from a table on a narrow screen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from learnscape.page.markup import Markup, join, tag

__all__ = ["NONE", "Row", "folding_table", "folding_tables"]

NONE = Markup("none")
"""A cell with nothing in it; left out where rows are cards."""

STYLE = Markup("""<style>
.ls-folding{color:var(--ls-text,inherit);background:var(--ls-page,transparent);font-size:.92em;max-width:100%}
.ls-folding p{margin:1.6rem 0 0}
.ls-folding table{border-collapse:collapse;width:100%;margin:.6rem 0;text-align:left}
.ls-folding th,.ls-folding td{padding:.45rem .6rem;vertical-align:top;text-align:left;border-bottom:1px solid var(--ls-grid,#8884);white-space:normal}
.ls-folding tr,.ls-folding tbody tr:nth-child(odd),.ls-folding tbody tr:hover{background:transparent;color:inherit}
.ls-folding small{display:block;color:var(--ls-muted,inherit)}
.ls-folding .ls-number{font-variant-numeric:tabular-nums;font-weight:600;overflow-wrap:normal}
.ls-folding:has(>table~table) table{table-layout:fixed}
.ls-folding:has(>table~table) thead th:first-child{width:32%}
.ls-folding a{color:var(--ls-theory,inherit);text-decoration:underline}
@media (max-width:46rem){
.ls-folding table,.ls-folding tbody,.ls-folding tr,.ls-folding td,.ls-folding tbody th{display:block}
.ls-folding thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.ls-folding tr{padding:.5rem 0;border-bottom:2px solid var(--ls-grid,#8884)}
.ls-folding th,.ls-folding td{border:0;padding:.2rem .1rem}
.ls-folding td::before{content:attr(data-label) ": ";color:var(--ls-muted,inherit)}
.ls-folding td.ls-none{display:none}
}
</style>""")


@dataclass(frozen=True)
class Row:
    """One row: the name by which a link finds it, and a cell for every column, the first of which heads the row."""

    id: str
    cells: Sequence[str]


def _row(columns: Sequence[str], row: Row) -> Markup:
    head = tag("th", row.cells[0], role="rowheader", scope="row", style="font-weight:normal")
    cells = (
        tag("td", cell, role="cell", data_label=name, class_="ls-none" if cell is NONE else None)
        for name, cell in zip(columns[1:], row.cells[1:], strict=True)
    )
    return tag("tr", head, *cells, role="row", id=row.id)


def folding_table(label: str, columns: Sequence[str], rows: Iterable[Row]) -> Markup:
    """One table, without the style that makes it fold.

    Parameters
    ----------
    label : str
        What the table is about, for screen readers.
    columns : sequence of str
        Heads of the columns; on a phone each stands before its cell.
    rows : iterable of Row
        Cells are text, which is escaped, or `Markup`. ``ValueError`` for a row with another number of cells than there are columns.
    """
    head = (tag("th", name, role="columnheader", scope="col") for name in columns)
    return tag(
        "table",
        tag("thead", tag("tr", *head, role="row"), role="rowgroup"),
        tag("tbody", *(_row(columns, row) for row in rows), role="rowgroup"),
        role="table",
        aria_label=label,
    )


def folding_tables(*parts: str) -> Markup:
    """Tables and what stands between them, with their style.

    Examples
    --------
    >>> whole = folding_tables(folding_table("Sizes", ["Name", "N"], [Row("disc", ["disc", "7"])]))
    >>> whole[whole.index("<tbody"):]
    '<tbody role="rowgroup"><tr role="row" id="disc"><th role="rowheader" scope="row" style="font-weight:normal">disc</th><td ...
    """
    return join(STYLE, tag("div", *parts, class_="ls-folding"))
