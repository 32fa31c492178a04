"""The notation table: no symbol twice, nothing promised that the library or the book does not have, and HTML that a browser can read."""

from __future__ import annotations

import collections
import dataclasses
import importlib
import inspect
import re
import typing
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from learnscape.notation import SYMBOLS, Symbol, conventions_table, table

CODED = [symbol for symbol in SYMBOLS if symbol.code]


def resolve(dotted: str) -> Any:
    """The object with this full name: the longest importable prefix, then attributes."""
    parts = dotted.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for name in parts[cut:]:
            found = getattr(found, name)
        return found
    raise AssertionError(f"{dotted} cannot be imported")


def fields_of(cls: type) -> set[str]:
    names = set(getattr(cls, "_fields", ())) | set(typing.get_type_hints(cls))
    if dataclasses.is_dataclass(cls):
        names |= {field.name for field in dataclasses.fields(cls)}
    return names | {name for name, value in inspect.getmembers(cls) if isinstance(value, property)}


def test_every_symbol_and_every_name_occurs_once() -> None:
    for key in ("latex", "name"):
        counts = collections.Counter(getattr(symbol, key) for symbol in SYMBOLS)
        assert [value for value, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("symbol", CODED, ids=lambda symbol: symbol.name)
def test_the_name_in_code_exists(symbol: Symbol) -> None:
    parameter = re.fullmatch(r"(.*)\((\w+)\)", symbol.code)
    field = re.fullmatch(r"(.*)\(\)\.(\w+)", symbol.code)
    if field:
        function = resolve(field[1])
        hint = typing.get_type_hints(function)["return"]
        candidates = [hint, *typing.get_args(hint)]
        assert any(isinstance(c, type) and field[2] in fields_of(c) for c in candidates), (symbol.code, hint)
    elif parameter:
        assert parameter[2] in inspect.signature(resolve(parameter[1])).parameters, symbol.code
    else:
        assert callable(resolve(symbol.code)), symbol.code
    assert symbol.short_code


@pytest.mark.parametrize("page", sorted({symbol.page for symbol in SYMBOLS}))
def test_the_introducing_page_exists_and_uses_its_symbols(page: str, root: Path) -> None:
    text = (root / "chapters" / f"{page}.md").read_text(encoding="utf-8")
    for symbol in SYMBOLS:
        if symbol.page == page:
            core = re.sub(r"\(x\)|\^\\mu", "", symbol.latex.split(r"\cdot")[0]).strip()
            assert re.sub(r"[\s{}]", "", core) in re.sub(r"[\s{}]", "", text), (
                f"{page} never writes {symbol.latex}"
            )


@pytest.mark.parametrize("made", [table, conventions_table])
def test_the_html_is_well_formed_and_all_formulas_are_marked(made: Any) -> None:
    source = made()._repr_html_()
    soup = BeautifulSoup(source, "html.parser")
    rows = soup.find_all("tr")
    width = len(soup.find("thead").find_all("th"))
    assert all(
        len(row.find_all(["th", "td"])) == width for row in rows if "topic" not in row.get("class", [])
    )
    assert soup.find("caption").text
    assert source.count(r"\(") == source.count(r"\)") > 10
    assert "$" not in source
    assert "mathjax_process" in soup.div["class"]  # without it the theme would leave the formulas as they are


def test_an_odd_dollar_is_impossible() -> None:
    for symbol in SYMBOLS:
        assert symbol.definition.count("$") % 2 == 0, symbol
        assert symbol.range.count("$") % 2 == 0, symbol
