"""Lines of assignments that no student may read, and looking for them in what is published.

What is compared are lines, by their letters and digits alone: so markup, quotes and highlighting don't hide them. Of a line that students
read anyway, of an import, and of a line of fewer than `SHORT` letters and digits nothing can be said: they are left out. One line of fewer
than `LONG` that a file of the book or the library has in common with a source is an idiom; two are a leak.
"""

from __future__ import annotations

import html
import json
import re
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from learnscape.classroom.assignments.source import Assignment

SHORT, LONG = 24, 60
SEEN = {".html", ".md", ".txt", ".ipynb", ".py", ".js", ".json", ".toml", ".csv", ".svg"}
TAG = re.compile(r"<[^>]*>")
IMPORT = re.compile(r"\s*(from|import)\s")


def letters(line: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "", line)


def lines(texts: Iterable[str]) -> set[str]:
    """Lines long enough to be told apart."""
    found = {letters(line) for text in texts for line in text.split("\n") if not IMPORT.match(line)}
    return {line for line in found if len(line) >= SHORT}


def kept_back(assignment: Assignment, project: bool) -> set[str]:
    """Lines of a source that no student sees."""
    roles = {"hidden"} if project else {"hidden", "rubric"}
    given = lines(cell.starter for cell in assignment.cells if cell.role not in roles)
    return lines(cell.source for cell in assignment.cells) - given


# --- what is published, as lines -----------------------------------------------------------------------------------------


def words(name: str, data: bytes) -> Iterator[str]:
    """The text of a file, as a reader sees it."""
    text = data.decode("utf-8", errors="replace")
    if name.endswith(".ipynb"):
        yield from strings(json.loads(text))
    elif name.endswith(".html"):
        yield html.unescape(TAG.sub("", text))
        yield from map(html.unescape, re.split('[<>"]', text))  # what stands in attributes
    else:
        yield text
        if name.endswith((".js", ".json")):
            yield from (part.replace("\\n", "\n") for part in re.split(r'(?<!\\)"', text))


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        if value and all(isinstance(entry, str) for entry in value):
            yield "".join(value)
        else:
            for entry in value:
                yield from strings(entry)
    elif isinstance(value, dict):
        for entry in value.values():
            yield from strings(entry)


def files(place: Path) -> Iterator[tuple[str, bytes]]:
    """Names and contents: of a folder, a wheel or a source distribution."""
    if place.suffix == ".whl":
        with zipfile.ZipFile(place) as archive:
            yield from ((name, archive.read(name)) for name in archive.namelist())
    elif place.suffix == ".gz":
        with tarfile.open(place) as archive:
            for member in archive:
                if content := archive.extractfile(member):
                    yield member.name, content.read()
    else:
        for path in sorted(place.rglob("*")):
            if path.is_file() and path.suffix in SEEN:
                yield str(path.relative_to(place)), path.read_bytes()


def leaks(place: Path, kept: dict[str, str]) -> list[str]:
    """File of `place`, source and line of each leak; `kept` is line -> source."""
    found = []
    for name, data in files(place):
        if Path(name).suffix not in SEEN:
            continue
        common = sorted(lines(words(name, data)) & kept.keys())
        sources = [kept[line] for line in common]
        found += [
            f"{name}: {source}: {line}"
            for line, source in zip(common, sources, strict=True)
            if len(line) >= LONG or sources.count(source) > 1
        ]
    return found
