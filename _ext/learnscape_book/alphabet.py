"""A row of letters above a glossary leads to the first term of each."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx import addnodes


def put_letters(app: Any, doctree: nodes.document) -> None:
    for glossary in list(doctree.findall(addnodes.glossary)):
        first: dict[str, str] = {}
        for term in glossary.findall(nodes.term):
            initial = term.astext()[:1].upper()
            if initial.isalpha() and term["ids"]:
                first.setdefault(initial, term["ids"][0])
        row = nodes.paragraph(classes=["ls-letters"])
        for letter in sorted(first):
            row += [nodes.reference("", letter, internal=True, refid=first[letter]), nodes.Text(" ")]
        if first:
            glossary.parent.insert(glossary.parent.index(glossary), row)


def setup(app: Any) -> None:
    app.connect("doctree-read", put_letters)
