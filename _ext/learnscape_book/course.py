"""The map of the course on the front page: which chapter needs which, and what one can do after it.

The table `chapters/course.yml` holds both. Where there is room each part is a column with its chapters in their order, and arrows lead
there from what is needed; an arrow that follows from others is left out. Elsewhere the same elements are a list.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    '<span class="ls-map-wide"> Arrows lead from what is needed; point at a chapter to see all that comes before it.</span>'
)
BOX, LANE, FIRST = 77, 3.5, 81.5
"""Width of a chapter, between two lines, and to the first line beside a chapter, in hundredths of a column (book.css: 77%)."""
TOP, ROW, HEIGHT = 24, 64, 46
"""Heights of a part's name, of a row and of a chapter, in tenths of a rem, as in book.css."""
PORT = 8
"""Lines come to a chapter that far above its middle, and leave as far below."""
STEP, DROP = 4, 6
"""Between two lines that run between rows; from a line that comes from above to the chapter below it."""
BEND, HEAD = 3, (3.2, 2.2)
"""Radius of a corner; length and half the width of an arrowhead."""

Needs = Mapping[str, tuple[str, ...]]
Pair = tuple[str, str]
Point = tuple[float, float]


class Place(NamedTuple):
    """Where a chapter stands: its column and its row."""

    column: int
    row: int

    @property
    def left(self) -> int:
        return 100 * self.column

    @property
    def right(self) -> int:
        return self.left + BOX

    @property
    def top(self) -> int:
        return TOP + ROW * self.row

    @property
    def bottom(self) -> int:
        return self.top + HEIGHT

    @property
    def come(self) -> float:
        return self.top + HEIGHT / 2 - PORT

    @property
    def leave(self) -> float:
        return self.top + HEIGHT / 2 + PORT


def read(root: Path) -> dict[str, dict[str, Any]]:
    """The table, in the order of the file."""
    return dict(yaml.safe_load((root / TABLE).read_text(encoding="utf-8")))


def before(needs: Needs) -> dict[str, frozenset[str]]:
    """All that must be read before each chapter; ValueError if chapters need each other."""
    known: dict[str, frozenset[str]] = {}

    def collect(name: str, after: tuple[str, ...] = ()) -> frozenset[str]:
        if name in after:
            raise ValueError(f"{TABLE}: {' needs '.join([*after, name])}")
        if name not in known:
            known[name] = frozenset(needs[name]).union(
                *(collect(other, (*after, name)) for other in needs[name])
            )
        return known[name]

    return {name: collect(name) for name in needs}


def direct(needs: Needs) -> list[Pair]:
    """Pairs (needed, chapter) without those that follow from others."""
    earlier = before(needs)
    return [
        (other, name)
        for name in needs
        for other in needs[name]
        if not any(other in earlier[between] for between in needs[name])
    ]


def places(needs: Needs) -> dict[str, Place]:
    """Parts from left to right, their chapters from above in the order of the table."""
    return {
        name: Place(column, row)
        for column, part in enumerate(PARTS)
        for row, name in enumerate(name for name in needs if name.startswith(f"{part}/"))
    }


def spaces(start: Place, end: Place) -> tuple[int, int]:
    """The spaces between columns where a line leaves and where it arrives, each named by the column on its left."""
    if end.column < start.column:
        return start.column - 1, end.column
    return start.column, max(start.column, end.column - 1)


def lines(needs: Needs, place: Mapping[str, Place]) -> dict[Pair, list[Point]]:
    """The corners of each line. Those from one chapter share their way: down beside a column, along below the chapter's row."""
    pairs = [(a, b) for a, b in direct(needs) if not follows(place[a], place[b])]
    across: dict[tuple[str, int], float] = {}
    for space in range(len(PARTS)):
        reach = {a: span(place, [pair for pair in pairs if pair[0] == a], space) for a, _ in pairs}
        tracks: list[list[tuple[float, float]]] = [[] for _ in reach]
        for name in sorted(reach, key=lambda a: (place[a].row, place[a].column), reverse=True):
            if not reach[name]:
                continue
            low, high = min(reach[name]) - STEP, max(reach[name]) + STEP
            k = next(
                k for k, used in enumerate(tracks) if all(high < start or end < low for start, end in used)
            )
            tracks[k].append((low, high))
            across[name, space] = 100 * space + FIRST + LANE * k

    along: dict[str, float] = {}
    filled: dict[tuple[int, int], float] = {}
    for name in sorted({a for a, _ in pairs}, key=lambda a: place[a].column):
        xs = [x for (a, _), x in across.items() if a == name]
        if len(xs) > 1:
            k = next(k for k in range(len(PARTS)) if filled.get((place[name].row, k), -1) < min(xs))
            filled[place[name].row, k] = max(xs)
            along[name] = place[name].bottom + STEP * (k + 1)

    found: dict[Pair, list[Point]] = {}
    for a, b in direct(needs):
        start, end = place[a], place[b]
        middle = start.left + BOX / 2
        if follows(start, end):
            found[a, b] = [(middle, start.bottom), (middle, end.top)]
            continue
        leaves, arrives = spaces(start, end)
        out, into = across[a, leaves], across[a, arrives]
        found[a, b] = [
            (start.right if leaves == start.column else start.left, start.leave),
            (out, start.leave),
        ]
        if leaves != arrives:
            found[a, b] += [(out, along[a]), (into, along[a])]
        if end.column == start.column:
            found[a, b] += [(out, end.top - DROP), (middle, end.top - DROP), (middle, end.top)]
        else:
            found[a, b] += [
                (into, end.come),
                (end.left if end.column > start.column else end.right, end.come),
            ]
    return found


