"""How long each chapter took, on the page *build status*: the table of MyST-NB, with titles for paths, and without what is the same in all its rows."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from myst_nb.ext.execution_tables import ExecutionStatsNode, make_stat_table
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.addnodes import pending_xref
from sphinx.transforms.post_transforms import SphinxPostTransform

# Each build executes all pages that it has not kept, and stops where one fails.
SAME = ("Modified", "Method", "Status")


def shortened(table: nodes.table) -> nodes.table:
    """The table with its first column, of titles, and the times."""
    rows = list(table.findall(nodes.row))
    kept = [k for k, cell in enumerate(rows[0].children) if cell.astext() not in SAME]
    for row in rows:
        row.children = [row.children[k] for k in kept]
    group = next(table.findall(nodes.tgroup))
    group["cols"] = len(kept)
    for column in list(group.findall(nodes.colspec))[len(kept) :]:
        group.remove(column)
    for link in table.findall(pending_xref):
        link["refexplicit"] = False  # Sphinx puts the title there
    return table


class RunTimes(SphinxPostTransform):
    """Before MyST-NB's own transform, which then finds nothing left."""

    default_priority = 7

    def run(self, **_: Any) -> None:
        for node in list(self.document.findall(ExecutionStatsNode)):
            data = NbMetadataCollector.get_doc_data(self.env)
            node.replace_self(shortened(make_stat_table(self.env.docname, data)))


def setup(app: Any) -> None:
    app.add_post_transform(RunTimes)
