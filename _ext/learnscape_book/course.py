"""The map of the course on the front page: which chapter needs which, and what one can do after it.

The table `chapters/course.yml` holds both. Where there is room a chapter stands to the right of all that it needs, parts below each
other, and lines lead there from what is needed; a line that follows from others is left out. Elsewhere the same elements are a list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from docutils import nodes

TABLE = "chapters/course.yml"
PARTS = {
    "start": "Start",
    "capacity": "Perceptron capacity",
    "jamming": "Jamming",
    "replicas": "Replica calculations",
    "dense": "Dense regions",
}
SECTION = "the-course"
"""Id of the section of the front page that opens with the map."""
INTRODUCTION = (
    "What you can do after each chapter, and what it needs."
    '<span class="ls-map-wide"> Each stands to the right of all that it needs; point at one to see its lines.</span>'
)
HALF, ROW, CAPTION = 42, 70, 18
"""Half the width of a chapter in hundredths of a column; heights of a row and of a part's name in tenths of a rem, as in book.css."""
GUTTER = 12
"""Width in hundredths of a column of the space in which lines run down, between the chapters of two columns."""

Needs = Mapping[str, tuple[str, ...]]


class Place(NamedTuple):
    """Where a chapter stands: its column, its row in the grid, and the height of its middle."""

    column: int
    row: int
    middle: int


def read(root: Path) -> dict[str, dict[str, Any]]:
    """The table, in the order of the file."""
    return dict(yaml.safe_load((root / TABLE).read_text(encoding="utf-8")))


def columns(needs: Needs) -> dict[str, int]:
    """How many chapters are read one after the other before each; ValueError if chapters need each other."""

    def depth(name: str, after: tuple[str, ...] = ()) -> int:
        if name in after:
            raise ValueError(f"{TABLE}: {' needs '.join([*after, name])}")
        return 1 + max((depth(other, (*after, name)) for other in needs[name]), default=-1)

    return {name: depth(name) for name in needs}


def direct(needs: Needs) -> list[tuple[str, str]]:
    """Pairs (needed, chapter) without those that follow from others."""

    @cache
    def before(name: str) -> frozenset[str]:
        return frozenset(needs[name]).union(*map(before, needs[name]))

    return [
        (other, name)
        for name in needs
        for other in needs[name]
        if not any(other in before(between) for between in needs[name])
    ]


def places(needs: Needs) -> dict[str, Place]:
    """Where each chapter stands; what is joined to no other comes first in its part, from the left."""
    column = columns(needs)
    joined = {name for pair in direct(needs) for name in pair}
    found: dict[str, Place] = {}
    top = row = 0  # above the part in tenths of a rem; rows of the grid used so far
    for part in PARTS:
        names = [name for name in needs if name.startswith(f"{part}/")]
        loose = [name for name in names if name not in joined]
        cells = {(0, k): name for k, name in enumerate(loose)}
        for name in (name for name in names if name in joined):
            k = next(k for k in range(bool(loose), len(needs)) if (k, column[name]) not in cells)
            cells[k, column[name]] = name
        for (k, at), name in cells.items():
            found[name] = Place(at, row + k + 2, top + CAPTION + k * ROW + ROW // 2)
        count = 1 + max(k for k, _ in cells)
        row += count + 1
        top += CAPTION + count * ROW
    return found


def line(start: Place, end: Place, track: int) -> str:
    """From the right of one chapter to the left of another, around those between; ``track`` is where it turns, off the edge of the column."""
    first = 100 * (start.column + 1) + track
    path = f"M{100 * start.column + 50 + HALF},{start.middle}H{first}"
    if end.column > start.column + 1:
        last = 100 * end.column + track
        path += f"V{end.middle - ROW // 2}H{last}"
    return f"{path}V{end.middle}H{100 * end.column + 50 - HALF}"


def lines(needs: Needs, place: Mapping[str, Place]) -> dict[tuple[str, str], str]:
    """The path of each line; chapters of a column turn at different places."""
    pairs = direct(needs)
    tracks: dict[str, int] = {}
    for at in range(1 + max(p.column for p in place.values())):
        leading = sorted({a for a, _ in pairs if place[a].column == at}, key=lambda name: place[name].middle)
        for k, name in enumerate(leading):
            tracks[name] = round(GUTTER * ((k + 0.5) / len(leading) - 0.5))
    return {(a, b): line(place[a], place[b], tracks[a]) for a, b in pairs}


def drawing(kind: str, paths: Iterable[str], width: int, height: int) -> str:
    return (
        f'<svg class="{kind}" viewBox="0 0 {width} {height}" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        f'<path d="{"".join(paths)}"/></svg>'
    )


def html(table: Mapping[str, Mapping[str, Any]], titles: Mapping[str, str], address: Any) -> str:
    """The map; ``titles`` with numbers, ``address(name)`` for the links."""
    needs = {name: tuple(row["needs"]) for name, row in table.items()}
    place = places(needs)
    drawn = lines(needs, place)
    size = (
        100 * (1 + max(p.column for p in place.values())),
        max(p.middle for p in place.values()) + ROW // 2,
    )
    items: dict[str, str] = dict.fromkeys(PARTS, "")
    for name, row in table.items():
        own = [path for pair, path in drawn.items() if name in pair]
        needed = "; ".join(titles[other] for other in row["needs"]) or "nothing"
        items[name.partition("/")[0]] += (
            f'<li style="--ls-row: {place[name].row}; --ls-column: {place[name].column + 1}">'
            f'<a href="{escape(address(name))}"><strong>{escape(titles[name])}</strong> <span>{escape(row["can"])}</span></a> '
            f"<small>Needs: {escape(needed)}.</small>{drawing('ls-map-own', own, *size) if own else ''}</li>"
        )
    parts = "".join(
        f'<div class="ls-map-part"><p style="--ls-row: {min(place[name].row for name in table if name.startswith(part)) - 1}">{caption}</p>'
        f"<ul>{items[part]}</ul></div>"
        for part, caption in PARTS.items()
    )
    return (
        f'<nav class="ls-map" aria-label="Map of the course"><p class="ls-map-words">{INTRODUCTION}</p>'
        f'<div class="ls-map-grid">{drawing("ls-map-lines", drawn.values(), *size)}{parts}</div></nav>'
    )


def put_on_front_page(app: Any, doctree: nodes.document, docname: str) -> None:
    if docname != app.config.root_doc or app.builder.format != "html":
        return
    sections = [node for node in doctree.findall(nodes.section) if SECTION in node["ids"]]
    if not (Path(app.srcdir) / TABLE).exists() or not sections:
        return
    table = read(Path(app.srcdir))
    env = app.env
    numbers = {
        name: ".".join(map(str, env.toc_secnumbers.get(f"chapters/{name}", {}).get("", ()))) for name in table
    }
    titles = {
        name: f"{numbers[name]}. {env.titles[f'chapters/{name}'].astext()}".removeprefix(". ")
        for name in table
    }
    made = html(table, titles, lambda name: app.builder.get_relative_uri(docname, f"chapters/{name}"))
    sections[0].insert(1, nodes.raw("", made, format="html"))


def depend_on_table(app: Any, docname: str, source: list[str]) -> None:
    if docname == app.config.root_doc:
        app.env.dependencies[docname].add(TABLE)


def setup(app: Any) -> None:
    app.connect("source-read", depend_on_table)
    app.connect("doctree-resolved", put_on_front_page)