def follows(start: Place, end: Place) -> bool:
    """Whether a chapter stands right below another."""
    return end == (start.column, start.row + 1)


def span(place: Mapping[str, Place], pairs: list[Pair], space: int) -> list[float]:
    """Heights at which the lines from one chapter turn in a space between columns."""
    heights: list[float] = []
    for start, end in ((place[a], place[b]) for a, b in pairs):
        leaves, arrives = spaces(start, end)
        if space == leaves:
            heights.append(start.leave)
        if space == arrives:
            heights.append(end.top - DROP if start.column == end.column else end.come)
        if leaves != arrives and space in (leaves, arrives):
            heights.append(start.bottom + STEP)
    return heights


def path(corners: list[Point]) -> str:
    """A line with round corners and the head of an arrow."""
    drawn = f"M{corners[0][0]:g},{corners[0][1]:g}"
    for last, corner, following in zip(corners, corners[1:], corners[2:], strict=False):
        (x, y), (u, v) = toward(corner, last, BEND), toward(corner, following, BEND)
        drawn += f"L{x:g},{y:g}Q{corner[0]:g},{corner[1]:g} {u:g},{v:g}"
    (x, y), (u, v) = corners[-1], toward(corners[-1], corners[-2], HEAD[0])
    wide, high = (0, HEAD[1]) if v == y else (HEAD[1], 0)
    return f"{drawn}L{x:g},{y:g}M{u - wide:g},{v - high:g}L{x:g},{y:g}L{u + wide:g},{v + high:g}"


def toward(start: Point, end: Point, length: float) -> Point:
    """A point on the way between two corners of a line, at most half-way."""
    whole = abs(end[0] - start[0]) + abs(end[1] - start[1])
    share = min(length / whole, 0.5) if whole else 0
    return round(start[0] + share * (end[0] - start[0]), 1), round(start[1] + share * (end[1] - start[1]), 1)


def drawing(kind: str, inside: str, size: tuple[int, int]) -> str:
    return (
        f'<svg class="{kind}" viewBox="0 0 {size[0]} {size[1]}" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        f"{inside}</svg>"
    )


def html(table: Mapping[str, Mapping[str, Any]], titles: Mapping[str, str], address: Any) -> str:
    """The map; ``titles`` with numbers, ``address(name)`` for the links."""
    needs = {name: tuple(row["needs"]) for name, row in table.items()}
    place = places(needs)
    earlier = before(needs)
    drawn = lines(needs, place)
    ids = {pair: f"ls-map-{k}" for k, pair in enumerate(drawn)}
    size = 100 * len(PARTS), max(p.top for p in place.values()) + ROW
    items: dict[str, str] = dict.fromkeys(PARTS, "")
    for name, row in table.items():
        way = {name, *earlier[name]}
        own = "".join(
            f'<use href="#ls-map-box" x="{place[other].left}" y="{place[other].top}"/>'
            for other in sorted(earlier[name])
        ) + "".join(f'<use href="#{ids[a, b]}"/>' for a, b in drawn if b in way or a == name)
        needed = "; ".join(titles[other] for other in row["needs"]) or "nothing"
        items[name.partition("/")[0]] += (
            f'<li><a href="{escape(address(name))}"><strong>{escape(titles[name])}</strong> <span>{escape(row["can"])}</span></a> '
            f"<small>Needs: {escape(needed)}.</small>{drawing('ls-map-own', own, size) if own else ''}</li>"
        )
    parts = "".join(
        f'<div class="ls-map-part"><p>{caption}</p><ul>{items[part]}</ul></div>'
        for part, caption in PARTS.items()
    )
    box = f'<defs><rect id="ls-map-box" width="{BOX}" height="{HEIGHT}" rx="3"/></defs>'
    paths = "".join(f'<path id="{ids[pair]}" d="{path(corners)}"/>' for pair, corners in drawn.items())
    return (
        f'<nav class="ls-map" aria-label="Map of the course"><p class="ls-map-words">{INTRODUCTION}</p>'
        f'<div class="ls-map-grid">{drawing("ls-map-lines", box + paths, size)}{parts}</div></nav>'
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
        name: f"{numbers[name]}.\u00a0{env.titles[f'chapters/{name}'].astext()}".removeprefix(".\u00a0")
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
