"""What a chapter opens with: its question and the explorable that goes with it, on the first screen.

Goals, time and need, three paragraphs that every chapter begins with, are one block, which ends the section with the question. The folded
imports stand below the first explorable, which brings its own, and the folded code of an explorable below its picture. Only what is shown
changes: a notebook has the chapter's order, and cells are executed in it.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes

from .imports import PROMPT

OPENS = ("Goals.", "Time.", "You need.")
QUESTION = "The question"
EXPLORABLE = "from learnscape.explore import "


def opening(section: nodes.section) -> list[nodes.paragraph]:
    """The paragraphs about goals, time and need at the beginning of a section; empty unless they follow each other."""
    found = [
        node for node in section.children if isinstance(node, nodes.paragraph) and node.astext().startswith(OPENS)
    ]  # fmt: skip
    places = [section.index(node) for node in found]
    return found if places and places == list(range(places[0], places[0] + len(places))) else []


def cells(document: nodes.document) -> list[nodes.container]:
    return [node for node in document.findall(nodes.container) if "cell" in node["classes"]]


def imports_below_explorable(document: nodes.document) -> None:
    """Move the first cell below the second one, if the one only imports and the other is an explorable."""
    first, second = (*cells(document), None, None)[:2]
    if first is None or second is None or first.get("prompt_show") != PROMPT:
        return
    if second.astext().startswith(EXPLORABLE):
        first.parent.remove(first)
        second.parent.insert(second.parent.index(second) + 1, first)


def code_below_picture(app: Any, document: nodes.document, docname: str) -> None:
    for cell in cells(document):
        if cell.get("hide_mode") == "input" and len(cell) == 2 and cell.astext().startswith(EXPLORABLE):
            cell.children.reverse()


def arrange(app: Any, document: nodes.document) -> None:
    for section in document.findall(nodes.section):
        together = opening(section)
        if len(together) > 1:
            at = section.index(together[0])
            for node in together:
                section.remove(node)
            block = nodes.container("", *together, classes=["ls-opening"])
            first = section.next_node(nodes.section)
            if first is not None and first.next_node(nodes.title).astext() == QUESTION:
                first.append(block)
            else:
                section.insert(at, block)
        break
    imports_below_explorable(document)


def setup(app: Any) -> None:
    app.connect("doctree-read", arrange)
    app.connect("doctree-resolved", code_below_picture)  # the writer's cells are folded by then
