"""Every published number is met within its own digits, or counts as a disagreement; a number that is only remembered counts as nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from learnscape.data import stored
from learnscape.ledger import RESULTS, Entry, Reason, entries_of, entry, page, parts, show
from learnscape.ledger.entry import ends, last_digit
from learnscape.ledger.papers import PAPERS
from learnscape.ledger.table import Table

ENTRIES = [pytest.param(e, id=e.id) for part in parts() for e in entries_of(part)]
CHAPTERS = Path(__file__).parents[2] / "chapters"
BIBLIOGRAPHY = CHAPTERS / "references.bib"

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
    # With broken symmetry: second programs on plain grids, with a simplex search or root finding, that share no code with the library.
    "one-step-capacity-minus-half": "4.700139",
    "one-step-capacity-minus-one": "12.319634",
    "one-step-capacity-minus-three-halves": "36.566762",
    "two-step-capacity-minus-three-halves": "36.398403",
    "full-rsb-continuous-ends": "-1.473677",
    "full-rsb-discontinuous-begins": "-2.043123",
    "sk-one-step": "-0.765259",
    # Local entropy: a program with composite Gauss-Legendre rules and SciPy root finding.
    "le-value": "0.134604",
}


# Every disagreement of the ledger stands here by name, so that a new one can't slip in behind a sentence.
DISAGREE = {"da-stops-linear", "fluctuation-exponent"}
# Agreement that the printed digits don't decide, by name as well: within an error of ours that is larger, or with a bound on one side.
MEASURED = {
    "ellipses-quartic",
    "sk-quench-greedy",
    "sk-quench-random",
    "sk-quench-reluctant",
    "packings-buckler-exponent",
}
BOUNDED = {"binary-upper-bound"}
WITHDRAWN = {"deep-jump", "deep-gamma", "deep-theta"}


@pytest.fixture(autouse=True, scope="module")
def each_entry_is_computed_once() -> Iterator[None]:
    """Nearly every test here asks for all values again."""
    compare, known = Entry.compare, {}

    def once(e: Entry) -> object:
        if id(e) not in known:
            known[id(e)] = e, compare(e)  # holds the entry, so that its id stays its own
        return known[id(e)][1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Entry, "compare", once)
        yield


@pytest.mark.parametrize("e", ENTRIES)
def test_ours_meets_the_published_value_or_counts_as_a_disagreement(e: Entry) -> None:
    c = e.compare()
    assert (c.standing == "disagrees") == (e.id in DISAGREE), f"ours {c.ours!r}, published {e.published}"
    assert (c.standing == "withdrawn") == (e.id in WITHDRAWN)
    if e.reason:
        assert c.standing in ("disagrees", "recalled"), "the values agree now: remove the reason"
        assert e.reason.holds(), f"{e.reason.shows}: {e.reason.measure()}, not in {e.reason.between}"


@pytest.mark.parametrize("e", ENTRIES)
def test_no_agreement_hides_behind_a_wide_allowance(e: Entry) -> None:
    c = e.compare()
    if c.standing == "agrees":
        wide = e.relation == "equal" and e.tolerance > max(e.precision or 0.0, 1e-5)
        assert wide == (e.id in MEASURED), f"allowed {c.allowed}, printed digits {e.precision}"
        assert (e.relation == "upper bound") == (e.id in BOUNDED)


def test_certified_digits_are_shown_and_ours_lies_in_them() -> None:
    certified = [e for part in parts() for e in entries_of(part) if e.certified]
    assert {"krauth-mezard-capacity", "gardner-capacity-one"} <= {e.id for e in certified}
    for e in certified:
        low, high = ends(e.certified, "certified")
        ours = e.compare().ours
        assert ours is not None
        assert low - 4e-15 * high <= ours <= high + 4e-15 * high
        assert f"not the replica method, lies in {e.certified}" in str(show(e.id))
    with pytest.raises(ValueError, match="certified"):
        _with(lambda: 1.0, published="1", certified="1 to 2")


def test_agreement_within_our_error_is_counted_apart() -> None:
    e = _with(lambda: 3.9, published="4", exact=True, tolerance=0.2)
    table = Table((("", ((e, e.compare()),)),))
    assert "1 agrees (1 only within our error" in table.summary
    assert "agrees within our error, 0.2" in str(table)
    assert "only within our error" not in show("gardner-capacity").summary


def test_a_recalled_number_far_from_ours_is_said_to_be_so() -> None:
    assert "more than the digits and our error allow" in str(show("perceptron-gap-exponent"))
    assert "more than the digits and our error allow" not in str(show("spherical-gibbs"))


def test_an_entry_says_how_many_packings_it_is_a_mean_of() -> None:
    number = stored("packings_jamming")["exponents"]["2d"]["packings"]
    for name in ("gap", "force"):
        assert f"{number} packings" in entry(f"packings-{name}-exponent").method
    many = stored("packings_critical")
    number = sum(row["excess"]["0"] for row in many["table"] if row["n"] in many["opened"])
    assert f"{number} packings" in entry("packings-buckler-exponent").method


@pytest.mark.parametrize("e", ENTRIES)
def test_a_recalled_number_is_never_counted_as_agreement(e: Entry) -> None:
    assert bool(e.recalled) == (e.known == "recalled, not read")
    if e.recalled:
        assert not e.published
        assert e.compare().agrees is None
        table = show(e.id)
        assert table.counts["agrees"] == table.counts["disagrees"] == 0
        if e.compute is not None:
            assert "recalled, not read, and not counted" in table.summary
        soup = BeautifulSoup(table.html(), "html.parser")
        cells = {cell["data-label"]: cell.get_text().replace("−", "-") for cell in soup.select("td")}
        assert cells["Published"] == "none"
        assert e.recalled in cells["Recalled, not read"]
        assert not cells["Agreement"].startswith(("agrees", "two evaluations", "below", "inside"))
        assert f"recalled   {cells['Recalled, not read'][:1]}" in str(table)


def test_a_disagreement_is_shown_and_counted_however_long_its_note() -> None:
    e = _with(
        lambda: 0.9, note="An excuse of more than eighty characters, which used to be enough to pass. " * 3
    )
    table = Table((("", ((e, e.compare()),)),))
    assert table.counts == {"disagrees": 1}
    assert "0 agree, 1 disagrees (1 unexplained)" in table.summary
    assert "disagrees, by" in str(table)
    assert "not explained" in str(table)


def test_a_reason_that_its_own_measurement_contradicts_is_shown_so() -> None:
    reason = Reason(mechanism="Rounded.", shows="a number", measure=lambda: 5.0, between=(0.0, 1.0))
    e = _with(lambda: 0.9, reason=reason)
    assert not reason.holds()
    table = Table((("", ((e, e.compare()),)),))
    assert "which contradicts the reason" in str(table)
    assert "1 unexplained" in table.summary, "a reason that fails explains nothing"
    with pytest.raises(ValueError, match="mechanism"):
        Reason(mechanism="", shows="a number", measure=lambda: 5.0, between=(0.0, 1.0))
    with pytest.raises(ValueError, match="between"):
        Reason(mechanism="m", shows="a number", measure=lambda: 5.0, between=(1.0, 0.0))


def test_the_summary_adds_up() -> None:
    table = page()
    counts = table.counts
    assert sum(counts.values()) == len(table.rows)
    assert counts["disagrees"] == len(DISAGREE)
    assert counts["recalled"] + 1 == sum(
        bool(e.recalled) for e, _ in table.rows
    )  # one recalled entry is withdrawn
    assert table.summary in str(table)
    assert table.summary in BeautifulSoup(table.html(), "html.parser").get_text()


def _rows_of_the_page() -> dict[str, str]:
    """Result -> status, from the tables of the page on rigour."""
    text = (CHAPTERS / "reference" / "rigour.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\* - (.*)\n  - (.*)\n  - ", text, re.MULTILINE)
    return {result: status for result, status in rows if result != "Result"}


def test_the_page_on_rigour_has_the_labels_of_the_ledger() -> None:
    assert _rows_of_the_page() == {r.statement: r.rigour for r in RESULTS.values()}


def test_a_result_decides_the_label_of_its_entries() -> None:
    assert entry("cover-capacity").rigour == RESULTS["cover-count"].rigour == "exact identity"
    with pytest.raises(ValueError, match="rigour"):
        _with(lambda: 1.0, result="cover-count", rigour="proved")
    with pytest.raises(ValueError, match="result"):
        _with(lambda: 1.0, result="nobody's theorem")


@pytest.mark.parametrize("e", ENTRIES)
def test_provenance_is_complete(e: Entry) -> None:
    assert e.where
    assert e.conventions
    if e.stated:
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
        ({"tolerance": math.inf}, "tolerance"),  # would agree with anything
        ({"known": "recalled, not read"}, "published"),
        ({"known": "recalled, not read", "published": ""}, "recalled"),
        ({"recalled": "2.0"}, "recalled"),
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
    assert "recalled, not read, and not counted" in text
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
        (3.17, 0.18, "3.2"),  # not "3"
    ],
)
def test_our_value_is_not_shown_as_minus_zero(ours: float, tolerance: float, shown: str) -> None:
    e = _with(lambda: ours, published="0", exact=True, tolerance=tolerance)
    text = str(Table((("", ((e, e.compare()),)),)))
    assert f"ours       {shown} " in text
