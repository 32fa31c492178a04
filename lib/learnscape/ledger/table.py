"""The ledger as a table: HTML that folds into cards on a phone and follows the page's colours, and plain text elsewhere.

No formula language: symbols are Unicode, so the table reads the same in a page, a notebook, a terminal and a screen reader.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from learnscape.ledger.entry import Comparison, Entry, Standing, last_digit
from learnscape.ledger.papers import PAPERS
from learnscape.ledger.registry import entries_of, entry, parts
from learnscape.page.markup import Markup, join, tag
from learnscape.page.table import NONE, Row, folding_table, folding_tables

__all__ = ["Table", "page", "show"]

MEMORY = "Recalled, not read"
PEOPLE = {"gardner-volume": "Gardner volume", "sherrington-kirkpatrick": "Sherrington-Kirkpatrick"}
"""Chapters whose names begin with capitals."""
COLUMNS = ("Quantity", "Published", MEMORY, "Ours", "Agreement", "How sure")


def _decimals(e: Entry, c: Comparison) -> int:
    """As many decimals of ours as are certain, at most four more than published and at most ten; one uncertain one if measured."""
    certain = math.floor(-math.log10(e.tolerance))
    if e.precision is not None and e.tolerance > e.precision > 0:
        certain = math.ceil(-math.log10(e.tolerance))  # 0.563 with an error of 0.03 is 0.56, not 0.6
    if e.tolerance < 1:
        certain = max(certain, 1)  # 3.2 with an error of 0.2 is not 3
    if e.relation == "interval":
        return min(certain, 11)
    if e.stated and e.formula is None and not e.exact:
        return min(certain, round(-math.log10(last_digit(e.stated))) + 3)
    return min(certain, 8 if e.formula is not None else 6)


def _ours(e: Entry, c: Comparison) -> str:
    """Our value; one decimal more where those that are certain would show nothing but a sign and zeros."""
    if c.ours is None:
        return "none"
    decimals = _decimals(e, c)
    text = f"{c.ours:.{decimals}f}"
    if float(text) == 0.0:
        finer = f"{c.ours:.{decimals + 1}f}"
        text = finer if float(finer) != 0.0 else text.lstrip("-")
    return text


def _value(e: Entry, c: Comparison) -> tuple[str, str]:
    """The value as it is printed or remembered, and what must be said with a formula."""
    if e.formula is not None and c.value is not None:
        return e.stated, f"no number read; evaluated here: {c.value:.{_decimals(e, c)}f}"
    sign = {"equal": "", "upper bound": "< ", "rounded up": "< ", "interval": ""}[e.relation]
    return f"{sign}{e.stated}", ""


def _measured(e: Entry) -> bool:
    """Whether our error, and not the printed digits, decides about agreement."""
    return e.relation == "equal" and e.precision is not None and e.tolerance > max(e.precision, 1e-5)


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def _power(value: float, decimals: int = 0, sign: str = "") -> str:
    """A small number as 1.8·10⁻¹⁵, in which no line ends."""
    digits, exponent = f"{value:{sign}.{decimals}e}".split("e")
    return f"{digits.replace('-', '−')}·10{str(int(exponent)).translate(_RAISED)}"


def _agreement(e: Entry, c: Comparison) -> str:
    """What the comparison says; only published values are said to agree or to disagree."""
    if c.standing in ("own value", "withdrawn") or c.difference is None:
        return "nothing to compare"
    if c.standing == "recalled":
        same = (
            "no difference" if c.difference == 0 else f"ours minus recalled: {_power(c.difference, 1, '+')}"
        )
        beyond = abs(c.difference) > (e.precision or 0.0) + e.tolerance and e.relation == "equal"
        return f"not counted ({same}{', more than the digits and our error allow' if beyond else ''})"
    if c.standing == "disagrees":
        return f"disagrees, by {_power(c.difference, 1, '+')}"
    return _how_it_agrees(e, abs(c.difference))


def _how_it_agrees(e: Entry, difference: float) -> str:
    if e.relation == "upper bound":
        return "below the bound, as it must be"
    if e.relation == "rounded up":
        return "agrees, the bound being rounded up"
    if e.relation == "interval":
        return "inside the interval"
    if _measured(e):
        return f"agrees within our error, {e.tolerance:g}"
    if e.formula is not None:
        return f"two evaluations agree to {_power(max(difference, 1e-16))}"
    if e.precision == 0:
        return "agrees, exactly" if difference == 0 else f"agrees to {_power(difference)}"
    one = len(e.published.lstrip("-0.").replace(".", "")) == 1
    return "agrees to the one digit printed" if one else "agrees to all digits printed"


def _minus(text: str) -> str:
    """With a true minus sign before a number, as the pages print it; text to be copied keeps the hyphen."""
    return re.sub(r"(?<![\w.])-(?=[\d.])", "−", text)


def _symbol(e: Entry) -> Markup:
    """The symbol as HTML, with what follows an underscore as a subscript."""
    pieces = re.split(r"_(\w+)", _minus(e.symbol))
    return join(*(tag("sub", piece) if k % 2 else piece for k, piece in enumerate(pieces)))


def _where(e: Entry) -> str:
    return "place not known" if e.where == "not known" else e.where


def _name(key: str) -> str:
    return PAPERS[key][0] if key else ""


def _link(key: str) -> str:
    name, address = PAPERS[key]
    return tag("a", name, href=address) if address else name


def _source(e: Entry) -> Markup:
    """Paper, where it was seen if not there, and the place in it."""
    seen = (", seen in ", _link(e.seen_in)) if e.seen_in else ()
    if not e.paper and not seen:
        return join(_where(e))
    place = (", ", _where(e)) if _where(e) else ()
    return join(_link(e.paper) if e.paper else "", *seen, *place)


def _common(rows: tuple[tuple[Entry, Comparison], ...]) -> str:
    """The conventions that most rows share; said once, below the table."""
    all_of_them = [e.conventions for e, _ in rows]
    return max(all_of_them, key=all_of_them.count)


def _remarks(e: Entry, c: Comparison, common: str) -> list[str]:
    found = [f"Conventions: {e.conventions}."] if e.conventions != common else []
    if e.certified:
        found.append(
            f"Certified by ball arithmetic: the value of the formula, not the replica method, lies in {e.certified}."
        )
    if e.note:
        found.append(e.note)
    if e.reason:
        low, high = e.reason.between
        measured = float(e.reason.measure())
        verdict = "as the reason demands" if low <= measured <= high else "which contradicts the reason"
        found.append(
            f"Why they differ: {e.reason.mechanism} Measured: {e.reason.shows}: {measured:.3g}, {verdict} ({low:.3g} to {high:.3g})."
        )
    elif c.standing == "disagrees":
        found.append("Why they differ: not explained. No measurement of ours shows the reason.")
    return found


def _plural(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _row(e: Entry, c: Comparison, common: str, columns: list[str]) -> Row:
    value, aside = _value(e, c)
    given = join(
        tag("span", _minus(value), class_="ls-number"),
        tag("small", aside) if aside else "",
        tag("small", _source(e)),
    )
    published = given if e.published and not e.recalled else NONE
    cells = {
        "Quantity": join(
            tag("strong", _minus(e.quantity)),
            ", ",
            _symbol(e),
            *(tag("small", text) for text in _remarks(e, c, common)),
        ),
        "Published": NONE if e.recalled else join(published, tag("small", e.known)),
        MEMORY: given if e.recalled else NONE,
        "Ours": join(tag("span", _minus(_ours(e, c)), class_="ls-number"), tag("small", e.method)),
        "Agreement": _agreement(e, c),
        "How sure": e.rigour,
    }
    return Row(f"ledger-{e.id}", [cells[name] for name in columns])


@dataclass(frozen=True)
class Table:
    """Entries with their comparisons, as one or several titled tables."""

    groups: tuple[tuple[str, tuple[tuple[Entry, Comparison], ...]], ...]
    """(title, rows); the title is empty for a table shown inside a chapter."""

    @property
    def rows(self) -> tuple[tuple[Entry, Comparison], ...]:
        """All rows of all groups."""
        return tuple(row for _, rows in self.groups for row in rows)

    @property
    def counts(self) -> Counter[Standing]:
        """How many entries agree, disagree, are only recalled, are our own or withdrawn.

        Examples
        --------
        >>> show("gardner-capacity", "cover-capacity").counts == {"agrees": 1, "recalled": 1}
        True
        """
        return Counter(c.standing for _, c in self.rows)

    @property
    def summary(self) -> str:
        """The counts as a sentence; a recalled value is never among those that agree."""
        n = self.counts
        rows = [(e, c) for e, c in self.rows if c.standing == "disagrees"]
        unexplained = sum(e.reason is None or not e.reason.holds() for e, _ in rows)
        loose = sum(c.standing == "agrees" and _measured(e) for e, c in self.rows)
        compared = _plural(n["agrees"] + n["disagrees"], "value", "values")
        agree = _plural(n["agrees"], "agrees", "agree")
        if loose:
            agree += f" ({loose} only within our error, which is larger than the printed digits allow)"
        disagree = _plural(n["disagrees"], "disagrees", "disagree")
        said = [f"{compared} read or quoted and compared: {agree}, {disagree}"]
        if unexplained:
            said[0] += f" ({unexplained} unexplained)"
        if n["recalled"]:
            said.append(f"{n['recalled']} recalled, not read, and not counted")
        if n["own value"]:
            said.append(f"{n['own value']} of our own, without a published value")
        if n["withdrawn"]:
            said.append(f"{n['withdrawn']} of ours withdrawn")
        return "; ".join(said) + "."

    def __str__(self) -> str:
        lines: list[str] = [self.summary, ""] if self._titled else []
        for title, rows in self.groups:
            lines += [title, "=" * len(title)] if title else []
            common = _common(rows)
            for e, c in rows:
                source = ", ".join(part for part in (_name(e.paper), _where(e)) if part)
                value, aside = _value(e, c)
                given = f"recalled   {value}" if e.recalled else f"published  {value or 'none'}"
                given += f" ({aside})" if aside else ""
                lines += [
                    f"{e.quantity} [{e.symbol}]",
                    f"    {given}   ({source}; {e.known})",
                    f"    ours       {_ours(e, c)}   ({e.method})",
                    f"    {_agreement(e, c)}; {e.rigour}",
                ]
                lines += [f"    {remark}" for remark in _remarks(e, c, common)]
            lines.append(f"Conventions: {common}.")
        if not self._titled:
            lines.append(self.summary)
        return "\n".join(lines)

    __repr__ = __str__

    def html(self) -> str:
        """The tables as HTML."""
        groups = [self._group(title, rows) for title, rows in self.groups]
        if self._titled:
            return folding_tables(tag("p", self.summary), *groups)
        return folding_tables(*groups, tag("small", self.summary))

    @property
    def _titled(self) -> bool:
        """Whether this is the whole ledger, which begins with the count; a table inside a chapter ends with it."""
        return any(title for title, _ in self.groups)

    def _group(self, title: str, rows: tuple[tuple[Entry, Comparison], ...]) -> Markup:
        memory = any(e.recalled for e, _ in self.rows)
        columns = [name for name in COLUMNS if memory or name != MEMORY]
        common = _common(rows)
        return join(
            tag("p", tag("strong", title)) if title else "",
            folding_table(
                title or "Published values beside ours",
                columns,
                (_row(e, c, common, columns) for e, c in rows),
            ),
            tag("small", f"Conventions: {common}."),
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self.html()}


def show(*identifiers: str) -> Table:
    """Published values beside ours, for the entries named.

    Parameters
    ----------
    *identifiers : str
        Names of entries, in the order in which they are to appear.

    Returns
    -------
    Table
        Displays as a table in a notebook and as text in a terminal.

    Raises
    ------
    ValueError
        If no name is given or one is unknown.

    Examples
    --------
    >>> print(show("gardner-capacity"))
    Capacity of the spherical perceptron without margin [α_c(0)]
        published  2   (Gardner and Derrida 1988, abstract; read in a source)
        ours       2.000000   (replica-symmetric, closed form)
        agrees, exactly; proved
    Conventions: α = P/N, patterns with independent entries of variance 1, stability w·ξ/√N at least κ, |w|² = N.
    1 value read or quoted and compared: 1 agrees, 0 disagree.
    """
    if not identifiers:
        raise ValueError("name at least one ledger entry; page() shows them all")
    return Table((("", tuple((e, e.compare()) for e in map(entry, identifiers))),))


def page() -> Table:
    """The whole ledger, grouped by the chapter that derives the value."""
    groups: dict[str, list[tuple[Entry, Comparison]]] = {}
    for part in parts():
        for e in entries_of(part):
            title = f"{part.capitalize()}: {PEOPLE.get(e.chapter, e.chapter.replace('-', ' '))}"
            groups.setdefault(title, []).append((e, e.compare()))
    return Table(tuple((title, tuple(rows)) for title, rows in groups.items()))
