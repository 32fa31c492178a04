"""What goes into pages: escaped once and only once, readable by the browser's own parsers, with one class for all fallbacks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from learnscape.page import assets, embed
from learnscape.page.markup import Markup, join, tag
from learnscape.page.table import NONE, Row, folding_table, folding_tables

LIBRARY = Path(embed.__file__).parents[1]


@given(st.text(st.characters(exclude_categories=("Cs", "Cc"))))
def test_text_comes_back_from_an_element_and_from_an_attribute(text: str) -> None:
    element = BeautifulSoup(tag("p", text, tag("b", text), title=text), "html.parser").p
    assert element["title"] == text
    assert element.get_text() == text + text
    assert element.b.get_text() == text


def test_elements_are_escaped_once() -> None:
    inner = tag("b", "<&>")
    assert inner == "<b>&lt;&amp;&gt;</b>"
    assert tag("p", inner) == f"<p>{inner}</p>"
    assert isinstance(join(inner, "<"), Markup)
    assert join(inner, "<") == inner + "&lt;"
    assert tag("img", alt='"', src=None, data_x_y="1") == '<img alt="&quot;" data-x-y="1">'


@pytest.mark.parametrize(
    "text", ["</script><img src=x>", "<!--<script>", "<!--", "]]>", "\u2028", "ä\0", "<"]
)
def test_no_text_ends_the_script_element_and_json_gives_it_back(text: str) -> None:
    html = embed.host("check", {"spec": {"text": text}}, tag("p", "fallback", class_=embed.FALLBACK))
    assert html.count("<script") == html.count("</script") == 1
    assert "<!--" not in html
    inside = html[html.index(">", html.index("<script")) + 1 : html.index("</script")]
    assert json.loads(inside) == {"element": "check", "spec": {"text": text}}
    assert html.startswith('<div data-learnscape="check">')


def test_what_is_no_number_is_not_put_into_a_page() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        embed.json_script({"x": float("nan")})


def test_the_module_removes_the_one_class_of_fallbacks() -> None:
    source = (LIBRARY / "page/js/index.js").read_text(encoding="utf-8")
    assert f".{embed.FALLBACK}" in source
    assert f".{embed.FALLBACK}" in assets()["learnscape.js"].read_text(encoding="utf-8")
    others = [
        path
        for path in LIBRARY.rglob("*")
        if path.suffix in (".py", ".js", ".css") and "learnscape-fallback" in path.read_text(encoding="utf-8")
    ]
    assert not others


def test_a_table_names_its_columns_in_every_cell() -> None:
    table = folding_table("Sizes", ["Name", "a < b", "c"], [Row("x", ["disc", NONE, "3 & 4"])])
    soup = BeautifulSoup(folding_tables(table), "html.parser")
    assert soup.table["aria-label"] == "Sizes"
    assert [cell["data-label"] for cell in soup.select("tbody td")] == ["a < b", "c"]
    assert [cell.get_text() for cell in soup.select("tbody > tr > *")] == ["disc", "none", "3 & 4"]
    assert [cell.get("class") for cell in soup.select("tbody td")] == [["ls-none"], None]
    assert {element.get("role") for element in soup.select("table, thead, tbody, tr, th, td")} == {
        "table", "rowgroup", "row", "columnheader", "rowheader", "cell",
    }  # fmt: skip
    with pytest.raises(ValueError, match="shorter"):
        folding_table("Sizes", ["Name", "a", "b"], [Row("x", ["disc", "1"])])
