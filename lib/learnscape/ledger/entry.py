"""One published number, and what this library gets for it.

A number in a paper comes with digits, conventions and a degree of certainty, and all three get lost when it is retold. An entry keeps
them: the value is the string that was printed, its precision is half a unit of its last digit, and `known` says whether we have read
it in a source, found it quoted, or only recall it. Ours is never stored: it is a function that computes it anew each time the ledger is shown or
tested. Chapter: every "What the papers found", and the reference page *ledger*.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from learnscape.errors import require

__all__ = ["Comparison", "Entry", "Known", "Relation", "Rigour", "last_digit"]

Known = Literal[
    "read in a source",
    "quoted by another source",
    "recalled, to be rechecked",
    "no published value read",
]
Rigour = Literal["proved", "exact identity", "replica-exact", "RSB", "heuristic"]
Relation = Literal["equal", "upper bound", "rounded up", "interval"]


def last_digit(published: str) -> float:
    """One unit of the last digit printed.

    Examples
    --------
    >>> last_digit("0.833"), last_digit("1.8159"), last_digit("2")
    (0.001, 0.0001, 1.0)
    """
    match = re.fullmatch(r"-?\d+(?:\.(\d+))?", published)
    require(
        match is not None, "published", published, "a decimal number, or a formula together with `formula`"
    )
    digits = match.group(1) if match else None
    return float(f"1e-{len(digits)}") if digits else 1.0


@dataclass(frozen=True)
class Comparison:
    """The published value beside ours."""

    ours: float
    """What the library computes."""
    value: float | None
    """The published value as a number (the nearer end of an interval); None if nothing is published."""
    difference: float | None
    """Ours minus published; None if nothing is published."""
    allowed: float | None
    """Largest difference that the published digits and our own error allow; None if nothing is published or for a bound."""
    agrees: bool | None
    """True if the two are compatible; None if nothing is published."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A published number with its provenance, and the function that recomputes it.

    Examples
    --------
    >>> entry = Entry(id="pi", quantity="Circle", symbol="π", published="3.142", paper="", where="not known", conventions="",
    ...               known="recalled, to be rechecked", compute=lambda: math.pi, method="constant", rigour="proved", chapter="none")
    >>> entry.compare().agrees, entry.precision
    (True, 0.0005)
    """

    id: str
    """Name by which chapters show the entry."""
    quantity: str
    """What the number is, in words."""
    symbol: str
    """Its symbol, in plain text."""
    published: str
    """The value as printed, with its digits; "[a, b]" for an interval; empty if nothing is published or we have not read it."""
    paper: str
    """BibTeX key of the paper the value belongs to; empty if there is none."""
    where: str
    """Equation, figure, section or "abstract"; "not known" if we do not know."""
    conventions: str
    """What alpha, kappa and the patterns mean there, if it matters."""
    known: Known
    """How we know the published value."""
    compute: Callable[[], float]
    """Our value, computed by the library."""
    method: str
    """How ours is computed."""
    rigour: Rigour
    """What kind of statement the quantity rests on."""
    chapter: str
    """Chapter that derives it."""
    relation: Relation = "equal"
    """"equal", "upper bound" (ours must not exceed it), "rounded up" (ours lies less than one last digit below it) or "interval"."""
    formula: Callable[[], float] | None = None
    """The published value as a number where it is printed as a formula, evaluated independently of `compute`."""
    exact: bool = False
    """True if the printed digits are the exact value."""
    tolerance: float = 1e-9
    """Numerical error of ours."""
    seen_in: str = ""
    """BibTeX key of the source in which we saw the value, if it is not `paper`."""
    note: str = ""
    """What one should know to read the two numbers."""
    discrepancy: str = ""
    """Explanation, required where ours and the published value are not compatible, and forbidden where they are."""

    def __post_init__(self) -> None:
        require(self.known in get_args(Known), "known", self.known, f"one of {get_args(Known)}")
        require(self.rigour in get_args(Rigour), "rigour", self.rigour, f"one of {get_args(Rigour)}")
        require(
            self.relation in get_args(Relation), "relation", self.relation, f"one of {get_args(Relation)}"
        )
        silent = self.known == "no published value read"
        require(
            silent == (not self.published),
            "published",
            self.published,
            "empty exactly if nothing is published",
        )
        require(self.tolerance > 0, "tolerance", self.tolerance, "> 0")
        if self.relation == "interval":
            self.interval()
        elif self.published and self.formula is None:
            last_digit(self.published)

    @property
    def precision(self) -> float | None:
        """Half a unit of the last digit printed; 0 for exact values and formulas; None if nothing is published."""
        if not self.published:
            return None
        if self.exact or self.formula is not None or self.relation == "interval":
            return 0.0
        return last_digit(self.published) / 2

    def interval(self) -> tuple[float, float]:
        """The two ends of a published interval."""
        match = re.fullmatch(r"\[(-?[\d.]+), (-?[\d.]+)\]", self.published)
        require(match is not None, "published", self.published, "of the form '[a, b]'")
        assert match is not None
        return float(match.group(1)), float(match.group(2))

    def compare(self) -> Comparison:
        """Compute our value and hold it against the published one."""
        ours = float(self.compute())
        require(math.isfinite(ours), f"our value of {self.id}", ours, "finite")
        if not self.published:
            return Comparison(ours, None, None, None, None)
        if self.relation == "interval":
            low, high = self.interval()
            value = low if abs(ours - low) < abs(ours - high) else high
            inside = low - self.tolerance <= ours <= high + self.tolerance
            return Comparison(ours, value, ours - value, (high - low) + self.tolerance, inside)
        value = float(self.formula()) if self.formula is not None else float(self.published)
        difference = ours - value
        if self.relation == "upper bound":
            return Comparison(ours, value, difference, None, difference <= self.tolerance)
        if self.relation == "rounded up":
            unit = last_digit(self.published)
            return Comparison(
                ours, value, difference, unit, -unit - self.tolerance < difference <= self.tolerance
            )
        allowed = (self.precision or 0.0) + self.tolerance
        return Comparison(ours, value, difference, allowed, abs(difference) <= allowed)
