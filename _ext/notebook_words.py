"""What JupyterLab can't look up, as words: citations, tests, and equations, theorems and figures with their labels.

A notebook of ``my/`` is one file. JupyterLab resolves the labels of that file; it knows neither the bibliography, nor the
other chapters, nor the names of figures that a code cell makes, and shows a warning in their place. Nothing here needs more
than Python's own library: Binder makes the notebooks without the tools that build the book.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

ROLE = re.compile(r"\{(cite:p|cite:t|eq|prf:ref|numref|checked|py:\w+)\}`([^`]+)`")
TITLED = re.compile(r"(.*?)\s*<([^<>]+)>", re.DOTALL)
LABEL = re.compile(r"^:(?:label|name):\s*(\S+)|\$\$\s*\(([\w:.+-]+)\)|^\(([\w:.+-]+)\)=\s*$", re.MULTILINE)
ENTRY = re.compile(r"^@\w+\{\s*([^,\s]+)\s*,", re.MULTILINE)
ACCENTS = {
    "'": "\u0301",
    '"': "\u0308",
    "`": "\u0300",
    "^": "\u0302",
    "~": "\u0303",
    "c": "\u0327",
    "v": "\u030c",
}
ACCENT = re.compile(r"\\(['\"`^~]|[cv](?=[ {]))\s*\{?(\w)\}?")


def citations(bibliography: str) -> dict[str, str]:
    """Key -> "Gardner and Derrida 1988", for each entry of a BibTeX file.

    Examples
    --------
    >>> citations('@book{k, author = {M{\\\\\\'e}zard, Marc and van den Berg, Jan}, title = {A {B}}, year = {1987}}')
    {'k': 'Mézard and van den Berg 1987'}
    """
    starts = [*ENTRY.finditer(bibliography)]
    ends = [match.start() for match in starts[1:]] + [len(bibliography)]
    return {
        match[1]: _author_year(bibliography[match.end() : end])
        for match, end in zip(starts, ends, strict=True)
    }


def _author_year(entry: str) -> str:
    names = [_family(person) for person in re.split(r"\s+and\s+", _field(entry, "author")) if person.strip()]
    if len(names) > 2:
        names = [f"{names[0]} and others"]
    return f"{' and '.join(names) or _plain(_field(entry, 'title'))} {_field(entry, 'year')}".strip()


def _field(entry: str, name: str) -> str:
    """The text of ``name = {...}``, whose braces may be nested; empty if there is none."""
    found = re.search(rf"\b{name}\s*=\s*\{{", entry)
    if found is None:
        return ""
    depth = 1
    for end in range(found.end(), len(entry)):
        depth += {"{": 1, "}": -1}.get(entry[end], 0)
        if depth == 0:
            return entry[found.end() : end]
    return ""


def _family(person: str) -> str:
    person = person.strip()
    return _plain(person.split(",")[0] if "," in person else person.split()[-1])


def _plain(text: str) -> str:
    text = ACCENT.sub(lambda match: unicodedata.normalize("NFC", match[2] + ACCENTS[match[1]]), text)
    return " ".join(re.sub(r"[{}]", "", text).split())


def labels(text: str) -> set[str]:
    """Labels of the equations, theorems, exercises and sections that a text defines."""
    return {"".join(found) for found in LABEL.findall(text)}


def figure(cell: Any) -> Mapping[str, str]:
    """Name and caption of the figure that a code cell makes; empty if it makes none."""
    found = cell.metadata.get("mystnb", {}).get("figure", {})
    return found if isinstance(found, Mapping) else {}


def in_words(
    text: str,
    cited: Mapping[str, str],
    known: set[str],
    figures: Mapping[str, int],
    elsewhere: Callable[[str], str | None],
) -> str:
    """A Markdown text whose references can be read in a notebook that stands alone.

    Parameters
    ----------
    text : str
        Markdown with roles.
    cited : mapping
        Key of the bibliography -> words.
    known : set of str
        Labels of this notebook, which JupyterLab resolves.
    figures : mapping
        Name of a figure of this notebook -> its number.
    elsewhere : callable
        Label -> a link to the notebook that defines it, or None.

    Examples
    --------
    >>> in_words("By {eq}`here`, {eq}`far` and {numref}`fig-a` {cite:p}`k`.", {"k": "Cover 1965"}, {"here"}, {"fig-a": 2},
    ...          {"far": "[Two](two.ipynb)"}.get)
    'By {eq}`here`, (an equation of [Two](two.ipynb)) and Figure 2 (Cover 1965).'
    >>> in_words("{checked}`tests/a.py::test_b`, {checked}`at n = 2 <tests/a.py::test_c>`", {}, set(), {}, {}.get)
    '✓ checked by `tests/a.py::test_b`, ✓ at n = 2, by `tests/a.py::test_c`'
    """

    def words(match: re.Match[str]) -> str:
        role, target = match.groups()
        if role.startswith("cite"):
            names = "; ".join(cited.get(key.strip(), key.strip()) for key in target.split(","))
            return names if role == "cite:t" else f"({names})"
        if role.startswith("py:"):
            return f"`{target.lstrip('~')}`"
        if role == "checked":
            titled = TITLED.fullmatch(target)
            return f"✓ {titled[1]}, by `{titled[2]}`" if titled else f"✓ checked by `{target}`"
        if role == "numref":
            return f"Figure {figures[target]}" if target in figures else match[0]
        place = None if target in known else elsewhere(target)
        if not place:
            return match[0]
        return f"(an equation of {place})" if role == "eq" else f"a theorem of {place}"

    return ROLE.sub(words, text)
