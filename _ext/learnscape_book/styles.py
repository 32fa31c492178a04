"""Of the themes' style sheets only the rules that a page of the site can need.

Bootstrap and the themes come whole to every page, half a megabyte, and browsers read all of it before they draw anything. Here a rule goes if one of
its classes is in no page and in no script. Sphinx brings the whole sheets again at every build, hence what is new finds its rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import tinycss2
from tinycss2.ast import AtRule, IdentToken, Node, QualifiedRule

SHEETS = ("styles/*.css", "mystnb.*.css", "sphinx-design.min.css")
CLASSES = re.compile(r"""\bclass=(?:"([^"]*)"|'([^']*)')""")
WORD = re.compile(r"[\w-]+")
PUT_TOGETHER = ("bs-",)  # from pieces, in Bootstrap's script


def used(pages: Iterable[str], scripts: Iterable[str]) -> set[str]:
    """Classes of these pages, and every word of the scripts: one may become a class."""
    found = {word for text in scripts for word in WORD.findall(text)}
    for text in pages:
        for double, single in set(CLASSES.findall(text)):
            found.update((double or single).split())
    return found


def _selectors(prelude: Sequence[Node]) -> list[list[Node]]:
    parts: list[list[Node]] = [[]]
    for token in prelude:
        if token == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _needed(selector: Sequence[Node], names: set[str]) -> bool:
    """Whether all its classes are there; those within ``:not()``, ``:is()`` and their kin don't count."""
    return all(
        after.value in names or after.value.startswith(PUT_TOGETHER)
        for before, after in pairwise(selector)
        if before == "." and isinstance(after, IdentToken)
    )


def shorten(rules: Iterable[Node], names: set[str]) -> list[Node]:
    kept: list[Node] = []
    for rule in rules:
        if isinstance(rule, QualifiedRule):
            selectors = [one for one in _selectors(rule.prelude) if _needed(one, names)]
            if not selectors:
                continue
            comma = tinycss2.parse_component_value_list(",")
            rule.prelude = sum(([*comma, *one] for one in selectors[1:]), selectors[0])
        elif isinstance(rule, AtRule) and rule.lower_at_keyword in ("media", "supports") and rule.content:
            rule.content = shorten(tinycss2.parse_rule_list(rule.content, True, True), names)
            if not rule.content:
                continue
        kept.append(rule)
    return kept


def shortened(sheet: str, names: set[str]) -> str:
    """The sheet without the rules that need a class of another name.

    >>> shortened(".a{b:c}.d,.e .a:not(.f){g:h}@media print{.d{i:j}}", {"a", "e"})
    '.a{b:c}.e .a:not(.f){g:h}'
    """
    return tinycss2.serialize(shorten(tinycss2.parse_stylesheet(sheet, True, True), names))


def shorten_sheets(app: Any, exception: Exception | None) -> None:
    if exception is not None or app.builder.name != "html":
        return
    out = Path(app.outdir)
    read = lambda path: path.read_text(encoding="utf-8", errors="ignore")  # noqa: E731
    names = used(map(read, out.rglob("*.html")), map(read, (out / "_static").rglob("*.js")))
    for sheet in (path for pattern in SHEETS for path in (out / "_static").glob(pattern)):
        sheet.write_text(shortened(read(sheet), names), encoding="utf-8")


def setup(app: Any) -> None:
    app.connect("build-finished", shorten_sheets, priority=900)
