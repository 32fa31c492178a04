"""Every published number is met within its own digits, or the entry says why not."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from learnscape.ledger import Entry, entries_of, entry, page, parts, show
from learnscape.ledger.entry import last_digit
from learnscape.ledger.papers import PAPERS
from learnscape.ledger.table import Table

ENTRIES = [pytest.param(e, id=e.id) for part in parts() for e in entries_of(part)]
BIBLIOGRAPHY = Path(__file__).parents[2] / "chapters" / "references.bib"

# From an independent implementation (SciPy quadrature and root finding) written before this library; digits as noted there.
INDEPENDENT = {
    "gardner-capacity-margin": "0.961205",
    "gardner-capacity-one": "0.519572",
    "gardner-rs-minus-half": "4.770099",
    "gardner-rs-minus-one": "13.273200",
    "at-line-minus-half": "3.9507",
    "at-line-minus-one": "7.8736",
    "krauth-mezard-capacity": "0.83307859974",
    "binary-capacity-half": "0.455665",
    "binary-capacity-minus-half": "1.678841",
    "binary-entropy-half-load": "0.314390",
    "symmetric-capacity-one": "1.815875",
    "symmetric-capacity-half": "0.722091",
    "teacher-transition": "1.244684",
    "teacher-spinodal": "1.492632",
}


@pytest.mark.parametrize("e", ENTRIES)
def test_ours_meets_the_published_value_or_says_why_not(e: Entry) -> None:
    c = e.compare()
    if c.agrees is None:
        assert not e.discrepancy
    elif c.agrees:
        assert not e.discrepancy, "the values agree now: remove the explanation"
    else:
        assert len(e.discrepancy) > 80, f"ours {c.ours!r}, published {e.published}, allowed {c.allowed}"


@pytest.mark.parametrize("e", ENTRIES)
def test_provenance_is_complete(e: Entry) -> None:
    assert e.where
    assert e.conventions
    if e.published:
        assert e.paper in PAPERS
    if e.known == "quoted by another source":
        assert e.seen_in, "name the source that quotes it"
    assert not e.seen_in or e.seen_in in PAPERS


@pytest.mark.parametrize(("identifier", "digits"), INDEPENDENT.items())
def test_ours_against_an_independent_implementation(identifier: str, digits: str) -> None:
    assert abs(entry(identifier).compute() - float(digits)) <= last_digit(digits)


def test_names_are_unique() -> None:
    names = [e.id for part in parts() for e in entries_of(part)]
    assert len(set(names)) == len(names)
    with pytest.raises(ValueError, match="did you mean 'cover-capacity'"):
        entry("cover-capacty")


def test_papers_stand_in_the_bibliography_with_the_same_address() -> None:
    items = dict(re.findall(r"@\w+\{([^,]+),(.*?)\n\}", BIBLIOGRAPHY.read_text(encoding="utf-8"), re.DOTALL))
    for key, (name, address) in PAPERS.items():
        assert key in items, f"{key} is not in references.bib"
        assert re.search(r"\d{4}|repository", name)
        year = re.search(r"\d{4}", name)
        assert year is None or year.group() in items[key]
        identifier = address.removeprefix("https://doi.org/").removeprefix("https://arxiv.org/abs/")
        assert identifier.lower() in items[key].lower(), f"{key}: {identifier} is not in its entry"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"published": "about 2"}, "decimal number"),
        ({"known": "somebody said so"}, "known"),
        ({"rigour": "certain"}, "rigour"),
        ({"published": ""}, "published"),
        ({"tolerance": 0.0}, "tolerance"),
    ],
)
def test_bad_entries_are_refused(change: dict, message: str) -> None:
    fields = {
        "id": "x", "quantity": "q", "symbol": "s", "published": "2.0", "paper": "", "where": "w", "conventions": "c",
        "known": "read in a source", "compute": lambda: 2.0, "method": "m", "rigour": "proved", "chapter": "none",
    }  # fmt: skip
    with pytest.raises(ValueError, match=message):
        Entry(**fields | change).compare()


def _with(compute, **change: object) -> Entry:
    fields = {
        "id": "x", "quantity": "q", "symbol": "s", "published": "0.833", "paper": "", "where": "w", "conventions": "c",
        "known": "read in a source", "compute": compute, "method": "m", "rigour": "proved", "chapter": "none",
    }  # fmt: skip
    return Entry(**fields | change)


@pytest.mark.parametrize(
    ("ours", "change", "agrees"),
    [
        (0.83349, {}, True),
        (0.83351, {}, False),
        (0.83249, {}, False),
        (0.8330001, {"exact": True}, False),
        (0.5, {"relation": "upper bound"}, True),
        (0.8331, {"relation": "upper bound"}, False),
        (0.8325, {"relation": "rounded up"}, True),
        (0.8319, {"relation": "rounded up"}, False),
        (0.8331, {"relation": "rounded up"}, False),
        (0.8335, {"relation": "interval", "published": "[0.833, 0.834]"}, True),
        (0.8341, {"relation": "interval", "published": "[0.833, 0.834]"}, False),
        (math.pi, {"published": "π", "formula": lambda: math.pi}, True),
        (3.1416, {"published": "π", "formula": lambda: math.pi}, False),
    ],
)
def test_agreement_means_the_digits_printed(ours: float, change: dict, agrees: bool) -> None:
    assert _with(lambda: ours, **change).compare().agrees is agrees


def test_our_value_must_be_finite() -> None:
    with pytest.raises(ValueError, match="finite"):
        _with(lambda: math.nan).compare()


def test_table_is_complete_and_readable_without_colours() -> None:
    table = show("krauth-mezard-capacity", "at-line-minus-half", "teacher-spinodal")
    soup = BeautifulSoup(table.html(), "html.parser")
    rows = soup.select("tbody tr")
    assert [row["id"] for row in rows] == [
        f"ledger-{i}" for i in ("krauth-mezard-capacity", "at-line-minus-half", "teacher-spinodal")
    ]
    heads = [head.get_text() for head in soup.select("thead th")]
    for row in rows:
        assert [cell["data-label"] for cell in row.select("td")] == heads[1:]
    text = soup.get_text(" ")
    assert "0.833079" in text
    assert "no published value read" in text
    assert "Why they differ" in text
    assert "Krauth and Mézard 1989" in str(table)
    assert "$" not in text
    assert "\\" not in soup.get_text()
    with pytest.raises(ValueError, match="at least one"):
        show()


def test_page_shows_every_entry_once() -> None:
    shown = [e.id for e, _ in page().rows]
    assert sorted(shown) == sorted(e.id for part in parts() for e in entries_of(part))


@pytest.mark.parametrize(
    ("ours", "tolerance", "shown"),
    [
        (-0.002, 0.009, "-0.002"),  # not "-0.00", which says nothing
        (-1e-9, 0.009, "0.00"),  # a zero has no sign
        (-0.0, 0.009, "0.00"),
        (-0.03, 0.009, "-0.03"),
        (0.4, 0.09, "0.4"),
    ],
)
def test_our_value_is_not_shown_as_minus_zero(ours: float, tolerance: float, shown: str) -> None:
    e = _with(lambda: ours, published="0", exact=True, tolerance=tolerance)
    text = str(Table((("", ((e, e.compare()),)),)))
    assert f"ours       {shown} " in text
